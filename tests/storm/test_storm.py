"""The storm in a short form: with a seed that stays, and with a new one each time. `make storm` is the long one."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulated_aws import EmulatedAws
from integration.harness import AwsClients, FunctionServer
from storm.laws import LAWS
from storm.storm import Size, Storm, surroundings

SHORT = Size(requests=70, flows=6, instances=3, seconds=7.0)


@pytest.fixture(scope="module")
def around() -> Iterator[tuple[EmulatedAws, AwsClients, FunctionServer]]:
    with surroundings() as parts:
        yield parts


@pytest.mark.parametrize("seed", [5, None], ids=["a-seed-that-stays", "a-new-seed"])
def test_no_law_is_broken(
    around: tuple[EmulatedAws, AwsClients, FunctionServer], tmp_path: Path, seed: int | None
) -> None:
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    evidence = Storm(seed, SHORT, around, tmp_path, lambda _: None).run()
    broken = {law.text: breaches for law in LAWS if (breaches := list(law.breaches(evidence)))}
    if broken:
        evidence.write_down(tmp_path)
    again = f"make storm SEED={seed} REQUESTS={SHORT.requests} FLOWS={SHORT.flows}"
    assert not broken, f"seed {seed}; logs and evidence are in {tmp_path}; the same again: {again}"
    # It was a storm, and not a calm in which every law holds.
    assert evidence.figures["our publishes"] > 0
    assert evidence.figures["people's publishes"] > 0
    assert evidence.figures["faults"].total() > 0
