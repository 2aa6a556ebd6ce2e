"""The Genesys Cloud simulator's figures about executions, and its limit of logins, seen by a real HTTP client."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from genesys_simulator import GenesysSimulator
from integration.simulator_client import SOON, SimulatorClient

BALANCE, ORDERS = "custom_-_balance", "custom_-_orders"
TEN = datetime(2026, 1, 31, 10, tzinfo=UTC)
QUARTER = "2026-01-31T10:00:00.000Z/2026-01-31T10:15:00.000Z"


class Client(SimulatorClient):
    """A client that asks for figures about executions."""

    def ask(self, **query: Any) -> requests.Response:
        asked = {"interval": QUARTER, "metrics": ["tTotalExecution"], **query}
        content = {name: value for name, value in asked.items() if value is not ...}
        return self.session.post(f"{self.url}/api/v2/analytics/actions/aggregates/query", json=content, timeout=SOON)

    def stats(self, **query: Any) -> list[tuple[dict[str, str], list[tuple[str, int, float]]]]:
        """Of each group: (group, [(start of a part, count, max), ...])."""
        return [
            (
                result["group"],
                [
                    (part["interval"][11:16], stats["count"], stats["max"])
                    for part in result["data"]
                    for stats in [part["metrics"][0]["stats"]]
                ],
            )
            for result in self.ask(**query).json()["results"]
        ]


class Clock:
    """Seconds that pass only when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def genesys(clock: Clock) -> Iterator[GenesysSimulator]:
    with GenesysSimulator(clock=clock) as simulator:
        simulator.put_action(BALANCE, "Get Balance", category="CRM")
        simulator.put_action(ORDERS, "Get Orders", category="Shop", integration_id="shop")
        yield simulator


@pytest.fixture
def client(genesys: GenesysSimulator) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(session, genesys.url)
        client.login()
        yield client


def minutes(count: float) -> datetime:
    return TEN + timedelta(minutes=count)


class TestFigures:
    def test_of_one_action_minute_by_minute(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_executions(BALANCE, minutes(2.5), 900, 4100.5)
        genesys.put_executions(BALANCE, minutes(7), 100)
        [result] = client.ask(granularity="PT1M", groupBy=["actionId"]).json()["results"]
        assert result["group"] == {"actionId": BALANCE}
        first, second = result["data"]
        assert first == {
            "interval": "2026-01-31T10:02:00.000Z/2026-01-31T10:03:00.000Z",
            "metrics": [
                {
                    "metric": "tTotalExecution",
                    "stats": {"count": 2, "min": 900, "max": 4100.5, "sum": 5000.5, "p95": 4100, "p99": 4100},
                }
            ],
        }
        assert second["interval"].startswith("2026-01-31T10:07:00.000Z/")

    def test_percentiles_are_durations_that_occurred(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_executions(BALANCE, minutes(1), *range(1, 201))
        [result] = client.ask().json()["results"]
        stats = result["data"][0]["metrics"][0]["stats"]
        assert (stats["p95"], stats["p99"], stats["count"], stats["sum"]) == (190, 198, 200, 20100)

    def test_without_a_granularity_the_interval_is_one_part(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_executions(BALANCE, minutes(0), 1)
        genesys.put_executions(ORDERS, minutes(14.99), 2)
        genesys.put_executions(ORDERS, minutes(15), 3)  # is in the next one
        genesys.put_executions(ORDERS, minutes(-0.01), 4)
        assert client.stats() == [({}, [("10:00", 2, 2)])]
        [result] = client.ask().json()["results"]
        assert result["data"][0]["interval"] == QUARTER

    def test_parts_count_from_the_start_and_the_last_may_be_short(
        self, genesys: GenesysSimulator, client: Client
    ) -> None:
        genesys.put_executions(BALANCE, minutes(14), 1)
        [result] = client.ask(granularity="PT4M").json()["results"]
        assert result["data"][0]["interval"] == "2026-01-31T10:12:00.000Z/2026-01-31T10:15:00.000Z"

    def test_groups_by_whatever_is_known(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_executions(BALANCE, minutes(1), 1, 2)
        genesys.put_executions(ORDERS, minutes(2), 30, response_status="504", error_type="TIMEOUT")
        genesys.put_executions("deleted", minutes(3), 4, response_status=None)
        by_error = client.stats(groupBy=["errorType", "responseStatus"])
        assert by_error == [
            ({"responseStatus": "200"}, [("10:00", 2, 2)]),
            ({"errorType": "TIMEOUT", "responseStatus": "504"}, [("10:00", 1, 30)]),
            ({}, [("10:00", 1, 4)]),
        ]
        names = ["actionName", "actionCategory", "integrationId", "integrationName"]
        assert {
            "actionName": "Get Orders",
            "actionCategory": "Shop",
            "integrationId": "shop",
            "integrationName": "Shop",
        } in [group for group, _ in client.stats(groupBy=names)]

    @pytest.mark.parametrize(
        ("predicates", "found"),
        [
            ([{"dimension": "actionId", "value": ORDERS}], ["b"]),
            ([{"dimension": "actionId", "operator": "matches", "value": "none"}], []),
            ([{"dimension": "errorType", "operator": "exists"}], ["b"]),
            ([{"dimension": "errorType", "operator": "notExists"}], ["a"]),
        ],
    )
    def test_can_be_filtered(
        self, genesys: GenesysSimulator, client: Client, predicates: list[dict[str, str]], found: list[str]
    ) -> None:
        genesys.put_executions(BALANCE, minutes(1), 1, response_status="a")
        genesys.put_executions(ORDERS, minutes(1), 1, response_status="b", error_type="TIMEOUT")

        def statuses(said: dict[str, Any]) -> list[str]:
            return [group["responseStatus"] for group, _ in client.stats(groupBy=["responseStatus"], filter=said)]

        assert statuses({"type": "and", "predicates": predicates}) == found
        both = {"type": "or", "predicates": [{"dimension": "responseStatus", "value": each} for each in "ab"]}
        assert statuses(both) == ["a", "b"]
        assert statuses({"type": "and", "clauses": [both, {"type": "and", "predicates": predicates}]}) == found

    def test_times_are_the_same_in_any_zone(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.put_executions(BALANCE, minutes(1).astimezone(timezone(timedelta(hours=5))), 1)
        for interval in ("2026-01-31T11:00+01:00/2026-01-31T11:15+01:00", "2026-01-31T10:00/2026-01-31T10:15"):
            assert client.stats(interval=interval, granularity="PT1M") == [({}, [("10:01", 1, 1)])]

    def test_nothing_is_found_where_nothing_was(self, client: Client) -> None:
        assert client.ask(groupBy=["actionId"], granularity="P1DT2H3M4S").json() == {"results": []}

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"interval": ...}, "interval"),
            ({"interval": "2026-01-31T10:00:00Z"}, "interval"),
            ({"interval": "now/later"}, "interval"),
            ({"interval": "2026-01-31T10:00:00Z/2026-01-31T10:00:00Z"}, "must end after it starts"),
            ({"metrics": ...}, "tTotalExecution"),
            ({"metrics": ["tTotal"]}, "tTotalExecution"),
            ({"groupBy": "actionId"}, "groupBy"),
            ({"groupBy": ["color"]}, "actionCategory"),
            ({"granularity": "1 minute"}, "PT1M"),
            ({"granularity": "P"}, "above zero"),
            ({"filter": {"predicates": []}}, "filter"),
            ({"filter": {"type": "and", "predicates": [{"dimension": "color"}]}}, "dimension"),
            ({"filter": {"type": "and", "predicates": [{"dimension": "actionId", "operator": "is"}]}}, "operator"),
            ({"views": []}, "knows no views"),
        ],
    )
    def test_a_wrong_query_is_refused(self, client: Client, query: dict[str, Any], said: str) -> None:
        answer = client.ask(**query)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad.request")
        assert said in answer.json()["message"]

    def test_needs_a_permission_and_counts_as_a_call(self, genesys: GenesysSimulator, client: Client) -> None:
        assert client.ask().headers["inin-ratelimit-count"] == "1"
        genesys.fault(operation="query_executions", status=503)
        assert client.ask().status_code == 503
        genesys.configure(permissions=set())
        assert "integrations:action:view" in client.ask().json()["message"]

    def test_executions_may_be_put_in_by_people(self, genesys: GenesysSimulator, client: Client) -> None:
        content = {"action_id": BALANCE, "milliseconds": [5, 7], "at": "2026-01-31T10:01:00Z", "error_type": "TIMEOUT"}
        assert client.admin("POST", "executions", content).json() == {"executions": 2}
        assert client.stats(groupBy=["errorType"]) == [({"errorType": "TIMEOUT"}, [("10:00", 2, 7)])]
        client.admin("POST", "executions", {"action_id": BALANCE, "milliseconds": [5]})
        now = datetime.now(UTC)
        interval = f"{(now - timedelta(hours=1)).isoformat()}/{(now + timedelta(hours=1)).isoformat()}"
        assert len(client.stats(interval=interval)) == 1
        genesys.put_executions(BALANCE, None, 3)
        assert client.stats(interval=interval)[0][1][0][1] == 2
        genesys.reset()
        client.login()
        assert client.ask(interval=interval).json() == {"results": []}

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"action_id": BALANCE}, "Missing: milliseconds"),
            ({"action_id": "", "milliseconds": []}, "action_id"),
            ({"action_id": BALANCE, "milliseconds": 5}, "milliseconds"),
            ({"action_id": BALANCE, "milliseconds": [-1]}, "milliseconds"),
            ({"action_id": BALANCE, "milliseconds": [1], "at": "noon"}, "ISO 8601"),
            ({"action_id": BALANCE, "milliseconds": [1], "error_type": 5}, "error_type"),
        ],
    )
    def test_wrong_executions_are_refused(self, client: Client, content: dict[str, Any], said: str) -> None:
        answer = client.admin("POST", "executions", content)
        assert answer.status_code == 400
        assert said in answer.json()["error"]

    def test_wrong_use_is_refused(self, genesys: GenesysSimulator) -> None:
        with pytest.raises(ValueError, match="time zone"):
            genesys.put_executions(BALANCE, TEN.replace(tzinfo=None), 1)
        with pytest.raises(ValueError, match="at least 0"):
            genesys.put_executions(BALANCE, TEN, float("nan"))


class TestLoginLimit:
    def test_one_login_too_many_is_a_bad_request(self, genesys: GenesysSimulator, client: Client, clock: Clock) -> None:
        genesys.configure(login_limit_calls=2)
        assert client.login().ok
        assert client.login("wrong").status_code == 401
        refused = client.login()
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
        assert "rate limit exceeded" in refused.json()["error_description"]
        assert "Retry-After" not in refused.headers
        assert client.ask().ok  # a token is a token
        clock.now += 60
        assert client.login().ok

    def test_it_can_be_a_fault_as_well(self, genesys: GenesysSimulator, client: Client) -> None:
        genesys.fault(operation="token", status=400, code="invalid_request", message="rate limit exceeded")
        assert client.login().json() == {"error": "invalid_request", "error_description": "rate limit exceeded"}
        assert client.login().ok
