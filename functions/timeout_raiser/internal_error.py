"""A bug of ours, as an error like any other."""

from __future__ import annotations

from genesys_cloud.errors import Transient


class InternalError(Transient):
    """A bug of ours. What was asked for is kept: a corrected version can still serve it."""

    code = "internal_error"

    @classmethod
    def of(cls, what: str, error: Exception) -> InternalError:
        """The error for an exception that nobody expected, met while doing this."""
        return cls(f"{what}: {type(error).__name__}", hint="this is a bug: the log has its traceback")
