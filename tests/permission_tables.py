"""Who may do what, as the tables of docs/permissions.md: what roles grant, and what resources allow others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from permissions import EVERYTHING, Grant, Need, grants_to, needs_of_code, needs_of_services
from stack import Json, Stack, as_list, stack_with


@dataclass(frozen=True)
class Admission:
    """What a policy of a resource allows others."""

    principal: str
    action: str
    resource: str
    condition: Json


def admissions(stack: Stack) -> Iterator[Admission]:
    """Everything that is allowed by resources themselves: permissions of functions, policies of queues and topics."""
    for permission in stack.of_type("Lambda::Permission").values():
        only: Json = {key: value for key, value in permission.items() if key.startswith("Source")}
        yield Admission(permission["Principal"], permission["Action"], permission["FunctionName"], only)
    for document in policies_of_resources(stack):
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                for action in as_list(statement["Action"]):
                    yield Admission(
                        _principal(statement["Principal"]),
                        action,
                        statement["Resource"],
                        statement.get("Condition", {}),
                    )


def policies_of_resources(stack: Stack) -> list[Json]:
    """The policy documents of all resources that have one."""
    return [
        body["Properties"]["PolicyDocument"]
        for body in stack.resources.values()
        if "PolicyDocument" in body["Properties"]
    ]


def _principal(principal: Any) -> str:
    return principal if isinstance(principal, str) else ", ".join(principal.values())


def table_of_grants(function: str) -> str:
    """A function's rights as the table of docs/permissions.md."""
    stack = stack_with(**EVERYTHING)
    needs = needs_of_code(function) | needs_of_services(function, stack)
    rows = sorted(
        (f"`{grant.action}`", _spoken(grant.resource, grant.condition), _needed_by(needs, grant))
        for grant in grants_to(function, stack)
    )
    return _table(("action", "on", "for"), rows)


def table_of_admissions() -> str:
    """Who may reach the stack, as the table of docs/permissions.md."""
    rows = sorted(
        (f"`{one.principal}`", f"`{one.action}`", _spoken(one.resource, one.condition))
        for one in admissions(stack_with(**EVERYTHING))
    )
    return _table(("who", "may", "on"), rows)


def _needed_by(needs: set[Need], grant: Grant) -> str:
    """Files, not lines: those change with every edit."""
    there = {need for need in needs if need.action == grant.action and need.resource in (grant.resource, None)}
    places = {f"`{need.by.rpartition(':')[0]}`" if need.resource is None else need.by for need in there}
    return ", ".join(sorted(places))


def _spoken(resource: str, condition: Json) -> str:
    """A resource and its condition, by the names of the template."""
    terms = [
        f"`{key}` {' or '.join(f'`{_short(value)}`' for value in as_list(values))}" for key, values in _terms(condition)
    ]
    return f"`{_short(resource)}`" + (f", only with {' and '.join(terms)}" if terms else "")


def _terms(condition: Json) -> Iterator[tuple[str, Any]]:
    for key, value in condition.items():
        if isinstance(value, dict):
            yield from value.items()
        else:
            yield key, value


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _short(name: str) -> str:
    """Resources of the stack by their logical ids, others by what follows the account in their ARN."""
    if name.startswith("arn:"):
        return re.sub(r"^arn:<AWS::Partition>:\w+:<AWS::Region>:<AWS::AccountId>:", "", name)
    return name.strip("<>").removesuffix(".Arn")
