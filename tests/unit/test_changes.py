"""The change loop for one document: conflicts, lost answers, the deadline, and what the ledger is told."""

from __future__ import annotations

import pytest

from changes import SHORTEST_ROUND_SECONDS, Change, DocumentChange, Rules
from documents.flow import find_steps
from fakes import (
    FakeFlows,
    FakeLedger,
    FakeTime,
    Watcher,
    a_request,
    flow,
    flow_key,
    indexed,
    longest,
    step,
)
from genesys_cloud.errors import (
    AnswerLost,
    Conflict,
    ConflictRetriesExhausted,
    FlowNotFound,
    OutOfTime,
    PublishRejected,
    Unavailable,
)
from ledger import Before, Entry, LedgerUnavailable
from planning import make_plan
from remembering import MOST_RACES
from timeout_request import TimeoutRequest


class Loop:
    """A change loop over Flow "f" with one Data Action at 5 seconds, and all that it touches."""

    def __init__(self, *requests: TimeoutRequest, seconds: float = 60, slow: float = 0, attempts: int = 5) -> None:
        self.time = FakeTime()
        self.ledger = FakeLedger(self.time)
        self.watcher = Watcher()
        self._requests = indexed(*(requests or (a_request(),)))
        self._rules = Rules(3, attempts, longest)
        self._seconds = seconds
        self.take(FakeFlows(self.time, slow, f=flow(step("A", 5))))

    def take(self, flows: FakeFlows) -> None:
        """Goes over these Flows instead."""
        self.flows = flows
        self.change = DocumentChange(
            flow_key(),
            flows,
            self.ledger,
            requests=self._requests,
            rules=self._rules,
            deadline=self.time.deadline(self._seconds),
            observer=self.watcher,
        )

    def run(self) -> Change:
        return self.change.run(self.flows.read("f"))

    def someone_else_publishes(self, *timeouts: int) -> None:
        self.flows.on_write.append(lambda: self.flows.someone_else_publishes("f", *timeouts))


def told(change: Change, index: int = 0) -> list[tuple[float | None, float | None]]:
    return [(step.before, step.after) for step in change.plan.changes[index]]


def test_a_raise_is_published_once() -> None:
    loop = Loop()
    change = loop.run()
    assert (told(change), change.version, loop.flows.timeouts("f")) == ([(5, 10)], "2", [10])
    assert (loop.change.publish_attempts, loop.flows.reads, loop.flows.writes) == (1, ["f"], ["f"])
    assert loop.watcher.told == ["published"]
    assert loop.time.slept == []


@pytest.mark.parametrize(
    "request_", [a_request(timeout_seconds=5), a_request(dry_run=True), a_request(operation="inspect")]
)
def test_what_needs_no_publish_gets_none(request_: TimeoutRequest) -> None:
    loop = Loop(request_)
    change = loop.run()
    assert (loop.flows.writes, loop.change.publish_attempts, loop.watcher.told) == ([], 0, [])
    assert (change.version, loop.flows.timeouts("f")) == ("1", [5])


def test_on_a_conflict_the_fresh_flow_is_raised_and_what_the_other_did_stays() -> None:
    loop = Loop()
    loop.take(FakeFlows(f=flow(step("A", 5), step("B", 5))))
    loop.someone_else_publishes(7, 29)
    change = loop.run()
    assert (told(change), change.version) == ([(7, 10)], "3")
    assert loop.flows.timeouts("f") == [10, 29]
    assert (loop.change.publish_attempts, loop.flows.reads) == (2, ["f", "f"])
    assert loop.watcher.told == ["conflicted", "published"]


def test_a_conflict_after_which_it_suffices_already_needs_no_second_publish() -> None:
    loop = Loop()
    loop.someone_else_publishes(20)
    change = loop.run()
    assert (told(change), change.version, loop.flows.writes) == ([(20, 20)], "2", ["f"])
    assert loop.watcher.told == ["conflicted"]


def test_waits_between_conflicts_grow() -> None:
    loop = Loop()
    for _ in range(4):
        loop.someone_else_publishes()
    assert told(loop.run()) == [(5, 10)]
    assert loop.time.slept == [0.25, 0.5, 1, 2]


@pytest.mark.parametrize("attempts", [1, 3])
def test_conflicts_without_end_are_left_for_later_with_what_genesys_said(attempts: int) -> None:
    loop = Loop(attempts=attempts)
    for _ in range(attempts + 1):
        loop.someone_else_publishes()
    with pytest.raises(ConflictRetriesExhausted) as exhausted:
        loop.run()
    error = exhausted.value
    assert error.message == f"Flow f: someone else published in between, {attempts} times"
    assert (error.http_status, error.genesys_code, error.correlation_id) == (409, "conflict", "c-1")
    assert (loop.change.publish_attempts, loop.flows.timeouts("f")) == (attempts, [5])
    assert loop.watcher.told == ["conflicted"] * attempts


def test_a_conflict_with_no_time_left_for_another_round_is_left_for_later_without_a_wait() -> None:
    loop = Loop(seconds=0.25 + SHORTEST_ROUND_SECONDS - 0.01)
    loop.someone_else_publishes()
    with pytest.raises(OutOfTime) as late:
        loop.run()
    assert "someone else published in between, 1 times, and no time is left" in late.value.message
    assert (late.value.http_status, late.value.retry_after_seconds) == (409, 0)
    assert (loop.time.slept, loop.flows.writes) == ([], ["f"])


def test_a_conflict_with_just_enough_time_is_tried_again() -> None:
    loop = Loop(seconds=0.25 + SHORTEST_ROUND_SECONDS)
    loop.someone_else_publishes()
    assert told(loop.run()) == [(5, 10)]


def test_a_lost_answer_whose_publish_was_done_is_a_success_and_not_published_twice() -> None:
    loop = Loop()
    loop.flows.lost_answers = 1
    change = loop.run()
    assert (told(change), change.version, loop.flows.timeouts("f")) == ([(5, 10)], "2", [10])
    assert (loop.flows.reads, loop.flows.writes) == (["f", "f"], ["f"])
    assert loop.change.publish_attempts == 1
    assert loop.watcher.told == ["published"]


def test_a_lost_answer_whose_publish_was_not_done_is_published_again() -> None:
    loop = Loop()
    loop.flows.on_write.append(AnswerLost("reset"))
    change = loop.run()
    assert (told(change), change.version, loop.flows.timeouts("f")) == ([(5, 10)], "2", [10])
    assert (loop.change.publish_attempts, loop.watcher.told) == (2, ["published"])


def test_a_lost_answer_whose_publish_was_done_and_lowered_by_someone_since_is_raised_again() -> None:
    loop = Loop()
    loop.flows.lost_answers = 1
    loop.flows.on_read.extend([lambda: None, lambda: loop.flows.someone_else_publishes("f", 4)])
    change = loop.run()
    assert (told(change), loop.flows.timeouts("f"), loop.change.publish_attempts) == ([(4, 10)], [10], 2)


def test_after_a_lost_answer_every_request_is_told_its_own_part() -> None:
    loop = Loop(a_request(timeout_seconds=8), a_request(timeout_seconds=12), a_request(timeout_seconds=4))
    loop.flows.lost_answers = 1
    change = loop.run()
    assert [told(change, index) for index in range(2)] == [[(5, 12)], [(5, 12)]]
    assert not change.plan.changes[2][0].changed
    assert loop.flows.writes == ["f"]


def test_an_answer_that_stays_lost_is_left_for_later_when_time_is_over() -> None:
    loop = Loop(seconds=20, slow=0.4)
    loop.flows.on_write.extend([AnswerLost("reset")] * 50)
    with pytest.raises(AnswerLost, match="reset"):
        loop.run()
    assert 1000 + 20 - 8 - SHORTEST_ROUND_SECONDS < loop.time.now <= 1000 + 20
    assert loop.flows.timeouts("f") == [5]


def test_after_a_lost_answer_a_flow_that_cannot_be_read_is_told_as_it_is() -> None:
    loop = Loop()
    loop.flows.lost_answers = 1
    loop.flows.on_read.extend([lambda: None, Unavailable("503")])
    with pytest.raises(Unavailable, match="503"):
        loop.run()
    assert loop.flows.writes == ["f"]


def test_after_a_lost_answer_and_without_time_to_look_the_loss_is_what_is_told() -> None:
    loop = Loop()
    loop.flows.lost_answers = 1
    loop.flows.on_read.extend([lambda: None, OutOfTime("was not sent")])
    with pytest.raises(AnswerLost, match="no whole answer"):
        loop.run()


def test_a_conflict_after_a_lost_answer_is_met_like_any_other() -> None:
    loop = Loop()
    loop.flows.on_write.append(AnswerLost("reset"))
    loop.someone_else_publishes(6)
    change = loop.run()
    assert (told(change), loop.flows.timeouts("f"), loop.change.publish_attempts) == ([(6, 10)], [10], 3)
    assert loop.watcher.told == ["conflicted", "published"]


@pytest.mark.parametrize("error", [PublishRejected("bad step"), FlowNotFound("gone"), OutOfTime("late")])
def test_what_genesys_says_otherwise_passes_through_and_the_plan_stays_known(error: Exception) -> None:
    loop = Loop()
    loop.flows.on_write.append(error)
    with pytest.raises(type(error)):
        loop.run()
    assert loop.change.publish_attempts == 1
    assert loop.change.planned is not None
    assert told(loop.change.planned) == [(5, 10)]
    assert loop.watcher.told == []


def test_a_raise_conflict_can_be_a_plain_conflict_without_a_code() -> None:
    loop = Loop(attempts=1)
    loop.flows.on_write.append(Conflict("no"))
    with pytest.raises(ConflictRetriesExhausted) as exhausted:
        loop.run()
    assert exhausted.value.genesys_code is None


# -- the ledger --------------------------------------------------------------------------------------------------------


def test_what_stood_there_is_kept_before_it_is_changed_and_that_it_was_afterwards() -> None:
    loop = Loop()
    seen: list[Entry] = []
    loop.flows.on_write.append(lambda: seen.append(loop.ledger.entries(flow_key())["A"]))
    loop.run()
    intended, done = seen[0], loop.ledger.entries(flow_key())["A"]
    before = Before(5, {"settings": {"timeout": 5}})
    assert (intended.before, intended.written, intended.intended) == (before, None, (10,))
    assert (done.before, done.written, done.intended, done.document_version) == (before, 10, (), "2")
    assert loop.ledger.calls == [("write", "Flow f 1"), ("write", "Flow f 2")]


def test_what_needs_no_publish_asks_the_ledger_nothing() -> None:
    loop = Loop(a_request(timeout_seconds=5), a_request(dry_run=True), a_request(operation="inspect"))
    loop.run()
    assert loop.ledger.calls == []


def test_without_the_ledger_what_is_absolute_is_done_all_the_same_and_told_to_be_unrecorded() -> None:
    loop = Loop(a_request(), a_request(operation="set", timeout_seconds=12))
    loop.ledger.down = "no table"
    change = loop.run()
    assert (loop.flows.timeouts("f"), change.unrecorded) == ([12], "no table")
    assert loop.watcher.told == ["published", "not recorded"]
    assert loop.watcher.unrecorded == [("Flow f", "no table")]
    assert loop.ledger.operations() == ["write"]


def test_without_the_ledger_a_restore_waits() -> None:
    loop = Loop(a_request(operation="restore", timeout_seconds=None))
    loop.ledger.down = "no table"
    loop.take(loop.flows)
    change = loop.run()
    assert isinstance(change.plan.errors[0], LedgerUnavailable)
    assert "no table" in change.plan.errors[0].message
    assert loop.flows.writes == []


def test_a_ledger_that_stops_answering_holds_up_nothing_that_is_absolute() -> None:
    loop = Loop()
    loop.ledger.lost_answers = {"write"}
    change = loop.run()
    assert (told(change), loop.flows.timeouts("f")) == ([(5, 10)], [10])
    assert change.unrecorded == "write: no answer"


def test_a_change_that_was_not_confirmed_is_known_to_be_ours_all_the_same() -> None:
    loop = Loop()
    loop.ledger.before["write"].extend([lambda: None, LedgerUnavailable("no answer")])
    change = loop.run()
    assert (change.unrecorded, loop.watcher.told) == (None, ["published"])
    entry = loop.ledger.entries(flow_key())["A"]
    assert (entry.is_ours(10), entry.before) == (True, Before(5, {"settings": {"timeout": 5}}))


def test_a_record_that_another_invocation_writes_meanwhile_is_taken_as_the_refused_write_found_it() -> None:
    loop = Loop()
    loop.ledger.is_raced(flow_key(), 3)
    change = loop.run()
    assert (told(change), change.unrecorded, loop.flows.writes) == ([(5, 10)], None, ["f"])
    assert loop.ledger.operations() == ["write"] * 5
    assert loop.ledger.record(flow_key()).revision == 5


def test_while_others_keep_writing_the_record_the_change_waits_rather_than_go_unrecorded() -> None:
    loop = Loop()
    loop.ledger.is_raced(flow_key(), 50)
    with pytest.raises(LedgerUnavailable, match="others keep writing"):
        loop.run()
    assert loop.flows.timeouts("f") == [5]
    assert loop.ledger.operations().count("write") == MOST_RACES + 1


def test_what_was_raised_is_put_back() -> None:
    loop = Loop()
    loop.run()
    back = Loop(a_request(operation="restore", timeout_seconds=None))
    back.ledger = loop.ledger
    back.take(loop.flows)
    change = back.run()
    assert (told(change), loop.flows.body("f")["steps"]) == ([(10, 5)], flow(step("A", 5))["steps"])
    assert loop.ledger.entries(flow_key())["A"].before is None


def test_what_was_not_changed_by_us_is_not_put_back() -> None:
    loop = Loop(a_request(operation="restore", timeout_seconds=None))
    change = loop.run()
    assert (change.plan.errors[0].code, loop.flows.writes) == ("nothing_to_restore", [])


@pytest.mark.parametrize("odd", [17, {"timeout": "soon"}])
def test_a_step_that_cannot_be_edited_does_not_stand_in_the_way_of_another_try(odd: object) -> None:
    loop = Loop()
    loop.take(FakeFlows(loop.time, f=flow(step("A", 5), {**step("B"), "settings": odd})))
    loop.someone_else_publishes(7)
    change = loop.run()
    assert (told(change), loop.change.publish_attempts, loop.watcher.told) == (
        [(7, 10)],
        2,
        ["conflicted", "published"],
    )


def test_after_a_conflict_what_someone_else_has_set_is_what_is_remembered() -> None:
    loop = Loop()
    loop.someone_else_publishes(7)
    loop.run()
    entry = loop.ledger.entries(flow_key())["A"]
    assert (entry.before, entry.written) == (Before(7, {"settings": {"timeout": 7}}), 10)


def test_a_lost_answer_whose_publish_was_done_is_confirmed() -> None:
    loop = Loop()
    loop.flows.lost_answers = 1
    loop.run()
    entry = loop.ledger.entries(flow_key())["A"]
    assert (entry.before, entry.written, entry.intended) == (Before(5, {"settings": {"timeout": 5}}), 10, ())


# -- the place of a timeout --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        ({}, {"settings": {"timeout": 9}}),
        ({"settings": None}, {"settings": {"timeout": 9}}),
        ({"settings": {}}, {"settings": {"timeout": 9}}),
        ({"settings": {"timeout": None, "x": 1}}, {"settings": {"timeout": 9, "x": 1}}),
        ({"settings": {"x": 1}}, {"settings": {"x": 1, "timeout": 9}}),
    ],
)
def test_settings_are_made_when_missing_and_kept_when_there(settings: dict[str, object], after: object) -> None:
    data: dict[str, object] = {"type": "data-action", **settings}
    [slot] = find_steps({"steps": [data]}).slots
    assert (slot.problem, slot.seconds) == (None, None)
    slot.write(9)
    assert data == {"type": "data-action", **(after if isinstance(after, dict) else {})}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("fast", "steps[0].settings is not an object"),
        ([], "steps[0].settings is not an object"),
        ({"timeout": "5"}, "steps[0].settings.timeout is not a number of seconds"),
        ({"timeout": True}, "steps[0].settings.timeout is not a number of seconds"),
        ({"timeout": {"s": 5}}, "steps[0].settings.timeout is not a number of seconds"),
    ],
)
def test_what_is_no_timeout_is_a_problem_that_names_the_place(settings: object, problem: str) -> None:
    [slot] = find_steps({"steps": [{"type": "data-action", "settings": settings}]}).slots
    assert slot.problem == problem


def test_after_a_lost_answer_a_set_among_raises_is_told_as_it_was_sent() -> None:
    loop = Loop(a_request(timeout_seconds=8), a_request(operation="set", timeout_seconds=6))
    loop.flows.lost_answers = 1
    change = loop.run()
    assert [told(change, index) for index in range(2)] == [[(5, 8)], [(8, 6)]]
    assert loop.watcher.told == ["published"]


def test_a_request_that_could_not_be_carried_out_before_takes_nothing_over_from_a_lost_publish() -> None:
    requests = indexed(a_request(action_name=None, step_id="a"), a_request())
    first, second = (step("A", 3, id="a"), {**step("A", 4, id="b"), "settings": "being edited"})
    sent = make_plan("f", find_steps(flow(first, second)), requests, default_seconds=3)
    sent.apply()
    fresh = make_plan("f", find_steps(flow(first, step("A", 4, id="b"))), requests, default_seconds=3)
    assert fresh.claim_what_was_done_by(sent)
    told = [[(change.before, change.after) for change in fresh.changes[index]] for index in range(2)]
    assert told == [[(3, 10)], [(10, 10), (4, 10)]]
