"""Large Flows: processor time against GET, parse, dump and PUT alone, and memory against the size of the document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.bare_http import BareHttp
from benchmarks.function import Function, request, sqs_event
from benchmarks.harness import Harness
from benchmarks.price_list import memory_size_megabytes
from benchmarks.rounds import Contender, Seconds, in_turn
from benchmarks.run import PROJECT, ROOTS
from benchmarks.table import Row, megabytes, milliseconds

WHAT = "large Flows"
ROUNDS = {500_000: 12, 2_000_000: 6, 6_000_000: 4, 20_000_000: 2}
"""By the size of the Flow, in bytes. Genesys Cloud takes 6 MB at most."""
LARGEST = 6_000_000
TOGETHER = 16
"""Twice as many as are in work at the same time."""

_PROGRAM = Path(__file__).with_name("programs") / "large_flows.py"


def measure(harness: Harness, function: Function) -> list[Row]:
    """Minimum of the rounds; memory in fresh processes."""
    bare = BareHttp(harness)
    bare.log_in()
    times: list[Row] = []
    memory: list[Row] = []
    per_byte: dict[int, float] = {}
    for size in ROUNDS:
        length = harness.put_large_flow(_flow_id(size), size)
        taken = _times(harness, function, bare, size)
        ours, limit = min(taken["ours"].cpu), min(taken["bare"].cpu)
        per_byte[size] = ours / length
        title = f"Flow of {size / 1e6:g} MB"
        times.append(Row(f"CPU, {title}", "GET, parse, dump, PUT", ours, limit, milliseconds, aim=1.25))
        ours, limit = min(taken["ours"].wall), min(taken["bare"].wall)
        times.append(Row("wall time of the same", "GET, parse, dump, PUT", ours, limit, milliseconds, aim=1.25))
        before, most = _memory(harness, [_flow_id(size)], size)
        memory.append(Row(f"memory, {title}", "the document", most - before, length, megabytes, aim=8))
    _, most = _memory(harness, [f"largest-{number}" for number in range(TOGETHER)], LARGEST)
    smallest, largest = min(ROUNDS), max(ROUNDS)
    together = f"{TOGETHER} Flows of {LARGEST / 1e6:g} MB in one invocation: whole process"
    return [
        *times,
        Row(
            f"CPU per MB, {largest / 1e6:g} MB",
            f"{smallest / 1e6:g} MB",
            per_byte[largest] * 1e6,
            per_byte[smallest] * 1e6,
            milliseconds,
            aim=1.25,
        ),
        *memory,
        Row(f"memory, {together}", "MemorySize", most, memory_size_megabytes() << 20, megabytes, aim=0.9),
    ]


def _times(harness: Harness, function: Function, bare: BareHttp, size: int) -> dict[str, Seconds]:
    flow_id = _flow_id(size)
    fresh = partial(harness.put_large_flow, flow_id, size)
    contenders = {
        "bare": Contender(partial(bare.publish_again, flow_id), fresh),
        "ours": Contender(lambda: function.invoke(sqs_event([request(flow_id)])), fresh),
    }
    taken = in_turn(contenders, ROUNDS[size])
    function.statuses()
    return taken


def _flow_id(size: int) -> str:
    return f"large-{size}"


def _memory(harness: Harness, flow_ids: list[str], size: int) -> tuple[int, int]:
    """The most memory of a fresh process before and with an invocation for these Flows, in bytes."""
    for flow_id in flow_ids:
        harness.put_large_flow(flow_id, size)
    harness.put_flows(["small"])
    events = [sqs_event([request("small")]), sqs_event(map(request, flow_ids))]
    process = subprocess.run(
        [sys.executable, str(_PROGRAM)],
        env={**harness.environment, "PYTHONPATH": os.pathsep.join(str(PROJECT / root) for root in ROOTS)},
        input=json.dumps(events),
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"{_PROGRAM.name} failed: {(process.stderr or process.stdout)[-1000:]}")
    before, most = json.loads(process.stdout.splitlines()[-1])
    return before, most
