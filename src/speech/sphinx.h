/* SPDX-License-Identifier: GPL-3.0-or-later
 * sphinx.h - pocketsphinx: which of the given words are said when; and its own guess of a text.
 *
 *     struct sphinx *s = sphinx_open(false, &e);
 *     sphinx_add(s, "w0", "HH AH L OW", &e);
 *     sphinx_hear(s, &grammar, pcm, n, &heard, &e)  ...  heard.items[i].name, .start_s, .end_s
 *
 * The library is loaded when it is wanted, not linked: it comes with a BLAS that starts threads of
 * its own, which no process of aive needs that does not align. It knows American English only and
 * wants the packages libpocketsphinx3 and pocketsphinx-en-us (ERR_UNAVAILABLE without).
 *
 * Units: seconds from the first sample given; sound at 16 kHz. Files are read by sphinx_open()
 * alone. Threads: one at a time for one struct; blocking: up to the length of the sound.
 */
#ifndef AIVE_SPEECH_SPHINX_H
#define AIVE_SPEECH_SPHINX_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sphinx;

/* `draft`: with the language model that sphinx_guess() needs (27 MB). */
struct sphinx *sphinx_open(bool draft, struct err *e);
void sphinx_close(struct sphinx *s); /* accepts NULL */

#define SPHINX_PHONES_MAX 256

/* How a word of the dictionary sounds, in its phones ("HH AH L OW"); variant 0, 1, ... false: the
 * dictionary has no such variant. word: lower case. */
bool sphinx_look_up(struct sphinx *s, const char *word, int variant,
                    char phones[static SPHINX_PHONES_MAX]);

/* A new word; names ending in "(2)", "(3)" ... are other ways to say one. */
bool sphinx_add(struct sphinx *s, const char *name, const char *phones, struct err *e);

/* What may be said: states with words between them. Silence may be anywhere. */
struct sphinx_arc {
    int from, to;
    const char *name; /* of a word that was added; NULL: nothing is said */
    double logp;      /* natural logarithm, <= 0; no two arcs without word may follow each other */
};

struct sphinx_grammar {
    const struct sphinx_arc *arcs;
    size_t arc_count;
    int states, first, last;
    bool patient; /* what sounds poor is followed further: for small grammars, since it costs ten
                   * times the time and memory in large ones */
};

struct sphinx_word {
    char name[32]; /* as it was added (without "(2)") or, of a guess, the word */
    double start_s, end_s;
    double score; /* acoustic, for a frame of 10 ms: 0 is perfect, below it worse */
};

struct sphinx_heard {
    struct sphinx_word *items;
    size_t count, room;
};

/* Both give words in their order (none: nothing fits); silence is left out. */
bool sphinx_hear(struct sphinx *s, const struct sphinx_grammar *g, const int16_t *pcm, size_t n,
                 const struct cancel *c, struct sphinx_heard *out, struct err *e);
bool sphinx_guess(struct sphinx *s, const int16_t *pcm, size_t n, const struct cancel *c,
                  struct sphinx_heard *out, struct err *e);
void sphinx_heard_finish(struct sphinx_heard *h); /* accepts zeroed */

#endif
