/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/series.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX ((size_t)48 * 3600 * HOPS_PER_SECOND)

bool series_add(struct series *s, float x, struct err *e)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        if (s->count >= COUNT_MAX)
            return err_set(e, ERR_TOO_LARGE, "more than 48 hours of sound; cut the file first");
        float *v = realloc(s->v, cap * sizeof *v);
        if (!v)
            return err_set(e, ERR_NO_MEMORY, "no memory for %zu analysis frames", cap);
        s->v = v;
        s->cap = cap;
    }
    s->v[s->count++] = x;
    return true;
}

void series_finish(struct series *s)
{
    free(s->v);
    *s = (struct series){0};
}

static void swap(float *a, float *b)
{
    float t = *a;
    *a = *b;
    *b = t;
}

/* Hoare's selection with the median of three as pivot: linear on average, and sorted or constant
 * input is no bad case. */
float quantile(float *v, size_t n, double p)
{
    if (n == 0)
        return 0;
    ptrdiff_t k = (ptrdiff_t)(p * (double)(n - 1) + 0.5);
    ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1;
    while (lo < hi) {
        ptrdiff_t mid = lo + (hi - lo) / 2;
        if (v[mid] < v[lo])
            swap(&v[mid], &v[lo]);
        if (v[hi] < v[lo])
            swap(&v[hi], &v[lo]);
        if (v[hi] < v[mid])
            swap(&v[hi], &v[mid]);
        float pivot = v[mid];
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j)
                swap(&v[i++], &v[j--]);
        }
        if (k <= j)
            hi = j;
        else if (k >= i)
            lo = i;
        else
            break;
    }
    return v[k];
}

float quantile_of(const float *v, size_t n, double p, bool *ok)
{
    float *copy = malloc((n ? n : 1) * sizeof *copy);
    if (!copy) {
        *ok = false;
        return 0;
    }
    memcpy(copy, v, n * sizeof *copy);
    float q = quantile(copy, n, p);
    free(copy);
    return q;
}

void box_mean(const float *in, float *out, size_t n, size_t radius)
{
    double sum = 0;
    size_t lo = 0, hi = 0; /* the window is [lo, hi) */
    for (size_t t = 0; t < n; t++) {
        size_t want_hi = t + radius + 1 < n ? t + radius + 1 : n;
        size_t want_lo = t > radius ? t - radius : 0;
        while (hi < want_hi)
            sum += (double)in[hi++];
        while (lo < want_lo)
            sum -= (double)in[lo++];
        out[t] = (float)(sum / (double)(hi - lo));
    }
}
