/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sound by sample: positions, seeks, gaps, down-mix.
 */
#include "check.h"
#include "unit/synth_remux.h"

#define SECOND INT64_C(1000000)
#define SECONDS 12
#define SAMPLES (SECONDS * 48000)

static int64_t at_30(int i)
{
    return i * SECOND / 30;
}

static int64_t steady(int k)
{
    return k * 1024 * SECOND / 48000;
}

static int64_t half_second_late(int k)
{
    return SECOND / 2 + steady(k);
}

/* Two seconds are missing after the first three. */
static int64_t with_gap(int k)
{
    return steady(k) + (k >= 140 ? 2 * SECOND : 0);
}

/* From packet 140 (2.987 s) on, the times advance by only four fifths of what plays: every packet
 * overlaps the one before. */
static int64_t hurried(int k)
{
    return k < 140 ? steady(k) : steady(140) + (steady(k) - steady(140)) * 4 / 5;
}

/* The loudest sample near `at`. */
static int peak_near(const float *mono, int n, int at, int reach)
{
    int best = at;

    for (int i = at - reach > 0 ? at - reach : 0; i < at + reach && i < n; i++)
        if (fabsf(mono[i]) > fabsf(mono[best]))
            best = i;
    return best;
}

static int read_all(int fd, int rate, int channels, float *out, int max)
{
    struct err e = {0};
    struct audio_reader *r = audio_reader_create(fd, rate, channels, NULL, &e);
    int n = r ? audio_reader_read(r, out, max, &e) : -1;

    if (n < 0)
        fprintf(stderr, "%s\n", e.msg);
    audio_reader_destroy(r);
    return n;
}

/* --- Positions --- */
struct clock_case {
    const char *name, *container;
    remux_time_fn at;
    int clicks[4];  /* milliseconds; 0 ends the list */
    double seconds; /* how long it plays */
};

static const struct clock_case clocks[] = {
    {"steady", "mp4", steady, {1000, 2000, 11000}, 12},
    {"late", "matroska", half_second_late, {1500, 2500, 11500}, 12.5},
    {"gap", "mp4", with_gap, {1000, 2000, 6000, 13000}, 14},
    {"gap in ts", "mpegts", with_gap, {1000, 2000, 6000, 13000}, 14},
    {"overlap", "mp4", hurried, {1000, 2000}, 10.2},
};

static void test_clocks(int chunk, int sound)
{
    float *mono = calloc(20 * 48000, sizeof *mono);

    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        const struct clock_case *c = &clocks[i];
        int fd = remux(c->container, "", chunk, at_30, sound, c->at);
        int n = read_all(fd, 48000, 1, mono, 20 * 48000);

        CHECK_CASE(c->name);
        CHECK_NEAR(n / 48000.0, c->seconds, 0.1);
        for (int k = 0; k < 4 && c->clicks[k]; k++) {
            int want = c->clicks[k] * 48, got = peak_near(mono, n, want, 12000);
            CHECK_NEAR(got, want, 48);
            CHECK(fabsf(mono[got]) > 0.3f);
        }
        close(fd);
    }
    free(mono);
}

/* A gap is silence, to the last sample. */
static void test_gap_is_silent(int chunk, int sound)
{
    float *mono = calloc(20 * 48000, sizeof *mono);
    int fd = remux("mp4", "", chunk, at_30, sound, with_gap);
    int n = read_all(fd, 48000, 1, mono, 20 * 48000), loud = 0;

    CHECK_CASE("gap is silent");
    for (int i = 140 * 1024 + 100; i < n && i < 140 * 1024 + 95000; i++)
        loud += mono[i] != 0;
    CHECK(n > 0 && loud == 0);
    close(fd);
    free(mono);
}

/* --- Seeks --- */
static void test_seeks(int chunk, int sound, const char *container, int rate, int channels)
{
    struct err e = {0};
    int fd = remux(container, "", chunk, at_30, sound, steady), wrong = 0;
    int total = SECONDS * rate;
    float *all = calloc((size_t)total * (size_t)channels, sizeof *all), part[2 * 500];
    struct audio_reader *r = audio_reader_create(fd, rate, channels, NULL, &e);
    unsigned seed = 99;

    CHECK_CASE(container);
    total = read_all(fd, rate, channels, all, total);
    CHECK(total > 11 * rate);
    for (int k = 0; r && k < 40; k++) {
        int at, n;
        seed = seed * 1103515245 + 12345;
        at = (int)((seed >> 4) % (unsigned)(total - 500));
        if (k % 4 == 0)
            at = at / rate * rate; /* on a click */
        CHECK(audio_reader_seek(r, at, &e));
        n = audio_reader_read(r, part, 500, &e);
        CHECK(n == 500);
        for (int i = 0; i < 500 * channels; i++)
            wrong += fabsf(part[i] - all[at * channels + i]) > 1e-4f;
    }
    CHECK(wrong == 0);
    audio_reader_destroy(r);
    free(all);
    close(fd);
}

/* --- WAV files made by hand: rates and channels --- */
static void put16(uint8_t *p, int x)
{
    p[0] = (uint8_t)x;
    p[1] = (uint8_t)(x >> 8);
}

static void put32(uint8_t *p, int x)
{
    put16(p, x);
    put16(p + 2, x >> 16);
}

/* One second of 16-bit sound in which channel c has the constant level levels[c]. */
static int make_wav(int rate, int channels, const double *levels)
{
    int fd = synth_fd(), bytes = rate * channels * 2;
    uint8_t head[44] = "RIFF....WAVEfmt ....................data", *data = malloc((size_t)bytes);

    put32(head + 4, 36 + bytes);
    put32(head + 16, 16);
    put16(head + 20, 1);
    put16(head + 22, channels);
    put32(head + 24, rate);
    put32(head + 28, rate * channels * 2);
    put16(head + 32, channels * 2);
    put16(head + 34, 16);
    put32(head + 40, bytes);
    for (int i = 0; i < rate; i++)
        for (int c = 0; c < channels; c++)
            put16(data + (i * channels + c) * 2, (int)(levels[c] * 32767));
    if (write(fd, head, 44) != 44 || write(fd, data, (size_t)bytes) != bytes)
        abort();
    free(data);
    return fd;
}

struct mix_case {
    const char *name;
    int rate, channels;
    double levels[8]; /* WAV order: L R C LFE BL BR SL SR */
    double left, right;
};

static const struct mix_case mixes[] = {
    {"mono", 16000, 1, {0.5}, 0.5, 0.5},
    {"stereo", 44100, 2, {0.25, -0.5}, 0.25, -0.5},
    {"5.1 centre", 48000, 6, {0, 0, 0.5}, 0.3536, 0.3536},
    {"5.1 lfe", 48000, 6, {0, 0, 0, 0.9}, 0, 0},
    {"5.1 surround", 48000, 6, {0, 0, 0, 0, 0.5, 0.1}, 0.3536, 0.0707},
    {"5.1 all", 48000, 6, {0.2, 0.1, 0.2, 0.7, 0.1, 0.2}, 0.4121, 0.3828},
    {"7.1 sides", 96000, 8, {0, 0, 0, 0, 0, 0, 0.4, 0.2}, 0.2828, 0.1414},
};

static void test_mixes(void)
{
    float *out = calloc(2 * 50000, sizeof *out);

    for (size_t i = 0; i < sizeof mixes / sizeof mixes[0]; i++) {
        const struct mix_case *m = &mixes[i];
        int fd = make_wav(m->rate, m->channels, m->levels), n;

        CHECK_CASE(m->name);
        n = read_all(fd, 48000, 2, out, 50000);
        CHECK_NEAR(n, 48000, 2);
        CHECK_NEAR(out[2 * 24000], m->left, 0.002);
        CHECK_NEAR(out[2 * 24000 + 1], m->right, 0.002);
        n = read_all(fd, 16000, 1, out, 50000);
        CHECK_NEAR(n, 16000, 2);
        CHECK_NEAR(out[8000], (m->left + m->right) / 2, 0.002);
        close(fd);
    }
    free(out);
}

static void test_refusals(int chunk)
{
    struct err e = {0};
    int fd = remux("mp4", "", chunk, at_30, -1, NULL);

    CHECK_CASE("no sound");
    CHECK(!audio_reader_create(fd, 48000, 2, NULL, &e) && e.code == ERR_INVALID);
    CHECK(!audio_reader_create(fd, 48000, 3, NULL, &e) && e.code == ERR_INTERNAL);
    close(fd);
}

int main(void)
{
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    int chunk, sound;

    media_init();
    chunk = synth_chunk(&s, 0, 30 * SECONDS, &e);
    sound = synth_sound(SAMPLES, &e);
    CHECK(chunk >= 0 && sound >= 0);
    test_clocks(chunk, sound);
    test_gap_is_silent(chunk, sound);
    test_seeks(chunk, sound, "mp4", 48000, 2);
    test_seeks(chunk, sound, "mp4", 44100, 2);
    test_seeks(chunk, sound, "mp4", 16000, 1);
    test_seeks(chunk, sound, "mpegts", 48000, 2);
    test_mixes();
    test_refusals(chunk);
    close(chunk);
    close(sound);
    return check_done();
}
