"""The Flows that all contenders change: as large as asked for, the Data Action in question deep inside."""

from __future__ import annotations

from typing import Any

ACTION = "Get Customer"
FIRST_SECONDS = 3
WANTED_SECONDS = 10


def flow(flow_id: str, *, steps: int = 20) -> dict[str, Any]:
    """A Flow of about 300 bytes per step, all of them nested in containers, with one step to change in its middle."""
    inner = [_step(f"{flow_id}-{number}", f"Look Up {number}") for number in range(steps)]
    inner[steps // 2]["name"] = ACTION
    half = steps // 2
    containers = [
        {"id": f"c{part}", "type": "container", "name": f"Part {part}", "steps": inner[part * half :][:half]}
        for part in range(3)
    ]
    return {"id": flow_id, "name": f"Inbound {flow_id}", "type": "inboundcall", "version": 1, "steps": containers}


def _step(step_id: str, name: str) -> dict[str, Any]:
    return {
        "id": step_id,
        "type": "data-action",
        "name": name,
        "settings": {
            "integration": "CRM",
            "inputs": {"ani": "Call.Ani", "queue": "Task.QueueName", "language": "Call.Language"},
            "outputs": {"customer": "Task.Customer", "tier": "Task.Tier"},
            "timeout": FIRST_SECONDS,
        },
        "onTimeout": [{"type": "prompt", "name": "One moment please", "settings": {"audio": "prompts/wait.wav"}}],
    }
