"""What can be set about the simulated organization."""

from dataclasses import dataclass

from genesys_simulator import checks
from genesys_simulator.checks import Check, check_fields

VIEW_FLOW = "view:flow"
ADMIN_FLOW = "admin:flow"
VIEW_ACTION = "integrations:action:view"
EDIT_ACTION = "integrations:action:edit"
DELETE_ACTION = "integrations:action:delete"
VIEW_FUNCTION = "integrations:actionFunction:view"
EDIT_FUNCTION = "integrations:actionFunction:edit"
VIEW_ARCHITECT_FLOW = "architect:flow:view"
EDIT_ARCHITECT_FLOW = "architect:flow:edit"
PUBLISH_ARCHITECT_FLOW = "architect:flow:publish"
UNLOCK_ARCHITECT_FLOW = "architect:flow:unlock"
VIEW_DEPENDENCIES = "architect:dependencyTracking:view"
_PERMISSIONS = (
    ADMIN_FLOW,
    EDIT_ACTION,
    VIEW_ACTION,
    VIEW_FLOW,
    VIEW_ARCHITECT_FLOW,
    EDIT_ARCHITECT_FLOW,
    PUBLISH_ARCHITECT_FLOW,
    UNLOCK_ARCHITECT_FLOW,
    VIEW_DEPENDENCIES,
    DELETE_ACTION,
    VIEW_FUNCTION,
    EDIT_FUNCTION,
)
PERMISSIONS = frozenset(_PERMISSIONS)
"""Every permission there is: `view:flow` and `admin:flow` are the source tutorial's, the others the platform's."""

VERSION_MISMATCH_STATUSES = (400, 408, 409)
"""How the platform has been seen to refuse a stale version of an action (terraform-provider-genesyscloud)."""

LOCK_CONFLICT_STATUSES = (400, 409)
"""How a Flow that somebody else has checked out may be refused; 409 is among the official SDKs' answers."""

_LIMIT: Check = (
    lambda value: value is None or checks.is_count(value),
    "an integer of at least 1, or nothing for no limit",
)

_CHECKS: dict[str, Check] = {
    "client_id": checks.TEXT,
    "client_secret": checks.TEXT,
    "expires_in": checks.DURATION,
    "permissions": (
        lambda value: isinstance(value, set | frozenset) and value <= PERMISSIONS,
        f"a set of some of {', '.join(_PERMISSIONS)}",
    ),
    "etags": checks.BOOL,
    "require_if_match": checks.BOOL,
    "max_timeout_seconds": checks.COUNT,
    "version_mismatch_status": (
        lambda value: type(value) is int and value in VERSION_MISMATCH_STATUSES,
        f"one of {', '.join(map(str, VERSION_MISMATCH_STATUSES))}",
    ),
    "rate_limit_calls": _LIMIT,
    "rate_limit_window_seconds": checks.DURATION,
    "send_retry_after": checks.BOOL,
    "latency_seconds": checks.DELAY,
    "login_limit_calls": _LIMIT,
    "publish_polls": (lambda value: type(value) is int and value >= 0, "an integer of at least 0"),
    "publish_seconds": checks.DELAY,
    "publish_error": checks.OPTIONAL_TEXT,
    "publish_status": (lambda value: type(value) is int and value in (200, 202), "200 or 202"),
    "lock_conflict_status": (
        lambda value: type(value) is int and value in LOCK_CONFLICT_STATUSES,
        f"one of {', '.join(map(str, LOCK_CONFLICT_STATUSES))}",
    ),
    "revert_releases_lock": checks.BOOL,
    "saved_version_tokens": checks.BOOL,
    "check_dependencies": checks.BOOL,
    "max_request_bytes": checks.COUNT,
    "max_flow_bytes": checks.COUNT,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the simulated organization is set up. Raises ValueError, naming the setting, when one is wrong.

    - `client_id`, `client_secret`: who may log in; `expires_in`: how many seconds a token is good for
    - `permissions`: what the client may do, some of `PERMISSIONS`
    - `etags`: answers carry an ETag and `If-Match` is heeded
    - `require_if_match`: publishing without `If-Match` is refused (428)
    - `max_timeout_seconds`: the longest timeout of a Flow's Data Action that can be published
    - `version_mismatch_status`: how a change of an integration action by a stale version is refused (400, 408 or 409)
    - `rate_limit_calls` in `rate_limit_window_seconds`: calls per token, None for no limit
    - `send_retry_after`: whether a 429 of the rate limit says how long to wait
    - `latency_seconds`: how long every call takes at least
    - `login_limit_calls` in `rate_limit_window_seconds`: logins, None for no limit; one too many is a 400

    Of Architect:

    - `publish_polls`, `publish_seconds`: how often the Flow must be looked at, and how long it takes, until it is
      published or checked in; `publish_error`: the code with which publishing fails; `publish_status`: of its answer
    - `lock_conflict_status`: how a Flow in use is refused (400 or 409)
    - `revert_releases_lock`: whether a revert gives the lock back, or leaves that to a check-in
    - `saved_version_tokens`: saved versions have ids like `saved_version_<uuid>`, and are shown only until they are
      checked in or published; otherwise they have numbers like all others
    - `check_dependencies`: a Flow that calls a Data Action which does not exist cannot be published
    - `max_request_bytes`, `max_flow_bytes`: the largest configuration that can be saved, and that can be published
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
    login_limit_calls: int | None = None
    publish_polls: int = 1
    publish_seconds: float = 0.0
    publish_error: str | None = None
    publish_status: int = 202
    lock_conflict_status: int = 409
    revert_releases_lock: bool = True
    saved_version_tokens: bool = False
    check_dependencies: bool = False
    max_request_bytes: int = 6_291_456
    max_flow_bytes: int = 6_165_627

    def __post_init__(self) -> None:
        check_fields(self, _CHECKS)
        if self.require_if_match and not self.etags:
            message = "require_if_match needs etags"
            raise ValueError(message)
