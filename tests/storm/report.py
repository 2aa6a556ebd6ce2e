"""What a person sees of a storm: where it stands, then the figures and the laws."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

from storm.evidence import Evidence
from storm.instances import TIMES_LESS_TIME
from storm.laws import LAWS
from storm.queues import MAX_RECEIVE_COUNT, TIMES_SHORTER
from storm.storm import Progress

MOST_SHOWN = 8
LONGEST_BREACH = 600
QUIET_SECONDS = 5.0

ABOUT = f"""\
Real: the function's code in processes of its own; messages, receives, visibility and redrive of an emulated SQS;
ledger, secrets and event bus of the same emulated AWS; HTTP calls to a simulated Genesys Cloud.
Played by the storm: Lambda's poller of the queue, which hands batches over and deletes what is done.
Shortened: waits on the queue, {TIMES_SHORTER} times, and an invocation's time, {TIMES_LESS_TIME:g} times. SQS gives up
after {MAX_RECEIVE_COUNT} receives all the same.
What is sent and which call is struck by what follows from the seed; how processes interleave does not."""


class Report:
    """Prints; on a terminal, where it stands is one line that changes."""

    def __init__(self) -> None:
        self._changes = sys.stdout.isatty()
        self._told_at = 0.0

    def progress(self, progress: Progress) -> None:
        """Where it stands."""
        now = time.monotonic()
        if not self._changes and now < self._told_at + QUIET_SECONDS:
            return
        self._told_at = now
        line = (
            f"  {progress.seconds:5.1f} s  {progress.phase:7}  sent {progress.sent:5}"
            f"  on the queue {progress.on_queue:4}  invocations {progress.invocations:5}"
            f"  kills {progress.kills:3}  people's publishes {progress.marks:4}"
        )
        print(f"\r{line}\033[K" if self._changes else line, end="" if self._changes else "\n", flush=True)

    def clear(self) -> None:
        """Ends the line that changes."""
        if self._changes:
            print("\r\033[K", end="")

    def figures(self, evidence: Evidence) -> None:
        """The figures, one a line."""
        for name, value in evidence.figures.items():
            print(f"  {name:28} {_shown(value)}")

    def laws(self, evidence: Evidence) -> int:
        """Each law with its verdict; how many are broken."""
        broken = 0
        for law in LAWS:
            breaches = list(law.breaches(evidence))
            broken += bool(breaches)
            print(f"  {'BROKEN' if breaches else 'ok':>6}  {law.text}")
            for breach in breaches[:MOST_SHOWN]:
                print(f"            {breach[:LONGEST_BREACH]}")
            if len(breaches) > MOST_SHOWN:
                print(f"            and {len(breaches) - MOST_SHOWN} more")
        return broken


def _shown(value: Any) -> str:
    if isinstance(value, Counter):
        return f"{value.total()}: " + ", ".join(f"{name} {number}" for name, number in value.most_common())
    return f"{value:.1f}" if isinstance(value, float) else str(value)
