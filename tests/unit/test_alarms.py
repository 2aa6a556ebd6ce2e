"""What alarms say: every kind through every door, what is missing or odd, and the files in events/alarms."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from alarm_payloads import (
    BY_DIMENSIONS,
    KINDS,
    MISSING,
    POLICY,
    TARGET,
    TOPIC,
    Json,
    alarm_action,
    changed,
    configuration_change,
    described,
    eventbridge,
    sns_message,
)
from alarms import AlarmNow, AlarmSignal, alarm_now, is_other_alarm_event, read_alarm
from latency import Latency

EVENTS = Path(__file__).parents[2] / "events" / "alarms"
DOORS = (alarm_action, eventbridge, sns_message)
AT = datetime(2026, 11, 20, 10, 5, 0, 123000, tzinfo=UTC)
CRM = {"Service": "crm"}
MUTE_RULE = "arn:aws:cloudwatch:us-east-1:123456789012:alarm-mute-rule:crm-release"
every_door = pytest.mark.parametrize("door", DOORS)


def read(content: object, **how: str) -> AlarmSignal:
    signal = read_alarm(content, **how)
    assert signal is not None
    assert not is_other_alarm_event(content)
    return signal


def in_state(reason_data: object = None, **fields: Any) -> Json:
    """An alarm action whose state has this `reasonData`."""
    return changed(alarm_action(**fields), "alarmData.state.reasonData", reason_data)


# -- every kind through every door -------------------------------------------------------------------------------------


@every_door
@pytest.mark.parametrize("kind", KINDS)
def test_who_what_when_and_why_is_read_of_every_kind_through_every_door(door: Any, kind: str) -> None:
    signal = read(door(kind=kind, target=TARGET, policy=POLICY))
    assert (signal.name, signal.account, signal.region) == ("data-action-crm-lookup-slow", "123456789012", "us-east-1")
    assert (signal.state, signal.changed_at, signal.silenced) == ("ALARM", AT, None)
    assert signal.reason.startswith(("Threshold Crossed: ", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"))
    assert json.dumps(TARGET) in signal.description
    contributor = "#6d442278dba546f6" if kind == "contributor" else ""
    assert signal.transition_id == (
        f"123456789012/us-east-1/data-action-crm-lookup-slow{contributor}@2026-11-20T10:05:00.123Z/ALARM"
    )


@every_door
@pytest.mark.parametrize(
    ("kind", "attributes", "contributor_id"),
    [
        ("single", CRM, None),
        ("math", CRM, None),
        ("anomaly", CRM, None),
        ("composite", {}, None),
        ("contributor", BY_DIMENSIONS, "6d442278dba546f6"),
        ("log", {}, None),
    ],
)
def test_attributes_are_the_contributors_or_the_dimensions(
    door: Any, kind: str, attributes: dict[str, str], contributor_id: str | None
) -> None:
    signal = read(door(kind=kind))
    assert (signal.attributes, signal.contributor_id) == (attributes, contributor_id)


@pytest.mark.parametrize(
    ("kind", "from_events", "from_sns"),
    [
        ("single", Latency(6100.0, "Milliseconds"), Latency(6100.0, "Milliseconds")),
        ("math", Latency(6100.0, None), Latency(6100.0, None)),
        ("anomaly", Latency(6100.0, "Milliseconds"), Latency(6100.0, "Milliseconds")),
        ("composite", None, None),
        ("contributor", Latency(4200.0, None), Latency(4200.0, None)),  # its text tells the newest datapoint alone
        ("log", Latency(6100.0, None), Latency(6100.0, None)),
    ],
)
def test_latency_is_the_worst_datapoint_in_the_unit_of_what_the_alarm_watches(
    kind: str, from_events: Latency | None, from_sns: Latency | None
) -> None:
    fields: Json = {"kind": kind, "datapoints": (900.0, 6100.0, 4200.0)}
    assert read(alarm_action(**fields)).latency == from_events
    assert read(eventbridge(**fields)).latency == from_events
    assert read(sns_message(**fields)).latency == from_sns


@every_door
@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_other_states_are_told(door: Any, state: str) -> None:
    signal = read(door(state=state, previous="ALARM"))
    assert signal.state == state
    assert signal.transition_id.endswith(f"/{state}")


@every_door
def test_an_alarm_set_by_hand_names_no_latency(door: Any) -> None:
    signal = read(door(by_hand=True))
    assert (signal.state, signal.reason, signal.latency) == ("ALARM", "trying it out", None)


@every_door
def test_a_composite_may_go_from_alarm_to_alarm_which_is_a_transition_of_its_own(door: Any) -> None:
    first = read(door(kind="composite"))
    second = read(door(kind="composite", previous="ALARM", at="2026-11-20T10:07:00.123+0000"))
    assert second.state == "ALARM"
    assert second.transition_id != first.transition_id


@every_door
def test_no_previous_state_and_no_description_are_no_problem(door: Any) -> None:
    signal = read(door(previous=None, description=None))
    assert (signal.state, signal.description) == ("ALARM", "")


@every_door
def test_who_silences_an_alarm_is_told_in_words(door: Any) -> None:
    assert read(door(muted_by=MUTE_RULE)).silenced == f"muted by {MUTE_RULE}"
    suppressed = read(door(kind="composite", suppressed_by="WaitPeriod")).silenced
    assert suppressed is not None
    assert suppressed.startswith("actions suppressed by WaitPeriod")


@pytest.mark.parametrize(
    ("detail", "silenced"),
    [
        ({}, "muted"),
        ({"mutedByArn": None}, "muted"),
        ("yes", "muted"),
        (None, None),
        (False, None),
    ],
)
def test_a_mute_counts_whatever_it_looks_like(detail: object, silenced: str | None) -> None:
    assert read(changed(eventbridge(), "detail.muteDetail", detail)).silenced == silenced
    assert read({**sns_message(), "MuteDetail": detail}).silenced == silenced


@pytest.mark.parametrize(
    ("by", "silenced"), [("", None), (None, None), ([], None), (["x"], "actions suppressed"), ("Alarm", "by Alarm")]
)
def test_so_does_a_suppression(by: object, silenced: str | None) -> None:
    told = read(changed(alarm_action(), "alarmData.state.actionsSuppressedBy", by)).silenced
    assert told == silenced if silenced is None else silenced in str(told)


# -- what is an alarm --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        None,
        5,
        "AlarmName",
        [alarm_action()],
        {},
        {"flow_id": "f", "action_name": "A", "timeout_seconds": 10},
        {"source": "aws.cloudwatch"},
        {"alarmData": {}},
        {"source": "aws.ec2", "alarmData": {}},
        {"AlarmName": "a"},
        {"NewStateValue": "ALARM"},
        {"detail-type": "cloudwatch alarm state change"},
        {"detail-type": ["CloudWatch Alarm State Change"]},
        {"detail-type": "EC2 Instance State-change Notification"},
    ],
)
def test_anything_else_is_no_alarm(content: object) -> None:
    assert read_alarm(content) is None
    assert not is_other_alarm_event(content)


def test_other_events_of_alarms_are_known_as_such() -> None:
    event = configuration_change()
    assert is_other_alarm_event(event)
    assert read_alarm(event) is None
    assert is_other_alarm_event({"detail-type": "CloudWatch Alarm Something New"})


@pytest.mark.parametrize("inner", [None, [], 5, True, {}])
def test_an_alarm_that_says_nothing_is_still_one(inner: object) -> None:
    for content in (
        {"source": "aws.cloudwatch", "alarmData": inner},
        {"detail-type": "CloudWatch Alarm State Change", "detail": inner},
        {"AlarmName": inner, "NewStateValue": inner},
    ):
        signal = read(content)
        assert (signal.name, signal.account, signal.region, signal.state) == ("", "", "", "")
        assert (signal.reason, signal.description, dict(signal.attributes)) == ("", "", {})
        assert (signal.changed_at, signal.latency, signal.contributor_id) == (None, None, None)


@pytest.mark.parametrize("state", ["alarm", "BURNING", None, 5, ["ALARM"], {"value": "ALARM"}])
def test_a_state_that_is_none_is_not_said(state: object) -> None:
    assert read(changed(alarm_action(), "alarmData.state.value", state)).state == ""
    assert read({**sns_message(), "NewStateValue": state}).state == ""


# -- whose alarm it is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "account", "region"),
    [
        (changed(alarm_action(), "accountId", "999999999999"), "123456789012", "us-east-1"),
        (changed(alarm_action(), "alarmArn", MISSING), "123456789012", "us-east-1"),
        (changed(alarm_action(), "alarmArn", "crm"), "123456789012", "us-east-1"),
        (changed(alarm_action(), "alarmArn", "arn:aws:cloudwatch"), "123456789012", "us-east-1"),
        (changed(eventbridge(), "region", "eu-west-1"), "123456789012", "us-east-1"),
        (changed(eventbridge(), "resources", []), "123456789012", "us-east-1"),
        (changed(eventbridge(), "resources", "arn:aws:cloudwatch:x:y:alarm:z"), "123456789012", "us-east-1"),
        (changed(sns_message(), "AWSAccountId", "999999999999"), "123456789012", "us-east-1"),
        (changed(sns_message(), "AlarmArn", MISSING), "123456789012", "us-east-1"),
        (changed(changed(sns_message(), "AlarmArn", None), "AlarmActions", None), "123456789012", ""),
    ],
)
def test_the_arn_says_whose_alarm_it_is_else_the_fields_beside_it(payload: Json, account: str, region: str) -> None:
    signal = read(payload)
    assert (signal.account, signal.region) == (account, region)


def test_without_an_arn_the_region_of_an_sns_message_is_its_topics_else_its_actions() -> None:
    message = changed(sns_message(), "AlarmArn", MISSING)
    assert read(message, topic_arn="arn:aws:sns:eu-west-1:123456789012:alarms").region == "eu-west-1"
    message["AlarmActions"] = [None, "nothing", "arn:aws:iam::123456789012:role/x"]
    assert read(message).region == ""
    message["OKActions"] = ["arn:aws:lambda:ap-south-1:123456789012:function:raiser"]
    assert read(message).region == "ap-south-1"
    assert read(message, topic_arn=TOPIC).region == "us-east-1"


def test_an_alarm_without_a_name_has_that_of_its_arn() -> None:
    payload = changed(alarm_action(name="a:b"), "alarmData.alarmName", MISSING)
    assert read(payload).name == "a:b"


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-11-20T10:05:00.123+0000", AT),
        ("2026-11-20T10:05:00.123Z", AT),
        ("2026-11-20T10:05:00.123+00:00", AT),
        ("2026-11-20T10:05:00.123456789Z", AT.replace(microsecond=123456)),
        ("2026-11-20T12:05:00.123+02:00", AT),
        ("2026-11-20T10:05:00Z", AT.replace(microsecond=0)),
        ("2026-11-20T10:05:00.123", AT),
        ("2026-11-20", None),
        ("yesterday", None),
        ("Today", None),
        ("", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-11-20T10:05:00\ud800", None),
        (1795430000, None),
        (None, None),
        ({}, None),
    ],
)
def test_times_are_read_in_every_spelling(stamp: object, moment: datetime | None) -> None:
    assert read({**sns_message(), "StateChangeTime": stamp}).changed_at == moment


@pytest.mark.parametrize("stamp", [MISSING, "nonsense", 5])
def test_an_event_without_a_time_of_the_change_counts_from_its_own(stamp: object) -> None:
    action = changed(alarm_action(), "alarmData.state.timestamp", stamp)
    assert read(action).changed_at == AT + timedelta(milliseconds=367)
    assert read(changed(eventbridge(), "detail.state.timestamp", stamp)).changed_at == AT.replace(microsecond=0)


# -- one transition, one id --------------------------------------------------------------------------------------------


def test_without_any_time_the_payload_itself_tells_transitions_apart() -> None:
    undated = [changed(sns_message(reason=reason), "StateChangeTime", MISSING) for reason in ("slow", "slower")]
    first, second = (read(message).transition_id for message in undated)
    assert first != second
    again = json.loads(json.dumps(dict(reversed(undated[0].items()))))
    assert read(again).transition_id == first


def test_a_payload_too_deep_to_be_written_out_has_an_id_too() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"d": deep}
    undated = {"AlarmName": "a", "NewStateValue": "ALARM", "Trigger": deep}
    ids = {read({**undated, "NewStateReason": reason}).transition_id for reason in ("slow", "slow", "slower")}
    assert len(ids) == 2


@every_door
@pytest.mark.parametrize("name", ["Zeitüberschreitung 🚨", "half \ud83d", "a/b@c#d", "n" * 255, "🚨" * 255])
def test_an_id_is_short_ascii_and_one_names_own(door: Any, name: str) -> None:
    one, other = (read(door(name=of)).transition_id for of in (name, name + "!"))
    assert one.isascii()
    assert len(one) <= 128
    assert one.endswith("@2026-11-20T10:05:00.123Z/ALARM")
    assert one != other


def test_what_separates_the_parts_of_an_id_cannot_be_faked_in_a_name() -> None:
    whole = read(alarm_action(name="crm#east"))
    contributor = read(alarm_action(name="crm", kind="contributor", contributor_id="east"))
    assert whole.transition_id != contributor.transition_id


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ('SELECT MAX(p99) FROM SCHEMA("GenesysDataActions", DataActionId) GROUP BY DataActionId', "Milliseconds"),
        ("select avg(max) from GenesysDataActions where DataActionId = 'a'", "Milliseconds"),
        ('SELECT MAX("p99") FROM "GenesysDataActions" GROUP BY DataActionId', "Milliseconds"),
        ('SELECT MAX("p99) FROM "GenesysDataActions" GROUP BY DataActionId', None),
        ('SELECT SUM(count) FROM SCHEMA("GenesysDataActions", DataActionId) GROUP BY DataActionId', None),
        ('SELECT COUNT(p99) FROM "GenesysDataActions"', None),
        ('SELECT MAX(p99) FROM SCHEMA("Crm", DataActionId) GROUP BY DataActionId', None),
        ("SELECT MAX(p99) FROM \"Crm\" WHERE System = 'GenesysDataActions'", None),
        ('SELECT MAX(p99) FROM SCHEMA("GenesysDataActionsOfOthers", DataActionId)', None),
        ("m1 / m2", None),
    ],
)
def test_of_a_query_the_unit_is_known_only_where_the_latency_probe_publishes(query: str, unit: str | None) -> None:
    payload = changed(alarm_action(kind="contributor"), "alarmData.configuration.metrics", [{"expression": query}])
    latency = read(payload).latency
    assert latency
    assert latency.unit == unit


# -- attributes --------------------------------------------------------------------------------------------------------


def test_where_the_metrics_of_an_expression_disagree_nothing_is_guessed() -> None:
    payload = alarm_action(kind="math", dimensions={"FlowId": "f", "ActionName": "A"})
    payload["alarmData"]["configuration"]["metrics"][2]["metricStat"]["metric"]["dimensions"] = {
        "ActionName": "B",
        "Region": "eu",
    }
    assert read(payload).attributes == {"FlowId": "f", "Region": "eu"}


@pytest.mark.parametrize(
    ("dimensions", "attributes"),
    [
        ([{"name": "A", "value": "1"}, {"Name": "B", "Value": "2"}], {"A": "1", "B": "2"}),
        ([{"name": "A", "value": 1}, {"name": None, "value": "x"}, {"value": "x"}, "x", None], {}),
        ([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}], {}),
        ({"A": "1", "B": 2, "C": None, "D": ["x"]}, {"A": "1"}),
        ("A=1", {}),
        (None, {}),
    ],
)
def test_dimensions_are_read_in_every_spelling(dimensions: object, attributes: dict[str, str]) -> None:
    assert read(changed(sns_message(), "Trigger.Dimensions", dimensions)).attributes == attributes
    payload = alarm_action()
    payload["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"] = dimensions
    assert read(payload).attributes == attributes


def test_a_contributor_without_attributes_leaves_the_dimensions() -> None:
    message = {**sns_message(), "AlarmContributorId": "c", "AlarmContributorAttributes": {}}
    assert read(message).attributes == CRM
    message["AlarmContributorAttributes"] = json.dumps({"FlowId": "f", "N": 5})
    assert read(message).attributes == {"FlowId": "f"}


# -- latency -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason_data",
    [
        None,
        "",
        "no JSON",
        '"a text"',
        "[1, 2]",
        "{}",
        '{"recentDatapoints": []',
        "[" * 100_000,
        "9" * 5000,
        [6200.0],
        {},
        {"recentDatapoints": [], "evaluatedDatapoints": []},
        {"recentDatapoints": None, "evaluatedDatapoints": {"value": 9.0}},
        {"recentDatapoints": "9000", "evaluatedDatapoints": ["x", None, 9.0, {"value": "9000"}, {}]},
        {"recentDatapoints": [True, "9000", None, [9000.0], {"value": 9000.0}, -9000.0, 10**400]},
        '{"recentDatapoints": [NaN, Infinity, -Infinity, 1e999]}',
        {"triggeringAlarms": [{"arn": "a"}]},
        {"version": "1.0", "queryResults": [{"p99": 6200.0}]},
        5,
        True,
    ],
)
def test_reason_data_without_usable_datapoints_leaves_those_of_the_text(reason_data: object) -> None:
    latency = read(in_state(reason_data, unit="Seconds", datapoints=(4.2, 6.1))).latency
    assert latency == Latency(6.1, "Seconds")
    assert read(in_state(reason_data, by_hand=True)).latency is None
    message = {**sns_message(), "NewStateReasonData": reason_data}
    assert read(message).latency == Latency(6100.0, "Milliseconds")


@pytest.mark.parametrize("wrapped", [json.dumps, lambda data: data])
@pytest.mark.parametrize(
    ("data", "latency"),
    [
        ({"recentDatapoints": [1, 3.5, 2]}, Latency(3.5, "Milliseconds")),
        ({"recentDatapoints": [0]}, Latency(0.0, "Milliseconds")),
        ({"recentDatapoints": [9, "10", True, None, -11]}, Latency(9.0, "Milliseconds")),
        ({"recentDatapoints": [5], "evaluatedDatapoints": [{"value": 7}]}, Latency(5.0, "Milliseconds")),
        ({"recentDatapoints": [], "evaluatedDatapoints": [{"value": 7}, {}]}, Latency(7.0, "Milliseconds")),
        ({"recentDatapoints": [5], "unit": "Seconds"}, Latency(5.0, "Seconds")),
        ({"recentDatapoints": [5], "unit": "MICROSECONDS"}, Latency(5.0, "Microseconds")),
        ({"recentDatapoints": [5], "unit": "Count"}, Latency(5.0, None)),
        ({"recentDatapoints": [5], "unit": "None"}, Latency(5.0, None)),
        ({"recentDatapoints": [5], "unit": None}, Latency(5.0, "Milliseconds")),
        ({"recentDatapoints": [5], "statistic": "SampleCount"}, Latency(5.0, None)),
        ({"recentDatapoints": [5], "unit": "Seconds", "statistic": "PR(:3)"}, Latency(5.0, None)),
    ],
)
def test_datapoints_and_unit_of_the_reason_data(wrapped: Any, data: Json, latency: Latency) -> None:
    assert read(in_state(wrapped(data))).latency == latency


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 datapoint [6100.0 (20/11/26 10:04:00)] was greater than the threshold (9000.0)", 6100.0),
        ("[1.0 (20/11/26 10:04:00), 7 (20/11/26 10:03:00), 2.5E1 (20/11/26 10:02:00)]", 25.0),
        ("[1.5E-4 (20/11/26 10:04:00)]", 0.00015),
        ("[-8.0 (20/11/26 10:04:00), 1.0 (20/11/26 10:03:00)]", 1.0),
        ("[-8.0E-9 (20/11/26 10:04:00)]", None),
        ("[9E999 (20/11/26 10:04:00)]", None),
        ("[NaN (20/11/26 10:04:00)]", None),
        (f"[{'9' * 100_000} (20/11/26 10:04:00)]", None),
        ("no datapoints were received for 3 periods", None),
        ("someone thinks 7000 is too much (20/11/26)", None),
        ("", None),
    ],
)
def test_datapoints_in_the_text(text: str, value: float | None) -> None:
    latency = read(sns_message(reason=text)).latency
    assert latency == (None if value is None else Latency(value, "Milliseconds"))


@every_door
@pytest.mark.parametrize("unit", ["None", "Count", "Percent", "Bytes/Second", None])
def test_a_unit_that_is_no_time_is_none(door: Any, unit: str | None) -> None:
    assert read(door(unit=unit)).latency == Latency(6100.0, None)


@every_door
@pytest.mark.parametrize("statistic", ["SampleCount", "SAMPLE_COUNT", "tc95", "TC(0:5000)", "PR(:3000)"])
def test_a_statistic_that_counts_samples_has_not_their_unit(door: Any, statistic: str) -> None:
    assert read(door(statistic=statistic)).latency == Latency(6100.0, None)


def test_metrics_with_different_units_have_none() -> None:
    payload = alarm_action(kind="math")
    metrics = payload["alarmData"]["configuration"]["metrics"]
    del metrics[0]
    for metric in metrics:
        metric["returnData"] = True
    assert read(payload).latency == Latency(6100.0, None)


@pytest.mark.parametrize(
    ("latency", "unit_if_unknown", "seconds"),
    [
        (Latency(6100.0, "Milliseconds"), None, "6.1"),
        (Latency(6100.0, "Milliseconds"), "seconds", "6.1"),
        (Latency(6.1, "Seconds"), "milliseconds", "6.1"),
        (Latency(2999999.9, "Microseconds"), None, "2.9999999"),
        (Latency(6100.0, None), None, None),
        (Latency(6100.0, None), "milliseconds", "6.1"),
        (Latency(6.1, None), "seconds", "6.1"),
        (Latency(0.0, "Seconds"), None, "0"),
        (
            Latency(2.675, "Seconds"),
            None,
            "2.675",
        ),  # as a binary float it is 2.67499999999999982236431605997495353221893
        (Latency(1e-07, "Milliseconds"), None, "1E-10"),
        (Latency(1.7976931348623157e308, "Microseconds"), None, "1.7976931348623157E+302"),
    ],
)
def test_seconds_are_exact(latency: Latency, unit_if_unknown: Any, seconds: str | None) -> None:
    assert latency.seconds(unit_if_unknown) == (None if seconds is None else Decimal(seconds))


# -- DescribeAlarms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "latency"),
    [
        ("single", Latency(6100.0, "Milliseconds")),
        ("math", Latency(6100.0, None)),
        ("anomaly", Latency(6100.0, "Milliseconds")),
        ("composite", None),
        ("contributor", Latency(6100.0, None)),
        ("log", Latency(6100.0, None)),
    ],
)
def test_what_an_alarm_is_in_now(kind: str, latency: Latency | None) -> None:
    assert alarm_now(described(kind=kind)) == AlarmNow("ALARM", AT, latency)


def test_what_the_answer_may_lack() -> None:
    entry = changed(described(state="OK"), "StateTransitionedTimestamp", MISSING)
    entry["StateUpdatedTimestamp"] = datetime(2026, 11, 20, 12, 8, tzinfo=timezone(timedelta(hours=2)))
    assert alarm_now(entry).transitioned_at == datetime(2026, 11, 20, 10, 8, tzinfo=UTC)
    assert alarm_now({}) == AlarmNow("", None, None)
    assert alarm_now({"StateValue": "OK", "StateReasonData": "{", "Metrics": []}) == AlarmNow("OK", None, None)


# -- the files in events/alarms ----------------------------------------------------------------------------------------

MS_6100 = Latency(6100.0, "Milliseconds")
UNKNOWN_6100 = Latency(6100.0, None)
ROUTED = "routed"
SINGLE = "data-action-crm-lookup-slow"
MATH = "data-action-crm-lookup-slow-per-call"
ANOMALY = "data-action-crm-lookup-unusual"
COMPOSITE = "crm-degraded"
CONTRIBUTOR = "data-actions-slow"
LOG = "crm-lookup-slow-in-logs"

# file: (name, state, latency, what else is told: attributes, by whom silenced, or that the description routes it)
EXPECTED: dict[str, tuple[str, str, Latency | None, object]] = {
    **{
        f"{door}.{kind}.json": expected
        for door in ("action", "eventbridge", "sns")
        for kind, expected in {
            "single": (SINGLE, "ALARM", MS_6100, ROUTED),
            "ok": (SINGLE, "OK", Latency(900.0, "Milliseconds"), ROUTED),
            "insufficient-data": (SINGLE, "INSUFFICIENT_DATA", None, ROUTED),
            "set-by-hand": (SINGLE, "ALARM", None, ROUTED),
            "by-dimensions": (SINGLE, "ALARM", MS_6100, BY_DIMENSIONS),
            "math": (MATH, "ALARM", UNKNOWN_6100, ROUTED),
            "anomaly": (ANOMALY, "ALARM", MS_6100, ROUTED),
            "composite": (COMPOSITE, "ALARM", None, ROUTED),
            "contributor": (CONTRIBUTOR, "ALARM", UNKNOWN_6100, BY_DIMENSIONS),
            "log-alarm": (LOG, "ALARM", UNKNOWN_6100, ROUTED),
        }.items()
    },
    "eventbridge.muted.json": (SINGLE, "ALARM", MS_6100, f"muted by {MUTE_RULE}"),
    "eventbridge.suppressed.json": (COMPOSITE, "ALARM", None, "actions suppressed by WaitPeriod"),
    "eventbridge.not-routed.json": ("disk-of-the-crm-full", "ALARM", UNKNOWN_6100, CRM),
    "queue.action.single.json": (SINGLE, "ALARM", MS_6100, ROUTED),
    "queue.eventbridge.single.json": (SINGLE, "ALARM", MS_6100, ROUTED),
    "queue.sns-envelope.single.json": (SINGLE, "ALARM", MS_6100, ROUTED),
    "queue.sns-envelope.composite.json": (COMPOSITE, "ALARM", None, ROUTED),
    "queue.sns-raw.ok.json": (SINGLE, "OK", Latency(900.0, "Milliseconds"), ROUTED),
    "queue.sns-raw.log-alarm.json": (LOG, "ALARM", UNKNOWN_6100, ROUTED),
}
CONFIGURATION_CHANGE = "eventbridge.configuration-change.json"


def alarm_in(file: str) -> AlarmSignal:
    """Unwraps what SNS wraps, as the doors do."""
    content = json.loads((EVENTS / file).read_text())
    if "Records" in content:
        [record] = content["Records"]
        content = record["Sns"]
    if "Message" in content:
        return read(json.loads(content["Message"]), topic_arn=content["TopicArn"])
    return read(content)


def test_every_file_says_what_it_is_there_for() -> None:
    assert {file.name for file in EVENTS.iterdir()} == {*EXPECTED, CONFIGURATION_CHANGE}


@pytest.mark.parametrize("file", EXPECTED)
def test_a_file_is_read_as_expected(file: str) -> None:
    signal = alarm_in(file)
    name, state, latency, else_told = EXPECTED[file]
    assert (signal.name, signal.state, signal.latency) == (name, state, latency)
    assert (signal.account, signal.region) == ("123456789012", "us-east-1")
    if isinstance(else_told, dict):
        assert signal.attributes == else_told
        assert "timeout_raiser" not in signal.description
    else:
        route = json.loads(signal.description[signal.description.index("{") :])["timeout_raiser"]
        assert route == {"target": TARGET, "policy": POLICY}
    silenced = isinstance(else_told, str) and else_told != ROUTED
    assert (signal.silenced or "").startswith(str(else_told) if silenced else "")
    assert bool(signal.silenced) == silenced


def test_each_file_is_a_transition_of_its_own_so_that_none_is_taken_for_a_duplicate() -> None:
    ids = [alarm_in(file).transition_id for file in EXPECTED]
    assert len(set(ids)) == len(ids)


def test_the_configuration_change_is_one() -> None:
    content = json.loads((EVENTS / CONFIGURATION_CHANGE).read_text())
    assert is_other_alarm_event(content)
    assert read_alarm(content) is None
