/* SPDX-License-Identifier: GPL-3.0-or-later
 * chat.h - talking about a film: the bodies of the chat endpoints, and who answers.
 *
 *     if (!chat_check_create(create, loc, arena, &errs)) -> 422
 *     const struct chat_backend *b = chat_backend_find(session.backend);
 *     struct chat_request req = {.message = text, .turns = turns, .turn_count = n, .config = config};
 *     if (!b->reply(&req, &out, e)) -> ERR_UNAVAILABLE says what must be set up
 *
 * A backend is one row of chat_backends; adding one is one file and one line. Whatever it is, it
 * gets words and gives words: it cannot touch projects or files.
 * Ownership: requests point at the caller's texts. Threads: any. Blocking: a backend with a model
 * works for up to AIVE_CHAT_SECONDS.
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

#define CHAT_MESSAGE_MAX 8000          /* characters */
#define CHAT_ANSWER_MAX (256u << 10)   /* bytes; a longer one is cut off or refused */
#define CHAT_STOPS_MAX 8
#define CHAT_STOP_MAX 100              /* characters */

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

/* Everything but the message may be absent (INT64_MIN, NAN): the backend decides. */
struct chat_send_request {
    const char *message;
    int64_t max_tokens, top_k, seed;
    double temperature, top_p, repetition_penalty;
    struct wire_list stop; /* const char * */
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

/* A message that shows nothing is refused, and a stop string that is empty or long. */
bool chat_check_send(const struct chat_send_request *send, const struct wire_loc *loc,
                     struct wire_errors *errs);

/* --- Backends --------------------------------------------------------------------------------- */

struct chat_turn {
    const char *role, *content;
};

struct cancel;
struct config;

struct chat_request {
    const char *message;
    const struct chat_turn *turns; /* before the message, oldest first */
    size_t turn_count;
    const char *model; /* of the session; NULL: the backend's default */
    const struct chat_send_request *wishes; /* how to answer; NULL: as the backend likes */
    const struct config *config;            /* may be NULL for a backend that needs nothing */
    const struct cancel *cancel;
    /* Optional: the answer's pieces as they come, whole UTF-8 characters. Together they are what
     * reply() gives. */
    void (*on_text)(void *user, const char *text, size_t len);
    void *user;
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

/* For backends: a piece of the answer goes to `out` and to whoever listens. */
void chat_say(const struct chat_request *req, struct buf *out, const char *text, size_t len);

#endif
