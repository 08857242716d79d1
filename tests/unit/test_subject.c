/* SPDX-License-Identifier: GPL-3.0-or-later
 * From pictures to the crop of each shot. */
#include "analysis/subject.h"
#include "analysis/subject_faces.h"
#include "check.h"
#include "drawn_face.h"

#define FPS 15.0

struct film {
    struct drawn d;
    struct subject *s;
    int pushed;
    uint32_t seed;
};

static struct film film_begin(int width, int height)
{
    struct err e = {0};
    return (struct film){drawn_create(width, height), subject_create(SUBJECT_DEFAULTS, &e), 0, 21};
}

static void film_show(struct film *f)
{
    struct err e = {0};
    drawn_add_noise(&f->d, 3, &f->seed);
    CHECK(subject_push(f->s, &f->d.picture, f->pushed++ / FPS, &e));
    drawn_clear(&f->d);
}

static struct subject_path film_end(struct film *f, struct report_shot *shots, size_t count)
{
    struct subject_path path;
    struct err e = {0};
    CHECK(subject_finish(f->s, shots, count, &path, &e));
    subject_destroy(f->s);
    drawn_destroy(&f->d);
    return path;
}

static double crop_at(const struct subject_path *p, double t, bool vertical)
{
    size_t i = 0;
    while (i < p->crop_count && p->crop[i].time <= t)
        i++;
    const struct report_crop *b = &p->crop[i < p->crop_count ? i : p->crop_count - 1];
    const struct report_crop *a = i ? &p->crop[i - 1] : b;
    double u = b->time > a->time ? (t - a->time) / (b->time - a->time) : 0;
    return vertical ? a->y + (b->y - a->y) * u : a->x + (b->x - a->x) * u;
}

static void test_sits(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 90; i++) {
        drawn_add_face(&f.d, 70 + 3 * sin(i * 0.2), 70, 60);
        film_show(&f);
    }
    struct report_shot shot = {.start = 0, .end = 6};
    struct subject_path p = film_end(&f, &shot, 1);
    CHECK_STR(shot.camera, "still");
    CHECK(p.crop_count == 2 && p.face_count > 25);
    CHECK_NEAR(p.crop[0].x, 70.0 / 320, 0.04);
    CHECK_NEAR(p.crop[0].y, 0.5, 1e-9);
    CHECK_NEAR(p.crop[0].scale, 1, 0);
    CHECK_NEAR(p.faces[9].x, 70.0 / 320, 0.02);
    CHECK_NEAR(p.faces[9].y, 70.0 / 180, 0.05);
    CHECK_NEAR(p.faces[9].width * 320, p.faces[9].height * 180, 0.1);
    subject_path_finish(&p);
}

static void test_walks(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 180; i++) {
        drawn_add_face(&f.d, 60 + 200.0 * i / 180, 70, 60);
        film_show(&f);
    }
    struct report_shot shot = {.start = 0, .end = 12};
    struct subject_path p = film_end(&f, &shot, 1);
    CHECK(strcmp(shot.camera, "still") != 0);
    for (int i = 5; i < 175; i += 10)
        CHECK_NEAR(crop_at(&p, i / FPS, false), (60 + 200.0 * i / 180) / 320, 0.1);
    subject_path_finish(&p);
}

/* Two shots, one face each: the crop jumps with the cut and stands in both. */
static void test_cut(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 120; i++) {
        if (i >= 60)
            memset(f.d.px, 140, 320 * 180);
        drawn_add_face(&f.d, i < 60 ? 70 : 250, 80, 64);
        film_show(&f);
    }
    struct report_shot shots[] = {{.start = 0, .end = 4}, {.start = 4, .end = 8}};
    struct subject_path p = film_end(&f, shots, 2);
    CHECK(p.crop_count == 4);
    CHECK_NEAR(crop_at(&p, 3.99, false), 70.0 / 320, 0.05);
    CHECK_NEAR(crop_at(&p, 4, false), 250.0 / 320, 0.06);
    subject_path_finish(&p);
}

/* The larger of two that do not fit in together is kept, though now and then it looks away. */
static void test_two(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 120; i++) {
        drawn_add_face(&f.d, 60, 80, 44);
        if (i % 30 < 22)
            drawn_add_face(&f.d, 250, 90, 80);
        film_show(&f);
    }
    struct subject_path p = film_end(&f, NULL, 0);
    CHECK(p.crop_count == 2);
    CHECK_NEAR(p.crop[0].x, 250.0 / 320, 0.08);
    subject_path_finish(&p);
}

/* Two that fit in together are both seen. */
static void test_company(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 60; i++) {
        drawn_add_face(&f.d, 138, 80, 28);
        drawn_add_face(&f.d, 170, 80, 28);
        film_show(&f);
    }
    struct subject_path p = film_end(&f, NULL, 0);
    CHECK_NEAR(p.crop[0].x, 154.0 / 320, 0.03);
    subject_path_finish(&p);
}

/* Somebody in the background, blurred and at the edge, against something large in focus. */
static void test_background(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 60; i++) {
        drawn_add_face(&f.d, 38 + 3 * sin(i * 0.3), 60, 40);
        for (int y = 20; y < 180; y++)
            for (int x = 190; x < 270; x++)
                f.d.px[y * 320 + x] = (x / 5 + y / 7 + i / 15) % 2 ? 220 : 30;
        film_show(&f);
    }
    struct subject_path p = film_end(&f, NULL, 0);
    CHECK(p.face_count > 0);
    CHECK_NEAR(p.crop[0].x, 230.0 / 320, 0.08);
    subject_path_finish(&p);
}

/* Of two things that stand out alike, the one in a colour of skin. */
static void test_skin(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 30; i++) {
        for (int y = 70; y < 110; y++) {
            memset(f.d.px + y * 320 + 40, 140, 40);
            memset(f.d.px + y * 320 + 240, 140, 40);
        }
        for (int y = 35; y < 55; y++)
            for (int x = 0; x < 20; x++) {
                f.d.px[320 * 180 + y * 160 + 20 + x] = 150; /* blueish */
                f.d.px[320 * 180 * 5 / 4 + y * 160 + 20 + x] = 106;
                f.d.px[320 * 180 + y * 160 + 120 + x] = 106;
                f.d.px[320 * 180 * 5 / 4 + y * 160 + 120 + x] = 150;
            }
        film_show(&f);
    }
    struct subject_path p = film_end(&f, NULL, 0);
    CHECK(p.crop[0].x > 0.65);
    subject_path_finish(&p);
}

/* Without a face: what moves. */
static void test_moves(void)
{
    struct film f = film_begin(320, 180);
    for (int i = 0; i < 90; i++) {
        for (int y = 60; y < 120; y++)
            memset(f.d.px + y * 320 + 230 + i % 8 * 3, 60 + (y / 6 + i / 3) % 2 * 120, 40);
        film_show(&f);
    }
    struct subject_path p = film_end(&f, NULL, 0);
    CHECK(p.face_count == 0);
    CHECK(crop_at(&p, 3, false) > 0.65);
    subject_path_finish(&p);
}

/* In an upright picture an upright film sees all; a wide one is to see the face. */
static void test_upright(void)
{
    struct film f = film_begin(180, 320);
    for (int i = 0; i < 60; i++) {
        drawn_add_face(&f.d, 90, 90, 70);
        film_show(&f);
    }
    struct report_shot shot = {.start = 0, .end = 4};
    struct subject_path p = film_end(&f, &shot, 1);
    CHECK_STR(shot.camera, "still");
    CHECK_NEAR(p.crop[0].x, 0.5, 1e-9);
    CHECK(fabs(p.crop[0].y - 90.0 / 320) < 0.1);
    subject_path_finish(&p);
}

static void test_shapes(void)
{
    static const struct {
        int width, height, pictures;
    } rows[] = {{320, 180, 1}, {320, 320, 3}, {2, 2, 20}, {320, 2, 20}, {2, 320, 20}, {33, 77, 45}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct film f = film_begin(rows[i].width, rows[i].height);
        for (int k = 0; k < rows[i].pictures; k++)
            film_show(&f);
        struct subject_path p = film_end(&f, NULL, 0);
        CHECK(p.crop_count >= 2);
        for (size_t k = 0; k < p.crop_count; k++) {
            CHECK(p.crop[k].x >= 0 && p.crop[k].x <= 1 && p.crop[k].y >= 0 && p.crop[k].y <= 1);
            CHECK(k == 0 || p.crop[k].time >= p.crop[k - 1].time);
        }
        subject_path_finish(&p);
    }
}

static void test_nothing(void)
{
    struct err e = {0};
    struct subject_path p;
    struct subject *s = subject_create(SUBJECT_DEFAULTS, &e);
    CHECK(subject_finish(s, NULL, 0, &p, &e));
    CHECK(p.crop_count == 0 && p.face_count == 0);
    subject_path_finish(&p);
    subject_destroy(s);
    subject_destroy(NULL);
}

/* Half an hour that never rests, with a shot every two seconds: keyframes stay few. */
static void test_long(void)
{
    struct film f = film_begin(64, 36);
    static struct report_shot shots[900];
    for (int i = 0; i < 900; i++)
        shots[i] = (struct report_shot){.start = 2 * i, .end = 2 * (i + 1)};
    struct err e = {0};
    for (int i = 0; i < 1800 * 5; i++) {
        drawn_clear(&f.d);
        for (int y = 8; y < 28; y++)
            memset(f.d.px + y * 64 + i * 7 % 50, 60 + y * 5, 10);
        CHECK(subject_push(f.s, &f.d.picture, i / 5.0, &e));
    }
    struct subject_path p = film_end(&f, shots, 900);
    CHECK(p.crop_count >= 1800 && p.crop_count < 15000);
    subject_path_finish(&p);
}

/* Two tracks through five seconds, each seen in part of them. */
struct part {
    double from, to;
    float strength, moved, red;
};

static size_t fill_seen(const struct part part[2], struct face_seen *out)
{
    size_t n = 0;
    for (int i = 0; i < 25; i++)
        for (uint32_t k = 0; k < 2; k++)
            if (i * 0.2 >= part[k].from && i * 0.2 <= part[k].to)
                out[n++] = (struct face_seen){i * 0.2,          k, 0.5f,        0.4f,         0.2f,
                                              part[k].strength, 1, part[k].red, part[k].moved};
    return n;
}

/* What looks like a face and neither moves nor is redder than the rest is none; a lesser face does
 * not take the picture while the better one may come back. */
static void test_roles(void)
{
    static const struct {
        const char *name;
        struct part part[2];
        size_t believed;
        int at_start; /* track, -1: none */
    } cases[] = {
        {"weak", {{0, 4, 0.07f, 8, 8}, {9, 9, 0, 0, 0}}, 1, 0},
        {"a clock", {{0, 4, 0.07f, 1.2f, 0}, {9, 9, 0, 0, 0}}, 0, -1},
        {"green leaves", {{0, 4, 0.07f, 8, -6}, {9, 9, 0, 0, 0}}, 0, -1},
        {"lesser", {{1, 4.9, 0.5f, 8, 8}, {0, 4.9, 0.06f, 3, 8}}, 2, -1},
        {"rival", {{1, 4.9, 0.5f, 8, 8}, {0, 4.9, 0.4f, 8, 8}}, 2, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct face_seen seen[50];
        struct face_roles roles;
        struct err e = {0};
        CHECK_CASE(cases[i].name);
        size_t count = fill_seen(cases[i].part, seen);
        CHECK(face_roles_find(seen, count, 5, &roles, &e));
        CHECK(roles.believed == cases[i].believed);
        const struct face_role *r = face_roles_at(&roles, 0.5);
        CHECK((r ? (int)r->track : -1) == cases[i].at_start);
        face_roles_finish(&roles);
    }
}

int main(void)
{
    test_sits();
    test_walks();
    test_cut();
    test_two();
    test_company();
    test_background();
    test_skin();
    test_moves();
    test_upright();
    test_shapes();
    test_nothing();
    test_long();
    test_roles();
    return check_done();
}
