# SPDX-License-Identifier: GPL-3.0-or-later
# unicode_table.py OUTPUT - letters (L*) and numbers (N*) of Unicode as ranges of code points.
import sys
import unicodedata


def ranges():
    start = kind = None
    for cp in range(0x110001):
        now = unicodedata.category(chr(cp))[0] if cp < 0x110000 else None
        now = now if now in ('L', 'N') else None
        if now != kind:
            if kind:
                yield start, cp - 1, kind
            start, kind = cp, now


def main():
    rows = list(ranges())
    with open(sys.argv[1], 'w', encoding='ascii') as out:
        out.write(f'/* Made by unicode_table.py of Unicode {unicodedata.unidata_version}. */\n')
        out.write('#include "nn/pretokenize.h"\n\n')
        out.write('const struct unicode_range unicode_ranges[] = {\n')
        for first, last, kind in rows:
            word = 'UNICODE_LETTER' if kind == 'L' else 'UNICODE_NUMBER'
            out.write(f'    {{{first:#x}, {last:#x}, {word}}},\n')
        out.write(f'}};\nconst size_t unicode_range_count = {len(rows)};\n')


main()
