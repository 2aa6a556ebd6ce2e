"""What a thousand requests cost: milliseconds measured and calls counted in this run, at AWS's list prices."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import price_list
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness

from aws_support import clients

WHAT = "cost of 1,000 requests"
LATENCY_SECONDS = 0.1
"""Of each call to Genesys Cloud."""

_PLATFORM_LOG_BYTES = 350
"""What Lambda itself logs of an invocation: START, END, REPORT."""
_MESSAGES_OF_A_CALL = 10
_WRITE_UNIT_BYTES = 1024


@dataclass(frozen=True)
class Cost:
    """Of a thousand requests, in USD.

    Attributes:
        what: how they came.
        compute: Lambda's milliseconds and invocations.
        queue: SQS, from sending to deleting.
        events: one for each outcome.
        ledger: reads and writes.
        logs: the function's and Lambda's own.
        billed_milliseconds: of one invocation, with the processor's share that the template's memory pays for.
    """

    what: str
    compute: float
    queue: float
    events: float
    ledger: float
    logs: float
    billed_milliseconds: int

    @property
    def total(self) -> float:
        """All of it."""
        return self.compute + self.queue + self.events + self.ledger + self.logs


def measure(harness: Harness, function: Function) -> list[Cost]:
    """Three ways in which a thousand requests may come; each is warm, with a token, on Flows never changed before."""
    harness.set(latency_seconds=LATENCY_SECONDS)
    try:
        return [
            _cost(harness, function, "one request per invocation", requests=1, flows=1),
            _cost(harness, function, "10 Flows per invocation", requests=10, flows=10),
            _cost(harness, function, "1,000 requests for 50 Flows in one", requests=1000, flows=50),
        ]
    finally:
        harness.set(latency_seconds=0)


def _cost(harness: Harness, function: Function, what: str, *, requests: int, flows: int) -> Cost:
    flow_ids = [f"cost-{requests}-{number}" for number in range(flows)]
    warm = f"cost-warm-{requests}"
    harness.put_flows([warm, *flow_ids])
    function.invoke(sqs_event([request(warm)]))
    event = sqs_event(request(flow_ids[number % flows]) for number in range(requests))
    logged = function.logged_bytes()
    with _counted() as units:
        wall, cpu = time.perf_counter(), time.process_time()
        function.invoke(event)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    megabytes = price_list.memory_size_megabytes()
    share = min(1, megabytes / price_list.FULL_PROCESSOR_MEGABYTES)
    billed = math.ceil(1000 * (wall + cpu * (1 / share - 1)))
    logged = function.logged_bytes() - logged + _PLATFORM_LOG_BYTES
    # Sent one by one; received and deleted by Lambda, ten at a time.
    queue_calls = requests + 2 * math.ceil(requests / _MESSAGES_OF_A_CALL) + units["sqs"]
    per_thousand = 1000 / requests
    return Cost(
        what=what,
        compute=per_thousand
        * (billed / 1000 * megabytes / 1024 * price_list.LAMBDA_ARM64_GB_SECOND + price_list.LAMBDA_REQUEST),
        queue=per_thousand * queue_calls * price_list.SQS_CALL,
        events=per_thousand * units["events"] * price_list.EVENTBRIDGE_EVENT,
        ledger=per_thousand
        * (units["writes"] * price_list.DYNAMODB_WRITE_UNIT + units["reads"] * price_list.DYNAMODB_READ_UNIT),
        logs=per_thousand * logged * price_list.LOGS_BYTE,
        billed_milliseconds=billed,
    )


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Counts what the function's own calls to AWS are billed by while it is entered."""
    units: Counter[str] = Counter()

    def count(model: Any, params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"] or b"{}")
        if model.name == "PutEvents":
            units["events"] += len(body["Entries"])
        elif model.name == "PutItem":
            units["writes"] += math.ceil(len(json.dumps(body["Item"])) / _WRITE_UNIT_BYTES)
        elif model.name == "BatchWriteItem":
            units["writes"] += sum(map(len, body["RequestItems"].values()))
        elif model.name == "BatchGetItem":
            units["reads"] += sum(len(table["Keys"]) for table in body["RequestItems"].values())
        elif model.service_model.service_name == "sqs":
            units["sqs"] += 1
        else:
            raise RuntimeError(f"nobody has said what {model.name} costs")

    made: list[Any] = [clients.events(), clients.dynamodb(), clients.sqs()]
    for client in made:
        client.meta.events.register("before-call", count, unique_id="cost")
    try:
        yield units
    finally:
        for client in made:
            client.meta.events.unregister("before-call", unique_id="cost")
