"""Connections: what is kept of each organization from one invocation to the next, and sessions for one invocation."""

from __future__ import annotations

from collections.abc import Callable

import requests

from genesys_cloud.clock import Clock
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.login import Login, Organization
from genesys_cloud.patience import Patience
from genesys_cloud.session import Session
from genesys_cloud.transport import CallObserver, Transport, pooled_session


class Connections:
    """All organizations this execution environment has met: their connections stay open, their tokens are kept.

    Args:
        at_once: calls to one organization that may be under way at the same time.
        connect_timeout, read_timeout: of one attempt, in seconds.
        clock: time and chance.
        open_http: a pooled session for so many connections.
    """

    def __init__(
        self,
        credentials: CredentialsStore,
        *,
        at_once: int,
        connect_timeout: float,
        read_timeout: float,
        clock: Clock = Clock(),  # noqa: B008  # never changes
        open_http: Callable[[int], requests.Session] = pooled_session,
    ) -> None:
        self._credentials = credentials
        self._at_once = at_once
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._clock = clock
        self._open_http = open_http
        self._met: dict[str, Organization] = {}

    def open_session(self, name: str, deadline: Deadline, observer: CallObserver) -> Session:
        """A session with the organization that keeps the deadline. Not to be called from several threads at once."""
        if name not in self._met:
            self._met[name] = Organization(name, self._open_http(self._at_once))
        organization = self._met[name]
        transport = Transport(
            organization.http,
            deadline,
            connect_timeout=self._connect_timeout,
            read_timeout=self._read_timeout,
            observer=observer,
            clock=self._clock.monotonic,
        )
        hidden: set[str] = set()
        patience = Patience(
            transport,
            deadline,
            doubt=organization.doubt,
            observer=observer,
            hidden=hidden,
            now=self._clock.today,
            jitter=self._clock.jitter,
        )
        login = Login(organization, self._credentials, transport, patience, hidden=hidden, clock=self._clock.wall)
        return Session(login, transport, patience, hidden=hidden)
