"""Flows as the platform's public API has them: check out, save, publish, and look until that is done.

Metadata and configuration are apart. Publishing is asynchronous: its answer is an operation, which the Flow shows as
`currentOperation` until somebody starts another one. Sources: the official SDKs and the Architect scripting client.
"""

from collections.abc import Mapping

from genesys_simulator import json_text
from genesys_simulator.architect_description import PATH, describe_flow, describe_operation, describe_version
from genesys_simulator.architect_flow import ArchitectFlow, Version
from genesys_simulator.architect_store import FlowInUse
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.messages import Refusal, Request, Response
from genesys_simulator.routes import Handler, Route
from genesys_simulator.settings import (
    EDIT_ARCHITECT_FLOW,
    PUBLISH_ARCHITECT_FLOW,
    UNLOCK_ARCHITECT_FLOW,
    VIEW_ARCHITECT_FLOW,
)
from genesys_simulator.state import State


def _get_flow(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return _flow_response(state, state.architect.poll(values["flow_id"]))


def _get_latest_configuration(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    flow = state.architect.get(values["flow_id"])
    if flow.saved is None:
        message = f"No configuration is available for flow '{flow.name}'."
        raise Refusal(404, message, code="flow.no.config.available")
    return Response(200, flow.saved.body)


def _get_configuration(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    flow = state.architect.get(values["flow_id"])
    version = _known_versions(flow).get(values["version_id"])
    if version is None:
        message = f"Flow '{flow.name}' version '{values['version_id']}' is missing."
        raise Refusal(404, message, code="flow.no.config.available")
    return Response(200, version.body)


def _known_versions(flow: ArchitectFlow) -> dict[str, Version]:
    """By id; `published` too, as the scripting client asks for it."""
    return {**flow.history, **({"published": flow.published} if flow.published else {})}


def _save(state: State, request: Request, values: Mapping[str, str]) -> Response:
    size, limit = len(request.body), state.settings.max_request_bytes
    if size > limit:
        message = f"The request is over the size limit. Content-Length: {size}, Maximum bytes: {limit}"
        raise Refusal(413, message, code="request.entity.too.large")
    try:
        json_text.read_object(request.body.decode())
    except ValueError as error:
        raise Refusal(400, f"The configuration cannot be read: {error}.") from None
    version = state.architect.save(values["flow_id"], state.settings.client_id, request.body)
    return Response(200, json_text.write(describe_version(values["flow_id"], version)))


def _check_out(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return _flow_response(state, state.architect.check_out(values["flow_id"], state.settings.client_id))


def _publish(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    actions = (action.action_id for action in state.actions.all())
    known = frozenset(actions) if state.settings.check_dependencies else None
    flow = state.architect.start_publish(values["flow_id"], state.settings.client_id, known)
    return _operation_response(flow, state.settings.publish_status)


def _check_in(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    flow = state.architect.start_check_in(values["flow_id"], state.settings.client_id)
    return _operation_response(flow, state.settings.publish_status)


def _revert(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return _flow_response(state, state.architect.revert(values["flow_id"], state.settings.client_id))


def _unlock(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return _flow_response(state, state.architect.unlock(values["flow_id"], state.settings.client_id))


def _flow_response(state: State, flow: ArchitectFlow) -> Response:
    return Response(200, json_text.write(describe_flow(flow, tokens=state.settings.saved_version_tokens)))


def _operation_response(flow: ArchitectFlow, status: int) -> Response:
    content = describe_operation(flow.operation) if flow.operation else {}
    return Response(status, json_text.write(content))


def _with_architect_s_refusals(handle: Handler) -> Handler:
    def answer(state: State, request: Request, values: Mapping[str, str]) -> Response:
        if "flow_id" not in values:
            raise Refusal(400, "The query must say which flow.", code="bad.request")
        try:
            return handle(state, request, values)
        except UnknownDocument:
            message = "Could not find flow with specified ID."
            raise Refusal(404, message, code="architect.flow.not.found") from None
        except FlowInUse as refusal:
            refusal.status = state.settings.lock_conflict_status
            raise

    return answer


def _is_architect_s(state: State, values: Mapping[str, str]) -> bool:
    """Whose `/flows/{id}` it is: a Flow that nobody knows is Architect's once there are Architect Flows."""
    if state.architect.has(values["flow_id"]):
        return True
    return not state.architect.is_empty() and not state.flows.has(values["flow_id"])


def _route(method: str, path: str, handle: Handler, operation: str, permission: str) -> Route:
    return Route(
        method,
        path,
        _with_architect_s_refusals(handle),
        operation=operation,
        permission=permission,
        from_query={} if "{" in path else {"flow": "flow_id"},
        only_if=_is_architect_s if path == f"{PATH}/{{flow_id}}" else None,
    )


_ACTIONS = f"{PATH}/actions"
_FLOW = f"{PATH}/{{flow_id}}"

ROUTES = [
    _route("GET", _FLOW, _get_flow, "get_flow_metadata", VIEW_ARCHITECT_FLOW),
    _route("GET", f"{_FLOW}/latestconfiguration", _get_latest_configuration, "get_configuration", VIEW_ARCHITECT_FLOW),
    _route(
        "GET",
        f"{_FLOW}/versions/{{version_id}}/configuration",
        _get_configuration,
        "get_version_configuration",
        VIEW_ARCHITECT_FLOW,
    ),
    _route("POST", f"{_FLOW}/versions", _save, "save_flow", EDIT_ARCHITECT_FLOW),
    _route("POST", f"{_ACTIONS}/checkout", _check_out, "checkout_flow", EDIT_ARCHITECT_FLOW),
    _route("POST", f"{_ACTIONS}/publish", _publish, "publish_flow", PUBLISH_ARCHITECT_FLOW),
    _route("POST", f"{_ACTIONS}/checkin", _check_in, "checkin_flow", EDIT_ARCHITECT_FLOW),
    _route("POST", f"{_ACTIONS}/revert", _revert, "revert_flow", EDIT_ARCHITECT_FLOW),
    _route("POST", f"{_ACTIONS}/unlock", _unlock, "unlock_flow", UNLOCK_ARCHITECT_FLOW),
]
