"""`make up`: keeps the local stack running and says how to play with it."""

from __future__ import annotations

import json
import sys
import threading

import interruption
from playground import Playground
from report import Report
from sam import PROJECT, STACK, SamFailed

AWS_PORT = 4566
SIMULATOR_PORT = 4567
STATE = PROJECT / ".local" / "up.json"
"""Where the running stack is; `make send`, `make logs` and the others read it."""


def main() -> int:
    """Runs until Ctrl-C."""
    report = Report()
    interruption.ends_in_order()
    try:
        with Playground(report.step, aws_port=AWS_PORT, simulator_port=SIMULATOR_PORT) as playground:
            state = {"aws": playground.aws.url, "genesys": playground.genesys.url, "outputs": playground.outputs}
            STATE.write_text(json.dumps(state))
            report.line(_invitation(playground))
            threading.Event().wait()
    except KeyboardInterrupt:
        report.line("\nstopped and cleaned up")
    except (SamFailed, RuntimeError) as error:
        report.line(f"\n{error}")
        return 1
    finally:
        STATE.unlink(missing_ok=True)
    return 0


def _invitation(playground: Playground) -> str:
    outputs = playground.outputs
    exports = " ".join(
        f"{name}={value}"
        for name, value in playground.aws.environment.items()
        if name in {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
    )
    return f"""
Running. Ctrl-C stops it and cleans up. In another terminal, in this folder:

  make send EVENT=events/queue/raise.json     drops a request on the queue
  make send TEXT='{{"flow_id": "callback", "action_name": "Schedule Callback", "timeout_seconds": 9}}'
  make logs                                   the function's log, one line per outcome
  make flows                                  every Data Action in the simulated Genesys Cloud
  make dead-letters                           what was refused, and why
  make trouble FAULT='{{"operation": "publish", "status": 503, "times": 2}}'

The simulator says what else it can do: curl {playground.genesys.url}/_simulator/
With the AWS CLI or the SAM CLI:

  export {exports}
  aws sqs send-message --queue-url {outputs["RequestQueueUrl"]} --message-body file://events/queue/raise.json
  .venv-sam/bin/sam remote invoke --stack-name {STACK} TimeoutRaiserFunction --event-file events/invoke/request.json
"""


if __name__ == "__main__":
    sys.exit(main())
