#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""embed.py OUT.c IN.sql... - turns migrations/NNNN_name.sql into the table of backend.h.

Versions must count 1, 2, 3, ... without a gap: a forgotten file is a build error.
"""
import os
import sys


def main(out, paths):
    texts, rows = [], []
    for version, path in enumerate(sorted(paths, key=os.path.basename), 1):
        name = os.path.basename(path)[: -len(".sql")]
        if int(name[:4]) != version:
            sys.exit(f"{path}: version {version:04d} is missing")
        with open(path, "rb") as f:
            # Bytes, not a literal: the standard promises only 4095 characters in one.
            codes = ",".join(str(byte) for byte in f.read() + b"\0")
        texts.append(f"static const char text_{version}[] = {{{codes}}};\n")
        rows.append(f'    {{{version}, "{name}", text_{version}}},\n')
    with open(out, "w", encoding="ascii") as f:
        f.write('/* Made by embed.py from migrations/. */\n#include "store/backend.h"\n\n')
        f.write("".join(texts))
        f.write("\nconst struct store_migration store_migrations[] = {\n")
        f.write("".join(rows) + "    {0, NULL, NULL},\n};\n")


main(sys.argv[1], sys.argv[2:])
