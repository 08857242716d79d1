/* SPDX-License-Identifier: GPL-3.0-or-later
 * hear.h - what is said in a source, from the best that there is: captions that came with it, a
 * script of it, or listening; and the captions that follow from it.
 *
 *     struct hear_order order = {.listen = {...}, .script = text};
 *     if (!hear(&order, arena, &heard, e)) ...
 *     captions_from_transcript(heard.transcript, arena, &captions)
 *
 * A script or captions that cannot be brought into time with the sound are no reason to fail: the
 * log says why, and captions keep the times they came with.
 * Blocking: for minutes. Threads: any.
 */
#ifndef AIVE_JOBS_HEAR_H
#define AIVE_JOBS_HEAR_H

#include "core/wire.h"
#include "jobs/transcribe.h"

struct hear_order {
    struct transcribe_order listen;
    const char *script;   /* what is said, word for word; NULL: not known */
    const char *captions; /* a caption file's text; NULL: none. It comes before the script. */
};

/* False: canceled, a broken source or model, captions that cannot be read (hear_check()). */
bool hear(const struct hear_order *order, struct arena *a, struct heard *out, struct err *e);

/* Before any work: can the captions be read, is there a word in the script? `key` becomes the one
 * that is wrong. */
bool hear_check(const char *script, const char *captions, const char **key, struct arena *a,
                struct err *e);

/* struct caption, in the arena: short enough to be read, with the times of words. Drafts give none.
 * False: no memory. */
bool captions_from_transcript(const struct transcript *t, struct arena *a, struct wire_list *out);

#endif
