"""A handler on the official SDK of Genesys Cloud: imports it, as every cold start of one has to, and does nothing."""

# Of another environment; to import is all that is asked here.
import PureCloudPlatformClientV2  # type: ignore[import-not-found]  # noqa: F401


def lambda_handler(_event: object, _context: object) -> dict[str, list[str]]:
    """Answers."""
    return {"batchItemFailures": []}
