"""From what was done to each Flow to the one outcome of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from changes import Change
from genesys_cloud.errors import FlowNotFound, GenesysCloudError, Transient
from not_found import data_action_not_found
from outcomes import Outcome, Rejection, failed, succeeded
from subflows import Scope
from timeout_request import Operation, TimeoutRequest

MOST_PROBLEMS = 5
LONGEST_PROBLEM = 300


def conclude(
    outcome: Outcome,
    index: int,
    request: TimeoutRequest,
    *,
    scope: Scope,
    done: Mapping[str, Change | GenesysCloudError],
    publish_attempts: int,
) -> Outcome:
    """The outcome of one request.

    Args:
        outcome: its fixed part.
        index: the request's, as the plans have it.
        done: per Flow of its scope what was done, or why not.
        publish_attempts: over all these Flows.
    """
    changes = {flow_id: result for flow_id, result in done.items() if isinstance(result, Change)}
    errors = {flow_id: result for flow_id, result in done.items() if isinstance(result, GenesysCloudError)}
    notes = [
        f"Flow {flow_id}, named by {scope.named_by[flow_id]}, does not exist"
        for flow_id, error in errors.items()
        if flow_id != request.flow_id and isinstance(error, FlowNotFound)
    ]
    fatal = [
        error for flow_id, error in errors.items() if flow_id == request.flow_id or not isinstance(error, FlowNotFound)
    ]
    problems = [problem for change in changes.values() for problem in change.plan.problems.get(index, [])]
    if request.operation is Operation.INSPECT:
        notes, problems = notes + problems, []
    steps = [step for change in changes.values() for step in change.plan.changes.get(index, [])]
    own = changes.get(request.flow_id)
    details: dict[str, Any] = {
        "flow_version": own.version if own else None,
        "publish_attempts": publish_attempts if request.writes else 0,
        "note": "; ".join(notes) or None,
    }
    changed = tuple(step for step in steps if step.changed) if request.writes else ()

    if fatal:
        # Deferred before rejected: with anything left to try, the request is tried again as a whole.
        worst = min(fatal, key=lambda error: not isinstance(error, Transient))
        return failed(outcome, worst, steps=changed, **details)
    if problems:
        return failed(outcome, _not_editable(problems), steps=changed, **details)
    if not steps and (request.action_name or request.step_id):
        looked_at = [(flow_id, change.steps) for flow_id, change in changes.items()]
        return failed(outcome, data_action_not_found(request, looked_at), **details)
    return succeeded(outcome, request, steps, **details)


def _not_editable(problems: list[str]) -> Rejection:
    shown = ", ".join(problem[-LONGEST_PROBLEM:] for problem in problems[:MOST_PROBLEMS])
    unshown = len(problems) - MOST_PROBLEMS
    return Rejection(
        "data_action_not_editable",
        f"what was asked for cannot be edited: {shown}" + (f" and {unshown} more" if unshown > 0 else ""),
        hint="correct the Flow in Genesys Cloud, or narrow the request with step_id",
    )
