"""What else an operator could do: in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from genesys_cloud.dependencies import Users
from plan import StepChange

MOST_HINTS = 3


def better_levers(steps: Iterable[StepChange]) -> list[tuple[str, int]]:
    """The integration actions by whose timeouts steps went that are changed, the most used first, and of how many."""
    levers = (lever for step in steps if step.changed and (lever := step.suggested_by))
    return Counter(levers).most_common(MOST_HINTS)


def lever_hint(action_id: str, steps: int, users: Users | None) -> str:
    """That an integration action is the better lever for steps that went by its timeout.

    Args:
        steps: how many of the steps that are changed here.
        users: the Flows that use the action; None where that is not known.
    """
    here = f"{steps} of these steps went by the execution timeout of integration action {action_id}"
    if users is None or users.count <= 1:
        return f"{here}: a request with data_action_id changes it for whoever uses it"
    unnamed = users.count - len(users.names)
    names = ", ".join(users.names) + (f" and {unnamed} more" if unnamed > 0 and users.names else "")
    shown = f" ({names})" if names else ""
    return f"{here}, which {users.count} Flows use{shown}: a request with data_action_id helps them all"
