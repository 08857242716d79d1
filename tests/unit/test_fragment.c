/* SPDX-License-Identifier: GPL-3.0-or-later
 * Segments put behind one another are a film with the same pictures and the same sound, at the same
 * times, as the muxer's. */
#include "check.h"
#include "media/fragment.h"
#include "synth.h"

#define CHUNKS 3
#define FRAMES 20 /* of each */
#define RATE 30

struct pieces {
    int chunks[CHUNKS], sound;
};

static bool encode_chunk(int fd, int first, struct err *e)
{
    struct h264_settings s = {.width = SYNTH_WIDTH, .height = SYNTH_HEIGHT, .fps_num = RATE, .fps_den = 1,
                              .preset = "veryfast", .crf = 20, .lookahead = 10};
    struct picture_pool *pool = picture_pool_create(s.width, s.height, e);
    struct chunk_writer *w = pool ? chunk_writer_create(&s, fd, e) : NULL;
    bool ok = w;
    for (int i = 0; ok && i < FRAMES; i++) {
        struct picture *p = picture_pool_take(pool, e);
        synth_draw(p, first + i);
        ok = chunk_writer_add(w, p, e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, e);
    chunk_writer_destroy(w);
    picture_pool_destroy(pool);
    return ok;
}

static bool encode_sound(int fd, struct err *e)
{
    enum { TOTAL = 48000 * CHUNKS * FRAMES / RATE };
    static float samples[2 * TOTAL];
    for (int i = 0; i < TOTAL; i++) /* a click each half second */
        samples[2 * i] = samples[2 * i + 1] = i % 24000 < 100 ? 0.8f : 0.0f;
    struct sound_writer *w = sound_writer_create(128000, fd, e);
    bool ok = w && sound_writer_add(w, samples, TOTAL, e) && sound_writer_finish(w, e);
    sound_writer_destroy(w);
    return ok;
}

static int open_chunk(void *user, int i, struct err *e)
{
    (void)e;
    return dup(((struct pieces *)user)->chunks[i]);
}

static bool write_all(int fd, const struct buf *b)
{
    return write(fd, b->data, b->len) == (ssize_t)b->len;
}

/* Init and segments of chunks [0, count) as one file. */
static int fragmented(const struct pieces *p, int count)
{
    struct err e = {0};
    struct buf out;
    int fd = synth_fd();
    buf_init(&out, 16 << 20);
    CHECK(fragment_init(p->chunks[0], p->sound, &out, &e));
    for (int i = 0; i < count; i++) {
        const int64_t per_chunk = 48000 * FRAMES / RATE;
        struct fragment_place at = {.number = (uint32_t)i + 1, .first_frame = i * FRAMES,
                                    .sound_from = i * per_chunk,
                                    .sound_end = i + 1 < CHUNKS ? (i + 1) * per_chunk : INT64_MAX};
        CHECK(fragment_media(p->chunks[i], p->sound, &at, &out, &e));
    }
    CHECK(write_all(fd, &out));
    buf_finish(&out);
    return fd;
}

static void plays_the_same(int fd, int film, int frames)
{
    struct err e = {0};
    struct video_reader *a = video_reader_create(fd, NULL, &e), *b = video_reader_create(film, NULL, &e);
    if (!CHECK(a && b))
        return;
    for (int i = 0; i < frames; i++) {
        struct picture *x = video_reader_next(a, &e), *y = video_reader_next(b, &e);
        if (CHECK(x && y)) {
            CHECK(synth_number(x) == i && synth_number(y) == i);
            CHECK(x->pts_ticks == y->pts_ticks);
        }
        picture_unref(&x);
        picture_unref(&y);
    }
    CHECK(video_reader_next(a, &e) == NULL && e.code == ERR_NONE);
    video_reader_destroy(a);
    video_reader_destroy(b);
}

static void sounds_the_same(int fd, int film)
{
    struct err e = {0};
    struct audio_reader *a = audio_reader_create(fd, 48000, 1, NULL, &e);
    struct audio_reader *b = audio_reader_create(film, 48000, 1, NULL, &e);
    static float x[48000 * 3], y[48000 * 3];
    if (!CHECK(a && b))
        return;
    int n = audio_reader_read(a, x, 48000 * 3, &e), m = audio_reader_read(b, y, 48000 * 3, &e);
    CHECK(n > 48000 && n == m && memcmp(x, y, (size_t)n * sizeof *x) == 0);
    audio_reader_destroy(a);
    audio_reader_destroy(b);
}

static void refuses_what_is_no_piece(const struct pieces *p)
{
    const struct fragment_place at = {.number = 1, .sound_end = INT64_MAX};
    struct err e = {0};
    struct buf out;
    int empty = synth_fd();
    buf_init(&out, 1 << 20);
    CHECK(!fragment_init(empty, p->sound, &out, &e) && e.code == ERR_INVALID);
    CHECK(!fragment_init(p->sound, p->chunks[0], &out, &e) && e.code == ERR_INVALID);
    CHECK(!fragment_media(p->chunks[0], p->chunks[0], &at, &out, &e) && e.code == ERR_INVALID);
    buf_finish(&out);
    buf_init(&out, 100); /* no room */
    CHECK(!fragment_init(p->chunks[0], p->sound, &out, &e) && e.code == ERR_NO_MEMORY);
    buf_finish(&out);
    close(empty);
}

int main(void)
{
    struct err e = {0};
    struct pieces p = {.sound = synth_fd()};
    media_init();
    bool ok = encode_sound(p.sound, &e);
    for (int i = 0; ok && i < CHUNKS; i++)
        ok = encode_chunk(p.chunks[i] = synth_fd(), i * FRAMES, &e);
    int film = synth_fd();
    struct film_source src = {.chunk_count = CHUNKS, .open_chunk = open_chunk, .user = &p, .sound_fd = p.sound};
    if (!CHECK(ok && film_mux(&src, film, NULL, 0, NULL, NULL, NULL, &e)))
        return check_done();

    int whole = fragmented(&p, CHUNKS), part = fragmented(&p, 1);
    plays_the_same(whole, film, CHUNKS * FRAMES);
    sounds_the_same(whole, film);
    struct video_reader *r = video_reader_create(part, NULL, &e);
    int n = 0;
    for (struct picture *q; r && (q = video_reader_next(r, &e)); n++)
        picture_unref(&q);
    CHECK(n == FRAMES);
    video_reader_destroy(r);
    refuses_what_is_no_piece(&p);
    return check_done();
}
