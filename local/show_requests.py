"""Requests on the queue: every file of events/queue is dropped, and its outcomes are waited for."""

from __future__ import annotations

from collections import Counter

import scenario
from journal import Outcome
from scenario import Ending, Wave
from stage import Stage

_ENDS_WITHIN_SECONDS = 60


class Requests:
    """The requests of the local run.

    Attributes:
        surprises: what ended as it must not, or did not end.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._files: dict[str, str] = {}  # request id -> file
        self._waited_for: Counter[tuple[str, Ending]] = Counter()
        self.surprises: list[str] = []

    def show(self) -> None:
        """Drops wave after wave: what puts back needs what was raised."""
        for wave in scenario.WAVES:
            self._show_wave(wave)

    def _show_wave(self, wave: Wave) -> None:
        report = self._stage.report
        report.heading(f"{wave.title} (events/queue)")
        for words, path, content in wave.troubles:
            self._stage.playground.genesys.ask("POST", path, content)
            report.line(f"         meanwhile {words}")
        for file, text in scenario.queue_events(wave.endings).items():
            message_id = self._stage.send(text)
            self._files[scenario.own_request_id(text) or message_id] = file
            self._waited_for.update((file, ending) for ending in wave.endings[file])
        self._stage.journal.follow(self._note, until=lambda: not +self._waited_for, within_seconds=_ENDS_WITHIN_SECONDS)
        self.surprises += [f"missing: {file} {_words(ending)}" for file, ending in (+self._waited_for).elements()]
        self._waited_for.clear()

    def _note(self, outcome: Outcome) -> None:
        file = self._files.get(outcome["request_id"], "?")
        self._stage.report.outcome(file, outcome)
        if outcome["status"] == "deferred":  # comes again
            return
        ending = Ending(outcome["status"], outcome["error"] and outcome["error"]["code"])
        if self._waited_for[file, ending] > 0:
            self._waited_for[file, ending] -= 1
        else:
            self.surprises.append(f"unexpected: {file} {_words(ending)}")


def _words(ending: Ending) -> str:
    return " ".join(filter(None, (ending.status, ending.error_code)))
