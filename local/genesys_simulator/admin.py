"""The simulator's own interface under `/_simulator/`, for the local run and for curious people.

It asks for no token: the simulator listens on loopback only, holds nothing real, and a person with curl should get an
answer. Errors are `{"error": "what is wrong and what would be right"}`. These calls are not recorded, delayed, limited
or struck by faults.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from genesys_simulator import admin_actions, admin_analytics, admin_architect
from genesys_simulator.admin_requests import PREFIX, check_names, read_json
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.faults import Fault
from genesys_simulator.flow_document import DataAction, FlowDocument, data_actions, set_timeout
from genesys_simulator.flow_store import Flow
from genesys_simulator.messages import Refusal, Request, Response, json_response
from genesys_simulator.routes import Route, find_route
from genesys_simulator.state import State

_FAULT_EXAMPLE = '{"operation": "publish", "status": 503, "times": 2}, or several: {"faults": [...]}'
_STORM_EXAMPLE = '{"seed": 1, "probability": 0.2, "faults": [{"status": 503, "weight": 3}]}'
_EDIT_EXAMPLE = '{"flow_id": "billing", "action_name": "GetAccount", "timeout_seconds": 7, "times": 2}'


def answer(state: State, request: Request) -> Response:
    """The answer to a request below PREFIX. Raises nothing that a request could be to blame for."""
    try:
        route, values = find_route(ROUTES, request, state)
        return route.handle(state, request, values)
    except Refusal as refusal:
        return json_response({"error": refusal.message}, refusal.status, refusal.headers)
    except ValueError as error:
        return json_response({"error": str(error)}, 400)
    except UnknownDocument as error:
        return json_response({"error": str(error.args[0])}, 404)


def _index(_state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    routes = {f"{route.method} {route.path}": route.about for route in ROUTES}
    return json_response({"what": "Genesys Cloud simulator", "routes": routes})


def _list_flows(state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    return json_response({"flows": [_describe(flow) for flow in state.flows.all()]})


def _get_flow(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return Response(200, state.flows.get(values["flow_id"]).body)


def _put_flow(state: State, request: Request, values: Mapping[str, str]) -> Response:
    if request.query.get("as_is") != "true":
        try:
            document = FlowDocument.read(request.body)
        except ValueError as error:
            raise Refusal(400, f"This is no Flow: {error}. To store it as it is, add ?as_is=true.") from None
        if document.version is None:
            raise Refusal(400, "This Flow has no version to publish it by. To store it as it is, add ?as_is=true.")
    return json_response(_describe(state.flows.put(values["flow_id"], request.body)))


def _describe(flow: Flow) -> dict[str, Any]:
    version = json.loads(flow.version) if flow.version else None
    about = {"id": flow.flow_id, "name": flow.name, "version": version}
    try:
        actions = list(data_actions(flow.document()))
    except ValueError as error:
        return {**about, "data_actions": [], "problem": str(error)}
    return {**about, "data_actions": [_describe_action(action) for action in actions]}


def _describe_action(action: DataAction) -> dict[str, Any]:
    step = action.step
    return {"path": action.path, "id": step.get("id"), "name": step.get("name"), "timeout": action.timeout}


def _add_faults(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    content = read_json(request)
    faults = content["faults"] if isinstance(content.get("faults"), list) and len(content) == 1 else [content]
    state.faults.add(*[Fault.from_json(each) for each in faults])
    return json_response({"waiting": state.faults.waiting()})


def _start_storm(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    content = read_json(request)
    check_names(content, required={"seed", "probability", "faults"})
    if not isinstance(content["faults"], list) or not all(isinstance(each, dict) for each in content["faults"]):
        raise Refusal(400, "faults must be a list of objects, each a fault with a weight.")
    faults = []
    for each in content["faults"]:
        weight = each.pop("weight", 1)
        faults.append((Fault.from_json(each), weight))
    state.faults.storm(seed=content["seed"], probability=content["probability"], faults=faults)
    return json_response({"faults": len(faults), "probability": content["probability"]})


def _edit_after_get(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    content = read_json(request)
    check_names(content, required={"flow_id", "action_name", "timeout_seconds"}, optional=frozenset({"times"}))
    flow_id, action_name, seconds = (content[name] for name in ("flow_id", "action_name", "timeout_seconds"))
    if not isinstance(flow_id, str) or not isinstance(action_name, str) or type(seconds) is not int:
        raise Refusal(400, "flow_id and action_name must be strings, timeout_seconds an integer.")
    names = [action.step.get("name") for action in data_actions(state.flows.get(flow_id).document())]
    if action_name not in names:
        known = ", ".join(map(str, names[:10])) or "none"
        raise Refusal(400, f"Flow {flow_id} has no Data Action {action_name!r}; it has: {known}.")
    times = content.get("times", 1)
    state.flows.edit_after_read(flow_id, lambda document: set_timeout(document, action_name, seconds), times)
    return json_response({"flow_id": flow_id, "times": times})


def _list_calls(state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    calls = state.calls.all()
    listed = [call.as_json() for call in calls]
    return json_response({"count": len(calls), "max_in_flight": state.calls.max_in_flight, "calls": listed})


def _change_settings(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    changes = read_json(request)
    if isinstance(changes.get("permissions"), list):
        changes["permissions"] = frozenset(map(str, changes["permissions"]))
    settings = asdict(state.configure(**changes))
    del settings["client_secret"]
    return json_response({**settings, "permissions": sorted(settings["permissions"])})


def _reset(state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    state.reset()
    return json_response({"reset": True})


ROUTES = [
    Route("GET", f"{PREFIX}/", _index, about="this list"),
    Route("GET", f"{PREFIX}/flows", _list_flows, about="every Flow with its version and Data Actions"),
    Route("GET", f"{PREFIX}/flows/{{flow_id}}", _get_flow, about="a Flow's document"),
    Route("PUT", f"{PREFIX}/flows/{{flow_id}}", _put_flow, about="store a Flow; ?as_is=true: anything, even if broken"),
    *admin_architect.ROUTES,
    *admin_actions.ROUTES,
    *admin_analytics.ROUTES,
    Route("POST", f"{PREFIX}/faults", _add_faults, about=f"make calls fail: {_FAULT_EXAMPLE}"),
    Route("POST", f"{PREFIX}/storm", _start_storm, about=f"make calls fail at random: {_STORM_EXAMPLE}"),
    Route("POST", f"{PREFIX}/edits", _edit_after_get, about=f"someone publishes after each read: {_EDIT_EXAMPLE}"),
    Route("GET", f"{PREFIX}/calls", _list_calls, about="every call so far"),
    Route("PATCH", f"{PREFIX}/settings", _change_settings, about='change {"latency_seconds": 0.1}; {} shows all'),
    Route(
        "POST",
        f"{PREFIX}/reset",
        _reset,
        about="forget Flows, actions, tokens, faults, calls; back to the first settings",
    ),
]
