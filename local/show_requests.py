"""Requests on the queue: every file of events/queue is dropped, and its outcomes are waited for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import architect_look
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
        for flow_id, user in wave.locked.items():
            self._stage.playground.genesys.ask("PATCH", f"/architect/flows/{flow_id}", {"locked_user": user})
            report.line(f"         meanwhile {user} has {flow_id} checked out")
        for words, path, content in wave.troubles:
            self._stage.playground.genesys.ask("POST", path, content)
            report.line(f"         meanwhile {words}")
        seen, versions = len(self._calls()), architect_look.published_versions(self._stage.look)
        for file, text in scenario.queue_events(wave.endings).items():
            message_id = self._stage.send(text)
            self._files[scenario.own_request_id(text) or message_id] = file
            self._waited_for.update((file, ending) for ending in wave.endings[file])
        self._stage.journal.follow(self._note, until=lambda: not +self._waited_for, within_seconds=_ENDS_WITHIN_SECONDS)
        self.surprises += [f"missing: {file} {_words(ending)}" for file, ending in (+self._waited_for).elements()]
        self._waited_for.clear()
        self._tell_of_architect(self._calls()[seen:], versions, wave)

    def _calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._stage.look("/calls")["calls"]
        return calls

    def _tell_of_architect(self, calls: list[dict[str, Any]], before: dict[str, str], wave: Wave) -> None:
        """What the simulator saw of the wave: each Architect Flow that was changed, or was not to be."""
        done = architect_look.changes_in(calls)
        locks, after = architect_look.locks(self._stage.look), architect_look.published_versions(self._stage.look)
        for flow_id in dict.fromkeys([*done, *wave.locked]):
            versions = " -> ".join(dict.fromkeys([before[flow_id], after[flow_id]]))
            self._stage.report.line(
                f"         Genesys Cloud saw {flow_id}: {', '.join(done.get(flow_id, ['nothing but looks at it']))};"
                f" published version {versions}; {locks[flow_id]}"
            )

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
