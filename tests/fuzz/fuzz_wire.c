/* SPDX-License-Identifier: GPL-3.0-or-later
 * A body either reads, and then what is written of it reads and writes the same; or it makes
 * errors, and their list is JSON. */
#include "core/json.h"
#include "core/wire.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(cond) ((cond) ? (void)0 : abort())

struct part {
    const char *text;
    double start;
    struct wire_raw extra;
};
static const struct wire_field part_fields[] = {
    {.name = "text",
     .kind = WIRE_STRING,
     .flags = WIRE_REQUIRED,
     .offset = offsetof(struct part, text)},
    {.name = "start",
     .kind = WIRE_NUMBER,
     .min = 0,
     .max = INFINITY,
     .flags = WIRE_OMIT | WIRE_NULLABLE,
     .offset = offsetof(struct part, start)},
    {0},
};
static const struct wire_type part_type = {.name = "Part",
                                           .fields = part_fields,
                                           .size = sizeof(struct part),
                                           .extra_offset = offsetof(struct part, extra)};

struct body {
    const char *name, *mode;
    int8_t flag;
    int64_t count;
    double speed;
    struct part *part;
    struct wire_list parts, beats, modes, raws;
    struct wire_raw any, extra;
};
static const char *const modes[] = {"zoom", "cut", NULL};
static const struct wire_field body_fields[] = {
    {.name = "name",
     .kind = WIRE_STRING,
     .min = 1,
     .max = 8,
     .def = "\"x\"",
     .offset = offsetof(struct body, name)},
    {.name = "mode",
     .kind = WIRE_STRING,
     .choices = modes,
     .flags = WIRE_NULLABLE,
     .offset = offsetof(struct body, mode)},
    {.name = "flag", .kind = WIRE_BOOL, .def = "false", .offset = offsetof(struct body, flag)},
    {.name = "count",
     .kind = WIRE_INT,
     .flags = WIRE_NULLABLE,
     .offset = offsetof(struct body, count)},
    {.name = "speed",
     .kind = WIRE_NUMBER,
     .def = "1",
     .min = -1e9,
     .max = 1e9,
     .offset = offsetof(struct body, speed)},
    {.name = "part",
     .kind = WIRE_OBJECT,
     .type = &part_type,
     .flags = WIRE_NULLABLE,
     .offset = offsetof(struct body, part)},
    {.name = "parts",
     .kind = WIRE_LIST,
     .item = WIRE_OBJECT,
     .type = &part_type,
     .max = 4,
     .offset = offsetof(struct body, parts)},
    {.name = "beats",
     .kind = WIRE_LIST,
     .item = WIRE_NUMBER,
     .flags = WIRE_NULLABLE,
     .offset = offsetof(struct body, beats)},
    {.name = "modes",
     .kind = WIRE_LIST,
     .item = WIRE_STRING,
     .choices = modes,
     .offset = offsetof(struct body, modes)},
    {.name = "raws", .kind = WIRE_LIST, .item = WIRE_JSON, .offset = offsetof(struct body, raws)},
    {.name = "any",
     .kind = WIRE_JSON,
     .flags = WIRE_OMIT | WIRE_NULLABLE,
     .offset = offsetof(struct body, any)},
    {0},
};
static const struct wire_type body_type = {.name = "Body",
                                           .fields = body_fields,
                                           .size = sizeof(struct body),
                                           .extra_offset = offsetof(struct body, extra)};

static bool is_json(const struct buf *b)
{
    struct json_reader r;
    json_reader_init(&r, b->data, b->len, JSON_DEPTH_MAX);
    return json_skip(&r) && json_at_end(&r);
}

static void read_body(const char *text, size_t len, struct arena *a)
{
    struct wire_errors errs = {0};
    struct buf once, twice;
    buf_init(&once, 8 << 20);
    buf_init(&twice, 8 << 20);
    void *body = wire_read(&body_type, text, len, NULL, NULL, a, &errs);
    REQUIRE(!body == (errs.count > 0));
    if (body) {
        wire_write(&body_type, body, &once);
        REQUIRE(is_json(&once));
        body = wire_read(&body_type, once.data, once.len, NULL, NULL, a, &errs);
        REQUIRE(body);
        wire_write(&body_type, body, &twice);
        REQUIRE(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    } else {
        struct err e;
        REQUIRE(wire_errors_json(&errs, &once) && is_json(&once));
        wire_errors_to_err(&errs, &e);
    }
    wire_errors_finish(&errs);
    buf_finish(&once);
    buf_finish(&twice);
}

static void read_fields(const char *text, struct arena *a)
{
    struct wire_errors errs = {0};
    struct body body;
    struct wire_loc loc = {.key = "query"};
    struct buf out;
    buf_init(&out, 8 << 20);
    REQUIRE(wire_defaults(&body_type, &body, a));
    for (const struct wire_field *f = body_fields; f->name; f++)
        wire_read_text(f, text, &loc, &body, a, &errs);
    REQUIRE(wire_errors_json(&errs, &out) && is_json(&out));
    wire_errors_finish(&errs);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16)
        return 0;
    struct arena a;
    arena_init(&a, 16 << 20);
    read_body((const char *)data, size, &a);
    const char *text = arena_strndup(&a, (const char *)data, size);
    if (text)
        read_fields(text, &a);
    arena_finish(&a);
    return 0;
}
