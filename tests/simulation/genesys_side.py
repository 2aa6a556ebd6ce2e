"""Genesys Cloud in virtual time, at the end of the real HTTP stack: a rate limit as it is documented, and outages.

The limit counts in windows of a minute that begin with the first call; a refused call does not count. Every answer
tells how it stands (`inin-ratelimit-count`, `-allowed`, `-reset`), and a refusal says `Retry-After` besides.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse, Timeout

if TYPE_CHECKING:
    from random import Random

    from simulation.virtual_time import VirtualTime

WINDOW_SECONDS = 60.0
LOGIN = "/oauth/token"


class Mode(StrEnum):
    """How an outage shows."""

    REFUSED = "connection refused"
    BROKEN = "503 at once"
    TOLD = "503, Retry-After: 120"
    HANGING = "hangs until the timeout"


@dataclass(frozen=True)
class Outage:
    """A time in which nothing is answered properly, in seconds from the beginning."""

    mode: Mode
    begins: float
    ends: float
    organizations: frozenset[str] = frozenset({"default"})


@dataclass
class Window:
    """A minute that calls are counted in."""

    began: float = -math.inf
    count: int = 0


@dataclass
class Calls:
    """What Genesys Cloud has seen, with the moments in seconds from the beginning."""

    answered: int = 0
    throttled: list[float] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)
    logins: int = 0

    @property
    def throttled_share(self) -> float:
        """How many of all calls were refused by the limit."""
        return len(self.throttled) / max(1, self.answered + len(self.throttled))


class GenesysSide(BaseAdapter):
    """Stands where requests would open sockets. Flows come into being when they are first read, at three seconds.

    Args:
        allowed: calls a minute; None for no limit.
        per_token: each token has a limit of its own, as the platform documents it; else all of an organization's
            clients share one, the harder case.
        seconds: what an answer takes, from and to.
        chance: decides how long each takes.

    Attributes:
        calls: what each organization was asked.
        changed_at: when each Flow was published, in seconds from the beginning, by organization and Flow.
    """

    def __init__(
        self,
        time: VirtualTime,
        *,
        allowed: int | None = 300,
        per_token: bool = False,
        seconds: tuple[float, float] = (0.1, 0.4),
        outages: tuple[Outage, ...] = (),
        chance: Random,
    ) -> None:
        super().__init__()
        self._time = time
        self._allowed = allowed
        self._per_token = per_token
        self._seconds = seconds
        self._outages = outages
        self._chance = chance
        self._windows: dict[str, Window] = {}
        self._flows: dict[tuple[str, str], tuple[int, int]] = {}
        self.calls: dict[str, Calls] = {}
        self.changed_at: dict[tuple[str, str], list[float]] = {}

    def timeout_of(self, organization: str, flow_id: str) -> int | None:
        """The timeout of a Flow's Data Action."""
        return self._flows.get((organization, flow_id), (1, 3))[1]

    def send(  # noqa: PLR0917  # the signature of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002
        timeout: Any = None,
        verify: Any = True,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
        proxies: Any = None,  # noqa: ARG002
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        organization = (parts.hostname or "").split(".")[0]
        calls = self.calls.setdefault(organization, Calls())
        outage = self._outage(organization)
        if outage:
            calls.failed.append(self._time.elapsed)
            return self._fail(request, outage, timeout)
        self._time.sleep(self._chance.uniform(*self._seconds))
        if parts.path == LOGIN:
            calls.logins += 1
            return self.log_in(request, organization, calls.logins)
        limit = self._limit(request.headers["Authorization"] if self._per_token else organization)
        if limit and "Retry-After" in limit:
            calls.throttled.append(self._time.elapsed)
            return response(request, 429, {"code": "too.many.requests", "message": "slow down"}, limit)
        calls.answered += 1
        return self.answer(request, organization, limit)

    def log_in(self, request: requests.PreparedRequest, organization: str, number: int) -> requests.Response:
        """A token for whoever asks."""
        return response(request, 200, {"access_token": f"{organization}-{number}", "expires_in": 86_400}, {})

    def answer(
        self, request: requests.PreparedRequest, organization: str, limit: Mapping[str, str]
    ) -> requests.Response:
        """Reads or publishes a Flow of the publish protocol."""
        flow_id = urlsplit(request.url or "").path.removeprefix("/api/v2/flows/").removesuffix("/publish")
        name = (organization, flow_id)
        version, seconds = self._flows.get(name, (1, 3))
        if request.method == "GET":
            step = {"type": "data-action", "name": "A", "settings": {"timeout": seconds}}
            return response(request, 200, {"version": str(version), "steps": [step]}, limit)
        body = json.loads(request.body or b"")
        if body["version"] != str(version):
            return response(request, 409, {"code": "conflict", "message": "someone else was faster"}, limit)
        self._flows[name] = version + 1, body["steps"][0]["settings"]["timeout"]
        self.changed_at.setdefault(name, []).append(self._time.elapsed)
        return response(request, 200, {"version": str(version + 1)}, limit)

    def close(self) -> None:
        """Nothing is open."""

    def _outage(self, organization: str) -> Outage | None:
        moment = self._time.elapsed
        here = (o for o in self._outages if o.begins <= moment < o.ends and organization in o.organizations)
        return next(here, None)

    def _fail(self, request: requests.PreparedRequest, outage: Outage, timeout: Timeout) -> requests.Response:
        if outage.mode is Mode.HANGING:
            patience = timeout.read_timeout
            assert isinstance(patience, int | float), "a call without a time limit would hang for ever"
            self._time.sleep(patience)
            raise requests.ReadTimeout("read timed out")
        self._time.sleep(0.05)
        if outage.mode is Mode.REFUSED:
            raise requests.ConnectionError("connection refused")
        headers = {"Retry-After": "120"} if outage.mode is Mode.TOLD else {}
        return response(request, 503, {"code": "service.unavailable", "message": "down"}, headers)

    def _limit(self, who: str) -> dict[str, str]:
        """How it stands with the limit, as headers; with Retry-After where it is used up."""
        if self._allowed is None:
            return {}
        window = self._windows.setdefault(who, Window())
        if self._time.now >= window.began + WINDOW_SECONDS:
            window.began, window.count = self._time.now, 0
        reset = str(max(1, math.ceil(window.began + WINDOW_SECONDS - self._time.now)))
        refused = window.count >= self._allowed
        window.count += not refused
        headers = {
            "inin-ratelimit-count": str(window.count),
            "inin-ratelimit-allowed": str(self._allowed),
            "inin-ratelimit-reset": reset,
        }
        return headers | ({"Retry-After": reset} if refused else {})


def response(
    request: requests.PreparedRequest, status: int, content: object, headers: Mapping[str, str]
) -> requests.Response:
    """An answer as the HTTP stack takes it from the wire; content that is no bytes is sent as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = requests.Response()
    answer.status_code, answer.url, answer.request = status, request.url or "", request
    answer.headers = CaseInsensitiveDict(headers)
    answer.raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
    return answer
