"""Durations as Architect writes them: `P{days}D{hours}H{minutes}M{seconds}S{milliseconds}F`, such as `P0D0H1M30S0F`."""

from __future__ import annotations

import re

_DURATION = re.compile(r"P([0-9]{1,9})D([0-9]{1,9})H([0-9]{1,9})M([0-9]{1,9})S([0-9]{1,9})F")
_DAY, _HOUR, _MINUTE, _SECOND = 86_400_000, 3_600_000, 60_000, 1_000


def milliseconds_of(text: object) -> int | None:
    """What a duration says, carried or not: `P0D0H0M0S1500F` are 1500; None for what is no duration."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    days, hours, minutes, seconds, milliseconds = map(int, match.groups())
    return days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds * _SECOND + milliseconds


def as_seconds(milliseconds: int) -> float:
    """In seconds, as an integer where there is no fraction."""
    whole, fraction = divmod(milliseconds, _SECOND)
    return milliseconds / _SECOND if fraction else whole


def duration(seconds: int) -> str:
    """So many seconds as Architect itself spells them, carried: 90 are `P0D0H1M30S0F`."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"P{days}D{hours}H{minutes}M{seconds}S0F"
