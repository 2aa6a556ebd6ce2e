"""The Flow document of the source tutorial: top-level `version` and `steps`; Data Actions at any depth below."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from genesys_simulator import json_text
from genesys_simulator.json_text import Member

_NUMBER = re.compile(r"\d+")

Trail = tuple[Any, "str | int"] | None
"""How a value is reached: (trail of what holds it, name or position in there). Links, so that depth costs nothing."""


@dataclass(frozen=True)
class DataAction:
    """One step of type `data-action`: where it is, and the step itself."""

    trail: Trail
    step: dict[str, Any]

    @property
    def path(self) -> str:
        """Like `steps[2].cases[0].steps[1]`."""
        parts: list[str] = []
        trail = self.trail
        while trail:
            trail, key = trail
            parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
        return "".join(reversed(parts)).lstrip(".")

    @property
    def timeout(self) -> Any:
        """`settings.timeout` as it stands (whole seconds, if it is right); None when there is none."""
        settings = self.step.get("settings")
        return settings.get("timeout") if isinstance(settings, dict) else None

    def problem(self, max_timeout_seconds: int) -> str | None:
        """What Genesys Cloud would refuse about this step, in words."""
        settings = self.step.get("settings")
        if settings is None:
            return None
        if not isinstance(settings, dict):
            return f"{self.path}.settings must be an object"
        if "timeout" not in settings:
            return None
        timeout = settings["timeout"]
        if type(timeout) is int and 1 <= timeout <= max_timeout_seconds:
            return None
        said = json_text.write(timeout).decode()[:50]
        return f"{self.path}.settings.timeout must be an integer from 1 to {max_timeout_seconds} (seconds), not {said}"


@dataclass(frozen=True)
class FlowDocument:
    """A Flow as text, and where its top-level members stand in it."""

    text: str = field(repr=False)
    members: dict[str, Member] = field(repr=False)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Reads UTF-8 JSON. Raises ValueError, with the reason, for what is not an object."""
        text = body.decode()
        return cls(text, json_text.read_object(text))

    @property
    def name(self) -> Any:
        """The Flow's name; None when it has none."""
        return self.members["name"].value if "name" in self.members else None

    @property
    def version(self) -> str | None:
        """The version as the document says it, so `12` and `"12"` differ; None without one that can be counted up."""
        member = self.members.get("version")
        if member is None or type(member.value) not in (int, str):
            return None
        said = self.text[member.start : member.end]
        return said if _NUMBER.search(said) else None

    def with_version(self, version: str) -> bytes:
        """The same text, byte for byte, but for its version."""
        member = self.members["version"]
        return (self.text[: member.start] + version + self.text[member.end :]).encode()

    def as_dict(self) -> dict[str, Any]:
        """The document as Python sees it."""
        return {name: member.value for name, member in self.members.items()}

    def problem(self, max_timeout_seconds: int) -> str | None:
        """Why Genesys Cloud would not publish this document, in words; None if it would."""
        steps = self.members.get("steps")
        if steps is None or not isinstance(steps.value, list):
            return "steps must be a list of steps"
        problems = (action.problem(max_timeout_seconds) for action in data_actions(self.as_dict()))
        return next((problem for problem in problems if problem), None)


def next_version(version: str) -> str:
    """The version that follows, said in the same way: `12` -> `13`, `"12"` -> `"13"`, `"2.0"` -> `"3.0"`."""
    return _NUMBER.sub(lambda number: str(int(number[0]) + 1), version, count=1)


def data_actions(document: dict[str, Any]) -> Iterator[DataAction]:
    """Every Data Action in document order, whatever holds it.

    Only the `settings` of a Data Action are not searched: they are the user's own data.
    """
    open_containers: list[tuple[Trail, Iterator[tuple[str | int, Any]]]] = [(None, iter(document.items()))]
    while open_containers:
        trail, children = open_containers[-1]
        for key, child in children:
            if isinstance(child, list):
                open_containers.append(((trail, key), enumerate(child)))
                break
            if isinstance(child, dict):
                inner = iter(child.items())
                if child.get("type") == "data-action":
                    yield DataAction((trail, key), child)
                    inner = ((name, value) for name, value in child.items() if name != "settings")
                open_containers.append(((trail, key), inner))
                break
        else:
            open_containers.pop()


def set_timeout(document: dict[str, Any], action_name: str, timeout_seconds: int) -> int:
    """Sets `settings.timeout` of every Data Action of that name; how many there were."""
    actions = [action for action in data_actions(document) if action.step.get("name") == action_name]
    for action in actions:
        if not isinstance(action.step.get("settings"), dict):
            action.step["settings"] = {}
        action.step["settings"]["timeout"] = timeout_seconds
    return len(actions)


def bump_version(document: dict[str, Any]) -> None:
    """Counts the version of a parsed document up, as `next_version` does; one that cannot be counted stays."""
    version = document.get("version")
    if type(version) in (int, str):
        document["version"] = json.loads(next_version(json.dumps(version)))
