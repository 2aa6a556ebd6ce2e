"""Chance that can be repeated: drawn anew from the seed and from what it is for, whatever else was drawn before."""

from __future__ import annotations

import random


def chance(seed: int, *about: object) -> random.Random:
    """Random numbers for one purpose: the same for the same seed, however threads and processes interleave."""
    return random.Random(" ".join(map(str, (seed, *about))))  # noqa: S311  # guards no secret
