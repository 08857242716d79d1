/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_simd.h - the kernels themselves, written once for vectors of any width; see kernels.h.
 * Included by each kernels_*.c behind its own definitions.
 *
 * Functions marked `inlined` are called with constants (rows, types), so that the compiler makes
 * one loop without branches of each case, with all sums in registers.
 */
#include <string.h>

#define inlined static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define VECTORS (PANEL / LANES)

/* ---- exp, GELU ---- */

/* e^x = 2^n * e^r, |r| <= ln 2 / 2, by Taylor's series to r^7: relative error below 2e-7. 0 below
 * e^-80: sums of such small numbers would end where processors are slow. */
inlined vf vexp(vf x)
{
    const vi counts = x > -80.0f;
    x = vmax(x, splat(-80.0f));
    x = -vmax(-x, splat(-88.0f));
    vf shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the fraction falls off */
    vf n = shifted - 12582912.0f;
    vf r = x - n * 0.693359375f; /* ln 2 in two parts, the first exact in few bits */
    r = r + n * 2.12194440e-4f;
    vf p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return (vf)((vi)(p * (vf)(((vu)shifted + 127) << 23)) & counts);
}

/* x/2 (1 + erf(x / sqrt 2)); erf by Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
inlined vf gelu_erf(vf x)
{
    vf z = vmax(x, -x) * 0.707106781f;
    vf t = 1.0f / (1.0f + 0.3275911f * z);
    vf p = t * 1.061405429f - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    vf tail = 0.5f * p * t * vexp(-z * z); /* (1 - erf(z)) / 2 */
    return vmax(x, splat(0)) - vmax(x, -x) * tail;
}

/* x/2 (1 + tanh(u)) = x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3). */
inlined vf gelu_tanh(vf x)
{
    vf u = 0.797884561f * (x + 0.044715f * x * x * x);
    return x / (1.0f + vexp(-2.0f * u));
}

static void gelu(enum gelu kind, float *x, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store(x + i, kind == GELU_ERF ? gelu_erf(load(x + i)) : gelu_tanh(load(x + i)));
    if (i < n) {
        vf last = load_part(x + i, (int)(n - i), 0);
        store_part(x + i, (int)(n - i), kind == GELU_ERF ? gelu_erf(last) : gelu_tanh(last));
    }
}

/* ---- softmax, layer norm ---- */

static void softmax(float *x, int n, float scale)
{
    const int whole = n - n % LANES, rest = n % LANES;
    vf top = load_part(x + whole, rest, x[0]);
    for (int i = 0; i < whole; i += LANES)
        top = vmax(top, load(x + i));
    float most = top[0];
    for (int i = 1; i < LANES; i++)
        most = top[i] > most ? top[i] : most;

    vf sums = {0};
    for (int i = 0; i < whole; i += LANES) {
        vf a = vexp((load(x + i) - most) * scale);
        store(x + i, a);
        sums += a;
    }
    float sum = vsum(sums);
    if (rest > 0) {
        vf a = vexp((load_part(x + whole, rest, most) - most) * scale);
        store_part(x + whole, rest, a);
        for (int i = 0; i < rest; i++)
            sum += a[i];
    }
    const float share = 1.0f / sum;
    for (int i = 0; i < whole; i += LANES)
        store(x + i, load(x + i) * share);
    for (int i = whole; i < n; i++)
        x[i] *= share;
}

static void softmax_panel(float *x, int n, float scale)
{
    for (int v = 0; v < PANEL; v += LANES) {
        vf top = load(x + v), sum = {0};
        for (int i = 1; i < n; i++)
            top = vmax(top, load(x + i * PANEL + v));
        for (int i = 0; i < n; i++) {
            vf a = vexp((load(x + i * PANEL + v) - top) * scale);
            store(x + i * PANEL + v, a);
            sum += a;
        }
        const vf share = 1.0f / sum;
        for (int i = 0; i < n; i++)
            store(x + i * PANEL + v, load(x + i * PANEL + v) * share);
    }
}

static void norm(const float *x, int n, const float *gain, const float *bias, float epsilon,
                 float *y)
{
    const int whole = n - n % LANES, rest = n % LANES;
    vf sums = load_part(x + whole, rest, 0);
    for (int i = 0; i < whole; i += LANES)
        sums += load(x + i);
    const float mean = vsum(sums) / (float)n;
    vf last = load_part(x + whole, rest, mean) - mean;
    vf squares = last * last;
    for (int i = 0; i < whole; i += LANES) {
        vf a = load(x + i) - mean;
        squares += a * a;
    }
    const float share = 1.0f / __builtin_sqrtf(vsum(squares) / (float)n + epsilon);
    for (int i = 0; i < whole; i += LANES)
        store(y + i, (load(x + i) - mean) * share * load(gain + i) + load(bias + i));
    for (int i = whole; i < n; i++)
        y[i] = (x[i] - mean) * share * gain[i] + bias[i];
}

static void norm_panel(const float *x, int n, const float *gain, const float *bias, float epsilon,
                       float *y)
{
    const float part = 1.0f / (float)n;
    for (int v = 0; v < PANEL; v += LANES) {
        vf mean = {0}, squares = {0}, share = {0};
        for (int i = 0; i < n; i++)
            mean += load(x + i * PANEL + v);
        mean *= part;
        for (int i = 0; i < n; i++) {
            vf a = load(x + i * PANEL + v) - mean;
            squares += a * a;
        }
        squares = squares * part + epsilon;
        for (int i = 0; i < LANES; i++)
            share[i] = 1.0f / __builtin_sqrtf(squares[i]);
        for (int i = 0; i < n; i++) {
            vf a = (load(x + i * PANEL + v) - mean) * share;
            store(y + i * PANEL + v, a * gain[i] + bias[i]);
        }
    }
}

/* ---- products of panels ---- */

inlined vf load_number(enum dtype type, const uint8_t *p)
{
    return type == DTYPE_F32 ? load(p) : type == DTYPE_F16 ? load_f16(p) : load_bf16(p);
}

inlined float one_number(enum dtype type, const uint8_t *p)
{
    float x;
    uint32_t high = 0;
    if (type == DTYPE_F32) {
        memcpy(&x, p, sizeof x);
    } else if (type == DTYPE_F16) {
        x = half_value(p);
    } else {
        memcpy((uint8_t *)&high + 2, p, 2);
        memcpy(&x, &high, sizeof x);
    }
    return x;
}

inlined size_t number_size(enum dtype type) /* 0: comes in blocks */
{
    return type == DTYPE_F32 ? 4 : type == DTYPE_F16 || type == DTYPE_BF16 ? 2 : 0;
}

inlined void product_rows(const struct product *p, const float *a, float *c, const int rows,
                          const enum dtype type)
{
    const size_t size = number_size(type);
    const uint8_t *b = p->b;
    vf sum[ROWS][VECTORS];
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int v = 0; v < VECTORS; v++)
        {
            sum[i][v] = p->add ? load(c + i * p->c_row + v * LANES) : (vf){0};
        }
    }
    for (int done = 0; done < p->k; done += PANEL, a += p->a_block) {
        const int some = p->k - done < PANEL ? p->k - done : PANEL;
        const float *at = a;
        for (int k = 0; k < some; k++, at += p->a_k, b += p->b_k * (ptrdiff_t)size) {
            vf right[VECTORS];
            UNROLL for (int v = 0; v < VECTORS; v++)
            {
                right[v] = load_number(type, b + v * LANES * size);
            }
            UNROLL for (int i = 0; i < rows; i++)
            {
                const vf left = splat(at[i * p->a_row]);
                UNROLL for (int v = 0; v < VECTORS; v++)
                {
                    sum[i][v] += left * right[v];
                }
            }
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int v = 0; v < VECTORS; v++)
        {
            store(c + i * p->c_row + v * LANES, sum[i][v]);
        }
    }
}

inlined void product_of(const struct product *p, const enum dtype type)
{
    const float *a = p->a;
    float *c = p->c;
    int m = p->m;
    for (; m >= ROWS; m -= ROWS, a += ROWS * p->a_row, c += ROWS * p->c_row)
        product_rows(p, a, c, ROWS, type);
    switch (m) { /* the rest is below ROWS */
#if ROWS > 4
    case 7:
        product_rows(p, a, c, 7, type);
        break;
    case 6:
        product_rows(p, a, c, 6, type);
        break;
    case 5:
        product_rows(p, a, c, 5, type);
        break;
    case 4:
        product_rows(p, a, c, 4, type);
        break;
    case 3:
        product_rows(p, a, c, 3, type);
        break;
#endif
#if ROWS > 2
    case 2:
        product_rows(p, a, c, 2, type);
        break;
#endif
    case 1:
        product_rows(p, a, c, 1, type);
        break;
    default:
        break;
    }
}

static void product(const struct product *p)
{
    if (p->b_half)
        product_of(p, DTYPE_F16);
    else
        product_of(p, DTYPE_F32);
}

/* ---- ggml's blocks ---- */

struct block {
    u8x16 q[2]; /* 32 signed numbers, each d * q + m */
    float d, m;
};

/* 16 where the bit is set: bit i in byte i. */
inlined u8x16 fifth_bits(const uint8_t *p)
{
    const u8x16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return (u8x16)((eight_times(p) & bit) == bit) & 16;
}

inlined void unpack(enum dtype type, const uint8_t *p, struct block *b)
{
    const bool has_min = type == DTYPE_Q4_1 || type == DTYPE_Q5_1;
    const bool five = type == DTYPE_Q5_0 || type == DTYPE_Q5_1;
    b->d = half_value(p);
    p += 2;
    if (type == DTYPE_Q8_0) {
        b->q[0] = *(const u8x16_any *)p;
        b->q[1] = *(const u8x16_any *)(p + 16);
        return;
    }
    b->m = has_min ? half_value(p) : -b->d * (five ? 16.0f : 8.0f);
    p += has_min ? 2 : 0;
    const u8x16 raw = *(const u8x16_any *)(p + (five ? 4 : 0));
    b->q[0] = raw & 15;
    b->q[1] = raw >> 4;
    if (five) {
        b->q[0] |= fifth_bits(p);
        b->q[1] |= fifth_bits(p + 2);
    }
}

/* LANES numbers of a block, from number `at` on. */
inlined vf block_numbers(enum dtype type, const struct block *b, int at)
{
    vf q = widen(b->q[at / 16], at % 16 / LANES);
    return type == DTYPE_Q8_0 ? q * b->d : q * b->d + b->m;
}

inlined size_t block_size(enum dtype type)
{
    return type == DTYPE_Q4_0   ? 18
           : type == DTYPE_Q4_1 ? 20
           : type == DTYPE_Q5_0 ? 22
           : type == DTYPE_Q5_1 ? 24
                                : 34;
}

/* ---- a token's products with weights ---- */

/* A hint only: may point behind the weights. */
inlined void prefetch(const uint8_t *p, size_t ahead)
{
    __builtin_prefetch((const void *)((uintptr_t)p + ahead));
}

/* sum[j][r] = row j of W . row r of X, for `wide` rows of W side by side. */
inlined void dots_flat(const struct gemv *g, const uint8_t *w, const int wide, const int rows,
                       const enum dtype type, float sum[4][GEMV_ROWS_MAX])
{
    const int size = (int)number_size(type), whole = g->in - g->in % LANES;
    const size_t ahead = 2 * (size_t)wide * g->row_bytes;
    vf sums[4][GEMV_ROWS_MAX];
    UNROLL for (int j = 0; j < wide; j++)
    {
        UNROLL for (int r = 0; r < rows; r++) sums[j][r] = (vf){0};
    }
    for (int i = 0; i < whole; i += LANES) {
        vf left[4];
        UNROLL for (int j = 0; j < wide; j++)
        {
            const uint8_t *p = w + j * g->row_bytes + i * size;
            left[j] = load_number(type, p);
            prefetch(p, ahead);
        }
        UNROLL for (int r = 0; r < rows; r++)
        {
            const vf right = load(g->x + r * g->x_row + i);
            UNROLL for (int j = 0; j < wide; j++)
            {
                sums[j][r] += left[j] * right;
            }
        }
    }
    for (int j = 0; j < wide; j++) {
        for (int r = 0; r < rows; r++) {
            sum[j][r] = vsum(sums[j][r]);
            for (int i = whole; i < g->in; i++)
                sum[j][r] +=
                    one_number(type, w + j * g->row_bytes + i * size) * g->x[r * g->x_row + i];
        }
    }
}

inlined void dots_blocks(const struct gemv *g, const uint8_t *w, const int wide, const int rows,
                         const enum dtype type, float sum[4][GEMV_ROWS_MAX])
{
    vf sums[4][GEMV_ROWS_MAX];
    UNROLL for (int j = 0; j < wide; j++)
    {
        UNROLL for (int r = 0; r < rows; r++) sums[j][r] = (vf){0};
    }
    const float *x = g->x;
    for (int i = 0; i < g->in; i += 32, w += block_size(type), x += 32) {
        UNROLL for (int j = 0; j < wide; j++)
        {
            struct block b;
            unpack(type, w + j * g->row_bytes, &b);
            prefetch(w + j * g->row_bytes, 2 * (size_t)wide * g->row_bytes);
            UNROLL for (int v = 0; v < 32; v += LANES)
            {
                const vf left = block_numbers(type, &b, v);
                UNROLL for (int r = 0; r < rows; r++)
                {
                    sums[j][r] += left * load(x + r * g->x_row + v);
                }
            }
        }
    }
    for (int j = 0; j < wide; j++) {
        for (int r = 0; r < rows; r++)
            sum[j][r] = vsum(sums[j][r]);
    }
}

inlined void put(const struct gemv *g, int j, const int rows, const float *sum)
{
    for (int r = 0; r < rows; r++) {
        float *y = &g->y[r * g->y_row + j];
        *y = (g->add ? *y : 0) + (g->bias ? g->bias[j] : 0) + sum[r];
    }
}

inlined void gemv_rows(const struct gemv *g, const int rows, const enum dtype type)
{
    const bool flat = number_size(type) > 0;
    /* as many sums as there are registers */
    const int wide = rows <= (LANES > 8 ? 6 : 2) ? 4 : rows <= (LANES > 8 ? 8 : 5) ? 2 : 1;
    float sum[4][GEMV_ROWS_MAX];
    const uint8_t *w = g->w;
    int j = 0;
    for (; j + wide <= g->out; j += wide, w += wide * g->row_bytes) {
        if (flat)
            dots_flat(g, w, wide, rows, type, sum);
        else
            dots_blocks(g, w, wide, rows, type, sum);
        for (int s = 0; s < wide; s++)
            put(g, j + s, rows, sum[s]);
    }
    for (; j < g->out; j++, w += g->row_bytes) { /* only where wide > 1 */
        if (flat)
            dots_flat(g, w, 1, rows, type, sum);
        else
            dots_blocks(g, w, 1, rows, type, sum);
        put(g, j, rows, sum[0]);
    }
}

/* Y += four rows of W at a time, `some` columns from j on. */
inlined void across_rows(const struct gemv *g, const int rows, const enum dtype type)
{
    const int size = (int)number_size(type), whole = g->out - g->out % LANES;
    const size_t ahead = 32 * g->row_bytes; /* pieces of rows are too short to be foreseen */
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < g->out; j++)
            g->y[r * g->y_row + j] =
                (g->add ? g->y[r * g->y_row + j] : 0) + (g->bias ? g->bias[j] : 0);
    }
    int i = 0;
    for (; i + 4 <= g->in; i += 4) {
        const uint8_t *w = g->w + i * g->row_bytes;
        const float *x = g->x + i;
        for (int j = 0; j < whole; j += LANES) {
            vf left[4];
            UNROLL for (int q = 0; q < 4; q++)
            {
                const uint8_t *p = w + q * g->row_bytes + j * size;
                left[q] = load_number(type, p);
                prefetch(p, ahead);
            }
            UNROLL for (int r = 0; r < rows; r++)
            {
                float *y = g->y + r * g->y_row + j;
                const float *a = x + r * g->x_row;
                store(y, load(y) + ((left[0] * a[0] + left[1] * a[1]) +
                                    (left[2] * a[2] + left[3] * a[3])));
            }
        }
        for (int j = whole; j < g->out; j++) {
            for (int r = 0; r < rows; r++) {
                for (int q = 0; q < 4; q++)
                    g->y[r * g->y_row + j] +=
                        one_number(type, w + q * g->row_bytes + j * size) * x[r * g->x_row + q];
            }
        }
    }
    for (; i < g->in; i++) {
        for (int j = 0; j < g->out; j++) {
            for (int r = 0; r < rows; r++)
                g->y[r * g->y_row + j] +=
                    one_number(type, g->w + i * g->row_bytes + j * size) * g->x[r * g->x_row + i];
        }
    }
}

/* One copy of `body` for each number of rows. */
#define FOR_ROWS(g, body, type)                                                                    \
    switch ((g)->rows) {                                                                           \
    case 1:                                                                                        \
        body(g, 1, type);                                                                          \
        break;                                                                                     \
    case 2:                                                                                        \
        body(g, 2, type);                                                                          \
        break;                                                                                     \
    case 3:                                                                                        \
        body(g, 3, type);                                                                          \
        break;                                                                                     \
    case 4:                                                                                        \
        body(g, 4, type);                                                                          \
        break;                                                                                     \
    case 5:                                                                                        \
        body(g, 5, type);                                                                          \
        break;                                                                                     \
    case 6:                                                                                        \
        body(g, 6, type);                                                                          \
        break;                                                                                     \
    case 7:                                                                                        \
        body(g, 7, type);                                                                          \
        break;                                                                                     \
    case 8:                                                                                        \
        body(g, 8, type);                                                                          \
        break;                                                                                     \
    default:                                                                                       \
        break;                                                                                     \
    }

#define GEMV_OF(type, body)                                                                        \
    static void body##_##type(const struct gemv *g)                                                \
    {                                                                                              \
        FOR_ROWS(g, body, DTYPE_##type)                                                            \
    }

GEMV_OF(F32, gemv_rows)
GEMV_OF(F16, gemv_rows)
GEMV_OF(BF16, gemv_rows)
GEMV_OF(Q4_0, gemv_rows)
GEMV_OF(Q4_1, gemv_rows)
GEMV_OF(Q5_0, gemv_rows)
GEMV_OF(Q5_1, gemv_rows)
GEMV_OF(Q8_0, gemv_rows)
GEMV_OF(F32, across_rows)
GEMV_OF(F16, across_rows)
GEMV_OF(BF16, across_rows)

static void gemv(const struct gemv *g)
{
    switch (g->dtype) {
    case DTYPE_F32:
        gemv_rows_F32(g);
        break;
    case DTYPE_F16:
        gemv_rows_F16(g);
        break;
    case DTYPE_BF16:
        gemv_rows_BF16(g);
        break;
    case DTYPE_Q4_0:
        gemv_rows_Q4_0(g);
        break;
    case DTYPE_Q4_1:
        gemv_rows_Q4_1(g);
        break;
    case DTYPE_Q5_0:
        gemv_rows_Q5_0(g);
        break;
    case DTYPE_Q5_1:
        gemv_rows_Q5_1(g);
        break;
    case DTYPE_Q8_0:
        gemv_rows_Q8_0(g);
        break;
    default:
        break; /* no weights of other types are opened */
    }
}

static void gemv_across(const struct gemv *g)
{
    switch (g->dtype) {
    case DTYPE_F32:
        across_rows_F32(g);
        break;
    case DTYPE_F16:
        across_rows_F16(g);
        break;
    case DTYPE_BF16:
        across_rows_BF16(g);
        break;
    default:
        break;
    }
}

/* ---- places of a cache ---- */

inlined void dots_of(const struct gather *g, const float *x, float *y, const enum dtype type)
{
    const size_t size = number_size(type);
    const int whole = g->width - g->width % LANES;
    for (int i = 0; i < g->n; i++) {
        const uint8_t *p = (const uint8_t *)g->base + g->at[i] * size;
        vf sums = {0};
        for (int k = 0; k < whole; k += LANES)
            sums += load_number(type, p + k * size) * load(x + k);
        y[i] = vsum(sums);
        for (int k = whole; k < g->width; k++)
            y[i] += one_number(type, p + k * size) * x[k];
    }
}

inlined void mix_of(const struct gather *g, const float *weight, float *y, const enum dtype type)
{
    const size_t size = number_size(type);
    int k = 0;
    for (; k + LANES <= g->width; k += LANES) {
        vf sums = {0};
        for (int i = 0; i < g->n; i++)
            sums += load_number(type, (const uint8_t *)g->base + (g->at[i] + k) * size) * weight[i];
        store(y + k, sums);
    }
    for (; k < g->width; k++) {
        y[k] = 0;
        for (int i = 0; i < g->n; i++)
            y[k] += one_number(type, (const uint8_t *)g->base + (g->at[i] + k) * size) * weight[i];
    }
}

static void dots(const struct gather *g, const float *x, float *y)
{
    if (g->half)
        dots_of(g, x, y, DTYPE_F16);
    else
        dots_of(g, x, y, DTYPE_F32);
}

static void mix(const struct gather *g, const float *weight, float *y)
{
    if (g->half)
        mix_of(g, weight, y, DTYPE_F16);
    else
        mix_of(g, weight, y, DTYPE_F32);
}

/* ---- from type to type ---- */

inlined void blocks_to_f32(enum dtype type, const uint8_t *src, size_t n, float *dst)
{
    for (size_t i = 0; i < n; i += 32, src += block_size(type)) {
        struct block b;
        unpack(type, src, &b);
        for (int v = 0; v < 32; v += LANES)
            store(dst + i + v, block_numbers(type, &b, v));
    }
}

static void to_f32(enum dtype type, const uint8_t *src, size_t n, float *dst)
{
    size_t i = 0;
    switch (type) {
    case DTYPE_F16:
        for (; i + LANES <= n; i += LANES)
            store(dst + i, load_f16(src + 2 * i));
        for (; i < n; i++)
            dst[i] = half_value(src + 2 * i);
        break;
    case DTYPE_Q4_0:
        blocks_to_f32(DTYPE_Q4_0, src, n, dst);
        break;
    case DTYPE_Q4_1:
        blocks_to_f32(DTYPE_Q4_1, src, n, dst);
        break;
    case DTYPE_Q5_0:
        blocks_to_f32(DTYPE_Q5_0, src, n, dst);
        break;
    case DTYPE_Q5_1:
        blocks_to_f32(DTYPE_Q5_1, src, n, dst);
        break;
    case DTYPE_Q8_0:
        blocks_to_f32(DTYPE_Q8_0, src, n, dst);
        break;
    case DTYPE_F32:
        memcpy(dst, src, n * sizeof *dst);
        break;
    default:
        dtype_to_f32(type, src, n, dst);
        break;
    }
}

static void to_f16(const float *src, size_t n, uint16_t *dst)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store_f16(dst + i, load(src + i));
    if (i < n) {
        uint16_t last[LANES];
        store_f16(last, load_part(src + i, (int)(n - i), 0));
        memcpy(dst + i, last, (n - i) * sizeof *dst);
    }
}

const struct kernels KERNELS = {
    .name = KERNELS_NAME,
    .product = product,
    .gemv = gemv,
    .gemv_across = gemv_across,
    .dots = dots,
    .mix = mix,
    .softmax = softmax,
    .softmax_panel = softmax_panel,
    .norm = norm,
    .norm_panel = norm_panel,
    .gelu = gelu,
    .to_f32 = to_f32,
    .to_f16 = to_f16,
};
