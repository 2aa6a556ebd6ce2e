"""A server on this machine that answers with any bytes at any pace, as no HTTP library would."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import BinaryIO, Self

Script = Callable[[bytes], Iterator[bytes]]
"""From the head of a request to the bytes that are sent back, piece by piece."""


class HostileServer:
    """Serves one script, each connection in a thread of its own; a context manager.

    Args:
        keeps_connections: takes more than one request from a connection, rather than to end it after its answer.

    Attributes:
        heads: of all requests, from the request line to the empty line.
        connections: how many there were.
    """

    def __init__(self, script: Script, *, keeps_connections: bool = False) -> None:
        self._script = script
        self._keeps_connections = keeps_connections
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.heads: list[bytes] = []
        self.connections = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def request_lines(self) -> list[str]:
        """Method and target of each request, as they came over the line."""
        return [head.split(b" HTTP/")[0].decode() for head in self.heads]

    def pause(self, seconds: float) -> None:
        """Waits, but not longer than until the server stops."""
        self._stopping.wait(seconds)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        socket.create_connection(self._listener.getsockname()).close()  # closing alone does not wake accept()
        self._accepting.join(5)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as incoming, contextlib.suppress(OSError):  # a client may hang up
            while self._serve_one(connection, incoming) and self._keeps_connections:
                pass

    def _serve_one(self, connection: socket.socket, incoming: BinaryIO) -> bool:
        head = b""
        while (line := incoming.readline()) not in {b"\r\n", b""}:
            head += line
        if not head:
            return False
        length = re.search(rb"(?i)^content-length: *([0-9]+)", head, re.MULTILINE)
        incoming.read(int(length[1]) if length else 0)
        self.heads.append(head)
        for piece in self._script(head):
            if self._stopping.is_set():
                return False
            connection.sendall(piece)
        return True
