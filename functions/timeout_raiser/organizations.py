"""Organizations: their clients for one invocation, on connections that outlive it."""

from __future__ import annotations

import threading

from changes import DocumentStore
from documents.kinds import Kind
from genesys_cloud.architect import ArchitectFlowStore
from genesys_cloud.catalogue import Catalogue
from genesys_cloud.connections import Connections
from genesys_cloud.credentials import Credentials
from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.dependencies import Users, users_of
from genesys_cloud.flows import FlowStore
from genesys_cloud.session import Session
from genesys_cloud.transport import CallObserver

TO_GIVE_BACK_LOCKS_SECONDS = 1.5
"""Out of the margin that is kept at the end of an invocation."""


class Client:
    """One organization, for one invocation.

    Args:
        releasing: a session with a little more time, by which locks are given back when the other's is over.

    """

    def __init__(self, session: Session, releasing: Session, deadline: Deadline) -> None:
        self._session = session
        self.data_actions = DataActionStore(session)
        self._stores: dict[Kind, DocumentStore] = {
            Kind.FLOW: FlowStore(session),
            Kind.ARCHITECT_FLOW: ArchitectFlowStore(session, self.data_actions, deadline, release_session=releasing),
            Kind.DATA_ACTION: self.data_actions,
            Kind.CATALOGUE: Catalogue(self.data_actions),
        }

    def store(self, kind: Kind) -> DocumentStore:
        """Its documents of one kind."""
        return self._stores[kind]

    def users_of(self, action_id: str) -> Users | None:
        """Which Flows use an integration action; None where that is not known."""
        return users_of(self._session, action_id)

    @property
    def goes_slow(self) -> bool:
        """Whether it makes us wait, or did in this invocation."""
        return self._session.goes_slow

    @property
    def credentials(self) -> Credentials:
        """Asked for once; raises CredentialsUnavailable."""
        return self._session.credentials


class Organizations:
    """All organizations, as long as this execution environment lives."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def for_invocation(self, deadline: Deadline, observer: CallObserver) -> Clients:
        """Clients that keep the deadline of one invocation."""
        return Clients(self._connections, deadline, observer)


class Clients:
    """One client per organization within one invocation; threads may ask for the same one."""

    def __init__(self, connections: Connections, deadline: Deadline, observer: CallObserver) -> None:
        self._connections = connections
        self._deadline = deadline
        self._observer = observer
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}

    def of(self, organization: str) -> Client:
        """The organization's client."""
        with self._lock:
            if organization not in self._clients:
                later = self._deadline.later(TO_GIVE_BACK_LOCKS_SECONDS)
                session = self._connections.open_session(organization, self._deadline, self._observer)
                releasing = self._connections.open_session(organization, later, self._observer)
                self._clients[organization] = Client(session, releasing, self._deadline)
            return self._clients[organization]
