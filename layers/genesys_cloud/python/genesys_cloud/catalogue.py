"""All integration actions of an organization with their timeouts: to find ids and names, and what to look after.

| call                                                                       | permission                 |
|----------------------------------------------------------------------------|----------------------------|
| `GET /api/v2/integrations/actions?includeConfig=true&pageSize=&pageNumber=` | `integrations:action:view` |
"""

from __future__ import annotations

from typing import Any, NoReturn

from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.document import Document
from genesys_cloud.errors import ReadRejected

EVERYTHING = "all"
"""The id of the one catalogue that an organization has."""


class Catalogue:
    """Reads the integration actions of one organization as one document; nothing can be written to it."""

    def __init__(self, data_actions: DataActionStore) -> None:
        self._data_actions = data_actions

    def read(self, catalogue_id: str) -> Document:
        """Every action, with its configuration, under `entities`.

        Raises:
            Forbidden, ReadRejected: Genesys says no.
            Transient: no definite answer in the time left.
        """
        entities: list[dict[str, Any]] = self._data_actions.all()
        return Document(catalogue_id, {"entities": entities}, None)

    def write(self, document: Document) -> NoReturn:
        """Never: what changes an action is its own document."""
        raise ReadRejected(f"the catalogue {document.id} cannot be written: name the action by data_action_id")
