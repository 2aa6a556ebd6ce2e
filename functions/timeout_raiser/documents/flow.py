"""Data Action steps of a Flow of the publish protocol: `type`, `name`, `settings.timeout` in whole seconds.

A step may stand anywhere: in `steps`, in cases, branches, loops, embedded sub-flows, under keys nobody thought of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from documents.steps import Image, OrdinarySlot, StepIdentity, Steps, SubflowReference
from documents.walk import Place, objects_of, spelled, text_of
from genesys_cloud.document import ID_PATTERN

DATA_ACTION = "data-action"
SUB_FLOW = "sub-flow"
_KINDS = {DATA_ACTION: "settings", SUB_FLOW: None}
"""What is looked for, and what of it is the user's own data."""

_FLOW_ID = re.compile(ID_PATTERN)


@dataclass(frozen=True, eq=False)
class FlowSlot(OrdinarySlot):
    """The place of one step's timeout.

    Attributes:
        id, name: the step's own; None where it has none that is text.
        path: where it stands, such as `steps[2].cases[0].steps[1]`.
    """

    id: str | None
    name: str | None
    _step: dict[str, Any]
    _place: Place

    @cached_property
    def path(self) -> str:
        """Spelled out only where it is wanted: a path is as long as the step is deep."""
        return spelled(self._place)

    @property
    def identity(self) -> StepIdentity:
        """What makes it the same step in another copy of the Flow."""
        return self.path, self.id, self.name

    @property
    def seconds(self) -> float | None:
        """The timeout in seconds, None where none is set or none can be read."""
        settings = self._step.get("settings")
        seconds = settings.get("timeout") if isinstance(settings, dict) else None
        return seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None

    @property
    def problem(self) -> str | None:
        """Why the timeout can be neither read nor written, or None."""
        settings = self._step.get("settings")
        if settings is None:
            return None
        if not isinstance(settings, dict):
            return f"{self.path}.settings is not an object"
        seconds = settings.get("timeout")
        if seconds is None or (isinstance(seconds, int | float) and not isinstance(seconds, bool)):
            return None
        return f"{self.path}.settings.timeout is not a number of seconds"

    def write(self, seconds: int) -> None:
        """Sets the timeout; `settings` is created when missing."""
        if self._step.get("settings") is None:
            self._step["settings"] = {}
        self._step["settings"]["timeout"] = seconds

    def image(self) -> Image:
        """`settings` as far as `write` touches it."""
        if "settings" not in self._step:
            return {}
        settings = self._step["settings"]
        if settings is None:
            return {"settings": None}
        return {"settings": {"timeout": settings["timeout"]} if "timeout" in settings else {}}

    def put_back(self, image: Image) -> None:
        """Settings and timeout as they were; what else the settings hold by now stays."""
        settings, was = self._step.get("settings"), image.get("settings")
        if was and "timeout" in was:
            self._step["settings"] = {**(settings or {}), **was}
            return
        if settings:
            settings.pop("timeout", None)
        if was is None and not settings:
            if "settings" in image:
                self._step["settings"] = None
            else:
                self._step.pop("settings", None)


def find_steps(flow: dict[str, Any]) -> Steps:
    """Walks the whole Flow once, however deep, and never into the `settings` of a Data Action: they are user data."""
    found = Steps([])
    for kind, node, place in objects_of(_KINDS, flow, named_by="type"):
        if kind == DATA_ACTION:
            found.slots.append(FlowSlot(text_of(node, "id"), text_of(node, "name"), node, place))
            continue
        flow_id = _referenced_flow(node)
        if flow_id is not None:
            found.subflows.append(SubflowReference(flow_id, partial(spelled, place)))
    return found


def _referenced_flow(step: dict[str, Any]) -> str | None:
    settings = step.get("settings")
    for holder in (step, settings if isinstance(settings, dict) else {}):
        flow_id = holder.get("flowId")
        if isinstance(flow_id, str) and _FLOW_ID.match(flow_id) and not flow_id.endswith("\n"):
            return flow_id
    return None
