"""The real handler in a process of its own, between an emulated AWS and a simulated Genesys Cloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulated_aws import EmulatedAws
from genesys_simulator import GenesysSimulator
from integration.harness import Aws, AwsClients, Function, FunctionServer, Start


@pytest.fixture(scope="session")
def emulated_aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as emulated:
        yield emulated


@pytest.fixture(scope="session")
def aws_clients(emulated_aws: EmulatedAws) -> Iterator[AwsClients]:
    clients = AwsClients(emulated_aws.url)
    yield clients
    clients.close()


@pytest.fixture(scope="session")
def function_server() -> Iterator[FunctionServer]:
    with FunctionServer() as server:
        yield server


@pytest.fixture
def genesys() -> Iterator[GenesysSimulator]:
    with GenesysSimulator() as simulator:
        yield simulator


@pytest.fixture
def elsewhere() -> Iterator[GenesysSimulator]:
    """A second Genesys Cloud: another organization, or a place where nothing may arrive."""
    with GenesysSimulator() as simulator:
        yield simulator


@pytest.fixture
def aws(emulated_aws: EmulatedAws, aws_clients: AwsClients, genesys: GenesysSimulator) -> Iterator[Aws]:
    """Fresh resources; the default organization's secret opens `genesys`."""
    fresh = Aws(emulated_aws, aws_clients)
    fresh.connect(genesys)
    yield fresh
    fresh.close()


@pytest.fixture
def start(function_server: FunctionServer, aws: Aws, tmp_path: Path) -> Iterator[Start]:
    running: list[Function] = []

    def start(**environment: str | None) -> Function:
        function = Function(function_server, aws, tmp_path / f"log-{len(running)}", environment)
        running.append(function)
        return function

    yield start
    for function in running:
        function.close()


@pytest.fixture
def function(start: Start) -> Function:
    """The function with the default settings."""
    return start()
