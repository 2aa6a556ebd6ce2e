"""The request, version 1: "this Data Action needs at least so many seconds".

`SCHEMA` is what the code checks, and what `events/schemas/request-v1.json` publishes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from genesys_cloud.flows import FLOW_ID_PATTERN
from genesys_cloud.schema import EXPECTS, Schema


class Operation(StrEnum):
    """What to do with the timeout."""

    RAISE = "raise"
    SET = "set"
    INSPECT = "inspect"


_NOTE = {"type": "string", "maxLength": 256, EXPECTS: "a text of at most 256 characters"}
_FLAG = {"type": "boolean", "default": False, EXPECTS: "true or false"}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Request to genesys-timeout-raiser, version 1",
    "type": "object",
    EXPECTS: 'a request: an object such as {"flow_id": "...", "action_name": "...", "timeout_seconds": 10}',
    "required": ["flow_id"],
    "additionalProperties": False,
    "properties": {
        "flow_id": {
            "description": "The Flow to change.",
            "type": "string",
            "pattern": FLOW_ID_PATTERN,
            EXPECTS: "the id of a Flow: 1 to 128 letters, digits, '.', '_' or '-'",
        },
        "action_name": {
            "description": "The name of the Data Action step, matched exactly. All steps of that name are changed.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            EXPECTS: "the name of a Data Action: a text of 1 to 256 characters",
        },
        "step_id": {
            "description": "Narrows to the step with this id; may stand instead of action_name.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            EXPECTS: "the id of a step: a text of 1 to 256 characters",
        },
        "timeout_seconds": {
            "description": "The wanted timeout in whole seconds; the organization's limit applies on top.",
            "type": "integer",
            "minimum": 1,
            EXPECTS: "a whole number of seconds, 1 or more",
        },
        "operation": {
            "description": "raise: at least timeout_seconds, never lowered. set: exactly. inspect: changes nothing.",
            "enum": [operation.value for operation in Operation],
            "default": Operation.RAISE.value,
            EXPECTS: f"one of {', '.join(Operation)}",
        },
        "dry_run": {"description": "Plan only: same reading, same checks, nothing written.", **_FLAG},
        "include_subflows": {"description": "Also follow steps that refer to another Flow by id.", **_FLAG},
        "organization": {
            "description": "Picks the secret with the credentials.",
            "type": "string",
            "pattern": "^[a-z0-9-]{1,32}$",
            "default": "default",
            EXPECTS: "1 to 32 lower-case letters, digits or hyphens",
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
    "if": {"properties": {"operation": {"const": "inspect"}}, "required": ["operation"]},
    "else": {
        "allOf": [
            {
                "anyOf": [{"required": ["action_name"]}, {"required": ["step_id"]}],
                EXPECTS: "action_name (or step_id) is missing: it says which Data Action to change",
            },
            {"required": ["timeout_seconds"], EXPECTS: "timeout_seconds is missing: raise and set need it"},
        ]
    },
}


@dataclass(frozen=True)
class TimeoutRequest:
    """A checked request. Field by field as in `SCHEMA`, which has the descriptions."""

    request_id: str
    flow_id: str
    action_name: str | None
    step_id: str | None
    timeout_seconds: int | None
    operation: Operation
    dry_run: bool
    include_subflows: bool
    organization: str
    requested_by: str | None
    reason: str | None

    @property
    def writes(self) -> bool:
        """Whether it may change anything."""
        return self.operation is not Operation.INSPECT and not self.dry_run


class InvalidRequest(ValueError):
    """Not a request; the message names the field, the kind of its value and the way out."""


class RequestReader:
    """Reads requests; the schema is compiled once."""

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
        for name, value in fields.items():
            if isinstance(value, str) and not _is_unicode(value):
                raise InvalidRequest(f"{name} must be whole Unicode text, not one with half a surrogate pair in it")
        seconds = fields.get("timeout_seconds")
        return TimeoutRequest(
            request_id=fields.get("request_id", default_request_id),
            flow_id=fields["flow_id"],
            action_name=fields.get("action_name"),
            step_id=fields.get("step_id"),
            timeout_seconds=None if seconds is None else int(seconds),  # 10.0 is an integer to JSON Schema, and here
            operation=Operation(fields.get("operation", "raise")),
            dry_run=fields.get("dry_run", False),
            include_subflows=fields.get("include_subflows", False),
            organization=fields.get("organization", "default"),
            requested_by=fields.get("requested_by"),
            reason=fields.get("reason"),
        )


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
