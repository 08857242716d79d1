/* SPDX-License-Identifier: GPL-3.0-or-later
 * The picture on screen at a time, in every way a file can tell the times of its pictures.
 */
#include "check.h"
#include "unit/synth_remux.h"

#define FRAMES 300
#define SECOND INT64_C(1000000)

static int64_t at_30(int i)
{
    return i * SECOND / 30;
}

static int64_t at_2997(int i)
{
    return i * SECOND * 1001 / 30000;
}

static int64_t at_25(int i)
{
    return i * SECOND / 25;
}

static int64_t at_24(int i)
{
    return i * SECOND / 24;
}

/* A phone: steady, then every third frame lost, then nothing for 1.5 s. */
static int64_t at_vfr(int i)
{
    int64_t t = i < 60 ? i : i < 120 ? 60 + (i - 60) * 3 / 2 : 150 + (i - 120);

    return t * SECOND / 30 + (i >= 200 ? 3 * SECOND / 2 : 0);
}

static int64_t late_30(int i)
{
    return 2 * SECOND + at_30(i);
}

struct times_case {
    const char *name, *container, *options;
    remux_time_fn time_of;
};

static const struct times_case cases[] = {
    {"mp4, 30", "mp4", "", at_30},
    {"mp4, no edit list", "mp4", "use_editlist=0,movflags=negative_cts_offsets", at_30},
    {"mov, 29.97", "mov", "", at_2997},
    {"mp4, 24", "mp4", "", at_24},
    {"mp4, variable", "mp4", "", at_vfr},
    {"mkv, 30 in milliseconds", "matroska", "", at_30},
    {"mkv, 29.97 in milliseconds", "matroska", "", at_2997},
    {"mkv, variable", "matroska", "", at_vfr},
    {"mkv, without cues", "matroska", "live=1", at_30},
    {"ts, 25", "mpegts", "", at_25},
    {"ts, variable", "mpegts", "", at_vfr},
    {"ts, starts at 2 s", "mpegts", "", late_30},
    {"flv, 25", "flv", "", at_25},
    {"fragmented mp4", "mp4", "movflags=frag_keyframe+empty_moov+default_base_moof", at_30},
};

/* Where frame i starts on the reader's clock, which begins with the first frame. */
static int64_t start_of(const struct times_case *c, int i)
{
    return ticks_scale(c->time_of(i) - c->time_of(0), TICKS_PER_SECOND, SECOND);
}

/* Containers round times to milliseconds at worst. */
#define ROUNDING (TICKS_PER_SECOND / 1000)

static void test_order(struct video_reader *r, const struct times_case *c, struct err *e)
{
    struct picture *p;
    int n = 0, wrong = 0;

    while ((p = video_reader_next(r, e))) {
        int64_t off = p->pts_ticks - start_of(c, n);
        wrong += synth_number(p) != n || off > ROUNDING || off < -ROUNDING;
        picture_unref(&p);
        n++;
    }
    CHECK(e->code == ERR_NONE);
    CHECK(n == FRAMES);
    CHECK(wrong == 0);
}

/* Just after a frame starts, and just before the next one does, it is the one on screen. */
static int check_frame(struct video_reader *r, const struct times_case *c, int i, struct err *e)
{
    int64_t from = start_of(c, i) + ROUNDING;
    int64_t to = i + 1 < FRAMES ? start_of(c, i + 1) - 2 * ROUNDING : from + 7 * TICKS_PER_SECOND;
    int bad = synth_number_at(r, from, e) != i;

    return bad + (synth_number_at(r, to, e) != i);
}

static void test_seeks(struct video_reader *r, const struct times_case *c, struct err *e)
{
    unsigned seed = 12345;
    int wrong = 0;

    for (int k = 0; k < 40; k++) {
        seed = seed * 1103515245 + 12345;
        wrong += check_frame(r, c, (int)(seed >> 8) % FRAMES, e);
    }
    CHECK(wrong == 0);
    wrong = 0;
    for (int i = 0; i < FRAMES; i += 17) /* forward in strides */
        wrong += check_frame(r, c, i, e);
    for (int i = FRAMES - 1; i >= 0; i -= 41) /* and back */
        wrong += check_frame(r, c, i, e);
    CHECK(wrong == 0);
    CHECK(synth_number_at(r, -5 * TICKS_PER_SECOND, e) == 0);
    CHECK(synth_number_at(r, 500 * TICKS_PER_SECOND, e) == FRAMES - 1);
}

/* The frame that is on screen at t, by the true times. */
static int frame_at(const struct times_case *c, int64_t t)
{
    int i = 0;

    while (i + 1 < FRAMES && start_of(c, i + 1) <= t)
        i++;
    return i;
}

/* A film of 30 a second from a source of its own rate: the frame whose time has come, no other.
 * Where a container rounds to milliseconds, a frame may come half of one early, but at equal rates
 * none may fall out or come twice. */
static void test_grid(struct video_reader *r, const struct times_case *c, struct err *e)
{
    int wrong = 0;

    for (int n = 0; n < 200; n++) {
        int64_t t = n * (TICKS_PER_SECOND / 30);
        int got = synth_number_at(r, t, e);

        if (c->time_of == at_30)
            wrong += got != n;
        else
            wrong += got != frame_at(c, t + 1000) && got != frame_at(c, t + ROUNDING);
    }
    CHECK(wrong == 0);
}

/* Equal steps of more than a frame: what lies between is left out, and is there all the same as
 * soon as somebody does ask for it, alone or as a neighbour. */
static void test_steps(struct video_reader *r, const struct times_case *c, struct err *e)
{
    int wrong = 0;

    for (int stride = 2; stride < 6; stride++) {
        int64_t step = stride * (TICKS_PER_SECOND / 30), t = ROUNDING;
        struct picture *now, *next;

        for (int n = 0; n < 40; n++, t += step) {
            int got = synth_number_at(r, t, e);
            wrong += got != frame_at(c, t - ROUNDING) && got != frame_at(c, t + ROUNDING);
        }
        int i = frame_at(c, t - step) + 1; /* the first one after the last answer */
        wrong += check_frame(r, c, i, e);
        for (int n = 0; n < 5; n++)
            synth_number_at(r, start_of(c, i + n * stride) + ROUNDING, e);
        i += 4 * stride;
        if (video_reader_pair_at(r, start_of(c, i) + ROUNDING, &now, &next, e)) {
            wrong += synth_number(now) != i || !next || synth_number(next) != i + 1;
            picture_unref(&now);
            picture_unref(&next);
        }
    }
    CHECK(wrong == 0);
}

static void test_times(int chunk)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct times_case *c = &cases[i];
        struct err e = {0};
        int fd = remux(c->container, c->options, chunk, c->time_of, -1, NULL);
        struct video_reader *r = video_reader_create(fd, NULL, &e);

        CHECK_CASE(c->name);
        CHECK(r != NULL);
        if (!r) {
            fprintf(stderr, "%s: %s\n", c->name, e.msg);
            continue;
        }
        test_order(r, c, &e);
        test_seeks(r, c, &e);
        test_grid(r, c, &e);
        test_steps(r, c, &e);
        video_reader_destroy(r);
        close(fd);
    }
}

static void test_probe_rates(int chunk)
{
    static const struct {
        const char *name, *container;
        remux_time_fn time_of;
        double fps;
        bool vfr;
    } rates[] = {
        {"mp4 30", "mp4", at_30, 30, false},
        {"mkv 29.97", "matroska", at_2997, 30000 / 1001.0, false},
        {"mp4 24", "mp4", at_24, 24, false},
        {"ts 25", "mpegts", at_25, 25, false},
        {"mp4 variable", "mp4", at_vfr, 0, true},
        {"mkv variable", "matroska", at_vfr, 0, true},
    };

    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct media_info info;
        struct err e = {0};
        int fd = remux(rates[i].container, "", chunk, rates[i].time_of, -1, NULL);

        CHECK_CASE(rates[i].name);
        CHECK(media_probe(fd, &info, NULL, &e));
        CHECK(info.is_vfr == rates[i].vfr);
        if (rates[i].fps > 0)
            CHECK_NEAR(info.fps, rates[i].fps, 0.001);
        CHECK_NEAR(info.duration, (double)(rates[i].time_of(FRAMES) - rates[i].time_of(0)) / SECOND,
                   0.04);
        CHECK(info.width == SYNTH_WIDTH && info.height == SYNTH_HEIGHT);
        CHECK_STR(info.video_codec, "h264");
        CHECK(!info.has_audio);
        close(fd);
    }
}

static int64_t sound_at_1s(int k)
{
    return SECOND + k * 1024 * SECOND / 48000;
}

/* Sound that starts before the picture moves the picture, not the other way round. */
static void test_offset(int chunk)
{
    struct err e = {0};
    struct media_info info;
    int sound = synth_sound(480000, &e);
    int fd = remux("matroska", "", chunk, late_30, sound, sound_at_1s);
    struct video_reader *r = video_reader_create(fd, NULL, &e);

    CHECK_CASE("offset");
    CHECK(media_probe(fd, &info, NULL, &e));
    CHECK_NEAR(ticks_to_seconds(info.audio_start_ticks), 0, 0.001);
    CHECK_NEAR(ticks_to_seconds(info.video_start_ticks), 1, 0.001);
    CHECK(r && synth_number_at(r, TICKS_PER_SECOND / 2, &e) == 0);
    CHECK(r && synth_number_at(r, 3 * TICKS_PER_SECOND + TICKS_PER_SECOND / 60, &e) == 60);
    video_reader_destroy(r);
    close(fd);
    close(sound);
}

/* Two readers of one descriptor do not disturb each other. */
static void test_shared_fd(int chunk)
{
    struct err e = {0};
    int fd = remux("mp4", "", chunk, at_30, -1, NULL), wrong = 0;
    struct video_reader *a = video_reader_create(fd, NULL, &e);
    struct video_reader *b = video_reader_create(fd, NULL, &e);

    CHECK_CASE("shared descriptor");
    CHECK(a && b);
    for (int i = 0; a && b && i < 60; i++) {
        wrong += synth_number_at(a, i * (TICKS_PER_SECOND / 30), &e) != i;
        wrong += synth_number_at(b, (299 - i) * (TICKS_PER_SECOND / 30), &e) != 299 - i;
    }
    CHECK(wrong == 0);
    video_reader_destroy(a);
    video_reader_destroy(b);
    close(fd);
}

static void test_cancel(int chunk)
{
    struct err e = {0};
    struct cancel cancel;
    struct media_info info;
    int fd = remux("mp4", "", chunk, at_30, -1, NULL);

    CHECK_CASE("cancel");
    CHECK(cancel_init(&cancel, &e));
    cancel_fire(&cancel);
    CHECK(!video_reader_create(fd, &cancel, &e));
    CHECK(e.code == ERR_CANCELED);
    CHECK(!media_probe(fd, &info, &cancel, &e));
    CHECK(e.code == ERR_CANCELED);
    cancel_finish(&cancel);
    close(fd);
}

static int64_t later_30(int i)
{
    return 3 * SECOND + at_30(i);
}

/* A broadcast that changes its size on the way: pictures carry their own. */
static void test_resize(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    int small = synth_chunk(&s, 0, 60, &e), large, a, b, sizes[2] = {0}, wrong = 0;
    struct video_reader *r;
    struct picture *p;
    char bytes[4096];
    ssize_t n;

    s.width = 320;
    s.height = 192;
    large = synth_chunk(&s, 60, 60, &e);
    a = remux("mpegts", "", small, at_30, -1, NULL);
    b = remux("mpegts", "", large, later_30, -1, NULL);
    lseek(b, 0, SEEK_SET);
    while ((n = read(b, bytes, sizeof bytes)) > 0)
        CHECK(write(a, bytes, (size_t)n) == n);
    CHECK_CASE("resize");
    r = video_reader_create(a, NULL, &e);
    for (int i = 0; r && (p = video_reader_next(r, &e)); i++) {
        sizes[p->width == 320]++;
        wrong += synth_number(p) != i;
        picture_unref(&p);
    }
    CHECK(sizes[0] == 60 && sizes[1] == 60 && wrong == 0);
    CHECK(r && synth_number_at(r, TICKS_PER_SECOND + TICKS_PER_SECOND / 60, &e) == 30);
    CHECK(r && synth_number_at(r, 9 * TICKS_PER_SECOND, &e) == 119);
    video_reader_destroy(r);
    close(a);
    close(b);
    close(small);
    close(large);
}

/* A file cut anywhere is read as far as it goes, or refused, at every twentieth of its length. */
static void test_truncated(int chunk)
{
    static const char *const containers[] = {"mp4", "matroska", "mpegts"};

    for (int c = 0; c < 3; c++) {
        struct err e = {0};
        int fd = remux(containers[c], "", chunk, at_30, -1, NULL);
        off_t size = lseek(fd, 0, SEEK_END);

        CHECK_CASE(containers[c]);
        for (int part = 19; part > 0; part--) {
            struct media_info info;
            CHECK(ftruncate(fd, size * part / 20) == 0);
            if (media_probe(fd, &info, NULL, &e))
                CHECK(info.duration > 0 && info.duration < 10.1);
            else
                CHECK(e.code == ERR_INVALID);
        }
        close(fd);
    }
}

int main(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    int chunk;

    media_init();
    chunk = synth_chunk(&s, 0, FRAMES, &e);
    CHECK(chunk >= 0);
    if (chunk < 0)
        return check_done();
    test_times(chunk);
    test_probe_rates(chunk);
    test_offset(chunk);
    test_shared_fd(chunk);
    test_cancel(chunk);
    test_resize();
    test_truncated(chunk);
    close(chunk);
    return check_done();
}
