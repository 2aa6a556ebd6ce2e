"""The deployed latency probe: what it measures, and that an alarm on it raises the timeout of what is slow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from e2e.looking import measure_minutes_ago, measured_of, stands_at, timeout, without_schedule
from playground import PLATFORM, Playground
from probe_alarms import ALARM, WATCHED, contributor_message, put_alarm
from probe_look import NAMESPACE, checkpoint
from stage import Place

pytestmark = pytest.mark.e2e

PAYMENT, SLOTS = "custom_-_authorize-payment", "custom_-_delivery-slots"
PATH = "config.timeoutSeconds"


@pytest.fixture(autouse=True)
def _no_schedule(playground: Playground) -> None:
    without_schedule(playground)


def test_every_execution_is_measured_once_and_a_second_look_finds_nothing_new(playground: Playground) -> None:
    [told] = measure_minutes_ago(playground, {5: {PAYMENT: [100, 200]}, 4: {PAYMENT: [300, 900, 500]}})
    assert (told["organization"], told["status"]) == (PLATFORM, "measured")
    minutes = measured_of(playground, PAYMENT)
    assert [(minute.metrics["count"], minute.metrics["max"]) for minute in minutes] == [(2, 200), (3, 900)]
    assert minutes[1].at - minutes[0].at == timedelta(minutes=1)
    dimensions = {"DataActionId": PAYMENT, "DataActionName": "Authorize Payment", "Organization": PLATFORM}
    assert all(minute.dimensions == dimensions for minute in minutes)
    assert minutes[0].units == {"p95": "Milliseconds", "p99": "Milliseconds", "max": "Milliseconds", "count": "Count"}

    kept = checkpoint_of(playground)
    assert "claimed_by" not in kept
    behind = datetime.now(UTC) - datetime.fromisoformat(kept["measured_until"])
    assert timedelta(minutes=2) <= behind < timedelta(minutes=4)  # ProbeSettlingMinutes is 2

    [again] = measure_minutes_ago(playground, {}, anew=False)
    assert again["status"] in {"nothing_new", "measured"}  # the latter where the next minute has begun meanwhile
    assert measured_of(playground, PAYMENT) == minutes


def test_an_alarm_on_what_was_measured_raises_the_execution_timeout(playground: Playground) -> None:
    cloudwatch, topic = playground.client("cloudwatch"), playground.outputs["LatencyAlarmTopicArn"]
    slow: Place = (WATCHED, PATH)
    before = timeout(playground, slow)
    measure_minutes_ago(playground, {3: {WATCHED: [5900, 6000]}})
    [minute] = measured_of(playground, WATCHED)
    put_alarm(cloudwatch, topic, statistic="Average", seconds=300)
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=minute.as_metric_data())
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    stands_at(playground, slow, before * 3 // 2)


def test_the_alarm_for_all_data_actions_says_which_one_and_of_which_organization(playground: Playground) -> None:
    slow: Place = (SLOTS, PATH)
    assert timeout(playground, slow) == 5
    measure_minutes_ago(playground, {3: {SLOTS: [4700, 5000]}})
    [minute] = measured_of(playground, SLOTS)
    topic = playground.outputs["LatencyAlarmTopicArn"]
    playground.client("sns").publish(TopicArn=topic, Message=contributor_message(topic, minute))
    stands_at(playground, slow, 8)


def checkpoint_of(playground: Playground) -> dict[str, Any]:
    return checkpoint(playground.client("dynamodb"), playground.outputs["LedgerTableName"], PLATFORM)
