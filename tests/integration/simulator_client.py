"""A real HTTP client of the Genesys Cloud simulator: what the tests of each of its parts have in common."""

from dataclasses import dataclass
from typing import Any

import requests

SOON = 5.0
PROOF = ("simulator-client", "simulator-secret")


@dataclass
class SimulatorClient:
    """A client with one connection and one token."""

    session: requests.Session
    url: str

    def login(self, secret: str = PROOF[1]) -> requests.Response:
        form = {"grant_type": "client_credentials"}
        proof = (PROOF[0], secret)
        answer = self.session.post(f"{self.url}/oauth/token", data=form, auth=proof, timeout=SOON)
        if answer.ok:
            self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def admin(self, method: str, path: str, content: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_simulator/{path}", json=content, timeout=SOON)


def assert_error(answer: requests.Response, status: int, code: str) -> str:
    """That it is the error, in Genesys Cloud's shape; its message."""
    content = answer.json()
    assert (answer.status_code, content["status"], content["code"]) == (status, status, code)
    assert content["contextId"] == answer.headers["ININ-Correlation-Id"]
    return str(content["message"])
