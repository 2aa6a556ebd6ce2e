"""The calls that Architect Flows are read and published with, and what Genesys Cloud's answers to them mean.

| call                                                      | permission               |
|-----------------------------------------------------------|--------------------------|
| `GET /api/v2/flows/{id}`                                  | `architect:flow:view`    |
| `GET /api/v2/flows/{id}/versions/{version}/configuration` | `architect:flow:view`    |
| `POST /api/v2/flows/actions/checkout?flow={id}`           | `architect:flow:edit`    |
| `POST /api/v2/flows/{id}/versions` (saves)                | `architect:flow:edit`    |
| `POST /api/v2/flows/actions/publish?flow={id}`            | `architect:flow:publish` |
| `POST /api/v2/flows/actions/revert?flow={id}`             | `architect:flow:edit`    |
| `POST /api/v2/flows/actions/checkin?flow={id}`            | `architect:flow:edit`    |

`POST /api/v2/flows/actions/unlock` is not among them, on purpose. Source: the official SDKs' models and the Architect
scripting client.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from genesys_cloud import answers, json_text
from genesys_cloud.architect_metadata import Metadata, Operation
from genesys_cloud.differences import differing_places
from genesys_cloud.document import segment
from genesys_cloud.errors import (
    Conflict,
    FlowNotFound,
    GenesysCloudError,
    InvalidFlowDefinition,
    Refusal,
)
from genesys_cloud.refusals import GONE, read_error, write_error
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

VIEW, EDIT, PUBLISH = "architect:flow:view", "architect:flow:edit", "architect:flow:publish"

Parsed = TypeVar("Parsed")

_ALL = 1_000_000
_COMPARING = threading.Lock()
"""One Flow at a time: where only a look at all of it helps, both configurations are parsed."""

_FLOWS = "/api/v2/flows"
_IN_USE_CODES = {
    "architect.flow.locked.by.user",
    "architect.flow.not.locked",
    "architect.operation.already.in.progress",
}


class Configuration(NamedTuple):
    """A Flow's configuration, and its size as text, in bytes."""

    body: dict[str, Any]
    size: int


class ArchitectCalls:
    """The calls, one by one.

    All of them raise Forbidden and FlowNotFound where Genesys says so, and Transient without a definite answer in the
    time left. Those that change something raise `Conflict` where someone else has the lock, we do not have it, or
    another operation is under way, and PublishRejected where the Flow is not taken.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def client_id(self) -> str:
        """The OAuth client that we are: whose locks are our own. Raises CredentialsUnavailable."""
        return self._session.credentials.client_id

    def without_secrets(self, text: str) -> str:
        """What Genesys Cloud says of an operation, with `***` for secret and token."""
        return self._session.without_secrets(text)

    def look(self, flow_id: str) -> Metadata:
        """The Flow as it is now, without its configuration."""
        try:
            return self._session.call("GET", _path(flow_id), parse=_parse_metadata)
        except Refusal as refusal:
            raise _read_error(refusal, flow_id) from refusal

    def configuration(self, flow_id: str, version_id: str) -> Configuration:
        """The configuration of one version; InvalidFlowDefinition if there is none, or none that can be read."""
        return self._configuration(flow_id, version_id, _parse_configuration)

    def differences(self, flow_id: str, version_id: str, sent: bytes) -> list[str]:
        """Where the configuration of one version is not what was sent; raises as `configuration` does.

        None of the two is kept as more than text: a large one takes several times as much when it is parsed.
        """
        return self._configuration(flow_id, version_id, partial(_differences, sent=sent))

    def _configuration(self, flow_id: str, version_id: str, parse: Callable[[Answer, str], Parsed]) -> Parsed:
        what = f"Flow {flow_id}: the configuration of version {version_id}"
        path = f"{_path(flow_id)}/versions/{segment(version_id)}/configuration"
        try:
            return self._session.call("GET", path, parse=lambda answer: parse(answer, what))
        except Refusal as refusal:
            if refusal.http_status in GONE:
                raise refusal.becomes(
                    InvalidFlowDefinition,
                    f"{what} is not there: {refusal.message}",
                    hint="open the Flow in Architect and publish it there once",
                ) from refusal
            raise _read_error(refusal, flow_id) from refusal

    def check_out(self, flow_id: str) -> Metadata:
        """Locks the Flow; AnswerLost where that may have been done."""
        return self._act("checkout", flow_id, EDIT, _parse_metadata, repeatable=False)

    def save(self, flow_id: str, configuration: bytes) -> None:
        """Stores a configuration as the Flow's newest version; AnswerLost where that may have been done."""
        path = f"{_path(flow_id)}/versions"
        self._post(path, flow_id, EDIT, _no_matter_what, body=configuration, repeatable=False)

    def publish(self, flow_id: str) -> Operation:
        """Starts publishing what was saved; AnswerLost where that may have been done."""
        return self._act("publish", flow_id, PUBLISH, _parse_operation, repeatable=False)

    def revert(self, flow_id: str) -> Metadata | None:
        """Drops what was saved and not checked in, and as a rule the lock; the Flow as it is then, where it is told."""
        return self._act("revert", flow_id, EDIT, _parse_metadata_if_any, repeatable=True)

    def check_in(self, flow_id: str) -> None:
        """Starts to give back the lock."""
        self._act("checkin", flow_id, EDIT, _no_matter_what, repeatable=True)

    def _act(
        self, verb: str, flow_id: str, permission: str, parse: Callable[[Answer], Parsed], *, repeatable: bool
    ) -> Parsed:
        path = f"{_FLOWS}/actions/{verb}?flow={segment(flow_id)}"
        return self._post(path, flow_id, permission, parse, repeatable=repeatable)

    def _post(
        self,
        path: str,
        flow_id: str,
        permission: str,
        parse: Callable[[Answer], Parsed],
        *,
        body: bytes | None = None,
        repeatable: bool,
    ) -> Parsed:
        try:
            return self._session.call(
                "POST", path, parse=parse, body=body, repeatable=repeatable, is_conflict=_is_in_use
            )
        except Conflict:
            raise
        except Refusal as refusal:
            raise write_error(
                refusal,
                f"Flow {flow_id}",
                unknown=FlowNotFound,
                permission=permission,
                verb="publish",
                hint="open the Flow in Architect and validate it there",
            ) from refusal


def _path(flow_id: str) -> str:
    return f"{_FLOWS}/{segment(flow_id)}"


def _parse_configuration(answer: Answer, what: str) -> Configuration:
    size = len(answer.body)
    body = json_text.parse(answer.take_body())
    if not isinstance(body, dict):
        raise InvalidFlowDefinition(f"{what} is not an object")
    return Configuration(body, size)


def _differences(answer: Answer, what: str, *, sent: bytes) -> list[str]:
    if answer.body == sent:
        return []
    with _COMPARING:
        found = _parse_configuration(answer, what).body
        if json_text.dump(found) == sent:
            return []
        return differing_places(json_text.parse(sent), found, most=_ALL)


def _parse_metadata(answer: Answer) -> Metadata:
    return Metadata.parse(json_text.parse(answer.body))


def _parse_metadata_if_any(answer: Answer) -> Metadata | None:
    try:
        return _parse_metadata(answer)
    except (ValueError, InvalidFlowDefinition):
        return None


def _parse_operation(answer: Answer) -> Operation:
    return Operation.parse(json_text.parse(answer.body))


def _no_matter_what(_: Answer) -> None:
    """It was done, which is all that counts."""


def _is_in_use(answer: Answer) -> bool:
    """How a lock, its lack or another operation is told: 409 as a rule, and a code of its own whatever the status."""
    if answer.status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.LOCKED}:
        return True
    return answer.status == HTTPStatus.BAD_REQUEST and (
        answers.refusal(answer, hidden=()).genesys_code in _IN_USE_CODES
    )


def _read_error(refusal: Refusal, flow_id: str) -> GenesysCloudError:
    return read_error(
        refusal,
        f"Flow {flow_id}",
        unknown=FlowNotFound,
        permission=VIEW,
        hint="check flow_id and organization",
    )
