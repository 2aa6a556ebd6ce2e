"""The two organizations that the storm goes over, their documents, and the places in them that requests are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from genesys_simulator import GenesysSimulator
from storm.documents import OF_THE_ACTION, UNSET_ACTION_SECONDS, Json, Kind, timeouts

PUBLISHING, PLATFORM = "default", "platform"
"""An organization of each Flow protocol."""

RAISED, RAISED_TOO, SHARED = "Get Customer", "Get Orders", "Get Balance"
SET, ALARMED = "Find Slots", "Check Stock"
SUGGESTED_SECONDS = 6
DEFAULT_SECONDS = 3
FLOW_LIMIT, PLATFORM_LIMIT = 30, 60


class Use(StrEnum):
    """What may be asked of a place; each has its own law."""

    RAISE = "raise"
    SET = "set and restore"
    ALARM = "alarms"


class Target(NamedTuple):
    """A document."""

    organization: str
    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.organization}/{self.kind}/{self.id}"


class Place(NamedTuple):
    """The steps of one name in a document, or an action's own timeout."""

    target: Target
    name: str

    def __str__(self) -> str:
        return f"{self.target} {self.name!r}"


@dataclass(frozen=True)
class World:
    """All documents.

    Attributes:
        leads_to: which Flows are reached from a Flow, itself included, where references are followed.
    """

    uses: dict[Place, Use]
    leads_to: dict[Target, list[Target]]

    @property
    def targets(self) -> list[Target]:
        """Every document."""
        return list(dict.fromkeys(place.target for place in self.uses))

    def places(self, use: Use) -> list[Place]:
        """All places of one use."""
        return [place for place, its in self.uses.items() if its is use]


def build(genesys: dict[str, GenesysSimulator], flows: int) -> World:
    """Puts the documents into the simulators: so many Flows of each protocol, and some integration actions."""
    uses: dict[Place, Use] = {}
    leads_to: dict[Target, list[Target]] = {}
    for number in range(flows):
        flow_id = f"flow-{number}"
        target = Target(PUBLISHING, Kind.FLOW, flow_id)
        refers_to = _referred(number, flows)
        genesys[PUBLISHING].put_flow(flow_id, _flow(flow_id, refers_to))
        uses |= _uses_of_a_flow(target)
        reached = _reached(number, flows)
        leads_to[target] = [Target(PUBLISHING, Kind.FLOW, f"flow-{each}") for each in reached]
    for number in range(max(2, flows * 2 // 3)):
        flow_id = f"hotline-{number}"
        genesys[PLATFORM].put_architect_flow(flow_id, _configuration(flow_id))
        uses |= _uses_of_a_flow(Target(PLATFORM, Kind.ARCHITECT, flow_id))
    for name in (RAISED, RAISED_TOO, SHARED, SET, ALARMED):
        # What the steps go by that have no timeout of their own. Nobody changes these actions.
        genesys[PLATFORM].put_action(_action_id(name), name, timeout_seconds=SUGGESTED_SECONDS)
    for organization, simulator in genesys.items():
        for number in range(max(3, flows // 3)):
            action_id = f"custom_-_{number}"
            seconds = None if number % 3 == 2 else 4 + number
            simulator.put_action(action_id, f"Action {number} of {organization}", timeout_seconds=seconds)
            use = (Use.RAISE, Use.ALARM, Use.SET)[number % 3]
            uses[Place(Target(organization, Kind.ACTION, action_id), OF_THE_ACTION)] = use
        simulator.keep_editions()
    return World(uses, leads_to)


def document_of(genesys: dict[str, GenesysSimulator], target: Target) -> Json:
    """What Genesys Cloud has of it now."""
    simulator = genesys[target.organization]
    match target.kind:
        case Kind.FLOW:
            return simulator.flow(target.id).document()
        case Kind.ARCHITECT:
            return simulator.architect_flow(target.id).configuration()
        case Kind.ACTION:
            return simulator.action(target.id).document()


def effective(target: Target, seconds: float | None) -> float:
    """What counts where a step stands at so much."""
    unset = {Kind.FLOW: DEFAULT_SECONDS, Kind.ARCHITECT: SUGGESTED_SECONDS, Kind.ACTION: UNSET_ACTION_SECONDS}
    return unset[target.kind] if seconds is None else seconds


def standing(place: Place, document: Json) -> dict[str, float | None]:
    """By path or id, at what the steps of a place stand in a document."""
    return timeouts(place.target.kind, document)[place.name]


def limit_of(target: Target) -> int:
    """The most that may be asked for there."""
    return FLOW_LIMIT if target.kind is Kind.FLOW else PLATFORM_LIMIT


def _uses_of_a_flow(target: Target) -> dict[Place, Use]:
    uses = dict.fromkeys((RAISED, RAISED_TOO, SHARED), Use.RAISE) | {SET: Use.SET, ALARMED: Use.ALARM}
    return {Place(target, name): use for name, use in uses.items()}


# -- Flows of the tutorial's kind --------------------------------------------------------------------------------------


def _referred(number: int, flows: int) -> int | None:
    """The Flow that a Flow refers to: they go round in threes, and some refer to none."""
    return number // 3 * 3 + (number + 1) % 3 if number // 3 * 3 + 3 <= flows and number // 3 % 2 == 0 else None


def _reached(number: int, flows: int) -> Iterator[int]:
    yield number
    follow = _referred(number, flows)
    while follow not in (None, number):
        yield int(str(follow))
        follow = _referred(int(str(follow)), flows)


def _flow(flow_id: str, refers_to: int | None) -> Json:
    def step(number: int, name: str, settings: Json | None) -> Json:
        fixed = {"id": f"{flow_id}-{number}", "type": "data-action", "name": name}
        return fixed if settings is None else {**fixed, "settings": settings}

    steps: list[Any] = [
        step(1, RAISED, {"timeout": 3, "retry": 2, "label": "Grüße 🙂"}),
        {"type": "loop", "loop": {"steps": [step(2, RAISED, {"timeout": 5}), step(3, RAISED_TOO, None)]}},
        {
            "type": "case",
            "cases": [{"when": 2**70, "steps": [step(4, SHARED, {})]}, {"steps": [step(5, SET, {"timeout": 9})]}],
        },
        step(6, ALARMED, {"timeout": 4, "data": {"type": "data-action", "name": RAISED, "settings": {"timeout": 1}}}),
    ]
    if refers_to is not None:
        steps.append({"type": "sub-flow", "name": "Go on", "flowId": f"flow-{refers_to}"})
    return {"name": flow_id, "version": 1, "steps": steps}


# -- Architect Flows ---------------------------------------------------------------------------------------------------


def _action_id(name: str) -> str:
    return f"custom_-_{name.lower().replace(' ', '-')}"


def _literal(text: str) -> Json:
    known = {"type": "dur", "uiMetaData": {"mode": 1}, "metaData": {}, "version": 2}
    return {"config": {"lit": {"pos": 1, "text": text, "type": "dur"}}, "text": text, **known}


def _configuration(flow_id: str) -> Json:
    def step(number: int, name: str, own: str | None) -> Json:
        return {
            "__type": "DataAction",
            "id": f"{flow_id}-{number}",
            "trackingId": number,
            "name": "Call Data Action",
            "actionId": _action_id(name),
            "actionName": name,
            "useSuggestedTimeout": own is None,
            "timeout": _literal(own or "P0D0H1M0S0F"),
            "paths": [{"nextActionId": "end", "outputId": "__SUCCESS__"}, {"outputId": "__TIMEOUT__"}],
        }

    first = [step(1, RAISED, None), step(2, RAISED, "P0D0H0M4S0F"), step(3, RAISED_TOO, "P0D0H0M5S0F")]
    second = [step(4, SHARED, None), step(5, SET, "P0D0H0M9S0F"), step(6, ALARMED, None)]
    tasks = [
        {"__type": "Task", "id": "first", "actionList": first},
        {"__type": "Task", "id": "second", "actionList": second},
    ]
    return {"name": flow_id, "type": "inboundcall", "flowSequenceItemList": tasks}
