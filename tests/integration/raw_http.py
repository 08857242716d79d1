# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that sends over raw sockets what a library would never send, and the server it talks to:
tests/unit/http_fixture (path in AIVE_HTTP_FIXTURE, or under AIVE_BUILD, or build/), with toy routes."""
import json
import os
import pathlib
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("AIVE_BUILD", ROOT / "build"))
FIXTURE = pathlib.Path(os.environ.get("AIVE_HTTP_FIXTURE", BUILD / "tests/unit/http_fixture"))
WAIT_S = 60  # for an answer or an end; a server that needs it has failed


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # lower-case name -> value; a name that came twice: list
        self.body = body

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def send(self, data):
        """A server that has answered already may have closed: then the rest does not matter."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def more(self):
        try:
            piece = self.sock.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.data += piece
        return bool(piece)

    def answer(self, head_only=False):
        """The next answer, or None when the connection ends before it."""
        while b"\r\n\r\n" not in self.data:
            if not self.more():
                return None
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            name = name.lower()
            headers[name] = [headers[name], value] if name in headers else value
        if status == 100:
            return Answer(status, headers, b"")
        length = 0 if head_only or status in (204, 304) else int(headers.get("content-length", 0))
        while len(self.data) < length:
            if not self.more():
                break
        body, self.data = self.data[:length], self.data[length:]
        return Answer(status, headers, body)

    def ended(self):
        """True when the server closes without sending anything further."""
        return not self.data and not self.more()


class Fixture:
    def __init__(self, folder, *settings):
        self.folder = folder
        self.log_path = folder / "log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([FIXTURE, folder, *settings], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline()
        assert line, self.log()
        self.port = int(line)

    def client(self):
        return Client(self.port)

    def ask(self, data):
        """Sends bytes on a connection of their own, gives the first answer."""
        with self.client() as c:
            c.send(data)
            return c.answer(head_only=data.startswith(b"HEAD"))

    def get(self, path, *headers):
        return self.ask(request("GET", path, *headers))

    def log(self):
        return self.log_path.read_text(errors="replace")

    def leftovers(self):
        """Descriptors of uploads that the server still holds."""
        links = []
        for fd in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                links.append(os.readlink(fd))
            except OSError:
                pass
        return [link for link in links if link.startswith(str(self.folder) + "/#")]

    def until(self, condition):
        """Waits for what the server does on its own time."""
        end = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < end, self.log()
            time.sleep(0.01)

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=WAIT_S)
        assert code == 0, self.log()


def start(folder, *settings):
    if not FIXTURE.exists():
        pytest.skip(f"{FIXTURE} is not built")
    return Fixture(folder, *settings)


def request(method, path, *headers, body=b"", version="HTTP/1.1", host="Host: test.local"):
    lines = [f"{method} {path} {version}"] + ([host] if host else []) + list(headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def with_length(method, path, body, *headers):
    return request(method, path, f"Content-Length: {len(body)}", *headers, body=body)


def chunked(body, size=1000):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


# A request of its own, to be found where a body was.
NEXT = b"GET /api/ping HTTP/1.1\r\nHost: smuggled.local\r\n\r\n"

# --- Multipart forms with the boundary B ---------------------------------------------------------------------

FORM = "Content-Type: multipart/form-data; boundary=B"
END = b"--B--\r\n"


def part(name, data, filename=None, extra=b""):
    disposition = b'form-data; name="%s"' % name
    if filename is not None:
        disposition += b'; filename="%s"' % filename
    return (b"--B\r\nContent-Disposition: " + disposition + b"\r\n" + extra + b"\r\n" + data +
            b"\r\n")
