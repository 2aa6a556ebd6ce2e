"""From what was done to each document to the one outcome of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from changes import Change
from documents.kinds import DocumentKey
from genesys_cloud.errors import FlowNotFound, GenesysCloudError, Transient
from hints import better_levers, lever_hint
from not_found import data_action_not_found
from outcomes import Outcome, failed, ignored, succeeded
from plan import StepChange
from rejection import NOTHING_TO_RESTORE, Rejection
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
    done: Mapping[DocumentKey, Change | GenesysCloudError],
    publish_attempts: int,
) -> Outcome:
    """The outcome of one request.

    Args:
        outcome: its fixed part.
        index: the request's, as the plans have it.
        done: per document of its scope what was done, or why not.
        publish_attempts: over all these documents.
    """
    changes = {key: result for key, result in done.items() if isinstance(result, Change)}
    errors = {key: result for key, result in done.items() if isinstance(result, GenesysCloudError)}
    missing = [key for key, error in errors.items() if key != scope.root and isinstance(error, FlowNotFound)]
    plans = [change.plan for change in changes.values()]
    steps = list(chain.from_iterable(plan.changes.get(index, []) for plan in plans))
    would_change = any(step.changed for step in steps)
    changed = tuple(step for step in steps if step.changed) if request.writes else ()
    at_limit = not would_change and any(index in plan.at_limit for plan in plans)
    problems = list(chain.from_iterable(plan.problems.get(index, []) for plan in plans))
    notes = [f"{key}, named by {scope.named_by[key]}, does not exist" for key in missing]
    notes += chain.from_iterable(_notes_of(change, index) for change in changes.values())
    notes += [
        f"not recorded in the ledger, so that it cannot be restored: {why}" for why in _unrecorded(index, changes)
    ]
    notes += _limit_notes(request, steps, at_limit=at_limit, changed=would_change)
    if request.operation is Operation.RAISE and any(not step.changed and step.before is None for step in steps):
        default = min(step.effective_before for step in steps if step.before is None)
        notes.append(f"where no timeout is set, {default:g} s count")
    if request.operation is Operation.INSPECT:
        notes, problems = [*notes, *_some_of(problems)], []
    own = changes.get(scope.root)
    details: dict[str, Any] = {
        "flow_version": own.version if own else None,
        "publish_attempts": publish_attempts if request.writes else 0,
        "note": "; ".join(notes) or None,
    }

    fatal = [error for key, error in errors.items() if key not in missing]
    refused = [plan.errors[index] for plan in plans if index in plan.errors]
    # Of a restore over several Flows, those with nothing to put back do not matter while one has something.
    fatal += [error for error in refused if error.code != NOTHING_TO_RESTORE or not would_change]
    if fatal:
        # Deferred before rejected: with anything left to try, the request is tried again as a whole.
        worst = min(fatal, key=lambda error: not isinstance(error, Transient))
        return failed(outcome, worst, steps=changed, **details)
    if problems:
        return failed(outcome, _not_editable(problems), steps=changed, **details)
    reasons = [plan.ignored[index] for plan in plans if index in plan.ignored]
    if reasons and not would_change:
        superseded = any(index in plan.superseded for plan in plans)
        return ignored(outcome, reasons[0], superseded=superseded, **details)
    if not steps and (request.action_name or request.step_id):
        looked_at = [(key.id, change.contents) for key, change in changes.items()]
        return failed(outcome, data_action_not_found(request, looked_at), **details)
    return succeeded(outcome, request, steps, at_limit=at_limit, **details)


def _unrecorded(index: int, changes: Mapping[DocumentKey, Change]) -> set[str]:
    return {
        change.unrecorded
        for change in changes.values()
        if change.unrecorded and any(step.changed for step in change.plan.changes.get(index, []))
    }


def _notes_of(change: Change, index: int) -> list[str]:
    """What is to be known of a document, as far as it concerns this request's own steps."""
    steps = change.plan.changes.get(index, [])
    own = {step.suggested_by for step in steps}
    of_actions = [note for action_id, note in change.notes_on_actions.items() if action_id in own]
    hints = [lever_hint(action_id, of, change.users.get(action_id)) for action_id, of in better_levers(steps)]
    return [*change.notes, *of_actions, *hints]


def _limit_notes(request: TimeoutRequest, steps: Sequence[StepChange], *, at_limit: bool, changed: bool) -> list[str]:
    order = request.order
    if order is None or order.limit_seconds is None:
        return []
    own = [step.slot.limit_seconds for step in steps if step.slot.limit_seconds is not None]
    limit = f"the limit of {min([order.limit_seconds, *own])} s"
    if at_limit:
        return [f"it stands at {limit} already and is not raised any more: the alarm needs a human"]
    if changed and all(order.within(step.slot.limit_seconds).is_at_limit(step.effective_after) for step in steps):
        return [f"this is {limit}: should the alarm go on, it needs a human"]
    return []


def _not_editable(problems: list[str]) -> Rejection:
    return Rejection(
        "data_action_not_editable",
        f"what was asked for cannot be edited: {', '.join(_some_of(problems))}",
        hint="correct it in Genesys Cloud, or narrow the request with step_id",
    )


def _some_of(problems: list[str]) -> list[str]:
    unshown = len(problems) - MOST_PROBLEMS
    shown = [problem[-LONGEST_PROBLEM:] for problem in problems[:MOST_PROBLEMS]]
    return [*shown, f"and {unshown} more"] if unshown > 0 else shown
