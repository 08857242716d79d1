/* SPDX-License-Identifier: GPL-3.0-or-later
 * Chunks, sound and the film they make.
 */
#include "check.h"
#include "media/chunk_file.h"
#include "unit/synth.h"

#include <libavutil/intreadwrite.h>

static const int lengths[] = {30, 17, 1, 43, 59};
#define FILM_FRAMES 150
#define FILM_SAMPLES (FILM_FRAMES * 1600)

static const struct film_tag tags[] = {
    {"title", "Ein Film \xc3\xbc"
              "ber H\xc3\xbchner"},
    {"comment", "edited with AI assistance"},
    {"creation_time", "2026-11-22T10:00:00Z"},
};

static uint8_t *read_file(int fd, size_t *size)
{
    uint8_t *data;

    *size = (size_t)lseek(fd, 0, SEEK_END);
    data = malloc(*size + 1);
    if (pread(fd, data, *size, 0) != (ssize_t)*size)
        *size = 0;
    return data;
}

static bool same_file(int a, int b)
{
    size_t n, m;
    uint8_t *x = read_file(a, &n), *y = read_file(b, &m);
    bool same = n > 0 && n == m && memcmp(x, y, n) == 0;

    free(x);
    free(y);
    return same;
}

static int make_film(int fps_num, int fps_den, int sound_samples, struct err *e)
{
    struct synth_film f = {.fps_num = fps_num,
                           .fps_den = fps_den,
                           .lengths = lengths,
                           .chunks = 5,
                           .sound_samples = sound_samples};

    return synth_mp4(f, tags, 3, e);
}

/* Position of a box's type in the file, 0 when there is none. Good enough for our own files. */
static size_t find_box(const uint8_t *data, size_t size, const char *type)
{
    const uint8_t *at = memmem(data, size, type, 4);

    return at ? (size_t)(at - data) : 0;
}

static void test_boxes(int fd)
{
    size_t size;
    uint8_t *data = read_file(fd, &size);

    CHECK_CASE("boxes");
    CHECK(find_box(data, size, "moov") > 0);
    CHECK(find_box(data, size, "moov") < find_box(data, size, "mdat"));
    CHECK(find_box(data, size, "elst") == 0);
    CHECK(find_box(data, size, "edts") == 0);
    CHECK(find_box(data, size, "avcC") > 0 && data[find_box(data, size, "avcC") + 5] == 100);
    CHECK(find_box(data, size, "colr") > 0);
    CHECK(find_box(data, size, "AI assistance") > 0);
    free(data);
}

static void test_stream_info(int fd, double fps)
{
    struct media_info info;
    struct err e = {0};

    CHECK_CASE("probe");
    CHECK(media_probe(fd, &info, NULL, &e));
    CHECK_STR(info.container, "mp4");
    CHECK_STR(info.video_codec, "h264");
    CHECK_STR(info.audio_codec, "aac");
    CHECK_STR(info.pixel_format, "yuv420p");
    CHECK_NEAR(info.fps, fps, 1e-9);
    CHECK(!info.is_vfr);
    CHECK(info.video_start_ticks == 0 && info.audio_start_ticks == 0);
    CHECK_NEAR(ticks_to_seconds(info.video_end_ticks), FILM_FRAMES / fps, 1e-4);
    CHECK_NEAR(ticks_to_seconds(info.audio_end_ticks), FILM_SAMPLES / 48000.0, 1e-4);
    CHECK(info.sample_rate == 48000 && info.channels == 2);
}

static void test_frames(int fd, int fps_num, int fps_den)
{
    struct err e = {0};
    struct video_reader *r = video_reader_create(fd, NULL, &e);
    struct picture *p;
    int n = 0, wrong = 0;

    CHECK_CASE("frames");
    CHECK(r != NULL);
    while (r && (p = video_reader_next(r, &e))) {
        int64_t t = ticks_scale(n, TICKS_PER_SECOND * fps_den, fps_num);
        wrong += synth_number(p) != n || llabs(p->pts_ticks - t) > 1;
        wrong += p->colour_matrix != 1 || p->full_range;
        picture_unref(&p);
        n++;
    }
    CHECK(n == FILM_FRAMES);
    CHECK(wrong == 0);
    video_reader_destroy(r);
}

/* The clicks put in at whole seconds come out at whole seconds, to the sample. */
static void test_clicks(int fd)
{
    struct err e = {0};
    struct audio_reader *r = audio_reader_create(fd, 48000, 2, NULL, &e);
    float *pcm = calloc((size_t)(FILM_SAMPLES + 4096) * 2, sizeof *pcm);
    int n = r ? audio_reader_read(r, pcm, FILM_SAMPLES + 4096, &e) : -1;

    CHECK_CASE("clicks");
    CHECK(n >= FILM_SAMPLES && n <= FILM_SAMPLES + 1024);
    for (int s = 48000; s < FILM_SAMPLES && n > 0; s += 48000) {
        int best = s - 2000;
        for (int i = s - 2000; i < s + 2000; i++)
            if (fabsf(pcm[2 * i]) > fabsf(pcm[2 * best]))
                best = i;
        CHECK(best == s);
        CHECK_NEAR(pcm[2 * best], 0.9, 0.4);
    }
    free(pcm);
    audio_reader_destroy(r);
}

static void test_film(void)
{
    struct err e = {0};
    int a = make_film(30, 1, FILM_SAMPLES, &e), b = make_film(30, 1, FILM_SAMPLES, &e);

    CHECK_CASE("film");
    CHECK(a >= 0 && b >= 0);
    if (a < 0 || b < 0) {
        fprintf(stderr, "%s\n", e.msg);
        return;
    }
    CHECK(same_file(a, b));
    test_boxes(a);
    test_stream_info(a, 30);
    test_frames(a, 30, 1);
    test_clicks(a);
    close(a);
    close(b);
}

static void test_other_rates(void)
{
    struct err e = {0};
    int fd = make_film(30000, 1001, 0, &e);

    CHECK(fd >= 0);
    if (fd < 0)
        return;
    test_frames(fd, 30000, 1001);
    close(fd);
}

static void test_tags(void)
{
    static const struct film_tag own[] = {{"title", "T"}, {"project_id", "prj_42"}};
    static const int one[] = {5};
    struct synth_film f = {.fps_num = 30, .fps_den = 1, .lengths = one, .chunks = 1};
    struct err e = {0};
    size_t size;
    int fd = synth_mp4(f, own, 2, &e);
    uint8_t *data;

    CHECK_CASE("tags of our own");
    CHECK(fd >= 0);
    if (fd < 0)
        return;
    data = read_file(fd, &size);
    CHECK(memmem(data, size, "project_id", 10) != NULL);
    CHECK(memmem(data, size, "prj_42", 6) != NULL);
    free(data);
    close(fd);
}

/* Sounds of lengths around the encoder's frame of 1024 samples. */
static void test_short_sounds(void)
{
    static const int samples[] = {1, 700, 1023, 1024, 1025, 2048, 5000};
    static const int one[] = {5};

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct synth_film f = {
            .fps_num = 30, .fps_den = 1, .lengths = one, .chunks = 1, .sound_samples = samples[i]};
        struct media_info info = {0};
        struct err e = {0};
        int fd = synth_mp4(f, NULL, 0, &e);

        CHECK_CASE("short sound");
        CHECK(fd >= 0);
        CHECK(fd >= 0 && media_probe(fd, &info, NULL, &e));
        CHECK_NEAR(ticks_to_seconds(info.audio_end_ticks), samples[i] / 48000.0, 1e-4);
        close(fd);
    }
}

/* --- Refusals --- */
struct fds {
    int fd[2];
};

static int open_of(void *user, int i, struct err *e)
{
    const struct fds *f = user;

    if (f->fd[i] < 0)
        err_set(e, ERR_NOT_FOUND, "no such chunk");
    return f->fd[i] < 0 ? -1 : dup(f->fd[i]);
}

static enum err_code mux_code(int a, int b)
{
    struct fds f = {{a, b}};
    struct film_source src = {2, open_of, &f, -1};
    struct err e = {0};
    int out = synth_fd();
    bool ok = film_mux(&src, out, NULL, 0, NULL, NULL, NULL, &e);

    close(out);
    return ok ? ERR_NONE : e.code;
}

static void test_refusals(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1), other = s;
    int good = synth_chunk(&s, 0, 5, &e), again = synth_chunk(&s, 5, 5, &e), larger, cut;
    int sound = synth_sound(4800, &e);

    other.width += 16;
    larger = synth_chunk(&other, 0, 5, &e);
    cut = synth_chunk(&s, 0, 5, &e);
    CHECK(ftruncate(cut, lseek(cut, 0, SEEK_END) - 1) == 0);

    CHECK_CASE("refusals");
    CHECK(mux_code(good, again) == ERR_NONE);
    CHECK(mux_code(good, larger) == ERR_CONFLICT);
    CHECK(mux_code(good, cut) == ERR_INVALID);
    CHECK(mux_code(good, sound) == ERR_INVALID);
    CHECK(mux_code(good, -1) == ERR_NOT_FOUND);
    s.width = 161;
    CHECK(!chunk_writer_create(&s, good, &e) && e.code == ERR_INVALID);
    close(good);
    close(again);
    close(larger);
    close(cut);
    close(sound);
}

/* No byte of a chunk file can make the reader misbehave. */
static void test_broken_chunks(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    int fd = synth_chunk(&s, 0, 2, &e);
    struct chunk_in *in = malloc(sizeof *in);
    AVPacket *pkt = av_packet_alloc();

    CHECK_CASE("broken chunk");
    for (off_t at = 0; at < 80; at++) {
        uint8_t old, bad;
        bool end = false;
        CHECK(pread(fd, &old, 1, at) == 1);
        bad = old ^ 0xff;
        CHECK(pwrite(fd, &bad, 1, at) == 1);
        if (chunk_in_begin(in, fd, &e))
            for (int i = 0; i < 3 && !end && chunk_in_next(in, pkt, &end, &e); i++)
                av_packet_unref(pkt);
        CHECK(pwrite(fd, &old, 1, at) == 1);
    }
    av_packet_free(&pkt);
    free(in);
    close(fd);
}

static void count_progress(void *user, double fraction)
{
    double *last = user;

    CHECK(fraction > *last && fraction <= 1);
    *last = fraction;
}

static void test_progress_and_cancel(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    struct fds f = {{synth_chunk(&s, 0, 5, &e), synth_chunk(&s, 5, 5, &e)}};
    struct film_source src = {2, open_of, &f, -1};
    struct cancel cancel;
    double last = 0;
    int out = synth_fd();

    CHECK_CASE("progress");
    CHECK(film_mux(&src, out, NULL, 0, NULL, count_progress, &last, &e));
    CHECK_NEAR(last, 1, 1e-9);
    CHECK(cancel_init(&cancel, &e));
    cancel_fire(&cancel);
    CHECK(!film_mux(&src, out, NULL, 0, &cancel, NULL, NULL, &e));
    CHECK(e.code == ERR_CANCELED);
    cancel_finish(&cancel);
    close(f.fd[0]);
    close(f.fd[1]);
    close(out);
}

/* A chunk is the same bytes whoever else encodes at the time. */
static void test_chunks_repeat(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    int a = synth_chunk(&s, 7, 40, &e), b = synth_chunk(&s, 7, 40, &e);

    CHECK_CASE("same bytes");
    CHECK(a >= 0 && b >= 0 && same_file(a, b));
    close(a);
    close(b);
}

int main(void)
{
    media_init();
    CHECK(strncmp(encode_versions(), "x264 ", 5) == 0 && encode_versions()[5] >= '1');
    test_film();
    test_other_rates();
    test_tags();
    test_short_sounds();
    test_refusals();
    test_broken_chunks();
    test_progress_and_cancel();
    test_chunks_repeat();
    return check_done();
}
