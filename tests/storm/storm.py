"""One storm: everything is sent while everything fails, then the weather clears, and what is there is looked at."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulated_aws import EmulatedAws
from genesys_simulator import GenesysSimulator
from integration.harness import Aws, AwsClients, Function, FunctionServer
from storm.chance import chance
from storm.documents import Json, Kind
from storm.evidence import DeadLetter, Evidence, Lock, Version
from storm.instances import Instances
from storm.letters import Letter, restoring, write_letters
from storm.people import People
from storm.queues import MOST_AT_ONCE, Queues, WaitingRoom
from storm.weather import READ_TIMEOUT_SECONDS, Weather
from storm.world import PLATFORM, PUBLISHING, Target, World, build, document_of

CALM_WITHIN_SECONDS = 150.0
"""Within so long after the weather has cleared, all must be over."""
PARTS_OF_AUTHORIZATION = 2
NEARLY_ALL = 0.05
"""The weather clears when no more than this share of the letters is left."""


@dataclass(frozen=True)
class Size:
    """How large a storm is.

    Attributes:
        requests: letters that are sent.
        flows: Flows of the one protocol; of the other there are two thirds as many.
        instances: how many instances of the function compete.
        seconds: over which the letters are sent.
    """

    requests: int = 400
    flows: int = 18
    instances: int = 3
    seconds: float = 30.0


@dataclass(frozen=True)
class Progress:
    """Where a storm stands."""

    phase: str
    seconds: float
    sent: int
    on_queue: int
    invocations: int
    kills: int
    marks: int


@contextmanager
def surroundings() -> Iterator[tuple[EmulatedAws, AwsClients, FunctionServer]]:
    """An emulated AWS, and the process that instances are forked from."""
    with EmulatedAws() as emulated, FunctionServer() as server:
        clients = AwsClients(emulated.url)
        try:
            yield emulated, clients, server
        finally:
            clients.close()


class Storm:
    """One storm over fresh queues, ledger and organizations.

    Args:
        folder: where the instances' logs go.
        watch: is told now and then where it stands.
    """

    def __init__(
        self,
        seed: int,
        size: Size,
        around: tuple[EmulatedAws, AwsClients, FunctionServer],
        folder: Path,
        watch: Callable[[Progress], None],
    ) -> None:
        self._seed = seed
        self._size = size
        self._folder = folder
        self._watch = watch
        emulated, self._clients, self._server = around
        self._aws = Aws(emulated, self._clients)
        self._queues = Queues(self._clients.sqs, emulated.url, self._aws.queue, self._aws.dead_letter_queue)
        self._genesys = {PUBLISHING: GenesysSimulator(), PLATFORM: GenesysSimulator()}
        self._sent: dict[str, Letter] = {}
        self._started = time.monotonic()

    def run(self) -> Evidence:
        """Rages, clears, and gathers the evidence."""
        for simulator in self._genesys.values():
            simulator.start()
        try:
            return self._run()
        finally:
            for simulator in self._genesys.values():
                simulator.stop()
            self._aws.close()

    def _run(self) -> Evidence:
        self._aws.connect(self._genesys[PUBLISHING])
        self._put_secret(self._genesys[PLATFORM].settings.client_secret)
        limits: Json = {"rate_limit_calls": 90, "rate_limit_window_seconds": 1.0}
        self._genesys[PUBLISHING].configure(**limits)
        mismatch = chance(self._seed, "mismatch").choice([400, 408, 409])
        self._genesys[PLATFORM].configure(**limits, publish_seconds=0.1, version_mismatch_status=mismatch)
        world = build(self._genesys, self._size.flows)
        weather = Weather(self._seed, self._genesys, self._put_secret, PLATFORM)
        people = People(self._seed, self._genesys, world)
        room = WaitingRoom(self._queues)
        instances = Instances(self._seed, room, start=self._start, folder=self._folder, number=self._size.instances)
        tell = self._teller(instances, people)
        parts: list[threading.Thread | Instances] = [weather, people, room, instances]
        for part in parts:
            part.start()
        try:
            self._send(write_letters(self._seed, world, self._size.requests), self._size.seconds, tell)
            self._rage_on(tell)
            raged = self._seconds()
            instances.rough = False
            people.leave()
            weather.calm()
            left = self._wait_until_empty(instances, "calm", tell)
            evidence = self._gather(world, people, instances, left)
            evidence.figures |= {"seconds of storm": raged, "seconds until all was over": self._seconds()}
            self._put_back(world, evidence, instances, tell)
        finally:
            instances.stop()
            room.close()
        if instances.failures:
            raise RuntimeError(f"the storm itself has failed: {instances.failures}")
        self._tell_all(evidence, instances, weather, people, room)
        return evidence

    # -- what happens --------------------------------------------------------------------------------------------------

    def _put_secret(self, secret: str) -> None:
        self._aws.connect(self._genesys[PLATFORM], PLATFORM, client_secret=secret, flow_api="architect")

    def _start(self, log: Path) -> Function:
        environment: dict[str, str | None] = {
            "HTTP_CONNECT_TIMEOUT_SECONDS": "1",
            "HTTP_READ_TIMEOUT_SECONDS": str(READ_TIMEOUT_SECONDS),
        }
        return Function(self._server, self._aws, log, environment)

    def _send(self, letters: list[Letter], seconds: float, tell: Callable[[str], None]) -> None:
        """Sends the letters over so long, in the order of their writing, but for copies, which come when they like."""
        draw = chance(self._seed, "sending")
        times = [
            (at, number)
            for number, letter in enumerate(letters)
            for at in [seconds * number / len(letters), *(draw.uniform(0, seconds) for _ in range(letter.copies - 1))]
        ]
        times.sort()
        began = time.monotonic()
        for start in range(0, len(times), MOST_AT_ONCE):
            some = times[start : start + MOST_AT_ONCE]
            time.sleep(max(0.0, began + some[-1][0] - time.monotonic()))
            ids = self._queues.send([letters[number].body for _, number in some])
            self._sent |= {message_id: letters[number] for message_id, (_, number) in zip(ids, some, strict=True)}
            tell("storm")

    def _rage_on(self, tell: Callable[[str], None]) -> None:
        """Lets it go on until nearly all is worked off, or for half as long as it took to send."""
        give_up_at = time.monotonic() + self._size.seconds / 2
        while len(self._queues.waiting()) > self._size.requests * NEARLY_ALL and time.monotonic() < give_up_at:
            time.sleep(0.2)
            tell("storm")

    def _wait_until_empty(self, instances: Instances, phase: str, tell: Callable[[str], None]) -> list[str]:
        """Waits until the queue is empty and nobody works; what is left where that takes too long."""
        give_up_at = time.monotonic() + CALM_WITHIN_SECONDS
        quiet = 0
        while time.monotonic() < give_up_at and not instances.failures:
            time.sleep(0.2)
            tell(phase)
            quiet = quiet + 1 if not instances.working and not self._queues.waiting() else 0
            if quiet > 1:
                return []
        return list(self._queues.waiting())

    def _put_back(self, world: World, evidence: Evidence, instances: Instances, tell: Callable[[str], None]) -> None:
        letters = restoring(world)
        for start in range(0, len(letters), MOST_AT_ONCE):
            self._queues.send([letter.body for letter in letters[start : start + MOST_AT_ONCE]])
        evidence.left_on_queue += self._wait_until_empty(instances, "restore", tell)
        evidence.restored = {target: document_of(self._genesys, target) for target in world.targets}

    # -- what is found -------------------------------------------------------------------------------------------------

    def _gather(self, world: World, people: People, instances: Instances, left: list[str]) -> Evidence:
        return Evidence(
            world=world,
            sent=dict(self._sent),
            invocations=list(instances.invocations),
            dead_letters=[_dead_letter(message) for message in self._queues.dead()],
            left_on_queue=left,
            events=self._aws.bus_events(),
            histories={target: self._history(target) for target in world.targets},
            marks=people.made,
            locks={target: self._lock(target) for target in world.targets if target.kind is Kind.ARCHITECT},
            ledger=self._aws.ledger_items(),
        )

    def _history(self, target: Target) -> list[Version]:
        simulator = self._genesys[target.organization]
        if target.kind is Kind.FLOW:
            return [Version(each.document.document(), each.by_client) for each in simulator.flow_editions(target.id)]
        if target.kind is Kind.ACTION:
            return [Version(each.document.document(), each.by_client) for each in simulator.action_editions(target.id)]
        versions = simulator.architect_flow(target.id).history.values()
        published = sorted((each for each in versions if each.kind == "PUBLISH"), key=lambda each: each.number or 0)
        return [Version(json.loads(each.body), each.client_id is not None) for each in published]

    def _lock(self, target: Target) -> Lock:
        flow = self._genesys[target.organization].architect_flow(target.id)
        return Lock(flow.locked_client, flow.locked_user, flow.saved_version != flow.published_version)

    def _tell_all(
        self, evidence: Evidence, instances: Instances, weather: Weather, people: People, room: WaitingRoom
    ) -> None:
        """Adds what secrets must not be in, the secrets, and the figures."""
        evidence.texts = {log.name: log.read_text(errors="replace") for log in sorted(self._folder.glob("*.log"))}
        evidence.texts["the dead-letter queue"] = json.dumps([vars(letter) for letter in evidence.dead_letters])
        evidence.texts["the event bus"] = json.dumps(evidence.events)
        evidence.texts["the ledger"] = json.dumps(evidence.ledger, default=str)
        calls = [call for simulator in self._genesys.values() for call in simulator.calls]
        evidence.calls = [
            {"organization": organization, **call.as_json()}
            for organization, simulator in self._genesys.items()
            for call in simulator.calls
        ]
        shown = (call.headers.get("authorization", "").split() for call in calls)
        tokens = {parts[1] for parts in shown if len(parts) == PARTS_OF_AUTHORIZATION}
        secrets = [simulator.settings.client_secret for simulator in self._genesys.values()]
        evidence.secrets = sorted({*tokens, *secrets, *weather.secrets})
        histories = evidence.histories.values()
        evidence.figures |= {
            "letters by kind": Counter(letter.kind for letter in self._sent.values()),
            "messages": len(evidence.sent),
            "requests": sum(len(letter.asks) for letter in evidence.sent.values()),
            "invocations": len(evidence.invocations),
            "deliveries by fate": Counter(
                delivery.fate.value for each in evidence.invocations for delivery in each.deliveries
            ),
            "most deliveries of a message": max(evidence.deliveries().values(), default=0),
            "outcomes": Counter(outcome["status"] for each in evidence.invocations for outcome in each.outcomes),
            "deferred because of": _codes(evidence, "deferred"),
            "rejected because of": _codes(evidence, "rejected"),
            "kills": instances.kills,
            "calls of Genesys Cloud": len(calls),
            "faults": weather.struck(),
            "tokens ended early": weather.expiries,
            "secrets rotated": weather.rotations,
            "our publishes": sum(version.is_ours for history in histories for version in history[1:]),
            "people's publishes": sum(map(len, evidence.marks.values())),
            "people found a Flow locked": people.found_locked,
            "conflicts": sum(call.method != "GET" and call.status in {409, 412} for call in calls),
            "longest wait, shortened": room.longest,
            "dead letters": len(evidence.dead_letters),
        }

    # -- where it stands -----------------------------------------------------------------------------------------------

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _teller(self, instances: Instances, people: People) -> Callable[[str], None]:
        def tell(phase: str) -> None:
            marks = sum(map(len, people.made.values()))
            on_queue = len(self._queues.waiting())
            done = len(instances.invocations)
            self._watch(Progress(phase, self._seconds(), len(self._sent), on_queue, done, instances.kills, marks))

        return tell


def _codes(evidence: Evidence, status: str) -> Counter[str]:
    outcomes = (outcome for each in evidence.invocations for outcome in each.outcomes)
    return Counter(outcome["error"]["code"] for outcome in outcomes if outcome["status"] == status)


def _dead_letter(message: Any) -> DeadLetter:
    attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    # To be looked at is to be received, too.
    receives = int(message["Attributes"]["ApproximateReceiveCount"]) - 1
    return DeadLetter(message["MessageId"], message["Body"], attributes, receives)
