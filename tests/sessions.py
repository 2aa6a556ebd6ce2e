"""Sessions with an organization, with everything between them and the line real, and time and chance handed in."""

from __future__ import annotations

from datetime import UTC, datetime

from fakes import FakeSecrets, FakeTime, Watcher, longest
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.login import Login, Organization
from genesys_cloud.patience import Patience
from genesys_cloud.retry import Jitter
from genesys_cloud.session import Session
from genesys_cloud.transport import Transport

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
"""What the clock on the wall says in all of them."""


def open_session(
    organization: Organization,
    secrets: FakeSecrets,
    deadline: Deadline,
    time: FakeTime,
    watcher: Watcher,
    *,
    jitter: Jitter = longest,
) -> Session:
    """A new invocation's session; the secret is called `genesys`."""
    hidden: set[str] = set()
    transport = Transport(
        organization.http, deadline, connect_timeout=3, read_timeout=10, observer=watcher, clock=time.clock
    )
    patience = Patience(
        transport,
        deadline,
        doubt=organization.doubt,
        observer=watcher,
        hidden=hidden,
        now=lambda: NOW,
        jitter=jitter,
    )
    store = CredentialsStore("genesys", lambda: secrets)
    login = Login(organization, store, transport, patience, hidden=hidden, clock=time.clock)
    return Session(login, transport, patience, hidden=hidden)
