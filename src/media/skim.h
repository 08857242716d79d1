/* SPDX-License-Identifier: GPL-3.0-or-later
 * skim.h - every picture of a film, roughly and made small: for programs to look at.
 *
 *     struct skim *s = skim_create(fd, &(struct skim_options){.edge = 320}, cancel, e);
 *     while (skim_next(s, &seen, e)) { ... seen.small, seen.time_ticks ... }
 *     if (e->code != ERR_NONE) ...                 else the film was at its end
 *     skim_destroy(s);
 *
 * Small pictures are upright with square samples, 8-bit 4:2:0 bt709 limited, and of one size for
 * the whole of a film, whatever it does. Decoding is as cheap as it can be made: one thread, no
 * finishing touch on pictures that no other needs, reduced where the codec knows how to.
 * Threads: a skim belongs to one thread. Blocking: yes; cancel ends it early.
 */
#ifndef AIVE_MEDIA_SKIM_H
#define AIVE_MEDIA_SKIM_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>
#include <stdint.h>

struct media_info;

struct skim_options {
    int edge;           /* samples of the small picture's longer side, at most */
    int full_edge;      /* the full picture's, at least, where it has them; 0: any. */
    int64_t step_ticks; /* no two pictures are closer than about this; 0: all pictures */
};

struct skimmed { /* borrowed till the next call */
    const struct picture *small;
    const struct picture *full; /* rough; not turned, in its own colours */
    int64_t time_ticks;
};

/* The step that leaves out whole pictures only, so that the rest lie evenly: every n-th of the
 * film's own rate, no more than `most` a second. 0 when all may stay. */
int64_t skim_step(const struct media_info *info, double most);

struct skim;
struct skim *skim_create(int fd, const struct skim_options *opt, const struct cancel *cancel,
                         struct err *e);
/* False at the end (e->code ERR_NONE) or with e set; e is not NULL. */
bool skim_next(struct skim *s, struct skimmed *out, struct err *e);
void skim_destroy(struct skim *s);

#endif
