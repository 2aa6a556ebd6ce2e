"""What is said when no Data Action has the name asked for."""

from __future__ import annotations

import pytest

from documents.flow import find_steps
from fakes import Json, a_request, flow, step, subflow
from not_found import data_action_not_found, nearest
from rejection import Rejection


def rejection(*flows: Json, **request: object) -> Rejection:
    contents = [(f"f{n}", find_steps(body).contents()) for n, body in enumerate(flows)]
    return data_action_not_found(a_request(**request), contents)


@pytest.mark.parametrize(
    ("wanted", "names", "expected"),
    [
        ("Get Custmer", ["Create Ticket", "Get Customer", "Get Order"], ["Get Customer", "Get Order", "Create Ticket"]),
        ("get customer", ["Set Timer", "Get Customer"], ["Get Customer", "Set Timer"]),
        ("x", ["b", "a"], ["b", "a"]),
        ("", ["a"], ["a"]),
        ("a", [], []),
    ],
)
def test_names_come_nearest_first_case_aside_and_ties_as_in_the_flow(
    wanted: str, names: list[str], expected: list[str]
) -> None:
    assert nearest(wanted, names) == expected


def test_each_name_comes_once_and_ten_at_most() -> None:
    assert nearest("A", ["A1", "A1", "A1"]) == ["A1"]
    assert len(nearest("A", (f"A{n}" for n in range(50)))) == 10


def test_the_nearest_is_found_among_very_many() -> None:
    names = [f"Step {n:05}" for n in range(20_000)]
    assert nearest("Stop 12345", names)[0] == "Step 12345"


def test_names_longer_than_any_allowed_are_cut() -> None:
    assert nearest("A", ["A" * 100_000]) == ["A" * 256]


def test_the_rejection_names_what_was_asked_for_where_and_what_there_is() -> None:
    error = rejection(flow(step("Get Customer"), step("Get Order")), action_name="Get Custmer")
    assert error.code == "data_action_not_found"
    assert "no Data Action with the name 'Get Custmer' in Flow f0" in error.message
    assert error.message.endswith("there are, nearest first: 'Get Customer', 'Get Order'")
    assert "inspect" in (error.hint or "")


def test_name_and_id_asked_for_together_are_both_named() -> None:
    assert "with the name 'A' and the id 's9'" in rejection(flow(step("A")), step_id="s9").message
    assert "with the id 's9' in" in rejection(flow(step("A")), action_name=None, step_id="s9").message


@pytest.mark.parametrize("body", [flow(), flow({"type": "menu", "name": "A"}), flow({"type": "data-action"})])
def test_a_flow_without_named_data_actions_is_said_to_have_none(body: Json) -> None:
    assert "there is no Data Action at all" in rejection(body).message


def test_flows_that_it_leads_to_and_that_were_not_looked_at_are_named_once() -> None:
    body = flow(step("B"), subflow("sub-1"), {"cases": [subflow("sub-2"), subflow("sub-1")]})
    error = rejection(body)
    assert "it leads to the Flows sub-1, sub-2, which were not looked at" in error.message
    assert error.hint == "look there too with include_subflows: true"


def test_flows_that_were_looked_at_are_not_suggested() -> None:
    error = rejection(flow(subflow("f1")), flow(subflow("f0"), step("B")))
    assert "in Flow f0, f1; there are, nearest first: 'B'" in error.message
    assert "not looked at" not in error.message
