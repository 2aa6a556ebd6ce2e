"""Someone else publishes the same Flow meanwhile: theirs stays, ours is applied on top."""

from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Function, Start, ask, codes, flow, step, timeouts


def raises_theirs(document: dict[str, Any]) -> None:
    document["steps"][1]["settings"]["timeout"] += 1


def publishes(genesys: GenesysSimulator) -> list[int | None]:
    return [call.status for call in genesys.calls if call.method == "PUT"]


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), step("Theirs", 3)))


@pytest.mark.parametrize(("etags", "refusal"), [(True, 412), (False, 409)])
def test_what_someone_else_publishes_in_between_is_kept(
    genesys: GenesysSimulator, function: Function, etags: bool, refusal: int
) -> None:
    genesys.configure(etags=etags)
    genesys.edit_after_get("f", raises_theirs, times=2)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["publish_attempts"], outcome["flow_version"]) == ("raised", 3, "10")
    assert publishes(genesys) == [refusal, refusal, 200]
    assert genesys.count("GET", "/flows/f") == 3
    assert timeouts(genesys) == {"Slow": 10, "Theirs": 5}
    assert function.counts()["PublishConflicts"] == 2
    assert function.counts()["FlowPublishes"] == 1


def test_an_editor_who_never_rests_leaves_it_for_later(genesys: GenesysSimulator, start: Start) -> None:
    function = start(MAX_PUBLISH_ATTEMPTS="3")
    genesys.edit_after_get("f", raises_theirs, times=100)
    assert function.take(ask(), {"flow_id": "f", "operation": "inspect"}, ask(timeout_seconds=2)) == [0]
    deferred, inspected, unchanged = function.outcomes()
    assert publishes(genesys) == [412] * 3
    assert (deferred["error"]["code"], deferred["error"]["http_status"]) == ("conflict_retries_exhausted", 412)
    assert deferred["error"]["genesys_code"] == "precondition.failed"
    assert deferred["error"]["correlation_id"] in {call.correlation_id for call in genesys.calls}
    assert deferred["publish_attempts"] == 3
    assert (inspected["status"], unchanged["status"]) == ("inspected", "unchanged")
    assert timeouts(genesys) == {"Slow": 3, "Theirs": 6}


def test_five_attempts_are_the_default(genesys: GenesysSimulator, function: Function) -> None:
    genesys.edit_after_get("f", raises_theirs, times=100)
    assert codes([function.ask_one(ask())]) == ["conflict_retries_exhausted"]
    assert publishes(genesys) == [412] * 5


def test_a_conflict_with_someone_who_did_the_same_is_no_work(genesys: GenesysSimulator, function: Function) -> None:
    genesys.edit_after_get("f", lambda document: document["steps"][0]["settings"].update(timeout=15))
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["timeout_seconds"], outcome["flow_version"]) == ("unchanged", 15, "8")
    assert timeouts(genesys)["Slow"] == 15
    assert "FlowPublishes" not in function.counts()


def test_a_conflict_with_someone_who_renamed_the_step(genesys: GenesysSimulator, function: Function) -> None:
    genesys.edit_after_get("f", lambda document: document["steps"][0].update(name="Renamed"))
    outcome = function.ask_one(ask())
    assert outcome["error"]["code"] == "data_action_not_found"
    assert "'Renamed'" in outcome["error"]["message"]


def test_a_conflict_with_someone_who_deleted_the_flow(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="publish", status=404)
    assert codes([function.ask_one(ask())]) == ["flow_not_found"]


def test_the_etag_goes_back_where_it_is_required(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(require_if_match=True)
    etag = genesys.flow("f").etag
    assert function.ask_one(ask())["status"] == "raised"
    [publish] = [call for call in genesys.calls if call.method == "PUT"]
    assert publish.headers["if-match"] == etag


def test_no_time_for_another_round_leaves_it_for_later(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="publish", status=409, delay_seconds=0.4, times=20)
    outcome = function.ask_one(ask(), seconds=3.5)
    assert function.seconds < 2
    assert outcome["error"]["code"] == "deadline_exceeded"
    assert outcome["publish_attempts"] >= 1
