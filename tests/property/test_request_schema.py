"""The code accepts what the published schema accepts, as another validator reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError, validators

from fakes import READER
from timeout_request import SCHEMA, InvalidRequest

GOOD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flow_id": st.from_regex(r"[A-Za-z0-9._-]{1,128}", fullmatch=True),
    "data_action_id": st.from_regex(r"[A-Za-z0-9._-]{1,128}", fullmatch=True),
    "data_action_name": st.text(min_size=1, max_size=20) | st.just("d" * 256),
    "action_name": st.text(min_size=1, max_size=20) | st.just("a" * 256),
    "step_id": st.text(min_size=1, max_size=20) | st.just("s" * 256),
    "timeout_seconds": st.integers(1, 10**12) | st.just(10.0),
    "operation": st.sampled_from(["raise", "set", "restore", "inspect"]),
    "dry_run": st.booleans(),
    "include_subflows": st.booleans(),
    "organization": st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True),
    "requested_by": st.text(max_size=256),
    "reason": st.text(max_size=256),
    "request_id": st.text(min_size=1, max_size=128),
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3),
    max_leaves=5,
)
EDGES = st.sampled_from(
    [
        "",
        ".",
        "..",
        "...",
        "a" * 129,
        "x" * 257,
        "f\n",
        "\n",
        " f",
        "RAISE",
        "acme_1",
        "-" * 33,
        0,
        -1,
        1.5,
        1e300,
        True,
    ]
)
GOOD = st.fixed_dictionaries({}, optional=GOOD_VALUES)
NEARLY = st.builds(
    lambda good, field, value: {**good, field: value},
    GOOD,
    st.sampled_from([*GOOD_VALUES, "flowId", "timeout", "policy", "", "\ud800"]),
    JUNK | EDGES,
)


def _pattern(_: Any, pattern: str, instance: object, __: Any) -> Iterator[ValidationError]:
    """`$` is the end in JSON Schema (ECMA-262); to jsonschema, which asks `re`, it also stands before a line feed."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


VALIDATOR = cast("Any", validators).extend(Draft202012Validator, {"pattern": _pattern})(SCHEMA)


def has_half_a_surrogate(raw: object) -> bool:
    values = raw.values() if isinstance(raw, dict) else []
    return any(isinstance(value, str) and re.search("[\ud800-\udfff]", value) for value in values)


@given(GOOD | NEARLY | JUNK)
def test_the_code_accepts_exactly_what_the_published_schema_accepts(raw: object) -> None:
    assume(not has_half_a_surrogate(raw))
    try:
        READER.read(raw, default_request_id="m")
        accepted = True
    except InvalidRequest:
        accepted = False
    assert accepted == VALIDATOR.is_valid(raw)


TARGETS = {"flow_id", "data_action_id", "data_action_name"}
OF_A_FLOW = {"action_name", "step_id", "include_subflows"}


@given(NEARLY)
def test_what_is_refused_is_told_by_the_name_of_a_field_that_is_at_fault(raw: dict[str, Any]) -> None:
    try:
        READER.read(raw, default_request_id="m")
    except InvalidRequest as error:
        told = str(error)
        if told == "exactly one of flow_id, data_action_id, data_action_name says what to change":
            assert len(TARGETS & raw.keys()) != 1
            return
        if told.startswith("one of flow_id, data_action_id, data_action_name at most"):
            assert len(TARGETS & raw.keys()) > 1
            return
        if told.startswith("action_name, step_id, include_subflows go with flow_id"):
            assert OF_A_FLOW & raw.keys()
            assert "flow_id" not in raw
            return
        blamed = re.match(r"unknown field ('[^']*'|\"[^\"]*\")|(\w+) ", told)
        assert blamed, told
        if blamed[1]:
            assert blamed[1] in {ascii(name) for name in raw if name not in GOOD_VALUES}
        else:
            # Whatever the rest is like: a request with nothing wrong but this field is refused for it, too.
            field = blamed[2]
            rest: dict[str, Any] = {"flow_id": "f", "action_name": "A", "timeout_seconds": 1}
            if field in TARGETS - {"flow_id"}:
                rest = {"timeout_seconds": 1}
            alone = {**rest, field: raw[field]} if field in raw else {k: v for k, v in rest.items() if k != field}
            assert has_half_a_surrogate(alone) or not VALIDATOR.is_valid(alone)


@given(
    st.one_of(
        [
            st.fixed_dictionaries({name: GOOD_VALUES[name] for name in (*target, "timeout_seconds")})
            for target in (["flow_id", "action_name"], ["data_action_id"], ["data_action_name"])
        ]
    )
)
def test_a_request_that_went_through_json_is_read_the_same(raw: dict[str, Any]) -> None:
    assume(VALIDATOR.is_valid(raw) and not has_half_a_surrogate(raw))
    again = json.loads(json.dumps(raw))
    assert READER.read(again, default_request_id="m") == READER.read(raw, default_request_id="m")
