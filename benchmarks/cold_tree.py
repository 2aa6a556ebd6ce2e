"""The files of a cold start, laid out and compiled as `sam build` leaves them: function, libraries, bytecode."""

from __future__ import annotations

import compileall
import re
import shutil
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode

from benchmarks.run import PROJECT

_LOCKED = PROJECT / "layers/dependencies/requirements.txt"


def prepare(folder: Path) -> list[Path]:
    """Copies and compiles; returns what belongs on the import path.

    The libraries come from this environment, not from a registry, and must be those that the layer locks.
    """
    function, layer = folder / "task", folder / "opt"
    no_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "functions/timeout_raiser", function, ignore=no_bytecode)
    for name in ("aws_support", "genesys_cloud"):
        shutil.copytree(PROJECT / "layers" / name / "python", layer, ignore=no_bytecode, dirs_exist_ok=True)
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", _LOCKED.read_text(), re.MULTILINE):
        _copy(name, version, layer)
    for part in (function, layer):
        compileall.compile_dir(part, quiet=1, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return [function, layer]


def _copy(name: str, version: str, target: Path) -> None:
    installed = distribution(name)
    if installed.version != version:
        raise RuntimeError(f"{name} {installed.version} is installed, the layer has {version}: run make setup")
    for file in installed.files or ():
        # The layer is built of pure-Python wheels: neither compiled modules nor command-line tools.
        if file.suffix not in {".so", ".pyd", ".pyc"} and ".." not in file.parts:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), target / file)
