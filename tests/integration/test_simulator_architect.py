"""The Genesys Cloud simulator's Architect Flows and dependency tracking, seen by a real HTTP client."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from genesys_simulator import ArchitectFlow, GenesysSimulator
from integration.simulator_client import PROOF, SOON, SimulatorClient, assert_error

FLOW = "flow-1"
BALANCE, ORDERS = "custom_-_balance", "custom_-_orders"
OWN_CLIENT = PROOF[0]
VIEW, EDIT, PUBLISH = "architect:flow:view", "architect:flow:edit", "architect:flow:publish"


def duration(text: str) -> dict[str, Any]:
    literal = {"pos": 1, "text": text, "type": "dur"}
    return {"config": {"lit": literal}, "text": text, "type": "dur", "uiMetaData": {"mode": 1}, "version": 2}


def step(step_id: str, action_id: str, kind: str = "DataAction", **more: Any) -> dict[str, Any]:
    return {
        "__type": kind,
        "id": step_id,
        "trackingId": 17,
        "name": "Call Data Action",
        "actionId": action_id,
        "actionName": "Get Balance" if action_id == BALANCE else "Get Orders",
        "useSuggestedTimeout": True,
        "timeout": duration("P0D0H1M0S0F"),
        **more,
    }


CONFIGURATION: dict[str, Any] = {
    "name": "Billing",
    "type": "inboundcall",
    "flowSequenceItemList": [
        {"__type": "Task", "id": "task", "actionList": [step("s1", BALANCE), {"__type": "Decision", "id": "d"}]},
        {"__type": "Menu", "id": "menu", "actionList": [step("s2", ORDERS)]},
    ],
}


class Client(SimulatorClient):
    """A client that edits Architect Flows."""

    def get(self, path: str = "", flow_id: str = FLOW) -> requests.Response:
        return self.session.get(f"{self.url}/api/v2/flows/{flow_id}{path}", timeout=SOON)

    def act(self, verb: str, flow_id: str = FLOW) -> requests.Response:
        return self.session.post(f"{self.url}/api/v2/flows/actions/{verb}?flow={flow_id}", timeout=SOON)

    def save(self, content: Any, flow_id: str = FLOW) -> requests.Response:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.session.post(f"{self.url}/api/v2/flows/{flow_id}/versions", data=body, timeout=SOON)

    def users(self, **query: Any) -> requests.Response:
        address = f"{self.url}/api/v2/architect/dependencytracking/consumingresources"
        return self.session.get(address, params=query, timeout=SOON)

    def check_out_and_save(self, content: Any) -> None:
        assert self.act("checkout").ok
        assert self.save(content).ok


@pytest.fixture
def genesys() -> Iterator[GenesysSimulator]:
    with GenesysSimulator() as simulator:
        simulator.put_architect_flow(FLOW, CONFIGURATION)
        yield simulator


@pytest.fixture
def client(genesys: GenesysSimulator) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(session, genesys.url)
        client.login()
        yield client


def with_timeout(text: str, **more: Any) -> dict[str, Any]:
    configuration: dict[str, Any] = json.loads(json.dumps(CONFIGURATION))
    changed = configuration["flowSequenceItemList"][0]["actionList"][0]
    changed.update({"useSuggestedTimeout": False, "timeout": duration(text), **more})
    return configuration


def describe(document: dict[str, Any]) -> None:
    document["description"] = "theirs"


class TestReading:
    def test_a_flow_is_its_metadata_only(self, client: Client) -> None:
        flow = client.get().json()
        assert (flow["id"], flow["name"], flow["type"]) == (FLOW, "Billing", "INBOUNDCALL")
        assert {flow[f"{kind}Version"]["id"] for kind in ("published", "saved", "checkedIn")} == {"1.0"}
        assert flow["publishedVersion"]["configurationUri"] == f"/api/v2/flows/{FLOW}/versions/1.0/configuration"
        assert not {"flowSequenceItemList", "lockedUser", "lockedClient", "currentOperation"} & set(flow)

    def test_the_configuration_stands_apart(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_architect_flow(FLOW, b'{ "ratio": 1.10, "name":"\xc3\xa4" }')
        assert client.get("/latestconfiguration").content == b'{ "ratio": 1.10, "name":"\xc3\xa4" }'
        for version in ("1.0", "published"):
            answer = client.get(f"/versions/{version}/configuration")
            assert answer.content == b'{ "ratio": 1.10, "name":"\xc3\xa4" }'

    def test_what_does_not_exist_is_not_found(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_architect_flow("empty", None, name="Empty", type="WORKFLOW")
        for answer in (client.get(flow_id="nobody"), client.act("checkout", "nobody"), client.save({}, "nobody")):
            assert_error(answer, 404, "architect.flow.not.found")
        assert "'2.0'" in assert_error(client.get("/versions/2.0/configuration"), 404, "flow.no.config.available")
        assert_error(client.get("/latestconfiguration", "empty"), 404, "flow.no.config.available")
        assert "publishedVersion" not in client.get(flow_id="empty").json()
        assert_error(client.act("checkout", ""), 400, "bad.request")
        assert_error(client.session.put(f"{client.url}/api/v2/flows/{FLOW}", timeout=SOON), 405, "method.not.allowed")

    def test_flows_of_the_tutorial_are_served_as_ever(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_flow("tutorial", {"version": 3, "steps": []})
        assert client.get(flow_id="tutorial").json() == {"version": 3, "steps": []}
        assert_error(client.get("/latestconfiguration", "tutorial"), 404, "architect.flow.not.found")
        genesys.configure(permissions={VIEW})
        assert "view:flow" in assert_error(client.get(flow_id="tutorial"), 403, "missing.permissions")
        assert client.get().ok
        genesys.put_architect_flow("tutorial", CONFIGURATION)
        assert client.get(flow_id="tutorial").json()["type"] == "INBOUNDCALL"

    def test_without_architect_flows_unknown_ids_are_the_tutorials(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        genesys.reset()
        client.login()
        assert_error(client.get(flow_id="nobody"), 404, "not.found")


class TestPublishing:
    def test_goes_from_checkout_over_save_to_a_new_published_version(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        assert client.act("checkout").json()["lockedClient"]["id"] == OWN_CLIENT
        saved = client.save(with_timeout("P0D0H0M45S0F")).json()
        assert (saved["id"], saved["type"], saved["createdByClient"]["id"]) == ("2.0", "SAVE", OWN_CLIENT)
        assert genesys.architect_flow(FLOW).configuration() == CONFIGURATION
        answer = client.act("publish")
        operation = answer.json()
        assert (answer.status_code, operation["actionName"], operation["complete"]) == (202, "PUBLISH", False)
        flow = client.get().json()
        assert flow["currentOperation"] == {**operation, "complete": True, "actionStatus": "SUCCESS"}
        assert {flow[f"{kind}Version"]["id"] for kind in ("published", "saved", "checkedIn")} == {"2.0"}
        assert "lockedClient" not in flow
        assert genesys.architect_flow(FLOW).timeouts == {"s1": 45.0, "s2": None}
        assert client.get("/versions/1.0/configuration").json() == CONFIGURATION

    def test_takes_as_many_looks_as_set(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(publish_polls=4, publish_status=200)
        client.check_out_and_save(CONFIGURATION)
        assert client.act("publish").status_code == 200
        statuses = [client.get().json()["currentOperation"]["actionStatus"] for _ in range(5)]
        assert statuses == [
            "PENDING_GENERATION",
            "PENDING_BACKEND_NOTIFICATION",
            "PENDING_BACKEND_NOTIFICATION",
            "SUCCESS",
            "SUCCESS",
        ]

    def test_takes_as_many_seconds_as_set(self) -> None:
        now = [1000.0]
        with GenesysSimulator(clock=lambda: now[0]) as genesys, requests.Session() as session:
            client = Client(session, genesys.url)
            client.login()
            genesys.put_architect_flow(FLOW, CONFIGURATION, publish_polls=0, publish_seconds=30)
            client.check_out_and_save(CONFIGURATION)
            client.act("publish")
            now[0] += 29
            assert not client.get().json()["currentOperation"]["complete"]
            now[0] += 1
            assert genesys.architect_flow(FLOW).published_version == "2.0"  # whether or not anybody looks

    def test_can_be_made_faster_while_it_runs(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(publish_polls=10_000)
        client.check_out_and_save(CONFIGURATION)
        client.act("publish")
        assert not client.get().json()["currentOperation"]["complete"]
        assert client.get().json()["lockedClient"]["id"] == OWN_CLIENT
        genesys.change_architect_flow(FLOW, publish_polls=1)
        assert client.get().json()["publishedVersion"]["id"] == "2.0"

    def test_can_fail_in_the_end_and_the_lock_stays(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(publish_error="architect.external.publish.error")
        client.check_out_and_save(with_timeout("P0D0H0M45S0F"))
        assert client.act("publish").status_code == 202
        flow = client.get().json()
        assert flow["currentOperation"]["actionStatus"] == "FAILURE"
        assert flow["currentOperation"]["errorCode"] == "architect.external.publish.error"
        assert flow["currentOperation"]["errorMessage"]
        assert (flow["publishedVersion"]["id"], flow["lockedClient"]["id"]) == ("1.0", OWN_CLIENT)
        assert client.act("revert").ok
        assert genesys.architect_flow(FLOW).saved_version == "1.0"

    @pytest.mark.parametrize("verb", ["checkout", "publish", "revert", "checkin", "unlock", "save"])
    def test_nothing_else_can_be_done_meanwhile(self, genesys: GenesysSimulator, client: Client, verb: str) -> None:
        genesys.configure(publish_polls=2)
        client.check_out_and_save(CONFIGURATION)
        client.act("publish")
        answer = client.save(CONFIGURATION) if verb == "save" else client.act(verb)
        assert_error(answer, 409, "architect.operation.already.in.progress")

    def test_without_a_save_nothing_new_comes_of_it(self, genesys: GenesysSimulator, client: Client) -> None:
        client.act("checkout")
        assert client.act("publish").ok
        assert client.get().json()["currentOperation"]["actionStatus"] == "SUCCESS"
        flow = genesys.architect_flow(FLOW)
        assert (flow.published_version, flow.is_locked) == ("1.0", False)

    def test_of_many_who_publish_at_once_one_wins(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(publish_polls=100)
        client.check_out_and_save(CONFIGURATION)
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: client.act("publish").status_code, range(16)))
        assert sorted(statuses) == [202] + [409] * 15

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"timeout": duration("P0D0H0M0S0F")}, "above 0"),
            ({"timeout": duration("45")}, "above 0"),
            ({"timeout": {**duration("P0D0H0M45S0F"), "text": "P0D0H1M0S0F"}}, "its literal"),
            ({"timeout": None}, "must be an object"),
        ],
    )
    def test_a_wrong_timeout_is_refused(
        self, genesys: GenesysSimulator, client: Client, change: dict[str, Any], said: str
    ) -> None:
        client.check_out_and_save(with_timeout("P0D0H0M45S0F", **change))
        assert said in assert_error(client.act("publish"), 400, "architect.object.validate.failed")
        assert genesys.architect_flow(FLOW).published_version == "1.0"
        change["useSuggestedTimeout"] = True  # then nobody looks at it
        client.save(with_timeout("P0D0H0M45S0F", **change))
        assert client.act("publish").ok

    def test_expressions_and_timeouts_out_of_service(self, genesys: GenesysSimulator, client: Client) -> None:
        expression = {"config": {"ref": {"text": "Task.Wait"}}, "text": "Task.Wait", "type": "dur"}
        genesys.put_architect_flow(FLOW, with_timeout("P0D0H0M45S0F", timeout=expression))
        assert genesys.architect_flow(FLOW).timeouts["s1"] == "Task.Wait"
        asleep = {**duration("P0D0H0M45S0F"), "outOfService": True}
        client.check_out_and_save(with_timeout("P0D0H0M45S0F", timeout=asleep))
        assert client.act("publish").ok
        client.get()
        assert genesys.architect_flow(FLOW).timeouts["s1"] is None

    def test_sizes_have_limits(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(max_request_bytes=3_000, max_flow_bytes=2_900)
        size = len(json.dumps({**CONFIGURATION, "filling": ""}))
        client.act("checkout")
        too_large = client.save({**CONFIGURATION, "filling": "x" * (3_001 - size)})
        assert "3001" in assert_error(too_large, 413, "request.entity.too.large")
        assert client.save({**CONFIGURATION, "filling": "x" * (2_901 - size)}).ok
        assert "2901 bytes" in assert_error(client.act("publish"), 400, "architect.object.validate.failed")
        assert client.save({**CONFIGURATION, "filling": "x" * (2_900 - size)}).ok
        assert client.act("publish").ok

    def test_the_limits_are_the_platforms(self, client: Client) -> None:
        client.act("checkout")
        empty = b'{"flowSequenceItemList": [], "x": "%s"}'
        assert client.save(empty % (b"x" * (6_291_456 - len(empty) + 2))).ok
        assert client.act("publish").status_code == 400
        assert client.save(empty % (b"x" * (6_291_456 - len(empty) + 3))).status_code == 413

    @pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"a": NaN}'])
    def test_what_is_no_configuration_cannot_be_saved(self, client: Client, body: bytes) -> None:
        client.act("checkout")
        assert_error(client.save(body), 400, "bad.request")

    def test_deep_configurations_are_kept(self, genesys: GenesysSimulator, client: Client) -> None:
        deep = b'{"flowSequenceItemList":[],"deep":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001
        client.act("checkout")
        assert client.save(deep).ok
        assert client.act("publish").ok
        client.get()
        assert client.get("/versions/2.0/configuration").content == deep
        assert genesys.architect_flow(FLOW).timeouts == {}

    def test_missing_actions_can_be_looked_for(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(check_dependencies=True)
        genesys.put_action(BALANCE, "Get Balance")
        client.check_out_and_save(CONFIGURATION)
        code = "architect.flow.cannot.publish.missing.dependencies"
        assert ORDERS in assert_error(client.act("publish"), 400, code)
        genesys.put_action(ORDERS, "Get Orders")
        assert client.act("publish").ok


class TestLocks:
    @pytest.mark.parametrize("lock", [{"locked_user": "anna"}, {"locked_client": "another-client"}])
    def test_what_others_have_checked_out_is_theirs(
        self, genesys: GenesysSimulator, client: Client, lock: dict[str, Any]
    ) -> None:
        genesys.put_architect_flow(FLOW, CONFIGURATION, **lock)
        flow = client.get().json()
        assert (flow.get("lockedUser") or flow["lockedClient"])["id"] in lock.values()
        refused = [client.act(verb) for verb in ("checkout", "publish", "checkin", "revert")]
        for answer in (*refused, client.save(CONFIGURATION)):
            assert next(iter(lock.values())) in assert_error(answer, 409, "architect.flow.locked.by.user")
        genesys.configure(lock_conflict_status=400)
        assert_error(client.act("checkout"), 400, "architect.flow.locked.by.user")

    def test_without_a_lock_nothing_is_saved_or_reverted(self, genesys: GenesysSimulator, client: Client) -> None:
        for answer in (client.save(CONFIGURATION), client.act("revert"), client.act("checkin")):
            assert_error(answer, 409, "architect.flow.not.locked")
        genesys.put_architect_flow("empty", None)
        client.act("checkout", "empty")
        assert_error(client.act("publish", "empty"), 400, "architect.flow.data.missing")
        assert_error(client.act("checkin", "empty"), 400, "architect.flow.cannot.checkin.missing.config")

    def test_ones_own_lock_can_be_taken_again(self, client: Client) -> None:
        client.act("checkout")
        answer = client.act("checkout")
        assert answer.json()["lockedClient"]["id"] == OWN_CLIENT
        operation = answer.json()["currentOperation"]
        assert (operation["actionName"], operation["actionStatus"], operation["complete"]) == (
            "CHECKOUT",
            "SUCCESS",
            True,
        )

    def test_a_revert_drops_what_was_saved_and_the_lock(self, genesys: GenesysSimulator, client: Client) -> None:
        client.check_out_and_save(with_timeout("P0D0H0M45S0F"))
        assert "lockedClient" not in client.act("revert").json()
        assert client.get("/latestconfiguration").json() == CONFIGURATION
        client.check_out_and_save(CONFIGURATION)
        assert genesys.architect_flow(FLOW).saved_version == "3.0"  # numbers are used once

    def test_a_revert_may_leave_the_lock_to_a_check_in(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(revert_releases_lock=False)
        client.check_out_and_save(CONFIGURATION)
        assert client.act("revert").json()["lockedClient"]["id"] == OWN_CLIENT
        assert client.act("checkin").json()["actionName"] == "CHECKIN"
        assert "lockedClient" not in client.get().json()

    def test_a_check_in_keeps_what_was_saved_for_later(self, genesys: GenesysSimulator, client: Client) -> None:
        client.check_out_and_save(with_timeout("P0D0H0M45S0F"))
        client.act("checkin")
        flow = client.get().json()
        versions = {kind: flow[f"{kind}Version"]["id"] for kind in ("published", "saved", "checkedIn")}
        assert versions == {"published": "1.0", "saved": "2.0", "checkedIn": "2.0"}
        assert client.act("publish").ok  # needs no lock then
        client.get()
        assert genesys.architect_flow(FLOW).published_version == "2.0"

    def test_somebody_s_unpublished_work_shows(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_architect_flow(FLOW, CONFIGURATION, version=9, unpublished=True)
        flow = client.get().json()
        assert (flow["publishedVersion"]["id"], flow["savedVersion"]["id"], flow["checkedInVersion"]["id"]) == (
            "9.0",
            "10.0",
            "9.0",
        )
        assert_error(client.act("publish"), 400, "architect.flow.not.checked.in")
        genesys.put_architect_flow(FLOW, CONFIGURATION, unpublished=True, checked_in=True)
        assert client.get().json()["checkedInVersion"]["id"] == "2.0"
        genesys.put_architect_flow(FLOW, CONFIGURATION, published=False)
        assert "publishedVersion" not in client.get().json()
        with pytest.raises(ValueError, match="not a JSON object"):
            genesys.architect_flow(FLOW).configuration()

    def test_saved_versions_may_have_tokens_and_show_only_while_there_is_work(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        genesys.configure(saved_version_tokens=True)
        assert "savedVersion" not in client.get().json()
        client.check_out_and_save(CONFIGURATION)
        saved = client.get().json()["savedVersion"]["id"]
        assert saved.startswith("saved_version_")
        assert client.get(f"/versions/{saved}/configuration").json() == CONFIGURATION
        client.act("publish")
        flow = client.get().json()
        assert (flow["publishedVersion"]["id"], "savedVersion" in flow) == ("2.0", False)

    def test_an_unlock_takes_anybodys_lock(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_architect_flow(FLOW, CONFIGURATION, locked_user="anna", unpublished=True)
        assert "lockedUser" not in client.act("unlock").json()
        assert genesys.architect_flow(FLOW).saved_version == "2.0"


class TestOtherPeople:
    def test_someone_publishes_now(self, genesys: GenesysSimulator, client: Client) -> None:
        before = genesys.architect_flow(FLOW)
        genesys.edit_architect_flow(FLOW, describe)
        assert client.get().json()["publishedVersion"]["id"] == "2.0"
        assert client.get("/latestconfiguration").json() == {**CONFIGURATION, "description": "theirs"}
        assert before.configuration() == CONFIGURATION
        assert isinstance(before, ArchitectFlow)

    def test_someone_publishes_right_before_the_checkout(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.edit_architect_flow_before(FLOW, "checkout", describe)
        assert client.get().json()["publishedVersion"]["id"] == "1.0"
        assert client.act("checkout").json()["publishedVersion"]["id"] == "2.0"
        assert client.get("/latestconfiguration").json()["description"] == "theirs"
        assert client.save(CONFIGURATION).json()["id"] == "3.0"

    def test_someone_opens_it_if_it_is_free(self, genesys: GenesysSimulator, client: Client) -> None:
        assert client.act("checkout").ok
        assert not genesys.check_out_architect_flow(FLOW, "anna")
        assert client.act("revert").ok
        assert genesys.check_out_architect_flow(FLOW, "anna")
        assert not genesys.check_out_architect_flow(FLOW, "bob")
        assert_error(client.act("checkout"), 409, "architect.flow.locked.by.user")
        genesys.edit_architect_flow(FLOW, describe)
        assert client.act("checkout").ok
        assert client.save(CONFIGURATION).ok
        assert client.act("publish").ok
        assert not genesys.check_out_architect_flow(FLOW, "anna")  # it is under way

    @pytest.mark.parametrize("step", ["save", "publish"])
    def test_someone_unlocks_and_publishes_under_our_hands(
        self, genesys: GenesysSimulator, client: Client, step: str
    ) -> None:
        genesys.edit_architect_flow_before(FLOW, step, describe, times=2)
        client.act("checkout")
        saved = client.save(with_timeout("P0D0H0M45S0F"))
        if step == "save":
            assert_error(saved, 409, "architect.flow.not.locked")
        client.act("publish")
        client.get()
        assert genesys.architect_flow(FLOW).configuration() == {**CONFIGURATION, "description": "theirs"}
        assert genesys.architect_flow(FLOW).timeouts["s1"] is None

    def test_wrong_use_is_refused(self, genesys: GenesysSimulator) -> None:
        with pytest.raises(KeyError, match=f"no Architect Flow 'nobody'; there are: {FLOW}"):
            genesys.architect_flow("nobody")
        with pytest.raises(KeyError, match=FLOW):
            genesys.edit_architect_flow_before("nobody", "save", describe)
        with pytest.raises(ValueError, match="before must be one of checkout, save, publish"):
            genesys.edit_architect_flow_before(FLOW, "revert", describe)
        with pytest.raises(ValueError, match="times"):
            genesys.edit_architect_flow_before(FLOW, "save", describe, times=0)
        with pytest.raises(ValueError, match="must not be empty"):
            genesys.put_architect_flow("", CONFIGURATION)
        with pytest.raises(TypeError, match="lock"):
            genesys.change_architect_flow(FLOW, lock="anna")

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("publish_polls", -1),
            ("publish_seconds", -1),
            ("publish_status", 204),
            ("lock_conflict_status", 423),
            ("max_flow_bytes", 0),
            ("saved_version_tokens", 1),
        ],
    )
    def test_wrong_settings_are_refused(self, genesys: GenesysSimulator, setting: str, value: Any) -> None:
        with pytest.raises(ValueError, match=f"{setting} must be"):
            genesys.configure(**{setting: value})


class TestGateway:
    @pytest.mark.parametrize("missing", [VIEW, EDIT, PUBLISH, "architect:flow:unlock"])
    def test_a_missing_permission_is_named(self, genesys: GenesysSimulator, client: Client, missing: str) -> None:
        genesys.configure(permissions=genesys.settings.permissions - {missing})
        answers = {
            VIEW: [client.get(), client.get("/latestconfiguration"), client.get("/versions/1.0/configuration")],
            EDIT: [client.act("checkout"), client.save(CONFIGURATION)],
            PUBLISH: [client.act("publish")],
            "architect:flow:unlock": [client.act("unlock")],
        }
        for answer in answers.pop(missing):
            assert missing in assert_error(answer, 403, "missing.permissions")
        assert {answer.status_code for others in answers.values() for answer in others} <= {200, 202, 409}

    @pytest.mark.parametrize(
        "operation",
        [
            "get_flow_metadata",
            "get_configuration",
            "get_version_configuration",
            "checkout_flow",
            "save_flow",
            "publish_flow",
            "revert_flow",
        ],
    )
    def test_each_operation_can_fail(self, genesys: GenesysSimulator, client: Client, operation: str) -> None:
        genesys.fault(operation=operation, flow_id="other", status=500)  # meets none of these
        genesys.fault(operation=operation, flow_id=FLOW, status=503)
        answers = {
            "get_flow_metadata": client.get(),
            "get_configuration": client.get("/latestconfiguration"),
            "get_version_configuration": client.get("/versions/1.0/configuration"),
            "checkout_flow": client.act("checkout"),
            "save_flow": client.save(CONFIGURATION),
            "revert_flow": client.act("revert"),
            "publish_flow": client.act("publish"),
        }
        assert_error(answers.pop(operation), 503, "service.unavailable")
        assert {answer.status_code for answer in answers.values()} <= {200, 202, 409}

    def test_an_answer_can_be_lost_after_the_work(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="publish_flow", reset=True, when="after")
        client.check_out_and_save(CONFIGURATION)
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            client.act("publish")
        assert client.get().json()["publishedVersion"]["id"] == "2.0"

    def test_calls_say_which_flow(self, genesys: GenesysSimulator, client: Client) -> None:
        client.check_out_and_save(CONFIGURATION)
        client.users(id=BALANCE, objectType="DATAACTION")
        assert [(call.flow_id, call.action_id) for call in genesys.calls[-3:]] == [
            (FLOW, None),
            (FLOW, None),
            (None, BALANCE),
        ]


class TestDependencies:
    def test_the_flows_that_use_an_action(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_architect_flow("other", {"flowSequenceItemList": [step("s", ORDERS)]}, type="WORKFLOW", version=4)
        genesys.put_architect_flow("broken", b"{")
        answer = client.users(id=ORDERS, objectType="DATAACTION", flowFilter="published").json()
        assert [(each["id"], each["version"], each["type"]) for each in answer["entities"]] == [
            (FLOW, "1.0", "INBOUNDCALLFLOW"),
            ("other", "4.0", "WORKFLOW"),
        ]
        assert (answer["total"], answer["pageCount"], answer["pageNumber"]) == (2, 1, 1)
        assert [each["id"] for each in client.users(id=BALANCE, objectType="DATAACTION").json()["entities"]] == [FLOW]
        page = client.users(id=ORDERS, objectType="DATAACTION", pageSize=1, pageNumber=2).json()
        assert [each["id"] for each in page["entities"]] == ["other"]

    def test_published_and_checked_in_versions_are_told_apart(self, client: Client) -> None:
        client.check_out_and_save({"flowSequenceItemList": [step("s", "new"), step("t", "secret", "SecureAction")]})
        assert client.users(id="new", objectType="DATAACTION").json()["entities"] == []
        client.act("checkin")
        client.get()

        def versions(**query: Any) -> list[str]:
            return [each["version"] for each in client.users(objectType="DATAACTION", **query).json()["entities"]]

        assert versions(id="new", flowFilter="published") == []
        assert versions(id="new", flowFilter="checkedIn") == versions(id="new") == ["2.0"]
        assert versions(id=BALANCE) == ["1.0"]
        assert versions(id="secret") == []
        assert client.users(id="secret", objectType="SECUREACTION").json()["total"] == 1

    @pytest.mark.parametrize(
        "query",
        [
            {"objectType": "DATAACTION"},
            {"id": BALANCE},
            {"id": BALANCE, "objectType": "ACTION"},
            {"id": BALANCE, "objectType": "DATAACTION", "flowFilter": "saved"},
        ],
    )
    def test_wrong_questions_are_refused(self, client: Client, query: dict[str, Any]) -> None:
        assert client.users(**query).status_code == 400

    def test_needs_a_permission_of_its_own(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.configure(permissions={VIEW})
        message = assert_error(client.users(id=BALANCE, objectType="DATAACTION"), 403, "missing.permissions")
        assert "architect:dependencyTracking:view" in message


class TestAdmin:
    def test_stores_an_export_and_shows_its_steps(self, genesys: GenesysSimulator, client: Client) -> None:
        path = "architect/flows/new?type=WORKFLOW&locked_user=anna&unpublished=true"
        shown = client.admin("PUT", path, with_timeout("P0D0H1M30S0F")).json()
        steps = shown.pop("steps")
        assert shown == {
            "id": "new",
            "name": "Billing",
            "type": "WORKFLOW",
            "published_version": "1.0",
            "saved_version": "2.0",
            "locked_user": "anna",
            "locked_client": None,
            "operation": None,
        }
        assert [(each["id"], each["action_name"], each["timeout"]) for each in steps] == [
            ("s1", "Get Balance", 90.0),
            ("s2", "Get Orders", None),
        ]
        assert client.admin("GET", "architect/flows/new").json()["steps"] == steps
        assert client.admin("GET", "architect/flows/new/configuration").json() == with_timeout("P0D0H1M30S0F")
        assert [each["id"] for each in client.admin("GET", "architect/flows").json()["flows"]] == [FLOW, "new"]
        assert genesys.architect_flow("new").locked_user == "anna"

    def test_lets_others_change_and_publish(self, genesys: GenesysSimulator, client: Client) -> None:
        change = {"locked_user": "anna", "publish_polls": 3, "publish_seconds": 0.5, "publish_error": "some.code"}
        assert client.admin("PATCH", f"architect/flows/{FLOW}", change).json()["locked_user"] == "anna"
        edit = {"action_name": "Get Balance", "timeout_seconds": 100}
        assert client.admin("POST", f"architect/flows/{FLOW}/edits", edit).json()["published_version"] == "2.0"
        assert genesys.architect_flow(FLOW).timeouts == {"s1": 100.0, "s2": None}
        later = {**edit, "timeout_seconds": 7, "before": "checkout"}
        assert client.admin("POST", f"architect/flows/{FLOW}/edits", later).json() == {
            "flow_id": FLOW,
            "before": "checkout",
            "times": 1,
        }
        client.act("checkout")
        assert genesys.architect_flow(FLOW).timeouts["s1"] == 7.0
        client.admin("PATCH", "settings", {"publish_polls": 5})
        assert genesys.settings.publish_polls == 5

    def test_forgets_all_on_reset(self, client: Client) -> None:
        assert client.admin("POST", "reset").ok
        assert client.admin("GET", "architect/flows").json() == {"flows": []}

    @pytest.mark.parametrize(
        ("call", "content", "status", "said"),
        [
            ("GET architect/flows/nobody", None, 404, FLOW),
            ("PUT architect/flows/new", [], 400, "no configuration"),
            ("PUT architect/flows/new?type=CALL", {}, 400, "INBOUNDCALL"),
            ("PUT architect/flows/new?kind=CALL", {}, 400, "Unknown: kind"),
            (f"PATCH architect/flows/{FLOW}", {"lock": 1}, 400, "Unknown: lock"),
            (f"PATCH architect/flows/{FLOW}", {"publish_polls": -1}, 400, "publish_polls must be"),
            (f"PATCH architect/flows/{FLOW}", {"publish_seconds": "1"}, 400, "publish_seconds must be"),
            (f"POST architect/flows/{FLOW}/edits", {"action_name": "No", "timeout_seconds": 1}, 400, "'No'"),
            (f"POST architect/flows/{FLOW}/edits", {"action_name": 1, "timeout_seconds": 1}, 400, "action_name"),
            (
                f"POST architect/flows/{FLOW}/edits",
                {"action_name": "Get Balance", "timeout_seconds": 1, "before": "revert"},
                400,
                "checkout, save, publish",
            ),
        ],
    )
    def test_wrong_use_is_explained(self, client: Client, call: str, content: Any, status: int, said: str) -> None:
        method, path = call.split(" ")
        answer = client.admin(method, path, content)
        assert answer.status_code == status
        assert said in answer.json()["error"]
