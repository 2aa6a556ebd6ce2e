"""The ledger in DynamoDB: once against an emulated one, and against one that fails as told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from alarm_fakes import FLOW, NOW, FakeDynamo, an_order, by
from aws.ledger_table import KEPT_SECONDS, MOST_TRIES, LedgerTable
from documents.kinds import DocumentKey, Kind
from emulated_aws import EmulatedAws
from fakes import FakeTime
from ledger import Entry, LedgerUnavailable, Record, RecordChanged, StepKey

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

A, B = StepKey("a", None), StepKey(None, "Set customer", "steps[1]", "d1g3s7")
RAISED = (
    Entry(A, "steps[0]", "Get Customer 🙂 \ud800")
    .intends(2.5, {"settings": {"timeout": 2.5}}, 10)
    .written_for(an_order(by(5), at=NOW - 60), NOW, raised=True)
)
UNSET = Entry(B, "steps[1]", None).intends(None, {}, 10).confirmed(10, "2")
OTHER = DocumentKey("acme", Kind.DATA_ACTION, "f")


@pytest.fixture(scope="module")
def emulated() -> Iterator[DynamoDBClient]:
    with EmulatedAws() as aws:
        client: DynamoDBClient = boto3.client(
            "dynamodb",
            endpoint_url=aws.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        yield client
        client.close()


@pytest.fixture(params=["emulated", "fake"])
def client(request: pytest.FixtureRequest) -> Iterator[DynamoDBClient]:
    """A DynamoDB with an empty table "ledger"; the fake one has to behave like the emulated."""
    if request.param == "fake":
        yield cast("DynamoDBClient", FakeDynamo())
        return
    emulated: DynamoDBClient = request.getfixturevalue("emulated")
    emulated.create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield emulated
    emulated.delete_table(TableName="ledger")


@pytest.fixture
def table(client: DynamoDBClient) -> LedgerTable:
    return a_table(lambda: client)


def a_table(client: Callable[[], DynamoDBClient], now: float = NOW, seconds: float = 60) -> LedgerTable:
    """The ledger as another invocation sees it."""
    return LedgerTable("ledger", client, FakeTime().deadline(seconds), now=lambda: now)


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_what_was_never_written_is_an_empty_record(table: LedgerTable) -> None:
    memory = table.recall(FLOW, ["t1"])
    assert (memory.record, memory.decisions, memory.lost, memory.now) == (Record(FLOW), {}, None, NOW)


def test_a_record_is_read_as_it_was_written(table: LedgerTable) -> None:
    record = Record(FLOW, 1, (RAISED, UNSET, replace(UNSET, step=StepKey("b", None), restoring=True)))
    table.write(record)
    assert table.recall(FLOW, []).record == record
    assert table.recall(OTHER, []).record == Record(OTHER)


def test_a_record_is_only_written_over_the_revision_it_was_made_of(table: LedgerTable) -> None:
    first = Record(FLOW, 1, (RAISED,))
    table.write(first)
    with pytest.raises(RecordChanged):
        table.write(replace(first, entries=(UNSET,)))
    second = replace(first, revision=2, entries=(UNSET,))
    table.write(second)
    with pytest.raises(RecordChanged):
        table.write(replace(second, entries=(RAISED,)))
    with pytest.raises(RecordChanged):
        table.write(replace(second, revision=4))
    assert table.recall(FLOW, []).record == second


def test_a_write_that_is_refused_says_what_it_found(table: LedgerTable) -> None:
    found = Record(FLOW, 1, (RAISED, UNSET))
    table.write(found)
    with pytest.raises(RecordChanged) as refused:
        table.write(replace(found, entries=(UNSET,)))
    assert refused.value.record == found


def test_what_is_presumed_of_a_document_is_what_holds_where_nothing_was_written(table: LedgerTable) -> None:
    assert table.presume(FLOW) == table.recall(FLOW, [])


def test_a_decision_is_kept_once_and_the_first_wins(table: LedgerTable) -> None:
    goals = [(A, 8), (B, 15), (StepKey(None, None), 3)]
    table.decide(FLOW, "t1", goals)
    with pytest.raises(RecordChanged):
        table.decide(FLOW, "t1", [(A, 99)])
    table.decide(FLOW, "t2", [])
    table.decide(OTHER, "t1", [(StepKey("f", None), 70)])
    memory = table.recall(FLOW, ["t1", "t2", "t3"])
    assert memory.decisions == {"t1": goals, "t2": []}
    assert table.recall(OTHER, ["t1"]).decisions == {"t1": [(StepKey("f", None), 70)]}
    assert table.recall(FLOW, []).decisions == {}


def test_what_is_finished_is_known_to_be(table: LedgerTable) -> None:
    table.decide(FLOW, "t1", [])
    table.finish(["t2", "t2"])
    table.finish(["t2", "t3/ALARM#1"])
    table.finish([])
    assert table.finished(["t1", "t2", "t3/ALARM#1", "t4"]) == {"t2", "t3/ALARM#1"}
    assert table.finished([]) == set()


def test_more_than_dynamodb_gives_at_once_is_found_all_the_same(table: LedgerTable) -> None:
    table.finish([f"t{number}" for number in range(0, 250, 5)])
    assert table.finished([f"t{number}" for number in range(250)]) == {f"t{number}" for number in range(0, 250, 5)}


def test_one_that_is_asked_for_twice_is_found(table: LedgerTable) -> None:
    # The same alarm twice in one batch: from a rule and from a topic. DynamoDB refuses the same key twice.
    table.finish(["t1"])
    assert table.finished(["t1", "t2", "t1", "t2"]) == {"t1"}
    table.decide(FLOW, "t1", [])
    assert list(table.recall(FLOW, ["t1", "t1"]).decisions) == ["t1"]


# -- what expires ------------------------------------------------------------------------------------------------------


def expires_at(dynamo: FakeDynamo, pk: str, sk: str) -> Any:
    return dynamo.items[pk, sk].get("expires_at")


IN_A_MONTH = {"N": str(int(NOW) + KEPT_SECONDS)}


def test_what_is_over_expires_and_what_could_be_put_back_never() -> None:
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    table.decide(FLOW, "t1", [])
    table.finish(["t1"])
    table.write(Record(FLOW, 1, (RAISED,)))
    assert expires_at(dynamo, "transition/t1", "default/flow/f") == IN_A_MONTH
    assert expires_at(dynamo, "transition/t1", "finished") == IN_A_MONTH
    assert expires_at(dynamo, "default/flow/f", "timeouts") is None


def test_a_record_expires_once_nothing_is_left_to_put_back_and_no_longer_when_there_is_again() -> None:
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    kept = []
    for revision, entry in enumerate([RAISED, RAISED.forgotten(), RAISED], start=1):
        table.write(Record(FLOW, revision, (entry,)))
        kept.append(expires_at(dynamo, "default/flow/f", "timeouts"))
    assert kept == [None, IN_A_MONTH, None]


def test_a_month_is_longer_than_any_message_lives_and_any_cooldown() -> None:
    assert KEPT_SECONDS > 14 * 86_400


# -- what fails --------------------------------------------------------------------------------------------------------

CALLS: list[Callable[[LedgerTable], object]] = [
    lambda table: table.recall(FLOW, ["t1"]),
    lambda table: table.decide(FLOW, "t1", []),
    lambda table: table.write(Record(FLOW, 1, (RAISED,))),
    lambda table: table.finished(["t1"]),
    lambda table: table.finish(["t1"]),
]
NAMES = ["recall", "decide", "write", "finished", "finish"]


@pytest.mark.parametrize("call", CALLS, ids=NAMES)
@pytest.mark.parametrize(
    "trouble",
    [
        "ProvisionedThroughputExceededException",
        "ResourceNotFoundException",
        "AccessDeniedException",
        "InternalServerError",
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        NoCredentialsError(),
    ],
    ids=str,
)
def test_a_table_that_does_not_answer_is_asked_once_in_an_invocation(
    call: Callable[[LedgerTable], object], trouble: str | Exception
) -> None:
    dynamo = FakeDynamo()
    dynamo.down = trouble
    table = a_table(dynamo.client)
    with pytest.raises(LedgerUnavailable, match="on table ledger") as first:
        call(table)
    dynamo.down = None
    for other in CALLS:
        with pytest.raises(LedgerUnavailable) as again:
            other(table)
        assert again.value.message == first.value.message
    assert len(dynamo.asked) == 1
    # The next invocation asks anew.
    assert a_table(dynamo.client).finished(["t1"]) == set()


def test_somebody_else_being_faster_is_no_trouble() -> None:
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    table.write(Record(FLOW, 1, (RAISED,)))
    with pytest.raises(RecordChanged):
        table.write(Record(FLOW, 1, (RAISED,)))
    assert table.recall(FLOW, []).record == Record(FLOW, 1, (RAISED,))


def test_a_record_that_is_too_large_is_its_own_trouble_and_nobody_elses() -> None:
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    chance = random.Random(0)  # noqa: S311  # no secret
    entries = tuple(replace(RAISED, step=StepKey(chance.randbytes(100).hex(), None)) for _ in range(5000))
    with pytest.raises(LedgerUnavailable, match="ValidationException"):
        table.write(Record(FLOW, 1, entries))
    table.write(Record(OTHER, 1, (RAISED,)))
    assert table.recall(OTHER, []).record == Record(OTHER, 1, (RAISED,))


@pytest.mark.parametrize("name", ["A", "Get customer by number", "x" * 256])
def test_thousands_of_steps_fit_into_a_record(name: str) -> None:
    dynamo = FakeDynamo()
    request = an_order(by(5), request_id="i" * 128, requested_by="alarm " + "n" * 250)
    entries = tuple(
        replace(
            UNSET, step=StepKey(f"{number:036}", None), path=f"steps[2].cases[{number}].steps[1]", name=name
        ).written_for(request, NOW, raised=True)
        for number in range(2000)
    )
    a_table(dynamo.client).write(Record(FLOW, 1, entries))
    assert a_table(dynamo.client).recall(FLOW, []).record == Record(FLOW, 1, entries)


def test_keys_that_are_left_out_are_asked_for_again() -> None:
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    table.finish([f"t{number}" for number in range(5)])
    dynamo.asked.clear()
    dynamo.left_out = [3, 1]
    assert table.finished([f"t{number}" for number in range(5)]) == {f"t{number}" for number in range(5)}
    assert dynamo.asked == ["BatchGetItem"] * 3


def test_a_table_that_keeps_answering_in_part_does_not_answer() -> None:
    dynamo = FakeDynamo()
    dynamo.left_out = [1] * 10
    table = a_table(dynamo.client)
    with pytest.raises(LedgerUnavailable, match="only in part"):
        table.recall(FLOW, ["t1"])
    assert len(dynamo.asked) == MOST_TRIES
    with pytest.raises(LedgerUnavailable):
        table.finish(["t1"])
    assert len(dynamo.asked) == MOST_TRIES


def test_what_another_version_has_added_is_passed_over() -> None:
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    table.write(Record(FLOW, 1, (RAISED,)))
    item = dynamo.items["default/flow/f", "timeouts"]
    item["entries"]["S"] = item["entries"]["S"].replace('{"step"', '{"colour": "blue", "step"')
    item["colour"] = {"S": "blue"}
    assert table.recall(FLOW, []).record == Record(FLOW, 1, (RAISED,))


@pytest.mark.parametrize(
    "entries", [{"S": "not JSON"}, {"S": "[5]"}, {"S": '[{"path": "p"}]'}, {"N": "5"}, {"B": b"not compressed"}]
)
def test_a_record_that_somebody_has_spoiled_counts_as_not_answered(entries: Any) -> None:
    # As it is outside of what the change loop expects, anything else would be in its neighbours' way.
    dynamo = FakeDynamo()
    table = a_table(dynamo.client)
    table.write(Record(FLOW, 1, (RAISED,)))
    dynamo.items["default/flow/f", "timeouts"]["entries"] = entries
    with pytest.raises(RecordChanged) as refused:
        table.write(Record(FLOW, 1, (UNSET,)))
    assert refused.value.record is None
    with pytest.raises(LedgerUnavailable):
        table.recall(FLOW, [])


@pytest.mark.parametrize("call", CALLS, ids=NAMES)
def test_without_time_left_nothing_is_asked(call: Callable[[LedgerTable], object]) -> None:
    dynamo = FakeDynamo()
    with pytest.raises(LedgerUnavailable, match="no time was left"):
        call(a_table(dynamo.client, seconds=0.4))
    assert dynamo.asked == []


def test_marks_that_dynamodb_leaves_out_are_written_all_the_same() -> None:
    dynamo = FakeDynamo()
    dynamo.left_out = [2]
    table = a_table(dynamo.client)
    names = [f"t{number}" for number in range(5)]
    table.finish(names)
    assert table.finished(names) == set(names)
