"""Data Action steps of an Architect Flow's configuration: `useSuggestedTimeout`, or else a `timeout` of their own.

```json
{"__type": "DataAction", "id": "…", "name": "Call Data Action", "actionId": "custom_-_…", "actionName": "Get Balance",
 "useSuggestedTimeout": true,
 "timeout": {"config": {"lit": {"pos": 1, "text": "P0D0H1M0S0F", "type": "dur"}}, "text": "P0D0H1M0S0F", "type": "dur",
             "uiMetaData": {"mode": 1}, "metaData": {}, "version": 2}}
```

A step that uses the suggested timeout runs as long as its integration action allows; what `timeout` says does not count
then. A literal stands in two places; without `config.lit` the timeout is an expression, which is someone's own. Source:
exported Flows, and the Architect scripting client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from documents.duration import as_seconds, duration, milliseconds_of
from documents.steps import Image, OrdinaryBounds, StepIdentity, Steps
from documents.walk import Place, objects_of, spelled, text_of
from genesys_cloud.document import knows_no_timeout
from genesys_cloud.errors import Transient

_STEPS_WITH_A_TIMEOUT = dict.fromkeys(["DataAction", "SecureAction", "BridgeServerAction"])
"""`__type` of the steps that call an integration action. Nothing of them is the user's own data."""

LONGEST_SHOWN = 60


@dataclass(frozen=True, eq=False)
class ArchitectSlot(OrdinaryBounds):
    """The place of one step's timeout.

    Attributes:
        id: the step's own; None where it has none that is text.
        name: of the integration action that it calls (`actionName`): what it does, and what it is asked for by.
        alias: the step's own name, which is often that of many: "Call Data Action".
        action_id: of the integration action that it calls.
    """

    id: str | None
    name: str | None
    alias: str | None
    action_id: str | None
    _step: dict[str, Any]
    _place: Place
    _suggested: Callable[[str], float | None]

    @cached_property
    def path(self) -> str:
        """Spelled out only where it is wanted: a path is as long as the step is deep."""
        return spelled(self._place)

    @property
    def identity(self) -> StepIdentity:
        """What makes it the same step in another copy of the Flow: its id, for steps before it may come and go."""
        return ("", self.id, None) if self.id is not None else (self.path, None, self.name)

    @property
    def uses_suggested(self) -> bool:
        """Whether it runs as long as its integration action allows."""
        return _uses_suggested(self._step, self._timeout)

    @property
    def suggested_by(self) -> str | None:
        """The id of the integration action whose timeout holds here; None where the step has its own."""
        return self.action_id if self.uses_suggested else None

    @property
    def seconds(self) -> float | None:
        """How long it may run, in seconds: its own timeout, or the action's (None where that is not known).

        May take a call, and raise as `Document.suggested` does. Ask `problem` first.
        """
        if self.uses_suggested:
            return None if self.suggested_by is None else self._suggested(self.suggested_by)
        own = milliseconds_of(self._timeout.get("text"))
        return None if own is None else as_seconds(own)

    @property
    def problem(self) -> str | None:
        """Why the timeout can be neither read nor written, or None."""
        where = f"{self.path} ({self.name or self.alias})"
        for holder, key in ((self._step, "useSuggestedTimeout"), (self._timeout, "outOfService")):
            if not isinstance(holder.get(key), bool | None):
                return f"{where}: {key} is neither true nor false"
        if not isinstance(self._step.get("timeout"), dict):
            return f"{where}: timeout is not an object"
        text, literal = self._timeout.get("text"), self._literal
        if literal is None:
            return f"{where}: the timeout is an expression ({_shown(text)}), which is not overwritten"
        milliseconds = milliseconds_of(text)
        if milliseconds is None:
            return f"{where}: the timeout is no duration ({_shown(text)})"
        if milliseconds_of(literal.get("text")) != milliseconds:
            return f"{where}: the timeout says {_shown(text)}, its literal {_shown(literal.get('text'))}"
        return None

    def write(self, seconds: int) -> None:
        """Gives the step a timeout of its own."""
        text = duration(seconds)
        self._step["useSuggestedTimeout"] = False
        self._timeout["text"] = self._timeout["config"]["lit"]["text"] = text
        if "outOfService" in self._timeout:
            self._timeout["outOfService"] = False

    def image(self) -> Image:
        """The step as far as `write` touches it."""
        literal = {"text": self._timeout["config"]["lit"]["text"]}
        timeout = {"config": {"lit": literal}, "text": self._timeout["text"], **_part(self._timeout, "outOfService")}
        return {**_part(self._step, "useSuggestedTimeout"), "timeout": timeout}

    def put_back(self, image: Image) -> None:
        """As it was; what else the step holds by now stays."""
        was = image["timeout"]
        _put(self._step, "useSuggestedTimeout", image)
        _put(self._timeout, "outOfService", was)
        self._timeout["text"] = was["text"]
        self._timeout["config"]["lit"]["text"] = was["config"]["lit"]["text"]

    def seconds_once_back(self, image: Image, remembered: float | None) -> float | None:
        """Of a step that goes by its action's timeout again: what that is by now, if it is known."""
        if self.action_id is None or not _uses_suggested(image, image["timeout"]):
            return remembered
        try:
            return self._suggested(self.action_id)
        except Transient:
            return remembered

    @property
    def _timeout(self) -> dict[str, Any]:
        timeout = self._step.get("timeout")
        return timeout if isinstance(timeout, dict) else {}

    @property
    def _literal(self) -> dict[str, Any] | None:
        config = self._timeout.get("config")
        literal = config.get("lit") if isinstance(config, dict) else None
        return literal if isinstance(literal, dict) else None


def find_steps(configuration: dict[str, Any], suggested: Callable[[str], float | None] = knows_no_timeout) -> Steps:
    """Walks the whole configuration once, however deep.

    Args:
        suggested: the timeout in seconds of an integration action, by its id; asked for only where it counts.
    """
    return Steps(
        [
            ArchitectSlot(
                id=text_of(node, "id"),
                name=text_of(node, "actionName"),
                alias=text_of(node, "name"),
                action_id=text_of(node, "actionId"),
                _step=node,
                _place=place,
                _suggested=suggested,
            )
            for _, node, place in objects_of(_STEPS_WITH_A_TIMEOUT, configuration, named_by="__type")
        ]
    )


def _uses_suggested(step: Mapping[str, Any], timeout: Mapping[str, Any]) -> bool:
    return step.get("useSuggestedTimeout") is not False or bool(timeout.get("outOfService"))


def _put(holder: dict[str, Any], key: str, was: dict[str, Any]) -> None:
    """The member as it was, absent if it was absent."""
    if key in was:
        holder[key] = was[key]
    else:
        holder.pop(key, None)


def _part(holder: dict[str, Any], key: str) -> dict[str, Any]:
    return {key: holder[key]} if key in holder else {}


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return "nothing that is text"
    return ascii(value[:LONGEST_SHOWN]) + ("…" if len(value) > LONGEST_SHOWN else "")
