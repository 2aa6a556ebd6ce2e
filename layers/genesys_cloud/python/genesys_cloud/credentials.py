"""Credentials: one secret per organization in Secrets Manager, checked before anything is sent anywhere."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, quote_plus, urlsplit

from genesys_cloud.errors import CredentialsUnavailable
from genesys_cloud.schema import EXPECTS, Schema

REGIONS = (
    "mypurecloud.com",
    "use2.us-gov-pure.cloud",
    "usw2.pure.cloud",
    "cac1.pure.cloud",
    "mxc1.pure.cloud",
    "sae1.pure.cloud",
    "mypurecloud.ie",
    "euw2.pure.cloud",
    "mypurecloud.de",
    "euc2.pure.cloud",
    "edee1.eusc-pure.cloud",
    "mec1.pure.cloud",
    "aps1.pure.cloud",
    "mypurecloud.jp",
    "apne2.pure.cloud",
    "apne3.pure.cloud",
    "apse1.pure.cloud",
    "mypurecloud.com.au",
)
"""The platform's regions, as help.mypurecloud.com and the official SDKs list them."""

CACHED_SECONDS = 300
"""How long a secret is kept before Secrets Manager is asked again. A rotation is noticed at once, by its 401."""


class FlowApi(StrEnum):
    """Which protocol an organization's Flows speak."""

    PUBLISH = "publish"
    ARCHITECT = "architect"


_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_WHERE = ("region", "org_domain", "base_url")
_TEXT = {"type": "string", "minLength": 1}
_VISIBLE = {"type": "string", "pattern": r"^[\x20-\x7e]+$"}  # what a Basic header can carry
_SECRET = {
    "type": "object",
    EXPECTS: "a JSON object with client_id, client_secret and one of region, org_domain, base_url",
    "required": ["client_id", "client_secret"],
    "additionalProperties": False,
    "properties": {
        "client_id": {
            **_VISIBLE,
            EXPECTS: "a text of ASCII characters: the id of the OAuth client (grant Client Credentials)",
        },
        "client_secret": {**_VISIBLE, EXPECTS: "a text of ASCII characters: the secret of the OAuth client"},
        "region": {"enum": list(REGIONS), EXPECTS: f"one of Genesys Cloud's regions ({', '.join(REGIONS)})"},
        "org_domain": {
            "type": "string",
            "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
            EXPECTS: "the organization's name as in https://{org_domain}.mypurecloud.com: letters, digits and hyphens",
        },
        "base_url": {**_TEXT, EXPECTS: "an https address without path, query or user (http for a loopback host alone)"},
        "flow_api": {
            "enum": [api.value for api in FlowApi],
            EXPECTS: "'publish' (the tutorial's endpoints) or 'architect' (the platform's own)",
        },
        "max_timeout_seconds": {"type": "integer", "minimum": 1, EXPECTS: "a whole number of seconds, 1 or more"},
        "token_endpoint_auth_method": {
            "enum": ["client_secret_basic", "client_secret_post"],
            EXPECTS: "'client_secret_basic' or 'client_secret_post'",
        },
    },
    "allOf": [
        {
            "oneOf": [{"required": [name]} for name in _WHERE],
            EXPECTS: "exactly one of region, org_domain, base_url says where to go",
        }
    ],
}


@dataclass(frozen=True)
class Credentials:
    """What it takes to speak to one organization.

    Attributes:
        api_url: where the API is, without a slash at the end.
        login_url: where tokens are, likewise.
        basic_auth: the client proves itself by a Basic header (RFC 6749, 2.3.1) rather than in the form.
        max_timeout_seconds: the organization's own limit; None where the secret names none.
        flow_api: which protocol its Flows speak.
    """

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    login_url: str
    basic_auth: bool
    max_timeout_seconds: int | None
    flow_api: FlowApi = FlowApi.PUBLISH

    def spellings_of_the_secret(self) -> set[str]:
        """The secret as it is, as it stands in a form, and as it stands in a Basic header: none may be passed on."""
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return {self.client_secret, quote_plus(self.client_secret), quote(self.client_secret, safe=""), basic}


class SecretsProvider(Protocol):
    """The part of Powertools' `SecretsProvider` used here."""

    def get(self, name: str, max_age: int | None = None, *, force_fetch: bool = False) -> Any:
        """The secret's value."""


class CredentialsStore:
    """Reads the credentials of organizations.

    While Secrets Manager is down or throttles, what it said last goes on counting: if it no longer does, Genesys Cloud
    itself says so. A secret that is gone, forbidden or wrong counts no more.

    Args:
        secret_id: name or ARN of the secret; `{organization}` in it stands for the organization.
        secrets: gives what keeps secrets for `CACHED_SECONDS`; called when one is needed.
        on_outage: is told of a secret that cannot be read again: its name, and why.
    """

    def __init__(
        self,
        secret_id: str,
        secrets: Callable[[], SecretsProvider],
        on_outage: Callable[[str, str], None] = lambda _name, _why: None,
    ) -> None:
        self._secret_id = secret_id
        self._secrets = secrets
        self._on_outage = on_outage
        self._last: dict[str, Credentials] = {}
        self._schema = Schema(_SECRET, secret=True)

    def get(self, organization: str, *, past_every_cache: bool = False) -> Credentials:
        """The organization's credentials.

        Args:
            past_every_cache: as they are now, or not at all.

        Raises:
            CredentialsUnavailable: the secret is missing, unreadable or wrong.
        """
        # Here and not above: it is part of what costs a cold start, and comes with the provider anyway.
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError  # noqa: PLC0415

        name = self._secret_id.replace("{organization}", organization)
        try:
            text = self._secrets().get(name, max_age=CACHED_SECONDS, force_fetch=past_every_cache)
        except GetParameterError as error:
            if not _is_an_outage(error.__context__):
                self._last.pop(organization, None)
            elif organization in self._last and not past_every_cache:
                self._on_outage(name, str(error))
                return self._last[organization]
            raise CredentialsUnavailable(
                f"the secret {name} cannot be read: {error}",
                hint="create the secret, or allow the function's role secretsmanager:GetSecretValue on it",
            ) from error
        try:
            credentials = self._last[organization] = self._parse(text)
            return credentials
        except ValueError as error:
            self._last.pop(organization, None)
            if not past_every_cache:  # it may have been corrected since it was cached
                return self.get(organization, past_every_cache=True)
            # `from None`: the text of a secret stands in the cause's traceback.
            raise CredentialsUnavailable(f"the secret {name} is wrong: {error}", hint="put a corrected value") from None

    def _parse(self, text: str | bytes) -> Credentials:
        try:
            secret = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("its value is not JSON") from None
        problem = self._schema.problem(secret)
        if problem:
            raise ValueError(problem)
        api_url, login_url = _addresses(secret)
        method = secret.get("token_endpoint_auth_method")
        return Credentials(
            client_id=secret["client_id"],
            client_secret=secret["client_secret"],
            api_url=api_url,
            login_url=login_url,
            basic_auth=method == "client_secret_basic" if method else "region" in secret,
            max_timeout_seconds=int(secret["max_timeout_seconds"]) if "max_timeout_seconds" in secret else None,
            flow_api=FlowApi(secret.get("flow_api", "publish")),
        )


def _is_an_outage(cause: BaseException | None) -> bool:
    """Whether Secrets Manager gave no answer of its own: silence, 5xx, throttling."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as above

    if not isinstance(cause, ClientError):
        return isinstance(cause, BotoCoreError)
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Throttl" in cause.response.get("Error", {}).get("Code", "")


def _addresses(secret: dict[str, Any]) -> tuple[str, str]:
    if "region" in secret:
        return f"https://api.{secret['region']}", f"https://login.{secret['region']}"
    if "org_domain" in secret:
        url = f"https://{secret['org_domain']}.mypurecloud.com"
        return url, url
    url = _checked_base_url(secret["base_url"])
    return url, url


def _checked_base_url(base_url: str) -> str:
    wrong = ValueError(f"base_url must be {_SECRET['properties']['base_url'][EXPECTS]}")  # type: ignore[index]  # a literal
    try:
        parts = urlsplit(base_url)
        loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        raise wrong from None
    # Python's splitter and others disagree on backslashes, blanks and control characters: none of them may pass.
    plain = base_url.isascii() and base_url.isprintable() and not any(character in base_url for character in " \\@?#%")
    secure = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    named = parts.hostname is not None and (_HOST.fullmatch(parts.hostname) or ":" in parts.hostname)  # or IPv6
    if not (plain and secure and named and port_is_a_number and parts.path in {"", "/"}):
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"
