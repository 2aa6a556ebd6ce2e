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
    def path(self) -> str:
        """Where it stands, such as `steps[2].cases[0].steps[1]`."""

    @property
    def identity(self) -> StepIdentity:
        """What makes it the same step in another copy of the document."""

    @property
    def seconds(self) -> float | None:
        """The timeout in seconds, None where none is set. Ask `problem` first."""

    @property
    def problem(self) -> str | None:
        """Why the timeout can be neither read nor written, or None."""

    def write(self, seconds: int) -> None:
        """Sets the timeout."""

    def image(self) -> Image:
        """What stands there now. Ask `problem` first."""

    def put_back(self, image: Image) -> None:
        """Makes it what it was when the image was taken."""


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
class Steps:
    """What one walk through a document finds, in the order of the document."""

    slots: list[Slot]
    subflows: list[SubflowReference] = field(default_factory=list)
