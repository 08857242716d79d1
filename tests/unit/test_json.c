/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/json.h"

#include <stdlib.h>

/* Words and positions as python3 -c 'import json; json.loads(...)' gives them, except where the
 * comment says so. -1: the text is fine. */
static const struct {
    const char *text, *error;
    int at;
} syntax[] = {
    {"null", NULL, -1},
    {" true ", NULL, -1},
    {"false", NULL, -1},
    {"0", NULL, -1},
    {"-12.5e-3", NULL, -1},
    {"\"\"", NULL, -1},
    {"[]", NULL, -1},
    {"{}", NULL, -1},
    {"[1,[2,[]],{\"a\":{}}]", NULL, -1},
    {"\t\r\n {\"a\" :\n[ ] } ", NULL, -1},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", NULL, -1},
    {"\"\x7f\"", NULL, -1},
    {"1e400", NULL, -1},
    {"\"\\u0000\"", NULL, -1},

    {"", "Expecting value", 0},
    {"  ", "Expecting value", 2},
    {"tru", "Expecting value", 0},
    {"nulL", "Expecting value", 0},
    {"[1,]", "Expecting value", 3},
    {"[", "Expecting value", 1},
    {"[1,", "Expecting value", 3},
    {"[,1]", "Expecting value", 1},
    {"-", "Expecting value", 0},
    {"+1", "Expecting value", 0},
    {".5", "Expecting value", 0},
    {"'a'", "Expecting value", 0},
    {"{\"a\":}", "Expecting value", 5},
    {"{\"a\":", "Expecting value", 5},
    {"]", "Expecting value", 0},
    {"//", "Expecting value", 0},

    {"{", "Expecting property name enclosed in double quotes", 1},
    {"{'a':1}", "Expecting property name enclosed in double quotes", 1},
    {"{\"a\":1,}", "Expecting property name enclosed in double quotes", 7},
    {"{1:2}", "Expecting property name enclosed in double quotes", 1},
    {"{\"a\"}", "Expecting ':' delimiter", 4},
    {"{\"a\" 1}", "Expecting ':' delimiter", 5},
    {"{\"a\"", "Expecting ':' delimiter", 4},
    {"[1 2]", "Expecting ',' delimiter", 3},
    {"[1", "Expecting ',' delimiter", 2},
    {"{\"a\":1", "Expecting ',' delimiter", 6},
    {"[1}", "Expecting ',' delimiter", 2},
    {"[1.]", "Expecting ',' delimiter", 2},
    {"[01]", "Expecting ',' delimiter", 2},
    {"[1e]", "Expecting ',' delimiter", 2},

    {"1 2", "Extra data", 2},
    {"{}}", "Extra data", 2},
    {"01", "Extra data", 1},
    {"1.", "Extra data", 1},
    {"nullnull", "Extra data", 4},
    {"[]\xc3\xa9", "Extra data", 2},

    {"\"abc", "Unterminated string starting at", 0},
    {"[\"", "Unterminated string starting at", 1},
    {"\"\\", "Unterminated string starting at", 0},
    {"{\"a\":\"b\\\"}", "Unterminated string starting at", 5},
    {"\"\\x\"", "Invalid \\escape", 1},
    {"\"a\\'\"", "Invalid \\escape", 2},
    {"\"\\u12\"", "Invalid \\uXXXX escape", 2},
    {"\"\\u12g4\"", "Invalid \\uXXXX escape", 2},
    {"\"\\u1234", "Invalid \\uXXXX escape", 2},
    {"\"a\nb\"", "Invalid control character at", 2},
    {"\"\x1f\"", "Invalid control character at", 1},

    /* Positions count characters. */
    {"[\"\xc3\xa9\xf0\x9f\x98\x80\",x]", "Expecting value", 6},

    /* Python takes these, RFC 8259 does not. */
    {"NaN", "Expecting value", 0},
    {"[-Infinity]", "Expecting value", 1},
    {"\"\\ud800\"", "Invalid \\uXXXX escape", 2},
    {"\"\\udc00 \"", "Invalid \\uXXXX escape", 2},
    {"\"\\ud800\\u0041\"", "Invalid \\uXXXX escape", 2},
    {"\"\\ud83d\\ude0\"", "Invalid \\uXXXX escape", 2},

    /* Python decodes before it parses. */
    {"\"a\xff\"", "Invalid UTF-8", 2},
    {"\"\xc0\x80\"", "Invalid UTF-8", 1},
    {"\"\xed\xa0\x80\"", "Invalid UTF-8", 1},
    {"\"\xc3", "Invalid UTF-8", 1},

    /* A byte order mark is skipped and not counted. */
    {"\xef\xbb\xbf[1]", NULL, -1},
    {"\xef\xbb\xbf[x]", "Expecting value", 1},
    {"[\xef\xbb\xbf]", "Expecting value", 1},
};

static void check_syntax(const char *text, size_t len, const char *error, int at)
{
    struct json_reader r;
    char *exact = malloc(len ? len : 1); /* a read past the end shows under the sanitizer */
    memcpy(exact, text, len);
    json_reader_init(&r, exact, len, 32);
    CHECK((json_skip(&r) && json_at_end(&r)) == !error);
    CHECK_STR(r.error, error);
    CHECK(!error || json_error_char(&r) == (size_t)at);
    free(exact);
}

static void test_syntax(void)
{
    for (size_t i = 0; i < sizeof syntax / sizeof *syntax; i++) {
        CHECK_CASE(syntax[i].text);
        check_syntax(syntax[i].text, strlen(syntax[i].text), syntax[i].error, syntax[i].at);
    }
    CHECK_CASE("a NUL");
    check_syntax("[1,\0]", 5, "Expecting value", 3);
    check_syntax("\"a\0b\"", 5, "Invalid control character at", 2);
    check_syntax("\"\\\0\"", 4, "Invalid \\escape", 1);
    check_syntax("1\0", 2, "Extra data", 1);
}

static void test_limits(void)
{
    enum { BOMB = 100000 };
    char *text = malloc(BOMB);
    memset(text, '[', BOMB);
    struct json_reader r;
    CHECK_CASE("depth");
    json_reader_init(&r, text, BOMB, 32);
    CHECK(!json_skip(&r));
    CHECK_STR(r.error, "Too deeply nested");
    CHECK(r.error_pos == 32 && r.pos == 32);
    json_reader_init(&r, text, BOMB, 1000);
    CHECK(!json_skip(&r) && r.error_pos == JSON_DEPTH_MAX);
    free(text);

    json_reader_init(&r, "[[[1]]]", 7, 3);
    CHECK(json_skip(&r) && json_at_end(&r));
    json_reader_init(&r, "[{\"a\":[]}]", 10, 2);
    CHECK(!json_skip(&r) && r.error_pos == 6);

    CHECK_CASE("values");
    json_reader_init(&r, "[1,{\"a\":2}]", 11, 3);
    r.max_values = 4;
    CHECK(json_skip(&r) && r.values == 4);
    json_reader_init(&r, "[1,{\"a\":2}]", 11, 3);
    r.max_values = 3;
    CHECK(!json_skip(&r));
    CHECK_STR(r.error, "Too many values");
    CHECK(r.error_pos == 8);
}

static void test_pull(void)
{
    static const char text[] =
        "{\"a\\u0062\":[1,-2.5,9223372036854775807,9223372036854775808,-0],"
        "\"s\":\"x\\ty\\ud83d\\ude00\\u0000z\",\"t\":true,\"n\":null,\"raw\": [ 1 , "
        "{ \"a b\\\" \" : 1.50 } ]}";
    static const struct {
        double v;
        bool is_int;
        int64_t i;
    } numbers[] = {{1, true, 1},
                   {-2.5, false, 0},
                   {9223372036854775807.0, true, INT64_MAX},
                   {9223372036854775808.0, false, 0},
                   {0, true, 0}};
    struct arena a;
    struct json_reader r;
    const char *key, *s;
    size_t len = 0, count = 0;
    bool flag = false;
    arena_init(&a, 1 << 16);
    json_reader_init(&r, text, sizeof text - 1, 8);
    CHECK_CASE("pull");

    CHECK(json_peek(&r) == JSON_OBJECT && json_enter_object(&r));
    CHECK(json_next_key(&r, &a, &key));
    CHECK_STR(key, "ab");
    for (json_enter_array(&r); json_next_item(&r); count++) {
        double v;
        bool is_int;
        int64_t i = 0;
        CHECK(json_read_number(&r, &v, &is_int, &i));
        CHECK(v == numbers[count].v && !signbit(v) == !signbit(numbers[count].v));
        CHECK(is_int == numbers[count].is_int && (!is_int || i == numbers[count].i));
    }
    CHECK(count == 5 && !json_failed(&r));
    CHECK(json_next_key(&r, &a, &key) && json_read_string(&r, &a, &s, &len));
    CHECK(len == 9 && memcmp(s, "x\ty\xf0\x9f\x98\x80\0z", 10) == 0);
    CHECK(json_next_key(&r, &a, &key) && json_read_bool(&r, &flag) && flag);
    CHECK(json_next_key(&r, &a, &key) && json_peek(&r) == JSON_NULL && json_read_null(&r));
    CHECK(json_next_key(&r, &a, &key) && json_read_raw(&r, &a, &s, &len));
    CHECK(len == 19 && memcmp(s, "[1,{\"a b\\\" \":1.50}]", 19) == 0);
    CHECK(!json_next_key(&r, &a, &key) && !json_failed(&r) && json_at_end(&r));
    arena_finish(&a);
}

static void test_errors_stay(void)
{
    struct arena a;
    struct json_reader r;
    const char *s;
    size_t len;
    bool flag;
    arena_init(&a, 1 << 16);
    CHECK_CASE("wrong type");
    json_reader_init(&r, "[1,true]", 8, 8);
    CHECK(json_enter_array(&r) && json_next_item(&r) && !json_read_string(&r, &a, &s, &len));
    CHECK_STR(r.error, "Expecting a string");
    CHECK(json_peek(&r) == JSON_END && !json_skip(&r) && !json_next_item(&r) && !json_at_end(&r));
    CHECK(!json_read_bool(&r, &flag) && !json_read_null(&r) && !json_enter_object(&r));
    CHECK_STR(r.error, "Expecting a string");

    CHECK_CASE("NUL in a name");
    json_reader_init(&r, "{\"a\\u0000b\":1}", 14, 8);
    CHECK(json_enter_object(&r) && !json_next_key(&r, &a, &s) && json_failed(&r));

    CHECK_CASE("memory");
    struct arena tiny;
    arena_init(&tiny, 8);
    json_reader_init(&r, "\"0123456789abcdef\"", 18, 8);
    CHECK(!json_read_string(&r, &tiny, &s, &len));
    CHECK_STR(r.error, JSON_NO_MEMORY);
    arena_finish(&tiny);
    arena_finish(&a);
}

static void test_minify(void)
{
    static const char text[] = "{ \"a \\\" \" : [ 1 ] }";
    char out[32];
    bool all;
    CHECK_CASE("minify");
    size_t n = json_minify(text, sizeof text - 1, out, sizeof out, &all);
    CHECK(all && n == 13 && memcmp(out, "{\"a \\\" \":[1]}", 13) == 0);
    n = json_minify(text, sizeof text - 1, out, 5, &all);
    CHECK(!all && n == 4 && memcmp(out, "{\"a ", 4) == 0); /* the escape is not torn apart */
    n = json_minify(text, sizeof text - 1, out, 6, &all);
    CHECK(!all && n == 6);
}

static void test_write(void)
{
    struct buf b;
    buf_init(&b, 4096);
    CHECK_CASE("write");
    json_write_string(&b, "a\"\\\n\t\r\b\f\x01\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80/");
    json_write_string_n(&b, "\0x\xff\xc3", 4);
    json_write_string(&b, NULL);
    json_write_string(&b, "");
    CHECK_STR(b.data, "\"a\\\"\\\\\\n\\t\\r\\b\\f\\u0001\\u001f\x7f\xc3\xa9\xf0\x9f\x98\x80/\""
                      "\"\\u0000x\xef\xbf\xbd\xef\xbf\xbd\"null\"\"");
    buf_clear(&b);
    const int64_t ints[] = {0, -1, 10, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        json_write_int(&b, ints[i]);
        buf_addc(&b, ' ');
    }
    json_write_number(&b, 0.488);
    json_write_number(&b, NAN);
    json_write_number(&b, -INFINITY);
    json_write_bool(&b, true);
    json_write_bool(&b, false);
    CHECK_STR(b.data, "0 -1 10 9223372036854775807 -9223372036854775808 0.488nullnulltruefalse");
    buf_finish(&b);
}

int main(void)
{
    test_syntax();
    test_limits();
    test_pull();
    test_errors_stay();
    test_minify();
    test_write();
    return check_done();
}
