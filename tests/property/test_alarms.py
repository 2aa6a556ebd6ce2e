"""Alarms are read whatever they look like, and one transition is one transition through every door."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alarm_payloads import (
    KINDS,
    Json,
    alarm_action,
    configuration_change,
    described,
    eventbridge,
    sns_envelope,
    sns_event,
    sns_message,
)
from alarms import LONGEST_TRANSITION_ID, AlarmSignal, alarm_now, is_other_alarm_event, read_alarm
from latency import Latency

DOORS = (alarm_action, eventbridge, sns_message)
STATES = st.sampled_from(["ALARM", "OK", "INSUFFICIENT_DATA"])
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["\ud800", "ALARM", "arn:aws:cloudwatch:r:a:alarm:n", "Seconds", "[" * 9999]
)
STAMPS = st.sampled_from(["2026-11-20T10:05:00.123+0000", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
NUMBERS = st.integers() | st.floats() | st.just(10**400)
WORDS = st.sampled_from(
    ["AlarmName", "NewStateValue", "Trigger", "source", "alarmData", "detail-type", "detail", "state", "resources"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | STAMPS,
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), children, max_size=4)
    ),
    max_leaves=10,
)


def places(value: object) -> list[tuple[Any, Any]]:
    """Every container within a payload, with each of its keys."""
    here = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in here] + [place for _, child in here for place in places(child)]


@st.composite
def damaged(draw: st.DrawFn, payload: Json) -> Json:
    """The payload with some of its parts missing, or of an odd type; what is JSON text in it too."""
    payload = deepcopy(payload)
    state = {**payload, **payload.get("alarmData", {}), **payload.get("detail", {})}.get("state", {})
    if isinstance(state.get("reasonData"), str) and draw(st.booleans()):
        state["reasonData"] = json.loads(state["reasonData"])
    for _ in range(draw(st.integers(1, 4))):
        all_places = places(payload)
        if not all_places:
            break
        container, key = draw(st.sampled_from(all_places))
        if draw(st.booleans()):
            del container[key]
        else:
            container[key] = draw(ANYTHING)
    return payload


def is_whole(signal: AlarmSignal | None) -> None:
    """Every field is of its type, and the id is one for logs, keys and messages."""
    if signal is None:
        return
    for text in (signal.name, signal.account, signal.region, signal.reason, signal.description):
        assert isinstance(text, str)
    assert signal.state in {"ALARM", "OK", "INSUFFICIENT_DATA", ""}
    assert all(isinstance(part, str) for pair in signal.attributes.items() for part in pair)
    assert signal.changed_at is None or signal.changed_at.utcoffset() == timedelta(0)
    assert signal.latency is None or 0 <= signal.latency.value < float("inf")
    assert signal.latency is None or signal.latency.unit in {"Seconds", "Milliseconds", "Microseconds", None}
    assert signal.silenced is None or signal.silenced
    assert signal.transition_id.isascii()
    assert 0 < len(signal.transition_id) <= LONGEST_TRANSITION_ID


@given(st.sampled_from([*DOORS, configuration_change]), st.sampled_from(KINDS), st.booleans(), st.data())
def test_an_alarm_with_parts_missing_or_odd_is_read_all_the_same(
    door: Any, kind: str, silenced: bool, data: st.DataObject
) -> None:
    fields: Json = {"muted_by": "arn:m", "suppressed_by": "Alarm"} if silenced else {}
    payload = data.draw(damaged(door(kind=kind, dimensions={"FlowId": "f"}, **fields)))
    is_whole(read_alarm(payload, topic_arn=data.draw(TEXTS)))
    is_other_alarm_event(payload)


@given(ANYTHING, TEXTS)
def test_anything_else_is_read_or_is_no_alarm(content: object, topic_arn: str) -> None:
    is_whole(read_alarm(content, topic_arn=topic_arn))
    is_other_alarm_event(content)


@given(ANYTHING)
def test_an_alarm_whose_every_part_is_odd_is_still_an_alarm(odd: object) -> None:
    for content in (
        {"source": "aws.cloudwatch", "alarmData": odd, "time": odd, "alarmArn": odd},
        {"detail-type": "CloudWatch Alarm State Change", "detail": odd, "resources": odd},
        {"AlarmName": odd, "NewStateValue": odd, "Trigger": odd, "NewStateReasonData": odd, "AlarmActions": odd},
    ):
        signal = read_alarm(content)
        assert signal is not None
        is_whole(signal)


@given(st.sampled_from(KINDS), st.data())
def test_so_is_what_describe_alarms_answers(kind: str, data: st.DataObject) -> None:
    entry = {key: value for key, value in described(kind=kind).items() if data.draw(st.booleans())}
    for key in data.draw(st.lists(st.sampled_from(list(entry)), max_size=3)) if entry else []:
        entry[key] = data.draw(ANYTHING)
    now = alarm_now(entry)
    assert now.transitioned_at is None or now.transitioned_at.utcoffset() == timedelta(0)
    assert now.state in {"ALARM", "OK", "INSUFFICIENT_DATA", ""}


CHANGES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "name": st.text(min_size=1, max_size=255),
        "state": STATES,
        "previous": STATES,
        "contributor_id": st.text(min_size=1, max_size=16),
    }
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # as it wants


@given(CHANGES, MOMENTS)
def test_one_transition_has_one_id_through_every_door(change: Json, moment: datetime) -> None:
    at = moment.isoformat(timespec="milliseconds")
    message = sns_message(**change, at=at.replace("+00:00", "+0000"))
    [record] = sns_event(message)["Records"]
    signals = [
        read_alarm(alarm_action(**change, at=at)),
        read_alarm(eventbridge(**change, at=at.replace("+00:00", "Z"))),
        read_alarm(message),
        read_alarm(json.loads(record["Sns"]["Message"]), topic_arn=record["Sns"]["TopicArn"]),
        read_alarm(json.loads(json.loads(json.dumps(sns_envelope(message)))["Message"])),
    ]
    ids = {signal.transition_id for signal in signals if signal}
    assert len(ids) == 1
    assert len(signals) == 5
    later = (moment + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    other = read_alarm(alarm_action(**change, at=later))
    assert other is not None
    assert other.transition_id not in ids


LATENCIES = st.floats(min_value=0, max_value=1e12)
UNITS = {"Seconds": 0, "Milliseconds": 3, "Microseconds": 6}


@given(LATENCIES, st.sampled_from(list(UNITS)))
def test_seconds_are_the_numbers_own_digits_moved(value: float, unit: str) -> None:
    seconds = Latency(value, unit).seconds()
    assert seconds is not None
    assert seconds.scaleb(UNITS[unit]) == Decimal(repr(value))
    assert Latency(value, None).seconds() is None


@given(st.integers(0, 60_000))
def test_a_latency_of_whole_milliseconds_is_no_more_and_no_less(milliseconds: int) -> None:
    for latency in (Latency(milliseconds / 1000, "Seconds"), Latency(float(milliseconds), "Milliseconds")):
        assert latency.seconds() == Decimal(milliseconds) / 1000


@given(st.lists(LATENCIES, min_size=1, max_size=5), st.sampled_from(DOORS), st.sampled_from(["single", "anomaly"]))
def test_the_worst_datapoint_is_found_in_data_and_text_alike(datapoints: list[float], door: Any, kind: str) -> None:
    signal = read_alarm(door(kind=kind, datapoints=tuple(datapoints), unit="Seconds"))
    assert signal is not None
    assert signal.latency == Latency(max(datapoints), "Seconds")
