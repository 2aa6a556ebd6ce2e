"""An hour in which an alarm flaps: how little is published, and that in the end all is as it was."""

from __future__ import annotations

import heapq
import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

import pytest

from alarm_desk import AlarmDesk
from alarm_fakes import FLOW, NOW, CountedLedger, FakeWatch, now_in
from alarm_payloads import Json, alarm_action
from aws.queues import DeadLetterQueue, PutOff, RequestQueue
from batch import Batch, OrganizationClient
from changes import Rules
from documents.kinds import Kind
from doors import Doors
from endings import Endings
from fakes import READER, FakeFlows, FakeTime, Watcher, flow, longest, sqs_event, step
from genesys_cloud.credentials import Credentials
from genesys_cloud.dependencies import Users
from outcomes import Outcome, Status
from routing import Router, RouteReader

NAME = "data-action-crm-lookup-slow"
ROUTES = RouteReader()
TARGET = {"flow_id": "f", "action_name": "A"}


class Client:
    """The organization, as far as Flows go."""

    goes_slow = False
    credentials = Credentials(
        client_id="id",
        client_secret="secret",
        api_url="https://api",
        login_url="https://login",
        basic_auth=True,
        max_timeout_seconds=None,
    )
    data_actions = None

    def __init__(self, flows: FakeFlows) -> None:
        self.flows = flows

    def store(self, kind: Kind) -> FakeFlows:
        assert kind is Kind.FLOW
        return self.flows

    def users_of(self, action_id: str) -> Users | None:  # noqa: ARG002
        return None


class Hour:
    """The function between an alarm, its own queue, the ledger and a Flow, in simulated time.

    Args:
        deliveries: how often each message is delivered.
    """

    def __init__(self, policy: Json, *, deliveries: int = 1) -> None:
        self.policy = policy
        self.deliveries = deliveries
        self.time = FakeTime()
        self.time.now = NOW
        self.flows = FakeFlows(f=flow(step("A", id="a"), step("A", 4, id="b"), step("B", 9)))
        self.ledger = CountedLedger(time=self.time)
        self.watch = FakeWatch()
        self.outcomes: list[Outcome] = []
        self.buried: list[Any] = []
        self.highest = 0.0
        self._queue: list[tuple[float, int, str]] = []
        self._number = count()

    def flaps(self, seconds: Sequence[int]) -> None:
        """ALARM for the first so many seconds, OK for the next, and so on; then nothing more happens."""
        for position, duration in enumerate(seconds):
            self._goes_to("ALARM" if position % 2 == 0 else "OK")
            self._passes(duration)
        self._goes_to("OK")
        self._passes(None)

    @property
    def publishes(self) -> int:
        return len(self.flows.writes)

    @property
    def ends(self) -> Counter[Status]:
        return Counter(outcome.status for outcome in self.outcomes)

    def as_it_was(self) -> bool:
        return bool(self.flows.body("f")["steps"] == [step("A", id="a"), step("A", 4, id="b"), step("B", 9)])

    # -- what the function puts on its queue: see RequestQueue and DeadLetterQueue -------------------------------------

    def put_off(self, messages: Sequence[PutOff], _: object) -> dict[int, str]:
        for message in messages:
            assert 0 <= message.seconds <= 900, "SQS takes no more"
            heapq.heappush(self._queue, (self.time.now + message.seconds, next(self._number), message.text))
        return {}

    def show_again(self, waits: Sequence[tuple[str, int]], _: object) -> dict[int, str]:
        assert not waits, "nothing has a reason to wait here"
        return {}

    def send(self, letters: Sequence[Any], _: object) -> dict[int, str]:
        self.buried += letters
        return {}

    # ------------------------------------------------------------------------------------------------------------------

    def _goes_to(self, state: str) -> None:
        moment = datetime.fromtimestamp(self.time.now, UTC).isoformat(timespec="milliseconds")
        before = self.watch.alarms.get(NAME)
        if before and not isinstance(before, Exception) and before.state == state:
            return
        self.watch.alarms[NAME] = now_in(state, moment)
        payload = alarm_action(
            state=state, previous=None, at=moment.replace("+00:00", "+0000"), target=TARGET, policy=self.policy
        )
        self._deliver(json.dumps(payload))

    def _passes(self, seconds: float | None) -> None:
        """Time passes, and messages come when they are due; None waits until there are none left."""
        until = float("inf") if seconds is None else self.time.now + seconds
        while self._queue and self._queue[0][0] <= until:
            self.time.now, _, text = heapq.heappop(self._queue)
            self._deliver(text)
        self.time.now = self.time.now if seconds is None else until

    def _deliver(self, text: str) -> None:
        for _ in range(self.deliveries):
            self._handle(text)

    def _handle(self, text: str) -> None:
        """One invocation, wired as in `app`."""
        self.ledger.new_invocation()
        deadline = self.time.deadline(60)
        bugs: list[str] = []
        mail = Doors(READER, ROUTES).open(sqs_event(text), "invocation")
        default = ROUTES.read_policy({"raise_to_seconds": 30}, within="")
        AlarmDesk(
            Router(ROUTES, default, lambda: None),
            self.watch,
            self.ledger,
            deadline,
            concurrency=1,
            on_bug=bugs.append,
            now=self.time.clock,
        ).see_to(mail.asks, mail.door)
        batch = Batch(
            lambda _: cast("OrganizationClient", Client(self.flows)),
            self.ledger,
            deadline,
            rules=Rules(3, 5, longest),
            default_limit_seconds=30,
            concurrency=1,
            observer=Watcher(),
            on_bug=bugs.append,
        )
        [ask] = mail.asks
        [outcome] = [ask.outcome] if ask.outcome else batch.carry_out([ask.request] if ask.request else [], mail.door)
        outcome = ask.errand.conclude(outcome) if ask.errand else outcome
        kept = Endings(
            cast("RequestQueue", self),
            cast("DeadLetterQueue", self),
            self.ledger,
            lambda *_: None,
            now=self.time.clock,
        ).settle([(ask, outcome)], deadline, from_queue=True)
        assert (kept, bugs) == ([], []), outcome
        self.outcomes.append(outcome)
        self.highest = max(self.highest, *(seconds or 0 for seconds in self.flows.timeouts("f")[:2]))


def an_hour_of_flapping(seed: int) -> list[int]:
    """ALARM and OK by turns, each for one to three minutes."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    durations: list[int] = []
    while sum(durations) < 3600:
        durations += [chance.randint(60, 180), chance.randint(60, 180)]
    return durations


SEEDS = range(4)
RELATIVE = {"raise_by_seconds": 2, "cooldown_seconds": 600, "restore_on_ok": True}
PATIENT = {"restore_after_seconds": 900}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("deliveries", [1, 2])
@pytest.mark.parametrize("amount", [{"raise_by_seconds": 2}, {"raise_by_percent": 40}])
def test_with_a_cooldown_and_patience_an_hour_of_flapping_costs_a_handful_of_publishes(
    seed: int, deliveries: int, amount: Json
) -> None:
    durations = an_hour_of_flapping(seed)
    policy = {name: value for name, value in RELATIVE.items() if name != "raise_by_seconds"} | amount | PATIENT
    hour = Hour(policy, deliveries=deliveries)
    hour.flaps(durations)
    # One raise in each cooldown that has begun, whatever the number of alarms; and one restore when all is over, for no
    # OK lasts as long as restore_after_seconds before the last one.
    raises = sum(durations) // 600 + 1
    assert hour.publishes <= raises + 1
    assert 2 <= hour.ends[Status.RAISED] <= raises
    assert hour.ends[Status.RESTORED] == 1
    assert set(hour.ends) == {Status.RAISED, Status.RESTORED, Status.IGNORED}
    assert len(durations) / 2 > 2 * hour.publishes  # against as many alarms
    assert (hour.as_it_was(), hour.buried) == (True, [])
    assert not hour.ledger.record(FLOW).holds_something_to_restore


@pytest.mark.parametrize("seed", SEEDS)
def test_without_patience_every_ok_puts_back_what_the_cooldown_let_through(seed: int) -> None:
    durations = an_hour_of_flapping(seed)
    hour = Hour(RELATIVE)
    hour.flaps(durations)
    raises = sum(durations) // 600 + 1
    assert hour.ends[Status.RESTORED] == hour.ends[Status.RAISED] <= raises
    assert hour.publishes == 2 * hour.ends[Status.RAISED]
    assert hour.highest == 6  # every step begins at the bottom again: 3 + 2 and 4 + 2
    assert (hour.as_it_was(), hour.buried) == (True, [])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("deliveries", [1, 2])
def test_an_absolute_raise_with_patience_is_published_once_and_put_back_once(seed: int, deliveries: int) -> None:
    hour = Hour({"raise_to_seconds": 12, "restore_on_ok": True, **PATIENT}, deliveries=deliveries)
    hour.flaps(an_hour_of_flapping(seed))
    assert (hour.publishes, hour.ends[Status.RAISED], hour.ends[Status.RESTORED]) == (2, 1, 1)
    assert (hour.as_it_was(), hour.highest, hour.buried) == (True, 12, [])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_absolute_raise_without_patience_follows_every_flap(seed: int) -> None:
    durations = an_hour_of_flapping(seed)
    hour = Hour({"raise_to_seconds": 12, "restore_on_ok": True})
    hour.flaps(durations)
    assert hour.publishes == len(durations)  # a raise and a restore each: what patience is for
    assert (hour.as_it_was(), hour.buried) == (True, [])


@pytest.mark.parametrize("seed", SEEDS)
def test_patience_of_several_hops_outlasts_the_flapping(seed: int) -> None:
    hour = Hour({**RELATIVE, "restore_after_seconds": 3000})
    durations = an_hour_of_flapping(seed)
    hour.flaps(durations)
    assert (hour.ends[Status.RESTORED], hour.as_it_was()) == (1, True)
    assert hour.time.now == pytest.approx(NOW + sum(durations[:-1]) + 3000, abs=1)


def test_an_alarm_that_burns_on_is_raised_step_by_step_up_to_the_limit_and_then_left_alone() -> None:
    hour = Hour({**RELATIVE, **PATIENT, "recheck_after_seconds": 120, "limit_seconds": 12})
    hour.flaps([3600])
    # From 3 and 4 by 2 each: 5 6, 7 8, 9 10, 11 12, 12 12; a look finds both at the limit, and there is no other.
    assert (hour.highest, hour.ends[Status.RAISED], hour.ends[Status.UNCHANGED]) == (12, 5, 1)
    assert [outcome.at_limit for outcome in hour.outcomes].count(True) == 1
    assert (hour.publishes, hour.as_it_was()) == (6, True)


@pytest.mark.parametrize("seed", SEEDS)
def test_looks_at_a_flapping_alarm_step_only_while_it_burns_and_end_with_it(seed: int) -> None:
    # A look comes within an ALARM that lasts longer than two minutes, and once for it, cooldown or not.
    durations = an_hour_of_flapping(seed)
    hour = Hour({**RELATIVE, **PATIENT, "recheck_after_seconds": 120})
    hour.flaps(durations)
    long_ones = sum(duration >= 120 for duration in durations[::2])
    assert hour.ends[Status.RAISED] <= sum(durations) // 600 + 1 + long_ones
    assert (hour.as_it_was(), hour.highest <= 30, hour.buried) == (True, True, [])
