"""Which minutes are next: none twice, none left out, and what is given up is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency_probe.intervals import A_MINUTE, Interval, Pace, read, written

PACE = Pace(settling_minutes=2, look_back_minutes=60)
NOW = datetime(2026, 11, 25, 10, 7, 33, 250_000, tzinfo=UTC)


def at(clock: str, day: int = 25) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}:00Z")


def spoken(intervals: tuple[Interval, Interval]) -> tuple[str, str]:
    """Both in short: `10:01-10:05`, or nothing where one is empty."""
    first, second = (f"{i.start:%H:%M}-{i.end:%H:%M}" if i.minutes else "" for i in intervals)
    return first, second


@pytest.mark.parametrize(
    ("measured_until", "wanted", "given_up"),
    [
        (at("10:04"), "10:04-10:05", ""),
        (at("10:00"), "10:00-10:05", ""),
        (at("10:05"), "", ""),
        (at("10:30"), "", ""),  # a clock was wrong: what is measured is not measured again
        (at("09:05"), "09:05-10:05", ""),
        (at("09:04"), "09:05-10:05", "09:04-09:05"),
        (at("23:00", 24), "09:05-10:05", "23:00-09:05"),
        (None, "09:05-10:05", ""),  # nothing was promised before the first time
    ],
)
def test_the_next_minutes_are_those_that_have_settled_since(
    measured_until: datetime | None, wanted: str, given_up: str
) -> None:
    assert spoken(PACE.next(measured_until, NOW)) == (wanted, given_up)


def test_without_settling_the_minute_that_has_just_ended_is_the_last() -> None:
    wanted, _ = Pace(settling_minutes=0, look_back_minutes=60).next(at("10:05"), NOW)
    assert (wanted.start, wanted.end, wanted.minutes) == (at("10:05"), at("10:07"), 2)


@given(
    st.lists(st.integers(min_value=0, max_value=7_200), min_size=1, max_size=20),
    st.integers(min_value=0, max_value=10),
    st.integers(min_value=1, max_value=90),
)
def test_whenever_it_runs_every_minute_is_measured_or_given_up_exactly_once(
    pauses: list[int], settling: int, look_back: int
) -> None:
    pace, now = Pace(settling, look_back), NOW
    first, _ = pace.next(None, now)
    measured_until, covered = first.start, [Interval(first.start, first.start)]
    for seconds in pauses:
        now += timedelta(seconds=seconds)
        wanted, given_up = pace.next(measured_until, now)
        assert wanted.minutes <= look_back
        assert wanted.end <= now - settling * A_MINUTE or not wanted.minutes
        covered += [given_up, wanted]
        measured_until = wanted.end
    filled = [interval for interval in covered if interval.minutes]
    assert all(earlier.end == later.start for earlier, later in pairwise(filled))
    assert sum(interval.minutes for interval in covered) == (measured_until - first.start) // A_MINUTE


def test_a_minute_is_written_so_that_it_reads_the_same() -> None:
    berlin = timezone(timedelta(hours=1))
    assert written(at("10:05").astimezone(berlin)) == "2026-11-25T10:05:00Z"
    assert read("2026-11-25T11:05:00+01:00") == at("10:05")
    assert str(Interval(at("10:00"), at("10:05"))) == "2026-11-25T10:00:00Z/2026-11-25T10:05:00Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-25T10:05:00"])
def test_what_is_no_minute_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|Invalid isoformat"):
        read(text)
