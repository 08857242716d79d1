/* SPDX-License-Identifier: GPL-3.0-or-later
 * Templates as files: the shipped ones and the user's own. */
#include "core/files.h"
#include "core/json.h"
#include "effects/transition.h"
#include "timeline/template.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 1000 /* of a folder; more are not looked at */

static bool name_ok(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n <= 60 && !name[n];
}

/* "chaos.json" -> "chaos"; NULL: not the name of a template's file, or no memory. */
static const char *name_of_file(const char *file, struct arena *a)
{
    size_t n = strlen(file);
    if (n < 6 || strcmp(file + n - 5, ".json") != 0)
        return NULL;
    char *name = arena_strndup(a, file, n - 5);
    return name && name_ok(name) ? name : NULL;
}

/* --- One file --------------------------------------------------------------------------------- */

/* A text that is no JSON: line and column, as editors count. True: it is JSON. */
static bool check_syntax(const char *text, size_t len, struct err *e)
{
    struct json_reader r;
    json_reader_init(&r, text, len, 16);
    json_skip(&r);
    json_at_end(&r);
    if (!json_failed(&r))
        return true;
    size_t line = 1, column = 1;
    for (size_t i = 0; i < r.error_pos && i < len; i++) {
        bool begins_char = (text[i] & 0xc0) != 0x80;
        column = text[i] == '\n' ? 1 : column + begins_char;
        line += text[i] == '\n';
    }
    return err_set(e, ERR_INVALID, "line %zu, column %zu: %s", line, column, r.error);
}

/* The error does not name the file. */
static struct template *read_template(const char *path, template_sound_fn *sound, struct arena *a,
                                      struct err *e)
{
    struct template *t = NULL;
    struct wire_errors errs = {0};
    size_t len;
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path, *name = name_of_file(file, a);
    const char *text = file_load(path, 1 << 20, a, &len, e);
    if (!text)
        return NULL;
    if (!check_syntax(text, len, e))
        goto out;
    t = template_parse(text, len, sound, a, &errs);
    if (!t) {
        wire_errors_to_err(&errs, e);
    } else if (name && strcmp(name, t->name) != 0) {
        err_set(e, ERR_INVALID, "template.name: \"%s\" in a file called %s; they must be the same",
                t->name, file);
        t = NULL;
    }

out:
    wire_errors_finish(&errs);
    return t;
}

struct template *template_read_file(const char *path, template_sound_fn *sound, struct arena *a,
                                    struct err *e)
{
    struct template *t = read_template(path, sound, a, e);
    if (!t)
        err_wrap(e, "%s", path);
    return t;
}

/* --- A shelf ---------------------------------------------------------------------------------- */

static bool has_own(const struct template_shelf *shelf)
{
    return shelf->own && *shelf->own;
}

static const char *path_of(const char *dir, const char *name, struct arena *a)
{
    return arena_printf(a, "%s/%s.json", dir, name);
}

/* Names of the templates' files in a folder, sorted. */
static bool list_names(const char *dir, struct arena *a, const char ***names, size_t *count,
                       struct err *e);

static bool not_found(const struct template_shelf *shelf, const char *name, struct arena *a,
                      struct err *e)
{
    struct buf known;
    const char **names;
    size_t count;
    struct err ignored = {0};
    const char *dirs[] = {shelf->shipped, has_own(shelf) ? shelf->own : NULL};
    buf_init(&known, 4096);
    for (int k = 0; k < 2 && dirs[k]; k++)
        if (list_names(dirs[k], a, &names, &count, &ignored))
            for (size_t i = 0; i < count; i++)
                buf_printf(&known, "%s%s", known.len ? ", " : "", names[i]);
    err_set(e, ERR_NOT_FOUND, "no template is called \"%.60s\"; there are: %s", name,
            known.len ? known.data : "none");
    buf_finish(&known);
    return false;
}

struct template *template_load(const struct template_shelf *shelf, const char *name,
                               struct arena *a, struct err *e)
{
    const char *dirs[] = {has_own(shelf) ? shelf->own : NULL, shelf->shipped};
    struct template *found = NULL;
    bool here = false;
    for (int k = 0; k < 2 && name_ok(name) && !here; k++) {
        const char *path = dirs[k] ? path_of(dirs[k], name, a) : NULL;
        if (dirs[k] && !path)
            return err_set(e, ERR_NO_MEMORY, "no memory for a template"), NULL;
        here = path && access(path, F_OK) == 0;
        if (here)
            found = read_template(path, shelf->sound, a, e);
    }
    if (here && !found) /* without the folder, which is no client's business */
        err_wrap(e, "%s.json", name);
    if (!here)
        not_found(shelf, name, a, e);
    return found;
}

/* --- The catalogue ---------------------------------------------------------------------------- */

static const struct wire_field card_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, name), .help = "What to ask for."},
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, title), .help = "For people."},
    {.name = "help", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, help), .help = "What kind of film it makes."},
    {.name = "film_seconds", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, film_seconds),
     .help = "How long its films are at most, without a target length."},
    {.name = "source", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, source), .help = "shipped or yours."},
    {.name = "effects", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, effects), .help = "Effects that it may use."},
    {.name = "transitions", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, transitions),
     .help = "Transitions that it may use."},
    {.name = "sfx", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_card, sfx), .help = "Sound effects that it may use."},
    {.name = "caption_style", .kind = WIRE_STRING, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template_card, caption_style),
     .help = "How its captions look; null: the default."},
    {0},
};
static const struct wire_type wire_card = {.name = "TemplateCard", .fields = card_fields,
    .help = "A template.", .size = sizeof(struct template_card)};

static const struct wire_field fault_fields[] = {
    {.name = "file", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_fault, file), .help = "Its name, without the folder."},
    {.name = "error", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_fault, error), .help = "What is wrong, and where."},
    {0},
};
static const struct wire_type wire_fault = {.name = "TemplateFault", .fields = fault_fields,
    .help = "A file that is no template.", .size = sizeof(struct template_fault)};

static const struct wire_field catalog_fields[] = {
    {.name = "templates", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_card,
     .flags = WIRE_REQUIRED, .offset = offsetof(struct template_catalog, templates),
     .help = "What there is, by name."},
    {.name = "faults", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_fault,
     .flags = WIRE_REQUIRED, .offset = offsetof(struct template_catalog, faults),
     .help = "Files that should be templates and are wrong."},
    {0},
};
const struct wire_type wire_template_catalog = {.name = "TemplateList", .fields = catalog_fields,
    .help = "The templates that there are.", .size = sizeof(struct template_catalog)};

static int by_name(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool list_names(const char *dir, struct arena *a, const char ***names, size_t *count,
                       struct err *e)
{
    bool ok = false;
    DIR *d = opendir(dir);
    *count = 0;
    *names = arena_array(a, FILES_MAX, sizeof **names);
    if (!d) {
        err_set(e, ERR_NOT_FOUND, "the templates' folder %s: %s", dir, strerror(errno));
        goto out;
    }
    if (!*names) {
        err_set(e, ERR_NO_MEMORY, "no memory for the list of templates");
        goto out;
    }
    for (struct dirent *f; *count < FILES_MAX && (f = readdir(d));) {
        const char *name = name_of_file(f->d_name, a);
        if (name)
            (*names)[(*count)++] = name;
    }
    qsort(*names, *count, sizeof **names, by_name);
    ok = true;

out:
    if (d)
        closedir(d);
    return ok;
}

/* Each name once. */
static bool add_name(struct wire_list *list, const char *name)
{
    const char **at = list->items;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(at[i], name) == 0)
            return true;
    at[list->count++] = name;
    return true;
}

static bool name_list(struct wire_list *list, size_t most, struct arena *a)
{
    *list = (struct wire_list){arena_array(a, most + 1, sizeof(char *)), 0};
    return list->items != NULL;
}

static void card_effects(const struct template *t, struct template_card *c, struct arena *a)
{
    const struct template_rule *rules = t->effects->rules.items;
    const struct wire_raw *look = t->look.items;
    struct template_uses uses;
    struct err e;
    for (size_t i = 0; i < t->effects->rules.count; i++)
        if (template_uses(&rules[i].use, a, &uses, &e))
            for (size_t k = 0; k < uses.count; k++)
                add_name(&c->effects, uses.use[k].effect->name);
    for (size_t i = 0; i < t->look.count; i++)
        if (template_uses(&look[i], a, &uses, &e))
            add_name(&c->effects, uses.use[0].effect->name);
}

/* The name in "box" or {"name": "box", ...}; NULL: no memory. */
static const char *thing_name(const struct wire_raw *json, struct arena *a)
{
    struct json_reader r;
    const char *key, *name = NULL;
    size_t len;
    json_reader_init(&r, json->text, json->len, 8);
    if (json_peek(&r) == JSON_STRING)
        return json_read_string(&r, a, &name, &len) ? name : NULL;
    for (json_enter_object(&r); json_next_key(&r, a, &key);)
        if (strcmp(key, "name") == 0)
            json_read_string(&r, a, &name, &len);
        else
            json_skip(&r);
    return name;
}

static bool card_things(const struct template_draw *d, struct wire_list *list, struct arena *a)
{
    const struct template_rule *rules = d->rules.items;
    for (size_t i = 0; i < d->rules.count; i++) {
        const char *name = thing_name(&rules[i].use, a);
        if (!name)
            return false;
        add_name(list, name);
    }
    return true;
}

static bool make_card(const struct template *t, const char *source, struct arena *a,
                      struct template_card *c)
{
    *c = (struct template_card){.name = t->name, .title = t->title, .help = t->help,
                                .film_seconds = t->film_seconds, .source = source};
    size_t most = t->effects->rules.count * TEMPLATE_MAX_USES + t->look.count;
    if (!name_list(&c->effects, most, a) ||
        !name_list(&c->transitions, t->transitions->rules.count, a) ||
        !name_list(&c->sfx, t->sfx->rules.count, a))
        return false;
    card_effects(t, c, a);
    if (t->caption_style.text && !(c->caption_style = thing_name(&t->caption_style, a)))
        return false;
    return card_things(t->transitions, &c->transitions, a) && card_things(t->sfx, &c->sfx, a);
}

static bool add_fault(struct template_catalog *cat, const char *file, const struct err *e,
                      struct arena *a)
{
    struct template_fault *f = (struct template_fault *)cat->faults.items + cat->faults.count++;
    const char *slash = strrchr(file, '/');
    *f = (struct template_fault){arena_strdup(a, slash ? slash + 1 : file),
                                 arena_strdup(a, e->msg)};
    return f->file && f->error;
}

static bool listed(const struct template_catalog *cat, const char *name)
{
    const struct template_card *cards = cat->templates.items;
    for (size_t i = 0; i < cat->templates.count; i++)
        if (strcmp(cards[i].name, name) == 0)
            return true;
    return false;
}

static bool add_folder(const struct template_shelf *shelf, const char *dir, const char *source,
                       struct template_catalog *cat, struct arena *a, struct err *e)
{
    const char **names;
    size_t count;
    if (!list_names(dir, a, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct template_card *cards = cat->templates.items;
        struct err why = {0};
        const char *path = path_of(dir, names[i], a);
        if (listed(cat, names[i]))
            continue;
        struct template *t = path ? read_template(path, shelf->sound, a, &why) : NULL;
        bool ok = t ? make_card(t, source, a, &cards[cat->templates.count++])
                    : path && add_fault(cat, path, &why, a);
        if (!ok)
            return err_set(e, ERR_NO_MEMORY, "no memory for the list of templates");
    }
    return true;
}

static int by_card(const void *x, const void *y)
{
    const struct template_card *a = x, *b = y;
    return strcmp(a->name, b->name);
}

struct template_catalog *template_catalog(const struct template_shelf *shelf, struct arena *a,
                                          struct err *e)
{
    struct template_catalog *cat = arena_alloc(a, sizeof *cat);
    struct err why = {0};
    if (cat)
        *cat = (struct template_catalog){
            .templates.items = arena_array(a, 2 * FILES_MAX, sizeof(struct template_card)),
            .faults.items = arena_array(a, 2 * FILES_MAX + 1, sizeof(struct template_fault))};
    if (!cat || !cat->templates.items || !cat->faults.items)
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of templates"), NULL;
    if (has_own(shelf) && !add_folder(shelf, shelf->own, "yours", cat, a, &why) &&
        (why.code == ERR_NO_MEMORY || !add_fault(cat, shelf->own, &why, a)))
        return *e = why, NULL;
    if (!add_folder(shelf, shelf->shipped, "shipped", cat, a, e))
        return NULL;
    qsort(cat->templates.items, cat->templates.count, sizeof(struct template_card), by_card);
    return cat;
}
