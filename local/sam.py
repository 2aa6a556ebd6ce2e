"""The SAM CLI: builds template.yaml and deploys it to the emulated AWS, as it would to an account."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
STACK = "genesys-timeout-raiser-local"
ALARM_ROUTES_PARAMETER = f"/{STACK}/alarm-routes"
"""The SSM parameter that the deployed function reads; whoever deploys puts it."""
_ALARM_POLICY = (
    r'"{\"headroom_percent\": 50, \"raise_by_percent\": 50, \"cooldown_seconds\": 300, \"restore_on_ok\": true}"'
)
"""The template's own default, and that timeouts go back; as SAM takes JSON for a parameter."""
MEASURED_ORGANIZATION = "platform"
"""The one that the deployed latency probe measures."""
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
BUILD = PROJECT / ".local" / _PYTHON
"""Where it is built: bytecode fits one Python, so a build for another one is another build."""


class SamFailed(RuntimeError):
    """A SAM command failed; the message has its output."""


def build() -> None:
    """Builds function and layers with this interpreter; what did not change is taken from the last build."""
    _sam(
        ["build", "--config-env", "local", "--build-dir", str(BUILD / "build"), "--cache-dir", str(BUILD / "cache")],
        os.environ,
    )


def deploy(aws: Mapping[str, str]) -> None:
    """Deploys what was built.

    Args:
        aws: the environment that leads to the emulated AWS.
    """
    architecture = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
    _sam(
        [
            "deploy",
            "--config-file",  # SAM would look for it beside the built template
            str(PROJECT / "samconfig.toml"),
            "--config-env",
            "local",
            "--template-file",
            str(BUILD / "build" / "template.yaml"),
            "--no-progressbar",
            "--parameter-overrides",
            f"PythonRuntime={_PYTHON}",
            f"Architecture={architecture}",
            f"AlarmRoutesParameter={ALARM_ROUTES_PARAMETER}",
            f"ProbeOrganizations={MEASURED_ORGANIZATION}",
            f"DefaultAlarmPolicy={_ALARM_POLICY}",
        ],
        {**os.environ, **aws},
    )


def _sam(arguments: list[str], environment: Mapping[str, str]) -> None:
    sam = PROJECT / ".venv-sam" / "bin" / "sam"
    here = Path(sys.executable).parent  # has python3.X, which `sam build` looks for by that name
    done = subprocess.run(  # noqa: S603
        [sam, *arguments],
        cwd=PROJECT,
        env={
            **environment,
            "PATH": f"{here}{os.pathsep}{environment.get('PATH', os.defpath)}",
            "RUNTIME_PYTHON": sys.executable,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "1",
            "PYTHONWARNINGS": "ignore",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SamFailed(f"sam {arguments[0]} ended with {done.returncode}:\n{done.stdout[-4000:]}")
