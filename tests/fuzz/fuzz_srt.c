/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a caption file, and any text as a caption: what is written must be read back as the
 * same cues, one for each that was written. */
#include "speech/srt.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* some: not all of them are markup that a reader takes away. */
static void check_cues(const struct cue *cues, size_t count, bool some)
{
    struct arena a;
    struct cues back = {0};
    struct buf out;
    arena_init(&a, 64 << 20);
    buf_init(&out, 64 << 20);
    if (!srt_write(cues, count, &out))
        abort();
    if (!srt_read(out.data ? out.data : "", out.len, &a, &back, NULL) && some)
        abort();
    if (back.count > count)
        abort();
    for (size_t i = 0; i < back.count; i++)
        if (!(back.items[i].start_s >= 0 && back.items[i].end_s > back.items[i].start_s))
            abort();
    buf_finish(&out);
    arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct cues cues;
    arena_init(&a, 64 << 20);
    if (srt_read((const char *)data, size, &a, &cues, NULL))
        check_cues(cues.items, cues.count, false);

    char *text = arena_strndup(&a, (const char *)data, size);
    struct cue forged[] = {{0, 1, text}, {1, 2, "end"}};
    if (text)
        check_cues(forged, 2, true);
    arena_finish(&a);
    return 0;
}
