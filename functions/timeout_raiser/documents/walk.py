"""Walking through a document, however deep it is, and saying where something stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple["Place", "str | int"] | None
"""Where an object stands: its parent's place and the key there; None for the document itself."""


_CONTAINERS = frozenset({dict, list})
"""What JSON is parsed to. A set of types: asked for each member of a document, and the fastest there is to ask."""


def objects_of(
    kinds: Mapping[str, str | None], root: dict[str, Any], *, named_by: str
) -> Iterator[tuple[str, dict[str, Any], Place]]:
    """Every object of these kinds, with its kind, parents first, in document order.

    The whole document is walked, on a stack of our own instead of recursion. Nothing here is done for an object that
    could be left out: large documents have a hundred thousand of them.

    Args:
        kinds: with the key that is not followed in objects of that kind, if there is one.
        named_by: the key under which an object says its kind.
    """
    stack: list[tuple[Any, Place]] = [(root, None)]
    while stack:
        node, place = stack.pop()
        if type(node) is dict:
            kind, unwanted = node.get(named_by), None
            if type(kind) is str and kind in kinds:
                yield kind, node, place
                unwanted = kinds[kind]
            for key in reversed(node):
                child = node[key]
                if type(child) in _CONTAINERS and key != unwanted:
                    stack.append((child, (place, key)))
        else:
            index = len(node)
            for child in reversed(node):
                index -= 1
                if type(child) in _CONTAINERS:
                    stack.append((child, (place, index)))


def spelled(place: Place) -> str:
    """The place in words, such as `steps[2].cases[0].steps[1]`: as long as it is deep, so only where it is wanted."""
    parts: list[str] = []
    while place is not None:
        place, key = place
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "".join(reversed(parts)).removeprefix(".")


def text_of(node: dict[str, Any], key: str) -> str | None:
    """A member that is text; None for any other."""
    value = node.get(key)
    return value if isinstance(value, str) else None
