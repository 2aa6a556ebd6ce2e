"""The integration action: what the platform calls a Data Action, with a configuration and a timeout of its own.

The document kept here is the one a person would write: the Velocity templates stand in the configuration, where a PATCH
takes them. Clients see it without them (`described`) and fetch each by its address. Names of fields are those of the
official SDKs' models Action, ActionConfig, RequestConfig and ResponseConfig.
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

    def described(self, *, config: bool, contract: bool) -> dict[str, Any]:
        """The action as clients see it: addresses in place of templates, and only the parts that they ask for."""
        document = self.document()
        address = f"{PATH}/{self.action_id}"
        for file_name, (part, member) in _TEMPLATES.items():
            section = document["config"].get(part)
            if isinstance(section, dict):
                section.pop(member, None)
                section[f"{member}Uri"] = f"{address}/templates/{file_name}"
        left_out = {name for name, wanted in (("config", config), ("contract", contract)) if not wanted}
        return {**{name: value for name, value in document.items() if name not in left_out}, "selfUri": address}

    def why_not_editable(self) -> str | None:
        """Why no PATCH may change it, in words; None if one may."""
        if self.action_id.startswith("static"):
            return f"Action {self.action_id} is static: it comes with its integration and cannot be changed."
        if self.is_authentication:
            return f"Action {self.action_id} is an authentication action and cannot be changed."
        if "function data action" in self.category.lower():
            return f"Action {self.action_id} is a function action: change and publish its draft instead."
        return None

    @property
    def is_authentication(self) -> bool:
        """Whether an integration uses it to log in; nobody executes such an action otherwise."""
        return self.action_id.startswith("customAuth") or "authentication" in self.category.lower()


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
