"""Instances of the function, as Lambda runs them for a queue: each takes batches, answers, and may be killed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Self

from integration.harness import Function
from storm.chance import chance
from storm.documents import Json
from storm.evidence import Delivery, Fate, Invocation
from storm.queues import WaitingRoom

TIMES_LESS_TIME = 7.5
LAMBDA_SECONDS = 90 / TIMES_LESS_TIME
"""An invocation's time: the template's, only shorter."""
BATCHES = (1, 2, 5, 10, 25)
KILLED = 0.12
"""The share of invocations that are killed, if they last long enough."""
KILLED_AFTER_SECONDS = 0.25
"""On average."""
UNHEARD = 0.03
"""The share of answers that Lambda never hears of, so that all comes again."""
_ENDED = {"error": "the process ended"}
SHOWN_TWICE = 0.12
"""The share of messages that are delivered to another instance while one has them."""


class Instances:
    """Several instances side by side, with their own pollers of the queue.

    Args:
        start: starts an instance that logs to a file.
    """

    def __init__(
        self, seed: int, room: WaitingRoom, *, start: Callable[[Path], Function], folder: Path, number: int
    ) -> None:
        self._seed = seed
        self._queues = room.queues
        self._room = room
        self._start = start
        self._folder = folder
        self._numbers = count(1)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._poll, name=f"poller-{n}", daemon=True) for n in range(number)]
        self.rough = True
        """Whether instances are killed, answers lost and messages shown twice."""
        self.invocations: list[Invocation] = []
        self.failures: list[str] = []
        self.kills = 0
        self.working = 0
        """How many are receiving or at work."""

    def start(self) -> None:
        """Starts all of them."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends all of them, after what they are at."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _poll(self) -> None:
        try:
            self._work_off()
        except Exception as error:  # noqa: BLE001  # the storm itself has failed: it must not look like good weather
            self.failures.append(f"{threading.current_thread().name}: {error!r}")

    def _work_off(self) -> None:
        function: Function | None = None
        log = self._folder / "none"
        try:
            while not self._over.is_set():
                number = next(self._numbers)
                draw = chance(self._seed, "invocation", number)
                with self._lock:
                    self.working += 1
                records = self._queues.receive(draw.choice(BATCHES))
                if records:
                    if function is None:
                        log = self._folder / f"instance-{number}.log"
                        function = self._start(log)
                    if self._invoke(function, log, number, records, draw):
                        function.close()
                        function = None
                with self._lock:
                    self.working -= 1
                if not records:
                    self._over.wait(0.05)
        finally:
            if function:
                function.close()

    def _invoke(self, function: Function, log: Path, number: int, records: list[Json], draw: Random) -> bool:
        """One invocation with these records; whether its process is gone."""
        rough = self.rough
        draw.shuffle(records)
        shown_twice = [record for record in records if draw.random() < SHOWN_TWICE]
        kill_after = draw.expovariate(1 / KILLED_AFTER_SECONDS) if draw.random() < KILLED else None
        unheard = draw.random() < UNHEARD
        if rough:
            for record in shown_twice:
                self._queues.show_now(record["receiptHandle"])
        said_before = log.stat().st_size
        with _Killer(function.pid, kill_after if rough else None) as killer:
            answer = self._answer(function, records, number)
        killed = killer.has_struck and answer == _ENDED
        error = None if killed else _problem_of(answer, records)
        if killed:
            fates = dict.fromkeys((record["messageId"] for record in records), Fate.KILLED)
        elif unheard and rough:
            fates = dict.fromkeys((record["messageId"] for record in records), Fate.UNHEARD)
        else:
            fates = _fates(answer, records, error)
        self._settle(records, fates)
        outcomes, problems = _read_log(log, said_before)
        deliveries = tuple(
            Delivery(
                record["messageId"], int(record["attributes"]["ApproximateReceiveCount"]), fates[record["messageId"]]
            )
            for record in records
        )
        with self._lock:
            self.kills += killed
            self.invocations.append(Invocation(number, deliveries, tuple(outcomes), tuple(problems), error))
        return killer.has_struck or answer == _ENDED

    def _answer(self, function: Function, records: list[Json], number: int) -> Json:
        try:
            return function.try_invoke({"Records": records}, seconds=LAMBDA_SECONDS, request_id=f"invocation-{number}")
        except (OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                os.kill(function.pid, signal.SIGKILL)
                return {"error": f"not answered in {LAMBDA_SECONDS:g} s, nor in ten more"}
            return _ENDED  # in the middle of a line, say

    def _settle(self, records: list[Json], fates: dict[str, Fate]) -> None:
        """Deletes what the function has done; lets the rest wait as long as it has said, only shorter."""
        waiting: dict[str, float] | None = None
        for record in records:
            message_id, handle = record["messageId"], record["receiptHandle"]
            if fates[message_id] is Fate.DELETED:
                self._queues.delete(handle)
                continue
            waiting = self._queues.waiting() if waiting is None else waiting
            if message_id in waiting:
                self._room.sit_out(handle, waiting[message_id])


class _Killer:
    """Kills a process after so many seconds (None: never), unless what is done within is over by then."""

    def __init__(self, pid: int, seconds: float | None) -> None:
        self._pid = pid
        self._timer = None if seconds is None else threading.Timer(seconds, self._kill)
        self.has_struck = False

    def _kill(self) -> None:
        self.has_struck = True
        os.kill(self._pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        if self._timer:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer.join()


def _fates(answer: Json, records: list[Json], error: str | None) -> dict[str, Fate]:
    ids = [record["messageId"] for record in records]
    if error:  # Lambda takes an error, and an answer it cannot read, for a failure of the whole batch
        return dict.fromkeys(ids, Fate.KEPT)
    failed = {failure["itemIdentifier"] for failure in answer["result"]["batchItemFailures"]}
    return {message_id: Fate.KEPT if message_id in failed else Fate.DELETED for message_id in ids}


def _problem_of(answer: Json, records: list[Json]) -> str | None:
    """What Lambda would not take about the answer; None for a good one."""
    if "error" in answer:
        return str(answer["error"])
    result: Any = answer["result"]
    try:
        failed = [failure["itemIdentifier"] for failure in result["batchItemFailures"]]
    except (KeyError, TypeError):
        return f"the answer has another form: {result!r}"
    strangers = set(failed) - {record["messageId"] for record in records}
    return f"the answer names messages that were not in the batch: {strangers}" if strangers else None


def _read_log(log: Path, start: int) -> tuple[list[Json], list[Json]]:
    """Outcomes and problems that were logged since; a last line that a kill has cut off is neither."""
    outcomes, problems = [], []
    with log.open("rb") as lines:
        lines.seek(start)
        for line in lines:
            entry = _entry(line)
            if entry.get("message") == "request finished":
                outcomes.append(entry)
            elif "_aws" not in entry and entry.get("level") not in {"DEBUG", "INFO"} and line.endswith(b"\n"):
                problems.append(entry)
    return outcomes, problems


def _entry(line: bytes) -> Json:
    """A line of the log; what is no JSON object, a traceback say, is a problem in its own words."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"message": line.decode(errors="replace").strip()}
