"""What becomes of messages, and how queues and event bus are spoken to."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from aws.event_bus import EventBus, worth_telling
from aws.queues import MOST_BYTES, DeadLetter
from documents.flow import find_steps
from doors import Ask, Letter
from endings import Endings, unsettled
from errands import Errand
from fakes import (
    NO_ANSWER,
    FakeEvents,
    FakeLedger,
    FakeSqs,
    FakeTime,
    a_request,
    flow,
    indexed,
    longest,
    shortest,
    step,
)
from follow_ups import AlarmReference, FollowUp, Purpose
from genesys_cloud.retry import Jitter
from outcomes import Outcome, OutcomeError, Status, begin, succeeded
from planning import make_plan
from policy import Policy
from routing import Route

NOW = 1_795_430_000.0


def ended(
    letter: Letter,
    status: Status = Status.RAISED,
    *,
    wait: float | None = None,
    text: str = "{}",
    message: str = "no",
    errand: Errand | None = None,
) -> tuple[Ask, Outcome]:
    failed = status in {Status.REJECTED, Status.DEFERRED}
    error = OutcomeError("the_code", message) if failed else None
    outcome = Outcome(letter.id, "sqs", "default", status, {}, error=error, retry_after_seconds=wait)
    return Ask(letter, text, errand=errand), outcome


def letter(message_id: str, receives: int = 1) -> Letter:
    return Letter(message_id, receipt_handle=f"receipt-{message_id}", receive_count=receives)


class Post:
    """Endings over a fake SQS, and the failures they told."""

    def __init__(self) -> None:
        self.sqs = FakeSqs()
        self.ledger = FakeLedger()
        self.failures: list[tuple[str, str, str]] = []
        self.seconds_left = 5.0

    def settle(self, *parts: tuple[Ask, Outcome], jitter: Jitter = longest, from_queue: bool = True) -> list[str]:
        endings = Endings(
            self.sqs.requests,
            self.sqs.dead_letters,
            self.ledger,
            lambda *failure: self.failures.append(failure),
            jitter=jitter,
            now=lambda: NOW,
        )
        return endings.settle(parts, FakeTime().deadline(self.seconds_left), from_queue=from_queue)


@pytest.mark.parametrize(
    "status",
    [
        Status.RAISED,
        Status.UNCHANGED,
        Status.SET,
        Status.RESTORED,
        Status.PLANNED,
        Status.INSPECTED,
        Status.IGNORED,
    ],
)
def test_what_is_done_is_deleted_and_costs_no_call(status: Status) -> None:
    post = Post()
    assert post.settle(ended(letter("m"), status)) == []
    assert post.sqs.calls == []


def test_nothing_to_settle_is_nothing_to_do() -> None:
    assert Post().settle() == []


def test_what_is_rejected_goes_to_the_dead_letter_queue_with_its_reason_and_is_deleted() -> None:
    post = Post()
    assert post.settle(ended(letter("m"), Status.REJECTED, text='{"flow_id": 5}')) == []
    assert post.sqs.sent == [
        {
            "Id": "0",
            "MessageBody": '{"flow_id": 5}',
            "MessageAttributes": {
                "error_code": {"DataType": "String", "StringValue": "the_code"},
                "error_message": {"DataType": "String", "StringValue": "no"},
                "request_id": {"DataType": "String", "StringValue": "m"},
            },
        }
    ]


@pytest.mark.parametrize("told", [0.0, 0.2, 17.0, 30.5, 899.9, 5000.0])
def test_what_is_deferred_waits_as_told_rounded_up_to_fifteen_minutes_at_most(told: float) -> None:
    post = Post()
    assert post.settle(ended(letter("m"), Status.DEFERRED, wait=told)) == ["m"]
    expected = {0.0: 0, 0.2: 1, 17.0: 17, 30.5: 31, 899.9: 900, 5000.0: 900}
    assert post.sqs.waits == {"receipt-m": expected[told]}


@pytest.mark.parametrize(
    ("receives", "longest_wait"),
    [(0, 15), (1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (6, 300), (10**15, 300)],
)
def test_without_a_told_wait_it_is_full_jitter_that_grows_with_each_receive(receives: int, longest_wait: int) -> None:
    at_most, at_least = Post(), Post()
    at_most.settle(ended(letter("m", receives), Status.DEFERRED))
    at_least.settle(ended(letter("m", receives), Status.DEFERRED), jitter=shortest)
    assert (at_most.sqs.waits, at_least.sqs.waits) == ({"receipt-m": longest_wait}, {"receipt-m": 0})


def test_a_record_with_anything_deferred_is_seen_again_whole_and_nothing_of_it_is_buried_yet() -> None:
    post, one = Post(), letter("m")
    parts = [ended(one), ended(one, Status.REJECTED), ended(one, Status.DEFERRED, wait=5)]
    assert post.settle(*parts) == ["m"]
    assert (post.sqs.sent, post.sqs.waits) == ([], {"receipt-m": 5})


def test_a_record_waits_for_the_longest_of_its_deferred_requests() -> None:
    post, one = Post(), letter("m")
    post.settle(*(ended(one, Status.DEFERRED, wait=wait) for wait in (5, 70, 0)))
    assert post.sqs.waits == {"receipt-m": 70}


def test_of_a_record_with_nothing_deferred_each_rejected_request_is_buried_by_itself() -> None:
    post, one = Post(), letter("m")
    rejected = [ended(one, Status.REJECTED, text=text) for text in ("a", "b")]
    assert post.settle(rejected[0], ended(one), rejected[1]) == []
    assert [sent["MessageBody"] for sent in post.sqs.sent] == ["a", "b"]


def test_records_end_each_for_itself_and_are_reported_in_order() -> None:
    post = Post()
    parts = [
        ended(letter("done")),
        ended(letter("later"), Status.DEFERRED, wait=1),
        ended(letter("never"), Status.REJECTED),
        ended(letter("later-too"), Status.DEFERRED, wait=2),
    ]
    assert post.settle(*parts) == ["later", "later-too"]
    assert len(post.sqs.sent) == 1


@pytest.mark.parametrize("how", ["refused", "forgotten"])
def test_a_record_whose_copy_is_not_safely_buried_is_kept_and_only_that_one(how: str) -> None:
    post = Post()
    getattr(post.sqs, how).add("bad")
    parts = [ended(letter(n), Status.REJECTED, text=text) for n, text in (("m1", "good"), ("m2", "bad"))]
    assert post.settle(*parts) == ["m2"]
    why = "not today" if how == "refused" else "no answer"
    assert post.failures == [("m2", "not copied to the dead-letter queue", why)]


def test_a_dead_letter_queue_that_is_down_keeps_every_rejected_record() -> None:
    post = Post()
    post.sqs.down = "ServiceUnavailable"
    assert post.settle(*(ended(letter(f"m{n}"), Status.REJECTED) for n in range(12))) == [f"m{n}" for n in range(12)]
    assert len(post.failures) == 12
    assert "ServiceUnavailable happened" in post.failures[0][2]


def test_a_wait_that_cannot_be_set_is_told_and_the_record_comes_again_all_the_same() -> None:
    post = Post()
    post.sqs.refused = {"receipt-m1"}
    parts = [ended(letter(n), Status.DEFERRED, wait=9) for n in ("m1", "m2")]
    assert post.settle(*parts) == ["m1", "m2"]
    assert post.sqs.waits == {"receipt-m2": 9}
    assert post.failures == [("m1", "comes again when the queue's own visibility timeout is over", "not today")]


def test_a_queue_that_is_down_keeps_every_deferred_record() -> None:
    post = Post()
    post.sqs.down = "ServiceUnavailable"
    assert post.settle(ended(letter("m"), Status.DEFERRED, wait=9)) == ["m"]
    assert len(post.failures) == 1


def test_many_are_settled_ten_a_call() -> None:
    post = Post()
    rejected = [ended(letter(f"r{n}"), Status.REJECTED, text=str(n)) for n in range(25)]
    deferred = [ended(letter(f"d{n}"), Status.DEFERRED, wait=n) for n in range(11)]
    assert post.settle(*rejected, *deferred) == [f"d{n}" for n in range(11)]
    assert [len(call) for call in post.sqs.calls] == [10, 10, 5, 10, 1]
    assert [sent["MessageBody"] for sent in post.sqs.sent] == [str(n) for n in range(25)]
    assert post.sqs.waits == {f"receipt-d{n}": n for n in range(11)}


def test_large_messages_are_sent_in_calls_within_the_limit_of_sqs() -> None:
    post = Post()
    post.settle(*(ended(letter(f"m{n}"), Status.REJECTED, text="ä" * 200_000) for n in range(6)))
    assert [len(call) for call in post.sqs.calls] == [2, 2, 2]


def test_a_record_without_a_receipt_handle_is_reported_and_not_made_to_wait() -> None:
    post = Post()
    assert post.settle(ended(Letter("m"), Status.DEFERRED, wait=9)) == ["m"]
    assert post.sqs.calls == []


def test_without_time_left_nothing_is_asked_of_sqs_and_all_that_needs_some_is_kept() -> None:
    post = Post()
    post.seconds_left = 0
    parts = [
        ended(letter("done")),
        ended(letter("never"), Status.REJECTED),
        ended(letter("later"), Status.DEFERRED, wait=9),
    ]
    assert post.settle(*parts) == ["never", "later"]
    assert post.sqs.calls == []
    assert [(message_id, why) for message_id, _, why in post.failures] == [
        ("never", "no time was left"),
        ("later", "no time was left"),
    ]


def test_when_nothing_is_known_of_the_settling_all_that_needed_some_are_kept_once() -> None:
    both, done = letter("both"), letter("done")
    parts = [
        ended(both, Status.REJECTED),
        ended(done),
        ended(both, Status.DEFERRED),
        ended(letter("r"), Status.REJECTED),
        ended(letter("d"), Status.DEFERRED),
    ]
    assert unsettled(parts) == ["both", "r", "d"]


@pytest.mark.parametrize("status", list(Status))
def test_what_has_an_errand_is_kept_too_when_nothing_is_known_of_the_settling(status: Status) -> None:
    assert unsettled([ended(letter("m"), status, errand=Errand("t"))]) == ["m"]


# -- other doors -------------------------------------------------------------------------------------------------------


def event(text: str = "the event", name: str = "m") -> Letter:
    """What came through a door that no queue is behind."""
    return Letter(name, text)


@pytest.mark.parametrize("told", [0.0, 0.2, 17.0, 899.9, 5000.0])
def test_an_event_that_is_deferred_is_put_on_the_request_queue_for_the_wait_that_is_due(told: float) -> None:
    post = Post()
    assert post.settle(ended(event(), Status.DEFERRED, wait=told), from_queue=False) == []
    expected = {0.0: 0, 0.2: 1, 17.0: 17, 899.9: 900, 5000.0: 900}
    assert (post.sqs.put_off, post.sqs.sent, post.sqs.waits) == ([("the event", expected[told])], [], {})


def test_an_event_with_anything_deferred_is_put_off_once_and_whole_for_the_longest_wait() -> None:
    post, one = Post(), event()
    parts = [
        ended(one, Status.DEFERRED, wait=5, text="a"),
        ended(one, Status.REJECTED, text="b"),
        ended(one, Status.DEFERRED, wait=70, text="c"),
    ]
    assert post.settle(*parts, from_queue=False) == []
    assert (post.sqs.put_off, post.sqs.sent) == ([("the event", 70)], [])


def test_an_event_that_is_rejected_goes_to_the_dead_letter_queue_like_any_other() -> None:
    post = Post()
    assert post.settle(ended(event(), Status.REJECTED, text="what was asked"), from_queue=False) == []
    assert [sent["MessageBody"] for sent in post.sqs.sent] == ["what was asked"]


@pytest.mark.parametrize("status", [Status.REJECTED, Status.DEFERRED])
def test_an_event_that_could_not_be_put_where_it_is_safe_is_told_and_named(status: Status) -> None:
    post = Post()
    post.sqs.down = "ServiceUnavailable"
    assert post.settle(ended(event(), status), ended(event("other", "n")), from_queue=False) == ["m"]
    what = {Status.REJECTED: "not copied to the dead-letter queue", Status.DEFERRED: "not sent to the request queue"}
    assert [failure[:2] for failure in post.failures] == [("m", what[status])]


# -- what an alarm wants besides ---------------------------------------------------------------------------------------


def errand(transition: str | None = "t", seconds: float | None = 300, **more: bool) -> Errand:
    """One whose next look is due so long from now."""
    alarm = AlarmReference("slow", None, None, "t", "burning")
    route = Route({"flow_id": "f", "action_name": "A"}, Policy(raise_by_seconds=Decimal(2)))
    look = None if seconds is None else FollowUp(Purpose.RECHECK, alarm, route, NOW + seconds)
    return Errand(transition, look, **more)


@pytest.mark.parametrize("from_queue", [True, False])
@pytest.mark.parametrize("status", [Status.RAISED, Status.UNCHANGED, Status.IGNORED, Status.RESTORED])
def test_what_an_alarm_wants_besides_is_sent_and_then_the_transition_is_over(status: Status, from_queue: bool) -> None:
    post, wanted = Post(), errand()
    assert post.settle(ended(letter("m"), status, errand=wanted), from_queue=from_queue) == []
    assert wanted.next
    assert post.sqs.put_off == [(wanted.next.as_message(), 300)]
    assert post.ledger.is_finished("t")


def test_a_look_that_is_due_later_than_sqs_can_wait_is_sent_in_hops() -> None:
    post = Post()
    post.settle(ended(letter("m"), errand=errand(seconds=5000)))
    assert [seconds for _, seconds in post.sqs.put_off] == [900]


@pytest.mark.parametrize("status", [Status.REJECTED, Status.DEFERRED, Status.PLANNED])
def test_what_is_not_over_sends_nothing_and_may_come_again(status: Status) -> None:
    post = Post()
    post.settle(ended(letter("m"), status, errand=errand()))
    assert (post.sqs.put_off, post.ledger.operations()) == ([], [])


def test_of_an_event_with_anything_deferred_nothing_is_followed_up_yet() -> None:
    post, one = Post(), letter("m")
    post.settle(ended(one, errand=errand()), ended(one, Status.DEFERRED, wait=5))
    assert (post.sqs.put_off, post.ledger.operations()) == ([], [])


@pytest.mark.parametrize("from_queue", [True, False])
def test_an_alarm_whose_next_look_was_not_sent_comes_again_and_is_not_over(from_queue: bool) -> None:
    post, wanted = Post(), errand()
    assert wanted.next
    post.sqs.refused = {wanted.next.as_message()}
    parts = [ended(letter("m"), errand=wanted), ended(letter("n"), errand=errand("t2", None))]
    assert post.settle(*parts, from_queue=from_queue) == ["m"]
    assert post.failures == [("m", "its next look at the alarm was not scheduled", "not today")]
    assert [post.ledger.is_finished(transition) for transition in ("t", "t2")] == [False, True]


def test_at_the_limit_or_where_another_look_can_ask_for_no_more_there_is_none_but_it_is_over() -> None:
    post = Post()
    ask, outcome = ended(letter("m"), Status.UNCHANGED, errand=errand("at the limit"))
    in_vain = ended(letter("n"), Status.UNCHANGED, errand=errand("in vain", may_find_more_to_do=False))
    post.settle((ask, replace(outcome, at_limit=True)), in_vain)
    assert post.sqs.put_off == []
    assert [post.ledger.is_finished(transition) for transition in ("at the limit", "in vain")] == [True, True]


def test_a_ledger_that_is_down_keeps_no_message_and_what_was_not_marked_is_told() -> None:
    post = Post()
    post.ledger.down = "no answer"
    assert post.settle(ended(letter("m"), errand=errand())) == []
    assert len(post.sqs.put_off) == 1
    assert [failure[1:] for failure in post.failures] == [("not marked as dealt with", "no answer")]


def test_after_a_call_that_is_not_answered_no_more_are_made_and_all_is_kept() -> None:
    post = Post()
    post.sqs.down = NO_ANSWER
    rejected = [ended(letter(f"m{n}"), Status.REJECTED) for n in range(25)]
    deferred = [ended(letter(f"n{n}"), Status.DEFERRED) for n in range(25)]
    assert len(post.settle(*rejected, *deferred)) == 50
    assert [len(call) for call in post.sqs.calls] == [10, 10]  # one to the dead-letter queue, one for the waits
    assert len(post.failures) == 50
    assert all("timeout" in why.lower() for _, _, why in post.failures)


# -- what SQS takes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("a\x00b\x1fc", "a?b?c"),
        ("tab\tand\nlines", "tab\tand\nlines"),
        ("half \ud800 pair", "half ? pair"),
        ("\ufffe\uffff", "??"),
        ("whole 🙂 pair", "whole 🙂 pair"),
        ("", "?"),
        ("x" * 5000, "x" * 1024),
    ],
)
def test_attributes_are_in_characters_and_lengths_that_sqs_takes(message: str, sent: str) -> None:
    assert DeadLetter("{}", "code", message, "m").attributes()["error_message"] == sent


def test_the_size_of_a_letter_counts_bytes_of_its_body_and_attributes() -> None:
    small, large = DeadLetter("", "c", "m", "r"), DeadLetter("ä" * 10, "c", "mü", "r")
    assert large.size() - small.size() == 22
    names = len("error_code") + len("error_message") + len("request_id")
    assert small.size() == names + 3 * len("String") + 3
    assert small.size() < MOST_BYTES


# -- the event bus -----------------------------------------------------------------------------------------------------


def outcome(status: Status, name: str = "m") -> Outcome:
    return Outcome(name, "sqs", "default", status, {"flow_id": "f"})


def put(events: FakeEvents, *outcomes: Outcome, seconds_left: float = 5) -> list[tuple[int, str]]:
    failures: list[tuple[int, str]] = []
    bus = EventBus("the-bus", events.client, lambda *failure: failures.append(failure))
    bus.put(outcomes, FakeTime().deadline(seconds_left))
    assert bus.known == len(worth_telling(outcomes))
    return failures


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.INSPECTED])
def test_an_outcome_is_an_event_named_by_its_status(status: Status) -> None:
    events = FakeEvents()
    assert put(events, outcome(status)) == []
    [entry] = events.entries
    assert (entry["EventBusName"], entry["Source"]) == ("the-bus", "genesys-timeout-raiser")
    assert entry["DetailType"] == f"Data Action Timeout {status.value.capitalize()}"
    assert json.loads(entry["Detail"]) == outcome(status).in_brief()


def test_inspections_are_no_events() -> None:
    events = FakeEvents()
    assert put(events, outcome(Status.INSPECTED)) == []
    assert events.calls == []


def test_events_go_ten_a_call() -> None:
    events = FakeEvents()
    put(events, *(outcome(Status.RAISED, str(n)) for n in range(23)))
    assert [len(call) for call in events.calls] == [10, 10, 3]
    assert [json.loads(entry["Detail"])["request_id"] for entry in events.entries] == [str(n) for n in range(23)]


def test_events_of_long_outcomes_go_in_calls_within_the_limit_of_eventbridge() -> None:
    request = a_request()
    body = flow(*(step("A", 5, id="i" * 500) for _ in range(500)))
    changes = make_plan("f", find_steps(body), indexed(request), default_seconds=3).changes[0]
    events = FakeEvents()
    put(events, *(succeeded(begin(request, "sqs"), request, changes) for _ in range(10)))
    assert len(events.entries) == 10
    assert all(sum(len(entry["Detail"]) for entry in call) < 262_144 for call in events.calls)


def test_a_bus_that_is_down_is_told_per_call_and_the_rest_is_tried() -> None:
    events = FakeEvents()
    events.down = "InternalException"
    failures = put(events, *(outcome(Status.RAISED) for _ in range(12)))
    assert [count for count, _ in failures] == [10, 2]
    assert "InternalException happened" in failures[0][1]


def test_after_a_call_that_is_not_answered_no_more_are_made_and_all_are_told() -> None:
    events = FakeEvents()
    events.down = NO_ANSWER
    failures = put(events, *(outcome(Status.RAISED) for _ in range(25)))
    assert [len(call) for call in events.calls] == [10]
    assert [count for count, _ in failures] == [10, 10, 5]


def test_without_time_left_no_event_is_tried_and_all_are_told() -> None:
    events = FakeEvents()
    failures = put(events, *(outcome(Status.RAISED) for _ in range(12)), seconds_left=0)
    assert (failures, events.calls) == ([(10, "no time was left"), (2, "no time was left")], [])


def test_events_that_the_bus_refuses_are_told_by_number() -> None:
    events = FakeEvents()
    events.refused_details = {'"bad-1"', '"bad-2"'}
    assert put(events, *(outcome(Status.RAISED, name) for name in ("bad-1", "good", "bad-2"))) == [
        (2, "InternalFailure")
    ]
