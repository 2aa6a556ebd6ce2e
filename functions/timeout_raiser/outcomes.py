"""The outcome: what became of one request. It alone decides what becomes of the message."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from genesys_cloud.errors import GenesysCloudError, Permanent, Transient
from genesys_cloud.json_text import plain
from plan import StepChange
from timeout_request import TARGET_NAMES, Operation, TimeoutRequest

LARGEST_ANSWER_BYTES = 5_500_000
"""Lambda takes 6 MB."""
MOST_STEPS_IN_BRIEF = (100, 10, 0)
"""As many as fit."""
MOST_BYTES_IN_BRIEF = 200_000
LONGEST_TEXT_IN_BRIEF = 512
LONGEST_MESSAGE = 4096
LONGEST_VERSION = 128


class Status(StrEnum):
    """How a request ended."""

    RAISED = "raised"
    UNCHANGED = "unchanged"
    SET = "set"
    RESTORED = "restored"
    PLANNED = "planned"
    INSPECTED = "inspected"
    IGNORED = "ignored"
    REJECTED = "rejected"
    DEFERRED = "deferred"


@dataclass(frozen=True)
class OutcomeError:
    """Why a request was rejected or deferred, with what an operator needs to go on.

    Attributes:
        code: stable, for machines; docs/outcomes.md lists them.
        http_status, genesys_code, correlation_id: of Genesys Cloud's answer, None where there was none.
    """

    code: str
    message: str
    hint: str | None = None
    http_status: int | None = None
    genesys_code: str | None = None
    correlation_id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Its fields; what Genesys Cloud has said in them is cut to a length that every place takes."""
        return {
            name: _shown(value, LONGEST_MESSAGE) if isinstance(value, str) else value
            for name, value in vars(self).items()
        }


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Attributes:
        steps: every step asked for, changed or not; several Flows' with `include_subflows`.
        flow_version: of the Flow or integration action asked for, as published or as read.
        note: what else an operator should know, in words.
        retry_after_seconds: when a deferred request is due again; None leaves it to a backoff by receive count.
        names_flows: whether the steps say which Flow they are in.
        at_limit: an alarm asks for more than its limit allows.
        superseded: a re-check that a newer transition of its alarm has made needless.
    """

    request_id: str
    door: str
    organization: str
    status: Status
    target: dict[str, str]
    steps: tuple[StepChange, ...] = ()
    flow_version: str | None = None
    publish_attempts: int = 0
    requested_by: str | None = None
    reason: str | None = None
    error: OutcomeError | None = None
    note: str | None = None
    retry_after_seconds: float | None = None
    names_flows: bool = False
    at_limit: bool = False
    superseded: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The outcome as the outside sees it; every key is always there."""
        return self._described(self.steps, longest_text=None)

    def in_brief(self) -> dict[str, Any]:
        """The same for log lines and events, which have limits (256 KB): fewer steps, and long texts cut."""
        for most_steps in MOST_STEPS_IN_BRIEF:
            described = self._described(self.steps[:most_steps], longest_text=LONGEST_TEXT_IN_BRIEF)
            if len(json.dumps(described)) <= MOST_BYTES_IN_BRIEF:
                break
        return described

    def _described(self, listed: Sequence[StepChange], *, longest_text: int | None) -> dict[str, Any]:
        lowest_before = min(self.steps, key=lambda step: step.effective_before, default=None)
        lowest_after = min(self.steps, key=lambda step: step.effective_after, default=None)
        unlisted = len(self.steps) - len(listed)
        notes = [*([self.note] if self.note else []), *([f"{unlisted} more steps are not listed"] if unlisted else [])]
        return {
            "request_id": self.request_id,
            "door": self.door,
            "organization": self.organization,
            "status": self.status.value,
            "target": self.target,
            "previous_timeout_seconds": lowest_before and lowest_before.before,
            "timeout_seconds": lowest_after and lowest_after.after,
            "steps": [self._described_step(step, longest_text) for step in listed],
            "flow_version": _shown(self.flow_version, LONGEST_VERSION),
            "publish_attempts": self.publish_attempts,
            "requested_by": self.requested_by,
            "reason": self.reason,
            "error": self.error and self.error.as_dict(),
            "note": _shown("; ".join(notes), LONGEST_MESSAGE) or None,
        }

    def _described_step(self, step: StepChange, longest_text: int | None) -> dict[str, Any]:
        slot = step.slot
        described: dict[str, Any] = {"flow_id": step.document_id} if self.names_flows else {}
        described |= {
            "path": _shown(slot.path, longest_text),
            "id": _shown(slot.id, longest_text),
            "name": _shown(slot.name, longest_text),
            "previous_timeout_seconds": step.before,
            "timeout_seconds": step.after,
        }
        if self.status is Status.INSPECTED:
            described["effective_timeout_seconds"] = step.effective_after
        return described


def answer(outcomes: Sequence[Outcome]) -> dict[str, list[dict[str, Any]]]:
    """What a direct invoke is answered: in full, or in brief where Lambda's limit would fail the invocation."""
    full = {"outcomes": [outcome.as_dict() for outcome in outcomes]}
    if len(json.dumps(full)) <= LARGEST_ANSWER_BYTES:
        return full
    brief = {"outcomes": [outcome.in_brief() for outcome in outcomes]}
    if len(json.dumps(brief)) <= LARGEST_ANSWER_BYTES:
        return brief
    return {"outcomes": [replace(outcome, steps=(), note="too much to list").as_dict() for outcome in outcomes]}


def _shown(text: str | None, longest: int | None) -> str | None:
    return None if text is None else plain(text[:longest])


OUTCOME_KEYS = tuple(Outcome("", "", "", Status.DEFERRED, {}).as_dict())
"""The keys of every outcome, in their order."""


def begin(request: TimeoutRequest, door: str) -> Outcome:
    """The outcome's fixed part; the status is preliminary."""
    return Outcome(
        request_id=request.request_id,
        door=door,
        organization=request.organization,
        status=Status.DEFERRED,
        target=request.target,
        requested_by=request.requested_by,
        reason=request.reason,
        names_flows=request.include_subflows,
    )


_DONE = {
    Operation.RAISE: Status.RAISED,
    Operation.SET: Status.SET,
    Operation.RESTORE: Status.RESTORED,
}


def succeeded(outcome: Outcome, request: TimeoutRequest, steps: Sequence[StepChange], **details: Any) -> Outcome:
    """The outcome of a request that was carried out."""
    if request.operation is Operation.INSPECT:
        status = Status.INSPECTED
    elif request.dry_run:
        status = Status.PLANNED
    elif not any(step.changed for step in steps):
        status = Status.UNCHANGED
    else:
        status = _DONE[request.operation]
    return replace(outcome, status=status, steps=tuple(steps), **details)


def failed(outcome: Outcome, error: GenesysCloudError, **details: Any) -> Outcome:
    """The outcome of a request that was not: rejected for good, or deferred."""
    return replace(
        outcome,
        status=Status.REJECTED if isinstance(error, Permanent) else Status.DEFERRED,
        error=OutcomeError(
            error.code, error.message, error.hint, error.http_status, error.genesys_code, error.correlation_id
        ),
        retry_after_seconds=error.retry_after_seconds if isinstance(error, Transient) else None,
        **details,
    )


def ignored(outcome: Outcome, why: str, **details: Any) -> Outcome:
    """The outcome of something that asks for nothing, or for nothing more."""
    note = "; ".join(text for text in (why, details.pop("note", None)) if text)
    return replace(outcome, status=Status.IGNORED, note=note, **details)


def no_alarm(event: Mapping[str, Any], *, request_id: str, door: str) -> Outcome:
    """The outcome of an alarm's event that tells no change of state."""
    return Outcome(
        request_id=request_id,
        door=door,
        organization="default",
        status=Status.IGNORED,
        target={},
        note=plain(f"{event.get('detail-type')}: only a change of an alarm's state asks for anything"),
    )


def unreadable(raw: object, problem: str, *, request_id: str, door: str) -> Outcome:
    """The outcome of something that is no request; what can be read of it is kept for whoever looks into it."""
    fields = raw if isinstance(raw, dict) else {}

    def text(name: str) -> str | None:
        value = fields.get(name)
        return plain(value[:256]) if isinstance(value, str) else None

    target = {name: text(name) for name in TARGET_NAMES}
    return Outcome(
        request_id=(text("request_id") or request_id)[:128],
        door=door,
        organization=(text("organization") or "default")[:32],
        status=Status.REJECTED,
        target={name: value for name, value in target.items() if value is not None},
        requested_by=text("requested_by"),
        reason=text("reason"),
        error=OutcomeError("invalid_request", problem, "correct the request and send it again: see docs/requests.md"),
    )
