/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/range.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Digits at *s; a number too large for 64 bits counts as the largest. False: no digit there. */
static bool take_number(const char **s, uint64_t *v)
{
    if (!isdigit((unsigned char)**s))
        return false;
    *v = 0;
    for (; isdigit((unsigned char)**s); (*s)++)
        if (__builtin_mul_overflow(*v, 10, v) ||
            __builtin_add_overflow(*v, (uint64_t)(**s - '0'), v))
            *v = UINT64_MAX / 16; /* stays huge whatever digits follow */
    return true;
}

enum range_result range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (!header || strncasecmp(header, "bytes=", 6) != 0 || strchr(header, ','))
        return RANGE_NONE;
    const char *s = header + 6;
    s += strspn(s, " \t");
    uint64_t a = 0, b = UINT64_MAX;
    bool has_a = take_number(&s, &a);
    if (*s++ != '-')
        return RANGE_NONE;
    bool has_b = take_number(&s, &b);
    s += strspn(s, " \t");
    if (*s || (!has_a && !has_b) || (has_a && has_b && a > b))
        return RANGE_NONE;

    if (!has_a) { /* the last b bytes */
        if (b == 0 || size == 0)
            return RANGE_UNSATISFIABLE;
        a = b < size ? size - b : 0;
        b = UINT64_MAX;
    }
    if (a >= size)
        return RANGE_UNSATISFIABLE;
    *first = a;
    *last = b < size ? b : size - 1;
    return RANGE_ONE;
}

bool etag_listed(const char *list, const char *etag, bool weak)
{
    size_t n = strlen(etag);
    const char *p = list + strspn(list, " \t");
    if (strcmp(p, "*") == 0)
        return true;
    while (*p) {
        p += strspn(p, " \t,");
        bool is_weak = strncmp(p, "W/", 2) == 0;
        if (is_weak)
            p += 2;
        size_t len = *p == '"' ? strcspn(p + 1, "\"") + 2 : strcspn(p, ", \t");
        if (len > strlen(p))
            return false;
        if (len == n && memcmp(p, etag, n) == 0 && (weak || !is_weak))
            return true;
        p += len;
    }
    return false;
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void http_date(time_t t, char out[30])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    char text[64];
    snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
             tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
             tm.tm_sec);
    memcpy(out, text, 29);
    out[29] = '\0';
}

time_t http_date_parse(const char *text)
{
    struct tm tm = {0};
    char month[4] = "", zone[4] = "";
    if (strlen(text) != 29 ||
        sscanf(text + 3, ", %2d %3s %4d %2d:%2d:%2d %3s", &tm.tm_mday, month, &tm.tm_year,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, zone) != 7 ||
        strcmp(zone, "GMT") != 0)
        return (time_t)-1;
    const char *m = strstr(months, month);
    if (!m || strlen(month) != 3 || (m - months) % 3 != 0)
        return (time_t)-1;
    tm.tm_mon = (int)(m - months) / 3;
    tm.tm_year -= 1900;
    return timegm(&tm);
}

/* RFC 9110, 13.2.2: If-None-Match decides alone when it is there. */
static bool not_modified(const struct request *req, const char *etag, time_t modified)
{
    const char *none_match = request_header(req, "If-None-Match");
    if (none_match)
        return etag && etag_listed(none_match, etag, true);
    const char *since = request_header(req, "If-Modified-Since");
    time_t t = since && modified ? http_date_parse(since) : (time_t)-1;
    return t != (time_t)-1 && modified <= t;
}

/* May a range be sent, or has the file changed since the client got its first part? */
static bool range_fresh(const struct request *req, const struct reply_file *file)
{
    const char *condition = request_header(req, "If-Range");
    if (!condition)
        return true;
    if (strchr(condition, '"'))
        return etag_listed(condition, file->etag, false);
    return http_date_parse(condition) == file->modified;
}

static void drop_body(struct reply *r)
{
    if (r->file.fd >= 0)
        close(r->file.fd);
    r->file.fd = -1;
    buf_clear(&r->body);
    r->content_type = NULL;
}

static void apply_range(const struct request *req, struct reply *r)
{
    struct reply_file *file = &r->file;
    char text[96];
    uint64_t first = 0, last = 0;
    reply_header(r, "Accept-Ranges", "bytes");
    const char *header = request_header(req, "Range");
    if (!header || !range_fresh(req, file))
        return;
    switch (range_parse(header, file->size, &first, &last)) {
    case RANGE_NONE:
        return;
    case RANGE_ONE:
        r->status = 206;
        file->offset = first;
        file->len = last - first + 1;
        snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last,
                 file->size);
        break;
    case RANGE_UNSATISFIABLE:
        snprintf(text, sizeof text, "bytes */%" PRIu64, file->size);
        drop_body(r);
        r->status = 416;
        r->content_type = REPLY_JSON;
        buf_adds(&r->body, "{\"detail\":\"Range Not Satisfiable\"}");
        break;
    }
    reply_header(r, "Content-Range", text);
}

void range_apply(const struct request *req, struct reply *r)
{
    bool reading = strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0;
    if (!reading || (r->status != 0 && r->status != 200))
        return;
    bool is_file = r->file.fd >= 0;
    if (is_file) {
        char date[30];
        http_date(r->file.modified, date);
        reply_header(r, "ETag", r->file.etag);
        reply_header(r, "Last-Modified", date);
    }
    const char *etag = reply_get_header(r, "ETag");
    if (not_modified(req, etag, is_file ? r->file.modified : 0)) {
        drop_body(r);
        r->status = 304;
        return;
    }
    if (is_file)
        apply_range(req, r);
}
