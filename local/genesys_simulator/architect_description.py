"""How Architect Flows, their versions and operations look to clients: as the official SDKs' models."""

import uuid
from typing import Any

from genesys_simulator.architect_flow import ArchitectFlow, Operation, Version

PATH = "/api/v2/flows"

_DIVISION_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, "Home"))


def describe_flow(flow: ArchitectFlow, *, tokens: bool) -> dict[str, Any]:
    """A Flow without its configuration; with `tokens`, what was saved shows only while there is unpublished work."""
    content: dict[str, Any] = {
        "id": flow.flow_id,
        "name": flow.name,
        "division": {"id": _DIVISION_ID, "name": "Home", "selfUri": f"/api/v2/authorization/divisions/{_DIVISION_ID}"},
        "type": flow.type,
        "active": flow.published is not None,
        "system": False,
        "deleted": False,
    }
    if flow.locked_user is not None:
        content["lockedUser"] = {"id": flow.locked_user, "selfUri": f"/api/v2/users/{flow.locked_user}"}
    if flow.locked_client is not None:
        content["lockedClient"] = _describe_client(flow.locked_client)
    shown_saved = None if tokens and flow.saved is flow.checked_in else flow.saved
    versions = (("published", flow.published), ("saved", shown_saved), ("checkedIn", flow.checked_in))
    for name, version in versions:
        if version is not None:
            content[f"{name}Version"] = describe_version(flow.flow_id, version)
    if flow.operation is not None:
        content["currentOperation"] = describe_operation(flow.operation)
    return {**content, "selfUri": f"{PATH}/{flow.flow_id}"}


def describe_version(flow_id: str, version: Version) -> dict[str, Any]:
    """A version, without its configuration."""
    address = f"{PATH}/{flow_id}/versions/{version.version_id}"
    content = {
        "id": version.version_id,
        "name": version.version_id,
        "commitVersion": version.version_id,
        "configurationVersion": version.version_id,
        "type": version.kind,
        "secure": False,
        "configurationUri": f"{address}/configuration",
        "dateCreated": version.created_milliseconds,
        "selfUri": address,
    }
    if version.client_id is not None:
        content["createdByClient"] = _describe_client(version.client_id)
    return content


def describe_operation(operation: Operation) -> dict[str, Any]:
    """An operation, as its start answers it and as `currentOperation` shows it."""
    content: dict[str, Any] = {
        "id": operation.operation_id,
        "complete": operation.complete,
        "errorDetails": [],
        "actionName": operation.action,
        "actionStatus": operation.status,
    }
    if operation.client_id is not None:
        content["client"] = _describe_client(operation.client_id)
    if operation.error_code is not None:
        content |= {"errorCode": operation.error_code, "errorMessage": operation.error_message}
    return content


def _describe_client(client_id: str) -> dict[str, Any]:
    return {"id": client_id, "name": client_id, "selfUri": f"/api/v2/oauth/clients/{client_id}"}
