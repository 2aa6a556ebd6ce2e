"""What an alarm leads to: every row of the desk's table, once per transition, and nobody harmed by a neighbour."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from alarm_desk import ACTED_ALREADY, AlarmDesk
from alarm_fakes import NOW, CountedLedger, FakeWatch, now_in, signal_of
from alarm_payloads import BY_DIMENSIONS, TARGET, Json, alarm_action, changed, eventbridge, sns_message
from alarms import AlarmNow
from aws.alarm_watch import AlarmUnknown
from aws.route_parameter import RoutesUnavailable
from doors import Ask, Door, Letter
from fakes import FakeTime
from follow_ups import AlarmReference, FollowUp, Purpose
from outcomes import Outcome, Status
from policy import Amount, Measure
from routing import Route, Router, RouteReader
from timeout_request import AlarmOrder, Operation

NAME = "data-action-crm-lookup-slow"
AT = "2026-11-20T10:05:00.123+00:00"
LATER = "2026-11-20T10:20:00.000+00:00"
READER = RouteReader()
DEFAULT = READER.read_policy({"headroom_percent": 50, "raise_by_percent": 50, "cooldown_seconds": 300}, within="")
BY_FIVE = {"raise_by_seconds": 5, "cooldown_seconds": 300, "recheck_after_seconds": 600}


class Desk:
    """A desk for each batch, over one ledger, one CloudWatch and one time."""

    def __init__(self, **alarms: Any) -> None:
        self.watch = FakeWatch()
        self.watch.alarms[NAME] = now_in("ALARM", AT)
        self.watch.alarms |= alarms
        self.ledger = CountedLedger()
        self.now = NOW
        self.time = FakeTime()
        self.bugs: list[str] = []
        self.routes: Any = lambda: None

    def sees_to(self, *of: Ask, door: Door = Door.SQS, seconds: float = 60, concurrency: int = 1) -> list[Ask]:
        desk = AlarmDesk(
            Router(READER, DEFAULT, self.routes),
            self.watch,
            self.ledger,
            self.time.deadline(seconds),
            concurrency=concurrency,
            on_bug=self.bugs.append,
            now=lambda: self.now,
        )
        desk.see_to(of, door)
        for ask in of:
            assert (ask.request is None) is not (ask.outcome is None)
        return list(of)

    def sees(self, **alarm: Any) -> Ask:
        [ask] = self.sees_to(an_ask(**alarm))
        return ask


def an_ask(message_id: str = "m0", payload: Any = alarm_action, **alarm: Any) -> Ask:
    """An alarm as a message of the queue."""
    fields = {"target": TARGET, "policy": BY_FIVE} | alarm
    return Ask(Letter(message_id), "{}", signal=signal_of(payload(**fields)))


def a_follow_up(
    purpose: Purpose = Purpose.RECHECK,
    *,
    due_in: float = 0,
    number: int = 1,
    latency: str | None = None,
    message_id: str = "m0",
    policy: Json | None = None,
    **alarm: Any,
) -> Ask:
    """A message to ourselves that has come."""
    fields = {"state": "OK", "previous": "ALARM"} if purpose is Purpose.RESTORE else {}
    route = Route(TARGET, READER.read_policy(policy or {**BY_FIVE, "restore_on_ok": True}, within=""))
    reference = AlarmReference.of(signal_of(alarm_action(**(fields | alarm))))
    seconds = None if latency is None else Decimal(latency)
    follow_up = FollowUp(purpose, reference, route, NOW + due_in, number, seconds)
    return Ask(Letter(message_id), follow_up.as_message(), follow_up=follow_up)


def order_of(ask: Ask) -> AlarmOrder:
    assert ask.request
    assert ask.request.order
    return ask.request.order


def next_of(ask: Ask) -> FollowUp:
    assert ask.errand
    assert ask.errand.next
    return ask.errand.next


def ignored_because(ask: Ask) -> str:
    assert ask.outcome
    assert (ask.outcome.status, ask.outcome.error) == (Status.IGNORED, None), ask.outcome
    assert ask.outcome.note
    return ask.outcome.note


def failed_with(ask: Ask) -> tuple[str, str]:
    assert ask.outcome
    assert ask.outcome.error
    return ask.outcome.status.value, ask.outcome.error.code


# -- a change to ALARM -------------------------------------------------------------------------------------------------


def test_a_change_to_alarm_asks_for_a_raise_by_its_policy_and_for_a_look_later() -> None:
    desk = Desk()
    ask = desk.sees(policy={**BY_FIVE, "limit_seconds": 20})
    assert ask.signal
    transition = ask.signal.transition_id
    assert ask.request
    assert (ask.request.operation, ask.request.target, ask.request.timeout_seconds) == (Operation.RAISE, TARGET, None)
    changed_at = datetime.fromisoformat(AT)
    by_five = Amount(Measure.BY_SECONDS, Decimal(5))
    assert order_of(ask) == AlarmOrder(transition, NAME, changed_at.timestamp(), by_five, 20, 300)
    assert ask.errand
    assert ask.errand.transition == transition
    look = next_of(ask)
    assert (look.purpose, look.number, look.due_at) == (Purpose.RECHECK, 1, NOW + 600)
    assert look.alarm == AlarmReference(NAME, None, changed_at, transition, ask.signal.reason)
    assert desk.watch.looked == []


@pytest.mark.parametrize("kind", ["single", "math", "anomaly", "composite", "contributor", "log"])
@pytest.mark.parametrize("payload", [alarm_action, eventbridge, sns_message])
@pytest.mark.parametrize("previous", ["OK", "INSUFFICIENT_DATA", "ALARM", None])
def test_every_kind_of_alarm_from_every_previous_state_asks_for_a_raise(
    kind: str, payload: Any, previous: str | None
) -> None:
    ask = Desk().sees(kind=kind, payload=payload, previous=previous)
    assert order_of(ask).amount == Amount(Measure.BY_SECONDS, Decimal(5))


OF_MANY = {
    "id": "slowest",
    "expression": 'SELECT MAX(p99) FROM SCHEMA("GenesysDataActions", DataActionId, DataActionName)'
    " GROUP BY DataActionId ORDER BY MAX() DESC",
    "returnData": True,
}


def test_an_alarm_over_many_time_series_says_nothing_as_a_whole_that_each_of_them_does_not_say_itself() -> None:
    """CloudWatch runs its actions at either level (User Guide, "Acting on alarm changes")."""
    whole = changed(alarm_action(), "alarmData.configuration.metrics", [OF_MANY])
    message = sns_message()
    message["Trigger"] = {"Metrics": [{"Id": "slowest", "Expression": OF_MANY["expression"], "ReturnData": True}]}
    for payload in (whole, message):
        [ask] = Desk().sees_to(Ask(Letter("m0"), "{}", signal=signal_of(payload)))
        assert "as a whole" in ignored_because(ask)
    of_one = changed(whole, "alarmData.alarmContributor", {"id": "c", "attributes": {"DataActionId": "custom-1"}})
    [ask] = Desk().sees_to(Ask(Letter("m1"), "{}", signal=signal_of(of_one)))
    assert ask.request
    assert ask.request.target == {"data_action_id": "custom-1"}


def test_an_alarm_over_many_time_series_that_is_routed_as_a_whole_acts_as_a_whole() -> None:
    whole = alarm_action(target=TARGET, policy=BY_FIVE)
    whole = changed(whole, "alarmData.configuration.metrics", [OF_MANY])
    [ask] = Desk().sees_to(Ask(Letter("m0"), "{}", signal=signal_of(whole)))
    assert ask.request
    assert ask.request.target == TARGET


def test_the_request_says_who_asks_and_why_and_goes_to_the_organization_of_the_route() -> None:
    target = {**TARGET, "organization": "acme", "include_subflows": True, "dry_run": True}
    ask = Desk().sees(target=target, reason="Threshold Crossed: é\ud800" + "x" * 500)
    request = ask.request
    assert request
    assert (request.request_id, request.requested_by) == ("m0", f"alarm {NAME}")
    assert request.reason
    assert request.reason.startswith("Threshold Crossed: é?xx")
    assert len(request.reason) == 256
    assert (request.organization, request.include_subflows, request.dry_run) == ("acme", True, True)


@pytest.mark.parametrize("door", [Door.ALARM, Door.EVENTBRIDGE, Door.SNS])
def test_at_other_doors_an_alarm_is_known_by_its_transition(door: Door) -> None:
    [ask] = Desk().sees_to(an_ask(), door=door)
    assert ask.signal
    assert ask.request
    assert ask.request.request_id == ask.signal.transition_id


@pytest.mark.parametrize(
    ("policy", "alarm", "amount"),
    [
        ({"raise_to_seconds": 12}, {}, Amount(Measure.TO_SECONDS, Decimal(12))),
        ({"headroom_percent": 50}, {}, Amount(Measure.TO_SECONDS, Decimal("9.15"))),
        ({"headroom_percent": 50, "raise_by_seconds": 2}, {"datapoints": None}, Amount(Measure.BY_SECONDS, Decimal(2))),
        ({"headroom_percent": 50, "raise_by_seconds": 2}, {"unit": None}, Amount(Measure.BY_SECONDS, Decimal(2))),
        (
            {"headroom_percent": 0, "latency_unit": "milliseconds"},
            {"unit": None},
            Amount(Measure.TO_SECONDS, Decimal("6.1")),
        ),
    ],
)
def test_how_far_is_the_policys_word_on_what_was_observed(policy: Json, alarm: Json, amount: Amount) -> None:
    assert order_of(Desk().sees(policy=policy, **alarm)).amount == amount


def test_without_a_latency_headroom_alone_asks_for_nothing_and_says_so() -> None:
    desk = Desk()
    ask = desk.sees(policy={"headroom_percent": 50, "recheck_after_seconds": 60}, datapoints=None)
    assert "headroom_percent has nothing to go by" in ignored_because(ask)
    assert next_of(ask).number == 1  # the next look may see one


def test_without_a_policy_the_default_counts_also_for_dimensions() -> None:
    for ask in (
        Desk().sees(policy=None, unit=None),
        Desk().sees(target=None, policy=None, dimensions=BY_DIMENSIONS, unit=None),
    ):
        assert order_of(ask).amount == Amount(Measure.BY_PERCENT, Decimal(50))
        assert order_of(ask).cooldown_seconds == 300
        assert ask.errand
        assert ask.errand.next is None


# -- a change to OK ----------------------------------------------------------------------------------------------------

RESTORING = {"raise_by_seconds": 5, "restore_on_ok": True}


def test_a_change_to_ok_puts_back_where_the_policy_says_so() -> None:
    desk = Desk()
    desk.watch.alarms[NAME] = now_in("OK", AT)
    ask = desk.sees(state="OK", previous="ALARM", policy=RESTORING)
    assert ask.request
    assert (ask.request.operation, ask.request.target) == (Operation.RESTORE, TARGET)
    assert (order_of(ask).alarm, order_of(ask).changed_at) == (NAME, datetime.fromisoformat(AT).timestamp())
    assert (order_of(ask).amount, order_of(ask).relative) == (None, False)
    assert ask.errand
    assert (ask.errand.restores, ask.errand.next) == (True, None)
    assert ask.signal
    assert ask.errand.transition == ask.signal.transition_id


def test_with_a_wait_it_is_put_back_later() -> None:
    ask = Desk().sees(state="OK", previous="ALARM", policy={**RESTORING, "restore_after_seconds": 3600})
    assert "to be restored if the alarm stays OK for 3600 s" in ignored_because(ask)
    assert (next_of(ask).purpose, next_of(ask).due_at) == (Purpose.RESTORE, NOW + 3600)
    assert ask.errand
    assert ask.signal
    assert ask.errand.transition == ask.signal.transition_id


@pytest.mark.parametrize("policy", [{"raise_by_seconds": 5}, {"raise_by_seconds": 5, "restore_after_seconds": 60}])
def test_without_restore_on_ok_nothing_is_put_back(policy: Json) -> None:
    ask = Desk().sees(state="OK", previous="ALARM", policy=policy)
    assert "restore_on_ok" in ignored_because(ask)
    assert ask.errand is None


def test_an_alarm_that_is_over_and_has_no_route_asks_for_nothing() -> None:
    ask = Desk().sees(state="OK", previous="ALARM", target=None, policy=None)
    assert "no route says that this asks for anything" in ignored_because(ask)


def test_an_alarm_that_is_over_and_whose_route_is_wrong_is_told() -> None:
    ask = Desk().sees(state="OK", previous="ALARM", description='{"timeout_raiser": {}}', target=None, policy=None)
    assert failed_with(ask) == ("rejected", "invalid_request")


def test_an_ok_that_comes_late_puts_nothing_back_while_the_alarm_burns_again() -> None:
    desk = Desk()
    ask = desk.sees(state="OK", previous="ALARM", policy=RESTORING)
    assert "in ALARM again" in ignored_because(ask)
    assert desk.watch.looked == [(NAME, None)]


@pytest.mark.parametrize("wait", [0, 600])
def test_an_alarm_that_comes_after_its_ok_has_come_and_gone_is_put_back_by_itself(wait: int) -> None:
    desk = Desk(**{NAME: now_in("OK", LATER)})
    ask = desk.sees(policy={**BY_FIVE, **RESTORING, "restore_after_seconds": wait})
    assert order_of(ask).amount
    assert (next_of(ask).purpose, next_of(ask).due_at) == (Purpose.RESTORE, NOW + wait)
    assert next_of(ask).alarm.changed_at == datetime.fromisoformat(LATER)


@pytest.mark.parametrize("now", [now_in("ALARM", AT), now_in("OK", "2026-11-20T09:00:00+00:00"), None])
def test_an_alarm_that_burns_is_looked_at_again_as_its_policy_says(now: AlarmNow | None) -> None:
    assert next_of(Desk(**{NAME: now}).sees(policy={**BY_FIVE, **RESTORING})).purpose is Purpose.RECHECK


def test_a_raise_does_not_wait_for_cloudwatch() -> None:
    ask = Desk(**{NAME: AlarmUnknown("DescribeAlarms: AccessDenied")}).sees(policy={**BY_FIVE, **RESTORING})
    assert ask.request
    assert ask.request.operation is Operation.RAISE


# -- any other change --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["INSUFFICIENT_DATA", "", "alarm", "PAUSED"])
def test_only_alarm_and_ok_ask_for_anything(state: str) -> None:
    assert "only a change to ALARM or OK" in ignored_because(Desk().sees(state=state))


@pytest.mark.parametrize("state", ["ALARM", "OK"])
@pytest.mark.parametrize("silenced", [{"muted_by": "arn:mute"}, {"suppressed_by": "Alarm"}])
def test_what_was_muted_or_suppressed_asks_for_nothing(state: str, silenced: Json) -> None:
    ask = Desk().sees(state=state, policy=RESTORING, **silenced)
    assert "the alarm's actions are not to happen" in ignored_because(ask)
    assert ask.errand is None


def test_an_alarm_without_a_route_is_rejected_with_the_way_to_route_it() -> None:
    ask = Desk().sees(target=None, policy=None)
    assert failed_with(ask) == ("rejected", "alarm_not_routed")
    assert ask.outcome
    assert (ask.outcome.requested_by, ask.outcome.request_id, ask.outcome.door) == (f"alarm {NAME}", "m0", "sqs")


def test_while_the_routes_cannot_be_read_an_alarm_waits() -> None:
    def routes() -> str:
        raise RoutesUnavailable("the parameter cannot be read")

    desk = Desk()
    desk.routes = routes
    assert failed_with(desk.sees(target=None, policy=None)) == ("deferred", "internal_error")
    assert desk.sees(name="other").request  # routed by its own description


# -- a re-check --------------------------------------------------------------------------------------------------------


def test_while_the_alarm_burns_a_recheck_takes_the_next_step_without_a_cooldown() -> None:
    desk = Desk()
    [ask] = desk.sees_to(a_follow_up(number=3))
    assert ask.follow_up
    assert order_of(ask).transition == ask.follow_up.transition
    assert (order_of(ask).amount, order_of(ask).cooldown_seconds) == (Amount(Measure.BY_SECONDS, Decimal(5)), 0)
    assert (next_of(ask).number, next_of(ask).due_at, next_of(ask).purpose) == (4, NOW + 600, Purpose.RECHECK)
    assert ask.errand
    assert ask.errand.transition == ask.follow_up.transition
    assert desk.watch.looked == [(NAME, None)]


@pytest.mark.parametrize(
    "now",
    [
        now_in("OK", LATER),
        now_in("INSUFFICIENT_DATA", LATER),
        now_in("OK", AT),
        now_in("ALARM", LATER),  # it was over in between, and has spoken for itself
        now_in("", AT),
        None,
    ],
    ids=["over", "insufficient data", "over at once", "burning anew", "unknown", "gone"],
)
def test_an_alarm_that_is_over_gone_or_changed_since_is_left_alone(now: AlarmNow | None) -> None:
    [ask] = Desk(**{NAME: now}).sees_to(a_follow_up())
    assert ("nothing left to do" if now else "there is no such alarm") in ignored_because(ask)
    assert ask.errand is None


@pytest.mark.parametrize("since", [AT, None, "2026-11-20T10:05:01.000+00:00", "2026-11-20T10:04:00+00:00"])
def test_what_cloudwatch_says_about_the_time_may_differ_a_little(since: str | None) -> None:
    [ask] = Desk(**{NAME: now_in("ALARM", since)}).sees_to(a_follow_up())
    assert ask.request


def test_a_follow_up_without_a_time_goes_by_the_state_alone() -> None:
    ask = a_follow_up()
    assert ask.follow_up
    ask.follow_up = replace(ask.follow_up, alarm=replace(ask.follow_up.alarm, changed_at=None))
    assert Desk(**{NAME: now_in("ALARM", LATER)}).sees_to(ask)[0].request


def test_one_contributor_of_an_alarm_is_looked_at_by_itself() -> None:
    desk = Desk()
    [ask] = desk.sees_to(a_follow_up(kind="contributor", contributor_id="c1"))
    assert desk.watch.looked == [(NAME, "c1")]
    assert next_of(ask).alarm.contributor_id == "c1"


@pytest.mark.parametrize(
    ("now", "known", "seconds"),
    [
        (now_in("ALARM", AT, 10.0), "6.1", "15"),
        (now_in("ALARM", AT), "6.1", "9.15"),  # a composite says none: what was observed before counts
    ],
)
def test_a_recheck_goes_by_the_latency_that_is_seen_now(now: AlarmNow, known: str, seconds: str) -> None:
    policy = {"headroom_percent": 50, "recheck_after_seconds": 60}
    [ask] = Desk(**{NAME: now}).sees_to(a_follow_up(latency=known, policy=policy))
    assert order_of(ask).amount == Amount(Measure.TO_SECONDS, Decimal(seconds))
    assert next_of(ask).latency_seconds == Decimal(seconds) / Decimal("1.5")


@pytest.mark.parametrize("purpose", list(Purpose))
def test_while_cloudwatch_does_not_answer_a_follow_up_waits(purpose: Purpose) -> None:
    [ask] = Desk(**{NAME: AlarmUnknown("throttled")}).sees_to(a_follow_up(purpose))
    assert failed_with(ask) == ("deferred", "internal_error")
    assert ask.errand is None
    assert ask.outcome
    assert ask.outcome.target == TARGET


# -- a restore that is to be due ---------------------------------------------------------------------------------------


def test_before_it_is_due_a_restore_makes_another_hop_and_asks_nobody() -> None:
    desk = Desk()
    [ask] = desk.sees_to(a_follow_up(Purpose.RESTORE, due_in=2700))
    assert "stays OK for another 2700 s" in ignored_because(ask)
    assert ask.follow_up
    assert next_of(ask) == replace(ask.follow_up, number=2)
    assert ask.errand
    assert ask.errand.transition == ask.follow_up.transition  # or a hop delivered twice would go on twice
    assert desk.watch.looked == []


@pytest.mark.parametrize("due_in", [0, 1, -100_000])
def test_when_it_is_due_and_the_alarm_has_stayed_ok_it_is_put_back(due_in: float) -> None:
    [ask] = Desk(**{NAME: now_in("OK", AT)}).sees_to(a_follow_up(Purpose.RESTORE, due_in=due_in))
    assert ask.request
    assert (ask.request.operation, ask.request.target) == (Operation.RESTORE, TARGET)
    assert ask.errand
    assert ask.follow_up
    assert (ask.errand.transition, ask.errand.restores, ask.errand.next) == (ask.follow_up.transition, True, None)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (now_in("ALARM", LATER), "has not stayed OK"),
        (now_in("ALARM", AT), "has not stayed OK"),
        (now_in("INSUFFICIENT_DATA", LATER), "has not stayed OK"),
        (now_in("OK", LATER), "has not stayed OK"),  # it burned in between, and has spoken for itself
        (None, "there is no such alarm"),
    ],
)
def test_an_alarm_that_has_not_stayed_ok_puts_nothing_back(now: AlarmNow | None, told: str) -> None:
    [ask] = Desk(**{NAME: now}).sees_to(a_follow_up(Purpose.RESTORE))
    assert told in ignored_because(ask)
    assert ask.errand is None


# -- once --------------------------------------------------------------------------------------------------------------


def finish(desk: Desk, ask: Ask) -> None:
    assert ask.errand
    assert ask.errand.transition
    desk.ledger.finish([ask.errand.transition])


@pytest.mark.parametrize("state", ["ALARM", "OK"])
@pytest.mark.parametrize("wait", [0, 3600])
def test_a_transition_that_is_dealt_with_does_nothing_when_it_comes_again(state: str, wait: int) -> None:
    policy = {**BY_FIVE, **RESTORING, "restore_after_seconds": wait}
    desk = Desk(**{NAME: now_in(state, AT)})
    finish(desk, desk.sees(state=state, policy=policy))
    for payload in (alarm_action, eventbridge, sns_message):
        again = desk.sees(state=state, policy=policy, payload=payload)
        assert ignored_because(again) == ACTED_ALREADY
        assert again.errand is None
        assert again.outcome
        assert again.outcome.target == TARGET


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_follow_up_that_is_dealt_with_does_nothing_when_it_comes_again(purpose: Purpose) -> None:
    desk = Desk(**{NAME: now_in("ALARM" if purpose is Purpose.RECHECK else "OK", AT)})
    [ask] = desk.sees_to(a_follow_up(purpose))
    finish(desk, ask)
    [again] = desk.sees_to(a_follow_up(purpose))
    assert ignored_because(again) == ACTED_ALREADY
    assert again.errand is None


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("state", ["ALARM", "OK"])
def test_a_transition_twice_in_one_batch_acts_once(state: str, concurrency: int) -> None:
    desk = Desk(**{NAME: now_in(state, AT)})
    policy = {**BY_FIVE, **RESTORING}
    asks = [
        an_ask(f"m{number}", payload, state=state, policy=policy)
        for number, payload in enumerate((alarm_action, eventbridge, sns_message, alarm_action))
    ]
    desk.sees_to(*asks, concurrency=concurrency)
    assert len([ask for ask in asks if ask.request]) == 1
    assert [ignored_because(ask) for ask in asks if not ask.request] == [ACTED_ALREADY] * 3
    assert len([ask for ask in asks if ask.errand]) == 1


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_follow_up_twice_in_one_batch_acts_once(purpose: Purpose) -> None:
    desk = Desk(**{NAME: now_in("ALARM" if purpose is Purpose.RECHECK else "OK", AT)})
    asks = desk.sees_to(a_follow_up(purpose), a_follow_up(purpose, message_id="m1"))
    assert [bool(ask.request) for ask in asks] == [True, False]
    assert ignored_because(asks[1]) == ACTED_ALREADY


def test_what_is_not_dealt_with_yet_is_done_when_it_comes_again() -> None:
    desk = Desk()
    first, again = desk.sees(), desk.sees()
    assert order_of(first) == order_of(again)


def test_two_transitions_of_one_alarm_act_each() -> None:
    asks = Desk().sees_to(an_ask(), an_ask("m1", at="2026-11-20T11:05:00.000+0000"))
    assert len({order_of(ask).transition for ask in asks}) == 2


def test_two_contributors_of_one_alarm_act_each() -> None:
    asks = Desk().sees_to(
        *(an_ask(f"m{n}", kind="contributor", contributor_id=f"c{n}", target=None, policy=None) for n in range(2))
    )
    assert len({order_of(ask).transition for ask in asks}) == 2


def test_a_batch_without_alarms_does_not_ask_the_ledger() -> None:
    desk = Desk()
    outcome = Outcome("r", "sqs", "default", Status.REJECTED, {})
    desk.sees_to(Ask(Letter("m0"), "{}", outcome=outcome))
    assert desk.ledger.operations() == []


def test_a_batch_asks_the_ledger_once_for_all_its_alarms() -> None:
    desk = Desk()
    desk.sees_to(an_ask(), an_ask("m1", name="other"), a_follow_up(message_id="m2"))
    assert desk.ledger.operations() == ["finished"]


# -- the ledger is down ------------------------------------------------------------------------------------------------


def test_without_the_ledger_alarms_are_seen_to_as_if_they_came_for_the_first_time() -> None:
    desk = Desk()
    finish(desk, desk.sees())
    desk.ledger.down = "it is down"
    asks = desk.sees_to(an_ask(), an_ask("m1"), a_follow_up(message_id="m2"))
    # What is relative waits for the ledger; once in this batch all the same.
    assert [bool(ask.request) for ask in asks] == [True, False, True]
    assert desk.bugs == []


# -- nobody is harmed by a neighbour -----------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_bug_in_one_alarm_harms_no_other(concurrency: int) -> None:
    desk = Desk(odd=ZeroDivisionError("a bug"), down=AlarmUnknown("throttled"))
    asks = desk.sees_to(
        a_follow_up(name="odd"),
        an_ask("m1"),
        a_follow_up(name="down", message_id="m2"),
        an_ask("m3", target=None, policy=None, name="unrouted"),
        an_ask("m4", name="other"),
        concurrency=concurrency,
    )
    assert failed_with(asks[0]) == ("deferred", "internal_error")
    assert failed_with(asks[2]) == ("deferred", "internal_error")
    assert failed_with(asks[3]) == ("rejected", "alarm_not_routed")
    assert asks[1].request
    assert asks[4].request
    assert desk.bugs == ["seeing to alarm odd"]


def test_a_bug_in_the_ledger_harms_no_alarm_for_good() -> None:
    desk = Desk()
    desk.ledger.before["finished"].append(KeyError("a bug"))
    [ask] = desk.sees_to(an_ask())
    assert ask.request or failed_with(ask)[0] == "deferred"


def test_what_is_not_an_alarms_is_left_alone() -> None:
    outcome = Outcome("r", "sqs", "default", Status.REJECTED, {})
    other = Ask(Letter("m0"), "{}", outcome=outcome)
    Desk().sees_to(other, an_ask("m1"))
    assert (other.outcome, other.request, other.errand) == (outcome, None, None)


# -- the deadline ------------------------------------------------------------------------------------------------------


def test_what_was_not_seen_to_by_the_deadline_comes_again_and_holds_no_other() -> None:
    let_go = threading.Event()

    class Hanging(FakeWatch):
        def look_ahead(self, alarm_names: Sequence[str]) -> None:  # noqa: ARG002
            desk.time.now += 0.7  # and what is left is waited for in true time

        def look(self, alarm_name: str, contributor_id: str | None) -> AlarmNow | None:
            let_go.wait(10)
            return super().look(alarm_name, contributor_id)

    desk = Desk()
    desk.watch = Hanging()
    try:
        hanging, other = desk.sees_to(a_follow_up(), an_ask("m1"), seconds=0.5, concurrency=2)
    finally:
        let_go.set()
    assert failed_with(hanging) == ("deferred", "deadline_exceeded")
    assert hanging.outcome
    assert hanging.outcome.retry_after_seconds == 0
    assert other.request
    assert desk.bugs == []


@pytest.mark.parametrize("seconds", [-1.5, 0, 0.4])
def test_without_time_nobody_is_asked_about_an_alarm(seconds: float) -> None:
    desk = Desk()
    for ask in desk.sees_to(a_follow_up(), an_ask("m1"), seconds=seconds):
        assert failed_with(ask) == ("deferred", "deadline_exceeded")
    assert (desk.ledger.calls, desk.watch.looked) == ([], [])


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_change_at_the_very_end_of_the_calendar_is_one_like_any_other(purpose: Purpose) -> None:
    desk = Desk(**{NAME: now_in("OK", LATER)})
    follow_up, alarm = a_follow_up(purpose), an_ask("m1", policy={**BY_FIVE, "restore_on_ok": True})
    assert follow_up.follow_up
    assert alarm.signal
    last = datetime.max.replace(tzinfo=UTC)
    of = replace(follow_up.follow_up.alarm, changed_at=last)
    follow_up.follow_up = replace(follow_up.follow_up, alarm=of)
    alarm.signal = replace(alarm.signal, changed_at=last)
    desk.sees_to(follow_up, alarm)
    assert desk.bugs == []
    assert alarm.request
    assert follow_up.request or ignored_because(follow_up)
