"""Integration actions down to the wire: read and changed whole, found by name, their one timeout."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from documents import data_action
from fakes import FakeSecrets, FakeTime, FakeWire, Json, Sent, Watcher, answered
from genesys_cloud import json_text
from genesys_cloud.data_actions import MOST_PAGES, DataActionStore
from genesys_cloud.differences import differing_places
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    DataActionAmbiguous,
    DataActionNotEditable,
    DataActionNotFound,
    Forbidden,
    GenesysCloudError,
    InvalidFlowDefinition,
    OutOfTime,
    PublishRejected,
    RateLimited,
    ReadRejected,
    Unavailable,
)
from genesys_cloud.integration_action import unasked_changes
from genesys_cloud.login import Organization
from genesys_cloud.transport import pooled_session
from sessions import open_session

ID = "custom_-_8c5ef972"
ACTIONS = "/api/v2/integrations/actions"
ACTION = f"{ACTIONS}/{ID}"
REQUEST, SUCCESS = f"{ACTION}/templates/requesttemplate.vm", f"{ACTION}/templates/successtemplate.vm"
SECRET = {"client_id": "the-client", "client_secret": "s3cr3t", "region": "mypurecloud.ie"}


class Line:
    """The way to one organization; `store` makes a new invocation on it."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.wire = FakeWire(self.time)
        self.watcher = Watcher()
        http = pooled_session(4)
        http.mount("https://", self.wire)
        self.organization = Organization("default", http)

    def store(self, seconds: float = 60) -> DataActionStore:
        deadline, secrets = self.time.deadline(seconds), FakeSecrets(genesys=SECRET)
        return DataActionStore(open_session(self.organization, secrets, deadline, self.time, self.watcher))

    def sent(self, method: str) -> list[Sent]:
        return [sent for sent in self.wire.sent if sent.method == method and "oauth" not in sent.url]


def action(seconds: object = 5, version: object = 7, **others: Any) -> Json:
    """An action as a GET shows it: without its templates."""
    timeout = {} if seconds is None else {"timeoutSeconds": seconds}
    request = {
        "requestUrlTemplate": "https://crm.example/${input.id}",
        "requestTemplateUri": REQUEST,
        "requestType": "POST",
        "headers": {"X-Api-Key": "k3y"},
    }
    response = {"translationMap": {"name": "$.name"}, "translationMapDefaults": {}, "successTemplateUri": SUCCESS}
    return {
        "id": ID,
        "name": "CRM lookup",
        "integrationId": "i-1",
        "category": "CRM",
        "contract": {"input": {"inputSchema": {"type": "object"}}},
        "version": version,
        "secure": False,
        "config": {"request": request, "response": response, **timeout},
        **others,
    }


def line(*patched: Any, shown: Json | None = None, after: Json | None = None, templates: int = 2) -> Line:
    """A line on which the action can be read, patched and, if `after` is given, read back."""
    made = Line()
    made.wire.answers(ACTION, answered(200, shown or action()), *patched)
    if after is not None:
        made.wire.answers(ACTION, answered(200, after))
    made.wire.answers(REQUEST, *[answered(200, b"${input.rawRequest}")] * templates)
    made.wire.answers(SUCCESS, *[answered(200, b"${rawResult}")] * templates)
    return made


def write(on: Line, seconds: int = 10, *, time: float = 60) -> tuple[str | None, Document]:
    store = on.store(time)
    document = store.read(ID)
    data_action.find_steps(document.body).slots[0].write(seconds)
    return store.write(document), document


def patched(**others: Any) -> Any:
    """What a PATCH is answered: the action as it is now, as ever without templates."""
    return answered(200, action(10, 8, **others))


# -- read --------------------------------------------------------------------------------------------------------------


def test_an_action_is_read_with_its_contract_and_both_templates_in_their_places() -> None:
    on = line()
    document = on.store().read(ID)
    assert document.body["config"]["request"]["requestTemplate"] == "${input.rawRequest}"
    assert document.body["config"]["response"]["successTemplate"] == "${rawResult}"
    assert document.body["contract"] == action()["contract"]
    assert (document.id, document.version, document.notes) == (ID, "7", [])
    first, *templates = on.sent("GET")
    assert first.url == f"https://api.mypurecloud.ie{ACTION}?expand=contract&includeConfig=true"
    assert [(sent.url, sent.headers["Accept"]) for sent in templates] == [
        (f"https://api.mypurecloud.ie{path}", "text/plain") for path in (REQUEST, SUCCESS)
    ]


def test_the_action_is_read_before_its_templates_for_a_template_changed_in_between_must_show_as_a_conflict() -> None:
    on = line()
    on.store().read(ID)
    assert on.wire.paths()[1:] == [f"GET {ACTION}", f"GET {REQUEST}", f"GET {SUCCESS}"]


@pytest.mark.parametrize("text", ["", "\ufeff#set($x = 'ü🙂')\r\n", '"quoted"'])
def test_a_template_is_taken_as_it_is(text: str) -> None:
    on = line(templates=0)
    on.wire.answers(REQUEST, answered(200, text.encode()))
    on.wire.answers(SUCCESS, answered(200, b"x"))
    assert on.store().read(ID).body["config"]["request"]["requestTemplate"] == text


def test_a_template_that_is_not_there_and_not_spoken_of_is_left_away_and_one_in_place_is_kept() -> None:
    shown = action()
    del shown["config"]["request"]["requestTemplateUri"]
    del shown["config"]["response"]["successTemplateUri"]
    shown["config"]["response"]["successTemplate"] = "inline"
    on = line(shown=shown, templates=0)
    on.wire.answers(REQUEST, answered(404))
    on.wire.answers(SUCCESS, answered(404))
    document = on.store().read(ID)
    assert document.body == shown


def test_a_template_that_is_spoken_of_and_not_there_is_waited_for_rather_than_wiped() -> None:
    on = line(templates=0)
    on.wire.answers(REQUEST, answered(404, ININ_Correlation_Id="c"))
    with pytest.raises(Unavailable, match=r"lacks its requesttemplate\.vm") as error:
        on.store().read(ID)
    assert (error.value.http_status, error.value.correlation_id) == (404, "c")


def test_a_template_that_is_no_text_is_asked_for_again_and_not_guessed_at() -> None:
    on = line(templates=0)
    on.wire.answers(REQUEST, answered(200, b"\xff\xfe"), answered(200, b"whole"))
    on.wire.answers(SUCCESS, answered(200, b"x"))
    assert on.store().read(ID).body["config"]["request"]["requestTemplate"] == "whole"


@pytest.mark.parametrize("config", [{"timeoutSeconds": 5}, {"request": None, "response": []}])
def test_where_there_is_no_place_for_a_template_none_is_made(config: Json) -> None:
    shown = action(config=config)
    on = line(shown=copy.deepcopy(shown))
    assert on.store().read(ID).body == shown
    assert len(on.sent("GET")) == 1


SAID_TO_A_READ = [
    (403, Forbidden, "integrations:action:view is missing"),
    (400, ReadRejected, f"refuses to give integration action {ID}: because"),
    (409, Unavailable, "cannot be read just now"),
]


@pytest.mark.parametrize(
    ("path", "status", "error", "words"),
    [(path, *said) for path in (ACTION, REQUEST) for said in SAID_TO_A_READ]
    + [(ACTION, gone, DataActionNotFound, f"no integration action {ID} in this organization") for gone in (404, 410)],
)
def test_what_genesys_says_to_a_read_has_its_own_name(
    path: str, status: int, error: type[GenesysCloudError], words: str
) -> None:
    refused = answered(status, {"code": "the.code", "message": "because"}, ININ_Correlation_Id="c")
    on = Line() if path == ACTION else line(templates=0)
    on.wire.answers(path, refused)
    with pytest.raises(error) as told:
        on.store().read(ID)
    assert words in told.value.message
    assert (told.value.http_status, told.value.genesys_code, told.value.correlation_id) == (status, "the.code", "c")


def test_a_read_that_says_nothing_is_repeated_408_among_them() -> None:
    on = Line()
    on.wire.answers(ACTION, answered(408), answered(503), answered(200, b"{"), answered(200, action()))
    on.wire.answers(REQUEST, answered(200, b""))
    on.wire.answers(SUCCESS, answered(200, b""))
    assert on.store().read(ID).version == "7"
    assert on.time.slept == [0.25, 0.5, 1]


@pytest.mark.parametrize("body", [[], None, "x", b'{"id": NaN}', b"[" * 100_000])
def test_what_is_json_and_no_action_is_an_invalid_definition(body: object) -> None:
    on = Line()
    on.wire.answers(ACTION, answered(200, body))
    with pytest.raises(InvalidFlowDefinition):
        on.store().read(ID)


# -- write -------------------------------------------------------------------------------------------------------------


def test_the_whole_configuration_goes_back_with_templates_version_name_and_category_and_nothing_else() -> None:
    shown = action(secure=True, **{"unheard of": 1})
    config = shown["config"]
    config |= {"ü": "🙂", "big": 10**30, "float": 1.0, "unknown": {"b": None, "a": [1, "\ud800"]}}
    on = line(patched(), shown=shown)
    on.wire.answers(ACTION, answered(200, {**shown, "config": {**config, "timeoutSeconds": 10}, "version": 8}))
    version, document = write(on)
    assert (version, document.notes) == ("8", [])
    (patch,) = on.sent("PATCH")
    assert patch.headers["Content-Type"] == "application/json"
    sent = json.loads(patch.body)
    assert list(sent) == ["name", "category", "config", "version"]
    expected = copy.deepcopy(config)
    expected["request"]["requestTemplate"] = "${input.rawRequest}"
    expected["response"]["successTemplate"] = "${rawResult}"
    expected["timeoutSeconds"] = 10
    # As texts: 1 and 1.0, and the order of keys, are the document's own.
    assert json.dumps(sent["config"]) == json.dumps(expected)
    assert (sent["name"], sent["category"], sent["version"]) == ("CRM lookup", "CRM", 7)


@pytest.mark.parametrize("version", [7, "7"])
def test_the_version_goes_back_as_it_came_and_is_told_as_text(version: object) -> None:
    on = line(patched(), shown=action(version=version), after=action(10, 8))
    told, document = write(on)
    assert (document.version, told) == ("7", "8")
    assert json.loads(on.sent("PATCH")[0].body)["version"] == version


MISMATCH = {"code": "bad.request", "message": "Version 6 Does not match the current version 7"}


@pytest.mark.parametrize(
    ("answer", "may_be_done"),
    [
        (answered(409, {"code": "conflict", "message": "because"}), False),
        (answered(412), False),
        (answered(408, {"message": "because"}), True),
        (answered(400, MISMATCH), False),
    ],
)
def test_each_guise_of_a_version_mismatch_is_a_conflict_and_not_sent_again_by_the_store(
    answer: Any, may_be_done: bool
) -> None:
    on = line(answer)
    with pytest.raises(Conflict) as conflict:
        write(on)
    assert conflict.value.http_status == answer[0]
    assert conflict.value.may_be_done is may_be_done
    assert len(on.sent("PATCH")) == 1
    assert on.time.slept == []


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, PublishRejected, f"does not take the change of integration action {ID}: because"),
        (422, PublishRejected, "because"),
        (405, PublishRejected, "because"),
        (403, Forbidden, "integrations:action:edit is missing"),
        (404, DataActionNotFound, "is gone"),
    ],
)
def test_what_genesys_says_to_a_change_has_its_own_name(
    status: int, error: type[GenesysCloudError], words: str
) -> None:
    on = line(answered(status, {"code": "the.code", "message": "because"}, ININ_Correlation_Id="c"))
    with pytest.raises(error) as told:
        write(on)
    assert words in told.value.message
    assert (told.value.http_status, told.value.genesys_code, told.value.correlation_id) == (status, "the.code", "c")
    assert len(on.sent("PATCH")) == 1


@pytest.mark.parametrize(
    "lost", [answered(500), answered(504), answered(200, b"cut o"), answered(200), requests.ConnectionError("reset")]
)
def test_a_change_without_an_answer_is_lost_and_never_sent_again_by_the_store(lost: Any) -> None:
    on = line(lost)
    with pytest.raises(AnswerLost):
        write(on)
    assert len(on.sent("PATCH")) == 1


def test_a_throttled_or_unauthorized_change_was_not_made_and_is_sent_again() -> None:
    on = line(answered(429, Retry_After="2"), answered(401), patched(), after=action(10, 8))
    assert write(on)[0] == "8"
    assert on.time.slept == [2]
    assert on.sent("PATCH")[-1].headers["Authorization"] == "Bearer t2"


def test_without_time_left_nothing_is_sent() -> None:
    on = line()
    store = on.store(10)
    document = store.read(ID)
    on.time.now += 9.8
    with pytest.raises(OutOfTime):
        store.write(document)
    assert on.sent("PATCH") == []


# -- what is not editable ----------------------------------------------------------------------------------------------

UNEDITABLE = [
    ({"id": "static_-_1"}, "Genesys Cloud's own"),
    ({"id": "customAuth_-_1"}, "custom authentication action"),
    ({"config": None}, "config is not an object"),
    ({"config": []}, "config is not an object"),
    ({"version": None}, "no version"),
    ({"version": True}, "no version"),
]


@pytest.mark.parametrize(("fields", "words"), UNEDITABLE)
def test_what_cannot_be_edited_can_be_read_and_costs_no_call_to_refuse(fields: Json, words: str) -> None:
    on = Line()
    on.wire.answers(ACTION, answered(200, action(**fields)))
    store = on.store()
    document = store.read(ID)
    with pytest.raises(DataActionNotEditable, match=words) as error:
        store.write(document)
    assert error.value.code == "data_action_not_editable"
    assert len(on.wire.sent) == 2
    problem = data_action.find_steps(document.body).slots[0].problem
    assert problem
    assert words in problem


# -- what became of it -------------------------------------------------------------------------------------------------


def test_an_answer_that_shows_the_action_whole_is_not_asked_for_again() -> None:
    on = line(templates=1)

    def whole() -> Any:
        shown = action(10, 8)
        shown["config"]["request"]["requestTemplate"] = "${input.rawRequest}"
        shown["config"]["response"]["successTemplate"] = "${rawResult}"
        return answered(200, shown)

    on.wire.answers(ACTION, whole)
    version, document = write(on)
    assert (version, document.notes) == ("8", [])
    assert len(on.sent("GET")) == 3


def test_an_action_that_is_found_as_it_was_sent_is_read_back_and_not_spoken_of() -> None:
    on = line(patched(contract=None), after=action(10, 8))
    assert write(on)[1].notes == []
    assert len(on.sent("GET")) == 6


@pytest.mark.parametrize("answer", [answered(204), answered(200, []), answered(200, {}), answered(202, {"version": 8})])
def test_an_answer_that_says_little_is_a_success_and_looked_behind(answer: Any) -> None:
    on = line(answer, after=action(10, 8))
    version, document = write(on)
    assert version in {None, "8"}
    assert document.notes == []
    assert len(on.sent("GET")) == 6


def lose_a_template(after: Json) -> None:
    del after["config"]["request"]["requestTemplateUri"]


def lose_a_header(after: Json) -> None:
    after["config"]["request"]["headers"] = {}


def change_the_contract(after: Json) -> None:
    after["contract"]["input"]["inputSchema"]["additionalProperties"] = True


def keep_the_old_timeout(after: Json) -> None:
    after["config"]["timeoutSeconds"] = 5


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lose_a_template, "at config.request.requestTemplateUri, config.request.requestTemplate:"),
        (lose_a_header, "at config.request.headers.X-Api-Key:"),
        (change_the_contract, "at contract.input.inputSchema.additionalProperties:"),
        (keep_the_old_timeout, "at config.timeoutSeconds:"),
    ],
)
def test_what_is_found_otherwise_is_told_by_its_place_and_the_change_counts_as_made(
    change: Callable[[Json], None], place: str
) -> None:
    after = action(10, 8)
    change(after)
    on = line(patched(), after=after, templates=1)
    gone = change is lose_a_template
    on.wire.answers(REQUEST, answered(404) if gone else answered(200, b"${input.rawRequest}"))
    on.wire.answers(SUCCESS, answered(200, b"${rawResult}"))
    version, document = write(on)
    (note,) = document.notes
    assert version == "8"
    assert f"integration action {ID} is changed, but Genesys Cloud keeps it (version 8) otherwise than" in note
    assert place in note
    assert "k3y" not in note
    assert "rawRequest" not in note


def test_what_someone_else_changed_right_after_is_not_laid_at_genesyss_door() -> None:
    on = line(patched(), after=action(20, 9))
    version, document = write(on)
    (note,) = document.notes
    assert version == "8"
    assert "is changed to version 8, but stands at version 9" in note
    assert "see whether someone else meant that" in note


def test_an_action_that_is_still_shown_as_it_was_is_not_taken_for_a_change() -> None:
    version, document = write(line(patched(), after=action()))
    assert version == "8"
    (note,) = document.notes
    assert "is changed to version 8, but still shown at version 7: whether anything else" in note


def test_what_someone_else_left_alone_is_not_spoken_of() -> None:
    assert write(line(patched(), after=action(10, 9)))[1].notes == []


@pytest.mark.parametrize(
    "answer",
    [answered(403), answered(404), answered(429, Retry_After="90"), answered(200, []), answered(501), answered(500)],
)
def test_an_action_that_cannot_be_read_back_is_changed_all_the_same_and_that_is_told(answer: Any) -> None:
    on = line(patched(), *[answer] * 99)
    version, document = write(on, time=30)
    (note,) = document.notes
    assert version == "8"
    assert f"integration action {ID} is changed, but could not be read back" in note


def test_at_many_places_some_are_named() -> None:
    after = action(10, 8)
    after["config"]["request"]["headers"] |= {f"h{n}": "x" for n in range(30)}
    (note,) = write(line(patched(), after=after))[1].notes
    assert "config.request.headers.h9 and more" in note
    assert "h10" not in note


@pytest.mark.parametrize(("sent", "found"), [(None, 60), (60, None), (10, 10.0), (None, None)])
def test_a_timeout_that_holds_the_same_is_the_same(sent: object, found: object) -> None:
    documents = [Document(ID, action(seconds), None) for seconds in (sent, found)]
    assert unasked_changes(*documents, version=None) is None


def test_a_timeout_put_back_to_none_that_genesys_keeps_is_told() -> None:
    note = unasked_changes(Document(ID, action(None), "7"), Document(ID, action(10), "8"), version="8")
    assert note
    assert "config.timeoutSeconds" in note


@pytest.mark.parametrize(
    ("one", "other", "places"),
    [
        ({"a": 1, "b": None}, {"a": 1.0, "c": None}, []),
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["a[1].b"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": {}}, {"a": []}, ["a"]),
        ({"a": {}}, {}, ["a"]),
        ({"b": 1, "a": 2}, {"a": 3, "c": 4}, ["b", "a", "c"]),
        ({"x" * 500: 1}, {}, ["x" * 60]),
        (1, 2, ["all of it"]),
    ],
)
def test_two_documents_differ_at_these_places(one: object, other: object, places: list[str]) -> None:
    assert differing_places(one, other, most=9) == places


def test_documents_as_deep_as_can_be_read_are_compared() -> None:
    one, other = (json_text.parse(b'{"a":' * 5000 + leaf + b"}" * 5000) for leaf in (b"1", b"2"))
    assert differing_places(one, other, most=1) == [".".join("a" * 5000)]


# -- by name -----------------------------------------------------------------------------------------------------------


def listing(*names: str, pages: object = None, first: int = 0) -> Any:
    entities = [{"id": f"id{first + n}", "name": name, "category": "c"} for n, name in enumerate(names)]
    return answered(200, {"entities": entities, "total": 999, **({} if pages is None else {"pageCount": pages})})


def queries(on: Line) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(sent.url).query) for sent in on.sent("GET")]


def test_a_name_is_matched_exactly_over_all_pages_and_the_others_are_told() -> None:
    on = Line()
    on.wire.answers(ACTIONS, listing("Get", "get", pages=2), listing("Get", "Get ", "Getter", pages=2, first=2))
    found = on.store().named("Get")
    assert found.exact == [("id0", "Get"), ("id2", "Get")]
    assert found.near == [("id1", "get"), ("id3", "Get "), ("id4", "Getter")]
    assert [(query["name"], query["pageSize"], query["pageNumber"]) for query in queries(on)] == [
        (["Get"], ["100"], ["1"]),
        (["Get"], ["100"], ["2"]),
    ]


@pytest.mark.parametrize("end", [listing(), answered(200, {"entities": None}), answered(200, {})])
def test_without_a_page_count_the_list_ends_with_an_empty_page(end: Any) -> None:
    on = Line()
    on.wire.answers(ACTIONS, listing("A"), listing("A", first=1), end)
    assert [match.id for match in on.store().named("A").exact] == ["id0", "id1"]


def test_an_action_that_slips_from_one_page_to_the_next_is_counted_once() -> None:
    on = Line()
    on.wire.answers(ACTIONS, listing("A", pages=2), listing("A", pages=2))
    assert on.store().named("A").exact == [("id0", "A")]


@pytest.mark.parametrize("name", ["a&name=b c/ü🙂+%", "half \ud800"])
def test_a_name_stays_one_value_of_the_query(name: str) -> None:
    on = Line()
    on.wire.answers(ACTIONS, listing(name, pages=1))
    assert on.store().named(name).exact == [("id0", name)]
    assert queries(on)[0]["name"] == [name.replace("\ud800", "?")]


def test_where_no_name_holds_it_the_first_actions_of_the_organization_are_told() -> None:
    on = Line()
    on.wire.answers(ACTIONS, listing(pages=0), listing("CRM lookup", "Other", pages=7))
    found = on.store().named("CRM lokup")
    assert (found.exact, [near.name for near in found.near]) == ([], ["CRM lookup", "Other"])
    assert "name" not in queries(on)[1]


def test_a_name_that_too_many_hold_is_ambiguous_even_if_it_was_seen_once() -> None:
    on = Line()
    on.wire.answers(ACTIONS, listing("A"), *[listing(f"A{n}", first=n) for n in range(1, 99)])
    with pytest.raises(DataActionAmbiguous, match="more than 2000 integration actions have 'A'"):
        on.store().named("A")
    assert len(on.sent("GET")) == MOST_PAGES


def test_entries_without_id_or_name_are_passed_over() -> None:
    on = Line()
    odd = [None, 5, {}, {"id": 1, "name": "A"}, {"id": "x", "name": None}, {"id": "y", "name": "A"}]
    on.wire.answers(ACTIONS, answered(200, {"entities": odd, "pageCount": 1}))
    assert on.store().named("A").exact == [("y", "A")]


def test_an_answer_that_is_no_list_says_nothing() -> None:
    on = Line()
    on.wire.answers(ACTIONS, answered(200, []), answered(200, {"entities": {}}), listing("A", pages=1))
    assert len(on.store().named("A").exact) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(403, Forbidden), (400, ReadRejected), (409, Unavailable), (429, RateLimited)]
)
def test_what_genesys_says_to_a_list_has_its_own_name(status: int, error: type[GenesysCloudError]) -> None:
    on = Line()
    on.wire.answers(ACTIONS, answered(status, {"message": "because"}, Retry_After="90"))
    with pytest.raises(error) as told:
        on.store().named("A")
    assert told.value.http_status == status


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_neither_token_nor_secret_passes_on_in_anything_that_genesys_says() -> None:
    for status in (400, 403, 404, 408, 409, 422, 500):
        leak = answered(status, {"code": "s3cr3t", "message": "t1 and s3cr3t"})
        for on, run in ((Line(), "read"), (line(leak), "write"), (Line(), "list")):
            on.wire.answers(ACTION, *[leak] * 99)
            on.wire.answers(ACTIONS, *[leak] * 99)
            with pytest.raises(GenesysCloudError) as error:
                write(on, time=5) if run != "list" else on.store(5).named("A")
            for text in (error.value.message, error.value.genesys_code or "", error.value.hint or ""):
                assert "s3cr3t" not in text
                assert "t1" not in text


def test_an_action_is_not_shown_where_its_document_is() -> None:
    assert "k3y" not in repr(line().store().read(ID))


# -- the place of the timeout ------------------------------------------------------------------------------------------


def slot_of(body: Json) -> data_action.DataActionSlot:
    (slot,) = data_action.find_steps(body).slots
    assert isinstance(slot, data_action.DataActionSlot)
    return slot


@pytest.mark.parametrize("seconds", [5, 5.5, 0, None])
def test_a_timeout_is_read_where_it_stands(seconds: object) -> None:
    slot = slot_of(action(seconds))
    assert (slot.seconds, slot.problem) == (seconds, None)
    assert (slot.path, slot.id, slot.name) == ("config.timeoutSeconds", ID, "CRM lookup")
    assert slot.identity == slot_of(action(9, name="renamed")).identity


@pytest.mark.parametrize("seconds", ["5", True, [], {}])
def test_what_is_no_number_of_seconds_is_a_problem(seconds: object) -> None:
    slot = slot_of(action(seconds))
    assert (slot.seconds, slot.problem) == (None, f"config.timeoutSeconds of {ID} is not a number of seconds")


@pytest.mark.parametrize("seconds", [5, 5.5, None])
def test_an_image_put_back_leaves_exactly_what_was_there(seconds: object) -> None:
    body = action(seconds)
    before = json.dumps(body)
    slot = slot_of(body)
    image = slot.image()
    assert image == {"config": {} if seconds is None else {"timeoutSeconds": seconds}}
    slot.write(30)
    assert slot.seconds == 30
    slot_of(body).put_back(json.loads(json.dumps(image)))
    assert json.dumps(body) == before


def test_a_null_put_back_is_a_null_again() -> None:
    body = action()
    body["config"]["timeoutSeconds"] = None
    slot = slot_of(body)
    image = slot.image()
    slot.write(30)
    slot.put_back(image)
    assert (slot.seconds, slot.problem, "timeoutSeconds" in body["config"]) == (None, None, True)


@pytest.mark.parametrize("body", [{}, {"id": 5, "name": None, "config": "x"}])
def test_a_document_without_anything_has_a_place_with_a_problem(body: Json) -> None:
    slot = slot_of(body)
    assert (slot.id, slot.name, slot.seconds) == (None, None, None)
    assert slot.problem
