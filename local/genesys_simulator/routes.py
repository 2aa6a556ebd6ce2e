"""Which request goes where."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from genesys_simulator.messages import ErrorShape, Refusal, Request, Response, genesys_error
from genesys_simulator.state import State

Handler = Callable[[State, Request, Mapping[str, str]], Response]
"""(state, request, values of the path's placeholders) -> answer. Raises Refusal."""

Condition = Callable[[State, Mapping[str, str]], bool]
"""(state, values of the placeholders) -> whether a route is meant."""


@dataclass(frozen=True)
class Route:
    """One kind of request.

    `path` has placeholders: `/api/v2/flows/{flow_id}`. `operation` is the name by which faults call it. `permission` is
    what the client must be allowed; None where no token is needed. `error_shape` is how refusals look here. `about`
    says to people what it does.

    Some calls name what they are about in the query: `from_query` says which placeholder (there, or in no path) a query
    parameter stands for. Where two protocols have the same path, `only_if` tells whether it is this one's.
    """

    method: str
    path: str
    handle: Handler
    operation: str = ""
    permission: str | None = None
    error_shape: ErrorShape = genesys_error
    about: str = ""
    from_query: Mapping[str, str] = field(default_factory=dict)
    only_if: Condition | None = None

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The placeholders' values if the path is this route's, else None."""
        pattern = self.path.strip("/").split("/")
        if len(pattern) != len(segments):
            return None
        values = {}
        for expected, actual in zip(pattern, segments, strict=True):
            if expected.startswith("{") and actual:
                values[expected.strip("{}")] = actual
            elif expected != actual:
                return None
        return values


def find_route(routes: Iterable[Route], request: Request, state: State) -> tuple[Route, dict[str, str]]:
    """The route of a request with its placeholders' values. Raises Refusal: 404, or 405 if only the method is wrong."""
    segments = request.segments
    found = [(route, values) for route in routes if (values := route.match(segments)) is not None]
    for route, values in sorted(found, key=lambda each: each[0].only_if is None):
        if route.method == request.method and (route.only_if is None or route.only_if(state, values)):
            asked = {place: request.query[name] for name, place in route.from_query.items() if name in request.query}
            return route, {**values, **asked}
    if found:
        allowed = ", ".join(sorted({route.method for route, _ in found}))
        raise Refusal(405, f"{request.path} takes {allowed}, not {request.method}.", headers={"Allow": allowed})
    raise Refusal(404, f"There is nothing at {request.path}.")
