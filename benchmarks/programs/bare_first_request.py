"""The limit of `first_request`: the same libraries, the same calls to AWS and to Genesys Cloud, and nothing else."""

import json
import os
import sys
import time

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics

WAIT_SECONDS = 10

flow_id = json.loads(json.load(sys.stdin)["Records"][0]["body"])["flow_id"]
logger, metrics = Logger(service="bare"), Metrics(namespace="Bare", service="bare")
secret = json.loads(
    boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["GENESYS_SECRET_ID"])["SecretString"]
)
http = requests.Session()
form = {"grant_type": "client_credentials", "client_id": secret["client_id"], "client_secret": secret["client_secret"]}
login = http.post(f"{secret['base_url']}/oauth/token", data=form, timeout=WAIT_SECONDS)
login.raise_for_status()
headers = {"Authorization": f"Bearer {login.json()['access_token']}", "Content-Type": "application/json"}
url = f"{secret['base_url']}/api/v2/flows/{flow_id}"
read = http.get(url, headers=headers, timeout=WAIT_SECONDS)
read.raise_for_status()
published = http.put(f"{url}/publish", headers=headers, data=json.dumps(read.json()), timeout=WAIT_SECONDS)
published.raise_for_status()
entry = {
    "EventBusName": os.environ["EVENT_BUS_NAME"],
    "Source": "benchmark",
    "DetailType": "Benchmark",
    "Detail": json.dumps({"flow_id": flow_id}),
}
boto3.client("events").put_events(Entries=[entry])  # type: ignore[list-item]  # a plain dict will do
logger.info("request finished", extra={"flow_id": flow_id})
metrics.add_metric(name="FlowPublishes", unit="Count", value=1)
metrics.flush_metrics()
print(time.monotonic_ns())
