"""What each function needs of IAM, what its role grants, and where the two differ."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from aws_calls import calls_of
from stack import PROJECT, Json, Stack, as_list

LAYERS = ("layers/aws_support/python", "layers/genesys_cloud/python")
FUNCTIONS = {
    "TimeoutRaiserFunction": ("app", "functions/timeout_raiser"),
    "LatencyProbeFunction": ("latency_probe.app", "functions"),
}
"""By logical id: the module with the handler, and the folder that it is imported from."""
EVERYTHING = {
    "AWS::StackName": "<stack>",
    "ProbeOrganizations": "default,<another>",
    "DataActionAlarmMilliseconds": "3000",
    "AlarmRoutesParameter": "<AlarmRoutesParameter>",
    "EventBusName": "<EventBusName>",
}
"""Parameters under which the stack has all that it can have."""
AUTHORIZED_AS = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""Operations that IAM knows by another's name (SQS developer guide, "Amazon SQS API permissions")."""
NOT_IN_THE_REFERENCE = {"cloudwatch:DescribeAlarmContributors"}
"""Actions that the Service Authorization Reference lacks as yet: CloudWatch names its actions as its operations."""


@dataclass(frozen=True, order=True)
class Need:
    """An action that a function cannot do without.

    Attributes:
        resource: what it is done to; None where the source does not tell.
        by: what needs it: a place in the source, or a service that acts under the function's role.
    """

    action: str
    resource: str | None
    by: str


@dataclass(frozen=True)
class Grant:
    """One action that a function's role allows on one resource."""

    action: str
    resource: str
    condition: Json
    sid: str


def needs_of_code(function: str, project: Path = PROJECT) -> set[Need]:
    """What the function's own source asks for."""
    entry, folder = FUNCTIONS[function]
    roots = [project / root for root in (folder, *LAYERS)]
    return {Need(_action(call.service, call.operation), None, call.where) for call in calls_of(entry, roots, project)}


def needs_of_services(function: str, stack: Stack) -> set[Need]:
    """What services do under the function's role, by what the template asks of them. (Lambda developer guide)"""
    properties = stack.of_type("Lambda::Function")[function]
    needs: set[Need] = set()
    for mapping in _of(function, stack.of_type("Lambda::EventSourceMapping")):
        needs |= {  # "Using Lambda with Amazon SQS", execution role permissions
            Need(f"sqs:{name}", mapping["EventSourceArn"], "Lambda, which polls the queue")
            for name in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
        }
    for config in _of(function, stack.of_type("Lambda::EventInvokeConfig")):
        needs |= {  # "Retaining records of asynchronous invocations"
            Need("sqs:SendMessage", destination["Destination"], "Lambda, for an event at which the function failed")
            for destination in config.get("DestinationConfig", {}).values()
        }
    if "LoggingConfig" in properties:  # the group is the stack's: without logs:CreateLogGroup no other one can come up
        group = properties["LoggingConfig"]["LogGroup"].replace(">", ".Arn>")
        needs |= {Need(f"logs:{name}", group, "Lambda, for the log") for name in ("CreateLogStream", "PutLogEvents")}
    if properties.get("TracingConfig", {}).get("Mode") == "Active":  # "Visualize Lambda function invocations"
        needs |= {
            Need(f"xray:{name}", "*", "Lambda, for traces") for name in ("PutTelemetryRecords", "PutTraceSegments")
        }
    return needs


def grants_to(function: str, stack: Stack) -> list[Grant]:
    """What the function's role allows, each action and resource by itself."""
    role = stack.of_type("Lambda::Function")[function]["Role"].strip("<>").removesuffix(".Arn")
    return [
        Grant(action, resource, statement.get("Condition", {}), statement["Sid"])
        for policy in stack.of_type("IAM::Role")[role]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


def differences(needs: Iterable[Need], grants: Iterable[Grant]) -> list[str]:
    """Every action that only one side knows, in words."""
    needed: dict[str, list[str]] = {}
    for need in sorted(needs, key=str):
        needed.setdefault(need.action, []).append(need.by)
    granted: dict[str, set[str]] = {}
    for grant in grants:
        granted.setdefault(grant.action, set()).add(grant.sid)
    return [
        *(
            f"{name} is needed by {', '.join(needed[name])}, but not granted"
            for name in sorted(needed - granted.keys())
        ),
        *(
            f"{name} is granted by {', '.join(sorted(granted[name]))}, but nothing needs it"
            for name in sorted(granted.keys() - needed)
        ),
    ]


def in_the_reference(action: str) -> tuple[bool, bool]:
    """Whether the Service Authorization Reference, as cfn-lint carries it, has the action, and a resource for it."""
    service, _, name = action.lower().partition(":")
    entry = _reference().get(service, {}).get("Actions", {}).get(name)
    return entry is not None, bool(entry and entry.get("Resources"))


@cache
def _reference() -> dict[str, Any]:
    text = files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text(encoding="utf-8")
    reference: dict[str, Any] = json.loads(text)
    return reference


def _action(service: str, operation: str) -> str:
    action = f"{service}:{operation}"
    return AUTHORIZED_AS.get(action, action)


def _of(function: str, resources: dict[str, Json]) -> list[Json]:
    return [properties for properties in resources.values() if properties["FunctionName"] == f"<{function}>"]
