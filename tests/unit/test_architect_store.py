"""Architect Flows read and published over HTTP, against the simulator: what is done, what is left, what comes after."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from documents.architect import find_steps
from fakes import FakeSecrets, FakeTime, Json, Watcher, longest, shortest
from genesys_cloud.architect import MOST_FLOW_BYTES, ArchitectFlowStore
from genesys_cloud.architect_metadata import Metadata, Operation
from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.dependencies import Users, users_of
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    FlowLocked,
    FlowNotFound,
    Forbidden,
    GenesysCloudError,
    InvalidFlowDefinition,
    OutOfTime,
    Overtaken,
    PublishRejected,
    PublishUnderWay,
    RateLimited,
    ReadRejected,
    Refusal,
    Transient,
    Unavailable,
)
from genesys_cloud.login import Organization
from genesys_cloud.session import Session
from genesys_cloud.transport import pooled_session
from genesys_simulator import Fault, GenesysSimulator
from sessions import open_session

FLOW = "flow-1"
BALANCE, ORDERS = "custom_-_balance", "custom_-_orders"
OWN_CLIENT = "simulator-client"
VIEW, EDIT, PUBLISH = "architect:flow:view", "architect:flow:edit", "architect:flow:publish"

LOOK, READ = "get_flow_metadata", "get_version_configuration"
CHECK_OUT, SAVE, START, REVERT, CHECK_IN = (
    "checkout_flow",
    "save_flow",
    "publish_flow",
    "revert_flow",
    "checkin_flow",
)
CHANGES = [CHECK_OUT, SAVE, START]


def duration(text: str) -> Json:
    known = {"uiMetaData": {"mode": 1}, "metaData": {}, "version": 2}
    return {"config": {"lit": {"pos": 1, "text": text, "type": "dur"}}, "text": text, "type": "dur", **known}


def step(step_id: str, action_id: str, **more: Any) -> Json:
    return {
        "__type": "DataAction",
        "id": step_id,
        "trackingId": 17,
        "name": "Call Data Action",
        "actionId": action_id,
        "actionName": "Get Balance" if action_id == BALANCE else "Get Orders",
        "useSuggestedTimeout": True,
        "timeout": duration("P0D0H1M0S0F"),
        **more,
    }


CONFIGURATION: Json = {
    "name": "Billing",
    "type": "inboundcall",
    "flowSequenceItemList": [
        {"__type": "Task", "id": "task", "actionList": [step("s1", BALANCE), {"__type": "Decision", "id": "d"}]},
        {"__type": "Menu", "id": "menu", "actionList": [step("s2", ORDERS)]},
    ],
}


class Died(BaseException):
    """The process ended here; nothing of it runs any more."""


class Wire(HTTPAdapter):
    """The way to the simulator, which counts the calls of the API and lets the process die after one of them."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self._time = time
        self.sent: list[str] = []
        self.seconds_per_call = 0.0
        self.dies_after: int | None = None
        self.before: dict[str, Callable[[], None]] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        name = _name_of(request)
        if name in self.before:
            self.before.pop(name)()
        if name:
            self.sent.append(name)
        response = super().send(request, *args, **kwargs)
        self._time.now += self.seconds_per_call
        if name and self.dies_after is not None and len(self.sent) >= self.dies_after:
            response.close()
            raise Died
        return response


def _name_of(request: requests.PreparedRequest) -> str:
    path = (request.url or "").split("/api/v2/", 1)[-1].split("?")[0]
    if "/oauth/" in path:
        return ""
    names = {"configuration": "read", "versions": "save"}
    last = path.rsplit("/", 1)[-1]
    return names.get(last, last if path.startswith("flows/actions/") else "look" if path.startswith("flows/") else path)


class Place:
    """The simulator, and stores that come to it: each is an invocation of its own."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self.genesys = genesys
        self.time = FakeTime()
        self.wire = Wire(self.time)
        self._http = pooled_session(4)
        self._http.mount("http://", self.wire)

    def close(self) -> None:
        self._http.close()

    def session(self, seconds: float = 60) -> Session:
        secret = {"client_id": OWN_CLIENT, "client_secret": "simulator-secret", "base_url": self.genesys.url}
        organization, secrets = Organization("default", self._http), FakeSecrets(genesys=secret)
        deadline = self.time.deadline(seconds)
        return open_session(organization, secrets, deadline, self.time, Watcher(), jitter=shortest)

    def store(self, seconds: float = 60, *, more_to_release: float | None = None) -> ArchitectFlowStore:
        """A new invocation's, with so much time."""
        session = self.session(seconds)
        release = None if more_to_release is None else self.session(seconds + more_to_release)
        self.wire.sent.clear()
        return ArchitectFlowStore(
            session,
            DataActionStore(session),
            self.time.deadline(seconds),
            release_session=release,
            jitter=longest,
        )

    def change(self, seconds: int = 45, *, time: float = 60, step_id: str = "s1", **given: Any) -> tuple[str, Document]:
        """An invocation that reads the Flow and gives a step a timeout."""
        store = self.store(time, **given)
        document = store.read(FLOW)
        set_timeout(document, seconds, step_id)
        return store.write(document), document

    def fails(self, kind: type[Exception], *, seconds: int = 45, time: float = 60, **given: Any) -> GenesysCloudError:
        """The same, and what it ends in."""
        with pytest.raises(kind) as caught:
            self.change(seconds, time=time, **given)
        assert type(caught.value) is kind
        assert isinstance(caught.value, GenesysCloudError)
        return caught.value

    @property
    def timeouts(self) -> dict[str, float | str | None]:
        return self.genesys.architect_flow(FLOW).timeouts

    def raised(self) -> bool:
        return self.timeouts["s1"] == 45

    def is_as_ever(self) -> bool:
        """Whether nothing of ours is left: no lock, no saved version, and what is published untouched."""
        flow = self.genesys.architect_flow(FLOW)
        untouched = (flow.published_version, flow.saved_version) == ("1.0", "1.0")
        return not flow.is_locked and untouched and flow.configuration() == CONFIGURATION

    def count(self, *names: str) -> list[int]:
        """How often these were sent by the latest invocation."""
        return [self.wire.sent.count(name) for name in names]


def set_timeout(document: Document, seconds: int, step_id: str = "s1") -> None:
    [slot] = [slot for slot in find_steps(document.body).slots if slot.id == step_id]
    slot.write(seconds)


def anna_locks(genesys: GenesysSimulator) -> None:
    genesys.change_architect_flow(FLOW, locked_user="anna")


def json_of(document: Json) -> str:
    return json.dumps(document)


def describe(configuration: Json) -> None:
    configuration["description"] = "theirs"


@pytest.fixture
def genesys() -> Iterator[GenesysSimulator]:
    with GenesysSimulator() as simulator:
        simulator.put_architect_flow(FLOW, CONFIGURATION)
        simulator.put_action(BALANCE, "Get Balance", timeout_seconds=10)
        simulator.put_action(ORDERS, "Get Orders")
        simulator.configure(rate_limit_calls=None)
        yield simulator


@pytest.fixture
def place(genesys: GenesysSimulator) -> Iterator[Place]:
    made = Place(genesys)
    yield made
    made.close()


# -- read --------------------------------------------------------------------------------------------------------------


def test_what_is_published_is_read_whoever_works_on_it(genesys: GenesysSimulator, place: Place) -> None:
    genesys.put_architect_flow(FLOW, CONFIGURATION, version=9, unpublished=True, locked_user="anna")
    document = place.store().read(FLOW)
    assert (document.id, document.body, document.version, document.notes) == (FLOW, CONFIGURATION, "9.0", [])
    assert place.wire.sent == ["look", "read"]


@pytest.mark.parametrize(
    ("operation", "status", "kind", "said"),
    [
        (LOOK, 403, Forbidden, VIEW),
        (LOOK, 400, ReadRejected, FLOW),
        (LOOK, 404, FlowNotFound, FLOW),
        (READ, 403, Forbidden, VIEW),
        (READ, 404, InvalidFlowDefinition, "version 1.0 is not there"),
    ],
)
def test_refusals_to_read(place: Place, operation: str, status: int, kind: type[Exception], said: str) -> None:
    place.genesys.fault(operation=operation, status=status)
    with pytest.raises(kind, match=said):
        place.store().read(FLOW)


def test_a_conflict_on_reading_passes(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=LOOK, status=409)
    with pytest.raises(Unavailable, match="cannot be read just now"):
        place.store().read(FLOW)


@pytest.mark.parametrize("configuration", [None, CONFIGURATION])
def test_a_flow_that_was_never_published_is_told(
    genesys: GenesysSimulator, place: Place, configuration: Json | None
) -> None:
    genesys.put_architect_flow(FLOW, configuration, published=False)
    with pytest.raises(InvalidFlowDefinition, match="never published"):
        place.store().read(FLOW)


def test_a_flow_of_the_other_protocol_is_told(genesys: GenesysSimulator, place: Place) -> None:
    genesys.put_flow("tutorial", {"version": 3, "steps": []})
    with pytest.raises(InvalidFlowDefinition) as caught:
        place.store().read("tutorial")
    assert "flow_api" in str(caught.value.hint)


@pytest.mark.parametrize(("body", "said"), [(b"[]", "not an object"), (b'{"a": 1e999}', "number")])
def test_a_configuration_that_is_none(genesys: GenesysSimulator, place: Place, body: bytes, said: str) -> None:
    genesys.put_architect_flow(FLOW, body)
    with pytest.raises(InvalidFlowDefinition, match=said):
        place.store().read(FLOW)


def test_a_broken_body_is_read_again(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=READ, broken_json=True)
    genesys.fault(operation=LOOK, cut_off=True)
    assert place.store().read(FLOW).body == CONFIGURATION


# -- suggested timeouts ------------------------------------------------------------------------------------------------


def test_suggested_timeouts_are_looked_up_once_when_asked_for(genesys: GenesysSimulator, place: Place) -> None:
    document = place.store().read(FLOW)
    assert genesys.count("GET", "integrations") == 0
    slots = find_steps(document.body, document.suggested).slots
    assert [slot.seconds for slot in slots] == [10, 60]
    assert [slot.seconds for slot in slots] == [10, 60]
    assert genesys.count("GET", "integrations/actions") == 2
    assert genesys.count("GET", "templates") == genesys.count("GET", "expand") == 0
    assert document.notes == []
    assert "suggested" not in repr(document)


@pytest.mark.parametrize("action_id", ["nobody", "../../flows", "", "ab\ud800"])
def test_a_suggested_timeout_that_cannot_be_read_counts_as_sixty_and_is_noted(place: Place, action_id: str) -> None:
    document = place.store().read(FLOW)
    assert document.suggested(action_id) == document.suggested(action_id) == 60
    assert document.notes == []
    [(noted, note)] = document.notes_on_actions.items()
    assert noted == action_id
    assert "counts as 60 s" in note
    note.encode()


@pytest.mark.parametrize("body", ["[]", '{"config": {"timeoutSeconds": "9"}}', '{"config": {"timeoutSeconds": true}}'])
def test_so_does_one_that_is_no_number(genesys: GenesysSimulator, place: Place, body: str) -> None:
    genesys.fault(operation="get_action", status=200, body=body)
    document = place.store().read(FLOW)
    assert document.suggested(BALANCE) == 60
    assert list(document.notes_on_actions) == [BALANCE]


def test_so_does_one_that_may_not_be_read(genesys: GenesysSimulator, place: Place) -> None:
    genesys.configure(permissions={VIEW})
    document = place.store().read(FLOW)
    assert document.suggested(BALANCE) == 60
    assert "integrations:action:view" in document.notes_on_actions[BALANCE]


def test_one_that_is_not_known_just_now_is_not_guessed(genesys: GenesysSimulator, place: Place) -> None:
    document = place.store(5).read(FLOW)
    genesys.fault(operation="get_action", status=503)
    assert document.suggested(ORDERS) == 60  # sent again
    place.time.now += 5
    with pytest.raises(Transient):
        document.suggested(BALANCE)
    assert document.notes == []


@pytest.mark.parametrize("operation", ["get_action", "get_function"])
def test_one_that_does_not_answer_leaves_half_of_the_time_to_the_others(
    genesys: GenesysSimulator, place: Place, operation: str
) -> None:
    if operation == "get_function":
        genesys.put_action(BALANCE, "Get Balance", category="Function Data Actions", function={"timeoutSeconds": 7})
    document = place.store(60).read(FLOW)
    genesys.fault(operation=operation, status=503, times=1000)
    place.wire.seconds_per_call = 1.0
    started = place.time.now
    with pytest.raises(Transient):
        document.suggested(BALANCE)
    assert 20 <= place.time.now - started <= 30


# -- write -------------------------------------------------------------------------------------------------------------


def test_a_change_is_checked_out_saved_published_and_read_back(genesys: GenesysSimulator, place: Place) -> None:
    version, document = place.change()
    assert version == genesys.architect_flow(FLOW).published_version == "2.0"
    assert place.wire.sent == ["look", "read", "look", "checkout", "save", "look", "publish", "look", "read"]
    expected = copy.deepcopy(CONFIGURATION)
    expected["flowSequenceItemList"][0]["actionList"][0] = step(
        "s1", BALANCE, useSuggestedTimeout=False, timeout=duration("P0D0H0M45S0F")
    )
    flow = genesys.architect_flow(FLOW)
    assert flow.configuration() == expected
    assert not flow.is_locked
    assert document.notes == []


@pytest.mark.parametrize(
    "settings",
    [
        {"saved_version_tokens": True},
        {"revert_releases_lock": False},
        {"lock_conflict_status": 400},
        {"publish_status": 200},
        {"publish_polls": 0},
        {"publish_polls": 7},
    ],
    ids=str,
)
def test_however_the_platform_does_it(genesys: GenesysSimulator, place: Place, settings: Json) -> None:
    genesys.configure(**settings)
    place.change(20)
    version, _ = place.change()
    assert (version, place.timeouts) == ("3.0", {"s1": 45, "s2": None})
    assert not genesys.architect_flow(FLOW).is_locked


def test_a_flow_that_is_too_large_is_not_even_locked(place: Place) -> None:
    store = place.store()
    document = store.read(FLOW)
    document.body["description"] = "ä" * (MOST_FLOW_BYTES // 2)
    with pytest.raises(PublishRejected, match="bytes, more than"):
        store.write(document)
    assert place.wire.sent == ["look", "read"]


def test_what_the_platform_keeps_otherwise_is_noted(genesys: GenesysSimulator, place: Place) -> None:
    changed = copy.deepcopy(CONFIGURATION)
    changed["flowSequenceItemList"][0]["actionList"][0] |= {
        "useSuggestedTimeout": False,
        "timeout": duration("P0D0H0M45S0F"),
    }
    store = place.store()
    document = store.read(FLOW)
    set_timeout(document, 45)
    genesys.fault(operation=READ, status=200, body=json_of({**changed, "name": "Other", "added": 1}))
    assert store.write(document) == "2.0"
    [note] = document.notes
    assert "otherwise than it was sent at name, added" in note


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"status": 403}, {"status": 200, "body": "[]"}])
def test_what_cannot_be_read_back_is_not_known_to_be_done(genesys: GenesysSimulator, place: Place, fault: Json) -> None:
    """All invocations are one client: what was published might be another one's."""
    store = place.store(20)
    document = store.read(FLOW)
    set_timeout(document, 45)
    genesys.fault(operation=READ, times=100, **fault)
    place.wire.seconds_per_call = 0.5
    with pytest.raises(AnswerLost, match="cannot be read back to see whether it is ours"):
        store.write(document)
    assert not genesys.architect_flow(FLOW).is_locked


# -- other people ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "said"), [({"locked_user": "anna"}, "user anna"), ({"locked_client": "c-2"}, "OAuth client c-2")]
)
def test_a_lock_of_others_is_respected(genesys: GenesysSimulator, place: Place, lock: Json, said: str) -> None:
    genesys.change_architect_flow(FLOW, **lock)
    assert said in place.fails(FlowLocked).message
    assert genesys.architect_flow(FLOW).is_locked
    assert place.count("checkout", "revert", "checkin") == [0, 0, 0]


@pytest.mark.parametrize("status", [400, 409])
def test_so_is_one_that_is_taken_just_before_the_check_out(
    genesys: GenesysSimulator, place: Place, status: int
) -> None:
    genesys.configure(lock_conflict_status=status)
    place.wire.before["checkout"] = lambda: anna_locks(genesys)
    assert "user anna" in place.fails(FlowLocked).message
    assert genesys.architect_flow(FLOW).locked_user == "anna"
    assert place.count("revert", "checkin") == [0, 0]


@pytest.mark.parametrize("checked_in", [True, False])
@pytest.mark.parametrize("tokens", [True, False])
def test_unpublished_work_is_respected(genesys: GenesysSimulator, place: Place, checked_in: bool, tokens: bool) -> None:
    genesys.configure(saved_version_tokens=tokens)
    genesys.put_architect_flow(FLOW, CONFIGURATION, unpublished=True, checked_in=checked_in)
    error = place.fails(FlowLocked)
    assert "unpublished work: version 2.0" in error.message
    assert place.count("checkout") == [0]
    assert genesys.architect_flow(FLOW).saved_version == "2.0"


def test_so_is_work_that_was_checked_in_just_before_the_check_out(genesys: GenesysSimulator, place: Place) -> None:
    def someone_checks_in() -> None:
        genesys.put_architect_flow(FLOW, CONFIGURATION, unpublished=True, checked_in=True)

    place.wire.before["checkout"] = someone_checks_in
    assert "unpublished work" in place.fails(FlowLocked).message
    flow = genesys.architect_flow(FLOW)
    assert (flow.is_locked, flow.saved_version, flow.published_version) == (False, "2.0", "1.0")


def test_who_published_before_the_write_is_not_overwritten(genesys: GenesysSimulator, place: Place) -> None:
    store = place.store()
    document = store.read(FLOW)
    genesys.edit_architect_flow(FLOW, describe)
    with pytest.raises(Conflict, match=r"version 2.0 is published, no longer version 1.0"):
        store.write(document)
    assert place.count("checkout") == [0]


def test_who_publishes_just_before_the_check_out_is_not_overwritten(genesys: GenesysSimulator, place: Place) -> None:
    genesys.edit_architect_flow_before(FLOW, "checkout", describe)
    place.fails(Conflict)
    flow = genesys.architect_flow(FLOW)
    assert (flow.is_locked, flow.published_version) == (False, "2.0")
    place.change()
    assert genesys.architect_flow(FLOW).configuration()["description"] == "theirs"
    assert place.raised()


@pytest.mark.parametrize("moment", ["save", "publish"])
def test_who_takes_the_flow_from_us_and_publishes_is_not_overwritten(
    genesys: GenesysSimulator, place: Place, moment: str
) -> None:
    genesys.edit_architect_flow_before(FLOW, moment, describe)
    error = place.fails(Conflict if moment == "save" else Overtaken)
    assert isinstance(error, Conflict)
    assert error.may_be_done is (moment == "publish")
    flow = genesys.architect_flow(FLOW)
    assert (flow.is_locked, flow.saved_version, place.raised()) == (False, flow.published_version, False)
    place.change()
    assert genesys.architect_flow(FLOW).configuration()["description"] == "theirs"
    assert place.raised()


def test_who_takes_the_flow_from_us_and_checks_in_is_not_published(genesys: GenesysSimulator, place: Place) -> None:
    theirs = {**CONFIGURATION, "description": "not yet"}

    def someone_unlocks_and_checks_in() -> None:
        genesys.put_architect_flow(FLOW, CONFIGURATION)
        genesys.put_architect_flow(FLOW, theirs, unpublished=True, checked_in=True)

    place.wire.before["save"] = lambda: place.wire.before.update(look=someone_unlocks_and_checks_in)
    assert "no longer checked out" in place.fails(Conflict).message
    flow = genesys.architect_flow(FLOW)
    assert (flow.published_version, flow.saved_version, flow.is_locked) == ("1.0", "2.0", False)
    assert place.count("publish") == [0]
    assert "unpublished work" in place.fails(FlowLocked).message


def test_an_operation_of_others_makes_it_try_again(genesys: GenesysSimulator, place: Place) -> None:
    running = {"id": "op-1", "complete": False, "actionStatus": "STARTED", "user": {"id": "anna"}}
    published = {"publishedVersion": {"id": "1.0"}, "currentOperation": running}
    genesys.fault(operation=LOOK, status=200, body=json_of(published), times=2)
    genesys.fault(operation=CHECK_OUT, status=409, code="architect.operation.already.in.progress")
    assert place.store().read(FLOW).version == "1.0"  # is not waited for
    place.fails(Conflict)
    assert place.is_as_ever()


# -- it fails ----------------------------------------------------------------------------------------------------------

REFUSALS = [
    (CHECK_OUT, 403, Forbidden),
    (SAVE, 403, Forbidden),
    (START, 403, Forbidden),
    (CHECK_OUT, 404, FlowNotFound),
    (SAVE, 404, FlowNotFound),
    (START, 404, FlowNotFound),
    (CHECK_OUT, 400, PublishRejected),
    (SAVE, 400, PublishRejected),
    (SAVE, 413, PublishRejected),
    (START, 400, PublishRejected),
    (CHECK_OUT, 409, Conflict),
    (SAVE, 409, Conflict),
    (START, 409, Conflict),
    (START, 501, Unavailable),
]


@pytest.mark.parametrize("reverts", [True, False])
@pytest.mark.parametrize(("operation", "status", "kind"), REFUSALS)
def test_no_lock_stays_when_a_call_is_refused(
    place: Place, operation: str, status: int, kind: type[Exception], reverts: bool
) -> None:
    place.genesys.configure(revert_releases_lock=reverts)
    place.genesys.fault(operation=operation, status=status, message="no good")
    error = place.fails(kind)
    assert (error.http_status, "no good" in error.message or status == 404) == (status, status != 501)
    if status == 403:
        assert (PUBLISH if operation == START else EDIT) in error.message
    place.store().read(FLOW)  # waits for a check-in
    assert place.is_as_ever()
    place.change()
    assert place.raised()


@pytest.mark.parametrize("missing", [VIEW, EDIT, PUBLISH])
def test_a_missing_permission_is_named(genesys: GenesysSimulator, place: Place, missing: str) -> None:
    genesys.configure(permissions=genesys.settings.permissions - {missing})
    assert missing in place.fails(Forbidden).message
    assert place.is_as_ever()


@pytest.mark.parametrize("reverts", [True, False])
def test_a_publish_that_fails_in_the_end_is_rejected(genesys: GenesysSimulator, place: Place, reverts: bool) -> None:
    genesys.configure(revert_releases_lock=reverts)
    genesys.change_architect_flow(FLOW, publish_error="architect.external.publish.error", publish_polls=3)
    error = place.fails(PublishRejected)
    assert error.genesys_code == "architect.external.publish.error"
    assert "architect.external.publish.error: " in error.message
    assert place.is_as_ever() or not reverts  # the check-in ends as the publish would: after some looks
    genesys.change_architect_flow(FLOW, publish_error=None, publish_polls=1)
    place.change()
    assert place.raised()


def test_what_an_operation_says_at_length_or_of_the_secret_does_not_pass_on(
    genesys: GenesysSimulator, place: Place
) -> None:
    genesys.change_architect_flow(FLOW, publish_error="simulator-secret is wrong" + "!" * 9999)
    error = place.fails(PublishRejected)
    assert (error.genesys_code or "").startswith("*** is wrong!")
    assert "simulator-secret" not in error.message
    assert len(error.genesys_code or "") == 100
    assert len(error.message) < 700


@pytest.mark.parametrize("operation", [LOOK, CHECK_OUT, SAVE, START])
@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": True}, {"retry_after": 2}, {"broken_json": True}])
def test_what_passes_is_sat_out(genesys: GenesysSimulator, place: Place, operation: str, fault: Json) -> None:
    genesys.fault(operation=operation, **fault)
    assert place.change()[0] == "2.0"
    assert place.raised()
    assert not genesys.architect_flow(FLOW).is_locked


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 504}, {"cut_off": True}])
def test_what_was_done_without_an_answer_is_not_done_twice(
    genesys: GenesysSimulator, place: Place, operation: str, fault: Json
) -> None:
    genesys.fault(operation=operation, when="after", **fault)
    assert place.change()[0] == "2.0"
    assert place.count("checkout", "save", "publish") == [1, 1, 1]
    assert (place.raised(), genesys.architect_flow(FLOW).is_locked) == (True, False)


@pytest.mark.parametrize("operation", [CHECK_OUT, SAVE, START])
def test_no_lock_stays_when_it_goes_on(genesys: GenesysSimulator, place: Place, operation: str) -> None:
    genesys.fault(operation=operation, status=503, times=1000)
    place.wire.seconds_per_call = 0.2
    error = place.fails(AnswerLost if operation == START else Unavailable, time=20)
    assert error.http_status == 503
    assert place.is_as_ever()
    genesys.clear_faults()
    place.wire.seconds_per_call = 0
    place.change()
    assert place.raised()


def test_a_lost_check_out_that_someone_else_got_is_theirs(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=CHECK_OUT, status=503)
    place.wire.before["checkout"] = lambda: anna_locks(genesys)
    assert "anna" in place.fails(FlowLocked).message
    assert genesys.architect_flow(FLOW).locked_user == "anna"


def test_a_bug_leaves_no_lock_either(place: Place) -> None:
    store = place.store()
    document = store.read(FLOW)

    def break_it() -> None:
        raise ZeroDivisionError

    place.wire.before["save"] = break_it
    with pytest.raises(ZeroDivisionError):
        store.write(document)
    assert place.is_as_ever()


def test_a_lock_that_cannot_be_given_back_is_told_and_seen_to_the_next_time(
    genesys: GenesysSimulator, place: Place
) -> None:
    genesys.fault(operation=SAVE, status=400)
    genesys.fault(operation=REVERT, status=503, times=1000)
    place.wire.seconds_per_call = 1
    error = place.fails(PublishRejected, time=30)
    assert "may still be checked out by this system" in str(error.hint)
    assert genesys.architect_flow(FLOW).locked_client == OWN_CLIENT
    genesys.clear_faults()
    place.wire.seconds_per_call = 0
    place.change()
    assert place.raised()


def test_a_refused_revert_is_followed_by_a_check_in_where_nothing_was_saved(
    genesys: GenesysSimulator, place: Place
) -> None:
    genesys.fault(operation=SAVE, status=400)
    genesys.fault(operation=REVERT, status=400, message="nothing to revert")
    error = place.fails(PublishRejected)
    assert "checked out" not in str(error.hint)
    genesys.change_architect_flow(FLOW, publish_polls=0)
    assert place.is_as_ever()
    assert place.count("revert", "checkin") == [1, 1]


def test_what_was_saved_is_never_checked_in(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=START, status=400)
    genesys.fault(operation=REVERT, status=400, message="it cannot be reverted")
    error = place.fails(PublishRejected)
    assert "it cannot be reverted" in str(error.hint)
    assert place.count("checkin") == [0]
    place.change()
    assert place.raised()


def test_a_lock_of_our_own_that_cannot_be_taken_back_is_told(genesys: GenesysSimulator, place: Place) -> None:
    genesys.change_architect_flow(FLOW, locked_client=OWN_CLIENT)
    genesys.fault(operation=REVERT, status=403)
    assert EDIT in place.fails(Forbidden).message
    assert place.count("checkout") == [0]


@pytest.mark.parametrize("reverts", [True, False])
def test_where_a_revert_does_not_show_the_flow_it_is_looked_at(
    genesys: GenesysSimulator, place: Place, reverts: bool
) -> None:
    genesys.configure(revert_releases_lock=reverts)
    genesys.fault(operation=SAVE, status=400)
    genesys.fault(operation=REVERT, broken_json=True)
    place.fails(PublishRejected)
    assert place.count("revert", "checkin") == [1, 0 if reverts else 1]
    place.store().read(FLOW)
    assert place.is_as_ever()


def test_a_check_out_without_an_answer_may_not_be_granted_twice(genesys: GenesysSimulator, place: Place) -> None:
    """The look that comes between does not show it yet; the second one is refused, for the Flow is locked: by us."""
    genesys.fault(operation=CHECK_OUT, when="after", reset=True)
    genesys.fault(operation=CHECK_OUT, status=409, code="architect.flow.locked.by.user")
    unlocked = json_of({"publishedVersion": {"id": "1.0"}})
    place.wire.before["checkout"] = lambda: genesys.fault(operation=LOOK, status=200, body=unlocked)
    place.change()
    assert place.count("checkout", "save", "publish") == [2, 1, 1]
    assert place.raised()


def test_a_publish_whose_answer_says_nothing_is_found(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=START, when="after", status=202, body="{}")
    place.change()
    assert place.count("publish") == [1]
    assert place.raised()


# -- the process dies --------------------------------------------------------------------------------------------------

CALLS_OF_A_CHANGE = 9


@pytest.mark.parametrize("tokens", [True, False])
@pytest.mark.parametrize("reverts", [True, False])
@pytest.mark.parametrize("calls", range(1, CALLS_OF_A_CHANGE + 1))
def test_whatever_call_it_dies_after_the_next_invocation_does_what_is_missing(
    genesys: GenesysSimulator, place: Place, calls: int, reverts: bool, tokens: bool
) -> None:
    genesys.configure(revert_releases_lock=reverts, saved_version_tokens=tokens, publish_polls=2)
    place.wire.dies_after = calls
    with pytest.raises(Died):
        place.change()
    place.wire.dies_after = None
    store = place.store()
    document = store.read(FLOW)
    [slot] = [slot for slot in find_steps(document.body).slots if slot.id == "s1"]
    if slot.suggested_by:  # else what was begun is done
        slot.write(45)
        store.write(document)
    assert (place.raised(), genesys.architect_flow(FLOW).is_locked) == (True, False)
    if calls > 6:  # publishing had begun
        assert genesys.architect_flow(FLOW).published_version == "2.0"


@pytest.mark.parametrize("calls", range(1, 12))
def test_also_while_it_gives_back_the_lock(genesys: GenesysSimulator, place: Place, calls: int) -> None:
    genesys.configure(revert_releases_lock=False)
    genesys.fault(operation=START, status=400)
    place.wire.dies_after = calls
    with pytest.raises((Died, PublishRejected)):
        place.change()
    genesys.clear_faults()
    place.wire.dies_after = None
    place.change()
    assert (place.raised(), genesys.architect_flow(FLOW).is_locked) == (True, False)


def test_someone_s_publish_after_a_death_is_kept(genesys: GenesysSimulator, place: Place) -> None:
    place.wire.dies_after = 5
    with pytest.raises(Died):
        place.change()
    place.wire.dies_after = None
    genesys.edit_architect_flow(FLOW, describe)
    place.change()
    assert genesys.architect_flow(FLOW).configuration()["description"] == "theirs"
    assert place.raised()


def test_a_dead_invocation_s_saved_version_is_not_published(place: Place) -> None:
    place.wire.dies_after = 5
    with pytest.raises(Died):
        place.change(20, step_id="s2")
    place.wire.dies_after = None
    place.change()
    assert place.timeouts == {"s1": 45, "s2": None}


# -- locks and operations of our own -----------------------------------------------------------------------------------


def test_a_lock_of_our_own_under_which_nothing_happens_is_taken_back(genesys: GenesysSimulator, place: Place) -> None:
    genesys.change_architect_flow(FLOW, locked_client=OWN_CLIENT)
    assert place.store().read(FLOW).version == "1.0"
    place.change()
    assert place.raised()
    assert sum(place.time.slept) >= 3
    assert place.count("revert", "checkout") == [1, 1]


def test_another_invocation_that_is_alive_is_not_disturbed(genesys: GenesysSimulator, place: Place) -> None:
    genesys.change_architect_flow(FLOW, locked_client=OWN_CLIENT)
    other = Place(genesys)

    def go_on() -> None:
        other.genesys.edit_architect_flow(FLOW, describe)

    looks = iter(range(100))

    def third_look() -> None:
        place.wire.before["look"] = go_on if next(looks) == 1 else third_look

    place.wire.before["look"] = third_look
    assert "another invocation" in place.fails(Conflict).message
    assert place.count("revert", "checkout") == [0, 0]
    other.close()


def test_without_the_time_to_tell_a_lock_of_our_own_stays(genesys: GenesysSimulator, place: Place) -> None:
    genesys.change_architect_flow(FLOW, locked_client=OWN_CLIENT)
    place.fails(OutOfTime, time=5)
    assert genesys.architect_flow(FLOW).locked_client == OWN_CLIENT


def test_two_invocations_at_once_do_not_lose_each_other_s_changes(genesys: GenesysSimulator, place: Place) -> None:
    """All invocations are one client: the other one's save lands in our lock, and is what we publish."""
    other = Place(genesys)
    has_checked_out, may_save = Event(), Event()

    def wait_before_saving() -> None:
        has_checked_out.set()
        assert may_save.wait(5)

    other.wire.before["save"] = wait_before_saving
    other.wire.dies_after = 5
    with ThreadPoolExecutor() as pool:

        def the_other_checks_out() -> None:
            dead.append(pool.submit(other.change, 20, step_id="s2"))
            assert has_checked_out.wait(5)

        def the_other_saves() -> None:
            may_save.set()
            assert isinstance(dead[0].exception(5), Died)

        dead: list[Future[Any]] = []
        place.wire.before |= {"checkout": the_other_checks_out, "publish": the_other_saves}
        error = place.fails(Overtaken)
    assert "does not hold what was sent" in error.message
    assert place.timeouts == {"s1": None, "s2": 20}
    place.change()
    assert place.timeouts == {"s1": 45, "s2": 20}
    other.close()


def test_a_save_that_comes_after_another_invocation_s_publish_is_not_published(
    genesys: GenesysSimulator, place: Place
) -> None:
    """It would undo what the other one did, and a third one's lock would let it."""
    other = Place(genesys)

    def another_publishes_and_a_third_locks() -> None:
        other.change(20, step_id="s2")
        genesys.change_architect_flow(FLOW, locked_client=OWN_CLIENT)

    place.wire.before["save"] = another_publishes_and_a_third_locks
    assert "version 2.0 is published" in place.fails(Conflict).message
    assert place.timeouts == {"s1": None, "s2": 20}
    place.change()
    assert place.timeouts == {"s1": 45, "s2": 20}
    other.close()


def carry_out(place: Place, seconds: int, step_id: str, *, most: int = 60) -> None:
    """As the change loop and the queue do it: until it is done, with a new invocation after each error that passes."""
    for _ in range(most):
        with suppress(Transient, Conflict):
            store = place.store()
            document = store.read(FLOW)
            [slot] = [slot for slot in find_steps(document.body).slots if slot.id == step_id]
            if slot.suggested_by is None and slot.seconds == seconds:
                return
            slot.write(seconds)
            store.write(document)
            return
    raise AssertionError("it never came to an end")


def test_of_many_invocations_at_once_none_loses_anything(genesys: GenesysSimulator) -> None:
    """Without real waits, they take each other's locks for stale all the time."""
    names = [f"s{number}" for number in range(4)]
    genesys.put_architect_flow(
        FLOW, {"flowSequenceItemList": [{"actionList": [step(name, BALANCE) for name in names]}]}
    )
    genesys.configure(publish_polls=2)
    places = [Place(genesys) for _ in names]
    with ThreadPoolExecutor() as pool:
        done = [pool.submit(carry_out, at, 45, name, most=500) for at, name in zip(places, names, strict=True)]
        for one in done:
            one.result(60)
    assert genesys.architect_flow(FLOW).timeouts == dict.fromkeys(names, 45.0)
    for at in places:
        carry_out(at, 45, "s0")
        at.close()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_weather_nothing_is_lost_and_no_lock_stays(
    genesys: GenesysSimulator, place: Place, seed: int
) -> None:
    genesys.configure(publish_polls=2, revert_releases_lock=bool(seed % 2), saved_version_tokens=bool(seed % 3))
    faults = [
        (Fault(status=503), 2.0),
        (Fault(reset=True), 1.0),
        (Fault(status=504, when="after"), 2.0),
        (Fault(reset=True, when="after"), 1.0),
        (Fault(broken_json=True), 1.0),
        (Fault(retry_after=1), 1.0),
        (Fault(status=409), 1.0),
    ]
    for number, step_id in enumerate(["s1", "s2", "s1"]):
        genesys.storm(seed=seed * 10 + number, probability=0.35, faults=faults)
        carry_out(place, 20 + number, step_id)
        genesys.clear_faults()
        place.store().read(FLOW)
        if not genesys.architect_flow(FLOW).is_locked:
            genesys.edit_architect_flow(FLOW, describe)
    carry_out(place, 22, "s1")
    assert place.timeouts == {"s1": 22, "s2": 21}
    assert genesys.architect_flow(FLOW).configuration()["description"] == "theirs"


def test_a_publish_of_another_invocation_s_is_waited_for_before_reading(
    genesys: GenesysSimulator, place: Place
) -> None:
    genesys.configure(publish_polls=6)
    place.wire.dies_after = 7
    with pytest.raises(Died):
        place.change()
    place.wire.dies_after = None
    document = place.store().read(FLOW)
    assert (document.version, place.raised()) == ("2.0", True)
    assert place.count("look", "read") == [6, 1]


def test_one_that_is_begun_after_reading_is_waited_for_and_read_again(genesys: GenesysSimulator, place: Place) -> None:
    store = place.store()
    document = store.read(FLOW)
    set_timeout(document, 30, "s2")
    genesys.configure(publish_polls=3)
    place.wire.dies_after = 7
    with pytest.raises(Died):
        place.change()
    place.wire.dies_after = None
    with pytest.raises(Conflict, match="another invocation"):
        store.write(document)
    assert place.raised()
    genesys.configure(publish_polls=1)
    place.change(30, step_id="s2")
    assert place.timeouts == {"s1": 45, "s2": 30}


# -- time --------------------------------------------------------------------------------------------------------------


def test_a_publish_that_outlasts_the_deadline_is_left_alone_and_resumed(
    genesys: GenesysSimulator, place: Place
) -> None:
    genesys.configure(publish_polls=10_000)
    error = place.fails(PublishUnderWay, time=10)
    assert isinstance(error, AnswerLost)  # so that the change loop does not take it for undone
    assert (error.code, error.retry_after_seconds) == ("deadline_exceeded", 30)
    assert place.count("revert", "checkin") == [0, 0]
    with pytest.raises(OutOfTime, match="PUBLISH of this system's own is still under way") as caught:
        place.store(10).read(FLOW)
    assert (caught.value.code, caught.value.retry_after_seconds) == ("deadline_exceeded", 30)
    genesys.change_architect_flow(FLOW, publish_polls=1)
    assert place.store().read(FLOW).version == "2.0"
    assert place.raised()
    assert not genesys.architect_flow(FLOW).is_locked


def test_one_that_fails_after_all_is_found_and_done_again(genesys: GenesysSimulator, place: Place) -> None:
    genesys.configure(publish_polls=10_000)
    place.fails(PublishUnderWay, time=10)
    genesys.change_architect_flow(FLOW, publish_polls=1, publish_error="architect.external.publish.error")
    assert place.store().read(FLOW).version == "1.0"
    genesys.change_architect_flow(FLOW, publish_error=None)
    place.change()
    assert place.raised()


@pytest.mark.parametrize(
    ("fault", "kind", "retry_after"),
    [
        ({"status": 503}, AnswerLost, None),
        ({"status": 403}, AnswerLost, None),
        ({"retry_after": 100}, PublishUnderWay, 100),
        ({"retry_after": 29}, PublishUnderWay, 30),
    ],
)
def test_one_that_cannot_be_watched_is_not_taken_for_undone(
    genesys: GenesysSimulator, place: Place, fault: Json, kind: type[Exception], retry_after: float | None
) -> None:
    place.wire.before["publish"] = lambda: genesys.fault(operation=LOOK, times=1000, **fault)
    place.wire.seconds_per_call = 0.5
    error = place.fails(kind, time=25)
    assert isinstance(error, Transient)
    assert error.retry_after_seconds == retry_after
    assert place.count("revert", "checkin") == [0, 0]
    genesys.clear_faults()
    place.wire.seconds_per_call = 0
    place.time.now += 200
    assert place.store().read(FLOW).version == "2.0"


def test_a_publish_without_an_answer_that_cannot_be_looked_for_is_not_reverted(
    genesys: GenesysSimulator, place: Place
) -> None:
    genesys.fault(operation=START, when="after", reset=True)
    place.wire.before["publish"] = lambda: genesys.fault(operation=LOOK, times=1000, status=503)
    place.wire.seconds_per_call = 0.5
    place.fails(AnswerLost, time=20)
    assert place.count("revert", "checkin") == [0, 0]
    genesys.clear_faults()
    place.wire.seconds_per_call = 0
    assert place.store().read(FLOW).version == "2.0"


@pytest.mark.parametrize("time", [step / 2 for step in range(2, 30)])
def test_however_little_time_there_is_no_lock_stays(genesys: GenesysSimulator, place: Place, time: float) -> None:
    place.wire.seconds_per_call = 0.6
    with suppress(Transient):
        place.change(time=time)
        assert place.raised()
    place.wire.seconds_per_call = 0
    place.store().read(FLOW)
    assert place.raised() or place.is_as_ever()
    assert not genesys.architect_flow(FLOW).is_locked


def test_a_save_that_hangs_until_the_deadline_leaves_no_lock_where_releasing_has_more_time(
    genesys: GenesysSimulator, place: Place
) -> None:
    def hang() -> None:
        place.time.now += 30

    genesys.fault(operation=SAVE, when="after", reset=True)
    place.wire.before["save"] = hang
    place.fails(Unavailable, time=20, more_to_release=15)
    assert place.is_as_ever()


def test_without_the_time_for_a_whole_change_nothing_is_locked(place: Place) -> None:
    assert "not published" in place.fails(OutOfTime, time=3.5).message
    assert place.count("checkout") == [0]


def test_told_to_wait_longer_than_there_is_time(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=SAVE, retry_after=100)
    error = place.fails(RateLimited, time=30)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == pytest.approx(100)
    assert "may still be checked out" in str(error.hint)
    place.time.now += 100
    place.change()
    assert place.raised()


# -- what the platform may also say ------------------------------------------------------------------------------------


def test_a_new_version_that_shows_late_is_waited_for(genesys: GenesysSimulator, place: Place) -> None:
    done = {"id": "op", "complete": True, "actionStatus": "SUCCESS"}
    late = {"publishedVersion": {"id": "1.0"}, "currentOperation": done}
    place.wire.before["publish"] = lambda: genesys.fault(operation=LOOK, times=3, status=200, body=json_of(late))
    assert place.change()[0] == "2.0"


def test_a_publish_that_publishes_nothing_is_no_success(genesys: GenesysSimulator, place: Place) -> None:
    done = {"id": "op", "complete": True, "actionStatus": "SUCCESS"}
    genesys.fault(operation=START, status=200, body=json_of(done))
    assert "is still the published one" in place.fails(Overtaken).message
    assert place.is_as_ever()


def test_a_lock_that_stays_after_publishing_is_given_back(genesys: GenesysSimulator, place: Place) -> None:
    def lock_again() -> None:
        genesys.change_architect_flow(FLOW, locked_client=OWN_CLIENT)

    genesys.configure(publish_polls=0)
    place.wire.before["publish"] = lambda: place.wire.before.update(look=lock_again)
    place.change()
    assert (place.raised(), genesys.architect_flow(FLOW).is_locked) == (True, False)


OPERATION = {"id": "op-2", "complete": False, "actionName": "PUBLISH"}


@pytest.mark.parametrize(
    ("body", "ours"),
    [
        ({"currentOperation": OPERATION}, False),
        ({"currentOperation": OPERATION, "lockedClient": {"id": "us"}}, True),
        ({"currentOperation": {**OPERATION, "client": {"id": "us"}}}, True),
        ({"currentOperation": {**OPERATION, "client": {"id": "them"}}, "lockedClient": {"id": "us"}}, False),
        ({"currentOperation": {**OPERATION, "user": {"id": "anna"}}, "lockedClient": {"id": "us"}}, False),
        ({"currentOperation": OPERATION, "lockedClient": {"id": "us"}, "lockedUser": {"id": "anna"}}, False),
        ({"currentOperation": {**OPERATION, "complete": True, "client": {"id": "us"}}}, False),
        ({"currentOperation": {"complete": False}, "lockedClient": {"id": "us"}}, False),
        ({"currentOperation": None}, False),
    ],
)
def test_whose_operation_is_under_way(body: Json, ours: bool) -> None:
    assert Metadata.parse(body).is_being_changed_by("us") is ours


@pytest.mark.parametrize(
    ("operation", "is_it"),
    [
        (OPERATION, True),
        ({"id": "op-2"}, True),
        ({**OPERATION, "complete": True}, True),
        ({**OPERATION, "id": "op-1"}, False),
        ({**OPERATION, "actionName": "SAVE"}, False),
        ({**OPERATION, "client": {"id": "them"}}, False),
        ({**OPERATION, "user": {"id": "anna"}}, False),
    ],
)
def test_which_publish_was_started_since(operation: Json, is_it: bool) -> None:
    before = Operation.parse({"id": "op-1"})
    found = Metadata.parse({"currentOperation": operation}).publishing_of("us", since=before)
    assert (found is not None) is is_it


@pytest.mark.parametrize(
    ("versions", "newer"),
    [
        ({"saved": {"id": "9.0"}}, None),
        ({"saved": {"id": "10.0"}}, "10.0"),
        ({"saved": {"id": "8.0"}}, None),
        ({"checkedIn": {"id": "9.1"}}, "9.1"),
        ({"saved": {"id": "8.0"}, "checkedIn": {"id": "10.0"}}, "10.0"),
        ({"saved": {"id": "saved_version_x"}}, "saved_version_x"),
        ({"saved": {"id": "saved_version_x", "dateCreated": 99}}, None),
        ({"saved": {"id": "saved_version_x", "dateCreated": 100}}, "saved_version_x"),
        ({"saved": {"id": "saved_version_x", "dateCreated": "2026-01-01T00:00:00Z"}}, "saved_version_x"),
        ({"saved": {"dateCreated": 200}}, None),
        ({}, None),
    ],
)
def test_what_counts_as_unpublished_work(versions: Json, newer: str | None) -> None:
    body = {f"{kind}Version": version for kind, version in versions.items()}
    flow = Metadata.parse({"publishedVersion": {"id": "9.0", "dateCreated": 100}, **body})
    work = flow.unpublished_work()
    assert (work and work.id) == newer


def test_versions_may_tell_their_date_as_text() -> None:
    published = {"id": "x", "dateCreated": "2026-01-02T00:00:00.000Z"}
    saved = {"id": "y", "dateCreated": "2026-01-01T00:00:00.000Z", "createdByClient": {"id": "us"}}
    assert Metadata.parse({"publishedVersion": published, "savedVersion": saved}).unpublished_work() is None
    flow = Metadata.parse({"publishedVersion": saved, "savedVersion": {**saved, "id": "z"}})
    assert flow.unpublished_work() is not None
    assert flow.unpublished_work(but_of="us") is None


def test_a_lock_without_a_name_is_a_lock() -> None:
    flow = Metadata.parse({"lockedUser": {"selfUri": "/u"}})
    assert flow.other_holder("us") == "user someone unnamed"
    assert Metadata.parse({"lockedUser": {}, "lockedClient": None}).other_holder("us") is None
    with pytest.raises(ValueError, match="object"):
        Metadata.parse([])


def test_no_error_shows_the_secret(genesys: GenesysSimulator, place: Place) -> None:
    genesys.fault(operation=START, status=400, message="simulator-secret")
    error = place.fails(PublishRejected)
    assert "simulator-secret" not in error.message
    assert not isinstance(error, Refusal)


# -- who uses an action ------------------------------------------------------------------------------------------------


def test_the_flows_that_use_an_action(genesys: GenesysSimulator, place: Place) -> None:
    assert users_of(place.session(), ORDERS) == Users(1, ("Billing",))
    assert users_of(place.session(), "nobody") == Users(0, ())
    for number in range(120):
        genesys.put_architect_flow(f"more-{number}", {"flowSequenceItemList": [step("s", BALANCE)]}, name=f"F{number}")
    users = users_of(place.session(), BALANCE)
    assert users is not None
    assert (users.count, users.names[:2], len(users.names)) == (121, ("Billing", "F0"), 10)


@pytest.mark.parametrize(
    "fault", [{"status": 403}, {"status": 500}, {"reset": True}, {"status": 200, "body": "[]"}, {"retry_after": 1000}]
)
def test_a_hint_is_never_an_error(genesys: GenesysSimulator, place: Place, fault: Json) -> None:
    genesys.fault(operation="list_consuming_resources", **fault)
    assert users_of(place.session(), ORDERS) is None
    assert genesys.count("GET", "consumingresources") == 1


def test_what_is_no_flow_does_not_count(genesys: GenesysSimulator, place: Place) -> None:
    entities = [{"id": "f", "name": "F", "type": "WORKFLOW"}, {"id": "p", "type": "USERPROMPT"}, {"id": "f"}, "x", {}]
    genesys.fault(operation="list_consuming_resources", status=200, body=json_of({"entities": entities}))
    assert users_of(place.session(), ORDERS) == Users(1, ())
