"""Which Data Action an alarm is about, and how far it may raise: the first that fits of

1. JSON in its description, other text around it allowed: `{"timeout_raiser": {"target": {...}, "policy": {...}}}`;
2. metric dimensions or contributor attributes: `FlowId` and `ActionName`, or `DataActionId` (and `Organization`);
3. the routes of a parameter, by the alarm's name.

A route that is meant but wrong is refused, not passed over: whoever wrote it must learn of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from json import JSONDecodeError
from typing import Any

from alarms import AlarmSignal
from genesys_cloud.schema import EXPECTS, Schema
from policy import POLICY_SCHEMA, Policy
from rejection import ALARM_NOT_ROUTED, Rejection
from timeout_request import A_FLOW_NEEDS_A_STEP, ONE_TARGET, STEP_FIELDS_NEED_A_FLOW, TARGET_FIELDS, not_unicode

KEYWORD = "timeout_raiser"
_ORGANIZATION = re.compile("[a-z0-9-]{1,32}")
LONGEST_DESCRIPTION = 4096
"""CloudWatch itself takes 1,024 characters."""

TARGET_SCHEMA: dict[str, Any] = {
    "description": "What to change: a request's fields.",
    "type": "object",
    EXPECTS: 'an object such as {"flow_id": "...", "action_name": "..."} or {"data_action_id": "..."}',
    "additionalProperties": False,
    "properties": TARGET_FIELDS,
    "allOf": [ONE_TARGET, STEP_FIELDS_NEED_A_FLOW, A_FLOW_NEEDS_A_STEP],
}
ROUTE_SCHEMA: dict[str, Any] = {
    "description": "What an alarm's description holds under the key timeout_raiser.",
    "type": "object",
    EXPECTS: 'an object such as {"target": {...}, "policy": {...}}',
    "required": ["target"],
    "additionalProperties": False,
    "properties": {"target": TARGET_SCHEMA, "policy": POLICY_SCHEMA},
}
ROUTES_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Routes from alarms to Data Actions, version 1",
    "type": "object",
    EXPECTS: 'an object such as {"routes": [{"alarm_name": "crm-*", "target": {...}, "policy": {...}}]}',
    "required": ["routes"],
    "additionalProperties": False,
    "properties": {
        "routes": {
            "description": "The first whose alarm_name matches counts.",
            "type": "array",
            EXPECTS: "a list of routes",
            "items": {
                **ROUTE_SCHEMA,
                "description": "A route for all alarms of such a name.",
                EXPECTS: 'an object such as {"alarm_name": "crm-*", "target": {...}, "policy": {...}}',
                "required": ["alarm_name", "target"],
                "properties": {
                    "alarm_name": {
                        "description": "The alarm's name; * stands for any text, ? for one character.",
                        "type": "string",
                        "minLength": 1,
                        EXPECTS: "a text such as crm-*",
                    },
                    **ROUTE_SCHEMA["properties"],
                },
            },
        }
    },
}
"""What the parameter holds, and what `events/schemas/alarm-routes-v1.json` publishes."""


@dataclass(frozen=True)
class Route:
    """Where an alarm leads.

    Attributes:
        target: a request's fields.
        policy: how far, how often, and when back.
    """

    target: Mapping[str, Any]
    policy: Policy


class InvalidRoute(ValueError):
    """Not a route; the message names the field, the kind of its value and the way out."""


class RouteReader:
    """Reads routes."""

    def __init__(self) -> None:
        # One by one, each with its fields before its rules: so a wrong field is told by its name.
        self._outline = Schema(_without_contents(ROUTE_SCHEMA))
        self._named_outline = Schema(_without_contents(ROUTES_SCHEMA["properties"]["routes"]["items"]))
        self._target = Schema(TARGET_SCHEMA)
        self._policy = Schema(POLICY_SCHEMA)

    def read(self, raw: object, default: Policy, *, within: str, named: bool = False) -> Route:
        """The route, checked.

        Args:
            default: the policy of a route without one.
            within: where it stands; begins every field's name.
            named: whether it has an alarm's name.

        Raises:
            InvalidRoute: it is none.
        """
        problem = (self._named_outline if named else self._outline).problem(raw, within=within)
        if problem or not isinstance(raw, dict):
            raise InvalidRoute(problem)
        problem = self._target.problem(raw["target"], within=f"{within}.target")
        problem = problem or not_unicode(raw["target"])
        if problem:
            raise InvalidRoute(problem)
        policy = self.read_policy(raw["policy"], within=f"{within}.policy") if "policy" in raw else default
        return Route(raw["target"], policy)

    def read_policy(self, raw: object, *, within: str) -> Policy:
        """The policy, checked; raises InvalidRoute."""
        problem = self._policy.problem(raw, within=within)
        if problem or not isinstance(raw, dict):
            raise InvalidRoute(problem)
        return Policy.of(raw)


class Router:
    """Finds the route of an alarm.

    Args:
        default: the policy where a target has none.
        routes: gives the text of the parameter with the routes, None where none is configured; may raise.
    """

    def __init__(self, reader: RouteReader, default: Policy, routes: Callable[[], str | None]) -> None:
        self._reader = reader
        self._default = default
        self._routes = routes

    def route(self, signal: AlarmSignal) -> Route:
        """The alarm's route.

        Raises:
            Rejection: none leads anywhere (`alarm_not_routed`), or the one that is meant is wrong (`invalid_request`).
        """
        try:
            found = self._described(signal) or self._by_attributes(signal) or self._by_name(signal)
        except InvalidRoute as error:
            raise Rejection(
                "invalid_request",
                f"alarm {signal.name!a} has a route that is wrong: {error}",
                hint="correct it where it stands: docs/alarms.md has examples",
            ) from None
        if found is None:
            raise Rejection(
                ALARM_NOT_ROUTED,
                f"alarm {signal.name!a} does not say which Data Action it is about: put"
                ' {"timeout_raiser": {"target": {"flow_id": "...", "action_name": "..."}, "policy": {...}}} into its'
                " description, give its metric the dimensions FlowId and ActionName, or DataActionId, or add a route"
                " to the routes parameter",
                hint="docs/alarms.md has examples; then redrive the alarm's message",
            )
        return found

    def _described(self, signal: AlarmSignal) -> Route | None:
        found = _described_route(signal.description)
        return None if found is None else self._reader.read(found[KEYWORD], self._default, within=KEYWORD)

    def _by_attributes(self, signal: AlarmSignal) -> Route | None:
        attributes = signal.attributes
        if "FlowId" in attributes and "ActionName" in attributes:
            target = {"flow_id": attributes["FlowId"], "action_name": attributes["ActionName"]}
        elif "DataActionId" in attributes:
            target = {"data_action_id": attributes["DataActionId"]}
            if _ORGANIZATION.fullmatch(attributes.get("Organization", "")):  # the latency probe says it so
                target["organization"] = attributes["Organization"]
        else:
            return None
        return self._reader.read({"target": target}, self._default, within="dimensions")

    def _by_name(self, signal: AlarmSignal) -> Route | None:
        text = self._routes()
        if text is None:
            return None
        for number, raw in enumerate(routes_in(text)):
            pattern = raw.get("alarm_name") if isinstance(raw, dict) else None
            # One whose name cannot be read may be meant for this alarm: it is refused, not passed over.
            if not isinstance(pattern, str) or _matches(signal.name, pattern):
                return self._reader.read(raw, self._default, within=f"routes[{number}]", named=True)
        return None


def schema_text() -> str:
    """The published form of the routes' schema."""
    return json.dumps(ROUTES_SCHEMA, indent=2, ensure_ascii=False) + "\n"


def routes_in(text: str) -> list[Any]:
    """The routes of a parameter's text, not yet checked one by one; raises InvalidRoute."""
    content = strict_json(text, "the routes parameter")
    problem = _ROUTES_OUTLINE.problem(content, within="the routes parameter")
    if problem:
        raise InvalidRoute(problem)
    routes: list[Any] = content["routes"]
    return routes


def strict_json(text: str, what: str) -> Any:
    """JSON, and nothing that only Python takes for it (NaN, a number beyond a float); raises InvalidRoute."""
    try:
        return _DECODER.decode(text)
    except InvalidRoute as error:
        raise InvalidRoute(f"{what}: {error}") from None
    except (ValueError, RecursionError):
        raise InvalidRoute(f"{what} is not JSON") from None


def _described_route(description: str) -> dict[str, Any] | None:
    """The first JSON object that has the keyword; None where the keyword is not there.

    Raises:
        InvalidRoute: the keyword is there, but the JSON around it cannot be read.
    """
    if not _KEYWORD_AS_KEY.search(description):
        return None
    if len(description) > LONGEST_DESCRIPTION:
        raise InvalidRoute(
            f"the description is longer than the {LONGEST_DESCRIPTION} characters that are looked through"
        )
    for brace in re.finditer(r"\{", description):
        try:
            found, _ = _DECODER.raw_decode(description, brace.start())
        except (JSONDecodeError, RecursionError):
            continue
        if KEYWORD in found:
            described: dict[str, Any] = found
            return described
    raise InvalidRoute(f'the description has "{KEYWORD}" in it, but the JSON around it cannot be read')


def _matches(name: str, pattern: str) -> bool:
    """`*` stands for any text and `?` for one character; a bracket, which `fnmatch` knows too, for itself."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _refuse_constant(constant: str) -> None:
    raise InvalidRoute(f"it holds {constant}, which is not JSON")


def _finite(text: str) -> float:
    if math.isinf(float(text)):
        raise InvalidRoute(f"it holds {text[:40]}, which is too large a number")
    return float(text)


def _without_contents(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what target and policy hold, which have schemas of their own."""
    properties = {
        name: {key: field[key] for key in ("description", EXPECTS)} if name in {"target", "policy"} else field
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": properties}


_KEYWORD_AS_KEY = re.compile(rf"""["']{KEYWORD}["']\s*:""")
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_ROUTES_OUTLINE = Schema(
    {
        **ROUTES_SCHEMA,
        "properties": {"routes": {"type": "array", EXPECTS: ROUTES_SCHEMA["properties"]["routes"][EXPECTS]}},
    }
)
