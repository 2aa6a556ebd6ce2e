"""Plans over places that have a name, a default and a limit of their own, or go by another's timeout."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import pytest

from alarm_fakes import FLOW, NOW, a_restore, an_order, by, by_percent, planned, to, told
from documents.steps import Image, Slot, StepIdentity, Steps
from fakes import a_request, indexed
from ledger import Entry, Memory, Record
from plan import Plan
from planning import make_plan
from policy import Amount
from timeout_request import TimeoutRequest


@dataclass(eq=False)
class Place:
    """A place whose every answer is set by hand."""

    id: str | None = None
    seconds: float | None = None
    name: str | None = "A"
    alias: str | None = None
    default_seconds: int | None = None
    limit_seconds: int | None = None
    suggested_by: str | None = None
    suggested_now: float | None = None
    problem: str | None = None

    @property
    def path(self) -> str:
        return f"place of {self.id}"

    @property
    def identity(self) -> StepIdentity:
        return self.path, self.id, self.name

    def write(self, seconds: int) -> None:
        self.seconds, self.suggested_by = seconds, None

    def image(self) -> Image:
        return {"seconds": self.seconds, "by": self.suggested_by}

    def put_back(self, image: Image) -> None:
        self.seconds, self.suggested_by = image["seconds"], image["by"]

    def seconds_once_back(self, image: Image, remembered: float | None) -> float | None:
        return self.suggested_now if image["by"] and self.suggested_now else remembered


def steps(*places: Place) -> Steps:
    return Steps(list[Slot](places))


def inspection(**fields: object) -> TimeoutRequest:
    return a_request(**{"operation": "inspect", "timeout_seconds": None, **fields})


def chosen(plan: Plan, index: int = 0) -> list[str | None]:
    """The ids of the places that a request is about."""
    return [change.slot.id for change in plan.changes[index]]


def said(plan: Plan, index: int = 0) -> tuple[str, str]:
    error = plan.errors[index]
    return error.code, error.message


# -- names -------------------------------------------------------------------------------------------------------------

CALLS_A_NAMED_B = {"name": "A", "alias": "B"}


@pytest.mark.parametrize(
    ("request_", "ids"),
    [
        (a_request(action_name="A"), ["1", "2"]),
        (a_request(action_name="B"), ["3"]),  # that a place is also called so does not count: one is named so
        (a_request(action_name="C"), ["2", "3"]),
        (a_request(action_name="a"), []),
        (a_request(action_name="A", step_id="2"), ["2"]),
        (a_request(action_name="C", step_id="3"), ["3"]),
        (a_request(action_name="B", step_id="1"), ["1"]),  # of those that are meant, none is named so
        (a_request(action_name="A", step_id="3"), []),
        (a_request(action_name=None, step_id="3"), ["3"]),
        (inspection(action_name=None), ["1", "2", "3", "4"]),
        (inspection(action_name="B"), ["3"]),
    ],
)
def test_names_come_before_aliases_and_ids_narrow(request_: TimeoutRequest, ids: list[str]) -> None:
    places = [
        Place("1", name="A", alias="B"),
        Place("2", name="A", alias="C"),
        Place("3", name="B", alias="C"),
        Place("4", name=None),
    ]
    assert chosen(planned(steps(*places), request_)) == ids


def test_a_place_without_a_name_is_not_meant_by_who_gives_none_either() -> None:
    plan = planned(steps(Place("1", name=None, alias="B"), Place("2", name="X")), a_request(action_name="B"))
    assert chosen(plan) == ["1"]


def test_requests_by_name_and_by_alias_meet_in_one_place() -> None:
    place = Place("1", 3, alias="B")
    plan = planned(steps(place), a_request(timeout_seconds=10), a_request(action_name="B", timeout_seconds=20))
    assert (told(plan, 0), told(plan, 1), len(plan.writes)) == ([(3, 20)], [(3, 20)], 1)
    plan.apply()
    assert place.seconds == 20


# -- defaults ----------------------------------------------------------------------------------------------------------


def test_a_default_of_its_own_counts_instead_of_the_documents() -> None:
    own, common = Place("own", default_seconds=15), Place("common")
    plan = planned(steps(own, common), a_request(timeout_seconds=12), inspection())
    assert told(plan, 0) == [(None, None), (None, 12)]
    assert [change.effective_after for change in plan.changes[1]] == [15, 3]
    raised, suffices = plan.changes[0][1], plan.changes[0][0]
    assert (suffices.effective_before, suffices.effective_after) == (15, 15)
    assert (raised.effective_before, raised.effective_after) == (3, 12)


def test_a_default_of_zero_is_one() -> None:
    assert told(planned(steps(Place("1", default_seconds=0)), a_request(timeout_seconds=1))) == [(None, 1)]


def test_alarms_count_from_it() -> None:
    places = [Place("1", default_seconds=8), Place("2"), Place("3", 4, default_seconds=8)]
    assert told(planned(steps(*places), an_order(by_percent(50)))) == [(None, 12), (None, 5), (4, 6)]


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"operation": "set"}, {"dry_run": True}, {"step_id": "1"}])
def test_more_than_a_place_takes_is_refused_and_the_limit_is_named(fields: dict[str, object]) -> None:
    place = Place("1", 3, limit_seconds=15)
    plan = planned(steps(place), a_request(timeout_seconds=16, **fields), a_request(timeout_seconds=15))
    code, message = said(plan)
    assert code == "timeout_out_of_range"
    assert message == "timeout_seconds is 16: what is to be changed allows 15 at most"
    assert "1 to 15 seconds" in (plan.errors[0].hint or "")
    assert (told(plan, 1), chosen(plan, 0)) == ([(3, 15)], [])
    plan.apply()
    assert place.seconds == 15


def test_it_is_refused_though_it_stands_higher_already() -> None:
    plan = planned(steps(Place("1", 20, limit_seconds=15)), a_request(timeout_seconds=16))
    assert said(plan)[0] == "timeout_out_of_range"


def test_of_several_places_the_lowest_limit_that_is_exceeded_refuses_all() -> None:
    places = [Place("1", 3, limit_seconds=40), Place("2", 3, limit_seconds=15), Place("3", 3)]
    plan = planned(steps(*places), a_request(timeout_seconds=50))
    assert "15 at most" in said(plan)[1]
    assert plan.writes == []


def test_the_limit_of_a_place_that_is_not_meant_is_none() -> None:
    plan = planned(steps(Place("1", 3), Place("2", 3, limit_seconds=15)), a_request(timeout_seconds=20, step_id="1"))
    assert (plan.errors, told(plan)) == ({}, [(3, 20)])


def test_who_only_looks_or_puts_back_is_within_every_limit() -> None:
    place = Place("1", 20, limit_seconds=15)
    looked = planned(steps(place), inspection())
    assert (looked.errors, told(looked)) == ({}, [(20, 20)])
    raising = planned(steps(place), a_request(timeout_seconds=15, operation="set"))
    raising.apply()
    entries = [entry.confirmed(15, "2") for entry in raising.entries.values()]
    assert told(planned(steps(place), a_restore(), entries=entries)) == [(15, 20)]


@pytest.mark.parametrize(("amount", "goals"), [(to(20), [15, 20]), (by(9), [13, 19]), (by_percent(400), [15, 30])])
def test_an_alarms_raise_is_cut_to_each_places_own(amount: Amount, goals: list[int]) -> None:
    places = [Place("1", 4, limit_seconds=15), Place("2", 10)]
    plan = planned(steps(*places), an_order(amount, limit=30))
    assert (plan.errors, [after for _, after in told(plan)]) == ({}, goals)
    plan.apply()
    assert [place.seconds for place in places] == goals


@pytest.mark.parametrize(
    ("places", "at_limit"),
    [
        ([Place("1", 15, limit_seconds=15)], True),
        ([Place("1", 14, limit_seconds=15)], False),
        ([Place("1", 20, limit_seconds=15)], True),
        ([Place("1", default_seconds=15, limit_seconds=15)], True),
        ([Place("1", 15, limit_seconds=15), Place("2", 15)], False),
        ([Place("1", 15, limit_seconds=15), Place("2", 30)], True),
        ([Place("1", 30, limit_seconds=60)], True),
    ],
)
def test_where_every_place_stands_at_its_limit_that_is_said(places: list[Place], at_limit: bool) -> None:
    plan = planned(steps(*places), an_order(by(5), limit=30))
    assert plan.at_limit == ({0} if at_limit else set())
    assert bool(plan.writes) is not at_limit


def test_what_stands_above_its_limit_is_not_lowered() -> None:
    assert told(planned(steps(Place("1", 20, limit_seconds=15)), an_order(to(30)))) == [(20, 20)]


def test_a_decision_made_before_is_cut_too() -> None:
    place = Place("1", 4, limit_seconds=15)
    first = planned(steps(place), an_order(by(20)))
    [goals] = first.decisions.values()
    again = planned(steps(place), an_order(by(20)), decisions={"t1": goals})
    assert told(again) == [(4, 15)]


# -- whose timeout it goes by ------------------------------------------------------------------------------------------


def suggesting(plan: Plan) -> dict[str, list[str]]:
    """The places that are changed for any request, by the action whose timeout they went by."""
    found: dict[str, set[str]] = {}
    for change in chain.from_iterable(plan.changes.values()):
        if change.changed and change.suggested_by:
            found.setdefault(change.suggested_by, set()).add(str(change.slot.id))
    return {action: sorted(ids) for action, ids in found.items()}


def places_of_two_actions() -> Steps:
    return steps(
        Place("1", 10, suggested_by="x"),
        Place("2", 10, suggested_by="x"),
        Place("3", 5),
        Place("4", 20, name="B", suggested_by="y"),
        Place("5", 30, name="B", suggested_by="z"),
    )


def test_places_that_are_changed_and_went_by_an_actions_timeout_are_told_by_the_action() -> None:
    plan = planned(
        places_of_two_actions(), a_request(timeout_seconds=25), a_request(action_name="B", timeout_seconds=25)
    )
    assert suggesting(plan) == {"x": ["1", "2"], "y": ["4"]}
    plan.apply()
    assert suggesting(plan) == {"x": ["1", "2"], "y": ["4"]}


def test_each_once_however_many_ask() -> None:
    requests = [a_request(timeout_seconds=20 + n) for n in range(5)]
    requests += [a_request(operation="set", timeout_seconds=4), a_request(dry_run=True, timeout_seconds=25)]
    assert suggesting(planned(places_of_two_actions(), *requests)) == {"x": ["1", "2"]}


@pytest.mark.parametrize(
    "request_",
    [
        a_request(timeout_seconds=10, step_id="1"),
        a_request(timeout_seconds=10, step_id="1", operation="set"),
        a_request(timeout_seconds=20, step_id="3"),
        inspection(),
        a_restore(),
        a_request(action_name="Nobody"),
    ],
)
def test_what_is_not_changed_is_not_told(request_: TimeoutRequest) -> None:
    assert suggesting(planned(places_of_two_actions(), request_)) == {}


def test_neither_is_what_is_refused() -> None:
    places = [Place("1", 10, suggested_by="x", limit_seconds=15), Place("2", 10, suggested_by="x", problem="odd")]
    plan = planned(steps(*places), a_request(step_id="1", timeout_seconds=16), a_request(step_id="2"))
    assert (suggesting(plan), plan.problems) == ({}, {1: ["odd"]})


def test_put_back_it_goes_by_the_actions_timeout_again() -> None:
    place = Place("1", 10, suggested_by="x")
    raising = planned(steps(place), a_request(timeout_seconds=20))
    raising.apply()
    assert (place.seconds, place.suggested_by) == (20, None)
    entries = [entry.confirmed(20, "2") for entry in raising.entries.values()]
    back = planned(steps(place), a_restore(), entries=entries)
    back.apply()
    assert (place.seconds, place.suggested_by) == (10, "x")
    assert suggesting(back) == {}


def test_put_back_it_is_told_and_counts_as_what_the_action_allows_by_now() -> None:
    place = Place("1", 5, suggested_by="x")
    raising = planned(steps(place), a_request(timeout_seconds=20))
    raising.apply()
    entries = [entry.confirmed(20, "2") for entry in raising.entries.values()]
    place.suggested_now = 12
    plan = planned(steps(place), a_restore(), a_request(timeout_seconds=10), entries=entries)
    assert (told(plan, 0), told(plan, 1)) == ([(20, 12)], [(12, 12)])
    plan.apply()
    assert place.suggested_by == "x", "a raise to less than the action allows would have lowered it"


# -- places that cannot be edited --------------------------------------------------------------------------------------


def test_one_that_cannot_be_edited_refuses_all_of_its_request_and_no_other() -> None:
    places = [Place("1", 3), Place("2", 3, problem="an expression"), Place("3", 3, name="B")]
    plan = planned(steps(*places), a_request(), a_request(step_id="1"), a_request(action_name="B"), inspection())
    assert plan.problems == {0: ["an expression"], 3: ["an expression"]}
    assert 0 not in plan.changes
    assert (told(plan, 1), told(plan, 2)) == ([(3, 10)], [(3, 10)])
    assert chosen(plan, 3) == ["1", "2"]
    plan.apply()
    assert [place.seconds for place in places] == [10, 3, 10]


def test_no_ledger_is_needed_for_any_of_it() -> None:
    places = [Place("1", 3, limit_seconds=15, default_seconds=15, suggested_by="x")]
    plan = make_plan("f", steps(*places), indexed(a_request()), default_seconds=3)
    assert (told(plan), plan.entries, suggesting(plan)) == ([(3, 10)], {}, {"x": ["1"]})


def test_what_is_remembered_of_a_place_is_found_again_by_its_id() -> None:
    place = Place("1", 3, alias="B")
    raising = planned(steps(place), a_request(action_name="B"))
    [entry] = raising.entries.values()
    assert isinstance(entry, Entry)
    assert (entry.name, entry.step.id) == ("A", "1")
    raising.apply()
    memory = Memory(Record(FLOW, 1, (entry.confirmed(10, "2"),)), now=NOW)
    renamed = Place("1", 10, name="C")
    request = a_restore(action_name="C")
    assert told(make_plan("f", steps(renamed), indexed(request), default_seconds=3, memory=memory)) == [(10, 3)]
