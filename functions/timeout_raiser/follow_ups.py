"""What the function puts on its own queue for an alarm: to look at it again, or to put back once it has stayed OK.

A follow-up carries all it needs, so that it is not the poorer for whatever happens to the alarm meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from alarms import LONGEST_NAME, AlarmSignal
from genesys_cloud.schema import EXPECTS, Schema
from routing import InvalidRoute, Route, RouteReader

KEY = "timeout_raiser_follow_up"
"""By this key its messages are told from all others."""
LONGEST_DELAY_SECONDS = 900
"""SQS takes no more; longer waits are reached in hops."""


class Purpose(StrEnum):
    """What a follow-up is for."""

    RECHECK = "recheck"
    RESTORE = "restore"


@dataclass(frozen=True)
class AlarmReference:
    """Which alarm, and which of its transitions.

    Attributes:
        contributor_id: which time series of a Metrics Insights alarm; None for the alarm as a whole.
        changed_at: when it changed.
        transition: the transition's id.
        reason: why it changed, in AWS's words.
    """

    name: str
    contributor_id: str | None
    changed_at: datetime | None
    transition: str
    reason: str

    @property
    def series(self) -> str:
        """Names the alarm, or the one of its time series that has spoken."""
        return self.name if self.contributor_id is None else f"{self.name}#{self.contributor_id}"

    @property
    def changed_at_seconds(self) -> float | None:
        """When it changed, in seconds since 1970."""
        return self.changed_at.timestamp() if self.changed_at else None

    @classmethod
    def of(cls, signal: AlarmSignal) -> AlarmReference:
        """The alarm that has spoken; a name longer than there can be must not fill a message or the ledger."""
        contributor_id = signal.contributor_id and signal.contributor_id[:LONGEST_NAME]
        return cls(
            signal.name[:LONGEST_NAME], contributor_id, signal.changed_at, signal.transition_id, signal.reason[:256]
        )


@dataclass(frozen=True)
class FollowUp:
    """A message to ourselves.

    Attributes:
        number: which look it is; 1 for the first after the transition.
        due_at: when it is to act, in seconds since 1970.
        latency_seconds: what was observed when the alarm changed.
    """

    purpose: Purpose
    alarm: AlarmReference
    route: Route
    due_at: float
    number: int = 1
    latency_seconds: Decimal | None = None

    @property
    def transition(self) -> str:
        """Names this look: what is done for it is done once."""
        return f"{self.alarm.transition}#{self.purpose}-{self.number}"

    @property
    def about(self) -> str:
        """The id or name of what is to be changed."""
        target = self.route.target
        return str(target.get("flow_id") or target.get("data_action_id") or target.get("data_action_name"))

    def delay_seconds(self, now: float) -> int:
        """How long its message has to wait, as far as SQS can."""
        return min(LONGEST_DELAY_SECONDS, max(0, round(self.due_at - now)))

    def as_message(self) -> str:
        """The text of its message."""
        content = {
            "purpose": self.purpose,
            "alarm_name": self.alarm.name,
            "contributor_id": self.alarm.contributor_id,
            "changed_at": self.alarm.changed_at and self.alarm.changed_at.isoformat(),
            "transition": self.alarm.transition,
            "reason": self.alarm.reason,
            "number": self.number,
            "due_at": self.due_at,
            "latency_seconds": None if self.latency_seconds is None else f"{self.latency_seconds:f}",
            "target": dict(self.route.target),
            "policy": self.route.policy.as_fields(),
        }
        return json.dumps({KEY: {name: value for name, value in content.items() if value is not None}})


_TEXT = {"type": "string", "maxLength": 1024, EXPECTS: "a text of at most 1024 characters"}
_OBJECT = {"type": "object", EXPECTS: "an object"}
_SCHEMA = Schema(
    {
        "type": "object",
        EXPECTS: "an object, as this function itself puts it on its queue",
        "required": ["purpose", "alarm_name", "transition", "due_at", "target", "policy"],
        "additionalProperties": False,
        "properties": {
            "purpose": {"enum": [purpose.value for purpose in Purpose], EXPECTS: "'recheck' or 'restore'"},
            "alarm_name": _TEXT,
            "contributor_id": _TEXT,
            "changed_at": {**_TEXT, EXPECTS: "a date and time in ISO 8601"},
            "transition": {"type": "string", "pattern": r"^[\x20-\x7e]{1,160}$", EXPECTS: "the id of a transition"},
            "reason": _TEXT,
            "number": {"type": "integer", "minimum": 1, "maximum": 10**9, EXPECTS: "a whole number, 1 or more"},
            "due_at": {"type": "number", "minimum": 0, "maximum": 10**11, EXPECTS: "seconds since 1970"},
            "latency_seconds": {
                "type": "string",
                "pattern": r"^[0-9]{1,400}(\.[0-9]{1,400})?$",
                EXPECTS: "a number of seconds, as a text",
            },
            "target": _OBJECT,
            "policy": _OBJECT,
        },
    }
)


class InvalidFollowUp(ValueError):
    """Not a follow-up; the message names the field, the kind of its value and the way out."""


def read_follow_up(content: Mapping[str, Any], routes: RouteReader) -> FollowUp:
    """The follow-up in a message that has `KEY`.

    Raises:
        InvalidFollowUp: it is none: someone else has written it.
    """
    raw = content[KEY]
    problem = _SCHEMA.problem(raw, within=KEY)
    if problem:
        raise InvalidFollowUp(problem)
    try:
        policy = routes.read_policy(raw["policy"], within=f"{KEY}.policy")
        route = routes.read({"target": raw["target"]}, policy, within=KEY)
        changed_at = datetime.fromisoformat(raw["changed_at"]) if "changed_at" in raw else None
        if changed_at and changed_at.tzinfo is None:
            raise ValueError("it has no time zone")
    except InvalidRoute as error:
        raise InvalidFollowUp(str(error)) from None
    except ValueError as error:
        raise InvalidFollowUp(f"{KEY}.changed_at must be a date and time in ISO 8601: {error}") from None
    latency = raw.get("latency_seconds")
    return FollowUp(
        Purpose(raw["purpose"]),
        AlarmReference(
            raw["alarm_name"], raw.get("contributor_id"), changed_at, raw["transition"], raw.get("reason", "")
        ),
        route,
        due_at=raw["due_at"],
        number=int(raw.get("number", 1)),
        latency_seconds=None if latency is None else Decimal(latency),
    )
