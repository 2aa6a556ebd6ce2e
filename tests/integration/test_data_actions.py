"""Integration actions through the doors: their own timeout changes, and nothing else of them."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from alarm_payloads import alarm_action, eventbridge
from genesys_simulator import GenesysSimulator
from genesys_simulator.settings import EDIT_ACTION, PERMISSIONS, VIEW_ACTION
from integration.harness import Aws, Function, Json, Start, codes

ID, NAME = "custom_-_8c5ef972-2a16-425e-a129-37117d40c235", "Look up customer"
FUNCTION_ID, FUNCTION_NAME = "custom_-_function", "Score customer"
FUNCTIONS = "Function Data Actions"
CONFIG = {
    "request": {
        "requestUrlTemplate": "https://crm.example/${input.id}",
        "requestTemplate": '{"größe": ${input.size}} 🙂\n',
        "requestType": "POST",
        "headers": {"X-Key": "${credentials.key}", "X-Tenant": "7"},
    },
    "response": {"translationMap": {"a": "$.b"}, "successTemplate": "#if(${x})\n${x}\n#end", "big": 2**70},
    "oddity": None,
}


def ask(seconds: int | None = 30, **more: Any) -> Json:
    """A request, by id unless the fields say otherwise."""
    target = {} if "data_action_name" in more else {"data_action_id": ID}
    return {**target, **({} if seconds is None else {"timeout_seconds": seconds}), **more}


def of_function(seconds: int | None = 12, **more: Any) -> Json:
    return ask(seconds, **{"data_action_id": FUNCTION_ID, **more})


def back(**more: Any) -> Json:
    return ask(None, operation="restore", **more)


BY_ID, BY_NAME = {"data_action_id": ID}, {"data_action_name": NAME}
LIST_ALL = {"operation": "inspect"}


def patches(genesys: GenesysSimulator) -> list[int | None]:
    """What the PATCHes so far were answered."""
    return [call.status for call in genesys.calls if call.method == "PATCH"]


def publishes(genesys: GenesysSimulator) -> int:
    """How often the draft of an action was published so far, or tried to be."""
    return genesys.count("POST", "/draft/publish")


def writes(genesys: GenesysSimulator) -> int:
    return sum(1 for call in genesys.calls if call.method != "GET" and "/integrations/actions" in call.path)


def no_draft(genesys: GenesysSimulator, action_id: str = FUNCTION_ID) -> bool:
    try:
        genesys.draft(action_id)
    except KeyError:
        return True
    return False


@pytest.fixture(autouse=True)
def actions(genesys: GenesysSimulator) -> None:
    genesys.put_action(ID, NAME, timeout_seconds=5, config=CONFIG)
    genesys.put_action("custom_-_other", "Look up customer's orders", timeout_seconds=7)
    genesys.put_action(FUNCTION_ID, FUNCTION_NAME, category=FUNCTIONS, function={"timeoutSeconds": 4}, config=CONFIG)


# -- changed, by id and by name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [BY_ID, BY_NAME])
def test_a_raise_changes_the_timeout_and_keeps_all_else(
    genesys: GenesysSimulator, function: Function, target: Json
) -> None:
    before = genesys.action(ID).document()
    outcome = function.ask_one({**target, "timeout_seconds": 30})
    assert (outcome["status"], outcome["target"], outcome["flow_version"]) == ("raised", target, "2")
    assert (outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == (5, 30)
    [step] = outcome["steps"]
    assert (step["path"], step["id"], step["name"]) == ("config.timeoutSeconds", ID, NAME)
    expected = {**before, "version": 2, "config": {**before["config"], "timeoutSeconds": 30}}
    del expected["config"]["oddity"]  # null means absent to the platform
    assert genesys.action(ID).document() == expected
    assert (genesys.action(ID).request_template, genesys.action(ID).success_template) == (
        CONFIG["request"]["requestTemplate"],  # type: ignore[index]
        CONFIG["response"]["successTemplate"],  # type: ignore[index]
    )
    assert patches(genesys) == [200]
    assert (function.counts()["TimeoutsRaised"], function.problems()) == (1, [])


@pytest.mark.parametrize("target", [BY_ID, BY_NAME])
def test_through_the_queue_too(genesys: GenesysSimulator, aws: Aws, function: Function, target: Json) -> None:
    assert function.take({**target, "timeout_seconds": 30}) == []
    outcome = function.outcome()
    assert (outcome["status"], outcome["door"], outcome["target"]) == ("raised", "sqs", target)
    assert genesys.action(ID).timeout_seconds == 30
    assert (aws.dead_letters(), patches(genesys)) == ([], [200])


def test_what_suffices_is_not_written(genesys: GenesysSimulator, function: Function) -> None:
    assert codes(function.ask(ask(4), ask(5), ask(5, operation="set"))) == ["unchanged"] * 3
    assert patches(genesys) == []


def test_a_set_goes_down_too(genesys: GenesysSimulator, function: Function) -> None:
    outcome = function.ask_one(ask(2, operation="set"))
    assert (outcome["status"], genesys.action(ID).timeout_seconds) == ("set", 2)


def test_an_action_without_a_timeout_counts_as_sixty_and_goes_back_to_none(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.put_action(ID, NAME)
    before = genesys.action(ID).document()
    assert codes([function.ask_one(ask(60))]) == ["unchanged"]
    assert patches(genesys) == []
    outcome = function.ask_one(ask(40, operation="set"))
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("set", None, 40)
    assert function.ask_one(ask(50))["status"] == "raised"
    assert genesys.action(ID).timeout_seconds == 50
    outcome = function.ask_one(back())
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == (
        "restored",
        50,
        None,
    )
    assert genesys.action(ID).document() == {**before, "version": 4}
    assert codes([function.ask_one(back())]) == ["nothing_to_restore"]


def test_put_back_by_name_what_was_raised_by_id_though_it_was_renamed(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    function.ask_one(ask(requested_by="me"))
    entry = aws.remembered(ID, kind="data-action")[NAME]
    assert entry["before"] == {"seconds": 5, "image": {"config": {"timeoutSeconds": 5}}}
    assert (entry["written"], entry["document_version"], entry["by"]["requested_by"]) == (30, "2", "me")
    genesys.edit_action(ID, lambda document: document.update(name="Find customer"))
    assert function.ask_one(back(data_action_name="Find customer"))["status"] == "restored"
    assert (genesys.action(ID).timeout_seconds, genesys.action(ID).name) == (5, "Find customer")


def test_what_someone_has_set_since_is_theirs(genesys: GenesysSimulator, function: Function) -> None:
    function.ask_one(ask())
    genesys.edit_action(ID, lambda document: document["config"].update(timeoutSeconds=44))
    assert codes([function.ask_one(back())]) == ["changed_by_someone_else"]
    assert genesys.action(ID).timeout_seconds == 44


def test_a_dry_run_and_an_inspection_write_nothing(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    planned, looked = function.ask(ask(dry_run=True), {**BY_NAME, **LIST_ALL})
    assert (planned["status"], planned["previous_timeout_seconds"], planned["timeout_seconds"]) == ("planned", 5, 30)
    assert (looked["status"], looked["steps"][0]["effective_timeout_seconds"]) == ("inspected", 5)
    assert (writes(genesys), aws.ledger_items()) == (0, [])


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_name_is_found_on_the_last_page(genesys: GenesysSimulator, function: Function) -> None:
    for number in range(230):
        genesys.put_action(f"custom_-_{number}", f"{NAME} {number}", timeout_seconds=5)
    genesys.put_action("custom_-_last", "Zuletzt: Look up customer 1", timeout_seconds=5)
    outcome = function.ask_one(ask(data_action_name="Zuletzt: Look up customer 1"))
    assert (outcome["status"], genesys.action("custom_-_last").timeout_seconds) == ("raised", 30)
    outcome = function.ask_one(ask(data_action_name=f"{NAME} 229"))
    assert (outcome["status"], genesys.action("custom_-_229").timeout_seconds) == ("raised", 30)
    assert patches(genesys) == [200, 200]


def test_names_that_name_none_or_several_are_refused_with_the_candidates(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.put_action("custom_-_twin-a", "Twin", timeout_seconds=5)
    genesys.put_action("custom_-_twin-b", "Twin", timeout_seconds=5)
    names = ["Twin", "look up customer", "Look up", "Nobody"]
    assert function.take(*(ask(data_action_name=name) for name in [*names, NAME])) == []
    letters = {json.loads(letter.body)["data_action_name"]: letter for letter in aws.dead_letters()}
    reasons = {name: letter.reason for name, letter in letters.items()}
    assert reasons == {"Twin": "data_action_ambiguous", **dict.fromkeys(names[1:], "data_action_not_found")}
    messages = {name: letter.attributes["error_message"] for name, letter in letters.items()}
    assert "custom_-_twin-a, custom_-_twin-b" in messages["Twin"]
    assert f'nearest first: {NAME!r}, "Look up customer\'s orders"' in messages["look up customer"]
    assert repr(NAME) in messages["Look up"]
    assert repr("Twin") in messages["Nobody"]
    assert (genesys.action(ID).timeout_seconds, patches(genesys)) == (30, [200])


def test_an_id_that_is_not_there(function: Function) -> None:
    outcome = function.ask_one(ask(data_action_id="custom_-_gone"))
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "data_action_not_found")
    assert "custom_-_gone" in outcome["error"]["message"]
    assert outcome["error"]["http_status"] == 404


# -- limits, and what is no one's to change ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "limit"), [({}, 60), ({"max_timeout_seconds": 20}, 20), ({"max_timeout_seconds": 90}, 60)]
)
def test_the_limit_is_the_organizations_and_never_more_than_sixty(
    genesys: GenesysSimulator, aws: Aws, start: Start, secret: Json, limit: int
) -> None:
    aws.connect(genesys, **secret)
    above, at = start(MAX_TIMEOUT_SECONDS="30").ask(ask(limit + 1), ask(limit))
    assert codes([above, at]) == ["timeout_out_of_range", "raised"]
    assert f"allows {limit} at most" in above["error"]["message"]
    assert genesys.action(ID).timeout_seconds == limit


@pytest.mark.parametrize(
    ("action_id", "category", "why"),
    [
        ("static_-_crm", "Genesys Cloud Data Actions", "static"),
        ("customAuth_-_crm", "Custom Auth", "authentication"),
    ],
)
@pytest.mark.parametrize("operation", ["raise", "set"])
def test_what_no_one_can_edit_is_refused_and_can_be_inspected(
    genesys: GenesysSimulator, function: Function, *, action_id: str, category: str, why: str, operation: str
) -> None:
    genesys.put_action(action_id, "Login", timeout_seconds=5, category=category)
    outcome = function.ask_one(ask(data_action_id=action_id, operation=operation))
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "data_action_not_editable")
    assert why in outcome["error"]["message"]
    looked = function.ask_one({"data_action_id": action_id, **LIST_ALL})
    assert (looked["status"], looked["steps"][0]["timeout_seconds"]) == ("inspected", 5)
    assert why in looked["note"]
    assert writes(genesys) == 0


@pytest.mark.parametrize("permission", [VIEW_ACTION, EDIT_ACTION])
def test_a_permission_that_is_missing_is_named(
    genesys: GenesysSimulator, aws: Aws, function: Function, permission: str
) -> None:
    genesys.configure(permissions=PERMISSIONS - {permission})
    assert function.take(ask()) == []
    [letter] = aws.dead_letters()
    assert letter.reason == "forbidden"
    assert permission in letter.attributes["error_message"]


# -- others, lost answers, neighbours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 408, 409])
def test_a_version_mismatch_in_any_guise_is_met_by_reading_again(
    genesys: GenesysSimulator, function: Function, status: int
) -> None:
    genesys.configure(version_mismatch_status=status)
    theirs = {"X-Key": "theirs"}
    genesys.edit_action_after_get(ID, lambda document: document["config"]["request"].update(headers=theirs), times=2)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["publish_attempts"], outcome["flow_version"]) == ("raised", 3, "4")
    assert patches(genesys) == [status, status, 200]
    assert genesys.action(ID).document()["config"]["request"]["headers"] == theirs
    assert (function.counts()["PublishConflicts"], function.counts()["FlowPublishes"]) == (2, 1)


@pytest.mark.parametrize("status", [400, 408, 409])
def test_an_editor_who_never_rests_leaves_it_for_later(genesys: GenesysSimulator, start: Start, status: int) -> None:
    genesys.configure(version_mismatch_status=status)
    genesys.edit_action_after_get(ID, lambda document: document.update(name=NAME), times=100)
    function = start(MAX_PUBLISH_ATTEMPTS="2")
    assert function.take(ask()) == [0]
    assert codes([function.outcome()]) == ["conflict_retries_exhausted"]
    assert genesys.action(ID).timeout_seconds == 5


def test_another_four_hundred_is_a_refusal(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.fault(operation="patch_action", status=400, code="invalid.value", message="The url is no url.")
    assert function.take(ask()) == []
    [letter] = aws.dead_letters()
    assert letter.reason == "publish_rejected"
    assert "The url is no url." in letter.attributes["error_message"]
    assert patches(genesys) == [400]


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"reset": True, "when": "before"}, 2),
        ({"reset": True, "when": "after"}, 1),
        ({"status": 502, "when": "after"}, 1),
        ({"broken_json": True}, 1),
        ({"cut_off": True}, 1),
    ],
)
def test_a_lost_answer_neither_fails_nor_changes_it_twice(
    genesys: GenesysSimulator, function: Function, fault: Json, sent: int
) -> None:
    genesys.fault(operation="patch_action", **fault)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("raised", 5, 30)
    assert (genesys.action(ID).timeout_seconds, genesys.action(ID).version) == (30, 2)
    assert len(patches(genesys)) == sent
    assert function.counts()["FlowPublishes"] == 1
    assert function.ask_one(back())["status"] == "restored"


def test_all_that_is_asked_of_one_action_is_one_change(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    bodies = [ask(10 + n) for n in range(4)] + [ask(20 + n, data_action_name=NAME) for n in range(4)]
    assert function.take(*bodies, ask(99), ask(9, data_action_id="custom_-_other")) == []
    assert sorted(codes(function.outcomes())) == sorted(["raised"] * 9 + ["timeout_out_of_range"])
    assert (genesys.action(ID).timeout_seconds, genesys.action("custom_-_other").timeout_seconds) == (23, 9)
    assert patches(genesys) == [200, 200]
    assert [letter.reason for letter in aws.dead_letters()] == ["timeout_out_of_range"]


def test_what_is_found_otherwise_afterwards_is_told_by_its_place_and_without_values(
    genesys: GenesysSimulator, function: Function
) -> None:
    brief = json.dumps({"id": ID, "version": 2})  # so that the action is looked at again
    genesys.fault(operation="patch_action", when="after", delay_seconds=1, status=200, body=brief)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(function.ask_one, ask())
        give_up_at = time.monotonic() + 10
        while genesys.action(ID).version == 1:
            assert time.monotonic() < give_up_at
            time.sleep(0.01)
        genesys.edit_action(ID, lambda document: document["config"]["request"]["headers"].update({"X-Key": "SECRET"}))
        outcome = asked.result()
    assert (outcome["status"], outcome["flow_version"]) == ("raised", "2")
    assert "version 3" in outcome["note"]
    assert "config.request.headers.X-Key" in outcome["note"]
    assert "SECRET" not in outcome["note"] + function.log()


# -- function actions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [{"data_action_id": FUNCTION_ID}, {"data_action_name": FUNCTION_NAME}])
def test_a_function_action_is_changed_by_a_draft_and_nothing_else_of_it(
    genesys: GenesysSimulator, function: Function, target: Json
) -> None:
    before = genesys.action(FUNCTION_ID).document()
    outcome = function.ask_one({**target, "timeout_seconds": 12})
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("raised", 4, 12)
    assert outcome["steps"][0]["path"] == "function.timeoutSeconds"
    assert outcome["note"] is None
    expected = {**before, "version": 2, "function": {**before["function"], "timeoutSeconds": 12}}
    assert genesys.action(FUNCTION_ID).document() == expected
    assert (publishes(genesys), patches(genesys), no_draft(genesys)) == (1, [], True)


def test_its_limit_is_fifteen_whatever_the_organization_allows(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    assert function.take(of_function(16), of_function(16, operation="set"), of_function(15)) == []
    letters = aws.dead_letters()
    assert [letter.reason for letter in letters] == ["timeout_out_of_range"] * 2
    assert all("15 at most" in letter.attributes["error_message"] for letter in letters)
    assert genesys.action(FUNCTION_ID).function_timeout_seconds == 15
    assert publishes(genesys) == 1


def test_the_organizations_limit_counts_where_it_is_lower(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.connect(genesys, max_timeout_seconds=10)
    outcomes = function.ask(of_function(11), of_function(10))
    assert codes(outcomes) == ["timeout_out_of_range", "raised"]
    assert "allows 10 at most" in outcomes[0]["error"]["message"]


def test_a_function_without_a_timeout_counts_as_fifteen_and_goes_back_to_none(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.put_action(FUNCTION_ID, FUNCTION_NAME, category=FUNCTIONS, timeout_seconds=3)
    before = genesys.action(FUNCTION_ID).document()
    looked = function.ask_one({"data_action_id": FUNCTION_ID, **LIST_ALL})
    assert looked["steps"][0]["timeout_seconds"] is None
    assert looked["steps"][0]["effective_timeout_seconds"] == 15
    assert codes([function.ask_one(of_function(15))]) == ["unchanged"]
    outcome = function.ask_one(of_function(10, operation="set"))
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("set", None, 10)
    outcome = function.ask_one(of_function(None, operation="restore"))
    assert (outcome["status"], outcome["timeout_seconds"]) == ("restored", None)
    assert genesys.action(FUNCTION_ID).document() == {**before, "version": 3}


def test_someones_draft_of_a_function_action_is_left_alone(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.edit_draft(FUNCTION_ID, lambda document: document["function"].update(handler="theirs.handler"))
    assert function.take(of_function()) == []
    assert [letter.reason for letter in aws.dead_letters()] == ["flow_locked"]
    drafted = genesys.draft(FUNCTION_ID).function
    assert drafted is not None
    assert drafted["handler"] == "theirs.handler"
    assert (genesys.action(FUNCTION_ID).version, publishes(genesys)) == (1, 0)


def test_a_dry_run_of_a_function_action_makes_no_draft(genesys: GenesysSimulator, function: Function) -> None:
    outcome = function.ask_one(of_function(dry_run=True))
    assert (outcome["status"], outcome["timeout_seconds"]) == ("planned", 12)
    assert (writes(genesys), no_draft(genesys)) == (0, True)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["create_draft", "put_draft_function", "validate_draft", "publish_draft"])
def test_a_lost_answer_of_a_draft_publishes_once(
    genesys: GenesysSimulator, function: Function, operation: str, when: str
) -> None:
    genesys.fault(operation=operation, reset=True, when=when)
    outcome = function.ask_one(of_function())
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("raised", 4, 12)
    assert (genesys.action(FUNCTION_ID).version, genesys.action(FUNCTION_ID).function_timeout_seconds) == (2, 12)
    assert no_draft(genesys)


# -- alarms ------------------------------------------------------------------------------------------------------------


class Alarm:
    """An alarm about one action, that changes once a day."""

    def __init__(self, function: Function, target: Json, **policy: Any) -> None:
        self._function = function
        self._fields = {"target": target, "policy": policy}
        self._day = 0

    def goes(self, state: str = "ALARM") -> Json:
        self._day += 1
        at = f"2026-11-{self._day:02}T10:05:00.123+0000"
        previous = "OK" if state == "ALARM" else "ALARM"
        [outcome] = self._function.hear(alarm_action(at=at, state=state, previous=previous, **self._fields))
        return outcome


@pytest.mark.parametrize("target", [BY_ID, BY_NAME])
def test_an_alarm_climbs_to_sixty_and_puts_back(genesys: GenesysSimulator, function: Function, target: Json) -> None:
    alarm = Alarm(function, target, raise_by_percent=300, restore_on_ok=True)
    assert [alarm.goes()["timeout_seconds"] for _ in range(2)] == [20, 60]
    at_limit = alarm.goes()
    assert (at_limit["status"], function.counts()["TimeoutsAtLimit"]) == ("unchanged", 1)
    assert "60 s" in at_limit["note"]
    assert alarm.goes("OK")["status"] == "restored"
    assert genesys.action(ID).timeout_seconds == 5
    assert alarm.goes("OK")["status"] == "ignored"


def test_an_alarm_about_an_action_without_a_timeout_finds_it_at_the_limit(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.put_action(ID, NAME)
    outcome = Alarm(function, BY_ID, raise_by_percent=50).goes()
    assert (outcome["status"], function.counts()["TimeoutsAtLimit"], patches(genesys)) == ("unchanged", 1, [])


def test_dimensions_name_an_action(genesys: GenesysSimulator, function: Function) -> None:
    [outcome] = function.hear(
        eventbridge(kind="contributor", contributor={"DataActionId": ID}, datapoints=None, unit=None)
    )
    assert (outcome["status"], outcome["target"]) == ("raised", BY_ID)  # by half as much again: the default policy
    assert genesys.action(ID).timeout_seconds == 8


@pytest.mark.parametrize("policy", [{"raise_by_seconds": 20}, {"raise_to_seconds": 40}])
def test_an_alarm_about_a_function_action_is_cut_to_fifteen_and_then_calls_for_a_human(
    genesys: GenesysSimulator, function: Function, policy: Json
) -> None:
    alarm = Alarm(function, {"data_action_id": FUNCTION_ID}, **policy)
    first = alarm.goes()
    assert (first["status"], first["previous_timeout_seconds"], first["timeout_seconds"]) == ("raised", 4, 15)
    second = alarm.goes()
    assert (second["status"], second["timeout_seconds"]) == ("unchanged", 15)
    assert function.counts()["TimeoutsAtLimit"] == 1
    assert genesys.action(FUNCTION_ID).function_timeout_seconds == 15
    assert publishes(genesys) == 1
    limits = [re.findall(r"the limit of (\d+) s", outcome["note"] or "") for outcome in (first, second)]
    assert limits == [["15"], ["15"]]


# -- an organization without a target ----------------------------------------------------------------------------------


@pytest.fixture
def many(genesys: GenesysSimulator) -> int:
    """How many actions there are, over three pages; those of `actions` among them."""
    for number in range(220):
        genesys.put_action(f"custom_-_{number:03}", f"Action {number}", timeout_seconds=number % 60 + 1)
    genesys.put_action("custom_-_unset", "Unset")
    genesys.put_action("static_-_crm", "Static", timeout_seconds=9)
    return 225


def test_an_inspection_without_a_target_lists_all_integration_actions(
    genesys: GenesysSimulator, many: int, function: Function
) -> None:
    outcome = function.ask_one(LIST_ALL)
    assert (outcome["status"], outcome["target"], outcome["error"]) == ("inspected", {}, None)
    shown = {step["id"]: step for step in outcome["steps"]}
    assert len(shown) == len(outcome["steps"]) == many
    assert (shown[ID]["name"], shown[ID]["timeout_seconds"]) == (NAME, 5)
    assert (shown["custom_-_219"]["name"], shown["custom_-_219"]["timeout_seconds"]) == ("Action 219", 40)
    unset = shown["custom_-_unset"]
    assert (unset["timeout_seconds"], unset["effective_timeout_seconds"]) == (None, 60)
    assert shown["static_-_crm"]["timeout_seconds"] == 9
    pages = [call for call in genesys.calls if "/integrations/actions" in call.path]
    assert (len(pages), writes(genesys)) == (3, 0)
    assert "static" in outcome["note"]  # of some of them is noted that they cannot be changed


def test_those_of_the_list_that_cannot_be_changed_are_named(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_action("static_-_crm", "Static", timeout_seconds=9)
    note = function.ask_one(LIST_ALL)["note"]
    assert ("static_-_crm" in note or "'Static'" in note, FUNCTION_ID in note or FUNCTION_NAME in note) == (True, True)


def test_through_the_queue_and_beside_others(genesys: GenesysSimulator, many: int, function: Function) -> None:
    assert function.take(LIST_ALL, {**LIST_ALL, "request_id": "second"}, ask()) == []
    looked, again, raised = function.outcomes()
    assert codes([looked, again, raised]) == ["inspected", "inspected", "raised"]
    assert str(many - 100) in looked["note"]  # a log line is short of so many
    assert sum("pageNumber" in call.path or call.path.endswith("/actions") for call in genesys.calls) >= 3


def test_of_an_organization_without_actions(elsewhere: GenesysSimulator, aws: Aws, function: Function) -> None:
    aws.connect(elsewhere, "empty")
    outcome = function.ask_one({**LIST_ALL, "organization": "empty"})
    assert (outcome["status"], outcome["steps"], outcome["note"]) == ("inspected", [], None)


def test_the_list_needs_a_permission(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(permissions=PERMISSIONS - {VIEW_ACTION})
    outcome = function.ask_one(LIST_ALL)
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "forbidden")
    assert VIEW_ACTION in outcome["error"]["message"]


def test_the_list_is_read_again_where_a_page_is_broken(
    genesys: GenesysSimulator, many: int, function: Function
) -> None:
    genesys.fault(operation="list_actions", status=503)
    genesys.fault(operation="list_actions", broken_json=True)
    assert len(function.ask_one(LIST_ALL)["steps"]) == many


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"operation": "raise", "timeout_seconds": 5}, "exactly one of flow_id, data_action_id, data_action_name"),
        ({"timeout_seconds": 5}, "exactly one of flow_id, data_action_id, data_action_name"),
        ({"operation": "set", "timeout_seconds": 5}, "exactly one of"),
        ({"operation": "restore"}, "exactly one of"),
        ({"operation": "inspect", "action_name": "A"}, "go with flow_id"),
        ({"operation": "inspect", "flow_id": "f", "data_action_id": "x"}, "at most"),
    ],
)
def test_whatever_else_is_asked_without_a_target_is_refused(
    genesys: GenesysSimulator, aws: Aws, function: Function, request_: Json, said: str
) -> None:
    outcome = function.ask_one(request_)
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "invalid_request")
    assert said in outcome["error"]["message"]
    assert function.take(request_) == []
    assert [letter.reason for letter in aws.dead_letters()] == ["invalid_request"]
    assert genesys.calls == []
