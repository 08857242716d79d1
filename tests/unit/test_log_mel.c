/* SPDX-License-Identifier: GPL-3.0-or-later
 * Log-mel against its definition written down plainly in double, in blocks of any size, of sounds
 * too short for a window, with as many mels as any Whisper wants. */
#include "analysis/log_mel.h"
#include "check.h"

#include <stdlib.h>

#define MOST 6000

static float sound[MOST];

/* x[-200 ...] of a mirrored start, zeros behind the end */
static double sample(size_t n, int at)
{
    const size_t i = (size_t)abs(at);
    return i < n ? (double)sound[i] : 0;
}

static void plain_frame(int mels, const float *filters, size_t n, int frame, double *out)
{
    double power[LOG_MEL_BINS];
    for (int k = 0; k < LOG_MEL_BINS; k++) {
        double re = 0, im = 0;
        for (int i = 0; i < 400; i++) {
            double window = 0.5 - 0.5 * cos(2 * M_PI * i / 400);
            double x = window * sample(n, frame * LOG_MEL_HOP + i - 200);
            re += x * cos(2 * M_PI * (i * k % 400) / 400);
            im -= x * sin(2 * M_PI * (i * k % 400) / 400);
        }
        power[k] = re * re + im * im;
    }
    for (int m = 0; m < mels; m++) {
        double sum = 0;
        for (int k = 0; k < LOG_MEL_BINS; k++)
            sum += (double)filters[m * LOG_MEL_BINS + k] * power[k];
        out[m] = log10(fmax(sum, 1e-10));
    }
}

struct kept {
    float frames[64][LOG_MEL_MOST];
    int mels;
    size_t count, stop_at;
};

static bool keep(void *user, const float *mels, struct err *e)
{
    struct kept *k = user;
    if (k->stop_at && k->count == k->stop_at)
        return err_set(e, ERR_CANCELED, "enough");
    memcpy(k->frames[k->count++], mels, (size_t)k->mels * sizeof *mels);
    return true;
}

static void make_sound(void)
{
    uint32_t noise = 1;
    for (int i = 0; i < MOST; i++) {
        noise = noise * 1664525 + 1013904223;
        sound[i] = 0.4f * sinf((float)i * (0.05f + (float)i * 1e-4f)) +
                   0.1f * ((float)(noise >> 8) * 0x1p-23f - 1);
    }
}

static void check_frames(int mels, size_t n, size_t block)
{
    static struct kept k;
    static float filters[LOG_MEL_MOST * LOG_MEL_BINS];
    struct err e = {0};
    double want[LOG_MEL_MOST], most = 0, loudest = -10;
    k = (struct kept){.mels = mels};
    log_mel_filters(mels, filters);
    struct log_mel *m = log_mel_create(mels, keep, &k, &e);
    for (size_t at = 0; at < n; at += block)
        CHECK(log_mel_push(m, sound + at, n - at < block ? n - at : block, &e));
    CHECK(log_mel_end(m, &e));
    CHECK(k.count == log_mel_count(n));
    for (size_t t = 0; t < k.count; t++) {
        plain_frame(mels, filters, n, (int)t, want);
        for (int i = 0; i < mels; i++) {
            loudest = fmax(loudest, want[i]);
            if (want[i] > -7) /* below it the float's noise shows, and nobody hears it */
                most = fmax(most, fabs(want[i] - (double)k.frames[t][i]));
        }
    }
    CHECK_NEAR(most, 0, 4e-4);
    CHECK_NEAR(log_mel_loudest(m), loudest, 4e-4);
    log_mel_destroy(m);
}

static void test_frames(void)
{
    static const struct {
        const char *name;
        int mels;
        size_t n, block;
    } cases[] = {
        {"whole", 80, 6000, 6000},
        {"128 mels", 128, 6000, 6000},
        {"in blocks", 80, 6000, 7},
        {"in hops", 80, 4800, 160},
        {"shorter than a window", 80, 150, 100},
        {"half a window", 80, 200, 200},
        {"a window and one", 80, 401, 401},
        {"one", 80, 1, 1},
        {"nothing", 80, 0, 1},
        {"few mels", 3, 3000, 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        check_frames(cases[i].mels, cases[i].n, cases[i].block);
    }
}

/* A clip and its frames put together by hand are the same, and silence fills both. */
static void test_window(void)
{
    enum { WIDTH = 50, MELS = 80 };
    static float clip[MELS * WIDTH], window[MELS * WIDTH], frames[64 * MELS];
    static struct kept k;
    struct err e = {0};
    CHECK_CASE("window");
    k = (struct kept){.mels = MELS};
    struct log_mel *m = log_mel_create(MELS, keep, &k, &e);
    CHECK(log_mel_push(m, sound, 3000, &e) && log_mel_end(m, &e));
    for (size_t t = 0; t < k.count; t++)
        memcpy(frames + t * MELS, k.frames[t], sizeof *frames * MELS);
    log_mel_window(frames, k.count, MELS, log_mel_loudest(m), window, WIDTH);
    CHECK(log_mel_clip(MELS, sound, 3000, clip, WIDTH, &e));
    int differ = 0;
    for (int i = 0; i < MELS * WIDTH; i++)
        differ += clip[i] != window[i];
    CHECK(differ == 0);
    float least = INFINITY, most = -INFINITY;
    for (int i = 0; i < MELS * WIDTH; i++) {
        least = fminf(least, clip[i]);
        most = fmaxf(most, clip[i]);
    }
    CHECK_NEAR(most - least, 2, 1e-6); /* 8 powers of ten by 4 */
    CHECK_NEAR(clip[WIDTH - 1], least, 0);
    CHECK_NEAR(most, (log_mel_loudest(m) + 4) / 4, 1e-6);
    log_mel_destroy(m);

    CHECK(log_mel_clip(MELS, sound, 0, clip, WIDTH, &e)); /* digital silence */
    CHECK_NEAR(clip[0], -1.5, 0);
    CHECK(log_mel_clip(MELS, sound, 3000, clip, 5, &e)); /* cut short */
}

static void test_refused(void)
{
    static struct kept k;
    struct err e = {0};
    CHECK_CASE("refused");
    CHECK(!log_mel_create(0, keep, &k, &e) && !log_mel_create(129, keep, &k, &e));
    k = (struct kept){.mels = 80, .stop_at = 3};
    struct log_mel *m = log_mel_create(80, keep, &k, &e);
    CHECK(!log_mel_push(m, sound, MOST, &e) && e.code == ERR_CANCELED && k.count == 3);
    log_mel_destroy(m);
    log_mel_destroy(NULL);
}

int main(void)
{
    make_sound();
    test_frames();
    test_window();
    test_refused();
    return check_done();
}
