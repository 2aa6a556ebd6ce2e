"""Commands for a stack that `make up` keeps running."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
from pathlib import Path
from typing import Any

from checks import reason
from journal import Journal
from ledger_look import LedgerLook
from playground import ask_simulator, client
from report import Report
from stage import data_actions_of
from up import ALARM, STATE

_STATES = ("ALARM", "OK")


def main() -> int:
    """Carries out one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("text", nargs="?", default="", help="a file, or the text itself; for alarm its state")
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
    """Drops a request, or an alarm, on the queue."""
    sent = client("sqs", up["aws"]).send_message(QueueUrl=up["outputs"]["RequestQueueUrl"], MessageBody=_text_of(text))
    print(f"sent as message {sent['MessageId']}; see what became of it with `make outcomes`")


def invoke(up: dict[str, Any], text: str) -> None:
    """Hands an event to the function and prints its answer."""
    answer = client("lambda", up["aws"]).invoke(FunctionName=up["outputs"]["FunctionName"], Payload=_text_of(text))
    print(json.dumps(json.load(answer["Payload"]), indent=2))


def alarm(up: dict[str, Any], text: str) -> None:
    """Turns the alarm to a state, as a metric above its threshold would."""
    state = text.upper()
    if state not in _STATES:
        print(f"STATE must be one of {', '.join(_STATES)}, not {text!r}")
        return
    cloudwatch = client("cloudwatch", up["aws"])
    [now] = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    if now["StateValue"] == state:
        print(f"{ALARM} is in {state} already: alarms speak only when they change")
        return
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="turned by hand with `make alarm`")
    print(f"{ALARM}: {now['StateValue']} -> {state}; see what became of it with `make outcomes` and `make flows`")


def outcomes(up: dict[str, Any], _: str) -> None:
    """Shows what became of every request and every alarm."""
    journal, report = Journal(client("logs", up["aws"]), up["outputs"]["LogGroupName"]), Report()
    for outcome in journal.catch_up():
        report.outcome(outcome["requested_by"] or outcome["request_id"], outcome)
    if not journal.outcomes:
        print("nothing yet: `make send EVENT=events/queue/raise.json` gives it something to do")


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
    Report().data_actions({"now": data_actions_of(lambda path: ask_simulator(up["genesys"], "GET", path))})


def ledger(up: dict[str, Any], _: str) -> None:
    """Shows what the ledger could put back."""
    look = LedgerLook(client("dynamodb", up["aws"]), up["outputs"]["LedgerTableName"])
    Report().ledger(look.remembered)
    print(f"{len(look.finished)} changes of alarms, and looks at them, are dealt with.")


def dead_letters(up: dict[str, Any], _: str) -> None:
    """Shows what lies in the dead-letter queue, and leaves it there."""
    received = client("sqs", up["aws"]).receive_message(
        QueueUrl=up["outputs"]["DeadLetterQueueUrl"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=1,
    )
    Report().dead_letters([reason(message) for message in received.get("Messages", [])])


def trouble(up: dict[str, Any], text: str) -> None:
    """Makes the simulated Genesys Cloud misbehave."""
    print(json.dumps(ask_simulator(up["genesys"], "POST", "/faults", _text_of(text).encode()), indent=2))


def _text_of(text: str) -> str:
    is_file = text and not text.lstrip().startswith(("{", "[")) and Path(text).is_file()
    return Path(text).read_text() if is_file else text


COMMANDS = {
    "send": send,
    "invoke": invoke,
    "alarm": alarm,
    "outcomes": outcomes,
    "logs": logs,
    "flows": flows,
    "ledger": ledger,
    "dead-letters": dead_letters,
    "trouble": trouble,
}

if __name__ == "__main__":
    sys.exit(main())
