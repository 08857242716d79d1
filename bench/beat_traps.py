#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes music that misleads beat trackers, to judge ours by: no weight of theirs is fitted to it.

    beat_traps.py FOLDER [--seed N] [--seconds S]

writes FOLDER/TRAP_BPM.f32 (raw mono float, 22,050 Hz) and .beats (time TAB place in bar, from 1).
Unlike beat_songs.py, which weights are fitted to, its sounds are plucked strings, FM bells and drums
in a room. The traps: slow songs with busy eighths or sixteenths, swing, 3/4, 6/8, syncopation, chords
off the beat, no drums, soft onsets, tempi that climb, step or breathe, breaks, noise, odd tempi.
"""
import argparse
import pathlib
import zlib

import numpy as np

RATE = 22050


# --- Sounds -----------------------------------------------------------------------------------

def seconds(s):
    return np.arange(int(s * RATE)) / RATE


def band(x, low, high):
    spectrum, f = np.fft.rfft(x), np.fft.rfftfreq(len(x), 1 / RATE)
    spectrum[(f < low) | (f > high)] = 0
    return np.fft.irfft(spectrum, len(x))


def pluck(rng, hz, length, dull=0.5):
    """Karplus and Strong's string, a period at a time."""
    period = max(int(RATE / hz), 2)
    row = rng.uniform(-1, 1, period)
    rows = []
    for _ in range(int(length * RATE / period) + 1):
        rows.append(row)
        row = 0.996 * ((1 - dull) * row + dull * np.roll(row, 1))
    return np.concatenate(rows)[:int(length * RATE)]


def bell(hz, length, depth=2.0):
    t = seconds(length)
    return np.exp(-t / 0.35) * np.sin(2 * np.pi * hz * t + depth * np.exp(-t / 0.2) * np.sin(2 * np.pi * 3.01 * hz * t))


def bowed(rng, hz, length, attack):
    t = seconds(length + 0.15)
    saw = sum(np.sin(2 * np.pi * k * hz * d * t + rng.uniform(0, 6)) / k
              for k in range(1, 9) if k * hz < 8000 for d in (0.997, 1.003))
    return 0.25 * saw * np.minimum(t / attack, 1) * np.minimum((t[-1] - t) / 0.15 + 1e-9, 1)


class Kit:
    def __init__(self, rng):
        t = seconds(0.35)
        self.bd = np.sin(2 * np.pi * (50 * t + rng.uniform(3, 6) * (1 - np.exp(-t / 0.03)))) * np.exp(-t / rng.uniform(0.07, 0.15))
        noise = rng.standard_normal(len(t))
        self.sd = 0.5 * band(noise, 900, 9000) * np.exp(-t / rng.uniform(0.05, 0.11)) + 0.5 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.04)
        self.hh = 0.6 * band(noise, 6500, 11000) * np.exp(-t / rng.uniform(0.02, 0.04))
        self.oh = 0.6 * band(noise, 5500, 11000) * np.exp(-t / 0.16)
        self.cb = 0.3 * (np.sign(np.sin(2 * np.pi * 540 * t)) + np.sign(np.sin(2 * np.pi * 800 * t))) * np.exp(-t / 0.05)
        self.tom = np.sin(2 * np.pi * (110 * t + 3 * (1 - np.exp(-t / 0.05)))) * np.exp(-t / 0.12)


class Song:
    """Beats at `times`; parts are laid on places counted in beats."""

    def __init__(self, rng, times, bar, length):
        self.rng, self.times, self.bar, self.length = rng, times, bar, length
        self.kit, self.out = Kit(rng), np.zeros(int((length + 4) * RATE))
        self.room = band(rng.standard_normal(RATE // 2), 150, 6000) * np.exp(-seconds(0.5) / rng.uniform(0.05, 0.14))
        self.key, self.loose = int(rng.integers(45, 57)), rng.choice([0.0, 0.004, 0.008])
        self.chords = [[0, 4, 7], [9, 12, 16], [5, 9, 12], [7, 11, 14]]
        rng.shuffle(self.chords)

    def bars(self):
        return range(len(self.times) // self.bar + 1)

    def add(self, place, sound, gain):
        if not 0 <= place <= len(self.times) - 1:
            return
        t = float(np.interp(place, np.arange(len(self.times)), self.times)) + self.rng.normal(0, self.loose)
        i = max(int(t * RATE), 0)
        sound = sound[:max(len(self.out) - i, 0)]
        self.out[i:i + len(sound)] += gain * self.rng.uniform(0.8, 1) * sound

    def drums(self, bar, **parts):
        """name='x...x...': as many steps as the bar has letters."""
        for name, row in parts.items():
            for k, letter in enumerate(row):
                if letter != ".":
                    gain = {"X": 1.0, "x": 0.7, "o": 0.3}[letter]
                    self.add(self.bar * (bar + k / len(row)), getattr(self.kit, name), gain)

    def notes(self, bar, row, sound, octave=0, gain=0.35, length=0.8):
        """Letters 1 2 3 are notes of the bar's chord, c all of them."""
        chord = self.chords[bar % 4]
        for k, letter in enumerate(row):
            if letter == ".":
                continue
            for step in chord if letter == "c" else [chord[int(letter) - 1]]:
                hz = 440 * 2 ** ((self.key + step + 12 * octave - 69) / 12)
                self.add(self.bar * (bar + k / len(row)), sound(hz, length), gain / (3 if letter == "c" else 1))

    def string(self, hz, length):
        return pluck(self.rng, hz, length)

    def finish(self):
        dry = self.out[:int(self.length * RATE)]
        n = len(dry) + len(self.room)
        wet = np.fft.irfft(np.fft.rfft(dry, n) * np.fft.rfft(self.room, n), n)[:len(dry)]
        return dry + 0.15 * np.abs(dry).max() / (np.abs(wet).max() + 1e-9) * wet


# --- Players ----------------------------------------------------------------------------------

def rock(hats, kick="x.....x.x.......", bass="1.1.1.1.1.1.1.1."):
    def play(s):
        for bar in s.bars():
            s.drums(bar, bd=kick, sd="....X.......X...", hh=hats)
            s.notes(bar, bass, s.string, -1, 0.6, 0.4)
            s.notes(bar, "c...............", lambda hz, n: bowed(s.rng, hz, 3, 0.1), 0, 0.3)
    return play


def strummed_ballad(s):
    for bar in s.bars():
        s.notes(bar, "c.c.c.c.", s.string, 0, 0.8, 0.9)
        s.drums(bar, bd="X...x...", sd="..X...X." if bar > 3 else "........")


def swing(s):
    for bar in s.bars():
        s.drums(bar, oh="x..x.xx..x.x", hh="...X.....X..")
        s.notes(bar, "1.23" if bar % 2 else "1231", s.string, -1, 0.7, 0.5)
        s.notes(bar, ["....." "c......", "..c...c....."][bar % 2], bell, 1, 0.4)


def waltz(s):
    for bar in s.bars():
        s.notes(bar, "1..", s.string, -1, 0.8)
        s.notes(bar, ".cc", s.string, 0, 0.6, 0.5)
        s.notes(bar, "1.2.3." if bar % 2 else "3..2..", bell, 1, 0.25)


def six_eight(s):
    for bar in s.bars():
        s.notes(bar, "123231", s.string, 0, 0.5)
        s.drums(bar, bd="X.....", sd="...X..", hh="xooxoo")


def tresillo(s):
    for bar in s.bars():
        s.drums(bar, bd="X.....x.....x...", hh="x.x.x.x.x.x.x.x.", sd="....X.......X...")
        s.notes(bar, "1..1..1.1..1..1.", s.string, -1, 0.6, 0.3)


def clave(s):
    for bar in s.bars():
        s.drums(bar, cb="x..x..x...x.x..." if bar % 2 else "....x.x...x..x..", tom="......X.......X.", hh="xoxoxoxoxoxoxoxo", bd="x.......x.......")
        s.notes(bar, "c..c..c...c.c...", bell, 0, 0.4, 0.4)


def ska(s):
    for bar in s.bars():
        s.notes(bar, ".c.c.c.c", s.string, 1, 0.9, 0.15)
        s.notes(bar, "1.2.3.2.", s.string, -1, 0.7, 0.4)
        s.drums(bar, bd="..X...X.", sd="..x...x.", hh="xoxoxoxo")


def picked(row):
    def play(s):
        for bar in s.bars():
            s.notes(bar, row, s.string, 0, 0.5, 1.2)
            s.notes(bar, "1.......", s.string, -1, 0.5, 1.5)
    return play


def strings(s):
    for bar in s.bars():
        for k in range(s.bar):
            s.notes(bar, "." * k + "c" + "." * (s.bar - 1 - k), lambda hz, n: bowed(s.rng, hz, 0.45, 0.05), 0, 0.5 if k else 0.7)


def house(s):
    for bar in s.bars():
        out = bar % 8 in (6, 7)  # the drums leave for two bars
        if not out:
            s.drums(bar, bd="X...X...X...X...", oh="..x...x...x...x.", sd="....x.......x...")
        s.notes(bar, "..1...1...1...1.", s.string, -1, 0.6, 0.2)
        s.notes(bar, "c..c..c...c..c..", bell, 1, 0.3, 0.3)


def jungle(s):
    for bar in s.bars():
        s.drums(bar, bd="X.X.......X.....", sd="....X..o.o..X..o", hh="x.x.x.x.x.x.x.x.")
        s.notes(bar, "1...............", s.string, -1, 0.8, 1.2)


def half_time(s):
    for bar in s.bars():
        s.drums(bar, bd="X.....x.........", sd="........X.......", hh="x.x.x.x.x.x.xxxx")
        s.notes(bar, "1.....1.........", s.string, -2, 1.0, 1.0)


def metronome(s):
    for bar in s.bars():
        s.drums(bar, cb="x" * s.bar)


EIGHTHS, SIXTEENTHS = "x.o.x.o.x.o.x.o.", "xoxoxoxoxoxoxoxo"
LOUD_EIGHTHS = "X.X.X.X.X.X.X.X."

# name: player, beats in a bar, tempi, how the tempo moves, what lies over it
TRAPS = {
    "eighths": (rock(EIGHTHS), 4, (54, 62, 70, 78, 88), "", ""),
    "loud eighths": (rock(LOUD_EIGHTHS), 4, (58, 66, 74, 84, 96), "", ""),
    "driving": (rock(LOUD_EIGHTHS, "X.x.....X.x....."), 4, (64, 76, 90, 120), "", ""),
    "sixteenths": (rock(SIXTEENTHS), 4, (56, 64, 72, 80, 95), "", ""),
    "strummed": (strummed_ballad, 4, (60, 68, 76, 92), "", ""),
    "rock": (rock(EIGHTHS), 4, (105, 118, 133, 148), "", ""),
    "punk": (rock("x...x...x...x...", "X.......X......."), 4, (168, 186, 205, 218), "", ""),
    "swing": (swing, 4, (95, 130, 165, 200), "", ""),
    "waltz": (waltz, 3, (84, 110, 145, 180), "", ""),
    "sixeight": (six_eight, 2, (46, 54, 63, 72), "", ""),
    "tresillo": (tresillo, 4, (84, 100, 116), "", ""),
    "clave": (clave, 4, (88, 104, 120), "", ""),
    "ska": (ska, 4, (72, 120, 150), "", ""),
    "picked": (picked("12321232"), 4, (66, 82, 98, 115), "", ""),
    "picked sixteen": (picked("1232123212321232"), 4, (58, 70, 84), "", ""),
    "strings": (strings, 4, (66, 84, 104), "", ""),
    "house": (house, 4, (118, 124, 130, 138), "", ""),
    "jungle": (jungle, 4, (160, 168, 176), "", ""),
    "halftime": (half_time, 4, (136, 142, 150), "", ""),
    "metronome": (metronome, 4, (52, 100, 200), "", ""),
    "climbs": (rock(EIGHTHS), 4, (90, 120), "climbs", ""),
    "falls": (rock(EIGHTHS), 4, (110, 140), "falls", ""),
    "steps": (rock(EIGHTHS), 4, (96, 126), "steps", ""),
    "rubato": (picked("12321232"), 4, (72, 96), "breathes", ""),
    "rubato drums": (rock(EIGHTHS), 4, (80, 112), "breathes", ""),
    "silence": (rock(EIGHTHS), 4, (100, 128), "", "silence"),
    "noise": (rock(EIGHTHS), 4, (72, 104, 128), "", "noise"),
    "loud noise": (house, 4, (122, 132), "", "loud noise"),
}

MOVES = {"": lambda x: 1, "climbs": lambda x: 1 + 0.35 * x, "falls": lambda x: 1 - 0.25 * x,
         "steps": lambda x: 1 if x < 0.5 else 1.18, "breathes": lambda x: 1 + 0.06 * np.sin(9 * x) + 0.03 * np.sin(31 * x)}


def make(trap, bpm, seed, length):
    player, bar, _, move, over = TRAPS[trap]
    rng = np.random.default_rng([seed, bpm, zlib.crc32(trap.encode())])
    times = [rng.uniform(0.1, 0.7)]
    while times[-1] < length:
        times.append(times[-1] + 60 / (bpm * MOVES[move](times[-1] / length)))
    song = Song(rng, np.array(times), bar, length)
    player(song)
    out = song.finish()
    loud = np.sqrt((out ** 2).mean())
    if over == "silence":
        out[int(0.4 * len(out)):int(0.55 * len(out))] = 0
    elif over:
        hiss = np.cumsum(rng.standard_normal(len(out)))  # pinker than white
        hiss = band(rng.standard_normal(len(out)) + 0.05 * band(hiss, 30, 1000), 30, 10000)
        out = out + hiss / np.sqrt((hiss ** 2).mean()) * loud * (2.0 if over == "loud noise" else 1.0)
    return (out * 0.6 / np.abs(out).max()).astype("<f4"), [t for t in times if t < length - 0.1], bar


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--seconds", type=float, default=28)
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    for trap, row in TRAPS.items():
        for bpm in row[2]:
            sound, times, bar = make(trap, bpm, a.seed, a.seconds)
            name = a.folder / f"{trap.replace(' ', '-')}_{bpm}"
            sound.tofile(name.with_suffix(".f32"))
            name.with_suffix(".beats").write_text("".join(f"{t:.4f}\t{i % bar + 1}\n" for i, t in enumerate(times)))


if __name__ == "__main__":
    main()
