"""At random remaining times and in random weather: no invocation overruns, no record is lost, leftovers come again."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from alarm_payloads import sns_message
from emulated_aws import EmulatedAws
from genesys_simulator import GenesysSimulator
from integration.faulty_aws import Fault, FaultyAws
from integration.harness import Aws, AwsClients, Function, FunctionServer, Json, ask, codes, flow, step, timeouts

SEED = os.environ.get("DEADLINE_SEED", "2026")
LANES = 4
"""Execution environments side by side, each with an AWS and a Genesys Cloud of its own."""
TRIALS = int(os.environ.get("DEADLINE_TRIALS", "5"))
"""In each lane."""
SCHEDULING_SECONDS = 0.25
"""So much later may a busy machine let a process have its turn."""
TIME_FOR_QUEUES_SECONDS = 1.0
"""Of the remaining time: with less, nothing is promised of how soon a record is seen again."""

ACTION = "custom_-_action"
DONE = {"raised", "set", "unchanged"}
REJECTED = {"invalid_request", "flow_not_found", "nothing_to_restore"}

GENESYS_TROUBLES: list[Json] = [
    {"delay_seconds": 30},
    {"drip_seconds": 30},
    {"status": 503},
    {"reset": True},
    {"retry_after": 2},
    {"cut_off": True},
]
AWS_SERVICES = ["secretsmanager", "sqs", "events", "dynamodb"]


@dataclass(frozen=True)
class Wish:
    """A message, and the Flow that is raised once it is done; None where it goes to the dead-letter queue."""

    body: Json
    flow_id: str | None = None
    architect: bool = False


@dataclass(frozen=True)
class Trial:
    """One invocation: what comes, how much time is left, and what is wrong meanwhile."""

    name: str
    seconds: float
    wishes: Sequence[Wish]
    genesys_settings: Json
    genesys_faults: list[Json]
    aws_faults: list[tuple[str, Fault, float]] = field(default_factory=list)

    def hands_back_at_once(self, wish: Wish) -> bool:
        """Whether what was left over is to be seen at once: SQS is well, and has the time. A publish may go on."""
        sqs_is_well = all(service != "sqs" for service, _, _ in self.aws_faults)
        return sqs_is_well and self.seconds >= TIME_FOR_QUEUES_SECONDS and not wish.architect

    @classmethod
    def draw(cls, name: str, chance: random.Random) -> Trial:
        """A trial: short times and trouble are frequent, and so is nothing wrong at all."""
        seconds = chance.choice([chance.uniform(0, 0.5), *[chance.uniform(0.1, 4)] * 3, chance.uniform(4, 8)])
        genesys = [
            {**fault, "operation": operation, "times": chance.choice([1, 3, 1000])}
            for operation in ["any", "token", "get_flow", "publish"]
            for fault in chance.choices(GENESYS_TROUBLES, k=chance.random() < 0.2)
        ]
        aws = [
            (service, fault, chance.uniform(0.1, 2))
            for service in AWS_SERVICES
            for fault in chance.choices([*Fault, *[Fault.HANGING] * 8], k=chance.random() < 0.35)
            if (service, fault) != ("secretsmanager", Fault.PARTIAL)
        ]
        settings = {
            "latency_seconds": chance.choice([0, 0, 0.05, 0.3, 0.8]),
            "publish_seconds": chance.choice([0, 0, 0.4, 30]),
        }
        wishes = [_wish(f"{name}-{number}", chance) for number in range(chance.choice([1, 3, 10, 25, 60]))]
        return cls(name, round(seconds, 2), wishes, settings, genesys, aws)


def _wish(name: str, chance: random.Random) -> Wish:
    to_step = {"flow_id": name, "action_name": "Slow"}
    return chance.choices(
        [
            Wish(ask(name), name),
            Wish(ask(name, operation="set"), name),
            Wish(sns_message(name=name, target=to_step, policy={"raise_by_seconds": 7}), name),
            Wish(ask(name, organization="platform"), name, architect=True),
            Wish({"flow_id": name, "timeout": 10}),
            Wish(ask(f"no-{name}")),
            Wish({**to_step, "operation": "restore"}),
        ],
        weights=[8, 2, 3, 3, 1, 1, 1],
    )[0]


class Lane:
    """One execution environment, and everything around it."""

    def __init__(self, number: int, clients: AwsClients, emulated: EmulatedAws, stack: ExitStack) -> None:
        self._chance = random.Random(f"{SEED} {number}")  # noqa: S311  # guards no secret
        self.genesys = stack.enter_context(GenesysSimulator())
        self.genesys.configure(rate_limit_calls=None)
        self.genesys.put_action(ACTION, "Slow", timeout_seconds=5)
        self.aws = Aws(emulated, clients)
        stack.callback(self.aws.close)
        self.aws.connect(self.genesys)
        self.aws.connect(self.genesys, "platform", flow_api="architect")
        self.faulty = stack.enter_context(FaultyAws(emulated.url))

    def run(self, start: Callable[[dict[str, str | None]], Function]) -> None:
        turns = iter(range(TRIALS))
        while some := list(islice(turns, self._chance.choice([1, 2, 5]))):  # then cold again
            concurrency = self._chance.choice(["1", "8"])
            with closing(start({"AWS_ENDPOINT_URL": self.faulty.url, "FLOW_CONCURRENCY": concurrency})) as function:
                for turn in some:
                    trial = Trial.draw(f"t{turn}", self._chance)
                    self._prepare(trial)
                    broken = list(self._laws(trial, function))
                    assert not broken, f"{broken}\nin {trial}"

    def _prepare(self, trial: Trial) -> None:
        self.genesys.configure(latency_seconds=0, publish_seconds=0)
        for wish in trial.wishes:
            if wish.architect and wish.flow_id:
                self.genesys.put_architect_flow(wish.flow_id, _architect_flow())
            elif wish.flow_id or wish.body.get("operation") == "restore":
                self.genesys.put_flow(wish.flow_id or wish.body["flow_id"], flow(step("Slow", 3)))

    def _laws(self, trial: Trial, function: Function) -> Iterator[str]:
        """The laws that a trial breaks, in words."""
        event = self.aws.deliver(*[wish.body for wish in trial.wishes])
        ids = [record["messageId"] for record in event["Records"]]
        earlier = len(function.outcomes())
        with self._weather(trial):
            answer = function.invoke(event, seconds=trial.seconds)
            if function.seconds > trial.seconds + SCHEDULING_SECONDS:
                yield f"it took {function.seconds:.2f} s"
            kept = self.aws.end(event, answer)
        waits = dict(zip(kept, self.aws.waits(), strict=True))

        told = function.outcomes()[earlier:]
        if sorted(outcome["request_id"] for outcome in told) != sorted(ids):
            yield f"{len(told)} outcomes of {len(ids)} requests"
        ends = dict(zip([outcome["request_id"] for outcome in told], codes(told), strict=True))
        buried = {letter.body for letter in self.aws.dead_letters()}
        for number, (wish, record) in enumerate(zip(trial.wishes, event["Records"], strict=True)):
            end, is_done = ends[record["messageId"]], self._is_done(wish)
            if end in DONE and not is_done:
                yield f"{wish} is told as {end}, and is not done"
            if number not in kept and not is_done and (end not in REJECTED or record["body"] not in buried):
                yield f"{wish} is lost; it was told as {end}"
            if trial.hands_back_at_once(wish) and end == "deadline_exceeded" and waits[number] > 0:
                yield f"{wish} was left over, and is not seen again for {waits[number]:.1f} s"
        if kept:
            yield from self._in_the_end(trial, {"Records": [event["Records"][number] for number in kept]}, function)

    @contextmanager
    def _weather(self, trial: Trial) -> Iterator[None]:
        self.genesys.configure(**trial.genesys_settings)
        for trouble in trial.genesys_faults:
            self.genesys.fault(**trouble)
        for service, fault, seconds in trial.aws_faults:
            self.faulty.strike(service, fault, seconds=seconds)
        yield
        self.faulty.heal()
        self.genesys.clear_faults()
        self.genesys.configure(latency_seconds=0, publish_seconds=0)

    def _in_the_end(self, trial: Trial, leftovers: Json, function: Function) -> Iterator[str]:
        """What is still wrong when all is well again, and what came back was delivered once more."""
        earlier = len(function.outcomes())
        still = self.aws.end(leftovers, function.invoke(leftovers))
        if still:
            yield f"{len(still)} come again when all is well: {codes(function.outcomes()[earlier:])}"
        for wish in trial.wishes:
            if wish.flow_id and not self._is_done(wish):
                yield f"{wish} is not done in the end"
        self.aws.dead_letters()

    def _is_done(self, wish: Wish) -> bool:
        if wish.flow_id is None:
            return False
        if wish.architect:
            [task] = self.genesys.architect_flow(wish.flow_id).configuration()["flowSequenceItemList"]
            return not task["actionList"][0]["useSuggestedTimeout"]
        return timeouts(self.genesys, wish.flow_id) == {"Slow": 10}


def _architect_flow() -> Json:
    timeout: Json = {"config": {"lit": {"text": "P0D0H1M0S0F", "type": "dur"}}, "text": "P0D0H1M0S0F", "type": "dur"}
    own = {"id": "s", "actionId": ACTION, "actionName": "Slow", "useSuggestedTimeout": True, "timeout": timeout}
    task: Json = {"__type": "Task", "id": "task", "actionList": [{"__type": "DataAction", "name": "Call", **own}]}
    return {"name": "Flow", "type": "inboundcall", "flowSequenceItemList": [task]}


def test_no_invocation_overruns_and_no_record_is_lost(
    emulated_aws: EmulatedAws, aws_clients: AwsClients, function_server: FunctionServer, tmp_path: Path
) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(LANES) as pool:

        def run(number: int) -> None:
            lane, logs = Lane(number, aws_clients, emulated_aws, stack), count()

            def start(environment: dict[str, str | None]) -> Function:
                return Function(function_server, lane.aws, tmp_path / f"{number}-{next(logs)}", environment)

            lane.run(start)

        list(pool.map(run, range(LANES)))
