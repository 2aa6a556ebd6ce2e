"""The record of what clients did."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from genesys_simulator.messages import Request, Response
from genesys_simulator.target import Target


@dataclass(frozen=True)
class Call:
    """One call of a client.

    - `at_seconds`: when it came, in seconds since the simulator was made; `duration_seconds`: until its answer went out
    - `status`: None when the connection was reset instead
    - `flow_id`, `action_id`: what its path is about, if it is about one
    - `in_flight`: how many calls were being worked on when it came, itself included
    - `headers`: the request's, names in lower case
    """

    at_seconds: float
    duration_seconds: float
    method: str
    path: str
    status: int | None
    flow_id: str | None
    action_id: str | None
    in_flight: int
    correlation_id: str
    headers: Mapping[str, str] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """For people; without the headers, which hold the token."""
        return {name: value for name, value in vars(self).items() if name != "headers"}


@dataclass(frozen=True)
class Arrival:
    """A call that is being worked on."""

    at_seconds: float
    in_flight: int


class CallLog:
    """Every call, in the order in which they were answered."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._in_flight = 0
        self._max_in_flight = 0

    def arrive(self) -> Arrival:
        """A call came in; `leave` must follow."""
        with self._lock:
            self._in_flight += 1
            self._max_in_flight = max(self._max_in_flight, self._in_flight)
            return Arrival(self._clock() - self._started, self._in_flight)

    def leave(self, arrival: Arrival, request: Request, target: Target, response: Response) -> None:
        """Its answer is about to go out.

        Not later, or a client could start its next call before this one counts as over.
        """
        with self._lock:
            self._in_flight -= 1
            self._calls.append(
                Call(
                    at_seconds=arrival.at_seconds,
                    duration_seconds=self._clock() - self._started - arrival.at_seconds,
                    method=request.method,
                    path=request.path,
                    status=None if response.lost else response.status,
                    flow_id=target.flow_id,
                    action_id=target.action_id,
                    in_flight=arrival.in_flight,
                    correlation_id=request.correlation_id,
                    headers=request.headers,
                )
            )

    def all(self) -> list[Call]:
        """A copy of the record."""
        with self._lock:
            return list(self._calls)

    @property
    def in_flight(self) -> int:
        """How many calls are being worked on right now."""
        with self._lock:
            return self._in_flight

    @property
    def max_in_flight(self) -> int:
        """The most calls ever being worked on at once."""
        with self._lock:
            return self._max_in_flight

    def clear(self) -> None:
        """Starts the record anew; calls being worked on still count as in flight."""
        with self._lock:
            self._calls.clear()
            self._max_in_flight = self._in_flight
