"""What each function may do is what it does: its source, the template and docs/permissions.md say the same."""

from __future__ import annotations

import fnmatch
import re
import shutil
from pathlib import Path

import pytest

from aws.event_bus import SOURCE
from aws_calls import Unreadable
from permission_tables import admissions, table_of_admissions, table_of_grants
from permissions import (
    EVERYTHING,
    FUNCTIONS,
    LAYERS,
    NOT_IN_THE_REFERENCE,
    differences,
    grants_to,
    in_the_reference,
    needs_of_code,
    needs_of_services,
)
from probe_look import checkpoint_key
from stack import PROJECT, Json, Stack, stack_with

GRANTED_ON_ANYTHING = {
    "cloudwatch:DescribeAlarms": "leaves out composite alarms unless it is granted on all (API reference)",
    "cloudwatch:DescribeAlarmContributors": "not in the reference, which could name a resource",
}
"""Beyond those for which the Service Authorization Reference knows no resource."""
POLICIES = {"KeyPolicy", "Policies", "PolicyDocument", "ResourcePolicy"}
RESOURCES_WITH_POLICIES = {
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}

functions = pytest.mark.parametrize("function", FUNCTIONS)


@pytest.fixture(scope="module")
def stack() -> Stack:
    return stack_with(**EVERYTHING)


# --- Needed and granted -----------------------------------------------------------------------------------------------


@functions
def test_a_function_is_granted_what_it_needs_and_nothing_else(stack: Stack, function: str) -> None:
    needs = needs_of_code(function) | needs_of_services(function, stack)

    found = differences(needs, grants_to(function, stack))
    assert not found, "\n".join(found)


@functions
def test_services_find_what_they_need_on_the_resource_they_use(stack: Stack, function: str) -> None:
    granted = {(grant.action, grant.resource) for grant in grants_to(function, stack)}

    assert {(need.action, need.resource) for need in needs_of_services(function, stack)} <= granted


@functions
def test_every_action_is_one_that_iam_knows(stack: Stack, function: str) -> None:
    """A name that IAM does not know is granted without a complaint and allows nothing."""
    unknown = {grant.action for grant in grants_to(function, stack) if not in_the_reference(grant.action)[0]}

    assert unknown <= NOT_IN_THE_REFERENCE


def test_what_the_reference_lacks_it_still_lacks() -> None:
    assert not [action for action in NOT_IN_THE_REFERENCE if in_the_reference(action)[0]]


@functions
def test_nothing_is_granted_on_anything_that_could_be_granted_on_something(stack: Stack, function: str) -> None:
    for grant in grants_to(function, stack):
        assert "*" not in grant.action
        if grant.resource == "*":
            assert grant.action in GRANTED_ON_ANYTHING or not in_the_reference(grant.action)[1], grant.action


def test_roles_are_all_that_grants_and_each_function_has_its_own(stack: Stack) -> None:
    """No managed policy, whose contents AWS may change; no policy that is attached from elsewhere; Lambda alone."""
    used = {properties["Role"] for properties in stack.of_type("Lambda::Function").values()}
    roles = stack.of_type("IAM::Role")

    assert stack.of_type("Lambda::Function").keys() == FUNCTIONS.keys()
    assert used == {f"<{role}.Arn>" for role in roles}
    assert len(used) == len(FUNCTIONS)
    for role in roles.values():
        assert "ManagedPolicyArns" not in role
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}


# --- Names that parameters choose, and conditions ---------------------------------------------------------------------


def test_events_go_to_the_chosen_bus_alone_and_under_no_false_name() -> None:
    chosen = stack_with(EventBusName="contact-centre")
    grant = chosen.grant_of("events:PutEvents")

    assert [arn.rpartition(":")[2] for arn in grant["Resource"]] == [
        f"event-bus/{chosen.environment['EVENT_BUS_NAME']}"
    ]
    assert list(grant["Condition"].values()) == [{"events:source": SOURCE}]


@functions
@pytest.mark.parametrize("organization", ["default", "emea", "a-2"])
def test_every_organizations_secret_can_be_read(stack: Stack, function: str, organization: str) -> None:
    name = secret_of(function, stack).replace("{organization}", organization)

    assert fnmatch.fnmatchcase(f"{name}-AbCdEf", readable_by(function, stack))


@functions
def test_another_stacks_secrets_cannot_be_read(stack: Stack, function: str) -> None:
    theirs = secret_of(function, stack_with(**EVERYTHING | {"AWS::StackName": "<stack>-2"}))

    assert not fnmatch.fnmatchcase(f"{theirs}-AbCdEf", readable_by(function, stack))


def secret_of(function: str, stack: Stack) -> str:
    variables: dict[str, str] = stack.of_type("Lambda::Function")[function]["Environment"]["Variables"]
    return variables["GENESYS_SECRET_ID"]


def readable_by(function: str, stack: Stack) -> str:
    """The pattern of the names of secrets that a function may read."""
    grants = grants_to(function, stack)
    [pattern] = (grant.resource for grant in grants if grant.action == "secretsmanager:GetSecretValue")
    return pattern.rpartition(":secret:")[2]


def test_of_the_ledger_the_probe_sees_its_checkpoints_alone(stack: Stack) -> None:
    """An empty set of keys would pass "ForAllValues", but neither GetItem nor PutItem comes without one."""
    of_the_ledger = [
        grant for grant in grants_to("LatencyProbeFunction", stack) if grant.action.startswith("dynamodb:")
    ]

    assert {grant.action for grant in of_the_ledger} == {"dynamodb:GetItem", "dynamodb:PutItem"}
    for grant in of_the_ledger:
        assert grant.condition == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["probe/*"]}}
    assert fnmatch.fnmatchcase(checkpoint_key("default")["pk"]["S"], "probe/*")


# --- Who may reach it from outside ------------------------------------------------------------------------------------


def test_no_other_kind_of_resource_lets_anybody_in(stack: Stack) -> None:
    """Another kind of policy has to be read by `admissions` first."""
    kinds = {
        body["Type"]
        for body in stack.resources.values()
        if re.search("Policy$|Permission$|Url$", body["Type"]) or body["Properties"].keys() & POLICIES
    }

    assert kinds == RESOURCES_WITH_POLICIES


def test_only_services_are_let_in_and_each_for_a_source_of_this_account(stack: Stack) -> None:
    for admission in admissions(stack):
        sources = {key.removeprefix("aws:"): value for key, value in flat(admission.condition).items()}
        assert re.fullmatch(r"[a-z.]+\.amazonaws\.com", admission.principal)
        assert "*" not in admission.action
        assert re.match(
            r"<\w+(\.Arn)?>$|arn:<AWS::Partition>:\w+:<AWS::Region>:<AWS::AccountId>:", sources["SourceArn"]
        )


def flat(condition: Json) -> Json:
    """A condition without its operators."""
    inner = [value for value in condition.values() if isinstance(value, dict)]
    return {key: value for part in inner or [condition] for key, value in part.items()}


# --- The page that says so --------------------------------------------------------------------------------------------


@functions
def test_the_page_has_the_functions_table(function: str) -> None:
    table = table_of_grants(function)

    assert table in page(), f"docs/permissions.md should have this table:\n{table}"


def test_the_page_has_the_table_of_those_who_are_let_in() -> None:
    table = table_of_admissions()

    assert table in page(), f"docs/permissions.md should have this table:\n{table}"


def test_the_page_has_no_row_besides() -> None:
    rows = "\n".join([*map(table_of_grants, FUNCTIONS), table_of_admissions()]).splitlines()

    assert [line for line in page().splitlines() if line.startswith("|")] == rows


def page() -> str:
    return (PROJECT / "docs" / "permissions.md").read_text(encoding="utf-8")


# --- The check itself: what it has to find ----------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("functions", *LAYERS):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    return tmp_path


def added(copy: Path, file: str, text: str) -> str:
    """Puts text at the end of a file; the place of its last line."""
    path = copy / file
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return f"{file}:{len(path.read_text(encoding='utf-8').splitlines())}"


@pytest.mark.parametrize(
    ("function", "addition", "action"),
    [
        (
            "TimeoutRaiserFunction",
            (
                "functions/timeout_raiser/aws/queues.py",
                "\ndef empty(queue):\n    queue._client().purge_queue(QueueUrl=queue._url)\n",
            ),
            "sqs:PurgeQueue",
        ),
        (
            "TimeoutRaiserFunction",
            (
                "functions/timeout_raiser/aws/alarm_watch.py",
                "\ndef pages(client):\n    return client.get_paginator('describe_alarm_history')\n",
            ),
            "cloudwatch:DescribeAlarmHistory",
        ),
        (
            "LatencyProbeFunction",
            ("functions/latency_probe/checkpoints.py", "\ndef forget(x):\n    return getattr(x, 'delete_item')\n"),
            "dynamodb:DeleteItem",
        ),
        (
            "LatencyProbeFunction",
            (
                "layers/genesys_cloud/python/genesys_cloud/credentials.py",
                "\ndef tell():\n    from aws_support import clients\n\n    clients.events().put_events(Entries=[])\n",
            ),
            "events:PutEvents",
        ),
    ],
    ids=["call", "paginator", "getattr", "in a layer"],
)
def test_a_call_that_is_not_granted_is_found_with_its_place(
    copy: Path, stack: Stack, function: str, addition: tuple[str, str], action: str
) -> None:
    where = added(copy, *addition)
    needs = needs_of_code(function, copy) | needs_of_services(function, stack)

    assert differences(needs, grants_to(function, stack)) == [f"{action} is needed by {where}, but not granted"]


@functions
def test_every_grant_is_missed_when_it_is_taken_away(stack: Stack, function: str) -> None:
    needs = needs_of_code(function) | needs_of_services(function, stack)
    grants = grants_to(function, stack)
    for action in {grant.action for grant in grants}:
        [difference] = differences(needs, [grant for grant in grants if grant.action != action])
        assert re.fullmatch(rf"{action} is needed by .+, but not granted", difference)


def test_a_grant_that_nothing_needs_any_more_is_found(copy: Path, stack: Stack) -> None:
    file = copy / "functions" / "timeout_raiser" / "aws" / "ledger_table.py"
    file.write_text(file.read_text(encoding="utf-8").replace("batch_write_item", "keep"), encoding="utf-8")
    needs = needs_of_code("TimeoutRaiserFunction", copy) | needs_of_services("TimeoutRaiserFunction", stack)

    assert differences(needs, grants_to("TimeoutRaiserFunction", stack)) == [
        "dynamodb:BatchWriteItem is granted by KeepLedger, but nothing needs it"
    ]


def test_what_a_function_does_not_import_is_not_its_need(copy: Path) -> None:
    before = needs_of_code("LatencyProbeFunction", copy)
    added(copy, "functions/timeout_raiser/aws/ledger_table.py", "\ndef forget(x):\n    x.delete_item()\n")

    assert needs_of_code("LatencyProbeFunction", copy) == before


@pytest.mark.parametrize(
    "text",
    [
        "\nimport boto3\n",
        "\nfrom botocore.session import get_session\n",
        "\nfrom aws_lambda_powertools.utilities.parameters import get_secret\n",
        "\nfrom aws_lambda_powertools.utilities import idempotency\n",
        "\ndef wait(x):\n    x.get_waiter('table_exists')\n",
        "\ndef all_of_them(x):\n    x.get_multiple('/')\n",
        "\nfrom . import intervals\n",
    ],
)
def test_ways_to_aws_that_cannot_be_followed_are_refused(copy: Path, text: str) -> None:
    added(copy, "functions/latency_probe/checkpoints.py", text)

    with pytest.raises(Unreadable):
        needs_of_code("LatencyProbeFunction", copy)
