# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said in an upload: captions that come with it, and what happens without a model."""
import json
import subprocess

import pytest

from conftest import AIVE, SLOW

SRT = """1
00:00:00,200 --> 00:00:01,100
Grüße aus Köln

2
00:00:01,200 --> 00:00:01,900
<i>こんにちは</i>
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("hear") / "clip.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-f", "lavfi",
                    "-i", "sine=frequency=300", "-t", "2", "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


def ingest(server, clip, status=200, files=None, **form):
    with open(clip, "rb") as f:
        answer = server.post("/api/ingest", files={"file": ("clip.mp4", f, "video/mp4"), **(files or {})}, data=form)
    assert answer.status_code == status, answer.text
    return answer.json()


def captions_of(answer):
    return [(c["text"], c["start"], c["end"]) for c in answer["project"]["timeline"]["captions"]]


WANTED = [("Grüße aus Köln", 0.2, 1.1), ("こんにちは", 1.2, 1.9)]


@pytest.mark.parametrize("bytes_", [
    SRT.encode(),
    SRT.replace("\n", "\r\n").encode("utf-8-sig"),
    SRT.encode("utf-16"),
    ("WEBVTT\n\n" + SRT.replace(",", ".")).encode(),
], ids=["srt", "mark and CRLF", "UTF-16", "vtt"])
def test_captions_as_a_file(server, clip, bytes_):
    answer = ingest(server, clip, files={"captions": ("c.srt", bytes_, "text/plain")})
    assert captions_of(answer) == WANTED
    assert answer["project"]["timeline"]["transcript"]["engine"] == "captions"


def test_captions_as_a_field(server, clip):
    assert captions_of(ingest(server, clip, captions=SRT)) == WANTED


def test_captions_come_before_a_script(server, clip):
    assert captions_of(ingest(server, clip, captions=SRT, script="Hello there.")) == WANTED


@pytest.mark.parametrize("field, text, words", [
    ("captions", "1\n00:00:02,000 --> 00:00:01,000\nBackwards\n", "line 2"),
    ("captions", "just some words", "no captions"),
    ("captions", "Gr\xfc\xdfe".encode("latin-1"), "UTF-8"),
    ("script", "Привет, мир", "English"),
], ids=["backwards", "no cues", "Latin-1", "not English"])
def test_words_that_cannot_be_read(server, clip, field, text, words):
    data = text if isinstance(text, bytes) else text.encode()
    detail = ingest(server, clip, 422, files={field: ("words.txt", data, "text/plain")})["detail"]
    assert detail[0]["loc"] == ["body", field] and words in detail[0]["msg"], detail


def test_blank_words_are_none(server, clip):
    answer = ingest(server, clip, captions=" \n", script="\t")
    assert captions_of(answer) == []


def test_without_a_model(server, clip):
    said = ingest(server, clip)["project"]["timeline"]["transcript"]
    assert said["engine"] is None and said["model"] == "small.en" and "aive models pull small.en" in said["reason"]


def test_captions_stay_when_the_film_is_laid_out_anew(server, clip):
    project = ingest(server, clip, captions=SRT)["project"]
    answer = server.post(f"/api/timeline/{project['id']}/analyze", json={"seed": 5})
    assert answer.status_code == 200, answer.text
    assert [c["text"] for c in answer.json()["timeline"]["captions"]] == [t for t, _, _ in WANTED]


def test_command_line(clip, tmp_path):
    (tmp_path / "c.srt").write_text(SRT)
    out = subprocess.run([AIVE, "analyze", clip, "--captions", tmp_path / "c.srt", "--data-dir", tmp_path / "d"],
                         capture_output=True, text=True, timeout=60 * SLOW, cwd=tmp_path)
    assert out.returncode == 0, out.stderr
    assert [c["text"] for c in json.loads(out.stdout)["captions"]] == [t for t, _, _ in WANTED]
    out = subprocess.run([AIVE, "transcribe", clip, "--offline", "--data-dir", tmp_path / "d"],
                         capture_output=True, text=True, timeout=60 * SLOW, cwd=tmp_path)
    assert out.returncode == 4 and "aive models pull small.en" in out.stderr


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Somebody says something: SAID."""
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", path, SAID], check=True)
    return path


SAID = "The weather in the city was very good today, and we went to the river with our friends."


def test_a_script_is_found_in_the_sound(server, talk):
    timeline = ingest(server, talk, script=SAID)["project"]["timeline"]
    assert timeline["transcript"]["engine"] == "alignment"
    words = [w for c in timeline["captions"] for w in c["words"]]
    assert [w["text"] for w in words] == SAID.split()
    starts = [w["start"] for w in words]
    assert starts == sorted(starts) and starts[0] < 0.5 and starts[-1] > 3


def test_captions_get_the_times_of_their_words(server, talk):
    srt = f"1\n00:00:00,000 --> 00:00:09,000\n{SAID}\n"
    caption, = ingest(server, talk, captions=srt)["project"]["timeline"]["captions"]
    assert caption["text"] == SAID
    assert [w["text"] for w in caption["words"]] == SAID.split()
    assert caption["end"] < 8


def test_a_script_of_something_else(server, talk):
    script = "Quantum chromodynamics describes gluons. Antidisestablishmentarianism perplexed nineteenth century clergymen."
    said = ingest(server, talk, script=script)["project"]["timeline"]
    assert said["transcript"]["engine"] is None and said["transcript"]["reason"] and said["captions"] == []


def test_a_draft_gives_no_captions(server, talk):
    answer = server.post("/api/tools", json={"tool": "transcribe", "args": {
        "asset_id": ingest(server, talk)["asset"]["id"], "model": "pocketsphinx"}})
    said = answer.json()["result"]
    assert said["engine"] == "pocketsphinx" and said["quality"] == "draft" and said["segments"]
