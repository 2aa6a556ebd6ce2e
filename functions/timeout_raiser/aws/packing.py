"""Batch calls: entries in packs of so many, and so many bytes, and one call after the other while there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from genesys_cloud.deadline import Deadline

NO_TIME = "no time was left"

Entry = TypeVar("Entry")
Answer = TypeVar("Answer")


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


def call_for_each(
    packs: Iterable[list[Entry]], call: Callable[[list[Entry]], Answer], deadline: Deadline
) -> Iterator[tuple[list[Entry], Answer | str]]:
    """One call for each pack, as long as there is time: its answer, or in words why there is none.

    After a call that was not answered there are no more: each would hold the invocation as long.
    """
    no_answer: str | None = None
    for pack in packs:
        if no_answer or deadline.left() <= 0:
            yield pack, no_answer or NO_TIME
            continue
        try:
            answer = call(pack)
        except ClientError as error:
            yield pack, str(error)
        except BotoCoreError as error:
            no_answer = str(error)
            yield pack, no_answer
        else:
            yield pack, answer
