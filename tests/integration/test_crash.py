# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random points: no acknowledged upload lost, no job stuck, nothing half-written."""
import hashlib
import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest
import requests
from conftest import AIVE, SLOW, Server, horses, probe

ROUNDS = int(os.environ.get("AIVE_CRASH_ROUNDS", "5"))


def sha(data):
    return hashlib.sha256(data).hexdigest()


def check_media(server, acked):
    """Every acknowledged upload is there, byte for byte; every film that is visible is whole."""
    for path, digest in acked:
        assert sha((server.data / "media" / path).read_bytes()) == digest
    for name in server.media_files("final"):
        assert probe(server.data / "media" / "final" / name)["video"]
    for cls in ("ingest", "thumbnails", "final"):
        assert not [n for n in server.media_files(cls) if n.startswith(".")]


def test_server_killed_during_uploads(new_server, clips):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    data = clips.landscape().read_bytes()
    server = new_server()
    acked = []

    def client(url, stop):
        n = 0
        while not stop.is_set():
            body = data + b"\x00\x00\x00\x08free" * n  # every upload is another file
            n += 1
            try:
                answer = requests.post(url + "/api/ingest", files={"file": ("a.mp4", body)},
                                       data={"auto_analyze": "false"}, timeout=60)
            except requests.RequestException:
                return
            if answer.status_code == 200:
                acked.append((answer.json()["asset"]["path"], sha(body)))

    for round_ in range(ROUNDS):
        stop = threading.Event()
        threads = [threading.Thread(target=client, args=(server.url, stop)) for _ in range(3)]
        for t in threads:
            t.start()
        time.sleep(chance.uniform(0.1, 1.5) * SLOW)
        server.kill()
        stop.set()
        for t in threads:
            t.join()
        server.start()
        check_media(server, acked)
        listed = {p["id"] for p in server.get("/api/projects?limit=1000").json()}
        assert len(listed) >= len(acked), f"seed {seed}"
    assert acked, "no upload was ever acknowledged"


def test_server_killed_during_a_render(new_server, clips):
    chance = random.Random()
    server = new_server()
    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    project = answer["project"]["id"]
    server.set_timeline(project, segments=[
        {"name": f"s{i}", "start": i % 4, "end": i % 4 + 2} for i in range(6)])
    job = server.start_render(project, preset="draft")
    for _ in range(2):  # a job gets three tries
        time.sleep(chance.uniform(0.2, 2.0) * SLOW)
        if server.status(job)["status"] == "finished":
            break
        server.kill()
        server.start()
    # The lease of the killed worker must run out first.
    status = server.wait_job(job, seconds=120)
    assert status["status"] == "finished", status
    assert len(server.media_files("final")) == 1
    check_media(server, [])


def test_work_horse_killed(new_server, clips):
    server = new_server()
    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    project = answer["project"]["id"]
    server.set_timeline(project, segments=[
        {"name": f"s{i}", "start": 0, "end": 5} for i in range(8)])
    job = server.start_render(project, preset="high")
    deadline = time.monotonic() + 60 * SLOW
    while not horses(server.process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in horses(server.process.pid):
        os.kill(pid, signal.SIGKILL)
    # Killed from outside looks like lack of memory: tried once more.
    server.post(f"/api/render/{job}/cancel") if server.status(job)["attempt"] > 1 else None
    assert server.get("/api/healthz").status_code == 200
    status = server.status(job)
    assert status["status"] in ("queued", "started", "rendering", "canceled", "finished")
    server.post(f"/api/render/{job}/cancel")
    assert server.wait_job(job)["status"] in ("canceled", "finished")


def test_server_killed_takes_its_work_horses_along(new_server, clips):
    server = new_server()
    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    server.set_timeline(answer["project"]["id"], segments=[
        {"name": f"s{i}", "start": 0, "end": 5} for i in range(8)])
    server.start_render(answer["project"]["id"], preset="high")
    deadline = time.monotonic() + 60 * SLOW
    pids = []
    while not pids and time.monotonic() < deadline:
        pids = horses(server.process.pid)
    assert pids
    server.kill()
    deadline = time.monotonic() + 20 * SLOW
    while any(os.path.exists(f"/proc/{p}") for p in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{p}") for p in pids)


def test_worker_apart_killed_and_another_takes_over(new_server, clips):
    server = new_server("--workers", "0")
    answer = server.ingest(clips.silent(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    job = server.start_render(answer["project"]["id"], preset="draft")
    assert server.status(job)["status"] == "queued"
    command = [AIVE, "worker", "--data-dir", server.data, "--workers", "1"]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60 * SLOW
    while server.status(job)["status"] == "queued" and time.monotonic() < deadline:
        time.sleep(0.02)
    first.kill()
    first.wait()
    second = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        assert server.wait_job(job, seconds=120)["status"] == "finished"
    finally:
        second.terminate()
        assert second.wait(60 * SLOW) == 0
    assert len(server.media_files("final")) == 1


def test_sigterm_hands_a_job_back(new_server, clips):
    server = new_server("--shutdown-seconds", "1")
    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    server.set_timeline(answer["project"]["id"], segments=[
        {"name": f"s{i}", "start": 0, "end": 5} for i in range(6)])
    job = server.start_render(answer["project"]["id"], preset="high")
    deadline = time.monotonic() + 60 * SLOW
    while server.status(job)["status"] != "rendering" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.stop() == 0
    server.start()
    assert server.status(job)["status"] in ("queued", "started", "rendering")
    server.post(f"/api/render/{job}/cancel")


# --- Renders carry on where they stopped ----------------------------------------------------------

FILM = [{"name": f"s{i}", "start": i * 0.4, "end": i * 0.4 + 2, "effects": ["zoom"]} for i in range(8)]


def film_hash(path):
    """Of what is seen and heard, without the time it was made."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash",
                          "-"], check=True, capture_output=True).stdout
    return sha(out)


def film_project(server, clips):
    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    server.set_timeline(answer["project"]["id"], segments=FILM)
    return answer["project"]["id"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, clips):
    server = Server(tmp_path_factory.mktemp("undisturbed")).start()
    film = server.render(film_project(server, clips), preset="draft")
    digest = film_hash(film)
    server.stop()
    return digest


def pieces(server):
    """Chunks of the film that are there."""
    return len([p for p in (server.data / "media" / "cache").iterdir() if len(p.name) == 64])


def wait_for_pieces(server, more_than, job):
    deadline = time.monotonic() + 60 * SLOW
    while time.monotonic() < deadline:
        if pieces(server) > more_than or server.status(job)["status"] in ("finished", "failed"):
            return
        time.sleep(0.01)


def test_work_horses_killed_between_chunks(new_server, clips, undisturbed):
    """Killed from outside: a second try, which finds the first one's chunks."""
    server = new_server("--workers", "1")
    project = film_project(server, clips)
    job = server.start_render(project, preset="draft")
    wait_for_pieces(server, 4, job)  # of sound or pictures; a chunk of pictures is told as a segment
    deadline = time.monotonic() + 60 * SLOW
    while server.status(job)["progress"] < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in horses(server.process.pid):
        os.kill(pid, signal.SIGKILL)
    status = server.wait_job(job)
    assert status["status"] == "finished", status
    if status["attempt"] > 1:
        assert status["report"]["chunks"]["reused"] > 0
    assert film_hash(server.data / status["output_url"].lstrip("/")) == undisturbed


def test_renders_killed_between_chunks_go_on(tmp_path, clips, undisturbed):
    """kill -9 of the whole program after every few chunks; each start has less left to do."""
    clip = clips.landscape()
    (tmp_path / "timeline.json").write_text(json.dumps({"segments": FILM}))
    command = [AIVE, "render", clip, "timeline.json", "-o", "film.mp4", "--preset", "draft", "--json"]
    env = dict(os.environ, XDG_CACHE_HOME=str(tmp_path / "cache"))
    cache = tmp_path / "cache" / "aive"
    have, killed = 0, 0
    for round_ in range(ROUNDS):
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60 * SLOW
        while process.poll() is None and time.monotonic() < deadline:
            now = len([p for p in cache.iterdir() if len(p.name) == 64]) if cache.exists() else 0
            if now > have + 1:
                break
            time.sleep(0.002)
        killed += process.poll() is None
        process.kill()
        process.wait()
        have = len([p for p in cache.iterdir() if len(p.name) == 64])
        assert not (tmp_path / "film.mp4").exists() or process.returncode == 0
        if process.returncode == 0:
            break
    assert killed > 1 and have > 2
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300 * SLOW)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)["report"]
    assert report["chunks"]["reused"] > 0
    assert film_hash(tmp_path / "film.mp4") == undisturbed
    assert not list(cache.glob("lease-*")) and not list(cache.glob(".tmp-*"))


def test_damaged_chunks_are_made_again(new_server, clips, undisturbed):
    server = new_server()
    project = film_project(server, clips)
    server.render(project, preset="draft")
    chance = random.Random(7)
    cache = server.data / "media" / "cache"
    for i, path in enumerate(sorted(cache.iterdir())):
        data = bytearray(path.read_bytes())
        if i % 3 == 0:
            data = data[:chance.randrange(len(data))]
        elif i % 3 == 1:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    status = server.wait_job(server.start_render(project, preset="draft"))
    assert status["status"] == "finished", status
    assert 0 < status["report"]["chunks"]["encoded"] <= status["report"]["chunks"]["total"]
    assert film_hash(server.data / status["output_url"].lstrip("/")) == undisturbed


def test_a_small_store_holds_a_large_film(new_server, clips, undisturbed):
    """The limit is no reason to fail: what runs keeps its chunks, and afterwards they go."""
    server = new_server(env={"AIVE_CACHE_BYTES": "100000"})
    project = film_project(server, clips)
    film = server.render(project, preset="draft")
    assert film_hash(film) == undisturbed
    assert server.render(project, preset="draft", format="square")  # looks at the folder, and finds it too large
    cache = server.data / "media" / "cache"
    again = server.wait_job(server.start_render(project, preset="draft"))
    assert again["report"]["chunks"]["encoded"] > 0
    assert film_hash(server.data / again["output_url"].lstrip("/")) == undisturbed


def test_an_emptied_store_under_a_render(new_server, clips, undisturbed):
    server = new_server("--workers", "1")
    project = film_project(server, clips)
    job = server.start_render(project, preset="draft")
    wait_for_pieces(server, 5, job)
    for path in (server.data / "media" / "cache").iterdir():
        path.unlink(missing_ok=True)
    status = server.wait_job(job)
    assert status["status"] == "finished", status
    assert film_hash(server.data / status["output_url"].lstrip("/")) == undisturbed
