# SPDX-License-Identifier: GPL-3.0-or-later
"""`aive models` against a hub on loopback that serves small files with ranges, hangs up in the
middle, and lies."""
import hashlib
import http.server
import json
import os
import signal
import subprocess
import threading
import time

import pytest

from conftest import AIVE, SLOW, check_sanitizers

REVISION = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves one repository, a/b. `moods` are what it does to the next requests for a file."""

    def __init__(self):
        weights = bytes(i * 7 % 251 for i in range(3_000_000))
        self.files = {
            "config.json": b'{"model_type":"whisper"}',
            "vocab.json": b'{"a":0}',
            "merges.txt": b"#version: 0.2\n",
            "README.md": b"not needed",
            "pytorch_model.bin": b"not needed",
            "model.safetensors": weights,
        }
        self.moods = []
        self.asked = []  # (file, Range or None)
        self.listing = self.honest_listing
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                hub.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def honest_listing(self):
        siblings = [{"rfilename": n, "size": len(b)} for n, b in self.files.items()]
        siblings[-1]["lfs"] = {"sha256": hashlib.sha256(self.files["model.safetensors"]).hexdigest(),
                               "size": len(self.files["model.safetensors"]), "pointerSize": 134}
        return {"id": "a/b", "sha": REVISION, "siblings": siblings}

    def answer(self, h):
        if h.path == "/api/models/a/b?blobs=true":
            return self.send(h, 200, json.dumps(self.listing()).encode())
        prefix = f"/a/b/resolve/{REVISION}/"
        name = h.path.removeprefix(prefix)
        if not h.path.startswith(prefix) or name not in self.files:
            return self.send(h, 404, b"Not found")
        asked = h.headers.get("Range")
        self.asked.append((name, asked))
        body = self.files[name]
        mood = self.moods.pop(0) if name == "model.safetensors" and self.moods else "honest"
        begin = int(asked[len("bytes="):-1]) if asked and mood != "no ranges" else 0
        if mood == "busy":
            return self.send(h, 503, b"later")
        if mood == "redirect":
            h.send_response(302)
            h.send_header("Location", self.url + h.path)
            h.send_header("Content-Length", "0")
            return h.end_headers()
        headers = {"Accept-Ranges": "bytes"}
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        if mood == "other range":
            headers["Content-Range"] = f"bytes 0-{len(body) - 1}/{len(body)}"
            return self.send(h, 206, body, headers)
        if mood == "broken":
            body = body[:-1] + b"X"
        if mood == "longer":
            body += b"more"
        if mood == "slow":
            return self.send(h, 200, body, headers, pause=0.05)
        cut = {"hang up": 1_000_000, "hang up at once": 0}.get(mood)
        self.send(h, 206 if begin else 200, body[begin:], headers, cut)

    @staticmethod
    def send(h, status, body, headers=None, cut=None, pause=0):
        try:
            h.send_response(status)
            for k, v in (headers or {}).items():
                h.send_header(k, v)
            h.send_header("Content-Length", str(len(body)))
            h.end_headers()
            body = body if cut is None else body[:cut]
            for i in range(0, len(body), 100_000):
                h.wfile.write(body[i:i + 100_000])
                time.sleep(pause)
            if cut is not None:
                h.close_connection = True
        except (BrokenPipeError, ConnectionResetError):
            pass


@pytest.fixture
def hub():
    h = Hub()
    yield h
    h.server.shutdown()


class Models:
    def __init__(self, folder, hub):
        self.folder = folder
        self.env = dict(os.environ, AIVE_MODELS_DIR=str(folder), AIVE_HUB_URL=hub.url, AIVE_OFFLINE="false")

    def command(self, *words):
        return [AIVE, "models", *words]

    def __call__(self, *words, **env):
        p = subprocess.run(self.command(*words), env=dict(self.env, **env), capture_output=True, text=True,
                           timeout=120 * SLOW)
        check_sanitizers(p.stderr)
        return p


@pytest.fixture
def models(tmp_path, hub):
    return Models(tmp_path / "models", hub)


def assert_whole(models, hub):
    folder = models.folder / "a--b"
    wanted = {"config.json", "vocab.json", "merges.txt", "model.safetensors"}
    assert {p.name for p in folder.iterdir()} == wanted | {"aive-model.json"}
    for name in wanted:
        assert (folder / name).read_bytes() == hub.files[name]
    assert [p.name for p in models.folder.iterdir()] == ["a--b"], "nothing else is left"


def test_pull_list_verify_rm(models, hub):
    p = models("pull", "a/b")
    assert p.returncode == 0, p.stderr
    assert "100.0%" in p.stderr and "a/b is in" in p.stdout
    assert_whole(models, hub)
    assert ("README.md", None) not in hub.asked, "what is of no use is not fetched"

    entry = json.loads(models("list", "--json").stdout)["models"]
    assert [(m["name"], m["kind"], m["fetched"]) for m in entry] == [("a/b", "whisper", True)]
    assert models("verify", "a/b").returncode == 0

    weights = models.folder / "a--b" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[1000] ^= 1
    weights.write_bytes(data)
    p = models("verify", "a/b")
    assert p.returncode == 3 and "model.safetensors" in p.stderr and "checksum" in p.stderr

    assert models("rm", "a/b").returncode == 0
    assert list(models.folder.iterdir()) == []
    p = models("rm", "a/b")
    assert p.returncode != 0 and "no model" in p.stderr


def test_what_is_there_is_not_fetched_again(models, hub):
    assert models("pull", "a/b").returncode == 0
    hub.asked.clear()
    assert models("pull", "a/b").returncode == 0
    assert hub.asked == []
    assert_whole(models, hub)


def test_newer_revision_takes_the_place_of_the_old(models, hub):
    assert models("pull", "a/b").returncode == 0
    hub.files["vocab.json"] = b'{"a":0,"b":1}'
    old = hub.listing
    hub.listing = lambda: dict(old(), sha=REVISION)  # the same revision: nothing to do
    assert models("pull", "a/b").returncode == 0
    manifest = models.folder / "a--b" / "aive-model.json"
    manifest.write_text(manifest.read_text().replace(REVISION, "f" * 40))
    assert models("pull", "a/b").returncode == 0
    assert_whole(models, hub)


@pytest.mark.parametrize("moods", [
    ["hang up"],
    ["hang up", "hang up", "busy", "hang up at once"],
    ["busy", "busy"],
    ["hang up", "no ranges"],
    ["hang up", "other range"],
    ["redirect"],
], ids=" then ".join)
def test_lost_connections_go_on(models, hub, moods):
    hub.moods = list(moods)
    p = models("pull", "a/b")
    assert p.returncode == 0, p.stderr
    assert_whole(models, hub)
    ranges = [r for name, r in hub.asked if name == "model.safetensors"]
    if moods[0] == "hang up":
        assert "bytes=1000000-" in ranges, "goes on where it was cut off"


@pytest.mark.parametrize("mood, words", [
    ("broken", "checksum"),
    ("longer", "bytes"),
])
def test_lies_are_not_stored(models, hub, mood, words):
    hub.moods = [mood] * 20
    p = models("pull", "a/b")
    assert p.returncode != 0 and words in p.stderr and "model.safetensors" in p.stderr
    assert not (models.folder / "a--b").exists()
    hub.moods = []
    assert models("pull", "a/b").returncode == 0, "an honest hub mends it"
    assert_whole(models, hub)


def test_killed_pull_goes_on(models, hub):
    hub.moods = ["slow"]
    p = subprocess.Popen(models.command("pull", "a/b"), env=models.env, stderr=subprocess.DEVNULL)
    part = models.folder / ".pull-a--b" / "model.safetensors.part"
    deadline = time.monotonic() + 60 * SLOW
    while not (part.exists() and part.stat().st_size > 500_000):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    second = models("pull", "a/b")
    assert second.returncode != 0 and "already" in second.stderr
    p.send_signal(signal.SIGKILL)
    p.wait()
    assert not (models.folder / "a--b").exists()
    hub.asked.clear()
    assert models("pull", "a/b").returncode == 0
    ranges = [r for name, r in hub.asked if name == "model.safetensors"]
    assert ranges and ranges[0] is not None and int(ranges[0][6:-1]) >= 500_000
    assert_whole(models, hub)


def test_beginning_of_other_bytes_is_fetched_anew(models, hub):
    stage = models.folder / ".pull-a--b"
    stage.mkdir(parents=True)
    (stage / "model.safetensors.part").write_bytes(b"x" * 1000)
    assert models("pull", "a/b").returncode == 0
    assert_whole(models, hub)


def test_interrupt_ends_soon_and_leaves_the_beginning(models, hub):
    hub.moods = ["slow"]
    p = subprocess.Popen(models.command("pull", "a/b"), env=models.env, stderr=subprocess.PIPE, text=True)
    part = models.folder / ".pull-a--b" / "model.safetensors.part"
    deadline = time.monotonic() + 60 * SLOW
    while not (part.exists() and part.stat().st_size > 200_000):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    p.send_signal(signal.SIGINT)
    words = p.communicate(timeout=60 * SLOW)[1]
    assert p.returncode == 130, words
    assert part.exists()


@pytest.mark.parametrize("name, words", [
    ("nobody/nothing", "no model"),
    ("../../etc", "not a model's name"),
    ("a/b/c", "not a model's name"),
    ("unheard-of", "no model is called"),
])
def test_wrong_names(models, name, words):
    p = models("pull", name)
    assert p.returncode != 0 and words in p.stderr, p.stderr
    assert not models.folder.exists() or list(models.folder.iterdir()) == []


@pytest.mark.parametrize("change, words", [
    (lambda m: m["siblings"].pop(), "no weights"),
    (lambda m: m.update(sha="../../x"), "no revision"),
    (lambda m: m["siblings"][0].update(size=-1), "size"),
    (lambda m: m["siblings"][-1].update(size=10 ** 13), "size"),
    (lambda m: m["siblings"][-1].update(size=5 * 10 ** 10), "free in"),
    (lambda m: m.pop("siblings"), "broken"),
], ids=["no weights", "revision", "negative", "absurd", "no room", "no list"])
def test_lying_lists(models, hub, change, words):
    def listing():
        m = hub.honest_listing()
        change(m)
        return m
    hub.listing = listing
    p = models("pull", "a/b")
    if words == "free in" and p.returncode != 0 and "free in" not in p.stderr:
        pytest.skip("this machine has room for 50 GB")
    assert p.returncode != 0 and words in p.stderr, p.stderr
    assert not (models.folder / "a--b").exists()


def test_no_hub(models):
    p = models("pull", "a/b", AIVE_HUB_URL="http://127.0.0.1:1")
    assert p.returncode == 4 and "127.0.0.1" in p.stderr
    p = models("pull", "a/b", AIVE_OFFLINE="true")
    assert p.returncode == 4 and "AIVE_OFFLINE" in p.stderr


def test_token_is_sent_and_never_printed(models, hub):
    p = models("pull", "a/b", AIVE_HUB_TOKEN="hf_verysecret")
    assert p.returncode == 0
    assert "verysecret" not in p.stdout + p.stderr


@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_what_was_put_there_by_hand_stays(models, hub, tmp_path, kind):
    """A folder without aive-model.json may be somebody's own training: no pull replaces it."""
    models.folder.mkdir()
    own = models.folder / "a--b"
    if kind == "file":
        own.write_bytes(b"mine")
    else:
        real = tmp_path / "elsewhere" if kind == "link" else own
        real.mkdir()
        (real / "model.safetensors").write_bytes(b"mine")
        if kind == "link":
            own.symlink_to(real)
    p = models("pull", "a/b")
    assert p.returncode != 0 and "by hand" in p.stderr, p.stderr
    assert (own if kind == "file" else own / "model.safetensors").read_bytes() == b"mine"
    assert hub.asked == [], "nothing is fetched in vain"
    assert [p.name for p in models.folder.iterdir()] == ["a--b"]


def test_part_that_is_a_link_is_not_written_through(models, hub, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    stage = models.folder / ".pull-a--b"
    stage.mkdir(parents=True)
    (stage / "model.safetensors.part").symlink_to(victim)
    p = models("pull", "a/b")
    assert p.returncode != 0 and "model.safetensors" in p.stderr
    assert victim.read_bytes() == b"precious"
    assert models("rm", "a/b").returncode == 0 and victim.read_bytes() == b"precious"


def test_rm_spares_folders_inside_and_what_is_being_fetched(models, hub):
    assert models("pull", "a/b").returncode == 0
    inside = models.folder / "a--b" / "onnx"
    inside.mkdir()
    p = models("rm", "a/b")
    assert p.returncode != 0 and "by hand" in p.stderr
    assert (models.folder / "a--b" / "model.safetensors").exists(), "all of it, or nothing"
    inside.rmdir()
    left = models.folder / ".rm-a--b"  # of a kill
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"x")
    assert models("rm", "a/b").returncode == 0
    assert list(models.folder.iterdir()) == []

    hub.moods = ["slow"]
    p = subprocess.Popen(models.command("pull", "a/b"), env=models.env, stderr=subprocess.DEVNULL)
    part = models.folder / ".pull-a--b" / "model.safetensors.part"
    deadline = time.monotonic() + 60 * SLOW
    while not (part.exists() and part.stat().st_size > 200_000):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    busy = models("rm", "a/b")
    assert busy.returncode != 0 and "being fetched" in busy.stderr
    assert p.wait(timeout=60 * SLOW) == 0
    assert_whole(models, hub)


def test_write_that_fails(models, hub):
    """A file that may not grow further, like a disk that others fill meanwhile, ends the pull; the
    beginning stays for the next one."""
    p = subprocess.run(["sh", "-c", "ulimit -f 1000; trap '' XFSZ; exec \"$@\"", "sh", *models.command("pull", "a/b")],
                       env=models.env, capture_output=True, text=True, timeout=120 * SLOW)
    assert p.returncode != 0 and "write" in p.stderr, p.stderr
    assert (models.folder / ".pull-a--b" / "model.safetensors.part").stat().st_size > 0
    assert not (models.folder / "a--b").exists()
    assert models("pull", "a/b").returncode == 0
    assert_whole(models, hub)


def test_token_with_a_line_break_is_refused(models, hub):
    p = models("pull", "a/b", AIVE_HUB_TOKEN="hf_x\r\nX-Evil: 1")
    assert p.returncode != 0 and "line break" in p.stderr and "hf_x" not in p.stderr
