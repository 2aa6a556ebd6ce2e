"""Timeouts in the configuration of Architect Flows: where they stand, what they say, and that nothing else changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.architect import ArchitectSlot, find_steps
from documents.duration import as_seconds, duration, milliseconds_of
from documents.steps import Slot
from fakes import Json
from genesys_cloud import json_text
from genesys_cloud.errors import Unavailable

MINUTE = "P0D0H1M0S0F"


def literal(text: str = MINUTE, **more: Any) -> Json:
    known = {"uiMetaData": {"mode": 1}, "metaData": {}, "version": 2}
    return {"config": {"lit": {"pos": 1, "text": text, "type": "dur"}}, "text": text, "type": "dur", **known, **more}


def expression(text: str = "Flow.Wait") -> Json:
    return {"config": {"ref": {"text": text, "type": "dur", "val": "v"}}, "text": text, "type": "dur", "version": 2}


def step(step_id: str | None = "s1", action: str = "Get Balance", *, own: str | None = None, **more: Any) -> Json:
    """A step as exports have it; with `own`, it has a timeout of its own."""
    return {
        "actionName": action,
        "actionId": f"custom_-_{action}",
        "useSuggestedTimeout": own is None,
        **({} if step_id is None else {"id": step_id}),
        "name": "Call Data Action",
        "__type": "DataAction",
        "timeout": literal(own or MINUTE),
        "paths": [{"outputId": "__SUCCESS__"}],
        **more,
    }


def configuration(*steps: Any, **more: Any) -> Json:
    task = {"__type": "Task", "id": "task", "actionList": [{"__type": "Decision", "id": "d"}, *steps]}
    return {"name": "Billing", "type": "inboundcall", "flowSequenceItemList": [task], **more}


def the_slot(node: Json, suggested: Callable[[str], float | None] = lambda _: 10) -> ArchitectSlot:
    [slot] = find_steps(configuration(node), suggested).slots
    assert isinstance(slot, ArchitectSlot)
    return slot


# -- where they stand --------------------------------------------------------------------------------------------------


def test_a_step_is_known_by_the_action_it_calls_and_by_its_own_name() -> None:
    slot = the_slot(step())
    assert (slot.id, slot.name, slot.alias, slot.action_id) == (
        "s1",
        "Get Balance",
        "Call Data Action",
        "custom_-_Get Balance",
    )
    assert slot.path == "flowSequenceItemList[0].actionList[1]"


def test_every_kind_of_step_with_a_timeout_is_found_wherever_it_stands_in_document_order() -> None:
    document = {
        "first": step("a", nested={"deeper": [[step("b", __type="SecureAction")]]}),
        "flowSequenceItemList": [{"actionList": [step("c", __type="BridgeServerAction")]}],
        "last": [step("no", __type="WaitAction"), step("no", __type=["DataAction"]), {"timeout": literal()}],
    }
    assert [(slot.id, slot.path) for slot in find_steps(document).slots] == [
        ("a", "first"),
        ("b", "first.nested.deeper[0][0]"),
        ("c", "flowSequenceItemList[0].actionList[0]"),
    ]


def test_depth_hits_no_limit() -> None:
    node: Json = step()
    for _ in range(20_000):
        node = {"inner": [node]}
    [slot] = find_steps(node).slots
    assert slot.path.count("inner") == 20_000


def test_a_step_stays_the_same_where_others_come_and_go_before_it() -> None:
    [before] = find_steps(configuration(step("mine"))).slots
    _, after = find_steps(configuration(step("new"), step("mine"))).slots
    assert before.path != after.path
    assert before.identity == after.identity
    nameless, other = find_steps(configuration(step(None), step(None))).slots
    assert nameless.identity != other.identity


def test_members_of_the_wrong_kind_are_no_names() -> None:
    slot = the_slot({**step(), "id": 1, "actionName": None, "name": [], "actionId": {}})
    assert (slot.id, slot.name, slot.alias, slot.action_id) == (None, None, None, None)


# -- what they say -----------------------------------------------------------------------------------------------------


def test_a_suggested_timeout_is_the_actions_own_and_asked_for_only_where_it_counts() -> None:
    asked: list[str] = []

    def suggested(action_id: str) -> float:
        asked.append(action_id)
        return 10

    suggesting, own = find_steps(configuration(step(), step(own="P0D0H0M5S0F")), suggested).slots
    assert asked == []
    assert own.seconds == 5
    assert asked == []
    assert suggesting.seconds == 10
    assert asked == ["custom_-_Get Balance"]


@pytest.mark.parametrize(
    ("node", "seconds", "uses_suggested"),
    [
        (step(), 10, True),
        (step(own="P0D0H0M5S0F"), 5, False),
        (step(own="P0D0H1M30S0F"), 90, False),
        (step(own="P0D0H0M0S1500F"), 1.5, False),
        (step(own="P1D1H1M1S1F"), 90061.001, False),
        (step(own="P0D0H0M0S0F"), 0, False),
        (step(useSuggestedTimeout=None), 10, True),
        (step(own="P0D0H0M5S0F", timeout=literal("P0D0H0M5S0F", outOfService=True)), 10, True),
        (step(own="P0D0H0M5S0F", timeout=literal("P0D0H0M5S0F", outOfService=False)), 5, False),
        (step(actionId=None), None, True),
    ],
)
def test_seconds(node: Json, seconds: float | None, uses_suggested: bool) -> None:
    slot = the_slot(node)
    assert slot.problem is None
    assert slot.seconds == seconds
    assert isinstance(slot.seconds, int | None) or seconds != int(slot.seconds)
    assert slot.uses_suggested is uses_suggested
    assert slot.suggested_by == (node["actionId"] if uses_suggested else None)


def test_a_missing_use_suggested_timeout_counts_as_suggested() -> None:
    node = step(own="P0D0H0M5S0F")
    del node["useSuggestedTimeout"]
    assert the_slot(node).seconds == 10


def test_what_is_not_known_of_the_action_is_no_timeout() -> None:
    [slot] = find_steps(configuration(step())).slots
    assert slot.seconds is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"timeout": expression()}, "the timeout is an expression ('Flow.Wait'), which is not overwritten"),
        ({"timeout": expression(), "useSuggestedTimeout": False}, "is an expression"),
        ({"timeout": {**literal(), "config": {"lit": "P0D0H1M0S0F"}}}, "is an expression"),
        ({"timeout": {**literal(), "config": None}}, "is an expression"),
        ({"timeout": {"text": 5}}, "an expression (nothing that is text)"),
        ({"timeout": literal("PT60S")}, "the timeout is no duration ('PT60S')"),
        ({"timeout": literal("P0D0H1M0S0F ")}, "no duration"),
        ({"timeout": literal("")}, "no duration"),
        ({"timeout": literal("x" * 1000)}, "xxx'…)"),
        ({"timeout": {**literal(), "text": "P0D0H0M9S0F"}}, "says 'P0D0H0M9S0F', its literal 'P0D0H1M0S0F'"),
        ({"timeout": None}, "timeout is not an object"),
        ({"timeout": []}, "timeout is not an object"),
        ({"useSuggestedTimeout": "yes"}, "useSuggestedTimeout is neither true nor false"),
        ({"timeout": literal(outOfService=1)}, "outOfService is neither true nor false"),
    ],
)
def test_what_can_be_neither_read_nor_written_is_told_with_its_step(more: Json, said: str) -> None:
    slot = the_slot({**step(), **more})
    assert slot.problem is not None
    assert slot.problem.startswith("flowSequenceItemList[0].actionList[1] (Get Balance): ")
    assert said in slot.problem


def test_the_two_places_of_a_literal_may_spell_it_differently() -> None:
    slot = the_slot(step(own=MINUTE, timeout={**literal(), "text": "P0D0H0M60S0F"}))
    assert (slot.problem, slot.seconds) == (None, 60)


# -- written -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("node", [step(), step(own="P0D0H0M5S0F"), step(timeout=literal(outOfService=True))])
def test_a_step_gets_a_timeout_of_its_own(node: Json) -> None:
    slot = the_slot(node)
    slot.write(90)
    expected = step(own="P0D0H1M30S0F")
    if "outOfService" in node["timeout"]:
        expected["timeout"]["outOfService"] = False
    assert node == expected
    assert (slot.seconds, slot.uses_suggested, slot.problem) == (90, False, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "P0D0H0M1S0F"),
        (59, "P0D0H0M59S0F"),
        (60, "P0D0H1M0S0F"),
        (90, "P0D0H1M30S0F"),
        (3600, "P0D1H0M0S0F"),
        (86_400, "P1D0H0M0S0F"),
        (90_061, "P1D1H1M1S0F"),
    ],
)
def test_durations_are_carried(seconds: int, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(0, 10**9))
def test_what_is_written_as_a_duration_is_read_again(seconds: int) -> None:
    milliseconds = milliseconds_of(duration(seconds))
    assert milliseconds == seconds * 1000
    assert as_seconds(milliseconds) == seconds


@given(*[st.integers(0, 10**9 - 1)] * 5)
def test_any_duration_is_read_carried_or_not(d: int, h: int, m: int, s: int, f: int) -> None:
    milliseconds = milliseconds_of(f"P{d}D{h}H{m}M{s}S{f}F")
    assert milliseconds == (((d * 24 + h) * 60 + m) * 60 + s) * 1000 + f
    assert as_seconds(milliseconds) * 1000 == pytest.approx(milliseconds)


@given(st.text() | st.none() | st.integers())
def test_anything_else_is_no_duration(value: object) -> None:
    if isinstance(value, str) and value.startswith("P") and value.endswith("F"):
        return
    assert milliseconds_of(value) is None


def test_digits_of_other_scripts_are_no_duration() -> None:
    assert milliseconds_of("P0D0H٣M0S0F") is None


# -- nothing else changes ----------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.integers(10**17, 10**30) | st.text(max_size=4)
OUT_OF_SERVICE = st.sampled_from([{}, {"outOfService": None}, {"outOfService": True}, {"outOfService": False}])
TEXTS = st.sampled_from(["P0D0H1M0S0F", "P0D0H0M5S0F", "P0D0H0M0S1500F", "P0D0H0M60S0F"])
TIMEOUTS = st.builds(
    lambda text, out, first, extra: {**(out if first else {}), **literal(text), **extra, **out},
    TEXTS,
    OUT_OF_SERVICE,
    st.booleans(),
    st.dictionaries(st.sampled_from(["x", "ключ", "type"]), SCALARS, max_size=2),
)
FLAGS = st.sampled_from(
    [{}, {"useSuggestedTimeout": None}, {"useSuggestedTimeout": True}, {"useSuggestedTimeout": False}]
)


def _containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    steps = st.builds(
        lambda before, timeout, flag, after, kind: {**before, "__type": kind, "timeout": timeout, **flag, **after},
        st.dictionaries(st.sampled_from(["id", "name", "x"]), children, max_size=2),
        TIMEOUTS | st.just(expression()) | SCALARS,
        FLAGS,
        st.dictionaries(st.sampled_from(["actionName", "actionId", "paths", "🙂"]), children, max_size=3),
        st.sampled_from(["DataAction", "SecureAction", "BridgeServerAction", "WaitAction"]),
    )
    keys = st.sampled_from(["__type", "timeout", "actionList", "text", "config", "lit", "0", ""])
    return st.lists(children, max_size=3) | st.dictionaries(keys, children, max_size=3) | steps


VALUES = st.recursive(SCALARS, _containers, max_leaves=20)
CONFIGURATIONS = st.builds(configuration, VALUES, _containers(SCALARS), VALUES)


def editable(document: Json) -> list[Slot]:
    return [slot for slot in find_steps(document).slots if not slot.problem]


def written_naively(node: Any, seconds: int) -> Any:
    """The oracle: a recursive copy in which every step that can be written is."""
    if isinstance(node, list):
        return [written_naively(child, seconds) for child in node]
    if not isinstance(node, dict):
        return node
    made = {key: written_naively(child, seconds) for key, child in node.items()}
    if node.get("__type") in ["DataAction", "SecureAction", "BridgeServerAction"] and not the_problem(node):
        timeout = copy.deepcopy(node["timeout"])
        timeout["text"] = timeout["config"]["lit"]["text"] = f"P0D0H0M{seconds}S0F"
        made["timeout"] = {**timeout, **({"outOfService": False} if "outOfService" in timeout else {})}
        made["useSuggestedTimeout"] = False
    return made


def the_problem(node: Json) -> str | None:
    outermost = find_steps(node).slots[0]
    return outermost.problem


@given(CONFIGURATIONS, st.integers(1, 59))
def test_writing_changes_the_timeouts_and_nothing_else(document: Json, seconds: int) -> None:
    expected = written_naively(document, seconds)
    for slot in editable(document):
        slot.write(seconds)
    assert json.dumps(document) == json.dumps(expected)
    assert all(slot.seconds == seconds for slot in editable(document))


@given(CONFIGURATIONS, st.integers(1, 10**6))
def test_what_is_written_and_put_back_is_the_same_json_text(document: Json, seconds: int) -> None:
    text = json_text.dump(document)
    images = [(slot, json.loads(json.dumps(slot.image()))) for slot in editable(document)]  # as the ledger keeps them
    for slot, image in images:
        slot.write(seconds)
        assert slot.image() != image or slot.seconds == seconds
    for slot, image in images:
        slot.put_back(image)
        assert slot.image() == image
    assert json_text.dump(document) == text


@given(CONFIGURATIONS)
def test_reading_changes_nothing_and_never_fails(document: Json) -> None:
    text = json_text.dump(document)
    for slot in find_steps(document, lambda _: 10).slots:
        assert isinstance(slot.path, str)
        assert isinstance(slot.identity, tuple)
        assert slot.problem or isinstance(slot.seconds, int | float | None)
    assert json_text.dump(document) == text


def test_put_back_to_the_suggested_timeout_it_goes_by_what_that_is_by_now() -> None:
    def unknown(_: str) -> float:
        raise Unavailable("no answer")

    suggesting, own = step(), step(own="P0D0H0M5S0F")
    assert the_slot(step(own=MINUTE), lambda _: 12).seconds_once_back(the_slot(suggesting).image(), 10) == 12
    assert the_slot(step(own=MINUTE), unknown).seconds_once_back(the_slot(suggesting).image(), 10) == 10
    assert the_slot(step(own=MINUTE), lambda _: 12).seconds_once_back(the_slot(own).image(), 5) == 5


def test_an_image_is_put_back_into_what_someone_has_changed_since() -> None:
    node = step()
    image = the_slot(node).image()
    assert image == {
        "useSuggestedTimeout": True,
        "timeout": {"config": {"lit": {"text": MINUTE}}, "text": MINUTE},
    }
    the_slot(node).write(45)
    node["timeout"]["uiMetaData"] = {"mode": 2}
    node["timeout"]["outOfService"] = True
    the_slot(node).put_back(image)
    assert node == step(timeout=literal(uiMetaData={"mode": 2}))
