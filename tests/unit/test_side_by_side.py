"""Work on many items side by side."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from fakes import FakeTime
from side_by_side import GRACE_SECONDS, SideBySide


def workers(count: int) -> SideBySide:
    return SideBySide(count, FakeTime().deadline(60))


@pytest.mark.parametrize("count", [1, 3, 50])
def test_every_item_gets_its_result(count: int) -> None:
    with workers(count) as pool:
        assert pool.map(lambda n: n * n, range(20)) == {n: n * n for n in range(20)}
        assert pool.map(str, []) == {}


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_in_two_steps_every_item_goes_through_both(count: int) -> None:
    with workers(count) as pool:
        done = pool.map_in_two_steps(lambda n: n + 1, lambda n, middle: (n, middle * 2), range(20))
        assert done == {n: (n, (n + 1) * 2) for n in range(20)}
        assert pool.map_in_two_steps(str, lambda n, text: (n, text), []) == {}


def test_items_are_worked_on_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=5)  # breaks, and fails the test, unless four are there at once
    with workers(4) as pool:
        assert len(pool.map(lambda _: together.wait(), range(4))) == 4


@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.parametrize("heavy", [False, True])
def test_no_more_are_under_way_than_half_as_many_again_as_workers_and_than_workers_where_they_are_heavy(
    count: int, *, heavy: bool
) -> None:
    lock = threading.Lock()
    under_way: set[int] = set()
    most = 0

    def begin(item: int) -> int:
        nonlocal most
        with lock:
            under_way.add(item)
            most = max(most, len(under_way))
        return item

    def finish(item: int, _: int) -> None:
        with lock:
            under_way.discard(item)

    with workers(count) as pool:
        assert len(pool.map_in_two_steps(begin, finish, range(100), is_heavy=lambda _: heavy)) == 100
    assert 1 <= most <= (count if heavy else count * 3 // 2)


def test_those_that_are_light_make_room_for_others_before_they_are_done() -> None:
    third_has_begun = threading.Event()

    def begin(item: int) -> int:
        if item == 2:
            third_has_begun.set()
        return item

    with workers(2) as pool:
        done = pool.map_in_two_steps(begin, lambda item, _: item != 0 or third_has_begun.wait(5), range(3))
    assert done == {0: True, 1: True, 2: True}


def test_what_hangs_is_waited_for_once_and_not_in_each_step() -> None:
    time, let_go = FakeTime(), threading.Event()

    def hang(seconds: float) -> None:
        time.now += seconds
        let_go.wait(10)

    try:
        with SideBySide(2, time.deadline(0.05)) as pool:
            assert pool.has_time is False
            assert pool.map(hang, [0.1]) == {}  # the grace after the deadline, all of it in true time
            began = monotonic()
            time.now += GRACE_SECONDS
            assert pool.map(lambda _: let_go.wait(10), [1, 2]) == {}
            assert pool.map_in_two_steps(lambda _: let_go.wait(10), lambda _, __: None, [1, 2]) == {}
            assert monotonic() - began < GRACE_SECONDS
    finally:
        let_go.set()


@pytest.mark.parametrize(("seconds", "enough"), [(-1, False), (0.4, False), (0.5, True), (60, True)])
def test_it_says_whether_there_is_time_to_begin(seconds: float, enough: bool) -> None:
    with SideBySide(1, FakeTime().deadline(seconds)) as pool:
        assert pool.has_time is enough


@pytest.mark.parametrize(("count", "few"), [(1, 1), (2, 1), (8, 2), (16, 4)])
def test_while_it_is_narrow_only_a_quarter_as_many_items_as_workers_are_under_way(count: int, few: int) -> None:
    under_way: set[int] = set()
    most = 0

    def begin(item: int) -> int:
        nonlocal most
        under_way.add(item)
        most = max(most, len(under_way))
        return item

    def finish(item: int, _: int) -> None:
        under_way.discard(item)

    with workers(count) as pool:
        assert len(pool.map_in_two_steps(begin, finish, range(40), narrow=lambda: True)) == 40
    assert 1 <= most <= few


def test_when_it_is_narrow_no_longer_all_workers_have_something_to_do_again() -> None:
    narrow = True
    together = threading.Barrier(4, timeout=5)  # breaks, and fails the test, unless four are there at once

    def begin(item: int) -> None:
        nonlocal narrow
        if item == 0:
            narrow = False
        else:
            together.wait()

    with workers(4) as pool:
        assert len(pool.map_in_two_steps(begin, lambda *_: None, range(5), narrow=lambda: narrow)) == 5
