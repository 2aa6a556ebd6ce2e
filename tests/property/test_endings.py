"""Nothing is lost: whatever SQS answers, a record is only deleted when all that it asked for is over and recorded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from doors import Ask, Letter
from endings import Endings
from fakes import FakeLedger, FakeSqs, FakeTime, longest
from outcomes import Outcome, OutcomeError, Status

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
