"""What a call is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Target:
    """The Flow or the integration action in a call's path; both None for a login or a listing, say."""

    flow_id: str | None = None
    action_id: str | None = None

    @classmethod
    def from_path(cls, values: Mapping[str, str]) -> Self:
        """From the values of a path's placeholders."""
        return cls(values.get("flow_id"), values.get("action_id"))

    @property
    def document_id(self) -> str | None:
        """The id of the one it is about, whichever that is."""
        return self.flow_id if self.flow_id is not None else self.action_id
