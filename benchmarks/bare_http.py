"""The limit: the calls that cannot be saved, over one pooled session of `requests`, and nothing else.

No search, no checks, no retries, no deadline, no outcomes, no log. Whatever the function takes longer is its price.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
from benchmarks.harness import CONCURRENCY, Harness
from requests.adapters import HTTPAdapter

_TIMEOUT_SECONDS = 10


class BareHttp:
    """One login, then GET, parse, dump and PUT per Flow, as many side by side as the function does."""

    def __init__(self, harness: Harness) -> None:
        self._url = harness.genesys_url
        self._form = harness.client_credentials
        self._http = requests.Session()
        self._http.mount("http://", HTTPAdapter(pool_maxsize=CONCURRENCY))
        self._headers: dict[str, str] = {}

    def log_in(self) -> None:
        """Takes a fresh token."""
        answer = self._http.post(f"{self._url}/oauth/token", data=self._form, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        self._headers = {
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "Content-Type": "application/json",
        }

    def publish_again(self, flow_id: str) -> None:
        """GET, parse, dump, PUT."""
        url = f"{self._url}/api/v2/flows/{flow_id}"
        read = self._http.get(url, headers=self._headers, timeout=_TIMEOUT_SECONDS)
        read.raise_for_status()
        body = json.dumps(json.loads(read.content)).encode()
        self._http.put(f"{url}/publish", headers=self._headers, data=body, timeout=_TIMEOUT_SECONDS).raise_for_status()

    def run(self, flow_ids: Sequence[str]) -> None:
        """All Flows, from the login on."""
        self.log_in()
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(pool.map(self.publish_again, flow_ids))
