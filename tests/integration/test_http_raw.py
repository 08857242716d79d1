# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP layer over raw sockets: what a library would never send.

Drives tests/unit/http_fixture (path in AIVE_HTTP_FIXTURE, or under AIVE_BUILD, or build/), which
serves a few toy routes. Where a deadline of the server is at stake, the fixture is started with a
short one and the test waits for the end of the connection.
"""
import hashlib
import json
import os
import pathlib
import re
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


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    f = start(tmp_path_factory.mktemp("http"))
    (f.folder / "ingest" / "clip.mp4").write_bytes(bytes(range(256)) * 40)
    (f.folder / "ingest" / "empty.mp4").write_bytes(b"")
    (f.folder / "consent" / "paper.pdf").write_bytes(b"%PDF-1.4")
    (f.folder / "ingest" / "planted.mp4").symlink_to("/etc/passwd")
    (f.folder / "ingest" / ".hidden.mp4").write_bytes(b"x")
    os.mkfifo(f.folder / "ingest" / "fifo.mp4")
    (f.folder / "ingest" / "folder").mkdir()
    yield f
    assert f.process.poll() is None, f.log()
    f.until(lambda: f.leftovers() == [])
    f.stop()


def request(method, path, *headers, body=b"", version="HTTP/1.1", host="Host: test.local"):
    lines = [f"{method} {path} {version}"] + ([host] if host else []) + list(headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def with_length(method, path, body, *headers):
    return request(method, path, f"Content-Length: {len(body)}", *headers, body=body)


def chunked(body, size=1000):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


# --- Heads that two programs could read in two ways -------------------------------------------------

NEXT = b"GET /api/ping HTTP/1.1\r\nHost: smuggled.local\r\n\r\n"
BAD_HEADS = {
    "length and chunks": (400, request("POST", "/api/nobody", "Content-Length: 5",
                                       "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + NEXT)),
    "chunks and length": (400, request("POST", "/api/nobody", "Transfer-Encoding: chunked",
                                       "Content-Length: 5", body=b"0\r\n\r\n" + NEXT)),
    "two lengths": (400, request("POST", "/api/nobody", "Content-Length: 0",
                                 f"Content-Length: {len(NEXT)}", body=NEXT)),
    "two equal lengths": (400, request("POST", "/api/nobody", "Content-Length: 0",
                                       "Content-Length: 0", body=NEXT)),
    "negative length": (400, request("POST", "/api/nobody", "Content-Length: -1")),
    "signed length": (400, request("POST", "/api/nobody", "Content-Length: +4", body=b"abcd")),
    "hex length": (400, request("POST", "/api/nobody", "Content-Length: 0x4", body=b"abcd")),
    "list of lengths": (400, request("POST", "/api/nobody", "Content-Length: 4,4", body=b"abcd")),
    "length of 2^64": ((400, 413), request("POST", "/api/nobody",
                                           "Content-Length: 18446744073709551616")),
    "unknown coding": (501, request("POST", "/api/nobody", "Transfer-Encoding: xchunked",
                                    body=NEXT)),
    "two codings": (501, request("POST", "/api/nobody", "Transfer-Encoding: chunked, identity",
                                 body=NEXT)),
    "coding twice": (501, request("POST", "/api/nobody", "Transfer-Encoding: chunked",
                                  "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + NEXT)),
    "blank before the colon": (400, request("POST", "/api/nobody", "Transfer-Encoding : chunked",
                                            body=b"0\r\n\r\n" + NEXT)),
    "chunks in HTTP/1.0": (400, request("POST", "/api/nobody", "Transfer-Encoding: chunked",
                                        version="HTTP/1.0", body=b"0\r\n\r\n")),
    "no Host": (400, request("GET", "/api/ping", host=None)),
    "two Hosts": (400, request("GET", "/api/ping", "Host: other.local")),
    "Host with a path": (400, request("GET", "/api/ping", host="Host: a/b")),
    "empty Host": (400, request("GET", "/api/ping", host="Host: ")),
    "other expectation": (417, request("POST", "/api/nobody", "Expect: tea", "Content-Length: 3",
                                       body=b"abc")),
    "101 headers": (431, request("GET", "/api/ping", *[f"X-{i}: 1" for i in range(101)])),
    "40 kB header": (431, request("GET", "/api/ping", "X-A: " + "x" * 40000)),
    "60 kB address": (414, request("GET", "/" + "x" * 60000)),
    "DEL in a header": (400, request("GET", "/api/ping", "X-A: a\x7fb")),
    "control in a header": (400, request("GET", "/api/ping", "X-A: a\x01b")),
    "NUL in a name": (400, request("GET", "/api/ping", "X\x00A: 1")),
    "name with a bracket": (400, request("GET", "/api/ping", "X(A): 1")),
    "%00": (400, request("GET", "/api/words/a%00b")),
    "%2f": (400, request("GET", "/api/words/a%2fb")),
    "%5C": (400, request("GET", "/api/words/a%5Cb")),
    "backslash": (400, request("GET", "/api/words/a\\b")),
    "half an escape": (400, request("GET", "/api/words/a%4")),
    "no escape": (400, request("GET", "/api/words/a%zz")),
    "overlong UTF-8": (400, request("GET", "/api/words/%c0%ae")),
    "raw byte": (400, request("GET", "/api/words/\xe9")),
    "escaped line end": (400, request("GET", "/api/words/a%0d%0aSet-Cookie:%20x")),
    "%00 in the query": (400, request("GET", "/api/items?limit=1%00")),
    "no slash": (400, request("GET", "api/ping")),
    "fragment": (400, request("GET", "/api/ping#x")),
    "CONNECT": (400, request("CONNECT", "example.org:443")),
    "odd method": (400, request("G(T", "/api/ping")),
    "long method": (400, request("X" * 40, "/api/ping")),
}


@pytest.mark.parametrize("name", BAD_HEADS)
def test_bad_head(site, name):
    status, data = BAD_HEADS[name]
    with site.client() as c:
        c.send(data)
        answer = c.answer()
        assert answer is not None
        assert answer.status in (status if isinstance(status, tuple) else (status,))
        # MHD answers what it cannot parse itself, twice and as HTML; ours is JSON and once.
        if answer.headers.get("content-type") == "application/json":
            assert answer.json()["detail"]
            assert answer.headers["x-request-id"]
            assert answer.headers["connection"] == "close"
            assert c.ended()
        else:
            while c.more():
                pass
    assert b"smuggled" not in c.data and b'"status":"ok"' not in c.data


def test_nul_in_a_header_never_passes(site):
    """MHD cuts or refuses such a value before we see it; it must not reach a handler whole."""
    answer = site.ask(request("GET", "/api/ping", "X-A: a\x00b"))
    assert answer is None or answer.status in (200, 400)


@pytest.mark.parametrize("data", [
    NEXT.replace(b"\r\n", b"\n"), b"\r\n" + NEXT, NEXT.replace(b"Host", b"hOST"),
    request("GET", "http://test.local/api/ping"),
    request("GET", "/api/ping", version="HTTP/1.0", host=None),
])
def test_odd_but_good_head(site, data):
    assert site.ask(data).status in (200, 400)


def test_other_protocols(site):
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 100, b"GET\r\n\r\n",
                 b"GET / HTTP/9.9\r\nHost: x\r\n\r\n"):
        with site.client() as c:
            c.send(data)
            c.sock.shutdown(socket.SHUT_WR)
            answer = c.answer()
            assert answer is None or 400 <= answer.status <= 505
    assert site.get("/api/ping").status == 200


def test_pipelining(site):
    with site.client() as c:
        c.send(NEXT * 200)
        for _ in range(200):
            assert c.answer().status == 200


def test_pipelining_through_the_pool(site):
    body = b'{"name":"x"}'
    with site.client() as c:
        c.send(b"".join(with_length("POST", f"/api/items/{i}", body) for i in range(30)))
        for i in range(30):
            assert c.answer().json()["id"] == i


def test_half_close_after_the_request(site):
    with site.client() as c:
        c.send(NEXT)
        c.sock.shutdown(socket.SHUT_WR)
        answer = c.answer()
        assert answer is None or answer.status == 200


def test_http10_closes(site):
    with site.client() as c:
        c.send(request("GET", "/api/ping", version="HTTP/1.0", host=None))
        assert c.answer().status == 200
        assert c.ended()


# --- Routing ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("method, path, status, detail", [
    ("GET", "/nothing", 404, "Not Found"),
    ("GET", "//api/ping", 404, "Not Found"),
    ("GET", "/api/items/1/2", 404, "Not Found"),
    ("GET", "/api/items/0", 404, "Item not found"),
    ("GET", "/api/../api/ping", 404, "Not Found"),
    ("POST", "/api/ping", 405, "Method Not Allowed"),
    ("BREW", "/api/ping", 405, "Method Not Allowed"),
    ("TRACE", "/api/ping", 405, "Method Not Allowed"),
    ("DELETE", "/api/items/1", 405, "Method Not Allowed"),
    ("GET", "/api/busy", 503, "Too much at once"),
])
def test_detail(site, method, path, status, detail):
    answer = site.ask(request(method, path))
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == json.dumps({"detail": detail}, separators=(",", ":")).encode()


def test_allow(site):
    assert site.ask(request("PUT", "/api/items/1")).headers["allow"] == "GET, HEAD, POST, OPTIONS"
    answer = site.ask(request("OPTIONS", "/api/nobody"))
    assert answer.status == 204 and answer.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("path, location", [
    ("/api/ping/", "http://test.local/api/ping"),
    ("/api/items/?skip=1&limit=2", "http://test.local/api/items?skip=1&limit=2"),
    ("/api/words/a%20b/", "http://test.local/api/words/a%20b"),
])
def test_slash(site, path, location):
    for method in ("GET", "POST"):
        answer = site.ask(request(method, path))
        assert answer.status == 307 and answer.headers["location"] == location
        assert answer.body == b""


def test_head(site):
    for path, length in (("/api/ping", "15"), ("/media/ingest/clip.mp4", "10240")):
        with site.client() as c:
            c.send(request("HEAD", path))
            answer = c.answer(head_only=True)
            assert answer.status == 200 and answer.headers["content-length"] == length
            c.send(request("GET", "/api/ping"))  # nothing of a body stands in the way
            assert c.answer().body == b'{"status":"ok"}'


def test_words_beat_parameters(site):
    assert site.get("/api/words/fixed").body == b'"(fixed)"'
    assert site.get("/api/words/caf%C3%A9%20%22").json() == 'caf\u00e9 "'


def test_validation(site):
    answer = site.get("/api/items?limit=0&skip=x")
    assert answer.status == 422
    assert [e["loc"] for e in answer.json()["detail"]] == [["query", "skip"], ["query", "limit"]]
    answer = site.ask(with_length("POST", "/api/items/x", b"{bad"))
    assert [e["loc"] for e in answer.json()["detail"]] == [["path", "item_id"], ["body", 1]]


def test_headers_of_every_answer(site):
    ids = set()
    for path in ("/api/ping", "/nothing", "/api/fail", "/api/items/x", "/media/ingest/clip.mp4"):
        h = site.get(path).headers
        assert h["x-content-type-options"] == "nosniff"
        assert h["referrer-policy"] == "no-referrer"
        assert h["content-security-policy"].startswith("default-src 'none'")
        assert h["cross-origin-resource-policy"] == "cross-origin"
        assert "server" not in h
        ids.add(h["x-request-id"])
        if path.startswith("/api"):
            assert h["cache-control"] == "no-store"
    assert len(ids) == 5


def test_500_keeps_its_words(site):
    answer = site.get("/api/fail")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert f"error {answer.headers['x-request-id']} words for the log only" in site.log()


def test_header_injection(site):
    h = site.get("/api/injection").headers
    assert "x-evil" not in h and "set-cookie" not in h


def test_etag_of_json(site):
    assert site.get("/api/items/1").headers["etag"] == '"r1"'
    answer = site.get("/api/items/1", 'If-None-Match: "r0", "r1"')
    assert answer.status == 304 and answer.body == b"" and answer.headers["etag"] == '"r1"'


def test_access_before_the_body(site):
    """Who may not is told so before a byte of a large upload is taken."""
    with site.client() as c:
        c.send(request("POST", "/api/upload", "X-Deny: 1", "Content-Length: 1000000000",
                       "Expect: 100-continue", "Content-Type: multipart/form-data; boundary=B"))
        answer = c.answer()
        assert answer.status == 403 and answer.json() == {"detail": "Not for you"}
        assert c.ended()


# --- JSON bodies ---------------------------------------------------------------------------------------

def test_json_body(site):
    body = '{"name":"caf\u00e9"}'.encode()
    want = {"id": 7, "name": "caf\u00e9", "count": 1}
    assert site.ask(with_length("POST", "/api/items/7", body)).json() == want
    data = request("POST", "/api/items/7", "Transfer-Encoding: chunked", body=chunked(body, 3))
    assert site.ask(data).json() == want


def test_json_over_the_limit(site):
    size = 4 * 1024 * 1024
    with site.client() as c:
        c.send(request("POST", "/api/items/7", f"Content-Length: {size + 1}"))
        assert c.answer().status == 413  # at once, none of it was sent
    with site.client() as c:
        c.send(request("POST", "/api/items/7", "Transfer-Encoding: chunked",
                       body=chunked(b"x" * (size + 100000), 65536)))
        assert c.answer().status == 413
        assert c.ended()


def test_unwanted_small_body_keeps_the_connection(site):
    with site.client() as c:
        c.send(with_length("POST", "/nothing", b"x" * 60000) + NEXT)
        assert c.answer().status == 404
        assert c.answer().status == 200


def test_unwanted_large_body_ends_it(site):
    with site.client() as c:
        c.send(request("POST", "/nothing", "Content-Length: 5000000") + b"x" * 500000)
        answer = c.answer()
        assert answer.status == 404 and answer.headers["connection"] == "close"
        assert c.ended()


def test_continue(site):
    with site.client() as c:
        c.send(request("POST", "/api/items/7", "Content-Length: 12", "Expect: 100-continue"))
        assert c.answer().status == 100
        c.send(b'{"name":"x"}')
        assert c.answer().json()["name"] == "x"


# --- Multipart --------------------------------------------------------------------------------------------

FORM = "Content-Type: multipart/form-data; boundary=B"


def part(name, data, filename=None, extra=b""):
    disposition = b'form-data; name="%s"' % name
    if filename is not None:
        disposition += b'; filename="%s"' % filename
    return (b"--B\r\nContent-Disposition: " + disposition + b"\r\n" + extra + b"\r\n" + data +
            b"\r\n")


END = b"--B--\r\n"


def upload(site, body, path="/api/upload", form=FORM):
    return site.ask(with_length("POST", path, body, form))


@pytest.mark.parametrize("size", [0, 1, 1000, 300000, 3000001])
@pytest.mark.parametrize("mode", ["length", "chunked"])
def test_upload(site, size, mode):
    data = os.urandom(size)
    body = part(b"title", b"hi") + part(b"file", data, b"a.mp4", b"Content-Type: video/mp4\r\n") + END
    if mode == "length":
        answer = upload(site, body)
    else:
        answer = site.ask(request("POST", "/api/upload", FORM, "Transfer-Encoding: chunked",
                                  body=chunked(body, 70001)))
    assert answer.status == 200
    assert answer.json() == {
        "size": size, "hash": hashlib.blake2b(data, digest_size=32).hexdigest(),
        "filename": "a.mp4", "content_type": "video/mp4", "title": "hi", "auto_analyze": True}


def test_upload_in_dribbles(site):
    """Every border between two reads."""
    body = part(b"file", b"\r\n--\r\n--C\r\n", b"x") + END
    with site.client() as c:
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        c.send(request("POST", "/api/upload", FORM, f"Content-Length: {len(body)}"))
        for i in range(len(body)):
            c.send(body[i:i + 1])
        assert c.answer().json()["size"] == 11


ONE_FILE = part(b"file", b"data", b"x") + END
BAD_FORMS = {
    "missing boundary": (400, "Content-Type: multipart/form-data", ONE_FILE),
    "empty boundary": (400, "Content-Type: multipart/form-data; boundary=", ONE_FILE),
    "9000 characters of boundary": (400, "Content-Type: multipart/form-data; boundary=" + "x" * 9000,
                                    ONE_FILE),
    "boundary that is not there": (400, FORM.replace("=B", "=C"), ONE_FILE),
    "no closing boundary": (400, FORM, part(b"file", b"data", b"x")),
    "empty body": (400, FORM, b""),
    "garbage": (400, FORM, b"\x00\xff" * 3000),
    "NUL in the file name": (400, FORM, part(b"file", b"data", b"x\x00y") + END),
    "20 kB file name": (400, FORM, part(b"file", b"data", b"x" * 20000) + END),
    "line end in the file name": (400, FORM, part(b"file", b"data", b"x\ny") + END),
    "two files of one name": (400, FORM, part(b"file", b"1", b"x") + ONE_FILE),
    "nested": (400, FORM, part(b"file", b"1", b"x", b"Content-Type: multipart/mixed\r\n") + END),
    "no file": (422, FORM, part(b"title", b"hi") + END),
    "text for a file": (422, FORM, part(b"file", b"hi") + END),
    "field that is no boolean": (422, FORM, part(b"auto_analyze", b"maybe") + ONE_FILE),
    "field twice": (422, FORM, part(b"title", b"a") + part(b"title", b"b") + ONE_FILE),
    "field of no text": (400, FORM, part(b"title", b"\xff\xfe") + ONE_FILE),
    "field too long": (413, FORM, part(b"title", b"x" * 70000) + ONE_FILE),
    "10,000 parts": (413, FORM, part(b"x", b"1") * 10000 + ONE_FILE),
    "disk full": (507, FORM, part(b"full", b"data", b"x") + END),
    "disk full in a large file": (507, FORM, part(b"full", b"x" * 3000000, b"x") + END),
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_bad_form(site, name):
    status, form, body = BAD_FORMS[name]
    answer = upload(site, body, form=form)
    assert answer.status == status
    assert answer.json()["detail"]


@pytest.mark.parametrize("raw, clean", [
    (b"../../etc/cron.d/x", "x"), (b"..\\..\\x", "x"), (b"C:\\x", "x"), (b"/abs", "abs"),
    (b".htaccess", ".htaccess"), (b"-rf", "-rf"), (b"$(id)", "$(id)"), (b"bad\xff", "bad\ufffd"),
    ("\u202egp4.exe".encode(), "gp4.exe"), (b"x" * 4000, "x" * 255), (b"", ""),
])
def test_file_names(site, raw, clean):
    answer = upload(site, part(b"file", b"data", raw) + END)
    assert answer.status == 200 and answer.json()["filename"] == clean


def test_empty_field_is_its_default(site):
    answer = upload(site, part(b"auto_analyze", b"") + ONE_FILE)
    assert answer.status == 200 and answer.json()["auto_analyze"] is True


def test_upload_cut(site):
    body = part(b"file", b"x" * 2000000, b"x") + END
    for share in (0.01, 0.5, 0.99):
        with site.client() as c:
            c.send(request("POST", "/api/upload", FORM, f"Content-Length: {len(body)}"))
            c.send(body[:int(len(body) * share)])
    site.until(lambda: site.leftovers() == [])


def test_upload_over_the_limit(site):
    body = part(b"file", b"x" * 300000, b"x") + END
    for headers in ((), ("Expect: 100-continue",)):
        with site.client() as c:
            c.send(request("POST", "/api/small", FORM, "Content-Length: 21474836480", *headers))
            assert c.answer().status == 413  # the body was never sent
    with site.client() as c:
        c.send(with_length("POST", "/api/small", body, FORM))
        assert c.answer().status == 413
    with site.client() as c:
        c.send(request("POST", "/api/small", FORM, "Transfer-Encoding: chunked",
                       body=chunked(body * 3)))
        assert c.answer().status == 413
        assert c.ended()


# --- Media ------------------------------------------------------------------------------------------------

CLIP = bytes(range(256)) * 40
MEDIA = "/media/ingest/clip.mp4"


def test_media(site):
    answer = site.get(MEDIA)
    assert answer.status == 200 and answer.body == CLIP
    h = answer.headers
    assert h["content-type"] == "video/mp4" and h["accept-ranges"] == "bytes"
    assert re.fullmatch(r'"[0-9a-f-]+"', h["etag"]) and h["last-modified"].endswith("GMT")
    assert "sandbox" in h["content-security-policy"] and "content-disposition" not in h
    for condition in (f"If-None-Match: {h['etag']}", f"If-Modified-Since: {h['last-modified']}"):
        assert site.get(MEDIA, condition).status == 304


@pytest.mark.parametrize("header, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=5000-", 5000, 10239), ("bytes=-100", 10140, 10239),
    ("bytes=10000-99999999999999999999", 10000, 10239), ("bytes= 1-2 ", 1, 2),
])
def test_range(site, header, first, last):
    answer = site.get(MEDIA, f"Range: {header}")
    assert answer.status == 206 and answer.body == CLIP[first:last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/10240"
    assert site.ask(request("HEAD", MEDIA, f"Range: {header}")).headers["content-length"] == \
        str(last - first + 1)


@pytest.mark.parametrize("path, header", [
    (MEDIA, "bytes=10240-"), (MEDIA, "bytes=-0"), (MEDIA, "bytes=18446744073709551616-"),
    ("/media/ingest/empty.mp4", "bytes=0-0"),
])
def test_range_out_of_reach(site, path, header):
    answer = site.get(path, f"Range: {header}")
    size = "0" if "empty" in path else "10240"
    assert answer.status == 416 and answer.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("header", [
    "bytes=5-2", "bytes=a-b", "bytes=-", "bytes 0-1", "items=0-1", "bytes=0-0,5-9",
    "bytes=" + ",".join(["0-0"] * 1000),
])
def test_range_ignored(site, header):
    answer = site.get(MEDIA, f"Range: {header}")
    assert answer.status == 200 and answer.body == CLIP


def test_if_range(site):
    etag = site.get(MEDIA).headers["etag"]
    assert site.get(MEDIA, "Range: bytes=0-1", f"If-Range: {etag}").status == 206
    assert site.get(MEDIA, "Range: bytes=0-1", 'If-Range: "old"').status == 200
    assert site.get(MEDIA, "Range: bytes=0-1", f"If-Range: W/{etag}").status == 200


@pytest.mark.parametrize("path", [
    "/media", "/media/", "/media/ingest", "/media/ingest/", "/media/ingest/.", "/media/ingest/..",
    "/media/ingest/../consent/paper.pdf", "/media/..%2f..%2fetc%2fpasswd", "/media/%2e%2e/x",
    "/media/ingest/%252e%252e", "/media//clip.mp4", "/media/ingest//clip.mp4",
    "/media/ingest/clip.mp4;a=b", "/media/ingest/clip.mp4%00.mp4", "/media/ingest/..%5cclip.mp4",
    "/media/ingest/%c0%ae%c0%ae", "/media/ingest/planted.mp4", "/media/ingest/fifo.mp4",
    "/media/ingest/folder", "/media/ingest/.hidden.mp4", "/media/ingest/missing.mp4",
    "/media/other/clip.mp4", "/media/INGEST/clip.mp4", "/media/tmp/x", "/etc/passwd",
])
def test_media_confined(site, path):
    answer = site.get(path)
    assert answer.status in (400, 404)
    assert b"root:" not in answer.body
    assert answer.json()["detail"]


def test_consent_is_an_attachment(site):
    h = site.get("/media/consent/paper.pdf").headers
    assert h["content-disposition"] == 'attachment; filename="paper.pdf"'


def test_media_methods(site):
    answer = site.ask(request("POST", MEDIA))
    assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD, OPTIONS"


# --- CORS -------------------------------------------------------------------------------------------------

PREFLIGHT = ("Origin: https://a.example", "Access-Control-Request-Method: POST",
             "Access-Control-Request-Headers: x-a, content-type")


def test_cors_for_everybody(site):
    answer = site.ask(request("OPTIONS", "/unknown/path", *PREFLIGHT))
    assert (answer.status, answer.body) == (200, b"OK")
    h = answer.headers
    assert h["access-control-allow-origin"] == "*"
    assert h["access-control-allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert h["access-control-allow-headers"] == "x-a, content-type"
    assert h["access-control-max-age"] == "600" and "vary" not in h
    h = site.get("/api/ping", "Origin: https://a.example").headers
    assert h["access-control-allow-origin"] == "*" and "X-Request-Id" in h["access-control-expose-headers"]
    h = site.get("/api/ping", "Origin: https://a.example", "Cookie: a=b").headers
    assert h["access-control-allow-origin"] == "https://a.example" and h["vary"] == "Origin"
    assert "access-control-allow-origin" not in site.get("/api/ping").headers
    assert "access-control-allow-origin" in site.get("/nothing", "Origin: https://a.example").headers
    assert "access-control-allow-origin" not in site.get("/api/fail", "Origin: https://a.example").headers


def test_cors_for_a_list(tmp_path):
    f = start(tmp_path, "cors_list=1")
    h = f.get("/api/ping", "Origin: https://app.example").headers
    assert h["access-control-allow-origin"] == "https://app.example" and h["vary"] == "Origin"
    assert h["access-control-allow-credentials"] == "true"
    for origin in ("https://evil.example", "null", "https://app.example.evil"):
        h = f.get("/api/ping", f"Origin: {origin}").headers
        assert "access-control-allow-origin" not in h
        answer = f.ask(request("OPTIONS", "/api/ping", f"Origin: {origin}",
                               "Access-Control-Request-Method: BREW"))
        assert (answer.status, answer.body) == (400, b"Disallowed CORS origin, method")
    f.stop()


# --- Documents --------------------------------------------------------------------------------------------

def test_openapi(site):
    doc = site.get("/openapi.json").json()
    assert doc["openapi"] == "3.1.0" and doc["info"]["title"] == "AI Video Editor Backend"
    assert doc["paths"]["/api/items/{item_id}"]["get"]["operationId"] == \
        "get_item_api_items__item_id__get"
    assert not any(path.startswith("/media") for path in doc["paths"])
    names = list(doc["components"]["schemas"])
    assert names == sorted(names) and "HTTPValidationError" in names


def test_docs(site):
    page = site.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<title>AI Video Editor Backend - Swagger UI</title>" in page.body
    assert b"swagger-ui-dist" in page.body  # how to get it
    assert site.get("/docs/assets/swagger-ui.css").status == 404
    assert site.get("/redoc").headers["location"] == "/docs"


def test_docs_installed(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "swagger-ui-bundle.js").write_text("/* bundle */")
    f = start(tmp_path)
    page = f.get("/docs")
    assert b'src="/docs/assets/swagger-ui-bundle.js"' in page.body
    assert b"<script>" not in page.body and "script-src 'self';" in page.headers["content-security-policy"]
    asset = f.get("/docs/assets/swagger-ui-bundle.js")
    assert asset.body == b"/* bundle */"
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert f.get("/docs/init.js").status == 200
    f.stop()


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
