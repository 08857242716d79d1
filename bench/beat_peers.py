#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our beats and those of other libraries on the same annotated sounds, in one run.

    beat_peers.py BENCH_BEATS FOLDER

FOLDER holds NAME.f32 (raw mono float, 22,050 Hz) or NAME.flac, and NAME.beats. Peers are used where
Debian has installed them (python3-aubio, python3-librosa; qm-tempotracker by a Vamp host: sonic-
annotator or vamp-simple-host with qm-vamp-plugins) and named as missing otherwise. Times are CPU
seconds a minute, decoding not counted.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

RATE = 22050


def score(truth, beats):
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


def ours(program):
    def run(sound, folder):
        raw, out = folder / "x.f32", folder / "x.beats"
        sound.tofile(raw)
        words = subprocess.run([program, raw, out], capture_output=True, text=True, check=True).stdout
        seconds = float(re.search(r"([\d.]+) CPU s/min", words).group(1)) * len(sound) / RATE / 60
        return [float(x) for x in out.read_text().split()], seconds
    return run


def aubio_tempo(sound, _):
    import aubio
    start = time.process_time()
    tracker, out = aubio.tempo("default", 1024, 512, RATE), []
    for i in range(0, len(sound) - 512, 512):
        if tracker(sound[i:i + 512]):
            out.append(tracker.get_last_s())
    return out, time.process_time() - start


def librosa_beats(sound, _):
    import librosa
    start = time.process_time()
    out = librosa.beat.beat_track(y=sound, sr=RATE, units="time")[1]
    return list(out), time.process_time() - start


def vamp_beats(sound, folder):
    import wave
    with wave.open(str(folder / "x.wav"), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    start = time.perf_counter()
    out = subprocess.run(["vamp-simple-host", "qm-vamp-plugins:qm-tempotracker:beats", folder / "x.wav"],
                         capture_output=True, text=True, check=True).stdout
    return [float(line.split(":")[0]) for line in out.splitlines() if ":" in line], time.perf_counter() - start


def missing_module(name):
    try:
        __import__(name)
        return None
    except ImportError:
        return f"no Python module {name}"


def load(path):
    raw = path.with_suffix(".f32")
    if raw.exists():
        return np.fromfile(raw, "<f4")
    out = subprocess.run(["ffmpeg", "-v", "error", "-i", path.with_suffix(".flac"), "-ac", "1", "-ar",
                          str(RATE), "-f", "f32le", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(out, "<f4")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    no_vamp = None if shutil.which("vamp-simple-host") else "no vamp-simple-host"
    systems = [("aive", ours(sys.argv[1]), None), ("aubio", aubio_tempo, missing_module("aubio")),
               ("librosa", librosa_beats, missing_module("librosa")), ("qm-dsp", vamp_beats, no_vamp)]
    truths = sorted(pathlib.Path(sys.argv[2]).glob("*.beats"))
    for name, run, why in systems:
        if why:
            print(f"{name:8} skipped: {why}")
            continue
        scores, seconds, minutes = [], 0, 0
        with tempfile.TemporaryDirectory() as folder:
            for path in truths:
                sound = load(path)
                beats, used = run(sound, pathlib.Path(folder))
                truth = [float(line.split()[0]) for line in path.open() if line.strip()]
                scores.append(score(truth, beats))
                seconds, minutes = seconds + used, minutes + len(sound) / RATE / 60
        print(f"{name:8} F {np.mean(scores):.3f} on {len(scores)} sounds, {seconds / minutes:.4f} s/min")


if __name__ == "__main__":
    main()
