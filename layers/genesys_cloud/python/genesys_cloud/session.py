"""Calls to one organization during one invocation: authorized, repeated while time is left, their errors told apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import requests
from requests.auth import AuthBase

from genesys_cloud import answers
from genesys_cloud.credentials import Credentials
from genesys_cloud.login import Login, Token
from genesys_cloud.patience import Patience
from genesys_cloud.transport import Answer, Transport

Parsed = TypeVar("Parsed")


class Session:
    """Calls to one organization within one invocation; threads may share it.

    Args:
        hidden: texts that must not pass on in Genesys's messages.
    """

    def __init__(self, login: Login, transport: Transport, patience: Patience, *, hidden: Collection[str]) -> None:
        self._login = login
        self._transport = transport
        self._patience = patience
        self._hidden = hidden

    @property
    def credentials(self) -> Credentials:
        """The organization's credentials; raises CredentialsUnavailable."""
        return self._login.credentials

    def without_secrets(self, text: str) -> str:
        """What Genesys Cloud says outside of a refusal, with `***` for secret and token."""
        return answers.without(text, self._hidden)

    @property
    def goes_slow(self) -> bool:
        """Whether Genesys Cloud makes us wait, or did in this invocation."""
        return self._patience.goes_slow

    def call(
        self,
        method: str,
        path: str,
        *,
        parse: Callable[[Answer], Parsed],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        share: float = 1.0,
        is_conflict: Callable[[Answer], bool] = answers.is_conflict,
    ) -> Parsed:
        """Calls the API until there is a definite answer.

        After a 401 the token is renewed; after the next one, the secret is read again past every cache.

        Args:
            path: with its leading slash.
            parse: reads a success; a ValueError from it says that the body is broken.
            repeatable: False for a write that must not be sent again before someone has looked whether it was done.
            share: the part of the time left in which it is sent again.
            is_conflict: tells the answers that say that someone else wrote in between.

        Raises:
            Refusal: a definite 4xx (`Conflict` where it is one).
            AnswerLost: no answer to a call that is not repeatable.
            Transient: no definite answer in the time left.
        """
        what = f"{method} {path}"
        all_headers = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            all_headers["Content-Type"] = "application/json"

        token: Token | None = None
        for fresh_secret in (False, False, True):
            token = self._login.token(refused=token, fresh_secret=fresh_secret)
            url = token.credentials.api_url + path
            send = partial(self._transport.attempt, method, url, auth=_Bearer(token), body=body, headers=all_headers)
            answer, parsed = self._patience.until_definite(
                what, send, parse, repeatable=repeatable, share=share, is_conflict=is_conflict
            )
            if answer.status != HTTPStatus.UNAUTHORIZED:
                break
        else:
            raise self._login.refuse(answer, what)
        if parsed is None:
            raise answers.refusal(answer, hidden=self._hidden, is_conflict=is_conflict)
        return parsed[0]


class _Bearer(AuthBase):
    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request
