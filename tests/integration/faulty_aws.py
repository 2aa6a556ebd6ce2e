"""A door in front of the emulated AWS that lets everything through, but for the services that are told to misbehave.

with FaultyAws(emulated_aws.url) as faulty:
    function = start(AWS_ENDPOINT_URL=faulty.url)
    faulty.strike("dynamodb", Fault.THROTTLED)
    faulty.heal()
"""

from __future__ import annotations

import http.client
import json
import math
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

Json = dict[str, Any]


class Fault(StrEnum):
    """How a service misbehaves."""

    RESET = "reset"  # the connection breaks before anything is done
    ERROR = "500"
    UNAVAILABLE = "503"
    THROTTLED = "throttled"  # in the service's own words
    SLOW = "slow"  # answers late
    HANGING = "hanging"  # takes the request and never answers
    DRIPPING = "dripping"  # answers a byte now and then, so that no time to wait for the next one is ever over
    LOST = "lost"  # does the work, and the answer gets lost
    PARTIAL = "partial"  # of a batch only the first half is done


@dataclass(frozen=True)
class Call:
    """A call as it came; `service` is the name that it was signed for."""

    service: str
    operation: str
    body: bytes


THROTTLING = {
    "sqs": "RequestThrottled",
    "dynamodb": "ProvisionedThroughputExceededException",
    "secretsmanager": "ThrottlingException",
    "events": "ThrottlingException",
    "ssm": "ThrottlingException",
    "monitoring": "Throttling",
}
"""What each service calls it (API references, "Common Error Types" or the operation's own errors)."""

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/(\w+)/aws4_request")
_NOT_PASSED_ON = {"host", "connection", "content-length", "transfer-encoding"}


@dataclass
class _Strike:
    service: str
    operation: str | None
    fault: Fault
    seconds: float
    times: float

    def hits(self, call: Call) -> bool:
        return self.service in (call.service, "any") and self.operation in (call.operation, None) and self.times > 0


class FaultyAws:
    """The door; a context manager.

    Args:
        behind: the address of the AWS behind it.

    Attributes:
        calls: every call so far, whatever became of it.
    """

    def __init__(self, behind: str) -> None:
        self.calls: list[Call] = []
        self._strikes: list[_Strike] = []
        self._healed = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(self, urlsplit(behind).netloc)

    @property
    def url(self) -> str:
        """Its own address, for AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def strike(
        self,
        service: str,
        fault: Fault,
        *,
        operation: str | None = None,
        seconds: float = 1.0,
        times: float = math.inf,
    ) -> None:
        """From now on a service misbehaves.

        Args:
            service: the name that calls are signed for, such as "sqs" or "monitoring" (CloudWatch); or "any".
            operation: such as "SendMessageBatch"; None for all of them.
            seconds: how late what is slow answers.
            times: how many calls it strikes; the SDK's own repetitions count.
        """
        self._strikes.append(_Strike(service, operation, fault, seconds, times))

    def heal(self) -> None:
        """Everything behaves again; calls that hang are broken off."""
        self._strikes.clear()
        self._healed.set()
        self._healed = threading.Event()

    def count(self, service: str, operation: str | None = None) -> int:
        """How many calls of a service there were, the SDK's own repetitions among them."""
        return sum(call.service == service and operation in (call.operation, None) for call in self.calls)

    def meets(self, call: Call) -> tuple[_Strike | None, threading.Event]:
        """What a call meets, and what ends it if it hangs."""
        with self._lock:
            self.calls.append(call)
            strike = next((strike for strike in self._strikes if strike.hits(call)), None)
            if strike:
                strike.times -= 1
            return strike, self._healed

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, aws: FaultyAws, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.aws = aws
        self.behind = behind

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of connections that the other side has given up."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._behind = http.client.HTTPConnection(self.server.behind, timeout=30)

    def finish(self) -> None:
        self._behind.close()
        super().finish()

    def do_POST(self) -> None:
        """One call: every service here speaks JSON, with the operation in a header."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        signed = _SIGNED_FOR.search(self.headers.get("Authorization", ""))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        call = Call(signed[1] if signed else "", operation, body)
        strike, healed = self.server.aws.meets(call)
        match strike and strike.fault:
            case Fault.RESET:
                self._reset()
            case Fault.ERROR:
                self._answer(*_error(500, "InternalFailure"))
            case Fault.UNAVAILABLE:
                self._answer(*_error(503, "ServiceUnavailable"))
            case Fault.THROTTLED:
                self._answer(*_error(400, THROTTLING[call.service]))
            case Fault.HANGING:
                healed.wait(60)
                self._reset()
            case Fault.DRIPPING:
                self._drip(healed)
            case Fault.LOST:
                self._pass_on(body)
                self._reset()
            case Fault.PARTIAL:
                done, with_the_rest = _in_part(call)
                status, headers, answer = self._pass_on(done) if done else (200, {}, b"{}")
                self._answer(status, headers, json.dumps(with_the_rest(json.loads(answer))).encode())
            case Fault.SLOW if strike:
                healed.wait(strike.seconds)
                self._answer(*self._pass_on(body))
            case _:
                self._answer(*self._pass_on(body))

    def _pass_on(self, body: bytes) -> tuple[int, Json, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        self._behind.request("POST", self.path, body, {**headers, "Host": self.headers["Host"]})
        answer = self._behind.getresponse()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _NOT_PASSED_ON}
        return answer.status, kept, answer.read()

    def _answer(self, status: int, headers: Json, body: bytes) -> None:
        self.send_response_only(status)
        # DynamoDB's checksum would be that of another body where a part was left out.
        for name, value in headers.items():
            if name.lower() != "x-amz-crc32":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, healed: threading.Event) -> None:
        self.send_response_only(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(300):
            self.wfile.write(b" ")
            if healed.wait(0.2):
                break
        self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
        """Says nothing."""


def _error(status: int, code: str) -> tuple[int, Json, bytes]:
    """An error as the JSON protocols have it (Smithy, "AWS JSON 1.1 protocol", operation error serialization)."""
    body = {"__type": f"com.amazonaws#{code}", "message": "told so by a test"}
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()


def _in_part(call: Call) -> tuple[bytes | None, Callable[[Json], Json]]:
    """A batch call for the first half of its entries (None: for none), and what adds the others to the answer."""
    asked = json.loads(call.body)
    if "RequestItems" in asked:
        [(table, items)] = asked["RequestItems"].items()
        keys = items if call.operation == "BatchWriteItem" else items["Keys"]
        done, undone = (
            {"RequestItems": {table: half if keys is items else {**items, "Keys": half}}} for half in _halves(keys)
        )
        rest = {"UnprocessedItems" if keys is items else "UnprocessedKeys": undone["RequestItems"]}
        return (json.dumps({**asked, **done}).encode() if len(keys) > 1 else None), lambda answer: {**answer, **rest}
    first, second = _halves(asked["Entries"])
    body = json.dumps({**asked, "Entries": first}).encode() if first else None
    if call.service == "events":
        refused = [{"ErrorCode": "InternalFailure", "ErrorMessage": "told so by a test"}] * len(second)
        return body, lambda answer: {"FailedEntryCount": len(second), "Entries": [*answer.get("Entries", []), *refused]}
    failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in second]
    return body, lambda answer: {**answer, "Failed": failed}


def _halves(items: list[Any]) -> tuple[list[Any], list[Any]]:
    return items[: len(items) // 2], items[len(items) // 2 :]
