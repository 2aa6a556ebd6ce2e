"""What can go wrong with Genesys Cloud, as a tree.

    GenesysCloudError
    ├── Transient                  worth another try, later
    │   ├── Unavailable            5xx, reset, timeout, broken body, redirect
    │   │   └── AnswerLost         the same on a write: it may have been done
    │   │       └── PublishUnderWay  it was begun, and goes on without us
    │   ├── RateLimited            429, and the wait does not fit the time left
    │   ├── OutOfTime              no attempt was started that could not finish
    │   ├── ConflictRetriesExhausted
    │   ├── CredentialsUnavailable the secret is missing, unreadable or wrong
    │   └── CredentialsInvalid     Genesys refuses what the secret says
    ├── Permanent                  asking again gives the same answer
    │   ├── Forbidden
    │   ├── FlowNotFound
    │   ├── FlowLocked
    │   ├── InvalidFlowDefinition
    │   ├── PublishRejected
    │   ├── DataActionNotFound
    │   ├── DataActionNotEditable  Genesys's own, or one whose timeout is kept elsewhere
    │   ├── DataActionAmbiguous    a name that does not name one
    │   └── ReadRejected
    └── Refusal                    a definite 4xx, before anyone has said what it means for the resource
        └── Conflict               409, 412 (PATCH: 408 and some 400 too): someone else wrote in between, read again
            └── Overtaken          the same after our own write was taken: it may be there all the same

`Transient` and `Permanent` are what the callers of this library see; `Conflict` and `AnswerLost` (and what is below
them) are handled by the change loop.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

COMES_AGAIN = "a request from the queue comes again by itself; after a direct invoke, send it again"
"""The hint of errors that pass by themselves."""

Kind = TypeVar("Kind", bound="GenesysCloudError")


class GenesysCloudError(Exception):
    """Something that Genesys Cloud, or the way to it, did not do.

    Attributes:
        code: the outcome's error code.
        message: what was tried, on what, and what came back. Never holds a secret.
        hint: the way out, in words.
        http_status: of the answer, None when there was none.
        genesys_code: Genesys's own error code, such as `missing.permissions`.
        correlation_id: of the answer (`ININ-Correlation-Id`): what Genesys's support asks for.
    """

    code: str = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        http_status: int | None = None,
        genesys_code: str | None = None,
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.genesys_code = genesys_code
        self.correlation_id = correlation_id

    def becomes(self, error: type[Kind], message: str, *, hint: str | None = None) -> Kind:
        """The same answer under another name: status, code and correlation id are kept."""
        return error(
            message,
            hint=hint,
            http_status=self.http_status,
            genesys_code=self.genesys_code,
            correlation_id=self.correlation_id,
        )


class Refusal(GenesysCloudError):
    """A definite 4xx. `message` is Genesys's own; the resource's module says what it means."""


class Conflict(Refusal):
    """The document is no longer the one that was read: 409, 412, or what else a call says it with."""

    @property
    def may_be_done(self) -> bool:
        """Whether the write may have been done all the same: a 408 can also be one that only took too long."""
        return self.http_status == HTTPStatus.REQUEST_TIMEOUT


class Overtaken(Conflict):
    """Our write was taken, and yet what is there now is not what we wrote, or not all of it."""

    @property
    def may_be_done(self) -> bool:
        """Always: what of it is there shows when it is read again."""
        return True


class Transient(GenesysCloudError):
    """Worth another try."""

    retry_after_seconds: float | None = None
    """When the next try makes sense; None leaves it to the caller's backoff."""


class Unavailable(Transient):
    """No answer, or one that says nothing: 408, 5xx, a reset, a timeout, a broken body, a redirect."""

    code = "genesys_unavailable"


class AnswerLost(Unavailable):
    """The same on a write: whether it was done can only be known by reading again."""


class PublishUnderWay(AnswerLost):
    """Publishing was begun and goes on without us: the next invocation finds what became of it."""

    code = "deadline_exceeded"
    retry_after_seconds = 30.0


class RateLimited(Transient):
    """429, and waiting as long as told does not fit the time left."""

    code = "rate_limited"


class OutOfTime(Transient):
    """The invocation's deadline is too near to start another attempt."""

    code = "deadline_exceeded"
    retry_after_seconds = 0.0


class ConflictRetriesExhausted(Transient):
    """Someone else published in between, every time."""

    code = "conflict_retries_exhausted"


class CredentialsUnavailable(Transient):
    """The organization's secret is missing, unreadable or wrong; names the key at fault, never a value."""

    code = "credentials_unavailable"


class CredentialsInvalid(Transient):
    """Genesys refuses the client, also after the secret was read again."""

    code = "credentials_invalid"


class Permanent(GenesysCloudError):
    """Asking again would give the same answer."""


class Forbidden(Permanent):
    """403: the OAuth client lacks a permission."""

    code = "forbidden"


class FlowNotFound(Permanent):
    """404: no such Flow in this organization."""

    code = "flow_not_found"


class FlowLocked(Permanent):
    """Someone is editing the Flow, or has left unpublished work in it. It is theirs: neither unlocked nor published."""

    code = "flow_locked"


class InvalidFlowDefinition(Permanent):
    """The document is not what it should be: no object, no steps, never published, too deep, not to be carried."""

    code = "invalid_flow_definition"


class PublishRejected(Permanent):
    """Genesys does not accept the document."""

    code = "publish_rejected"


class DataActionNotFound(Permanent):
    """404: no such integration action in this organization."""

    code = "data_action_not_found"


class DataActionNotEditable(Permanent):
    """An integration action whose timeout cannot be changed this way; nothing was sent."""

    code = "data_action_not_editable"


class DataActionAmbiguous(Permanent):
    """A name that does not lead to one integration action."""

    code = "data_action_ambiguous"


class ReadRejected(Permanent):
    """Genesys does not accept the question."""

    code = "invalid_request"
