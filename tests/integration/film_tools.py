# SPDX-License-Identifier: GPL-3.0-or-later
"""Films from the command line, sources whose content is known, and measures of what came out.

A beep-and-flash source shows white for 100 ms and beeps for the same 100 ms at each whole second, so
wherever a film shows a flash, a beep must begin within a frame of it.
"""
import array
import json
import pathlib
import re
import subprocess
import types

from conftest import AIVE, SLOW, check_sanitizers, probe, samples

RATE = 48000
FLASH = 0.1  # s, of flash and beep


def run(*arguments, **more):
    return subprocess.run([*map(str, arguments)], check=True, capture_output=True, **more).stdout


def ffmpeg(*arguments):
    return run("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments)


# --- Films --------------------------------------------------------------------------------------

class Studio:
    """A folder in which `aive render` keeps its chunks."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    def film(self, timeline, *flags, preset="draft", fails=False):
        """A film with its report. fails: the words and the exit code of a refusal instead."""
        self.count += 1
        name = self.folder / f"film{self.count}"
        name.with_suffix(".json").write_text(timeline if isinstance(timeline, str) else json.dumps(timeline))
        done = subprocess.run(
            [AIVE, "render", name.with_suffix(".json"), "-o", name.with_suffix(".mp4"), "--preset", preset,
             "--no-watermark", "--json", "--cache-dir", self.folder / "chunks", *map(str, flags)],
            capture_output=True, text=True, timeout=600 * SLOW)
        check_sanitizers(done.stderr)
        if fails:
            assert done.returncode > 0, "a film was made, or aive crashed: " + done.stderr
            assert not name.with_suffix(".mp4").exists()
            return types.SimpleNamespace(words=done.stderr, code=done.returncode)
        assert done.returncode == 0, done.stderr
        assert any((self.folder / "chunks").iterdir()), "the chunks are kept somewhere else"
        return types.SimpleNamespace(path=name.with_suffix(".mp4"), words=done.stderr,
                                     report=json.loads(done.stdout)["report"])


def same_but_for_the_date(film):
    """A film's bytes without the instant at which it was made."""
    data = pathlib.Path(film).read_bytes()
    data = re.sub(rb"(mvhd|tkhd|mdhd)(\0...).{8}", rb"\1\2", data, flags=re.DOTALL)
    return re.sub(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?", b"", data)


def check_whole(film):
    """Decodes without a word; frames, length and streams are what the container says."""
    words = subprocess.run(["ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-i", film, "-f", "null", "-"],
                           capture_output=True, text=True)
    assert words.returncode == 0 and words.stderr == "", words.stderr
    head = pathlib.Path(film).read_bytes()
    assert b"elst" not in head[:head.index(b"mdat")]
    info = probe(film)
    assert float(info["video"]["start_time"]) == 0 == float(info["audio"]["start_time"])
    times = [float(t) for t in run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                   "frame=pts_time", "-of", "csv=p=0", film).decode().replace(",", "").split()]
    assert len(times) == int(info["video"]["nb_frames"])
    assert all(abs(t - i / 30) < 1e-4 for i, t in enumerate(times)), "frames are not evenly spaced"
    assert abs(float(info["audio"]["duration"]) - len(times) / 30) < 1 / 30 + 1024 / RATE
    return len(times)


# --- Beep and flash -----------------------------------------------------------------------------

def beeps(seconds, rate=RATE, period=1.0):
    return ["-f", "lavfi", "-i", f"aevalsrc='if(lt(mod(t,{period}),{FLASH})*gte(t,0.5),0.5*sin(2*PI*1000*t),0)'"
            f":d={seconds}:s={rate}"]


def flashes(seconds, fps, size="160x284", more="", period=1.0, late=0):
    """late: the picture's clock begins so much later; for -itsoffset."""
    # Half a millisecond's tolerance: the flash is the frames whose time lies in [k, k + FLASH).
    white = f"lt(mod(t+0.0005+{late},{period}),{FLASH})*gte(t+{late},0.5)"
    return ["-f", "lavfi", "-i", f"color=black:s={size}:r={fps}:d={seconds},"
            f"drawbox=c=white:t=fill:enable='{white}'{more}"]


H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "12", "-pix_fmt", "yuv420p"]


def film_frames(film):
    """Brightness of every frame, 0..255."""
    raw = ffmpeg("-i", film, "-fps_mode", "passthrough", "-vf", "scale=8:8:flags=area", "-f", "rawvideo",
                 "-pix_fmt", "gray", "-")
    return [sum(raw[i:i + 64]) / 64 for i in range(0, len(raw), 64)]


def rises(values, low, high):
    """Where values pass `high` after having been below `low`."""
    found, armed = [], True
    for i, v in enumerate(values):
        if armed and v > high:
            found.append(i)
            armed = False
        elif v < low:
            armed = True
    return found


def envelope(film):
    """Peak of each millisecond of sound."""
    x = samples(film)
    step = RATE // 1000
    return [max(map(abs, x[i:i + step])) for i in range(0, len(x) - step, step)]


def flash_times(film):
    return [i / 30 for i in rises(film_frames(film), 60, 100)]


def beep_times(film):
    e = envelope(film)
    top = max(e)
    # A beep is over when 10 ms are quiet: a sine's zeros and an encoder's ringing are not.
    quiet = [max(e[max(i - 9, 0):i + 1]) for i in range(len(e))]
    found, armed = [], True
    for i, v in enumerate(e):
        if armed and v > 0.25 * top:
            found.append(i / 1000)
            armed = False
        elif quiet[i] < 0.1 * top:
            armed = True
    return found


# --- Numbered frames ----------------------------------------------------------------------------

BITS = 9


def numbered(path, frames, fps, *codec):
    """Each picture shows its own number in bars, the highest bit on the left."""
    w, h = 16 * BITS, 96
    raw = b"".join(b"".join((b"\xe0" if n >> (BITS - 1 - i) & 1 else b"\x20") * 16 for i in range(BITS)) * h
                   for n in range(frames))
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{w}x{h}", "-r", fps,
        "-i", "-", *(codec or H264), path, input=raw)
    return path


def numbers(film):
    """The number that each frame of a film shows; fit \"pad\" in a square."""
    raw = ffmpeg("-i", film, "-fps_mode", "passthrough", "-vf", f"crop=iw:ih/4,scale={BITS * 3}:1:flags=area", "-f",
                 "rawvideo", "-pix_fmt", "gray", "-")
    rows = [raw[i + 1:i + BITS * 3:3] for i in range(0, len(raw), BITS * 3)]  # the middle of each bar
    return [sum((v > 128) << (BITS - 1 - i) for i, v in enumerate(row)) for row in rows]


# --- Colour -------------------------------------------------------------------------------------

def yuv_at(film, points, frame=0, width=None, height=None):
    """Mean Y, Cb, Cr of 16x16 pixels around each point (0..1) of a frame, untouched by conversions."""
    video = probe(film)["video"]
    w, h = width or video["width"], height or video["height"]
    raw = ffmpeg("-i", film, "-vf", f"select=eq(n\\,{frame})", "-frames:v", "1", "-f", "rawvideo",
                 "-pix_fmt", "yuv420p", "-")
    planes = [(raw[:w * h], w, 8), (raw[w * h:w * h * 5 // 4], w // 2, 4), (raw[w * h * 5 // 4:], w // 2, 4)]
    out = []
    for x, y in points:
        triple = []
        for plane, stride, r in planes:
            rows = len(plane) // stride
            cx, cy = int(x * stride), int(y * rows)
            block = [plane[j * stride + i] for j in range(cy - r, cy + r) for i in range(cx - r, cx + r)]
            triple.append(sum(block) / len(block))
        out.append(tuple(triple))
    return out


def luma(film, frame, width, height):
    """One frame's luma, scaled, as rows."""
    raw = ffmpeg("-i", film, "-vf", f"select=eq(n\\,{frame}),scale={width}:{height}:flags=area",
                 "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    return [raw[i:i + width] for i in range(0, width * height, width)]


def wav(path, values, rate=RATE):
    """Mono float samples as a file."""
    raw = array.array("f", values).tobytes()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "f32le", "-ar", str(rate), "-ac", "1", "-i",
                    "-", path], input=raw, check=True)
    return path
