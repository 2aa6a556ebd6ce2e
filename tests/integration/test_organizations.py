"""Several organizations in one batch: own secret, own limit, own trouble."""

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, codes, flow, step, timeouts


@pytest.fixture(autouse=True)
def two_organizations(genesys: GenesysSimulator, elsewhere: GenesysSimulator, aws: Aws) -> None:
    elsewhere.configure(client_id="two", client_secret="second-secret")
    aws.connect(elsewhere, "two", max_timeout_seconds=15)
    for organization in (genesys, elsewhere):
        organization.put_flow("f", flow(step("Slow", 3)))


def in_two(timeout_seconds: int) -> dict[str, object]:
    return ask(timeout_seconds=timeout_seconds, organization="two")


def test_each_is_changed_with_its_own_credentials(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, function: Function
) -> None:
    assert function.take(ask(), in_two(12)) == []
    assert (timeouts(genesys), timeouts(elsewhere)) == ({"Slow": 10}, {"Slow": 12})
    assert [outcome["organization"] for outcome in function.outcomes()] == ["default", "two"]


def test_each_has_its_own_limit(function: Function) -> None:
    outcomes = function.ask(ask(timeout_seconds=30), ask(timeout_seconds=31), in_two(15), in_two(16))
    assert codes(outcomes) == ["raised", "timeout_out_of_range", "raised", "timeout_out_of_range"]
    assert "15" in outcomes[3]["error"]["message"]
    assert "two" in outcomes[3]["error"]["message"]


def test_the_environments_limit_holds_where_the_secret_names_none(start: Start, genesys: GenesysSimulator) -> None:
    genesys.configure(max_timeout_seconds=60)
    outcomes = start(MAX_TIMEOUT_SECONDS="40").ask(ask(timeout_seconds=41), ask(timeout_seconds=40), in_two(16))
    assert codes(outcomes) == ["timeout_out_of_range", "raised", "timeout_out_of_range"]


@pytest.mark.parametrize("trouble", ["no secret", "broken secret", "wrong secret", "down", "throttled"])
def test_one_that_is_broken_does_not_harm_the_other(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, aws: Aws, function: Function, trouble: str
) -> None:
    other = "three" if trouble == "no secret" else "two"
    if trouble == "broken secret":
        aws.put_secret("{", "two")
    elif trouble == "wrong secret":
        aws.connect(elsewhere, "two", client_secret="wrong")
    elif trouble == "down":
        elsewhere.stop()
    elif trouble == "throttled":
        elsewhere.fault(retry_after=300)
    requests = [ask(organization=other), ask(), ask(organization=other, timeout_seconds=5)]
    assert function.take(*requests, seconds=4) == [0, 2]
    assert codes(function.outcomes())[1] == "raised"
    assert timeouts(genesys) == {"Slow": 10}


def test_the_same_flow_id_in_two_organizations_is_two_flows(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, function: Function
) -> None:
    function.ask(*[ask(timeout_seconds=n) for n in (4, 5)], *[in_two(n) for n in (6, 7)])
    for organization, seconds in ((genesys, 5), (elsewhere, 7)):
        assert timeouts(organization) == {"Slow": seconds}
        assert [organization.count(method, "/flows/f") for method in ("GET", "PUT")] == [1, 1]
