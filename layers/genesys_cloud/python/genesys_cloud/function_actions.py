"""Function actions: their function is read apart, and changed by a draft of the action that is then published.

An action has one draft at most, which says neither whose it is nor what it was made from. So a draft that is there
already counts as our own, left by an invocation that ended halfway, only where it is what is published in all but the
function's timeout; anything else is someone's unpublished work, and left alone. A process may end after any call: what
it leaves is such a draft, or nothing.

Source: the official SDKs' documentation of these calls and their models Function, FunctionConfig, DraftValidationResult
and PublishDraftInput, and what the official terraform provider does with them.
"""

from __future__ import annotations

from collections.abc import Callable

from genesys_cloud.differences import differing_places
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    DataActionNotFound,
    FlowLocked,
    GenesysCloudError,
    PublishRejected,
    ReadRejected,
    Refusal,
    Unavailable,
)
from genesys_cloud.function_calls import GONE, Draft, DraftCalls, Json, content_of
from genesys_cloud.integration_action import FUNCTION, MOST_PLACES, TEMPLATES, comparable_function
from genesys_cloud.session import Session


class FunctionActions:
    """Reads the functions of one organization's function actions, and publishes their timeouts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def function_of(self, action_id: str, *, share: float = 1.0) -> Json | None:
        """The published function as it is; None where there is none yet.

        Args:
            share: the part of the time left in which it is asked for again.

        Raises:
            Forbidden, ReadRejected: Genesys says no.
            InvalidFlowDefinition: what came is no function.
            Transient: no definite answer in the time left.
        """
        calls = DraftCalls(self._session, action_id)
        try:
            return calls.function("function", share=share)
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
        return _Publication(DraftCalls(self._session, document.id), document).run()


class _Publication:
    """One change of one function's timeout.

    Our own draft is followed by its version: what is published is the version whose whole content was looked at.
    """

    def __init__(self, calls: DraftCalls, document: Document) -> None:
        self._calls = calls
        self._document = document
        self._function: Json = document.body[FUNCTION]
        self._own: Draft | None = None
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

    def _make_or_take_over(self) -> Draft:
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

    def _make(self) -> Draft | None:
        """Makes a draft; where that is refused because there is one (by now, or by a lost answer), that one."""
        try:
            self._calls.make()
        except Refusal as refusal:
            if refusal.http_status in GONE:
                raise refusal.becomes(
                    DataActionNotFound, f"{self._calls.action} is gone: it was there a moment ago"
                ) from refusal
            found = self._calls.look()
            if found is None:
                raise
            return found
        return None

    def _change(self, draft: Draft) -> Draft:
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

    def _look(self) -> Draft:
        found = self._calls.look()
        if found is None:
            raise Conflict(f"{self._calls.draft} is gone: someone else published or deleted it")
        return found

    def _check_published_is_as_read(self) -> None:
        version = self._calls.published_version()
        if version != self._document.version:
            raise Conflict(f"{self._calls.action}: version {version} is published, not {self._document.version}")

    def _check_is_ours(self, draft: Draft) -> None:
        """Refuses a draft that is not what is published in all but the function's timeout."""
        body = self._document.body
        published = _with_templates(content_of(body), lambda part, member, _file: body["config"][part].get(member))
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

    def _check_is_still_so(self, draft: Draft) -> None:
        """What was looked at by several calls says something only if nothing went on in between."""
        if self._look() != draft:
            raise Conflict(f"{self._calls.draft} is being changed by someone else")
        self._check_published_is_as_read()

    def _is_untouched(self, seen: Draft, found: Draft) -> bool:
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
        if refusal.http_status in GONE:
            meant: GenesysCloudError = refusal.becomes(
                Conflict, f"{self._calls.draft} is gone: someone else published or deleted it: {refusal.message}"
            )
        else:
            meant = refusal.becomes(
                PublishRejected, f"Genesys Cloud does not take the change of {self._calls.action}: {refusal.message}"
            )
        meant.hint = refusal.hint or "open the action in Genesys Cloud and save it there: what is wrong with it shows"
        return meant


def _may_be_published(error: Exception) -> bool:
    return isinstance(error, AnswerLost) or (isinstance(error, Conflict) and error.may_be_done)


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
