/* SPDX-License-Identifier: GPL-3.0-or-later
 * The files in which tokenizers come: vocab.json with merges.txt, or tokenizer.json with both. */
#include "nn/json_err.h"
#include "nn/tokenizer_parts.h"

#include <string.h>

#define DEPTH_MAX 32
#define SCRATCH_MAX (256u << 20)

/* What is read from one text: the reader, and memory for its strings. */
struct source {
    struct json_reader r;
    struct arena a;
};

static void source_init(struct source *s, const char *text, size_t len)
{
    json_reader_init(&s->r, text, len, DEPTH_MAX);
    arena_init(&s->a, SCRATCH_MAX);
}

/* Ends a source: what went wrong with its JSON if nothing else did. */
static bool source_finish(struct source *s, bool ok, struct err *e)
{
    if (ok)
        json_at_end(&s->r);
    if (ok && json_failed(&s->r))
        ok = json_err(&s->r, "", e);
    arena_finish(&s->a);
    return ok;
}

/* A string that needs no copy where it has no escapes. False: JSON error. */
static bool next_name(struct source *s, const char **name, size_t *len)
{
    const char *raw;
    if (!json_next_key_text(&s->r, &raw, len))
        return false;
    *name = raw;
    if (memchr(raw, '\\', *len))
        *name = json_unescape(&s->a, raw, *len, len);
    if (!*name)
        s->r.error = JSON_NO_MEMORY;
    return *name != NULL;
}

static bool read_id(struct source *s, int64_t *id, struct err *e)
{
    double v;
    bool is_int;
    if (!json_read_number(&s->r, &v, &is_int, id))
        return true; /* the reader keeps what was wrong */
    return is_int ||
           err_set(e, ERR_INVALID, "an id is not a whole number (at character %zu)", s->r.pos);
}

typedef bool add_fn(struct tokenizer *t, int64_t id, const char *text, size_t len, struct err *e);

static bool add_special(struct tokenizer *t, int64_t id, const char *name, size_t len,
                        struct err *e)
{
    return tokenizer_add_named(t, id, name, len, true, e);
}

/* {"token": id, ...} */
static bool read_map(struct tokenizer *t, struct source *s, add_fn *add, struct err *e)
{
    const char *name;
    size_t len;
    bool ok = true;
    for (json_enter_object(&s->r); ok && next_name(s, &name, &len);) {
        int64_t id;
        ok = read_id(s, &id, e) && (json_failed(&s->r) || add(t, id, name, len, e));
    }
    return ok;
}

static bool read_map_text(struct tokenizer *t, const struct tokenizer_text *text, add_fn *add,
                          struct err *e)
{
    struct source s;
    source_init(&s, text->text, text->len);
    bool ok = read_map(t, &s, add, e);
    return source_finish(&s, ok, e);
}

/* "left right" */
static bool add_pair(struct tokenizer *t, const char *pair, size_t len, struct err *e)
{
    const char *blank = memchr(pair, ' ', len);
    size_t left = blank ? (size_t)(blank - pair) : len;
    if (!blank)
        return err_set(e, ERR_INVALID, "two tokens with a blank between them are needed");
    return tokenizer_add_merge(t, pair, left, blank + 1, len - left - 1, e);
}

static bool read_merges_text(struct tokenizer *t, const struct tokenizer_text *text, struct err *e)
{
    const char *at = text->text, *end = at + text->len;
    bool ok = true;
    for (int line = 1; ok && at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = stop ? (size_t)(stop - at) : (size_t)(end - at);
        const char *next = stop ? stop + 1 : end;
        if (n > 0 && at[n - 1] == '\r')
            n--;
        bool version = n >= 8 && memcmp(at, "#version", 8) == 0;
        ok = n == 0 || version || add_pair(t, at, n, e) || err_wrap(e, "line %d", line);
        at = next;
    }
    return ok;
}

static struct tokenizer *finished(struct tokenizer *t, bool ok)
{
    if (ok)
        return t;
    tokenizer_destroy(t);
    return NULL;
}

struct tokenizer *tokenizer_from_files(const struct tokenizer_text *vocab,
                                       const struct tokenizer_text *merges,
                                       const struct tokenizer_text *added, struct err *e)
{
    struct tokenizer *t = tokenizer_create(e);
    bool ok = t &&
              (read_map_text(t, vocab, tokenizer_add_mapped, e) || err_wrap(e, "vocab.json")) &&
              (read_merges_text(t, merges, e) || err_wrap(e, "merges.txt"));
    if (ok && added)
        ok = read_map_text(t, added, add_special, e) || err_wrap(e, "added_tokens.json");
    return finished(t, ok);
}

/* --- tokenizer.json --- */

/* The parts of the text that are read in an order of our own: "merges" may stand before "vocab". */
struct parts {
    struct tokenizer_text added, vocab, merges;
};

static struct tokenizer_text skip_part(struct json_reader *r)
{
    json_peek(r);
    size_t start = r->pos;
    json_skip(r);
    return (struct tokenizer_text){r->text + start, r->pos - start};
}

/* A string of at most 40 bytes into `out`; other values leave it empty. */
static void read_word(struct source *s, char out[41])
{
    const char *text;
    size_t len;
    out[0] = '\0';
    if (json_peek(&s->r) != JSON_STRING) {
        json_skip(&s->r);
    } else if (json_read_string(&s->r, &s->a, &text, &len)) {
        len = len < 40 ? len : 40;
        memcpy(out, text, len);
        out[len] = '\0';
    }
}

static bool read_model(struct source *s, struct parts *parts, struct err *e)
{
    const char *key;
    char type[41];
    bool ok = true;
    for (json_enter_object(&s->r); ok && json_next_key(&s->r, &s->a, &key);) {
        if (strcmp(key, "vocab") == 0) {
            parts->vocab = skip_part(&s->r);
        } else if (strcmp(key, "merges") == 0) {
            parts->merges = skip_part(&s->r);
        } else if (strcmp(key, "type") == 0) {
            read_word(s, type);
            ok = json_failed(&s->r) || strcmp(type, "BPE") == 0 ||
                 err_set(e, ERR_UNSUPPORTED, "its model is of type \"%s\", only BPE is read", type);
        } else {
            json_skip(&s->r);
        }
    }
    return ok;
}

/* GPT-2's splitting is the only one there is here. */
static bool check_splitter(struct source *s, struct err *e)
{
    const char *key;
    char type[41] = "";
    bool prefix = false, regex = true;
    if (json_peek(&s->r) != JSON_OBJECT) {
        json_skip(&s->r);
        return true;
    }
    for (json_enter_object(&s->r); json_next_key(&s->r, &s->a, &key);) {
        if (strcmp(key, "type") == 0)
            read_word(s, type);
        else if (strcmp(key, "add_prefix_space") == 0)
            json_read_bool(&s->r, &prefix);
        else if (strcmp(key, "use_regex") == 0)
            json_read_bool(&s->r, &regex);
        else
            json_skip(&s->r);
    }
    if (json_failed(&s->r) || (strcmp(type, "ByteLevel") == 0 && !prefix && regex))
        return true;
    return err_set(e, ERR_UNSUPPORTED,
                   "it splits text by \"%s\"%s; only GPT-2's ByteLevel without a prefix is known",
                   type, prefix ? " with add_prefix_space" : "");
}

static bool check_normalizer(struct source *s, struct err *e)
{
    bool none = json_peek(&s->r) == JSON_NULL;
    json_skip(&s->r);
    return none || json_failed(&s->r) ||
           err_set(e, ERR_UNSUPPORTED, "it has a normalizer; GPT-2's and Whisper's have none");
}

static bool find_parts(struct source *s, struct parts *parts, struct err *e)
{
    const char *key;
    bool ok = true;
    for (json_enter_object(&s->r); ok && json_next_key(&s->r, &s->a, &key);) {
        if (strcmp(key, "model") == 0)
            ok = read_model(s, parts, e);
        else if (strcmp(key, "added_tokens") == 0)
            parts->added = skip_part(&s->r);
        else if (strcmp(key, "pre_tokenizer") == 0)
            ok = check_splitter(s, e);
        else if (strcmp(key, "normalizer") == 0)
            ok = check_normalizer(s, e);
        else
            json_skip(&s->r);
    }
    return ok;
}

/* One of "left right" and ["left", "right"]. */
static bool read_merge(struct tokenizer *t, struct source *s, struct err *e)
{
    const char *side[2];
    size_t len[2];
    int n = 0;
    if (json_peek(&s->r) == JSON_STRING)
        return !json_read_string(&s->r, &s->a, &side[0], &len[0]) ||
               add_pair(t, side[0], len[0], e);
    for (json_enter_array(&s->r); json_next_item(&s->r); n++)
        if (n >= 2 || !json_read_string(&s->r, &s->a, &side[n], &len[n]))
            json_skip(&s->r);
    if (json_failed(&s->r))
        return true; /* told at the end of the source */
    if (n != 2)
        return err_set(e, ERR_INVALID, "two tokens are needed");
    return tokenizer_add_merge(t, side[0], len[0], side[1], len[1], e);
}

static bool read_merges(struct tokenizer *t, const struct tokenizer_text *text, struct err *e)
{
    struct source s;
    bool ok = true;
    source_init(&s, text->text, text->len);
    json_enter_array(&s.r);
    for (int number = 1; ok && json_next_item(&s.r); number++)
        ok = read_merge(t, &s, e) || err_wrap(e, "number %d", number);
    return source_finish(&s, ok, e);
}

static bool read_added_token(struct tokenizer *t, struct source *s, struct err *e)
{
    const char *key, *content = NULL;
    size_t len = 0;
    int64_t id = -1;
    bool special = false, ok = true;
    for (json_enter_object(&s->r); ok && json_next_key(&s->r, &s->a, &key);) {
        if (strcmp(key, "id") == 0)
            ok = read_id(s, &id, e);
        else if (strcmp(key, "content") == 0)
            json_read_string(&s->r, &s->a, &content, &len);
        else if (strcmp(key, "special") == 0)
            json_read_bool(&s->r, &special);
        else
            json_skip(&s->r);
    }
    if (!ok || json_failed(&s->r))
        return ok;
    if (content && len == 0)
        return true; /* as Hugging Face's tokenizers do */
    if (!content)
        return err_set(e, ERR_INVALID, "the one with the id %lld has no content", (long long)id);
    return tokenizer_add_named(t, id, content, len, special, e);
}

static bool read_added(struct tokenizer *t, const struct tokenizer_text *text, struct err *e)
{
    struct source s;
    bool ok = true;
    source_init(&s, text->text, text->len);
    for (json_enter_array(&s.r); ok && json_next_item(&s.r);)
        ok = read_added_token(t, &s, e);
    return source_finish(&s, ok, e);
}

static bool read_parts(struct tokenizer *t, const struct parts *p, struct err *e)
{
    if (!p->vocab.text || !p->merges.text)
        return err_set(e, ERR_INVALID, "its model lacks \"vocab\" or \"merges\"");
    if (!read_map_text(t, &p->vocab, tokenizer_add_mapped, e))
        return err_wrap(e, "vocab");
    if (!read_merges(t, &p->merges, e))
        return err_wrap(e, "merges");
    return !p->added.text || read_added(t, &p->added, e) || err_wrap(e, "added_tokens");
}

struct tokenizer *tokenizer_from_json(const struct tokenizer_text *json, struct err *e)
{
    struct parts parts = {0};
    struct source s;
    source_init(&s, json->text, json->len);
    bool ok = find_parts(&s, &parts, e);
    ok = source_finish(&s, ok, e);
    struct tokenizer *t = ok ? tokenizer_create(e) : NULL;
    ok = t && read_parts(t, &parts, e);
    if (!ok)
        err_wrap(e, "tokenizer.json");
    return finished(t, ok);
}
