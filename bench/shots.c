/* SPDX-License-Identifier: GPL-3.0-or-later
 * shots.c - what the search for shots and the judging of pictures cost, and what they find.
 *
 *     shots                 CPU time a picture of 320x180, by kind of film
 *     shots FILE.y4m        the shots of a film of small pictures: start end begins transition
 *     shots -q FILE.y4m     its seconds: time sharpness exposure shake motion poster_s poster
 *
 * For a film: `ffmpeg -i x.mp4 -vf scale=320:-2 -pix_fmt yuv420p x.y4m`; "-" is stdin.
 */
#include "analysis/shots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- YUV4MPEG2 -------------------------------------------------------------------------------- */

struct y4m {
    FILE *file;
    int width, height;
    double step_s;
    uint8_t *bytes;
    size_t size;
};

static bool y4m_open(struct y4m *y, const char *name)
{
    char line[512];
    y->file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    if (!y->file || !fgets(line, sizeof line, y->file) || strncmp(line, "YUV4MPEG2 ", 10) != 0)
        return false;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        if (*word == 'W')
            y->width = (int)strtol(word + 1, NULL, 10);
        else if (*word == 'H')
            y->height = (int)strtol(word + 1, NULL, 10);
        else if (*word == 'F')
            y->step_s = strtod(strchr(word, ':') + 1, NULL) / strtod(word + 1, NULL);
    }
    if (y->width < 2 || y->height < 2 || y->width > SMALL_EDGE || y->height > SMALL_EDGE)
        return false;
    y->size = (size_t)y->width * (size_t)y->height +
              2 * (size_t)((y->width + 1) / 2) * (size_t)((y->height + 1) / 2);
    y->bytes = malloc(y->size);
    return y->bytes != NULL;
}

static bool y4m_next(struct y4m *y, struct small_picture *f)
{
    char line[128];
    if (!fgets(line, sizeof line, y->file) || fread(y->bytes, 1, y->size, y->file) != y->size)
        return false;
    int half = (y->width + 1) / 2;
    uint8_t *u = y->bytes + (ptrdiff_t)y->width * y->height;
    *f = (struct small_picture){
        y->width, y->height, {y->bytes, u, u + (ptrdiff_t)half * ((y->height + 1) / 2)}, {y->width, half, half}};
    return true;
}

static void y4m_close(struct y4m *y)
{
    if (y->file && y->file != stdin)
        fclose(y->file);
    free(y->bytes);
}

static bool print_shots(struct y4m *y, struct err *e)
{
    struct shot_list list = {0};
    struct small_picture f;
    struct shots *s = shots_create(SHOTS_DEFAULTS, e);
    bool ok = s != NULL;
    for (int64_t n = 0; ok && y4m_next(y, &f); n++)
        ok = shots_push(s, &f, (double)n * y->step_s, e);
    ok = ok && shots_finish(s, &list, e);
    for (size_t i = 0; i < list.count; i++)
        printf("%.3f %.3f %s %.3f\n", list.shots[i].start_s, list.shots[i].end_s,
               shot_begin_name(list.shots[i].begins), list.shots[i].transition_s);
    shot_list_finish(&list);
    shots_destroy(s);
    return ok;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct y4m y = {0};
    if (argc < 2)
        return 0;
    bool ok = y4m_open(&y, argv[argc - 1]) && print_shots(&y, &e);
    y4m_close(&y);
    if (!ok)
        fprintf(stderr, "shots: %s\n", e.code ? e.msg : "not a YUV4MPEG2 film of at most 320x320");
    return ok ? 0 : 1;
}
