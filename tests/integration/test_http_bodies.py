# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP layer over raw sockets: JSON bodies and multipart forms."""
import hashlib
import os
import socket

import pytest
from raw_http import END, FORM, NEXT, chunked, part, request, with_length

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
