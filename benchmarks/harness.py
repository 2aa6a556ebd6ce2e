"""The surroundings: AWS and Genesys Cloud on this machine, each in a process of its own.

Of its own, so that neither shares the interpreter lock, nor the processor time that is measured, with the contenders.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.documents import flow, large_flow

from emulated_aws import EmulatedAws
from playground import ORGANIZATION_SECRET, SimulatorProcess, client

CONCURRENCY = 8
SECRET_ID = "benchmark-genesys"  # noqa: S105  # a name
BUS = "benchmark"
LEDGER = "benchmark-ledger"


class Harness:
    """A context manager; whatever ends it, Ctrl-C included, stops what it started.

    Attributes:
        folder: a place for files, gone afterwards.
        environment: the function's environment variables, by which it finds all this.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._genesys = SimulatorProcess()
        self.folder = Path()
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
            aws = self._stack.enter_context(EmulatedAws())
            self._stack.enter_context(self._genesys)
            self.environment = {**aws.environment, **self._furnish(aws.url), "NO_PROXY": "127.0.0.1,localhost"}
            self.set(rate_limit_calls=None)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def genesys_url(self) -> str:
        """Where Genesys Cloud is, login and API."""
        return self._genesys.url

    @property
    def client_credentials(self) -> dict[str, str]:
        """The login's form, as the tutorial sends it."""
        return {"grant_type": "client_credentials", **ORGANIZATION_SECRET}

    def set(self, **settings: object) -> None:
        """Changes settings of Genesys Cloud."""
        self._genesys.ask("PATCH", "/settings", settings)

    def put_flows(self, flow_ids: Iterable[str], *, steps: int = 20) -> None:
        """Puts Flows (back) to their first state."""
        for flow_id in flow_ids:
            self._genesys.ask("PUT", f"/flows/{flow_id}", flow(flow_id, steps=steps))

    def put_large_flow(self, flow_id: str, size: int) -> int:
        """Puts a Flow of about so many bytes; returns how many it has."""
        document = large_flow(flow_id, size)
        self._genesys.ask("PUT", f"/flows/{flow_id}", document)
        return len(document)

    def timeouts(self, flow_id: str) -> dict[str, Any]:
        """The timeouts that stand in a Flow, by the names of its Data Actions."""
        listed = self._genesys.ask("GET", "/flows")["flows"]
        actions = next(each["data_actions"] for each in listed if each["id"] == flow_id)
        return {action["name"]: action["timeout"] for action in actions}

    def calls(self) -> Counter[str]:
        """How many calls Genesys Cloud has had so far: `token`, `read`, `publish`; any that failed, by its status."""
        kinds = {"POST": "token", "GET": "read", "PUT": "publish"}
        return Counter(
            kinds[call["method"]] if call["status"] == 200 else f"status {call['status']}"
            for call in self._genesys.ask("GET", "/calls")["calls"]
        )

    def _furnish(self, url: str) -> dict[str, str]:
        """Makes what the function needs in AWS; returns the variables that name it."""
        sqs = client("sqs", url)
        client("events", url).create_event_bus(Name=BUS)
        client("secretsmanager", url).create_secret(
            Name=SECRET_ID, SecretString=json.dumps({**ORGANIZATION_SECRET, "base_url": self.genesys_url})
        )
        client("dynamodb", url).create_table(
            TableName=LEDGER,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        return {
            "GENESYS_SECRET_ID": SECRET_ID,
            "LEDGER_TABLE_NAME": LEDGER,
            "REQUEST_QUEUE_URL": sqs.create_queue(QueueName="benchmark-requests")["QueueUrl"],
            "DEAD_LETTER_QUEUE_URL": sqs.create_queue(QueueName="benchmark-dead-letters")["QueueUrl"],
            "EVENT_BUS_NAME": BUS,
            "FLOW_CONCURRENCY": str(CONCURRENCY),
            "PATH": os.environ.get("PATH", ""),
        }
