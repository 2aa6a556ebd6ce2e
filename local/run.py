"""`make run`: the main job, seen from outside, on an emulated AWS and a simulated Genesys Cloud.

Ends with 0 only if everything ended as it has to.
"""

from __future__ import annotations

import json
import sys

import architect_look
import interruption
import scenario
from checks import Evidence, all_checks, reason
from ledger_look import LedgerLook
from playground import Playground
from report import Report
from sam import SamFailed
from show_alarm_files import AlarmFiles
from show_alarms import Alarms
from show_measuring import Measuring
from show_requests import Requests
from stage import Stage

_OUTCOME_LISTENER = "local-run-outcomes"


class LocalRun:
    """One run on a playground that is up."""

    def __init__(self, playground: Playground, report: Report) -> None:
        self._report = report
        self._stage = Stage(playground, report)
        self._requests = Requests(self._stage)
        self._alarms = Alarms(self._stage)
        self._measuring = Measuring(self._stage)
        self._alarm_files = AlarmFiles(self._stage)

    def run(self) -> bool:
        """Shows requests and alarms, and checks everything; whether all is as it has to be."""
        stage, report = self._stage, self._report
        self._measuring.prepare()
        events = self._listen_to_the_bus()
        # Lambda tries this one three times and then gives it up, while the rest goes on.
        stage.invoke_and_forget(_invoke_file("wrong-shape.json"))
        before = stage.data_actions()
        self._requests.show()
        between = stage.data_actions()
        self._alarms.show()
        self._measuring.show()
        self._alarm_files.show({place: action["timeout"] for place, action in before.items()})
        answer = stage.invoke(_invoke_file("request.json"))
        report.busy("looking at what is left")
        stage.journal.catch_up()
        seen = Evidence(
            outcomes=stage.journal.outcomes,
            before=before,
            after=stage.data_actions(),
            alarms=[*self._alarms.told, *self._measuring.told, *self._alarm_files.told],
            surprises=(
                self._requests.surprises,
                self._alarms.surprises,
                self._alarm_files.surprises,
                self._measuring.surprises,
            ),
            executed=self._measuring.executed,
            counted=self._measuring.counted,
            locks=architect_look.locks(stage.look),
            left_on_queue=stage.left_on_queue(),
            dead_letters=[reason(message) for message in stage.drain(stage.dead_letters)],
            events=stage.drain(events),
            ledger=LedgerLook(stage.playground.client("dynamodb"), stage.playground.outputs["LedgerTableName"]),
            answer=answer,
        )

        report.heading("What came of it")
        report.doors(seen.alarms)
        report.data_actions({"before": before, "after the requests": between, "after the alarms": seen.after})
        report.dead_letters(seen.dead_letters)
        report.heading("Was everything as it has to be?")
        held = all_checks(seen)
        report.checks(held)
        return all(wrong is None for _, wrong in held)

    def _listen_to_the_bus(self) -> str:
        """A queue that gets a copy of every outcome on the event bus; returns its URL."""
        playground = self._stage.playground
        url, arn = self._stage.listener(_OUTCOME_LISTENER)
        events, bus = playground.client("events"), playground.outputs["EventBusName"]
        pattern = json.dumps({"source": ["genesys-timeout-raiser"]})
        events.put_rule(Name=_OUTCOME_LISTENER, EventBusName=bus, EventPattern=pattern)
        events.put_targets(Rule=_OUTCOME_LISTENER, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        return url


def _invoke_file(name: str) -> str:
    return (scenario.EVENTS / "invoke" / name).read_text()


def main() -> int:
    """Runs; 0 if everything ended as it has to."""
    interruption.ends_in_order()
    with Report() as report:
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
