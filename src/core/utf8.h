/* SPDX-License-Identifier: GPL-3.0-or-later
 * utf8.h - the few things we need to know of UTF-8 (RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF).  Pure functions.
 */
#ifndef AIVE_CORE_UTF8_H
#define AIVE_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point at s (n bytes left). Returns its length in bytes, 0 if it is malformed
 * or cut. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);

/* Writes cp as 1-4 bytes to out; returns the length, 0 for a surrogate or one out of range. */
size_t utf8_encode(uint32_t cp, char out[4]);

bool utf8_valid(const char *s, size_t n);

/* Number of code points in valid text. */
size_t utf8_length(const char *s, size_t n);

/* Drops an incomplete sequence at the end of a text that was cut at a byte limit. */
void utf8_trim_cut(char *s);

#endif
