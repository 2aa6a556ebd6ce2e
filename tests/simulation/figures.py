"""Prints the figures of docs/rate-limits-and-outages.md: `python figures.py`, or `make endurance`. Takes minutes."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).parents[2]
sys.path[:0] = [
    str(PROJECT / folder)
    for folder in (
        "functions/timeout_raiser",
        "layers/aws_support/python",
        "layers/genesys_cloud/python",
        "local",
        "tests",
    )
]

from simulation.genesys_side import Mode, Outage  # noqa: E402
from simulation.world import CALLS_PER_ARCHITECT_CHANGE, CALLS_PER_CHANGE, Figures, Load, Setup, World  # noqa: E402

HOUR = 3600.0
LIMIT = 300


def line(*cells: object) -> None:
    """One line of a table."""
    print(
        "| " + " | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True
    )


def table(*titles: str) -> None:
    """The head of a table."""
    print()
    line(*titles)
    line(*["---"] * len(titles))


def receives(figures: Figures) -> str:
    """Mean and most receives of a message."""
    return f"{figures.mean_receives:.2f} / {figures.max_receives}"


def rate_limit(setup: Setup) -> None:
    """More requests wait than the limit lets through in a minute."""
    table("waiting", "setup", "ideal, min", "drained, min", "receives", "answered 429", "calls", "in DLQ", "billed, s")
    few = replace(setup, batch_size=10, maximum_concurrency=3)
    short = replace(setup, timeout=60, visibility_timeout=361)
    _drain("2,000", "300 a minute for all", setup)
    _drain("2,000", "300 a minute for each token", setup, per_token=True)
    _drain("2,000", "BatchSize 100", replace(setup, batch_size=100))
    _drain("2,000", "MaximumConcurrency 2", replace(setup, maximum_concurrency=2))
    _drain("2,000", "MaximumConcurrency 20", replace(setup, maximum_concurrency=20))
    _drain("2,000", "function timeout 60 s", short)
    _drain("2,000", "function timeout 60 s, BatchSize 100", replace(short, batch_size=100))
    _drain("500", "Architect Flows", setup, architect=True)
    _drain("500", "Architect Flows, BatchSize 10, MaximumConcurrency 3", few, architect=True)


def _drain(waiting: str, name: str, setup: Setup, *, architect: bool = False, per_token: bool = False) -> None:
    load = Load(int(waiting.replace(",", "")))
    figures = World(setup, load, allowed=LIMIT, architect=architect, per_token=per_token).run()
    calls = figures.calls["default"]
    calls_each = CALLS_PER_ARCHITECT_CHANGE if architect else CALLS_PER_CHANGE
    line(
        waiting,
        name,
        load.messages * calls_each / (LIMIT * (setup.maximum_concurrency if per_token else 1)),
        figures.drained,
        receives(figures),
        f"{calls.throttled_share:.0%}",
        calls.answered + len(calls.throttled),
        figures.in_dead_letter_queue,
        round(figures.billed_seconds),
    )


def outages(setup: Setup) -> None:
    """An hour in which nothing is answered."""
    table(
        "an outage of an hour",
        "requests",
        "calls",
        "a minute",
        "most in a minute",
        "recovered, min",
        "receives",
        "in DLQ",
    )
    for mode in Mode:
        for load, begins in ((Load(per_minute=10, minutes=80), 600.0), (Load(2000), 0.0), (Load(1), 0.0)):
            outage = Outage(mode, begins, begins + HOUR)
            figures = World(setup, load, outages=(outage,)).run()
            line(
                mode,
                f"{load.per_minute:.0f} a minute" if load.per_minute else load.waiting,
                len(figures.calls["default"].failed),
                figures.failed_per_minute(outage),
                figures.most_failed_in_a_minute(),
                figures.recovered(outage),
                receives(figures),
                figures.in_dead_letter_queue,
            )


def other_organizations(setup: Setup) -> None:
    """One of two organizations is down."""
    table("one of two organizations is down", "the other's requests: median, min", "longest, min", "its calls failed")
    for mode in (Mode.REFUSED, Mode.HANGING):
        load = Load(per_minute=10, minutes=80, organizations=("default", "other"))
        figures = World(setup, load, outages=(Outage(mode, 600, 600 + HOUR),)).run()
        delays = figures.delays("other")
        line(mode, f"{median(delays):.2f}", f"{max(delays):.2f}", len(figures.calls["other"].failed))


def for_ever(setup: Setup) -> None:
    """Nothing is ever answered again: how long until the dead-letter queue?"""
    figures = World(setup, Load(200), outages=(Outage(Mode.REFUSED, 0, 24 * HOUR),)).run()
    first, last = min(figures.lives), max(figures.lives)
    print(f"\nIn an outage without an end 200 requests come to the DLQ after {first:.0f} to {last:.0f} minutes.")


def main() -> None:
    """All of it."""
    began = time.monotonic()
    setup = Setup.of_the_template()
    print(f"The template's defaults: {setup}")
    rate_limit(setup)
    outages(setup)
    other_organizations(setup)
    for_ever(setup)
    print(f"\nSimulated in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
