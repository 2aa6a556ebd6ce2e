"""Requests for the same Flows in one invocation: the calls to Genesys Cloud, against making them one by one."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.documents import ACTION
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.table import Row, calls

from genesys_cloud.login import TOKEN_RENEWED_EARLY_SECONDS

WHAT = "requests for the same Flows"
_CALLS_ONE_BY_ONE = 3
"""Token, read, publish: what the tutorial's script needs per request."""
_SHORT_TOKEN_SECONDS = TOKEN_RENEWED_EARLY_SECONDS + 2


@dataclass(frozen=True)
class _Case:
    """So many requests for so many Flows, in turn."""

    requests: int
    flows: int


def measure(harness: Harness, function: Function) -> list[Row]:
    """Counted, not timed. Each begins without a token: the one that was there is too old by then."""
    harness.set(expires_in=_SHORT_TOKEN_SECONDS)
    try:
        one = _row(harness, function, _Case(100, 1))
        time.sleep(_SHORT_TOKEN_SECONDS - TOKEN_RENEWED_EARLY_SECONDS)
    finally:
        harness.set(expires_in=3600)
    return [one, _row(harness, function, _Case(1000, 50))]


def _row(harness: Harness, function: Function, case: _Case) -> Row:
    flows = [f"merged-{case.flows}-{number}" for number in range(case.flows)]
    harness.put_flows(flows)
    wanted = [(flows[number % case.flows], 4 + number // case.flows % 20) for number in range(case.requests)]
    before = harness.calls()
    function.invoke(sqs_event(request(flow_id, seconds) for flow_id, seconds in wanted))
    made = harness.calls() - before
    highest = max(seconds for _, seconds in wanted)
    for flow_id in flows:
        if harness.timeouts(flow_id)[ACTION] != highest:
            raise RuntimeError(f"the highest of the requests for {flow_id} did not win")
    one_by_one = case.requests * _CALLS_ONE_BY_ONE
    needed = 1 + 2 * case.flows
    told = ", ".join(f"{made[kind]} {kind}" for kind in ("token", "read", "publish"))
    of = "one Flow" if case.flows == 1 else f"{case.flows} Flows"
    what = f"{case.requests:,} requests for {of} in one invocation: {told}"
    return Row(what, "one by one", made.total(), one_by_one, calls, aim=needed / one_by_one)
