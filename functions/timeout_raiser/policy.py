"""How far an alarm may raise a timeout. Pure arithmetic: what was observed and what stands there in, seconds out.

Every computed timeout is rounded up, and computed in decimals: 110 percent of 10 seconds are 11 seconds, not 12.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from genesys_cloud.schema import EXPECTS

LONGEST_RECHECK_SECONDS = 900
"""SQS delays a message by 15 minutes at most."""
LONGEST_COOLDOWN_SECONDS = 86_400
LONGEST_RESTORE_WAIT_SECONDS = 604_800
MOST_PERCENT = 10_000
MOST_SECONDS = 1_000_000
"""Far above any limit, which cuts it anyway; but a number that every reader of JSON can carry."""


class Measure(StrEnum):
    """What the number of an amount means."""

    TO_SECONDS = "to"
    BY_SECONDS = "by seconds"
    BY_PERCENT = "by percent"


@dataclass(frozen=True)
class Amount:
    """One step of a raise."""

    measure: Measure
    number: Decimal

    @property
    def relative(self) -> bool:
        """Whether it depends on what stands there, so that doing it twice is not the same as doing it once."""
        return self.measure is not Measure.TO_SECONDS

    def goal(self, effective_seconds: float) -> int:
        """The timeout in whole seconds that this makes of one of so many."""
        now = Decimal(str(effective_seconds))
        match self.measure:
            case Measure.TO_SECONDS:
                goal = self.number
            case Measure.BY_SECONDS:
                goal = now + self.number
            case Measure.BY_PERCENT:
                goal = now * (100 + self.number) / 100
        return math.ceil(goal)


@dataclass(frozen=True)
class Policy:
    """A route's policy; what it leaves out is off. Field by field as in `POLICY_SCHEMA`, which has the descriptions."""

    raise_to_seconds: Decimal | None = None
    raise_by_seconds: Decimal | None = None
    raise_by_percent: Decimal | None = None
    headroom_percent: Decimal | None = None
    latency_unit: Literal["seconds", "milliseconds"] | None = None
    limit_seconds: int | None = None
    cooldown_seconds: int = 0
    recheck_after_seconds: int | None = None
    restore_on_ok: bool = False
    restore_after_seconds: int = 0

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Policy:
        """The policy of checked fields."""
        values: dict[str, Any] = dict(fields)
        values |= {name: Decimal(str(fields[name])) for name in _AMOUNTS if name in fields}
        values |= {name: int(fields[name]) for name in _WHOLE if name in fields}  # 10.0 is an integer to JSON Schema
        return cls(**values)

    def as_fields(self) -> dict[str, Any]:
        """The fields that are set, as `of` takes them."""
        return {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in vars(self).items()
            if value not in (None, False, 0) or (name == "headroom_percent" and value is not None)
        }

    def amount(self, latency_seconds: Decimal | None) -> Amount | None:
        """The step to take after such a latency was observed, or none; None where that leaves nothing to go by."""
        if self.headroom_percent is not None and latency_seconds is not None:
            return Amount(Measure.TO_SECONDS, latency_seconds * (100 + self.headroom_percent) / 100)
        if self.raise_to_seconds is not None:
            return Amount(Measure.TO_SECONDS, self.raise_to_seconds)
        if self.raise_by_seconds is not None:
            return Amount(Measure.BY_SECONDS, self.raise_by_seconds)
        if self.raise_by_percent is not None:
            return Amount(Measure.BY_PERCENT, self.raise_by_percent)
        return None

    @property
    def may_find_more_to_do(self) -> bool:
        """Whether another look at a burning alarm can ask for more than the look before."""
        return self.raise_to_seconds is None


_AMOUNTS = ("raise_to_seconds", "raise_by_seconds", "raise_by_percent", "headroom_percent")
_WHOLE = ("limit_seconds", "cooldown_seconds", "recheck_after_seconds", "restore_after_seconds")


def _whole(description: str, *, least: int, most: int | None = None) -> dict[str, Any]:
    bound = {} if most is None else {"maximum": most}
    expects = (
        f"a whole number of seconds, {least} or more" if most is None else f"a whole number from {least} to {most}"
    )
    return {"description": description, "type": "integer", "minimum": least, **bound, EXPECTS: expects}


def _percent(description: str, *, above_zero: bool) -> dict[str, Any]:
    least = {"exclusiveMinimum": 0} if above_zero else {"minimum": 0}
    expects = f"a number above 0, {MOST_PERCENT} at most" if above_zero else f"a number from 0 to {MOST_PERCENT}"
    return {"description": description, "type": "number", **least, "maximum": MOST_PERCENT, EXPECTS: expects}


_A_POLICY = (
    "an object with exactly one of raise_to_seconds, raise_by_seconds, raise_by_percent, headroom_percent"
    " (beside headroom_percent one raise_by_* may stand, for when no latency was observed)"
)

POLICY_SCHEMA: dict[str, Any] = {
    "description": "How far, how often, and when back. What it leaves out is off.",
    "type": "object",
    EXPECTS: _A_POLICY,
    "additionalProperties": False,
    "properties": {
        "raise_to_seconds": _whole("At least so much.", least=1, most=MOST_SECONDS),
        "raise_by_seconds": _whole("So much more than each step has now.", least=1, most=MOST_SECONDS),
        "raise_by_percent": _percent("So many percent more than each step has now.", above_zero=True),
        "headroom_percent": _percent("The observed latency and so many percent more.", above_zero=False),
        "latency_unit": {
            "description": "What the alarm's numbers are, where its metric has no unit of time.",
            "enum": ["seconds", "milliseconds"],
            EXPECTS: "'seconds' or 'milliseconds'",
        },
        "limit_seconds": _whole(
            "Never above this; the organization's own limit applies on top.", least=1, most=MOST_SECONDS
        ),
        "cooldown_seconds": _whole(
            "After a raise, so long no further raise_by_*.", least=0, most=LONGEST_COOLDOWN_SECONDS
        ),
        "recheck_after_seconds": _whole(
            "While the alarm burns, look again after so long and take the next step.",
            least=1,
            most=LONGEST_RECHECK_SECONDS,
        ),
        "restore_on_ok": {
            "description": "When the alarm is over, put back what was there before.",
            "type": "boolean",
            EXPECTS: "true or false",
        },
        "restore_after_seconds": _whole(
            "With restore_on_ok: only once the alarm has been over for so long.",
            least=0,
            most=LONGEST_RESTORE_WAIT_SECONDS,
        ),
    },
    "allOf": [
        {
            "oneOf": [
                {
                    "required": ["headroom_percent"],
                    "not": {
                        "anyOf": [
                            {"required": ["raise_to_seconds"]},
                            {"required": ["raise_by_seconds", "raise_by_percent"]},
                        ]
                    },
                },
                *(
                    {
                        "required": [name],
                        "not": {"anyOf": [{"required": [other]} for other in _AMOUNTS if other != name]},
                    }
                    for name in _AMOUNTS[:3]
                ),
            ],
            EXPECTS: _A_POLICY,
        }
    ],
}
