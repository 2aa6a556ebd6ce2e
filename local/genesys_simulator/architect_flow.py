"""The Flow as Architect keeps it: versions, a lock, and the operation under way. Every change gives another Flow."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from genesys_simulator import json_text
from genesys_simulator.architect_configuration import timed_steps, timeout_of

FLOW_TYPES = [
    "BOT",
    "BUSINESSPROCESS",
    "COMMONMODULE",
    "DIGITALBOT",
    "EMAILSEND",
    "INBOUNDCALL",
    "INBOUNDCHAT",
    "INBOUNDEMAIL",
    "INBOUNDSHORTMESSAGE",
    "INQUEUECALL",
    "INQUEUEEMAIL",
    "INQUEUESHORTMESSAGE",
    "OUTBOUNDCALL",
    "SECURECALL",
    "SPEECH",
    "SURVEYINVITE",
    "VOICE",
    "VOICEMAIL",
    "VOICESURVEY",
    "WORKFLOW",
    "WORKITEM",
]
"""As the official SDKs' model Flow has them."""

_STATUSES_UNDER_WAY = ("STARTED", "PENDING_GENERATION", "PENDING_BACKEND_NOTIFICATION")


@dataclass(frozen=True)
class Version:
    """One version of a Flow. `kind` is `SAVE`, `CHECKIN` or `PUBLISH`; `number` is None while it has only a token."""

    version_id: str
    number: int | None
    kind: str
    body: bytes = field(repr=False)
    client_id: str | None = None
    created_milliseconds: int = field(default_factory=lambda: int(time.time() * 1000))

    @classmethod
    def numbered(cls, number: int, kind: str, body: bytes, client_id: str | None = None) -> Self:
        """A version with an id like `3.0`."""
        return cls(f"{number}.0", number, kind, body, client_id)


@dataclass(frozen=True)
class Operation:
    """What was done last, or is being done; `polls` is how often its progress was looked at.

    `action` is `CHECKOUT`, `SAVE`, `PUBLISH`, `CHECKIN`, `REVERT` or `STATE_CHANGE`.
    """

    action: str
    client_id: str | None = None
    complete: bool = True
    started_seconds: float = 0.0
    polls: int = 0
    error_code: str | None = None
    error_message: str | None = None
    operation_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def status(self) -> str:
        """As the platform calls it: `SUCCESS`, `FAILURE`, or where it stands."""
        if self.complete:
            return "FAILURE" if self.error_code else "SUCCESS"
        return _STATUSES_UNDER_WAY[min(self.polls, len(_STATUSES_UNDER_WAY) - 1)]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How asynchronous operations go: until `polls` looks and `seconds` are over, then well or with `error`."""

    polls: int
    seconds: float
    error: str | None


@dataclass(frozen=True, kw_only=True)
class ArchitectFlow:
    """A Flow at one moment.

    - `published`, `checked_in`, `saved`: its versions; the same one after publishing, None where there is none
    - `locked_user`, `locked_client`: who has it checked out
    - `operation`: what was done last, or is being done
    - `publish_polls`, `publish_seconds`, `publish_error`: this Flow's own, in place of the settings
    """

    flow_id: str
    name: str
    type: str
    published: Version | None = None
    checked_in: Version | None = None
    saved: Version | None = None
    last_number: int = 0
    history: Mapping[str, Version] = field(default_factory=dict, repr=False)
    locked_user: str | None = None
    locked_client: str | None = None
    operation: Operation | None = None
    publish_polls: int | None = None
    publish_seconds: float | None = None
    publish_error: str | None = None

    @property
    def published_version(self) -> str | None:
        """The id of the published version, `3.0` say."""
        return self.published.version_id if self.published else None

    @property
    def saved_version(self) -> str | None:
        """The id of what was saved last, published or not."""
        return self.saved.version_id if self.saved else None

    @property
    def is_locked(self) -> bool:
        """Whether anybody has it checked out."""
        return self.locked_user is not None or self.locked_client is not None

    def configuration(self) -> dict[str, Any]:
        """The published configuration, parsed anew. Raises ValueError where there is none, or none that is JSON."""
        return json_text.read_dict(self.published.body if self.published else b"")

    def saved_configuration(self) -> dict[str, Any]:
        """The same of what was saved last."""
        return json_text.read_dict(self.saved.body if self.saved else b"")

    @property
    def timeouts(self) -> dict[str, float | str | None]:
        """Of the published configuration: ids of steps with their own timeouts, as `timeout_of` gives them."""
        return {str(step.get("id")): timeout_of(step) for step in timed_steps(self.configuration())}

    def with_version(self, version: Version, *, published: bool = False, checked_in: bool = False) -> Self:
        """With a version that is saved from now on, and more if said."""
        return replace(
            self,
            saved=version,
            checked_in=version if checked_in or published else self.checked_in,
            published=version if published else self.published,
            last_number=max(self.last_number, version.number or 0),
            history={**self.history, version.version_id: version},
        )

    def settled(self, pace: Pace, now: float) -> Self:
        """The same, or with its operation finished if it is time for that."""
        operation = self.operation
        if operation is None or operation.complete or operation.polls < pace.polls:
            return self
        if now - operation.started_seconds < pace.seconds:
            return self
        if operation.action == "PUBLISH" and pace.error:
            failed = replace(
                operation,
                complete=True,
                error_code=pace.error,
                error_message=f"The simulator was told that publishing flow '{self.name}' fails.",
            )
            return replace(self, operation=failed)
        return self._finished(replace(operation, complete=True))

    def _finished(self, operation: Operation) -> Self:
        done = replace(self, operation=operation, locked_user=None, locked_client=None)
        if self.saved is None:
            return done
        if operation.action == "PUBLISH":
            return done.with_version(self._numbered(self.saved, "PUBLISH"), published=True)
        return done.with_version(self._numbered(self.saved, "CHECKIN"), checked_in=True)

    def _numbered(self, version: Version, kind: str) -> Version:
        if version.kind == "PUBLISH":
            return version  # published before; nothing new came of it
        number = version.number or self.last_number + 1
        return Version.numbered(number, kind, version.body, version.client_id)


def new_flow(
    flow_id: str,
    configuration: Mapping[str, Any] | str | bytes | None,
    *,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - the platform's word
    version: int = 1,
    published: bool = True,
    unpublished: bool = False,
    checked_in: bool = False,
    **fields: Any,
) -> ArchitectFlow:
    """A Flow as it is before anybody touches it; see `GenesysSimulator.put_architect_flow`."""
    about: Mapping[str, Any] = configuration if isinstance(configuration, Mapping) else {}
    flow = ArchitectFlow(
        flow_id=flow_id,
        name=name or str(about.get("name") or flow_id),
        type=type or str(about.get("type") or "INBOUNDCALL").upper(),
        **fields,
    )
    if configuration is None:
        return flow
    if isinstance(configuration, str):
        body = configuration.encode()
    else:
        body = configuration if isinstance(configuration, bytes) else json_text.write(dict(configuration))
    if published:
        flow = flow.with_version(Version.numbered(version, "PUBLISH", body), published=True)
        version += 1
    if unpublished or not published:
        kind = "CHECKIN" if checked_in else "SAVE"
        flow = flow.with_version(Version.numbered(version, kind, body), checked_in=checked_in)
    return flow
