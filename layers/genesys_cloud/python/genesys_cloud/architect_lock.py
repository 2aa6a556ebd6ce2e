"""The lock on an Architect Flow: taken where no one else's is, and given back whatever happens.

A process may end after any call. What it leaves is a lock of our own client's, with or without a saved version; whoever
comes next takes it back. Locks of others, and what they have saved, are left alone: unlock is never used.
"""

from __future__ import annotations

from genesys_cloud.architect_calls import ArchitectCalls
from genesys_cloud.architect_metadata import Metadata
from genesys_cloud.architect_waiting import STALE_AFTER_SECONDS, Lookout
from genesys_cloud.errors import AnswerLost, Conflict, FlowLocked, GenesysCloudError, PublishRejected, Unavailable

RELEASE_SECONDS = 2.0
"""Kept free while the Flow is locked, to give the lock back."""
CHANGE_SECONDS = RELEASE_SECONDS + 2.0
"""Time that must be left for a check-out to make sense: it is followed by a save and a publish."""


class FlowLock:
    """Our lock on one Flow.

    Args:
        releasing: the calls that give it back; they may have more time than the others.
    """

    def __init__(self, flow_id: str, calls: ArchitectCalls, releasing: ArchitectCalls, lookout: Lookout) -> None:
        self._id = flow_id
        self._calls = calls
        self._releasing = releasing
        self._lookout = lookout
        self._client_id = calls.client_id
        self.may_be_held = False

    def make_way(self) -> Metadata:
        """The Flow as it is once nothing of our own is left on it from before.

        Raises:
            FlowLocked: someone has it checked out, or has unpublished work in it.
            Conflict: another invocation of ours is changing it, or was a moment ago.
            OutOfTime: the same, and it goes on.
            GenesysCloudError: as the calls raise it.
        """
        flow = self._calls.look(self._id)
        if flow.is_being_changed_by(self._client_id):
            self._lookout.until_no_longer_changed_by_us(self._id, flow)
            raise self._changed_by_another_invocation()
        if flow.is_locked_by(self._client_id):
            self._lookout.need(STALE_AFTER_SECONDS + CHANGE_SECONDS, self._id)
            if not self._lookout.is_left_alone(self._id, flow):
                raise self._changed_by_another_invocation()
            problem = self.give_back()
            if problem is not None:
                raise problem
            flow = self._lookout.until_no_longer_changed_by_us(self._id, self._calls.look(self._id))
        self._refuse_lock_of_others(flow)
        self._refuse_unpublished_work(flow)
        return flow

    def take(self) -> Metadata:
        """Checks the Flow out and returns it as it is then; raises as `make_way`, and Unavailable without an answer."""
        self._lookout.need(CHANGE_SECONDS, self._id)
        flow = self._check_out()
        self.may_be_held = True
        self._refuse_unpublished_work(flow, but_of=self._client_id)  # a check-out may show as a version of its own
        return flow

    def give_back_after(self, error: Exception) -> None:
        """Gives it back because of an error; where that fails too, the error says so."""
        problem = self.give_back()
        if problem is not None and isinstance(error, GenesysCloudError):
            left = (
                f"the Flow may still be checked out by this system ({problem.message}): its next change sees to that,"
                " or revert it in Architect"
            )
            error.hint = f"{error.hint}; {left}" if error.hint else left

    def give_back(self) -> GenesysCloudError | None:
        """Drops what we have saved, and the lock; returns what was in the way, if anything was.

        A revert gives the lock back as a rule, a check-in does where it does not. Nothing that we have saved is ever
        checked in: it would stand in everybody's way as unpublished work.
        """
        try:
            flow, refused = self._revert()
            if flow.is_being_changed_by(self._client_id) or not flow.is_locked_by(self._client_id):
                return None
            if refused and flow.unpublished_work():
                return refused
            self._releasing.check_in(self._id)
        except Conflict:  # there is nothing of ours to give back, or an operation under way does it
            return None
        except GenesysCloudError as problem:
            return problem
        return None

    def _revert(self) -> tuple[Metadata, PublishRejected | None]:
        refused = None
        flow = None
        try:
            flow = self._releasing.revert(self._id)
        except PublishRejected as nothing_to_revert:
            refused = nothing_to_revert
        return flow or self._releasing.look(self._id), refused

    def _check_out(self) -> Metadata:
        """Checks out; where that is not answered, looks whether it was done before it is done again."""
        failures = 0
        while True:
            failures += 1
            try:
                return self._calls.check_out(self._id)
            except Conflict:
                flow = self._calls.look(self._id)
                self._refuse_lock_of_others(flow)
                if not self.may_be_held or not flow.is_locked_by(self._client_id):
                    raise
                return flow
            except AnswerLost as lost:
                self.may_be_held = True
                flow = self._calls.look(self._id)
                if flow.is_locked_by(self._client_id):
                    return flow
                self._refuse_lock_of_others(flow)
                nothing_is_published = lost.becomes(Unavailable, lost.message, hint=lost.hint)
                self._lookout.back_off(failures, needed=CHANGE_SECONDS, otherwise=nothing_is_published)

    def _changed_by_another_invocation(self) -> Conflict:
        return Conflict(f"Flow {self._id} was being changed by another invocation of this system")

    def _refuse_lock_of_others(self, flow: Metadata) -> None:
        holder = flow.other_holder(self._client_id)
        if holder:
            raise FlowLocked(
                f"Flow {self._id} is locked by {holder}", hint="it is never unlocked from here: ask its editor"
            )

    def _refuse_unpublished_work(self, flow: Metadata, *, but_of: str | None = None) -> None:
        work = flow.unpublished_work(but_of=but_of)
        if work:
            raise FlowLocked(
                f"Flow {self._id} holds someone's unpublished work: version {work.id} came after version"
                f" {flow.published_id}, which is published",
                hint="to publish the change would publish that work too: publish or revert it in Architect, then send"
                " the request again",
            )
