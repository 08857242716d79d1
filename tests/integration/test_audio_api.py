# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAI's endpoints: /v1/audio, /v1/models. The model says what a script says; the shapes are those of
OpenAI's API reference."""
import json
import os
import re
import shutil
import socket
import time

import pytest
import scripted_whisper
from conftest import MEDIA, SLOW, Server, horses

ASR = MEDIA.parent / "asr"
TEXT = "Hello world. Once more, again."


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Four seconds of somebody speaking."""
    return scripted_whisper.write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", scripted_whisper.voice(4))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("audio"), "--max-upload-bytes", "1000000",
                    env={"AIVE_OFFLINE": "1", "AIVE_WHISPER_MODEL": "scripted"})
    models = server.data / "models"
    models.mkdir(parents=True)
    scripted_whisper.write_model(models / "ggml-scripted.bin")
    yield server.start()
    assert server.stop() == 0, server.log()


def ask(server, clip, expect=200, what="transcriptions", data=(), **fields):
    fields.setdefault("model", "whisper-1")
    with open(clip, "rb") as f:
        answer = server.post(f"/v1/audio/{what}", files={"file": (clip.name, f)},
                             data=[*fields.items(), *data], headers={"Authorization": "Bearer sk-any"})
    assert answer.status_code == expect, answer.text
    return answer


def refused(server, clip, status, **fields):
    error = ask(server, clip, status, **fields).json()
    assert set(error) == {"error"}
    error = error["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    return error


def test_json_and_text(server, talk):
    answer = ask(server, talk)
    assert answer.json() == {"text": TEXT}
    answer = ask(server, talk, response_format="text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8" and answer.text == TEXT + "\n"


def test_a_model_by_its_name(server, talk):
    assert ask(server, talk, model="scripted").json() == {"text": TEXT}


def test_captions(server, talk):
    srt = ask(server, talk, response_format="srt")
    assert srt.headers["content-type"].startswith("text/plain")
    assert srt.text.startswith("1\n00:00:00,") and "Hello world.\n\n2\n" in srt.text
    vtt = ask(server, talk, response_format="vtt").text
    assert vtt.startswith("WEBVTT\n\n") and "\nOnce more, again.\n" in vtt
    assert re.search(r"^00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}$", vtt, re.M)


def check_verbose(v):
    assert v["task"] == "transcribe" and v["language"] == "english" and v["text"] == TEXT
    assert abs(v["duration"] - 4) < 0.05


def test_verbose_json(server, talk):
    v = ask(server, talk, response_format="verbose_json").json()
    check_verbose(v)
    assert "words" not in v  # segments are what one gets unasked
    assert [s["text"] for s in v["segments"]] == [" Hello world.", " Once more, again."]
    assert [s["id"] for s in v["segments"]] == [0, 1]
    end = 0
    for s in v["segments"]:
        assert set(s) == {"id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob",
                          "compression_ratio", "no_speech_prob"}
        assert end <= s["start"] < s["end"] <= v["duration"]
        assert isinstance(s["tokens"], list) and s["temperature"] == 0 and s["avg_logprob"] <= 0
        assert s["seek"] == int(s["start"] * 100)
        end = s["end"]


@pytest.mark.parametrize("asked", [["word"], ["word", "segment"], ["segment", "word"], ["segment"]])
def test_granularities(server, talk, asked):
    v = ask(server, talk, response_format="verbose_json",
            data=[("timestamp_granularities[]", g) for g in asked]).json()
    check_verbose(v)
    assert ("segments" in v) == ("segment" in asked)
    assert ("words" in v) == ("word" in asked)
    if "words" in v:
        assert [w["word"] for w in v["words"]] == ["Hello", "world.", "Once", "more,", "again."] or \
            [w["word"] for w in v["words"]] == TEXT.split()
        for w in v["words"]:
            assert set(w) == {"word", "start", "end"} and 0 <= w["start"] <= w["end"] <= 4


def test_translation(server, talk):
    v = ask(server, talk, what="translations", response_format="verbose_json").json()
    assert v["task"] == "translate" and v["language"] == "english" and v["text"] == TEXT
    assert ask(server, talk, what="translations").json() == {"text": TEXT}


def test_stream(server, talk):
    answer = ask(server, talk, stream="true")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(e.removeprefix("data: ")) for e in answer.text.split("\n\n") if e]
    assert events[-1] == {"type": "transcript.text.done", "text": TEXT}
    assert len(events) > 1 and all(set(e) == {"type", "delta"} and e["type"] == "transcript.text.delta"
                                   for e in events[:-1])
    assert "".join(e["delta"] for e in events[:-1]) == TEXT
    # As OpenAI: what has no such events comes at once.
    assert ask(server, talk, stream="true", response_format="srt").text.startswith("1\n")


def test_models(server):
    models = server.get("/v1/models", headers={"Authorization": "Bearer sk-any"}).json()
    assert models["object"] == "list"
    assert [m["id"] for m in models["data"]] == ["whisper-1", "scripted"]
    for m in models["data"]:
        assert set(m) == {"id", "object", "created", "owned_by"} and m["object"] == "model"
        assert abs(m["created"] - time.time()) < 86400


@pytest.mark.parametrize("fields, param", [
    ({"response_format": "docx"}, "response_format"),
    ({"temperature": "2"}, "temperature"),
    ({"temperature": "warm"}, "temperature"),
    ({"language": "klingon"}, "language"),
    ({"model": "../scripted"}, "model"),
    ({"model": "/etc/passwd"}, "model"),
    ({"model": "http://127.0.0.1/x"}, "model"),
    ({"data": [("timestamp_granularities[]", "letter")]}, "timestamp_granularities[]"),
    ({"data": [("prompt", "a"), ("prompt", "b")]}, "prompt"),
])
def test_fields_that_are_wrong(server, talk, fields, param):
    error = refused(server, talk, 400, **fields)
    assert error["param"] == param and error["message"] and "Value error" not in error["message"]


def test_a_language_may_be_named(server, talk):
    v = ask(server, talk, response_format="verbose_json", language="en-US").json()
    assert v["language"] == "english"


def test_files_that_are_wrong(server, clips, tmp_path):
    empty, noise, large = tmp_path / "empty.wav", tmp_path / "noise.wav", tmp_path / "large.wav"
    empty.write_bytes(b"")
    noise.write_bytes(os.urandom(5000))
    large.write_bytes(bytes(1_100_000))
    assert refused(server, empty, 400)["param"] == "file"
    refused(server, noise, 400)
    error = refused(server, clips.silent(), 400)
    assert error["param"] == "file" and "no sound" in error["message"]
    assert "1000000" in refused(server, large, 413)["message"]
    answer = server.post("/v1/audio/transcriptions", data={"model": "whisper-1"}, files={"x": b""})
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "file"
    answer = server.post("/v1/audio/transcriptions", data=b"--x\r\nbroken",
                         headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"


def test_silence_has_no_words(server, tmp_path):
    clip = scripted_whisper.write_wav(tmp_path / "silence.wav", scripted_whisper.silence(3))
    v = ask(server, clip, response_format="verbose_json").json()
    assert v["text"] == "" and v["segments"] == [] and abs(v["duration"] - 3) < 0.05
    assert ask(server, clip, response_format="srt").text == ""
    assert ask(server, clip, stream="true").text == \
        'data: {"type":"transcript.text.done","text":""}\n\n'


def test_a_model_that_is_not_there(server, talk):
    error = refused(server, talk, 503, model="tiny")
    assert error["code"] == "model_not_found" and "aive models pull tiny" in error["message"]
    error = refused(server, talk, 503, model="mine")
    assert "aive models list" in error["message"] and str(server.data) not in error["message"]


def test_nothing_is_kept(server, talk):
    ask(server, talk)
    refused(server, talk, 503, model="tiny")
    for folder in ("ingest", "tmp", "derived", "final"):
        assert not os.listdir(server.data / "media" / folder), folder
    assert server.get("/api/assets").json() == []


def test_a_client_that_leaves_in_its_upload(server, talk):
    body = talk.read_bytes()
    with socket.create_connection(server.url.removeprefix("http://").split(":")) as s:
        s.sendall(b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data;"
                  b" boundary=x\r\nContent-Length: 900000\r\n\r\n--x\r\nContent-Disposition: form-data;"
                  b' name="file"; filename="a.wav"\r\n\r\n' + body)
    deadline = time.monotonic() + 30 * SLOW
    while open_uploads(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not open_uploads(server) and not os.listdir(server.data / "media" / "ingest")


def open_uploads(server):
    folder = f"/proc/{server.process.pid}/fd"
    links = []
    for fd in os.listdir(folder):
        try:
            links.append(os.readlink(f"{folder}/{fd}"))
        except OSError:
            pass
    return [link for link in links if "/ingest/" in link]


@pytest.mark.skipif(not ASR.is_dir(), reason="AIVE_TEST_MEDIA has no asr/")
@pytest.mark.parametrize("model", ["nano-whisper-f16", "nano-whisper-multilingual-f16", "nano-whisper-q8_0"])
def test_the_oracles_models(server, model):
    """What they say is another test's matter."""
    shutil.copy(ASR / f"{model}.bin", server.data / "models")
    v = ask(server, ASR / "synth6s.wav", model=model, response_format="verbose_json",
            data=[("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment")]).json()
    assert abs(v["duration"] - 6) < 0.1 and v["task"] == "transcribe"
    assert all(0 <= s["start"] <= s["end"] <= v["duration"] + 0.01 for s in v["segments"] + v["words"])
    assert not horses(server.process.pid)
