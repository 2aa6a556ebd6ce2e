"""One execution environment of the function in virtual time: the real parts, wired as `app` wires them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from requests import Session

from aws.queues import DeadLetterQueue, RequestQueue
from batch import Batch
from changes import Rules
from doors import Doors
from endings import Endings
from fakes import FakeLedger, Watcher
from genesys_cloud.clock import Clock
from genesys_cloud.connections import Connections
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.deadline import MARGIN_SECONDS, Deadline
from genesys_cloud.transport import pooled_session
from organizations import Organizations
from routing import RouteReader
from simulation.sqs_queue import DEAD_LETTERS, REQUESTS
from timeout_request import RequestReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulation.genesys_side import GenesysSide
    from simulation.sqs_queue import SqsQueue
    from simulation.virtual_time import VirtualTime

Json = dict[str, Any]

DOORS = Doors(RequestReader(), RouteReader())
FOR_THE_ANSWER_SECONDS = 1.7
"""What `app` leaves itself of the margin, to end messages in."""


class Secrets:
    """A secret for every organization; all speak the same protocol for Flows."""

    def __init__(self, flow_api: str) -> None:
        self._flow_api = flow_api

    def get(self, name: str, max_age: int | None = None, *, force_fetch: bool = False) -> str:  # noqa: ARG002
        where = {"base_url": f"https://{name}.example", "flow_api": self._flow_api}
        return json.dumps({"client_id": "c", "client_secret": "s3cr3t", **where})


class ExecutionEnvironment:
    """Lives from invocation to invocation, as Lambda keeps it.

    Args:
        timeout: the function's, in seconds.
        flow_concurrency: as the setting of that name.
        flow_api: as in the secret.
        troubles: gets what is told of bugs, and of messages that could not be ended.
    """

    def __init__(
        self,
        time: VirtualTime,
        queue: SqsQueue,
        genesys: GenesysSide,
        ledger: FakeLedger,
        *,
        timeout: float,
        flow_concurrency: int,
        flow_api: str,
        troubles: list[str],
    ) -> None:
        self._time = time
        self._genesys = genesys
        self._ledger = ledger
        self._timeout = timeout
        self._troubles = troubles
        self._flow_concurrency = flow_concurrency
        self._requests = RequestQueue(REQUESTS, queue.client)
        self._dead_letters = DeadLetterQueue(DEAD_LETTERS, queue.client)
        secrets = Secrets(flow_api)
        self._organizations = Organizations(
            Connections(
                CredentialsStore("{organization}", lambda: secrets),
                at_once=flow_concurrency,
                connect_timeout=3,
                read_timeout=10,
                clock=Clock(monotonic=time.clock, wall=time.clock),
                open_http=self._open_http,
            )
        )

    def invoke(self, records: Sequence[Json]) -> list[str]:
        """Carries out a batch; ids of the messages that are not to be deleted."""
        mail = DOORS.open({"Records": list(records)}, "an-invocation")
        deadline = Deadline(self._timeout - MARGIN_SECONDS, clock=self._time.clock, sleep=self._time.sleep)
        watcher = Watcher()
        batch = Batch(
            self._organizations.for_invocation(deadline, watcher).of,
            self._ledger,
            deadline,
            rules=Rules(default_seconds=3, max_publish_attempts=5),
            default_limit_seconds=30,
            concurrency=self._flow_concurrency,
            observer=watcher,
            on_bug=self._troubles.append,
        )
        asked = [ask.request for ask in mail.asks if ask.request]
        assert len(asked) == len(mail.asks), "the simulation sends nothing but requests"
        outcomes = batch.carry_out(asked, mail.door)
        endings = Endings(
            self._requests,
            self._dead_letters,
            self._ledger,
            lambda message_id, what, why: self._troubles.append(f"{message_id} {what}: {why}"),
            now=self._time.clock,
        )
        answer_by = deadline.later(FOR_THE_ANSWER_SECONDS)
        return endings.settle(list(zip(mail.asks, outcomes, strict=True)), answer_by, from_queue=True)

    def _open_http(self, connections: int) -> Session:
        http = pooled_session(connections)
        http.mount("https://", self._genesys)
        return http
