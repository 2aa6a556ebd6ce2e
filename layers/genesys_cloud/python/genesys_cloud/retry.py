"""How long to wait before another try. Pure: what it needs to know is handed in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_BACKOFF_SECONDS = 0.25
LONGEST_BACKOFF_SECONDS = 16.0
WAIT_WHEN_TOLD_NONSENSE_SECONDS = 1.0

Jitter = Callable[[float, float], float]
"""A random number between two bounds, as `random.uniform` gives it."""


def backoff_seconds(failures: int, jitter: Jitter = random.uniform) -> float:
    """Exponential backoff with full jitter after so many failures (1 for the first)."""
    doublings = min(failures - 1, 16)
    return jitter(0, min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**doublings))


def told_wait_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """The wait that a 429 asks for, in seconds.

    `Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3). Where it is missing, Genesys's
    `inin-ratelimit-reset` (seconds until the window ends) plus one counts. Nonsense counts as one second, and so does
    no wait at all: whoever has just refused would only refuse again.
    """
    retry_after = headers.get("Retry-After")
    if retry_after is not None:
        return _seconds(retry_after) or _seconds_until(retry_after, now) or WAIT_WHEN_TOLD_NONSENSE_SECONDS
    reset = _seconds(headers.get("inin-ratelimit-reset", ""))
    return reset + 1 if reset else WAIT_WHEN_TOLD_NONSENSE_SECONDS


def _seconds(text: str) -> float | None:
    text = text.strip()
    # isdecimal alone would take digits of other scripts; nine digits are thirty years, more is nonsense.
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None  # noqa: PLR2004


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
