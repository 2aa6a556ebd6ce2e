"""The timeout of an integration action: `config.timeoutSeconds`, in whole seconds, 60 where it is absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from documents.steps import Image, StepIdentity, Steps
from genesys_cloud.integration_action import why_not_editable

PATH = "config.timeoutSeconds"


@dataclass(frozen=True, eq=False)
class DataActionSlot:
    """The place of an integration action's timeout.

    Attributes:
        id, name: the action's own; None where it has none that is text.
    """

    id: str | None
    name: str | None
    _action: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it stands: the same in every action."""
        return PATH

    @property
    def identity(self) -> StepIdentity:
        """What makes it the same in another copy; not the name, for an action that is renamed stays the same."""
        return PATH, self.id, None

    @property
    def seconds(self) -> float | None:
        """The timeout in seconds, None where none is set or none can be read. Also of an action that takes no other."""
        seconds = self._config.get("timeoutSeconds")
        return seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None

    @property
    def problem(self) -> str | None:
        """Why the timeout cannot be read or cannot be changed, or None."""
        if reason := why_not_editable(self._action):
            return f"{PATH}: {reason}"
        if self._config.get("timeoutSeconds") is not None and self.seconds is None:
            return f"{PATH} is not a number of seconds"
        return None

    def write(self, seconds: int) -> None:
        """Sets the timeout. Ask `problem` first: a configuration that is missing is not made up."""
        self._action["config"]["timeoutSeconds"] = seconds

    def image(self) -> Image:
        """`config` as far as `write` touches it."""
        return {"config": {key: value for key, value in self._config.items() if key == "timeoutSeconds"}}

    def put_back(self, image: Image) -> None:
        """The timeout as it was; what else the configuration holds by now stays."""
        config, was = self._action["config"], image["config"]
        if "timeoutSeconds" in was:
            config["timeoutSeconds"] = was["timeoutSeconds"]
        else:
            config.pop("timeoutSeconds", None)

    @property
    def _config(self) -> dict[str, Any]:
        config = self._action.get("config")
        return config if isinstance(config, dict) else {}


def find_steps(action: dict[str, Any]) -> Steps:
    """The one place there is."""
    action_id, name = (value if isinstance(value := action.get(key), str) else None for key in ("id", "name"))
    return Steps([DataActionSlot(action_id, name, action)])
