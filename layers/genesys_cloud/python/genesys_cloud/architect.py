"""Flows by the platform's own protocol (`flow_api: architect`): what is published is read, changed and published anew.

A Flow's configuration stands apart from its metadata, and is published in steps: check out (lock), save, publish, which
goes on by itself, and look until it is over. The calls and their permissions (`architect:flow:view`, `:edit`,
`:publish`; `integrations:action:view` for suggested timeouts) are tabled in `architect_calls`; `architect_publish` and
`architect_lock` tell the steps, and what is left where one of them fails.
"""

from __future__ import annotations

import random

from genesys_cloud import json_text
from genesys_cloud.architect_calls import ArchitectCalls
from genesys_cloud.architect_lock import FlowLock
from genesys_cloud.architect_publish import Publication
from genesys_cloud.architect_waiting import Lookout
from genesys_cloud.data_actions import DataActionStore
from genesys_cloud.deadline import Deadline
from genesys_cloud.document import Document
from genesys_cloud.errors import GenesysCloudError, InvalidFlowDefinition, PublishRejected, Transient
from genesys_cloud.integration_action import SECONDS_WHEN_UNSET
from genesys_cloud.retry import Jitter
from genesys_cloud.session import Session

MOST_FLOW_BYTES = 6_165_627
"""The largest Flow that Genesys Cloud takes; it takes larger requests (6,291,456 bytes), so this is what counts."""


class ArchitectFlowStore:
    """Reads and publishes the Architect Flows of one organization.

    Args:
        deadline: of this invocation; the session keeps it too.
        release_session: what locks are given back by, by default the same session. One with a later deadline can still
            do it when the other's time is over.
        jitter: a random number between two bounds, for the waits.
    """

    def __init__(
        self,
        session: Session,
        data_actions: DataActionStore,
        deadline: Deadline,
        *,
        release_session: Session | None = None,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._calls = ArchitectCalls(session)
        self._releasing = ArchitectCalls(release_session or session)
        self._data_actions = data_actions
        self._lookout = Lookout(self._calls, deadline, jitter)

    def read(self, flow_id: str) -> Document:
        """The published configuration, whoever has the Flow locked, or has unpublished work in it.

        Where an earlier invocation's publish is still under way, it is waited for: what it publishes is what is read.

        Raises:
            FlowNotFound, Forbidden, ReadRejected: Genesys says no.
            InvalidFlowDefinition: it was never published, or what came is no configuration.
            Transient: no definite answer in the time left; an OutOfTime to be tried again in 30 s if it is a publish of
                our own that is not over yet.
        """
        flow = self._lookout.until_no_longer_changed_by_us(flow_id, self._calls.look(flow_id))
        version = flow.published_id
        if version is None:
            raise InvalidFlowDefinition(
                f"Flow {flow_id} was never published, so nothing of it runs",
                hint="publish it once in Architect; if it is published, does the organization speak another Flow"
                " protocol (flow_api in its secret)?",
            )
        configuration = self._calls.configuration(flow_id, version)
        document = Document(flow_id, configuration.body, version, size=configuration.size)
        document.suggested = _SuggestedTimeouts(self._data_actions, document.notes_on_actions)
        return document

    def write(self, document: Document) -> str:
        """Publishes the Flow and returns its new version. What is then found otherwise than sent is noted.

        It takes the document's body, whose text is a quarter of its size, and which may be under way for long.

        Nothing of other people's is ever unlocked, overwritten or published. Whatever fails, the lock is given back,
        but for a publish that is still under way: `read` waits for it, in this invocation or in the next.

        Raises:
            FlowLocked: someone has it checked out, or has unpublished work in it.
            Conflict: someone else, or another invocation, published since it was read. Where `may_be_done` (Overtaken),
                it may be there all the same.
            AnswerLost: it may or may not have been done; PublishUnderWay where it goes on beyond the time left.
            PublishRejected, Forbidden, FlowNotFound: Genesys says no.
            Transient: nothing was published, for lack of time or of answers.
        """
        configuration = json_text.dump(document.body)
        if len(configuration) > MOST_FLOW_BYTES:
            raise PublishRejected(
                f"Flow {document.id} has {len(configuration)} bytes, more than the {MOST_FLOW_BYTES} that Genesys Cloud"
                " takes; nothing was sent",
                hint="make the Flow smaller in Architect: move parts of it to common modules",
            )
        document.body = {}
        lock = FlowLock(document.id, self._calls, self._releasing, self._lookout)
        return Publication(document, configuration, lock=lock, calls=self._calls, lookout=self._lookout).run()


class _SuggestedTimeouts:
    """The own timeouts of integration actions, each looked up once, when it is first asked for.

    Args:
        notes: gets, by its id, why an action cannot be read, and counts as if it had no timeout.
    """

    def __init__(self, data_actions: DataActionStore, notes: dict[str, str]) -> None:
        self._data_actions = data_actions
        self._notes = notes
        self._known: dict[str, float | Transient] = {}

    def __call__(self, action_id: str) -> float:
        """In seconds; raises Transient where that cannot be known just now."""
        if action_id not in self._known:
            self._known[action_id] = self._look_up(action_id)
        known = self._known[action_id]
        if isinstance(known, Transient):  # it was waited for: another time would only take from what time is left
            raise known
        return known

    def _look_up(self, action_id: str) -> float | Transient:
        try:
            seconds = self._data_actions.timeout_of(action_id)
        except Transient as error:
            return error
        except GenesysCloudError as error:
            self._notes[action_id] = (
                f"the timeout of integration action {json_text.plain(action_id)[:200]}, which a step uses, cannot be"
                f" read and counts as {SECONDS_WHEN_UNSET} s: {error.message}"
            )
            return SECONDS_WHEN_UNSET
        return SECONDS_WHEN_UNSET if seconds is None else seconds
