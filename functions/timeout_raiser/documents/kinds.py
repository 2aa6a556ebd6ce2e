"""The kinds of documents whose timeouts can be changed, and what is peculiar to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from documents import data_action, flow
from documents.steps import Steps
from genesys_cloud.integration_action import MOST_SECONDS, SECONDS_WHEN_UNSET


class Kind(StrEnum):
    """What kind of document it is, in the ledger's spelling."""

    FLOW = "flow"
    DATA_ACTION = "data-action"


@dataclass(frozen=True)
class Nature:
    """What is peculiar to one kind of document.

    Attributes:
        title: how it is called in messages.
        find_steps: the walk that finds its timeouts.
        default_seconds: what a missing timeout counts as; None where the settings say.
        limit_seconds: the highest timeout that Genesys Cloud takes; None where the settings say.
    """

    title: str
    find_steps: Callable[[dict[str, Any]], Steps]
    default_seconds: int | None = None
    limit_seconds: int | None = None


NATURES: Mapping[Kind, Nature] = {
    Kind.FLOW: Nature("Flow", flow.find_steps),
    Kind.DATA_ACTION: Nature(
        "integration action",
        data_action.find_steps,
        default_seconds=SECONDS_WHEN_UNSET,
        limit_seconds=MOST_SECONDS,
    ),
}


class DocumentKey(NamedTuple):
    """Which document."""

    organization: str
    kind: Kind
    id: str

    @property
    def nature(self) -> Nature:
        """What is peculiar to its kind."""
        return NATURES[self.kind]

    def __str__(self) -> str:
        return f"{self.nature.title} {self.id}"
