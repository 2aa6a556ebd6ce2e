"""Which document each request names; integration actions that are named by their name are looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from documents.kinds import DocumentKey, Kind
from genesys_cloud.catalogue import EVERYTHING
from genesys_cloud.data_actions import NamedActions
from genesys_cloud.errors import GenesysCloudError
from not_found import MOST_NAMES, nearest
from rejection import Rejection
from timeout_request import TimeoutRequest

LookUp = Callable[[list[tuple[str, str]]], Mapping[tuple[str, str], NamedActions | GenesysCloudError]]
"""From (organization, name) to what there is by that name, side by side."""


def locate(
    requests: Mapping[int, TimeoutRequest], look_up: LookUp, flow_kind: Callable[[str], Kind]
) -> tuple[dict[int, DocumentKey], dict[int, GenesysCloudError]]:
    """The document of each request by its index, and why there is none.

    Args:
        look_up: is asked once, for each name once; not at all where no request has one.
        flow_kind: which kind of Flows an organization has.
    """
    names = list(
        dict.fromkeys(
            (request.organization, request.data_action_name)
            for request in requests.values()
            if request.data_action_name is not None
        )
    )
    found = look_up(names) if names else {}
    roots: dict[int, DocumentKey] = {}
    errors: dict[int, GenesysCloudError] = {}
    for index, request in requests.items():
        key = _key(request, found, flow_kind)
        if isinstance(key, DocumentKey):
            roots[index] = key
        else:
            errors[index] = key
    return roots, errors


def _key(
    request: TimeoutRequest,
    found: Mapping[tuple[str, str], NamedActions | GenesysCloudError],
    flow_kind: Callable[[str], Kind],
) -> DocumentKey | GenesysCloudError:
    if request.flow_id is not None:
        return DocumentKey(request.organization, flow_kind(request.organization), request.flow_id)
    if request.data_action_id is not None:
        return DocumentKey(request.organization, Kind.DATA_ACTION, request.data_action_id)
    if request.data_action_name is None:
        return DocumentKey(request.organization, Kind.CATALOGUE, EVERYTHING)
    name = request.data_action_name
    named = found[request.organization, name]
    if isinstance(named, GenesysCloudError):
        return named
    if len(named.exact) == 1:
        return DocumentKey(request.organization, Kind.DATA_ACTION, named.exact[0].id)
    return _ambiguous(name, named) if named.exact else _unknown(name, named)


def _ambiguous(name: str, named: NamedActions) -> Rejection:
    ids = ", ".join(action.id for action in named.exact[:MOST_NAMES])
    unshown = len(named.exact) - MOST_NAMES
    return Rejection(
        "data_action_ambiguous",
        f"{len(named.exact)} integration actions are called {name!r}: {ids}"
        + (f" and {unshown} more" if unshown > 0 else ""),
        hint="name the one that is meant by data_action_id",
    )


def _unknown(name: str, named: NamedActions) -> Rejection:
    names = nearest(name, (action.name for action in named.near))
    there_are = f"there are, nearest first: {', '.join(map(repr, names))}" if names else "there is none at all"
    return Rejection(
        "data_action_not_found",
        f"no integration action is called {name!r}; {there_are}",
        hint="names match exactly, case and blanks included",
    )
