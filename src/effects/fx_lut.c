/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_lut.c - a colour look out of a .cube file.
 *
 * DESIGN. The file maps red, green and blue; pictures are luma and chroma. So the map is first
 * taken over into a lattice of its own: for every luma and for every 8th value of U and V, what
 * becomes of them, with 6 bits of fraction. Painting then looks up each sample between the four
 * points around its chroma. Colours that no red, green and blue can make are moved by what the
 * nearest one is moved by, so that a table that changes nothing changes nothing.
 */
#include "effects/cube.h"
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/rows.h"

#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct lut {
    double amount;
    const char *file;
};

/* v: strength. */
static bool lut_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    (void)m;
    const struct lut *l = self;
    out->v[0] = l->amount;
    return l->amount > 0 && l->file;
}

#define STEP_BITS 3
#define STEP (1 << STEP_BITS)
#define CELLS (256 / STEP)
#define POINTS (CELLS + 1)
#define LIGHTS 128 /* chroma depends on luma less */
#define FRACTION_BITS 6
#define SHIFT (FRACTION_BITS + 2 * STEP_BITS)

struct point {
    int16_t y, u, v;
};

struct lattice {
    bool ready;
    int16_t weights[STEP][STEP][4];             /* of the four points around, of STEP * STEP */
    int16_t luma[CELLS][CELLS][256][4];         /* [u][v][y]: at the four points around */
    int16_t chroma[CELLS][CELLS][LIGHTS][2][4]; /* U and V for a mean luma, likewise */
};

/* --- The lattice ---------------------------------------------------------------------------- */

static double clamp01(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static void to_yuv(const double rgb[3], double yuv[3])
{
    double y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    yuv[0] = 16 + 219 * y;
    yuv[1] = 128 + 224 * (rgb[2] - y) / 1.8556;
    yuv[2] = 128 + 224 * (rgb[0] - y) / 1.5748;
}

/* Red, green and blue of 0..1 through the table. */
static void look_up(const struct cube *c, const double in[3], double out[3])
{
    cube_apply(c, in, out);
    for (int i = 0; i < 3; i++)
        out[i] = clamp01(out[i]);
}

/* Beyond the border the table goes on as its own mirror image, turned over: f(b + d) = 2 f(b) - f(b
 * - d). So what is straight stays straight across it. */
static void look_up_anywhere(const struct cube *c, const double in[3], double out[3])
{
    double border[3], inside[3], turned[3];
    bool beyond = false;
    for (int i = 0; i < 3; i++) {
        border[i] = clamp01(in[i]);
        inside[i] = clamp01(2 * border[i] - in[i]);
        beyond = beyond || in[i] != border[i];
    }
    look_up(c, border, out);
    if (!beyond)
        return;
    look_up(c, inside, turned);
    for (int i = 0; i < 3; i++)
        out[i] = 2 * out[i] - turned[i];
}

static int16_t fixed(double from, double to, double strength)
{
    return (int16_t)lround((from + (to - from) * strength) * (1 << FRACTION_BITS));
}

static struct point map_point(const struct cube *c, double y, double u, double v, double strength)
{
    double l = (y - 16) / 219, cb = (u - 128) / 224 * 1.8556, cr = (v - 128) / 224 * 1.5748;
    double g = l - (0.0722 * cb + 0.2126 * cr) / 0.7152;
    double in[3] = {l + cr, g, l + cb}, out[3], to[3];
    look_up_anywhere(c, in, out);
    to_yuv(out, to);
    return (struct point){fixed(y, to[0], strength), fixed(u, to[1], strength),
                          fixed(v, to[2], strength)};
}

/* A point is corner 0 of one cell, and 1, 2 and 3 of its neighbours: (u, v), (u, v + 1), ... */
static void place_point(struct lattice *l, const struct cube *c, int u, int v, double strength)
{
    struct point map[256];
    for (int y = 0; y < 256; y++)
        map[y] = map_point(c, y, u * STEP, v * STEP, strength);
    for (int i = 0; i < 4; i++) {
        int cu = u - i / 2, cv = v - i % 2;
        if (cu < 0 || cu >= CELLS || cv < 0 || cv >= CELLS)
            continue;
        for (int y = 0; y < 256; y++)
            l->luma[cu][cv][y][i] = map[y].y;
        for (int y = 0; y < LIGHTS; y++) {
            l->chroma[cu][cv][y][0][i] = map[2 * y + 1].u;
            l->chroma[cu][cv][y][1][i] = map[2 * y + 1].v;
        }
    }
}

static void fill_lattice(struct lattice *l, const struct cube *c, double strength)
{
    for (int u = 0; u < POINTS; u++)
        for (int v = 0; v < POINTS; v++)
            place_point(l, c, u, v, strength);
    for (int u = 0; u < STEP; u++)
        for (int v = 0; v < STEP; v++)
            for (int i = 0; i < 4; i++)
                l->weights[u][v][i] = (int16_t)((i / 2 ? u : STEP - u) * (i % 2 ? v : STEP - v));
    l->ready = true;
}

static const struct lattice *lattice_of(const struct effect_look *look, struct effect_desk *desk,
                                        struct err *e)
{
    struct {
        char word[8];
        double strength;
        int64_t file;
    } key = {"lut", look->v[0], look->file};
    bool fresh;
    size_t len;
    struct lattice *l = effect_desk_table(desk, &key, sizeof key, sizeof *l, &fresh, e);
    if (!l || l->ready)
        return l;
    const char *text = effect_desk_file(desk, look->file, &len, e);
    struct cube c;
    if (!text)
        return NULL;
    if (!cube_parse(text, len, &c, e)) {
        err_wrap(e, "the .cube file of effect lut");
        return NULL;
    }
    fill_lattice(l, &c, look->v[0]);
    cube_finish(&c);
    return l;
}

/* --- Painting ------------------------------------------------------------------------------- */

/* The two forms give the same bits. `table` is of four lumas that share their chroma, `colour` of
 * the U and the V of their mean. */
#ifdef __SSE2__
static inline __m128i load4(const int16_t *p)
{
    return _mm_loadl_epi64((const __m128i *)(const void *)p);
}

static inline uint32_t four_bytes(__m128i sums)
{
    sums = _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(1 << (SHIFT - 1))), SHIFT);
    sums = _mm_packs_epi32(sums, sums);
    return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sums, sums));
}

static inline void paint_four(const int16_t (*table)[4], const int16_t (*colour)[4],
                              const int16_t *weights, uint8_t *y0, uint8_t *y1, uint8_t *u,
                              uint8_t *v)
{
    __m128i w = _mm_unpacklo_epi64(load4(weights), load4(weights));
    __m128i a = _mm_madd_epi16(_mm_unpacklo_epi64(load4(table[y0[0]]), load4(table[y0[1]])), w);
    __m128i b = _mm_madd_epi16(_mm_unpacklo_epi64(load4(table[y1[0]]), load4(table[y1[1]])), w);
    __m128i c = _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(const void *)colour), w);
    __m128 pa = _mm_castsi128_ps(a), pb = _mm_castsi128_ps(b);
    uint32_t luma = four_bytes(
        _mm_add_epi32(_mm_castps_si128(_mm_shuffle_ps(pa, pb, _MM_SHUFFLE(2, 0, 2, 0))),
                      _mm_castps_si128(_mm_shuffle_ps(pa, pb, _MM_SHUFFLE(3, 1, 3, 1)))));
    uint32_t chroma = four_bytes(_mm_add_epi32(c, _mm_shuffle_epi32(c, _MM_SHUFFLE(2, 3, 0, 1))));
    y0[0] = (uint8_t)luma;
    y0[1] = (uint8_t)(luma >> 8);
    y1[0] = (uint8_t)(luma >> 16);
    y1[1] = (uint8_t)(luma >> 24);
    *u = (uint8_t)chroma;
    *v = (uint8_t)(chroma >> 16);
}
#else
static uint8_t weigh(const int16_t *t, const int16_t *w)
{
    int v = t[0] * w[0] + t[1] * w[1] + t[2] * w[2] + t[3] * w[3];
    v = (v + (1 << (SHIFT - 1))) >> SHIFT;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline void paint_four(const int16_t (*table)[4], const int16_t (*colour)[4],
                              const int16_t *weights, uint8_t *y0, uint8_t *y1, uint8_t *u,
                              uint8_t *v)
{
    y0[0] = weigh(table[y0[0]], weights);
    y0[1] = weigh(table[y0[1]], weights);
    y1[0] = weigh(table[y1[0]], weights);
    y1[1] = weigh(table[y1[1]], weights);
    *u = weigh(colour[0], weights);
    *v = weigh(colour[1], weights);
}
#endif

static void paint_lines(const struct lattice *l, uint8_t *y0, uint8_t *y1, uint8_t *u, uint8_t *v,
                        int n)
{
    for (int x = 0; x < n; x++) {
        int cu = u[x] >> STEP_BITS, cv = v[x] >> STEP_BITS;
        const int16_t *w = l->weights[u[x] & (STEP - 1)][v[x] & (STEP - 1)];
        int light = (y0[2 * x] + y0[2 * x + 1] + y1[2 * x] + y1[2 * x + 1]) / (4 * 256 / LIGHTS);
        paint_four(l->luma[cu][cv], l->chroma[cu][cv][light], w, y0 + 2 * x, y1 + 2 * x, u + x,
                   v + x);
    }
}

static bool lut_paint(const struct effect_look *look, struct picture *frame,
                      struct effect_desk *desk, struct err *e)
{
    const struct lattice *l = lattice_of(look, desk, e);
    if (!l)
        return false;
    for (int line = 0; line < frame->height / 2; line++)
        paint_lines(l, plane_row(frame, 0, 2 * line), plane_row(frame, 0, 2 * line + 1),
                    plane_row(frame, 1, line), plane_row(frame, 2, line), frame->width / 2);
    return true;
}

static const struct param lut_params[] = {
    ROW_FILE(struct lut, file, "The .cube file: an asset's id, or a path below the media folder."),
    ROW_NUMBER(struct lut, amount, 0, 1, 1, "0..1", "How much of its look is taken over."),
    {0},
};

const struct effect fx_lut = {
    .name = "lut",
    .title = "Colour look",
    .help = "A colour look out of a .cube file.",
    .params = lut_params,
    .self_size = sizeof(struct lut),
    .look = lut_look,
    .paint = lut_paint,
};
