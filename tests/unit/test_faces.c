/* SPDX-License-Identifier: GPL-3.0-or-later
 * Faces in one picture, and from picture to picture. */
#include "analysis/face_tracks.h"
#include "analysis/faces.h"
#include "check.h"
#include "drawn_face.h"

#define WIDTH 320
#define HEIGHT 180

static void test_scan(void)
{
    static const struct {
        const char *name;
        double x, y, size;
    } rows[] = {
        {"small", 60, 50, 32},
        {"middle", 160, 90, 60},
        {"large", 200, 90, 110},
        {"at the edge", 290, 40, 50},
        {"between two sizes", 100, 100, 47},
    };
    struct err e = {0};
    struct faces *f = faces_create(WIDTH, HEIGHT, &e);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_CASE(rows[i].name);
        struct drawn d = drawn_create(WIDTH, HEIGHT);
        struct face_box found[4], again;
        drawn_add_face(&d, rows[i].x, rows[i].y, rows[i].size);
        faces_show(f, &d.picture);
        size_t n = faces_scan(f, FACES_FRONTAL, FACES_ALL, found, 4);
        if (CHECK(n == 1)) {
            CHECK_NEAR(found[0].x, rows[i].x, rows[i].size * 0.1);
            CHECK_NEAR(found[0].y, rows[i].y, rows[i].size * 0.15);
            CHECK_NEAR(found[0].size, rows[i].size * 1.1, rows[i].size * 0.2);
            CHECK(found[0].strength > 0.1f && found[0].strength <= 1);
            CHECK(faces_look(f, FACES_FRONTAL, &found[0], &again));
            CHECK(faces_same(&again, &found[0]));
            struct face_box was = found[0];
            CHECK(faces_seek(f, FACES_FRONTAL, &was, was.size, found, 4) == 1);
            was.x += 3 * was.size;
            CHECK(faces_seek(f, FACES_FRONTAL, &was, was.size, found, 4) == 0);
        }
        drawn_destroy(&d);
    }
    faces_destroy(f);
}

/* Two faces: the stronger first; room for one gets one. */
static void test_two(void)
{
    struct err e = {0};
    struct faces *f = faces_create(WIDTH, HEIGHT, &e);
    struct drawn d = drawn_create(WIDTH, HEIGHT);
    struct face_box found[4];
    drawn_add_face(&d, 80, 90, 60);
    drawn_add_face(&d, 240, 90, 60);
    faces_show(f, &d.picture);
    CHECK(faces_scan(f, FACES_FRONTAL, FACES_ALL, found, 4) == 2);
    CHECK(found[0].strength >= found[1].strength && !faces_same(&found[0], &found[1]));
    CHECK(faces_scan(f, FACES_FRONTAL, FACES_ALL, found, 1) == 1);
    drawn_destroy(&d);
    faces_destroy(f);
}

static void test_nothing(void)
{
    static const struct {
        int width, height;
    } sizes[] = {{320, 180}, {180, 320}, {22, 22}, {16, 9}, {2, 2}, {320, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct err e = {0};
        uint32_t seed = 7;
        struct drawn d = drawn_create(sizes[i].width, sizes[i].height);
        struct faces *f = faces_create(sizes[i].width, sizes[i].height, &e);
        struct face_box found[4];
        drawn_add_noise(&d, 60, &seed);
        CHECK(f != NULL);
        faces_show(f, &d.picture);
        for (int view = 0; view < FACES_VIEWS; view++) {
            CHECK(faces_scan(f, (enum faces_view)view, FACES_ALL, found, 4) == 0);
            CHECK(!faces_look(f, (enum faces_view)view, &(struct face_box){5, 5, 30, 0}, found));
        }
        faces_destroy(f);
        drawn_destroy(&d);
    }
}

/* --- Tracks --------------------------------------------------------------------------------- */

struct walk {
    struct drawn d;
    struct motion *m;
    struct face_tracks *t;
    uint32_t seed;
    double time;
};

static struct walk walk_begin(void)
{
    struct err e = {0};
    return (struct walk){drawn_create(WIDTH, HEIGHT), motion_create(WIDTH, HEIGHT, &e),
                         face_tracks_create(WIDTH, HEIGHT, &e), 3, 0};
}

static void walk_on(struct walk *w)
{
    struct err e = {0};
    drawn_add_noise(&w->d, 4, &w->seed);
    struct detail detail;
    motion_push(w->m, &w->d.picture);
    detail_find(&w->d.picture, &detail);
    CHECK(face_tracks_push(w->t, &w->d.picture, w->m, &detail, w->time, &e));
    w->time += 0.2;
}

static void walk_end(struct walk *w)
{
    drawn_destroy(&w->d);
    motion_destroy(w->m);
    face_tracks_destroy(w->t);
}

/* One that moves stays one track, though it is hidden for three pictures. */
static void test_follow(void)
{
    struct walk w = walk_begin();
    size_t count;
    for (int i = 0; i < 30; i++) {
        drawn_clear(&w.d);
        if (i < 14 || i > 16)
            drawn_add_face(&w.d, 60 + 6 * i, 90, 60);
        walk_on(&w);
    }
    const struct face_seen *seen = face_tracks_seen(w.t, &count);
    CHECK(face_tracks_count(w.t) == 1);
    CHECK(count >= 24);
    for (size_t i = 0; i < count; i++) {
        double n = seen[i].time / 0.2;
        CHECK(seen[i].track == 0);
        CHECK_NEAR(seen[i].x, (60 + 6 * n) / WIDTH, 0.03);
    }
    walk_end(&w);
}

/* After a cut it is another. */
static void test_cut(void)
{
    struct walk w = walk_begin();
    size_t count;
    for (int i = 0; i < 20; i++) {
        memset(w.d.px, i < 10 ? 60 : 150, WIDTH * HEIGHT);
        drawn_add_face(&w.d, i < 10 ? 80 : 230, 90, 60);
        walk_on(&w);
    }
    const struct face_seen *seen = face_tracks_seen(w.t, &count);
    CHECK(face_tracks_count(w.t) == 2);
    CHECK(count == 20 && seen[9].track == 0 && seen[10].track == 1);
    CHECK_NEAR(seen[19].x, 230.0 / WIDTH, 0.03);
    walk_end(&w);
}

/* One that was there before it could be told to be a face is seen from where it was then. */
static void test_before(void)
{
    struct walk w = walk_begin();
    size_t count;
    for (int i = 0; i < 20; i++) {
        drawn_clear(&w.d);
        drawn_add_face(&w.d, 60 + 6 * i, 90, 60);
        for (int k = 0; i < 10 && k < WIDTH * HEIGHT; k++) /* in the dark */
            w.d.px[k] = (uint8_t)(60 + (w.d.px[k] - 60) / 8);
        walk_on(&w);
        if (i == 9) {
            face_tracks_seen(w.t, &count);
            CHECK(count == 0);
        }
    }
    const struct face_seen *seen = face_tracks_seen(w.t, &count);
    CHECK(count > 14 && seen[0].time < 1);
    for (size_t i = 0; i < count; i++) {
        CHECK_NEAR(seen[i].x, (60 + 6 * seen[i].time / 0.2) / WIDTH, 0.03);
        CHECK(i == 0 || seen[i].time >= seen[i - 1].time);
        CHECK(seen[i].time > 1.99 || seen[i].strength <= 0);
    }
    walk_end(&w);
}

int main(void)
{
    test_scan();
    test_two();
    test_nothing();
    test_follow();
    test_cut();
    test_before();
    return check_done();
}
