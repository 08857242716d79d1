/* SPDX-License-Identifier: GPL-3.0-or-later
 * Images over the film, b-roll and transitions as they are drawn. The sources are made here. */
#include "check.h"
#include "core/timebase.h"
#include "media/encode.h"
#include "media/media.h"
#include "render/compose.h"
#include "timeline/timeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define S TICKS_PER_SECOND
#define W 108
#define H 192

static struct arena arena;

/* --- Sources -------------------------------------------------------------------------------- */

static int one_chunk(void *user, int i, struct err *e)
{
    (void)i;
    (void)e;
    return dup(*(int *)user);
}

static void paint_grey(struct picture *p, int luma)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < (i ? p->height / 2 : p->height); y++)
            memset(p->data[i] + (ptrdiff_t)y * p->stride[i], i ? 128 : luma,
                   (size_t)(i ? p->width / 2 : p->width));
}

/* 4 s at 30 a second, all of one grey. */
static int make_grey(int luma)
{
    struct err e = {0};
    struct h264_settings s = {.width = W,
                              .height = H,
                              .fps_num = 30,
                              .fps_den = 1,
                              .preset = "ultrafast",
                              .crf = 1,
                              .max_bitrate = 50000000,
                              .lookahead = 0};
    int chunk = memfd_create("chunk", 0), film = memfd_create("film", 0);
    struct chunk_writer *w = chunk_writer_create(&s, chunk, &e);
    struct picture_pool *pool = picture_pool_create(W, H, &e);
    struct picture *p = picture_pool_take(pool, &e);
    paint_grey(p, luma);
    bool ok = w != NULL;
    for (int i = 0; ok && i < 120; i++)
        ok = chunk_writer_add(w, p, &e);
    ok = ok && chunk_writer_finish(w, &e);
    chunk_writer_destroy(w);
    struct film_source src = {
        .chunk_count = 1, .open_chunk = one_chunk, .user = &chunk, .sound_fd = -1};
    ok = ok && film_mux(&src, film, NULL, 0, NULL, NULL, NULL, &e);
    if (!CHECK(ok))
        fprintf(stderr, "  %s\n", e.msg);
    picture_unref(&p);
    picture_pool_destroy(pool);
    close(chunk);
    return film;
}

/* A white square in a black one, PNG. */
static int make_png(void)
{
    struct err e = {0};
    int fd = memfd_create("png", 0);
    struct picture_pool *pool = picture_pool_create(64, 64, &e);
    struct picture *p = picture_pool_take(pool, &e);
    paint_grey(p, 16);
    for (int y = 16; y < 48; y++)
        memset(p->data[0] + (ptrdiff_t)y * p->stride[0] + 16, 235, 32);
    CHECK(media_write_still(p, "png", 64, fd, &e));
    picture_unref(&p);
    picture_pool_destroy(pool);
    return fd;
}

/* --- A film of them ------------------------------------------------------------------------- */

static struct plan_source sources[] = {
    {.path = "a", .duration_ticks = 4 * S, .has_video = true, .hash = "a"},
    {.path = "b", .asset_id = 2, .duration_ticks = 4 * S, .has_video = true, .hash = "b"},
    {.path = "c", .asset_id = 3, .duration_ticks = S, .has_video = true, .hash = "c"},
};
static int fds[3];

/* Luma in the middle of frame n, or at (x, y). */
static int luma_of(struct composer *c, int64_t n, int x, int y)
{
    struct err e = {0};
    struct picture *p = compose_frame(c, n, &e);
    if (!CHECK(p)) {
        fprintf(stderr, "  %s\n", e.msg);
        return -1;
    }
    int v = p->data[0][(ptrdiff_t)y * p->stride[0] + x];
    picture_unref(&p);
    return v;
}

struct film {
    struct plan plan;
    struct captions *captions;
    struct composer *composer;
};

static void open_film(struct film *f, const char *json)
{
    static const struct plan_format tiny = {"tiny", W, H};
    struct err e = {0};
    struct plan_options opt = {.format = &tiny, .fps_num = 30, .fps_den = 1};
    struct timeline *t = timeline_parse_trusted(json, strlen(json), &arena, &e);
    if (!CHECK(t && plan_build(t, sources, 3, &opt, &arena, &f->plan, &e) &&
               (f->captions = captions_create(&f->plan, &e)) &&
               (f->composer = composer_create(&f->plan, f->captions, fds, NULL, &e))))
        fprintf(stderr, "  %s\n", e.msg);
}

static void close_film(struct film *f)
{
    composer_destroy(f->composer);
    captions_destroy(f->captions);
}

static void crossfades(void)
{
    CHECK_CASE("crossfade");
    struct film f = {0};
    open_film(&f, "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":2},{\"name\":"
                  "\"b\",\"asset_id\":2,\"start\":0,\"end\":2,\"transition\":{\"name\":"
                  "\"crossfade\",\"duration\":1}}]}");
    CHECK_NEAR(luma_of(f.composer, 20, W / 2, H / 2), 60, 2);
    for (int n = 45; n < 75; n++)
        CHECK_NEAR(luma_of(f.composer, n, W / 2, H / 2), 60 + 140 * (n - 44.5) / 30, 3);
    CHECK_NEAR(luma_of(f.composer, 100, W / 2, H / 2), 200, 2);
    CHECK_NEAR(luma_of(f.composer, 50, W / 2, H / 2), 60 + 140 * 5.5 / 30, 3); /* going back */
    close_film(&f);
}

static void every_transition_begins_and_ends_right(void)
{
    for (const struct transition *const *t = transitions; *t; t++) {
        char json[400];
        CHECK_CASE((*t)->name);
        snprintf(json, sizeof json,
                 "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":2},{\"name\":\"b\","
                 "\"asset_id\":2,\"start\":0,\"end\":2,\"transition\":{\"name\":\"%s\","
                 "\"duration\":1}}]}",
                 (*t)->name);
        struct film f = {0};
        open_film(&f, json);
        CHECK_NEAR(luma_of(f.composer, 44, W / 2, H / 2), 60, 2);
        for (int n = 45; n < 75; n++)
            CHECK(luma_of(f.composer, n, W / 2, H / 2) >= 0);
        CHECK_NEAR(luma_of(f.composer, 75, W / 2, H / 2), 200, 2);
        close_film(&f);
    }
}

static void broll_and_images_lie_over_it(void)
{
    CHECK_CASE("layers");
    struct film f = {0};
    open_film(&f, "{\"broll\":[{\"asset_id\":2,\"start\":1,\"end\":2}],"
                  "\"overlays\":[{\"asset_id\":3,\"start\":0,\"end\":3,\"x\":0.5,"
                  "\"y\":0.25,\"width\":0.5,\"opacity\":0.5}],"
                  "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":4}]}");
    CHECK_NEAR(luma_of(f.composer, 15, W / 2, H * 3 / 4), 60, 2);
    CHECK_NEAR(luma_of(f.composer, 45, W / 2, H * 3 / 4), 200, 2);
    CHECK_NEAR(luma_of(f.composer, 75, W / 2, H * 3 / 4), 60, 2);
    CHECK_NEAR(luma_of(f.composer, 15, W / 2, H / 4), (60 + 235) / 2.0, 3);    /* half white */
    CHECK_NEAR(luma_of(f.composer, 15, W / 4 + 5, H / 4), (60 + 16) / 2.0, 3); /* half black */
    CHECK_NEAR(luma_of(f.composer, 100, W / 2, H / 4), 60, 2);
    close_film(&f);
}

/* Of an image that reaches beyond the frame the part inside is drawn, to the sample. */
static void images_reach_beyond_the_frame(void)
{
    CHECK_CASE("beyond");
    struct film f = {0};
    open_film(&f, "{\"overlays\":[{\"asset_id\":3,\"start\":0,\"end\":1,\"x\":0,\"y\":0,"
                  "\"width\":2},{\"asset_id\":3,\"start\":1,\"end\":2,\"x\":1,\"y\":1,"
                  "\"width\":0.01}],\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":2}]}");
    CHECK_NEAR(luma_of(f.composer, 15, 0, 0), 235, 2);   /* its middle is the frame's corner */
    CHECK_NEAR(luma_of(f.composer, 15, 50, 50), 235, 2); /* the white square is half as wide */
    CHECK_NEAR(luma_of(f.composer, 15, 60, 60), 16, 2);
    CHECK_NEAR(luma_of(f.composer, 15, 60, 115), 60, 2); /* below it */
    CHECK(luma_of(f.composer, 45, W - 1, H - 1) >= 0);   /* a dot in the other corner */
    close_film(&f);
}

int main(void)
{
    media_init();
    arena_init(&arena, (size_t)64 << 20);
    fds[0] = make_grey(60);
    fds[1] = make_grey(200);
    fds[2] = make_png();
    crossfades();
    every_transition_begins_and_ends_right();
    broll_and_images_lie_over_it();
    images_reach_beyond_the_frame();
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    arena_finish(&arena);
    return check_done();
}
