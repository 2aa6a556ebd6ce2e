"""Plans that depend on what the ledger knows: restores, and what alarms ask for."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from alarm_fakes import (
    FLOW,
    NOW,
    a_restore,
    an_alarms_restore,
    an_order,
    by,
    by_percent,
    planned,
    remembered,
    steps_of,
    to,
    told,
)
from documents.data_action import find_steps as find_in_action
from documents.steps import Steps
from fakes import Json, a_request, step
from ledger import Before, Entry, Record, StepKey
from plan import Plan
from planning import needs_memory
from timeout_request import TimeoutRequest


def documented(steps: Steps) -> list[float | None]:
    return [slot.seconds for slot in steps.slots]


def applied(plan: Plan, steps: Steps) -> list[float | None]:
    plan.apply()
    return documented(steps)


def the_error(plan: Plan, index: int = 0) -> tuple[str, str]:
    error = plan.errors[index]
    return error.code, error.message


# -- restore -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "raised"),
    [
        ({}, {"settings": {"timeout": 10}}),
        ({"settings": None}, {"settings": {"timeout": 10}}),
        ({"settings": {}}, {"settings": {"timeout": 10}}),
        ({"settings": {"retries": 2}}, {"settings": {"retries": 2, "timeout": 10}}),
        ({"settings": {"timeout": None, "x": 1}}, {"settings": {"timeout": 10, "x": 1}}),
        ({"settings": {"timeout": 3}}, {"settings": {"timeout": 10}}),
        ({"settings": {"timeout": 2.5, "x": 1}}, {"settings": {"timeout": 10, "x": 1}}),
        ({"settings": {"timeout": 0}}, {"settings": {"timeout": 10}}),
    ],
)
def test_what_was_absent_is_absent_again_and_what_was_there_is_there(settings: Json, raised: Json) -> None:
    data: Json = {"type": "data-action", "name": "A", "id": "a", **settings}
    original, before = copy.deepcopy(data), (settings.get("settings") or {}).get("timeout")
    steps = steps_of(data)
    raising = planned(steps, a_request())
    raising.apply()
    assert data == {"type": "data-action", "name": "A", "id": "a", **raised}
    [entry] = raising.entries.values()

    back = planned(steps, a_restore(), entries=[entry.confirmed(10, "2")])
    back.apply()
    assert data == original
    assert told(back) == [(10, before)]
    [restoring] = back.entries.values()
    assert restoring.restoring
    assert restoring.before == entry.before  # until it is known to be done


def test_an_integration_action_is_put_back_too() -> None:
    action: Json = {"id": "custom-1", "name": "CRM", "version": 3, "config": {"request": {"url": "x"}}}
    raising = planned(
        find_in_action(action),
        a_request(flow_id=None, action_name=None, data_action_id="custom-1", timeout_seconds=70),
        default=60,
    )
    raising.apply()
    assert action["config"] == {"request": {"url": "x"}, "timeoutSeconds": 70}
    renamed: Json = {**action, "name": "CRM 2"}
    restore = a_restore(flow_id=None, action_name=None, data_action_id="custom-1")
    entries = [entry.confirmed(70, "4") for entry in raising.entries.values()]
    back = planned(find_in_action(renamed), restore, entries=entries, default=60)
    back.apply()
    assert renamed["config"] == {"request": {"url": "x"}}
    assert told(back) == [(70, None)]


def test_several_steps_go_back_each_to_its_own() -> None:
    steps = steps_of(step("A", 10, id="a"), step("A", 12, id="b"), step("B", 10, id="c"))
    a, b, c = steps.slots
    entries = [
        remembered(a, before=3, written=10),
        remembered(b, before=None, written=12),
        remembered(c, before=4, written=10),
    ]
    plan = planned(steps, a_restore(), entries=entries)
    assert told(plan) == [(10, 3), (12, None)]
    assert applied(plan, steps) == [3, None, 10]


def test_of_several_steps_those_that_were_never_changed_stay() -> None:
    steps = steps_of(step("A", 10, id="a"), step("A", 12, id="b"))
    plan = planned(steps, a_restore(), entries=[remembered(steps.slots[0], before=3, written=10)])
    assert told(plan) == [(10, 3), (12, 12)]
    assert applied(plan, steps) == [3, 12]


def test_one_step_that_somebody_else_has_changed_refuses_all() -> None:
    steps = steps_of(step("A", 10, id="a"), step("A", 7, id="b"))
    a, b = steps.slots
    plan = planned(
        steps, a_restore(), entries=[remembered(a, before=3, written=10), remembered(b, before=3, written=10)]
    )
    code, message = the_error(plan)
    assert code == "changed_by_someone_else"
    assert "steps[1] stands at 7 s, not at 10 s" in message
    assert "steps[0]" not in message
    assert (plan.writes, plan.entries, applied(plan, steps)) == ([], {}, [10, 7])


def test_narrowed_to_the_step_that_is_still_ours_it_goes_back() -> None:
    steps = steps_of(step("A", 10, id="a"), step("A", 7, id="b"))
    entries = [remembered(slot, before=3, written=10) for slot in steps.slots]
    plan = planned(steps, a_restore(step_id="a"), entries=entries)
    assert applied(plan, steps) == [3, 7]


def test_a_timeout_that_somebody_has_taken_away_is_not_put_back() -> None:
    steps = steps_of(step("A", id="a"))
    plan = planned(steps, a_restore(), entries=[remembered(steps.slots[0], before=3, written=10)])
    code, message = the_error(plan)
    assert (code, plan.writes) == ("changed_by_someone_else", [])
    assert "None" not in message  # no word of an operator's


def test_many_steps_of_somebody_else_are_told_in_short() -> None:
    steps = steps_of(*(step("A", 7, id=f"{n}") for n in range(100)))
    plan = planned(steps, a_restore(), entries=[remembered(slot, before=3, written=10) for slot in steps.slots])
    message = the_error(plan)[1]
    assert "and 95 more" in message
    assert len(message) < 1000


def test_what_somebody_has_put_back_by_hand_leaves_nothing_to_restore() -> None:
    steps = steps_of(step("A", 3, id="a"), step("A", id="b"))
    a, b = steps.slots
    plan = planned(
        steps, a_restore(), entries=[remembered(a, before=3, written=10), remembered(b, before=None, written=10)]
    )
    assert the_error(plan)[0] == "nothing_to_restore"
    assert plan.writes == []
    # And from now on it is known to be so: a value that somebody sets later is not put back.
    assert all(entry.before is None for entry in plan.entries.values())
    assert len(plan.entries) == 2


@pytest.mark.parametrize("knows", [False, True])
def test_what_was_never_changed_or_is_restored_leaves_nothing_to_restore(knows: bool) -> None:
    steps = steps_of(step("A", 5, id="a"))
    entries = [remembered(steps.slots[0], before=3, written=10).forgotten()] if knows else []
    plan = planned(steps, a_restore(), entries=entries)
    assert the_error(plan)[0] == "nothing_to_restore"
    assert (plan.writes, told(plan)) == ([], [(5, 5)])


def test_a_value_that_we_intended_but_never_confirmed_is_put_back_for_it_was_written() -> None:
    steps = steps_of(step("A", 15, id="a"))
    entry = remembered(steps.slots[0], before=3, written=10).intends(10, {"settings": {"timeout": 10}}, 15)
    plan = planned(steps, a_restore(), entries=[entry])
    assert (told(plan), applied(plan, steps)) == ([(15, 3)], [3])


def test_a_value_from_before_an_intention_that_was_never_carried_out_is_put_back_too() -> None:
    steps = steps_of(step("A", 10, id="a"))
    entry = remembered(steps.slots[0], before=3, written=10).intends(10, {"settings": {"timeout": 10}}, 15)
    assert applied(planned(steps, a_restore(), entries=[entry]), steps) == [3]


def test_a_restore_that_was_done_but_not_confirmed_is_told_as_what_it_was() -> None:
    steps = steps_of(step("A", 3, id="a"))
    entry = replace(remembered(steps.slots[0], before=3, written=10), restoring=True)
    plan = planned(steps, a_restore(), entries=[entry])
    assert (plan.writes, plan.errors, told(plan)) == ([], {}, [(10, 3)])
    assert [entry.before for entry in plan.entries.values()] == [None]


def test_a_restore_that_was_intended_but_not_done_is_done() -> None:
    steps = steps_of(step("A", 10, id="a"))
    entry = replace(remembered(steps.slots[0], before=3, written=10), restoring=True)
    assert applied(planned(steps, a_restore(), entries=[entry]), steps) == [3]


def test_a_step_that_has_moved_is_found_by_its_id_and_keeps_its_entry() -> None:
    steps = steps_of(step("B", 9), step("A", 10, id="a"))
    before = Before(3, {"settings": {"timeout": 3}})
    entry = Entry(StepKey("a", None), "cases[4].steps[1]", "Old name", before, written=10)
    plan = planned(steps, a_restore(), entries=[entry])
    assert applied(plan, steps) == [9, 3]
    record = Record(FLOW, 1, (entry,)).with_entries([entry.confirmed(3, "2") for entry in plan.entries.values()], NOW)
    assert not record.holds_something_to_restore


def test_of_two_steps_that_were_alike_the_one_that_is_left_goes_back_to_its_own() -> None:
    before = steps_of(step("A", 10), step("A", 10))
    first, second = before.slots
    entries = [
        remembered(first, before=3, written=10, among=before),
        remembered(second, before=8, written=10, among=before),
    ]
    left = steps_of(step("A", 10))  # someone has taken the second away
    assert applied(planned(left, a_restore(), entries=entries), left) in ([3], [10])


def test_a_dry_run_of_a_restore_changes_nothing_and_tells_what_it_would() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, a_restore(dry_run=True), entries=[remembered(steps.slots[0], before=3, written=10)])
    assert (told(plan), plan.writes, plan.entries, applied(plan, steps)) == ([(10, 3)], [], {}, [10])


# -- several in one batch ----------------------------------------------------------------------------------------------


def test_a_raise_and_then_a_restore_end_where_the_flow_was_before_us() -> None:
    steps = steps_of(step("A", 10, id="a"))
    entry = remembered(steps.slots[0], before=3, written=10)
    plan = planned(steps, a_request(timeout_seconds=20), a_restore(), entries=[entry])
    assert [told(plan, index) for index in (0, 1)] == [[(10, 20)], [(20, 3)]]
    assert applied(plan, steps) == [3]
    assert [entry.restoring for entry in plan.entries.values()] == [True]


def test_a_first_raise_and_then_a_restore_leave_the_flow_alone() -> None:
    steps = steps_of(step("A", 5, id="a"))
    plan = planned(steps, a_request(timeout_seconds=20), a_restore())
    assert [told(plan, index) for index in (0, 1)] == [[(5, 20)], [(20, 5)]]
    assert (plan.writes, applied(plan, steps)) == ([], [5])
    assert all(entry.before is None for entry in plan.entries.values())


def test_a_restore_and_then_a_raise_keep_what_was_there_before_us() -> None:
    steps = steps_of(step("A", 10, id="a"))
    entry = remembered(steps.slots[0], before=3, written=10)
    plan = planned(steps, a_restore(), a_request(timeout_seconds=8), entries=[entry])
    assert [told(plan, index) for index in (0, 1)] == [[(10, 3)], [(3, 8)]]
    assert applied(plan, steps) == [8]
    [kept] = plan.entries.values()
    assert (kept.before, kept.is_ours(8), kept.restoring) == (Before(3, {"settings": {"timeout": 3}}), True, False)


def test_two_restores_are_one() -> None:
    steps = steps_of(step("A", 10, id="a"))
    entry = remembered(steps.slots[0], before=3, written=10)
    plan = planned(steps, a_restore(), a_restore(), entries=[entry])
    assert (told(plan, 0), the_error(plan, 1)[0]) == ([(10, 3)], "nothing_to_restore")
    assert applied(plan, steps) == [3]


def test_a_set_of_somebody_elses_value_and_then_a_restore_end_at_theirs() -> None:
    steps = steps_of(step("A", 7, id="a"))
    entry = remembered(steps.slots[0], before=3, written=10)
    plan = planned(steps, a_request(operation="set", timeout_seconds=20), a_restore(), entries=[entry])
    assert applied(plan, steps) == [7]
    assert all(not entry.before for entry in plan.entries.values())


# -- what alarms ask for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "after"),
    [
        (by(5), [8, 15, 8]),
        (by_percent(50), [5, 15, 4]),
        (by_percent(100), [6, 20, 5]),
        (to(12), [12, 12, 12]),
        (to(9.15), [10, 10, 10]),
    ],
)
def test_a_relative_step_counts_from_each_steps_own_effective_timeout(amount: Any, after: list[int]) -> None:
    steps = steps_of(step("A", id="a"), step("A", 10, id="b"), step("A", 2.5, id="c"))
    plan = planned(steps, an_order(amount))
    assert told(plan) == list(zip([None, 10, 2.5], after, strict=True))
    assert applied(plan, steps) == after


def test_what_is_relative_is_decided_and_what_is_absolute_need_not_be() -> None:
    steps = steps_of(step("A", id="a"), step("A", 10), step("B", 1))
    plan = planned(steps, an_order(by(5), "t7"))
    assert plan.decisions == {"t7": [(StepKey("a", None), 8), (StepKey(None, "A"), 15)]}
    assert planned(steps, an_order(to(20))).decisions == {}


def test_what_was_decided_before_wins_over_any_new_computation() -> None:
    steps = steps_of(step("A", 10, id="a"))
    decided = {"t1": [(StepKey("a", None), 8)]}
    plan = planned(steps, an_order(by(5)), decisions=decided)
    assert (told(plan), plan.writes, plan.decisions) == ([(10, 10)], [], {})
    lower = steps_of(step("A", 3, id="a"))
    again = planned(lower, an_order(by(50)), decisions=decided)
    assert (told(again), applied(again, lower), again.decisions) == ([(3, 8)], [8], {})


def test_what_was_decided_finds_its_steps_where_they_have_moved_and_no_others() -> None:
    steps = steps_of(step("A", 3, id="new"), step("A", 3, id="a"))
    plan = planned(steps, an_order(by(5)), decisions={"t1": [(StepKey("a", None), 8), (StepKey("gone", None), 9)]})
    assert applied(plan, steps) == [3, 8]


def test_what_was_decided_is_not_held_by_the_cooldown_that_its_own_intention_began() -> None:
    steps = steps_of(step("A", 3, id="a"))
    order = an_order(by(5), cooldown=300)
    entry = Entry(StepKey("a", None), "steps[0]", "A").intends(3, {"settings": {"timeout": 3}}, 8)
    entry = entry.written_for(order, NOW, raised=True)
    plan = planned(steps, order, entries=[entry], decisions={"t1": [(StepKey("a", None), 8)]})
    assert (plan.ignored, applied(plan, steps)) == ({}, [8])


@pytest.mark.parametrize(
    ("amount", "limit", "now", "after", "at_limit"),
    [
        (by(5), 12, 10, 12, False),
        (by(5), 12, 12, 12, True),
        (by(5), 12, 20, 20, True),  # never lowered
        (by_percent(50), 12, 11, 12, False),
        (to(25), 12, 10, 12, False),
        (to(25), 12, 12, 12, True),
        (to(8), 12, 10, 10, False),
        (by(5), 12, None, 8, False),
        (by(5), 2, None, None, True),  # the default of 3 is above
    ],
)
def test_raising_stops_at_the_limit(
    amount: Any, limit: int, now: float | None, after: float | None, at_limit: bool
) -> None:
    steps = steps_of(step("A", now, id="a"))
    plan = planned(steps, an_order(amount, limit=limit))
    assert (told(plan), plan.at_limit) == ([(now, after)], {0} if at_limit else set())
    assert applied(plan, steps) == [after]


def test_while_one_step_is_below_the_limit_it_is_not_at_the_limit() -> None:
    steps = steps_of(step("A", 12), step("A", 5))
    plan = planned(steps, an_order(by(5), limit=12))
    assert (plan.at_limit, applied(plan, steps)) == (set(), [12, 10])


# -- the cooldown ------------------------------------------------------------------------------------------------------


def raised_ago(slot: Any, seconds: float | None, **fields: Any) -> Entry:
    entry = remembered(slot, before=3, written=10, **fields)
    return replace(entry, raised_at=None if seconds is None else NOW - seconds)


@pytest.mark.parametrize(
    ("amount", "ago", "cooldown", "held"),
    [
        (by(5), 0, 300, True),
        (by(5), 299, 300, True),
        (by(5), 300, 300, False),
        (by(5), 10**6, 300, False),
        (by(5), 10, 0, False),
        (by(5), None, 300, False),
        (by_percent(5), 10, 300, True),
        (to(25), 10, 300, False),  # a maximum may be asked for as often as one likes
    ],
)
def test_within_the_cooldown_no_further_relative_step_is_taken(
    amount: Any, ago: float | None, cooldown: int, held: bool
) -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(amount, cooldown=cooldown), entries=[raised_ago(steps.slots[0], ago)])
    assert (0 in plan.ignored) is held
    assert (plan.writes == []) is held
    assert (plan.decisions == {}) is (held or not amount.relative)
    if held:
        assert f"the cooldown holds for another {cooldown - (ago or 0):.0f} s" in plan.ignored[0]
        assert (plan.errors, applied(plan, steps)) == ({}, [10])


def test_the_cooldown_holds_the_target_if_any_of_its_steps_was_raised() -> None:
    steps = steps_of(step("A", 10, id="a"), step("A", 5, id="b"))
    plan = planned(steps, an_order(by(5), cooldown=300), entries=[raised_ago(steps.slots[0], 10)])
    assert 0 in plan.ignored


def test_another_target_of_the_same_flow_is_not_held() -> None:
    steps = steps_of(step("A", 10, id="a"), step("B", 5, id="b"))
    plan = planned(steps, an_order(by(5), cooldown=300), entries=[raised_ago(steps.slots[1], 10)])
    assert (plan.ignored, applied(plan, steps)) == ({}, [15, 5])


def test_a_restored_target_is_still_known_to_have_been_raised() -> None:
    steps = steps_of(step("A", 3, id="a"))
    plan = planned(steps, an_order(by(5), cooldown=300), entries=[raised_ago(steps.slots[0], 10).forgotten()])
    assert 0 in plan.ignored


@pytest.mark.parametrize("other", [a_request(timeout_seconds=12), an_order(by(2), "t0"), an_order(to(12), "t0")])
def test_two_alarms_of_one_batch_take_one_step_within_the_cooldown(other: TimeoutRequest) -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, other, an_order(by(5), cooldown=300))
    assert (told(plan, 0), 1 in plan.ignored, applied(plan, steps)) == ([(10, 12)], True, [12])


def test_without_a_cooldown_two_alarms_of_one_batch_take_two_steps() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(by(5), "t1"), an_order(by(5), "t2"))
    assert applied(plan, steps) == [20]
    assert {t: goals[0][1] for t, goals in plan.decisions.items()} == {"t1": 15, "t2": 20}


def test_it_is_kept_when_a_step_was_raised_and_by_whom() -> None:
    steps = steps_of(step("A", 10, id="a"), step("B", 10, id="b"))
    lower = a_request(action_name="B", operation="set", timeout_seconds=5)
    plan = planned(steps, an_order(by(5), requested_by="alarm crm"), lower)
    raised, lowered = (plan.entries[slot] for slot in steps.slots)
    assert (raised.raised_at, raised.at, raised.by["requested_by"]) == (NOW, NOW, "alarm crm")
    assert (lowered.raised_at, lowered.at, lowered.by["request_id"]) == (None, NOW, "the-message")


# -- looking only ------------------------------------------------------------------------------------------------------


def test_a_dry_run_of_a_relative_step_decides_nothing() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(by(5), dry_run=True))
    assert (told(plan), plan.decisions, plan.writes, plan.entries) == ([(10, 15)], {}, [], {})


# -- without the ledger ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [a_restore(), a_restore(dry_run=True), an_order(by(5)), an_order(by_percent(5)), an_order(by(5), dry_run=True)],
)
def test_without_the_ledger_nothing_relative_is_done_and_nothing_is_put_back(request_: TimeoutRequest) -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, request_, record=None, lost="it is down")
    code, message = the_error(plan)
    assert (code, plan.errors[0].retry_after_seconds) == ("internal_error", None)  # type: ignore[attr-defined]  # it is a Transient
    assert "it is down" in message
    assert (plan.writes, plan.decisions, plan.entries) == ([], {}, {})


@pytest.mark.parametrize(
    ("request_", "after"),
    [
        (an_order(to(12)), [12]),
        (an_order(to(99)), [30]),
        (a_request(timeout_seconds=20), [20]),
        (a_request(operation="set", timeout_seconds=4), [4]),
        (a_request(operation="inspect", timeout_seconds=None), [10]),
    ],
)
def test_without_the_ledger_what_is_absolute_is_done(request_: TimeoutRequest, after: list[int]) -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, request_, record=None, lost="it is down")
    assert (plan.errors, applied(plan, steps)) == ({}, after)


def test_without_the_ledger_a_neighbour_that_is_absolute_is_not_harmed() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(by(5)), a_request(timeout_seconds=20), a_restore(), record=None, lost="down")
    assert (sorted(plan.errors), applied(plan, steps)) == ([0, 2], [20])


@pytest.mark.parametrize(
    ("request_", "needed"),
    [
        (a_request(), False),
        (a_request(operation="set"), False),
        (a_request(operation="inspect"), False),
        (a_restore(), True),
        (an_order(by(5)), True),
        (an_order(to(5)), True),
    ],
)
def test_the_ledger_is_only_asked_beforehand_where_the_plan_needs_it(request_: TimeoutRequest, needed: bool) -> None:
    assert needs_memory(request_) is needed


# -- steps that cannot be edited ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [a_restore(), an_order(by(5)), an_order(to(20))])
def test_with_a_step_that_cannot_be_edited_nothing_is_changed(request_: TimeoutRequest) -> None:
    steps = steps_of(step("A", 10, id="a"), step("A", "soon", id="b"))
    plan = planned(steps, request_, entries=[remembered(steps.slots[0], before=3, written=10)])
    assert plan.problems[0] == ["steps[1].settings.timeout is not a number of seconds"]
    assert (plan.writes, plan.decisions) == ([], {})


# -- several alarms, and several changes of one ------------------------------------------------------------------------


def raised_by(slot: Any, alarm: str | None, at: float | None) -> Entry:
    return remembered(slot, before=3, written=10, alarm=alarm, alarm_changed_at=at, raised_at=NOW - 1000)


@pytest.mark.parametrize(
    ("raised_at", "asked_at", "superseded"),
    [(200.0, 100.0, True), (100.0, 100.0, False), (100.0, 200.0, False), (200.0, None, False)],
)
@pytest.mark.parametrize("amount", [by(5), to(20)])
def test_after_a_later_change_of_the_same_alarm_an_earlier_one_does_nothing_more(
    amount: Any, raised_at: float, asked_at: float | None, superseded: bool
) -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(amount, at=asked_at), entries=[raised_by(steps.slots[0], "slow", raised_at)])
    assert (plan.superseded, 0 in plan.ignored) == ({0} if superseded else set(), superseded)
    assert (applied(plan, steps) == [10]) is superseded


def test_a_later_change_of_another_alarm_is_in_nobodys_way() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(by(5), at=100), entries=[raised_by(steps.slots[0], "other", 200)])
    assert (plan.ignored, applied(plan, steps)) == ({}, [15])


@pytest.mark.parametrize(
    ("alarm", "raised_at", "over_at", "back"),
    [
        ("slow", 100.0, 200.0, True),
        ("slow", None, 200.0, True),
        ("slow", 100.0, None, True),
        ("slow", 300.0, 200.0, False),  # it burned anew after that
        ("other", 100.0, 200.0, False),
        (None, None, 200.0, False),  # a person has raised it since
    ],
)
def test_an_alarm_that_is_over_puts_back_only_what_it_was_the_last_to_raise(
    alarm: str | None, raised_at: float | None, over_at: float | None, back: bool
) -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_alarms_restore(at=over_at), entries=[raised_by(steps.slots[0], alarm, raised_at)])
    assert (0 in plan.ignored, plan.errors) == (not back, {})
    assert applied(plan, steps) == [3 if back else 10]


def test_a_person_puts_back_whoever_has_raised_it() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, a_restore(), entries=[raised_by(steps.slots[0], "slow", 100)])
    assert applied(plan, steps) == [3]


def test_an_alarm_with_nothing_to_put_back_says_so() -> None:
    steps = steps_of(step("A", 10, id="a"))
    assert the_error(planned(steps, an_alarms_restore()))[0] == "nothing_to_restore"


def test_it_is_kept_which_alarm_raised_a_step_last_and_a_person_takes_its_place() -> None:
    steps = steps_of(step("A", 10, id="a"))
    plan = planned(steps, an_order(by(5), at=100.0))
    [entry] = plan.entries.values()
    assert (entry.alarm, entry.alarm_changed_at) == ("slow", 100.0)
    plan.apply()
    [entry] = planned(steps, a_request(timeout_seconds=20), entries=[entry.confirmed(15, "2")]).entries.values()
    assert (entry.alarm, entry.alarm_changed_at) == (None, None)
