# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random points: no acknowledged upload lost, no job stuck, nothing half-written."""
import hashlib
import os
import random
import signal
import subprocess
import threading
import time

import pytest
import requests
from conftest import AIVE, SLOW, Server, probe

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


def horses(pid):
    """Work-horses below a process."""
    out = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in out.splitlines()[1:]]
    return [int(p) for p, parent, args in rows if int(parent) == pid and "work-horse" in args]


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
