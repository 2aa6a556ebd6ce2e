"""Time and chance, as whoever opens connections may hand them in."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from genesys_cloud.retry import Jitter


@dataclass(frozen=True)
class Clock:
    """What time it is, and how long to wait.

    Attributes:
        monotonic: seconds that never go back; only differences mean anything.
        wall: seconds since 1970; goes on while the execution environment is frozen.
        jitter: a random number between two bounds.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    jitter: Jitter = random.uniform

    def today(self) -> datetime:
        """The time of day, for HTTP dates."""
        return datetime.fromtimestamp(self.wall(), UTC)
