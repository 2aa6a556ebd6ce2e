"""The payloads of events/alarms: every kind of alarm through every door, also those that the emulator cannot open."""

from __future__ import annotations

import json

import alarm_scenario
from alarm_scenario import DOORS, FILE_ENDINGS, GET_CUSTOMER, REPEATED, Raise
from journal import Outcome
from scenario import Ending
from stage import Place, Stage, places_in

_ENDS_WITHIN_SECONDS = 20
_NO_ANSWER: Outcome = {
    "request_id": "?",
    "status": "?",
    "target": {},
    "previous_timeout_seconds": None,
    "timeout_seconds": None,
    "steps": [],
    "error": None,
    "note": "no outcome",
}


class AlarmFiles:
    """The alarms of the local run that only their payloads tell of.

    Attributes:
        told: rows for the report: door, what came, outcome.
        surprises: what ended as it must not, or did not end.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.told: list[tuple[str, str, Outcome]] = []
        self.surprises: list[str] = []

    def show(self, before: dict[Place, int | None]) -> None:
        """Hands over file by file.

        Args:
            before: where each timeout stood at first; there it is put back before each raise.
        """
        report, files = self._stage.report, alarm_scenario.alarm_files()
        report.heading("Every kind of alarm through every door (events/alarms)")
        report.line(
            "The emulator sends no alarm events to EventBridge, invokes no function from an alarm, and has no\n"
            "metric math, anomaly detection, Metrics Insights or log alarms. So what AWS sends then is handed over\n"
            "by hand: each file as it is, to the function by invoke, or on the queue if its name begins so. Before\n"
            "each raise a restore request puts back what was there at first, so that each can be seen to raise. A\n"
            "table below has them all."
        )
        for file, text in files.items():
            ending = FILE_ENDINGS[file]
            report.busy(f"handing over {file}")
            if isinstance(ending, Raise):
                self._put_back(before)
            self._hand_over(file, text, ending, before)
        report.busy(f"handing over {REPEATED} once more")
        outcome = self._from_queue(files[REPEATED])
        self._check(f"{REPEATED}, again", outcome, Ending("ignored"), "acted upon already")
        self.told.append((DOORS["queue"], f"{_kind(REPEATED)}, again", outcome))
        report.step(f"handed over {len(files)} files, one of them twice")

    def _put_back(self, before: dict[Place, int | None]) -> None:
        [outcome] = self._stage.invoke(json.dumps({**GET_CUSTOMER, "operation": "restore"})) or [_NO_ANSWER]
        stands = {place: step["timeout_seconds"] for place, step in places_in(outcome).items()}
        if outcome["status"] != "restored" or any(before[place] != seconds for place, seconds in stands.items()):
            self.surprises.append(f"put back: {outcome['status']} {stands}")

    def _hand_over(self, file: str, text: str, ending: Ending, before: dict[Place, int | None]) -> None:
        door = file.split(".", maxsplit=1)[0]
        if door == "queue":
            outcome = self._from_queue(text)
        else:
            [outcome] = self._stage.invoke(text) or [_NO_ANSWER]
        self.told.append((DOORS[door], _kind(file), outcome))
        self._check(file, outcome, ending)
        if isinstance(ending, Raise):
            for place, step in places_in(outcome).items():
                raised = (step["previous_timeout_seconds"], step["timeout_seconds"])
                if raised != (before[place], ending.seconds):
                    self.surprises.append(f"{file}: {place} from {raised[0]} to {raised[1]}")

    def _from_queue(self, text: str) -> Outcome:
        message_id, found = self._stage.send(text), list[Outcome]()

        def note(outcome: Outcome) -> None:
            if outcome["request_id"] == message_id and outcome["status"] != "deferred":
                found.append(outcome)

        self._stage.journal.follow(note, until=lambda: bool(found), within_seconds=_ENDS_WITHIN_SECONDS)
        return found[0] if found else _NO_ANSWER

    def _check(self, what: str, outcome: Outcome, ending: Ending, note: str = "") -> None:
        ended = Ending(outcome["status"], outcome["error"] and outcome["error"]["code"])
        if (ended.status, ended.error_code) != (ending.status, ending.error_code) or note not in str(outcome["note"]):
            self.surprises.append(f"{what}: {ended.status} {ended.error_code or ''} {outcome['note'] or ''}")


def _kind(file: str) -> str:
    return file.removesuffix(".json")
