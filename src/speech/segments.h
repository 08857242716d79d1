/* SPDX-License-Identifier: GPL-3.0-or-later
 * segments.h - the tokens of a window to pieces of text with times, and where the next window
 * begins. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_SEGMENTS_H
#define AIVE_SPEECH_SEGMENTS_H

#include "speech/decode.h"

struct segment_cut {
    double start_s, end_s; /* of the window */
    int first, count;      /* of the window's tokens, times included */
};

struct segment_cuts {
    struct segment_cut cuts[DECODED_MAX / 2 + 1];
    int count;
    double next_s; /* where the next window begins: 0 < next_s <= length */
};

/* length_s: of the window's sound. A text that ends in the middle of a sentence (in a pair of
 * times) is heard again from there; what has no times lasts to the end. (OpenAI's rules.) */
void segments_cut(const struct whisper_tokens *k, const struct decoded *said, double length_s,
                  struct segment_cuts *out);

#endif
