"""A batch of 10 Flows where every call takes 100 ms: against the tutorial's script, and against bare HTTP."""

from __future__ import annotations

from functools import partial
from statistics import median

from benchmarks.bare_http import BareHttp
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.rounds import Contender, in_turn
from benchmarks.table import Row, milliseconds
from benchmarks.tutorial_script import TutorialScript

WHAT = "batch of 10 Flows, 100 ms a call"
ROUNDS = 7
FLOWS = [f"batch-{number}" for number in range(10)]

_TOKEN_SECONDS = 61
"""The function renews tokens 60 s early: this one is too old for its next round, so it logs in as the others do."""


def measure(harness: Harness, function: Function) -> list[Row]:
    """Median of the rounds: waiting dominates here, and the median is what one meets."""
    fresh = partial(harness.put_flows, FLOWS)
    contenders = {
        "tutorial": Contender(partial(TutorialScript(harness).run, FLOWS), fresh),
        "bare": Contender(partial(BareHttp(harness).run, FLOWS), fresh),
        "ours": Contender(lambda: function.invoke(sqs_event(map(request, FLOWS))), fresh),
    }
    harness.set(latency_seconds=0.1, expires_in=_TOKEN_SECONDS)
    before = harness.calls()
    try:
        taken = in_turn(contenders, ROUNDS)
    finally:
        harness.set(latency_seconds=0, expires_in=3600)
    _check_same_work(harness, function, before.total())
    typical = {name: median(seconds.wall) for name, seconds in taken.items()}
    return [
        Row(WHAT, "tutorial's script", typical["ours"], typical["tutorial"], milliseconds, aim=0.17),
        Row(WHAT, "bare HTTP", typical["ours"], typical["bare"], milliseconds, aim=1.2),
    ]


def _check_same_work(harness: Harness, function: Function, calls_before: int) -> None:
    """Figures of contenders that did other work than they should are worth nothing."""
    count, rounds = len(FLOWS), ROUNDS + 1
    expected = rounds * (3 * count + 2 * (1 + 2 * count))
    calls = harness.calls()
    made = calls.total() - calls_before
    if made != expected:
        raise RuntimeError(f"{made} calls were made instead of {expected}: {dict(calls)}")
    raised = function.statuses().count("raised")
    if raised != rounds * count:
        raise RuntimeError(f"the function raised {raised} timeouts instead of {rounds * count}")
