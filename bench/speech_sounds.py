#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech over noises and music, to judge and fit speech_activity.c by; and the judging.

    speech_sounds.py make FOLDER [--seed N] [--count N] [--real FOLDER]
    speech_sounds.py judge BENCH_SPEECH FOLDER

make writes FOLDER/SOUND_DB_NN.f32 (raw mono float, 22,050 Hz, 24 s) and .spans (START TAB END of
what is spoken): sentences of espeak-ng's voices (or, with --real, of files of nothing but speech) with
pauses between them, SOUND under them at a level relative to the voice's while it speaks; "only" are
sounds without speech. Needs espeak-ng; ffmpeg for --real. Music is beat_songs.py's.

judge prints, for plain and gate spans: how much of what is spoken is found, how much of the rest is
taken for speech, and how many sentences are cut: less than 80 % of one is found.
"""
import argparse
import collections
import functools
import pathlib
import subprocess

import numpy as np

import beat_songs

RATE, LENGTH, HOP = 22050, 24, 220.5
VOICES = ["en-us", "en-us+f2", "en-gb+m3", "de+f4", "fr+m2", "es+f1", "it+m7", "ru+f3", "pt+m4", "pl+f5", "nl+m1", "sv+f2"]
WORDS = ("the evening train was late again and nobody on the platform knew why it had stopped before the bridge "
         "so we walked along the river until the lights of the old mill came into view and somebody said what "
         "a lovely place this is can you hear the water below listen to it for a moment then tell me what you think").split()


# --- Sounds to lie under speech ---------------------------------------------------------------

def shaped(rng, n, slope, low=20, high=11000):
    """Noise that falls by `slope` dB an octave."""
    f = np.fft.rfftfreq(n, 1 / RATE)
    gain = np.where((f >= low) & (f <= high), np.maximum(f, 1) ** (slope / 6.02), 0)
    return np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * gain, n)


def slowly(rng, n, depth_db, hertz):
    points = int(n / RATE * hertz) + 3
    return 10 ** (np.interp(np.arange(n), np.linspace(0, n, points), rng.uniform(-depth_db, 0, points)) / 20)


def clicks(rng, n, rate):
    out = np.zeros(n)
    for at in rng.integers(0, n - 2500, int(rate * n / RATE)):
        t = np.arange(int(rng.uniform(300, 2500)))
        out[at:at + len(t)] += rng.uniform(0.2, 1) * rng.standard_normal(len(t)) * np.exp(-t / rng.uniform(40, 500))
    return out


def engine(rng, n):
    phase = np.cumsum(2 * np.pi * rng.uniform(35, 95) * (1 + 0.1 * (slowly(rng, n, 6, 0.4) - 0.8)) / RATE)
    return sum(rng.uniform(0.3, 1) * np.sin(k * phase) / k for k in range(1, 25)) + 3 * shaped(rng, n, -6) / 10


def birds(rng, n):
    out = shaped(rng, n, -3) * 0.1
    for at in rng.integers(0, n - RATE // 2, 3 * n // RATE):
        t = np.arange(int(rng.uniform(0.05, 0.3) * RATE))
        f = rng.uniform(2000, 5000) + rng.uniform(-8000, 8000) * t / RATE
        out[at:at + len(t)] += np.sin(2 * np.pi * np.cumsum(f) / RATE) * np.hanning(len(t))
    return out


def music(styles):
    def make(rng, n):
        style = styles[rng.integers(0, len(styles))]
        out = beat_songs.make(style, int(rng.integers(0, 1 << 20)), 5, n / RATE, covered=False)[0]
        return np.resize(out.astype(float), n)
    return make


SOUNDS = {
    "white": lambda rng, n: shaped(rng, n, 0),
    "pink": lambda rng, n: shaped(rng, n, -3),
    "wind": lambda rng, n: shaped(rng, n, -6) * slowly(rng, n, 15, 1),
    "fan": lambda rng, n: shaped(rng, n, -2, 80, 2500),
    "street": lambda rng, n: shaped(rng, n, -4) * slowly(rng, n, 20, 0.3) + 0.2 * shaped(rng, n, -2) * slowly(rng, n, 25, 2),
    "engine": engine,
    "rain": lambda rng, n: clicks(rng, n, 400) + 0.1 * shaped(rng, n, -1),
    "typing": lambda rng, n: clicks(rng, n, 5),
    "birds": birds,
    "drums": music(["house", "rock8", "dnb", "boom_bap", "funk16"]),
    "band": music(["pop8", "swing", "bossa", "shuffle", "one_drop"]),
    "strings": music(["strings", "block_piano", "picked8", "waltz", "strummed"]),
}
LEVELS = (20, 10, 5, 0, -5)  # dB: speech over sound


# --- Speech -----------------------------------------------------------------------------------

def decode(words):
    out = subprocess.run(words, capture_output=True, check=True).stdout
    return np.frombuffer(out, "<f4").astype(float)


@functools.cache
def real_sentences(folder):
    files = sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix in (".wav", ".mp3", ".flac"))
    return [decode(["ffmpeg", "-v", "error", "-i", f, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]) for f in files]


def sentence(rng, voice, real):
    if real:
        rows = real_sentences(real)
        row = rows[rng.integers(0, len(rows))]
        at = int(rng.integers(0, max(len(row) - 6 * RATE, 1)))
        return row[at:at + int(rng.uniform(2, 6) * RATE)]
    at, count = rng.integers(0, len(WORDS) - 12), rng.integers(2, 12)
    text = " ".join(WORDS[at:at + count]) + rng.choice([".", "?", "!"])
    wav = subprocess.run(["espeak-ng", "-v", voice, "-p", str(rng.integers(20, 75)), "-s", str(rng.integers(130, 210)),
                          "--stdout", text], capture_output=True, check=True).stdout
    return np.frombuffer(wav[44:len(wav) // 2 * 2], "<i2") / 32768.0


def trimmed(x):
    """Without the silence at its ends; of level 1 while it speaks."""
    level = np.sqrt(np.convolve(x ** 2, np.ones(441) / 441, "same"))
    loud = np.flatnonzero(level > 0.03 * level.max())
    x = x[loud[0]:loud[-1] + 1]
    return x / np.sqrt(np.mean(x[np.abs(x) > 0.05 * np.abs(x).max()] ** 2))


def talk(rng, n, real):
    out, spans, at = np.zeros(n), [], int(rng.uniform(0.5, 4) * RATE)
    voice = VOICES[rng.integers(0, len(VOICES))]
    while True:
        said = trimmed(sentence(rng, voice, real))
        if at + len(said) > n - RATE // 2:
            return out, spans
        out[at:at + len(said)] += said
        spans.append((at / RATE, (at + len(said)) / RATE))
        at += len(said) + int(rng.uniform(0.4, 5) * RATE)


def make(a):
    a.folder.mkdir(parents=True, exist_ok=True)
    n = LENGTH * RATE
    for k, (name, sound) in enumerate(SOUNDS.items()):
        for level in (*LEVELS, None):
            for i in range(a.count):
                rng = np.random.default_rng([a.seed, k, 99 if level is None else level + 50, i])
                under = sound(rng, n)
                under = under / np.sqrt(np.mean(under ** 2))
                out, spans = (np.zeros(n), []) if level is None else talk(rng, n, a.real)
                out = out * 10 ** ((level or 0) / 20) + under
                out *= rng.uniform(0.1, 0.9) / np.abs(out).max()
                path = a.folder / f"{name}_{'only' if level is None else level}_{i:02d}.f32"
                out.astype("<f4").tofile(path)
                path.with_suffix(".spans").write_text("".join(f"{s:.3f}\t{e:.3f}\n" for s, e in spans))


# --- Judging ----------------------------------------------------------------------------------

def read_spans(text):
    return [tuple(float(x) for x in line.split()[:2]) for line in text.splitlines()]


def mask(spans, n):
    out = np.zeros(n, bool)
    for start, end in spans:
        out[int(round(start * 100)):int(round(end * 100))] = True
    return out


def judge(a):
    rows = collections.defaultdict(lambda: np.zeros(6))
    for path in sorted(a.folder.glob("*.f32")):
        n = path.stat().st_size // 4 * 100 // RATE
        spoken = read_spans(path.with_suffix(".spans").read_text())
        truth, row = mask(spoken, n), []
        near = mask([(s - 0.4, e + 0.4) for s, e in [(max(s, 0.4), e) for s, e in spoken]], n)
        for words in ([], ["--gate"]):
            found = mask(read_spans(subprocess.run([a.program, path, *words], capture_output=True, text=True, check=True).stdout), n)
            cut = sum(found[int(s * 100):int(e * 100)].mean() < 0.8 for s, e in spoken)
            row += [(found & truth).sum(), (found & ~near).sum(), cut]
        sound, level, _ = path.stem.split("_")
        whole = np.array([*row, truth.sum(), (~near).sum(), len(spoken)], float)
        for key in (f"{level:>4} dB" if level != "only" else "only", f"{sound}", "all"):
            rows[key] = rows[key] + whole if rows[key].size == 9 else whole
    print(f"{'':10} plain: found  false    cut   gate: found  false    cut")
    for key, r in rows.items():
        share = [r[0] / max(r[6], 1), r[1] / max(r[7], 1), r[2] / max(r[8], 1),
                 r[3] / max(r[6], 1), r[4] / max(r[7], 1), r[5] / max(r[8], 1)]
        print(f"{key:10} {share[0]:12.3f} {share[1]:6.3f} {share[2]:6.3f} {share[3]:13.3f} {share[4]:6.3f} {share[5]:6.3f}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(required=True)
    m = sub.add_parser("make")
    m.add_argument("folder", type=pathlib.Path)
    m.add_argument("--seed", type=int, default=1)
    m.add_argument("--count", type=int, default=2)
    m.add_argument("--real")
    m.set_defaults(run=make)
    j = sub.add_parser("judge")
    j.add_argument("program")
    j.add_argument("folder", type=pathlib.Path)
    j.set_defaults(run=judge)
    a = p.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
