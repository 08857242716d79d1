/* SPDX-License-Identifier: GPL-3.0-or-later
 * A chart of colours in every matrix, range, depth and subsampling comes out as the same bt709;
 * HDR comes out neither dark nor washed, without clipping and with its hues.
 */
#include "check.h"
#include "media/av.h"
#include "media/colour.h"
#include "media/scale.h"
#include "unit/ffmpeg.h"
#include "unit/synth.h"

#include <libavutil/mastering_display_metadata.h>
#include <libavutil/pixfmt.h>

/* 6 x 4 patches; the first row is grey, then primaries and mixtures, skin and pastels. */
#define COLUMNS 6
#define ROWS 4
#define PATCH 32
#define WIDTH (COLUMNS * PATCH)
#define HEIGHT (ROWS * PATCH)

struct rgb {
    double r, g, b;
};

static const struct rgb chart[COLUMNS * ROWS] = {
    {0, 0, 0},          {0.2, 0.2, 0.2},    {0.4, 0.4, 0.4},    {0.6, 0.6, 0.6},
    {0.8, 0.8, 0.8},    {1, 1, 1},          {1, 0, 0},          {0, 1, 0},
    {0, 0, 1},          {0, 1, 1},          {1, 0, 1},          {1, 1, 0},
    {0.5, 0, 0},        {0, 0.5, 0},        {0, 0, 0.5},        {0.8, 0.2, 0.2},
    {0.2, 0.8, 0.2},    {0.2, 0.2, 0.8},    {0.77, 0.58, 0.51}, {0.45, 0.32, 0.27},
    {0.38, 0.48, 0.62}, {0.35, 0.42, 0.26}, {0.95, 0.78, 0.1},  {0.9, 0.7, 0.9},
};

struct matrix {
    double kr, kb;
};

static const struct matrix bt709 = {0.2126, 0.0722}, bt601 = {0.299, 0.114},
                           bt2020 = {0.2627, 0.0593};

struct yuv {
    double y, u, v; /* 0..1, +-0.5 */
};

static struct yuv to_yuv(struct rgb x, struct matrix m)
{
    double y = m.kr * x.r + (1 - m.kr - m.kb) * x.g + m.kb * x.b;

    return (struct yuv){y, (x.b - y) / (2 * (1 - m.kb)), (x.r - y) / (2 * (1 - m.kr))};
}

/* --- Pictures of the chart --- */
static void fill_patch(struct picture *p, int plane, int patch, int value)
{
    int sx = plane ? p->chroma_shift_x : 0, sy = plane ? p->chroma_shift_y : 0;
    int x0 = patch % COLUMNS * PATCH >> sx, y0 = patch / COLUMNS * PATCH >> sy;

    for (int y = y0; y < y0 + (PATCH >> sy); y++)
        for (int x = x0; x < x0 + (PATCH >> sx); x++) {
            uint8_t *row = p->data[plane] + (ptrdiff_t)y * p->stride[plane];
            if (p->depth > 8)
                ((uint16_t *)(void *)row)[x] = (uint16_t)value;
            else
                row[x] = (uint8_t)value;
        }
}

static struct picture *empty_picture(int format)
{
    AVFrame *f = av_frame_alloc();
    struct picture *p;

    f->format = format;
    f->width = WIDTH;
    f->height = HEIGHT;
    if (av_frame_get_buffer(f, 0) < 0)
        abort();
    p = picture_take_frame(f);
    av_frame_free(&f);
    return p;
}

static struct picture *chart_picture(int format, struct matrix m, bool full,
                                     const struct rgb colours[COLUMNS * ROWS])
{
    struct picture *p = empty_picture(format);
    double top = 1 << (p->depth - 8), white = (1 << p->depth) - 1, middle = 1 << (p->depth - 1);

    p->full_range = full;
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        struct yuv c = to_yuv(colours[i], m);
        fill_patch(p, 0, i, (int)lround(full ? c.y * white : (16 + 219 * c.y) * top));
        fill_patch(p, 1, i, (int)lround(fmin(white, middle + c.u * (full ? white : 224 * top))));
        fill_patch(p, 2, i, (int)lround(fmin(white, middle + c.v * (full ? white : 224 * top))));
    }
    return p;
}

/* The middle of a patch of an 8-bit 4:2:0 picture of any size. */
static struct yuv patch_of(const struct picture *p, int patch)
{
    int x = (2 * (patch % COLUMNS) + 1) * p->width / (2 * COLUMNS);
    int y = (2 * (patch / COLUMNS) + 1) * p->height / (2 * ROWS);

    return (struct yuv){p->data[0][y * p->stride[0] + x], p->data[1][y / 2 * p->stride[1] + x / 2],
                        p->data[2][y / 2 * p->stride[2] + x / 2]};
}

static double worst_difference(const struct picture *p, const struct rgb want[COLUMNS * ROWS])
{
    double worst = 0;

    for (int i = 0; i < COLUMNS * ROWS; i++) {
        struct yuv w = to_yuv(want[i], bt709), got = patch_of(p, i);
        worst = fmax(worst, fabs(got.y - (16 + 219 * w.y)));
        worst = fmax(worst, fabs(got.u - (128 + 224 * w.u)));
        worst = fmax(worst, fabs(got.v - (128 + 224 * w.v)));
    }
    return worst;
}

/* By the scaler at the same and at half size, and where it may be, directly. */
static void check_chart(struct scaler *s, const struct picture *p,
                        const struct rgb want[COLUMNS * ROWS])
{
    static const int sizes[] = {1, 2};
    struct err e = {0};

    for (int i = 0; i < 2; i++) {
        struct picture_pool *pool = picture_pool_create(WIDTH / sizes[i], HEIGHT / sizes[i], &e);
        struct picture *out = picture_pool_take(pool, &e);
        CHECK(scale_picture(s, p, NULL, out, &e));
        CHECK_NEAR(worst_difference(out, want), 0, 2);
        if (sizes[i] == 1 && scale_is_direct(p)) {
            for (int k = 0; k < 3; k++)
                for (int y = 0; y < HEIGHT >> (k > 0); y++)
                    memcpy(out->data[k] + y * out->stride[k], p->data[k] + y * p->stride[k],
                           WIDTH >> (k > 0));
            scale_finish_colours(out, p);
            CHECK_NEAR(worst_difference(out, want), 0, 2);
        }
        picture_unref(&out);
        picture_pool_destroy(pool);
    }
}

static void test_every_kind(struct scaler *s)
{
    static const int formats[] = {
        AV_PIX_FMT_YUV420P,   AV_PIX_FMT_YUV422P,   AV_PIX_FMT_YUV444P,
        AV_PIX_FMT_YUV420P10, AV_PIX_FMT_YUV422P10, AV_PIX_FMT_YUV444P10,
        AV_PIX_FMT_YUV420P12, AV_PIX_FMT_YUV422P12, AV_PIX_FMT_YUV444P12,
    };
    static const struct {
        const char *name;
        int code;
        const struct matrix *m;
    } matrices[] = {
        {"bt709", 1, &bt709},
        {"bt601 of 625 lines", 5, &bt601},
        {"bt601 of 525 lines", 6, &bt601},
        {"bt2020 matrix", 9, &bt2020},
        {"small and untagged", 2, &bt601},
    };

    for (size_t k = 0; k < sizeof matrices / sizeof matrices[0]; k++)
        for (size_t i = 0; i < 2 * sizeof formats / sizeof formats[0]; i++) {
            struct picture *p = chart_picture(formats[i / 2], *matrices[k].m, i % 2, chart);
            char name[80];
            p->colour_matrix = matrices[k].code;
            snprintf(name, sizeof name, "%s, %d bits, shifts %d %d, %s", matrices[k].name, p->depth,
                     p->chroma_shift_x, p->chroma_shift_y, i % 2 ? "full" : "limited");
            CHECK_CASE(name);
            check_chart(s, p, chart);
            CHECK_CASE("");
            picture_unref(&p);
        }
}

/* As players take it that says nothing. */
static void test_guesses(void)
{
    static const struct {
        int width, height;
        bool plain;
    } sizes[] = {
        {1920, 1080, true}, {1280, 534, true}, {720, 1280, true}, {1280, 720, true},
        {720, 576, false},  {640, 480, false}, {480, 640, false}, {1024, 576, false},
    };

    CHECK_CASE("guesses");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct picture p = {.width = sizes[i].width,
                            .height = sizes[i].height,
                            .depth = 8,
                            .chroma_shift_x = 1,
                            .chroma_shift_y = 1,
                            .colour_matrix = 2,
                            .colour_transfer = 2,
                            .colour_primaries = 2};
        CHECK(scale_is_plain(&p) == sizes[i].plain);
        CHECK(scale_is_direct(&p));
        p.colour_transfer = 18;
        CHECK(!scale_is_direct(&p));
    }
}

/* --- Other light --- */
static struct rgb wide_to_709(struct rgb x)
{
    return (struct rgb){1.6605 * x.r - 0.5876 * x.g - 0.0728 * x.b,
                        -0.1246 * x.r + 1.1329 * x.g - 0.0083 * x.b,
                        -0.0182 * x.r - 0.1006 * x.g + 1.1187 * x.b};
}

static struct rgb gamma_of(struct rgb x, double gamma)
{
    return (struct rgb){pow(fmax(x.r, 0), gamma), pow(fmax(x.g, 0), gamma),
                        pow(fmax(x.b, 0), gamma)};
}

/* SDR in bt2020 primaries: what lies well inside of bt709 comes out as computed. (At its very
 * border the table's grid rounds a corner, by up to 10 codes of chroma.) */
static void test_wide(struct scaler *s)
{
    struct rgb want[COLUMNS * ROWS], tame[COLUMNS * ROWS];
    struct picture *p;

    CHECK_CASE("bt2020 primaries");
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        tame[i] =
            (struct rgb){0.5 + 0.15 * chart[i].r, 0.5 + 0.15 * chart[i].g, 0.5 + 0.15 * chart[i].b};
        want[i] = gamma_of(wide_to_709(gamma_of(tame[i], 2.4)), 1 / 2.4);
    }
    p = chart_picture(AV_PIX_FMT_YUV420P10, bt2020, false, tame);
    p->colour_matrix = p->colour_primaries = 9;
    p->colour_transfer = 14;
    check_chart(s, p, want);
    picture_unref(&p);
}

static double pq(double nits)
{
    double y = pow(nits / 10000, 2610.0 / 16384);

    return pow((3424.0 / 4096 + 2413.0 / 128 * y) / (1 + 2392.0 / 128 * y), 2523.0 / 32);
}

static double hlg(double scene)
{
    return scene <= 1.0 / 12 ? sqrt(3 * scene)
                             : 0.17883277 * log(12 * scene - 0.28466892) + 0.55991073;
}

/* Nits on a display of 1000 as HLG: back through the system gamma of 1.2. */
static struct rgb hlg_of(struct rgb nits)
{
    double y = 0.2627 * nits.r + 0.6780 * nits.g + 0.0593 * nits.b;
    double k = y > 0 ? pow(y / 1000, 1 / 1.2 - 1) / 1000 : 0;

    return (struct rgb){hlg(nits.r * k), hlg(nits.g * k), hlg(nits.b * k)};
}

static struct rgb signal_of(int transfer, struct rgb nits)
{
    return transfer == 18 ? hlg_of(nits) : (struct rgb){pq(nits.r), pq(nits.g), pq(nits.b)};
}

/* The chart of light in nits as it comes out. */
static struct picture *mapped(struct scaler *s, int transfer, double peak,
                              const struct rgb nits[COLUMNS * ROWS])
{
    struct err e = {0};
    struct rgb signal[COLUMNS * ROWS];
    struct picture_pool *pool = picture_pool_create(WIDTH, HEIGHT, &e);
    struct picture *p, *out = picture_pool_take(pool, &e);
    AVContentLightMetadata *light;

    for (int i = 0; i < COLUMNS * ROWS; i++)
        signal[i] = signal_of(transfer, nits[i]);
    p = chart_picture(AV_PIX_FMT_YUV420P10, bt2020, false, signal);
    p->colour_matrix = p->colour_primaries = 9;
    p->colour_transfer = transfer;
    light = peak > 0 ? av_content_light_metadata_create_side_data(picture_frame(p)) : NULL;
    if (light)
        light->MaxCLL = (unsigned)peak;
    CHECK(!scale_is_plain(p));
    CHECK(scale_picture(s, p, NULL, out, &e));
    picture_unref(&p);
    picture_pool_destroy(pool);
    return out;
}

static double level(const struct picture *p, int patch)
{
    return (patch_of(p, patch).y - 16) / 219;
}

struct light_case {
    const char *name;
    int transfer;
    double peak; /* that the file tells; 0 none */
    double top;  /* brightest light that keeps its steps */
};

static const struct light_case lights[] = {
    {"HLG", 18, 0, 1000},
    {"PQ", 16, 0, 4000},
    {"PQ of 1000 nits", 16, 1000, 1000},
    {"PQ of 2000 nits", 16, 2000, 2000},
    {"PQ of 4000 nits", 16, 4000, 4000},
};

/* Black stays black, white under a lamp lands where SDR has it, brighter light keeps its steps. */
static void check_greys(struct scaler *s, const struct light_case *c)
{
    struct rgb nits[COLUMNS * ROWS];
    struct picture *p;
    int coloured = 0;

    for (int i = 0; i < COLUMNS * ROWS; i++) {
        double x = i == 0 ? 0 : i == 1 ? 26 : i == 2 ? 203 : c->top * pow(0.8, 23 - i);
        nits[i] = (struct rgb){x, x, x};
    }
    p = mapped(s, c->transfer, c->peak, nits);
    CHECK_NEAR(level(p, 0), 0, 0.006);
    CHECK_NEAR(level(p, 1), 0.40, 0.06); /* a card of 18 % grey */
    CHECK(level(p, 2) > 0.75 && level(p, 2) < 0.85);
    CHECK_NEAR(level(p, 23), 1, 0.012);
    for (int i = 4; i < 23; i++) /* the brightest steps are small, but none falls */
        CHECK(i < 20 ? level(p, i) > level(p, i - 1) : level(p, i) >= level(p, i - 1));
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        struct yuv x = patch_of(p, i);
        coloured += fabs(x.u - 128) > 1 || fabs(x.v - 128) > 1;
    }
    CHECK(coloured == 0);
    picture_unref(&p);
}

static struct rgb light_of_709(struct yuv x)
{
    double y = (x.y - 16) / 219, u = (x.u - 128) / 224, v = (x.v - 128) / 224;
    double r = y + 1.5748 * v, b = y + 1.8556 * u;
    double g = (y - 0.2126 * r - 0.0722 * b) / 0.7152;

    return gamma_of((struct rgb){r, g, b}, 2.4);
}

/* Hue as an angle in light, degrees. */
static double hue(struct rgb x)
{
    return atan2(sqrt(3) * (x.g - x.b), 2 * x.r - x.g - x.b) * 180 / 3.14159265358979;
}

/* Colours that bt709 knows, at three brightnesses, keep their hue and stay colours. */
static void check_hues(struct scaler *s, const struct light_case *c)
{
    static const struct rgb colours[] = {
        {0.9, 0.3, 0.25}, {0.3, 0.8, 0.3}, {0.25, 0.3, 0.8},  {0.8, 0.7, 0.25},
        {0.3, 0.7, 0.8},  {0.7, 0.3, 0.7}, {0.8, 0.55, 0.45}, {0.5, 0.65, 0.9},
    };
    struct rgb nits[COLUMNS * ROWS], wanted[COLUMNS * ROWS];
    struct picture *p;

    for (int i = 0; i < COLUMNS * ROWS; i++) {
        double k = i < 8 ? 100 : i < 16 ? 300 : 900;
        struct rgb x = colours[i % 8];
        /* BT.2087 the other way */
        wanted[i] = x;
        nits[i] = (struct rgb){k * (0.6274 * x.r + 0.3293 * x.g + 0.0433 * x.b),
                               k * (0.0691 * x.r + 0.9195 * x.g + 0.0114 * x.b),
                               k * (0.0164 * x.r + 0.0880 * x.g + 0.8956 * x.b)};
    }
    p = mapped(s, c->transfer, c->peak, nits);
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        struct rgb got = light_of_709(patch_of(p, i));
        double most = fmax(got.r, fmax(got.g, got.b)), least = fmin(got.r, fmin(got.g, got.b));
        double off = fabs(remainder(hue(got) - hue(wanted[i]), 360));
        double saturation = 1 - fmin(wanted[i].r, fmin(wanted[i].g, wanted[i].b)) /
                                    fmax(wanted[i].r, fmax(wanted[i].g, wanted[i].b));
        CHECK(off < 6);
        CHECK(1 - least / most > 0.8 * saturation);
    }
    picture_unref(&p);
}

static void test_light(struct scaler *s)
{
    for (size_t i = 0; i < sizeof lights / sizeof lights[0]; i++) {
        CHECK_CASE(lights[i].name);
        check_greys(s, &lights[i]);
        check_hues(s, &lights[i]);
    }
}

/* --- Through real files --- */
static int raw_chart(void)
{
    int fd = memfd_create("chart", 0);
    uint8_t line[WIDTH * 3];

    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            struct rgb c = chart[y / PATCH * COLUMNS + x / PATCH];
            line[3 * x] = (uint8_t)lround(255 * c.r);
            line[3 * x + 1] = (uint8_t)lround(255 * c.g);
            line[3 * x + 2] = (uint8_t)lround(255 * c.b);
        }
        if (write(fd, line, sizeof line) != (ssize_t)sizeof line)
            abort();
    }
    return fd;
}

static void test_files(struct scaler *s)
{
    static const struct {
        const char *matrix, *tag, *range, *format, *codec, *container;
    } files[] = {
        {"bt709", "bt709", "tv", "yuv420p", "libx264 -qp 4", "mp4"},
        {"bt709", "bt709", "pc", "yuvj420p", "libx264 -qp 4", "mp4"},
        {"bt601", "smpte170m", "tv", "yuv420p", "libx264 -qp 4", "mp4"},
        {"bt601", "bt470bg", "pc", "yuvj422p", "libx264 -qp 4", "matroska"},
        {"bt709", "bt709", "tv", "yuv444p10le", "libx264 -qp 4", "mp4"},
        {"bt2020", "bt2020nc", "tv", "yuv420p10le", "libx264 -qp 4", "mp4"},
        {"bt2020", "bt2020nc", "pc", "yuv422p10le", "libx264 -qp 4", "matroska"},
        {"bt601", "smpte170m", "tv", "yuv422p10le", "prores_ks -profile:v 3 -qscale:v 2", "mov"},
    };
    int raw = raw_chart();

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char words[512];
        struct err e = {0};
        struct video_reader *r;
        struct picture *p;
        int fd;

        snprintf(
            words, sizeof words,
            "-f rawvideo -pix_fmt rgb24 -s %dx%d -i $IN -vf "
            "scale=out_color_matrix=%s:out_range=%s:flags=accurate_rnd+full_chroma_int,format=%s "
            "-frames:v 1 -colorspace %s -color_range %s -c:v %s",
            WIDTH, HEIGHT, files[i].matrix, files[i].range, files[i].format, files[i].tag,
            files[i].range, files[i].codec);
        CHECK_CASE(words);
        fd = ffmpeg_make(words, raw, files[i].container);
        CHECK(fd >= 0);
        r = video_reader_create(fd, NULL, &e);
        p = r ? video_reader_at(r, 0, &e) : NULL;
        CHECK(p != NULL);
        if (p)
            check_chart(s, p, chart);
        picture_unref(&p);
        video_reader_destroy(r);
        close(fd);
        CHECK_CASE("");
    }
    close(raw);
}

/* What is left over at the right, where the fast loop does not reach, comes out like the rest; so
 * does the last row of an odd height. */
static void test_leftovers(void)
{
    enum { W = 70, H = 5 };
    struct err e = {0};
    struct picture_pool *pool = picture_pool_create(W, H, &e);
    struct picture *p = pool ? picture_pool_take(pool, &e) : NULL;
    unsigned wrong = 0;

    CHECK(p);
    for (int colour = 0; p && colour < 256; colour++) {
        for (int i = 0; i < 3; i++)
            for (int y = 0; y < (i ? (H + 1) / 2 : H); y++)
                memset(p->data[i] + y * p->stride[i], (colour * (2 * i + 1) + 97 * i) & 255,
                       i ? W / 2 : W);
        colour_to_bt709(p, AVCOL_SPC_SMPTE170M, false);
        for (int i = 0; i < 3; i++)
            for (int y = 0; y < (i ? (H + 1) / 2 : H); y++)
                for (int x = 0; x < (i ? W / 2 : W); x++)
                    wrong += p->data[i][y * p->stride[i] + x] != p->data[i][0];
        CHECK(wrong == 0);
    }
    picture_unref(&p);
    picture_pool_destroy(pool);
}

int main(void)
{
    struct err e = {0};
    struct scaler *s;

    media_init();
    s = scaler_create(&e);
    test_every_kind(s);
    test_guesses();
    test_wide(s);
    test_light(s);
    test_leftovers();
    if (ffmpeg_is_here())
        test_files(s);
    else
        printf("SKIPPED the files that the ffmpeg command makes: it is not installed\n");
    scaler_destroy(s);
    return check_done();
}
