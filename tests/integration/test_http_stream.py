# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are sent while they are made, and clients that leave amid the work, over raw sockets."""
import socket

import pytest
from raw_http import request, start


@pytest.fixture
def quick(tmp_path):
    """A server whose sweeper looks often."""
    f = start(tmp_path, "sweep_ms=20", "idle_ms=1000")
    yield f
    f.stop()


def read_all(f, data):
    with f.client() as c:
        c.send(data)
        while c.more():
            pass
        return c.data


def unchunk(body):
    """The body, and whether it was whole."""
    out = b""
    while body:
        size, body = body.split(b"\r\n", 1)
        n = int(size, 16)
        if n == 0:
            return out, body == b"\r\n"
        out, body = out + body[:n], body[n + 2:]
    return out, False


def numbers(n):
    return b"".join(b"%d\n" % i for i in range(n))


def test_a_stream_comes_in_chunks(quick):
    head, body = read_all(quick, request("GET", "/api/stream?n=500")).split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nTransfer-Encoding: chunked" in head
    assert b"\r\nConnection: close" in head and b"\r\nContent-Type: text/plain" in head
    assert b"Content-Length" not in head
    for name in (b"X-Request-Id", b"X-Content-Type-Options: nosniff", b"Cache-Control: no-store"):
        assert head.count(b"\r\n" + name) == 1, name
    assert unchunk(body) == (numbers(500), True)
    assert read_all(quick, request("GET", "/api/stream?n=0")).endswith(b"\r\n\r\n0\r\n\r\n")


def test_http_1_0_gets_no_chunks(quick):
    head, body = read_all(quick, request("GET", "/api/stream?n=5", version="HTTP/1.0")).split(
        b"\r\n\r\n", 1)
    assert b"chunked" not in head and body == numbers(5)


def test_a_stream_that_fails_is_cut_off(quick):
    head, body = read_all(quick, request("GET", "/api/stream?n=100000")).split(b"\r\n\r\n", 1)
    assert b" 200 " in head and unchunk(body) == (numbers(100000), False)
    quick.until(lambda: "words about a broken stream" in quick.log())
    assert b"words" not in body


def test_a_client_that_leaves_amid_a_stream(quick):
    c = quick.client()
    c.send(request("GET", "/api/stream?n=99999"))
    assert c.more()
    c.sock.close()
    quick.until(lambda: "stream" in quick.log())
    assert quick.get("/api/ping").status == 200


def test_a_client_that_reads_nothing_of_a_stream(quick):
    """It is given up, and its thread works for others again."""
    clients = [quick.client() for _ in range(3)]
    for c in clients:
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.send(request("GET", "/api/stream?n=99999"))
    quick.until(lambda: quick.log().count("stream") >= 3)
    for c in clients:
        c.sock.close()
    assert quick.get("/api/ping").status == 200


def test_work_for_a_client_that_has_gone_is_noticed(quick):
    c = quick.client()
    c.send(request("GET", "/api/gone"))
    quick.until(lambda: "working" in quick.log())
    c.sock.close()
    quick.until(lambda: "noticed" in quick.log())


def test_a_second_request_of_a_connection_is_not_gone_at_once(quick):
    with quick.client() as c:
        c.send(request("GET", "/api/ping"))
        assert c.answer().status == 200
        c.send(request("GET", "/api/wait?n=300"))
        assert c.answer().status == 200


def test_shutdown_ends_work_for_clients(tmp_path):
    f = start(tmp_path, "grace_ms=50")
    with f.client() as c:
        c.send(request("GET", "/api/gone"))
        f.until(lambda: "working" in f.log())
        f.stop()
    assert "noticed" in f.log()
