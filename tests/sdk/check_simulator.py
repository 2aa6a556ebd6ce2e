"""The official Genesys Cloud SDK against the simulator: its client logs in and works, its models take every answer.

Run by the Python of an environment that has the SDK and nothing of this project: `check_simulator.py URL`. Every answer
must come back from the SDK's models as it went in, so a member that they do not know, a value that is not in their
enumerations, or a wrong type is an error. What is in the simulator is said in test_official_sdk.py.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

sdk: Any = importlib.import_module("PureCloudPlatformClientV2")  # not installed where types are checked
rest: Any = importlib.import_module("PureCloudPlatformClientV2.rest")

PROOF = ("simulator-client", "simulator-secret")
CUSTOM, FUNCTION, FLOW, LOCKED = "custom_-_1", "custom_-_2", "flow-1", "flow-2"
CONTRACT = "contract"


class Client:
    """The SDK's client, which here keeps the text of the last answer."""

    def __init__(self, url: str) -> None:
        self.api = sdk.ApiClient(host=url)
        self.texts: list[str] = []
        texts = self.texts

        def keep(response: Any) -> Any:
            texts.append(response.data)
            return response

        self.api.get_http_client().set_post_request_hook(keep)

    def login(self, proof: tuple[str, str] = PROOF) -> None:
        """As integrations do, by client credentials."""
        self.api.get_client_credentials_token(*proof)

    def call(self, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Calls a method of the SDK; what its models made of the answer must say all that the answer said."""
        given = method(*arguments, **options)
        sent, understood = json.loads(self.texts[-1]), self.api.sanitize_for_serialization(given)
        check(understood == sent, f"{method.__name__} was answered {sent}, of which the SDK understood {understood}")
        print(f"{method.__name__}: understood")
        return given


def check(condition: object, message: str) -> None:
    """Ends the whole check when something is not as it should be."""
    if not condition:
        sys.exit(f"not as it should be: {message}")


def refused(status: int, code: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """The call must be refused with that status and code."""
    try:
        method(*arguments, **options)
    except rest.ApiException as error:
        content = json.loads(error.body)
        given = (error.status, content.get("code") or content.get("error"))
        check(given == (status, code), f"{method.__name__} was refused with {given}")
        print(f"{method.__name__}: refused with {status} {code}")
    else:
        check(False, f"{method.__name__} was not refused")  # noqa: FBT003 - says so by itself


def check_login(client: Client) -> None:
    """Only the right secret logs in."""
    refused(401, "invalid_client", client.login, ("simulator-client", "wrong"))
    client.login()


def check_actions(client: Client) -> None:
    """An action is found by its name, read whole, and changed."""
    api = sdk.IntegrationsApi(client.api)
    listing = client.call(api.get_integrations_actions, name="balance", page_size=100, page_number=1)
    check([each.id for each in listing.entities] == [CUSTOM], "the listing")
    options = {"expand": CONTRACT, "include_config": True}
    action = client.call(api.get_integrations_action, CUSTOM, **options)
    template = api.get_integrations_action_template(CUSTOM, "requesttemplate.vm")
    check(template == '{"id": "${input.id}"}', f"the template {template!r}")
    change = sdk.UpdateActionInput()
    change.name, change.category, change.version = action.name, action.category, action.version
    change.config = action.config
    change.config.timeout_seconds = 45
    change.config.request.request_template = template
    changed = client.call(api.patch_integrations_action, CUSTOM, change)
    check((changed.version, changed.config.timeout_seconds) == (action.version + 1, 45), "the change")
    refused(400, "bad.request", api.patch_integrations_action, CUSTOM, change)


def check_drafts(client: Client) -> None:
    """A function action is changed by way of its draft."""
    api = sdk.IntegrationsApi(client.api)
    client.call(api.post_integrations_action_draft, FUNCTION)
    draft = client.call(api.get_integrations_action_draft, FUNCTION, expand=CONTRACT, include_config=True)
    change = sdk.UpdateDraftInput()
    change.name, change.category, change.version, change.config = "Renamed", draft.category, draft.version, draft.config
    changed = client.call(api.patch_integrations_action_draft, FUNCTION, change)
    function = client.call(api.get_integrations_action_draft_function, FUNCTION).function
    function.timeout_seconds = 12
    client.call(api.put_integrations_action_draft_function, FUNCTION, function)
    validation = client.call(api.get_integrations_action_draft_validation, FUNCTION)
    check(validation.valid, "the draft's validation")
    publication = sdk.PublishDraftInput()
    publication.version = changed.version
    refused(400, "bad.request", api.post_integrations_action_draft_publish, FUNCTION, publication)
    publication.version = api.get_integrations_action_draft(FUNCTION).version
    client.call(api.post_integrations_action_draft_publish, FUNCTION, publication)
    published = client.call(api.get_integrations_action_function, FUNCTION)
    check(published.function.timeout_seconds == 12, "the function's timeout")


def check_flows(client: Client) -> None:
    """A Flow is checked out, saved and published; the users of an action are known."""
    api = sdk.ArchitectApi(client.api)
    before = client.call(api.get_flow, FLOW)
    client.call(api.post_flows_actions_checkout, FLOW)
    configuration = client.call(api.get_flow_latestconfiguration, FLOW)
    configuration["description"] = "changed"
    client.call(api.post_flow_versions, FLOW, configuration)
    operation = client.call(api.post_flows_actions_publish, FLOW)
    flow = client.call(api.get_flow, FLOW)
    while not flow.current_operation.complete:
        time.sleep(0.01)
        flow = client.call(api.get_flow, FLOW)
    check((flow.current_operation.id, flow.current_operation.action_status) == (operation.id, "SUCCESS"), "the end")
    check(flow.published_version.id != before.published_version.id and flow.locked_client is None, "the Flow")
    version = client.call(api.get_flow_version_configuration, FLOW, flow.published_version.id)
    check(version["description"] == "changed", "the published configuration")
    client.call(api.post_flows_actions_checkout, FLOW)
    client.call(api.post_flows_actions_revert, FLOW)
    client.call(api.post_flows_actions_checkout, FLOW)
    client.call(api.post_flows_actions_checkin, FLOW)
    client.call(api.get_flow, LOCKED)
    refused(409, "architect.flow.locked.by.user", api.post_flows_actions_checkout, LOCKED)
    client.call(api.post_flows_actions_unlock, LOCKED)
    refused(404, "architect.flow.not.found", api.get_flow, "nobody")
    method = api.get_architect_dependencytracking_consumingresources
    users = client.call(method, CUSTOM, "DATAACTION", flow_filter="published")
    check([each.id for each in users.entities] == [FLOW, LOCKED], "the users")


def check_analytics(client: Client) -> None:
    """How long an action takes."""
    api = sdk.AnalyticsApi(client.api)
    query = sdk.ActionAggregationQuery()
    query.interval, query.granularity = "2026-01-31T10:00:00Z/2026-01-31T10:05:00Z", "PT1M"
    query.group_by, query.metrics = ["actionId", "responseStatus"], ["tTotalExecution"]
    answer = client.call(api.post_analytics_actions_aggregates_query, query)
    [result] = answer.results
    check(result.group == {"actionId": CUSTOM, "responseStatus": "200"}, f"the group {result.group}")
    [statistics] = [metric.stats for part in result.data for metric in part.metrics]
    check((statistics.count, statistics.max, statistics.p99) == (2, 4100, 4100), "the statistics")


def main() -> None:
    """All checks, on one login."""
    client = Client(sys.argv[1])
    for part in (check_login, check_actions, check_drafts, check_flows, check_analytics):
        part(client)


if __name__ == "__main__":
    main()
