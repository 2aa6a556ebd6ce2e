"""JSON that keeps its text: where each member of an object stands, and no limit to how deep a document nests.

Python's own `json` gives up near the interpreter's recursion limit. Raising that limit would raise it for the whole
process, and so hide the very bugs that deep Flows are to find in the code under test. Here an explicit stack takes over
where `json` gives up.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

_BLANK = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(frozen=True)
class Member:
    """One member of an object: its value, and `text[start:end]` which says it."""

    value: Any
    start: int
    end: int


def read_object(text: str) -> dict[str, Member]:
    """The members of the JSON object that `text` is; of a name that repeats the last one counts.

    Raises ValueError for anything else.
    """
    members: dict[str, Member] = {}
    index = _skip_blank(text, 0)
    if not text.startswith("{", index):
        message = "the document is not a JSON object"
        raise ValueError(message)
    index = _skip_blank(text, index + 1)
    more = not text.startswith("}", index)
    while more:
        name, start = _read_name(text, index)
        value, end = _read_value(text, start)
        members[name] = Member(value, start, end)
        index, more = _after_value(text, end, "}")
    if (end := _skip_blank(text, index if members else index + 1)) != len(text):
        message = "Extra data"
        raise json.JSONDecodeError(message, text, end)
    return members


def read_dict(body: bytes) -> dict[str, Any]:
    """The JSON object that these bytes are, as UTF-8. Raises ValueError for anything else."""
    return {name: member.value for name, member in read_object(body.decode()).items()}


def write(value: Any) -> bytes:
    """JSON as UTF-8, however deep. Text that UTF-8 cannot hold (lone surrogates) is escaped."""
    try:
        return _write_text(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return _write_text(value, ensure_ascii=True).encode()


def _skip_blank(text: str, index: int) -> int:
    match = _BLANK.match(text, index)
    return match.end() if match else index


def _read_name(text: str, index: int) -> tuple[str, int]:
    """A member's name, and where its value starts."""
    if not text.startswith('"', index):
        message = "Expecting property name enclosed in double quotes"
        raise json.JSONDecodeError(message, text, index)
    name, end = _DECODER.raw_decode(text, index)
    end = _skip_blank(text, end)
    if not text.startswith(":", end):
        message = "Expecting ':' delimiter"
        raise json.JSONDecodeError(message, text, end)
    return name, _skip_blank(text, end + 1)


def _read_value(text: str, index: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, index)
    except RecursionError:
        return _read_deep_value(text, index)


def _after_value(text: str, index: int, closing: str) -> tuple[int, bool]:
    """Past the comma or the closing bracket that follows a value; whether another one follows."""
    index = _skip_blank(text, index)
    if text.startswith(",", index):
        return _skip_blank(text, index + 1), True
    if text.startswith(closing, index):
        return index + 1, False
    message = f"Expecting ',' or '{closing}'"
    raise json.JSONDecodeError(message, text, index)


def _read_deep_value(text: str, index: int) -> tuple[Any, int]:
    containers: list[tuple[Any, str]] = []  # still open, with the bracket that will close them
    names: list[str] = []  # of the members being read, one per open object
    while True:
        if text.startswith(("{", "["), index):
            container: Any = {} if text[index] == "{" else []
            closing = "}" if text[index] == "{" else "]"
            index = _skip_blank(text, index + 1)
            if not text.startswith(closing, index):
                containers.append((container, closing))
                if closing == "}":
                    name, index = _read_name(text, index)
                    names.append(name)
                continue
            value, index = container, index + 1
        else:
            value, index = _DECODER.raw_decode(text, index)
        more = False
        while containers and not more:
            container, closing = containers[-1]
            if closing == "}":
                container[names.pop()] = value
            else:
                container.append(value)
            index, more = _after_value(text, index, closing)
            if not more:
                value, _ = containers.pop()
            elif closing == "}":
                name, index = _read_name(text, index)
                names.append(name)
        if not more:
            return value, index


class _Text(str):
    """JSON that is written already, among values that are not."""

    __slots__ = ()


def _write_text(value: Any, *, ensure_ascii: bool) -> str:
    encode = json.JSONEncoder(ensure_ascii=ensure_ascii, allow_nan=False).encode
    try:
        return encode(value)
    except RecursionError:
        return _write_deep_text(value, encode)


def _write_deep_text(value: Any, encode: Callable[[Any], str]) -> str:
    written: list[str] = []
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Text):
            written.append(item)
        elif isinstance(item, dict) and item:
            pieces = [piece for key, child in item.items() for piece in (_Text(f", {encode(key)}: "), child)]
            pieces[0] = _Text(pieces[0].replace(", ", "{", 1))
            pending += [_Text("}"), *reversed(pieces)]
        elif isinstance(item, list) and item:
            pieces = [piece for child in item for piece in (_Text(", "), child)]
            pending += [_Text("]"), *reversed([_Text("["), *pieces[1:]])]
        else:
            written.append(encode(item))
    return "".join(written)
