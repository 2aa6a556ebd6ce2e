"""Genesys Cloud allows 300 calls a minute, and more requests than that wait: docs/rate-limits-and-outages.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulation.world import CALLS_PER_ARCHITECT_CHANGE, CALLS_PER_CHANGE, Figures, Load, Setup, World

ALLOWED = 300
DEFAULTS = Setup.of_the_template()


def ideal(load: Load, allowed: float = ALLOWED, calls_each: int = CALLS_PER_CHANGE) -> float:
    """Minutes that the calls needed take at the rate allowed."""
    return load.messages * calls_each / allowed


def assert_nothing_is_lost(figures: Figures) -> None:
    assert (figures.in_dead_letter_queue, figures.not_changed, figures.published_again) == (0, 0, 0)
    assert figures.troubles == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_queue_drains_at_the_rate_allowed_and_hardly_a_receive_is_burned(seed: int) -> None:
    load = Load(600)
    figures = World(DEFAULTS, load, seed=seed).run()
    assert_nothing_is_lost(figures)
    assert figures.drained <= ideal(load) * 1.05
    assert figures.mean_receives <= 1.25
    assert figures.max_receives <= 4
    assert figures.calls["default"].throttled_share <= 0.15


def test_an_instance_that_is_told_to_wait_leaves_the_others_messages_alone() -> None:
    """While one waits, the queue keeps what no one can serve: no receive is more than the calls allowed make use of."""
    figures = World(DEFAULTS, Load(1000)).run()
    assert_nothing_is_lost(figures)
    in_hand_at_once = DEFAULTS.batch_size * DEFAULTS.maximum_concurrency
    assert sum(figures.receives) - 1000 <= in_hand_at_once


def test_where_every_token_has_a_limit_of_its_own_the_instances_use_all_of_them() -> None:
    load = Load(900)
    figures = World(DEFAULTS, load, per_token=True).run()
    assert_nothing_is_lost(figures)
    assert figures.drained <= ideal(load, ALLOWED * DEFAULTS.maximum_concurrency) * 1.25
    assert figures.max_receives <= 3


def test_architect_flows_take_many_calls_each_and_none_is_left_locked() -> None:
    load = Load(150)
    figures = World(DEFAULTS, load, architect=True).run()
    assert_nothing_is_lost(figures)
    assert figures.left_behind == []
    assert figures.drained <= ideal(load, ALLOWED, CALLS_PER_ARCHITECT_CHANGE) * 1.2
    assert figures.max_receives <= DEFAULTS.max_receive_count / 4


def test_batches_far_too_large_cost_receives_and_still_no_time() -> None:
    load = Load(600)
    figures = World(replace(DEFAULTS, batch_size=100), load).run()
    assert_nothing_is_lost(figures)
    assert figures.drained <= ideal(load) * 1.1
    assert figures.max_receives <= DEFAULTS.max_receive_count / 2


def test_a_function_too_short_to_sit_out_a_minute_burns_receives() -> None:
    """Why the template's timeout is what it is: the simulation does see the difference."""
    figures = World(replace(DEFAULTS, batch_size=100, timeout=60), Load(600)).run()
    assert figures.mean_receives > 2


def test_without_a_limit_nothing_waits() -> None:
    figures = World(DEFAULTS, Load(600), allowed=None).run()
    assert_nothing_is_lost(figures)
    assert set(figures.receives) <= {1, 2}  # two, where the queue has shown one twice
    assert figures.drained < 0.5


def test_the_same_seed_gives_the_same_run() -> None:
    first, again, other = (World(DEFAULTS, Load(200), seed=seed).run() for seed in (1, 1, 2))
    assert (first.drained, first.times, first.receives) == (again.drained, again.times, again.receives)
    assert first.times != other.times
