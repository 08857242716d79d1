# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP layer over raw sockets: heads, routing, and what every answer has."""
import json
import socket

import pytest
from raw_http import NEXT, request, start, with_length

# --- Heads that two programs could read in two ways -------------------------------------------------

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
