"""The Genesys Cloud simulator, seen by a real HTTP client."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from genesys_simulator import Fault, GenesysSimulator, Settings

LOCAL = Path(__file__).parents[2] / "local"
SOON = 5.0
PROOF = ("simulator-client", "simulator-secret")

BILLING = (  # what a parser would not give back as it was: blanks, a big integer, 1.10
    b'{ "id":"billing", "name" : "Abrechnung \xc3\xa4 \xf0\x9f\x98\x80", "version": 12,'
    b'"big":123456789012345678901234567890, "ratio":1.10,'
    b'"steps":[{"type":"data-action","id":"s1","name":"GetAccount","settings":{"timeout":3,"z":1,"a":2}}]}'
)


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """A client with one connection and one token."""

    session: requests.Session
    url: str
    token: str = ""

    def login(self, proof: tuple[str, str] = PROOF) -> requests.Response:
        form = {"grant_type": "client_credentials", "client_id": proof[0], "client_secret": proof[1]}
        answer = self.session.post(f"{self.url}/oauth/token", data=form, timeout=SOON)
        self.token = answer.json()["access_token"] if answer.ok else ""
        return answer

    def get(self, flow_id: str = "billing", timeout: float = SOON) -> requests.Response:
        return self.session.get(self._flow(flow_id), headers=self._headers(), timeout=timeout)

    def publish(
        self, body: bytes | dict[str, Any], flow_id: str = "billing", *, etag: str | None = None, timeout: float = SOON
    ) -> requests.Response:
        headers = {**self._headers(), **({"If-Match": etag} if etag else {})}
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        address = f"{self._flow(flow_id)}/publish"
        return self.session.put(address, data=data, headers=headers, timeout=timeout, allow_redirects=False)

    def admin(self, method: str, path: str, content: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_simulator/{path}", json=content, timeout=SOON)

    def _flow(self, flow_id: str) -> str:
        return f"{self.url}/api/v2/flows/{flow_id}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def genesys(clock: Clock) -> Iterator[GenesysSimulator]:
    with GenesysSimulator(clock=clock) as simulator:
        simulator.put_flow("billing", BILLING)
        yield simulator


@pytest.fixture
def client(genesys: GenesysSimulator) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(session, genesys.url)
        client.login().raise_for_status()
        yield client


def with_timeout(seconds: Any) -> bytes:
    return BILLING.replace(b'"timeout":3', b'"timeout":' + json.dumps(seconds).encode())


def timeout_of(genesys: GenesysSimulator, flow_id: str = "billing") -> Any:
    return genesys.flow(flow_id).document()["steps"][0]["settings"]["timeout"]


def assert_genesys_error(answer: requests.Response, status: int, code: str) -> str:
    content = answer.json()
    assert answer.status_code == status
    assert set(content) == {"message", "code", "status", "contextId", "details", "errors"}
    assert (content["code"], content["status"]) == (code, status)
    assert content["contextId"] == answer.headers["ININ-Correlation-Id"]
    return str(content["message"])


class TestLogin:
    def test_gives_a_token_to_a_client_in_the_form(self, client: Client) -> None:
        content = client.login().json()
        assert content == {"access_token": client.token, "token_type": "bearer", "expires_in": 3600}
        assert client.get().ok

    def test_gives_a_token_to_a_client_in_the_basic_header(self, client: Client) -> None:
        form = {"grant_type": "client_credentials"}
        assert client.session.post(f"{client.url}/oauth/token", data=form, auth=PROOF, timeout=SOON).ok

    @pytest.mark.parametrize("proof", [("simulator-client", "wrong"), ("nobody", "simulator-secret"), ("", "")])
    def test_refuses_a_wrong_client(self, client: Client, proof: tuple[str, str]) -> None:
        answer = client.login(proof)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert answer.json()["error_description"]

    def test_refuses_another_grant(self, client: Client) -> None:
        answer = client.session.post(f"{client.url}/oauth/token", data={"grant_type": "password"}, timeout=SOON)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")

    def test_a_token_expires_with_time(self, genesys: GenesysSimulator, client: Client, clock: Clock) -> None:
        genesys.configure(expires_in=100)
        client.login()
        clock.now += 99.9
        assert client.get().ok
        clock.now += 0.1
        assert_genesys_error(client.get(), 401, "bad.credentials")
        client.login()
        assert client.get().ok

    def test_tokens_expire_on_demand(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.expire_tokens()
        assert_genesys_error(client.get(), 401, "bad.credentials")

    def test_a_call_without_token_is_refused(self, client: Client) -> None:
        answer = client.session.get(f"{client.url}/api/v2/flows/billing", timeout=SOON)
        assert_genesys_error(answer, 401, "authentication.required")

    def test_after_rotation_only_the_new_secret_logs_in(self, genesys: GenesysSimulator, client: Client) -> None:
        token = client.token
        genesys.rotate_secret("second")
        assert client.login().status_code == 401
        assert client.login((PROOF[0], "second")).ok
        client.token = token
        assert client.get().ok


class TestFlows:
    def test_reads_the_very_bytes(self, client: Client) -> None:
        assert client.get().content == BILLING

    def test_publishes_the_very_bytes_but_the_version(self, genesys: GenesysSimulator, client: Client) -> None:
        answer = client.publish(with_timeout(10), etag=client.get().headers["ETag"])
        assert answer.json() == {"id": "billing", "name": "Abrechnung ä 😀", "version": 13}
        assert client.get().content == with_timeout(10).replace(b'"version": 12', b'"version": 13')
        assert genesys.flow("billing").version == "13"

    def test_a_version_that_is_a_string_stays_one(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_flow("text", {"version": "2.0", "steps": []})
        assert_genesys_error(client.publish({"version": 2.0, "steps": []}, "text"), 409, "version.conflict")
        assert client.publish(client.get("text").content, "text").json()["version"] == "3.0"

    def test_only_the_version_at_the_top_counts(self, genesys: GenesysSimulator, client: Client) -> None:
        body = b'{"steps":[{"version":7}],"a":{"version":8},"version":9}'
        genesys.put_flow("nested", body)
        assert client.publish(body, "nested").ok
        assert client.get("nested").content == body.replace(b"9", b"10")

    def test_a_stale_version_is_a_conflict(self, client: Client) -> None:
        assert client.publish(BILLING).ok
        message = assert_genesys_error(client.publish(BILLING), 409, "version.conflict")
        assert "13" in message

    def test_of_many_who_publish_at_once_one_wins(self, genesys: GenesysSimulator, client: Client) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.publish(BILLING).status_code, range(16)))
        assert sorted(answers) == [200] + [409] * 15
        assert genesys.flow("billing").version == "13"

    def test_the_etag_guards_against_a_lost_update(self, genesys: GenesysSimulator, client: Client) -> None:
        etag = client.get().headers["ETag"]
        assert etag == client.get().headers["ETag"]
        published = client.publish(BILLING, etag=etag)
        assert published.headers["ETag"] == client.get().headers["ETag"] != etag
        assert_genesys_error(client.publish(BILLING, etag=etag), 412, "precondition.failed")
        assert genesys.flow("billing").version == "13"

    def test_if_match_can_be_required(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(require_if_match=True)
        assert_genesys_error(client.publish(BILLING), 428, "precondition.required")
        assert client.publish(BILLING, etag=client.get().headers["ETag"]).ok

    def test_without_etags_if_match_is_not_heeded(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(etags=False)
        assert "ETag" not in client.get().headers
        assert client.publish(BILLING, etag='"whatever"').ok

    def test_an_unknown_flow_is_not_found(self, client: Client) -> None:
        assert "nobody" in assert_genesys_error(client.get("nobody"), 404, "not.found")
        assert_genesys_error(client.publish(BILLING, "nobody"), 404, "not.found")

    def test_an_unknown_address_is_not_found_and_a_wrong_method_not_allowed(self, client: Client) -> None:
        assert_genesys_error(client.session.get(f"{client.url}/api/v2/users", timeout=SOON), 404, "not.found")
        answer = client.session.delete(f"{client.url}/api/v2/flows/billing", timeout=SOON)
        assert_genesys_error(answer, 405, "method.not.allowed")
        assert answer.headers["Allow"] == "GET"

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (BILLING[:50], "cannot be read"),
            (b"[]", "not a JSON object"),
            (BILLING.replace(b'"timeout":3', b'"timeout":NaN'), "NaN"),
            (BILLING.replace(b"\xc3", b""), "utf-8"),
            (b'{"version":12}', "steps"),
            (with_timeout(31), "steps[0].settings.timeout must be an integer from 1 to 30 (seconds), not 31"),
            (with_timeout(0), "not 0"),
            (with_timeout("10"), 'not "10"'),
            (with_timeout(2.5), "not 2.5"),
            (with_timeout(seconds=True), "not true"),
            (with_timeout(None), "not null"),
        ],
    )
    def test_an_invalid_flow_is_refused(
        self, genesys: GenesysSimulator, client: Client, body: bytes, said: str
    ) -> None:
        assert said in assert_genesys_error(client.publish(body), 400, "invalid.value")
        assert genesys.flow("billing").body == BILLING

    def test_the_longest_timeout_can_be_set(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(max_timeout_seconds=60)
        assert client.publish(with_timeout(60)).ok
        assert "60" in assert_genesys_error(client.publish(with_timeout(61)), 400, "invalid.value")

    def test_the_user_data_in_a_data_actions_settings_is_not_looked_at(self, client: Client) -> None:
        inner = {"type": "data-action", "name": "x", "settings": {"timeout": "mine"}}
        step = {"type": "data-action", "name": "y", "settings": {"timeout": 5, "payload": inner}}
        assert client.publish({"version": 12, "steps": [step]}).ok

    @pytest.mark.parametrize(("missing", "kept"), [("view:flow", "admin:flow"), ("admin:flow", "view:flow")])
    def test_a_missing_permission_is_named(
        self, genesys: GenesysSimulator, client: Client, missing: str, kept: str
    ) -> None:
        genesys.configure(permissions={kept})
        answers = {"view:flow": client.get(), "admin:flow": client.publish(BILLING)}
        assert missing in assert_genesys_error(answers[missing], 403, "missing.permissions")
        assert answers[kept].ok

    def test_a_broken_document_is_served_as_it_is(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_flow("broken", b'{"steps": [')
        assert client.get("broken").content == b'{"steps": ['
        assert_genesys_error(client.publish(BILLING, "broken"), 409, "version.conflict")


class TestLargeFlows:
    def test_900_containers_deep(self, genesys: GenesysSimulator, client: Client) -> None:
        limit = sys.getrecursionlimit()
        opening, closing = b'{"type":"loop","steps":[' * 900, b"]}" * 900
        action = b'{"type":"data-action","name":"Deep","settings":{"timeout":%d}}'
        body = b'{"version":1,"name":"deep","steps":[' + opening + action + closing + b"]}"
        genesys.put_flow("deep", body % 3)
        assert client.get("deep").content == body % 3
        assert "must be an integer" in assert_genesys_error(client.publish(body % 31, "deep"), 400, "invalid.value")
        assert client.publish(body % 9, "deep").json()["version"] == 2
        [flow] = [each for each in client.admin("GET", "flows").json()["flows"] if each["id"] == "deep"]
        [found] = flow["data_actions"]
        assert (found["name"], found["timeout"]) == ("Deep", 9)
        assert found["path"] == ".".join(["steps[0]"] * 901)
        genesys.edit_flow("deep", lambda document: document.update(name="deeper"))
        assert genesys.flow("deep").body.count(b"loop") == 900
        assert sys.getrecursionlimit() == limit  # or deep Flows would not find bugs in the code under test

    def test_100_000_steps(self, genesys: GenesysSimulator, client: Client) -> None:
        step = b'{"type":"data-action","id":"%d","name":"Step","settings":{"timeout":3}}'
        steps = b",".join(step % number for number in range(100_000))
        body = b'{"steps":[' + steps + b'],"version":41}'
        genesys.put_flow("large", body)
        assert client.get("large").content == body
        assert client.publish(body, "large").json()["version"] == 42
        assert genesys.flow("large").body == body.replace(b'"version":41', b'"version":42')


class TestRateLimit:
    def test_every_answer_counts_and_says_so(self, genesys: GenesysSimulator, client: Client, clock: Clock) -> None:
        genesys.configure(rate_limit_calls=3, rate_limit_window_seconds=60)
        first = client.get().headers
        clock.now += 20.5
        second = client.get("nobody").headers
        names = ["inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"]
        assert [first[name] for name in names] == ["1", "3", "60"]
        assert [second[name] for name in names] == ["2", "3", "40"]

    def test_one_call_too_many_waits_for_the_next_window(
        self, genesys: GenesysSimulator, client: Client, clock: Clock
    ) -> None:
        genesys.configure(rate_limit_calls=1, rate_limit_window_seconds=60)
        assert client.get().ok
        clock.now += 50
        answer = client.get()
        assert_genesys_error(answer, 429, "too.many.requests")
        assert answer.headers["Retry-After"] == answer.headers["inin-ratelimit-reset"] == "10"
        clock.now += 10
        assert client.get().headers["inin-ratelimit-count"] == "1"

    def test_retry_after_can_be_left_out(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(rate_limit_calls=1, send_retry_after=False)
        client.get()
        answer = client.get()
        assert answer.status_code == 429
        assert "Retry-After" not in answer.headers
        assert answer.headers["inin-ratelimit-reset"] == "60"

    def test_each_token_has_its_own_window(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(rate_limit_calls=1)
        client.get()
        client.login()
        assert client.get().ok

    def test_it_can_be_switched_off(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(rate_limit_calls=None)
        answers = [client.get() for _ in range(301)]
        assert all(answer.ok for answer in answers)
        assert "inin-ratelimit-count" not in answers[-1].headers


class TestFaults:
    def test_a_status_in_genesys_shape(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="get_flow", status=503, times=2)
        assert_genesys_error(client.get(), 503, "service.unavailable")
        answer = client.get()
        assert answer.status_code == 503
        assert "inin-ratelimit-count" in answer.headers
        assert client.get().ok

    def test_a_status_with_code_message_and_headers(self, genesys: GenesysSimulator, client: Client) -> None:
        headers = {"inin-ratelimit-reset": "soon"}
        genesys.fault(operation="publish", status=409, code="x.y", message="Someone was faster", headers=headers)
        answer = client.publish(BILLING)
        assert assert_genesys_error(answer, 409, "x.y") == "Someone was faster"
        assert answer.headers["inin-ratelimit-reset"] == "soon"
        assert genesys.flow("billing").body == BILLING

    def test_a_status_of_the_login_in_oauth_shape(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="token", status=400, message="rate limit exceeded")
        answer = client.login()
        assert answer.status_code == 400
        assert answer.json() == {"error": "invalid_request", "error_description": "rate limit exceeded"}

    def test_a_body_as_it_is(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(status=502, body="<html>Bad Gateway</html>", headers={"Content-Type": "text/html"})
        answer = client.get()
        assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway</html>")
        assert answer.headers["Content-Type"] == "text/html"

    @pytest.mark.parametrize("value", [7, "Wed, 21 Oct 2026 07:28:00 GMT", "nonsense"])
    def test_retry_after(self, genesys: GenesysSimulator, client: Client, value: int | str) -> None:
        genesys.fault(operation="get_flow", retry_after=value)
        answer = client.get()
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(value))

    def test_a_reset_before_the_work(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", reset=True)
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            client.publish(with_timeout(10))
        assert genesys.flow("billing").body == BILLING
        assert client.publish(with_timeout(10)).ok

    def test_a_reset_after_the_work_loses_only_the_answer(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", reset=True, when="after")
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            client.publish(with_timeout(10))
        assert (genesys.flow("billing").version, timeout_of(genesys)) == ("13", 10)
        assert genesys.calls[-1].status is None

    def test_a_gateway_timeout_after_the_work(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", status=504, when="after")
        assert_genesys_error(client.publish(with_timeout(10)), 504, "request.timeout")
        assert genesys.flow("billing").version == "13"

    def test_a_delay_makes_a_client_give_up(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", delay_seconds=30, when="after")
        with pytest.raises(requests.ReadTimeout):
            client.publish(with_timeout(10), timeout=0.1)
        assert timeout_of(genesys) == 10

    def test_a_delay_before_the_work(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", delay_seconds=30)
        with pytest.raises(requests.ReadTimeout):
            client.publish(with_timeout(10), timeout=0.1)
        assert timeout_of(genesys) == 3

    def test_a_dripping_body_outlasts_the_read_timeout(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="get_flow", drip_seconds=0.3)
        started = time.monotonic()
        assert client.get(timeout=0.1).content == BILLING
        assert time.monotonic() - started >= 0.3

    def test_broken_json(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="get_flow", broken_json=True)
        answer = client.get()
        assert answer.status_code == 200
        assert answer.content == BILLING[: len(BILLING) // 2]
        assert client.get().ok

    def test_a_cut_off_body(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="get_flow", cut_off=True)
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            client.get()
        assert client.get().content == BILLING

    def test_a_redirect(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", redirect="http://127.0.0.1:9/elsewhere")
        answer = client.publish(BILLING)
        assert (answer.status_code, answer.headers["Location"]) == (307, "http://127.0.0.1:9/elsewhere")

    def test_a_fault_for_one_flow_leaves_others_alone(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_flow("sales", {"steps": []})
        genesys.fault(flow_id="sales", status=500)
        assert client.login().ok
        assert client.get("billing").ok
        assert client.get("sales").status_code == 500

    def test_faults_strike_in_order(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish", status=501)
        genesys.fault(status=502)
        genesys.fault(operation="get_flow", status=503)
        assert [client.get().status_code for _ in range(3)] == [502, 503, 200]
        assert client.publish(BILLING).status_code == 501

    def test_a_call_that_is_refused_uses_up_no_fault(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="get_flow", status=503)
        genesys.expire_tokens()
        assert client.get().status_code == 401
        client.login()
        assert client.get().status_code == 503

    def test_a_storm_is_the_same_for_the_same_seed(self, genesys: GenesysSimulator, client: Client) -> None:
        def weather(seed: int) -> list[int]:
            faults = [(Fault(status=503), 3.0), (Fault(operation="publish", status=500), 1.0), (Fault(status=502), 1.0)]
            genesys.storm(seed=seed, probability=0.4, faults=faults)
            return [client.get().status_code for _ in range(60)]

        first = weather(1)
        assert {200, 502, 503} == set(first)
        assert first.count(503) > first.count(502)
        assert weather(1) == first
        assert weather(2) != first
        genesys.clear_faults()
        assert client.get().ok

    def test_what_has_struck_is_told(self, genesys: GenesysSimulator, client: Client) -> None:
        unavailable, slow = Fault(status=503), Fault(delay_seconds=0.001)
        genesys.fault(operation="get_flow", status=500)
        genesys.storm(seed=1, probability=1, faults=[(unavailable, 1.0), (slow, 1.0)])
        statuses = [client.get().status_code for _ in range(20)]
        first, *others = genesys.struck_faults
        assert (first.status, len(others)) == (500, 19)
        assert statuses == [500, *(503 if fault is unavailable else 200 for fault in others)]
        genesys.clear_faults()
        assert client.get().ok
        assert len(genesys.struck_faults) == 20
        genesys.reset()
        assert genesys.struck_faults == []

    def test_versions_are_kept_if_wanted(self, genesys: GenesysSimulator, client: Client) -> None:
        assert client.publish(BILLING).ok
        assert genesys.flow_editions("billing") == []
        genesys.keep_editions()
        genesys.edit_flow("billing", lambda document: document.update(name="theirs"))
        assert client.publish(genesys.flow("billing").body).ok
        assert client.publish(BILLING).status_code == 409
        told = [(each.document.version, each.by_client) for each in genesys.flow_editions("billing")]
        assert told == [("13", False), ("14", False), ("15", True)]

    def test_an_outage_ends_with_a_start_on_the_same_port(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.stop()
        with pytest.raises(requests.ConnectionError):
            client.get()
        genesys.start()
        assert client.get().content == BILLING

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "needs one of"),
            ({"operation": "publsh", "status": 500}, "token, get_flow, publish, .*, any"),
            ({"status": 99}, "status"),
            ({"status": 500, "times": 0}, "times"),
            ({"reset": True, "when": "during"}, "when"),
            ({"delay_seconds": -1}, "delay_seconds"),
            ({"message": "no status", "reset": True}, "need its status"),
            ({"status": 500, "reset": True}, "reset leaves no room"),
            ({"status": 500, "headers": {"X": "a\r\nb"}}, "headers"),
        ],
    )
    def test_a_wrong_fault_is_refused(self, genesys: GenesysSimulator, fields: dict[str, Any], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            genesys.fault(**fields)


class TestOtherPeople:
    def test_someone_publishes_after_a_read(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.edit_after_get("billing", lambda document: document.update(note="mine"), times=2)
        first = client.get()
        assert first.content == BILLING
        assert_genesys_error(client.publish(first.content, etag=first.headers["ETag"]), 412, "precondition.failed")
        assert_genesys_error(client.publish(first.content), 409, "version.conflict")
        second = client.get()
        assert second.json() == {**first.json(), "version": 13, "note": "mine"}
        assert client.get().json()["version"] == 14
        assert client.publish(client.get().content).ok

    def test_a_hook_that_fails_is_seen(
        self, genesys: GenesysSimulator, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        genesys.edit_after_get("billing", lambda document: document["nothing"])
        message = assert_genesys_error(client.get(), 500, "internal.server.error")
        assert "nothing" in message
        assert "Traceback" in capsys.readouterr().err
        assert client.get().ok

    def test_wrong_use_is_refused(self, genesys: GenesysSimulator) -> None:
        with pytest.raises(KeyError, match="billing"):
            genesys.flow("sales")
        with pytest.raises(KeyError, match="billing"):
            genesys.edit_after_get("sales", lambda document: document)
        with pytest.raises(ValueError, match="times"):
            genesys.edit_after_get("billing", lambda document: document, times=0)
        with pytest.raises(ValueError, match="latency_secs; there are: client_id"):
            genesys.configure(latency_secs=1)
        with pytest.raises(ValueError, match="admin:flow, integrations:action:edit"):
            Settings(permissions=frozenset({"fly"}))
        with pytest.raises(RuntimeError, match="runs already"):
            genesys.start()
        with pytest.raises(RuntimeError, match="before it is started"):
            _ = GenesysSimulator().url


class TestCalls:
    def test_are_recorded(self, genesys: GenesysSimulator, client: Client, clock: Clock) -> None:
        clock.now += 5
        client.publish(BILLING, etag="*")
        call = genesys.calls[-1]
        assert (call.method, call.path, call.status) == ("PUT", "/api/v2/flows/billing/publish", 200)
        assert (call.at_seconds, call.flow_id, call.in_flight, call.headers["if-match"]) == (5, "billing", 1, "*")
        assert genesys.count("PUT", "/billing/") == 1
        assert genesys.count("POST", "/oauth/token") == 1
        assert genesys.count("GET", "/flows/") == 0

    def test_take_the_latency_and_run_at_once(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(latency_seconds=0.1)
        everyone = threading.Barrier(8)

        def read(_: int) -> float:
            everyone.wait()
            started = time.monotonic()
            assert client.get().ok
            return time.monotonic() - started

        with ThreadPoolExecutor(8) as pool:
            durations = list(pool.map(read, range(8)))
        assert min(durations) >= 0.1
        assert genesys.max_in_flight == 8
        assert sorted(call.in_flight for call in genesys.calls[-8:]) == [1, 2, 3, 4, 5, 6, 7, 8]

    def test_one_after_the_other_are_never_in_flight_together(self, genesys: GenesysSimulator, client: Client) -> None:
        for _ in range(50):
            client.get()
        assert genesys.max_in_flight == 1


class TestAdmin:
    def test_says_what_there_is(self, client: Client) -> None:
        for path in ("", "flows", "calls"):
            assert f"GET /_simulator/{path}" in client.admin("GET", "").json()["routes"]

    def test_lists_flows_and_their_data_actions(self, client: Client) -> None:
        [flow] = client.admin("GET", "flows").json()["flows"]
        action = {"path": "steps[0]", "id": "s1", "name": "GetAccount", "timeout": 3}
        assert flow == {"id": "billing", "name": "Abrechnung ä 😀", "version": 12, "data_actions": [action]}

    def test_stores_and_shows_a_flow_as_it_is(self, client: Client) -> None:
        address = f"{client.url}/_simulator/flows/sales%20eu"
        stored = client.session.put(address, data=BILLING, timeout=SOON)
        assert stored.json()["id"] == "sales eu"
        assert client.session.get(address, timeout=SOON).content == BILLING
        assert client.get("sales%20eu").content == BILLING

    def test_stores_what_is_no_flow_only_when_told_to(self, client: Client) -> None:
        address = f"{client.url}/_simulator/flows/broken"
        refused = client.session.put(address, data=b"{", timeout=SOON)
        assert refused.status_code == 400
        assert "?as_is=true" in refused.json()["error"]
        assert client.session.put(f"{address}?as_is=true", data=b"{", timeout=SOON).json()["problem"]
        assert client.get("broken").content == b"{"

    def test_makes_calls_fail(self, client: Client) -> None:
        faults = [{"operation": "get_flow", "status": 503, "times": 2}, {"cut_off": True, "operation": "publish"}]
        assert client.admin("POST", "faults", {"faults": faults}).json() == {"waiting": 3}
        assert [client.get().status_code for _ in range(3)] == [503, 503, 200]
        assert client.admin("POST", "faults", {"status": 500}).json() == {"waiting": 2}

    def test_makes_calls_fail_at_random(self, client: Client) -> None:
        storm = {"seed": 1, "probability": 1, "faults": [{"status": 503, "weight": 2}, {"status": 500}]}
        assert client.admin("POST", "storm", storm).ok
        assert {client.get().status_code for _ in range(20)} == {500, 503}

    def test_lets_another_person_publish(self, genesys: GenesysSimulator, client: Client) -> None:
        edit = {"flow_id": "billing", "action_name": "GetAccount", "timeout_seconds": 7, "times": 1}
        assert client.admin("POST", "edits", edit).ok
        assert client.get().content == BILLING
        assert (genesys.flow("billing").version, timeout_of(genesys)) == ("13", 7)

    def test_lists_calls_without_their_secrets(self, client: Client) -> None:
        client.get()
        answer = client.admin("GET", "calls")
        assert answer.json()["count"] == 2
        assert answer.json()["max_in_flight"] == 1
        assert answer.json()["calls"][-1]["path"] == "/api/v2/flows/billing"
        assert client.token not in answer.text

    def test_changes_settings(self, genesys: GenesysSimulator, client: Client) -> None:
        changes = {"permissions": ["view:flow"], "rate_limit_calls": None}
        answer = client.admin("PATCH", "settings", changes)
        assert answer.json().items() >= changes.items()
        assert "client_secret" not in answer.json()
        assert genesys.settings.permissions == {"view:flow"}

    def test_is_not_delayed_recorded_or_struck(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(latency_seconds=30)
        genesys.fault(status=500)
        assert client.admin("GET", "flows").ok
        assert len(genesys.calls) == 1

    def test_resets_everything(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(latency_seconds=30)
        genesys.fault(status=500)
        assert client.admin("POST", "reset").ok
        assert client.admin("GET", "flows").json() == {"flows": []}
        assert client.admin("GET", "calls").json() == {"count": 0, "max_in_flight": 0, "calls": []}
        assert_genesys_error(client.get(), 401, "bad.credentials")
        assert client.login().ok

    @pytest.mark.parametrize(
        ("call", "content", "status", "said"),
        [
            ("GET nothing", None, 404, "nothing"),
            ("DELETE flows", None, 405, "GET"),
            ("GET flows/sales", None, 404, "billing"),
            ("POST faults", None, 400, "not JSON"),
            ("POST faults", [], 400, "object"),
            ("POST faults", {"faults": [1]}, 400, "object"),
            ("POST faults", {"statsu": 500}, 400, "has no statsu"),
            ("POST faults", {"status": "500"}, 400, "status must be"),
            ("POST faults", {"faults": [{"status": 500}, {"operation": "x", "status": 500}]}, 400, "get_flow"),
            ("POST storm", {"seed": 1}, 400, "faults, probability"),
            ("POST storm", {"seed": 1, "probability": 2, "faults": [{"status": 500}]}, 400, "probability"),
            ("POST storm", {"seed": 1, "probability": 1, "faults": []}, 400, "weight"),
            ("POST edits", {"flow_id": "billing", "name": "x"}, 400, "action_name"),
            ("POST edits", {"flow_id": "billing", "action_name": "x", "timeout_seconds": 1}, 400, "GetAccount"),
            ("POST edits", {"flow_id": "sales", "action_name": "x", "timeout_seconds": 1}, 404, "billing"),
            ("PATCH settings", {"latency": 1}, 400, "latency_seconds"),
            ("PATCH settings", {"permissions": ["fly"]}, 400, "view:flow"),
        ],
    )
    def test_wrong_use_is_explained(self, client: Client, call: str, content: Any, status: int, said: str) -> None:
        method, path = call.split(" ")
        answer = client.admin(method, path, content)
        assert answer.status_code == status
        assert said in answer.json()["error"]
        assert client.get().ok


class TestServer:
    def test_keeps_connections_alive(self, client: Client) -> None:
        with socket.create_connection(("127.0.0.1", int(client.url.rsplit(":", 1)[1])), timeout=SOON) as connection:
            for _ in range(3):
                connection.sendall(b"GET /_simulator/flows/billing HTTP/1.1\r\nHost: x\r\n\r\n")
                received = b""
                while not received.endswith(BILLING):
                    received += connection.recv(65_536)
            connection.sendall(b"GET /_simulator/ HTTP/1.1\r\nConnection: close\r\n\r\n")
            while received := connection.recv(65_536):
                pass

    def test_refuses_what_is_not_http(self, client: Client) -> None:
        with socket.create_connection(("127.0.0.1", int(client.url.rsplit(":", 1)[1])), timeout=SOON) as connection:
            connection.sendall(b"HELLO\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 400 Bad Request\r\n")
            assert connection.recv(1) == b""

    def test_stops_at_once_with_calls_under_way(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(latency_seconds=30)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(client.get)
            while genesys.in_flight == 0:
                time.sleep(0.005)
            started = time.monotonic()
            genesys.stop()
            assert time.monotonic() - started < 1
            with pytest.raises(requests.ConnectionError):
                waiting.result()
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("genesys-simulator")]

    def test_runs_as_a_process_of_its_own(self, tmp_path: Path) -> None:
        port_file = tmp_path / "port"
        command = [sys.executable, "-m", "genesys_simulator", "--port", "0", "--port-file", str(port_file)]
        environment = {**os.environ, "PYTHONPATH": str(LOCAL)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            address = process.stdout.readline().split()[3].rstrip(",")
            assert address == f"http://127.0.0.1:{port_file.read_text().strip()}"
            assert requests.get(f"{address}/_simulator/flows", timeout=SOON).json() == {"flows": []}
            process.send_signal(signal.SIGTERM)
            assert process.wait(SOON) == 0
        assert not port_file.exists()
