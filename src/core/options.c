/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/options.h"

#include "core/files.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENV_FILE_MAX (1u << 20)

void options_env_name(const struct option *row, char *out, size_t size)
{
    int n = snprintf(out, size, "AIVE_%s", row->name);
    for (int i = 0; i < n && (size_t)i < size; i++)
        out[i] = (char)(out[i] == '-' ? '_' : toupper((unsigned char)out[i]));
}

/* --- Values ----------------------------------------------------------------------------------- */

static bool parse_bool(const char *text, bool *v)
{
    static const char *const yes[] = {"1", "true", "yes", "on", NULL};
    static const char *const no[] = {"0", "false", "no", "off", NULL};
    for (int i = 0; yes[i]; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return *v = true, true;
        if (strcasecmp(text, no[i]) == 0)
            return *v = false, true;
    }
    return false;
}

/* "8GiB", "500M", "1024": 1024-based, with or without "iB"/"B". */
static bool parse_bytes(const char *text, int64_t *v)
{
    char *end;
    errno = 0;
    double x = strtod(text, &end);
    if (end == text || errno || !isfinite(x) || x < 0)
        return false;
    static const char units[] = "KMGT";
    const char *u = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (u) {
        x *= (double)(INT64_C(1) << (10 * (u - units + 1)));
        end++;
    }
    if (*end == 'i')
        end++;
    if (*end == 'B')
        end++;
    if (*end || x > 9e18)
        return false;
    *v = (int64_t)x;
    return true;
}

static bool parse_int(const char *text, int64_t *v)
{
    char *end;
    errno = 0;
    *v = strtoll(text, &end, 10);
    return end != text && !*end && !errno;
}

static bool parse_number(const char *text, double *v)
{
    char *end;
    errno = 0;
    *v = strtod(text, &end);
    return end != text && !*end && !errno && isfinite(*v);
}

static bool chosen(const struct option *row, const char *text, const char *source, struct err *e)
{
    char list[256] = "";
    size_t n = 0;
    for (const char *const *c = row->choices; *c; c++) {
        if (strcmp(text, *c) == 0)
            return true;
        n += (size_t)snprintf(list + n, n < sizeof list ? sizeof list - n : 0, "%s%s",
                              n ? ", " : "", *c);
        if (n >= sizeof list)
            n = sizeof list - 1;
    }
    return err_set(e, ERR_INVALID, "%s: \"%s\" is not one of: %s", source, text, list);
}

static bool in_range(const struct option *row, double v, const char *source, struct err *e)
{
    bool ranged = row->min != 0 || row->max != 0;
    if (!ranged || (v >= row->min && v <= row->max))
        return true;
    return err_set(e, ERR_INVALID, "%s: %g is not between %g and %g", source, v, row->min,
                   row->max);
}

/* `source` names where the text came from, for the message. */
static bool assign(const struct option *row, void *target, const char *text, const char *source,
                   struct arena *a, struct err *e)
{
    void *to = (char *)target + row->offset;
    int64_t i = 0;
    double x = 0;
    bool b = false;
    switch (row->kind) {
    case OPT_TEXT:
        if (row->choices && !chosen(row, text, source, e))
            return false;
        *(const char **)to = arena_strdup(a, text);
        return *(const char **)to ? true : err_set(e, ERR_NO_MEMORY, "%s: no memory", source);
    case OPT_INT:
        if (!parse_int(text, &i))
            return err_set(e, ERR_INVALID, "%s: \"%s\" is not a whole number", source, text);
        *(int64_t *)to = i;
        return in_range(row, (double)i, source, e);
    case OPT_BYTES:
        if (!parse_bytes(text, &i))
            return err_set(e, ERR_INVALID, "%s: \"%s\" is not a size like 500M or 8GiB", source,
                           text);
        *(int64_t *)to = i;
        return in_range(row, (double)i, source, e);
    case OPT_NUMBER:
        if (!parse_number(text, &x))
            return err_set(e, ERR_INVALID, "%s: \"%s\" is not a number", source, text);
        *(double *)to = x;
        return in_range(row, x, source, e);
    case OPT_BOOL:
        if (!parse_bool(text, &b))
            return err_set(e, ERR_INVALID, "%s: \"%s\" is neither true nor false", source, text);
        *(bool *)to = b;
        return true;
    }
    return err_set(e, ERR_INTERNAL, "%s: option of unknown kind", source);
}

static const char *default_of(const struct option *row)
{
    if (row->def)
        return row->def;
    return row->kind == OPT_TEXT ? "" : "0";
}

/* --- .env ------------------------------------------------------------------------------------- */

struct pair {
    const char *key, *value;
};

/* One line KEY=VALUE: "export " allowed, '#' comments, single or double quotes taken off. */
static bool env_line(char *line, struct pair *p)
{
    while (isspace((unsigned char)*line))
        line++;
    if (strncmp(line, "export ", 7) == 0)
        line += 7;
    char *eq = strchr(line, '=');
    if (*line == '#' || !eq)
        return false;
    *eq = '\0';
    for (char *t = eq; t > line && isspace((unsigned char)t[-1]);)
        *--t = '\0';
    char *v = eq + 1;
    while (*v == ' ' || *v == '\t')
        v++;
    char quote = *v == '"' || *v == '\'' ? *v : '\0';
    char *end;
    if (quote && (end = strchr(v + 1, quote))) {
        v++;
        *end = '\0';
    } else {
        char *comment = strstr(v, " #");
        if (comment)
            *comment = '\0';
        for (end = v + strlen(v); end > v && isspace((unsigned char)end[-1]);)
            *--end = '\0';
    }
    *p = (struct pair){line, v};
    return true;
}

static bool env_file_load(const char *path, struct arena *a, struct pair **pairs, size_t *count,
                          struct err *e)
{
    *count = 0;
    if (!path)
        return true;
    struct err why;
    char *text = file_load(path, ENV_FILE_MAX, a, NULL, &why);
    if (!text) {
        if (why.code == ERR_NOT_FOUND)
            return true;
        *e = why;
        return false;
    }
    size_t lines = 1;
    for (const char *s = text; *s; s++)
        lines += *s == '\n';
    *pairs = arena_array(a, lines, sizeof **pairs);
    if (!*pairs)
        return err_set(e, ERR_NO_MEMORY, "%s: no memory", path);
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        *count += env_line(line, &(*pairs)[*count]);
    return true;
}

static const char *env_file_get(const struct pair *pairs, size_t count, const char *key)
{
    for (size_t i = count; i-- > 0;) /* the last one wins, as in a shell */
        if (strcmp(pairs[i].key, key) == 0)
            return pairs[i].value;
    return NULL;
}

static bool load_environment(const struct option_set *set, const struct pair *pairs, size_t count,
                             const char *env_file, struct arena *a, struct err *e)
{
    for (const struct option *row = set->rows; row->name; row++) {
        char var[96], source[4200];
        options_env_name(row, var, sizeof var);
        snprintf(source, sizeof source, "%s", row->name);
        if (!assign(row, set->target, default_of(row), source, a, e))
            return false;
        if (!set->from_environment)
            continue;
        const char *text = env_file_get(pairs, count, var);
        snprintf(source, sizeof source, "%s in %s", var, env_file ? env_file : "");
        const char *real = getenv(var);
        if (real) {
            text = real;
            snprintf(source, sizeof source, "environment variable %s", var);
        }
        if (text && *text && !assign(row, set->target, text, source, a, e))
            return false;
    }
    return true;
}

/* --- Flags ------------------------------------------------------------------------------------ */

static size_t edit_distance(const char *s, size_t n, const char *t)
{
    size_t m = strlen(t), row[64];
    if (m >= 64)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = diagonal + (s[i - 1] != t[j - 1]);
            diagonal = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[m];
}

static bool unknown_flag(const struct option_set *sets, int set_count, const char *flag, size_t n,
                         struct err *e)
{
    const char *best = NULL;
    size_t least = 4;
    for (int s = 0; s < set_count; s++)
        for (const struct option *row = sets[s].rows; row->name; row++) {
            size_t d = n < 64 ? edit_distance(flag, n, row->name) : 99;
            if (d < least) {
                least = d;
                best = row->name;
            }
        }
    if (best)
        return err_set(e, ERR_INVALID, "unknown option --%.*s; did you mean --%s?", (int)n, flag,
                       best);
    return err_set(e, ERR_INVALID, "unknown option --%.*s; --help lists them", (int)n, flag);
}

static const struct option *find_flag(const struct option_set *sets, int set_count,
                                      const char *name, size_t n, char letter, void **target)
{
    for (int s = 0; s < set_count; s++)
        for (const struct option *row = sets[s].rows; row->name; row++)
            if (letter ? row->letter == letter
                       : strlen(row->name) == n && strncmp(row->name, name, n) == 0) {
                *target = sets[s].target;
                return row;
            }
    return NULL;
}

/* Handles argv[i], a flag; returns how many words it took, 0 on error. */
static int take_flag(const struct option_set *sets, int set_count, int argc, char **argv, int i,
                     struct arena *a, struct err *e)
{
    const char *word = argv[i], *value = NULL;
    bool is_long = word[1] == '-';
    const char *name = word + 2;
    size_t n = is_long ? strcspn(name, "=") : 1;
    void *target = NULL;
    const struct option *row =
        find_flag(sets, set_count, name, n, is_long ? '\0' : word[1], &target);
    if (!row) {
        if (is_long)
            unknown_flag(sets, set_count, name, n, e);
        else
            err_set(e, ERR_INVALID, "unknown option -%c; --help lists them", word[1]);
        return 0;
    }

    int taken = 1;
    if (is_long && name[n] == '=')
        value = name + n + 1;
    else if (!is_long && word[2])
        value = word + 2;
    else if (row->kind == OPT_BOOL)
        value = "true";
    else if (i + 1 < argc) {
        value = argv[i + 1];
        taken = 2;
    } else {
        err_set(e, ERR_INVALID, "option --%s needs a value (%s)", row->name,
                row->value ? row->value : "VALUE");
        return 0;
    }
    char source[96];
    snprintf(source, sizeof source, "option --%s", row->name);
    return assign(row, target, value, source, a, e) ? taken : 0;
}

bool options_load(const struct option_set *sets, int set_count, int argc, char **argv,
                  const char *env_file, struct arena *a, const char *const **words, int *word_count,
                  struct err *e)
{
    struct pair *pairs = NULL;
    size_t pair_count = 0;
    if (!env_file_load(env_file, a, &pairs, &pair_count, e))
        return false;
    for (int s = 0; s < set_count; s++)
        if (!load_environment(&sets[s], pairs, pair_count, env_file, a, e))
            return false;

    const char **rest = arena_array(a, (size_t)argc + 1, sizeof *rest);
    if (!rest)
        return err_set(e, ERR_NO_MEMORY, "no memory");
    int count = 0;
    bool flags_over = false;
    for (int i = 0; i < argc;) {
        if (flags_over || argv[i][0] != '-' || argv[i][1] == '\0') {
            rest[count++] = argv[i++];
        } else if (strcmp(argv[i], "--") == 0) {
            flags_over = true;
            i++;
        } else {
            int taken = take_flag(sets, set_count, argc, argv, i, a, e);
            if (taken == 0)
                return false;
            i += taken;
        }
    }
    *words = rest;
    *word_count = count;
    return true;
}

/* --- Help ------------------------------------------------------------------------------------- */

#define HELP_WIDTH 100
#define HELP_COLUMN 34

static void add_wrapped(struct buf *out, const char *text, size_t column, size_t at)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        if (at + n + 1 > HELP_WIDTH && at > column) {
            buf_printf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            buf_addc(out, ' ');
            at++;
        }
        buf_add(out, text, n);
        at += n;
        text += n;
        while (*text == ' ')
            text++;
    }
    buf_addc(out, '\n');
}

static void help_row(const struct option *row, bool env, struct buf *out)
{
    char left[96], text[1024], var[96];
    int n = snprintf(left, sizeof left, "  %c%c%s --%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name);
    if (row->kind != OPT_BOOL)
        snprintf(left + n, sizeof left - (size_t)n, " %s", row->value ? row->value : "VALUE");

    n = snprintf(text, sizeof text, "%s", row->help);
    if (row->def && *row->def && !row->secret)
        n += snprintf(text + n, sizeof text - (size_t)n, " [%s]", row->def);
    if (env) {
        options_env_name(row, var, sizeof var);
        snprintf(text + n, sizeof text - (size_t)n, " (%s)", var);
    }
    size_t used = strlen(left);
    buf_adds(out, left);
    if (used + 2 > HELP_COLUMN) {
        buf_addc(out, '\n');
        used = 0;
    }
    buf_printf(out, "%*s", (int)(HELP_COLUMN - used), "");
    add_wrapped(out, text, HELP_COLUMN, HELP_COLUMN);
}

void options_help(const struct option_set *sets, int set_count, struct buf *out)
{
    for (int s = 0; s < set_count; s++)
        for (const struct option *row = sets[s].rows; row->name; row++) {
            if (row->group)
                buf_printf(out, "\n%s:\n", row->group);
            help_row(row, sets[s].from_environment, out);
        }
}

void options_markdown(const struct option *rows, struct buf *out)
{
    for (const struct option *row = rows; row->name; row++) {
        char var[96];
        options_env_name(row, var, sizeof var);
        if (row->group)
            buf_printf(out, "\n## %s\n\n| variable | flag | default | what it does |\n|---|---|---|---|\n",
                       row->group);
        buf_printf(out, "| `%s` | `--%s` | %s%s%s | %s |\n", var, row->name,
                   row->def && *row->def ? "`" : "", row->def ? row->def : "",
                   row->def && *row->def ? "`" : "", row->help);
    }
}
