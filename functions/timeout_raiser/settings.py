"""The environment, read and checked once per cold start. docs/configuration.md explains each variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_support.environment import Environment
from policy import Policy
from routing import InvalidRoute, RouteReader, strict_json

DEFAULT_ALARM_POLICY = {"headroom_percent": 50, "raise_by_percent": 50, "cooldown_seconds": 300}


@dataclass(frozen=True)
class Settings:
    """What the environment says; times are whole seconds.

    Attributes:
        secret_id: name or ARN of the secret, `{organization}` standing for the request's organization.
        ledger_table_name: the DynamoDB table that remembers what was changed.
        alarm_routes_parameter: the SSM parameter with the routes of alarms; None where there is none.
        default_alarm_policy: of a route without one.
        service, metrics_namespace: how Powertools names what it logs and counts.
        max_timeout_seconds: limit of a Flow step where the organization's secret names none.
        default_timeout_seconds: what a step without a timeout counts as.
        max_publish_attempts: conflicts met in one invocation before a request has to wait.
        flow_concurrency: documents that are worked on side by side.
    """

    secret_id: str
    request_queue_url: str
    dead_letter_queue_url: str
    event_bus_name: str
    ledger_table_name: str
    alarm_routes_parameter: str | None
    default_alarm_policy: Policy
    service: str
    metrics_namespace: str
    log_level: str
    max_timeout_seconds: int
    default_timeout_seconds: int
    max_publish_attempts: int
    http_connect_timeout_seconds: int
    http_read_timeout_seconds: int
    flow_concurrency: int

    @classmethod
    def from_environment(cls, variables: Mapping[str, str], routes: RouteReader) -> Settings:
        """Reads the settings.

        Args:
            routes: reads the default policy.

        Raises:
            ConfigurationError: names everything that is missing or malformed.
        """
        environment = Environment(variables)
        settings = cls(
            secret_id=environment.text("GENESYS_SECRET_ID"),
            request_queue_url=environment.text("REQUEST_QUEUE_URL"),
            dead_letter_queue_url=environment.text("DEAD_LETTER_QUEUE_URL"),
            event_bus_name=environment.text("EVENT_BUS_NAME", "default"),
            ledger_table_name=environment.text("LEDGER_TABLE_NAME"),
            alarm_routes_parameter=environment.optional("ALARM_ROUTES_PARAMETER"),
            default_alarm_policy=_policy(environment, "DEFAULT_ALARM_POLICY", routes),
            service=environment.text("POWERTOOLS_SERVICE_NAME", "timeout-raiser"),
            metrics_namespace=environment.text("POWERTOOLS_METRICS_NAMESPACE", "GenesysTimeoutRaiser"),
            log_level=environment.level("POWERTOOLS_LOG_LEVEL", "INFO"),
            max_timeout_seconds=environment.whole("MAX_TIMEOUT_SECONDS", 30, most=3600),
            default_timeout_seconds=environment.whole("DEFAULT_TIMEOUT_SECONDS", 3, most=3600),
            max_publish_attempts=environment.whole("MAX_PUBLISH_ATTEMPTS", 5, most=100),
            http_connect_timeout_seconds=environment.whole("HTTP_CONNECT_TIMEOUT_SECONDS", 3, most=900),
            http_read_timeout_seconds=environment.whole("HTTP_READ_TIMEOUT_SECONDS", 10, most=900),
            flow_concurrency=environment.whole("FLOW_CONCURRENCY", 8, most=256),
        )
        environment.check()
        return settings


def _policy(environment: Environment, name: str, routes: RouteReader) -> Policy:
    try:
        text = environment.optional(name)
        policy = DEFAULT_ALARM_POLICY if text is None else strict_json(text, name)
        if policy == DEFAULT_ALARM_POLICY:  # known to be right: to compile the schema that says so costs a cold start
            return Policy.of(DEFAULT_ALARM_POLICY)
        return routes.read_policy(policy, within=name)
    except InvalidRoute as error:
        environment.problems.append(str(error))
    return Policy()
