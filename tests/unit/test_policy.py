"""How far an alarm may raise: the arithmetic, and what a policy may say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from alarm_fakes import by, by_percent, to
from aws_support.environment import ConfigurationError
from latency import Latency
from policy import POLICY_SCHEMA, Amount, Measure, Policy
from routing import InvalidRoute, RouteReader
from settings import DEFAULT_ALARM_POLICY, Settings

READER = RouteReader()


def policy(**fields: Any) -> Policy:
    return READER.read_policy(fields, within="policy")


def problem(raw: object) -> str:
    with pytest.raises(InvalidRoute) as refused:
        READER.read_policy(raw, within="policy")
    return str(refused.value)


def goal_of(fields: dict[str, Any], *, now: float = 10, latency: Latency | None = None) -> int | None:
    """The timeout that a policy makes of one of so many seconds after such a latency."""
    made = policy(**fields)
    amount = made.amount(latency.seconds(made.latency_unit) if latency else None)
    return amount.goal(now) if amount else None


# -- arithmetic --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "now", "goal"),
    [
        (to(12), 10, 12),
        (to(12), 60, 12),
        (to(4.2), 10, 5),
        (by(5), 3, 8),
        (by(5), 2.5, 8),
        (by(1), 0.1, 2),
        (by(1), 0, 1),
        (by_percent(10), 10, 11),  # in floats 11.000000000000002, which rounds up to 12
        (by_percent(10), 100, 110),
        (by_percent(20), 5, 6),
        (by_percent(15), 20, 23),
        (by_percent(50), 3, 5),
        (by_percent(50), 2.5, 4),
        (by_percent(100), 2.5, 5),
        (by_percent(0.1), 10, 11),
        (by_percent(33.3), 10, 14),
        (by_percent(10_000), 3, 303),
        (by_percent(50), 0, 0),
    ],
)
def test_a_goal_is_computed_exactly_and_rounded_up(amount: Amount, now: float, goal: int) -> None:
    assert (amount.goal(now), type(amount.goal(now))) == (goal, int)


@pytest.mark.parametrize(
    ("latency", "unit", "percent", "goal"),
    [
        (Latency(6100.0, "Milliseconds"), None, 50, 10),  # 9.15
        (Latency(8.0, "Seconds"), None, 50, 12),
        (Latency(8_000_000.0, "Microseconds"), None, 50, 12),
        (Latency(10.0, "Seconds"), None, 10, 11),
        (Latency(1.1, "Seconds"), None, 0, 2),
        (Latency(3.0, "Seconds"), None, 0, 3),
        (Latency(6100.0, None), "milliseconds", 50, 10),
        (Latency(6.1, None), "seconds", 50, 10),
        (Latency(6.1, "Seconds"), "milliseconds", 50, 10),  # what the metric says counts
        (Latency(0.0, "Seconds"), None, 50, 0),
        (Latency(6100.0, "Milliseconds"), None, 12.5, 7),
        (Latency(6100.0, None), None, 50, None),  # of an unknown unit: as if there were none
        (None, "seconds", 50, None),
    ],
)
def test_headroom_is_the_latency_and_so_much_more(
    latency: Latency | None, unit: str | None, percent: float, goal: int | None
) -> None:
    fields = {"headroom_percent": percent, **({"latency_unit": unit} if unit else {})}
    assert goal_of(fields, latency=latency) == goal


@pytest.mark.parametrize(("beside", "goal"), [({"raise_by_seconds": 5}, 15), ({"raise_by_percent": 50}, 15)])
def test_beside_headroom_a_relative_amount_counts_where_no_latency_was_observed(beside: Any, goal: int) -> None:
    fields = {"headroom_percent": 50, **beside}
    assert goal_of(fields) == goal
    assert goal_of(fields, latency=Latency(20.0, "Seconds")) == 30


@given(st.integers(1, 3600), st.integers(1, 1000))
def test_a_percentage_is_rounded_up_from_the_exact_number(now: int, percent: int) -> None:
    assert by_percent(percent).goal(now) == -(-now * (100 + percent) // 100)


@given(st.integers(0, 10**6), st.integers(0, 1000))
def test_headroom_is_rounded_up_from_the_exact_number(milliseconds: int, percent: int) -> None:
    exact = -(-milliseconds * (100 + percent) // 100_000)
    assert goal_of({"headroom_percent": percent}, latency=Latency(float(milliseconds), "Milliseconds")) == exact


@given(st.floats(0, 3600), st.integers(1, 100) | st.floats(0.01, 1000))
def test_a_relative_amount_always_raises_what_is_above_zero(now: float, percent: float) -> None:
    assert by_percent(percent).goal(now) >= now
    assert by(1).goal(now) > now


@pytest.mark.parametrize(
    ("measure", "relative"), [(Measure.TO_SECONDS, False), (Measure.BY_SECONDS, True), (Measure.BY_PERCENT, True)]
)
def test_what_depends_on_what_stands_there_is_relative(measure: Measure, relative: bool) -> None:
    assert Amount(measure, Decimal(1)).relative is relative


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"raise_to_seconds": 10}, False),
        ({"raise_by_seconds": 1}, True),
        ({"raise_by_percent": 1}, True),
        ({"headroom_percent": 1}, True),
    ],
)
def test_only_what_is_raised_to_a_fixed_number_leaves_nothing_to_find_later(fields: Any, more: bool) -> None:
    assert policy(**fields).may_find_more_to_do is more


# -- the policy and its fields -----------------------------------------------------------------------------------------

PERCENT = st.integers(1, 10_000) | st.floats(0.001, 10_000)
AMOUNTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"raise_to_seconds": st.integers(1, 10**6) | st.just(10.0)}),
    st.fixed_dictionaries({"raise_by_seconds": st.integers(1, 10**6)}),
    st.fixed_dictionaries({"raise_by_percent": PERCENT}),
    st.fixed_dictionaries({"headroom_percent": st.just(0) | PERCENT}),
    st.fixed_dictionaries({"headroom_percent": PERCENT, "raise_by_seconds": st.integers(1, 10**6)}),
    st.fixed_dictionaries({"headroom_percent": st.just(0) | PERCENT, "raise_by_percent": PERCENT}),
)
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "latency_unit": st.sampled_from(["seconds", "milliseconds"]),
        "limit_seconds": st.integers(1, 10**6) | st.just(30.0),
        "cooldown_seconds": st.integers(0, 86_400) | st.just(60.0),
        "recheck_after_seconds": st.integers(1, 900) | st.just(60.0),
        "restore_on_ok": st.booleans(),
        "restore_after_seconds": st.integers(0, 604_800) | st.just(60.0),
    },
)
POLICIES = st.builds(lambda amount, others: {**amount, **others}, AMOUNTS, OTHERS)


@given(POLICIES)
def test_a_policy_and_its_fields_say_the_same(fields: dict[str, Any]) -> None:
    made = policy(**fields)
    assert policy(**made.as_fields()) == made
    assert all(getattr(made, name) == (Decimal(str(v)) if isinstance(v, float) else v) for name, v in fields.items())


@given(POLICIES)
def test_what_a_policy_leaves_out_is_off(fields: dict[str, Any]) -> None:
    made = policy(**fields)
    off = {"cooldown_seconds": 0, "restore_on_ok": False, "restore_after_seconds": 0}
    assert all(getattr(made, name) == off.get(name) for name in vars(made) if name not in fields)


def test_whole_seconds_written_as_fractions_become_integers() -> None:
    made = policy(raise_by_seconds=1, limit_seconds=30.0, recheck_after_seconds=60.0)
    assert (type(made.limit_seconds), type(made.recheck_after_seconds)) == (int, int)


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("raise_to_seconds", 0, "a number (0)"),
        ("raise_to_seconds", 2.5, "a number (2.5)"),
        ("raise_to_seconds", True, "a boolean (true)"),
        ("raise_to_seconds", "12", "a text ('12')"),
        ("raise_to_seconds", None, "null"),
        ("raise_by_seconds", -1, "a number (-1)"),
        ("raise_by_seconds", 0, "a number (0)"),
        ("raise_by_seconds", 0.5, "a number (0.5)"),
        ("raise_by_percent", 0, "a number (0)"),
        ("raise_by_percent", -50, "a number (-50)"),
        ("raise_by_percent", 10_001, "a number (10001)"),
        ("raise_by_percent", "50%", "a text ('50%')"),
        ("raise_by_percent", True, "a boolean (true)"),
        ("headroom_percent", -1, "a number (-1)"),
        ("headroom_percent", 10_000.5, "a number (10000.5)"),
        ("headroom_percent", [50], "a list"),
        ("latency_unit", "ms", "a text ('ms')"),
        ("latency_unit", "Seconds", "a text ('Seconds')"),
        ("latency_unit", None, "null"),
        ("limit_seconds", 0, "a number (0)"),
        ("limit_seconds", 1.5, "a number (1.5)"),
        ("cooldown_seconds", -1, "a number (-1)"),
        ("cooldown_seconds", 86_401, "a number (86401)"),
        ("recheck_after_seconds", 0, "a number (0)"),
        ("recheck_after_seconds", 901, "a number (901)"),
        ("recheck_after_seconds", False, "a boolean (false)"),
        ("restore_on_ok", 1, "a number (1)"),
        ("restore_on_ok", "yes", "a text ('yes')"),
        ("restore_after_seconds", -1, "a number (-1)"),
        ("restore_after_seconds", 604_801, "a number (604801)"),
    ],
)
def test_a_wrong_value_is_told_with_its_field_its_kind_and_what_it_must_be(
    field: str, value: object, kind: str
) -> None:
    amount = {} if field in {"raise_to_seconds", "raise_by_seconds", "raise_by_percent"} else {"raise_by_percent": 50}
    told = problem({**amount, field: value})
    assert told == f"policy.{field} must be {POLICY_SCHEMA['properties'][field]['x-expects']}, not {kind}"


@pytest.mark.parametrize(
    "fields",
    [
        {"raise_to_seconds": 1},
        {"raise_by_seconds": 1},
        {"raise_by_percent": 0.001},
        {"raise_by_percent": 10_000},
        {"headroom_percent": 0},
        {"headroom_percent": 10_000},
        {"headroom_percent": 50, "raise_by_seconds": 5},
        {"headroom_percent": 50, "raise_by_percent": 5},
        {"raise_to_seconds": 1, "cooldown_seconds": 0, "restore_after_seconds": 0, "recheck_after_seconds": 1},
        {
            "raise_to_seconds": 1,
            "cooldown_seconds": 86_400,
            "restore_after_seconds": 604_800,
            "recheck_after_seconds": 900,
        },
        {"raise_to_seconds": 1, "restore_after_seconds": 60},
        {"raise_to_seconds": 1, "latency_unit": "milliseconds"},
    ],
)
def test_what_is_just_inside_the_rules_is_accepted(fields: dict[str, Any]) -> None:
    assert isinstance(READER.read_policy(fields, within="policy"), Policy)
    assert Draft202012Validator(POLICY_SCHEMA).is_valid(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cooldown_seconds": 300},
        {"limit_seconds": 20, "restore_on_ok": True},
        {"raise_to_seconds": 10, "raise_by_seconds": 5},
        {"raise_to_seconds": 10, "raise_by_percent": 5},
        {"raise_by_seconds": 10, "raise_by_percent": 5},
        {"raise_to_seconds": 10, "raise_by_seconds": 5, "raise_by_percent": 5},
        {"headroom_percent": 50, "raise_to_seconds": 10},
        {"headroom_percent": 50, "raise_by_seconds": 5, "raise_by_percent": 5},
        {"headroom_percent": 50, "raise_to_seconds": 10, "raise_by_seconds": 5},
    ],
)
def test_a_policy_has_one_amount_and_only_beside_headroom_one_other_that_is_relative(fields: dict[str, Any]) -> None:
    told = problem(fields)
    assert told.startswith("policy must be an object with exactly one of raise_to_seconds, raise_by_seconds")
    assert "beside headroom_percent one raise_by_*" in told
    assert not Draft202012Validator(POLICY_SCHEMA).is_valid(fields)


@pytest.mark.parametrize(
    ("field", "way_out"),
    [
        ("raise_to_second", "did you mean raise_to_seconds?"),
        ("restoreOnOk", "did you mean restore_on_ok?"),
        ("cooldown", "did you mean cooldown_seconds?"),
        ("zzz", "the fields are raise_to_seconds, raise_by_seconds"),
    ],
)
def test_an_unknown_field_is_refused_by_name_with_the_likely_one(field: str, way_out: str) -> None:
    assert problem({"raise_to_seconds": 10, field: 1}).startswith(f"policy has the unknown field '{field}'; {way_out}")


@pytest.mark.parametrize(
    ("raw", "kind"), [(None, "null"), ([], "a list"), ("raise", "a text ('raise')"), (10, "a number (10)")]
)
def test_what_is_no_object_is_told_as_what_it_is(raw: object, kind: str) -> None:
    assert problem(raw).startswith("policy must be an object with exactly one of")
    assert problem(raw).endswith(f"not {kind}")


@pytest.mark.parametrize(
    "text", ['{"headroom_percent": NaN}', '{"headroom_percent": 1e999}', '{"raise_by_percent": 50', "[]", "{}"]
)
def test_a_default_policy_that_is_none_fails_at_the_start(text: str) -> None:
    names = ("GENESYS_SECRET_ID", "REQUEST_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "LEDGER_TABLE_NAME")
    with pytest.raises(ConfigurationError, match="DEFAULT_ALARM_POLICY"):
        Settings.from_environment({**dict.fromkeys(names, "x"), "DEFAULT_ALARM_POLICY": text}, READER)


def test_the_default_policy_which_is_not_checked_at_a_cold_start_is_right() -> None:
    assert READER.read_policy(DEFAULT_ALARM_POLICY, within="default") == Policy.of(DEFAULT_ALARM_POLICY)
