/* SPDX-License-Identifier: GPL-3.0-or-later
 * Errors, UTF-8, arena, buffer: the ground the rest stands on. */
#include "check.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/timebase.h"
#include "core/utf8.h"

#include <errno.h>
#include <stdlib.h>

static void test_err(void)
{
    CHECK_CASE("err");
    struct err e = {0};
    CHECK(!err_set(&e, ERR_INVALID, "bad %d", 7));
    CHECK(!err_wrap(&e, "probe %s", "a.mp4"));
    CHECK_STR(e.msg, "probe a.mp4: bad 7");
    CHECK(e.code == ERR_INVALID);
    err_errno(&e, ENOSPC, "write");
    CHECK(e.code == ERR_NO_SPACE);
    for (int i = 0; i < ERR_CODE_COUNT; i++)
        CHECK(err_from_name(err_name((enum err_code)i)) == (enum err_code)i);

    /* A long message is cut at a character. */
    err_set(&e, ERR_INVALID, "x");
    for (int i = 0; i < 400; i++)
        err_wrap(&e, "\xc3\xa9");
    CHECK(utf8_valid(e.msg, strlen(e.msg)));
}

static void test_utf8(void)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"plain", true},          {"\xc3\xa9", true},         {"\xf0\x9f\x8e\xac", true},
        {"\xc0\xaf", false},      {"\xed\xa0\x80", false},    {"\xf4\x90\x80\x80", false},
        {"\xe2\x82", false},      {"\x80", false},            {"", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].text);
        CHECK(utf8_valid(cases[i].text, strlen(cases[i].text)) == cases[i].valid);
    }
    char out[4];
    for (uint32_t cp = 1; cp <= 0x110000; cp += 97) {
        size_t n = utf8_encode(cp, out);
        uint32_t back = 0;
        if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
            CHECK(n == 0);
        else
            CHECK(utf8_decode(out, n, &back) == n && back == cp);
    }
    char cut[] = "ab\xe2\x82";
    utf8_trim_cut(cut);
    CHECK_STR(cut, "ab");
}

static void test_arena(void)
{
    CHECK_CASE("arena");
    struct arena a;
    arena_init(&a, 100000);
    char *first = arena_strdup(&a, "hello");
    for (int i = 0; i < 50; i++)
        CHECK(arena_alloc(&a, 1000) != NULL);
    CHECK_STR(first, "hello");
    CHECK(arena_alloc(&a, 90000) == NULL);
    CHECK(arena_array(&a, (size_t)-1, 2) == NULL);
    CHECK_STR(arena_printf(&a, "%d-%s", 3, "x"), "3-x");
    arena_finish(&a);
}

static void test_buf(void)
{
    CHECK_CASE("buf");
    struct buf b;
    buf_init(&b, 10);
    CHECK(buf_adds(&b, "12345"));
    CHECK(buf_printf(&b, "%s", "67890"));
    CHECK(!buf_addc(&b, 'x') && b.failed && b.len == 10);
    buf_clear(&b);
    CHECK(buf_adds(&b, "abc"));
    buf_consume(&b, 1);
    CHECK_STR(b.data, "bc");
    size_t n;
    char *s = buf_steal(&b, &n);
    CHECK(n == 2);
    free(s);
    buf_finish(&b);
}

static void test_ticks(void)
{
    CHECK_CASE("ticks");
    CHECK(TICKS_PER_SECOND % 30 == 0 && TICKS_PER_SECOND % 48000 == 0);
    CHECK(ticks_scale(1, 1, 2) == 1 && ticks_scale(-1, 1, 2) == -1);
    CHECK(ticks_scale_floor(-1, 1, 2) == -1 && ticks_scale_floor(3, 1, 2) == 1);
    CHECK_NEAR(ticks_to_seconds(ticks_from_seconds(12.345678)), 12.345678, 1e-9);
}

int main(void)
{
    test_err();
    test_utf8();
    test_arena();
    test_buf();
    test_ticks();
    return check_done();
}
