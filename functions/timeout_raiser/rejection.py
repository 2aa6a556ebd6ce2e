"""A refusal for a reason found on our side."""

from __future__ import annotations

from genesys_cloud.errors import Permanent
from timeout_request import TimeoutRequest

NOTHING_TO_RESTORE = "nothing_to_restore"
ALARM_NOT_ROUTED = "alarm_not_routed"


class Rejection(Permanent):
    """A request that is refused for a reason found on our side."""

    def __init__(self, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


def out_of_range(request: TimeoutRequest, limit: int, *, of: str = "") -> Rejection:
    """The refusal of a timeout above the limit.

    Args:
        of: what the limit is of, where it is not the organization's.
    """
    whose = of or f"organization {request.organization}"
    return Rejection(
        "timeout_out_of_range",
        f"timeout_seconds is {request.timeout_seconds}: {whose} allows {limit} at most",
        hint=f"ask for 1 to {limit} seconds" + ("" if of else ", or have the limit raised: docs/configuration.md"),
    )
