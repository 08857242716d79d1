# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP layer over raw sockets: files, their ranges, and those that are no files."""
import re

import pytest
from raw_http import request

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
