"""Outcomes on EventBridge, for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aws.packing import call_for_each, in_packs
from genesys_cloud.deadline import Deadline
from outcomes import Outcome, Status

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "genesys-timeout-raiser"
MOST_ENTRIES = 10
MOST_BYTES = 250_000
"""Of one call; the service takes 262,144 with some overhead per entry (PutEvents, API reference)."""


def worth_telling(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """All but inspections."""
    return [outcome for outcome in outcomes if outcome.status is not Status.INSPECTED]


class EventBus:
    """Puts outcomes on a bus, for one invocation.

    Args:
        client: gives the EventBridge client.
        on_failure: is told how many did not arrive, and why.

    Attributes:
        known: of how many outcomes it is known by now whether they have arrived.
    """

    def __init__(
        self, name: str, client: Callable[[], EventBridgeClient], on_failure: Callable[[int, str], None]
    ) -> None:
        self._name = name
        self._client = client
        self._on_failure = on_failure
        self.known = 0

    def put(self, outcomes: Iterable[Outcome], deadline: Deadline) -> None:
        """Puts all that is worth telling on the bus, as much as it can before the deadline.

        What fails is told and not tried again: the change counts without it.
        """
        entries = [self._entry(outcome) for outcome in worth_telling(outcomes)]
        packs = in_packs(entries, _size, most_entries=MOST_ENTRIES, most_bytes=MOST_BYTES)
        for pack, answer in call_for_each(packs, lambda pack: self._client().put_events(Entries=pack), deadline):
            if isinstance(answer, str):
                self._on_failure(len(pack), answer)
            elif refused := [entry["ErrorCode"] for entry in answer["Entries"] if entry.get("ErrorCode")]:
                self._on_failure(len(refused), ", ".join(sorted(set(refused))))
            self.known += len(pack)

    def _entry(self, outcome: Outcome) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": f"Data Action Timeout {outcome.status.value.capitalize()}",
            "Detail": json.dumps(outcome.in_brief()),
        }


def _size(entry: PutEventsRequestEntryTypeDef) -> int:
    return sum(len(str(value)) for value in entry.values())
