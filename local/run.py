"""`make run`: the main job, seen from outside, on an emulated AWS and a simulated Genesys Cloud.

Ends with 0 only if everything ended as it has to.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Any

import interruption
import scenario
from playground import Playground
from report import Report
from sam import SamFailed

ENDS_WITHIN_SECONDS = 60
_OUTCOME_LISTENER = "local-run-outcomes"


class LocalRun:
    """One run on a playground that is up."""

    def __init__(self, playground: Playground, report: Report) -> None:
        self._playground = playground
        self._report = report
        self._sqs = playground.client("sqs")
        self._queue = playground.outputs["RequestQueueUrl"]
        self._dead_letters = playground.outputs["DeadLetterQueueUrl"]
        self._files: dict[str, str] = {}  # request id -> file
        self._waited_for: Counter[tuple[str, str, str | None]] = Counter()
        self._surprises: list[str] = []
        self._outcomes: list[dict[str, Any]] = []

    def run(self) -> bool:
        """Drops the events, waits for the outcomes, shows and checks everything; whether all is as it has to be."""
        report = self._report
        told = self._listen_to_the_bus()
        before = self._data_actions()
        report.heading("Meanwhile in Genesys Cloud")
        for words, path, content in scenario.TROUBLES:
            self._playground.genesys.ask("POST", path, content)
            report.line(f"         {words}")
        report.heading("Requests dropped on the queue (events/queue), and how they ended")
        self._drop_events()
        self._wait_for_outcomes()
        after = self._data_actions()
        dead = self._drain(self._dead_letters)
        report.line("")
        report.data_actions(before, after)
        report.dead_letters([_reason(message) for message in dead])
        report.heading("Was everything as it has to be?")
        checks = [
            ("every request ended as it has to, once", self._wrong_endings()),
            ("Genesys Cloud has exactly the timeouts that the outcomes tell", self._wrong_timeouts(before, after)),
            ("each refused request lies in the dead-letter queue with its reason", self._wrong_dead_letters(dead)),
            ("nothing is left on the request queue", self._left_on_queue()),
            ("every outcome but the inspection came over the event bus", self._wrong_events(self._drain(told))),
            ("a direct invoke answers with its outcome", self._wrong_direct_answer()),
        ]
        report.checks(checks)
        return all(wrong is None for _, wrong in checks)

    # -- the way in ----------------------------------------------------------------------------------------------------

    def _listen_to_the_bus(self) -> str:
        """A queue that gets a copy of every outcome on the event bus; returns its URL."""
        url: str = self._sqs.create_queue(QueueName=_OUTCOME_LISTENER)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        events, bus = self._playground.client("events"), self._playground.outputs["EventBusName"]
        pattern = json.dumps({"source": ["genesys-timeout-raiser"]})
        events.put_rule(Name=_OUTCOME_LISTENER, EventBusName=bus, EventPattern=pattern)
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        events.put_targets(Rule=_OUTCOME_LISTENER, EventBusName=bus, Targets=[target])
        return url

    def _drop_events(self) -> None:
        for file, text in scenario.queue_events().items():
            message_id = self._sqs.send_message(QueueUrl=self._queue, MessageBody=text)["MessageId"]
            self._files[scenario.own_request_id(text) or message_id] = file
            for ending in scenario.ENDINGS[file]:
                self._waited_for[file, ending.status, ending.error_code] += 1

    # -- what happens --------------------------------------------------------------------------------------------------

    def _wait_for_outcomes(self) -> None:
        """Follows the function's log; a deferred request is told and waited for on."""
        logs, group = self._playground.client("logs"), self._playground.outputs["LogGroupName"]
        seen: set[str] = set()  # the lines themselves: each has its time, and the emulator gives events no id
        give_up_at = time.monotonic() + ENDS_WITHIN_SECONDS
        while +self._waited_for and time.monotonic() < give_up_at:
            time.sleep(0.2)
            try:
                pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                events = [event for page in pages for event in page["events"]]
            except logs.exceptions.ResourceNotFoundException:
                continue
            for event in events:
                if event["message"] not in seen:
                    seen.add(event["message"])
                    self._note(event["message"])

    def _note(self, line: str) -> None:
        try:
            outcome = json.loads(line)
        except ValueError:
            return
        if not isinstance(outcome, dict) or outcome.get("message") != "request finished":
            return
        file = self._files.get(outcome["request_id"], "?")
        self._report.outcome(file, outcome)
        if outcome["status"] == "deferred":
            return
        self._outcomes.append(outcome)
        ending = (file, outcome["status"], outcome["error"] and outcome["error"]["code"])
        if self._waited_for[ending] > 0:
            self._waited_for[ending] -= 1
        else:
            self._surprises.append(" ".join(map(str, ending)))

    def _data_actions(self) -> dict[tuple[str, str], dict[str, Any]]:
        flows = self._playground.genesys.ask("GET", "/flows")["flows"]
        return {(flow["id"], action["path"]): action for flow in flows for action in flow["data_actions"]}

    def _drain(self, url: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while batch := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
        ).get("Messages"):
            messages += batch
        return messages

    # -- what has to hold ----------------------------------------------------------------------------------------------

    def _wrong_endings(self) -> str | None:
        missing = [" ".join(map(str, ending)) for ending in +self._waited_for]
        return "; ".join([f"missing: {m}" for m in missing] + [f"unexpected: {s}" for s in self._surprises]) or None

    def _wrong_timeouts(self, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]) -> str | None:
        """What the simulator holds, against what the outcomes say; whatever they do not name is as before."""
        wanted = {key: action["timeout"] for key, action in before.items()}
        wanted |= {key: 4 for key in wanted if before[key]["name"] == "Get Holiday"}  # the other editor's, kept
        for outcome in self._outcomes:
            if outcome["status"] in {"raised", "set"}:
                for step in outcome["steps"]:
                    wanted[step.get("flow_id", outcome["target"]["flow_id"]), step["path"]] = step["timeout_seconds"]
        wrong = [
            f"{key}: {after[key]['timeout']}, not {seconds}"
            for key, seconds in wanted.items()
            if after[key]["timeout"] != seconds
        ]
        return "; ".join(wrong) or None

    def _wrong_dead_letters(self, dead: list[dict[str, Any]]) -> str | None:
        wanted = Counter(ending.error_code for endings in scenario.ENDINGS.values() for ending in endings)
        del wanted[None]
        found = Counter(_reason(message)[1] for message in dead)
        return None if found == wanted else f"found {dict(found)}, wanted {dict(wanted)}"

    def _left_on_queue(self) -> str | None:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        give_up_at = time.monotonic() + 5  # the last deletes follow the last outcomes
        while True:
            counts = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=names)["Attributes"]
            left = sum(int(counts[name]) for name in names)
            if left == 0:
                return None
            if time.monotonic() > give_up_at:
                return f"{left} messages"
            time.sleep(0.1)

    def _wrong_events(self, messages: list[dict[str, Any]]) -> str | None:
        events = [json.loads(message["Body"]) for message in messages]
        found = Counter(event["detail"]["status"] for event in events if event["detail"]["status"] != "deferred")
        wanted = Counter(o["status"] for o in self._outcomes if o["status"] != "inspected")
        return None if found == wanted else f"found {dict(found)}, wanted {dict(wanted)}"

    def _wrong_direct_answer(self) -> str | None:
        request = (scenario.EVENTS / "invoke" / "request.json").read_text()
        answer = self._playground.client("lambda").invoke(
            FunctionName=self._playground.outputs["FunctionName"], Payload=request
        )
        outcomes = json.load(answer["Payload"]).get("outcomes", [])
        statuses = [outcome["status"] for outcome in outcomes]
        return None if statuses == ["planned"] else f"answered {outcomes}"


def _reason(message: dict[str, Any]) -> tuple[str, str, str]:
    attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    return message["Body"], attributes.get("error_code", "?"), attributes.get("error_message", "?")


def main() -> int:
    """Runs; 0 if everything ended as it has to."""
    interruption.ends_in_order()
    report = Report()
    try:
        with Playground(report.step) as playground:
            report.step("ready")
            good = LocalRun(playground, report).run()
            report.line("")
            report.step("stopping and cleaning up")
    except KeyboardInterrupt:
        report.line("\ninterrupted: everything was stopped and cleaned up")
        return 130
    except (SamFailed, RuntimeError) as error:
        report.line(f"\n{error}")
        return 1
    if not good:
        report.line("\nNot everything ended as it has to: see FAIL above.")
        return 1
    report.line(
        "\nAll as it has to be. What next:\n"
        "  make up      keeps all this running and shows how to play with it\n"
        "  make test    runs the tests\n"
        "  README.md    how to deploy it to your own account"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
