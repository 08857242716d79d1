#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which encoder settings give a quality for the least CPU: makes docs/render-presets.md's tables.

    presets.py BUILD [standard|high|draft]... > tables.md      clips: those of AIVE_TEST_MEDIA

Each candidate is encoded at two CRFs around a guess; CPU and bytes at the baseline's SSIM are read
off the line through them, clip by clip. Shown are means over the clips of the ratios to the baseline:
least CPU wins among those whose file is no larger.
"""

import math
import os
import subprocess
import sys

CLIPS = ["portrait_talking_host.mp4", "flower.mp4", "big_buck_bunny_30s.webm",
         "tears_of_steel_battle.webm"]

# the baseline and its CRF; name: (x264 preset, look-ahead, options, CRF less than the baseline's)
STANDARD = ("veryfast", 10, "-", 0), 21, {
    "subme 1": ("veryfast", 10, "subme=1", 0),
    "b-adapt 0": ("veryfast", 10, "b-adapt=0", 0),
    "bframes 3": ("veryfast", 10, "bframes=3", 0),
    "no chroma-me": ("veryfast", 10, "chroma-me=0", 0),
    "weightp 0": ("veryfast", 10, "weightp=0", 0),
    "superfast, mbtree": ("superfast", 10, "mbtree=1", 0),
    "superfast, mbtree, aq-strength 0.5": ("superfast", 10, "mbtree=1:aq-strength=0.5", 0),
    "superfast, mbtree, aq-strength 0.3": ("superfast", 10, "mbtree=1:aq-strength=0.3", 0),
    "superfast, mbtree, aq-strength 0.5, P8x8": (
        "superfast", 10, "mbtree=1:aq-strength=0.5:partitions=p8x8,i8x8,i4x4", 0),
    "subme 1, aq-strength 0.5": ("veryfast", 10, "subme=1:aq-strength=0.5", 0),
    "aq-strength 0.6": ("veryfast", 10, "aq-strength=0.6", 0),
    "me dia": ("veryfast", 10, "me=dia", 0),
    "look-ahead 20": ("veryfast", 20, "-", 0),
    "deblock -1": ("veryfast", 10, "deblock=-1,-1", 0),
    "subme 4": ("veryfast", 10, "subme=4", 0),
    "no mbtree": ("veryfast", 10, "mbtree=0", 0.5),
    "superfast": ("superfast", 10, "-", 0.5),
    "faster": ("faster", 10, "-", 0),
}
HIGH = ("medium", 20, "-", 0), 18.5, {
    "veryfast, aq-strength 0.5": ("veryfast", 10, "aq-strength=0.5", 0.3),
    "veryfast, subme 4, aq-strength 0.6": ("veryfast", 10, "subme=4:aq-strength=0.6", 0.3),
    "faster, aq-strength 0.6": ("faster", 10, "aq-strength=0.6", 0.3),
    "veryfast": ("veryfast", 10, "-", 0.5),
    "faster": ("faster", 10, "-", 0.3),
    "look-ahead 10": ("medium", 10, "-", 0),
}
DRAFT = ("superfast", 10, "-", 0), 27, {
    "superfast, look-ahead 0": ("superfast", 0, "-", 0),
    "ultrafast": ("ultrafast", 0, "-", 1),
    "veryfast": ("veryfast", 10, "-", 0),
}
TABLES = {"standard": STANDARD, "high": HIGH, "draft": DRAFT}
STEPS = (-1, 1)


class Encoder:
    """One clip's frames, ready to be encoded."""

    def __init__(self, build, clip):
        self.name = os.path.splitext(os.path.basename(clip))[0]
        self.child = subprocess.Popen([f"{build}/bench/encode_presets", clip], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, row, crf):
        self.child.stdin.write(f"{row[0]} {crf:.2f} {row[1]} {row[2]}\n")
        self.child.stdin.flush()
        cpu, size, ssim = self.child.stdout.readline().split()
        return float(cpu), float(size), float(ssim)


def at(points, ssim):
    """CPU, bytes and place between the two points at an SSIM: a straight line in log(1 - SSIM),
    log(bytes) and CPU."""
    low, high = [(math.log(1 - s), cpu, math.log(size)) for cpu, size, s in points]
    t = (math.log(1 - ssim) - low[0]) / (high[0] - low[0])
    return low[1] + t * (high[1] - low[1]), math.exp(low[2] + t * (high[2] - low[2])), t


def measure(encoders, table):
    """The baseline is encoded again beside each candidate: other work slows both alike."""
    base, crf, rows = table
    truth, result = {}, []
    for name, row in {"the baseline": base, **rows}.items():
        ratios = []
        for e in encoders:
            cpu0, size0, ssim0 = truth[e.name] = e.run(base, crf)
            crfs = [crf - row[3] + step for step in STEPS]
            cpu, size, t = at([e.run(row, c) for c in crfs], ssim0)
            ratios.append((cpu, cpu / cpu0, size / size0, crfs[0] + t * (crfs[1] - crfs[0])))
        result.append((name, row, ratios))
        print(name, [f"{r[1]:.3f}/{r[2]:.3f}/{r[3]:.2f}" for r in ratios], file=sys.stderr, flush=True)
    return truth, result


def print_table(name, encoders, table, truth, result):
    (word, lookahead, _, _), crf, _ = table
    print(f"\n### {name}: against {word}, crf {crf:g}, look-ahead {lookahead}\n")
    print("| settings | CPU, ms a frame | CPU | bytes | bytes, clip by clip | CRF for that SSIM |")
    print("|---|---|---|---|---|---|")
    base = [sum(r[k] for r in result[0][2]) / len(encoders) for k in (1, 2)]
    for label, _, ratios in sorted(result, key=lambda r: sum(x[1] for x in r[2])):
        n = len(ratios)
        ms, cpu, size, crf_then = (sum(r[k] for r in ratios) / n for k in range(4))
        each = " ".join(f"{r[2] / base[1]:.2f}" for r in ratios)
        print(f"| {label} | {ms:.1f} | {cpu / base[0]:.2f} | {size / base[1]:.3f} | {each} | "
              f"{crf_then:.1f} |")
    told = ", ".join(f"{n} {s:.4f} at {b / 1e6:.2f} MB" for n, (_, b, s) in truth.items())
    print(f"\nSSIM-Y and size of the baseline: {told}.")


def main():
    media = os.environ.get("AIVE_TEST_MEDIA", "../shared")
    build, names = sys.argv[1], sys.argv[2:] or list(TABLES)
    encoders = [Encoder(build, f"{media}/media/video/{clip}") for clip in CLIPS]
    for name in names:
        print_table(name, encoders, TABLES[name], *measure(encoders, TABLES[name]))


main()
