/* SPDX-License-Identifier: GPL-3.0-or-later
 * align_parts.h - what align*.c share: the state of one alignment. Private to them.
 */
#ifndef AIVE_SPEECH_ALIGN_PARTS_H
#define AIVE_SPEECH_ALIGN_PARTS_H

#include "core/buf.h"
#include "speech/align.h"
#include "speech/align_chain.h"
#include "speech/align_words.h"
#include "speech/shortened.h"

struct stretch {
    double start_s, end_s; /* of the shortened sound */
};

/* What is known of a word of the script in the end. */
struct placed {
    double start_s, end_s; /* of the shortened sound; NAN: not heard */
    double score;          /* a frame's; NAN: its time is what its neighbours leave */
};

struct aligner {
    struct sphinx *sphinx;
    const struct script *script;
    const struct align_options *o;
    struct arena *arena;
    struct shortened sound;
    struct align_word *words; /* one each of the script */
    struct placed *placed;    /* one each of the script */
    struct sphinx_heard heard;
    struct buf hits;    /* struct align_hit */
    struct buf speech;  /* struct stretch: all that was heard */
};

/* How words are listened for. */
enum align_ear {
    ALIGN_DOUBTING,  /* in any order; what is not clearly a word is taken for other sounds */
    ALIGN_EXPECTING, /* in any order; they are probably there */
    ALIGN_IN_ORDER,  /* each once, with other sounds before and after them */
};

/* Hears a piece of the shortened sound against words [low, high) of the script; adds what it hears
 * to hits and speech. */
bool align_hear(struct aligner *l, double from_s, double to_s, size_t low, size_t high,
                enum align_ear ear, struct err *e);

/* Words between two that were heard: heard once more, or placed where they must be. */
bool align_fill_gaps(struct aligner *l, struct err *e);

struct transcript *align_report(const struct aligner *l, struct err *e);

#endif
