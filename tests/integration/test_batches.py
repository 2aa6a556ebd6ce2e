"""One batch, least work: one read and at most one publish per Flow, Flows side by side, nobody harmed by another."""

from collections import Counter

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, call_counts, codes, flow, step, timeouts


def test_a_hundred_requests_for_one_flow_are_one_read_and_one_publish(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.put_flow("f", flow(step("A", 3), step("B", 3), step("C", 30)))
    bodies = [ask(action_name="ABC"[n % 3], timeout_seconds=1 + n % 25) for n in range(100)]
    assert function.take(*bodies) == []
    assert timeouts(genesys) == {"A": 25, "B": 25, "C": 30}
    assert call_counts(genesys) == {"POST": 1, "GET": 1, "PUT": 1}
    assert genesys.flow("f").version == "8"
    assert {outcome["timeout_seconds"] for outcome in function.outcomes() if outcome["status"] == "raised"} == {25}


def test_requests_for_several_flows_are_grouped(genesys: GenesysSimulator, function: Function) -> None:
    for number in range(5):
        genesys.put_flow(f"f{number}", flow(step("Slow", 3)))
    outcomes = function.ask(*[ask(f"f{n % 5}", timeout_seconds=4 + n) for n in range(25)])
    assert codes(outcomes) == ["raised"] * 25
    assert call_counts(genesys) == {"POST": 1, "GET": 5, "PUT": 5}
    assert [timeouts(genesys, f"f{n}")["Slow"] for n in range(5)] == [24, 25, 26, 27, 28]


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_flows_go_side_by_side(genesys: GenesysSimulator, start: Start, concurrency: int) -> None:
    genesys.configure(latency_seconds=0.04)
    for number in range(9):
        genesys.put_flow(f"f{number}", flow(step("Slow", 3)))
    function = start(FLOW_CONCURRENCY=str(concurrency))
    assert codes(function.ask(*[ask(f"f{number}") for number in range(9)])) == ["raised"] * 9
    assert genesys.max_in_flight == concurrency


def test_eight_flows_at_once_are_the_default(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(latency_seconds=0.05)
    for number in range(20):
        genesys.put_flow(f"f{number}", flow(step("Slow", 3)))
    function.ask(*[ask(f"f{number}") for number in range(20)])
    assert genesys.max_in_flight == 8


def test_what_suffices_already_is_not_published(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 20)))
    assert codes(function.ask(ask(), ask(timeout_seconds=20))) == ["unchanged", "unchanged"]
    assert call_counts(genesys) == {"POST": 1, "GET": 1}


def test_a_request_that_is_wrong_fails_alone(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))
    genesys.put_flow("odd", flow({"type": "data-action", "name": "Slow", "settings": {"timeout": "$x"}}))
    wrong = [ask(action_name="Nope"), ask(timeout_seconds=31), {"flow_id": "f"}, ask("odd"), ask("nope")]
    assert function.take(wrong[0], ask(), *wrong[1:]) == []
    assert codes(function.outcomes()) == [
        *["data_action_not_found", "raised", "timeout_out_of_range", "invalid_request"],
        *["data_action_not_editable", "flow_not_found"],
    ]
    assert timeouts(genesys)["Slow"] == 10
    assert len(aws.dead_letters()) == 5


@pytest.mark.parametrize("same_step", [False, True])
def test_the_one_that_genesys_cloud_does_not_like_fails_alone(
    genesys: GenesysSimulator, aws: Aws, function: Function, same_step: bool
) -> None:
    genesys.configure(max_timeout_seconds=20)  # below the limit that we know
    genesys.put_flow("f", flow(step("A", 3), step("B", 3)))
    other = "A" if same_step else "B"
    bodies = [ask(action_name="A", timeout_seconds=25), ask(action_name=other, timeout_seconds=15)]
    assert function.take(*bodies, {"flow_id": "f", "operation": "inspect"}) == []
    assert codes(function.outcomes()) == ["publish_rejected", "raised", "inspected"]
    assert timeouts(genesys) == {"A": 3, "B": 3} | {other: 15}
    assert [letter.reason for letter in aws.dead_letters()] == ["publish_rejected"]
    assert function.counts()["FlowPublishes"] == 1


def test_the_one_that_genesys_cloud_does_not_like_is_found_by_halving(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.configure(max_timeout_seconds=20)
    names = [f"step {number}" for number in range(16)]
    genesys.put_flow("f", flow(*[step(name, 3) for name in names]))
    function.take(*[ask(action_name=name, timeout_seconds=25 if name == "step 5" else 12) for name in names])
    assert codes(function.outcomes()).count("raised") == 15
    assert timeouts(genesys) == dict.fromkeys(names, 12) | {"step 5": 3}
    assert genesys.count("PUT", "publish") == 9  # one together, then two halves four times


def test_a_flow_that_fails_does_not_harm_the_others(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    for number in range(6):
        genesys.put_flow(f"f{number}", flow(step("Slow", 3)))
    genesys.put_flow("f1", "no Flow at all")
    genesys.put_flow("f2", "[1, 2]")
    genesys.fault(flow_id="f3", operation="get_flow", status=403)
    genesys.fault(flow_id="f4", operation="publish", status=501)
    assert function.take(*[ask(f"f{number}") for number in range(6)], seconds=4) == [1, 4]
    assert Counter(codes(function.outcomes())) == {
        "raised": 2,
        "genesys_unavailable": 2,
        "invalid_flow_definition": 1,
        "forbidden": 1,
    }
    assert {letter.reason for letter in aws.dead_letters()} == {"invalid_flow_definition", "forbidden"}


def test_sets_and_raises_of_one_step_count_in_their_order(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 9)))
    outcomes = function.ask(
        ask(timeout_seconds=12), ask(timeout_seconds=5, operation="set"), ask(timeout_seconds=7), ask(dry_run=True)
    )
    assert codes(outcomes) == ["raised", "set", "raised", "planned"]
    assert [(o["previous_timeout_seconds"], o["timeout_seconds"]) for o in outcomes] == [
        (9, 12),
        (12, 5),
        (5, 7),
        (9, 10),
    ]
    assert timeouts(genesys) == {"Slow": 7}
    assert genesys.flow("f").version == "8"
