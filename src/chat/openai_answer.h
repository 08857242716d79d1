/* SPDX-License-Identifier: GPL-3.0-or-later
 * openai_answer.h - reads what a server with the OpenAI protocol answers, as it arrives.
 *
 *     struct openai_answer a;
 *     openai_answer_init(&a, key, say, user);
 *     openai_answer_feed(&a, bytes, n, e) ...        false: no more of it, e says why
 *     openai_answer_end(&a, e)                       is it whole?
 *     openai_answer_finish(&a);
 *
 * A stream of events or one JSON document; the first byte tells. Nothing in it is trusted: `say`
 * gets valid UTF-8 without control characters but \n and \t. Threads: one.
 */
#ifndef AIVE_CHAT_OPENAI_ANSWER_H
#define AIVE_CHAT_OPENAI_ANSWER_H

#include "chat/sse.h"

#define OPENAI_DOCUMENT_MAX (4u << 20) /* bytes of an answer that is not streamed */

struct openai_answer {
    const char *secret; /* never in a message; "": none */
    void (*say)(void *user, const char *text, size_t len);
    void *user;
    struct sse events;
    struct buf document;
    enum { OPENAI_UNKNOWN, OPENAI_EVENTS, OPENAI_DOCUMENT } form;
    size_t said;   /* bytes */
    bool done;     /* the server has said that this was all */
    bool finished; /* ... that the answer is over, though not the stream */
};

void openai_answer_init(struct openai_answer *a, const char *secret,
                        void (*say)(void *user, const char *text, size_t len), void *user);
void openai_answer_finish(struct openai_answer *a);

/* ERR_UNAVAILABLE: it is none, says that it failed, or is too long. */
bool openai_answer_feed(struct openai_answer *a, const char *bytes, size_t n, struct err *e);

/* ERR_UNAVAILABLE: it ends amid the answer, or there is none in it. */
bool openai_answer_end(struct openai_answer *a, struct err *e);

/* The words of {"error":{"message":".."}} and the like, or else of the text itself, as one short
 * line. `secret` ("": none) is taken out of it. */
void openai_error_words(const char *body, size_t len, const char *secret, char *out, size_t size);

#endif
