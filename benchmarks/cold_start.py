"""Cold starts, entered by Lambda's own runtime client: the function against a handler with its libraries alone."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.lambda_files import Package, lay_out
from benchmarks.runtime_api import ColdStart, cold_start
from benchmarks.table import Row, milliseconds

WHAT = "cold start"
ROUNDS = 12
ROUNDS_TO_INFORM = 4
_ANSWER: dict[str, list[str]] = {"batchItemFailures": []}
_numbers = itertools.count()


def measure(harness: Harness, _function: Function) -> list[Row]:
    """Minimum of the rounds: nothing makes a process start faster than it can."""
    files = lay_out(harness.folder)
    contenders = {
        "ours": (files.ours, "app.lambda_handler"),
        "bare": (files.bare, "bare.lambda_handler"),
        "bare on our layer": (files.bare_on_our_layer, "bare.lambda_handler"),
    }
    taken = least_of(harness, files.runtime, contenders, ROUNDS)
    ours, bare, bare_on_our_layer = taken.values()
    slow = least_of(harness, files.runtime, {"": (files.without_bytecode, "app.lambda_handler")}, ROUNDS_TO_INFORM)[""]
    same = "bare handler, same calls"
    return [
        Row(f"{WHAT}: ready", "bare imports", ours.ready, bare.ready, milliseconds, aim=1.15),
        Row(f"{WHAT}: first request done", same, ours.done, bare.done, milliseconds, aim=1.15),
        Row(f"{WHAT}: first request done", f"{same}, our layer", ours.done, bare_on_our_layer.done, milliseconds),
        Row(f"{WHAT} without bytecode: ready", "with bytecode", slow.ready, ours.ready, milliseconds),
    ]


def least_of(
    harness: Harness, runtime: Path, contenders: Mapping[str, tuple[Package, str]], rounds: int
) -> dict[str, ColdStart]:
    """Starts the contenders in turn, round after round, each with a message about a Flow that nobody has changed yet.

    Args:
        contenders: what is laid out, and the handler in it.

    Returns:
        The least that each took to be ready, and to be done.
    """
    taken: dict[str, list[ColdStart]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, (package, handler) in contenders.items():
            flow_id = f"cold-{next(_numbers)}"
            harness.put_flows([flow_id])
            start = _start(harness, package, handler, runtime, flow_id)
            if number:  # the first round brings the files into memory
                taken[name].append(start)
    return {
        name: ColdStart(min(start.ready for start in starts), min(start.done for start in starts), _ANSWER)
        for name, starts in taken.items()
    }


def _start(harness: Harness, package: Package, handler: str, runtime: Path, flow_id: str) -> ColdStart:
    start = cold_start(
        # -S: the packages of this environment are out of reach, only what is laid out counts.
        [sys.executable, "-S", "-P", "-m", "awslambdaric", handler],
        {
            **harness.environment,
            "PYTHONPATH": os.pathsep.join(map(str, (package.task, package.opt, runtime))),
            "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's disk is read-only, to root as well
            "LAMBDA_TASK_ROOT": str(package.task),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        },
        sqs_event([request(flow_id)]),
    )
    if start.answer != _ANSWER:
        raise RuntimeError(f"{handler} answered {start.answer}")
    return start
