"""Integration actions as the platform's public API lists, reads and changes them.

A change is a PATCH with the version as read and the whole configuration: it replaces the old one, templates included,
so what a client does not send back is lost. Sources: the official SDKs' models and terraform-provider-genesyscloud.
"""

from collections.abc import Mapping
from typing import Any

from genesys_simulator import json_text
from genesys_simulator.action_changes import find_action, not_found, read_change, template_response, version_mismatch
from genesys_simulator.action_document import PATH, Action
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.messages import Refusal, Request, Response
from genesys_simulator.paging import is_true, page
from genesys_simulator.routes import Route
from genesys_simulator.settings import EDIT_ACTION, VIEW_ACTION
from genesys_simulator.state import State


def _list_actions(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    found = state.actions.named(request.query.get("name", ""))
    if not is_true(request, "includeAuthActions"):
        found = [action for action in found if not action.is_authentication]
    return Response(200, json_text.write(page(request, found, lambda action: _describe(action, request))))


def _get_action(state: State, request: Request, values: Mapping[str, str]) -> Response:
    try:
        action = state.actions.read(values["action_id"])
    except UnknownDocument:
        raise not_found(values["action_id"]) from None
    return Response(200, json_text.write(_describe(action, request)))


def _get_template(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return template_response(find_action(state, values["action_id"]), values["file_name"])


def _patch_action(state: State, request: Request, values: Mapping[str, str]) -> Response:
    action = find_action(state, values["action_id"])
    if reason := action.why_not_editable():
        raise Refusal(400, reason)
    change = read_change(request.body)
    if change["version"] != action.version:
        raise version_mismatch(state, change["version"], action)
    changed = Action.from_document({**action.document(), **change, "version": action.version + 1})
    if not state.actions.replace(action, changed):
        raise version_mismatch(state, change["version"], state.actions.get(action.action_id))
    return Response(200, json_text.write(changed.described(config=True, contract=False)))


def _describe(action: Action, request: Request) -> dict[str, Any]:
    expanded = request.query.get("expand", "").split(",")
    return action.described(config=is_true(request, "includeConfig"), contract="contract" in expanded)


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
