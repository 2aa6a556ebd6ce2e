"""Pooled connections on which an answer is over by a deadline, however slowly the server sends it.

A timeout of a socket counts from byte to byte. A server that sends a byte now and then, in a header, in the size of a
chunk or in compressed data that say nothing, keeps to it for hours: so each read below http.client asks the deadline.
"""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from genesys_cloud.deadline import Deadline


class _ThisThread(threading.local):
    answer_by: Deadline | None = None


_this_thread = _ThisThread()


@contextmanager
def answering_by(deadline: Deadline) -> Iterator[None]:
    """Within it, an answer that this thread begins to read raises TimeoutError if the deadline comes before its end."""
    before, _this_thread.answer_by = _this_thread.answer_by, deadline
    try:
        yield
    finally:
        _this_thread.answer_by = before


class _UntilDeadline(io.RawIOBase):
    """What a server sends. A read waits for as long as the socket's timeout says, but not beyond the deadline."""

    def __init__(self, sock: socket.socket, stream: io.RawIOBase, deadline: Deadline) -> None:
        self._sock = sock
        self._stream = stream
        self._deadline = deadline
        self._longest_pause = sock.gettimeout()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """As a socket's; raises TimeoutError at the deadline."""
        left = self._deadline.left()
        if left <= 0:
            raise TimeoutError("still sending at the deadline")
        self._sock.settimeout(left if self._longest_pause is None else min(self._longest_pause, left))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        """Closes what it reads from."""
        self._stream.close()
        super().close()


class _PunctualResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        deadline = _this_thread.answer_by
        if deadline is not None:
            self.fp = io.BufferedReader(_UntilDeadline(sock, self.fp.detach(), deadline))

    def begin(self) -> None:
        super().begin()
        for name in ("Set-Cookie", "Set-Cookie2"):  # kept they are not, and to read many of them takes seconds
            del self.headers[name]


class _PunctualConnection(HTTPConnection):
    response_class = _PunctualResponse


class _PunctualSecureConnection(HTTPSConnection):
    response_class = _PunctualResponse


class ConnectionPool(HTTPConnectionPool):
    """Of one host, by plain http. Errors name it by its class, to operators too."""

    ConnectionCls = _PunctualConnection


class SecureConnectionPool(HTTPSConnectionPool):
    """Of one host, by https."""

    ConnectionCls = _PunctualSecureConnection


class PunctualAdapter(HTTPAdapter):
    """Makes such connections, directly and through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """What makes the direct ones."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": ConnectionPool, "https": SecureConnectionPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """What makes those through this proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": ConnectionPool, "https": SecureConnectionPool}
        return manager
