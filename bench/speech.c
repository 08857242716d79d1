/* SPDX-License-Identifier: GPL-3.0-or-later
 * speech.c - where speech is found, for speech_sounds.py.
 *
 *     speech FILE.f32 [--gate]     raw mono float at 22,050 Hz -> START TAB END of each span
 */
#include "analysis/speech_activity.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 4096

static bool listen(const char *path, const struct speech_options *opt, struct speech_spans *out,
                   struct err *e)
{
    float block[BLOCK];
    size_t n;
    bool ok = true;
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "%s cannot be read", path);
    struct speech_activity *s = speech_activity_create(e);
    while (s && ok && (n = fread(block, sizeof *block, BLOCK, f)) > 0)
        ok = speech_activity_push(s, block, n, e);
    ok = s && ok && speech_activity_finish(s, opt, out, e);
    speech_activity_destroy(s);
    fclose(f);
    return ok;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct speech_spans spans = {0};
    bool gate = argc == 3 && strcmp(argv[2], "--gate") == 0;
    if (argc != 2 && !gate) {
        fprintf(stderr, "usage: speech FILE.f32 [--gate]\n");
        return 2;
    }
    if (!listen(argv[1], gate ? &speech_gate : &speech_defaults, &spans, &e)) {
        fprintf(stderr, "speech: %s\n", e.msg);
        return 1;
    }
    for (size_t i = 0; i < spans.count; i++)
        printf("%.2f\t%.2f\n", spans.spans[i].start_s, spans.spans[i].end_s);
    speech_spans_finish(&spans);
    return 0;
}
