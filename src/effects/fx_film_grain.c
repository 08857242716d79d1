/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_film_grain.c - grain of film, another one in each frame; strongest in the middle tones.
 *
 * A tile of noise that repeats without a seam is made once; each frame lays it down at a place
 * drawn by lot. Luma y gets noise in proportion to (y - black) (white - y), none at either end.
 */
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/noise.h"
#include "effects/planes.h"
#include "effects/rows.h"

#include <math.h>
#include <string.h>

struct film_grain {
    double amount, size, seed;
};

/* v: strength, size, seed, frame. */
static bool film_grain_look(const void *self, const struct effect_moment *m,
                            struct effect_look *out)
{
    const struct film_grain *g = self;
    out->v[0] = g->amount;
    out->v[1] = g->size;
    out->v[2] = (double)(int64_t)g->seed;
    out->v[3] = (double)m->frame;
    return g->amount > 0;
}

#define TILE 512 /* samples each way */
/* Standard deviation in middle grey at strength 1, in luma steps. */
#define STRONGEST 18
/* A tile of 4 * 65536 / (109 * 110) adds 1 to middle grey: see grain_row(). */
#define TILE_STEP (4 * 65536 / (109.5 * 109.5))

struct grain {
    int16_t tile[TILE * TILE];
    float rough[2][TILE * TILE]; /* only while it is made */
};

/* The mean over 2 r + 1 samples each way, the outer ones in part, `step` apart and round the end.
 */
static void smooth(const float *from, float *to, int step, int across, double r)
{
    int whole = (int)r;
    double part = r - whole, scale = 1 / (2 * r + 1);
    for (int line = 0; line < TILE; line++) {
        for (int i = 0; i < TILE; i++) {
            const float *s = from + line * across;
            double sum = s[i * step];
            for (int k = 1; k <= whole + 1; k++) {
                double pair = s[((i + k) & (TILE - 1)) * step] + s[((i - k) & (TILE - 1)) * step];
                sum += k <= whole ? pair : pair * part;
            }
            to[line * across + i * step] = (float)(sum * scale);
        }
    }
}

/* `size` in samples: two means one after the other each way spread a grain that far. */
static void fill_grain(struct grain *g, double strength, double size, uint32_t seed)
{
    for (uint32_t i = 0; i < TILE * TILE; i++) { /* four lots together are close to a Gaussian */
        uint32_t h = noise_hash(seed, i);
        g->rough[0][i] = (float)((h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24)) - 510;
    }
    double r = size > 1 ? (size - 1) / 2 : 0, power = 0;
    for (int i = 0; r > 0 && i < 2; i++) {
        smooth(g->rough[0], g->rough[1], 1, TILE, r);
        smooth(g->rough[1], g->rough[0], TILE, 1, r);
    }
    for (int i = 0; i < TILE * TILE; i++)
        power += (double)g->rough[0][i] * g->rough[0][i];
    double scale = strength * STRONGEST * TILE_STEP / sqrt(power / (TILE * TILE));
    for (int i = 0; i < TILE * TILE; i++) {
        double v = g->rough[0][i] * scale;
        g->tile[i] = (int16_t)lround(v < -8000 ? -8000 : v > 8000 ? 8000 : v);
    }
}

static const int16_t *tile_of(const struct effect_look *look, double scale,
                              struct effect_desk *desk, struct err *e)
{
    struct {
        char word[8];
        double strength, size, seed;
    } key = {"grain", look->v[0], look->v[1] * scale, look->v[2]};
    bool fresh;
    struct grain *g = effect_desk_table(desk, &key, sizeof key, sizeof *g, &fresh, e);
    if (g && fresh)
        fill_grain(g, key.strength, key.size, (uint32_t)key.seed);
    return g ? g->tile : NULL;
}

/* The product's upper half, then two bits more off, rounded. */
static void grain_row(uint8_t *restrict row, const int16_t *restrict tile, int n)
{
    for (int x = 0; x < n; x++) {
        int16_t y = row[x], room = (int16_t)((y - PLANE_BLACK) * (PLANE_WHITE - y));
        room = room > 0 ? room : 0;
        int16_t more = (int16_t)((tile[x] * room) >> 16);
        y = (int16_t)(y + (int16_t)((more + 2) >> 2));
        row[x] = (uint8_t)(y < 0 ? 0 : y > 255 ? 255 : y);
    }
}

static bool film_grain_paint(const struct effect_look *look, struct picture *frame,
                             struct effect_desk *desk, struct err *e)
{
    const int16_t *tile = tile_of(look, frame->height / 1920.0, desk, e);
    if (!tile)
        return false;
    uint32_t lot = noise_hash((uint32_t)look->v[2] + 77, (uint32_t)look->v[3]);
    int left = (int)(lot % TILE), top = (int)(lot >> 16) % TILE;
    for (int y = 0; y < frame->height; y++) {
        const int16_t *line = tile + (y + top) % TILE * TILE;
        uint8_t *row = plane_row(frame, 0, y);
        for (int x = 0, at = left, n; x < frame->width; x += n, at = 0) {
            n = TILE - at < frame->width - x ? TILE - at : frame->width - x;
            grain_row(row + x, line + at, n);
        }
    }
    return true;
}

static const struct param film_grain_params[] = {
    ROW_NUMBER(struct film_grain, amount, 0, 1, 0.35, "0..1", "How strong."),
    ROW_NUMBER(struct film_grain, size, 1, 6, 2, "px", "How coarse, where the frame is 1920 high."),
    ROW_NUMBER(struct film_grain, seed, 0, 1000, 1, "", "Another number, another grain."),
    {0},
};

const struct effect fx_film_grain = {
    .name = "film_grain",
    .title = "Film grain",
    .help = "Grain of film, another one in each frame.",
    .params = film_grain_params,
    .self_size = sizeof(struct film_grain),
    .look = film_grain_look,
    .paint = film_grain_paint,
};
