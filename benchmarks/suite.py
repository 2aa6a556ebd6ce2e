"""The whole run: the surroundings are started, each group of rows is measured, the table is printed."""

from __future__ import annotations

import platform
import signal
import sys
import time
from datetime import UTC, datetime
from typing import NoReturn

from benchmarks import batch, cold_start, cost, large_flows, layer_size, merging, official_sdk, warm_cpu
from benchmarks.cost import Cost
from benchmarks.function import Function
from benchmarks.harness import Harness
from benchmarks.table import NotInstalled, Row, cost_table, table
from rich.console import Console

GROUPS = (batch, merging, large_flows, warm_cpu, cold_start, layer_size, official_sdk)
"""Each has `WHAT` it measures and `measure(harness, function)`, which gives its rows."""

_WIDTH_OF_A_FILE = 110


def main() -> int:
    """Prints the table; returns 1 when something could not be measured. Speed alone never fails."""
    signal.signal(signal.SIGTERM, _leave)
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_FILE
    rows: list[Row] = []
    costs: list[Cost] = []
    not_measured: list[str] = []
    left_out: list[str] = []
    started = time.monotonic()
    with console.status("starting AWS and Genesys Cloud on this machine") as status, Harness() as harness:
        function = Function(harness)
        for group in GROUPS:
            status.update(group.WHAT)
            try:
                rows += group.measure(harness, function)
            except NotInstalled as error:
                left_out.append(f"{group.WHAT}: {error}")
            except Exception as error:  # noqa: BLE001  # one group's trouble must not cost the others' figures
                not_measured.append(f"{group.WHAT}: {type(error).__name__}: {error}")
        status.update(cost.WHAT)
        try:
            costs = cost.measure(harness, function)
        except Exception as error:  # noqa: BLE001  # likewise
            not_measured.append(f"{cost.WHAT}: {type(error).__name__}: {error}")
    console.print(table(rows))
    console.print(cost_table(costs))
    console.print(_circumstances(time.monotonic() - started), style="dim")
    for rival in left_out:
        console.print(f"not measured, for it is not installed: {rival}", style="yellow", markup=False)
    for problem in not_measured:
        console.print(f"not measured: {problem}", style="bold red", markup=False)
    return 1 if not_measured else 0


def _circumstances(seconds: float) -> str:
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}, measured in {seconds:.0f} s; only the ratios mean anything elsewhere"
    )


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)  # by way of an exception, so that what was started is stopped
