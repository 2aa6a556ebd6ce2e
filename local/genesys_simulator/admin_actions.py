"""The part of the simulator's own interface that is about integration actions."""

from collections.abc import Mapping
from typing import Any

from genesys_simulator import checks, json_text
from genesys_simulator.action_document import MAX_TIMEOUT_SECONDS, Action, read_config
from genesys_simulator.admin_requests import PREFIX, check_names, read_json
from genesys_simulator.checks import Check
from genesys_simulator.messages import Refusal, Request, Response, json_response
from genesys_simulator.routes import Route
from genesys_simulator.state import State

_PUT_EXAMPLE = '{"name": "GetBalance", "config": {"timeoutSeconds": 5}}, the rest is made up'
_EDIT_EXAMPLE = '{"timeout_seconds": 20, "times": 2}'

_OBJECT: Check = (lambda value: isinstance(value, dict), "an object")
_TIMEOUT: Check = (
    lambda value: type(value) is int and 1 <= value <= MAX_TIMEOUT_SECONDS,
    f"an integer from 1 to {MAX_TIMEOUT_SECONDS}",
)
_MEMBERS: Mapping[str, tuple[str, Check]] = {  # of an action's document -> (what the store calls it, what fits)
    "name": ("name", checks.TEXT),
    "category": ("category", checks.TEXT),
    "integrationId": ("integration_id", checks.TEXT),
    "secure": ("secure", checks.BOOL),
    "version": ("version", checks.COUNT),
    "config": ("config", _OBJECT),
    "contract": ("contract", _OBJECT),
    "function": ("function", _OBJECT),
}


def _list_actions(state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    return json_response({"actions": [_describe(action) for action in state.actions.all()]})


def _get_action(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return Response(200, state.actions.get(values["action_id"]).body)


def _put_action(state: State, request: Request, values: Mapping[str, str]) -> Response:
    content = read_json(request)
    check_names(content, required={"name"}, optional=frozenset({*_MEMBERS, "id"}) - {"name"})
    if content.pop("id", values["action_id"]) != values["action_id"]:
        raise Refusal(400, "The id in the body is not the one in the address.")
    for member, value in content.items():
        _check(member, value, _MEMBERS[member][1])
    if "config" in content:
        # Only what was said: the store makes up the rest, which read_config would take for empty.
        config = read_config(content["config"])
        content["config"] = {name: value for name, value in config.items() if name in content["config"]}
    fields: dict[str, Any] = {_MEMBERS[member][0]: value for member, value in content.items()}
    return json_response(_describe(state.actions.put(values["action_id"], **fields)))


def _edit_after_get(state: State, request: Request, values: Mapping[str, str]) -> Response:
    content = read_json(request)
    check_names(content, required={"timeout_seconds"}, optional=frozenset({"times"}))
    seconds, times = content["timeout_seconds"], content.get("times", 1)
    _check("timeout_seconds", seconds, _TIMEOUT)
    state.actions.edit_after_read(
        values["action_id"], lambda document: document["config"].update(timeoutSeconds=seconds), times
    )
    return json_response({"action_id": values["action_id"], "times": times})


def _check(name: str, value: Any, check: Check) -> None:
    fits, meaning = check
    if not fits(value):
        raise Refusal(400, f"{name} must be {meaning}, not {json_text.write(value).decode()[:50]}.")


def _describe(action: Action) -> dict[str, Any]:
    return {
        "id": action.action_id,
        "name": action.name,
        "category": action.category,
        "version": action.version,
        "timeout": action.timeout_seconds,
    }


_ACTION = f"{PREFIX}/actions/{{action_id}}"

ROUTES = [
    Route("GET", f"{PREFIX}/actions", _list_actions, about="every integration action with its version and timeout"),
    Route("GET", _ACTION, _get_action, about="all of an integration action, templates included"),
    Route("PUT", _ACTION, _put_action, about=f"store an integration action: {_PUT_EXAMPLE}"),
    Route("POST", f"{_ACTION}/edits", _edit_after_get, about=f"someone changes it after each read: {_EDIT_EXAMPLE}"),
]
