/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"
#include "core/wire.h"
#include "check.h"

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

/* {"type":t,"loc":["body",l],"msg":m,"input":i} and the same with a ctx */
#define HEAD(t, l, m) "{\"type\":\"" t "\",\"loc\":[\"body\"" l "],\"msg\":\"" m "\",\"input\":"
#define E(t, l, m, i) HEAD(t, l, m) i "}"
#define EC(t, l, m, i, c) HEAD(t, l, m) i ",\"ctx\":{" c "}}"
#define BOOL_TYPE "Input should be a valid boolean"
#define BOOL_PARSING "Input should be a valid boolean, unable to interpret input"
#define INT_TYPE "Input should be a valid integer"
#define INT_PARSING "Input should be a valid integer, unable to parse string as an integer"
#define INT_SIZE "Unable to parse input string as an integer, exceeded maximum size"
#define INT_FLOAT "Input should be a valid integer, got a number with a fractional part"
#define FLOAT_TYPE "Input should be a valid number"
#define FLOAT_PARSING "Input should be a valid number, unable to parse string as a number"
#define FINITE "Input should be a finite number"
#define STRING_TYPE "Input should be a valid string"
#define LIST_TYPE "Input should be a valid list"
#define OBJECT_TYPE "Input should be a valid dictionary or object to extract fields from"
#define LITERAL "Input should be 'zoom', 'slow' or 'cut'"
#define EXPECTED "\"expected\":\"'zoom', 'slow' or 'cut'\""

/* One member beside a good name, and the one error it makes. */
static void test_errors_of_values(void)
{
    static const struct {
        const char *member, *error;
    } cases[] = {
        {"\"flag\":null", E("bool_type", ",\"flag\"", BOOL_TYPE, "null")},
        {"\"flag\":[ 1 ]", E("bool_type", ",\"flag\"", BOOL_TYPE, "[1]")},
        {"\"flag\":1.5", E("bool_type", ",\"flag\"", BOOL_TYPE, "1.5")},
        {"\"flag\":2", E("bool_parsing", ",\"flag\"", BOOL_PARSING, "2")},
        {"\"flag\":\" yes\"", E("bool_parsing", ",\"flag\"", BOOL_PARSING, "\" yes\"")},
        {"\"flag\":\"yes\\u0000\"", E("bool_parsing", ",\"flag\"", BOOL_PARSING, "\"yes\\u0000\"")},
        {"\"level\":null", E("int_type", ",\"level\"", INT_TYPE, "null")},
        {"\"level\":{\"a\": 1}", E("int_type", ",\"level\"", INT_TYPE, "{\"a\":1}")},
        {"\"level\":\"x\"", E("int_parsing", ",\"level\"", INT_PARSING, "\"x\"")},
        {"\"level\":\"1e1\"", E("int_parsing", ",\"level\"", INT_PARSING, "\"1e1\"")},
        {"\"level\":\"1__0\"", E("int_parsing", ",\"level\"", INT_PARSING, "\"1__0\"")},
        {"\"level\":3.5", E("int_from_float", ",\"level\"", INT_FLOAT, "3.5")},
        {"\"level\":1e400", E("finite_number", ",\"level\"", FINITE, "1e400")},
        {"\"count\":9223372036854775808",
         E("int_parsing_size", ",\"count\"", INT_SIZE, "9223372036854775808")},
        {"\"count\":-9223372036854775808",
         E("int_parsing_size", ",\"count\"", INT_SIZE, "-9223372036854775808")},
        {"\"count\":\"9223372036854775808\"",
         E("int_parsing_size", ",\"count\"", INT_SIZE, "\"9223372036854775808\"")},
        {"\"count\":1e300", E("int_parsing_size", ",\"count\"", INT_SIZE, "1e300")},
        {"\"level\":0", EC("greater_than_equal", ",\"level\"",
                           "Input should be greater than or equal to 1", "0", "\"ge\":1")},
        {"\"level\":\"11\"", EC("less_than_equal", ",\"level\"",
                                "Input should be less than or equal to 10", "\"11\"", "\"le\":10")},
        {"\"speed\":null", E("float_type", ",\"speed\"", FLOAT_TYPE, "null")},
        {"\"speed\":[]", E("float_type", ",\"speed\"", FLOAT_TYPE, "[]")},
        {"\"speed\":\"\"", E("float_parsing", ",\"speed\"", FLOAT_PARSING, "\"\"")},
        {"\"speed\":\"1,5\"", E("float_parsing", ",\"speed\"", FLOAT_PARSING, "\"1,5\"")},
        {"\"tempo\":1e400", E("finite_number", ",\"tempo\"", FINITE, "1e400")},
        {"\"tempo\":\"-Infinity\"", E("finite_number", ",\"tempo\"", FINITE, "\"-Infinity\"")},
        {"\"speed\":0.4", EC("greater_than_equal", ",\"speed\"",
                             "Input should be greater than or equal to 0.5", "0.4", "\"ge\":0.5")},
        {"\"speed\":2.5", EC("less_than_equal", ",\"speed\"",
                             "Input should be less than or equal to 2", "2.5", "\"le\":2.0")},
        {"\"when\":5", E("string_type", ",\"when\"", STRING_TYPE, "5")},
        {"\"when\":\"a\\u0000b\"",
         EC("value_error", ",\"when\"", "Value error, a null character is not allowed in a string",
            "\"a\\u0000b\"", "\"error\":{}")},
        {"\"name\":\"\\u00e9\"",
         EC("string_too_short", ",\"name\"", "String should have at least 2 characters",
            "\"\\u00e9\"", "\"min_length\":2")},
        {"\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"",
         EC("string_too_long", ",\"name\"", "String should have at most 5 characters",
            "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"", "\"max_length\":5")},
        {"\"mode\":\"spin\"", EC("literal_error", ",\"mode\"", LITERAL, "\"spin\"", EXPECTED)},
        {"\"mode\":null", EC("literal_error", ",\"mode\"", LITERAL, "null", EXPECTED)},
        {"\"mode\":\"zoom\\u0000\"",
         EC("literal_error", ",\"mode\"", LITERAL, "\"zoom\\u0000\"", EXPECTED)},
        {"\"part\":[]", E("model_attributes_type", ",\"part\"", OBJECT_TYPE, "[]")},
        {"\"part\":null", E("model_attributes_type", ",\"part\"", OBJECT_TYPE, "null")},
        {"\"beats\":{}", E("list_type", ",\"beats\"", LIST_TYPE, "{}")},
        {"\"parts\":null", E("list_type", ",\"parts\"", LIST_TYPE, "null")},
        {"\"beats\":[0,\"x\"]", E("float_parsing", ",\"beats\",1", FLOAT_PARSING, "\"x\"")},
        {"\"beats\":[null]", E("float_type", ",\"beats\",0", FLOAT_TYPE, "null")},
        {"\"modes\":[\"zoom\",\"x\"]",
         EC("literal_error", ",\"modes\",1", LITERAL, "\"x\"", EXPECTED)},
        {"\"modes\":[]",
         EC("too_short", ",\"modes\"", "List should have at least 1 item after validation, not 0",
            "[]", "\"field_type\":\"List\",\"min_length\":1,\"actual_length\":0")},
        {"\"parts\":[1, 2,3,4]", /* the length alone, as pydantic: no errors of elements */
         EC("too_long", ",\"parts\"", "List should have at most 3 items after validation, not 4",
            "[1,2,3,4]", "\"field_type\":\"List\",\"max_length\":3,\"actual_length\":4")},
        {"\"parts\":[{\"text\":\"\",\"start\":0,\"end\":1},7]",
         E("model_attributes_type", ",\"parts\",1", OBJECT_TYPE, "7")},
        {"\"other\":{\"text\":\"\",\"start\":0,\"end\":0}",
         EC("greater_than", ",\"other\",\"end\"", "Input should be greater than 0", "0",
            "\"gt\":0.0")},
        {"\"parts\":[{\"text\":\"\", \"end\":1}]",
         E("missing", ",\"parts\",0,\"start\"", "Field required", "{\"text\":\"\",\"end\":1}")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        const char *name = strncmp(cases[i].member, "\"name\"", 6) ? "\"name\":\"abc\"," : "";
        snprintf(text, sizeof text, "{%s%s}", name, cases[i].member);
        check_through(&all_type, text, cases[i].error);
    }
}

static void test_whole_bodies(void)
{
    check_through(&all_type, "", E("missing", "", "Field required", "null"));
    check_through(&all_type, "[1, 2]", E("model_attributes_type", "", OBJECT_TYPE, "[1,2]"));
    check_through(&all_type, "null", E("model_attributes_type", "", OBJECT_TYPE, "null"));
    check_through(&all_type, "{}", E("missing", ",\"name\"", "Field required", "{}"));
    check_through(&all_type, "{bad",
                  EC("json_invalid", ",1", "JSON decode error", "{}",
                     "\"error\":\"Expecting property name enclosed in double quotes\""));
    check_through(&all_type, "{\"level\":99}x", /* in place of the errors of the values */
                  EC("json_invalid", ",12", "JSON decode error", "{}",
                     "\"error\":\"Extra data\""));
    check_through(&all_type, "{\"name\":\"\\x\"}",
                  EC("json_invalid", ",9", "JSON decode error", "{}",
                     "\"error\":\"Invalid \\\\escape\""));
    check_through(&all_type, "{\"name\":\"\xff\"}",
                  EC("json_invalid", ",9", "JSON decode error", "{}",
                     "\"error\":\"Invalid UTF-8\""));
}

static void test_order(void)
{
    check_through(&all_type, "{\"tempo\":\"x\",\"level\":\"y\",\"flag\":3}",
                  E("missing", ",\"name\"", "Field required",
                    "{\"tempo\":\"x\",\"level\":\"y\",\"flag\":3}") ","
                  E("bool_parsing", ",\"flag\"", BOOL_PARSING, "3") ","
                  E("int_parsing", ",\"level\"", INT_PARSING, "\"y\"") ","
                  E("float_parsing", ",\"tempo\"", FLOAT_PARSING, "\"x\""));
    check_through(&all_type, "{\"parts\":[{\"end\":1,\"start\":\"a\",\"text\":2},{\"start\":null,"
                             "\"text\":\"\",\"end\":-1}],\"name\":1}",
                  E("string_type", ",\"name\"", STRING_TYPE, "1") ","
                  E("string_type", ",\"parts\",0,\"text\"", STRING_TYPE, "2") ","
                  E("float_parsing", ",\"parts\",0,\"start\"", FLOAT_PARSING, "\"a\"") ","
                  E("float_type", ",\"parts\",1,\"start\"", FLOAT_TYPE, "null") ","
                  EC("greater_than", ",\"parts\",1,\"end\"", "Input should be greater than 0", "-1",
                     "\"gt\":0.0"));
}

static void test_equal_keys(void)
{
    static const char part[] = "\"start\":0.0,\"end\":1.0";
    char text[256];
    check_through(&all_type, "{\"name\":1,\"name\":\"abc\",\"n\\u0061me\":\"last\"}",
                  "{\"name\":\"last\"," REST);
    check_through(&all_type, "{\"name\":\"abc\",\"level\":\"x\",\"flag\":null,\"level\":null}",
                  E("bool_type", ",\"flag\"", BOOL_TYPE, "null") ","
                  E("int_type", ",\"level\"", INT_TYPE, "null"));
    snprintf(text, sizeof text,
             "{\"a\":1,\"text\":\"t\",%s,\"a\": 2,\"b c\\u00e9\":[ 1.50,{} ]}", part);
    check_through(&part_type, text,
                  "{\"text\":\"t\",\"start\":0.0,\"end\":1.0,\"a\":1,\"a\":2,"
                  "\"b c\\u00e9\":[1.50,{}]}");
    snprintf(text, sizeof text, "{\"text\\u0000\":1,\"text\":\"t\",%s}", part); /* not our key */
    check_through(&part_type, text,
                  "{\"text\":\"t\",\"start\":0.0,\"end\":1.0,\"text\\u0000\":1}");
}

/* Neither the number of equal keys nor what their values were decides, only the last of each. */
static void test_flood_of_equal_keys(void)
{
    struct buf text;
    buf_init(&text, 4 << 20);
    CHECK_CASE("flood");
    buf_adds(&text, "{\"name\":\"abc\"");
    for (int i = 0; i < 20000; i++)
        buf_adds(&text, ",\"flag\":2,\"level\":\"x\",\"beats\":[null,3,\"y\"]");
    size_t len = text.len;
    buf_adds(&text, ",\"level\":5,\"beats\":null,\"flag\":true}");
    char *got = through(&all_type, text.data, text.len, NULL);
    CHECK_STR(got, "{\"name\":\"abc\"," REST);
    free(got);

    text.len = len;
    buf_adds(&text, ",\"flag\":true}");
    got = through(&all_type, text.data, text.len, NULL);
    CHECK_STR(got, E("int_parsing", ",\"level\"", INT_PARSING, "\"x\"") ","
                   E("float_type", ",\"beats\",0", FLOAT_TYPE, "null") ","
                   E("float_parsing", ",\"beats\",2", FLOAT_PARSING, "\"y\""));
    free(got);
    buf_finish(&text);
}

/* Whatever the arena's size: the object, or one error that says so. */
static void test_every_arena(void)
{
    static const char text[] =
        "{\"name\":\"abc\",\"any\":[1,2],\"n\\u0061me\":\"abcd\",\"beats\":[1,2,3],"
        "\"parts\":[{\"text\":\"t\",\"start\":0,\"end\":1,\"own\":{\"a\":1}}],\"modes\":[\"cut\"]}";
    size_t max = 0;
    bool read = false;
    CHECK_CASE("every arena");
    for (; !read && max < 4096; max++) {
        struct arena a;
        struct wire_errors errs = {0};
        arena_init(&a, max);
        read = wire_read(&all_type, text, sizeof text - 1, NULL, NULL, &a, &errs) != NULL;
        if (!read)
            CHECK_STR(errs.list.data,
                      E("too_large", "", "The text needs more memory than is allowed", "null"));
        wire_errors_finish(&errs);
        arena_finish(&a);
    }
    CHECK(read && max > sizeof(struct all));
}

static void test_limits(void)
{
    const struct wire_limits tight = {60, 3, 8};
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"{\"any\":[[[1]]],\"name\":\"abc\"}",
         EC("json_invalid", ",9", "JSON decode error", "{}", "\"error\":\"Too deeply nested\"")},
        {"{\"any\":[1,2,3,4,5,6,7]}",
         EC("json_invalid", ",20", "JSON decode error", "{}", "\"error\":\"Too many values\"")},
        {"{\"any\":\"0123456789012345678901234567890123456789012345678901\"}",
         E("too_large", "", "The text has 62 bytes; at most 60 are allowed", "null")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].text);
        char *got = through(&all_type, cases[i].text, strlen(cases[i].text), &tight);
        CHECK_STR(got, cases[i].error);
        free(got);
    }

    CHECK_CASE("bomb");
    char bomb[100001] = "{\"any\":";
    memset(bomb + 7, '[', sizeof bomb - 8);
    char *got = through(&all_type, bomb, sizeof bomb - 1, NULL);
    CHECK_STR(got, EC("json_invalid", ",38", "JSON decode error", "{}",
                      "\"error\":\"Too deeply nested\""));
    free(got);
}

/* A long input is echoed as the beginning of its text, and not more than 100 errors are kept. */
static void test_echo_is_bounded(void)
{
    struct arena a;
    struct wire_errors errs = {0};
    struct buf text, out;
    arena_init(&a, 16 << 20);
    buf_init(&text, 1 << 20);
    buf_init(&out, 16 << 20);
    CHECK_CASE("echo");
    buf_adds(&text, "{\"name\":\"abc\",\"beats\":[");
    for (int i = 0; i < 300; i++)
        buf_printf(&text, "%s\"%01000d\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"", i ? "," : "", 0);
    buf_adds(&text, "]}");
    CHECK(!wire_read(&all_type, text.data, text.len, NULL, NULL, &a, &errs));
    CHECK(errs.count == WIRE_MAX_ERRORS && errs.more == 200);
    CHECK(wire_errors_json(&errs, &out) && out.len < 150000);
    static const char head[] =
        "{\"detail\":[{\"type\":\"float_parsing\",\"loc\":[\"body\",\"beats\",0],";
    CHECK(strncmp(out.data, head, sizeof head - 1) == 0);
    CHECK(strstr(out.data, "0000\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                           "\xc3\xa9\xc3\xa9\xc3\xa9\xe2\x80\xa6\"}") != NULL);
    CHECK(strcmp(out.data + out.len - 3, "}]}") == 0);
    buf_finish(&out);
    buf_finish(&text);
    wire_errors_finish(&errs);
    arena_finish(&a);
}

static void test_presence_and_root(void)
{
    static const struct wire_loc root = {.key = "job"};
    const char *text = "{\"count\":null,\"name\":\"abc\",\"parts\":[],\"beats\":[]}";
    struct arena a;
    struct wire_errors errs = {0};
    arena_init(&a, 1 << 20);
    CHECK_CASE("presence");
    struct all *obj = wire_read(&all_type, text, strlen(text), NULL, &root, &a, &errs);
    CHECK(obj && obj->present == (1u << 5 | 1u << 0 | 1u << 11 | 1u << 12));
    CHECK(obj && obj->parts.items && obj->parts.count == 0 && obj->beats.items);
    CHECK(obj && obj->count == INT64_MIN && obj->maybe == -1 && isnan(obj->tempo));
    CHECK(obj && !obj->modes.items && !obj->any.text && !obj->part);
    CHECK(!wire_read(&all_type, "{\"name\":7}", 10, NULL, &root, &a, &errs));
    CHECK(errs.count == 1 && strstr(errs.list.data, "\"loc\":[\"job\",\"name\"]"));
    wire_errors_finish(&errs);
    arena_finish(&a);
}

static void test_defaults(void)
{
    struct arena a;
    struct all obj;
    struct buf out;
    arena_init(&a, 1 << 20);
    buf_init(&out, 4096);
    CHECK_CASE("defaults");
    memset(&obj, 0x55, sizeof obj);
    CHECK(wire_defaults(&all_type, &obj, &a));
    wire_write(&all_type, &obj, &out);
    CHECK_STR(out.data, "{\"name\":null," REST);
    buf_finish(&out);
    arena_finish(&a);
}

static void test_text(void)
{
    static const struct {
        const char *field, *text, *want;
    } cases[] = {
        {"level", "7", "7"},
        {"level", " 7 ", "7"},
        {"level", NULL, "5"},
        {"flag", "off", "false"},
        {"speed", "1.5", "1.5"},
        {"mode", "zoom", "\"zoom\""},
        {"name", "abc", "\"abc\""},
        {"beats", "[1, \"2\"]", "[1.0,2.0]"},
        {"any", "{\"a\": 1}", "{\"a\":1}"},
        {"level", "x", E("int_parsing", ",\"level\"", INT_PARSING, "\"x\"")},
        {"level", "", E("int_parsing", ",\"level\"", INT_PARSING, "\"\"")},
        {"level", "11", EC("less_than_equal", ",\"level\"",
                           "Input should be less than or equal to 10", "\"11\"", "\"le\":10")},
        {"name", NULL, E("missing", ",\"name\"", "Field required", "null")},
        {"name", "a\"", "\"a\\\"\""},
        {"name", "a\xff", EC("value_error", ",\"name\"", "Value error, the text is not valid UTF-8",
                             "\"a\xef\xbf\xbd\"", "\"error\":{}")},
        {"beats", "[1,", EC("json_invalid", ",\"beats\",3", "JSON decode error", "{}",
                            "\"error\":\"Expecting value\"")},
        {"beats", "", EC("json_invalid", ",\"beats\",0", "JSON decode error", "{}",
                         "\"error\":\"Expecting value\"")},
        {"beats", "5", E("list_type", ",\"beats\"", LIST_TYPE, "5")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct wire_field *f = all_fields;
        while (strcmp(f->name, cases[i].field) != 0)
            f++;
        struct wire_loc body = {.key = "body"}, loc = {.up = &body, .key = f->name};
        struct arena a;
        struct wire_errors errs = {0};
        struct all obj;
        struct buf out;
        arena_init(&a, 1 << 20);
        buf_init(&out, 4096);
        CHECK_CASE(cases[i].want);
        CHECK(wire_defaults(&all_type, &obj, &a));
        if (wire_read_text(f, cases[i].text, &loc, &obj, &a, &errs)) {
            const struct wire_field one[] = {*f, {0}};
            const struct wire_type just = {.name = "One", .fields = one, .size = sizeof obj};
            wire_write(&just, &obj, &out);
            CHECK(errs.count == 0);
            out.data[out.len - 1] = '\0';
            CHECK_STR(out.data + strlen(f->name) + 4, cases[i].want);
        } else {
            CHECK_STR(errs.list.data, cases[i].want);
        }
        buf_finish(&out);
        wire_errors_finish(&errs);
        arena_finish(&a);
    }
}

static void test_trusted(void)
{
    static const struct {
        const char *text, *msg;
    } cases[] = {
        {"{\"name\":\"abc\",\"parts\":[{\"text\":\"\",\"start\":\"x\",\"end\":1}]}",
         "parts[0].start: " FLOAT_PARSING},
        {"{\"level\":null,\"flag\":null}", "name: Field required (and 2 more)"},
        {"{\"name\"", "no valid JSON at character 7: Expecting ':' delimiter"},
        {"7", "body: " OBJECT_TYPE},
        {"", "body: Field required"},
    };
    struct arena a;
    struct err e = {0};
    arena_init(&a, 1 << 20);
    CHECK_CASE("trusted");
    CHECK(wire_read_trusted(&all_type, "{\"name\":\"abc\"}", 14, &a, &e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(!wire_read_trusted(&all_type, cases[i].text, strlen(cases[i].text), &a, &e));
        CHECK(e.code == ERR_INVALID);
        CHECK_STR(e.msg, cases[i].msg);
    }
    arena_finish(&a);
}

#define P(name, rest) "\"" name "\":{" rest "\",\"description\":\"Help.\""
static void test_schema(void)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK_CASE("schema");
    wire_schema(&part_type, &out);
    CHECK_STR(out.data,
              "{\"properties\":{\"text\":{\"type\":\"string\",\"title\":\"Text\",\"description\":"
              "\"What is said.\"},\"start\":{\"type\":\"number\",\"minimum\":0,\"title\":\"Start\","
              "\"description\":\"From.\"},\"end\":{\"type\":\"number\",\"exclusiveMinimum\":0,"
              "\"title\":\"End\",\"description\":\"To.\"}},\"additionalProperties\":true,"
              "\"type\":\"object\",\"required\":[\"text\",\"start\",\"end\"],\"title\":\"Part\","
              "\"description\":\"A part.\"}");
    static const char *const pieces[] = {
        P("name", "\"type\":\"string\",\"minLength\":2,\"maxLength\":5,\"title\":\"Name") "}",
        P("mode", "\"type\":\"string\",\"enum\":[\"zoom\",\"slow\",\"cut\"],\"title\":\"Mode")
            ",\"default\":\"cut\"}",
        P("when", "\"anyOf\":[{\"type\":\"string\",\"format\":\"date-time\"},{\"type\":\"null\"}],"
                  "\"title\":\"When") "}",
        P("level", "\"type\":\"integer\",\"minimum\":1,\"maximum\":10,\"title\":\"Level")
            ",\"default\":5,\"examples\":[7]}",
        P("speed", "\"type\":\"number\",\"minimum\":0.5,\"maximum\":2,\"title\":\"Speed")
            ",\"default\":1.0}",
        "\"part\":{\"$ref\":\"#/components/schemas/Part\",\"description\":\"Help.\"}",
        "\"other\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Part\"},{\"type\":\"null\"}],"
        "\"description\":\"Help.\"}",
        P("parts", "\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Part\"},"
                   "\"maxItems\":3,\"title\":\"Parts") ",\"default\":[]}",
        P("modes", "\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"zoom\",\"slow\","
                   "\"cut\"]},\"minItems\":1,\"title\":\"Modes") "}",
        P("raws", "\"type\":\"array\",\"items\":{},\"title\":\"Raws") "}",
        P("any", "\"title\":\"Any") "}",
        "},\"type\":\"object\",\"required\":[\"name\"],\"title\":\"All\"}",
    };
    buf_clear(&out);
    wire_schema(&all_type, &out);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        CHECK_CASE(pieces[i]);
        CHECK(strstr(out.data, pieces[i]) != NULL);
    }
    const struct wire_field document = {
        .name = "doc", .kind = WIRE_JSON, .type = &part_type, .flags = WIRE_NULLABLE};
    struct json_reader r;
    json_reader_init(&r, out.data, out.len, 32);
    CHECK(json_skip(&r) && json_at_end(&r));
    buf_clear(&out);
    wire_schema_field(&document, &out);
    CHECK_STR(out.data,
              "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Part\"},{\"type\":\"null\"}]}");
    buf_finish(&out);
}

static void test_sound(void)
{
    const struct wire_field good = all_fields[6]; /* level */
    struct wire_field rows[3] = {good, {0}};
    const struct wire_type type = {.name = "T", .fields = rows, .size = sizeof(struct all)};
    struct err e = {0};
    CHECK_CASE("sound");
    CHECK(wire_sound(&all_type, &e) && wire_sound(&part_type, &e) && wire_sound(&type, &e));
    rows[1] = good;
    CHECK(!wire_sound(&type, &e));
    CHECK_STR(e.msg, "T.level: the name is there twice");
    const struct {
        struct wire_field row;
        const char *msg;
    } faults[] = {
        {{.name = "a", .kind = WIRE_INT}, "T.a: it has no help"},
        {{.name = "a", .help = "h"}, "T.a: no such kind"},
        {{.name = "a", .help = "h", .kind = WIRE_LIST},
         "T.a: a list needs an item kind, and it may not be a list"},
        {{.name = "a", .help = "h", .kind = WIRE_OBJECT},
         "T.a: objects need a type"},
        {{.name = "a", .help = "h", .kind = WIRE_LIST, .item = WIRE_INT, .type = &part_type},
         "T.a: only objects and JSON have a type"},
        {{.name = "a", .help = "h", .kind = WIRE_INT, .offset = sizeof(struct all)},
         "T.a: it lies outside of the struct"},
        {{.name = "a", .help = "h", .kind = WIRE_INT, .min = 2, .max = 1}, "T.a: min is above max"},
        {{.name = "a", .help = "h", .kind = WIRE_INT, .min = 2, .max = 3, .def = "1"},
         "T: a default does not suit its own row"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        rows[1] = faults[i].row;
        CHECK(!wire_sound(&type, &e));
        CHECK_STR(e.msg, faults[i].msg);
    }
}

int main(void)
{
    test_whole_objects();
    test_errors_of_values();
    test_whole_bodies();
    test_order();
    test_equal_keys();
    test_flood_of_equal_keys();
    test_every_arena();
    test_limits();
    test_echo_is_bounded();
    test_presence_and_root();
    test_defaults();
    test_text();
    test_trusted();
    test_schema();
    test_sound();
    return check_done();
}
