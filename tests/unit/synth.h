/* SPDX-License-Identifier: GPL-3.0-or-later
 * synth.h - films made on the spot for the tests: every frame carries its number as blocks of
 * brightness, the sound is silence with clicks. Files are memfds; nothing touches the disk.
 */
#ifndef AIVE_TESTS_SYNTH_H
#define AIVE_TESTS_SYNTH_H

#include "core/timebase.h"
#include "media/encode.h"
#include "media/media.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SYNTH_WIDTH 160
#define SYNTH_HEIGHT 96
#define SYNTH_BITS 12
#define SYNTH_BLOCK 16

static inline int synth_fd(void)
{
    return memfd_create("synth", MFD_CLOEXEC);
}

/* A pattern that moves with the number, and the number in the top two rows of blocks. */
static inline void synth_draw(struct picture *p, int number)
{
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            p->data[0][y * p->stride[0] + x] = (uint8_t)(60 + ((x + y + 3 * number) & 127));
    for (int plane = 1; plane < 3; plane++)
        for (int y = 0; y < p->height / 2; y++)
            memset(p->data[plane] + y * p->stride[plane], plane == 1 ? 110 : 140,
                   (size_t)p->width / 2);
    for (int bit = 0; bit < SYNTH_BITS; bit++) {
        int x0 = bit % 6 * SYNTH_BLOCK, y0 = bit / 6 * SYNTH_BLOCK;
        for (int y = y0; y < y0 + SYNTH_BLOCK; y++)
            memset(p->data[0] + y * p->stride[0] + x0, number >> bit & 1 ? 220 : 30, SYNTH_BLOCK);
    }
}

static inline int synth_number(const struct picture *p)
{
    int number = 0;

    for (int bit = 0; bit < SYNTH_BITS; bit++) {
        int x = bit % 6 * SYNTH_BLOCK + SYNTH_BLOCK / 2,
            y = bit / 6 * SYNTH_BLOCK + SYNTH_BLOCK / 2;
        if (p->data[0][y * p->stride[0] + x] > 125)
            number |= 1 << bit;
    }
    return number;
}

/* The number on screen at t, -1 when there is none. */
static inline int synth_number_at(struct video_reader *r, int64_t t, struct err *e)
{
    struct picture *p = video_reader_at(r, t, e);
    int number = p ? synth_number(p) : -1;

    picture_unref(&p);
    return number;
}

static inline struct h264_settings synth_settings(int fps_num, int fps_den)
{
    return (struct h264_settings){.width = SYNTH_WIDTH,
                                  .height = SYNTH_HEIGHT,
                                  .fps_num = fps_num,
                                  .fps_den = fps_den,
                                  .preset = "veryfast",
                                  .crf = 28,
                                  .max_bitrate = 4000000,
                                  .lookahead = 10};
}

/* One chunk with the frames first .. first + count - 1; -1 on failure. */
static inline int synth_chunk(const struct h264_settings *s, int first, int count, struct err *e)
{
    int fd = synth_fd();
    struct picture_pool *pool = picture_pool_create(s->width, s->height, e);
    struct chunk_writer *w = chunk_writer_create(s, fd, e);
    bool ok = pool && w;

    for (int i = 0; ok && i < count; i++) {
        struct picture *p = picture_pool_take(pool, e);
        if (p)
            synth_draw(p, first + i);
        ok = p && chunk_writer_add(w, p, e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, e);
    chunk_writer_destroy(w);
    picture_pool_destroy(pool);
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Sound of `samples` samples at 48 kHz: a click of one sample every second from 1.0 s on. */
static inline int synth_sound(int samples, struct err *e)
{
    int fd = synth_fd();
    float *pcm = calloc((size_t)samples * 2 + 2, sizeof *pcm);
    struct sound_writer *w = sound_writer_create(192000, fd, e);
    bool ok = pcm && w;

    for (int i = 48000; pcm && i < samples; i += 48000)
        pcm[2 * i] = pcm[2 * i + 1] = 0.9f;
    for (int at = 0; ok && at < samples; at += 700) /* in odd pieces */
        ok = sound_writer_add(w, pcm + 2 * at, samples - at < 700 ? samples - at : 700, e);
    ok = ok && sound_writer_finish(w, e);
    sound_writer_destroy(w);
    free(pcm);
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

struct synth_film {
    int fps_num, fps_den;
    const int *lengths; /* frames of each chunk */
    int chunks;
    int sound_samples; /* 0: silent */
    struct h264_settings settings;
    int next_frame;
};

static inline int synth_open_chunk(void *user, int i, struct err *e)
{
    struct synth_film *f = user;
    int first = f->next_frame;

    f->next_frame += f->lengths[i];
    return synth_chunk(&f->settings, first, f->lengths[i], e);
}

/* A whole MP4; -1 on failure. */
static inline int synth_mp4(struct synth_film f, const struct film_tag *tags, int tag_count,
                            struct err *e)
{
    int fd = synth_fd();
    int sound = f.sound_samples > 0 ? synth_sound(f.sound_samples, e) : -1;
    struct film_source src = {f.chunks, synth_open_chunk, &f, sound};
    bool ok;

    f.settings = synth_settings(f.fps_num, f.fps_den);
    ok = film_mux(&src, fd, tags, tag_count, NULL, NULL, NULL, e);
    if (sound >= 0)
        close(sound);
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

#endif
