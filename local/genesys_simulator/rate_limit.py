"""The rate limit: so many calls per token and window (https://developer.genesys.cloud/platform/api/rate-limits)."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """What a token has used of its window, this call included; `reset_seconds` until the next window, rounded up."""

    count: int
    allowed: int
    reset_seconds: int

    @property
    def exceeded(self) -> bool:
        """Whether this call is one too many."""
        return self.count > self.allowed

    def headers(self) -> dict[str, str]:
        """As on every answer of the API."""
        return {
            "inin-ratelimit-count": str(self.count),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(self.reset_seconds),
        }


class RateLimiter:
    """Counts calls in fixed windows; a token's window starts with its first call. Refused calls count as well."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}  # token -> (start, calls)

    def count(self, token: str, *, allowed: int, window_seconds: float) -> Usage:
        """Counts one call."""
        with self._lock:
            now = self._clock()
            start, calls = self._windows.get(token, (now, 0))
            if now >= start + window_seconds:
                start, calls = now, 0
            self._windows[token] = (start, calls + 1)
            return Usage(calls + 1, allowed, math.ceil(start + window_seconds - now))

    def clear(self) -> None:
        """Every token starts afresh."""
        with self._lock:
            self._windows.clear()
