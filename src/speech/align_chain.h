/* SPDX-License-Identifier: GPL-3.0-or-later
 * align_chain.h - of all that was heard, the words that follow each other as in the script.
 * Private to align*.c. Pure functions.
 */
#ifndef AIVE_SPEECH_ALIGN_CHAIN_H
#define AIVE_SPEECH_ALIGN_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct align_hit {
    long word;             /* of the script */
    double start_s, end_s; /* of the shortened sound */
    double score;          /* a frame's */
    double weight;         /* how telling it is: of a word with six sounds or more, 2 */
};

/* Sorts the hits, and keeps those of the best chain: script and sound both go forward in it, and it
 * is made of runs (words with none or one between them) that weigh `least` or more each. A chance
 * hit stands alone, and runs of them are short. Returns how many are left at the front; -1: no
 * memory. */
long align_chain(struct align_hit *hits, size_t count, size_t words, double least);

/* What the hits weigh. */
double align_weight(const struct align_hit *hits, long count);

#endif
