"""What else an operator could do: in words."""

from __future__ import annotations

from genesys_cloud.dependencies import Users


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
