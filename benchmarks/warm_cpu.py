"""The function's own price, warm: processor and wall time per request where Genesys Cloud takes no time at all."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import boto3
from benchmarks.bare_http import BareHttp
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import BUS, LEDGER, Harness
from benchmarks.rounds import Contender, in_turn
from benchmarks.table import Row, milliseconds

if TYPE_CHECKING:
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

WHAT = "warm request, no latency"
ROUNDS = 9
FLOWS = 20
"""How many a round of each contender changes."""
_RECORD_BYTES = 500
"""About what the ledger keeps of a Flow with one step changed."""


class _ByHand:
    """The same calls as the function makes, and nothing else: GET, PUT, two writes to DynamoDB, an event."""

    def __init__(self, bare: BareHttp) -> None:
        self._bare = bare
        self._events = boto3.client("events")
        self._dynamodb = boto3.client("dynamodb")

    def change(self, flow_id: str) -> None:
        """One Flow."""
        self._bare.publish_again(flow_id)
        for revision in "12":
            self._dynamodb.put_item(
                TableName=LEDGER,
                Item={
                    "pk": {"S": f"by hand/{flow_id}"},
                    "sk": {"S": "timeouts"},
                    "revision": {"N": revision},
                    "entries": {"S": "x" * _RECORD_BYTES},
                },
                ConditionExpression="attribute_not_exists(pk) OR revision = :before",
                ExpressionAttributeValues={":before": {"N": str(int(revision) - 1)}},
            )
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": BUS,
            "Source": "benchmark",
            "DetailType": "Benchmark",
            "Detail": json.dumps(request(flow_id)),
        }
        self._events.put_events(Entries=[entry])


class _FreshFlows:
    """Flows that nobody has changed yet, as most are that an alarm is about; other ones for every round."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._numbers = itertools.count()
        self.ids: list[str] = []

    def put(self) -> None:
        """Makes the next ones."""
        self.ids = [f"warm-{number}" for number in itertools.islice(self._numbers, FLOWS)]
        self._harness.put_flows(self.ids)


def measure(harness: Harness, function: Function) -> list[Row]:
    """Minimum of the rounds, per request: what it costs when nothing else disturbs."""
    bare = BareHttp(harness)
    bare.log_in()
    by_hand = _ByHand(bare)
    flows = _FreshFlows(harness)

    def pairs() -> None:
        for flow_id in flows.ids:
            bare.publish_again(flow_id)

    def same_calls() -> None:
        for flow_id in flows.ids:
            by_hand.change(flow_id)

    def one_by_one() -> None:
        for flow_id in flows.ids:
            function.invoke(sqs_event([request(flow_id)]))

    def together() -> None:
        function.invoke(sqs_event(map(request, flows.ids)))

    runs = {"pairs": pairs, "same calls": same_calls, "one by one": one_by_one, "together": together}
    taken = in_turn({name: Contender(run, flows.put) for name, run in runs.items()}, ROUNDS)
    function.statuses()
    cpu = {name: min(seconds.cpu) / FLOWS for name, seconds in taken.items()}
    wall = {name: min(seconds.wall) / FLOWS for name, seconds in taken.items()}
    many = f"{FLOWS} Flows in one invocation"
    return [
        Row("CPU of a warm request, no latency", "GET + PUT", cpu["one by one"], cpu["pairs"], milliseconds, aim=2),
        Row("wall time of the same", "GET + PUT", wall["one by one"], wall["pairs"], milliseconds, aim=2),
        Row(f"CPU per request, {many}", "GET + PUT", cpu["together"], cpu["pairs"], milliseconds, aim=2),
        Row("CPU of a warm request", "the same calls by hand", cpu["one by one"], cpu["same calls"], milliseconds),
        Row("wall time of the same", "the same calls by hand", wall["one by one"], wall["same calls"], milliseconds),
    ]
