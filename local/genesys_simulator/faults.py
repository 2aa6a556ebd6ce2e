"""How to misbehave: faults that wait in a queue, and storms of them."""

import random
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

from genesys_simulator import checks
from genesys_simulator.checks import Check, check_fields
from genesys_simulator.messages import ErrorShape, Refusal, Response
from genesys_simulator.target import Target

_STATUSES = frozenset(range(200, 600)) - {204, 304}  # those two have no body
_HEADER_TEXT = re.compile(r"[\x20-\x7e]*")


def _is_header_text(value: Any) -> bool:
    return isinstance(value, str) and _HEADER_TEXT.fullmatch(value) is not None


_CHECKS: dict[str, Check] = {
    "operation": checks.TEXT,
    "flow_id": checks.OPTIONAL_TEXT,
    "action_id": checks.OPTIONAL_TEXT,
    "times": checks.COUNT,
    "when": (lambda value: value in ("before", "after"), '"before" or "after"'),
    "delay_seconds": checks.DELAY,
    "status": (
        lambda value: value is None or (type(value) is int and value in _STATUSES),
        "an HTTP status from 200 to 599 that has a body",
    ),
    "code": checks.OPTIONAL_TEXT,
    "message": checks.OPTIONAL_TEXT,
    "body": checks.OPTIONAL_TEXT,
    "headers": (
        lambda value: isinstance(value, Mapping) and all(map(_is_header_text, (*value.keys(), *value.values()))),
        "an object of printable strings",
    ),
    "retry_after": (
        lambda value: value is None or type(value) is int or _is_header_text(value),
        "an integer or a printable string",
    ),
    "redirect": (lambda value: value is None or _is_header_text(value), "an address"),
    "reset": checks.BOOL,
    "drip_seconds": checks.DELAY,
    "broken_json": checks.BOOL,
    "cut_off": checks.BOOL,
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to misbehave. Fields may be combined. Raises ValueError, naming what is wrong, when made wrongly.

    Where: `operation` (see below), `flow_id` and `action_id` (None: whatever the call is about), `times`.
    When: `before` the work (with an answer of its own, the work is then not done), or `after` it was done.

    - `delay_seconds`: wait
    - `status`, with `code`, `message`, `headers`, or a `body` as it is (an HTML page, say): answer this instead
    - `retry_after`: a `Retry-After` header as it is (seconds, date, nonsense); status 429 unless said otherwise
    - `redirect`: a `Location` header; status 307 unless said otherwise
    - `reset`: no answer, the connection is reset

    These spoil the answer, be it the real one or the fault's own:

    - `drip_seconds`: the body takes that long, in small pieces
    - `broken_json`: the body ends halfway, as if that were all of it (not a text: nobody could tell, as with JSON)
    - `cut_off`: the connection ends halfway through the body

    Operations are `any`, `token`; the tutorial's `get_flow`, `publish`; Architect's `get_flow_metadata`,
    `get_configuration`, `get_version_configuration`, `checkout_flow`, `save_flow`, `publish_flow`, `checkin_flow`,
    `revert_flow`, `unlock_flow`; of actions `list_actions`, `get_action`, `get_template`, `patch_action`,
    `get_function`; of drafts `create_draft`, `get_draft`, `get_draft_template`, `patch_draft`, `get_draft_function`,
    `put_draft_function`, `validate_draft`, `publish_draft`, `delete_draft`; `list_consuming_resources`,
    `query_executions`.
    """

    operation: str = "any"
    flow_id: str | None = None
    action_id: str | None = None
    times: int = 1
    when: Literal["before", "after"] = "before"
    delay_seconds: float = 0.0
    status: int | None = None
    code: str | None = None
    message: str | None = None
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | str | None = None
    redirect: str | None = None
    reset: bool = False
    drip_seconds: float = 0.0
    broken_json: bool = False
    cut_off: bool = False

    def __post_init__(self) -> None:
        check_fields(self, _CHECKS, prefix="a fault's ")
        if not (self.has_own_answer or self.delay_seconds or self.drip_seconds or self.broken_json or self.cut_off):
            needed = "status, retry_after, redirect, reset, delay_seconds, drip_seconds, broken_json, cut_off"
            message = f"a fault needs one of: {needed}"
            raise ValueError(message)
        if self.reset and self._own_status is not None:
            message = "a fault's reset leaves no room for status, retry_after or redirect"
            raise ValueError(message)
        if self._own_status is None and (self.code or self.message or self.body or self.headers):
            message = "a fault's code, message, body and headers need its status"
            raise ValueError(message)

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """A fault from a JSON object with the same fields. Raises ValueError."""
        if not isinstance(content, dict):
            message = "a fault must be an object"
            raise ValueError(message)
        known = [each.name for each in fields(cls)]
        if unknown := [name for name in content if name not in known]:
            message = f"a fault has no {', '.join(unknown)}; it has: {', '.join(known)}"
            raise ValueError(message)
        return cls(**content)

    @property
    def _own_status(self) -> int | None:
        if self.status is not None:
            return self.status
        if self.redirect is not None:
            return 307
        return None if self.retry_after is None else 429

    @property
    def has_own_answer(self) -> bool:
        """Whether it answers (or resets) in place of the real work's answer."""
        return self.reset or self._own_status is not None

    def matches(self, operation: str, target: Target) -> bool:
        """Whether it strikes such a call."""
        return (
            self.operation in ("any", operation)
            and self.flow_id in (None, target.flow_id)
            and self.action_id in (None, target.action_id)
        )

    def own_answer(self, shape: ErrorShape, correlation_id: str) -> Response:
        """What it answers; only when it has an answer of its own."""
        status = self._own_status
        if self.reset or status is None:
            return Response(0, b"", lost=True)
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.redirect is not None:
            headers["Location"] = self.redirect
        if self.body is not None:
            return Response(status, self.body.encode(), {"Content-Type": "text/plain; charset=utf-8", **headers})
        message = self.message or "The simulator was told to answer this."
        return shape(Refusal(status, message, code=self.code, headers=headers), correlation_id)

    def spoil(self, response: Response) -> Response:
        """The answer as it goes out."""
        is_text = response.headers.get("Content-Type", "").startswith("text/")
        body = response.body[: len(response.body) // 2] if self.broken_json and not is_text else response.body
        return replace(response, body=body, cut_off=self.cut_off, drip_seconds=self.drip_seconds)


@dataclass
class _Storm:
    seed: int
    probability: float
    faults: Sequence[tuple[Fault, float]]
    calls_seen: Counter[tuple[str, Target]] = field(default_factory=Counter)

    def draw(self, operation: str, target: Target) -> Fault | None:
        # Chance is drawn anew from (operation, target, how many-th call), so threads may interleave as they like.
        self.calls_seen[operation, target] += 1
        call = f"{self.seed} {operation} {target.document_id} {self.calls_seen[operation, target]}"
        chance = random.Random(call)  # noqa: S311 - guards no secret
        if chance.random() >= self.probability:
            return None
        fitting = [(fault, weight) for fault, weight in self.faults if fault.matches(operation, target)]
        if not fitting:
            return None
        return chance.choices([fault for fault, _ in fitting], [weight for _, weight in fitting])[0]


class FaultSource:
    """All faults to come. `operations` are the names a fault may be for, besides `any`."""

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = [*operations, "any"]
        self._lock = threading.Lock()
        self._queue: list[Fault] = []
        self._storm: _Storm | None = None
        self._struck: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Puts faults at the end of the queue, all or none. Raises ValueError for an operation that does not exist."""
        for fault in faults:
            self._check_operation(fault)
        with self._lock:
            self._queue += faults

    def storm(self, *, seed: int, probability: float, faults: Sequence[tuple[Fault, float]]) -> None:
        """From now on each call meets one of these (fault, weight) with that probability; `times` does not count.

        The same seed gives the n-th call of an operation on a Flow or action the same fault, every time. Raises
        ValueError.
        """
        if type(seed) is not int:
            message = f"a storm's seed must be an integer, not {seed!r}"
            raise ValueError(message)
        if type(probability) not in (int, float) or not 0 <= probability <= 1:
            message = f"a storm's probability must be from 0 to 1, not {probability!r}"
            raise ValueError(message)
        if not faults or not all(type(weight) in (int, float) and 0 < weight < float("inf") for _, weight in faults):
            message = "a storm needs faults, each with a weight above 0"
            raise ValueError(message)
        for fault, _ in faults:
            self._check_operation(fault)
        with self._lock:
            self._storm = _Storm(seed, probability, list(faults))

    def take(self, operation: str, target: Target) -> Fault | None:
        """The fault this call meets: the first in the queue that matches, else what the storm brings."""
        with self._lock:
            fault = self._next(operation, target)
            if fault:
                self._struck.append(fault)
            return fault

    def _next(self, operation: str, target: Target) -> Fault | None:
        for position, fault in enumerate(self._queue):
            if fault.matches(operation, target):
                rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                self._queue[position : position + 1] = rest
                return fault
        return self._storm.draw(operation, target) if self._storm else None

    def struck(self) -> list[Fault]:
        """The faults that calls have met so far, in their order."""
        with self._lock:
            return list(self._struck)

    def waiting(self) -> int:
        """How many faults of the queue have yet to strike."""
        with self._lock:
            return sum(fault.times for fault in self._queue)

    def clear(self) -> None:
        """Good weather: an empty queue, no storm. What has struck is still known."""
        with self._lock:
            self._queue.clear()
            self._storm = None

    def forget(self) -> None:
        """Good weather, and as if there had never been any other."""
        with self._lock:
            self._struck.clear()
        self.clear()

    def _check_operation(self, fault: Fault) -> None:
        if fault.operation not in self._operations:
            message = f"a fault's operation must be one of {', '.join(self._operations)}, not {fault.operation!r}"
            raise ValueError(message)
