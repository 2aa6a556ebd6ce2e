"""The calls that a change of a function action takes, one method each.

| call, below `/api/v2/integrations/actions/{id}`       | permission                                              |
|-------------------------------------------------------|---------------------------------------------------------|
| `GET function`, `GET draft/function`                  | `integrations:actionFunction:view`                      |
| `PUT draft/function` of the whole function            | `integrations:actionFunction:edit`                      |
| `GET` (its version), `GET draft`, its templates       | `integrations:action:view`                              |
| `POST draft`, `GET draft/validation`                  | `integrations:action:edit`                              |
| `POST draft/publish` of `{version}`                   | `integrations:action:edit`                              |
| `DELETE draft`, where it cannot be published          | `integrations:action:delete`                            |

Source: the official SDKs' documentation of these calls and their models Function, FunctionConfig, DraftValidationResult
and PublishDraftInput.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from genesys_cloud import json_text
from genesys_cloud.answers import LONGEST_MESSAGE, is_version_mismatch
from genesys_cloud.document import segment, version_of
from genesys_cloud.errors import (
    Forbidden,
    InvalidFlowDefinition,
    Refusal,
)
from genesys_cloud.integration_action import ACTIONS
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

VIEW, EDIT, DELETE = (f"integrations:action:{verb}" for verb in ("view", "edit", "delete"))
VIEW_FUNCTION, EDIT_FUNCTION = (f"integrations:actionFunction:{verb}" for verb in ("view", "edit"))

_WRITTEN_IN_DRAFTS = ("name", "category", "config", "contract", "secure")
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}

Json = dict[str, Any]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Draft:
    """A draft as it was seen, without its function.

    Attributes:
        version: of its own: it goes on with every change of the draft.
        content: what can be written in a draft; templates stand there by their addresses.
    """

    version: int
    content: Json


class DraftCalls:
    """The calls for one action; all of them raise Forbidden where Genesys says so, and Refusal for other refusals.

    All but `publish` may be sent twice: what they do once, they do not do more of by being done again.
    """

    def __init__(self, session: Session, action_id: str) -> None:
        self._session = session
        self._path = f"{ACTIONS}/{segment(action_id)}"
        self.action = f"integration action {action_id}"
        self.draft = f"the draft of {self.action}"

    def published_version(self) -> str | None:
        """The version of the published action."""
        return version_of(self._call("GET", "", VIEW, _parse_object))

    def look(self) -> Draft | None:
        """The draft as it is; None where there is none."""
        try:
            body = self._call("GET", "/draft?expand=contract&includeConfig=true", VIEW, _parse_object)
        except Refusal as refusal:
            if refusal.http_status in GONE:
                return None
            raise
        version = version_of(body)
        if version is None or not version.isdecimal():
            raise InvalidFlowDefinition(f"{self.draft} has no version that is a number")
        return Draft(int(version), content_of(body))

    def make(self) -> None:
        """Makes a draft out of what is published."""
        self._call("POST", "/draft", EDIT, _no_matter_what)

    def delete(self) -> None:
        """Deletes the draft, if there is one."""
        try:
            self._call("DELETE", "/draft", DELETE, _no_matter_what)
        except Refusal as refusal:
            if refusal.http_status not in GONE:
                raise

    def function(self, place: str, **how: Any) -> Json | None:
        """The function that stands there; None where there is none."""
        try:
            body = self._call("GET", f"/{place}", VIEW_FUNCTION, _parse_object, **how)
        except Refusal as refusal:
            if refusal.http_status in GONE:
                return None
            raise
        function = body.get("function")
        if not isinstance(function, dict | None):
            raise InvalidFlowDefinition(f"{self.action}: its {place} is not an object")
        return function

    def put_function(self, function: Json) -> None:
        """Replaces the draft's function as a whole."""
        body = json_text.dump(function)
        self._call("PUT", "/draft/function", EDIT_FUNCTION, _no_matter_what, body=body)

    def template(self, file: str) -> str:
        """The text of one of the draft's templates; empty where there is none."""
        try:
            return self._call(
                "GET", f"/draft/templates/{file}", VIEW, lambda answer: answer.body.decode(), accept="text/plain"
            )
        except Refusal as refusal:
            if refusal.http_status in GONE:
                return ""
            raise

    def validation_errors(self) -> str | None:
        """What Genesys Cloud finds wrong with the draft, in its own words; None if nothing."""
        body = self._call("GET", "/draft/validation", EDIT, _parse_object)
        errors = body.get("errors") if isinstance(body.get("errors"), list) else []
        if body.get("valid") is True or (body.get("valid") is None and not errors):
            return None
        messages = [error.get("message") for error in errors or [] if isinstance(error, dict)]
        said = "; ".join(json_text.plain(message) for message in messages if isinstance(message, str))
        return self._session.without_secrets(said)[:LONGEST_MESSAGE] or "it does not say why"

    def publish(self, version: int) -> str | None:
        """Publishes the draft of this version; the action's new version, None where the answer names none."""
        return self._call(
            "POST",
            "/draft/publish",
            EDIT,
            _new_version,
            body=json_text.dump({"version": version}),
            repeatable=False,
            is_conflict=is_version_mismatch,
        )

    def _call(
        self,
        method: str,
        place: str,
        permission: str,
        parse: Callable[[Answer], Parsed],
        *,
        accept: str = "application/json",
        **how: Any,
    ) -> Parsed:
        try:
            return self._session.call(method, self._path + place, parse=parse, headers={"Accept": accept}, **how)
        except Refusal as refusal:
            if refusal.http_status == HTTPStatus.FORBIDDEN:
                raise refusal.becomes(
                    Forbidden,
                    f"the OAuth client may not use {self.action}: {permission} is missing: {refusal.message}",
                    hint=f"give the OAuth client a role with {permission}",
                ) from refusal
            raise


def content_of(action: Json) -> Json:
    """What of an action can be written in a draft; templates stand there by their addresses."""
    return {key: action.get(key) for key in _WRITTEN_IN_DRAFTS}


def _parse_object(answer: Answer) -> Json:
    try:
        body = json_text.parse(answer.body)
    except InvalidFlowDefinition:
        raise ValueError("the answer cannot be read") from None
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body


def _new_version(answer: Answer) -> str | None:
    if answer.status == HTTPStatus.NO_CONTENT:  # done, and nothing said of the version
        return None
    return version_of(_parse_object(answer))


def _no_matter_what(_: Answer) -> None:
    """It was done, which is all that counts."""
