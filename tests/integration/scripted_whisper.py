# SPDX-License-Identifier: GPL-3.0-or-later
"""A very small Whisper that says what a script says, whatever it hears, as a ggml file; and a voice
that nobody could transcribe but that is found to be speech.

All blocks add nothing, so what comes next follows from the position alone: each position's embedding
points to the token that is to come there. The attention weights are random, so the times of words
are some, and in order.
"""
import array
import math
import random
import struct
import wave

WIDTH, HEADS, LAYERS, MELS, CONTEXT = 64, 2, 2, 80, 448
WORDS = [" Hello", " world.", " Once", " more,", " again."]
TEXT = 256 + len(WORDS)  # tokens with a text of their own; the others follow from their number
EOT = TEXT
LANGUAGE = TEXT + 2  # English comes first
TIME = TEXT + 107
VOCABULARY = TEXT + 1608
RATE = 16000


def token(what):
    """A word, a language's number as ("language", n), seconds, or None for the end."""
    if what is None:
        return EOT
    if isinstance(what, tuple):
        return LANGUAGE + what[1]
    return 256 + WORDS.index(what) if isinstance(what, str) else TIME + round(what / 0.02)


# After <|startoftranscript|> the language, after that anything, after the task the text.
SCRIPT = [("language", 0), None, 0.0, " Hello", " world.", 1.0, 1.0, " Once", " more,", " again.", 2.5, None]


class File:
    def __init__(self, f):
        self.f = f
        self.random = random.Random(5)

    def ints(self, *values):
        self.f.write(struct.pack(f"<{len(values)}i", *values))

    def tensor(self, name, dims, values):
        self.ints(len(dims), len(name), 0, *reversed(dims))
        self.f.write(name.encode())
        values = array.array("f", values)
        assert len(values) == math.prod(dims)
        self.f.write(values.tobytes())

    def noise(self, name, *dims, scale=0.5):
        self.tensor(name, dims, (self.random.uniform(-scale, scale) for _ in range(math.prod(dims))))

    def same(self, name, value, *dims):
        self.tensor(name, dims, [value] * math.prod(dims))

    def norm(self, name):
        self.same(name + ".weight", 1, WIDTH)
        self.same(name + ".bias", 0, WIDTH)

    def attention(self, prefix, name):
        self.norm(f"{prefix}.{name}_ln")
        for part in ("query", "key", "value"):
            self.noise(f"{prefix}.{name}.{part}.weight", WIDTH, WIDTH)
            if part != "key":
                self.same(f"{prefix}.{name}.{part}.bias", 0, WIDTH)
        self.same(f"{prefix}.{name}.out.weight", 0, WIDTH, WIDTH)
        self.same(f"{prefix}.{name}.out.bias", 0, WIDTH)

    def blocks(self, side):
        for i in range(LAYERS):
            prefix = f"{side}.blocks.{i}"
            self.attention(prefix, "attn")
            if side == "decoder":
                self.attention(prefix, "cross_attn")
            self.norm(prefix + ".mlp_ln")
            self.noise(prefix + ".mlp.0.weight", 4 * WIDTH, WIDTH)
            self.same(prefix + ".mlp.0.bias", 0, 4 * WIDTH)
            self.same(prefix + ".mlp.2.weight", 0, WIDTH, 4 * WIDTH)
            self.same(prefix + ".mlp.2.bias", 0, WIDTH)

    def decoder(self, script):
        signs = [[self.random.choice((-1, 1)) for _ in range(WIDTH)] for _ in range(VOCABULARY)]
        self.tensor("decoder.token_embedding.weight", (VOCABULARY, WIDTH), (v for row in signs for v in row))
        come = [token(script[i]) if i < len(script) else EOT for i in range(CONTEXT)]
        self.tensor("decoder.positional_embedding", (CONTEXT, WIDTH), (20 * v for t in come for v in signs[t]))
        self.blocks("decoder")
        self.norm("decoder.ln")


def write_model(path, script=SCRIPT):
    with open(path, "wb") as f:
        out = File(f)
        out.ints(0x67676d6c, VOCABULARY, 1500, WIDTH, HEADS, LAYERS, CONTEXT, WIDTH, HEADS, LAYERS, MELS, 0)
        out.ints(MELS, 201)
        f.write(bytes(4 * MELS * 201))
        out.ints(TEXT)
        for text in [bytes([i]) for i in range(256)] + [w.encode() for w in WORDS]:
            out.ints(len(text))
            f.write(text)
        out.noise("encoder.conv1.weight", WIDTH, MELS, 3)
        out.same("encoder.conv1.bias", 0, WIDTH, 1)
        out.noise("encoder.conv2.weight", WIDTH, WIDTH, 3)
        out.same("encoder.conv2.bias", 0, WIDTH, 1)
        out.noise("encoder.positional_embedding", 1500, WIDTH, scale=1)
        out.blocks("encoder")
        out.norm("encoder.ln_post")
        out.decoder(script)


def voice(seconds):
    """Syllables, four a second, whose pitch falls, as 16-bit samples."""
    phase, out = 0, array.array("h")
    for i in range(int(seconds * RATE)):
        t = math.fmod(i / RATE, 0.25)
        hz = 170 * 2 ** (-t / 0.25 / 3)
        phase += 2 * math.pi * hz / RATE
        loud = math.sin(math.pi * t / 0.2) if t < 0.2 else 0
        out.append(int(4000 * loud * sum(math.sin(k * phase) / k for k in range(1, 12))))
    return out.tobytes()


def silence(seconds):
    return bytes(2 * int(seconds * RATE))


def write_wav(path, samples):
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes(samples)
    return path
