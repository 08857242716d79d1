/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any text of a caption: cleaned once it is clean, and its units hold all of it but the blanks. */
#include "core/utf8.h"
#include "render/caption_text.h"
#include "render/segment.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_units(const char *clean, struct segmenter *segmenter, struct arena *a)
{
    struct text_unit *units;
    size_t count = text_units(clean, segmenter, &units, a), held = 0, shown = 0;
    if (count == SIZE_MAX)
        return;
    for (const char *s = clean; *s; s++)
        shown += *s != ' ' && *s != '\n';
    for (size_t i = 0; i < count; i++) {
        const struct text_unit *u = &units[i];
        if (u->len == 0 || u->chars == 0 || u->chars > u->len || !utf8_valid(u->text, u->len))
            abort();
        for (size_t at = 0; at < u->len;) {
            size_t n = text_cluster(u->text + at, u->len - at);
            if (n == 0 || n > u->len - at)
                abort();
            at += n;
        }
        held += u->len;
    }
    if (held != shown)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    if (size > 1 << 14 || !utf8_valid((const char *)data, size))
        return 0;
    arena_init(&a, 8 << 20);
    const char *text = arena_strndup(&a, (const char *)data, size);
    const char *clean = text ? text_clean(text, NULL, &a) : NULL;
    const char *again = clean ? text_clean(clean, NULL, &a) : NULL;
    if (again) {
        if (!utf8_valid(clean, strlen(clean)) || strcmp(clean, again) != 0)
            abort();
        struct segmenter *segmenter = segmenter_create();
        check_units(clean, NULL, &a);
        check_units(clean, segmenter, &a);
        segmenter_destroy(segmenter);
    }
    arena_finish(&a);
    return 0;
}
