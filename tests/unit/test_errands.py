"""What is left to do for an alarm once its outcome is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alarm_fakes import NOW, signal_of
from alarm_payloads import TARGET, alarm_action
from errands import Errand
from follow_ups import AlarmReference, FollowUp, Purpose
from outcomes import Outcome, OutcomeError, Status
from policy import Policy
from routing import Route

LOOK = FollowUp(
    Purpose.RECHECK,
    AlarmReference.of(signal_of(alarm_action())),
    Route(TARGET, Policy.of({"raise_by_percent": 50})),
    NOW + 300,
)
OUTCOME = Outcome("r", "sqs", "default", Status.RAISED, {})
LAST_IN_VAIN = Errand("t1", next=LOOK, may_find_more_to_do=False)
DONE = {Status.RAISED, Status.UNCHANGED, Status.SET, Status.RESTORED, Status.INSPECTED, Status.IGNORED}


def ended(status: Status, **fields: Any) -> Outcome:
    return replace(OUTCOME, status=status, **fields)


@pytest.mark.parametrize("status", sorted(Status))
def test_a_transition_is_dealt_with_unless_it_may_come_again(status: Status) -> None:
    assert Errand("t1").finished_by(ended(status)) == ("t1" if status in DONE else None)
    assert Errand(None, next=LOOK).finished_by(ended(status)) is None


@pytest.mark.parametrize("status", sorted(Status))
def test_the_next_look_follows_whatever_is_over_and_only_that(status: Status) -> None:
    assert Errand("t1", next=LOOK).next_after(ended(status)) == (LOOK if status in DONE else None)
    assert Errand("t1").next_after(ended(status)) is None


def test_within_a_cooldown_the_next_look_is_still_scheduled() -> None:
    assert Errand("t1", next=LOOK).next_after(ended(Status.IGNORED, note="the cooldown holds")) == LOOK


def test_at_the_limit_there_is_no_next_look() -> None:
    outcome = ended(Status.UNCHANGED, at_limit=True)
    assert Errand("t1", next=LOOK).next_after(outcome) is None
    assert Errand("t1", next=LOOK).finished_by(outcome) == "t1"


def test_where_a_later_transition_of_the_same_alarm_goes_on_there_is_no_next_look() -> None:
    outcome = ended(Status.IGNORED, superseded=True)
    assert Errand("t1", next=LOOK).next_after(outcome) is None
    assert Errand("t1", next=LOOK).finished_by(outcome) == "t1"


@pytest.mark.parametrize(
    ("errand", "status", "looks"),
    [
        (LAST_IN_VAIN, Status.UNCHANGED, False),  # raise_to: it stands there already
        (LAST_IN_VAIN, Status.RAISED, True),  # somebody may lower it again
        (LAST_IN_VAIN, Status.IGNORED, True),
        (Errand("t1", next=LOOK), Status.UNCHANGED, True),
    ],
)
def test_where_another_look_cannot_ask_for_more_there_is_none(errand: Errand, status: Status, looks: bool) -> None:
    assert errand.next_after(ended(status)) == (LOOK if looks else None)


def test_that_nothing_is_left_to_put_back_is_no_fault_of_an_alarm() -> None:
    error = OutcomeError("nothing_to_restore", "this system has changed nothing here")
    outcome = ended(Status.REJECTED, error=error)
    concluded = Errand("t1", restores=True).conclude(outcome)
    assert (concluded.status, concluded.error, concluded.note) == (Status.IGNORED, None, error.message)
    assert Errand("t1", restores=True).finished_by(concluded) == "t1"
    assert Errand("t1").conclude(outcome) == outcome


@pytest.mark.parametrize(
    "outcome",
    [
        ended(Status.RESTORED),
        ended(Status.REJECTED, error=OutcomeError("changed_by_someone_else", "theirs")),
        ended(Status.DEFERRED, error=OutcomeError("internal_error", "the ledger does not answer")),
        ended(Status.REJECTED, error=OutcomeError("flow_not_found", "gone")),
    ],
)
def test_any_other_end_of_a_restore_stays_as_it_is(outcome: Outcome) -> None:
    assert Errand("t1", restores=True).conclude(outcome) == outcome
