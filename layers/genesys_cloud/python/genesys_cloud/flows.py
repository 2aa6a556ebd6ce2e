"""Flows by the publish protocol (`flow_api: publish`): read whole, published whole, guarded by version and ETag.

| call                                    | permission   |
|-----------------------------------------|--------------|
| `GET /api/v2/flows/{flowId}`            | `view:flow`  |
| `PUT /api/v2/flows/{flowId}/publish`    | `admin:flow` |
"""

from __future__ import annotations

import re
from http import HTTPStatus

from genesys_cloud import json_text
from genesys_cloud.document import Document, segment, version_of
from genesys_cloud.errors import (
    Conflict,
    FlowNotFound,
    InvalidFlowDefinition,
    Refusal,
)
from genesys_cloud.refusals import read_error, write_error
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

_ETAG = re.compile(r"[\x21-\x7e]+")


class FlowStore:
    """Reads and publishes Flows of one organization."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, flow_id: str) -> Document:
        """The published Flow.

        Raises:
            FlowNotFound, Forbidden, FlowLocked, ReadRejected: Genesys says no.
            InvalidFlowDefinition: what came is no Flow.
            Transient: no definite answer in the time left.
        """
        etag: str | None = None
        size = 0

        def parse(answer: Answer) -> object:
            nonlocal etag, size
            size = len(answer.body)
            etag = answer.headers.get("ETag", "")
            etag = etag if _ETAG.fullmatch(etag) else None
            return json_text.parse(answer.take_body())

        try:
            body = self._session.call("GET", _path(flow_id), parse=parse)
        except Refusal as refusal:
            raise read_error(
                refusal,
                f"Flow {flow_id}",
                unknown=FlowNotFound,
                permission="view:flow",
                hint="check flow_id and organization",
            ) from refusal
        if not isinstance(body, dict) or "steps" not in body:
            lacks = "it has no steps" if isinstance(body, dict) else "it is not an object"
            raise InvalidFlowDefinition(
                f"Flow {flow_id}: what Genesys Cloud sent is no Flow: {lacks}",
                hint="a Flow of the publish protocol is an object with steps; does the organization speak another one?",
            )
        return Document(flow_id, body, version_of(body), etag, size=size)

    def write(self, document: Document) -> str | None:
        """Publishes the Flow and returns its new version, None where the answer names none.

        It takes the document's body, whose text is a quarter of its size, and which may be under way for long.

        Raises:
            Conflict: someone published since it was read.
            AnswerLost: it may or may not have been done.
            PublishRejected, Forbidden, FlowNotFound, FlowLocked: Genesys says no.
            Transient: not sent, or no definite answer in the time left.
        """
        headers = {"If-Match": document.etag} if document.etag else {}
        path = f"{_path(document.id)}/publish"
        body = json_text.dump(document.body)
        document.body = {}
        try:
            return self._session.call("PUT", path, parse=_new_version, body=body, headers=headers, repeatable=False)
        except Conflict:
            raise
        except Refusal as refusal:
            raise write_error(
                refusal,
                f"Flow {document.id}",
                unknown=FlowNotFound,
                permission="admin:flow",
                verb="publish",
                hint="open the Flow in Genesys Cloud and validate it there",
            ) from refusal


def _path(flow_id: str) -> str:
    return f"/api/v2/flows/{segment(flow_id)}"


def _new_version(answer: Answer) -> str | None:
    if answer.status == HTTPStatus.NO_CONTENT:  # done, and nothing said of the version
        return None
    try:
        body = json_text.parse(answer.body)
    except InvalidFlowDefinition:  # this is no Flow but an answer, and it says nothing: the Flow has to be looked at
        raise ValueError("the answer cannot be read") from None
    return version_of(body) if isinstance(body, dict) else None
