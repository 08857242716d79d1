/* SPDX-License-Identifier: GPL-3.0-or-later
 * param.c - reading things with parameters out of a timeline.
 */
#include "effects/param.h"

#include "core/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- Messages ------------------------------------------------------------------------------- */

/* "a, b, c", for messages. */
static void list_word(char *out, size_t size, const char *word)
{
    size_t n = strlen(out);
    if (n + 1 < size)
        snprintf(out + n, size - n, "%s%s", n ? ", " : "", word);
}

static bool unknown_thing(const struct param_kind_of *kind, const char *name, struct err *e)
{
    char known[300] = "";
    const char *word;
    for (size_t i = 0; (word = kind->name_at(i)); i++)
        list_word(known, sizeof known, word);
    return err_set(e, ERR_INVALID, "unknown %s \"%.60s\"; there are: %s", kind->noun, name, known);
}

static bool not_a_thing(const struct param_kind_of *kind, const struct json_reader *r,
                        struct err *e)
{
    if (r->error && strcmp(r->error, JSON_NO_MEMORY) == 0)
        return err_set(e, ERR_NO_MEMORY, "no memory to read %s %s",
                       strchr("aeiou", kind->noun[0]) ? "an" : "a", kind->noun);
    return err_set(e, ERR_INVALID,
                   "%s %s is a name, or an object with \"name\" and its parameters",
                   strchr("aeiou", kind->noun[0]) ? "an" : "a", kind->noun);
}

/* --- One parameter -------------------------------------------------------------------------- */

/* What a parameter is read for: "effect" "zoom". */
struct owner {
    const char *noun, *name;
    const struct param *params;
};

static void set_int(const struct param *p, void *self, int v)
{
    *(int *)(void *)((char *)self + p->offset) = v;
}

void param_defaults(const struct param *params, void *self)
{
    for (const struct param *p = params; p->name; p++) {
        void *at = (char *)self + p->offset;
        switch (p->kind) {
        case PARAM_NUMBER:
            *(double *)at = p->def;
            break;
        case PARAM_CHOICE:
        case PARAM_BOOL:
            *(int *)at = (int)p->def;
            break;
        case PARAM_COLOUR:
            *(uint32_t *)at = (uint32_t)p->def;
            break;
        case PARAM_FILE:
            *(const char **)at = NULL;
            break;
        }
    }
}

static bool read_number(struct json_reader *r, const struct owner *o, const struct param *p,
                        void *self, struct err *e)
{
    double v = NAN;
    bool is_int;
    int64_t i;
    if (json_peek(r) != JSON_NUMBER || !json_read_number(r, &v, &is_int, &i) || !isfinite(v) ||
        v < p->min || v > p->max)
        return err_set(e, ERR_INVALID, "%s %s: %s must be a number from %g to %g", o->noun, o->name,
                       p->name, p->min, p->max);
    *(double *)(void *)((char *)self + p->offset) = v;
    return true;
}

/* A string as C has it; one with a null character inside is none. */
static bool read_word(struct json_reader *r, struct arena *a, const char **word)
{
    size_t len;
    return json_peek(r) == JSON_STRING && json_read_string(r, a, word, &len) &&
           strlen(*word) == len;
}

static bool no_memory(const struct json_reader *r)
{
    return r->error && strcmp(r->error, JSON_NO_MEMORY) == 0;
}

static bool read_choice(struct json_reader *r, const struct owner *o, const struct param *p,
                        void *self, struct arena *a, struct err *e)
{
    const char *word = "";
    if (read_word(r, a, &word)) {
        for (int i = 0; p->choices[i]; i++) {
            if (strcmp(p->choices[i], word) == 0) {
                set_int(p, self, i);
                return true;
            }
        }
    }
    char known[200] = "";
    for (int i = 0; p->choices[i]; i++)
        list_word(known, sizeof known, p->choices[i]);
    return err_set(e, ERR_INVALID, "%s %s: %s must be one of: %s", o->noun, o->name, p->name,
                   known);
}

static bool read_bool(struct json_reader *r, const struct owner *o, const struct param *p,
                      void *self, struct err *e)
{
    bool v;
    if (json_peek(r) != JSON_BOOL || !json_read_bool(r, &v))
        return err_set(e, ERR_INVALID, "%s %s: %s must be true or false", o->noun, o->name,
                       p->name);
    set_int(p, self, v);
    return true;
}

static bool read_colour(struct json_reader *r, const struct owner *o, const struct param *p,
                        void *self, struct arena *a, struct err *e)
{
    const char *word = "";
    uint32_t rgb;
    char end;
    if (!read_word(r, a, &word) || strlen(word) != 7 ||
        strspn(word + 1, "0123456789abcdefABCDEF") != 6 ||
        sscanf(word, "#%6" SCNx32 "%c", &rgb, &end) != 1)
        return err_set(e, ERR_INVALID, "%s %s: %s must be a colour as \"#ffe600\"", o->noun,
                       o->name, p->name);
    *(uint32_t *)(void *)((char *)self + p->offset) = rgb;
    return true;
}

static bool read_file(struct json_reader *r, const struct owner *o, const struct param *p,
                      void *self, struct arena *a, struct err *e)
{
    const char *word = NULL;
    double v;
    bool is_int = false;
    int64_t id = 0;
    if (json_peek(r) == JSON_NUMBER && json_read_number(r, &v, &is_int, &id) && is_int && id > 0)
        word = arena_printf(a, "asset:%" PRId64, id);
    else if (json_peek(r) != JSON_STRING || !read_word(r, a, &word) || !*word)
        return err_set(e, ERR_INVALID, "%s %s: %s must be the path or the id of an asset", o->noun,
                       o->name, p->name);
    if (!word)
        return err_set(e, ERR_NO_MEMORY, "no memory for the parameters of %s", o->name);
    *(const char **)(void *)((char *)self + p->offset) = word;
    return true;
}

static bool read_value(struct json_reader *r, const struct owner *o, const struct param *p,
                       void *self, struct arena *a, struct err *e)
{
    bool ok = false;
    switch (p->kind) {
    case PARAM_NUMBER:
        ok = read_number(r, o, p, self, e);
        break;
    case PARAM_CHOICE:
        ok = read_choice(r, o, p, self, a, e);
        break;
    case PARAM_BOOL:
        ok = read_bool(r, o, p, self, e);
        break;
    case PARAM_COLOUR:
        ok = read_colour(r, o, p, self, a, e);
        break;
    case PARAM_FILE:
        ok = read_file(r, o, p, self, a, e);
        break;
    }
    if (!ok && no_memory(r))
        return err_set(e, ERR_NO_MEMORY, "no memory for the parameters of %s", o->name);
    return ok;
}

static bool read_param(struct json_reader *r, const struct owner *o, const char *key, void *self,
                       struct arena *a, struct err *e)
{
    char known[300] = "name";
    for (const struct param *p = o->params; p->name; p++) {
        if (strcmp(p->name, key) == 0)
            return read_value(r, o, p, self, a, e);
        list_word(known, sizeof known, p->name);
    }
    return err_set(e, ERR_INVALID, "%s %s has no parameter \"%.60s\"; there are: %s", o->noun,
                   o->name, key, known);
}

/* --- A thing -------------------------------------------------------------------------------- */

/* The name inside an object, wherever it stands among the parameters. NULL: it has none. */
static const char *object_name(struct json_reader *r, struct arena *a)
{
    const char *key, *name = NULL;
    if (!json_enter_object(r))
        return NULL;
    while (json_next_key(r, a, &key)) {
        if (strcmp(key, "name") != 0)
            json_skip(r);
        else if (!read_word(r, a, &name))
            return NULL;
    }
    return json_failed(r) ? NULL : name;
}

/* A file has no default. */
static bool has_files(const struct owner *o, const void *self, struct err *e)
{
    for (const struct param *p = o->params; p->name; p++)
        if (p->kind == PARAM_FILE && !*(const char *const *)((const char *)self + p->offset))
            return err_set(e, ERR_INVALID, "%s %s: %s is needed, the path or the id of an asset",
                           o->noun, o->name, p->name);
    return true;
}

static bool create(const struct param_kind_of *kind, const char *name, struct arena *a,
                   struct param_thing *out, void **self, struct err *e)
{
    if (!kind->find(name, out))
        return unknown_thing(kind, name, e);
    if (!(*self = arena_alloc(a, out->self_size)))
        return err_set(e, ERR_NO_MEMORY, "no memory for %s %s", kind->noun, name);
    if (out->preset)
        memcpy(*self, out->preset, out->self_size);
    else
        param_defaults(out->params, *self);
    return true;
}

bool param_read(const struct param_kind_of *kind, const char *json, size_t len, struct arena *a,
                struct param_thing *out, const void **self, struct err *e)
{
    struct json_reader r, ahead;
    json_reader_init(&r, json, len, 8);
    ahead = r;
    const char *name = NULL, *key;
    void *filled = NULL;

    enum json_type type = json_peek(&r);
    if (type == JSON_STRING) {
        if (!read_word(&r, a, &name))
            return not_a_thing(kind, &r, e);
    } else if (type != JSON_OBJECT || !(name = object_name(&ahead, a))) {
        return not_a_thing(kind, &ahead, e);
    }
    if (!create(kind, name, a, out, &filled, e))
        return false;
    *self = filled;
    const struct owner o = {kind->noun, out->name, out->params};
    bool more = type == JSON_OBJECT && json_enter_object(&r);
    while (more && json_next_key(&r, a, &key)) {
        if (strcmp(key, "name") == 0)
            json_skip(&r);
        else if (!read_param(&r, &o, key, filled, a, e))
            return false;
    }
    return json_failed(&r) ? not_a_thing(kind, &r, e) : has_files(&o, filled, e);
}

static void write_value(const struct param *p, const void *at, struct buf *out)
{
    switch (p->kind) {
    case PARAM_NUMBER:
        buf_printf(out, "%.17g", *(const double *)at);
        break;
    case PARAM_CHOICE:
        buf_adds(out, p->choices[*(const int *)at]);
        break;
    case PARAM_BOOL:
        buf_adds(out, *(const int *)at ? "true" : "false");
        break;
    case PARAM_COLOUR:
        buf_printf(out, "#%06" PRIx32, *(const uint32_t *)at);
        break;
    case PARAM_FILE:
        buf_adds(out, *(const char *const *)at ? *(const char *const *)at : "-");
        break;
    }
}

void param_canonical(const char *name, const struct param *params, const void *self,
                     struct buf *out)
{
    buf_adds(out, name);
    for (const struct param *p = params; p->name; p++) {
        buf_printf(out, " %s=", p->name);
        write_value(p, (const char *)self + p->offset, out);
    }
}
