"""What the ledger's table holds, read from outside."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

_RECORD, _FINISHED, _TRANSITION = "timeouts", "finished", "transition/"


class Remembered(NamedTuple):
    """What is remembered of one step that can be put back.

    Attributes:
        document: organization, kind and id.
        before: seconds before the first change; None where none was set.
        written: seconds last written, or last intended where another invocation was too quick to let that be confirmed.
    """

    document: str
    path: str
    name: str | None
    before: float | None
    written: float | None
    by: str
    at: datetime

    @property
    def document_id(self) -> str:
        """The Flow's or integration action's own id."""
        return self.document.split("/", 2)[2]


class LedgerLook:
    """One look at the table.

    Attributes:
        remembered: every step that can be put back.
        finished: every transition of an alarm that was dealt with.
    """

    def __init__(self, dynamodb: Any, table: str) -> None:
        items = [item for page in dynamodb.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]
        self.remembered = [entry for item in items if item["sk"]["S"] == _RECORD for entry in _entries(item)]
        self.finished = {item["pk"]["S"].removeprefix(_TRANSITION) for item in items if item["sk"]["S"] == _FINISHED}


def _entries(item: dict[str, Any]) -> Iterator[Remembered]:
    entries = item["entries"]
    for entry in json.loads(entries["S"] if "S" in entries else zlib.decompress(entries["B"])):
        before = entry["before"]
        if before:
            by = entry["by"]
            yield Remembered(
                document=item["pk"]["S"],
                path=entry["path"],
                name=entry["name"],
                before=before["seconds"],
                written=entry["intended"][-1] if entry["intended"] else entry["written"],
                by=by.get("requested_by") or by.get("request_id") or "?",
                at=datetime.fromtimestamp(entry["at"], UTC),
            )
