"""A refusal for a reason found on our side."""

from __future__ import annotations

from genesys_cloud.errors import Permanent

NOTHING_TO_RESTORE = "nothing_to_restore"
ALARM_NOT_ROUTED = "alarm_not_routed"


class Rejection(Permanent):
    """A request that is refused for a reason found on our side."""

    def __init__(self, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code
