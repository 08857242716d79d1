/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/route.h"

#include <stdio.h>
#include <string.h>

/* A path cut at its slashes, without copying. */
struct segments {
    const char *at[ROUTE_MAX_SEGMENTS];
    size_t len[ROUTE_MAX_SEGMENTS];
    size_t count;
};

static bool cut(const char *path, struct segments *s)
{
    s->count = 0;
    while (*path == '/') {
        if (s->count == ROUTE_MAX_SEGMENTS)
            return false;
        path++;
        size_t n = strcspn(path, "/");
        s->at[s->count] = path;
        s->len[s->count++] = n;
        path += n;
    }
    return *path == '\0';
}

/* What a pattern's segment leaves open: "{name}", or with letters around it, "sheet-{name}.jpg". */
struct hole {
    const char *name;
    size_t name_len;      /* 0: no hole, the segment is a word */
    size_t before, after; /* letters around it */
};

static struct hole hole_of(const struct segments *s, size_t i)
{
    const char *at = s->at[i], *end = at + s->len[i];
    const char *open = memchr(at, '{', s->len[i]);
    const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;
    if (!close || close == open + 1)
        return (struct hole){0};
    return (struct hole){.name = open + 1, .name_len = (size_t)(close - open - 1),
                         .before = (size_t)(open - at), .after = (size_t)(end - close - 1)};
}

static bool fits(const struct segments *pattern, const struct hole *h, const struct segments *path,
                 size_t i)
{
    const char *want = pattern->at[i], *have = path->at[i];
    size_t want_len = pattern->len[i], have_len = path->len[i];
    if (!h->name_len)
        return have_len == want_len && memcmp(have, want, have_len) == 0;
    return have_len > h->before + h->after && memcmp(have, want, h->before) == 0 &&
           memcmp(have + have_len - h->after, want + want_len - h->after, h->after) == 0;
}

/* 0: does not match; else a rank in which words beat params with letters around them, those beat
 * bare params, and the leftmost segment weighs most: digits to the base 3, at most 3^17. */
static unsigned match_rank(const struct segments *pattern, const struct segments *path)
{
    if (pattern->count != path->count)
        return 0;
    unsigned rank = 1;
    for (size_t i = 0; i < path->count; i++) {
        struct hole h = hole_of(pattern, i);
        if (!fits(pattern, &h, path, i))
            return 0;
        rank = 3 * rank + (!h.name_len ? 2 : h.before + h.after > 0);
    }
    return rank;
}

static void allow_add(struct route_match *m, const char *method)
{
    size_t used = strlen(m->allow), n = strlen(method);
    for (const char *p = m->allow; *p; p += strcspn(p, ","), p += strspn(p, ", "))
        if (strncmp(p, method, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return;
    if (used + 2 + n < sizeof m->allow)
        snprintf(m->allow + used, sizeof m->allow - used, "%s%s", used ? ", " : "", method);
}

static bool take_params(const struct segments *pattern, const struct segments *path,
                        struct arena *a, struct route_match *m)
{
    for (size_t i = 0; i < pattern->count; i++) {
        struct hole h = hole_of(pattern, i);
        if (!h.name_len || m->param_count == ROUTE_MAX_PARAMS)
            continue;
        struct http_pair *p = &m->params[m->param_count++];
        p->name = arena_strndup(a, h.name, h.name_len);
        p->value = arena_strndup(a, path->at[i] + h.before, path->len[i] - h.before - h.after);
        if (!p->name || !p->value)
            return false;
    }
    return true;
}

bool route_find(const struct route *routes, size_t count, const char *method, const char *path,
                struct arena *a, struct route_match *out)
{
    *out = (struct route_match){0};
    struct segments at, pattern, best = {0};
    if (!cut(path, &at))
        return true;
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    unsigned best_rank = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned rank = cut(routes[i].path, &pattern) ? match_rank(&pattern, &at) : 0;
        if (rank == 0)
            continue;
        out->path_known = true;
        allow_add(out, routes[i].method);
        if (strcmp(routes[i].method, "GET") == 0)
            allow_add(out, "HEAD");
        if (rank > best_rank && strcmp(routes[i].method, wanted) == 0) {
            best_rank = rank;
            best = pattern;
            out->route = &routes[i];
        }
    }
    if (out->path_known)
        allow_add(out, "OPTIONS");
    return !out->route || take_params(&best, &at, a, out);
}

bool route_path_known(const struct route *routes, size_t count, const char *path)
{
    struct segments at, pattern;
    if (!cut(path, &at))
        return false;
    for (size_t i = 0; i < count; i++)
        if (cut(routes[i].path, &pattern) && match_rank(&pattern, &at))
            return true;
    return false;
}

/* --- Is the table sound? ---------------------------------------------------------------------- */

static bool scalars_only(const struct wire_type *t)
{
    for (const struct wire_field *f = t ? t->fields : NULL; f && f->name; f++)
        if (f->kind > WIRE_STRING)
            return false;
    return true;
}

/* A list is a field that comes several times. */
static bool form_ok(const struct wire_type *t)
{
    for (const struct wire_field *f = t ? t->fields : NULL; f && f->name; f++)
        if (f->kind > WIRE_STRING && !(f->kind == WIRE_LIST && f->item == WIRE_STRING))
            return false;
    return true;
}

static bool has_field(const struct wire_type *t, const char *name, size_t len)
{
    for (const struct wire_field *f = t ? t->fields : NULL; f && f->name; f++)
        if (strlen(f->name) == len && memcmp(f->name, name, len) == 0)
            return true;
    return false;
}

static const char *path_fault(const struct route *r)
{
    struct segments s;
    size_t braces = 0, fields = 0;
    if (r->path[0] != '/' || !cut(r->path, &s))
        return "the path must begin with / and have few segments";
    for (size_t i = 0; i < s.count; i++) {
        struct hole h = hole_of(&s, i);
        if (!h.name_len)
            continue;
        braces++;
        if (!has_field(r->params, h.name, h.name_len))
            return "a name in {braces} is no field of .params";
    }
    for (const struct wire_field *f = r->params ? r->params->fields : NULL; f && f->name; f++)
        fields++;
    if (fields != braces || braces > ROUTE_MAX_PARAMS)
        return ".params and the names in {braces} differ";
    return NULL;
}

static const char *body_fault(const struct route *r)
{
    bool json = r->body != BODY_TEXT && (r->request || r->request_optional);
    bool multipart = r->files || r->form;
    if (r->body != BODY_JSON && json)
        return ".request needs BODY_JSON";
    if (r->body == BODY_JSON && !r->request)
        return "BODY_JSON needs .request";
    if (r->body != BODY_MULTIPART && multipart)
        return ".files and .form need BODY_MULTIPART";
    if (r->body == BODY_MULTIPART && r->run == RUN_INLINE)
        return "BODY_MULTIPART writes to disk and cannot be RUN_INLINE";
    if (r->files && r->files->name && !r->open_upload)
        return ".files need .open_upload";
    if ((r->body == BODY_TEXT) != (r->consumes != NULL))
        return ".consumes and BODY_TEXT go together";
    if (r->body != BODY_NONE && strcmp(r->method, "GET") == 0)
        return "GET has no body";
    return NULL;
}

static const char *row_fault(const struct route *r)
{
    if (!r->method || !r->path || !r->handler || !r->name || !r->help)
        return "method, path, handler, name and help are needed";
    if (!strcmp(r->method, "HEAD") || !strcmp(r->method, "OPTIONS"))
        return "HEAD and OPTIONS are the layer's";
    if (!scalars_only(r->params) || !scalars_only(r->query) || !form_ok(r->form))
        return ".params and .query hold scalars only, .form lists of strings, too";
    if (r->errors && (!r->errors->type || !r->errors->reword))
        return ".errors need .type and .reword";
    const char *fault = path_fault(r);
    return fault ? fault : body_fault(r);
}

bool route_table_check(const struct route *routes, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        const struct route *r = &routes[i];
        const char *fault = row_fault(r);
        for (size_t j = 0; j < i && !fault; j++)
            if (!strcmp(r->method, routes[j].method) && !strcmp(r->path, routes[j].path))
                fault = "stands in the table twice";
        if (fault)
            return err_set(e, ERR_INTERNAL, "route %s %s: %s", r->method ? r->method : "?",
                           r->path ? r->path : "?", fault);
    }
    return true;
}
