"""The closed loop: the latency probe measures integration actions, an alarm goes off, a timeout is raised."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from alarm_scenario import Act
from journal import Outcome
from playground import PLATFORM
from probe_alarms import ALARM, CONTRIBUTED, WATCHED, contributor_message, put_alarm
from probe_look import (
    NAMESPACE,
    ActionMinute,
    checkpoint_key,
    executions_in,
    in_words,
    measure,
    measure_without_settling,
    measured_minutes,
    summary,
)
from sam import STACK
from stage import Stage

SLOW, ALSO_SLOW, FAST = WATCHED, "custom_-_delivery-slots", "custom_-_return-label"
"""Integration actions of the second organization: the first two get slow. Their timeouts are 6, 5 and 8 s."""

_SLOW_MINUTES, _FAST_MINUTES = (5, 4, 3), (2, 1)
"""When things happen, in minutes ago: the first lie before what has settled after two minutes, the others after it."""
_A_SLOW_MINUTE = {
    SLOW: [*[900] * 14, *[5200] * 4, 6000, 6000],  # the last two have timed out
    ALSO_SLOW: [*[700] * 8, 4800, 5000],
    FAST: [120] * 5,
}
_A_FAST_MINUTE = {SLOW: [350] * 20, ALSO_SLOW: [300] * 10, FAST: [120] * 5}

_MEASURED_WITHIN_SECONDS = 20
_ENDS_WITHIN_SECONDS = 30
_MINUTE = timedelta(minutes=1)
_EVERY_SECONDS = 0.2


class Measuring:
    """The closed loop of the local run.

    Attributes:
        told: rows for the report: door, what came, outcome.
        surprises: what ended as it must not, or did not end.
        executed, counted: executions by integration action: those that were, and those that the probe has counted.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        playground = stage.playground
        self._outputs = playground.outputs
        self._topic = playground.outputs["LatencyAlarmTopicArn"]
        self._lambda, self._logs = playground.client("lambda"), playground.client("logs")
        self._cloudwatch, self._sns = playground.client("cloudwatch"), playground.client("sns")
        self.told: list[tuple[str, str, Outcome]] = []
        self.surprises: list[str] = []
        self.executed: Counter[str] = Counter()
        self.counted: dict[str, int] = {}
        self._patches_told = 0

    def prepare(self) -> None:
        """Turns the probe's schedule off, for here it measures when it is told to; and lets it begin anew."""
        events = self._stage.playground.client("events")
        for rule in events.list_rules()["Rules"]:
            if rule.get("ScheduleExpression"):
                events.disable_rule(Name=rule["Name"])
        self._stage.playground.client("dynamodb").delete_item(
            TableName=self._outputs["LedgerTableName"], Key=checkpoint_key(PLATFORM)
        )

    def show(self) -> None:
        """Lets actions get slow, measures, lets the alarm go off; and the same when they are fast again."""
        report = self._stage.report
        report.heading("Measure -> alarm -> raise -> restore: latency probe -> metrics -> alarm -> queue -> function")
        report.line(
            "So as not to wait for its schedule (every minute), the probe is invoked. Two things the emulator does\n"
            "not have: what CloudWatch makes of the probe's log lines (EMF) is put by hand (PutMetricData); and for\n"
            "the template's one alarm for all Data Actions (DataActionAlarmMilliseconds, a query of Metrics Insights)\n"
            "stand in an alarm on one of them, and the message that it would send for another, published by hand."
        )
        put_alarm(self._cloudwatch, self._topic, statistic="Average", seconds=300)

        self._execute(_A_SLOW_MINUTE, _SLOW_MINUTES)
        report.step("Get Order Status (6 s) and Find Delivery Slots (5 s) get slow for three minutes, and time out")
        minutes = self._measure()
        self._hand_to_cloudwatch(minutes)
        self._wait_for(Act("sqs (SNS topic)", "goes to ALARM", "raised", 9), _of_alarm(ALARM), ALARM)
        self._tell_of_another(minutes)
        self._wait_for(
            Act("sqs (SNS, by hand)", "in ALARM", "raised", 8), _of_alarm(f"{STACK}-{CONTRIBUTED}"), CONTRIBUTED
        )
        self._tell_of_patches()

        self._execute(_A_FAST_MINUTE, _FAST_MINUTES)
        measure_without_settling(self._lambda, self._outputs["LatencyProbeFunctionName"])
        report.step("fast again; so as not to wait for two more minutes, ProbeSettlingMinutes is turned from 2 to 0")
        self._hand_to_cloudwatch(self._measure())
        self._wait_for(
            Act("sqs (SNS topic)", "goes to OK", "restored", 6),
            _of_alarm(ALARM),
            ALARM,
        )
        self._tell_of_patches()

    # -- executions, and what the probe makes of them ------------------------------------------------------------------

    def _execute(self, milliseconds: dict[str, list[int]], minutes_ago: tuple[int, ...]) -> None:
        """Executions in the middle of these minutes."""
        now = datetime.now(UTC).replace(second=30, microsecond=0)
        for ago in minutes_ago:
            at = (now - ago * _MINUTE).isoformat()
            for action_id, durations in milliseconds.items():
                content = {"action_id": action_id, "milliseconds": durations, "at": at}
                self._stage.playground.genesys.ask("POST", "/executions", content)
                self.executed[action_id] += len(durations)

    def _measure(self) -> list[ActionMinute]:
        """Invokes the probe until it has counted all there is; what it has measured anew."""
        known, give_up_at = self._minutes(), time.monotonic() + _MEASURED_WITHIN_SECONDS
        while True:
            told = measure(self._lambda, self._outputs["LatencyProbeFunctionName"])
            for entry in told:
                self._stage.report.line(f"         {in_words(entry)}")
            minutes = self._minutes()
            self.counted = executions_in(minutes)
            if sum(self.counted.values()) >= self.executed.total():
                break
            if time.monotonic() > give_up_at:
                self.surprises.append(f"the probe has counted {self.counted} of {dict(self.executed)}: {told}")
                break
            time.sleep(_EVERY_SECONDS)
        new = [minute for minute in minutes if minute not in known]
        for action_id in self.executed:
            self._stage.report.line(f"         EMF       {summary(new, action_id)}")
        return new

    def _minutes(self) -> list[ActionMinute]:
        return measured_minutes(self._logs, self._outputs["LatencyProbeLogGroupName"])

    # -- CloudWatch ----------------------------------------------------------------------------------------------------

    def _hand_to_cloudwatch(self, minutes: list[ActionMinute]) -> None:
        """The metrics of the alarm's own action: the emulated alarm does not look at dimensions."""
        own = [minute for minute in minutes if minute.action_id == SLOW]
        data = [datum for minute in own for datum in minute.as_metric_data()]
        self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)

    def _tell_of_another(self, minutes: list[ActionMinute]) -> None:
        """What the template's alarm would tell its topic of the other slow action."""
        worst = max((each for each in minutes if each.action_id == ALSO_SLOW), key=lambda each: each.metrics["p99"])
        self._sns.publish(TopicArn=self._topic, Message=contributor_message(self._topic, worst))

    def _tell_of_patches(self) -> None:
        """Those that were not told yet."""
        calls = self._stage.look("/calls")["calls"]
        patches = [call for call in calls if call["method"] == "PATCH" and call["action_id"] in {SLOW, ALSO_SLOW}]
        for call in patches[self._patches_told :]:
            self._stage.report.line(f"         Genesys Cloud saw {call['method']} {call['path']}: {call['status']}")
        self._patches_told = len(patches)

    # -- what follows --------------------------------------------------------------------------------------------------

    def _wait_for(self, act: Act, fits: Callable[[Outcome], bool], who: str) -> None:
        """Waits for the outcome of this, and compares it with what it has to be."""
        found: list[Outcome] = []

        def note(outcome: Outcome) -> None:
            if not fits(outcome):
                return
            self._stage.report.outcome(f"{who} {act.what}", outcome)
            if outcome["status"] != "deferred":  # else it comes again
                found.append(outcome)

        self._stage.journal.follow(note, until=lambda: bool(found), within_seconds=_ENDS_WITHIN_SECONDS)
        if not found:
            self.surprises.append(f"missing: {who} {act.what}")
            return
        if found[0]["requested_by"]:
            self.told += [(act.door, f"{who} {act.what}", outcome) for outcome in found]
        ends = [(outcome["status"], outcome["timeout_seconds"]) for outcome in found]
        if ends != [(act.status, act.after)] or act.note not in (found[0]["note"] or ""):
            self.surprises.append(f"{who} {act.what}: {ends} {found[0]['note'] or ''}, not {act}")


def _of_alarm(name: str) -> Callable[[Outcome], bool]:
    return lambda outcome: bool(outcome["requested_by"] == f"alarm {name}")
