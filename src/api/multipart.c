/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN  A body is   preamble CRLF--B CRLF header CRLF CRLF data CRLF--B ... CRLF--B-- epilogue,
 * where the first CRLF may be missing. `delimiter` is CRLF--B, and `matched` says how much of it
 * has been seen at the end of the bytes so far; starting with matched = 2 makes the missing CRLF
 * of the first one the ordinary case. CR stands in the delimiter only at its front (a boundary
 * cannot hold one), so after a mismatch no shorter match has to be looked for: everything matched
 * is data, and the search goes on at the byte that did not fit.
 */
#include "api/multipart.h"

#include "api/params.h"
#include "core/arena.h"
#include "core/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_PREAMBLE 1024 /* bytes; real clients send none */

enum state { PREAMBLE, AFTER_DELIMITER, HEADER, DATA, EPILOGUE };

struct multipart {
    const struct multipart_sink *sink;
    void *ctx;
    enum state state;
    char delimiter[4 + MULTIPART_MAX_BOUNDARY + 1];
    size_t delimiter_len, matched;
    size_t preamble;
    char tail[2]; /* what follows a delimiter: "--" or CRLF */
    size_t tail_len;
    struct buf header;
    int parts;
};

static bool broken(struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "There was an error parsing the body");
}

/* --- Content-Type ----------------------------------------------------------------------------- */

bool multipart_is_form(const char *content_type)
{
    static const char form[] = "multipart/form-data";
    size_t n = sizeof form - 1;
    return content_type && strncasecmp(content_type, form, n) == 0 &&
           strchr("; \t", content_type[n]) != NULL;
}

static bool boundary_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("'()+_,-./:=? ", c));
}

bool multipart_boundary(const char *content_type, char *out, struct err *e)
{
    struct arena a;
    arena_init(&a, 64 << 10);
    const char *value = params_get(content_type, "boundary", &a);
    size_t n = value ? strlen(value) : 0;
    bool ok = n > 0 && n <= MULTIPART_MAX_BOUNDARY && value[n - 1] != ' ';
    for (size_t i = 0; i < n && ok; i++)
        ok = boundary_char(value[i]);
    if (ok)
        memcpy(out, value, n + 1);
    else if (a.failed)
        err_set(e, ERR_NO_MEMORY, "out of memory");
    else if (n == 0)
        err_set(e, ERR_BAD_REQUEST, "Missing boundary in multipart.");
    else
        err_set(e, ERR_BAD_REQUEST, "Invalid boundary in multipart.");
    arena_finish(&a);
    return ok;
}

/* --- A part's header -------------------------------------------------------------------------- */

/* One "Name: value" line into the part; `line` is NUL-ended without its CRLF. */
static bool take_line(char *line, struct multipart_part *part, struct arena *a, struct err *e)
{
    char *colon = strchr(line, ':');
    if (!colon || colon == line || strcspn(line, " \t") < (size_t)(colon - line))
        return broken(e); /* also a folded line: it begins with a blank */
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(line, "Content-Type") == 0) {
        part->content_type = value;
        if (strncasecmp(value, "multipart/", 10) == 0)
            return err_set(e, ERR_BAD_REQUEST, "Nested multipart bodies are not accepted");
    }
    if (strcasecmp(line, "Content-Disposition") == 0) {
        if (part->name || !params_is(value, "form-data"))
            return broken(e);
        part->name = params_get(value, "name", a);
        part->filename = params_get_ext(value, "filename", a);
    }
    return !a->failed || err_set(e, ERR_NO_MEMORY, "out of memory");
}

static bool header_chars_ok(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool line_end = (c == '\r' && i + 1 < n && s[i + 1] == '\n') ||
                        (c == '\n' && i > 0 && s[i - 1] == '\r');
        if ((c < 0x20 && c != '\t' && !line_end) || c == 0x7f)
            return false;
    }
    return true;
}

static bool begin_part(struct multipart *m, struct err *e)
{
    struct arena a;
    struct multipart_part part = {0};
    bool ok = false;
    arena_init(&a, 64 << 10);

    if (++m->parts > MULTIPART_MAX_PARTS) {
        err_set(e, ERR_TOO_LARGE, "The form has more than %d parts", MULTIPART_MAX_PARTS);
        goto out;
    }
    if (!header_chars_ok(m->header.data, m->header.len)) {
        broken(e);
        goto out;
    }
    for (char *line = m->header.data; *line;) {
        char *end = strstr(line, "\r\n");
        *end = '\0'; /* the header ends with CRLF CRLF, so there always is one */
        if (*line && !take_line(line, &part, &a, e))
            goto out;
        line = end + 2;
    }
    if (!part.name) {
        broken(e);
        goto out;
    }
    ok = m->sink->part_begin(m->ctx, &part, e);

out:
    arena_finish(&a);
    buf_clear(&m->header);
    return ok;
}

/* --- The stream ------------------------------------------------------------------------------- */

/* Bytes outside the delimiter: a part's data, or the preamble that nobody wants. */
static bool pass(struct multipart *m, const char *data, size_t n, struct err *e)
{
    if (n == 0)
        return true;
    if (m->state == DATA)
        return m->sink->part_data(m->ctx, data, n, e);
    m->preamble += n;
    return m->preamble <= MAX_PREAMBLE || broken(e);
}

static bool delimiter_found(struct multipart *m, struct err *e)
{
    bool data = m->state == DATA;
    m->matched = 0;
    m->tail_len = 0;
    m->state = AFTER_DELIMITER;
    return !data || m->sink->part_end(m->ctx, e);
}

/* Goes on with a delimiter that began in earlier bytes. Returns how many bytes it took. */
static size_t continue_match(struct multipart *m, const char *data, size_t n)
{
    size_t i = 0;
    while (i < n && m->matched < m->delimiter_len && data[i] == m->delimiter[m->matched]) {
        m->matched++;
        i++;
    }
    return i;
}

/* How many bytes at the end of data could be the beginning of a delimiter. */
static size_t begun_at_end(const struct multipart *m, const char *data, size_t n)
{
    size_t most = n < m->delimiter_len ? n : m->delimiter_len - 1;
    const char *cr = memrchr(data + n - most, '\r', most);
    if (!cr)
        return 0;
    size_t len = (size_t)(data + n - cr);
    return memcmp(cr, m->delimiter, len) == 0 ? len : 0;
}

/* The delimiter begins with the only CR in it, which is rare in media: several times as fast as
 * memmem(), which looks at every byte pair. */
static const char *find_delimiter(const struct multipart *m, const char *data, size_t n)
{
    const char *end = data + n;
    while ((data = memchr(data, '\r', (size_t)(end - data)))) {
        if ((size_t)(end - data) < m->delimiter_len)
            return NULL;
        if (data[1] == '\n' && memcmp(data, m->delimiter, m->delimiter_len) == 0)
            return data;
        data++;
    }
    return NULL;
}

/* States PREAMBLE and DATA. Takes bytes up to the end or behind a delimiter. */
static bool scan(struct multipart *m, const char **data, size_t *n, struct err *e)
{
    if (m->matched > 0) {
        size_t took = continue_match(m, *data, *n);
        *data += took;
        *n -= took;
        if (m->matched == m->delimiter_len)
            return delimiter_found(m, e);
        if (*n == 0)
            return true;
        /* It was data after all, and equals the beginning of the delimiter. */
        size_t held = m->matched;
        m->matched = 0;
        return pass(m, m->delimiter, held, e);
    }
    const char *hit = find_delimiter(m, *data, *n);
    size_t plain = hit ? (size_t)(hit - *data) : *n - begun_at_end(m, *data, *n);
    if (!pass(m, *data, plain, e))
        return false;
    if (hit) {
        *data += plain + m->delimiter_len;
        *n -= plain + m->delimiter_len;
        return delimiter_found(m, e);
    }
    m->matched = *n - plain;
    *data += *n;
    *n = 0;
    return true;
}

/* Behind a delimiter: "--" ends the body, CRLF (after optional blanks) begins a part. */
static bool after_delimiter(struct multipart *m, const char **data, size_t *n, struct err *e)
{
    char c = **data;
    (*data)++;
    (*n)--;
    if (m->tail_len == 0 && (c == ' ' || c == '\t'))
        return true;
    m->tail[m->tail_len++] = c;
    if (m->tail_len == 1)
        return c == '-' || c == '\r' || broken(e);
    if (memcmp(m->tail, "--", 2) == 0)
        m->state = EPILOGUE;
    else if (memcmp(m->tail, "\r\n", 2) == 0)
        m->state = HEADER;
    else
        return broken(e);
    return true;
}

/* Collects a header up to its empty line. */
static bool header(struct multipart *m, const char **data, size_t *n, struct err *e)
{
    const char *nl = memchr(*data, '\n', *n);
    size_t take = nl ? (size_t)(nl - *data) + 1 : *n;
    if (!buf_add(&m->header, *data, take))
        return buf_err(&m->header, ERR_BAD_REQUEST, "A part of the form has too large a header", e);
    *data += take;
    *n -= take;
    const struct buf *h = &m->header;
    bool complete = (h->len == 2 && memcmp(h->data, "\r\n", 2) == 0) ||
                    (h->len >= 4 && memcmp(h->data + h->len - 4, "\r\n\r\n", 4) == 0);
    if (!complete)
        return true;
    m->state = DATA;
    return begin_part(m, e);
}

struct multipart *multipart_create(const char *boundary, const struct multipart_sink *sink,
                                   void *ctx, struct err *e)
{
    struct multipart *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    m->sink = sink;
    m->ctx = ctx;
    m->delimiter_len = (size_t)snprintf(m->delimiter, sizeof m->delimiter, "\r\n--%s", boundary);
    m->matched = 2;
    buf_init(&m->header, MULTIPART_MAX_HEADER);
    return m;
}

bool multipart_feed(struct multipart *m, const char *data, size_t n, struct err *e)
{
    while (n > 0) {
        bool ok = true;
        switch (m->state) {
        case PREAMBLE:
        case DATA:
            ok = scan(m, &data, &n, e);
            break;
        case AFTER_DELIMITER:
            ok = after_delimiter(m, &data, &n, e);
            break;
        case HEADER:
            ok = header(m, &data, &n, e);
            break;
        case EPILOGUE:
            n = 0;
            break;
        }
        if (!ok)
            return false;
    }
    return true;
}

bool multipart_finish(struct multipart *m, struct err *e)
{
    return m->state == EPILOGUE || broken(e);
}

void multipart_destroy(struct multipart *m)
{
    if (m)
        buf_finish(&m->header);
    free(m);
}
