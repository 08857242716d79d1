# SPDX-License-Identifier: GPL-3.0-or-later
"""A small random model of the GPT-2 family, as Hugging Face lays it out in a folder."""
import array
import json
import random
import struct


def letters():
    """GPT-2's printable stand-ins of the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names, extra = {}, 0
    for byte in range(256):
        if byte in plain:
            names[byte] = chr(byte)
        else:
            names[byte] = chr(256 + extra)
            extra += 1
    return names


def numbers(count, rng, scale):
    """Random floats, soon made: a block of them again and again, each time turned."""
    block = [rng.gauss(0, scale) for _ in range(min(count, 4099))]
    out = array.array("f")
    while len(out) < count:
        turn = rng.randrange(len(block))
        out.extend(block[turn:] + block[:turn])
    return out[:count]


def make(folder, seed=1, width=32, heads=2, layers=2, ctx=256):
    folder.mkdir(parents=True)
    rng = random.Random(seed)
    names = letters()
    pieces = [names[b] for b in range(256)]
    merges = [("t", "h"), ("i", "n"), (names[32], "a"), ("th", "e"), ("in", "g")]
    vocab = pieces + [a + b for a, b in merges] + ["<|endoftext|>"]
    tensors = {"wte.weight": [len(vocab), width], "wpe.weight": [ctx, width],
               "ln_f.weight": [width], "ln_f.bias": [width]}
    for i in range(layers):
        for name, shape in {"ln_1": [], "ln_2": [], "attn.c_attn": [width, 3 * width],
                            "attn.c_proj": [width, width], "mlp.c_fc": [width, 4 * width],
                            "mlp.c_proj": [4 * width, width]}.items():
            tensors[f"h.{i}.{name}.weight"] = shape or [width]
            tensors[f"h.{i}.{name}.bias"] = [shape[1] if shape else width]
    header, body = {}, b""
    for name, shape in tensors.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        norm = "ln_" in name and name.endswith("weight")
        data = (array.array("f", [1.0] * count) if norm else
                numbers(count, rng, 0.4 if name == "wte.weight" else 0.1)).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "gpt2", "vocab_size": len(vocab), "n_positions": ctx, "n_embd": width,
        "n_head": heads, "n_layer": layers, "layer_norm_epsilon": 1e-5, "eos_token_id": len(vocab) - 1}))
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(vocab)}))
    (folder / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges), encoding="utf-8")
    return folder
