"""Contenders in turn, round after round: what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """Something to be timed.

    Attributes:
        run: what is timed.
        prepare: what comes before, untimed, every time.
    """

    run: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Seconds:
    """What each round took.

    Attributes:
        wall: by the clock.
        cpu: processor time of this process, all its threads together.
    """

    wall: list[float]
    cpu: list[float]


def in_turn(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Seconds]:
    """Times each contender in each round; a first round only warms up and does not count."""
    taken = {name: Seconds([], []) for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            contender.prepare()
            cpu, wall = time.process_time(), time.perf_counter()
            contender.run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if number:
                taken[name].wall.append(wall)
                taken[name].cpu.append(cpu)
    return taken
