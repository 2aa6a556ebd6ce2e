"""What is sent: messages of every kind, right and wrong, drawn by the seed; and what each of them asks for."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import alarm_payloads
from storm.chance import chance
from storm.documents import Json, Kind
from storm.world import PLATFORM, RAISED, Place, Target, Use, World, limit_of

LOWEST_ASKED = 2
MOST_ALARMS_OF_A_PLACE = 6
"""So many transitions by 2 s at most each: no limit is met, so that what they add up to can be told."""
ALARMS_RAISE_BY = (1, 2)
SENT_TWICE = 0.06
"""How often a sender says the same again, with the same request id, in a message of its own."""


@dataclass(frozen=True)
class Ask:
    """One thing that a letter asks for.

    Attributes:
        request_id: its own; None where only the message's id names it.
        places: what it wants to change; empty where it is wrong, or only looks.
        seconds: the timeout it wants; what an alarm adds to it.
        transition: of an alarm.
    """

    request_id: str | None
    places: tuple[Place, ...] = ()
    operation: str = "raise"
    seconds: int = 0
    transition: str | None = None


@dataclass(frozen=True)
class Letter:
    """A message for the request queue.

    Attributes:
        kind: for the figures.
        copies: in how many messages it is sent.
        wrong: whether it has to be refused.
        concerns: the documents that it may read or write.
    """

    kind: str
    body: str
    asks: tuple[Ask, ...]
    copies: int = 1
    wrong: bool = False
    concerns: frozenset[Target] = field(default_factory=frozenset)


def write_letters(seed: int, world: World, count: int) -> list[Letter]:
    """So many letters, in the order of their sending."""
    writer = _Writer(world, chance(seed, "letters"))
    return [writer.write(number) for number in range(count)]


def restoring(world: World) -> list[Letter]:
    """A letter for each place, to put it back."""
    letters = []
    for number, place in enumerate(world.uses):
        request_id = f"restore-{number}"
        request = {**_about(place), "operation": "restore", "request_id": request_id}
        ask = Ask(request_id, (place,), "restore")
        letters.append(Letter("restore at the end", json.dumps(request), (ask,), concerns=frozenset({place.target})))
    return letters


class _Writer:
    def __init__(self, world: World, draw: random.Random) -> None:
        self._world = world
        self._draw = draw
        self._alarms: Counter[Place] = Counter()
        self._kinds = {
            self._raise: 52,
            self._several: 8,
            self._with_subflows: 6,
            self._set: 8,
            self._restore: 4,
            self._alarm: 10,
            self._look: 5,
            self._wrong: 7,
        }

    def write(self, number: int) -> Letter:
        kinds = list(self._kinds)
        [kind] = self._draw.choices(kinds, list(self._kinds.values()))
        return kind(f"r{number:05}")

    def _place(self, use: Use, kinds: Sequence[Kind] = tuple(Kind)) -> Place:
        places = [place for place in self._world.places(use) if place.target.kind in kinds]
        return places[int(len(places) * self._draw.random() ** 1.6)]  # some are in demand

    def _copies(self) -> int:
        return 2 if self._draw.random() < SENT_TWICE else 1

    def _raising(self, request_id: str) -> tuple[Json, Ask]:
        place = self._place(Use.RAISE)
        seconds = self._draw.randint(LOWEST_ASKED, limit_of(place.target))
        request = {**_about(place), "timeout_seconds": seconds, "request_id": request_id, "reason": "storm"}
        return request, Ask(request_id, (place,), "raise", seconds)

    def _raise(self, name: str) -> Letter:
        request, ask = self._raising(name)
        return _letter("raise", request, [ask], copies=self._copies())

    def _several(self, name: str) -> Letter:
        parts = [self._raising(f"{name}.{part}") for part in range(self._draw.randint(2, 5))]
        return _letter("several in one record", {"requests": [part for part, _ in parts]}, [ask for _, ask in parts])

    def _with_subflows(self, name: str) -> Letter:
        root = self._draw.choice(list(self._world.leads_to))
        places = tuple(Place(target, RAISED) for target in self._world.leads_to[root])
        seconds = self._draw.randint(LOWEST_ASKED, limit_of(root))
        about = {"flow_id": root.id, "action_name": RAISED, "include_subflows": True}
        request = {**about, "timeout_seconds": seconds, "request_id": name}
        return _letter("with sub-flows", request, [Ask(name, places, "raise", seconds)], copies=self._copies())

    def _set(self, name: str) -> Letter:
        place = self._place(Use.SET)
        seconds = self._draw.randint(LOWEST_ASKED, limit_of(place.target))
        request = {**_about(place), "operation": "set", "timeout_seconds": seconds, "request_id": name}
        return _letter("set", request, [Ask(name, (place,), "set", seconds)])

    def _restore(self, name: str) -> Letter:
        place = self._place(Use.SET)
        request = {**_about(place), "operation": "restore", "request_id": name}
        return _letter("restore", request, [Ask(name, (place,), "restore")])

    def _look(self, name: str) -> Letter:
        place = self._place(Use.RAISE)
        request = {**_about(place), "request_id": name}
        if self._draw.random() < 0.5:
            request |= {"operation": "inspect"}
            request.pop("action_name", None)
        else:
            request |= {"dry_run": True, "timeout_seconds": limit_of(place.target)}
        return _letter("inspect or dry run", request, [Ask(name, (), "look")], concerns={place.target})

    def _alarm(self, name: str) -> Letter:
        place = self._place(Use.ALARM)
        if self._alarms[place] >= MOST_ALARMS_OF_A_PLACE:
            return self._raise(name)
        self._alarms[place] += 1
        seconds = self._draw.choice(ALARMS_RAISE_BY)
        policy: Json = {"raise_by_seconds": seconds}
        if self._draw.random() < 0.3:
            policy["recheck_after_seconds"] = 1  # there is no such alarm in CloudWatch, so the look ends the matter
        fields: Json = {"name": f"storm-{name}", "target": _about(place), "policy": policy}
        payload = self._draw.choice(
            [
                alarm_payloads.sns_envelope(alarm_payloads.sns_message(**fields)),
                alarm_payloads.sns_message(**fields),
                alarm_payloads.eventbridge(**fields),
                alarm_payloads.alarm_action(**fields),
            ]
        )
        ask = Ask(None, (place,), "alarm", seconds, transition=name)
        return _letter("alarm", payload, [ask], copies=self._draw.choice([1, 1, 2, 3]))

    def _wrong(self, name: str) -> Letter:
        place = self._place(Use.RAISE, (Kind.FLOW, Kind.ARCHITECT))
        good = {**_about(place), "timeout_seconds": 9, "request_id": name}
        bad: list[Json | str] = [
            {**good, "flow_id": f"no-such-flow-{name}"},
            {**good, "action_name": "Get Nothing"},
            {**good, "timeout_seconds": limit_of(place.target) + 1},
            {**good, "timeout_secs": 5},
            {**good, "timeout_seconds": "9"},
            '{"flow_id": "flow-1", "action_name": "Get Customer", "timeout_seconds": 1',
            "[]",
        ]
        body = self._draw.choice(bad)
        concerns = {place.target} if body in bad[1:3] else set()
        named = isinstance(body, dict)
        return _letter("wrong", body, [Ask(name if named else None, (), "wrong")], wrong=True, concerns=concerns)


def _letter(kind: str, body: Any, asks: Sequence[Ask], *, concerns: set[Target] | None = None, **more: Any) -> Letter:
    about = concerns if concerns is not None else {place.target for ask in asks for place in ask.places}
    text = body if isinstance(body, str) else json.dumps(body)
    return Letter(kind, text, tuple(asks), concerns=frozenset(about), **more)


def _about(place: Place) -> Json:
    target = place.target
    if target.kind is Kind.ACTION:
        about: Json = {"data_action_id": target.id}
    else:
        about = {"flow_id": target.id, "action_name": place.name}
    return {**about, "organization": PLATFORM} if target.organization == PLATFORM else about
