"""Architect Flows of a second organization, through the deployed stack: lock, save, publish, and no lock left."""

import pytest

from architect_look import SUGGESTED, Lock, changes_in, locks
from e2e.looking import dead_letter_where, outcomes_where, send, stands_at, timeout
from playground import PLATFORM, Playground
from stage import Place

pytestmark = pytest.mark.e2e

FLOW = "returns-desk"
LABEL: Place = (FLOW, "flowSequenceItemList[0].actionList[1]")
TARGET = {"organization": PLATFORM, "flow_id": FLOW, "action_name": "Create Return Label"}


def lock_of(playground: Playground, flow_id: str) -> Lock:
    return locks(lambda path: playground.genesys.ask("GET", path))[flow_id]


def done_to(playground: Playground, flow_id: str) -> list[str]:
    return changes_in(playground.genesys.ask("GET", "/calls")["calls"]).get(flow_id, [])


def test_a_step_that_uses_the_suggested_timeout_is_raised_by_lock_save_and_publish_and_put_back(
    playground: Playground,
) -> None:
    assert timeout(playground, LABEL) == SUGGESTED
    message_id = send(playground, {**TARGET, "timeout_seconds": 12})
    [raised] = outcomes_where(playground, lambda outcome: outcome["request_id"] == message_id)
    assert (raised["status"], raised["previous_timeout_seconds"], raised["timeout_seconds"]) == ("raised", 8, 12)
    assert "a request with data_action_id" in raised["note"]
    assert timeout(playground, LABEL) == 12
    assert done_to(playground, FLOW) == ["checkout", "save", "publish"]
    send(playground, {**TARGET, "operation": "restore"})
    stands_at(playground, LABEL, SUGGESTED)
    assert lock_of(playground, FLOW) == Lock(None, None)


def test_a_flow_that_someone_is_working_on_is_left_alone(playground: Playground) -> None:
    flow_id = "delivery-changes"
    playground.genesys.ask("PATCH", f"/architect/flows/{flow_id}", {"locked_user": "anna"})
    request = {"flow_id": flow_id, "action_name": "Find Delivery Slots", "timeout_seconds": 11}
    send(playground, {"organization": PLATFORM, **request})
    letter = dead_letter_where(playground, lambda letter: flow_id in letter["Body"])
    assert letter["MessageAttributes"]["error_code"]["StringValue"] == "flow_locked"
    assert done_to(playground, flow_id) == []
    assert lock_of(playground, flow_id) == Lock("anna", None)
