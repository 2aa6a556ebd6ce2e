"""Genesys Cloud with Architect Flows in virtual time: the project's own simulator, without its server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from genesys_simulator.architect_flow import new_flow
from genesys_simulator.gateway import Gateway
from genesys_simulator.messages import Request
from genesys_simulator.settings import Settings
from genesys_simulator.simulator import API_ROUTES
from genesys_simulator.state import State
from simulation.genesys_side import GenesysSide, response

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from simulation.virtual_time import VirtualTime

PUBLISHING_SECONDS = 3.0
STEP_ID, STEP_NAME = "s1", "A"


class ArchitectSide(GenesysSide):
    """Each Flow has one Data Action with a timeout of its own. Publishing goes on by itself for some seconds."""

    def __init__(self, time: VirtualTime, *, flows: int, **given: Any) -> None:
        super().__init__(time, **given)
        self._clock = time
        settings = Settings(
            client_id="c",
            client_secret="s3cr3t",
            expires_in=86_400,
            rate_limit_calls=None,  # counted before it comes here
            publish_seconds=PUBLISHING_SECONDS,
            max_timeout_seconds=60,
            check_dependencies=False,
        )
        self._state = State(settings, [route.operation for route in API_ROUTES], time.clock)
        self._gateway = Gateway(self._state, API_ROUTES, time.sleep)
        for number in range(flows):
            self._state.architect.put(new_flow(f"f{number}", _configuration()))
        self._published: dict[str, str | None] = {f"f{number}": "1.0" for number in range(flows)}

    def timeout_of(self, organization: str, flow_id: str) -> int | None:  # noqa: ARG002  # there is but one
        """The timeout of a Flow's Data Action."""
        seconds = self._state.architect.get(flow_id).timeouts[STEP_ID]
        return int(seconds) if isinstance(seconds, float | int) else None

    def left_behind(self) -> list[str]:
        """Flows that are locked, or hold saved work that is not published."""
        flows = [(name, self._state.architect.get(name)) for name in self._published]
        return [n for n, flow in flows if flow.locked_client or flow.saved_version != flow.published_version]

    def log_in(self, request: requests.PreparedRequest, organization: str, number: int) -> requests.Response:  # noqa: ARG002
        """As the simulator does it."""
        return self._ask(request, {})

    def answer(
        self, request: requests.PreparedRequest, organization: str, limit: Mapping[str, str]
    ) -> requests.Response:
        """Whatever the simulator answers; it is looked at whether a Flow was published by that."""
        answer = self._ask(request, limit)
        for flow_id in {*urlsplit(request.url or "").path.split("/")} & self._published.keys():
            version = self._state.architect.get(flow_id).published_version
            if version != self._published[flow_id]:
                self._published[flow_id] = version
                self.changed_at.setdefault((organization, flow_id), []).append(self._clock.elapsed)
        return answer

    def _ask(self, request: requests.PreparedRequest, limit: Mapping[str, str]) -> requests.Response:
        parts = urlsplit(request.url or "")
        body = request.body or b""
        given = self._gateway.answer(
            Request(
                method=request.method or "",
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body.encode() if isinstance(body, str) else body,
                correlation_id="c-1",
            )
        )
        return response(request, given.status, given.body, {**given.headers, **limit})


def _configuration() -> dict[str, Any]:
    text = "P0D0H0M3S0F"
    timeout = {
        "config": {"lit": {"pos": 1, "text": text, "type": "dur"}},
        "text": text,
        "type": "dur",
        "uiMetaData": {"mode": 1},
        "metaData": {},
        "version": 2,
    }
    step = {
        "__type": "DataAction",
        "id": STEP_ID,
        "trackingId": 17,
        "name": STEP_NAME,
        "actionId": "custom_-_a",
        "actionName": STEP_NAME,
        "useSuggestedTimeout": False,
        "timeout": timeout,
        "paths": [],
    }
    task = {"__type": "Task", "id": "task", "actionList": [step]}
    return {"name": "a Flow", "type": "inboundcall", "flowSequenceItemList": [task]}
