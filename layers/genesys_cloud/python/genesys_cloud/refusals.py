"""What a definite 4xx means for the thing that was read or written, in words."""

from __future__ import annotations

from http import HTTPStatus

from genesys_cloud.errors import (
    Conflict,
    FlowLocked,
    Forbidden,
    GenesysCloudError,
    Permanent,
    PublishRejected,
    ReadRejected,
    Refusal,
    Unavailable,
)

GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


def read_error(
    refusal: Refusal, what: str, *, unknown: type[Permanent], permission: str, hint: str
) -> GenesysCloudError:
    """Why something is not given.

    Args:
        what: such as "Flow f".
        unknown: the error of what is not there.
        permission: what the OAuth client needs for it.
        hint: the way out of not being there, or not being asked for rightly.
    """
    if isinstance(refusal, Conflict):
        return refusal.becomes(Unavailable, f"{what} cannot be read just now: {refusal.message}")
    if refusal.http_status in GONE:
        return refusal.becomes(unknown, f"no {what} in this organization", hint=hint)
    return _common_error(refusal, what, permission) or refusal.becomes(
        ReadRejected, f"Genesys Cloud refuses to give {what}: {refusal.message}", hint=hint
    )


def write_error(
    refusal: Refusal, what: str, *, unknown: type[Permanent], permission: str, verb: str, hint: str
) -> GenesysCloudError:
    """Why something is not written.

    Args:
        what, unknown, permission: as in `read_error`.
        verb: what Genesys Cloud does not do with it, such as "publish".
        hint: where to look for what is wrong with it.
    """
    if refusal.http_status in GONE:
        return refusal.becomes(unknown, f"{what} is gone: it was there a moment ago")
    return _common_error(refusal, what, permission) or refusal.becomes(
        PublishRejected, f"Genesys Cloud does not {verb} {what}: {refusal.message}", hint=hint
    )


def _common_error(refusal: Refusal, what: str, permission: str) -> GenesysCloudError | None:
    if refusal.http_status == HTTPStatus.FORBIDDEN:
        return refusal.becomes(
            Forbidden,
            f"the OAuth client may not use {what}: {permission} is missing: {refusal.message}",
            hint=f"give the OAuth client a role with {permission} in a division that covers it",
        )
    if refusal.http_status == HTTPStatus.LOCKED:
        return refusal.becomes(
            FlowLocked, f"{what} is locked: {refusal.message}", hint="it is never unlocked from here: ask its editor"
        )
    return None
