"""Our contender: the function in this warm process, entered as Lambda enters it, its log in a file."""

from __future__ import annotations

import importlib
import itertools
import json
import os
from collections.abc import Iterable
from contextlib import redirect_stdout
from types import SimpleNamespace
from typing import Any

from benchmarks.documents import ACTION, WANTED_SECONDS
from benchmarks.harness import Harness

_CONTEXT = SimpleNamespace(aws_request_id="benchmark", get_remaining_time_in_millis=lambda: 60_000)
_numbers = itertools.count()


class Function:
    """The handler. Only one can be made, for it leads the whole process to its surroundings."""

    def __init__(self, harness: Harness) -> None:
        os.environ.update(harness.environment)
        self._log_file = harness.folder / "function.log"
        self._log = self._log_file.open("w", buffering=1)
        with redirect_stdout(self._log):  # the logger keeps the stream that it finds now
            self._handler = importlib.import_module("app").lambda_handler

    def invoke(self, event: dict[str, Any]) -> None:
        """One invocation. Raises RuntimeError when a message is not done."""
        with redirect_stdout(self._log):
            answer = self._handler(event, _CONTEXT)
        if answer != {"batchItemFailures": []}:
            raise RuntimeError(f"the function answered {answer}: {self._log_file.read_text()[-1000:]}")

    def logged_bytes(self) -> int:
        """How much it has logged so far."""
        return self._log_file.stat().st_size

    def statuses(self) -> list[str]:
        """How all requests ended so far, as the log has it. Raises RuntimeError for any error in it."""
        lines = [json.loads(line) for line in self._log_file.read_text().splitlines()]
        if errors := [line for line in lines if line.get("level") in {"ERROR", "CRITICAL"}]:
            raise RuntimeError(f"the function logged {len(errors)} errors: {errors[0]}")
        return [line["status"] for line in lines if line.get("message") == "request finished"]


def request(flow_id: str, seconds: int = WANTED_SECONDS) -> dict[str, Any]:
    """A request for the Data Action that every Flow here has."""
    return {"flow_id": flow_id, "action_name": ACTION, "timeout_seconds": seconds}


def sqs_event(requests: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The event by which Lambda hands over messages from SQS, one per request."""
    return {"Records": [_record(each) for each in requests]}


def _record(body: dict[str, Any]) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(1_700_000_000_000 + number),
            "SenderId": "benchmark",
            "ApproximateFirstReceiveTimestamp": str(1_700_000_000_000 + number),
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:benchmark-requests",
        "awsRegion": "us-east-1",
    }
