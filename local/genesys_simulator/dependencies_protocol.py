"""Dependency tracking: which Flows use an action. Computed from the Architect Flows there are, so it is never stale."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from genesys_simulator import json_text
from genesys_simulator.architect_configuration import CONSUMED_TYPES, called_actions
from genesys_simulator.architect_description import PATH as FLOWS_PATH
from genesys_simulator.architect_flow import ArchitectFlow, Version
from genesys_simulator.messages import Refusal, Request, Response
from genesys_simulator.paging import page
from genesys_simulator.routes import Route
from genesys_simulator.settings import VIEW_DEPENDENCIES
from genesys_simulator.state import State

PATH = "/api/v2/architect/dependencytracking/consumingresources"

_VERSIONS: Mapping[str | None, Callable[[ArchitectFlow], tuple[Version | None, ...]]] = {
    "published": lambda flow: (flow.published,),
    "checkedIn": lambda flow: (flow.checked_in,),
    None: lambda flow: (flow.published, flow.checked_in),
}
"""flowFilter -> the versions of a Flow that count."""


def _list_consuming_resources(state: State, request: Request, values: Mapping[str, str]) -> Response:
    kind, flow_filter = request.query.get("objectType"), request.query.get("flowFilter")
    if "action_id" not in values:
        raise Refusal(400, "The query must have an id.")
    if kind is None or kind not in CONSUMED_TYPES.values():
        known = ", ".join(CONSUMED_TYPES.values())
        raise Refusal(400, f"objectType must be one of {known} (here), not {kind}.", code="invalid.value")
    if flow_filter not in _VERSIONS:
        raise Refusal(400, f"flowFilter must be checkedIn or published, not {flow_filter}.", code="invalid.value")
    consumed = (kind, values["action_id"])
    found = [found for flow in state.architect.all() for found in _consuming(flow, consumed, _VERSIONS[flow_filter])]
    content = page(request, found, lambda each: each)
    return Response(200, json_text.write({**content, "selfUri": f"{PATH}?id={values['action_id']}&objectType={kind}"}))


def _consuming(
    flow: ArchitectFlow, consumed: tuple[str, str], versions: Callable[[ArchitectFlow], tuple[Version | None, ...]]
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for version in versions(flow):
        if version is None or version.version_id in seen:
            continue
        seen.add(version.version_id)
        try:
            called = called_actions(json_text.read_dict(version.body))
        except ValueError:
            continue  # a configuration that was stored broken on purpose
        if consumed in called:
            yield _describe(flow, version)


def _describe(flow: ArchitectFlow, version: Version) -> dict[str, Any]:
    return {
        "id": flow.flow_id,
        "name": flow.name,
        "version": version.version_id,
        "type": flow.type if flow.type.endswith("FLOW") else f"{flow.type}FLOW",
        "deleted": False,
        "updated": False,
        "stateUnknown": False,
        "selfUri": f"{FLOWS_PATH}/{flow.flow_id}",
    }


ROUTES = [
    Route(
        "GET",
        PATH,
        _list_consuming_resources,
        operation="list_consuming_resources",
        permission=VIEW_DEPENDENCIES,
        from_query={"id": "action_id"},
    ),
]
