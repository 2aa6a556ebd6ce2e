"""The part of the simulator's own interface that is about drafts and executions of actions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from genesys_simulator import checks
from genesys_simulator.admin_requests import PREFIX, check_names, read_json
from genesys_simulator.executions import Execution, read_time
from genesys_simulator.messages import Refusal, Request, Response, json_response
from genesys_simulator.routes import Route
from genesys_simulator.state import State

_EXAMPLE = '{"action_id": "a", "milliseconds": [900, 4100], "at": "2026-01-31T10:00:00Z", "error_type": "TIMEOUT"}'


def _add_executions(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    content = read_json(request)
    optional = frozenset({"at", "error_type", "response_status"})
    check_names(content, required={"action_id", "milliseconds"}, optional=optional)
    action_id, milliseconds = content["action_id"], content["milliseconds"]
    if not isinstance(action_id, str) or not action_id:
        raise Refusal(400, "action_id must be a string that is not empty.")
    if not isinstance(milliseconds, list) or not all(map(checks.is_seconds, milliseconds)):
        raise Refusal(400, "milliseconds must be a list of numbers of at least 0.")
    texts = {name: content[name] for name in ("error_type", "response_status") if name in content}
    if not all(isinstance(each, str | None) for each in texts.values()):
        raise Refusal(400, "error_type and response_status must be strings.")
    at = _read_time(content["at"]) if "at" in content else datetime.now(UTC)
    count = state.executions.add([Execution(action_id, at, each, **texts) for each in milliseconds])
    return json_response({"executions": count})


def _read_time(said: Any) -> datetime:
    try:
        return read_time(said)
    except (TypeError, ValueError):
        raise Refusal(400, "at must be a time in ISO 8601.") from None


def _list_drafts(state: State, _request: Request, _values: Mapping[str, str]) -> Response:
    drafts = [
        {"id": draft.action_id, "version": draft.version, "function_timeout": draft.function_timeout_seconds}
        for draft in state.drafts.all()
    ]
    return json_response({"drafts": drafts})


ROUTES = [
    Route("POST", f"{PREFIX}/executions", _add_executions, about=f"an action was executed: {_EXAMPLE}"),
    Route("GET", f"{PREFIX}/drafts", _list_drafts, about="every draft of an action"),
]
