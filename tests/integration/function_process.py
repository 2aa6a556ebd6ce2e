"""The function in processes of its own: `python function_process.py SOCKET CODE` starts them fast, on a Unix socket.

It imports everything but `app` once and forks for every connection. A connection is one execution environment: its
first line brings environment and log file, upon which `app` is imported, and is answered with the process's id; each
further line brings an event; it ends when the connection is closed. `app` alone reads the environment, so this is a
cold start in all but the time it takes.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer
from typing import Any, Literal, cast

import boto3

LATE = ["aws_lambda_powertools.utilities.parameters"]
"""What the function imports only when it is needed, and which takes time."""


class Context:
    """The part of Lambda's context that functions look at."""

    function_name = "timeout-raiser"
    function_version = "$LATEST"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:timeout-raiser"

    def __init__(self, request_id: str, seconds: float) -> None:
        self.aws_request_id = request_id
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return max(0, int((self._ends_at - time.monotonic()) * 1000))


class ExecutionEnvironment(StreamRequestHandler):
    """One cold start and the events after it, in a forked process."""

    def handle(self) -> None:
        """Serves until the connection is closed."""
        start = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(start["environment"])
        log = os.open(start["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        cast(TextIOWrapper, sys.stdout).reconfigure(line_buffering=True)
        logging.basicConfig(stream=sys.stdout)  # Lambda's runtime has such a handler, too
        try:
            handler = importlib.import_module("app").lambda_handler
        except Exception as error:  # noqa: BLE001  # a cold start that fails is an answer
            self._answer({"error": f"{type(error).__name__}: {error}"})
            return
        self._answer({"pid": os.getpid()})
        for line in self.rfile:
            self._answer(_run(handler, **json.loads(line)))

    def _answer(self, content: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(content).encode() + b"\n")


def _run(handler: Callable[[Any, Any], Any], event: Any, request_id: str, seconds: float) -> dict[str, Any]:
    started = time.monotonic()
    try:
        answer = {"result": json.loads(json.dumps(handler(event, Context(request_id, seconds))))}
    except Exception as error:  # noqa: BLE001  # so does Lambda: it logs the traceback and reports the error
        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.flush()
    return {**answer, "seconds": time.monotonic() - started}


class Server(ForkingMixIn, UnixStreamServer):
    """A fork per connection."""


if __name__ == "__main__":
    code = Path(sys.argv[2])
    files = [
        file.relative_to(code).with_suffix("") for file in code.rglob("*.py") if file.stem not in {"app", "__init__"}
    ]
    for name in [*(".".join(file.parts) for file in files), *LATE]:
        importlib.import_module(name)
    boto3.setup_default_session()  # it keeps the services' descriptions that it has read, and they are the slow part
    services: list[Literal["cloudwatch", "dynamodb", "events", "secretsmanager", "sqs", "ssm"]]
    services = ["cloudwatch", "dynamodb", "events", "secretsmanager", "sqs", "ssm"]
    for service in services:
        boto3.client(service, "us-east-1", aws_access_key_id="-", aws_secret_access_key="-").close()
    with Server(sys.argv[1], ExecutionEnvironment) as server:
        server.serve_forever()
