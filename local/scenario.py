"""What the local run drops on the queue, what Genesys Cloud does meanwhile, and how everything has to end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[1] / "events"


@dataclass(frozen=True)
class Ending:
    """How one request has to end."""

    status: str
    error_code: str | None = None


_RAISED, _UNCHANGED, _SET = Ending("raised"), Ending("unchanged"), Ending("set")
_INVALID = Ending("rejected", "invalid_request")

ENDINGS: dict[str, list[Ending]] = {
    "raise.json": [_RAISED],
    "raise-one-step.json": [_RAISED],
    "raise-that-suffices-already.json": [_UNCHANGED],
    "set-lower.json": [_SET],
    "dry-run.json": [Ending("planned")],
    "inspect.json": [Ending("inspected")],
    "include-subflows.json": [_RAISED],
    "several.json": [_RAISED, _RAISED],
    "several-one-of-them-wrong.json": [_RAISED, _INVALID],
    "someone-else-publishes.json": [_RAISED],
    "throttled.json": [_RAISED],
    "answer-lost.json": [_RAISED],
    "wrong-not-json.txt": [_INVALID],
    "wrong-not-an-object.json": [_INVALID],
    "wrong-type.json": [_INVALID],
    "wrong-field.json": [_INVALID],
    "wrong-field-missing.json": [_INVALID],
    "wrong-flow-id.json": [_INVALID],
    "wrong-above-limit.json": [Ending("rejected", "timeout_out_of_range")],
    "wrong-no-such-flow.json": [Ending("rejected", "flow_not_found")],
    "wrong-no-such-data-action.json": [Ending("rejected", "data_action_not_found")],
    "wrong-only-behind-a-subflow.json": [Ending("rejected", "data_action_not_found")],
}
"""How each file of events/queue ends, request by request."""

TROUBLES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "someone publishes night-service twice while we change it",
        "/edits",
        {"flow_id": "night-service", "action_name": "Get Holiday", "timeout_seconds": 4, "times": 2},
    ),
    (
        "callback is throttled: 429 with Retry-After: 1",
        "/faults",
        {"operation": "get_flow", "flow_id": "callback", "retry_after": 1},
    ),
    (
        "survey is published, but the answer is lost (connection reset)",
        "/faults",
        {"operation": "publish", "flow_id": "survey", "reset": True, "when": "after"},
    ),
]
"""What Genesys Cloud does meanwhile: in words, and as calls to the simulator's own interface."""


def queue_events() -> dict[str, str]:
    """Every file of events/queue with its text.

    Raises:
        ValueError: a file without an ending, or an ending without a file.
    """
    texts = {file.name: file.read_text() for file in sorted((EVENTS / "queue").iterdir())}
    odd = texts.keys() ^ ENDINGS.keys()
    if odd:
        raise ValueError(f"events/queue and scenario.ENDINGS do not agree on: {', '.join(sorted(odd))}")
    return texts


def own_request_id(text: str) -> str | None:
    """The request id that a message brings with it; else its outcome bears the message's id."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    request_id = content.get("request_id") if isinstance(content, dict) else None
    return request_id if isinstance(request_id, str) else None
