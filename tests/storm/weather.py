"""The weather over Genesys Cloud: what strikes calls at random, tokens that end early, secrets that are rotated."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from genesys_simulator import GenesysSimulator
from genesys_simulator.faults import Fault
from storm.chance import chance

FAULTY_CALLS = 0.16
"""The share of calls that something strikes."""
READ_TIMEOUT_SECONDS = 1
TOO_SLOW_SECONDS = 1.3
TOKENS_END_EVERY_SECONDS = 4.0
SECRET_LATE_SECONDS = 1.5
"""For so long after a rotation the secret in Secrets Manager is the old one."""
ROTATED_EVERY_SECONDS = 12.0


@dataclass(frozen=True)
class Kind:
    """One kind of fault, how often it comes among the others, and whether it is a refusal for good."""

    name: str
    weight: float
    fault: Fault


KINDS = [
    Kind("500", 6, Fault(status=500)),
    Kind("502, an HTML page", 4, Fault(status=502, body="<html>Bad Gateway</html>")),
    Kind("503, Retry-After: 1", 5, Fault(status=503, retry_after=1)),
    Kind("504", 3, Fault(status=504)),
    Kind("408", 3, Fault(status=408)),
    Kind("429, Retry-After: 1", 6, Fault(retry_after=1)),
    Kind("429, Retry-After: nonsense", 2, Fault(retry_after="soon")),
    Kind("connection reset", 7, Fault(reset=True)),
    Kind("slow", 8, Fault(delay_seconds=0.2)),
    Kind("too slow, nothing done", 2, Fault(delay_seconds=TOO_SLOW_SECONDS, status=504)),
    Kind("too slow, and done", 3, Fault(delay_seconds=TOO_SLOW_SECONDS, when="after")),
    Kind("done, and the answer lost", 8, Fault(reset=True, when="after")),
    Kind("done, and told 500", 5, Fault(status=500, when="after")),
    Kind("done, and told 409", 2, Fault(status=409, when="after")),
    Kind("409, though nobody was faster", 4, Fault(status=409)),
    Kind("broken JSON", 6, Fault(broken_json=True)),
    Kind("cut off in the body", 6, Fault(cut_off=True)),
    Kind("in small pieces", 4, Fault(drip_seconds=0.2)),
    Kind("401, though the token is good", 4, Fault(status=401)),
    Kind("400", 1, Fault(status=400, message="The simulator was told to refuse this.")),
    Kind("403", 1, Fault(status=403, code="missing.permissions")),
    Kind("404", 1, Fault(status=404)),
    # Refused for good while the Flow is locked: whoever is refused must give the lock back.
    Kind("400 to a save", 6, Fault(operation="save_flow", status=400, code="architect.object.validate.failed")),
    Kind("400 to a publish", 6, Fault(operation="publish_flow", status=400, code="architect.external.publish.error")),
]


class Weather(threading.Thread):
    """Bad weather over several organizations, from `start` until `calm`.

    Args:
        put_secret: tells Secrets Manager of an organization's new client secret.
        rotated: the organization whose secret is rotated.
    """

    def __init__(
        self, seed: int, genesys: dict[str, GenesysSimulator], put_secret: Callable[[str], None], rotated: str
    ) -> None:
        super().__init__(name="weather", daemon=True)
        self._seed = seed
        self._genesys = genesys
        self._put_secret = put_secret
        self._rotated = rotated
        self._over = threading.Event()
        self.rotations = 0
        self.expiries = 0
        self.secrets = [genesys[rotated].settings.client_secret]

    def start(self) -> None:
        """From now on calls are struck."""
        for number, simulator in enumerate(self._genesys.values()):
            faults = [(kind.fault, kind.weight) for kind in KINDS]
            simulator.storm(seed=self._seed * 10 + number, probability=FAULTY_CALLS, faults=faults)
        super().start()

    def run(self) -> None:
        """Ends tokens early and rotates the secret, now and then."""
        draw = chance(self._seed, "weather")
        until_rotation = draw.uniform(0.2, 0.5) * ROTATED_EVERY_SECONDS
        while not self._over.wait(wait := draw.uniform(0.5, 1.5) * TOKENS_END_EVERY_SECONDS):
            self._genesys[draw.choice(list(self._genesys))].expire_tokens()
            self.expiries += 1
            until_rotation -= wait
            if until_rotation <= 0:
                until_rotation = draw.uniform(0.7, 1.3) * ROTATED_EVERY_SECONDS
                self._rotate()

    def _rotate(self) -> None:
        secret = f"rotated-{self._seed}-{self.rotations}-e6a1"
        self.rotations += 1
        self.secrets.append(secret)
        self._genesys[self._rotated].rotate_secret(secret)
        self._genesys[self._rotated].expire_tokens()
        self._over.wait(SECRET_LATE_SECONDS)
        self._put_secret(secret)

    def calm(self) -> None:
        """Nothing strikes any more, and the secret is right."""
        self._over.set()
        self.join()
        for simulator in self._genesys.values():
            simulator.clear_faults()

    def struck(self) -> Counter[str]:
        """How often each kind of fault has struck."""
        names = {id(kind.fault): kind.name for kind in KINDS}
        struck = [fault for simulator in self._genesys.values() for fault in simulator.struck_faults]
        return Counter(names[id(fault)] for fault in struck)
