"""Queries that many listings share: pages, and switches."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from genesys_simulator.messages import Refusal, Request

_DEFAULT_PAGE_SIZE = 25
_MAX_PAGE_SIZE = 100
_COUNT = re.compile(r"[0-9]{1,9}")

_Item = TypeVar("_Item")


def page(request: Request, found: Sequence[_Item], describe: Callable[[_Item], Any]) -> dict[str, Any]:
    """The page that `pageSize` and `pageNumber` ask for. Raises Refusal for one that there cannot be."""
    size = _read_count(request, "pageSize", _DEFAULT_PAGE_SIZE, at_most=_MAX_PAGE_SIZE)
    number = _read_count(request, "pageNumber", 1)
    return {
        "entities": [describe(each) for each in found[(number - 1) * size : number * size]],
        "pageSize": size,
        "pageNumber": number,
        "total": len(found),
        "pageCount": -(-len(found) // size),
    }


def is_true(request: Request, name: str) -> bool:
    """Whether the query says `name=true`, in whatever case."""
    return request.query.get(name, "").lower() == "true"


def _read_count(request: Request, name: str, default: int, *, at_most: int | None = None) -> int:
    said = request.query.get(name, str(default))
    count = int(said) if _COUNT.fullmatch(said) else 0
    if count < 1 or (at_most is not None and count > at_most):
        limits = f"from 1 to {at_most}" if at_most else "of at least 1"
        raise Refusal(400, f"{name} must be an integer {limits}, not {said}.", code="invalid.value")
    return count
