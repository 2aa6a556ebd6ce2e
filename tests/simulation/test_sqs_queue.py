"""The queue in virtual time keeps to what SQS documents."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from simulation import sqs_queue
from simulation.sqs_queue import DEAD_LETTERS, REQUESTS, SqsQueue
from simulation.virtual_time import VirtualTime


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime(now=1000)


@pytest.fixture
def queue(time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> SqsQueue:
    monkeypatch.setattr(sqs_queue, "NOT_HIDDEN_SHARE", 0)
    return SqsQueue(time, visibility_timeout=30, max_receive_count=3, chance=Random(1))  # noqa: S311


def bodies(records: list[dict[str, Any]]) -> list[str]:
    return [record["body"] for record in records]


def hide(queue: SqsQueue, record: dict[str, Any], seconds: int) -> None:
    entry = {"Id": "0", "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": seconds}
    assert queue.change_message_visibility_batch(QueueUrl=REQUESTS, Entries=[entry])["Successful"] == [{"Id": "0"}]


def test_a_received_message_is_hidden_for_the_visibility_timeout(queue: SqsQueue, time: VirtualTime) -> None:
    queue.send("a")
    queue.send("b", delay=10)
    assert bodies(queue.receive(10)) == ["a"]
    assert queue.receive(10) == []
    time.now += 10
    assert bodies(queue.receive(10)) == ["b"]
    time.now += 20
    [again] = queue.receive(10)
    assert (again["body"], again["attributes"]["ApproximateReceiveCount"]) == ("a", "2")


def test_the_visibility_can_be_changed_by_the_newest_receipt_alone(queue: SqsQueue, time: VirtualTime) -> None:
    queue.send("a")
    [first] = queue.receive(1)
    hide(queue, first, 5)
    time.now += 5
    [second] = queue.receive(1)
    hide(queue, first, 0)
    assert queue.receive(1) == []
    hide(queue, second, 0)
    assert bodies(queue.receive(1)) == ["a"]


def test_what_is_deleted_does_not_come_again(queue: SqsQueue, time: VirtualTime) -> None:
    queue.send("a")
    queue.delete(queue.receive(1))
    time.now += 100
    assert (queue.receive(1), queue.left) == ([], 0)


def test_a_message_received_too_often_is_moved(queue: SqsQueue, time: VirtualTime) -> None:
    queue.send("a")
    for _ in range(3):
        assert bodies(queue.receive(1)) == ["a"]
        time.now += 30
    assert queue.receive(1) == []
    assert ([message.body for message in queue.dead], queue.left) == (["a"], 0)


def test_what_is_sent_goes_to_the_queue_that_is_named(queue: SqsQueue, time: VirtualTime) -> None:
    queue.send_message_batch(QueueUrl=REQUESTS, Entries=[{"Id": "0", "MessageBody": "later", "DelaySeconds": 7}])
    queue.send_message_batch(QueueUrl=DEAD_LETTERS, Entries=[{"Id": "0", "MessageBody": "never"}])
    assert (queue.receive(1), queue.buried) == ([], ["never"])
    time.now += 7
    assert bodies(queue.receive(1)) == ["later"]


def test_delivery_is_at_least_once(time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs_queue, "NOT_HIDDEN_SHARE", 0.5)
    queue = SqsQueue(time, visibility_timeout=30, max_receive_count=100, chance=Random(1))  # noqa: S311
    for number in range(100):
        queue.send(str(number))
    received = bodies(queue.receive(1000))
    assert set(received) == {str(number) for number in range(100)}
    assert len(received) > 130
