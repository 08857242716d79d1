/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a speech server's answer for ten seconds that begin at 100: what is kept of it is in
 * order, inside of them, and text that can be shown. */
#include "core/utf8.h"
#include "jobs/remote_answer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FROM 100.0
#define LENGTH 10.0

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool sound)
{
    if (!sound)
        abort();
}

static void check_text(const char *text)
{
    must(*text && utf8_valid(text, strlen(text)));
    for (; *text; text++)
        must((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_said(const struct remote_said *s)
{
    const struct transcript_segment *seg = (const void *)s->segments.data;
    const struct transcript_dropped *d = (const void *)s->dropped.data;
    double at = FROM;
    for (size_t i = 0; i < s->segments.len / sizeof *seg; i++) {
        const struct transcript_word *w = seg[i].words.items;
        must(seg[i].id == (int64_t)i && seg[i].start >= at && seg[i].end >= seg[i].start &&
             seg[i].end <= FROM + LENGTH);
        check_text(seg[i].text);
        at = seg[i].start;
        for (size_t k = 0; k < seg[i].words.count; k++) {
            must(w[k].start >= at && w[k].end >= w[k].start && w[k].end <= seg[i].end);
            check_text(w[k].word);
            at = w[k].end;
        }
        at = seg[i].end;
    }
    for (size_t i = 0; i < s->dropped.len / sizeof *d; i++) {
        must(d[i].start >= FROM && d[i].end >= d[i].start && d[i].end <= FROM + LENGTH);
        check_text(d[i].text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct remote_said said;
    struct err e = {0};
    arena_init(&a, (size_t)64 << 20);
    remote_said_init(&said);
    bool ok = remote_answer_read((const char *)data, size, FROM, LENGTH, &a, &said, &e);
    must(ok || e.code != ERR_NONE);
    check_said(&said);
    remote_said_finish(&said);
    arena_finish(&a);
    return 0;
}
