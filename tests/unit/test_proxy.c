/* SPDX-License-Identifier: GPL-3.0-or-later
 * A proxy shows the same pictures at the same times as its source, whatever the source is like.
 * Skipped where the ffmpeg command is missing.
 */
#include "check.h"
#include "core/timebase.h"
#include "media/media.h"
#include "media/proxy_writer.h"
#include "media/scale.h"
#include "unit/ffmpeg.h"

#include <stdlib.h>
#include <string.h>

#define SKIPPED 77
#define MAX_PICTURES 400
#define MOST_DIFFERENCE 3 /* mean of luma, of pictures made equally small */

/* A scene whose every part tells where and when it is. */
#define SCENE(size, rate, d) "-f lavfi -i \"testsrc2=s=" size ":r=" rate ":d=" d "\" "
#define X264 "-c:v libx264 -preset ultrafast -qp 12 "

static const struct {
    const char *name, *words, *container;
    int width, height; /* of the proxy */
    bool rounds;       /* the proxy cannot hold the times exactly */
    const char *then;  /* what is done to the file; NULL: nothing */
} cases[] = {
    {"landscape, B-frames", SCENE("1920x1080", "30", "1.5") X264 "-bf 3 -pix_fmt yuv420p", "mp4",
     960, 540, false, NULL},
    {"portrait, 24000/1001", SCENE("1080x1920", "24000/1001", "1") X264 "-pix_fmt yuv420p", "mp4",
     540, 960, false, NULL},
    {"60000/1001 in Matroska", SCENE("1280x720", "60000/1001", "0.7") X264 "-pix_fmt yuv420p",
     "matroska", 960, 540, false, NULL},
    {"2160 lines of 10 bits", SCENE("3840x2160", "25", "0.4") X264 "-pix_fmt yuv420p10le", "mp4",
     960, 540, false, NULL},
    {"4:4:4, odd shape", SCENE("1242x1300", "25", "0.6") X264 "-pix_fmt yuv444p", "mp4", 540, 566,
     false, NULL},
    {"variable rate",
     SCENE("1440x1080", "50",
           "3") "-vf \"select='not(mod(n,7))+not(mod(n,11))+lt(n,5)'\" -fps_mode "
                "vfr -bf 2 " X264 "-pix_fmt yuv420p",
     "mp4", 720, 540, false, NULL},
    {"one a second, odd time base",
     SCENE("1920x1080", "1", "6") X264 "-pix_fmt yuv420p -video_track_timescale 11987", "mp4", 960,
     540, true, NULL},
    {"sound begins before",
     "-f lavfi -i sine=440:d=2 -itsoffset 0.4 " SCENE("1280x720", "25", "1") X264
     "-pix_fmt yuv420p -c:a aac",
     "matroska", 960, 540, false, NULL},
    {"oblong samples", SCENE("720x576", "25", "0.6") "-vf setsar=64/45 " X264 "-pix_fmt yuv420p",
     "matroska", 960, 540, false, NULL},
    {"interlaced",
     SCENE("1920x1080", "50", "0.8") "-vf interlace=scan=tff:lowpass=0,format=yuv420p " X264
                                     "-x264opts tff=1",
     "matroska", 960, 540, false, NULL},
    {"turned, as telephones do", SCENE("1920x1080", "30", "0.5") X264 "-pix_fmt yuv420p", "mov",
     540, 960, false, "-i $IN -c copy -metadata:s:v rotate=90"},
    {"full range bt601",
     SCENE("1280x720", "25", "0.5") "-vf scale=out_range=pc:out_color_matrix=bt601 "
                                    "-color_range pc -colorspace smpte170m " X264
                                    "-pix_fmt yuv420p",
     "mp4", 960, 540, false, NULL},
};
#define CASES (sizeof cases / sizeof *cases)

/* The proxy of a source in a file of its own; -1 with e set. */
static int make_proxy(int fd, struct err *e)
{
    struct media_info info;
    int out = memfd_create("proxy", 0);
    struct video_reader *r = video_reader_create(fd, NULL, e);
    struct proxy_writer *w =
        r && media_probe(fd, &info, NULL, e) ? proxy_writer_create(&info, out, e) : NULL;
    struct picture *p;
    bool ok = w != NULL;
    while (ok && (p = video_reader_next(r, e))) {
        ok = proxy_writer_add(w, p, e);
        picture_unref(&p);
    }
    ok = ok && e->code == ERR_NONE && proxy_writer_finish(w, e);
    proxy_writer_destroy(w);
    video_reader_destroy(r);
    if (ok)
        return out;
    close(out);
    return -1;
}

static int read_times(int fd, int64_t times[MAX_PICTURES])
{
    struct video_reader *r = video_reader_create(fd, NULL, NULL);
    struct picture *p;
    int n = 0;
    while (r && n < MAX_PICTURES && (p = video_reader_next(r, NULL))) {
        times[n++] = p->pts_ticks;
        picture_unref(&p);
    }
    video_reader_destroy(r);
    return n;
}

/* A proxy may begin with the first picture twice: at 0, and at its time. */
static void check_times(int source, int proxy, bool rounds)
{
    static int64_t want[MAX_PICTURES], got[MAX_PICTURES];
    int n = read_times(source, want), m = read_times(proxy, got);
    int twice = n && want[0] > 0, wrong = 0;
    CHECK(n > 2);
    CHECK(m == n + twice && got[0] == 0);
    for (int i = 0; i < n && m == n + twice; i++)
        wrong += llabs(got[i + twice] - want[i]) > (rounds ? TICKS_PER_SECOND / 2880000 : 0);
    CHECK(wrong == 0);
}

/* Mean difference of luma of what is on screen at a time, made equally small. */
static double difference_at(struct video_reader *a, struct video_reader *b, int64_t t)
{
    struct scaler *s = scaler_create(NULL);
    struct picture_pool *pool = picture_pool_create(96, 64, NULL);
    struct picture *p[2] = {video_reader_at(a, t, NULL), video_reader_at(b, t, NULL)};
    struct picture *small[2] = {picture_pool_take(pool, NULL), picture_pool_take(pool, NULL)};
    int64_t sum = 0;
    bool ok = p[0] && p[1];
    for (int i = 0; ok && i < 2; i++)
        ok = scale_picture(s, p[i], NULL, small[i], NULL);
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 96; x++)
            sum += abs(small[0]->data[0][y * small[0]->stride[0] + x] -
                       small[1]->data[0][y * small[1]->stride[0] + x]);
    for (int i = 0; i < 2; i++) {
        picture_unref(&p[i]);
        picture_unref(&small[i]);
    }
    picture_pool_destroy(pool);
    scaler_destroy(s);
    return ok ? (double)sum / (96 * 64) : 255;
}

/* At any time, and right at the change of pictures, the same one is on screen. */
static void check_pictures(int source, int proxy)
{
    static int64_t times[MAX_PICTURES];
    int n = read_times(source, times);
    struct video_reader *a = video_reader_create(source, NULL, NULL);
    struct video_reader *b = video_reader_create(proxy, NULL, NULL);
    double most = 0;
    CHECK(a && b);
    for (int i = 0; a && b && i < n; i += 1 + n / 12) {
        double d = difference_at(a, b, times[i]);
        double later = difference_at(a, b, times[i] + TICKS_PER_SECOND / 1000);
        most = fmax(most, fmax(d, later));
    }
    most = fmax(most, difference_at(a, b, 0));
    CHECK_NEAR(most, 0, MOST_DIFFERENCE);
    video_reader_destroy(a);
    video_reader_destroy(b);
}

static void check_file(int source, int proxy, int width, int height)
{
    struct media_info s, p;
    CHECK(media_probe(source, &s, NULL, NULL) && media_probe(proxy, &p, NULL, NULL));
    CHECK(proxy_is_wanted(&s) && !proxy_is_wanted(&p));
    CHECK(p.width == width && p.height == height && p.rotation == 0 && p.sar_num == p.sar_den);
    CHECK(!p.has_audio);
    CHECK_STR(p.video_codec, "h264");
    CHECK_STR(p.pixel_format, "yuv420p");
    CHECK_NEAR(ticks_to_seconds(p.video_end_ticks), ticks_to_seconds(s.video_end_ticks), 0.002);
}

static void test_cases(void)
{
    for (size_t i = 0; i < CASES; i++) {
        struct err e = {0};
        int source = ffmpeg_make(cases[i].words, -1, cases[i].container);
        if (source >= 0 && cases[i].then) {
            int before = source;
            source = ffmpeg_make(cases[i].then, before, cases[i].container);
            close(before);
        }
        int proxy = source < 0 ? -1 : make_proxy(source, &e);
        CHECK_CASE(cases[i].name);
        if (!CHECK(proxy >= 0)) {
            fprintf(stderr, "%s\n", e.msg);
            continue;
        }
        check_file(source, proxy, cases[i].width, cases[i].height);
        check_times(source, proxy, cases[i].rounds);
        check_pictures(source, proxy);
        close(source);
        close(proxy);
    }
}

static void test_same_bytes(void)
{
    static char a[1 << 20], b[1 << 20];
    struct err e = {0};
    int source = ffmpeg_make(SCENE("1280x720", "25", "0.4") X264 "-pix_fmt yuv420p", -1, "mp4");
    int x = make_proxy(source, &e), y = make_proxy(source, &e);
    CHECK_CASE("same bytes");
    ssize_t n = pread(x, a, sizeof a, 0), m = pread(y, b, sizeof b, 0);
    CHECK(n > 1000 && n == m && memcmp(a, b, (size_t)n) == 0);
    close(source);
    close(x);
    close(y);
}

/* --- What gets none --- */
static void test_wanted(void)
{
    CHECK_CASE("wanted");
    CHECK(proxy_is_wanted(&(struct media_info){.has_video = true, .width = 961, .height = 541}));
    CHECK(!proxy_is_wanted(&(struct media_info){.has_video = true, .width = 960, .height = 540}));
    CHECK(!proxy_is_wanted(&(struct media_info){.has_video = true, .width = 8000, .height = 400}));
    CHECK(!proxy_is_wanted(&(struct media_info){.width = 1920, .height = 1080}));
    CHECK(!proxy_is_wanted(
        &(struct media_info){.has_video = true, .is_image = true, .width = 1920, .height = 1080}));
}

static bool add(struct proxy_writer *w, int width, int height, double seconds, struct err *e)
{
    struct picture_pool *pool = picture_pool_create(width, height, e);
    struct picture *p = picture_pool_take(pool, e);
    for (int i = 0; i < 3; i++)
        memset(p->data[i], 128, (size_t)p->stride[i] * (size_t)(i ? height / 2 : height));
    p->pts_ticks = ticks_from_seconds(seconds);
    bool ok = proxy_writer_add(w, p, e);
    picture_unref(&p);
    picture_pool_destroy(pool);
    return ok;
}

static void test_refusals(void)
{
    static const struct media_info info = {.has_video = true, .width = 1280, .height = 720};
    struct err e = {0};
    int fd = memfd_create("proxy", 0);
    struct proxy_writer *w = proxy_writer_create(&info, fd, &e);
    CHECK_CASE("refusals");
    CHECK(w && !proxy_writer_finish(w, &e) && e.code == ERR_INVALID);
    CHECK(add(w, 1280, 720, 0, &e) && add(w, 640, 360, 0.1, &e)); /* smaller, of the same shape */
    CHECK(add(w, 1280, 720, 0.1 + 1e-8, &e));                     /* never seen: passed over */
    CHECK(!add(w, 720, 1280, 0.2, &e) && e.code == ERR_UNSUPPORTED);
    CHECK(add(w, 1280, 720, 599, &e));
    CHECK(!add(w, 1280, 720, 1300, &e) && e.code == ERR_UNSUPPORTED);
    proxy_writer_destroy(w);

    w = proxy_writer_create(&info, -1, &e); /* nowhere to write to */
    CHECK(!w || !add(w, 1280, 720, 0, &e) || !proxy_writer_finish(w, &e));
    proxy_writer_destroy(w);
    close(fd);
}

int main(void)
{
    media_init();
    test_wanted();
    test_refusals();
    if (!ffmpeg_is_here()) {
        printf("skipped: no ffmpeg\n");
        return check_failed ? check_done() : SKIPPED;
    }
    test_same_bytes();
    test_cases();
    return check_done();
}
