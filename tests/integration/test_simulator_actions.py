"""The Genesys Cloud simulator's integration actions, seen by a real HTTP client."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from genesys_simulator import Action, Fault, GenesysSimulator
from integration.simulator_client import SOON, SimulatorClient, assert_error

ACTIONS = "/api/v2/integrations/actions"
BALANCE = "custom_-_8c5ef972-2a16-425e-a129-37117d40c235"
VIEW, EDIT = "integrations:action:view", "integrations:action:edit"

CONFIG = {
    "request": {
        "requestUrlTemplate": "https://crm.example/${input.id}",
        "requestTemplate": '{"id": "${input.id}"}\n#if(true) ä #end',
        "requestType": "POST",
        "headers": {"X-Keep": "yes"},
    },
    "response": {
        "translationMap": {"a": "$.a"},
        "translationMapDefaults": {"a": "0"},
        "successTemplate": '{"a": ${a}}',
    },
    "timeoutSeconds": 5,
    "somethingNew": {"kept": [1, 2]},
}


class Client(SimulatorClient):
    """A client that reads and patches integration actions."""

    def list(self, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}{ACTIONS}", params=query, timeout=SOON)

    def get(self, action_id: str = BALANCE, query: str = "?expand=contract&includeConfig=true") -> requests.Response:
        return self.session.get(f"{self.url}{ACTIONS}/{action_id}{query}", timeout=SOON)

    def template(self, file_name: str, action_id: str = BALANCE) -> requests.Response:
        return self.session.get(f"{self.url}{ACTIONS}/{action_id}/templates/{file_name}", timeout=SOON)

    def patch(self, change: Any, action_id: str = BALANCE) -> requests.Response:
        body = change if isinstance(change, bytes) else json.dumps(change).encode()
        return self.session.patch(f"{self.url}{ACTIONS}/{action_id}", data=body, timeout=SOON)

    def whole_change(self, seconds: int) -> dict[str, Any]:
        """What a careful client sends: everything it read, templates included."""
        action = self.get().json()
        config = action["config"]
        config["request"]["requestTemplate"] = self.template("requesttemplate.vm").text
        config["response"]["successTemplate"] = self.template("successtemplate.vm").text
        config["timeoutSeconds"] = seconds
        return {**{name: action[name] for name in ("name", "category", "version")}, "config": config}


@pytest.fixture
def genesys() -> Iterator[GenesysSimulator]:
    with GenesysSimulator() as simulator:
        simulator.put_action(BALANCE, "Get Balance", category="CRM", version=7, config=CONFIG)
        yield simulator


@pytest.fixture
def client(genesys: GenesysSimulator) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(session, genesys.url)
        client.login()
        yield client


def set_timeout(seconds: int) -> Any:
    return lambda document: document["config"].update(timeoutSeconds=seconds)


class TestListing:
    def test_has_neither_config_nor_contract_unless_asked_for(self, client: Client) -> None:
        [plain] = client.list().json()["entities"]
        assert set(plain) == {"id", "name", "integrationId", "category", "version", "secure", "selfUri"}
        [full] = client.list(includeConfig="true", expand="contract").json()["entities"]
        assert full == client.get().json()
        [half] = client.list(includeConfig="true").json()["entities"]
        assert set(full) - set(half) == {"contract"}

    def test_names_match_in_part_whatever_the_case_and_may_repeat(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        genesys.put_action("a", "GET BALANCE of a card")
        genesys.put_action("b", "Get Balance")
        genesys.put_action("c", "Get Orders")
        found = client.list(name="get balance").json()
        assert [each["id"] for each in found["entities"]] == [BALANCE, "a", "b"]
        assert found["total"] == 3
        assert client.list(name="Balances").json()["entities"] == []

    def test_goes_by_pages_to_an_empty_one(self, genesys: GenesysSimulator, client: Client) -> None:
        for number in range(250):
            genesys.put_action(f"a{number}", f"Action {number}")
        pages = [client.list(pageSize=100, pageNumber=number, name="action").json() for number in (1, 2, 3, 4)]
        assert [len(page["entities"]) for page in pages] == [100, 100, 50, 0]
        assert [each["id"] for page in pages for each in page["entities"]] == [f"a{number}" for number in range(250)]
        assert {(page["total"], page["pageCount"], page["pageSize"]) for page in pages} == {(250, 3, 100)}
        assert [page["pageNumber"] for page in pages] == [1, 2, 3, 4]
        default = client.list().json()
        assert (len(default["entities"]), default["pageSize"], default["pageNumber"]) == (25, 25, 1)

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"pageSize": 101}, "pageSize must be an integer from 1 to 100, not 101"),
            ({"pageSize": 0}, "pageSize"),
            ({"pageNumber": 0}, "pageNumber must be an integer of at least 1"),
            ({"pageNumber": "two"}, "two"),
            ({"pageNumber": "9" * 5000}, "pageNumber"),
        ],
    )
    def test_refuses_pages_that_there_cannot_be(self, client: Client, query: dict[str, Any], said: str) -> None:
        assert said in assert_error(client.list(**query), 400, "invalid.value")

    def test_shows_authentication_actions_only_when_asked_to(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_action("customAuth_-_1", "Log in to the CRM")
        assert client.list(name="log in").json()["total"] == 0
        assert client.list(name="log in", includeAuthActions="true").json()["total"] == 1


class TestReading:
    def test_gives_the_addresses_of_the_templates_but_not_their_text(self, client: Client) -> None:
        action = client.get().json()
        assert action["id"] == BALANCE
        assert (action["version"], action["name"], action["category"], action["secure"]) == (
            7,
            "Get Balance",
            "CRM",
            False,
        )
        assert action["contract"]["input"]["inputSchema"]["type"] == "object"
        assert action["integrationId"]
        assert action["config"] == {
            "request": {
                "requestUrlTemplate": "https://crm.example/${input.id}",
                "requestType": "POST",
                "headers": {"X-Keep": "yes"},
                "requestTemplateUri": f"{ACTIONS}/{BALANCE}/templates/requesttemplate.vm",
            },
            "response": {
                "translationMap": {"a": "$.a"},
                "translationMapDefaults": {"a": "0"},
                "successTemplateUri": f"{ACTIONS}/{BALANCE}/templates/successtemplate.vm",
            },
            "timeoutSeconds": 5,
            "somethingNew": {"kept": [1, 2]},
        }

    def test_gives_config_and_contract_only_where_asked_for(self, client: Client) -> None:
        assert not {"config", "contract"} & set(client.get(query="").json())
        assert "config" in client.get(query="?includeConfig=TRUE").json()
        assert "contract" in client.get(query="?expand=contract").json()

    def test_says_no_timeout_where_none_is_set(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_action("plain", "Plain")
        assert "timeoutSeconds" not in client.get("plain").json()["config"]
        assert genesys.action("plain").timeout_seconds is None

    def test_actions_of_one_category_belong_to_one_integration(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_action("a", "A", category="CRM")
        genesys.put_action("b", "B", category="Other")
        integrations = [client.get(action_id).json()["integrationId"] for action_id in (BALANCE, "a", "b")]
        assert integrations[0] == integrations[1] != integrations[2]

    def test_templates_are_text_as_it_is(self, client: Client) -> None:
        answer = client.template("requesttemplate.vm")
        assert answer.content == '{"id": "${input.id}"}\n#if(true) ä #end'.encode()
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        action = client.get().json()
        address = action["config"]["response"]["successTemplateUri"]
        assert client.session.get(f"{client.url}{address}", timeout=SOON).text == '{"a": ${a}}'

    def test_what_does_not_exist_is_not_found(self, client: Client) -> None:
        assert "nobody" in assert_error(client.get("nobody"), 404, "not.found")
        assert_error(client.template("requesttemplate.vm", "nobody"), 404, "not.found")
        assert "other.vm" in assert_error(client.template("other.vm"), 404, "not.found")
        assert_error(client.patch({"version": 1}, "nobody"), 404, "not.found")
        assert_error(client.session.delete(f"{client.url}{ACTIONS}/{BALANCE}", timeout=SOON), 405, "method.not.allowed")


class TestChanging:
    def test_a_whole_change_changes_the_timeout_and_nothing_else(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        before = genesys.action(BALANCE).document()
        answer = client.patch(client.whole_change(20))
        assert answer.status_code == 200
        assert (answer.json()["id"], answer.json()["version"]) == (BALANCE, 8)
        expected = {**before, "version": 8, "config": {**before["config"], "timeoutSeconds": 20}}
        assert genesys.action(BALANCE).document() == expected
        assert client.get().json()["config"] == answer.json()["config"]

    def test_what_is_not_sent_back_is_lost(self, genesys: GenesysSimulator, client: Client) -> None:
        assert client.patch({"version": 7, "config": {"timeoutSeconds": 20}}).ok
        assert genesys.action(BALANCE).document()["config"] == {"request": {}, "response": {}, "timeoutSeconds": 20}
        assert client.template("requesttemplate.vm").content == b""
        assert client.get().json()["name"] == "Get Balance"

    def test_templates_are_lost_when_only_what_was_read_is_sent_back(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        action = client.get().json()
        assert client.patch({"version": 7, "config": action["config"]}).ok
        assert client.get().json()["config"] == action["config"]  # it looks as before
        changed = genesys.action(BALANCE)
        assert (changed.request_template, changed.success_template) == ("", "")

    def test_the_timeout_goes_when_it_is_left_out_or_null(self, genesys: GenesysSimulator, client: Client) -> None:
        change = client.whole_change(20)
        change["config"]["timeoutSeconds"] = None
        assert "timeoutSeconds" not in client.patch(change).json()["config"]
        assert genesys.action(BALANCE).timeout_seconds is None

    def test_without_a_config_it_stays(self, genesys: GenesysSimulator, client: Client) -> None:
        assert client.patch({"version": 7, "name": "Get the Balance", "category": "CRM 2"}).ok
        action = genesys.action(BALANCE)
        assert (action.name, action.category, action.version) == ("Get the Balance", "CRM 2", 8)
        assert action.document()["config"] == CONFIG

    def test_the_platform_says_which_integration_and_id(self, genesys: GenesysSimulator, client: Client) -> None:
        before = genesys.action(BALANCE).document()
        assert client.patch({"version": 7, "id": "mine", "integrationId": "mine", "secure": True}).ok
        assert genesys.action(BALANCE).document() == {**before, "version": 8}

    def test_text_comes_back_as_it_went(self, genesys: GenesysSimulator, client: Client) -> None:
        change = client.whole_change(20)
        change["config"]["request"]["requestTemplate"] = "a\r\n\tä 😀 \u2028 ${x}"
        assert client.patch(change).ok
        assert client.template("requesttemplate.vm").content == "a\r\n\tä 😀 \u2028 ${x}".encode()
        assert genesys.action(BALANCE).request_template == "a\r\n\tä 😀 \u2028 ${x}"

    def test_odd_configurations_are_kept(self, genesys: GenesysSimulator, client: Client) -> None:
        deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
        body = b'{"version":7,"config":{"deep":' + deep + b',"request":{"requestTemplate":"lone \\ud800"}}}'
        assert client.patch(body).ok
        assert client.get().content.count(b'{"a": ') == 5_000
        assert client.template("requesttemplate.vm").text == "lone ?"
        assert genesys.action(BALANCE).request_template == "lone \ud800"

    @pytest.mark.parametrize("seconds", [1, 60])
    def test_timeouts_within_the_limits(self, genesys: GenesysSimulator, client: Client, seconds: int) -> None:
        assert client.patch(client.whole_change(seconds)).ok
        assert genesys.action(BALANCE).timeout_seconds == seconds

    @pytest.mark.parametrize(
        ("change", "code", "said"),
        [
            ({"config": {"timeoutSeconds": 0}}, "invalid.value", "an integer from 1 to 60, not 0"),
            ({"config": {"timeoutSeconds": 61}}, "invalid.value", "not 61"),
            ({"config": {"timeoutSeconds": "20"}}, "invalid.value", 'not "20"'),
            ({"config": {"timeoutSeconds": 2.5}}, "invalid.value", "not 2.5"),
            ({"config": {"timeoutSeconds": True}}, "invalid.value", "not true"),
            ({"config": []}, "invalid.value", "config must be an object"),
            ({"config": {"request": "GET"}}, "invalid.value", "config.request must be an object"),
            ({"config": {"request": {"requestTemplate": 1}}}, "invalid.value", "config.request.requestTemplate"),
            ({"config": {"response": {"successTemplate": {}}}}, "invalid.value", "config.response.successTemplate"),
            ({"name": ""}, "invalid.value", "name"),
            ({"category": 3}, "invalid.value", "category"),
            ({"version": "7"}, "invalid.value", "version must be an integer"),
            ({"version": None}, "invalid.value", "version must be an integer"),
            (b"{", "bad.request", "cannot be read"),
            (b"[]", "bad.request", "not a JSON object"),
            (b'{"version": NaN}', "bad.request", "NaN"),
            (b"\xff", "bad.request", "utf-8"),
        ],
    )
    def test_an_invalid_change_is_refused(
        self, genesys: GenesysSimulator, client: Client, change: Any, code: str, said: str
    ) -> None:
        before = genesys.action(BALANCE)
        body = change if isinstance(change, bytes) else {"version": 7, **change}
        assert said in assert_error(client.patch(body), 400, code)
        assert genesys.action(BALANCE) is before

    @pytest.mark.parametrize(
        ("action_id", "category", "said"),
        [
            ("static_-_1", "CRM", "static"),
            ("customAuth_-_1", "CRM", "authentication"),
            ("custom_-_1", "Authentication", "authentication"),
            ("custom_-_2", "Function Data Actions", "draft"),
        ],
    )
    def test_some_actions_cannot_be_changed(
        self, genesys: GenesysSimulator, client: Client, action_id: str, category: str, said: str
    ) -> None:
        before = genesys.put_action(action_id, "Other", category=category)
        assert client.get(action_id).ok
        change = {"version": 1, "config": {"timeoutSeconds": 20}}
        assert said in assert_error(client.patch(change, action_id), 400, "bad.request")
        assert genesys.action(action_id) is before


class TestVersions:
    @pytest.mark.parametrize(
        ("status", "code"), [(400, "bad.request"), (409, "version.conflict"), (408, "request.timeout")]
    )
    def test_a_stale_version_is_refused_as_set(
        self, genesys: GenesysSimulator, client: Client, status: int, code: str
    ) -> None:
        genesys.configure(version_mismatch_status=status)
        change = client.whole_change(20)
        genesys.edit_action(BALANCE, set_timeout(9))
        message = assert_error(client.patch(change), status, code)
        assert "version 7 " in message
        assert "does not match the current version 8" in message
        assert genesys.action(BALANCE).timeout_seconds == 9

    def test_of_many_who_change_at_once_one_wins(self, genesys: GenesysSimulator, client: Client) -> None:
        change = client.whole_change(20)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.patch(change).status_code, range(16)))
        assert sorted(answers) == [200] + [400] * 15
        assert genesys.action(BALANCE).version == 8

    def test_someone_changes_it_after_a_read(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.edit_action_after_get(BALANCE, lambda document: document.update(name="Mine", version=99), times=2)
        client.list(includeConfig="true")  # is no read
        assert_error(client.patch(client.whole_change(20)), 400, "bad.request")
        assert genesys.action(BALANCE).version == 8
        assert_error(client.patch(client.whole_change(20)), 400, "bad.request")
        assert client.patch(client.whole_change(20)).json()["version"] == 10
        assert (genesys.action(BALANCE).name, genesys.action(BALANCE).timeout_seconds) == ("Mine", 20)

    def test_templates_are_those_of_the_newest_version(self, genesys: GenesysSimulator, client: Client) -> None:
        def edit(document: dict[str, Any]) -> None:
            document["config"]["request"]["requestTemplate"] = "theirs"
            del document["config"]["response"]

        genesys.edit_action_after_get(BALANCE, edit)
        assert client.get().json()["version"] == 7
        assert client.template("requesttemplate.vm").text == "theirs"
        assert client.template("successtemplate.vm").text == ""
        assert set(client.get().json()["config"]) == {"request", "timeoutSeconds", "somethingNew"}

    def test_what_was_handed_out_never_changes(self, genesys: GenesysSimulator) -> None:
        before = genesys.action(BALANCE)
        before.document()["config"].clear()
        genesys.edit_action(BALANCE, set_timeout(9))
        assert before.document()["config"] == CONFIG
        assert isinstance(before, Action)

    def test_wrong_use_is_refused(self, genesys: GenesysSimulator) -> None:
        with pytest.raises(KeyError, match=BALANCE):
            genesys.action("nobody")
        with pytest.raises(KeyError, match="integration action 'nobody'"):
            genesys.edit_action_after_get("nobody", set_timeout(9))
        with pytest.raises(ValueError, match="times"):
            genesys.edit_action_after_get(BALANCE, set_timeout(9), times=0)
        with pytest.raises(ValueError, match="must not be empty"):
            genesys.put_action("", "Nobody")
        with pytest.raises(ValueError, match="version_mismatch_status must be one of 400, 408, 409"):
            genesys.configure(version_mismatch_status=412)


class TestGateway:
    @pytest.mark.parametrize(("missing", "kept"), [(VIEW, EDIT), (EDIT, VIEW)])
    def test_a_missing_permission_is_named(
        self, genesys: GenesysSimulator, client: Client, missing: str, kept: str
    ) -> None:
        genesys.configure(permissions={kept})
        viewed = [client.list(), client.get(), client.template("requesttemplate.vm")]
        edited = [client.patch({"version": 7, "name": "Other"})]
        refused, answered = (viewed, edited) if missing == VIEW else (edited, viewed)
        for answer in refused:
            assert missing in assert_error(answer, 403, "missing.permissions")
        assert all(answer.ok for answer in answered)

    def test_a_token_is_needed_and_calls_count(self, genesys: GenesysSimulator, client: Client) -> None:
        assert client.list().headers["inin-ratelimit-count"] == "1"
        genesys.expire_tokens()
        assert_error(client.get(), 401, "bad.credentials")

    def test_calls_say_which_action(self, genesys: GenesysSimulator, client: Client) -> None:
        client.list()
        client.get()
        client.template("requesttemplate.vm")
        client.patch({"version": 7})
        assert [call.action_id for call in genesys.calls[-4:]] == [None, BALANCE, BALANCE, BALANCE]
        assert {call.flow_id for call in genesys.calls} == {None}
        assert genesys.count("PATCH", ACTIONS) == 1

    @pytest.mark.parametrize("operation", ["list_actions", "get_action", "get_template", "patch_action"])
    def test_each_operation_can_fail(self, genesys: GenesysSimulator, client: Client, operation: str) -> None:
        genesys.fault(operation=operation, status=503)
        answers = {
            "list_actions": client.list(),
            "get_action": client.get(),
            "get_template": client.template("successtemplate.vm"),
            "patch_action": client.patch({"version": 7}),
        }
        assert_error(answers.pop(operation), 503, "service.unavailable")
        assert all(answer.ok for answer in answers.values())

    def test_half_a_text_is_not_broken_json(self, genesys: GenesysSimulator, client: Client) -> None:
        """Nobody could tell it from a whole one."""
        whole = client.template("successtemplate.vm").content
        genesys.fault(operation="get_template", broken_json=True)
        assert client.template("successtemplate.vm").content == whole

    def test_versions_are_kept_if_wanted(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.keep_editions()
        version = genesys.action(BALANCE).version
        genesys.edit_action(BALANCE, lambda document: document["config"].update(timeoutSeconds=9))
        assert client.patch({"version": version + 1}).ok
        told = [(each.document.version, each.by_client) for each in genesys.action_editions(BALANCE)]
        assert told == [(version, False), (version + 1, False), (version + 2, True)]

    def test_a_fault_for_one_action_leaves_others_alone(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_action("other", "Other")
        genesys.put_flow("other", {"steps": []})
        genesys.fault(action_id="other", status=500)
        genesys.fault(flow_id="other", status=502)
        assert client.list().ok
        assert client.get().ok
        assert client.get("other").status_code == 500
        assert client.get("other").ok
        assert client.session.get(f"{client.url}/api/v2/flows/other", timeout=SOON).status_code == 502

    def test_an_answer_can_be_lost_after_the_work(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="patch_action", reset=True, when="after")
        change = client.whole_change(20)
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            client.patch(change)
        assert (genesys.action(BALANCE).version, genesys.action(BALANCE).timeout_seconds) == (8, 20)

    def test_a_mismatch_can_be_a_fault(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="patch_action", status=408, message="does not match the current version")
        assert_error(client.patch({"version": 7}), 408, "request.timeout")
        assert client.patch({"version": 7}).ok

    def test_a_storm_is_the_same_for_the_same_seed(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_action("other", "Other")
        genesys.configure(rate_limit_calls=None)

        def weather(seed: int, action_id: str) -> list[int]:
            faults = [(Fault(operation="get_action", action_id=BALANCE, status=503), 1.0)]
            genesys.storm(seed=seed, probability=0.4, faults=faults)
            return [client.get(action_id).status_code for _ in range(40)]

        first = weather(1, BALANCE)
        assert set(first) == {200, 503}
        assert weather(1, BALANCE) == first
        assert weather(2, BALANCE) != first
        assert set(weather(1, "other")) == {200}


class TestAdmin:
    def test_lists_actions_with_their_timeouts(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_action("plain", "Plain")
        genesys.put_action("slow", "Slow", timeout_seconds=30)
        listed = client.admin("GET", "actions").json()["actions"]
        assert listed[0] == {"id": BALANCE, "name": "Get Balance", "category": "CRM", "version": 7, "timeout": 5}
        assert [(each["id"], each["name"], each["timeout"]) for each in listed[1:]] == [
            ("plain", "Plain", None),
            ("slow", "Slow", 30),
        ]

    def test_what_it_shows_can_be_stored_again(self, genesys: GenesysSimulator, client: Client) -> None:
        shown = client.admin("GET", f"actions/{BALANCE}").json()
        assert shown["config"] == CONFIG
        genesys.reset()
        assert client.admin("PUT", f"actions/{BALANCE}", shown).ok
        assert client.admin("GET", f"actions/{BALANCE}").json() == shown

    def test_makes_up_what_is_not_said(self, genesys: GenesysSimulator, client: Client) -> None:
        answer = client.admin("PUT", "actions/new", {"name": "New", "config": {"timeoutSeconds": 5}})
        assert answer.json() == {"id": "new", "name": "New", "category": "Custom", "version": 1, "timeout": 5}
        assert genesys.action("new").request_template
        assert genesys.action("new").success_template
        assert client.get("new").json()["config"]["request"]["requestUrlTemplate"]

    def test_lets_another_person_change_it(self, genesys: GenesysSimulator, client: Client) -> None:
        answer = client.admin("POST", f"actions/{BALANCE}/edits", {"timeout_seconds": 9})
        assert answer.json() == {"action_id": BALANCE, "times": 1}
        assert client.get().json()["config"]["timeoutSeconds"] == 5
        assert (genesys.action(BALANCE).version, genesys.action(BALANCE).timeout_seconds) == (8, 9)

    def test_makes_calls_about_one_action_fail(self, client: Client) -> None:
        fault = {"operation": "get_action", "action_id": BALANCE, "status": 503}
        assert client.admin("POST", "faults", fault).json() == {"waiting": 1}
        assert client.get().status_code == 503
        assert client.admin("GET", "calls").json()["calls"][-1]["action_id"] == BALANCE

    def test_says_what_there_is_and_forgets_on_reset(self, client: Client) -> None:
        routes = client.admin("GET", "").json()["routes"]
        assert {"GET /_simulator/actions", "PUT /_simulator/actions/{action_id}"} <= set(routes)
        assert client.admin("POST", "reset").ok
        assert client.admin("GET", "actions").json() == {"actions": []}

    @pytest.mark.parametrize(
        ("call", "content", "status", "said"),
        [
            ("GET actions/nobody", None, 404, BALANCE),
            ("PUT actions/new", {}, 400, "Missing: name"),
            ("PUT actions/new", {"name": ""}, 400, "name must be a string"),
            ("PUT actions/new", {"name": "New", "timeout": 3}, 400, "Unknown: timeout"),
            ("PUT actions/new", {"name": "New", "id": "old"}, 400, "id"),
            ("PUT actions/new", {"name": "New", "version": 0}, 400, "version must be an integer"),
            ("PUT actions/new", {"name": "New", "secure": 1}, 400, "secure must be true or false"),
            ("PUT actions/new", {"name": "New", "config": None}, 400, "config must be an object, not null"),
            ("PUT actions/new", {"name": "New", "config": {"timeoutSeconds": 61}}, 400, "from 1 to 60"),
            (f"POST actions/{BALANCE}/edits", {"timeout_seconds": 61}, 400, "from 1 to 60"),
            (f"POST actions/{BALANCE}/edits", {"timeout_seconds": 6, "times": 0}, 400, "times"),
            (f"POST actions/{BALANCE}/edits", {}, 400, "timeout_seconds"),
            ("POST actions/nobody/edits", {"timeout_seconds": 6}, 404, BALANCE),
        ],
    )
    def test_wrong_use_is_explained(self, client: Client, call: str, content: Any, status: int, said: str) -> None:
        method, path = call.split(" ")
        answer = client.admin(method, path, content)
        assert answer.status_code == status
        assert said in answer.json()["error"]
        assert client.get().ok
