"""Measuring: in an order that loses no minute and doubles none, wherever an invocation dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cloud.action_analytics import ActionMinute
from genesys_cloud.errors import Unavailable
from latency_probe.checkpoints import Checkpoint, CheckpointsUnavailable, TakenByAnother
from latency_probe.intervals import A_MINUTE, Interval, Pace
from latency_probe.measuring import Measured, Measuring, NotMoved

BEGIN = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
CLAIM_SECONDS = 45


class Died(BaseException):
    """The invocation is no more: nothing after it is done."""


class World:
    """One organization with an execution in every minute, its checkpoint, and the time. Fails on demand.

    Attributes:
        published: how often each minute was.
        steps: what was done, in order.
        fails: what happens at a step, once.
    """

    def __init__(self) -> None:
        self.now = BEGIN
        self.checkpoint = Checkpoint()
        self.owner: str | None = None
        self.published: Counter[datetime] = Counter()
        self.steps: list[str] = []
        self.fails: dict[str, BaseException] = {}
        self._invocations = 0

    def run(self) -> Measured:
        self._invocations += 1
        pace = Pace(settling_minutes=2, look_back_minutes=60)
        invocation = Invocation(self, f"invocation {self._invocations}")
        return Measuring(invocation, self.publish, pace, now=lambda: self.now).measure("default", self.ask)

    def ask(self, start: datetime, end: datetime) -> Iterable[ActionMinute]:
        self.step("ask")
        return [
            ActionMinute("a", "A", start + n * A_MINUTE, 1, 5.0, 5.0, 5.0) for n in range((end - start) // A_MINUTE)
        ]

    def publish(self, organization: str, minutes: Iterable[ActionMinute]) -> None:
        assert organization == "default"
        self.step("publish")
        self.published.update(minute.begins_at for minute in minutes)
        self.step("published")

    def step(self, name: str) -> None:
        if name in self.fails:
            raise self.fails.pop(name)
        self.steps.append(name)


class Invocation:
    """The table as one invocation has it, with DynamoDB's conditions."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def read(self, organization: str) -> Checkpoint:
        assert organization == "default"
        self._world.step("read")
        return self._world.checkpoint

    def claim(self, organization: str, seen: Checkpoint) -> None:
        self._world.step("claim")
        now, held = self._world.now.timestamp(), self._world.checkpoint
        if held.measured_until != seen.measured_until or (held.claimed_until or 0.0) >= now:
            raise TakenByAnother(organization)
        self._world.checkpoint = replace(held, claimed_until=now + CLAIM_SECONDS)
        self._world.owner = self._name

    def release(self, organization: str, seen: Checkpoint) -> None:
        assert organization == "default"
        self._world.step("release")
        self._end(seen)

    def move(self, organization: str, interval: Interval) -> None:
        assert organization == "default"
        self._world.step("move")
        self._end(Checkpoint(interval.end))

    def _end(self, checkpoint: Checkpoint) -> None:
        if self._world.owner != self._name:
            raise TakenByAnother(self._name)
        self._world.checkpoint, self._world.owner = checkpoint, None


@pytest.fixture
def world() -> World:
    return World()


def test_the_checkpoint_moves_only_when_the_metrics_are_out(world: World) -> None:
    measured = world.run()
    assert world.steps == ["read", "claim", "ask", "publish", "published", "move"]
    assert (measured.interval.minutes, measured.actions, len(measured.minutes)) == (60, 1, 60)
    assert world.checkpoint == Checkpoint(BEGIN - 2 * A_MINUTE)


def test_what_is_measured_is_not_asked_for_again(world: World) -> None:
    world.run()
    world.steps.clear()
    assert not world.run().interval.minutes
    assert world.steps == ["read"]


def test_the_slowest_is_the_one_with_the_highest_p99(world: World) -> None:
    measured = world.run()
    slow = replace(measured.minutes[7], p99_ms=9.0)
    unknown = replace(measured.minutes[8], p99_ms=None)
    assert replace(measured, minutes=(*measured.minutes, unknown, slow)).slowest == slow
    assert replace(measured, minutes=()).slowest is None


def test_a_question_without_an_answer_is_asked_again_by_the_next_invocation_at_once(world: World) -> None:
    world.fails["ask"] = Unavailable("gone")
    with pytest.raises(Unavailable):
        world.run()
    measured = world.run()
    assert set(world.published.values()) == {1}
    assert (len(world.published), measured.taken_over) == (60, False)


def test_a_claim_that_cannot_be_given_back_hides_no_other_trouble(world: World) -> None:
    world.fails = {"ask": Unavailable("gone"), "release": CheckpointsUnavailable("no table")}
    with pytest.raises(Unavailable):
        world.run()


def test_one_who_measures_has_the_minutes_to_itself(world: World) -> None:
    world.fails["publish"] = Died()
    with pytest.raises(Died):
        world.run()
    with pytest.raises(TakenByAnother):
        world.run()
    world.now += timedelta(seconds=CLAIM_SECONDS + 1)
    assert world.run().taken_over


def test_what_is_published_without_a_checkpoint_is_told(world: World) -> None:
    world.fails["move"] = CheckpointsUnavailable("no table")
    with pytest.raises(NotMoved, match=r"may be published once more: no table"):
        world.run()


@pytest.mark.parametrize("step", ["read", "claim", "ask", "publish"])
def test_whoever_dies_before_the_metrics_are_out_loses_nothing_and_doubles_nothing(world: World, step: str) -> None:
    world.fails[step] = Died()
    with pytest.raises(Died):
        world.run()
    world.now += timedelta(minutes=1)
    world.run()
    assert set(world.published.values()) == {1}


def test_whoever_dies_between_metrics_and_checkpoint_loses_nothing(world: World) -> None:
    world.fails["move"] = Died()
    with pytest.raises(Died):
        world.run()
    world.now += timedelta(minutes=1)
    measured = world.run()
    assert (measured.taken_over, set(world.published.values())) == (True, {1, 2})
    world.now += timedelta(minutes=1)
    assert not world.run().taken_over


DEATHS = st.sampled_from(["", "", "read", "claim", "ask", "publish", "move"])
PAUSES = st.integers(min_value=1, max_value=300)


@given(st.lists(st.tuples(PAUSES, DEATHS, st.booleans()), max_size=25))
def test_whatever_happens_no_minute_is_lost_and_only_a_death_before_the_checkpoint_doubles(
    story: list[tuple[int, str, bool]],
) -> None:
    world = World()
    world.run()
    deaths_after_publishing = 0
    for seconds, death, kindly in story:
        world.now += timedelta(seconds=seconds)
        if death:
            world.fails = {death: CheckpointsUnavailable("no table") if kindly else Died()}
        published = len(world.steps)
        try:
            world.run()
        except (Died, CheckpointsUnavailable, TakenByAnother, NotMoved):
            deaths_after_publishing += "published" in world.steps[published:]
        world.fails = {}
    world.now += timedelta(minutes=2)
    world.run()
    first, last = min(world.published), max(world.published)
    assert last == world.now.replace(second=0) - 3 * A_MINUTE
    assert len(world.published) == (last - first) // A_MINUTE + 1
    assert deaths_after_publishing or set(world.published.values()) == {1}
    assert max(world.published.values()) <= 1 + deaths_after_publishing
