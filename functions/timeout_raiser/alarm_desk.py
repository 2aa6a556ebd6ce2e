"""What an alarm leads to: a request, a message to ourselves for later, or nothing.

| what comes          | what is done                                                                        |
|---------------------|-------------------------------------------------------------------------------------|
| a change to ALARM   | a raise by its route's policy; a re-check later, where the policy wants one         |
| a change to OK      | a restore, at once or once it has stayed OK, where the policy wants one             |
| any other change    | nothing; and nothing for one that was muted or suppressed                           |
| a re-check          | if the alarm still burns: the next raise, and the next re-check                     |
| a restore to be due | before it is due: another hop; then, if the alarm has stayed OK: the restore        |

Every transition, and every look at one that goes on, acts once. What is done is marked as finished when everything that
follows from it is done, its next message to ourselves included. Before that mark a repetition does only what is missing
(`remembering` says how); after it, it does nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple, Protocol

from alarms import AlarmNow, AlarmSignal
from doors import Ask, Door
from errands import Errand
from follow_ups import AlarmReference, FollowUp, Purpose
from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import COMES_AGAIN, GenesysCloudError, OutOfTime, Transient
from genesys_cloud.json_text import plain
from internal_error import InternalError
from ledger import Ledger, LedgerUnavailable
from outcomes import Outcome, Status, failed, ignored
from rejection import ALARM_NOT_ROUTED, Rejection
from routing import Route, Router
from side_by_side import SideBySide
from timeout_request import AlarmOrder, TimeoutRequest, made_of, target_of

SAME_MOMENT = timedelta(seconds=1)
"""A payload and DescribeAlarms may differ by so much about the time of one transition."""
EARLY_SECONDS = 1.0
"""What comes so much too early is due: SQS delays by whole seconds."""

ACTED_ALREADY = "this transition of the alarm was acted upon already"
EACH_BY_ITSELF = "this is the alarm as a whole: each of its time series that is in ALARM is heard by itself"
NO_LATENCY = (
    "headroom_percent has nothing to go by: the alarm says no latency of a known unit"
    " (latency_unit says the unit, a raise_by_* beside it what to do without a latency)"
)


class Watch(Protocol):
    """Says what alarms are in now."""

    def look_ahead(self, alarm_names: Sequence[str]) -> None:
        """Is told which alarms are going to be looked at."""

    def look(self, alarm_name: str, contributor_id: str | None) -> AlarmNow | None:
        """What the alarm is in now; None where there is no such alarm. Raises a Transient where that is not known."""


class Verdict(NamedTuple):
    """What an alarm leads to: a request, or an outcome at once; and what is left to do after either."""

    outcome: Outcome | None = None
    request: TimeoutRequest | None = None
    errand: Errand | None = None


class AlarmDesk:
    """Sees to the alarms of one invocation.

    Args:
        concurrency: alarms that are seen to at the same time.
        on_bug: is told of an exception that nobody expected, while it is handled.
        now: the time of day, in seconds since 1970.
    """

    def __init__(
        self,
        router: Router,
        watch: Watch,
        ledger: Ledger,
        deadline: Deadline,
        *,
        concurrency: int,
        on_bug: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._router = router
        self._watch = watch
        self._ledger = ledger
        self._deadline = deadline
        self._concurrency = concurrency
        self._on_bug = on_bug
        self._now = now
        self._lock = threading.Lock()
        self._dealt_with: set[str] = set()

    def see_to(self, asks: Sequence[Ask], door: Door) -> None:
        """Gives every ask of an alarm its request or its outcome, and its errand; side by side, and by the deadline."""
        alarms = [ask for ask in asks if ask.signal or ask.follow_up]
        if not alarms:
            return
        with SideBySide(self._concurrency, self._deadline) as workers:
            verdicts = self._verdicts(alarms, door, workers) if workers.has_time else {}
        for number, ask in enumerate(alarms):
            verdict = verdicts.get(number) or Verdict(failed(_blank(ask, door), _overdue()))
            ask.outcome, ask.request, ask.errand = verdict

    def _verdicts(self, alarms: Sequence[Ask], door: Door, workers: SideBySide) -> dict[int, Verdict]:
        """Those that were found in time, by the alarm's place."""
        transitions = tuple(ask.transition for ask in alarms)
        self._dealt_with = workers.map(self._finished, [transitions]).get(transitions, set())
        workers.map(self._watch.look_ahead, [tuple(ask.follow_up.alarm.name for ask in alarms if ask.follow_up)])
        return workers.map(lambda number: self._safe_verdict(alarms[number], door), range(len(alarms)))

    def _finished(self, transitions: Sequence[str]) -> set[str]:
        """Those that are dealt with; without the ledger, what is relative will wait, and the rest may be repeated."""
        try:
            return self._ledger.finished(transitions)
        except LedgerUnavailable:
            return set()
        except Exception:  # noqa: BLE001  # a bug
            self._on_bug("asking the ledger what is dealt with")
            return set()

    def _safe_verdict(self, ask: Ask, door: Door) -> Verdict:
        """The verdict; one alarm's trouble must not be its neighbours'."""
        blank = _blank(ask, door)
        if ask.follow_up:
            blank = _aimed(blank, ask.follow_up.route)
        try:
            return self._verdict(ask, blank)
        except GenesysCloudError as error:
            return Verdict(failed(blank, error))
        except Exception as error:  # noqa: BLE001  # a bug
            self._on_bug(f"seeing to {blank.requested_by}")
            return Verdict(failed(blank, InternalError.of(f"seeing to {blank.requested_by}", error)))

    def _verdict(self, ask: Ask, blank: Outcome) -> Verdict:
        if ask.signal:
            return self._heard(ask.signal, blank)
        if ask.follow_up is None:
            raise ValueError("neither an alarm nor a message to ourselves")
        if self._is_repeated(ask.follow_up.transition):
            return Verdict(ignored(blank, ACTED_ALREADY))
        heed = self._recheck if ask.follow_up.purpose is Purpose.RECHECK else self._restore_in_time
        return heed(ask.follow_up, blank)

    # -- a transition --------------------------------------------------------------------------------------------------

    def _heard(self, signal: AlarmSignal, blank: Outcome) -> Verdict:
        if signal.silenced:
            return Verdict(ignored(blank, f"the alarm's actions are not to happen: {signal.silenced}"))
        if signal.state == "ALARM":
            return self._burning(signal, blank)
        if signal.state == "OK":
            return self._over(signal, blank)
        return Verdict(ignored(blank, f"only a change to ALARM or OK asks for anything, not to {signal.state or '?'}"))

    def _burning(self, signal: AlarmSignal, blank: Outcome) -> Verdict:
        try:
            alarm, route = AlarmReference.of(signal), self._router.route(signal)
        except Rejection as rejection:
            if rejection.code == ALARM_NOT_ROUTED and signal.of_many_series:
                return Verdict(ignored(blank, EACH_BY_ITSELF))
            raise
        blank = _aimed(blank, route)
        if self._is_repeated(alarm.transition):
            return Verdict(ignored(blank, ACTED_ALREADY))
        latency = signal.latency.seconds(route.policy.latency_unit) if signal.latency else None
        look = FollowUp(Purpose.RECHECK, alarm, route, self._now(), latency_seconds=latency)
        verdict = self._step(alarm.transition, look, blank, cooldown_seconds=route.policy.cooldown_seconds)
        if route.policy.restore_on_ok and verdict.errand:
            back = self._restore_after_all(look)
            verdict = verdict._replace(errand=replace(verdict.errand, next=back or verdict.errand.next))
        return verdict

    def _restore_after_all(self, look: FollowUp) -> FollowUp | None:
        """The restore that an alarm needs which comes so late that its OK has come and gone before it."""
        try:
            now = self._look(look.alarm)
        except Transient:  # a raise waits for nobody's word on whether it may be over
            return None
        changed_at = look.alarm.changed_at
        if now is None or now.state != "OK" or not now.transitioned_at or not changed_at:
            return None
        if now.transitioned_at - changed_at <= SAME_MOMENT:
            return None
        alarm = replace(look.alarm, changed_at=now.transitioned_at)
        return FollowUp(Purpose.RESTORE, alarm, look.route, self._now() + look.route.policy.restore_after_seconds)

    def _over(self, signal: AlarmSignal, blank: Outcome) -> Verdict:
        try:
            route = self._router.route(signal)
        except Rejection as rejection:
            if rejection.code != ALARM_NOT_ROUTED:
                raise
            return Verdict(ignored(blank, "the alarm is over, and no route says that this asks for anything"))
        policy, alarm = route.policy, AlarmReference.of(signal)
        blank = _aimed(blank, route)
        if not policy.restore_on_ok:
            return Verdict(ignored(blank, "the alarm is over, and its policy does not say restore_on_ok"))
        if self._is_repeated(alarm.transition):
            return Verdict(ignored(blank, ACTED_ALREADY))
        if policy.restore_after_seconds:
            later = FollowUp(Purpose.RESTORE, alarm, route, self._now() + policy.restore_after_seconds)
            outcome = ignored(blank, f"to be restored if the alarm stays OK for {policy.restore_after_seconds} s")
            return Verdict(outcome, errand=Errand(alarm.transition, next=later))
        now = self._look(alarm)
        if now and now.state == "ALARM":
            return Verdict(ignored(blank, "the alarm is in ALARM again: nothing is put back"))
        return _restore(alarm.transition, alarm, route, blank)

    # -- a message to ourselves ----------------------------------------------------------------------------------------

    def _recheck(self, follow_up: FollowUp, blank: Outcome) -> Verdict:
        now = self._look(follow_up.alarm)
        if now is None:
            return Verdict(ignored(blank, "there is no such alarm in this account and region: it cannot be looked at"))
        if not _is_still(now, "ALARM", follow_up.alarm):
            return Verdict(ignored(blank, "the alarm has changed since: there is nothing left to do for this one"))
        observed = now.latency.seconds(follow_up.route.policy.latency_unit) if now.latency else None
        latency = follow_up.latency_seconds if observed is None else observed
        look = replace(follow_up, number=follow_up.number + 1, latency_seconds=latency)
        return self._step(follow_up.transition, look, blank, cooldown_seconds=0)

    def _restore_in_time(self, follow_up: FollowUp, blank: Outcome) -> Verdict:
        left = follow_up.due_at - self._now()
        if left > EARLY_SECONDS:
            outcome = ignored(blank, f"to be restored if the alarm stays OK for another {left:.0f} s")
            hop = replace(follow_up, number=follow_up.number + 1)
            return Verdict(outcome, errand=Errand(follow_up.transition, next=hop))
        now = self._look(follow_up.alarm)
        if now is None:
            return Verdict(ignored(blank, "there is no such alarm in this account and region: nothing is put back"))
        if not _is_still(now, "OK", follow_up.alarm):
            return Verdict(ignored(blank, "the alarm has not stayed OK: nothing is put back"))
        return _restore(follow_up.transition, follow_up.alarm, follow_up.route, blank)

    # -- what is done --------------------------------------------------------------------------------------------------

    def _step(self, transition: str, look: FollowUp, blank: Outcome, *, cooldown_seconds: int) -> Verdict:
        """One step of a raise, and another look afterwards where the policy wants one."""
        policy, wait = look.route.policy, look.route.policy.recheck_after_seconds
        errand = Errand(
            transition,
            next=None if wait is None else replace(look, due_at=self._now() + wait),
            may_find_more_to_do=policy.may_find_more_to_do,
        )
        amount = policy.amount(look.latency_seconds)
        if amount is None:
            return Verdict(ignored(blank, NO_LATENCY), errand=errand)
        order = _order(transition, look.alarm)
        order = replace(order, amount=amount, limit_seconds=policy.limit_seconds, cooldown_seconds=cooldown_seconds)
        return Verdict(request=_request("raise", look.route, blank, order), errand=errand)

    # -- what is so ----------------------------------------------------------------------------------------------------

    def _is_repeated(self, transition: str) -> bool:
        """Whether it is dealt with already, or in this very batch."""
        with self._lock:
            repeated = transition in self._dealt_with
            self._dealt_with.add(transition)
        return repeated

    def _look(self, alarm: AlarmReference) -> AlarmNow | None:
        return self._watch.look(alarm.name, alarm.contributor_id)


def _overdue() -> OutOfTime:
    return OutOfTime("the alarm was not seen to: no time was left", hint=COMES_AGAIN)


def _is_still(now: AlarmNow, state: str, alarm: AlarmReference) -> bool:
    """Whether the alarm is in this state ever since the transition spoken of."""
    if now.state != state:
        return False
    if now.transitioned_at is None or alarm.changed_at is None:
        return True
    return now.transitioned_at - alarm.changed_at <= SAME_MOMENT


def _restore(transition: str, alarm: AlarmReference, route: Route, blank: Outcome) -> Verdict:
    request = _request("restore", route, blank, _order(transition, alarm))
    return Verdict(request=request, errand=Errand(transition, restores=True))


def _order(transition: str, alarm: AlarmReference) -> AlarmOrder:
    return AlarmOrder(transition, alarm.series, alarm.changed_at_seconds)


def _request(operation: str, route: Route, blank: Outcome, order: AlarmOrder) -> TimeoutRequest:
    who = {"requested_by": blank.requested_by, "reason": blank.reason}
    return made_of({**route.target, **who, "operation": operation}, blank.request_id, order)


def _blank(ask: Ask, door: Door) -> Outcome:
    """An outcome that says who asks and why, and nothing yet of what becomes of it."""
    alarm = ask.follow_up.alarm if ask.follow_up else AlarmReference.of(ask.signal) if ask.signal else None
    return Outcome(
        request_id=ask.request_id(door),
        door=door,
        organization="default",
        status=Status.DEFERRED,
        target={},
        requested_by=plain(f"alarm {alarm.name}"[:256]) if alarm else None,
        reason=plain(alarm.reason[:256]) if alarm else None,
    )


def _aimed(blank: Outcome, route: Route) -> Outcome:
    return replace(
        blank, target=target_of(route.target), organization=route.target.get("organization", blank.organization)
    )
