/* SPDX-License-Identifier: GPL-3.0-or-later
 * How a crop moves: still, pan or track; never out of the picture, never with a jolt. */
#include "analysis/crop_keys.h"
#include "analysis/crop_path.h"
#include "analysis/crop_smooth.h"
#include "check.h"

#include <stdlib.h>

#define PIXEL (1.0 / 1920)
#define WINDOW 0.316 /* 9:16 of 16:9 */
#define FPS 30.0
#define ACCELERATION (0.25 * FPS * FPS * PIXEL)
#define SPEED (800 * PIXEL)
#define KINK 0.27
#define MAX_JOLT 0.3 /* pixels a picture squared */
#define MAX_WISHES 600

static double random_share(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) / (double)(1 << 24);
}

/* --- Where the subject is, by kind ------------------------------------------------------------ */

static double at_place(double t, double length)
{
    (void)t, (void)length;
    return 0.3;
}

static double walks_once(double t, double length)
{
    double u = (t / length - 0.35) / 0.4;
    u = u < 0 ? 0 : u > 1 ? 1 : u;
    return 0.25 + 0.4 * u;
}

static double walks_about(double t, double length)
{
    (void)length;
    return 0.5 + 0.25 * sin(t * 0.5) + 0.08 * sin(t * 1.3);
}

static double jumps(double t, double length)
{
    (void)length;
    return (int)(t / 3) % 2 ? 0.8 : 0.2;
}

static double runs_wild(double t, double length)
{
    uint32_t seed = (uint32_t)(t * 10) * 2654435761u;
    (void)length;
    return random_share(&seed);
}

static const struct {
    const char *name;
    double (*at)(double t, double length);
    double length, noise;
    int cameras;   /* a set of 1 << enum crop_camera */
    double mostly; /* share of moments that the subject must be in the window */
} cases[] = {
    {"stands", at_place, 10, 0, 1 << CROP_STILL, 1},
    {"stands, noisy", at_place, 10, 0.08, 1 << CROP_STILL, 1},
    {"walks once", walks_once, 12, 0, 1 << CROP_PAN, 1},
    {"walks once, noisy", walks_once, 12, 0.03, 1 << CROP_PAN | 1 << CROP_TRACK, 1},
    {"walks about", walks_about, 60, 0, 1 << CROP_TRACK, 1},
    {"walks about, noisy", walks_about, 60, 0.05, 1 << CROP_TRACK, 0.99},
    {"jumps", jumps, 30, 0, 1 << CROP_STILL | 1 << CROP_PAN | 1 << CROP_TRACK, 0.4},
    {"runs wild", runs_wild, 30, 0, 1 << CROP_STILL | 1 << CROP_PAN | 1 << CROP_TRACK, 0},
    {"a moment", walks_once, 0.3, 0, 1 << CROP_STILL, 0},
    {"two hours", walks_about, 7200, 0.05, 1 << CROP_TRACK, 0.99},
};

static size_t fill_wishes(size_t row, struct crop_wish *w, uint32_t *seed)
{
    size_t n = 0;
    for (double t = 0; t < cases[row].length; t += CROP_STEP_S) {
        double at = cases[row].at(t, cases[row].length);
        at += cases[row].noise * (random_share(seed) - 0.5) * 2;
        w[n++] = (struct crop_wish){t, fmin(fmax(at, WINDOW / 2), 1 - WINDOW / 2), 0.1, 1};
    }
    return n;
}

/* --- What is seen of it ----------------------------------------------------------------------- */

/* As the renderer has it: even moves between two keyframes. */
static double shown_at(const struct crop_keys *k, double t)
{
    size_t i = 0, high = k->count;
    while (i < high) {
        size_t mid = i + (high - i) / 2;
        if (k->key[mid].time <= t)
            i = mid + 1;
        else
            high = mid;
    }
    const struct report_crop *b = &k->key[i < k->count ? i : k->count - 1];
    const struct report_crop *a = i ? &k->key[i - 1] : b;
    double u = b->time > a->time ? (t - a->time) / (b->time - a->time) : 0;
    return a->x + (b->x - a->x) * u;
}

static void check_smooth(const struct crop_keys *k, double length, double shift)
{
    double worst = 0;
    bool inside = true;
    double a = shown_at(k, shift), b = shown_at(k, shift + 1 / FPS);
    for (double t = shift + 2 / FPS; t < length; t += 1 / FPS) {
        double c = shown_at(k, t);
        worst = fmax(worst, fabs(a - 2 * b + c) / PIXEL);
        inside = inside && c >= WINDOW / 2 - 1e-9 && c <= 1 - WINDOW / 2 + 1e-9;
        a = b;
        b = c;
    }
    CHECK(inside);
    CHECK(worst < MAX_JOLT);
}

static void check_seen(size_t row, const struct crop_keys *k)
{
    int seen = 0, all = 0;
    for (double t = 0; t < cases[row].length; t += 0.5, all++)
        seen += fabs(shown_at(k, t) - cases[row].at(t, cases[row].length)) < WINDOW / 2;
    CHECK(seen >= cases[row].mostly * all);
}

static void test_cases(void)
{
    struct crop_wish *wish = malloc(40000 * sizeof *wish);
    uint32_t seed = 5;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].name);
        struct err e = {0};
        struct crop_curve x, y;
        struct crop_keys keys = {0};
        struct crop_frame f = {0, cases[i].length, WINDOW, SPEED, ACCELERATION};
        size_t n = fill_wishes(i, wish, &seed);
        CHECK(crop_solve(wish, n, &f, &x, &e));
        f.window = 1;
        CHECK(crop_solve(wish, n, &f, &y, &e));
        CHECK(cases[i].cameras >> x.camera & 1);
        struct crop_shot shot = {0, cases[i].length, FPS, &x, &y, PIXEL, PIXEL, KINK};
        CHECK(crop_keys_add(&keys, &shot, &e));
        CHECK(x.camera != CROP_STILL || keys.count == 2);
        CHECK((double)keys.count <= 2 + cases[i].length * FPS);
        CHECK_NEAR(keys.key[0].time, 0, 0);
        CHECK_NEAR(keys.key[keys.count - 1].time, cases[i].length, 1e-6);
        CHECK_NEAR(keys.key[keys.count / 2].y, 0.5, 1e-9);
        for (double shift = 0; shift < 1 / FPS; shift += 0.011)
            check_smooth(&keys, cases[i].length, shift);
        check_seen(i, &keys);
        crop_keys_finish(&keys);
        crop_curve_finish(&x);
        crop_curve_finish(&y);
    }
    free(wish);
}

/* Nothing wished, or nowhere to go: the middle. */
static void test_nothing(void)
{
    struct err e = {0};
    struct crop_curve c;
    struct crop_wish wish = {1, 0.9, 0.1, 1};
    CHECK(crop_solve(NULL, 0, &(struct crop_frame){0, 5, WINDOW, SPEED, ACCELERATION}, &c, &e));
    CHECK_NEAR(crop_curve_at(&c, 2), 0.5, 1e-12);
    crop_curve_finish(&c);
    CHECK(crop_solve(&wish, 1, &(struct crop_frame){0, 5, 1, SPEED, ACCELERATION}, &c, &e));
    CHECK_NEAR(crop_curve_at(&c, 2), 0.5, 1e-12);
    crop_curve_finish(&c);
    CHECK(crop_solve(&wish, 1, &(struct crop_frame){0, 5, WINDOW, SPEED, ACCELERATION}, &c, &e));
    CHECK_NEAR(crop_curve_at(&c, 2), 1 - WINDOW / 2, 0.1);
    crop_curve_finish(&c);
}

/* Two shots: the crop jumps from one to the other, at that moment only. */
static void test_jump(void)
{
    struct err e = {0};
    struct crop_keys keys = {0};
    struct crop_curve x, y;
    for (int i = 0; i < 2; i++) {
        struct crop_wish wish = {5 * i + 1, i ? 0.8 : 0.2, 0.05, 1};
        struct crop_frame f = {5 * i, 5 * (i + 1), WINDOW, SPEED, ACCELERATION};
        CHECK(crop_solve(&wish, 1, &f, &x, &e));
        f.window = 1;
        CHECK(crop_solve(&wish, 1, &f, &y, &e));
        struct crop_shot shot = {f.start, f.end, FPS, &x, &y, PIXEL, PIXEL, KINK};
        CHECK(crop_keys_add(&keys, &shot, &e));
        crop_curve_finish(&x);
        crop_curve_finish(&y);
    }
    CHECK(keys.count == 4);
    CHECK_NEAR(shown_at(&keys, 4.999), shown_at(&keys, 0), 1e-9);
    CHECK_NEAR(shown_at(&keys, 5), shown_at(&keys, 9), 1e-9);
    CHECK(shown_at(&keys, 5) - shown_at(&keys, 4.999) > 0.4);
    crop_keys_finish(&keys);
}

/* Inside of their dead zones points do not move a path. */
static void test_dead_zone(void)
{
    struct smooth_point p[MAX_WISHES];
    double path[MAX_WISHES];
    struct err e = {0};
    uint32_t seed = 9;
    for (int i = 0; i < MAX_WISHES; i++) {
        p[i] = (struct smooth_point){0.5 + 0.04 * (random_share(&seed) - 0.5), 0.03, 1};
        path[i] = 0.5;
    }
    CHECK(crop_smooth(p, MAX_WISHES, &(struct smooth_limits){0.1, 0.1}, path, &e));
    for (int i = 0; i < MAX_WISHES; i++)
        CHECK_NEAR(path[i], 0.5, 1e-9);
}

/* Limits hold to the last digit, however wild the wishes. */
static void test_limits(void)
{
    static const struct smooth_limits limits[] = {
        {0.02, 0.005}, {0.1, 0.0005}, {0.0001, 1}, {0, 0}};
    for (size_t k = 0; k < sizeof limits / sizeof limits[0]; k++) {
        struct smooth_point p[MAX_WISHES];
        double path[MAX_WISHES];
        struct err e = {0};
        uint32_t seed = 11;
        for (int i = 0; i < MAX_WISHES; i++) {
            p[i] = (struct smooth_point){random_share(&seed), 0.01, i % 3};
            path[i] = p[i].at;
        }
        CHECK(crop_smooth(p, MAX_WISHES, &limits[k], path, &e));
        for (int i = 1; i + 1 < MAX_WISHES; i++) {
            CHECK(fabs(path[i] - path[i - 1]) <= limits[k].first + 1e-12);
            CHECK(fabs(path[i - 1] - 2 * path[i] + path[i + 1]) <= limits[k].second + 1e-12);
        }
    }
}

int main(void)
{
    test_cases();
    test_nothing();
    test_jump();
    test_dead_zone();
    test_limits();
    return check_done();
}
