"""The timeouts of all integration actions of an organization, to be looked at."""

from __future__ import annotations

from typing import Any

from documents import data_action
from documents.steps import Steps


def find_steps(catalogue: dict[str, Any]) -> Steps:
    """The place in each action, in the order of the list."""
    actions = [action for action in catalogue["entities"] if isinstance(action, dict)]
    return Steps([slot for action in actions for slot in data_action.find_steps(action).slots])
