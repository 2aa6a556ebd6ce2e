"""Connections: what is kept of each organization from one invocation to the next, and sessions for one invocation."""

from __future__ import annotations

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
    """

    def __init__(
        self, credentials: CredentialsStore, *, at_once: int, connect_timeout: float, read_timeout: float
    ) -> None:
        self._credentials = credentials
        self._at_once = at_once
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._met: dict[str, Organization] = {}

    def open_session(self, name: str, deadline: Deadline, observer: CallObserver) -> Session:
        """A session with the organization that keeps the deadline. Not to be called from several threads at once."""
        if name not in self._met:
            self._met[name] = Organization(name, pooled_session(self._at_once))
        organization = self._met[name]
        transport = Transport(
            organization.http,
            deadline,
            connect_timeout=self._connect_timeout,
            read_timeout=self._read_timeout,
            observer=observer,
        )
        hidden: set[str] = set()
        patience = Patience(transport, deadline, observer=observer, hidden=hidden)
        login = Login(organization, self._credentials, transport, patience, hidden=hidden)
        return Session(login, transport, patience, hidden=hidden)
