# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP layer over raw sockets: slow clients, full queues, the end. Where a deadline of the server
is at stake, it is started with a short one, and the test waits for the end of the connection."""
import socket

import pytest
from raw_http import END, FORM, NEXT, WAIT_S, part, request, start, with_length

# --- Slow clients, full queues, shutdown --------------------------------------------------------------------

def test_slow_clients_are_cut(tmp_path):
    f = start(tmp_path, "header_ms=300", "body_window_ms=300", "drain_ms=300", "idle_ms=1000",
              "sweep_ms=20")
    slow = {
        "silent": b"",
        "half a head": b"GET /api/ping HTTP/1.1\r\nHost: x\r\nX-A: ",
        "half a body": request("POST", "/api/items/1", "Content-Length: 1000", body=b'{"na'),
        "half an upload": request("POST", "/api/upload", FORM, "Content-Length: 100000",
                                  body=part(b"file", b"x", b"x")),
        "idle": NEXT,
        "never ends the unwanted": request("POST", "/nothing", "Content-Length: 100000000"),
    }
    clients = {name: f.client() for name in slow}
    for name, data in slow.items():
        clients[name].send(data)
    for name, c in clients.items():
        while c.more():  # up to the end of the connection
            pass
        c.sock.close()
    assert b"200 OK" in clients["idle"].data
    assert b" 404 " in clients["never ends the unwanted"].data
    assert f.get("/api/ping").status == 200
    f.until(lambda: f.leftovers() == [])
    f.stop()


def test_dripping_head_is_cut(tmp_path):
    """One byte now and again keeps an idle timer alive, but not this one."""
    f = start(tmp_path, "header_ms=300", "sweep_ms=20")
    with f.client() as c:
        c.sock.settimeout(0.02)
        c.sock.sendall(b"GET /api/ping HTTP/1.1\r\nHost: x\r\nX-A: ")
        for _ in range(3000):
            try:
                c.sock.sendall(b"x")
                if c.sock.recv(1) == b"":
                    break
            except socket.timeout:
                continue
            except OSError:
                break
        else:
            pytest.fail("still open after 3000 bytes")
    f.stop()


def test_full_queue(tmp_path):
    f = start(tmp_path, "long_threads=1", "long_queue=1", "grace_ms=0")
    clients = [f.client() for _ in range(6)]
    for c in clients:
        c.send(request("GET", "/api/wait?n=2000"))
    answers = [c.answer() for c in clients]
    statuses = sorted(a.status for a in answers)
    assert statuses[0] == 200 and statuses[-1] == 503 and set(statuses) == {200, 503}
    refused = next(a for a in answers if a.status == 503)
    assert refused.headers["retry-after"] == "1"
    f.stop()


def test_long_work_does_not_hold_the_rest(tmp_path):
    f = start(tmp_path, "long_threads=2", "threads=1", "grace_ms=0")
    waiting = [f.client() for _ in range(2)]
    for c in waiting:
        c.send(request("GET", "/api/wait?n=60000"))
    assert f.get("/api/ping").status == 200
    assert f.ask(with_length("POST", "/api/items/1", b'{"name":"x"}')).status == 200
    f.until(lambda: f.log().count("waiting") == 2)
    f.process.stdin.close()  # grace 0: cancelled, yet answered
    for c in waiting:
        assert c.answer().status == 409
        assert c.ended()
    assert f.process.wait(timeout=WAIT_S) == 0


def test_graceful_end(tmp_path):
    f = start(tmp_path, "grace_ms=60000")
    body = part(b"file", b"x" * 500000, b"x") + END
    with f.client() as uploading, f.client() as waiting, f.client() as idle:
        idle.send(NEXT)
        assert idle.answer().status == 200
        waiting.send(request("GET", "/api/wait?n=500"))
        uploading.send(request("POST", "/api/upload", FORM, f"Content-Length: {len(body)}") + body[:300000])
        f.until(lambda: "waiting" in f.log() and f.leftovers())  # both are under way
        f.process.stdin.close()
        answer = waiting.answer()
        assert answer.status == 200 and answer.headers["connection"] == "close"
        with pytest.raises(ConnectionRefusedError):
            f.client()
        uploading.send(body[300000:])
        assert uploading.answer().json()["size"] == 500000
        assert f.process.wait(timeout=WAIT_S) == 0
    assert "Traceback" not in f.log()


def test_many_idle_connections(tmp_path):
    f = start(tmp_path, "connections=600")
    idle = [f.client() for _ in range(500)]
    assert f.get("/api/ping").status == 200
    for c in idle:
        c.send(NEXT)
    for c in idle:
        assert c.answer().status == 200
        c.sock.close()
    f.stop()


def test_access_log(tmp_path):
    f = start(tmp_path)
    answer = f.get("/api/items?limit=1")
    f.stop()  # the line is written behind the answer
    request_id = answer.headers["x-request-id"]
    assert f"access GET /api/items 200 {len(answer.body)} {request_id} 127.0.0.1" in f.log()
