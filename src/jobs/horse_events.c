/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"
#include "jobs/horse_proto.h"

#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 40 };

const char *const horse_op_names[HORSE_OP_COUNT] = {"open", "create", "commit"};

bool horse_name_ok(const char *name)
{
    size_t len = strnlen(name, HORSE_NAME_SIZE);
    return len > 0 && len < HORSE_NAME_SIZE && name[0] != '/' && !strstr(name, "..") &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789/_.-") == len;
}

/* --- One event -----------------------------------------------------------------------------------
 */

/* What a line may say; what is absent stays NULL. */
struct fields {
    const char *event, *stage, *line, *text, *code, *message, *result;
    double percent;
    size_t text_len, result_len;
};

/* A text without control characters, for it goes to logs and terminals; but for those in `keep`. */
static bool read_text(struct json_reader *r, struct arena *a, const char *keep, const char **out,
                      size_t *out_len)
{
    const char *s;
    if (!json_read_string(r, a, &s, out_len))
        return false;
    char *copy = arena_strndup(a, s, *out_len);
    if (!copy)
        return false;
    for (size_t i = 0; i < *out_len; i++)
        if (((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f) && !(copy[i] && strchr(keep, copy[i])))
            copy[i] = ' ';
    *out = copy;
    return true;
}

static bool read_field(struct json_reader *r, struct arena *a, const char *key, struct fields *f)
{
    const struct {
        const char *key;
        const char **text;
    } texts[] = {{"event", &f->event},
                 {"stage", &f->stage},
                 {"line", &f->line},
                 {"code", &f->code},
                 {"message", &f->message}};
    size_t len;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(key, texts[i].key) == 0)
            return read_text(r, a, "", texts[i].text, &len);
    if (strcmp(key, "text") == 0)
        return read_text(r, a, "\n\t", &f->text, &f->text_len);

    bool is_int;
    int64_t i;
    if (strcmp(key, "percent") == 0)
        return json_read_number(r, &f->percent, &is_int, &i);
    if (strcmp(key, "result") == 0 && json_peek(r) == JSON_OBJECT)
        return json_read_raw(r, a, &f->result, &f->result_len);
    return json_skip(r);
}

static bool read_fields(const char *line, size_t len, struct arena *a, struct fields *f)
{
    struct json_reader r;
    const char *key;
    json_reader_init(&r, line, len, MAX_DEPTH);
    if (!json_enter_object(&r))
        return false;
    while (json_next_key(&r, a, &key))
        if (!read_field(&r, a, key, f))
            return false;
    return !json_failed(&r) && json_at_end(&r);
}

static enum err_code childs_code(const char *word)
{
    enum err_code code = err_from_name(word);
    return code == ERR_NONE || code == ERR_CANCELED ? ERR_INTERNAL : code;
}

static bool is(const struct fields *f, const char *event)
{
    return f->event && strcmp(f->event, event) == 0;
}

static bool to_event(const struct fields *f, struct arena *a, struct horse_event *ev)
{
    if (is(f, "progress") && isfinite(f->percent)) {
        ev->kind = HORSE_PROGRESS;
        ev->percent = fmin(fmax(f->percent, 0), 100);
        ev->stage = f->stage;
    } else if (is(f, "log") && f->line) {
        ev->kind = HORSE_LOG;
        ev->line = f->line;
    } else if (is(f, "text") && f->text) {
        ev->kind = HORSE_TEXT;
        ev->text = f->text;
        ev->text_len = f->text_len;
    } else if (is(f, "result") && f->result) {
        ev->kind = HORSE_RESULT;
        ev->result = arena_strndup(a, f->result, f->result_len);
        ev->result_len = f->result_len;
        return ev->result != NULL;
    } else if (is(f, "error") && f->message) {
        ev->kind = HORSE_ERROR;
        err_set(&ev->error, childs_code(f->code), "%s", f->message);
    } else {
        return false;
    }
    return true;
}

static bool take_line(struct horse_stream *s,
                      bool (*on_event)(void *, const struct horse_event *, struct err *),
                      void *user, struct err *e)
{
    struct arena a;
    struct fields f = {.percent = NAN};
    struct horse_event ev = {.kind = 0};
    arena_init(&a, (1u << 20) + 4 * s->line.len); /* keys, and a result copied twice */

    const char *line = s->line.data ? s->line.data : "";
    bool ok = read_fields(line, s->line.len, &a, &f) && to_event(&f, &a, &ev);
    if (!ok && a.failed)
        err_set(e, ERR_NO_MEMORY, "no memory for what the work-horse sent");
    else if (!ok)
        err_set(e, ERR_INTERNAL, "the work-horse sent something that is not an event of its kind");
    else
        ok = on_event(user, &ev, e);
    arena_finish(&a);
    return ok;
}

/* --- The stream ----------------------------------------------------------------------------------
 */

void horse_stream_init(struct horse_stream *s)
{
    buf_init(&s->line, HORSE_MAX_RESULT);
}

void horse_stream_finish(struct horse_stream *s)
{
    buf_finish(&s->line);
}

static bool add(struct horse_stream *s, const char *bytes, size_t n, struct err *e)
{
    const size_t prefix = sizeof HORSE_RESULT_PREFIX - 1;
    if (!buf_add(&s->line, bytes, n))
        return buf_err(&s->line, ERR_TOO_LARGE, "the result is larger than 16 MiB", e);
    if (s->line.len > HORSE_MAX_LINE && memcmp(s->line.data, HORSE_RESULT_PREFIX, prefix) != 0)
        return err_set(e, ERR_INTERNAL, "the work-horse sent a line longer than %d KiB",
                       HORSE_MAX_LINE >> 10);
    return true;
}

bool horse_stream_feed(struct horse_stream *s, const char *bytes, size_t n,
                       bool (*on_event)(void *user, const struct horse_event *ev, struct err *e),
                       void *user, struct err *e)
{
    while (n > 0) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;
        if (!add(s, bytes, part, e))
            return false;
        if (end) {
            if (!take_line(s, on_event, user, e))
                return false;
            buf_clear(&s->line);
            part++;
        }
        bytes += part;
        n -= part;
    }
    return true;
}
