"""Fuzzes one target with atheris: `python one.py TARGET [libFuzzer's options and corpora]`; `run.py` starts all."""

from __future__ import annotations

import importlib
import sys

LIBRARIES = ["json", "email", "urllib", "requests", "fastjsonschema"]
OWN = ["genesys_cloud", "documents", "doors", "alarms", "latency", "follow_ups", "routing", "policy", "timeout_request"]
OWN += ["planning", "plan", "planned_step", "outcomes"]

if __name__ == "__main__":
    atheris = importlib.import_module("atheris")  # in an environment of its own, which type checks do not see
    with atheris.instrument_imports(include=[*OWN, *LIBRARIES]):
        targets = importlib.import_module("fuzz.targets")
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], getattr(targets, name))
    atheris.Fuzz()
