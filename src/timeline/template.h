/* SPDX-License-Identifier: GPL-3.0-or-later
 * template.h - how a film of a certain kind is laid out: a JSON file of share/aive/templates.
 *
 * A template holds no code: its fields are the table in template.c, checked like any other body, so
 * a mistake in one is reported with its place. layout.h turns it and the facts about a source into
 * a timeline.
 *
 *     struct template *t = template_load(dir, "realistic_chaos", arena, e);
 *     t->film_seconds = 30;                  a caller's wish beats the template's
 *
 * Ownership: the arena. Threads: pure functions, but for template_load, which reads a file.
 */
#ifndef AIVE_TIMELINE_TEMPLATE_H
#define AIVE_TIMELINE_TEMPLATE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/wire.h"

#include <stdbool.h>

#define TEMPLATE_DEFAULT "realistic_chaos"
#define TEMPLATE_SHORTEST_SEGMENT 0.4 /* s; under it a viewer sees a flicker */

/* What can be said of a segment; a rule asks for one of them. Bits, in the order of the words. */
enum trait {
    TRAIT_ALWAYS = 1 << 0,
    TRAIT_LOUD = 1 << 1,    /* among the loudest third, or an energy peak inside */
    TRAIT_CALM = 1 << 2,    /* among the quietest third */
    TRAIT_SPEECH = 1 << 3,  /* captions cover half of it or more */
    TRAIT_DROP = 1 << 4,    /* begins at a drop, or one is inside its first half */
    TRAIT_PAUSE = 1 << 5,   /* a pause covers a third of it, or it begins in one */
    TRAIT_OPENING = 1 << 6, /* the first segment */
    TRAIT_ENDING = 1 << 7,  /* the last one */
    TRAIT_CUT = 1 << 8,     /* any but the first */
    TRAIT_JUMP = 1 << 9,    /* something of the source was left out before it */
    TRAIT_BEAT = 1 << 10,   /* begins on a beat */
    TRAIT_SHOT = 1 << 11    /* begins at a shot border of the source */
};
extern const char *const trait_words[]; /* NULL-ended */
unsigned trait_of_word(const char *word); /* 0: NULL or unknown */

struct template_pace {
    double shortest, usual, longest; /* s of a segment */
    double loud;                     /* the usual length is multiplied by it in loud parts */
};

/* How strongly each kind of place draws a cut to it; 0: not at all. */
struct template_snap {
    double beats, downbeats, drops, shots, pauses, captions;
};

struct template_effect {
    struct wire_raw effect; /* as in a segment */
    double weight;
    const char *when, *unless; /* trait words; unless may be NULL */
    int64_t rest;              /* segments without it after each use; at least 1 */
};

struct template_sfx {
    const char *name;
    double weight;
    const char *when, *unless;
    double rest; /* seconds of film without it after each use */
};

struct template {
    const char *name, *title, *help;
    double film_seconds;    /* the film is never longer */
    double passage_seconds; /* about how much is taken at once when the source is longer */
    struct template_pace *pace;
    struct template_snap *snap;
    int8_t keep_captions; /* 1: never cut inside a caption; 0: inside words only */
    double longest_pause; /* s; longer pauses are taken out; NAN: none is */
    double plain_effects; /* weight of "no effect" among the effects that fit */
    struct wire_list effects; /* struct template_effect */
    double plain_sfx;
    struct wire_list sfx; /* struct template_sfx */
    const char *fit;      /* NULL: the default */
};
extern const struct wire_type wire_template;

/* Reads and checks a template; errs say exactly where it is wrong. */
struct template *template_parse(const char *text, size_t len, struct arena *a,
                                struct wire_errors *errs);

/* The template called `name` (lower case, digits, '_') out of folder `dir`. ERR_NOT_FOUND: there is
 * none; ERR_INVALID: the file is wrong, with the first error's place. */
struct template *template_load(const char *dir, const char *name, struct arena *a, struct err *e);

#endif
