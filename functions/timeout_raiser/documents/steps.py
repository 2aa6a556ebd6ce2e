"""What every kind of document shows of itself: the places of its timeouts, and the Flows it leads to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Image = dict[str, Any]
"""A document's own words in the place of one timeout, as much of it as a write touches: JSON, and small.

Of a Flow's step with a timeout: `{"settings": {"timeout": 3}}`; without one `{"settings": {}}`, or `{}` where there are
no settings at all. Putting an image back leaves exactly what was there: what was absent is absent again.
"""

StepIdentity = tuple[str, str | None, str | None]
"""Path, id and name of a step: what it can be known by in another copy of the document."""


class Slot(Protocol):
    """The place of one Data Action's timeout."""

    @property
    def id(self) -> str | None:
        """The step's own id; None where it has none that is text."""

    @property
    def name(self) -> str | None:
        """The step's own name; None where it has none that is text."""

    @property
    def alias(self) -> str | None:
        """Another name that it goes by where no step has that for its name; None where it has no other."""

    @property
    def path(self) -> str:
        """Where it stands, such as `steps[2].cases[0].steps[1]`."""

    @property
    def identity(self) -> StepIdentity:
        """What makes it the same step in another copy of the document."""

    @property
    def seconds(self) -> float | None:
        """The timeout in seconds, None where none is set or none can be read. May take a call, and raise Transient."""

    @property
    def problem(self) -> str | None:
        """Why the timeout can be neither read nor written, or None."""

    @property
    def default_seconds(self) -> int | None:
        """What holds here where no timeout is set; None where that is the same in the whole document."""

    @property
    def limit_seconds(self) -> int | None:
        """The highest timeout that this one place takes; None where only the organization's limit counts."""

    @property
    def suggested_by(self) -> str | None:
        """The id of the integration action whose timeout holds here; None where the place has its own."""

    def write(self, seconds: int) -> None:
        """Sets the timeout."""

    def image(self) -> Image:
        """What stands there now. Ask `problem` first."""

    def put_back(self, image: Image) -> None:
        """Makes it what it was when the image was taken."""

    def seconds_once_back(self, image: Image, remembered: float | None) -> float | None:
        """The timeout in seconds that holds once the image is put back.

        Args:
            remembered: what it was when the image was taken.
        """


class OrdinaryBounds:
    """What most places have nothing of their own to say of: default, limit, and what else may have changed since."""

    @property
    def default_seconds(self) -> int | None:
        """None: it is as in the rest of the document."""
        return None

    @property
    def limit_seconds(self) -> int | None:
        """None: it has no limit of its own."""
        return None

    def seconds_once_back(self, image: Image, remembered: float | None) -> float | None:  # noqa: ARG002
        """As it was: the image itself says it."""
        return remembered


class OrdinarySlot(OrdinaryBounds):
    """What most places have nothing to say of."""

    @property
    def alias(self) -> str | None:
        """None: it has no other name."""
        return None

    @property
    def suggested_by(self) -> str | None:
        """None: its timeout is its own."""
        return None


@dataclass(frozen=True)
class SubflowReference:
    """A step that leads to another Flow."""

    flow_id: str
    _spell_path: Callable[[], str]

    @property
    def path(self) -> str:
        """Where the step stands; spelled out only where it is wanted."""
        return self._spell_path()


@dataclass(frozen=True)
class Contents:
    """What a document holds, without the document, which may be large.

    Attributes:
        names: of its Data Actions.
        flow_ids: of the Flows it leads to.
    """

    names: tuple[str, ...] = ()
    flow_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Steps:
    """What one walk through a document finds, in the order of the document."""

    slots: list[Slot]
    subflows: list[SubflowReference] = field(default_factory=list)

    def contents(self) -> Contents:
        """The same in names."""
        names = (slot.name for slot in self.slots)
        return Contents(tuple(filter(None, names)), tuple(reference.flow_id for reference in self.subflows))
