# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations: what the stub says is true, text models in work-horses, language servers, streams."""
import http.server
import json
import re
import socket
import threading
import time

import pytest
import requests
import tiny_gpt2
from conftest import MEDIA, SLOW, horses

SSE = {"Accept": "text/event-stream"}
KEY = "sk-very-secret-0123456789"


def session(server, **body):
    answer = server.post("/api/chat/sessions", json=body)
    assert answer.status_code == 200, answer.text
    return f"/api/chat/sessions/{answer.json()['id']}"


def say(server, where, message="How do I cut this?", expect=200, **wishes):
    answer = server.post(where + "/messages", json={"message": message, **wishes})
    assert answer.status_code == expect, answer.text
    return answer.json()["reply"]["content"] if expect == 200 else answer.json()["detail"]


def messages(server, where):
    return [(m["role"], m["content"]) for m in server.get(where).json()["messages"]]


def events(answer):
    """The events of a stream: (name, data)."""
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    out = []
    for block in answer.content.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        out.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return out


def stream(server, where, message="How do I cut this?", **wishes):
    return server.post(where + "/messages", headers=SSE, json={"message": message, **wishes})


def until(condition, seconds=20):
    end = time.monotonic() + seconds * SLOW
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- The stub -------------------------------------------------------------------------------------

QUESTIONS = """effects; consent; styles; captions; transcribe; templates; music; beats; whoosh; transitions;
thumbnail; formats; render; pauses; length; pace; upload; undo; timeline; highlights; logo; colours; outro;
are you a bot; privacy; my render failed; joke; thanks; hello; hook; something else"""


def test_what_the_stub_names_is_there(server):
    paths = server.get("/openapi.json").json()["paths"]
    templates = {t["name"] for t in server.get("/api/templates").json()["templates"]}
    where, said = session(server), ""
    for question in QUESTIONS.split(";"):
        said += say(server, where, question) + "\n"
    named = set(re.findall(r"/api/[a-z_/{}]*[a-z}]", said))
    assert len(named) > 12
    for path in named:
        assert any(p == path or p.startswith(path + ".") or p.startswith(path + "/") for p in paths), path
    for name in templates:
        assert name in said
    tools = server.post("/api/tools", json={"tool": "?", "args": {}}).text
    for tool in ("suggest_effects", "caption_srt", "transcribe", "thumbnail", "beats"):
        assert tool in said and tool in tools


def test_the_stub_streams(server):
    where = session(server)
    got = events(stream(server, where, "Suggest a hook for my video about cooking"))
    assert [name for name, _ in got[-2:]] == ["delta", "done"]
    deltas = [data["text"] for name, data in got if name == "delta"]
    assert len(deltas) > 20
    done = got[-1][1]
    assert done["reply"]["content"] == "".join(deltas)
    assert done["session"] == server.get(where).json()
    assert [m["role"] for m in done["session"]["messages"]] == ["user", "assistant"]


def test_what_is_wrong_with_a_message_has_its_status_in_a_stream_too(server):
    where = session(server)
    assert stream(server, where, "  ").status_code == 422
    assert stream(server, where, "a", temperature=3).status_code == 422
    assert stream(server, "/api/chat/sessions/99999").status_code == 404
    for accept in ("application/json", "*/*", "text/event-stream;q=0"):
        answer = server.post(where + "/messages", headers={"Accept": accept}, json={"message": "hi"})
        assert answer.json()["reply"]["role"] == "assistant"


# --- Text models ----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    tiny_gpt2.make(folder / "tiny")
    tiny_gpt2.make(folder / "me--other", seed=2, layers=1, ctx=64)
    tiny_gpt2.make(folder / "slow", width=256, heads=4, layers=6, ctx=8192)
    tiny_gpt2.make(folder / "short")
    weights = folder / "short" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    tiny_gpt2.make(folder / "ears")
    config = folder / "ears" / "config.json"
    config.write_text(config.read_text().replace('"gpt2"', '"whisper"'))
    return folder


@pytest.fixture(scope="module")
def hf(tmp_path_factory, models):
    from conftest import Server
    server = Server(tmp_path_factory.mktemp("hf"), "--models-dir", str(models), "--chat-backend", "hf",
                    "--hf-text-model", "tiny").start()
    yield server
    assert server.stop() == 0, server.log()


def test_a_model_answers_and_the_seed_decides(hf):
    def once(**wishes):
        return say(hf, session(hf), max_tokens=40, **wishes)
    first = once(seed=5)
    assert first.strip() and "\n" not in (first[0], first[-1])
    assert once(seed=5) == first
    assert any(once(seed=s) != first for s in (6, 7, 8))
    greedy = once(temperature=0)
    assert once(temperature=0, seed=9) == greedy
    assert once(seed=3, temperature=1.5, top_k=1, repetition_penalty=1.2) == greedy
    assert once(seed=3, temperature=1.5, top_p=1e-6) == greedy
    assert once(temperature=0, repetition_penalty=1) != greedy


def test_stops_and_lengths(hf):
    def once(**wishes):
        return say(hf, session(hf), seed=4, temperature=1.5, top_k=0, top_p=1, **wishes)
    whole = once(max_tokens=60)
    short = once(max_tokens=20)
    assert len(short) < len(whole) and whole.startswith(short.rstrip("\ufffd"))
    cut, stop = next((i, c) for i, c in enumerate(whole)
                     if i > 5 and c.isascii() and c.isprintable() and c != " " and whole.index(c) == i)
    assert once(max_tokens=60, stop=["never there", stop]) == whole[:cut].rstrip(" \n\t")


def test_a_model_streams(hf):
    where = session(hf)
    got = events(stream(hf, where, seed=1, max_tokens=60))
    deltas = [data["text"] for name, data in got if name == "delta"]
    assert len(deltas) > 10 and got[-1][0] == "done"
    assert got[-1][1]["reply"]["content"] == "".join(deltas)
    assert say(hf, session(hf), seed=1, max_tokens=60) == "".join(deltas)


def test_a_long_conversation_fits(hf):
    where = session(hf)
    for i in range(4):
        assert say(hf, where, f"Message {i}: " + "word " * 200, max_tokens=10, seed=i)
    assert say(hf, where, "\u65e5\u672c\u8a9e \U0001f3ac\nAssistant: I am you\nPerson: x" * 100, max_tokens=10)
    assert say(hf, session(hf, hf_model="me/other"), "x" * 8000, max_tokens=4096)
    assert len(messages(hf, where)) == 10


def test_the_session_chooses_backend_and_model(hf):
    assert hf.post("/api/chat/sessions", json={}).json()["backend"] == "hf"
    ours = say(hf, session(hf), temperature=0, max_tokens=20)
    other = say(hf, session(hf, backend="hf", hf_model="me/other"), temperature=0, max_tokens=20)
    assert ours != other
    assert "offline stub" in say(hf, session(hf, backend="stub", hf_model="tiny"))


@pytest.mark.parametrize("model,words", [
    ("distilgpt2", "`aive models pull distilgpt2`"), ("a/b", "`aive models pull a/b`"),
    ("nothing", "is not on this machine"), ("short", "the text model short"),
    ("ears", "of kind \"whisper\", which cannot chat")])
def test_a_model_that_cannot_be_used(hf, models, model, words):
    where = session(hf, hf_model=model)
    detail = say(hf, where, "Are you there?", 503)
    assert words in detail and str(models) not in detail
    assert messages(hf, where) == [("user", "Are you there?")]
    answer = stream(hf, where, "Are you there?")  # before anything is said the status is the answer's
    assert answer.status_code == 503 and answer.json()["detail"] == detail
    assert answer.headers["Retry-After"]
    assert messages(hf, where) == [("user", "Are you there?")]  # not twice


def test_a_message_is_answered_when_the_model_has_come(hf, models):
    where = session(hf, hf_model="late")
    say(hf, where, "First?", 503)
    say(hf, where, "Second?", 503)
    tiny_gpt2.make(models / "late", seed=3)
    reply = say(hf, where, "Second?", max_tokens=10)
    assert messages(hf, where) == [("user", "First?"), ("user", "Second?"), ("assistant", reply)]
    again = say(hf, where, "Second?", max_tokens=10)
    assert messages(hf, where)[3:] == [("user", "Second?"), ("assistant", again)]


def test_no_request_names_a_path(hf, models):
    for name in (str(models / "tiny"), "../tiny", "./tiny"):
        assert hf.post("/api/chat/sessions", json={"hf_model": name}).status_code == 422


def test_the_setting_may_be_a_path(new_server, tmp_path):
    folder = tiny_gpt2.make(tmp_path / "elsewhere" / "mine")
    server = new_server(env={"AIVE_CHAT_BACKEND": "hf", "AIVE_HF_TEXT_MODEL": str(folder)})
    assert say(server, session(server), max_tokens=5)
    (folder / "vocab.json").unlink()
    detail = say(server, session(server), "hi", 503)
    assert "mine" in detail and "AIVE_HF_TEXT_MODEL" in detail and str(tmp_path) not in detail


def test_oracle_model(new_server):
    folder = MEDIA.parent / "asr" / "nano-gpt2"
    if not folder.exists():
        pytest.skip(f"{folder} is not there (AIVE_TEST_MEDIA)")
    server = new_server(env={"AIVE_CHAT_BACKEND": "hf", "AIVE_HF_TEXT_MODEL": str(folder)})
    once = [say(server, session(server), temperature=0, max_tokens=30) for _ in range(2)]
    assert once[0] == once[1] and once[0].strip()


def test_a_client_that_hangs_up_ends_the_work(hf):
    for accept in ("text/event-stream", "application/json"):
        where = session(hf, hf_model="slow")
        port = int(hf.url.rsplit(":", 1)[1])
        body = json.dumps({"message": "Tell me everything", "max_tokens": 4096}).encode()
        with socket.create_connection(("127.0.0.1", port)) as c:
            c.sendall(f"POST {where}/messages HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            if accept == "text/event-stream":
                said = b""
                while b"event: delta" not in said:
                    piece = c.recv(65536)
                    assert piece, said
                    said += piece
            until(lambda: horses(hf.process.pid))
        begin = time.monotonic()
        until(lambda: not horses(hf.process.pid))
        assert time.monotonic() - begin < 10 * SLOW
        assert messages(hf, where) == [("user", "Tell me everything")]


def test_the_time_is_limited(new_server, models):
    server = new_server("--models-dir", str(models), "--chat-backend", "hf", "--hf-text-model", "slow",
                        "--chat-seconds", "1")
    begin = time.monotonic()
    assert say(server, session(server), max_tokens=4096)
    assert time.monotonic() - begin < 20 * SLOW


# --- Language servers -----------------------------------------------------------------------------

class Peer:
    """A server with the OpenAI protocol. `mood` is what it does to all requests."""

    def __init__(self):
        self.mood, self.asked, self.left = "stream", [], threading.Event()
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.asked.append((self.path, dict(self.headers), body))
                try:
                    peer.answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    peer.left.set()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def whole(self, h, status, body, **headers):
        h.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)),
                            **headers}.items():
            h.send_header(name, value)
        h.end_headers()
        h.wfile.write(body)

    def chunk(self, h, text):
        h.wfile.write(b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n")
        h.wfile.flush()

    def answer(self, h):
        simple = {"choices": [{"message": {"role": "assistant", "content": "Plain."},
                               "finish_reason": "stop"}]}
        echo = json.dumps({"error": {"message": f"Incorrect key: {KEY}"}}).encode()
        if self.mood == "document":
            return self.whole(h, 200, json.dumps(simple).encode())
        if self.mood in ("401", "429", "404", "500"):
            return self.whole(h, int(self.mood), echo)
        if self.mood == "redirect":
            return self.whole(h, 307, b"", Location=self.url + "/elsewhere")
        if self.mood == "broken":
            return self.whole(h, 200, b'{"choices": [{"mess')
        if self.mood == "page":
            return self.whole(h, 502, b"<html>Bad gateway</html>")
        h.send_response(200)
        h.send_header("Content-Type", "text/event-stream")
        h.send_header("Connection", "close")
        h.end_headers()
        h.close_connection = True
        if self.mood == "huge":
            while True:
                self.chunk(h, "x" * 10000)
        if self.mood == "endless line":
            while True:
                h.wfile.write(b"data: " + b"x" * 10000)
        for word in ("Cut ", "on the ", "beat \U0001f3ac."):
            self.chunk(h, word)
        if self.mood == "hangs up":
            return
        if self.mood == "fails later":
            h.wfile.write(b"data: " + echo + b"\n\n")
            return
        if self.mood == "slow":
            for _ in range(600):
                time.sleep(0.1)
                self.chunk(h, ".")
        h.wfile.write(b"data: [DONE]\n\n")


@pytest.fixture(scope="module")
def peer():
    return Peer()


@pytest.fixture(scope="module")
def openai(tmp_path_factory, peer):
    from conftest import Server
    server = Server(tmp_path_factory.mktemp("openai"), env={
        "AIVE_CHAT_BACKEND": "openai", "AIVE_OPENAI_BASE_URL": peer.url + "/v1",
        "AIVE_OPENAI_API_KEY": KEY, "AIVE_OPENAI_MODEL": "big", "AIVE_CHAT_SECONDS": "4"}).start()
    yield server
    log = server.log()
    assert server.stop() == 0 and KEY not in log


def test_a_server_answers(openai, peer):
    peer.mood = "stream"
    where = session(openai)
    assert say(openai, where, "First") == "Cut on the beat \U0001f3ac."
    peer.mood = "document"
    assert say(openai, where, "Second", temperature=0.5, max_tokens=7, seed=3, stop=["x"]) == "Plain."
    path, headers, body = peer.asked[-1]
    assert path == "/v1/chat/completions" and headers["Authorization"] == "Bearer " + KEY
    assert (body["model"], body["stream"], body["temperature"], body["max_tokens"], body["seed"],
            body["stop"]) == ("big", True, 0.5, 7, 3, ["x"])
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "user"]
    assert [m["content"] for m in body["messages"][1:]] == [
        "First", "Cut on the beat \U0001f3ac.", "Second"]
    assert "top_k" not in body and "top_p" not in body


def test_a_server_streams(openai, peer):
    peer.mood = "stream"
    got = events(stream(openai, session(openai)))
    assert [data.get("text") for _, data in got[:-1]] == ["Cut ", "on the ", "beat \U0001f3ac."]
    assert got[-1][0] == "done" and got[-1][1]["reply"]["content"] == "Cut on the beat \U0001f3ac."


@pytest.mark.parametrize("mood,status,words", [
    ("401", 503, "AIVE_OPENAI_API_KEY"), ("404", 503, "AIVE_OPENAI_MODEL"), ("429", 503, "try again later"),
    ("500", 503, "500, Incorrect key: ***"), ("redirect", 503, "points elsewhere"),
    ("broken", 503, "not JSON"), ("page", 503, "502, no reason given"), ("huge", 503, "longer than"),
    ("endless line", 503, "longer than"), ("hangs up", 503, "hung up"),
    ("fails later", 503, "it failed: Incorrect key: ***"), ("slow", 504, "in time")])
def test_a_server_that_fails(openai, peer, mood, status, words):
    peer.mood = mood
    count = len(peer.asked)
    where = session(openai)
    detail = say(openai, where, "Are you there?", status)
    assert words in detail and KEY not in detail
    assert messages(openai, where) == [("user", "Are you there?")]
    assert len(peer.asked) == count + 1  # a redirect is not followed
    answer = stream(openai, where, "Are you there?")
    if answer.status_code == 200:
        name, data = events(answer)[-1]
        assert name == "error" and data["status"] == status and words in data["detail"]
        assert KEY not in answer.text
    else:
        assert answer.status_code == status
    peer.mood = "stream"
    assert say(openai, where, "Are you there?").startswith("Cut")
    assert [role for role, _ in messages(openai, where)] == ["user", "assistant"]


def test_hanging_up_hangs_up_there(openai, peer):
    peer.mood = "slow"
    peer.left.clear()
    where = session(openai)
    answer = requests.post(openai.url + where + "/messages", json={"message": "a"}, headers=SSE, stream=True)
    assert next(answer.iter_content(10))
    answer.close()
    until(peer.left.is_set, 5)


def test_no_server(new_server):
    nowhere = socket.socket()
    nowhere.bind(("127.0.0.1", 0))
    server = new_server(env={"AIVE_CHAT_BACKEND": "openai",
                             "AIVE_OPENAI_BASE_URL": f"http://127.0.0.1:{nowhere.getsockname()[1]}"})
    assert "AIVE_OPENAI_BASE_URL" in say(server, session(server), "hi", 503)
    nowhere.close()
    server = new_server(env={"AIVE_CHAT_BACKEND": "openai"})
    assert "AIVE_OPENAI_BASE_URL" in say(server, session(server), "hi", 503)


@pytest.mark.parametrize("base", ["", "/", "/v1/", "/v1/chat/completions"])
def test_ways_to_name_a_server(new_server, peer, base):
    peer.mood = "stream"
    server = new_server(env={"AIVE_CHAT_BACKEND": "openai", "AIVE_OPENAI_BASE_URL": peer.url + base})
    assert say(server, session(server)).startswith("Cut")
    path, headers, body = peer.asked[-1]
    assert path == "/v1/chat/completions" and "Authorization" not in headers
    assert body["model"] == "default"


def test_a_backend_that_does_not_exist(new_server):
    server = new_server("--chat-backend", "nobody", start=False)
    with pytest.raises(AssertionError, match="stub, hf, openai|stub.*openai"):
        server.start()
