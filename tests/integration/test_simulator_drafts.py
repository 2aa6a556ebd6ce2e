"""The Genesys Cloud simulator's drafts of actions and functions, seen by a real HTTP client."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from genesys_simulator import GenesysSimulator
from integration.simulator_client import SOON, SimulatorClient, assert_error

ACTIONS = "/api/v2/integrations/actions"
SCORE, BALANCE = "custom_-_score", "custom_-_balance"
VIEW, EDIT, DELETE = (f"integrations:action:{verb}" for verb in ("view", "edit", "delete"))
VIEW_FUNCTION, EDIT_FUNCTION = (f"integrations:actionFunction:{verb}" for verb in ("view", "edit"))


class Client(SimulatorClient):
    """A client that edits function actions by way of drafts."""

    def call(self, method: str, path: str, content: Any = None, action_id: str = SCORE) -> requests.Response:
        body = None if content is None else json.dumps(content).encode()
        return self.session.request(method, f"{self.url}{ACTIONS}/{action_id}{path}", data=body, timeout=SOON)

    def whole_function(self, seconds: int) -> dict[str, Any]:
        """What a careful client sends: everything it read."""
        function: dict[str, Any] = self.call("GET", "/draft/function").json()["function"]
        return {**function, "timeoutSeconds": seconds}


@pytest.fixture
def genesys() -> Iterator[GenesysSimulator]:
    with GenesysSimulator() as simulator:
        category = "Function_Data-Actions"
        simulator.put_action(SCORE, "Score", category=category, version=7, function={"timeoutSeconds": 5})
        simulator.put_action(BALANCE, "Get Balance", timeout_seconds=5)
        yield simulator


@pytest.fixture
def client(genesys: GenesysSimulator) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(session, genesys.url)
        client.login()
        yield client


class TestFunctions:
    def test_stand_apart_from_their_action(self, genesys: GenesysSimulator, client: Client) -> None:
        action = client.call("GET", "?expand=contract&includeConfig=true").json()
        assert "function" not in action
        content = client.call("GET", "/function").json()
        assert (content["id"], content["function"]["timeoutSeconds"]) == (SCORE, 5)
        assert content["zip"] == {"status": "Available", "id": content["function"]["zipId"], "name": "function.zip"}
        assert genesys.action(SCORE).function == content["function"]
        genesys.put_action("plain", "Plain", category="Function Data Actions")
        assert "timeoutSeconds" not in client.call("GET", "/function", action_id="plain").json()["function"]

    def test_other_actions_have_none(self, genesys: GenesysSimulator, client: Client) -> None:
        assert_error(client.call("GET", "/function", action_id=BALANCE), 404, "not.found")
        assert_error(client.call("GET", "/function", action_id="nobody"), 404, "not.found")
        assert (genesys.action(BALANCE).function, genesys.action(BALANCE).function_timeout_seconds) == (None, None)

    def test_a_patch_of_the_published_action_stays_refused(self, client: Client) -> None:
        assert "draft" in assert_error(client.call("PATCH", "", {"version": 7, "name": "New"}), 400, "bad.request")


class TestDrafts:
    def test_change_a_function_s_timeout_and_nothing_else(self, genesys: GenesysSimulator, client: Client) -> None:
        before = genesys.action(SCORE).document()
        started = client.call("POST", "/draft").json()
        assert (started["id"], started["version"]) == (SCORE, 1)  # its versions are its own
        assert started["selfUri"] == f"{ACTIONS}/{SCORE}/draft"
        assert client.call("PUT", "/draft/function", client.whole_function(12)).json()["function"][
            "timeoutSeconds"
        ] == (12)
        assert genesys.action(SCORE).document() == before
        assert client.call("GET", "/draft/validation").json() == {"valid": True, "errors": []}
        version = client.call("GET", "/draft").json()["version"]
        published = client.call("POST", "/draft/publish", {"version": version}).json()
        assert (published["id"], published["version"]) == (SCORE, 8)
        expected = {**before, "version": 8, "function": {**before["function"], "timeoutSeconds": 12}}
        assert genesys.action(SCORE).document() == expected
        assert "no draft" in assert_error(client.call("GET", "/draft"), 404, "not.found")

    def test_are_patched_like_actions(self, genesys: GenesysSimulator, client: Client) -> None:
        client.call("POST", "/draft")
        draft = client.call("GET", "/draft?includeConfig=true&expand=contract").json()
        config = draft["config"]
        address = config["request"]["requestTemplateUri"]
        assert address == f"{ACTIONS}/{SCORE}/draft/templates/requesttemplate.vm"
        template = client.session.get(f"{client.url}{address}", timeout=SOON).text
        config["request"]["requestTemplate"] = template
        config["timeoutSeconds"] = 30
        change = {"version": 1, "name": "Score 2", "config": config, "contract": {"new": True}, "secure": True}
        patched = client.call("PATCH", "/draft", change).json()
        assert (patched["version"], patched["name"], patched["secure"]) == (2, "Score 2", True)
        assert genesys.draft(SCORE).request_template == template
        assert genesys.draft(SCORE).success_template == ""  # was not sent back
        client.call("POST", "/draft/publish", {"version": 2})
        action = genesys.action(SCORE)
        assert (action.name, action.timeout_seconds, action.function_timeout_seconds) == ("Score 2", 30, 5)

    def test_other_actions_have_drafts_too(self, genesys: GenesysSimulator, client: Client) -> None:
        client.call("POST", "/draft", action_id=BALANCE)
        assert client.call("GET", "/draft/validation", action_id=BALANCE).json()["valid"]
        assert client.call("POST", "/draft/publish", {"version": 1}, BALANCE).json()["version"] == 2
        assert genesys.action(BALANCE).function is None

    def test_what_is_not_sent_back_is_lost_and_invalid(self, genesys: GenesysSimulator, client: Client) -> None:
        client.call("POST", "/draft")
        assert client.call("PUT", "/draft/function", {"timeoutSeconds": 12}).ok
        validation = client.call("GET", "/draft/validation").json()
        assert [error["message"] for error in validation["errors"]] == [
            "function.zipId is missing",
            "function.handler is missing",
            "function.runtime is missing",
        ]
        assert not validation["valid"]
        assert "zipId" in assert_error(client.call("POST", "/draft/publish", {"version": 2}), 400, "invalid.value")
        assert "zip" not in client.call("GET", "/draft/function").json()
        assert genesys.action(SCORE).version == 7

    @pytest.mark.parametrize("seconds", [0, 16, "5", 2.5, True])
    def test_a_function_takes_1_to_15_seconds(self, client: Client, seconds: Any) -> None:
        client.call("POST", "/draft")
        answer = client.call("PUT", "/draft/function", {**client.whole_function(1), "timeoutSeconds": seconds})
        assert "from 1 to 15, not" in assert_error(answer, 400, "invalid.value")
        assert client.call("PUT", "/draft/function", client.whole_function(15)).ok

    @pytest.mark.parametrize("body", [[], {"handler": 1}, "x"])
    def test_a_wrong_function_is_refused(self, client: Client, body: Any) -> None:
        client.call("POST", "/draft")
        assert_error(client.call("PUT", "/draft/function", body), 400, "invalid.value")

    def test_there_is_one_of_each_action(self, genesys: GenesysSimulator, client: Client) -> None:
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: client.call("POST", "/draft").status_code, range(16)))
        assert sorted(statuses) == [200] + [400] * 15
        assert client.call("DELETE", "/draft").ok
        with pytest.raises(KeyError, match="draft of an action"):
            genesys.draft(SCORE)
        assert client.call("POST", "/draft").ok

    @pytest.mark.parametrize("action_id", ["static_-_1", "customAuth_-_1"])
    def test_some_actions_have_none(self, genesys: GenesysSimulator, client: Client, action_id: str) -> None:
        genesys.put_action(action_id, "Fixed")
        assert_error(client.call("POST", "/draft", action_id=action_id), 400, "bad.request")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/draft"),
            ("PATCH", "/draft"),
            ("DELETE", "/draft"),
            ("GET", "/draft/validation"),
            ("POST", "/draft/publish"),
            ("GET", "/draft/function"),
            ("PUT", "/draft/function"),
            ("GET", "/draft/templates/requesttemplate.vm"),
        ],
    )
    def test_without_one_there_is_nothing(self, client: Client, method: str, path: str) -> None:
        assert "has no draft" in assert_error(client.call(method, path, {"version": 1}), 404, "not.found")
        assert "no action" in assert_error(client.call(method, path, {"version": 1}, "nobody"), 404, "not.found")

    @pytest.mark.parametrize(("status", "code"), [(400, "bad.request"), (409, "version.conflict")])
    def test_a_stale_version_is_refused_as_set(
        self, genesys: GenesysSimulator, client: Client, status: int, code: str
    ) -> None:
        genesys.configure(version_mismatch_status=status)
        client.call("POST", "/draft")
        genesys.edit_draft(SCORE, lambda document: document.update(name="Theirs"))
        for answer in (
            client.call("PATCH", "/draft", {"version": 1, "name": "Ours"}),
            client.call("POST", "/draft/publish", {"version": 1}),
        ):
            assert "does not match the current version 2" in assert_error(answer, status, code)
        assert (genesys.draft(SCORE).name, genesys.action(SCORE).name) == ("Theirs", "Score")

    def test_somebody_may_have_started_one(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.edit_draft(SCORE, lambda document: document["function"].update(timeoutSeconds=3))
        assert client.call("GET", "/draft/function").json()["function"]["timeoutSeconds"] == 3
        assert_error(client.call("POST", "/draft"), 400, "bad.request")


class TestGateway:
    @pytest.mark.parametrize(
        ("method", "path", "needed"),
        [
            ("GET", "/draft", VIEW),
            ("GET", "/draft/function", VIEW_FUNCTION),
            ("GET", "/function", VIEW_FUNCTION),
            ("PUT", "/draft/function", EDIT_FUNCTION),
            ("GET", "/draft/validation", EDIT),
            ("PATCH", "/draft", EDIT),
            ("POST", "/draft/publish", EDIT),
            ("DELETE", "/draft", DELETE),
        ],
    )
    def test_a_missing_permission_is_named(
        self, genesys: GenesysSimulator, client: Client, method: str, path: str, needed: str
    ) -> None:
        genesys.edit_draft(SCORE, lambda document: document)
        genesys.configure(permissions={VIEW, EDIT, DELETE, VIEW_FUNCTION, EDIT_FUNCTION} - {needed})
        assert needed in assert_error(client.call(method, path, {"version": 2}), 403, "missing.permissions")
        genesys.configure(permissions={needed})
        assert client.call(method, path, {"version": 2}).status_code != 403

    @pytest.mark.parametrize(
        ("operation", "method", "path"),
        [
            ("create_draft", "POST", "/draft"),
            ("get_draft", "GET", "/draft"),
            ("patch_draft", "PATCH", "/draft"),
            ("put_draft_function", "PUT", "/draft/function"),
            ("get_draft_function", "GET", "/draft/function"),
            ("validate_draft", "GET", "/draft/validation"),
            ("publish_draft", "POST", "/draft/publish"),
            ("get_function", "GET", "/function"),
        ],
    )
    def test_each_operation_can_fail(
        self, genesys: GenesysSimulator, client: Client, operation: str, method: str, path: str
    ) -> None:
        genesys.fault(operation=operation, action_id=SCORE, status=503)
        assert_error(client.call(method, path, {"version": 1}), 503, "service.unavailable")


class TestAdmin:
    def test_stores_functions_and_lists_drafts(self, genesys: GenesysSimulator, client: Client) -> None:
        shown = client.admin("GET", f"actions/{SCORE}").json()
        assert shown["function"]["timeoutSeconds"] == 5
        genesys.reset()
        assert client.admin("PUT", f"actions/{SCORE}", shown).ok
        assert client.admin("GET", f"actions/{SCORE}").json() == shown
        assert client.admin("GET", "drafts").json() == {"drafts": []}
        genesys.edit_draft(SCORE, lambda document: document)
        assert client.admin("GET", "drafts").json() == {"drafts": [{"id": SCORE, "version": 2, "function_timeout": 5}]}
