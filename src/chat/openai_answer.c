/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/openai_answer.h"

#include "chat/chat.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

#define DEPTH 32

/* What one JSON document says; NULL where it says nothing. */
struct piece {
    const char *content, *finish, *error;
    size_t content_len;
};

/* --- JSON ------------------------------------------------------------------------------------- */

static bool read_text(struct json_reader *r, struct arena *a, const char **out, size_t *len)
{
    return json_peek(r) == JSON_STRING ? json_read_string(r, a, out, len) : json_skip(r);
}

/* {"content":"..."}; what else stands there is not for us. */
static bool read_message(struct json_reader *r, struct arena *a, struct piece *p)
{
    const char *key;
    if (json_peek(r) != JSON_OBJECT)
        return json_skip(r);
    json_enter_object(r);
    while (json_next_key(r, a, &key))
        if (!(strcmp(key, "content") == 0 ? read_text(r, a, &p->content, &p->content_len)
                                          : json_skip(r)))
            return false;
    return !json_failed(r);
}

static bool read_choice(struct json_reader *r, struct arena *a, struct piece *p)
{
    const char *key;
    size_t len;
    if (json_peek(r) != JSON_OBJECT)
        return json_skip(r);
    json_enter_object(r);
    while (json_next_key(r, a, &key)) {
        bool words = strcmp(key, "delta") == 0 || strcmp(key, "message") == 0;
        bool finish = strcmp(key, "finish_reason") == 0;
        if (!(words    ? read_message(r, a, p)
              : finish ? read_text(r, a, &p->finish, &len)
                       : json_skip(r)))
            return false;
    }
    return !json_failed(r);
}

/* The first one counts: we never ask for more. */
static bool read_choices(struct json_reader *r, struct arena *a, struct piece *p)
{
    if (json_peek(r) != JSON_ARRAY)
        return json_skip(r);
    json_enter_array(r);
    for (int i = 0; json_next_item(r); i++)
        if (!(i == 0 ? read_choice(r, a, p) : json_skip(r)))
            return false;
    return !json_failed(r);
}

/* "error":{"message":"..."}, "error":"..." and "detail":"..." */
static bool read_error(struct json_reader *r, struct arena *a, struct piece *p)
{
    const char *key;
    size_t len;
    if (json_peek(r) != JSON_OBJECT)
        return read_text(r, a, &p->error, &len);
    p->error = "";
    json_enter_object(r);
    while (json_next_key(r, a, &key))
        if (!(strcmp(key, "message") == 0 ? read_text(r, a, &p->error, &len) : json_skip(r)))
            return false;
    return !json_failed(r);
}

static bool read_piece(const char *text, size_t len, struct arena *a, struct piece *p)
{
    struct json_reader r;
    const char *key;
    json_reader_init(&r, text, len, DEPTH);
    if (json_peek(&r) != JSON_OBJECT || !json_enter_object(&r))
        return false;
    while (json_next_key(&r, a, &key)) {
        bool choices = strcmp(key, "choices") == 0;
        bool error = strcmp(key, "error") == 0 || strcmp(key, "detail") == 0;
        if (!(choices ? read_choices(&r, a, p) : error ? read_error(&r, a, p) : json_skip(&r)))
            return false;
    }
    return !json_failed(&r) && json_at_end(&r);
}

/* --- Words for people ------------------------------------------------------------------------- */

/* Without the secret, control characters and what is longer than a line. */
static void tidy(const char *text, size_t len, const char *secret, char *out, size_t size)
{
    size_t n = 0, secret_len = strlen(secret);
    for (size_t i = 0; i < len && n + 4 < size;) {
        if (secret_len > 0 && len - i >= secret_len && memcmp(text + i, secret, secret_len) == 0) {
            memcpy(out + n, "***", 3);
            n += 3;
            i += secret_len;
            continue;
        }
        uint32_t cp;
        size_t width = utf8_decode(text + i, len - i, &cp);
        bool plain = width > 0 && cp >= 0x20 && !(cp >= 0x7f && cp < 0xa0);
        memcpy(out + n, plain ? text + i : " ", plain ? width : 1);
        n += plain ? width : 1;
        i += width ? width : 1;
    }
    out[n] = '\0';
}

void openai_error_words(const char *body, size_t len, const char *secret, char *out, size_t size)
{
    struct arena a;
    struct piece p = {0};
    arena_init(&a, 1u << 20);
    bool json = read_piece(body, len, &a, &p);
    if (json && p.error && *p.error)
        tidy(p.error, strlen(p.error), secret, out, size);
    else if (json || (len > 0 && *body == '<')) /* a page for browsers says nothing to people */
        snprintf(out, size, "no reason given");
    else
        tidy(body, len, secret, out, size);
    if (!out[strspn(out, " ")])
        snprintf(out, size, "no reason given");
    arena_finish(&a);
}

/* --- The answer ------------------------------------------------------------------------------- */

void openai_answer_init(struct openai_answer *a, const char *secret,
                        void (*say)(void *user, const char *text, size_t len), void *user)
{
    *a = (struct openai_answer){.secret = secret, .say = say, .user = user};
    sse_init(&a->events);
    buf_init(&a->document, OPENAI_DOCUMENT_MAX);
}

void openai_answer_finish(struct openai_answer *a)
{
    sse_finish(&a->events);
    buf_finish(&a->document);
}

static bool say(struct openai_answer *a, const struct piece *p, struct err *e)
{
    struct buf clean;
    buf_init(&clean, SSE_EVENT_MAX + OPENAI_DOCUMENT_MAX);
    for (size_t i = 0; i < p->content_len; i++) {
        char c = p->content[i];
        bool control = ((unsigned char)c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        if (!control)
            buf_addc(&clean, c);
    }
    a->said += clean.len;
    bool fits = !clean.failed && a->said <= CHAT_ANSWER_MAX;
    if (fits && clean.len > 0)
        a->say(a->user, clean.data, clean.len);
    buf_finish(&clean);
    return fits ||
           err_set(e, ERR_UNAVAILABLE, "the answer is longer than %u KiB", CHAT_ANSWER_MAX >> 10);
}

static bool take_json(struct openai_answer *a, const char *text, size_t len, struct err *e)
{
    struct arena arena;
    struct piece p = {0};
    char words[200];
    arena_init(&arena, 16u << 20);
    bool ok = read_piece(text, len, &arena, &p);
    if (!ok)
        err_set(e, ERR_UNAVAILABLE, "what it sends is not JSON of a chat completion");
    if (ok && p.error) {
        tidy(p.error, strlen(p.error), a->secret, words, sizeof words);
        ok = err_set(e, ERR_UNAVAILABLE, "it failed: %s", words);
    }
    ok = ok && say(a, &p, e);
    a->finished |= p.finish != NULL;
    arena_finish(&arena);
    return ok;
}

static bool on_data(void *user, const char *data, size_t len, struct err *e)
{
    struct openai_answer *a = user;
    if (a->done)
        return true;
    if (len == 6 && memcmp(data, "[DONE]", 6) == 0) {
        a->done = true;
        return true;
    }
    return take_json(a, data ? data : "", len, e);
}

bool openai_answer_feed(struct openai_answer *a, const char *bytes, size_t n, struct err *e)
{
    for (size_t i = 0; i < n && a->form == OPENAI_UNKNOWN; i++)
        if (!strchr(" \t\r\n", bytes[i]) || !bytes[i])
            a->form = bytes[i] == '{' ? OPENAI_DOCUMENT : OPENAI_EVENTS;
    if (a->form != OPENAI_DOCUMENT)
        return sse_feed(&a->events, bytes, n, on_data, a, e);
    return buf_add(&a->document, bytes, n) ||
           buf_err(&a->document, ERR_UNAVAILABLE, "the answer is longer than 4 MiB", e);
}

bool openai_answer_end(struct openai_answer *a, struct err *e)
{
    if (a->form == OPENAI_DOCUMENT) {
        if (!take_json(a, a->document.data, a->document.len, e))
            return false;
        a->finished = true;
    }
    if (!a->done && !a->finished)
        return err_set(e, ERR_UNAVAILABLE, "it hung up amid its answer");
    return a->said > 0 || err_set(e, ERR_UNAVAILABLE, "it had nothing to say");
}
