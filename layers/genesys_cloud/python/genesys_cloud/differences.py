"""Where two JSON documents differ: the places, never the values, which may be credentials."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

LONGEST_KEY = 60

_Place = tuple["_Place", str | int] | None


def differing_places(one: object, other: object, *, most: int) -> list[str]:
    """Paths such as `config.request.headers`, at most so many, in the order of the first document.

    Null says the same as no key at all, and 10 the same as 10.0: serializers differ in these without meaning it.
    """
    return [_path(place) for place in islice(_differing(one, other), most)]


def _differing(one: object, other: object) -> Iterator[_Place]:
    stack: list[tuple[Any, Any, _Place]] = [(one, other, None)]  # of our own: schemas may nest deeply
    while stack:
        left, right, place = stack.pop()
        pairs: list[tuple[str | int, Any, Any]]
        if isinstance(left, dict) and isinstance(right, dict):
            pairs = [(key, left.get(key), right.get(key)) for key in dict.fromkeys((*left, *right))]
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pairs = [(index, *pair) for index, pair in enumerate(zip_longest(left, right))]
        else:
            if left != right or isinstance(left, bool) != isinstance(right, bool):
                yield place
            continue
        stack.extend((a, b, (place, key)) for key, a, b in reversed(pairs))


def _path(place: _Place) -> str:
    parts: list[str] = []
    while place is not None:
        place, key = place
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key[:LONGEST_KEY]}")
    return "".join(reversed(parts)).removeprefix(".") or "all of it"
