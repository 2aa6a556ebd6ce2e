"""What is remembered of each step that was changed, so that it can be put back. Pure; `aws.ledger_table` keeps it.

An entry is written *before* its document: first what is intended, then the document, then that it was done. Whatever
crashes in between, the value before the first change is never lost, and what was intended is known to be ours. So a
step counts as last written by us when it stands at the value that was confirmed or at one that was intended.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from documents.kinds import DocumentKey
from documents.steps import Image, Slot
from genesys_cloud.errors import Transient
from timeout_request import TimeoutRequest

LONGEST_TEXT = 256
REMEMBERED_AFTER_RESTORE_SECONDS = 86_400
"""How long a restored step is still known to have been raised: a cooldown may be that long."""


class LedgerUnavailable(Transient):
    """The ledger does not answer. What depends on it waits."""

    code = "internal_error"


class RecordChanged(Exception):
    """Another invocation has written the record since it was recalled, or presumed to be empty: plan again.

    Attributes:
        record: as it is now; None where that is not known and has to be recalled.
    """

    def __init__(self, record: Record | None = None) -> None:
        super().__init__("another invocation has written the record")
        self.record = record


class StepKey(NamedTuple):
    """What a step is known by, in this document and in later versions of it.

    Its id, however the step is renamed or moved; without an id, its name. Where several are alike in that, their place
    counts too, and only as long as all of them stand where they stood: anything else would be a guess.

    Attributes:
        path: None where it does not matter.
        twins: a digest of where all that are alike stand; None where there is only this one.
    """

    id: str | None
    name: str | None
    path: str | None = None
    twins: str | None = None


@dataclass(frozen=True)
class Before:
    """A step as it was before its first change: as seconds for people, as an image for putting it back."""

    seconds: float | None
    image: Image


@dataclass(frozen=True)
class Entry:
    """What is remembered of one step.

    Attributes:
        step: which step.
        path, name: where it stood and how it was called when it was written last, for people.
        before: before the first change; None when there is nothing to put back.
        written: the timeout last written, in seconds, once that is known to have been done.
        intended: timeouts that were about to be written since; each may have been.
        restoring: whether it was about to be put back.
        by: the last request that wrote it: its id, and who asked.
        at: when that was, in seconds since 1970.
        raised_at: when it was last raised, likewise.
        alarm, alarm_changed_at: which alarm asked for the last raise, and when that had changed; None where none did.
        document_version: as published last.
    """

    step: StepKey
    path: str
    name: str | None
    before: Before | None = None
    written: float | None = None
    intended: tuple[float, ...] = ()
    restoring: bool = False
    by: Mapping[str, str | None] = field(default_factory=dict)
    at: float = 0.0
    raised_at: float | None = None
    alarm: str | None = None
    alarm_changed_at: float | None = None
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

    def written_for(self, request: TimeoutRequest, at: float, *, raised: bool) -> Entry:
        """The entry with who has it written, and when."""
        entry = replace(self, by=request.audit, at=at)
        if not raised:
            return entry
        alarm, changed_at = (request.order.alarm, request.order.changed_at) if request.order else (None, None)
        return replace(entry, raised_at=at, alarm=alarm, alarm_changed_at=changed_at)

    def confirmed(self, seconds: float | None, version: str | None) -> Entry:
        """The entry once the document is published, with the step at so many seconds."""
        if self.restoring:
            return replace(self.forgotten(), document_version=version)
        return replace(self, written=seconds, intended=(), document_version=version)

    def forgotten(self) -> Entry:
        """The entry when there is nothing to put back any more."""
        return replace(self, before=None, written=None, intended=(), restoring=False)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Entry:
        """What `as_json` gave, here or in a later version, which may keep more."""
        known = {name: fields[name] for name in cls.__dataclass_fields__ if name in fields}
        before = fields.get("before")
        known |= {
            "step": StepKey(*fields["step"]),
            "intended": tuple(fields["intended"]),
            "before": Before(**before) if before else None,
        }
        return cls(**known)

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {**vars(self), "before": self.before and vars(self.before)}


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
        by_step = {entry.step: entry for entry in (*self.entries, *entries)}
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


Goals = Sequence[tuple[StepKey, int]]
"""What was decided for each step of a document: the timeout to reach, in seconds.

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

    def presume(self, key: DocumentKey) -> Memory:
        """That nothing is remembered of the document, without asking. If that is wrong, `write` says what there is."""

    def decide(self, key: DocumentKey, transition: str, goals: Goals) -> None:
        """Keeps a decision; raises RecordChanged where another invocation was first."""

    def write(self, record: Record) -> None:
        """Keeps the record; raises RecordChanged if it is no longer of the revision before."""

    def finished(self, transitions: Sequence[str]) -> set[str]:
        """Those of the transitions that everything was done for."""

    def finish(self, transitions: Sequence[str]) -> None:
        """Keeps that everything was done for these transitions."""


def keys_of(slots: Sequence[Slot]) -> dict[Slot, StepKey]:
    """What each step of a document is known by."""
    alike: dict[StepKey, list[Slot]] = defaultdict(list)
    for slot in slots:
        step_id = None if slot.id is None else shortened(slot.id)
        name = None if slot.name is None or step_id is not None else shortened(slot.name)
        alike[StepKey(step_id, name)].append(slot)
    keys: dict[Slot, StepKey] = {}
    for key, twins in alike.items():
        if len(twins) == 1:
            keys[twins[0]] = key
            continue
        digest = _digest("\n".join(slot.path for slot in twins))
        keys |= {slot: key._replace(path=shortened(slot.path), twins=digest) for slot in twins}
    return keys


def shortened(text: str) -> str:
    """The text itself, or its beginning and a digest of it: a record has to stay small however deep a step is."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:100]}…{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
