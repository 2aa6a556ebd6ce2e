"""What is kept in the ledger around a publish: in which order, and what a crash at any point leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from alarm_fakes import (
    FLOW,
    NOW,
    CountedLedger,
    Crash,
    World,
    a_restore,
    an_order,
    by,
    by_percent,
    to,
    told,
)
from batch import Batch
from changes import Change, Rules
from documents.kinds import DocumentKey, Kind
from fakes import FakeFlows, FakeTime, Json, Watcher, a_request, flow, longest, step
from genesys_cloud.credentials import Credentials
from genesys_cloud.document import Document
from genesys_cloud.errors import AnswerLost, Conflict, Overtaken, PublishRejected, Unavailable
from ledger import Before, Entry, LedgerUnavailable, Memory, Record, RecordChanged, StepKey
from outcomes import Status
from remembering import MOST_RACES
from timeout_request import TimeoutRequest

DOWN = "PutItem on table ledger: it is down"


def run(world: World, *requests: TimeoutRequest, **how: Any) -> Change:
    """A fresh change, as another invocation would make it."""
    change = world.change(*requests, **how)
    return change.run(world.flows.read("f"))


def a_world(*timeouts: float | None) -> World:
    """Flow "f" with Data Actions "A" at these seconds."""
    return World(*(step("A", seconds, id=f"a{n}") for n, seconds in enumerate(timeouts)))


def as_before(seconds: float | None) -> Before:
    return Before(seconds, {} if seconds is None else {"settings": {"timeout": seconds}})


def calls_of(world: World, *requests: TimeoutRequest) -> list[str]:
    """The calls of one run."""
    start = len(world.calls.names)
    run(world, *requests)
    return world.calls.names[start:]


# -- the order ---------------------------------------------------------------------------------------------------------


def test_what_is_about_to_be_written_is_kept_before_the_publish_and_that_it_was_afterwards() -> None:
    world = a_world(3)
    seen: list[Entry] = []
    world.flows.on_write.append(lambda: seen.append(world.entry))
    run(world, a_request(requested_by="me"))
    [intention] = seen
    assert (intention.before, intention.intended, intention.written) == (as_before(3), (10,), None)
    done = world.entry
    assert (done.before, done.intended, done.written, done.document_version) == (as_before(3), (), 10, "2")
    assert (done.by["requested_by"], done.at, done.raised_at) == ("me", NOW, NOW)


@pytest.mark.parametrize(
    ("request_", "calls"),
    [
        (a_request(), ["read", "write", "publish", "write"]),
        (a_request(operation="set"), ["read", "write", "publish", "write"]),
        (an_order(to(10)), ["recall", "read", "write", "publish", "write"]),
        (an_order(by(5)), ["recall", "read", "decide", "write", "publish", "write"]),
        # What writes nothing costs as little as it can.
        (a_request(timeout_seconds=2), ["read"]),
        (a_request(dry_run=True), ["read"]),
        (a_request(operation="inspect", timeout_seconds=None), ["read"]),
        (a_restore(), ["recall", "read"]),
        (an_order(to(2)), ["recall", "read"]),
        (an_order(by(5), dry_run=True), ["recall", "read"]),
        (an_order(by(5), limit=3), ["recall", "read"]),
    ],
)
def test_the_ledger_is_asked_and_told_in_this_order_and_no_more_than_it_takes(
    request_: TimeoutRequest, calls: list[str]
) -> None:
    names = calls_of(a_world(3), request_)
    assert sorted(names) == sorted(calls)
    assert [name for name in names if name != "read"] == [name for name in calls if name != "read"]


def test_a_document_is_presumed_to_be_unknown_and_a_refused_write_says_what_is_known() -> None:
    world = a_world(3)
    run(world, a_request(timeout_seconds=8))
    calls = calls_of(world, a_request(timeout_seconds=12))
    assert calls == ["read", "write", "write", "publish", "write"]
    assert (world.entry.before, world.entry.written, world.timeouts) == (as_before(3), 12, [12])


def test_where_a_refused_write_does_not_say_what_is_known_it_is_recalled() -> None:
    world = a_world(3)
    world.ledger.before["write"].append(RecordChanged())
    assert calls_of(world, a_request()) == ["read", "write", "recall", "write", "publish", "write"]
    assert world.entry.before == as_before(3)


def test_for_an_alarm_a_refused_write_is_followed_by_a_recall_since_more_may_have_been_decided() -> None:
    world = a_world(3)
    world.ledger.before["write"].append(lambda: world.ledger.someone_else_writes(FLOW))
    calls = calls_of(world, an_order(by(5), "t1"))
    assert [name for name in calls if name != "read"] == [
        *("recall", "decide", "write"),
        *("recall", "write", "publish", "write"),
    ]


def test_a_refused_publish_takes_back_the_intention_and_leaves_what_was_known_before() -> None:
    world = a_world(3)
    run(world, a_request(timeout_seconds=8))
    known = world.entry
    world.flows.on_write.append(PublishRejected("no", http_status=400))
    with pytest.raises(PublishRejected):
        run(world, a_request(timeout_seconds=12))
    assert world.entry == known


def test_a_decision_is_kept_before_anything_else() -> None:
    world = a_world(3, None)
    run(world, an_order(by_percent(50), "t9"))
    assert world.ledger.decision(FLOW, "t9") == [(StepKey("a0", None), 5), (StepKey("a1", None), 5)]
    assert world.timeouts == [5, 5]


def test_a_restore_is_kept_as_an_intention_too_and_then_there_is_nothing_more_to_put_back() -> None:
    world = a_world(3)
    run(world, a_request())
    seen: list[Entry] = []
    world.flows.on_write.append(lambda: seen.append(world.entry))
    change = run(world, a_restore())
    assert (told(change.plan), world.timeouts) == ([(10, 3)], [3])
    assert [(entry.restoring, entry.before) for entry in seen] == [(True, as_before(3))]
    assert world.record.holds_something_to_restore is False
    assert run(world, a_restore()).plan.errors[0].code == "nothing_to_restore"
    assert world.timeouts == [3]


def test_several_raises_and_one_restore_go_back_to_the_very_beginning() -> None:
    world = World(step("A", id="a"))
    for seconds in (10, 15, 20):
        run(world, a_request(timeout_seconds=seconds))
    run(world, a_request(operation="set", timeout_seconds=5))
    run(world, a_restore())
    assert world.flows.body("f")["steps"] == [step("A", id="a")]


def test_what_somebody_else_sets_between_two_raises_is_what_is_put_back() -> None:
    world = a_world(3)
    run(world, a_request())
    world.flows.someone_else_publishes("f", 7)
    run(world, a_request(timeout_seconds=20))
    run(world, a_restore())
    assert world.timeouts == [7]


def test_a_raise_that_somebody_has_overwritten_since_is_left_to_them() -> None:
    world = a_world(3)
    run(world, a_request())
    world.flows.someone_else_publishes("f", 12)
    change = run(world, a_restore())
    assert (change.plan.errors[0].code, world.timeouts) == ("changed_by_someone_else", [12])


# -- a crash at any point ----------------------------------------------------------------------------------------------

Check = Callable[[World], None]


def entry_is_confirmed(world: World) -> None:
    entry = world.entry
    assert (entry.before, entry.is_ours(world.timeouts[0])) == (as_before(3), True)


def put_back(world: World) -> None:
    run(world, a_restore())
    assert world.timeouts == [3, 4]


def nothing_to_put_back(world: World) -> None:
    assert not world.record.holds_something_to_restore


STORIES: list[tuple[str, Sequence[TimeoutRequest], list[float | None], Check]] = [
    ("raise", [a_request()], [10, 10], put_back),
    ("set lower", [a_request(operation="set", timeout_seconds=1)], [1, 1], put_back),
    ("by seconds", [an_order(by(5))], [8, 9], put_back),
    ("by percent with a cooldown", [an_order(by_percent(50), cooldown=300)], [5, 6], put_back),
    ("to a number", [an_order(to(12), cooldown=300)], [12, 12], put_back),
    ("by seconds beside a raise", [an_order(by(5)), a_request(timeout_seconds=9)], [9, 9], put_back),
]


def crash_points(requests: Sequence[TimeoutRequest], prepare: Callable[[World], None] = lambda _: None) -> int:
    world = a_world(3, 4)
    prepare(world)
    start = len(world.calls.names)
    run(world, *requests)
    return len(world.calls.names) - start


def crashed(
    number: int, requests: Sequence[TimeoutRequest], *, late: bool, prepare: Callable[[World], None] = lambda _: None
) -> World:
    """The world after the function was gone at this call."""
    world = a_world(3, 4)
    prepare(world)
    world.calls.fail(len(world.calls.names) + number, Crash(), late=late)
    with pytest.raises(Crash):
        run(world, *requests)
    return world


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("name", "requests", "after", "check"), STORIES, ids=[story[0] for story in STORIES])
def test_a_crash_at_any_call_and_another_try_end_as_if_nothing_had_happened(
    name: str, requests: Sequence[TimeoutRequest], after: list[float | None], check: Check, late: bool
) -> None:
    for number in range(crash_points(requests)):
        world = crashed(number, requests, late=late)
        change = run(world, *requests)
        where = f"{name}: crash at call {number} of {world.calls.names}"
        assert world.timeouts == after, where
        assert change.plan.ignored == {}, where
        assert change.plan.errors == {}, where
        # A third delivery finds nothing to do.
        publishes = len(world.flows.writes)
        run(world, *requests)
        assert (world.timeouts, len(world.flows.writes)) == (after, publishes), where
        check(world)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_of_a_restore_and_another_try_put_it_back_once(late: bool) -> None:
    def raised(world: World) -> None:
        run(world, a_request())

    for number in range(crash_points([a_restore()], raised)):
        world = crashed(number, [a_restore()], late=late, prepare=raised)
        change = run(world, a_restore())
        where = f"crash at call {number} of {world.calls.names}"
        assert world.timeouts == [3, 4], where
        assert [code.code for code in change.plan.errors.values()] in ([], ["nothing_to_restore"]), where
        nothing_to_put_back(world)
        # What somebody sets now is theirs.
        world.flows.someone_else_publishes("f", 10, 10)
        assert run(world, a_restore()).plan.errors[0].code == "nothing_to_restore", where


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_of_a_second_step_loses_neither_the_first_nor_what_was_before(late: bool) -> None:
    def first(world: World) -> None:
        run(world, an_order(by(5), "t1"))

    second = [an_order(by(5), "t2")]
    for number in range(crash_points(second, first)):
        world = crashed(number, second, late=late, prepare=first)
        run(world, *second)
        assert world.timeouts == [13, 14]
        run(world, an_order(by(5), "t1"))  # the first comes once more
        assert world.timeouts == [13, 14]
        put_back(world)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_after_a_crash_and_somebody_elses_change_theirs_is_what_is_put_back(late: bool) -> None:
    for number in range(crash_points([a_request()])):
        world = crashed(number, [a_request()], late=late)
        world.flows.someone_else_publishes("f", 6, 7)
        run(world, a_request(timeout_seconds=20))
        assert world.timeouts == [20, 20]
        run(world, a_restore())
        assert world.timeouts == [6, 7]


# -- others are at it at the same time ---------------------------------------------------------------------------------


def test_of_two_changes_at_once_the_slower_goes_on_from_what_the_faster_has_kept() -> None:
    world = a_world(3)
    slower = world.change(an_order(by(5), "t2"))
    document = world.flows.read("f")
    run(world, a_request(timeout_seconds=10))
    change = slower.run(document)
    # Planned on what it had read: 3 and 5 are 8. The faster one has done more, and nothing is lowered.
    assert world.timeouts == [10]
    assert told(change.plan) == [(10, 10)]
    assert world.entry.before == as_before(3)
    run(world, a_restore())
    assert world.timeouts == [3]


def test_two_deliveries_of_one_transition_at_once_take_one_step() -> None:
    world = a_world(3)
    first, second = world.change(an_order(by(5), cooldown=300)), world.change(an_order(by(5), cooldown=300))
    documents = world.flows.read("f"), world.flows.read("f")
    first.run(documents[0])
    change = second.run(documents[1])
    assert (world.timeouts, world.entry.before) == ([8], as_before(3))
    assert change.plan.ignored == {}


def test_two_transitions_at_once_take_a_step_each_from_what_stands_there() -> None:
    world = a_world(3)
    first, second = world.change(an_order(by(5), "t1")), world.change(an_order(by(10), "t2"))
    documents = world.flows.read("f"), world.flows.read("f")
    first.run(documents[0])
    second.run(documents[1])
    assert world.timeouts[0] in (13, 18)
    assert world.entry.before == as_before(3)


@pytest.mark.parametrize("request_", [a_request(), an_order(by(5))])
def test_while_others_keep_writing_the_same_record_a_change_waits(request_: TimeoutRequest) -> None:
    world = a_world(3)
    world.ledger.before["write"].extend([RecordChanged()] * 100)
    with pytest.raises(LedgerUnavailable, match="others keep writing its record"):
        run(world, request_)
    assert (world.timeouts, world.flows.writes) == ([3], [])
    assert world.calls.names.count("write") == MOST_RACES + 1
    world.ledger.before.clear()
    assert told(run(world, request_).plan) == [(3, world.timeouts[0])]


def test_a_confirmation_that_comes_too_late_leaves_the_intention() -> None:
    world = a_world(3)
    world.calls.fail(3, RecordChanged())
    change = run(world, a_request())
    assert world.calls.names == ["read", "write", "publish", "write"]
    assert (change.unrecorded, world.entry.intended) == (None, (10,))
    run(world, a_restore())
    assert world.timeouts == [3]


# -- the ledger is down ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_", [a_request(), a_request(operation="set"), an_order(to(10)), an_order(to(10), cooldown=300)]
)
def test_without_the_ledger_what_is_absolute_is_done_and_told_to_be_unrecorded(request_: TimeoutRequest) -> None:
    world = a_world(3)
    world.ledger.down = DOWN
    change = run(world, request_)
    assert (told(change.plan), world.timeouts) == ([(3, 10)], [10])
    assert change.unrecorded == DOWN
    assert world.observer.unrecorded == [("Flow f", DOWN)]


@pytest.mark.parametrize("request_", [an_order(by(5)), an_order(by_percent(50)), a_restore()])
def test_without_the_ledger_what_depends_on_it_waits(request_: TimeoutRequest) -> None:
    world = a_world(3)
    world.ledger.down = DOWN
    change = run(world, request_)
    assert isinstance(change.plan.errors[0], LedgerUnavailable)
    assert (world.timeouts, world.flows.writes, world.observer.unrecorded) == ([3], [], [])
    world.ledger.down = None
    again = run(world, request_)
    assert not isinstance(again.plan.errors.get(0), LedgerUnavailable)


def test_without_the_ledger_what_writes_nothing_is_not_told_to_be_unrecorded() -> None:
    world = a_world(3)
    world.ledger.down = DOWN
    for request in (a_request(timeout_seconds=2), a_request(dry_run=True), an_order(to(2))):
        assert run(world, request).unrecorded is None
    assert world.observer.unrecorded == []


@pytest.mark.parametrize("call", ["recall", "decide", "write"])
def test_a_ledger_that_goes_down_before_the_publish_lets_the_absolute_go_on_and_the_relative_wait(call: str) -> None:
    requests = [an_order(by(5)), a_request(timeout_seconds=10)]
    world = a_world(3)
    original = getattr(world.ledger, call)

    def down(*_: Any) -> None:
        world.ledger.down = DOWN
        original(*_)

    setattr(world.ledger, call, down)
    change = run(world, *requests)
    assert isinstance(change.plan.errors[0], LedgerUnavailable)
    assert (told(change.plan, 1), world.timeouts, change.unrecorded) == ([(3, 10)], [10], DOWN)
    # When it is up again, the relative one comes again: it takes its one step, as decided if it was.
    setattr(world.ledger, call, original)
    world.ledger.down = None
    run(world, an_order(by(5)))
    assert world.timeouts == [10 if world.ledger.decision(FLOW, "t1") and call == "write" else 15]


def test_a_ledger_that_goes_down_after_the_publish_loses_nothing() -> None:
    world = a_world(3)
    world.flows.on_write.append(lambda: setattr(world.ledger, "down", DOWN))
    change = run(world, an_order(by(5)))
    assert (told(change.plan), world.timeouts, change.unrecorded) == ([(3, 8)], [8], None)
    world.ledger.down = None
    run(world, a_restore())
    assert world.timeouts == [3]


# -- conflicts and lost answers ----------------------------------------------------------------------------------------

RELATIVE: list[tuple[TimeoutRequest, int]] = [
    (an_order(by(5)), 8),
    (an_order(by(5), cooldown=300), 8),
    (an_order(by_percent(50), cooldown=300), 5),
]


@pytest.mark.parametrize(("request_", "after"), RELATIVE)
@pytest.mark.parametrize("conflicts", [1, 3])
def test_a_relative_step_meets_conflicts_and_is_still_taken_once(
    request_: TimeoutRequest, after: int, conflicts: int
) -> None:
    world = a_world(3)
    world.flows.on_write.extend([lambda: world.flows.someone_else_publishes("f")] * conflicts)
    change = run(world, request_)
    assert change.plan.ignored == {}
    assert (told(change.plan), world.timeouts) == ([(3, after)], [after])
    entry = world.entry
    assert (entry.before, entry.written, entry.intended) == (as_before(3), after, ())


@pytest.mark.parametrize(("request_", "after"), RELATIVE)
def test_a_relative_step_whose_answer_was_lost_is_not_taken_twice(request_: TimeoutRequest, after: int) -> None:
    world = a_world(3)
    world.flows.lost_answers = 1
    change = run(world, request_)
    assert change.plan.ignored == {}
    assert (told(change.plan), world.timeouts, world.flows.writes) == ([(3, after)], [after], ["f"])
    entry = world.entry
    assert (entry.before, entry.written, entry.intended) == (as_before(3), after, ())
    assert world.observer.told == ["published"]


@pytest.mark.parametrize(("request_", "after"), RELATIVE)
def test_a_relative_step_that_was_lost_on_the_way_is_sent_again(request_: TimeoutRequest, after: int) -> None:
    world = a_world(3)
    world.flows.on_write.append(AnswerLost("reset"))
    change = run(world, request_)
    assert (change.plan.ignored, world.timeouts, world.flows.writes) == ({}, [after], ["f", "f"])


@pytest.mark.parametrize("request_", [a_request(timeout_seconds=8), *(request for request, _ in RELATIVE[:2])])
def test_a_publish_that_was_not_answered_and_is_done_late_can_still_be_put_back(request_: TimeoutRequest) -> None:
    # Not answered, not yet there when looked at, sent again, and a conflict with ourselves.
    world = a_world(3)
    world.flows.on_write.append(AnswerLost("reset"))
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f", 8))
    run(world, request_)
    assert world.timeouts == [8]
    run(world, a_restore())
    assert world.timeouts == [3]


def test_a_publish_that_was_not_answered_and_is_done_although_another_is_refused_can_be_put_back() -> None:
    world = a_world(3)

    def late() -> None:
        world.flows.someone_else_publishes("f", 10)
        raise PublishRejected("it is being edited")

    world.flows.on_write.extend([AnswerLost("reset"), late])
    with pytest.raises(PublishRejected):
        run(world, a_request())
    run(world, a_restore())
    assert world.timeouts == [3]


def test_a_raise_that_genesys_refuses_begins_no_cooldown() -> None:
    world = a_world(3)
    world.flows.on_write.append(PublishRejected("bad step"))
    with pytest.raises(PublishRejected):
        run(world, an_order(by(5), "t1", cooldown=300))
    world.time.now += 60
    change = run(world, an_order(by(5), "t2", cooldown=300))
    assert (change.plan.ignored, world.timeouts) == ({}, [8])


@pytest.mark.parametrize(("request_", "after"), RELATIVE)
def test_a_relative_step_that_had_to_wait_is_taken_when_it_comes_again(request_: TimeoutRequest, after: int) -> None:
    world = a_world(3)
    world.flows.on_write.append(Conflict("no", http_status=409))
    change = world.change(request_, attempts=1)
    with pytest.raises(Exception, match="someone else published in between"):
        change.run(world.flows.read("f"))
    world.time.now += 60
    again = run(world, request_)
    assert (again.plan.ignored, told(again.plan), world.timeouts) == ({}, [(3, after)], [after])


def test_on_a_conflict_what_the_other_has_set_is_what_was_there_before() -> None:
    world = a_world(3)
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f", 7))
    run(world, a_request())
    assert (world.timeouts, world.entry.before) == ([10], as_before(7))
    run(world, a_restore())
    assert world.timeouts == [7]


@pytest.mark.parametrize(("request_", "after"), [(a_request(), 10), *RELATIVE])
@pytest.mark.parametrize("conflicts_more", [0, 1])
def test_what_was_done_although_a_conflict_was_told_can_be_put_back(
    request_: TimeoutRequest, after: int, conflicts_more: int
) -> None:
    """A gateway that sends a publish twice gives the answer to the second one."""
    world = a_world(3)
    world.flows.on_write.extend([lambda: world.flows.someone_else_publishes("f")] * conflicts_more)
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f", after))
    run(world, request_)
    assert (world.timeouts, world.entry.before) == ([after], as_before(3))
    run(world, a_request(timeout_seconds=20))
    run(world, a_restore())
    assert world.timeouts == [3]


def test_a_conflict_that_cannot_be_looked_into_takes_nothing_back() -> None:
    world = a_world(3)
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f", 10))
    change = world.change(a_request())
    document = world.flows.read("f")
    world.flows.on_read.append(Unavailable("502"))
    with pytest.raises(Unavailable):
        change.run(document)
    run(world, a_restore())
    assert world.timeouts == [3]


@pytest.mark.parametrize("request_", [a_request(timeout_seconds=29), a_request(timeout_seconds=30)])
def test_what_another_invocation_has_done_since_the_read_is_not_taken_for_someone_elses(
    request_: TimeoutRequest,
) -> None:
    world = a_world(3)
    run(world, a_request(timeout_seconds=18))
    change, document = world.change(request_), world.flows.read("f")
    run(world, a_request(timeout_seconds=29))
    remembered: list[Before | None] = []
    world.flows.on_write.append(lambda: remembered.append(world.entry.before))
    change.run(document)
    assert all(before == as_before(3) for before in [*remembered, world.entry.before])
    assert world.observer.told == ["published"] * (2 + len(remembered))  # and no conflict
    run(world, a_restore())
    assert world.timeouts == [3]


def test_nor_does_a_restore_take_it_for_someone_elses() -> None:
    world = a_world(3)
    run(world, a_request(timeout_seconds=18))
    change, document = world.change(a_restore()), world.flows.read("f")
    run(world, a_request(timeout_seconds=29))
    assert told(change.run(document).plan) == [(29, 3)]
    assert world.timeouts == [3]


@pytest.mark.parametrize("seconds", [10, 2])
def test_a_restore_that_comes_before_a_publish_under_way_does_not_forget_what_was_there(seconds: int) -> None:
    world = a_world(3)
    world.flows.on_write.append(Crash())  # here: on its way
    with pytest.raises(Crash):
        run(world, a_request(operation="set", timeout_seconds=seconds))
    refused_as_nothing_to_restore(world, world.flows.read("f"))
    world.flows.someone_else_publishes("f", seconds)  # here: it has arrived
    run(world, a_restore())
    assert world.timeouts == [3]


def test_nor_does_one_that_has_read_before_another_invocation_s_publish() -> None:
    world = a_world(3)
    change, document = world.change(a_restore()), world.flows.read("f")
    run(world, a_request())
    assert told(change.run(document).plan) == [(10, 3)]
    assert world.timeouts == [3]


def test_what_another_invocation_has_written_since_is_not_confirmed_as_ours() -> None:
    """Overtaken: ours was published, theirs on top of it, and only then are we told."""
    world = World(step("A", 3, id="a"), step("B", 3, id="b"))
    publish = world.flows.write

    def publish_and_be_overtaken(document: Document) -> str | None:
        world.flows.write = publish  # type: ignore[method-assign]  # once
        publish(document)
        run(world, a_request(timeout_seconds=20))
        raise Overtaken("another version is published")

    change = world.change(a_request(), a_request(action_name="B"))
    document = world.flows.read("f")
    world.flows.write = publish_and_be_overtaken  # type: ignore[method-assign]
    change.run(document)
    assert world.timeouts == [20, 10]
    assert [entry.last_written for entry in world.record.entries] == [20, 10]
    run(world, a_restore(), a_restore(action_name="B"))
    assert world.timeouts == [3, 3]


@pytest.mark.parametrize("request_", [a_request(), a_request(operation="set")])
def test_what_is_published_anew_after_another_invocation_s_restore_can_be_put_back(request_: TimeoutRequest) -> None:
    """The answer was lost, and when we look, what we did is undone: the record that we know is no longer there."""
    world = a_world(3)
    publish = world.flows.write

    def publish_and_lose_the_answer(document: Document) -> str | None:
        world.flows.write = publish  # type: ignore[method-assign]  # once
        publish(document)
        run(world, a_restore())
        raise AnswerLost("reset")

    change, document = world.change(request_), world.flows.read("f")
    world.flows.write = publish_and_lose_the_answer  # type: ignore[method-assign]
    change.run(document)
    assert (world.timeouts, world.entry.before) == ([10], as_before(3))
    run(world, a_restore())
    assert world.timeouts == [3]


def test_nor_what_is_done_while_the_document_is_read_again() -> None:
    world = a_world(3)
    run(world, a_request(timeout_seconds=18))
    change, document = world.change(a_restore()), world.flows.read("f")
    run(world, a_request(timeout_seconds=29))
    read = world.flows.read

    def read_after_another_invocation(document_id: str) -> Document:
        world.flows.read = read  # type: ignore[method-assign]  # once
        run(world, a_request(operation="set", timeout_seconds=12))
        return read(document_id)

    world.flows.read = read_after_another_invocation  # type: ignore[method-assign]
    assert told(change.run(document).plan) == [(12, 3)]
    assert world.timeouts == [3]


def test_what_was_put_back_by_hand_is_forgotten_by_a_restore() -> None:
    world = a_world(3)
    run(world, a_request())
    world.flows.someone_else_publishes("f", 3)
    refused_as_nothing_to_restore(world, world.flows.read("f"))
    nothing_to_put_back(world)


def refused_as_nothing_to_restore(world: World, document: Document) -> None:
    [error] = world.change(a_restore()).run(document).plan.errors.values()
    assert error.code == "nothing_to_restore"


def test_a_decision_stands_also_when_the_other_has_raised_it_further() -> None:
    world = a_world(3)
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f", 20))
    change = run(world, an_order(by(5)))
    assert (told(change.plan), world.timeouts) == ([(20, 20)], [20])


def test_a_restore_meets_a_conflict_and_is_done_once() -> None:
    world = a_world(3)
    run(world, a_request())
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f"))
    change = run(world, a_restore())
    assert (told(change.plan), world.timeouts) == ([(10, 3)], [3])
    nothing_to_put_back(world)


def test_a_restore_that_conflicts_with_somebody_elses_value_is_left_to_them() -> None:
    world = a_world(3)
    run(world, a_request())
    world.flows.on_write.append(lambda: world.flows.someone_else_publishes("f", 7))
    change = run(world, a_restore())
    assert (change.plan.errors[0].code, world.timeouts) == ("changed_by_someone_else", [7])


def test_a_restore_whose_answer_was_lost_is_told_as_done() -> None:
    world = a_world(3)
    run(world, a_request())
    world.flows.lost_answers = 1
    change = run(world, a_restore())
    assert (told(change.plan), change.plan.errors, world.timeouts) == ([(10, 3)], {}, [3])
    assert world.flows.writes == ["f", "f"]
    nothing_to_put_back(world)


def test_a_publish_that_genesys_refuses_leaves_nothing_to_put_back() -> None:
    world = a_world(3)
    world.flows.on_write.append(PublishRejected("bad step"))
    with pytest.raises(PublishRejected):
        run(world, a_request())
    change = run(world, a_restore())
    assert (change.plan.errors[0].code, world.timeouts) == ("nothing_to_restore", [3])


@pytest.mark.parametrize("steps", [[step("A", 10, id="a")], [step("A", id="a")]])
def test_a_document_without_a_record_that_needs_no_change_gets_none(steps: list[Json]) -> None:
    world = World(*steps)
    run(world, an_order(to(2)))
    assert world.record.revision == 0


@pytest.mark.parametrize("request_", [a_request(), an_order(to(10)), a_restore()])
def test_a_bug_in_the_ledger_harms_its_own_document_and_no_other(request_: TimeoutRequest) -> None:
    class Odd(CountedLedger):
        def recall(self, key: DocumentKey, transitions: Sequence[str]) -> Memory:
            if key == FLOW:
                raise KeyError("a bug")
            return super().recall(key, transitions)

        def write(self, record: Record) -> None:
            if record.key == FLOW:
                raise KeyError("a bug")
            super().write(record)

    class Client:
        goes_slow = False
        credentials = Credentials(
            "id", "secret", "https://api", "https://login", basic_auth=True, max_timeout_seconds=30
        )
        flows = FakeFlows(f=flow(step("A", 3)), g=flow(step("A", 3)))

        def store(self, _: Kind) -> FakeFlows:
            return self.flows

        def users_of(self, _: str) -> None:
            return None

    bugs: list[str] = []
    batch = Batch(
        lambda _: cast("Any", Client()),
        Odd(),
        FakeTime().deadline(60),
        rules=Rules(3, 5, longest),
        default_limit_seconds=30,
        concurrency=2,
        observer=Watcher(),
        on_bug=bugs.append,
    )
    outcomes = batch.carry_out([request_, a_request(flow_id="g")], "sqs")
    assert [outcome.status for outcome in outcomes] == [Status.DEFERRED, Status.RAISED]
    assert outcomes[0].error
    assert outcomes[0].error.code == "internal_error"
    assert len(bugs) == 1


def test_a_step_that_had_moved_is_not_taken_for_another_that_stands_in_its_old_place() -> None:
    world = World(step("A", 3), step("B", 1))
    run(world, a_request())
    world.flows.replace("f", step("B", 1), step("A", 10))
    run(world, a_request(timeout_seconds=12))
    world.flows.replace("f", step("A", 12), step("A", 12))  # somebody's own, in its old place
    run(world, a_restore())
    assert world.timeouts in ([12, 3], [12, 12])  # where two are alike, which is which may be left open
