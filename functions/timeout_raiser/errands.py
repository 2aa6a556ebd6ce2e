"""What an alarm wants besides its request: a message to ourselves for later, and the mark that it is dealt with."""

from __future__ import annotations

from dataclasses import dataclass

from follow_ups import FollowUp
from outcomes import Outcome, Status, ignored
from rejection import NOTHING_TO_RESTORE

_NOT_OVER = {Status.REJECTED, Status.DEFERRED, Status.PLANNED}
"""What ends like this may come again, and has to be done then."""


@dataclass(frozen=True)
class Errand:
    """What is left to do for an alarm once its outcome is known.

    Attributes:
        transition: to be marked as finished; None where there is nothing to mark.
        next: the message to ourselves, if the outcome wants one.
        restores: whether the request is a restore.
        may_find_more_to_do: whether another look can ask for more, after this one has changed nothing.
    """

    transition: str | None
    next: FollowUp | None = None
    restores: bool = False
    may_find_more_to_do: bool = True

    def conclude(self, outcome: Outcome) -> Outcome:
        """The outcome as an alarm has it: that nothing is left to put back is no fault of an alarm."""
        error = outcome.error
        if self.restores and error and error.code == NOTHING_TO_RESTORE:
            return ignored(outcome, error.message, error=None)
        return outcome

    def next_after(self, outcome: Outcome) -> FollowUp | None:
        """The message to ourselves that the outcome asks for."""
        over = outcome.status in _NOT_OVER or outcome.at_limit or outcome.superseded
        in_vain = outcome.status is Status.UNCHANGED and not self.may_find_more_to_do
        return None if over or in_vain else self.next

    def finished_by(self, outcome: Outcome) -> str | None:
        """The transition that is dealt with by this outcome."""
        return None if outcome.status in _NOT_OVER else self.transition
