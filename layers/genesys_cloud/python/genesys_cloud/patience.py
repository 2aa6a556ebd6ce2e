"""Patience: sends again while an answer says nothing and time is left, and waits as long as Genesys Cloud says.

What one call of an organization is told, all of them keep: told to wait, none goes before the time is over; and where
nothing is answered any more, one call tries for all (`doubt`), with one backoff for all.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TypeVar

from genesys_cloud import answers
from genesys_cloud.deadline import Deadline
from genesys_cloud.doubt import Doubt, Turns
from genesys_cloud.errors import COMES_AGAIN, AnswerLost, OutOfTime, RateLimited, Transient, Unavailable
from genesys_cloud.retry import Jitter, backoff_seconds, told_wait_seconds
from genesys_cloud.transport import Answer, CallObserver, Transport

QUICK_TRIES = 8
"""So many tries in doubt follow each other fast: a burst of failures is over sooner than an outage."""

Parsed = TypeVar("Parsed")


class Patience:
    """What all calls to one organization share within one invocation; threads may share it.

    Args:
        transport: says how long one more attempt is expected to take.
        deadline: of this invocation.
        doubt: what earlier invocations have left.
        observer: is told of throttling.
        hidden: texts that must not pass on in Genesys's messages; grows as they become known.
        now: the time of day, for `Retry-After` dates.
        jitter: a random number between two bounds.
    """

    def __init__(
        self,
        transport: Transport,
        deadline: Deadline,
        *,
        doubt: Doubt,
        observer: CallObserver,
        hidden: Collection[str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Jitter = random.uniform,
    ) -> None:
        self._transport = transport
        self._deadline = deadline
        self._doubt = doubt
        self._turns = Turns(doubt)
        self._observer = observer
        self._hidden = hidden
        self._now = now
        self._jitter = jitter
        self._lock = threading.Lock()
        self._throttled_until = 0.0
        self._throttle: Answer | None = None
        self._next_try_in_doubt = 0.0
        self._trouble: dict[bool, Unavailable] = {}  # the last one of reads (True) and of writes (False)

    @property
    def goes_slow(self) -> bool:
        """Whether there is doubt, or the rate limit was used up in this invocation."""
        return bool(self._doubt) or self._throttle is not None

    def until_definite(
        self,
        what: str,
        send: Callable[[], Answer],
        parse: Callable[[Answer], Parsed],
        *,
        repeatable: bool = True,
        share: float = 1.0,
        is_throttling: Callable[[Answer], bool] = answers.is_throttling,
        is_conflict: Callable[[Answer], bool] = answers.is_conflict,
    ) -> tuple[Answer, tuple[Parsed] | None]:
        """Sends until there is a definite answer; a success comes with its parsed body, a 4xx with None.

        Args:
            what: method and path, for messages.
            parse: reads a success; a ValueError from it says that the body is broken.
            repeatable: False for a write that must not be sent again before someone has looked whether it was done.
            share: the part of the time left in which it is sent again; less than all of it where others need the rest.
            is_conflict: tells the answers that are definite whatever their status, as this call's way to say that
                someone else wrote in between.

        Raises:
            AnswerLost: no answer to a call that is not repeatable.
            Transient: no definite answer in the time left.
        """
        failures = 0
        last: Unavailable | None = None
        until = self._deadline.share(share)
        while True:
            try:
                self._sit_out_throttling(what)
                self._sit_out_doubt(what)
                with self._turns.take(self._deadline.left()) as in_doubt:
                    if self._must_wait():  # as the one before was told
                        continue
                    try:
                        answer = send()
                        if is_throttling(answer):
                            self._note_throttling(answer)
                            continue
                        refused = is_conflict(answer)
                        parsed = None if refused else answers.parsed_success(answer, parse, what, hidden=self._hidden)
                    except Unavailable as error:
                        self._note_failure(error, repeatable=repeatable)
                        raise
                    self._trouble.pop(repeatable, None)
                    self._doubt.answered(asked_in_doubt=in_doubt)
                    return answer, parsed
            except OutOfTime as error:
                raise last or self._in_the_light_of_trouble(error) from None
            except Unavailable as error:
                last = error
                if not answers.is_worth_repeating(error):
                    raise
                if not repeatable:
                    raise error.becomes(AnswerLost, error.message, hint=error.hint) from error
                failures += 1
                self._back_off(failures, error, until)

    def _in_the_light_of_trouble(self, error: OutOfTime) -> Transient:
        """Where nothing is answered, it is not the time that is short: whoever waits should wait for Genesys Cloud."""
        for trouble in tuple(self._trouble.values()):
            return trouble.becomes(
                Unavailable, f"{error.message}, while other calls were not answered", hint=error.hint
            )
        return error

    def _back_off(self, failures: int, error: Unavailable, until: Deadline) -> None:
        wait = backoff_seconds(failures, self._jitter)
        if not until.allows(wait + self._transport.expected_seconds):
            raise error
        self._deadline.wait(wait)

    def _note_failure(self, error: Unavailable, *, repeatable: bool) -> None:
        self._trouble[repeatable] = error
        if not answers.is_worth_repeating(error):  # somebody has answered, and will not think better of it
            return
        self._doubt.failed()
        with self._lock:
            # What fails before the next try is due was under way already, and says nothing new.
            if self._doubt and self._deadline.now() >= self._next_try_in_doubt:
                growing = max(1, self._doubt.tried_in_vain() - QUICK_TRIES)
                self._next_try_in_doubt = self._deadline.now() + backoff_seconds(growing, self._jitter)

    def _note_throttling(self, answer: Answer) -> None:
        """The limit counts per client: what one thread is told, all of them keep."""
        self._observer.throttled()
        self._doubt.throttled()
        until = self._deadline.now() + told_wait_seconds(answer.headers, self._now())
        with self._lock:
            if until > self._throttled_until:
                self._throttled_until, self._throttle = until, answer

    def _must_wait(self) -> bool:
        now = self._deadline.now()
        return now < self._throttled_until or (bool(self._doubt) and now < self._next_try_in_doubt)

    def _sit_out_throttling(self, what: str) -> None:
        with self._lock:
            wait, answer = self._throttled_until - self._deadline.now(), self._throttle
        if wait <= 0 or answer is None:
            return
        if not self._deadline.allows(wait + self._transport.expected_seconds):
            refusal = answers.refusal(answer, hidden=self._hidden)
            limited = refusal.becomes(
                RateLimited, f"{what}: told to wait {wait:.0f} s, which is more than the time left", hint=COMES_AGAIN
            )
            limited.retry_after_seconds = wait
            raise limited
        self._deadline.wait(wait)

    def _sit_out_doubt(self, what: str) -> None:
        """Waits until the next try is due; whoever then comes first makes it."""
        while self._doubt and (wait := self._next_try_in_doubt - self._deadline.now()) > 0:
            if not self._deadline.allows(wait + self._transport.expected_seconds):
                raise OutOfTime(f"{what} was not sent", hint=COMES_AGAIN)
            self._deadline.wait(wait)
