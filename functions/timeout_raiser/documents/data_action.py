"""The timeout of an integration action, in whole seconds.

It is `config.timeoutSeconds`, 60 where that is absent; of a function action it is `function.timeoutSeconds` (1 to 15),
15 where that is absent, whatever its configuration says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from documents.steps import Image, OrdinarySlot, StepIdentity, Steps
from genesys_cloud.integration_action import (
    FUNCTION,
    FUNCTION_SECONDS_WHEN_UNSET,
    MOST_FUNCTION_SECONDS,
    is_function_action,
    why_not_editable,
)


@dataclass(frozen=True, eq=False)
class DataActionSlot(OrdinarySlot):
    """The place of an integration action's timeout.

    Attributes:
        id, name: the action's own; None where it has none that is text.
    """

    _HOLDER: ClassVar = "config"

    id: str | None
    name: str | None
    _action: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it stands: the same in every action of its kind."""
        return f"{self._HOLDER}.timeoutSeconds"

    @property
    def identity(self) -> StepIdentity:
        """What makes it the same in another copy; not the name, for an action that is renamed stays the same."""
        return self.path, self.id, None

    @property
    def seconds(self) -> float | None:
        """The timeout in seconds, None where none is set or none can be read. Also of an action that takes no other."""
        seconds = self._holder.get("timeoutSeconds")
        return seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None

    @property
    def problem(self) -> str | None:
        """Why the timeout cannot be read or cannot be changed, or None."""
        if reason := why_not_editable(self._action):
            return f"{self._where}: {reason}"
        if self._holder.get("timeoutSeconds") is not None and self.seconds is None:
            return f"{self._where} is not a number of seconds"
        return None

    def write(self, seconds: int) -> None:
        """Sets the timeout. Ask `problem` first: what is to hold it is not made up where it is missing."""
        self._action[self._HOLDER]["timeoutSeconds"] = seconds

    def image(self) -> Image:
        """What holds it, as far as `write` touches it."""
        return {self._HOLDER: {key: value for key, value in self._holder.items() if key == "timeoutSeconds"}}

    def put_back(self, image: Image) -> None:
        """The timeout as it was; what else stands beside it by now stays."""
        holder, was = self._action[self._HOLDER], image[self._HOLDER]
        if "timeoutSeconds" in was:
            holder["timeoutSeconds"] = was["timeoutSeconds"]
        else:
            holder.pop("timeoutSeconds", None)

    @property
    def _where(self) -> str:
        """The path, and of which action: among many the path alone says nothing."""
        return self.path if self.id is None else f"{self.path} of {self.id}"

    @property
    def _holder(self) -> dict[str, Any]:
        holder = self._action.get(self._HOLDER)
        return holder if isinstance(holder, dict) else {}


class FunctionSlot(DataActionSlot):
    """The place of a function action's timeout: in its function."""

    _HOLDER: ClassVar = FUNCTION

    @property
    def limit_seconds(self) -> int | None:
        """What a function takes at most, whatever the organization allows."""
        return MOST_FUNCTION_SECONDS

    @property
    def default_seconds(self) -> int | None:
        """What holds where no timeout is set."""
        return FUNCTION_SECONDS_WHEN_UNSET

    @property
    def problem(self) -> str | None:
        """Why the timeout cannot be read or cannot be changed, or None."""
        if FUNCTION not in self._action and not why_not_editable(self._action):
            return f"{self._where}: the function of this action was not looked at: name the action by data_action_id"
        return super().problem


def find_steps(action: dict[str, Any]) -> Steps:
    """The one place there is."""
    action_id, name = (value if isinstance(value := action.get(key), str) else None for key in ("id", "name"))
    slot = FunctionSlot if is_function_action(action) else DataActionSlot
    return Steps([slot(action_id, name, action)])
