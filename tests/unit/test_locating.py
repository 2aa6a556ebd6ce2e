"""Which document each request names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from documents.kinds import DocumentKey, Kind
from fakes import a_request, action_key, flow_key
from genesys_cloud.data_actions import ActionName, NamedActions
from genesys_cloud.errors import Forbidden, GenesysCloudError
from locating import locate
from timeout_request import TimeoutRequest

Answers = Mapping[tuple[str, str], NamedActions | GenesysCloudError]


def of_action(**fields: object) -> TimeoutRequest:
    return a_request(**{"flow_id": None, "action_name": None, **fields})


def by_name(name: str = "CRM", organization: str = "default") -> TimeoutRequest:
    return of_action(data_action_name=name, organization=organization)


def found(*ids: str, name: str = "CRM", near: tuple[str, ...] = ()) -> NamedActions:
    """These are called so, and others are called otherwise."""
    return NamedActions([ActionName(i, name) for i in ids], [ActionName(f"near-{each}", each) for each in near])


class Place:
    """Where actions are looked up; keeps what it was asked."""

    def __init__(self, answers: Answers | None = None, kinds: Mapping[str, Kind] | None = None) -> None:
        self.asked: list[list[tuple[str, str]]] = []
        self._answers = answers or {}
        self._kinds = kinds or {}

    def look_up(self, names: list[tuple[str, str]]) -> Answers:
        self.asked.append(names)
        return {name: self._answers[name] for name in names}

    def locate(self, *requests: TimeoutRequest) -> tuple[dict[int, DocumentKey], dict[int, GenesysCloudError]]:
        kinds = lambda organization: self._kinds.get(organization, Kind.FLOW)  # noqa: E731
        return locate(dict(enumerate(requests)), self.look_up, kinds)

    def refusal(self, request: TimeoutRequest) -> GenesysCloudError:
        roots, errors = self.locate(request)
        assert roots == {}
        return errors[0]


def test_ids_name_their_documents_without_a_look_up() -> None:
    place = Place(kinds={"new": Kind.ARCHITECT_FLOW})
    roots, errors = place.locate(a_request(), a_request(organization="new"), of_action(data_action_id="x"))
    new = DocumentKey("new", Kind.ARCHITECT_FLOW, "f")
    assert (roots, errors) == ({0: flow_key(), 1: new, 2: action_key("x")}, {})
    assert place.asked == []


def test_an_action_is_the_same_document_whatever_kind_of_flows_there_are() -> None:
    roots, _ = Place(kinds={"default": Kind.ARCHITECT_FLOW}).locate(of_action(data_action_id="x"))
    assert roots == {0: action_key("x")}


def test_without_a_target_it_is_the_list_of_all_actions_of_the_organization() -> None:
    looks = [
        of_action(operation="inspect", timeout_seconds=None, organization=organization)
        for organization in ("default", "other", "default")
    ]
    roots, errors = Place().locate(*looks)
    assert errors == {}
    assert {roots[0].kind, roots[1].kind} == {Kind.CATALOGUE}
    assert roots[0] == roots[2]  # one document, read once
    assert (roots[0].organization, roots[1].organization) == ("default", "other")


def test_all_names_are_looked_up_at_once_and_each_once_per_organization() -> None:
    place = Place(
        {
            ("default", "CRM"): found("a"),
            ("default", "ERP"): found("b", name="ERP"),
            ("other", "CRM"): found("c"),
        }
    )
    roots, errors = place.locate(by_name(), by_name("ERP"), by_name(), by_name(organization="other"), a_request())
    assert place.asked == [[("default", "CRM"), ("default", "ERP"), ("other", "CRM")]]
    assert errors == {}
    assert roots == {
        0: action_key("a"),
        1: action_key("b"),
        2: action_key("a"),
        3: action_key("c", "other"),
        4: flow_key(),
    }


def test_the_indices_need_not_be_without_gaps() -> None:
    roots, errors = locate({3: a_request(), 7: of_action(data_action_id="x")}, Place().look_up, lambda _: Kind.FLOW)
    assert roots == {3: flow_key(), 7: action_key("x")}
    assert errors == {}


def test_who_cannot_be_located_fails_alone() -> None:
    trouble = Forbidden("no", http_status=403)
    place = Place({("default", "CRM"): trouble, ("default", "ERP"): found("b", name="ERP")})
    roots, errors = place.locate(by_name(), a_request(), by_name("ERP"))
    assert roots.keys() == {1, 2}
    assert errors == {0: trouble}


def test_of_several_of_the_name_the_candidates_are_listed() -> None:
    error = Place({("default", "CRM"): found("a", "b", near=("CRM 2",))}).refusal(by_name())
    assert error.code == "data_action_ambiguous"
    assert error.message == "2 integration actions are called 'CRM': a, b"
    assert "data_action_id" in (error.hint or "")


def test_of_very_many_some_are_listed() -> None:
    error = Place({("default", "CRM"): found(*(f"id-{n}" for n in range(100)))}).refusal(by_name())
    assert "100 integration actions" in error.message
    assert error.message.endswith("id-8, id-9 and 90 more")


@pytest.mark.parametrize(
    ("near", "said"),
    [
        (("ERP", "crm", "CRM 2"), "there are, nearest first: 'crm', 'CRM 2', 'ERP'"),
        ((), "there is none at all"),
    ],
)
def test_of_none_of_the_name_the_nearest_are_listed(near: tuple[str, ...], said: str) -> None:
    error = Place({("default", "CRM"): found(near=near)}).refusal(by_name())
    assert error.code == "data_action_not_found"
    assert error.message == f"no integration action is called 'CRM'; {said}"


def test_of_many_other_names_ten_are_listed() -> None:
    near = tuple(f"CRM {n}" for n in range(50))
    assert Place({("default", "CRM"): found(near=near)}).refusal(by_name()).message.count("'CRM ") == 10
