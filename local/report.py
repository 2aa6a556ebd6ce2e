"""What a person sees of a local run."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from ledger_look import Remembered

COLOURS = {
    "raised": "green",
    "set": "green",
    "restored": "green",
    "unchanged": "cyan",
    "planned": "cyan",
    "inspected": "cyan",
    "ignored": "dim",
    "deferred": "yellow",
    "rejected": "red",
}
_WIDTH_WITHOUT_TERMINAL = 160
_LONGEST_NOTE, _LONGEST_MESSAGE = 90, 160
_DEFAULT_ORGANIZATION = "default"

Place = tuple[str, str]
Row = tuple[str, str, Mapping[str, Any]]
"""Door, what came, outcome."""


class Report:
    """Prints progress and tables: on a terminal in colour, with a line that says what is being done; else as ASCII.

    Wide enough for its tables where the output is no terminal, which has no width of its own. As a context manager it
    shows that line.
    """

    def __init__(self) -> None:
        self._console = Console()
        self._box = box.ROUNDED
        if not self._console.is_terminal:
            if hasattr(sys.stdout, "reconfigure"):  # whatever the encoding is: a table must not end in a traceback
                sys.stdout.reconfigure(errors="backslashreplace")
            self._console = Console(width=_WIDTH_WITHOUT_TERMINAL)
            self._box = box.ASCII2
        self._started = time.monotonic()
        self._busy: Status | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._busy = self._console.status("")
            self._busy.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._busy:
            self._busy.stop()
            self._busy = None

    def busy(self, text: str) -> None:
        """What is being done, where that can be shown and wiped away again."""
        if self._busy:
            self._busy.update(Text(text))

    def step(self, text: str) -> None:
        """Something that is begun."""
        line = Text.assemble((f"{time.monotonic() - self._started:5.1f} s", "dim"), "  ", text)
        self._console.print(line, soft_wrap=True)
        self.busy(text)

    def heading(self, text: str) -> None:
        """A new part."""
        self._console.print()
        self._console.print(Text(text, style="bold"), soft_wrap=True)
        self.busy(text)

    def line(self, text: str) -> None:
        """Plain words."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def outcome(self, what: str, outcome: Mapping[str, Any]) -> None:
        """Something has ended."""
        status = outcome["status"]
        said = f"{_target(outcome)}  {_change(outcome)}"
        if outcome["publish_attempts"] > 1:
            said += f" ({outcome['publish_attempts']} publish attempts)"
        if outcome["note"]:
            said += f": {outcome['note']}"
        line = Text.assemble("         ", (f"{status:10}", COLOURS.get(status, "")), f"{what:42} ", said)
        self._console.print(line, soft_wrap=True)

    def data_actions(self, columns: Mapping[str, Mapping[Place, Mapping[str, Any]]]) -> None:
        """Every Data Action, with a column for each moment that was looked at, the latest last."""
        table = self._table("in", "Data Action", "where", *columns, title="Data Actions in Genesys Cloud")
        *_, latest = columns.values()
        for place, action in latest.items():
            moments = [looked_at[place]["timeout"] for looked_at in columns.values()]
            style = "dim" if len(set(moments)) == 1 else "green"
            seconds = [_seconds(timeout) for timeout in moments]
            table.add_row(action["where"], Text(action["name"]), Text(action["path"]), *seconds, style=style)
        self._console.print()
        self._console.print(table)

    def doors(self, rows: Sequence[Row]) -> None:
        """Which door did what."""
        table = self._table(
            "door", "what came", "outcome", "target", "before -> after", "note", title="Which door did what"
        )
        for door, what, outcome in rows:
            status = Text(outcome["status"], style=COLOURS.get(outcome["status"], ""))
            note = _shortened(outcome["note"] or (outcome["error"] or {}).get("message", ""), _LONGEST_NOTE)
            table.add_row(door, Text(what), status, Text(_target(outcome)), _change(outcome), Text(note))
        self._console.print()
        self._console.print(table)

    def dead_letters(self, letters: Sequence[tuple[str, str, str]]) -> None:
        """What is in the dead-letter queue: text, error code, error message."""
        table = self._table("message", "error_code", "error_message", title="Dead-letter queue")
        for text, code, message in letters:
            table.add_row(Text(_shortened(text, _LONGEST_MESSAGE)), Text(code, style="red"), Text(message))
        self._console.print()
        self._console.print(table)

    def ledger(self, entries: Sequence[Remembered]) -> None:
        """What the ledger could put back."""
        table = self._table(
            "document",
            "Data Action",
            "where",
            "before",
            "last written",
            "by",
            "at (UTC)",
            title="Ledger",
        )
        for entry in entries:
            table.add_row(
                Text(entry.document),
                Text(entry.name or "?"),
                Text(entry.path),
                _seconds(entry.before),
                _seconds(entry.written),
                Text(entry.by),
                f"{entry.at:%Y-%m-%d %H:%M:%S}",
            )
        self._console.print()
        self._console.print(table)

    def checks(self, checks: Sequence[tuple[str, str | None]]) -> None:
        """What had to hold, each with what is wrong, or None."""
        for what, wrong in checks:
            mark = Text("   ok  ", style="green") if wrong is None else Text("  FAIL ", style="bold red")
            self._console.print(Text.assemble(mark, what, f": {wrong}" if wrong else ""), soft_wrap=True)

    def _table(self, *columns: str, title: str) -> Table:
        table = Table(title=title, box=self._box, title_justify="left", title_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")  # not by an ellipsis, which is no ASCII
        return table


def _target(outcome: Mapping[str, Any]) -> str:
    where = outcome.get("organization", _DEFAULT_ORGANIZATION)
    target = " / ".join(outcome["target"].values()) or "-"
    return target if where == _DEFAULT_ORGANIZATION else f"{where}: {target}"


def _change(outcome: Mapping[str, Any]) -> str:
    if outcome["error"]:
        return str(outcome["error"]["code"])
    if outcome["status"] == "inspected":
        count = len(outcome["steps"])
        return f"{count} Data Action{'s' * (count != 1)}"
    if not outcome["steps"]:
        return "-"
    return f"{_seconds(outcome['previous_timeout_seconds'])} -> {_seconds(outcome['timeout_seconds'])}"


def _seconds(value: object) -> str:
    if isinstance(value, str):  # of an Architect Flow: no seconds of its own
        return value
    return "none" if value is None else f"{value} s"


def _shortened(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
