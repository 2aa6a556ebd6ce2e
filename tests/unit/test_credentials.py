"""Credentials: where a secret may lead to, and what is said of one that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError, EndpointConnectionError

from fakes import NO_ANSWER, FakeSecrets
from genesys_cloud.credentials import REGIONS, Credentials, CredentialsStore
from genesys_cloud.errors import CredentialsUnavailable

CLIENT = {"client_id": "the-client", "client_secret": "s3cr3t-value"}


def read(secret: object, **store: Any) -> Credentials:
    return CredentialsStore("genesys", lambda: FakeSecrets(genesys=secret)).get("default", **store)


def refusal(secret: object) -> str:
    with pytest.raises(CredentialsUnavailable) as refused:
        read(secret)
    error = refused.value
    assert "the secret genesys" in error.message
    assert error.hint
    for text in (error.message, error.hint, repr(error), repr(error.__cause__)):
        assert "s3cr3t-value" not in text
    return error.message


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_leads_to_its_api_and_its_login_with_a_basic_header(region: str) -> None:
    credentials = read({**CLIENT, "region": region})
    assert (credentials.api_url, credentials.login_url) == (f"https://api.{region}", f"https://login.{region}")
    assert credentials.basic_auth


def test_an_organizations_domain_leads_to_one_address_with_the_client_in_the_form() -> None:
    credentials = read({**CLIENT, "org_domain": "acme-1"})
    assert credentials.api_url == credentials.login_url == "https://acme-1.mypurecloud.com"
    assert not credentials.basic_auth


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://genesys.example", "https://genesys.example"),
        ("https://genesys.example/", "https://genesys.example"),
        ("https://genesys.example:8443", "https://genesys.example:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_is_taken_as_https_or_as_http_on_this_machine(base_url: str, url: str) -> None:
    credentials = read({**CLIENT, "base_url": base_url})
    assert credentials.api_url == credentials.login_url == url


@pytest.mark.parametrize(
    "base_url",
    [
        "http://genesys.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "https://user:s3cr3t-value@genesys.example",
        "https://genesys.example/api",
        "https://genesys.example//",
        "https://genesys.example?x=1",
        "https://genesys.example#x",
        "https://genesys.example\\@evil.example",
        "https://genesys.example\\evil",
        "https://genesys example",
        " https://genesys.example",
        "https://genesys.example\n",
        "https://genesys.example\t",
        "https://genesys.exam\u00adple",
        "https://gen\u0435sys.example",
        "https://%67enesys.example",
        "https://genesys.example:port",
        "https://genesys.example:99999",
        "https://genesys.example:0",
        "https://",
        "https:///path",
        "https:genesys.example",
        "https://[::1",
        "ftp://genesys.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "genesys.example",
        "//genesys.example",
        "",
    ],
)
def test_no_other_base_url_gets_the_client_secret(base_url: str) -> None:
    message = refusal({**CLIENT, "base_url": base_url})
    assert "base_url must be an https address without path, query or user" in message
    assert not base_url or base_url not in message


@pytest.mark.parametrize("org_domain", ["a.b", "acme.evil.example/", "-acme", "acme-", "", "acme\n", "a" * 64, "ä", 5])
def test_an_organizations_domain_is_one_label_of_a_host_name(org_domain: object) -> None:
    assert "org_domain must be the organization's name" in refusal({**CLIENT, "org_domain": org_domain})


@pytest.mark.parametrize("region", ["evil.example", "mypurecloud.ie.evil.example", "MYPURECLOUD.IE", "", None, ["x"]])
def test_a_region_is_one_of_genesys_clouds_own(region: object) -> None:
    assert "region must be one of Genesys Cloud's regions" in refusal({**CLIENT, "region": region})


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"region": "mypurecloud.ie", "org_domain": "acme"},
        {"region": "mypurecloud.ie", "base_url": "https://genesys.example"},
        {"region": "mypurecloud.ie", "org_domain": "acme", "base_url": "https://genesys.example"},
    ],
)
def test_exactly_one_key_says_where_to_go(where: dict[str, str]) -> None:
    assert "exactly one of region, org_domain, base_url says where to go" in refusal({**CLIENT, **where})


@pytest.mark.parametrize(
    ("where", "method", "basic"),
    [
        ({"region": "mypurecloud.ie"}, "client_secret_post", False),
        ({"org_domain": "acme"}, "client_secret_basic", True),
        ({"base_url": "https://genesys.example"}, "client_secret_basic", True),
        ({"base_url": "https://genesys.example"}, "client_secret_post", False),
    ],
)
def test_the_secret_may_choose_how_the_client_proves_itself(where: dict[str, str], method: str, basic: bool) -> None:
    assert read({**CLIENT, **where, "token_endpoint_auth_method": method}).basic_auth is basic


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ["s3cr3t-value"]}, "client_secret"),
        ({"client_secret": {"value": "s3cr3t-value"}}, "client_secret"),
        ({"max_timeout_seconds": "s3cr3t-value"}, "max_timeout_seconds"),
        ({"max_timeout_seconds": 0}, "max_timeout_seconds"),
        ({"max_timeout_seconds": True}, "max_timeout_seconds"),
        ({"max_timeout_seconds": 2.5}, "max_timeout_seconds"),
        ({"flow_api": "s3cr3t-value"}, "flow_api"),
        ({"token_endpoint_auth_method": "s3cr3t-value"}, "token_endpoint_auth_method"),
        ({"clientSecret": "s3cr3t-value"}, "clientSecret"),
        ({"note": "s3cr3t-value"}, "note"),
    ],
)
def test_what_is_wrong_in_a_secret_is_named_by_its_key_and_never_by_its_value(fields: dict[str, Any], key: str) -> None:
    assert key in refusal({**CLIENT, "region": "mypurecloud.ie", **fields})


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_a_missing_key_is_named(missing: str) -> None:
    secret = {key: value for key, value in CLIENT.items() if key != missing}
    assert f"{missing} is missing" in refusal({**secret, "region": "mypurecloud.ie"})


@pytest.mark.parametrize("text", ["", "s3cr3t-value", '{"client_secret": "s3cr3t-value"', b"\xff", "[" * 100_000])
def test_a_secret_that_is_not_json_is_said_to_be_none_and_not_shown(text: str | bytes) -> None:
    assert refusal(text) == "the secret genesys is wrong: its value is not JSON"


@pytest.mark.parametrize("text", ['"s3cr3t-value"', "[]", "null", "17"])
def test_a_secret_that_is_no_object_is_told_what_it_must_be(text: str) -> None:
    assert "is not a JSON object with client_id, client_secret and one of" in refusal(text)


def test_a_secret_that_cannot_be_read_is_told_with_the_reason_and_the_permission() -> None:
    with pytest.raises(CredentialsUnavailable) as refused:
        read(GetParameterError("AccessDeniedException"))
    assert "cannot be read: AccessDeniedException" in refused.value.message
    assert "secretsmanager:GetSecretValue" in (refused.value.hint or "")


def test_the_organization_picks_the_secret() -> None:
    secrets = FakeSecrets(**{"genesys/acme": {**CLIENT, "org_domain": "acme"}})
    assert CredentialsStore("genesys/{organization}", lambda: secrets).get("acme").api_url.startswith("https://acme.")


def test_past_every_cache_the_rotated_secret_is_read() -> None:
    secrets = FakeSecrets(genesys={**CLIENT, "org_domain": "acme"})
    secrets.rotated = {"genesys": {**CLIENT, "org_domain": "acme", "client_secret": "new"}}
    store = CredentialsStore("genesys", lambda: secrets)
    assert store.get("default").client_secret == "s3cr3t-value"
    assert store.get("default", past_every_cache=True).client_secret == "new"


# -- while Secrets Manager is down -------------------------------------------------------------------------------------


def not_read(cause: Exception) -> GetParameterError:
    """What Powertools makes of an error."""
    error = GetParameterError(str(cause))
    error.__context__ = cause
    return error


def answered(status: int, code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "GetSecretValue",
    )


class Outage:
    """A store that has read the secret once, and what it told since Secrets Manager no longer gives it."""

    def __init__(self, cause: Exception) -> None:
        self.secrets = FakeSecrets(genesys={**CLIENT, "org_domain": "acme"})
        self.told: list[str] = []
        self.store = CredentialsStore("genesys", lambda: self.secrets, lambda *what: self.told.append(" ".join(what)))
        self.before = self.store.get("default")
        self.secrets.secrets["genesys"] = not_read(cause)


OUTAGES: list[Exception] = [
    NO_ANSWER,
    EndpointConnectionError(endpoint_url="https://aws"),
    answered(500, "InternalServiceError"),
    answered(503, "ServiceUnavailable"),
    answered(400, "ThrottlingException"),
]


@pytest.mark.parametrize("cause", OUTAGES, ids=repr)
def test_while_secrets_manager_is_down_what_it_said_last_counts(cause: Exception) -> None:
    outage = Outage(cause)
    assert outage.store.get("default") == outage.before
    assert outage.told == [f"genesys {cause}"]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException"])
def test_what_secrets_manager_refuses_counts_no_more(code: str) -> None:
    outage = Outage(answered(400, code))
    with pytest.raises(CredentialsUnavailable, match=code):
        outage.store.get("default")
    outage.secrets.secrets["genesys"] = not_read(NO_ANSWER)
    with pytest.raises(CredentialsUnavailable):  # not even once Secrets Manager is down
        outage.store.get("default")
    assert outage.told == []


def test_a_secret_that_is_wrong_now_counts_no_more_though_it_was_right_before() -> None:
    outage = Outage(NO_ANSWER)
    outage.secrets.secrets["genesys"] = "{"
    with pytest.raises(CredentialsUnavailable, match="is wrong"):
        outage.store.get("default")
    outage.secrets.secrets["genesys"] = not_read(NO_ANSWER)
    with pytest.raises(CredentialsUnavailable, match="cannot be read"):
        outage.store.get("default")


@pytest.mark.parametrize("cause", OUTAGES, ids=repr)
def test_past_every_cache_and_never_read_before_an_outage_is_an_outage(cause: Exception) -> None:
    outage = Outage(cause)
    with pytest.raises(CredentialsUnavailable):
        outage.store.get("default", past_every_cache=True)
    with pytest.raises(CredentialsUnavailable):
        CredentialsStore("genesys", lambda: outage.secrets).get("default")


def test_credentials_do_not_show_their_secret() -> None:
    assert "s3cr3t-value" not in repr(read({**CLIENT, "org_domain": "acme", "max_timeout_seconds": 60}))


def test_the_organizations_own_limit_is_kept() -> None:
    assert read({**CLIENT, "org_domain": "acme", "max_timeout_seconds": 60}).max_timeout_seconds == 60
    assert read({**CLIENT, "org_domain": "acme"}).max_timeout_seconds is None
