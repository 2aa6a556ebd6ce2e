"""Fuzzes every target for its share of SECONDS, and says how to see a crash again: `make fuzz SECONDS=60`."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from fuzz import targets

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".local" / "fuzz"
"""The corpora, which grow from run to run, and what crashed."""
LARGEST_INPUT_BYTES = 20_000
CODE = ["functions/timeout_raiser", "layers/aws_support/python", "layers/genesys_cloud/python", "tests"]


def corpus_of(target: str, seeds: list[bytes]) -> Path:
    """The folder of a target's inputs, with its seeds in it."""
    corpus = KEPT / target
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    return corpus


def command(target: str) -> list[str]:
    """How the target is fuzzed, without libFuzzer's options."""
    return [sys.executable, str(ROOT / "tests" / "fuzz" / "one.py"), target]


def fuzz(target: str, seeds: list[bytes], seconds: int) -> bool:
    """Whether nothing was found in so many seconds."""
    corpus = corpus_of(target, seeds)
    options = [f"-max_total_time={seconds}", f"-max_len={LARGEST_INPUT_BYTES}", "-timeout=20", "-rss_limit_mb=2048"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in CODE)}
    run = subprocess.run(  # ourselves
        [*command(target), *options, f"-artifact_prefix={KEPT / target}-", str(corpus)],
        env=environment,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    runs = re.findall(r"^#([0-9]+)\s", run.stdout, re.MULTILINE)
    covered = re.findall(r"\bcov: ([0-9]+)", run.stdout)
    print(f"  {target:8} {runs[-1] if runs else 0:>9} inputs, {covered[-1] if covered else 0:>5} branches", flush=True)
    if run.returncode == 0:
        return True
    print(run.stdout[-4000:])
    found = re.search(r"Test unit written to (\S+)", run.stdout)
    again = " ".join([*command(target), found[1] if found else ""])
    print(f"see it again: PYTHONPATH={environment['PYTHONPATH']} {again}")
    return False


if __name__ == "__main__":
    own_share = max(1, int(sys.argv[1]) // len(targets.SEEDS))
    print(
        f"fuzzing {len(targets.SEEDS)} targets, {own_share} s each; what is found is kept in {KEPT.relative_to(ROOT)}"
    )
    sound = [fuzz(target.__name__, list(seeds()), own_share) for target, seeds in targets.SEEDS.items()]
    sys.exit(not all(sound))
