"""What an invocation tells: outcomes on the event bus, one log line per request, metrics that count exactly."""

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, ColdStartFailed, Function, Start, ask, codes, flow, leads_to, step, timeouts

OUTCOME_KEYS = {
    *["request_id", "door", "organization", "status", "target", "previous_timeout_seconds", "timeout_seconds", "steps"],
    *["flow_version", "publish_attempts", "requested_by", "reason", "error", "note"],
}
INSPECT = {"flow_id": "f", "operation": "inspect"}
OF_EACH_KIND = [
    ask(request_id="r1", requested_by="team-a", reason="CRM is slow"),
    ask(action_name="Other", timeout_seconds=2, request_id="r2"),
    ask(action_name="Fast", timeout_seconds=4, operation="set", request_id="r3"),
    ask(timeout_seconds=30, dry_run=True, request_id="r4"),
    {**INSPECT, "request_id": "r5"},
    ask("nope", request_id="r6"),
    ask("g", request_id="r7"),
]
STATUSES = ["raised", "unchanged", "set", "planned", "inspected", "rejected", "deferred"]


@pytest.fixture(autouse=True)
def flows(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), step("Other", 3), step("Fast", 9), leads_to("g")))
    genesys.put_flow("g", flow(step("Slow", 3)))
    genesys.fault(operation="get_flow", flow_id="g", status=501)


def test_every_outcome_but_the_inspection_goes_over_the_event_bus(aws: Aws, function: Function) -> None:
    assert function.take(*OF_EACH_KIND) == [6]
    events = {event["detail"]["request_id"]: event for event in aws.bus_events()}
    told = dict(zip([f"r{n}" for n in range(1, 8)], STATUSES, strict=True))
    del told["r5"]
    assert {key: event["detail"]["status"] for key, event in events.items()} == told
    for key, event in events.items():
        assert event["source"] == "genesys-timeout-raiser"
        assert event["detail-type"] == f"Data Action Timeout {told[key].capitalize()}"
        assert event["detail"].keys() == OUTCOME_KEYS
        assert event["detail"]["door"] == "sqs"
    assert events["r1"]["detail"]["steps"][0]["previous_timeout_seconds"] == 3
    assert events["r1"]["detail"]["requested_by"] == "team-a"


def test_one_log_line_per_request_with_the_outcomes_keys(function: Function) -> None:
    outcomes = function.ask(*OF_EACH_KIND)
    lines = function.outcomes()
    for line, outcome in zip(lines, outcomes, strict=True):
        assert {key: line[key] for key in OUTCOME_KEYS} == outcome
        assert line["correlation_id"] == outcome["request_id"]
        assert (line["level"], line["service"]) == ("INFO", "timeout-raiser")
    assert function.lines() == lines


def test_metrics_count_exactly(function: Function) -> None:
    function.take(*OF_EACH_KIND)
    assert function.counts() == {
        "RequestsReceived": 7,
        "TimeoutsRaised": 1,
        "RequestsUnchanged": 1,
        "RequestsRejected": 1,
        "RequestsDeferred": 1,
        "FlowPublishes": 1,
    }


def test_metrics_count_exactly_over_many_calls(genesys: GenesysSimulator, function: Function) -> None:
    for number in range(130):
        genesys.put_flow(f"f{number}", flow(step("Slow", 3)))
    genesys.configure(rate_limit_calls=None)
    function.ask(*[ask(f"f{number}") for number in range(130)])
    assert function.counts() == {"RequestsReceived": 130, "TimeoutsRaised": 130, "FlowPublishes": 130}
    milliseconds = function.metrics()["GenesysRequestTime"]
    assert len(milliseconds) == len(genesys.calls) == 261
    assert all(0 < each < 5000 for each in milliseconds)


def test_metrics_start_afresh_with_each_event(function: Function) -> None:
    for _ in range(3):
        function.ask_one(INSPECT)
    assert function.counts() == {"RequestsReceived": 3}


def test_names_of_metrics_and_logs_can_be_chosen(start: Start) -> None:
    function = start(
        POWERTOOLS_SERVICE_NAME="mine", POWERTOOLS_METRICS_NAMESPACE="Mine", POWERTOOLS_LOG_LEVEL="WARNING"
    )
    function.ask_one(INSPECT)
    assert function.outcomes() == []
    assert '"Namespace":"Mine","Dimensions":[["service"]]' in function.log().replace(": ", ":").replace(", ", ",")
    assert '"service":"mine"' in function.log().replace(": ", ":")


@pytest.mark.parametrize("trouble", ["refused", "down"])
def test_a_change_counts_though_the_bus_fails(genesys: GenesysSimulator, aws: Aws, start: Start, trouble: str) -> None:
    refused = {"EVENT_BUS_NAME": "arn:aws:events:mars-north-1:000000000000:event-bus/none"}
    down = {"AWS_ENDPOINT_URL_EVENTBRIDGE": "http://127.0.0.1:9"}
    function = start(**(refused if trouble == "refused" else down))
    assert function.take(*OF_EACH_KIND[:3], ask("nope")) == []
    assert codes(function.outcomes()) == ["raised", "unchanged", "set", "flow_not_found"]
    assert timeouts(genesys) == {"Slow": 10, "Other": 3, "Fast": 4}
    assert len(aws.dead_letters()) == 1
    assert set(function.problems()) == {"outcomes not put on the event bus"}
    assert function.counts()["OutcomeEventsFailed"] == 4


def test_a_cold_start_names_all_that_is_wrong(start: Start) -> None:
    with pytest.raises(ColdStartFailed) as raised:
        start(GENESYS_SECRET_ID=None, REQUEST_QUEUE_URL="", FLOW_CONCURRENCY="many", MAX_TIMEOUT_SECONDS="0")
    message = str(raised.value)
    assert all(name in message for name in ("GENESYS_SECRET_ID", "REQUEST_QUEUE_URL", "MAX_TIMEOUT_SECONDS"))
    assert "FLOW_CONCURRENCY must be a whole number from 1 to 256, not 'many'" in message
    assert "DEAD_LETTER_QUEUE_URL" not in message
