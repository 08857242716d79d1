/* SPDX-License-Identifier: GPL-3.0-or-later
 * The chat's bodies as tables, and the list of backends. */
#include "chat/chat.h"

#include "core/json.h"

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

/* "name" or "owner/name" of letters, digits, '.', '_', '-', each beginning with a letter or digit:
 * what Hugging Face allows, and nothing that leads out of the models' folder. */
static bool model_name_ok(const char *s)
{
    static const char *const first =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int parts = 1;; parts++) {
        if (strspn(s, first) == 0)
            return false;
        const char *end = s;
        while (*end && (strchr(first, *end) || strchr("._-", *end)))
            end++;
        if (!*end)
            return true;
        if (*end != '/' || parts == 2)
            return false;
        s = end + 1;
    }
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
    struct wire_loc at = {.up = loc, .key = "message"};
    if (send->message[strspn(send->message, " \t\r\n")])
        return true;
    return string_error(&at, "value_error", send->message, "{\"error\":{}}",
                        "Value error, the message is empty", errs);
}
