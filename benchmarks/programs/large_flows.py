"""How much memory one invocation takes: from the events on stdin, all but the last only warm up. Prints bytes, twice.

First the most that the process has taken before the last event, then the most with it.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import app


def most_bytes() -> int:
    """The most memory that this process, and none before it, has had resident (Linux)."""
    status = Path("/proc/self/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


context: Any = SimpleNamespace(aws_request_id="benchmark", get_remaining_time_in_millis=lambda: 60_000)
*warming_up, measured = json.load(sys.stdin)
for event in warming_up:
    app.lambda_handler(event, context)
before = most_bytes()
answer = app.lambda_handler(measured, context)
if answer != {"batchItemFailures": []}:
    sys.exit(f"the function answered {answer}")
print(json.dumps([before, most_bytes()]))
