"""The latency probe: wired once per cold start, entered by its schedule."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from aws_support import clients
from aws_support.logs import make_logger, telling_of_outages
from genesys_cloud.action_analytics import ActionAnalytics
from genesys_cloud.connections import Connections
from genesys_cloud.credentials import CredentialsStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import GenesysCloudError
from latency_probe.checkpoints import Checkpoints, CheckpointsUnavailable, TakenByAnother
from latency_probe.measuring import Measuring, NotMoved
from latency_probe.metrics import LatencyMetrics
from latency_probe.settings import Settings
from latency_probe.telemetry import Telemetry

SETTINGS = Settings.from_environment(os.environ)
LOGGER = make_logger(SETTINGS.service, SETTINGS.log_level)
METRICS = LatencyMetrics(SETTINGS.latency_namespace)
CONNECTIONS = Connections(
    CredentialsStore(SETTINGS.secret_id, clients.secrets, on_outage=telling_of_outages(LOGGER)),
    at_once=1,
    connect_timeout=SETTINGS.http_connect_timeout_seconds,
    read_timeout=SETTINGS.http_read_timeout_seconds,
)

PART_FOR_ASKING = 0.8
"""Of the time left: the rest is for publishing and for moving checkpoints."""
CLOCKS_DIFFER_BY_SECONDS = 1.0


def lambda_handler(event: Any, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # what comes does not matter
    """Measures every organization, up to the last minute that has settled; whatever the event says.

    Trouble with one organization is told, not raised: the others are measured, and its minutes are next time.
    """
    telemetry = Telemetry(LOGGER, namespace=SETTINGS.metrics_namespace, service=SETTINGS.service)
    deadline = Deadline.of(context)
    seconds = context.get_remaining_time_in_millis() / 1000
    table = Checkpoints(
        SETTINGS.checkpoint_table_name,
        clients.dynamodb,
        claim_seconds=seconds + CLOCKS_DIFFER_BY_SECONDS,
        now=time.time,
    )
    measuring = Measuring(table, METRICS.publish, SETTINGS.pace, now=lambda: datetime.now(UTC))
    try:
        for number, organization in enumerate(SETTINGS.organizations):
            # One after the other, each with its share: what one does not need is the next one's.
            share = deadline.share(PART_FOR_ASKING / (len(SETTINGS.organizations) - number))
            measure(organization, measuring, share, telemetry)
    finally:
        telemetry.flush()
    return {"organizations": telemetry.told}


def measure(organization: str, measuring: Measuring, deadline: Deadline, telemetry: Telemetry) -> None:
    """Measures one organization and tells how it went."""
    try:
        analytics = ActionAnalytics(CONNECTIONS.open_session(organization, deadline, telemetry))
        telemetry.measured(organization, measuring.measure(organization, analytics.minutes))
    except TakenByAnother:
        telemetry.left_to_another(organization)
    except (GenesysCloudError, CheckpointsUnavailable, NotMoved) as error:
        telemetry.not_measured(organization, error)
    except Exception as error:  # noqa: BLE001  # a bug must not keep the others from being measured
        telemetry.bug(organization, error)
