"""Everything on this machine: emulated AWS, Genesys Cloud simulator, the real template deployed, examples loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

import sam
from emulated_aws import EmulatedAws

FLOWS, ACTIONS, ARCHITECT_FLOWS = (
    Path(__file__).with_name(folder) for folder in ("flows", "actions", "architect_flows")
)
"""Example documents, each in a file named after its id."""
_LOADED_AT = {FLOWS: "/flows", ACTIONS: "/actions", ARCHITECT_FLOWS: "/architect/flows"}
ALARM_ROUTES = Path(__file__).with_name("alarm-routes.json")
ORGANIZATION_SECRET = {"client_id": "simulator-client", "client_secret": "simulator-secret"}
"""What the simulator accepts; it opens nothing else."""
PLATFORM = sam.MEASURED_ORGANIZATION
"""A second organization, whose Flows speak the platform's own protocol. It is in the same simulator."""

_SIMULATOR_STARTS_WITHIN_SECONDS = 20


class SimulatorProcess:
    """The Genesys Cloud simulator in a process of its own; a context manager."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory() as folder:
            port_file = Path(folder) / "port"
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "genesys_simulator", "--port", str(self._port), "--port-file", str(port_file)],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            give_up_at = time.monotonic() + _SIMULATOR_STARTS_WITHIN_SECONDS
            while not port_file.exists():
                if self._process.poll() is not None or time.monotonic() > give_up_at:
                    self._stop()
                    raise RuntimeError("the Genesys Cloud simulator does not start (is its port taken?)")
                time.sleep(0.02)
            self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def ask(self, method: str, path: str, content: object = None) -> Any:
        """A call to the simulator's own interface, below `/_simulator`; returns its JSON."""
        return ask_simulator(self.url, method, path, content)


def ask_simulator(url: str, method: str, path: str, content: object = None) -> Any:
    """A call to the interface of the simulator at this address; returns its JSON."""
    body = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"{url}/_simulator{path}", data=body, method=method)  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


class Playground:
    """The deployed stack with its surroundings; a context manager.

    Args:
        say: is told what is being done.
        aws_port, simulator_port: where to listen; 0 takes free ones.
        enforce_policies: whether the emulated AWS lets everybody do only what their policies allow.

    Attributes:
        outputs: the stack's outputs by name.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        aws_port: int = 0,
        simulator_port: int = 0,
        enforce_policies: bool = False,
    ) -> None:
        self._say = say
        self._stack = ExitStack()
        self.aws = EmulatedAws(aws_port, enforce_policies=enforce_policies)
        self.genesys = SimulatorProcess(simulator_port)
        self.outputs: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._say("starting the emulated AWS and the Genesys Cloud simulator")
            self._stack.enter_context(self.aws)
            self._stack.enter_context(self.genesys)
            self._say("building function and layers (sam build)")
            sam.build()
            self._say("deploying template.yaml (sam deploy)")
            sam.deploy(self.aws.environment)
            self.outputs = self._read_outputs()
            self._say("putting secrets and alarm routes, loading Flows and integration actions")
            self._put_secrets()
            self.client("ssm").put_parameter(
                Name=sam.ALARM_ROUTES_PARAMETER, Type="String", Value=ALARM_ROUTES.read_text()
            )
            for folder, path in _LOADED_AT.items():
                for file in sorted(folder.glob("*.json")):
                    self.genesys.ask("PUT", f"{path}/{file.stem}", file.read_bytes())
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def client(self, service: str) -> Any:
        """A boto3 client for the emulated AWS."""
        return client(service, self.aws.url)

    def _put_secrets(self) -> None:
        secrets = self.client("secretsmanager")
        secret = {**ORGANIZATION_SECRET, "base_url": self.genesys.url}
        name = self.outputs["SecretName"]
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps(secret))
        secrets.create_secret(
            Name=f"{name.rpartition('/')[0]}/{PLATFORM}",
            SecretString=json.dumps({**secret, "flow_api": "architect"}),
        )

    def _read_outputs(self) -> dict[str, str]:
        described = self.client("cloudformation").describe_stacks(StackName=sam.STACK)
        return {output["OutputKey"]: output["OutputValue"] for output in described["Stacks"][0]["Outputs"]}


def client(service: str, url: str) -> Any:
    """A boto3 client for the emulated AWS at this address."""
    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # the emulator takes any
    )
