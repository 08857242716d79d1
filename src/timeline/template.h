/* SPDX-License-Identifier: GPL-3.0-or-later
 * template.h - how a film of a certain kind is laid out: a JSON file of share/aive/templates, or of
 * the user's own folder.
 *
 * A template holds no code: its fields are the tables in template.c, checked like any other body, so
 * a mistake in one is reported with its place and with what is allowed there. docs/templates.md
 * explains them to those who write one. layout.h turns a template and the facts about a source into
 * a timeline.
 *
 *     struct template *t = template_load(&shelf, "realistic_chaos", arena, e);
 *     template_set_length(t, "30", e);       a caller's wish beats the template's
 *
 * Ownership: the arena. Threads: pure functions, but for those on a shelf, which read files.
 */
#ifndef AIVE_TIMELINE_TEMPLATE_H
#define AIVE_TIMELINE_TEMPLATE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/wire.h"
#include "effects/effect.h"

#include <stdbool.h>

#define TEMPLATE_DEFAULT "realistic_chaos"
#define TEMPLATE_SHORTEST_SEGMENT 0.4 /* s; under it a viewer sees a flicker */
#define TEMPLATE_FULL 1e6             /* film_seconds of "full": more than any film */
#define TEMPLATE_MAX_RULES 64
#define TEMPLATE_MAX_USES 4 /* effects that one rule uses together */
#define TEMPLATE_MAX_LOOK 8

/* What can be said of a segment; rules ask for some of them. Bits, in the order of the words. */
enum trait {
    TRAIT_ALWAYS = 1 << 0,
    TRAIT_LOUD = 1 << 1,      /* among the loudest third, or a strong peak inside */
    TRAIT_CALM = 1 << 2,      /* among the quietest third */
    TRAIT_SPEECH = 1 << 3,    /* somebody speaks during half of it or more */
    TRAIT_WORDLESS = 1 << 4,  /* nobody speaks in it at all */
    TRAIT_PEAK = 1 << 5,      /* a strong energy peak in its first half */
    TRAIT_DROP = 1 << 6,      /* begins at a drop, or one is inside its first half */
    TRAIT_STRESS = 1 << 7,    /* begins with a stressed word */
    TRAIT_PAUSE = 1 << 8,     /* a pause covers a third of it, or it begins in one */
    TRAIT_OPENING = 1 << 9,   /* the first segment */
    TRAIT_ENDING = 1 << 10,   /* the last one */
    TRAIT_CUT = 1 << 11,      /* any but the first */
    TRAIT_JUMP = 1 << 12,     /* something of the source was left out before it */
    TRAIT_BEAT = 1 << 13,     /* begins on a beat */
    TRAIT_DOWNBEAT = 1 << 14, /* begins on the first beat of a bar */
    TRAIT_SECTION = 1 << 15,  /* begins where a part of the music does */
    TRAIT_SHOT = 1 << 16,     /* begins at a shot border of the source */
    TRAIT_LONG = 1 << 17,     /* longer than usual by a half */
    TRAIT_SHORT = 1 << 18,    /* shorter than usual by a third */
    TRAIT_RHYTHM = 1 << 19,   /* there are beats in it */
};
extern const char *const trait_words[]; /* NULL-ended */
unsigned trait_of_word(const char *word); /* 0: NULL or unknown */

struct template_pace {
    double shortest, usual, longest; /* s of a segment */
    double loud;                     /* the usual length is multiplied by it in loud parts */
    double vary;                     /* share by which chance changes it, up and down */
    struct wire_raw extra;
};

/* How strongly each kind of place draws a cut to it, 0..10; 0: not at all. */
struct template_snap {
    double beats, downbeats, drops, sections, peaks, shots, pauses, captions, stress;
    struct wire_raw extra;
};

/* What makes a passage worth showing when not all can be: weights. */
struct template_choose {
    double highlights, loud, peaks, drops, speech, shots;
    double spread; /* to show something of every part of the source */
    struct wire_raw extra;
};

struct template_rule {
    struct wire_raw use;          /* an effect or several, a transition, or a sound's name */
    double weight;
    struct wire_list when, unless; /* const char *: trait words */
    double rest;                  /* s of film without the same after each use */
    struct wire_raw extra;
};

/* One of `rules` is drawn for a segment, by weight, among those that fit it; or none. */
struct template_draw {
    double plain; /* the weight of none */
    double gap;   /* s of film at least between any two */
    struct wire_list rules; /* struct template_rule */
    struct wire_raw extra;
};

/* For the music that a film has been given. */
struct template_music {
    double gain_db, duck_db;
    struct wire_raw extra;
};

struct template {
    const char *name, *title, *help;
    double film_seconds;    /* the film is never longer */
    double passage_seconds; /* about how much is taken at once when the source is longer */
    double hook_seconds;    /* the best moment in front, at most so long; NAN: none */
    struct template_pace *pace;
    struct template_snap *snap;
    struct template_choose *choose;
    int8_t keep_captions; /* 1: never cut inside a caption; 0: inside words only */
    double longest_pause; /* s; longer pauses are taken out; NAN: none is */
    struct wire_list look; /* struct wire_raw: effects of every segment */
    struct template_draw *effects, *transitions, *sfx;
    struct wire_raw caption_style; /* text NULL: the default */
    int64_t caption_words;         /* at most so many on a page; 0: captions stay as they are */
    struct template_music *music;  /* NULL: as it was */
    const char *fit;               /* NULL: the default */
    struct wire_raw extra;
};
extern const struct wire_type wire_template;

/* Is there a sound effect of that name? */
typedef bool template_sound_fn(const char *name);

/* Reads and checks a template; errs say exactly where it is wrong. sound NULL: any name will do. */
struct template *template_parse(const char *text, size_t len, template_sound_fn *sound,
                                struct arena *a, struct wire_errors *errs);

/* The effects that a rule uses: a name, an object, or a list of them. */
struct template_uses {
    struct wire_raw raw[TEMPLATE_MAX_USES];
    struct effect_use use[TEMPLATE_MAX_USES];
    size_t count;
};
bool template_uses(const struct wire_raw *json, struct arena *a, struct template_uses *out,
                   struct err *e);

/* How long a film is asked to be: "full", or seconds ("15", "47.5") up to ten hours. ERR_INVALID. */
bool template_length(const char *text, double *seconds, struct err *e);

/* --- Files ------------------------------------------------------------------------------------ */

/* Where templates lie. One in `own` comes before one of the same name in `shipped`. */
struct template_shelf {
    const char *shipped, *own; /* folders; own NULL or "": none */
    template_sound_fn *sound;
};

/* The template called `name` (lower case, digits, '_'). ERR_NOT_FOUND: there is none, with the names
 * of those there are; ERR_INVALID: the file is wrong, with its path, the place and what is allowed
 * there. */
struct template *template_load(const struct template_shelf *shelf, const char *name,
                               struct arena *a, struct err *e);

/* One file, wherever it lies. */
struct template *template_read_file(const char *path, template_sound_fn *sound, struct arena *a,
                                    struct err *e);

/* What there is, for front ends. */
struct template_card {
    const char *name, *title, *help;
    double film_seconds;
    const char *source; /* "shipped" or "yours" */
    struct wire_list effects, transitions, sfx; /* const char *: names that it uses */
    const char *caption_style;                  /* a name; NULL: the default */
};
struct template_fault {
    const char *file, *error;
};
struct template_catalog {
    struct wire_list templates; /* struct template_card, by name */
    struct wire_list faults;    /* struct template_fault: files that are no templates */
};
extern const struct wire_type wire_template_catalog;

/* Everything on a shelf. A broken file becomes a fault and hides nothing of the others (the shipped
 * one of its name is listed in its place). NULL: no memory, or the shipped folder cannot be read. */
struct template_catalog *template_catalog(const struct template_shelf *shelf, struct arena *a,
                                          struct err *e);

#endif
