"""Cold starts in fresh processes, from the start of the process on: the function against its libraries alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.cold_tree import prepare
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.table import Row, milliseconds

WHAT = "cold start with bytecode"
ROUNDS = 12
FLOW = "cold"
_PROGRAMS = Path(__file__).with_name("programs")


def measure(harness: Harness, _function: Function) -> list[Row]:
    """Minimum of the rounds: nothing makes a process start faster than it can."""
    path = prepare(harness.folder / "cold")
    environment = {**harness.environment, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    event = json.dumps(sqs_event([request(FLOW)]))
    taken: dict[str, list[float]] = {}
    for number in range(ROUNDS + 1):
        for name in ("ready", "bare_imports", "first_request", "bare_first_request"):
            harness.put_flows([FLOW])
            seconds = _start(_PROGRAMS / f"{name}.py", environment, event)
            if number:  # the first round brings the files into memory
                taken.setdefault(name, []).append(seconds)
    least = {name: min(seconds) for name, seconds in taken.items()}
    return [
        Row(f"{WHAT}: ready", "bare imports", least["ready"], least["bare_imports"], milliseconds, aim=1.3),
        Row(
            f"{WHAT}: first request done",
            "bare imports, same calls",
            least["first_request"],
            least["bare_first_request"],
            milliseconds,
        ),
    ]


def _start(program: Path, environment: dict[str, str], event: str) -> float:
    """Seconds from before the process starts to the moment that it prints; both read the machine's one steady clock."""
    started = time.monotonic_ns()
    # -S: the packages of this environment are out of reach, only what the tree holds counts.
    process = subprocess.run(
        [sys.executable, "-S", "-P", str(program)],
        env=environment,
        input=event,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = process.stdout.splitlines()
    if process.returncode or not lines or not lines[-1].isdecimal():
        raise RuntimeError(f"{program.name} failed: {(process.stderr or process.stdout)[-1000:]}")
    return (int(lines[-1]) - started) / 1e9
