/* SPDX-License-Identifier: GPL-3.0-or-later
 * thai.h - where Thai words end, which are written without spaces: libthai's dictionary.
 *
 * Made before the cage closes, since it reads the dictionary. Threads: any; calls take turns.
 */
#ifndef AIVE_RENDER_THAI_H
#define AIVE_RENDER_THAI_H

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct thai;

/* NULL: the dictionary is not installed; such words are then broken between signs. */
struct thai *thai_create(void);
void thai_destroy(struct thai *t);

/* Whether a text has Thai in it. */
bool thai_in(const char *s, size_t n);

/* Sets begins[i] for each byte of s[0..n) at which a Thai word begins inside of a run of Thai.
 * False: no memory. */
bool thai_breaks(struct thai *t, const char *s, size_t n, bool *begins, struct arena *a);

#endif
