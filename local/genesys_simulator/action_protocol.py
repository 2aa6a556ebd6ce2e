"""Integration actions as the platform's public API lists, reads and changes them.

A change is a PATCH with the version as read and the whole configuration: it replaces the old one, templates included,
so what a client does not send back is lost. Sources: the official SDKs' models and terraform-provider-genesyscloud.
"""

import re
from collections.abc import Mapping
from typing import Any

from genesys_simulator import json_text
from genesys_simulator.action_document import PATH, Action, read_config
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.messages import Refusal, Request, Response
from genesys_simulator.routes import Route
from genesys_simulator.settings import EDIT_ACTION, VIEW_ACTION
from genesys_simulator.state import State

_DEFAULT_PAGE_SIZE = 25
_MAX_PAGE_SIZE = 100
_COUNT = re.compile(r"[0-9]{1,9}")


def _list_actions(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    size = _read_count(request, "pageSize", _DEFAULT_PAGE_SIZE, at_most=_MAX_PAGE_SIZE)
    number = _read_count(request, "pageNumber", 1)
    found = state.actions.named(request.query.get("name", ""))
    if not _is_true(request, "includeAuthActions"):
        found = [action for action in found if not action.is_authentication]
    page = found[(number - 1) * size : number * size]
    content = {
        "entities": [_describe(action, request) for action in page],
        "pageSize": size,
        "pageNumber": number,
        "total": len(found),
        "pageCount": -(-len(found) // size),
    }
    return Response(200, json_text.write(content))


def _get_action(state: State, request: Request, values: Mapping[str, str]) -> Response:
    try:
        action = state.actions.read(values["action_id"])
    except UnknownDocument:
        raise _not_found(values["action_id"]) from None
    return Response(200, json_text.write(_describe(action, request)))


def _get_template(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    action = _find(state, values["action_id"])
    try:
        text = action.template(values["file_name"])
    except KeyError:
        raise Refusal(404, f"Action {action.action_id} has no template {values['file_name']}.") from None
    return Response(200, text.encode(errors="replace"), {"Content-Type": "text/plain; charset=utf-8"})


def _patch_action(state: State, request: Request, values: Mapping[str, str]) -> Response:
    action = _find(state, values["action_id"])
    if reason := action.why_not_editable():
        raise Refusal(400, reason)
    change = _read_change(request.body)
    if change["version"] != action.version:
        raise _version_mismatch(state, change["version"], action)
    changed = Action.from_document({**action.document(), **change, "version": action.version + 1})
    if not state.actions.replace(action, changed):
        raise _version_mismatch(state, change["version"], state.actions.get(action.action_id))
    return Response(200, json_text.write(changed.described(config=True, contract=False)))


def _read_change(body: bytes) -> dict[str, Any]:
    """The members of a change that the platform heeds, checked; `version` is always among them."""
    try:
        content = json_text.read_dict(body)
    except ValueError as error:
        raise Refusal(400, f"The change cannot be read: {error}.") from None
    change = {name: content[name] for name in ("name", "category", "config") if content.get(name) is not None}
    if type(content.get("version")) is not int:
        raise Refusal(400, "version must be an integer: that of the action as read.", code="invalid.value")
    for name in ("name", "category"):
        if name in change and not (isinstance(change[name], str) and change[name]):
            raise Refusal(400, f"{name} must be a string that is not empty.", code="invalid.value")
    if "config" in change:
        try:
            change["config"] = read_config(change["config"])
        except ValueError as error:
            raise Refusal(400, f"The change is invalid: {error}.", code="invalid.value") from None
    return {**change, "version": content["version"]}


def _describe(action: Action, request: Request) -> dict[str, Any]:
    expanded = request.query.get("expand", "").split(",")
    return action.described(config=_is_true(request, "includeConfig"), contract="contract" in expanded)


def _is_true(request: Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def _read_count(request: Request, name: str, default: int, *, at_most: int | None = None) -> int:
    said = request.query.get(name, str(default))
    count = int(said) if _COUNT.fullmatch(said) else 0
    if count < 1 or (at_most is not None and count > at_most):
        limits = f"from 1 to {at_most}" if at_most else "of at least 1"
        raise Refusal(400, f"{name} must be an integer {limits}, not {said}.", code="invalid.value")
    return count


def _find(state: State, action_id: str) -> Action:
    try:
        return state.actions.get(action_id)
    except UnknownDocument:
        raise _not_found(action_id) from None


def _not_found(action_id: str) -> Refusal:
    return Refusal(404, f"There is no action {action_id}.")


def _version_mismatch(state: State, given: int, action: Action) -> Refusal:
    message = f"The version {given} of action {action.action_id} does not match the current version {action.version}."
    return Refusal(state.settings.version_mismatch_status, message)


ROUTES = [
    Route("GET", PATH, _list_actions, operation="list_actions", permission=VIEW_ACTION),
    Route("GET", f"{PATH}/{{action_id}}", _get_action, operation="get_action", permission=VIEW_ACTION),
    Route(
        "GET",
        f"{PATH}/{{action_id}}/templates/{{file_name}}",
        _get_template,
        operation="get_template",
        permission=VIEW_ACTION,
    ),
    Route("PATCH", f"{PATH}/{{action_id}}", _patch_action, operation="patch_action", permission=EDIT_ACTION),
]
