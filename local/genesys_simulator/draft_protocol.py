"""Drafts of integration actions: the only way to change a function action, and its function's timeout.

A draft starts as a copy of the published action, has versions of its own, and is gone once it is published. The
function is replaced as a whole, so what a client does not send back is lost, as in a PATCH. Sources: the official SDKs
and terraform-provider-genesyscloud.
"""

from collections.abc import Mapping
from typing import Any

from genesys_simulator import json_text
from genesys_simulator.action_changes import OF_DRAFTS, find_action, read_change, template_response, version_mismatch
from genesys_simulator.action_document import PATH, Action
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.function_document import describe_function, problems_of, read_function
from genesys_simulator.messages import Refusal, Request, Response, json_response
from genesys_simulator.paging import is_true
from genesys_simulator.routes import Route
from genesys_simulator.settings import DELETE_ACTION, EDIT_ACTION, EDIT_FUNCTION, VIEW_ACTION, VIEW_FUNCTION
from genesys_simulator.state import State


def new_draft(action: Action) -> Action:
    """A draft as it is right after it was started."""
    return Action.from_document({**action.document(), "version": 1})


def _create(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    action = find_action(state, values["action_id"])
    if reason := action.why_fixed():
        raise Refusal(400, reason)
    draft = new_draft(action)
    if not state.drafts.add(draft):
        raise Refusal(400, f"Action {action.action_id} has a draft already.")
    return _draft_response(draft, contract=True)


def _get(state: State, request: Request, values: Mapping[str, str]) -> Response:
    expanded = request.query.get("expand", "").split(",")
    config = is_true(request, "includeConfig")
    return _draft_response(_find(state, values["action_id"]), config=config, contract="contract" in expanded)


def _get_template(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return template_response(_find(state, values["action_id"]), values["file_name"])


def _patch(state: State, request: Request, values: Mapping[str, str]) -> Response:
    draft = _find(state, values["action_id"])
    change = read_change(request.body, OF_DRAFTS)
    changed = Action.from_document({**draft.document(), **change, "version": draft.version + 1})
    if change["version"] != draft.version or not state.drafts.replace(draft, changed):
        raise version_mismatch(state, change["version"], _find(state, values["action_id"]))
    return _draft_response(changed)


def _delete(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    draft = _find(state, values["action_id"])
    if not state.drafts.remove(draft):
        raise Refusal(409, f"The draft of action {draft.action_id} was changed meanwhile.")
    return json_response({})


def _validate(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    errors = [
        {"message": problem, "code": "invalid.value", "status": 400}
        for problem in _problems_of(_find(state, values["action_id"]))
    ]
    return json_response({"valid": not errors, "errors": errors})


def _publish(state: State, request: Request, values: Mapping[str, str]) -> Response:
    draft = _find(state, values["action_id"])
    version = read_change(request.body, ())["version"]
    if version != draft.version:
        raise version_mismatch(state, version, draft)
    if problems := _problems_of(draft):
        raise Refusal(400, f"The draft is invalid: {'; '.join(problems)}.", code="invalid.value")
    if not state.drafts.remove(draft):
        raise version_mismatch(state, version, _find(state, values["action_id"]))

    def become_the_draft(document: dict[str, Any]) -> None:
        document.clear()
        document.update(draft.document())

    published = state.actions.edit(draft.action_id, become_the_draft)
    return Response(200, json_text.write(published.described(config=True, contract=False)))


def _get_function(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return _function_response(find_action(state, values["action_id"]), "function")


def _get_draft_function(state: State, _request: Request, values: Mapping[str, str]) -> Response:
    return _function_response(_find(state, values["action_id"]), "draft/function")


def _put_draft_function(state: State, request: Request, values: Mapping[str, str]) -> Response:
    draft = _find(state, values["action_id"])
    known = _function_of(draft)
    try:
        function = read_function(request.body)
    except ValueError as error:
        raise Refusal(400, f"The function is invalid: {error}.", code="invalid.value") from None
    identity = {name: known[name] for name in ("id", "name") if name in known}
    changed = Action.from_document(
        {**draft.document(), "function": {**identity, **function}, "version": draft.version + 1}
    )
    if not state.drafts.replace(draft, changed):
        raise Refusal(409, f"The draft of action {draft.action_id} was changed meanwhile.")
    return _function_response(changed, "draft/function")


def _find(state: State, action_id: str) -> Action:
    find_action(state, action_id)
    try:
        return state.drafts.get(action_id)
    except UnknownDocument:
        raise Refusal(404, f"Action {action_id} has no draft.") from None


def _problems_of(draft: Action) -> list[str]:
    return [] if draft.function is None else problems_of(draft.function)


def _function_of(action: Action) -> dict[str, Any]:
    if action.function is None:
        raise Refusal(404, f"Action {action.action_id} has no function.")
    return action.function


def _draft_response(draft: Action, *, config: bool = True, contract: bool = False) -> Response:
    address = f"{PATH}/{draft.action_id}/draft"
    return Response(200, json_text.write(draft.described(config=config, contract=contract, address=address)))


def _function_response(action: Action, place: str) -> Response:
    address = f"{PATH}/{action.action_id}/{place}"
    return Response(200, json_text.write(describe_function(action.action_id, _function_of(action), address)))


_ACTION = f"{PATH}/{{action_id}}"
_DRAFT = f"{_ACTION}/draft"

ROUTES = [
    Route("POST", _DRAFT, _create, operation="create_draft", permission=EDIT_ACTION),
    Route("GET", _DRAFT, _get, operation="get_draft", permission=VIEW_ACTION),
    Route("PATCH", _DRAFT, _patch, operation="patch_draft", permission=EDIT_ACTION),
    Route("DELETE", _DRAFT, _delete, operation="delete_draft", permission=DELETE_ACTION),
    Route("GET", f"{_DRAFT}/validation", _validate, operation="validate_draft", permission=EDIT_ACTION),
    Route("POST", f"{_DRAFT}/publish", _publish, operation="publish_draft", permission=EDIT_ACTION),
    Route("GET", f"{_DRAFT}/function", _get_draft_function, operation="get_draft_function", permission=VIEW_FUNCTION),
    Route("PUT", f"{_DRAFT}/function", _put_draft_function, operation="put_draft_function", permission=EDIT_FUNCTION),
    Route(
        "GET",
        f"{_DRAFT}/templates/{{file_name}}",
        _get_template,
        operation="get_draft_template",
        permission=VIEW_ACTION,
    ),
    Route("GET", f"{_ACTION}/function", _get_function, operation="get_function", permission=VIEW_FUNCTION),
]
