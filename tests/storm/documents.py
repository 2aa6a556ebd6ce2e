"""What a law needs to see of a document, whatever kind it is: its timeouts, its marks, and all the rest of it."""

from __future__ import annotations

import copy
import json
from enum import StrEnum
from typing import Any

from genesys_simulator.architect_configuration import timed_steps, timeout_of
from genesys_simulator.flow_document import data_actions

Json = dict[str, Any]

MARKS = "marks"
MARKS_HEADER = "X-Marks"
UNSET_ACTION_SECONDS = 60
OF_THE_ACTION = "its own"
"""The name under which an action's own timeout is known here, like a step's."""


class Kind(StrEnum):
    """The kinds of documents that the storm goes over, in the ledger's spelling."""

    FLOW = "flow"
    ARCHITECT = "architect-flow"
    ACTION = "data-action"


def mark(kind: Kind, document: Json, text: str) -> None:
    """What a person does to a document: adds a mark, in a place that has nothing to do with timeouts."""
    if kind is Kind.ACTION:
        headers = document["config"]["request"].setdefault("headers", {})
        headers[MARKS_HEADER] = " ".join([*headers.get(MARKS_HEADER, "").split(), text])
    else:
        document.setdefault(MARKS, []).append(text)


def marks(kind: Kind, document: Json) -> list[str]:
    """Every mark in there, in the order of their making."""
    if kind is Kind.ACTION:
        return str(document["config"]["request"].get("headers", {}).get(MARKS_HEADER, "")).split()
    return list(document.get(MARKS, []))


def timeouts(kind: Kind, document: Json) -> dict[str, dict[str, float | None]]:
    """By the name that requests use, and by path or id, the timeout of each step; None where it has none of its own."""
    found: dict[str, dict[str, float | None]] = {}
    if kind is Kind.ACTION:
        return {OF_THE_ACTION: {"": document["config"].get("timeoutSeconds")}}
    if kind is Kind.FLOW:
        for action in data_actions(document):
            found.setdefault(action.step["name"], {})[action.path] = action.timeout
        return found
    for step in timed_steps(document):
        seconds = timeout_of(step)
        if isinstance(seconds, str):
            raise TypeError(f"step {step['id']} has an expression for its timeout, and the storm made none")
        found.setdefault(step["actionName"], {})[step["id"]] = seconds
    return found


def without_marks(kind: Kind, document: Json) -> Json:
    """The document as if nobody had ever marked it, and without its version."""
    rest = copy.deepcopy(document)
    rest.pop("version", None)
    if kind is Kind.ACTION:
        rest["config"]["request"].get("headers", {}).pop(MARKS_HEADER, None)
        return _in_no_order(rest)
    rest.pop(MARKS, None)
    return rest


def without_timeouts(kind: Kind, document: Json) -> Json:
    """The document without anything that a change of timeouts may touch, and without its version."""
    rest = copy.deepcopy(document)
    rest.pop("version", None)
    if kind is Kind.ACTION:
        rest["config"].pop("timeoutSeconds", None)
        return _in_no_order(rest)
    if kind is Kind.FLOW:
        for action in data_actions(rest):
            settings = action.step.get("settings", {})
            settings.pop("timeout", None)
            if not settings:
                action.step.pop("settings", None)
    else:
        for step in timed_steps(rest):
            step.pop("timeout", None)
            step.pop("useSuggestedTimeout", None)
    return rest


def _in_no_order(document: Json) -> Json:
    """An action's members come and go in parts (its templates are read apart), so their order says nothing."""
    ordered: Json = json.loads(json.dumps(document, sort_keys=True))
    return ordered


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two documents differ, and how; the order of members counts, and so does 3 or 3.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return [f"{path}: {one!r} -> {other!r}"]
        return [found for name in one for found in differences(one[name], other[name], f"{path}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for number, (a, b) in pairs for found in differences(a, b, f"{path}[{number}]")]
    return [] if one == other and type(one) is type(other) else [f"{path}: {one!r} -> {other!r}"]
