/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/reply.h"

#include "api/urldecode.h"
#include "core/json.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

void reply_init(struct reply *r, struct arena *a)
{
    *r = (struct reply){.arena = a, .file.fd = -1};
    buf_init(&r->body, REPLY_MAX_BODY);
}

void reply_finish(struct reply *r)
{
    buf_finish(&r->body);
    if (r->file.fd >= 0)
        close(r->file.fd);
    r->file.fd = -1;
}

void reply_reset(struct reply *r)
{
    struct arena *a = r->arena;
    struct reply_sink *sink = r->sink;
    bool streamed = r->streamed;
    reply_finish(r);
    reply_init(r, a);
    r->sink = sink;
    r->streamed = streamed;
}

bool reply_stream_begin(struct reply *r, const char *content_type)
{
    if (!r->sink || r->streamed)
        return false;
    r->content_type = content_type;
    r->streamed = true;
    return r->sink->begin(r->sink, r);
}

bool reply_stream_write(struct reply *r, const void *data, size_t n)
{
    return r->streamed && (n == 0 || r->sink->write(r->sink, data, n));
}

static bool header_safe(const char *s)
{
    for (; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}

void reply_header(struct reply *r, const char *name, const char *value)
{
    char *copy = header_safe(value) ? arena_strdup(r->arena, value) : NULL;
    if (!copy)
        return;
    size_t i = 0;
    while (i < r->header_count && strcasecmp(r->headers[i].name, name) != 0)
        i++;
    if (i == REPLY_MAX_HEADERS)
        return;
    r->headers[i] = (struct http_pair){name, copy};
    if (i == r->header_count)
        r->header_count++;
}

const char *reply_get_header(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

bool reply_json(struct reply *r, const struct wire_type *type, const void *obj)
{
    r->content_type = REPLY_JSON;
    wire_write(type, obj, &r->body);
    return true;
}

bool reply_json_list(struct reply *r, const struct wire_type *type, const void *items, size_t count)
{
    r->content_type = REPLY_JSON;
    buf_addc(&r->body, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_addc(&r->body, ',');
        wire_write(type, (const char *)items + i * type->size, &r->body);
    }
    buf_addc(&r->body, ']');
    return true;
}

bool reply_text(struct reply *r, const char *content_type, const char *text)
{
    r->content_type = content_type;
    buf_adds(&r->body, text);
    return true;
}

bool reply_detail(struct reply *r, int status, const char *detail)
{
    reply_reset(r);
    r->status = status;
    r->content_type = REPLY_JSON;
    buf_adds(&r->body, "{\"detail\":");
    json_write_string(&r->body, detail);
    buf_addc(&r->body, '}');
    return true;
}

void reply_error(struct reply *r, const struct err *e)
{
    int status = err_http_status(e->code);
    if (status == 500 || status < 400) {
        reply_reset(r);
        r->status = 500;
        reply_text(r, "text/plain; charset=utf-8", "Internal Server Error");
        return;
    }
    if (status == 422) {
        struct wire_loc body = {.key = "body"};
        reply_invalid(r, &body, e->msg);
        return;
    }
    reply_detail(r, status, e->msg);
    if (status == 503)
        reply_header(r, "Retry-After", e->code == ERR_BUSY ? "1" : "10");
}

bool reply_validation(struct reply *r, const struct wire_errors *errs)
{
    reply_reset(r);
    r->status = 422;
    r->content_type = REPLY_JSON;
    wire_errors_json(errs, &r->body);
    return true;
}

bool reply_invalid(struct reply *r, const struct wire_loc *loc, const char *words)
{
    struct wire_errors errs = {0};
    wire_error(&errs, loc, "value_error", NULL, 0, "{\"error\":{}}", "Value error, %s", words);
    reply_validation(r, &errs);
    wire_errors_finish(&errs);
    return true;
}

bool reply_redirect(struct reply *r, int status, const char *location)
{
    reply_reset(r);
    r->status = status;
    reply_header(r, "Location", location);
    return true;
}

/* RFC 6266: a plain name is quoted, any other goes as UTF-8 (as Starlette's FileResponse does). */
static void set_disposition(struct reply *r, const char *name)
{
    char *encoded = url_encode(name, r->arena);
    if (!encoded)
        return;
    bool plain = strcmp(encoded, name) == 0;
    char *value = arena_printf(r->arena, "attachment; filename%s%s%s", plain ? "=\"" : "*=utf-8''",
                               encoded, plain ? "\"" : "");
    if (value)
        reply_header(r, "Content-Disposition", value);
}

bool reply_file(struct reply *r, int fd, const char *content_type, const char *download_name,
                const char *etag, struct err *e)
{
    reply_reset(r);
    r->file.fd = fd;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(e, errno, "look at the file to send");
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_NOT_FOUND, "Not Found");
    r->content_type = content_type;
    r->file.size = r->file.len = (uint64_t)st.st_size;
    r->file.modified = st.st_mtim.tv_sec;
    r->file.etag = etag
                       ? arena_strdup(r->arena, etag)
                       : arena_printf(r->arena, "\"%llx-%llx-%llx\"", (unsigned long long)st.st_ino,
                                      (unsigned long long)st.st_size,
                                      (unsigned long long)st.st_mtim.tv_sec * 1000000000ull +
                                          (unsigned long long)st.st_mtim.tv_nsec);
    if (!r->file.etag)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    if (download_name)
        set_disposition(r, download_name);
    return true;
}
