/* SPDX-License-Identifier: GPL-3.0-or-later
 * Input: a method, a blank, a version, then lines "name:value". A head that passes can be read in
 * one way only. */
#include "api/head.h"
#include "api/params.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FIELDS 20

static size_t named(const struct head *h, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < h->field_count; i++)
        n += h->fields[i].name_len == strlen(name) &&
             strncasecmp(h->fields[i].name, name, strlen(name)) == 0;
    return n;
}

static void check(const struct head *h)
{
    struct head_body body;
    const char *words = NULL;
    int status = head_check(h, MAX_FIELDS, &body, &words);
    if (status) {
        if (status < 400 || status > 501 || !words || !*words)
            abort();
        return;
    }
    size_t lengths = named(h, "Content-Length"), codings = named(h, "Transfer-Encoding");
    if (h->field_count > MAX_FIELDS || lengths + codings > 1 || named(h, "Host") > 1 ||
        (body.length && !lengths) || body.chunked != (codings == 1))
        abort();
    for (size_t i = 0; i < h->field_count; i++)
        if (h->fields[i].name_len == 0 || memchr(h->fields[i].name, ' ', h->fields[i].name_len) ||
            memchr(h->fields[i].value, '\n', h->fields[i].value_len) ||
            memchr(h->fields[i].value, '\0', h->fields[i].value_len))
            abort();
}

/* Header values with parameters, as in Content-Disposition. */
static void read_params(const struct head *h, struct arena *a)
{
    for (size_t i = 0; i < h->field_count; i++) {
        char *value = arena_strndup(a, h->fields[i].value, h->fields[i].value_len);
        if (!value)
            return;
        params_is(value, "form-data");
        params_get(value, "name", a);
        params_get_ext(value, "filename", a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct head_field fields[MAX_FIELDS + 2];
    struct arena a;
    arena_init(&a, 4 << 20);
    char *text = arena_strndup(&a, (const char *)data, size), *end = text + size;
    if (!text)
        abort();
    struct head h = {.fields = fields, .target = "/"};
    char *line = memchr(text, '\n', size);
    char *next = line ? line + 1 : end;
    *(line ? line : end) = '\0';
    char *blank = strchr(text, ' ');
    h.version = blank ? blank + 1 : "HTTP/1.1";
    if (blank)
        *blank = '\0';
    h.method = text;
    while (next < end && h.field_count < MAX_FIELDS + 2) {
        char *stop = memchr(next, '\n', (size_t)(end - next));
        stop = stop ? stop : end;
        char *colon = memchr(next, ':', (size_t)(stop - next));
        struct head_field *f = &fields[h.field_count++];
        *f = (struct head_field){.name = next, .value = stop};
        f->name_len = (size_t)((colon ? colon : stop) - next);
        if (colon) {
            f->value = colon + 1;
            f->value_len = (size_t)(stop - colon - 1);
        }
        next = stop + 1;
    }
    check(&h);
    read_params(&h, &a);
    arena_finish(&a);
    return 0;
}
