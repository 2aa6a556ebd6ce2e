"""The function: wired once per cold start, entered once per event."""

from __future__ import annotations

import gc
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from alarm_desk import AlarmDesk
from aws.alarm_watch import AlarmWatch
from aws.event_bus import EventBus, worth_telling
from aws.ledger_table import LedgerTable
from aws.queues import DeadLetterQueue, RequestQueue
from aws.route_parameter import RouteParameter
from aws_support import clients
from aws_support.logs import telling_of_outages
from batch import Batch
from changes import Rules
from doors import Door, Doors, Mail
from endings import Endings, NotSettled, unsettled
from genesys_cloud.connections import Connections
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.deadline import Deadline
from organizations import Organizations
from outcomes import Outcome, answer
from routing import Router, RouteReader
from settings import Settings
from telemetry import Telemetry, make_logger
from timeout_request import RequestReader

ROUTES = RouteReader()
SETTINGS = Settings.from_environment(os.environ, ROUTES)
RULES = Rules(SETTINGS.default_timeout_seconds, SETTINGS.max_publish_attempts)
LOGGER = make_logger(SETTINGS.service, SETTINGS.log_level)
METRICS = Metrics(namespace=SETTINGS.metrics_namespace, service=SETTINGS.service)
DOORS = Doors(RequestReader(), ROUTES)
ORGANIZATIONS = Organizations(
    Connections(
        CredentialsStore(SETTINGS.secret_id, clients.secrets, on_outage=telling_of_outages(LOGGER)),
        at_once=SETTINGS.flow_concurrency,
        connect_timeout=SETTINGS.http_connect_timeout_seconds,
        read_timeout=SETTINGS.http_read_timeout_seconds,
    )
)
REQUEST_QUEUE = RequestQueue(SETTINGS.request_queue_url, clients.sqs)
DEAD_LETTER_QUEUE = DeadLetterQueue(SETTINGS.dead_letter_queue_url, clients.sqs)

LEFT_FOR_THE_ANSWER_SECONDS = 0.3

# What is imported stays: the garbage collector need not look at it over and over. And a document is many objects at
# once, none of them garbage: with Python's own threshold, a quarter of the time it takes to parse goes into looking.
gc.freeze()
gc.set_threshold(20_000)


def lambda_handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Carries out what the event asks for.

    Raises:
        UnknownEvent: the event has none of the shapes that `doors` knows.
        NotSettled: an event that no queue holds could not be put on one.
    """
    telemetry = Telemetry(LOGGER, METRICS)
    mail = DOORS.open(event, context.aws_request_id)
    deadline = Deadline.of(context)
    ledger = LedgerTable(SETTINGS.ledger_table_name, clients.dynamodb, deadline)
    # For calls to AWS that may hang, and must hold neither the answer past the deadline nor the next invocation.
    afterwards = ThreadPoolExecutor(2)
    try:
        outcomes = carry_out(mail, ledger, deadline, telemetry)
        telemetry.finished(outcomes)
        answer_by = Deadline(context.get_remaining_time_in_millis() / 1000 - LEFT_FOR_THE_ANSWER_SECONDS)
        bus = EventBus(SETTINGS.event_bus_name, clients.events, telemetry.outcome_events_failed)
        told = afterwards.submit(bus.put, outcomes, answer_by)
        kept = end_messages(mail, outcomes, ledger, answer_by, telemetry, afterwards=afterwards)
        wait_for_events(told, bus, len(worth_telling(outcomes)), answer_by, telemetry)
        return answer_of(mail.door, outcomes, kept)
    finally:
        afterwards.shutdown(wait=False)
        telemetry.flush()


def carry_out(mail: Mail, ledger: LedgerTable, deadline: Deadline, telemetry: Telemetry) -> list[Outcome]:
    """One outcome for each thing asked for, in its order."""
    see_to_alarms(mail, ledger, deadline, telemetry)
    batch = Batch(
        ORGANIZATIONS.for_invocation(deadline, telemetry).of,
        ledger,
        deadline,
        rules=RULES,
        default_limit_seconds=SETTINGS.max_timeout_seconds,
        concurrency=SETTINGS.flow_concurrency,
        observer=telemetry,
        on_bug=telemetry.bug,
    )
    carried_out = iter(batch.carry_out([ask.request for ask in mail.asks if ask.request], mail.door))
    outcomes = [ask.outcome or next(carried_out) for ask in mail.asks]
    return [
        ask.errand.conclude(outcome) if ask.errand else outcome
        for ask, outcome in zip(mail.asks, outcomes, strict=True)
    ]


def see_to_alarms(mail: Mail, ledger: LedgerTable, deadline: Deadline, telemetry: Telemetry) -> None:
    """Turns what alarms say into requests, where they ask for something; half of the time is left for the work."""
    parameter = RouteParameter(SETTINGS.alarm_routes_parameter, clients.parameters)
    desk = AlarmDesk(
        Router(ROUTES, SETTINGS.default_alarm_policy, parameter.text),
        AlarmWatch(clients.cloudwatch),
        ledger,
        deadline.share(0.5),
        concurrency=SETTINGS.flow_concurrency,
        on_bug=telemetry.bug,
    )
    desk.see_to(mail.asks, mail.door)


def end_messages(
    mail: Mail,
    outcomes: list[Outcome],
    ledger: LedgerTable,
    answer_by: Deadline,
    telemetry: Telemetry,
    *,
    afterwards: Executor,
) -> list[str]:
    """Ends each message as its outcomes say; ids of those that are to be seen again or are not safely ended."""
    ended = list(zip(mail.asks, outcomes, strict=True))
    kept = unsettled(ended)
    if mail.door is Door.DIRECT or not kept:
        return []
    endings = Endings(REQUEST_QUEUE, DEAD_LETTER_QUEUE, ledger, telemetry.message_not_settled)
    settling = afterwards.submit(endings.settle, ended, answer_by, from_queue=mail.door is Door.SQS)
    try:
        return settling.result(max(0.0, answer_by.left()))
    except TimeoutError:
        telemetry.message_not_settled(", ".join(kept), "kept", "the queues did not answer in time")
    except Exception:  # noqa: BLE001  # a bug: what is not known to be ended is kept
        telemetry.bug("settling messages")
    return kept


def answer_of(door: Door, outcomes: list[Outcome], kept: list[str]) -> dict[str, Any]:
    """The answer that the door expects."""
    if door is Door.SQS:
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in kept]}
    if kept:
        raise NotSettled(f"not safely put on a queue, so that it has to be tried again: {', '.join(kept)}")
    return answer(outcomes)


def wait_for_events(told: Future[None], bus: EventBus, count: int, answer_by: Deadline, telemetry: Telemetry) -> None:
    """Waits for the event bus to take so many outcomes; the changes count without it."""
    try:
        told.result(max(0.0, answer_by.left()))
    except TimeoutError:
        pass
    except Exception:  # noqa: BLE001  # a bug
        telemetry.bug("telling outcomes")
    unknown = count - bus.known
    if unknown:
        telemetry.outcome_events_failed(unknown, "the event bus did not answer in time")
