"""What `GET /api/v2/flows/{id}` tells of an Architect Flow: who has it locked, its versions, the operation under way.

Source: the official SDKs' models Flow, FlowVersion and Operation. The ids of saved versions are numbers like those of
published ones, or tokens (`saved_version_<uuid>`), or not shown at all while nothing is saved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

PUBLISH = "PUBLISH"

_NUMBER = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?")
_ENDED = {"SUCCESS", "FAILURE"}
_SOMEONE = "someone unnamed"


@dataclass(frozen=True)
class Version:
    """One version of a Flow.

    Attributes:
        created: when, in milliseconds or as text; None where that is not told.
        client_id: of the OAuth client that has made it, None where it was a user, or is not told.
    """

    id: str
    created: int | str | None
    client_id: str | None

    def is_newer_than(self, other: Version) -> bool:
        """Whether it came after the other one; of two that do not tell, the answer is yes."""
        if self.id == other.id:
            return False
        own, others = _NUMBER.fullmatch(self.id), _NUMBER.fullmatch(other.id)
        if own and others:
            return _numbers(own) > _numbers(others)
        if isinstance(self.created, int) and isinstance(other.created, int):
            return self.created >= other.created
        if isinstance(self.created, str) and isinstance(other.created, str):  # ISO 8601, all with the same offset
            return self.created >= other.created
        return True


@dataclass(frozen=True)
class Operation:
    """What was done to a Flow last, or is being done.

    Attributes:
        action: `CHECKOUT`, `SAVE`, `PUBLISH`, `CHECKIN`, ...; None where it is not told.
        client_id, user_id: who has started it, as far as it is told.
        complete: it is over, well or not.
        failed: it is over, and was in vain.
        error: what Genesys Cloud says of a failure.
    """

    id: str
    action: str | None
    client_id: str | None
    user_id: str | None
    complete: bool
    failed: bool
    error_code: str | None
    error_message: str | None

    @classmethod
    def parse(cls, body: object) -> Operation:
        """Raises ValueError: it is none."""
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise ValueError("an operation is an object with an id")
        status, error_code = _text(body, "actionStatus"), _text(body, "errorCode")
        complete = body.get("complete") is True or status in _ENDED
        return cls(
            id=body["id"],
            action=_text(body, "actionName"),
            client_id=_text(body.get("client"), "id"),
            user_id=_text(body.get("user"), "id"),
            complete=complete,
            failed=complete and status != "SUCCESS" and (status == "FAILURE" or error_code is not None),
            error_code=error_code,
            error_message=_text(body, "errorMessage"),
        )


@dataclass(frozen=True)
class Metadata:
    """A Flow at one moment, without its configuration.

    Attributes:
        locked_user, locked_client: who has it checked out, by id (or name); None where no one of that kind has.
        published, saved, checked_in: its versions, as far as there are and are shown.
        operation: what was done last, or is being done.
    """

    locked_user: str | None
    locked_client: str | None
    published: Version | None
    saved: Version | None
    checked_in: Version | None
    operation: Operation | None

    @classmethod
    def parse(cls, body: object) -> Metadata:
        """Raises ValueError: it is none."""
        if not isinstance(body, dict):
            raise ValueError("a Flow's metadata is an object")
        return cls(
            locked_user=_holder(body.get("lockedUser")),
            locked_client=_holder(body.get("lockedClient")),
            published=_version(body.get("publishedVersion")),
            saved=_version(body.get("savedVersion")),
            checked_in=_version(body.get("checkedInVersion")),
            operation=_operation(body.get("currentOperation")),
        )

    @property
    def published_id(self) -> str | None:
        """The id of the published version."""
        return self.published.id if self.published else None

    def is_locked_by(self, client_id: str) -> bool:
        """Whether this client has it checked out."""
        return self.locked_user is None and self.locked_client == client_id

    def other_holder(self, client_id: str) -> str | None:
        """Who else has it checked out, in words."""
        if self.locked_user is not None:
            return f"user {self.locked_user}"
        if self.locked_client in {None, client_id}:
            return None
        return f"OAuth client {self.locked_client}"

    def is_being_changed_by(self, client_id: str) -> bool:
        """Whether an operation of this client is under way. One that does not tell whose it is is the lock holder's."""
        operation = self.operation
        return operation is not None and not operation.complete and self._is_of(operation, client_id)

    def publishing_of(self, client_id: str, *, since: Operation | None) -> Operation | None:
        """The publish that this client has started since another operation was the current one, over or not."""
        operation = self.operation
        if operation is None or (since is not None and since.id == operation.id):
            return None
        told_other = operation.client_id not in {None, client_id} or (
            operation.client_id is None and operation.user_id is not None
        )
        return None if told_other or operation.action not in {None, PUBLISH} else operation

    def unpublished_work(self, *, but_of: str | None = None) -> Version | None:
        """What was saved or checked in after the published version, if anything was.

        Args:
            but_of: what this client has saved does not count.
        """
        for version in (self.checked_in, self.saved):
            if version is None or (but_of is not None and version.client_id == but_of):
                continue
            if self.published is None or version.is_newer_than(self.published):
                return version
        return None

    def _is_of(self, operation: Operation, client_id: str) -> bool:
        if operation.client_id is not None:
            return operation.client_id == client_id
        return operation.user_id is None and self.is_locked_by(client_id)


def _numbers(match: re.Match[str]) -> tuple[int, int]:
    return int(match[1]), int(match[2] or 0)


def _version(value: object) -> Version | None:
    version_id = _text(value, "id")
    if version_id is None or not isinstance(value, dict):
        return None
    created = value.get("dateCreated")
    told = isinstance(created, int | str) and not isinstance(created, bool)
    return Version(version_id, created if told else None, _text(value.get("createdByClient"), "id"))


def _operation(value: object) -> Operation | None:
    return Operation.parse(value) if _text(value, "id") else None


def _holder(value: object) -> str | None:
    if not value:
        return None
    return _text(value, "id") or _text(value, "name") or _SOMEONE


def _text(holder: object, key: str) -> str | None:
    value: Any = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) and value else None
