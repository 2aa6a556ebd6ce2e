"""The probe's real handler between an emulated AWS and a simulated Genesys Cloud: what was slow is told, and told once.

The handler runs in this process. Time passes by a smaller PROBE_SETTLING_MINUTES: what settles after nine minutes and
what settles after five is four minutes of progress.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from aws_support import clients
from genesys_cloud.action_analytics import ActionAnalytics, ActionMinute
from genesys_cloud.deadline import Deadline
from genesys_simulator import GenesysSimulator
from integration.function_process import Context
from integration.harness import ROOT, Aws
from latency_probe.checkpoints import Checkpoints, CheckpointsUnavailable, TakenByAnother
from latency_probe.intervals import Interval, Pace
from latency_probe.measuring import Measuring
from latency_probe.metrics import LatencyMetrics

Json = dict[str, Any]

EVENT: Json = json.loads((ROOT / "events" / "probe" / "schedule.json").read_text())
A_MINUTE = timedelta(minutes=1)


class Probe:
    """One execution environment of the probe."""

    def __init__(self, app: ModuleType, output: Callable[[], str]) -> None:
        self.app = app
        self._output = output
        self._printed: list[Json] = []

    def run(self, *, seconds: float = 30) -> list[Json]:
        """What the handler tells of each organization."""
        answer = self.app.lambda_handler(EVENT, Context("invocation-1", seconds))
        organizations: list[Json] = json.loads(json.dumps(answer))["organizations"]
        return organizations

    def run_one(self, *, seconds: float = 30) -> Json:
        [told] = self.run(seconds=seconds)
        return told

    def close(self) -> None:
        for organization in self.app.CONNECTIONS._met.values():
            organization.http.close()

    # -- what it printed -----------------------------------------------------------------------------------------------

    def text(self) -> str:
        return "\n".join(json.dumps(line) for line in self._all())

    def lines(self) -> list[Json]:
        return [line for line in self._all() if "_aws" not in line]

    def line(self, message: str) -> Json:
        [line] = [line for line in self.lines() if line["message"] == message]
        return line

    def metrics(self, namespace: str = "GenesysDataActions") -> list[Json]:
        """The EMF lines, each held against the specification."""
        found = [line for line in self._all() if "_aws" in line]
        for line in found:
            check_emf(line)
        return [line for line in found if line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == namespace]

    def counts(self) -> Counter[tuple[str, datetime]]:
        """How many executions of an action in a minute CloudWatch has been told of, over all lines."""
        counted: Counter[tuple[str, datetime]] = Counter()
        for line in self.metrics():
            counted[line["DataActionId"], minute_of(line)] += int(sum(line["count"]))
        return counted

    def not_measured(self) -> int:
        own = self.metrics("GenesysTimeoutRaiser")
        return int(sum(value for line in own for value in line["OrganizationsNotMeasured"]))

    def _all(self) -> list[Json]:
        self._printed += [json.loads(line) for line in self._output().splitlines()]
        return self._printed


def check_emf(line: Json) -> None:
    """The rules of CloudWatch's embedded metric format that are said in its specification."""
    assert len(json.dumps(line)) < 256 * 1024
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert 1 <= len(directive["Metrics"]) <= 100
    [dimensions] = directive["Dimensions"]
    assert 1 <= len(dimensions) <= 30
    for name in dimensions:
        assert line[name].strip()
        assert line[name].isascii()
        assert line[name].isprintable()
        assert len(line[name]) <= 1024
    for metric in directive["Metrics"]:
        values = line[metric["Name"]]
        assert 1 <= len(values) <= 100
        assert all(isinstance(value, int | float) for value in values)
    assert abs(time.time() - line["_aws"]["Timestamp"] / 1000) < 14 * 86_400


def minute_of(line: Json) -> datetime:
    return datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)


Start = Callable[..., Probe]


@pytest.fixture
def start(aws: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Start]:
    """Starts the probe with further environment variables: each time a cold start."""
    running: list[Probe] = []

    def start(**environment: str) -> Probe:
        known = {
            **{name: value for name, value in aws.function_environment.items() if not name.endswith("_QUEUE_URL")},
            "PROBE_ORGANIZATIONS": "default",
            "POWERTOOLS_SERVICE_NAME": f"latency-probe-{uuid.uuid4().hex[:8]}",  # a logger keeps its first output
        }
        for name, value in {**known, **environment}.items():
            monkeypatch.setenv(name, value)
        sys.modules.pop("latency_probe.app", None)
        running.append(Probe(importlib.import_module("latency_probe.app"), lambda: capsys.readouterr().out))
        return running[-1]

    yield start
    for probe in running:
        probe.close()


@pytest.fixture
def now() -> datetime:
    """This minute; waits where it is about to end, so that a test does not see two."""
    moment = datetime.now(UTC)
    if moment.second >= 50:
        time.sleep(60.1 - moment.second)
        moment = datetime.now(UTC)
    return moment.replace(second=0, microsecond=0)


def checkpoint(aws: Aws, organization: str = "default") -> Json:
    found = [item for item in aws.ledger_items() if item["pk"] == f"probe/{organization}"]
    return found[0] if found else {}


def put_checkpoint(aws: Aws, measured_until: datetime, *, claimed_until: float | None = None) -> None:
    claim = {"claimed_by": {"S": "someone"}, "claimed_until": {"N": str(claimed_until)}} if claimed_until else {}
    aws.dynamodb.put_item(
        TableName=aws.ledger_table,
        Item={
            "pk": {"S": "probe/default"},
            "sk": {"S": "checkpoint"},
            "measured_until": {"S": f"{measured_until:%Y-%m-%dT%H:%M:%SZ}"},
            **claim,
        },
    )


# -- what is measured --------------------------------------------------------------------------------------------------


def test_what_was_slow_reaches_cloudwatch_minute_by_minute(
    start: Start, genesys: GenesysSimulator, now: datetime
) -> None:
    genesys.put_action("custom_-_crm", "Kundendaten für CRM")
    genesys.put_executions("custom_-_crm", now - 10 * A_MINUTE, *[100.0] * 98, 900.0, 4100.0)
    genesys.put_executions("custom_-_crm", now - 9 * A_MINUTE + timedelta(seconds=59.9), 250.0)
    genesys.put_executions("custom_-_gone", now - 9 * A_MINUTE, 70.0)
    probe = start()
    told = probe.run_one()

    figures = {
        (line["DataActionId"], minute_of(line)): [line[name] for name in ("p95", "p99", "max", "count")]
        for line in probe.metrics()
    }
    assert figures == {
        ("custom_-_crm", now - 10 * A_MINUTE): [[100.0], [900.0], [4100.0], [100.0]],
        ("custom_-_crm", now - 9 * A_MINUTE): [[250.0], [250.0], [250.0], [1.0]],
        ("custom_-_gone", now - 9 * A_MINUTE): [[70.0], [70.0], [70.0], [1.0]],
    }
    names = {(line["DataActionId"], line["DataActionName"]) for line in probe.metrics()}
    assert names == {("custom_-_crm", "Kundendaten fur CRM"), ("custom_-_gone", "custom_-_gone")}
    assert told == {
        "organization": "default",
        "status": "measured",
        "interval": f"{now - 62 * A_MINUTE:%Y-%m-%dT%H:%M:00Z}/{now - 2 * A_MINUTE:%Y-%m-%dT%H:%M:00Z}",
        "minutes": 60,
        "actions": 2,
        "executions": 102,
        "slowest": {
            "data_action_id": "custom_-_crm",
            "data_action_name": "Kundendaten für CRM",
            "minute": f"{now - 10 * A_MINUTE:%Y-%m-%dT%H:%M:00Z}",
            "p99_ms": 900.0,
            "max_ms": 4100.0,
            "count": 100,
        },
        "throttled": 0,
    }
    assert probe.line("organization measured").items() >= told.items()
    assert probe.not_measured() == 0


def test_an_organization_where_nothing_runs_is_measured_all_the_same(start: Start, aws: Aws, now: datetime) -> None:
    probe = start()
    told = probe.run_one()
    assert (told["status"], told["actions"], told["slowest"], probe.metrics()) == ("measured", 0, None, [])
    assert checkpoint(aws)["measured_until"] == f"{now - 2 * A_MINUTE:%Y-%m-%dT%H:%M:00Z}"


def test_a_minute_that_may_not_have_settled_is_left_for_the_next_time(
    start: Start, genesys: GenesysSimulator, now: datetime
) -> None:
    for minutes_ago in (1, 2, 3):
        genesys.put_executions("a", now - minutes_ago * A_MINUTE, 5.0)
    probe = start()
    probe.run()
    assert probe.counts() == {("a", now - 3 * A_MINUTE): 1}


def test_no_minute_is_told_twice_or_left_out_from_one_invocation_to_the_next(
    start: Start, genesys: GenesysSimulator, now: datetime
) -> None:
    minutes = [now - n * A_MINUTE for n in range(20, 0, -1)]
    for minute in minutes:
        genesys.put_executions("a", minute, 5.0)
        genesys.put_executions("a", minute + timedelta(seconds=59.999), 6.0)
    counted: Counter[tuple[str, datetime]] = Counter()
    for settling in ("9", "9", "5", "4", "0"):
        probe = start(PROBE_SETTLING_MINUTES=settling)
        told = probe.run_one()
        assert told["status"] == "measured" if told["minutes"] else "nothing_new"
        counted += probe.counts()
    assert counted == {("a", minute): 2 for minute in minutes}


def test_what_lies_too_far_back_is_given_up_and_told(
    start: Start, aws: Aws, genesys: GenesysSimulator, now: datetime
) -> None:
    put_checkpoint(aws, now - 100 * A_MINUTE)
    for minutes_ago in (90, 22, 23):
        genesys.put_executions("a", now - minutes_ago * A_MINUTE, 5.0)
    probe = start(PROBE_LOOK_BACK_MINUTES="20")
    probe.run()
    assert probe.counts() == {("a", now - 22 * A_MINUTE): 1}
    given_up = probe.line("minutes given up: they lie further back than is looked")
    assert (given_up["level"], given_up["organization"], given_up["minutes"]) == ("WARNING", "default", 78)


def test_nothing_of_the_credentials_is_told(start: Start, genesys: GenesysSimulator) -> None:
    genesys.fault(operation="query_executions", status=400, message=f"not with {genesys.settings.client_secret}")
    probe = start(POWERTOOLS_LOG_LEVEL="DEBUG")
    assert "not with ***" in probe.run_one()["error"]
    probe.run()
    headers = {call.headers.get("authorization", "") for call in genesys.calls}
    credentials = {part for header in headers for part in header.split() if part not in {"Bearer", "Basic"}}
    assert len(credentials) == 1
    assert not [text for text in (*credentials, genesys.settings.client_secret) if text in probe.text()]


# -- one at a time -----------------------------------------------------------------------------------------------------


def test_of_invocations_at_once_one_alone_measures(start: Start, genesys: GenesysSimulator, now: datetime) -> None:
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    genesys.configure(latency_seconds=0.5)
    probe = start()
    with ThreadPoolExecutor(1) as elsewhere:
        first = elsewhere.submit(probe.run_one)
        while not genesys.in_flight:
            time.sleep(0.01)
        for _ in range(2):
            assert probe.run_one() == {"organization": "default", "status": "left_to_another_invocation"}
        assert first.result()["status"] == "measured"
    assert probe.counts() == {("a", now - 5 * A_MINUTE): 1}
    assert genesys.count("POST", "/analytics/") == 1


def test_whoever_is_alive_is_left_alone_and_whoever_died_is_taken_over(
    start: Start, aws: Aws, genesys: GenesysSimulator, now: datetime
) -> None:
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    put_checkpoint(aws, now - 6 * A_MINUTE, claimed_until=time.time() + 20)
    probe = start()
    assert probe.run_one() == {"organization": "default", "status": "left_to_another_invocation"}
    assert probe.counts() == {}
    put_checkpoint(aws, now - 6 * A_MINUTE, claimed_until=time.time() - 1)
    assert probe.run_one()["status"] == "measured"
    assert probe.counts() == {("a", now - 5 * A_MINUTE): 1}
    assert any(line["message"].startswith("taken over") for line in probe.lines())
    assert checkpoint(aws).keys() == {"pk", "sk", "measured_until", "expires_at"}


class Died(BaseException):
    """The invocation is no more."""


class Watch:
    """Is told what happens on the wire."""

    def call_answered(self, seconds: float) -> None:
        pass

    def throttled(self) -> None:
        pass


@pytest.mark.parametrize("times", [1, 2])
def test_an_invocation_that_dies_loses_nothing(
    start: Start, aws: Aws, genesys: GenesysSimulator, now: datetime, times: int
) -> None:
    """On the real table: dead before the metrics are out, nothing is doubled; dead right after, its minutes are."""
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    probe = start()

    def dies(organization: str, minutes: Iterable[ActionMinute]) -> None:
        if times == 2:
            LatencyMetrics("GenesysDataActions").publish(organization, minutes)
        raise Died

    table = Checkpoints(aws.ledger_table, clients.dynamodb, claim_seconds=0.5, now=time.time)
    measuring = Measuring(table, dies, Pace(2, 60), now=lambda: datetime.now(UTC))
    analytics = ActionAnalytics(probe.app.CONNECTIONS.open_session("default", Deadline(10), Watch()))
    with pytest.raises(Died):
        measuring.measure("default", analytics.minutes)
    assert probe.run_one()["status"] == "left_to_another_invocation"
    time.sleep(0.6)
    assert probe.run_one()["status"] == "measured"
    assert probe.counts() == {("a", now - 5 * A_MINUTE): times}


def test_a_claim_that_ran_out_does_not_move_a_checkpoint_that_is_another_ones(aws: Aws, start: Start) -> None:
    start()
    end = datetime(2026, 11, 25, 10, 5, tzinfo=UTC)
    interval = Interval(end - A_MINUTE, end)
    slow = Checkpoints(aws.ledger_table, clients.dynamodb, claim_seconds=-1, now=time.time)
    slow.claim("default", slow.read("default"))
    fast = Checkpoints(aws.ledger_table, clients.dynamodb, claim_seconds=60, now=time.time)
    fast.claim("default", fast.read("default"))
    with pytest.raises(TakenByAnother):
        slow.move("default", interval)
    with pytest.raises(TakenByAnother):
        slow.release("default", slow.read("default"))
    fast.move("default", interval)
    fast.move("default", interval)  # once more, as if the answer had been lost
    assert fast.read("default").measured_until == end
    assert "claimed_by" not in checkpoint(aws)


def test_a_claim_is_the_same_one_if_its_answer_was_lost(aws: Aws, start: Start) -> None:
    start()
    table = Checkpoints(aws.ledger_table, clients.dynamodb, claim_seconds=60, now=time.time)
    seen = table.read("default")
    table.claim("default", seen)
    table.claim("default", seen)
    other = Checkpoints(aws.ledger_table, clients.dynamodb, claim_seconds=60, now=time.time)
    with pytest.raises(TakenByAnother):
        other.claim("default", seen)


def test_a_checkpoint_that_is_nonsense_is_named(aws: Aws, start: Start, now: datetime) -> None:
    put_checkpoint(aws, now)
    aws.dynamodb.update_item(
        TableName=aws.ledger_table,
        Key={"pk": {"S": "probe/default"}, "sk": {"S": "checkpoint"}},
        UpdateExpression="SET measured_until = :x",
        ExpressionAttributeValues={":x": {"S": "yesterday"}},
    )
    told = start().run_one()
    assert told["status"] == "not_measured"
    assert f"the checkpoint of default in table {aws.ledger_table} cannot be read" in told["error"]
    assert "probe/default" in told["error"]


# -- trouble -----------------------------------------------------------------------------------------------------------


def comes_next_time(probe: Probe, genesys: GenesysSimulator, now: datetime) -> None:
    """The trouble is over: what it was about is measured now, once."""
    genesys.clear_faults()
    assert probe.run_one()["status"] == "measured"
    assert probe.counts() == {("a", now - 5 * A_MINUTE): 1}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 400, "code": "bad.request", "message": "The interval is too long."}, "invalid_request"),
        ({"status": 503, "times": 100}, "genesys_unavailable"),
        ({"broken_json": True, "times": 100}, "genesys_unavailable"),
        ({"reset": True, "times": 100}, "genesys_unavailable"),
        ({"retry_after": 60, "times": 100}, "rate_limited"),
    ],
    ids=["400", "503", "broken", "reset", "429"],
)
def test_a_trouble_is_told_and_its_minutes_come_next_time(
    start: Start, genesys: GenesysSimulator, now: datetime, fault: Json, code: str
) -> None:
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    genesys.fault(operation="query_executions", **fault)
    probe = start()
    told = probe.run_one(seconds=5)
    assert (told["organization"], told["status"], told["code"]) == ("default", "not_measured", code)
    line = probe.line("organization not measured")
    assert line["level"] == "ERROR"
    assert line.items() >= told.items()
    assert (probe.counts(), probe.not_measured()) == ({}, 1)
    comes_next_time(probe, genesys, now)


def test_a_missing_permission_is_named(start: Start, genesys: GenesysSimulator, now: datetime) -> None:
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    every = genesys.settings.permissions
    genesys.configure(permissions=every - {"integrations:action:view"})
    probe = start()
    told = probe.run_one()
    assert (told["code"], told["http_status"], told["genesys_code"]) == ("forbidden", 403, "missing.permissions")
    assert "integrations:action:view is missing" in told["error"]
    assert told["hint"] == "give the OAuth client a role with integrations:action:view"
    assert told["correlation_id"]
    genesys.configure(permissions=every)
    comes_next_time(probe, genesys, now)


def test_a_short_throttling_is_sat_out(start: Start, genesys: GenesysSimulator, now: datetime) -> None:
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    genesys.fault(operation="query_executions", retry_after=1)
    probe = start()
    told = probe.run_one()
    assert (told["status"], told["throttled"]) == ("measured", 1)
    assert probe.counts() == {("a", now - 5 * A_MINUTE): 1}


def test_without_a_table_nothing_is_published(start: Start, aws: Aws, genesys: GenesysSimulator, now: datetime) -> None:
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    aws.drop_ledger()
    probe = start()
    told = probe.run_one()
    assert told["status"] == "not_measured"
    assert "GetItem on table" in told["error"]
    assert (probe.counts(), genesys.count("POST", "/analytics/")) == ({}, 0)
    aws.create_ledger()
    comes_next_time(probe, genesys, now)


def test_a_secret_that_is_not_there_is_named(start: Start, aws: Aws) -> None:
    told = start(PROBE_ORGANIZATIONS="nobody").run_one()
    assert told["code"] == "credentials_unavailable"
    assert aws.secret_id.replace("{organization}", "nobody") in told["error"]


# -- several organizations ---------------------------------------------------------------------------------------------


def test_each_organization_is_measured_by_itself(
    start: Start, aws: Aws, genesys: GenesysSimulator, elsewhere: GenesysSimulator, now: datetime
) -> None:
    aws.connect(elsewhere, "emea")
    genesys.put_executions("a", now - 5 * A_MINUTE, 5.0)
    elsewhere.put_executions("b", now - 5 * A_MINUTE, 7.0)
    probe = start(PROBE_ORGANIZATIONS="default, emea")
    assert [(told["organization"], told["status"]) for told in probe.run()] == [
        ("default", "measured"),
        ("emea", "measured"),
    ]
    lines = {line["DataActionId"]: line for line in probe.metrics()}
    assert lines["a"]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["DataActionId", "DataActionName"]]
    assert lines["b"]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        ["DataActionId", "DataActionName", "Organization"]
    ]
    assert lines["b"]["Organization"] == "emea"
    assert {item["pk"] for item in aws.ledger_items()} == {"probe/default", "probe/emea"}


def test_an_organization_in_trouble_takes_neither_minutes_nor_time_from_the_others(
    start: Start, aws: Aws, genesys: GenesysSimulator, elsewhere: GenesysSimulator, now: datetime
) -> None:
    aws.connect(elsewhere, "emea")
    genesys.fault(operation="query_executions", status=503, times=1000)
    elsewhere.put_executions("b", now - 5 * A_MINUTE, 7.0)
    probe = start(PROBE_ORGANIZATIONS="default,nobody,emea")
    told = {entry["organization"]: entry for entry in probe.run(seconds=8)}
    assert {name: entry["status"] for name, entry in told.items()} == {
        "default": "not_measured",
        "nobody": "not_measured",
        "emea": "measured",
    }
    assert probe.counts() == {("b", now - 5 * A_MINUTE): 1}
    assert probe.not_measured() == 2


def test_tokens_outlive_an_invocation(start: Start, aws: Aws, genesys: GenesysSimulator) -> None:
    probe = start()
    probe.run()
    aws.dynamodb.delete_item(TableName=aws.ledger_table, Key={"pk": {"S": "probe/default"}, "sk": {"S": "checkpoint"}})
    probe.run()
    assert (genesys.count("POST", "/oauth/token"), genesys.count("POST", "/analytics/")) == (1, 2)


def test_a_table_that_does_not_take_the_checkpoint_is_told_and_tried_again(aws: Aws, start: Start) -> None:
    start()
    table = Checkpoints("no-such-table", clients.dynamodb, claim_seconds=60, now=time.time)
    moment = datetime(2026, 11, 25, 10, 5, tzinfo=UTC)
    with pytest.raises(CheckpointsUnavailable, match="PutItem on table no-such-table"):
        table.move("default", Interval(moment, moment))
    assert aws.ledger_items() == []
