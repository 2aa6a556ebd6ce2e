"""What becomes of a message: done, again after a wait, or in the dead-letter queue with its reason.

A message is reported as done only when its outcome is final and safely recorded; whatever goes wrong here keeps it.

| outcome  | SQS record                         | other doors                                               |
|----------|------------------------------------|-----------------------------------------------------------|
| deferred | hidden for the wait that is due    | sent to the request queue, to be seen after that wait     |
| rejected | a copy in the dead-letter queue    | the same                                                  |
"""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from aws.queues import DeadLetter, DeadLetterQueue, PutOff, RequestQueue
from doors import Ask, Letter
from genesys_cloud.deadline import Deadline
from genesys_cloud.retry import Jitter
from ledger import Ledger, LedgerUnavailable
from outcomes import Outcome, Status

FIRST_WAIT_SECONDS = 30
LONGEST_BACKOFF_SECONDS = 300
"""After an outage the last message is back within this time; MaxReceiveCount has to make up for it (template.yaml)."""
LONGEST_TOLD_WAIT_SECONDS = 900

Ended = Sequence[tuple[Ask, Outcome]]
"""What was asked for, and how it ended."""


class NotSettled(Exception):
    """An event could not be put where it is safe: Lambda is to invoke again, and in the end to put it aside itself."""


class Endings:
    """Ends the messages of one event.

    Args:
        ledger: keeps what is dealt with.
        on_failure: is told of a message that could not be moved or made to wait: its id, what, and why.
        jitter: a random number between two bounds.
        now: the time of day, in seconds since 1970.
    """

    def __init__(
        self,
        requests: RequestQueue,
        dead_letters: DeadLetterQueue,
        ledger: Ledger,
        on_failure: Callable[[str, str, str], None],
        *,
        jitter: Jitter = random.uniform,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._requests = requests
        self._dead_letters = dead_letters
        self._ledger = ledger
        self._on_failure = on_failure
        self._jitter = jitter
        self._now = now

    def settle(self, ended: Ended, deadline: Deadline, *, from_queue: bool) -> list[str]:
        """Ends every message as the worst of its outcomes says; what is not ended before the deadline is kept.

        With any deferred, the message is seen again whole; else each rejected request goes to the dead-letter queue,
        and what an alarm wants besides is done.

        Args:
            from_queue: whether the messages are records of the request queue.

        Returns:
            Ids of the messages that SQS is to show again, or that could not be put where they are safe. Of SQS records
            these are reported as failed: what is not in this list, SQS deletes.
        """
        by_letter: dict[Letter, list[tuple[Ask, Outcome]]] = defaultdict(list)
        for ask, outcome in ended:
            by_letter[ask.letter].append((ask, outcome))
        again: dict[Letter, int] = {}
        over: list[tuple[Ask, Outcome]] = []
        for letter, parts in by_letter.items():
            deferred = [outcome for _, outcome in parts if outcome.status is Status.DEFERRED]
            if deferred:
                again[letter] = max(self._wait(outcome, letter) for outcome in deferred)
            else:
                over += parts
        kept = self._bury([part for part in over if part[1].status is Status.REJECTED], deadline)
        kept |= self._follow_up(over, deadline)
        if from_queue:
            self._show_again(again, deadline)
            kept |= {letter.id for letter in again}
        else:
            kept |= self._put_off(again, deadline)
        self._finish(over, kept)
        return [letter.id for letter in by_letter if letter.id in kept]

    def _wait(self, outcome: Outcome, letter: Letter) -> int:
        """The wait that is due in whole seconds: as told, else full jitter that grows with each receive."""
        told = outcome.retry_after_seconds
        if told is not None:
            return min(math.ceil(told), LONGEST_TOLD_WAIT_SECONDS)
        doublings = min(letter.receive_count - 1, 10)
        return math.ceil(self._jitter(0, min(LONGEST_BACKOFF_SECONDS, FIRST_WAIT_SECONDS * 2**doublings)))

    def _bury(self, rejected: Ended, deadline: Deadline) -> set[str]:
        """Copies to the dead-letter queue; returns the ids of the messages whose copy is not safely there."""
        letters = [_dead_letter(ask, outcome) for ask, outcome in rejected]
        failures = self._dead_letters.send(letters, deadline)
        return self._told(failures, [ask.letter for ask, _ in rejected], "not copied to the dead-letter queue")

    def _follow_up(self, over: Ended, deadline: Deadline) -> set[str]:
        """Sends the messages to ourselves; returns the ids of the messages whose own could not be sent."""
        wanted = [(ask.letter, ask.errand.next_after(outcome)) for ask, outcome in over if ask.errand]
        to_send = [(letter, message) for letter, message in wanted if message]
        now = self._now()
        failures = self._requests.put_off(
            [PutOff(message.as_message(), message.delay_seconds(now), message.about) for _, message in to_send],
            deadline,
        )
        return self._told(failures, [letter for letter, _ in to_send], "its next look at the alarm was not scheduled")

    def _finish(self, over: Ended, kept: Collection[str]) -> None:
        """Marks what is dealt with. Where that fails, a repetition goes by what was decided: no second step."""
        ended = (ask.errand.finished_by(outcome) for ask, outcome in over if ask.errand and ask.letter.id not in kept)
        transitions = [transition for transition in ended if transition]
        if transitions:
            try:
                self._ledger.finish(transitions)
            except LedgerUnavailable as error:
                self._on_failure(", ".join(transitions), "not marked as dealt with", error.message)

    def _show_again(self, again: Mapping[Letter, int], deadline: Deadline) -> None:
        waits = [(letter, letter.receipt_handle, wait) for letter, wait in again.items() if letter.receipt_handle]
        failures = self._requests.show_again([(handle, wait) for _, handle, wait in waits], deadline)
        what = "comes again when the queue's own visibility timeout is over"
        self._told(failures, [letter for letter, _, _ in waits], what)

    def _put_off(self, again: Mapping[Letter, int], deadline: Deadline) -> set[str]:
        """Sends what has to wait to the request queue; returns the ids of the messages that are not safely there."""
        failures = self._requests.put_off(
            [PutOff(letter.text, wait, letter.id) for letter, wait in again.items()], deadline
        )
        return self._told(failures, list(again), "not sent to the request queue")

    def _told(self, failures: Mapping[int, str], letters: Sequence[Letter], what: str) -> set[str]:
        for index, why in failures.items():
            self._on_failure(letters[index].id, what, why)
        return {letters[index].id for index in failures}


def _dead_letter(ask: Ask, outcome: Outcome) -> DeadLetter:
    error = outcome.error
    code, message = (error.code, error.message) if error else ("internal_error", "rejected without a reason")
    return DeadLetter(ask.text, code, message, outcome.request_id)


def unsettled(ended: Ended) -> list[str]:
    """Ids of the messages that something is to be done with; they are kept when nothing is known of that."""
    needy = {Status.DEFERRED, Status.REJECTED}
    return list(dict.fromkeys(ask.letter.id for ask, outcome in ended if ask.errand or outcome.status in needy))
