#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our beats and those of other libraries on the same annotated sounds, in one run.

    beat_peers.py BENCH_BEATS FOLDER [--each] [--only SYSTEM]

FOLDER holds NAME.f32 (raw mono float, 22,050 Hz) or NAME.flac, and NAME.beats (time, and perhaps the
place in the bar from 1). Peers are used where Debian has them (python3-aubio; libqm-dsp-dev, with a
compiler) or somebody installed it (librosa), and named as missing otherwise. aubio and qm-dsp hear
44,100 Hz, as they are set up for. F is within 70 ms; CMLt and AMLt within 17.5 % of the beat (M. Davies,
N. Degara, M. Plumbley, 2009); acc1 the tempo within 4 %, acc2 also two or three times it or a part; bars:
F of the beats that begin one, where they are known. CPU is seconds a minute of sound without reading
it, memory that of the largest whole process.
--each adds a line a sound, and the mean of those whose names begin alike.
"""
import argparse
import bisect
import collections
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

RATE, FINE_RATE = 22050, 44100
COLUMNS = ("F", "CMLt", "AMLt", "acc1", "acc2", "bars")


# --- Judging ----------------------------------------------------------------------------------

def f_measure(truth, beats):
    i = j = hits = 0
    while i < len(truth) and j < len(beats):
        d = beats[j] - truth[i]
        if abs(d) <= 0.07:
            hits, i, j = hits + 1, i + 1, j + 1
        elif d < 0:
            j += 1
        else:
            i += 1
    return 2 * hits / max(len(truth) + len(beats), 1)


def nearest(row, x):
    k = bisect.bisect_left(row, x)
    return min((i for i in (k - 1, k) if 0 <= i < len(row)), key=lambda i: abs(row[i] - x))


def continuity(truth, beats):
    used = set()
    if len(truth) < 2 or len(beats) < 2:
        return 0.0
    for m, beat in enumerate(beats):
        n = nearest(truth, beat)
        if m == 0 or n == 0:
            a, b = (n, n + 1) if n + 1 < len(truth) else (n - 1, n)
            c, d = (m, m + 1) if m + 1 < len(beats) else (m - 1, m)
        else:
            a, b, c, d = n - 1, n, m - 1, m
        gap, step = truth[b] - truth[a], beats[d] - beats[c]
        if n not in used and abs(beat - truth[n]) < 0.175 * gap and abs(1 - step / gap) < 0.175:
            used.add(n)
    return len(used) / max(len(truth), len(beats))


def tempo_of(beats):
    return 60 / statistics.median(np.diff(beats)) if len(beats) > 1 else 0


def judge(truth, bars, beats, found_bars):
    twice = sorted(list(truth) + [(a + b) / 2 for a, b in zip(truth, truth[1:])])
    levels = (truth, twice[1::2], twice, truth[0::2], truth[1::2])
    want, got = tempo_of(truth), tempo_of(beats)
    fits = [abs(got - want * k) <= 0.04 * want * k for k in (1, 2, 0.5, 3, 1 / 3)]
    return {"F": f_measure(truth, beats), "CMLt": continuity(truth, beats),
            "AMLt": max(continuity(level, beats) for level in levels), "acc1": fits[0], "acc2": any(fits),
            "bars": f_measure(bars, found_bars) if bars and found_bars is not None else float("nan")}


# --- Systems: (sound file at its rate) -> beats, bars or None, CPU seconds, MiB --------------------

def measured(words):
    """-> what a program printed, and the most memory it had, MiB."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as p:
        text = p.stdout.read()
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise subprocess.CalledProcessError(p.returncode, words)
    return text, usage.ru_maxrss / 1024


class Ours:
    name, rate = "aive", RATE

    def __init__(self, _, program):
        self.program = program

    def run(self, sound, seconds):
        out = sound.with_suffix(".out.beats")
        text, memory = measured([self.program, sound, out])
        rows = [line.split() for line in out.read_text().splitlines()]
        cpu = float(re.search(r"([\d.]+) CPU s/min", text).group(1)) * seconds / 60
        return [float(r[0]) for r in rows], [float(r[0]) for r in rows if r[1] == "1"], cpu, memory


class Python:
    """A library of Python, in a process of its own: this script again."""

    def __init__(self, name, rate):
        self.name, self.rate = name, rate
        if subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode:
            raise FileNotFoundError(f"no Python module {name}")

    def run(self, sound, _):
        text, memory = measured([sys.executable, __file__, "--child", self.name, sound])
        *beats, cpu = [float(x) for x in text.split()]
        return beats, None, cpu, memory


class Qm:
    name, rate = "qm-dsp", FINE_RATE

    def __init__(self, folder, _):
        self.program = folder / "qm_beats"
        source = pathlib.Path(__file__).with_name("qm_beats.cpp")
        if subprocess.run(["g++", "-O2", "-o", self.program, source, "-I/usr/include/qm-dsp", "-lqm-dsp"],
                          capture_output=True).returncode:
            raise FileNotFoundError("no libqm-dsp-dev, or no g++")

    def run(self, sound, _):
        text, memory = measured([self.program, sound])
        lines = text.splitlines()
        return [float(x) for x in lines[:-1]], None, float(lines[-1].split()[1]), memory


def child(name, path):
    sound = np.fromfile(path, "<f4")
    if name == "aubio":
        import aubio
        start = time.process_time()
        tracker, beats = aubio.tempo("default", 1024, 512, FINE_RATE), []
        for i in range(0, len(sound) - 512, 512):
            if tracker(sound[i:i + 512]):
                beats.append(tracker.get_last_s())
    else:
        import librosa
        librosa.beat.beat_track(y=sound[:5 * RATE], sr=RATE)  # compiles itself
        start = time.process_time()
        beats = librosa.beat.beat_track(y=sound, sr=RATE, units="time")[1]
    print(*beats, time.process_time() - start)


# --- Sounds -----------------------------------------------------------------------------------

def load(path, rate):
    raw = path.with_suffix(".f32")
    what = ["-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", raw] if raw.exists() else ["-i", path.with_suffix(".flac")]
    out = subprocess.run(["ffmpeg", "-v", "error", *what, "-ac", "1", "-ar", str(rate), "-f", "f32le", "-"],
                         capture_output=True, check=True).stdout
    return np.frombuffer(out, "<f4")


def read_truth(path):
    rows = [line.split() for line in path.open() if line.strip()]
    bars = [float(r[0]) for r in rows if len(r) > 1 and r[1] == "1"]
    return [float(r[0]) for r in rows], bars if len(bars) < len(rows) else []


def mean(rows, key):
    values = [r[key] for r in rows if r[key] == r[key]]
    return f"{np.mean(values):.3f}" if values else "-"


def table_row(name, rows):
    return f"{name:24} " + " ".join(f"{mean(rows, c):>6}" for c in COLUMNS)


def judge_all(system, folder, sounds, each):
    rows, styles, cpu, minutes, memory = [], collections.defaultdict(list), 0, 0, 0
    raw = folder / "x.f32"
    for path in sounds:
        sound = load(path, system.rate)
        sound.tofile(raw)
        beats, found_bars, used, most = system.run(raw, len(sound) / system.rate)
        truth, bars = read_truth(path)
        rows.append(judge(truth, bars, beats, found_bars))
        styles[path.stem.rsplit("_", 1)[0]].append(rows[-1])
        cpu, minutes, memory = cpu + used, minutes + len(sound) / system.rate / 60, max(memory, most)
        if each:
            print(table_row(path.stem, rows[-1:]), f"{tempo_of(beats):6.1f} for {tempo_of(truth):.1f} BPM")
    if each:
        for style, of_style in styles.items():
            print(table_row(f"  {style} ({len(of_style)})", of_style))
    print(table_row(system.name, rows), f"{cpu / minutes:8.4f} {memory:5.0f} MiB", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--each", action="store_true")
    p.add_argument("--only")
    a = p.parse_args()
    sounds = sorted(a.folder.glob("*.beats"))
    print(f"{len(sounds)} sounds".ljust(24), *(f"{c:>6}" for c in COLUMNS), " CPU/min  memory")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for make in (lambda: Ours(folder, a.program), lambda: Python("aubio", FINE_RATE),
                     lambda: Qm(folder, None), lambda: Python("librosa", RATE)):
            try:
                system = make()
            except FileNotFoundError as why:
                print(f"skipped: {why}")
                continue
            if not a.only or system.name == a.only:
                judge_all(system, folder, sounds, a.each)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
