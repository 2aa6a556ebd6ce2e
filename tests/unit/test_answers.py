"""What an HTTP answer means."""

from __future__ import annotations

import json

import pytest

from genesys_cloud import answers, json_text
from genesys_cloud.errors import Conflict, Refusal, Unavailable
from genesys_cloud.transport import Answer


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    return Answer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def parsed(given: Answer) -> tuple[object] | None:
    return answers.parsed_success(given, lambda a: json_text.parse(a.body), "GET /x", hidden=["tok-en"])


@pytest.mark.parametrize(("body", "value"), [({"a": 1}, {"a": 1}), (b"null", None), (b"\xef\xbb\xbf[]", [])])
def test_a_success_comes_with_its_body_even_if_that_is_null(body: object, value: object) -> None:
    assert parsed(answer(200, body)) == (value,)
    assert parsed(answer(202, body)) == (value,)


@pytest.mark.parametrize("body", [b"", b'{"steps": [', b"<html>", b"\xff\xfe", b'{"a": 1} and more'])
def test_a_success_whose_body_is_broken_says_nothing_and_is_worth_repeating(body: bytes) -> None:
    with pytest.raises(Unavailable) as error:
        parsed(answer(200, body, **{"ININ-Correlation-Id": "c"}))
    assert error.value.message == f"GET /x: answered 200 with a body that is broken ({len(body)} bytes)"
    assert (error.value.http_status, error.value.correlation_id) == (200, "c")
    assert answers.is_worth_repeating(error.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 412, 422, 423, 499])
def test_a_4xx_is_definite(status: int) -> None:
    assert parsed(answer(status, {"message": "no"})) is None


@pytest.mark.parametrize(
    ("status", "again"),
    [(408, True), (500, True), (502, True), (503, True), (504, True), (599, True), (501, False)]
    + [(status, False) for status in (300, 301, 302, 303, 304, 307, 308)],
)
def test_other_answers_say_nothing_and_all_but_redirects_and_501_are_worth_repeating(status: int, again: bool) -> None:
    with pytest.raises(Unavailable) as error:
        parsed(answer(status, {"code": "internal"}, **{"ININ-Correlation-Id": "c", "Location": "https://evil.example"}))
    told = error.value
    assert (told.http_status, told.genesys_code, told.correlation_id) == (status, "internal", "c")
    assert f"answered {status}" in told.message
    assert "evil" not in told.message
    assert answers.is_worth_repeating(told) is again


def test_a_hidden_text_does_not_pass_on_in_genesyss_code_either() -> None:
    with pytest.raises(Unavailable) as error:
        parsed(answer(500, {"code": "bad tok-en"}))
    assert error.value.genesys_code == "bad ***"
    assert answers.refusal(answer(400, {"code": "tok-en!"}), hidden=["tok-en"]).genesys_code == "***!"


def test_no_answer_at_all_is_worth_repeating() -> None:
    assert answers.is_worth_repeating(Unavailable("reset"))


@pytest.mark.parametrize(
    ("given", "throttling"),
    [
        (answer(429), True),
        (answer(400, {"error": "invalid_request", "error_description": "Rate Limit Exceeded, wait"}), True),
        (answer(400, {"error": "invalid_client"}), False),
        (answer(503, {"message": "rate limit exceeded"}), False),
        (answer(200, {"message": "rate limit exceeded"}), False),
    ],
)
def test_the_login_throttles_with_a_429_or_with_a_400_that_says_so(given: Answer, throttling: bool) -> None:
    assert answers.is_login_throttling(given) is throttling


def test_the_api_throttles_with_a_429_alone_for_a_flow_may_be_refused_in_any_words() -> None:
    assert answers.is_throttling(answer(429))
    assert not answers.is_throttling(answer(400, {"message": "step 'Rate limit exceeded' has no output"}))


@pytest.mark.parametrize(
    ("given", "mismatch"),
    [
        (answer(409), True),
        (answer(412), True),
        (answer(408), True),
        (answer(400, {"message": "Version 3 Does Not Match the current version 4."}), True),
        (answer(400, {"message": "timeoutSeconds is not valid"}), False),
        (answer(400, b"does not match the current version"), False),
        (answer(422, {"message": "does not match the current version"}), False),
        (answer(200, {"message": "does not match the current version"}), False),
        (answer(500), False),
    ],
)
def test_an_integration_actions_version_mismatch_has_four_guises(given: Answer, mismatch: bool) -> None:
    assert answers.is_version_mismatch(given) is mismatch
    told = answers.refusal(given, hidden=[], is_conflict=answers.is_version_mismatch)
    assert isinstance(told, Conflict) is mismatch


def test_elsewhere_neither_a_408_nor_a_400_is_a_conflict() -> None:
    for status in (400, 408):
        given = answer(status, {"message": "does not match the current version"})
        assert not answers.is_conflict(given)
        assert type(answers.refusal(given, hidden=[])) is Refusal


@pytest.mark.parametrize(("status", "kind"), [(400, Refusal), (403, Refusal), (409, Conflict), (412, Conflict)])
def test_a_refusal_carries_what_genesys_said(status: int, kind: type[Refusal]) -> None:
    body = {"code": "bad.thing", "message": "it is bad"}
    refusal = answers.refusal(answer(status, body, **{"ININ-Correlation-Id": "c"}), hidden=[])
    assert type(refusal) is kind
    assert (refusal.message, refusal.genesys_code) == ("it is bad", "bad.thing")
    assert (refusal.http_status, refusal.correlation_id) == (status, "c")


def test_the_logins_error_body_is_understood() -> None:
    body = {"error": "invalid_client", "error_description": "client is not known"}
    refusal = answers.refusal(answer(400, body), hidden=[])
    assert (refusal.genesys_code, refusal.message) == ("invalid_client", "client is not known")


@pytest.mark.parametrize(
    "body", [b"", b"<html>no</html>", b"[]", b'"no"', b"[" * 100_000, b'{"message": 5, "code": ["x"]}', b"\xff"]
)
def test_a_refusal_in_any_other_form_is_told_by_its_status(body: bytes) -> None:
    refusal = answers.refusal(answer(418, body), hidden=[])
    assert (refusal.message, refusal.genesys_code) == ("answered 418", None)


def test_genesyss_message_is_cut_at_500_characters() -> None:
    assert len(answers.refusal(answer(400, {"message": "ä" * 5000}), hidden=[]).message) == 500


def test_hidden_texts_are_taken_out_also_where_the_cut_would_leave_half_of_one() -> None:
    message = "token tok-en, secret s3cr3t, again tok-en " + "x" * 453 + "s3cr3t"
    refusal = answers.refusal(answer(400, {"message": message}), hidden=["tok-en", "s3cr3t"])
    assert refusal.message.startswith("token ***, secret ***, again *** xxx")
    assert "s3c" not in refusal.message
    assert len(refusal.message) <= 500


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ({"access_token": "t", "expires_in": 86400, "token_type": "bearer"}, ("t", 86400)),
        ({"access_token": "t", "expires_in": 59.5}, ("t", 59.5)),
        ({"access_token": "t"}, ("t", 300)),
    ],
)
def test_a_token_answer_gives_token_and_lifetime(body: object, token: tuple[str, float]) -> None:
    assert answers.token(answer(200, body)) == token


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {},
        {"access_token": ""},
        {"access_token": 5},
        {"access_token": "t", "expires_in": "86400"},
        {"access_token": "t", "expires_in": True},
        {"access_token": "t", "expires_in": None},
        {"access_token": "t", "expires_in": -1},
        {"access_token": "t\r\nX-Other: y", "expires_in": 60},
        {"access_token": "tök", "expires_in": 60},
        b'{"access_token": "t", "expires_in": 1e999}',
        b"[" * 100_000,
        b"not json",
    ],
)
def test_any_other_token_answer_counts_as_a_broken_body_and_its_token_is_not_shown(body: object) -> None:
    with pytest.raises(Unavailable) as error:
        answers.parsed_success(answer(200, body), answers.token, "POST /oauth/token", hidden=[])
    assert "a body that is broken" in error.value.message
    assert error.value.genesys_code is None
