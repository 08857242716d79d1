/* SPDX-License-Identifier: GPL-3.0-or-later
 * chat.h - talking about a film: the bodies of the chat endpoints, and who answers.
 *
 *     if (!chat_check_create(create, loc, arena, &errs)) -> 422
 *     const struct chat_backend *b = chat_backend_find(session.backend);
 *     struct chat_request req = {.message = text, .turns = turns, .turn_count = n};
 *     if (!b->reply(&req, &out, e)) -> ERR_UNAVAILABLE names the setting that is missing
 *
 * A backend is one row of chat_backends; adding one is one file and one line. Whatever it is, it
 * gets words and gives words: it cannot touch projects or files.
 * Ownership: requests point at the caller's texts. Threads: pure functions.
 */
#ifndef AIVE_CHAT_CHAT_H
#define AIVE_CHAT_CHAT_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAT_MESSAGE_MAX 8000 /* characters */

/* --- Bodies ----------------------------------------------------------------------------------- */

struct chat_message_schema {
    int64_t id;
    const char *role; /* "user", "assistant" */
    const char *content;
    const char *created_at;
};

struct chat_session_schema {
    int64_t id;
    const char *title;
    const char *backend;
    const char *hf_model;
    const char *created_at, *updated_at;
    struct wire_list messages; /* struct chat_message_schema, oldest first */
};

struct chat_session_list {
    struct wire_list sessions; /* struct chat_session_schema */
};

struct chat_session_create {
    const char *title;
    const char *backend; /* NULL: the setting AIVE_CHAT_BACKEND decides */
    const char *hf_model;
};

struct chat_send_request {
    const char *message;
};

struct chat_send_response {
    struct chat_session_schema *session;
    struct chat_message_schema *reply;
};

extern const struct wire_type wire_chat_message, wire_chat_session, wire_chat_session_list,
    wire_chat_session_create, wire_chat_send_request, wire_chat_send_response;

/* Beyond the types: the backend is known, hf_model is a model's name and not a path or an address.
 * `loc` is the place of the body. */
bool chat_check_create(const struct chat_session_create *create, const struct wire_loc *loc,
                       struct wire_errors *errs);

/* A message that shows nothing is refused. */
bool chat_check_send(const struct chat_send_request *send, const struct wire_loc *loc,
                     struct wire_errors *errs);

/* --- Backends --------------------------------------------------------------------------------- */

struct chat_turn {
    const char *role, *content;
};

struct chat_request {
    const char *message;
    const struct chat_turn *turns; /* before the message, oldest first */
    size_t turn_count;
    const char *model; /* of the session; NULL: the backend's default */
};

struct chat_backend {
    const char *name;
    const char *help; /* one line */
    /* Adds the answer to `out`. ERR_UNAVAILABLE: something must be set up first; says what. */
    bool (*reply)(const struct chat_request *req, struct buf *out, struct err *e);
};

/* All backends, ended by NULL; the first one needs nothing. */
extern const struct chat_backend *const chat_backends[];

const struct chat_backend *chat_backend_find(const char *name); /* NULL: unknown */

#endif
