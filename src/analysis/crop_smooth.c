/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Each round solves a linear least squares problem with a band of five, in linear time: the
 * dead zone is a wish for the place in it that is nearest to the path of the round before, and
 * where a limit is broken the weight of that one difference grows. As it grows without end the
 * path there becomes straight, so limits are met sooner or later; what little is missing after the
 * last round is made up for by drawing the whole path towards its middle.
 */
#include "analysis/crop_smooth.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDS 60
#define CALM 256.0       /* weight of a second difference: evens out about 4 points either way */
#define LEAST 1e-6       /* weight of a point without a wish: keeps the problem well posed */
#define GROWTH 1.6       /* of a weight whose limit is broken, each round */
#define FIRST_WEIGHT 1.0 /* of a first difference, once its limit is broken */

struct band {
    double *diagonal, *next, *second; /* symmetric: a[i][i], a[i][i + 1], a[i][i + 2] */
    double *right;
    double *calm, *slow; /* weight of the second difference around i, the first behind i */
};

static void fill_band(const struct smooth_point *p, const double *path, size_t n, struct band *b)
{
    for (size_t i = 0; i < n; i++) {
        double w = p[i].weight + LEAST;
        double wish = fmin(fmax(path[i], p[i].at - p[i].zone), p[i].at + p[i].zone);
        b->diagonal[i] = w;
        b->next[i] = b->second[i] = 0;
        b->right[i] = p[i].weight * wish + LEAST * path[i];
    }
    for (size_t i = 0; i + 1 < n; i++) { /* (path[i + 1] - path[i])^2 */
        b->diagonal[i] += b->slow[i];
        b->diagonal[i + 1] += b->slow[i];
        b->next[i] -= b->slow[i];
    }
    for (size_t i = 1; i + 1 < n; i++) { /* (path[i - 1] - 2 path[i] + path[i + 1])^2 */
        double w = b->calm[i];
        b->diagonal[i - 1] += w;
        b->diagonal[i] += 4 * w;
        b->diagonal[i + 1] += w;
        b->next[i - 1] -= 2 * w;
        b->next[i] -= 2 * w;
        b->second[i - 1] += w;
    }
}

/* L D L' of a band matrix (Golub and Van Loan, "Matrix Computations", 4.3.5), then substitution. */
static void solve_band(struct band *b, size_t n, double *x)
{
    double *d = b->diagonal, *l1 = b->next, *l2 = b->second;
    for (size_t i = 0; i < n; i++) {
        double next = l1[i], second = l2[i];
        l1[i] = next / d[i];
        l2[i] = second / d[i];
        if (i + 1 < n) {
            d[i + 1] -= l1[i] * next;
            l1[i + 1] -= l1[i] * second;
        }
        if (i + 2 < n)
            d[i + 2] -= l2[i] * second;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = b->right[i];
        x[i] -= i > 0 ? l1[i - 1] * x[i - 1] : 0;
        x[i] -= i > 1 ? l2[i - 2] * x[i - 2] : 0;
    }
    for (size_t i = n; i-- > 0;) {
        x[i] /= d[i];
        x[i] -= i + 1 < n ? l1[i] * x[i + 1] : 0;
        x[i] -= i + 2 < n ? l2[i] * x[i + 2] : 0;
    }
}

static double first_difference(const double *path, size_t i)
{
    return fabs(path[i + 1] - path[i]);
}

static double second_difference(const double *path, size_t i)
{
    return fabs(path[i - 1] - 2 * path[i] + path[i + 1]);
}

static void raise_weights(const double *path, size_t n, const struct smooth_limits *limits,
                          struct band *b)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (first_difference(path, i) > limits->first)
            b->slow[i] = b->slow[i] > 0 ? b->slow[i] * GROWTH : FIRST_WEIGHT;
    for (size_t i = 1; i + 1 < n; i++)
        if (second_difference(path, i) > limits->second)
            b->calm[i] *= GROWTH;
}

/* Drawn towards its mean, all differences of a path shrink alike. */
static void enforce(double *path, size_t n, const struct smooth_limits *limits)
{
    double mean = 0, keep = 1;
    for (size_t i = 0; i < n; i++)
        mean += path[i] / (double)n;
    for (size_t i = 0; i + 1 < n; i++)
        if (first_difference(path, i) * keep > limits->first)
            keep = limits->first / first_difference(path, i);
    for (size_t i = 1; i + 1 < n; i++)
        if (second_difference(path, i) * keep > limits->second)
            keep = limits->second / second_difference(path, i);
    for (size_t i = 0; keep < 1 && i < n; i++)
        path[i] = mean + (path[i] - mean) * keep;
}

bool crop_smooth(const struct smooth_point *points, size_t count,
                 const struct smooth_limits *limits, double *path, struct err *e)
{
    double *room = calloc(count ? count * 6 : 1, sizeof *room);
    if (!room)
        return err_set(e, ERR_NO_MEMORY, "no memory for the path of the crop");
    struct band b = {
        room, room + count, room + 2 * count, room + 3 * count, room + 4 * count, room + 5 * count};
    for (size_t i = 0; i < count; i++)
        b.calm[i] = CALM;
    for (int round = 0; round < ROUNDS; round++) {
        fill_band(points, path, count, &b);
        solve_band(&b, count, path);
        raise_weights(path, count, limits, &b);
    }
    enforce(path, count, limits);
    free(room);
    return true;
}
