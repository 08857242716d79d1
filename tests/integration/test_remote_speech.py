# SPDX-License-Identifier: GPL-3.0-or-later
"""AIVE_SPEECH_URL: another server listens. Here it is a fake on loopback that is good, slow, wrong or
hostile, and then aive itself."""
import email
import http.server
import io
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
import wave

import pytest
import scripted_whisper
from conftest import AIVE, SLOW, check_sanitizers, run_aive

KEY = "sk-secret-0123456789"

GOOD = {
    "task": "transcribe", "language": "english", "duration": 4.0, "text": "Hello, world. Again!",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Hello, world.", "tokens": [1], "temperature": 0.0,
         "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01},
        {"id": 1, "seek": 0, "start": 1.5, "end": 3.0, "text": " Again!", "tokens": [2], "temperature": 0.0,
         "avg_logprob": -0.3, "compression_ratio": 1.0, "no_speech_prob": 0.02}],
    "words": [{"word": "Hello", "start": 0.1, "end": 0.6}, {"word": "world", "start": 0.6, "end": 1.2},
              {"word": "Again", "start": 1.6, "end": 2.0}],
}


class Fake:
    """A speech server. `moods` are what it does to the next requests; then it is good."""

    def __init__(self):
        self.moods = []
        self.asked = []  # (path, headers, fields, the file's bytes)
        self.gone = threading.Event()  # a client hung up on a slow answer
        self.release = threading.Event()
        self.arrived = threading.Event()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                fake.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, h):
        body = h.rfile.read(int(h.headers["Content-Length"]))
        form = email.message_from_bytes(b"Content-Type: " + h.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        fields, sound = {}, b""
        for part in form.get_payload():
            name = part.get_param("name", header="content-disposition")
            data = part.get_payload(decode=True)
            if part.get_filename():
                sound = data
            else:
                fields.setdefault(name, []).append(data.decode())
        self.asked.append((h.path, dict(h.headers), fields, sound))

    def answer(self, h):
        self.take(h)
        mood = self.moods.pop(0) if self.moods else GOOD
        self.arrived.set()
        if mood == "hang up":
            h.close_connection = True
            h.connection.shutdown(socket.SHUT_RDWR)
        elif mood == "cut":
            h.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"text\":")
            h.close_connection = True
        elif mood == "wait":
            while not self.release.is_set():
                if select.select([h.connection], [], [], 0.05)[0] and not h.connection.recv(1, socket.MSG_PEEK):
                    self.gone.set()
                    h.close_connection = True
                    return
            self.send(h, 200, json.dumps(GOOD).encode())
        elif mood == "endless":
            h.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            h.close_connection = True
            try:
                while True:
                    h.wfile.write(b" " * 65536)
            except OSError:
                pass
        elif isinstance(mood, int):
            message = {"error": {"message": f"Not with {h.headers['Authorization']}: sorry", "type": "x"}}
            if mood == 404:
                message["error"]["message"] = "no such model"
            self.send(h, mood, json.dumps(message).encode(), {"Retry-After": "1"} if mood == 429 else {})
        else:
            self.send(h, 200, mood if isinstance(mood, bytes) else json.dumps(mood).encode())

    @staticmethod
    def send(h, status, body, headers=()):
        h.send_response(status)
        h.send_header("Content-Type", "application/json")
        h.send_header("Content-Length", str(len(body)))
        for name, value in dict(headers).items():
            h.send_header(name, value)
        h.end_headers()
        h.wfile.write(body)


@pytest.fixture
def fake():
    fake = Fake()
    yield fake
    fake.release.set()
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """A second of silence, and four in which somebody speaks."""
    return scripted_whisper.write_wav(tmp_path_factory.mktemp("talk") / "talk.wav",
                                      scripted_whisper.silence(1) + scripted_whisper.voice(4))


def settings(url, **more):
    return {"AIVE_SPEECH_URL": url, "AIVE_SPEECH_KEY": KEY, "AIVE_OFFLINE": "1", "no_proxy": "127.0.0.1",
            **{f"AIVE_{k.upper()}": v for k, v in more.items()}}


def transcribe(fake, clip, *flags, url=None, expect=0, **more):
    done = run_aive("transcribe", clip, "--json", *flags, cwd=clip.parent, env=settings(url or fake.url, **more))
    assert done.returncode == expect or (expect and done.returncode), done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.stderr if expect else json.loads(done.stdout)


def samples_of(sound):
    with wave.open(io.BytesIO(sound)) as w:
        assert (w.getframerate(), w.getnchannels(), w.getsampwidth()) == (16000, 1, 2)
        return w.getnframes()


def test_a_good_server(fake, talk):
    t = transcribe(fake, talk)
    (path, headers, fields, sound), = fake.asked
    assert path == "/v1/audio/transcriptions" and headers["Authorization"] == f"Bearer {KEY}"
    assert fields == {"model": ["whisper-1"], "response_format": ["verbose_json"], "temperature": ["0"],
                      "timestamp_granularities[]": ["word", "segment"]}
    assert 3.5 < samples_of(sound) / 16000 < 5  # of the silence only a margin was sent
    start = 5 - samples_of(sound) / 16000
    assert t["engine"] == "remote" and t["model"] == "whisper-1" and t["language"] == "en"
    assert t["task"] == "transcribe" and abs(t["duration"] - 5) < 0.05
    assert t["text"] == "Hello, world. Again!" and t["dropped"] == []
    assert [s["text"] for s in t["segments"]] == ["Hello, world.", "Again!"]
    # Times are those of the source, and words have their punctuation.
    assert abs(t["segments"][1]["start"] - (start + 1.5)) < 0.05
    words = [w for s in t["segments"] for w in s["words"]]
    assert [w["word"] for w in words] == ["Hello,", "world.", "Again!"]
    assert abs(words[0]["start"] - (start + 0.1)) < 0.05


@pytest.mark.parametrize("end, path", [
    ("/", "/v1/audio/transcriptions"), ("/v1", "/v1/audio/transcriptions"), ("/v1/", "/v1/audio/transcriptions"),
    ("/x/v1/audio/transcriptions", "/x/v1/audio/transcriptions"),
])
def test_addresses(fake, talk, end, path):
    transcribe(fake, talk, url=fake.url + end)
    assert fake.asked[0][0] == path


def test_what_is_asked_for(fake, talk):
    transcribe(fake, talk, "--language", "German", "--prompt", "Köln", speech_model="large")
    fields = fake.asked[0][2]
    assert fields["language"] == ["de"] and fields["prompt"] == ["Köln"] and fields["model"] == ["large"]
    t = transcribe(fake, talk, "--translate")
    assert fake.asked[1][0] == "/v1/audio/translations" and t["task"] == "translate"
    assert "timestamp_granularities[]" not in fake.asked[1][2]
    assert "klingon" in transcribe(fake, talk, "--language", "klingon", expect=1)


@pytest.mark.parametrize("moods", [[429], ["hang up"], ["cut"], [500, 503]])
def test_what_passes(fake, talk, moods):
    fake.moods = list(moods)
    assert transcribe(fake, talk)["text"] == "Hello, world. Again!"
    assert len(fake.asked) == len(moods) + 1


@pytest.mark.parametrize("mood, words, asked", [
    (401, "AIVE_SPEECH_KEY", 1), (404, "no such model", 1), (400, "answers 400", 1),
    (b"{\"text\":", "not a transcript", 1), (b"<html>", "not a transcript", 1), (b"", "not a transcript", 1),
    (b"[]", "not a transcript", 1), (b"{}", "not a transcript", 1), (b"\xff\xfe", "not a transcript", 1),
    (b'{"text":"x","segments":[{"start":NaN,"end":1,"text":"x"}]}', "not a transcript", 1),
    (b'{"text":"x","segments":[{"start":"soon","end":1,"text":"x"}]}', "not a transcript", 1),
    (b"[" * 100000, "not a transcript", 1),
    ("endless", "longer", 1), (503, "answers 503", 4),
])
def test_what_does_not_pass(fake, talk, mood, words, asked):
    fake.moods = [mood] * 10
    assert words in transcribe(fake, talk, expect=1)
    assert len(fake.asked) == asked


def test_nobody_is_there(talk):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{s.getsockname()[1]}"
        assert "speech server" in transcribe(None, talk, url=url, expect=1)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://user:pass@127.0.0.1/", "nonsense"])
def test_addresses_that_are_none(talk, url):
    assert "AIVE_SPEECH_URL" in transcribe(None, talk, url=url, expect=1)


def test_absurd_answers(fake, talk):
    fake.moods = [{
        "language": "Klingon", "text": "not used",
        "segments": [
            {"start": 2.0, "end": 1e300, "text": "last\u0000\n\r one\u0007 "[0:4] + "\n\tone\u0007 "},
            {"start": -50, "end": 1.0, "text": " first one ", "avg_logprob": None},
            {"start": 900, "end": 901, "text": "beyond"},
            {"start": 0.5, "end": 1.5, "text": "overlaps"},
            {"start": None, "end": 1, "text": "no time"},
            {"start": 1.5, "end": 1.6, "text": "silence", "no_speech_prob": 0.9, "avg_logprob": -2},
            {"start": 1.6, "end": 1.7, "text": "la " * 200},
            {"start": 1.8, "end": 1.9, "text": "   "},
            {"start": 1.9, "end": 2.0, "text": "x" + "".join(chr(0x4e00 + i % 20000) for i in range(9000))},
        ],
        "words": [{"word": "one", "start": 0.5, "end": 0.9}, {"word": "first", "start": -3, "end": 0.4},
                  {"word": "one", "start": 3.0, "end": 1e9}, {"word": "last", "start": 2.0, "end": 2.5},
                  {"word": "late", "start": 1e12, "end": 1e13}, {"word": "y" * 5000, "start": 2, "end": 1}],
    }]
    t = transcribe(fake, talk)
    start = 5 - samples_of(fake.asked[0][3]) / 16000
    assert t["language"] is None
    assert [s["text"][:10] for s in t["segments"]] == ["first one", "overlaps", t["segments"][2]["text"][:10], "last one"]
    assert len(t["segments"][2]["text"].encode()) <= 4000
    assert t["segments"][0]["text"] == "first one" and t["segments"][3]["text"] == "last one"
    at = start - 0.01
    for s in t["segments"]:
        assert at <= s["start"] < s["end"] <= t["duration"] + 0.01
        at = s["end"]
        inside = s["start"]
        for w in s["words"]:
            assert inside <= w["start"] <= w["end"] <= s["end"]
            inside = w["end"]
    assert [w["word"] for w in t["segments"][0]["words"]] == ["first", "one"]
    assert t["segments"][1]["words"] == []  # no words make it up
    assert [w["word"] for w in t["segments"][3]["words"]] == ["last", "one"]
    reasons = {d["text"][:7]: d["reason"] for d in t["dropped"]}
    assert reasons["beyond"] == reasons["no time"] == "its times lie outside of the sound"
    assert reasons["silence"] == "the model hears no speech"
    assert reasons["la la l"] == "the text runs in circles"
    assert all(0 <= d["start"] <= d["end"] <= t["duration"] + 0.01 for d in t["dropped"])


def test_text_alone(fake, talk):
    fake.moods = [{"text": "Hello there."}]
    t = transcribe(fake, talk)
    s, = t["segments"]
    assert s["text"] == "Hello there." and s["words"] == [] and t["text"] == "Hello there."


def test_silence_is_not_sent(fake, tmp_path):
    clip = scripted_whisper.write_wav(tmp_path / "silence.wav", scripted_whisper.silence(3))
    t = transcribe(fake, clip)
    assert fake.asked == [] and t["segments"] == [] and t["engine"] == "remote"


def test_pieces(fake, tmp_path):
    """A long talk is cut in a pause, a long silence is left out, and times are those of the source."""
    speech = (scripted_whisper.voice(9.5) + scripted_whisper.silence(0.5)) * 31
    clip = scripted_whisper.write_wav(tmp_path / "long.wav",
                                      speech + scripted_whisper.silence(40) + scripted_whisper.voice(5))
    t = transcribe(fake, clip)
    lengths = [samples_of(a[3]) / 16000 for a in fake.asked]
    assert len(lengths) == 3 and 240 < lengths[0] < 300
    assert 9.5 < lengths[0] % 10 < 10  # in a pause
    assert abs(lengths[0] + lengths[1] - 310) < 1 and lengths[2] < 7
    assert [a[2].get("language") for a in fake.asked] == [None, ["en"], ["en"]]
    starts = [s["start"] for s in t["segments"][::2]]
    assert starts[0] < 0.5 and abs(starts[1] - lengths[0]) < 0.5 and abs(starts[2] - 350) < 1
    assert [s["id"] for s in t["segments"]] == list(range(6))
    assert abs(t["duration"] - 355) < 0.1


def test_a_slow_server_and_an_impatient_user(fake, talk):
    fake.moods = ["wait"]
    process = subprocess.Popen([AIVE, "transcribe", talk], cwd=talk.parent, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, **settings(fake.url)})
    assert fake.arrived.wait(60 * SLOW)
    process.send_signal(signal.SIGINT)
    words = process.communicate(timeout=30 * SLOW)[1]
    check_sanitizers(words)
    assert process.returncode != 0 and fake.gone.wait(30 * SLOW)
    # Patience is answered.
    fake.moods, fake.gone, fake.release = ["wait"], threading.Event(), threading.Event()
    threading.Timer(1, fake.release.set).start()
    assert transcribe(fake, talk)["text"] == "Hello, world. Again!"


# --- Through the server --------------------------------------------------------------------------

def post(server, clip, expect=200, **fields):
    with open(clip, "rb") as f:
        answer = server.post("/v1/audio/transcriptions", files={"file": f}, data={"model": "whisper-1", **fields})
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_the_tool_keeps_what_was_heard(new_server, fake, talk):
    server = new_server(env=settings(fake.url))
    asset = server.ingest(talk, auto_analyze="false")["asset"]
    fake.asked.clear()
    args = {"tool": "transcribe", "args": {"asset_id": asset["id"]}}
    fake.moods = [503] * 4
    nothing = server.post("/api/tools", json=args).json()["result"]
    assert nothing["engine"] is None and "answers 503" in nothing["reason"]
    first = server.post("/api/tools", json=args).json()["result"]
    assert first["engine"] == "remote" and first["text"] == "Hello, world. Again!" and len(fake.asked) == 5
    assert server.post("/api/tools", json=args).json()["result"] == first and len(fake.asked) == 5
    assert KEY not in server.log()


def test_a_client_that_hangs_up_stops_the_work(new_server, fake, talk):
    server = new_server(env=settings(fake.url))
    fake.moods = ["wait"]
    body = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + talk.read_bytes() +
            b"\r\n--x--\r\n")
    with socket.create_connection(server.url.removeprefix("http://").split(":")) as s:
        s.sendall(b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
                  b"boundary=x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert fake.arrived.wait(60 * SLOW)
    assert fake.gone.wait(30 * SLOW)
    deadline = time.monotonic() + 30 * SLOW
    while "POST /v1/audio" not in server.log() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert os.listdir(server.data / "media" / "ingest") == []


def test_the_reason_is_an_openai_error(new_server, fake, talk):
    server = new_server(env=settings(fake.url))
    fake.moods = [401]
    error = post(server, talk, 503)["error"]
    assert error["type"] == "server_error" and "AIVE_SPEECH_KEY" in error["message"]
    assert [m["id"] for m in server.get("/v1/models").json()["data"]] == ["whisper-1"]


def test_aive_asks_aive(new_server, talk):
    listener = new_server(env={"AIVE_OFFLINE": "1", "AIVE_WHISPER_MODEL": "scripted"}, start=False)
    (listener.data / "models").mkdir(parents=True)
    scripted_whisper.write_model(listener.data / "models" / "scripted.bin")
    listener.start()
    server = new_server(env=settings(listener.url))
    own = post(listener, talk, response_format="verbose_json", **{"timestamp_granularities[]": "word"})
    far = post(server, talk, response_format="verbose_json", **{"timestamp_granularities[]": "word"})
    assert far["text"] == own["text"] == "Hello world. Once more, again."
    assert far["language"] == own["language"] == "english" and abs(far["duration"] - own["duration"]) < 0.01
    assert [w["word"] for w in far["words"]] == [w["word"] for w in own["words"]] == far["text"].split()
    for a, b in zip(own["words"], far["words"]):
        assert abs(a["start"] - b["start"]) < 0.6 and abs(a["end"] - b["end"]) < 0.6
