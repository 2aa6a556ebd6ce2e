"""No id leaves its place in a path, and no answer leads to another host: seen on a real line, below all libraries.

`requests` unquotes what need not be quoted and urllib3 takes `..` out of paths, so that only the line itself tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakes import FakeSecrets, FakeTime, Watcher
from genesys_cloud.architect_calls import ArchitectCalls
from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.dependencies import CONSUMERS, users_of
from genesys_cloud.document import Document
from genesys_cloud.errors import GenesysCloudError, InvalidFlowDefinition
from genesys_cloud.flows import FlowStore
from genesys_cloud.function_calls import DraftCalls
from genesys_cloud.login import Organization
from genesys_cloud.session import Session
from genesys_cloud.transport import pooled_session
from hostile_server import HostileServer
from sessions import open_session

FLOWS, ACTIONS = "/api/v2/flows", "/api/v2/integrations/actions"
GOOD_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,128}")


class Line:
    """A Genesys Cloud on this machine that says `answer` to every call, and what came to it."""

    def __init__(self) -> None:
        self.answer: Any = {}
        self.headers = ""
        self.status = "200 OK"
        self.server = HostileServer(self._script, keeps_connections=True)
        self._http = pooled_session(4)

    def _script(self, head: bytes) -> Iterator[bytes]:
        login = head.startswith(b"POST /oauth/token ")
        body = json.dumps({"access_token": "t", "expires_in": 3600} if login else self.answer).encode()
        status, headers = ("200 OK", "") if login else (self.status, self.headers)
        yield f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def session(self) -> Session:
        self.server.heads.clear()
        secret = {"client_id": "c", "client_secret": "s", "base_url": self.server.url}
        time = FakeTime()
        return open_session(
            Organization("default", self._http), FakeSecrets(genesys=secret), time.deadline(60), time, Watcher()
        )

    def targets(self) -> list[str]:
        """What was called, without the login."""
        lines = [line.split(" ", 1) for line in self.server.request_lines]
        return [target for method, target in lines if (method, target) != ("POST", "/oauth/token")]

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    made = Line()
    with made.server:
        yield made
        made.close()


NASTY = [
    *[".", "..", "...", ".. ", "../x", "..%2f", "%2e%2e", "%2E%2E%2F", "..;", "..\\", "a/../b", "/", "//evil.example"],
    *[
        "",
        " ",
        "?",
        "#",
        "f?x=y",
        "f#g",
        "f%00",
        "f\x00",
        "f\r\nX: y",
        "\ud800",
        "é",
        "\u2025",
        "\u202eevil",
        "a" * 129,
    ],
    *["f\n", "\n..", "\uff0e\uff0e", "a" * 1_000_000],
]
ANY_ID = st.sampled_from(NASTY) | st.text(alphabet="./%2eE-_;?#\\ aZ\u2024\uff0e", max_size=6) | st.text(max_size=8)
ACCEPTED_ID = st.from_regex(GOOD_ID, fullmatch=True) | st.sampled_from(["...", "-", "_", ".a", "a.", "..a", "a.."])


@settings(max_examples=25)
@given(ACCEPTED_ID)
def test_an_id_that_a_request_may_have_is_a_segment_of_its_own(line: Line, the_id: str) -> None:
    session = line.session()
    line.answer = {"id": the_id, "steps": [], "version": 1, "config": {}, "category": "x"}
    FlowStore(session).read(the_id)
    FlowStore(session).write(Document(the_id, {"steps": []}, "1"))
    ArchitectCalls(session).look(the_id)
    ArchitectCalls(session).configuration(the_id, the_id)
    ArchitectCalls(session).save(the_id, b"{}")
    DataActionStore(session).timeout_of(the_id)
    DraftCalls(session, the_id).template("requesttemplate.vm")
    assert line.targets() == [
        f"{FLOWS}/{the_id}",
        f"{FLOWS}/{the_id}/publish",
        f"{FLOWS}/{the_id}",
        f"{FLOWS}/{the_id}/versions/{the_id}/configuration",
        f"{FLOWS}/{the_id}/versions",
        f"{ACTIONS}/{the_id}?includeConfig=true",
        f"{ACTIONS}/{the_id}/draft/templates/requesttemplate.vm",
    ]


@given(ANY_ID)
def test_an_id_from_anywhere_is_such_a_segment_or_is_not_asked_for(line: Line, the_id: str) -> None:
    session = line.session()
    line.answer = {"steps": [], "id": "operation", "version": 1, "config": {}}
    calls: list[Callable[[], object]] = [
        lambda: FlowStore(session).read(the_id),
        lambda: FlowStore(session).write(Document(the_id, {"steps": []}, "1")),
        lambda: DataActionStore(session).read(the_id),
        lambda: DataActionStore(session).write(Document(the_id, {"id": "c", "version": 1, "config": {}}, "1")),
        lambda: ArchitectCalls(session).configuration("f", the_id),
        lambda: ArchitectCalls(session).look(the_id),
        lambda: ArchitectCalls(session).check_out(the_id),
        lambda: ArchitectCalls(session).publish(the_id),
        lambda: DraftCalls(session, the_id).look(),
    ]
    asked_for = GOOD_ID.fullmatch(the_id) is not None
    for call in calls:
        seen = len(line.targets())
        if asked_for:
            call()
            assert len(line.targets()) > seen
        else:
            with pytest.raises(InvalidFlowDefinition, match="is not an id that could be asked for"):
                call()
            assert len(line.targets()) == seen
    for target in line.targets():
        path, _, query = target.partition("?")
        assert the_id in path.split("/") or parse_qs(query)["flow"] == [the_id]


@settings(max_examples=40)
@given(ANY_ID, st.text(max_size=10) | st.sampled_from(NASTY))
@example("..", "&pageNumber=9#")
def test_what_a_list_says_leads_to_an_action_or_nowhere(line: Line, found_id: str, name: str) -> None:
    session = line.session()
    line.answer = {"entities": [{"id": found_id, "name": name}], "pageCount": 1, "nextUri": "//evil.example/"}
    named = DataActionStore(session).named(name)
    users_of(session, found_id)
    listing, *consumers = [urlsplit(target) for target in line.targets()]
    assert listing.path == ACTIONS
    assert [asked.path for asked in consumers] == ([CONSUMERS] if GOOD_ID.fullmatch(found_id) else [])
    assert all(parse_qs(asked.query)["id"] == [found_id] for asked in consumers)
    wanted = name.encode(errors="replace").decode()
    assert parse_qs(listing.query, keep_blank_values=True)["name"] == [wanted]
    assert [action.id for action in named.exact] == [found_id]


# -- answers that point elsewhere --------------------------------------------------------------------------------------

LINKS = ["selfUri", "nextUri", "nextPage", "firstUri", "requestTemplateUri", "successTemplateUri", "redirect", "_links"]

READS: list[Callable[[Session], object]] = [
    lambda session: FlowStore(session).read("f"),
    lambda session: DataActionStore(session).read("a"),
    lambda session: DataActionStore(session).named("a"),
    lambda session: ArchitectCalls(session).configuration("f", "1"),
]


def pointing_to(url: str) -> dict[str, Any]:
    links = dict.fromkeys(LINKS, url)
    parts = {"request": {**links}, "response": {**links}}
    return {"steps": [], "version": 1, "category": "Function Data Actions", **links, "config": {**links, **parts}}


@pytest.mark.parametrize(
    "status", ["200 OK", "201 Created", "300 X", "301 X", "302 X", "303 X", "307 X", "308 X", "401 X"]
)
def test_no_answer_leads_to_another_host(line: Line, status: str) -> None:
    with HostileServer(lambda _: iter([])) as elsewhere:
        line.status = status
        line.headers = "".join(
            f"{name}: {value}\r\n"
            for name, value in {
                "Location": f"{elsewhere.url}/oauth/token",
                "Content-Location": elsewhere.url,
                "Refresh": f"0; url={elsewhere.url}",
                "Link": f'<{elsewhere.url}>; rel="next"',
                "Alt-Svc": f'h2="{urlsplit(elsewhere.url).netloc}"',
            }.items()
        )
        line.answer = pointing_to(elsewhere.url)
        try:
            for read in READS:
                session = line.session()
                told = ""
                try:
                    read(session)
                except GenesysCloudError as error:
                    told = error.message
                assert elsewhere.url not in told
                assert line.targets()
        finally:
            line.status, line.headers = "200 OK", ""
        assert elsewhere.connections == 0
