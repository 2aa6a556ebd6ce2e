"""What an HTTP answer of Genesys Cloud means: success, refusal, throttling, or nothing at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

from genesys_cloud.errors import Conflict, Refusal, Unavailable
from genesys_cloud.json_text import plain
from genesys_cloud.transport import Answer

LONGEST_MESSAGE = 500
"""Characters of Genesys's own message that are passed on."""
LONGEST_CODE = 100
LIFETIME_WHEN_UNTOLD_SECONDS = 300
LONGEST_LIFETIME_SECONDS = 10_000_000

# What may stand in a header: anything else would end up, token and all, in an error of the HTTP library.
_TOKEN = re.compile(r"[\x21-\x7e]+")

_CONFLICTS = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_VERSION_MISMATCH = "does not match the current version"
_DEFINITE_5XX = {HTTPStatus.NOT_IMPLEMENTED}

Parsed = TypeVar("Parsed")


def is_throttling(answer: Answer) -> bool:
    """429."""
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS


def is_login_throttling(answer: Answer) -> bool:
    """429; also a 400 whose description speaks of a rate limit, which is how Genesys's login says it."""
    told = answer.status == HTTPStatus.BAD_REQUEST and b"rate limit exceeded" in answer.body.lower()
    return told or is_throttling(answer)


def is_conflict(answer: Answer) -> bool:
    """409 or 412."""
    return answer.status in _CONFLICTS


def is_version_mismatch(answer: Answer) -> bool:
    """How a PATCH of an integration action says that someone else wrote in between: 409, 412, 408, or a 400 in words.

    Source: the official terraform provider, which reads again and tries again after each of these but the 412.
    """
    in_words = answer.status == HTTPStatus.BAD_REQUEST and _VERSION_MISMATCH in _error_body(answer)[1].lower()
    return in_words or answer.status == HTTPStatus.REQUEST_TIMEOUT or is_conflict(answer)


def parsed_success(
    answer: Answer, parse: Callable[[Answer], Parsed], what: str, *, hidden: Iterable[str]
) -> tuple[Parsed] | None:
    """The parsed body of a success (in a tuple, for a body may be parsed to None), or None for a definite 4xx.

    Raises:
        Unavailable: the answer says nothing: 408, 3xx, 5xx, or a body that does not parse.
    """
    status, size = answer.status, len(answer.body)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        try:
            return (parse(answer),)
        except ValueError:
            problem = f"{what}: answered {status} with a body that is broken ({size} bytes)"
    elif HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT:
        return None
    elif HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        problem = f"{what}: answered {status}, a redirect, which is never followed"
    else:
        problem = f"{what}: answered {status}"
    said = refusal(answer, hidden=hidden)
    raise Unavailable(problem, http_status=status, genesys_code=said.genesys_code, correlation_id=said.correlation_id)


def is_worth_repeating(error: Unavailable) -> bool:
    """Whether the same call may get another answer in a moment: not after a redirect, nor a 501."""
    status = error.http_status
    if status is None:
        return True
    return not (HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or status in _DEFINITE_5XX)


def refusal(answer: Answer, *, hidden: Iterable[str], is_conflict: Callable[[Answer], bool] = is_conflict) -> Refusal:
    """A definite 4xx as an error, with Genesys's own message, in which none of the hidden texts is left."""
    code, message, correlation_id = (
        without(text, hidden) for text in (*_error_body(answer), answer.correlation_id or "")
    )
    return (Conflict if is_conflict(answer) else Refusal)(
        message[:LONGEST_MESSAGE] or f"answered {answer.status}",
        http_status=answer.status,
        genesys_code=code[:LONGEST_CODE] or None,
        correlation_id=correlation_id[:LONGEST_CODE] or None,
    )


def without(text: str, hidden: Iterable[str]) -> str:
    """What Genesys Cloud says, with `***` for the hidden texts in it."""
    # A copy, for another thread may just be learning one more; the longest first, for one may begin with another.
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def token(answer: Answer) -> tuple[str, float]:
    """Access token and lifetime in seconds of a token answer (RFC 6749, 5.1).

    Raises:
        ValueError: it is none.
    """
    try:
        body = json.loads(answer.body)
    except RecursionError:
        body = None
    value = body.get("access_token") if isinstance(body, dict) else None
    lifetime = body.get("expires_in", LIFETIME_WHEN_UNTOLD_SECONDS) if isinstance(body, dict) else None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise ValueError("a token answer has an access_token of visible ASCII characters")
    if (
        isinstance(lifetime, bool)
        or not isinstance(lifetime, int | float)
        or not 0 < lifetime < LONGEST_LIFETIME_SECONDS
    ):
        raise ValueError("a token answer has an expires_in of some seconds")
    return value, float(lifetime)


def _error_body(answer: Answer) -> tuple[str, str]:
    """Code and message of Genesys's error body, or of OAuth's (`error`, `error_description`)."""
    try:
        body: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return "", ""
    return _text(body.get("code") or body.get("error")), _text(body.get("message") or body.get("error_description"))


def _text(value: object) -> str:
    return plain(value) if isinstance(value, str) else ""
