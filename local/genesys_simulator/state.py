"""Everything the simulator remembers, in one place."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any

from genesys_simulator.action_store import ActionStore, DraftStore
from genesys_simulator.architect_store import ArchitectStore
from genesys_simulator.calls import CallLog
from genesys_simulator.executions import Executions
from genesys_simulator.faults import FaultSource
from genesys_simulator.flow_store import FlowStore
from genesys_simulator.rate_limit import RateLimiter
from genesys_simulator.settings import Settings
from genesys_simulator.tokens import Tokens


class State:
    """The parts guard themselves, each with its own lock; none is held while another is asked."""

    def __init__(self, settings: Settings, operations: Iterable[str], clock: Callable[[], float]) -> None:
        self._initial_settings = settings
        self.settings = settings
        self.tokens = Tokens(clock)
        self.flows = FlowStore()
        self.architect = ArchitectStore(lambda: self.settings, clock)
        self.actions = ActionStore()
        self.drafts = DraftStore()
        self.executions = Executions()
        self.faults = FaultSource(operations)
        self.rate_limiter = RateLimiter(clock)
        self.login_limiter = RateLimiter(clock)
        self.calls = CallLog(clock)

    def configure(self, **changes: Any) -> Settings:
        """Changes some settings from now on. Raises ValueError for a setting that is wrong or does not exist."""
        known = [each.name for each in fields(Settings)]
        if unknown := [name for name in changes if name not in known]:
            message = f"there is no setting {', '.join(unknown)}; there are: {', '.join(known)}"
            raise ValueError(message)
        self.settings = replace(self.settings, **changes)
        return self.settings

    def reset(self) -> None:
        """As it was in the beginning: no Flows, actions, executions, tokens, faults or calls; the first settings."""
        self.settings = self._initial_settings
        self.tokens.expire_all()
        self.flows.clear()
        self.architect.clear()
        self.actions.clear()
        self.drafts.clear()
        self.executions.clear()
        self.faults.forget()
        self.rate_limiter.clear()
        self.login_limiter.clear()
        self.calls.clear()
