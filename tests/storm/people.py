"""People who work on the same documents: they publish in between, and keep Architect Flows locked for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

from genesys_simulator import GenesysSimulator
from storm.chance import chance
from storm.documents import Json, Kind, mark
from storm.world import Target, World

EDIT_EVERY_SECONDS = 0.12
LONGEST_AT_WORK_SECONDS = 0.6
RUDE = 0.25
"""How often somebody takes an Architect Flow from whoever has it, as its editor may."""
USER = "anna"


class People(threading.Thread):
    """Publishes edits until told to `leave`; each edit is a mark of its own, and touches no timeout."""

    def __init__(self, seed: int, genesys: dict[str, GenesysSimulator], world: World) -> None:
        super().__init__(name="people", daemon=True)
        self._draw = chance(seed, "people")
        self._genesys = genesys
        self._targets = world.targets
        self._gone = threading.Event()
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._made: dict[Target, list[str]] = {target: [] for target in self._targets}
        self.found_locked = 0

    @property
    def made(self) -> dict[Target, list[str]]:
        """The marks that were really made, in their order."""
        with self._lock:
            return {target: list(texts) for target, texts in self._made.items()}

    def run(self) -> None:
        """One edit after another."""
        while not self._gone.wait(self._draw.expovariate(1 / EDIT_EVERY_SECONDS)):
            target = self._targets[int(len(self._targets) * self._draw.random() ** 1.6)]
            self._edit(target)

    def leave(self) -> None:
        """They finish what they are at, and come no more."""
        self._gone.set()
        self.join()

    def _edit(self, target: Target) -> None:
        simulator = self._genesys[target.organization]
        in_between = self._draw.random() < 0.6
        times = self._draw.choice([1, 1, 1, 2, 3])
        match target.kind:
            case Kind.FLOW if in_between:
                simulator.edit_after_get(target.id, self._change(target), times=times)
            case Kind.FLOW:
                simulator.edit_flow(target.id, self._change(target))
            case Kind.ACTION if in_between:
                simulator.edit_action_after_get(target.id, self._change(target), times=times)
            case Kind.ACTION:
                simulator.edit_action(target.id, self._change(target))
            case Kind.ARCHITECT:
                self._edit_in_architect(simulator, target)

    def _edit_in_architect(self, simulator: GenesysSimulator, target: Target) -> None:
        if self._draw.random() < RUDE:
            step = self._draw.choice(["checkout", "save", "publish", None])
            if step is None:
                simulator.edit_architect_flow(target.id, self._change(target))
            else:
                simulator.edit_architect_flow_before(target.id, step, self._change(target))
        elif simulator.check_out_architect_flow(target.id, USER):
            self._gone.wait(self._draw.uniform(0, LONGEST_AT_WORK_SECONDS))
            simulator.edit_architect_flow(target.id, self._change(target))
        else:
            self.found_locked += 1

    def _change(self, target: Target) -> Callable[[Json], None]:
        """The edit: it makes another mark each time it is called, which is when it is published."""

        def change(document: Json) -> None:
            with self._lock:
                text = f"m{next(self._numbers)}"
                self._made[target].append(text)
            mark(target.kind, document, text)

        return change
