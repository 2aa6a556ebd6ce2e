"""The function's own price, warm: processor and wall time per request where Genesys Cloud takes no time at all."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import boto3
from benchmarks.bare_http import BareHttp
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import BUS, Harness
from benchmarks.rounds import Contender, in_turn
from benchmarks.table import Row, milliseconds

if TYPE_CHECKING:
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

WHAT = "warm request, no latency"
ROUNDS = 9
FLOWS = [f"warm-{number}" for number in range(20)]
"""What a round of each contender changes."""


def measure(harness: Harness, function: Function) -> list[Row]:
    """Minimum of the rounds, per request: what it costs when nothing else disturbs."""
    bare = BareHttp(harness)
    bare.log_in()
    events = boto3.client("events")

    def pairs() -> None:
        for flow_id in FLOWS:
            bare.publish_again(flow_id)

    def pairs_and_events() -> None:
        for flow_id in FLOWS:
            bare.publish_again(flow_id)
            detail = json.dumps(request(flow_id))
            entry: PutEventsRequestEntryTypeDef = {
                "EventBusName": BUS,
                "Source": "benchmark",
                "DetailType": "Benchmark",
                "Detail": detail,
            }
            events.put_events(Entries=[entry])

    def one_by_one() -> None:
        for flow_id in FLOWS:
            function.invoke(sqs_event([request(flow_id)]))

    def together() -> None:
        function.invoke(sqs_event(map(request, FLOWS)))

    fresh = partial(harness.put_flows, FLOWS)
    runs = {"pairs": pairs, "events": pairs_and_events, "one by one": one_by_one, "together": together}
    taken = in_turn({name: Contender(run, fresh) for name, run in runs.items()}, ROUNDS)
    function.statuses()
    cpu = {name: min(seconds.cpu) / len(FLOWS) for name, seconds in taken.items()}
    wall = {name: min(seconds.wall) / len(FLOWS) for name, seconds in taken.items()}
    many = f"{len(FLOWS)} Flows in one invocation"
    return [
        Row("CPU of a warm request, no latency", "GET + PUT", cpu["one by one"], cpu["pairs"], milliseconds, aim=2),
        Row("wall time of the same", "GET + PUT", wall["one by one"], wall["pairs"], milliseconds, aim=2),
        Row(f"CPU per request, {many}", "GET + PUT", cpu["together"], cpu["pairs"], milliseconds, aim=2),
        Row("CPU of a warm request", "GET + PUT + put_events", cpu["one by one"], cpu["events"], milliseconds),
    ]
