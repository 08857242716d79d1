/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_fixture - the HTTP layer with a few toy routes, for tests/integration/test_http_*.py.
 *
 *     http_fixture FOLDER [name=value ...]
 *
 * FOLDER holds the media folders ingest/ and consent/, and takes uploads. Prints the port, serves
 * on 127.0.0.1 until standard input ends, then stops with `grace_ms`. Access and error lines go to
 * standard error. The values set limits (see `settings`), so that a test need not wait long.
 */
#include "api/http.h"

#include "core/json.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    const char *dir;
    unsigned grace_ms;
    bool cors_list;
    struct http_config config;
};

/* --- Types ------------------------------------------------------------------------------------ */

struct item_params {
    int64_t item_id;
};
static const struct wire_field item_param_fields[] = {
    {.name = "item_id", .kind = WIRE_INT, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct item_params, item_id), .help = "Which item."},
    {0},
};
static const struct wire_type item_params_type = {.fields = item_param_fields,
                                                  .size = sizeof(struct item_params)};

struct word_params {
    const char *word;
};
static const struct wire_field word_param_fields[] = {
    {.name = "word", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = 0, .help = "Any word."},
    {0},
};
static const struct wire_type word_params_type = {.fields = word_param_fields,
                                                  .size = sizeof(struct word_params)};

struct list_query {
    int64_t skip, limit;
};
static const struct wire_field list_query_fields[] = {
    {.name = "skip", .kind = WIRE_INT, .offset = offsetof(struct list_query, skip), .min = 0,
     .max = 1e9, .def = "0", .help = "How many to leave out."},
    {.name = "limit", .kind = WIRE_INT, .offset = offsetof(struct list_query, limit), .min = 1,
     .max = 1000, .def = "100", .help = "How many at most."},
    {0},
};
static const struct wire_type list_query_type = {.fields = list_query_fields,
                                                 .size = sizeof(struct list_query)};

struct amount_query {
    int64_t n;
};
static const struct wire_field amount_fields[] = {
    {.name = "n", .kind = WIRE_INT, .offset = 0, .min = 0, .max = 1e8, .def = "0",
     .help = "How many."},
    {0},
};
static const struct wire_type amount_query_type = {.fields = amount_fields,
                                                   .size = sizeof(struct amount_query)};

struct item {
    int64_t id, count;
    const char *name;
};
static const struct wire_field item_fields[] = {
    {.name = "id", .kind = WIRE_INT, .offset = offsetof(struct item, id), .def = "0",
     .help = "Number of the item."},
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .max = 1000,
     .offset = offsetof(struct item, name), .help = "What it is called."},
    {.name = "count", .kind = WIRE_INT, .offset = offsetof(struct item, count), .def = "1",
     .min = 1, .max = 100, .help = "How many there are."},
    {0},
};
static const struct wire_type item_type = {.name = "Item", .help = "A thing.",
                                           .fields = item_fields, .size = sizeof(struct item)};

struct options {
    int8_t loud;
};
static const struct wire_field option_fields[] = {
    {.name = "loud", .kind = WIRE_BOOL, .offset = 0, .def = "true", .help = "Say it loudly."},
    {0},
};
static const struct wire_type options_type = {.name = "Options", .fields = option_fields,
                                              .size = sizeof(struct options)};

struct upload_form {
    const char *title;
    int8_t auto_analyze;
};
static const struct wire_field upload_form_fields[] = {
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct upload_form, title), .help = "Title."},
    {.name = "auto_analyze", .kind = WIRE_BOOL, .def = "true",
     .offset = offsetof(struct upload_form, auto_analyze), .help = "Analyse at once."},
    {0},
};
static const struct wire_type upload_form_type = {.fields = upload_form_fields,
                                                  .size = sizeof(struct upload_form)};

static const struct route_file upload_files[] = {
    {.name = "file", .help = "The file.", .required = true},
    {.name = "full", .help = "Goes to a disk that is full."},
    {0},
};

static int open_upload(void *app, const char *field, struct err *e)
{
    const struct fixture *f = app;
    bool full = strcmp(field, "full") == 0;
    int fd = full ? open("/dev/full", O_WRONLY | O_CLOEXEC)
                  : open(f->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        err_set(e, ERR_IO, "no temporary file");
    return fd;
}

/* --- Handlers --------------------------------------------------------------------------------- */

static bool ping(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)e;
    return reply_text(reply, REPLY_JSON, "{\"status\":\"ok\"}");
}

static bool item_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct item_params *p = req->params;
    if (p->item_id < 1)
        return err_set(e, ERR_NOT_FOUND, "Item not found");
    struct item item = {.id = p->item_id, .name = "thing", .count = 1};
    reply_header(reply, "ETag", "\"r1\"");
    return reply_json(reply, &item_type, &item);
}

static bool item_set(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    const struct item_params *p = req->params;
    struct item item = *(const struct item *)req->body;
    item.id = p->item_id;
    return reply_json(reply, &item_type, &item);
}

static bool item_list(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    const struct list_query *q = req->query;
    struct item items[3];
    size_t n = q->limit < 3 ? (size_t)q->limit : 3;
    for (size_t i = 0; i < n; i++)
        items[i] = (struct item){.id = q->skip + (int64_t)i, .name = "x", .count = q->limit};
    reply_header(reply, "X-Total-Count", "3");
    return reply_json_list(reply, &item_type, items, n);
}

static bool word_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    const struct word_params *p = req->params;
    reply->content_type = REPLY_JSON;
    json_write_string(&reply->body, p ? p->word : "(fixed)");
    return true;
}

static bool optional_post(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    return reply_json(reply, &options_type, req->body);
}

static bool upload_post(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    const struct upload_form *form = req->form;
    const struct upload *up = request_upload(req, "file");
    struct buf *b = &reply->body;
    reply->content_type = REPLY_JSON;
    buf_printf(b, "{\"size\":%llu,\"hash\":\"%s\",\"filename\":", (unsigned long long)up->size,
               up->hash);
    json_write_string(b, up->filename);
    buf_adds(b, ",\"content_type\":");
    json_write_string(b, up->content_type);
    buf_adds(b, ",\"title\":");
    json_write_string(b, form->title);
    buf_printf(b, ",\"auto_analyze\":%s}", form->auto_analyze ? "true" : "false");
    return true;
}

static bool fail(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)reply;
    return err_set(e, ERR_INTERNAL, "words for the log only");
}

static bool busy(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)reply;
    return err_set(e, ERR_BUSY, "Too much at once");
}

/* Waits n milliseconds, or until the server shuts down. */
static bool wait_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct amount_query *q = req->query;
    struct pollfd fd = {.fd = req->cancel->fd, .events = POLLIN};
    fprintf(stderr, "waiting\n");
    if (poll(&fd, 1, (int)q->n) > 0)
        return err_set(e, ERR_CANCELED, "The server is shutting down");
    return reply_text(reply, REPLY_JSON, "{\"waited\":true}");
}

static bool bytes_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct amount_query *q = req->query;
    char *room = buf_reserve(&reply->body, (size_t)q->n);
    if (!room)
        return err_set(e, ERR_TOO_LARGE, "too much");
    memset(room, 'x', (size_t)q->n);
    reply->body.len = (size_t)q->n;
    reply->content_type = "application/octet-stream";
    return true;
}

/* Numbers, a line each; more than 99999 of them fail amid the body. */
static bool stream_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct amount_query *q = req->query;
    char line[32];
    bool there = reply_stream_begin(reply, "text/plain");
    for (int64_t i = 0; there && i < q->n && i < 100000; i++) {
        int n = snprintf(line, sizeof line, "%d\n", (int)i);
        there = reply_stream_write(reply, line, (size_t)n);
    }
    fprintf(stderr, there ? "streamed\n" : "nobody reads the stream\n");
    return q->n < 100000 || err_set(e, ERR_INTERNAL, "words about a broken stream");
}

/* Goes on until the client has gone. */
static bool gone_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)reply;
    fprintf(stderr, "working\n");
    while (!cancel_fired(req->gone))
        poll(NULL, 0, 10);
    fprintf(stderr, "noticed\n");
    return err_set(e, ERR_CANCELED, "canceled");
}

static bool injection_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)e;
    reply_header(reply, "X-Evil", "a\r\nSet-Cookie: b");
    return reply_text(reply, "text/plain", "ok");
}

static bool deny(struct request *req, struct reply *reply, struct err *e)
{
    (void)reply;
    const char *who = request_header(req, "X-Deny");
    return !who || err_set(e, ERR_FORBIDDEN, "Not for you");
}

/* clang-format off */
static const struct route routes[] = {
    {.method = "GET", .path = "/api/ping", .name = "ping", .tag = "toys", .access = ACCESS_PUBLIC,
     .run = RUN_INLINE, .handler = ping, .help = "Answers."},
    {.method = "GET", .path = "/api/items", .name = "list_items", .tag = "toys", .run = RUN_INLINE,
     .handler = item_list, .query = &list_query_type, .response = &item_type,
     .response_list = true, .help = "All items."},
    {.method = "GET", .path = "/api/items/{item_id}", .name = "get_item", .tag = "toys",
     .run = RUN_INLINE, .handler = item_get, .params = &item_params_type, .response = &item_type,
     .help = "One item."},
    {.method = "POST", .path = "/api/items/{item_id}", .name = "set_item", .tag = "toys",
     .run = RUN_POOL, .handler = item_set, .params = &item_params_type, .body = BODY_JSON,
     .request = &item_type, .response = &item_type, .help = "Changes an item."},
    {.method = "GET", .path = "/api/words/{word}", .name = "get_word", .run = RUN_INLINE,
     .handler = word_get, .params = &word_params_type, .help = "Says the word."},
    {.method = "GET", .path = "/api/words/fixed", .name = "get_fixed", .run = RUN_INLINE,
     .handler = word_get, .help = "A word of its own."},
    {.method = "POST", .path = "/api/optional", .name = "optional", .run = RUN_POOL,
     .handler = optional_post, .body = BODY_JSON, .request = &options_type,
     .request_optional = true, .response = &options_type, .help = "Needs no body."},
    {.method = "POST", .path = "/api/nobody", .name = "nobody", .run = RUN_INLINE,
     .handler = ping, .help = "Takes no body."},
    {.method = "POST", .path = "/api/upload", .name = "upload", .tag = "files", .run = RUN_POOL,
     .handler = upload_post, .body = BODY_MULTIPART, .files = upload_files,
     .form = &upload_form_type, .open_upload = open_upload, .help = "Takes a file."},
    {.method = "POST", .path = "/api/small", .name = "small", .run = RUN_POOL,
     .handler = upload_post, .body = BODY_MULTIPART, .files = upload_files, .body_limit = 200000,
     .form = &upload_form_type, .open_upload = open_upload, .help = "Takes a small file."},
    {.method = "GET", .path = "/api/fail", .name = "fail", .run = RUN_POOL, .handler = fail,
     .help = "Fails."},
    {.method = "GET", .path = "/api/busy", .name = "busy", .run = RUN_INLINE, .handler = busy,
     .help = "Is busy."},
    {.method = "GET", .path = "/api/wait", .name = "wait", .run = RUN_LONG, .handler = wait_get,
     .query = &amount_query_type, .help = "Waits."},
    {.method = "GET", .path = "/api/bytes", .name = "bytes", .run = RUN_INLINE,
     .handler = bytes_get, .query = &amount_query_type, .help = "Many bytes."},
    {.method = "GET", .path = "/api/stream", .name = "stream", .run = RUN_LONG,
     .handler = stream_get, .query = &amount_query_type, .help = "A body that is being made."},
    {.method = "GET", .path = "/api/gone", .name = "gone", .run = RUN_LONG, .handler = gone_get,
     .help = "Works for the client only."},
    {.method = "GET", .path = "/api/injection", .name = "injection", .run = RUN_INLINE,
     .handler = injection_get, .help = "Tries to forge a header."},
};
/* clang-format on */

/* --- Settings --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset; /* of an unsigned in struct fixture */
} settings[] = {
    {"grace_ms", offsetof(struct fixture, grace_ms)},
    {"threads", offsetof(struct fixture, config.threads)},
    {"pool_threads", offsetof(struct fixture, config.pool_threads)},
    {"pool_queue", offsetof(struct fixture, config.pool_queue)},
    {"long_threads", offsetof(struct fixture, config.long_threads)},
    {"long_queue", offsetof(struct fixture, config.long_queue)},
    {"header_ms", offsetof(struct fixture, config.limits.header_ms)},
    {"idle_ms", offsetof(struct fixture, config.limits.idle_ms)},
    {"body_window_ms", offsetof(struct fixture, config.limits.body_window_ms)},
    {"body_min_rate", offsetof(struct fixture, config.limits.body_min_rate)},
    {"drain_ms", offsetof(struct fixture, config.limits.drain_ms)},
    {"sweep_ms", offsetof(struct fixture, config.limits.sweep_ms)},
    {"connections", offsetof(struct fixture, config.limits.connections)},
};

static bool set(struct fixture *f, const char *arg)
{
    const char *eq = strchr(arg, '=');
    if (strcmp(arg, "cors_list=1") == 0) {
        f->cors_list = true;
        return true;
    }
    for (size_t i = 0; eq && i < sizeof settings / sizeof *settings; i++)
        if (strlen(settings[i].name) == (size_t)(eq - arg) &&
            strncmp(settings[i].name, arg, (size_t)(eq - arg)) == 0) {
            *(unsigned *)((char *)f + settings[i].offset) = (unsigned)strtoul(eq + 1, NULL, 10);
            return true;
        }
    return false;
}

static void on_access(void *ctx, const struct http_access *a)
{
    (void)ctx;
    fprintf(stderr, "access %s %s %d %llu %s %s\n", a->method, a->path, a->status,
            (unsigned long long)a->bytes, a->id, a->client);
}

static void on_error(void *ctx, const char *id, const char *words)
{
    (void)ctx;
    fprintf(stderr, "error %s %s\n", id, words);
}

int main(int argc, char **argv)
{
    static const char *const anybody[] = {"*", NULL};
    static const char *const listed[] = {"https://app.example", NULL};
    struct fixture f = {.dir = argc > 1 ? argv[1] : ".", .grace_ms = 1000};
    http_config_init(&f.config);
    for (int i = 2; i < argc; i++)
        if (!set(&f, argv[i])) {
            fprintf(stderr, "unknown setting %s\n", argv[i]);
            return 2;
        }
    char ingest[4096], consent[4096], docs[4096];
    snprintf(ingest, sizeof ingest, "%s/ingest", f.dir);
    snprintf(consent, sizeof consent, "%s/consent", f.dir);
    snprintf(docs, sizeof docs, "%s/docs", f.dir);
    mkdir(ingest, 0700);
    mkdir(consent, 0700);
    const struct http_media_class media[] = {
        {.name = "ingest", .dir = ingest},
        {.name = "consent", .dir = consent, .attachment = true},
        {0},
    };
    f.config.routes = routes;
    f.config.route_count = sizeof routes / sizeof *routes;
    f.config.app = &f;
    f.config.media = media;
    f.config.docs_dir = docs;
    f.config.cors_origins = f.cors_list ? listed : anybody;
    f.config.cors_credentials = f.cors_list;
    f.config.authorize = deny;
    f.config.log_access = on_access;
    f.config.log_error = on_error;

    struct err e = {0};
    struct http_server *s = http_server_start(&f.config, &e);
    if (!s) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    printf("%u\n", http_server_port(s));
    fflush(stdout);
    char c;
    while (read(STDIN_FILENO, &c, 1) > 0)
        continue;
    http_server_stop(s, f.grace_ms);
    return 0;
}
