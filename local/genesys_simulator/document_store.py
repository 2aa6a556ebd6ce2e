"""Documents with versions, and the people who edit them while a client looks away."""

import threading
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

Change = Callable[[dict[str, Any]], object]
"""What another person does to a document: changes it, parsed, in place."""


class UnknownDocument(KeyError):
    """There is no document of that id; its one argument says so, and which there are."""


class StoredDocument(Protocol):
    """A document at one version; it never changes, a later version is another one."""

    @property
    def document_id(self) -> str:
        """By which it is found."""


_Document = TypeVar("_Document", bound=StoredDocument)


@dataclass(frozen=True)
class Edition(Generic[_Document]):
    """A version as it was stored, and whether a client did that, or anybody else."""

    document: _Document
    by_client: bool


class DocumentStore(ABC, Generic[_Document]):
    """All documents of one `kind`. Every method is atomic."""

    kind: ClassVar[str]
    """What a document is called, in messages to people."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._documents: dict[str, _Document] = {}
        self._edits: dict[str, deque[Change]] = defaultdict(deque)
        self._editions: dict[str, list[Edition[_Document]]] | None = None

    @abstractmethod
    def _edited(self, document: _Document, change: Change) -> _Document:
        """What the document becomes when another person changes it: the version moves on."""

    def store(self, document: _Document) -> _Document:
        """Stores a document, new or not. Raises ValueError for an empty id."""
        if not document.document_id:
            message = f"the id of a document ({self.kind}) must not be empty"
            raise ValueError(message)
        with self._lock:
            self._keep(document, by_client=False)
        return document

    def has(self, document_id: str) -> bool:
        """Whether there is such a document."""
        with self._lock:
            return document_id in self._documents

    def get(self, document_id: str) -> _Document:
        """A document as it is now. Raises UnknownDocument, naming those that exist."""
        with self._lock:
            if document_id not in self._documents:
                known = ", ".join(sorted(self._documents)) or "none"
                message = f"no {self.kind} {document_id!r}; there are: {known}"
                raise UnknownDocument(message)
            return self._documents[document_id]

    def all(self) -> list[_Document]:
        """Every document, in the order of their first storing."""
        with self._lock:
            return list(self._documents.values())

    def read(self, document_id: str) -> _Document:
        """A document as a client reads it; right afterwards the next waiting edit takes place.

        Raises UnknownDocument.
        """
        with self._lock:
            document = self.get(document_id)
            if self._edits[document_id]:
                self.edit(document_id, self._edits[document_id].popleft())
            return document

    def edit(self, document_id: str, change: Change) -> _Document:
        """Another person changes the document: the version moves on. Raises UnknownDocument."""
        with self._lock:
            return self.store(self._edited(self.get(document_id), change))

    def edit_after_read(self, document_id: str, change: Change, times: int) -> None:
        """The same, but right after each of the next `times` reads by a client. Raises UnknownDocument, ValueError."""
        if type(times) is not int or times < 1:
            message = f"times must be an integer of at least 1, not {times!r}"
            raise ValueError(message)
        with self._lock:
            self.get(document_id)
            self._edits[document_id].extend([change] * times)

    def replace(self, old: _Document, new: _Document) -> bool:
        """Stores `new` if `old` is still what is stored; whether it did."""
        with self._lock:
            if self._documents.get(old.document_id) is not old:
                return False
            self._keep(new, by_client=True)
            return True

    def add(self, document: _Document) -> bool:
        """Stores a document if there is none of its id; whether it did."""
        with self._lock:
            if document.document_id in self._documents:
                return False
            self.store(document)
            return True

    def remove(self, document: _Document) -> bool:
        """Removes a document if it is still what is stored; whether it did."""
        with self._lock:
            if self._documents.get(document.document_id) is not document:
                return False
            del self._documents[document.document_id]
            return True

    def keep_editions(self) -> None:
        """From now on every version is kept, whatever memory that takes."""
        with self._lock:
            each = self._documents.items()
            self._editions = {document_id: [Edition(document, by_client=False)] for document_id, document in each}

    def editions(self, document_id: str) -> list[Edition[_Document]]:
        """Every version since `keep_editions`, oldest first."""
        with self._lock:
            return list((self._editions or {}).get(document_id, []))

    def clear(self) -> None:
        """Forgets every document and every waiting edit."""
        with self._lock:
            self._documents.clear()
            self._edits.clear()
            self._editions = None

    def _keep(self, document: _Document, *, by_client: bool) -> None:
        self._documents[document.document_id] = document
        if self._editions is not None:
            self._editions.setdefault(document.document_id, []).append(Edition(document, by_client))
