"""Which published Flows use an integration action: for a hint of what a change of it reaches.

`GET /api/v2/architect/dependencytracking/consumingresources?id=&objectType=DATAACTION&flowFilter=published`, with the
permission `architect:dependencyTracking:view`. Source: the official SDKs' ArchitectApi.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from genesys_cloud import json_text
from genesys_cloud.document import segment
from genesys_cloud.errors import GenesysCloudError
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

CONSUMERS = "/api/v2/architect/dependencytracking/consumingresources"
PAGE_SIZE = 100
MOST_NAMES = 10


@dataclass(frozen=True)
class Users:
    """The Flows that use an integration action.

    Attributes:
        count: how many they are.
        names: of some of them, at most `MOST_NAMES`.
    """

    count: int
    names: tuple[str, ...]


def users_of(session: Session, action_id: str) -> Users | None:
    """Who uses an action; None where it cannot be told, for lack of a permission or for whatever reason. Never raises.

    It is asked once and not again: no one should wait for a hint.
    """
    about = {"objectType": "DATAACTION", "flowFilter": "published", "pageSize": PAGE_SIZE}
    try:
        query = urlencode({"id": segment(action_id), **about})
        listing = session.call("GET", f"{CONSUMERS}?{query}", parse=_parse_listing, repeatable=False)
    except GenesysCloudError:
        return None
    flows = {entity["id"]: entity.get("name") for entity in listing["entities"] if _is_flow(entity)}
    names = [json_text.plain(name) for name in flows.values() if isinstance(name, str)]
    total: Any = listing.get("total")
    more = isinstance(total, int) and total > len(listing["entities"])
    count: int = total if more else len(flows)
    return Users(count, tuple(names[:MOST_NAMES]))


def _parse_listing(answer: Answer) -> dict[str, Any]:
    listing = json_text.parse(answer.body)
    if not isinstance(listing, dict) or not isinstance(listing.get("entities"), list):
        raise ValueError("not a list of entities")
    return listing


def _is_flow(entity: object) -> bool:
    if not isinstance(entity, dict) or not isinstance(entity.get("id"), str):
        return False
    kind = entity.get("type")
    return kind is None or (isinstance(kind, str) and kind.endswith("FLOW"))
