"""The deployed stack: the real template on the emulated AWS, with the simulator as Genesys Cloud."""

from collections.abc import Iterator

import pytest

from playground import Playground


@pytest.fixture(scope="session")
def playground() -> Iterator[Playground]:
    with Playground(print) as deployed:
        yield deployed
