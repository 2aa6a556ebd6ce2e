"""Ctrl-C and SIGTERM end a script in order: what it started is stopped, what it made is removed."""

from __future__ import annotations

import signal
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def ends_in_order() -> None:
    """From here on the first such signal raises KeyboardInterrupt; further ones do not disturb the cleaning."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
