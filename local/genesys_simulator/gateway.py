"""What stands before every route of the API: token, rate limit, permission, and the faults."""

import traceback
from collections.abc import Callable, Mapping, Sequence

from genesys_simulator.messages import CORRELATION_HEADER, Refusal, Request, Response, genesys_error
from genesys_simulator.routes import Route, find_route
from genesys_simulator.state import State
from genesys_simulator.target import Target


class Gateway:
    """Answers clients. `pause` waits so many seconds."""

    def __init__(self, state: State, routes: Sequence[Route], pause: Callable[[float], None]) -> None:
        self._state = state
        self._routes = routes
        self._pause = pause

    def answer(self, request: Request) -> Response:
        """The answer to any request; it never raises. Each call is recorded."""
        arrival = self._state.calls.arrive()
        self._pause(self._state.settings.latency_seconds)
        values: Mapping[str, str] = {}
        try:
            route, values = find_route(self._routes, request, self._state)
        except Refusal as refusal:
            response = genesys_error(refusal, request.correlation_id)
        else:
            response = self._answer_on(route, values, request)
        response = response.with_headers({CORRELATION_HEADER: request.correlation_id})
        self._state.calls.leave(arrival, request, Target.from_path(values), response)
        return response

    def _answer_on(self, route: Route, values: Mapping[str, str], request: Request) -> Response:
        limit_headers: Mapping[str, str] = {}
        try:
            if route.permission is not None:
                limit_headers = self._count_call(request)
                self._check_permission(route.permission)
            response = self._work(route, values, request)
        except Refusal as refusal:
            response = route.error_shape(refusal, request.correlation_id)
        except Exception as error:  # noqa: BLE001 - a bug of the simulator or of a test's hook: show it, and keep serving
            traceback.print_exc()
            response = route.error_shape(Refusal(500, f"The simulator failed: {error!r}"), request.correlation_id)
        return response.with_headers(limit_headers)

    def _count_call(self, request: Request) -> Mapping[str, str]:
        """Knows the client by its token and counts the call; the headers that say how many are left."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token or scheme.lower() != "bearer":
            raise Refusal(
                401, "No authentication bearer token specified in authorization header.", code="authentication.required"
            )
        if not self._state.tokens.valid(token):
            raise Refusal(401, "Invalid login credentials.", code="bad.credentials")
        settings = self._state.settings
        if settings.rate_limit_calls is None:
            return {}
        usage = self._state.rate_limiter.count(
            token, allowed=settings.rate_limit_calls, window_seconds=settings.rate_limit_window_seconds
        )
        if usage.exceeded:
            retry_after = {"Retry-After": str(usage.reset_seconds)} if settings.send_retry_after else {}
            message = f"Rate limit exceeded: {usage.allowed} calls are allowed. Retry in {usage.reset_seconds} seconds."
            raise Refusal(429, message, headers={**usage.headers(), **retry_after})
        return usage.headers()

    def _check_permission(self, permission: str) -> None:
        if permission not in self._state.settings.permissions:
            message = (
                f"Unable to perform the requested action. You are missing the following permission(s): {permission}"
            )
            raise Refusal(403, message, code="missing.permissions")

    def _work(self, route: Route, values: Mapping[str, str], request: Request) -> Response:
        """The real work, and whatever fault strikes it.

        Calls that were refused before use up no fault, so a test knows which of its calls will meet one.
        """
        fault = self._state.faults.take(route.operation, Target.from_path(values))
        if fault is None:
            return route.handle(self._state, request, values)
        if fault.when == "before":
            self._pause(fault.delay_seconds)
        if fault.when == "before" and fault.has_own_answer:
            response = fault.own_answer(route.error_shape, request.correlation_id)
        else:
            response = self._done(route, values, request)
        if fault.when == "after":
            self._pause(fault.delay_seconds)
            if fault.has_own_answer:
                response = fault.own_answer(route.error_shape, request.correlation_id)
        return fault.spoil(response)

    def _done(self, route: Route, values: Mapping[str, str], request: Request) -> Response:
        try:
            return route.handle(self._state, request, values)
        except Refusal as refusal:
            return route.error_shape(refusal, request.correlation_id)
