/* SPDX-License-Identifier: GPL-3.0-or-later
 * Input: one byte that chooses how the body is cut into pieces, a line with the Content-Type, the
 * body. Whatever the pieces, the reader must say the same and tell the same bytes.
 */
#include "api/multipart.h"
#include "api/params.h"
#include "core/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_begin(void *ctx, const struct multipart_part *p, struct err *e)
{
    (void)e;
    buf_printf(ctx, "[%s|%s|%s]", p->name, p->filename ? p->filename : "-",
               p->content_type ? p->content_type : "-");
    return true;
}

static bool on_data(void *ctx, const char *data, size_t n, struct err *e)
{
    (void)e;
    buf_add(ctx, data, n);
    return true;
}

static bool on_end(void *ctx, struct err *e)
{
    (void)e;
    buf_addc(ctx, '/');
    return true;
}

static const struct multipart_sink sink = {on_begin, on_data, on_end};

static bool read_all(const char *boundary, const char *body, size_t n, size_t step, struct buf *out)
{
    struct err e;
    struct multipart *m = multipart_create(boundary, &sink, out, &e);
    bool ok = m != NULL;
    for (size_t at = 0; ok && at < n; at += step)
        ok = multipart_feed(m, body + at, n - at < step ? n - at : step, &e);
    ok = ok && multipart_finish(m, &e);
    multipart_destroy(m);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nl = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
    if (!nl)
        return 0;
    char *type = strndup((const char *)data + 1, (size_t)(nl - data) - 1);
    char boundary[MULTIPART_MAX_BOUNDARY + 1];
    struct err e;
    if (type && multipart_boundary(type, boundary, &e)) {
        const char *body = (const char *)nl + 1;
        size_t n = size - (size_t)(nl + 1 - data);
        struct buf whole, pieces;
        buf_init(&whole, 1 << 22);
        buf_init(&pieces, 1 << 22);
        bool a = read_all(boundary, body, n, n + 1, &whole);
        bool b = read_all(boundary, body, n, 1 + data[0] % 17, &pieces);
        if (a != b || (a && (whole.len != pieces.len ||
                             (whole.len && memcmp(whole.data, pieces.data, whole.len) != 0))))
            abort();
        buf_finish(&whole);
        buf_finish(&pieces);
    }
    free(type);
    return 0;
}
