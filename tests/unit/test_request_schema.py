"""The request: what is accepted, and what an operator is told about the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fakes import READER
from timeout_request import SCHEMA, InvalidRequest, Operation, looks_like_a_request, schema_text

PUBLISHED = Path(__file__).parents[2] / "events" / "schemas" / "request-v1.json"
GOOD: dict[str, Any] = {"flow_id": "f", "action_name": "A", "timeout_seconds": 10}


def problem(raw: object) -> str:
    with pytest.raises(InvalidRequest) as refused:
        READER.read(raw, default_request_id="m")
    return str(refused.value)


def test_the_published_schema_is_the_one_the_code_checks() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_valid_schema_and_every_field_says_what_it_is_and_what_it_expects() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for field in SCHEMA["properties"].values():
        assert field["description"]
        assert field["x-expects"]


def test_a_short_request_gets_the_defaults() -> None:
    request = READER.read(GOOD, default_request_id="m")
    assert (request.operation, request.organization, request.request_id) == (Operation.RAISE, "default", "m")
    assert (request.dry_run, request.include_subflows) == (False, False)
    assert (request.step_id, request.requested_by, request.reason) == (None, None, None)


def test_every_field_given_is_kept() -> None:
    raw = {
        "flow_id": "f-1",
        "action_name": "Get Customer 🙂",
        "step_id": "s",
        "timeout_seconds": 7,
        "operation": "set",
        "dry_run": True,
        "include_subflows": True,
        "organization": "acme-1",
        "requested_by": "me",
        "reason": "slow",
        "request_id": "r",
    }
    request = READER.read(raw, default_request_id="m")
    assert {name: getattr(request, name) for name in raw} == raw


@pytest.mark.parametrize("target", ["data_action_id", "data_action_name"])
def test_an_integration_action_is_named_by_its_id_or_its_name(target: str) -> None:
    for raw in (
        {target: "x", "timeout_seconds": 7},
        {target: "x", "operation": "restore"},
        {target: "x", "operation": "inspect"},
    ):
        request = READER.read(raw, default_request_id="m")
        assert (request.target, request.flow_id) == ({target: "x"}, None)


def test_a_whole_number_written_as_a_fraction_becomes_an_integer() -> None:
    seconds = READER.read({**GOOD, "timeout_seconds": 10.0}, default_request_id="m").timeout_seconds
    assert (seconds, type(seconds)) == (10, int)


@pytest.mark.parametrize(
    ("fields", "writes"),
    [
        ({}, True),
        ({"operation": "set"}, True),
        ({"dry_run": True}, False),
        ({"operation": "restore"}, True),
        ({"operation": "restore", "dry_run": True}, False),
        ({"operation": "inspect"}, False),
        ({"operation": "inspect", "dry_run": False}, False),
    ],
)
def test_only_a_raise_a_set_or_a_restore_that_is_no_dry_run_may_write(fields: dict[str, Any], writes: bool) -> None:
    assert READER.read({**GOOD, **fields}, default_request_id="m").writes is writes


@pytest.mark.parametrize(
    "raw",
    [
        {"flow_id": "f", "operation": "inspect"},
        {"flow_id": "f", "action_name": "A", "operation": "restore"},
        {"flow_id": "f", "step_id": "s", "timeout_seconds": 1},
        {"flow_id": "f", "step_id": "s", "action_name": "A", "timeout_seconds": 1},
        {**GOOD, "flow_id": "..."},
        {**GOOD, "flow_id": "a" * 128},
        {**GOOD, "action_name": "ä" * 256},
        {**GOOD, "reason": ""},
        {**GOOD, "timeout_seconds": 10**30},
    ],
)
def test_what_is_just_inside_the_rules_is_accepted(raw: dict[str, Any]) -> None:
    assert READER.read(raw, default_request_id="m").flow_id == raw["flow_id"]


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("flow_id", 5, "a number (5)"),
        ("flow_id", "../users/me", "a text ('../users/me')"),
        ("flow_id", "..", "a text ('..')"),
        ("flow_id", "f\n", "a text ('f\\n')"),
        ("flow_id", "", "a text ('')"),
        ("flow_id", "a" * 129, "a text ('aaa"),
        ("data_action_id", 5, "a number (5)"),
        ("data_action_id", "..", "a text ('..')"),
        ("data_action_id", "a/b", "a text ('a/b')"),
        ("data_action_id", "a" * 129, "a text ('aaa"),
        ("data_action_name", "", "a text ('')"),
        ("data_action_name", "a" * 257, "a text ('aaa"),
        ("action_name", "", "a text ('')"),
        ("action_name", "a" * 257, "a text ('aaa"),
        ("action_name", {"x": 1}, "an object"),
        ("action_name", None, "null"),
        ("step_id", ["s"], "a list"),
        ("timeout_seconds", True, "a boolean (true)"),
        ("timeout_seconds", "10", "a text ('10')"),
        ("timeout_seconds", 0, "a number (0)"),
        ("timeout_seconds", 2.5, "a number (2.5)"),
        ("timeout_seconds", float("inf"), "a number (inf)"),
        ("timeout_seconds", float("nan"), "a number (nan)"),
        ("operation", "lower", "a text ('lower')"),
        ("operation", ["raise"], "a list"),
        ("dry_run", "yes", "a text ('yes')"),
        ("dry_run", 1, "a number (1)"),
        ("include_subflows", None, "null"),
        ("organization", "ACME", "a text ('ACME')"),
        ("organization", "acme/../other", "a text ('acme/../other')"),
        ("requested_by", "x" * 257, "a text ('xxx"),
        ("reason", 1, "a number (1)"),
        ("request_id", "", "a text ('')"),
    ],
)
def test_a_wrong_value_is_told_with_its_field_its_kind_and_what_it_must_be(
    field: str, value: object, kind: str
) -> None:
    told = problem({**GOOD, field: value})
    assert told.startswith(f"{field} must be {SCHEMA['properties'][field]['x-expects']}, not {kind}")
    assert len(told) < 250


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, "exactly one of flow_id, data_action_id, data_action_name says what to change"),
        ({"timeout_seconds": 1}, "exactly one of flow_id, data_action_id, data_action_name says what to change"),
        ({"flow_id": "f", "timeout_seconds": 1}, "action_name (or step_id) is missing"),
        ({"flow_id": "f", "action_name": "A"}, "timeout_seconds is missing: raise and set need it"),
        ({"flow_id": "f", "action_name": "A", "operation": "set"}, "timeout_seconds is missing: raise and set need it"),
        ({"data_action_id": "x"}, "timeout_seconds is missing: raise and set need it"),
        ({"data_action_name": "x", "dry_run": True}, "timeout_seconds is missing: raise and set need it"),
        ({"flow_id": "f", "operation": "restore"}, "action_name (or step_id) is missing"),
        ({"operation": "restore"}, "exactly one of flow_id, data_action_id, data_action_name says what to change"),
    ],
)
def test_a_missing_field_is_named_with_what_it_must_be(raw: object, told: str) -> None:
    assert problem(raw).startswith(told)


@pytest.mark.parametrize(
    "fields",
    [
        {"flow_id": "f", "action_name": "A", "data_action_id": "x"},
        {"flow_id": "f", "action_name": "A", "data_action_name": "x"},
        {"data_action_id": "x", "data_action_name": "x"},
        {"flow_id": "f", "action_name": "A", "data_action_id": "x", "data_action_name": "x"},
    ],
)
def test_of_the_targets_there_is_one(fields: dict[str, Any]) -> None:
    told = problem({"timeout_seconds": 5, **fields})
    assert told == "exactly one of flow_id, data_action_id, data_action_name says what to change"


@pytest.mark.parametrize("field", [{"action_name": "A"}, {"step_id": "s"}, {"include_subflows": True}])
@pytest.mark.parametrize("target", ["data_action_id", "data_action_name"])
def test_what_chooses_steps_of_a_flow_is_refused_beside_an_integration_action(
    target: str, field: dict[str, Any]
) -> None:
    told = problem({target: "x", "timeout_seconds": 5, **field})
    assert told == "action_name, step_id, include_subflows go with flow_id: they choose steps of a Flow"


@pytest.mark.parametrize(
    ("field", "way_out"),
    [
        ("timeout", "did you mean timeout_seconds?"),
        ("flowId", "did you mean flow_id?"),
        ("actionname", "did you mean action_name?"),
        ("\u202egniht", "the fields are flow_id, action_name, step_id"),
        ("z" * 1000, "the fields are flow_id"),
    ],
)
def test_an_unknown_field_is_refused_by_name_with_the_likely_one(field: str, way_out: str) -> None:
    told = problem({**GOOD, field: 1})
    assert told.startswith(f"unknown field {field[:60]!a}; {way_out}")
    assert told.isascii()


def test_a_typo_is_told_before_the_field_that_it_leaves_missing() -> None:
    assert "did you mean timeout_seconds?" in problem({"flow_id": "f", "action_name": "A", "timeout_second": 10})


@pytest.mark.parametrize(
    ("raw", "kind"), [(None, "null"), ([GOOD], "a list"), ("raise it", "a text ('raise it')"), (7, "a number (7)")]
)
def test_what_is_no_object_is_told_as_what_it_is_with_an_example(raw: object, kind: str) -> None:
    told = problem(raw)
    assert told.startswith(f"{kind} is not a request")
    assert '{"flow_id": "...", "action_name": "...", "timeout_seconds": 10}' in told


@pytest.mark.parametrize(
    "field", ["data_action_name", "action_name", "step_id", "reason", "requested_by", "request_id"]
)
def test_half_a_surrogate_pair_is_refused_for_no_one_could_pass_it_on(field: str) -> None:
    rest = {"timeout_seconds": 10} if field == "data_action_name" else GOOD
    assert problem({**rest, field: "x\ud800"}).startswith(f"{field} must be whole Unicode text")


@pytest.mark.parametrize(
    "raw", [{"flow_id": None}, {"data_action_id": 5}, {"timeout_seconds": 3, "x": 1}, {"dry_run": True}]
)
def test_an_object_with_one_of_the_fields_is_meant_as_a_request(raw: object) -> None:
    assert looks_like_a_request(raw)


@pytest.mark.parametrize("raw", [{}, {"hello": "world"}, [], None, "flow_id", ["flow_id"]])
def test_anything_else_is_not(raw: object) -> None:
    assert not looks_like_a_request(raw)
