"""How long actions take, as the platform's analytics tell it: milliseconds, grouped and cut into parts of the interval.

Groups and parts without an execution are left out.
"""

from collections import defaultdict
from collections.abc import Mapping

from genesys_simulator import json_text
from genesys_simulator.analytics_query import METRIC, AggregatesQuery, Dimensions
from genesys_simulator.document_store import UnknownDocument
from genesys_simulator.executions import Execution, summary_of, write_time
from genesys_simulator.messages import Refusal, Request, Response
from genesys_simulator.routes import Route
from genesys_simulator.settings import VIEW_ACTION
from genesys_simulator.state import State

PATH = "/api/v2/analytics/actions/aggregates/query"


def _query(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    try:
        query = AggregatesQuery.read(request.body)
    except ValueError as error:
        raise Refusal(400, f"The query is invalid: {error}.", code="bad.request") from None
    groups: dict[tuple[tuple[str, str], ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for execution in sorted(state.executions.between(query.start, query.end), key=lambda each: each.at):
        dimensions = _dimensions_of(state, execution)
        if query.wanted(dimensions):
            known = ((name, dimensions.get(name)) for name in query.group_by)
            group = tuple((name, value) for name, value in known if value is not None)
            part = "/".join(map(write_time, query.bucket(execution.at)))
            groups[group][part].append(execution.milliseconds)
    results = [
        {
            "group": dict(group),
            "data": [
                {"interval": part, "metrics": [{"metric": METRIC, "stats": summary_of(milliseconds)}]}
                for part, milliseconds in parts.items()
            ],
        }
        for group, parts in groups.items()
    ]
    return Response(200, json_text.write({"results": results}))


def _dimensions_of(state: State, execution: Execution) -> Dimensions:
    own = {
        "actionId": execution.action_id,
        "responseStatus": execution.response_status,
        "errorType": execution.error_type,
    }
    try:
        action = state.actions.get(execution.action_id)
    except UnknownDocument:
        return own  # deleted meanwhile, say
    return {
        **own,
        "actionName": action.name,
        "actionCategory": action.category,
        "integrationId": action.document()["integrationId"],
        "integrationName": action.category,
    }


ROUTES = [Route("POST", PATH, _query, operation="query_executions", permission=VIEW_ACTION)]
