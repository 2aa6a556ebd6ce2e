"""Laws of what is remembered: whatever happens in whatever order, what was there before us is not lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alarm_fakes import FLOW, NOW, a_restore, an_order, by, planned, steps_of
from documents.data_action import find_steps as find_in_action
from documents.flow import find_steps
from documents.steps import Image
from fakes import Json, a_request, step
from ledger import Before, Entry, Record, StepKey, keys_of
from timeout_request import TimeoutRequest

SECONDS = st.integers(1, 60)
TIMEOUTS = st.none() | SECONDS | st.sampled_from([2.5, 0])
BLANK = Entry(StepKey("a", None), "steps[0]", "A")

OURS = st.tuples(
    st.just("ours"), SECONDS, st.sampled_from(["confirmed", "published, not confirmed", "intended, not published"])
)
"""A write of ours, and how far it came."""
THEIRS = st.tuples(st.just("theirs"), TIMEOUTS, st.just(""))


def image(seconds: float | None) -> Image:
    return {} if seconds is None else {"settings": {"timeout": seconds}}


class Life:
    """One step and its entry."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.entry = BLANK

    def happens(self, who: str, seconds: Any, how_far: str) -> None:
        if who == "theirs":
            self.seconds = seconds
            return
        if self.seconds == seconds:
            return  # nothing to write
        self.entry = self.entry.intends(self.seconds, image(self.seconds), seconds)
        if how_far != "intended, not published":
            self.seconds = seconds
        if how_far == "confirmed":
            self.entry = self.entry.confirmed(seconds, None)
        self.entry = Entry.from_json(json.loads(json.dumps(self.entry.as_json())))


@given(TIMEOUTS, st.lists(OURS, min_size=1, max_size=8))
def test_no_sequence_of_our_own_writes_loses_what_was_there_before(
    original: float | None, writes: list[tuple[str, int, str]]
) -> None:
    life = Life(original)
    for write in writes:
        life.happens(*write)
        if life.entry.before:
            assert life.entry.before == Before(original, image(original))
            assert life.seconds == original or life.entry.is_ours(life.seconds)
        else:
            assert life.seconds == original


@given(TIMEOUTS, st.lists(OURS | THEIRS, max_size=8), SECONDS, SECONDS)
def test_the_value_that_somebody_else_set_last_is_what_is_put_back(
    original: float | None, earlier: list[tuple[str, Any, str]], theirs: int, ours: int
) -> None:
    life = Life(original)
    for event in earlier:
        life.happens(*event)
    known = life.entry
    life.happens("theirs", theirs, "")
    life.happens("ours", ours, "confirmed")
    if theirs != ours and not known.is_ours(theirs):  # one that sets just what we had set cannot be told from us
        assert life.entry.before == Before(theirs, image(theirs))


@given(TIMEOUTS, st.lists(OURS | THEIRS, max_size=8), SECONDS)
def test_whatever_happened_a_write_of_ours_is_known_as_ours_from_before_it_is_done(
    original: float | None, events: list[tuple[str, Any, str]], ours: int
) -> None:
    life = Life(original)
    for event in events:
        life.happens(*event)
    if life.seconds != ours:
        life.happens("ours", ours, "intended, not published")
        assert life.entry.before
        assert life.entry.is_ours(ours)


# -- putting back ------------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["timeout", "retries", "x", "ключ"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
SETTINGS = st.none() | st.dictionaries(KEYS, SCALARS | st.floats(0, 60), max_size=4)
REST = st.dictionaries(st.sampled_from(["id", "next", "🙂"]), SCALARS, max_size=3)
STEPS = st.builds(
    lambda before, settings, after: {**before, "type": "data-action", "name": "A", **settings, **after},
    REST,
    st.just({}) | st.builds(lambda settings: {"settings": settings}, SETTINGS),
    REST,
)
ACTIONS = st.builds(
    lambda config, version: {"id": "custom-1", "name": "A", "config": config, "version": version},
    st.dictionaries(st.sampled_from(["timeoutSeconds", "request", "x"]), SCALARS | st.floats(0, 60), max_size=3),
    st.integers(1, 9),
)


@given(st.lists(STEPS, min_size=1, max_size=4), st.lists(SECONDS, min_size=1, max_size=3))
def test_a_flow_that_is_put_back_is_the_same_text(steps: list[Json], writes: list[int]) -> None:
    document = {"steps": steps, "version": 1}
    original = json.dumps(document)
    slots = [slot for slot in find_steps(document).slots if not slot.problem]
    images = [json.loads(json.dumps(slot.image())) for slot in slots]
    for seconds in writes:
        for slot in slots:
            slot.write(seconds)
            assert slot.seconds == seconds
    for slot, was in zip(slots, images, strict=True):
        slot.put_back(was)
        assert slot.image() == was
    assert json.dumps(document) == original


@given(ACTIONS, st.lists(SECONDS, min_size=1, max_size=3))
def test_an_integration_action_that_is_put_back_is_the_same_text(action: Json, writes: list[int]) -> None:
    original = json.dumps(action)
    [slot] = find_in_action(action).slots
    if slot.problem:
        return
    was = json.loads(json.dumps(slot.image()))
    for seconds in writes:
        slot.write(seconds)
    slot.put_back(was)
    assert json.dumps(action) == original
    assert slot.image() == was


@given(STEPS, SECONDS, st.dictionaries(st.sampled_from(["retries", "new"]), SCALARS, min_size=1, max_size=2))
def test_what_else_somebody_has_set_meanwhile_stays(data: Json, seconds: int, theirs: Json) -> None:
    [slot] = steps_of(data).slots
    if slot.problem:
        return
    was, settings_before = slot.image(), dict(data.get("settings") or {})
    slot.write(seconds)
    data["settings"] |= theirs
    slot.put_back(was)
    assert data["settings"] == {**settings_before, **theirs}


@given(st.lists(STEPS, min_size=1, max_size=4), st.lists(SECONDS, min_size=1, max_size=4))
def test_a_restore_undoes_any_sequence_of_raises_and_sets(steps: list[Json], goals: list[int]) -> None:
    document: Json = {"steps": steps}
    original = json.dumps(document)
    if any(slot.problem for slot in find_steps(document).slots):
        return
    record = Record(FLOW)
    for number, goal in enumerate(goals):
        request = a_request(timeout_seconds=goal, operation="set" if number % 2 else "raise")
        plan = planned(find_steps(document), request, record=record)
        plan.apply()
        written = {slot: write.seconds for write in plan.writes for slot in [write.slot]}
        record = record.with_entries(plan.entries.values(), NOW)
        record = record.with_entries(
            [entry.confirmed(written[slot], None) for slot, entry in plan.entries.items() if slot in written], NOW
        )
        record = replace(
            record, entries=tuple(Entry.from_json(json.loads(json.dumps(e.as_json()))) for e in record.entries)
        )
    unchanged = json.dumps(document) == original
    plan = planned(find_steps(document), a_restore(), record=record)
    plan.apply()
    # What is alike in every way is told apart by its place: nothing has moved here.
    assert json.dumps(document) == original
    assert (0 in plan.errors) == unchanged
    left = record.with_entries([entry.confirmed(None, None) for entry in plan.entries.values()], NOW)
    assert not left.holds_something_to_restore


STORY = st.lists(
    st.tuples(st.sampled_from(["raise", "set"]), st.integers(1, 40))
    | st.tuples(st.just("by"), st.integers(1, 5))
    | st.tuples(st.just("theirs"), st.none() | st.integers(1, 40).map(lambda n: n + 0.5))  # never what we would set
    | st.tuples(st.just("restore"), st.none()),
    max_size=10,
)


def asked(what: str, value: Any, transition: str) -> TimeoutRequest:
    match what:
        case "by":
            return an_order(by(value), transition)
        case "restore":
            return a_restore()
        case _:
            return a_request(timeout_seconds=value, operation=what)


@given(TIMEOUTS, STORY)
def test_a_restore_gives_back_what_stood_there_before_our_first_change_after_theirs(
    original: float | None, story: list[tuple[str, Any]]
) -> None:
    document: Json = {"steps": [step("A", original, id="a")]}
    record = Record(FLOW)
    theirs, ours = original, False  # the model: what they have set last, and whether we have changed that
    for number, (what, value) in enumerate(story):
        [slot] = find_steps(document).slots
        if what == "theirs":
            if value is not None:
                slot.write(1)
                slot.put_back(image(value))
            elif "settings" in document["steps"][0]:
                slot.put_back({})
            theirs, ours = slot.seconds, False
            continue
        plan = planned(find_steps(document), asked(what, value, f"t{number}"), record=record)
        plan.apply()
        refused = plan.errors[0].code if plan.errors else None
        record = record.with_entries(plan.entries.values(), NOW)
        done = [plan.entries[write.slot].confirmed(write.seconds, None) for write in plan.writes]
        record = record.with_entries(done, NOW)
        [slot] = find_steps(document).slots
        if what == "restore":
            assert slot.seconds == theirs
            if ours:
                assert refused is None
            else:
                assert refused in {"nothing_to_restore", "changed_by_someone_else"}
            ours = False
        else:
            # A set may by chance bring it to where it was: then there is nothing to put back.
            ours = slot.image() != image(theirs)


# -- which step is which -----------------------------------------------------------------------------------------------

NAMED = st.builds(
    lambda name, step_id: {"type": "data-action", "name": name, **({} if step_id is None else {"id": step_id})},
    st.sampled_from(["A", "B"]),
    st.none() | st.sampled_from(["a", "b", "c"]),
)


@given(st.lists(NAMED, max_size=6))
def test_every_step_of_a_document_is_known_by_something_of_its_own(steps: list[Json]) -> None:
    slots = steps_of(*steps).slots
    assert len(set(keys_of(slots).values())) == len(slots)
    assert list(keys_of(slots).values()) == [keys_of(slots)[slot] for slot in keys_of(slots)]


@given(st.lists(NAMED, max_size=5), st.lists(NAMED, max_size=5))
def test_what_is_found_again_has_the_same_id_or_without_one_the_same_name(
    earlier: list[Json], later: list[Json]
) -> None:
    before, after = ({key: slot for slot, key in keys_of(steps_of(*steps).slots).items()} for steps in (earlier, later))
    for key in before.keys() & after.keys():
        assert before[key].id == after[key].id
        assert before[key].id is not None or before[key].name == after[key].name


@given(st.lists(NAMED, max_size=5), NAMED, st.integers(0, 5))
def test_a_step_that_comes_in_changes_nothing_for_those_that_are_unlike_it(
    steps: list[Json], other: Json, place: int
) -> None:
    def all_of(steps: list[Json]) -> set[StepKey]:
        return {key for slot, key in keys_of(steps_of(*steps).slots).items() if key.twins is None}

    more = [*steps[:place], other, *steps[place:]]
    lost = all_of(steps) - all_of(more)
    assert all((key.id, key.name) == (other.get("id"), None if "id" in other else other["name"]) for key in lost)
