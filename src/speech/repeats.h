/* SPDX-License-Identifier: GPL-3.0-or-later
 * repeats.h - does a transcript run in circles? Networks that hear nothing they know say the same
 * again and again, often with great confidence. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_REPEATS_H
#define AIVE_SPEECH_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the text by bytes of what zlib makes of it; 2.4 and more is no natural speech (the
 * measure and the limit are OpenAI's). 0 for an empty text. */
#define COMPRESSION_MAX 2.4
double compression_ratio(const char *text, size_t len);

/* A piece that comes again and again without anything between. */
struct repeat {
    int start; /* of the first one */
    int length;
    int times; /* 1: nothing repeats */
};

/* The longest run in circles among the tokens: that covers the most of them. */
struct repeat find_repeat(const int32_t *tokens, int n);

/* More than people do: "no, no, no, no" is still speech. */
bool repeat_is_loop(const struct repeat *r);

#endif
