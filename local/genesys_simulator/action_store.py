"""The integration actions, and how one is made up from the little that a test or a person says about it."""

import uuid
from collections.abc import Mapping
from typing import Any

from genesys_simulator.action_document import Action, is_function_category
from genesys_simulator.document_store import Change, DocumentStore
from genesys_simulator.function_document import example_function

DEFAULT_CATEGORY = "Custom"

_EXAMPLE_CONFIG: Mapping[str, Any] = {
    "request": {
        "requestUrlTemplate": "https://crm.example/accounts/${input.accountId}",
        "requestTemplate": "${input.rawRequest}",
        "requestType": "GET",
        "headers": {"Accept": "application/json", "X-Tenant": "${credentials.tenant}"},
    },
    "response": {
        "translationMap": {"balance": "$.account.balance"},
        "translationMapDefaults": {"balance": "0"},
        "successTemplate": '{"balance": ${balance}}',
    },
}

_EXAMPLE_CONTRACT: Mapping[str, Any] = {
    "input": {"inputSchema": {"type": "object", "properties": {"accountId": {"type": "string"}}}},
    "output": {"successSchema": {"type": "object", "properties": {"balance": {"type": "number"}}}},
}


class ActionStore(DocumentStore[Action]):
    """All integration actions of the organization."""

    kind = "integration action"

    def put(
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
        """Stores an action, new or not. Raises ValueError for an empty id.

        `config` is as a PATCH takes it, templates included; a `request` or `response` that it lacks is an example's.
        So is what `function` lacks, in function actions. Nothing is checked, so that a platform with odd data can be
        played.
        """
        completed = {**_EXAMPLE_CONFIG, **(config or {})}
        if timeout_seconds is not None:
            completed["timeoutSeconds"] = timeout_seconds
        document = {
            "id": action_id,
            "name": name,
            "integrationId": integration_id or _integration_of(category),
            "category": category,
            "contract": contract or _EXAMPLE_CONTRACT,
            "version": version,
            "secure": secure,
            "config": completed,
        }
        if function is not None or is_function_category(category):
            document["function"] = {**example_function(action_id), **(function or {})}
        return self.store(Action.from_document(document))

    def named(self, part: str) -> list[Action]:
        """The actions with this in their name, whatever the case, in the order of their first storing."""
        return [action for action in self.all() if part.casefold() in action.name.casefold()]

    def _edited(self, document: Action, change: Change) -> Action:
        content = document.document()
        change(content)
        return Action.from_document({**content, "id": document.action_id, "version": document.version + 1})


class DraftStore(ActionStore):
    """The drafts of actions, at most one of each; its versions are the draft's own."""

    kind = "draft of an action"


def _integration_of(category: str) -> str:
    # A category is an integration's name, so actions of one category belong to one integration.
    return str(uuid.uuid5(uuid.NAMESPACE_URL, category))
