"""What becomes of a message: deleted, visible again after a wait, or in the dead-letter queue with its reason.

A message is reported as done only when its outcome is final and safely recorded; whatever goes wrong here keeps it.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from aws.queues import DeadLetter, DeadLetterQueue, RequestQueue
from doors import Ask, Letter
from genesys_cloud.deadline import Deadline
from genesys_cloud.retry import Jitter
from outcomes import Outcome, Status

FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 900


class SqsEndings:
    """Ends the records of an SQS event.

    Args:
        on_failure: is told of a message that could not be moved or made to wait: its id, what, and why.
        jitter: a random number between two bounds.
    """

    def __init__(
        self,
        requests: RequestQueue,
        dead_letters: DeadLetterQueue,
        on_failure: Callable[[str, str, str], None],
        *,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._requests = requests
        self._dead_letters = dead_letters
        self._on_failure = on_failure
        self._jitter = jitter

    def settle(self, ended: Sequence[tuple[Ask, Outcome]], deadline: Deadline) -> list[str]:
        """Ends every record as the worst of its outcomes says; what is not ended before the deadline is kept.

        With any deferred, the record is seen again whole; else each rejected request goes to the dead-letter queue.

        Returns:
            Message ids to report as failed: what is not in this list, SQS deletes.
        """
        by_letter: dict[Letter, list[tuple[Ask, Outcome]]] = defaultdict(list)
        for ask, outcome in ended:
            by_letter[ask.letter].append((ask, outcome))
        again: dict[Letter, int] = {}
        rejected: list[tuple[Ask, Outcome]] = []
        for letter, parts in by_letter.items():
            deferred = [outcome for _, outcome in parts if outcome.status is Status.DEFERRED]
            if deferred:
                again[letter] = max(self._wait(outcome, letter) for outcome in deferred)
            else:
                rejected += [part for part in parts if part[1].status is Status.REJECTED]
        kept = self._bury(rejected, deadline)
        self._show_again(again, deadline)
        return [letter.id for letter in by_letter if letter in again or letter.id in kept]

    def _wait(self, outcome: Outcome, letter: Letter) -> int:
        """The wait that is due in whole seconds: as told, else full jitter that grows with each receive."""
        told = outcome.retry_after_seconds
        if told is not None:
            return min(math.ceil(told), LONGEST_WAIT_SECONDS)
        doublings = min(letter.receive_count - 1, 10)
        return math.ceil(self._jitter(0, min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**doublings)))

    def _bury(self, rejected: Sequence[tuple[Ask, Outcome]], deadline: Deadline) -> set[str]:
        """Copies to the dead-letter queue; returns the ids of the messages whose copy is not safely there."""
        letters = [_dead_letter(ask, outcome) for ask, outcome in rejected]
        failures = self._dead_letters.send(letters, deadline)
        for index, why in failures.items():
            self._on_failure(rejected[index][0].letter.id, "not copied to the dead-letter queue", why)
        return {rejected[index][0].letter.id for index in failures}

    def _show_again(self, again: dict[Letter, int], deadline: Deadline) -> None:
        waits = [(letter, letter.receipt_handle, wait) for letter, wait in again.items() if letter.receipt_handle]
        failures = self._requests.show_again([(handle, wait) for _, handle, wait in waits], deadline)
        for index, why in failures.items():
            self._on_failure(waits[index][0].id, "comes again when the queue's own visibility timeout is over", why)


def _dead_letter(ask: Ask, outcome: Outcome) -> DeadLetter:
    error = outcome.error
    code, message = (error.code, error.message) if error else ("internal_error", "rejected without a reason")
    return DeadLetter(ask.text, code, message, outcome.request_id)


def unsettled(ended: Sequence[tuple[Ask, Outcome]]) -> list[str]:
    """Message ids to report as failed when nothing is known of the settling: all whose outcome needs some."""
    needy = {Status.DEFERRED, Status.REJECTED}
    return list(dict.fromkeys(ask.letter.id for ask, outcome in ended if outcome.status in needy))
