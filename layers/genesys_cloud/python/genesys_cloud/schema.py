"""JSON Schemas that say what is wrong in an operator's words: the field, the kind of its value, the way out."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import fastjsonschema

EXPECTS = "x-expects"
"""Keyword of our schemas: what a field, or the fields together, must be. It ends the error's sentence."""

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
_ABOUT_FIELDS = {"type", "properties", "additionalProperties", EXPECTS}
_LONGEST_SHOWN = 60


class Schema:
    """A JSON Schema (the keywords that draft 7 and draft 2020-12 share), compiled when first needed.

    Args:
        definition: the schema. Each property, and each rule over several, carries `x-expects`.
        secret: values are never shown, only their kind.
    """

    def __init__(self, definition: Mapping[str, Any], *, secret: bool = False) -> None:
        self._definition = definition
        self._secret = secret
        self._properties: Mapping[str, Any] = definition["properties"]

    @cached_property
    def _stages(self) -> list[Callable[[object], object]]:
        """Field by field first: an unknown field explains a missing one better than the other way round."""
        fields = {key: value for key, value in self._definition.items() if key in _ABOUT_FIELDS}
        rules = {key: value for key, value in self._definition.items() if key not in _ABOUT_FIELDS}
        return [fastjsonschema.compile(part, use_default=False) for part in (fields, rules)]

    def problem(self, document: object, *, within: str = "") -> str | None:
        """What is wrong with the document, or None.

        Args:
            within: where the document stands in a larger one; it begins every field's name.
        """
        try:
            for validate in self._stages:
                validate(document)
        except fastjsonschema.JsonSchemaValueException as error:
            return self._explain(error, within)
        return None

    def _explain(self, error: fastjsonschema.JsonSchemaValueException, within: str) -> str:
        field = ".".join([*([within] if within else []), *(str(part) for part in error.path[1:])])
        expects = error.definition.get(EXPECTS)
        if error.rule == "additionalProperties":
            unknown = _unknown_field(error.value, self._properties)
            return f"{within} has the {unknown}" if within else unknown
        if error.rule == "required" and expects is None:
            missing = [name for name in error.rule_definition if name not in error.value]
            wanted = self._properties[missing[0]][EXPECTS]
            return f"{f'{within}.' if within else ''}{missing[0]} is missing: it must be {wanted}"
        if field:
            a_rule_over_fields = isinstance(error.value, dict) and error.rule != "type"
            return f"{field} must be {expects}" + ("" if a_rule_over_fields else f", not {self._shown(error.value)}")
        return f"{expects}" if isinstance(error.value, dict) else f"{self._shown(error.value)} is not {expects}"

    def _shown(self, value: object) -> str:
        if value is None:
            return "null"
        kind = _KINDS.get(type(value), "something else")
        if self._secret or isinstance(value, dict | list):
            return kind
        text = ascii(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        return f"{kind} ({text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + '…'})"


def _unknown_field(document: Mapping[str, object], properties: Mapping[str, object]) -> str:
    unknown = next(str(name) for name in document if name not in properties)
    shown = ascii(unknown[:_LONGEST_SHOWN])
    near = difflib.get_close_matches(unknown[:_LONGEST_SHOWN], list(properties), n=1, cutoff=0.5)
    way_out = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(properties)}"
    return f"unknown field {shown}; {way_out}"
