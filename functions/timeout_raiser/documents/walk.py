"""Walking through a document, however deep it is, and saying where something stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Place = tuple["Place", "str | int"] | None
"""Where an object stands: its parent's place and the key there; None for the document itself."""


def _nothing(_: dict[str, Any]) -> None:
    """Skips nothing."""


def objects(
    root: dict[str, Any], *, skipped: Callable[[dict[str, Any]], str | None] = _nothing
) -> Iterator[tuple[dict[str, Any], Place]]:
    """Every object of the document, parents first, in document order; a stack of our own instead of recursion.

    Args:
        skipped: of an object, the key that is not followed, if there is one.
    """
    stack: list[tuple[Any, Place]] = [(root, None)]
    while stack:
        node, place = stack.pop()
        if isinstance(node, dict):
            yield node, place
            unwanted = skipped(node)
            for key in reversed(node):
                child = node[key]
                if key != unwanted and isinstance(child, dict | list):
                    stack.append((child, (place, key)))
        else:
            for index in range(len(node) - 1, -1, -1):
                child = node[index]
                if isinstance(child, dict | list):
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
