"""Which documents a request concerns: its own and, with `include_subflows`, the Flows it leads to, however far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from documents.kinds import DocumentKey
from documents.steps import SubflowReference
from genesys_cloud.document import Document
from genesys_cloud.errors import GenesysCloudError
from timeout_request import TimeoutRequest

ReadAll = Callable[[Sequence[DocumentKey]], dict[DocumentKey, Document | GenesysCloudError]]


@dataclass(frozen=True)
class Scope:
    """The documents of one request.

    Attributes:
        root: the one that the request itself names.
        named_by: each of them, the root first, with the step that leads to it.
    """

    root: DocumentKey
    named_by: dict[DocumentKey, str]

    @property
    def keys(self) -> list[DocumentKey]:
        """Each document once."""
        return list(self.named_by)


def explore(
    requests: Mapping[int, TimeoutRequest], roots: Mapping[int, DocumentKey], read_all: ReadAll
) -> tuple[dict[DocumentKey, Document | GenesysCloudError], dict[int, Scope]]:
    """Follows the references of requests with `include_subflows`, level by level, each Flow read once.

    Args:
        requests: by their index.
        roots: the document that each of them names.

    Returns:
        What was read on the way, and the scope of each request by its index.
    """
    documents: dict[DocumentKey, Document | GenesysCloudError] = {}
    references: dict[DocumentKey, list[SubflowReference]] = {}
    frontier = list(dict.fromkeys(roots[index] for index, request in requests.items() if request.include_subflows))
    while frontier:
        documents |= read_all(frontier)
        discovered: dict[DocumentKey, None] = {}
        for key in frontier:
            document = documents[key]
            readable = None if isinstance(document, GenesysCloudError) else document
            references[key] = key.nature.find_steps(readable).subflows if readable else []
            discovered |= dict.fromkeys(_leads_to(key, reference) for reference in references[key])
        frontier = [key for key in discovered if key not in documents]
    return documents, {
        index: _scope(roots[index], references if request.include_subflows else {})
        for index, request in requests.items()
    }


def _scope(root: DocumentKey, references: Mapping[DocumentKey, list[SubflowReference]]) -> Scope:
    scope = Scope(root, {root: "the request"})
    pending = [root]
    while pending:
        key = pending.pop(0)
        for reference in references.get(key, []):
            found = _leads_to(key, reference)
            if found not in scope.named_by:
                scope.named_by[found] = f"{reference.path} of {key}"
                pending.append(found)
    return scope


def _leads_to(key: DocumentKey, reference: SubflowReference) -> DocumentKey:
    return key._replace(id=reference.flow_id)
