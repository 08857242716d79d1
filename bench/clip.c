/* SPDX-License-Identifier: GPL-3.0-or-later
 * clip.c - sources: a file, or a clip made on the spot.
 */
#include "film.h"

#include "core/files.h"
#include "core/timebase.h"
#include "media/media.h"
#include "media/proxy_writer.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static void describe(struct clip *c)
{
    struct err e = {0};
    struct media_info info;
    if (!media_probe(c->fd, &info, NULL, &e) || !file_hash(c->fd, c->hash, &e))
        die("probe", &e);
    c->proxy_fd = -1;
    c->seconds = info.duration;
    c->source = (struct plan_source){.duration_ticks = info.duration_ticks,
                                     .has_audio = info.has_audio,
                                     .has_video = info.has_video,
                                     .width = info.width,
                                     .height = info.height,
                                     .hash = c->hash};
}

void clip_open(struct clip *c, const char *path)
{
    c->fd = open(path, O_RDONLY);
    if (c->fd < 0)
        die(path, NULL);
    describe(c);
}

void clip_close(struct clip *c)
{
    close(c->fd);
    if (c->proxy_fd >= 0)
        close(c->proxy_fd);
}

void clip_add_proxy(struct clip *c)
{
    struct err e = {0};
    struct media_info info;
    struct picture *p;
    if (!media_probe(c->fd, &info, NULL, &e))
        die("probe", &e);
    if (!proxy_is_wanted(&info))
        return;
    c->proxy_fd = temp_file();
    struct video_reader *r = video_reader_create(c->fd, NULL, &e);
    struct proxy_writer *w = r ? proxy_writer_create(&info, c->proxy_fd, &e) : NULL;
    while (w && (p = video_reader_next(r, &e))) {
        bool ok = proxy_writer_add(w, p, &e);
        picture_unref(&p);
        if (!ok)
            break;
    }
    if (!w || e.code != ERR_NONE || !proxy_writer_finish(w, &e))
        die("proxy", &e);
    proxy_writer_destroy(w);
    video_reader_destroy(r);
}

/* --- Drawing -------------------------------------------------------------------------------- */

#define WAVES 4096

/* Soft moving stripes under grain that stays where it is: not easy for the encoder, not hard. */
static void draw(struct picture *p, int frame, const int16_t *wave)
{
    for (int y = 0; y < p->height; y++) {
        uint8_t *row = p->data[0] + (ptrdiff_t)y * p->stride[0];
        int down = wave[(11 * (y - frame)) & (WAVES - 1)];
        for (int x = 0; x < p->width; x++) {
            unsigned grain = ((unsigned)x * 7919u + (unsigned)y * 104729u) * 2654435761u >> 28;
            int across = wave[(13 * (x + 3 * frame)) & (WAVES - 1)];
            row[x] = (uint8_t)(110 + 60 * across * down / (1 << 20) + (int)grain);
        }
    }
    for (int k = 1; k < 3; k++)
        for (int y = 0; y < p->height / 2; y++)
            for (int x = 0; x < p->width / 2; x++)
                p->data[k][(ptrdiff_t)y * p->stride[k] + x] =
                    (uint8_t)(128 + wave[(6 * (k == 1 ? x : y) + 13 * frame) & (WAVES - 1)] / 51);
}

static bool write_pictures(int width, int height, int count, int fd, struct err *e)
{
    struct h264_settings s = {.width = width,
                              .height = height,
                              .fps_num = 30,
                              .fps_den = 1,
                              .preset = "superfast",
                              .params = "ref=4", /* as cameras have: it is the decoder's memory */
                              .crf = 20,
                              .lookahead = 10};
    struct picture_pool *pool = picture_pool_create(width, height, e);
    struct chunk_writer *w = chunk_writer_create(&s, fd, e);
    bool ok = pool && w;
    int16_t wave[WAVES];
    for (int i = 0; i < WAVES; i++)
        wave[i] = (int16_t)lrint(1024 * sin(2 * M_PI * i / WAVES));
    for (int i = 0; ok && i < count; i++) {
        struct picture *p = picture_pool_take(pool, e);
        ok = p != NULL;
        if (ok)
            draw(p, i, wave);
        ok = ok && chunk_writer_add(w, p, e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, e);
    chunk_writer_destroy(w);
    picture_pool_destroy(pool);
    return ok;
}

static bool write_tone(int seconds, int fd, struct err *e)
{
    struct sound_writer *w = sound_writer_create(128000, fd, e);
    float *second = malloc(2 * PLAN_SAMPLE_RATE * sizeof *second);
    bool ok = w && second;
    for (int i = 0; ok && i < PLAN_SAMPLE_RATE; i++)
        second[2 * i] = second[2 * i + 1] =
            (float)(0.2 * sin(i * 2 * M_PI * 440 / PLAN_SAMPLE_RATE));
    for (int i = 0; ok && i < seconds; i++)
        ok = sound_writer_add(w, second, PLAN_SAMPLE_RATE, e);
    ok = ok && sound_writer_finish(w, e);
    sound_writer_destroy(w);
    free(second);
    return ok;
}

static int one_chunk(void *user, int i, struct err *e)
{
    (void)i, (void)e;
    return dup(*(const int *)user);
}

void clip_make(struct clip *c, int width, int height, int seconds)
{
    struct err e = {0};
    int pictures = temp_file(), sound = temp_file();
    struct film_source src = {
        .chunk_count = 1, .open_chunk = one_chunk, .user = &pictures, .sound_fd = sound};
    c->fd = temp_file();
    if (!write_pictures(width, height, seconds * 30, pictures, &e) ||
        !write_tone(seconds, sound, &e) || !film_mux(&src, c->fd, NULL, 0, NULL, NULL, NULL, &e))
        die("clip", &e);
    close(pictures);
    close(sound);
    describe(c);
}
