/* SPDX-License-Identifier: GPL-3.0-or-later
 * cube.c - reading .cube files, and colours through them.
 */
#include "effects/cube.h"

#include "core/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Words of a line ------------------------------------------------------------------------ */

struct word {
    const char *at;
    size_t len;
};

struct cube_reader {
    const char *at, *end;
    int line;
    struct word words[5];
    int count;             /* of words on the line; one more than fits counts, and is refused */
    size_t filled, needed; /* points */
    struct cube *out;
    struct err *e;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A quoted title may hold spaces. */
static const char *word_end(const char *s, const char *end)
{
    if (*s == '"') {
        const char *close = memchr(s + 1, '"', (size_t)(end - s - 1));
        return close ? close + 1 : end;
    }
    while (s < end && !is_space(*s))
        s++;
    return s;
}

/* The next line that says something. false: there is none left. */
static bool next_line(struct cube_reader *r)
{
    while (r->at < r->end) {
        const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
        const char *s = r->at, *end = stop ? stop : r->end;
        r->at = stop ? stop + 1 : r->end;
        r->line++;
        r->count = 0;
        while (r->count < 5) {
            while (s < end && is_space(*s))
                s++;
            if (s == end || *s == '#')
                break;
            r->words[r->count].at = s;
            s = word_end(s, end);
            r->words[r->count].len = (size_t)(s - r->words[r->count].at);
            r->count++;
        }
        if (r->count)
            return true;
    }
    return false;
}

static bool is(const struct word *w, const char *name)
{
    return w->len == strlen(name) && memcmp(w->at, name, w->len) == 0;
}

static bool line_error(const struct cube_reader *r, const char *what)
{
    return err_set(r->e, ERR_INVALID, "line %d: %s", r->line, what);
}

static bool read_numbers(const struct cube_reader *r, int first, int n, double *v)
{
    if (r->count != first + n)
        return false;
    for (int i = 0; i < n; i++)
        if (!number_parse(r->words[first + i].at, r->words[first + i].len, &v[i]) ||
            !(fabs(v[i]) <= 1e6))
            return false;
    return true;
}

/* --- Keywords ------------------------------------------------------------------------------- */

static bool read_title(struct cube_reader *r)
{
    (void)r;
    return true; /* of any form: it is for people */
}

static bool read_size(struct cube_reader *r, bool is_3d, int most)
{
    int64_t n;
    if (r->out->size)
        return line_error(r, "there is a second size; files with two tables are not supported");
    if (r->count != 2 || number_parse_int(r->words[1].at, r->words[1].len, &n) != NUMBER_INT ||
        n < 2 || n > most)
        return err_set(r->e, ERR_INVALID, "line %d: the size must be a whole number from 2 to %d",
                       r->line, most);
    r->out->is_3d = is_3d;
    r->out->size = (int)n;
    r->needed = (size_t)n * (is_3d ? (size_t)n * (size_t)n : 1);
    if (!(r->out->values = malloc(r->needed * 3 * sizeof(float))))
        return err_set(r->e, ERR_NO_MEMORY, "no memory for a table of colours");
    return true;
}

static bool read_size_1d(struct cube_reader *r)
{
    return read_size(r, false, CUBE_SIZE_MAX_1D);
}

static bool read_size_3d(struct cube_reader *r)
{
    return read_size(r, true, CUBE_SIZE_MAX_3D);
}

static bool read_domain_end(struct cube_reader *r, double *to)
{
    return read_numbers(r, 1, 3, to) || line_error(r, "the domain needs three numbers");
}

static bool read_domain_min(struct cube_reader *r)
{
    return read_domain_end(r, r->out->least);
}

static bool read_domain_max(struct cube_reader *r)
{
    return read_domain_end(r, r->out->most);
}

static bool read_range(struct cube_reader *r)
{
    double v[2];
    if (!read_numbers(r, 1, 2, v))
        return line_error(r, "the input range needs two numbers");
    for (int i = 0; i < 3; i++) {
        r->out->least[i] = v[0];
        r->out->most[i] = v[1];
    }
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct cube_reader *);
} keywords[] = {
    {"TITLE", read_title},
    {"LUT_1D_SIZE", read_size_1d},
    {"LUT_3D_SIZE", read_size_3d},
    {"DOMAIN_MIN", read_domain_min},
    {"DOMAIN_MAX", read_domain_max},
    {"LUT_1D_INPUT_RANGE", read_range},
    {"LUT_3D_INPUT_RANGE", read_range},
};

/* --- The file ------------------------------------------------------------------------------- */

static bool read_point(struct cube_reader *r)
{
    double v[3];
    if (!r->out->size)
        return line_error(r, "LUT_1D_SIZE or LUT_3D_SIZE must come before the colours");
    if (!read_numbers(r, 0, 3, v))
        return line_error(r, "a colour is three numbers");
    if (r->filled == r->needed)
        return err_set(r->e, ERR_INVALID,
                       "line %d: there are more than the %zu colours of its size", r->line,
                       r->needed);
    for (int i = 0; i < 3; i++)
        r->out->values[3 * r->filled + (size_t)i] = (float)v[i];
    r->filled++;
    return true;
}

static bool read_line(struct cube_reader *r)
{
    const struct word *w = &r->words[0];
    if (strchr("+-.0123456789", w->at[0]) && w->at[0])
        return read_point(r);
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (!is(w, keywords[i].name))
            continue;
        if (r->filled)
            return line_error(r, "a keyword must come before the colours");
        return keywords[i].read(r);
    }
    return line_error(r, "it is neither a keyword of .cube files nor a colour");
}

static bool finish(const struct cube_reader *r)
{
    const struct cube *c = r->out;
    if (!c->size)
        return err_set(r->e, ERR_INVALID, "there is no LUT_1D_SIZE or LUT_3D_SIZE");
    if (r->filled < r->needed)
        return err_set(r->e, ERR_INVALID, "there are %zu colours, but its size needs %zu",
                       r->filled, r->needed);
    for (int i = 0; i < 3; i++)
        if (!(c->most[i] - c->least[i] >= 1e-6))
            return err_set(r->e, ERR_INVALID, "DOMAIN_MAX must be above DOMAIN_MIN");
    return true;
}

bool cube_parse(const char *text, size_t len, struct cube *out, struct err *e)
{
    struct cube_reader r = {.at = text, .end = text + len, .out = out, .e = e};
    *out = (struct cube){.most = {1, 1, 1}};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        r.at += 3;
    bool ok = true;
    while (ok && next_line(&r))
        ok = read_line(&r);
    ok = ok && finish(&r);
    if (!ok)
        cube_finish(out);
    return ok;
}

void cube_finish(struct cube *c)
{
    free(c->values);
    *c = (struct cube){0};
}

/* --- Colours -------------------------------------------------------------------------------- */

/* Place on one axis: the point before it, and how far behind that. */
struct place {
    int whole;
    double part;
};

static struct place place_of(const struct cube *c, int axis, double v)
{
    double at = (v - c->least[axis]) / (c->most[axis] - c->least[axis]) * (c->size - 1);
    at = at > 0 ? at < c->size - 1 ? at : c->size - 1 : 0;
    int whole = (int)at;
    whole = whole > c->size - 2 ? c->size - 2 : whole;
    return (struct place){whole, at - whole};
}

static void apply_curves(const struct cube *c, const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++) {
        struct place p = place_of(c, i, in[i]);
        const float *v = c->values + 3 * (ptrdiff_t)p.whole + i;
        out[i] = v[0] + (v[3] - v[0]) * p.part;
    }
}

/* From the corner below to the corner above along the edges, the longest way first: the six orders
 * are the six tetrahedra of a cell. */
static void apply_lattice(const struct cube *c, const double in[3], double out[3])
{
    static const int orders[8][3] = {[0] = {2, 1, 0}, [1] = {2, 0, 1}, [2] = {1, 2, 0},
                                     [5] = {0, 2, 1}, [6] = {1, 0, 2}, [7] = {0, 1, 2}};
    ptrdiff_t step[3] = {3, 3 * (ptrdiff_t)c->size, 3 * (ptrdiff_t)c->size * c->size};
    double part[3];
    const float *corner = c->values;
    for (int i = 0; i < 3; i++) {
        struct place p = place_of(c, i, in[i]);
        corner += p.whole * step[i];
        part[i] = p.part;
    }
    /* Bits: red before green, green before blue, red before blue; 3 and 4 contradict themselves. */
    int which = (part[0] > part[1]) | (part[1] > part[2]) << 1 | (part[0] > part[2]) << 2;
    const int *order = orders[which];
    for (int i = 0; i < 3; i++)
        out[i] = corner[i];
    for (int k = 0; k < 3; k++) {
        const float *next = corner + step[order[k]];
        for (int i = 0; i < 3; i++)
            out[i] += (next[i] - corner[i]) * part[order[k]];
        corner = next;
    }
}

void cube_apply(const struct cube *c, const double in[3], double out[3])
{
    if (c->is_3d)
        apply_lattice(c, in, out);
    else
        apply_curves(c, in, out);
}
