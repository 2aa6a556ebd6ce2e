"""Stand-ins for what alarms touch: the ledger, CloudWatch's word on alarms, a DynamoDB. Each can fail on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from alarms import AlarmNow, AlarmSignal, read_alarm
from changes import DocumentChange, Rules
from documents.flow import find_steps
from documents.kinds import DocumentKey, Kind
from documents.steps import Slot, Steps
from fakes import FakeFlows, FakeLedger, FakeTime, Json, Watcher, a_request, aws_error, indexed, longest
from genesys_cloud.document import Document
from latency import Latency
from ledger import Entry, Goals, Memory, Record, keys_of
from plan import Plan
from planned_step import entry_of
from planning import make_plan
from policy import Amount, Measure
from timeout_request import AlarmOrder, TimeoutRequest

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

FLOW = DocumentKey("default", Kind.FLOW, "f")
NOW = 1_795_430_000.0


# -- what is asked for -------------------------------------------------------------------------------------------------


def to(seconds: float) -> Amount:
    return Amount(Measure.TO_SECONDS, Decimal(str(seconds)))


def by(seconds: int) -> Amount:
    return Amount(Measure.BY_SECONDS, Decimal(seconds))


def by_percent(percent: float) -> Amount:
    return Amount(Measure.BY_PERCENT, Decimal(str(percent)))


def an_order(
    amount: Amount,
    transition: str = "t1",
    *,
    alarm: str = "slow",
    at: float | None = None,
    limit: int | None = 30,
    cooldown: int = 0,
    **fields: Any,
) -> TimeoutRequest:
    """What an alarm asks of Data Action "A" of Flow "f"; the limit is there already, as `batch` sets it."""
    order = AlarmOrder(transition, alarm, at, amount, limit, cooldown)
    return replace(a_request(**fields), timeout_seconds=None, order=order)


def a_restore(**fields: Any) -> TimeoutRequest:
    return a_request(**({"operation": "restore", "timeout_seconds": None} | fields))


def an_alarms_restore(transition: str = "t9", *, alarm: str = "slow", at: float | None = None) -> TimeoutRequest:
    return replace(a_restore(), order=AlarmOrder(transition, alarm, at))


def signal_of(payload: Json) -> AlarmSignal:
    signal = read_alarm(payload)
    assert signal
    return signal


# -- the ledger --------------------------------------------------------------------------------------------------------


class Crash(Exception):
    """The function is gone at this very point: nobody catches this."""


class Calls:
    """The calls of a run to what is outside, in their order; one of them may fail, before or after it took effect.

    Attributes:
        names: of the calls so far.
        failing: by number: what is raised; after the effect where the number is in `late`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.failing: dict[int, Exception] = {}
        self.late: set[int] = set()
        self._lock = threading.RLock()

    def fail(self, number: int, error: Exception, *, late: bool = False) -> None:
        self.failing[number] = error
        if late:
            self.late.add(number)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        with self._lock:
            number = len(self.names)
            self.names.append(name)
            if number in self.failing and number not in self.late:
                raise self.failing[number]
            yield
            if number in self.failing and number in self.late:
                raise self.failing[number]


class CountedLedger(FakeLedger):
    """A ledger whose calls are counted too."""

    def __init__(self, counted: Calls | None = None, time: FakeTime | None = None) -> None:
        super().__init__(time)
        self._counted = counted or Calls()

    def recall(self, key: DocumentKey, transitions: Sequence[str]) -> Memory:
        with self._counted.call("recall"):
            return super().recall(key, transitions)

    def decide(self, key: DocumentKey, transition: str, goals: Goals) -> None:
        with self._counted.call("decide"):
            super().decide(key, transition, goals)

    def write(self, record: Record) -> None:
        with self._counted.call("write"):
            super().write(record)


class CountedFlows(FakeFlows):
    """Flows whose reads and publishes are counted among the calls."""

    def __init__(self, counted: Calls, **bodies: Json) -> None:
        super().__init__(None, 0.0, **bodies)
        self._counted = counted

    def read(self, document_id: str, /) -> Document:
        with self._counted.call("read"):
            return super().read(document_id)

    def write(self, document: Document, /) -> str | None:
        with self._counted.call("publish"):
            return super().write(document)

    def replace(self, flow_id: str, *steps: Json) -> None:
        """Someone else publishes the Flow with other steps."""
        self._publish(flow_id, {**self.body(flow_id), "steps": list(steps)})


class World:
    """Flow "f", the ledger, and a fresh change loop for every run; all calls are counted together."""

    def __init__(self, *steps: Json) -> None:
        self.time = FakeTime()
        self.time.now = NOW
        self.calls = Calls()
        self.ledger = CountedLedger(self.calls, self.time)
        self.flows = CountedFlows(self.calls, f={"version": "1", "steps": list(steps)})
        self.observer = Watcher()

    def change(self, *requests: TimeoutRequest, attempts: int = 5) -> DocumentChange:
        """As another invocation would make it."""
        self.ledger.new_invocation()
        return DocumentChange(
            FLOW,
            self.flows,
            self.ledger,
            requests=indexed(*requests),
            rules=Rules(3, attempts, longest),
            deadline=self.time.deadline(60),
            observer=self.observer,
        )

    @property
    def timeouts(self) -> list[float | None]:
        return self.flows.timeouts("f")

    @property
    def record(self) -> Record:
        return self.ledger.record(FLOW)

    @property
    def entry(self) -> Entry:
        """The only one there is."""
        [entry] = self.record.entries
        return entry


# -- plans -------------------------------------------------------------------------------------------------------------


def steps_of(*steps: Json) -> Steps:
    return find_steps({"steps": list(steps)})


def planned(
    steps: Steps, *requests: TimeoutRequest, entries: Sequence[Entry] = (), default: int = 3, **memory: Any
) -> Plan:
    """A plan where the ledger knows these entries; other keywords are the memory's own."""
    fields: Json = {"record": Record(FLOW, 1, tuple(entries)), "now": NOW} | memory
    known = Memory(**fields)
    return make_plan("f", steps, indexed(*requests), default_seconds=default, memory=known)


def told(plan: Plan, index: int = 0) -> list[tuple[float | None, float | None]]:
    return [(change.before, change.after) for change in plan.changes[index]]


def remembered(slot: Slot, *, before: float | None, written: int, among: Steps | None = None, **fields: Any) -> Entry:
    """An entry of a step that stood at `before` and was brought to `written`, all of it confirmed."""
    key = keys_of(among.slots if among else [slot])[slot]
    image = {} if before is None else {"settings": {"timeout": before}}
    return replace(entry_of(key, slot, None).intends(before, image, written).confirmed(written, "2"), **fields)


# -- CloudWatch --------------------------------------------------------------------------------------------------------


class FakeWatch:
    """What alarms are in now, by their name; an error is raised."""

    def __init__(self, **alarms: AlarmNow | Exception | None) -> None:
        self.alarms: dict[str, AlarmNow | Exception | None] = alarms
        self.looked: list[tuple[str, str | None]] = []

    def look_ahead(self, alarm_names: Sequence[str]) -> None:
        """Nothing is gained by it here."""

    def look(self, alarm_name: str, contributor_id: str | None) -> AlarmNow | None:
        self.looked.append((alarm_name, contributor_id))
        now = self.alarms.get(alarm_name)
        if isinstance(now, Exception):
            raise now
        return now


def now_in(state: str, since: str | None = "2026-11-20T10:05:00.123+00:00", seconds: float | None = None) -> AlarmNow:
    """The state of an alarm since a moment, with a latency in seconds."""
    moment = datetime.fromisoformat(since).astimezone(UTC) if since else None
    return AlarmNow(state, moment, None if seconds is None else Latency(seconds, "Seconds"))


# -- DynamoDB ----------------------------------------------------------------------------------------------------------


class FakeDynamo:
    """One table of DynamoDB, as far as it is used and as strict as the real one in what is used.

    Attributes:
        items: by pk and sk.
        asked: names of the calls.
        down: error code of every call, None while it works; an exception is raised as it is.
        left_out: how many keys of each BatchGetItem are not processed, call by call.
    """

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Json] = {}
        self.asked: list[str] = []
        self.down: str | Exception | None = None
        self.left_out: list[int] = []

    def batch_get_item(self, *, RequestItems: Json) -> Json:  # noqa: N803
        self._happen("BatchGetItem")
        [(table, wanted)] = RequestItems.items()
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"]]
        assert wanted["ConsistentRead"] is True
        if not 1 <= len(keys) <= 100 or len(set(keys)) < len(keys) or any(len(pk.encode()) > 2048 for pk, _ in keys):
            raise aws_error("ValidationException", "BatchGetItem")
        count = len(keys) - (self.left_out.pop(0) if self.left_out else 0)
        rest = wanted["Keys"][count:]
        found = [self.items[key] for key in keys[:count] if key in self.items]
        return {
            "Responses": {table: found},
            "UnprocessedKeys": {table: {**wanted, "Keys": rest}} if rest else {},
        }

    def batch_write_item(self, *, RequestItems: Json) -> Json:  # noqa: N803
        self._happen("BatchWriteItem")
        [puts] = RequestItems.values()
        items = [put["PutRequest"]["Item"] for put in puts]
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in items]
        if not 1 <= len(keys) <= 25 or len(set(keys)) < len(keys):
            raise aws_error("ValidationException", "BatchWriteItem")
        count = len(keys) - (self.left_out.pop(0) if self.left_out else 0)
        self.items |= dict(zip(keys[:count], items, strict=False))
        return {"UnprocessedItems": {next(iter(RequestItems)): puts[count:]} if count < len(keys) else {}}

    def put_item(self, *, Item: Json, **how: Any) -> Json:  # noqa: N803
        self._happen("PutItem")
        key = Item["pk"]["S"], Item["sk"]["S"]
        there = self.items.get(key)
        values = how.get("ExpressionAttributeValues", {})
        match how.get("ConditionExpression"):
            case None:
                fits = True
            case "attribute_not_exists(pk)":
                fits = there is None
            case "attribute_not_exists(pk) OR revision = :before":
                fits = there is None or there["revision"] == values[":before"]
            case other:
                raise AssertionError(f"not understood: {other}")
        if not fits:
            told = {"Item": there} if how.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}
            raise aws_error("ConditionalCheckFailedException", "PutItem", **told)
        if sum(len(str(value)) for value in Item.values()) > 400 * 1024:
            raise aws_error("ValidationException", "PutItem")
        self.items[key] = Item
        return {}

    @property
    def client(self) -> Callable[[], DynamoDBClient]:
        return lambda: cast("DynamoDBClient", self)

    def _happen(self, operation: str) -> None:
        self.asked.append(operation)
        if isinstance(self.down, Exception):
            raise self.down
        if self.down:
            raise aws_error(self.down, operation)
