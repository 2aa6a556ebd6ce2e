"""The whole system in virtual time: queue, event source mapping, function instances, Genesys Cloud; and its figures."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Self

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # ships no types

from fakes import FakeLedger
from simulation.architect_side import ArchitectSide
from simulation.execution_environment import ExecutionEnvironment
from simulation.genesys_side import Calls, GenesysSide, Outage
from simulation.sqs_queue import SqsQueue
from simulation.virtual_threads import in_virtual_time
from simulation.virtual_time import VirtualTime

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

CALLS_PER_CHANGE = 2
"""A Flow of the publish protocol is read, and published."""
CALLS_PER_ARCHITECT_CHANGE = 12
"""Metadata and configuration read, metadata looked at again and again, lock, save, publish; read back."""
WANTED_SECONDS = 10

POLL_SECONDS = 1.0
"""How often the event source looks for messages while it finds none."""
INVOKING_SECONDS = 0.05
"""What lies between a receive and the function's first line, and between its answer and the delete."""
GIVEN_UP_AFTER_SECONDS = 48 * 3600


@dataclass(frozen=True)
class Setup:
    """How the stack is set up, in the template's terms.

    Attributes:
        timeout: the function's, in seconds.
        visibility_timeout: the request queue's, in seconds.
        batching_window: in seconds.
    """

    batch_size: int
    maximum_concurrency: int
    timeout: int
    visibility_timeout: int
    max_receive_count: int
    flow_concurrency: int = 8
    batching_window: float = 1.0

    @classmethod
    def of_the_template(cls) -> Self:
        """The template's own defaults."""
        template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
        defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
        function = template["Resources"]["TimeoutRaiserFunction"]["Properties"]
        return cls(
            batch_size=defaults["BatchSize"],
            maximum_concurrency=defaults["MaximumConcurrency"],
            timeout=function["Timeout"],
            visibility_timeout=template["Resources"]["RequestQueue"]["Properties"]["VisibilityTimeout"],
            max_receive_count=defaults["MaxReceiveCount"],
            flow_concurrency=defaults["FlowConcurrency"],
            batching_window=function["Events"]["Requests"]["Properties"]["MaximumBatchingWindowInSeconds"],
        )


@dataclass(frozen=True)
class Load:
    """Messages that come to the queue, each for a Flow of its own.

    Attributes:
        waiting: at the beginning.
        per_minute: after that, evenly.
        minutes: for so long.
        organizations: which they are for, in turn.
    """

    waiting: int = 0
    per_minute: float = 0
    minutes: float = 0
    organizations: tuple[str, ...] = ("default",)

    @property
    def messages(self) -> int:
        """How many in all."""
        return self.waiting + round(self.per_minute * self.minutes)


@dataclass(frozen=True)
class Figures:
    """What came out. Times are minutes from the beginning.

    Attributes:
        drained: when the last message was deleted.
        receives: of each message.
        in_dead_letter_queue: messages that were received too often, or that the function has put there.
        left_behind: Architect Flows that are still locked, or hold saved work.
        not_changed: Flows without the timeout that was asked for.
        published_again: publishes beyond the first of each Flow.
        calls: that Genesys Cloud has seen, by organization.
        times: of each message when it was sent and when its Flow was changed, by organization.
        lives: of each message in the dead-letter queue, from being sent until it was moved.
        billed_seconds: of all invocations.
        troubles: what the function told of bugs, and of messages that it could not end.
    """

    drained: float
    receives: list[int]
    in_dead_letter_queue: int
    not_changed: int
    left_behind: list[str]
    published_again: int
    invocations: int
    calls: dict[str, Calls]
    times: dict[str, list[tuple[float, float]]]
    lives: list[float]
    billed_seconds: float
    troubles: list[str]

    @property
    def mean_receives(self) -> float:
        """Receives per message."""
        return mean(self.receives)

    @property
    def max_receives(self) -> int:
        """Of the message that was received most often."""
        return max(self.receives)

    def recovered(self, outage: Outage, organization: str = "default") -> float:
        """From the end of the outage until everything was done that had been sent by then."""
        end = outage.ends / 60
        return max(changed for sent, changed in self.times[organization] if sent <= end) - end

    def delays(self, organization: str) -> list[float]:
        """From sending a message to the change of its Flow."""
        return [changed - sent for sent, changed in self.times[organization]]

    def failed_per_minute(self, outage: Outage, organization: str = "default") -> float:
        """Calls that were not answered, per minute of the outage."""
        return len(self.calls[organization].failed) / ((outage.ends - outage.begins) / 60)

    def most_failed_in_a_minute(self, organization: str = "default") -> int:
        """Calls that were not answered, in the worst minute."""
        minutes = [int(moment // 60) for moment in self.calls[organization].failed]
        return max((minutes.count(minute) for minute in set(minutes)), default=0)


class World:
    """One run.

    Args:
        allowed: calls a minute that Genesys Cloud allows; None for no limit.
        architect: Flows are Architect Flows.
        per_token: each instance's token has a limit of its own, instead of one for all of them.
        seed: of all chance; the same seed gives the same run to the last digit.
    """

    def __init__(
        self,
        setup: Setup,
        load: Load,
        *,
        allowed: int | None = 300,
        architect: bool = False,
        per_token: bool = False,
        outages: tuple[Outage, ...] = (),
        seed: int = 1,
    ) -> None:
        self._setup = setup
        self._load = load
        self._seed = seed
        self._time = VirtualTime()
        chance = random.Random(seed)  # noqa: S311  # no secret hangs on it
        self._queue = SqsQueue(
            self._time,
            visibility_timeout=setup.visibility_timeout,
            max_receive_count=setup.max_receive_count,
            chance=chance,
        )
        limits: dict[str, Any] = {"allowed": allowed, "per_token": per_token, "outages": outages, "chance": chance}
        self._architect = ArchitectSide(self._time, flows=load.messages, **limits) if architect else None
        self._genesys = self._architect or GenesysSide(self._time, **limits)
        self._ledger = FakeLedger()
        self._all_sent = False
        self._invocations = 0
        self._billed_seconds = 0.0
        self._troubles: list[str] = []

    def run(self) -> Figures:
        """Runs until every message is deleted or dead."""
        with in_virtual_time(self._time), _dice_thrown_from(self._seed):
            self._time.start(self._send, "sender")
            for number in range(self._setup.maximum_concurrency):
                self._time.start(self._instance(number), f"instance {number}")
            self._time.run()
        return self._figures()

    def _send(self) -> None:
        pause = 60 / self._load.per_minute if self._load.per_minute else 0.0
        for number in range(self._load.messages):
            if number >= self._load.waiting:
                self._time.sleep(pause)
            request = {
                "flow_id": f"f{number}",
                "action_name": "A",
                "timeout_seconds": WANTED_SECONDS,
                "organization": self._load.organizations[number % len(self._load.organizations)],
            }
            self._queue.send(json.dumps(request))
        self._all_sent = True

    def _instance(self, number: int) -> Callable[[], None]:
        """A slot of the event source mapping, with the execution environment that Lambda keeps warm for it."""
        setup, queue, time = self._setup, self._queue, self._time
        environment = ExecutionEnvironment(
            time,
            queue,
            self._genesys,
            self._ledger,
            timeout=setup.timeout,
            flow_concurrency=setup.flow_concurrency,
            flow_api="architect" if self._architect else "publish",
            troubles=self._troubles,
        )

        def work() -> None:
            time.sleep(number * 0.2)  # they do not all begin in the same moment
            while queue.left or not self._all_sent:
                assert time.elapsed < GIVEN_UP_AFTER_SECONDS, f"{queue.left} messages are left"
                records = queue.receive(setup.batch_size)
                if not records:
                    time.sleep(POLL_SECONDS)
                    continue
                if len(records) < setup.batch_size:
                    time.sleep(setup.batching_window)
                    records += queue.receive(setup.batch_size - len(records))
                time.sleep(INVOKING_SECONDS)
                began = time.now
                kept = environment.invoke(records)
                self._invocations += 1
                self._billed_seconds += time.now - began
                assert time.now - began < setup.timeout, "Lambda would have ended it"
                time.sleep(INVOKING_SECONDS)
                queue.delete([record for record in records if record["messageId"] not in kept])

        return work

    def _figures(self) -> Figures:
        queue, began = self._queue, self._time.now - self._time.elapsed
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in self._load.organizations}
        not_changed = 0
        for message in queue.messages:
            request = json.loads(message.body)
            organization, flow_id = request["organization"], request["flow_id"]
            changed_at = self._genesys.changed_at.get((organization, flow_id))
            if changed_at and self._genesys.timeout_of(organization, flow_id) == WANTED_SECONDS:
                times[organization].append(((message.sent_at - began) / 60, changed_at[0] / 60))
            else:
                not_changed += 1
        ended = {message.id: (message.deleted_at or self._time.now) - began for message in queue.messages}
        return Figures(
            drained=max(ended.values()) / 60,
            receives=[message.receives for message in queue.messages],
            in_dead_letter_queue=len(queue.dead) + len(queue.buried),
            not_changed=not_changed,
            left_behind=self._architect.left_behind() if self._architect else [],
            published_again=sum(len(moments) - 1 for moments in self._genesys.changed_at.values()),
            invocations=self._invocations,
            calls=self._genesys.calls,
            times=times,
            lives=[(ended[message.id] - (message.sent_at - began)) / 60 for message in queue.dead],
            billed_seconds=self._billed_seconds,
            troubles=self._troubles,
        )


@contextmanager
def _dice_thrown_from(seed: int) -> Iterator[None]:
    """Within, what the function draws by chance is the same in every run."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
