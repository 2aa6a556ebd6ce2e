"""The change loop for one document: read, plan, remember, write; on a conflict read again. Knows no HTTP and no AWS."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from documents.kinds import DocumentKey
from documents.steps import Contents, Steps
from genesys_cloud.deadline import Deadline
from genesys_cloud.dependencies import Users
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    COMES_AGAIN,
    AnswerLost,
    Conflict,
    ConflictRetriesExhausted,
    GenesysCloudError,
    OutOfTime,
)
from genesys_cloud.retry import Jitter, backoff_seconds
from ledger import Ledger
from plan import Plan
from planning import make_plan
from remembering import Remembering
from timeout_request import TimeoutRequest

SHORTEST_ROUND_SECONDS = 1.0
"""Time that must be left after a wait for one more read and publish to make sense."""


class DocumentStore(Protocol):
    """Where documents of one kind are read and published."""

    def read(self, document_id: str, /) -> Document:
        """The document as it is now."""

    def write(self, document: Document, /) -> str | None:
        """Writes it and returns the new version; Conflict if someone else wrote in between."""


class ChangeObserver(Protocol):
    """Is told what happens to documents; called from several threads."""

    def published(self) -> None:
        """A document was published."""

    def conflicted(self) -> None:
        """Someone else had published in between."""

    def not_recorded(self, what: str, why: str) -> None:
        """A change could not be recorded in the ledger."""


@dataclass(frozen=True)
class Rules:
    """What holds for every change.

    Attributes:
        default_seconds: what a Flow's step without a timeout counts as.
        max_publish_attempts: after so many conflicts it is left for later.
        jitter: a random number between two bounds, for the waits between tries.
    """

    default_seconds: int
    max_publish_attempts: int
    jitter: Jitter = random.uniform


@dataclass(frozen=True)
class Change:
    """What was done to one document.

    Attributes:
        plan: with what became of each request.
        contents: what is in the document.
        version: as published, or as read where nothing was written.
        notes: what else an operator has to know of the document, in words.
        notes_on_actions: the same of an integration action that its steps go by, by the action's id.
        users: the Flows that use an integration action, by its id, as far as that was asked for and is known.
        unrecorded: why the ledger does not know of it, in words; None where it does.
    """

    plan: Plan
    contents: Contents
    version: str | None
    notes: tuple[str, ...] = ()
    notes_on_actions: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, Users] = field(default_factory=dict)
    unrecorded: str | None = None


class DocumentChange:
    """The change of one document for all requests that ask for one.

    Args:
        requests: with their indices, in the order in which they count.

    Attributes:
        publish_attempts: how often the document was published or tried to, also when `run` raised.
        planned: the last plan, also when `run` raised: it holds what needed no publish.
    """

    def __init__(
        self,
        key: DocumentKey,
        store: DocumentStore,
        ledger: Ledger,
        *,
        requests: Sequence[tuple[int, TimeoutRequest]],
        rules: Rules,
        deadline: Deadline,
        observer: ChangeObserver,
    ) -> None:
        self._key = key
        self._store = store
        self._requests = requests
        self._rules = rules
        self._deadline = deadline
        self._observer = observer
        self._remembering = Remembering(key, ledger, requests, observer.not_recorded)
        self.publish_attempts = 0
        self.planned: Change | None = None

    def run(self, document: Document) -> Change:
        """Plans the requests on the document and publishes it; on a conflict reads it again and starts over.

        After a publish whose answer was lost the document is read again before anything else: if the change is there,
        it is ours and is not published twice.

        Raises:
            ConflictRetriesExhausted: someone else published in between, every time.
            GenesysCloudError: as the store raises it.
        """
        conflicts = losses = 0
        claimed = False
        sent: Plan | None = None
        self._remembering.begin()
        while True:
            plan, steps, document = self._plan(document)
            if sent and plan.claim_what_was_done_by(sent) and not claimed:
                claimed = True
                self._observer.published()
            self.planned = _change(plan, steps, document, document.version)
            if not plan.writes:
                return self._told(self.planned) if claimed else self.planned
            plan.apply()
            self.publish_attempts += 1
            try:
                version = self._store.write(document)
            except Conflict as conflict:
                self._observer.conflicted()
                conflicts += 1
                sent = plan if conflict.may_be_done else sent
                document = self._read_after_conflict(conflicts, conflict, plan, certain=sent is None)
            except AnswerLost as lost:
                sent = plan
                losses += 1
                document = self._read_after_loss(losses, lost)
            except GenesysCloudError:
                self._remembering.refused(certain=sent is None)
                raise
            else:
                self._observer.published()
                return self._told(_change(plan, steps, document, version))

    def _told(self, change: Change) -> Change:
        """The change after the ledger was told that it is published."""
        self._remembering.published(change.version)
        return replace(change, unrecorded=self._remembering.memory.lost)

    def _plan(self, document: Document) -> tuple[Plan, Steps, Document]:
        """A plan of which everything that has to be remembered before it is carried out, is; and the document it is of.

        That is another one where the ledger is younger than the document and contradicts it: another invocation may
        have published in between.
        """
        nature = self._key.nature
        steps = nature.find_steps(document)
        while True:
            plan = make_plan(
                document.id,
                steps,
                self._requests,
                default_seconds=nature.default_seconds or self._rules.default_seconds,
                memory=self._remembering.memory,
            )
            if plan.contradicts_ledger and self._remembering.is_younger:
                document = self._read()
                steps = nature.find_steps(document)
                self._remembering.look_again()
            elif self._remembering.holds(plan):
                return plan, steps, document

    def _read(self) -> Document:
        self._remembering.is_younger = False
        return self._store.read(self._key.id)

    def _read_after_loss(self, losses: int, lost: AnswerLost) -> Document:
        """The document as it is after all; without time to look, the loss is what there is to tell."""
        self._wait(losses, otherwise=lost)
        try:
            return self._read()
        except OutOfTime:
            raise lost from None

    def _read_after_conflict(self, conflicts: int, conflict: Conflict, plan: Plan, *, certain: bool) -> Document:
        """The document as it is after a conflict; what was intended is taken back unless it is there.

        It may be: something on the way may have sent a publish twice, and given the second one's answer.

        Args:
            certain: False where a publish before this one was not answered.
        """
        try:
            self._wait_after_conflict(conflicts, conflict)
        except GenesysCloudError:
            self._remembering.refused(certain=certain)
            raise
        document = self._read()
        self._remembering.refused(certain=certain and not self._shows(document, plan))
        self._remembering.ask_again()
        return document

    def _shows(self, document: Document, plan: Plan) -> bool:
        """Whether all that a plan has written is in a document."""
        found = {
            slot.identity: slot.image() for slot in self._key.nature.find_steps(document).slots if not slot.problem
        }
        return all(found.get(write.slot.identity) == write.slot.image() for write in plan.writes)

    def _wait_after_conflict(self, conflicts: int, conflict: Conflict) -> None:
        what = f"{self._key}: someone else published in between, {conflicts} times"
        if conflicts >= self._rules.max_publish_attempts:
            hint = f"{COMES_AGAIN}; if this goes on, see who keeps publishing it"
            raise conflict.becomes(ConflictRetriesExhausted, what, hint=hint)
        self._wait(conflicts, otherwise=conflict.becomes(OutOfTime, f"{what}, and no time is left for another try"))

    def _wait(self, failures: int, *, otherwise: GenesysCloudError) -> None:
        wait = backoff_seconds(failures, self._rules.jitter)
        if not self._deadline.allows(wait + SHORTEST_ROUND_SECONDS):
            raise otherwise
        self._deadline.wait(wait)


def _change(plan: Plan, steps: Steps, document: Document, version: str | None) -> Change:
    return Change(plan, steps.contents(), version, tuple(document.notes), dict(document.notes_on_actions))
