"""What travels: requests, answers, and refusals in the two shapes Genesys Cloud gives them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import unquote

CORRELATION_HEADER = "ININ-Correlation-Id"

DEFAULT_CODES = {
    400: "bad.request",
    401: "bad.credentials",
    403: "not.authorized",
    404: "not.found",
    405: "method.not.allowed",
    408: "request.timeout",
    409: "version.conflict",
    412: "precondition.failed",
    428: "precondition.required",
    429: "too.many.requests",
    500: "internal.server.error",
    503: "service.unavailable",
    504: "request.timeout",
}
"""Genesys's `code` for an HTTP status where nothing more exact is known (https://developer.genesys.cloud)."""


@dataclass(frozen=True)
class Request:
    """An HTTP request, read to its end. `path` is as sent, without the query; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    correlation_id: str

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, unquoted."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/"))


@dataclass(frozen=True)
class Response:
    """An answer, and how well it gets to the client.

    `lost`: nothing is sent, the connection is reset. `cut_off`: the connection ends halfway through the body.
    `drip_seconds`: how long the body takes, in small pieces.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False
    cut_off: bool = False
    drip_seconds: float = 0.0

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same with more headers; those it has already win, whatever their case."""
        taken = {name.lower() for name in self.headers}
        return replace(
            self,
            headers={**{name: value for name, value in headers.items() if name.lower() not in taken}, **self.headers},
        )


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a JSON body."""
    return Response(status, json.dumps(content, ensure_ascii=False).encode(errors="replace"), headers or {})


class Refusal(Exception):
    """The request is not done, and this is why. `code` is Genesys's; by default the usual one for the status."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


ErrorShape = Callable[[Refusal, str], Response]
"""(refusal, correlation id) -> the answer."""


def genesys_error(refusal: Refusal, correlation_id: str) -> Response:
    """An error of the platform API; `contextId` is the correlation id."""
    content = {
        "message": refusal.message,
        "code": refusal.code or DEFAULT_CODES.get(refusal.status, "error"),
        "status": refusal.status,
        "contextId": correlation_id,
        "details": [],
        "errors": [],
    }
    return json_response(content, refusal.status, refusal.headers)


def oauth_error(refusal: Refusal, correlation_id: str) -> Response:  # noqa: ARG001 - OAuth's shape (RFC 6749, 5.2) has no place for it
    """An error of the login."""
    content = {"error": refusal.code or "invalid_request", "error_description": refusal.message}
    return json_response(content, refusal.status, refusal.headers)
