"""The probe's environment: defaults, and one message for all that is wrong."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from aws_support.environment import ConfigurationError, Environment
from latency_probe.settings import Settings

REQUIRED = {"PROBE_ORGANIZATIONS": "default", "GENESYS_SECRET_ID": "s", "LEDGER_TABLE_NAME": "l"}


def test_what_is_not_set_has_its_default() -> None:
    assert asdict(Settings.from_environment(REQUIRED)) == {
        "organizations": ("default",),
        "pace": {"settling_minutes": 2, "look_back_minutes": 60},
        "secret_id": "s",
        "checkpoint_table_name": "l",
        "latency_namespace": "GenesysDataActions",
        "service": "latency-probe",
        "metrics_namespace": "GenesysTimeoutRaiser",
        "log_level": "INFO",
        "http_connect_timeout_seconds": 3,
        "http_read_timeout_seconds": 10,
    }


def test_organizations_are_taken_in_their_order_and_each_once() -> None:
    settings = Settings.from_environment({**REQUIRED, "PROBE_ORGANIZATIONS": " emea, default,,emea ,a-2"})
    assert settings.organizations == ("emea", "default", "a-2")


def test_settling_may_be_nothing() -> None:
    assert Settings.from_environment({**REQUIRED, "PROBE_SETTLING_MINUTES": "0"}).pace.settling_minutes == 0


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("PROBE_ORGANIZATIONS", "", "PROBE_ORGANIZATIONS is missing"),
        ("PROBE_ORGANIZATIONS", " , ", "PROBE_ORGANIZATIONS must be organizations with commas between them"),
        ("PROBE_ORGANIZATIONS", "default,EMEA", "not 'EMEA'"),
        ("PROBE_ORGANIZATIONS", "x" * 33, "PROBE_ORGANIZATIONS must be"),
        ("PROBE_SETTLING_MINUTES", "61", "PROBE_SETTLING_MINUTES must be a whole number from 0 to 60, not '61'"),
        ("PROBE_LOOK_BACK_MINUTES", "0", "PROBE_LOOK_BACK_MINUTES must be a whole number from 1 to 180, not '0'"),
        ("PROBE_LOOK_BACK_MINUTES", "1.5", "not '1.5'"),
        ("PROBE_METRICS_NAMESPACE", "AWS/Lambda", "must be a CloudWatch namespace of your own, not 'AWS/Lambda'"),
        ("PROBE_METRICS_NAMESPACE", 'a"b', "must be a CloudWatch namespace of your own"),
        ("POWERTOOLS_LOG_LEVEL", "loud", "POWERTOOLS_LOG_LEVEL must be one of DEBUG, INFO"),
        ("GENESYS_SECRET_ID", "", "GENESYS_SECRET_ID is missing"),
        ("LEDGER_TABLE_NAME", "", "LEDGER_TABLE_NAME is missing"),
    ],
)
def test_what_is_wrong_is_named(variable: str, value: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.from_environment({**REQUIRED, variable: value})
    assert complaint in str(raised.value)


def test_one_message_names_all_that_is_wrong() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.from_environment({"PROBE_LOOK_BACK_MINUTES": "an hour", "HTTP_READ_TIMEOUT_SECONDS": "0"})
    assert str(raised.value).startswith("the function's environment is wrong: ")
    assert str(raised.value).count(";") == 4


def test_an_environment_is_fine_until_something_is_wrong_with_it() -> None:
    environment = Environment({"A": "x", "EMPTY": ""})
    assert (environment.text("A"), environment.text("B", "b"), environment.optional("EMPTY")) == ("x", "b", None)
    environment.check()
    environment.problems.append("C is odd")
    with pytest.raises(ConfigurationError, match="C is odd"):
        environment.check()
