"""Laws of walking through a Flow and changing it, against a naive recursive walk and the standard library's JSON."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents.flow import find_steps
from fakes import Json, a_request, indexed, step
from genesys_cloud import json_text
from genesys_cloud.errors import InvalidFlowDefinition
from planning import make_plan

KEYS = st.sampled_from(["type", "name", "id", "settings", "steps", "cases", "loop", "x y", "ключ", "0", "", "🙂"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**17, 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["data-action", "sub-flow", "A", "B", "\ud800", "\u2028", "a/b\\"])
)
SETTINGS = (
    st.none()
    | st.fixed_dictionaries({}, optional={"timeout": st.none() | st.integers(0, 30) | st.floats(0, 30), "a": SCALARS})
    # A user's own data may look like a Data Action: it is none.
    | st.fixed_dictionaries({"mapping": st.just(step("A", 1)), "list": st.just([step("A"), {"steps": [step("A")]}])})
)


def _containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    actions = st.builds(
        lambda name, settings, rest, settings_first: (
            {"settings": settings, **rest, "type": "data-action", "name": name}
            if settings_first
            else {"type": "data-action", "name": name, **rest, "settings": settings}
        ),
        st.sampled_from(["A", "B", "a", "A "]),
        SETTINGS,
        st.dictionaries(st.sampled_from(["id", "steps", "onError", "ключ"]), children, max_size=2),
        st.booleans(),
    )
    bare = st.builds(lambda name: {"type": "data-action", "name": name}, st.sampled_from(["A", "B"]))
    return st.lists(children, max_size=4) | st.dictionaries(KEYS, children, max_size=4) | actions | bare


VALUES = st.recursive(SCALARS, _containers, max_leaves=25)
FLOWS = st.builds(
    lambda before, steps, after: {**before, "steps": steps, **after},
    st.dictionaries(KEYS, VALUES, max_size=2),
    st.lists(VALUES, max_size=6),
    st.dictionaries(KEYS, VALUES, max_size=2),
)


def data_actions(node: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """The oracle: every Data Action in document order, never looking into its settings."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from data_actions(child, f"{path}[{index}]")
    elif isinstance(node, dict):
        is_one = node.get("type") == "data-action"
        if is_one:
            yield path.removeprefix("."), node
        for key, child in node.items():
            if not (is_one and key == "settings"):
                yield from data_actions(child, f"{path}.{key}")


def cannot_hold_a_timeout(action: Json) -> bool:
    settings = action.get("settings")
    if settings is None:
        return False
    if not isinstance(settings, dict):
        return True
    timeout = settings.get("timeout")
    return timeout is not None and type(timeout) not in {int, float}


def raised_naively(flow: Json, name: str, seconds: int) -> Json:
    """The oracle: the Flow as it must be after raising the Data Actions of that name, or untouched if one cannot be."""
    changed = copy.deepcopy(flow)
    wanted = [action for _, action in data_actions(changed) if action.get("name") == name]
    if any(map(cannot_hold_a_timeout, wanted)):
        return changed
    for action in wanted:
        timeout = (action.get("settings") or {}).get("timeout")
        if (3 if timeout is None else timeout) < seconds:
            action["settings"] = (action.get("settings") or {}) | {"timeout": seconds}
    return changed


@given(FLOWS)
@example({"steps": [], "\ud800": step("\ud800", 5, id="\ud800")})
def test_every_data_action_is_found_once_in_order_and_none_inside_the_settings_of_another(flow: Json) -> None:
    found = [(slot.path, slot.name, slot.id) for slot in find_steps(flow).slots]

    def text(value: object) -> str | None:
        return value if isinstance(value, str) else None

    assert found == [(path, text(action.get("name")), text(action.get("id"))) for path, action in data_actions(flow)]


@given(FLOWS, st.sampled_from(["A", "B"]), st.integers(1, 30))
@example(
    {"steps": [step("A", 2.0), step("A", 10**30), step("A", 0.1), {"n": -(10**25), "f": 1e22, "z": 5e-324}]}, "A", 7
)
def test_raising_changes_the_timeouts_asked_for_and_nothing_else(flow: Json, name: str, seconds: int) -> None:
    document = json_text.parse(json.dumps(flow).encode())
    make_plan(
        "f", find_steps(document), indexed(a_request(action_name=name, timeout_seconds=seconds)), default_seconds=3
    ).apply()
    # Compared as text: 1, 1.0 and true are equal to Python, and so are objects whose keys changed places.
    assert json.dumps(json.loads(json_text.dump(document))) == json.dumps(raised_naively(flow, name, seconds))


@given(VALUES)
def test_what_is_parsed_and_dumped_again_is_the_same_json(value: Any) -> None:
    text = json.dumps(value).encode()
    again = json_text.dump(json_text.parse(text))
    assert json.dumps(json.loads(again)).encode() == text
    assert len(again) <= len(text)


@given(
    st.binary(max_size=40) | st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u\ufeff', max_size=40).map(str.encode)
)
def test_any_bytes_are_parsed_or_refused_in_one_of_two_ways(body: bytes) -> None:
    try:
        value = json_text.parse(body)
    except (ValueError, InvalidFlowDefinition):
        return
    assert json.loads(json_text.dump(value)) == value


@given(st.text(alphabet='"\\🙂\U000e0041u0d[]', max_size=30).map(str.encode))
@example('["\\\\🙂", "🙂🐎", "\\ud83d\\ude42"]'.encode())
@example('["\\🙂"]'.encode())
@example(b'["\xf0\x80\x80\x80"]')
def test_emoji_are_read_as_the_standard_library_reads_them(body: bytes) -> None:
    try:
        expected = json.loads(body)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011  # which one does not matter: the body is broken
            json_text.parse(body)
    else:
        assert json_text.parse(body) == expected


@given(st.lists(VALUES, min_size=1, max_size=6), st.integers(0, 7), st.sampled_from([1, 40, 1000]))
@settings(max_examples=25)
def test_what_is_written_in_pieces_is_the_same_as_whole(values: list[Any], depth: int, times: int) -> None:
    document: Any = [value for value in values for _ in range(times)]
    for level in range(depth):
        document = {"before": level, "all": document, "": {}, "after": [None, "🙂"]} if level % 2 else [document, [], 1]
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    written = json_text.dump(document)
    assert re.sub(r"\\u(d[89a-f]..)", lambda half: chr(int(half[1], 16)), written.decode()) == text


# -- size and depth ----------------------------------------------------------------------------------------------------


def raised(body: bytes) -> bytes:
    document = json_text.parse(body)
    plan = make_plan("f", find_steps(document), indexed(a_request()), default_seconds=3)
    plan.apply()
    return json_text.dump(document)


def test_a_hundred_thousand_steps_are_raised() -> None:
    body = json.dumps({"steps": [step("A" if n % 2 else "B", 5) for n in range(100_000)]}).encode()
    steps = json.loads(raised(body))["steps"]
    assert [a["settings"]["timeout"] for a in steps] == [5, 10] * 50_000


@pytest.mark.parametrize("depth", [900, 4000])
@pytest.mark.parametrize(("opening", "closing"), [('{"steps":[', "]}"), ('{"a":', "}"), ("[", "]")])
def test_a_data_action_below_many_containers_is_raised(depth: int, opening: str, closing: str) -> None:
    inside = json.dumps(step("A", 5))
    body = f'{{"steps":{opening * depth}{inside}{closing * depth}}}'
    expected = body.replace('"timeout": 5', '"timeout": 10').replace(" ", "")
    assert raised(body.encode()) == expected.encode()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_document_nested_beyond_reason_is_refused_not_a_crash(body: bytes) -> None:
    with pytest.raises((InvalidFlowDefinition, ValueError)):
        json_text.parse(body)


def test_time_grows_with_the_size_of_a_flow_not_with_its_square() -> None:
    def seconds(count: int) -> float:
        document = {"steps": [step(f"name {n}", 5) for n in range(count)]}
        requests = indexed(*(a_request(action_name=f"name {n}") for n in range(50)))
        best = float("inf")
        for _ in range(3):
            started = time.perf_counter()
            make_plan("f", find_steps(document), requests, default_seconds=3)
            best = min(best, time.perf_counter() - started)
        return best

    # Sixteen times the size: some 16 if linear, 256 if quadratic.
    assert seconds(32_000) < 100 * seconds(2_000)


@given(VALUES)
def test_what_is_too_deep_for_the_encoder_is_dumped_like_anything_else(value: Any) -> None:
    assert json_text._dumped(value) == json_text._ENCODER.encode(value)


def test_a_document_of_any_depth_is_dumped_in_time_that_is_linear() -> None:
    document: Any = 1
    for _ in range(100_000):
        document = {"a": [document]}
    assert json_text.dump(document) == b'{"a":[' * 100_000 + b"1" + b"]}" * 100_000


# -- names that look alike ---------------------------------------------------------------------------------------------

ALIKE = [
    *[
        "Caf\u00e9",
        "Cafe\u0301",
        "Cafe",
        "cafe\u0301",
        "Caf\u00e9 ",
        "Caf\u00e9\u200b",
        "\u202eCaf\u00e9",
        "\u0421af\u00e9",
    ],
    *["Caf\u00e9\x00", "\ufeffCaf\u00e9", "Caf\u00e9\n", "\ufb01", "fi", "\u2126", "\u03a9", "I", "\u0131", "\u0130"],
    *["a" * 256, "a" * 257, "__proto__", "constructor", "", "null", "0", "\U0001f468\u200d\U0001f469", "\U0001f468"],
]


@given(
    st.lists(st.sampled_from(ALIKE), min_size=1, max_size=12),
    st.sampled_from([name for name in ALIKE if 1 <= len(name) <= 256]),
)
def test_names_that_only_look_alike_are_different_names(names: list[str], wanted: str) -> None:
    document = {name: [step(name, 5, id=name)] for name in names} | {"steps": [step(name, 5) for name in names]}
    document = json_text.parse(json_text.dump(document))
    request = a_request(action_name=wanted, timeout_seconds=7)
    make_plan("f", find_steps(document), indexed(request), default_seconds=3).apply()
    for holder in (document["steps"], *(document[name] for name in names)):
        for each in holder:
            assert each["settings"]["timeout"] == (7 if each["name"] == wanted else 5)


@pytest.mark.parametrize("bracket", [b"[],", b"{},", b'{"":[0]},'])
def test_a_document_that_is_nothing_but_brackets_is_refused_before_it_fills_the_memory(bracket: bytes) -> None:
    with pytest.raises(InvalidFlowDefinition, match="more than 1000000 objects and lists"):
        json_text.parse(b"[" + bracket * 1_000_000 + b"1]")
    assert len(json_text.parse(b"[" + bracket * 10_000 + b"1]")) == 10_001
