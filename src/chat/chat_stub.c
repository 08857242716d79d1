/* SPDX-License-Identifier: GPL-3.0-or-later
 * chat_stub.c - answers by rules, offline, the same answer for the same message, and says so. */
#include "chat/chat.h"
#include "chat/chat_topics.h"

#include <string.h>

static const struct chat_topic *find_topic(const char *message)
{
    const struct chat_topic *best = chat_topics, *last = chat_topics;
    int most = 0;
    for (const struct chat_topic *t = chat_topics; t->name; last = t++) {
        int n = chat_count_words(t->words, message) + (t->count ? t->count(message) : 0);
        if (n > most) {
            best = t;
            most = n;
        }
    }
    return most > 0 ? best : last;
}

/* Word by word, as a model would: who shows a stream can try it without one. */
static void say_words(const struct chat_request *req, const struct buf *text, struct buf *out)
{
    for (size_t at = 0; at < text->len;) {
        size_t n = 1;
        while (at + n < text->len && text->data[at + n] != ' ' && text->data[at + n] != '\n')
            n++;
        chat_say(req, out, text->data + at, n);
        at += n;
    }
}

static bool stub_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    const struct chat_topic *topic = find_topic(req->message);
    struct buf text;
    buf_init(&text, CHAT_ANSWER_MAX);
    if (topic->say)
        topic->say(req->message, &text);
    else
        buf_adds(&text, topic->text);
    if (topic->ask)
        buf_printf(&text, "\n%s", topic->ask);
    buf_adds(&text, "\n(I am the offline stub: I answer by rules, without a language model.)");
    bool ok = !text.failed;
    if (ok)
        say_words(req, &text, out);
    buf_finish(&text);
    return (ok && !out->failed) || err_set(e, ERR_NO_MEMORY, "out of memory for the answer");
}

const struct chat_backend chat_stub = {
    .name = "stub",
    .help = "Answers by rules, offline; needs nothing.",
    .reply = stub_reply,
};
