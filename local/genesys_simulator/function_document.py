"""What a function action runs, with a timeout of its own: the official SDKs' models Function and FunctionConfig."""

from collections.abc import Mapping
from typing import Any

from genesys_simulator import json_text

MAX_FUNCTION_TIMEOUT_SECONDS = 15

_NEEDED = ("zipId", "handler", "runtime")
_TEXTS = (*_NEEDED, "description")


def example_function(action_id: str) -> dict[str, Any]:
    """A function that could run."""
    return {
        "id": f"function_{action_id}",
        "name": f"function_{action_id}",
        "zipId": f"zip_{action_id}",
        "handler": "src/index.handler",
        "runtime": "nodejs20.x",
    }


def read_function(body: bytes) -> dict[str, Any]:
    """A whole function as a client sends it; null means absent. Raises ValueError for what is wrong with it."""
    content = json_text.read_dict(body)
    kept = {name: content[name] for name in (*_TEXTS, "timeoutSeconds") if content.get(name) is not None}
    for name in _TEXTS:
        if not isinstance(kept.get(name, ""), str):
            message = f"{name} must be a string"
            raise ValueError(message)
    seconds = kept.get("timeoutSeconds", MAX_FUNCTION_TIMEOUT_SECONDS)
    if type(seconds) is not int or not 1 <= seconds <= MAX_FUNCTION_TIMEOUT_SECONDS:
        said = json_text.write(seconds).decode()[:50]
        message = f"timeoutSeconds must be an integer from 1 to {MAX_FUNCTION_TIMEOUT_SECONDS}, not {said}"
        raise ValueError(message)
    return kept


def problems_of(function: Mapping[str, Any]) -> list[str]:
    """Why this function could not be published, in words."""
    return [f"function.{name} is missing" for name in _NEEDED if not function.get(name)]


def describe_function(action_id: str, function: Mapping[str, Any], address: str) -> dict[str, Any]:
    """A FunctionConfig, as clients see it at that address."""
    content: dict[str, Any] = {"id": action_id, "function": dict(function), "uploadExceptionHistory": []}
    if function.get("zipId"):
        content["zip"] = {"status": "Available", "id": function["zipId"], "name": "function.zip"}
    return {**content, "selfUri": address}
