"""The Flows: their documents, versions and ETags."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from genesys_simulator import json_text
from genesys_simulator.document_store import Change, DocumentStore
from genesys_simulator.flow_document import FlowDocument, bump_version


def _new_etag() -> str:
    return f'"{uuid.uuid4().hex}"'


@dataclass(frozen=True)
class Flow:
    """A Flow at one version.

    `body` is the document exactly as it is served. `version` is JSON text as the document has it (`12` or `"12"`), None
    if it has none.
    """

    flow_id: str
    body: bytes = field(repr=False)
    version: str | None
    name: Any = None
    etag: str = field(default_factory=_new_etag)  # opaque, so that no client can work it out from the version

    @classmethod
    def from_body(cls, flow_id: str, body: bytes) -> Self:
        """Whatever the bytes are; those that are no Flow document have no version."""
        try:
            document = FlowDocument.read(body)
        except ValueError:
            return cls(flow_id, body, None)
        return cls(flow_id, body, document.version, document.name)

    @property
    def document_id(self) -> str:
        """The Flow's id."""
        return self.flow_id

    def document(self) -> dict[str, Any]:
        """The document, parsed anew. Raises ValueError when it is none."""
        return FlowDocument.read(self.body).as_dict()


class FlowStore(DocumentStore[Flow]):
    """All Flows of the organization."""

    kind = "Flow"

    def put(self, flow_id: str, document: Mapping[str, Any] | str | bytes) -> Flow:
        """Stores a Flow, new or not. Raises ValueError for an empty id.

        Text and bytes are kept and served as they are, even if broken. A mapping without `version` gets version 1.
        """
        if isinstance(document, str):
            body = document.encode()
        else:
            body = document if isinstance(document, bytes) else _write_with_version(document)
        return self.store(Flow.from_body(flow_id, body))

    def _edited(self, document: Flow, change: Change) -> Flow:
        content = document.document()
        change(content)
        bump_version(content)
        return Flow.from_body(document.flow_id, _write_with_version(content))


def _write_with_version(document: Mapping[str, Any]) -> bytes:
    return json_text.write({**document, "version": document.get("version", 1)})
