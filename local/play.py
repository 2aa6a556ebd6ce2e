"""Commands for a stack that `make up` keeps running: send, logs, flows, dead-letters, trouble."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
from pathlib import Path
from typing import Any

from playground import ask_simulator, client
from report import Report
from up import STATE


def main() -> int:
    """Carries out one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("text", nargs="?", default="", help="what to send: a file, or the text itself")
    arguments = parser.parse_args()
    if not STATE.exists():
        print("Nothing is running: start it with `make up` in another terminal.")
        return 1
    try:
        COMMANDS[arguments.command](json.loads(STATE.read_text()), arguments.text)
    except urllib.error.HTTPError as error:
        print(json.load(error)["error"])
        return 1
    return 0


def send(up: dict[str, Any], text: str) -> None:
    """Drops a request on the queue."""
    body = _text_of(text)
    sent = client("sqs", up["aws"]).send_message(QueueUrl=up["outputs"]["RequestQueueUrl"], MessageBody=body)
    print(f"sent as message {sent['MessageId']}; see what became of it with `make logs`")


def logs(up: dict[str, Any], _: str) -> None:
    """Prints the function's log."""
    pages = (
        client("logs", up["aws"])
        .get_paginator("filter_log_events")
        .paginate(logGroupName=up["outputs"]["LogGroupName"])
    )
    lines = [event["message"].rstrip() for page in pages for event in page["events"]]
    print("\n".join(lines) or "nothing yet: `make send EVENT=events/queue/raise.json` gives it something to do")


def flows(up: dict[str, Any], _: str) -> None:
    """Shows every Data Action in the simulated Genesys Cloud."""
    found = ask_simulator(up["genesys"], "GET", "/flows")["flows"]
    now = {(flow["id"], action["path"]): action for flow in found for action in flow["data_actions"]}
    Report().data_actions(now, now)


def dead_letters(up: dict[str, Any], _: str) -> None:
    """Shows what lies in the dead-letter queue, and leaves it there."""
    received = client("sqs", up["aws"]).receive_message(
        QueueUrl=up["outputs"]["DeadLetterQueueUrl"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=1,
    )
    attributes = [
        (m["Body"], {n: v["StringValue"] for n, v in m.get("MessageAttributes", {}).items()})
        for m in received.get("Messages", [])
    ]
    Report().dead_letters([(body, a.get("error_code", ""), a.get("error_message", "")) for body, a in attributes])


def trouble(up: dict[str, Any], text: str) -> None:
    """Makes the simulated Genesys Cloud misbehave."""
    print(json.dumps(ask_simulator(up["genesys"], "POST", "/faults", _text_of(text).encode()), indent=2))


def _text_of(text: str) -> str:
    is_file = text and not text.lstrip().startswith(("{", "[")) and Path(text).is_file()
    return Path(text).read_text() if is_file else text


COMMANDS = {"send": send, "logs": logs, "flows": flows, "dead-letters": dead_letters, "trouble": trouble}

if __name__ == "__main__":
    sys.exit(main())
