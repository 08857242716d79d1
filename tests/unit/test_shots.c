/* SPDX-License-Identifier: GPL-3.0-or-later
 * Shot changes on painted pictures: cuts, flashes, pans, fades. */
#include "analysis/shots.h"
#include "check.h"

#include <stdlib.h>

#define W 96
#define H 54
#define FPS 25

struct canvas {
    uint8_t y[W * H], u[W * H / 4], v[W * H / 4];
};

/* A textured scene: blocks whose brightness and colour depend on `scene`, shifted by `pan` pixels. */
static void paint(struct canvas *c, int scene, int pan, int brighter)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            uint32_t cell = (uint32_t)((x + pan) / 12 * 31 + y / 9 * 17 + scene * 101);
            cell = cell * 2654435761u;
            int luma = 40 + (int)(cell >> 25) + brighter;
            c->y[y * W + x] = (uint8_t)(luma > 235 ? 235 : luma);
            c->u[y / 2 * (W / 2) + x / 2] = (uint8_t)(96 + scene * 53 % 64);
            c->v[y / 2 * (W / 2) + x / 2] = (uint8_t)(96 + scene * 29 % 64);
        }
}

static bool push(struct shots *s, const struct canvas *c, int frame)
{
    struct err e = {0};
    struct small_picture f = {W, H, {c->y, c->u, c->v}, {W, W / 2, W / 2}};
    return shots_push(s, &f, (double)frame / FPS, &e);
}

/* What frame n of a test film looks like. */
typedef void (*film_fn)(struct canvas *c, int n);

static void film_cuts(struct canvas *c, int n) /* at 50, 75, 110 */
{
    paint(c, n < 50 ? 1 : n < 75 ? 2 : n < 110 ? 3 : 4, n / 8, 0);
}

static void film_flash(struct canvas *c, int n)
{
    paint(c, 1, 0, n == 60 || n == 61 ? 180 : 0);
}

static void film_pan(struct canvas *c, int n)
{
    paint(c, 1, n * 5, 0);
}

static void film_fade(struct canvas *c, int n)
{
    paint(c, 1, 0, n < 50 ? 0 : n < 100 ? n - 50 : 50);
}

static void film_quick(struct canvas *c, int n) /* 50, and 55 which is too soon */
{
    paint(c, n < 50 ? 1 : n < 55 ? 2 : 3, 0, 0);
}

static void film_last(struct canvas *c, int n) /* the last picture of all */
{
    paint(c, n < 149 ? 1 : 2, 0, 0);
}

static void film_still(struct canvas *c, int n)
{
    (void)n;
    paint(c, 1, 0, 0);
}

static void test_films(void)
{
    static const struct {
        const char *name;
        film_fn film;
        size_t count;
        int frames[4];
    } cases[] = {
        {"cuts", film_cuts, 3, {50, 75, 110}}, {"flash", film_flash, 0, {0}},
        {"pan", film_pan, 0, {0}},             {"fade", film_fade, 0, {0}},
        {"quick", film_quick, 1, {50}},        {"last", film_last, 1, {149}},
        {"still", film_still, 0, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct err e = {0};
        struct canvas c;
        struct shot_list list;
        struct shots *s = shots_create(SHOTS_DEFAULTS, &e);
        bool ok = s != NULL;
        for (int n = 0; n < 150 && ok; n++) {
            cases[i].film(&c, n);
            ok = push(s, &c, n);
        }
        CHECK(ok && shots_finish(s, &list, &e));
        CHECK(list.count == cases[i].count + 1);
        for (size_t k = 0; k + 1 < list.count && k < cases[i].count; k++)
            CHECK_NEAR(list.shots[k + 1].start_s, (double)cases[i].frames[k] / FPS, 1e-9);
        shot_list_finish(&list);
        shots_destroy(s);
    }
}

static void test_limits(void)
{
    CHECK_CASE("limits");
    struct err e = {0};
    struct canvas c;
    struct shot_list list;
    struct shots *s = shots_create(SHOTS_DEFAULTS, &e);
    CHECK(shots_finish(s, &list, &e) && list.count == 0);
    paint(&c, 1, 0, 0);
    CHECK(push(s, &c, 0));
    struct small_picture other = {W / 2, H, {c.y, c.u, c.v}, {W, W / 2, W / 2}};
    CHECK(!shots_push(s, &other, 1, &e));
    shots_destroy(s);
}

int main(void)
{
    test_films();
    test_limits();
    return check_done();
}
