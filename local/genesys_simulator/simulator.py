"""The simulator as tests and programs hold it."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from genesys_simulator import (
    action_protocol,
    admin,
    analytics_protocol,
    architect_protocol,
    dependencies_protocol,
    draft_protocol,
    login,
    publish_protocol,
)
from genesys_simulator.action_document import Action
from genesys_simulator.action_store import DEFAULT_CATEGORY
from genesys_simulator.admin_requests import PREFIX
from genesys_simulator.calls import Call
from genesys_simulator.document_store import Change, Edition
from genesys_simulator.faults import Fault
from genesys_simulator.flow_store import Flow
from genesys_simulator.gateway import Gateway
from genesys_simulator.messages import Request, Response
from genesys_simulator.server import HttpServer
from genesys_simulator.settings import Settings
from genesys_simulator.simulator_architect import ArchitectControls
from genesys_simulator.state import State

API_ROUTES = [
    route
    for protocol in (
        login,
        publish_protocol,
        architect_protocol,
        action_protocol,
        draft_protocol,
        dependencies_protocol,
        analytics_protocol,
    )
    for route in protocol.ROUTES
]
"""All that clients can call. A further protocol brings its own list."""


class GenesysSimulator(ArchitectControls):
    """A Genesys Cloud organization on 127.0.0.1, in threads of this process.

    `port` 0 picks a free one. `clock` gives seconds and drives token expiry, rate limit and the record of calls; delays
    are always real. Use it as a context manager, or call `start` and `stop`; it can be started again on the same port.
    """

    def __init__(
        self, settings: Settings | None = None, *, port: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state = State(settings or Settings(), [route.operation for route in API_ROUTES], clock)
        self._server = HttpServer(self._answer, port)
        self._gateway = Gateway(self._state, API_ROUTES, self._server.pause)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it listens. Raises OSError when the port is taken, RuntimeError when it runs already."""
        if self._server.running:
            message = "the simulator runs already"
            raise RuntimeError(message)
        self._server.start()

    def stop(self) -> None:
        """Closes the port and every connection; what it remembers stays. Does nothing when it does not run."""
        self._server.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, for login and API. Raises RuntimeError before the first start."""
        if not self._server.port:
            message = "the simulator has no address before it is started"
            raise RuntimeError(message)
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start."""
        return self._server.port

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._state.settings

    def configure(self, **changes: Any) -> None:
        """Changes fields of `Settings` from now on. Raises ValueError, naming what is wrong."""
        self._state.configure(**changes)

    def reset(self) -> None:
        """Forgets Flows, actions, executions, tokens, faults and calls, and goes back to the first settings."""
        self._state.reset()

    def expire_tokens(self) -> None:
        """Every token given so far is worthless from now on."""
        self._state.tokens.expire_all()

    def rotate_secret(self, new_secret: str) -> None:
        """Only the new client secret logs in from now on; tokens stay good (see `expire_tokens`)."""
        self._state.configure(client_secret=new_secret)

    def put_flow(self, flow_id: str, document: Mapping[str, Any] | str | bytes) -> Flow:
        """Stores a Flow. Text and bytes are served as they are, even if broken; a mapping without `version` gets 1."""
        return self._state.flows.put(flow_id, document)

    def flow(self, flow_id: str) -> Flow:
        """A Flow as it is now: `.body`, `.version`, `.etag`, `.document()`. Raises KeyError."""
        return self._state.flows.get(flow_id)

    def edit_flow(self, flow_id: str, change: Change) -> Flow:
        """Another person publishes now: `change` gets the parsed document and changes it in place. Raises KeyError."""
        return self._state.flows.edit(flow_id, change)

    def edit_after_get(self, flow_id: str, change: Change, *, times: int = 1) -> None:
        """Another person publishes right after each of the next `times` reads. Raises KeyError, ValueError."""
        self._state.flows.edit_after_read(flow_id, change, times)

    def keep_editions(self) -> None:
        """From now on every version of Flows and actions is kept (Architect Flows have their `.history` anyway)."""
        self._state.flows.keep_editions()
        self._state.actions.keep_editions()

    def flow_editions(self, flow_id: str) -> list[Edition[Flow]]:
        """A Flow's versions since then, oldest first: `.document`, and whether it is `.by_client`."""
        return self._state.flows.editions(flow_id)

    def action_editions(self, action_id: str) -> list[Edition[Action]]:
        """The same of an integration action."""
        return self._state.actions.editions(action_id)

    def put_action(
        self,
        action_id: str,
        name: str,
        *,
        timeout_seconds: int | None = None,
        category: str = DEFAULT_CATEGORY,
        integration_id: str | None = None,
        secure: bool = False,
        version: int = 1,
        config: Mapping[str, Any] | None = None,
        contract: Mapping[str, Any] | None = None,
        function: Mapping[str, Any] | None = None,
    ) -> Action:
        """Stores an integration action.

        `config` is as a PATCH takes it, with `request.requestTemplate` and `response.successTemplate`; what it lacks is
        an example's, and so is what `function` lacks (`zipId`, `handler`, `runtime`, `timeoutSeconds`). Ids that start
        with `static` or `customAuth`, and categories that have `authentication` or `function data action` in them, make
        actions that no PATCH may change; the last kind is changed by drafts.
        """
        return self._state.actions.put(
            action_id,
            name,
            timeout_seconds=timeout_seconds,
            category=category,
            integration_id=integration_id,
            secure=secure,
            version=version,
            config=config,
            contract=contract,
            function=function,
        )

    def action(self, action_id: str) -> Action:
        """An integration action as it is now.

        `.version`, `.name`, `.category`, `.timeout_seconds`, `.request_template`, `.success_template`, `.document()`
        (all of it, templates in `config`). Raises KeyError.
        """
        return self._state.actions.get(action_id)

    def edit_action(self, action_id: str, change: Change) -> Action:
        """Another person changes an action now: `change` gets `.document()` and changes it in place. Raises KeyError.

        The version moves on, whatever `change` does to it.
        """
        return self._state.actions.edit(action_id, change)

    def edit_action_after_get(self, action_id: str, change: Change, *, times: int = 1) -> None:
        """Another person does so right after each of the next `times` reads of it. Raises KeyError, ValueError."""
        self._state.actions.edit_after_read(action_id, change, times)

    def fault(self, **fields: Any) -> None:
        """Queues a `Fault` with these fields. Raises ValueError or TypeError, naming what is wrong."""
        self._state.faults.add(Fault(**fields))

    def storm(self, *, seed: int, probability: float, faults: Sequence[tuple[Fault, float]]) -> None:
        """Strikes calls at random with one of (fault, weight), the same way for the same seed. Raises ValueError."""
        self._state.faults.storm(seed=seed, probability=probability, faults=faults)

    def clear_faults(self) -> None:
        """Ends the storm and empties the queue of faults."""
        self._state.faults.clear()

    @property
    def struck_faults(self) -> list[Fault]:
        """The faults that calls have met so far, in their order."""
        return self._state.faults.struck()

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order in which they were answered."""
        return self._state.calls.all()

    def count(self, method: str, path_part: str) -> int:
        """How many calls so far had this method and this in their path."""
        return sum(1 for call in self.calls if call.method == method and path_part in call.path)

    @property
    def in_flight(self) -> int:
        """How many calls are being worked on right now."""
        return self._state.calls.in_flight

    @property
    def max_in_flight(self) -> int:
        """The most calls ever being worked on at once."""
        return self._state.calls.max_in_flight

    def _answer(self, request: Request) -> Response:
        if request.path == PREFIX or request.path.startswith(f"{PREFIX}/"):
            return admin.answer(self._state, request)
        return self._gateway.answer(request)
