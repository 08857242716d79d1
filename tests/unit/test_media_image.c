/* SPDX-License-Identifier: GPL-3.0-or-later
 * Images: read as RGBA, as sources of pictures, and written as stills.
 */
#include "check.h"
#include "media/av.h"
#include "media/image.h"
#include "media/scale.h"
#include "unit/synth.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#define WIDTH 96
#define HEIGHT 64

/* --- Making images --- */

/* Four quarters: red, green / blue, grey; the lower right one is transparent where there is alpha.
 */
static const uint8_t quarter[4][4] = {
    {220, 40, 40, 255}, {40, 200, 60, 255}, {40, 60, 210, 255}, {128, 128, 128, 0}};

static AVFrame *quarters(int width, int height, bool alpha)
{
    AVFrame *f = av_frame_alloc();

    f->format = AV_PIX_FMT_RGBA;
    f->width = width;
    f->height = height;
    if (av_frame_get_buffer(f, 0) < 0)
        abort();
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0] + 4 * (ptrdiff_t)x;
            memcpy(p, quarter[2 * (y >= height / 2) + (x >= width / 2)], 4);
            if (!alpha)
                p[3] = 255;
        }
    return f;
}

static double luma601(const uint8_t *p)
{
    return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}

/* Full-range bt601 4:4:4, as JPEG has it. Like the next two, a new frame. */
static AVFrame *as_jpeg(const AVFrame *rgba)
{
    AVFrame *f = av_frame_alloc();

    f->format = AV_PIX_FMT_YUVJ444P;
    f->width = rgba->width;
    f->height = rgba->height;
    f->color_range = AVCOL_RANGE_JPEG;
    if (av_frame_get_buffer(f, 0) < 0)
        abort();
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            const uint8_t *p = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0] + 4 * (ptrdiff_t)x;
            double l = luma601(p);
            f->data[0][y * f->linesize[0] + x] = (uint8_t)lround(l);
            f->data[1][y * f->linesize[1] + x] = (uint8_t)lround(128 + (p[2] - l) / 1.772);
            f->data[2][y * f->linesize[2] + x] = (uint8_t)lround(128 + (p[0] - l) / 1.402);
        }
    return f;
}

static AVFrame *as_grey(const AVFrame *rgba)
{
    AVFrame *f = av_frame_alloc();

    f->format = AV_PIX_FMT_GRAY8;
    f->width = rgba->width;
    f->height = rgba->height;
    if (av_frame_get_buffer(f, 0) < 0)
        abort();
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++)
            f->data[0][y * f->linesize[0] + x] =
                rgba->data[0][y * rgba->linesize[0] + 4 * (ptrdiff_t)x];
    return f;
}

/* RGBA in the order of bytes that libwebp's encoder takes. */
static AVFrame *as_bgra(const AVFrame *rgba)
{
    AVFrame *f = av_frame_clone(rgba);

    if (!f || av_frame_make_writable(f) < 0)
        abort();
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0] + 4 * (ptrdiff_t)x, r = p[0];
            p[0] = p[2];
            p[2] = r;
        }
    f->format = AV_PIX_FMT_BGRA;
    return f;
}

/* A file of one encoded frame, which is freed. */
static int encoded(const char *encoder, AVFrame *f, const char *option, const char *value)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(encoder);
    AVCodecContext *c = avcodec_alloc_context3(codec);
    AVPacket *pkt = av_packet_alloc();
    int fd = synth_fd();

    c->width = f->width;
    c->height = f->height;
    c->pix_fmt = f->format;
    c->color_range = f->color_range;
    c->time_base = (AVRational){1, 25};
    c->flags |= AV_CODEC_FLAG_QSCALE;
    c->global_quality = f->quality = 2 * FF_QP2LAMBDA;
    if (option)
        av_opt_set(c->priv_data, option, value, 0);
    f->pts = 0;
    if (avcodec_open2(c, codec, NULL) < 0 || avcodec_send_frame(c, f) < 0 ||
        avcodec_send_frame(c, NULL) < 0 || avcodec_receive_packet(c, pkt) < 0 ||
        write(fd, pkt->data, (size_t)pkt->size) != pkt->size)
        abort();
    avcodec_free_context(&c);
    av_packet_free(&pkt);
    av_frame_free(&f);
    return fd;
}

static int png(bool alpha)
{
    return encoded("png", quarters(WIDTH, HEIGHT, alpha), NULL, NULL);
}

/* A JPEG that says how it was held: an EXIF segment after the first marker. */
static int jpeg(int orientation)
{
    static const uint8_t head[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0,    0,    'I', 'I',
                                   42,   0,    8, 0,  0,   0,   1,   0,   0x12, 0x01, 3,   0,
                                   1,    0,    0, 0,  0,   0,   0,   0,   0,    0,    0,   0};
    AVFrame *rgba = quarters(WIDTH, HEIGHT, false);
    int plain = encoded("mjpeg", as_jpeg(rgba), NULL, NULL), fd = synth_fd();
    uint8_t exif[sizeof head], bytes[16384];
    ssize_t n = pread(plain, bytes, sizeof bytes, 0);

    memcpy(exif, head, sizeof head);
    exif[28] = (uint8_t)orientation;
    if (n <= 2 || n == (ssize_t)sizeof bytes || write(fd, bytes, 2) != 2 ||
        (orientation && write(fd, exif, sizeof exif) != (ssize_t)sizeof exif) ||
        write(fd, bytes + 2, (size_t)n - 2) != n - 2)
        abort();
    av_frame_free(&rgba);
    close(plain);
    return fd;
}

static int webp(bool alpha, const char *lossless)
{
    AVFrame *rgba = quarters(WIDTH, HEIGHT, alpha);
    int fd = encoded("libwebp", as_bgra(rgba), "lossless", lossless);

    av_frame_free(&rgba);
    return fd;
}

/* --- Reading --- */
static const uint8_t *sample(const struct image *im, int quarter_x, int quarter_y)
{
    int x = im->width * (1 + 2 * quarter_x) / 4, y = im->height * (1 + 2 * quarter_y) / 4;

    return im->data + (size_t)y * im->stride + 4 * (size_t)x;
}

static bool is_quarter(const uint8_t *p, int which, int tolerance)
{
    for (int i = 0; i < 3; i++)
        if (abs(p[i] - quarter[which][i]) > tolerance)
            return false;
    return true;
}

static void test_kinds(void)
{
    static const int none[4] = {0, 1, 2, 3};
    static const struct {
        const char *name;
        int kind, tolerance;
        bool alpha;
    } kinds[] = {
        {"png", 0, 0, true},   {"png without alpha", 1, 0, false},
        {"jpeg", 2, 4, false}, {"webp lossless", 3, 0, true},
        {"webp", 4, 9, true},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int fds[] = {png(true), png(false), jpeg(0), webp(true, "1"), webp(true, "0")};
        struct err e = {0};
        struct media_info info;
        struct image *im = media_read_image(fds[kinds[i].kind], 1000, 1000, NULL, &e);

        CHECK_CASE(kinds[i].name);
        CHECK(im && im->width == WIDTH && im->height == HEIGHT);
        for (int q = 0; im && q < (kinds[i].alpha ? 3 : 4); q++)
            CHECK(is_quarter(sample(im, q % 2, q / 2), none[q], kinds[i].tolerance));
        CHECK(im && im->has_alpha == kinds[i].alpha);
        CHECK(im && sample(im, 0, 0)[3] == 255);
        CHECK(im && sample(im, 1, 1)[3] == (kinds[i].alpha ? 0 : 255));
        CHECK(media_probe(fds[kinds[i].kind], &info, NULL, &e));
        CHECK(info.is_image && info.has_video && !info.has_audio && info.duration_ticks == 0);
        CHECK(info.width == WIDTH && info.height == HEIGHT && info.fps == 0);
        CHECK_STR(info.container, kinds[i].kind < 2 ? "png" : kinds[i].kind < 3 ? "jpeg" : "webp");
        image_destroy(im);
        for (size_t k = 0; k < sizeof fds / sizeof fds[0]; k++)
            close(fds[k]);
    }
}

/* Smaller to fit, in proportion, with clean edges; never larger. */
static void test_bounds(void)
{
    static const struct {
        int max_width, max_height, width, height;
    } bounds[] = {
        {48, 1000, 48, 32}, {1000, 16, 24, 16}, {96, 64, 96, 64}, {10, 10, 10, 7}, {1, 1, 1, 1}};
    int fd = png(true), dark = 0;
    struct err e = {0};
    struct image *im;

    CHECK_CASE("bounds");
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        im = media_read_image(fd, bounds[i].max_width, bounds[i].max_height, NULL, &e);
        CHECK(im && im->width == bounds[i].width && im->height == bounds[i].height);
        CHECK(bounds[i].width < 20 || (im && is_quarter(sample(im, 0, 0), 0, 2)));
        image_destroy(im);
    }
    /* What is half seen beside a transparent quarter has its own colour, not that one's. */
    im = media_read_image(fd, 31, 31, NULL, &e);
    for (int x = 16; im && x < im->width; x++)
        for (int y = 2; y < 8; y++) {
            const uint8_t *p = im->data + (size_t)y * im->stride + 4 * (size_t)x;
            dark += p[3] > 30 && p[3] < 255 && abs(p[1] - 200) > 12;
        }
    CHECK(im && dark == 0);
    image_destroy(im);
    CHECK(!media_read_image(fd, 0, 10, NULL, &e) && e.code == ERR_INVALID);
    close(fd);
}

/* The quarter that a viewer sees at the top left, top right, bottom left, bottom right. */
static const int held[9][4] = {
    {0, 1, 2, 3}, {0, 1, 2, 3}, {1, 0, 3, 2}, {3, 2, 1, 0}, {2, 3, 0, 1},
    {0, 2, 1, 3}, {2, 0, 3, 1}, {3, 1, 2, 0}, {1, 3, 0, 2},
};

static void check_held(int orientation)
{
    struct err e = {0};
    int fd = jpeg(orientation), lying = orientation >= 5;
    struct image *im = media_read_image(fd, 1000, 1000, NULL, &e);
    struct media_info info;

    CHECK(im && im->width == (lying ? HEIGHT : WIDTH));
    for (int q = 0; im && q < 4; q++)
        CHECK(is_quarter(sample(im, q % 2, q / 2), held[orientation][q], 4));
    image_destroy(im);
    im = media_read_image(fd, 1000, 32, NULL, &e);
    CHECK(im && im->height == 32 && im->width == (lying ? 21 : 48));
    image_destroy(im);
    CHECK(media_probe(fd, &info, NULL, &e) && info.width == (lying ? HEIGHT : WIDTH));
    close(fd);
}

static double luma709(const uint8_t *p)
{
    return 16 + 219 * (0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]) / 255;
}

/* As a source: one picture for all times, its alpha over black. */
static void check_source(const char *name, int fd, const int seen[4], int transparent)
{
    struct err e = {0};
    struct scaler *s = scaler_create(&e);
    struct video_reader *r = video_reader_create(fd, NULL, &e);
    static const double times[] = {0, 7.3, 2.5, 100000, -1, 0.1};

    CHECK_CASE(name);
    CHECK(r != NULL);
    for (size_t i = 0; r && i < sizeof times / sizeof times[0]; i++) {
        struct picture *p, *next, *out;
        struct picture_pool *pool;
        int w, h;

        CHECK(video_reader_pair_at(r, ticks_from_seconds(times[i]), &p, &next, &e));
        CHECK(p && !next);
        picture_upright_size(p, &w, &h);
        pool = picture_pool_create(w, h, &e);
        out = picture_pool_take(pool, &e);
        CHECK(scale_picture(s, p, NULL, out, &e));
        for (int q = 0; q < 4; q++) {
            int x = w * (1 + 2 * (q % 2)) / 4, y = h * (1 + 2 * (q / 2)) / 4;
            double want = seen[q] == transparent ? 16 : luma709(quarter[seen[q]]);
            CHECK_NEAR(out->data[0][y * out->stride[0] + x], want, 3);
        }
        picture_unref(&p);
        picture_unref(&out);
        picture_pool_destroy(pool);
    }
    video_reader_destroy(r);
    scaler_destroy(s);
    close(fd);
}

static void test_sources(void)
{
    check_source("png as a source", png(true), held[1], 3);
    check_source("png without alpha", png(false), held[1], -1);
    check_source("webp as a source", webp(true, "0"), held[1], 3);
    check_source("lossless webp as a source", webp(true, "1"), held[1], 3);
    check_source("jpeg as a source", jpeg(0), held[1], -1);
    for (int i = 1; i <= 8; i++)
        check_source("jpeg, held", jpeg(i), held[i], -1);
}

/* A picture that is used in every frame is not kept larger than any film shows. */
static void test_large(void)
{
    struct err e = {0};
    AVFrame *rgba = quarters(9000, 60, false);
    int fd = encoded("png", as_grey(rgba), NULL, NULL);
    struct video_reader *r = video_reader_create(fd, NULL, &e);
    struct picture *p = r ? video_reader_at(r, 0, NULL) : NULL;
    struct image *im = media_read_image(fd, 20000, 20000, NULL, NULL);

    CHECK_CASE("large");
    CHECK(p && p->width == 4096 && p->height == 27);
    CHECK(im && im->width == 9000 && im->height == 60);
    image_destroy(im);
    picture_unref(&p);
    video_reader_destroy(r);
    av_frame_free(&rgba);
    close(fd);
}

/* --- Writing --- */

/* What is written reads back as it was, upright, in smaller files at lower quality. */
static void test_stills(void)
{
    static const struct {
        const char *name;
        int quality; /* of WebP; -1: JPEG */
    } stills[] = {{"jpeg", -1}, {"webp 90", 90}, {"webp 75", 75}, {"webp 10", 10}};
    struct err e = {0};
    int source = jpeg(6), fd = -1;
    struct video_reader *r = video_reader_create(source, NULL, &e);
    struct picture *p = r ? video_reader_at(r, 0, &e) : NULL;
    off_t size[4] = {0};

    CHECK(p != NULL);
    for (size_t i = 0; p && i < sizeof stills / sizeof stills[0]; i++) {
        struct image *im;
        CHECK_CASE(stills[i].name);
        fd = synth_fd();
        CHECK(stills[i].quality < 0 ? media_write_jpeg(p, 1000, fd, &e)
                                    : media_write_webp(p, 1000, stills[i].quality, fd, &e));
        size[i] = lseek(fd, 0, SEEK_END);
        im = media_read_image(fd, 1000, 1000, NULL, &e);
        CHECK(im && im->width == HEIGHT && im->height == WIDTH && !im->has_alpha);
        for (int q = 0; im && q < 4; q++)
            CHECK(
                is_quarter(sample(im, q % 2, q / 2), held[6][q], stills[i].quality == 10 ? 14 : 7));
        image_destroy(im);
        close(fd);
    }
    CHECK(size[1] > size[2] && size[2] > size[3]);
    CHECK(p && !media_write_webp(p, 100, 101, 1, &e) && e.code == ERR_INVALID);
    CHECK(p && !media_write_webp(p, 100, -1, 1, &e) && e.code == ERR_INVALID);
    picture_unref(&p);
    video_reader_destroy(r);
    close(source);
}

/* --- Damage --- */
static void check_either(int fd)
{
    struct err e = {0};
    struct media_info info;
    struct image *im = media_read_image(fd, 64, 64, NULL, &e);
    struct video_reader *r = video_reader_create(fd, NULL, NULL);

    CHECK(im || ((e.code == ERR_INVALID || e.code == ERR_UNSUPPORTED) && e.msg[0]));
    CHECK(!im || (im->width > 0 && im->width <= 64 && im->height <= 64));
    if (media_probe(fd, &info, NULL, &e))
        CHECK(info.width > 0 && info.height > 0);
    image_destroy(im);
    video_reader_destroy(r);
}

static void test_damage(void)
{
    unsigned seed = 99;

    CHECK_CASE("damage");
    for (int kind = 0; kind < 4; kind++) {
        int good = kind == 0 ? png(true) : kind == 1 ? jpeg(6) : webp(true, kind == 2 ? "1" : "0");
        uint8_t bytes[16384];
        ssize_t n = pread(good, bytes, sizeof bytes, 0);

        for (int round = 0; round < 60; round++) {
            int fd = synth_fd();
            uint8_t copy[sizeof bytes];
            memcpy(copy, bytes, (size_t)n);
            for (int hit = 0; hit <= round % 8; hit++) {
                seed = seed * 1103515245 + 12345;
                copy[(seed >> 4) % (size_t)n] = (uint8_t)(seed >> 24);
            }
            if (write(fd, copy, (size_t)(round % 3 ? n : n * round / 60)) < 0)
                abort();
            check_either(fd);
            close(fd);
        }
        close(good);
    }
}

int main(void)
{
    media_init();
    test_kinds();
    test_bounds();
    for (int i = 1; i <= 8; i++) {
        char name[20];
        snprintf(name, sizeof name, "orientation %d", i);
        CHECK_CASE(name);
        check_held(i);
        CHECK_CASE("");
    }
    test_sources();
    test_large();
    test_stills();
    test_damage();
    return check_done();
}
