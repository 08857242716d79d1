/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.c - matrices and ranges of YUV.
 *
 * libswscale changes the matrix only by a detour over 16-bit RGB, at several times the cost of the
 * scaling. Between two matrices over the same primaries the step is linear: Y' = s Y + a Cb + b Cr,
 * and likewise for the chroma, so it is done here on the scaled picture.
 */
#include "media/colour.h"

#include "media/av.h"

#include <math.h>
#include <stddef.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define FIX_BITS 13
#define HD_WIDTH 1280
#define SD_LINES 576

static const struct colour_matrix matrices[] = {
    {1, 0.2126, 0.0722}, {4, 0.30, 0.11},     {5, 0.299, 0.114},    {6, 0.299, 0.114},
    {7, 0.212, 0.087},   {9, 0.2627, 0.0593}, {10, 0.2627, 0.0593},
};

const struct colour_matrix *colour_find_matrix(int code)
{
    for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++)
        if (matrices[i].code == code)
            return &matrices[i];
    return NULL;
}

int colour_matrix_of(const struct picture *p)
{
    int longer = p->width > p->height ? p->width : p->height;
    int shorter = p->width > p->height ? p->height : p->width;

    if (colour_find_matrix(p->colour_matrix))
        return p->colour_matrix;
    if (p->colour_transfer == AVCOL_TRC_SMPTE2084 || p->colour_transfer == AVCOL_TRC_ARIB_STD_B67 ||
        p->colour_primaries == AVCOL_PRI_BT2020)
        return AVCOL_SPC_BT2020_NCL;
    return longer >= HD_WIDTH || shorter > SD_LINES ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

bool colour_same_matrix(int a, int b)
{
    const struct colour_matrix *x = colour_find_matrix(a), *y = colour_find_matrix(b);

    return x && y && x->kr == y->kr && x->kb == y->kb;
}

/* What Y, Cb and Cr of the old kind make of the new one's; fixed point, offsets with their half. In
 * 16 bits, because products of two of those are what SIMD is good at. */
struct change {
    int16_t y_y, y_cb, y_cr, cb_cb, cb_cr, cr_cb, cr_cr;
    int y_add;
};

static int16_t fix(double x)
{
    return (int16_t)lround(x * (1 << FIX_BITS));
}

static struct change change_between(const struct colour_matrix *a, bool full,
                                    const struct colour_matrix *b)
{
    const double half = 0.5;
    double luma = full ? 219.0 / 255.0 : 1, chroma = full ? 224.0 / 255.0 : 1;
    double luma_of_chroma = full ? 219.0 / 255.0 : 219.0 / 224.0;
    double kg = 1 - a->kr - a->kb, new_kg = 1 - b->kr - b->kb;
    /* R = y + r cr, B = y + u cb, G = y + g_cb cb + g_cr cr, with y in 0..1, chroma in +-0.5 */
    double r = 2 * (1 - a->kr), u = 2 * (1 - a->kb);
    double g_cb = -a->kb * u / kg, g_cr = -a->kr * r / kg;
    double y_cb = new_kg * g_cb + b->kb * u, y_cr = b->kr * r + new_kg * g_cr;
    double new_r = 2 * (1 - b->kr), new_u = 2 * (1 - b->kb);

    return (struct change){
        .y_y = fix(luma),
        .y_cb = fix(y_cb * luma_of_chroma),
        .y_cr = fix(y_cr * luma_of_chroma),
        .y_add = (int)lround((16 - (full ? 0 : 16) * luma + half) * (1 << FIX_BITS)),
        .cb_cb = fix((u - y_cb) / new_u * chroma),
        .cb_cr = fix(-y_cr / new_u * chroma),
        .cr_cb = fix(-y_cb / new_r * chroma),
        .cr_cr = fix((r - y_cr) / new_r * chroma),
    };
}

/* In 16 bits, for the same reason. */
static uint8_t clip(int x)
{
    int16_t low = (int16_t)((int16_t)x < 0 ? 0 : (int16_t)x);

    return (uint8_t)(low > 255 ? (int16_t)255 : low);
}

/* What the chroma adds to two neighbouring samples of luma, in whole steps. */
static void luma_from_chroma(const struct change *c, const uint8_t *restrict cb,
                             const uint8_t *restrict cr, int16_t *restrict add, int width)
{
    const int16_t y_cb = c->y_cb, y_cr = c->y_cr;

    for (int i = 0; i < width; i++) {
        int16_t u = (int16_t)(cb[i] - 128), v = (int16_t)(cr[i] - 128);
        int sum = (1 << (FIX_BITS - 1)) + y_cb * u + y_cr * v;
        add[2 * i] = (int16_t)(sum >> FIX_BITS);
        add[2 * i + 1] = (int16_t)(sum >> FIX_BITS);
    }
}

static void add_to_luma(uint8_t *restrict y, const int16_t *restrict add, int width)
{
    for (int i = 0; i < width; i++)
        y[i] = clip((int16_t)(y[i] + add[i]));
}

static void change_luma(const struct change *c, uint8_t *restrict y, const int16_t *restrict add,
                        int width)
{
    const int16_t y_y = c->y_y;
    const int y_add = c->y_add;

    if (y_y == 1 << FIX_BITS)
        add_to_luma(y, add, width);
    else
        for (int i = 0; i < width; i++)
            y[i] = clip((((int16_t)y[i] * y_y + y_add) >> FIX_BITS) + add[i]);
}

static void change_chroma(const struct change *c, uint8_t *restrict cb, uint8_t *restrict cr,
                          int width)
{
    const int half = (128 << FIX_BITS) + (1 << (FIX_BITS - 1));
    const struct change k = *c;

    for (int i = 0; i < width; i++) {
        int16_t u = (int16_t)(cb[i] - 128), v = (int16_t)(cr[i] - 128);
        cb[i] = clip((half + k.cb_cb * u + k.cb_cr * v) >> FIX_BITS);
        cr[i] = clip((half + k.cr_cb * u + k.cr_cr * v) >> FIX_BITS);
    }
}

/* Two rows of luma (only one at the end of an odd height) and those of chroma. */
struct rows {
    uint8_t *above, *below, *cb, *cr;
    bool both;
};

/* In stretches that fit in the nearest cache. */
#define STRETCH 512

static void change_rows(const struct change *c, const struct rows *r, int x, int width)
{
    int16_t add[STRETCH] = {0};

    for (; x < width; x += STRETCH) {
        int n = width - x < STRETCH ? width - x : STRETCH;
        luma_from_chroma(c, r->cb + x / 2, r->cr + x / 2, add, (n + 1) / 2);
        change_luma(c, r->above + x, add, n);
        if (r->both)
            change_luma(c, r->below + x, add, n);
        change_chroma(c, r->cb + x / 2, r->cr + x / 2, (n + 1) / 2);
    }
}

/* The same, where only the matrix differs, for processors with AVX2: 32 samples of luma at once.
 * Returns how many it has done. */
#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

/* 16 pairs of Cb and Cr, in two halves, times a pair of weights. */
AVX2 static inline __m256i weigh(const __m256i uv[2], int16_t of_cb, int16_t of_cr)
{
    const __m256i weights =
        _mm256_unpacklo_epi16(_mm256_set1_epi16(of_cb), _mm256_set1_epi16(of_cr));
    const __m256i half = _mm256_set1_epi32(1 << (FIX_BITS - 1));
    __m256i sum[2];

    for (int i = 0; i < 2; i++)
        sum[i] =
            _mm256_srai_epi32(_mm256_add_epi32(_mm256_madd_epi16(uv[i], weights), half), FIX_BITS);
    return _mm256_packs_epi32(sum[0], sum[1]);
}

/* Each of 16 numbers is for two neighbours among 32 samples. */
AVX2 static inline void add_to_32(uint8_t *y, __m256i add)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i v = _mm256_loadu_si256((const void *)y);
    __m256i low = _mm256_add_epi16(_mm256_unpacklo_epi8(v, zero), _mm256_unpacklo_epi16(add, add));
    __m256i high = _mm256_add_epi16(_mm256_unpackhi_epi8(v, zero), _mm256_unpackhi_epi16(add, add));

    _mm256_storeu_si256((void *)y, _mm256_packus_epi16(low, high));
}

AVX2 static inline __m256i around_zero(const uint8_t *chroma)
{
    return _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)chroma)),
                            _mm256_set1_epi16(128));
}

AVX2 static int change_matrix_avx2(const struct change *c, const struct rows *r, int width)
{
    const __m256i middle = _mm256_set1_epi16(128);
    int x = 0;

    for (; x + 32 <= width; x += 32) {
        __m256i u = around_zero(r->cb + x / 2), v = around_zero(r->cr + x / 2);
        const __m256i uv[2] = {_mm256_unpacklo_epi16(u, v), _mm256_unpackhi_epi16(u, v)};
        __m256i add = weigh(uv, c->y_cb, c->y_cr);
        add_to_32(r->above + x, add);
        if (r->both)
            add_to_32(r->below + x, add);
        u = _mm256_add_epi16(weigh(uv, c->cb_cb, c->cb_cr), middle);
        v = _mm256_add_epi16(weigh(uv, c->cr_cb, c->cr_cr), middle);
        __m256i both = _mm256_permute4x64_epi64(_mm256_packus_epi16(u, v), 0xd8);
        _mm_storeu_si128((void *)(r->cb + x / 2), _mm256_castsi256_si128(both));
        _mm_storeu_si128((void *)(r->cr + x / 2), _mm256_extracti128_si256(both, 1));
    }
    return x;
}
#else
static bool has_avx2(void)
{
    return false;
}

static int change_matrix_avx2(const struct change *c, const struct rows *r, int width)
{
    (void)c, (void)r, (void)width;
    return 0;
}
#endif

static void change_picture(struct picture *p, const struct change *c)
{
    bool fast = c->y_y == 1 << FIX_BITS && has_avx2();

    for (int row = 0; row < (p->height + 1) / 2; row++) {
        uint8_t *y = p->data[0] + (ptrdiff_t)(2 * row) * p->stride[0];
        const struct rows r = {
            .above = y,
            .below = y + p->stride[0],
            .both = 2 * row + 1 < p->height,
            .cb = p->data[1] + (ptrdiff_t)row * p->stride[1],
            .cr = p->data[2] + (ptrdiff_t)row * p->stride[2],
        };
        change_rows(c, &r, fast ? change_matrix_avx2(c, &r, p->width) : 0, p->width);
    }
}

void colour_to_bt709(struct picture *p, int from_matrix, bool from_full_range)
{
    struct change c = change_between(colour_find_matrix(from_matrix), from_full_range,
                                     colour_find_matrix(AVCOL_SPC_BT709));

    change_picture(p, &c);
}

void colour_from_bt709(struct picture *p, int to_matrix)
{
    struct change c =
        change_between(colour_find_matrix(AVCOL_SPC_BT709), false, colour_find_matrix(to_matrix));

    change_picture(p, &c);
}
