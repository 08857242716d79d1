/* SPDX-License-Identifier: GPL-3.0-or-later
 * The conversions of pydantic 2 in its lax mode, and its words. */
#include "core/number.h"
#include "core/utf8.h"
#include "core/wire_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NUMBER_CHARS_MAX 400 /* more than the digits of the largest double written out */

static const struct words {
    const char *wrong_type, *wrong_type_msg; /* another JSON type */
    const char *parsing, *parsing_msg;       /* a string without such a value in it */
} words[] = {
    [WIRE_BOOL] = {"bool_type", "Input should be a valid boolean", "bool_parsing",
                   "Input should be a valid boolean, unable to interpret input"},
    [WIRE_INT] = {"int_type", "Input should be a valid integer", "int_parsing",
                  "Input should be a valid integer, unable to parse string as an integer"},
    [WIRE_NUMBER] = {"float_type", "Input should be a valid number", "float_parsing",
                     "Input should be a valid number, unable to parse string as a number"},
    [WIRE_STRING] = {.wrong_type = "string_type",
                     .wrong_type_msg = "Input should be a valid string"},
    [WIRE_OBJECT] = {.wrong_type = "model_attributes_type",
                     .wrong_type_msg = "Input should be a valid dictionary or object to extract "
                                       "fields from"},
    [WIRE_LIST] = {.wrong_type = "list_type", .wrong_type_msg = "Input should be a valid list"},
};

static bool complain(const struct wire_place *at, const char *type, const char *msg)
{
    return wire_error(at->errs, at->loc, type, at->input, at->input_len, NULL, "%s", msg);
}

static bool unparsable(const struct wire_field *f, const struct wire_place *at)
{
    return complain(at, words[f->kind].parsing, words[f->kind].parsing_msg);
}

bool wire_has_min(const struct wire_field *f)
{
    return (f->min != 0 || f->max != 0 || f->exclusive_min) && f->min > -INFINITY;
}

bool wire_has_max(const struct wire_field *f)
{
    return (f->min != 0 || f->max != 0) && f->max < INFINITY;
}

/* A bound as a person writes it (0, not 0.0), and as its type writes it. */
static void format_bound(double bound, bool is_int, char shown[32], char typed[32])
{
    number_format(bound, typed);
    if (bound == rint(bound) && fabs(bound) < 1e15) {
        snprintf(shown, 32, "%.0f", bound);
        if (is_int)
            snprintf(typed, 32, "%.0f", bound);
    } else {
        memcpy(shown, typed, 32);
    }
}

static bool out_of_range(const struct wire_place *at, double bound, bool is_int, const char *type,
                         const char *name, const char *comparison)
{
    char shown[32], typed[32], ctx[64];
    format_bound(bound, is_int, shown, typed);
    snprintf(ctx, sizeof ctx, "{\"%s\":%s}", name, typed);
    return wire_error(at->errs, at->loc, type, at->input, at->input_len, ctx,
                      "Input should be %s %s", comparison, shown);
}

static bool check_range(const struct wire_field *f, double v, const struct wire_place *at)
{
    bool is_int = f->kind == WIRE_INT;
    if (wire_has_max(f) && v > f->max)
        return out_of_range(at, f->max, is_int, "less_than_equal", "le", "less than or equal to");
    if (!wire_has_min(f))
        return true;
    if (f->exclusive_min && v <= f->min)
        return out_of_range(at, f->min, is_int, "greater_than", "gt", "greater than");
    if (!f->exclusive_min && v < f->min)
        return out_of_range(at, f->min, is_int, "greater_than_equal", "ge",
                            "greater than or equal to");
    return true;
}

/* --- bool --- */

static int bool_word(const char *s)
{
    static const char *const no[] = {"0", "off", "f", "false", "n", "no"};
    static const char *const yes[] = {"1", "on", "t", "true", "y", "yes"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        if (strcasecmp(s, no[i]) == 0)
            return 0;
        if (strcasecmp(s, yes[i]) == 0)
            return 1;
    }
    return -1;
}

/* 7, 7.0, but not 1e300: a number that an int field could take. */
static bool is_whole(const struct wire_scalar *v)
{
    return v->type == JSON_NUMBER &&
           (v->is_int || (v->number == trunc(v->number) && fabs(v->number) < 0x1p63));
}

static bool store_bool(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                       const struct wire_place *at)
{
    int8_t b = -1;
    if (v->type == JSON_BOOL)
        b = v->flag;
    else if (v->type == JSON_NUMBER && (v->number == 0 || v->number == 1))
        b = v->number == 1;
    else if (v->type == JSON_STRING && strlen(v->text) == v->len)
        b = (int8_t)bool_word(v->text);
    else if (v->type != JSON_STRING && !is_whole(v))
        return wire_wrong_type(f, at);
    if (b < 0)
        return unparsable(f, at);
    memcpy(dst, &b, sizeof b);
    return true;
}

/* --- numbers --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Drops blanks around and single underscores between digits, as Python's int() and float() do.
 * Returns the length; 0 if nothing sensible is left. */
static size_t clean_number(const struct wire_scalar *v, char out[NUMBER_CHARS_MAX])
{
    static const char blanks[] = " \t\n\r\v\f";
    const char *s = v->text, *end = s + v->len;
    while (s < end && *s && strchr(blanks, *s))
        s++;
    while (end > s && end[-1] && strchr(blanks, end[-1]))
        end--;
    if (end - s > NUMBER_CHARS_MAX)
        return 0;
    size_t n = 0;
    for (const char *c = s; c < end; c++) {
        bool between = *c == '_' && c > s && c + 1 < end && is_digit(c[-1]) && is_digit(c[1]);
        if (!between)
            out[n++] = *c;
    }
    return n;
}

static bool store_int64(const struct wire_field *f, int64_t i, void *dst,
                        const struct wire_place *at)
{
    memcpy(dst, &i, sizeof i);
    return check_range(f, (double)i, at);
}

static bool too_large(const struct wire_place *at)
{
    return complain(at, "int_parsing_size",
                    "Unable to parse input string as an integer, exceeded maximum size");
}

static bool int_from_double(const struct wire_field *f, double v, void *dst,
                            const struct wire_place *at)
{
    if (!isfinite(v))
        return complain(at, "finite_number", "Input should be a finite number");
    if (v != trunc(v))
        return complain(at, "int_from_float",
                        "Input should be a valid integer, got a number with a fractional part");
    if (fabs(v) >= 0x1p63) /* -2^63 would fit, but stands for null */
        return too_large(at);
    return store_int64(f, (int64_t)v, dst, at);
}

static bool int_from_text(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                          const struct wire_place *at)
{
    char text[NUMBER_CHARS_MAX];
    size_t n = clean_number(v, text);
    const char *point = memchr(text, '.', n);
    if (point && point > text && is_digit(point[-1]) && point + 1 < text + n) {
        size_t zeros = n; /* "7.00" is 7 */
        while (zeros > 0 && text[zeros - 1] == '0')
            zeros--;
        if (text + zeros == point + 1)
            n = (size_t)(point - text);
    }
    int64_t i = 0;
    enum number_fit fit = number_parse_int(text, n, &i);
    if (fit == NUMBER_NOT_INT)
        return unparsable(f, at);
    if (fit == NUMBER_TOO_LARGE || i == INT64_MIN)
        return too_large(at);
    return store_int64(f, i, dst, at);
}

static bool store_int(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                      const struct wire_place *at)
{
    if (v->type == JSON_BOOL)
        return store_int64(f, v->flag, dst, at);
    if (v->type == JSON_NUMBER && v->is_int && v->integer != INT64_MIN)
        return store_int64(f, v->integer, dst, at);
    if (v->type == JSON_NUMBER)
        return int_from_double(f, v->number, dst, at);
    if (v->type == JSON_STRING)
        return int_from_text(f, v, dst, at);
    return wire_wrong_type(f, at);
}

/* Python's float() takes these from a string; they are refused, but as numbers. */
static bool is_not_finite_word(const char *s, size_t n)
{
    static const char *const list[] = {"inf", "infinity", "nan"};
    size_t sign = n > 0 && (*s == '-' || *s == '+');
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (n - sign == strlen(list[i]) && strncasecmp(s + sign, list[i], n - sign) == 0)
            return true;
    return false;
}

static bool store_number(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                         const struct wire_place *at)
{
    double x = 0;
    if (v->type == JSON_BOOL) {
        x = v->flag;
    } else if (v->type == JSON_NUMBER) {
        x = v->number;
    } else if (v->type == JSON_STRING) {
        char text[NUMBER_CHARS_MAX];
        size_t n = clean_number(v, text);
        if (is_not_finite_word(text, n))
            x = INFINITY;
        else if (!number_parse(text, n, &x))
            return unparsable(f, at);
    } else {
        return wire_wrong_type(f, at);
    }
    if (!isfinite(x))
        return complain(at, "finite_number", "Input should be a finite number");
    memcpy(dst, &x, sizeof x);
    return check_range(f, x, at);
}

/* --- string --- */

static bool not_a_choice(const struct wire_field *f, const struct wire_place *at)
{
    struct buf b, ctx;
    buf_init(&b, 64 << 10);
    buf_init(&ctx, 128 << 10);
    for (size_t i = 0; f->choices[i]; i++) {
        const char *joint = i == 0 ? "" : f->choices[i + 1] ? ", " : " or ";
        buf_printf(&b, "%s'%s'", joint, f->choices[i]);
    }
    buf_adds(&ctx, "{\"expected\":");
    json_write_string(&ctx, b.failed || !b.data ? "" : b.data);
    buf_addc(&ctx, '}');
    wire_error(at->errs, at->loc, "literal_error", at->input, at->input_len,
               ctx.failed ? NULL : ctx.data, "Input should be %s", b.data ? b.data : "a choice");
    buf_finish(&b);
    buf_finish(&ctx);
    return false;
}

static bool is_choice(const struct wire_field *f, const struct wire_scalar *v)
{
    if (v->type != JSON_STRING || strlen(v->text) != v->len)
        return false;
    for (size_t i = 0; f->choices[i]; i++)
        if (strcmp(f->choices[i], v->text) == 0)
            return true;
    return false;
}

static bool wrong_length(const struct wire_place *at, const char *type, const char *name,
                         const char *comparison, double bound)
{
    char ctx[64];
    snprintf(ctx, sizeof ctx, "{\"%s\":%.0f}", name, bound);
    return wire_error(at->errs, at->loc, type, at->input, at->input_len, ctx,
                      "String should have %s %.0f character%s", comparison, bound,
                      bound == 1 ? "" : "s");
}

static bool check_length(const struct wire_field *f, const struct wire_scalar *v,
                         const struct wire_place *at)
{
    if (!wire_has_min(f) && !wire_has_max(f))
        return true;
    double n = (double)utf8_length(v->text, v->len);
    if (wire_has_min(f) && n < f->min)
        return wrong_length(at, "string_too_short", "min_length", "at least", f->min);
    if (wire_has_max(f) && n > f->max)
        return wrong_length(at, "string_too_long", "max_length", "at most", f->max);
    return true;
}

static bool store_string(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                         const struct wire_place *at)
{
    if (f->choices && !is_choice(f, v))
        return not_a_choice(f, at);
    if (v->type != JSON_STRING)
        return wire_wrong_type(f, at);
    if (!check_length(f, v, at))
        return false;
    if (memchr(v->text, '\0', v->len))
        return wire_error(at->errs, at->loc, "value_error", at->input, at->input_len,
                          "{\"error\":{}}",
                          "Value error, a null character is not allowed in a string");
    memcpy(dst, &v->text, sizeof v->text);
    return true;
}

bool wire_wrong_type(const struct wire_field *f, const struct wire_place *at)
{
    return complain(at, words[f->kind].wrong_type, words[f->kind].wrong_type_msg);
}

bool wire_store_scalar(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                       const struct wire_place *at)
{
    switch (f->kind) {
    case WIRE_BOOL:
        return store_bool(f, v, dst, at);
    case WIRE_INT:
        return store_int(f, v, dst, at);
    case WIRE_NUMBER:
        return store_number(f, v, dst, at);
    case WIRE_STRING:
        return store_string(f, v, dst, at);
    default:
        return wire_wrong_type(f, at);
    }
}

static bool wrong_count(const struct wire_place *at, const char *type, const char *name,
                        const char *comparison, double bound, size_t count)
{
    char ctx[128];
    snprintf(ctx, sizeof ctx, "{\"field_type\":\"List\",\"%s\":%.0f,\"actual_length\":%zu}", name,
             bound, count);
    return wire_error(at->errs, at->loc, type, at->input, at->input_len, ctx,
                      "List should have %s %.0f item%s after validation, not %zu", comparison,
                      bound, bound == 1 ? "" : "s", count);
}

bool wire_check_count(const struct wire_field *f, size_t count, const struct wire_place *at)
{
    if (wire_has_min(f) && (double)count < f->min)
        return wrong_count(at, "too_short", "min_length", "at least", f->min, count);
    if (wire_has_max(f) && (double)count > f->max)
        return wrong_count(at, "too_long", "max_length", "at most", f->max, count);
    return true;
}

size_t wire_kind_size(enum wire_kind kind, const struct wire_type *type)
{
    switch (kind) {
    case WIRE_BOOL:
        return sizeof(int8_t);
    case WIRE_INT:
        return sizeof(int64_t);
    case WIRE_NUMBER:
        return sizeof(double);
    case WIRE_STRING:
        return sizeof(const char *);
    case WIRE_OBJECT:
        return type->size;
    case WIRE_LIST:
        return sizeof(struct wire_list);
    case WIRE_JSON:
        return sizeof(struct wire_raw);
    }
    return 0;
}

void wire_set_null(enum wire_kind kind, void *dst)
{
    static const int8_t no_bool = -1;
    static const int64_t no_int = INT64_MIN;
    static const double no_number = NAN;
    static const struct wire_list no_list = {NULL, 0};
    static const struct wire_raw no_raw = {NULL, 0};
    static const void *const no_pointer = NULL;
    const void *null = kind == WIRE_BOOL     ? (const void *)&no_bool
                       : kind == WIRE_INT    ? (const void *)&no_int
                       : kind == WIRE_NUMBER ? (const void *)&no_number
                       : kind == WIRE_LIST   ? (const void *)&no_list
                       : kind == WIRE_JSON   ? (const void *)&no_raw
                                             : (const void *)&no_pointer;
    /* An object is held by pointer, whatever its size. */
    memcpy(dst, null, kind == WIRE_OBJECT ? sizeof no_pointer : wire_kind_size(kind, NULL));
}
