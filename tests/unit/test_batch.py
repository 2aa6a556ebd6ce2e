"""All requests of one invocation: least work, and nobody harmed by a neighbour."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from batch import Batch
from changes import DocumentStore, Rules
from documents.kinds import Kind
from fakes import FakeActions, FakeFlows, FakeLedger, FakeTime, Watcher, a_request, action, flow, longest, step, subflow
from genesys_cloud.credentials import Credentials, FlowApi
from genesys_cloud.dependencies import Users
from genesys_cloud.document import Document
from genesys_cloud.errors import (
    AnswerLost,
    CredentialsUnavailable,
    Forbidden,
    GenesysCloudError,
    OutOfTime,
    PublishRejected,
    Unavailable,
)
from outcomes import Outcome, Status
from timeout_request import TimeoutRequest


class FakeClient:
    """An organization with these Flows and integration actions; its credentials may be an error."""

    goes_slow = False

    def __init__(
        self,
        flows: FakeFlows,
        limit: int | None = None,
        trouble: Exception | None = None,
        actions: FakeActions | None = None,
    ) -> None:
        self.flows = flows
        self.data_actions = actions or FakeActions()
        self._limit = limit
        self._trouble = trouble
        self.flow_api = FlowApi.PUBLISH
        self.no_users: Exception | None = None

    @property
    def credentials(self) -> Credentials:
        if self._trouble:
            raise self._trouble
        return Credentials(
            client_id="id",
            client_secret="secret",
            api_url="https://api",
            login_url="https://login",
            basic_auth=True,
            flow_api=self.flow_api,
            max_timeout_seconds=self._limit,
        )

    def store(self, kind: Kind, /) -> DocumentStore:
        return self.data_actions if kind is Kind.DATA_ACTION else self.flows

    def users_of(self, action_id: str) -> Users | None:
        if self.no_users:
            raise self.no_users
        return Users(2, (f"user of {action_id}", "another"))


class World:
    """Organization "default" with these Flows; others may be added."""

    def __init__(self, **bodies: Any) -> None:
        self.time = FakeTime()
        self.flows = FakeFlows(self.time, **bodies)
        self.clients = {"default": FakeClient(self.flows)}
        self.ledger = FakeLedger(self.time)
        self.watcher = Watcher()
        self.bugs: list[str] = []

    def carry_out(self, *requests: TimeoutRequest, concurrency: int = 4, seconds: float = 60) -> list[Outcome]:
        batch = Batch(
            lambda name: self.clients[name],
            self.ledger,
            self.time.deadline(seconds),
            rules=Rules(3, 5, longest),
            default_limit_seconds=30,
            concurrency=concurrency,
            observer=self.watcher,
            on_bug=self.bugs.append,
        )
        return batch.carry_out(requests, "sqs")


def ends(outcomes: list[Outcome]) -> list[str]:
    """Status of each, and the error's code where there is one."""
    return [f"{o.status.value} {o.error.code}" if o.error else o.status.value for o in outcomes]


def test_nothing_asked_for_costs_nothing() -> None:
    world = World()
    assert world.carry_out() == []
    assert world.flows.reads == []


def test_many_requests_for_one_flow_cost_one_read_and_one_publish() -> None:
    world = World(f=flow(step("A", 5), step("B", 5)))
    requests = [a_request(timeout_seconds=seconds) for seconds in (7, 10, 4)]
    outcomes = world.carry_out(*requests, a_request(action_name="B"), a_request(operation="inspect"))
    assert ends(outcomes) == ["raised", "raised", "unchanged", "raised", "inspected"]
    assert world.flows.timeouts("f") == [10, 10]
    assert (world.flows.reads, world.flows.writes) == (["f"], ["f"])
    assert {o.flow_version for o in outcomes} == {"2"}


def test_a_flow_that_suffices_already_is_not_published() -> None:
    world = World(f=flow(step("A", 20)))
    assert ends(world.carry_out(a_request(), a_request(dry_run=True))) == ["unchanged", "planned"]
    assert world.flows.writes == []


def test_outcomes_come_in_the_order_of_the_requests_whatever_their_flows() -> None:
    world = World(**{f"f{n}": flow(step("A", 5)) for n in range(5)})
    requests = [a_request(flow_id=f"f{n % 5}", request_id=str(n)) for n in range(20)]
    outcomes = world.carry_out(*requests)
    assert [o.request_id for o in outcomes] == [str(n) for n in range(20)]
    assert [o.target["flow_id"] for o in outcomes] == [request.flow_id for request in requests]
    assert sorted(world.flows.writes) == [f"f{n}" for n in range(5)]


def test_flows_are_worked_on_side_by_side() -> None:
    together = threading.Barrier(3, timeout=5)  # breaks, and fails the test, unless three are there at once

    class Meeting(FakeFlows):
        def read(self, document_id: str, /) -> Any:
            together.wait()
            return super().read(document_id)

    world = World()
    bodies: dict[str, Any] = {f"f{n}": flow(step("A", 5)) for n in range(3)}
    world.flows = Meeting(**bodies)
    world.clients = {"default": FakeClient(world.flows)}
    assert ends(world.carry_out(*(a_request(flow_id=f"f{n}") for n in range(3)), concurrency=3)) == ["raised"] * 3


@pytest.mark.parametrize("concurrency", [1, 2, 50])
def test_any_concurrency_ends_the_same(concurrency: int) -> None:
    world = World(**{f"f{n}": flow(step("A", n + 6)) for n in range(8)})
    outcomes = world.carry_out(*(a_request(flow_id=f"f{n}") for n in range(8)), concurrency=concurrency)
    assert ends(outcomes) == ["raised"] * 4 + ["unchanged"] * 4


def test_what_is_wrong_with_one_request_of_a_group_is_its_own_affair() -> None:
    world = World(f=flow(step("A", 5), step("odd", "soon")))
    outcomes = world.carry_out(
        a_request(action_name="nobody"),
        a_request(timeout_seconds=31),
        a_request(),
        a_request(action_name="odd"),
        a_request(flow_id="gone"),
    )
    assert ends(outcomes) == [
        "rejected data_action_not_found",
        "rejected timeout_out_of_range",
        "raised",
        "rejected data_action_not_editable",
        "rejected flow_not_found",
    ]
    assert world.flows.timeouts("f")[0] == 10


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "seconds", "end"),
    [
        (None, 30, "raised"),
        (None, 31, "rejected timeout_out_of_range"),
        (60, 60, "raised"),
        (60, 61, "rejected timeout_out_of_range"),
        (8, 9, "rejected timeout_out_of_range"),
    ],
)
def test_the_secrets_limit_counts_before_the_functions(limit: int | None, seconds: int, end: str) -> None:
    world = World(f=flow(step("A", 5)))
    world.clients["default"] = FakeClient(world.flows, limit)
    [outcome] = world.carry_out(a_request(timeout_seconds=seconds))
    assert ends([outcome]) == [end]
    if outcome.error:
        assert outcome.error.message == (
            f"timeout_seconds is {seconds}: organization default allows {limit or 30} at most"
        )
        assert world.flows.reads == []


@pytest.mark.parametrize("fields", [{"operation": "set"}, {"dry_run": True}])
def test_the_limit_holds_for_set_and_dry_run_too(fields: dict[str, Any]) -> None:
    outcomes = World(f=flow(step("A", 5))).carry_out(a_request(timeout_seconds=31, **fields))
    assert ends(outcomes) == ["rejected timeout_out_of_range"]


def test_an_inspection_is_not_held_to_a_limit_it_has_no_use_for() -> None:
    assert ends(World(f=flow(step("A", 5))).carry_out(a_request(operation="inspect", timeout_seconds=99))) == [
        "inspected"
    ]


# -- organizations -----------------------------------------------------------------------------------------------------


def test_organizations_have_flows_limits_and_troubles_of_their_own() -> None:
    world = World(f=flow(step("A", 5)))
    other = FakeFlows(f=flow(step("A", 6)))
    world.clients |= {
        "other": FakeClient(other, limit=60),
        "broken": FakeClient(FakeFlows(), trouble=CredentialsUnavailable("the secret is wrong: client_id is missing")),
        "odd": FakeClient(FakeFlows(), trouble=KeyError("x")),
    }
    outcomes = world.carry_out(
        a_request(organization="broken"),
        a_request(organization="other", timeout_seconds=50),
        a_request(),
        a_request(organization="odd"),
    )
    assert ends(outcomes) == ["deferred credentials_unavailable", "raised", "raised", "deferred internal_error"]
    assert (world.flows.timeouts("f"), other.timeouts("f")) == ([10], [50])
    assert world.bugs == ["organization odd"]


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_an_organization_that_hangs_keeps_no_other_from_its_turn() -> None:
    world = World(**{f"f{n}": flow(step("A", 5)) for n in range(10)})
    other_is_done = threading.Event()

    def hang() -> None:
        assert other_is_done.wait(5), "it was waited for"

    world.flows.on_read.extend([hang] * 10)
    other = FakeFlows(f=flow(step("A", 5)))
    other.on_write.append(other_is_done.set)
    world.clients["other"] = FakeClient(other)
    requests = [a_request(flow_id=f"f{n}") for n in range(10)] + [a_request(organization="other")]
    assert ends(world.carry_out(*requests, concurrency=4)) == ["raised"] * 11


def test_an_organization_that_never_answers_is_deferred_and_the_others_outcomes_stand() -> None:
    world = World(f=flow(step("A", 5)))
    over = threading.Event()
    never = FakeFlows(f=flow(step("A", 5)))

    def hang() -> None:
        over.wait(10)

    never.on_read.append(hang)
    world.clients["never"] = FakeClient(never)
    outcomes = world.carry_out(a_request(organization="never"), a_request(), seconds=0.6)
    over.set()
    assert ends(outcomes) == ["deferred genesys_unavailable", "raised"]


def test_however_many_organizations_are_named_no_more_are_worked_on_than_there_are_workers() -> None:
    world = World()
    lock, at_work, most = threading.Lock(), 0, 0

    def come_and_go() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.002)
        with lock:
            at_work -= 1

    for number in range(60):
        flows = FakeFlows(f=flow(step("A", 5)))
        flows.on_read.append(come_and_go)
        world.clients[f"o{number}"] = FakeClient(flows)
    requests = [a_request(organization=f"o{number}") for number in range(60)]
    assert ends(world.carry_out(*requests, concurrency=4)) == ["raised"] * 60
    assert most <= 4


def test_workers_are_shared_by_documents_and_not_by_how_many_ask_for_one() -> None:
    all_begun = threading.Barrier(3)

    class SideBySideFlows(FakeFlows):
        def read(self, document_id: str, /) -> Document:
            all_begun.wait(5)
            return super().read(document_id)

    world = World(f=flow(step("A", 5)))
    world.clients["other"] = FakeClient(
        SideBySideFlows(f0=flow(step("A", 5)), f1=flow(step("A", 5)), f2=flow(step("A", 5)))
    )
    many, few = [a_request()] * 40, [a_request(flow_id=f"f{n}", organization="other") for n in range(3)]
    assert ends(world.carry_out(*many, *few, concurrency=4)) == ["raised"] * 43


def test_an_organization_that_makes_us_wait_has_few_documents_half_done() -> None:
    world = World(**{f"f{n}": flow(step("A", 5)) for n in range(20)})
    world.clients["default"].goes_slow = True
    ahead: list[int] = []
    world.flows.on_write.extend([lambda: ahead.append(len(world.flows.reads) - len(world.flows.writes))] * 20)
    assert ends(world.carry_out(*[a_request(flow_id=f"f{n}") for n in range(20)], concurrency=8)) == ["raised"] * 20
    assert max(ahead) <= 1


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (Forbidden("no"), "rejected forbidden"),
        (Unavailable("503"), "deferred genesys_unavailable"),
        (OutOfTime("late"), "deferred deadline_exceeded"),
        (RuntimeError("never thought of"), "deferred internal_error"),
    ],
)
def test_a_flow_that_cannot_be_read_ends_its_own_requests_only(error: Exception, end: str) -> None:
    world = World(f=flow(step("A", 5)), g=flow(step("A", 5)))
    world.flows.on_read.append(error)
    outcomes = world.carry_out(a_request(), a_request(dry_run=True), a_request(flow_id="g"), concurrency=1)
    assert ends(outcomes) == [end, end, "raised"]
    assert len(world.bugs) == (1 if isinstance(error, RuntimeError) else 0)


@pytest.mark.parametrize("error", [Unavailable("503"), OutOfTime("late"), RuntimeError("never thought of")])
def test_whoever_needed_no_publish_is_served_when_it_fails(error: Exception) -> None:
    world = World(f=flow(step("A", 5), step("B", 20)))
    world.flows.on_write.append(error)
    outcomes = world.carry_out(
        a_request(),
        a_request(action_name="B"),
        a_request(operation="inspect"),
        a_request(dry_run=True),
        a_request(action_name="nobody"),
    )
    assert [o.status for o in outcomes] == [
        Status.DEFERRED,
        Status.UNCHANGED,
        Status.INSPECTED,
        Status.PLANNED,
        Status.REJECTED,
    ]


@pytest.mark.parametrize(
    ("first", "second", "end"),
    [
        (a_request(operation="set", timeout_seconds=20), a_request(operation="set", timeout_seconds=20), "forbidden"),
        (a_request(operation="set", timeout_seconds=20), a_request(timeout_seconds=15), "forbidden"),
        (a_request(timeout_seconds=20), a_request(operation="set", timeout_seconds=20), "forbidden"),
        (
            a_request(operation="restore", timeout_seconds=None),
            a_request(operation="restore", timeout_seconds=None),
            "forbidden",
        ),
        (a_request(timeout_seconds=20), a_request(timeout_seconds=9), None),  # it stands at 10 already
    ],
)
def test_what_only_the_one_before_would_have_made_true_is_not_served_when_the_publish_fails(
    first: TimeoutRequest, second: TimeoutRequest, end: str | None
) -> None:
    world = World(f=flow(step("A", 5)))
    world.carry_out(a_request())
    world.flows.on_write.append(Forbidden("no"))
    outcomes = world.carry_out(first, second)
    assert ends(outcomes) == ["rejected forbidden", f"rejected {end}" if end else "unchanged"]
    assert world.flows.timeouts("f") == [10]


def test_a_refused_publish_is_tried_for_each_wish_alone_and_only_the_bad_one_is_rejected() -> None:
    world = World(f=flow(step("A", 5), step("B", 5)))
    rejected = PublishRejected("B does not like 9", http_status=400, genesys_code="bad.step", correlation_id="c")
    world.flows.on_write.extend([rejected, lambda: None, rejected])
    outcomes = world.carry_out(a_request(), a_request(), a_request(action_name="B", timeout_seconds=9))
    assert ends(outcomes) == ["raised", "raised", "rejected publish_rejected"]
    assert world.flows.timeouts("f") == [10, 5]
    error = outcomes[2].error
    assert error is not None
    assert (error.http_status, error.genesys_code, error.correlation_id) == (400, "bad.step", "c")


def test_a_refused_publish_of_one_wish_is_not_tried_again() -> None:
    world = World(f=flow(step("A", 5)))
    world.flows.on_write.append(PublishRejected("no"))
    outcomes = world.carry_out(a_request(), a_request(), a_request(timeout_seconds=10))
    assert ends(outcomes) == ["rejected publish_rejected"] * 3
    assert world.flows.writes == ["f"]


def test_when_wishes_go_alone_their_order_still_counts() -> None:
    world = World(f=flow(step("A", 5)))
    world.flows.on_write.append(PublishRejected("not all at once"))
    set_to = [a_request(operation="set", timeout_seconds=seconds) for seconds in (20, 7, 20, 6)]
    assert ends(world.carry_out(*set_to)) == ["set"] * 4
    assert world.flows.timeouts("f") == [6]


def test_an_answer_lost_and_done_is_raised_and_counted_as_one_publish() -> None:
    world = World(f=flow(step("A", 5)))
    world.flows.lost_answers = 1
    [outcome] = world.carry_out(a_request())
    assert (outcome.status, outcome.publish_attempts, outcome.flow_version) == (Status.RAISED, 1, "2")
    assert [(s.before, s.after) for s in outcome.steps] == [(5, 10)]
    assert world.watcher.told == ["published"]


@pytest.mark.parametrize("seconds", [-1.9, 0, 0.4])
def test_without_time_nothing_is_begun_and_everything_comes_again_at_once(seconds: float) -> None:
    world = World(f=flow(step("A", 5)))
    world.clients["other"] = FakeClient(world.flows, trouble=RuntimeError("not to be asked for"))
    outcomes = world.carry_out(a_request(), a_request(organization="other"), seconds=seconds)
    assert ends(outcomes) == ["deferred deadline_exceeded"] * 2
    assert [outcome.retry_after_seconds for outcome in outcomes] == [0, 0]
    assert (world.flows.reads, world.bugs) == ([], [])


def test_an_answer_lost_and_no_time_to_look_is_deferred() -> None:
    world = World(f=flow(step("A", 5)))

    def take_long() -> None:
        world.time.now += 59.5
        raise AnswerLost("no whole answer")

    world.flows.on_write.append(take_long)
    assert ends(world.carry_out(a_request())) == ["deferred genesys_unavailable"]


# -- sub-flows ---------------------------------------------------------------------------------------------------------


def test_with_subflows_each_flow_is_read_and_published_once_and_one_outcome_covers_all() -> None:
    world = World(
        f=flow(step("A", 5), subflow("g"), subflow("h")), g=flow(step("A", 4), subflow("f")), h=flow(step("A", 20))
    )
    [outcome] = world.carry_out(a_request(include_subflows=True))
    assert [(s.document_id, s.before, s.after) for s in outcome.steps] == [("f", 5, 10), ("g", 4, 10), ("h", 20, 20)]
    assert (outcome.status, outcome.flow_version, outcome.publish_attempts) == (Status.RAISED, "2", 2)
    assert sorted(world.flows.reads) == ["f", "g", "h"]
    assert sorted(world.flows.writes) == ["f", "g"]


def test_without_it_a_name_found_only_behind_a_reference_is_not_found_and_the_message_says_where_to_look() -> None:
    world = World(f=flow(step("B", 5), subflow("g")), g=flow(step("A", 5)))
    [outcome] = world.carry_out(a_request())
    assert ends([outcome]) == ["rejected data_action_not_found"]
    assert outcome.error is not None
    assert "it leads to the Flows g, which were not looked at" in outcome.error.message
    assert world.flows.reads == ["f"]


def test_a_reference_to_a_flow_that_does_not_exist_is_noted_and_the_rest_is_done() -> None:
    world = World(f=flow(step("A", 5), subflow("gone")))
    [outcome] = world.carry_out(a_request(include_subflows=True))
    assert outcome.status is Status.RAISED
    assert outcome.note == "Flow gone, named by steps[1] of Flow f, does not exist"


@pytest.mark.parametrize(
    ("error", "end"), [(Unavailable("503"), "deferred genesys_unavailable"), (Forbidden("no"), "rejected forbidden")]
)
def test_a_subflow_that_cannot_be_read_ends_the_request_which_still_tells_what_was_changed(
    error: GenesysCloudError, end: str
) -> None:
    world = World(f=flow(step("A", 5), subflow("g")), g=flow(step("A", 5)))
    world.flows.on_read.extend([lambda: None, error])
    [outcome] = world.carry_out(a_request(include_subflows=True), concurrency=1)
    assert ends([outcome]) == [end]
    assert [(s.document_id, s.before, s.after) for s in outcome.steps] == [("f", 5, 10)]


@pytest.mark.parametrize("errors", [(Forbidden("no"), Unavailable("503")), (Unavailable("503"), Forbidden("no"))])
def test_with_anything_left_to_try_the_request_comes_again_whole(errors: tuple[Exception, ...]) -> None:
    world = World(f=flow(step("A", 5), subflow("g"), subflow("h")), g=flow(step("A", 5)), h=flow(step("A", 5)))
    world.flows.on_read.extend([lambda: None, *errors])
    assert ends(world.carry_out(a_request(include_subflows=True), concurrency=1)) == ["deferred genesys_unavailable"]


def test_requests_with_and_without_subflows_share_what_is_read() -> None:
    world = World(f=flow(step("A", 5), subflow("g")), g=flow(step("A", 5)))
    outcomes = world.carry_out(
        a_request(include_subflows=True), a_request(flow_id="g", timeout_seconds=12), a_request(timeout_seconds=7)
    )
    assert ends(outcomes) == ["raised"] * 3
    assert (world.flows.timeouts("f"), world.flows.timeouts("g")) == ([10], [12])
    assert sorted(world.flows.reads) == sorted(world.flows.writes) == ["f", "g"]


# -- integration actions -----------------------------------------------------------------------------------------------


def with_actions(limit: int | None = None, **bodies: Any) -> tuple[World, FakeActions]:
    world = World(f=flow(step("A", 5)))
    actions = FakeActions(world.time, **bodies)
    world.clients["default"] = FakeClient(world.flows, limit, actions=actions)
    return world, actions


def of_action(**fields: Any) -> TimeoutRequest:
    """A request for an integration action."""
    return a_request(**{"flow_id": None, "action_name": None, "timeout_seconds": 20} | fields)


def test_an_integration_action_is_raised_by_its_id_or_its_name_with_one_read_and_one_publish() -> None:
    world, actions = with_actions(x=action("CRM", 5), y=action("ERP", 5))
    outcomes = world.carry_out(of_action(data_action_id="x"), of_action(data_action_name="CRM", timeout_seconds=30))
    assert ends(outcomes) == ["raised", "raised"]
    assert [o.target for o in outcomes] == [{"data_action_id": "x"}, {"data_action_name": "CRM"}]
    assert (actions.timeouts("x"), actions.timeouts("y")) == ([30], [5])
    assert (actions.looked_up, actions.reads, actions.writes) == (["CRM"], ["x"], ["x"])


def test_a_flow_and_an_integration_action_of_one_id_are_two_documents() -> None:
    world, actions = with_actions(f=action("CRM", 5))
    assert ends(world.carry_out(a_request(), of_action(data_action_id="f"))) == ["raised", "raised"]
    assert (world.flows.timeouts("f"), actions.timeouts("f")) == ([10], [20])


def test_an_integration_action_without_a_timeout_counts_as_sixty_seconds() -> None:
    world, actions = with_actions(x=action("CRM"))
    [outcome] = world.carry_out(of_action(data_action_id="x", timeout_seconds=60))
    assert ends([outcome]) == ["unchanged"]
    assert [(s.before, s.effective_before) for s in outcome.steps] == [(None, 60)]
    assert actions.writes == []


@pytest.mark.parametrize(
    ("limit", "seconds", "end"),
    [
        (None, 60, "raised"),
        (None, 61, "rejected timeout_out_of_range"),
        (99, 61, "rejected timeout_out_of_range"),
        (8, 8, "raised"),
        (8, 9, "rejected timeout_out_of_range"),
    ],
)
def test_the_limit_of_an_integration_action_is_genesys_own_unless_the_secret_says_less(
    limit: int | None, seconds: int, end: str
) -> None:
    world, _ = with_actions(limit, x=action("CRM", 5))
    [outcome] = world.carry_out(of_action(data_action_id="x", timeout_seconds=seconds))
    assert ends([outcome]) == [end]
    if outcome.error:
        assert outcome.error.message.endswith(f"organization default allows {min(limit or 60, 60)} at most")


def test_a_name_that_several_have_or_none_is_refused_with_the_candidates_and_harms_no_other() -> None:
    world, _ = with_actions(x=action("CRM", 5), y=action("CRM", 5), z=action("ERP", 5))
    outcomes = world.carry_out(
        of_action(data_action_name="CRM"),
        of_action(data_action_name="crm"),
        of_action(data_action_name="ERP"),
        of_action(data_action_id="gone"),
    )
    assert ends(outcomes) == [
        "rejected data_action_ambiguous",
        "rejected data_action_not_found",
        "raised",
        "rejected data_action_not_found",
    ]
    ambiguous, unknown = outcomes[0].error, outcomes[1].error
    assert ambiguous is not None
    assert unknown is not None
    assert ambiguous.message == "2 integration actions are called 'CRM': x, y"
    assert unknown.message == "no integration action is called 'crm'; there are, nearest first: 'CRM', 'ERP'"


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (Forbidden("no"), "rejected forbidden"),
        (Unavailable("503"), "deferred genesys_unavailable"),
        (RuntimeError("never thought of"), "deferred internal_error"),
    ],
)
def test_a_name_that_cannot_be_looked_up_ends_its_own_requests_only(error: Exception, end: str) -> None:
    world, actions = with_actions(x=action("CRM", 5))
    actions.on_look_up.append(error)
    assert ends(world.carry_out(of_action(data_action_name="CRM"), a_request())) == [end, "raised"]


# -- the ledger --------------------------------------------------------------------------------------------------------


def restores(**fields: Any) -> TimeoutRequest:
    return a_request(**{"operation": "restore", "timeout_seconds": None} | fields)


def test_what_was_raised_is_put_back_once() -> None:
    world = World(f=flow(step("A"), step("B", 5)))
    world.carry_out(a_request(), a_request(action_name="B"))
    outcomes = world.carry_out(restores(), restores(action_name="B", dry_run=True))
    assert ends(outcomes) == ["restored", "planned"]
    assert [[(s.before, s.after) for s in o.steps] for o in outcomes] == [[(10, None)], [(10, 5)]]
    assert world.flows.body("f")["steps"] == [step("A"), step("B", 10)]
    assert ends(world.carry_out(restores())) == ["rejected nothing_to_restore"]


def test_what_someone_else_has_set_since_is_not_put_back() -> None:
    world = World(f=flow(step("A", 5)))
    world.carry_out(a_request())
    world.flows.someone_else_publishes("f", 7)
    [outcome] = world.carry_out(restores())
    assert ends([outcome]) == ["rejected changed_by_someone_else"]
    assert outcome.error is not None
    assert "steps[0] stands at 7 s, not at 10 s" in outcome.error.message
    assert world.flows.timeouts("f") == [7]


def test_of_several_flows_those_with_something_to_put_back_are_restored() -> None:
    world = World(f=flow(step("A", 5), subflow("g")), g=flow(step("A", 20)))
    world.carry_out(a_request(include_subflows=True))
    [outcome] = world.carry_out(restores(include_subflows=True))
    assert ends([outcome]) == ["restored"]
    assert (world.flows.timeouts("f"), world.flows.timeouts("g")) == ([5], [20])


def test_without_the_ledger_what_is_absolute_is_done_and_noted_and_a_restore_waits() -> None:
    world = World(f=flow(step("A", 5), step("B", 20)))
    world.ledger.down = "no table"
    outcomes = world.carry_out(a_request(), a_request(action_name="B"), restores(action_name="B"))
    assert ends(outcomes) == ["raised", "unchanged", "deferred internal_error"]
    assert [o.note for o in outcomes[:2]] == [
        "not recorded in the ledger, so that it cannot be restored: no table",
        None,
    ]
    assert world.watcher.told == ["published", "not recorded"]


# -- inspect -----------------------------------------------------------------------------------------------------------


def test_an_inspection_without_a_name_lists_every_data_action() -> None:
    world = World(f=flow(step("A", 5), {"cases": [step("B")]}, step("C", "soon")))
    [outcome] = world.carry_out(a_request(operation="inspect", action_name=None, timeout_seconds=None))
    assert [(s.slot.name, s.before, s.effective_after) for s in outcome.steps] == [
        ("A", 5, 5),
        ("B", None, 3),
        ("C", None, 3),
    ]
    assert outcome.note == "steps[2].settings.timeout is not a number of seconds"


def test_an_inspection_of_a_flow_without_data_actions_is_no_error() -> None:
    assert ends(World(f=flow()).carry_out(a_request(operation="inspect", action_name=None))) == ["inspected"]


def test_a_dry_run_tells_what_would_be_done_and_does_not_do_it() -> None:
    world = World(f=flow(step("A", 5)))
    [outcome] = world.carry_out(a_request(dry_run=True))
    assert (outcome.status, [(s.before, s.after) for s in outcome.steps]) == (Status.PLANNED, [(5, 10)])
    assert (world.flows.timeouts("f"), outcome.publish_attempts) == ([5], 0)


def test_a_half_surrogate_in_a_path_can_be_passed_on_in_error_and_note() -> None:
    bad = {"type": "data-action", "name": "A", "settings": "x"}
    world = World(f={"version": "1", "steps": [], "\ud800": bad})
    for outcome in world.carry_out(a_request(), a_request(operation="inspect")):
        assert "?.settings is not an object" in json.dumps(outcome.as_dict(), ensure_ascii=False).encode().decode()


# -- hints -------------------------------------------------------------------------------------------------------------


class FakeArchitectFlows(FakeFlows):
    """Architect Flows whose integration actions all allow five seconds."""

    kind = Kind.ARCHITECT_FLOW

    def read(self, document_id: str, /) -> Document:
        document = super().read(document_id)
        document.suggested = lambda _: 5
        return document


def a_world_that_goes_by_an_action() -> World:
    """Flow "f" of an Architect organization, with a step that goes by the timeout of integration action "x"."""
    literal = {"config": {"lit": {"text": "P0D0H0M5S0F", "type": "dur"}}, "text": "P0D0H0M5S0F", "type": "dur"}
    suggesting = {"__type": "DataAction", "id": "s", "actionId": "x", "actionName": "A", "timeout": literal}
    world = World()
    world.flows = FakeArchitectFlows(world.time, f={"version": "1", "flowSequenceItemList": [suggesting]})
    world.clients["default"] = FakeClient(world.flows)
    world.clients["default"].flow_api = FlowApi.ARCHITECT
    return world


def test_who_uses_the_better_lever_is_told() -> None:
    [outcome] = a_world_that_goes_by_an_action().carry_out(a_request(timeout_seconds=10))
    assert outcome.status is Status.RAISED
    assert "which 2 Flows use (user of x, another)" in str(outcome.note)


@pytest.mark.parametrize("trouble", [KeyError("a bug"), Unavailable("no answer")])
def test_a_change_that_is_done_stays_done_whatever_becomes_of_the_hint(trouble: Exception) -> None:
    world = a_world_that_goes_by_an_action()
    world.clients["default"].no_users = trouble
    [outcome] = world.carry_out(a_request())
    assert (outcome.status, world.flows.writes) == (Status.RAISED, ["f"])
    assert len(world.bugs) == (1 if isinstance(trouble, KeyError) else 0)
