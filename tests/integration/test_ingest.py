# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads: good ones, odd ones, and those that must leave nothing behind."""
import hashlib
import io

import pytest
from conftest import MEDIA

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
TEXTS = {
    "hls.mp4": HLS,
    "hls-master.mp4": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n",
    "self.mp4": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nself.mp4\n",
    "concat.mp4": "ffconcat version 1.0\nfile secret.mp4\n",
    "dash.mp4": "<?xml version='1.0'?><MPD><Period><BaseURL>http://127.0.0.1:1/</BaseURL></Period></MPD>",
    "sdp.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "picture.svg": "<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1:1/x'/></svg>",
    "captions.mp4": "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
    "page.mp4": "<!doctype html><script>alert(1)</script>",
}


def left_behind(server):
    return {c: server.media_files(c) for c in ("ingest", "thumbnails", "tmp")}


def upload(server, name, data, **fields):
    return server.post("/api/ingest", files={"file": (name, io.BytesIO(data))}, data=fields)


def test_without_analysis(server, clips):
    answer = server.ingest(clips.silent(), auto_analyze="false", title="Stille \U0001f3ac")
    project = answer["project"]
    assert project["status"] == "ingested" and project["title"] == "Stille \U0001f3ac"
    assert project["timeline"]["segments"] == []
    assert answer["job_id"] is None
    stored = server.data / "media" / answer["asset"]["path"]
    assert hashlib.sha256(stored.read_bytes()).digest() == \
        hashlib.sha256(clips.silent().read_bytes()).digest()


def test_file_without_sound_is_no_error(server, clips):
    project = server.ingest(clips.silent())["project"]
    assert project["status"] == "analyzed"
    timeline = project["timeline"]
    assert (timeline["beats"], timeline["tempo"], timeline["captions"]) == ([], None, [])
    assert timeline["segments"]


def test_sound_only(server, clips):
    answer = server.ingest(clips.sound())
    assert answer["asset"]["resolution"] is None and answer["asset"]["thumbnail_url"] is None
    assert answer["asset"]["has_audio"] and not answer["asset"]["has_video"]
    assert answer["project"]["title"] == "sound"


def test_respond_async(server, clips):
    answer = server.ingest(clips.landscape(), expect=202, headers={"Prefer": "respond-async"})
    assert answer["project"]["status"] in ("analyzing", "analyzed")
    assert server.wait_job(answer["job_id"])["status"] == "finished"
    assert answer["status_url"].endswith(answer["job_id"])
    assert server.get(f"/api/timeline/{answer['project']['id']}").json()["status"] == "analyzed"


def test_thumbnail_is_served(server, clips):
    url = server.ingest(clips.landscape(), auto_analyze="false")["asset"]["thumbnail_url"]
    picture = server.get(url)
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/jpeg"
    assert picture.content[:3] == b"\xff\xd8\xff"
    head = server.request("HEAD", url)
    assert head.content == b"" and head.headers["content-length"] == str(len(picture.content))
    part = server.get(url, headers={"Range": "bytes=1-3"})
    assert part.status_code == 206 and part.content == picture.content[1:4]
    same = server.get(url, headers={"If-None-Match": picture.headers["etag"]})
    assert same.status_code == 304


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_refused_whatever_its_name(server, name):
    before = left_behind(server)
    answer = upload(server, name, TEXTS[name].encode())
    assert answer.status_code == 415, answer.text
    assert "root:" not in answer.text
    assert left_behind(server) == before


@pytest.mark.parametrize("data, status", [(b"", 422), (b"x", 415), (b"\x00" * 100, 415),
                                          (b"\x00\x00\x00\x18ftypisom" + b"\x00" * 12, 422)])
def test_nothing_of_a_film(server, data, status):
    before = left_behind(server)
    answer = upload(server, "clip.mp4", data)
    assert answer.status_code in (415, 422), answer.text
    assert answer.json()["detail"]
    assert left_behind(server) == before


def test_truncated_everywhere(server, clips):
    data = clips.landscape().read_bytes()
    for i in range(1, 20, 3):
        answer = upload(server, "cut.mp4", data[:len(data) * i // 20], auto_analyze="false")
        assert answer.status_code in (200, 415, 422), (i, answer.text)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.mp4", "..\\..\\x.mp4", "/abs.mp4", "-rf",
                                  ".htaccess", "$(id).mp4", "\u202egpj.mp4", "x" * 200 + ".mp4"])
def test_odd_file_names(server, clips, name):
    answer = upload(server, name, clips.silent().read_bytes(), auto_analyze="false")
    assert answer.status_code == 200, answer.text
    path = answer.json()["asset"]["path"]
    assert path.startswith("ingest/2") and "/" not in path[7:]


def test_missing_and_wrong_fields(server, clips):
    answer = server.post("/api/ingest", files={"other": ("a.mp4", b"x")})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "file"]
    answer = upload(server, "a.mp4", clips.silent().read_bytes(), auto_analyze="maybe")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "bool_parsing"


def test_too_large(new_server, clips):
    server = new_server("--max-upload-bytes", "10K")
    answer = upload(server, "big.mp4", b"x" * 200_000)
    assert answer.status_code == 413 and answer.json()["detail"]
    assert left_behind(server) == {"ingest": [], "thumbnails": [], "tmp": []}


# What the real odd and broken files of the test media do: True is taken, False is refused.
REAL = {
    "-name-with-leading-dash.mp4": True, "attached_png_cover.mkv": True,
    "audio_5_1_speech_in_center.mp4": True, "audio_longer_than_video.mp4": True,
    "audio_only.mp4": True, "av1_tiny.mp4": True, "avi_sample.avi": True, "bbb_51_audio.mp4": True,
    "bitflips_400.mp4": True, "cover_art.mp3": True, "delayed_start.mp4": True,
    "edit_list_trim.mp4": True, "failing_audio.mp4": True, "flv_212_bytes.flv": False,
    "flv_sample.flv": True, "fps_240.mp4": True, "h264_10bit.mp4": True, "hevc_10bit.mp4": True,
    "infloop.wav": True, "invalid_22_bytes.wav": False, "mov_text_subs.mp4": True,
    "mp4_262_bytes.mp4": False, "mpegts.ts": True, "nasa_6_streams.mp4": True,
    "negative_cts_offsets.mp4": True, "negative_start_ts.ts": True, "no_audio.mp4": True,
    "no_duration.webm": True, "odd_853x479.mp4": True, "one_frame.mp4": True,
    "rotate_90_metadata.mp4": True, "rotated_90_real.mov": True, "sar_2by3.mp4": True,
    "segfault.wav": False, "silent_audio.wav": True, "text_named.mp4": False,
    "truncated_mdat_faststart.mp4": True, "truncated_no_moov.mp4": False,
    "vfr_phone_like.mp4": True, "video_rotation_90_1f.mp4": True, "vp9_odd_dimensions.webm": True,
    "wrong_extension_mp3_is_wav.mp3": True, "yuv422p.mp4": True, "zero_bytes.wav": False,
}


@pytest.mark.skipif(not MEDIA.exists(), reason="no test media (AIVE_TEST_MEDIA)")
def test_every_malformed_file(server):
    odd = []
    for path in sorted((MEDIA / "malformed").iterdir()):
        before = left_behind(server)
        answer = upload(server, path.name, path.read_bytes())
        taken = answer.status_code == 200
        if answer.status_code not in (200, 413, 415, 422):
            odd.append((path.name, answer.status_code, answer.text[:200]))
        elif taken != REAL.get(path.name, taken):
            odd.append((path.name, answer.status_code, answer.text[:200]))
        elif not taken and left_behind(server) != before:
            odd.append((path.name, "left files behind"))
        elif taken and answer.json()["project"]["status"] != "analyzed":
            status = server.status(answer.json()["job_id"])
            if status["error"] is None:
                odd.append((path.name, answer.json()["project"]["status"]))
    assert odd == []
