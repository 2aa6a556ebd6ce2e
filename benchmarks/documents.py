"""The Flows that all contenders change: as large as asked for, the Data Action in question deep inside."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from uuid import UUID

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


def large_flow(flow_id: str, size: int) -> bytes:
    """A Flow of at least so many bytes, as such Flows are: containers in containers, prompts in many languages.

    It has what is hard to carry (integers beyond 64 bits, fractions, emoji), and a Data Action in every kilobyte or so,
    of which one in the middle is the one to change.
    """
    random = Random(size)  # noqa: S311  # the same Flow in every run
    parts: list[str] = []
    left = size
    while left > 0:
        part = _text(_part(random, len(parts)))
        parts.append(part)
        left -= len(part.encode()) + 1
    middle = len(parts) // 2
    parts[middle] = parts[middle].replace(f'"Look Up {middle}-9"', _text(ACTION), 1)
    head = _text({"id": flow_id, "name": f"Inbound {flow_id}", "type": "inboundcall", "version": 1})
    return f'{head[:-1]},"steps":[{",".join(parts)}]}}'.encode()


def _part(random: Random, number: int) -> dict[str, Any]:
    """About 20 KB."""
    switches = [
        {
            "type": "switch",
            "name": f"Tier {number}-{case}",
            "cases": [
                {
                    "when": f'Task.Tier == "{case}"',
                    "steps": [_step(_id(random), f"Look Up {number}-{case}"), _prompt(random)],
                },
                {"else": True, "steps": [_prompt(random)]},
            ],
        }
        for case in range(20)
    ]
    loop = {"id": _id(random), "type": "loop", "body": {"steps": switches}}
    return {"id": _id(random), "type": "container", "name": f"Part {number}", "steps": [loop]}


def _prompt(random: Random) -> dict[str, Any]:
    return {
        "id": _id(random),
        "type": "prompt",
        "name": "Bitte warten Sie",
        "texts": {
            "de-DE": "Alle Plätze sind belegt. Wir melden uns möglichst früh.",
            "cs-CZ": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
            "ja-JP": "少々お待ちください。",
            "chat": "☎️ 🙂",
        },
        "uiMetaData": {"x": round(random.uniform(0, 4000), 3), "y": round(random.uniform(0, 4000), 1), "note": None},
        "trackingId": random.getrandbits(80),
    }


def _id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128)))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
