"""The probe's imports point one way, and what both functions share knows neither."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FUNCTIONS = PROJECT / "functions"
PROBE = FUNCTIONS / "latency_probe"
SUPPORT = PROJECT / "layers" / "aws_support" / "python" / "aws_support"

ROOMS = """
    app
    telemetry settings
    measuring
    metrics checkpoints
    intervals
"""
"""From the street to the back; what stands on one line may not know each other."""

PLACE = {name: number for number, line in enumerate(ROOMS.splitlines()) for name in line.split()}
FILES = sorted(file for file in PROBE.glob("*.py") if file.stem != "__init__")
SUPPORT_FILES = sorted(SUPPORT.glob("*.py"))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_has_its_place() -> None:
    assert {file.stem for file in FILES} == PLACE.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_room_imports_only_from_rooms_below_it(file: Path) -> None:
    for name in imported(file):
        package, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if package == "latency_probe":
            assert PLACE[room] > PLACE[file.stem], f"{file.stem} imports {room}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_probe_knows_nothing_of_the_other_function(file: Path) -> None:
    others = {other.stem for other in (FUNCTIONS / "timeout_raiser").iterdir()}
    assert not {name.partition(".")[0] for name in imported(file)} & others


@pytest.mark.parametrize("file", SUPPORT_FILES, ids=lambda file: file.stem)
def test_what_is_shared_knows_no_function_and_nothing_of_genesys_cloud(file: Path) -> None:
    known = {name.partition(".")[0] for name in imported(file)}
    assert known <= {"__future__", "aws_lambda_powertools", "boto3", "botocore", "collections", "json", "logging"} | {
        "threading",
        "typing",
        "types_boto3_cloudwatch",
        "types_boto3_dynamodb",
        "types_boto3_events",
        "types_boto3_sqs",
    }


def test_only_checkpoints_knows_dynamodb() -> None:
    assert {file.stem for file in FILES for name in imported(file) if name.startswith("boto")} == {"checkpoints"}
