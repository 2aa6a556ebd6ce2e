"""What became of one document, request by request: all alike, some spared, or in parts that went apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, groupby

from changes import Change, DocumentChange
from genesys_cloud.errors import GenesysCloudError
from timeout_request import TimeoutRequest

Indexed = tuple[int, TimeoutRequest]
"""A request with its place among all of the invocation."""


@dataclass(frozen=True)
class Result:
    """What became of one document.

    Attributes:
        by_request: per request's index what was done, or why not.
    """

    by_request: dict[int, Change | GenesysCloudError]
    publish_attempts: int = 0

    @classmethod
    def of(cls, requests: Iterable[Indexed], ended: Change | GenesysCloudError, publish_attempts: int = 0) -> Result:
        """The same for all requests."""
        return cls({index: ended for index, _ in requests}, publish_attempts)


def spared(change: DocumentChange, requests: Iterable[Indexed], error: GenesysCloudError) -> Result:
    """The error for those who needed the publish; whoever needed none is served by what was read."""
    by_request: dict[int, Change | GenesysCloudError] = {}
    for index, request in requests:
        planned = change.planned
        needs_publish = planned is not None and (
            any(step.changed for step in planned.plan.changes.get(index, ())) or index in planned.plan.leaning
        )
        by_request[index] = error if planned is None or (request.writes and needs_publish) else planned
    return Result(by_request, change.publish_attempts)


def halves(requests: Iterable[Indexed]) -> list[list[Indexed]]:
    """The requests in two halves, in order, neighbours that want the same together; in one, if all want the same."""
    alike = [list(run) for _, run in groupby(requests, key=lambda item: _wish(item[1]))]
    middle = len(alike) // 2
    return [list(chain.from_iterable(half)) for half in (alike[:middle], alike[middle:]) if half]


def _wish(request: TimeoutRequest) -> TimeoutRequest:
    """The request without what makes it this one among others that want the same."""
    return replace(request, request_id="", requested_by=None, reason=None)


def joined(parts: Iterable[Result], attempts_before: int) -> Result:
    """The parts as one, with the attempts to publish that were made before they went apart."""
    whole = Result({}, attempts_before)
    for part in parts:
        whole = Result(whole.by_request | part.by_request, whole.publish_attempts + part.publish_attempts)
    return whole
