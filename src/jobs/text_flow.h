/* SPDX-License-Identifier: GPL-3.0-or-later
 * text_flow.h - what a language model writes, piece by piece, as text that may be shown.
 *
 *     struct text_flow f;
 *     text_flow_init(&f, stops, n, say, user);
 *     while (!text_flow_add(&f, piece, len)) ...       true: a stop string came, write no more
 *     text_flow_end(&f);
 *
 * A token is often a part of a character only, and a stop string may come in several tokens: what
 * could still become one is held back. `say` gets whole UTF-8 characters; malformed bytes become
 * U+FFFD, control characters but \n and \t are left out, and so is blank space before the first
 * and behind the last word. Threads: one.
 */
#ifndef AIVE_JOBS_TEXT_FLOW_H
#define AIVE_JOBS_TEXT_FLOW_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT_FLOW_MAX (256u << 10) /* bytes; more ends the text */

struct text_flow {
    const char *const *stops; /* the caller's, no empty one among them */
    size_t stop_count;
    void (*say)(void *user, const char *text, size_t len);
    void *user;
    struct buf held; /* not said yet */
    size_t said;     /* bytes */
};

void text_flow_init(struct text_flow *f, const char *const *stops, size_t stop_count,
                    void (*say)(void *user, const char *text, size_t len), void *user);
void text_flow_finish(struct text_flow *f);

/* True: the text is over, all of it up to the stop string is said. */
bool text_flow_add(struct text_flow *f, const char *bytes, size_t len);

/* Says what was held back; for a text that ends without a stop string. */
void text_flow_end(struct text_flow *f);

#endif
