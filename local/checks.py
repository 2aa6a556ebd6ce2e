"""What has to hold when the local run is over. Each check returns what is wrong, in words, or None."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import alarm_scenario
import scenario
from architect_look import SUGGESTED, Lock
from journal import Outcome
from ledger_look import LedgerLook
from report import Row
from stage import Place, places_in

LAMBDA_GAVE_UP = "(none)"
"""Stands for the error code of what the function has never settled."""

_WRITTEN = {"raised", "set", "restored"}
_ACTED = {*_WRITTEN, "unchanged"}
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Evidence:
    """All that was seen.

    Attributes:
        outcomes: all of the log.
        before, after: every Data Action, at first and in the end.
        alarms: what came of alarms through which door.
        surprises: of requests, alarms, alarm files and measuring: what ended as it must not, or did not end.
        executed, counted: executions by integration action: those that were, and those that the probe has counted.
        dead_letters: text, error code and error message.
        events: messages with what the event bus told.
        ledger: what the ledger holds.
        locks: who has each Architect Flow checked out in the end.
        left_on_queue: messages on the request queue, hidden and delayed ones too.
        answer: outcomes of the direct invoke.
    """

    outcomes: Sequence[Outcome]
    before: Mapping[Place, Mapping[str, Any]]
    after: Mapping[Place, Mapping[str, Any]]
    alarms: Sequence[Row]
    surprises: tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[str]]
    executed: Mapping[str, int]
    counted: Mapping[str, int]
    dead_letters: Sequence[tuple[str, str, str]]
    events: Sequence[Mapping[str, Any]]
    ledger: LedgerLook
    locks: Mapping[str, Lock]
    left_on_queue: int
    answer: Sequence[Outcome]

    @property
    def set_by_others(self) -> dict[Place, int]:
        """Where the simulated colleagues have left timeouts of their own."""
        return {
            place: scenario.SET_BY_OTHERS[place[0], action["name"]]
            for place, action in self.before.items()
            if (place[0], action["name"]) in scenario.SET_BY_OTHERS
        }


def all_checks(seen: Evidence) -> list[tuple[str, str | None]]:
    """Every check, in words, with what is wrong."""
    return [(what, check(seen)) for what, check in _CHECKS]


def reason(message: Mapping[str, Any]) -> tuple[str, str, str]:
    """A dead letter's text, error code and error message."""
    attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    if "error_code" in attributes:
        return message["Body"], attributes["error_code"], attributes.get("error_message", "?")
    content = json.loads(message["Body"])  # as Lambda writes it into an on-failure destination
    why = content.get("responsePayload", {})
    explained = f"Lambda gave up: {why.get('errorType')}: {why.get('errorMessage')}"
    return json.dumps(content.get("requestPayload")), LAMBDA_GAVE_UP, explained


def _wrong_timeouts(seen: Evidence) -> str | None:
    """What the simulator holds, against what the outcomes say; whatever they do not name is as before."""
    wanted: dict[Place, Any] = {place: action["timeout"] for place, action in seen.before.items()}
    for outcome in seen.outcomes:
        if outcome["status"] in _WRITTEN:
            wanted |= {place: _as_it_stands(seen, place, step, outcome) for place, step in places_in(outcome).items()}
    wanted |= seen.set_by_others
    return _in_words(
        [
            f"{place}: {seen.after[place]['timeout']}, not {seconds}"
            for place, seconds in wanted.items()
            if seen.after[place]["timeout"] != seconds
        ]
    )


def _as_it_stands(seen: Evidence, place: Place, step: Mapping[str, Any], outcome: Outcome) -> Any:
    """What the step says now. One that is back at its suggested timeout is told with its integration action's."""
    is_suggested = seen.before[place]["timeout"] == SUGGESTED and outcome["status"] == "restored"
    return SUGGESTED if is_suggested else step["timeout_seconds"]


def _wrong_restores(seen: Evidence) -> str | None:
    """What was put back last, against what it was at first: what was absent has to be absent again."""
    put_back: dict[Place, bool] = {}
    for outcome in seen.outcomes:
        if outcome["status"] in _WRITTEN:
            put_back |= dict.fromkeys(places_in(outcome), outcome["status"] == "restored")
    places = [place for place, was_last in put_back.items() if was_last]
    if not places:
        return "nothing was put back at all"
    return _in_words(
        [
            f"{place}: {seen.after[place]['timeout']}, not {seen.before[place]['timeout']}"
            for place in places
            if seen.after[place]["timeout"] != seen.before[place]["timeout"]
        ]
    )


def _wrong_locks(seen: Evidence) -> str | None:
    """Who has Architect Flows checked out: those who had them before, and this system none."""
    wanted = {flow_id: Lock(scenario.LOCKED.get(flow_id), None) for flow_id in seen.locks}
    return _in_words([f"{flow_id}: {lock}" for flow_id, lock in seen.locks.items() if lock != wanted[flow_id]])


def _wrong_counts(seen: Evidence) -> str | None:
    found, wanted = dict(seen.counted), dict(seen.executed)
    return None if found == wanted else f"counted {found}, but there were {wanted}"


def _wrong_records(seen: Evidence) -> str | None:
    """What the ledger could put back, against what is not as it was."""
    others = seen.set_by_others
    found = {
        place: (entry.before, entry.written)
        for entry in seen.ledger.remembered
        if (place := (entry.document_id, entry.path)) not in others
    }
    wanted = {
        place: (seen.before[place]["timeout"], action["timeout"])
        for place, action in seen.after.items()
        if action["timeout"] != seen.before[place]["timeout"] and place not in others
    }
    return _in_words(
        [
            f"{place}: {found.get(place)}, not {wanted.get(place)}"
            for place in sorted(found.keys() | wanted.keys())
            if found.get(place) != wanted.get(place)
        ]
    )


def _wrong_marks(seen: Evidence) -> str | None:
    """The changes of alarms that the ledger knows as dealt with, against those that were acted upon."""
    acted = Counter(
        str(outcome["requested_by"]).removeprefix("alarm ")
        for _, _, outcome in seen.alarms
        if outcome["status"] in _ACTED
    )
    marked = Counter(transition.split("@")[0].rsplit("/", 1)[-1].split("#")[0] for transition in seen.ledger.finished)
    return _in_words(
        [f"{name}: {marked[name]} marks for {count}" for name, count in acted.items() if marked[name] < count]
    )


def _wrong_dead_letters(seen: Evidence) -> str | None:
    """The error codes in the dead-letter queue, against the endings of all files."""
    endings = [ending for wave in scenario.WAVES for several in wave.endings.values() for ending in several]
    endings += alarm_scenario.FILE_ENDINGS.values()
    wanted = Counter(ending.error_code for ending in endings if ending.error_code)
    wanted[LAMBDA_GAVE_UP] += 1
    found = Counter(code for _, code, _ in seen.dead_letters)
    return None if found == wanted else f"found {dict(found)}, wanted {dict(wanted)}"


def _wrong_events(seen: Evidence) -> str | None:
    """The outcomes on the event bus, against those in the log."""
    found = Counter(json.loads(message["Body"])["detail"]["status"] for message in seen.events)
    wanted = Counter(outcome["status"] for outcome in seen.outcomes if outcome["status"] != "inspected")
    return None if found == wanted else f"found {dict(found)}, wanted {dict(wanted)}"


def _wrong_answer(seen: Evidence) -> str | None:
    statuses = [outcome["status"] for outcome in seen.answer]
    return None if statuses == ["planned"] else f"answered {list(seen.answer)}"


def _in_words(problems: Sequence[str]) -> str | None:
    more = len(problems) - _MOST_SHOWN
    return "; ".join([*problems[:_MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]) or None


_CHECKS: list[tuple[str, Callable[[Evidence], str | None]]] = [
    ("every request ended as it has to, once", lambda seen: _in_words(seen.surprises[0])),
    ("every alarm of the emulated CloudWatch acted as it has to, once", lambda seen: _in_words(seen.surprises[1])),
    ("every file of events/alarms acted as it has to, once", lambda seen: _in_words(seen.surprises[2])),
    ("measured, alarmed and raised as it has to be", lambda seen: _in_words(seen.surprises[3])),
    ("the latency probe counted each execution once", _wrong_counts),
    ("Genesys Cloud has exactly the timeouts that the outcomes tell", _wrong_timeouts),
    ("what was put back last is as it was at first: what was absent is absent again", _wrong_restores),
    ("no lock is left on any Architect Flow, but for the one that someone else has all the time", _wrong_locks),
    ("the ledger can put back whatever is not as it was, and nothing else", _wrong_records),
    ("the ledger marks every change of an alarm that was acted upon", _wrong_marks),
    ("whatever was refused or given up lies in the dead-letter queue with its reason, once", _wrong_dead_letters),
    (
        "nothing is left on the request queue, delayed messages included",
        lambda seen: f"{seen.left_on_queue} messages" if seen.left_on_queue else None,
    ),
    ("every outcome but inspections came over the event bus", _wrong_events),
    ("a direct invoke answers with its outcome", _wrong_answer),
]
