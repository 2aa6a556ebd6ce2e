"""The official SDK takes the simulator for Genesys Cloud. It needs an environment of its own, requirements/sdk.txt."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genesys_simulator import GenesysSimulator

PROJECT = Path(__file__).parents[2]
SDK_PYTHON = Path(os.environ.get("SDK_PYTHON", PROJECT / ".venv-sdk" / "bin" / "python"))
PATIENCE_SECONDS = 120

CUSTOM, FUNCTION, FLOW, LOCKED = "custom_-_1", "custom_-_2", "flow-1", "flow-2"
CONFIGURATION = {
    "name": "Billing",
    "type": "inboundcall",
    "flowSequenceItemList": [
        {
            "__type": "Task",
            "id": "task",
            "actionList": [
                {
                    "__type": "DataAction",
                    "id": "step",
                    "trackingId": 3,
                    "name": "Call Data Action",
                    "actionId": CUSTOM,
                    "actionName": "Get Balance",
                    "useSuggestedTimeout": True,
                }
            ],
        }
    ],
}


def put_all(genesys: GenesysSimulator) -> None:
    request = {"requestUrlTemplate": "https://crm.example", "requestType": "POST"}
    config = {"request": {**request, "requestTemplate": '{"id": "${input.id}"}'}, "timeoutSeconds": 5}
    genesys.put_action(CUSTOM, "Get Balance", version=7, config=config)
    genesys.put_action(FUNCTION, "Score", category="Function Data Actions")
    genesys.put_architect_flow(FLOW, CONFIGURATION, publish_polls=3)
    genesys.put_architect_flow(LOCKED, CONFIGURATION, name="Locked", locked_user="anna")
    genesys.put_executions(CUSTOM, datetime(2026, 1, 31, 10, 2, 30, tzinfo=UTC), 900, 4100)


@pytest.mark.skipif(not SDK_PYTHON.exists(), reason=f"needs the official SDK: no {SDK_PYTHON}")
def test_the_official_sdk_understands_every_answer(tmp_path: Path) -> None:
    with GenesysSimulator() as genesys:
        put_all(genesys)
        check = subprocess.run(
            [SDK_PYTHON, Path(__file__).with_name("check_simulator.py"), genesys.url],
            env={"HOME": str(tmp_path), "PATH": os.defpath},  # the SDK reads a configuration in the home directory
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert check.returncode == 0, check.stdout + check.stderr
        assert genesys.action(CUSTOM).timeout_seconds == 45
        assert genesys.action(FUNCTION).function_timeout_seconds == 12
        assert genesys.architect_flow(FLOW).configuration() == {**CONFIGURATION, "description": "changed"}
        assert genesys.architect_flow(LOCKED).locked_user is None
