"""The table: what was measured, against what, and whether the aim is met."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from benchmarks.cost import Cost


class NotInstalled(RuntimeError):
    """Something to compare with is not there, and need not be; the message has the command that gets it."""


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        rival: what it is compared with.
        ours, against: in the same unit, as `show` writes it.
        aim: the ratio wanted at most; None where the row only informs.
    """

    what: str
    rival: str
    ours: float
    against: float
    show: Callable[[float], str]
    aim: float | None = None

    @property
    def ratio(self) -> float:
        """Ours in proportion to the other."""
        return self.ours / self.against

    @property
    def verdict(self) -> str:
        """Whether the aim is met; speed is never asserted, only told."""
        if self.aim is None:
            return "informs"
        return "[green]met[/]" if self.ratio <= self.aim else "[yellow]missed[/]"


def table(rows: Iterable[Row]) -> Table:
    """All rows, for `rich`."""
    shown = Table(title="Ratios measured in this run", show_lines=True)
    shown.add_column("what")
    shown.add_column("ours", justify="right", no_wrap=True)
    shown.add_column("against")
    shown.add_column("ratio", justify="right", no_wrap=True)
    shown.add_column("aim", justify="right", no_wrap=True)
    shown.add_column("verdict", no_wrap=True)
    for row in rows:
        aim = "" if row.aim is None else f"≤ {row.aim:g}"
        against = f"{row.show(row.against)} {row.rival}"
        shown.add_row(row.what, row.show(row.ours), against, f"{row.ratio:.3g}", aim, row.verdict)
    return shown


def cost_table(costs: Iterable[Cost]) -> Table:
    """What a thousand requests cost, for `rich`."""
    shown = Table(title="USD per 1,000 requests, list prices of us-east-1")
    shown.add_column("how they come")
    for name in ("billed", "Lambda", "SQS", "events", "ledger", "logs", "all"):
        shown.add_column(name, justify="right", no_wrap=True)
    for cost in costs:
        parts = (cost.compute, cost.queue, cost.events, cost.ledger, cost.logs, cost.total)
        shown.add_row(cost.what, f"{cost.billed_milliseconds} ms", *(f"{part:.5f}" for part in parts))
    return shown


def milliseconds(seconds: float) -> str:
    """For times; with a decimal where they are short."""
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def calls(number: float) -> str:
    """For numbers of calls."""
    return f"{number:.0f} call" + ("s" if number != 1 else "")


def megabytes(number: float) -> str:
    """For bytes; a megabyte is a million of them."""
    return f"{number / 1e6:.1f} MB" if number < 1e7 else f"{number / 1e6:.0f} MB"
