"""The hint at the better lever, in words."""

import pytest

from genesys_cloud.dependencies import Users
from hints import lever_hint

ACTION = "custom_-_crm"
START = f"2 of these steps went by the execution timeout of integration action {ACTION}"


@pytest.mark.parametrize(
    ("users", "rest"),
    [
        (None, ": a request with data_action_id changes it for whoever uses it"),
        (Users(0, ()), ": a request with data_action_id changes it for whoever uses it"),
        (Users(1, ("Billing",)), ": a request with data_action_id changes it for whoever uses it"),
        (
            Users(2, ("Billing", "Night service")),
            ", which 2 Flows use (Billing, Night service): a request with data_action_id helps them all",
        ),
        (
            Users(17, ("Billing", "Night service")),
            ", which 17 Flows use (Billing, Night service and 15 more): a request with data_action_id helps them all",
        ),
        (Users(3, ()), ", which 3 Flows use: a request with data_action_id helps them all"),
    ],
)
def test_the_flows_are_named_as_far_as_they_are_known(users: Users | None, rest: str) -> None:
    assert lever_hint(ACTION, 2, users) == START + rest
