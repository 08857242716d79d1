# SPDX-License-Identifier: GPL-3.0-or-later
# caption_columns.py OUTPUT - how many columns characters take where it is not one: none for marks
# and what is never seen, two for wide ones (Unicode's annex 11).
import sys
import unicodedata


def columns(cp):
    c = chr(cp)
    if unicodedata.category(c) in ('Mn', 'Me', 'Cf') and cp != 0xad:
        return 0
    return 2 if unicodedata.east_asian_width(c) in 'WF' else 1


def ranges():
    start, kind = 0, 1
    for cp in range(0x110001):
        now = columns(cp) if cp < 0x110000 else 1
        if now != kind:
            if kind != 1:
                yield start, cp - 1, kind
            start, kind = cp, now


def main():
    rows = list(ranges())
    with open(sys.argv[1], 'w', encoding='ascii') as out:
        out.write(f'/* Made by caption_columns.py of Unicode {unicodedata.unidata_version}. */\n')
        out.write('#include "speech/caption_rules.h"\n\n')
        out.write('const struct column_range column_ranges[] = {\n')
        for first, last, kind in rows:
            out.write(f'    {{{first:#x}, {last:#x}, {kind}}},\n')
        out.write(f'}};\nconst size_t column_range_count = {len(rows)};\n')


main()
