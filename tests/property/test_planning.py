"""Laws of planning, against a model that carries out one request after the other on a list of numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from documents.flow import find_steps
from documents.steps import Steps
from fakes import a_request, flow, indexed, step
from plan import Plan, StepChange
from planning import make_plan
from timeout_request import Operation, TimeoutRequest

DEFAULT = 3
NAMES = st.sampled_from(["A", "B"])
SECONDS = st.integers(1, 12)
Timeout = int | float | None
Timeouts = list[tuple[str, Timeout]]

FLOWS: st.SearchStrategy[Timeouts] = st.lists(
    st.tuples(NAMES, st.none() | SECONDS | st.sampled_from([2.5, 4.0, 0])), min_size=1, max_size=5
)
RAISES = st.builds(lambda name, seconds: a_request(action_name=name, timeout_seconds=seconds), NAMES, SECONDS)
SETS = st.builds(
    lambda name, seconds: a_request(action_name=name, timeout_seconds=seconds, operation="set"), NAMES, SECONDS
)
LOOKS = st.builds(
    lambda name, seconds, how: a_request(action_name=name, timeout_seconds=seconds, **how),
    NAMES,
    SECONDS,
    st.sampled_from([{"operation": "inspect"}, {"dry_run": True}, {"operation": "set", "dry_run": True}]),
)
BY_ID = st.builds(
    lambda n, seconds: a_request(action_name=None, step_id=f"id{n}", timeout_seconds=seconds),
    st.integers(0, 5),
    SECONDS,
)


def steps_of(timeouts: Timeouts) -> Steps:
    return find_steps(flow(*(step(name, timeout, id=f"id{n}") for n, (name, timeout) in enumerate(timeouts))))


def planned(timeouts: Timeouts, requests: Sequence[TimeoutRequest]) -> tuple[Plan, list[Timeout]]:
    """The plan, and the timeouts after it."""
    steps = steps_of(timeouts)
    plan = make_plan("f", steps, indexed(*requests), default_seconds=DEFAULT)
    plan.apply()
    return plan, [slot.seconds for slot in steps.slots]


def effective(timeout: Timeout) -> float:
    return DEFAULT if timeout is None else timeout


def wishes(request: TimeoutRequest, number: int, name: str) -> bool:
    return request.action_name in {None, name} and request.step_id in {None, f"id{number}"}


def one_after_the_other(timeouts: Timeouts, requests: Sequence[TimeoutRequest]) -> list[Timeout]:
    """The model."""
    after: list[Timeout] = []
    for number, (name, original) in enumerate(timeouts):
        timeout = original
        for request in requests:
            assert request.timeout_seconds is not None
            if request.writes and wishes(request, number, name):
                sets = request.operation is Operation.SET
                if sets or effective(timeout) < request.timeout_seconds:
                    timeout = request.timeout_seconds
        after.append(timeout)
    return after


def told(changes: Sequence[StepChange]) -> list[tuple[str, Timeout, Timeout]]:
    return [(change.slot.path, change.before, change.after) for change in changes]


@given(FLOWS, st.lists(RAISES | SETS | LOOKS | BY_ID, max_size=6))
def test_the_flow_ends_as_if_one_request_came_after_the_other(
    timeouts: Timeouts, requests: list[TimeoutRequest]
) -> None:
    plan, after = planned(timeouts, requests)
    assert after == one_after_the_other(timeouts, requests)
    assert len(plan.writes) == sum(old != new for (_, old), new in zip(timeouts, after, strict=True))


@given(FLOWS, st.lists(RAISES | BY_ID, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_raises_does_not_matter(
    timeouts: Timeouts, requests: list[TimeoutRequest], chance: random.Random
) -> None:
    order = list(range(len(requests)))
    chance.shuffle(order)
    plan, after = planned(timeouts, requests)
    shuffled, after_shuffled = planned(timeouts, [requests[index] for index in order])
    assert after_shuffled == after
    for place, index in enumerate(order):
        assert told(shuffled.changes[place]) == told(plan.changes[index])


@given(FLOWS, st.lists(RAISES | BY_ID, max_size=6))
def test_a_raise_never_lowers_and_every_step_asked_for_gets_at_least_what_was_asked(
    timeouts: Timeouts, requests: list[TimeoutRequest]
) -> None:
    plan, after = planned(timeouts, requests)
    assert all(effective(new) >= effective(old) for (_, old), new in zip(timeouts, after, strict=True))
    for index, request in enumerate(requests):
        for change in plan.changes[index]:
            assert request.timeout_seconds is not None
            assert change.effective_after >= max(change.effective_before, request.timeout_seconds)


@given(FLOWS, st.lists(RAISES | SETS | BY_ID, max_size=6))
def test_what_was_done_is_not_done_again(timeouts: Timeouts, requests: list[TimeoutRequest]) -> None:
    _, after = planned(timeouts, requests)
    again, _ = planned([(name, new) for (name, _), new in zip(timeouts, after, strict=True)], requests)
    assert again.writes == []


@given(FLOWS, st.lists(SETS, min_size=1, max_size=5))
def test_each_set_tells_what_the_one_before_it_left(timeouts: Timeouts, requests: list[TimeoutRequest]) -> None:
    plan, _ = planned(timeouts, requests)
    current = {f"steps[{n}]": (name, timeout) for n, (name, timeout) in enumerate(timeouts)}
    for index, request in enumerate(requests):
        expected: list[tuple[str, Timeout, Timeout]] = []
        for path, (name, timeout) in current.items():
            if name == request.action_name:
                expected.append((path, timeout, request.timeout_seconds))
                current[path] = (name, request.timeout_seconds)
        assert told(plan.changes[index]) == expected


@given(FLOWS, st.lists(RAISES | SETS, max_size=4), LOOKS, st.integers(0, 4))
def test_who_only_looks_sees_the_flow_as_it_was_read_and_changes_nothing_for_the_others(
    timeouts: Timeouts, others: list[TimeoutRequest], look: TimeoutRequest, place: int
) -> None:
    place = min(place, len(others))
    alone, untouched = planned(timeouts, [look])
    among, after = planned(timeouts, [*others[:place], look, *others[place:]])
    assert alone.writes == []
    assert untouched == [timeout for _, timeout in timeouts]
    assert told(among.changes[place]) == told(alone.changes[0])
    assert after == planned(timeouts, others)[1]


@given(FLOWS, st.lists(RAISES | SETS | LOOKS | BY_ID, max_size=6))
def test_every_step_asked_for_is_told_to_every_request(timeouts: Timeouts, requests: list[TimeoutRequest]) -> None:
    plan, _ = planned(timeouts, requests)
    for index, request in enumerate(requests):
        asked = [f"steps[{n}]" for n, (name, _) in enumerate(timeouts) if wishes(request, n, name)]
        assert [change.slot.path for change in plan.changes[index]] == asked


@given(FLOWS, st.lists(RAISES | SETS, min_size=1, max_size=4), st.sampled_from(["soon", True, [5], {"s": 5}]))
def test_a_request_with_a_step_that_cannot_be_edited_changes_none_of_its_steps(
    timeouts: Timeouts, requests: list[TimeoutRequest], nonsense: Any
) -> None:
    steps = find_steps(flow(*(step(name, timeout) for name, timeout in timeouts), step("B", nonsense)))
    plan = make_plan("f", steps, indexed(*requests), default_seconds=DEFAULT)
    assert set(plan.problems) == {n for n, request in enumerate(requests) if request.action_name == "B"}
    plan.apply()
    unharmed = [request for request in requests if request.action_name == "A"]
    assert [slot.seconds for slot in steps.slots[:-1]] == one_after_the_other(timeouts, unharmed)
