/* SPDX-License-Identifier: GPL-3.0-or-later
 * param.h - parameters that people may set on an effect, a transition, a caption style: one table
 * each, from which checking, defaults, the docs and the canonical text derive.
 *
 * What is being set is called a thing here, and is a row with a name, a table and a struct to fill.
 * In a timeline it is its name ("zoom") or an object ({"name": "zoom", "amount": 1.3}).
 * Ownership: what was read lives in the arena. Errors: ERR_INVALID with words for people.
 */
#ifndef AIVE_EFFECTS_PARAM_H
#define AIVE_EFFECTS_PARAM_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum param_kind {
    PARAM_NUMBER = 1, /* stored as double                                              */
    PARAM_CHOICE,     /* one of `choices`; stored as int, its index                    */
    PARAM_BOOL,       /* true or false; stored as int                                  */
    PARAM_COLOUR,     /* "#rrggbb"; stored as uint32_t 0xrrggbb                        */
    PARAM_FILE,       /* a path or an asset id; stored as const char *, "asset:7" for
                       * an id. It has no default and has to be given.                 */
};

struct param {
    const char *name; /* stable: stored in timelines; NULL ends the table */
    enum param_kind kind;
    double min, max, def;       /* CHOICE: def is the index of the default; COLOUR: its number */
    const char *unit;           /* "x", "s", "0..1"; "" when there is none */
    const char *help;           /* one line */
    const char *const *choices; /* CHOICE: NULL-ended */
    size_t offset;              /* in the thing's own struct */
};

/* The kind of thing ("effect"), and how one is found by its name. */
struct param_thing {
    const char *name;
    const struct param *params;
    size_t self_size;   /* of the struct that params fill; > 0 */
    const void *preset; /* such a struct, to begin with; NULL: the table's defaults */
    const void *row;    /* the finder's own: what it found */
};
struct param_kind_of {
    const char *noun;                                       /* "effect" */
    bool (*find)(const char *name, struct param_thing *out); /* false: unknown */
    const char *(*name_at)(size_t i);                       /* NULL ends; for messages */
};

/* Reads a thing: a string (its name) or an object with "name" and parameters. Parameters left out
 * have their defaults. Refused: an unknown thing (the message lists the known ones), an unknown
 * parameter, a value of the wrong type or out of range. *self is the filled struct. */
bool param_read(const struct param_kind_of *kind, const char *json, size_t len, struct arena *a,
                struct param_thing *out, const void **self, struct err *e);

/* Fills a struct with the defaults of its table. */
void param_defaults(const struct param *params, void *self);

/* Writes name and every parameter in one fixed form: same text, same thing. */
void param_canonical(const char *name, const struct param *params, const void *self,
                     struct buf *out);

#endif
