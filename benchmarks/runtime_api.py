"""Lambda's Runtime API on this machine: hands one event to one runtime, and notes when it asks for it and answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

_REQUEST_ID = "benchmark"
_FUNCTION_SECONDS = 60
"""The function's time-out, by which it is told its deadline."""
_COMES_WITHIN_SECONDS = 60
_LOOKS_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class ColdStart:
    """What one took, in seconds from before its process was started.

    Attributes:
        ready: until the runtime asked for its first event, the handler imported.
        done: until the answer to it was there.
        answer: what the handler returned.
    """

    ready: float
    done: float
    answer: Any


def cold_start(command: Sequence[str], environment: Mapping[str, str], event: object) -> ColdStart:
    """Starts a runtime, hands it the event, waits for its answer, and ends it.

    Raises:
        RuntimeError: the handler could not be imported, or raised, or nothing came.
    """
    api = _RuntimeApi(json.dumps(event).encode())
    threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True).start()
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        asked = api.wait_for("next", process)
        answered = api.wait_for("response", process)
    finally:
        process.kill()
        said = process.communicate()[0].decode(errors="replace")
        api.over.set()
        api.shutdown()
        api.server_close()
    if asked is None or answered is None:
        raise RuntimeError(f"no answer came: {said[-2000:]}")
    return ColdStart(asked.at - started, answered.at - started, json.loads(answered.body))


class _Call(NamedTuple):
    what: str
    at: float
    body: bytes = b""


class _RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, event: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event: bytes | None = event
        self.calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self.over = threading.Event()

    def wait_for(self, what: str, process: subprocess.Popen[bytes]) -> _Call | None:
        """The call, once it comes; None where another comes instead, or none."""
        give_up_at = time.monotonic() + _COMES_WITHIN_SECONDS
        while time.monotonic() < give_up_at and process.poll() is None:
            try:
                call = self.calls.get(timeout=_LOOKS_EVERY_SECONDS)
            except queue.Empty:
                continue
            return call if call.what == what else None
        return None

    def handle_error(self, request: object, client_address: object) -> None:
        """A runtime that is ended hangs up, and is not to be missed."""


class _Handler(BaseHTTPRequestHandler):
    server: _RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The next event; there is but one, so that whoever asks again waits."""
        self.server.calls.put(_Call("next", time.monotonic()))
        event, self.server.event = self.server.event, None
        if event is None:
            self.server.over.wait()
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", _REQUEST_ID)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + _FUNCTION_SECONDS) * 1000)))
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:benchmark"
        )
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        """An answer, or an error: of the invocation, or of the initialization before it."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.calls.put(_Call(self.path.rsplit("/", 1)[-1], time.monotonic(), body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""
