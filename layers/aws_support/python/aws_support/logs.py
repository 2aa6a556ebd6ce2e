"""The functions' logger: one JSON object a line, and nothing in it that must not be there."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger


def as_line(entry: dict[str, Any]) -> str:
    """A log entry as plain ASCII JSON, so that no name of a step or an action can break its line."""
    return json.dumps(entry, default=str, separators=(",", ":"))


def make_logger(service: str, level: str, write: Callable[[dict[str, Any]], str] = as_line) -> Logger:
    """The logger.

    Args:
        write: makes a line of an entry.
    """
    for library in ("boto3", "botocore"):  # at DEBUG they log what they send and get: secrets, Flows
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # at WARNING it quotes headers that it cannot read, whole
    return Logger(service=service, level=level, json_serializer=write)


def telling_of_outages(logger: Logger) -> Callable[[str, str], None]:
    """Tells that a secret cannot be read again, and why; what it said last goes on counting."""

    def tell(name: str, why: str) -> None:
        logger.warning("secret not read again, what it said last counts", extra={"secret": name, "why": why})

    return tell
