"""Checkpoints: up to where an organization was measured, and who is measuring it now.

| `pk`                   | `sk`         | holds                                                                  |
|------------------------|--------------|------------------------------------------------------------------------|
| `probe/{organization}` | `checkpoint` | `measured_until`; while someone measures: `claimed_by`, `claimed_until` |

In the ledger's table, next to what the other function remembers. An item expires (`expires_at`) when nobody has
measured for a month: it says nothing about today by then.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from latency_probe.intervals import Interval, read, written

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

    _Item = dict[str, AttributeValueTypeDef]

KEPT_SECONDS = 30 * 86_400
MOST_TRIES = 3
"""To move a checkpoint when its minutes are published: what is not moved is published again."""


class CheckpointsUnavailable(Exception):
    """The table does not answer, or holds something that cannot be read; says which, and why."""


class TakenByAnother(Exception):
    """Another invocation is measuring these minutes, or has just done so."""


@dataclass(frozen=True)
class Checkpoint:
    """What the table says.

    Attributes:
        measured_until: None where nothing was measured yet.
        claimed_until: when the last claim ends or has ended, in seconds since 1970; None where there is none. One that
            has ended was left behind by an invocation that died.
    """

    measured_until: datetime | None = None
    claimed_until: float | None = None


class Checkpoints:
    """The checkpoints, as one invocation sees and moves them.

    Args:
        client: gives the DynamoDB client.
        claim_seconds: how long this invocation can live from now on, at most.
        now: the time of day, in seconds since 1970.
        claimant: stands for this invocation, and for no other one.
    """

    def __init__(
        self,
        table_name: str,
        client: Callable[[], DynamoDBClient],
        *,
        claim_seconds: float,
        now: Callable[[], float],
        claimant: str | None = None,
    ) -> None:
        self._table_name = table_name
        self._client = client
        self._now = now
        self._claimed_until = now() + claim_seconds
        self._claimant = claimant or uuid.uuid4().hex

    def read(self, organization: str) -> Checkpoint:
        """The organization's checkpoint; raises CheckpointsUnavailable."""
        with self._asked("GetItem", organization):
            answer = self._client().get_item(TableName=self._table_name, Key=_key(organization), ConsistentRead=True)
        item = answer.get("Item", {})
        try:
            return Checkpoint(
                measured_until=read(item["measured_until"]["S"]) if "measured_until" in item else None,
                claimed_until=float(item["claimed_until"]["N"]) if "claimed_until" in item else None,
            )
        except (KeyError, ValueError) as error:
            raise CheckpointsUnavailable(
                f"the checkpoint of {organization} in table {self._table_name} cannot be read: {error!r}. Delete the"
                f" item {_key(organization)} to begin anew"
            ) from None

    def claim(self, organization: str, seen: Checkpoint) -> None:
        """From here on these minutes are ours, until this invocation is over, one way or another.

        Raises:
            TakenByAnother: the checkpoint is no longer what was seen, or someone measures.
            CheckpointsUnavailable: nothing is known of it.
        """
        item = self._item(organization, seen.measured_until) | {
            "claimed_by": {"S": self._claimant},
            "claimed_until": {"N": f"{self._claimed_until:.3f}"},
        }
        unchanged = "measured_until = :seen" if seen.measured_until else "attribute_not_exists(measured_until)"
        values: _Item = {":me": {"S": self._claimant}, ":now": {"N": f"{self._now():.3f}"}}
        if seen.measured_until:
            values[":seen"] = {"S": written(seen.measured_until)}
        with self._asked("PutItem", organization):
            self._client().put_item(
                TableName=self._table_name,
                Item=item,
                # Our own claim counts as none: it is there if the answer to the first try was lost.
                ConditionExpression=f"{unchanged} AND"
                " (attribute_not_exists(claimed_until) OR claimed_until < :now OR claimed_by = :me)",
                ExpressionAttributeValues=values,
            )

    def release(self, organization: str, seen: Checkpoint) -> None:
        """Gives the claim back, all else as it was seen; raises as `move` does."""
        item = self._item(organization, seen.measured_until)
        if seen.claimed_until is not None:  # whoever takes these minutes next must still learn that someone died
            item["claimed_until"] = {"N": f"{seen.claimed_until:.3f}"}
        with self._asked("PutItem", organization):
            self._client().put_item(
                TableName=self._table_name,
                Item=item,
                ConditionExpression="claimed_by = :me",
                ExpressionAttributeValues={":me": {"S": self._claimant}},
            )

    def move(self, organization: str, interval: Interval) -> None:
        """The interval is measured, and no longer claimed.

        Raises:
            TakenByAnother: the claim had ended, and someone else has taken the minutes.
            CheckpointsUnavailable: the table does not take it.
        """
        for tries_left in reversed(range(MOST_TRIES)):
            try:
                self._move(organization, interval.end)
            except CheckpointsUnavailable:
                if not tries_left:
                    raise
            else:
                return

    def _move(self, organization: str, end: datetime) -> None:
        with self._asked("PutItem", organization):
            self._client().put_item(
                TableName=self._table_name,
                Item=self._item(organization, end),
                # The second half: moved already, by a try whose answer was lost.
                ConditionExpression="claimed_by = :me OR (measured_until = :end AND attribute_not_exists(claimed_by))",
                ExpressionAttributeValues={":me": {"S": self._claimant}, ":end": {"S": written(end)}},
            )

    def _item(self, organization: str, measured_until: datetime | None) -> _Item:
        item: _Item = {**_key(organization), "expires_at": {"N": str(int(self._now()) + KEPT_SECONDS)}}
        if measured_until:
            item["measured_until"] = {"S": written(measured_until)}
        return item

    @contextmanager
    def _asked(self, operation: str, organization: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                raise TakenByAnother(f"another invocation measures {organization}") from error
            raise CheckpointsUnavailable(f"{operation} on table {self._table_name}: {error}") from error
        except BotoCoreError as error:
            raise CheckpointsUnavailable(f"{operation} on table {self._table_name}: {error}") from error


def _key(organization: str) -> _Item:
    return {"pk": {"S": f"probe/{organization}"}, "sk": {"S": "checkpoint"}}
