"""What is taken out of the layer of third-party packages is not missed; what cannot be taken out fails the build."""

from __future__ import annotations

import ast
import gzip
import hashlib
import importlib.util
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import botocore
import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape
from botocore.regions import EndpointResolver

PROJECT = Path(__file__).parents[2]
SITE = Path(botocore.__file__).parents[1]
FOREIGN_SERVICES = ("s3", "sts")


def load_trim() -> ModuleType:
    spec = importlib.util.spec_from_file_location("trim", PROJECT / "layers" / "dependencies" / "trim.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


trim = load_trim()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What there is to trim, of the very packages that the layer locks: some services instead of hundreds."""
    site = tmp_path_factory.mktemp("site")
    data = Path("botocore", "data")
    for service in (*trim.SERVICES, *FOREIGN_SERVICES):
        shutil.copytree(SITE / data / service, site / data / service)
    for file in (SITE / data).glob("*.json"):
        shutil.copy(file, site / data)
    for name in trim.NEVER_IMPORTED:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        if Path(name).suffix:
            (site / name).touch()
        else:
            (site / name).mkdir()
    (site / "boto3-1.dist-info").mkdir()
    (site / "boto3-1.dist-info" / "RECORD").touch()
    return site


@pytest.fixture
def site(untouched: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untouched, tmp_path / "site")


def calls_in(file: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def test_the_services_that_stay_are_those_that_the_code_makes_clients_for() -> None:
    clients = PROJECT / "layers" / "aws_support" / "python" / "aws_support" / "clients.py"
    made = {
        call.args[0].value
        for call in calls_in(clients)
        if isinstance(call.func, ast.Name) and call.func.id in {"_client", "_provider"}
        if isinstance(call.args[0], ast.Constant)
    }
    assert made == set(trim.SERVICES)


def test_clients_are_made_in_one_place() -> None:
    makers = {
        file.name
        for root in ("functions", "layers")
        for file in (PROJECT / root).rglob("*.py")
        for call in calls_in(file)
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"client", "resource", "create_client"}
    }
    assert makers == {"clients.py"}


@pytest.mark.parametrize("name", trim.SERVICES)
def test_a_service_says_the_same_as_before(site: Path, name: str) -> None:
    trim.trim(site)
    before, after = (ServiceModel(loader.load_service_model(name, "service-2"), name) for loader in both_loaders(site))
    assert after.metadata == before.metadata
    assert after.operation_names == before.operation_names
    assert after.shape_names == before.shape_names
    for shape in before.shape_names:
        old, new = before.shape_for(shape), after.shape_for(shape)
        assert (new.type_name, new.metadata, new.serialization) == (old.type_name, old.metadata, old.serialization)
        if isinstance(old, StructureShape) and isinstance(new, StructureShape):
            assert {member: found.name for member, found in new.members.items()} == {
                member: found.name for member, found in old.members.items()
            }


@pytest.mark.parametrize("name", trim.SERVICES)
def test_the_rules_that_lead_to_a_service_stay(site: Path, name: str) -> None:
    trim.trim(site)
    before, after = (loader.load_service_model(name, "endpoint-rule-set-1") for loader in both_loaders(site))
    assert after == before


def test_every_region_has_the_same_endpoints_as_before(site: Path) -> None:
    trim.trim(site)
    before, after = (EndpointResolver(loader.load_data("endpoints")) for loader in both_loaders(site))
    prefixes = {loaded["metadata"]["endpointPrefix"] for loaded in models(site)}
    partitions = before.get_available_partitions()
    assert after.get_available_partitions() == partitions
    compared = 0
    for partition, prefix in itertools.product(partitions, prefixes):
        regions = before.get_available_endpoints(prefix, partition, allow_non_regional=True)
        assert after.get_available_endpoints(prefix, partition, allow_non_regional=True) == regions
        for region in regions:
            expected = before.construct_endpoint(prefix, region, partition)
            assert after.construct_endpoint(prefix, region, partition) == expected
            compared += 1
    assert compared > 100  # that there was something to compare


def test_what_is_never_used_is_gone(site: Path) -> None:
    trim.trim(site)
    left = {folder.name for folder in (site / "botocore" / "data").iterdir() if folder.is_dir()}
    assert left == set(trim.SERVICES)
    assert not [name for name in trim.NEVER_IMPORTED if (site / name).exists()]
    assert not list(site.rglob("RECORD"))
    assert b'"documentation":"' not in b"".join(map(gzip.decompress, (f.read_bytes() for f in model_files(site))))


def test_the_same_packages_give_the_same_bytes(untouched: Path, tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        site = shutil.copytree(untouched, tmp_path / name)
        trim.trim(site)
        files = sorted(file for file in site.rglob("*") if file.is_file())
        digests.append({str(f.relative_to(site)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files})
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        ("botocore/data/sqs", "sqs"),
        ("botocore/data/sqs/2012-11-05/service-2.json.gz", "sqs's model"),
        ("botocore/data/ssm/2014-11-06/endpoint-rule-set-1.json.gz", "ssm's endpoints"),
        ("botocore/data/endpoints.json", "endpoints.json"),
        ("aws_lambda_powertools/utilities/kafka", "kafka"),
        ("boto3-1.dist-info/RECORD", "lists of files"),
    ],
)
def test_a_layout_that_has_changed_fails_the_build_and_is_named(site: Path, gone: str, named: str) -> None:
    trim.remove(site / gone)
    with pytest.raises(trim.LayoutChanged, match=named):
        trim.trim(site)


def test_a_service_without_an_endpoint_fails_the_build(site: Path) -> None:
    file = site / "botocore" / "data" / "endpoints.json"
    content = json.loads(file.read_bytes())
    for partition in content["partitions"]:
        partition["services"].pop("monitoring", None)
    file.write_text(json.dumps(content))
    with pytest.raises(trim.LayoutChanged, match="monitoring"):
        trim.trim(site)


def both_loaders(site: Path) -> list[Loader]:
    """Of botocore's data as it is installed here, and as it is trimmed."""
    return [
        Loader(extra_search_paths=[str(root / "botocore" / "data")], include_default_search_paths=False)
        for root in (SITE, site)
    ]


def model_files(site: Path) -> list[Path]:
    return sorted((site / "botocore" / "data").glob("*/*/service-2.json.gz"))


def models(site: Path) -> list[dict[str, dict[str, str]]]:
    return [json.loads(gzip.decompress(file.read_bytes())) for file in model_files(site)]
