/* SPDX-License-Identifier: GPL-3.0-or-later
 * Each kernel of each processor that this one can stand for, against the plainest loop in double.
 */
#include "check.h"
#include "nn/kernels.h"
#include "nn/sample.h"

#include <stdlib.h>

static uint64_t seed = 7;

static void fill(float *x, size_t n, float size)
{
    for (size_t i = 0; i < n; i++)
        x[i] = size * (float)(random_unit(&seed) * 2 - 1);
}

/* Random bytes, of which the scales (and f16 numbers) are small and finite. */
static void fill_weights(enum dtype type, uint8_t *out, size_t n)
{
    const size_t block = dtype_block_bytes(type), blocks = n / dtype_block(type);
    for (size_t i = 0; i < blocks * block; i++)
        out[i] = (uint8_t)(random_unit(&seed) * 256);
    for (size_t i = 0; i < blocks; i++) {
        uint16_t scale = (uint16_t)(0x2800 + (uint16_t)(random_unit(&seed) * 0x400));
        float number = (float)(random_unit(&seed) - 0.5);
        uint32_t bits;
        memcpy(&bits, &number, 4);
        uint16_t high = (uint16_t)(bits >> 16);
        if (type == DTYPE_F32)
            memcpy(out + i * block, &number, 4);
        else
            memcpy(out + i * block, type == DTYPE_BF16 ? &high : &scale, 2);
        if (type == DTYPE_Q4_1 || type == DTYPE_Q5_1)
            memcpy(out + i * block + 2, &scale, 2);
    }
}

static double most_apart(const float *a, const double *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - b[i]) / (1 + fabs(b[i]));
        most = d > most || isnan(d) ? d : most;
    }
    return most;
}

static void test_product(const struct kernels *k)
{
    enum { M = 19, K = 100 };
    static float a[M * K], b[K * PANEL], c[M * PANEL], blocked[M * 128];
    static uint16_t half[K * PANEL];
    static double want[M * PANEL];
    for (int turn = 0; turn < 48; turn++) {
        const int m = 1 + turn % M, n = turn < 24 ? 64 + turn % 3 : 1 + turn % 40;
        const bool is_half = turn % 2, add = turn % 3 == 0, in_panels = turn % 5 == 0;
        fill(a, M * K, 1);
        fill(b, K * PANEL, 1);
        fill(c, M * PANEL, 1);
        if (is_half) {
            k->to_f16(b, K * PANEL, half);
            for (int i = 0; i < K * PANEL; i++)
                b[i] = f16_to_f32(half[i]);
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < PANEL; j++) {
                want[i * PANEL + j] = add ? (double)c[i * PANEL + j] : 0;
                for (int q = 0; q < n; q++)
                    want[i * PANEL + j] += (double)a[i * K + q] * (double)b[q * PANEL + j];
            }
            for (int q = 0; q < n; q++) /* [block][m][32] */
                blocked[(q / PANEL * M + i) * PANEL + q % PANEL] = a[i * K + q];
        }
        struct product p = {.a = in_panels ? blocked : a,
                            .a_row = in_panels ? PANEL : K,
                            .a_k = 1,
                            .a_block = in_panels ? M * PANEL : PANEL,
                            .b = is_half ? (void *)half : (void *)b,
                            .b_half = is_half,
                            .b_k = PANEL,
                            .m = m,
                            .k = n,
                            .c = c,
                            .c_row = PANEL,
                            .add = add};
        k->product(&p);
        CHECK_NEAR(most_apart(c, want, (size_t)m * PANEL), 0, 1e-5);
    }
}

struct gemv_case {
    enum dtype type;
    int in, out, rows;
    bool across, add;
};

static void check_gemv(const struct kernels *k, const struct gemv_case *t)
{
    enum { MOST = 160 * 96 };
    static uint8_t w[MOST * 4 + 1];
    static float numbers[MOST], x[8 * 160], y[8 * 160], parts[8 * 160], bias[160];
    static double want[8 * 160];
    const size_t count = (size_t)t->in * (size_t)t->out;
    const int row = t->across ? t->out : t->in;
    const size_t row_bytes = (size_t)row / dtype_block(t->type) * dtype_block_bytes(t->type);
    fill_weights(t->type, w + 1, count); /* unaligned on purpose */
    dtype_to_f32(t->type, w + 1, count, numbers);
    fill(x, sizeof x / sizeof *x, 1);
    fill(y, sizeof y / sizeof *y, 1);
    fill(bias, sizeof bias / sizeof *bias, 1);
    memcpy(parts, y, sizeof y);
    for (int r = 0; r < t->rows; r++) {
        for (int j = 0; j < t->out; j++) {
            double sum = (double)bias[j] + (t->add ? (double)y[r * t->out + j] : 0);
            for (int i = 0; i < t->in; i++)
                sum += (double)x[r * t->in + i] *
                       (double)numbers[t->across ? i * t->out + j : j * t->in + i];
            want[r * t->out + j] = sum;
        }
    }
    struct gemv g = {.w = w + 1,
                     .dtype = t->type,
                     .row_bytes = row_bytes,
                     .in = t->in,
                     .out = t->out,
                     .bias = bias,
                     .x = x,
                     .x_row = t->in,
                     .rows = t->rows,
                     .y = y,
                     .y_row = t->out,
                     .add = t->add};
    (t->across ? k->gemv_across : k->gemv)(&g);
    CHECK_NEAR(most_apart(y, want, (size_t)(t->rows * t->out)), 0, 5e-5);

    /* cut anywhere between outputs, the numbers are the same to the last bit */
    const int cut = t->across ? t->out / 64 * 32 : t->out / 3;
    if (cut > 0 && t->out % 32 == 0) {
        g.y = parts;
        g.out = cut;
        (t->across ? k->gemv_across : k->gemv)(&g);
        g.y += cut;
        g.bias += cut;
        g.w += t->across ? (size_t)cut * dtype_block_bytes(t->type) : (size_t)cut * row_bytes;
        g.out = t->out - cut;
        (t->across ? k->gemv_across : k->gemv)(&g);
        CHECK(memcmp(parts, y, (size_t)(t->rows * t->out) * sizeof *y) == 0);
    }
}

static void test_gemv(const struct kernels *k)
{
    static const enum dtype types[] = {DTYPE_F32,  DTYPE_F16,  DTYPE_BF16, DTYPE_Q4_0,
                                       DTYPE_Q4_1, DTYPE_Q5_0, DTYPE_Q5_1, DTYPE_Q8_0};
    static const int sizes[][2] = {{32, 1}, {64, 7}, {160, 96}, {60, 13}, {5, 3}};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (int s = 0; s < (dtype_block(types[t]) > 1 ? 3 : 5); s++) {
            for (int rows = 1; rows <= GEMV_ROWS_MAX; rows++) {
                struct gemv_case c = {types[t], sizes[s][0], sizes[s][1], rows, false, rows % 2};
                check_gemv(k, &c);
                c.across = true;
                if (dtype_block(types[t]) == 1)
                    check_gemv(k, &c);
            }
        }
    }
}

static void test_places(const struct kernels *k)
{
    enum { PLACES = 9, STEP = 200 };
    static float base[PLACES * STEP], x[STEP], y[STEP], weight[PLACES];
    static uint16_t half[PLACES * STEP];
    static double want[STEP];
    static const int widths[] = {1, 12, 16, 64, 77};
    size_t at[PLACES];
    for (int turn = 0; turn < 10; turn++) {
        const int width = widths[turn / 2];
        struct gather g = {turn % 2 ? (void *)half : (void *)base, turn % 2, at, PLACES, width};
        fill(base, PLACES * STEP, 1);
        k->to_f16(base, PLACES * STEP, half);
        for (int i = 0; turn % 2 && i < PLACES * STEP; i++)
            base[i] = f16_to_f32(half[i]);
        fill(x, STEP, 1);
        fill(weight, PLACES, 1);
        for (size_t i = 0; i < PLACES; i++)
            at[i] = (i * 5 % PLACES) * STEP + 3;
        k->dots(&g, x, y);
        for (int i = 0; i < PLACES; i++) {
            want[i] = 0;
            for (int j = 0; j < width; j++)
                want[i] += (double)base[at[i] + (size_t)j] * (double)x[j];
        }
        CHECK_NEAR(most_apart(y, want, PLACES), 0, 1e-5);
        k->mix(&g, weight, y);
        for (int j = 0; j < width; j++) {
            want[j] = 0;
            for (int i = 0; i < PLACES; i++)
                want[j] += (double)base[at[i] + (size_t)j] * (double)weight[i];
        }
        CHECK_NEAR(most_apart(y, want, (size_t)width), 0, 1e-5);
    }
}

static void softmax_in_double(const float *x, int n, int step, double scale, double *out)
{
    double most = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, (double)x[i * step] * scale);
    for (int i = 0; i < n; i++)
        sum += out[i * step] = exp((double)x[i * step] * scale - most);
    for (int i = 0; i < n; i++)
        out[i * step] /= sum;
}

static void test_softmax(const struct kernels *k)
{
    static float x[77 * PANEL], y[77 * PANEL];
    static double want[77 * PANEL];
    static const int counts[] = {1, 3, 16, 33, 77};
    for (int t = 0; t < 5; t++) {
        const int n = counts[t];
        fill(x, 77 * PANEL, t == 4 ? 1000 : 20);
        memcpy(y, x, sizeof x);
        softmax_in_double(x, n, 1, 0.25, want);
        k->softmax(y, n, 0.25f);
        CHECK_NEAR(most_apart(y, want, (size_t)n), 0, 1e-6);
        memcpy(y, x, sizeof x);
        for (int j = 0; j < PANEL; j++)
            softmax_in_double(x + j, n, PANEL, 0.25, want + j);
        k->softmax_panel(y, n, 0.25f);
        CHECK_NEAR(most_apart(y, want, (size_t)(n * PANEL)), 0, 1e-6);
    }
}

static void norm_in_double(const float *x, int n, int step, const float *gain, const float *bias,
                           double *out)
{
    double mean = 0, square = 0;
    for (int i = 0; i < n; i++)
        mean += (double)x[i * step] / n;
    for (int i = 0; i < n; i++)
        square += ((double)x[i * step] - mean) * ((double)x[i * step] - mean) / n;
    for (int i = 0; i < n; i++)
        out[i * step] =
            ((double)x[i * step] - mean) / sqrt(square + 1e-5) * (double)gain[i] + (double)bias[i];
}

static void test_norm(const struct kernels *k)
{
    static float x[77 * PANEL], y[77 * PANEL], gain[77], bias[77];
    static double want[77 * PANEL];
    static const int counts[] = {1, 12, 64, 77};
    for (int t = 0; t < 4; t++) {
        const int n = counts[t];
        fill(x, 77 * PANEL, 3);
        fill(gain, 77, 2);
        fill(bias, 77, 1);
        norm_in_double(x, n, 1, gain, bias, want);
        k->norm(x, n, gain, bias, 1e-5f, y);
        CHECK_NEAR(most_apart(y, want, (size_t)n), 0, 1e-5);
        for (int j = 0; j < PANEL; j++)
            norm_in_double(x + j, n, PANEL, gain, bias, want + j);
        k->norm_panel(x, n, gain, bias, 1e-5f, y);
        CHECK_NEAR(most_apart(y, want, (size_t)(n * PANEL)), 0, 1e-5);
    }
}

static void test_gelu(const struct kernels *k)
{
    enum { N = 4001, MIDDLE = N / 2 };
    static float x[N];
    static double erf_wants[N], tanh_wants[N];
    for (int i = 0; i < N; i++) {
        const double v = (i - MIDDLE) * 0.01;
        erf_wants[i] = 0.5 * v * (1 + erf(v / sqrt(2)));
        tanh_wants[i] = 0.5 * v * (1 + tanh(sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
        x[i] = (float)v;
    }
    k->gelu(GELU_ERF, x, N);
    CHECK_NEAR(most_apart(x, erf_wants, N), 0, 1e-6);
    for (int i = 0; i < N; i++)
        x[i] = (float)((i - MIDDLE) * 0.01);
    k->gelu(GELU_TANH, x, N);
    CHECK_NEAR(most_apart(x, tanh_wants, N), 0, 1e-6);
}

static void test_types(const struct kernels *k)
{
    static uint16_t half[65536], back[65536];
    static float numbers[65536], want[640], got[640];
    static uint8_t bytes[640 * 8];
    int wrong = 0;
    for (int i = 0; i < 65536; i++)
        half[i] = (uint16_t)i;
    k->to_f32(DTYPE_F16, (const uint8_t *)half, 65535, numbers); /* with a rest */
    k->to_f16(numbers, 65535, back);
    for (int i = 0; i < 65535; i++) {
        const float v = f16_to_f32(half[i]);
        wrong += isnan(v) ? !isnan(numbers[i]) : numbers[i] != v || back[i] != half[i];
    }
    CHECK(wrong == 0);
    for (enum dtype t = 0; t < DTYPE_COUNT; t++) {
        fill_weights(t, bytes, 640);
        if (t == DTYPE_F64)
            memset(bytes, 0, sizeof bytes);
        dtype_to_f32(t, bytes, 640, want);
        k->to_f32(t, bytes, 640, got);
        for (int i = 0; i < 640; i++)
            wrong += !(fabsf(got[i] - want[i]) <= 1e-6f * fabsf(want[i]));
    }
    CHECK(wrong == 0);

    static const struct {
        float x;
        uint16_t half;
    } roundings[] = {{1.0f + 0x1p-11f, 0x3c00},
                     {1.0f + 0x1.8p-10f, 0x3c02},
                     {65519.9f, 0x7bff},
                     {65520, 0x7c00},
                     {-1e9f, 0xfc00},
                     {0x1p-24f, 1},
                     {0x1p-25f, 0},
                     {0x1.8p-24f, 2},
                     {-0.0f, 0x8000}};
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++) {
        uint16_t one;
        k->to_f16(&roundings[i].x, 1, &one);
        CHECK(one == roundings[i].half);
    }
}

int main(void)
{
    static const char *const names[] = {"plain", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        const struct kernels *k = kernels_named(names[i]);
        CHECK_CASE(names[i]);
        if (!k)
            continue;
        test_product(k);
        test_gemv(k);
        test_places(k);
        test_softmax(k);
        test_norm(k);
        test_gelu(k);
        test_types(k);
        setenv("AIVE_CPU", names[i], 1);
        CHECK(kernels_choose() == k);
    }
    CHECK(kernels_named("plain") && !kernels_named("abacus"));
    setenv("AIVE_CPU", "abacus", 1);
    CHECK(kernels_choose() != NULL);
    return check_done();
}
