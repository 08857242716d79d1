/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a caption file of any format, and any text as a caption: what is written must be
 * read back as the same cues, one for each that was written. */
#include "speech/caption_file.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sound(const struct cues *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct cue *cue = &c->items[i];
        if (!(cue->start_s >= 0 && cue->end_s > cue->start_s) || !*cue->text)
            abort();
        const char *at = cue->text;
        double last = cue->start_s - 1e-6;
        for (size_t k = 0; k < cue->word_count; k++) {
            const struct cue_word *w = &cue->words[k];
            at = strstr(at, w->text);
            if (!at || !(w->start_s >= last - 1e-6) || !(w->end_s > w->start_s) ||
                !(w->end_s <= cue->end_s + 1e-6))
                abort();
            at += strlen(w->text);
            last = w->end_s;
        }
    }
}

/* Written and read again. `some`: not all of them are markup that a reader takes away. */
static struct cues round_trip(const struct caption_format *f, const struct cue *cues, size_t count,
                              bool some, struct arena *a)
{
    struct cues back = {0};
    struct buf out;
    buf_init(&out, 64 << 20);
    if (!f->write(cues, count, &out))
        abort();
    if (!caption_file_read(f, out.data ? out.data : "", out.len, a, &back, NULL) && some)
        abort();
    if (back.count > count)
        abort();
    check_sound(&back);
    buf_finish(&out);
    return back;
}

/* SubRip has no escapes, so what looks like its markup is lost; the others say any text. */
static void check_format(const struct caption_format *f, const struct cue *cues, size_t count,
                         bool some, struct arena *a)
{
    struct cues once = round_trip(f, cues, count, some, a);
    if (!once.count || strcmp(f->name, "srt") == 0)
        return;
    struct cues twice = round_trip(f, once.items, once.count, true, a);
    if (twice.count != once.count)
        abort();
    for (size_t i = 0; i < once.count; i++)
        if (strcmp(once.items[i].text, twice.items[i].text) != 0 ||
            fabs(once.items[i].start_s - twice.items[i].start_s) > 1e-6)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct cues cues;
    if (size > 1 << 16)
        return 0;
    arena_init(&a, 256 << 20);
    char *text = arena_strndup(&a, (const char *)data, size);
    struct cue forged[] = {{.start_s = 0, .end_s = 1, .text = text},
                           {.start_s = 1, .end_s = 2, .text = "end"}};
    for (const struct caption_format *f = caption_formats; f->name; f++) {
        if (caption_file_read(f, (const char *)data, size, &a, &cues, NULL)) {
            check_sound(&cues);
            for (const struct caption_format *to = caption_formats; to->name; to++)
                check_format(to, cues.items, cues.count, false, &a);
        }
        if (text)
            check_format(f, forged, 2, true, &a);
    }
    arena_finish(&a);
    return 0;
}
