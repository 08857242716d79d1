/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/form.h"
#include "api/multipart.h"
#include "api/params.h"
#include "check.h"

#include <stdlib.h>

/* Writes what the reader tells into one text: "[name|filename|type]data/" for each part. */
struct record {
    struct buf out;
    int refuse_after; /* parts; -1: never */
};

static bool on_begin(void *ctx, const struct multipart_part *p, struct err *e)
{
    struct record *r = ctx;
    if (r->refuse_after == 0)
        return err_set(e, ERR_NO_SPACE, "no space");
    r->refuse_after--;
    return buf_printf(&r->out, "[%s|%s|%s]", p->name, p->filename ? p->filename : "-",
                      p->content_type ? p->content_type : "-");
}

static bool on_data(void *ctx, const char *data, size_t n, struct err *e)
{
    (void)e;
    return buf_add(&((struct record *)ctx)->out, data, n);
}

static bool on_end(void *ctx, struct err *e)
{
    (void)e;
    return buf_addc(&((struct record *)ctx)->out, '/');
}

static const struct multipart_sink sink = {on_begin, on_data, on_end};

/* Feeds body in pieces of `step` bytes; returns whether all went well. */
static bool read_all(const char *body, size_t n, size_t step, struct record *r, struct err *e)
{
    struct multipart *m = multipart_create("B", &sink, r, e);
    bool ok = m != NULL;
    for (size_t at = 0; ok && at < n; at += step)
        ok = multipart_feed(m, body + at, n - at < step ? n - at : step, e);
    ok = ok && multipart_finish(m, e);
    multipart_destroy(m);
    return ok;
}

#define PART(header, data) "--B\r\n" header "\r\n\r\n" data "\r\n"
#define NAME(n) "Content-Disposition: form-data; name=\"" n "\""
#define END "--B--\r\n"

static const struct {
    const char *what, *body, *want; /* want NULL: refused */
    enum err_code code;
} cases[] = {
    {"one field", PART(NAME("a"), "1") END, "[a|-|-]1/", ERR_NONE},
    {"two fields", PART(NAME("a"), "1") PART(NAME("b"), "2") END, "[a|-|-]1/[b|-|-]2/", ERR_NONE},
    {"a file", PART(NAME("f") "; filename=\"x.mp4\"\r\nContent-Type: video/mp4", "data") END,
     "[f|x.mp4|video/mp4]data/", ERR_NONE},
    {"empty data", PART(NAME("a"), "") END, "[a|-|-]/", ERR_NONE},
    {"no parts", END, "", ERR_NONE},
    {"no line end at the end", PART(NAME("a"), "1") "--B--", "[a|-|-]1/", ERR_NONE},
    {"epilogue", PART(NAME("a"), "1") "--B--\r\nbye --B\r\n", "[a|-|-]1/", ERR_NONE},
    {"preamble", "hello\r\n" PART(NAME("a"), "1") END, "[a|-|-]1/", ERR_NONE},
    {"blanks behind the boundary", "--B \t\r\n" NAME("a") "\r\n\r\n1\r\n" END, "[a|-|-]1/",
     ERR_NONE},
    {"data like a boundary", PART(NAME("a"), "\r\n--\r\n-B\r--B\r\n-") END,
     "[a|-|-]\r\n--\r\n-B\r--B\r\n-/", ERR_NONE},
    {"data of line ends", PART(NAME("a"), "\r\r\n\r\r\n\r") END, "[a|-|-]\r\r\n\r\r\n\r/", ERR_NONE},
    {"dashes in the data", PART(NAME("a"), "--B--") END, "[a|-|-]--B--/", ERR_NONE},
    {"token name", PART("content-disposition: form-data; name=a", "1") END, "[a|-|-]1/", ERR_NONE},
    {"escapes", PART(NAME("a") "; filename=\"q\\\"b\\\\c%22.txt\"", "1") END,
     "[a|q\"b\\c\".txt|-]1/", ERR_NONE},
    {"old Windows path", PART(NAME("a") "; filename=\"C:\\dir\\x.mp4\"", "1") END,
     "[a|C:\\dir\\x.mp4|-]1/", ERR_NONE},
    {"RFC 5987 name wins",
     PART(NAME("a") "; filename=\"x\"; filename*=utf-8''%C3%A9.mp4", "1") END, "[a|\xc3\xa9.mp4|-]1/",
     ERR_NONE},
    {"broken RFC 5987 name", PART(NAME("a") "; filename=\"x\"; filename*=latin1''%E9", "1") END,
     "[a|x|-]1/", ERR_NONE},
    {"semicolon in the name", PART(NAME("a;b") "; filename=\"x;name=evil\"", "1") END,
     "[a;b|x;name=evil|-]1/", ERR_NONE},

    {"empty body", "", NULL, ERR_BAD_REQUEST},
    {"garbage", "this is no form at all", NULL, ERR_BAD_REQUEST},
    {"no closing boundary", PART(NAME("a"), "1"), NULL, ERR_BAD_REQUEST},
    {"cut in the data", "--B\r\n" NAME("a") "\r\n\r\nda", NULL, ERR_BAD_REQUEST},
    {"cut in the header", "--B\r\nContent-Dispo", NULL, ERR_BAD_REQUEST},
    {"cut in the end", PART(NAME("a"), "1") "--B-", NULL, ERR_BAD_REQUEST},
    {"other boundary", "--C\r\n" NAME("a") "\r\n\r\n1\r\n--C--", NULL, ERR_BAD_REQUEST},
    {"junk behind the boundary", "--Bx\r\n" NAME("a") "\r\n\r\n1\r\n" END, NULL, ERR_BAD_REQUEST},
    {"no disposition", PART("Content-Type: text/plain", "1") END, NULL, ERR_BAD_REQUEST},
    {"no header at all", "--B\r\n\r\n1\r\n" END, NULL, ERR_BAD_REQUEST},
    {"no name", PART("Content-Disposition: form-data", "1") END, NULL, ERR_BAD_REQUEST},
    {"attachment", PART("Content-Disposition: attachment; name=\"a\"", "1") END, NULL,
     ERR_BAD_REQUEST},
    {"two dispositions", PART(NAME("a") "\r\n" NAME("b"), "1") END, NULL, ERR_BAD_REQUEST},
    {"bare line feeds", "--B\nContent-Disposition: form-data; name=\"a\"\n\n1\n--B--\n", NULL,
     ERR_BAD_REQUEST},
    {"line feed in a header", PART(NAME("a\nb"), "1") END, NULL, ERR_BAD_REQUEST},
    {"folded header", PART("Content-Disposition: form-data;\r\n name=\"a\"", "1") END, NULL,
     ERR_BAD_REQUEST},
    {"blank before the colon", PART("Content-Disposition : form-data; name=\"a\"", "1") END, NULL,
     ERR_BAD_REQUEST},
    {"no colon", PART("Content-Disposition", "1") END, NULL, ERR_BAD_REQUEST},
    {"nested", PART(NAME("a") "\r\nContent-Type: multipart/mixed; boundary=C", "1") END, NULL,
     ERR_BAD_REQUEST},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].what);
        size_t n = strlen(cases[i].body);
        for (size_t step = 1; step <= n + 1; step++) {
            struct record r = {.refuse_after = -1};
            struct err e = {0};
            buf_init(&r.out, 4096);
            bool ok = read_all(cases[i].body, n, step, &r, &e);
            CHECK(ok == (cases[i].want != NULL));
            if (cases[i].want)
                CHECK_STR(r.out.data ? r.out.data : "", cases[i].want);
            else
                CHECK(e.code == cases[i].code && e.msg[0]);
            buf_finish(&r.out);
        }
    }
}

static void test_nul(void)
{
    CHECK_CASE("NUL in a file name");
    static const char body[] = PART(NAME("a") "; filename=\"x\0y\"", "1") END;
    struct record r = {.refuse_after = -1};
    struct err e = {0};
    buf_init(&r.out, 4096);
    CHECK(!read_all(body, sizeof body - 1, sizeof body, &r, &e) && e.code == ERR_BAD_REQUEST);
    CHECK_CASE("NUL in the data");
    static const char data[] = PART(NAME("a"), "x\0y") END;
    buf_clear(&r.out);
    CHECK(read_all(data, sizeof data - 1, sizeof data, &r, &e));
    CHECK(r.out.len == 11 && memcmp(r.out.data, "[a|-|-]x\0y/", 11) == 0);
    buf_finish(&r.out);
}

static void test_limits(void)
{
    struct buf body;
    struct record r = {.refuse_after = -1};
    struct err e = {0};
    buf_init(&body, 1 << 20);
    buf_init(&r.out, 1 << 20);

    CHECK_CASE("too many parts");
    for (int i = 0; i <= MULTIPART_MAX_PARTS; i++)
        buf_adds(&body, PART(NAME("a"), "1"));
    buf_adds(&body, END);
    CHECK(!read_all(body.data, body.len, 1000, &r, &e) && e.code == ERR_TOO_LARGE);

    CHECK_CASE("a header that is too long");
    buf_clear(&body);
    buf_adds(&body, "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"");
    for (int i = 0; i < 20000; i++)
        buf_addc(&body, 'x');
    buf_adds(&body, "\"\r\n\r\n1\r\n" END);
    CHECK(!read_all(body.data, body.len, 1000, &r, &e) && e.code == ERR_BAD_REQUEST);

    CHECK_CASE("a preamble that is too long");
    CHECK(!read_all(body.data + 60, 5000, 100, &r, &e) && e.code == ERR_BAD_REQUEST);

    CHECK_CASE("the sink's error is handed on");
    r.refuse_after = 1;
    static const char two[] = PART(NAME("a"), "1") PART(NAME("b"), "2") END;
    CHECK(!read_all(two, sizeof two - 1, 7, &r, &e) && e.code == ERR_NO_SPACE);
    buf_finish(&body);
    buf_finish(&r.out);
}

static void test_boundary(void)
{
    static const struct {
        const char *type, *want;
    } rows[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"multipart/form-data; charset=utf-8; boundary=\"a b\"", "a b"},
        {"Multipart/Form-Data;BOUNDARY=----WebKitFormBoundary7MA4YWxk",
         "----WebKitFormBoundary7MA4YWxk"},
        {"multipart/form-data; boundary=x", "x"},
        {"multipart/form-data", NULL},
        {"multipart/form-data; boundary=", NULL},
        {"multipart/form-data; boundary=\"\"", NULL},
        {"multipart/form-data; boundary=\"a \"", NULL},
        {"multipart/form-data; boundary=a\"b", NULL},
        {"multipart/form-data; boundary=\"a\r\nb\"", NULL},
        {"multipart/form-data; boundary="
         "12345678901234567890123456789012345678901234567890123456789012345678901", NULL},
    };
    char out[MULTIPART_MAX_BOUNDARY + 1];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_CASE(rows[i].type);
        struct err e = {0};
        bool ok = multipart_boundary(rows[i].type, out, &e);
        CHECK(ok == (rows[i].want != NULL));
        if (rows[i].want)
            CHECK_STR(out, rows[i].want);
        else
            CHECK(e.code == ERR_BAD_REQUEST);
    }
    CHECK(multipart_is_form("multipart/form-data; boundary=x"));
    CHECK(multipart_is_form("multipart/form-data"));
    CHECK(!multipart_is_form("multipart/form-database"));
    CHECK(!multipart_is_form("application/json"));
    CHECK(!multipart_is_form(NULL));
}

/* Random data with many line ends, in pieces of random size: what comes out is what went in. */
static void test_random(void)
{
    CHECK_CASE("random");
    srand(7);
    for (int round = 0; round < 300; round++) {
        static const char letters[] = "\r\n--Bx";
        char data[600], body[800];
        size_t n = (size_t)rand() % sizeof data;
        for (size_t i = 0; i < n; i++)
            data[i] = letters[rand() % 6];
        data[n] = '\0';
        if (strstr(data, "\r\n--B") || n == 0)
            continue;
        struct record r = {.refuse_after = -1};
        struct err e = {0};
        buf_init(&r.out, 4096);
        int len = snprintf(body, sizeof body, "--B\r\n" NAME("a") "\r\n\r\n%s\r\n" END, data);
        struct multipart *m = multipart_create("B", &sink, &r, &e);
        bool ok = true;
        for (size_t at = 0; ok && at < (size_t)len;) {
            size_t step = 1 + (size_t)rand() % 9, left = (size_t)len - at;
            ok = multipart_feed(m, body + at, step < left ? step : left, &e);
            at += step;
        }
        CHECK(ok && multipart_finish(m, &e));
        CHECK(r.out.len == n + 8 && memcmp(r.out.data + 7, data, n) == 0);
        multipart_destroy(m);
        buf_finish(&r.out);
    }
}

static void test_filenames(void)
{
    static const struct {
        const char *raw, *want;
    } rows[] = {
        {"clip.mp4", "clip.mp4"},
        {"../../etc/cron.d/x", "x"},
        {"..\\..\\x", "x"},
        {"C:\\x", "x"},
        {"/abs", "abs"},
        {"dir/", ""},
        {".htaccess", ".htaccess"},
        {"a\r\nSet-Cookie: x", "aSet-Cookie: x"},
        {"\xe2\x80\xaegp4.exe", "gp4.exe"},
        {"bad\xff\xfe", "bad\xef\xbf\xbd\xef\xbf\xbd"},
        {"caf\xc3\xa9 \xf0\x9f\x8e\xac.mp4", "caf\xc3\xa9 \xf0\x9f\x8e\xac.mp4"},
        {"-rf", "-rf"},
        {"$(id)", "$(id)"},
        {"\xef\xbb\xbfx", "x"},
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_CASE(rows[i].raw);
        CHECK_STR(form_clean_filename(rows[i].raw, &a), rows[i].want);
    }
    CHECK_CASE("long name");
    char name[4001];
    memset(name, 'x', 4000);
    name[4000] = '\0';
    CHECK(strlen(form_clean_filename(name, &a)) == 255);
    memcpy(name + 254, "\xc3\xa9", 2); /* would straddle the end */
    CHECK(strlen(form_clean_filename(name, &a)) == 254);
    arena_finish(&a);
}

int main(void)
{
    test_cases();
    test_nul();
    test_limits();
    test_boundary();
    test_random();
    test_filenames();
    return check_done();
}
