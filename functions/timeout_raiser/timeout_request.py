"""The request, version 1: "this Data Action needs at least so many seconds".

`SCHEMA` is what the code checks, and what `events/schemas/request-v1.json` publishes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from genesys_cloud.document import ID_PATTERN
from genesys_cloud.schema import EXPECTS, Schema
from policy import Amount


class Operation(StrEnum):
    """What to do with the timeout."""

    RAISE = "raise"
    SET = "set"
    RESTORE = "restore"
    INSPECT = "inspect"


_NOTE = {"type": "string", "maxLength": 256, EXPECTS: "a text of at most 256 characters"}
_FLAG = {"type": "boolean", "default": False, EXPECTS: "true or false"}

TARGET_NAMES = ("flow_id", "data_action_id", "data_action_name", "action_name", "step_id")
"""The fields that an outcome repeats as its target."""

_STEP_FIELDS = ("action_name", "step_id", "include_subflows")

TARGET_FIELDS: dict[str, Any] = {
    "flow_id": {
        "description": "The Flow to change.",
        "type": "string",
        "pattern": ID_PATTERN,
        EXPECTS: "the id of a Flow: 1 to 128 letters, digits, '.', '_' or '-'",
    },
    "action_name": {
        "description": "With flow_id: the exact name of the Data Action step. All steps of that name are changed.",
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        EXPECTS: "the name of a Data Action: a text of 1 to 256 characters",
    },
    "step_id": {
        "description": "With flow_id: narrows to the step with this id; may stand instead of action_name.",
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        EXPECTS: "the id of a step: a text of 1 to 256 characters",
    },
    "data_action_id": {
        "description": "The integration action whose execution timeout to change.",
        "type": "string",
        "pattern": ID_PATTERN,
        EXPECTS: "the id of an integration action: 1 to 128 letters, digits, '.', '_' or '-'",
    },
    "data_action_name": {
        "description": "The same by its name, matched exactly; it must be the only one of that name.",
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        EXPECTS: "the name of an integration action: a text of 1 to 256 characters",
    },
    "include_subflows": {"description": "With flow_id: also follow steps that refer to another Flow by id.", **_FLAG},
    "dry_run": {"description": "Plan only: same reading, same checks, nothing written.", **_FLAG},
    "organization": {
        "description": "Picks the secret with the credentials.",
        "type": "string",
        "pattern": "^[a-z0-9-]{1,32}$",
        "default": "default",
        EXPECTS: "1 to 32 lower-case letters, digits or hyphens",
    },
}
"""The fields that say where: of a request, and of an alarm's route."""

_TARGETS = ("flow_id", "data_action_id", "data_action_name")

ONE_TARGET: dict[str, Any] = {
    "oneOf": [{"required": [name]} for name in _TARGETS],
    EXPECTS: "exactly one of flow_id, data_action_id, data_action_name says what to change",
}
_ONE_TARGET_AT_MOST: dict[str, Any] = {
    "anyOf": [ONE_TARGET, {"not": {"anyOf": [{"required": [name]} for name in _TARGETS]}}],
    EXPECTS: "one of flow_id, data_action_id, data_action_name at most; without any, inspect lists the integration"
    " actions of the organization",
}
STEP_FIELDS_NEED_A_FLOW: dict[str, Any] = {
    "if": {"anyOf": [{"required": [name]} for name in _STEP_FIELDS]},
    "then": {
        "required": ["flow_id"],
        EXPECTS: f"{', '.join(_STEP_FIELDS)} go with flow_id: they choose steps of a Flow",
    },
}
A_FLOW_NEEDS_A_STEP: dict[str, Any] = {
    "if": {"required": ["flow_id"]},
    "then": {
        "anyOf": [{"required": ["action_name"]}, {"required": ["step_id"]}],
        EXPECTS: "action_name (or step_id) is missing: it says which Data Action to change",
    },
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Request to genesys-timeout-raiser, version 1",
    "type": "object",
    EXPECTS: 'a request: an object such as {"flow_id": "...", "action_name": "...", "timeout_seconds": 10}',
    "additionalProperties": False,
    "properties": {
        **TARGET_FIELDS,
        "timeout_seconds": {
            "description": "The wanted timeout in whole seconds; the organization's limit applies on top.",
            "type": "integer",
            "minimum": 1,
            EXPECTS: "a whole number of seconds, 1 or more",
        },
        "operation": {
            "description": "raise: at least timeout_seconds, never lowered. set: exactly. restore: back to what it was"
            " before this system first changed it. inspect: changes nothing.",
            "enum": [operation.value for operation in Operation],
            "default": Operation.RAISE.value,
            EXPECTS: f"one of {', '.join(Operation)}",
        },
        "requested_by": {"description": "Who asks; kept in the audit trail.", **_NOTE},
        "reason": {"description": "Why; kept in the audit trail.", **_NOTE},
        "request_id": {
            "description": "Correlation id. Default: the SQS message id, or the invocation's request id.",
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            EXPECTS: "a text of 1 to 128 characters",
        },
    },
    "allOf": [
        {
            "if": {"properties": {"operation": {"const": "inspect"}}, "required": ["operation"]},
            "then": _ONE_TARGET_AT_MOST,
            "else": {"allOf": [ONE_TARGET, A_FLOW_NEEDS_A_STEP]},
        },
        STEP_FIELDS_NEED_A_FLOW,
        {
            "if": {"properties": {"operation": {"enum": ["inspect", "restore"]}}, "required": ["operation"]},
            "else": {"required": ["timeout_seconds"], EXPECTS: "timeout_seconds is missing: raise and set need it"},
        },
    ],
}


@dataclass(frozen=True)
class TimeoutRequest:
    """A checked request. Field by field as in `SCHEMA`, which has the descriptions.

    Attributes:
        order: what an alarm's route adds; None where no alarm asks.
    """

    request_id: str
    flow_id: str | None
    data_action_id: str | None
    data_action_name: str | None
    action_name: str | None
    step_id: str | None
    timeout_seconds: int | None
    operation: Operation
    dry_run: bool
    include_subflows: bool
    organization: str
    requested_by: str | None
    reason: str | None
    order: AlarmOrder | None = None

    @property
    def target(self) -> dict[str, str]:
        """The fields that name what is asked for."""
        return target_of(vars(self))

    @property
    def audit(self) -> dict[str, str | None]:
        """Who asks. Why stands in the log: the ledger has to stay small."""
        return {"request_id": self.request_id, "requested_by": self.requested_by}

    @property
    def writes(self) -> bool:
        """Whether it may change anything."""
        return self.operation is not Operation.INSPECT and not self.dry_run


@dataclass(frozen=True)
class AlarmOrder:
    """What an alarm's route adds to a request.

    Attributes:
        transition: names the transition, or the look at an alarm that still burns; what is done for it is done once.
        alarm: names the alarm, or the one of its time series that has spoken.
        changed_at: when it had changed, in seconds since 1970; None where that is not known.
        amount: how far to raise; None for a restore.
        limit_seconds: never above this: the policy's own limit, or the organization's.
        cooldown_seconds: after any raise of ours, so long no relative step; 0 for none.
    """

    transition: str
    alarm: str
    changed_at: float | None = None
    amount: Amount | None = None
    limit_seconds: int | None = None
    cooldown_seconds: int = 0

    @property
    def relative(self) -> bool:
        """Whether it depends on what stands there, so that doing it twice is not the same as doing it once."""
        return self.amount is not None and self.amount.relative

    def goal(self, effective_seconds: float) -> int:
        """The timeout that this asks for where so many seconds stand."""
        return self.cut(self.amount.goal(effective_seconds) if self.amount else 0)

    def cut(self, seconds: int) -> int:
        """So many seconds, or the limit where that is less."""
        return seconds if self.limit_seconds is None else min(seconds, self.limit_seconds)

    def is_at_limit(self, effective_seconds: float) -> bool:
        """Whether so many seconds leave no room for more."""
        return self.limit_seconds is not None and effective_seconds >= self.limit_seconds

    def within(self, limit_seconds: int | None) -> AlarmOrder:
        """The same order where the organization, or one place, takes so many seconds at most; None: any."""
        if limit_seconds is None:
            return self
        own = limit_seconds if self.limit_seconds is None else min(self.limit_seconds, limit_seconds)
        return replace(self, limit_seconds=own)


class InvalidRequest(ValueError):
    """Not a request; the message names the field, the kind of its value and the way out."""


class RequestReader:
    """Reads requests."""

    def __init__(self) -> None:
        self._schema = Schema(SCHEMA)

    def read(self, raw: object, *, default_request_id: str) -> TimeoutRequest:
        """The request, checked and with its defaults.

        Raises:
            InvalidRequest: it is none.
        """
        problem = self._schema.problem(raw)
        if problem:
            raise InvalidRequest(problem)
        fields: dict[str, Any] = dict(raw)  # type: ignore[call-overload]  # the schema has said it is an object
        problem = not_unicode(fields)
        if problem:
            raise InvalidRequest(problem)
        return made_of(fields, default_request_id)


def made_of(fields: Mapping[str, Any], default_request_id: str, order: AlarmOrder | None = None) -> TimeoutRequest:
    """The request of checked fields, with its defaults."""
    seconds = fields.get("timeout_seconds")
    return TimeoutRequest(
        request_id=fields.get("request_id", default_request_id),
        flow_id=fields.get("flow_id"),
        data_action_id=fields.get("data_action_id"),
        data_action_name=fields.get("data_action_name"),
        action_name=fields.get("action_name"),
        step_id=fields.get("step_id"),
        timeout_seconds=None if seconds is None else int(seconds),  # 10.0 is an integer to JSON Schema, and here
        operation=Operation(fields.get("operation", "raise")),
        dry_run=fields.get("dry_run", False),
        include_subflows=fields.get("include_subflows", False),
        organization=fields.get("organization", "default"),
        requested_by=fields.get("requested_by"),
        reason=fields.get("reason"),
        order=order,
    )


def not_unicode(fields: Mapping[str, Any]) -> str | None:
    """Which text field is not whole Unicode text, in words; None if all are."""
    for name, value in fields.items():
        if isinstance(value, str) and not _is_unicode(value):
            return f"{name} must be whole Unicode text, not one with half a surrogate pair in it"
    return None


def target_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields that name what is asked for, as far as they are given."""
    return {name: fields[name] for name in TARGET_NAMES if fields.get(name) is not None}


def looks_like_a_request(raw: object) -> bool:
    """Whether an event is meant as a request, be it a wrong one: it has one of a request's fields."""
    return isinstance(raw, dict) and any(name in SCHEMA["properties"] for name in raw)


def schema_text() -> str:
    """The published form of the schema."""
    return json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
