/* SPDX-License-Identifier: GPL-3.0-or-later
 * How well painted pictures can be looked at, and which one of a film is chosen to show it. */
#include "analysis/quality.h"
#include "analysis/thumbnail.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

#define W 320
#define H 180

struct canvas {
    uint8_t y[W * H], u[W * H / 4], v[W * H / 4];
};

/* Upright bars 16 samples wide, in turns dark and light, no two of them alike, whose edges are
 * `soft` samples wide and lean a little. */
struct bars {
    double low, high; /* luma */
    double soft;
    double x; /* samples that they have moved */
};

/* 0..0.3 and 0.7..1 in turns. */
static double level(int bar)
{
    uint32_t h = (uint32_t)bar * 2654435761u;
    return (double)((h ^ h >> 15) % 301) / 1000 + (bar % 2 ? 0.7 : 0);
}

static void paint(struct canvas *c, const struct bars *b)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double at = x + b->x + 0.1 * y + 1600;
            int edge = (int)lround(at / 16); /* the nearest one: between bars edge - 1 and edge */
            double over = 0.5 + (at - 16 * edge) / b->soft;
            over = over < 0 ? 0 : over > 1 ? 1 : over;
            double share = level(edge - 1) + (level(edge) - level(edge - 1)) * over;
            c->y[y * W + x] = (uint8_t)(b->low + (b->high - b->low) * share);
        }
    for (int i = 0; i < W * H / 4; i++) {
        c->u[i] = 120;
        c->v[i] = 140;
    }
}

static struct small_picture picture(const struct canvas *c)
{
    return (struct small_picture){W, H, {c->y, c->u, c->v}, {W, W / 2, W / 2}};
}

static struct quality_still judge(const struct bars *b)
{
    static struct canvas c;
    paint(&c, b);
    struct small_picture f = picture(&c);
    return quality_of(&f);
}

static void test_stills(void)
{
    static const struct {
        const char *name;
        struct bars bars;
        double sharp_low, sharp_high, lit_low, lit_high, poster_low, poster_high;
    } cases[] = {
        {"crisp", {50, 190, 1, 0}, 0.9, 1, 0.9, 1, 0.8, 1},
        {"crisp, little contrast", {90, 130, 1, 0}, 0.8, 1, 0.9, 1, 0.4, 0.9},
        {"soft", {50, 190, 4, 0}, 0.1, 0.7, 0.9, 1, 0.4, 0.9},
        {"blurred", {50, 190, 16, 0}, 0, 0.15, 0.9, 1, 0, 0.6},
        {"dark", {16, 45, 1, 0}, 0, 1, 0, 0.35, 0, 0.5},
        {"black", {16, 16, 1, 0}, 0, 0, 0, 0, 0, 0},
        {"white", {235, 235, 1, 0}, 0, 0, 0, 0, 0, 0},
        {"burnt out", {190, 235, 1, 0}, 0.3, 1, 0, 0.6, 0, 0.8},
        {"grey", {120, 120, 1, 0}, 0, 0, 0.9, 1, 0, 0.3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct quality_still q = judge(&cases[i].bars);
        double poster = quality_poster(q);
        bool ok = CHECK(q.sharpness >= cases[i].sharp_low && q.sharpness <= cases[i].sharp_high);
        ok &= CHECK(q.exposure >= cases[i].lit_low && q.exposure <= cases[i].lit_high);
        ok &= CHECK(poster >= cases[i].poster_low && poster <= cases[i].poster_high);
        if (!ok)
            fprintf(stderr, "   sharpness %.2f exposure %.2f detail %.2f poster %.2f\n",
                    q.sharpness, q.exposure, q.detail, poster);
    }
}

/* Softer is never sharper, and sizes that have no room for edges do no harm. */
static void test_order(void)
{
    CHECK_CASE("order");
    double before = 2;
    for (double soft = 1; soft < 20; soft *= 1.5) {
        double now = judge(&(struct bars){50, 190, soft, 0}).sharpness;
        CHECK(now <= before);
        before = now;
    }
    static struct canvas c;
    paint(&c, &(struct bars){50, 190, 1, 0});
    for (int n = 2; n < 10; n++) {
        struct small_picture f = {n, n, {c.y, c.u, c.v}, {W, W / 2, W / 2}};
        struct quality_still q = quality_of(&f);
        CHECK(q.sharpness >= 0 && q.sharpness <= 1 && q.exposure >= 0 && q.exposure <= 1);
    }
}

typedef struct bars (*film_fn)(double time_s);

static bool run(film_fn film, double fps, double seconds, struct quality_list *out)
{
    static struct canvas c;
    struct err e = {0};
    struct quality *q = quality_create(&e);
    bool ok = q != NULL;
    for (int n = 0; ok && n < fps * seconds; n++) {
        struct bars b = film(n / fps);
        paint(&c, &b);
        struct small_picture f = picture(&c);
        ok = quality_push(q, &f, n / fps, &e);
    }
    ok = ok && quality_finish(q, out, &e);
    quality_destroy(q);
    return ok;
}

static struct bars film_still(double t)
{
    (void)t;
    return (struct bars){50, 190, 2, 0};
}

static struct bars film_pan(double t)
{
    return (struct bars){50, 190, 2, 60 * t};
}

/* Six samples left, six right, ten times a second: 1920 / 320 * 12 pixels a jump. */
static struct bars film_shake(double t)
{
    return (struct bars){90, 140, 2, 6 + (((int)floor(t * 10 + 1e-6) & 1) ? 6 : -6)};
}

static struct bars film_dark(double t)
{
    (void)t;
    return (struct bars){16, 16, 2, 0};
}

static void test_films(void)
{
    static const struct {
        const char *name;
        film_fn film;
        double fps, shake_low, shake_high, motion_low, motion_high;
    } cases[] = {
        {"still", film_still, 30, 0, 0.01, 0, 0.01},   {"pan", film_pan, 30, 0, 2, 0.1, 1},
        {"pan at 12.5", film_pan, 12.5, 0, 3, 0.1, 1}, {"shake", film_shake, 30, 12, 45, 0.1, 1},
        {"dark", film_dark, 30, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quality_list l = {0};
        CHECK_CASE(cases[i].name);
        CHECK(run(cases[i].film, cases[i].fps, 4, &l));
        if (CHECK(l.count == 4)) {
            const struct quality_second *s = &l.seconds[2];
            CHECK_NEAR(s->time_s, 2.5, 1e-9);
            CHECK(s->poster_s >= 2 && s->poster_s < 3);
            bool shake_ok = CHECK(s->shake >= cases[i].shake_low && s->shake <= cases[i].shake_high);
            bool motion_ok =
                CHECK(s->motion >= cases[i].motion_low && s->motion <= cases[i].motion_high);
            if (!shake_ok || !motion_ok)
                fprintf(stderr, "   shake %.2f motion %.2f\n", s->shake, s->motion);
        }
        quality_list_finish(&l);
    }
}

/* --- The thumbnail ---------------------------------------------------------------------------- */

static struct bars film_black_then_blurred_then_crisp(double t)
{
    return t < 2   ? (struct bars){16, 16, 1, 0}
           : t < 4 ? (struct bars){50, 190, 14, 0}
                   : (struct bars){50, 190, 1, 0};
}

static void test_thumbnail(void)
{
    CHECK_CASE("thumbnail");
    struct quality_list l = {0};
    struct report_shot shots[] = {
        {.start = 0, .end = 4.6, .begins = "start"},
        {.start = 4.6, .end = 8, .begins = "dissolve", .transition = 1.2},
    };
    struct report_face face = {.time = 6.5};
    struct analysis_report r = {.duration = 8};

    CHECK(isnan(thumbnail_choose(&l, &r)));
    CHECK(run(film_black_then_blurred_then_crisp, 10, 8, &l));
    CHECK_NEAR(thumbnail_choose(&l, &r), 4, 1e-9); /* the first of the crisp ones */
    r.shots = (struct wire_list){shots, 2};
    double after = thumbnail_choose(&l, &r);
    CHECK(after >= 5.2 && after < 7); /* out of the dissolve */
    r.faces = (struct wire_list){&face, 1};
    CHECK_NEAR(thumbnail_choose(&l, &r), 6, 1); /* where somebody is */
    quality_list_finish(&l);
}

static void test_limits(void)
{
    CHECK_CASE("limits");
    struct err e = {0};
    struct quality_list l;
    static struct canvas c;
    struct quality *q = quality_create(&e);
    struct small_picture f = picture(&c);
    CHECK(quality_finish(q, &l, &e) && l.count == 0);
    CHECK(quality_push(q, &f, 7000.25, &e));
    f.width = W / 2;
    CHECK(!quality_push(q, &f, 7000.5, &e));
    CHECK(quality_finish(q, &l, &e) && l.count == 1);
    CHECK_NEAR(l.seconds[0].time_s, 7000.5, 1e-9);
    quality_list_finish(&l);
    quality_destroy(q);
    quality_destroy(NULL);
}

int main(void)
{
    test_stills();
    test_order();
    test_films();
    test_thumbnail();
    test_limits();
    return check_done();
}
