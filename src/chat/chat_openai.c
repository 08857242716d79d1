/* SPDX-License-Identifier: GPL-3.0-or-later
 * chat_openai.c - the backend that asks any server with the OpenAI protocol. Only whoever runs aive
 * says which one: no request can choose an address, or change where the key goes. */
#include "chat/chat.h"
#include "chat/openai_answer.h"
#include "core/config.h"
#include "core/json.h"
#include "net/http_client.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TURNS_BYTES (64u << 10) /* of what was said before; the newest counts */
#define BODY_BYTES (1u << 20)
#define STREAM_BYTES (16 << 20) /* of an answer with all that is around its words */
#define ERROR_BYTES (16u << 10) /* of an error's body that are looked at */

static const char task[] =
    "You are the assistant of aive, a program that turns videos into short vertical films. Help "
    "with editing: hooks, captions, cuts, beats, effects, music, export. Answer briefly and in "
    "plain text. You cannot see or change projects, so never say that you did.";

/* --- What is asked ---------------------------------------------------------------------------- */

/* ".../v1" and ".../v1/chat/completions" are both taken, and a host alone. */
static bool endpoint(const char *base, char *out, size_t size)
{
    static const char path[] = "/chat/completions";
    size_t n = strlen(base), tail = sizeof path - 1;
    while (n > 0 && base[n - 1] == '/')
        n--;
    const char *host = strstr(base, "://");
    const char *slash = host ? strchr(host + 3, '/') : NULL;
    bool bare = host && (!slash || slash >= base + n);
    bool whole = n >= tail && memcmp(base + n - tail, path, tail) == 0;
    int len = snprintf(out, size, "%.*s%s%s", (int)n, base, bare ? "/v1" : "", whole ? "" : path);
    return len > 0 && (size_t)len < size;
}

static void add_message(struct buf *b, const char *role, const char *content)
{
    buf_adds(b, "{\"role\":");
    json_write_string(b, role);
    buf_adds(b, ",\"content\":");
    json_write_string(b, content);
    buf_adds(b, "}");
}

static void add_wishes(struct buf *b, const struct chat_send_request *w)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"temperature", w->temperature}, {"top_p", w->top_p}};
    const struct {
        const char *name;
        int64_t value;
    } ints[] = {{"max_tokens", w->max_tokens}, {"seed", w->seed}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!isnan(numbers[i].value)) {
            buf_printf(b, ",\"%s\":", numbers[i].name);
            json_write_number(b, numbers[i].value);
        }
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        if (ints[i].value != INT64_MIN)
            buf_printf(b, ",\"%s\":%lld", ints[i].name, (long long)ints[i].value);
    const char *const *stops = w->stop.items;
    for (size_t i = 0; i < w->stop.count; i++) {
        buf_adds(b, i == 0 ? ",\"stop\":[" : ",");
        json_write_string(b, stops[i]);
    }
    if (w->stop.count > 0)
        buf_adds(b, "]");
}

static void write_body(const struct chat_request *req, struct buf *b)
{
    size_t first = req->turn_count, bytes = 0;
    while (first > 0 && (bytes += strlen(req->turns[first - 1].content)) <= TURNS_BYTES)
        first--;
    buf_adds(b, "{\"model\":");
    json_write_string(b, req->config->openai_model);
    buf_adds(b, ",\"stream\":true,\"messages\":[");
    add_message(b, "system", task);
    for (; first < req->turn_count; first++) {
        buf_addc(b, ',');
        add_message(b, req->turns[first].role, req->turns[first].content);
    }
    buf_addc(b, ',');
    add_message(b, "user", req->message);
    buf_addc(b, ']');
    if (req->wishes)
        add_wishes(b, req->wishes);
    buf_addc(b, '}');
}

/* --- What it answers -------------------------------------------------------------------------- */

struct peer {
    const struct chat_request *req;
    struct buf *out;
    struct openai_answer answer;
    struct buf error; /* the body of an answer that is no 200 */
};

static void on_text(void *user, const char *text, size_t len)
{
    struct peer *p = user;
    chat_say(p->req, p->out, text, len);
}

static bool on_body(void *user, const struct http_answer *head, const void *data, size_t n,
                    struct err *e)
{
    struct peer *p = user;
    if (head->status != 200) {
        size_t room = ERROR_BYTES - p->error.len;
        return buf_add(&p->error, data, n < room ? n : room) ||
               err_set(e, ERR_NO_MEMORY, "no memory for an answer");
    }
    if (!openai_answer_feed(&p->answer, data, n, e))
        return false;
    /* What may still come is of no interest. */
    return !p->answer.done || err_set(e, ERR_UNAVAILABLE, "it goes on behind its end");
}

static const struct {
    int from, to;
    enum err_code code;
    const char *words;
} refusals[] = {
    {300, 399, ERR_UNAVAILABLE, "points elsewhere; AIVE_OPENAI_BASE_URL must be its final address"},
    {401, 403, ERR_UNAVAILABLE, "refuses our key (AIVE_OPENAI_API_KEY)"},
    {404, 404, ERR_UNAVAILABLE,
     "knows no such address or model (AIVE_OPENAI_BASE_URL, AIVE_OPENAI_MODEL)"},
    {429, 429, ERR_BUSY, "is asked too much; try again later"},
    {0, 999, ERR_UNAVAILABLE, "could not answer"},
};

static bool explain_status(const struct peer *p, int status, struct err *e)
{
    char words[200];
    size_t i = 0;
    while (status < refusals[i].from || status > refusals[i].to)
        i++;
    openai_error_words(p->error.data ? p->error.data : "", p->error.len,
                       p->req->config->openai_api_key, words, sizeof words);
    return err_set(e, refusals[i].code, "the language server %s: %d, %s", refusals[i].words, status,
                   words);
}

/* Whatever went wrong there is not the fault of whoever sent the message. */
static bool blame_server(const struct peer *p, struct err *e)
{
    char words[sizeof e->msg];
    enum err_code code = e->code;
    if (code == ERR_CANCELED)
        return false;
    if (code != ERR_TIMEOUT && code != ERR_NO_MEMORY)
        code = ERR_UNAVAILABLE;
    openai_error_words(e->msg, strlen(e->msg), p->req->config->openai_api_key, words, sizeof words);
    return err_set(e, code, "the language server (AIVE_OPENAI_BASE_URL): %s", words);
}

/* --- The call --------------------------------------------------------------------------------- */

static bool header_ok(const char *key)
{
    for (; *key; key++)
        if ((unsigned char)*key < 0x20 || (unsigned char)*key >= 0x7f)
            return false;
    return true;
}

static bool ask(const struct chat_request *req, const char *url, struct peer *p, struct err *e)
{
    const struct config *c = req->config;
    char key[1100];
    struct buf body;
    struct http_answer head = {0};
    snprintf(key, sizeof key, "Authorization: Bearer %s", c->openai_api_key);
    const char *const headers[] = {"Content-Type: application/json",
                                   "Accept: text/event-stream, application/json",
                                   *c->openai_api_key ? key : NULL, NULL};
    buf_init(&body, BODY_BYTES);
    write_body(req, &body);
    const struct http_ask call = {.url = url,
                                  .reach = HTTP_OPERATOR,
                                  .headers = headers,
                                  .body = body.data,
                                  .body_len = body.len,
                                  .stay = true,
                                  .seconds = (int)c->chat_seconds,
                                  .stall_seconds = (int)c->chat_seconds,
                                  .max_bytes = STREAM_BYTES,
                                  .cancel = req->cancel,
                                  .on_body = on_body,
                                  .user = p};
    bool ok = body.failed ? buf_err(&body, ERR_UNAVAILABLE, "the conversation is too long", e)
                          : http_ask(&call, &head, e) || p->answer.done;
    buf_finish(&body);
    if (!ok)
        return blame_server(p, e);
    if (head.status != 200)
        return explain_status(p, head.status, e);
    return openai_answer_end(&p->answer, e) || blame_server(p, e);
}

static bool openai_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    const struct config *c = req->config;
    char url[2048];
    if (!c || !*c->openai_base_url)
        return err_set(e, ERR_UNAVAILABLE,
                       "chat backend \"openai\": no server is set; AIVE_OPENAI_BASE_URL names one, "
                       "such as http://127.0.0.1:8080/v1");
    if (strlen(c->openai_api_key) > 1000 || !header_ok(c->openai_api_key) ||
        !endpoint(c->openai_base_url, url, sizeof url))
        return err_set(
            e, ERR_UNAVAILABLE,
            "chat backend \"openai\": AIVE_OPENAI_BASE_URL or AIVE_OPENAI_API_KEY is too "
            "long, or holds what neither may hold");
    struct peer p = {.req = req, .out = out};
    buf_init(&p.error, ERROR_BYTES);
    openai_answer_init(&p.answer, c->openai_api_key, on_text, &p);
    bool ok = ask(req, url, &p, e);
    openai_answer_finish(&p.answer);
    buf_finish(&p.error);
    return ok;
}

const struct chat_backend chat_openai = {
    .name = "openai",
    .help = "Any server that speaks the OpenAI protocol (AIVE_OPENAI_BASE_URL).",
    .reply = openai_reply,
};
