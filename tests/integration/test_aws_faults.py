"""Each AWS service down, throttled, slow or half done: what still works, what waits, how it is told, and the way back.

docs/faults.md is this in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from alarm_payloads import eventbridge, sns_event, sns_message
from emulated_aws import EmulatedAws
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.errors import CredentialsUnavailable
from genesys_simulator import GenesysSimulator
from integration.faulty_aws import Fault, FaultyAws
from integration.harness import Aws, AwsClients, Function, Json, Start, ask, codes, flow, step, timeouts

NOT_RECORDED = "change not recorded in the ledger"
NOT_ON_THE_BUS = "outcomes not put on the event bus"
NOT_SETTLED = "message not settled"

RAISE = ask("f")
OTHERS = ask("o", operation="set", timeout_seconds=8, organization="other")
RESTORE = {"flow_id": "h", "action_name": "Slow", "operation": "restore"}
RELATIVE = sns_message(
    target={"flow_id": "g", "action_name": "Slow"}, policy={"raise_by_seconds": 2, "recheck_after_seconds": 600}
)
WRONG = {"flow_id": "f", "timeout": 1}
BATCH: list[Json] = [RAISE, OTHERS, RESTORE, RELATIVE, WRONG]
DONE = ["raised", "set", "restored", "raised", "invalid_request"]
"""What becomes of them while AWS is well."""


@dataclass(frozen=True)
class Down:
    """What a service that is down makes of the batch.

    Attributes:
        ends: status or error code of each.
        kept: which messages come again.
        told: messages of warnings and errors in the log.
        counted: metrics, beyond those that count the requests.
        others: the same of one raise from SNS, and from a direct invoke.
    """

    ends: list[str]
    kept: list[int]
    told: set[str]
    counted: dict[str, int]
    others: str = "raised"


NO_CREDENTIALS = ["credentials_unavailable"] * 4
DOWN = {
    "secretsmanager": Down([*NO_CREDENTIALS, "invalid_request"], [0, 1, 2, 3], set(), {}, NO_CREDENTIALS[0]),
    "sqs": Down(DONE, [3, 4], {NOT_SETTLED}, {}),  # neither the re-check nor the copy for the dead-letter queue
    "events": Down(DONE, [], {NOT_ON_THE_BUS}, {"OutcomeEventsFailed": 5}),
    "dynamodb": Down(
        ["raised", "set", "internal_error", "internal_error", "invalid_request"],
        [2, 3],
        {NOT_RECORDED},
        {"ChangesNotRecorded": 2},
    ),
}
CASES = [(service, fault) for service in DOWN for fault in (Fault.THROTTLED, Fault.HANGING)]
CASES += [
    ("secretsmanager", Fault.ERROR),
    ("sqs", Fault.RESET),
    ("events", Fault.UNAVAILABLE),
    ("dynamodb", Fault.RESET),
]
SECONDS = {"dynamodb": 20.0}
"""Time of the invocation, for what is still to work while a service hangs; elsewhere it is short."""


@pytest.fixture
def faulty(emulated_aws: EmulatedAws) -> Iterator[FaultyAws]:
    with FaultyAws(emulated_aws.url) as door:
        yield door


@pytest.fixture(autouse=True)
def flows(genesys: GenesysSimulator) -> None:
    """Of the default organization, each with a step at 3 seconds."""
    for name in ("f", "g", "h", "sns", "direct"):
        genesys.put_flow(name, flow(step("Slow", 3)))


@pytest.fixture
def world(elsewhere: GenesysSimulator, aws: Aws, start: Start) -> None:
    """All that the batch speaks of: another organization, and Flow h that was raised and can be put back."""
    aws.connect(elsewhere, "other")
    elsewhere.put_flow("o", flow(step("Slow", 3)))
    assert start().ask_one(ask("h"))["status"] == "raised"
    aws.bus_events()


@pytest.fixture
def function(start: Start, faulty: FaultyAws) -> Function:
    """One execution environment, cold, which meets AWS by way of the faulty door."""
    return start(AWS_ENDPOINT_URL=faulty.url)


@pytest.mark.parametrize(("service", "fault"), CASES)
@pytest.mark.usefixtures("world")
def test_a_service_that_is_down(
    service: str,
    fault: Fault,
    *,
    aws: Aws,
    genesys: GenesysSimulator,
    elsewhere: GenesysSimulator,
    function: Function,
    faulty: FaultyAws,
) -> None:
    faulty.strike(service, fault)
    down, seconds = DOWN[service], SECONDS.get(service, 4.0)
    event = aws.deliver(*BATCH)
    answer = function.invoke(event, seconds=seconds)
    assert function.seconds < seconds
    assert sorted(codes(function.outcomes())) == sorted(down.ends)
    assert aws.end(event, answer) == down.kept
    assert set(function.problems()) == down.told
    assert {name: function.counts().get(name, 0) for name in down.counted} == down.counted
    assert len(aws.dead_letters()) == (service != "sqs")

    faulty.heal()  # and the same environment goes on as if nothing had been
    again = {"Records": [event["Records"][number] for number in down.kept]}
    if again["Records"]:
        assert aws.end(again, function.invoke(again)) == []
    assert {name: timeouts(genesys, name)["Slow"] for name in "fgh"} == {"f": 10, "g": 5, "h": 3}
    assert timeouts(elsewhere, "o") == {"Slow": 8}
    assert len(aws.dead_letters()) == (service == "sqs")
    assert function.ask_one(ask("f", timeout_seconds=12))["status"] == "raised"
    assert (aws.remembered()["Slow"]["written"], set(function.problems())) == (12, down.told)
    assert aws.bus_events()


@pytest.mark.parametrize("service", DOWN)
def test_a_service_that_throttles_and_the_other_doors(
    service: str, aws: Aws, genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike(service, Fault.THROTTLED)
    wish, down = ask("sns"), DOWN[service]
    [by_topic] = function.hear(sns_event(json.dumps(wish)))
    assert codes([by_topic, function.ask_one(ask("direct"))]) == [down.others] * 2
    put_off = aws.put_off()
    if down.others == "raised":
        assert (timeouts(genesys, "sns"), put_off) == ({"Slow": 10}, [])
    else:
        [waiting] = put_off  # the topic's request waits on the queue; whoever invokes directly asks again
        assert (waiting.content, waiting.seconds <= 30) == (wish, True)
        faulty.heal()
        assert function.take(waiting.body) == []
        assert timeouts(genesys, "sns") == {"Slow": 10}


def test_while_sqs_is_down_an_event_that_needs_a_queue_fails_so_that_lambda_repeats_it(
    aws: Aws, genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("sqs", Fault.THROTTLED)
    assert function.error(sns_event(json.dumps(WRONG))).startswith("NotSettled: not safely put on a queue")
    genesys.fault(operation="get_flow", retry_after=300)
    assert function.error(sns_event(json.dumps(RAISE))).startswith("NotSettled: not safely put on a queue")
    faulty.heal()
    genesys.clear_faults()
    assert codes(function.hear(sns_event(json.dumps(RAISE)))) == ["raised"]
    assert (aws.dead_letters(), aws.put_off()) == ([], [])


# -- slow, lost, half done ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("world")
def test_slow_services_cost_time_and_nothing_else(aws: Aws, function: Function, faulty: FaultyAws) -> None:
    faulty.strike("any", Fault.SLOW, seconds=0.2)
    assert function.take(*BATCH) == []
    assert sorted(codes(function.outcomes())) == sorted(DONE)
    assert (function.problems(), len(aws.dead_letters()), len(aws.bus_events())) == ([], 1, 5)


def test_a_dead_letter_whose_answer_is_lost_is_sent_again_rather_than_lost(
    aws: Aws, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("sqs", Fault.LOST)
    assert function.take(WRONG) == [0]
    copies = aws.dead_letters()
    assert {(copy.body, copy.reason) for copy in copies} == {(json.dumps(WRONG), "invalid_request")}
    assert len(copies) == faulty.count("sqs", "SendMessageBatch")


def test_events_whose_answer_is_lost_count_as_failed_and_may_come_twice(
    aws: Aws, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("events", Fault.LOST)
    assert function.take(RAISE) == []
    assert len(aws.bus_events()) == faulty.count("events") >= 2
    assert function.counts()["OutcomeEventsFailed"] == 1


@pytest.mark.parametrize(("wish", "name", "seconds"), [(RAISE, "f", 10), (RELATIVE, "g", 5)], ids=["raise", "relative"])
def test_a_write_to_the_ledger_whose_answer_is_lost_is_found_to_be_done(
    wish: Json, name: str, seconds: int, *, aws: Aws, genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("dynamodb", Fault.LOST, operation="PutItem", times=1)
    assert function.take(wish) == []
    assert (timeouts(genesys, name), function.problems()) == ({"Slow": seconds}, [])
    assert (aws.remembered(name)["Slow"]["before"]["seconds"], aws.remembered(name)["Slow"]["written"]) == (3, seconds)


def test_a_ledger_that_keeps_what_it_is_told_and_says_nothing_can_put_it_back_all_the_same(
    genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("dynamodb", Fault.LOST, operation="PutItem")
    assert function.take(RAISE) == []
    assert (timeouts(genesys, "f"), function.problems()) == ({"Slow": 10}, [NOT_RECORDED])
    faulty.heal()
    assert function.ask_one({**RESTORE, "flow_id": "f"})["status"] == "restored"
    assert timeouts(genesys, "f") == {"Slow": 3}


def test_of_dead_letters_that_sqs_takes_in_part_the_others_are_kept(
    aws: Aws, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("sqs", Fault.PARTIAL, operation="SendMessageBatch")
    wrong: list[Json] = [{**WRONG, "request_id": str(number)} for number in range(4)]
    event = aws.deliver(*wrong)
    assert aws.end(event, function.invoke(event)) == [2, 3]
    assert [json.loads(copy.body)["request_id"] for copy in aws.dead_letters()] == ["0", "1"]
    faulty.heal()
    again = {"Records": event["Records"][2:]}
    assert aws.end(again, function.invoke(again)) == []
    assert [json.loads(copy.body)["request_id"] for copy in aws.dead_letters()] == ["2", "3"]


def test_waits_that_sqs_takes_in_part_leave_the_others_to_the_queues_own_wait(
    aws: Aws, genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("sqs", Fault.PARTIAL, operation="ChangeMessageVisibilityBatch")
    genesys.fault(operation="get_flow", retry_after=120, times=10)
    assert function.take(*[RAISE] * 4) == [0, 1, 2, 3]
    assert [wait < 130 for wait in aws.waits()] == [True, True, False, False]
    assert function.problems() == [NOT_SETTLED] * 2


@pytest.mark.usefixtures("world")
def test_of_events_that_the_bus_takes_in_part_the_others_are_counted(
    aws: Aws, function: Function, faulty: FaultyAws
) -> None:
    faulty.strike("events", Fault.PARTIAL)
    assert function.take(*BATCH) == []
    assert (len(aws.bus_events()), function.counts()["OutcomeEventsFailed"]) == (2, 3)
    assert function.problems() == [NOT_ON_THE_BUS]


@pytest.mark.usefixtures("world")
def test_what_dynamodb_leaves_unprocessed_is_asked_for_again(
    genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    """Of one key it takes none, of more a half: three tries of four keys leave none, of one key leave it."""
    faulty.strike("dynamodb", Fault.PARTIAL)
    assert function.take(RAISE, OTHERS, RESTORE) == [2]
    assert codes(function.outcomes()) == ["raised", "set", "internal_error"]
    assert "answers only in part" in function.outcomes()[-1]["error"]["message"]
    faulty.heal()
    assert function.take(RESTORE) == []
    assert timeouts(genesys, "h") == {"Slow": 3}


# -- what only alarms need ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.HANGING])
def test_without_the_routes_parameter_only_alarms_wait_that_need_it(
    fault: Fault, aws: Aws, genesys: GenesysSimulator, start: Start, faulty: FaultyAws
) -> None:
    routes = aws.put_routes({"alarm_name": "by-route", "target": {"flow_id": "f", "action_name": "Slow"}})
    function = start(AWS_ENDPOINT_URL=faulty.url, ALARM_ROUTES_PARAMETER=routes)
    faulty.strike("ssm", fault)
    by_route = eventbridge(name="by-route", datapoints=(6100.0,))
    assert function.take(by_route, RELATIVE, ask("h", timeout_seconds=11), seconds=5) == [0]
    assert sorted(codes(function.outcomes())) in (
        ["internal_error", "raised", "raised"],
        ["deadline_exceeded", "raised", "raised"],  # hanging
    )
    assert timeouts(genesys, "f") == {"Slow": 3}
    faulty.heal()
    assert function.take(by_route) == []
    assert timeouts(genesys, "f") == {"Slow": 10}


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.HANGING])
def test_without_cloudwatch_only_second_looks_wait(
    fault: Fault, aws: Aws, genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    aws.set_alarm("ALARM")
    first = {**RELATIVE, "StateChangeTime": datetime.now(UTC).isoformat()}
    faulty.strike("monitoring", fault)
    assert function.take(first, seconds=5) == []
    assert timeouts(genesys, "g") == {"Slow": 5}
    [second] = aws.put_off()
    assert function.take(second.body, RAISE, seconds=5) == [0]
    assert sorted(codes(function.outcomes()[1:])) in (
        ["internal_error", "raised"],
        ["deadline_exceeded", "raised"],  # hanging
    )
    faulty.heal()
    assert function.take(second.body) == []
    assert (timeouts(genesys, "g"), len(aws.put_off())) == ({"Slow": 7}, 1)


# -- warm --------------------------------------------------------------------------------------------------------------


def test_a_warm_environment_works_on_while_secrets_manager_is_down_as_long_as_its_client_is_accepted(
    aws: Aws, genesys: GenesysSimulator, function: Function, faulty: FaultyAws
) -> None:
    assert function.ask_one(RAISE)["status"] == "raised"
    faulty.strike("secretsmanager", Fault.THROTTLED)
    genesys.expire_tokens()
    assert function.ask_one(ask(timeout_seconds=11))["status"] == "raised"
    genesys.rotate_secret("another")
    genesys.expire_tokens()
    assert function.take(ask(timeout_seconds=12), WRONG) == [0]
    assert codes(function.outcomes()[-2:]) == ["credentials_unavailable", "invalid_request"]
    faulty.heal()
    aws.connect(genesys, client_secret="another")
    assert function.ask_one(ask(timeout_seconds=12))["status"] == "raised"


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.ERROR, Fault.THROTTLED])
def test_when_the_cached_secret_is_too_old_what_secrets_manager_said_last_counts_on(
    fault: Fault, aws: Aws, aws_clients: AwsClients, faulty: FaultyAws
) -> None:
    """As the function has it, but for the five minutes of Powertools' cache."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    once = Config(retries={"total_max_attempts": 1})
    with closing(session.client("secretsmanager", endpoint_url=faulty.url, config=once)) as client:
        provider, told = SecretsProvider(boto3_client=client), []
        store = CredentialsStore(aws.secret_id, lambda: provider, lambda *outage: told.append(outage))
        before = store.get("default")
        provider.store.clear()
        faulty.strike("secretsmanager", fault)
        assert store.get("default") == before
        [(name, why)] = told
        assert "GetSecretValue" in why or "Connection was closed" in why
        faulty.heal()
        aws_clients.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        with pytest.raises(CredentialsUnavailable, match="ResourceNotFoundException"):
            store.get("default")


def test_hanging_services_all_at_once_hold_no_invocation_and_none_after_it(
    aws: Aws, function: Function, faulty: FaultyAws
) -> None:
    assert function.take(RAISE) == []
    for seconds in (20, 21):
        faulty.strike("any", Fault.HANGING)
        event = aws.deliver(ask(timeout_seconds=seconds), WRONG)
        assert aws.end(event, function.invoke(event, seconds=2.6)) == [0, 1]
        assert function.seconds < 2.6
        faulty.heal()
        again: dict[str, Any] = {"Records": event["Records"]}
        assert aws.end(again, function.invoke(again)) == []
        # A send that was left behind while it hung may get through yet, beside the one of the second delivery.
        assert {letter.reason for letter in aws.dead_letters()} == {"invalid_request"}
