"""The kinds of documents whose timeouts can be changed, and what is peculiar to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from documents import architect, catalogue, data_action, flow
from documents.steps import Steps
from genesys_cloud.document import Document
from genesys_cloud.integration_action import MOST_SECONDS, SECONDS_WHEN_UNSET


class Kind(StrEnum):
    """What kind of document it is, in the ledger's spelling."""

    FLOW = "flow"
    ARCHITECT_FLOW = "architect-flow"
    DATA_ACTION = "data-action"
    CATALOGUE = "catalogue"


@dataclass(frozen=True)
class Nature:
    """What is peculiar to one kind of document.

    Attributes:
        title: how it is called in messages.
        find_steps: the walk that finds its timeouts.
        default_seconds: what a missing timeout counts as; None where the settings say.
        usual_limit_seconds: the highest timeout where the organization names none; None where the settings say.
        limit_seconds: the highest timeout that Genesys Cloud takes, whatever the organization says; None for no such.
    """

    title: str
    find_steps: Callable[[Document], Steps]
    default_seconds: int | None = None
    usual_limit_seconds: int | None = None
    limit_seconds: int | None = None


NATURES: Mapping[Kind, Nature] = {
    Kind.FLOW: Nature("Flow", lambda document: flow.find_steps(document.body)),
    Kind.ARCHITECT_FLOW: Nature(
        "Flow",
        lambda document: architect.find_steps(document.body, document.suggested),
        default_seconds=SECONDS_WHEN_UNSET,
        usual_limit_seconds=MOST_SECONDS,
    ),
    Kind.DATA_ACTION: Nature(
        "integration action",
        lambda document: data_action.find_steps(document.body),
        default_seconds=SECONDS_WHEN_UNSET,
        usual_limit_seconds=MOST_SECONDS,
        limit_seconds=MOST_SECONDS,
    ),
    # Looked at only: all integration actions of an organization.
    Kind.CATALOGUE: Nature(
        "list of integration actions",
        lambda document: catalogue.find_steps(document.body),
        default_seconds=SECONDS_WHEN_UNSET,
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
