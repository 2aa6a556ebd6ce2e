"""The part of the simulator as tests hold it that is about Architect Flows, drafts and executions of actions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from genesys_simulator.action_document import Action
from genesys_simulator.architect_flow import ArchitectFlow, new_flow
from genesys_simulator.document_store import Change
from genesys_simulator.draft_protocol import new_draft
from genesys_simulator.executions import Execution
from genesys_simulator.state import State


class ArchitectControls:
    """What other people do in Architect and to actions' drafts, and what happened in the past."""

    _state: State

    def put_architect_flow(
        self,
        flow_id: str,
        configuration: Mapping[str, Any] | str | bytes | None,
        *,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the platform's word
        version: int = 1,
        published: bool = True,
        unpublished: bool = False,
        checked_in: bool = False,
        locked_user: str | None = None,
        locked_client: str | None = None,
        publish_polls: int | None = None,
        publish_seconds: float | None = None,
        publish_error: str | None = None,
    ) -> ArchitectFlow:
        """Stores a Flow that is served in Architect's way, also where a Flow of `put_flow` has its id.

        `configuration` is an export; text and bytes are served as they are, even if broken; None: there is none yet.
        `name` and `type` are by default the configuration's. With `unpublished`, somebody saved (and with `checked_in`
        checked in) a version after the published one; without `published` there is only that. The `publish_...` are
        this Flow's own, in place of the settings.
        """
        flow = new_flow(
            flow_id,
            configuration,
            name=name,
            type=type,
            version=version,
            published=published,
            unpublished=unpublished,
            checked_in=checked_in,
            locked_user=locked_user,
            locked_client=locked_client,
            publish_polls=publish_polls,
            publish_seconds=publish_seconds,
            publish_error=publish_error,
        )
        return self._state.architect.put(flow)

    def architect_flow(self, flow_id: str) -> ArchitectFlow:
        """An Architect Flow as it is now. Raises KeyError.

        `.published_version`, `.saved_version`, `.locked_user`, `.locked_client`, `.operation`, `.configuration()` (what
        is published), `.saved_configuration()`, `.timeouts` (of the published steps that have their own, by id).
        """
        return self._state.architect.get(flow_id)

    def change_architect_flow(self, flow_id: str, **fields: Any) -> ArchitectFlow:
        """Sets `name`, `type`, `locked_user`, `locked_client`, `publish_polls`, `publish_seconds` or `publish_error`.

        Raises KeyError for a Flow, TypeError for a field that there is not.
        """
        return self._state.architect.change(flow_id, **fields)

    def check_out_architect_flow(self, flow_id: str, user: str) -> bool:
        """Another person opens a Flow to work in it, as long as `edit_architect_flow` does not publish it.

        Returns whether the Flow was free; nothing is changed if it was not. Raises KeyError.
        """
        return self._state.architect.check_out_by_user(flow_id, user)

    def edit_architect_flow(self, flow_id: str, change: Change) -> ArchitectFlow:
        """Another person publishes now: `change` gets the published configuration and changes it in place.

        Whoever had the Flow checked out loses it, as if it had been unlocked. Raises KeyError.
        """
        return self._state.architect.edit(flow_id, change)

    def edit_architect_flow_before(self, flow_id: str, step: str, change: Change, *, times: int = 1) -> None:
        """Another person does so right before the client's next `step`: `checkout`, `save` or `publish`.

        Raises KeyError, ValueError.
        """
        self._state.architect.edit_before(flow_id, step, change, times)

    def draft(self, action_id: str) -> Action:
        """The draft of an action, as `action` gives the published one; its version is its own. Raises KeyError."""
        return self._state.drafts.get(action_id)

    def edit_draft(self, action_id: str, change: Change) -> Action:
        """Another person changes the draft of an action now, and starts it if there is none. Raises KeyError."""
        self._state.drafts.add(new_draft(self._state.actions.get(action_id)))
        return self._state.drafts.edit(action_id, change)

    def put_executions(
        self,
        action_id: str,
        at: datetime | None,
        *milliseconds: float,
        response_status: str | None = "200",
        error_type: str | None = None,
    ) -> None:
        """Executions of an action that ended at that time (None: now) and took so long. Raises ValueError."""
        ended = at or datetime.now(UTC)
        fields = {"response_status": response_status, "error_type": error_type}
        self._state.executions.add([Execution(action_id, ended, each, **fields) for each in milliseconds])
