"""Laws of template.yaml about the latency probe and the alarm on all Data Actions, both off unless asked for."""

from __future__ import annotations

import json
import re

import pytest

from latency_probe.metrics import LatencyMetrics
from latency_probe.settings import Settings
from stack import Json, Stack, stack_with

OF_THE_PROBE = {"LatencyProbeFunction", "LatencyProbeLogGroup", "LatencyProbeRole", "NotMeasuredAlarm"}
ALARMS = {"DataActionAlarm", "OtherOrganizationsAlarm"}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return stack_with(ProbeOrganizations="default", DataActionAlarmMilliseconds="3000")


@pytest.fixture(scope="module")
def function(stack: Stack) -> Json:
    properties: Json = stack.of_type("Lambda::Function")["LatencyProbeFunction"]
    return properties


def test_nothing_of_it_is_there_unless_an_organization_is_named() -> None:
    nothing = stack_with(DataActionAlarmMilliseconds="3000")
    assert not [name for name in nothing.resources if "Probe" in name or name in OF_THE_PROBE | ALARMS]
    assert not [name for name in nothing.outputs if "Probe" in name]
    assert stack_with(ProbeOrganizations="emea").resources.keys() >= OF_THE_PROBE


@pytest.mark.parametrize(
    ("organizations", "milliseconds", "there"),
    [
        ("default", "0", set()),
        ("default", "3000", {"DataActionAlarm"}),
        ("default,emea", "3000", ALARMS),
        ("default,emea", "0", set()),
        ("", "3000", set()),
    ],
)
def test_alarms_are_there_when_they_have_something_to_watch(
    organizations: str, milliseconds: str, there: set[str]
) -> None:
    chosen = stack_with(ProbeOrganizations=organizations, DataActionAlarmMilliseconds=milliseconds)
    assert chosen.resources.keys() & ALARMS == there


@pytest.mark.parametrize(
    ("text", "fits"), [("", True), ("default", True), ("a,b-2", True), ("A", False), ("a,", False)]
)
def test_organizations_are_those_that_the_function_takes(stack: Stack, text: str, fits: bool) -> None:
    assert bool(re.fullmatch(stack.source["Parameters"]["ProbeOrganizations"]["AllowedPattern"], text)) == fits


def test_it_gets_what_it_reads_and_reads_it(function: Json) -> None:
    settings = Settings.from_environment(
        {name: str(value) for name, value in function["Environment"]["Variables"].items()}
    )
    assert settings.organizations == ("default",)
    assert settings.secret_id == "genesys-timeout-raiser/the-stack/{organization}"
    assert settings.checkpoint_table_name == "<Ledger>"
    assert (settings.pace.settling_minutes, settings.pace.look_back_minutes) == (2, 60)


def test_its_package_is_what_make_builds(function: Json) -> None:
    assert function["Handler"] == f"{LatencyMetrics.__module__.partition('.')[0]}.app.lambda_handler"


def test_it_has_every_layer(stack: Stack, function: Json) -> None:
    assert sorted(function["Layers"]) == sorted(f"<{name}>" for name in stack.of_type("Lambda::LayerVersion"))


def test_it_is_over_before_it_is_started_again(stack: Stack, function: Json) -> None:
    [schedule] = [rule for rule in stack.of_type("Events::Rule").values() if rule.get("ScheduleExpression") is not None]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert function["Timeout"] < 60


def test_an_invocation_that_fails_is_seen_and_not_repeated(stack: Stack) -> None:
    [config] = [
        config
        for config in stack.of_type("Lambda::EventInvokeConfig").values()
        if config["FunctionName"] == "<LatencyProbeFunction>"
    ]
    assert config["MaximumRetryAttempts"] == 0
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == "<DeadLetterQueue.Arn>"


def test_its_log_is_kept_for_as_long_as_asked() -> None:
    chosen = stack_with(ProbeOrganizations="default", LogRetentionDays="365")
    assert chosen.of_type("Logs::LogGroup")["LatencyProbeLogGroup"]["RetentionInDays"] == "365"
    function = chosen.of_type("Lambda::Function")["LatencyProbeFunction"]
    assert function["LoggingConfig"]["LogGroup"] == "<LatencyProbeLogGroup>"


# --- The alarm on all Data Actions ---


@pytest.fixture(params=sorted(ALARMS))
def alarm(request: pytest.FixtureRequest) -> Json:
    chosen = stack_with(ProbeOrganizations="default,emea", DataActionAlarmMilliseconds="3000")
    properties: Json = chosen.of_type("CloudWatch::Alarm")[request.param]
    return properties


def test_it_speaks_to_the_topic_when_it_burns_and_when_it_is_over(alarm: Json) -> None:
    assert alarm["AlarmActions"] == alarm["OKActions"] == ["<LatencyAlarmTopic>"]


def test_it_watches_each_action_by_itself(alarm: Json) -> None:
    """Of many time series, CloudWatch wants GROUP BY and ORDER BY; a query has at most 1,024 characters."""
    [query] = alarm["Metrics"]
    assert query["ReturnData"] is True
    assert query["Period"] == 60
    assert query["Expression"].startswith(
        'SELECT MAX(p99) FROM SCHEMA("GenesysDataActions", DataActionId, DataActionName'
    )
    assert re.search(r"\) GROUP BY DataActionId(, Organization)? ORDER BY MAX\(\) DESC$", query["Expression"])
    assert len(query["Expression"]) <= 1024
    assert alarm.keys().isdisjoint({"Namespace", "MetricName", "Dimensions", "Period", "Statistic"})


def test_it_knows_late_metrics_and_silence(stack: Stack, alarm: Json) -> None:
    settling = stack.source["Parameters"]["ProbeSettlingMinutes"]["Default"]
    assert alarm["EvaluationPeriods"] - alarm["DatapointsToAlarm"] > 2 * (settling + 2)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["Threshold"] == "3000"


def test_queries_read_the_metrics_by_the_names_that_the_function_writes(
    stack: Stack, function: Json, alarm: Json
) -> None:
    namespace = function["Environment"]["Variables"]["PROBE_METRICS_NAMESPACE"]
    assert f'"{namespace}"' in alarm["Metrics"][0]["Expression"]
    dimension = {"Name": "service", "Value": function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]}
    own = stack.of_type("CloudWatch::Alarm")["NotMeasuredAlarm"]
    assert own["Namespace"] == function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert own["Dimensions"] == [dimension]


# --- What it means to the rest ---


def rule_of_alarms(stack: Stack) -> Json:
    return stack.of_type("Events::Rule")["LatencyAlarmRule"]


def test_alarms_that_should_raise_timeouts_are_heard_and_own_ones_are_not(stack: Stack) -> None:
    pattern = rule_of_alarms(stack)["EventPattern"]
    [own] = [resource["anything-but"] for resource in pattern["resources"]]
    assert set(own) == {f"<{name}.Arn>" for name in stack.of_type("CloudWatch::Alarm").keys() - ALARMS}


def test_the_pattern_fits_into_what_eventbridge_takes(stack: Stack) -> None:
    """2048 characters (EventBridge quotas), with a stack's name of up to 100 and the default prefix."""
    pattern = json.dumps(rule_of_alarms(stack)["EventPattern"], separators=(",", ":"))
    alarm = "arn:aws-us-gov:cloudwatch:ap-southeast-1:123456789012:alarm:" + "s" * 100 + "-{}-" + "r" * 12
    assert len(re.sub(r"<(\w+)\.Arn>", lambda name: alarm.format(name[1]), pattern)) <= 2048


def test_trouble_of_its_own_notifies_the_topic_if_there_is_one() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:operators"
    own = stack_with(ProbeOrganizations="default", AlarmTopicArn=topic).of_type("CloudWatch::Alarm")["NotMeasuredAlarm"]
    assert own["AlarmActions"] == own["OKActions"] == [topic]


def test_the_stack_hands_out_its_names(stack: Stack) -> None:
    assert stack.outputs["LatencyProbeFunctionName"]["Value"] == "<LatencyProbeFunction>"
    assert stack.outputs["LatencyProbeLogGroupName"]["Value"] == "<LatencyProbeLogGroup>"
