"""The environment, read and checked once per cold start. docs/configuration.md explains each variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aws_support.environment import Environment
from latency_probe.intervals import Pace

MOST_MINUTES_BACK = 180
"""Metrics Insights, and so the alarm, sees the last three hours (CloudWatch User Guide, limits of alarms)."""
_ORGANIZATION = re.compile("[a-z0-9-]{1,32}")
_NAMESPACE = re.compile(r"[A-Za-z0-9 ./_#-]{1,255}")


@dataclass(frozen=True)
class Settings:
    """What the environment says; times are whole seconds unless named otherwise.

    Attributes:
        organizations: those that are measured, each once, in this order.
        secret_id: name or ARN of the secret, `{organization}` standing for the organization.
        checkpoint_table_name: the DynamoDB table that remembers up to where was measured.
        latency_namespace: of the metrics about Data Actions.
        service, metrics_namespace: how Powertools names what the function logs and counts about itself.
    """

    organizations: tuple[str, ...]
    pace: Pace
    secret_id: str
    checkpoint_table_name: str
    latency_namespace: str
    service: str
    metrics_namespace: str
    log_level: str
    http_connect_timeout_seconds: int
    http_read_timeout_seconds: int

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Settings:
        """Reads the settings.

        Raises:
            ConfigurationError: names everything that is missing or malformed.
        """
        environment = Environment(variables)
        settings = cls(
            organizations=_organizations(environment, "PROBE_ORGANIZATIONS"),
            pace=Pace(
                settling_minutes=environment.whole("PROBE_SETTLING_MINUTES", 2, least=0, most=60),
                look_back_minutes=environment.whole("PROBE_LOOK_BACK_MINUTES", 60, most=MOST_MINUTES_BACK),
            ),
            secret_id=environment.text("GENESYS_SECRET_ID"),
            checkpoint_table_name=environment.text("LEDGER_TABLE_NAME"),
            latency_namespace=_namespace(environment, "PROBE_METRICS_NAMESPACE", "GenesysDataActions"),
            service=environment.text("POWERTOOLS_SERVICE_NAME", "latency-probe"),
            metrics_namespace=environment.text("POWERTOOLS_METRICS_NAMESPACE", "GenesysTimeoutRaiser"),
            log_level=environment.level("POWERTOOLS_LOG_LEVEL", "INFO"),
            http_connect_timeout_seconds=environment.whole("HTTP_CONNECT_TIMEOUT_SECONDS", 3, most=900),
            http_read_timeout_seconds=environment.whole("HTTP_READ_TIMEOUT_SECONDS", 10, most=900),
        )
        environment.check()
        return settings


def _organizations(environment: Environment, name: str) -> tuple[str, ...]:
    text = environment.text(name)
    names = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in names if not _ORGANIZATION.fullmatch(part)]
    if text and (wrong or not names):
        environment.problems.append(
            f"{name} must be organizations with commas between them, each of a-z, 0-9 and hyphens, not"
            f" {(wrong or [text])[0][:40]!r}"
        )
    return tuple(dict.fromkeys(names))


def _namespace(environment: Environment, name: str, default: str) -> str:
    text = environment.text(name, default)
    if not _NAMESPACE.fullmatch(text) or text.startswith("AWS/"):
        environment.problems.append(f"{name} must be a CloudWatch namespace of your own, not {text[:40]!r}")
    return text
