"""Logging in: tokens are kept, renewed, refused; secrets are rotated, missing or wrong."""

import json
import secrets
import time
from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, codes, flow, step, timeouts

PERMANENTLY = 1000
MANY = [ask(f"f{number}") for number in range(20)]


@pytest.fixture(autouse=True)
def flows(genesys: GenesysSimulator) -> None:
    for request in [ask(), *MANY]:
        genesys.put_flow(request["flow_id"], flow(step("Slow", 3)))


def logins(genesys: GenesysSimulator) -> int:
    return genesys.count("POST", "/oauth/token")


def rotate(genesys: GenesysSimulator) -> str:
    new_secret = secrets.token_hex()
    genesys.rotate_secret(new_secret)
    genesys.expire_tokens()
    return new_secret


def test_a_token_is_kept_from_event_to_event(genesys: GenesysSimulator, function: Function) -> None:
    for seconds in (4, 5, 6):
        assert function.ask_one(ask(timeout_seconds=seconds))["status"] == "raised"
    assert logins(genesys) == 1


def test_a_token_is_renewed_a_minute_before_it_expires(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(expires_in=60.4)
    assert function.ask_one(ask())["status"] == "raised"
    time.sleep(0.5)
    assert function.ask_one(ask(timeout_seconds=11))["status"] == "raised"
    assert logins(genesys) == 2


def test_a_token_that_lives_shorter_than_that_is_used_all_the_same(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.configure(expires_in=30)
    assert codes(function.ask(*MANY)) == ["raised"] * 20
    assert logins(genesys) == 1


@pytest.mark.parametrize("how_many", [1, 20])
def test_an_expired_token_costs_one_login(genesys: GenesysSimulator, function: Function, how_many: int) -> None:
    function.ask(*MANY)
    genesys.expire_tokens()
    outcomes = function.ask(*[{**request, "timeout_seconds": 11} for request in MANY[:how_many]])
    assert codes(outcomes) == ["raised"] * how_many
    assert logins(genesys) == 2


@pytest.mark.parametrize("operation", ["get_flow", "publish"])
def test_a_token_refused_on_any_call_is_renewed(genesys: GenesysSimulator, function: Function, operation: str) -> None:
    genesys.fault(operation=operation, status=401)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["publish_attempts"]) == ("raised", 1)
    assert logins(genesys) == 2
    assert genesys.flow("f").version == "8"


def test_a_rotated_secret_is_read_again(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    assert function.ask_one(ask())["status"] == "raised"
    aws.connect(genesys, client_secret=rotate(genesys))
    assert function.ask_one(ask(timeout_seconds=20))["status"] == "raised"
    assert logins(genesys) == 3
    assert timeouts(genesys) == {"Slow": 20}


def test_a_token_still_refused_leads_to_the_secret_as_well(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, aws: Aws, function: Function
) -> None:
    elsewhere.put_flow("f", flow(step("Slow", 3)))
    assert function.ask_one(ask())["status"] == "raised"
    aws.connect(elsewhere)  # the organization has moved: the old place still gives tokens, and takes none
    genesys.fault(operation="get_flow", status=401, times=PERMANENTLY)
    assert function.ask_one(ask(timeout_seconds=20))["status"] == "raised"
    assert timeouts(elsewhere) == {"Slow": 20}


def test_a_wrong_secret_costs_few_logins_however_many_flows(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.connect(genesys, client_secret="wrong")
    assert len(function.take(*MANY)) == 20
    assert set(codes(function.outcomes())) == {"credentials_invalid"}
    error = function.outcomes()[0]["error"]
    assert (error["http_status"], error["genesys_code"]) == (401, "invalid_client")
    assert logins(genesys) == 2
    assert aws.dead_letters() == []
    aws.connect(genesys)
    assert set(codes(function.ask(*MANY))) == {"raised"}


@pytest.mark.parametrize("operation", ["get_flow", "publish"])
def test_tokens_that_are_never_taken_cost_few_logins(
    genesys: GenesysSimulator, function: Function, operation: str
) -> None:
    genesys.fault(operation=operation, status=401, code="bad.credentials", times=PERMANENTLY)
    assert set(codes(function.ask(*MANY))) == {"credentials_invalid"}
    assert logins(genesys) <= 1 + 2 * 8  # each of the threads that go side by side renews it twice at most
    assert sum(call.status == 401 for call in genesys.calls) <= 30


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_how_the_client_proves_itself(genesys: GenesysSimulator, aws: Aws, function: Function, method: str) -> None:
    genesys.rotate_secret("a+b/c=&d e%f:")
    aws.connect(genesys, token_endpoint_auth_method=method)
    assert function.ask_one(ask())["status"] == "raised"
    [login] = [call for call in genesys.calls if call.method == "POST"]
    assert login.headers.get("authorization", "").startswith("Basic ") == (method == "client_secret_basic")


def test_a_secret_that_is_missing(start: Start, genesys: GenesysSimulator) -> None:
    function = start(GENESYS_SECRET_ID="no-such-secret")
    assert function.take(ask()) == [0]
    error = function.outcome()["error"]
    assert (error["code"], "no-such-secret" in error["message"]) == ("credentials_unavailable", True)
    assert genesys.calls == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"base_url": "http://example.invalid"}, "base_url"),
    ({"base_url": "http://localhost.example.invalid"}, "base_url"),
    ({"base_url": "http://127.0.0.1@example.invalid"}, "base_url"),
    ({"base_url": "http://127.0.0.1\\@example.invalid"}, "base_url"),
    ({"base_url": "https://example.invalid/path"}, "base_url"),
    ({"region": "mypurecloud.ie"}, "exactly one"),
    ({"base_url": None}, "base_url"),
    ({"flow_api": "guess"}, "flow_api"),
    ({"client_secret": 17}, "client_secret"),
    ({"max_timeout_seconds": "many"}, "max_timeout_seconds"),
    ({"clientid": "hush-hush"}, "clientid"),
]


def test_a_secret_that_is_wrong_names_the_key_and_no_value(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    for number, (changes, _) in enumerate(WRONG):
        aws.connect(genesys, f"o{number}", **{"client_secret": "hush-hush", **changes})
    outcomes = function.ask(*[ask(organization=f"o{number}") for number in range(len(WRONG))])
    for outcome, (_, named) in zip(outcomes, WRONG, strict=True):
        assert (outcome["error"]["code"], named in outcome["error"]["message"]) == ("credentials_unavailable", True)
    seen = function.log() + json.dumps(outcomes)
    assert [hidden for hidden in ("hush", "guess", "many", "example.inv") if hidden in seen] == []


def test_a_secret_that_is_no_object(aws: Aws, function: Function) -> None:
    texts = ["hush-hush", "{", '["hush-hush"]', '"hush-hush"', "[" * 20_000, "null"]
    for number, text in enumerate(texts):
        aws.put_secret(text, f"o{number}")
    outcomes = function.ask(*[ask(organization=f"o{number}") for number in range(len(texts))])
    assert set(codes(outcomes)) == {"credentials_unavailable"}
    assert "hush" not in function.log() + json.dumps(outcomes)


@pytest.mark.parametrize("answer", ['{"expires_in": 60}', '{"access_token": "", "expires_in": 60}', "[]", "17"])
def test_a_login_that_gives_no_token_is_asked_again(genesys: GenesysSimulator, function: Function, answer: str) -> None:
    genesys.fault(operation="token", status=200, body=answer)
    assert function.ask_one(ask())["status"] == "raised"
    assert logins(genesys) == 2
