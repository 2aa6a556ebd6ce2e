"""How long to wait, and whether there is time for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeTime, longest, shortest
from genesys_cloud.deadline import MARGIN_SECONDS, Deadline
from genesys_cloud.retry import backoff_seconds, told_wait_seconds

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("1", 1),
        ("120", 120),
        (" 7 ", 7),
        ("86400", 86400),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Monday, 23-Nov-26 12:00:30 GMT", 30),
        ("Mon Nov 23 12:00:30 2026", 30),
        ("Mon, 23 Nov 2026 14:00:30 +0200", 30),
    ],
)
def test_retry_after_is_kept_in_seconds_and_in_every_form_of_http_date(retry_after: str, seconds: float) -> None:
    assert told_wait_seconds({"Retry-After": retry_after}, NOW) == seconds


@pytest.mark.parametrize(
    "nonsense",
    ["", "soon", "-5", "1.5", "1e3", "5, 7", "٣", "²", "9" * 10, "9" * 5000, "Mon, 99 Nov 2026 12:00:30 GMT", "\x00"],
)
def test_nonsense_counts_as_one_second(nonsense: str) -> None:
    assert told_wait_seconds({"Retry-After": nonsense}, NOW) == 1


def test_a_date_that_has_passed_counts_as_one_second_not_as_a_wait_backwards() -> None:
    assert told_wait_seconds({"Retry-After": "Mon, 23 Nov 2026 11:00:00 GMT"}, NOW) == 1


def test_a_date_far_away_is_a_long_wait_and_no_error() -> None:
    assert told_wait_seconds({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, NOW) > 10**9


@pytest.mark.parametrize(("reset", "seconds"), [("30", 31), ("1", 2), ("0", 1), ("soon", 1), ("-3", 1), ("", 1)])
def test_without_retry_after_the_rate_limit_window_counts_plus_a_second(reset: str, seconds: float) -> None:
    assert told_wait_seconds({"inin-ratelimit-reset": reset}, NOW) == seconds


def test_retry_after_counts_before_the_window_and_without_both_it_is_one_second() -> None:
    assert told_wait_seconds({"Retry-After": "5", "inin-ratelimit-reset": "50"}, NOW) == 5
    assert told_wait_seconds({}, NOW) == 1


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,6} [\d:]{0,9} ?[-+]?\w{0,9}"))
def test_no_header_can_make_it_fail_or_wait_backwards(header: str) -> None:
    assert told_wait_seconds({"Retry-After": header}, NOW) > 0
    assert told_wait_seconds({"inin-ratelimit-reset": header}, NOW) > 0


def test_the_backoff_doubles_up_to_its_longest() -> None:
    assert [backoff_seconds(n, longest) for n in range(1, 10)] == [0.25, 0.5, 1, 2, 4, 8, 16, 16, 16]
    assert backoff_seconds(100_000, longest) == 16


def test_the_jitter_is_full_from_zero_on() -> None:
    assert {backoff_seconds(n, shortest) for n in range(1, 9)} == {0}


def test_a_deadline_counts_down_with_its_clock() -> None:
    time = FakeTime()
    deadline = time.deadline(10)
    assert (deadline.left(), deadline.allows(10), deadline.allows(10.5)) == (10, True, False)
    time.now += 11
    assert (deadline.left(), deadline.allows(0)) == (-1, False)


def test_a_wait_sleeps_and_a_wait_of_nothing_does_not() -> None:
    time = FakeTime()
    deadline = time.deadline(10)
    deadline.wait(4)
    deadline.wait(0)
    deadline.wait(-1)
    assert (time.slept, deadline.left()) == ([4], 6)


def test_the_deadline_of_an_invocation_keeps_a_margin_free() -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 60_000

    assert 60 - MARGIN_SECONDS - 1 < Deadline.of(Context()).left() <= 60 - MARGIN_SECONDS
