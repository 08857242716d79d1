#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 24 s job of bench/render with other programs, by turns with `aive render`, in one run.

    peers.py AIVE [CLIP [ROUNDS]]       CLIP default: the talking host of AIVE_TEST_MEDIA

Eight segments of 3 s (plain, zoom, half speed, ...) to 1080x1920 at 30 fps, 12 captions, a
watermark, three sounds; x264 veryfast at crf 21, AAC at 192 kbit/s for everybody. Programs that are
not installed are named and left out. What differs: ffmpeg 5.1's zoom is anchored at the top left,
melt and MoviePy scale bilinearly, MoviePy's slow motion lowers the pitch; all of it is in the
others' favour.
"""

import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SEGMENTS, LENGTH, FPS, WIDTH, HEIGHT = 8, 3.0, 30, 1080, 1920
WORDS = ["Hello and welcome", "to a film about nothing", "that moves a little,",
         "in three different ways."]
KINDS = ["", "zoom", "slowmo"]
PRESET, CRF, SOUND_RATE = "veryfast", "21", "192k"


def probe(clip):
    ask = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json",
           "-show_entries", "stream=width,height:format=duration", clip]
    told = json.loads(subprocess.check_output(ask))
    stream = told["streams"][0]
    return float(told["format"]["duration"]), stream["width"], stream["height"]


def segments(duration):
    """(start, length in the source, kind, captions as (text, start, end) in film time)"""
    n = 0
    for i in range(SEGMENTS):
        kind = KINDS[i % 3]
        places = ((0.1, 0.45), (0.5, 0.9)) if i % 2 == 0 else ((0.2, 0.7),)
        captions = []
        for a, b in places:
            captions.append((WORDS[n % 4], LENGTH * (i + a), LENGTH * (i + b)))
            n += 1
        start = (duration - LENGTH - 0.1) * i / (SEGMENTS - 1)
        yield start, LENGTH / 2 if kind == "slowmo" else LENGTH, kind, captions


def cover(width, height):
    """The middle part of the source that fills the frame."""
    if width * HEIGHT > height * WIDTH:
        return int(height * WIDTH / HEIGHT) // 2 * 2, height
    return width, int(width * HEIGHT / WIDTH) // 2 * 2


# --- aive ---------------------------------------------------------------------------------------

def aive(program, clip, folder, out):
    duration, _, _ = probe(clip)
    rows = []
    for i, (start, length, kind, captions) in enumerate(segments(duration)):
        def source(t, i=i, start=start, length=length):
            return start + (t - LENGTH * i) * length / LENGTH
        row = {"name": f"s{i}", "start": start, "end": start + length,
               "effects": [kind] if kind else [],
               "captions": [{"text": t, "start": source(a), "end": source(b)}
                            for t, a, b in captions]}
        if i in (1, 4, 7):
            row["sfx"] = {"name": "whoosh"}
        rows.append(row)
    timeline = f"{folder}/timeline.json"
    with open(timeline, "w", encoding="utf-8") as f:
        json.dump({"asset": {"path": clip}, "segments": rows}, f)
    cache = tempfile.mkdtemp(dir=folder)
    env = dict(os.environ, AIVE_DATA_DIR=cache, AIVE_CACHE_DIR=f"{cache}/cache")
    subprocess.run([program, "render", timeline, "-o", out, "--preset", "standard"], check=True,
                   env=env, cwd=cache, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# --- ffmpeg -------------------------------------------------------------------------------------

def text_filter(text, size, y, when=""):
    escaped = text.replace(",", r"\,").replace("'", "")
    return (f"drawtext=text={escaped}:fontsize={size}:fontcolor=white:borderw=5:x=(w-tw)/2:y={y}"
            + (f":enable='{when}'" if when else ""))


def ffmpeg(program, clip, _, out):
    duration, width, height = probe(clip)
    w, h = cover(width, height)
    inputs, graph, joined, texts = [], [], "", []
    for i, (start, length, kind, captions) in enumerate(segments(duration)):
        inputs += ["-ss", f"{start:.3f}", "-t", f"{length:.3f}", "-i", clip]
        video = f"[{i}:v]crop={w}:{h}"
        if kind == "zoom":
            grown = [f"trunc({n}*(1+0.2*t/{LENGTH})/2)*2" for n in (WIDTH, HEIGHT)]
            video += f",scale=w='{grown[0]}':h='{grown[1]}':eval=frame:flags=bicubic,crop={WIDTH}:{HEIGHT}"
        else:
            video += f",scale={WIDTH}:{HEIGHT}:flags=bicubic"
        slow = kind == "slowmo"
        graph.append(video + (",setpts=2*PTS" if slow else "") + f",fps={FPS},setsar=1[v{i}]")
        graph.append(f"[{i}:a]{'atempo=0.5' if slow else 'anull'},aresample=48000[a{i}]")
        joined += f"[v{i}][a{i}]"
        texts += [text_filter(t, 64, "h*0.7", f"between(t,{a:.2f},{b:.2f})") for t, a, b in captions]
    texts.append(text_filter("ai-video-editor", 28, "h*0.93"))
    graph.append(f"{joined}concat=n={SEGMENTS}:v=1:a=1[v][a]")
    graph.append(f"[v]{','.join(texts)}[video]")
    graph.append("anoisesrc=d=0.5:a=0.3,aresample=48000,asplit=3[n0][n1][n2]")
    for k, i in enumerate((1, 4, 7)):
        graph.append(f"[n{k}]adelay={int(i * LENGTH * 1000)}:all=1[s{k}]")
    graph.append("[a][s0][s1][s2]amix=inputs=4:duration=first:normalize=0[sound]")
    subprocess.run([program, "-nostdin", "-v", "error", "-y", *inputs, "-filter_complex", ";".join(graph),
                    "-map", "[video]", "-map", "[sound]", "-c:v", "libx264", "-preset", PRESET,
                    "-crf", CRF, "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", SOUND_RATE,
                    "-movflags", "+faststart", out], check=True)


# --- melt ---------------------------------------------------------------------------------------

def melt(program, clip, folder, out):
    """Effects are given to each producer; texts lie over the whole segment. Its texts are drawn by
    Qt, which wants a display."""
    display = [] if os.environ.get("DISPLAY") else ["xvfb-run", "-a"]
    if display and not shutil.which("xvfb-run"):
        sys.exit("melt draws its texts only on a display: install xvfb")
    duration, _, _ = probe(clip)
    profile = f"{folder}/profile"
    with open(profile, "w", encoding="utf-8") as f:
        f.write("description=vertical\nframe_rate_num=30\nframe_rate_den=1\nwidth=1080\n"
                "height=1920\nprogressive=1\nsample_aspect_num=1\nsample_aspect_den=1\n"
                "display_aspect_num=9\ndisplay_aspect_den=16\ncolorspace=709\n")
    words, last = [], int(LENGTH * FPS) - 1
    for start, _, kind, captions in segments(duration):
        slow = kind == "slowmo"
        first = int(start * FPS * (2 if slow else 1))
        words += [f"timewarp:0.5:{clip}" if slow else clip, f"in={first}", f"out={first + last}"]
        words += ["-attach", "crop", "center=1"]
        if kind == "zoom":
            words += ["-attach", "affine",
                      f"transition.rect=0=0 0 100% 100%;{last}=-10% -10% 120% 120%"]
        for text, _, _ in captions:
            words += ["-attach", "dynamictext", f"argument={text}", "geometry=0 70% 100% 10%",
                      "halign=center", "size=64"]
    words += ["-attach-track", "dynamictext", "argument=ai-video-editor",
              "geometry=0 93% 100% 5%", "halign=center", "size=28"]
    subprocess.run([*display, program, "-silent", "-profile", profile, *words, "-consumer", f"avformat:{out}",
                    "vcodec=libx264", f"preset={PRESET}", f"crf={CRF}", "acodec=aac",
                    f"ab={SOUND_RATE}", "real_time=-2"], check=True)


# --- MoviePy ------------------------------------------------------------------------------------

def moviepy(_, clip, __, out):
    subprocess.run([sys.executable, os.path.abspath(__file__), "--moviepy", clip, out], check=True,
                   stdout=subprocess.DEVNULL)


def moviepy_child(clip, out):
    import moviepy as m  # version 2

    source = m.VideoFileClip(clip)
    w, h = cover(*source.size)
    parts, layers = [], []
    for start, length, kind, captions in segments(source.duration):
        part = source.subclipped(start, start + length)
        part = part.cropped(x_center=source.w / 2, y_center=source.h / 2, width=w, height=h)
        part = part.resized((WIDTH, HEIGHT))
        if kind == "slowmo":
            part = part.with_effects([m.vfx.MultiplySpeed(0.5)])
        if kind == "zoom":
            part = m.CompositeVideoClip(
                [part.resized(lambda t: 1 + 0.2 * t / LENGTH).with_position("center")],
                size=(WIDTH, HEIGHT))
        parts.append(part)
        for text, a, b in captions:
            title = m.TextClip(text=text, font_size=64, color="white", stroke_color="black",
                               stroke_width=4, duration=b - a)
            layers.append(title.with_start(a).with_position(("center", 0.7), relative=True))
    mark = m.TextClip(text="ai-video-editor", font_size=28, color="white",
                      duration=SEGMENTS * LENGTH).with_position(("center", 0.93), relative=True)
    film = m.CompositeVideoClip([m.concatenate_videoclips(parts), *layers, mark])
    film.write_videofile(out, fps=FPS, codec="libx264", preset=PRESET, audio_codec="aac",
                         audio_bitrate=SOUND_RATE, ffmpeg_params=["-crf", CRF], logger=None)


# --- Measuring ----------------------------------------------------------------------------------

def run(how, program, clip, folder):
    out = f"{folder}/out.mp4"
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    how(program, clip, folder, out)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, cpu, os.path.getsize(out)


def main():
    media = os.environ.get("AIVE_TEST_MEDIA", "../shared")
    clip = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else
                           f"{media}/media/video/portrait_talking_host.mp4")
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    ways = [("aive", aive, os.path.abspath(sys.argv[1])),
            ("ffmpeg", ffmpeg, shutil.which("ffmpeg")), ("melt", melt, shutil.which("melt")),
            ("MoviePy", moviepy, importlib.util.find_spec("moviepy") and sys.executable)]
    for name, _, program in ways:
        if not program:
            print(f"{name}: not installed, left out")
    ways = [w for w in ways if w[2]]
    costs = {name: [] for name, _, _ in ways}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name, how, program in ways:
                costs[name].append(run(how, program, clip, folder))
    own = [statistics.median(c[k] for c in costs["aive"]) for k in range(2)]
    for name, c in costs.items():
        wall, cpu = (statistics.median(x[k] for x in c) for k in range(2))
        print(f"{name:8} wall {wall:7.2f} s ({wall / own[0]:.2f}x)   cpu {cpu:7.2f} s "
              f"({cpu / own[1]:.2f}x)   {c[0][2] / 1e6:.2f} MB")


if sys.argv[1:2] == ["--moviepy"]:
    moviepy_child(*sys.argv[2:])
else:
    main()
