"""All requests of one invocation with the least work: one read and at most one publish per document, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Protocol, TypeVar

from changes import Change, ChangeObserver, DocumentChange, DocumentStore, Rules
from conclusions import conclude
from documents.kinds import NATURES, DocumentKey, Kind
from genesys_cloud.credentials import Credentials, FlowApi
from genesys_cloud.data_actions import NamedActions
from genesys_cloud.deadline import Deadline
from genesys_cloud.dependencies import Users
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    COMES_AGAIN,
    CredentialsUnavailable,
    GenesysCloudError,
    OutOfTime,
    PublishRejected,
    Unavailable,
)
from hints import better_levers
from internal_error import InternalError
from ledger import Ledger
from locating import locate
from outcomes import Outcome, begin, failed
from rejection import out_of_range
from results import Indexed, Result, halves, joined, spared
from side_by_side import GRACE_SECONDS, SideBySide
from subflows import explore
from timeout_request import Operation, TimeoutRequest

LARGE_DOCUMENT_BYTES = 1_000_000
"""Of larger documents no more are begun than there are workers: each takes several times its size."""

_Found = TypeVar("_Found")


class DataActionNames(Protocol):
    """Where integration actions are found by name."""

    def named(self, name: str, /) -> NamedActions:
        """What there is by that name."""


class OrganizationClient(Protocol):
    """One organization, for one invocation."""

    @property
    def credentials(self) -> Credentials:
        """Asked for once; raises CredentialsUnavailable."""

    @property
    def goes_slow(self) -> bool:
        """Whether it makes us wait: then whatever is begun may have to be left half done."""

    @property
    def data_actions(self) -> DataActionNames:
        """Its integration actions, to be found by name."""

    def store(self, kind: Kind, /) -> DocumentStore:
        """Its documents of one kind."""

    def users_of(self, action_id: str, /) -> Users | None:
        """Which Flows use an integration action; None where that is not known."""


class Batch:
    """Carries out the requests of one invocation.

    Args:
        client_of: the client of an organization.
        ledger: where changes are remembered.
        rules: what holds for every change.
        default_limit_seconds: limit of a step of the publish protocol where the organization's secret names none.
        concurrency: documents that are in work at the same time.
        on_bug: is told of an exception that nobody expected, while it is handled.
    """

    def __init__(
        self,
        client_of: Callable[[str], OrganizationClient],
        ledger: Ledger,
        deadline: Deadline,
        *,
        rules: Rules,
        default_limit_seconds: int,
        concurrency: int,
        observer: ChangeObserver,
        on_bug: Callable[[str], None],
    ) -> None:
        self._client_of = client_of
        self._ledger = ledger
        self._deadline = deadline
        self._rules = rules
        self._default_limit_seconds = default_limit_seconds
        self._concurrency = concurrency
        self._observer = observer
        self._on_bug = on_bug

    def carry_out(self, requests: Sequence[TimeoutRequest], door: str) -> list[Outcome]:
        """One outcome per request, in the order given, which is the order in which they count.

        Organizations do not wait for each other: one that is down, or makes us wait, keeps no other from its turn.
        """
        by_organization: dict[str, list[int]] = defaultdict(list)
        for index, request in enumerate(requests):
            by_organization[request.organization].append(index)
        with SideBySide(self._concurrency, self._deadline) as workers:
            if not workers.has_time:
                return [failed(begin(request, door), _not_begun(request)) for request in requests]
            if len(by_organization) == 1:
                return self._carry_out(requests[0].organization, requests, door, workers)
        return self._carry_out_apart(by_organization, requests, door)

    def _carry_out_apart(
        self, by_organization: Mapping[str, Sequence[int]], requests: Sequence[TimeoutRequest], door: str
    ) -> list[Outcome]:
        """Each organization with its own workers, as many as its part of the documents; requests by their indices."""
        own = {name: [requests[index] for index in indices] for name, indices in by_organization.items()}
        documents = {name: len({_named(request) for request in several}) for name, several in own.items()}
        all_documents = sum(documents.values())

        def carry_out(organization: str) -> list[Outcome]:
            share = max(1, self._concurrency * documents[organization] // all_documents)
            with SideBySide(share, self._deadline) as workers:
                return self._carry_out(organization, own[organization], door, workers)

        # With more time than they have, so that each can tell by itself what was not done.
        at_once = max(1, min(len(own), self._concurrency))
        with SideBySide(at_once, self._deadline.later(GRACE_SECONDS)) as organizations:
            done = organizations.map(carry_out, list(by_organization))
        outcomes = {
            index: outcome
            for organization, finished in done.items()
            for index, outcome in zip(by_organization[organization], finished, strict=True)
        }
        return [
            outcomes.get(index) or failed(begin(request, door), _overdue(f"organization {request.organization}"))
            for index, request in enumerate(requests)
        ]

    def _carry_out(
        self, organization: str, requests: Sequence[TimeoutRequest], door: str, workers: SideBySide
    ) -> list[Outcome]:
        done = workers.map(self._credentials, [organization])
        credentials = done.get(organization) or _secret_overdue(organization)
        if isinstance(credentials, GenesysCloudError):
            return [failed(begin(request, door), credentials) for request in requests]
        flow_kind = _flow_kind(credentials)
        accepted, refused = self._within_limits(requests, credentials)
        roots, not_located = locate(accepted, lambda names: self._look_up_all(names, workers), lambda _: flow_kind)
        refused |= not_located
        accepted = {index: request for index, request in accepted.items() if index in roots}
        documents, scopes = explore(accepted, roots, lambda keys: self._read_all(keys, workers))

        groups: dict[DocumentKey, list[Indexed]] = defaultdict(list)
        for index, request in accepted.items():
            for key in scopes[index].keys:
                groups[key].append((index, request))
        changed = workers.map_in_two_steps(
            lambda key: documents.pop(key, None) or self._read(key),
            lambda key, document: self._change(key, groups[key], document),
            list(groups),
            is_heavy=_is_large,
            narrow=lambda: self._client_of(organization).goes_slow,
        )
        results = {key: changed.get(key) or Result.of(group, _overdue(str(key))) for key, group in groups.items()}

        outcomes = []
        for index, request in enumerate(requests):
            outcome = begin(request, door)
            if index in refused:
                outcomes.append(failed(outcome, refused[index]))
                continue
            own = {key: results[key] for key in scopes[index].keys}
            outcomes.append(
                conclude(
                    outcome,
                    index,
                    accepted[index],
                    scope=scopes[index],
                    done={key: result.by_request[index] for key, result in own.items()},
                    publish_attempts=sum(result.publish_attempts for result in own.values()),
                )
            )
        return outcomes

    # -- organizations -------------------------------------------------------------------------------------------------

    def _within_limits(
        self, requests: Sequence[TimeoutRequest], credentials: Credentials
    ) -> tuple[dict[int, TimeoutRequest], dict[int, GenesysCloudError]]:
        """Requests within their organization's limit, and why others are not. What an alarm asks for is cut to it."""
        accepted: dict[int, TimeoutRequest] = {}
        refused: dict[int, GenesysCloudError] = {}
        for index, request in enumerate(requests):
            limit = self._limit(request, credentials)
            if request.order:
                accepted[index] = replace(request, order=request.order.within(limit))
            elif request.operation in {Operation.RAISE, Operation.SET} and (request.timeout_seconds or 0) > limit:
                refused[index] = out_of_range(request, limit)
            else:
                accepted[index] = request
        return accepted, refused

    def _limit(self, request: TimeoutRequest, credentials: Credentials) -> int:
        """The organization's own limit, or else that of its kind of document; never more than Genesys Cloud takes."""
        own = credentials.max_timeout_seconds
        nature = NATURES[Kind.DATA_ACTION if request.flow_id is None else _flow_kind(credentials)]
        limit = own or nature.usual_limit_seconds or self._default_limit_seconds
        return limit if nature.limit_seconds is None else min(limit, nature.limit_seconds)

    def _credentials(self, organization: str) -> Credentials | GenesysCloudError:
        return self._guarded(f"organization {organization}", lambda: self._client_of(organization).credentials)

    # -- names ---------------------------------------------------------------------------------------------------------

    def _look_up_all(
        self, names: list[tuple[str, str]], workers: SideBySide
    ) -> dict[tuple[str, str], NamedActions | GenesysCloudError]:
        done = workers.map(self._look_up, names)
        return {key: done.get(key) or _overdue(f"integration actions called {key[1]!r}") for key in names}

    def _look_up(self, key: tuple[str, str]) -> NamedActions | GenesysCloudError:
        organization, name = key
        return self._guarded(f"looking up {name!r}", lambda: self._client_of(organization).data_actions.named(name))

    # -- one document --------------------------------------------------------------------------------------------------

    def _read_all(
        self, keys: Sequence[DocumentKey], workers: SideBySide
    ) -> dict[DocumentKey, Document | GenesysCloudError]:
        done = workers.map(self._read, keys)
        return {key: done.get(key) or _overdue(str(key)) for key in keys}

    def _read(self, key: DocumentKey) -> Document | GenesysCloudError:
        return self._guarded(f"reading {key}", lambda: self._client_of(key.organization).store(key.kind).read(key.id))

    def _change(self, key: DocumentKey, requests: Sequence[Indexed], document: Document | GenesysCloudError) -> Result:
        """Carries out all requests for one document, or gives each the error that reading it ended in."""
        if isinstance(document, GenesysCloudError):
            return Result.of(requests, document)
        change = DocumentChange(
            key,
            self._client_of(key.organization).store(key.kind),
            self._ledger,
            requests=requests,
            rules=self._rules,
            deadline=self._deadline,
            observer=self._observer,
        )
        try:
            done = change.run(document)
        except PublishRejected as error:
            parts = halves(requests)
            if len(parts) > 1:  # which of them Genesys does not like shows when they go apart
                return joined([self._change(key, part, self._read(key)) for part in parts], change.publish_attempts)
            return spared(change, requests, error)
        except GenesysCloudError as error:
            return spared(change, requests, error)
        except Exception as error:  # noqa: BLE001  # one document's trouble must not be its neighbours'
            return spared(change, requests, self._bug(f"changing {key}", error))
        told = self._with_users(key, done)
        return Result.of(requests, told, change.publish_attempts)

    def _with_users(self, key: DocumentKey, change: Change) -> Change:
        """Asks who uses the integration actions that would have been the better lever; what is done counts without."""
        users_of = self._client_of(key.organization).users_of
        levers = [lever for lever, _ in better_levers(chain.from_iterable(change.plan.changes.values()))]
        asked = self._guarded(
            f"asking for the users of what {key} goes by", lambda: {lever: users_of(lever) for lever in levers}
        )
        known = {} if isinstance(asked, GenesysCloudError) else asked
        return replace(change, users={lever: users for lever, users in known.items() if users})

    def _guarded(self, what: str, work: Callable[[], _Found]) -> _Found | GenesysCloudError:
        """What the work gives; what it raises is its own trouble, and must not be its neighbours'."""
        try:
            return work()
        except GenesysCloudError as error:
            return error
        except Exception as error:  # noqa: BLE001  # a bug
            return self._bug(what, error)

    def _bug(self, what: str, error: Exception) -> InternalError:
        self._on_bug(what)
        return InternalError.of(what, error)


def _is_large(document: Document | GenesysCloudError) -> bool:
    return isinstance(document, Document) and document.size > LARGE_DOCUMENT_BYTES


def _flow_kind(credentials: Credentials) -> Kind:
    return Kind.ARCHITECT_FLOW if credentials.flow_api is FlowApi.ARCHITECT else Kind.FLOW


def _named(request: TimeoutRequest) -> tuple[str | None, ...]:
    """What a request is for: those that name the same are worked on together."""
    return request.flow_id, request.data_action_id, request.data_action_name


def _not_begun(request: TimeoutRequest) -> OutOfTime:
    what = request.flow_id or request.data_action_id or request.data_action_name
    return OutOfTime(f"{what} was not begun: no time was left", hint=COMES_AGAIN)


def _overdue(what: str) -> GenesysCloudError:
    return Unavailable(f"{what}: no answer by the deadline", hint=COMES_AGAIN)


def _secret_overdue(organization: str) -> GenesysCloudError:
    return CredentialsUnavailable(f"the secret of organization {organization} was not read by the deadline")
