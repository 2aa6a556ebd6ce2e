"""How large the layers are that Lambda unpacks for a cold start."""

from __future__ import annotations

from benchmarks.function import Function
from benchmarks.harness import Harness
from benchmarks.lambda_files import bytes_in, lay_out
from benchmarks.table import Row, megabytes

WHAT = "size of all layers"
RIVAL = "the same packages as pip installs them"


def measure(harness: Harness, _function: Function) -> list[Row]:
    """With bytecode, both of them."""
    files = lay_out(harness.folder)
    return [
        Row(f"{WHAT}, unzipped", RIVAL, bytes_in(files.ours.opt), bytes_in(files.bare.opt), megabytes),
        Row(f"{WHAT}, zipped", RIVAL, files.zipped, files.pip_zipped, megabytes),
    ]
