"""Servers that answer slowly, endlessly, too much, or what is no HTTP: no attempt outlives its deadline, nothing leaks.

Real sockets and real time, for what is tested stands below everything that could be faked; so the deadlines are short.
"""

from __future__ import annotations

import gzip
import json
import logging
import time
import zlib
from collections.abc import Iterator
from itertools import repeat

import pytest
import requests
from requests.auth import HTTPBasicAuth

from aws_support.logs import make_logger
from fakes import Watcher
from genesys_cloud.deadline import Deadline
from genesys_cloud.errors import Unavailable
from genesys_cloud.transport import MOST_BODY_BYTES, Answer, Transport, pooled_session
from hostile_server import HostileServer

SECONDS = 0.6
"""From the first byte to the deadline; a script that went on for longer than that has been cut off."""
GRACE_SECONDS = 0.6
"""A busy machine's."""
PAUSE_SECONDS = 0.05
MANY = 400
AUTH = HTTPBasicAuth("client", "hush-hush-secret")


def attempt(url: str, http: requests.Session | None = None, *, seconds: float = SECONDS) -> Answer:
    own = http or pooled_session(2)
    transport = Transport(own, Deadline(seconds), connect_timeout=0.5, read_timeout=0.5, observer=Watcher())
    try:
        return transport.attempt("GET", f"{url}/api/v2/flows/f", auth=AUTH)
    finally:
        if http is None:
            own.close()


def message_of(server: HostileServer, *, seconds: float = SECONDS) -> str:
    with pytest.raises(Unavailable) as unavailable:
        attempt(server.url, seconds=seconds)
    return unavailable.value.message


# -- slowly ------------------------------------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""Of deflate: it is a block, and says nothing."""
SLOWLY: dict[str, tuple[bytes, bytes]] = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "header": (OK + b"X-Long: ", b"x"),
    "headers": (OK, b"X: y\r\n"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (OK + b"Content-Length: 100000\r\n\r\n", b" "),
    "body that ends with the connection": (OK + b"Connection: close\r\n\r\n", b" "),
    "body of an old protocol": (b"HTTP/1.0 200 OK\r\n\r\n", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "size of a chunk": (CHUNKED, b"0"),
    "extension of a chunk": (CHUNKED + b"1;", b"x"),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n"),
    "compressed nothing": (
        OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"")[:10],
        EMPTY_BLOCK,
    ),
}


@pytest.mark.parametrize("what", SLOWLY)
def test_what_drips_is_cut_off_at_the_deadline(what: str) -> None:
    begin, drop = SLOWLY[what]

    def drip(_head: bytes) -> Iterator[bytes]:
        yield begin
        for _ in range(MANY):
            server.pause(PAUSE_SECONDS)
            yield drop

    with HostileServer(drip) as server:
        started = time.monotonic()
        message_of(server)
        assert SECONDS - 0.1 < time.monotonic() - started < SECONDS + GRACE_SECONDS


@pytest.mark.parametrize("headers", [b"Content-Length: 9\r\n\r\n", b"Connection: close\r\n\r\n"])
def test_a_pause_is_cut_to_what_is_left_then(headers: bytes) -> None:
    def stall(_: bytes) -> Iterator[bytes]:
        yield OK + headers + b"{"
        server.pause(0.25)
        yield b" "
        server.pause(0.25)
        yield b" "
        server.pause(5)

    with HostileServer(stall) as server:
        started = time.monotonic()
        message_of(server)
        assert time.monotonic() - started < SECONDS + 0.3


def test_what_is_slow_but_in_time_is_read_whole_and_its_connection_kept() -> None:
    def slow(_head: bytes) -> Iterator[bytes]:
        for byte in CHUNKED + b"2;x\r\n{}\r\n0\r\nX: y\r\n\r\n":
            server.pause(0.002)
            yield bytes([byte])

    with HostileServer(slow, keeps_connections=True) as server, pooled_session(2) as http:
        for _ in range(2):
            assert attempt(server.url, http, seconds=5).body == b"{}"
        assert server.connections == 1


# -- too much ----------------------------------------------------------------------------------------------------------

A_MEGABYTE = b" " * 1_000_000


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(piece) for piece in repeat(A_MEGABYTE, megabytes)) + packer.flush()


def twice(megabytes: int) -> bytes:
    return gzip.compress(bomb(megabytes))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", None),
        ("gzip", bomb(60)),
        ("gzip, gzip", twice(60)),
        ("deflate", zlib.compress(b"0" * 50_000_000)),
    ],
    ids=["plain", "gzip", "gzip in gzip", "deflate"],
)
def test_a_body_beyond_all_measure_is_not_read_to_its_end(encoding: str, body: bytes | None) -> None:
    sent = 0

    def flood(_: bytes) -> Iterator[bytes]:
        nonlocal sent
        yield OK + b"Content-Encoding: " + encoding.encode() + b"\r\nConnection: close\r\n\r\n"
        for piece in repeat(A_MEGABYTE, 300) if body is None else [body]:
            sent += len(piece)
            yield piece

    with HostileServer(flood) as server:
        assert f"larger than {MOST_BODY_BYTES} bytes" in message_of(server, seconds=20)
    assert sent < 4 * MOST_BODY_BYTES


def test_a_body_as_large_as_may_be_is_read() -> None:
    def large(_: bytes) -> Iterator[bytes]:
        yield OK + b"Content-Length: %d\r\n\r\n" % MOST_BODY_BYTES + b" " * MOST_BODY_BYTES

    with HostileServer(large) as server:
        assert len(attempt(server.url, seconds=20).body) == MOST_BODY_BYTES


@pytest.mark.parametrize("name", ["X", "Set-Cookie", "Set-Cookie2", "Content-Type"])
@pytest.mark.parametrize("value", ["x" * 60_000, "a=b; " * 12_000, '"' * 60_000], ids=["long", "many", "quotes"])
def test_headers_beyond_all_measure_cost_little(name: str, value: str) -> None:
    head = OK + f"{name}: {value}\r\n".encode() * 90 + b"Content-Length: 2\r\n\r\n{}"
    with HostileServer(lambda _: iter([head])) as server:
        started = time.process_time()
        assert attempt(server.url, seconds=10).body == b"{}"
        assert time.process_time() - started < 1.5  # with the cookies read it would be 3 or more


def test_more_headers_than_are_read_are_no_answer() -> None:
    with HostileServer(lambda _: iter([OK + b"X: y\r\n" * 200 + b"\r\n"])) as server:
        assert "HTTPException" in message_of(server)


# -- what is no HTTP ---------------------------------------------------------------------------------------------------

TOKEN = "hush-hush-token"
QUOTING: dict[str, str] = {
    "status line": "HTTP/9 {}\r\n\r\n",
    "no status line": "{}\r\n\r\n",
    "no status": "HTTP/1.1 {} OK\r\n\r\n",
    "header without a colon": "HTTP/1.1 200 OK\r\n{}\r\nX: y\r\nContent-Length: 0\r\n\r\n",
    "header with a blank": "HTTP/1.1 200 OK\r\nX y {}: z\r\nX: y\r\nContent-Length: 0\r\n\r\n",
    "lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\nContent-Length: {}\r\n\r\n",
    "length": "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
    "size of a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
    "encoding": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, {}\r\n\r\nabcdefghijklmnop",
    "encodings": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip,gzip,gzip,gzip,gzip,gzip,{}\r\n\r\nabcdefghijklmnop",
    "body of an encoding that is none": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}",
    "transfer encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: {}\r\n\r\n{}",
    "cookie": "HTTP/1.1 200 OK\r\nSet-Cookie: {}; expires={}; version={}\r\nContent-Length: 0\r\n\r\n",
    "way elsewhere": "HTTP/1.1 302 Found\r\nLocation: http://[{}\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("what", QUOTING)
def test_what_is_no_http_is_told_without_its_words(what: str, caplog: pytest.LogCaptureFixture) -> None:
    make_logger("timeout-raiser", "DEBUG")
    caplog.set_level(logging.DEBUG)
    text = QUOTING[what].replace("{}", f"Bearer {TOKEN}").encode()
    told = ""
    with HostileServer(lambda _: iter([text])) as server:
        try:
            attempt(server.url)
        except Unavailable as error:
            told = error.message
    assert TOKEN[:4] not in told + caplog.text
    assert len(told) < 500


def test_what_the_network_says_is_told() -> None:
    with HostileServer(lambda _: iter([])) as server:
        assert "RemoteDisconnected: Remote end closed connection without response" in message_of(server)
        address = server.url
    with pytest.raises(Unavailable, match="Connection refused"):
        attempt(address)


@pytest.mark.parametrize("length", ["-5", "99", "0", "x", "1e3", "٣", "9" * 5000])
def test_a_length_that_is_wrong_gives_what_came_or_no_answer(length: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: " + length.encode() + b"\r\n\r\n" + json.dumps({"a": 1}).encode()
    with HostileServer(lambda _: iter([answer])) as server:
        if length == "99":
            assert "IncompleteRead" in message_of(server)
        else:
            assert attempt(server.url).body == (b"" if length == "0" else b'{"a": 1}')
