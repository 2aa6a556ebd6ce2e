"""What must never be seen: client secret, token, Authorization header, a whole Flow; not even at DEBUG."""

import base64
import json
from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, flow, step

IN_THE_FLOW = "only-in-the-document"


class Watch:
    """All that can be seen from outside, and what must not be in it."""

    def __init__(self, genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
        self._genesys = genesys
        self._aws = aws
        self._function = function
        self.seen = ""

    def saw(self, answer: object) -> None:
        self.seen += json.dumps(answer)

    def finish(self) -> str:
        letters = [(letter.body, letter.attributes) for letter in self._aws.dead_letters()]
        self.seen += json.dumps([self._aws.bus_events(), letters]) + self._function.log()
        headers = {call.headers.get("authorization", "") for call in self._genesys.calls}
        credentials = {part for header in headers for part in header.split() if part not in {"Bearer", "Basic"}}
        hidden = [*credentials, self._genesys.settings.client_secret, IN_THE_FLOW]
        assert [text for text in hidden if text in self.seen] == []
        return self.seen


@pytest.fixture
def function(start: Start) -> Function:
    return start(POWERTOOLS_LOG_LEVEL="DEBUG", LOG_LEVEL="DEBUG", AWS_LAMBDA_LOG_LEVEL="DEBUG")


@pytest.fixture
def watch(genesys: GenesysSimulator, aws: Aws, function: Function) -> Watch:
    genesys.configure(client_secret="hush-hush-secret")
    aws.connect(genesys)
    genesys.put_flow("f", flow(step("Slow", 3), step("B", 3), note=IN_THE_FLOW))
    return Watch(genesys, aws, function)


def run(function: Function, watch: Watch, *bodies: Any, seconds: float = 4) -> str:
    watch.saw(function.take(*bodies, seconds=seconds))
    watch.saw(function.ask(ask(timeout_seconds=11), {"flow_id": "f", "operation": "inspect"}, seconds=seconds))
    return watch.finish()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_when_all_is_well(genesys: GenesysSimulator, aws: Aws, function: Function, watch: Watch, method: str) -> None:
    aws.connect(genesys, token_endpoint_auth_method=method)
    seen = run(function, watch, ask(), "not JSON", ask(action_name="Nope"), ask("nope"))
    assert "request finished" in seen


@pytest.mark.parametrize("operation", ["get_flow", "publish"])
def test_when_genesys_cloud_quotes_the_token(
    genesys: GenesysSimulator, function: Function, watch: Watch, operation: str
) -> None:
    for seconds, status in enumerate([400, 401, 403, 404, 409, 423, 429, 500, 501, 307], start=4):
        watch.saw(function.ask_one(ask(action_name="B", timeout_seconds=seconds)))
        token = [call.headers["authorization"].split()[1] for call in genesys.calls if call.method == "GET"][-1]
        headers = {"Retry-After": "300"} if status == 429 else {}
        genesys.fault(
            operation=operation, status=status, code=token, message=f"Bearer {token} is no good", headers=headers
        )
        watch.saw(function.take(ask(timeout_seconds=seconds)))
    assert "*** is no good" in watch.finish()


def test_when_the_login_quotes_the_secret(genesys: GenesysSimulator, function: Function, watch: Watch) -> None:
    genesys.fault(operation="token", status=401, message="hush-hush-secret is wrong", times=4)
    assert "is wrong" in run(function, watch, ask())


def test_when_the_login_quotes_the_secret_in_other_spellings(
    genesys: GenesysSimulator, aws: Aws, function: Function, watch: Watch
) -> None:
    secret = "h+u/s=h&x"
    genesys.rotate_secret(secret)
    aws.connect(genesys, client_secret=secret)
    spellings = ["h%2Bu%2Fs%3Dh%26x", base64.b64encode(f"simulator-client:{secret}".encode()).decode()]
    for spelling in spellings:
        genesys.expire_tokens()
        genesys.fault(operation="token", status=401, message=f"{spelling} is wrong", times=2)
        watch.saw(function.take(ask()))
    seen = watch.finish()
    assert "*** is wrong" in seen
    assert [spelling for spelling in spellings if spelling in seen] == []


def test_when_an_answer_s_id_quotes_the_token(genesys: GenesysSimulator, function: Function, watch: Watch) -> None:
    function.ask_one({"flow_id": "f", "operation": "inspect"})
    token = [call.headers["authorization"].split()[1] for call in genesys.calls if call.method == "GET"][-1]
    genesys.fault(operation="get_flow", status=404, headers={"ININ-Correlation-Id": token})
    run(function, watch, ask())


def test_when_the_secret_was_wrong(genesys: GenesysSimulator, function: Function, watch: Watch) -> None:
    genesys.rotate_secret("another-secret")
    assert "credentials_invalid" in run(function, watch, ask())


@pytest.mark.parametrize("fault", [{"reset": True}, {"cut_off": True}, {"broken_json": True}])
def test_when_answers_are_lost(
    genesys: GenesysSimulator, function: Function, watch: Watch, fault: dict[str, Any]
) -> None:
    genesys.fault(operation="publish", times=20, **fault)
    run(function, watch, ask(), seconds=2.7)


@pytest.mark.parametrize("document", ["[]", '{"version": 1, "no": "steps"}', "[" * 50_000, '{"steps": NaN}', "{"])
def test_when_a_flow_is_none(genesys: GenesysSimulator, function: Function, watch: Watch, document: str) -> None:
    genesys.put_flow("f", document.replace("steps", f"steps{IN_THE_FLOW}") if "no" in document else document)
    run(function, watch, ask(), seconds=2.7)


def test_a_redirect_gives_nothing_away(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, function: Function, watch: Watch
) -> None:
    genesys.fault(redirect=f"{elsewhere.url}/oauth/token", times=3)
    run(function, watch, ask())
    assert elsewhere.calls == []
