"""Commands for a stack that `make up` keeps running."""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import architect_look
import probe_alarms
from checks import reason
from journal import Journal
from ledger_look import LedgerLook
from playground import ask_simulator, client
from probe_look import NAMESPACE, in_words, measure, measured_minutes, summary
from report import Report
from stage import data_actions_of
from up import ALARM, STATE

_STATES = ("ALARM", "OK")
_PUT_AGAIN = timedelta(minutes=10)
"""What was measured so long ago is handed to CloudWatch again: the alarm takes a maximum, so once more does no harm."""


def main() -> int:
    """Carries out one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("text", nargs="?", default="", help="a file, or the text itself; alarm: STATE; measure: ms")
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


def measure_now(up: dict[str, Any], text: str) -> None:
    """Has the latency probe measure; if there are milliseconds, an action is executed before, and takes so long."""
    if text:
        executed = {
            "action_id": probe_alarms.WATCHED,
            "milliseconds": [float(each) for each in text.replace(",", " ").split()],
        }
        ask_simulator(up["genesys"], "POST", "/executions", executed)
        wait = 61 - datetime.now(UTC).second
        print(f"{probe_alarms.WATCHED} was executed; waiting {wait} s until this minute is over and can be measured")
        time.sleep(wait)
    outputs, since = up["outputs"], datetime.now(UTC) - _PUT_AGAIN
    for entry in measure(client("lambda", up["aws"]), outputs["LatencyProbeFunctionName"]):
        print(in_words(entry))
    minutes = measured_minutes(client("logs", up["aws"]), outputs["LatencyProbeLogGroupName"])
    lately = [minute for minute in minutes if minute.action_id == probe_alarms.WATCHED and minute.at > since]
    print(f"in the last 10 minutes {summary(lately, probe_alarms.WATCHED)}")
    cloudwatch = client("cloudwatch", up["aws"])
    if lately:
        data = [datum for minute in lately for datum in minute.as_metric_data()]
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    [now] = cloudwatch.describe_alarms(AlarmNames=[probe_alarms.ALARM])["MetricAlarms"]
    print(f"{now['AlarmName']} is in {now['StateValue']}; see what became of it with `make outcomes` and `make flows`")


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
    """Shows every Data Action in the simulated Genesys Cloud, and which Architect Flows are locked."""

    def look(path: str) -> Any:
        return ask_simulator(up["genesys"], "GET", path)

    Report().data_actions({"now": data_actions_of(look)})
    versions = architect_look.published_versions(look)
    for flow_id, lock in architect_look.locks(look).items():
        print(f"Architect Flow {flow_id}: published version {versions[flow_id]}, {lock}")


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
    "measure": measure_now,
    "outcomes": outcomes,
    "logs": logs,
    "flows": flows,
    "ledger": ledger,
    "dead-letters": dead_letters,
    "trouble": trouble,
}

if __name__ == "__main__":
    sys.exit(main())
