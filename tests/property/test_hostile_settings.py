"""What people and Genesys Cloud write for us: secrets, routes, policies, headers. Any text is read or refused."""

from __future__ import annotations

import json
import math
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from alarm_fakes import signal_of
from alarm_payloads import alarm_action
from aws_support.environment import ConfigurationError
from fakes import FakeSecrets
from genesys_cloud.credentials import REGIONS, Credentials, CredentialsStore
from genesys_cloud.errors import CredentialsUnavailable
from genesys_cloud.retry import told_wait_seconds
from hostile_values import TEXTS, VALUES, mutated, some_of
from policy import Amount, Measure, Policy
from rejection import Rejection
from routing import InvalidRoute, Router, RouteReader, routes_in, strict_json
from settings import Settings

# -- secrets -----------------------------------------------------------------------------------------------------------

HUSH = st.text(alphabet="QZJX9", min_size=4, max_size=40)
"""Of letters that no message has beside one another."""
KEYS = ["client_id", "client_secret", "region", "org_domain", "base_url", "flow_api", "max_timeout_seconds"]
KEYS += ["token_endpoint_auth_method", "Client_Secret", "__proto__", ""]
HUSHED = (
    HUSH
    | st.lists(HUSH, max_size=2)
    | st.dictionaries(HUSH, HUSH, max_size=2)
    | HUSH.map(lambda text: f"http://{text}")
)


def read(secret: object) -> Credentials:
    return CredentialsStore("genesys-{organization}", lambda: FakeSecrets(**{"genesys-default": secret})).get("default")


@given(
    st.dictionaries(st.sampled_from(KEYS), HUSHED | VALUES, max_size=5).map(json.dumps)
    | HUSH
    | HUSH.map(lambda text: f'{{"client_id": "{text}')
    | HUSH.map(lambda text: text.encode("utf-16"))
    | HUSH.map(lambda text: b"\xff\xfe\x00" + text.encode())
    | st.binary(max_size=40)
)
def test_any_secret_gives_credentials_or_an_error_without_any_of_it(secret: str | bytes) -> None:
    try:
        read(secret)
    except CredentialsUnavailable as error:
        message = error.message
        told = "".join([*traceback.format_exception(error), repr(error), str(error.hint)])
    else:
        return
    assert "the secret genesys-default is wrong: " in message
    assert len(message) < 600
    assert not [told for place in range(len(told) - 3) if set(told[place : place + 4]) <= set("QZJX9")]


@given(HUSH, HUSH, st.sampled_from(REGIONS))
def test_credentials_show_no_secret_wherever_they_are_written(client_id: str, secret: str, region: str) -> None:
    credentials = read({"client_id": f"id-{client_id}", "client_secret": f"hush-{secret}", "region": region})
    assert "hush-" not in f"{credentials} {credentials!r}"
    assert {f"hush-{secret}"} <= credentials.spellings_of_the_secret()


HOSTS = [
    *["good.example", "evil.example", "localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f.1", "0"],
    *["localhost.evil.example", "127.0.0.1.evil.example", "LOCALHOST", "loc\u200balhost", "\u24dbocalhost", "-a", ""],
    *["good\u3002example", "xn--gdaaa.example", "%67ood.example", "[evil.example]", "[::1%25eth0]", "good_.example"],
]
GLUE = [
    "",
    "@",
    ":",
    ":80",
    ":443",
    ":x",
    ":99999",
    "\\",
    "\\@",
    "/",
    "//",
    "?",
    "#",
    ";",
    ",",
    " ",
    "\t",
    "\r\n",
    "%00",
]
SCHEMES = ["https://", "http://", "HTTPS://", "hTTp://", "https:/", "https:", "//", "", "ftp://", " http://"]
URLS = st.builds(
    lambda scheme, parts: scheme + "".join(parts),
    st.sampled_from(SCHEMES),
    st.lists(st.sampled_from(HOSTS) | st.sampled_from(GLUE) | st.text(max_size=2), min_size=1, max_size=5),
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@given(URLS)
@example("http://127.0.0.1.evil.example")
@example("http://evil.example[::1]")
@example("https://good.example\\@evil.example")
def test_a_base_url_that_is_taken_is_one_host_to_everybody_and_plain_http_only_this_machine(base_url: str) -> None:
    try:
        credentials = read({"client_id": "c", "client_secret": "s", "base_url": base_url})
    except CredentialsUnavailable:
        return
    assert credentials.api_url == credentials.login_url
    url = f"{credentials.api_url}/oauth/token"
    scheme, host = urlsplit(base_url).scheme, (urlsplit(base_url).hostname or "").lower()
    assert scheme in ({"http", "https"} if host in LOOPBACK else {"https"})
    try:
        sent_to = requests.Request("POST", url).prepare().url or ""
    except requests.RequestException:
        return  # to nobody
    for seen in (urlsplit(sent_to), urlsplit(url)):
        assert (seen.scheme, seen.hostname, seen.path, seen.query) == (scheme, host, "/oauth/token", "")
        assert (seen.username, seen.password) == (None, None)
    assert (parse_url(sent_to).host or "").strip("[]").lower() == host


@given(st.sampled_from(["org_domain", "region"]), st.sampled_from([*HOSTS, *GLUE]) | some_of(TEXTS) | URLS)
def test_an_organization_leads_to_genesys_cloud_or_nowhere(key: str, value: str) -> None:
    try:
        credentials = read({"client_id": "c", "client_secret": "s", key: value})
    except CredentialsUnavailable:
        return
    for url in (credentials.api_url, credentials.login_url):
        host = urlsplit(requests.Request("POST", f"{url}/x").prepare().url or "").hostname or ""
        assert url.startswith("https://")
        assert host.endswith((".mypurecloud.com", *(f".{region}" for region in REGIONS)))


# -- waits -------------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
NUMBERS = [
    *["0", "1", "-1", "0000000007", "9" * 9, "9" * 400, "1e9", "1e400", "inf", "nan", "0x10", "1_000", "+5", " 5 "],
    *["\u0663", "\uff17", "\u00b2"],
]
DATES = [
    *(format_datetime(NOW.replace(year=year)) for year in (1, 1970, 2026, 9999)),
    *["Mon, 23 Nov 0000 12:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359"],
    *["Mon, 23 Nov 99999 1:1:1 GMT", "Mon, 23 Nov 2026 99:99:99 GMT", "Mon, 23 Nov 2026 12:00:00 +9999999"],
    *["23 Nov 26", "(" * 500, "Mon, 23 Nov"],
]
HEADERS = st.sampled_from([*NUMBERS, *DATES]) | st.text(max_size=30)


@st.composite
def spliced(draw: st.DrawFn) -> str:
    """A header with a piece of another one in it."""
    one, other = draw(HEADERS), draw(HEADERS)
    place = draw(st.integers(0, len(one)))
    return one[:place] + other + one[place + draw(st.integers(0, len(other))) :]


@given(spliced() | HEADERS, spliced() | HEADERS, st.booleans())
def test_any_header_gives_a_wait_that_is_finite_and_goes_forward(told: str, reset: str, both: bool) -> None:
    headers = {"Retry-After": told, "inin-ratelimit-reset": reset} if both else {"inin-ratelimit-reset": reset}
    seconds = told_wait_seconds(headers, NOW)
    assert 0 < seconds < 8_000 * 366 * 86_400
    assert math.isfinite(seconds)


# -- routes and policies -----------------------------------------------------------------------------------------------

READER = RouteReader()
ROUTE = {"target": {"flow_id": "f", "action_name": "A"}, "policy": {"raise_to_seconds": 12, "cooldown_seconds": 60}}
PARAMETER = {"routes": [{"alarm_name": "b-*", **ROUTE}, {"alarm_name": "*", "target": {"data_action_id": "c"}}]}


def assert_routed_or_refused(router: Router, description: str | None) -> None:
    try:
        route = router.route(signal_of(alarm_action(description=description, name="a" * 200)))
    except Rejection as rejection:
        code, message = rejection.code, rejection.message
    else:
        assert isinstance(route.policy, Policy)
        assert json.loads(json.dumps(dict(route.target))) == route.target
        return
    assert code in {"invalid_request", "alarm_not_routed"}
    assert len(message) < 900


@given(mutated(PARAMETER).map(json.dumps) | mutated(ROUTE).map(json.dumps) | some_of(TEXTS) | st.text(max_size=30))
@example(json.dumps({"routes": [{"alarm_name": "*a" * 4000, **ROUTE}]}))
@example(json.dumps({"routes": [{"alarm_name": "[!a-z" * 1000, **ROUTE}]}))
def test_any_parameter_routes_an_alarm_or_is_refused_in_few_words(text: str) -> None:
    assert_routed_or_refused(Router(READER, Policy(), lambda: text), None)


@given(
    some_of(TEXTS) | st.text(alphabet='{}[]"\\:timeout_raiser', max_size=20),
    mutated({"timeout_raiser": ROUTE}).map(json.dumps) | some_of(TEXTS),
    some_of(TEXTS) | st.text(alphabet='{}[]"\\:timeout_raiser', max_size=20),
)
@example("", '{"timeout_raiser": ' + "{" * 4000, "")
@example("{" * 2000, '"timeout_raiser": 1', "")
def test_any_description_routes_an_alarm_or_is_refused_in_few_words(before: str, described: str, after: str) -> None:
    assert_routed_or_refused(Router(READER, Policy(), lambda: None), before + described + after)


@given(mutated({"policy": ROUTE["policy"]}), st.floats(0, 1e9), st.none() | st.decimals(0, "1e308"))
def test_any_policy_is_refused_or_gives_a_whole_number(raw: Any, now: float, latency: Decimal | None) -> None:
    try:
        policy = READER.read_policy(strict_json(json.dumps(raw.get("policy")), "it"), within="policy")
    except InvalidRoute as error:
        told = str(error)
    else:
        amount = policy.amount(latency) or Amount(Measure.BY_SECONDS, Decimal(1))
        assert isinstance(amount.goal(now), int)
        assert READER.read_policy(json.loads(json.dumps(policy.as_fields())), within="policy") == policy
        return
    assert 10 < len(told) < 900


NEEDED = ("GENESYS_SECRET_ID", "REQUEST_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "LEDGER_TABLE_NAME")
VARIABLES = ["DEFAULT_ALARM_POLICY", "MAX_TIMEOUT_SECONDS", "FLOW_CONCURRENCY", "POWERTOOLS_LOG_LEVEL"]
VARIABLES += ["HTTP_READ_TIMEOUT_SECONDS", "ALARM_ROUTES_PARAMETER", "EVENT_BUS_NAME"]


VARIABLE_TEXTS = mutated(ROUTE["policy"]).map(json.dumps) | some_of(TEXTS)


@given(st.dictionaries(st.sampled_from(VARIABLES), VARIABLE_TEXTS, max_size=3))
def test_any_environment_is_taken_or_refused_by_the_names_of_its_variables(variables: dict[str, str]) -> None:
    try:
        settings = Settings.from_environment({**dict.fromkeys(NEEDED, "x"), **variables}, READER)
    except ConfigurationError as error:
        told = str(error)
    else:
        assert 1 <= settings.max_timeout_seconds <= 3600
        assert 1 <= settings.flow_concurrency <= 256
        return
    assert [name for name in variables if name in told]
    assert len(told) < 3000


def test_a_parameter_of_any_length_is_looked_through_fast() -> None:
    routes = [{"alarm_name": f"x*{n}*y*z*", **ROUTE} for n in range(300)]
    assert len(routes_in(json.dumps({"routes": routes}))) == 300
    with pytest.raises(Rejection, match="does not say which Data Action"):
        Router(READER, Policy(), lambda: json.dumps({"routes": routes})).route(
            signal_of(alarm_action(description=None, name="x" * 255))
        )
