"""The functions under their own roles, on an emulated AWS that enforces policies: it suffices, and is all."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from e2e.looking import (
    dead_letter_where,
    eventually,
    measure_minutes_ago,
    measured_of,
    outcomes_where,
    send,
    stands_at,
    without_schedule,
)
from emulated_aws import REGION
from ledger_look import LedgerLook
from playground import Playground
from probe_look import checkpoint_key
from sam import ALARM_ROUTES_PARAMETER

pytestmark = pytest.mark.e2e

NOBODY = {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


@pytest.fixture(scope="module")
def strict() -> Iterator[Playground]:
    with Playground(print, enforce_policies=True) as deployed:
        take_plain_http_for_tls(deployed)
        name_batches_as_the_emulator_does(deployed)
        yield deployed


def take_plain_http_for_tls(playground: Playground) -> None:
    """The emulator speaks plain HTTP to the function, which the queues' policies refuse: here to nobody."""
    sqs = playground.client("sqs")
    sqs.meta.events.register("before-send", say_it_is_tls)
    for output in ("RequestQueueUrl", "DeadLetterQueueUrl"):
        url = playground.outputs[output]
        policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
        [tls_only] = [statement for statement in policy["Statement"] if statement["Sid"] == "TlsOnly"]
        tls_only["Condition"] = NOBODY
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})


def say_it_is_tls(request: Any, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "https"


def name_batches_as_the_emulator_does(playground: Playground) -> None:
    """On AWS sqs:SendMessage allows SendMessageBatch too; the emulator asks for a sqs:SendMessageBatch of its own."""
    iam, role = playground.client("iam"), role_of(playground).rsplit("/", 1)[-1]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for statement in policy["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        batched = {"sqs:SendMessage", "sqs:ChangeMessageVisibility"} & set(actions)
        statement["Action"] = [*actions, *(f"{action}Batch" for action in batched)]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


def role_of(playground: Playground, function: str = "FunctionName") -> str:
    configuration = playground.client("lambda").get_function_configuration(FunctionName=playground.outputs[function])
    role: str = configuration["Role"]
    return role


def nothing_was_denied(playground: Playground, log_group: str = "LogGroupName") -> None:
    pages = (
        playground.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=playground.outputs[log_group])
    )
    lines = [event["message"] for page in pages for event in page["events"]]
    assert [line for line in lines if "AccessDenied" in line or "not authorized" in line] == []


def test_requests_are_carried_out_refused_and_put_off(strict: Playground) -> None:
    url = listener(strict)
    send(strict, {"flow_id": "callback", "action_name": "Schedule Callback", "timeout_seconds": 13})
    send(strict, {"data_action_name": "Check Stock", "timeout_seconds": 44})
    stands_at(strict, ("callback", "steps[0]"), 13)
    stands_at(strict, ("custom-stock-check", "config.timeoutSeconds"), 44)
    send(strict, {"flow_id": "callback", "action_name": "Schedule Callback", "operation": "restore"})
    stands_at(strict, ("callback", "steps[0]"), 5)
    send(strict, "raise it, please")
    dead_letter_where(strict, lambda letter: letter["Body"] == "raise it, please")
    elsewhere = {"operation": "get_flow", "flow_id": "survey", "redirect": "http://127.0.0.1:9/elsewhere"}
    strict.genesys.ask("POST", "/faults", elsewhere)
    send(strict, {"flow_id": "survey", "action_name": "Store Survey", "timeout_seconds": 21})
    outcomes_where(strict, lambda outcome: outcome["status"] == "deferred")
    told: set[str] = set()

    def all_told() -> bool | None:
        told.update(statuses_on(strict, url))
        return told == {"raised", "restored", "rejected", "deferred"} or None

    eventually(all_told)
    nothing_was_denied(strict)


def listener(playground: Playground) -> str:
    """A queue that gets what the function tells the event bus; its URL."""
    sqs, events = playground.client("sqs"), playground.client("events")
    url: str = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    events.put_rule(Name="told", EventPattern=json.dumps({"source": ["genesys-timeout-raiser"]}))
    events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def statuses_on(playground: Playground, url: str) -> set[str]:
    received = playground.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return {json.loads(message["Body"])["detail"]["status"] for message in received.get("Messages", [])}


def test_alarms_are_led_looked_at_again_and_put_back(strict: Playground) -> None:
    # Its route is in the parameter; it restores after 2 s of OK, for which it looks at the alarm.
    cloudwatch, topic = strict.client("cloudwatch"), strict.outputs["LatencyAlarmTopicArn"]
    cloudwatch.put_metric_alarm(
        AlarmName="shipping-strict",
        Namespace="Tests",
        MetricName="Latency",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
        OKActions=[topic],
    )
    cloudwatch.set_alarm_state(AlarmName="shipping-strict", StateValue="ALARM", StateReason="a test")
    stands_at(strict, ("custom-shipping-quote", "config.timeoutSeconds"), 20)
    cloudwatch.set_alarm_state(AlarmName="shipping-strict", StateValue="OK", StateReason="a test")
    stands_at(strict, ("custom-shipping-quote", "config.timeoutSeconds"), 4)
    nothing_was_denied(strict)
    # That it cannot mark a change as dealt with, the function tells nobody: a repetition would only be more work.
    eventually(lambda: marks_of(strict, "shipping-strict") >= 3 or None)


def marks_of(playground: Playground, alarm: str) -> int:
    look = LedgerLook(playground.client("dynamodb"), playground.outputs["LedgerTableName"])
    return sum(f"/{alarm}@" in transition for transition in look.finished)


def test_the_latency_probe_measures(strict: Playground) -> None:
    without_schedule(strict)
    [told] = measure_minutes_ago(strict, {3: {"custom_-_order-status": [900, 1100]}})
    assert (told["status"], told["executions"]) == ("measured", 2)
    [minute] = measured_of(strict, "custom_-_order-status")
    assert minute.metrics["count"] == 2
    nothing_was_denied(strict, "LatencyProbeLogGroupName")


FORBIDDEN: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "scan", {"TableName": "LedgerTableName"}),
    ("dynamodb", "delete_table", {"TableName": "LedgerTableName"}),
    ("sqs", "purge_queue", {"QueueUrl": "RequestQueueUrl"}),
    ("sqs", "receive_message", {"QueueUrl": "DeadLetterQueueUrl"}),
    ("ssm", "get_parameter", {"Name": "/someone/elses"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "someone/elses"}),
    ("secretsmanager", "put_secret_value", {"SecretId": "SecretName", "SecretString": "{}"}),
    ("cloudwatch", "set_alarm_state", {"AlarmName": "a", "StateValue": "OK", "StateReason": "none"}),
    ("lambda", "invoke", {"FunctionName": "FunctionName"}),
    ("s3", "list_buckets", {}),
]


FORBIDDEN_TO_THE_PROBE: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "scan", {"TableName": "LedgerTableName"}),
    ("dynamodb", "batch_get_item", {"RequestItems": {"a-table": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}}}),
    ("dynamodb", "delete_item", {"TableName": "LedgerTableName", "Key": checkpoint_key("platform")}),
    ("sqs", "send_message", {"QueueUrl": "RequestQueueUrl", "MessageBody": "{}"}),
    ("sqs", "receive_message", {"QueueUrl": "RequestQueueUrl"}),
    ("sqs", "receive_message", {"QueueUrl": "DeadLetterQueueUrl"}),
    ("events", "put_events", {"Entries": [{"Source": "genesys-timeout-raiser", "DetailType": "a", "Detail": "{}"}]}),
    ("ssm", "get_parameter", {"Name": ALARM_ROUTES_PARAMETER}),
    ("secretsmanager", "get_secret_value", {"SecretId": "someone/elses"}),
    ("secretsmanager", "put_secret_value", {"SecretId": "SecretName", "SecretString": "{}"}),
    ("cloudwatch", "describe_alarms", {}),
    ("cloudwatch", "put_metric_data", {"Namespace": "GenesysDataActions", "MetricData": [{"MetricName": "p99"}]}),
    ("lambda", "invoke", {"FunctionName": "FunctionName"}),
    ("s3", "list_buckets", {}),
]


@pytest.mark.parametrize(
    ("function", "service", "operation", "arguments"),
    [
        *(("FunctionName", *forbidden) for forbidden in FORBIDDEN),
        *(("LatencyProbeFunctionName", *forbidden) for forbidden in FORBIDDEN_TO_THE_PROBE),
    ],
)
def test_nothing_else_is_allowed(
    strict: Playground, function: str, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    role = strict.client("sts").assume_role(RoleArn=role_of(strict, function), RoleSessionName="a-test")["Credentials"]
    client: Any = boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        endpoint_url=strict.aws.url,
        region_name=REGION,
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )
    if service == "sqs":  # so that it is the role's policy that refuses
        client.meta.events.register("before-send", say_it_is_tls)
    own = {
        name: strict.outputs.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()
    }
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**own)
    assert refused.value.response["Error"]["Code"] in DENIED
