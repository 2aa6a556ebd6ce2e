"""Work on many items side by side, in one step or in two, until a deadline; nothing that hangs is waited for longer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Self, TypeVar

from genesys_cloud.deadline import Deadline

GRACE_SECONDS = 0.5
"""After the deadline, for calls that end at it to say so themselves; once, however many steps the work has."""
SHORTEST_WORK_SECONDS = 0.5
"""With less than that left nothing is begun: no call would be sent, and what AWS is asked may take longer."""

Item = TypeVar("Item")
Middle = TypeVar("Middle")
Result = TypeVar("Result")


class SideBySide:
    """A pool of workers for one invocation; a context manager.

    All that waits keeps the deadline by itself. But a name look-up, say, has no limit of its own, and one hanging call
    must not cost a whole batch its answer: what is not done by then is left behind.

    Args:
        workers: how many items are worked on at the same time.
    """

    def __init__(self, workers: int, deadline: Deadline) -> None:
        self._workers = workers
        self._deadline = deadline
        self._pool = ThreadPoolExecutor(workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def has_time(self) -> bool:
        """Whether there is time left to begin anything."""
        return self._deadline.allows(SHORTEST_WORK_SECONDS)

    def map(self, work: Callable[[Item], Result], items: Sequence[Item]) -> dict[Item, Result]:
        """The results of the items that were done in time."""
        futures = {item: self._pool.submit(work, item) for item in items}
        wait(futures.values(), timeout=self._time_left())
        return {item: future.result() for item, future in futures.items() if future.done()}

    def map_in_two_steps(
        self,
        first: Callable[[Item], Middle],
        second: Callable[[Item, Middle], Result],
        items: Sequence[Item],
        *,
        is_heavy: Callable[[Middle], bool] = lambda _: False,
        narrow: Callable[[], bool] = lambda: False,
    ) -> dict[Item, Result]:
        """The same for work in two steps, which takes turns: while some items wait for their second step, others begin.

        Ten items on eight workers so take three turns, not four. At most half as many items again as there are workers
        are under way at once; but no more begin than there are workers before one is through its first step, or while
        one is under way of which that has shown that it is heavy.

        Args:
            narrow: whether only a quarter as many items as there are workers may be under way; asked before one begins.
        """
        if len(items) <= self._workers and not narrow():  # nobody has to take turns: it spares a change of threads
            return self.map(lambda item: second(item, first(item)), items)
        return self._in_turns(first, second, items, is_heavy, narrow)

    def _in_turns(
        self,
        first: Callable[[Item], Middle],
        second: Callable[[Item, Middle], Result],
        items: Sequence[Item],
        is_heavy: Callable[[Middle], bool],
        narrow: Callable[[], bool],
    ) -> dict[Item, Result]:
        heavy: set[Item] = set()
        results: dict[Item, Result] = {}
        waiting = deque(items)
        first_steps: dict[Future[Middle], Item] = {}
        second_steps: dict[Future[Result], Item] = {}
        nothing_is_known = True

        def most() -> int:
            if narrow():
                return max(1, self._workers // 4)
            return self._workers if heavy or nothing_is_known else self._workers * 3 // 2

        def begin() -> None:
            while waiting and len(first_steps) + len(second_steps) < most():
                item = waiting.popleft()
                first_steps[self._pool.submit(first, item)] = item

        begin()
        while first_steps or second_steps:
            under_way: list[Future[Any]] = [*first_steps, *second_steps]
            done = wait(under_way, timeout=self._time_left(), return_when=FIRST_COMPLETED).done
            if not done:
                break
            for future in done & first_steps.keys():
                item, middle = first_steps.pop(future), future.result()
                nothing_is_known = False
                if is_heavy(middle):
                    heavy.add(item)
                second_steps[self._pool.submit(second, item, middle)] = item
            for future in done & second_steps.keys():
                item = second_steps.pop(future)
                results[item] = future.result()
                heavy.discard(item)
            begin()
        return results

    def _time_left(self) -> float:
        return max(0.0, self._deadline.left() + GRACE_SECONDS)
