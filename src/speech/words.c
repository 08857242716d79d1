/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/words.h"
#include "nn/tokenizer.h"
#include "speech/word_edges.h"
#include "speech/word_split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEDIAN 7
#define HALF (MEDIAN / 2)
#define SAMPLES_A_POSITION 320 /* 20 ms at 16 kHz */

/* --- Attention -------------------------------------------------------------------------------- */

static void normalise_column(float *w, int rows, ptrdiff_t stride)
{
    double sum = 0, squares = 0;
    for (int r = 0; r < rows; r++)
        sum += w[r * stride];
    double mean = sum / rows;
    for (int r = 0; r < rows; r++)
        squares += (w[r * stride] - mean) * (w[r * stride] - mean);
    double deviation = sqrt(squares / rows);
    for (int r = 0; r < rows; r++)
        w[r * stride] = deviation > 0 ? (float)((w[r * stride] - mean) / deviation) : 0;
}

static float median(const float *of)
{
    float v[MEDIAN];
    memcpy(v, of, sizeof v);
    for (int i = 1; i < MEDIAN; i++)
        for (int k = i; k > 0 && v[k - 1] > v[k]; k--) {
            float swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
    return v[HALF];
}

/* `wide` has room for the row and what is mirrored at its ends. */
static void smooth_row(float *row, int n, float *wide)
{
    if (n <= HALF)
        return;
    memcpy(wide + HALF, row, (size_t)n * sizeof *row);
    for (int i = 1; i <= HALF; i++) {
        wide[HALF - i] = row[i];
        wide[HALF + n - 1 + i] = row[n - 1 - i];
    }
    for (int i = 0; i < n; i++)
        row[i] = median(wide + i);
}

bool attention_mean(float *weights, int heads, int rows, int columns, struct err *e)
{
    const size_t size = (size_t)rows * (size_t)columns;
    float *wide = malloc((size_t)(columns + 2 * HALF) * sizeof *wide);
    if (!wide)
        return err_set(e, ERR_NO_MEMORY, "no memory to time words");
    for (int h = 0; h < heads; h++) {
        float *w = weights + (size_t)h * size;
        for (int c = 0; c < columns; c++)
            normalise_column(w + c, rows, columns);
        for (int r = 0; r < rows; r++)
            smooth_row(w + (size_t)r * (size_t)columns, columns, wide);
        for (size_t i = 0; h > 0 && i < size; i++)
            weights[i] += w[i];
    }
    for (size_t i = 0; i < size; i++)
        weights[i] /= (float)heads;
    free(wide);
    return true;
}

/* --- Dynamic time warping --------------------------------------------------------------------- */

enum step { BOTH, DOWN, RIGHT }; /* how the way came to a cell */

/* The best sum of the ways to each cell of a row, from that of the row above. */
static void next_row(const float *row, int columns, const double *above, double *here,
                     unsigned char *steps)
{
    here[0] = -INFINITY;
    for (int c = 1; c <= columns; c++) {
        double both = above[c - 1], down = above[c], right = here[c - 1];
        enum step s = both > down && both > right ? BOTH : down > both && down > right ? DOWN : RIGHT;
        double best = s == BOTH ? both : s == DOWN ? down : right;
        here[c] = best + row[c - 1];
        steps[c - 1] = (unsigned char)s;
    }
}

static void walk_back(const unsigned char *steps, int rows, int columns, int *first_column)
{
    int r = rows - 1, c = columns - 1;
    while (r > 0 || c > 0) {
        first_column[r] = c;
        enum step s = r == 0 ? RIGHT : c == 0 ? DOWN : (enum step)steps[(size_t)r * (size_t)columns + (size_t)c];
        r -= s != RIGHT;
        c -= s != DOWN;
    }
    first_column[0] = 0;
}

bool warp(const float *matrix, int rows, int columns, int *first_column, struct err *e)
{
    const size_t width = (size_t)columns;
    unsigned char *steps = malloc((size_t)rows * width);
    double *sums = malloc(2 * (width + 1) * sizeof *sums);
    bool ok = steps && sums;
    if (ok) {
        double *above = sums, *here = sums + width + 1;
        for (size_t c = 0; c <= width; c++)
            above[c] = -INFINITY;
        above[0] = 0;
        for (int r = 0; r < rows; r++) {
            next_row(matrix + (size_t)r * width, columns, above, here, steps + (size_t)r * width);
            double *swap = above;
            above = here;
            here = swap;
        }
        walk_back(steps, rows, columns, first_column);
    } else {
        err_set(e, ERR_NO_MEMORY, "no memory to time words");
    }
    free(steps);
    free(sums);
    return ok;
}

/* --- Words ------------------------------------------------------------------------------------ */

/* The tokens that are read while the heads are watched: sot [language task] notimestamps text eot.
 * Returns how many stand before notimestamps. */
static int make_prompt(const struct words_ask *ask, int32_t *out, int *n)
{
    const struct whisper_tokens *k = ask->tokens;
    int count = 0;
    out[count++] = k->sot;
    if (k->multilingual) {
        out[count++] = k->first_language + ask->language;
        out[count++] = ask->translate ? k->translate : k->transcribe;
    }
    int before = count;
    out[count++] = k->no_times;
    memcpy(out + count, ask->text, (size_t)ask->count * sizeof *out);
    count += ask->count;
    out[count++] = k->eot;
    *n = count;
    return before;
}

/* The rows as if the heads saw no more than the sound: `columns` of `all`, of sum 1 again. */
static void crop(float *w, size_t rows, size_t all, size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        float sum = 0;
        for (size_t c = 0; c < columns; c++)
            sum += w[r * all + c];
        for (size_t c = 0; c < columns; c++)
            w[r * columns + c] = sum > 0 ? w[r * all + c] / sum : 0;
    }
}

/* Where the way first comes to each token of the text and to its end: [count + 1], in positions. */
static bool token_positions(const struct words_ask *ask, int *at, struct err *e)
{
    const struct whisper_tokens *k = ask->tokens;
    int32_t tokens[DECODED_MAX];
    int n, all, before = make_prompt(ask, tokens, &n);
    whisper_features(ask->run, &all);
    int columns = (ask->samples + SAMPLES_A_POSITION - 1) / SAMPLES_A_POSITION;
    columns = columns < 1 ? 1 : columns < all ? columns : all;
    size_t rows = (size_t)k->head_count * (size_t)n;
    float *w = malloc(rows * (size_t)all * sizeof *w);
    if (!w)
        return err_set(e, ERR_NO_MEMORY, "no memory to time words");
    bool ok = whisper_attention(ask->run, tokens, n, k->heads, k->head_count, w, e);
    if (ok) {
        crop(w, rows, (size_t)all, (size_t)columns);
        ok = attention_mean(w, k->head_count, n, columns, e) &&
             warp(w + (size_t)before * (size_t)columns, n - before - 1, columns, at, e);
    }
    free(w);
    return ok;
}

bool words_align(const struct words_ask *ask, struct arena *a, struct words *out, struct err *e)
{
    int at[DECODED_MAX];
    *out = (struct words){0};
    if (ask->count == 0)
        return true;
    if (ask->count + 5 > ask->config->text_ctx || ask->count + 5 > DECODED_MAX)
        return err_set(e, ERR_INVALID, "%d tokens are too many to be timed", ask->count);
    if (!token_positions(ask, at, e) || !words_split(ask, a, out, e))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        struct word *w = &out->items[i];
        double p = 0;
        for (int t = 0; t < w->token_count; t++)
            p += exp(ask->log_p[w->first + t]);
        w->p = p / w->token_count;
        w->start_s = at[w->spoken] * TIME_STEP_S;
        w->end_s = at[w->spoken + w->spoken_count] * TIME_STEP_S;
    }
    words_limit(out);
    words_snap(out, ask->pcm, ask->samples);
    return true;
}
