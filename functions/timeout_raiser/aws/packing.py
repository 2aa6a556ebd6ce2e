"""Packs for batch calls, which take so many entries and so many bytes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Entry = TypeVar("Entry")


def in_packs(
    entries: Iterable[Entry], size: Callable[[Entry], int], *, most_entries: int, most_bytes: int
) -> Iterator[list[Entry]]:
    """The entries in packs within both limits, in order; one that is too large by itself goes alone."""
    pack: list[Entry] = []
    total = 0
    for entry in entries:
        entry_size = size(entry)
        if pack and (len(pack) == most_entries or total + entry_size > most_bytes):
            yield pack
            pack, total = [], 0
        pack.append(entry)
        total += entry_size
    if pack:
        yield pack
