"""The Architect Flows, and what can be done to them: by the client through its lock, or by other people."""

import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from genesys_simulator import json_text
from genesys_simulator.architect_configuration import called_actions, problem_of
from genesys_simulator.architect_flow import ArchitectFlow, Operation, Pace, Version
from genesys_simulator.document_store import Change, UnknownDocument
from genesys_simulator.messages import Refusal
from genesys_simulator.settings import Settings

STEPS = ("checkout", "save", "publish")
"""Before which steps of a client another person may be told to publish."""


class FlowInUse(Refusal):
    """Somebody else has the lock, or an operation is under way. Its status is for the protocol to say."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(409, message, code=code)


class ArchitectStore:
    """All Architect Flows of the organization. Every method is atomic; those of a client raise Refusal."""

    def __init__(self, settings: Callable[[], Settings], clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.RLock()
        self._flows: dict[str, ArchitectFlow] = {}
        self._edits: dict[tuple[str, str], deque[Change]] = defaultdict(deque)

    def put(self, flow: ArchitectFlow) -> ArchitectFlow:
        """Stores a Flow, new or not. Raises ValueError for an empty id."""
        if not flow.flow_id:
            message = "the id of a Flow must not be empty"
            raise ValueError(message)
        with self._lock:
            self._flows[flow.flow_id] = flow
        return flow

    def has(self, flow_id: str) -> bool:
        """Whether there is such a Flow."""
        with self._lock:
            return flow_id in self._flows

    def is_empty(self) -> bool:
        """Whether there is none at all."""
        with self._lock:
            return not self._flows

    def get(self, flow_id: str) -> ArchitectFlow:
        """A Flow as it is now. Raises UnknownDocument, naming those that exist."""
        with self._lock:
            if flow_id not in self._flows:
                known = ", ".join(sorted(self._flows)) or "none"
                message = f"no Architect Flow {flow_id!r}; there are: {known}"
                raise UnknownDocument(message)
            return self._settle(self._flows[flow_id])

    def all(self) -> list[ArchitectFlow]:
        """Every Flow, in the order of their first storing."""
        with self._lock:
            return [self._settle(flow) for flow in self._flows.values()]

    def clear(self) -> None:
        """Forgets every Flow and every waiting edit."""
        with self._lock:
            self._flows.clear()
            self._edits.clear()

    # What other people do.

    def check_out_by_user(self, flow_id: str, user: str) -> bool:
        """Another person opens the Flow to work in it; whether it was free. Raises UnknownDocument."""
        with self._lock:
            flow = self.get(flow_id)
            if flow.is_locked or (flow.operation and not flow.operation.complete):
                return False
            self._keep(replace(flow, locked_user=user))
            return True

    def change(self, flow_id: str, **fields: Any) -> ArchitectFlow:
        """Sets fields of a Flow as they are. Raises UnknownDocument."""
        with self._lock:
            return self._keep(replace(self.get(flow_id), **fields))

    def edit(self, flow_id: str, change: Change) -> ArchitectFlow:
        """Another person publishes a changed configuration, and unlocks the Flow if need be. Raises UnknownDocument."""
        with self._lock:
            flow = self.get(flow_id)
            content = json_text.read_dict(flow.published.body if flow.published else b"{}")
            change(content)
            version = Version.numbered(flow.last_number + 1, "PUBLISH", json_text.write(content))
            free = replace(flow, locked_user=None, locked_client=None, operation=Operation("PUBLISH"))
            return self._keep(free.with_version(version, published=True))

    def edit_before(self, flow_id: str, step: str, change: Change, times: int) -> None:
        """The same, but right before each of the next `times` such steps. Raises UnknownDocument, ValueError."""
        if step not in STEPS:
            message = f"before must be one of {', '.join(STEPS)}, not {step!r}"
            raise ValueError(message)
        if type(times) is not int or times < 1:
            message = f"times must be an integer of at least 1, not {times!r}"
            raise ValueError(message)
        with self._lock:
            self.get(flow_id)
            self._edits[flow_id, step].extend([change] * times)

    # What the client does.

    def poll(self, flow_id: str) -> ArchitectFlow:
        """The client looks, which brings a running operation forward."""
        with self._lock:
            flow = self.get(flow_id)
            operation = flow.operation
            if operation is not None and not operation.complete:
                flow = replace(flow, operation=replace(operation, polls=operation.polls + 1))
            return self._settle(flow)

    def check_out(self, flow_id: str, client_id: str) -> ArchitectFlow:
        """Gives the client the lock."""
        with self._lock:
            flow = self._about_to(flow_id, "checkout")
            _check_idle(flow)
            _check_not_locked_by_others(flow, client_id)
            return self._keep(replace(flow, locked_client=client_id, operation=Operation("CHECKOUT", client_id)))

    def save(self, flow_id: str, client_id: str, body: bytes) -> Version:
        """Stores a configuration as the newest version."""
        with self._lock:
            flow = self._about_to(flow_id, "save")
            _check_idle(flow)
            _check_locked_by(flow, client_id)
            number = flow.last_number + 1
            version = Version.numbered(number, "SAVE", body, client_id)
            if self._settings().saved_version_tokens:
                version = replace(version, version_id=f"saved_version_{uuid.uuid4()}", number=None)
            self._keep(replace(flow.with_version(version), operation=Operation("SAVE", client_id)))
            return version

    def start_publish(self, flow_id: str, client_id: str, known_actions: frozenset[str] | None) -> ArchitectFlow:
        """Starts publishing what was saved last; with `known_actions`, no other action may be called in there."""
        with self._lock:
            flow = self._about_to(flow_id, "publish")
            _check_idle(flow)
            _check_not_locked_by_others(flow, client_id)
            if flow.saved is None:
                raise Refusal(400, f"Flow '{flow.name}' data content is missing.", code="architect.flow.data.missing")
            if not flow.is_locked and flow.saved is not flow.checked_in:
                message = f"Cannot publish flow '{flow.name}'.  It must be checked in first."
                raise Refusal(400, message, code="architect.flow.not.checked.in")
            self._check_publishable(flow, flow.saved.body, known_actions)
            return self._start(flow, "PUBLISH", client_id)

    def start_check_in(self, flow_id: str, client_id: str) -> ArchitectFlow:
        """Starts checking in what was saved last, which gives the lock back."""
        with self._lock:
            flow = self.get(flow_id)
            _check_idle(flow)
            _check_locked_by(flow, client_id)
            if flow.saved is None:
                message = f"Flow '{flow.name}' cannot be checked in because there is no saved configuration."
                raise Refusal(400, message, code="architect.flow.cannot.checkin.missing.config")
            return self._start(flow, "CHECKIN", client_id)

    def revert(self, flow_id: str, client_id: str) -> ArchitectFlow:
        """Drops what was saved since the last check-in, and as a rule the lock."""
        with self._lock:
            flow = self.get(flow_id)
            _check_idle(flow)
            _check_locked_by(flow, client_id)
            locked = None if self._settings().revert_releases_lock else client_id
            operation = Operation("REVERT", client_id)
            return self._keep(replace(flow, saved=flow.checked_in, locked_client=locked, operation=operation))

    def unlock(self, flow_id: str, client_id: str) -> ArchitectFlow:
        """Takes anybody's lock away; what was saved stays."""
        with self._lock:
            flow = self.get(flow_id)
            _check_idle(flow)
            operation = Operation("STATE_CHANGE", client_id)
            return self._keep(replace(flow, locked_user=None, locked_client=None, operation=operation))

    def _about_to(self, flow_id: str, step: str) -> ArchitectFlow:
        waiting = self._edits[flow_id, step]
        if waiting:
            self.edit(flow_id, waiting.popleft())
        return self.get(flow_id)

    def _start(self, flow: ArchitectFlow, action: str, client_id: str) -> ArchitectFlow:
        operation = Operation(action, client_id, complete=False, started_seconds=self._clock())
        return self._settle(replace(flow, operation=operation))

    def _settle(self, flow: ArchitectFlow) -> ArchitectFlow:
        settings = self._settings()
        pace = Pace(
            polls=settings.publish_polls if flow.publish_polls is None else flow.publish_polls,
            seconds=settings.publish_seconds if flow.publish_seconds is None else flow.publish_seconds,
            error=settings.publish_error if flow.publish_error is None else flow.publish_error,
        )
        return self._keep(flow.settled(pace, self._clock()))

    def _keep(self, flow: ArchitectFlow) -> ArchitectFlow:
        self._flows[flow.flow_id] = flow
        return flow

    def _check_publishable(self, flow: ArchitectFlow, body: bytes, known_actions: frozenset[str] | None) -> None:
        size, limit = len(body), self._settings().max_flow_bytes
        try:
            content = json_text.read_dict(body)
            problem = problem_of(content) if size <= limit else f"it has {size} bytes, of at most {limit}"
        except ValueError as error:
            content, problem = {}, str(error)
        if problem:
            message = f"Failed to validate flow '{flow.name}': {problem}."
            raise Refusal(400, message, code="architect.object.validate.failed")
        called = {action_id for kind, action_id in called_actions(content) if kind == "DATAACTION"}
        missing = set() if known_actions is None else called - known_actions
        if missing:
            message = (
                f"Flow '{flow.name}' cannot be published due to missing dependencies: {', '.join(sorted(missing))}."
            )
            raise Refusal(400, message, code="architect.flow.cannot.publish.missing.dependencies")


def _check_idle(flow: ArchitectFlow) -> None:
    if flow.operation is not None and not flow.operation.complete:
        raise FlowInUse("architect.operation.already.in.progress", "An operation is already in progress.")


def _check_not_locked_by_others(flow: ArchitectFlow, client_id: str) -> None:
    other = flow.locked_user or (flow.locked_client if flow.locked_client != client_id else None)
    if other:
        raise FlowInUse("architect.flow.locked.by.user", f"Flow '{flow.name}' is locked by user {other}.")


def _check_locked_by(flow: ArchitectFlow, client_id: str) -> None:
    _check_not_locked_by_others(flow, client_id)
    if not flow.is_locked:
        raise FlowInUse("architect.flow.not.locked", f"Flow '{flow.name}' is not locked by requesting user.")
