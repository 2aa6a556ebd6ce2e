"""Nothing is lost: whatever SQS answers, a message is only let go when all that it asked for is over and recorded."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from doors import Ask, Letter
from endings import Endings
from errands import Errand
from fakes import FakeLedger, FakeSqs, FakeTime, longest
from follow_ups import AlarmReference, FollowUp, Purpose
from outcomes import Outcome, OutcomeError, Status
from policy import Policy
from routing import Route

RECORDS = st.lists(st.lists(st.sampled_from(list(Status)), min_size=1, max_size=4), max_size=8)


@given(RECORDS, st.sets(st.integers(0, 31)), st.sets(st.integers(0, 31)), st.booleans())
def test_a_record_is_deleted_only_if_nothing_is_deferred_and_all_that_is_rejected_is_buried(
    records: list[list[Status]], refused: set[int], forgotten: set[int], down: bool
) -> None:
    sqs = FakeSqs()
    sqs.down = "ServiceUnavailable" if down else None
    sqs.refused = {f"text {n}" for n in refused} | {f"receipt {n}" for n in refused}
    sqs.forgotten = {f"text {n}" for n in forgotten}
    ended: list[tuple[Ask, Outcome]] = []
    for number, statuses in enumerate(records):
        letter = Letter(f"m{number}", receipt_handle=f"receipt {number}")
        for status in statuses:
            outcome = Outcome("r", "sqs", "default", status, {}, error=OutcomeError("code", "message"))
            ended.append((Ask(letter, f"text {len(ended)}"), outcome))
    told: list[str] = []
    endings = Endings(
        sqs.requests, sqs.dead_letters, FakeLedger(), lambda message, *_: told.append(message), jitter=longest
    )

    kept = endings.settle(ended, FakeTime().deadline(5), from_queue=True)

    buried = {entry["MessageBody"] for entry in sqs.sent}
    for number, statuses in enumerate(records):
        parts = [(ask.text, outcome.status) for ask, outcome in ended if ask.letter.id == f"m{number}"]
        rejected = {text for text, status in parts if status is Status.REJECTED}
        if Status.DEFERRED in statuses:
            assert f"m{number}" in kept
            assert not rejected & buried, "it would lie there twice once the record has come again"
        else:
            assert (f"m{number}" in kept) == (not rejected <= buried)
            assert (f"m{number}" in told) == (f"m{number}" in kept)
    assert len(kept) == len(set(kept))
    assert buried <= {ask.text for ask, outcome in ended if outcome.status is Status.REJECTED}


def look(number: int) -> FollowUp:
    alarm = AlarmReference(f"alarm {number}", None, None, f"t{number}", "burning")
    route = Route({"data_action_id": "x"}, Policy(raise_by_seconds=Decimal(2)))
    return FollowUp(Purpose.RECHECK, alarm, route, due_at=300.0)


EVENTS = st.lists(
    st.lists(st.tuples(st.sampled_from(list(Status)), st.booleans()), min_size=1, max_size=4), min_size=1, max_size=8
)


@given(EVENTS, st.sets(st.integers(0, 31)), st.booleans(), st.booleans(), st.booleans())
def test_an_alarm_is_over_only_when_its_next_look_is_scheduled_and_an_event_is_let_go_only_when_it_is_safe(
    events: list[list[tuple[Status, bool]]], refused: set[int], down: bool, ledger_down: bool, from_queue: bool
) -> None:
    sqs, ledger = FakeSqs(), FakeLedger()
    sqs.down = "ServiceUnavailable" if down else None
    ledger.down = "no table" if ledger_down else None
    sqs.refused = {look(n).as_message() for n in refused} | {f"text {n}" for n in refused} | {f"m{n}" for n in refused}
    ended: list[tuple[Ask, Outcome]] = []
    for number, parts in enumerate(events):
        letter = Letter(f"m{number}", f"m{number}", receipt_handle=f"receipt {number}" if from_queue else None)
        for status, wants_another_look in parts:
            n = len(ended)
            errand = Errand(f"t{n}", look(n) if wants_another_look else None)
            error = OutcomeError("code", "message")
            ended.append((Ask(letter, f"text {n}", errand=errand), Outcome("r", "d", "o", status, {}, error=error)))

    endings = Endings(sqs.requests, sqs.dead_letters, ledger, lambda *_: None, jitter=longest, now=lambda: 0.0)
    kept = endings.settle(ended, FakeTime().deadline(5), from_queue=from_queue)

    put_off = {body for body, _ in sqs.put_off}
    buried = {entry["MessageBody"] for entry in sqs.sent}
    for number, parts in enumerate(events):
        asks = [(n, ask, outcome) for n, (ask, outcome) in enumerate(ended) if ask.letter.id == f"m{number}"]
        comes_again = any(status is Status.DEFERRED for status, _ in parts)
        for n, ask, outcome in asks:
            over = outcome.status not in {Status.REJECTED, Status.DEFERRED, Status.PLANNED}
            wants_another_look = over and ask.errand is not None and ask.errand.next is not None
            is_safe = (not wants_another_look or look(n).as_message() in put_off) and (
                outcome.status is not Status.REJECTED or ask.text in buried
            )
            if comes_again:
                assert look(n).as_message() not in put_off, "it would be looked at twice"
                assert not ledger.is_finished(f"t{n}")
            else:
                assert is_safe or f"m{number}" in kept
                assert not ledger.is_finished(f"t{n}") or (over and is_safe)
                assert ledger.is_finished(f"t{n}") or not over or f"m{number}" in kept or ledger_down
        if comes_again:
            assert (f"m{number}" in put_off) == (not from_queue and f"m{number}" not in kept)
