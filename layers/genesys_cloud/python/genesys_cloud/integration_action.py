"""What holds for an integration action wherever it is kept: its timeout's bounds, what can be changed, what may change.

A function action runs a function of the organization's own, and its timeout is the function's. The function is kept
apart from the action; here it stands in the action's document, as FUNCTION. Source: the official SDKs' models
ActionConfig and Function, and what the official terraform provider tells apart.
"""

from __future__ import annotations

import re
from typing import Any

from genesys_cloud.differences import differing_places
from genesys_cloud.document import Document, version_of

ACTIONS = "/api/v2/integrations/actions"

SECONDS_WHEN_UNSET = 60
"""What an action without a timeout runs for, at most."""
MOST_SECONDS = 60

FUNCTION = "function"
"""Where a function action's document has its function; null where there is none yet. Never part of a PATCH."""
FUNCTION_SECONDS_WHEN_UNSET = 15
"""What a function without a timeout runs for, at most."""
MOST_FUNCTION_SECONDS = 15

TEMPLATES = (
    ("request", "requestTemplate", "requesttemplate.vm"),
    ("response", "successTemplate", "successtemplate.vm"),
)
"""Where each template stands in the configuration (part and member), and the file that it is read from."""

MOST_PLACES = 10
"""Of those where an action is not what it should be, so many are named."""

_GIVEN_TO_FUNCTIONS = {"id", "name", "dateCreated"}


def why_not_editable(action: dict[str, Any]) -> str | None:
    """Why this action's timeout cannot be changed through the action, in words; None if it can."""
    action_id = str(action.get("id", "")).casefold()
    if action_id.startswith("static"):
        return "it is one of Genesys Cloud's own (static), which no one can edit"
    if action_id.startswith("customauth"):
        return "it is a custom authentication action, which takes no timeout"
    if not isinstance(action.get("config"), dict):
        return "its config is not an object"
    if is_function_action(action) and action.get(FUNCTION, {}) is None:
        return "it is a function action that has no function yet"
    return None if version_of(action) else "it has no version, so that a change could undo someone else's"


def is_function_action(action: dict[str, Any]) -> bool:
    """Whether it is a function action. The category is all that tells: terraform goes by it too."""
    return "function data action" in re.sub("[-_]", " ", str(action.get("category", "")).casefold())


def is_as_sent(sent: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether an action is whole what was sent, in all but its version."""
    return not differing_places(_comparable(sent), _comparable(found), most=1)


def unasked_changes(sent: Document, found: Document, *, version: str | None) -> str | None:
    """What an operator must know of an action that is found otherwise than it was sent; None if it is as it was sent.

    Places are named, and no values: headers and templates may hold credentials.

    Args:
        version: that our change was answered with; None where that is not known.
    """
    places = differing_places(_comparable(sent.body), _comparable(found.body), most=MOST_PLACES + 1)
    if not places:
        return None
    shown = ", ".join(places[:MOST_PLACES]) + (" and more" if len(places) > MOST_PLACES else "")
    if version not in {None, sent.version} and found.version == sent.version:
        return (
            f"integration action {sent.id} is changed to version {version}, but still shown at version {found.version}:"
            " whether anything else of it is changed could not be seen"
        )
    if version not in {None, found.version}:
        return (
            f"integration action {sent.id} is changed to version {version}, but stands at version {found.version} by"
            f" now, and is otherwise than it was sent at {shown}: see whether someone else meant that"
        )
    return (
        f"integration action {sent.id} is changed, but Genesys Cloud keeps it (version {found.version}) otherwise than"
        f" it was sent at {shown}: look at it in Genesys Cloud at once and correct these"
    )


def _comparable(action: dict[str, Any]) -> dict[str, Any]:
    """Without the version, which goes on, and with the timeouts that hold where none is set."""
    config, function = action.get("config"), action.get(FUNCTION)
    if isinstance(config, dict):
        config = _with_timeout(config, SECONDS_WHEN_UNSET)
    if isinstance(function, dict):
        function = comparable_function(function)
    return {**action, "config": config, FUNCTION: function, "version": None}


def comparable_function(function: dict[str, Any]) -> dict[str, Any]:
    """Without what Genesys Cloud gives it by itself, and with the timeout that holds where none is set."""
    kept = {key: value for key, value in function.items() if key not in _GIVEN_TO_FUNCTIONS}
    return _with_timeout(kept, FUNCTION_SECONDS_WHEN_UNSET)


def _with_timeout(holder: dict[str, Any], seconds_when_unset: int) -> dict[str, Any]:
    seconds = holder.get("timeoutSeconds")
    return {**holder, "timeoutSeconds": seconds_when_unset if seconds is None else seconds}
