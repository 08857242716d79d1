# SPDX-License-Identifier: GPL-3.0-or-later
"""Films: decoded and measured, not believed."""
import math
import subprocess

import pytest
from conftest import gray_frames, probe, samples


def project_of(server, clip, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    server.consent(answer["asset"]["id"])
    project = answer["project"]["id"]
    if timeline:
        server.set_timeline(project, **timeline)
    return project


def segment(start, end, **more):
    return {"name": f"s{start}", "start": start, "end": end, **more}


def mean(frame):
    return sum(frame) / len(frame)


def goertzel(x, rate, freq):
    k = 2 * math.cos(2 * math.pi * freq / rate)
    a = b = 0.0
    for v in x:
        a, b = v + k * a - b, a
    return a * a + b * b - k * a * b


def first_loud(x, level, begin=0):
    return next(i for i in range(begin, len(x)) if abs(x[i]) > level)


def test_the_film_is_what_the_contract_says(server, clips):
    project = project_of(server, clips.landscape(), segments=[
        segment(0, 1.5, effects=["zoom"], sfx={"name": "whoosh"}),
        segment(2, 3, effects=["slowmo"], captions=[{"text": "Slow", "start": 2, "end": 3}]),
        segment(4, 5)])
    film = server.render(project)
    info = probe(film)
    video, audio = info["video"], info["audio"]
    assert (video["codec_name"], video["profile"], video["pix_fmt"]) == ("h264", "High", "yuv420p")
    assert (video["width"], video["height"]) == (1080, 1920)
    assert video["avg_frame_rate"] == video["r_frame_rate"] == "30/1"
    assert video["color_space"] == video["color_transfer"] == video["color_primaries"] == "bt709"
    assert (audio["codec_name"], audio["profile"], audio["sample_rate"], audio["channels"]) == \
        ("aac", "LC", "48000", 2)
    plan = 1.5 + 1 / 0.5 + 1
    assert abs(int(video["nb_frames"]) - plan * 30) <= 1
    assert len(gray_frames(film)) == int(video["nb_frames"])
    assert abs(float(info["format"]["duration"]) - plan) < 0.05
    assert float(video["start_time"]) == 0 and float(audio["start_time"]) == 0
    tags = info["format"]["tags"]
    assert tags["title"] == "landscape" and "AI assistance" in tags["comment"]
    assert tags["creation_time"] and tags["project_id"] == str(project)
    data = film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat") and b"elst" not in data[:data.index(b"mdat")]


def test_picture_and_sound_stay_together(server, clips):
    """Flash and click at 1 s and 3 s of the source, through a cut: the same moment in the film."""
    project = project_of(server, clips.sync(), segments=[segment(0.5, 2), segment(2.25, 4)])
    film = server.render(project, watermark=False, preset="draft")
    frames = [mean(f) for f in gray_frames(film)]
    flashes = [i for i in range(1, len(frames)) if frames[i] > 128 > frames[i - 1]]
    assert len(flashes) == 2
    x = samples(film)
    clicks = [first_loud(x, 0.2), first_loud(x, 0.2, 48000)]
    for flash, click, want in zip(flashes, clicks, (0.5, 1.5 + 0.75)):
        assert abs(flash / 30 - want) <= 1 / 30
        assert abs(click / 48000 - want) < 0.005
    assert abs(len(x) / 48000 - len(frames) / 30) < 1 / 30 + 1024 / 48000


def test_slow_motion_keeps_the_pitch(server, clips):
    project = project_of(server, clips.tone(), segments=[segment(0, 2, effects=["slowmo"])])
    film = server.render(project, watermark=False, preset="draft")
    x = samples(film, 16000)[16000:32000]
    assert goertzel(x, 16000, 440) > 20 * goertzel(x, 16000, 220)
    assert goertzel(x, 16000, 440) > 20 * goertzel(x, 16000, 452)
    assert abs(float(probe(film)["format"]["duration"]) - 4) < 0.05


def test_captions_and_watermark_are_seen_when_they_should_be(server, clips):
    project = project_of(server, clips.tone(), segments=[segment(0, 3)],
                         captions=[{"text": "HELLO WORLD", "start": 1.0, "end": 2.0}])
    film = server.render(project, watermark=False, preset="draft")
    frames = gray_frames(film, 108, 192)
    lively = [max(f) - min(f) > 60 for f in frames]
    assert not any(lively[:29]) and all(lively[32:58]) and not any(lively[62:])
    rows = [y for y in range(192) for x in range(108)
            if abs(frames[45][y * 108 + x] - frames[0][y * 108 + x]) > 40]
    assert 100 < min(rows) and max(rows) <= 144  # above what the platforms cover
    marked = server.render(project, watermark=True, preset="draft")
    assert max(gray_frames(marked, 108, 192)[0][:108 * 60]) - min(frames[0]) > 20


def test_formats_range_and_reuse(server, clips):
    project = project_of(server, clips.landscape(), segments=[segment(0, 2), segment(3, 5)])
    film = server.render(project, format="landscape", preset="draft")
    assert (probe(film)["video"]["width"], probe(film)["video"]["height"]) == (960, 540)
    part = server.render(project, format="square", preset="draft", range={"start": 1, "end": 2.5})
    info = probe(part)
    assert (info["video"]["width"], info["video"]["height"]) == (540, 540)
    assert abs(int(info["video"]["nb_frames"]) - 45) <= 1
    whole = gray_frames(server.render(project, format="square", preset="draft"))
    cut = gray_frames(part)
    assert all(sum(abs(a - b) for a, b in zip(x, y)) < 3 * len(x) for x, y in zip(cut, whole[30:]))
    # The same film again comes out of the chunk store, and is the same picture by picture.
    again = server.render(project, format="landscape", preset="draft")
    md5 = lambda p: subprocess.run(["ffmpeg", "-v", "error", "-i", p, "-map", "0", "-c", "copy", "-f",
                                    "streamhash", "-"], check=True, capture_output=True).stdout
    assert md5(film) == md5(again)
    for bad in ({"range": {"start": 2, "end": 1}}, {"range": {"start": 100, "end": 101}},
                {"preset": "best"}, {"format": "round"}):
        server.start_render(project, expect=422, **bad)


@pytest.mark.parametrize("make", ["silent", "sound"])
def test_sources_without_sound_or_picture(server, clips, make):
    project = project_of(server, getattr(clips, make)(), segments=[segment(0, 2)])
    info = probe(server.render(project, preset="draft"))
    assert info["video"]["nb_frames"] == "60" and info["audio"]


def test_an_empty_timeline_is_analysed_first(server, clips):
    project = project_of(server, clips.silent())
    status = server.wait_job(server.start_render(project, preset="draft"))
    assert status["status"] == "finished", status
    assert any("auto-analysis" in line for line in status["logs"])
    assert server.get(f"/api/timeline/{project}").json()["timeline"]["segments"]


def test_consent_is_the_gate(server, clips):
    answer = server.ingest(clips.silent())
    project, asset = answer["project"]["id"], answer["asset"]["id"]
    refused = server.post(f"/api/render/{project}", json={})
    assert (refused.status_code, refused.json()) == (
        403, {"detail": "Creator consent is required before rendering"})
    server.consent(asset)
    job = server.start_render(project)
    server.consent(asset, False)
    assert server.wait_job(job)["status"] in ("canceled", "finished")
    assert server.start_render(project, expect=403) is None


def test_document_can_be_required(new_server, clips):
    server = new_server(env={"AIVE_CONSENT_REQUIRE_DOCUMENT": "true"})
    answer = server.ingest(clips.silent(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    server.start_render(answer["project"]["id"], expect=403)
    server.post(f"/api/consent/{answer['asset']['id']}/upload", files={"file": ("a.pdf", b"%PDF-1")})
    assert server.start_render(answer["project"]["id"])


def test_cancel(server, clips):
    project = project_of(server, clips.landscape(),
                         segments=[segment(0, 5, name=f"n{i}") for i in range(12)])
    job = server.start_render(project, preset="high")
    while server.status(job)["status"] != "rendering":
        pass
    answer = server.post(f"/api/render/{job}/cancel")
    assert answer.status_code == 200 and answer.json()["status"] == "canceled"
    assert server.status(job)["output_url"] is None
    assert server.post(f"/api/render/{job}/cancel").status_code == 409
    assert server.post("/api/render/none/cancel").status_code == 404


def test_progress_goes_forward(server, clips):
    project = project_of(server, clips.landscape(), segments=[segment(0, 3), segment(1, 4)])
    seen = []
    job = server.start_render(project, preset="draft")
    last = server.wait_job(job, each=lambda s: seen.append(s["progress"]))
    assert seen == sorted(seen) and last["progress"] == 100.0
    assert last["logs"][0] == f"Starting render for project {project}"


def test_a_sound_of_another_asset(server, clips):
    sound = server.ingest(clips.sound(), auto_analyze="false")["asset"]["path"]
    project = project_of(server, clips.silent(), segments=[
        segment(0, 1), segment(1, 2, sfx={"name": "tone", "path": sound, "duration": 0.5})])
    x = samples(server.render(project, preset="draft"))
    assert max(map(abs, x[:45000])) < 0.001
    assert max(map(abs, x[50000:60000])) > 0.01
    assert max(map(abs, x[76000:])) < 0.001


def test_kept_sound_is_the_same_as_new_sound(new_server, clips):
    """Decoders make up the noise that AAC encoders leave out, each time another: a film must not
    tell by it which of its pieces had been kept."""
    clip = clips.make("hiss.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=8", "-f", "lavfi",
                      "-i", "anoisesrc=a=0.2:d=8:seed=5", "-c:a", "aac", "-b:a", "48k", "-pix_fmt",
                      "yuv420p", "-preset", "ultrafast")

    def parts(place):
        pop = {"sfx": {"name": "pop"}}
        return [segment(5, 6, effects=["slowmo"], **(pop if place == 0 else {})),
                segment(6.5, 7, effects=["slowmo"]), segment(0.5, 3, **(pop if place == 2 else {}))]

    def sound(server, *places):
        for place in places:
            project = project_of(server, clip, segments=parts(place))
            film = server.render(project, preset="draft", watermark=False)
        return subprocess.run(["ffmpeg", "-v", "error", "-i", film, "-map", "0:a", "-c", "copy", "-f",
                               "streamhash", "-"], check=True, capture_output=True).stdout

    assert sound(new_server(), 0, 2) == sound(new_server(), 2)
