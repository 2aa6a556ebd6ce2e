"""Genesys Cloud is down for an hour: the laws. docs/rate-limits-and-outages.md."""

from __future__ import annotations

import pytest

from simulation.genesys_side import Mode, Outage
from simulation.test_rate_limit import DEFAULTS, assert_nothing_is_lost, ideal
from simulation.world import Load, World

HOUR = 3600.0
MOST_CALLS_A_MINUTE = 12
"""Of one instance in an outage, on average: a try every five seconds."""


@pytest.mark.parametrize("mode", [Mode.REFUSED, Mode.TOLD, Mode.HANGING])
def test_requests_that_come_meanwhile_are_not_lost_nor_asked_about_in_a_hot_loop(mode: Mode) -> None:
    outage = Outage(mode, 300, 300 + HOUR)
    load = Load(per_minute=4, minutes=70)
    figures = World(DEFAULTS, load, outages=(outage,)).run()
    assert_nothing_is_lost(figures)
    assert figures.failed_per_minute(outage) <= MOST_CALLS_A_MINUTE * DEFAULTS.maximum_concurrency
    assert figures.most_failed_in_a_minute() <= 2 * MOST_CALLS_A_MINUTE * DEFAULTS.maximum_concurrency
    assert figures.recovered(outage) <= ideal(load) + 5.5  # the last one is shown again within five minutes
    assert figures.max_receives <= DEFAULTS.max_receive_count / 2


def test_a_backlog_is_done_after_it_at_the_rate_allowed() -> None:
    outage, load = Outage(Mode.BROKEN, 0, HOUR), Load(900)
    figures = World(DEFAULTS, load, outages=(outage,)).run()
    assert_nothing_is_lost(figures)
    assert figures.recovered(outage) <= ideal(load) * 1.1
    assert figures.max_receives <= DEFAULTS.max_receive_count / 2


def test_architect_flows_are_done_after_it_and_none_is_left_locked() -> None:
    outage = Outage(Mode.HANGING, 120, 120 + HOUR)
    figures = World(DEFAULTS, Load(60, per_minute=1, minutes=62), architect=True, outages=(outage,)).run()
    assert_nothing_is_lost(figures)
    assert figures.left_behind == []
    assert figures.recovered(outage) <= 8
    assert figures.max_receives <= DEFAULTS.max_receive_count / 2


def test_a_single_request_is_tried_now_and_then_and_done_within_minutes() -> None:
    outage = Outage(Mode.REFUSED, 0, HOUR)
    figures = World(DEFAULTS, Load(1), outages=(outage,)).run()
    assert_nothing_is_lost(figures)
    assert 10 <= len(figures.calls["default"].failed) <= MOST_CALLS_A_MINUTE * 60
    assert figures.recovered(outage) <= 5.5


@pytest.mark.parametrize("mode", [Mode.REFUSED, Mode.HANGING])
def test_another_organization_does_not_notice(mode: Mode) -> None:
    outage = Outage(mode, 300, 300 + HOUR)
    load = Load(per_minute=6, minutes=70, organizations=("default", "other"))
    figures = World(DEFAULTS, load, outages=(outage,)).run()
    assert_nothing_is_lost(figures)
    assert figures.calls["other"].failed == []
    delays = sorted(figures.delays("other"))
    assert delays[len(delays) // 2] <= 0.25
    assert delays[-1] <= 1.5


def test_an_outage_of_two_hours_loses_nothing_and_one_of_a_day_comes_to_the_dead_letter_queue() -> None:
    figures = World(DEFAULTS, Load(10), outages=(Outage(Mode.REFUSED, 0, 24 * HOUR),)).run()
    assert figures.in_dead_letter_queue == 10
    assert set(figures.receives) == {DEFAULTS.max_receive_count}
    assert 2 * 60 <= min(figures.lives) <= max(figures.lives) <= 6 * 60
