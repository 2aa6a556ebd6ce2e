"""Integration actions (Data Actions as documents of their own): read whole, changed whole, guarded by their version.

| call                                                                             | permission                 |
|----------------------------------------------------------------------------------|----------------------------|
| `GET /api/v2/integrations/actions?name=&pageSize=&pageNumber=`                   | `integrations:action:view` |
| `GET /api/v2/integrations/actions/{id}?expand=contract&includeConfig=true`       | `integrations:action:view` |
| `GET /api/v2/integrations/actions/{id}?includeConfig=true`                       | `integrations:action:view` |
| `GET /api/v2/integrations/actions/{id}/templates/{file}`                         | `integrations:action:view` |
| `PATCH /api/v2/integrations/actions/{id}` of `{name, category, config, version}` | `integrations:action:edit` |

The configuration comes without its two templates and must go back with them. Function actions are read with their
function, and change by way of a draft: see `function_actions`. Source: the official SDKs' models (Action, ActionConfig,
UpdateActionInput) and what the official terraform provider does with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from genesys_cloud import json_text
from genesys_cloud.answers import is_version_mismatch
from genesys_cloud.document import Document, segment, version_of
from genesys_cloud.errors import (
    Conflict,
    DataActionAmbiguous,
    DataActionNotEditable,
    DataActionNotFound,
    GenesysCloudError,
    InvalidFlowDefinition,
    ReadRejected,
    Refusal,
    Unavailable,
)
from genesys_cloud.function_actions import FunctionActions
from genesys_cloud.integration_action import (
    ACTIONS,
    FUNCTION,
    FUNCTION_SECONDS_WHEN_UNSET,
    TEMPLATES,
    is_as_sent,
    is_function_action,
    unasked_changes,
    why_not_editable,
)
from genesys_cloud.refusals import GONE, read_error, write_error
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

VIEW, EDIT = "integrations:action:view", "integrations:action:edit"

MOST_PAGES = 20
"""Of actions whose names hold the one asked for; a name that says so little is refused."""
PAGE_SIZE = 100
MOST_PAGES_OF_ALL = 50

_SENT = ("name", "category", "config", "version")
_EDITABLE = "only actions of the organization's own (custom ids), with a configuration, can be changed from here"

SHARE_FOR_A_TIMEOUT = 0.5
"""Of the time left, for an action whose timeout a step goes by: other requests for the same Flow need the rest."""


class ActionName(NamedTuple):
    """An action as a list shows it."""

    id: str
    name: str


@dataclass(frozen=True)
class NamedActions:
    """What there is by a name.

    Attributes:
        exact: of exactly this name; names repeat in Genesys Cloud.
        near: of other names: those that hold it or, where none does, the first ones of the organization.
    """

    exact: list[ActionName]
    near: list[ActionName]


class DataActionStore:
    """Reads and changes integration actions of one organization."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._functions = FunctionActions(session)

    def read(self, action_id: str) -> Document:
        """The published action as Genesys Cloud gives it, with both templates in their places in its configuration.

        An action that cannot be edited is read too, without templates: they are needed to write it only.

        Raises:
            DataActionNotFound, Forbidden, ReadRejected: Genesys says no.
            InvalidFlowDefinition: what came is no action.
            Transient: no definite answer in the time left.
        """
        what = f"integration action {action_id}"
        try:
            body = self._session.call(
                "GET",
                f"{_path(action_id)}?expand=contract&includeConfig=true",
                parse=lambda answer: json_text.parse(answer.body),
            )
            if not isinstance(body, dict):
                raise InvalidFlowDefinition(f"{what}: what Genesys Cloud sent is no action: it is not an object")
            if why_not_editable(body) is None:
                # After the action, not before: a template that is changed in between then shows as a conflict.
                self._fill_in_templates(action_id, body["config"])
                if is_function_action(body):
                    body[FUNCTION] = self._functions.function_of(action_id)
        except Refusal as refusal:
            raise _read_error(refusal, what, hint="check data_action_id and organization") from refusal
        return Document(action_id, body, version_of(body))

    def timeout_of(self, action_id: str) -> float | None:
        """The action's own timeout in seconds, None where it has none: one call, and nothing else of it is read.

        Raises:
            DataActionNotFound, Forbidden, ReadRejected: Genesys says no.
            InvalidFlowDefinition: what came is no action, or its timeout no number.
            Transient: no definite answer in the time left.
        """
        what = f"integration action {action_id}"
        try:
            body = self._session.call(
                "GET",
                f"{_path(action_id)}?includeConfig=true",
                parse=lambda answer: json_text.parse(answer.body),
                share=SHARE_FOR_A_TIMEOUT,
            )
        except Refusal as refusal:
            raise _read_error(refusal, what, hint="it may have been deleted since the Flow was published") from refusal
        if not isinstance(body, dict):
            raise InvalidFlowDefinition(f"{what}: what Genesys Cloud sent is no action: it is not an object")
        holder, place = body.get("config"), "config"
        if is_function_action(body):
            holder, place = self._functions.function_of(action_id, share=SHARE_FOR_A_TIMEOUT), FUNCTION
        seconds = holder.get("timeoutSeconds") if isinstance(holder, dict) else None
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
            raise InvalidFlowDefinition(f"{what}: its {place}.timeoutSeconds is not a number of seconds")
        return FUNCTION_SECONDS_WHEN_UNSET if seconds is None and place == FUNCTION else seconds

    def write(self, document: Document) -> str | None:
        """Changes the action and returns its new version, None where the answer names none.

        Of a function action its function's timeout changes, and nothing else.

        The action is read back unless the answer shows it whole. What is then found otherwise than sent is told in the
        document's `notes` and is no error: the change is made, and to make it again would not help.

        Raises:
            DataActionNotEditable: nothing was sent.
            FlowLocked: there is someone's unpublished draft of the function; nothing was changed.
            Conflict: someone changed it since it was read. Where `may_be_done`, it may have been ourselves.
            AnswerLost: it may or may not have been done.
            PublishRejected, Forbidden, DataActionNotFound: Genesys says no.
            Transient: not sent, or no definite answer in the time left.
        """
        what = f"integration action {document.id}"
        reason = why_not_editable(document.body)
        if reason:
            raise DataActionNotEditable(f"{what} cannot be changed: {reason}", hint=_EDITABLE)
        if is_function_action(document.body):
            version = self._functions.publish(document)
            self._read_back(document, version)
            return version
        try:
            changed = self._session.call(
                "PATCH",
                _path(document.id),
                parse=_parse_changed,
                body=json_text.dump({key: document.body[key] for key in _SENT if key in document.body}),
                repeatable=False,
                is_conflict=is_version_mismatch,
            )
        except Conflict:
            raise
        except Refusal as refusal:
            raise write_error(
                refusal,
                what,
                unknown=DataActionNotFound,
                permission=EDIT,
                verb="take the change of",
                hint="open the action in Genesys Cloud and save it there: what is wrong with it shows",
            ) from refusal
        version = version_of(changed)
        if not is_as_sent(document.body, changed):
            self._read_back(document, version)
        return version

    def named(self, name: str) -> NamedActions:
        """The actions of exactly this name, out of all whose names hold it.

        Raises:
            DataActionAmbiguous: more names hold it than are looked through, so none is known to be the only one.
            Forbidden, ReadRejected: Genesys says no.
            Transient: no definite answer in the time left.
        """
        seen: dict[str, ActionName] = {}
        for number in range(1, MOST_PAGES + 1):
            page, last = self._page(number, name=name)
            seen |= {action.id: action for action in page}
            if last:
                break
        else:
            raise DataActionAmbiguous(
                f"more than {MOST_PAGES * PAGE_SIZE} integration actions have {name!r} in their names, too many to look"
                " through",
                hint="name the action by data_action_id",
            )
        if not seen:
            seen = {action.id: action for action in self._page(1)[0]}
        return NamedActions(
            [action for action in seen.values() if action.name == name],
            [action for action in seen.values() if action.name != name],
        )

    def all(self) -> list[dict[str, Any]]:
        """Every action of the organization with its configuration, without templates and functions.

        Raises:
            Forbidden, ReadRejected: Genesys says no, or there are more than can be listed.
            Transient: no definite answer in the time left.
        """
        actions: list[dict[str, Any]] = []
        for number in range(1, MOST_PAGES_OF_ALL + 1):
            entities, last = self._entities(number, includeConfig="true")
            actions += entities
            if last:
                return actions
        raise ReadRejected(
            f"there are more than {MOST_PAGES_OF_ALL * PAGE_SIZE} integration actions, too many to list",
            hint="look for one of them by data_action_name",
        )

    def _page(self, number: int, **filters: str) -> tuple[list[ActionName], bool]:
        """A page of names, and whether it is the last."""
        entities, last = self._entities(number, **filters)
        shown = [(entity.get("id"), entity.get("name")) for entity in entities]
        return [ActionName(i, name) for i, name in shown if isinstance(i, str) and isinstance(name, str)], last

    def _entities(self, number: int, **filters: str) -> tuple[list[dict[str, Any]], bool]:
        """A page of the list, and whether it is the last."""
        # A name may hold half a surrogate pair, which no query can.
        query = urlencode({**filters, "pageSize": PAGE_SIZE, "pageNumber": number}, quote_via=quote, errors="replace")
        try:
            listing = self._session.call("GET", f"{ACTIONS}?{query}", parse=_parse_listing)
        except Refusal as refusal:
            hint = "check data_action_name and organization"
            raise _read_error(refusal, "list of integration actions", hint=hint) from refusal
        entities, pages = listing.get("entities"), listing.get("pageCount")
        last = not entities or (isinstance(pages, int) and number >= pages)
        return [entity for entity in entities or [] if isinstance(entity, dict)], last

    def _fill_in_templates(self, action_id: str, config: dict[str, Any]) -> None:
        for part, member, file in TEMPLATES:
            section = config.get(part)
            if isinstance(section, dict):
                text = self._template(action_id, file, announced=f"{member}Uri" in section)
                if text is not None:
                    section[member] = text

    def _template(self, action_id: str, file: str, *, announced: bool) -> str | None:
        """Its text; None where there is none. Never by the address in the action: that could lead anywhere."""
        path = f"{_path(action_id)}/templates/{file}"
        try:
            return self._session.call("GET", path, parse=_parse_text, headers={"Accept": "text/plain"})
        except Refusal as refusal:
            if refusal.http_status not in GONE:
                raise
            if announced:  # to write the action without it could wipe it
                raise refusal.becomes(Unavailable, f"integration action {action_id}: it lacks its {file}") from refusal
            return None

    def _read_back(self, sent: Document, version: str | None) -> None:
        try:
            note = unasked_changes(sent, self.read(sent.id), version=version)
        except GenesysCloudError as error:
            note = (
                f"integration action {sent.id} is changed, but could not be read back to see that nothing else of it"
                f" is: {error.message}"
            )
        if note:
            sent.notes.append(note)


def _path(action_id: str) -> str:
    return f"{ACTIONS}/{segment(action_id)}"


def _parse_text(answer: Answer) -> str:
    return answer.body.decode()


def _parse_listing(answer: Answer) -> dict[str, Any]:
    listing = json_text.parse(answer.body)
    if not isinstance(listing, dict) or not isinstance(listing.get("entities"), list | None):
        raise ValueError("not a list of entities")
    return listing


def _parse_changed(answer: Answer) -> dict[str, Any]:
    """The action as changed; empty where the answer does not tell, so that it is looked at."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return {}
    try:
        body = json_text.parse(answer.body)
    except InvalidFlowDefinition:
        raise ValueError("the answer cannot be read") from None
    return body if isinstance(body, dict) else {}


def _read_error(refusal: Refusal, what: str, *, hint: str) -> GenesysCloudError:
    return read_error(refusal, what, unknown=DataActionNotFound, permission=VIEW, hint=hint)
