"""The SSM parameter with the routes of alarms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from genesys_cloud.errors import Transient

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SSMProvider

CACHED_SECONDS = 60
"""How long it is kept before it is asked for again: so long a changed route may take to count."""


class RoutesUnavailable(Transient):
    """The parameter cannot be read. The alarm waits."""

    code = "internal_error"


class RouteParameter:
    """The text of the parameter, asked for once in an invocation; threads may share it.

    Args:
        name: of the parameter; None where none is configured.
        provider: gives Powertools' cache of parameters.
    """

    def __init__(self, name: str | None, provider: Callable[[], SSMProvider]) -> None:
        self._name = name
        self._provider = provider
        self._lock = threading.Lock()
        self._answer: str | RoutesUnavailable | None = None

    def text(self) -> str | None:
        """Its text; None where none is configured.

        Raises:
            RoutesUnavailable: it cannot be read.
        """
        if self._name is None:
            return None
        with self._lock:
            self._answer = self._answer or self._ask(self._name)
        if isinstance(self._answer, RoutesUnavailable):
            raise self._answer
        return self._answer

    def _ask(self, name: str) -> str | RoutesUnavailable:
        # Here and not above: it is part of what costs a cold start, and comes with the provider anyway.
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError  # noqa: PLC0415

        try:
            return str(self._provider().get(name, max_age=CACHED_SECONDS))
        except GetParameterError as error:
            return RoutesUnavailable(
                f"the parameter {name} with the routes of alarms cannot be read: {error}",
                hint="create it, or allow the function's role ssm:GetParameter on it",
            )
