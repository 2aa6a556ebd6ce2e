"""Waiting for what goes on in an Architect Flow: looking again, further and further apart, while time is left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from genesys_cloud.architect_calls import ArchitectCalls
from genesys_cloud.architect_metadata import Metadata
from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import COMES_AGAIN, GenesysCloudError, OutOfTime, PublishUnderWay
from genesys_cloud.retry import Jitter, backoff_seconds

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.25, 3.0
GROWTH = 1.6

LOOK_SECONDS = 1.0
"""Time that must be left after a wait for a look to make sense."""

STALE_AFTER_SECONDS = 3.0
"""An invocation that is alive does not leave a Flow it has locked alone for so long."""
LOOKS_UNTIL_STALE = 3


class Lookout:
    """Looks at Flows of one organization within one invocation.

    Args:
        jitter: a random number between two bounds, for the waits.
    """

    def __init__(self, calls: ArchitectCalls, deadline: Deadline, jitter: Jitter) -> None:
        self._calls = calls
        self._deadline = deadline
        self._jitter = jitter

    def looks(self, flow_id: str) -> Iterator[Metadata]:
        """The Flow, looked at again and again; ends when the time does."""
        for number in count():
            longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * GROWTH ** min(number, 16))
            wait = self._jitter(longest / 2, longest)
            if not self._deadline.allows(wait + LOOK_SECONDS):
                return
            self._deadline.wait(wait)
            try:
                yield self._calls.look(flow_id)
            except OutOfTime:
                return

    def until_no_longer_changed_by_us(self, flow_id: str, flow: Metadata) -> Metadata:
        """The Flow once no operation of our own client is under way: another invocation of ours has started it.

        Args:
            flow: as it was looked at just now.

        Raises:
            OutOfTime: it goes on; nothing of this invocation's is in it.
            GenesysCloudError: as `ArchitectCalls.look` raises it.
        """
        client_id = self._calls.client_id
        if not flow.is_being_changed_by(client_id):
            return flow
        for looked in self.looks(flow_id):
            if not looked.is_being_changed_by(client_id):
                return looked
        action = (flow.operation and flow.operation.action) or "operation"
        busy = OutOfTime(
            f"Flow {flow_id}: an earlier {action} of this system's own is still under way", hint=COMES_AGAIN
        )
        busy.retry_after_seconds = PublishUnderWay.retry_after_seconds
        raise busy

    def is_left_alone(self, flow_id: str, flow: Metadata) -> bool:
        """Whether nothing happens to the Flow for a while."""
        for _ in range(LOOKS_UNTIL_STALE):
            self._deadline.wait(STALE_AFTER_SECONDS / LOOKS_UNTIL_STALE)
            if self._calls.look(flow_id) != flow:
                return False
        return True

    def need(self, seconds: float, flow_id: str) -> None:
        """Raises OutOfTime unless so much time is left."""
        if not self._deadline.allows(seconds):
            left = max(0.0, self._deadline.left())
            raise OutOfTime(
                f"Flow {flow_id} was not published: it may take {seconds:.0f} s and {left:.1f} s are left",
                hint=COMES_AGAIN,
            )

    def back_off(self, failures: int, *, needed: float, otherwise: GenesysCloudError) -> None:
        """Waits before a call is repeated that was found not to be done; raises if there would be no time for it."""
        wait = backoff_seconds(failures, self._jitter)
        if not self._deadline.allows(wait + needed):
            raise otherwise
        self._deadline.wait(wait)
