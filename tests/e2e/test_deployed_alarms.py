"""Alarms to the deployed stack: by the emulated CloudWatch and SNS as far as it goes, by their payloads beyond."""

import json
from typing import Any

import pytest

from alarm_payloads import alarm_action, eventbridge, sns_event, sns_message
from e2e.looking import invoke, outcomes_where, send, stands_at, timeout
from journal import Outcome
from playground import Playground
from stage import Place

pytestmark = pytest.mark.e2e

CARD: Place = ("payments", "steps[0].steps[0]")
PAYMENT: Place = ("payments", "steps[0].steps[1]")
SLOTS: Place = ("appointments", "steps[0].steps[0]")
BOOKING: Place = ("appointments", "steps[1].cases[0].steps[0]")
TICKETS: Place = ("support", "steps[0].body.steps[0]")
QUOTE: Place = ("custom-shipping-quote", "config.timeoutSeconds")


class Alarm:
    """An alarm of the emulated CloudWatch, above 3 s of its own metric, that tells the stack's topic."""

    def __init__(self, playground: Playground, name: str, *, description: str = "") -> None:
        self.name = name
        self._cloudwatch = playground.client("cloudwatch")
        topic = playground.outputs["LatencyAlarmTopicArn"]
        self._cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=description,
            Namespace="Tests",
            MetricName=name,
            ExtendedStatistic="p90",
            Period=60,
            EvaluationPeriods=1,
            Threshold=3,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic],
            OKActions=[topic],
        )

    def measure(self, seconds: float, calls: int) -> None:
        datum = {"MetricName": self.name, "Unit": "Seconds", "Values": [seconds], "Counts": [calls]}
        self._cloudwatch.put_metric_data(Namespace="Tests", MetricData=[datum])

    @property
    def state(self) -> str:
        [alarm] = self._cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        state: str = alarm["StateValue"]
        return state

    def asked(self, outcome: Outcome) -> bool:
        """Whether the outcome is of this alarm."""
        return bool(outcome["requested_by"] == f"alarm {self.name}")


def route(policy: dict[str, Any], **target: str) -> str:
    return json.dumps({"timeout_raiser": {"target": target, "policy": policy}})


def test_a_metric_above_its_threshold_raises_and_below_it_puts_back(playground: Playground) -> None:
    policy = {"raise_by_seconds": 5, "restore_on_ok": True}
    description = f"Slow. {route(policy, flow_id='appointments', action_name='Find Free Slots')}"
    alarm = Alarm(playground, "e2e-slots-slow", description=description)
    alarm.measure(6.0, calls=10)
    assert alarm.state == "ALARM"
    stands_at(playground, SLOTS, 8)
    alarm.measure(0.3, calls=1000)
    assert alarm.state == "OK"
    stands_at(playground, SLOTS, None)


def test_an_alarm_that_goes_on_burning_is_raised_step_by_step_until_a_human_is_needed(playground: Playground) -> None:
    policy = {"raise_by_seconds": 3, "limit_seconds": 9, "recheck_after_seconds": 1}
    alarm = Alarm(
        playground, "e2e-tickets-slow", description=route(policy, flow_id="support", action_name="Find Tickets")
    )
    alarm.measure(6.0, calls=10)
    told = outcomes_where(playground, alarm.asked, count=3)
    assert [(outcome["status"], outcome["timeout_seconds"]) for outcome in told] == [
        ("raised", 7),
        ("raised", 9),
        ("unchanged", 9),
    ]
    assert "needs a human" in told[-1]["note"]
    assert timeout(playground, TICKETS) == 9


def test_an_alarm_without_a_route_of_its_own_is_led_by_its_name_and_puts_back_only_after_a_while(
    playground: Playground,
) -> None:
    alarm = Alarm(playground, "shipping-e2e-slow")
    alarm.measure(6.0, calls=10)
    stands_at(playground, QUOTE, 20)
    alarm.measure(0.3, calls=1000)
    told = outcomes_where(playground, alarm.asked, count=3)
    assert [outcome["status"] for outcome in told] == ["raised", "ignored", "restored"]
    assert "2 s" in told[1]["note"]
    assert timeout(playground, QUOTE) == 4


def test_an_alarm_action_is_carried_out_once_through_whatever_door_it_comes_again(playground: Playground) -> None:
    target, policy = {"flow_id": "payments", "action_name": "Take Payment"}, {"raise_by_percent": 50}
    alarm = {"target": target, "policy": policy, "name": "e2e-payments-slow", "at": "2026-11-20T10:05:00.456+0000"}
    [first] = invoke(playground, alarm_action(**alarm))
    assert (first["door"], first["status"], first["timeout_seconds"]) == ("alarm", "raised", 12)
    [by_the_rule] = invoke(playground, eventbridge(**alarm))
    [by_the_topic] = invoke(playground, sns_event(sns_message(**alarm)))
    assert [(again["door"], again["status"]) for again in (by_the_rule, by_the_topic)] == [
        ("eventbridge", "ignored"),
        ("sns", "ignored"),
    ]
    message_id = send(playground, eventbridge(**alarm))
    [on_the_queue] = outcomes_where(playground, lambda outcome: outcome["request_id"] == message_id)
    assert on_the_queue["status"] == "ignored"
    assert timeout(playground, PAYMENT) == 12


def test_a_contributor_says_by_its_attributes_which_data_action_it_is_about(playground: Playground) -> None:
    attributes = {"FlowId": "payments", "ActionName": "Check Card"}
    send(playground, eventbridge(kind="contributor", name="data-actions-slow", contributor=attributes))
    stands_at(playground, CARD, 6)  # the default policy, without a known unit: 50 % more than 4 s


def test_an_alarm_that_is_over_puts_nothing_back_where_nothing_was_raised(playground: Playground) -> None:
    target = {"flow_id": "appointments", "action_name": "Book Appointment"}
    policy = {"raise_to_seconds": 9, "restore_on_ok": True}
    over = alarm_action(target=target, policy=policy, state="OK", previous="ALARM", name="e2e-never-raised")
    [outcome] = invoke(playground, over)
    assert (outcome["status"], timeout(playground, BOOKING)) == ("ignored", 5)
