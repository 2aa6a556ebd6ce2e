"""Which Flows a request concerns: its own and, with `include_subflows`, those it leads to, however far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from documents.flow import SubflowReference, find_steps
from genesys_cloud.errors import GenesysCloudError
from genesys_cloud.flows import Document
from timeout_request import TimeoutRequest

FlowKey = tuple[str, str]
"""Organization and Flow id."""

ReadAll = Callable[[Sequence[FlowKey]], dict[FlowKey, Document | GenesysCloudError]]


@dataclass
class Scope:
    """The Flows of one request.

    Attributes:
        named_by: each Flow's id, the request's own first, with the step that leads to it.
    """

    named_by: dict[str, str] = field(default_factory=dict)

    @property
    def flow_ids(self) -> list[str]:
        """Each Flow once."""
        return list(self.named_by)


def explore(
    requests: Sequence[tuple[int, TimeoutRequest]], read_all: ReadAll
) -> tuple[dict[FlowKey, Document | GenesysCloudError], dict[int, Scope]]:
    """Follows the references of requests with `include_subflows`, level by level, each Flow read once.

    Returns:
        What was read on the way, and the scope of each request by its index.
    """
    documents: dict[FlowKey, Document | GenesysCloudError] = {}
    references: dict[FlowKey, list[SubflowReference]] = {}
    frontier = list(
        dict.fromkeys((request.organization, request.flow_id) for _, request in requests if request.include_subflows)
    )
    while frontier:
        documents |= read_all(frontier)
        discovered: dict[FlowKey, None] = {}
        for key in frontier:
            document = documents[key]
            references[key] = [] if isinstance(document, GenesysCloudError) else find_steps(document.body).subflows
            discovered |= dict.fromkeys((key[0], reference.flow_id) for reference in references[key])
        frontier = [key for key in discovered if key not in documents]
    return documents, {index: _scope(request, references) for index, request in requests}


def _scope(request: TimeoutRequest, references: dict[FlowKey, list[SubflowReference]]) -> Scope:
    scope = Scope({request.flow_id: "the request"})
    if request.include_subflows:
        pending = [request.flow_id]
        while pending:
            flow_id = pending.pop(0)
            for reference in references[request.organization, flow_id]:
                if reference.flow_id not in scope.named_by:
                    scope.named_by[reference.flow_id] = f"{reference.path} of Flow {flow_id}"
                    pending.append(reference.flow_id)
    return scope
