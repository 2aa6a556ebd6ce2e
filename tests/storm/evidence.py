"""What is known of a storm when it is over: all that the laws go by, gathered from outside the function."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from storm.documents import Json
from storm.letters import Letter
from storm.world import Target, World


class Fate(StrEnum):
    """What became of one delivery of a message."""

    DELETED = "deleted"
    KEPT = "kept"
    KILLED = "killed while it was in work"
    UNHEARD = "answered, and the answer lost"


@dataclass(frozen=True)
class Delivery:
    """One message in one invocation."""

    message_id: str
    receive_count: int
    fate: Fate


@dataclass(frozen=True)
class Invocation:
    """One event for one instance, and what it said.

    Attributes:
        outcomes: as logged, whether or not the process lived to settle them.
        problems: other log lines that are no INFO.
        error: what the handler raised, or what is wrong with its answer.
    """

    number: int
    deliveries: tuple[Delivery, ...]
    outcomes: tuple[Json, ...] = ()
    problems: tuple[Json, ...] = ()
    error: str | None = None

    @property
    def was_killed(self) -> bool:
        """Whether its process ended before it had answered."""
        return any(delivery.fate is Fate.KILLED for delivery in self.deliveries)


@dataclass(frozen=True)
class Version:
    """A document as it was published once, and whether this system did that."""

    document: Json
    is_ours: bool


@dataclass(frozen=True)
class Lock:
    """What an Architect Flow is left with: who holds it, and whether something unpublished lies in it."""

    client: str | None
    user: str | None
    unpublished: bool


@dataclass(frozen=True)
class DeadLetter:
    """A message of the dead-letter queue."""

    message_id: str
    body: str
    attributes: Mapping[str, str]
    receive_count: int


@dataclass
class Evidence:
    """All of it.

    Attributes:
        sent: by message id, the letter.
        histories: of each document every version, oldest first, before anything was put back at the end.
        restored: each document after everything was put back.
        marks: those that people made, in their order.
        ledger: its items, before the restore.
        texts: all that was said where secrets must not be, by where.
        secrets: what must not be in there.
        calls: of Genesys Cloud, in the order of their answers, for whoever looks into a breach.
    """

    world: World
    sent: dict[str, Letter] = field(default_factory=dict)
    invocations: list[Invocation] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    left_on_queue: list[str] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    histories: dict[Target, list[Version]] = field(default_factory=dict)
    marks: dict[Target, list[str]] = field(default_factory=dict)
    locks: dict[Target, Lock] = field(default_factory=dict)
    ledger: list[Json] = field(default_factory=list)
    restored: dict[Target, Json] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    calls: list[Json] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def write_down(self, folder: Path) -> None:
        """Keeps what whoever looks into a breach needs, beside the logs; no secret is in there."""
        histories = {str(target): [vars(version) for version in each] for target, each in self.histories.items()}
        parts: dict[str, Any] = {
            "sent": {message_id: letter.body for message_id, letter in self.sent.items()},
            "invocations": [asdict(each) for each in self.invocations],
            "dead-letters": [vars(letter) for letter in self.dead_letters],
            "histories": histories,
            "marks": {str(target): made for target, made in self.marks.items()},
            "ledger": self.ledger,
            "calls": self.calls,
        }
        for name, content in parts.items():
            (folder / f"{name}.json").write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")

    def request_ids(self, message_id: str) -> list[str]:
        """What the requests of a message are known by."""
        return [ask.request_id or message_id for ask in self.sent[message_id].asks]

    def deliveries(self) -> Counter[str]:
        """How often each message was handed to an instance."""
        return Counter(each.message_id for invocation in self.invocations for each in invocation.deliveries)
