"""Laws of template.yaml, held against what CloudFormation gets to see: the template after SAM has translated it.

`sam validate` and cfn-lint check each resource by itself. A wrong word inside a SAM event, or two resources that do not
fit each other, pass them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from follow_ups import LONGEST_DELAY_SECONDS
from policy import LONGEST_RESTORE_WAIT_SECONDS
from stack import PROJECT, Json, Stack, as_list, stack_with

SETTINGS = {
    "GENESYS_SECRET_ID",
    "MAX_TIMEOUT_SECONDS",
    "DEFAULT_TIMEOUT_SECONDS",
    "MAX_PUBLISH_ATTEMPTS",
    "HTTP_CONNECT_TIMEOUT_SECONDS",
    "HTTP_READ_TIMEOUT_SECONDS",
    "FLOW_CONCURRENCY",
    "REQUEST_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    "EVENT_BUS_NAME",
    "LEDGER_TABLE_NAME",
    "DEFAULT_ALARM_POLICY",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
}
METRICS = {
    "RequestsReceived",
    "TimeoutsRaised",
    "RequestsUnchanged",
    "RequestsRejected",
    "RequestsDeferred",
    "FlowPublishes",
    "PublishConflicts",
    "GenesysThrottles",
    "GenesysRequestTime",
    "TimeoutsAtLimit",
    "ChangesNotRecorded",
}
HOLDS_DATA = {"AWS::SQS::Queue", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup", "AWS::DynamoDB::Table"}
ALARMS_OF_THE_ACCOUNT = "arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return stack_with()


# --- From the queue to the function ---


def test_one_failed_message_does_not_bring_its_batch_back(stack: Stack) -> None:
    assert stack.only("Lambda::EventSourceMapping")["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_function_is_fed_from_the_request_queue_alone(stack: Stack) -> None:
    assert stack.only("Lambda::EventSourceMapping")["EventSourceArn"] == "<RequestQueue.Arn>"


def test_batches_of_more_than_ten_have_the_window_that_lambda_wants(stack: Stack) -> None:
    mapping = stack.only("Lambda::EventSourceMapping")

    assert mapping["BatchSize"] <= 10 or mapping["MaximumBatchingWindowInSeconds"] >= 1


@pytest.mark.parametrize("wanted", ["2", "5", "40"])
def test_the_concurrency_is_the_one_asked_for(wanted: str) -> None:
    mapping = stack_with(MaximumConcurrency=wanted).only("Lambda::EventSourceMapping")

    assert int(mapping["ScalingConfig"]["MaximumConcurrency"]) == int(wanted)


def test_the_default_concurrency_is_a_number_and_not_text(stack: Stack) -> None:
    """AWS takes either; the emulated event source never delivers anything when it is text."""
    concurrency = stack.only("Lambda::EventSourceMapping")["ScalingConfig"]["MaximumConcurrency"]

    assert concurrency == stack.source["Parameters"]["MaximumConcurrency"]["Default"]
    assert isinstance(concurrency, int)


def test_a_function_that_is_told_to_wait_for_the_next_minute_can_do_a_batch_after_it(stack: Stack) -> None:
    """Genesys Cloud's limit counts by the minute; a wait that does not fit costs every message a receive."""
    timeout, margin, for_a_batch = stack.only("Lambda::Function")["Timeout"], 2, 20

    assert timeout - margin - for_a_batch >= 60


def test_all_instances_together_take_no_more_than_the_limit_lets_through_in_a_minute(stack: Stack) -> None:
    defaults = {name: parameter.get("Default") for name, parameter in stack.source["Parameters"].items()}
    calls_for_each = 2

    assert defaults["BatchSize"] * defaults["MaximumConcurrency"] * calls_for_each <= 300


def test_no_message_becomes_visible_while_a_function_may_still_work_on_it(stack: Stack) -> None:
    """Six function timeouts plus the batching window (Lambda developer guide, "Using Lambda with Amazon SQS")."""
    window = stack.only("Lambda::EventSourceMapping")["MaximumBatchingWindowInSeconds"]
    timeout = stack.only("Lambda::Function")["Timeout"]

    assert stack.of_type("SQS::Queue")["RequestQueue"]["VisibilityTimeout"] >= 6 * timeout + window


def test_the_slowest_attempt_fits_into_the_functions_time(stack: Stack) -> None:
    limits = [stack.source["Parameters"][f"Http{part}TimeoutSeconds"]["Default"] for part in ("Connect", "Read")]

    assert sum(limits) + 2 < stack.only("Lambda::Function")["Timeout"]


# --- Queues ---


def test_what_is_given_up_goes_to_the_dead_letter_queue_after_the_number_of_tries_asked_for() -> None:
    redrive = stack_with(MaxReceiveCount="7").of_type("SQS::Queue")["RequestQueue"]["RedrivePolicy"]

    assert redrive == {"deadLetterTargetArn": "<DeadLetterQueue.Arn>", "maxReceiveCount": "7"}


def test_nobody_can_ask_for_fewer_tries_than_aws_recommends(stack: Stack) -> None:
    assert stack.source["Parameters"]["MaxReceiveCount"]["MinValue"] >= 5


def test_dead_letters_outlive_requests(stack: Stack) -> None:
    """A message keeps its age when SQS moves it."""
    queues = stack.of_type("SQS::Queue")
    requests = queues.pop("RequestQueue")

    for name, queue in queues.items():
        assert queue["MessageRetentionPeriod"] > requests["MessageRetentionPeriod"], name


def test_every_queue_is_encrypted(stack: Stack) -> None:
    for name, queue in stack.of_type("SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name


def test_every_queue_and_topic_turns_away_whoever_comes_without_tls(stack: Stack) -> None:
    """SNS refuses "sns:*" in the policy of a topic: what can be done to one is to publish."""
    for name in stack.of_type("SQS::Queue"):
        assert stack.policy_of(name, "Queues")["TlsOnly"] == without_tls_nobody("sqs:*", f"<{name}.Arn>")
    for name in stack.of_type("SNS::Topic"):
        assert stack.policy_of(name, "Topics")["TlsOnly"] == without_tls_nobody("sns:Publish", f"<{name}>")


def without_tls_nobody(action: str, resource: str) -> Json:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize("queue", ["RequestQueue", "AlarmEventDeadLetterQueue"])
def test_services_may_send_to_a_queue_only_for_the_topic_and_the_rule_of_this_stack(stack: Stack, queue: str) -> None:
    allowed = [
        (statement["Principal"], statement["Action"], statement["Resource"], statement["Condition"])
        for statement in stack.policy_of(queue, "Queues").values()
        if statement["Effect"] == "Allow"
    ]

    assert allowed == [
        (
            {"Service": f"{service}.amazonaws.com"},
            "sqs:SendMessage",
            f"<{queue}.Arn>",
            {"ArnEquals": {"aws:SourceArn": source}},
        )
        for service, source in (("sns", "<LatencyAlarmTopic>"), ("events", "<LatencyAlarmRule.Arn>"))
    ]


def test_to_what_was_refused_nobody_sends_by_the_queues_policy(stack: Stack) -> None:
    """Function, Lambda and SQS send there under the role or as owner of the redrive."""
    assert stack.policy_of("DeadLetterQueue", "Queues").keys() == {"TlsOnly"}


# --- Alarms that raise timeouts: the topic ---


def test_alarms_of_this_account_and_nobody_else_may_publish(stack: Stack) -> None:
    (allowed,) = (
        statement
        for statement in stack.policy_of("LatencyAlarmTopic", "Topics").values()
        if statement["Effect"] == "Allow"
    )

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (allowed["Action"], allowed["Resource"]) == ("sns:Publish", "<LatencyAlarmTopic>")
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
        "ArnLike": {"aws:SourceArn": ALARMS_OF_THE_ACCOUNT},
    }


def test_the_topic_is_never_encrypted_with_the_key_that_cloudwatch_may_not_use(stack: Stack) -> None:
    """The policy of aws/sns does not let CloudWatch in: its alarms would be lost without a sound."""
    key = "arn:aws:kms:eu-west-1:123456789012:key/0b1c"

    assert "KmsMasterKeyId" not in stack.only("SNS::Topic")
    assert stack_with(LatencyAlarmTopicKeyArn=key).only("SNS::Topic")["KmsMasterKeyId"] == key


def test_what_is_published_reaches_the_request_queue_in_its_envelope_or_the_dead_letter_queue(stack: Stack) -> None:
    assert stack.only("SNS::Subscription") == {
        "TopicArn": "<LatencyAlarmTopic>",
        "Protocol": "sqs",
        "Endpoint": "<RequestQueue.Arn>",
        "RawMessageDelivery": False,
        "RedrivePolicy": {"deadLetterTargetArn": "<AlarmEventDeadLetterQueue.Arn>"},
    }


# --- Alarms that raise timeouts: the rule ---


def hears(stack: Stack, event: Json) -> bool:
    """Whether the rule's pattern takes an event, by EventBridge's semantics of the operators that it uses."""
    return _matches(stack.only("Events::Rule")["EventPattern"], event)


def _matches(pattern: Json, event: Json) -> bool:
    for key, wanted in pattern.items():
        if isinstance(wanted, dict):
            if not (isinstance(event.get(key), dict) and _matches(wanted, event[key])):
                return False
        elif not any(_fits(one, value) for one in wanted for value in as_list(event.get(key))):
            return False
    return True


def _fits(wanted: Any, value: str) -> bool:
    if not isinstance(wanted, dict):
        return bool(wanted == value)
    ((operator, operand),) = wanted.items()
    if operator == "prefix":
        return value.startswith(operand)
    assert operator == "anything-but", operator
    return value not in as_list(operand)


def alarm_event(
    name: str = "data-action-crm", state: str = "ALARM", *, what: str = "State Change", arn: str = "an-alarm"
) -> Json:
    return {
        "source": "aws.cloudwatch",
        "detail-type": f"CloudWatch Alarm {what}",
        "resources": [arn],
        "detail": {"alarmName": name, "state": {"value": state}},
    }


@pytest.mark.parametrize("state", ["ALARM", "OK"])
@pytest.mark.parametrize("what", ["State Change", "Contributor State Change"])
def test_alarms_and_their_contributors_are_heard_by_name(stack: Stack, what: str, state: str) -> None:
    assert hears(stack, alarm_event(state=state, what=what))


@pytest.mark.parametrize(
    "event",
    [
        alarm_event("other-alarm"),
        alarm_event(state="INSUFFICIENT_DATA"),
        alarm_event(what="Configuration Change"),
        alarm_event() | {"source": "someone-else"},
    ],
    ids=["name", "state", "what", "source"],
)
def test_no_other_event_is_heard(stack: Stack, event: Json) -> None:
    assert not hears(stack, event)


def test_the_names_are_those_asked_for() -> None:
    chosen = stack_with(AlarmNamePrefix="crm ")

    assert hears(chosen, alarm_event("crm slow"))
    assert not hears(chosen, alarm_event())


def test_own_alarms_are_not_heard_whatever_the_prefix(stack: Stack) -> None:
    """They have no target: each would end as a dead letter, and the alarm on dead letters would feed itself."""
    for name in stack.of_type("CloudWatch::Alarm"):
        assert not hears(stack, alarm_event(arn=f"<{name}.Arn>")), name


def test_the_pattern_fits_into_what_eventbridge_takes_even_with_the_longest_names() -> None:
    """2048 characters (EventBridge quotas); a stack's name has up to 128, its resources' names a random end of 12."""
    chosen = stack_with(AlarmNamePrefix="p" * 100)
    pattern = json.dumps(chosen.only("Events::Rule")["EventPattern"], separators=(",", ":"))
    alarm = "arn:aws-us-gov:cloudwatch:ap-southeast-1:123456789012:alarm:" + "s" * 128 + "-{}-" + "r" * 12

    assert len(re.sub(r"<(\w+)\.Arn>", lambda name: alarm.format(name[1]), pattern)) <= 2048


def test_nobody_can_make_every_alarm_of_the_account_raise_timeouts(stack: Stack) -> None:
    pattern = stack.source["Parameters"]["AlarmNamePrefix"]["AllowedPattern"]

    assert re.fullmatch(pattern, "data-action-")
    assert not re.fullmatch(pattern, "")


def test_what_the_rule_hears_reaches_the_request_queue_or_the_dead_letter_queue(stack: Stack) -> None:
    rule = stack.only("Events::Rule")
    (target,) = rule["Targets"]

    assert "EventBusName" not in rule  # CloudWatch speaks on the default bus alone
    assert target["Arn"] == "<RequestQueue.Arn>"
    assert target["DeadLetterConfig"] == {"Arn": "<AlarmEventDeadLetterQueue.Arn>"}
    assert target.keys().isdisjoint({"Input", "InputPath", "InputTransformer"})


# --- Alarms that raise timeouts: the function as an alarm's action ---


def test_alarms_of_this_account_and_nobody_else_may_invoke_the_function(stack: Stack) -> None:
    assert stack.only("Lambda::Permission") == {
        "FunctionName": "<TimeoutRaiserFunction.Arn>",
        "Action": "lambda:InvokeFunction",
        "Principal": "lambda.alarms.cloudwatch.amazonaws.com",
        "SourceAccount": "<AWS::AccountId>",
        "SourceArn": ALARMS_OF_THE_ACCOUNT,
    }


def test_an_event_that_nobody_waits_for_is_not_lost(stack: Stack) -> None:
    config = stack.only("Lambda::EventInvokeConfig")
    destination = config["DestinationConfig"]["OnFailure"]["Destination"]

    assert (config["FunctionName"], config["Qualifier"]) == ("<TimeoutRaiserFunction>", "$LATEST")
    assert config["MaximumRetryAttempts"] == 2
    assert 60 <= config["MaximumEventAgeInSeconds"] <= 21600  # what Lambda takes
    assert destination == "<DeadLetterQueue.Arn>"
    assert destination in stack.granted_on("sqs:SendMessage")  # Lambda sends under the function's role


def test_lambda_does_not_take_follow_ups_for_a_loop(stack: Stack) -> None:
    """It stops a chain of messages to oneself after 16 (Lambda developer guide, "recursive loop detection")."""
    hops = LONGEST_RESTORE_WAIT_SECONDS / LONGEST_DELAY_SECONDS

    assert stack.only("Lambda::Function").get("RecursiveLoop", "Terminate") == "Allow" or hops <= 16


# --- Alarms that raise timeouts: policies, routes, ledger ---


def test_the_default_policy_is_the_documented_one_and_can_be_another() -> None:
    other = '{"raise_by_seconds": 5}'

    assert json.loads(stack_with().environment["DEFAULT_ALARM_POLICY"]) == {
        "headroom_percent": 50,
        "raise_by_percent": 50,
        "cooldown_seconds": 300,
    }
    assert stack_with(DefaultAlarmPolicy=other).environment["DEFAULT_ALARM_POLICY"] == other


def test_without_routes_there_is_nothing_to_read(stack: Stack) -> None:
    assert "ALARM_ROUTES_PARAMETER" not in stack.environment
    assert not stack.granted_on("ssm:GetParameter")


@pytest.mark.parametrize("name", ["alarm-routes", "/alarm-routes", "/contact-centre/alarm-routes"])
def test_the_routes_and_no_other_parameter_can_be_read(name: str) -> None:
    """One slash stands before the name in the ARN, whether or not the name begins with one."""
    chosen = stack_with(AlarmRoutesParameter=name)

    assert re.fullmatch(chosen.source["Parameters"]["AlarmRoutesParameter"]["AllowedPattern"], name)
    assert chosen.environment["ALARM_ROUTES_PARAMETER"] == name
    assert chosen.granted_on("ssm:GetParameter") == {
        f"arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/{name.removeprefix('/')}"
    }


def test_the_ledger_is_the_only_table_and_has_the_keys_that_the_function_uses(stack: Stack) -> None:
    ledger = stack.only("DynamoDB::Table")

    assert stack.environment["LEDGER_TABLE_NAME"] == "<Ledger>"
    assert [(key["AttributeName"], key["KeyType"]) for key in ledger["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert {key["AttributeName"]: key["AttributeType"] for key in ledger["AttributeDefinitions"]} == {
        "pk": "S",
        "sk": "S",
    }
    assert ledger["BillingMode"] == "PAY_PER_REQUEST"


def test_the_ledger_forgets_what_has_expired_and_can_be_put_back(stack: Stack) -> None:
    ledger = stack.only("DynamoDB::Table")

    assert ledger["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert ledger["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_raising_does_not_depend_on_kms(stack: Stack) -> None:
    """Without an SSESpecification a table is encrypted with DynamoDB's own key; with one, KMS is asked, and paid."""
    assert "SSESpecification" not in stack.only("DynamoDB::Table")


def test_what_is_meant_to_wait_in_the_queue_raises_no_alarm(stack: Stack) -> None:
    """The longest delay of a message is 900 seconds (SQS), and re-checks of alarms use it."""
    assert stack.source["Parameters"]["OldestRequestAlarmSeconds"]["Default"] > 900


# --- Credentials ---


def test_the_secret_is_the_one_that_the_function_looks_for_by_default(stack: Stack) -> None:
    expected = stack.environment["GENESYS_SECRET_ID"].replace("{organization}", "default")

    assert stack.only("SecretsManager::Secret")["Name"] == expected


def test_the_template_writes_no_secret_value_that_an_update_could_put_over_the_users(stack: Stack) -> None:
    assert stack.only("SecretsManager::Secret").keys().isdisjoint({"SecretString", "GenerateSecretString"})


# --- The function's surroundings ---


def test_the_function_gets_every_setting_and_nothing_unknown(stack: Stack) -> None:
    assert stack.environment.keys() == SETTINGS
    assert "" not in stack.environment.values()


def test_the_function_is_told_the_queues_of_this_stack(stack: Stack) -> None:
    assert stack.environment["REQUEST_QUEUE_URL"] == "<RequestQueue>"
    assert stack.environment["DEAD_LETTER_QUEUE_URL"] == "<DeadLetterQueue>"


def test_the_log_is_kept_for_as_long_as_asked_and_no_longer() -> None:
    chosen = stack_with(LogRetentionDays="365")
    ((name, group),) = chosen.of_type("Logs::LogGroup").items()

    assert group["RetentionInDays"] == "365"
    assert chosen.only("Lambda::Function")["LoggingConfig"]["LogGroup"] == f"<{name}>"


def test_the_function_is_traced(stack: Stack) -> None:
    assert stack.only("Lambda::Function")["TracingConfig"] == {"Mode": "Active"}


def test_the_runtime_can_be_any_supported_python_and_every_layer_fits_it(stack: Stack) -> None:
    allowed = stack.source["Parameters"]["PythonRuntime"]["AllowedValues"]

    assert allowed == [f"python3.{minor}" for minor in range(11, 15)]
    for name, layer in stack.of_type("Lambda::LayerVersion").items():
        assert layer["CompatibleRuntimes"] == allowed, name


def test_every_layer_runs_on_every_processor_that_can_be_chosen(stack: Stack) -> None:
    for name, layer in stack.of_type("Lambda::LayerVersion").items():
        assert set(layer["CompatibleArchitectures"]) == set(
            stack.source["Parameters"]["Architecture"]["AllowedValues"]
        ), name


def test_the_function_uses_every_layer(stack: Stack) -> None:
    layers = stack.only("Lambda::Function")["Layers"]

    assert sorted(layers) == sorted(f"<{name}>" for name in stack.of_type("Lambda::LayerVersion"))


def test_everything_that_is_built_by_make_has_its_target(stack: Stack) -> None:
    for name, resource in stack.source["Resources"].items():
        if resource.get("Metadata", {}).get("BuildMethod") == "makefile":
            folder = resource["Properties"].get("CodeUri") or resource["Properties"]["ContentUri"]
            assert re.search(
                rf"^build-{name}:", (PROJECT / folder / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
            )


def test_what_holds_data_goes_with_its_stack_but_is_never_lost_to_an_update(stack: Stack) -> None:
    for name, resource in stack.resources.items():
        if resource["Type"] in HOLDS_DATA:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Delete", "Retain"), name


# --- Own health ---


def watched(stack: Stack) -> dict[str, Json]:
    """Alarms by the metric and the resource that they watch."""
    return {
        f"{alarm['MetricName']} of {alarm['Dimensions'][0]['Value']}": alarm
        for alarm in stack.of_type("CloudWatch::Alarm").values()
    }


@pytest.mark.parametrize(
    "what",
    [
        "ApproximateNumberOfMessagesVisible of <DeadLetterQueue.QueueName>",
        "ApproximateNumberOfMessagesVisible of <AlarmEventDeadLetterQueue.QueueName>",
        "ApproximateAgeOfOldestMessage of <RequestQueue.QueueName>",
        "RequestsDeferred of timeout-raiser",
        "ChangesNotRecorded of timeout-raiser",
        "TimeoutsAtLimit of timeout-raiser",
        "Errors of <TimeoutRaiserFunction>",
    ],
)
def test_trouble_of_its_own_raises_an_alarm_and_silence_does_not(stack: Stack, what: str) -> None:
    alarm = watched(stack)[what]

    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    "what",
    [
        "ApproximateNumberOfMessagesVisible of <DeadLetterQueue.QueueName>",
        "ApproximateNumberOfMessagesVisible of <AlarmEventDeadLetterQueue.QueueName>",
        "ChangesNotRecorded of timeout-raiser",
        "TimeoutsAtLimit of timeout-raiser",
    ],
)
def test_one_is_enough_for_an_alarm(stack: Stack, what: str) -> None:
    alarm = watched(stack)[what]

    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (0, 1)


def test_alarms_watch_metrics_that_the_function_has(stack: Stack) -> None:
    namespace, service = (stack.environment[f"POWERTOOLS_{name}"] for name in ("METRICS_NAMESPACE", "SERVICE_NAME"))
    for name, alarm in stack.of_type("CloudWatch::Alarm").items():
        if not alarm["Namespace"].startswith("AWS/"):
            assert alarm["Namespace"] == namespace, name
            assert alarm["MetricName"] in METRICS, name
            assert alarm["Dimensions"] == [{"Name": "service", "Value": service}], name


def test_every_queue_that_collects_what_went_wrong_has_an_alarm(stack: Stack) -> None:
    for name in stack.of_type("SQS::Queue").keys() - {"RequestQueue"}:
        assert f"ApproximateNumberOfMessagesVisible of <{name}.QueueName>" in watched(stack)


def test_alarms_notify_the_topic_if_there_is_one() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:operators"
    for alarm in stack_with(AlarmTopicArn=topic).of_type("CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
    for alarm in stack_with().of_type("CloudWatch::Alarm").values():
        assert alarm.keys().isdisjoint({"AlarmActions", "OKActions"})


# --- Dashboard ---


def shown_metrics(widgets: list[Json]) -> Iterator[list[str]]:
    """Namespace, name and dimensions of every metric shown, CloudWatch's "." and "..." written out."""
    for widget in widgets:
        previous: list[str] = []
        for row in widget["properties"].get("metrics", []):
            words = [word for word in row if isinstance(word, str)]
            if words[0] == "...":
                words[:1] = previous[: len(previous) - len(words) + 1]
            previous = [previous[place] if word == "." else word for place, word in enumerate(words)]
            yield previous


def test_the_dashboard_shows_every_metric_of_the_function_and_invents_none(stack: Stack) -> None:
    namespace = stack.environment["POWERTOOLS_METRICS_NAMESPACE"]
    dimension = ["service", stack.environment["POWERTOOLS_SERVICE_NAME"]]
    own = [metric for metric in shown_metrics(stack.dashboard) if not metric[0].startswith("AWS/")]

    assert {name for _, name, *_ in own} == METRICS
    assert all([metric[0], *metric[2:]] == [namespace, *dimension] for metric in own)


def test_the_dashboard_watches_the_resources_of_this_stack(stack: Stack) -> None:
    health = {(metric[2], metric[3]) for metric in shown_metrics(stack.dashboard) if metric[0].startswith("AWS/")}

    assert health == {
        ("QueueName", "<RequestQueue.QueueName>"),
        ("QueueName", "<DeadLetterQueue.QueueName>"),
        ("QueueName", "<AlarmEventDeadLetterQueue.QueueName>"),
        ("FunctionName", "<TimeoutRaiserFunction>"),
    }


def test_the_dashboard_shows_every_alarm(stack: Stack) -> None:
    (alarms,) = (widget["properties"]["alarms"] for widget in stack.dashboard if widget["type"] == "alarm")

    assert sorted(alarms) == sorted(f"<{name}.Arn>" for name in stack.of_type("CloudWatch::Alarm"))


@pytest.mark.parametrize("status", ["raised", "set", "restored", "rejected", "deferred"])
def test_the_dashboard_lists_what_became_of_requests_from_the_functions_own_log(stack: Stack, status: str) -> None:
    queries = [widget["properties"]["query"] for widget in stack.dashboard if widget["type"] == "log"]

    assert all(query.startswith("SOURCE '<TimeoutRaiserLogGroup>' | ") for query in queries)
    (query,) = (query for query in queries if f"'{status}'" in query)
    assert "message = 'request finished'" in query


def test_no_two_widgets_lie_on_each_other(stack: Stack) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in stack.dashboard:
        columns = range(widget["x"], widget["x"] + widget["width"])
        cells = {(x, y) for x in columns for y in range(widget["y"], widget["y"] + widget["height"])}
        assert columns.stop <= 24
        assert taken.isdisjoint(cells)
        taken |= cells


# --- What a person meets ---


def test_every_parameter_is_described_limited_and_found_in_one_group(stack: Stack) -> None:
    parameters: Mapping[str, Json] = stack.source["Parameters"]
    groups = stack.source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(parameters)
    for name, parameter in parameters.items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
        assert parameter.keys() & {"AllowedValues", "AllowedPattern", "MinValue"}, name


@pytest.mark.parametrize(
    "output",
    [
        "PutSecretCommand",
        "SendRequestCommand",
        "DashboardUrl",
        "RequestQueueUrl",
        "RequestQueueArn",
        "DeadLetterQueueUrl",
        "DeadLetterQueueArn",
        "LatencyAlarmTopicArn",
        "AlarmNamePrefix",
        "AlarmEventDeadLetterQueueUrl",
        "LedgerTableName",
        "FunctionName",
        "FunctionArn",
        "SecretName",
        "SecretArn",
        "EventBusName",
        "LogGroupName",
    ],
)
def test_the_stack_hands_out_what_one_needs_next(stack: Stack, output: str) -> None:
    assert stack.outputs[output]["Value"]
    assert stack.outputs[output]["Description"]


def test_the_commands_handed_out_name_the_secret_and_the_queue_of_this_stack(stack: Stack) -> None:
    assert f"--secret-id {stack.only('SecretsManager::Secret')['Name']} " in stack.outputs["PutSecretCommand"]["Value"]
    assert f"--queue-url {stack.outputs['RequestQueueUrl']['Value']} " in stack.outputs["SendRequestCommand"]["Value"]
