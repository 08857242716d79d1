/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_plans.h - for tests of a film's sound: sources made here (WAV in memory), plans written by
 * hand over them, and the mix of such a plan in one piece.
 */
#ifndef AIVE_TESTS_SOUND_PLANS_H
#define AIVE_TESTS_SOUND_PLANS_H

#include "check.h"
#include "core/timebase.h"
#include "media/media.h"
#include "render/sound_mix.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define RATE PLAN_SAMPLE_RATE
#define S TICKS_PER_SECOND

static inline void put_le(unsigned char *p, uint32_t x, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (unsigned char)(x >> (8 * i));
}

/* A WAV file of float samples in memory; v is interleaved. */
static inline int wav_of_samples(const float *v, long frames, int channels, int rate)
{
    unsigned char head[58] = "RIFF....WAVEfmt ";
    uint32_t bytes = (uint32_t)(frames * channels * 4);
    put_le(head + 4, 50 + bytes, 4);
    put_le(head + 16, 18, 4);
    put_le(head + 20, 3, 2); /* IEEE float */
    put_le(head + 22, (uint32_t)channels, 2);
    put_le(head + 24, (uint32_t)rate, 4);
    put_le(head + 28, (uint32_t)(rate * channels * 4), 4);
    put_le(head + 32, (uint32_t)channels * 4, 2);
    put_le(head + 34, 32, 2);
    memcpy(head + 38, "fact", 4);
    put_le(head + 42, 4, 4);
    put_le(head + 46, (uint32_t)frames, 4);
    memcpy(head + 50, "data", 4);
    put_le(head + 54, bytes, 4);
    int fd = memfd_create("wav", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, head, sizeof head) == (ssize_t)sizeof head);
    CHECK(write(fd, v, bytes) == (ssize_t)bytes);
    return fd;
}

/* Stereo at 48 kHz, sample by sample. */
static inline int wav_of(float (*sample)(long n, int channel), long frames)
{
    float *v = malloc((size_t)frames * 2 * sizeof *v);
    for (long i = 0; i < frames; i++)
        for (int c = 0; c < 2; c++)
            v[2 * i + c] = sample(i, c);
    int fd = wav_of_samples(v, frames, 2, RATE);
    free(v);
    return fd;
}

struct cut {
    int source;
    int64_t start, end; /* ticks of the source */
    int num, den;
};

static inline struct plan plan_of(const struct cut *cuts, size_t n, struct plan_segment *segments,
                                  const struct plan_source *sources, size_t source_count)
{
    int64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct plan_segment *s = &segments[i];
        *s = (struct plan_segment){.index = i,
                                   .name = "part",
                                   .source = cuts[i].source,
                                   .src_start = cuts[i].start,
                                   .src_end = cuts[i].end,
                                   .whole_start = cuts[i].start,
                                   .whole_end = cuts[i].end,
                                   .rate = {cuts[i].num, cuts[i].den, false},
                                   .gain = 1,
                                   .out_start = at,
                                   .effect_start = at};
        at += ticks_scale(cuts[i].end - cuts[i].start, cuts[i].den, cuts[i].num);
        s->out_end = s->effect_end = at;
        s->first_sample = ticks_scale(s->out_start, RATE, S);
        s->end_sample = ticks_scale(s->out_end, RATE, S);
    }
    return (struct plan){.duration_ticks = at,
                         .sample_count = ticks_scale(at, RATE, S),
                         .sources = sources,
                         .source_count = source_count,
                         .segments = segments,
                         .segment_count = n};
}

struct film {
    float *v; /* interleaved stereo */
    int64_t frames;
};

static inline struct film mix_of(const struct plan *p, const int *fds,
                                 const struct render_store *store)
{
    struct err e = {0};
    struct film f = {.v = malloc(2 * (size_t)(p->sample_count + 1) * sizeof *f.v)};
    struct sound_mix *m = sound_mix_create(p, fds, store, NULL, &e);
    int n = m ? 1 : -1;
    while (n > 0) {
        int64_t left = p->sample_count + 1 - f.frames;
        n = sound_mix_read(m, f.v + 2 * f.frames, left < 1000 ? (int)left : 1000, &e);
        f.frames += n > 0 ? n : 0;
    }
    if (!CHECK(n == 0))
        fprintf(stderr, "   %s\n", e.msg);
    CHECK(f.frames == p->sample_count);
    sound_mix_destroy(m);
    return f;
}

#endif
