"""What an attacker, or chance, may put in the place of anything: texts, values, and payloads with parts exchanged."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from alarm_payloads import BY_DIMENSIONS, KINDS, POLICY, TARGET, alarm_action, eventbridge, sns_envelope, sns_message

ROOT = Path(__file__).parents[1]
MEBIBYTE = 1 << 20

ODD = ["", " ", "\x00", "\r\n", "\ud800", "\udfff\ud800", "\ufffe", "\ufeff", "\u2028", "\x1b[2J", "${x}", "{x}"]
ALIKE = ["\u202egnp.exe", "a\u200bb", "\u200d", "e\u0301", "\u00e9"]
LONG = ["\U0001f40e" * 300, "x" * MEBIBYTE, "?" * 50, "*" * 500, "0" * 5000, '{"a":' * 2000]
OF_PATHS = ["..", "../..", "%2e%2e", "/", "*", "["]
OF_PROGRAMS = ["-1", "1e400", "NaN", "null", "__proto__", "constructor"]
MOMENTS = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999-14:00",
    "9999-12-31T23:59:59Z",
    "T",
    "2026-02-30T00:00Z",
]
TEXTS = [*ODD, *ALIKE, *LONG, *OF_PATHS, *OF_PROGRAMS, *MOMENTS]
NUMBERS = [0, -1, 0.5, -0.0, 10**30, -(10**30), 10**4000, 1e308, 5e-324, float("inf"), float("-inf"), float("nan")]


def nested(depth: int, *, of: type = dict) -> Any:
    """Objects or lists in one another."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if of is dict else [value]
    return value


def some_of(values: list[Any]) -> st.SearchStrategy[Any]:
    """One of these, which hypothesis need not write out: some have megabytes."""
    return st.integers(0, len(values) - 1).map(lambda index: values[index])


SCALARS = st.none() | st.booleans() | some_of(NUMBERS) | st.integers() | some_of(TEXTS) | st.text(max_size=9)
VALUES: st.SearchStrategy[Any] = (
    SCALARS
    | some_of([{}, [], [[]], {"": None}, {"a": {}}, nested(500), [{}] * 5000])
    | st.dictionaries(some_of(TEXTS) | st.text(max_size=3), SCALARS, max_size=3)
)


def project_events() -> list[Any]:
    """The project's own examples: what the function is handed, whole."""
    files = sorted(path for path in (ROOT / "events").rglob("*.json") if "schemas" not in path.parts)
    return [json.loads(path.read_text(encoding="utf-8")) for path in files]


def alarms() -> list[Any]:
    """Alarms of every kind through every door, routed by their descriptions or by their dimensions."""
    routed: list[dict[str, Any]] = [{"target": TARGET, "policy": POLICY}, {"dimensions": BY_DIMENSIONS}]
    made = [
        shape(kind=kind, **how)
        for shape in (alarm_action, eventbridge, sns_message)
        for kind in KINDS
        for how in routed
    ]
    return [*made, *(sns_envelope(message) for message in made if "AlarmName" in message)]


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    stack = [value] if isinstance(value, dict | list) else []
    while stack:
        container = stack.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        found += [(container, key) for key in keys]
        stack += [container[key] for key in keys if isinstance(container[key], dict | list)]
    return found


@st.composite
def mutated(draw: st.DrawFn, payload: Any) -> Any:
    """The payload with some parts dropped, exchanged, doubled, wrapped or renamed; in JSON that is text in it, too."""
    payload = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        places = _places(payload)
        if not places:
            break
        container, key = draw(some_of(places))
        value = container[key]
        match draw(st.sampled_from(["drop", "exchange", "exchange", "wrap", "rename", "within"])):
            case "drop":
                del container[key]
            case "exchange":
                container[key] = copy.deepcopy(draw(VALUES))  # it may be exchanged in part itself
            case "wrap":
                container[key] = draw(some_of([[value], {"a": value}, [value] * 2, json.dumps(value)]))
            case "rename" if isinstance(container, dict):
                container[draw(some_of(TEXTS) | st.text(max_size=4))] = container.pop(key)
            case "within" if isinstance(value, str):
                container[key] = _text_mutated(draw, value)
    return payload


def _text_mutated(draw: st.DrawFn, text: str) -> str:
    start = text.find("{")
    try:
        within = json.loads(text[start:])
    except ValueError:
        place = draw(st.integers(0, len(text)))
        return text[:place] + str(draw(some_of(TEXTS))) + text[place + draw(st.integers(0, 3)) :]
    return text[:start] + json.dumps(draw(mutated(within)))


DAMAGES = ["", "", "", '"a":1,"a":2,', "[" * 3000, '{"a":' * 100_000, "NaN", "1" * 5000, "\\ud800", "\x00"]


def as_bodies(payloads: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    """Messages as a queue holds them: JSON, some of it damaged as text."""

    @st.composite
    def damaged(draw: st.DrawFn, payload: Any) -> str:
        text = json.dumps(payload)
        place = draw(st.integers(0, len(text)))
        more = draw(
            st.sampled_from(["", "", "", '"a":1,"a":2,', "[" * 3000, '{"a":' * 100_000, "NaN", "1" * 5000, "\\ud800"])
        )
        return text[:place] + more + text[place:]

    return payloads.flatmap(damaged)
