/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/media_file.h"
#include "api/range.h"
#include "check.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *header;
    uint64_t size;
    enum range_result result;
    uint64_t first, last;
} ranges[] = {
    {"bytes=0-0", 100, RANGE_ONE, 0, 0},
    {"bytes=0-", 100, RANGE_ONE, 0, 99},
    {"bytes=10-19", 100, RANGE_ONE, 10, 19},
    {"BYTES=10-19", 100, RANGE_ONE, 10, 19},
    {"bytes= 10-19 ", 100, RANGE_ONE, 10, 19},
    {"bytes=90-200", 100, RANGE_ONE, 90, 99},
    {"bytes=99-", 100, RANGE_ONE, 99, 99},
    {"bytes=-1", 100, RANGE_ONE, 99, 99},
    {"bytes=-100", 100, RANGE_ONE, 0, 99},
    {"bytes=-500", 100, RANGE_ONE, 0, 99},
    {"bytes=5-18446744073709551616", 100, RANGE_ONE, 5, 99},
    {"bytes=-99999999999999999999999", 100, RANGE_ONE, 0, 99},
    {"bytes=100-", 100, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=18446744073709551616-", 100, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-0", 100, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=0-0", 0, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-5", 0, RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=5-2", 100, RANGE_NONE, 0, 0},
    {"bytes=a-b", 100, RANGE_NONE, 0, 0},
    {"bytes=-", 100, RANGE_NONE, 0, 0},
    {"bytes=", 100, RANGE_NONE, 0, 0},
    {"bytes=1", 100, RANGE_NONE, 0, 0},
    {"bytes=1-2x", 100, RANGE_NONE, 0, 0},
    {"bytes=1 - 2", 100, RANGE_NONE, 0, 0},
    {"bytes=--1", 100, RANGE_NONE, 0, 0},
    {"bytes=0-0,5-5", 100, RANGE_NONE, 0, 0},
    {"items=0-1", 100, RANGE_NONE, 0, 0},
    {"", 100, RANGE_NONE, 0, 0},
    {NULL, 100, RANGE_NONE, 0, 0},
};

static void test_ranges(void)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        CHECK_CASE(ranges[i].header ? ranges[i].header : "(none)");
        uint64_t first = 0, last = 0;
        CHECK(range_parse(ranges[i].header, ranges[i].size, &first, &last) == ranges[i].result);
        if (ranges[i].result == RANGE_ONE)
            CHECK(first == ranges[i].first && last == ranges[i].last);
    }
}

static void test_etags(void)
{
    static const struct {
        const char *list, *etag;
        bool weak, strong;
    } rows[] = {
        {"\"a\"", "\"a\"", true, true},
        {"\"b\", \"a\"", "\"a\"", true, true},
        {"W/\"a\"", "\"a\"", true, false},
        {"W/\"b\",W/\"a\"", "\"a\"", true, false},
        {"*", "\"a\"", true, true},
        {"\"b\"", "\"a\"", false, false},
        {"\"a", "\"a\"", false, false},
        {"a", "\"a\"", false, false},
        {"\"x, \"a\", y\"", "\"a\"", false, false},
        {"", "\"a\"", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_CASE(rows[i].list);
        CHECK(etag_listed(rows[i].list, rows[i].etag, true) == rows[i].weak);
        CHECK(etag_listed(rows[i].list, rows[i].etag, false) == rows[i].strong);
    }
}

static void test_dates(void)
{
    char text[30];
    CHECK_CASE("dates");
    http_date(784111777, text);
    CHECK_STR(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date_parse(text) == 784111777);
    CHECK(http_date_parse("Sunday, 06-Nov-94 08:49:37 GMT") == (time_t)-1);
    CHECK(http_date_parse("Sun, 06 Xxx 1994 08:49:37 GMT") == (time_t)-1);
    CHECK(http_date_parse("Sun, 06 ovD 1994 08:49:37 GMT") == (time_t)-1);
    CHECK(http_date_parse("") == (time_t)-1);
}

/* --- Whole answers ---------------------------------------------------------------------------- */

#define ETAG "\"e1\""
#define MODIFIED 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct {
    const char *what, *method;
    struct http_pair headers[3];
    int status;
    uint64_t offset, len;
    const char *content_range;
} answers[] = {
    {"plain", "GET", {{0}}, 200, 0, 1000, NULL},
    {"range", "GET", {{"Range", "bytes=10-19"}}, 206, 10, 10, "bytes 10-19/1000"},
    {"HEAD and range", "HEAD", {{"range", "bytes=10-19"}}, 206, 10, 10, "bytes 10-19/1000"},
    {"suffix", "GET", {{"Range", "bytes=-7"}}, 206, 993, 7, "bytes 993-999/1000"},
    {"behind the end", "GET", {{"Range", "bytes=1000-"}}, 416, 0, 0, "bytes */1000"},
    {"several", "GET", {{"Range", "bytes=0-0,-1"}}, 200, 0, 1000, NULL},
    {"malformed", "GET", {{"Range", "bytes=a-b"}}, 200, 0, 1000, NULL},
    {"none match", "GET", {{"If-None-Match", ETAG}}, 304, 0, 0, NULL},
    {"weak none match", "GET", {{"If-None-Match", "W/" ETAG}}, 304, 0, 0, NULL},
    {"other none match", "GET", {{"If-None-Match", "\"x\""}}, 200, 0, 1000, NULL},
    {"not modified since", "GET", {{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}, 304, 0,
     0, NULL},
    {"modified since", "GET", {{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}}, 200, 0,
     1000, NULL},
    {"none match goes first", "GET",
     {{"If-Modified-Since", "Sun, 06 Nov 2024 08:49:37 GMT"}, {"If-None-Match", "\"x\""}}, 200, 0,
     1000, NULL},
    {"304 before range", "GET", {{"If-None-Match", "*"}, {"Range", "bytes=1-2"}}, 304, 0, 0, NULL},
    {"fresh If-Range", "GET", {{"If-Range", ETAG}, {"Range", "bytes=1-2"}}, 206, 1, 2,
     "bytes 1-2/1000"},
    {"old If-Range", "GET", {{"If-Range", "\"old\""}, {"Range", "bytes=1-2"}}, 200, 0, 1000, NULL},
    {"weak If-Range", "GET", {{"If-Range", "W/" ETAG}, {"Range", "bytes=1-2"}}, 200, 0, 1000, NULL},
    {"If-Range date", "GET",
     {{"If-Range", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Range", "bytes=1-2"}}, 206, 1, 2,
     "bytes 1-2/1000"},
    {"old If-Range date", "GET",
     {{"If-Range", "Sun, 06 Nov 1994 08:49:36 GMT"}, {"Range", "bytes=1-2"}}, 200, 0, 1000, NULL},
    {"POST has no ranges", "POST", {{"Range", "bytes=1-2"}}, 200, 0, 1000, NULL},
};

static void test_answers(const char *dir)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/file.mp4", dir);
    int made = open(path, O_CREAT | O_RDWR, 0600);
    CHECK(made >= 0 && ftruncate(made, 1000) == 0);
    const struct timespec times[2] = {{.tv_sec = MODIFIED}, {.tv_sec = MODIFIED}};
    futimens(made, times);
    close(made);

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        CHECK_CASE(answers[i].what);
        struct arena a;
        struct reply r;
        struct err e = {0};
        struct request req = {.method = answers[i].method, .headers = answers[i].headers};
        while (req.header_count < 3 && answers[i].headers[req.header_count].name)
            req.header_count++;
        arena_init(&a, 1 << 20);
        reply_init(&r, &a);
        CHECK(reply_file(&r, open(path, O_RDONLY), "video/mp4", NULL, ETAG, &e));
        range_apply(&req, &r);
        CHECK((r.status ? r.status : 200) == answers[i].status);
        CHECK_STR(reply_get_header(&r, "Content-Range"), answers[i].content_range);
        if (answers[i].len)
            CHECK(r.file.offset == answers[i].offset && r.file.len == answers[i].len);
        else
            CHECK(r.file.fd < 0);
        reply_finish(&r);
        arena_finish(&a);
    }
}

static void test_names(const char *dir)
{
    static const char *const bad[] = {"", ".", "..", ".hidden", "a/b", "a b", "a;b", "a\\b",
                                      "caf\xc3\xa9", "link.mp4", "fifo.mp4", "folder", "missing"};
    char path[4096];
    struct err e;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "%s/link.mp4", dir);
    CHECK(symlink("file.mp4", path) == 0);
    snprintf(path, sizeof path, "%s/fifo.mp4", dir);
    CHECK(mkfifo(path, 0600) == 0);
    snprintf(path, sizeof path, "%s/folder", dir);
    CHECK(mkdir(path, 0700) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_CASE(bad[i]);
        e.code = ERR_NONE;
        CHECK(media_open(dir_fd, bad[i], &e) < 0 && e.code == ERR_NOT_FOUND);
    }
    CHECK_CASE("a regular file");
    int fd = media_open(dir_fd, "file.mp4", &e);
    CHECK(fd >= 0);
    close(fd);
    close(dir_fd);
    rmdir(path);
    CHECK_STR(media_type("a.MP4"), "video/mp4");
    CHECK_STR(media_type("a.tar.jpg"), "image/jpeg");
    CHECK_STR(media_type("a.html"), "application/octet-stream");
    CHECK_STR(media_type("a.svg"), "application/octet-stream");
    CHECK_STR(media_type("a"), "application/octet-stream");
}

static void test_replies(void)
{
    struct arena a;
    struct reply r;
    struct err e;
    arena_init(&a, 1 << 20);
    reply_init(&r, &a);
    CHECK_CASE("headers");
    reply_header(&r, "X-A", "1");
    reply_header(&r, "x-a", "2");
    CHECK_STR(reply_get_header(&r, "X-A"), "2");
    CHECK(r.header_count == 1);
    reply_header(&r, "X-B", "a\r\nSet-Cookie: b");
    CHECK(reply_get_header(&r, "X-B") == NULL);
    CHECK_CASE("errors");
    err_set(&e, ERR_NOT_FOUND, "Video \"x\" not found");
    reply_error(&r, &e);
    CHECK(r.status == 404);
    CHECK_STR(r.body.data, "{\"detail\":\"Video \\\"x\\\" not found\"}");
    err_set(&e, ERR_IO, "disk on fire");
    reply_error(&r, &e);
    CHECK(r.status == 500);
    CHECK_STR(r.body.data, "Internal Server Error");
    err_set(&e, ERR_BUSY, "later");
    reply_error(&r, &e);
    CHECK(r.status == 503);
    CHECK_STR(reply_get_header(&r, "Retry-After"), "1");
    reply_finish(&r);

    CHECK_CASE("ETag of a buffer");
    const struct http_pair match[] = {{"If-None-Match", "\"r7\""}};
    struct request req = {.method = "GET", .headers = match, .header_count = 1};
    reply_init(&r, &a);
    reply_header(&r, "ETag", "\"r7\"");
    reply_text(&r, REPLY_JSON, "{}");
    range_apply(&req, &r);
    CHECK(r.status == 304 && r.body.len == 0);
    reply_finish(&r);
    CHECK_CASE("Prefer");
    const struct http_pair prefer[] = {{"Prefer", "wait=5, Respond-Async"}};
    req.headers = prefer;
    CHECK(request_prefers(&req, "respond-async"));
    CHECK(request_prefers(&req, "wait"));
    CHECK(!request_prefers(&req, "respond"));
    arena_finish(&a);
}

int main(void)
{
    char dir[SCRATCH_SIZE];
    if (!scratch_make(dir))
        return 1;
    test_ranges();
    test_etags();
    test_dates();
    test_answers(dir);
    test_names(dir);
    test_replies();
    scratch_remove(dir);
    return check_done();
}
