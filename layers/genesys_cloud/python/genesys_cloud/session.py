"""Calls to one organization during one invocation: authorized, repeated while time is left, their errors told apart."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from genesys_cloud import answers
from genesys_cloud.answers import UNAUTHORIZED
from genesys_cloud.credentials import Credentials, CredentialsStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import AnswerLost, CredentialsInvalid, OutOfTime, RateLimited, Unavailable
from genesys_cloud.retry import Jitter, backoff_seconds, told_wait_seconds
from genesys_cloud.transport import Answer, Observer, Transport

TOKEN_RENEWED_EARLY_SECONDS = 60

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        credentials: what it was given for.
        renewed_at: when it is time for the next one, in seconds of the session's clock.
    """

    value: str = field(repr=False)
    credentials: Credentials
    renewed_at: float


class Organization:
    """What is kept of an organization from one invocation to the next: its open connections and its token.

    Args:
        name: the request's `organization`.
        http: the pooled session.
    """

    def __init__(self, name: str, http: requests.Session) -> None:
        self.name = name
        self.http = http
        self.token: Token | None = None


class Session:
    """Calls to one organization within one invocation; threads may share it.

    Args:
        organization: what earlier invocations left.
        credentials: where the organization's credentials are.
        transport: makes the single attempts.
        deadline: of this invocation.
        observer: is told of throttling.
        clock: seconds, for the token's age; must go on while the execution environment is frozen.
        now: the time of day, for `Retry-After` dates.
        jitter: a random number between two bounds.
    """

    def __init__(
        self,
        organization: Organization,
        credentials: CredentialsStore,
        transport: Transport,
        deadline: Deadline,
        *,
        observer: Observer,
        clock: Callable[[], float] = time.time,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Jitter = random.uniform,
    ) -> None:
        self._organization = organization
        self._store = credentials
        self._transport = transport
        self._deadline = deadline
        self._observer = observer
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._login_lock = threading.RLock()
        self._credentials: Credentials | None = None
        self._secret_read_past_caches = False
        self._credentials_refused: CredentialsInvalid | None = None
        self._trouble: Unavailable | None = None
        self._throttle_lock = threading.Lock()
        self._throttled_until = 0.0
        self._throttle: Answer | None = None

    @property
    def credentials(self) -> Credentials:
        """The organization's credentials, asked for once per invocation.

        Raises:
            CredentialsUnavailable: the secret is missing, unreadable or wrong.
        """
        with self._login_lock:
            if self._credentials is None:
                self._credentials = self._store.get(self._organization.name)
            return self._credentials

    def call(
        self,
        method: str,
        path: str,
        *,
        parse: Callable[[Answer], Parsed],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Parsed:
        """Calls the API until there is a definite answer.

        Args:
            path: with its leading slash.
            parse: reads a success; a ValueError from it says that the body is broken.
            repeatable: False for a write that must not be sent again before someone has looked whether it was done.

        Raises:
            Refusal: a definite 4xx (`Conflict` for 409 and 412).
            AnswerLost: no answer to a call that is not repeatable.
            Transient: no definite answer in the time left.
        """
        what = f"{method} {path}"
        all_headers = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            all_headers["Content-Type"] = "application/json"

        token: Token | None = None
        for fresh_secret in (False, False, True):
            token = self._token(refused=token, fresh_secret=fresh_secret)
            send = partial(
                self._transport.attempt,
                method,
                token.credentials.api_url + path,
                auth=_Bearer(token),
                body=body,
                headers=all_headers,
            )
            answer, parsed = self._until_definite(what, send, parse, repeatable=repeatable)
            if answer.status != UNAUTHORIZED:
                break
        else:
            raise self._refuse_credentials(answer, what)
        if parsed is None:
            raise answers.refusal(answer, hidden=self._secrets())
        return parsed[0]

    # -- patience ------------------------------------------------------------------------------------------------------

    def _until_definite(
        self, what: str, send: Callable[[], Answer], parse: Callable[[Answer], Parsed], *, repeatable: bool
    ) -> tuple[Answer, tuple[Parsed] | None]:
        """Sends again while the answer says nothing and time is left; a success comes with its parsed body."""
        failures = 0
        last: Unavailable | None = None
        while True:
            try:
                self._sit_out_throttling(what)
                answer = send()
                if answers.is_throttling(answer):
                    self._note_throttling(answer)
                    continue
                parsed = answers.parsed_success(answer, parse, what)
                self._trouble = None
                return answer, parsed
            except OutOfTime as error:
                # Where nothing is answered, it is not the time that is short: whoever waits should wait for Genesys.
                raise last or self._trouble or error from None
            except Unavailable as error:
                if not answers.is_worth_repeating(error):
                    raise
                if not repeatable:
                    raise AnswerLost.after(error) from error
                failures += 1
                last = self._trouble = error
                self._back_off(failures, error)

    def _back_off(self, failures: int, error: Unavailable) -> None:
        wait = backoff_seconds(failures, self._jitter)
        if not self._deadline.allows(wait + self._transport.expected_seconds):
            raise error
        self._deadline.wait(wait)

    def _note_throttling(self, answer: Answer) -> None:
        """The limit counts per client: what one thread is told, all of them keep."""
        self._observer.throttled()
        until = self._deadline.now() + told_wait_seconds(answer.headers, self._now())
        with self._throttle_lock:
            if until > self._throttled_until:
                self._throttled_until, self._throttle = until, answer

    def _sit_out_throttling(self, what: str) -> None:
        with self._throttle_lock:
            wait, answer = self._throttled_until - self._deadline.now(), self._throttle
        if wait <= 0 or answer is None:
            return
        if not self._deadline.allows(wait + self._transport.expected_seconds):
            raise RateLimited.after(answers.refusal(answer, hidden=self._secrets()), what, wait)
        self._deadline.wait(wait)

    # -- login ---------------------------------------------------------------------------------------------------------

    def _token(self, *, refused: Token | None = None, fresh_secret: bool = False) -> Token:
        """The token to use; another than the refused one, for which the secret may be read again past every cache.

        Threads that were refused together log in once: the first to come replaces the token, the others find it.
        """
        with self._login_lock:
            if self._credentials_refused:
                raise self._credentials_refused
            if refused is not None and self._organization.token is refused:
                self._organization.token = None
                if fresh_secret:
                    self._read_secret_past_caches()
            token = self._organization.token
            if token is None or token.credentials != self.credentials or self._clock() >= token.renewed_at:
                token = self._organization.token = self._log_in()
            return token

    def _log_in(self) -> Token:
        """Client credentials grant (RFC 6749, 4.4); a refusal may mean that the secret was rotated."""
        answer, parsed = self._ask_for_token()
        if parsed is None and self._read_secret_past_caches():
            answer, parsed = self._ask_for_token()
        if parsed is None:
            raise self._refuse_credentials(answer, "POST /oauth/token")
        value, lifetime = parsed[0]
        return Token(value, self.credentials, self._clock() + lifetime - TOKEN_RENEWED_EARLY_SECONDS)

    def _ask_for_token(self) -> tuple[Answer, tuple[tuple[str, float]] | None]:
        credentials = self.credentials
        form = {"grant_type": "client_credentials"}
        auth: AuthBase = HTTPBasicAuth(credentials.client_id, credentials.client_secret)
        if not credentials.basic_auth:
            form |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
            auth = _NoAuth()
        url = f"{credentials.login_url}/oauth/token"
        return self._until_definite(
            "POST /oauth/token",
            lambda: self._transport.attempt("POST", url, auth=auth, body=form, headers={"Accept": "application/json"}),
            answers.token,
            repeatable=True,
        )

    def _read_secret_past_caches(self) -> bool:
        """Once per invocation: a secret that stays wrong must not cost a call to Secrets Manager per Flow."""
        if self._secret_read_past_caches:
            return False
        self._secret_read_past_caches = True
        self._credentials = self._store.get(self._organization.name, past_every_cache=True)
        return True

    def _refuse_credentials(self, answer: Answer, what: str) -> CredentialsInvalid:
        """From here on this invocation asks no more: each further try would count against the login's limit."""
        refusal = answers.refusal(answer, hidden=self._secrets())
        error = CredentialsInvalid(
            f"{what}: the client of organization {self._organization.name} is not accepted: {refusal.message}",
            hint="check client_id and client_secret in the secret, and that the OAuth client is active",
            http_status=refusal.http_status,
            genesys_code=refusal.genesys_code,
            correlation_id=refusal.correlation_id,
        )
        with self._login_lock:
            self._credentials_refused = error
        return error

    def _secrets(self) -> list[str]:
        """What must not pass on in Genesys's messages, should one ever quote it."""
        token, credentials = self._organization.token, self._credentials
        return [*([token.value] if token else []), *([credentials.client_secret] if credentials else [])]


class _Bearer(AuthBase):
    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request


class _NoAuth(AuthBase):
    """Given in place of None, which would let requests look into a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
