"""One attempt at one call: sent, answered in time or not, read to its end. With `wire`, all that touches a socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase

from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import COMES_AGAIN, OutOfTime, Unavailable
from genesys_cloud.wire import PunctualAdapter, answering_by

SHORTEST_ATTEMPT_SECONDS = 0.5
"""No attempt starts with less time left than this, however fast the last ones were."""

HEADROOM_OVER_SLOWEST = 1.25
"""An attempt is expected to take at most this many times as long as the slowest answered one so far."""

MOST_BODY_BYTES = 24_000_000
"""Of one answer, unpacked: about four times the largest Flow that Genesys Cloud takes, and little enough to be parsed
in the function's memory."""

_CHUNK_BYTES = 1 << 16

_OF_THE_NETWORK = (OSError, urllib3.exceptions.TimeoutError, urllib3.exceptions.NewConnectionError)


@dataclass
class Answer:
    """An HTTP answer, whatever its status, with its whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def take_body(self) -> bytes:
        """The body, which the answer keeps no longer: a large one need not lie beside what is made of it."""
        body, self.body = self.body, b""
        return body

    @property
    def correlation_id(self) -> str | None:
        """What Genesys's support asks for."""
        return self.headers.get("ININ-Correlation-Id")


class CallObserver(Protocol):
    """Is told what happens on the wire; called from several threads."""

    def call_answered(self, seconds: float) -> None:
        """A call was answered, after so many seconds."""

    def throttled(self) -> None:
        """Genesys answered 429."""


class _PlainSession(requests.Session):
    """Takes a redirect for an answer like any other, and looks at the environment once for each host."""

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[str, Any] = {}

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere; `allow_redirects=False` alone would still look where it leads."""

    def merge_environment_settings(self, url: str | bytes | None, *given: Any, **more: Any) -> Any:
        """Proxies and certificates as the environment has them; to look each time costs a fifth of a call."""
        host = str(urlsplit(url).netloc)
        if host not in self._settings:
            self._settings[host] = super().merge_environment_settings(url, *given, **more)
        return self._settings[host]


def pooled_session(connections: int) -> requests.Session:
    """A session that keeps so many connections open and does nothing unasked: no retries, redirects or cookies."""
    session = _PlainSession()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, PunctualAdapter(pool_connections=4, pool_maxsize=connections, max_retries=0))
    return session


class Transport:
    """Makes attempts for one invocation.

    Args:
        http: the pooled session, kept from invocation to invocation.
        deadline: of this invocation.
        connect_timeout, read_timeout: per attempt, in seconds; cut to the time left.
        observer: is told of each answer.
    """

    def __init__(
        self,
        http: requests.Session,
        deadline: Deadline,
        *,
        connect_timeout: float,
        read_timeout: float,
        observer: CallObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._deadline = deadline
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._observer = observer
        self._clock = clock
        self._slowest = 0.0

    @property
    def expected_seconds(self) -> float:
        """What one more attempt must be expected to take."""
        return max(SHORTEST_ATTEMPT_SECONDS, self._slowest * HEADROOM_OVER_SLOWEST)

    def attempt(
        self,
        method: str,
        url: str,
        *,
        auth: AuthBase,
        body: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends once. Redirects are not followed: neither token nor Flow goes to another address.

        Raises:
            OutOfTime: it could not finish before the deadline, so it was not sent.
            Unavailable: no answer, or one that broke off.
        """
        left = self._deadline.left()
        if left < self.expected_seconds:
            times = f"it may take {self.expected_seconds:.1f} s and {max(0.0, left):.1f} s are left"
            raise OutOfTime(f"{method} {url} was not sent: {times}", hint=COMES_AGAIN)
        started = self._clock()
        try:
            with answering_by(self._deadline):
                response = self._http.request(
                    method,
                    url,
                    data=body,
                    headers=headers,
                    auth=auth,  # as auth, not as header: requests would let a .netrc of the machine override the header
                    timeout=urllib3.Timeout(  # type: ignore[arg-type]  # requests takes it, its types do not know
                        connect=min(self._connect_timeout, left), read=min(self._read_timeout, left), total=left
                    ),
                    allow_redirects=False,
                    stream=True,
                )
            answer = Answer(response.status_code, response.headers, _read(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(f"{method} {url}: no whole answer ({_reason(error)})") from error
        except ValueError as error:  # from below requests, and may quote a header: only its kind is told
            raise Unavailable(f"{method} {url}: could not be sent ({type(error).__name__})") from None
        seconds = self._clock() - started
        self._slowest = max(self._slowest, seconds)
        self._observer.call_answered(seconds)
        return answer


def _read(response: requests.Response) -> bytes:
    """The body, unpacked piece by piece: a small one may unpack to more than there is memory."""
    chunks: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_BODY_BYTES:
            response.close()
            raise OSError(f"it is larger than {MOST_BODY_BYTES} bytes")
    response.raw.release_conn()
    return b"".join(chunks)


def _reason(error: BaseException) -> str:
    """The innermost cause (requests wraps urllib3, which wraps the socket), in its own words where they are not the
    server's: of what is no HTTP an error quotes some, and that may be our token."""
    for wrapped in (getattr(error, "reason", None), *error.args):
        if isinstance(wrapped, BaseException):
            return _reason(wrapped)
    kind = type(error).__name__
    of_the_network = isinstance(error, _OF_THE_NETWORK) and not isinstance(error, requests.RequestException)
    return f"{kind}: {error}"[:200] if of_the_network else kind
