/* SPDX-License-Identifier: GPL-3.0-or-later
 * chat_topics.h - what the stub knows: one row a topic. Its texts name what aive has (effects,
 * templates, endpoints), which the tests check; they never say that something was done. Private to
 * chat_stub.c and its tests.
 */
#ifndef AIVE_CHAT_CHAT_TOPICS_H
#define AIVE_CHAT_CHAT_TOPICS_H

#include "core/buf.h"

struct chat_topic {
    const char *name;
    const char *words; /* separated by blanks, lower case; each that is there counts */
    int (*count)(const char *message);                  /* further words; may be NULL */
    void (*say)(const char *message, struct buf *out);  /* NULL: `text` */
    const char *text;
    const char *ask; /* the question back; NULL: none */
};

/* Earlier ones win when as many words are there. Ended by a row without a name; the last row before
 * it is for what no other one knows. */
extern const struct chat_topic chat_topics[];

/* How many words of the message are in the blank-separated list. */
int chat_count_words(const char *list, const char *message);

#endif
