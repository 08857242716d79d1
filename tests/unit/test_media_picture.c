/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pictures: references, pools, scaling, turning, colours, stills.
 */
#include "check.h"
#include "media/av.h"
#include "media/scale.h"
#include "unit/synth.h"

#include <libavutil/pixfmt.h>

/* --- References and pools --- */
static void test_pool(void)
{
    struct err e = {0};
    struct picture_pool *pool = picture_pool_create(50, 31, &e);
    struct picture *a = picture_pool_take(pool, &e), *b = picture_pool_take(pool, &e), *c;
    const uint8_t *samples = a->data[0];

    CHECK_CASE("pool");
    CHECK(a->width == 50 && a->height == 31 && a->depth == 8 && a->data[3] == NULL);
    CHECK(a->data[0] != b->data[0]);
    c = picture_ref(a);
    CHECK(c->data[0] == samples);
    picture_unref(&a);
    CHECK(a == NULL);
    picture_unref(&a); /* accepts NULL */
    picture_unref(&c);
    a = picture_pool_take(pool, &e);
    CHECK(a->data[0] == samples); /* came back */
    picture_pool_destroy(pool);
    memset(b->data[0], 1, (size_t)b->stride[0] * 31); /* still ours */
    memset(b->data[2], 1, (size_t)b->stride[2] * 16);
    picture_unref(&a);
    picture_unref(&b);
    CHECK(!picture_pool_create(1, 10, &e) && e.code == ERR_INVALID);
    CHECK(!picture_pool_create(10, 100000, &e) && e.code == ERR_INVALID);
    picture_pool_destroy(NULL);
}

/* --- Colours --- */
struct yuv {
    double y, u, v; /* 0..1, +-0.5 */
};

static struct yuv to_yuv(double r, double g, double b, double kr, double kb)
{
    double y = kr * r + (1 - kr - kb) * g + kb * b;

    return (struct yuv){y, (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))};
}

/* A picture of one colour in any format. */
static struct picture *plain_picture(int format, int width, int height, int matrix, bool full,
                                     struct yuv c)
{
    AVFrame *f = av_frame_alloc();
    struct picture *p;
    double top;

    f->format = format;
    f->width = width;
    f->height = height;
    f->colorspace = matrix;
    f->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    if (av_frame_get_buffer(f, 0) < 0)
        abort();
    p = picture_take_frame(f);
    av_frame_free(&f);
    top = 1 << (p->depth - 8);
    for (int i = 0; i < 3; i++) {
        double x = i == 0 ? c.y : i == 1 ? c.u : c.v;
        double code = i == 0 ? (full ? x * 255 : 16 + x * 219) : 128 + x * (full ? 255 : 224);
        int value = (int)lround(code * top);
        int w = i ? -((-width) >> p->chroma_shift_x) : width;
        int h = i ? -((-height) >> p->chroma_shift_y) : height;
        for (int y = 0; y < h; y++)
            for (int x2 = 0; x2 < w; x2++) {
                uint8_t *row = p->data[i] + (ptrdiff_t)y * p->stride[i];
                if (p->depth > 8)
                    ((uint16_t *)(void *)row)[x2] = (uint16_t)value;
                else
                    row[x2] = (uint8_t)value;
            }
    }
    return p;
}

struct colour_case {
    const char *name;
    int format, matrix;
    bool full;
    double kr, kb;
};

static const struct colour_case colours[] = {
    {"bt709 8-bit 4:2:0", AV_PIX_FMT_YUV420P, 1, false, 0.2126, 0.0722},
    {"bt709 full range", AV_PIX_FMT_YUV420P, 1, true, 0.2126, 0.0722},
    {"bt601", AV_PIX_FMT_YUV420P, 6, false, 0.299, 0.114},
    {"bt601 full range 4:2:2", AV_PIX_FMT_YUVJ422P, 5, true, 0.299, 0.114},
    {"small and untagged is bt601", AV_PIX_FMT_YUV420P, 2, false, 0.299, 0.114},
    {"bt709 10-bit 4:2:2", AV_PIX_FMT_YUV422P10, 1, false, 0.2126, 0.0722},
    {"bt2020 10-bit", AV_PIX_FMT_YUV420P10, 9, false, 0.2627, 0.0593},
    {"bt601 12-bit 4:4:4", AV_PIX_FMT_YUV444P12, 6, false, 0.299, 0.114},
    {"4:1:1", AV_PIX_FMT_YUV411P, 6, false, 0.299, 0.114},
};

static const double rgb[][3] = {
    {0, 0, 0},       {1, 1, 1},       {0.5, 0.5, 0.5}, {0.8, 0.2, 0.2},
    {0.2, 0.8, 0.2}, {0.2, 0.2, 0.8}, {0.9, 0.7, 0.3},
};

static void check_colour(struct scaler *s, const struct colour_case *c, const double *x)
{
    struct err e = {0};
    struct picture *src = plain_picture(c->format, 64, 48, c->matrix, c->full,
                                        to_yuv(x[0], x[1], x[2], c->kr, c->kb));
    struct picture_pool *pool = picture_pool_create(36, 64, &e);
    struct picture *dst = picture_pool_take(pool, &e);
    struct yuv want = to_yuv(x[0], x[1], x[2], 0.2126, 0.0722);

    CHECK_CASE(c->name);
    CHECK(scale_picture(s, src, NULL, dst, &e));
    for (int y = 0; y < 64; y += 21) {
        CHECK_NEAR(dst->data[0][y * dst->stride[0] + 35], 16 + 219 * want.y, 1.6);
        CHECK_NEAR(dst->data[1][y / 2 * dst->stride[1] + 17], 128 + 224 * want.u, 1.6);
        CHECK_NEAR(dst->data[2][y / 2 * dst->stride[2]], 128 + 224 * want.v, 1.6);
    }
    picture_unref(&src);
    picture_unref(&dst);
    picture_pool_destroy(pool);
}

static void test_colours(struct scaler *s)
{
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        for (size_t k = 0; k < sizeof rgb / sizeof rgb[0]; k++)
            check_colour(s, &colours[i], rgb[k]);
}

/* --- Turning and cropping --- */

/* Four quarters of different brightness: 40 | 100 over 160 | 220. */
static struct picture *quarters(int width, int height, int rotation)
{
    struct picture *p =
        plain_picture(AV_PIX_FMT_YUV420P, width, height, 1, false, (struct yuv){0, 0, 0});

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            p->data[0][y * p->stride[0] + x] =
                (uint8_t)(40 + 60 * (x >= width / 2) + 120 * (y >= height / 2));
    p->rotation = rotation;
    return p;
}

static int luma(const struct picture *p, int x, int y)
{
    return p->data[0][y * p->stride[0] + x];
}

static void test_turning(struct scaler *s)
{
    static const struct {
        int rotation, corners[4]; /* top left, top right, bottom left, bottom right */
    } turns[] = {
        {0, {40, 100, 160, 220}},
        {90, {160, 40, 220, 100}},
        {180, {220, 160, 100, 40}},
        {270, {100, 220, 40, 160}},
    };

    for (int i = 0; i < 4; i++) {
        struct err e = {0};
        struct picture *src = quarters(120, 80, turns[i].rotation);
        struct picture_pool *pool = picture_pool_create(60, 60, &e);
        struct picture *dst = picture_pool_take(pool, &e);
        int w, h;

        CHECK_CASE("turning");
        picture_upright_size(src, &w, &h);
        CHECK(w == (i % 2 ? 80 : 120) && h == (i % 2 ? 120 : 80));
        CHECK(scale_picture(s, src, NULL, dst, &e));
        for (int k = 0; k < 4; k++)
            CHECK_NEAR(luma(dst, k % 2 ? 55 : 4, k / 2 ? 55 : 4), turns[i].corners[k], 1);
        /* The lower right part, as the viewer sees it. */
        CHECK(scale_picture(s, src, &(struct scale_rect){w / 2, h / 2, w / 2, h / 2}, dst, &e));
        CHECK_NEAR(luma(dst, 2, 2), turns[i].corners[3], 1);
        CHECK_NEAR(luma(dst, 57, 57), turns[i].corners[3], 1);
        picture_unref(&src);
        picture_unref(&dst);
        picture_pool_destroy(pool);
    }
}

static void test_into(struct scaler *s)
{
    struct err e = {0};
    struct picture *src = quarters(64, 64, 0);
    struct picture_pool *pool = picture_pool_create(64, 64, &e);
    struct picture *dst = picture_pool_take(pool, &e);
    struct scale_rect into = {10, 20, 30, 22}, outside = {50, 0, 30, 22};
    int touched = 0;

    CHECK_CASE("into");
    memset(dst->data[0], 7, (size_t)dst->stride[0] * 64);
    CHECK(scale_picture_into(s, src, NULL, dst, &into, &e));
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
            touched += luma(dst, x, y) != 7 && !(x >= 10 && x < 40 && y >= 20 && y < 42);
    CHECK(touched == 0);
    CHECK_NEAR(luma(dst, 12, 22), 40, 1);
    CHECK_NEAR(luma(dst, 38, 40), 220, 1);
    CHECK(!scale_picture_into(s, src, NULL, dst, &outside, &e));
    picture_unref(&src);
    picture_unref(&dst);
    picture_pool_destroy(pool);
}

/* Crops that stick out are cut; odd sizes and offsets do no harm. */
static void test_odd(struct scaler *s)
{
    static const struct scale_rect crops[] = {
        {0, 0, 161, 121}, {1, 1, 159, 119}, {-5, -5, 500, 500}, {160, 120, 1, 1}, {33, 7, 3, 99},
    };
    struct err e = {0};
    struct picture_pool *pool = picture_pool_create(34, 62, &e);

    CHECK_CASE("odd sizes");
    for (int rotation = 0; rotation < 360; rotation += 90) {
        struct picture *src = quarters(161, 121, rotation), *dst = picture_pool_take(pool, &e);
        for (size_t i = 0; i < sizeof crops / sizeof crops[0]; i++)
            CHECK(scale_picture(s, src, &crops[i], dst, &e));
        picture_unref(&src);
        picture_unref(&dst);
    }
    picture_pool_destroy(pool);
}

static void test_plain(void)
{
    struct picture *a = quarters(1280, 720, 0), *b = quarters(640, 480, 0);
    struct picture *c = quarters(1280, 720, 90);

    CHECK_CASE("plain");
    a->colour_matrix = 2;
    CHECK(scale_is_plain(a));
    a->full_range = true;
    CHECK(!scale_is_plain(a));
    CHECK(scale_is_plain(b));
    b->colour_matrix = 2;
    CHECK(!scale_is_plain(b)); /* small and untagged: bt601 */
    CHECK(!scale_is_plain(c));
    picture_unref(&a);
    picture_unref(&b);
    picture_unref(&c);
}

/* --- Stills --- */
static void test_jpeg(void)
{
    static const struct {
        int rotation, sar_num, sar_den, width, height;
    } stills[] = {
        {0, 1, 1, 100, 67},
        {90, 1, 1, 67, 100},
        {0, 2, 1, 100, 33},
        {270, 1, 1, 67, 100},
    };

    for (int i = 0; i < 4; i++) {
        struct err e = {0};
        struct picture *p = quarters(300, 200, stills[i].rotation);
        int fd = synth_fd();
        uint8_t head[4096];
        ssize_t n;
        const uint8_t *sof;

        CHECK_CASE("jpeg");
        p->sar_num = stills[i].sar_num;
        p->sar_den = stills[i].sar_den;
        CHECK(media_write_jpeg(p, 100, fd, &e));
        n = pread(fd, head, sizeof head, 0);
        CHECK(n > 200 && head[0] == 0xff && head[1] == 0xd8);
        sof = n > 0 ? memmem(head, (size_t)n, "\xff\xc0", 2) : NULL;
        CHECK(sof && sof[5] * 256 + sof[6] == stills[i].height &&
              sof[7] * 256 + sof[8] == stills[i].width);
        picture_unref(&p);
        close(fd);
    }
}

int main(void)
{
    struct err e = {0};
    struct scaler *s;

    media_init();
    s = scaler_create(&e);
    CHECK(s != NULL);
    test_pool();
    test_colours(s);
    test_turning(s);
    test_into(s);
    test_odd(s);
    test_plain();
    test_jpeg();
    scaler_destroy(s);
    return check_done();
}
