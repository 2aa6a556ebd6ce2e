"""When an organization is in doubt, and what that means for calls: on one thread, and on many in virtual time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import pytest
import requests

from fakes import FakeSecrets, FakeTime, FakeWire, Watcher, answered, flow, longest, step
from genesys_cloud.clock import Clock
from genesys_cloud.connections import Connections
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.doubt import FAILURES_UNTIL_DOUBT, Doubt, Turns
from genesys_cloud.errors import GenesysCloudError, OutOfTime, RateLimited, Unavailable
from genesys_cloud.flows import FlowStore
from genesys_cloud.login import Organization
from genesys_cloud.patience import QUICK_TRIES
from genesys_cloud.transport import pooled_session
from sessions import open_session
from simulation.virtual_threads import in_virtual_time
from simulation.virtual_time import VirtualTime

DOWN = answered(503, {"code": "service.unavailable"}, ININ_Correlation_Id="c-1")
GOOD = answered(200, flow(step("A", 5)))
THREADS = 8


def in_doubt() -> Doubt:
    doubt = Doubt()
    doubt.throttled()
    return doubt


# -- the doubt itself --------------------------------------------------------------------------------------------------


def test_nothing_is_doubted_at_first_nor_after_a_failure_or_two() -> None:
    doubt = Doubt()
    for _ in range(FAILURES_UNTIL_DOUBT):
        assert not doubt
        doubt.failed()
    assert doubt


def test_only_failures_without_an_answer_in_between_count() -> None:
    doubt = Doubt()
    for _ in range(10):
        for _ in range(FAILURES_UNTIL_DOUBT - 1):
            doubt.failed()
        doubt.answered(asked_in_doubt=False)
    assert not doubt


def test_a_used_up_rate_limit_is_doubted_at_once() -> None:
    assert in_doubt()


def test_an_answer_to_a_call_from_before_the_doubt_does_not_end_it() -> None:
    doubt = in_doubt()
    doubt.answered(asked_in_doubt=False)
    assert doubt
    doubt.answered(asked_in_doubt=True)
    assert not doubt


def test_tries_in_vain_are_counted_until_there_is_an_answer() -> None:
    doubt = in_doubt()
    assert [doubt.tried_in_vain() for _ in range(3)] == [1, 2, 3]
    doubt.answered(asked_in_doubt=True)
    assert doubt.tried_in_vain() == 1


def test_a_turn_says_whether_there_is_doubt() -> None:
    with Turns(Doubt()).take(1) as doubted:
        assert not doubted
    with Turns(in_doubt()).take(1) as doubted:
        assert doubted


def test_a_call_that_hangs_with_its_turn_holds_others_up_for_no_longer_than_they_have_and_not_the_next_invocation() -> (
    None
):
    doubt, began, ends = in_doubt(), threading.Event(), threading.Event()
    turns = Turns(doubt)

    def hang() -> None:
        with turns.take(1):
            began.set()
            ends.wait(10)

    hanging = threading.Thread(target=hang)
    hanging.start()
    began.wait(10)
    with pytest.raises(OutOfTime), turns.take(0.01):
        pass
    with Turns(doubt).take(0.01) as doubted:
        assert doubted
    ends.set()
    hanging.join()


def test_a_publish_that_is_not_sent_for_doubt_is_not_taken_for_one_whose_answer_was_lost() -> None:
    time, watcher = FakeTime(), Watcher()
    wire, http = FakeWire(time), pooled_session(1)
    http.mount("https://", wire)
    wire.answers("/api/v2/flows/f", GOOD)
    wire.answers("/api/v2/flows/g", *[DOWN] * 100)
    secret = {"client_id": "c", "client_secret": "s3cr3t", "region": "mypurecloud.ie"}
    organization = Organization("default", http)
    session = open_session(organization, FakeSecrets(genesys=secret), time.deadline(60), time, watcher)
    store = FlowStore(session)
    document = store.read("f")
    for _ in range(20):  # an outage that goes on for a while
        organization.doubt.tried_in_vain()
    with pytest.raises(Unavailable):
        store.read("g")
    sent = len(wire.sent)
    with pytest.raises(Unavailable, match="PUT /api/v2/flows/f/publish was not sent, while other calls") as error:
        store.write(document)
    assert (type(error.value), error.value.http_status, len(wire.sent)) == (Unavailable, 503, sent)


# -- many threads of one invocation ------------------------------------------------------------------------------------


class SlowWire(FakeWire):
    """A wire on which each answer takes a second of virtual time; counts how many are under way at once."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__(time)  # type: ignore[arg-type]  # its clock is all it needs, and it is not slow by itself
        self._virtual = time
        self._under_way = 0
        self.moments: list[float] = []
        self.at_once: list[int] = []

    def send(self, *given: Any, **named: Any) -> requests.Response:
        self.moments.append(self._virtual.elapsed)
        self._under_way += 1
        self.at_once.append(self._under_way)
        self._virtual.sleep(1)
        self._under_way -= 1
        return super().send(*given, **named)


class Threads:
    """Threads that read a Flow each, invocation after invocation of one execution environment."""

    def __init__(self, answer: Callable[[int, float], Any]) -> None:
        """`answer` is asked with the number of the call and the seconds that have passed."""
        self.time = VirtualTime()
        self.wire = SlowWire(self.time)
        self._calls = count(1)
        self._answer = answer
        secret = {"client_id": "c", "client_secret": "s3cr3t", "region": "mypurecloud.ie"}
        self._connections = Connections(
            CredentialsStore("genesys", lambda: FakeSecrets(genesys=secret)),
            at_once=THREADS,
            connect_timeout=3,
            read_timeout=10,
            clock=Clock(monotonic=self.time.clock, wall=self.time.clock, jitter=longest),
            open_http=self._open_http,
        )

    def read(self, seconds: float) -> list[str | GenesysCloudError]:
        """What each thread of one more invocation got; the login is left out of `wire`'s account."""
        got: list[str | GenesysCloudError] = []

        def read_one(store: FlowStore, number: int) -> None:
            self.wire.answers(f"/api/v2/flows/f{number}", *[self._next] * 200)
            try:
                got.append(store.read(f"f{number}").id)
            except GenesysCloudError as error:
                got.append(error)

        def invocation() -> None:
            deadline = Deadline(seconds, clock=self.time.clock, sleep=self.time.sleep)
            store = FlowStore(self._connections.open_session("default", deadline, Watcher()))
            for number in range(THREADS):
                self.time.start(lambda number=number: read_one(store, number), f"thread {number}")  # type: ignore[misc]

        with in_virtual_time(self.time):
            self.time.start(invocation, "invocation")
            self.time.run()
        return got

    def _next(self) -> Any:
        return self._answer(next(self._calls), self.time.elapsed)

    def _open_http(self, connections: int) -> requests.Session:
        http = pooled_session(connections)
        http.mount("https://", self.wire)
        return http


def test_while_nothing_is_answered_one_call_tries_for_all_further_and_further_apart() -> None:
    threads = Threads(lambda *_: DOWN)
    got = threads.read(60)
    assert [type(error) for error in got] == [Unavailable] * THREADS
    tries = threads.wire.moments[1 + THREADS :]  # after the login, and the eight that were under way together
    assert threads.wire.at_once[1 + THREADS :] == [1] * len(tries)
    pauses = [after - before - 1 for before, after in pairwise(tries)]
    assert pauses[: QUICK_TRIES - 1] == [0.25] * (QUICK_TRIES - 1)
    assert pauses[QUICK_TRIES - 1 :] == [0.25, 0.5, 1, 2, 4, 8, 16][: len(pauses) - QUICK_TRIES + 1]
    assert len(pauses) >= QUICK_TRIES + 4


def test_a_burst_of_failures_is_over_fast() -> None:
    threads = Threads(lambda call, _: DOWN if call <= THREADS + QUICK_TRIES else GOOD)
    assert sorted(map(str, threads.read(60))) == [f"f{number}" for number in range(THREADS)]
    assert max(threads.wire.moments) < 2 + QUICK_TRIES * (1 + 0.25) + 2


def test_whoever_did_not_come_to_try_says_why_as_if_it_had() -> None:
    got = Threads(lambda *_: DOWN).read(20)
    assert {(error.http_status, error.correlation_id) for error in got if isinstance(error, Unavailable)} == {
        (503, "c-1")
    }


def test_the_first_good_answer_lets_all_go_on_at_once() -> None:
    threads = Threads(lambda _, elapsed: DOWN if elapsed < 20 else GOOD)
    assert sorted(map(str, threads.read(60))) == [f"f{number}" for number in range(THREADS)]
    assert threads.wire.at_once[-1] == THREADS - 1
    assert max(threads.wire.moments) < 40


def test_the_next_invocation_begins_with_a_single_call_at_once() -> None:
    threads = Threads(lambda _, elapsed: DOWN if elapsed < 20 else GOOD)
    threads.read(18)
    before, began = len(threads.wire.moments), threads.time.elapsed
    threads.time.now += 10
    assert sorted(map(str, threads.read(60))) == [f"f{number}" for number in range(THREADS)]
    assert threads.wire.moments[before] == began + 10
    assert threads.wire.at_once[before : before + 2] == [1, 1]
    assert max(threads.wire.at_once[before:]) == THREADS - 1


def test_a_failure_or_two_hold_nobody_up() -> None:
    threads = Threads(lambda call, _: DOWN if call < FAILURES_UNTIL_DOUBT else GOOD)
    assert sorted(map(str, threads.read(60))) == [f"f{number}" for number in range(THREADS)]
    assert max(threads.wire.moments) <= 2 + 0.25


@pytest.mark.parametrize("status", [501, 302])
def test_what_will_not_be_answered_otherwise_is_no_reason_to_wait(status: int) -> None:
    threads = Threads(lambda *_: answered(status))
    assert [type(error) for error in threads.read(60)] == [Unavailable] * THREADS
    assert threads.wire.moments == [0] + [1] * THREADS


def test_a_told_wait_that_fits_is_sat_out_by_all_and_one_goes_ahead() -> None:
    threads = Threads(lambda _, elapsed: answered(429, Retry_After="30") if elapsed < 30 else GOOD)
    assert sorted(map(str, threads.read(60))) == [f"f{number}" for number in range(THREADS)]
    after = [moment for moment in threads.wire.moments if moment > 2]
    assert after == [32] + [33] * (THREADS - 1)


def test_a_told_wait_that_does_not_fit_costs_a_warm_environment_one_call_for_each_invocation() -> None:
    threads = Threads(lambda *_: answered(429, Retry_After="120"))
    threads.read(60)
    for _ in range(3):
        before = len(threads.wire.moments)
        got = threads.read(60)
        assert [(type(error), getattr(error, "retry_after_seconds", None)) for error in got] == [
            (RateLimited, 120)
        ] * THREADS
        assert len(threads.wire.moments) == before + 1
