"""Batches of 10 and 100 Flows where every call takes 100 ms: against the tutorial's script, and against bare HTTP."""

from __future__ import annotations

from collections import Counter
from functools import partial
from statistics import median

from benchmarks.bare_http import BareHttp
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.rounds import Contender, in_turn
from benchmarks.table import Row, milliseconds
from benchmarks.tutorial_script import TutorialScript

WHAT = "batches of 10 and 100 Flows, 100 ms a call"
FEW, MANY = 10, 100
ROUNDS_OF_FEW, ROUNDS_OF_MANY = 7, 3

_TOKEN_SECONDS = {FEW: 61, MANY: 64}
"""The function renews tokens 60 s early: these last for a round and are too old for its next one, so it logs in as the
others do."""


def measure(harness: Harness, function: Function) -> list[Row]:
    """Median of the rounds: waiting dominates here, and the median is what one meets."""
    harness.set(latency_seconds=0.1)
    try:
        few = _medians(harness, function, FEW, ROUNDS_OF_FEW, tutorial=True)
        many = _medians(harness, function, MANY, ROUNDS_OF_MANY, tutorial=False)
    finally:
        harness.set(latency_seconds=0, expires_in=3600)
    # Half a minute a round, and nothing in it that is not there ten times over: each Flow has its own login.
    many["tutorial"] = few["tutorial"] * MANY / FEW
    rows = []
    for count, typical in ((FEW, few), (MANY, many)):
        what = f"batch of {count} Flows, 100 ms a call"
        tutorial = "tutorial's script" + ("" if count == FEW else f", {MANY // FEW} times its {FEW}")
        rows += [
            Row(what, tutorial, typical["ours"], typical["tutorial"], milliseconds, aim=0.15),
            Row(what, "bare HTTP", typical["ours"], typical["bare"], milliseconds, aim=1.15),
        ]
    of_many, of_few = many["ours"] / MANY, few["ours"] / FEW
    return [*rows, Row(f"per Flow, batch of {MANY}", f"batch of {FEW}", of_many, of_few, milliseconds, aim=1)]


def _medians(harness: Harness, function: Function, count: int, rounds: int, *, tutorial: bool) -> dict[str, float]:
    harness.set(expires_in=_TOKEN_SECONDS[count])
    flows = [f"batch-{number}" for number in range(count)]
    fresh = partial(harness.put_flows, flows)
    contenders = {
        "bare": Contender(partial(BareHttp(harness).run, flows), fresh),
        "ours": Contender(lambda: function.invoke(sqs_event(map(request, flows))), fresh),
    }
    if tutorial:
        contenders["tutorial"] = Contender(partial(TutorialScript(harness).run, flows), fresh)
    calls, raised = harness.calls(), function.statuses().count("raised")
    taken = in_turn(contenders, rounds)
    done = rounds + 1
    logins = Counter(token=done * (2 + (count if tutorial else 0)))
    pairs = done * count * len(contenders)
    _check_same_work(harness.calls() - calls, logins + Counter(read=pairs, publish=pairs))
    if function.statuses().count("raised") - raised != done * count:
        raise RuntimeError(f"the function did not raise {done * count} timeouts")
    return {name: median(seconds.wall) for name, seconds in taken.items()}


def _check_same_work(made: Counter[str], expected: Counter[str]) -> None:
    """Figures of contenders that did other work than they should are worth nothing.

    A token may run out within a round where the machine is slow, so there may be more of them, to our cost.
    """
    if made | expected != made or made.total() - made["token"] != expected.total() - expected["token"]:
        raise RuntimeError(f"these calls were made: {dict(made)}, instead of {dict(expected)}")
