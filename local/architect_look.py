"""Architect Flows, looked at from outside: their steps with a timeout, who has them locked, what was done to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from genesys_simulator.architect_configuration import CONSUMED_TYPES, timeout_of

Look = Callable[[str], Any]
"""Asks the simulator's own interface for a path."""

SUGGESTED = "suggested"
"""Stands for the timeout of a step that waits as long as its integration action does (useSuggestedTimeout)."""

_FLOWS = "/api/v2/flows"
_ACTIONS = {f"{_FLOWS}/actions/{name}": name for name in ("checkout", "publish", "checkin", "revert", "unlock")}


@dataclass(frozen=True)
class Lock:
    """Who has a Flow checked out: a person or an OAuth client, by id; None for nobody."""

    user: str | None
    client: str | None

    def __str__(self) -> str:
        return f"locked by {self.user or self.client}" if self.user or self.client else "not locked by anybody"


def locks(look: Look) -> dict[str, Lock]:
    """Who has each Architect Flow."""
    flows = look("/architect/flows")["flows"]
    return {flow["id"]: Lock(flow["locked_user"], flow["locked_client"]) for flow in flows}


def published_versions(look: Look) -> dict[str, str]:
    """The published version of each Architect Flow."""
    return {flow["id"]: flow["published_version"] for flow in look("/architect/flows")["flows"]}


def steps_with_a_timeout(look: Look) -> Iterator[dict[str, Any]]:
    """Every such step that is published: `flow_id`, `path`, `name` of what it calls, `id`, and its `timeout`.

    That is in seconds, or `SUGGESTED`, or the text of an expression.
    """
    for flow in look("/architect/flows")["flows"]:
        for path, step in _steps(look(f"/architect/flows/{flow['id']}/configuration"), ""):
            name = step.get("actionName")
            yield {"flow_id": flow["id"], "path": path, "id": step.get("id"), "name": name, "timeout": _timeout(step)}


def changes_in(calls: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What clients did to each Architect Flow but look at it: `checkout`, `save`, `publish`, ..., in this order."""
    done: dict[str, list[str]] = {}
    for call in calls:
        name = _ACTIONS.get(call["path"])
        if call["method"] == "POST" and call["path"] == f"{_FLOWS}/{call['flow_id']}/versions":
            name = "save"
        if name:
            done.setdefault(call["flow_id"], []).append(name)
    return done


def _steps(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if node.get("__type") in CONSUMED_TYPES:
            yield path, node
        for key, child in node.items():
            yield from _steps(child, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _steps(child, f"{path}[{index}]")


def _timeout(step: Mapping[str, Any]) -> int | float | str:
    timeout = timeout_of(step)
    if timeout is None:
        return SUGGESTED
    return int(timeout) if isinstance(timeout, float) and timeout.is_integer() else timeout
