"""Takes out of the layer what no function can reach: `python trim.py FOLDER`, where FOLDER holds the packages.

Most of it are botocore's descriptions of AWS services: there are over four hundred, and the functions call six. They
are also what the first client of a cold start waits for: botocore looks through all of them, and reads the endpoints of
every service. What stays says the same as before, in fewer words: no client behaves differently.

The build fails here where a package does not look as expected, rather than that the first cold start does. Nothing is
left to chance: the same packages give the same bytes.
"""

# ruff: noqa: INP001  # a script beside its Makefile

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

SERVICES = ("cloudwatch", "dynamodb", "events", "secretsmanager", "sqs", "ssm")
"""What `aws_support.clients` makes clients for; a test holds the two together. Lambda's credentials need none."""

NEVER_IMPORTED = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/middleware_factory",
    *(
        f"aws_lambda_powertools/utilities/{utility}"
        for utility in (
            "auth_alpha",
            "batch",
            "circuit_breaker",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "metadata",
            "parser",
            "streaming",
            "validation",
        )
    ),
    "boto3/data",  # of `boto3.resource`; the functions use clients
    "boto3/examples",
    "botocore/cacert.pem",  # botocore takes certifi's where it finds it
    "certifi/tests",
    "dateutil/zoneinfo",  # a second set of time zones; botocore's times are in UTC
)
"""By path: packages and data that nothing imports which the functions import. A test imports what is left, alone."""


class LayoutChanged(Exception):
    """A package is not laid out as this script expects; the message says what to look at."""


def trim(site: Path) -> None:
    """Does all of it.

    Args:
        site: the folder that the packages were installed into.

    Raises:
        LayoutChanged: something that should be there is not.
    """
    data = site / "botocore" / "data"
    keep_services(data, SERVICES)
    prefixes = {slim_service(data / service) for service in SERVICES}
    keep_endpoints(data / "endpoints.json", prefixes)
    for name in NEVER_IMPORTED:
        remove(site / name)
    for record in _found(site.glob("*.dist-info/RECORD"), "the packages' lists of files"):
        record.unlink()  # it names what is gone


def keep_services(data: Path, services: Collection[str]) -> None:
    """Removes the descriptions of all other services."""
    for folder in _folders(data):
        if folder.name not in services:
            shutil.rmtree(folder)


def slim_service(folder: Path) -> str:
    """Removes a service's documentation, and all versions of its API but the newest: a client takes no other.

    Returns:
        The name by which `endpoints.json` knows the service.
    """
    *older, newest = _folders(folder)
    for version in older:
        shutil.rmtree(version)
    [model_file] = _found(newest.glob("service-2.json.gz"), f"{folder.name}'s model")
    _found(newest.glob("endpoint-rule-set-1.json.gz"), f"{folder.name}'s endpoints")
    for examples in newest.glob("examples-1.json"):
        examples.unlink()
    model: Any = without_documentation(json.loads(gzip.decompress(model_file.read_bytes())))
    model_file.write_bytes(gzip.compress(_dense(model), mtime=0))
    try:
        return str(model["metadata"]["endpointPrefix"])
    except KeyError as missing:
        raise LayoutChanged(f"{model_file} has no {missing}") from None


def without_documentation(part: Any) -> Any:
    """The same part of a model without its texts. A member of that name is an object, and stays."""
    if isinstance(part, dict):
        return {
            name: without_documentation(value)
            for name, value in part.items()
            if not (name == "documentation" and isinstance(value, str))
        }
    return [without_documentation(value) for value in part] if isinstance(part, list) else part


def keep_endpoints(file: Path, prefixes: Collection[str]) -> None:
    """Removes the endpoints of all other services; partitions, regions and defaults stay."""
    try:
        content = json.loads(file.read_bytes())
        for partition in content["partitions"]:
            services = partition["services"]
            partition["services"] = {name: value for name, value in services.items() if name in prefixes}
        kept = set().union(*(partition["services"] for partition in content["partitions"]))
    except (FileNotFoundError, KeyError, TypeError) as error:
        raise LayoutChanged(f"{file} is not what it was: {error!r}") from None
    if missing := sorted(set(prefixes) - kept):
        raise LayoutChanged(f"{file} does not have {', '.join(missing)}")
    file.write_bytes(_dense(content))


def remove(path: Path) -> None:
    """Removes a file or a folder, which has to be there."""
    if path.is_dir():
        shutil.rmtree(path)
    elif path.is_file():
        path.unlink()
    else:
        raise LayoutChanged(f"{path} is gone: where is it now, or does {NEVER_IMPORTED=} name it for nothing?")


def _dense(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _folders(path: Path) -> list[Path]:
    return _found((folder for folder in path.glob("*") if folder.is_dir()), f"{path.name} in {path.parent}")


def _found(paths: Iterable[Path], what: str) -> list[Path]:
    found = sorted(paths)
    if not found:
        raise LayoutChanged(f"nothing found of {what}")
    return found


if __name__ == "__main__":
    try:
        trim(Path(sys.argv[1]))
    except LayoutChanged as problem:
        sys.exit(f"the layer cannot be trimmed: {problem}")
