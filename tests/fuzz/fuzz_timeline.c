/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a timeline: read, checked, merged into a stored one. What is accepted must be
 * written as canonical text, which is its own canonical form. */
#include "core/timebase.h"
#include "timeline/timeline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_name(void *user, enum timeline_ref what, const char *name)
{
    (void)user;
    return what != TIMELINE_REF_SFX || strlen(name) % 2;
}

static struct buf written(const struct timeline *tl)
{
    struct buf out;
    buf_init(&out, 64 << 20);
    if (!tl || !timeline_write(tl, &out, NULL))
        abort();
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char stored[] = "{\"segments\":[],\"tempo\":90,\"x\":1,\"y\":{\"z\":[]}}";
    static const struct timeline_facts facts = {.duration_ticks = 30 * TICKS_PER_SECOND};
    static const struct timeline_refs refs = {.known = any_name};
    struct arena a;
    struct wire_errors errs = {0};
    arena_init(&a, 256 << 20);

    struct timeline *tl = timeline_parse((const char *)data, size, NULL, &a, &errs);
    if (tl) {
        bool ok = timeline_check(tl, &facts, &refs, NULL, &a, &errs);
        if (ok != (errs.count == 0))
            abort();
        struct timeline *old = timeline_parse(stored, strlen(stored), NULL, &a, &errs);
        struct buf text = written(timeline_merge(old, tl, &a));
        struct timeline *back = timeline_parse_trusted(text.data, text.len, &a, NULL);
        struct buf again = written(back);
        if (again.len != text.len || memcmp(again.data, text.data, text.len) != 0)
            abort();
        buf_finish(&again);
        buf_finish(&text);
    } else if (errs.count == 0) {
        abort();
    }
    wire_errors_finish(&errs);
    arena_finish(&a);
    return 0;
}
