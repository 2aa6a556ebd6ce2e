"""A function's environment variables, read with everything that is wrong with them collected for one message."""

from __future__ import annotations

from collections.abc import Mapping

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class ConfigurationError(Exception):
    """The environment lacks something or holds nonsense; the message names all of it."""


class Environment:
    """Reads variables one by one. One that is set to nothing counts as not set.

        environment = Environment(os.environ)
        settings = Settings(secret_id=environment.text("GENESYS_SECRET_ID"), ...)
        environment.check()

    Attributes:
        problems: what was found wrong so far, in words; whoever reads a variable in a way of its own adds to it.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it has to be set."""
        value = self._variables.get(name) or default
        if value is None:
            self.problems.append(f"{name} is missing")
        return value or ""

    def optional(self, name: str) -> str | None:
        """A text; None where it is not set."""
        return self._variables.get(name) or None

    def whole(self, name: str, default: int, *, most: int, least: int = 1) -> int:
        """A whole number within bounds."""
        value = self._variables.get(name) or str(default)
        if not (value.isascii() and value.isdecimal() and len(value) < 10 and least <= int(value) <= most):  # noqa: PLR2004
            self.problems.append(f"{name} must be a whole number from {least} to {most}, not {value[:40]!r}")
            return default
        return int(value)

    def level(self, name: str, default: str) -> str:
        """A log level, in capitals."""
        value = (self._variables.get(name) or default).upper()
        if value not in LOG_LEVELS:
            self.problems.append(f"{name} must be one of {', '.join(LOG_LEVELS)}, not {value[:40]!r}")
        return value

    def check(self) -> None:
        """To be called when all is read; raises ConfigurationError if anything was wrong."""
        if self.problems:
            raise ConfigurationError(f"the function's environment is wrong: {'; '.join(self.problems)}")
