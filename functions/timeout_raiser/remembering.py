"""The ledger's part in the change of one document: what has to be known before planning, and kept before writing.

1. Where a request cannot be planned without, the document's record is recalled. Else it is presumed to be empty: the
   write that follows is conditional, and says what there is if that was wrong. So a first raise saves a call.
2. What was decided for an alarm's transition is kept; from then on it is absolute, whoever carries it out.
3. What is about to be written is kept, with what was there before.
4. The document is published (by `changes`).
5. That it was is kept; or, where it is certain that it was not, the intention is taken back.

After a crash the next one to come finds the decision and the intention, and only does what is missing. Where the ledger
does not answer, what is absolute is carried out all the same, and told to be unrecorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from documents.kinds import DocumentKey
from genesys_cloud.errors import COMES_AGAIN
from ledger import Entry, Ledger, LedgerUnavailable, Memory, Record, RecordChanged
from plan import Plan
from planning import needs_memory
from timeout_request import TimeoutRequest

MOST_RACES = 20
"""So often may others be faster at writing one record, until the change has to wait."""


class Remembering:
    """What is remembered of one document while it is changed.

    Args:
        requests: with their indices.
        not_recorded: is told what could not be recorded, and why.

    Attributes:
        memory: what the next plan has to go by.
        is_younger: whether that may be of later than the document: it was learned after the document was read.
    """

    def __init__(
        self,
        key: DocumentKey,
        ledger: Ledger,
        requests: Sequence[tuple[int, TimeoutRequest]],
        not_recorded: Callable[[str, str], None],
    ) -> None:
        self._key = key
        self._ledger = ledger
        self._transitions = list(dict.fromkeys(request.order.transition for _, request in requests if request.order))
        self._not_recorded = not_recorded
        self._races = 0
        self._intended: list[tuple[Entry, float | None]] = []
        self._before_us: tuple[Entry, ...] = ()
        self._needed = any(needs_memory(request) for _, request in requests)
        self.memory = Memory()
        self.is_younger = False

    def begin(self) -> None:
        """Recalls the document's record where a request cannot be planned without."""
        if self._needed:
            self._recall()

    def holds(self, plan: Plan) -> bool:
        """Keeps what has to be kept before a plan is carried out; False if more is known by now: plan again."""
        if self.memory.lost or not (plan.writes or plan.decisions or plan.entries):
            return True
        record = self.memory.record
        if record is None:
            self.memory = self._ledger.presume(self._key)
            return False
        try:
            for transition, goals in plan.decisions.items():
                self._ledger.decide(self._key, transition, goals)
                self.memory = replace(self.memory, decisions={**self.memory.decisions, transition: goals})
            # Also what is known already: the write shows whether it still is, as after a publish without an answer.
            self._write(record, plan.entries.values(), even_if_known=bool(plan.writes))
        except RecordChanged as changed:
            self._races += 1
            if self._races > MOST_RACES:
                raise LedgerUnavailable(
                    f"{self._key}: others keep writing its record in the ledger", hint=COMES_AGAIN
                ) from None
            self._learn(changed)
            return False
        except LedgerUnavailable as error:
            self.memory = Memory(lost=error.message)
            return False
        self._intended = [(plan.entries[write.slot], write.seconds) for write in plan.writes]
        return True

    def refused(self, *, certain: bool) -> None:
        """Takes back what was intended if it is certain that it was not done: nothing was raised, nothing is ours.

        Args:
            certain: False where a publish before this one was not answered: it may be done yet.
        """
        record = self.memory.record
        if certain and record and self._intended:
            self._intended = []
            with suppress(RecordChanged, LedgerUnavailable):
                self._ledger.write(replace(record, revision=record.revision + 1, entries=self._before_us))

    def look_again(self) -> None:
        """Recalls after the document was read again: only where nothing new is known do the two belong together."""
        known = self.memory.record
        self._recall()
        found = self.memory.record
        self.is_younger = bool(known and found and found.revision != known.revision)

    def ask_again(self) -> None:
        """Recalls after a conflict: whoever was faster may have been one of ours, and has left a record then."""
        if self.memory.record:
            self._recall()

    def published(self, version: str | None) -> None:
        """Keeps that what was intended is published, as this version.

        Where that fails, or another invocation has intended something else since, the intention stands, and is enough
        to put everything back.
        """
        if self.memory.lost:
            self._not_recorded(str(self._key), self.memory.lost)
        elif record := self.memory.record:
            ours = [(entry, seconds) for entry, seconds in self._intended if entry in record.entries]
            with suppress(RecordChanged, LedgerUnavailable):
                self._write(record, [entry.confirmed(seconds, version) for entry, seconds in ours])

    def _recall(self) -> None:
        try:
            self.is_younger = True
            self.memory = self._ledger.recall(self._key, self._transitions)
            self._before_us = self.memory.record.entries if self.memory.record else ()
        except LedgerUnavailable as error:
            self.memory = Memory(lost=error.message)

    def _learn(self, changed: RecordChanged) -> None:
        """Takes over the record that was found. For an alarm something may have been decided too, so it is recalled."""
        if changed.record is None or self._transitions:
            self._recall()
        else:
            self.is_younger = True
            self.memory = replace(self.memory, record=changed.record)
            self._before_us = changed.record.entries

    def _write(self, record: Record, entries: Iterable[Entry], *, even_if_known: bool = False) -> None:
        written = record.with_entries(entries, self.memory.now)
        if even_if_known or written.entries != record.entries:
            self._ledger.write(written)
            self.memory = replace(self.memory, record=written)
