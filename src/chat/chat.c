/* SPDX-License-Identifier: GPL-3.0-or-later
 * The chat's bodies as tables, and the list of backends. */
#include "chat/chat.h"

#include "core/json.h"
#include "core/utf8.h"
#include "models/model_names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TITLE_MAX 200
#define MODEL_MAX 200

static const struct wire_field message_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_message_schema, id), .help = "The message's id."},
    {.name = "role", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_message_schema, role), .help = "user or assistant."},
    {.name = "content", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_message_schema, content), .help = "The text."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME,
     .offset = offsetof(struct chat_message_schema, created_at), .help = "When it was said."},
    {0},
};
const struct wire_type wire_chat_message = {
    .name = "ChatMessageSchema", .help = "One message of a conversation.",
    .fields = message_fields, .size = sizeof(struct chat_message_schema)};

static const struct wire_field session_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_session_schema, id), .help = "The session's id."},
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct chat_session_schema, title), .help = "Its title."},
    {.name = "backend", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_session_schema, backend), .help = "Who answers."},
    {.name = "hf_model", .kind = WIRE_STRING, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct chat_session_schema, hf_model), .help = "The model, for hf."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME,
     .offset = offsetof(struct chat_session_schema, created_at), .help = "When it began."},
    {.name = "updated_at", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME,
     .offset = offsetof(struct chat_session_schema, updated_at), .help = "When it last changed."},
    {.name = "messages", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_chat_message,
     .def = "[]", .offset = offsetof(struct chat_session_schema, messages),
     .help = "What was said, oldest first."},
    {0},
};
const struct wire_type wire_chat_session = {
    .name = "ChatSessionSchema", .help = "A conversation.", .fields = session_fields,
    .size = sizeof(struct chat_session_schema)};

static const struct wire_field list_fields[] = {
    {.name = "sessions", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_chat_session,
     .flags = WIRE_REQUIRED, .offset = offsetof(struct chat_session_list, sessions),
     .help = "Newest first."},
    {0},
};
const struct wire_type wire_chat_session_list = {
    .name = "ChatSessionList", .help = "All conversations.", .fields = list_fields,
    .size = sizeof(struct chat_session_list)};

static const struct wire_field create_fields[] = {
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = TITLE_MAX,
     .offset = offsetof(struct chat_session_create, title), .help = "A title.",
     .example = "\"New Chat\""},
    {.name = "backend", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 64,
     .offset = offsetof(struct chat_session_create, backend),
     .help = "Who answers: stub, hf, openai. Left out: the setting AIVE_CHAT_BACKEND.",
     .example = "\"stub\""},
    {.name = "hf_model", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = MODEL_MAX,
     .offset = offsetof(struct chat_session_create, hf_model),
     .help = "A model's name for the backend hf.", .example = "\"distilgpt2\""},
    {0},
};
const struct wire_type wire_chat_session_create = {
    .name = "ChatSessionCreate", .help = "A new conversation.", .fields = create_fields,
    .size = sizeof(struct chat_session_create)};

static const struct wire_field send_fields[] = {
    {.name = "message", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1,
     .max = CHAT_MESSAGE_MAX, .offset = offsetof(struct chat_send_request, message),
     .help = "What you want to say.",
     .example = "\"Suggest a hook for my video about cooking\""},
    {.name = "max_tokens", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .min = 1, .max = 4096,
     .offset = offsetof(struct chat_send_request, max_tokens),
     .help = "Longest answer, in tokens of the model."},
    {.name = "temperature", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .min = 0, .max = 2,
     .offset = offsetof(struct chat_send_request, temperature),
     .help = "How freely words are chosen; 0: always the likeliest, the same answer each time."},
    {.name = "top_k", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .min = 0, .max = 100000,
     .offset = offsetof(struct chat_send_request, top_k),
     .help = "Choose among the k likeliest; 0: among all. Only for hf."},
    {.name = "top_p", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .min = 0, .max = 1,
     .exclusive_min = true, .offset = offsetof(struct chat_send_request, top_p),
     .help = "Choose among the likeliest that have this probability together."},
    {.name = "repetition_penalty", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .min = 0.1, .max = 10,
     .offset = offsetof(struct chat_send_request, repetition_penalty),
     .help = "Above 1 makes words that were there less likely. Only for hf."},
    {.name = "seed", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .min = 0, .max = INFINITY,
     .offset = offsetof(struct chat_send_request, seed),
     .help = "The same seed gives the same answer to the same conversation."},
    {.name = "stop", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_NULLABLE,
     .max = CHAT_STOPS_MAX, .offset = offsetof(struct chat_send_request, stop),
     .help = "The answer ends before any of these texts."},
    {0},
};
const struct wire_type wire_chat_send_request = {
    .name = "ChatSendRequest", .help = "A message to a conversation.", .fields = send_fields,
    .size = sizeof(struct chat_send_request)};

static const struct wire_field response_fields[] = {
    {.name = "session", .kind = WIRE_OBJECT, .type = &wire_chat_session, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_send_response, session), .help = "With all its messages."},
    {.name = "reply", .kind = WIRE_OBJECT, .type = &wire_chat_message, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct chat_send_response, reply), .help = "The answer."},
    {0},
};
const struct wire_type wire_chat_send_response = {
    .name = "ChatSendResponse", .help = "The answer to a message.", .fields = response_fields,
    .size = sizeof(struct chat_send_response)};

/* --- Backends --------------------------------------------------------------------------------- */

extern const struct chat_backend chat_stub, chat_hf, chat_openai;

const struct chat_backend *const chat_backends[] = {
    &chat_stub,
    &chat_hf,
    &chat_openai,
    NULL,
};

const struct chat_backend *chat_backend_find(const char *name)
{
    for (const struct chat_backend *const *p = chat_backends; *p; p++)
        if (strcmp((*p)->name, name) == 0)
            return *p;
    return NULL;
}

void chat_say(const struct chat_request *req, struct buf *out, const char *text, size_t len)
{
    if (len == 0 || !buf_add(out, text, len))
        return;
    if (req->on_text)
        req->on_text(req->user, text, len);
}

/* --- Checks ----------------------------------------------------------------------------------- */

/* "'stub', 'hf' or 'openai'", as pydantic lists the members of an enum. */
static void list_backends(char *out, size_t size)
{
    out[0] = '\0';
    for (const struct chat_backend *const *p = chat_backends; *p; p++) {
        size_t n = strlen(out);
        const char *glue = n == 0 ? "" : p[1] ? ", " : " or ";
        snprintf(out + n, size - n, "%s'%s'", glue, (*p)->name);
    }
}

static bool string_error(const struct wire_loc *loc, const char *type, const char *input,
                         const char *ctx, const char *msg, struct wire_errors *errs)
{
    struct buf text;
    buf_init(&text, 16 << 10);
    json_write_string(&text, input);
    wire_error(errs, loc, type, text.data, text.len, ctx, "%s", msg);
    buf_finish(&text);
    return false;
}

static bool check_backend(const char *name, const struct wire_loc *loc, struct wire_errors *errs)
{
    char known[200], ctx[240], msg[240];
    if (!name || chat_backend_find(name))
        return true;
    list_backends(known, sizeof known);
    snprintf(ctx, sizeof ctx, "{\"expected\":\"%s\"}", known);
    snprintf(msg, sizeof msg, "Input should be %s", known);
    return string_error(loc, "enum", name, ctx, msg, errs);
}

bool chat_check_create(const struct chat_session_create *create, const struct wire_loc *loc,
                       struct wire_errors *errs)
{
    struct wire_loc backend = {.up = loc, .key = "backend"};
    struct wire_loc model = {.up = loc, .key = "hf_model"};
    bool ok = check_backend(create->backend, &backend, errs);
    if (create->hf_model && !model_name_ok(create->hf_model))
        ok = string_error(&model, "value_error", create->hf_model, "{\"error\":{}}",
                          "Value error, a model is named like distilgpt2 or owner/model", errs);
    return ok;
}

bool chat_check_send(const struct chat_send_request *send, const struct wire_loc *loc,
                     struct wire_errors *errs)
{
    struct wire_loc at = {.up = loc, .key = "message"}, stop = {.up = loc, .key = "stop"};
    const char *const *stops = send->stop.items;
    bool ok = true;
    if (!send->message[strspn(send->message, " \t\r\n")])
        ok = string_error(&at, "value_error", send->message, "{\"error\":{}}",
                          "Value error, the message is empty", errs);
    for (size_t i = 0; i < send->stop.count; i++) {
        struct wire_loc item = {.up = &stop, .index = i};
        size_t n = utf8_length(stops[i], strlen(stops[i]));
        if (n == 0 || n > CHAT_STOP_MAX)
            ok = string_error(&item, "value_error", stops[i], "{\"error\":{}}",
                              "Value error, a stop text has 1 to 100 characters", errs);
    }
    return ok;
}
