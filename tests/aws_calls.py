"""Which operations of AWS a function can call, read from its source and from that of the layers it imports.

Nothing is run. Every module that the function can reach by imports is searched for the names of boto3's methods: as an
attribute, whatever it is an attribute of, and as a text, for `getattr` and paginators. So no call is missed because its
client has an unusual name. What only looks like a method of a service that the function uses counts, too: it needs
another name.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

CLIENTS = "aws_support.clients"
"""The one module that makes clients: one public function for each, which names the service."""
PROVIDERS = "aws_lambda_powertools.utilities.parameters"
"""Where Powertools keeps what stands between a function and a client: its providers."""
CAN_CALL_AWS = {"boto3", "botocore", "aiobotocore", "aioboto3", "aws_lambda_powertools"}
"""Packages that can make clients, or calls, of their own."""
CALLS_NOBODY = (
    "aws_lambda_powertools.Logger",
    "aws_lambda_powertools.Metrics",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.parameters.exceptions",
    "aws_lambda_powertools.utilities.typing",
    "botocore.exceptions",
)
"""What modules other than that one may import of them."""


class Unreadable(AssertionError):
    """The source does something that cannot be followed here, and says where."""


@dataclass(frozen=True, order=True)
class Call:
    """A place in the source from which AWS can be called.

    Attributes:
        service: as boto3 names it.
        operation: as the API names it.
        where: file, relative to the project, and line.
    """

    service: str
    operation: str
    where: str


@dataclass(frozen=True)
class Source:
    """What a module's text tells; each name with its line."""

    imports: tuple[tuple[str, int], ...]
    attributes: tuple[tuple[str, int], ...]
    texts: tuple[tuple[str, int], ...]
    clients: tuple[tuple[str, int], ...]


def calls_of(entry: str, roots: Sequence[Path], project: Path) -> set[Call]:
    """The calls of a function.

    Args:
        entry: the module with the handler.
        roots: the folders that modules are imported from.
        project: what places are named relative to.
    """
    modules = reachable(entry, roots)
    if CLIENTS not in modules:
        return set()
    services = _services(modules.pop(CLIENTS))
    sources = {file.relative_to(project).as_posix(): _source(file) for file in modules.values()}
    handed_out = [
        (*services[name], f"{file}:{line}") for file, source in sources.items() for name, line in source.clients
    ]
    calls = {
        Call(service, operation, where)
        for service, provider, where in handed_out
        if provider
        for operation in fetched_by(provider, service)
    }
    bare = {service for service, provider, _ in handed_out if not provider}
    not_followed = {name for _, provider, _ in handed_out if provider for name in _more_than_get(provider)}
    for file, source in sources.items():
        _refuse_what_is_not_followed(file, source, {"get_waiter", *not_followed})
        for name, line in (*source.attributes, *source.texts):
            calls |= {
                Call(service, methods(service)[name], f"{file}:{line}") for service in bare if name in methods(service)
            }
    return calls


def reachable(entry: str, roots: Sequence[Path]) -> dict[str, Path]:
    """The modules of our own that are imported from the entry on, inside functions too; types alone do not count."""
    found: dict[str, Path] = {}
    open_ends = [entry]
    while open_ends:
        name = open_ends.pop()
        file = _file_of(name, roots)
        if file is None or name in found:
            continue
        found[name] = file
        open_ends += [name.rpartition(".")[0]] if "." in name else []
        open_ends += [imported for imported, _ in _source(file).imports]
    if entry not in found:
        raise Unreadable(f"there is no module {entry} in {', '.join(map(str, roots))}")
    return found


@cache
def methods(service: str) -> Mapping[str, str]:
    """boto3's methods of a service, and the operations that they stand for."""
    mapping: dict[str, str] = _client(service).meta.method_to_api_mapping
    return mapping


@cache
def fetched_by(provider: str, service: str) -> frozenset[str]:
    """The operations that a provider of Powertools calls to get one value: it is let do so, but nothing is sent."""
    asked: set[str] = set()

    def stop(model: Any, **_: object) -> None:
        asked.add(model.name)
        raise NotSentError

    client = _client(service)
    client.meta.events.register("before-call", stop)
    with suppress(GetParameterError):
        getattr(importlib.import_module(PROVIDERS), provider)(boto3_client=client).get("a-name")
    if not asked:
        raise Unreadable(f"{provider} asked {service} for nothing")
    return frozenset(asked)


class NotSentError(Exception):
    """In the place of an answer."""


def _more_than_get(provider: str) -> set[str]:
    kind = getattr(importlib.import_module(PROVIDERS), provider)
    return {name for name in vars(kind) | vars(kind.__base__) if not name.startswith("_")} - {"get"}


def _client(service: str) -> Any:
    return _session().client(service)  # type: ignore[call-overload]  # the service is a variable


@cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1")


@cache
def _known_services() -> frozenset[str]:
    return frozenset(_session().get_available_services())


def _services(file: Path) -> dict[str, tuple[str, str | None]]:
    """For each function that hands out a client: the service, and the provider in front of it if there is one."""
    services: dict[str, tuple[str, str | None]] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        named = {text for text, _ in _texts(node)} & _known_services()
        imported = [name.rpartition(".") for name, _ in _imports(node)]
        providers = {name for module, _, name in imported if module == PROVIDERS}
        if len(named) != 1 or len(providers) > 1:
            raise Unreadable(f"{file}:{node.lineno}: {node.name} has to name one service, and one provider at most")
        services[node.name] = (named.pop(), providers.pop() if providers else None)
    return services


def _refuse_what_is_not_followed(file: str, source: Source, names: set[str]) -> None:
    for imported, line in source.imports:
        if imported.partition(".")[0] in CAN_CALL_AWS and not any(
            f"{imported}.".startswith(f"{name}.") or name.startswith(f"{imported}.") for name in CALLS_NOBODY
        ):
            raise Unreadable(f"{file}:{line}: {imported} is imported; AWS is called by way of {CLIENTS} alone")
    for name, line in source.attributes:
        if name in names:
            raise Unreadable(f"{file}:{line}: what {name}() calls is not followed here")


def _source(file: Path) -> Source:
    return _read(file.read_text(encoding="utf-8"))


@cache
def _read(text: str) -> Source:
    tree = ast.parse(text)
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    imports = tuple(_imports(tree))
    module = CLIENTS.rpartition(".")[2]
    return Source(
        imports=imports,
        attributes=tuple((node.attr, node.lineno) for node in attributes),
        texts=tuple(_texts(tree)),
        clients=(
            *((node.attr, node.lineno) for node in attributes if ast.unparse(node.value) in (module, CLIENTS)),
            *((name.removeprefix(f"{CLIENTS}."), line) for name, line in imports if name.startswith(f"{CLIENTS}.")),
        ),
    )


def _texts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """What is imported, and by which line; `from a import b` may mean the module `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _imports(ast.Module(node.orelse, []))
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise Unreadable(f"line {node.lineno}: {ast.unparse(node)}: relative imports are not followed here")
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        else:
            yield from _imports(node)


def _file_of(module: str, roots: Sequence[Path]) -> Path | None:
    path = Path(*module.split("."))
    candidates = (root / end for root in roots for end in (path.with_suffix(".py"), path / "__init__.py"))
    return next((file for file in candidates if file.is_file()), None)
