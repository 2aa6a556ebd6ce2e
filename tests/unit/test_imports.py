"""Imports point one way: a room imports only from rooms below it, and `genesys_cloud` from none of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FUNCTION = PROJECT / "functions" / "timeout_raiser"
LIBRARY = PROJECT / "layers" / "genesys_cloud" / "python" / "genesys_cloud"

ROOMS = """
    app
    organizations
    settings
    endings telemetry
    alarm_desk
    doors
    aws
    errands
    follow_ups
    routing
    alarms
    latency
    batch
    results conclusions
    locating
    not_found hints
    subflows
    changes
    remembering
    outcomes
    planning
    plan planned_step
    ledger
    documents
    rejection
    timeout_request
    policy
    internal_error side_by_side
"""
"""From the street to the back; what stands on one line may not know each other."""

LIBRARY_ROOMS = """
    connections
    flows architect catalogue
    architect_publish
    architect_lock
    architect_waiting
    architect_calls
    architect_metadata
    data_actions
    function_actions action_analytics dependencies
    function_calls
    session
    refusals
    login
    patience
    answers
    transport
    wire
    credentials
    integration_action
    document
    differences
    json_text schema
    clock
    retry deadline
    doubt
    errors
"""

PLACE = {name: number for number, line in enumerate(ROOMS.splitlines()) for name in line.split()}
LIBRARY_PLACE = {name: number for number, line in enumerate(LIBRARY_ROOMS.splitlines()) for name in line.split()}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(file: Path) -> str:
    return file.relative_to(FUNCTION).parts[0].removesuffix(".py")


FILES = sorted(FUNCTION.rglob("*.py"))
LIBRARY_FILES = sorted(file for file in LIBRARY.glob("*.py") if file.stem != "__init__")


def test_every_room_has_its_place() -> None:
    assert {room_of(file) for file in FILES} == PLACE.keys()
    assert {file.stem for file in LIBRARY_FILES} == LIBRARY_PLACE.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_room_imports_only_from_rooms_below_it(file: Path) -> None:
    own = room_of(file)
    for name in imported(file):
        other = name.split(".")[0]
        if other in PLACE and other != own:
            assert PLACE[other] > PLACE[own], f"{own} imports {other}"


@pytest.mark.parametrize("file", LIBRARY_FILES, ids=lambda file: file.stem)
def test_the_library_knows_no_room_and_imports_only_downwards(file: Path) -> None:
    for name in imported(file):
        first, *rest = name.split(".")
        assert first not in PLACE, name
        if first == "genesys_cloud" and rest[0] in LIBRARY_PLACE and rest[0] != file.stem:
            assert LIBRARY_PLACE[rest[0]] > LIBRARY_PLACE[file.stem], f"{file.stem} imports {rest[0]}"


def test_boto3_and_requests_stay_in_their_rooms() -> None:
    """The work itself knows no HTTP and no AWS."""
    knowing = {
        room_of(file) for file in FILES for name in imported(file) if name.split(".")[0] in {"boto3", "botocore"}
    }
    assert knowing == {"aws"}
    assert not [file for file in FILES for name in imported(file) if name.split(".")[0] == "requests"]
