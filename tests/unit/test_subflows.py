"""Which Flows a request concerns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from documents.kinds import DocumentKey
from fakes import Json, a_request, flow, flow_key, reads_from, step, subflow
from genesys_cloud.document import Document
from genesys_cloud.errors import Forbidden, GenesysCloudError
from subflows import Scope, explore
from timeout_request import TimeoutRequest

Bodies = dict[str, Json | GenesysCloudError]


def explore_all(
    read_all: Callable[..., Any], *requests: TimeoutRequest
) -> tuple[dict[DocumentKey, Document | GenesysCloudError], dict[int, Scope]]:
    """What was read, and the scope of each request, all of which are about Flows."""
    roots = {n: flow_key(request.flow_id or "", request.organization) for n, request in enumerate(requests)}
    return explore(dict(enumerate(requests)), roots, read_all)


def flow_ids(scope: Scope) -> list[str]:
    return [key.id for key in scope.keys]


def explored(bodies: Bodies, *roots: str) -> tuple[list[list[str]], list[list[str]]]:
    """The levels that were read, and per request the Flows of its scope."""
    read_all, levels = reads_from(bodies)
    _, scopes = explore_all(read_all, *(a_request(flow_id=flow_id, include_subflows=True) for flow_id in roots))
    return levels, [flow_ids(scopes[index]) for index in range(len(roots))]


def test_without_include_subflows_nothing_is_read_ahead_and_only_the_own_flow_is_concerned() -> None:
    read_all, levels = reads_from({"f": flow(subflow("g"))})
    documents, scopes = explore_all(read_all, a_request())
    assert (documents, levels) == ({}, [])
    assert flow_ids(scopes[0]) == ["f"]


def test_references_are_followed_level_by_level_each_flow_read_once() -> None:
    bodies: Bodies = {
        "a": flow(subflow("b"), subflow("c"), subflow("b")),
        "b": flow(subflow("d"), subflow("c")),
        "c": flow(subflow("d")),
        "d": flow(step("A")),
    }
    levels, scopes = explored(bodies, "a")
    assert levels == [["a"], ["b", "c"], ["d"]]
    assert scopes == [["a", "b", "c", "d"]]


@pytest.mark.parametrize(
    ("bodies", "levels"),
    [
        ({"a": flow(subflow("a"))}, [["a"]]),
        ({"a": flow(subflow("b")), "b": flow(subflow("a"))}, [["a"], ["b"]]),
        ({"a": flow(subflow("b")), "b": flow(subflow("c")), "c": flow(subflow("b"))}, [["a"], ["b"], ["c"]]),
    ],
)
def test_a_circle_ends(bodies: Bodies, levels: list[list[str]]) -> None:
    assert explored(bodies, "a") == (levels, [[flow_id for level in levels for flow_id in level]])


def test_a_long_chain_is_followed_to_its_end() -> None:
    bodies: Bodies = {f"f{n}": flow(subflow(f"f{n + 1}")) for n in range(1500)}
    bodies["f1500"] = flow()
    levels, [scope] = explored(bodies, "f0")
    assert len(levels) == len(scope) == 1501


def test_requests_that_share_flows_read_them_once_and_each_has_its_own_scope() -> None:
    bodies: Bodies = {"a": flow(subflow("c")), "b": flow(subflow("c")), "c": flow()}
    levels, scopes = explored(bodies, "a", "b", "a")
    assert levels == [["a", "b"], ["c"]]
    assert scopes == [["a", "c"], ["b", "c"], ["a", "c"]]


def test_a_flow_that_cannot_be_read_leads_nowhere_and_stays_in_the_scope() -> None:
    levels, scopes = explored({"a": flow(subflow("b"), subflow("gone")), "b": Forbidden("no")}, "a")
    assert (levels, scopes) == ([["a"], ["b", "gone"]], [["a", "b", "gone"]])


def test_organizations_do_not_mix() -> None:
    read_all, _ = reads_from({"a": flow(subflow("b")), "b": flow()})
    requests = [a_request(flow_id="a", include_subflows=True, organization=o) for o in ("x", "y")]
    documents, _ = explore_all(read_all, *requests)
    assert set(documents) == {flow_key("a", "x"), flow_key("b", "x"), flow_key("a", "y"), flow_key("b", "y")}


def test_each_flow_is_named_by_the_step_that_leads_to_it() -> None:
    read_all, _ = reads_from({"a": flow({"cases": [subflow("b")]}), "b": flow()})
    _, scopes = explore_all(read_all, a_request(flow_id="a", include_subflows=True))
    assert scopes[0].named_by == {
        flow_key("a"): "the request",
        flow_key("b"): "steps[0].cases[0] of Flow a",
    }


@pytest.mark.parametrize(
    "reference",
    [
        {"type": "sub-flow", "flowId": "b"},
        {"type": "sub-flow", "settings": {"flowId": "b"}},
        {"type": "sub-flow", "flowId": None, "settings": {"flowId": "b"}},
        {"type": "sub-flow", "flowId": "no id at all", "settings": {"flowId": "b"}},
        {"type": "loop", "body": {"steps": [subflow("b")]}},
        {"type": "data-action", "name": "A", "onError": {"steps": [subflow("b")]}},
        {"type": "sub-flow", "steps": [subflow("b")]},
    ],
)
def test_a_reference_may_stand_on_the_step_or_in_its_settings_at_any_depth(reference: Json) -> None:
    assert explored({"a": flow(reference), "b": flow()}, "a")[1] == [["a", "b"]]


@pytest.mark.parametrize(
    "no_reference",
    [
        {"type": "sub-flow"},
        {"type": "sub-flow", "flowId": 5},
        {"type": "sub-flow", "flowId": "../users/me"},
        {"type": "sub-flow", "flowId": ".."},
        {"type": "sub-flow", "flowId": "b\n"},
        {"type": "sub-flow", "settings": "b"},
        {"type": "jump", "flowId": "b"},
        {"type": ["sub-flow"], "flowId": "b"},
        {"type": "data-action", "name": "A", "flowId": "b"},
        {"type": "data-action", "name": "A", "settings": {"mapping": subflow("b")}},
    ],
)
def test_nothing_else_leads_to_another_flow(no_reference: Json) -> None:
    assert explored({"a": flow(no_reference), "b": flow()}, "a")[1] == [["a"]]
