/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sources as other programs make them: interlaced, turned and mirrored, of oblong samples, one or
 * 240 pictures a second, of late or negative times. Skipped where the ffmpeg command is missing.
 */
#include "check.h"
#include "core/timebase.h"
#include "media/media.h"
#include "media/scale.h"
#include "unit/ffmpeg.h"

#include <string.h>

#define SKIPPED 77

static struct picture *at(struct video_reader *r, double seconds)
{
    return video_reader_at(r, ticks_from_seconds(seconds), NULL);
}

static int luma(const struct picture *p, int x, int y)
{
    const uint8_t *row = p->data[0] + (ptrdiff_t)y * p->stride[0];

    return p->depth > 8 ? ((const uint16_t *)(const void *)row)[x] >> (p->depth - 8) : row[x];
}

static struct video_reader *make(const char *words, const char *container, int *fd)
{
    struct err e = {0};
    struct video_reader *r;

    *fd = ffmpeg_make(words, -1, container);
    r = video_reader_create(*fd, NULL, &e);
    CHECK_CASE(words);
    CHECK(*fd >= 0 && r != NULL);
    if (!r)
        fprintf(stderr, "%s\n", e.msg);
    return r;
}

/* --- Interlaced --- */

/* How much neighbouring lines differ beyond what the lines two apart do: the comb. */
static double comb(const struct picture *p)
{
    double sum = 0;

    for (int y = 1; y + 2 < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            int a = luma(p, x, y - 1), b = luma(p, x, y), c = luma(p, x, y + 1);
            int over = b > a && b > c   ? b - (a > c ? a : c)
                       : b < a && b < c ? (a < c ? a : c) - b
                                        : 0;
            sum += over;
        }
    return sum / ((double)p->width * p->height);
}

static double difference(const struct picture *a, const struct picture *b)
{
    double sum = 0;

    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            sum += (luma(a, x, y) - luma(b, x, y)) * (luma(a, x, y) - luma(b, x, y));
    return sum / ((double)a->width * a->height);
}

struct interlaced_case {
    const char *name, *words, *container;
};

/* A bright bar that moves fast over a still pattern, 50 fields a second. */
#define SCENE                                                                                      \
    "-f lavfi -i \"testsrc2=s=320x240:r=50:d=1.2\" -f lavfi -i "                                   \
    "\"color=white:s=40x240:r=50:d=1.2\" -filter_complex "                                         \
    "\"[0]select='eq(n,0)',loop=-1:1,setpts=N/50/TB[still];[still][1]overlay=x='6*n':y=0:"         \
    "shortest=1%s\" "

static const struct interlaced_case interlaced[] = {
    {"mpeg2, top first", ",interlace=scan=tff:lowpass=0", "mpeg2video -q:v 2 -flags +ildct+ilme"},
    {"mpeg2, bottom first", ",interlace=scan=bff:lowpass=0",
     "mpeg2video -q:v 2 -flags +ildct+ilme"},
    {"h264", ",interlace=scan=tff:lowpass=0,format=yuv420p", "libx264 -qp 8 -g 12 -x264opts tff=1"},
    {"prores, 10 bits", ",interlace=scan=tff:lowpass=0,format=yuv422p10le",
     "prores_ks -profile:v 2 -flags +ildct"},
};

static struct video_reader *scene(const char *filters, const char *codec, int *fd)
{
    char words[1024];

    snprintf(words, sizeof words, SCENE "-c:v %s", filters, codec);
    return make(words, "matroska", fd);
}

static void test_interlaced(void)
{
    for (size_t i = 0; i < sizeof interlaced / sizeof interlaced[0]; i++) {
        int fd, raw_fd;
        struct video_reader *r = scene(interlaced[i].words, interlaced[i].container, &fd);
        /* The truth: every second picture of the progressive film. */
        struct video_reader *truth =
            scene(",select='not(mod(n\\,2))',format=yuv420p", "libx264 -qp 4", &raw_fd);
        struct picture *seen[10] = {NULL};
        int differ = 0;

        CHECK_CASE(interlaced[i].name);
        for (int n = 0; r && truth && n < 10; n++) {
            struct picture *p = seen[n] = at(r, (2 + 2 * n) / 25.0 + 0.001);
            struct picture *t = at(truth, (2 + 2 * n) / 25.0 + 0.001);
            CHECK(p && t && p->height == 240);
            if (p && t) {
                CHECK(difference(p, t) < 13);         /* better than 37 dB */
                CHECK(comb(p) < comb(t) * 1.3 + 0.3); /* weaving gives 20 times that */
            }
            picture_unref(&t);
        }
        /* The same picture, whichever way the reader came to it. */
        for (int n = 9; r && n >= 0; n--) {
            struct picture *p = at(r, (2 + 2 * (n * 7 % 10)) / 25.0 + 0.001);
            differ += !p || difference(p, seen[n * 7 % 10]) > 0;
            picture_unref(&p);
        }
        CHECK(differ == 0);
        for (int n = 0; n < 10; n++)
            picture_unref(&seen[n]);
        video_reader_destroy(r);
        video_reader_destroy(truth);
        close(fd);
        close(raw_fd);
    }
}

/* --- Rates and starts --- */
struct rate_case {
    const char *words, *container;
    double fps, duration, first; /* seconds; first: of the first picture on the source's clock */
    bool vfr;
};

static const struct rate_case rates[] = {
    {"-f lavfi -i testsrc2=s=160x96:r=1:d=12 -c:v libx264 -preset ultrafast", "mp4", 1, 12, 0,
     false},
    {"-f lavfi -i testsrc2=s=160x96:r=240:d=1 -c:v libx264 -preset ultrafast", "mp4", 240, 1, 0,
     false},
    {"-f lavfi -i testsrc2=s=160x96:r=30:d=3 -c:v libx264 -output_ts_offset 7", "mpegts", 30, 3, 0,
     false},
    {"-f lavfi -i testsrc2=s=160x96:r=30:d=3 -c:v libx264 -bf 2 -output_ts_offset -1.5 "
     "-avoid_negative_ts disabled",
     "mov", 30, 1.5, 0, false}, /* an edit list takes away what lies before zero */
    {"-f lavfi -i testsrc2=s=160x96:r=30:d=3 -vf \"select='not(eq(mod(n\\,5)\\,2))'\" -vsync vfr "
     "-c:v libx264",
     "mp4", 24, 3, 0, true},
    {"-itsoffset 0.5 -f lavfi -i testsrc2=s=160x96:r=25:d=2 -f lavfi -i sine=d=2.5 -c:v libx264 "
     "-c:a aac",
     "matroska", 25, 2.5, 0.5, false},
};

static void test_rates(void)
{
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct rate_case *c = &rates[i];
        int fd, n = 0, wrong = 0, steps;
        struct video_reader *r = make(c->words, c->container, &fd);
        struct media_info info;
        struct err e = {0};
        struct picture *p;
        int64_t times[512];

        CHECK(media_probe(fd, &info, NULL, &e));
        CHECK_NEAR(info.fps, c->fps, 0.01 * c->fps);
        CHECK_NEAR(info.duration, c->duration, 0.08);
        CHECK(info.is_vfr == c->vfr);
        CHECK_NEAR(ticks_to_seconds(info.video_start_ticks), c->first, 0.05);
        while (r && n < 512 && (p = video_reader_next(r, &e))) {
            times[n++] = p->pts_ticks;
            picture_unref(&p);
        }
        CHECK_NEAR(n, c->fps * (c->duration - c->first), 1.1);
        /* Forwards, backwards and across: always the one with the largest time so far. */
        steps = n > 60 ? 60 : n;
        for (int k = 0; r && k < 3 * steps; k++) {
            int want = k < steps ? k * n / steps : k < 2 * steps ? n - 1 - (k - steps) : k * 37 % n;
            int64_t later = want + 1 < n ? (times[want] + times[want + 1]) / 2 : times[want] + 1000;
            struct picture *next;
            wrong += !video_reader_pair_at(r, later, &p, &next, &e) ||
                     p->pts_ticks != times[want] || (want + 1 < n) != (next != NULL) ||
                     (next && next->pts_ticks != times[want + 1]);
            picture_unref(&p);
            picture_unref(&next);
        }
        CHECK(wrong == 0);
        video_reader_destroy(r);
        close(fd);
    }
}

/* --- Turned, mirrored, oblong --- */

/* Replaces the matrix of the track header of an MP4. */
static void set_matrix(int fd, const int16_t m[4])
{
    off_t size = lseek(fd, 0, SEEK_END);
    uint8_t *data = malloc((size_t)size), *track, words[36] = {0};

    if (pread(fd, data, (size_t)size, 0) != size)
        abort();
    track = memmem(data, (size_t)size, "tkhd", 4);
    for (int i = 0; i < 4; i++) { /* a b u, c d v, x y w; 16.16 and 2.30 */
        int at = (i / 2 * 3 + i % 2) * 4;
        words[at] = (uint8_t)((uint16_t)m[i] >> 8);
        words[at + 1] = (uint8_t)m[i];
    }
    words[32] = 0x40;
    CHECK(track != NULL);
    if (track && pwrite(fd, words, sizeof words, track + 44 - data) != (ssize_t)sizeof words)
        abort();
    free(data);
}

/* Quarters of brightness 40 | 100 over 160 | 220. */
#define QUARTERS                                                                                   \
    "-f lavfi -i color=black:s=160x96:r=10:d=0.5 -vf "                                             \
    "\"geq=lum='40+60*gte(X,80)+120*gte(Y,48)':cb=128:cr=128\" -c:v libx264 -qp 4"

static const struct {
    const char *name;
    int16_t matrix[4];
    int corners[4]; /* as seen: top left, top right, bottom left, bottom right */
} turns[] = {
    {"upright", {1, 0, 0, 1}, {40, 100, 160, 220}},
    {"90", {0, 1, -1, 0}, {160, 40, 220, 100}},
    {"180", {-1, 0, 0, -1}, {220, 160, 100, 40}},
    {"270", {0, -1, 1, 0}, {100, 220, 40, 160}},
    {"mirrored", {-1, 0, 0, 1}, {100, 40, 220, 160}},
    {"upside down", {1, 0, 0, -1}, {160, 220, 40, 100}},
    {"transposed", {0, 1, 1, 0}, {40, 160, 100, 220}},
    {"transposed the other way", {0, -1, -1, 0}, {220, 100, 160, 40}},
};

static void check_turn(struct scaler *s, struct picture *p, const int corners[4], int width,
                       int height)
{
    struct err e = {0};
    struct picture_pool *pool = picture_pool_create(width, height, &e);
    struct picture *out = picture_pool_take(pool, &e);

    CHECK(scale_picture(s, p, NULL, out, &e));
    for (int k = 0; k < 4; k++)
        CHECK_NEAR(luma(out, k % 2 ? width - 4 : 4, k / 2 ? height - 4 : 4), corners[k], 3);
    picture_unref(&out);
    picture_pool_destroy(pool);
}

static void test_turns(void)
{
    struct err e = {0};
    struct scaler *s = scaler_create(&e);

    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        int fd = ffmpeg_make(QUARTERS, -1, "mp4"), w, h;
        struct video_reader *r;
        struct media_info info;
        struct picture *p;

        CHECK_CASE(turns[i].name);
        set_matrix(fd, turns[i].matrix);
        r = video_reader_create(fd, NULL, &e);
        p = r ? at(r, 0.2) : NULL;
        CHECK(p != NULL);
        if (p) {
            picture_upright_size(p, &w, &h);
            CHECK(media_probe(fd, &info, NULL, &e) && info.width == w && info.height == h);
            CHECK((turns[i].matrix[0] == 0) == (w == 96));
            check_turn(s, p, turns[i].corners, w, h); /* turned as it is */
            check_turn(s, p, turns[i].corners, 64, 50);
        }
        picture_unref(&p);
        video_reader_destroy(r);
        close(fd);
    }
    scaler_destroy(s);
}

static void test_oblong(void)
{
    int fd;
    struct video_reader *r =
        make("-f lavfi -i testsrc2=s=160x96:r=10:d=0.5 -vf setsar=4/3 -c:v libx264", "mp4", &fd);
    struct picture *p = r ? at(r, 0) : NULL;
    struct media_info info;
    struct err e = {0};

    CHECK(p && p->sar_num == 4 && p->sar_den == 3 && p->width == 160);
    CHECK(media_probe(fd, &info, NULL, &e) && info.width == 213 && info.height == 96);
    picture_unref(&p);
    video_reader_destroy(r);
    close(fd);
}

/* Pictures with alpha lie over black, at 8 bits and more. */
static void test_alpha(void)
{
    int fd;
    struct video_reader *r =
        make("-f lavfi -i color=white:s=160x96:r=10:d=0.3 -vf "
             "\"format=yuva444p10le,geq=lum=940:cb=512:cr=512:a='1023*gte(X,80)'\" "
             "-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le",
             "mov", &fd);
    struct picture *p = r ? at(r, 0) : NULL;

    CHECK(p && p->depth >= 10);
    CHECK(p && abs(luma(p, 20, 40) - 16) < 3 && abs(luma(p, 140, 40) - 235) < 3);
    picture_unref(&p);
    video_reader_destroy(r);
    close(fd);
}

int main(void)
{
    if (!ffmpeg_is_here()) {
        printf("SKIPPED: the ffmpeg command is not installed\n");
        return SKIPPED;
    }
    media_init();
    test_interlaced();
    test_rates();
    test_turns();
    test_oblong();
    test_alpha();
    return check_done();
}
