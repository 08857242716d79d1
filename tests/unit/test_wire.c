/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/wire.h"
#include "tests/check.h"

#include <stdlib.h>

/* A table with every kind; the words of the expected errors are those of pydantic 2.13 and
 * FastAPI's handling of bodies. */
struct part {
    const char *text;
    double start, end;
    struct wire_raw extra;
};
static const struct wire_field part_fields[] = {
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct part, text), .help = "What is said."},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct part, start), .min = 0, .max = INFINITY, .help = "From."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct part, end), .exclusive_min = true, .help = "To."},
    {0},
};
static const struct wire_type part_type = {
    .name = "Part", .help = "A part.", .fields = part_fields, .size = sizeof(struct part),
    .extra_offset = offsetof(struct part, extra)};

struct all {
    const char *name, *mode, *when;
    int8_t flag, maybe;
    int64_t count, level;
    double speed, tempo;
    struct part *part, *other;
    struct wire_list parts, beats, modes, counts, flags, raws;
    struct wire_raw any;
    uint64_t present;
};
static const char *const modes[] = {"zoom", "slow", "cut", NULL};
#define AT(member) .offset = offsetof(struct all, member), .help = "Help."
static const struct wire_field all_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 2, .max = 5, AT(name)},
    {.name = "mode", .kind = WIRE_STRING, .choices = modes, .def = "\"cut\"", AT(mode)},
    {.name = "when", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME | WIRE_OMIT,
     AT(when)},
    {.name = "flag", .kind = WIRE_BOOL, .def = "true", AT(flag)},
    {.name = "maybe", .kind = WIRE_BOOL, .flags = WIRE_NULLABLE, AT(maybe)},
    {.name = "count", .kind = WIRE_INT, .flags = WIRE_NULLABLE, AT(count)},
    {.name = "level", .kind = WIRE_INT, .min = 1, .max = 10, .def = "5", .example = "7", AT(level)},
    {.name = "speed", .kind = WIRE_NUMBER, .min = 0.5, .max = 2, .def = "1.0", AT(speed)},
    {.name = "tempo", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(tempo)},
    {.name = "part", .kind = WIRE_OBJECT, .type = &part_type, .flags = WIRE_OMIT, AT(part)},
    {.name = "other", .kind = WIRE_OBJECT, .type = &part_type, .flags = WIRE_NULLABLE, AT(other)},
    {.name = "parts", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &part_type, .max = 3,
     .def = "[]", AT(parts)},
    {.name = "beats", .kind = WIRE_LIST, .item = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(beats)},
    {.name = "modes", .kind = WIRE_LIST, .item = WIRE_STRING, .choices = modes, .min = 1,
     .max = INFINITY, .flags = WIRE_OMIT, AT(modes)},
    {.name = "counts", .kind = WIRE_LIST, .item = WIRE_INT, .flags = WIRE_OMIT, AT(counts)},
    {.name = "flags", .kind = WIRE_LIST, .item = WIRE_BOOL, .flags = WIRE_OMIT, AT(flags)},
    {.name = "raws", .kind = WIRE_LIST, .item = WIRE_JSON, .flags = WIRE_OMIT, AT(raws)},
    {.name = "any", .kind = WIRE_JSON, .flags = WIRE_NULLABLE, AT(any)},
    {0},
};
static const struct wire_type all_type = {
    .name = "All", .fields = all_fields, .size = sizeof(struct all),
    .present_offset = offsetof(struct all, present)};

/* Reads as `type`; what comes out is the written object, or the errors without their frame. */
static char *through(const struct wire_type *type, const char *text, size_t len,
                     const struct wire_limits *limits)
{
    struct arena a;
    struct wire_errors errs = {0};
    struct buf out;
    arena_init(&a, 16 << 20);
    buf_init(&out, 16 << 20);
    void *obj = wire_read(type, text, len, limits, NULL, &a, &errs);
    CHECK((obj != NULL) == (errs.count == 0));
    if (obj)
        wire_write(type, obj, &out);
    else
        buf_add(&out, errs.list.data, errs.list.len);
    wire_errors_finish(&errs);
    arena_finish(&a);
    return buf_steal(&out, NULL);
}

static void check_through(const struct wire_type *type, const char *text, const char *want)
{
    CHECK_CASE(text);
    char *got = through(type, text, strlen(text), NULL);
    CHECK_STR(got, want);
    free(got);
}

#define REST "\"mode\":\"cut\",\"flag\":true,\"maybe\":null,\"count\":null,\"level\":5," \
             "\"speed\":1.0,\"tempo\":null,\"other\":null,\"parts\":[],\"beats\":null,\"any\":null}"

static void test_whole_objects(void)
{
    check_through(&all_type, "{\"name\":\"abc\"}", "{\"name\":\"abc\"," REST);
    check_through(&all_type, " {\"what\":[{}], \"name\" : \"x\\u00e9\", \"when\":null}\n",
                  "{\"name\":\"x\u00e9\"," REST);
    check_through(&all_type,
                  "{\"any\":{ \"b\" : [1.0, 2e5] },\"raws\":[null,1,{}],\"flags\":[true,\"no\",0],"
                  "\"counts\":[1,\"2\",3.0],\"modes\":[\"zoom\"],\"beats\":[0.5,\"1\",2],"
                  "\"parts\":[{\"text\":\"\",\"start\":0,\"end\":0.488}],"
                  "\"other\":{\"text\":\"t\",\"start\":1e-7,\"end\":1e16},"
                  "\"part\":{\"text\":\"p\",\"start\":\"1.5\",\"end\":true},"
                  "\"tempo\":120,\"speed\":2,\"level\":\"7\",\"count\":-3.0,\"maybe\":\"off\","
                  "\"flag\":0,\"when\":\"2025-01-01\",\"mode\":\"zoom\",\"name\":\"ab\"}",
                  "{\"name\":\"ab\",\"mode\":\"zoom\",\"when\":\"2025-01-01\",\"flag\":false,"
                  "\"maybe\":false,\"count\":-3,\"level\":7,\"speed\":2.0,\"tempo\":120.0,"
                  "\"part\":{\"text\":\"p\",\"start\":1.5,\"end\":1.0},"
                  "\"other\":{\"text\":\"t\",\"start\":1e-07,\"end\":1e+16},"
                  "\"parts\":[{\"text\":\"\",\"start\":0.0,\"end\":0.488}],\"beats\":[0.5,1.0,2.0],"
                  "\"modes\":[\"zoom\"],\"counts\":[1,2,3],\"flags\":[true,false,false],"
                  "\"raws\":[null,1,{}],\"any\":{\"b\":[1.0,2e5]}}");
}

int main(void)
{
    test_whole_objects();
    return check_done();
}
