# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking before rendering: validation, single frames, and the same on the command line."""
import json
import subprocess
import time

import pytest
from conftest import SLOW, gray_frames, probe, run_aive


def project_of(server, clip, **timeline):
    answer = server.ingest(clip, auto_analyze="false")
    project = answer["project"]["id"]
    if timeline:
        server.consent(answer["asset"]["id"])
        server.set_timeline(project, **timeline)
    return project


def segment(start, end, **more):
    return {"name": f"s{start}", "start": start, "end": end, **more}


def validate(server, project, timeline=None, **more):
    body = {**({"timeline": timeline} if timeline else {}), **more}
    answer = server.post(f"/api/timeline/{project}/validate", **({"json": body} if body else {}))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["ok"] == (not found["errors"])
    return found


def codes(list_):
    return [f["code"] for f in list_]


# --- Validation -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def project(server, clips):
    return project_of(server, clips.landscape(), segments=[segment(0, 2)])


def test_nothing_wrong_but_a_small_source(server, project):
    found = validate(server, project)
    assert found["ok"] and codes(found["warnings"]) == ["source_too_small"]
    assert "640x360" in found["warnings"][0]["message"] and found["warnings"][0]["segment"] == 0
    found = validate(server, project, format="landscape", preset="draft")
    assert codes(found["warnings"]) == ["source_too_small"] and "1.50 times" in found["warnings"][0]["message"]


WORDS = [{"text": "good", "start": 0.5, "end": 0.9}, {"text": "morning", "start": 1.0, "end": 1.8}]


@pytest.mark.parametrize("timeline,code,about", [
    ({"segments": [segment(0, 1.4)], "captions": [{"text": "good morning", "start": 0.5, "end": 1.8,
                                                   "words": WORDS}]}, "cut_inside_word", "morning"),
    ({"segments": [segment(0, 0.5)]}, "film_too_short", "0.50 s"),
    ({"segments": [segment(0, 5)] * 40}, "film_too_long", "200.0 s"),
    ({"segments": []}, "no_segments", "lays some out"),
    ({"segments": [segment(0, 2)], "captions": [{"text": "far too many words for so little time",
                                                 "start": 0.5, "end": 1.0}]}, "caption_too_fast", "characters a second"),
    ({"segments": [segment(0, 2)], "captions": [{"text": "private \ue123 use", "start": 0, "end": 2}]},
     "no_font", "\ue123"),
    ({"segments": [segment(0, 1), segment(1, 2, effects=["beat_pulse"])]}, "effect_without_beats",
     "beat_pulse"),
    ({"segments": [segment(0, 2, effects=[{"name": "punch_in", "on": "words"}])]},
     "effect_without_words", "punch_in"),
])
def test_warnings(server, project, timeline, code, about):
    found = validate(server, project, timeline)
    assert found["ok"]
    warning = next(w for w in found["warnings"] if w["code"] == code)
    assert about in warning["message"]
    if code in ("caption_too_fast", "no_font"):
        assert warning["caption"] == timeline["captions"][0]["text"] and warning["segment"] == 0


def test_an_effect_that_has_its_events_is_fine(server, project):
    captions = [{"text": "good morning", "start": 0.5, "end": 1.8, "words": WORDS}]
    found = validate(server, project, {"segments": [segment(0, 2, effects=[
        "beat_pulse", {"name": "punch_in", "on": "words"}])], "beats": [0.5, 1.0, 1.5], "captions": captions})
    assert not [c for c in codes(found["warnings"]) if c.startswith("effect_without")]


def test_a_cut_beside_a_word_is_fine(server, project):
    captions = [{"text": "good morning", "start": 0.5, "end": 1.8, "words": WORDS}]
    found = validate(server, project, {"segments": [segment(0, 0.95), segment(0.95, 2)], "captions": captions})
    assert "cut_inside_word" not in codes(found["warnings"])


@pytest.mark.parametrize("segments,words", [
    ([segment(0, 1), segment(5, 99)], "less than or equal"),
    ([segment(1, 1)], "segments"),
    ([segment(0, 1, effects=["zom"])], "zom"),
    ([segment(0, 1, effects=[{"name": "zoom", "amount": 99}])], "amount"),
    ([segment(0, 1, transition="teleport")], "teleport"),
    ([segment(0, 1, asset_id=4711)], "among your assets"),
    ([segment(0, 1, captions=[{"text": "x", "start": 0, "end": 1, "style": "gothic"}])], "gothic"),
])
def test_errors(server, project, segments, words):
    found = validate(server, project, {"segments": segments})
    assert not found["ok"] and any(words in e["message"] for e in found["errors"]), found
    if "effects" in segments[-1]:
        assert found["errors"][0]["segment"] == len(segments) - 1
    stored = server.get(f"/api/timeline/{project}").json()["timeline"]["segments"]
    assert [s["name"] for s in stored] == ["s0"]  # looking changes nothing


def test_what_is_no_timeline(server, project):
    assert server.post(f"/api/timeline/{project}/validate", json={"timeline": {"segments": 7}}).status_code == 422
    assert server.post("/api/timeline/999999/validate").status_code == 404


def test_missing_consent_is_told(server, clips):
    project = project_of(server, clips.silent())
    found = validate(server, project, {"segments": [segment(0, 2)]})
    assert found["ok"] and "consent_missing" in codes(found["warnings"])


def test_an_asset_that_vanished(new_server, clips):
    server = new_server()
    other = server.ingest(clips.tone(), auto_analyze="false")["asset"]
    project = project_of(server, clips.silent(), segments=[segment(0, 1, asset_id=other["id"])])
    (server.data / "media" / other["path"]).unlink()
    answer = server.post(f"/api/timeline/{project}/validate")
    assert answer.status_code == 404 and "gone" in answer.json()["detail"]


# --- Frames ---------------------------------------------------------------------------------------

FILM = [segment(0, 2, effects=["zoom"], captions=[{"text": "HELLO", "start": 0.5, "end": 1.5}]), segment(3, 5)]


def colours(path):
    """Every picture, small, as red, green and blue: files of other ranges and matrices compare."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-vf",
                          "scale=36:64", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True,
                         capture_output=True).stdout
    size = 36 * 64 * 3
    return [raw[i:i + size] for i in range(0, len(raw), size)]


@pytest.fixture(scope="module")
def film(server, clips, tmp_path_factory):
    project = project_of(server, clips.landscape(), segments=FILM)
    return project, colours(server.render(project, preset="high"))


def frame(server, project, expect=200, headers=None, **query):
    answer = server.get(f"/api/timeline/{project}/frame", params=query, headers=headers or {})
    assert answer.status_code == expect, answer.text
    return answer


@pytest.mark.parametrize("t", [0, 0.97, 1.0, 1.99, 2.0, 3.9, 100])
def test_a_frame_is_the_film_s(server, film, tmp_path, t):
    project, frames = film
    path = tmp_path / "frame.jpg"
    path.write_bytes(frame(server, project, t=t).content)
    got, want = colours(path)[0], frames[min(int(t * 30 + 1e-6), len(frames) - 1)]
    assert sum(abs(a - b) for a, b in zip(got, want)) < 4 * len(want)
    assert (probe(path)["video"]["width"], probe(path)["video"]["height"]) == (1080, 1920)


def test_kinds_sizes_and_shapes(server, film, tmp_path):
    for kind, codec in (("jpeg", "mjpeg"), ("webp", "webp"), ("png", "png")):
        answer = frame(server, film[0], t=1, format=kind, width=270, shape="landscape")
        assert answer.headers["content-type"] == f"image/{kind}"
        path = tmp_path / kind
        path.write_bytes(answer.content)
        video = probe(path)["video"]
        assert (video["codec_name"], video["width"]) == (codec, 270) and 151 <= video["height"] <= 152
    for bad in ({"t": -1}, {}, {"t": 1, "format": "gif"}, {"t": 1, "width": 1}, {"t": 1, "shape": "round"},
                {"t": "nan"}, {"t": 1, "revision": 0}):
        frame(server, film[0], expect=422, **bad)
    frame(server, film[0], expect=404, t=1, revision=4711)
    frame(server, 999999, expect=404, t=1)


def test_tags_and_revisions(server, clips):
    project = project_of(server, clips.landscape(), segments=[segment(0, 2)])
    first = server.get(f"/api/timeline/{project}").json()["revision"]
    answer = frame(server, project, t=1)
    tag = answer.headers["etag"]
    frame(server, project, expect=304, headers={"If-None-Match": tag}, t=1)
    frame(server, project, expect=304, headers={"If-None-Match": tag}, t=1.02)  # the same frame
    assert frame(server, project, t=1.04).headers["etag"] != tag
    server.set_timeline(project, segments=[segment(3, 5)])
    assert frame(server, project, t=1, headers={"If-None-Match": tag}).content != answer.content
    assert frame(server, project, t=1, revision=first).content == answer.content
    part = frame(server, project, expect=206, t=1, revision=first, headers={"Range": "bytes=0-9"})
    assert part.content == answer.content[:10]
    assert int(server.request("HEAD", f"/api/timeline/{project}/frame?t=1&revision={first}")
               .headers["content-length"]) == len(answer.content)


def test_kept_frames_are_quick(server, film):
    frame(server, film[0], t=0.5)
    begin = time.monotonic()
    for _ in range(5):
        frame(server, film[0], t=0.5)
    assert (time.monotonic() - begin) / 5 < 0.3 * SLOW


def test_no_frames_of_nothing(server, clips):
    frame(server, project_of(server, clips.silent()), expect=409, t=0)


# --- The command line -----------------------------------------------------------------------------

@pytest.fixture
def files(tmp_path, clips):
    (tmp_path / "clip.mp4").write_bytes(clips.landscape().read_bytes())
    (tmp_path / "tone.mp4").write_bytes(clips.tone().read_bytes())
    timeline = {"segments": [segment(0, 1)], "broll": [{"path": "tone.mp4", "start": 0.5, "end": 1}]}
    (tmp_path / "timeline.json").write_text(json.dumps(timeline))
    return tmp_path


ENV = lambda files: {"XDG_CACHE_HOME": str(files / "cache")}


def test_frame_command(files):
    for name, codec in (("x.jpg", "mjpeg"), ("x.png", "png"), ("x.webp", "webp")):
        out = run_aive("frame", files / "clip.mp4", files / "timeline.json", "-t", "0.75", "--width", "90",
                       "-o", files / name, "--no-watermark", env=ENV(files))
        assert out.returncode == 0, out.stderr
        video = probe(files / name)["video"]
        assert (video["codec_name"], video["width"]) == (codec, 90)
        picture = gray_frames(files / name)[0]
        assert max(picture) - min(picture) < 12  # the grey b-roll
    out = run_aive("frame", files / "clip.mp4", files / "timeline.json", "-o", files / "x.bmp", env=ENV(files))
    assert out.returncode == 3 and ".png" in out.stderr and not (files / "x.bmp").exists()
    out = run_aive("frame", files / "clip.mp4", files / "timeline.json", "-t", "x", env=ENV(files))
    assert out.returncode == 3


def test_render_command_reports(files):
    arguments = ("render", files / "clip.mp4", files / "timeline.json", "-o", files / "film.mp4", "--preset", "draft")
    out = run_aive(*arguments, "--json", env=ENV(files))
    assert out.returncode == 0, out.stderr
    report = json.loads(out.stdout)["report"]
    assert report["frames"] == 30 and report["chunks"]["reused"] == 0 and "peak_memory_bytes" in report
    out = run_aive(*arguments, env=ENV(files))
    assert "0 encoded" in out.stderr and "warning at 0.00 s: " in out.stderr
    assert len(gray_frames(files / "film.mp4")) == 30
    frames = gray_frames(files / "film.mp4")
    assert max(frames[5]) - min(frames[5]) > 60 and max(frames[20][:36 * 20]) - min(frames[20][:36 * 20]) < 20


def test_validate_command(files):
    out = run_aive("validate", files / "clip.mp4", files / "timeline.json", env=ENV(files))
    assert out.returncode == 0 and json.loads(out.stdout)["ok"] and "enlarged" in out.stderr
    (files / "timeline.json").write_text(json.dumps({"segments": [segment(0, 99)]}))
    out = run_aive("validate", files / "clip.mp4", files / "timeline.json", env=ENV(files))
    assert out.returncode == 3 and json.loads(out.stdout)["errors"]
    (files / "timeline.json").write_text(json.dumps({"segments": [segment(0, 1)], "broll": [
        {"asset_id": 7, "start": 0, "end": 1}]}))
    out = run_aive("validate", files / "clip.mp4", files / "timeline.json", env=ENV(files))
    assert out.returncode == 3 and "path" in out.stderr
