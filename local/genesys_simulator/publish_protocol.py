"""Flows as the source tutorial reads and publishes them: whole documents, whose version must be the current one."""

import json
from collections.abc import Mapping

from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.flow_document import FlowDocument, next_version
from genesys_simulator.flow_store import Flow
from genesys_simulator.messages import Refusal, Request, Response, json_response
from genesys_simulator.routes import Route
from genesys_simulator.settings import ADMIN_FLOW, VIEW_FLOW
from genesys_simulator.state import State


def _get_flow(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    try:
        flow = state.flows.read(values["flow_id"])
    except UnknownDocument:
        raise _not_found(values["flow_id"]) from None
    return Response(200, flow.body, _etag_header(state, flow))


def _publish(state: State, request: Request, values: Mapping[str, str]) -> Response:
    try:
        flow = state.flows.get(values["flow_id"])
    except UnknownDocument:
        raise _not_found(values["flow_id"]) from None
    _check_if_match(state, request, flow)
    document = _read_publishable(request.body, state.settings.max_timeout_seconds)
    if flow.version is None or document.version != flow.version:
        raise _version_conflict(flow)
    version = next_version(flow.version)
    published = Flow(flow.flow_id, document.with_version(version), version, document.name)
    if not state.flows.replace(flow, published):
        raise _version_conflict(state.flows.get(flow.flow_id))
    content = {"id": flow.flow_id, "name": published.name, "version": json.loads(version)}
    return json_response(content, headers=_etag_header(state, published))


def _read_publishable(body: bytes, max_timeout_seconds: int) -> FlowDocument:
    try:
        document = FlowDocument.read(body)
    except ValueError as error:
        raise Refusal(400, f"The Flow cannot be read: {error}.", code="invalid.value") from None
    if problem := document.problem(max_timeout_seconds):
        raise Refusal(400, f"The Flow cannot be published: {problem}.", code="invalid.value")
    return document


def _check_if_match(state: State, request: Request, flow: Flow) -> None:
    if not state.settings.etags:
        return
    condition = request.headers.get("if-match")
    if condition is None:
        if state.settings.require_if_match:
            raise Refusal(428, "Publishing needs an If-Match header with the ETag of the Flow as read.")
        return
    if condition.strip() != "*" and flow.etag not in [etag.strip() for etag in condition.split(",")]:
        raise Refusal(412, "The Flow's ETag is not the one in If-Match.")


def _etag_header(state: State, flow: Flow) -> dict[str, str]:
    return {"ETag": flow.etag} if state.settings.etags else {}


def _not_found(flow_id: str) -> Refusal:
    return Refusal(404, f"There is no Flow {flow_id}.")


def _version_conflict(flow: Flow) -> Refusal:
    return Refusal(409, f"The Flow is at version {flow.version}, which is not the version of the document.")


ROUTES = [
    Route("GET", "/api/v2/flows/{flow_id}", _get_flow, operation="get_flow", permission=VIEW_FLOW),
    Route("PUT", "/api/v2/flows/{flow_id}/publish", _publish, operation="publish", permission=ADMIN_FLOW),
]
