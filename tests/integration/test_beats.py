# SPDX-License-Identifier: GPL-3.0-or-later
"""aive beats: what is on stdout, and the click that a person would hear."""
import array
import json
import math
import random
import subprocess
import wave

import pytest
from conftest import MEDIA, run_aive

RATE, BPM, FIRST = 22050, 120, 0.4


def write_wav(path, samples):
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes(array.array("h", (int(max(-1, min(1, x)) * 32000) for x in samples)).tobytes())


@pytest.fixture(scope="module")
def waltz(tmp_path_factory):
    """A thump on one, noise on two and three, at 120 BPM for 20 s."""
    rng = random.Random(3)
    out = [0.0] * (20 * RATE)
    beat = 60 / BPM
    for i in range(int((19.5 - FIRST) / beat)):
        start = int((FIRST + i * beat) * RATE)
        for k in range(RATE // 10):
            t = k / RATE
            out[start + k] += (0.7 * math.sin(2 * math.pi * 70 * t) * math.exp(-t / 0.05) if i % 3 == 0
                               else 0.3 * rng.uniform(-1, 1) * math.exp(-t / 0.02))
    path = tmp_path_factory.mktemp("waltz") / "waltz.wav"
    write_wav(path, out)
    return path


def test_waltz(waltz):
    out = run_aive("beats", waltz)
    assert out.returncode == 0, out.stderr
    found = json.loads(out.stdout)
    assert found["tempo"] == pytest.approx(BPM, abs=1) and found["steady"] is True
    assert found["beats_per_bar"] == 3 and 0.5 < found["confidence"] <= 1
    assert [round(c["bpm"]) for c in found["tempo_candidates"]] == [120, 60, 240]
    assert len(found["tempo_curve"]) == len(found["beats"]) > 30
    assert set(found["downbeats"]) <= set(found["beats"])
    for t in found["downbeats"]:
        bars = (t - FIRST) / (3 * 60 / BPM)
        assert abs(bars - round(bars)) * 1.5 < 0.05


def tone(samples, rate, start, hz):
    """How loud a pitch is in the 20 ms after a moment (Goertzel)."""
    part = samples[int(start * rate):int((start + 0.02) * rate)]
    re = sum(x * math.cos(2 * math.pi * hz * i / rate) for i, x in enumerate(part))
    im = sum(x * math.sin(2 * math.pi * hz * i / rate) for i, x in enumerate(part))
    return math.hypot(re, im) / max(len(part), 1)


def test_click(waltz, tmp_path):
    target = tmp_path / "click.wav"
    found = json.loads(run_aive("beats", waltz, "--click", target).stdout)
    with wave.open(str(target)) as w:
        assert (w.getnchannels(), w.getframerate(), w.getsampwidth()) == (2, 44100, 2)
        assert w.getnframes() == pytest.approx(20 * 44100, abs=2)
        left = array.array("h", w.readframes(w.getnframes()))[::2]
    for t in found["beats"][3:20]:
        low, high = tone(left, 44100, t, 1000), tone(left, 44100, t, 1600)
        assert (high > low) == (t in found["downbeats"])
        assert max(low, high) > 4 * tone(left, 44100, t + 0.25, 1000)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["click.wav"]


def test_nothing_to_tap(tmp_path):
    rng = random.Random(1)
    write_wav(tmp_path / "noise.wav", [0.3 * rng.uniform(-1, 1) for _ in range(10 * RATE)])
    write_wav(tmp_path / "silence.wav", [0.0] * (5 * RATE))
    for name in ("noise.wav", "silence.wav"):
        out = run_aive("beats", tmp_path / name)
        assert out.returncode == 0, out.stderr
        found = json.loads(out.stdout)
        assert found["tempo"] is None and found["confidence"] is None and found["steady"] is None
        assert found["beats"] == found["downbeats"] == found["tempo_candidates"] == []


def test_speech_has_no_beat():
    spoken = sorted(p for p in (MEDIA / "speech").glob("*") if p.suffix in (".wav", ".mp3"))
    if not spoken:
        pytest.skip(f"no speech at {MEDIA}")
    for path in spoken:
        assert json.loads(run_aive("beats", path).stdout)["beats"] == [], path.name


def test_no_sound(tmp_path):
    film = tmp_path / "mute.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-pix_fmt",
                    "yuv420p", film], check=True)
    out = run_aive("beats", film, "--click", tmp_path / "click.wav")
    assert out.returncode == 3 and "no sound" in out.stderr and out.stdout == ""
    assert not list(tmp_path.glob("click*"))
