"""From an alarm to the Data Action it is about: description, attributes, the parameter's routes; what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from alarm_fakes import signal_of
from alarm_payloads import BY_DIMENSIONS, POLICY, TARGET, Json, alarm_action, sns_message
from policy import Policy
from rejection import Rejection
from routing import ROUTES_SCHEMA, InvalidRoute, Route, Router, RouteReader, routes_in, schema_text

PUBLISHED = Path(__file__).parents[2] / "events" / "schemas" / "alarm-routes-v1.json"
READER = RouteReader()
DEFAULT = READER.read_policy({"headroom_percent": 50, "raise_by_percent": 50, "cooldown_seconds": 300}, within="")
THE_POLICY = READER.read_policy(POLICY, within="")
ROUTE = json.dumps({"timeout_raiser": {"target": TARGET, "policy": POLICY}})
NAME = "data-action-crm-lookup-slow"


def routed(parameter: str | None = None, **alarm: Any) -> Route:
    """Where an alarm leads; without any route unless the fields say otherwise."""
    return Router(READER, DEFAULT, lambda: parameter).route(signal_of(alarm_action(**alarm)))


def refused(code: str, parameter: str | None = None, **alarm: Any) -> str:
    with pytest.raises(Rejection) as rejected:
        routed(parameter, **alarm)
    assert rejected.value.code == code
    return rejected.value.message


def parameter(*routes: object) -> str:
    return json.dumps({"routes": list(routes)})


def a_route(alarm_name: str = "data-action-*", flow_id: str = "by-name", **fields: Any) -> Json:
    return {"alarm_name": alarm_name, "target": {"flow_id": flow_id, "action_name": "A"}, **fields}


# -- the description ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "description",
    [
        ROUTE,
        f"The CRM lookup is slow. {ROUTE} See the runbook.",
        f"\n\t{ROUTE}\n",
        f"{ROUTE}{{",
        f'severity {{"level": 2}} and {ROUTE}',
        f"{ROUTE} and {{}}",
        f"a brace {{ and [a list] and {{ another {ROUTE} }}",
        f"the timeout_raiser does it: {ROUTE}",
        json.dumps({"owner": "crm", "automation": json.loads(ROUTE)}),
        json.dumps({"owner": "crm", "list": [1, {"deep": json.loads(ROUTE)}]}),
        json.dumps({"team": "crm", **json.loads(ROUTE)}),
        ROUTE.replace('"timeout_raiser":', '"timeout_raiser" \n :'),
        f"🙂 langsam: {ROUTE}",
        # The first that has the keyword counts.
        f'{ROUTE} {{"timeout_raiser": {{"target": {{"data_action_id": "other"}}}}}}',
    ],
)
def test_json_in_the_description_routes_whatever_stands_around_it(description: str) -> None:
    assert routed(description=description) == Route(TARGET, THE_POLICY)


@pytest.mark.parametrize(
    "description",
    [
        None,
        "",
        "handled by timeout_raiser",
        "timeout_raiser: see the wiki",
        'mentions "timeout_raiser" in quotes',
        '{"timeout-raiser": {}}',
        '{"not_timeout_raiser": 1}',
        '{"broken": ',
        "{" * 900,
    ],
)
def test_a_description_that_only_mentions_the_keyword_is_no_route(description: str | None) -> None:
    assert refused("alarm_not_routed", description=description)


@pytest.mark.parametrize(
    "description",
    [
        '{"timeout_raiser": {"target": {"flow_id": "f", "action_name": "A"}}',
        '{"timeout_raiser": {"target": {"flow_id": "f", "action_name": "A"},}}',
        '{"timeout_raiser": {"target": {"flow_id": "f" "action_name": "A"}}}',
        "{'timeout_raiser': {'target': {'flow_id': 'f', 'action_name': 'A'}}}",
        '"timeout_raiser": {"target": {"flow_id": "f", "action_name": "A"}}',
        '{"timeout_raiser": {"target"',
        # Cut off where CloudWatch ends a description.
        f"{'x' * 950}{ROUTE}"[:1024],
    ],
)
def test_a_route_whose_json_is_broken_is_refused_and_not_passed_over(description: str) -> None:
    told = refused("invalid_request", description=description, dimensions=BY_DIMENSIONS)
    assert "the JSON around it cannot be read" in told


@pytest.mark.parametrize(
    ("number", "told"), [("NaN", "it holds NaN"), ("Infinity", "it holds Infinity"), ("1e999", "it holds 1e999")]
)
def test_what_only_python_takes_for_a_number_is_refused(number: str, told: str) -> None:
    description = ROUTE.replace("12}", f"{number}}}")
    assert told in refused("invalid_request", description=description)


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({}, "timeout_raiser.target is missing: it must be an object such as"),
        ([], "timeout_raiser must be an object such as"),
        (None, "timeout_raiser must be an object such as"),
        ("f", "timeout_raiser must be an object such as"),
        ({"target": "f"}, "timeout_raiser.target must be an object such as"),
        ({"target": {}}, "timeout_raiser.target must be exactly one of flow_id, data_action_id, data_action_name"),
        ({"target": {"flow_id": "f"}}, "timeout_raiser.target must be action_name (or step_id) is missing"),
        ({"target": {"flow_id": "../x", "action_name": "A"}}, "timeout_raiser.target.flow_id must be the id of a Flow"),
        ({"target": {"flowid": "f"}}, "timeout_raiser.target has the unknown field 'flowid'; did you mean flow_id?"),
        ({"target": TARGET, "polcy": {}}, "timeout_raiser has the unknown field 'polcy'; did you mean policy?"),
        ({"target": {**TARGET, "timeout_seconds": 5}}, "timeout_raiser.target has the unknown field 'timeout_seconds'"),
        ({"target": {**TARGET, "operation": "set"}}, "timeout_raiser.target has the unknown field 'operation'"),
        ({"target": {"data_action_id": "d", "action_name": "A"}}, "action_name, step_id, include_subflows go with"),
        ({"target": TARGET, "policy": {"raise_to": 3}}, "timeout_raiser.policy has the unknown field 'raise_to'"),
        ({"target": TARGET, "policy": {"raise_by_percent": "50"}}, "timeout_raiser.policy.raise_by_percent must be a"),
        ({"target": TARGET, "policy": None}, "timeout_raiser.policy must be an object with exactly one of"),
        ({"target": TARGET, "policy": {}}, "timeout_raiser.policy must be an object with exactly one of"),
        ({"target": {**TARGET, "action_name": "\ud800"}}, "action_name must be whole Unicode text"),
    ],
)
def test_a_route_that_is_wrong_is_refused_by_the_name_of_its_field(route: object, told: str) -> None:
    # It is not passed over, though the dimensions and the parameter would route the alarm.
    description = json.dumps({"timeout_raiser": route})
    message = refused("invalid_request", parameter(a_route()), description=description, dimensions=BY_DIMENSIONS)
    assert message.startswith(f"alarm '{NAME}' has a route that is wrong: ")
    assert told in message


def test_a_route_without_a_policy_gets_the_default_one() -> None:
    assert routed(target=TARGET) == Route(TARGET, DEFAULT)


def test_a_policy_is_taken_as_it_stands_and_nothing_of_the_default_is_added() -> None:
    assert routed(target=TARGET, policy={"raise_by_seconds": 2}).policy == Policy.of({"raise_by_seconds": 2})


def test_a_target_may_hold_all_that_says_where() -> None:
    target = {**TARGET, "step_id": "s", "organization": "acme", "include_subflows": True, "dry_run": True}
    assert routed(target=target).target == target


@pytest.mark.parametrize("kind", ["single", "math", "anomaly", "composite", "contributor", "log"])
def test_every_kind_of_alarm_may_be_routed_by_its_description(kind: str) -> None:
    for payload in (alarm_action, sns_message):
        signal = signal_of(payload(kind=kind, target=TARGET, policy=POLICY))
        assert Router(READER, DEFAULT, lambda: None).route(signal) == Route(TARGET, THE_POLICY)


# -- dimensions and contributor attributes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "target"),
    [
        (BY_DIMENSIONS, TARGET),
        ({"DataActionId": "custom-1"}, {"data_action_id": "custom-1"}),
        ({**BY_DIMENSIONS, "DataActionId": "custom-1", "Service": "crm"}, TARGET),
        ({"FlowId": "f", "DataActionId": "custom-1"}, {"data_action_id": "custom-1"}),
        (
            {"DataActionId": "custom-1", "Organization": "emea"},
            {"data_action_id": "custom-1", "organization": "emea"},
        ),
        ({"DataActionId": "custom-1", "Organization": "EMEA Ltd."}, {"data_action_id": "custom-1"}),
    ],
)
@pytest.mark.parametrize("kind", ["single", "math", "anomaly", "contributor"])
def test_dimensions_or_contributor_attributes_name_the_target(kind: str, attributes: Json, target: Json) -> None:
    where: Json = {"contributor": attributes} if kind == "contributor" else {"dimensions": attributes}
    assert routed(kind=kind, **where) == Route(target, DEFAULT)


@pytest.mark.parametrize(
    "dimensions", [{"FlowId": "f"}, {"ActionName": "A"}, {"flowid": "f", "actionname": "A"}, {"Service": "crm"}]
)
def test_dimensions_that_say_only_half_are_no_route(dimensions: Json) -> None:
    assert refused("alarm_not_routed", dimensions=dimensions)


@pytest.mark.parametrize(
    ("dimensions", "told"),
    [
        ({"FlowId": "a/b", "ActionName": "A"}, "dimensions.target.flow_id must be the id of a Flow"),
        ({"FlowId": "f", "ActionName": ""}, "dimensions.target.action_name must be the name of a Data Action"),
        ({"DataActionId": ".."}, "dimensions.target.data_action_id must be the id of an integration action"),
    ],
)
def test_dimensions_that_cannot_be_a_target_are_refused(dimensions: Json, told: str) -> None:
    assert told in refused("invalid_request", dimensions=dimensions)


# -- the parameter -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        NAME,
        "data-action-*",
        "*-slow",
        "data-*-slow",
        "?ata-action-crm-lookup-slow",
        "*crm*",
        "data-action-crm*slow",
    ],
)
def test_the_parameter_routes_by_the_name_of_the_alarm(pattern: str) -> None:
    assert routed(parameter(a_route(pattern))).target["flow_id"] == "by-name"


@pytest.mark.parametrize("pattern", ["crm", "DATA-ACTION-*", "data-action-", "?", "data-action-?", " *", "[d]"])
def test_a_pattern_fits_the_whole_name_and_its_case(pattern: str) -> None:
    assert refused("alarm_not_routed", parameter(a_route("nobody"), a_route(pattern)))


@pytest.mark.parametrize("name", ["crm [prod] slow", "crm[1]", "a*b", "what?", "[!x]", "a]b["])
def test_an_alarm_whose_name_has_brackets_in_it_is_routed_by_exactly_this_name(name: str) -> None:
    # The schema says what stands for something else: * and ?, and nothing more.
    assert routed(parameter(a_route(name)), name=name).target["flow_id"] == "by-name"


def test_the_first_route_that_fits_counts() -> None:
    routes = parameter(a_route("nobody", "f0"), a_route("data-*", "f1"), a_route(NAME, "f2"))
    assert routed(routes).target["flow_id"] == "f1"


@pytest.mark.parametrize(("fields", "policy"), [({}, DEFAULT), ({"policy": POLICY}, THE_POLICY)])
def test_a_route_of_the_parameter_has_its_own_policy_or_the_default(fields: Json, policy: Policy) -> None:
    assert routed(parameter(a_route(**fields))).policy == policy


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({"alarm_name": "data-*"}, "routes[1].target is missing"),
        ({"alarm_name": "*", "target": TARGET, "polices": {}}, "routes[1] has the unknown field 'polices'; did you"),
        (a_route(policy={"raise_by_percent": 0}), "routes[1].policy.raise_by_percent must be a number above 0"),
        (a_route(flow_id="a b"), "routes[1].target.flow_id must be the id of a Flow"),
        (a_route(policy={"raise_to_seconds": 1, "raise_by_seconds": 1}), "routes[1].policy must be an object with"),
        # One whose name cannot be read may be meant for this alarm.
        ({"target": TARGET}, "routes[1].alarm_name is missing: it must be a text such as crm-*"),
        ({"alarm_name": 5, "target": TARGET}, "routes[1].alarm_name must be a text such as crm-*, not a number (5)"),
        ({"alarm_name": None, "target": TARGET}, "routes[1].alarm_name must be a text such as crm-*, not null"),
        ({"alarmname": "x", "target": TARGET}, "routes[1] has the unknown field 'alarmname'; did you mean alarm_name?"),
        ("crm-*", "routes[1] must be an object such as"),
        (None, "routes[1] must be an object such as"),
    ],
)
def test_a_wrong_route_is_refused_by_its_number_and_the_name_of_its_field(route: object, told: str) -> None:
    assert told in refused("invalid_request", parameter(a_route("nobody"), route, a_route()))


@pytest.mark.parametrize(
    "wrong", [{"alarm_name": "nobody"}, a_route("nobody", policy={"raise_by_percent": "x"}), a_route("nobody", x=1)]
)
def test_a_wrong_route_for_others_harms_no_one_else(wrong: Json) -> None:
    assert routed(parameter(wrong, a_route())).target["flow_id"] == "by-name"


def test_a_wrong_route_behind_the_one_that_fits_harms_no_one() -> None:
    assert routed(parameter(a_route(), {"target": TARGET}, 5)).target["flow_id"] == "by-name"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the routes parameter is not JSON"),
        ("routes:\n  - alarm_name: x", "the routes parameter is not JSON"),
        ('{"routes": [', "the routes parameter is not JSON"),
        ("[" * 100_000, "the routes parameter is not JSON"),
        ('{"routes": [{"alarm_name": "*", "policy": {"raise_by_percent": NaN}}]}', "it holds NaN, which is not JSON"),
        ('{"routes": [-Infinity]}', "it holds -Infinity, which is not JSON"),
        ('{"routes": [1e999]}', "it holds 1e999, which is too large a number"),
        (f'{{"routes": [{"9" * 5000}]}}', ""),
        ("[]", "the routes parameter must be an object such as"),
        ("null", "the routes parameter must be an object such as"),
        ("{}", "the routes parameter.routes is missing: it must be a list of routes"),
        ('{"routes": {}}', "the routes parameter.routes must be a list of routes, not an object"),
        ('{"route": []}', "the routes parameter has the unknown field 'route'; did you mean routes?"),
    ],
)
def test_a_parameter_that_holds_no_routes_is_refused(text: str, told: str) -> None:
    assert told in refused("invalid_request", text)
    with pytest.raises(InvalidRoute):
        routes_in(text)


def test_a_parameter_without_any_routes_routes_nothing() -> None:
    assert refused("alarm_not_routed", parameter())


# -- which comes first -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "flow_id"),
    [
        ({"target", "dimensions", "parameter"}, "inbound-main"),
        ({"target", "parameter"}, "inbound-main"),
        ({"dimensions", "parameter"}, "by-dimension"),
        ({"parameter"}, "by-name"),
    ],
)
def test_the_description_comes_first_then_the_attributes_then_the_parameter(ways: set[str], flow_id: str) -> None:
    alarm: Json = {"target": TARGET} if "target" in ways else {}
    alarm |= {"dimensions": {"FlowId": "by-dimension", "ActionName": "A"}} if "dimensions" in ways else {}
    assert routed(parameter(a_route()) if "parameter" in ways else None, **alarm).target["flow_id"] == flow_id


def test_the_parameter_is_only_asked_for_where_it_matters() -> None:
    asked: list[str] = []

    def routes() -> str:
        asked.append("once")
        return parameter(a_route())

    router = Router(READER, DEFAULT, routes)
    router.route(signal_of(alarm_action(target=TARGET)))
    router.route(signal_of(alarm_action(dimensions=BY_DIMENSIONS)))
    assert asked == []
    router.route(signal_of(alarm_action()))
    assert asked == ["once"]


def test_what_the_parameter_cannot_give_is_passed_on_as_it_is() -> None:
    def routes() -> str:
        raise KeyError("not ours")

    with pytest.raises(KeyError):
        Router(READER, DEFAULT, routes).route(signal_of(alarm_action()))


def test_an_alarm_that_is_not_routed_is_told_every_way_to_route_it() -> None:
    told = refused("alarm_not_routed", name="größe \U0001f642")
    assert told.isascii()
    for way in ('{"timeout_raiser": {"target": {"flow_id"', "description", "FlowId and ActionName", "DataActionId"):
        assert way in told
    assert "routes parameter" in told


# -- the published schema ----------------------------------------------------------------------------------------------


def test_the_published_schema_is_the_one_the_code_checks() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_valid_schema_and_every_field_says_what_it_is_and_what_it_expects() -> None:
    Draft202012Validator.check_schema(ROUTES_SCHEMA)
    route = ROUTES_SCHEMA["properties"]["routes"]["items"]["properties"]
    fields = [*route.values(), *route["target"]["properties"].values(), *route["policy"]["properties"].values()]
    for field in [ROUTES_SCHEMA["properties"]["routes"], *fields]:
        assert field["description"]
        assert field["x-expects"]


@pytest.mark.parametrize(
    ("route", "valid"),
    [
        (a_route(), True),
        (a_route(policy=POLICY), True),
        (a_route(policy={"headroom_percent": 0, "raise_by_seconds": 1}), True),
        ({"alarm_name": "*", "target": {"data_action_id": "x"}}, True),
        ({"alarm_name": "*", "target": {"data_action_name": "x"}}, True),
        ({"alarm_name": "*", "target": {"flow_id": "f", "step_id": "s", "include_subflows": True}}, True),
        (a_route(policy={"raise_to_seconds": 10.0}), True),
        (a_route(x=1), False),
        ({"target": TARGET}, False),
        ({"alarm_name": "", "target": TARGET}, False),
        ({"alarm_name": "*"}, False),
        ({"alarm_name": "*", "target": {}}, False),
        ({"alarm_name": "*", "target": {"flow_id": "f"}}, False),
        ({"alarm_name": "*", "target": {"flow_id": "f", "action_name": "A", "data_action_id": "d"}}, False),
        ({"alarm_name": "*", "target": {"data_action_id": "d", "include_subflows": True}}, False),
        ({"alarm_name": "*", "target": {**TARGET, "timeout_seconds": 1}}, False),
        (a_route(policy={}), False),
        (a_route(policy={"raise_to_seconds": 10.5}), False),
        (a_route(policy={"raise_to_seconds": 1, "headroom_percent": 1}), False),
        (a_route(policy={"raise_to_seconds": 1, "recheck_after_seconds": 901}), False),
        (a_route(policy=None), False),
        ([], False),
    ],
)
def test_the_schema_and_the_code_agree(route: object, valid: bool) -> None:
    assert Draft202012Validator(ROUTES_SCHEMA).is_valid({"routes": [route]}) is valid
    try:
        READER.read(route, DEFAULT, within="routes[0]", named=True)
        read = True
    except InvalidRoute:
        read = False
    assert read is valid


@pytest.mark.parametrize("content", [{}, {"routes": {}}, {"routes": [], "more": 1}, [], None])
def test_the_schema_and_the_code_agree_on_what_is_around_the_routes(content: object) -> None:
    assert not Draft202012Validator(ROUTES_SCHEMA).is_valid(content)
    with pytest.raises(InvalidRoute):
        routes_in(json.dumps(content))
