"""All requests of one invocation with the least work: one read and at most one publish per Flow, Flows side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Protocol

from changes import Change, ChangeObserver, DocumentStore, FlowChange, Rules
from conclusions import conclude
from genesys_cloud.credentials import Credentials
from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import (
    COMES_AGAIN,
    CredentialsUnavailable,
    GenesysCloudError,
    PublishRejected,
    Transient,
    Unavailable,
)
from genesys_cloud.flows import Document
from outcomes import Outcome, Rejection, begin, failed
from side_by_side import SideBySide
from subflows import FlowKey, explore
from timeout_request import Operation, TimeoutRequest

_Indexed = tuple[int, TimeoutRequest]


class OrganizationClient(Protocol):
    """One organization, for one invocation."""

    @property
    def credentials(self) -> Credentials:
        """Asked for once; raises CredentialsUnavailable."""

    @property
    def flows(self) -> DocumentStore:
        """Its Flows."""


class InternalError(Transient):
    """A bug of ours. The request is kept: a corrected version can still serve it."""

    code = "internal_error"


@dataclass(frozen=True)
class FlowResult:
    """What became of one Flow.

    Attributes:
        by_request: per request's index what was done, or why not.
    """

    by_request: dict[int, Change | GenesysCloudError]
    publish_attempts: int


class Batch:
    """Carries out the requests of one invocation.

    Args:
        client_of: the client of an organization.
        rules: what holds for every change.
        default_limit_seconds: limit of a Flow step where the organization's secret names none.
        concurrency: Flows that are in work at the same time.
        on_bug: is told of an exception that nobody expected, while it is handled.
    """

    def __init__(
        self,
        client_of: Callable[[str], OrganizationClient],
        deadline: Deadline,
        *,
        rules: Rules,
        default_limit_seconds: int,
        concurrency: int,
        observer: ChangeObserver,
        on_bug: Callable[[str], None],
    ) -> None:
        self._client_of = client_of
        self._deadline = deadline
        self._rules = rules
        self._default_limit_seconds = default_limit_seconds
        self._concurrency = concurrency
        self._observer = observer
        self._on_bug = on_bug

    def carry_out(self, requests: Sequence[TimeoutRequest], door: str) -> list[Outcome]:
        """One outcome per request, in the order given, which is the order in which they count."""
        with SideBySide(self._concurrency, self._deadline) as workers:
            return self._carry_out(requests, door, workers)

    def _carry_out(self, requests: Sequence[TimeoutRequest], door: str, workers: SideBySide) -> list[Outcome]:
        refused = self._refuse_beyond_limits(requests, workers)
        accepted = [(index, request) for index, request in enumerate(requests) if index not in refused]
        documents, scopes = explore(accepted, lambda keys: self._read_all(keys, workers))

        groups: dict[FlowKey, list[_Indexed]] = defaultdict(list)
        for index, request in accepted:
            for flow_id in scopes[index].flow_ids:
                groups[request.organization, flow_id].append((index, request))
        changed = workers.map_in_two_steps(
            lambda key: documents.pop(key, None) or self._read(key),
            lambda key, document: self._change(key, groups[key], document),
            list(groups),
        )
        results = {key: changed.get(key) or _overdue_result(key, group) for key, group in groups.items()}

        outcomes = []
        for index, request in enumerate(requests):
            outcome = begin(request, door)
            if index in refused:
                outcomes.append(failed(outcome, refused[index]))
            else:
                own = {flow_id: results[request.organization, flow_id] for flow_id in scopes[index].flow_ids}
                done = {flow_id: result.by_request[index] for flow_id, result in own.items()}
                attempts = sum(result.publish_attempts for result in own.values())
                outcomes.append(
                    conclude(outcome, index, request, scope=scopes[index], done=done, publish_attempts=attempts)
                )
        return outcomes

    # -- limits --------------------------------------------------------------------------------------------------------

    def _refuse_beyond_limits(
        self, requests: Sequence[TimeoutRequest], workers: SideBySide
    ) -> dict[int, GenesysCloudError]:
        organizations = list(dict.fromkeys(request.organization for request in requests))
        limits = workers.map(self._limit, organizations)
        refused: dict[int, GenesysCloudError] = {}
        for index, request in enumerate(requests):
            limit = limits.get(request.organization) or _secret_overdue(request.organization)
            if isinstance(limit, GenesysCloudError):
                refused[index] = limit
            elif request.operation is not Operation.INSPECT and (request.timeout_seconds or 0) > limit:
                refused[index] = Rejection(
                    "timeout_out_of_range",
                    f"timeout_seconds is {request.timeout_seconds}:"
                    f" organization {request.organization} allows {limit} at most",
                    hint=f"ask for 1 to {limit} seconds, or have the limit raised: docs/configuration.md",
                )
        return refused

    def _limit(self, organization: str) -> int | GenesysCloudError:
        try:
            return self._client_of(organization).credentials.max_timeout_seconds or self._default_limit_seconds
        except GenesysCloudError as error:
            return error
        except Exception as error:  # noqa: BLE001  # one organization's trouble must not be its neighbours'
            return self._bug(f"organization {organization}", error)

    # -- one Flow ------------------------------------------------------------------------------------------------------

    def _read_all(self, keys: Sequence[FlowKey], workers: SideBySide) -> dict[FlowKey, Document | GenesysCloudError]:
        done = workers.map(self._read, keys)
        return {key: done.get(key) or _overdue(f"Flow {key[1]}") for key in keys}

    def _read(self, key: FlowKey) -> Document | GenesysCloudError:
        organization, flow_id = key
        try:
            return self._client_of(organization).flows.read(flow_id)
        except GenesysCloudError as error:
            return error
        except Exception as error:  # noqa: BLE001  # one Flow's trouble must not be its neighbours'
            return self._bug(f"reading Flow {flow_id}", error)

    def _change(self, key: FlowKey, requests: Sequence[_Indexed], document: Document | GenesysCloudError) -> FlowResult:
        """Carries out all requests for one Flow, or gives each the error that reading it ended in."""
        if isinstance(document, GenesysCloudError):
            return FlowResult({index: document for index, _ in requests}, 0)
        change = FlowChange(self._client_of(key[0]).flows, requests, self._rules, self._deadline, self._observer)
        try:
            done = change.run(document)
            return FlowResult({index: done for index, _ in requests}, change.publish_attempts)
        except PublishRejected as error:
            halves = _halves(requests)
            if len(halves) > 1:  # which of them Genesys does not like shows when they go apart
                return _joined([self._change(key, half, self._read(key)) for half in halves], change.publish_attempts)
            return _spared(change, requests, error)
        except GenesysCloudError as error:
            return _spared(change, requests, error)
        except Exception as error:  # noqa: BLE001  # one Flow's trouble must not be its neighbours'
            return _spared(change, requests, self._bug(f"changing Flow {key[1]}", error))

    def _bug(self, what: str, error: Exception) -> InternalError:
        self._on_bug(what)
        return InternalError(f"{what}: {type(error).__name__}", hint="this is a bug: the log has its traceback")


def _overdue(what: str) -> GenesysCloudError:
    return Unavailable(f"{what}: no answer by the deadline", hint=COMES_AGAIN)


def _secret_overdue(organization: str) -> GenesysCloudError:
    return CredentialsUnavailable(f"the secret of organization {organization} was not read by the deadline")


def _overdue_result(key: FlowKey, requests: Iterable[_Indexed]) -> FlowResult:
    return FlowResult({index: _overdue(f"Flow {key[1]}") for index, _ in requests}, 0)


def _spared(change: FlowChange, requests: Iterable[_Indexed], error: GenesysCloudError) -> FlowResult:
    """The error for those who needed the publish; whoever needed none is served by what was read."""
    by_request: dict[int, Change | GenesysCloudError] = {}
    for index, request in requests:
        planned = change.planned
        needs_publish = planned is None or (
            request.writes and any(step.changed for step in planned.plan.changes.get(index, ()))
        )
        by_request[index] = error if planned is None or needs_publish else planned
    return FlowResult(by_request, change.publish_attempts)


def _halves(requests: Iterable[_Indexed]) -> list[list[_Indexed]]:
    """The requests in two halves, in order, neighbours that want the same together; in one, if all want the same."""
    alike = [list(run) for _, run in groupby(requests, key=lambda item: _wish(item[1]))]
    middle = len(alike) // 2
    return [list(chain.from_iterable(half)) for half in (alike[:middle], alike[middle:]) if half]


def _wish(request: TimeoutRequest) -> tuple[object, ...]:
    return request.operation, request.action_name, request.step_id, request.timeout_seconds, request.writes


def _joined(parts: Iterable[FlowResult], attempts_before: int) -> FlowResult:
    joined = FlowResult({}, attempts_before)
    for part in parts:
        joined = FlowResult(joined.by_request | part.by_request, joined.publish_attempts + part.publish_attempts)
    return joined
