# SPDX-License-Identifier: GPL-3.0-or-later
"""How well shots are found, on films whose shots are known: see shot_films.py.

The generated takes are always there; the shared clips are another set, skipped without them. What is
printed (`-s`) are the figures; what is asserted leaves them room. AIVE_SHOTS_SETS=5 makes five times
as many films, from other seeds.
"""
import os
import subprocess

import pytest

import shot_films
from conftest import BUILD, MEDIA

BENCH = BUILD / "bench" / "bench_shots"
SETS = int(os.environ.get("AIVE_SHOTS_SETS", "1"))
NEAR = 0.15  # seconds that a border may be off: what an eye takes for the same place

needs_ffmpeg = pytest.mark.skipif(subprocess.call("command -v ffmpeg >/dev/null", shell=True) != 0,
                                  reason="no ffmpeg command to make films with")
needs_media = pytest.mark.skipif(not (MEDIA / "video").is_dir(), reason=f"no shared clips in {MEDIA}")
pytestmark = [needs_ffmpeg,
              pytest.mark.skipif(not BENCH.exists(), reason=f"{BENCH} is not built")]


def shots_of(film):
    """[(start, how it begins, length of its transition)] of all but the first, and the film's end."""
    said = subprocess.run([BENCH, film], check=True, capture_output=True, text=True).stdout
    film.unlink()
    rows = [line.split() for line in said.splitlines()]
    for before, after in zip(rows, rows[1:]):
        assert before[1] == after[0], "the shots have a gap"
    return [(float(start), how, float(length)) for start, _, how, length in rows[1:]], float(rows[-1][1])


def judged(truth, found):
    """(pairs that belong together, missed, false)."""
    pairs, missed, left = [], [], list(found)
    for want in truth:
        near = [f for f in left if abs(f[0] - want[0]) <= max(NEAR, want[2] / 2)]
        if near:
            best = min(near, key=lambda f: abs(f[0] - want[0]))
            left.remove(best)
            pairs.append((want, best))
        else:
            missed.append(want)
    return pairs, missed, left


class Score:
    def __init__(self):
        self.pairs, self.missed, self.false = [], [], []

    def add(self, truth, found):
        for total, more in zip((self.pairs, self.missed, self.false), judged(truth, found)):
            total += more

    def only(self, kind):
        """Of one kind: right ones, how many there were, how many were said to be."""
        right = sum(want[1] == got[1] == kind for want, got in self.pairs)
        there = sum(want[1] == kind for want, _ in self.pairs) + sum(m[1] == kind for m in self.missed)
        said = sum(got[1] == kind for _, got in self.pairs) + sum(f[1] == kind for f in self.false)
        return right, there, said

    @property
    def f(self):
        return 2 * len(self.pairs) / max(2 * len(self.pairs) + len(self.missed) + len(self.false), 1)

    def __str__(self):
        kinds = {kind: self.only(kind) for kind in ("cut", "dissolve", "fade")}
        return f"F {self.f:.3f}, " + ", ".join(
            f"{kind}: {right} right of {there}, {said} said"
            for kind, (right, there, said) in kinds.items() if there or said)


def cut(_):
    return "cut", 0


def gradual(rng):
    return rng.choice([("dissolve", rng.choice([0.4, 0.5, 0.8, 1, 1.5])),
                       ("fade", rng.choice([0.8, 1.2, 2])), ("cut", 0)])


SHAPES = [((480, 270), 25), ((480, 270), 30), ((270, 480), 24), ((480, 270), 15)]


def score_of(tmp_path, takes, how, seed, films, shots):
    score = Score()
    for n in range(films * SETS):
        size, fps = SHAPES[n % len(SHAPES)]
        film, truth = shot_films.joined(MEDIA, tmp_path, seed + n, takes, how, shots, size, fps)
        found, _ = shots_of(film)
        score.add(truth, found)
    print(f"\n{score}")
    return score


def test_cuts_of_generated_takes(tmp_path):
    assert score_of(tmp_path, shot_films.DRAWN_TAKES, cut, 7000, 1, 10).f >= 0.97


@needs_media
def test_cuts_of_clips(tmp_path):
    assert score_of(tmp_path, shot_films.CLIP_TAKES, cut, 8000, 2, 14).f >= 0.97


@needs_media
def test_dissolves_and_fades_of_clips(tmp_path):
    score = score_of(tmp_path, shot_films.CLIP_TAKES, gradual, 9000, 2, 10)
    lengths = [abs(want[2] - got[2]) for want, got in score.pairs if want[1] != "cut" and want[1] == got[1]]
    assert score.f >= 0.85
    assert sorted(lengths)[len(lengths) // 2] <= 0.15, "lengths of transitions are off"


def false_a_minute(tmp_path, takes, kind, seed, seconds):
    films = shot_films.lookalike(MEDIA, tmp_path, seed, takes, kind, seconds)
    found = [shots_of(film)[0] for film, _, _ in films]
    minutes = sum(length for _, length, _ in films) / 60
    cuts = sum(how == "cut" for shots in found for _, how, _ in shots)
    others = sum(how != "cut" for shots in found for _, how, _ in shots)
    print(f"\n{kind}: {cuts / minutes:.2f} cuts a minute, {others / minutes:.2f} dissolves and fades")
    return cuts, others, minutes


@pytest.mark.parametrize("takes", ["generated", pytest.param("clips", marks=needs_media)])
def test_what_looks_like_cuts(tmp_path, takes):
    """At most one false cut a minute over all kinds."""
    takes_of = shot_films.DRAWN_TAKES[:2] if takes == "generated" else shot_films.CLIP_TAKES
    kinds = list(shot_films.LOOKALIKES)[::3 if takes == "generated" else 1]
    rows = [false_a_minute(tmp_path, takes_of, kind, 6000 + n, 5 * SETS) for n, kind in enumerate(kinds)]
    minutes = sum(row[2] for row in rows)
    print(f"\nall {minutes:.1f} minutes: {sum(row[0] for row in rows) / minutes:.2f} cuts a minute, "
          f"{sum(row[1] for row in rows) / minutes:.2f} dissolves and fades")
    assert sum(row[0] for row in rows) <= max(minutes, 1)
    assert sum(row[1] for row in rows) <= 2 * max(minutes, 1)
