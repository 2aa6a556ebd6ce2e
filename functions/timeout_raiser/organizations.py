"""Organizations: what is kept of each from one invocation to the next, and their clients for one invocation."""

from __future__ import annotations

import threading

from changes import DocumentStore
from documents.kinds import Kind
from genesys_cloud.credentials import Credentials, CredentialsStore
from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.flows import FlowStore
from genesys_cloud.login import Login, Organization
from genesys_cloud.patience import Patience
from genesys_cloud.session import Session
from genesys_cloud.transport import CallObserver, Transport, pooled_session
from settings import Settings


class Client:
    """One organization, for one invocation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.data_actions = DataActionStore(session)
        self._stores: dict[Kind, DocumentStore] = {Kind.FLOW: FlowStore(session), Kind.DATA_ACTION: self.data_actions}

    def store(self, kind: Kind) -> DocumentStore:
        """Its documents of one kind."""
        return self._stores[kind]

    @property
    def credentials(self) -> Credentials:
        """Asked for once; raises CredentialsUnavailable."""
        return self._session.credentials


class Organizations:
    """All organizations this execution environment has met: their connections stay open, their tokens are kept."""

    def __init__(self, settings: Settings, credentials: CredentialsStore) -> None:
        self._settings = settings
        self._credentials = credentials
        self._met: dict[str, Organization] = {}

    def for_invocation(self, deadline: Deadline, observer: CallObserver) -> Clients:
        """Clients that keep the deadline of one invocation."""
        return Clients(self, deadline, observer)

    def open_session(self, name: str, deadline: Deadline, observer: CallObserver) -> Session:
        """A session with the organization."""
        if name not in self._met:
            self._met[name] = Organization(name, pooled_session(self._settings.flow_concurrency))
        organization = self._met[name]
        transport = Transport(
            organization.http,
            deadline,
            connect_timeout=self._settings.http_connect_timeout_seconds,
            read_timeout=self._settings.http_read_timeout_seconds,
            observer=observer,
        )
        hidden: set[str] = set()
        patience = Patience(transport, deadline, observer=observer, hidden=hidden)
        login = Login(organization, self._credentials, transport, patience, hidden=hidden)
        return Session(login, transport, patience, hidden=hidden)


class Clients:
    """One client per organization within one invocation; threads may ask for the same one."""

    def __init__(self, organizations: Organizations, deadline: Deadline, observer: CallObserver) -> None:
        self._organizations = organizations
        self._deadline = deadline
        self._observer = observer
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}

    def of(self, organization: str) -> Client:
        """The organization's client."""
        with self._lock:
            if organization not in self._clients:
                session = self._organizations.open_session(organization, self._deadline, self._observer)
                self._clients[organization] = Client(session)
            return self._clients[organization]
