/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"

#include "core/number.h"
#include "core/utf8.h"

#include <string.h>

static bool fail(struct json_reader *r, const char *words, size_t pos)
{
    if (!r->error) {
        r->error = words;
        r->error_pos = pos;
    }
    return false;
}

void json_reader_init(struct json_reader *r, const char *text, size_t len, int max_depth)
{
    bool bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    *r = (struct json_reader){
        .text = bom ? text + 3 : text,
        .len = bom ? len - 3 : len,
        .max_depth = max_depth < JSON_DEPTH_MAX ? max_depth : JSON_DEPTH_MAX,
    };
}

bool json_failed(const struct json_reader *r)
{
    return r->error != NULL;
}

size_t json_error_char(const struct json_reader *r)
{
    return utf8_length(r->text, r->error_pos);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The next byte that is no blank, '\0' at the end (a NUL in the text is no JSON either). */
static char next_char(struct json_reader *r)
{
    while (r->pos < r->len && is_blank(r->text[r->pos]))
        r->pos++;
    return r->pos < r->len ? r->text[r->pos] : '\0';
}

enum json_type json_peek(struct json_reader *r)
{
    static const enum json_type types[256] = {
        ['n'] = JSON_NULL,   ['t'] = JSON_BOOL,   ['f'] = JSON_BOOL,   ['"'] = JSON_STRING,
        ['['] = JSON_ARRAY,  ['{'] = JSON_OBJECT, ['-'] = JSON_NUMBER, ['0'] = JSON_NUMBER,
        ['1'] = JSON_NUMBER, ['2'] = JSON_NUMBER, ['3'] = JSON_NUMBER, ['4'] = JSON_NUMBER,
        ['5'] = JSON_NUMBER, ['6'] = JSON_NUMBER, ['7'] = JSON_NUMBER, ['8'] = JSON_NUMBER,
        ['9'] = JSON_NUMBER,
    };
    if (r->error)
        return JSON_END;
    enum json_type type = types[(unsigned char)next_char(r)];
    if (type == JSON_END)
        fail(r, "Expecting value", r->pos);
    return type;
}

/* Every value starts here: the type is as wanted, and there may be one more. */
static bool begin(struct json_reader *r, enum json_type want, const char *words)
{
    enum json_type type = json_peek(r);
    if (type == JSON_END)
        return false;
    if (type != want)
        return fail(r, words, r->pos);
    if (r->max_values && r->values >= r->max_values)
        return fail(r, "Too many values", r->pos);
    r->values++;
    return true;
}

static bool enter(struct json_reader *r)
{
    if (r->depth >= r->max_depth)
        return fail(r, "Too deeply nested", r->pos);
    r->pos++;
    r->fresh[++r->depth] = true;
    return true;
}

bool json_enter_object(struct json_reader *r)
{
    return begin(r, JSON_OBJECT, "Expecting an object") && enter(r);
}

bool json_enter_array(struct json_reader *r)
{
    return begin(r, JSON_ARRAY, "Expecting an array") && enter(r);
}

/* Moves to the next element of the innermost container; false at its end. */
static bool next_element(struct json_reader *r, char close)
{
    if (r->error)
        return false;
    char c = next_char(r);
    bool fresh = r->fresh[r->depth];
    if (c == close) {
        r->pos++;
        r->depth--;
        return false;
    }
    if (!fresh && c != ',')
        return fail(r, "Expecting ',' delimiter", r->pos);
    if (!fresh)
        r->pos++;
    r->fresh[r->depth] = false;
    return true;
}

bool json_next_item(struct json_reader *r)
{
    return next_element(r, ']');
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at s; -1 if they are not. */
static int32_t hex4(const char *s)
{
    int32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(s[i]);
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

static bool is_high(int32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(int32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* At a 'u' behind a backslash. A high surrogate takes its low half with it; one alone is refused,
 * because UTF-8 cannot carry it. */
static bool scan_unicode_escape(struct json_reader *r)
{
    const char *s = r->text + r->pos;
    size_t left = r->len - r->pos;
    int32_t c = left > 5 ? hex4(s + 1) : -1; /* as Python: something must follow the digits */
    bool pair = is_high(c) && left > 11 && s[5] == '\\' && s[6] == 'u' && is_low(hex4(s + 7));
    if (c < 0 || is_low(c) || (is_high(c) && !pair))
        return fail(r, "Invalid \\uXXXX escape", r->pos);
    r->pos += pair ? 11 : 5;
    return true;
}

static bool scan_escape(struct json_reader *r, size_t quote)
{
    r->pos++;
    if (r->pos >= r->len)
        return fail(r, "Unterminated string starting at", quote);
    char c = r->text[r->pos];
    if (c == 'u')
        return scan_unicode_escape(r);
    if (!c || !strchr("\"\\/bfnrt", c))
        return fail(r, "Invalid \\escape", r->pos - 1);
    r->pos++;
    return true;
}

/* Bytes of a string that need no look: ASCII without controls, quote and backslash. */
static size_t skip_plain(const struct json_reader *r, size_t at)
{
    while (at < r->len) {
        unsigned char c = (unsigned char)r->text[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
        at++;
    }
    return at;
}

/* At an opening quote: checks the string and gives what is between the quotes. */
static bool scan_string(struct json_reader *r, const char **s, size_t *len)
{
    size_t quote = r->pos++;
    while ((r->pos = skip_plain(r, r->pos)) < r->len) {
        unsigned char c = (unsigned char)r->text[r->pos];
        if (c == '"') {
            *s = r->text + quote + 1;
            *len = r->pos - quote - 1;
            r->pos++;
            return true;
        }
        if (c == '\\') {
            if (!scan_escape(r, quote))
                return false;
        } else if (c < 0x20) {
            return fail(r, "Invalid control character at", r->pos);
        } else {
            uint32_t cp;
            size_t n = utf8_decode(r->text + r->pos, r->len - r->pos, &cp);
            if (n == 0)
                return fail(r, "Invalid UTF-8", r->pos);
            r->pos += n;
        }
    }
    return fail(r, "Unterminated string starting at", quote);
}

bool json_next_key_text(struct json_reader *r, const char **key, size_t *len)
{
    if (!next_element(r, '}'))
        return false;
    if (next_char(r) != '"')
        return fail(r, "Expecting property name enclosed in double quotes", r->pos);
    if (!scan_string(r, key, len))
        return false;
    if (next_char(r) != ':')
        return fail(r, "Expecting ':' delimiter", r->pos);
    r->pos++;
    return true;
}

static size_t unescape_one(const char *s, char *out, size_t *used)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    if (s[1] != 'u') {
        *out = means[strchr(letters, s[1]) - letters];
        *used = 2;
        return 1;
    }
    int32_t c = hex4(s + 2);
    *used = 6;
    if (is_high(c)) {
        c = 0x10000 + ((c - 0xd800) << 10) + (hex4(s + 8) - 0xdc00);
        *used = 12;
    }
    return utf8_encode((uint32_t)c, out);
}

char *json_unescape(struct arena *a, const char *raw, size_t len, size_t *out_len)
{
    char *out = arena_alloc(a, len + 1); /* an escape is never shorter than what it means */
    size_t n = 0;
    for (size_t i = 0; out && i < len;) {
        const char *stop = memchr(raw + i, '\\', len - i);
        size_t plain = stop ? (size_t)(stop - raw) - i : len - i;
        memcpy(out + n, raw + i, plain);
        n += plain;
        i += plain;
        if (stop) {
            size_t used;
            n += unescape_one(stop, out + n, &used);
            i += used;
        }
    }
    *out_len = n;
    return out;
}

bool json_next_key(struct json_reader *r, struct arena *a, const char **key)
{
    const char *raw;
    size_t len, out_len;
    if (!json_next_key_text(r, &raw, &len))
        return false;
    size_t pos = (size_t)(raw - r->text);
    *key = json_unescape(a, raw, len, &out_len);
    if (!*key)
        return fail(r, JSON_NO_MEMORY, pos);
    if (strlen(*key) != out_len)
        return fail(r, "Null character in a property name", pos);
    return true;
}

bool json_read_string(struct json_reader *r, struct arena *a, const char **s, size_t *len)
{
    const char *raw;
    size_t n;
    if (!begin(r, JSON_STRING, "Expecting a string") || !scan_string(r, &raw, &n))
        return false;
    *s = json_unescape(a, raw, n, len);
    return *s || fail(r, JSON_NO_MEMORY, (size_t)(raw - r->text));
}

static bool scan_word(struct json_reader *r, const char *word)
{
    size_t n = strlen(word);
    if (r->len - r->pos < n || memcmp(r->text + r->pos, word, n) != 0)
        return fail(r, "Expecting value", r->pos);
    r->pos += n;
    return true;
}

bool json_read_null(struct json_reader *r)
{
    return begin(r, JSON_NULL, "Expecting null") && scan_word(r, "null");
}

bool json_read_bool(struct json_reader *r, bool *v)
{
    if (!begin(r, JSON_BOOL, "Expecting true or false"))
        return false;
    *v = r->text[r->pos] == 't';
    return scan_word(r, *v ? "true" : "false");
}

static size_t skip_digits(const struct json_reader *r, size_t at)
{
    while (at < r->len && r->text[at] >= '0' && r->text[at] <= '9')
        at++;
    return at;
}

/* As Python, a malformed tail ("1.", "1e") is not part of the number; what follows then fails. */
static bool scan_number(struct json_reader *r, bool *is_int)
{
    size_t at = r->pos + (r->text[r->pos] == '-'), digits = at;
    at = at < r->len && r->text[at] == '0' ? at + 1 : skip_digits(r, at);
    if (at == digits)
        return fail(r, "Expecting value", r->pos);
    *is_int = true;
    if (at < r->len && r->text[at] == '.' && skip_digits(r, at + 1) > at + 1) {
        at = skip_digits(r, at + 1);
        *is_int = false;
    }
    if (at < r->len && (r->text[at] | 0x20) == 'e') {
        size_t exponent = at + 1;
        exponent += exponent < r->len && (r->text[exponent] == '-' || r->text[exponent] == '+');
        if (skip_digits(r, exponent) > exponent) {
            at = skip_digits(r, exponent);
            *is_int = false;
        }
    }
    r->pos = at;
    return true;
}

bool json_read_number(struct json_reader *r, double *v, bool *is_int, int64_t *i)
{
    if (!begin(r, JSON_NUMBER, "Expecting a number"))
        return false;
    size_t start = r->pos;
    if (!scan_number(r, is_int))
        return false;
    const char *s = r->text + start;
    size_t n = r->pos - start;
    *is_int = *is_int && number_parse_int(s, n, i) == NUMBER_INT;
    if (*is_int)
        *v = (double)*i; /* -0 is 0, as for Python */
    else
        number_parse(s, n, v);
    return true;
}

bool json_skip(struct json_reader *r)
{
    const char *s;
    size_t len;
    bool flag;
    switch (json_peek(r)) {
    case JSON_NULL:
        return json_read_null(r);
    case JSON_BOOL:
        return json_read_bool(r, &flag);
    case JSON_NUMBER:
        return begin(r, JSON_NUMBER, "") && scan_number(r, &flag);
    case JSON_STRING:
        return begin(r, JSON_STRING, "") && scan_string(r, &s, &len);
    case JSON_ARRAY:
        for (json_enter_array(r); json_next_item(r);)
            json_skip(r);
        return !r->error;
    case JSON_OBJECT:
        for (json_enter_object(r); json_next_key_text(r, &s, &len);)
            json_skip(r);
        return !r->error;
    case JSON_END:
        break;
    }
    return false;
}

bool json_at_end(struct json_reader *r)
{
    if (r->error)
        return false;
    next_char(r);
    return r->pos == r->len || fail(r, "Extra data", r->pos);
}

size_t json_minify(const char *text, size_t len, char *out, size_t max, bool *all)
{
    size_t n = 0;
    bool quoted = false;
    *all = true;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!quoted && is_blank(c))
            continue;
        if (n + 2 > max && (n == max || (c == '\\' && i + 1 < len))) {
            *all = false;
            break;
        }
        out[n++] = c;
        if (quoted && c == '\\' && i + 1 < len)
            out[n++] = text[++i];
        else if (c == '"')
            quoted = !quoted;
    }
    return n;
}

bool json_read_raw(struct json_reader *r, struct arena *a, const char **text, size_t *len)
{
    if (json_peek(r) == JSON_END)
        return false;
    size_t start = r->pos;
    if (!json_skip(r))
        return false;
    char *copy = arena_alloc(a, r->pos - start);
    if (!copy)
        return fail(r, JSON_NO_MEMORY, start);
    bool all;
    *len = json_minify(r->text + start, r->pos - start, copy, r->pos - start, &all);
    *text = copy;
    return true;
}
