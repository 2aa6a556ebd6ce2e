"""Function actions: their function is read apart, and changed by a draft of the action that is then published.

| call, below `/api/v2/integrations/actions/{id}`       | permission                                              |
|-------------------------------------------------------|---------------------------------------------------------|
| `GET function`, `GET draft/function`                  | `integrations:actionFunction:view`                      |
| `PUT draft/function` of the whole function            | `integrations:actionFunction:edit`                      |
| `GET` (its version), `GET draft`, its templates       | `integrations:action:view`                              |
| `POST draft`, `GET draft/validation`                  | `integrations:action:edit`                              |
| `POST draft/publish` of `{version}`                   | `integrations:action:edit`                              |
| `DELETE draft`, where it cannot be published          | `integrations:action:delete`                            |

An action has one draft at most, which says neither whose it is nor what it was made from. So a draft that is there
already counts as our own, left by an invocation that ended halfway, only where it is what is published in all but the
function's timeout; anything else is someone's unpublished work, and left alone. A process may end after any call: what
it leaves is such a draft, or nothing.

Source: the official SDKs' documentation of these calls and their models Function, FunctionConfig, DraftValidationResult
and PublishDraftInput, and what the official terraform provider does with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from genesys_cloud import json_text
from genesys_cloud.answers import LONGEST_MESSAGE, is_version_mismatch
from genesys_cloud.differences import differing_places
from genesys_cloud.document import Document, version_of
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    DataActionNotFound,
    FlowLocked,
    Forbidden,
    GenesysCloudError,
    InvalidFlowDefinition,
    PublishRejected,
    ReadRejected,
    Refusal,
    Unavailable,
)
from genesys_cloud.integration_action import ACTIONS, FUNCTION, MOST_PLACES, TEMPLATES, comparable_function
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

VIEW, EDIT, DELETE = (f"integrations:action:{verb}" for verb in ("view", "edit", "delete"))
VIEW_FUNCTION, EDIT_FUNCTION = (f"integrations:actionFunction:{verb}" for verb in ("view", "edit"))

_WRITTEN_IN_DRAFTS = ("name", "category", "config", "contract", "secure")
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}

Json = dict[str, Any]
Parsed = TypeVar("Parsed")


class FunctionActions:
    """Reads the functions of one organization's function actions, and publishes their timeouts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def function_of(self, action_id: str) -> Json | None:
        """The published function as it is; None where there is none yet.

        Raises:
            Forbidden, ReadRejected: Genesys says no.
            InvalidFlowDefinition: what came is no function.
            Transient: no definite answer in the time left.
        """
        calls = _Calls(self._session, action_id)
        try:
            return calls.function("function")
        except Conflict as conflict:
            raise conflict.becomes(
                Unavailable, f"the function of {calls.action} cannot be read just now: {conflict.message}"
            ) from conflict
        except Refusal as refusal:
            raise refusal.becomes(
                ReadRejected, f"Genesys Cloud refuses to give the function of {calls.action}: {refusal.message}"
            ) from refusal

    def publish(self, document: Document) -> str | None:
        """Publishes the function's timeout as the document has it, and nothing else.

        Returns the action's new version, None where the answer names none. A draft that cannot be published is deleted
        again; where that fails too, the error's hint says so.

        Raises:
            FlowLocked: there is someone's unpublished draft.
            Conflict: someone else published or changed the draft in between. Where `may_be_done`, it may be published.
            AnswerLost: it may or may not be published.
            PublishRejected, Forbidden, DataActionNotFound: Genesys says no.
            Transient: not published, or no definite answer in the time left.
        """
        return _Publication(_Calls(self._session, document.id), document).run()


@dataclass(frozen=True)
class _Draft:
    """A draft as it was seen, without its function.

    Attributes:
        version: of its own: it goes on with every change of the draft.
        content: what can be written in a draft; templates stand there by their addresses.
    """

    version: int
    content: Json


class _Publication:
    """One change of one function's timeout.

    Our own draft is followed by its version: what is published is the version whose whole content was looked at.
    """

    def __init__(self, calls: _Calls, document: Document) -> None:
        self._calls = calls
        self._document = document
        self._function: Json = document.body[FUNCTION]
        self._own: _Draft | None = None
        self._is_changing = False

    def run(self) -> str | None:
        try:
            draft = self._change(self._make_or_take_over())
            self._check_that_it_is_valid()
            return self._calls.publish(draft.version)
        except Exception as error:
            if not _may_be_published(error):
                self._clear_away(error)
            if isinstance(error, Refusal):
                raise self._what_it_means(error) from error
            raise

    def _make_or_take_over(self) -> _Draft:
        """A draft of the action as it was read. Looked for first: to make one could do away with someone's."""
        found = self._calls.look() or self._make()
        if found is not None:
            self._check_published_is_as_read()
            self._check_is_ours(found)
            self._own = found
        else:
            self._own = self._look()
            self._check_published_is_as_read()  # while there is a draft, no one else publishes
        return self._own

    def _make(self) -> _Draft | None:
        """Makes a draft; where that is refused because there is one (by now, or by a lost answer), that one."""
        try:
            self._calls.make()
        except Refusal as refusal:
            if refusal.http_status in _GONE:
                raise refusal.becomes(
                    DataActionNotFound, f"{self._calls.action} is gone: it was there a moment ago"
                ) from refusal
            found = self._calls.look()
            if found is None:
                raise
            return found
        return None

    def _change(self, draft: _Draft) -> _Draft:
        """Puts the timeout into the draft, and returns it as it is to be published."""
        self._is_changing = True
        self._calls.put_function(self._function)
        found = self._look()
        if not self._is_untouched(draft, found):  # by others, or it was put more than once
            self._check_is_ours(found)
        self._own, self._is_changing = found, False
        kept = self._calls.function("draft/function")
        places = _differing_functions(self._function, kept)
        if places:
            self._check_is_still_so(found)
        if places == ["timeoutSeconds"]:  # another invocation has taken it over
            self._own = None
            raise Conflict(f"{self._calls.draft}: another change of its timeout is under way")
        if places:
            raise PublishRejected(
                f"{self._calls.draft} does not keep the function as it is published, but differs at"
                f" {', '.join(places)}: nothing was published",
                hint="change the timeout of the function in Genesys Cloud",
            )
        return found

    def _check_that_it_is_valid(self) -> None:
        errors = self._calls.validation_errors()
        if errors is not None:
            raise PublishRejected(
                f"Genesys Cloud finds {self._calls.draft} invalid, so it is not published: {errors}",
                hint="open the action in Genesys Cloud and save it there: what is wrong with it shows",
            )

    # -- whose it is ---------------------------------------------------------------------------------------------------

    def _look(self) -> _Draft:
        found = self._calls.look()
        if found is None:
            raise Conflict(f"{self._calls.draft} is gone: someone else published or deleted it")
        return found

    def _check_published_is_as_read(self) -> None:
        version = self._calls.published_version()
        if version != self._document.version:
            raise Conflict(f"{self._calls.action}: version {version} is published, not {self._document.version}")

    def _check_is_ours(self, draft: _Draft) -> None:
        """Refuses a draft that is not what is published in all but the function's timeout."""
        body = self._document.body
        published = _with_templates(_content(body), lambda part, member, _file: body["config"][part].get(member))
        drafted = _with_templates(draft.content, lambda _part, _member, file: self._calls.template(file))
        places = differing_places(published, drafted, most=MOST_PLACES)
        in_function = _differing_functions(self._function, self._calls.function("draft/function"))
        places += [f"{FUNCTION}.{place}" for place in in_function if place != "timeoutSeconds"]
        if places:
            self._check_is_still_so(draft)
            raise FlowLocked(
                f"{self._calls.draft} is someone's unpublished work: it differs from what is published at"
                f" {', '.join(places[:MOST_PLACES])}",
                hint="to publish the change would publish that work too: publish or delete the draft in Genesys Cloud,"
                " then send the request again",
            )

    def _check_is_still_so(self, draft: _Draft) -> None:
        """What was looked at by several calls says something only if nothing went on in between."""
        if self._look() != draft:
            raise Conflict(f"{self._calls.draft} is being changed by someone else")
        self._check_published_is_as_read()

    def _is_untouched(self, seen: _Draft, found: _Draft) -> bool:
        """Whether no one but ourselves has written in our draft since it was seen."""
        ours = (0, 1) if self._is_changing else (0,)
        return found.version - seen.version in ours and not differing_places(seen.content, found.content, most=1)

    # -- what is left --------------------------------------------------------------------------------------------------

    def _clear_away(self, error: Exception) -> None:
        """Deletes our own draft, unless someone else has written in it: then it is theirs to publish, or to delete."""
        if self._own is None:
            return
        try:
            found = self._calls.look()
            if found is not None and self._is_untouched(self._own, found):
                self._calls.delete()
        except GenesysCloudError as problem:
            if isinstance(error, GenesysCloudError):
                left = (
                    f"{self._calls.draft} may be left ({problem.message}): the next change of its timeout takes it"
                    " over, or delete it in Genesys Cloud"
                )
                error.hint = f"{error.hint}; {left}" if error.hint else left

    def _what_it_means(self, refusal: Refusal) -> GenesysCloudError:
        if isinstance(refusal, Conflict):
            return refusal
        if refusal.http_status in _GONE:
            meant: GenesysCloudError = refusal.becomes(
                Conflict, f"{self._calls.draft} is gone: someone else published or deleted it: {refusal.message}"
            )
        else:
            meant = refusal.becomes(
                PublishRejected, f"Genesys Cloud does not take the change of {self._calls.action}: {refusal.message}"
            )
        meant.hint = refusal.hint or "open the action in Genesys Cloud and save it there: what is wrong with it shows"
        return meant


class _Calls:
    """The calls for one action; all of them raise Forbidden where Genesys says so, and Refusal for other refusals.

    All but `publish` may be sent twice: what they do once, they do not do more of by being done again.
    """

    def __init__(self, session: Session, action_id: str) -> None:
        self._session = session
        self._path = f"{ACTIONS}/{quote(action_id, safe='')}"
        self.action = f"integration action {action_id}"
        self.draft = f"the draft of {self.action}"

    def published_version(self) -> str | None:
        """The version of the published action."""
        return version_of(self._call("GET", "", VIEW, _parse_object))

    def look(self) -> _Draft | None:
        """The draft as it is; None where there is none."""
        try:
            body = self._call("GET", "/draft?expand=contract&includeConfig=true", VIEW, _parse_object)
        except Refusal as refusal:
            if refusal.http_status in _GONE:
                return None
            raise
        version = version_of(body)
        if version is None or not version.isdecimal():
            raise InvalidFlowDefinition(f"{self.draft} has no version that is a number")
        return _Draft(int(version), _content(body))

    def make(self) -> None:
        """Makes a draft out of what is published."""
        self._call("POST", "/draft", EDIT, _no_matter_what)

    def delete(self) -> None:
        """Deletes the draft, if there is one."""
        try:
            self._call("DELETE", "/draft", DELETE, _no_matter_what)
        except Refusal as refusal:
            if refusal.http_status not in _GONE:
                raise

    def function(self, place: str) -> Json | None:
        """The function that stands there; None where there is none."""
        try:
            body = self._call("GET", f"/{place}", VIEW_FUNCTION, _parse_object)
        except Refusal as refusal:
            if refusal.http_status in _GONE:
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
            if refusal.http_status in _GONE:
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
        return said[:LONGEST_MESSAGE] or "it does not say why"

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


def _may_be_published(error: Exception) -> bool:
    return isinstance(error, AnswerLost) or (isinstance(error, Conflict) and error.may_be_done)


def _content(action: Json) -> Json:
    return {key: action.get(key) for key in _WRITTEN_IN_DRAFTS}


def _with_templates(content: Json, text_of: Callable[[str, str, str], object]) -> Json:
    """The content with its templates' texts in the place of their addresses, which name where they stand."""
    config = content["config"]
    if not isinstance(config, dict):
        return content
    config = dict(config)
    for part, member, file in TEMPLATES:
        section = config.get(part)
        if isinstance(section, dict):
            config[part] = {**section, f"{member}Uri": None, member: text_of(part, member, file) or None}
    return {**content, "config": config}


def _differing_functions(wanted: Json, found: Json | None) -> list[str]:
    return differing_places(comparable_function(wanted), comparable_function(found or {}), most=MOST_PLACES)


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
