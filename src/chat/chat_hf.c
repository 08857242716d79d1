/* SPDX-License-Identifier: GPL-3.0-or-later
 * chat_hf.c - the backend that runs a text model of the GPT-2 family on this machine. */
#include "chat/chat.h"
#include "core/config.h"
#include "jobs/generate.h"

#include <math.h>
#include <string.h>

struct listener {
    const struct chat_request *req;
    struct buf *out;
};

static void on_text(void *user, const char *text, size_t len)
{
    struct listener *l = user;
    chat_say(l->req, l->out, text, len);
}

static void wish(double wanted, double *option)
{
    if (!isnan(wanted))
        *option = wanted;
}

static struct generate_options options_of(const struct chat_request *req)
{
    const struct chat_send_request *w = req->wishes;
    struct generate_options o = GENERATE_DEFAULTS;
    o.seconds = (int)req->config->chat_seconds;
    if (!w)
        return o;
    wish(w->temperature, &o.temperature);
    wish(w->top_p, &o.top_p);
    wish(w->repetition_penalty, &o.repetition_penalty);
    if (w->max_tokens != INT64_MIN)
        o.max_tokens = (int)w->max_tokens;
    if (w->top_k != INT64_MIN)
        o.top_k = (int)w->top_k;
    if (w->seed != INT64_MIN)
        o.seed = w->seed;
    o.stops = w->stop.items;
    o.stop_count = w->stop.count;
    return o;
}

static bool hf_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    struct arena a;
    struct listener listener = {req, out};
    struct generate_ended ended;
    arena_init(&a, 64u << 20);
    struct generate_turn *turns = arena_array(&a, req->turn_count + 1, sizeof *turns);
    if (!turns) {
        arena_finish(&a);
        return err_set(e, ERR_NO_MEMORY, "no memory for the conversation");
    }
    for (size_t i = 0; i < req->turn_count; i++)
        turns[i] = (struct generate_turn){strcmp(req->turns[i].role, "assistant") == 0,
                                          req->turns[i].content};
    turns[req->turn_count] = (struct generate_turn){false, req->message};
    const struct generate_order order = {
        .models_dir = req->config->models_dir,
        .model = req->model ? req->model : req->config->hf_text_model,
        .own_model = !req->model,
        .turns = turns,
        .turn_count = req->turn_count + 1,
        .options = options_of(req),
        .cancel = req->cancel,
        .on_text = on_text,
        .user = &listener,
    };
    bool ok = generate_run(&order, &ended, e);
    arena_finish(&a);
    if (!ok && !req->model && e->code == ERR_UNAVAILABLE)
        err_wrap(e, "chat backend \"hf\" (AIVE_HF_TEXT_MODEL)");
    return ok;
}

const struct chat_backend chat_hf = {
    .name = "hf",
    .help = "A text model of the GPT-2 family on this machine (AIVE_HF_TEXT_MODEL).",
    .reply = hf_reply,
};
