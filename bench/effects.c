/* SPDX-License-Identifier: GPL-3.0-or-later
 * effects.c - what each effect and transition costs a frame of 1080x1920, in CPU milliseconds, and
 * beside the encoding of such a frame at x264's preset veryfast.
 */
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/transition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 1080, HEIGHT = 1920, FRAMES = 24, CUBE = 33 };

#define ENCODE_MS 26.0 /* CPU for composed frames of a real clip, as bench_render measures it */

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* A table of colours that bends every channel. */
static bool read_cube(void *user, int source, struct buf *out, struct err *e)
{
    (void)user;
    (void)source;
    (void)e;
    buf_printf(out, "LUT_3D_SIZE %d\n", CUBE);
    for (int i = 0; i < CUBE * CUBE * CUBE; i++) {
        double r = i % CUBE / (CUBE - 1.0), g = i / CUBE % CUBE / (CUBE - 1.0);
        double b = i / CUBE / CUBE / (CUBE - 1.0);
        buf_printf(out, "%.6f %.6f %.6f\n", r * r, (g + b) / 2, b * (1 - r / 4));
    }
    return true;
}

/* Gradients, edges and noise, so that tables are looked up all over the place as in real pictures.
 */
static void draw(struct picture *p, uint32_t seed)
{
    for (int i = 0; i < 3; i++) {
        int w = i ? p->width / 2 : p->width, h = i ? p->height / 2 : p->height;
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                seed = seed * 1664525u + 1013904223u;
                int v = (x * 150 / w + y * 60 / h + (x * y / 9000 % 2) * 20 + (int)(seed >> 29));
                p->data[i][y * p->stride[i] + x] = (uint8_t)(16 + v % 220);
            }
        }
    }
}

struct bench {
    struct picture *from, *to, *out;
    struct effect_desk *desk;
};

static void copy(const struct picture *from, struct picture *to)
{
    for (int i = 0; i < 3; i++)
        memcpy(to->data[i], from->data[i],
               (size_t)from->stride[i] * (size_t)(i ? from->height / 2 : from->height));
}

static void report(const char *kind, const char *name, double ms, double first_ms)
{
    printf("%-10s %-13s %6.2f ms a frame  %5.1f %% of encoding  first frame %6.1f ms\n", kind, name,
           ms, 100 * ms / ENCODE_MS, first_ms);
}

static bool run_effect(struct bench *b, const struct effect *fx, struct err *e)
{
    static const double beats[] = {0, 0.5};
    _Alignas(16) char self[256] = {0};
    double spent = 0, first = 0;
    param_defaults(fx->params, self);
    for (const struct param *p = fx->params; p->name; p++) {
        if (p->kind == PARAM_FILE)
            *(const char **)(void *)(self + p->offset) = "table.cube";
        if (strcmp(p->name, "saturation") == 0 || strcmp(p->name, "contrast") == 0)
            *(double *)(void *)(self + p->offset) = 1.2; /* colour does nothing by itself */
        if (strcmp(p->name, "temperature") == 0)
            *(double *)(void *)(self + p->offset) = 0.2;
    }
    for (int i = 0; i <= FRAMES; i++) {
        struct effect_moment m = {
            .t = 0.02, .length = 2, .u = 0.01, .frame = i, .beats = beats, .beat_count = 2};
        struct effect_look look = {.file = 0};
        if (strcmp(fx->name, "fade_out") == 0)
            m.t = m.length - 0.02;
        if (!fx->look(self, &m, &look)) {
            fprintf(stderr, "%s shows nothing\n", fx->name);
            return true;
        }
        copy(b->from, b->out);
        double start = cpu_ms();
        if (!fx->paint(&look, b->out, b->desk, e))
            return false;
        *(i ? &spent : &first) += cpu_ms() - start;
    }
    report("effect", fx->name, spent / FRAMES, first);
    return true;
}

static bool run_transition(struct bench *b, const struct transition *tr, struct err *e)
{
    _Alignas(16) char self[256] = {0};
    double spent = 0, first = 0;
    param_defaults(tr->params, self);
    for (int i = 0; i <= FRAMES; i++) {
        double start = cpu_ms(), u = (i + 0.5) / (FRAMES + 1);
        if (!tr->mix(self, u, b->from, b->to, b->out, b->desk, e))
            return false;
        *(i ? &spent : &first) += cpu_ms() - start;
    }
    report("transition", tr->name, spent / FRAMES, first);
    return true;
}

int main(void)
{
    struct err e = {0};
    struct bench b = {.desk = effect_desk_create(read_cube, NULL, &e)};
    struct picture_pool *pool = picture_pool_create(WIDTH, HEIGHT, &e);
    bool ok = b.desk && pool && (b.from = picture_pool_take(pool, &e)) &&
              (b.to = picture_pool_take(pool, &e)) && (b.out = picture_pool_take(pool, &e));
    if (ok) {
        draw(b.from, 1);
        draw(b.to, 2);
    }
    for (const struct effect *const *fx = effects; ok && *fx; fx++)
        ok = !(*fx)->paint || run_effect(&b, *fx, &e);
    for (const struct transition *const *tr = transitions; ok && *tr; tr++)
        ok = run_transition(&b, *tr, &e);
    if (!ok)
        fprintf(stderr, "%s\n", e.msg);
    picture_unref(&b.from);
    picture_unref(&b.to);
    picture_unref(&b.out);
    picture_pool_destroy(pool);
    effect_desk_destroy(b.desk);
    return !ok;
}
