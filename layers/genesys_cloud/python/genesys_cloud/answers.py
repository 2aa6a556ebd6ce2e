"""What an HTTP answer of Genesys Cloud means: success, refusal, throttling, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

from genesys_cloud.errors import Conflict, Refusal, Unavailable
from genesys_cloud.transport import Answer

UNAUTHORIZED = HTTPStatus.UNAUTHORIZED
LONGEST_MESSAGE = 500
"""Characters of Genesys's own message that are passed on."""

_CONFLICTS = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_DEFINITE_5XX = {HTTPStatus.NOT_IMPLEMENTED}

Parsed = TypeVar("Parsed")


def is_throttling(answer: Answer) -> bool:
    """429; also the login's 400 whose description speaks of a rate limit (how Genesys's login says it)."""
    if answer.status == HTTPStatus.BAD_REQUEST and b"rate limit exceeded" in answer.body.lower():
        return True
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS


def parsed_success(answer: Answer, parse: Callable[[Answer], Parsed], what: str) -> tuple[Parsed] | None:
    """The parsed body of a success (in a tuple, for a body may be parsed to None), or None for a definite 4xx.

    Raises:
        Unavailable: the answer says nothing: 408, 3xx, 5xx, or a body that does not parse.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        try:
            return (parse(answer),)
        except ValueError:
            problem = f"{what}: answered {status} with a body that is broken ({len(answer.body)} bytes)"
    elif HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT:
        return None
    elif HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        problem = f"{what}: answered {status}, a redirect, which is never followed"
    else:
        problem = f"{what}: answered {status}"
    raise Unavailable(
        problem, http_status=status, genesys_code=_error_body(answer)[0], correlation_id=answer.correlation_id
    )


def is_worth_repeating(error: Unavailable) -> bool:
    """Whether the same call may get another answer in a moment: not after a redirect, nor a 501."""
    status = error.http_status
    if status is None:
        return True
    return not (HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or status in _DEFINITE_5XX)


def refusal(answer: Answer, *, hidden: Iterable[str]) -> Refusal:
    """A definite 4xx as an error, with Genesys's own message, in which none of the hidden texts is left."""
    code, message = _error_body(answer)
    for text in hidden:
        message = message.replace(text, "***")
    return (Conflict if answer.status in _CONFLICTS else Refusal)(
        message[:LONGEST_MESSAGE] or f"answered {answer.status}",
        http_status=answer.status,
        genesys_code=code,
        correlation_id=answer.correlation_id,
    )


def token(answer: Answer) -> tuple[str, float]:
    """Access token and lifetime in seconds of a token answer (RFC 6749, 5.1).

    Raises:
        ValueError: it is none.
    """
    body = json.loads(answer.body)
    if not isinstance(body, dict):
        raise ValueError("a token answer is an object")  # the caller waits for one kind of error
    value, lifetime = body.get("access_token"), body.get("expires_in", 0)
    if not isinstance(value, str) or not value or isinstance(lifetime, bool) or not isinstance(lifetime, int | float):
        raise ValueError("a token answer has access_token and expires_in")
    return value, float(lifetime)


def _error_body(answer: Answer) -> tuple[str | None, str]:
    """Code and message of Genesys's error body, or of OAuth's (`error`, `error_description`)."""
    try:
        body: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return None, ""
    code = body.get("code") or body.get("error")
    message = body.get("message") or body.get("error_description")
    return (code[:LONGEST_MESSAGE] if isinstance(code, str) else None), (message if isinstance(message, str) else "")
