/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/head.h"
#include "api/route.h"
#include "api/urldecode.h"
#include "check.h"

#include <stddef.h>

static bool handler(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)reply;
    (void)e;
    return true;
}

struct ids {
    int64_t a, b;
};
static const struct wire_field one_field[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = 0, .help = "Which."},
    {0},
};
static const struct wire_type one = {.fields = one_field, .size = sizeof(struct ids)};
static const struct wire_field two_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = 0, .help = "Which."},
    {.name = "part", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct ids, b),
     .help = "Part."},
    {0},
};
static const struct wire_type two = {.fields = two_fields, .size = sizeof(struct ids)};

#define ROW(m, p, n, t) {.method = m, .path = p, .name = n, .params = t, .handler = handler, .help = "h"}
static const struct route routes[] = {
    ROW("GET", "/", "root", NULL),
    ROW("GET", "/api/things", "list", NULL),
    ROW("GET", "/api/things/{id}", "get", &one),
    ROW("POST", "/api/things/{id}", "set", &one),
    ROW("DELETE", "/api/things/{id}", "remove", &one),
    ROW("GET", "/api/things/status", "status", NULL),
    ROW("GET", "/api/{id}/cancel", "loose", &one),
    ROW("POST", "/api/things/cancel", "cancel", NULL),
    ROW("GET", "/api/things/{id}/{part}", "part", &two),
    ROW("GET", "/api/things/{id}/exact", "exact", &one),
    ROW("GET", "/api/pages/page-{id}.html", "page", &one),
    ROW("GET", "/api/pages/page-1.html", "front", NULL),
    ROW("POST", "/api/pages/print", "print", NULL),
    ROW("DELETE", "/api/pages/{id}", "tear", &one),
};
#define COUNT (sizeof routes / sizeof *routes)

static const struct {
    const char *method, *path, *name; /* name NULL: none */
    const char *first, *allow;        /* first parameter; methods of the path */
} cases[] = {
    {"GET", "/", "root", NULL, "GET, HEAD, OPTIONS"},
    {"GET", "/api/things", "list", NULL, "GET, HEAD, OPTIONS"},
    {"HEAD", "/api/things", "list", NULL, "GET, HEAD, OPTIONS"},
    {"GET", "/api/things/7", "get", "7", "GET, HEAD, POST, DELETE, OPTIONS"},
    {"POST", "/api/things/7", "set", "7", "GET, HEAD, POST, DELETE, OPTIONS"},
    {"PUT", "/api/things/7", NULL, NULL, "GET, HEAD, POST, DELETE, OPTIONS"},
    {"GET", "/api/things/status", "status", NULL, NULL},
    {"POST", "/api/things/status", "set", "status", NULL},
    {"POST", "/api/things/cancel", "cancel", NULL, NULL},
    {"GET", "/api/things/cancel", "get", "cancel", NULL}, /* the leftmost word decides */
    {"GET", "/api/x/cancel", "loose", "x", NULL},
    {"GET", "/api/things/1/exact", "exact", "1", NULL},
    {"GET", "/api/things/1/2", "part", "1", NULL},
    {"GET", "/api/pages/page-2.html", "page", "2", "GET, HEAD, DELETE, OPTIONS"},
    {"GET", "/api/pages/page-1.html", "front", NULL, "GET, HEAD, DELETE, OPTIONS"},
    {"DELETE", "/api/pages/page-1.html", "tear", "page-1.html", NULL},
    {"GET", "/api/pages/print", NULL, NULL, "POST, DELETE, OPTIONS"},
    {"GET", "/api/pages/page-.html", NULL, NULL, "DELETE, OPTIONS"}, /* a hole is not empty */
    {"GET", "/api/pages/page-html", NULL, NULL, "DELETE, OPTIONS"},
    {"GET", "/api/pages/page-2.htm", NULL, NULL, "DELETE, OPTIONS"},
    {"GET", "/api/pages/xpage-2.html", NULL, NULL, "DELETE, OPTIONS"},
    {"GET", "/api/things/", NULL, NULL, ""},
    {"GET", "/api//7", NULL, NULL, ""},
    {"GET", "//api/things", NULL, NULL, ""},
    {"GET", "/api/things/1/2/3", NULL, NULL, ""},
    {"GET", "/API/things", NULL, NULL, ""},
    {"GET", "api/things", NULL, NULL, ""},
    {"GET", "", NULL, NULL, ""},
    {"GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t", NULL, NULL, ""},
    {"get", "/api/things", NULL, NULL, "GET, HEAD, OPTIONS"},
};

static void test_find(void)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].path);
        struct route_match m;
        CHECK(route_find(routes, COUNT, cases[i].method, cases[i].path, &a, &m));
        CHECK_STR(m.route ? m.route->name : NULL, cases[i].name);
        if (cases[i].first && CHECK(m.param_count > 0))
            CHECK_STR(m.params[0].value, cases[i].first);
        if (cases[i].allow)
            CHECK_STR(m.allow, cases[i].allow);
        CHECK(m.path_known == route_path_known(routes, COUNT, cases[i].path));
    }
    CHECK_CASE("two parameters");
    struct route_match m;
    route_find(routes, COUNT, "GET", "/api/things/8/9", &a, &m);
    CHECK(m.param_count == 2);
    CHECK_STR(m.params[1].name, "part");
    CHECK_STR(m.params[1].value, "9");
    arena_finish(&a);
}

static void test_table(void)
{
    struct err e = {0};
    CHECK_CASE("sound table");
    CHECK(route_table_check(routes, COUNT, &e));
    static const struct {
        const char *what;
        struct route row;
    } bad[] = {
        {"no handler", {.method = "GET", .path = "/x", .name = "n", .help = "h"}},
        {"no help", {.method = "GET", .path = "/x", .name = "n", .handler = handler}},
        {"no slash", ROW("GET", "x", "n", NULL)},
        {"HEAD", ROW("HEAD", "/x", "n", NULL)},
        {"braces without params", ROW("GET", "/x/{id}", "n", NULL)},
        {"other name in braces", ROW("GET", "/x/{nr}", "n", &one)},
        {"other name in braces among letters", ROW("GET", "/x-{nr}.y", "n", &one)},
        {"two names in a segment", ROW("GET", "/{id}-{part}", "n", &two)},
        {"params without braces", ROW("GET", "/x", "n", &one)},
        {"JSON without type",
         {.method = "POST", .path = "/x", .name = "n", .help = "h", .handler = handler,
          .body = BODY_JSON}},
        {"type without JSON",
         {.method = "POST", .path = "/x", .name = "n", .help = "h", .handler = handler,
          .request = &one}},
        {"multipart on the event thread",
         {.method = "POST", .path = "/x", .name = "n", .help = "h", .handler = handler,
          .run = RUN_INLINE, .body = BODY_MULTIPART}},
        {"GET with a body",
         {.method = "GET", .path = "/x", .name = "n", .help = "h", .handler = handler,
          .body = BODY_JSON, .request = &one}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_CASE(bad[i].what);
        CHECK(!route_table_check(&bad[i].row, 1, &e) && e.code == ERR_INTERNAL);
    }
    CHECK_CASE("twice");
    const struct route same[] = {routes[1], routes[1]};
    CHECK(!route_table_check(same, 2, &e));
}

static void test_decode_path(void)
{
    static const struct {
        const char *raw, *want;
    } rows[] = {
        {"/a", "/a"},
        {"/a%20b", "/a b"},
        {"/caf%C3%A9", "/caf\xc3\xa9"},
        {"/a+b", "/a+b"},
        {"/%41%5a", "/AZ"},
        {"/%252e", "/%2e"},
        {"/..%2f", NULL},
        {"/..%2F", NULL},
        {"/..%5c", NULL},
        {"/a\\b", NULL},
        {"/%00.mp4", NULL},
        {"/%0a", NULL},
        {"/%7f", NULL},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%zz", NULL},
        {"/%c0%ae", NULL},
        {"/%ff", NULL},
        {"/%ed%a0%80", NULL},
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_CASE(rows[i].raw);
        struct err e = {0};
        CHECK_STR(url_decode_path(rows[i].raw, strlen(rows[i].raw), &a, &e), rows[i].want);
        CHECK(rows[i].want || e.code == ERR_BAD_REQUEST);
    }
    arena_finish(&a);
}

static void test_decode_query(void)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    const struct http_pair *q = NULL;
    size_t n = 0;
    struct err e = {0};
    CHECK_CASE("query");
    CHECK(url_decode_query("a=1&&b=x+y%2Fz&c&=d&e==", &a, &q, &n, &e));
    if (CHECK(n == 5)) {
        CHECK_STR(q[0].value, "1");
        CHECK_STR(q[1].value, "x y/z");
        CHECK_STR(q[2].name, "c");
        CHECK_STR(q[2].value, "");
        CHECK_STR(q[3].name, "");
        CHECK_STR(q[4].value, "=");
    }
    CHECK(url_decode_query("", &a, &q, &n, &e) && n == 0);
    CHECK(!url_decode_query("a=%00", &a, &q, &n, &e));
    CHECK(!url_decode_query("a=%f", &a, &q, &n, &e));
    CHECK(!url_decode_query("a=%ff", &a, &q, &n, &e));
    char many[1000];
    size_t len = 0;
    for (int i = 0; i <= URL_MAX_QUERY; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, "a=1&");
    CHECK(!url_decode_query(many, &a, &q, &n, &e));
    CHECK_STR(url_encode("a b/\xc3\xa9-_.~", &a), "a%20b%2F%C3%A9-_.~");
    arena_finish(&a);
}

/* --- Heads ------------------------------------------------------------------------------------ */

#define F(n, v) {n, v, sizeof n - 1, sizeof v - 1}
#define HOST F("Host", "localhost:8000")

static const struct {
    const char *what;
    int status;
    const char *method, *version;
    struct head_field fields[4];
} heads[] = {
    {"plain", 0, "GET", "HTTP/1.1", {HOST}},
    {"HTTP/1.0 needs no Host", 0, "GET", "HTTP/1.0", {{0}}},
    {"IPv6 host", 0, "GET", "HTTP/1.1", {F("host", "[::1]:80")}},
    {"length", 0, "POST", "HTTP/1.1", {HOST, F("Content-Length", "5")}},
    {"chunked", 0, "POST", "HTTP/1.1", {HOST, F("Transfer-Encoding", "Chunked")}},
    {"expect", 0, "POST", "HTTP/1.1", {HOST, F("Expect", "100-Continue")}},
    {"UTF-8 in a value", 0, "GET", "HTTP/1.1", {HOST, F("X-A", "\xc3\xa9\t")}},

    {"no Host", 400, "GET", "HTTP/1.1", {{0}}},
    {"two Hosts", 400, "GET", "HTTP/1.1", {HOST, HOST}},
    {"Host with a path", 400, "GET", "HTTP/1.1", {F("Host", "a/b")}},
    {"Host with a user", 400, "GET", "HTTP/1.1", {F("Host", "u@a")}},
    {"empty Host", 400, "GET", "HTTP/1.1", {F("Host", "")}},
    {"two lengths", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "5"), F("content-length", "5")}},
    {"length and chunks", 400, "POST", "HTTP/1.1",
     {HOST, F("Content-Length", "5"), F("Transfer-Encoding", "chunked")}},
    {"two keys", 400, "GET", "HTTP/1.1", {HOST, F("Authorization", "a"), F("authorization", "a")}},
    {"two types", 400, "POST", "HTTP/1.1", {HOST, F("Content-Type", "a"), F("Content-Type", "b")}},
    {"negative length", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "-1")}},
    {"signed length", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "+4")}},
    {"hex length", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "0x4")}},
    {"list of lengths", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "4,4")}},
    {"empty length", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "")}},
    {"length of 2^64", 400, "POST", "HTTP/1.1", {HOST, F("Content-Length", "18446744073709551616")}},
    {"chunks in HTTP/1.0", 400, "POST", "HTTP/1.0", {HOST, F("Transfer-Encoding", "chunked")}},
    {"blank before the colon", 400, "POST", "HTTP/1.1", {HOST, F("Transfer-Encoding ", "chunked")}},
    {"NUL in a value", 400, "GET", "HTTP/1.1", {HOST, F("X-A", "a\0b")}},
    {"line end in a value", 400, "GET", "HTTP/1.1", {HOST, F("X-A", "a\r\nb")}},
    {"NUL in a name", 400, "GET", "HTTP/1.1", {HOST, F("X\0A", "a")}},
    {"empty name", 400, "GET", "HTTP/1.1", {HOST, F("", "a")}},
    {"odd method", 400, "GE T", "HTTP/1.1", {HOST}},
    {"other coding", 501, "POST", "HTTP/1.1", {HOST, F("Transfer-Encoding", "xchunked")}},
    {"two codings", 501, "POST", "HTTP/1.1", {HOST, F("Transfer-Encoding", "chunked, identity")}},
    {"coding twice", 501, "POST", "HTTP/1.1",
     {HOST, F("Transfer-Encoding", "chunked"), F("Transfer-Encoding", "chunked")}},
    {"other expectation", 417, "POST", "HTTP/1.1", {HOST, F("Expect", "the unexpected")}},
    {"too many", 431, "GET", "HTTP/1.1", {HOST, F("a", "1"), F("b", "2"), F("c", "3")}},
};

static void test_heads(void)
{
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        CHECK_CASE(heads[i].what);
        struct head h = {.method = heads[i].method, .version = heads[i].version, .target = "/",
                         .fields = heads[i].fields};
        while (h.field_count < 4 && heads[i].fields[h.field_count].name)
            h.field_count++;
        struct head_body body;
        const char *words = NULL;
        int status = head_check(&h, 3, &body, &words);
        CHECK(status == heads[i].status);
        CHECK((status == 0) == (words == NULL));
    }
    CHECK_CASE("what the head says of the body");
    const struct head_field fields[] = {HOST, F("Content-Length", "21474836480")};
    struct head h = {.method = "POST", .version = "HTTP/1.1", .target = "/", .fields = fields,
                     .field_count = 2};
    struct head_body body;
    const char *words = NULL;
    CHECK(head_check(&h, 3, &body, &words) == 0 && body.length == 21474836480u && !body.chunked);
}

int main(void)
{
    test_find();
    test_table();
    test_decode_path();
    test_decode_query();
    test_heads();
    return check_done();
}
