"""The life of an alarm: how far it raises, how it goes on while it burns, and how the timeout goes back."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from alarm_payloads import alarm_action, eventbridge
from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Json, Start, ask, codes, flow, step, timeouts

TARGET = {"flow_id": "f", "action_name": "Slow"}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 4), step("Other")))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def now() -> str:
    return stamp(datetime.now(UTC))


class Alarm:
    """An alarm with one policy, that changes once a day; each change is told by the alarm action."""

    def __init__(self, function: Function, **policy: object) -> None:
        self._function = function
        self._policy = policy
        self._day = datetime(2026, 11, 1, 10, 5, tzinfo=UTC)

    def goes(self, state: str, **fields: object) -> Json:
        self._day += DAY
        fields = {"at": stamp(self._day), "target": TARGET, "policy": self._policy, "state": state, **fields}
        [outcome] = self._function.hear(alarm_action(**fields))
        return outcome


# -- how far -----------------------------------------------------------------------------------------------------------


def test_relative_steps_climb_from_alarm_to_alarm_up_to_the_limit_and_then_call_for_a_human(
    genesys: GenesysSimulator, function: Function
) -> None:
    alarm = Alarm(function, raise_by_percent=50, limit_seconds=8)
    assert [alarm.goes("ALARM")["timeout_seconds"] for _ in range(2)] == [6, 8]
    outcome = alarm.goes("ALARM")
    assert (outcome["status"], outcome["timeout_seconds"]) == ("unchanged", 8)
    assert "a human" in outcome["note"]
    assert function.counts()["TimeoutsAtLimit"] == 1
    assert genesys.count("PUT", "/publish") == 2


@pytest.mark.parametrize("policy", [{"raise_to_seconds": 55}, {"raise_by_seconds": 50, "limit_seconds": 59}])
def test_no_policy_raises_above_the_organizations_limit(
    genesys: GenesysSimulator, aws: Aws, function: Function, policy: Json
) -> None:
    aws.connect(genesys, max_timeout_seconds=20)
    outcome = Alarm(function, **policy).goes("ALARM")
    assert (outcome["status"], outcome["timeout_seconds"]) == ("raised", 20)
    assert "this is the limit of 20 s" in outcome["note"]


def test_each_step_rises_from_its_own_timeout(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 4), step("Slow", 10), step("Slow")))
    [outcome] = function.hear(alarm_action(target=TARGET, policy={"raise_by_percent": 50}))
    assert [each["timeout_seconds"] for each in outcome["steps"]] == [6, 15, 5]


def test_headroom_without_a_known_latency_takes_the_step_beside_it_or_nothing(
    genesys: GenesysSimulator, function: Function
) -> None:
    alone = Alarm(function, headroom_percent=50)
    outcome = alone.goes("ALARM", unit=None)
    assert (outcome["status"], genesys.calls) == ("ignored", [])
    assert "latency_unit" in outcome["note"]
    beside = Alarm(function, headroom_percent=50, raise_by_seconds=1)
    assert beside.goes("ALARM", datapoints=None, name="data-action-beside")["timeout_seconds"] == 5
    told = Alarm(function, headroom_percent=50, latency_unit="seconds")
    assert told.goes("ALARM", unit=None, datapoints=(7.5,), name="data-action-other")["timeout_seconds"] == 12


# -- how often ---------------------------------------------------------------------------------------------------------


def test_the_cooldown_holds_relative_steps_after_any_raise_of_ours_and_no_absolute_ones(
    genesys: GenesysSimulator, function: Function
) -> None:
    assert function.ask_one(ask(timeout_seconds=5))["status"] == "raised"
    alarm = Alarm(function, raise_by_seconds=2, cooldown_seconds=3600)
    outcome = alarm.goes("ALARM")
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("ignored", 5)
    assert "cooldown" in outcome["note"]
    assert (
        Alarm(function, raise_to_seconds=9, cooldown_seconds=3600).goes("ALARM", name="another")["status"] == "raised"
    )


def test_the_re_check_is_scheduled_also_while_the_cooldown_holds(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.set_alarm("ALARM")
    policy = {"raise_by_seconds": 2, "cooldown_seconds": 3600, "recheck_after_seconds": 60}
    function.ask_one(ask(timeout_seconds=5))
    [outcome] = function.hear(alarm_action(at=now(), target=TARGET, policy=policy))
    assert outcome["status"] == "ignored"
    [recheck] = aws.put_off()
    assert recheck.seconds == 60
    assert function.take(recheck.body) == []
    assert timeouts(genesys)["Slow"] == 7


# -- while it burns ----------------------------------------------------------------------------------------------------


def test_an_alarm_that_goes_on_burning_climbs_by_re_checks_to_its_limit_and_stops_there(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.set_alarm("ALARM")
    policy = {"raise_by_seconds": 3, "recheck_after_seconds": 300, "limit_seconds": 9}
    function.hear(alarm_action(at=now(), target=TARGET, policy=policy))
    seen = [timeouts(genesys)["Slow"]]
    while rechecks := aws.put_off():
        [recheck] = rechecks
        assert recheck.seconds == 300
        assert function.take(recheck.body) == []
        seen.append(timeouts(genesys)["Slow"])
    assert seen == [7, 9, 9]
    assert function.outcomes()[-1]["status"] == "unchanged"
    assert "a human" in function.outcomes()[-1]["note"]
    assert function.counts()["TimeoutsAtLimit"] == 1


def test_a_re_check_that_comes_several_times_steps_once_and_goes_on_once(
    genesys: GenesysSimulator, aws: Aws, start: Start
) -> None:
    one, other = start(), start()
    aws.set_alarm("ALARM")
    policy = {"raise_by_seconds": 3, "recheck_after_seconds": 300}
    one.hear(alarm_action(at=now(), target=TARGET, policy=policy))
    [recheck] = aws.put_off()
    assert one.take(recheck.body, recheck.body) == []
    assert other.take(recheck.body) == []
    assert timeouts(genesys)["Slow"] == 10
    assert len(aws.put_off()) == 1
    assert codes(other.outcomes()) == ["ignored"]


@pytest.mark.parametrize("since", ["over", "another transition", "gone"])
def test_a_re_check_of_an_alarm_that_has_changed_since_does_nothing(
    genesys: GenesysSimulator, aws: Aws, function: Function, since: str
) -> None:
    changed_at = datetime.now(UTC) - timedelta(minutes=5)
    function.hear(
        alarm_action(at=stamp(changed_at), target=TARGET, policy={"raise_by_seconds": 3, "recheck_after_seconds": 300})
    )
    [recheck] = aws.put_off()
    if since != "gone":
        aws.set_alarm("OK" if since == "over" else "ALARM")
    assert function.take(recheck.body) == []
    assert (function.outcomes()[-1]["status"], timeouts(genesys)["Slow"]) == ("ignored", 7)
    assert aws.put_off() == []


def test_a_re_check_sees_a_latency_that_got_worse(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    policy = {"headroom_percent": 50, "latency_unit": "milliseconds", "recheck_after_seconds": 60}
    aws.set_alarm("ALARM")
    function.hear(alarm_action(at=now(), target=TARGET, policy=policy, datapoints=(4000.0,)))
    assert timeouts(genesys)["Slow"] == 6
    aws.set_alarm("ALARM", recentDatapoints=[10_000.0])
    [recheck] = aws.put_off()
    assert function.take(recheck.body) == []
    assert timeouts(genesys)["Slow"] == 15


def test_a_follow_up_that_someone_else_wrote_wrongly_is_refused_by_its_field(aws: Aws, function: Function) -> None:
    assert function.take({"timeout_raiser_follow_up": {"purpose": "recheck", "alarm_name": 3}}) == []
    [letter] = aws.dead_letters()
    assert letter.reason == "invalid_request"
    assert "timeout_raiser_follow_up" in letter.attributes["error_message"]


def test_an_alarm_whose_next_look_cannot_be_scheduled_is_kept_and_steps_no_second_time(
    genesys: GenesysSimulator, aws: Aws, start: Start
) -> None:
    broken = start(REQUEST_QUEUE_URL=f"{aws.queue}-gone")
    event = eventbridge(at=now(), target=TARGET, policy={"raise_by_seconds": 3, "recheck_after_seconds": 300})
    assert "NotSettled" in broken.error(event)
    assert timeouts(genesys)["Slow"] == 7
    [outcome] = start().hear(event)
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("unchanged", 7)
    assert len(aws.put_off()) == 1


# -- and back ----------------------------------------------------------------------------------------------------------


def test_when_the_alarm_is_over_the_timeout_goes_back_to_what_it_was_before_the_first_raise(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    alarm = Alarm(function, raise_by_seconds=3, restore_on_ok=True)
    assert [alarm.goes("ALARM")["timeout_seconds"] for _ in range(2)] == [7, 10]
    outcome = alarm.goes("OK")
    assert (outcome["status"], outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == ("restored", 10, 4)
    outcome = alarm.goes("OK")
    assert (outcome["status"], outcome["error"]) == ("ignored", None)
    assert (timeouts(genesys)["Slow"], aws.dead_letters()) == (4, [])


def test_a_late_ok_puts_nothing_back_while_the_alarm_burns_again(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    alarm = Alarm(function, raise_by_seconds=3, restore_on_ok=True)
    alarm.goes("ALARM")
    aws.set_alarm("ALARM")
    outcome = alarm.goes("OK")
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("ignored", 7)
    assert "in ALARM again" in outcome["note"]


def test_a_restore_that_has_to_wait_is_reached_in_hops_and_done_if_the_alarm_stayed_ok(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    policy = {"raise_by_seconds": 3, "restore_on_ok": True, "restore_after_seconds": 1000}
    function.hear(alarm_action(target=TARGET, policy=policy))
    aws.set_alarm("OK")
    [outcome] = function.hear(alarm_action(state="OK", at=now(), target=TARGET, policy=policy))
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("ignored", 7)
    [first] = aws.put_off()
    assert first.seconds == 900
    assert function.take(first.body) == []
    [hop] = aws.put_off()
    assert hop.seconds == pytest.approx(900, abs=1)  # a thousand seconds are not over yet
    due = hop.content
    due["timeout_raiser_follow_up"]["due_at"] = time.time()
    assert function.take(due) == []
    assert (function.outcomes()[-1]["status"], timeouts(genesys)["Slow"]) == ("restored", 4)
    assert function.take(due) == []
    assert function.outcomes()[-1]["status"] == "ignored"


@pytest.mark.parametrize("state", ["ALARM", "INSUFFICIENT_DATA"])
def test_a_restore_is_not_done_if_the_alarm_did_not_stay_ok(
    genesys: GenesysSimulator, aws: Aws, function: Function, state: str
) -> None:
    policy = {"raise_by_seconds": 3, "restore_on_ok": True, "restore_after_seconds": 1}
    function.hear(alarm_action(target=TARGET, policy=policy))
    function.hear(alarm_action(state="OK", at=now(), target=TARGET, policy=policy))
    aws.set_alarm(state)  # type: ignore[arg-type]  # one of boto3's literals
    [later] = aws.put_off()
    time.sleep(0.1)
    assert function.take(later.body) == []
    assert (function.outcomes()[-1]["status"], timeouts(genesys)["Slow"]) == ("ignored", 7)


# -- the ledger --------------------------------------------------------------------------------------------------------


def test_the_ledger_keeps_what_was_there_before_what_was_written_by_whom_and_as_which_version(
    aws: Aws, function: Function
) -> None:
    function.ask_one(ask(timeout_seconds=8, requested_by="crm-team", request_id="r-1"))
    function.ask_one(ask(action_name="Other", timeout_seconds=9, request_id="r-2"))
    remembered = aws.remembered()
    slow, other = remembered["Slow"], remembered["Other"]
    assert (slow["before"]["seconds"], slow["written"], slow["document_version"]) == (4, 8, "8")
    assert slow["by"] == {"request_id": "r-1", "requested_by": "crm-team"}
    assert (other["before"], other["written"]) == ({"seconds": None, "image": {"settings": {}}}, 9)
    assert abs(time.time() - slow["at"]) < 60


def test_restore_by_request_puts_back_exactly_what_was_there(genesys: GenesysSimulator, function: Function) -> None:
    before = genesys.flow("f").document()
    function.ask(ask(timeout_seconds=8), ask(action_name="Other"))
    outcomes = function.ask(
        *({"flow_id": "f", "action_name": name, "operation": "restore"} for name in ("Slow", "Other"))
    )
    assert codes(outcomes) == ["restored", "restored"]
    assert (outcomes[1]["previous_timeout_seconds"], outcomes[1]["timeout_seconds"]) == (10, None)
    assert {**genesys.flow("f").document(), "version": 0} == {**before, "version": 0}
    again = function.ask_one({"flow_id": "f", "action_name": "Slow", "operation": "restore"})
    assert again["error"]["code"] == "nothing_to_restore"


def test_what_someone_else_has_changed_is_not_put_back_over(genesys: GenesysSimulator, function: Function) -> None:
    function.ask_one(ask(timeout_seconds=8))
    genesys.edit_flow("f", lambda document: document["steps"][0]["settings"].update(timeout=25))
    outcome = function.ask_one({"flow_id": "f", "action_name": "Slow", "operation": "restore"})
    assert outcome["error"]["code"] == "changed_by_someone_else"
    assert "steps[0] stands at 25 s, not at 8 s" in outcome["error"]["message"]
    assert timeouts(genesys)["Slow"] == 25
    function.ask_one(ask(timeout_seconds=28))
    function.ask_one({"flow_id": "f", "action_name": "Slow", "operation": "restore"})
    assert timeouts(genesys)["Slow"] == 25  # theirs is what was there before, by now


def test_an_integration_action_is_restored_too(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_action("custom_-_1", "Look up", timeout_seconds=None)
    before = genesys.action("custom_-_1").document()
    target = {"data_action_id": "custom_-_1"}
    assert function.ask_one({**target, "operation": "set", "timeout_seconds": 20})["status"] == "set"
    assert function.ask_one({**target, "operation": "restore"})["status"] == "restored"
    assert {**genesys.action("custom_-_1").document(), "version": 0} == {**before, "version": 0}


def test_a_restore_reaches_sub_flows_and_does_not_mind_those_without_anything_to_put_back(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.put_flow("f", flow(step("Slow", 4), {"type": "sub-flow", "flowId": "g"}))
    genesys.put_flow("g", flow(step("Slow", 4)))
    function.ask_one(ask("g", timeout_seconds=8))
    restore = {"flow_id": "f", "action_name": "Slow", "operation": "restore", "include_subflows": True}
    outcome = function.ask_one(restore)
    assert (outcome["status"], timeouts(genesys, "g")["Slow"]) == ("restored", 4)
    assert function.ask_one(restore)["error"]["code"] == "nothing_to_restore"


def test_without_the_ledger_what_is_absolute_is_done_and_said_and_what_is_relative_waits(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.drop_ledger()
    outcome = function.ask_one(ask(timeout_seconds=8))
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("raised", 8)
    assert "cannot be restored" in outcome["note"]
    assert function.counts()["ChangesNotRecorded"] == 1
    [absolute] = function.hear(alarm_action(target=TARGET, policy={"raise_to_seconds": 9}))
    [relative] = function.hear(alarm_action(target=TARGET, policy={"raise_by_seconds": 1}, at=now()))
    restore = function.ask_one({"flow_id": "f", "action_name": "Slow", "operation": "restore"})
    assert codes([absolute, relative, restore]) == ["raised", "internal_error", "internal_error"]
    assert {relative["status"], restore["status"]} == {"deferred"}
    [waiting] = aws.put_off()
    aws.create_ledger()
    assert function.take(waiting.body) == []
    assert timeouts(genesys)["Slow"] == 10
