"""Virtual time itself: exact, in order, and never stuck without saying so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED

import pytest

from simulation.virtual_threads import VirtualLock, VirtualPool, virtual_wait
from simulation.virtual_time import Stuck, VirtualTime


class Trial:
    """Threads that keep a journal."""

    def __init__(self, **threads: Callable[[Trial], None]) -> None:
        self.time = VirtualTime(now=0)
        self.journal: list[tuple[float, str]] = []
        for name, work in threads.items():
            self.time.start(lambda work=work: work(self), name)  # type: ignore[misc]

    def note(self, text: str) -> None:
        self.journal.append((self.time.now, text))

    def run(self) -> list[tuple[float, str]]:
        self.time.run()
        return self.journal


def sleeper(name: str, *seconds: float) -> Callable[[Trial], None]:
    def work(trial: Trial) -> None:
        for pause in seconds:
            trial.time.sleep(pause)
            trial.note(name)

    return work


def test_everybody_wakes_at_the_right_moment_and_in_order() -> None:
    journal = Trial(a=sleeper("a", 5, 5), b=sleeper("b", 3, 3600), c=sleeper("c", 5)).run()
    assert journal == [(3, "b"), (5, "a"), (5, "c"), (10, "a"), (3603, "b")]


def test_a_lock_is_handed_over_in_the_order_of_asking_while_time_goes_on() -> None:
    def work(name: str) -> Callable[[Trial], None]:
        def hold(trial: Trial) -> None:
            with lock, lock:
                trial.time.sleep(10)
                trial.note(name)

        return hold

    trial = Trial(a=work("a"), b=work("b"), c=work("c"))
    lock = VirtualLock(trial.time)
    assert trial.run() == [(10, "a"), (20, "b"), (30, "c")]


@pytest.mark.parametrize(
    ("return_when", "timeout", "moment", "done"),
    [
        (FIRST_COMPLETED, None, 1, [1]),
        (ALL_COMPLETED, None, 4, [1, 2, 3]),
        (ALL_COMPLETED, 3.5, 3.5, [1, 2]),
        (FIRST_COMPLETED, 0.5, 0.5, []),
    ],
)
def test_a_pool_works_side_by_side_and_waiting_for_it_ends_as_told(
    return_when: str, timeout: float | None, moment: float, done: list[int]
) -> None:
    def work(trial: Trial) -> None:
        pool = VirtualPool(2, trial.time)

        def task(seconds: int) -> int:
            trial.time.sleep(seconds)
            return seconds

        futures = [pool.submit(task, seconds) for seconds in (1, 2, 3)]  # two at a time: the third begins at 1
        finished = virtual_wait(trial.time, futures, timeout, return_when).done
        pool.shutdown(wait=False, cancel_futures=True)
        trial.note(str(sorted(future.result() for future in finished)))

    assert Trial(a=work).run() == [(moment, str(done))]


def test_what_a_task_raises_comes_out_of_its_future() -> None:
    def work(trial: Trial) -> None:
        pool = VirtualPool(1, trial.time)
        [future] = virtual_wait(trial.time, [pool.submit(int, "x")], None, ALL_COMPLETED).done
        pool.shutdown(wait=False, cancel_futures=True)
        assert isinstance(future.exception(), ValueError)
        trial.note("told")

    assert Trial(a=work).run() == [(0, "told")]


def test_a_thread_that_nothing_will_wake_is_named() -> None:
    with pytest.raises(Stuck, match="a"):
        Trial(a=lambda trial: trial.time.wait(), b=sleeper("b", 1)).run()


def test_what_goes_wrong_in_a_thread_is_raised() -> None:
    def fail(trial: Trial) -> None:
        trial.time.sleep(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Trial(a=fail, b=sleeper("b", 0.5)).run()
