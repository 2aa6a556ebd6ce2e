"""One change of one Architect Flow: check out, save, publish, see that it is done, read back, and leave no lock behind.

A process may end after any call. What it leaves is a lock of our own client's (see `architect_lock`), or a publish that
goes on; the next change waits for that. Until it is over, what is published stays as it was.

All invocations are the same client to Genesys Cloud, so the lock does not keep two of them apart. Hence the look
between saving and publishing (only where what is published is still what was read may what was saved take its place),
and the reading back, which shows whose save was published in the end.
"""

from __future__ import annotations

from itertools import chain, islice

from genesys_cloud import json_text
from genesys_cloud.answers import LONGEST_CODE, LONGEST_MESSAGE
from genesys_cloud.architect_calls import ArchitectCalls
from genesys_cloud.architect_lock import RELEASE_SECONDS, FlowLock
from genesys_cloud.architect_metadata import Metadata, Operation
from genesys_cloud.architect_waiting import Lookout
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    COMES_AGAIN,
    AnswerLost,
    Conflict,
    GenesysCloudError,
    OutOfTime,
    Overtaken,
    PublishRejected,
    PublishUnderWay,
    RateLimited,
    Unavailable,
)

SAVE_SECONDS = RELEASE_SECONDS + 1.0
"""Time that must be left for a save to make sense: it is followed by a publish."""

LOOKS_UNTIL_SHOWN = 4
"""So often is looked for what must be there by now: what is shown may lag behind."""

MOST_PLACES = 10


class Publication:
    """The change of one Flow from the configuration that was read to another one.

    Args:
        configuration: as text, the only form in which it is kept until all is done.
    """

    def __init__(
        self, document: Document, configuration: bytes, *, lock: FlowLock, calls: ArchitectCalls, lookout: Lookout
    ) -> None:
        self._document = document
        self._id = document.id
        self._configuration = configuration
        self._lock = lock
        self._calls = calls
        self._lookout = lookout
        self._client_id = calls.client_id
        self._may_be_publishing = False

    def run(self) -> str:
        """Publishes, and returns the new version; raises as `ArchitectFlowStore.write` does."""
        self._check_published_is_as_read(self._lock.make_way())
        try:
            flow = self._lock.take()
            self._check_published_is_as_read(flow)
            new_version, flow = self._follow(self._start(self._save(flow)))
        except Exception as error:
            if self._lock.may_be_held and not self._may_be_publishing:
                self._lock.give_back_after(error)
            raise
        if flow.is_locked_by(self._client_id):
            self._lock.give_back()
        self._read_back(new_version)
        return new_version

    def _check_published_is_as_read(self, flow: Metadata) -> None:
        if not self._is_as_read(flow):
            raise Conflict(
                f"Flow {self._id}: version {flow.published_id} is published, no longer version {self._document.version}"
            )

    def _is_as_read(self, flow: Metadata) -> bool:
        return flow.published_id == self._document.version

    # -- save and publish ----------------------------------------------------------------------------------------------

    def _save(self, flow: Metadata) -> Metadata:
        """Saves, and returns the Flow as it is then: still ours, and still to be published.

        Where it is not answered, that look shows whether it was done, before it is done again.

        Args:
            flow: as it was checked out.
        """
        failures = 0
        while True:
            failures += 1
            self._lookout.need(SAVE_SECONDS, self._id)
            lost = None
            try:
                self._calls.save(self._id, self._configuration)
            except AnswerLost as error:
                lost = error
            found = self._showing_our_lock()
            self._check_is_ours(found)
            self._check_published_is_as_read(found)
            if lost is None or found.saved not in {None, flow.saved}:
                return found
            nothing_is_published = lost.becomes(Unavailable, lost.message, hint=lost.hint)
            self._lookout.back_off(failures, needed=SAVE_SECONDS, otherwise=nothing_is_published)

    def _showing_our_lock(self) -> Metadata:
        """The Flow as it is; where the lock is not to be seen, it may only lag behind."""
        flow = self._calls.look(self._id)
        looks = chain([flow], islice(self._lookout.looks(self._id), LOOKS_UNTIL_SHOWN))
        return next((look for look in looks if look.is_locked_by(self._client_id)), flow)

    def _start(self, flow: Metadata) -> Operation | None:
        """The publish that is under way or over; None where another version than the one read is published already.

        Args:
            flow: as it was saved.
        """
        failures = 0
        while True:
            failures += 1
            self._lookout.need(RELEASE_SECONDS, self._id)
            self._may_be_publishing = True
            try:
                return self._calls.publish(self._id)
            except (AnswerLost, Conflict) as error:
                found = self._look_for_publish(error)
                operation = found.publishing_of(self._client_id, since=flow.operation)
                if operation or not self._is_as_read(found):
                    return operation
                self._may_be_publishing = False
                if isinstance(error, Conflict):
                    raise
                self._check_is_ours(found)
                self._lookout.back_off(failures, needed=RELEASE_SECONDS, otherwise=error)
            except GenesysCloudError:
                self._may_be_publishing = False
                raise

    def _look_for_publish(self, error: GenesysCloudError) -> Metadata:
        """The Flow after a publish was not answered, or refused."""
        try:
            return self._calls.look(self._id)
        except GenesysCloudError as blind:
            raise _untold(blind, f"Flow {self._id}: {error.message}; what became of it cannot be seen") from error

    def _check_is_ours(self, flow: Metadata) -> None:
        if not flow.is_locked_by(self._client_id):
            raise Conflict(f"Flow {self._id} is no longer checked out by this system")

    # -- until it is done ----------------------------------------------------------------------------------------------

    def _follow(self, operation: Operation | None) -> tuple[str, Metadata]:
        """The new version, and the Flow that shows it, once the publish is over."""
        try:
            flow = self._end_of(operation)
            self._may_be_publishing = False
            for told in (operation, flow.operation):
                if operation and told and told.id == operation.id and told.failed:
                    raise self._rejected(told)
            flow = self._showing_new_version(flow)
        except (AnswerLost, PublishRejected):
            raise
        except GenesysCloudError as blind:
            raise _untold(blind, f"Flow {self._id}: publishing was begun, and cannot be seen any more") from blind
        if flow.published_id is None or self._is_as_read(flow):
            raise Overtaken(
                f"Flow {self._id}: publishing is over, but version {flow.published_id} is still the published one"
            )
        return flow.published_id, flow

    def _end_of(self, operation: Operation | None) -> Metadata:
        """The Flow once the operation is over: it shows its end, or another one that has come after it."""
        if operation is None or operation.complete:
            return self._calls.look(self._id)
        for flow in self._lookout.looks(self._id):
            if flow.operation is None or flow.operation.id != operation.id or flow.operation.complete:
                return flow
        raise PublishUnderWay(
            f"Flow {self._id}: publishing was begun, and goes on beyond the time that was left", hint=COMES_AGAIN
        )

    def _showing_new_version(self, flow: Metadata) -> Metadata:
        looks = chain([flow], islice(self._lookout.looks(self._id), LOOKS_UNTIL_SHOWN))
        return next((look for look in looks if look.published_id and not self._is_as_read(look)), flow)

    def _rejected(self, operation: Operation) -> PublishRejected:
        code, said = (
            json_text.plain(self._calls.without_secrets(": ".join(filter(None, parts))))[:LONGEST_MESSAGE]
            for parts in ([operation.error_code], [operation.error_code, operation.error_message])
        )
        return PublishRejected(
            f"Genesys Cloud does not publish Flow {self._id}: {said or 'it failed'}",
            hint="open the Flow in Architect and validate it there",
            genesys_code=code[:LONGEST_CODE] or None,
        )

    # -- what is there now ---------------------------------------------------------------------------------------------

    def _read_back(self, version: str) -> None:
        """Compares what is published with what was sent; what is otherwise, but not of our doing, is noted.

        Raises:
            Overtaken: it lacks what we have changed, so someone else's was published in its place.
            AnswerLost: it cannot be read, and it might be someone else's.
        """
        document = self._document
        try:
            places = self._calls.differences(self._id, version, self._configuration)
            if not places:
                return
            ours = self._calls.differences(self._id, str(document.version), self._configuration)
        except GenesysCloudError as error:
            said = f"Flow {self._id}: version {version} is published, and cannot be read back to see whether it is ours"
            raise _untold(error, said) from error
        if any(_is_within(place, other) for place in places for other in ours):
            raise Overtaken(f"Flow {self._id}: version {version} is published, but it does not hold what was sent")
        shown = ", ".join(places[:MOST_PLACES]) + (" and more" if len(places) > MOST_PLACES else "")
        document.notes.append(
            f"Flow {self._id} is published as version {version}, but Genesys Cloud keeps it otherwise than it was sent"
            f" at {shown}: see in Architect whether someone meant that"
        )


def _untold(blind: GenesysCloudError, message: str) -> AnswerLost:
    """What to say where a publish may be under way and nothing more can be learnt of it."""
    said = f"{message}: {blind.message}"
    if isinstance(blind, OutOfTime | RateLimited):
        error = blind.becomes(PublishUnderWay, said, hint=COMES_AGAIN)
        error.retry_after_seconds = max(PublishUnderWay.retry_after_seconds, blind.retry_after_seconds or 0.0)
        return error
    return blind.becomes(AnswerLost, said, hint=blind.hint)


def _is_within(place: str, other: str) -> bool:
    """Whether one of two places is the other, or within it."""
    shorter, longer = sorted((place, other), key=len)
    return shorter in {longer, "all of it"} or (longer.startswith(shorter) and longer[len(shorter)] in ".[")
