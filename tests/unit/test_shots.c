/* SPDX-License-Identifier: GPL-3.0-or-later
 * Shots on painted pictures: cuts, dissolves and fades, and what looks like them and is none. */
#include "analysis/shots.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EDGE 320

struct canvas {
    int width, height;
    uint8_t y[EDGE * EDGE], u[EDGE * EDGE / 4], v[EDGE * EDGE / 4];
};

static int value(int x, int y, int seed)
{
    uint32_t h = (uint32_t)x * 73856093u ^ (uint32_t)y * 19349663u ^ (uint32_t)seed * 83492791u;
    h = (h ^ h >> 15) * 2654435761u;
    return (int)((h ^ h >> 13) % 160);
}

/* Smooth patches of `cell` samples. */
static int patches(int scene, int x, int y, int cell)
{
    int cx = x / cell, cy = y / cell, fx = x % cell, fy = y % cell;
    int top = value(cx, cy, scene) * (cell - fx) + value(cx + 1, cy, scene) * fx;
    int low = value(cx, cy + 1, scene) * (cell - fx) + value(cx + 1, cy + 1, scene) * fx;
    return (top * (cell - fy) + low * fy) / (cell * cell);
}

/* Large patches with smaller ones on them, other ones for each scene; 320 samples are a picture. */
static int scene_luma(int scene, int x, int y)
{
    int large = patches(scene, x + 31 * scene, y + 17 * scene, 40 + 6 * (scene % 3));
    return 30 + (large + patches(scene + 50, x, y, 8 + scene)) * 5 / 8;
}

struct look { /* of a picture: `share` of scene `to` over scene `from`, moved, lit */
    int from, to;
    double share;
    int x, y;    /* samples that the camera has moved */
    double zoom; /* what is seen is so many times larger; 0: not */
    double gain; /* contrast */
    int brighter, noise;
};

static uint8_t clip(double x)
{
    return (uint8_t)(x < 16 ? 16 : x > 235 ? 235 : x);
}

static void paint(struct canvas *c, const struct look *l, int n)
{
    int step = EDGE / (c->width > c->height ? c->width : c->height);
    double scale = l->zoom > 0 ? 1 / l->zoom : 1;
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            int px = (int)(x * step * scale) + l->x + 90000;
            int py = (int)(y * step * scale) + l->y + 90000;
            double a = scene_luma(l->from, px, py);
            double b = l->share > 0 ? scene_luma(l->to, px, py) : 0;
            double noise = l->noise ? value(x, y, 7 * n + 1) * l->noise / 160.0 : 0;
            c->y[y * c->width + x] =
                clip(16 + (a + (b - a) * l->share - 16) * l->gain + l->brighter + noise);
        }
    int half = c->width / 2 * (c->height / 2);
    memset(c->u, 110 + l->from * 37 % 40, (size_t)half);
    memset(c->v, 110 + l->from * 23 % 40, (size_t)half);
}

typedef void (*film_fn)(struct look *l, int n); /* how picture n of 150 looks */

static void film_cuts(struct look *l, int n)
{
    l->from = n < 50 ? 1 : n < 75 ? 2 : n < 110 ? 3 : 4;
    l->x = n / 2;
}

static void film_into_pan(struct look *l, int n)
{
    l->from = n < 60 ? 1 : 2;
    l->x = n < 60 ? 0 : (n - 60) * 30;
}

static void film_too_short(struct look *l, int n)
{
    l->from = n < 50 ? 1 : n < 55 ? 2 : 3;
}

static void film_dissolve(struct look *l, int n)
{
    l->from = 1;
    l->to = 2;
    l->share = n < 60 ? 0 : n < 85 ? (n - 59) / 26.0 : 1;
    l->x = n / 4;
}

static void film_short_dissolve(struct look *l, int n)
{
    l->from = 3;
    l->to = 4;
    l->share = n < 60 ? 0 : n < 70 ? (n - 59) / 11.0 : 1;
}

/* The camera moves on all along. */
static void film_moving_dissolve(struct look *l, int n)
{
    l->from = 2;
    l->to = 1;
    l->share = n < 60 ? 0 : n < 85 ? (n - 59) / 26.0 : 1;
    l->x = n * 7 / 10;
}

static void film_through_black(struct look *l, int n)
{
    l->from = n < 75 ? 1 : 2;
    l->gain = n < 55 || n > 95 ? 1 : abs(n - 75) / 20.0;
}

static void film_cut_out_of_black(struct look *l, int n)
{
    l->from = n < 75 ? 1 : 2;
    l->gain = n < 45 || n >= 85 ? 1 : n < 65 ? (65 - n) / 20.0 : 0;
}

/* The first picture that can be seen is far from black. */
static void film_jump_out_of_black(struct look *l, int n)
{
    l->from = n < 75 ? 1 : 2;
    l->gain = n < 45 || n > 90 ? 1 : n < 65 ? (65 - n) / 20.0 : n < 75 ? 0 : (n - 70) / 20.0;
}

static void film_fade_in_and_out(struct look *l, int n)
{
    l->from = 1;
    l->gain = n < 10 ? 0 : n < 35 ? (n - 10) / 25.0 : n < 120 ? 1 : n < 140 ? (140 - n) / 20.0 : 0;
}

static void film_still(struct look *l, int n)
{
    (void)n;
    l->from = 1;
}

static void film_flash(struct look *l, int n)
{
    l->from = 1;
    l->brighter = n % 40 == 30 || n % 40 == 31 ? 200 : 0;
}

static void film_strobe(struct look *l, int n)
{
    l->from = 1;
    l->gain = n % 6 < 3 ? 1 : 0;
}

static void film_explosion(struct look *l, int n)
{
    l->from = 1;
    l->brighter = n < 60 ? 0 : (int)(220 * exp((60 - n) / 8.0));
    l->x = n < 60 ? 0 : (int)(14 * sin(n * 2.4) * exp((60 - n) / 12.0));
}

static void film_light_switch(struct look *l, int n)
{
    l->from = 1;
    l->gain = n / 30 % 2 ? 0.4 : 1;
}

static void film_slow_light(struct look *l, int n)
{
    l->from = 1;
    l->gain = 0.7 + 0.3 * sin(n / 9.0);
}

static void film_pan(struct look *l, int n)
{
    l->from = 1;
    l->x = n * 9;
}

static void film_whip_pan(struct look *l, int n)
{
    l->from = 1;
    l->x = (int)(450 * tanh((n - 75) / 5.0));
}

/* Not around the middle, and much of it from one picture to the next. */
static void film_whip_zoom(struct look *l, int n)
{
    l->from = 3;
    l->zoom = 1.7 + 0.7 * tanh((n - 75) / 0.6);
}

/* Clouds over a wall. */
static void film_light_on_wall(struct look *l, int n)
{
    l->from = 1;
    l->gain = 0.03;
    l->brighter = 90 + (int)(40 * sin(n / 14.0));
    l->noise = 12;
}

static void film_shake(struct look *l, int n)
{
    l->from = 1;
    l->x = value(n, 0, 5) / 8;
    l->y = value(n, 1, 5) / 8;
}

static void film_grain(struct look *l, int n)
{
    (void)n;
    l->from = 1;
    l->noise = 60;
}

struct want { /* a border between shots */
    enum shot_begin how;
    int picture;  /* where it is, or its middle */
    int pictures; /* length of the transition */
};

static const struct film {
    const char *name;
    film_fn look;
    struct want borders[4]; /* ends at picture 0 */
} films[] = {
    {"cuts", film_cuts, {{SHOT_CUT, 50, 0}, {SHOT_CUT, 75, 0}, {SHOT_CUT, 110, 0}}},
    {"into a pan", film_into_pan, {{SHOT_CUT, 60, 0}}},
    {"too short a shot", film_too_short, {{SHOT_CUT, 50, 0}}},
    {"dissolve", film_dissolve, {{SHOT_DISSOLVE, 72, 26}}},
    {"short dissolve", film_short_dissolve, {{SHOT_DISSOLVE, 65, 11}}},
    {"moving dissolve", film_moving_dissolve, {{SHOT_DISSOLVE, 72, 26}}},
    {"through black", film_through_black, {{SHOT_FADE, 75, 40}}},
    {"cut out of black", film_cut_out_of_black, {{SHOT_FADE, 65, 40}}},
    {"jump out of black", film_jump_out_of_black, {{SHOT_FADE, 67, 45}}},
    {"fade in and out", film_fade_in_and_out, {{0}}},
    {"still", film_still, {{0}}},
    {"flashes", film_flash, {{0}}},
    {"strobe", film_strobe, {{0}}},
    {"explosion", film_explosion, {{0}}},
    {"light switch", film_light_switch, {{0}}},
    {"slow light", film_slow_light, {{0}}},
    {"pan", film_pan, {{0}}},
    {"whip pan", film_whip_pan, {{0}}},
    {"whip zoom", film_whip_zoom, {{0}}},
    {"light on a wall", film_light_on_wall, {{0}}},
    {"shake", film_shake, {{0}}},
    {"grain", film_grain, {{0}}},
};

struct shape {
    const char *name;
    int width, height;
    double fps;
    bool uneven; /* every third interval is half as long again, as phones record */
};

static double time_of(const struct shape *shape, int n)
{
    double late = shape->uneven && n % 3 == 1 ? 0.4 : 0;
    return (n + late) / shape->fps;
}

static bool run(const struct film *film, const struct shape *shape, struct shot_list *out)
{
    struct err e = {0};
    struct canvas *c = malloc(sizeof *c);
    struct shots *s = shots_create(SHOTS_DEFAULTS, &e);
    bool ok = s && c;
    for (int n = 0; ok && n < 150; n++) {
        struct look look = {.gain = 1};
        film->look(&look, n);
        c->width = shape->width;
        c->height = shape->height;
        paint(c, &look, n);
        struct small_picture f = {
            c->width, c->height, {c->y, c->u, c->v}, {c->width, c->width / 2, c->width / 2}};
        ok = shots_push(s, &f, time_of(shape, n), &e);
    }
    ok = ok && shots_finish(s, out, &e);
    shots_destroy(s);
    free(c);
    return ok;
}

static void check_borders(const struct film *film, const struct shape *shape,
                          const struct shot_list *l)
{
    size_t want = 0;
    while (want < 4 && film->borders[want].picture)
        want++;
    if (!CHECK(l->count == want + 1))
        for (size_t i = 0; i < l->count; i++)
            fprintf(stderr, "   %s: %.2f s %s %.2f s\n", shape->name, l->shots[i].start_s,
                    shot_begin_name(l->shots[i].begins), l->shots[i].transition_s);
    for (size_t i = 0; i < want && i + 1 < l->count; i++) {
        const struct want *w = &film->borders[i];
        const struct shot_span *got = &l->shots[i + 1];
        double slack = w->how == SHOT_CUT ? 1e-9 : 4 / shape->fps;
        CHECK(got->begins == w->how);
        CHECK_NEAR(got->start_s, time_of(shape, w->picture), slack);
        CHECK_NEAR(got->transition_s, w->pictures / shape->fps, slack * 1.5);
        CHECK(got->start_s == l->shots[i].end_s);
    }
    CHECK(l->shots[0].begins == SHOT_START && l->shots[0].start_s == 0);
    CHECK(l->shots[l->count - 1].end_s > time_of(shape, 149));
}

static void test_films(void)
{
    static const struct shape shapes[] = {
        {"landscape", 160, 90, 25, false},
        {"portrait", 90, 160, 30, false},
        {"uneven", 160, 90, 25, true},
    };
    for (size_t i = 0; i < sizeof films / sizeof *films; i++)
        for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
            if (films[i].borders[0].picture == 0 && k != i % 3)
                continue; /* those without a border: one shape each */
            struct shot_list list = {0};
            CHECK_CASE(films[i].name);
            if (CHECK(run(&films[i], &shapes[k], &list) && list.count > 0))
                check_borders(&films[i], &shapes[k], &list);
            shot_list_finish(&list);
        }
}

/* Sizes that are no multiple of anything. */
static void test_sizes(void)
{
    static const struct shape shapes[] = {
        {"tiny", 16, 10, 25, false},     {"thin", 320, 12, 25, false},
        {"square", 118, 118, 25, false}, {"slow", 320, 180, 10, false},
        {"least", 2, 2, 25, false},
    };
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct shot_list list = {0};
        CHECK_CASE(shapes[k].name);
        CHECK(run(&films[0], &shapes[k], &list));
        CHECK(list.count >= 1 && list.count <= 4);
        if (shapes[k].height > 100)
            check_borders(&films[0], &shapes[k], &list);
        shot_list_finish(&list);
    }
}

static void test_limits(void)
{
    CHECK_CASE("limits");
    struct err e = {0};
    static uint8_t grey[EDGE * EDGE];
    struct shot_list list;
    struct shots *s = shots_create(SHOTS_DEFAULTS, &e);
    CHECK(shots_finish(s, &list, &e) && list.count == 0);
    struct small_picture f = {96, 54, {grey, grey, grey}, {96, 48, 48}};
    CHECK(shots_push(s, &f, 0, &e));
    f.width = 48;
    CHECK(!shots_push(s, &f, 1, &e));
    shots_destroy(s);
    shots_destroy(NULL);
    CHECK_STR(shot_begin_name(SHOT_DISSOLVE), "dissolve");
}

int main(void)
{
    test_films();
    test_sizes();
    test_limits();
    return check_done();
}
