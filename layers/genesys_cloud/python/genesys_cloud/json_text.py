"""JSON in and out of documents that are not ours: nothing may be lost on the way, however deep they are."""

from __future__ import annotations

import json
import math
import re
import sys
import threading
from functools import lru_cache
from json import scanner
from typing import Any, NoReturn

from genesys_cloud.errors import InvalidFlowDefinition

# CPython counts a level of JSON as a level of recursion and stops at 1,000; real Flows nest deeper than one expects.
# 10,000 levels stay far inside the 8 MB stack of a thread.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))

MOST_CONTAINERS = 1_000_000
"""Objects and lists in one document. Parsed, each takes up to 200 bytes, even one that is empty. A Flow has one in 35
bytes of its text, so that there are fewer in the largest answer that is read."""


def parse(body: bytes) -> Any:  # JSON is what it is
    """Parses a document; integers keep all their digits, objects the order of their keys.

    Raises:
        ValueError: not JSON.
        InvalidFlowDefinition: JSON that cannot be carried faithfully.
    """
    if body.count(b"{") + body.count(b"[") > MOST_CONTAINERS:
        raise InvalidFlowDefinition(f"the document has more than {MOST_CONTAINERS} objects and lists")
    with _PARSING:
        text = _text(body)
        del body
        for decoder in (_DECODER, _DEEP_DECODER):
            try:
                return decoder.decode(text)
            except RecursionError:
                continue
            except json.JSONDecodeError:
                raise
            except ValueError as error:  # an integer of more digits than Python takes
                raise InvalidFlowDefinition(f"the document holds a number that cannot be carried: {error}") from None
        raise InvalidFlowDefinition("the document is nested too deeply to be read")


def dump(document: object) -> bytes:
    """The document as JSON, in as few bytes as it takes.

    It is written in pieces: whole, the text of a large document would take several times its bytes, for one character
    can make all of them wide, and would not fit into the processor's cache.
    """
    pieces: list[bytes] = []
    _write(document, pieces, _LEVELS_IN_PIECES)
    return b"".join(pieces)


def _write(value: object, pieces: list[bytes], levels: int) -> None:
    if levels and value and isinstance(value, dict):
        _write_object(value, pieces, levels - 1)
    elif levels and value and isinstance(value, list):
        _write_list(value, pieces, levels - 1)
    else:
        pieces.append(_encoded(value))


def _write_object(value: dict[str, object], pieces: list[bytes], levels: int) -> None:
    """Each member that holds others by itself, the ones in between together."""
    before = b"{"
    simple: dict[str, object] = {}
    for key, member in value.items():
        if not isinstance(member, dict | list):
            simple[key] = member
            continue
        if simple:
            pieces += (before, _encoded(simple)[1:-1])
            before, simple = b",", {}
        pieces += (before, _encoded(key), b":")
        _write(member, pieces, levels)
        before = b","
    if simple:
        pieces += (before, _encoded(simple)[1:-1])
    pieces.append(b"}")


def _write_list(value: list[object], pieces: list[bytes], levels: int) -> None:
    """As many elements at a time as make a piece; a large one in pieces of its own."""
    pieces.append(b"[")
    start, count = 0, 1
    while start < len(value):
        if start:
            pieces.append(b",")
        first_piece = len(pieces)
        if count == 1:
            _write(value[start], pieces, levels)
        else:
            pieces.append(_encoded(value[start : start + count])[1:-1])
        start += count
        size = sum(map(len, pieces[first_piece:]))
        if size < _PIECE_BYTES // 2:
            count *= 2
        elif size > _PIECE_BYTES:
            count = max(1, count // 2)
    pieces.append(b"]")


def _encoded(value: object) -> bytes:
    try:
        text = _ENCODER.encode(value)
    except RecursionError:
        text = _dumped(value)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()


class _Piece(str):
    """Of the text, as it is."""

    __slots__ = ()


def _dumped(document: object) -> str:
    """The same at any depth, with a stack of its own: the encoder in Python takes time that grows with its square."""
    pieces: list[str] = []
    stack: list[Any] = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, _Piece):
            pieces.append(node)
        elif isinstance(node, dict) and node:
            stack.append(_Piece("}"))
            for key in reversed(node):
                stack += (node[key], _Piece(f"{_ENCODER.encode(key)}:"), _Piece(","))
            stack[-1] = _Piece("{")
        elif isinstance(node, list) and node:
            stack.append(_Piece("]"))
            for item in reversed(node):
                stack += (item, _Piece(","))
            stack[-1] = _Piece("[")
        else:
            pieces.append(_ENCODER.encode(node))
    return "".join(pieces)


def _text(body: bytes) -> str:
    """The document's text; emoji as escapes, for one of them as itself would make every character take four bytes."""
    if _FIRST_OF_EMOJI in body and b"\\" + _FIRST_OF_EMOJI not in body:  # after a backslash it would mean another thing
        body = _EMOJI.sub(_escaped, body)
    return body.decode("utf-8-sig")


@lru_cache(maxsize=1000)
def _pair(character: bytes) -> bytes:
    halves = character.decode().encode("utf-16-be").hex()
    return f"\\u{halves[:4]}\\u{halves[4:]}".encode()


def _escaped(match: re.Match[bytes]) -> bytes:
    return _pair(match[0])


def plain(text: str) -> str:
    """Text that may go anywhere: half surrogate pairs, which JSON allows and UTF-8 does not, become `?`."""
    return text.encode(errors="replace").decode()


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidFlowDefinition(f"the document holds a number that cannot be carried: {text[:40]}")
    return number


def _no_constant(text: str) -> NoReturn:
    raise InvalidFlowDefinition(f"the document holds {text}, which is not JSON")


def _deep_decoder() -> json.JSONDecoder:
    """A decoder in Python: where the C one has a limit of its own (Python 3.12), it goes on."""
    decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
    decoder.scan_once = scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]  # not in the published types
    return decoder


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_DEEP_DECODER = _deep_decoder()
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)

_PARSING = threading.Lock()
"""One document at a time: it takes seven times its size while it is parsed, four times when that is done, and side by
side nothing would be parsed any sooner."""

_LEVELS_IN_PIECES = 6
_PIECE_BYTES = 1 << 16
"""Small enough for the cache, large enough for the work around a piece not to count."""

# Characters beyond the 65,536 of two bytes: in UTF-8 they begin with F0, but for planes that nobody uses.
_FIRST_OF_EMOJI = b"\xf0"
_EMOJI = re.compile(rb"\xf0[\x80-\xbf]{3}")
