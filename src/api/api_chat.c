/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_chat.c - chat sessions: stored words, answered by a backend of chat/. */
#include "api/app.h"
#include "chat/chat.h"
#include "core/json.h"

#include <string.h>

#define SESSIONS_MAX 1000

static const struct wire_loc body_loc = {.key = "body"};

/* --- Rows -> bodies --------------------------------------------------------------------------- */

static void show_session(const struct chat_session *row, struct chat_session_schema *out,
                         struct arena *a)
{
    *out = (struct chat_session_schema){
        .id = row->id,
        .title = row->title,
        .backend = row->backend,
        .hf_model = row->hf_model,
        .created_at = show_time(row->created_us, a),
        .updated_at = show_time(row->updated_us, a),
    };
}

/* A session with all its messages. */
static bool read_session(struct workspace *ws, int64_t id, struct chat_session_schema *out,
                         struct arena *a, struct err *e)
{
    struct chat_session row;
    struct chat_message *messages;
    size_t count;
    if (!chat_session_get(ws->store, id, &row, a, e))
        return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Chat session not found")
                                        : false;
    if (!chat_messages(ws->store, id, &messages, &count, a, e))
        return false;
    show_session(&row, out, a);
    struct chat_message_schema *list = arena_array(a, count + 1, sizeof *list);
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "no memory for the messages");
    for (size_t i = 0; i < count; i++)
        list[i] = (struct chat_message_schema){
            .id = messages[i].id,
            .role = messages[i].role,
            .content = messages[i].content,
            .created_at = show_time(messages[i].created_us, a),
        };
    out->messages = (struct wire_list){list, count};
    return true;
}

/* --- Handlers --------------------------------------------------------------------------------- */

bool chat_sessions_get(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    struct chat_session *rows;
    size_t count;
    if (!chat_session_list(ws->store, 0, SESSIONS_MAX, &rows, &count, req->arena, e))
        return false;
    struct chat_session_schema *list = arena_array(req->arena, count + 1, sizeof *list);
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "no memory for the sessions");
    for (size_t i = 0; i < count; i++)
        show_session(&rows[i], &list[i], req->arena);
    struct chat_session_list m = {.sessions = {list, count}};
    return reply_json(reply, &wire_chat_session_list, &m);
}

bool chat_sessions_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct chat_session_create *body = req->body;
    struct wire_errors errs = {0};
    bool fine = chat_check_create(body, &body_loc, &errs);
    if (!fine)
        reply_validation(reply, &errs);
    wire_errors_finish(&errs);
    if (!fine)
        return true;

    struct chat_session row = {
        .title = body->title,
        .backend = body->backend ? body->backend : ws->config->chat_backend,
        .hf_model = body->hf_model,
    };
    struct chat_session_schema m;
    int64_t id;
    return chat_session_create(ws->store, &row, &id, e) &&
           read_session(ws, id, &m, req->arena, e) && reply_json(reply, &wire_chat_session, &m);
}

bool chat_session_get_one(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *p = req->params;
    struct chat_session_schema m;
    return read_session(app_workspace(req), p->id, &m, req->arena, e) &&
           reply_json(reply, &wire_chat_session, &m);
}

/* --- An answer -------------------------------------------------------------------------------- */

/* One message on its way to its answer. */
struct talk {
    struct request *req;
    struct reply *reply;
    const struct chat_send_request *body;
    struct chat_session_schema session; /* as it was before the message */
    bool stream;                        /* the client wants events */
    struct buf answer;
};

/* An event of a stream; data is one line of JSON. */
static bool send_event(struct reply *reply, const char *name, const struct buf *data)
{
    struct buf event;
    buf_init(&event, REPLY_MAX_BODY);
    buf_printf(&event, "event: %s\ndata: ", name);
    buf_add(&event, data->data, data->len);
    bool sent = buf_adds(&event, "\n\n") && !data->failed &&
                reply_stream_write(reply, event.data, event.len);
    buf_finish(&event);
    return sent;
}

/* Nothing is sent before there is something to say, so that what fails at once has its status. */
static bool open_stream(struct reply *reply)
{
    if (reply->streamed)
        return true;
    reply_header(reply, "X-Accel-Buffering", "no"); /* for proxies that collect answers */
    return reply_stream_begin(reply, "text/event-stream; charset=utf-8");
}

static void on_text(void *user, const char *text, size_t len)
{
    struct talk *x = user;
    struct buf data;
    if (!x->stream)
        return;
    buf_init(&data, REPLY_MAX_BODY);
    buf_adds(&data, "{\"text\":");
    json_write_string_n(&data, text, len);
    buf_adds(&data, "}");
    if ((!open_stream(x->reply) || !send_event(x->reply, "delta", &data)) && x->req->gone)
        cancel_fire(x->req->gone); /* nobody reads it: the backend may stop */
    buf_finish(&data);
}

/* What the backend says to the message, with all that was said before. */
static bool ask_backend(struct talk *x, struct err *e)
{
    const struct chat_session_schema *session = &x->session;
    const struct chat_backend *backend = chat_backend_find(session->backend);
    if (!backend)
        return err_set(e, ERR_UNAVAILABLE, "The chat backend \"%s\" of this session does not exist",
                       session->backend);
    const struct chat_message_schema *said = session->messages.items;
    struct chat_turn *turns =
        arena_array(x->req->arena, session->messages.count + 1, sizeof *turns);
    if (!turns)
        return err_set(e, ERR_NO_MEMORY, "no memory for the conversation");
    for (size_t i = 0; i < session->messages.count; i++)
        turns[i] = (struct chat_turn){said[i].role, said[i].content};
    struct chat_request ask = {.message = x->body->message,
                               .turns = turns,
                               .turn_count = session->messages.count,
                               .model = session->hf_model,
                               .wishes = x->body,
                               .config = app_workspace(x->req)->config,
                               .cancel = x->req->gone,
                               .on_text = on_text,
                               .user = x};
    return (backend->reply(&ask, &x->answer, e) && !x->answer.failed) ||
           (e->code == ERR_NONE && err_set(e, ERR_NO_MEMORY, "no memory for the answer"));
}

/* The message is kept before it is answered, whatever becomes of the answer. The same one sent
 * again after a failure is that one, and not a second one. */
static bool keep_message(struct talk *x, struct err *e)
{
    struct chat_session_schema *s = &x->session;
    const struct chat_message_schema *all = s->messages.items;
    size_t n = s->messages.count;
    int64_t id;
    if (n > 0 && strcmp(all[n - 1].role, "user") == 0 &&
        strcmp(all[n - 1].content, x->body->message) == 0) {
        s->messages.count--;
        return true;
    }
    return chat_message_add(app_workspace(x->req)->store, s->id, "user", x->body->message, &id, e);
}

static struct chat_message_schema *find_message(const struct chat_session_schema *s, int64_t id)
{
    struct chat_message_schema *all = s->messages.items;
    for (size_t i = s->messages.count; i-- > 0;)
        if (all[i].id == id)
            return &all[i];
    return NULL;
}

static bool send_answer(struct talk *x, int64_t answer_id, struct err *e)
{
    struct chat_session_schema now;
    if (!read_session(app_workspace(x->req), x->session.id, &now, x->req->arena, e))
        return false;
    struct chat_send_response m = {.session = &now, .reply = find_message(&now, answer_id)};
    if (!x->stream)
        return reply_json(x->reply, &wire_chat_send_response, &m);
    struct buf data;
    buf_init(&data, REPLY_MAX_BODY);
    wire_write(&wire_chat_send_response, &m, &data);
    if (open_stream(x->reply))
        send_event(x->reply, "done", &data);
    buf_finish(&data);
    return true;
}

/* What a stream that has begun says when it cannot go on: the words of a plain answer's status. */
static bool fail_stream(struct talk *x, const struct err *e)
{
    int status = err_http_status(e->code);
    struct buf data;
    buf_init(&data, 64 << 10);
    buf_printf(&data, "{\"status\":%d,\"detail\":", status);
    json_write_string(&data, status == 500 ? "Internal Server Error" : e->msg);
    buf_adds(&data, "}");
    send_event(x->reply, "error", &data);
    buf_finish(&data);
    return status != 500; /* false: the layer logs the words */
}

static bool answer_message(struct talk *x, struct err *e)
{
    int64_t id = 0;
    return keep_message(x, e) && ask_backend(x, e) &&
           chat_message_add(app_workspace(x->req)->store, x->session.id, "assistant",
                            x->answer.data ? x->answer.data : "", &id, e) &&
           send_answer(x, id, e);
}

bool chat_messages_post(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *p = req->params;
    struct talk x = {.req = req, .reply = reply, .body = req->body};
    struct wire_errors errs = {0};
    bool fine = chat_check_send(x.body, &body_loc, &errs);
    if (!fine)
        reply_validation(reply, &errs);
    wire_errors_finish(&errs);
    if (!fine)
        return true;
    if (!read_session(app_workspace(req), p->id, &x.session, req->arena, e))
        return false;
    x.stream = reply->sink && request_accepts(req, "text/event-stream");
    buf_init(&x.answer, CHAT_ANSWER_MAX + 4096);
    bool ok = answer_message(&x, e);
    buf_finish(&x.answer);
    return ok || (reply->streamed && fail_stream(&x, e));
}
