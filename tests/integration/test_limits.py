# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad luck and bad manners: full disks, lost folders, locked databases, storms of requests, words
and numbers beyond every bound. The answer says what is wrong, and the server goes on."""
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest
import requests
from conftest import AIVE, SLOW, Server, probe, run_aive

UPLOAD_BYTES = int(os.environ.get("AIVE_BIG_UPLOAD_BYTES", str(256 << 20)))
ROUNDS = int(os.environ.get("AIVE_RACE_ROUNDS", "40"))
ROOT = os.geteuid() == 0
OVER = ("finished", "failed", "canceled")


def project_of(server, clip, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    server.consent(answer["asset"]["id"])
    if timeline:
        server.set_timeline(answer["project"]["id"], **timeline)
    return answer["project"]["id"], answer["asset"]


def segments(n, length=1):
    return [{"name": f"s{i}", "start": i % 4, "end": i % 4 + length} for i in range(n)]


def memory_kb(server, key="VmRSS"):
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(rf"{key}:\s+(\d+)", status).group(1))


def at_once(n, work):
    """Runs work(i) in n threads; their results."""
    results = [None] * n

    def run(i):
        try:
            results[i] = work(i)
        except Exception as e:  # seen by the caller, who knows what to expect
            results[i] = e

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def statuses(answers):
    return sorted(a.status_code if isinstance(a, requests.Response) else repr(a) for a in answers)


# --- The disk -----------------------------------------------------------------------------------

def writes(server, project, asset):
    """One request of each kind that stores something."""
    return {
        "ingest": lambda clip: server.post("/api/ingest", files={"file": ("a.mp4", open(clip, "rb"))}),
        "timeline": lambda _: server.post(f"/api/timeline/{project}", json={
            "timeline": {"segments": segments(2), "note": "x" * 100_000}}),
        "consent": lambda _: server.post(f"/api/consent/{asset['id']}/checkbox", json={"accepted": True}),
        "document": lambda _: server.post(f"/api/consent/{asset['id']}/upload", files={
            "file": ("a.pdf", b"%PDF-1.4\n" + bytes(100_000))}),
        "thumbnail": lambda _: server.post("/api/tools", json={
            "tool": "thumbnail", "args": {"asset_id": asset["id"], "time": random.random()}}),
        "chat": lambda _: server.post("/api/chat/sessions", json={"backend": "stub"}),
        "render": lambda _: server.post(f"/api/render/{project}", json={"preset": "draft"}),
    }


def test_full_disk(small_disk, clips):
    server = Server(small_disk).start()
    try:
        project, asset = project_of(server, clips.landscape(), segments=segments(2))
        with open(small_disk / "data" / "fill", "wb", buffering=0) as fill:
            try:
                while fill.write(bytes(4096)):
                    pass
            except OSError:
                pass
        before = {c: server.media_files(c) for c in ("ingest", "thumbnails", "final", "consent")}
        for name, write in writes(server, project, asset).items():
            answer = write(clips.silent())
            assert answer.status_code == 507, (name, answer.status_code, answer.text)
            assert str(server.data) not in answer.text
        assert {c: server.media_files(c) for c in before} == before
        assert server.get(f"/api/timeline/{project}").status_code == 200
        assert server.get(asset["ingest_url"]).status_code == 200
        (small_disk / "data" / "fill").unlink()
        for name, write in writes(server, project, asset).items():
            answer = write(clips.silent())
            assert answer.status_code == 200, (name, answer.text)
        assert server.wait_job(answer.json()["job_id"])["status"] == "finished"
        check = sqlite3.connect(server.data / "aive.db").execute("PRAGMA integrity_check")
        assert check.fetchall() == [("ok",)]
    finally:
        assert server.stop() == 0


def test_disk_full_in_the_middle_of_an_upload(small_disk, clips):
    server = Server(small_disk).start()
    try:
        with open(clips.landscape(), "rb") as clip:
            body = clip.read()
        answer = server.post("/api/ingest", files={"file": ("a.mp4", body + bytes(64 << 20))})
        assert answer.status_code == 507, answer.text
        assert server.media_files("ingest") == []
        room = os.statvfs(small_disk / "data")
        assert room.f_bavail * room.f_frsize > 28 << 20
    finally:
        assert server.stop() == 0


class NobodysServer(Server):
    """Runs as a user whom file modes bind."""

    def start(self):
        self.folder.chmod(0o755)
        self.data.mkdir(exist_ok=True)
        os.chown(self.data, 65534, 65534)
        self.prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        return super().start()


def test_folders_that_may_not_be_written(tmp_path, clips):
    if not ROOT:
        pytest.skip("needs root, to become somebody else")
    reachable = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "test", "-x", tmp_path])
    if reachable.returncode != 0:  # the folders of pytest are private
        for folder in (tmp_path, *tmp_path.parents):
            if folder.owner() == "root" and folder.stat().st_mode & 0o077 == 0:
                folder.chmod(0o711)
    server = NobodysServer(tmp_path).start()
    try:
        project, asset = project_of(server, clips.landscape(), segments=segments(2))
        folders = [server.data / "media" / c for c in ("ingest", "thumbnails", "consent", "final")]
        for folder in folders:
            folder.chmod(0o500)
        for name in ("ingest", "document", "thumbnail"):
            answer = writes(server, project, asset)[name](clips.silent())
            assert answer.status_code == 503 and "data folder" in answer.text, (name, answer.text)
        job = server.start_render(project, preset="draft")
        assert "data folder" in server.wait_job(job)["error"]
        for folder in folders:
            folder.chmod(0o700)
        for name, write in writes(server, project, asset).items():
            assert write(clips.silent()).status_code == 200, name
    finally:
        assert server.stop() == 0


def test_data_folder_deleted(new_server, clips):
    server = new_server()
    project, asset = project_of(server, clips.silent(), segments=segments(1))
    subprocess.run(["rm", "-r", server.data], check=True)
    answer = server.post("/api/ingest", files={"file": ("a.mp4", open(clips.silent(), "rb"))})
    assert answer.status_code == 503 and "data folder" in answer.text
    assert server.get(asset["ingest_url"]).status_code == 404
    assert server.get("/api/healthz").status_code == 200
    assert server.stop() == 0


# --- Others at the same data ---------------------------------------------------------------------

def test_database_locked_by_another(new_server, clips):
    server = new_server()
    project, _ = project_of(server, clips.silent())
    other = sqlite3.connect(server.data / "aive.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begin = time.monotonic()
    assert server.get(f"/api/timeline/{project}").status_code == 200
    assert time.monotonic() - begin < 1 * SLOW
    answer = server.post(f"/api/timeline/{project}", json={"timeline": {"segments": segments(1)}})
    assert answer.status_code == 503 and "busy" in answer.text and answer.headers["retry-after"]
    other.execute("COMMIT")
    other.close()
    server.set_timeline(project, segments=segments(1))


def test_two_servers_on_one_folder(new_server, tmp_path, clips):
    one = new_server()
    project, _ = project_of(one, clips.landscape(), segments=segments(4))
    jobs = [one.start_render(project, preset="draft")]
    (tmp_path / "second").mkdir()
    two = Server(tmp_path / "second")
    two.data = one.data
    two.start()
    try:
        for i in range(4):
            jobs.append((two, one)[i % 2].start_render(
                project, preset="draft", range={"start": i * 0.5, "end": i * 0.5 + 1}))
        done = [one.wait_job(job) for job in jobs]
    finally:
        assert two.stop() == 0
    assert {(job["status"], job["attempt"]) for job in done} == {("finished", 1)}
    assert len(one.media_files("final")) == len(jobs)


@pytest.mark.parametrize("flags, words", [
    (["--template", "nope"], "nope"), (["--share-dir", "/nonexistent"], "--share-dir"),
    (["--host", "0.0.0.0"], "--allow-anonymous"), (["--port", "99999"], "between 0 and 65535"),
    (["--prot", "1"], "did you mean --port"), (["--data-dir", "/proc/x"], "/proc/x"),
    (["--database-url", "mysql://x"], "sqlite:///"), (["--redis-url", "redis://x"], "AIVE_REDIS_URL"),
    (["--workers", "many"], "whole number"),
])
def test_settings_that_cannot_be(tmp_path, flags, words):
    """Refused before anything is served, by a line that says which and why."""
    fixed = [f for f in (["--port", "0"], ["--data-dir", str(tmp_path / "d")]) if f[0] != flags[0]]
    done = run_aive("serve", *sum(fixed, []), *flags, timeout=20)
    assert done.returncode != 0 and words in done.stderr and done.stdout == "", done.stderr


def test_port_taken(server, tmp_path):
    port = server.url.rsplit(":", 1)[1]
    done = run_aive("serve", "--port", port, "--data-dir", tmp_path / "d", timeout=20)
    assert done.returncode != 0
    assert f"port {port}" in done.stderr and "choose one with --port" in done.stderr


# --- Much at once ---------------------------------------------------------------------------------

def test_large_upload_takes_no_memory(new_server):
    """A body as large as one likes (AIVE_BIG_UPLOAD_BYTES), while others are served."""
    server = new_server()
    host, port = server.url.split("//")[1].split(":")
    base = memory_kb(server, "VmHWM")
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    tail = b"\r\n--B--\r\n"
    late, stop = [], threading.Event()

    def others():
        session = requests.Session()
        while not stop.is_set():
            begin = time.monotonic()
            assert session.get(server.url + "/api/projects", timeout=60).status_code == 200
            late.append(time.monotonic() - begin)

    thread = threading.Thread(target=others)
    thread.start()
    with socket.create_connection((host, int(port)), timeout=120) as sock:
        sock.sendall(b"POST /api/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
                     b"boundary=B\r\nContent-Length: %d\r\n\r\n"
                     % (len(head) + UPLOAD_BYTES + len(tail)) + head)
        zeros, left = bytes(1 << 20), UPLOAD_BYTES
        while left > 0:
            sock.sendall(zeros[:left])
            left -= len(zeros)
        sock.sendall(tail)
        answer = sock.recv(65536)
    stop.set()
    thread.join()
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert memory_kb(server, "VmHWM") - base < 16384 * SLOW
    assert len(late) > 10 and max(late) < 2 * SLOW
    assert server.media_files("ingest") == server.media_files("thumbnails") == []


def test_many_readers_during_an_upload(server, clips):
    project, _ = project_of(server, clips.silent())
    upload = threading.Thread(target=lambda: server.ingest(clips.landscape()))
    upload.start()
    answers = at_once(200, lambda _: requests.get(f"{server.url}/api/timeline/{project}", timeout=60))
    upload.join()
    assert statuses(answers) == [200] * 200


def test_storm_of_cancels(new_server, clips):
    server = new_server()
    project, _ = project_of(server, clips.landscape(), segments=segments(4))
    for _ in range(25):
        job = server.start_render(project, preset="high")
        begin = time.monotonic()
        assert server.post(f"/api/render/{job}/cancel").status_code == 200
        assert time.monotonic() - begin < 1 * SLOW
    jobs = [server.start_render(project, preset="high") for _ in range(25)]
    at_once(len(jobs), lambda i: requests.post(f"{server.url}/api/render/{jobs[i]}/cancel", timeout=60))
    assert {server.wait_job(job, 10)["status"] for job in jobs} == {"canceled"}
    assert server.media_files("final") == [] and server.media_files("tmp") == []
    assert server.get(f"/api/timeline/{project}").json()["status"] == "analyzed"
    assert server.render(project, preset="draft").exists()


def test_consent_withdrawn_while_a_render_starts(new_server, clips):
    """Once a withdrawal is answered, no film appears."""
    server = new_server()
    project, asset = project_of(server, clips.silent(), segments=[{"name": "a", "start": 0, "end": 0.1}])
    chance = random.Random(7)
    for i in range(ROUNDS):
        server.consent(asset["id"])
        pause = chance.uniform(0, 0.2)

        def withdraw_or_start(which):
            if which:
                time.sleep(pause)
                return requests.post(f"{server.url}/api/consent/{asset['id']}/checkbox",
                                     json={"accepted": False}, timeout=60)
            return requests.post(f"{server.url}/api/render/{project}", json={"preset": "draft"}, timeout=60)

        started, withdrawn = at_once(2, withdraw_or_start)
        films = server.media_files("final")
        assert withdrawn.status_code == 200 and started.status_code in (200, 403)
        if started.status_code == 200:
            assert server.wait_job(started.json()["job_id"], 20)["status"] in ("canceled", "finished")
        assert server.media_files("final") == films, f"round {i}"


def test_edits_at_once(server, clips):
    project, _ = project_of(server, clips.landscape())
    etag = server.get(f"/api/timeline/{project}").headers["etag"]
    url = f"{server.url}/api/timeline/{project}"
    answers = at_once(30, lambda i: requests.post(
        url, json={"timeline": {"segments": segments(i % 5 + 1)}}, headers={"If-Match": etag}, timeout=60))
    assert statuses(answers) == [200] + [412] * 29
    answers = at_once(30, lambda i: requests.post(f"{url}/{('undo', 'redo')[i % 2]}", timeout=60))
    assert set(statuses(answers)) <= {200, 409}
    revisions = len(server.get(f"/api/timeline/{project}/revisions").json())
    answers = at_once(30, lambda i: requests.post(f"{url}/analyze", timeout=60))
    assert set(statuses(answers)) <= {200, 409, 503} and 200 in statuses(answers)
    assert len(server.get(f"/api/timeline/{project}/revisions").json()) <= revisions + 4


# --- The end ---------------------------------------------------------------------------------------

def test_stopped_during_an_upload(new_server, clips):
    """The upload under way is taken and kept; nobody new is let in."""
    server = new_server("--shutdown-seconds", "20")
    host, port = server.url.split("//")[1].split(":")
    data = clips.silent().read_bytes()
    body = (b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + data
            + b'\r\n--B\r\nContent-Disposition: form-data; name="auto_analyze"\r\n\r\nfalse\r\n--B--\r\n')
    sock = socket.create_connection((host, int(port)), timeout=60)
    sock.sendall(b"POST /api/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
                 b"boundary=B\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:len(body) // 2])
    server.get("/api/healthz")  # an answer later, the upload is being read
    server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 10 * SLOW
    with pytest.raises(requests.ConnectionError):
        while time.monotonic() < deadline:
            requests.get(server.url + "/api/healthz", timeout=10)
    sock.sendall(body[len(body) // 2:])
    answer = b""
    while piece := sock.recv(65536):
        answer += piece
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    assert server.process.wait(timeout=30 * SLOW) == 0
    server.process = None
    stored = json.loads(answer.partition(b"\r\n\r\n")[2])["asset"]["path"]
    assert (server.data / "media" / stored).read_bytes() == data
    assert len(server.start().get("/api/projects").json()) == 1


def test_stopped_during_a_render(new_server, clips):
    """The job is handed back and done after the next start, once."""
    server = new_server("--shutdown-seconds", "0")
    project, _ = project_of(server, clips.landscape(), segments=segments(8))
    job = server.start_render(project, preset="draft")
    while server.status(job)["status"] != "rendering":
        pass
    assert server.stop() == 0
    assert server.media_files("final") == []
    server.start()
    assert server.wait_job(job)["status"] == "finished"
    assert len(server.media_files("final")) == 1
    assert probe(server.data / "media" / "final" / server.media_files("final")[0])["video"]


# --- Words and numbers -----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def target(server, clips):
    """A project, its asset, and a sound beside it."""
    project, asset = project_of(server, clips.tone())
    return project, asset, server.ingest(clips.sound(), auto_analyze="false")["asset"]


def segment(**more):
    return {"timeline": {"segments": [{"name": "a", "start": 0, "end": 1, **more}]}}


def caption(**more):
    return {"timeline": {"segments": [], "captions": [{"text": "x", "start": 0, "end": 1, **more}]}}


UPDATES = {  # what is sent: where the 422 points to, None for 200
    "too deep": (b"[" * 100_000, ["body", 32]),
    "too deep inside": (b'{"timeline":' + b'{"a":' * 100_000, ["body", 167]),
    "a million segments": (b'{"timeline":{"segments":[' + b",".join([b'{"start":0}'] * 1_000_000) + b"]}}", None),
    "a null character": (segment(name="a\0b"), ["segments", 0, "name"]),
    "end before start": (segment(start=2), ["segments", 0, "end"]),
    "before the film": (segment(start=-1), ["segments", 0, "start"]),
    "after the film": (segment(end=1000), ["segments", 0, "end"]),
    "shorter than a tick": (segment(end=1e-12), ["segments", 0, "end"]),
    "infinite": (b'{"timeline":{"segments":[{"name":"a","start":0,"end":1e999}]}}', ["segments", 0, "end"]),
    "a long name": (segment(name="x" * 100_000), ["segments", 0, "name"]),
    "an unknown effect": (segment(effects=["drawtext=textfile=/etc/passwd"]), ["effects", 0]),
    "an effect with a null": (segment(effects=["zoom\0"]), ["effects", 0]),
    "10,000 effects": (segment(effects=["zoom"] * 10_000), ["effects"]),
    "slower than slow": (segment(effects=["slowmo"] * 16), ["effects"]),
    "an unknown sound": (segment(sfx={"name": "nope"}), ["sfx", "name"]),
    "a file as sound": (segment(sfx={"name": "whoosh", "path": "/etc/passwd"}), ["sfx", "path"]),
    "an address as sound": (segment(sfx={"name": "whoosh", "path": "http://127.0.0.1/x"}), ["sfx", "path"]),
    "a caption that ends early": (caption(start=2), ["captions", 0, "end"]),
    "a caption of 1 MB": (caption(text="x" * 1_000_000), ["captions", 0, "text"]),
    "a caption of 2000 letters": (caption(text="W" * 2000), None),
}


@pytest.mark.parametrize("name", UPDATES)
def test_timelines_beyond_bounds(server, target, name):
    body, where = UPDATES[name]
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    begin = time.monotonic()
    answer = server.post(f"/api/timeline/{target[0]}", data=data, headers={"Content-Type": "application/json"})
    assert time.monotonic() - begin < 2 * SLOW
    if name == "a million segments":
        assert answer.status_code in (413, 422)
    elif where is None:
        assert answer.status_code == 200, answer.text[:300]
    else:
        assert answer.status_code == 422, answer.text[:300]
        loc = answer.json()["detail"][0]["loc"]
        assert loc[-len(where):] == where, loc
    assert len(answer.content) < 200_000 or answer.status_code == 200
    assert str(server.data) not in answer.text


def test_large_timelines(server, target):
    """Up to the limit it is stored, read, undone; beyond it the answer says so. Memory comes back."""
    base = memory_kb(server)
    url = f"/api/timeline/{target[0]}"
    for size, status in ((16_000_000, 200), (15_999_999, 200), (17_000_000, 413), (60_000_000, 413)):
        body = b'{"timeline":{"segments":[],"note":"%s"}}' % (b"a" * size)
        answer = requests.post(server.url + url, data=body, headers={"Content-Type": "application/json"}, timeout=60)
        assert answer.status_code == status, answer.text[:200]
    assert server.http.get(server.url + url, timeout=60).status_code == 200
    assert server.http.post(server.url + url + "/undo", timeout=60).status_code == 200
    server.set_timeline(target[0], segments=segments(1), note="small again")
    deadline = time.monotonic() + 20 * SLOW  # a body is let go of after its answer has left
    while memory_kb(server) >= base + 49152 * SLOW and time.monotonic() < deadline:
        time.sleep(0.1)
    assert memory_kb(server) < base + 49152 * SLOW


@pytest.mark.parametrize("id_, status", [
    ("0", 404), ("-1", 404), ("1e3", 422), ("0x1", 422), ("9223372036854775808", 422), ("1%00", 400),
    ("%EF%BC%91", 422), ("null", 422), ("1" * 5000, 422), ("%2e%2e%2f1", 400), ("1'--", 422)])
def test_odd_ids(server, id_, status):
    answer = server.http.get(f"{server.url}/api/timeline/{id_}", timeout=60)
    assert answer.status_code == status and len(answer.content) < 20_000, answer.text[:200]


def test_odd_job_ids(server):
    for id_ in ("x", "*", "a" * 10_000, "rq:job:1", "%0d%0aX:y", "%00"):
        assert server.http.get(f"{server.url}/api/render/status/{id_}").status_code in (400, 404)
        assert server.http.post(f"{server.url}/api/render/{id_}/cancel").status_code in (400, 404)


PATHS = ("/proc/self/environ", "/dev/zero", "../", "/", "", "ingest/", "http://127.0.0.1/", "concat:a|b")


@pytest.mark.parametrize("tool", ["beats", "thumbnail", "transcribe"])
def test_tools_open_assets_only(server, target, tool):
    """A path is a name among the assets; whether anything else exists is not told."""
    answers = [server.post("/api/tools", json={"tool": tool, "args": {"path": path}}) for path in PATHS]
    assert {(a.status_code, a.text) for a in answers} == {(404, '{"detail":"Asset not found"}')}


@pytest.mark.parametrize("body, status", [
    ({"tool": "x" * 100_000, "args": {}}, 422), ({"tool": "beats", "args": []}, 422), ({"tool": "beats"}, 422),
    ({"tool": "transcribe", "args": {"path": "x", "model": "../../x"}}, 422),
    ({"tool": "thumbnail", "args": {"path": "x", "time": -1}}, 422),
    ({"tool": "thumbnail", "args": {"path": "x", "time": "NaN"}}, 422),
    ({"tool": "caption_srt", "args": {"segments": [{"text": "x", "start": 0, "end": 1e300}]}}, 422),
])
def test_tools_with_odd_words(server, body, status):
    answer = server.post("/api/tools", json=body)
    assert answer.status_code == status and answer.json()["detail"], answer.text[:200]


def test_captions_cannot_forge_srt(server):
    words = "hello\n\n2\n00:00:05,000 --> 00:00:06,000\nforged"
    result = server.post("/api/tools", json={"tool": "caption_srt", "args": {
        "segments": [{"text": words, "start": 0, "end": 360000}]}}).json()["result"]["srt"]
    assert result.count("-->") == 1 and result.startswith("1\n00:00:00,000 --> 100:00:00,000\n")


def test_films_of_many_sounds(server, target, clips):
    """The same sound often is one file; more files than a film may have are refused at once."""
    project, _, sound = target
    one = {"name": "a", "start": 0, "end": 0.03, "sfx": {"name": "whoosh", "path": sound["path"]}}
    server.set_timeline(project, segments=[one] * 70)
    assert server.render(project, preset="draft").exists()
    data = clips.sound().read_bytes()
    paths = [server.http.post(server.url + "/api/ingest", files={"file": ("a.mp3", data + bytes(i + 1))},
                              data={"auto_analyze": "false"}).json()["asset"]["path"] for i in range(63)]
    many = [dict(one, sfx={"name": "whoosh", "path": p}) for p in paths]
    server.set_timeline(project, segments=many)
    refused = server.post(f"/api/render/{project}", json={"preset": "draft"})
    assert refused.status_code == 422 and "63 files" in refused.text
    server.set_timeline(project, segments=many[:62])
    assert server.render(project, preset="draft").exists()


NASTY = {"drawing codes": "{\\p1}m 0 0 l 2000 0 2000 2000{\\p0}", "size codes": "{\\fs900\\pos(0,0)}BIG",
         "both directions": "\u202eabc \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627", "emoji": "\U0001f469\u200d\U0001f467 " * 50,
         "accents": "a" + "\u0301" * 1900, "one word": "W" * 2000, "controls": "a\x01\x1b[31m\x7fb\u2028c",
         "formats": "%s%n%d", "nothing": "", "no such letters": "\ue000\U0010ffff"}


def test_captions_of_all_kinds(server, target):
    """Shown as they are: no codes obeyed, no crash, the film as long as ever."""
    server.set_timeline(target[0], segments=[{"name": "a", "start": 0, "end": 2}], captions=[
        {"text": text, "start": i * 0.2, "end": i * 0.2 + 0.2} for i, text in enumerate(NASTY.values())])
    film = server.render(target[0], preset="draft", watermark=False)
    assert int(probe(film)["video"]["nb_frames"]) == 60


@pytest.mark.parametrize("title, status, stored", [
    ("  ", 200, "tone"), ("a\x01\nb", 200, "a  b"), ("\U0001f3ac \u00dcn\u00ef", 200, None), ("x" * 501, 422, None),
    ("x" * 1_000_000, 413, None), (b"\xed\xa0\x80", 400, None), ("<script>", 200, None)])
def test_titles(server, clips, title, status, stored):
    answer = server.post("/api/ingest", files={"file": ("tone.mp4", open(clips.tone(), "rb"))},
                         data={"title": title, "auto_analyze": "false"})
    assert answer.status_code == status, answer.text[:200]
    if status == 200:
        assert answer.json()["project"]["title"] == (stored or title)


@pytest.mark.parametrize("data, status", [
    (b"<html><script>alert(1)</script>", 415), (b"<svg/>", 415), (b"PK\3\4" + bytes(100), 415), (b"", 415),
    (b"%PDF-" + bytes(21 << 20), 413), (b"%PDF-1.4\n/JavaScript (app.alert(1))", 200)])
def test_consent_documents(server, target, data, status):
    answer = server.post(f"/api/consent/{target[1]['id']}/upload", files={"file": ("a.pdf", data)})
    assert answer.status_code == status, answer.text
    if status == 200:
        served = server.get(answer.json()["document_url"])
        assert served.headers["content-disposition"].startswith("attachment")
        assert served.headers["content-type"] == "application/pdf"
        assert "sandbox" in served.headers["content-security-policy"]


def test_planted_files_are_not_served(server, target):
    folder = server.data / "media" / "ingest"
    (folder / "link.mp4").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.mp4")
    (folder / "dir.mp4").mkdir()
    (folder / ".tmp-x").write_text("x")
    for name in ("link.mp4", "pipe.mp4", "dir.mp4", ".tmp-x", "", ".", "..%2faive.db", "%2e%2e/aive.db"):
        answer = server.http.get(f"{server.url}/media/ingest/{name}", timeout=10)
        assert answer.status_code in (400, 404), name
    for path in ("/media/cache/", "/media/tmp/", "/media/aive.db", "/media/../aive.db"):
        assert server.http.get(server.url + path).status_code == 404, path


# --- What is written down -------------------------------------------------------------------------

def test_logs_are_lines_for_people_or_machines(new_server, clips):
    """Control characters of others do not reach the terminal, and finished is called finished."""
    for form in ("json", "text"):
        server = new_server("--log-format", form, env={"AIVE_HF_TOKEN": "canary-of-a-secret"})
        project, _ = project_of(server, clips.silent(), segments=[{"name": "a", "start": 0, "end": 0.2}])
        jobs = [server.start_render(project, preset="draft", range={"start": 0, "end": 0.1 + i / 100})
                for i in range(6)]
        for job in jobs:
            assert server.wait_job(job)["status"] == "finished"
        server.http.get(server.url + "/\x1b[31m%1b%0aforged")
        assert server.stop() == 0
        text = server.log()
        assert "canary" not in text and "\x1b" not in text
        ends = [line for line in text.splitlines() if "render: " in line and "started" not in line]
        assert len(ends) == len(jobs) and all("finished after" in line for line in ends), ends
        for line in text.splitlines():
            if form == "json":
                assert {"time", "level", "message"} <= json.loads(line).keys()
            else:
                assert re.match(r"\d\d:\d\d:\d\d (debug|info|warn|error) ", line), line
