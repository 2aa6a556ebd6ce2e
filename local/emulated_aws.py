"""AWS on this machine: ministack, started on a free port and thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

REGION = "us-east-1"
_STARTS_WITHIN_SECONDS = 30


class EmulatedAws:
    """The emulator's process; a context manager.

    Args:
        port: where it listens; 0 takes a free one.
        enforce_policies: whether everybody, functions too, may do only what their policies allow.
    """

    def __init__(self, port: int = 0, *, enforce_policies: bool = False) -> None:
        self.port = port or free_port()
        self._enforce_policies = enforce_policies
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def url(self) -> str:
        """Its endpoint, as AWS_ENDPOINT_URL wants it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What an AWS SDK or the SAM CLI needs in its environment to go there and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,  # profiles of this machine stay out of it
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @property
    def log(self) -> Path:
        """What the emulator prints."""
        if self._folder is None:
            raise RuntimeError("the emulated AWS was not started")
        return self._folder / "ministack.log"

    def __enter__(self) -> Self:
        # In memory where there is such a place: unpacking layers there is several times faster than on disk.
        memory = Path("/dev/shm")  # noqa: S108  # a place, not a file of predictable name
        self._folder = Path(tempfile.mkdtemp(prefix="emulated-aws-", dir=memory if memory.is_dir() else None))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "BIND_HOST": "127.0.0.1",  # it would listen on every interface
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": REGION,
            "AUTH": str(self._enforce_policies).lower(),
            "TMPDIR": str(self._folder),
        }
        with self.log.open("wb") as log:
            # Its own session: a Ctrl-C in the terminal is for us, who then end it in order.
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [Path(sys.executable).with_name("ministack")],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _wait_until_ready(self) -> None:
        process, health = self._process, f"{self.url}/_ministack/health"
        give_up_at = time.monotonic() + _STARTS_WITHIN_SECONDS
        while time.monotonic() < give_up_at:
            if process is None or process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(health, timeout=1):  # noqa: S310  # loopback
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"the emulated AWS does not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            with suppress(ProcessLookupError):  # functions run in processes of their own, which may outlive it
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
