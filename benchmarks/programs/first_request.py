"""A cold start and its first request, from an SQS event on stdin. Prints when that was done, last."""

import json
import sys
import time
from types import SimpleNamespace
from typing import Any

import app

context: Any = SimpleNamespace(aws_request_id="benchmark", get_remaining_time_in_millis=lambda: 60_000)
answer = app.lambda_handler(json.load(sys.stdin), context)
print(time.monotonic_ns() if answer == {"batchItemFailures": []} else answer)
