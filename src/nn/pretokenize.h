/* SPDX-License-Identifier: GPL-3.0-or-later
 * pretokenize.h - cuts a text into the pieces inside of which byte pairs are merged, as GPT-2 does:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * \s is Unicode's White_Space. Bytes that are no UTF-8 count as one character each that is neither
 * letter, number nor space. Pure function.
 */
#ifndef AIVE_NN_PRETOKENIZE_H
#define AIVE_NN_PRETOKENIZE_H

#include <stddef.h>
#include <stdint.h>

/* Length of the first piece of the text, at least 1 where len is; the rest is cut by further
 * calls. */
size_t pretoken_next(const char *text, size_t len);

enum unicode_kind { UNICODE_OTHER, UNICODE_LETTER, UNICODE_NUMBER, UNICODE_SPACE };

/* Made at build by unicode_table.py: letters and numbers in ascending order. */
struct unicode_range {
    uint32_t first, last;
    enum unicode_kind kind;
};
extern const struct unicode_range unicode_ranges[];
extern const size_t unicode_range_count;

#endif
