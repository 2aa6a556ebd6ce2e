"""What is fuzzed: each target takes any bytes, and an exception that is not promised ends it.

A target is a function; `SEEDS` gives the inputs that it starts from, which are the project's own examples.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from documents import architect, flow
from doors import Doors, UnknownEvent
from genesys_cloud import answers, json_text
from genesys_cloud.architect_metadata import Metadata
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.errors import CredentialsUnavailable, InvalidFlowDefinition
from genesys_cloud.retry import told_wait_seconds
from genesys_cloud.transport import Answer
from outcomes import Outcome
from plan import Plan
from planning import make_plan
from routing import InvalidRoute, RouteReader, routes_in, strict_json
from timeout_request import RequestReader, TimeoutRequest

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
HIDDEN = "hush-hush-secret"
LONGEST_OUTCOME = 40_000
LONGEST_PROBLEM = 2_000
GOOD = json.dumps({"flow_id": "f", "action_name": "A", "timeout_seconds": 9})

_ROUTES = RouteReader()
_REQUESTS = RequestReader()
_DOORS = Doors(_REQUESTS, _ROUTES)


def doors(data: bytes) -> None:
    """Any text as a message of the queue, as one of a topic, and as an event of any other door."""
    text = data.decode(errors="surrogateescape")
    good = {
        "messageId": "good",
        "eventSource": "aws:sqs",
        "body": '{"flow_id":"f","action_name":"A","timeout_seconds":9}',
    }
    mail = _DOORS.open({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": text}, good]}, "i")
    _DOORS.open({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}, "i")
    assert [ask.request is not None for ask in mail.asks if ask.letter.id == "good"] == [True]
    for ask in mail.asks:
        if ask.signal:
            assert len(ask.signal.transition_id) <= 128
        if ask.outcome:
            _is_bounded(ask.outcome)
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return
    with contextlib.suppress(UnknownEvent):
        _DOORS.open(event, "i")


def _is_bounded(outcome: Outcome) -> None:
    assert len(json.dumps(outcome.in_brief())) < LONGEST_OUTCOME


def flows(data: bytes) -> None:
    """Any text as a document of either kind: raised, written, and read again it is the same but for timeouts."""
    try:
        document = json_text.parse(data)
    except (ValueError, InvalidFlowDefinition):
        return
    before = json_text.dump(document)
    if not isinstance(document, dict):
        return
    for find_steps in (flow.find_steps, architect.find_steps):
        steps = find_steps(document)
        names = {slot.name for slot in steps.slots if slot.name}
        requests = [(n, _request(name)) for n, name in enumerate(sorted(names)[:3])]
        plan: Plan = make_plan("f", steps, requests, default_seconds=3)
        plan.apply()
        after = json_text.parse(json_text.dump(document))
        assert [slot.path for slot in find_steps(after).slots] == [slot.path for slot in steps.slots]
        if not plan.writes:
            assert json_text.dump(document) == before
        before = json_text.dump(document)


def _request(name: str) -> TimeoutRequest:
    raw = {"flow_id": "f", "action_name": "A", "timeout_seconds": 20}
    request = _REQUESTS.read(raw, default_request_id="r")
    return type(request)(**{**vars(request), "action_name": name})


class _OneSecret:
    """Keeps whatever is being tried."""

    value = b""

    def get(self, name: str, max_age: int | None = None, *, force_fetch: bool = False) -> bytes:  # noqa: ARG002
        return self.value


_KEPT = _OneSecret()
_STORE = CredentialsStore("genesys", lambda: _KEPT)


def secrets(data: bytes) -> None:
    """Any bytes as a secret: credentials for a host that is one to everybody, or an error that shows none of them."""
    _KEPT.value = data
    try:
        credentials = _STORE.get("default")
    except CredentialsUnavailable as error:
        if HIDDEN in f"{error!r}{error.message}":
            raise
        return
    for url in (credentials.api_url, credentials.login_url):
        assert url.startswith(("https://", "http://localhost", "http://127.0.0.1", "http://[::1]"))
        assert not set(url) & set("@\\?#% \t\r\n")


def routes(data: bytes) -> None:
    """Any text as a parameter with routes, a route, or a policy."""
    text = data.decode(errors="replace")
    readers: list[Callable[[], object]] = [
        lambda: [
            _ROUTES.read(raw, _ROUTES.read_policy({"raise_by_percent": 1}, within=""), within="", named=True)
            for raw in routes_in(text)
        ],
        lambda: _ROUTES.read_policy(strict_json(text, "it"), within="it").amount(None),
    ]
    for reader in readers:
        try:
            reader()
        except InvalidRoute as error:
            if len(str(error)) > LONGEST_PROBLEM:
                raise


def said(data: bytes) -> None:
    """Any bytes as headers and body of an answer."""
    header, _, body = data.partition(b"\n")
    text = header.decode("latin-1")
    seconds = told_wait_seconds({"Retry-After": text, "inin-ratelimit-reset": text}, NOW)
    assert 0 < seconds < math.inf
    answer = Answer(400, {"ININ-Correlation-Id": text, "Retry-After": text}, body)
    refusal = answers.refusal(answer, hidden=[HIDDEN])
    assert HIDDEN not in f"{refusal.message}{refusal.genesys_code}{refusal.correlation_id}"
    assert len(refusal.message) <= answers.LONGEST_MESSAGE
    answers.is_version_mismatch(answer)
    for parse in (answers.token, lambda given: Metadata.parse(json_text.parse(given.body))):
        with contextlib.suppress(ValueError, InvalidFlowDefinition):
            parse(answer)


def _files(*patterns: str) -> Iterable[bytes]:
    return (path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def _json(*values: Any) -> Iterable[bytes]:
    return (json.dumps(value).encode() for value in values)


SEEDS: dict[Callable[[bytes], None], Callable[[], Iterable[bytes]]] = {
    doors: lambda: _files("events/*/*.json", "events/queue/*.txt"),
    flows: lambda: _files("local/flows/*.json", "local/architect_flows/*.json"),
    secrets: lambda: _json(
        {"client_id": "c", "client_secret": HIDDEN, "region": "mypurecloud.ie", "flow_api": "architect"},
        {"client_id": "c", "client_secret": HIDDEN, "org_domain": "acme", "max_timeout_seconds": 30},
        {"client_id": "c", "client_secret": HIDDEN, "base_url": "http://127.0.0.1:8080/"},
    ),
    routes: lambda: _files("local/alarm-routes.json"),
    said: lambda: [
        b'Mon, 23 Nov 2026 12:00:30 GMT\n{"code": "not.authorized", "message": "no ' + HIDDEN.encode() + b'"}',
        b'30\n{"access_token": "t", "expires_in": 3600}',
        b'x\n{"publishedVersion": {"id": "1.0"}, "currentOperation": {"id": "o", "actionStatus": "FAILURE"}}',
    ],
}
