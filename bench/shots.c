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
#include "analysis/quality.h"

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
    *f = (struct small_picture){y->width,
                                y->height,
                                {y->bytes, u, u + (ptrdiff_t)half * ((y->height + 1) / 2)},
                                {y->width, half, half}};
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

static bool print_quality(struct y4m *y, struct err *e)
{
    struct quality_list list = {0};
    struct small_picture f;
    struct quality *q = quality_create(e);
    bool ok = q != NULL;
    for (int64_t n = 0; ok && y4m_next(y, &f); n++)
        ok = quality_push(q, &f, (double)n * y->step_s, e);
    ok = ok && quality_finish(q, &list, e);
    for (size_t i = 0; i < list.count; i++) {
        const struct quality_second *s = &list.seconds[i];
        printf("%.1f %.3f %.3f %.2f %.3f %.3f %.3f\n", s->time_s, s->sharpness, s->exposure,
               s->shake, s->motion, s->poster_s, s->poster);
    }
    quality_list_finish(&list);
    quality_destroy(q);
    return ok;
}

/* --- Cost ------------------------------------------------------------------------------------- */

#define W 320
#define H 180
#define PICTURES 900 /* 30 s */

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Smooth noise over the plane: a value a cell of 16 samples, mixed between. */
static int texture(int x, int y, int seed)
{
    int v[4], fx = x & 15, fy = y & 15;
    for (int i = 0; i < 4; i++) {
        uint32_t cell = (uint32_t)((x >> 4) + (i & 1)) * 73856093u ^
                        (uint32_t)((y >> 4) + (i >> 1)) * 19349663u ^ (uint32_t)seed * 83492791u;
        v[i] = (int)(cell * 2654435761u >> 25) + 40;
    }
    return ((v[0] * (16 - fx) + v[1] * fx) * (16 - fy) + (v[2] * (16 - fx) + v[3] * fx) * fy) / 256;
}

static void paint(uint8_t *bytes, int pan, int scene, int brighter)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            int v = texture(x + pan, y, scene) + brighter;
            bytes[y * W + x] = (uint8_t)(v > 235 ? 235 : v);
        }
    memset(bytes + W * H, 128, W * H / 2);
}

/* What picture n of a kind of film shows. */
static const struct kind {
    const char *name;
    int speed;  /* samples of pan a picture */
    int cut;    /* pictures a shot; 0: one shot */
    int strobe; /* pictures from flash to flash; 0: none */
} kinds[] = {
    {"still", 0, 0, 0},  {"pan", 3, 0, 0},   {"cuts", 1, 45, 0},
    {"strobe", 1, 0, 8}, {"chaos", 0, 1, 0},
};

static bool cost(const struct kind *kind, uint8_t *bytes, struct err *e)
{
    double shots_ms = 0, quality_ms = 0;
    struct shot_list list = {0};
    struct quality_list seconds = {0};
    struct shots *s = shots_create(SHOTS_DEFAULTS, e);
    struct quality *q = quality_create(e);
    struct small_picture f = {
        W, H, {bytes, bytes + W * H, bytes + W * H * 5 / 4}, {W, W / 2, W / 2}};
    bool ok = s && q;
    for (int n = 0; ok && n < PICTURES; n++) {
        paint(bytes, n * kind->speed, kind->cut ? n / kind->cut : 0,
              kind->strobe && n % kind->strobe == 0 ? 120 : 0);
        double a = cpu_ms();
        ok = shots_push(s, &f, n / 30.0, e);
        double b = cpu_ms();
        ok = ok && quality_push(q, &f, n / 30.0, e);
        shots_ms += b - a;
        quality_ms += cpu_ms() - b;
    }
    ok = ok && shots_finish(s, &list, e) && quality_finish(q, &seconds, e);
    if (ok)
        printf("%-7s shots %.3f ms, quality %.3f ms a picture; %zu shots\n", kind->name,
               shots_ms / PICTURES, quality_ms / PICTURES, list.count);
    shot_list_finish(&list);
    quality_list_finish(&seconds);
    shots_destroy(s);
    quality_destroy(q);
    return ok;
}

static bool costs(struct err *e)
{
    uint8_t *bytes = malloc(W * H * 3 / 2);
    bool ok = bytes != NULL;
    for (size_t i = 0; ok && i < sizeof kinds / sizeof *kinds; i++)
        ok = cost(&kinds[i], bytes, e);
    free(bytes);
    return ok;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct y4m y = {0};
    bool quality = argc == 3 && strcmp(argv[1], "-q") == 0, ok;
    if (argc < 2)
        ok = costs(&e);
    else
        ok =
            y4m_open(&y, argv[argc - 1]) && (quality ? print_quality(&y, &e) : print_shots(&y, &e));
    y4m_close(&y);
    if (!ok)
        fprintf(stderr, "shots: %s\n", e.code ? e.msg : "not a YUV4MPEG2 film of at most 320x320");
    return ok ? 0 : 1;
}
