"""The integration action: what the platform calls a Data Action, with a configuration and a timeout of its own.

The document kept here is the one a person would write: the Velocity templates stand in the configuration, where a PATCH
takes them. Clients see it without them (`described`) and fetch each by its address. A function action has its Function
in there, too, which clients see apart. Names of fields are those of the official SDKs' models Action, ActionConfig,
RequestConfig, ResponseConfig and Function.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from genesys_simulator import json_text

PATH = "/api/v2/integrations/actions"

MAX_TIMEOUT_SECONDS = 60

_TEMPLATES = {
    "requesttemplate.vm": ("request", "requestTemplate"),
    "successtemplate.vm": ("response", "successTemplate"),
}
"""Where each template file stands in the configuration: (part, member). Its address stands there under {member}Uri."""


@dataclass(frozen=True)
class Action:
    """An integration action at one version; `body` is the document as JSON, templates included."""

    action_id: str
    name: str
    category: str
    version: int
    body: bytes = field(repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """An action from the document that `document()` gives."""
        identity = (document["id"], document["name"], document["category"], document["version"])
        return cls(*identity, json_text.write(dict(document)))

    @property
    def document_id(self) -> str:
        """The action's id."""
        return self.action_id

    def document(self) -> dict[str, Any]:
        """The whole action, parsed anew: `config.request.requestTemplate` and `config.response.successTemplate` too."""
        return json_text.read_dict(self.body)

    @property
    def timeout_seconds(self) -> Any:
        """`config.timeoutSeconds` as it stands; None when none is set, and the platform's 60 hold."""
        return self.document()["config"].get("timeoutSeconds")

    @property
    def request_template(self) -> str:
        """The text of requesttemplate.vm."""
        return self.template("requesttemplate.vm")

    @property
    def success_template(self) -> str:
        """The text of successtemplate.vm."""
        return self.template("successtemplate.vm")

    def template(self, file_name: str) -> str:
        """The text of a template; empty where there is none. Raises KeyError for a file that no action has."""
        part, member = _TEMPLATES[file_name]
        section = self.document()["config"].get(part)
        return str(section.get(member, "")) if isinstance(section, dict) else ""

    @property
    def function(self) -> dict[str, Any] | None:
        """What a function action runs: `handler`, `runtime`, `zipId`, `timeoutSeconds`; None for any other action."""
        function = self.document().get("function")
        return function if isinstance(function, dict) else None

    @property
    def function_timeout_seconds(self) -> Any:
        """The function's `timeoutSeconds`; None when none is set (the platform's 15 hold) and for other actions."""
        return (self.function or {}).get("timeoutSeconds")

    def described(self, *, config: bool, contract: bool, address: str | None = None) -> dict[str, Any]:
        """The action as clients see it: addresses in place of templates, and only the parts that they ask for.

        `address` is where it stands, if not among the published actions.
        """
        document = self.document()
        document.pop("function", None)
        address = address or f"{PATH}/{self.action_id}"
        for file_name, (part, member) in _TEMPLATES.items():
            section = document["config"].get(part)
            if isinstance(section, dict):
                section.pop(member, None)
                section[f"{member}Uri"] = f"{address}/templates/{file_name}"
        left_out = {name for name, wanted in (("config", config), ("contract", contract)) if not wanted}
        return {**{name: value for name, value in document.items() if name not in left_out}, "selfUri": address}

    def why_not_editable(self) -> str | None:
        """Why no PATCH may change it, in words; None if one may."""
        if reason := self.why_fixed():
            return reason
        if is_function_category(self.category):
            return f"Action {self.action_id} is a function action: change and publish its draft instead."
        return None

    def why_fixed(self) -> str | None:
        """Why nothing may change it, not even by a draft; None if something may."""
        if self.action_id.startswith("static"):
            return f"Action {self.action_id} is static: it comes with its integration and cannot be changed."
        if self.is_authentication:
            return f"Action {self.action_id} is an authentication action and cannot be changed."
        return None

    @property
    def is_authentication(self) -> bool:
        """Whether an integration uses it to log in; nobody executes such an action otherwise."""
        return self.action_id.startswith("customAuth") or "authentication" in self.category.lower()


def is_function_category(category: str) -> bool:
    """Whether actions of this category are function actions, told as terraform-provider-genesyscloud does."""
    return "function data action" in category.lower().replace("_", " ").replace("-", " ")


def read_config(config: Any) -> dict[str, Any]:
    """A whole configuration as a client sends it, made ready to be kept. Raises ValueError for what is wrong with it.

    The templates' addresses are the platform's to say, and null means absent.
    """
    if not isinstance(config, dict):
        message = "config must be an object"
        raise ValueError(message)
    kept = {name: value for name, value in config.items() if value is not None}
    for part, member in _TEMPLATES.values():
        section = kept.get(part, {})
        if not isinstance(section, dict):
            message = f"config.{part} must be an object"
            raise ValueError(message)
        if not isinstance(section.get(member), str | None):
            message = f"config.{part}.{member} must be a string"
            raise ValueError(message)
        kept[part] = {name: value for name, value in section.items() if name != f"{member}Uri" and value is not None}
    seconds = kept.get("timeoutSeconds", MAX_TIMEOUT_SECONDS)
    if type(seconds) is not int or not 1 <= seconds <= MAX_TIMEOUT_SECONDS:
        said = json_text.write(seconds).decode()[:50]
        message = f"config.timeoutSeconds must be an integer from 1 to {MAX_TIMEOUT_SECONDS}, not {said}"
        raise ValueError(message)
    return kept
