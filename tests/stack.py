"""What AWS gets of template.yaml: the template after SAM has translated it, under some parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]  # ships no types
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # ships no types

PROJECT = Path(__file__).parents[1]
Json = dict[str, Any]


class Stack:
    """The translated template under some parameters; what only AWS knows is left as `<Resource.Attribute>`."""

    def __init__(self, source: Json, translated: Json, **parameters: str) -> None:
        self.source = source
        self.template = translated
        defaults = {name: parameter.get("Default") for name, parameter in source["Parameters"].items()}
        self._values: Json = defaults | {"AWS::StackName": "the-stack"} | parameters
        self.resources: dict[str, Json] = self._created(translated["Resources"])
        self.outputs: Json = self._created(translated["Outputs"])

    def of_type(self, resource_type: str) -> dict[str, Json]:
        """Properties of all resources of a type, by logical id."""
        return {
            name: body["Properties"] for name, body in self.resources.items() if body["Type"] == f"AWS::{resource_type}"
        }

    def only(self, resource_type: str) -> Json:
        """Properties of the one resource of a type."""
        (properties,) = self.of_type(resource_type).values()
        return properties

    @property
    def environment(self) -> dict[str, str]:
        return cast("dict[str, str]", self.only("Lambda::Function")["Environment"]["Variables"])

    @property
    def dashboard(self) -> list[Json]:
        return cast("list[Json]", json.loads(self.only("CloudWatch::Dashboard")["DashboardBody"])["widgets"])

    def grants(self) -> Iterator[Json]:
        """What roles are allowed, one statement at a time, action and resource always as lists."""
        for role in self.of_type("IAM::Role").values():
            for policy in role["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield statement | {key: as_list(statement[key]) for key in ("Action", "Resource")}

    def grant_of(self, action: str) -> Json:
        (statement,) = (grant for grant in self.grants() if action in grant["Action"])
        return statement

    def granted_on(self, action: str) -> set[str]:
        """The resources on which roles are allowed an action."""
        return {resource for grant in self.grants() if action in grant["Action"] for resource in grant["Resource"]}

    def policy_of(self, resource: str, kind: str) -> dict[str, Json]:
        """Statements about who may do what to a queue (kind "Queues") or a topic ("Topics"), by their Sid."""
        (document,) = (
            body["Properties"]["PolicyDocument"]
            for body in self.resources.values()
            if body["Properties"].get(kind) == [f"<{resource}>"]
        )
        return {statement["Sid"]: statement for statement in document["Statement"]}

    def _created(self, section: Json) -> dict[str, Json]:
        """What there is under these parameters: the rest has a condition that does not hold."""
        return {
            name: self._resolve(body)
            for name, body in section.items()
            if "Condition" not in body or self._holds({"Condition": body["Condition"]})
        }

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for item in map(self._resolve, node) if item != "<AWS::NoValue>"]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((key, argument),) = node.items()
            if key in ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::If", "Fn::Join", "Fn::Split"):
                return self._call(key, argument)
        resolved = {key: self._resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value != "<AWS::NoValue>"}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Ref":
            return self._values.get(argument, f"<{argument}>")
        if function == "Fn::GetAtt":
            return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda name: str(self._call("Ref", name[1])), argument)
        if function == "Fn::Join":
            return argument[0].join(self._resolve(argument[1]))
        if function == "Fn::Split":
            return self._resolve(argument[1]).split(argument[0])
        condition, when_true, when_false = argument
        return self._resolve(when_true if self._holds(self.template["Conditions"][condition]) else when_false)

    def _holds(self, condition: Json) -> bool:
        if "Condition" in condition:
            return self._holds(self.template["Conditions"][condition["Condition"]])
        if "Fn::And" in condition:
            return all(map(self._holds, condition["Fn::And"]))
        if "Fn::Not" in condition:
            return not self._holds(condition["Fn::Not"][0])
        left, right = (self._resolve(side) for side in condition["Fn::Equals"])
        return str(left) == str(right)


class NoManagedPolicies:
    """Stands in for the translator's loader, which would ask IAM: the template names no managed policy."""

    def load(self) -> dict[str, str]:
        return {}


def as_list(value: Any) -> list[str]:
    """IAM takes one text or a list of them."""
    return value if isinstance(value, list) else [value]


def template_source() -> Json:
    """template.yaml as it is written."""
    return cast("Json", yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8")))


@cache
def translated() -> Json:
    """What SAM makes of it: plain CloudFormation. Not to be changed, for all tests share it."""
    packaged = template_source()
    for resource in packaged["Resources"].values():
        for folder in resource["Properties"].keys() & {"CodeUri", "ContentUri"}:
            resource["Properties"][folder] = "s3://bucket/key"  # as `sam package` leaves it
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return cast("Json", transform(packaged, {}, NoManagedPolicies()))


def stack_with(**parameters: str) -> Stack:
    """The stack under these parameters, and the defaults of the others."""
    return Stack(template_source(), translated(), **parameters)
