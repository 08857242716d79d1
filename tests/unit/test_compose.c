/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/timebase.h"
#include "media/encode.h"
#include "media/media.h"
#include "render/compose.h"
#include "render/geometry.h"
#include "render/resample.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define S TICKS_PER_SECOND

static struct picture *new_picture(int w, int h)
{
    struct picture_pool *pool = picture_pool_create(w, h, NULL);
    struct picture *p = pool ? picture_pool_take(pool, NULL) : NULL;
    picture_pool_destroy(pool);
    return p;
}

static void paint(struct picture *p, int plane, double (*f)(double x, double y, const void *u),
                  const void *u)
{
    int w = plane ? p->width / 2 : p->width, h = plane ? p->height / 2 : p->height;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            p->data[plane][(ptrdiff_t)y * p->stride[plane] + x] = (uint8_t)lrint(f(x, y, u));
}

static double level(double x, double y, const void *u)
{
    (void)x, (void)y;
    return *(const double *)u;
}

static int sample(const struct picture *p, int plane, int x, int y)
{
    return p->data[plane][(ptrdiff_t)y * p->stride[plane] + x];
}

/* --- Resampling ------------------------------------------------------------------------------ */

struct blob {
    double x, y, sigma; /* in luma samples, pixel centres at whole numbers plus a half */
};

static double gauss(double x, double y, const void *u)
{
    const struct blob *b = u;
    double dx = x + 0.5 - b->x, dy = y + 0.5 - b->y;
    return 16 + 200 * exp(-(dx * dx + dy * dy) / (2 * b->sigma * b->sigma));
}

static void centroid(const struct picture *p, double *x, double *y)
{
    double sum = 0, sx = 0, sy = 0;
    for (int j = 0; j < p->height; j++) {
        for (int i = 0; i < p->width; i++) {
            double v = sample(p, 0, i, j) - 16;
            v = v > 2 ? v : 0;
            sum += v;
            sx += v * (i + 0.5);
            sy += v * (j + 0.5);
        }
    }
    *x = sx / sum;
    *y = sy / sum;
}

/* A slow zoom on a soft spot off the centre: where the spot goes must follow the formula, and its
 * way must be smooth. Jitter is the part of the movement that changes from frame to frame. */
static void zooms_without_jitter(void)
{
    enum { W = 360, H = 640, FRAMES = 90 };
    struct picture *src = new_picture(608, 540), *dst = new_picture(W, H);
    struct resampler *r = resampler_create(NULL);
    struct blob spot = {250, 330, 9};
    double grey = 128, px[FRAMES], py[FRAMES], worst = 0, jitter = 0;
    paint(src, 0, gauss, &spot);
    paint(src, 1, level, &grey);
    paint(src, 2, level, &grey);
    const struct upright u = geometry_upright(src);
    const struct rect cover = geometry_cover(&u, W, H);
    for (int i = 0; i < FRAMES; i++) {
        struct effect_view v = {0.5, 0.5, 1 + 0.15 * i / (FRAMES - 1), false};
        struct rect part = geometry_view(&cover, &v);
        CHECK(resample(r, src, &part, dst, NULL));
        centroid(dst, &px[i], &py[i]);
        double wx = (spot.x - part.x) * W / part.w, wy = (spot.y - part.y) * H / part.h;
        worst = fmax(worst, fmax(fabs(px[i] - wx), fabs(py[i] - wy)));
    }
    for (int i = 1; i + 1 < FRAMES; i++) {
        double ax = px[i + 1] - 2 * px[i] + px[i - 1], ay = py[i + 1] - 2 * py[i] + py[i - 1];
        jitter += ax * ax + ay * ay;
    }
    jitter = sqrt(jitter / (FRAMES - 2));
    CHECK_CASE("zoom");
    CHECK_NEAR(jitter, 0, 0.03);
    CHECK_NEAR(worst, 0, 0.05);
    printf("zoom: jitter %.4f px rms, off the formula by at most %.4f px\n", jitter, worst);
    resampler_destroy(r);
    picture_unref(&src);
    picture_unref(&dst);
}

static double ramp(double x, double y, const void *u)
{
    const double *k =
        u; /* value of luma position 0, slope a luma sample, scale and offset of the plane */
    (void)y;
    return k[0] + k[1] * (x * k[2] + k[3]);
}

/* A straight ramp stays one at the right place, in luma and in chroma, whose samples sit on the
 * left luma column: at luma position 2 i + 1/2. */
static void keeps_ramps_in_place(void)
{
    struct picture *src = new_picture(200, 100), *dst = new_picture(300, 100);
    struct resampler *r = resampler_create(NULL);
    const double luma[] = {20.5, 1, 1, 0.5}, chroma[] = {20.5, 1, 2, 0.5}; /* whole values */
    paint(src, 0, ramp, luma);
    paint(src, 1, ramp, chroma);
    paint(src, 2, ramp, chroma);
    struct rect part = {20.25, 10, 120, 80};
    CHECK_CASE("ramps");
    CHECK(resample(r, src, &part, dst, NULL));
    for (int i = 4; i < 296; i += 7)
        CHECK_NEAR(sample(dst, 0, i, 50), 20.5 + part.x + (i + 0.5) * 0.4, 0.6);
    for (int i = 4; i < 146; i += 3)
        for (int plane = 1; plane < 3; plane++)
            CHECK_NEAR(sample(dst, plane, i, 25), 20.5 + part.x + (2 * i + 0.5) * 0.4, 0.6);
    resampler_destroy(r);
    picture_unref(&src);
    picture_unref(&dst);
}

static void handles_odd_shapes(void)
{
    static const struct {
        const char *name;
        int sw, sh, dw, dh;
        struct rect part;
    } cases[] = {
        {"same size", 64, 48, 64, 48, {0, 0, 64, 48}},
        {"tiny source", 2, 2, 64, 64, {0, 0, 2, 2}},
        {"thin source", 3, 200, 64, 64, {0, 0, 3, 200}},
        {"strong reduction", 640, 640, 16, 16, {0, 0, 640, 640}},
        {"partly outside", 64, 64, 32, 32, {-10, -10, 90, 90}},
        {"odd width", 37, 41, 50, 70, {0.3, 0.7, 36, 40}},
        {"a fraction of a sample", 64, 64, 32, 32, {30.1, 30.1, 0.5, 0.5}},
    };
    struct resampler *r = resampler_create(NULL);
    double v = 77;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct picture *src = new_picture(cases[i].sw, cases[i].sh);
        struct picture *dst = new_picture(cases[i].dw, cases[i].dh);
        int chroma_w = (cases[i].sw + 1) / 2, chroma_h = (cases[i].sh + 1) / 2, off = 0;
        CHECK_CASE(cases[i].name);
        paint(src, 0, level, &v);
        for (int p = 1; p < 3; p++)
            for (int y = 0; y < chroma_h; y++)
                memset(src->data[p] + (ptrdiff_t)y * src->stride[p], 77, (size_t)chroma_w);
        CHECK(resample(r, src, &cases[i].part, dst, NULL));
        for (int p = 0; p < 3; p++)
            for (int y = 0; y < (p ? cases[i].dh / 2 : cases[i].dh); y++)
                for (int x = 0; x < (p ? cases[i].dw / 2 : cases[i].dw); x++)
                    off += sample(dst, p, x, y) != 77;
        CHECK(off == 0);
        picture_unref(&src);
        picture_unref(&dst);
    }
    struct picture *src = new_picture(64, 64);
    struct err e = {0};
    struct rect none = {0, 0, 0, 10};
    CHECK_CASE("empty");
    CHECK(!resample(r, src, &none, src, &e) && e.code == ERR_INVALID);
    picture_unref(&src);
    resampler_destroy(r);
}

static void fits(void)
{
    static const struct {
        const char *name;
        struct picture p;
        struct rect cover, contain;
    } cases[] = {
        {"landscape",
         {.width = 1920, .height = 1080, .sar_num = 1, .sar_den = 1},
         {656.25, 0, 607.5, 1080},
         {0, 656, 1080, 608}},
        {"upright phone",
         {.width = 1920, .height = 1080, .sar_num = 1, .sar_den = 1, .rotation = 90},
         {0, 0, 1080, 1920},
         {0, 0, 1080, 1920}},
        {"wide samples",
         {.width = 720, .height = 576, .sar_num = 64, .sar_den = 45},
         {246.09375, 0, 227.8125, 576},
         {0, 656, 1080, 608}},
        {"wide samples on their side",
         {.width = 720, .height = 576, .sar_num = 64, .sar_den = 45, .rotation = 270},
         {0, 0, 576, 720},
         {0, 0, 1080, 1920}},
        {"square",
         {.width = 500, .height = 500, .sar_num = 1, .sar_den = 1},
         {109.375, 0, 281.25, 500},
         {0, 420, 1080, 1080}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct upright u = geometry_upright(&cases[i].p);
        struct rect got[2] = {geometry_cover(&u, 1080, 1920), geometry_contain(&u, 1080, 1920)};
        const struct rect *want[2] = {&cases[i].cover, &cases[i].contain};
        CHECK_CASE(cases[i].name);
        for (int k = 0; k < 2; k++) {
            CHECK_NEAR(got[k].x, want[k]->x, 1e-6);
            CHECK_NEAR(got[k].y, want[k]->y, 1e-6);
            CHECK_NEAR(got[k].w, want[k]->w, 1e-6);
            CHECK_NEAR(got[k].h, want[k]->h, 1e-6);
        }
    }
}

/* --- Frames of a film ------------------------------------------------------------------------- */

static int one_chunk(void *user, int i, struct err *e)
{
    (void)i, (void)e;
    return dup(*(const int *)user);
}

/* A film whose frame n has the luma 30 + 2 n: what is shown tells which frame it was. */
static int make_source(int frames, int fps_num, int fps_den)
{
    struct err e = {0};
    int chunk = memfd_create("chunk", 0), film = memfd_create("film", 0);
    struct h264_settings s = {.width = 64,
                              .height = 64,
                              .fps_num = fps_num,
                              .fps_den = fps_den,
                              .preset = "ultrafast",
                              .crf = 1,
                              .lookahead = 0};
    struct chunk_writer *w = chunk_writer_create(&s, chunk, &e);
    bool ok = w;
    for (int i = 0; ok && i < frames; i++) {
        struct picture *p = new_picture(64, 64);
        double luma = 30 + 2 * i, grey = 128;
        paint(p, 0, level, &luma);
        paint(p, 1, level, &grey);
        paint(p, 2, level, &grey);
        ok = chunk_writer_add(w, p, &e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, &e);
    chunk_writer_destroy(w);
    struct film_source src = {
        .chunk_count = 1, .open_chunk = one_chunk, .user = &chunk, .sound_fd = -1};
    ok = ok && film_mux(&src, film, NULL, 0, NULL, NULL, NULL, &e);
    close(chunk);
    if (!CHECK(ok))
        fprintf(stderr, "  %s\n", e.msg);
    return film;
}

static struct plan_segment segment(double start, double end, double out, int num, int den)
{
    struct plan_segment s = {.src_start = ticks_from_seconds(start),
                             .src_end = ticks_from_seconds(end),
                             .rate = {num, den, false},
                             .out_start = ticks_from_seconds(out)};
    s.out_end = s.out_start + ticks_scale(s.src_end - s.src_start, den, num);
    s.effect_start = s.out_start;
    s.effect_end = s.out_end;
    s.whole_start = s.src_start;
    s.whole_end = s.src_end;
    s.first_frame = llround(ticks_to_seconds(s.out_start) * 30);
    s.end_frame = llround(ticks_to_seconds(s.out_end) * 30);
    return s;
}

/* The luma of the middle tells the source's frame. */
static double frame_shown(const struct picture *p)
{
    return (sample(p, 0, p->width / 2, p->height / 2) - 30) / 2.0;
}

/* What is to be seen of a source at `at` frames of it: slowed down, two of them blended. */
static double frame_wanted(double at, double fps, bool blended)
{
    return blended ? at : floor(at + 0.001 * fps * 1.0001);
}

static void shows_the_right_frames(void)
{
    static const struct {
        const char *name;
        int fps_num, fps_den;
        double start, end;
        int num, den;
        double rate; /* source frames for each frame of the film */
    } cases[] = {
        {"30 to 30", 30, 1, 0, 2, 1, 1, 1},
        {"30 to 30, from the middle", 30, 1, 0.7, 2, 1, 1, 1},
        {"24 to 30", 24, 1, 0, 2, 1, 1, 0.8},
        {"60 to 30", 60, 1, 0.5, 1.5, 1, 1, 2},
        {"29.97 to 30", 30000, 1001, 0, 2, 1, 1, 30 / 1.001 / 30},
        {"half speed", 30, 1, 0.2, 1.2, 1, 2, 0.5},
        {"quarter speed", 24, 1, 0.25, 0.75, 1, 4, 0.2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double fps = (double)cases[i].fps_num / cases[i].fps_den;
        int frames = (int)ceil(2 * fps),
            fd = make_source(frames, cases[i].fps_num, cases[i].fps_den);
        struct plan_segment s =
            segment(cases[i].start, cases[i].end, 0, cases[i].num, cases[i].den);
        struct plan_source source = {.duration_ticks = 2 * S, .has_video = true, .hash = "x"};
        struct plan p = {.format = {"tiny", 72, 128},
                         .fps_num = 30,
                         .fps_den = 1,
                         .frame_count = s.end_frame,
                         .sources = &source,
                         .source_count = 1,
                         .segments = &s,
                         .segment_count = 1};
        struct captions *captions = captions_create(&p, NULL);
        struct composer *c = composer_create(&p, captions, &fd, NULL, NULL);
        int wrong = 0;
        CHECK_CASE(cases[i].name);
        for (int64_t f = 0; f < p.frame_count; f++) {
            struct err e = {0};
            struct picture *out = compose_frame(c, f, &e);
            double at = cases[i].start * fps + (double)f * cases[i].rate;
            double want = frame_wanted(at, fps, cases[i].num * 10 < cases[i].den * 7);
            if (out && fabs(frame_shown(out) - want) > 0.6 && wrong++ < 5)
                fprintf(stderr, "  frame %d: %g, not %g\n", (int)f, frame_shown(out), want);
            CHECK(out && out->width == 72 && out->height == 128);
            picture_unref(&out);
        }
        CHECK(wrong == 0);
        composer_destroy(c);
        captions_destroy(captions);
        close(fd);
    }
}

static void shares_pictures_that_are_alike(void)
{
    int fd = make_source(30, 10, 1);
    struct plan_segment s = segment(0, 3, 0, 1, 1);
    struct plan_source source = {.duration_ticks = 3 * S, .has_video = true, .hash = "x"};
    struct plan p = {.format = {"tiny", 72, 128},
                     .fps_num = 30,
                     .fps_den = 1,
                     .frame_count = s.end_frame,
                     .sources = &source,
                     .source_count = 1,
                     .segments = &s,
                     .segment_count = 1};
    struct captions *captions = captions_create(&p, NULL);
    struct composer *c = composer_create(&p, captions, &fd, NULL, NULL);
    struct picture *last = NULL;
    int made = 0;
    for (int64_t f = 0; f < p.frame_count; f++) {
        struct err e = {0};
        struct picture *out = compose_frame(c, f, &e);
        made += !last || out->data[0] != last->data[0];
        picture_unref(&last);
        last = out;
    }
    CHECK_CASE("alike");
    CHECK(p.frame_count == 90 && made == 30);
    picture_unref(&last);
    composer_destroy(c);
    captions_destroy(captions);
    close(fd);
}

static void stops_when_told(void)
{
    int fd = make_source(10, 30, 1);
    struct plan_segment s = segment(0, 0.3, 0, 1, 1);
    struct plan_source source = {.duration_ticks = S, .has_video = true, .hash = "x"};
    struct plan p = {.format = {"tiny", 72, 128},
                     .fps_num = 30,
                     .fps_den = 1,
                     .frame_count = 9,
                     .sources = &source,
                     .source_count = 1,
                     .segments = &s,
                     .segment_count = 1};
    struct captions *captions = captions_create(&p, NULL);
    struct cancel cancel = {.fd = -1};
    struct err e = {0};
    struct composer *c = composer_create(&p, captions, &fd, &cancel, NULL);
    struct picture *out = compose_frame(c, 0, &e);
    CHECK_CASE("cancel");
    CHECK(out);
    picture_unref(&out);
    cancel_fire(&cancel);
    CHECK(!compose_frame(c, 1, &e) && e.code == ERR_CANCELED);
    composer_destroy(c);
    captions_destroy(captions);
    close(fd);
}

/* The three fits of a wide picture, and sound without a picture. */
static void fits_pictures(void)
{
    int fd = make_source(10, 30, 1);
    struct plan_source source = {.duration_ticks = S, .has_video = true, .hash = "x"};
    static const struct {
        const char *name;
        enum plan_fit fit;
        bool video;
        int edge, centre; /* luma above the picture, and in it */
    } cases[] = {
        {"crop", FIT_CROP, true, 30, 30},
        {"pad", FIT_PAD, true, 16, 30},
        {"blur", FIT_BLUR, true, 16 + (30 - 16) * 5 / 8, 30},
        {"no picture", FIT_CROP, false, 38, 38},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan_segment s = segment(0, 0.3, 0, 1, 1);
        s.fit = cases[i].fit;
        source.has_video = cases[i].video;
        struct plan p = {.format = {"tiny", 72, 128},
                         .fps_num = 30,
                         .fps_den = 1,
                         .frame_count = 9,
                         .sources = &source,
                         .source_count = 1,
                         .segments = &s,
                         .segment_count = 1};
        struct captions *captions = captions_create(&p, NULL);
        struct composer *c = composer_create(&p, captions, &fd, NULL, NULL);
        struct err e = {0};
        struct picture *out = compose_frame(c, 0, &e);
        CHECK_CASE(cases[i].name);
        CHECK_NEAR(sample(out, 0, 36, 5), cases[i].edge, 1);
        CHECK_NEAR(sample(out, 0, 36, 64), cases[i].centre, 1);
        picture_unref(&out);
        composer_destroy(c);
        captions_destroy(captions);
    }
    close(fd);
}

int main(void)
{
    media_init();
    zooms_without_jitter();
    keeps_ramps_in_place();
    handles_odd_shapes();
    fits();
    shows_the_right_frames();
    shares_pictures_that_are_alike();
    stops_when_told();
    fits_pictures();
    return check_done();
}
