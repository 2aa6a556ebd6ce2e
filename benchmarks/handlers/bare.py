"""The limit of a cold start: the same libraries, the same calls to AWS and Genesys Cloud made by hand, nothing else."""

import json
import os
from typing import Any

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics

WAIT_SECONDS = 10
RECORD_BYTES = 500  # about what the ledger keeps of a Flow with one step changed

logger, metrics = Logger(service="bare"), Metrics(namespace="Bare", service="bare")


def lambda_handler(event: Any, _context: object) -> dict[str, list[str]]:
    """One message: secret, token, GET, two writes to the ledger around a PUT, event, log, metrics."""
    flow_id = json.loads(event["Records"][0]["body"])["flow_id"]
    secret = json.loads(
        boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["GENESYS_SECRET_ID"])["SecretString"]
    )
    http = requests.Session()
    form = {key: secret[key] for key in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    login = http.post(f"{secret['base_url']}/oauth/token", data=form, timeout=WAIT_SECONDS)
    login.raise_for_status()
    http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
    url = f"{secret['base_url']}/api/v2/flows/{flow_id}"
    read = http.get(url, timeout=WAIT_SECONDS)
    read.raise_for_status()
    dynamodb = boto3.client("dynamodb")
    remember(dynamodb, flow_id, 1)
    http.put(f"{url}/publish", json=read.json(), timeout=WAIT_SECONDS).raise_for_status()
    remember(dynamodb, flow_id, 2)
    boto3.client("events").put_events(
        Entries=[
            {
                "EventBusName": os.environ["EVENT_BUS_NAME"],
                "Source": "benchmark",
                "DetailType": "Benchmark",
                "Detail": json.dumps({"flow_id": flow_id}),
            }
        ]
    )
    logger.info("request finished", extra={"flow_id": flow_id})
    metrics.add_metric(name="FlowPublishes", unit="Count", value=1)
    metrics.flush_metrics()
    return {"batchItemFailures": []}


def remember(dynamodb: Any, flow_id: str, revision: int) -> None:
    """Writes a record of the ledger."""
    dynamodb.put_item(
        TableName=os.environ["LEDGER_TABLE_NAME"],
        Item={
            "pk": {"S": f"bare/{flow_id}"},
            "sk": {"S": "timeouts"},
            "revision": {"N": str(revision)},
            "entries": {"S": "x" * RECORD_BYTES},
        },
        ConditionExpression="attribute_not_exists(pk) OR revision = :before",
        ExpressionAttributeValues={":before": {"N": str(revision - 1)}},
    )
