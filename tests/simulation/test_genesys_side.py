"""Genesys Cloud in virtual time: its limit, as it is documented, and its outages."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import requests
from urllib3 import Timeout

from genesys_cloud.transport import pooled_session
from simulation.genesys_side import GenesysSide, Mode, Outage
from simulation.virtual_time import VirtualTime

LIMITS: Any = Timeout(connect=3, read=10)  # requests takes it, its types do not know
URL = "https://default.example/api/v2/flows/f"


def at(time: VirtualTime, work: Callable[[requests.Session], None], **given: object) -> GenesysSide:
    """Works on a session with Genesys Cloud, in virtual time."""
    side = GenesysSide(time, seconds=(1, 1), chance=Random(1), **given)  # type: ignore[arg-type]  # noqa: S311
    http = pooled_session(1)
    http.mount("https://", side)
    time.start(lambda: work(http), "client")
    time.run()
    return side


def get(http: requests.Session, who: str = "t") -> requests.Response:
    return http.get(URL, headers={"Authorization": who}, timeout=LIMITS)


def test_the_limit_counts_in_windows_of_a_minute_and_tells_how_it_stands() -> None:
    time = VirtualTime(now=0)

    def work(http: requests.Session) -> None:
        first, second, third = (get(http) for _ in range(3))
        assert (first.status_code, first.headers["inin-ratelimit-count"]) == (200, "1")
        assert (second.headers["inin-ratelimit-allowed"], second.headers["inin-ratelimit-reset"]) == ("2", "59")
        assert (third.status_code, third.headers["Retry-After"]) == (429, "58")
        time.sleep(56)
        assert get(http).status_code == 429  # the window began at the first second
        assert get(http).status_code == 200

    calls = at(time, work, allowed=2).calls["default"]
    assert (calls.answered, len(calls.throttled), calls.throttled_share) == (3, 2, 0.4)


def test_the_limit_is_shared_unless_each_token_has_its_own() -> None:
    def ask_two(http: requests.Session) -> None:
        statuses.append([get(http, token).status_code for token in ("t1", "t2")])

    statuses: list[list[int]] = []
    at(VirtualTime(), ask_two, allowed=1)
    at(VirtualTime(), ask_two, allowed=1, per_token=True)
    assert statuses == [[200, 429], [200, 200]]


@pytest.mark.parametrize(
    ("mode", "ends"),
    [
        (Mode.REFUSED, requests.ConnectionError),
        (Mode.HANGING, requests.ReadTimeout),
        (Mode.BROKEN, None),
        (Mode.TOLD, None),
    ],
)
def test_in_an_outage_nothing_is_answered_properly_and_after_it_everything(
    mode: Mode, ends: type[Exception] | None
) -> None:
    time = VirtualTime()

    def work(http: requests.Session) -> None:
        time.sleep(100)
        if ends:
            with pytest.raises(ends):
                get(http)
        else:
            assert get(http).status_code == 503
        time.sleep(100)
        assert get(http).status_code == 200

    calls = at(time, work, outages=(Outage(mode, 50, 150),)).calls["default"]
    assert (len(calls.failed), calls.answered) == (1, 1)


def test_a_flow_is_published_against_the_version_that_was_read() -> None:
    def work(http: requests.Session) -> None:
        document = get(http).json()
        document["steps"][0]["settings"]["timeout"] = 10
        for status in (200, 409):
            answer = http.put(f"{URL}/publish", json=document, headers={"Authorization": "t"}, timeout=LIMITS)
            assert answer.status_code == status

    side = at(VirtualTime(), work)
    assert (side.timeout_of("default", "f"), len(side.changed_at["default", "f"])) == (10, 1)
