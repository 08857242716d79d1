/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/form.h"

#include "api/multipart.h"
#include "core/json.h"
#include "core/utf8.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASH_BYTES 32
#define MAX_FILENAME 255

enum sink_kind { SINK_NOTHING, SINK_TEXT, SINK_FILE };

struct form {
    const struct route *route;
    struct arena *arena;
    void *app;
    struct multipart *reader;
    enum sink_kind kind; /* of the part at work */
    struct upload *uploads;
    size_t upload_count;
    crypto_generichash_state hash;
    struct http_pair texts[MULTIPART_MAX_PARTS];
    size_t text_count;
    struct buf text;
};

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "out of memory");
}

/* --- File names ------------------------------------------------------------------------------- */

/* Control characters, and those that turn the reading direction (a name shown as "x4pm.exe"). */
static bool unwanted(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x200e || cp == 0x200f ||
           (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

static const char *last_component(const char *s)
{
    for (const char *p = s; *p; p++)
        if (*p == '/' || *p == '\\')
            s = p + 1;
    return s;
}

const char *form_clean_filename(const char *raw, struct arena *a)
{
    char *out = arena_alloc(a, MAX_FILENAME + 1);
    if (!out)
        return NULL;
    raw = last_component(raw);
    size_t len = 0, left = strlen(raw);
    while (left > 0) {
        uint32_t cp = 0xfffd;
        size_t n = utf8_decode(raw, left, &cp);
        if (n == 0) {
            n = 1;
            cp = 0xfffd;
        }
        char bytes[4];
        size_t width = unwanted(cp) ? 0 : utf8_encode(cp, bytes);
        if (len + width > MAX_FILENAME)
            break;
        memcpy(out + len, bytes, width);
        len += width;
        raw += n;
        left -= n;
    }
    out[len] = '\0';
    return out;
}

/* --- Parts ------------------------------------------------------------------------------------ */

static bool known_file(const struct route *r, const char *name)
{
    for (const struct route_file *f = r->files; f && f->name; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}

static bool known_text(const struct route *r, const char *name)
{
    for (const struct wire_field *f = r->form ? r->form->fields : NULL; f && f->name; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}

static bool begin_file(struct form *f, const struct multipart_part *part, struct err *e)
{
    for (size_t i = 0; i < f->upload_count; i++)
        if (strcmp(f->uploads[i].field, part->name) == 0)
            return err_set(e, ERR_BAD_REQUEST, "The form has more than one file named '%.100s'",
                           part->name);
    if (!f->uploads)
        f->uploads = arena_array(f->arena, MULTIPART_MAX_PARTS, sizeof *f->uploads);
    if (!f->uploads)
        return no_memory(e);
    struct upload *up = &f->uploads[f->upload_count];
    up->field = arena_strdup(f->arena, part->name);
    up->filename = form_clean_filename(part->filename, f->arena);
    up->content_type = arena_strdup(f->arena, part->content_type ? part->content_type : "");
    if (!up->field || !up->filename || !up->content_type)
        return no_memory(e);
    up->fd = f->route->open_upload(f->app, up->field, e);
    if (up->fd < 0)
        return false;
    f->upload_count++;
    crypto_generichash_init(&f->hash, NULL, 0, HASH_BYTES);
    f->kind = SINK_FILE;
    return true;
}

static bool part_begin(void *ctx, const struct multipart_part *part, struct err *e)
{
    struct form *f = ctx;
    f->kind = SINK_NOTHING;
    if (!utf8_valid(part->name, strlen(part->name)))
        return err_set(e, ERR_BAD_REQUEST, "There was an error parsing the body");
    if (part->filename && known_file(f->route, part->name))
        return begin_file(f, part, e);
    if (part->filename || !(known_text(f->route, part->name) || known_file(f->route, part->name)))
        return true;
    char *name = arena_strdup(f->arena, part->name);
    if (!name)
        return no_memory(e);
    f->texts[f->text_count].name = name;
    f->kind = SINK_TEXT;
    buf_clear(&f->text);
    return true;
}

static bool write_all(int fd, const char *data, size_t n, struct err *e)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(e, errno, "keep the uploaded file");
        data += done;
        n -= (size_t)done;
    }
    return true;
}

static bool part_data(void *ctx, const char *data, size_t n, struct err *e)
{
    struct form *f = ctx;
    if (f->kind == SINK_TEXT && !buf_add(&f->text, data, n))
        return err_set(e, ERR_TOO_LARGE, "Form field '%.100s' is longer than %zu bytes",
                       f->texts[f->text_count].name, FORM_MAX_TEXT);
    if (f->kind != SINK_FILE)
        return true;
    struct upload *up = &f->uploads[f->upload_count - 1];
    up->size += n;
    crypto_generichash_update(&f->hash, (const unsigned char *)data, n);
    return write_all(up->fd, data, n, e);
}

static bool part_end(void *ctx, struct err *e)
{
    struct form *f = ctx;
    if (f->kind == SINK_FILE) {
        struct upload *up = &f->uploads[f->upload_count - 1];
        unsigned char digest[HASH_BYTES];
        crypto_generichash_final(&f->hash, digest, sizeof digest);
        sodium_bin2hex(up->hash, sizeof up->hash, digest, sizeof digest);
    }
    if (f->kind == SINK_TEXT) {
        const char *text = f->text.len ? f->text.data : "";
        if (memchr(text, '\0', f->text.len) || !utf8_valid(text, f->text.len))
            return err_set(e, ERR_BAD_REQUEST, "Form field '%.100s' is not valid UTF-8 text",
                           f->texts[f->text_count].name);
        char *copy = arena_strndup(f->arena, text, f->text.len);
        if (!copy)
            return no_memory(e);
        f->texts[f->text_count++].value = copy;
    }
    f->kind = SINK_NOTHING;
    return true;
}

/* --- The form --------------------------------------------------------------------------------- */

static const struct multipart_sink sink = {part_begin, part_data, part_end};

struct form *form_create(const struct route *route, const char *content_type, void *app,
                         struct arena *a, struct err *e)
{
    char boundary[MULTIPART_MAX_BOUNDARY + 1];
    if (!multipart_boundary(content_type, boundary, e))
        return NULL;
    struct form *f = calloc(1, sizeof *f);
    if (f) {
        f->route = route;
        f->arena = a;
        f->app = app;
        buf_init(&f->text, FORM_MAX_TEXT);
        f->reader = multipart_create(boundary, &sink, f, e);
    }
    if (!f || !f->reader) {
        no_memory(e);
        form_destroy(f);
        return NULL;
    }
    return f;
}

bool form_feed(struct form *f, const char *data, size_t n, struct err *e)
{
    return multipart_feed(f->reader, data, n, e);
}

bool form_finish(struct form *f, struct err *e)
{
    return multipart_finish(f->reader, e);
}

void form_destroy(struct form *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->upload_count; i++)
        if (f->uploads[i].fd >= 0)
            close(f->uploads[i].fd);
    multipart_destroy(f->reader);
    buf_finish(&f->text);
    free(f);
}

struct upload *form_uploads(struct form *f, size_t *count)
{
    *count = f->upload_count;
    return f->uploads;
}

size_t form_text(const struct form *f, const char *name, const char **value)
{
    size_t times = 0;
    *value = NULL;
    for (size_t i = 0; i < f->text_count; i++)
        if (strcmp(f->texts[i].name, name) == 0) {
            *value = f->texts[i].value;
            times++;
        }
    return times;
}

void form_texts(const struct form *f, const char *name, struct buf *out)
{
    bool first = true;
    buf_addc(out, '[');
    for (size_t i = 0; i < f->text_count; i++) {
        if (strcmp(f->texts[i].name, name) != 0)
            continue;
        if (!first)
            buf_addc(out, ',');
        json_write_string(out, f->texts[i].value);
        first = false;
    }
    buf_addc(out, ']');
}
