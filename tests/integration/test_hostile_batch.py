"""The nastiest hundred messages through the whole function, good ones in between: each ends by itself, and alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from alarm_payloads import alarm_action, eventbridge, sns_envelope, sns_message
from follow_ups import KEY
from genesys_simulator import GenesysSimulator
from hostile_server import HostileServer
from hostile_values import MEBIBYTE
from integration.harness import Aws, Function, Json, ask, codes, flow, step, timeouts

GOOD_STEPS = [f"Good {number}" for number in range(10)]
TARGET = {"flow_id": "f", "action_name": "Slow"}
MOST_OF_A_LINE = 60_000
SECRET = "hush-hush-secret"


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


NO_JSON = [
    *["\t", "{", '{"flow_id":"f"', "nul", "[" * 100_000, '{"a":' * 100_000, "NaN", "1" * 9000, "\ufeff{}", "'f'"],
    *[nested(9_990), nested(20_000), '{"requests":[' + "[" * 90_000, '{"flow_id":"f"}}', "x" * (MEBIBYTE - 100)],
]
NO_REQUESTS: list[Any] = [
    *[None, 17, True, "f", [], {}, [ask()], {"requests": []}, {"requests": {}}, {"requests": [1] * 1001}],
    *[{"Records": [ask()]}, {"": 1}, {"__proto__": {}}],
]
IDS = [
    *[".", "..", "../f", "..%2f", "%2e%2e", "f/../g", "f?x", "f#", "f\\", "f\n", "f\x00", "f" * 129, "", " f"],
    *["\u202ef", "\uff46"],
]
TIMEOUTS: list[Any] = [0, -1, 1.5, True, "9", None, [], {}, 10**300, 31, 9.000001]
ORGANIZATIONS = ["", "..", "A", "a" * 33, "a\n", "{organization}", "default/../x", "nobody"]
NAMES = ["", "x" * 257, "\ud800", "Slow\u200b", "slow", "Slow ", "S\u0142ow"]
REQUESTS: list[Json] = [
    *[ask(the_id) for the_id in IDS],
    *[{"data_action_id": the_id, "timeout_seconds": 9} for the_id in IDS[:6]],
    *[ask(timeout_seconds=seconds) for seconds in TIMEOUTS],
    *[ask(organization=name) for name in ORGANIZATIONS],
    *[ask(action_name=name) for name in NAMES],
    *[{**ask(), name: 1} for name in ("x" * 100_000, "\u202e", "constructor", "Timeout_seconds")],
    *[ask(operation="drop"), ask(dry_run="yes"), ask(reason="x" * 257), ask(request_id=""), {**ask(), "flow_id": None}],
]
FOLLOW_UP = {
    "purpose": "recheck",
    "alarm_name": "",
    "transition": "\u202e",
    "due_at": 1,
    "target": TARGET,
    "policy": {},
}
ALARM_ACTIONS: list[Json] = [
    alarm_action(description='{"timeout_raiser": ' + "{" * 4000),
    alarm_action(description="x" * 5000 + '{"timeout_raiser": {}}'),
    alarm_action(target={"flow_id": ".."}, policy={"raise_to_seconds": 9}),
    alarm_action(target=TARGET, policy={"raise_to_seconds": 10**400}),
    alarm_action(target=TARGET, policy={"headroom_percent": -1}),
]
ALARMS: list[Json] = [
    *ALARM_ACTIONS,
    eventbridge(dimensions={"FlowId": "../x", "ActionName": "Slow"}),
    sns_envelope(sns_message(target={**TARGET, "flow_id": "%2e%2e"})),
    {"Type": "Notification", "TopicArn": {}, "Message": "{"},
    {"AlarmName": [], "NewStateValue": "ALARM", "Trigger": "x", "AlarmArn": 5},
    {KEY: {}},
    {KEY: FOLLOW_UP},
]
HOSTILE = [*NO_JSON, *map(json.dumps, chain(NO_REQUESTS, REQUESTS, ALARMS))]
NOBODYS = json.dumps(ask(organization="nobody"))
"""Of an organization without a secret: it waits, as it would for a secret that is yet to come."""


@pytest.fixture
def elsewhere() -> Iterator[HostileServer]:
    """A place that nothing may come to; many texts name it."""
    with HostileServer(lambda _: iter([])) as server:
        yield server


def test_a_hundred_hostile_messages_with_good_ones_in_between(
    genesys: GenesysSimulator, elsewhere: HostileServer, aws: Aws, function: Function
) -> None:
    genesys.configure(client_secret=SECRET)
    aws.connect(genesys)
    genesys.put_flow("f", flow(step("Slow", 3), *[step(name, 3) for name in GOOD_STEPS]))
    urls = [elsewhere.url, f"{elsewhere.url}@f", f"//{elsewhere.url.removeprefix('http://')}"]
    hostile = HOSTILE + [json.dumps(ask(url)) for url in urls] + [json.dumps(ask(organization=url)) for url in urls]
    good = [json.dumps(ask(action_name=name, timeout_seconds=9)) for name in GOOD_STEPS]
    assert len(hostile) > 100

    ended: list[str] = []
    share = len(hostile) // len(good) + 1
    for number, own in enumerate(good):
        some = hostile[number * share : (number + 1) * share]
        kept = function.take(*some[::2], own, *some[1::2])
        ended += [text for index, text in enumerate([*some[::2], own, *some[1::2]]) if index not in kept]

    assert [text[:200] for text in [*hostile, *good] if text not in ended] == [NOBODYS[:200]]
    assert timeouts(genesys) == {"Slow": 3} | dict.fromkeys(GOOD_STEPS, 9)
    letters = aws.dead_letters()
    assert sorted(letter.body for letter in letters) == sorted(text for text in hostile if text != NOBODYS)
    reasons = {letter.reason for letter in letters}
    assert reasons == {"invalid_request", "timeout_out_of_range", "data_action_not_found", "alarm_not_routed"}

    # Nothing was asked for but the one Flow, nothing came to anybody else, and nothing of all this is told at length.
    assert {call.path for call in genesys.calls} == {"/oauth/token", "/api/v2/flows/f", "/api/v2/flows/f/publish"}
    assert elsewhere.connections == 0
    assert function.problems() == []
    assert all(len(line) < MOST_OF_A_LINE for line in function.log().splitlines())
    seen = function.log() + json.dumps([letter.attributes for letter in letters]) + json.dumps(aws.bus_events())
    assert SECRET not in seen
    assert "Bearer" not in seen


def test_hostile_events_at_every_other_door(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))
    for alarm in ALARM_ACTIONS:
        assert codes(function.hear(alarm)) == ["invalid_request"]
    for request in REQUESTS:
        [outcome] = function.hear(request)
        assert outcome["error"]["code"] != "internal_error"
        assert len(json.dumps(outcome)) < MOST_OF_A_LINE
    assert function.problems() == []
    assert timeouts(genesys) == {"Slow": 3}
    events: list[Any] = [
        [],
        None,
        17,
        "f",
        {},
        {"Records": []},
        {"Records": [{}]},
        {"Records": [1]},
        {"detail-type": {}},
    ]
    for event in events:
        assert function.error(event).startswith("UnknownEvent: this event is none of the shapes that are understood")
