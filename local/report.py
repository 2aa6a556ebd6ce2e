"""What a person sees of a local run."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

COLOURS = {
    "raised": "green",
    "set": "green",
    "unchanged": "cyan",
    "planned": "cyan",
    "inspected": "cyan",
    "deferred": "yellow",
    "rejected": "red",
}


class Report:
    """Prints progress and tables; on a terminal in colour, else as plain text.

    Wide enough for its tables where the output is no terminal, which has no width of its own.
    """

    def __init__(self) -> None:
        plain = Console()
        self._console = plain if plain.is_terminal else Console(width=140)
        self._started = time.monotonic()

    def step(self, text: str) -> None:
        """Something that is begun."""
        self._console.print(f"[dim]{time.monotonic() - self._started:5.1f} s[/]  {text}", highlight=False)

    def heading(self, text: str) -> None:
        """A new part."""
        self._console.print(f"\n[bold]{text}[/]")

    def line(self, text: str) -> None:
        """Plain words."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def outcome(self, file: str, outcome: dict[str, Any]) -> None:
        """One request has ended."""
        status = outcome["status"]
        target = " / ".join(outcome["target"].values()) or "-"
        if outcome["error"]:
            said = outcome["error"]["code"]
        elif status == "inspected":
            said = f"{len(outcome['steps'])} Data Actions"
        else:
            said = f"{_seconds(outcome['previous_timeout_seconds'])} -> {_seconds(outcome['timeout_seconds'])}"
        if outcome["publish_attempts"] > 1:
            said += f" ({outcome['publish_attempts']} publish attempts)"
        line = Text.assemble("         ", (f"{status:10}", COLOURS.get(status, "")), f"{file:34}", f"{target}  ", said)
        self._console.print(line, soft_wrap=True)

    def data_actions(self, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]) -> None:
        """Every Data Action before and after; keys are Flow id and path, values have name and timeout."""
        table = Table("Flow", "Data Action", "where", "before", "after", title="Data Actions in Genesys Cloud")
        for key, now in after.items():
            flow_id, path = key
            was = before[key]["timeout"]
            changed = was != now["timeout"]
            style = "green" if changed else "dim"
            table.add_row(flow_id, Text(now["name"]), Text(path), _seconds(was), _seconds(now["timeout"]), style=style)
        self._console.print(table)

    def dead_letters(self, letters: list[tuple[str, str, str]]) -> None:
        """What is in the dead-letter queue: text, error code, error message."""
        table = Table("message", "error_code", "error_message", title="Dead-letter queue", show_lines=True)
        for text, code, message in letters:
            table.add_row(Text(" ".join(text.split())), Text(code, style="red"), Text(message))
        self._console.print(table)

    def checks(self, checks: list[tuple[str, str | None]]) -> None:
        """What had to hold, each with what is wrong, or None."""
        for what, wrong in checks:
            mark = Text("   ok  ", style="green") if wrong is None else Text("  FAIL ", style="bold red")
            self._console.print(Text.assemble(mark, what, f": {wrong}" if wrong else ""), soft_wrap=True)


def _seconds(value: object) -> str:
    return "none" if value is None else f"{value} s"
