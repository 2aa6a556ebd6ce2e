"""The configuration of an Architect Flow: where its steps with a timeout of their own stand, and what these say.

A step's timeout stands twice, as text and as a literal in the text's parsed form, and counts only while the step does
not use the timeout that its action suggests. Shapes are those of exported Flows.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

CONSUMED_TYPES: Mapping[str, str] = {
    "DataAction": "DATAACTION",
    "SecureAction": "SECUREACTION",
    "BridgeServerAction": "BRIDGEACTION",
}
"""`__type` of the steps with a timeout -> what dependency tracking calls the action that they call."""

_DURATION = re.compile(r"P(\d{1,9})D(\d{1,9})H(\d{1,9})M(\d{1,9})S(\d{1,9})F")
_DAY, _HOUR, _MINUTE, _SECOND = 86_400_000, 3_600_000, 60_000, 1_000


def timed_steps(configuration: Any) -> Iterator[dict[str, Any]]:
    """Every step that may have a timeout, in document order, wherever it stands."""
    open_containers: list[Iterator[Any]] = [iter([configuration])]
    while open_containers:
        for child in open_containers[-1]:
            if isinstance(child, dict):
                if child.get("__type") in CONSUMED_TYPES:
                    yield child
                open_containers.append(iter(child.values()))
                break
            if isinstance(child, list):
                open_containers.append(iter(child))
                break
        else:
            open_containers.pop()


def called_actions(configuration: Any) -> set[tuple[str, str]]:
    """(type as dependency tracking calls it, id) of every action that a step calls."""
    steps = ((CONSUMED_TYPES[step["__type"]], step.get("actionId")) for step in timed_steps(configuration))
    return {(kind, action_id) for kind, action_id in steps if isinstance(action_id, str) and action_id}


def read_duration(text: Any) -> float | None:
    """The seconds of a literal duration, `P0D0H1M30S0F` say; None for what is none."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    days, hours, minutes, seconds, milliseconds = map(int, match.groups())
    return (days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds * _SECOND + milliseconds) / _SECOND


def write_duration(seconds: float) -> str:
    """The same as Architect writes it, carried: 90 seconds are `P0D0H1M30S0F`."""
    days, rest = divmod(round(seconds * _SECOND), _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    whole_seconds, milliseconds = divmod(rest, _SECOND)
    return f"P{days}D{hours}H{minutes}M{whole_seconds}S{milliseconds}F"


def timeout_of(step: Mapping[str, Any]) -> float | str | None:
    """How long the step itself waits: seconds, or the text of an expression; None where the action's timeout holds."""
    timeout = step.get("timeout")
    if step.get("useSuggestedTimeout") is not False or not isinstance(timeout, dict) or timeout.get("outOfService"):
        return None
    text = timeout.get("text")
    seconds = read_duration(text) if _literal(timeout) is not None else None
    return str(text) if seconds is None else seconds


def set_timeout(configuration: Any, action_name: str, seconds: float) -> int:
    """Gives every step that calls an action of that name a timeout of its own; how many there were."""
    steps = [step for step in timed_steps(configuration) if action_name in (step.get("actionName"), step.get("name"))]
    for step in steps:
        text = write_duration(seconds)
        literal = {"pos": 1, "text": text, "type": "dur"}
        known = {"uiMetaData": {"mode": 1}, "metaData": {}, "version": 2}
        step["useSuggestedTimeout"] = False
        step["timeout"] = {"config": {"lit": literal}, "text": text, "type": "dur", **known}
    return len(steps)


def problem_of(configuration: Mapping[str, Any]) -> str | None:
    """Why Architect would not publish this configuration, in words; None if it would."""
    if not isinstance(configuration.get("flowSequenceItemList"), list):
        return "flowSequenceItemList must be a list"
    problems = map(_problem_of_step, timed_steps(configuration))
    return next((problem for problem in problems if problem), None)


def _problem_of_step(step: Mapping[str, Any]) -> str | None:
    timeout = step.get("timeout")
    if step.get("useSuggestedTimeout") is not False:
        return None
    at = f"timeout of step {step.get('trackingId')} ({step.get('name')})"
    if not isinstance(timeout, dict):
        return f"the {at} must be an object"
    literal = _literal(timeout)
    if literal is None:
        return None  # an expression: what it gives is known only in a call
    if literal.get("text") != timeout.get("text"):
        return f"the {at} says {timeout.get('text')!r}, its literal {literal.get('text')!r}"
    if not read_duration(literal.get("text")):
        return f"the {at} must be a duration above 0, not {literal.get('text')!r}"
    return None


def _literal(timeout: Mapping[str, Any]) -> dict[str, Any] | None:
    config = timeout.get("config")
    literal = config.get("lit") if isinstance(config, dict) else None
    return literal if isinstance(literal, dict) else None
