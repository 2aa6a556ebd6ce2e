"""What calls of the simulator's own interface have in common: where they start, and JSON bodies that are checked."""

import json
from collections.abc import Mapping
from typing import Any

from genesys_simulator.messages import Refusal, Request

PREFIX = "/_simulator"


def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body. Raises Refusal."""
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"The body is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return content


def check_names(content: Mapping[str, Any], *, required: set[str], optional: frozenset[str] = frozenset()) -> None:
    """Raises Refusal, saying which members there may be, when one is missing or unknown."""
    known = f"known are {', '.join(sorted(required | optional))}"
    if missing := required - set(content):
        raise Refusal(400, f"Missing: {', '.join(sorted(missing))}; {known}.")
    if unknown := set(content) - required - optional:
        raise Refusal(400, f"Unknown: {', '.join(sorted(unknown))}; {known}.")
