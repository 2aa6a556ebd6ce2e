"""What can be set about the simulated organization."""

from dataclasses import dataclass

from genesys_simulator import checks
from genesys_simulator.checks import Check, check_fields

VIEW_FLOW = "view:flow"
ADMIN_FLOW = "admin:flow"
VIEW_ACTION = "integrations:action:view"
EDIT_ACTION = "integrations:action:edit"
PERMISSIONS = frozenset({VIEW_FLOW, ADMIN_FLOW, VIEW_ACTION, EDIT_ACTION})
"""Every permission there is: of Flows as the source tutorial names them, of actions as the platform does."""

VERSION_MISMATCH_STATUSES = (400, 408, 409)
"""How the platform has been seen to refuse a stale version of an action (terraform-provider-genesyscloud)."""

_CHECKS: dict[str, Check] = {
    "client_id": checks.TEXT,
    "client_secret": checks.TEXT,
    "expires_in": checks.DURATION,
    "permissions": (
        lambda value: isinstance(value, set | frozenset) and value <= PERMISSIONS,
        f"a set of some of {', '.join(sorted(PERMISSIONS))}",
    ),
    "etags": checks.BOOL,
    "require_if_match": checks.BOOL,
    "max_timeout_seconds": checks.COUNT,
    "version_mismatch_status": (
        lambda value: type(value) is int and value in VERSION_MISMATCH_STATUSES,
        f"one of {', '.join(map(str, VERSION_MISMATCH_STATUSES))}",
    ),
    "rate_limit_calls": (
        lambda value: value is None or checks.is_count(value),
        "an integer of at least 1, or nothing for no limit",
    ),
    "rate_limit_window_seconds": checks.DURATION,
    "send_retry_after": checks.BOOL,
    "latency_seconds": checks.DELAY,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the simulated organization is set up. Raises ValueError, naming the setting, when one is wrong.

    - `client_id`, `client_secret`: who may log in; `expires_in`: how many seconds a token is good for
    - `permissions`: what the client may do (`view:flow`, `admin:flow`, `integrations:action:view`,
      `integrations:action:edit`)
    - `etags`: answers carry an ETag and `If-Match` is heeded
    - `require_if_match`: publishing without `If-Match` is refused (428)
    - `max_timeout_seconds`: the longest timeout of a Flow's Data Action that can be published
    - `version_mismatch_status`: how a change of an integration action by a stale version is refused (400, 408 or 409)
    - `rate_limit_calls` in `rate_limit_window_seconds`: calls per token, None for no limit
    - `send_retry_after`: whether a 429 of the rate limit says how long to wait
    - `latency_seconds`: how long every call takes at least
    """

    client_id: str = "simulator-client"
    client_secret: str = "simulator-secret"  # noqa: S105 - opens nothing but the simulator
    expires_in: float = 3600
    permissions: frozenset[str] = PERMISSIONS
    etags: bool = True
    require_if_match: bool = False
    max_timeout_seconds: int = 30
    version_mismatch_status: int = 400
    rate_limit_calls: int | None = 300
    rate_limit_window_seconds: float = 60.0
    send_retry_after: bool = True
    latency_seconds: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, _CHECKS)
        if self.require_if_match and not self.etags:
            message = "require_if_match needs etags"
            raise ValueError(message)
