"""The baseline: what one writes after reading the tutorial. One Flow after the other, each from login to publish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests
from benchmarks.documents import ACTION, WANTED_SECONDS
from benchmarks.harness import Harness

_TIMEOUT_SECONDS = 10


class TutorialScript:
    """Plain `requests`: a new connection per call, a new token per Flow, a recursive search."""

    def __init__(self, harness: Harness) -> None:
        self._url = harness.genesys_url
        self._form = harness.client_credentials

    def run(self, flow_ids: Iterable[str]) -> None:
        """Sets the timeout in each Flow."""
        for flow_id in flow_ids:
            self._change(flow_id)

    def _change(self, flow_id: str) -> None:
        login = requests.post(f"{self._url}/oauth/token", data=self._form, timeout=_TIMEOUT_SECONDS)
        login.raise_for_status()
        headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
        url = f"{self._url}/api/v2/flows/{flow_id}"
        read = requests.get(url, headers=headers, timeout=_TIMEOUT_SECONDS)
        read.raise_for_status()
        document = read.json()
        _set_timeout(document["steps"])
        requests.put(f"{url}/publish", headers=headers, json=document, timeout=_TIMEOUT_SECONDS).raise_for_status()


def _set_timeout(steps: list[dict[str, Any]]) -> None:
    for step in steps:
        if step.get("type") == "data-action" and step.get("name") == ACTION:
            step.setdefault("settings", {})["timeout"] = WANTED_SECONDS
        _set_timeout(step.get("steps", []))
