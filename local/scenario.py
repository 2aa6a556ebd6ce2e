"""The requests that the local run drops on the queue, what Genesys Cloud does meanwhile, and how each has to end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[1] / "events"

Trouble = tuple[str, str, dict[str, Any]]
"""In words, and as a call to the simulator's own interface: path and content."""


@dataclass(frozen=True)
class Ending:
    """How one request has to end."""

    status: str
    error_code: str | None = None


@dataclass(frozen=True)
class Wave:
    """Requests that are dropped together, once those before have ended.

    Attributes:
        title: in words.
        endings: how each file of events/queue ends, request by request.
        troubles: what Genesys Cloud does meanwhile.
        locked: Architect Flows that someone has checked out meanwhile, by whom.
    """

    title: str
    endings: dict[str, list[Ending]]
    troubles: list[Trouble] = field(default_factory=list)
    locked: dict[str, str] = field(default_factory=dict)


_RAISED, _UNCHANGED, _SET, _RESTORED = Ending("raised"), Ending("unchanged"), Ending("set"), Ending("restored")
_INSPECTED = Ending("inspected")
_INVALID = Ending("rejected", "invalid_request")

ENDINGS: dict[str, list[Ending]] = {
    "raise.json": [_RAISED],
    "raise-one-step.json": [_RAISED],
    "raise-that-suffices-already.json": [_UNCHANGED],
    "set-lower.json": [_SET],
    "dry-run.json": [Ending("planned")],
    "inspect.json": [_INSPECTED],
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
    "wrong-two-targets.json": [_INVALID],
    "wrong-above-limit.json": [Ending("rejected", "timeout_out_of_range")],
    "wrong-no-such-flow.json": [Ending("rejected", "flow_not_found")],
    "wrong-no-such-data-action.json": [Ending("rejected", "data_action_not_found")],
    "wrong-only-behind-a-subflow.json": [Ending("rejected", "data_action_not_found")],
}
"""The files that need nothing but the example Flows."""

TROUBLES: list[Trouble] = [
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
"""What Genesys Cloud does while they are carried out."""

ACTION_ENDINGS: dict[str, list[Ending]] = {
    "raise-data-action.json": [_RAISED],
    "raise-data-action-by-name.json": [_RAISED],
    "raise-data-action-without-timeout.json": [_UNCHANGED],  # without one it has the platform's longest, 60 s
    "inspect-data-action.json": [_INSPECTED],
    "wrong-data-action-above-limit.json": [Ending("rejected", "timeout_out_of_range")],
    "wrong-data-action-ambiguous-name.json": [Ending("rejected", "data_action_ambiguous")],
    "wrong-data-action-name.json": [Ending("rejected", "data_action_not_found")],
    "wrong-data-action-not-editable.json": [Ending("rejected", "data_action_not_editable")],
}
"""The files that need the example integration actions too."""

ARCHITECT_ENDINGS: dict[str, list[Ending]] = {
    "architect-raise.json": [_RAISED],
    "architect-raise-own-timeout.json": [_RAISED],
    "architect-inspect.json": [_INSPECTED],
    "inspect-organization.json": [_INSPECTED],
    "wrong-architect-expression.json": [Ending("rejected", "data_action_not_editable")],
    "wrong-architect-locked.json": [Ending("rejected", "flow_locked")],
}
"""The files that need the second organization, whose Flows are Architect's."""

RESTORE_ENDINGS: dict[str, list[Ending]] = {
    "restore.json": [_RESTORED],
    "restore-data-action.json": [_RESTORED],
    "architect-restore.json": [_RESTORED],
    "wrong-nothing-to-restore.json": [Ending("rejected", "nothing_to_restore")],
    "wrong-changed-by-someone-else.json": [Ending("rejected", "changed_by_someone_else")],
}
"""The files that need what the others have changed."""

_SET_BY_HAND: Trouble = (
    "someone sets callback to 9 s by hand, just when it is to be put back",
    "/edits",
    {"flow_id": "callback", "action_name": "Schedule Callback", "timeout_seconds": 9, "times": 1},
)

LOCKED = {"delivery-changes": "anna"}
"""Architect Flows that someone is working on, from then on and for good: nobody may unlock them."""

WAVES = [
    Wave("Requests for steps of Flows", ENDINGS, TROUBLES),
    Wave("Requests for integration actions", ACTION_ENDINGS),
    Wave("Requests for Architect Flows of a second organization", ARCHITECT_ENDINGS, locked=LOCKED),
    Wave("Requests to put back what was there before", RESTORE_ENDINGS, [_SET_BY_HAND]),
]

SET_BY_OTHERS = {("night-service", "Get Holiday"): 4, ("callback", "Schedule Callback"): 9}
"""Timeouts that the troubles leave behind, by Flow and Data Action: nobody may overwrite them."""


def queue_events(endings: dict[str, list[Ending]] = ENDINGS) -> dict[str, str]:
    """The text of each of these files of events/queue, in the order of their names.

    Raises:
        ValueError: a file without an ending, or an ending without a file.
    """
    texts = {file.name: file.read_text() for file in sorted((EVENTS / "queue").iterdir())}
    odd = texts.keys() ^ {name for wave in WAVES for name in wave.endings}
    if odd:
        raise ValueError(f"events/queue and scenario.WAVES do not agree on: {', '.join(sorted(odd))}")
    return {name: text for name, text in texts.items() if name in endings}


def own_request_id(text: str) -> str | None:
    """The request id that a message brings with it; else its outcome bears the message's id."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    request_id = content.get("request_id") if isinstance(content, dict) else None
    return request_id if isinstance(request_id, str) else None
