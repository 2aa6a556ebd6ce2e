"""The part of the simulator's own interface that is about Architect Flows."""

from collections.abc import Mapping
from typing import Any

from genesys_simulator import checks, json_text
from genesys_simulator.admin_requests import PREFIX, check_names, read_json
from genesys_simulator.architect_configuration import set_timeout, timed_steps, timeout_of
from genesys_simulator.architect_description import describe_operation
from genesys_simulator.architect_flow import FLOW_TYPES, ArchitectFlow, new_flow
from genesys_simulator.checks import Check
from genesys_simulator.messages import Refusal, Request, Response, json_response
from genesys_simulator.routes import Route
from genesys_simulator.state import State

_PUT_EXAMPLE = "?name=Billing&type=INBOUNDCALL&locked_user=anna&unpublished=true, all optional"
_PATCH_EXAMPLE = '{"locked_user": "anna", "publish_polls": 3, "publish_error": "architect.external.publish.error"}'
_EDIT_EXAMPLE = '{"action_name": "GetBalance", "timeout_seconds": 20, "before": "checkout", "times": 2}; or now'

_TYPE: Check = (lambda value: value in FLOW_TYPES, f"one of {', '.join(FLOW_TYPES)}")
_POLLS: Check = (
    lambda value: value is None or (type(value) is int and value >= 0),
    "an integer of at least 0, or nothing for the setting's",
)
_SECONDS: Check = (
    lambda value: value is None or checks.is_seconds(value),
    "a number of seconds, at least 0, or nothing for the setting's",
)
_FIELDS: Mapping[str, Check] = {
    "name": checks.TEXT,
    "type": _TYPE,
    "locked_user": checks.OPTIONAL_TEXT,
    "locked_client": checks.OPTIONAL_TEXT,
    "publish_polls": _POLLS,
    "publish_seconds": _SECONDS,
    "publish_error": checks.OPTIONAL_TEXT,
}
_TEXTS = ("name", "type", "locked_user", "locked_client")
_SWITCHES = ("unpublished", "checked_in")


def _list_flows(state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    return json_response({"flows": [_describe(flow) for flow in state.architect.all()]})


def _get_flow(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return json_response(_describe(state.architect.get(values["flow_id"])))


def _get_configuration(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    published = state.architect.get(values["flow_id"]).published
    if published is None:
        raise Refusal(404, "Nothing is published.")
    return Response(200, published.body)


def _put_flow(state: State, request: Request, values: Mapping[str, str]) -> Response:
    if unknown := sorted(set(request.query) - {*_TEXTS, *_SWITCHES}):
        raise Refusal(400, f"Unknown: {', '.join(unknown)}; known are {', '.join((*_TEXTS, *_SWITCHES))}.")
    try:
        configuration = json_text.read_dict(request.body)
    except ValueError as error:
        raise Refusal(400, f"This is no configuration: {error}.") from None
    fields: dict[str, Any] = {name: request.query[name] for name in _TEXTS if name in request.query}
    _check(fields)
    fields |= {name: request.query.get(name) == "true" for name in _SWITCHES}
    flow = new_flow(values["flow_id"], configuration, **fields)
    return json_response(_describe(state.architect.put(flow)))


def _patch_flow(state: State, request: Request, values: Mapping[str, str]) -> Response:
    fields = read_json(request)
    check_names(fields, required=set(), optional=frozenset(_FIELDS))
    _check(fields)
    return json_response(_describe(state.architect.change(values["flow_id"], **fields)))


def _edit_flow(state: State, request: Request, values: Mapping[str, str]) -> Response:
    content = read_json(request)
    check_names(content, required={"action_name", "timeout_seconds"}, optional=frozenset({"before", "times"}))
    action_name, seconds = content["action_name"], content["timeout_seconds"]
    if not isinstance(action_name, str) or not checks.is_seconds(seconds):
        raise Refusal(400, "action_name must be a string, timeout_seconds a number.")
    flow = state.architect.get(values["flow_id"])
    if not set_timeout(flow.configuration(), action_name, seconds):
        raise Refusal(400, f"Flow {flow.flow_id} has no step that calls {action_name!r}.")

    def change(configuration: dict[str, Any]) -> None:
        set_timeout(configuration, action_name, seconds)

    if "before" not in content:
        return json_response(_describe(state.architect.edit(flow.flow_id, change)))
    times = content.get("times", 1)
    state.architect.edit_before(flow.flow_id, content["before"], change, times)
    return json_response({"flow_id": flow.flow_id, "before": content["before"], "times": times})


def _check(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        fits, meaning = _FIELDS[name]
        if not fits(value):
            raise Refusal(400, f"{name} must be {meaning}, not {json_text.write(value).decode()[:50]}.")


def _describe(flow: ArchitectFlow) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": flow.flow_id,
        "name": flow.name,
        "type": flow.type,
        "published_version": flow.published_version,
        "saved_version": flow.saved_version,
        "locked_user": flow.locked_user,
        "locked_client": flow.locked_client,
        "operation": describe_operation(flow.operation) if flow.operation else None,
    }
    try:
        steps = list(timed_steps(flow.configuration()))
    except ValueError as error:
        return {**content, "steps": [], "problem": str(error)}
    return {**content, "steps": [_describe_step(step) for step in steps]}


def _describe_step(step: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "id", "name": "name", "action_id": "actionId", "action_name": "actionName"}
    return {**{ours: step.get(theirs) for ours, theirs in names.items()}, "timeout": timeout_of(step)}


_FLOWS = f"{PREFIX}/architect/flows"
_FLOW = f"{_FLOWS}/{{flow_id}}"

ROUTES = [
    Route("GET", _FLOWS, _list_flows, about="every Architect Flow with its versions, lock, operation and steps"),
    Route("GET", _FLOW, _get_flow, about="one of them"),
    Route("GET", f"{_FLOW}/configuration", _get_configuration, about="its published configuration"),
    Route("PUT", _FLOW, _put_flow, about=f"store an exported configuration: {_PUT_EXAMPLE}"),
    Route("PATCH", _FLOW, _patch_flow, about=f"change the Flow itself: {_PATCH_EXAMPLE}"),
    Route("POST", f"{_FLOW}/edits", _edit_flow, about=f"someone else publishes: {_EDIT_EXAMPLE}"),
]
