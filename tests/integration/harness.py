"""What the integration tests hold in their hands: the function, the AWS around it, and how to say what they want."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import boto3
from boto3.dynamodb.types import TypeDeserializer
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # ships no types

from emulated_aws import EmulatedAws
from genesys_simulator import GenesysSimulator

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.literals import StateValueType
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
HIDDEN_WHILE_PROCESSED_SECONDS = 540
"""Visibility timeout of a delivery; no wait that the function chooses itself is that long by chance."""


# -- what is asked for -------------------------------------------------------------------------------------------------


def step(name: str, timeout: int | None = None, **more: Any) -> Json:
    """A Data Action."""
    settings: Json = {"retry": 2} if timeout is None else {"retry": 2, "timeout": timeout}
    return {"id": f"id-{name}", "type": "data-action", "name": name, "settings": settings, **more}


def leads_to(flow_id: str) -> Json:
    """A step that leads to another Flow."""
    return {"type": "sub-flow", "name": f"To {flow_id}", "flowId": flow_id}


def flow(*steps: Json, **more: Any) -> Json:
    """A Flow, at version 7."""
    return {"name": "Flow", "version": 7, "steps": list(steps), **more}


def ask(flow_id: str = "f", action_name: str = "Slow", timeout_seconds: int = 10, **more: Any) -> Json:
    """A request."""
    return {"flow_id": flow_id, "action_name": action_name, "timeout_seconds": timeout_seconds, **more}


def timeouts(genesys: GenesysSimulator, flow_id: str = "f") -> dict[str, Any]:
    """Name and timeout of the Data Actions among a Flow's first steps, as Genesys Cloud has them now."""
    steps = genesys.flow(flow_id).document()["steps"]
    return {each["name"]: each["settings"].get("timeout") for each in steps if each["type"] == "data-action"}


def call_counts(genesys: GenesysSimulator) -> dict[str, int]:
    """How many calls of each method there were: GET reads, PUT publishes, POST logs in."""
    return dict(Counter(call.method for call in genesys.calls))


# -- AWS ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeadLetter:
    """A message of the dead-letter queue."""

    body: str
    attributes: dict[str, str]

    @property
    def reason(self) -> str:
        """Its error code."""
        return self.attributes["error_code"]


@dataclass(frozen=True)
class PutOff:
    """A message that the function sent to the request queue, to be seen after so many seconds."""

    body: str
    seconds: int

    @property
    def content(self) -> Any:
        """What its JSON says."""
        return json.loads(self.body)


def sqs_record(message: Any) -> Json:
    """A received message as Lambda hands it over."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message["Attributes"]),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:requests",
        "awsRegion": "us-east-1",
    }


class AwsClients:
    """boto3 clients for the emulated AWS."""

    def __init__(self, url: str) -> None:
        self.url = url
        session = boto3.Session("test", "test", region_name="us-east-1")
        self.sqs: SQSClient = session.client("sqs", endpoint_url=url)
        self.events: EventBridgeClient = session.client("events", endpoint_url=url)
        self.secrets: SecretsManagerClient = session.client("secretsmanager", endpoint_url=url)
        self.dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=url)
        self.cloudwatch: CloudWatchClient = session.client("cloudwatch", endpoint_url=url)
        self.ssm: SSMClient = session.client("ssm", endpoint_url=url)

    def close(self) -> None:
        """Closes their connections."""
        for client in (self.sqs, self.events, self.secrets, self.dynamodb, self.cloudwatch, self.ssm):
            client.close()


@cache
def ledger_schema() -> Json:
    """The keys of the template's table, as CreateTable takes them."""
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"].values()
    [table] = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::DynamoDB::Table"]
    return {name: table[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}


class Aws:
    """Fresh queues, event bus, ledger and secrets; what comes over the bus is copied to a queue.

    Attributes:
        ledger_table: the ledger's name.
        dynamodb, cloudwatch, ssm: for whatever the methods do not do.
    """

    def __init__(self, emulated: EmulatedAws, clients: AwsClients) -> None:
        self._sqs, self._events, self._secrets = clients.sqs, clients.events, clients.secrets
        self.dynamodb, self.cloudwatch, self.ssm = clients.dynamodb, clients.cloudwatch, clients.ssm
        self._url = clients.url
        self._alarms: set[str] = set()
        self._seen: set[str] = set()
        tag = uuid.uuid4().hex[:8]
        self.queue = self._new_queue(f"requests-{tag}")
        self.dead_letter_queue = self._new_queue(f"dead-{tag}")
        self._copies = self._new_queue(f"copies-{tag}")
        self._bus, self.secret_id = f"bus-{tag}", f"genesys-{tag}/{{organization}}"
        self._events.create_event_bus(Name=self._bus)
        pattern = json.dumps({"source": ["genesys-timeout-raiser"]})
        self._events.put_rule(Name="copy", EventBusName=self._bus, EventPattern=pattern)
        arn = self._sqs.get_queue_attributes(QueueUrl=self._copies, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        self._events.put_targets(Rule="copy", EventBusName=self._bus, Targets=[{"Id": "queue", "Arn": arn}])
        self.ledger_table, self._routes = f"ledger-{tag}", f"/routes-{tag}"
        self.create_ledger()
        self.function_environment = {
            **emulated.environment,
            "GENESYS_SECRET_ID": self.secret_id,
            "REQUEST_QUEUE_URL": self.queue,
            "DEAD_LETTER_QUEUE_URL": self.dead_letter_queue,
            "EVENT_BUS_NAME": self._bus,
            "LEDGER_TABLE_NAME": self.ledger_table,
            "AWS_LAMBDA_FUNCTION_NAME": "timeout-raiser",
        }

    def close(self) -> None:
        """Removes what other tests would meet: alarms have names of their own choice."""
        if self._alarms:
            self.cloudwatch.delete_alarms(AlarmNames=sorted(self._alarms))
        with suppress(self.dynamodb.exceptions.ResourceNotFoundException):
            self.drop_ledger()

    def _new_queue(self, name: str) -> str:
        return self._sqs.create_queue(QueueName=name)["QueueUrl"]

    def put_secret(self, text: str, organization: str = "default") -> None:
        """Puts an organization's secret, whatever it says."""
        name = self.secret_id.replace("{organization}", organization)
        try:
            self._secrets.put_secret_value(SecretId=name, SecretString=text)
        except self._secrets.exceptions.ResourceNotFoundException:
            self._secrets.create_secret(Name=name, SecretString=text)

    def connect(self, genesys: GenesysSimulator, organization: str = "default", **more: Any) -> None:
        """Puts the secret that opens this simulator; `more` adds to it or replaces parts of it."""
        settings = genesys.settings
        secret = {"client_id": settings.client_id, "client_secret": settings.client_secret, "base_url": genesys.url}
        self.put_secret(json.dumps({**secret, **more}), organization)

    # -- the ledger ----------------------------------------------------------------------------------------------------

    def create_ledger(self) -> None:
        """Creates the ledger, empty, with the template's keys."""
        self.dynamodb.create_table(TableName=self.ledger_table, **ledger_schema())

    def drop_ledger(self) -> None:
        """From here on the ledger's calls fail: the table is gone."""
        self.dynamodb.delete_table(TableName=self.ledger_table)

    def ledger_items(self) -> list[Json]:
        """All that the ledger holds, item by item, in the order of their keys."""
        items = self.dynamodb.scan(TableName=self.ledger_table, ConsistentRead=True)["Items"]
        read = TypeDeserializer().deserialize
        plain = [{name: read(value) for name, value in item.items()} for item in items]
        return sorted(plain, key=lambda item: (item["pk"], item["sk"]))

    def remembered(
        self, document_id: str = "f", *, kind: str = "flow", organization: str = "default"
    ) -> dict[str, Json]:
        """What the ledger remembers of each step of a document, by the step's name; empty where it knows none."""
        key = {"pk": {"S": f"{organization}/{kind}/{document_id}"}, "sk": {"S": "timeouts"}}
        item = self.dynamodb.get_item(TableName=self.ledger_table, Key=key, ConsistentRead=True).get("Item")
        return {entry["name"]: entry for entry in json.loads(item["entries"]["S"])} if item else {}

    # -- alarms --------------------------------------------------------------------------------------------------------

    def set_alarm(
        self, state: StateValueType, *, name: str = "data-action-crm-lookup-slow", reason: str = "by hand", **data: Any
    ) -> None:
        """Makes CloudWatch say that the alarm is in this state, since now (in whole seconds) if it was not before.

        Args:
            name: the default is that of `alarm_payloads`.
            data: the reason's data, such as `recentDatapoints=[6100.0]`, `unit="Milliseconds"`.
        """
        if name not in self._alarms:
            self._alarms.add(name)
            self.cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="CRM",
                MetricName="Latency",
                Statistic="Maximum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=2000,
                ComparisonOperator="GreaterThanThreshold",
            )
        more = {"StateReasonData": json.dumps(data)} if data else {}
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason, **more)

    def put_routes(self, *routes: Json, text: str | None = None) -> str:
        """Puts the parameter with these routes, or with any text; returns its name, for ALARM_ROUTES_PARAMETER."""
        value = json.dumps({"routes": routes}) if text is None else text
        self.ssm.put_parameter(Name=self._routes, Value=value, Type="String", Overwrite=True)
        return self._routes

    # -- messages ------------------------------------------------------------------------------------------------------

    def deliver(self, *bodies: Json | str) -> Json:
        """Sends these messages and receives them, as the event that Lambda hands to the function."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        ids = [self._sqs.send_message(QueueUrl=self.queue, MessageBody=text)["MessageId"] for text in texts]
        return {"Records": self._receive(ids)}

    def _receive(self, ids: Sequence[str]) -> list[Json]:
        received: dict[str, Json] = {}
        while not received.keys() >= set(ids):
            answer = self._sqs.receive_message(
                QueueUrl=self.queue,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["All"],
                VisibilityTimeout=HIDDEN_WHILE_PROCESSED_SECONDS,
            )
            assert answer.get("Messages"), "messages are missing from the queue"
            for message in answer["Messages"]:
                received[message["MessageId"]] = sqs_record(message)
        return [received[message_id] for message_id in ids]

    def end(self, event: Json, answer: Json) -> list[int]:
        """Deletes what the answer does not keep, as Lambda does; returns which records are kept.

        Strict about the answer's form: Lambda takes a malformed one for a failure of the whole batch.
        """
        ids = [record["messageId"] for record in event["Records"]]
        assert answer.keys() == {"batchItemFailures"}, answer
        assert all(failure.keys() == {"itemIdentifier"} for failure in answer["batchItemFailures"]), answer
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        assert len(set(failed)) == len(failed), answer
        assert set(failed) <= set(ids), answer
        for record in event["Records"]:
            if record["messageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=record["receiptHandle"])
        return sorted(ids.index(message_id) for message_id in failed)

    def waits(self) -> list[float]:
        """For each message on the request queue, in the order of sending: in how many seconds it can be received."""
        now = time.time()
        return [max(0.0, message["VisibleAt"] - now) for message in self._on_the_queue()]

    def put_off(self) -> list[PutOff]:
        """What the function has sent to the request queue since the last look, in the order of sending.

        To go on with one as if its time had come: `function.take(put_off.body)`.
        """
        sent = [m for m in self._on_the_queue() if m["ReceiveCount"] == 0 and m["MessageId"] not in self._seen]
        self._seen |= {message["MessageId"] for message in sent}
        # Both moments are cut to whole seconds, and the delay is in whole seconds: their difference is exact.
        return [PutOff(message["Body"], message["VisibleAt"] - message["SentTimestamp"]) for message in sent]

    def _on_the_queue(self) -> list[Json]:
        query = urllib.parse.urlencode({"QueueUrl": self.queue})
        with urllib.request.urlopen(f"{self._url}/_ministack/sqs/messages?{query}", timeout=5) as answer:  # noqa: S310  # loopback
            [regions] = json.load(answer)["messages"].values()
        messages: list[Json] = regions["us-east-1"][self.queue]
        return messages

    def receive_counts(self) -> list[str]:
        """Receives what is visible on the request queue; how often each was received, this time included."""
        answer = self._sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
        )
        return [message["Attributes"]["ApproximateReceiveCount"] for message in answer.get("Messages", [])]

    def dead_letters(self) -> list[DeadLetter]:
        """What came to the dead-letter queue since the last look."""
        return [
            DeadLetter(
                message["Body"],
                {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()},
            )
            for message in self._drain(self.dead_letter_queue)
        ]

    def bus_events(self) -> list[Json]:
        """What came over the event bus since the last look."""
        return [json.loads(message["Body"]) for message in self._drain(self._copies)]

    def _drain(self, url: str) -> list[Any]:
        messages: list[Any] = []
        while batch := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
        ).get("Messages"):
            messages += batch
        return messages


# -- the function ------------------------------------------------------------------------------------------------------


class FunctionServer:
    """The process that functions are forked from; a context manager."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        self.socket = str(Path(self._folder.name) / "socket")
        code = ROOT / "functions" / "timeout_raiser"
        layers = [ROOT / "layers" / name / "python" for name in ("aws_support", "genesys_cloud")]
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("function_process.py")), self.socket, str(code)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [code, *layers]))},
            start_new_session=True,  # with its forks in one process group, to be ended together
        )
        give_up_at = time.monotonic() + 20
        while not Path(self.socket).exists():
            assert self._process.poll() is None, "the function server ended"
            assert time.monotonic() < give_up_at, "the function server does not start"
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()


class ColdStartFailed(Exception):
    """Importing the function raised; the message is its."""


class Function:
    """One execution environment of the function. It stays warm from event to event.

    Attributes:
        seconds: how long the last event took.
        pid: of its process.
    """

    def __init__(self, server: FunctionServer, aws: Aws, log: Path, environment: dict[str, str | None]) -> None:
        self._aws = aws
        self._log = log
        self._log.touch()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(server.socket)
        self._lines = self._socket.makefile("rwb")
        self.seconds = 0.0
        own = {name: value for name, value in {**aws.function_environment, **environment}.items() if value is not None}
        answer = self._say({"environment": own, "log": str(log)}, 20)
        if "error" in answer:
            self.close()
            raise ColdStartFailed(answer["error"])
        self.pid: int = answer["pid"]

    def close(self) -> None:
        """Ends it."""
        self._lines.close()
        self._socket.close()

    def _say(self, content: Json, seconds: float) -> Json:
        self._socket.settimeout(seconds + 10)
        self._lines.write(json.dumps(content).encode() + b"\n")
        self._lines.flush()
        answer: Json = json.loads(self._lines.readline() or '{"error": "the process ended"}')
        return answer

    # -- the doors -----------------------------------------------------------------------------------------------------

    def try_invoke(self, event: Any, *, seconds: float = 30, request_id: str = "invocation-1") -> Json:
        """What the handler returns for an event (`result`), or raises (`error`); an error too if its process ends."""
        return self._say({"event": event, "request_id": request_id, "seconds": seconds}, seconds)

    def invoke(self, event: Any, *, seconds: float = 30, request_id: str = "invocation-1") -> Any:
        """What the handler returns for an event."""
        answer = self.try_invoke(event, seconds=seconds, request_id=request_id)
        assert "error" not in answer, f"{answer['error']}\n{self.log()[-3000:]}"
        self.seconds = answer["seconds"]
        return answer["result"]

    def error(self, event: Any) -> str:
        """What the handler raises for an event: type and message."""
        answer = self._say({"event": event, "request_id": "invocation-1", "seconds": 30}, 30)
        assert "error" in answer, answer
        return str(answer["error"])

    def ask(self, *requests: Json, seconds: float = 30) -> list[Json]:
        """The outcomes of a direct invoke with several requests."""
        return self.hear({"requests": list(requests)}, seconds=seconds)

    def hear(self, event: Json, *, seconds: float = 30) -> list[Json]:
        """The outcomes of an event of any door but the queue's."""
        answer = self.invoke(event, seconds=seconds)
        assert answer.keys() == {"outcomes"}, answer
        outcomes: list[Json] = answer["outcomes"]
        return outcomes

    def ask_one(self, request: Json, *, seconds: float = 30) -> Json:
        """The outcome of a direct invoke with one request."""
        [outcome] = self.invoke(request, seconds=seconds)["outcomes"]
        assert isinstance(outcome, dict)
        return outcome

    def take(self, *bodies: Json | str, seconds: float = 30) -> list[int]:
        """Sends messages through the queue; returns which of them are kept for another try."""
        event = self._aws.deliver(*bodies)
        return self._aws.end(event, self.invoke(event, seconds=seconds))

    # -- what it tells -------------------------------------------------------------------------------------------------

    def log(self) -> str:
        """All it printed."""
        return self._log.read_text()

    def lines(self) -> list[Json]:
        """Its log lines, each an object; EMF is not among them."""
        return [line for line in self._printed() if "_aws" not in line]

    def outcomes(self) -> list[Json]:
        """The lines of finished requests."""
        return [line for line in self.lines() if line["message"] == "request finished"]

    def outcome(self) -> Json:
        """The one finished request."""
        [line] = self.outcomes()
        return line

    def problems(self) -> list[str]:
        """The messages of its warnings and errors."""
        return [line["message"] for line in self.lines() if line["level"] not in {"DEBUG", "INFO"}]

    def metrics(self) -> dict[str, list[float]]:
        """The values of each metric, over all events."""
        values: dict[str, list[float]] = {}
        for line in self._printed():
            if "_aws" in line:
                for directive in line["_aws"]["CloudWatchMetrics"]:
                    for metric in directive["Metrics"]:
                        value = line[metric["Name"]]
                        values.setdefault(metric["Name"], []).extend(value if isinstance(value, list) else [value])
        return values

    def counts(self) -> dict[str, int]:
        """The sum of each metric that counts."""
        return {name: int(sum(values)) for name, values in self.metrics().items() if name != "GenesysRequestTime"}

    def _printed(self) -> list[Json]:
        return [json.loads(line) for line in self.log().splitlines()]


Start = Callable[..., Function]
"""Starts the function with further environment variables; None removes one."""


def codes(outcomes: Sequence[Json]) -> list[str]:
    """Status of each outcome, or its error code where it has one."""
    return [outcome["error"]["code"] if outcome["error"] else outcome["status"] for outcome in outcomes]
