"""The official SDK of Genesys Cloud, had the function been built on it: its import, and its size."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions
from pathlib import Path

from benchmarks.cold_start import ROUNDS_TO_INFORM, least_of
from benchmarks.function import Function
from benchmarks.harness import Harness
from benchmarks.lambda_files import HANDLERS, Package, bytes_in, lay_out, zipped_bytes
from benchmarks.run import PROJECT
from benchmarks.table import NotInstalled, Row, megabytes, milliseconds

WHAT = "official SDK"
_ENVIRONMENT = PROJECT / ".venv-sdk"
_TOOLS = {"pip", "setuptools", "wheel"}
"""What an environment has besides."""
SEVERAL_TIMES_FASTER = 0.33


def measure(harness: Harness, _function: Function) -> list[Row]:
    """The whole function, ready, against the mere import; and all our layers against the SDK with what it needs.

    Raises:
        NotInstalled: the SDK is not.
    """
    packages = _packages()
    files = lay_out(harness.folder)
    [site] = {Path(str(package.locate_file(""))) for package in packages}
    contenders = {
        "ours": (files.ours, "app.lambda_handler"),
        "sdk": (Package(HANDLERS, site), "official_sdk.lambda_handler"),
    }
    ours, sdk = least_of(harness, files.runtime, contenders, ROUNDS_TO_INFORM).values()
    installed = sorted(
        {
            (Path(str(file.locate())), str(file))
            for package in packages
            for file in package.files or ()
            if ".." not in file.parts and Path(str(file.locate())).is_file()
        }
    )
    unzipped = sum(file.stat().st_size for file, _ in installed)
    zipped = zipped_bytes(installed, harness.folder / "sdk.zip")
    return [
        Row("cold start: ready", f"{WHAT} imported", ours.ready, sdk.ready, milliseconds, aim=SEVERAL_TIMES_FASTER),
        Row("size of all layers, unzipped", WHAT, bytes_in(files.ours.opt), unzipped, megabytes),
        Row("size of all layers, zipped", WHAT, files.zipped, zipped, megabytes),
    ]


def _packages() -> list[Distribution]:
    places = [str(place) for place in _ENVIRONMENT.glob("lib/python3*/site-packages")]
    found = [package for package in distributions(path=places) if package.name not in _TOOLS]
    if not any(package.name.lower() == "purecloudplatformclientv2" for package in found):
        raise NotInstalled("make .venv-sdk/ready installs it, 200 MB")
    return found
