"""The laws. Each looks at the evidence and names what breaks it: no words, no breach."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from storm.documents import Json, Kind, differences, marks, timeouts, without_marks, without_timeouts
from storm.evidence import DeadLetter, Evidence, Fate, Invocation, Lock
from storm.letters import Ask
from storm.queues import MAX_RECEIVE_COUNT
from storm.world import Place, Target, Use, effective, standing

DONE = {"raised", "unchanged"}
"""How a raise ends that was carried out, or was not needed."""
SETTLED = {Fate.DELETED, Fate.UNHEARD}
"""Where the function has done all it does for a message."""


class Law(NamedTuple):
    """A law in words, and what finds its breaches."""

    text: str
    breaches: Callable[[Evidence], Iterator[str]]


# -- how requests end --------------------------------------------------------------------------------------------------


def every_delivery_has_its_outcome(evidence: Evidence) -> Iterator[str]:
    """A message is deleted only with one final outcome for each of its requests, and kept only with a deferred one."""
    for invocation in evidence.invocations:
        told = _outcomes_by_id(invocation)
        unsettled = {problem.get("message_id") for problem in invocation.problems}
        expected = Counter(
            request_id for each in invocation.deliveries for request_id in _ids(evidence, each.message_id)
        )
        for delivery in invocation.deliveries:
            if delivery.fate is Fate.KILLED or invocation.error:
                continue
            about = f"invocation {invocation.number}, message {delivery.message_id}"
            ids = _ids(evidence, delivery.message_id)
            statuses = [status for request_id in ids for status in told.get(request_id, [])]
            if any(len(told.get(request_id, [])) != expected[request_id] for request_id in ids):
                yield f"{about}: {len(ids)} requests, and the outcomes {statuses}"
            if delivery.fate is Fate.DELETED and "deferred" in statuses and len(expected) == sum(expected.values()):
                yield f"{about}: deleted, though it was put off: {statuses}"
            if delivery.fate is Fate.KEPT and "deferred" not in statuses and delivery.message_id not in unsettled:
                yield f"{about}: kept, though all was done: {statuses}"


def every_message_ends(evidence: Evidence) -> Iterator[str]:
    """Nothing is left on the queue: each message was deleted when it was done, or given up by SQS."""
    for message_id in evidence.left_on_queue:
        yield f"message {message_id} is still on the queue: {_letter(evidence, message_id)}"
    given_up = {letter.message_id for letter in evidence.dead_letters if _is_given_up(letter)}
    settled = {
        delivery.message_id
        for invocation in evidence.invocations
        for delivery in invocation.deliveries
        if delivery.fate is Fate.DELETED
    }
    for message_id in evidence.sent:
        if message_id not in settled | given_up:
            yield f"message {message_id} is gone, and nobody has deleted it: {_letter(evidence, message_id)}"


def refusals_lie_in_the_dead_letter_queue(evidence: Evidence) -> Iterator[str]:
    """One copy, with its reason, for each delivery that ended in a refusal; and one at most for one that was killed."""
    copies: Counter[str] = Counter()
    for letter in evidence.dead_letters:
        if _is_given_up(letter):
            continue
        copies[letter.attributes.get("request_id", "")] += 1
        if not letter.attributes.get("error_code") or not letter.attributes.get("error_message"):
            yield f"dead letter {letter.message_id} has no reason: {dict(letter.attributes)}"
    surely: Counter[str] = Counter()
    perhaps: Counter[str] = Counter()
    for invocation in evidence.invocations:
        told = _outcomes_by_id(invocation)
        for delivery in invocation.deliveries:
            ids = _ids(evidence, delivery.message_id)
            if delivery.fate in SETTLED and not any("deferred" in told.get(request_id, []) for request_id in ids):
                surely.update(each for each in ids if "rejected" in told.get(each, []))
            else:
                perhaps.update(ids)
    for request_id in copies | surely:
        least, most = surely[request_id], surely[request_id] + perhaps[request_id]
        if not least <= copies[request_id] <= most:
            yield f"request {request_id}: {copies[request_id]} dead letters, where {least} to {most} are due"


def given_up_only_after_all_receives(evidence: Evidence) -> Iterator[str]:
    """SQS alone gives up, and only on what it has delivered maxReceiveCount times."""
    for letter in evidence.dead_letters:
        if _is_given_up(letter) and letter.receive_count < MAX_RECEIVE_COUNT:
            yield f"dead letter {letter.message_id} was received {letter.receive_count} times: {letter.body[:200]}"


def only_what_is_wrong_is_refused_as_wrong(evidence: Evidence) -> Iterator[str]:
    """Wrong requests are refused; right ones are refused only for what Genesys Cloud said, or for somebody's lock."""
    wrong = {
        request_id
        for message_id, letter in evidence.sent.items()
        if letter.wrong
        for request_id in _ids(evidence, message_id)
    }
    for invocation in evidence.invocations:
        for outcome in invocation.outcomes:
            code = (outcome["error"] or {}).get("code")
            if outcome["request_id"] in wrong:
                if outcome["status"] not in {"rejected", "deferred"}:
                    yield f"wrong request {outcome['request_id']} was {outcome['status']}"
            elif outcome["status"] == "rejected" and code not in _OF_STATE and not outcome["error"]["http_status"]:
                yield f"request {outcome['request_id']} was refused with {code}: {outcome['error']['message']}"


_OF_STATE = {"flow_locked", "nothing_to_restore"}
"""Refusals of right requests that depend on when they come."""


# -- what became of the documents --------------------------------------------------------------------------------------


def no_edit_is_lost(evidence: Evidence) -> Iterator[str]:
    """Every mark that people made is in the document, in its order; no version differs but in its author's change."""
    for target, history in evidence.histories.items():
        for number, (before, after) in enumerate(pairwise(history), start=2):
            look = without_timeouts if after.is_ours else without_marks
            changed = differences(look(target.kind, before.document), look(target.kind, after.document))
            if changed:
                yield f"{target}, {number}th version: {'we' if after.is_ours else 'people'} have changed {changed}"
        found = marks(target.kind, history[-1].document)
        if found != evidence.marks[target]:
            missing = [text for text in evidence.marks[target] if text not in found]
            yield f"{target} has {len(found)} of {len(evidence.marks[target])} marks; missing: {missing[:5]}"


def no_raise_is_lost(evidence: Evidence) -> Iterator[str]:
    """No timeout is lower than the highest raise that was told to be done, nor higher than anybody asked."""
    told = _told(evidence)
    for place, asks in _asks_by_place(evidence, Use.RAISE).items():
        original = standing(place, evidence.histories[place.target][0].document)
        highest = max((ask.seconds for request_id, ask in asks if told[request_id] & DONE), default=0)
        asked = {ask.seconds for _, ask in asks}
        for step, seconds in standing(place, evidence.histories[place.target][-1].document).items():
            stands, stood = effective(place.target, seconds), effective(place.target, original[step])
            if stands < max(highest, stood):
                yield f"{place} {step} stands at {stands:g} s: {highest} s were told to be done, {stood:g} s were there"
            if stands != stood and stands not in asked:
                yield f"{place} {step} stands at {stands:g} s, which nobody asked for"


def raising_never_lowers(evidence: Evidence) -> Iterator[str]:
    """In no version of a document is a timeout lower than in the one before, where nothing but raises was asked for."""
    for use in (Use.RAISE, Use.ALARM):
        for place in evidence.world.places(use):
            for number, (before, after) in enumerate(pairwise(evidence.histories[place.target]), start=2):
                lower = _lower(place, before.document, after.document)
                if lower:
                    yield f"{place}, {number}th version: lowered at {lower}"


def alarms_act_once(evidence: Evidence) -> Iterator[str]:
    """What alarms add is at least the largest of their steps, and never more than each of them once."""
    told = _told(evidence)
    for place, asks in _asks_by_place(evidence, Use.ALARM).items():
        once = {ask.transition: ask.seconds for _, ask in asks}
        surely = max((ask.seconds for request_id, ask in asks if told[request_id] & DONE), default=0)
        original = standing(place, evidence.histories[place.target][0].document)
        for step, seconds in standing(place, evidence.histories[place.target][-1].document).items():
            added = effective(place.target, seconds) - effective(place.target, original[step])
            most = sum(once.values())
            if not surely <= added <= most:
                yield f"{place} {step}: {added:g} s were added, where {surely} to {most} s are due: {once}"


def set_is_what_was_asked(evidence: Evidence) -> Iterator[str]:
    """Where timeouts are set and restored, each stands where it stood at first or where somebody asked for it."""
    for place, asks in _asks_by_place(evidence, Use.SET).items():
        original = standing(place, evidence.histories[place.target][0].document)
        allowed = {ask.seconds for _, ask in asks if ask.operation == "set"}
        for step, seconds in standing(place, evidence.histories[place.target][-1].document).items():
            if seconds != original[step] and seconds not in allowed:
                yield f"{place} {step} stands at {seconds} s, asked for were {sorted(allowed)}"


def publishes_are_bounded(evidence: Evidence) -> Iterator[str]:
    """No publish without a change; of a document, no more publishes than invocations that had a request for it."""
    chances: Counter[Target] = Counter()
    for invocation in evidence.invocations:
        concerned: set[Target] = set()
        for delivery in invocation.deliveries:
            letter = evidence.sent.get(delivery.message_id)
            concerned |= letter.concerns if letter else set()
        chances.update(concerned)
    for target, history in evidence.histories.items():
        ours = [(before, after) for before, after in pairwise(history) if after.is_ours]
        if len(ours) > chances[target]:
            yield f"{target} was published {len(ours)} times in {chances[target]} invocations"
        for before, after in ours:
            if timeouts(target.kind, before.document) == timeouts(target.kind, after.document):
                yield f"{target} was published without any change of a timeout"


def no_lock_stays(evidence: Evidence) -> Iterator[str]:
    """No Flow is left checked out, and nothing unpublished is left in one."""
    for target, lock in evidence.locks.items():
        if lock != Lock(None, None, unpublished=False):
            yield f"{target} is left with {lock}"


# -- what is remembered and told ---------------------------------------------------------------------------------------


def the_ledger_knows_what_was_there(evidence: Evidence) -> Iterator[str]:
    """What the ledger keeps as the value before the first change is what was there when the storm began."""
    by_name = {str(target): target for target in evidence.histories}
    for item in evidence.ledger:
        target = by_name.get(item["pk"]) if item["sk"] == "timeouts" else None
        if target is None:
            continue
        original = timeouts(target.kind, evidence.histories[target][0].document)
        by_step = {step: seconds for steps in original.values() for step, seconds in steps.items()}
        for entry in json.loads(item["entries"]):
            step = {Kind.FLOW: entry["path"], Kind.ARCHITECT: entry["step"][0], Kind.ACTION: ""}[target.kind]
            before = entry["before"] and entry["before"]["seconds"]
            counts = by_step[step] if target.kind is Kind.FLOW else effective(target, by_step[step])
            if entry["before"] and before not in {by_step[step], counts}:
                yield f"{target} {entry['path']}: {before} s are remembered, {by_step[step]} s were there"


def all_can_be_put_back(evidence: Evidence) -> Iterator[str]:
    """After a restore of every place each document is what it was at first, but for what people did."""
    for target, restored in evidence.restored.items():
        first = evidence.histories[target][0].document
        changed = differences(without_marks(target.kind, first), without_marks(target.kind, restored))
        if changed:
            yield f"{target} is not as it was: {changed}"


def every_outcome_is_an_event(evidence: Evidence) -> Iterator[str]:
    """Each outcome of an invocation that was not killed came over the event bus."""
    sent = Counter((event["detail"]["request_id"], event["detail"]["status"]) for event in evidence.events)
    due: Counter[tuple[str, str]] = Counter()
    for invocation in evidence.invocations:
        silent = any("event bus" in problem.get("message", "") for problem in invocation.problems)
        if not (invocation.was_killed or invocation.error or silent):
            due.update((each["request_id"], each["status"]) for each in invocation.outcomes)
    for (request_id, status), number in (due - sent).items():
        if status != "inspected":
            yield f"request {request_id} was {status}, and {number} events of it are missing"


def no_bug_was_met(evidence: Evidence) -> Iterator[str]:
    """No invocation raised, answered in another form or ended by itself; nothing unexpected was logged or unrecorded.

    But for a message that another instance has received since: its wait is not the first one's to set any more.
    """
    for invocation in evidence.invocations:
        if invocation.error:
            yield f"invocation {invocation.number}: {invocation.error}"
        for problem in invocation.problems:
            if "receipt handle is invalid" not in problem.get("why", ""):
                told = {key: value for key, value in problem.items() if key in _TOLD_OF_A_PROBLEM}
                yield f"invocation {invocation.number} logged {json.dumps(told)}"


_TOLD_OF_A_PROBLEM = {"level", "message", "what", "why", "document", "message_id", "exception"}


def no_secret_is_told(evidence: Evidence) -> Iterator[str]:
    """No client secret and no token is in any log, dead letter, event or ledger item."""
    for where, text in evidence.texts.items():
        told = sum(secret in text for secret in evidence.secrets)
        if told:
            yield f"{where} tells {told} secrets or tokens"


LAWS = [
    Law("every request ends, and no message is lost", every_message_ends),
    Law(
        "each delivery has one outcome per request, and is kept only for a deferred one", every_delivery_has_its_outcome
    ),
    Law("refused means one copy in the dead-letter queue, with the reason", refusals_lie_in_the_dead_letter_queue),
    Law("SQS gives up only after maxReceiveCount deliveries", given_up_only_after_all_receives),
    Law("only what is wrong, or refused by Genesys Cloud, is refused", only_what_is_wrong_is_refused_as_wrong),
    Law("no edit of anyone is lost, and nothing but timeouts is changed", no_edit_is_lost),
    Law("no timeout ends lower than the highest raise told as done", no_raise_is_lost),
    Law("no raise ever lowers a timeout, in any version", raising_never_lowers),
    Law("one transition of an alarm acts once", alarms_act_once),
    Law("what is set stands as somebody asked", set_is_what_was_asked),
    Law("publishes are bounded, and none is without a change", publishes_are_bounded),
    Law("no lock and no unpublished work stays", no_lock_stays),
    Law("the ledger knows what was there at first", the_ledger_knows_what_was_there),
    Law("everything can be put back", all_can_be_put_back),
    Law("every outcome is an event", every_outcome_is_an_event),
    Law("no bug was met", no_bug_was_met),
    Law("no secret and no token is told", no_secret_is_told),
]


# -- looking -----------------------------------------------------------------------------------------------------------


def _ids(evidence: Evidence, message_id: str) -> list[str]:
    """What the requests of a message are known by; a message that the function sent itself has one of its own id."""
    return evidence.request_ids(message_id) if message_id in evidence.sent else [message_id]


def _letter(evidence: Evidence, message_id: str) -> str:
    return evidence.sent[message_id].body[:200] if message_id in evidence.sent else "the function's own"


def _is_given_up(letter: DeadLetter) -> bool:
    """Whether SQS itself has moved it: what the function buries has a reason."""
    return "request_id" not in letter.attributes


def _outcomes_by_id(invocation: Invocation) -> dict[str, list[str]]:
    told: dict[str, list[str]] = defaultdict(list)
    for outcome in invocation.outcomes:
        told[outcome["request_id"]].append(outcome["status"])
    return told


def _told(evidence: Evidence) -> dict[str, set[str]]:
    """By request id, every status that was ever told.

    But for what was found not to be needed only because a step's action could not be read, and so counts as 60 s.
    """
    told: dict[str, set[str]] = defaultdict(set)
    for invocation in evidence.invocations:
        for outcome in invocation.outcomes:
            if _PRESUMED not in (outcome.get("note") or ""):
                told[outcome["request_id"]].add(outcome["status"])
    return told


_PRESUMED = "cannot be read and counts as 60 s"


def _asks_by_place(evidence: Evidence, use: Use) -> dict[Place, list[tuple[str, Ask]]]:
    """All that was asked of each place of one use, with what it is known by."""
    asks: dict[Place, list[tuple[str, Ask]]] = {place: [] for place in evidence.world.places(use)}
    for message_id, letter in evidence.sent.items():
        for request_id, ask in zip(evidence.request_ids(message_id), letter.asks, strict=True):
            for place in ask.places:
                if place in asks:
                    asks[place].append((request_id, ask))
    return asks


def _lower(place: Place, before: Json, after: Json) -> list[str]:
    was, is_now = standing(place, before), standing(place, after)
    return [step for step in was if effective(place.target, is_now[step]) < effective(place.target, was[step])]
