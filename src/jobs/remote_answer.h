/* SPDX-License-Identifier: GPL-3.0-or-later
 * remote_answer.h - what another server has heard in a piece of a sound, made sound itself.
 *
 * The answer is OpenAI's verbose_json, or what is near it: words beside the segments or in them, or
 * text alone. It is not trusted: times end up in order and inside of the piece, texts without
 * control characters and with an end; what repeats itself, or was heard where nobody speaks by the
 * server's own numbers, goes to `dropped`. Words that do not make up their segment's text are left
 * away. Threads: pure.
 */
#ifndef AIVE_JOBS_REMOTE_ANSWER_H
#define AIVE_JOBS_REMOTE_ANSWER_H

#include "core/arena.h"
#include "core/buf.h"
#include "speech/transcript.h"

#define REMOTE_ANSWER_MAX ((size_t)8 << 20) /* bytes */

/* Of all pieces so far. */
struct remote_said {
    struct buf segments, dropped; /* struct transcript_segment, struct transcript_dropped */
    struct buf text;
    const char *language; /* ISO code of the first piece that has one; NULL: none */
};

void remote_said_init(struct remote_said *s);
void remote_said_finish(struct remote_said *s);

/* Adds a piece's answer; strings go to the arena. ERR_UNAVAILABLE: it cannot be read. */
bool remote_answer_read(const char *json, size_t len, double start_s, double length_s,
                        struct arena *a, struct remote_said *said, struct err *e);

#endif
