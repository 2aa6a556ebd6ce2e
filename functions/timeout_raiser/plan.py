"""What is going to be done to one document: for each request, for each step, and what has to be remembered first."""

from __future__ import annotations

from dataclasses import dataclass, field

from documents.steps import Image, Slot, StepIdentity
from genesys_cloud.errors import GenesysCloudError
from ledger import Entry, Goals


@dataclass(frozen=True)
class StepChange:
    """What becomes of one step for one request.

    Attributes:
        document_id: of the Flow or integration action that the step is in.
        before, after: the timeout in seconds, None where none is set.
        effective_before, effective_after: the same with the default in the place of None.
        suggested_by: the id of the integration action whose timeout it went by; None where it had its own.
        rewritten: whether it is put back in other words, also where these are as many seconds.
    """

    document_id: str
    slot: Slot
    before: float | None
    after: float | None
    effective_before: float
    effective_after: float
    suggested_by: str | None
    rewritten: bool = False

    @property
    def changed(self) -> bool:
        """Whether the step is written for this request."""
        return self.rewritten or self.after != self.before


@dataclass(frozen=True)
class Write:
    """What to write into one slot: seconds, or what was there before."""

    slot: Slot
    seconds: float | None
    image: Image | None = None

    def apply(self) -> None:
        """Writes it into the document that was planned on."""
        if self.image is not None:
            self.slot.put_back(self.image)
        elif self.seconds is not None:
            self.slot.write(int(self.seconds))


@dataclass
class Plan:
    """What the requests do to one document.

    Attributes:
        changes: per request, by its index: every step asked for, changed or not.
        problems: per request, by its index: steps that cannot be edited; then nothing is changed for it.
        errors: per request, by its index: why it cannot be carried out; then nothing is changed for it.
        ignored: per request, by its index: why nothing is asked of it any more, in words.
        superseded: re-checks that a newer transition of the same alarm has made needless.
        at_limit: requests of alarms that found every step at the limit.
        leaning: requests that are served only by what others before them change: nothing is true of them before that is
            published.
        writes: the steps to write, with their final seconds.
        entries: what has to be remembered of the steps before they are written.
        decisions: per transition: what was decided for its steps, where that was not known before.
        done: steps that an earlier plan has written already, with what it wrote.
        contradicts_ledger: whether it goes by where a step stands although this system has left it elsewhere: someone
            else may have changed it, or the document is older than what the ledger knows.
    """

    changes: dict[int, list[StepChange]] = field(default_factory=dict)
    problems: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, GenesysCloudError] = field(default_factory=dict)
    ignored: dict[int, str] = field(default_factory=dict)
    superseded: set[int] = field(default_factory=set)
    at_limit: set[int] = field(default_factory=set)
    leaning: set[int] = field(default_factory=set)
    writes: list[Write] = field(default_factory=list)
    entries: dict[Slot, Entry] = field(default_factory=dict)
    decisions: dict[str, Goals] = field(default_factory=dict)
    done: dict[StepIdentity, Image] = field(default_factory=dict)
    contradicts_ledger: bool = False

    def apply(self) -> None:
        """Writes the steps into the document that was planned on."""
        for write in self.writes:
            write.apply()

    def claim_what_was_done_by(self, sent: Plan) -> bool:
        """Takes over the changes of an earlier plan whose publish was not answered, where the document shows them done.

        A step that stands at exactly what was sent is ours; one that stands at anything else is someone else's.

        Returns:
            Whether there was any.
        """
        sent_images = sent.done | {write.slot.identity: write.slot.image() for write in sent.writes}
        sent_changes = {
            (index, change.slot.identity): change for index, changes in sent.changes.items() for change in changes
        }
        for index, changes in self.changes.items():
            for number, change in enumerate(changes):
                step = change.slot.identity
                if step in sent_images and not change.slot.problem and sent_images[step] == change.slot.image():
                    changes[number] = sent_changes.get((index, step), change)
                    self.done[step] = sent_images[step]
        return bool(self.done)
