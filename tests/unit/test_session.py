"""Calls to Genesys Cloud down to the wire: tokens, patience, throttling, Flows read and published."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from fakes import FakeSecrets, FakeTime, FakeWire, Watcher, answered, flow, step
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    CredentialsInvalid,
    CredentialsUnavailable,
    FlowLocked,
    FlowNotFound,
    Forbidden,
    GenesysCloudError,
    InvalidFlowDefinition,
    OutOfTime,
    PublishRejected,
    RateLimited,
    ReadRejected,
    Unavailable,
)
from genesys_cloud.flows import FlowStore
from genesys_cloud.login import Organization
from genesys_cloud.session import Session
from genesys_cloud.transport import pooled_session
from sessions import open_session

READ, PUBLISH, LOGIN = "/api/v2/flows/f", "/api/v2/flows/f/publish", "/oauth/token"
SECRET = {"client_id": "the-client", "client_secret": "s3cr3t", "region": "mypurecloud.ie"}


class Line:
    """The way to one organization; `store` makes a new invocation on it."""

    def __init__(self, secret: Any = SECRET, *, slow: float = 0) -> None:
        self.time = FakeTime()
        self.wire = FakeWire(self.time, slow)
        self.secrets = FakeSecrets(genesys=secret)
        self.watcher = Watcher()
        http = pooled_session(4)
        for scheme in ("https://", "http://"):
            http.mount(scheme, self.wire)
        self.organization = Organization("default", http)

    def session(self, seconds: float = 60) -> Session:
        return open_session(self.organization, self.secrets, self.time.deadline(seconds), self.time, self.watcher)

    def store(self, seconds: float = 60) -> FlowStore:
        return FlowStore(self.session(seconds))


GOOD = answered(200, flow(step("A", 5)), ETag='"e1"')


def line(*answers: Any, path: str = READ, **given: Any) -> Line:
    made = Line(**given)
    made.wire.answers(path, *answers)
    return made


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_a_region_is_logged_in_with_a_basic_header_and_the_call_bears_the_token() -> None:
    on = line(GOOD)
    document = on.store().read("f")
    assert document.body == flow(step("A", 5))
    assert (document.version, document.etag) == ("1", '"e1"')
    login, call = on.wire.sent
    assert (login.method, login.url) == ("POST", "https://login.mypurecloud.ie/oauth/token")
    assert login.headers["Authorization"] == "Basic " + base64.b64encode(b"the-client:s3cr3t").decode()
    assert parse_qs(login.body.decode()) == {"grant_type": ["client_credentials"]}
    assert (call.method, call.url) == ("GET", "https://api.mypurecloud.ie/api/v2/flows/f")
    assert call.headers["Authorization"] == "Bearer t1"


def test_an_organizations_domain_is_logged_in_by_the_form() -> None:
    secret = {"client_id": "the-client", "client_secret": "s3cr3t", "org_domain": "acme"}
    on = line(GOOD, secret=secret)
    on.store().read("f")
    login = on.wire.sent[0]
    assert login.url == "https://acme.mypurecloud.com/oauth/token"
    assert "Authorization" not in login.headers
    assert parse_qs(login.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["the-client"],
        "client_secret": ["s3cr3t"],
    }


def test_a_token_serves_later_calls_and_later_invocations_until_a_minute_before_its_end() -> None:
    on = line(GOOD, GOOD, GOOD, GOOD)
    on.store().read("f")
    on.store().read("f")
    on.time.now += 3600 - 61
    on.store().read("f")
    on.time.now += 2
    on.store().read("f")
    assert on.wire.paths().count(f"POST {LOGIN}") == 2
    assert on.wire.sent[-1].headers["Authorization"] == "Bearer t2"


def test_a_token_that_lives_for_less_than_a_minute_still_serves_more_than_one_call() -> None:
    on = line(GOOD, GOOD)
    on.wire.answers(LOGIN, answered(200, {"access_token": "brief", "expires_in": 30}))
    store = on.store()
    store.read("f")
    store.read("f")
    assert on.wire.paths() == [f"POST {LOGIN}", f"GET {READ}", f"GET {READ}"]


def test_a_secret_rotated_between_invocations_brings_a_new_token() -> None:
    on = line(GOOD, GOOD)
    on.store().read("f")
    on.secrets.secrets["genesys"] = {**SECRET, "client_secret": "new"}
    on.store().read("f")
    assert on.wire.sent[-1].headers["Authorization"] == "Bearer t2"


def test_after_a_401_the_token_is_renewed_once() -> None:
    on = line(answered(401), GOOD)
    assert on.store().read("f").version == "1"
    assert on.wire.paths() == [f"POST {LOGIN}", f"GET {READ}"] * 2
    assert on.secrets.asked == [("genesys", False)]


def test_after_a_second_401_the_secret_is_read_again_past_every_cache() -> None:
    on = line(answered(401), answered(401), GOOD)
    on.secrets.rotated = {"genesys": {**SECRET, "client_secret": "new"}}
    on.store().read("f")
    assert on.secrets.asked == [("genesys", False), ("genesys", True)]
    third_login = [sent for sent in on.wire.sent if sent.method == "POST"][2]
    assert third_login.headers["Authorization"] == "Basic " + base64.b64encode(b"the-client:new").decode()


def test_after_a_third_401_the_credentials_are_invalid_and_no_further_call_is_made() -> None:
    on = line(*[answered(401, {"code": "bad.token", "message": "t3 is bad"}, ININ_Correlation_Id="c")] * 3)
    store = on.store()
    for _ in range(2):
        with pytest.raises(CredentialsInvalid) as invalid:
            store.read("f")
    error = invalid.value
    assert (error.http_status, error.genesys_code, error.correlation_id) == (401, "bad.token", "c")
    assert "organization default is not accepted: *** is bad" in error.message
    assert len(on.wire.sent) == 6


def test_a_refused_login_is_tried_again_with_the_secret_past_every_cache_and_only_once() -> None:
    refused = answered(400, {"error": "invalid_client", "error_description": "who is s3cr3t?"})
    on = line(GOOD)
    on.wire.answers(LOGIN, refused)
    on.secrets.rotated = {"genesys": {**SECRET, "client_secret": "new"}}
    assert on.store().read("f").version == "1"

    on = Line()
    on.wire.answers(LOGIN, refused, refused, refused)
    with pytest.raises(CredentialsInvalid) as invalid:
        on.store().read("f")
    assert "s3cr3t" not in invalid.value.message
    assert len(on.wire.sent) == 2


def test_a_secret_that_is_wrong_costs_no_call() -> None:
    on = Line({"client_id": "x"})
    with pytest.raises(CredentialsUnavailable):
        on.store().read("f")
    assert on.wire.sent == []


# -- patience ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nothing",
    [
        answered(500),
        answered(503, {"code": "x"}),
        answered(408),
        answered(200, b'{"steps": ['),
        answered(200, b""),
        requests.ConnectionError("reset"),
        requests.ReadTimeout("slow"),
        OSError("gone"),
    ],
)
def test_a_read_that_says_nothing_is_repeated_with_growing_waits(nothing: Any) -> None:
    on = line(nothing, nothing, nothing, GOOD)
    assert on.store().read("f").version == "1"
    assert on.time.slept == [0.25, 0.5, 1]


def test_a_login_that_says_nothing_is_repeated_too() -> None:
    on = line(GOOD)
    on.wire.answers(LOGIN, answered(502), answered(200, b"<html>"))
    assert on.store().read("f").version == "1"
    assert on.time.slept == [0.25, 0.5]


def test_a_read_that_says_nothing_to_the_end_is_unavailable_and_no_attempt_starts_too_late() -> None:
    on = line(*[answered(503, {"code": "down"}, ININ_Correlation_Id="c")] * 99, slow=1)
    with pytest.raises(Unavailable) as error:
        on.store(20).read("f")
    assert (error.value.http_status, error.value.genesys_code, error.value.correlation_id) == (503, "down", "c")
    assert 1010 < on.time.now <= 1020


@pytest.mark.parametrize("status", [301, 302, 307, 308, 501])
def test_a_redirect_and_a_501_are_not_repeated_and_nothing_goes_elsewhere(status: int) -> None:
    on = line(answered(status, Location="https://evil.example/"))
    with pytest.raises(Unavailable, match=f"answered {status}"):
        on.store().read("f")
    assert on.wire.paths() == [f"POST {LOGIN}", f"GET {READ}"]
    assert on.time.slept == []


def test_without_time_left_nothing_is_sent() -> None:
    on = line(GOOD)
    with pytest.raises(OutOfTime, match="was not sent"):
        on.store(0.4).read("f")
    assert on.wire.sent == []


def test_the_timeouts_of_a_call_are_cut_to_the_time_left() -> None:
    on = line(GOOD, GOOD)
    on.store(60).read("f")
    on.store(2).read("f")
    timeouts = [sent.timeout for sent in on.wire.sent if sent.method == "GET"]
    assert [(timeout.connect_timeout, timeout._read) for timeout in timeouts] == [(3, 10), (2, 2)]


def test_a_slow_answer_makes_the_next_attempt_expect_one() -> None:
    on = line(GOOD, slow=4)
    with pytest.raises(OutOfTime):
        on.store(8).read("f")  # the login took 4 s: the call may take 5, and 4 are left
    assert on.wire.paths() == [f"POST {LOGIN}"]


def test_every_answer_is_told_with_its_time() -> None:
    on = line(answered(503), GOOD, slow=0.125)
    on.store().read("f")
    assert on.watcher.seconds == [0.125] * 3


# -- throttling --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "Mon, 23 Nov 2026 12:00:20 GMT"}, 20),
        ({"inin_ratelimit_reset": "4"}, 5),
        ({"Retry_After": "soon"}, 1),
        ({}, 1),
    ],
)
def test_a_429_waits_as_told(headers: dict[str, str], wait: float) -> None:
    on = line(answered(429, **headers), GOOD)
    assert on.store().read("f").version == "1"
    assert (on.time.slept, on.watcher.told) == ([wait], ["throttled"])


def test_a_429_whose_wait_does_not_fit_is_deferred_by_that_long() -> None:
    on = line(answered(429, {"code": "too.many"}, Retry_After="90", ININ_Correlation_Id="c"))
    with pytest.raises(RateLimited) as limited:
        on.store().read("f")
    error = limited.value
    assert (error.retry_after_seconds, error.http_status) == (90, 429)
    assert (error.genesys_code, error.correlation_id) == ("too.many", "c")
    assert on.time.slept == []


def test_what_one_call_is_told_the_next_ones_of_the_invocation_keep() -> None:
    on = line(answered(429, Retry_After="90"))
    store = on.store()
    with pytest.raises(RateLimited):
        store.read("f")
    sent = len(on.wire.sent)
    on.time.now += 30
    with pytest.raises(RateLimited) as limited:
        store.read("g")
    assert (limited.value.retry_after_seconds, len(on.wire.sent)) == (60, sent)


def test_an_organization_that_throttled_goes_slow_for_the_rest_of_the_invocation() -> None:
    on = line(answered(429, Retry_After="7"), GOOD)
    session = on.session()
    before = session.goes_slow
    FlowStore(session).read("f")
    assert (before, session.goes_slow, on.session().goes_slow) == (False, True, False)


def test_an_organization_that_still_throttled_at_the_end_goes_slow_in_the_next_invocation_until_it_answers() -> None:
    on = line(answered(429, Retry_After="90"), GOOD)
    with pytest.raises(RateLimited):
        on.store().read("f")
    session = on.session()
    before = session.goes_slow
    FlowStore(session).read("f")
    assert (before, session.goes_slow) == (True, False)


def test_a_throttled_login_waits_like_any_call() -> None:
    on = line(GOOD)
    on.wire.answers(LOGIN, answered(400, {"error_description": "rate limit exceeded"}, Retry_After="3"), answered(429))
    assert on.store().read("f").version == "1"
    assert on.time.slept == [3, 1]


def test_a_throttled_publish_was_not_done_and_is_sent_again() -> None:
    on = line(answered(429, Retry_After="2"), answered(200, {"version": "2"}), path=PUBLISH)
    on.wire.answers(READ, GOOD)
    store = on.store()
    assert store.write(store.read("f")) == "2"
    assert on.time.slept == [2]


# -- Flows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, Forbidden, "view:flow is missing"),
        (404, FlowNotFound, "no Flow f in this organization"),
        (410, FlowNotFound, "no Flow f in this organization"),
        (423, FlowLocked, "is locked"),
        (400, ReadRejected, "refuses to give Flow f: because"),
        (409, Unavailable, "cannot be read just now"),
    ],
)
def test_what_genesys_says_to_a_read_has_its_own_name(status: int, error: type[GenesysCloudError], words: str) -> None:
    on = line(answered(status, {"code": "the.code", "message": "because"}, ININ_Correlation_Id="c"))
    with pytest.raises(error) as told:
        on.store().read("f")
    assert words in told.value.message
    assert (told.value.http_status, told.value.genesys_code, told.value.correlation_id) == (status, "the.code", "c")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, PublishRejected, "does not publish Flow f: because"),
        (422, PublishRejected, "does not publish Flow f: because"),
        (403, Forbidden, "admin:flow is missing"),
        (404, FlowNotFound, "is gone"),
        (423, FlowLocked, "is locked"),
        (409, Conflict, "because"),
        (412, Conflict, "because"),
    ],
)
def test_what_genesys_says_to_a_publish_has_its_own_name(
    status: int, error: type[GenesysCloudError], words: str
) -> None:
    on = line(answered(status, {"code": "the.code", "message": "because"}, ININ_Correlation_Id="c"), path=PUBLISH)
    on.wire.answers(READ, GOOD)
    store = on.store()
    with pytest.raises(error) as told:
        store.write(store.read("f"))
    assert words in told.value.message
    assert (told.value.http_status, told.value.genesys_code, told.value.correlation_id) == (status, "the.code", "c")


@pytest.mark.parametrize("lost", [answered(500), answered(200, b"cut o"), requests.ConnectionError("reset")])
def test_a_publish_without_an_answer_is_lost_and_never_sent_again_by_itself(lost: Any) -> None:
    on = line(lost, path=PUBLISH)
    on.wire.answers(READ, GOOD)
    store = on.store()
    document = store.read("f")
    with pytest.raises(AnswerLost):
        store.write(document)
    assert on.wire.paths().count(f"PUT {PUBLISH}") == 1


@pytest.mark.parametrize(
    ("etag", "sent"), [('"e1"', '"e1"'), ("W/abc", "W/abc"), ("", None), ("e 1", None), (None, None)]
)
def test_a_publish_sends_the_whole_document_with_the_etag_as_it_was_read(etag: str | None, sent: str | None) -> None:
    headers = {} if etag is None else {"ETag": etag}
    body = {**flow(step("A", 5), version=7), "big": 10**30, "ü": "🙂", "f": 1.0}
    on = line(answered(200, json.dumps(body).encode(), **headers))
    on.wire.answers(PUBLISH, answered(200, {"version": 8}))
    store = on.store()
    document = store.read("f")
    assert (document.version, store.write(document)) == ("7", "8")
    put = on.wire.sent[-1]
    assert put.method == "PUT"
    assert put.headers.get("If-Match") == sent
    assert put.headers["Content-Type"] == "application/json"
    assert json.dumps(json.loads(put.body)) == json.dumps(body)


@pytest.mark.parametrize(
    ("given", "version"),
    [
        (answered(200, {"version": "9"}), "9"),
        (answered(200, {"version": 9}), "9"),
        (answered(200, {"version": True}), None),
        (answered(200, {}), None),
        (answered(200, []), None),
        (answered(202, {"version": "9"}), "9"),
        (answered(204), None),
    ],
)
def test_the_new_version_is_told_as_text_if_genesys_tells_one(given: Any, version: str | None) -> None:
    on = line(given, path=PUBLISH)
    on.wire.answers(READ, GOOD)
    store = on.store()
    assert store.write(store.read("f")) == version


@pytest.mark.parametrize(
    "body", [[], None, "x", {}, {"Steps": []}, b"[" * 100_000, b'{"steps": [1e999]}', b'{"steps": NaN}']
)
def test_what_is_json_and_no_flow_is_an_invalid_definition_and_not_asked_for_again(body: object) -> None:
    on = line(answered(200, body))
    with pytest.raises(InvalidFlowDefinition):
        on.store().read("f")
    assert on.wire.paths().count(f"GET {READ}") == 1


def test_an_unauthorized_publish_was_not_done_and_goes_again_with_a_new_token() -> None:
    on = line(answered(401), answered(200, {"version": "2"}), path=PUBLISH)
    on.wire.answers(READ, GOOD)
    store = on.store()
    assert store.write(store.read("f")) == "2"
    assert on.wire.sent[-1].headers["Authorization"] == "Bearer t2"


def test_neither_token_nor_secret_passes_on_in_anything_that_genesys_says() -> None:
    leak: Callable[..., Any] = lambda status: answered(status, {"code": "s3cr3t", "message": "t1 and s3cr3t"})  # noqa: E731
    for status in (400, 403, 423, 503):
        on = line(*[leak(status)] * 99)
        with pytest.raises(GenesysCloudError) as error:
            on.store(5).read("f")
        for text in (error.value.message, error.value.genesys_code or "", error.value.hint or ""):
            assert "s3cr3t" not in text
            assert "t1" not in text
