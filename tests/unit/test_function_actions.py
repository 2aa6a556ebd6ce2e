"""Function actions: their function's timeout changes through a draft, and nothing of anyone's is lost on the way."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from changes import Change, DocumentChange, Rules
from documents import data_action
from documents.steps import Steps
from fakes import FakeLedger, FakeSecrets, FakeTime, FakeWire, Json, Watcher, a_request, action_key, answered, indexed
from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    DataActionNotEditable,
    DataActionNotFound,
    FlowLocked,
    Forbidden,
    GenesysCloudError,
    InvalidFlowDefinition,
    PublishRejected,
    RateLimited,
    ReadRejected,
    Transient,
    Unavailable,
)
from genesys_cloud.integration_action import unasked_changes
from genesys_cloud.login import Organization
from genesys_cloud.session import Session
from genesys_cloud.transport import pooled_session
from genesys_simulator import GenesysSimulator
from sessions import open_session

ID = "custom_-_score"
ACTION = f"/api/v2/integrations/actions/{ID}"
DRAFT = f"{ACTION}/draft"
PUBLISHED_FUNCTION, DRAFT_FUNCTION = f"{ACTION}/function", f"{DRAFT}/function"
REQUEST_TEMPLATE, SUCCESS_TEMPLATE = f"{ACTION}/templates/requesttemplate.vm", f"{ACTION}/templates/successtemplate.vm"
VIEW, EDIT, DELETE = (f"integrations:action:{verb}" for verb in ("view", "edit", "delete"))
VIEW_FUNCTION, EDIT_FUNCTION = (f"integrations:actionFunction:{verb}" for verb in ("view", "edit"))

READING = [ACTION, REQUEST_TEMPLATE, SUCCESS_TEMPLATE, PUBLISHED_FUNCTION]
"""What it takes to read a function action."""
WRITING = [
    ("GET", DRAFT),
    ("POST", DRAFT),
    ("GET", DRAFT),
    ("GET", ACTION),
    ("PUT", DRAFT_FUNCTION),
    ("GET", DRAFT),
    ("GET", DRAFT_FUNCTION),
    ("GET", f"{DRAFT}/validation"),
    ("POST", f"{DRAFT}/publish"),
]
"""What it takes to change its timeout where nothing is in the way."""
EVERY_CALL = range(1, len(WRITING) + 1)
EVERY_CALL_WITH_READING_BACK = range(1, len(WRITING) + len(READING) + 1)


class Died(BaseException):
    """The process ends here, and nothing is tidied up."""


class Watched:
    """A session in which, once it has begun, something happens before or after the call of some number."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._has_begun = False
        self.calls = 0
        self.before: dict[int, Callable[[], Any]] = {}
        self.dies_after: int | None = None

    def begin(self) -> None:
        self._has_begun = True

    def call(self, *arguments: Any, **options: Any) -> Any:
        self.calls += self._has_begun
        self.before.pop(self.calls, lambda: None)()
        try:
            return self._session.call(*arguments, **options)
        finally:
            if self.calls == self.dies_after:
                raise Died

    def without_secrets(self, text: str) -> str:
        return self._session.without_secrets(text)


class House:
    """One organization, simulated; each `store` is a new invocation."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self.genesys = genesys
        self.time = FakeTime()
        self.ledger = FakeLedger(self.time)
        self.watcher = Watcher()
        self.http = pooled_session(4)
        self.organization = Organization("default", self.http)

    def session(self, seconds: float = 60) -> Watched:
        secret = {"client_id": "simulator-client", "client_secret": "simulator-secret", "base_url": self.genesys.url}
        deadline = self.time.deadline(seconds)
        secrets = FakeSecrets(genesys=secret)
        return Watched(open_session(self.organization, secrets, deadline, self.time, self.watcher))

    def store(self, session: Watched | None = None) -> DataActionStore:
        return DataActionStore(cast("Session", session or self.session()))

    def change(self, session: Watched | None = None, seconds: int | None = 12, operation: str = "raise") -> Change:
        """A request for the action, carried out as the function does; an own session is counted from the write on."""
        self.ledger.new_invocation()
        store = self.store(session)
        fields = {"flow_id": None, "action_name": None, "data_action_id": ID}
        request = a_request(**fields, timeout_seconds=seconds, operation=operation)
        change = DocumentChange(
            action_key(ID),
            store,
            self.ledger,
            requests=indexed(request),
            rules=Rules(60, 5, random.uniform),
            deadline=self.time.deadline(60),
            observer=self.watcher,
        )
        document = store.read(ID)
        if session:
            session.begin()
        return change.run(document)

    @property
    def seconds(self) -> Any:
        return self.genesys.action(ID).function_timeout_seconds

    @property
    def has_draft(self) -> bool:
        return any(self.genesys._state.drafts.all())

    def calls(self, first: int = 0) -> list[tuple[str, str]]:
        """Since so many calls: method and path, without logins."""
        made = [(call.method, call.path.split("?")[0]) for call in self.genesys.calls[first:]]
        return [call for call in made if "oauth" not in call[1]]


@pytest.fixture
def house() -> Iterator[House]:
    with GenesysSimulator() as genesys:
        genesys.configure(rate_limit_calls=None)
        put(genesys)
        made = House(genesys)
        yield made
        made.http.close()


def put(genesys: GenesysSimulator, **function: Any) -> None:
    function = {"timeoutSeconds": 5, "description": "Scores: ü🙂", **function}
    genesys.put_action(
        ID, "Score", category="Function Data Actions", version=7, secure=True, timeout_seconds=30, function=function
    )


def slot_of(body: Json) -> data_action.DataActionSlot:
    (slot,) = data_action.find_steps(body).slots
    assert isinstance(slot, data_action.DataActionSlot)
    return slot


def write(store: DataActionStore, session: Watched | None = None, seconds: int = 12) -> tuple[str | None, Document]:
    document = store.read(ID)
    slot_of(document.body).write(seconds)
    if session:
        session.begin()
    return store.write(document), document


def told(change: Change) -> list[tuple[float | None, float | None]]:
    return [(step.before, step.after) for step in change.plan.changes[0]]


# -- read --------------------------------------------------------------------------------------------------------------


def test_a_function_action_is_read_with_its_function_and_its_templates(house: House) -> None:
    document = house.store().read(ID)
    assert document.body["function"] == house.genesys.action(ID).function
    assert document.body["config"]["request"]["requestTemplate"] == house.genesys.action(ID).request_template
    assert document.version == "7"
    assert house.calls() == [("GET", path) for path in READING]


def test_the_function_of_an_action_that_has_none_is_none_and_cannot_be_changed() -> None:
    wire = Wire()
    wire.reads(function=answered(404))
    store = wire.store()
    document = store.read(ID)
    assert document.body["function"] is None
    slot = slot_of(document.body)
    assert (slot.seconds, slot.path) == (None, "function.timeoutSeconds")
    assert slot.problem == f"function.timeoutSeconds of {ID}: it is a function action that has no function yet"
    with pytest.raises(DataActionNotEditable, match="has no function yet"):
        store.write(document)
    assert wire.calls() == [("GET", path) for path in READING]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (answered(403, {"message": "because"}), Forbidden, f"{VIEW_FUNCTION} is missing: because"),
        (answered(400, {"message": "because"}), ReadRejected, "refuses to give the function of .*: because"),
        (answered(409), Unavailable, "cannot be read just now"),
        (answered(200, {"function": []}), InvalidFlowDefinition, "its function is not an object"),
        (answered(429, Retry_After="90"), RateLimited, "90 s"),
    ],
)
def test_what_genesys_says_to_reading_a_function_has_its_own_name(
    answer: Any, error: type[GenesysCloudError], words: str
) -> None:
    wire = Wire()
    wire.reads(function=answer)
    with pytest.raises(error, match=words):
        wire.store().read(ID)


@pytest.mark.parametrize(("action_id", "category"), [("static_-_1", "Function Data Actions"), ("customAuth_-_1", "x")])
def test_static_and_authentication_actions_are_refused_as_ever(house: House, action_id: str, category: str) -> None:
    house.genesys.put_action(action_id, "Fixed", category=category)
    store = house.store()
    document = store.read(action_id)
    assert slot_of(document.body).problem
    with pytest.raises(DataActionNotEditable):
        store.write(document)
    assert house.calls() == [("GET", f"/api/v2/integrations/actions/{action_id}")]


@pytest.mark.parametrize(("seconds", "counts"), [(5, 5), (None, 15)])
def test_what_a_step_goes_by_is_the_functions_timeout_whatever_the_configuration_says(
    house: House, seconds: int | None, counts: int
) -> None:
    put(house.genesys, **({"timeoutSeconds": seconds} if seconds else {}))
    if seconds is None:
        house.genesys.edit_action(ID, lambda document: document["function"].pop("timeoutSeconds"))
    assert house.store().timeout_of(ID) == counts


# -- the place of the timeout ------------------------------------------------------------------------------------------


def function_action(seconds: object = 5, **others: Any) -> Json:
    timeout = {} if seconds is None else {"timeoutSeconds": seconds}
    function = {"id": "fn", "zipId": "z", "handler": "h", "runtime": "r", "description": "d", **timeout}
    config = {"request": {}, "response": {}, "timeoutSeconds": 30}
    category = "My_Function-Data actions"
    return {
        "id": ID,
        "name": "Score",
        "category": category,
        "version": 7,
        "config": config,
        "function": function,
    } | others


def test_the_place_is_the_functions_own_and_has_its_own_limit_and_default() -> None:
    slot = slot_of(function_action())
    assert (slot.path, slot.seconds, slot.problem) == ("function.timeoutSeconds", 5, None)
    assert (slot.id, slot.name, slot.identity) == (ID, "Score", ("function.timeoutSeconds", ID, None))
    assert isinstance(slot, data_action.FunctionSlot)
    assert (slot.limit_seconds, slot.default_seconds) == (15, 15)


def test_other_actions_have_neither() -> None:
    slot = slot_of(function_action(category="Custom"))
    assert (slot.path, slot.seconds, slot.limit_seconds) == ("config.timeoutSeconds", 30, None)


@pytest.mark.parametrize("seconds", [5, 5.5, None])
def test_an_image_put_back_leaves_exactly_what_was_there(seconds: object) -> None:
    body = function_action(seconds)
    before = json.dumps(body)
    slot = slot_of(body)
    image = slot.image()
    assert image == {"function": {} if seconds is None else {"timeoutSeconds": seconds}}
    slot.write(12)
    assert (slot.seconds, body["config"]["timeoutSeconds"]) == (12, 30)
    slot_of(body).put_back(json.loads(json.dumps(image)))
    assert json.dumps(body) == before


@pytest.mark.parametrize("seconds", ["5", True, [], {}])
def test_what_is_no_number_of_seconds_is_a_problem(seconds: object) -> None:
    slot = slot_of(function_action(seconds))
    assert (slot.seconds, slot.problem) == (None, f"function.timeoutSeconds of {ID} is not a number of seconds")


def test_where_the_function_was_not_looked_at_that_is_said() -> None:
    body = function_action()
    del body["function"]
    slot = slot_of(body)
    assert slot.seconds is None
    assert "was not looked at: name the action by data_action_id" in (slot.problem or "")


# -- the change --------------------------------------------------------------------------------------------------------


def test_a_timeout_is_changed_by_a_draft_and_nothing_else_is(house: House) -> None:
    before = house.genesys.action(ID).document()
    store = house.store()
    document = store.read(ID)
    slot_of(document.body).write(12)
    first = len(house.genesys.calls)
    assert (store.write(document), document.notes) == ("8", [])
    expected = {**before, "version": 8, "function": {**before["function"], "timeoutSeconds": 12}}
    assert house.genesys.action(ID).document() == expected
    assert not house.has_draft
    assert house.calls(first) == WRITING + [("GET", path) for path in READING]


def test_a_raise_goes_through_the_change_loop_as_any_other(house: House) -> None:
    change = house.change()
    assert (told(change), change.version, change.notes) == ([(5, 12)], "8", ())
    assert (house.seconds, house.watcher.told) == (12, ["published"])
    assert told(house.change(seconds=10)) == [(12, 12)]
    assert house.genesys.action(ID).version == 8


@pytest.mark.parametrize("seconds", [5, None])
def test_a_timeout_is_put_back_to_what_it_was_absent_where_it_was_absent(house: House, seconds: int | None) -> None:
    if seconds is None:
        house.genesys.edit_action(ID, lambda document: document["function"].pop("timeoutSeconds"))
    before = house.genesys.action(ID).function
    house.change(seconds=12, operation="set")
    assert house.seconds == 12
    change = house.change(seconds=None, operation="restore")
    assert told(change) == [(12, seconds)]
    assert house.genesys.action(ID).function == before
    assert not house.has_draft


def test_more_than_a_function_takes_is_refused_by_genesys_too_and_leaves_no_draft(house: House) -> None:
    with pytest.raises(PublishRejected, match="from 1 to 15, not 16") as error:
        write(house.store(), seconds=16)
    assert error.value.http_status == 400
    assert (house.seconds, house.has_draft) == (5, False)


def test_a_draft_that_is_not_valid_is_not_published_and_deleted(house: House) -> None:
    put(house.genesys, zipId="", runtime="")
    with pytest.raises(
        PublishRejected, match=r"invalid, so it is not published: .*zipId is missing; .*runtime"
    ) as error:
        write(house.store())
    assert error.value.hint
    assert "may be left" not in error.value.hint
    assert (house.seconds, house.has_draft) == (5, False)
    assert house.genesys.count("POST", "/publish") == 0


def test_a_publish_that_is_refused_leaves_no_draft(house: House) -> None:
    house.genesys.fault(operation="publish_draft", status=422, code="the.code", message="because")
    with pytest.raises(PublishRejected, match=f"does not take the change of integration action {ID}: because") as error:
        write(house.store())
    assert (error.value.http_status, error.value.genesys_code) == (422, "the.code")
    assert not house.has_draft


def test_an_action_that_is_gone_is_told_as_such(house: House) -> None:
    session = house.session()
    session.before[1] = lambda: house.genesys.fault(operation="create_draft", status=404)
    with pytest.raises(DataActionNotFound, match="is gone: it was there a moment ago"):
        write(house.store(session), session)


def test_what_is_found_otherwise_afterwards_is_told_by_its_place(house: House) -> None:
    session = house.session()
    session.before[len(WRITING) + 1] = lambda: house.genesys.edit_action(
        ID, lambda document: document["function"].update(handler="s3cret")
    )
    version, document = write(house.store(session), session)
    (note,) = document.notes
    assert version == "8"
    assert "stands at version 9 by now, and is otherwise than it was sent at function.handler:" in note
    assert "s3cret" not in note


@pytest.mark.parametrize(
    ("sent", "found", "differs"),
    [
        ({"timeoutSeconds": None}, {"timeoutSeconds": 15}, False),
        ({}, {"id": "other", "name": "other", "dateCreated": "now"}, False),
        ({}, {"timeoutSeconds": 6}, True),
        ({}, {"zipId": "other"}, True),
    ],
)
def test_what_genesys_gives_a_function_by_itself_is_not_spoken_of(sent: Json, found: Json, *, differs: bool) -> None:
    documents = [Document(ID, function_action(), "7") for _ in range(2)]
    for document, fields in zip(documents, (sent, found), strict=True):
        document.body["function"] |= fields
    assert bool(unasked_changes(*documents, version="8")) is differs


# -- someone's draft ---------------------------------------------------------------------------------------------------


def rename(draft: Json) -> None:
    draft["name"] = "Theirs"


def write_a_template(draft: Json) -> None:
    draft["config"]["request"]["requestTemplate"] = "theirs"


def empty_a_template(draft: Json) -> None:
    draft["config"]["response"]["successTemplate"] = ""


def give_it_another_timeout_of_the_configuration(draft: Json) -> None:
    draft["config"]["timeoutSeconds"] = 31


def change_the_contract(draft: Json) -> None:
    draft["contract"] = {"input": {}}


def make_it_insecure(draft: Json) -> None:
    draft["secure"] = False


def upload_other_code(draft: Json) -> None:
    draft["function"].update(zipId="theirs", timeoutSeconds=12)


def take_the_function_away(draft: Json) -> None:
    del draft["function"]


EDITS = [
    (rename, "name"),
    (write_a_template, "config.request.requestTemplate"),
    (empty_a_template, "config.response.successTemplate"),
    (give_it_another_timeout_of_the_configuration, "config.timeoutSeconds"),
    (change_the_contract, "contract.input.inputSchema"),
    (make_it_insecure, "secure"),
    (upload_other_code, "function.zipId"),
    (take_the_function_away, "function.zipId"),
]


def assert_left_alone(house: House, draft: Json, first: int = 0) -> None:
    assert house.genesys.draft(ID).document() == draft
    assert house.genesys.action(ID).version == 7
    assert {method for method, _ in house.calls(first)} == {"GET"}


@pytest.mark.parametrize(("edit", "place"), EDITS)
def test_someones_unpublished_draft_is_left_alone_and_refused(
    house: House, edit: Callable[[Json], None], place: str
) -> None:
    draft = house.genesys.edit_draft(ID, edit).document()
    with pytest.raises(
        FlowLocked, match="is someone's unpublished work: it differs from what is published at "
    ) as error:
        write(house.store())
    assert place in error.value.message
    assert "theirs" not in error.value.message
    assert (error.value.code, "publish or delete the draft" in (error.value.hint or "")) == ("flow_locked", True)
    assert_left_alone(house, draft)


def test_a_draft_that_someone_starts_while_ours_is_asked_for_is_theirs(house: House) -> None:
    session = house.session()
    session.before[2] = lambda: house.genesys.edit_draft(ID, rename)
    with pytest.raises(FlowLocked):
        write(house.store(session), session)
    assert house.genesys.draft(ID).name == "Theirs"
    assert house.seconds == 5


@pytest.mark.parametrize("number", [4, 5, 6])
def test_a_draft_of_ours_that_someone_edits_becomes_theirs(house: House, number: int) -> None:
    session = house.session()
    session.before[number] = lambda: house.genesys.edit_draft(ID, rename)
    with pytest.raises(FlowLocked, match="at name"):
        write(house.store(session), session)
    assert house.genesys.draft(ID).name == "Theirs"
    assert (house.seconds, house.genesys.count("DELETE", "draft")) == (5, 0)


@pytest.mark.parametrize("number", [7, 8, 9])
@pytest.mark.parametrize("status", [400, 408, 409])
def test_an_edit_after_the_last_look_is_never_published(house: House, number: int, status: int) -> None:
    house.genesys.configure(version_mismatch_status=status)
    session = house.session()
    session.before[number] = lambda: house.genesys.edit_draft(ID, rename)
    with pytest.raises(Conflict) as error:
        write(house.store(session), session)
    assert (error.value.http_status, error.value.may_be_done) == (status, status == 408)
    assert (house.genesys.draft(ID).name, house.genesys.action(ID).name) == ("Theirs", "Score")
    session = house.session()
    session.before[number] = lambda: house.genesys.edit_draft(ID, rename)
    with pytest.raises(FlowLocked):
        house.change(session)
    assert house.genesys.draft(ID).name == "Theirs"


def test_an_edit_that_shows_in_the_version_alone_keeps_the_draft_from_being_deleted(house: House) -> None:
    session = house.session()
    session.before[9] = lambda: house.genesys.edit_draft(ID, write_a_template)
    with pytest.raises(Conflict):
        write(house.store(session), session)
    assert house.genesys.draft(ID).request_template == "theirs"


@pytest.mark.parametrize("number", [7, 8, 9])
def test_a_draft_that_is_deleted_under_our_hands_is_made_anew(house: House, number: int) -> None:
    session = house.session()
    session.before[number] = lambda: house.genesys._state.drafts.remove(house.genesys.draft(ID))
    change = house.change(session)
    assert (told(change), house.seconds, house.genesys.action(ID).version) == ([(5, 12)], 12, 8)
    assert not house.has_draft


# -- someone else publishes --------------------------------------------------------------------------------------------


def publish_theirs(document: Json) -> None:
    document["name"] = "Theirs"
    document["function"].update(zipId="theirs", timeoutSeconds=7)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_what_someone_else_publishes_before_our_draft_is_changed_is_kept(house: House, number: int) -> None:
    session = house.session()
    session.before[number] = lambda: house.genesys.edit_action(ID, publish_theirs)
    change = house.change(session)
    action = house.genesys.action(ID)
    assert (told(change), change.version, action.version) == ([(7, 12)], "9", 9)
    assert (action.name, action.function) == (
        "Theirs",
        {**(action.function or {}), "zipId": "theirs", "timeoutSeconds": 12},
    )
    assert (house.watcher.told, house.has_draft) == (["conflicted", "published"], False)


def test_a_timeout_that_someone_else_has_raised_is_not_lowered_by_what_is_left_of_an_earlier_draft(
    house: House,
) -> None:
    def publish_more_and_start_anew() -> None:
        house.genesys.edit_action(ID, lambda document: document["function"].update(timeoutSeconds=14))
        house.genesys.edit_draft(ID, lambda draft: draft)

    session = house.session()
    session.before[1] = publish_more_and_start_anew
    assert told(house.change(session)) == [(14, 14)]
    assert (house.seconds, house.has_draft) == (14, True)


def test_where_others_keep_publishing_the_conflict_is_told_and_no_draft_stays(house: House) -> None:
    session = house.session()
    session.before[3] = lambda: house.genesys.edit_action(ID, publish_theirs)
    with pytest.raises(Conflict, match="version 8 is published, not 7"):
        write(house.store(session), session)
    assert not house.has_draft


# -- what earlier invocations leave ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [5, 9, 12, None])
def test_a_draft_that_differs_in_its_timeout_alone_is_taken_over(house: House, seconds: int | None) -> None:
    house.genesys.edit_draft(ID, lambda draft: draft["function"].update(timeoutSeconds=seconds))
    before = house.genesys.action(ID).document()
    assert write(house.store())[0] == "8"
    expected = {**before, "version": 8, "function": {**before["function"], "timeoutSeconds": 12}}
    published = house.genesys.action(ID).document()
    assert {**published, "version": 8} == expected
    assert (house.has_draft, house.genesys.count("POST", "/draft")) == (False, 1)


@pytest.mark.parametrize("number", EVERY_CALL_WITH_READING_BACK)
def test_after_a_death_at_any_call_the_next_invocation_publishes_once_what_is_missing(
    house: House, number: int
) -> None:
    before = house.genesys.action(ID).document()
    session = house.session()
    session.dies_after = number
    with pytest.raises(Died):
        house.change(session)
    house.change()
    expected = {**before, "version": 8, "function": {**before["function"], "timeoutSeconds": 12}}
    assert house.genesys.action(ID).document() == expected
    assert not house.has_draft
    assert told(house.change(seconds=None, operation="restore")) == [(12, 5)]
    assert house.genesys.action(ID).function == before["function"]


@pytest.mark.parametrize("number", EVERY_CALL_WITH_READING_BACK)
def test_what_a_death_leaves_does_not_hinder_another_goal(house: House, number: int) -> None:
    session = house.session()
    session.dies_after = number
    with pytest.raises(Died):
        house.change(session)
    house.change(seconds=14)
    assert (house.seconds, house.has_draft) == (14, False)
    assert house.genesys.action(ID).version == (8 if number < len(WRITING) else 9)


# -- answers that are lost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", EVERY_CALL_WITH_READING_BACK)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 503}, {"cut_off": True}])
def test_a_lost_answer_at_any_call_neither_publishes_twice_nor_leaves_a_draft(
    house: House, number: int, when: str, fault: Json
) -> None:
    before = house.genesys.action(ID).document()
    session = house.session()
    session.before[number] = lambda: house.genesys.fault(when=when, **fault)
    change = house.change(session)
    expected = {**before, "version": 8, "function": {**before["function"], "timeoutSeconds": 12}}
    assert (told(change), change.notes) == ([(5, 12)], ())
    assert house.genesys.action(ID).document() == expected
    assert not house.has_draft
    assert house.watcher.told == ["published"]


@pytest.mark.parametrize("number", EVERY_CALL)
@pytest.mark.parametrize("when", ["before", "after"])
def test_where_genesys_stays_away_the_next_invocation_finishes(house: House, number: int, when: str) -> None:
    session = house.session()
    session.before[number] = lambda: house.genesys.fault(when=when, status=503, times=10_000)
    with pytest.raises(Transient):
        house.change(session)
    house.genesys.clear_faults()
    house.change()
    assert (house.seconds, house.genesys.action(ID).version, house.has_draft) == (12, 8, False)


@pytest.mark.parametrize("number", [5, 6, 7, 8])
def test_a_change_that_has_to_wait_leaves_no_draft_where_it_can_be_deleted(house: House, number: int) -> None:
    session = house.session()
    session.before[number] = lambda: house.genesys.fault(status=501)
    with pytest.raises(Unavailable):
        write(house.store(session), session)
    assert (house.seconds, house.has_draft) == (5, False)


def test_a_publish_without_an_answer_is_lost_and_its_draft_not_deleted(house: House) -> None:
    house.genesys.fault(operation="publish_draft", status=503)
    with pytest.raises(AnswerLost):
        write(house.store())
    assert (house.genesys.count("POST", "/publish"), house.genesys.count("DELETE", "/draft")) == (1, 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publish_that_took_too_long_may_be_done_yet_and_is_looked_after(house: House, when: str) -> None:
    house.genesys.fault(operation="publish_draft", status=408, when=when)
    change = house.change()
    assert (told(change), house.seconds, house.genesys.action(ID).version) == ([(5, 12)], 12, 8)
    assert (house.has_draft, house.genesys.count("DELETE", "/draft")) == (False, 0)


def test_invocations_side_by_side_end_with_the_highest_and_no_draft(house: House) -> None:
    def attempt(seconds: int) -> None:
        with_time_to_clash = House(house.genesys)
        try:
            with_time_to_clash.change(seconds=seconds)
        except Transient:
            pass
        finally:
            with_time_to_clash.http.close()

    before = house.genesys.action(ID).document()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, [9, 12, 10, 13]))
    house.change(seconds=13)
    after = house.genesys.action(ID).document()
    expected = {**before, "version": after["version"], "function": {**before["function"], "timeoutSeconds": 13}}
    assert after == expected
    assert after["version"] <= 7 + 4
    assert not house.has_draft


# -- permissions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [VIEW, EDIT, VIEW_FUNCTION, EDIT_FUNCTION])
def test_a_permission_that_is_missing_is_named(house: House, missing: str) -> None:
    house.genesys.configure(permissions={VIEW, EDIT, DELETE, VIEW_FUNCTION, EDIT_FUNCTION} - {missing})
    with pytest.raises(Forbidden, match=f"{missing} is missing") as error:
        write(house.store())
    assert missing in (error.value.hint or "")
    assert (house.seconds, house.has_draft) == (5, False)


# -- down to the wire --------------------------------------------------------------------------------------------------


class Wire:
    """A line on which every call of a change is prepared, each to be replaced."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.wire = FakeWire(self.time)
        self.watcher = Watcher()
        http = pooled_session(4)
        http.mount("https://", self.wire)
        self.organization = Organization("default", http)

    def store(self, seconds: float = 30) -> DataActionStore:
        secret = {"client_id": "the-client", "client_secret": "s3cr3t", "region": "mypurecloud.ie"}
        deadline = self.time.deadline(seconds)
        secrets = FakeSecrets(genesys=secret)
        return DataActionStore(open_session(self.organization, secrets, deadline, self.time, self.watcher))

    def reads(self, function: Any, **others: Any) -> None:
        shown = function_action(**others)
        del shown["function"]
        self.wire.answers(ACTION, answered(200, shown))
        self.wire.answers(REQUEST_TEMPLATE, answered(200, b"request"))
        self.wire.answers(SUCCESS_TEMPLATE, answered(200, b"success"))
        self.wire.answers(PUBLISHED_FUNCTION, function)

    def change(self, function: Json, **said: Any) -> None:
        """Prepares a change; what is said replaces the answers to these calls."""
        self.reads(answered(200, {"id": ID, "function": function}))
        first, changed = (self.draft(version) for version in (1, 2))
        drafts = {
            "look": answered(404),
            "make": answered(200, {}),
            "made": first,
            "changed": changed,
        } | {name: said[name] for name in ("look", "make", "made", "changed") if name in said}
        self.wire.answers(DRAFT, *drafts.values())
        self.wire.answers(ACTION, *[answered(200, {"version": 7})] * said.get("versions", 1))
        wanted = {**function, "timeoutSeconds": 12}
        self.wire.answers(DRAFT_FUNCTION, said.get("put", answered(200, {})))
        self.wire.answers(DRAFT_FUNCTION, said.get("kept", answered(200, {"function": wanted})))
        self.wire.answers(f"{DRAFT}/validation", said.get("validation", answered(200, {"valid": True})))
        self.wire.answers(f"{DRAFT}/publish", said.get("publish", answered(200, {"version": 8})))
        if "clearing" in said:
            self.wire.answers(DRAFT, *said["clearing"])
        else:
            self.reads(answered(200, {"function": wanted}), version=8)

    def draft(self, version: object, **others: Any) -> Any:
        body = function_action(version=version, **others)
        del body["function"]
        return answered(200, body)

    def calls(self) -> list[tuple[str, str]]:
        made = [tuple(path.split(" ")) for path in self.wire.paths()]
        return [(method, path) for method, path in made if "oauth" not in path]


FUNCTION = {
    "id": "fn",
    "name": "n",
    "dateCreated": "2026-01-31T10:00:00.000Z",
    "zipId": "z",
    "handler": "src/index.handler",
    "runtime": "nodejs20.x",
    "description": "ü🙂 \ud800",
    "timeoutSeconds": 5,
    "unheard of": {"big": 10**30, "float": 1.0, "null": None},
}


def test_the_whole_function_goes_back_and_the_version_that_was_looked_at_is_published() -> None:
    wire = Wire()
    wire.change(copy.deepcopy(FUNCTION))
    version, document = write(wire.store())
    assert (version, document.notes) == ("8", [])
    sent = {(call.method, urlsplit(call.url).path): call.body for call in wire.wire.sent}
    put = sent["PUT", DRAFT_FUNCTION]
    assert json.dumps(json.loads(put)) == json.dumps({**FUNCTION, "timeoutSeconds": 12})
    assert json.loads(sent["POST", f"{DRAFT}/publish"]) == {"version": 2}
    assert wire.calls()[len(READING) :] == WRITING + [("GET", path) for path in READING]
    looks = [call.url for call in wire.wire.sent if call.method == "GET" and call.url.endswith("includeConfig=true")]
    assert looks[1] == f"https://api.mypurecloud.ie{DRAFT}?expand=contract&includeConfig=true"


@pytest.mark.parametrize("answer", [answered(204), answered(200, {}), answered(202, {"version": "8"})])
def test_an_answer_that_says_little_is_a_success(answer: Any) -> None:
    wire = Wire()
    wire.change(FUNCTION, publish=answer)
    assert write(wire.store())[0] in {None, "8"}


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        ({"zipId": None}, "zipId"),
        ({"runtime": "nodejs22.x"}, "runtime"),
        ({"unheard of": None}, "unheard of"),
    ],
)
def test_a_draft_that_does_not_keep_the_function_is_not_published(kept: Json, place: str) -> None:
    wire = Wire()
    found = answered(200, {"function": {**FUNCTION, "timeoutSeconds": 12, **kept}})
    wire.change(FUNCTION, kept=found, versions=2, clearing=[wire.draft(2), wire.draft(2), answered(200, {})])
    with pytest.raises(
        PublishRejected, match=f"does not keep the function as it is published, but differs at {place}:"
    ):
        write(wire.store())
    assert wire.calls()[-2:] == [("GET", DRAFT), ("DELETE", DRAFT)]


def test_another_change_of_the_same_timeout_is_a_conflict_and_its_draft_stays() -> None:
    wire = Wire()
    found = answered(200, {"function": {**FUNCTION, "timeoutSeconds": 9}})
    wire.change(FUNCTION, kept=found, versions=2, clearing=[wire.draft(2)])
    with pytest.raises(Conflict, match="another change of its timeout is under way"):
        write(wire.store())
    assert wire.calls()[-1] == ("GET", ACTION)


@pytest.mark.parametrize(("now", "version"), [(3, 7), (None, 7), (2, 8)])
def test_what_is_found_while_others_go_on_says_nothing(now: int | None, version: int) -> None:
    wire = Wire()
    look = answered(404) if now is None else wire.draft(now)
    wire.change(FUNCTION, kept=answered(404), clearing=[look, look, answered(200, {})])
    wire.wire.answers(ACTION, answered(200, {"version": version}))
    with pytest.raises(Conflict):
        write(wire.store())


REFUSED = [
    ("look", VIEW, []),
    ("make", EDIT, []),
    ("made", VIEW, []),
    ("put", EDIT_FUNCTION, [1]),
    ("changed", VIEW, [1]),
    ("kept", VIEW_FUNCTION, [2]),
    ("validation", EDIT, [2]),
    ("publish", EDIT, [2]),
]


@pytest.mark.parametrize(("call", "permission", "seen"), REFUSED)
def test_each_call_names_the_permission_that_it_needs(call: str, permission: str, seen: list[int]) -> None:
    wire = Wire()
    refused = answered(403, {"code": "missing.permissions", "message": "because"}, ININ_Correlation_Id="c")
    clearing = [answer for version in seen for answer in (wire.draft(version), answered(204))]
    wire.change(FUNCTION, clearing=clearing, **{call: refused})
    with pytest.raises(Forbidden, match=f"{permission} is missing: because") as error:
        write(wire.store())
    assert (error.value.genesys_code, error.value.correlation_id) == ("missing.permissions", "c")
    assert error.value.hint == f"give the OAuth client a role with {permission}"
    assert (wire.calls()[-1] == ("DELETE", DRAFT)) is bool(seen)


@pytest.mark.parametrize(
    "answer", [answered(403, {"message": "because"}), answered(400, {"message": "because"}), answered(501)]
)
def test_a_draft_that_cannot_be_deleted_is_told_of(answer: Any) -> None:
    wire = Wire()
    invalid = answered(200, {"valid": False, "errors": [{"message": "no zip"}, {}, 5]})
    wire.change(FUNCTION, validation=invalid, clearing=[wire.draft(2), answer])
    with pytest.raises(PublishRejected, match="no zip") as error:
        write(wire.store())
    assert f"the draft of integration action {ID} may be left (" in (error.value.hint or "")
    assert "the next change of its timeout takes it over" in (error.value.hint or "")
    if answer[0] == 403:
        assert f"{DELETE} is missing" in (error.value.hint or "")


def test_what_a_validation_says_of_the_secret_does_not_pass_on() -> None:
    wire = Wire()
    invalid = answered(200, {"valid": False, "errors": [{"message": "s3cr3t is wrong"}]})
    wire.change(FUNCTION, validation=invalid, clearing=[wire.draft(2), answered(200, {})])
    with pytest.raises(PublishRejected, match=r"\*\*\* is wrong") as error:
        write(wire.store())
    assert "s3cr3t" not in error.value.message


@pytest.mark.parametrize("answer", [answered(404), answered(410)])
def test_a_draft_that_is_gone_by_itself_is_not_spoken_of(answer: Any) -> None:
    wire = Wire()
    wire.change(FUNCTION, validation=answered(200, {"valid": False}), clearing=[wire.draft(2), answer])
    with pytest.raises(PublishRejected, match="it does not say why") as error:
        write(wire.store())
    assert "may be left" not in (error.value.hint or "")


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"valid": True, "errors": [{"message": "a warning"}]}, True),
        ({}, True),
        ({"errors": [{"message": "x"}]}, False),
    ],
)
def test_what_is_valid(body: Json, *, valid: bool) -> None:
    wire = Wire()
    clearing = {} if valid else {"clearing": [wire.draft(2), answered(200, {})]}
    wire.change(FUNCTION, validation=answered(200, body), **clearing)
    if valid:
        assert write(wire.store())[0] == "8"
    else:
        with pytest.raises(PublishRejected, match="invalid"):
            write(wire.store())


@pytest.mark.parametrize(("status", "error"), [(400, PublishRejected), (422, PublishRejected), (409, Conflict)])
def test_a_draft_that_is_not_made_for_another_reason_is_told_with_that_reason(
    status: int, error: type[GenesysCloudError]
) -> None:
    wire = Wire()
    wire.change(FUNCTION, make=answered(status, {"message": "because"}), made=answered(404))
    with pytest.raises(error, match="because"):
        write(wire.store())


@pytest.mark.parametrize("version", [None, "x", True])
def test_a_draft_without_a_number_for_its_version_is_not_touched(version: object) -> None:
    wire = Wire()
    wire.change(FUNCTION, look=wire.draft(version))
    with pytest.raises(InvalidFlowDefinition, match="has no version that is a number"):
        write(wire.store())
    assert {method for method, _ in wire.calls()} == {"GET"}


def test_a_version_that_the_platform_does_not_count_on_is_good_enough() -> None:
    wire = Wire()
    wire.change(FUNCTION, changed=wire.draft(1))
    assert write(wire.store())[0] == "8"


def test_an_edit_shows_even_where_it_moves_no_version() -> None:
    wire = Wire()
    theirs = wire.draft(2, name="Theirs")
    wire.change(FUNCTION, changed=theirs, versions=2, clearing=[theirs, theirs])
    for file in ("requesttemplate.vm", "successtemplate.vm"):
        wire.wire.answers(f"{DRAFT}/templates/{file}", answered(404))
    with pytest.raises(FlowLocked, match=r"at name, config\.request\.requestTemplate"):
        write(wire.store())
    assert wire.calls()[-1] == ("GET", DRAFT)


def test_neither_token_nor_secret_passes_on_in_what_genesys_says() -> None:
    for call, seen in (("look", 0), ("make", 0), ("put", 1), ("kept", 2), ("publish", 2)):
        for status in (400, 403, 409):
            wire = Wire()
            leak = answered(status, {"code": "s3cr3t", "message": "t1 and s3cr3t"})
            made = {"made": answered(404)} if call == "make" else {}
            wire.change(FUNCTION, clearing=[wire.draft(seen), leak], **made, **{call: leak})
            with pytest.raises(GenesysCloudError) as error:
                write(wire.store())
            for text in (error.value.message, error.value.genesys_code or "", error.value.hint or ""):
                assert "s3cr3t" not in text
                assert "t1" not in text


def test_steps_are_found_in_a_list_of_all_kinds() -> None:
    bodies = [function_action(), function_action(category="Custom")]
    found = Steps([slot for body in bodies for slot in data_action.find_steps(body).slots])
    assert [slot.limit_seconds for slot in found.slots] == [15, None]
