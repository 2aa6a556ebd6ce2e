"""HTTP/1.1 over sockets: keep-alive, one thread per connection, every answer in one write."""

import contextlib
import http.client
import socket
import struct
import threading
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qsl, urlsplit

from genesys_simulator.messages import Refusal, Request, Response, genesys_error

_MAX_LINE_BYTES = 65_536
_DRIP_INTERVAL_SECONDS = 0.02
_STOP_PATIENCE_SECONDS = 5.0


class HttpServer:
    """Serves `answer` on 127.0.0.1; port 0 picks a free one.

    It may be stopped and started again, on the same port: an outage.
    """

    def __init__(self, answer: Callable[[Request], Response], port: int) -> None:
        self._answer = answer
        self._port = port
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}

    @property
    def port(self) -> int:
        """The port, known since the first start."""
        return self._port

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._listener is not None

    def start(self) -> None:
        """Returns when it listens. Raises OSError when the port is taken."""
        self._stopping.clear()
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=256)
        self._port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(
            target=self._accept, args=(self._listener,), name="genesys-simulator", daemon=True
        )
        self._accepting.start()

    def stop(self) -> None:
        """Closes the port and every connection, and waits for their threads.

        Calls under way are worked off, without their delays, but nobody hears of them.
        """
        listener, self._listener = self._listener, None
        if listener is None or self._accepting is None:
            return
        # Closing a socket does not wake an accept() that waits on it; a last visitor does.
        socket.create_connection(("127.0.0.1", self._port)).close()
        self._accepting.join(_STOP_PATIENCE_SECONDS)
        listener.close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            _hang_up(connection)
        self._stopping.set()  # not before, or calls that wait would be answered
        for thread in connections:
            thread.join(_STOP_PATIENCE_SECONDS)

    def pause(self, seconds: float) -> None:
        """Waits, but not longer than until the server stops."""
        if seconds > 0:
            self._stopping.wait(seconds)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            if self._listener is not listener:
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="genesys-simulator-connection", daemon=True
            )
            with self._lock:
                self._connections[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as incoming:
                while self._serve_one(connection, incoming):
                    pass
        except OSError:
            pass  # the client hung up, as clients may
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def _serve_one(self, connection: socket.socket, incoming: BinaryIO) -> bool:
        """Serves one request; whether another may follow on this connection."""
        try:
            request = _read_request(connection, incoming)
        except Refusal as refusal:
            response = genesys_error(refusal, str(uuid.uuid4())).with_headers({"Connection": "close"})
            connection.sendall(_head(response) + response.body)
            return False
        if request is None:
            return False
        response = self._answer(request)
        if response.lost:
            _reset(connection, incoming)
            return False
        keep_alive = request.headers.get("connection", "").lower() != "close" and not response.cut_off
        if not keep_alive and not response.cut_off:
            response = response.with_headers({"Connection": "close"})
        self._send(connection, response)
        return keep_alive

    def _send(self, connection: socket.socket, response: Response) -> None:
        body = response.body[: len(response.body) // 2] if response.cut_off else response.body
        if not response.drip_seconds:
            connection.sendall(_head(response) + body)
            return
        connection.sendall(_head(response))
        size = max(1, round(len(body) * _DRIP_INTERVAL_SECONDS / response.drip_seconds))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            self.pause(response.drip_seconds / len(pieces))
            connection.sendall(piece)


def _read_request(connection: socket.socket, incoming: BinaryIO) -> Request | None:
    """The next request, None when the client has left. Raises Refusal for what is not HTTP with a Content-Length."""
    line = incoming.readline(_MAX_LINE_BYTES)
    if not line:
        return None
    try:
        method, target, protocol = line.decode("latin-1").split()
        url = urlsplit(target)
        headers = {name.lower(): value for name, value in http.client.parse_headers(incoming).items()}
        length = int(headers.get("content-length", "0"))
    except (ValueError, http.client.HTTPException):
        raise Refusal(400, "This is not an HTTP request.") from None
    if "transfer-encoding" in headers or length < 0:
        raise Refusal(411, "A body needs a Content-Length.", code="length.required")
    if protocol == "HTTP/1.0":
        headers["connection"] = "close"
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = incoming.read(length)
    if len(body) < length:
        return None
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, body, str(uuid.uuid4()))


def _head(response: Response) -> bytes:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = response.with_headers(
        {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(response.body))}
    ).headers
    lines = [f"HTTP/1.1 {response.status} {phrase}", *[f"{name}: {value}" for name, value in headers.items()], "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        connection.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket, incoming: BinaryIO) -> None:
    # Lingering for zero seconds makes close() send RST instead of FIN; the reader shares the socket, so it goes first.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    incoming.close()
    connection.close()
