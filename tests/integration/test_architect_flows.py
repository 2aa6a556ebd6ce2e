"""Flows of the platform's own protocol (`flow_api: architect`), through the doors: lock, change, save, publish."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from alarm_payloads import alarm_action, eventbridge
from genesys_simulator import ArchitectFlow, GenesysSimulator
from genesys_simulator.settings import PERMISSIONS, PUBLISH_ARCHITECT_FLOW, VIEW_ACTION, VIEW_DEPENDENCIES
from integration.harness import Aws, Function, Json, Start, codes

BALANCE, ORDERS = "custom_-_balance", "custom_-_orders"
NAMES = {BALANCE: "Get Balance", ORDERS: "Get Orders"}
SUGGESTED = "P0D0H1M0S0F"
"""What stands in a step that uses the suggested timeout: it does not count there."""


def literal(text: str, **more: Any) -> Json:
    known = {"type": "dur", "uiMetaData": {"mode": 1}, "metaData": {}, "version": 2}
    return {"config": {"lit": {"pos": 1, "text": text, "type": "dur"}}, "text": text, **known, **more}


def expression(text: str = "Task.Wait") -> Json:
    return {"config": {"ref": {"text": text}}, "text": text, "type": "dur", "uiMetaData": {"mode": 2}, "version": 2}


def step(step_id: str, action_id: str = BALANCE, *, own: str | Json | None = None, **more: Any) -> Json:
    """A step as exports have it; with `own`, it has a timeout of its own."""
    return {
        "actionName": NAMES[action_id],
        "actionId": action_id,
        "useSuggestedTimeout": own is None,
        "id": step_id,
        "trackingId": 17,
        "name": "Call Data Action",
        "__type": "DataAction",
        "timeout": own if isinstance(own, dict) else literal(own or SUGGESTED),
        "paths": [{"nextActionId": "d", "outputId": "__SUCCESS__"}, {"outputId": "__TIMEOUT__"}],
        **more,
    }


def raised(node: Json, text: str) -> Json:
    """The same step with a timeout of its own, and nothing else of it changed."""
    timeout = {**node["timeout"], **literal(text)}
    if "outOfService" in timeout:
        timeout["outOfService"] = False
    return {**node, "useSuggestedTimeout": False, "timeout": timeout}


def configuration(*steps: Json, **more: Any) -> Json:
    task = {"__type": "Task", "id": "task", "actionList": [{"__type": "Decision", "id": "d"}, *steps]}
    big, text = 2**70, "Grüße 🙂 \u2028"
    return {"name": "Billing", "type": "inboundcall", "flowSequenceItemList": [task], "x": [big, text, None], **more}


def ask(action_name: str | None = "Get Balance", seconds: int | None = 45, **more: Any) -> Json:
    """A request; None leaves a field out."""
    fields = {"action_name": action_name, "timeout_seconds": seconds}
    return {"flow_id": "f", **{name: value for name, value in fields.items() if value is not None}, **more}


def restore(action_name: str | None = "Get Balance", **more: Any) -> Json:
    return ask(action_name, None, operation="restore", **more)


def acts(genesys: GenesysSimulator) -> list[str]:
    """What the function has done to Flows so far, in order: the calls that write."""
    paths = [call.path.partition("?")[0] for call in genesys.calls if call.method == "POST"]
    return [path.rsplit("/", 1)[1].replace("versions", "save") for path in paths if path.startswith("/api/v2/flows")]


WHOLE_CHANGE = ["checkout", "save", "publish"]


def the_flow(genesys: GenesysSimulator, flow_id: str = "f") -> ArchitectFlow:
    """The Flow, in which nothing may be left behind: neither lock nor saved work."""
    flow = genesys.architect_flow(flow_id)
    assert (flow.locked_client, flow.locked_user) == (None, None)
    assert flow.saved_version == flow.published_version
    return flow


def text_of(flow: ArchitectFlow) -> str:
    """The published configuration as JSON text, its members in their order."""
    return json.dumps(flow.configuration())


@pytest.fixture(autouse=True)
def an_organization(aws: Aws, genesys: GenesysSimulator) -> None:
    aws.connect(genesys, flow_api="architect")
    genesys.put_action(BALANCE, "Get Balance", timeout_seconds=10)
    genesys.put_action(ORDERS, "Get Orders", timeout_seconds=20)
    genesys.put_architect_flow("f", configuration(step("s1"), step("s2", ORDERS)))


@pytest.fixture
def put(genesys: GenesysSimulator) -> Callable[..., ArchitectFlow]:
    """Puts Flow "f" with these steps; keywords are the simulator's."""

    def put(*steps: Json, **how: Any) -> ArchitectFlow:
        return genesys.put_architect_flow("f", configuration(*steps), **how)

    return put


Put = Callable[..., ArchitectFlow]


# -- raised, set, put back ---------------------------------------------------------------------------------------------


def test_a_raise_locks_saves_and_publishes_and_changes_nothing_else(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    expected = configuration(raised(step("s1"), "P0D0H0M45S0F"), step("s2", ORDERS))
    outcome = function.ask_one(ask(requested_by="me"))
    assert (outcome["status"], outcome["flow_version"], outcome["publish_attempts"]) == ("raised", "2.0", 1)
    assert (outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == (10, 45)  # the action's own counted
    [told] = outcome["steps"]
    path = "flowSequenceItemList[0].actionList[1]"
    assert (told["path"], told["id"], told["name"]) == (path, "s1", "Get Balance")
    assert text_of(the_flow(genesys)) == json.dumps(expected)
    assert acts(genesys) == WHOLE_CHANGE
    assert (function.counts()["TimeoutsRaised"], function.counts()["FlowPublishes"]) == (1, 1)
    assert (aws.dead_letters(), function.problems()) == ([], [])


def test_through_the_queue_too(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    assert function.take(ask()) == []
    assert (function.outcome()["status"], function.outcome()["door"]) == ("raised", "sqs")
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": None}
    assert aws.dead_letters() == []


@pytest.mark.parametrize("seconds", [8, 10])
def test_what_suffices_is_not_even_locked(genesys: GenesysSimulator, function: Function, seconds: int) -> None:
    outcome = function.ask_one(ask(seconds=seconds))
    assert (outcome["status"], outcome["timeout_seconds"], outcome["note"]) == ("unchanged", 10, None)
    assert (outcome["flow_version"], outcome["publish_attempts"], acts(genesys)) == ("1.0", 0, [])


def test_a_step_with_its_own_timeout_counts_as_that(genesys: GenesysSimulator, put: Put, function: Function) -> None:
    put(step("s1", own="P0D0H0M15S0F"))
    below, above = function.ask_one(ask(seconds=12)), function.ask_one(ask(seconds=20))
    assert (below["status"], below["timeout_seconds"]) == ("unchanged", 15)
    assert (above["status"], above["previous_timeout_seconds"], above["timeout_seconds"]) == ("raised", 15, 20)
    assert above["note"] is None  # the integration action is no better lever: it does not count here
    assert genesys.count("GET", "/integrations/actions") == 0


def test_a_set_goes_down_and_a_minute_and_a_half_is_carried(genesys: GenesysSimulator, aws: Aws, start: Start) -> None:
    aws.connect(genesys, flow_api="architect", max_timeout_seconds=90)
    function = start()
    assert codes([function.ask_one(ask(seconds=4, operation="set"))]) == ["set"]
    assert the_flow(genesys).timeouts["s1"] == 4
    assert codes([function.ask_one(ask(seconds=90, operation="set"))]) == ["set"]
    [_, node, _] = the_flow(genesys).configuration()["flowSequenceItemList"][0]["actionList"]
    assert node == raised(step("s1"), "P0D0H1M30S0F")


def test_put_back_it_is_the_same_json_text_again(genesys: GenesysSimulator, put: Put, function: Function) -> None:
    steps = [
        step("s1"),
        step("s2", timeout=literal("P0D0H0M0S1500F", outOfService=True), useSuggestedTimeout=False),
        step("s3", own="P0D0H0M5S0F"),
        step("s4", own=literal("P0D0H0M60S0F", outOfService=False)),
    ]
    before = text_of(put(*steps))
    assert function.ask_one(ask(seconds=50))["status"] == "raised"
    assert function.ask_one(ask(seconds=55))["status"] == "raised"
    assert the_flow(genesys).timeouts == {"s1": 55, "s2": 55, "s3": 55, "s4": 60}
    outcome = function.ask_one(restore())
    assert (outcome["status"], outcome["flow_version"], outcome["previous_timeout_seconds"]) == ("restored", "4.0", 55)
    assert [told["timeout_seconds"] for told in outcome["steps"]] == [10, 10, 5, 60]
    assert text_of(the_flow(genesys)) == before
    assert codes([function.ask_one(restore())]) == ["nothing_to_restore"]
    assert acts(genesys) == WHOLE_CHANGE * 3


def test_put_back_it_is_restored_though_it_suggests_as_many_seconds(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    before = text_of(put(step("s1")))
    for request in (ask(seconds=30), ask(seconds=10, operation="set")):
        function.ask_one(request)
    assert the_flow(genesys).timeouts["s1"] == 10
    outcome = function.ask_one(restore())
    assert (outcome["status"], outcome["timeout_seconds"]) == ("restored", 10)
    assert text_of(the_flow(genesys)) == before
    assert codes([function.ask_one(restore())]) == ["nothing_to_restore"]


def test_what_someone_has_set_since_is_theirs(genesys: GenesysSimulator, function: Function) -> None:
    function.ask_one(ask())

    def theirs(document: Json) -> None:
        node = document["flowSequenceItemList"][0]["actionList"][1]
        node["timeout"] = literal("P0D0H0M33S0F")

    genesys.edit_architect_flow("f", theirs)
    assert codes([function.ask_one(restore())]) == ["changed_by_someone_else"]
    assert the_flow(genesys).timeouts["s1"] == 33


def test_a_step_that_moved_in_the_flow_is_still_known(genesys: GenesysSimulator, function: Function) -> None:
    function.ask_one(ask())
    tasks: Callable[[Json], list[Json]] = lambda document: document["flowSequenceItemList"][0]["actionList"]  # noqa: E731
    genesys.edit_architect_flow("f", lambda document: tasks(document).insert(1, step("new", ORDERS)))
    assert function.ask_one(restore())["status"] == "restored"
    assert the_flow(genesys).timeouts == {"new": None, "s1": None, "s2": None}


def test_the_ledger_keeps_what_was_there(aws: Aws, function: Function) -> None:
    function.ask_one(ask(requested_by="me"))
    remembered = aws.remembered(kind="architect-flow")
    assert remembered.keys() == {"Get Balance"}
    entry = remembered["Get Balance"]
    literally = {"config": {"lit": {"text": SUGGESTED}}, "text": SUGGESTED}
    assert entry["before"] == {"seconds": 10, "image": {"useSuggestedTimeout": True, "timeout": literally}}
    assert (entry["written"], entry["intended"], entry["document_version"]) == (45, [], "2.0")
    assert entry["by"] == {"request_id": "invocation-1", "requested_by": "me"}
    assert aws.remembered() == {}  # a Flow of the other protocol would be another target


# -- only looked at ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [ask(dry_run=True), ask(seconds=5, operation="set", dry_run=True)])
def test_a_dry_run_reads_and_takes_no_lock(genesys: GenesysSimulator, function: Function, request_: Json) -> None:
    outcome = function.ask_one(request_)
    assert (outcome["status"], outcome["timeout_seconds"]) == ("planned", request_["timeout_seconds"])
    assert (outcome["flow_version"], outcome["publish_attempts"], acts(genesys)) == ("1.0", 0, [])
    assert the_flow(genesys).published_version == "1.0"


def test_a_dry_run_of_a_restore(genesys: GenesysSimulator, function: Function) -> None:
    function.ask_one(ask())
    outcome = function.ask_one(restore(dry_run=True))
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("planned", 45, 10)
    assert (acts(genesys), the_flow(genesys).timeouts["s1"]) == (WHOLE_CHANGE, 45)
    assert function.ask_one(restore())["status"] == "restored"


def test_an_inspection_lists_every_step_with_what_counts_there(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(
        step("s1"),
        step("s2", own="P0D0H0M0S2500F"),
        step("s3", ORDERS, __type="SecureAction"),
        step("s4", ORDERS, __type="BridgeServerAction", own="P0D0H1M1S0F"),
        locked_user="someone",
        unpublished=True,
    )
    outcome = function.ask_one({"flow_id": "f", "operation": "inspect"})
    assert (outcome["status"], outcome["flow_version"], outcome["error"]) == ("inspected", "1.0", None)
    shown = [(told["id"], told["name"], told["timeout_seconds"]) for told in outcome["steps"]]
    assert shown == [
        ("s1", "Get Balance", 10),
        ("s2", "Get Balance", 2.5),
        ("s3", "Get Orders", 20),
        ("s4", "Get Orders", 61),
    ]
    assert [told["effective_timeout_seconds"] for told in outcome["steps"]] == [10, 2.5, 20, 61]
    assert acts(genesys) == []
    assert genesys.architect_flow("f").locked_user == "someone"


# -- which steps -------------------------------------------------------------------------------------------------------


def test_the_action_that_is_called_comes_before_the_steps_own_name(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(step("s1", name="Get Orders"), step("s2", ORDERS), step("s3", ORDERS, name="Get Balance"))
    assert function.ask_one(ask("Get Orders"))["status"] == "raised"
    assert the_flow(genesys).timeouts == {"s1": None, "s2": 45, "s3": 45}


def test_where_no_action_has_the_name_the_steps_own_counts(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(step("s1", name="Ask the bank"), step("s2", ORDERS, name="Ask the bank"), step("s3"))
    outcome = function.ask_one(ask("Ask the bank"))
    assert (outcome["status"], [told["id"] for told in outcome["steps"]]) == ("raised", ["s1", "s2"])
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": 45, "s3": None}


@pytest.mark.parametrize("name", ["Get Balance", "Call Data Action", None])
def test_a_step_id_narrows(genesys: GenesysSimulator, put: Put, function: Function, name: str | None) -> None:
    put(step("s1"), step("s2"), step("s3", ORDERS))
    outcome = function.ask_one(ask(name, step_id="s2"))
    assert (outcome["status"], [told["id"] for told in outcome["steps"]]) == ("raised", ["s2"])
    assert the_flow(genesys).timeouts == {"s1": None, "s2": 45, "s3": None}


@pytest.mark.parametrize("kind", ["DataAction", "SecureAction", "BridgeServerAction"])
def test_every_kind_of_step_that_calls_an_action(
    genesys: GenesysSimulator, put: Put, function: Function, kind: str
) -> None:
    put(step("s1", __type=kind), step("s2", ORDERS, __type=kind))
    assert function.ask_one(ask())["status"] == "raised"
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": None}
    assert function.ask_one(restore())["status"] == "restored"


def test_what_is_not_there_is_told_with_what_is(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    assert function.take(ask("Get Balances")) == []
    [letter] = aws.dead_letters()
    assert letter.reason == "data_action_not_found"
    assert "'Get Balance', 'Get Orders'" in letter.attributes["error_message"]
    assert function.ask_one(ask(step_id="gone"))["error"]["code"] == "data_action_not_found"
    assert function.ask_one({**ask(), "flow_id": "gone"})["error"]["code"] == "flow_not_found"
    assert acts(genesys) == []


def test_with_sub_flows_the_steps_say_where_they_are(function: Function) -> None:
    outcome = function.ask_one(ask(include_subflows=True))
    assert (outcome["status"], [told["flow_id"] for told in outcome["steps"]]) == ("raised", ["f"])


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_an_expression_refuses_the_whole_request_and_is_named(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    before = text_of(put(step("s1"), step("s2", own=expression("Task.Wait")), step("s3", ORDERS)))
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "data_action_not_editable")
    named = "flowSequenceItemList[0].actionList[2] (Get Balance): the timeout is an expression ('Task.Wait')"
    assert named in outcome["error"]["message"]
    assert "actionList[1]" not in outcome["error"]["message"]
    assert "step_id" in outcome["error"]["hint"]
    assert (text_of(the_flow(genesys)), acts(genesys)) == (before, [])


def test_a_step_id_leads_around_an_expression(genesys: GenesysSimulator, put: Put, function: Function) -> None:
    put(step("s1"), step("s2", own=expression()), step("s3", ORDERS))
    around, other, itself = function.ask(ask(step_id="s1"), ask("Get Orders"), ask(step_id="s2"))
    assert codes([around, other, itself]) == ["raised", "raised", "data_action_not_editable"]
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": "Task.Wait", "s3": 45}
    assert acts(genesys) == WHOLE_CHANGE


def test_an_inspection_of_an_expression_notes_it(put: Put, function: Function) -> None:
    put(step("s1"), step("s2", own=expression()))
    outcome = function.ask_one({"flow_id": "f", "operation": "inspect"})
    assert (outcome["status"], [told["timeout_seconds"] for told in outcome["steps"]]) == ("inspected", [10, None])
    assert "actionList[2]" in outcome["note"]
    assert "expression" in outcome["note"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"locked_user": "someone"}, "locked by user someone"),
        ({"locked_client": "another-client"}, "locked by OAuth client another-client"),
        ({"unpublished": True}, "someone's unpublished work: version 2.0"),
        ({"unpublished": True, "checked_in": True}, "someone's unpublished work"),
    ],
)
def test_what_belongs_to_others_is_left_alone_and_the_request_goes_to_the_dlq(
    genesys: GenesysSimulator, aws: Aws, put: Put, function: Function, *, how: Json, said: str
) -> None:
    before = put(step("s1"), **how)
    assert function.take(ask()) == []
    [letter] = aws.dead_letters()
    assert (letter.reason, json.loads(letter.body)) == ("flow_locked", ask())
    assert said in letter.attributes["error_message"]
    assert (genesys.architect_flow("f"), acts(genesys)) == (before, [])
    assert aws.waits() == []


def test_who_needs_no_publish_is_served_all_the_same(put: Put, function: Function) -> None:
    put(step("s1"), locked_user="someone")
    outcomes = function.ask(ask(seconds=10), ask(), {"flow_id": "f", "operation": "inspect"}, ask(dry_run=True))
    assert codes(outcomes) == ["unchanged", "flow_locked", "inspected", "planned"]


@pytest.mark.parametrize(
    ("secret", "seconds", "limit"),
    [({}, 61, "60"), ({"max_timeout_seconds": 20}, 21, "20"), ({"max_timeout_seconds": 90}, 91, "90")],
)
def test_the_limit_is_named_and_nothing_is_read(
    genesys: GenesysSimulator, aws: Aws, start: Start, *, secret: Json, seconds: int, limit: str
) -> None:
    aws.connect(genesys, flow_api="architect", **secret)
    function = start(MAX_TIMEOUT_SECONDS="30")  # of the other protocol: it does not count here
    [above, at] = function.ask(ask(seconds=seconds), ask(seconds=seconds - 1))
    assert codes([above, at]) == ["timeout_out_of_range", "raised"]
    assert f"allows {limit} at most" in above["error"]["message"]
    assert the_flow(genesys).timeouts["s1"] == seconds - 1


def test_what_does_not_publish_leaves_neither_lock_nor_change(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    before = text_of(the_flow(genesys))
    genesys.change_architect_flow("f", publish_error="architect.external.publish.error")
    assert function.take(ask()) == []
    [letter] = aws.dead_letters()
    assert letter.reason == "publish_rejected"
    assert function.outcome()["error"]["genesys_code"] == "architect.external.publish.error"
    assert text_of(the_flow(genesys)) == before
    genesys.change_architect_flow("f", publish_error=None)
    assert function.ask_one(ask())["status"] == "raised"


def test_a_step_that_cannot_be_published_does_not_harm_the_others_of_its_flow(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.fault(operation="publish_flow", status=400, code="architect.object.validate.failed", message="no good")
    outcomes = function.ask(ask(), ask("Get Orders"))
    assert codes(outcomes) == ["raised", "raised"]  # apart, each is taken
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": 45}


def test_a_permission_that_is_missing_is_named_and_no_lock_stays(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(permissions=PERMISSIONS - {PUBLISH_ARCHITECT_FLOW})
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "forbidden")
    assert PUBLISH_ARCHITECT_FLOW in outcome["error"]["message"]
    assert the_flow(genesys).published_version == "1.0"


# -- least work --------------------------------------------------------------------------------------------------------


def test_all_requests_for_one_flow_cost_one_publish(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.put_architect_flow("g", configuration(step("t1")))
    bodies = [ask(seconds=10 + n) for n in range(6)]
    bodies += [ask("Get Orders", 30), ask("Get Orders", 99), ask("Nothing"), {**ask(), "flow_id": "g"}]
    assert function.take(*bodies) == []
    ends = ["unchanged", *["raised"] * 6, "timeout_out_of_range", "data_action_not_found", "raised"]
    assert sorted(codes(function.outcomes())) == sorted(ends)
    assert (the_flow(genesys).timeouts, the_flow(genesys, "g").timeouts) == ({"s1": 15, "s2": 30}, {"t1": 45})
    assert sorted(acts(genesys)) == sorted(WHOLE_CHANGE * 2)
    reads = [call for call in genesys.calls if call.path == "/api/v2/flows/f/versions/1.0/configuration"]
    assert len(reads) == 1
    assert sorted(letter.reason for letter in aws.dead_letters()) == ["data_action_not_found", "timeout_out_of_range"]


def test_by_the_action_and_by_the_steps_own_name_it_is_the_same_step(
    genesys: GenesysSimulator, function: Function
) -> None:
    outcomes = function.ask(ask("Call Data Action", 30), ask("Get Balance", 40), ask("Get Orders", 25))
    assert codes(outcomes) == ["raised"] * 3
    assert the_flow(genesys).timeouts == {"s1": 40, "s2": 30}
    assert acts(genesys) == WHOLE_CHANGE


def test_two_execution_environments_at_once_do_not_undo_each_other(genesys: GenesysSimulator, start: Start) -> None:
    functions = [start(), start()]
    bodies = [ask("Get Balance"), ask("Get Orders", 50)]
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda pair: pair[0].ask_one(pair[1]), zip(functions, bodies, strict=True)))
    assert codes(outcomes) == ["raised", "raised"]
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": 50}
    assert codes(functions[0].ask(restore("Get Balance"), restore("Get Orders"))) == ["restored", "restored"]
    assert the_flow(genesys).timeouts == {"s1": None, "s2": None}


def test_an_actions_own_timeout_is_asked_for_once(genesys: GenesysSimulator, put: Put, function: Function) -> None:
    put(*(step(f"s{n}") for n in range(20)))
    outcome = function.ask_one(ask())
    assert (outcome["status"], len(outcome["steps"])) == ("raised", 20)
    assert genesys.count("GET", f"/integrations/actions/{BALANCE}") == 1


# -- suggested timeouts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["gone", "forbidden"])
def test_a_suggested_timeout_that_cannot_be_read_counts_as_sixty_and_is_noted(
    genesys: GenesysSimulator, put: Put, function: Function, why: str
) -> None:
    if why == "forbidden":
        genesys.configure(permissions=PERMISSIONS - {VIEW_ACTION})
    else:
        put(step("s1", actionId="custom_-_deleted"))
    for request in (ask(), {"flow_id": "f", "operation": "inspect"}):
        outcome = function.ask_one(request)
        assert (outcome["status"], outcome["timeout_seconds"]) == (
            "unchanged" if request == ask() else "inspected",
            60,
        )
        assert "cannot be read and counts as 60 s" in outcome["note"]
    assert acts(genesys) == []
    lowered = function.ask_one(ask(seconds=50, operation="set"))
    assert (lowered["status"], the_flow(genesys).timeouts["s1"]) == ("set", 50)
    assert "counts as 60 s" in lowered["note"]


def test_that_is_noted_for_those_whom_it_concerns(put: Put, function: Function) -> None:
    put(step("s1", actionId="custom_-_deleted"), step("s2", ORDERS, own="P0D0H0M5S0F"))
    concerned, other = function.ask(ask(), ask("Get Orders"))
    assert codes([concerned, other]) == ["unchanged", "raised"]
    assert "cannot be read" in concerned["note"]
    assert other["note"] is None


def test_an_action_without_a_timeout_suggests_sixty(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_action(BALANCE, "Get Balance")
    outcome = function.ask_one(ask(seconds=60))
    assert (outcome["status"], outcome["note"], acts(genesys)) == ("unchanged", None, [])


def test_a_function_action_suggests_its_functions_timeout(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_action(
        BALANCE, "Get Balance", category="Function Data Actions", timeout_seconds=50, function={"timeoutSeconds": 7}
    )
    outcome = function.ask_one(ask(seconds=20))
    assert (outcome["status"], outcome["previous_timeout_seconds"]) == ("raised", 7)


def test_a_suggested_timeout_that_is_not_known_just_now_makes_the_request_wait(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.fault(operation="get_action", status=503, times=100)
    assert function.take(ask(), seconds=5) == [0]
    assert function.outcome()["status"] == "deferred"
    assert acts(genesys) == []


def test_whoever_does_not_go_by_it_does_not_wait_for_it(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(step("s1"), step("s2", own="P0D0H0M5S0F"))
    genesys.fault(operation="get_action", status=503, times=100)
    look = {"flow_id": "f", "operation": "inspect"}
    kept = function.take(ask(step_id="s1"), ask(seconds=5, step_id="s2"), look, {**look, "step_id": "s2"})
    assert kept == [0, 2]
    assert codes(function.outcomes()) == ["genesys_unavailable", "unchanged", "genesys_unavailable", "inspected"]


def test_the_better_lever_is_hinted_at_with_the_flows_that_it_helps(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(step("s1"), step("s2"), step("s3", own="P0D0H0M5S0F"))
    genesys.put_architect_flow("g", configuration(step("t1")), name="Night service")
    genesys.put_architect_flow("h", configuration(step("u1", ORDERS)), name="Orders")
    for outcome in function.ask(ask(dry_run=True), ask()):
        assert outcome["note"] == (
            f"2 of these steps went by the execution timeout of integration action {BALANCE}, which 2 Flows use"
            " (Billing, Night service): a request with data_action_id helps them all"
        )
    assert genesys.count("GET", "/dependencytracking") == 1


def test_whom_the_hint_does_not_concern_does_not_get_it(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(step("s1"), step("s2", own="P0D0H0M5S0F"), step("s3", ORDERS, own="P0D0H0M5S0F"))
    hinted, suffices, other, looked = function.ask(
        ask(step_id="s1"), ask(seconds=5, step_id="s2"), ask("Get Orders"), {"flow_id": "f", "operation": "inspect"}
    )
    assert BALANCE in hinted["note"]
    assert [suffices["note"], other["note"], looked["note"]] == [None, None, None]
    assert codes([hinted, suffices, other, looked]) == ["raised", "unchanged", "raised", "inspected"]
    assert the_flow(genesys).timeouts == {"s1": 45, "s2": 5, "s3": 45}


@pytest.mark.parametrize("trouble", ["forbidden", "unavailable"])
def test_without_dependency_tracking_the_flows_are_left_out_and_nothing_waits(
    genesys: GenesysSimulator, function: Function, trouble: str
) -> None:
    genesys.put_architect_flow("g", configuration(step("t1")), name="Night service")
    if trouble == "forbidden":
        genesys.configure(permissions=PERMISSIONS - {VIEW_DEPENDENCIES})
    else:
        genesys.fault(operation="list_consuming_resources", status=503, times=100)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["error"]) == ("raised", None)
    assert BALANCE in outcome["note"]
    assert "data_action_id" in outcome["note"]
    assert "Night service" not in outcome["note"]
    assert genesys.count("GET", "/dependencytracking") == 1
    assert function.problems() == []


# -- alarms ------------------------------------------------------------------------------------------------------------

TARGET = {"flow_id": "f", "action_name": "Get Balance"}


def test_an_alarm_by_percent_counts_from_the_suggested_timeout(genesys: GenesysSimulator, function: Function) -> None:
    [outcome] = function.hear(alarm_action(target=TARGET, policy={"raise_by_percent": 50}))
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("raised", 10, 15)
    assert the_flow(genesys).timeouts == {"s1": 15, "s2": None}


def test_an_alarms_life_up_to_the_limit_and_back(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    aws.connect(genesys, flow_api="architect", max_timeout_seconds=25)
    before = text_of(the_flow(genesys))
    policy = {"raise_by_seconds": 10, "restore_on_ok": True}
    days = iter(range(1, 20))

    def goes(state: str) -> Json:
        previous = "OK" if state == "ALARM" else "ALARM"
        at = f"2026-11-{next(days):02}T10:05:00.123+0000"
        [outcome] = function.hear(alarm_action(at=at, target=TARGET, policy=policy, state=state, previous=previous))
        return outcome

    assert [goes("ALARM")["timeout_seconds"] for _ in range(2)] == [20, 25]
    at_limit = goes("ALARM")
    assert (at_limit["status"], function.counts()["TimeoutsAtLimit"]) == ("unchanged", 1)
    assert goes("OK")["status"] == "restored"
    assert text_of(the_flow(genesys)) == before
    assert acts(genesys) == WHOLE_CHANGE * 3


def test_an_alarm_whose_publish_outlasts_the_invocation_steps_once(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.configure(publish_polls=10_000)
    alarm = alarm_action(target=TARGET, policy={"raise_by_percent": 50})
    [outcome] = function.hear(alarm, seconds=7)
    assert (outcome["status"], outcome["error"]["code"]) == ("deferred", "deadline_exceeded")
    [later] = aws.put_off()
    assert later.seconds == 30
    genesys.configure(publish_polls=1)
    assert function.take(later.body) == []
    assert the_flow(genesys).timeouts["s1"] == 15
    [again] = function.hear(alarm)
    assert again["status"] == "ignored"
    assert acts(genesys) == WHOLE_CHANGE


def test_dimensions_name_the_action_that_is_called(genesys: GenesysSimulator, function: Function) -> None:
    dimensions = {"FlowId": "f", "ActionName": "Get Balance"}
    [outcome] = function.hear(eventbridge(dimensions=dimensions, datapoints=(12_000.0,)))
    assert (outcome["status"], the_flow(genesys).timeouts["s1"]) == ("raised", 18)


def test_of_several_steps_each_rises_from_its_own(genesys: GenesysSimulator, put: Put, function: Function) -> None:
    put(step("s1"), step("s2", own="P0D0H0M4S0F"), step("s3", own="P0D0H0M0S1500F"))
    [outcome] = function.hear(alarm_action(target=TARGET, policy={"raise_by_percent": 50}))
    assert [told["timeout_seconds"] for told in outcome["steps"]] == [15, 6, 3]
    assert the_flow(genesys).timeouts == {"s1": 15, "s2": 6, "s3": 3}


# -- other people, slow publishes, lost answers ------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["checkout", "save", "publish"])
def test_what_someone_publishes_in_between_is_kept(genesys: GenesysSimulator, function: Function, moment: str) -> None:
    theirs = {"description": "theirs", "name": "Billing 2"}
    genesys.edit_architect_flow_before("f", moment, lambda document: document.update(theirs))
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["publish_attempts"]) == ("raised", 2)
    flow = the_flow(genesys)
    assert {**flow.configuration(), **theirs} == flow.configuration()
    assert (flow.timeouts["s1"], flow.published_version) == (45, outcome["flow_version"])
    assert function.counts()["PublishConflicts"] == 1
    assert function.counts()["FlowPublishes"] == 1


def test_someone_who_keeps_publishing_leaves_it_for_later(genesys: GenesysSimulator, aws: Aws, start: Start) -> None:
    function = start(MAX_PUBLISH_ATTEMPTS="2")
    genesys.edit_architect_flow_before("f", "checkout", lambda document: document.update(x=1), times=10)
    assert function.take(ask()) == [0]
    assert codes(function.outcomes()) == ["conflict_retries_exhausted"]
    assert (the_flow(genesys).timeouts["s1"], aws.dead_letters()) == (None, [])


def test_a_publish_that_takes_its_time_is_waited_for(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(publish_polls=3)
    assert function.ask_one(ask())["status"] == "raised"
    assert acts(genesys) == WHOLE_CHANGE


def test_a_publish_that_outlasts_the_invocation_is_resumed_after_half_a_minute(
    genesys: GenesysSimulator, aws: Aws, function: Function, start: Start
) -> None:
    genesys.configure(publish_polls=10_000)
    event = aws.deliver(ask())
    answer = function.invoke(event, seconds=8)
    assert aws.end(event, answer) == [0]
    [outcome] = function.outcomes()
    assert (outcome["status"], outcome["error"]["code"]) == ("deferred", "deadline_exceeded")
    [wait] = aws.waits()
    assert wait == pytest.approx(30, abs=3)
    assert genesys.architect_flow("f").published_version == "1.0"

    genesys.configure(publish_polls=1)
    other = start()
    assert aws.end(event, other.invoke(event)) == []
    assert other.outcome()["status"] in {"raised", "unchanged"}
    assert acts(genesys) == WHOLE_CHANGE
    assert (the_flow(genesys).timeouts["s1"], the_flow(genesys).published_version) == (45, "2.0")
    assert function.ask_one(restore())["status"] == "restored"
    assert the_flow(genesys).timeouts["s1"] is None


def test_one_that_was_asked_for_directly_goes_on_and_is_found_by_the_next_request(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.configure(publish_polls=10_000)
    assert codes([function.ask_one(ask(), seconds=7)]) == ["deadline_exceeded"]
    genesys.configure(publish_polls=1)
    higher = function.ask_one(ask(seconds=50))
    assert (higher["status"], higher["previous_timeout_seconds"], higher["timeout_seconds"]) == ("raised", 45, 50)
    assert acts(genesys) == WHOLE_CHANGE * 2
    assert function.ask_one(restore())["status"] == "restored"
    assert the_flow(genesys).timeouts["s1"] is None


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["checkout_flow", "save_flow", "publish_flow"])
def test_a_lost_answer_neither_fails_nor_publishes_twice(
    genesys: GenesysSimulator, function: Function, operation: str, when: str
) -> None:
    genesys.fault(operation=operation, reset=True, when=when)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("raised", 10, 45)
    flow = the_flow(genesys)
    assert (flow.published_version, flow.timeouts["s1"], len(flow.history)) == ("2.0", 45, 2)
    assert function.counts()["FlowPublishes"] == 1
    assert function.ask_one(restore())["status"] == "restored"


@pytest.mark.parametrize(
    "operation", ["get_flow_metadata", "get_version_configuration", "get_action", "list_consuming_resources"]
)
def test_reads_are_repeated(genesys: GenesysSimulator, function: Function, operation: str) -> None:
    genesys.fault(operation=operation, status=502)
    genesys.fault(operation=operation, broken_json=True)
    assert function.ask_one(ask())["status"] == "raised"
    assert the_flow(genesys).timeouts["s1"] == 45


def test_a_lock_that_a_dead_invocation_left_is_taken_back(
    genesys: GenesysSimulator, put: Put, function: Function
) -> None:
    put(step("s1"), locked_client=genesys.settings.client_id)
    assert function.ask_one(ask())["status"] == "raised"
    assert the_flow(genesys).timeouts["s1"] == 45
    assert acts(genesys) == ["revert", *WHOLE_CHANGE]


def test_without_the_ledger_it_is_raised_all_the_same(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    aws.drop_ledger()
    assert function.ask_one(ask())["status"] == "raised"
    assert the_flow(genesys).timeouts["s1"] == 45


def test_the_configuration_is_never_told(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.put_architect_flow("f", configuration(step("s1"), step("s2", own=expression()), note="SECRET-OF-THE-FLOW"))
    genesys.edit_architect_flow_before("f", "checkout", lambda document: document.update(x="SECRET-OF-THE-FLOW"))
    outcomes = [function.ask_one(ask(step_id="s1")), function.ask_one(ask()), function.ask_one(restore("Nothing"))]
    told = json.dumps([outcomes, aws.bus_events(), aws.ledger_items()], default=str) + function.log()
    assert "SECRET-OF-THE-FLOW" not in told
    assert genesys.settings.client_secret not in told


def test_both_protocols_side_by_side(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.connect(elsewhere, "tutorial")
    elsewhere.put_flow("f", {"version": 1, "steps": [{"type": "data-action", "name": "Get Balance"}]})
    outcomes = function.ask(ask(seconds=25), ask(seconds=25, organization="tutorial"))
    assert codes(outcomes) == ["raised", "raised"]
    assert [outcome["previous_timeout_seconds"] for outcome in outcomes] == [10, None]
    assert the_flow(genesys).timeouts["s1"] == 25
    assert elsewhere.flow("f").document()["steps"][0]["settings"] == {"timeout": 25}
    assert codes(function.ask(ask(seconds=31), ask(seconds=31, organization="tutorial"))) == [
        "raised",
        "timeout_out_of_range",
    ]
