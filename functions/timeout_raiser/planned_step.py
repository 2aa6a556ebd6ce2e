"""One step while requests are carried out on it: where it stands by now, and what is remembered of it by now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from documents.steps import Image, Slot
from ledger import Before, Entry, StepKey, shortened
from timeout_request import AlarmOrder, TimeoutRequest


@dataclass(eq=False)
class PlannedStep:
    """One slot while requests are carried out on it, one after the other.

    Attributes:
        seconds: where it stands by now.
        image: the same as an image; None once it was written.
        default: what counts where none is set, in seconds.
        key: what it is remembered by; None where nothing is to be remembered.
        entry: what is remembered of it by now; None where nothing is.
        last_request: the one that has written it last.
        run: neighbouring raises so far: the index of each, and what it asks for.
        run_before: where it stood when they began.
    """

    slot: Slot
    default: int
    key: StepKey | None
    entry: Entry | None
    seconds: float | None = None
    image: Image | None = None
    last_request: TimeoutRequest | None = None
    run: list[tuple[int, int]] = field(default_factory=list)
    run_before: float | None = None

    def __post_init__(self) -> None:
        self.seconds, self.image = self.slot.seconds, self.slot.image()

    @property
    def effective(self) -> float:
        """Where it stands by now, the default in the place of none."""
        return self.effective_at(self.seconds)

    def effective_at(self, seconds: float | None) -> float:
        """So many seconds, the default in the place of none."""
        return self.default if seconds is None else seconds

    @property
    def stands_as_before(self) -> bool:
        """Whether it is what it was before this system first changed it."""
        return self.entry is not None and self.entry.before is not None and self.image == self.entry.before.image

    @property
    def belongs_to_someone_else(self) -> bool:
        """Whether there is something to put back, but someone else has set the step since."""
        if self.entry is None or self.entry.before is None:
            return False
        return not (self.stands_as_before or self.entry.is_ours(self.seconds))

    def write(self, seconds: int, request: TimeoutRequest) -> None:
        """Goes to so many seconds."""
        if self.key:
            self.entry = entry_of(self.key, self.slot, self.entry).intends(self.seconds, self.image, seconds)
        self.seconds, self.image, self.last_request = seconds, None, request

    def put_back(self, before: Before, request: TimeoutRequest) -> None:
        """Goes back to what it was."""
        self.seconds = self.slot.seconds_once_back(before.image, before.seconds)
        self.image, self.last_request = before.image, request

    @property
    def is_raised(self) -> bool:
        """Whether a request before has raised it in this plan."""
        return self.effective > self.effective_at(self.slot.seconds)

    def is_restored_since(self, order: AlarmOrder) -> bool:
        """Whether what this transition did to it was put back, before the transition could be marked as finished."""
        entry = self.entry
        if entry is None or entry.before or entry.alarm_changed_at is None:
            return False
        return (entry.alarm, entry.alarm_changed_at) == (order.alarm, order.changed_at)

    def is_due_to(self, order: AlarmOrder) -> bool:
        """Whether its last raise was asked for by this alarm, before it was over."""
        entry = self.entry
        if entry is None or entry.alarm != order.alarm:
            return False
        return order.changed_at is None or (entry.alarm_changed_at or 0) <= order.changed_at


def entry_of(key: StepKey, slot: Slot, known: Entry | None) -> Entry:
    """What is remembered of a step, with where it stands and how it is called now."""
    path, name = shortened(slot.path), slot.name and shortened(slot.name)
    return replace(known, path=path, name=name) if known else Entry(key, path, name)
