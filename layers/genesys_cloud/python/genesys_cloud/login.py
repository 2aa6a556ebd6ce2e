"""Login: one access token per organization, shared by all threads, renewed in time and after a refusal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from genesys_cloud import answers
from genesys_cloud.credentials import Credentials, CredentialsStore
from genesys_cloud.doubt import Doubt
from genesys_cloud.errors import CredentialsInvalid
from genesys_cloud.patience import Patience
from genesys_cloud.transport import Answer, Transport

TOKEN_RENEWED_EARLY_SECONDS = 60


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        credentials: what it was given for.
        renewed_at: when it is time for the next one, in seconds of the login's clock.
    """

    value: str = field(repr=False)
    credentials: Credentials
    renewed_at: float


class Organization:
    """What is kept of an organization from one invocation to the next: open connections, its token, and doubts.

    Args:
        name: the request's `organization`.
        http: the pooled session.
    """

    def __init__(self, name: str, http: requests.Session) -> None:
        self.name = name
        self.http = http
        self.token: Token | None = None
        self.doubt = Doubt()


class Login:
    """Finds the token to use within one invocation.

    Args:
        organization: what earlier invocations left.
        store: where the organization's credentials are.
        hidden: gets every secret and token as it becomes known.
        clock: seconds; must go on while the execution environment is frozen.
    """

    def __init__(
        self,
        organization: Organization,
        store: CredentialsStore,
        transport: Transport,
        patience: Patience,
        *,
        hidden: set[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._organization = organization
        self._store = store
        self._transport = transport
        self._patience = patience
        self._hidden = hidden
        self._clock = clock
        self._lock = threading.RLock()
        self._credentials: Credentials | None = None
        self._secret_read_past_caches = False
        self._refused: CredentialsInvalid | None = None

    @property
    def credentials(self) -> Credentials:
        """The organization's credentials, asked for once per invocation.

        Raises:
            CredentialsUnavailable: the secret is missing, unreadable or wrong.
        """
        with self._lock:
            return self._credentials or self._learn(self._store.get(self._organization.name))

    def token(self, *, refused: Token | None = None, fresh_secret: bool = False) -> Token:
        """The token to use; another than the refused one, for which the secret may be read again past every cache.

        Threads that were refused together log in once: the first to come replaces the token, the others find it.

        Raises:
            CredentialsInvalid: Genesys Cloud refuses the client.
            Transient: the secret cannot be read, or the login gave no definite answer in the time left.
        """
        with self._lock:
            if self._refused:
                raise self._refused
            if refused is not None and self._organization.token is refused:
                self._organization.token = None
                if fresh_secret:
                    self._read_secret_past_caches()
            token = self._organization.token
            if token is None or token.credentials != self.credentials or self._clock() >= token.renewed_at:
                token = self._organization.token = self._log_in()
            self._hidden.add(token.value)
            return token

    def refuse(self, answer: Answer, what: str) -> CredentialsInvalid:
        """From here on this invocation asks no more: each further try would count against the login's limit."""
        refusal = answers.refusal(answer, hidden=self._hidden)
        error = refusal.becomes(
            CredentialsInvalid,
            f"{what}: the client of organization {self._organization.name} is not accepted: {refusal.message}",
            hint="check client_id and client_secret in the secret, and that the OAuth client is active",
        )
        with self._lock:
            self._refused = error
        return error

    def _log_in(self) -> Token:
        """Client credentials grant (RFC 6749, 4.4); a refusal may mean that the secret was rotated."""
        asked_at = self._clock()
        answer, parsed = self._ask_for_token()
        if parsed is None and self._read_secret_past_caches():
            answer, parsed = self._ask_for_token()
        if parsed is None:
            raise self.refuse(answer, "POST /oauth/token")
        value, lifetime = parsed[0]
        # A token that lives no longer than it is renewed early would be asked for before every call.
        used_for = lifetime - TOKEN_RENEWED_EARLY_SECONDS if lifetime > TOKEN_RENEWED_EARLY_SECONDS else lifetime / 2
        return Token(value, self.credentials, asked_at + used_for)

    def _ask_for_token(self) -> tuple[Answer, tuple[tuple[str, float]] | None]:
        credentials = self.credentials
        form = {"grant_type": "client_credentials"}
        auth: AuthBase = HTTPBasicAuth(credentials.client_id, credentials.client_secret)
        if not credentials.basic_auth:
            form |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
            auth = _NoAuth()
        url = f"{credentials.login_url}/oauth/token"
        return self._patience.until_definite(
            "POST /oauth/token",
            lambda: self._transport.attempt("POST", url, auth=auth, body=form, headers={"Accept": "application/json"}),
            answers.token,
            is_throttling=answers.is_login_throttling,
        )

    def _read_secret_past_caches(self) -> bool:
        """Once per invocation: a secret that stays wrong must not cost a call to Secrets Manager per Flow."""
        if self._secret_read_past_caches:
            return False
        self._secret_read_past_caches = True
        self._learn(self._store.get(self._organization.name, past_every_cache=True))
        return True

    def _learn(self, credentials: Credentials) -> Credentials:
        self._credentials = credentials
        self._hidden |= credentials.spellings_of_the_secret()
        return credentials


class _NoAuth(AuthBase):
    """Given in place of None, which would let requests look into a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
