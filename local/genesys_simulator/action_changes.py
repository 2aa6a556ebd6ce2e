"""What calls that read and change actions and their drafts have in common."""

from typing import Any

from genesys_simulator import json_text
from genesys_simulator.action_document import Action, read_config
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.messages import Refusal, Response
from genesys_simulator.state import State

_OF_ACTIONS = ("name", "category", "config")
OF_DRAFTS = (*_OF_ACTIONS, "contract", "secure")


def read_change(body: bytes, heeded: tuple[str, ...] = _OF_ACTIONS) -> dict[str, Any]:
    """The members of a change that the platform heeds, checked; `version` is always among them. Raises Refusal."""
    try:
        content = json_text.read_dict(body)
    except ValueError as error:
        raise Refusal(400, f"The change cannot be read: {error}.") from None
    change = {name: content[name] for name in heeded if content.get(name) is not None}
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


def find_action(state: State, action_id: str) -> Action:
    """The published action. Raises Refusal."""
    try:
        return state.actions.get(action_id)
    except UnknownDocument:
        raise not_found(action_id) from None


def not_found(action_id: str) -> Refusal:
    """There is no such action."""
    return Refusal(404, f"There is no action {action_id}.")


def template_response(action: Action, file_name: str) -> Response:
    """A template's text. Raises Refusal."""
    try:
        text = action.template(file_name)
    except KeyError:
        raise Refusal(404, f"Action {action.action_id} has no template {file_name}.") from None
    return Response(200, text.encode(errors="replace"), {"Content-Type": "text/plain; charset=utf-8"})


def version_mismatch(state: State, given: int, action: Action) -> Refusal:
    """The version is not the current one, refused as set."""
    message = f"The version {given} of action {action.action_id} does not match the current version {action.version}."
    return Refusal(state.settings.version_mismatch_status, message)
