#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes music whose beats are known, in many styles and tempi, to judge the beat tracker by.

    beat_songs.py FOLDER [--each N] [--seed N] [--seconds S] [--style NAME]

writes FOLDER/STYLE_NN.f32 (raw mono float, 22,050 Hz) and STYLE_NN.beats (time TAB place in bar,
from 1). Every song has its own tempo, sounds, patterns and loudness, drawn from its style's row of
STYLES; about a third drift, speed up, change tempo, start in silence or lie under noise or chatter.
"""
import argparse
import pathlib
import zlib

import numpy as np

RATE = 22050


# --- Sounds -----------------------------------------------------------------------------------

def envelope(seconds, decay, attack=0.001):
    t = np.arange(int(seconds * RATE)) / RATE
    return t, np.exp(-t / decay) * np.minimum(t / attack, 1)


def band(x, low, high):
    spectrum = np.fft.rfft(x)
    f = np.fft.rfftfreq(len(x), 1 / RATE)
    spectrum[(f < low) | (f > high)] = 0
    return np.fft.irfft(spectrum, len(x))


def hertz(note):
    return 440 * 2 ** ((note - 69) / 12)


class Band:
    """The instruments of one song; every song tunes them anew."""

    def __init__(self, rng):
        self.rng = rng
        t, e = envelope(0.4, rng.uniform(0.06, 0.14))
        sweep = rng.uniform(45, 60) + rng.uniform(60, 140) * np.exp(-t / 0.025)
        self.kick = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) * e
        t, e = envelope(0.3, rng.uniform(0.04, 0.09))
        noise = band(rng.standard_normal(len(t)), rng.uniform(150, 1500), rng.uniform(6000, 11000))
        tone = np.sin(2 * np.pi * rng.uniform(160, 230) * t) * np.exp(-t / 0.05)
        self.snare = (0.35 * noise + 0.5 * tone) * e
        t, e = envelope(0.08, rng.uniform(0.012, 0.03))
        self.hat = band(rng.standard_normal(len(t)), rng.uniform(4500, 7000), 11000) * e
        t, e = envelope(0.5, rng.uniform(0.12, 0.25))
        self.open = band(rng.standard_normal(len(t)), 4000, 11000) * e
        self.ride = self.open * 0.6
        t, e = envelope(1.6, 0.5)
        self.crash = band(rng.standard_normal(len(t)), 2500, 11000) * e
        t, e = envelope(0.12, 0.02)
        self.rim = np.sin(2 * np.pi * rng.uniform(700, 1700) * t) * e
        t, e = envelope(0.1, 0.03, 0.02)
        self.shaker = band(rng.standard_normal(len(t)), 3500, 9000) * e
        t, e = envelope(0.25, 0.08)
        self.conga = np.sin(2 * np.pi * rng.uniform(180, 320) * t) * e
        self.overtones = rng.uniform(0.2, 0.8) ** np.arange(8)

    def tone(self, note, seconds, attack, decay, vibrato=0.0):
        t, e = envelope(seconds + 0.05, decay, attack)
        e = e * np.minimum((t[-1] - t) / 0.04 + 1e-9, 1)
        wobble = vibrato * np.sin(2 * np.pi * 5.5 * t) / 5.5
        f = hertz(note)
        out = np.zeros(len(t))
        for k, gain in enumerate(self.overtones, 1):
            if k * f < 9000:
                out += gain * np.sin(2 * np.pi * k * f * (t + wobble * 0.003))
        return 0.4 * out * e


class Song:
    def __init__(self, rng, bpm, beats_in_bar, seconds, tempo_of):
        self.rng, self.bar, self.seconds = rng, beats_in_bar, seconds
        self.band = Band(rng)
        self.out = np.zeros(int((seconds + 3) * RATE))
        times = [rng.uniform(0.05, 0.6)]
        while times[-1] < seconds:
            times.append(times[-1] + 60 / tempo_of(bpm, times[-1] / seconds))
        self.times = np.array(times)
        self.jitter = rng.choice([0, 0.003, 0.008])
        root = int(rng.integers(40, 52))
        self.minor = rng.random() < 0.5
        steps = rng.permutation([0, 5, 7, 9 if not self.minor else 8])
        self.chords = [root + int(step) for step in steps]
        self.chords_in_bar = rng.choice([2, 1, 1, 1, 0.5, 0.5, 0.25, 0])
        self.muted = {name for name in ("bass", "harmony", "melody") if rng.random() < 0.3}
        self.level = {}  # of every instrument, dB around what its style says
        self.gain = {}   # what a style draws once a song

    def bars(self):
        return range(len(self.times) // self.bar + 1)

    def when(self, beat):
        return float(np.interp(beat, np.arange(len(self.times)), self.times))

    def at(self, beat, sound, gain=1.0):
        if beat < 0 or beat > len(self.times) - 1.01:
            return
        t = self.when(beat) + self.rng.normal(0, self.jitter)
        i = max(int(round(t * RATE)), 0)
        sound = sound[:len(self.out) - i] * gain * self.rng.uniform(0.85, 1.0)
        self.out[i:i + len(sound)] += sound

    def root(self, bar, beat=0.0):
        return self.chords[int((bar + beat / self.bar) * self.chords_in_bar + 1e-9) % 4]

    def loud(self, name):
        return self.level.setdefault(name, 10 ** (self.rng.normal(0, 4) / 20))

    def hit(self, name, bar, places, gain=1.0):
        sound = getattr(self.band, name) * self.loud(name)
        for p in places:
            self.at(bar * self.bar + p, sound, gain)

    def chord(self, bar, beat=0.0):
        root = self.root(bar, beat) + 12
        return [root, root + (3 if self.minor else 4), root + 7, root + 12]

    def play(self, beat, note, beats, attack=0.004, decay=0.5, gain=0.3, vibrato=0.0):
        seconds = self.when(min(beat + beats, len(self.times) - 1)) - self.when(beat)
        if seconds > 0.02:
            self.at(beat, self.band.tone(note, seconds, attack, decay, vibrato), gain)

    def finish(self):
        out = self.out[:int(self.seconds * RATE)]
        echo = int(self.rng.uniform(0.02, 0.06) * RATE)
        for k in range(1, 5):
            out[k * echo:] += 0.08 * 0.6 ** k * out[:-k * echo]
        return out


# --- Parts that many styles share -------------------------------------------------------------

def every(step, beats, shift=0.0):
    return np.arange(shift, beats - 1e-9, step)


def bass(s, bar, places, gain=0.5, decay=0.4):
    if "bass" in s.muted:
        return
    for i, p in enumerate(places):
        end = places[i + 1] if i + 1 < len(places) else s.bar
        s.play(bar * s.bar + p, s.root(bar, p) - 12 + (7 if i % 4 == 3 else 0), end - p, 0.005,
               decay, gain * s.loud("bass"))


def comp(s, bar, places, length=0.4, gain=0.2, attack=0.004, decay=0.5):
    for p in places:
        for note in s.chord(bar, p)[:3]:
            s.play(bar * s.bar + p, note + 12, length, attack, decay, gain * s.loud("comp"))


def strum(s, bar, places, gain=0.22):
    for i, p in enumerate(places):
        down = (p * 2) % 2 == 0
        chord = s.chord(bar, p) if down else s.chord(bar, p)[::-1][:3]
        for k, note in enumerate(chord):
            t = bar * s.bar + p + k * 0.012 * (len(s.times) / s.times[-1])
            s.play(t, note + 12, 0.9, 0.002, 0.35, gain * (1.2 if p == 0 else 1 if down else 0.6))


def pad(s, bar, gain=0.12):
    if "harmony" in s.muted:
        return
    for note in s.chord(bar):
        s.play(bar * s.bar, note, s.bar, 0.08, 4, gain * s.loud("pad"))


def arpeggio(s, bar, step, gain=0.3, decay=0.5):
    order = [0, 2, 3, 2, 1, 2, 3, 2] if s.rng.random() < 0.7 else [0, 1, 2, 3, 2, 1, 2, 3]
    for i, p in enumerate(every(step, s.bar)):
        accent = 1.3 if p == 0 else 1.0 if p % 1 == 0 else 0.75
        s.play(bar * s.bar + p, s.chord(bar, p)[order[i % 8]] + 12, step * 1.5, 0.003, decay,
               gain * accent)


def melody(s, bar, gain=0.2, grain=0.5):
    if "melody" in s.muted:
        return
    p = 0.0
    while p < s.bar:
        length = grain * int(s.rng.choice([1, 1, 2, 2, 4]))
        if s.rng.random() < 0.75:
            note = int(s.rng.choice(s.chord(bar))) + 24 + int(s.rng.choice([0, 0, 2, -1]))
            s.play(bar * s.bar + p, note, length * 0.9, 0.02, 1.0, gain, vibrato=1.0)
        p += length


def harmony(s, bar):
    """What lies over the drums of a pop song: drawn once a song."""
    if "harmony" in s.muted:
        return
    kind = s.gain.setdefault("harmony", s.rng.integers(0, 5))
    if kind == 0:
        comp(s, bar, every(1, s.bar))
    elif kind == 1:
        pad(s, bar)
    elif kind == 2:
        comp(s, bar, every(0.5, s.bar), 0.3)
    elif kind == 3:
        comp(s, bar, [0], s.bar, 0.3, decay=1.5)
    if s.gain.setdefault("voice", s.rng.random()) < 0.5:
        melody(s, bar)


def fill_or(s, bar, pattern):
    """The pattern; at the end of eight bars a fill, at their start a crash."""
    if bar % 8 == 7 and s.rng.random() < 0.7:
        s.hit("snare", bar, every(0.25, s.bar, s.bar - 1), 0.6)
    if bar % 8 == 0 and s.rng.random() < 0.6:
        s.hit("crash", bar, [0], 0.35)
    pattern()


# --- Styles -----------------------------------------------------------------------------------

def backbeat(hats, kicks=None, busy=False):
    def play(s):
        ghost = s.rng.random() < 0.4
        hat_gain = np.exp(s.rng.uniform(np.log(0.04), np.log(0.7)))
        kick = kicks or [[0, 2], [0, 2, 2.5], [0, 1.5, 2], [0, 2.5], [0, 0.5, 2, 3.5]][s.rng.integers(0, 5)]
        bass_at = [every(0.5, 4), every(1, 4), kick, [0, 1.5, 2, 3.5]][s.rng.integers(0, 4)]
        intro = s.rng.integers(0, 3)
        for bar in s.bars():
            def pattern():
                s.hit("hat", bar, every(hats, 4), hat_gain)
                s.hit("hat", bar, every(1, 4), hat_gain * 0.3)
                if bar >= intro:
                    s.hit("kick", bar, kick)
                    s.hit("snare", bar, [1, 3], 0.8)
                    if ghost or busy:
                        s.hit("snare", bar, [1.75, 2.25], 0.2)
            fill_or(s, bar, pattern)
            bass(s, bar, bass_at)
            harmony(s, bar)
    return play


def four_floor(s):
    offbeat, claps, roll = s.rng.random() < 0.7, s.rng.random() < 0.8, s.rng.random() < 0.4
    for bar in s.bars():
        if not (bar % 16 in (12, 13) and s.rng.random() < 0.8):
            s.hit("kick", bar, every(1, 4))
        if offbeat:
            s.hit("open", bar, every(1, 4, 0.5), 0.4)
        s.hit("hat", bar, every(0.25, 4), 0.2)
        if claps:
            s.hit("snare", bar, [1, 3], 0.6)
        bass(s, bar, every(0.25, 4)[1:] if roll else every(1, 4, 0.5), 0.4, 0.15)
        harmony(s, bar)


def drum_and_bass(s):
    kick = [[0, 2.5], [0, 1.5, 2.5], [0, 2.5, 3.5]][s.rng.integers(0, 3)]
    for bar in s.bars():
        s.hit("kick", bar, kick)
        s.hit("snare", bar, [1, 3], 0.9)
        s.hit("snare", bar, [1.75, 2.25, 3.75], 0.2)
        s.hit("hat", bar, every(0.5, 4), 0.4)
        bass(s, bar, [0, 2.5], 0.6, 1.0)
        if s.gain.setdefault("pad", s.rng.random()) < 0.6:
            pad(s, bar)


def swing(s):
    walk = s.rng.random() < 0.8
    for bar in s.bars():
        s.hit("ride", bar, [0, 1, 1.66, 2, 3, 3.66], 0.6)
        s.hit("hat", bar, [1, 3], 0.6)
        if s.rng.random() < 0.4:
            s.hit("snare", bar, [s.rng.choice([0.66, 1.66, 2.66, 3.66])], 0.3)
        for b in range(4):
            if walk or b in (0, 2):
                s.play(bar * 4 + b, s.chord(bar)[b] - 24 + 12, 0.9, 0.005, 0.35, 0.5)
        if s.gain.setdefault("piano", s.rng.random()) < 0.6:
            comp(s, bar, [[0, 1.66], [1, 2.66], [0.66, 3]][s.rng.integers(0, 3)], 0.4)


def six_eight(s):
    third = 1 / 3
    drums = s.rng.random() < 0.7
    for bar in s.bars():
        if drums:
            s.hit("hat", bar, every(third, 2), 0.5)
            s.hit("kick", bar, [0])
            s.hit("snare", bar, [1], 0.8)
        arpeggio(s, bar, third, 0.25)
        bass(s, bar, [0, 1])
        if s.gain.setdefault("voice", s.rng.random()) < 0.5:
            melody(s, bar, grain=third)


def half_time(s):
    kick = [[0], [0, 1.5], [0, 0.5, 2.5], [0, 3.5]][s.rng.integers(0, 4)]
    hats = s.rng.choice([0.5, 0.5, 0.25])
    for bar in s.bars():
        s.hit("kick", bar, kick)
        s.hit("snare", bar, [2], 0.9)
        s.hit("hat", bar, every(hats, 4), 0.45)
        if s.rng.random() < 0.3:
            s.hit("hat", bar, every(1 / 6, 4, 3), 0.35)
        bass(s, bar, kick, 0.6, 0.8)
        if s.gain.setdefault("pad", s.rng.random()) < 0.6:
            pad(s, bar)


def one_drop(s):
    hats = s.rng.choice([0.25, 0.5])
    for bar in s.bars():
        s.hit("hat", bar, every(hats, 4), 0.35)
        s.hit("kick", bar, [1, 3] if s.rng.random() < 0.9 else every(1, 4))
        s.hit("rim", bar, [1, 3], 0.6)
        comp(s, bar, every(1, 4, 0.5), 0.15, 0.35, decay=0.1)
        bass(s, bar, [0, 0.75, 1, 2, 2.5, 3.5][:int(s.rng.integers(3, 7))], 0.6)


def waltz(s):
    drums, strummed = s.rng.random() < 0.5, s.rng.random() < 0.4
    for bar in s.bars():
        bass(s, bar, [0], 0.6, 0.6)
        if strummed:
            strum(s, bar, [0, 1, 1.5, 2] if s.rng.random() < 0.5 else [0, 1, 2])
        else:
            comp(s, bar, [1, 2], 0.5, 0.25, decay=0.3)
        if drums:
            s.hit("kick", bar, [0])
            s.hit("snare", bar, [1, 2], 0.35)
            s.hit("hat", bar, every(s.gain.setdefault("hat", s.rng.choice([0.5, 1.0])), 3), 0.3)
        melody(s, bar, 0.2, s.gain.setdefault("grain", s.rng.choice([0.5, 1.0])))


def train(s):
    for bar in s.bars():
        s.hit("snare", bar, every(0.25, 4), 0.2)
        s.hit("snare", bar, [1, 3], 0.6)
        s.hit("kick", bar, [0, 2])
        bass(s, bar, [0, 2])
        strum(s, bar, [0.5, 1, 1.5, 2.5, 3, 3.5])


def boom_bap(s):
    kick = [[0, 2.5], [0, 0.75, 2.5], [0, 1.75, 2.5]][s.rng.integers(0, 3)]
    late = s.rng.uniform(0, 0.08)
    for bar in s.bars():
        s.hit("hat", bar, [p + (late if (p * 4) % 2 else 0) for p in every(s.gain.setdefault("h", s.rng.choice([0.5, 0.25])), 4)], 0.4)
        s.hit("kick", bar, kick)
        s.hit("snare", bar, [1, 3], 0.9)
        bass(s, bar, kick, 0.6, 0.6)
        comp(s, bar, [0] if s.rng.random() < 0.5 else [0, 1.5, 3], 1.0, 0.25)


def dembow(s):
    for bar in s.bars():
        s.hit("kick", bar, every(1, 4))
        s.hit("snare", bar, [0.75, 1.5, 2.75, 3.5], 0.7)
        s.hit("hat", bar, every(0.5, 4), 0.3)
        bass(s, bar, [0, 0.75, 1.5, 2, 2.75, 3.5])
        harmony(s, bar)


def bossa(s):
    for bar in s.bars():
        s.hit("rim", bar, [0, 1.5, 3] if bar % 2 == 0 else [1, 2.5], 0.6)
        s.hit("kick", bar, [0, 1.5, 2, 3.5], 0.5)
        s.hit("shaker", bar, every(0.5, 4), 0.5)
        bass(s, bar, [0, 1.5, 2, 3.5])
        comp(s, bar, [0, 1.5, 3] if bar % 2 == 0 else [0.5, 2, 3.5], 0.5)


def salsa(s):
    for bar in s.bars():
        s.hit("conga", bar, [1, 3, 3.5], 0.7)
        s.hit("rim", bar, [0, 1.5, 3] if bar % 2 == 0 else [1, 2], 0.7)
        s.hit("hat", bar, every(0.5, 4), 0.35)
        s.hit("ride", bar, every(1, 4), 0.5)
        bass(s, bar, [1.5, 3], 0.6)
        comp(s, bar, [0, 1, 1.5, 2.5, 3.5], 0.3)


def strummed(s):
    shape = [[0, 1, 1.5, 2.5, 3, 3.5], every(0.5, 4), [0, 1, 2, 2.5, 3, 3.5], [0, 0.5, 1.5, 2, 3]]
    shape = shape[s.rng.integers(0, 4)]
    for bar in s.bars():
        strum(s, bar, shape, 0.3)
        if s.gain.setdefault("voice", s.rng.random()) < 0.5:
            melody(s, bar, 0.2)


def picked(step):
    def play(s):
        for bar in s.bars():
            arpeggio(s, bar, step, 0.3)
            bass(s, bar, [0, 2] if s.bar == 4 else [0], 0.35, 0.8)
            if s.gain.setdefault("voice", s.rng.random()) < 0.6:
                melody(s, bar, 0.2)
    return play


def block_piano(s):
    for bar in s.bars():
        comp(s, bar, every(1, s.bar), 0.9, 0.3, decay=0.7)
        bass(s, bar, [0, 2], 0.4, 0.9)
        melody(s, bar, 0.2)


def strings(s):
    for bar in s.bars():
        for b in range(s.bar):
            if b % 2 == 0 or s.gain.setdefault("each", s.rng.random()) < 0.7:
                for note in s.chord(bar)[:3]:
                    s.play(bar * s.bar + b, note + int(s.rng.choice([0, 0, 12])), 1.0,
                           s.gain.setdefault("bow", s.rng.uniform(0.02, 0.06)), 3, 0.2, 1.0)
        s.play(bar * s.bar, s.root(bar) - 12, s.bar, 0.04, 4, 0.35)


def shuffle(s):
    for bar in s.bars():
        s.hit("hat", bar, np.sort(np.r_[every(1, 4), every(1, 4, 0.667)]), 0.45)
        s.hit("kick", bar, [0, 2])
        s.hit("snare", bar, [1, 3], 0.8)
        bass(s, bar, every(1, 4), 0.5)
        comp(s, bar, np.sort(np.r_[every(1, 4), every(1, 4, 0.667)]), 0.3)


def slow_twelve(s):
    third = 1 / 3
    for bar in s.bars():
        s.hit("hat", bar, every(third, 4), 0.4)
        s.hit("kick", bar, [0, 2, 2 + 2 * third])
        s.hit("snare", bar, [1, 3], 0.8)
        comp(s, bar, every(third, 4), 0.25, 0.15)
        bass(s, bar, [0, 2])


def breakbeat(s):
    for bar in s.bars():
        s.hit("kick", bar, [0, 0.5, 2.5] if bar % 2 == 0 else [0, 0.5, 2.5, 3.25])
        s.hit("snare", bar, [1, 3] if bar % 4 < 3 else [1, 3.5], 0.9)
        s.hit("snare", bar, [1.75, 2.25, 3.75], 0.3)
        s.hit("ride", bar, every(0.5, 4), 0.5)


def clicks(s):
    sound = ["kick", "snare", "rim", "hat"][s.rng.integers(0, 4)]
    accent = s.rng.choice([0, 0, 0.5])
    for bar in s.bars():
        s.hit(sound, bar, every(1, s.bar))
        s.hit(sound, bar, [0], accent)


# style: player, slowest, fastest, beats in a bar
STYLES = {
    "ballad8": (backbeat(0.5), 56, 80, 4),
    "ballad16": (backbeat(0.25), 56, 78, 4),
    "pop8": (backbeat(0.5), 82, 130, 4),
    "funk16": (backbeat(0.25, busy=True), 88, 118, 4),
    "rock8": (backbeat(0.5), 110, 165, 4),
    "punk": (backbeat(0.5, [0, 2]), 165, 212, 4),
    "quarters": (backbeat(1.0, [0, 2]), 100, 180, 4),
    "house": (four_floor, 116, 140, 4),
    "dnb": (drum_and_bass, 160, 182, 4),
    "swing": (swing, 100, 200, 4),
    "six_eight": (six_eight, 50, 76, 2),
    "half_time": (half_time, 132, 156, 4),
    "one_drop": (one_drop, 64, 84, 4),
    "waltz": (waltz, 80, 185, 3),
    "train": (train, 90, 125, 4),
    "boom_bap": (boom_bap, 78, 100, 4),
    "dembow": (dembow, 86, 104, 4),
    "bossa": (bossa, 110, 150, 4),
    "salsa": (salsa, 170, 210, 4),
    "strummed": (strummed, 74, 140, 4),
    "picked8": (picked(0.5), 70, 125, 4),
    "picked16": (picked(0.25), 56, 90, 4),
    "picked_three": (picked(0.5), 80, 130, 3),
    "block_piano": (block_piano, 62, 125, 4),
    "strings": (strings, 62, 125, 4),
    "shuffle": (shuffle, 88, 145, 4),
    "slow_twelve": (slow_twelve, 50, 75, 4),
    "breakbeat": (breakbeat, 125, 172, 4),
    "clicks": (clicks, 62, 205, 4),
    "clicks_three": (clicks, 80, 205, 3),
}


def steady(bpm, _):
    return bpm


def choose_tempo(rng):
    """-> what the tempo is at a share of the song; mostly one tempo."""
    kind = rng.integers(0, 10)
    if kind == 0:
        change = rng.uniform(0.75, 1.3)
        return lambda bpm, x: bpm * (1 + (change - 1) * x)
    if kind == 1:
        factor = rng.choice([0.85, 0.9, 1.12, 1.2])
        return lambda bpm, x: bpm * (factor if x > 0.5 else 1)
    if kind == 2:
        phases, depth = rng.uniform(0, 2 * np.pi, 3), rng.uniform(0.01, 0.04)
        return lambda bpm, x: bpm * (1 + depth * np.sin(2 * np.pi * np.array([1, 2.3, 4.1]) * x + phases).mean() * 2)
    return steady


def chatter(rng, n):
    """Syllables of coloured noise and buzz at the pace of speech."""
    out, t = np.zeros(n), 0.0
    while t < n / RATE - 1:
        for _ in range(int(rng.integers(3, 10))):
            length = rng.uniform(0.06, 0.2)
            m = int(length * RATE)
            x = np.arange(m) / RATE
            buzz = sum(np.sin(2 * np.pi * k * rng.uniform(110, 180) * x) / k for k in range(1, 12))
            syllable = (0.4 * buzz + 0.3 * band(rng.standard_normal(m), 1500, 7000)) * np.hanning(m)
            i = int(t * RATE)
            m = min(m, n - i)
            out[i:i + m] += syllable[:m] * rng.uniform(0.4, 1)
            t += length + rng.uniform(0, 0.1)
            if t >= n / RATE - 1:
                break
        t += rng.uniform(0.2, 0.8)
    return out


def make(style, number, seed, seconds, covered=True):
    player, slow, fast, bar = STYLES[style]
    rng = np.random.default_rng([seed, number, zlib.crc32(style.encode())])
    bpm = float(np.exp(rng.uniform(np.log(slow), np.log(fast))))
    song = Song(rng, bpm, bar, seconds, choose_tempo(rng))
    player(song)
    out = song.finish()
    out *= 0.5 / np.abs(out).max()
    times, shift = song.times[song.times < seconds - 0.1], 0.0
    cover = rng.integers(0, 8) if covered else None
    loud = np.sqrt((out ** 2).mean())
    if cover == 0:
        out = out + rng.standard_normal(len(out)) * loud * rng.uniform(0.1, 0.4)
    elif cover == 1:
        talk = chatter(rng, len(out))
        out = out + talk * loud / np.sqrt((talk ** 2).mean()) * rng.uniform(0.5, 1.5)
    elif cover == 2:
        shift = rng.uniform(2.5, 6)
        out = np.r_[np.zeros(int(shift * RATE)), out]
    out *= rng.uniform(0.2, 0.9) / np.abs(out).max()
    return out.astype("<f4"), times + int(shift * RATE) / RATE, bar


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--each", type=int, default=4, help="songs a style")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--style", choices=sorted(STYLES), help="only this one")
    p.add_argument("--seconds", type=float, default=26)
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    for style in [a.style] if a.style else STYLES:
        for number in range(a.each):
            sound, times, bar = make(style, number, a.seed, a.seconds)
            name = a.folder / f"{style}_{number:02d}"
            sound.tofile(name.with_suffix(".f32"))
            name.with_suffix(".beats").write_text(
                "".join(f"{t:.4f}\t{i % bar + 1}\n" for i, t in enumerate(times)))


if __name__ == "__main__":
    main()
