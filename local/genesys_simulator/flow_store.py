"""The Flows: their documents, versions and ETags, and the people who edit them while a client looks away."""

import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from genesys_simulator import json_text
from genesys_simulator.flow_document import FlowDocument, bump_version

Change = Callable[[dict[str, Any]], object]
"""What another person does to a Flow: changes the parsed document in place."""


class UnknownFlow(KeyError):
    """There is no Flow of that id; its one argument says so, and which there are."""


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

    def document(self) -> dict[str, Any]:
        """The document, parsed anew. Raises ValueError when it is none."""
        return FlowDocument.read(self.body).as_dict()


class FlowStore:
    """All Flows of the organization. Every method is atomic."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._flows: dict[str, Flow] = {}
        self._edits: dict[str, deque[Change]] = defaultdict(deque)

    def put(self, flow_id: str, document: Mapping[str, Any] | str | bytes) -> Flow:
        """Stores a Flow, new or not. Raises ValueError for an empty id.

        Text and bytes are kept and served as they are, even if broken. A mapping without `version` gets version 1.
        """
        if not flow_id:
            message = "a Flow's id must not be empty"
            raise ValueError(message)
        if isinstance(document, str):
            body = document.encode()
        elif isinstance(document, bytes):
            body = document
        else:
            body = json_text.write({**document, "version": document.get("version", 1)})
        flow = Flow.from_body(flow_id, body)
        with self._lock:
            self._flows[flow_id] = flow
        return flow

    def get(self, flow_id: str) -> Flow:
        """A Flow as it is now. Raises UnknownFlow, naming the Flows that exist."""
        with self._lock:
            if flow_id not in self._flows:
                message = f"no Flow {flow_id!r}; there are: {', '.join(sorted(self._flows)) or 'none'}"
                raise UnknownFlow(message)
            return self._flows[flow_id]

    def all(self) -> list[Flow]:
        """Every Flow, in the order of their first storing."""
        with self._lock:
            return list(self._flows.values())

    def read(self, flow_id: str) -> Flow:
        """A Flow as a client reads it; right afterwards the next waiting edit takes place. Raises UnknownFlow."""
        with self._lock:
            flow = self.get(flow_id)
            if self._edits[flow_id]:
                self.edit(flow_id, self._edits[flow_id].popleft())
            return flow

    def edit(self, flow_id: str, change: Change) -> Flow:
        """Another person changes the Flow and publishes it: the version moves on. Raises UnknownFlow."""
        with self._lock:
            document = self.get(flow_id).document()
            change(document)
            bump_version(document)
            return self.put(flow_id, document)

    def edit_after_read(self, flow_id: str, change: Change, times: int) -> None:
        """The same, but right after each of the next `times` reads by a client. Raises UnknownFlow, ValueError."""
        if type(times) is not int or times < 1:
            message = f"times must be an integer of at least 1, not {times!r}"
            raise ValueError(message)
        with self._lock:
            self.get(flow_id)
            self._edits[flow_id].extend([change] * times)

    def replace(self, old: Flow, new: Flow) -> bool:
        """Stores `new` if `old` is still what is stored; whether it did."""
        with self._lock:
            if self._flows.get(old.flow_id) is not old:
                return False
            self._flows[old.flow_id] = new
            return True

    def clear(self) -> None:
        """Forgets every Flow and every waiting edit."""
        with self._lock:
            self._flows.clear()
            self._edits.clear()
