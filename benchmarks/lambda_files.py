"""The files of a cold start as Lambda has them: layers and function are built by their Makefiles, zipped, laid out."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from benchmarks.run import PROJECT

LAYERS = {
    "dependencies": "DependenciesLayer",
    "aws_support": "AwsSupportLayer",
    "genesys_cloud": "GenesysCloudLayer",
}
"""Folder and logical id of each."""
HANDLERS = Path(__file__).with_name("handlers")
"""Those that the function is compared with."""


@dataclass(frozen=True)
class Package:
    """Something laid out to be started, each part in the folder that Lambda knows it by.

    Attributes:
        task: the function, as in /var/task.
        opt: its layers' packages, as in /opt/python.
    """

    task: Path
    opt: Path


@dataclass(frozen=True)
class Files:
    """All that cold starts need.

    Attributes:
        ours: the function on its layers.
        without_bytecode: the same, but for the bytecode.
        bare: a handler with the same packages as pip installs them, with bytecode, and all that botocore brings along.
        bare_on_our_layer: the same handler on the layer that this project builds.
        runtime: Lambda's own runtime client, as in /var/runtime.
        zipped: bytes of our layers as they are uploaded; `pip_zipped` of what pip installs.
    """

    ours: Package
    without_bytecode: Package
    bare: Package
    bare_on_our_layer: Package
    runtime: Path
    zipped: int
    pip_zipped: int


@functools.cache
def lay_out(folder: Path) -> Files:
    """Builds everything into the folder, once; needs the package registry, as `sam build` does."""
    built = folder / "built"
    layers = [_make(f"layers/{name}", f"build-{logical_id}", built / name) for name, logical_id in LAYERS.items()]
    task = _make("functions/timeout_raiser", "build-TimeoutRaiserFunction", built / "task")
    as_pip_installs = _make("layers/dependencies", "build-DependenciesLayer", built / "pip", "TRIM=:")
    ours = Package(folder / "task", folder / "opt" / "python")
    zipped = _upload(layers, folder / "opt")
    _upload([task], folder / "task")
    pip_zipped = _upload([as_pip_installs], folder / "pip")
    return Files(
        ours=ours,
        without_bytecode=_without_bytecode(ours, folder / "without-bytecode"),
        bare=Package(HANDLERS, folder / "pip" / "python"),
        bare_on_our_layer=Package(HANDLERS, ours.opt),
        runtime=_runtime(folder / "runtime"),
        zipped=zipped,
        pip_zipped=pip_zipped,
    )


def bytes_in(folder: Path) -> int:
    """Of all files, as Lambda counts them against its limit."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def zipped_bytes(files: Iterable[tuple[Path, str]], archive: Path) -> int:
    """Zips files under their names; returns the archive's size."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content:
        for file, name in files:
            content.write(file, name)
    return archive.stat().st_size


def _make(where: str, target: str, artifacts: Path, *variables: str) -> Path:
    artifacts.mkdir(parents=True)
    command = [
        "make",
        "-C",
        where,
        target,
        f"ARTIFACTS_DIR={artifacts}",
        f"RUNTIME_PYTHON={sys.executable}",
        *variables,
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{target} failed: {done.stderr[-1000:]}")
    return artifacts


def _upload(parts: list[Path], target: Path) -> int:
    """Zips each part and unpacks it where Lambda does, nothing of it to be written to; returns what was uploaded."""
    size = 0
    for part in parts:
        archive = part.with_suffix(".zip")
        files = sorted(file for file in part.rglob("*") if file.is_file())
        size += zipped_bytes(((file, str(file.relative_to(part))) for file in files), archive)
        with zipfile.ZipFile(archive) as content:
            content.extractall(target)
    for file in target.rglob("*"):
        file.chmod(0o555 if file.is_dir() else 0o444)
    return size


def _without_bytecode(package: Package, folder: Path) -> Package:
    no_bytecode = shutil.ignore_patterns("__pycache__")
    task, opt = folder / "task", folder / "opt"
    shutil.copytree(package.task, task, ignore=no_bytecode)
    shutil.copytree(package.opt, opt, ignore=no_bytecode)
    return Package(task, opt)


def _runtime(folder: Path) -> Path:
    """The runtime client alone: nothing else of this environment may be in reach of a function."""
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            raise RuntimeError(f"{name} is not installed: Lambda's runtime client is made for Linux alone") from None
        for file in installed.files or ():
            if ".." not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(file.locate()), folder / file)  # with its time, by which bytecode is known
    return folder
