/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_chat.c - chat sessions: stored words, answered by a backend of chat/. */
#include "api/app.h"
#include "chat/chat.h"

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

/* What the backend says to the message, with all that was said before. */
static bool ask_backend(const struct chat_session_schema *session, const char *message,
                        struct arena *a, struct buf *answer, struct err *e)
{
    const struct chat_backend *backend = chat_backend_find(session->backend);
    if (!backend)
        return err_set(e, ERR_UNAVAILABLE, "The chat backend \"%s\" of this session does not exist",
                       session->backend);
    const struct chat_message_schema *said = session->messages.items;
    struct chat_turn *turns = arena_array(a, session->messages.count + 1, sizeof *turns);
    if (!turns)
        return err_set(e, ERR_NO_MEMORY, "no memory for the conversation");
    for (size_t i = 0; i < session->messages.count; i++)
        turns[i] = (struct chat_turn){said[i].role, said[i].content};
    struct chat_request ask = {.message = message, .turns = turns,
                               .turn_count = session->messages.count, .model = session->hf_model};
    return backend->reply(&ask, answer, e);
}

/* Question and answer are stored together, after the answer is there: a backend that fails leaves
 * nothing, and sending again asks once. */
static bool store_exchange(struct workspace *ws, int64_t id, const char *message,
                           const char *answer, int64_t *answer_id, struct err *e)
{
    int64_t message_id;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = chat_message_add(ws->store, id, "user", message, &message_id, e) &&
              chat_message_add(ws->store, id, "assistant", answer, answer_id, e);
    return store_end(ws->store, ok, e);
}

static struct chat_message_schema *find_message(const struct chat_session_schema *s, int64_t id)
{
    struct chat_message_schema *all = s->messages.items;
    for (size_t i = s->messages.count; i-- > 0;)
        if (all[i].id == id)
            return &all[i];
    return NULL;
}

bool chat_messages_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    const struct chat_send_request *body = req->body;
    struct chat_session_schema session;
    struct wire_errors errs = {0};
    bool fine = chat_check_send(body, &body_loc, &errs);
    if (!fine)
        reply_validation(reply, &errs);
    wire_errors_finish(&errs);
    if (!fine)
        return true;
    if (!read_session(ws, p->id, &session, req->arena, e))
        return false;

    int64_t answer_id = 0;
    struct buf answer;
    buf_init(&answer, 1 << 20);
    bool ok = ask_backend(&session, body->message, req->arena, &answer, e) &&
              store_exchange(ws, p->id, body->message, answer.data, &answer_id, e) &&
              read_session(ws, p->id, &session, req->arena, e);
    buf_finish(&answer);
    if (!ok)
        return false;
    struct chat_send_response m = {.session = &session,
                                   .reply = find_message(&session, answer_id)};
    return reply_json(reply, &wire_chat_send_response, &m);
}
