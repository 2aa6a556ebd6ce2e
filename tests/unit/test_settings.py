"""The environment: defaults, and one message for all that is wrong."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

import pytest

from aws_support.environment import ConfigurationError
from policy import Policy
from routing import RouteReader
from settings import Settings

REQUIRED = {
    "GENESYS_SECRET_ID": "s",
    "REQUEST_QUEUE_URL": "q",
    "DEAD_LETTER_QUEUE_URL": "d",
    "LEDGER_TABLE_NAME": "l",
}


def read(environment: dict[str, str]) -> Settings:
    return Settings.from_environment(environment, RouteReader())


def test_what_is_not_set_has_its_default() -> None:
    assert asdict(read(REQUIRED)) == {
        "secret_id": "s",
        "request_queue_url": "q",
        "dead_letter_queue_url": "d",
        "event_bus_name": "default",
        "ledger_table_name": "l",
        "alarm_routes_parameter": None,
        "default_alarm_policy": asdict(
            Policy(headroom_percent=Decimal(50), raise_by_percent=Decimal(50), cooldown_seconds=300)
        ),
        "service": "timeout-raiser",
        "metrics_namespace": "GenesysTimeoutRaiser",
        "log_level": "INFO",
        "max_timeout_seconds": 30,
        "default_timeout_seconds": 3,
        "max_publish_attempts": 5,
        "http_connect_timeout_seconds": 3,
        "http_read_timeout_seconds": 10,
        "flow_concurrency": 8,
    }


def test_what_is_set_to_nothing_counts_as_not_set() -> None:
    names = ["EVENT_BUS_NAME", "MAX_TIMEOUT_SECONDS", "POWERTOOLS_SERVICE_NAME"]
    empty = dict.fromkeys([*names, "ALARM_ROUTES_PARAMETER", "DEFAULT_ALARM_POLICY"], "")
    assert read({**REQUIRED, **empty}) == read(REQUIRED)


@pytest.mark.parametrize(
    ("variable", "attribute"),
    [
        ("MAX_TIMEOUT_SECONDS", "max_timeout_seconds"),
        ("DEFAULT_TIMEOUT_SECONDS", "default_timeout_seconds"),
        ("MAX_PUBLISH_ATTEMPTS", "max_publish_attempts"),
        ("HTTP_CONNECT_TIMEOUT_SECONDS", "http_connect_timeout_seconds"),
        ("HTTP_READ_TIMEOUT_SECONDS", "http_read_timeout_seconds"),
        ("FLOW_CONCURRENCY", "flow_concurrency"),
    ],
)
@pytest.mark.parametrize(
    "nonsense", ["0", "-1", "3.5", "ten", " 5", "5\n", "٣", "²", "1_0", "9" * 9, "9" * 10_000, "1e2", "+5"]
)
def test_each_number_must_be_a_whole_one_in_its_range(variable: str, attribute: str, nonsense: str) -> None:
    assert getattr(read({**REQUIRED, variable: "17"}), attribute) == 17
    with pytest.raises(ConfigurationError) as wrong:
        read({**REQUIRED, variable: nonsense})
    assert f"{variable} must be a whole number from 1 to " in str(wrong.value)
    assert len(str(wrong.value)) < 200


def test_one_message_names_all_that_is_wrong() -> None:
    with pytest.raises(ConfigurationError) as wrong:
        read(
            {
                "REQUEST_QUEUE_URL": "q",
                "FLOW_CONCURRENCY": "many",
                "MAX_TIMEOUT_SECONDS": "0",
                "DEFAULT_ALARM_POLICY": "much",
            }
        )
    message = str(wrong.value)
    for part in (
        "GENESYS_SECRET_ID is missing",
        "DEAD_LETTER_QUEUE_URL is missing",
        "LEDGER_TABLE_NAME is missing",
        "DEFAULT_ALARM_POLICY is not JSON",
        "FLOW_CONCURRENCY must be",
        "not 'many'",
        "MAX_TIMEOUT_SECONDS must be",
    ):
        assert part in message
    assert "REQUEST_QUEUE_URL" not in message


@pytest.mark.parametrize(("level", "kept"), [("DEBUG", "DEBUG"), ("warning", "WARNING"), ("", "INFO")])
def test_a_log_level_is_taken_in_any_case(level: str, kept: str) -> None:
    assert read({**REQUIRED, "POWERTOOLS_LOG_LEVEL": level}).log_level == kept


def test_a_log_level_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"POWERTOOLS_LOG_LEVEL must be one of DEBUG, INFO.*, not 'LOUD'"):
        read({**REQUIRED, "POWERTOOLS_LOG_LEVEL": "loud"})
