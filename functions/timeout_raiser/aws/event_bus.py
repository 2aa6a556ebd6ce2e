"""Outcomes on EventBridge, for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from aws.packing import in_packs
from genesys_cloud.deadline import Deadline
from outcomes import Outcome, Status

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "genesys-timeout-raiser"
MOST_ENTRIES = 10
MOST_BYTES = 250_000
"""Of one call; the service takes 262,144 with some overhead per entry (PutEvents, API reference)."""
NO_TIME = "no time was left"


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

        What fails is told and not tried again: the change counts without it. After a call that was not answered there
        are no more: each would hold the invocation as long.
        """
        entries = [self._entry(outcome) for outcome in worth_telling(outcomes)]
        no_answer: str | None = None
        for pack in in_packs(entries, _size, most_entries=MOST_ENTRIES, most_bytes=MOST_BYTES):
            if no_answer or deadline.left() <= 0:
                self._on_failure(len(pack), no_answer or NO_TIME)
            else:
                no_answer = self._put(pack)
            self.known += len(pack)

    def _put(self, pack: Sequence[PutEventsRequestEntryTypeDef]) -> str | None:
        """One call; why it was not answered, None if it was."""
        try:
            answer = self._client().put_events(Entries=pack)
        except BotoCoreError as error:
            self._on_failure(len(pack), str(error))
            return str(error)
        except ClientError as error:
            self._on_failure(len(pack), str(error))
            return None
        refused = [entry["ErrorCode"] for entry in answer["Entries"] if entry.get("ErrorCode")]
        if refused:
            self._on_failure(len(refused), ", ".join(sorted(set(refused))))
        return None

    def _entry(self, outcome: Outcome) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": f"Data Action Timeout {outcome.status.value.capitalize()}",
            "Detail": json.dumps(outcome.in_brief()),
        }


def _size(entry: PutEventsRequestEntryTypeDef) -> int:
    return sum(len(str(value)) for value in entry.values())
