"""boto3 clients, made when first needed and kept: a cold start pays only for what the invocation uses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_sqs import SQSClient

_CONFIG = Config(
    # Short and few: these calls take milliseconds, and a service that hangs must not eat the time of the work itself.
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    # A quarter of a call's processor time: botocore would put the same name together anew, and check once more what the
    # types have been checked for, at every call.
    user_agent="genesys-timeout-raiser",
    parameter_validation=False,
)

_lock = threading.Lock()  # boto3 does not make clients from several threads at once
_made: dict[str, Any] = {}


def _client(service: str) -> Any:
    with _lock:
        if service not in _made:
            _made[service] = boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]  # named below
        return _made[service]


def sqs() -> SQSClient:
    """SQS."""
    client: SQSClient = _client("sqs")
    return client


def events() -> EventBridgeClient:
    """EventBridge."""
    client: EventBridgeClient = _client("events")
    return client


def dynamodb() -> DynamoDBClient:
    """DynamoDB."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def cloudwatch() -> CloudWatchClient:
    """CloudWatch."""
    client: CloudWatchClient = _client("cloudwatch")
    return client


def parameters() -> SSMProvider:
    """Systems Manager's parameters, behind Powertools' cache."""
    from aws_lambda_powertools.utilities.parameters import SSMProvider  # noqa: PLC0415  # costs a cold start

    provider: SSMProvider = _provider("ssm", SSMProvider)
    return provider


def secrets() -> SecretsProvider:
    """Secrets Manager, behind Powertools' cache."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider  # noqa: PLC0415  # costs a cold start

    provider: SecretsProvider = _provider("secretsmanager", SecretsProvider)
    return provider


def _provider(service: str, kind: Callable[..., Any]) -> Any:
    client = _client(service)
    name = f"provider of {service}"
    with _lock:
        if name not in _made:
            _made[name] = kind(boto3_client=client)
        return _made[name]
