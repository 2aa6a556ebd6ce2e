"""Analytics of actions: what is asked, what of an answer counts, and what a refusal means."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cloud.action_analytics import ActionAnalytics, ActionMinute
from genesys_cloud.errors import Forbidden, GenesysCloudError, ReadRejected, Refusal, Transient
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

START, END = datetime(2026, 11, 25, 10, 0, tzinfo=UTC), datetime(2026, 11, 25, 10, 5, tzinfo=UTC)
STATS = {"count": 3, "max": 4100.5, "p95": 4000, "p99": 4100, "min": 1, "sum": 5000}


class OneAnswer:
    """A session that gives one answer, or a refusal."""

    def __init__(self, body: object = None, *, text: bytes | None = None, refusal: Refusal | None = None) -> None:
        self._answer = Answer(200, {}, json.dumps(body).encode() if text is None else text)
        self._refusal = refusal
        self.asked: list[tuple[str, str, Any]] = []

    def call(self, method: str, path: str, *, parse: Callable[[Answer], Any], body: bytes) -> Any:
        self.asked.append((method, path, json.loads(body)))
        if self._refusal:
            raise self._refusal
        return parse(self._answer)


def asked(session: OneAnswer) -> list[ActionMinute]:
    return ActionAnalytics(cast(Session, session)).minutes(START, END)


def answer(*data: object, **group: object) -> dict[str, Any]:
    return {"results": [{"group": {"actionId": "a", "actionName": "A", **group}, "data": list(data)}]}


def part(minute: int = 1, stats: object = STATS, metric: str = "tTotalExecution") -> dict[str, Any]:
    interval = f"2026-11-25T10:{minute:02}:00.000Z/2026-11-25T10:{minute + 1:02}:00.000Z"
    return {"interval": interval, "metrics": [{"metric": metric, "stats": stats}]}


def test_whole_minutes_are_asked_for_by_action() -> None:
    session = OneAnswer({"results": []})
    assert asked(session) == []
    assert session.asked == [
        (
            "POST",
            "/api/v2/analytics/actions/aggregates/query",
            {
                "interval": "2026-11-25T10:00:00.000Z/2026-11-25T10:05:00.000Z",
                "granularity": "PT1M",
                "groupBy": ["actionId", "actionName"],
                "metrics": ["tTotalExecution"],
            },
        )
    ]


def test_every_action_and_minute_is_read_by_time() -> None:
    body = {
        "results": [*answer(part(3), part(1))["results"], *answer(part(2), actionId="b", actionName="B")["results"]]
    }
    minutes = asked(OneAnswer(body))
    assert [(minute.action_id, minute.begins_at.minute) for minute in minutes] == [("a", 1), ("b", 2), ("a", 3)]
    assert minutes[0] == ActionMinute("a", "A", START.replace(minute=1), 3, 4100.5, 4000.0, 4100.0)


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": []}, answer(), answer(part(stats={"count": 0}))])
def test_where_nothing_was_executed_there_is_nothing(body: object) -> None:
    assert asked(OneAnswer(body)) == []


@pytest.mark.parametrize("begin", ["09:59", "10:05", "11:00"])
def test_what_was_not_asked_for_is_left_to_its_own_question(begin: str) -> None:
    stray = {"interval": f"2026-11-25T{begin}:00Z/x", "metrics": [{"metric": "tTotalExecution", "stats": STATS}]}
    assert [minute.begins_at.minute for minute in asked(OneAnswer(answer(part(1), stray)))] == [1]


def test_a_time_may_be_written_otherwise() -> None:
    odd = {"interval": "2026-11-25T11:02:00+01:00/x", "metrics": [{"metric": "tTotalExecution", "stats": STATS}]}
    assert asked(OneAnswer(answer(odd)))[0].begins_at == START.replace(minute=2)


@pytest.mark.parametrize("group", [{"actionId": None}, {"actionId": ""}, {"actionId": 5}])
def test_executions_of_no_action_are_left_out(group: dict[str, object]) -> None:
    assert asked(OneAnswer(answer(part(), **group))) == []


def test_a_name_or_figures_may_be_missing() -> None:
    [minute] = asked(OneAnswer(answer(part(stats={"count": 2, "p99": "fast", "max": -1}), actionName=None)))
    assert minute == ActionMinute("a", "", START.replace(minute=1), 2, None, None, None)


def test_another_metric_does_not_count() -> None:
    assert asked(OneAnswer(answer(part(metric="nError")))) == []


BROKEN_PARTS: list[object] = [5, {"interval": 5}, {"interval": "soon"}, {"metrics": []}, part(stats=[])]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b"[]",
        b"5",
        b'{"results": 5}',
        b'{"results": [5]}',
        b'{"results": [{"group": [1]}]}',
        b"[" * 100_000,
        *(json.dumps(answer(broken)).encode() for broken in BROKEN_PARTS),
    ],
    ids=range(13),
)
def test_a_broken_answer_is_told_apart_so_that_it_is_asked_again(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        asked(OneAnswer(text=text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["results", "group", "data", "interval", "metrics", "metric", "stats", "actionId", "count"]
            ),
            parts,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_answer_is_read_with_another_error(body: object) -> None:
    with suppress(ValueError):
        asked(OneAnswer(body))


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (403, Forbidden, "integrations:action:view is missing"),
        (400, ReadRejected, "no such thing"),
        (409, Transient, "cannot be read just now"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, kind: type[GenesysCloudError], said: str) -> None:
    refusal = Refusal("no such thing", http_status=status, correlation_id="c-1")
    with pytest.raises(kind, match=said) as raised:
        asked(OneAnswer(refusal=refusal))
    assert (raised.value.http_status, raised.value.correlation_id) == (status, "c-1")
