#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the weights of metre.c to music whose beats are known.

    fit_metre.py METRE_FACTS FOLDER... [--test FOLDER...] [--decay X] [-o metre_weights.h]
    fit_metre.py METRE_FACTS FOLDER... --bars       prints the weights of downbeats.c

METRE_FACTS is the program bench/metre_facts.c; a FOLDER holds NAME.f32 and NAME.beats, as
beat_songs.py writes them. The readings of a song compete in a softmax; those that score F >= 0.85
are right. Each fact weighs w0 + w1 t + w2 t^2, t = tanh(log2(BPM / 115)): what tells a beat at 70
BPM does not tell one at 170. Styles are weighted by how common they are, all weights decay.
--styles leaves each style out in turn and judges by it. The whole way, some five minutes:

    beat_songs.py songs --each 12 && beat_songs.py kept --each 5 --seed 77 && beat_traps.py traps
    fit_metre.py METRE_FACTS songs --test kept traps -o src/analysis/metre_weights.h

A fit to other songs gives other weights that judge alike (of 175 songs kept out, 70 % are read right).
"""
import argparse
import concurrent.futures
import pathlib
import subprocess

import numpy as np

WITHIN_S, RIGHT_F = 0.07, 0.85
RARE = {"slow_twelve": .3, "dembow": .4, "salsa": .3, "bossa": .4, "six_eight": .5, "train": .5,
        "one_drop": .6, "half_time": .6, "picked16": .6, "ballad16": .8, "picked_three": .4,
        "pop8": 2, "rock8": 2, "house": 2}


def f_measure(truth, beats):
    i = j = hits = 0
    while i < len(truth) and j < len(beats):
        d = beats[j] - truth[i]
        if abs(d) <= WITHIN_S:
            hits, i, j = hits + 1, i + 1, j + 1
        elif d < 0:
            j += 1
        else:
            i += 1
    return 2 * hits / max(len(truth) + len(beats), 1)


class Song:
    def __init__(self, program, path):
        self.name = path.stem
        self.style = path.stem.rsplit("_", 1)[0]
        truth = [float(line.split()[0]) for line in path.with_suffix(".beats").open() if line.strip()]
        rows, scores, self.readings = [], [], []
        out = subprocess.run([program, path], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            numbers, beats = line.split("|")
            numbers = [float(x) for x in numbers.split()]
            t = np.tanh(np.log2(numbers[2] / 115))
            facts = np.array(numbers[3:] + [1.0])
            rows.append(np.concatenate([facts, facts * t, facts * t * t]))
            scores.append(f_measure(truth, [float(x) for x in beats.split()]))
            self.readings.append((numbers[0], numbers[1]))
        self.rows, self.scores = np.array(rows), np.array(scores)


class Bars:
    """The readings of a song's bars, its true beats given; the .beats file has their places."""

    def __init__(self, program, path):
        self.style = path.stem.rsplit("_", 1)[0]
        truth = path.with_suffix(".beats")
        places = [int(line.split()[1]) for line in truth.open()]
        self.rows, self.scores = [], np.zeros(0)
        if max(places) < 3:  # bars of two are not told from bars of four
            return
        out = subprocess.run([program, path, truth], capture_output=True, text=True, check=True).stdout
        lines = [[float(x) for x in line.split()] for line in out.splitlines()]
        self.rows = np.array([line[2:] for line in lines])
        self.scores = np.array([(line[0], line[1]) == (max(places), places[0] - 1) for line in lines], float)


def load(program, folders, kind=Song):
    paths = sorted(p for f in folders for p in pathlib.Path(f).glob("*.f32"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [s for s in pool.map(lambda p: kind(program, p), paths) if len(s.rows)]


def pack(songs):
    most = max(len(s.rows) for s in songs)
    x = np.zeros((len(songs), most, songs[0].rows.shape[1]))
    there, right = np.zeros((len(songs), most)), np.zeros((len(songs), most))
    for i, s in enumerate(songs):
        x[i, :len(s.rows)], there[i, :len(s.rows)] = s.rows, 1
        right[i, :len(s.rows)] = s.scores >= RIGHT_F
    return x, there, right


def fit(songs, decay, steps=600):
    songs = [s for s in songs if (s.scores >= RIGHT_F).any()]
    x, there, right = pack(songs)
    spread = np.concatenate([s.rows for s in songs]).std(0) + 1e-6
    spread[(spread < 1e-5)] = np.inf  # the constant
    x = x / spread
    share = np.array([RARE.get(s.style, 1) for s in songs])
    share = share / share.sum()
    w = np.zeros(x.shape[2])
    m1 = m2 = 0
    for i in range(steps):  # Adam
        s = x @ w - (1 - there) * 1e9
        p = np.exp(s - s.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        q = p * right
        q /= q.sum(1, keepdims=True) + 1e-300
        g = np.einsum("n,nh,nhf->f", share, p - q, x) + decay * w / len(songs)
        m1, m2 = 0.9 * m1 + 0.1 * g, 0.99 * m2 + 0.01 * g * g
        w -= 0.03 * (m1 / (1 - 0.9 ** (i + 1))) / (np.sqrt(m2 / (1 - 0.99 ** (i + 1))) + 1e-8)
    return w / spread


def judge(songs, w, words, decoded_more=0.5, show=False):
    got = []
    for s in songs:
        weight = s.rows @ w + decoded_more * np.array([r == (1, 0) for r in s.readings])
        k = int(weight.argmax())
        got.append(s.scores[k])
        if show and got[-1] < RIGHT_F:
            best = int(s.scores.argmax())
            print(f"   {s.name}: {s.readings[k]} F {got[-1]:.2f}, best {s.readings[best]} "
                  f"F {s.scores[best]:.2f}, {weight[k] - weight[best]:.2f} less")
    right = np.mean([g >= RIGHT_F for g in got])
    plain = np.mean([s.scores[0] >= RIGHT_F for s in songs])
    best = np.mean([s.scores.max() >= RIGHT_F for s in songs])
    print(f"{words}: {len(songs)} songs, mean F {np.mean(got):.3f}, right {right:.3f} "
          f"(as decoded {plain:.3f}, best reading {best:.3f})", flush=True)
    return right


def write(w, path):
    n = len(w) // 3
    lines = ["/* SPDX-License-Identifier: GPL-3.0-or-later",
             " * metre_weights.h - generated by bench/fit_metre.py from the songs of bench/beat_songs.py; not to be",
             " * edited. A row a fact, in the order of enum metre_fact. */",
             "#ifndef AIVE_ANALYSIS_METRE_WEIGHTS_H", "#define AIVE_ANALYSIS_METRE_WEIGHTS_H", "",
             "static const double metre_bias[2] = {%.4f, %.4f};" % (w[2 * n - 1], w[3 * n - 1]), "",
             "static const double metre_weights[METRE_FACTS][3] = {"]
    lines += ["    {%.4f, %.4f, %.4f}," % (w[i], w[n + i], w[2 * n + i]) for i in range(n - 1)]
    pathlib.Path(path).write_text("\n".join(lines + ["};", "", "#endif"]) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("folders", nargs="+")
    p.add_argument("--test", nargs="*", default=[])
    p.add_argument("--decay", type=float, default=10)
    p.add_argument("--styles", action="store_true")
    p.add_argument("--bars", action="store_true")
    p.add_argument("-o", dest="out")
    a = p.parse_args()
    if a.bars:
        songs = load(a.program, a.folders, Bars)
        w = fit(songs, a.decay)
        right = np.mean([s.scores[(s.rows @ w).argmax()] for s in songs])
        print(f"{len(songs)} songs, bars right {right:.3f}; weights", *np.round(w, 1))
        return
    songs = load(a.program, a.folders)
    w = fit(songs, a.decay)
    judge(songs, w, "fitted to")
    for folder in a.test:
        judge(load(a.program, [folder]), w, folder, show="songs" not in folder)
    if a.styles:
        means = []
        for style in sorted({s.style for s in songs}):
            other = fit([s for s in songs if s.style != style], a.decay, 300)
            means.append(judge([s for s in songs if s.style == style], other, style + " left out"))
        print(f"styles left out: {np.mean(means):.3f}")
    if a.out:
        write(w, a.out)


if __name__ == "__main__":
    main()
