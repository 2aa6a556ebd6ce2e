"""One command, one table: `.venv/bin/python benchmarks/run.py` (or `make bench`)."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ROOTS = (".", "functions/timeout_raiser", "layers/aws_support/python", "layers/genesys_cloud/python", "local")
"""Where code of this project is imported from, by the benchmarks and by the function under test."""

if __name__ == "__main__":
    # This folder itself goes: its modules are imported as benchmarks.*, so that none hides one of the function's.
    sys.path[:1] = [str(PROJECT / root) for root in ROOTS]
    try:
        sys.exit(importlib.import_module("benchmarks.suite").main())
    except KeyboardInterrupt:
        sys.exit(130)
