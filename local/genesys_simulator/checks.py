"""Checks of fields that come from people, in Python or as JSON: what fits, and how to say what would."""

from collections.abc import Callable, Mapping
from typing import Any

Check = tuple[Callable[[Any], bool], str]
"""(whether a value fits, what fits in words)"""


def is_seconds(value: Any) -> bool:
    """Whether it is a finite number, not negative."""
    return type(value) in (int, float) and 0 <= value < float("inf")


def is_count(value: Any) -> bool:
    """Whether it is an integer of at least 1; a bool is none."""
    return type(value) is int and value >= 1


BOOL: Check = (lambda value: isinstance(value, bool), "true or false")
COUNT: Check = (is_count, "an integer of at least 1")
DELAY: Check = (is_seconds, "a number of seconds, at least 0")
DURATION: Check = (lambda value: is_seconds(value) and value > 0, "a number of seconds above 0")
TEXT: Check = (lambda value: isinstance(value, str) and value != "", "a string that is not empty")
OPTIONAL_TEXT: Check = (lambda value: value is None or isinstance(value, str), "a string")


def check_fields(instance: object, checks: Mapping[str, Check], *, prefix: str = "") -> None:
    """Raises ValueError, naming the field, for the first field of `instance` that does not fit."""
    for name, (fits, meaning) in checks.items():
        value = getattr(instance, name)
        if not fits(value):
            message = f"{prefix}{name} must be {meaning}, not {value!r}"
            raise ValueError(message)
