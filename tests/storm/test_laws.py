"""Each law lets a good storm pass, and finds what breaks it: a check that cannot fail would be none."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from genesys_simulator import GenesysSimulator
from storm.documents import Json, Kind, mark
from storm.evidence import DeadLetter, Delivery, Evidence, Fate, Invocation, Lock, Version
from storm.laws import LAWS
from storm.letters import Ask, Letter
from storm.world import ALARMED, PLATFORM, PUBLISHING, RAISED, SET, Place, Target, build, document_of

FLOW = Target(PUBLISHING, Kind.FLOW, "flow-0")
HOTLINE = Target(PLATFORM, Kind.ARCHITECT, "hotline-0")
TOKEN = "a-token-that-nobody-may-see"


def outcome(request_id: str, status: str, code: str | None = None, http_status: int | None = None) -> Json:
    error = code and {"code": code, "message": "no", "http_status": http_status}
    return {"request_id": request_id, "status": status, "error": error}


def event(told: Json) -> Json:
    return {"detail": told}


def raised(document: Json, seconds: int, name: str = RAISED) -> Json:
    """The Flow as it is after every step of that name was raised."""
    changed = copy.deepcopy(document)
    places = [
        changed["steps"][0],
        *changed["steps"][1]["loop"]["steps"],
        changed["steps"][2]["cases"][1]["steps"][0],
        changed["steps"][3],
    ]
    for step in places:
        if step["name"] == name:
            step.setdefault("settings", {})["timeout"] = seconds
    return {**changed, "version": document["version"] + 1}


def marked(document: Json, text: str) -> Json:
    """The same as it is after a person has published."""
    changed = copy.deepcopy(document)
    mark(Kind.FLOW, changed, text)
    return {**changed, "version": document["version"] + 1}


@pytest.fixture
def good() -> Evidence:
    """One raise, one alarm, one set, one refusal and one person's edit, and all as it has to be."""
    genesys = {PUBLISHING: GenesysSimulator(), PLATFORM: GenesysSimulator()}
    world = build(genesys, 3)
    versions = [Version(document_of(genesys, FLOW), is_ours=False)]
    for seconds, name in ((12, RAISED), (6, ALARMED), (20, SET)):
        versions.append(Version(raised(versions[-1].document, seconds, name), is_ours=True))
    versions.append(Version(marked(versions[-1].document, "m1"), is_ours=False))
    asks = {
        "raise": Ask("raise", (Place(FLOW, RAISED),), "raise", 12),
        "alarm": Ask(None, (Place(FLOW, ALARMED),), "alarm", 2, transition="t"),
        "set": Ask("set", (Place(FLOW, SET),), "set", 20),
        "wrong": Ask("wrong", (), "wrong"),
    }
    told = [outcome("raise", "raised"), outcome("message-alarm", "raised"), outcome("set", "set")]
    told.append(outcome("wrong", "rejected", "invalid_request"))
    sent = {
        f"message-{name}": Letter(name, "{}", (ask,), wrong=name == "wrong", concerns=frozenset({FLOW}))
        for name, ask in asks.items()
    }
    first = Invocation(1, tuple(Delivery(each, 1, Fate.DELETED) for each in sent), tuple(told))
    later = [Invocation(number, (Delivery("message-raise", 1, Fate.KILLED),)) for number in (2, 3)]
    attributes = {"request_id": "wrong", "error_code": "invalid_request", "error_message": "no"}
    before = {"seconds": 3, "image": {"settings": {"timeout": 3}}}
    entries = [{"path": "steps[0]", "step": ["flow-0-1", None, None, None], "before": before}]
    histories = {target: [Version(document_of(genesys, target), is_ours=False)] for target in world.targets}
    return Evidence(
        world,
        sent=sent,
        invocations=[first, *later],
        dead_letters=[DeadLetter("d1", "{}", attributes, 0)],
        events=[event(each) for each in told],
        histories={**histories, FLOW: versions},
        marks={target: ["m1"] if target == FLOW else [] for target in world.targets},
        locks={HOTLINE: Lock(None, None, unpublished=False)},
        ledger=[{"pk": str(FLOW), "sk": "timeouts", "entries": json.dumps(entries)}],
        restored={FLOW: marked(versions[0].document, "m1")},
        texts={"a log": "nothing"},
        secrets=[TOKEN],
    )


def broken(evidence: Evidence) -> set[str]:
    return {law.breaches.__name__ for law in LAWS if list(law.breaches(evidence))}


def test_a_good_storm_breaks_no_law(good: Evidence) -> None:
    assert broken(good) == set()


# -- what breaks them --------------------------------------------------------------------------------------------------


def first(evidence: Evidence, **changes: object) -> None:
    evidence.invocations[0] = replace(evidence.invocations[0], **changes)  # type: ignore[arg-type]  # named by each


def last_version(evidence: Evidence, document: Json, *, is_ours: bool) -> None:
    evidence.histories[FLOW].append(Version({**document, "version": 6}, is_ours))


def a_message_is_left(evidence: Evidence) -> None:
    evidence.left_on_queue.append("message-raise")


def a_message_vanishes(evidence: Evidence) -> None:
    evidence.sent["message-5"] = Letter("raise", "{}", (Ask("r5"),))


def a_request_has_no_outcome(evidence: Evidence) -> None:
    first(evidence, outcomes=evidence.invocations[0].outcomes[1:])


def a_request_has_two_outcomes(evidence: Evidence) -> None:
    first(evidence, outcomes=(*evidence.invocations[0].outcomes, outcome("set", "set")))
    evidence.events.append(event(outcome("set", "set")))


def what_was_put_off_is_deleted(evidence: Evidence) -> None:
    told = outcome("set", "deferred", "genesys_unavailable")
    kept = [each for each in evidence.invocations[0].outcomes if each["request_id"] != "set"]
    first(evidence, outcomes=(*kept, told))
    evidence.events.append(event(told))


def what_was_done_is_kept(evidence: Evidence) -> None:
    done = Invocation(9, (Delivery("message-set", 2, Fate.KEPT),), (outcome("set", "unchanged"),))
    evidence.invocations.append(done)
    evidence.events.append(event(outcome("set", "unchanged")))


def a_refusal_is_not_in_the_dead_letter_queue(evidence: Evidence) -> None:
    evidence.dead_letters.clear()


def a_refusal_is_there_twice(evidence: Evidence) -> None:
    evidence.dead_letters.append(replace(evidence.dead_letters[0], message_id="d2"))


def a_refusal_has_no_reason(evidence: Evidence) -> None:
    evidence.dead_letters[0] = replace(evidence.dead_letters[0], attributes={"request_id": "wrong"})


def a_good_request_lies_in_the_dead_letter_queue(evidence: Evidence) -> None:
    attributes = {**evidence.dead_letters[0].attributes, "request_id": "set"}
    evidence.dead_letters.append(DeadLetter("d2", "{}", attributes, 0))


def sqs_gives_up_early(evidence: Evidence) -> None:
    evidence.dead_letters.append(DeadLetter("d2", "{}", {}, 3))


def a_good_request_is_refused(evidence: Evidence) -> None:
    evidence.invocations[0].outcomes[0].update(outcome("raise", "rejected", "changed_by_someone_else"))


def a_wrong_request_is_carried_out(evidence: Evidence) -> None:
    evidence.invocations[0].outcomes[3].update(outcome("wrong", "raised"))


def a_person_s_edit_is_overwritten(evidence: Evidence) -> None:
    last_version(evidence, raised(evidence.histories[FLOW][-2].document, 15), is_ours=True)


def something_else_is_changed(evidence: Evidence) -> None:
    document = copy.deepcopy(evidence.histories[FLOW][-1].document)
    document["steps"][0]["settings"]["retry"] = 3
    last_version(evidence, raised(document, 15), is_ours=True)


def the_order_of_members_is_changed(evidence: Evidence) -> None:
    document = copy.deepcopy(evidence.histories[FLOW][-1].document)
    document["steps"][0] = dict(reversed(document["steps"][0].items()))
    last_version(evidence, raised(document, 15), is_ours=True)


def a_raise_is_lost(evidence: Evidence) -> None:
    evidence.sent["message-raise"] = replace(
        evidence.sent["message-raise"], asks=(Ask("raise", (Place(FLOW, RAISED),), "raise", 14),)
    )


def a_raise_goes_too_far(evidence: Evidence) -> None:
    last_version(evidence, raised(evidence.histories[FLOW][-1].document, 13), is_ours=True)


def a_raise_lowers(evidence: Evidence) -> None:
    last_version(evidence, raised(evidence.histories[FLOW][-1].document, 11), is_ours=True)


def an_alarm_acts_twice(evidence: Evidence) -> None:
    last_version(evidence, raised(evidence.histories[FLOW][-1].document, 8, ALARMED), is_ours=True)


def an_alarm_does_not_act(evidence: Evidence) -> None:
    history = evidence.histories[FLOW]
    history[:] = [Version(raised(each.document, 4, ALARMED), each.is_ours) for each in history]


def a_set_stands_elsewhere(evidence: Evidence) -> None:
    last_version(evidence, raised(evidence.histories[FLOW][-1].document, 21, SET), is_ours=True)


def it_is_published_without_a_change(evidence: Evidence) -> None:
    last_version(evidence, evidence.histories[FLOW][-1].document, is_ours=True)


def it_is_published_too_often(evidence: Evidence) -> None:
    del evidence.invocations[1:]


def a_lock_stays(evidence: Evidence) -> None:
    evidence.locks[HOTLINE] = Lock("our-client", None, unpublished=False)


def unpublished_work_stays(evidence: Evidence) -> None:
    evidence.locks[HOTLINE] = Lock(None, None, unpublished=True)


def the_ledger_remembers_our_own_value(evidence: Evidence) -> None:
    evidence.ledger[0]["entries"] = evidence.ledger[0]["entries"].replace('"seconds": 3', '"seconds": 12')


def a_restore_leaves_something(evidence: Evidence) -> None:
    evidence.restored[FLOW] = raised(evidence.restored[FLOW], 12)


def an_event_is_missing(evidence: Evidence) -> None:
    evidence.events.pop()


def a_handler_raises(evidence: Evidence) -> None:
    evidence.invocations.append(Invocation(9, (), error="KeyError: 'steps'"))


def a_bug_is_logged(evidence: Evidence) -> None:
    first(evidence, problems=({"level": "ERROR", "message": "unexpected error", "what": "changing it"},))


def a_token_is_told(evidence: Evidence) -> None:
    evidence.texts["a log"] = f"Authorization: Bearer {TOKEN}"


BREAKS: list[tuple[Callable[[Evidence], None], str]] = [
    (a_message_is_left, "every_message_ends"),
    (a_message_vanishes, "every_message_ends"),
    (a_request_has_no_outcome, "every_delivery_has_its_outcome"),
    (a_request_has_two_outcomes, "every_delivery_has_its_outcome"),
    (what_was_put_off_is_deleted, "every_delivery_has_its_outcome"),
    (what_was_done_is_kept, "every_delivery_has_its_outcome"),
    (a_refusal_is_not_in_the_dead_letter_queue, "refusals_lie_in_the_dead_letter_queue"),
    (a_refusal_is_there_twice, "refusals_lie_in_the_dead_letter_queue"),
    (a_refusal_has_no_reason, "refusals_lie_in_the_dead_letter_queue"),
    (a_good_request_lies_in_the_dead_letter_queue, "refusals_lie_in_the_dead_letter_queue"),
    (sqs_gives_up_early, "given_up_only_after_all_receives"),
    (a_good_request_is_refused, "only_what_is_wrong_is_refused_as_wrong"),
    (a_wrong_request_is_carried_out, "only_what_is_wrong_is_refused_as_wrong"),
    (a_person_s_edit_is_overwritten, "no_edit_is_lost"),
    (something_else_is_changed, "no_edit_is_lost"),
    (the_order_of_members_is_changed, "no_edit_is_lost"),
    (a_raise_is_lost, "no_raise_is_lost"),
    (a_raise_goes_too_far, "no_raise_is_lost"),
    (a_raise_lowers, "raising_never_lowers"),
    (an_alarm_acts_twice, "alarms_act_once"),
    (an_alarm_does_not_act, "alarms_act_once"),
    (a_set_stands_elsewhere, "set_is_what_was_asked"),
    (it_is_published_without_a_change, "publishes_are_bounded"),
    (it_is_published_too_often, "publishes_are_bounded"),
    (a_lock_stays, "no_lock_stays"),
    (unpublished_work_stays, "no_lock_stays"),
    (the_ledger_remembers_our_own_value, "the_ledger_knows_what_was_there"),
    (a_restore_leaves_something, "all_can_be_put_back"),
    (an_event_is_missing, "every_outcome_is_an_event"),
    (a_handler_raises, "no_bug_was_met"),
    (a_bug_is_logged, "no_bug_was_met"),
    (a_token_is_told, "no_secret_is_told"),
]


@pytest.mark.parametrize(("breaks", "law"), BREAKS, ids=[breaks.__name__ for breaks, _ in BREAKS])
def test_a_law_finds_what_breaks_it(good: Evidence, breaks: Callable[[Evidence], None], law: str) -> None:
    breaks(good)
    assert law in broken(good)


def test_each_law_can_be_broken() -> None:
    assert {law for _, law in BREAKS} == {law.breaches.__name__ for law in LAWS}
