# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over a file: what is found, over HTTP and on the command line, and that no content is
looked at twice."""
import json
import shutil

import pytest

from conftest import run_aive

CODE = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]


@pytest.fixture(scope="session")
def scenes(clips):
    """4 s, two scenes of 2 s, a beat every half second."""
    return clips.make(
        "scenes.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=2",
        "-f", "lavfi", "-i", "mandelbrot=s=640x360:r=30",
        "-f", "lavfi", "-i", "aevalsrc='sin(880*2*PI*t)*exp(-20*mod(t,0.5))':d=4:s=44100",
        "-filter_complex", "[1]trim=duration=2[b];[0][b]concat=n=2:v=1[v]",
        "-map", "[v]", "-map", "2", *CODE, "-c:a", "aac", "-t", "4")


def upload(server, clip):
    """A file that belongs to no project: its id."""
    with open(clip, "rb") as f:
        answer = server.post("/api/assets", files={"file": (clip.name, f)})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def analysis(server, asset, expect=200):
    answer = server.get(f"/api/assets/{asset}/analysis")
    assert answer.status_code == expect, answer.text
    return answer.json()


def analyze(server, clip):
    """What is found in a fresh upload."""
    asset = upload(server, clip)
    answer = server.post(f"/api/assets/{asset}/analyze")
    assert answer.status_code == 200, answer.text
    assert answer.json() == analysis(server, asset)
    return answer.json()


def derived(server):
    """Every file that was made, with what tells it from one made again."""
    root = server.data / "media" / "derived"
    return {str(p.relative_to(root)): (p.stat().st_ino, p.stat().st_mtime_ns)
            for p in root.rglob("*") if p.is_file()}


def logs(server, answer):
    return server.status(answer["job_id"])["logs"]


# --- What is found ------------------------------------------------------------------------------

def test_facts_of_a_film(server, scenes):
    found = analyze(server, scenes)
    assert found["version"] >= 2
    assert found["duration"] == pytest.approx(4, abs=0.1)
    assert [s["begins"] for s in found["shots"]] == ["start", "cut"]
    assert found["shots"][1]["start"] == pytest.approx(2, abs=0.04)
    assert found["shots"][0]["start"] == pytest.approx(0, abs=0.04)
    assert found["loudness"]["integrated"] < 0
    assert found["levels"] and found["level_step"] > 0
    assert found["sections"][0]["start"] == 0


def test_no_sound(server, clips):
    found = analyze(server, clips.silent())
    assert found["shots"] and found["loudness"] is None and found["tempo"] is None
    for sound in ("beats", "pauses", "speech", "levels", "sections"):
        assert found[sound] == [], sound


def test_only_sound(server, clips):
    found = analyze(server, clips.sound())
    assert found["levels"] and found["loudness"]["integrated"] > -40
    for picture in ("shots", "crop", "faces", "quality"):
        assert found[picture] == [], picture
    assert found["thumbnail"] is None


def test_still_image(server, clips):
    found = analyze(server, clips.make("still.png", "-f", "lavfi", "-i", "testsrc2=s=640x360:d=1",
                                       "-frames:v", "1"))
    assert len(found["shots"]) <= 1 and found["levels"] == []


def test_rotated_film_is_upright(server, clips, scenes):
    turned = clips.make("turned.mp4", "-i", scenes, "-c", "copy", "-metadata:s:v", "rotate=90")
    found = analyze(server, turned)
    assert [s["begins"] for s in found["shots"]] == ["start", "cut"]


def test_variable_rate(server, clips, scenes):
    clip = clips.make("vfr.mp4", "-i", scenes, "-vf",
                      "select='not(mod(n\\,7)*lt(mod(n\\,3)\\,1))'", "-fps_mode", "vfr", *CODE, "-c:a", "copy")
    found = analyze(server, clip)
    assert len(found["shots"]) == 2 and found["shots"][1]["start"] == pytest.approx(2, abs=0.2)


def test_many_pictures_a_second(server, clips):
    clip = clips.make("fast.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=120:d=2", *CODE)
    assert analyze(server, clip)["duration"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("kind", ["yuv420p10le", "yuvj420p", "yuv444p", "gray"])
def test_kinds_of_pictures(server, clips, kind):
    clip = clips.make(f"kind_{kind}.mkv", "-f", "lavfi", "-i", "testsrc2=s=322x182:r=10:d=1",
                      "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", kind)
    found = analyze(server, clip)
    assert len(found["shots"]) == 1


def test_broken_sound_leaves_the_picture(server, clips, scenes):
    """The sound's packets are noise: the shots are found all the same."""
    clip = clips.folder / "broken_sound.mkv"
    clips.make("broken_sound_part.mkv", "-i", scenes, "-c", "copy", "-bsf:a", "noise=amount=1:drop=0")
    shutil.copy(clips.folder / "broken_sound_part.mkv", clip)
    found = analyze(server, clip)
    assert [s["begins"] for s in found["shots"]] == ["start", "cut"]


def test_broken_picture_leaves_the_sound(server, clips, scenes):
    clip = clips.make("broken_picture.mkv", "-i", scenes, "-c", "copy", "-bsf:v", "noise=amount=2")
    found = analyze(server, clip)
    assert found["levels"] and found["duration"] == pytest.approx(4, abs=0.2)


# --- When it is known ---------------------------------------------------------------------------

def test_not_analysed_yet(server, clips):
    asset = upload(server, clips.tone())
    words = analysis(server, asset, expect=409)["detail"]
    assert f"POST /api/assets/{asset}/analyze" in words
    assert analysis(server, 424242, expect=404) == {"detail": "Asset not found"}
    assert server.post("/api/assets/424242/analyze").status_code == 404


def test_what_is_no_media(server, tmp_path):
    lut = tmp_path / "look.cube"
    lut.write_text("LUT_3D_SIZE 2\n" + "".join(
        f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)))
    assert "neither picture nor sound" in analysis(server, upload(server, lut), expect=409)["detail"]


def test_an_ingested_film_is_known(server, scenes):
    answer = server.ingest(scenes)
    assert len(analysis(server, answer["asset"]["id"])["shots"]) == 2


def test_will_not_wait(server, clips):
    clip = clips.make("async.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=2", *CODE)
    asset = upload(server, clip)
    answer = server.post(f"/api/assets/{asset}/analyze", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    assert server.wait_job(answer.json()["job_id"])["status"] == "finished"
    assert analysis(server, asset)["shots"]


# --- Never twice --------------------------------------------------------------------------------

def test_two_projects_of_one_content(new_server, scenes):
    server = new_server()
    first = server.ingest(scenes)
    made = derived(server)
    assert any("analysis-v" in name for name in made)
    second = server.ingest(scenes)
    assert derived(server) == made
    assert any("analysed before" in line for line in logs(server, second))
    assert not any("analysed before" in line for line in logs(server, first))
    assert analysis(server, first["asset"]["id"]) == analysis(server, second["asset"]["id"])


def test_laid_out_anew_from_what_is_known(new_server, scenes):
    server = new_server()
    project = server.ingest(scenes)["project"]["id"]
    made = derived(server)
    assert server.post(f"/api/timeline/{project}/analyze").status_code == 200
    assert derived(server) == made


@pytest.mark.parametrize("damage", [b"", b"{\"version\":", b"\x00" * 100, b"[]", b"{\"version\":1}"])
def test_damaged_report_is_made_again(new_server, scenes, damage):
    server = new_server()
    asset = server.ingest(scenes)["asset"]["id"]
    found = analysis(server, asset)
    report, = (server.data / "media" / "derived").glob("*/analysis-v*.json")
    report.chmod(0o600)
    report.write_bytes(damage)
    analysis(server, asset, expect=409)
    answer = server.post(f"/api/assets/{asset}/analyze")
    assert answer.status_code == 200 and answer.json() == found


def test_missing_file_is_made_again(new_server, scenes):
    server = new_server()
    project = server.ingest(scenes)["project"]["id"]
    made = derived(server)
    waveform, = (server.data / "media" / "derived").glob("*/waveform-v*.dat")
    bytes_of_it = waveform.read_bytes()
    waveform.unlink()
    assert server.post(f"/api/timeline/{project}/analyze").status_code == 200
    assert waveform.read_bytes() == bytes_of_it
    again = derived(server)
    assert {n: v for n, v in again.items() if "waveform" not in n} == \
           {n: v for n, v in made.items() if "waveform" not in n}


def test_cancel_is_quick(new_server, clips):
    """A film of ten minutes is let go of at once; nothing half-made is kept."""
    server = new_server()
    part = clips.make("minute.mp4", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=20", *CODE)
    long = clips.make("long.mp4", "-stream_loop", "29", "-i", part, "-c", "copy")
    asset = upload(server, long)
    job = server.post(f"/api/assets/{asset}/analyze", headers={"Prefer": "respond-async"}).json()["job_id"]

    def cancel_when_running(status):
        if status["status"] in ("started", "rendering") and status["progress"] > 5:
            server.post(f"/api/render/{job}/cancel")
    assert server.wait_job(job, each=cancel_when_running)["status"] == "canceled"
    assert "not been analysed" in analysis(server, asset, expect=409)["detail"]
    assert not any("analysis-v" in name or "proxy" in name for name in derived(server))


# --- On the command line ------------------------------------------------------------------------

def test_facts_on_stdout(tmp_path, scenes):
    done = run_aive("analyze", scenes, "--facts", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["shots"]) == 2
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_is_kept_for_the_user(tmp_path, scenes):
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first = run_aive("analyze", scenes, "--facts", cwd=tmp_path, env=cache)
    kept = [(p, p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "cache").glob("aive/derived/*/*")]
    again = run_aive("analyze", scenes, "--facts", cwd=tmp_path, env=cache)
    assert kept and first.stdout == again.stdout
    assert kept == [(p, p.stat().st_mtime_ns, p.stat().st_ino) for p, *_ in kept]


def test_without_a_home_nothing_is_kept(tmp_path, scenes):
    done = run_aive("analyze", scenes, "--facts", cwd=tmp_path, env={"XDG_CACHE_HOME": "/proc/nowhere"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shots"]


def test_timeline_on_stdout(tmp_path, scenes):
    done = run_aive("analyze", scenes, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["segments"]


@pytest.mark.parametrize("name, magic", [("page.png", b"\x89PNG"), ("page.svg", b"<?xml")])
def test_plot(tmp_path, scenes, name, magic):
    done = run_aive("analyze", scenes, "--plot", tmp_path / name, "-o", tmp_path / "t.json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_plot_of_another_kind_is_refused(tmp_path, scenes):
    done = run_aive("analyze", scenes, "--plot", tmp_path / "page.gif")
    assert done.returncode != 0 and ".png" in done.stderr and ".svg" in done.stderr


def test_command_line_shares_the_data_folder(new_server, scenes):
    server = new_server()
    server.ingest(scenes)
    made = derived(server)
    done = run_aive("analyze", scenes, "--facts", "--data-dir", server.data)
    assert done.returncode == 0, done.stderr
    assert derived(server) == made
    assert json.loads(done.stdout)["version"] == json.loads(
        next((server.data / "media" / "derived").glob("*/analysis-v*.json")).read_text())["version"]
