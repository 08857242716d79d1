# SPDX-License-Identifier: GPL-3.0-or-later
"""Films against sources whose content is known: sync, colour, sameness, and timelines that are bad."""
import json
import math
import os
from fractions import Fraction

import pytest
from conftest import gray_frames, samples
from film_tools import (H264, Studio, beep_times, beeps, check_whole, ffmpeg, flash_times, flashes, numbered,
                        numbers, run, same_but_for_the_date, yuv_at)

FRAME = 1 / 30


def segment(start, end, *effects, **more):
    return {"name": f"s{start}", "start": start, "end": end, "effects": list(effects), **more}


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    return Studio(tmp_path_factory.mktemp("studio"))


# --- Sync ---------------------------------------------------------------------------------------

def source(folder, kind):
    """8 s of beep and flash."""
    fps, period = {"ntsc": ("30000/1001", 1.001), "24": (24, 1), "240": (240, 1)}.get(kind, (30, 1))
    drop = ",select='gt(mod(n\\,7)\\,2)+lt(mod(t+0.2\\,1)\\,0.4)'" if kind == "vfr" else ""
    picture = flashes(8, fps, "160x160", drop, period, late=0.5 if kind == "late" else 0)
    if kind == "late":
        picture = ["-itsoffset", "0.5", *picture]
    path = folder / f"{kind}.mov"
    ffmpeg(*picture, *beeps(8, 44100 if kind == "ntsc" else 48000, period), "-fps_mode", "vfr", *H264, "-g", "40",
           "-bf", "0" if kind == "24" else "2", "-c:a", "pcm_s16le", "-shortest", path)
    if kind == "stream":
        path = folder / "stream.ts"
        ffmpeg("-i", folder / "stream.mov", "-c:v", "copy", "-c:a", "aac", "-b:a", "192k", path)
    if kind == "turned":
        path = folder / "turned.mp4"
        ffmpeg("-i", folder / "turned.mov", "-c:v", "copy", "-c:a", "aac", "-b:a", "192k", "-metadata:s:v",
               "rotate=90", path)
    return path


@pytest.mark.parametrize("kind", ["24", "ntsc", "240", "vfr", "late", "stream", "turned"])
def test_beeps_come_with_their_flashes(studio, tmp_path, kind):
    """Through cuts in odd places, speeds, a ramp, backwards, and transitions."""
    film = studio.film({"asset": {"path": str(source(tmp_path, kind))}, "loudness": 0, "segments": [
        segment(0.63, 1.613),
        segment(2.711, 3.5, {"name": "speed", "factor": 0.5}),
        segment(3.77, 6.333, {"name": "speed", "factor": 2}),
        segment(0.6, 3.4, {"name": "speed", "from": 0.5, "to": 2}),
        segment(4.67, 5.411, "reverse", transition={"name": "crossfade", "duration": 0.3}),
        segment(6.583, 7.3, transition="whip")]}, "--format", "square")
    frames = check_whole(film.path)
    plan = 0.983 + 0.789 / 0.5 + 2.563 / 2 + 2.8 / 1.25 + 0.741 + 0.717
    assert abs(frames - plan * 30) <= 1 and film.report["frames"] == frames
    flash, beep = flash_times(film.path), beep_times(film.path)
    assert len(flash) == len(beep) == 10, (flash, beep)
    # A flash begins at the first frame of the film that shows it, and a source's clock is coarse too.
    assert all(abs(f - b) < FRAME + 0.005 for f, b in zip(flash, beep)), (flash, beep)
    if kind not in ("ntsc", "stream"):  # whose seconds are longer, or begin with the sound's own delay
        assert abs(beep[1] - (0.983 + (3 - 2.711) / 0.5)) < 0.012


@pytest.mark.parametrize("fps", [30, 24, 50])
def test_every_frame_is_the_planned_one(studio, tmp_path, fps):
    """Never one frame early or late, at cuts least of all."""
    clip = numbered(tmp_path / "numbered.mp4", 8 * fps, fps, *H264, "-g", "37", "-bf", "3")
    plan = [(0.5, 1.7, 1), (5.03, 6.11, 1), (2, 4, 2), (1.1, 2.3, 0.75), (0, 1, 1), (6.9, 7.99, 3.3)]
    film = studio.film({"asset": {"path": str(clip)}, "fit": "pad", "segments": [
        segment(a, b, *([{"name": "speed", "factor": rate}] if rate != 1 else [])) for a, b, rate in plan]},
        "--format", "square")
    want, out = [], Fraction(0)
    for a, b, rate in ((Fraction(str(a)), Fraction(str(b)), Fraction(str(rate))) for a, b, rate in plan):
        end = out + (b - a) / rate
        want += [[math.floor(max(a, a + (Fraction(n, 30) - out) * rate) * fps + slack) for slack in (-0.02, 0.02)]
                 for n in range(round(out * 30), round(end * 30))]
        out = end
    seen = numbers(film.path)
    wrong = [(n, s, w) for n, (s, w) in enumerate(zip(seen, want)) if s not in w]
    assert len(seen) == len(want) and not wrong, wrong


# --- Sameness -----------------------------------------------------------------------------------

EVERYTHING = {
    "caption_style": "bold_pop", "loudness": -14,
    "captions": [{"text": "One two three", "start": 0.2, "end": 1.4}, {"text": "four", "start": 3, "end": 4}],
    "overlays": [{"text": "Title", "start": 0.3, "end": 1.2, "y": 0.2, "fade_in": 0.2}],
    "crop": [{"time": 0, "x": 0.4, "y": 0.5, "scale": 1}, {"time": 3, "x": 0.6, "y": 0.5, "scale": 1.5}],
    "segments": [
        segment(0, 1.5, "zoom", "film_grain", "shake", sfx={"name": "whoosh"}),
        segment(2, 3, "slowmo", transition="crossfade"),
        segment(4, 5.5, {"name": "speed", "from": 0.5, "to": 2}, "glitch", transition="whip")],
}


def streams(film):
    return run("ffmpeg", "-v", "error", "-i", film, "-map", "0", "-c", "copy", "-f", "streamhash", "-")


def test_the_same_film_however_it_is_made(studio, server, clips, tmp_path):
    timeline = dict(EVERYTHING, asset={"path": str(clips.landscape())})
    first = studio.film(timeline, "--render-threads", "1")
    assert first.report["chunks"]["reused"] == 0
    again = studio.film(timeline, "--render-threads", "2")
    assert again.report["chunks"]["encoded"] == 0 and again.report["sound_reused"]
    fresh = Studio(tmp_path).film(timeline, "--render-threads", "3")
    assert fresh.report["chunks"]["reused"] == 0
    assert same_but_for_the_date(first.path) == same_but_for_the_date(again.path)
    assert same_but_for_the_date(first.path) == same_but_for_the_date(fresh.path)

    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    server.set_timeline(answer["project"]["id"], **EVERYTHING)
    served = server.render(answer["project"]["id"], preset="draft", watermark=False)
    assert streams(served) == streams(first.path)


# --- What an edit costs -------------------------------------------------------------------------

def test_edits_make_only_their_own_chunks_new(studio, clips):
    def film(text="three", volume=1.0, note=None, effects=()):
        return studio.film({
            "asset": {"path": str(clips.landscape())}, "note": note,
            "captions": [{"text": t, "start": s, "end": s + 0.9}
                         for s, t in enumerate(["zero", "one", "two", text, "four", "five"])],
            "segments": [segment(0, 6, *effects), segment(0, 3, volume=volume)]}, "--format", "square").report

    total = film()["chunks"]["total"]
    assert total > 5
    assert film()["chunks"]["encoded"] == 0
    edited = film(text="THREE")  # 3 to 4 s, shown once
    assert 0 < edited["chunks"]["encoded"] <= 2 and edited["sound_reused"]
    quiet = film(volume=0.5)
    assert quiet["chunks"]["encoded"] == 0 and not quiet["sound_reused"]
    assert film(note="only a front end reads this")["chunks"]["encoded"] == 0
    painted = film(effects=["grayscale"])
    assert 0 < painted["chunks"]["encoded"] < total


# --- Colour -------------------------------------------------------------------------------------

RGB = [(192, 192, 192), (192, 192, 0), (0, 192, 192), (0, 192, 0), (192, 0, 192), (192, 0, 0), (0, 0, 192),
       (64, 64, 64)]
MATRICES = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114)}


def ycc(rgb, kr, kb, full, bits):
    """What a source of this matrix and range has for a colour, and what the film must have."""
    r, g, b = (v / 255 for v in rgb)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)
    k = 1 << (bits - 8)
    if full:
        top = 256 * k - 1
        return [round(v) for v in (y * top, cb * top + 128 * k, cr * top + 128 * k)]
    return [round(v * k) for v in (219 * y + 16, 224 * cb + 128, 224 * cr + 128)]


def bars(path, matrix, full, sampling, bits, codec):
    """Eight flat bars of exactly these values, one second."""
    values = [ycc(c, *MATRICES[matrix], full, bits) for c in RGB]
    w, h = 640, 360
    cw, ch = {"420": (w // 2, h // 2), "422": (w // 2, h), "444": (w, h)}[sampling]
    size = 1 if bits == 8 else 2

    def plane(i, width, height):
        row = b"".join(v[i].to_bytes(size, "little") * (width // 8) for v in values)
        return row * height

    frame = plane(0, w, h) + plane(1, cw, ch) + plane(2, cw, ch)
    layout = f"yuv{sampling}p" + ("" if bits == 8 else f"{bits}le")
    ffmpeg_in = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", layout, "-s", f"{w}x{h}",
                 "-r", "30", "-color_range", "pc" if full else "tv", "-colorspace", matrix, "-i", "-"]
    run(*ffmpeg_in, *codec, "-pix_fmt", layout, "-color_range", "pc" if full else "tv", "-colorspace", matrix,
        "-color_primaries", "bt709", "-color_trc", "bt709", path, input=frame * 12)
    return path


@pytest.mark.parametrize("matrix, full, sampling, bits", [
    ("bt709", False, "420", 8), ("smpte170m", False, "420", 8), ("bt709", True, "420", 8),
    ("smpte170m", True, "422", 8), ("bt709", False, "444", 8), ("bt709", False, "422", 10),
    ("smpte170m", True, "444", 10)])
def test_colours_are_the_source_s(studio, tmp_path, matrix, full, sampling, bits):
    codec = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "1" if bits == 8 else "4"]
    clip = bars(tmp_path / "bars.mkv", matrix, full, sampling, bits, codec)
    film = studio.film({"asset": {"path": str(clip)}, "segments": [segment(0, 0.4)]}, "--format", "landscape",
                       preset="high")
    found = yuv_at(film.path, [((i + 0.5) / 8, 0.5) for i in range(8)], 5)
    for rgb, seen in zip(RGB, found):
        want = ycc(rgb, *MATRICES["bt709"], False, 8)
        assert all(abs(a - b) <= 2 for a, b in zip(seen, want)), (rgb, seen, want)


# --- Bad timelines ------------------------------------------------------------------------------

TEXT = "captions[0].text"
REFUSED = {  # what is wrong: the part of the timeline, words the refusal must have
    "effect": ({"segments": [segment(0, 1, "zom")]}, "unknown effect"),
    "effect's parameter": ({"segments": [segment(0, 1, {"name": "zoom", "amounts": 2})]}, "amounts"),
    "effect's range": ({"segments": [segment(0, 1, {"name": "zoom", "amount": 1e9})]}, "amount"),
    "effect's type": ({"segments": [segment(0, 1, {"name": "zoom", "amount": "big"})]}, "amount"),
    "no effect": ({"segments": [segment(0, 1, None)]}, "effect"),
    "too many effects": ({"segments": [segment(0, 1, *["zoom"] * 17)]}, "16"),
    "too slow": ({"segments": [segment(0, 1, *["slowmo"] * 16)]}, "speed"),
    "transition": ({"segments": [segment(0, 1), segment(1, 2, transition="wip")]}, "unknown transition"),
    "style": ({"caption_style": "shiny", "segments": [segment(0, 1)]}, "style"),
    "safe zone": ({"safe_zone": "moon", "segments": [segment(0, 1)]}, "safe_zone"),
    "fit": ({"segments": [segment(0, 1, fit="squash")]}, "fit"),
    "long caption": ({"captions": [{"text": "word " * 2000, "start": 0, "end": 1}],
                      "segments": [segment(0, 1)]}, "text"),
    "beyond": ({"segments": [segment(5, 8)]}, "8"),
    "far beyond": ({"segments": [segment(1e5, 1e5 + 1)]}, "end"),
    "backwards": ({"segments": [segment(2, 1)]}, "start"),
    "crop's order": ({"crop": [{"time": 1, "x": 0, "y": 0, "scale": 2}, {"time": 0, "x": 0, "y": 0, "scale": 2}],
                      "segments": [segment(0, 1)]}, "crop"),
    "crop's range": ({"crop": [{"time": 1, "x": 5, "y": 0, "scale": 2}], "segments": [segment(0, 1)]}, "crop"),
    "empty overlay": ({"overlays": [{"start": 0, "end": 1}], "segments": [segment(0, 1)]}, "overlays"),
    "overlay of two kinds": ({"overlays": [{"text": "a", "path": "a.mp4", "start": 0, "end": 1}],
                             "segments": [segment(0, 1)]}, "overlays"),
    "b-roll backwards": ({"broll": [{"path": "a.mp4", "start": 1, "end": 0.5}], "segments": [segment(0, 2)]}, "broll"),
    "LUT without a file": ({"segments": [segment(0, 1, "lut")]}, "file"),
    "overlays": ({"overlays": [{"text": "a", "start": 0, "end": 1}] * 201, "segments": [segment(0, 1)]}, "200"),
    "volume": ({"segments": [segment(0, 1, volume=-1)]}, "volume"),
    "loudness": ({"loudness": 10, "segments": [segment(0, 1)]}, "loudness"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_timelines_are_refused(studio, server, project, clips, case):
    timeline, words = REFUSED[case]
    answer = server.post(f"/api/timeline/{project}", json={"timeline": timeline})
    assert answer.status_code == 422 and words in answer.text
    clip = str(clips.landscape())
    local = json.loads(json.dumps(timeline).replace("a.mp4", clip))
    refused = studio.film(dict(local, asset={"path": clip}), fails=True)
    assert words in refused.words and refused.code == 3


@pytest.fixture(scope="module")
def project(server, clips):
    answer = server.ingest(clips.landscape(), auto_analyze="false")
    server.consent(answer["asset"]["id"])
    return answer["project"]["id"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(studio, server, project, clips, number):
    text = f'{{"segments": [{{"name": "s", "start": 0, "end": {number}}}]}}'
    answer = server.post(f"/api/timeline/{project}", data=f'{{"timeline": {text}}}',
                         headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    path = json.dumps(str(clips.landscape()))
    assert studio.film(f'{{"asset": {{"path": {path}}}, {text[1:]}', fails=True).code == 3


def test_odd_timelines_are_films(studio, clips):
    """Slivers, stacks of effects, transitions longer than their segments: right length, whole."""
    sliver = [segment(i / 1000, (i + 1) / 1000) for i in range(500)]
    short = [segment(1, 1.2), segment(2, 2.2, transition={"name": "crossfade", "duration": 3}),
             segment(5.8, 6, transition={"name": "whip", "duration": 3})]
    stack = [segment(0, 0.4, "zoom", "shake", "blur", "vignette", "grayscale", "color", "mirror", "rgb_split",
                     "glitch", "film_grain", "letterbox", "fade_in", "fade_out", "flash", "beat_pulse", "punch_in")]
    odd = [segment(1, 3, "reverse", {"name": "speed", "from": 0.5, "to": 2}),
           segment(3, 4, "reverse", "freeze", transition={"name": "crossfade", "duration": 1})]
    film = studio.film({"asset": {"path": str(clips.landscape())}, "segments": sliver + short + stack + odd,
                        "overlays": [{"text": f"o{i}", "start": 0, "end": 100, "x": i % 20 / 20, "y": i / 200}
                                     for i in range(200)]}, "--format", "square")
    assert abs(check_whole(film.path) - 30 * (0.5 + 0.6 + 0.4 + 2 / 1.25 + 1)) <= 1
    assert film.report["peak_memory_bytes"] < 450e6


def test_music_shorter_than_a_second(studio, clips, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "sine=300:d=0.3", tmp_path / "short.wav")
    film = studio.film({"asset": {"path": str(clips.silent())}, "segments": [segment(0, 2)],
                        "music": {"path": str(tmp_path / "short.wav"), "fade_in": 0, "fade_out": 0}})
    x = samples(film.path)
    loud = [max(map(abs, x[i:i + 4800])) > 0.02 for i in range(4800, 90000, 4800)]
    assert all(loud), "a short piece is played over and over"


def test_a_file_deleted_under_a_render(new_server, clips):
    """What a queued render needs may vanish: the job says what is missing."""
    server = new_server("--workers", "0")
    answer = server.ingest(clips.silent(), auto_analyze="false")
    asset = answer["asset"]
    server.consent(asset["id"])
    server.set_timeline(answer["project"]["id"], segments=[segment(0, 1)])
    job = server.start_render(answer["project"]["id"], preset="draft")
    server.stop()
    os.unlink(server.data / "media" / asset["path"])
    server.flags = ()
    server.start()
    status = server.wait_job(job)
    assert status["status"] == "failed"
    assert "is gone" in status["error"] and asset["path"] in status["error"]


def test_b_roll_longer_than_its_file_holds_its_last_picture(studio, clips, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "color=white:s=64x64:r=30:d=0.5", *H264, tmp_path / "white.mp4")
    film = studio.film({"asset": {"path": str(clips.tone())}, "segments": [segment(0, 2)],
                        "broll": [{"path": str(tmp_path / "white.mp4"), "start": 0.5, "end": 1.5}]},
                       "--format", "square")
    bright = [sum(f) / len(f) > 200 for f in gray_frames(film.path)]
    assert bright == [15 <= i < 45 for i in range(60)]
