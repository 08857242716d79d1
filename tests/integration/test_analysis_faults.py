# SPDX-License-Identifier: GPL-3.0-or-later
"""The analysis when something goes wrong: decoders that crash, files that vanish, a full disk, kill
-9, many who ask at once. What is kept is whole, and what is missing is made again."""
import errno
import json
import os
import shutil
import signal
import sqlite3
import threading
import time

import pytest
from conftest import SLOW, Server, horses

CODE = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]


@pytest.fixture(scope="module")
def long_film(clips):
    """A minute, long enough to be disturbed, with a beat every half second."""
    part = clips.make("faults_part.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=5", "-f", "lavfi", "-i",
                      "aevalsrc='sin(880*2*PI*t)*exp(-20*mod(t,0.5))':d=5:s=48000", *CODE, "-c:a", "aac")
    return clips.make("faults.mp4", "-stream_loop", "11", "-i", part, "-c", "copy")


@pytest.fixture(scope="module")
def large(clips):
    """2 s of noise in 1080 lines: its small copy takes some megabytes."""
    return clips.make("faults_large.mp4", "-f", "lavfi", "-i",
                      "testsrc2=s=1920x1080:r=10:d=2,noise=alls=40:allf=t", "-f", "lavfi", "-i",
                      "sine=440:d=2:r=48000", *CODE, "-crf", "30", "-c:a", "aac")


def upload(server, clip):
    with open(clip, "rb") as f:
        answer = server.post("/api/assets", files={"file": (clip.name, f)})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def analyze(server, asset, expect=200):
    answer = server.post(f"/api/assets/{asset}/analyze")
    assert answer.status_code == expect, answer.text
    return answer.json()


def begin(server, asset):
    answer = server.post(f"/api/assets/{asset}/analyze", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    return answer.json()["job_id"]


def derived(server):
    return {p.name: p for p in (server.data / "media" / "derived").rglob("*") if p.is_file()}


def kinds(server):
    """The files that were made, without the versions in their names."""
    return {name.split("-v")[0] + ("-none" if name.endswith(".none") else "") for name in derived(server)}


def jobs(server, columns):
    base = sqlite3.connect(server.data / "aive.db")
    return base.execute(f"SELECT {columns} FROM job WHERE kind = 'analyze' ORDER BY created_us").fetchall()


class Crasher(threading.Thread):
    """Lets so many of a server's work-horses die as of a crash, each as soon as it is there."""

    def __init__(self, server, count):
        super().__init__(daemon=True)
        self.server, self.left, self.hit = server, count, set()

    def run(self):
        deadline = time.monotonic() + 60 * SLOW
        while self.left > 0 and time.monotonic() < deadline:
            for pid in set(horses(self.server.process.pid)) - self.hit:
                if self.left > 0:
                    os.kill(pid, signal.SIGILL)  # the one that no sanitizer makes its own of
                    self.hit.add(pid)
                    self.left -= 1


def crash(server, asset, count):
    """The job that analyses the asset while so many of its work-horses crash."""
    crasher = Crasher(server, count)
    crasher.start()
    status = server.wait_job(begin(server, asset))
    crasher.join(60 * SLOW)
    assert crasher.left == 0
    return status


# --- Decoders that crash ------------------------------------------------------------------------

def test_crash_on_the_pictures_leaves_the_sound(new_server, long_film):
    server = new_server()
    asset = upload(server, long_film)
    status = crash(server, asset, 1)
    assert status["status"] == "finished", status
    assert any("crashed" in line for line in status["logs"])
    found = analyze(server, asset)
    assert len(found["warnings"]) == 1
    assert "pictures" in found["warnings"][0] and "crashed" in found["warnings"][0]
    assert found["levels"] and found["beats"] and found["shots"] == [] and found["thumbnail"] is None
    assert kinds(server) == {"analysis", "waveform", "storyboard-none", "strip-none"}
    project = server.ingest(long_film)
    assert project["project"]["status"] == "analyzed"
    assert any(found["warnings"][0] in line for line in server.status(project["job_id"])["logs"])


def test_crash_on_the_sound_leaves_the_pictures(new_server, long_film):
    server = new_server()
    asset = upload(server, long_film)
    assert crash(server, asset, 2)["status"] == "finished"
    found = analyze(server, asset)
    assert len(found["warnings"]) == 1 and "sound" in found["warnings"][0]
    assert found["shots"] and found["levels"] == [] and found["beats"] == []


def test_crash_on_both_fails(new_server, long_film):
    server = new_server()
    asset = upload(server, long_film)
    status = crash(server, asset, 3)
    assert status["status"] == "failed" and "crashed" in status["error"]
    assert not [name for name in derived(server) if name.endswith((".json", ".none"))]
    assert analyze(server, asset)["warnings"] == []


# --- Files that vanish --------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["waveform", "storyboard", "proxy"])
def test_what_is_missing_is_made_again(new_server, large, kind):
    server = new_server()
    asset = upload(server, large)
    found = analyze(server, asset)
    made = {name: path.read_bytes() for name, path in derived(server).items()}
    gone = [path for name, path in derived(server).items() if name.startswith(kind) and not name.endswith(".jpg")]
    assert len(gone) == 1
    gone[0].unlink()
    assert analyze(server, asset) == found
    assert {name: path.read_bytes() for name, path in derived(server).items()} == made


@pytest.mark.parametrize("damage", [None, b"", b"\xff" * 100])
def test_waveform_that_cannot_be_read_is_made_again(new_server, clips, damage):
    server = new_server()
    asset = upload(server, clips.tone())
    analyze(server, asset)
    view = f"/api/assets/{asset}/waveform.dat"
    whole = server.get(view).content
    file, = [path for name, path in derived(server).items() if name.startswith("waveform")]
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    refused = server.get(view)
    assert refused.status_code == 409 and "/analyze" in refused.json()["detail"]
    analyze(server, asset)
    assert server.get(view).content == whole


def test_folder_vanishes_under_the_work(new_server, long_film):
    server = new_server()
    asset = upload(server, long_film)
    job = begin(server, asset)
    gone = []

    def remove(_):
        folders = list((server.data / "media" / "derived").iterdir())
        if folders and not gone:
            gone.append(shutil.rmtree(folders[0]))
    assert server.wait_job(job, each=remove)["status"] == "finished" and gone
    assert analyze(server, asset)["shots"]
    assert kinds(server) == {"analysis", "waveform", "storyboard", "strip"}


# --- A full disk --------------------------------------------------------------------------------

def fill(disk, leave_bytes):
    """Till so much is left; the server may take some of it meanwhile."""
    room = os.statvfs(disk)
    left = max(room.f_bavail * room.f_frsize - leave_bytes, 0)
    with open(disk / "fill", "wb", buffering=0) as f:
        try:
            while left > 0:
                left -= f.write(bytes(min(left, 1 << 16)))
        except OSError as e:
            assert e.errno == errno.ENOSPC


def test_disk_full_while_files_are_derived(small_disk, large):
    server = Server(small_disk).start()
    try:
        asset = upload(server, large)
        fill(small_disk / "data", 1_200_000)
        answer = analyze(server, asset, expect=507)
        assert "No space left" in answer["detail"] and str(server.data) not in answer["detail"]
        assert not kinds(server) & {"analysis", "proxy", "proxy-none", "storyboard-none", "strip-none", "waveform-none"}
        (small_disk / "data" / "fill").unlink()
        found = analyze(server, asset)
        assert found["shots"] and found["levels"] and found["warnings"] == []
        assert kinds(server) == {"analysis", "waveform", "storyboard", "strip", "proxy"}
    finally:
        assert server.stop() == 0


def test_disk_full_when_a_job_ends(small_disk, long_film):
    """Its end is written as soon as there is room; asking for that takes neither the processor nor the log."""
    server = Server(small_disk).start()
    try:
        job = begin(server, upload(server, long_film))
        deadline = time.monotonic() + 60 * SLOW
        while server.status(job)["progress"] <= 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        fill(small_disk / "data", 0)
        words = "the end of the job is not written"
        while server.log().count(words) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert 3 <= server.log().count(words) < 50
        (small_disk / "data" / "fill").unlink()
        assert server.wait_job(job)["status"] == "finished"
    finally:
        assert server.stop() == 0


# --- Kill, and many at once ---------------------------------------------------------------------

def test_server_killed_during_the_analysis(new_server, long_film):
    server, calm = new_server(), new_server()
    undisturbed = analyze(calm, upload(calm, long_film))
    asset = upload(server, long_film)
    job = begin(server, asset)
    deadline = time.monotonic() + 60 * SLOW
    while server.status(job)["progress"] <= 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    server.start()
    assert server.wait_job(job)["status"] == "finished"
    assert analyze(server, asset) == undisturbed
    assert set(derived(server)) == set(derived(calm))


def test_one_works_and_the_others_wait(new_server, long_film):
    server = new_server()
    asset = upload(server, long_film)
    again = upload(server, long_film)  # another asset of the same content
    found = []
    threads = [threading.Thread(target=lambda a=a: found.append(analyze(server, a))) for a in [asset, again] * 3]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 6 and all(f == found[0] for f in found)
    assert len(jobs(server, "id")) == 2
    logs = [line for job, in jobs(server, "id") for line in server.status(job)["logs"]]
    assert sum("analysed before" in line for line in logs) == 1


def test_the_job_keeps_no_copy_of_the_report(new_server, long_film):
    server = new_server()
    asset = upload(server, long_film)
    found = analyze(server, asset)
    (result,), = jobs(server, "result")
    kept = json.loads(result)
    assert kept == {"analysis": f"/api/assets/{asset}/analysis", "version": found["version"],
                    "beats": len(found["beats"]), "shots": len(found["shots"])}
    assert server.get(kept["analysis"]).json() == found
