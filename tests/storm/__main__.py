"""`make storm`: storms with one seed after another, until the time is over. Ends with 0 only if no law was broken."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import interruption
from storm.report import ABOUT, Report
from storm.storm import Size, Storm, surroundings


def main() -> int:
    """Runs what the command line asks for."""
    arguments = _arguments()
    interruption.ends_in_order()
    report = Report()
    print(ABOUT)
    until = time.monotonic() + arguments.minutes * 60
    seed: int = arguments.seed
    broken: list[int] = []
    storms = 0
    size = Size(arguments.requests, arguments.flows, arguments.instances, arguments.requests / arguments.rate)
    with surroundings() as around:
        while storms == 0 or (time.monotonic() < until and not broken):
            folder = Path(tempfile.mkdtemp(prefix=f"storm-{seed}-"))
            print(f"\nSeed {seed}, {size.requests} letters, {size.instances} instances")
            evidence = Storm(seed, size, around, folder, report.progress).run()
            report.clear()
            report.figures(evidence)
            if report.laws(evidence):
                broken.append(seed)
                evidence.write_down(folder)
                print(f"  Logs and evidence are in {folder}. The same storm again: {_again(arguments, seed)}")
            else:
                shutil.rmtree(folder)
            storms, seed = storms + 1, seed + 1
    ended = f"laws broken with seed {broken[0]}" if broken else "no law broken"
    print(f"\n{storms} storm{'' if storms == 1 else 's'}, {ended}. What each law means: docs/storm.md")
    return 1 if broken else 0


def _again(arguments: argparse.Namespace, seed: int) -> str:
    return (
        f"make storm SEED={seed} REQUESTS={arguments.requests} FLOWS={arguments.flows} INSTANCES={arguments.instances}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="storm", description=__doc__)
    usual = Size()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the first storm")
    parser.add_argument("--requests", type=int, default=usual.requests, help="letters of a storm")
    parser.add_argument("--flows", type=int, default=usual.flows)
    parser.add_argument("--instances", type=int, default=usual.instances, help="of the function, side by side")
    parser.add_argument("--rate", type=float, default=usual.requests / usual.seconds, help="letters per second")
    parser.add_argument("--minutes", type=float, default=0.0, help="storms one after another for so long; 0: one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
