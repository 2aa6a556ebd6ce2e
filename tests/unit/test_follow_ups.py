"""Messages to ourselves: what is written is read again, and what somebody else has written is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alarm_fakes import NOW, signal_of
from alarm_payloads import POLICY, TARGET, Json, alarm_action
from follow_ups import (
    KEY,
    LONGEST_DELAY_SECONDS,
    AlarmReference,
    FollowUp,
    InvalidFollowUp,
    Purpose,
    read_follow_up,
)
from latency import Latency
from policy import Policy
from routing import InvalidRoute, Route, RouteReader

READER = RouteReader()
ROUTE = Route(TARGET, Policy.of(POLICY))
ALARM = AlarmReference.of(signal_of(alarm_action()))
RECHECK = FollowUp(Purpose.RECHECK, ALARM, ROUTE, NOW + 300)


def again(follow_up: FollowUp) -> FollowUp:
    """What comes out of its message."""
    return read_follow_up(json.loads(follow_up.as_message()), READER)


def problem(**fields: Any) -> str:
    """What is said of a message with other fields; None takes one away."""
    content: Json = json.loads(RECHECK.as_message())[KEY] | fields
    with pytest.raises(InvalidFollowUp) as refused:
        read_follow_up({KEY: {name: value for name, value in content.items() if value is not None}}, READER)
    return str(refused.value)


# -- there and back ----------------------------------------------------------------------------------------------------

TARGETS = st.sampled_from(
    [
        TARGET,
        {"data_action_id": "custom-1", "organization": "acme"},
        {"data_action_name": "CRM Lookup 🙂", "dry_run": True},
        {"flow_id": "f", "step_id": "s", "include_subflows": True},
    ]
)
POLICIES = st.sampled_from(
    [
        {"raise_to_seconds": 12},
        {"raise_by_seconds": 1, "cooldown_seconds": 60},
        {"headroom_percent": 0, "raise_by_percent": 12.5, "latency_unit": "milliseconds"},
        {"headroom_percent": 33.3, "limit_seconds": 25, "recheck_after_seconds": 900},
        {"raise_by_percent": 0.1, "restore_on_ok": True, "restore_after_seconds": 604_800},
    ]
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.none() | st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=ZONES | st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
LATENCIES = st.none() | st.builds(
    lambda value, unit: Latency(value, unit).seconds(),
    st.just(0.0) | st.floats(1e-6, 1e9),
    st.sampled_from(["Seconds", "Milliseconds", "Microseconds"]),
)
ALARMS = st.builds(
    AlarmReference,
    st.text(min_size=1, max_size=255),
    st.none() | st.text(min_size=1, max_size=64),
    MOMENTS,
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=128),
    st.text(max_size=256),
)
FOLLOW_UPS = st.builds(
    FollowUp,
    st.sampled_from(Purpose),
    ALARMS,
    st.builds(lambda target, policy: Route(target, Policy.of(policy)), TARGETS, POLICIES),
    st.floats(0, 4e9) | st.integers(0, 4_000_000_000).map(float),
    st.integers(1, 10**9),
    LATENCIES,
)


@given(FOLLOW_UPS)
@example(replace(RECHECK, latency_seconds=Decimal("4.2000000000000003")))
def test_a_message_is_read_as_what_was_written(follow_up: FollowUp) -> None:
    assert again(follow_up) == follow_up


@given(FOLLOW_UPS)
def test_its_message_is_small_plain_and_fit_for_a_queue(follow_up: FollowUp) -> None:
    text = follow_up.as_message()
    assert text.isascii()
    assert len(text) < 20_000
    assert list(json.loads(text)) == [KEY]


@pytest.mark.parametrize("kind", ["single", "math", "anomaly", "composite", "contributor", "log"])
@pytest.mark.parametrize(
    "change",
    [{}, {"at": "no time"}, {"name": "x" * 255}, {"reason": "r" * 5000}, {"name": "größe/@#\U0001f642"}],
)
def test_the_alarm_of_any_kind_is_carried_on(kind: str, change: Json) -> None:
    if "at" in change:
        payload = alarm_action(kind=kind)
        payload["time"] = payload["alarmData"]["state"]["timestamp"] = "no time"
    else:
        payload = alarm_action(kind=kind, **change)
    signal = signal_of(payload)
    carried = again(replace(RECHECK, alarm=AlarmReference.of(signal))).alarm
    assert (carried.name, carried.contributor_id, carried.changed_at) == (
        signal.name,
        signal.contributor_id,
        signal.changed_at,
    )
    assert carried.transition == signal.transition_id
    assert signal.reason.startswith(carried.reason)


@pytest.mark.parametrize("value", [5e-324, 1.2345678901234567e-17, 1e31, 1.7e308])
def test_the_oddest_datapoint_does_not_make_its_message_unreadable(value: float) -> None:
    follow_up = replace(RECHECK, latency_seconds=Latency(value, "Seconds").seconds())
    assert again(follow_up).alarm == ALARM


def test_the_largest_number_that_a_policy_may_have_is_carried_on() -> None:
    try:
        policy = READER.read_policy({"raise_to_seconds": 10**400}, within="")
    except InvalidRoute:
        return
    follow_up = replace(RECHECK, route=Route(TARGET, policy))
    assert "Infinity" not in follow_up.as_message()
    assert again(follow_up) == follow_up


# -- looks and waits ---------------------------------------------------------------------------------------------------


def test_every_look_has_a_name_of_its_own() -> None:
    looks = [replace(RECHECK, number=number) for number in range(1, 20)]
    looks += [replace(look, purpose=Purpose.RESTORE) for look in looks]
    assert len({look.transition for look in looks} | {ALARM.transition}) == 39
    assert all(look.transition.startswith(ALARM.transition) for look in looks)


def test_the_restore_after_ok_has_another_name_than_the_look_at_the_alarm_before() -> None:
    over = AlarmReference.of(signal_of(alarm_action(state="OK")))
    assert replace(RECHECK, purpose=Purpose.RESTORE, alarm=over).transition != RECHECK.transition


@pytest.mark.parametrize(
    ("due_in", "delay"),
    [(0, 0), (-1000, 0), (0.4, 0), (60, 60), (59.6, 60), (899, 899), (900, 900), (900.4, 900), (3600, 900)],
)
def test_its_message_waits_until_it_is_due_as_far_as_sqs_can(due_in: float, delay: int) -> None:
    waits = replace(RECHECK, due_at=NOW + due_in).delay_seconds(NOW)
    assert (waits, type(waits)) == (delay, int)


@settings(deadline=None)  # hundreds of hops in one example
@given(st.integers(0, 604_800), st.floats(0, 5))
def test_a_long_wait_is_reached_in_hops(wait: int, late: float) -> None:
    follow_up, now, hops = replace(RECHECK, due_at=NOW + wait), NOW, 0
    while follow_up.due_at - now > 1:
        now += follow_up.delay_seconds(now) + late
        follow_up, hops = again(follow_up), hops + 1
    assert hops <= wait // LONGEST_DELAY_SECONDS + 2
    assert now <= NOW + wait + hops * late + 1


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"purpose": "look"}, f"{KEY}.purpose must be 'recheck' or 'restore', not a text ('look')"),
        ({"purpose": None}, f"{KEY}.purpose is missing: it must be 'recheck' or 'restore'"),
        ({"alarm_name": None}, f"{KEY}.alarm_name is missing"),
        ({"alarm_name": 5}, f"{KEY}.alarm_name must be a text of at most 1024 characters, not a number (5)"),
        ({"alarm_name": "x" * 1025}, f"{KEY}.alarm_name must be a text"),
        ({"contributor_id": ["c"]}, f"{KEY}.contributor_id must be a text of at most 1024 characters, not a list"),
        ({"changed_at": "yesterday"}, f"{KEY}.changed_at must be a date and time in ISO 8601"),
        ({"changed_at": "2026-11-20T10:05:00"}, f"{KEY}.changed_at must be a date and time in ISO 8601: it has no"),
        ({"changed_at": 1795430000}, f"{KEY}.changed_at must be a date and time in ISO 8601, not a number"),
        ({"transition": None}, f"{KEY}.transition is missing"),
        ({"transition": {}}, f"{KEY}.transition must be the id of a transition, not an object"),
        ({"reason": 1}, f"{KEY}.reason must be a text"),
        ({"number": 0}, f"{KEY}.number must be a whole number, 1 or more, not a number (0)"),
        ({"number": 1.5}, f"{KEY}.number must be a whole number, 1 or more, not a number (1.5)"),
        ({"number": True}, f"{KEY}.number must be a whole number"),
        ({"number": 10**10}, f"{KEY}.number must be a whole number"),
        ({"due_at": None}, f"{KEY}.due_at is missing: it must be seconds since 1970"),
        ({"due_at": "soon"}, f"{KEY}.due_at must be seconds since 1970, not a text ('soon')"),
        ({"due_at": -1}, f"{KEY}.due_at must be seconds since 1970"),
        ({"due_at": 10**12}, f"{KEY}.due_at must be seconds since 1970"),
        ({"latency_seconds": 6.1}, f"{KEY}.latency_seconds must be a number of seconds, as a text"),
        ({"latency_seconds": "NaN"}, f"{KEY}.latency_seconds must be a number of seconds, as a text"),
        ({"latency_seconds": "-1"}, f"{KEY}.latency_seconds must be a number of seconds, as a text"),
        ({"latency_seconds": "1\n"}, f"{KEY}.latency_seconds must be a number of seconds, as a text"),
        ({"target": None}, f"{KEY}.target is missing"),
        ({"target": "f"}, f"{KEY}.target must be an object"),
        ({"target": {"flow_id": "f"}}, f"{KEY}.target must be action_name (or step_id) is missing"),
        ({"target": {"flow_id": "a/b", "action_name": "A"}}, f"{KEY}.target.flow_id must be the id of a Flow"),
        ({"policy": None}, f"{KEY}.policy is missing"),
        ({"policy": {"raise_to_seconds": "x"}}, f"{KEY}.policy.raise_to_seconds must be a whole number"),
        ({"policy": {}}, f"{KEY}.policy must be an object with exactly one of"),
        ({"timeout": 5}, f"{KEY} has the unknown field 'timeout'"),
        # No ledger could keep what is done for these: they would be in the way of all others of their batch.
        ({"transition": "\ud800"}, f"{KEY}.transition must be"),
        ({"transition": "ü" * 1024}, f"{KEY}.transition must be"),
    ],
)
def test_what_somebody_else_has_written_is_refused_by_the_name_of_the_field(fields: Json, told: str) -> None:
    assert problem(**fields).startswith(told)


@pytest.mark.parametrize("content", [None, [], "recheck", 5, True])
def test_what_is_no_object_is_refused(content: object) -> None:
    with pytest.raises(InvalidFollowUp, match=f"{KEY} must be an object, as this function itself puts it on its queue"):
        read_follow_up({KEY: content}, READER)
