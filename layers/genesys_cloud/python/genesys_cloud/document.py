"""A document of Genesys Cloud's as it was read: what is changed in place and written back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from genesys_cloud.errors import InvalidFlowDefinition

ID_PATTERN = r"^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$"
"""An id that stays one segment of a path: `.` and `..` would leave it."""

_ID = re.compile(ID_PATTERN)
_LONGEST_SHOWN = 60


def segment(found_id: str) -> str:
    """An id that came from anywhere, to be put into a path or a query as it is.

    To quote one would not do: `%2E%2E` is undone on the way, and leaves its path as `..` does.

    Raises:
        InvalidFlowDefinition: it could lead elsewhere, or is none of Genesys Cloud's.
    """
    if not _ID.fullmatch(found_id):
        raise InvalidFlowDefinition(f"{found_id[:_LONGEST_SHOWN]!a} is not an id that could be asked for")
    return found_id


def knows_no_timeout(action_id: str) -> float | None:  # noqa: ARG001
    """The suggestions of a document that has none."""
    return None


@dataclass
class Document:
    """A document as it was read.

    Attributes:
        body: the parsed JSON; may be changed in place and written back, which may take it. Never shown: it may hold
            credentials.
        version: as read, or None where the document has none.
        etag: of the answer, to be sent back as `If-Match`.
        size: of its text as read, in bytes; 0 where nobody has counted.
        notes: what an operator has to know although nothing failed, in words; reading and writing add to them.
        notes_on_actions: the same of integration actions whose timeouts it goes by, by the action's id.
        suggested: the timeout in seconds that an integration action has of its own, by the action's id; asked for only
            where a step uses it, for it may take a call, and may raise Transient. None where nothing is known.
    """

    id: str
    body: dict[str, Any] = field(repr=False)
    version: str | None
    etag: str | None = None
    size: int = 0
    notes: list[str] = field(default_factory=list)
    notes_on_actions: dict[str, str] = field(default_factory=dict)
    suggested: Callable[[str], float | None] = field(default=knows_no_timeout, repr=False, compare=False)


def version_of(body: dict[str, Any]) -> str | None:
    """The version as text, whether Genesys gives a number or a text."""
    version = body.get("version")
    return str(version) if isinstance(version, int | str) and not isinstance(version, bool) else None
