"""What to change in one document. Pure: the document and the requests in, the plan out.

Requests for the same step are carried out as if one after the other, in their order; of neighbouring raises the highest
wins, so that their order does not matter. A dry run and an inspection see the document as it was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from documents.flow import FlowSteps, Slot, StepIdentity
from timeout_request import Operation, TimeoutRequest


@dataclass(frozen=True)
class StepChange:
    """What becomes of one step for one request.

    Attributes:
        before, after: the timeout in seconds, None where none is set.
        effective_before, effective_after: the same with the default in the place of None.
    """

    flow_id: str
    slot: Slot
    before: float | None
    after: float | None
    effective_before: float
    effective_after: float

    @property
    def changed(self) -> bool:
        """Whether the step is written for this request."""
        return self.after != self.before


@dataclass
class Plan:
    """What the requests do to one document.

    Attributes:
        changes: per request, by its index: every step asked for, changed or not.
        problems: per request, by its index: steps that cannot be edited; then nothing is changed for it.
        writes: the steps to write, with their final seconds.
        done: steps that an earlier plan has written already, with their seconds.
    """

    changes: dict[int, list[StepChange]] = field(default_factory=dict)
    problems: dict[int, list[str]] = field(default_factory=dict)
    writes: list[tuple[Slot, int]] = field(default_factory=list)
    done: dict[StepIdentity, int] = field(default_factory=dict)

    def apply(self) -> None:
        """Writes the steps into the document that was planned on."""
        for slot, seconds in self.writes:
            slot.write(seconds)

    def claim_what_was_done_by(self, sent: Plan) -> bool:
        """Takes over the changes of an earlier plan whose publish was not answered, where the Flow shows them done.

        A step that stands at exactly what was sent is ours; one that stands at anything else is someone else's.

        Returns:
            Whether there was any.
        """
        sent_seconds = sent.done | {slot.identity: seconds for slot, seconds in sent.writes}
        sent_changes = {
            (index, change.slot.identity): change for index, changes in sent.changes.items() for change in changes
        }
        for index, changes in self.changes.items():
            for number, change in enumerate(changes):
                step = change.slot.identity
                if sent_seconds.get(step) is not None and sent_seconds[step] == change.slot.seconds:
                    changes[number] = sent_changes.get((index, step), change)
                    self.done[step] = sent_seconds[step]
        return bool(self.done)


def make_plan(
    flow_id: str, steps: FlowSteps, requests: Sequence[tuple[int, TimeoutRequest]], *, default_seconds: int
) -> Plan:
    """Plans all requests for one Flow.

    Args:
        steps: what the walk through the Flow found.
        requests: with their indices, in the order in which they count.
        default_seconds: what a step without a timeout counts as.
    """
    plan = Plan()
    measure = _Measure(flow_id, default_seconds)
    wishes: dict[Slot, list[tuple[int, TimeoutRequest]]] = defaultdict(list)
    by_name: dict[str | None, list[Slot]] = defaultdict(list)
    for slot in steps.slots:
        by_name[slot.name].append(slot)
    for index, request in requests:
        candidates = steps.slots if request.action_name is None else by_name.get(request.action_name, [])
        chosen = [slot for slot in candidates if request.step_id in {None, slot.id}]
        problems = [slot.problem for slot in chosen if slot.problem]
        if problems:
            plan.problems[index] = problems
            if request.operation is not Operation.INSPECT:
                continue
        plan.changes[index] = []
        for slot in chosen:
            if request.writes:
                wishes[slot].append((index, request))
            else:
                before = None if slot.problem else slot.seconds
                plan.changes[index].append(measure.change(slot, before, measure.wanted(before, request)))
    for slot in steps.slots:
        if slot in wishes:
            _carry_out(plan, slot, wishes[slot], measure)
    return plan


def _carry_out(plan: Plan, slot: Slot, wishes: Iterable[tuple[int, TimeoutRequest]], measure: _Measure) -> None:
    original = seconds = slot.seconds
    for operation, run in groupby(wishes, key=lambda wish: wish[1].operation):
        together = list(run)
        # Neighbouring raises are one raise to the highest of them; each `set` counts by itself.
        for part in [together] if operation is Operation.RAISE else [[wish] for wish in together]:
            before = seconds
            for _, request in part:
                seconds = measure.wanted(seconds, request)
            for index, request in part:
                suffices = measure.wanted(before, request) == before
                plan.changes[index].append(measure.change(slot, before, before if suffices else seconds))
    if seconds is not None and seconds != original:
        plan.writes.append((slot, int(seconds)))


@dataclass(frozen=True)
class _Measure:
    """How seconds are counted in one Flow."""

    flow_id: str
    default_seconds: int

    def effective(self, seconds: float | None) -> float:
        return self.default_seconds if seconds is None else seconds

    def wanted(self, seconds: float | None, request: TimeoutRequest) -> float | None:
        """What the request makes of a step that stands at so many seconds."""
        wish = request.timeout_seconds
        if wish is None or request.operation is Operation.INSPECT:
            return seconds
        if request.operation is Operation.RAISE and self.effective(seconds) >= wish:
            return seconds
        return wish

    def change(self, slot: Slot, before: float | None, after: float | None) -> StepChange:
        return StepChange(self.flow_id, slot, before, after, self.effective(before), self.effective(after))
