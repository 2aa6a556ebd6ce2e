"""What is remembered of each step, where it is found again, and what is forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from alarm_fakes import FLOW, NOW, an_order, by, steps_of
from documents.data_action import find_steps as find_in_action
from documents.steps import Image, Slot
from fakes import a_request, step
from ledger import (
    LONGEST_TEXT,
    REMEMBERED_AFTER_RESTORE_SECONDS,
    Before,
    Entry,
    Record,
    StepKey,
    keys_of,
    shortened,
)
from planned_step import entry_of

BLANK = Entry(StepKey("a", None), "steps[0]", "A")
WHO = a_request(request_id="r", requested_by="me")


def image(seconds: float | None) -> Image:
    return {} if seconds is None else {"settings": {"timeout": seconds}}


def after(entry: Entry, now: float | None, seconds: int) -> Entry:
    """The entry after a step that stands at `now` was written, all of it known to be done."""
    return entry.intends(now, image(now), seconds).confirmed(seconds, "2")


# -- the life of an entry ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, 3, 2.5, 0])
def test_the_first_write_keeps_what_was_there_before(before: float | None) -> None:
    entry = BLANK.intends(before, image(before), 10)
    assert (entry.before, entry.written, entry.intended) == (Before(before, image(before)), None, (10,))
    done = entry.confirmed(10, "7")
    assert (done.before, done.written, done.intended) == (entry.before, 10, ())
    assert done.document_version == "7"


def test_our_own_writes_leave_the_value_before_the_first_alone() -> None:
    entry = after(after(after(BLANK, 3, 10), 10, 15), 15, 5)
    assert (entry.before, entry.written) == (Before(3, image(3)), 5)


def test_what_somebody_else_has_set_becomes_what_was_there_before() -> None:
    entry = after(after(BLANK, 3, 10), 7, 15)
    assert (entry.before, entry.written) == (Before(7, image(7)), 15)
    # What we wrote before theirs is no longer ours: 10 would now be somebody else's.
    assert (entry.is_ours(15), entry.is_ours(10), entry.is_ours(7)) == (True, False, False)


def test_a_step_that_was_put_back_by_hand_keeps_its_value_before() -> None:
    entry = after(after(BLANK, None, 10), None, 15)
    assert (entry.before, entry.written) == (Before(None, {}), 15)


def test_a_timeout_that_somebody_has_taken_away_is_theirs_too() -> None:
    entry = after(after(BLANK, 3, 10), None, 15)
    assert entry.before == Before(None, {})


def test_what_was_intended_counts_as_ours_for_it_may_have_been_done() -> None:
    crashed = after(BLANK, 3, 10).intends(10, image(10), 15)
    assert [crashed.is_ours(seconds) for seconds in (10, 15, 3, 12, None)] == [True, True, False, False, False]
    assert crashed.last_written == 15
    # Whichever of the two stands there when the next one comes: the value before is the first.
    for found in (10, 15):
        assert after(crashed, found, 20).before == Before(3, image(3))


def test_what_was_intended_twice_is_kept_once() -> None:
    entry = BLANK.intends(3, image(3), 10).intends(3, image(3), 10).intends(3, image(3), 15)
    assert entry.intended == (10, 15)


def test_once_it_is_confirmed_only_what_was_written_is_ours() -> None:
    entry = BLANK.intends(3, image(3), 10).intends(10, image(10), 15).confirmed(15, "3")
    assert [entry.is_ours(seconds) for seconds in (10, 15)] == [False, True]


def test_a_restore_that_is_confirmed_leaves_nothing_to_put_back() -> None:
    raised = after(BLANK, 3, 10).written_for(WHO, NOW, raised=True)
    restored = replace(raised, restoring=True).written_for(WHO, NOW + 60, raised=False).confirmed(3, "9")
    assert (restored.before, restored.written, restored.intended, restored.restoring) == (None, None, (), False)
    assert (restored.document_version, restored.at, restored.raised_at) == ("9", NOW + 60, NOW)


def test_a_restore_that_crashed_before_it_was_confirmed_forgets_nothing() -> None:
    restoring = replace(after(BLANK, 3, 10), restoring=True)
    assert (restoring.before, restoring.is_ours(10)) == (Before(3, image(3)), True)
    # It was done after all, and the next raise comes:
    assert after(restoring, 3, 20).before == Before(3, image(3))
    # It was not done:
    assert after(restoring, 10, 20).before == Before(3, image(3))
    # Somebody else was there in between:
    assert after(restoring, 8, 20).before == Before(8, image(8))


def test_a_raise_after_a_restore_that_crashed_is_a_raise() -> None:
    again = replace(after(BLANK, 3, 10), restoring=True).intends(3, image(3), 20)
    assert not again.restoring
    assert again.confirmed(20, "5").written == 20


def test_it_keeps_who_wrote_it_last_and_when_it_was_last_raised() -> None:
    raised = BLANK.written_for(an_order(by(5), alarm="slow", at=4.0), 5.0, raised=True)
    entry = raised.written_for(WHO, 7.0, raised=False)
    assert (entry.by, entry.at, entry.raised_at) == ({"request_id": "r", "requested_by": "me"}, 7.0, 5.0)
    assert (entry.alarm, entry.alarm_changed_at) == ("slow", 4.0)
    entry = entry.written_for(WHO, 8.0, raised=True)
    assert (entry.raised_at, entry.alarm, entry.alarm_changed_at) == (8.0, None, None)


@pytest.mark.parametrize(
    "entry",
    [
        BLANK,
        Entry(StepKey(None, None), "steps[0]", None),
        after(BLANK, None, 10),
        after(BLANK, 2.5, 10).written_for(WHO, NOW, raised=True),
        BLANK.intends(3, {"settings": None}, 10).intends(10, image(10), 12),
        replace(after(BLANK, 3, 10), restoring=True),
        Entry(StepKey("ид 🙂", None, "p", "t"), "steps[0]", 'a "name"\n').intends(
            None, {"settings": {"timeout": None}}, 10
        ),
    ],
)
def test_it_goes_through_json_as_it_is(entry: Entry) -> None:
    assert Entry.from_json(json.loads(json.dumps(entry.as_json()))) == entry


# -- the record --------------------------------------------------------------------------------------------------------


def with_entries(record: Record, *entries: Entry, now: float = NOW) -> Record:
    return record.with_entries(entries, now)


def test_an_entry_takes_the_place_of_its_former_self_and_the_revision_goes_up() -> None:
    other = after(Entry(StepKey("b", None), "steps[1]", "B"), 4, 10)
    first = with_entries(Record(FLOW), after(BLANK, 3, 10), other)
    second = with_entries(first, after(first.entries[0], 10, 15))
    assert (first.revision, second.revision) == (1, 2)
    assert [(entry.step.id, entry.written) for entry in second.entries] == [("a", 15), ("b", 10)]


def test_steps_that_differ_in_any_way_have_entries_of_their_own() -> None:
    different = [
        StepKey("a", None),
        StepKey(None, "a"),
        StepKey("a", None, "steps[0]", "t"),
        StepKey("a", None, "steps[1]", "t"),
        StepKey("a", None, "steps[0]", "u"),
    ]
    entries = [after(Entry(key, "steps[0]", "A"), 3, 10) for key in different]
    assert with_entries(Record(FLOW), *entries).entries == tuple(entries)


@pytest.mark.parametrize(
    ("entry", "age", "kept"),
    [
        (after(BLANK, 3, 10), 10 * 365 * 86_400, True),  # as long as there is something to put back
        (after(BLANK, 3, 10).written_for(WHO, NOW, raised=True).forgotten(), 0, True),
        (
            after(BLANK, 3, 10).written_for(WHO, NOW, raised=True).forgotten(),
            REMEMBERED_AFTER_RESTORE_SECONDS - 1,
            True,
        ),
        (after(BLANK, 3, 10).written_for(WHO, NOW, raised=True).forgotten(), REMEMBERED_AFTER_RESTORE_SECONDS, False),
        (after(BLANK, 3, 10).written_for(WHO, NOW, raised=False).forgotten(), 0, False),
        (BLANK, 0, False),
    ],
)
def test_what_nobody_will_ask_for_is_forgotten(entry: Entry, age: float, kept: bool) -> None:
    record = with_entries(Record(FLOW), entry, now=NOW + age)
    assert record.entries == ((entry,) if kept else ())
    # The same when it is another entry that is written.
    older = replace(record, entries=(entry,))
    other = after(Entry(StepKey("b", None), "steps[1]", "B"), 4, 10)
    assert with_entries(older, other, now=NOW + age).entries == ((entry, other) if kept else (other,))


def test_a_cooldown_may_be_as_long_as_a_raise_is_remembered() -> None:
    assert REMEMBERED_AFTER_RESTORE_SECONDS >= 86_400


@pytest.mark.parametrize(
    ("entries", "something"),
    [
        ((), False),
        ((BLANK,), False),
        ((after(BLANK, 3, 10).forgotten(),), False),
        ((after(BLANK, 3, 10),), True),
        ((BLANK.intends(3, image(3), 10),), True),
        ((BLANK, replace(after(BLANK, 3, 10), restoring=True)), True),
    ],
)
def test_it_says_whether_anything_could_be_put_back(entries: tuple[Entry, ...], something: bool) -> None:
    assert Record(FLOW, 1, entries).holds_something_to_restore is something


# -- which step is which -----------------------------------------------------------------------------------------------


def keys(*steps: dict[str, Any]) -> list[StepKey]:
    slots = steps_of(*steps).slots
    known = keys_of(slots)
    return [known[slot] for slot in slots]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        # By its id, wherever it has moved, whatever it is called by now, whoever has come and gone.
        (step("A", id="a"), [step("B", id="b"), step("Z", id="a")]),
        (step("A", id="a"), [step("A"), step("A", id="b"), {"steps": [step("A", id="a")]}]),
        # Without an id by its name, wherever it has moved.
        (step("A"), [step("B"), {"steps": [step("A", 5)]}]),
        (step("A"), [step("A", id="a"), step("A")]),
    ],
)
def test_a_step_is_known_again(earlier: dict[str, Any], later: list[dict[str, Any]]) -> None:
    assert keys(earlier)[0] == keys(*later)[-1]
    assert keys(*later).count(keys(earlier)[0]) == 1


@pytest.mark.parametrize(
    "later", [[step("B")], [step("A", id="b")], [step("A")], [step("B", id="A")], [step("a", id="A")], []]
)
def test_a_step_is_not_taken_for_another(later: list[dict[str, Any]]) -> None:
    assert keys(step("A", id="a"))[0] not in keys(*later)
    assert keys(step("A", id="a"), step("A"))[1] not in [key for key in keys(*later) if key.id]


@pytest.mark.parametrize("step_id", [{}, {"id": "a"}])
def test_of_several_that_are_alike_each_is_known_by_its_place_as_long_as_all_stand_where_they_stood(
    step_id: dict[str, str],
) -> None:
    alike = step("A", **step_id)
    both = keys(alike, step("B"), alike)
    assert both[0] != both[2]
    assert keys(alike, step("C", 9), {**alike, "settings": {"timeout": 7}}) == [both[0], keys(step("C"))[0], both[2]]
    # One more, one less, one moved: whoever says which is which guesses.
    for changed in (
        [alike],
        [step("B"), alike],
        [alike, alike],
        [alike, step("B"), alike, alike],
        [step("B"), alike, alike],
    ):
        assert not set(both[::2]) & set(keys(*changed))
    # And when all is as it was, they are known again.
    assert keys(alike, step("B"), alike) == both


@pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT + 1), "x" * 100_000, "\ud800" * 300, "é" * 300])
def test_what_is_long_is_told_by_its_beginning_and_a_digest(text: str) -> None:
    short = shortened(text)
    assert len(short) < 150
    assert short.startswith(text[:100])
    assert short == shortened(text)
    assert short != shortened(f"{text}x")


@pytest.mark.parametrize("text", ["", "x", "x" * LONGEST_TEXT])
def test_what_is_short_enough_stays_as_it_is(text: str) -> None:
    assert shortened(text) == text


def test_a_record_stays_small_however_long_ids_names_and_paths_are() -> None:
    nested: dict[str, Any] = {"steps": [step("n" * 10_000, 1), step("n" * 10_000, 2), step("A", id="i" * 10_000)]}
    for _ in range(300):
        nested = {"steps": [nested]}
    slots = steps_of(nested).slots
    known = keys_of(slots)
    assert len(set(known.values())) == 3
    for slot, key in known.items():
        entry = after(entry_of(key, slot, None), 3, 10)
        assert len(json.dumps(entry.as_json())) < 2000


@pytest.mark.parametrize(
    ("slots", "entry"),
    [
        (steps_of(step("A", 5, id="a")).slots, Entry(StepKey("a", None), "steps[0]", "A")),
        (steps_of(step("A")).slots, Entry(StepKey(None, "A"), "steps[0]", "A")),
        (
            find_in_action({"id": "custom-1", "name": "CRM", "config": {"timeoutSeconds": 5}, "version": 1}).slots,
            Entry(StepKey("custom-1", None), "config.timeoutSeconds", "CRM"),
        ),
    ],
)
def test_a_new_entry_knows_which_step_and_nothing_else(slots: list[Slot], entry: Entry) -> None:
    assert entry_of(keys_of(slots)[slots[0]], slots[0], None) == entry


def test_an_entry_says_where_its_step_stands_now_and_how_it_is_called() -> None:
    known = after(Entry(StepKey("a", None), "steps[0]", "Old"), 3, 10)
    slots = steps_of(step("B"), step("New", 10, id="a")).slots
    assert entry_of(StepKey("a", None), slots[1], known) == replace(known, path="steps[1]", name="New")
