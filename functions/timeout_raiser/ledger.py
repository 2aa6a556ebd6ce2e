"""What is remembered of each step that was changed, so that it can be put back. Pure; `aws.ledger_table` keeps it.

An entry is written *before* its document: first what is intended, then the document, then that it was done. Whatever
crashes in between, the value before the first change is never lost, and what was intended is known to be ours. So a
step counts as last written by us when it stands at the value that was confirmed or at one that was intended.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from documents.kinds import DocumentKey
from documents.steps import Image, Slot
from genesys_cloud.errors import Transient

LONGEST_PATH = 500
REMEMBERED_AFTER_RESTORE_SECONDS = 86_400
"""How long a restored step is still known to have been raised: a cooldown may be that long."""


class LedgerUnavailable(Transient):
    """The ledger does not answer. What depends on it waits."""

    code = "internal_error"


class RecordChanged(Exception):
    """Another invocation has written the record since it was recalled: recall it and plan again."""


@dataclass(frozen=True)
class Before:
    """A step as it was before its first change: as seconds for people, as an image for putting it back."""

    seconds: float | None
    image: Image


@dataclass(frozen=True)
class Entry:
    """What is remembered of one step.

    Attributes:
        path, id, name: which step; a long path is shortened.
        before: before the first change; None when there is nothing to put back.
        written: the timeout last written, in seconds, once that is known to have been done.
        intended: timeouts that were about to be written since; each may have been.
        restoring: whether it was about to be put back.
        by: the last request that wrote it: its id, and who asked.
        at: when that was, in seconds since 1970.
        raised_at: when it was last raised, likewise.
        document_version: as published last.
    """

    path: str
    id: str | None
    name: str | None
    before: Before | None = None
    written: float | None = None
    intended: tuple[float, ...] = ()
    restoring: bool = False
    by: Mapping[str, str | None] = field(default_factory=dict)
    at: float = 0.0
    raised_at: float | None = None
    document_version: str | None = None

    def is_ours(self, seconds: float | None) -> bool:
        """Whether a step that stands at so many seconds is as this system left it."""
        return seconds is not None and (seconds == self.written or seconds in self.intended)

    @property
    def last_written(self) -> float | None:
        """The timeout that this system wrote last, or was about to write."""
        return self.intended[-1] if self.intended else self.written

    def intends(self, now: float | None, image: Image | None, seconds: int) -> Entry:
        """The entry when the step is about to be written. What somebody else has set becomes the new before-image.

        Args:
            now: the timeout that stands there, in seconds.
            image: the same as an image; None once it was written in the same plan.
            seconds: what is about to be written.
        """
        if image is not None and not (self.before and (self.is_ours(now) or image == self.before.image)):
            return replace(self.forgotten(), before=Before(now, image), intended=(seconds,))
        intended = self.intended if seconds in self.intended else (*self.intended, seconds)
        return replace(self, intended=intended, restoring=False)

    def written_by(self, who: Mapping[str, str | None], at: float, *, raised: bool) -> Entry:
        """The entry with who writes it, and when."""
        return replace(self, by=who, at=at, raised_at=at if raised else self.raised_at)

    def confirmed(self, seconds: float | None, version: str | None) -> Entry:
        """The entry once the document is published, with the step at so many seconds."""
        if self.restoring:
            return replace(self.forgotten(), document_version=version)
        return replace(self, written=seconds, intended=(), document_version=version)

    def forgotten(self) -> Entry:
        """The entry when there is nothing to put back any more."""
        return replace(self, before=None, written=None, intended=(), restoring=False)

    @classmethod
    def of(cls, slot: Slot) -> Entry:
        """An entry that knows nothing yet."""
        return cls(shortened(slot.path), slot.id, slot.name)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Entry:
        """What `as_json` gave."""
        known = {
            name: fields[name] for name in cls.__dataclass_fields__ if name in fields
        }  # a later version may keep more
        before = fields.get("before")
        known |= {"intended": tuple(fields.get("intended", ())), "before": Before(**before) if before else None}
        return cls(**known)

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Record:
    """What is remembered of one document.

    Attributes:
        revision: goes up with every write; 0 where nothing was ever written.
    """

    key: DocumentKey
    revision: int = 0
    entries: tuple[Entry, ...] = ()

    def with_entries(self, entries: Iterable[Entry], now: float) -> Record:
        """The record with these in the place of their former selves, and without what nobody will ask for."""
        by_step = {(entry.path, entry.id, entry.name): entry for entry in (*self.entries, *entries)}
        kept = [
            entry
            for entry in by_step.values()
            if entry.before or (entry.raised_at or 0) > now - REMEMBERED_AFTER_RESTORE_SECONDS
        ]
        return replace(self, revision=self.revision + 1, entries=tuple(kept))

    @property
    def holds_something_to_restore(self) -> bool:
        """Whether any step could be put back."""
        return any(entry.before for entry in self.entries)


Goals = Sequence[tuple[str, str | None, str | None, int]]
"""What was decided for each step of a document: path (shortened), id, name, and the timeout to reach in seconds.

A relative step becomes absolute by it, before anything is written, and stays so whoever carries it out, and how often.
"""


@dataclass(frozen=True)
class Memory:
    """What the ledger knows when a document is planned on.

    Attributes:
        record: None while it was not asked, and where it does not answer.
        lost: why it does not answer, in words; None while it does.
        decisions: by transition.
        now: the time of day, in seconds since 1970.
    """

    record: Record | None = None
    lost: str | None = None
    decisions: Mapping[str, Goals] = field(default_factory=dict)
    now: float = 0.0


class Ledger(Protocol):
    """Where records and decisions are kept. Any of it may raise LedgerUnavailable."""

    def recall(self, key: DocumentKey, transitions: Sequence[str]) -> Memory:
        """The document's record, and what was decided for its steps for these transitions."""

    def decide(self, key: DocumentKey, transition: str, goals: Goals) -> None:
        """Keeps a decision; raises RecordChanged where another invocation was first."""

    def write(self, record: Record) -> None:
        """Keeps the record; raises RecordChanged if it is no longer of the revision before."""

    def finished(self, transitions: Sequence[str]) -> set[str]:
        """Those of the transitions that everything was done for."""

    def finish(self, transition: str) -> None:
        """Keeps that everything was done for a transition."""


def matched(slots: Sequence[Slot], steps: Iterable[tuple[str, str | None, str | None]]) -> dict[int, Slot]:
    """Which of the slots each remembered step is, by the step's position; where that would be a guess it is left out.

    Steps are known by their id, without one by their name, and by their path where several have the same.
    """
    by_id: dict[str | None, list[Slot]] = defaultdict(list)
    by_name: dict[str | None, list[Slot]] = defaultdict(list)
    for slot in slots:
        (by_name[slot.name] if slot.id is None else by_id[slot.id]).append(slot)
    found: dict[int, Slot] = {}
    for position, (path, step_id, name) in enumerate(steps):
        alike = by_name[name] if step_id is None else by_id[step_id]
        candidates = alike if len(alike) == 1 else [slot for slot in alike if shortened(slot.path) == path]
        if candidates:
            found[position] = candidates[0]
    return found


def shortened(path: str) -> str:
    """The path itself, or its beginning and a digest of it: a record has to stay small however deep a step is."""
    if len(path) <= LONGEST_PATH:
        return path
    return f"{path[:100]}…{hashlib.sha256(path.encode(errors='replace')).hexdigest()}"
