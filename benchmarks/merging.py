"""100 requests for one Flow in one invocation: the calls to Genesys Cloud, against making them one by one."""

from __future__ import annotations

from benchmarks.documents import ACTION
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.table import Row, calls

WHAT = "100 requests for one Flow"
REQUESTS = 100
_CALLS_ONE_BY_ONE = 3
"""Token, read, publish: what the tutorial's script needs per request."""


def measure(harness: Harness, function: Function) -> list[Row]:
    """Counted, not timed."""
    harness.put_flows(["merged"])
    wanted = [4 + number % 20 for number in range(REQUESTS)]
    before = harness.calls()
    function.invoke(sqs_event(request("merged", seconds) for seconds in wanted))
    made = harness.calls() - before
    if harness.timeouts("merged")[ACTION] != max(wanted):
        raise RuntimeError("the highest of the requests did not win")
    one_by_one = REQUESTS * _CALLS_ONE_BY_ONE
    told = ", ".join(f"{made[kind]} {kind}" for kind in ("token", "read", "publish"))
    return [Row(f"{WHAT} in one invocation: {told}", "one by one", made.total(), one_by_one, calls, aim=3 / one_by_one)]
