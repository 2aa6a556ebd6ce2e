"""The deadline as a law, in exact time: whatever Genesys Cloud does, the work of an invocation is over by then."""

from __future__ import annotations

import json
import random
from typing import Any, cast

import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from batch import Batch
from changes import Rules
from fakes import FakeLedger, FakeSecrets, FakeTime, FakeWire, Watcher, a_request, answered, flow, step
from genesys_cloud.login import Organization
from genesys_cloud.transport import SHORTEST_ATTEMPT_SECONDS, pooled_session
from organizations import Client
from outcomes import Outcome, Status
from sessions import open_session

SECRET = {"client_id": "the-client", "client_secret": "s3cr3t", "region": "mypurecloud.ie"}
WISHED_SECONDS = 10
HALF_A_TICK = 1e-6
"""What adding up fractions of seconds may be off."""

TIMES = st.floats(0, 30) | st.floats(0.1, 4)
"""Seconds until the deadline."""


class Weather(FakeWire):
    """A Genesys Cloud with Flows, where each call takes its time, and may fail or lose its answer.

    It keeps the timeouts that a call is sent with: who waits no longer learns nothing, but what was sent may be done.
    """

    def __init__(self, time: FakeTime, chance: random.Random, flows: int) -> None:
        super().__init__(time)
        self.bodies = {f"f{number}": flow(step("A", 3)) for number in range(flows)}
        self._chance = chance
        self._usual = chance.choice([0.01, 0.2, 0.8, 2])
        self._trouble = chance.choice([0, 0.1, 0.5, 1])

    def timeout(self, flow_id: str) -> int:
        """What the Flow's step stands at."""
        seconds: int = self.bodies[flow_id]["steps"][0]["settings"]["timeout"]
        return seconds

    def _answer(self, path: str) -> Any:
        sent, seconds = self.sent[-1], self._chance.uniform(0, 2 * self._usual)
        struck = self._chance.random() < self._trouble
        trouble = self._chance.choice(["503", "429", "409", "reset", "silence", "lost"]) if struck else ""
        patience = cast("float", sent.timeout.read_timeout)
        if trouble == "silence" or seconds > patience:
            self.time.now += patience
            if trouble != "silence":
                self._do(sent.method, path, sent.body)
            return requests.ReadTimeout("timed out")
        self.time.now += seconds
        match trouble:
            case "503":
                return answered(503)
            case "429":
                return answered(429, Retry_After=str(self._chance.choice([1, 3, 60])))
            case "409" if sent.method == "PUT":
                return answered(409)
            case "reset":
                return requests.ConnectionError("reset")
        done = self._do(sent.method, path, sent.body)
        return requests.ConnectionError("reset") if trouble == "lost" else done

    def _do(self, method: str, path: str, body: bytes) -> Any:
        if method == "POST":
            return answered(200, {"access_token": "token", "expires_in": 3600})
        flow_id = path.removesuffix("/publish").rpartition("/")[2]
        if method == "PUT":
            published = json.loads(body)
            if published["version"] != self.bodies[flow_id]["version"]:
                return answered(409)
            self.bodies[flow_id] = {**published, "version": str(int(published["version"]) + 1)}
        return answered(200, self.bodies[flow_id])


@settings(max_examples=400)
@given(seconds=TIMES, seed=st.integers(0, 2**32), flows=st.integers(1, 8))
def test_the_work_is_over_by_the_deadline_and_every_request_has_its_true_outcome(
    seconds: float, seed: int, flows: int
) -> None:
    time, chance = FakeTime(), random.Random(seed)  # noqa: S311  # guards no secret
    weather, begun = Weather(time, chance, flows), time.now
    outcomes = carried_out(time, weather, seconds, chance)

    assert time.now - begun <= seconds + HALF_A_TICK
    assert all(cast("float", call.timeout.total) >= SHORTEST_ATTEMPT_SECONDS for call in weather.sent)
    assert [outcome.target["flow_id"] for outcome in outcomes] == list(weather.bodies)
    for outcome in outcomes:
        stands_at = weather.timeout(outcome.target["flow_id"])
        if outcome.status is Status.RAISED:
            assert stands_at == WISHED_SECONDS
        else:  # a publish may have been done without a word of it, and the next try finds it so
            assert (outcome.status, stands_at in {3, WISHED_SECONDS}) == (Status.DEFERRED, True)
            assert outcome.error
            assert (outcome.retry_after_seconds == 0) == (outcome.error.code == "deadline_exceeded")


def carried_out(time: FakeTime, weather: Weather, seconds: float, chance: random.Random) -> list[Outcome]:
    """The outcomes of a raise of each Flow, one after the other, with everything real between batch and wire."""
    bugs: list[str] = []
    http = pooled_session(1)
    for scheme in ("https://", "http://"):
        http.mount(scheme, weather)
    deadline, watcher = time.deadline(seconds), Watcher()
    organization, secrets = Organization("default", http), FakeSecrets(genesys=SECRET)
    session = open_session(organization, secrets, deadline, time, watcher, jitter=chance.uniform)
    batch = Batch(
        lambda _: Client(session, session, deadline),
        FakeLedger(time),
        deadline,
        rules=Rules(3, 5, chance.uniform),
        default_limit_seconds=30,
        concurrency=1,
        observer=watcher,
        on_bug=bugs.append,
    )
    outcomes = batch.carry_out([a_request(flow_id=flow_id) for flow_id in weather.bodies], "sqs")
    assert bugs == []
    return outcomes
