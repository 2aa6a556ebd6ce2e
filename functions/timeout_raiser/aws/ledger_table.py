"""The ledger in DynamoDB.

| `pk`                         | `sk`               | holds                                                            |
|------------------------------|--------------------|------------------------------------------------------------------|
| `{organization}/{kind}/{id}` | `timeouts`         | `revision`, `entries` (JSON): what is remembered of one document |
| `transition/{id}`            | the document's key | `goals` (JSON): what was decided for the document's steps        |
| `transition/{id}`            | `finished`         | that everything was done for it                                  |

What was decided or finished, and a document with nothing left to restore, expires (`expires_at`, seconds since 1970).
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from documents.kinds import DocumentKey
from genesys_cloud.deadline import Deadline
from ledger import Entry, Goals, LedgerUnavailable, Memory, Record, RecordChanged, StepKey

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

    _Key = dict[str, AttributeValueTypeDef]
    _Item = dict[str, AttributeValueTypeDef]

KEPT_SECONDS = 30 * 86_400
"""What is over is kept for a month: longer than any message lives, the dead-letter queue included."""
LARGEST_PLAIN_TEXT = 200_000
MOST_KEYS = 100
"""Of one BatchGetItem."""
MOST_WRITES = 25
"""Of one BatchWriteItem."""
SHORTEST_CALL_SECONDS = 0.5
MOST_TRIES = 3
"""Of one batch that DynamoDB does only in part."""

UNREADABLE = (KeyError, TypeError, ValueError, zlib.error)
"""How an item shows that it was not written by this."""

_RECORD, _FINISHED = "timeouts", "finished"

_T = TypeVar("_T")


class LedgerTable:
    """The ledger's table, as one invocation sees it; threads may share it.

    After it has failed once, it is not asked again in this invocation: work must not wait for it over and over.

    Args:
        client: gives the DynamoDB client.
        now: the time of day, in seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        client: Callable[[], DynamoDBClient],
        deadline: Deadline,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._client = client
        self._deadline = deadline
        self._now = now
        self._trouble: str | None = None

    def recall(self, key: DocumentKey, transitions: Sequence[str]) -> Memory:
        """The document's record, and what was decided for its steps for these transitions."""
        keys = [_key(_name(key), _RECORD), *(_key(_of(transition), _name(key)) for transition in transitions)]
        items = self._get(keys)
        found = items.get((_name(key), _RECORD))
        decided = {transition: items.get((_of(transition), _name(key))) for transition in transitions}
        try:
            record = _record(key, found) if found else Record(key)
            decisions = {transition: _goals(item) for transition, item in decided.items() if item}
        except UNREADABLE as error:
            raise LedgerUnavailable(f"what table {self._name} holds of {key} cannot be read: {error!r}") from error
        return Memory(record, decisions=decisions, now=self._now())

    def presume(self, key: DocumentKey) -> Memory:
        """That nothing is remembered of the document, without asking. If that is wrong, `write` says what there is."""
        return Memory(Record(key), now=self._now())

    def decide(self, key: DocumentKey, transition: str, goals: Goals) -> None:
        """Keeps a decision; raises RecordChanged where another invocation was first."""
        item: _Item = {
            **_key(_of(transition), _name(key)),
            "goals": _packed([[list(step), seconds] for step, seconds in goals]),
            "expires_at": self._in_a_month(),
        }
        with self._asked("PutItem"):
            self._client().put_item(TableName=self._name, Item=item, ConditionExpression="attribute_not_exists(pk)")

    def write(self, record: Record) -> None:
        """Keeps the record; raises RecordChanged if it is no longer of the revision before."""
        item: _Item = {
            **_key(_name(record.key), _RECORD),
            "revision": {"N": str(record.revision)},
            "entries": _packed([entry.as_json() for entry in record.entries]),
        }
        if not record.holds_something_to_restore:
            item["expires_at"] = self._in_a_month()
        with self._asked("PutItem", record.key):
            self._client().put_item(
                TableName=self._name,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR revision = :before",
                ExpressionAttributeValues={":before": {"N": str(record.revision - 1)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )

    def finished(self, transitions: Sequence[str]) -> set[str]:
        """Those of the transitions that everything was done for."""
        items = self._get([_key(_of(transition), _FINISHED) for transition in transitions])
        return {transition for transition in transitions if (_of(transition), _FINISHED) in items}

    def finish(self, transitions: Sequence[str]) -> None:
        """Keeps that everything was done for these transitions."""
        for some in _packs(list(dict.fromkeys(transitions)), MOST_WRITES):
            left: Any = {
                self._name: [
                    {"PutRequest": {"Item": {**_key(_of(transition), _FINISHED), "expires_at": self._in_a_month()}}}
                    for transition in some
                ]
            }
            for _ in range(MOST_TRIES):
                with self._asked("BatchWriteItem"):
                    left = self._client().batch_write_item(RequestItems=left).get("UnprocessedItems")
                if not left:
                    break
            else:
                raise self._unavailable("BatchWriteItem", "it takes only a part")

    def _get(self, keys: Sequence[_Key]) -> dict[tuple[str, str], _Item]:
        found: dict[tuple[str, str], _Item] = {}
        each_once = list({(key["pk"]["S"], key["sk"]["S"]): key for key in keys}.values())
        for some in _packs(each_once, MOST_KEYS):
            wanted: Any = {self._name: {"Keys": some, "ConsistentRead": True}}
            for _ in range(MOST_TRIES):
                with self._asked("BatchGetItem"):
                    answer = self._client().batch_get_item(RequestItems=wanted)
                for item in answer.get("Responses", {}).get(self._name, []):
                    found[item["pk"]["S"], item["sk"]["S"]] = item
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
            else:
                raise self._unavailable("BatchGetItem", "it answers only in part")
        return found

    @contextmanager
    def _asked(self, operation: str, about: DocumentKey | None = None) -> Iterator[None]:
        """What every call has in common; `about` is the document whose record the call is conditional on."""
        if self._trouble:
            raise LedgerUnavailable(self._trouble)
        if not self._deadline.allows(SHORTEST_CALL_SECONDS):
            raise LedgerUnavailable(f"{operation} on table {self._name}: no time was left")
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code == "ConditionalCheckFailedException":
                raise RecordChanged(_found(about, error)) from error
            if code == "ValidationException":  # a record that is too large: its own trouble, and nobody else's
                raise LedgerUnavailable(f"{operation} on table {self._name}: {error}") from error
            raise self._unavailable(operation, str(error)) from error
        except BotoCoreError as error:
            raise self._unavailable(operation, str(error)) from error

    def _unavailable(self, operation: str, why: str) -> LedgerUnavailable:
        self._trouble = f"{operation} on table {self._name}: {why}"
        return LedgerUnavailable(self._trouble)

    def _in_a_month(self) -> AttributeValueTypeDef:
        return {"N": str(int(self._now()) + KEPT_SECONDS)}


def _name(key: DocumentKey) -> str:
    return f"{key.organization}/{key.kind}/{key.id}"


def _of(transition: str) -> str:
    return f"transition/{transition}"


def _key(pk: str, sk: str) -> _Key:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _record(key: DocumentKey, item: _Item) -> Record:
    entries = tuple(Entry.from_json(fields) for fields in _unpacked(item["entries"]))
    return Record(key, int(item["revision"]["N"]), entries)


def _found(key: DocumentKey | None, refused: ClientError) -> Record | None:
    """The record that a refused write has found in its place, if DynamoDB says it and it can be read."""
    item: Any = refused.response.get("Item")
    try:
        return _record(key, item) if key and item else None
    except UNREADABLE:
        return None


def _goals(item: _Item) -> Goals:
    return [(StepKey(*step), int(seconds)) for step, seconds in _unpacked(item["goals"])]


def _packed(content: object) -> AttributeValueTypeDef:
    """JSON for people to read in the console; compressed where it would not fit into an item (400 KB)."""
    text = json.dumps(content)
    return {"S": text} if len(text) <= LARGEST_PLAIN_TEXT else {"B": zlib.compress(text.encode())}


def _unpacked(value: AttributeValueTypeDef) -> Any:
    return json.loads(zlib.decompress(bytes(value["B"])) if "B" in value else value["S"])


def _packs(items: Sequence[_T], size: int) -> Iterator[list[_T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
