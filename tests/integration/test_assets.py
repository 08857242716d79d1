# SPDX-License-Identifier: GPL-3.0-or-later
"""Files besides a project's own: uploading them, using them in films, and whose consent that needs."""
import struct
import subprocess
import zlib

import pytest
from conftest import gray_frames, probe, samples


def png(width, height, rgba):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(rgba) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


CUBE = "TITLE \"grey\"\nLUT_3D_SIZE 2\n" + "0.5 0.5 0.5\n" * 8


def upload(server, name, data, expect=200):
    if hasattr(data, "read_bytes"):
        data = data.read_bytes()
    answer = server.post("/api/assets", files={"file": (name, data)})
    assert answer.status_code == expect, answer.text
    return answer.json()


def project_of(server, clip, consent=True, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    if consent:
        server.consent(answer["asset"]["id"])
    if timeline:
        server.set_timeline(answer["project"]["id"], **timeline)
    return answer["project"]["id"], answer["asset"]["id"]


def segment(start, end, **more):
    return {"name": f"s{start}", "start": start, "end": end, **more}


def test_uploads_of_every_kind(server, clips):
    before = int(server.get("/api/assets?limit=1").headers["x-total-count"])
    made = [upload(server, "broll.mp4", clips.silent()), upload(server, "music.mp3", clips.sound()),
            upload(server, "logo.png", png(64, 32, (255, 0, 0, 255))), upload(server, "look.cube", CUBE.encode())]
    assert [a["kind"] for a in made] == ["video", "audio", "image", "lut"]
    assert made[2]["resolution"] == "64x32" and made[3]["resolution"] is None
    assert made[0]["thumbnail_url"] and made[2]["thumbnail_url"]
    listed = server.get("/api/assets?limit=4")
    assert int(listed.headers["x-total-count"]) == before + 4
    assert [a["id"] for a in listed.json()] == [a["id"] for a in reversed(made)]
    for asset in made:
        assert server.get(f"/api/assets/{asset['id']}").json() == asset
        assert server.get(asset["ingest_url"]).status_code == 200
    assert server.get("/api/assets/999999").status_code == 404
    assert server.get("/api/assets/x").status_code == 422


@pytest.mark.parametrize("name,data,status", [
    ("a.png", b"", 422), ("a.txt", b"hello " * 100, 415), ("a.cube", b"hello", 415), ("a.cube", b"LUT_3D_SIZE 2\0", 415),
    ("a.cube", b"LUT_3D_SIZE 2\n" * 700000, 413), ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415)])
def test_what_is_not_taken(server, name, data, status):
    files = server.media_files("ingest")
    upload(server, name, data, expect=status)
    assert server.media_files("ingest") == files


def test_an_image_makes_no_project(server):
    answer = server.post("/api/ingest", files={"file": ("logo.png", png(64, 64, (0, 0, 255, 255)))})
    assert answer.status_code == 415 and "/api/assets" in answer.json()["detail"]


def test_segments_of_other_assets_need_their_own_consent(server, clips):
    other = upload(server, "tone.mp4", clips.tone())["id"]
    project, own = project_of(server, clips.silent(), segments=[segment(0, 1), segment(1, 3, asset_id=other)])
    answer = server.post(f"/api/render/{project}", json={})
    assert answer.status_code == 403 and f"asset {other} (segments[1])" in answer.json()["detail"]
    server.consent(other)
    film = server.render(project, preset="draft", watermark=False)
    x = samples(film)
    assert max(map(abs, x[:45000])) < 0.001 and max(map(abs, x[60000:])) > 0.05
    frames = gray_frames(film)
    assert max(frames[10]) - min(frames[10]) > 60 and max(frames[60]) - min(frames[60]) < 10
    # Withdrawn while it waits: no film.
    job = server.start_render(project)
    server.consent(other, False)
    status = server.wait_job(job)
    assert status["status"] in ("failed", "finished")
    if status["status"] == "failed":
        assert "consent" in status["error"].lower()


def test_music_needs_consent_and_plays(server, clips):
    music = upload(server, "music.mp3", clips.sound())["id"]
    project, _ = project_of(server, clips.silent(), segments=[segment(0, 2)],
                            music={"asset_id": music, "gain_db": 0, "fade_in": 0, "loop": True})
    answer = server.post(f"/api/render/{project}", json={})
    assert answer.status_code == 403 and "(music)" in answer.json()["detail"]
    server.consent(music)
    x = samples(server.render(project, preset="draft"))
    assert max(map(abs, x[24000:48000])) > 0.01


def test_images_and_tables_need_none(server, clips):
    logo = upload(server, "logo.png", png(40, 40, (255, 255, 255, 255)))["id"]
    table = upload(server, "grey.cube", CUBE.encode())["id"]
    project, _ = project_of(server, clips.landscape(), segments=[segment(0, 1, effects=[
        {"name": "lut", "file": f"asset:{table}"}])],
        overlays=[{"asset_id": logo, "start": 0.5, "end": 1, "x": 0.5, "y": 0.25, "width": 0.5}])
    frames = gray_frames(server.render(project, preset="draft", watermark=False))
    assert max(frames[5]) - min(frames[5]) < 20  # the table makes everything grey
    assert frames[25][16 * 36 + 18] > 200        # the logo lies over it


@pytest.mark.parametrize("timeline,words", [
    ({"segments": [{"name": "a", "start": 0, "end": 1, "asset_id": 4711}]}, "among your assets"),
    ({"segments": [{"name": "a", "start": 0, "end": 1}], "music": {"path": "ingest/none.mp3"}}, "among your assets"),
    ({"segments": [{"name": "a", "start": 0, "end": 1}],
      "overlays": [{"asset_id": 4711, "start": 0, "end": 1}]}, "among your assets")])
def test_assets_that_do_not_exist(server, clips, timeline, words):
    project, _ = project_of(server, clips.silent())
    answer = server.post(f"/api/timeline/{project}", json={"timeline": timeline})
    assert answer.status_code == 422 and words in answer.text


def test_assets_in_the_wrong_place(server, clips):
    logo = upload(server, "logo.png", png(40, 40, (255, 255, 255, 255)))["id"]
    project, _ = project_of(server, clips.silent(), segments=[segment(0, 1)], music={"asset_id": logo})
    answer = server.post(f"/api/render/{project}", json={})
    assert answer.status_code == 422 and "with sound" in answer.text


def test_a_file_that_vanished(new_server, clips):
    server = new_server()
    other = upload(server, "tone.mp4", clips.tone())
    server.consent(other["id"])
    project, _ = project_of(server, clips.silent(), segments=[segment(0, 1), segment(0, 1, asset_id=other["id"])])
    (server.data / "media" / other["path"]).unlink()
    status = server.wait_job(server.start_render(project))
    assert status["status"] == "failed" and f"asset {other['id']} is gone" in status["error"]


def test_reports(server, clips):
    project, _ = project_of(server, clips.landscape(), segments=[segment(0, 2.5), segment(3, 5)])
    status = server.wait_job(server.start_render(project, preset="draft"))
    report = status["report"]
    assert report["frames"] == 135 and report["duration"] == 4.5
    assert report["chunks"]["encoded"] == report["chunks"]["total"] >= 3 and not report["sound_reused"]
    stages = {s["name"]: s for s in report["stages"]}
    assert {"setup", "composition", "encoding", "sound", "export"} <= set(stages)
    assert all(s["wall"] > 0 and s["cpu"] > 0 for s in stages.values())
    assert stages["composition"]["cpu"] + stages["encoding"]["cpu"] < report["cpu"]
    assert 20e6 < report["peak_memory_bytes"] < 1e9 and report["frames_per_second"] > 0
    assert [w["code"] for w in report["warnings"]] == ["source_too_small"]
    again = server.wait_job(server.start_render(project, preset="draft"))["report"]
    assert again["chunks"] == {"total": report["chunks"]["total"], "encoded": 0,
                               "reused": report["chunks"]["total"]} and again["sound_reused"]
    assert len(str(status)) < 8000
