"""The alarms of the local run: those that the emulated CloudWatch raises itself, and the payloads of events/alarms."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from scenario import EVENTS, Ending

NAMESPACE = "Backends"
SLOW_SECONDS, FAST_SECONDS, THRESHOLD_SECONDS = 6.0, 0.4, 3.0


@dataclass(frozen=True)
class Act:
    """What a change of an alarm, or a later look at it, has to lead to.

    Attributes:
        door: the way it comes, in words.
        what: happened, in words.
        after: where the timeout stands afterwards, in seconds; None where none is set, or nothing was looked at.
        note: has to be part of the outcome's own note.
    """

    door: str
    what: str
    status: str
    after: int | None = None
    note: str = ""


@dataclass(frozen=True)
class WatchedAlarm:
    """An alarm of the emulated CloudWatch.

    Attributes:
        about: in words, what is peculiar to it.
        metric: its metric; "" for a composite alarm.
        description, dimensions: which say where it leads, unless the routes parameter does.
        rule: of a composite alarm.
        begins: what has to follow when it is made.
        burns: the same when it goes to ALARM, in this order.
        ends: the same when it goes to OK; empty for one that goes on burning.
    """

    name: str
    about: str
    metric: str = ""
    description: str = ""
    dimensions: dict[str, str] = field(default_factory=dict)
    rule: str = ""
    begins: tuple[Act, ...] = ()
    burns: tuple[Act, ...] = ()
    ends: tuple[Act, ...] = ()


def route(policy: dict[str, Any], **target: str) -> str:
    """The JSON in an alarm's description that says where it leads."""
    return json.dumps({"timeout_raiser": {"target": target, "policy": policy}})


_TO_ALARM, _TO_OK = ("sqs (SNS topic)", "goes to ALARM"), ("sqs (SNS topic)", "goes to OK")
_STILL_ALARM, _STILL_OK = ("sqs (own message)", "is still in ALARM"), ("sqs (own message)", "is still OK")
CALENDAR, PAYMENTS = "data-action-calendar-slow", "payments-slow"

WATCHED = [
    WatchedAlarm(
        CALENDAR,
        "its description says where it leads, and to put back when it is over (restore_on_ok)",
        metric="CalendarLatency",
        description="The calendar is slow. "
        + route({"raise_by_seconds": 4, "restore_on_ok": True}, flow_id="appointments", action_name="Find Free Slots"),
        burns=(Act(*_TO_ALARM, "raised", 7),),
        ends=(Act(*_TO_OK, "restored", None),),
    ),
    WatchedAlarm(
        PAYMENTS,
        "led by its metric's dimensions FlowId and ActionName, with the default policy: + 50 %, and put back",
        metric="PaymentsLatency",
        dimensions={"FlowId": "payments", "ActionName": "Check Card"},
        burns=(Act(*_TO_ALARM, "raised", 6),),
        ends=(Act(*_TO_OK, "restored", 4),),
    ),
    WatchedAlarm(
        "shipping-slow",
        "led by its name (local/alarm-routes.json) to an integration action; put back after 2 s of OK",
        metric="ShippingLatency",
        burns=(Act(*_TO_ALARM, "raised", 20),),
        ends=(
            Act(*_TO_OK, "ignored", note="if the alarm stays OK for 2 s"),
            Act(*_STILL_OK, "restored", 4),
        ),
    ),
    WatchedAlarm(
        "tickets-slow",
        "goes on burning: looked at again every second (recheck_after_seconds), up to limit_seconds 12",
        metric="TicketsLatency",
        description=route(
            {"raise_by_seconds": 3, "limit_seconds": 12, "recheck_after_seconds": 1},
            flow_id="support",
            action_name="Find Tickets",
        ),
        burns=(
            Act(*_TO_ALARM, "raised", 7),
            Act(*_STILL_ALARM, "raised", 10),
            Act(*_STILL_ALARM, "raised", 12, note="should the alarm go on, it needs a human"),
            Act(*_STILL_ALARM, "unchanged", 12, note="the alarm needs a human"),
        ),
    ),
    WatchedAlarm(
        "calendar-and-payments-slow",
        "composite: burns while both of the first two do",
        description=route(
            {"raise_to_seconds": 9, "restore_on_ok": True}, flow_id="appointments", action_name="Book Appointment"
        ),
        rule=f'ALARM("{CALENDAR}") AND ALARM("{PAYMENTS}")',
        begins=(Act("sqs (SNS topic)", "is OK at first", "ignored", note="nothing here that could be put back"),),
        burns=(Act(*_TO_ALARM, "raised", 9),),
        ends=(Act(*_TO_OK, "restored", 5),),
    ),
]

BY_THE_RULE = Act("sqs (by hand)", "in ALARM, told again", "ignored", note="acted upon already")
"""On AWS an alarm that is called so is told by the EventBridge rule too: it must not act twice."""

# -- events/alarms -----------------------------------------------------------------------------------------------------

DOORS = {
    "action": "alarm (invoke)",
    "eventbridge": "eventbridge (invoke)",
    "sns": "sns (invoke)",
    "queue": "sqs (by hand)",
}
"""How a file of events/alarms comes in, by the first part of its name."""

GET_CUSTOMER = {"flow_id": "inbound-main", "action_name": "Get Customer"}
"""What the files of events/alarms are about."""


@dataclass(frozen=True)
class Raise(Ending):
    """A raise to so many seconds."""

    seconds: int = 0


_TO_12, _TO_10 = Raise("raised", seconds=12), Raise("raised", seconds=10)
_IGNORED = Ending("ignored")

_KINDS = {
    "single": _TO_12,
    "math": _TO_12,
    "anomaly": _TO_12,
    "composite": _TO_12,
    "log-alarm": _TO_12,
    "set-by-hand": _TO_12,
    "by-dimensions": _TO_10,  # the default policy: a latency of 6.1 s and 50 %
    "contributor": _IGNORED,  # the default policy, no unit, so 50 % more: and that not so soon after the other raises
    "ok": _IGNORED,
    "insufficient-data": _IGNORED,
}

FILE_ENDINGS: dict[str, Ending] = {
    **{f"{door}.{kind}.json": ending for door in ("action", "eventbridge", "sns") for kind, ending in _KINDS.items()},
    "eventbridge.configuration-change.json": _IGNORED,
    "eventbridge.muted.json": _IGNORED,
    "eventbridge.suppressed.json": _IGNORED,
    "eventbridge.not-routed.json": Ending("rejected", "alarm_not_routed"),
    "queue.action.single.json": _TO_12,
    "queue.eventbridge.single.json": _TO_12,
    "queue.sns-envelope.composite.json": _TO_12,
    "queue.sns-envelope.single.json": _TO_12,
    "queue.sns-raw.log-alarm.json": _TO_12,
    "queue.sns-raw.ok.json": _IGNORED,
}
"""How each file of events/alarms ends."""

REPEATED = "eventbridge.single.json"
"""Comes once more, through another door, and must not act again."""


def alarm_files() -> dict[str, str]:
    """Every file of events/alarms with its text, in the order of their own times: as CloudWatch would tell them.

    Raises:
        ValueError: a file without an ending, or an ending without a file.
    """
    texts = {file.name: file.read_text() for file in (EVENTS / "alarms").iterdir()}
    odd = texts.keys() ^ FILE_ENDINGS.keys()
    if odd:
        raise ValueError(f"events/alarms and alarm_scenario.FILE_ENDINGS do not agree on: {', '.join(sorted(odd))}")
    return dict(sorted(texts.items(), key=lambda item: _time_in(item[1])))


def _time_in(text: str) -> str:
    """When the alarm changed; in an SNS message that stands in JSON within JSON."""
    found = re.search(r"(?:\btime|StateChangeTime)\W+(\d{4}-\d\d-\d\dT[\d:.]+)", text)
    return found[1] if found else ""
