"""What to change in one document. Pure: the document, what is remembered of it and the requests in, the plan out.

Requests for the same step are carried out as if one after the other, in their order; of neighbouring raises the highest
wins, so that their order does not matter. A dry run and an inspection see the document as it was read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from documents.steps import Slot, Steps
from genesys_cloud.errors import COMES_AGAIN, Transient
from ledger import Goals, LedgerUnavailable, Memory, keys_of
from plan import Plan, StepChange, Write
from planned_step import PlannedStep, entry_of
from rejection import NOTHING_TO_RESTORE, Rejection, out_of_range
from timeout_request import AlarmOrder, Operation, TimeoutRequest

MOST_SHOWN = 5
LONGEST_SHOWN_PATH = 300


def needs_memory(request: TimeoutRequest) -> bool:
    """Whether a request cannot be planned without asking the ledger."""
    return request.operation is Operation.RESTORE or request.order is not None


def make_plan(
    document_id: str,
    steps: Steps,
    requests: Sequence[tuple[int, TimeoutRequest]],
    *,
    default_seconds: int,
    memory: Memory | None = None,
) -> Plan:
    """Plans all requests for one document.

    Args:
        steps: what the walk through the document found.
        requests: with their indices, in the order in which they count.
        default_seconds: what a step without a timeout counts as.
        memory: what the ledger knows; may be left out where no request needs it.
    """
    return _Planner(document_id, steps, default_seconds, memory or Memory()).plan(requests)


class _Planner:
    def __init__(self, document_id: str, steps: Steps, default_seconds: int, memory: Memory) -> None:
        self._document_id = document_id
        self._default = default_seconds
        self._slots = steps.slots
        self._memory = memory
        self._keys = keys_of(steps.slots) if memory.record else {}
        remembered = {entry.step: entry for entry in memory.record.entries} if memory.record else {}
        self._entries = {slot: remembered[key] for slot, key in self._keys.items() if key in remembered}
        self._by_name: dict[str | None, list[Slot]] = defaultdict(list)
        self._by_alias: dict[str | None, list[Slot]] = defaultdict(list)
        for slot in steps.slots:
            self._by_name[slot.name].append(slot)
            self._by_alias[slot.alias].append(slot)
        self._steps: dict[Slot, PlannedStep] = {}
        self._changes: dict[int, dict[Slot, StepChange]] = {}
        self._plan = Plan()

    def plan(self, requests: Sequence[tuple[int, TimeoutRequest]]) -> Plan:
        for index, request in requests:
            chosen = self._chosen(request)
            problems = [slot.problem for slot in chosen if slot.problem]
            if problems:
                self._plan.problems[index] = problems
                if request.operation is not Operation.INSPECT:
                    continue
            self._changes[index] = {}
            try:
                self._serve(index, request, chosen)
            except Transient as error:  # a suggested timeout that cannot be known just now: others do not need it
                self._plan.errors[index] = error
        for step in self._steps.values():
            self._end_run(step)
        self._conclude()
        return self._plan

    def _serve(self, index: int, request: TimeoutRequest, chosen: Sequence[Slot]) -> None:
        limit = _limit_exceeded(request, chosen)
        if limit is not None:
            self._plan.errors[index] = out_of_range(request, limit, of="what is to be changed")
        elif request.operation is Operation.INSPECT:
            for slot, seconds in [(slot, slot.seconds) for slot in chosen]:
                self._tell(index, slot, seconds, seconds)
        elif request.writes:
            self._carry_out(index, request, [self._step_of(slot) for slot in chosen])
        else:
            self._look_only(index, request, chosen)

    def _chosen(self, request: TimeoutRequest) -> list[Slot]:
        """By name, or else by alias: an alias counts where no step that is meant has it for its name."""
        name = request.action_name
        found = [self._slots] if name is None else [self._by_name[name], self._by_alias[name]]
        meant = ([slot for slot in slots if request.step_id in {None, slot.id}] for slots in found)
        return next(filter(None, meant), [])

    def _step_of(self, slot: Slot) -> PlannedStep:
        if slot not in self._steps:
            self._steps[slot] = self._new_step(slot)
        return self._steps[slot]

    def _new_step(self, slot: Slot) -> PlannedStep:
        return PlannedStep(slot, self._default_of(slot), self._keys.get(slot), self._entries.get(slot))

    def _default_of(self, slot: Slot) -> int:
        return self._default if slot.default_seconds is None else slot.default_seconds

    def _look_only(self, index: int, request: TimeoutRequest, chosen: Iterable[Slot]) -> None:
        """A dry run: on steps of its own, which nobody writes, and with nothing decided."""
        steps = [self._new_step(slot) for slot in chosen]
        decided = dict(self._plan.decisions)
        self._carry_out(index, request, steps)
        for step in steps:
            self._end_run(step)
        self._plan.decisions = decided

    def _carry_out(self, index: int, request: TimeoutRequest, steps: Sequence[PlannedStep]) -> None:
        order = request.order
        if self._memory.lost and (request.operation is Operation.RESTORE or (order and order.relative)):
            self._plan.errors[index] = LedgerUnavailable(
                f"the ledger does not answer, and without it nothing relative is done: {self._memory.lost}",
                hint=f"see to the ledger's DynamoDB table; {COMES_AGAIN}",
            )
        elif request.operation is Operation.RESTORE:
            self._restore(index, request, steps)
        elif order:
            self._follow(order, index, request, steps)
        elif request.timeout_seconds is not None:
            carry_out = self._raise if request.operation is Operation.RAISE else self._set
            for step in steps:
                carry_out(index, request, step, request.timeout_seconds)

    def _tell(
        self, index: int, slot: Slot, before: float | None, after: float | None, *, rewritten: bool = False
    ) -> None:
        default = self._default_of(slot)
        self._changes[index][slot] = StepChange(
            self._document_id,
            slot,
            before,
            after,
            effective_before=default if before is None else before,
            effective_after=default if after is None else after,
            suggested_by=slot.suggested_by,
            rewritten=rewritten,
        )

    # -- raise and set -------------------------------------------------------------------------------------------------

    def _raise(self, index: int, request: TimeoutRequest, step: PlannedStep, seconds: int) -> None:
        if not step.run:
            step.run_before = step.seconds
        step.run.append((index, seconds))
        if step.effective < seconds:
            step.write(seconds, request)

    def _set(self, index: int, request: TimeoutRequest, step: PlannedStep, seconds: int) -> None:
        self._end_run(step)
        before = step.seconds
        if before != seconds:
            step.write(seconds, request)
        elif step.slot.seconds != seconds:
            self._plan.leaning.add(index)
        self._tell(index, step.slot, before, seconds)

    def _end_run(self, step: PlannedStep) -> None:
        """Tells neighbouring raises what they did: together, one raise to the highest of them."""
        for index, wanted in step.run:
            suffices = step.effective_at(step.run_before) >= wanted
            if suffices and step.effective_at(step.slot.seconds) < wanted:
                self._plan.leaning.add(index)
            self._tell(index, step.slot, step.run_before, step.run_before if suffices else step.seconds)
        step.run = []

    # -- what alarms ask for -------------------------------------------------------------------------------------------

    def _follow(self, order: AlarmOrder, index: int, request: TimeoutRequest, steps: Sequence[PlannedStep]) -> None:
        """A raise that an alarm asks for: within its limit, not too often, and as decided if that was done before."""
        decided = self._memory.decisions.get(order.transition)
        if decided is not None and steps and all(step.is_restored_since(order) for step in steps):
            self._plan.ignored[index] = "this transition was acted upon, and what it did was put back since"
            return
        if decided is None:
            if self._is_superseded(order, steps):
                self._plan.superseded.add(index)
                self._plan.ignored[index] = "a later change of the same alarm has raised it since, and goes on"
                return
            held = self._held_by_cooldown(order, steps)
            if held:
                self._plan.ignored[index] = held
                if any(step.is_raised for step in steps):
                    self._plan.leaning.add(index)
                return
        goals = self._decide(order, steps) if decided is None else _goals_of(steps, decided)
        if steps and all(order.within(step.slot.limit_seconds).is_at_limit(step.effective) for step in steps):
            self._plan.at_limit.add(index)
        for step in steps:
            self._raise(index, request, step, order.within(step.slot.limit_seconds).cut(goals.get(step, 0)))

    def _decide(self, order: AlarmOrder, steps: Sequence[PlannedStep]) -> dict[PlannedStep, int]:
        goals = {step: order.goal(step.effective) for step in steps}
        if order.relative and any(goal > step.effective for step, goal in goals.items()):
            self._plan.decisions[order.transition] = [(step.key, goal) for step, goal in goals.items() if step.key]
        return goals

    def _is_superseded(self, order: AlarmOrder, steps: Iterable[PlannedStep]) -> bool:
        """Whether a later transition of the same alarm has raised it: of two chains of re-checks, the newer goes on."""
        changed_at = order.changed_at
        return changed_at is not None and any(
            step.entry and step.entry.alarm == order.alarm and (step.entry.alarm_changed_at or 0) > changed_at
            for step in steps
        )

    def _held_by_cooldown(self, order: AlarmOrder, steps: Iterable[PlannedStep]) -> str | None:
        if not (order.relative and order.cooldown_seconds):
            return None
        now = self._memory.now
        raised_at = [now if step.is_raised else step.entry.raised_at for step in steps if step.entry]
        left = max((at for at in raised_at if at is not None), default=-math.inf) + order.cooldown_seconds - now
        return f"the target was raised not long ago: the cooldown holds for another {left:.0f} s" if left > 0 else None

    # -- restore -------------------------------------------------------------------------------------------------------

    def _restore(self, index: int, request: TimeoutRequest, steps: Sequence[PlannedStep]) -> None:
        """Puts back all steps that have something to put back, or none: whoever asked looks at the whole."""
        for step in steps:
            self._end_run(step)
        if any(step.last_request for step in steps):
            self._plan.leaning.add(index)
        known = [step for step in steps if step.entry and step.entry.before]
        if request.order and known:
            known = [step for step in known if step.is_due_to(request.order)]
            if not known:
                self._plan.ignored[index] = "its last raise was not this alarm's, or came after it was over: it stays"
                return
        foreign = [step for step in known if step.belongs_to_someone_else]
        if foreign:
            self._plan.contradicts_ledger = True
            self._plan.errors[index] = _changed_by_someone_else(foreign)
            return
        for step in steps:
            before, rewritten = step.seconds, False
            if step in known and step.entry and step.entry.before:
                rewritten = not step.stands_as_before
                if step.entry.restoring and step.stands_as_before:  # done, but not confirmed: told as what it was
                    before, rewritten = step.entry.last_written, True
                step.put_back(step.entry.before, request)
            self._tell(index, step.slot, before, step.seconds, rewritten=rewritten)
        if steps and not any(change.changed for change in self._changes[index].values()):
            self._plan.errors[index] = _nothing_to_restore()

    # -- the result ----------------------------------------------------------------------------------------------------

    def _conclude(self) -> None:
        place = {slot: number for number, slot in enumerate(self._slots)}
        for index, told in self._changes.items():
            self._plan.changes[index] = sorted(told.values(), key=lambda change: place[change.slot])
        for step in sorted(self._steps.values(), key=lambda step: place[step.slot]):
            if step.last_request:
                self._conclude_step(step, step.last_request)

    def _conclude_step(self, step: PlannedStep, request: TimeoutRequest) -> None:
        """What is to be written, and remembered: only of what comes out in the end, not of what was in between."""
        slot, known = step.slot, self._entries.get(step.slot)
        if step.image is not None:
            if known and step.image != slot.image():
                self._plan.writes.append(Write(slot, step.seconds, step.image))
                entry = replace(known, restoring=True)
                self._plan.entries[slot] = entry.written_for(request, self._memory.now, raised=False)
            elif known:
                self._plan.contradicts_ledger = True
                if known.restoring or not known.intended:  # what is intended may be published any moment
                    self._plan.entries[slot] = known.forgotten()
        elif step.seconds is not None and step.seconds != slot.seconds:
            self._plan.writes.append(Write(slot, step.seconds))
            if step.key:
                entry = entry_of(step.key, slot, known).intends(slot.seconds, slot.image(), int(step.seconds))
                raised = step.is_raised
                self._plan.entries[slot] = entry.written_for(request, self._memory.now, raised=raised)
                if known and known.before and entry.before != known.before:
                    self._plan.contradicts_ledger = True


def _limit_exceeded(request: TimeoutRequest, chosen: Iterable[Slot]) -> int | None:
    """The limit of one of the places, where the request wants more than that; an alarm's raise is cut to it instead."""
    if request.order or request.operation not in {Operation.RAISE, Operation.SET}:
        return None
    limits = [slot.limit_seconds for slot in chosen if slot.limit_seconds is not None]
    return next((limit for limit in sorted(limits) if (request.timeout_seconds or 0) > limit), None)


def _goals_of(steps: Iterable[PlannedStep], decided: Goals) -> dict[PlannedStep, int]:
    goals = dict(decided)
    return {step: goals[step.key] for step in steps if step.key in goals}


def _standing(seconds: float | None) -> str:
    return "has no timeout" if seconds is None else f"stands at {seconds} s"


def _changed_by_someone_else(steps: Sequence[PlannedStep]) -> Rejection:
    shown = ", ".join(
        f"{step.slot.path[-LONGEST_SHOWN_PATH:]} {_standing(step.seconds)}, not at {entry.last_written} s"
        for step in steps[:MOST_SHOWN]
        if (entry := step.entry)
    )
    unshown = len(steps) - MOST_SHOWN
    return Rejection(
        "changed_by_someone_else",
        f"nothing is put back, for someone else has changed it since: {shown}"
        + (f" and {unshown} more" if unshown > 0 else ""),
        hint="what someone else has set is theirs: use operation set if it is to change, or narrow with step_id",
    )


def _nothing_to_restore() -> Rejection:
    return Rejection(
        NOTHING_TO_RESTORE,
        "this system has changed nothing here that could be put back",
        hint="it was restored already, or never changed; operation inspect shows where it stands",
    )
