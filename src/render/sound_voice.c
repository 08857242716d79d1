/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. What a decoder gives can depend on all that it decoded before: AAC replaces noise by
 * noise of a generator that only goes on. So that a film sounds the same whether its stretched
 * pieces were kept or are being made, each of them has a reader of its own; readers of the pool
 * read the same in both cases.
 */
#include "render/sound_voice.h"

#include "core/timebase.h"
#include "media/media.h"
#include "render/key.h"
#include "render/stretch.h"

#include <errno.h>
#include <rubberband/rubberband-c.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICKS_PER_SAMPLE (TICKS_PER_SECOND / PLAN_SAMPLE_RATE)
#define BACK_BLOCK (2 * PLAN_SAMPLE_RATE) /* frames read at once to be played backwards */
#define MAX_PIECE (60 * PLAN_SAMPLE_RATE) /* frames of stretched sound kept as one piece: 23 MB */
#define PIECE_BLOCK 4096
#define FRAME_BYTES ((int64_t)(2 * sizeof(float)))

/* The sound of a source, sample after sample in one direction. */
struct tape {
    struct sound_pool *pool;
    struct pool_reader from; /* blank until something is read */
    bool own;                /* not of the pool */
    bool backwards;
    int64_t pos;  /* forwards: the next sample; backwards: the one behind the next sample */
    float *block; /* backwards: what lies in [block_start, block_start + block_len) */
    int64_t block_start;
    int block_len;
};

struct sound_voice {
    const struct plan_segment *segment;
    int64_t from;        /* sample of the film */
    int64_t start_ticks; /* of the source, where `from` is */
    struct tape tape;
    struct stretch *stretch; /* NULL: at its own speed, or out of a piece */
    int piece_fd;            /* -1: none */
    int64_t piece_pos;       /* frames */
};

/* --- Readers ------------------------------------------------------------------------------------
 */

static bool new_reader(struct sound_pool *pool, int source, struct pool_reader *out, struct err *e)
{
    *out = (struct pool_reader){.source = source};
    out->reader = audio_reader_create(pool->fds[source], PLAN_SAMPLE_RATE, 2, pool->cancel, e);
    return out->reader != NULL;
}

static bool take_reader(struct sound_pool *pool, int source, int64_t pos, struct pool_reader *out,
                        struct err *e)
{
    struct pool_reader *best = NULL;
    for (int i = 0; i < POOL_READERS; i++) {
        struct pool_reader *r = &pool->idle[i];
        if (r->reader && r->source == source && (!best || r->pos == pos))
            best = r;
    }
    if (best) {
        *out = *best;
        best->reader = NULL;
        return true;
    }
    return new_reader(pool, source, out, e);
}

static void give_back(struct sound_pool *pool, struct pool_reader *r)
{
    if (!r->reader)
        return;
    struct pool_reader *slot = &pool->idle[0];
    for (int i = 0; i < POOL_READERS && slot->reader; i++)
        if (!pool->idle[i].reader || pool->idle[i].used < slot->used)
            slot = &pool->idle[i];
    audio_reader_destroy(slot->reader);
    *slot = *r;
    slot->used = ++pool->uses;
    r->reader = NULL;
}

void sound_pool_finish(struct sound_pool *pool)
{
    for (int i = 0; i < POOL_READERS; i++)
        audio_reader_destroy(pool->idle[i].reader);
    memset(pool->idle, 0, sizeof pool->idle);
}

/* n frames from `pos` on; silence before the source's start and after its end. */
static bool read_at(struct pool_reader *r, int64_t pos, float *out, int n, struct err *e)
{
    int done = 0;
    if (pos < 0) {
        done = -pos < n ? (int)-pos : n;
        memset(out, 0, 2 * sizeof *out * (size_t)done);
    }
    if (done < n && r->pos != pos + done) {
        if (!audio_reader_seek(r->reader, pos + done, e))
            return false;
        r->pos = pos + done;
    }
    while (done < n) {
        int k = audio_reader_read(r->reader, out + 2 * done, n - done, e);
        if (k < 0)
            return false;
        if (k == 0) { /* the end: the reader stays where it is */
            memset(out + 2 * done, 0, 2 * sizeof *out * (size_t)(n - done));
            return true;
        }
        done += k;
        r->pos += k;
    }
    return true;
}

/* --- The tape -----------------------------------------------------------------------------------
 */

static bool read_backwards(struct tape *t, float *out, int n, struct err *e)
{
    for (int i = 0; i < n; i++) {
        int64_t at = --t->pos;
        if (at < t->block_start || at >= t->block_start + t->block_len) {
            t->block_len = BACK_BLOCK;
            t->block_start = at + 1 - BACK_BLOCK;
            if (!read_at(&t->from, t->block_start, t->block, BACK_BLOCK, e))
                return false;
        }
        memcpy(out + 2 * i, t->block + 2 * (at - t->block_start), (size_t)FRAME_BYTES);
    }
    return true;
}

static bool tape_pull(void *user, float *out, int n, struct err *e)
{
    struct tape *t = user;
    if (t->backwards)
        return read_backwards(t, out, n, e);
    t->pos += n;
    return read_at(&t->from, t->pos - n, out, n, e);
}

static bool tape_open(struct tape *t, struct sound_pool *pool, const struct plan_segment *s,
                      int64_t start_ticks, struct err *e)
{
    t->pool = pool;
    t->backwards = s->rate.backwards;
    t->pos = ticks_scale(start_ticks, 1, TICKS_PER_SAMPLE);
    if (t->backwards && !(t->block = malloc((size_t)(BACK_BLOCK * FRAME_BYTES))))
        return err_set(e, ERR_NO_MEMORY, "no memory to play sound backwards");
    return true;
}

static void tape_close(struct tape *t)
{
    free(t->block);
    if (t->own)
        audio_reader_destroy(t->from.reader);
    else if (t->pool)
        give_back(t->pool, &t->from);
}

/* Further back by `frames`, against its direction. */
static void tape_rewind(struct tape *t, int frames)
{
    t->pos += t->backwards ? frames : -frames;
}

/* --- Stretching ---------------------------------------------------------------------------------
 */

/* Where in the voice's output its input frame is heard, by the ramp. */
static double place(void *user, double in)
{
    const struct sound_voice *v = user;
    int64_t ticks = (int64_t)(in * (double)TICKS_PER_SAMPLE);
    int64_t film = plan_film_at(v->segment, v->segment->rate.backwards ? v->start_ticks - ticks
                                                                       : v->start_ticks + ticks);
    return (double)film / (double)TICKS_PER_SAMPLE - (double)v->from;
}

static bool start_stretch(struct sound_voice *v, struct err *e)
{
    const struct effect_rate *r = &v->segment->rate;
    v->tape.own = true;
    if (!new_reader(v->tape.pool, v->segment->source, &v->tape.from, e))
        return false;
    v->stretch =
        v->segment->ramped ? stretch_create_ramp(place, v, e) : stretch_create(r->num, r->den, e);
    if (v->stretch)
        tape_rewind(&v->tape, stretch_lead(v->stretch));
    return v->stretch != NULL;
}

static void hash_numbers(crypto_generichash_state *h, const int64_t *x, size_t n)
{
    crypto_generichash_update(h, (const unsigned char *)x, n * sizeof *x);
}

/* Everything that the stretched samples depend on. */
static void piece_key(const struct sound_voice *v, int64_t frames, char key[KEY_SIZE])
{
    const struct plan_segment *s = v->segment;
    const char *source = v->tape.pool->plan->sources[s->source].hash;
    static const char kind[] = "aive stretched sound, Rubber Band " RUBBERBAND_VERSION;
    const int64_t what[] = {RENDER_VERSION,    v->tape.pos, s->rate.num, s->rate.den,
                            s->rate.backwards, s->ramped,   frames};
    crypto_generichash_state h;
    unsigned char hash[32];
    crypto_generichash_init(&h, NULL, 0, sizeof hash);
    crypto_generichash_update(&h, (const unsigned char *)kind, sizeof kind);
    crypto_generichash_update(&h, (const unsigned char *)source, strlen(source) + 1);
    hash_numbers(&h, what, sizeof what / sizeof *what);
    for (int64_t at = 0; s->ramped && at < frames; at += PLAN_SAMPLE_RATE / 100) {
        int64_t ticks = plan_source_at(s, (v->from + at) * TICKS_PER_SAMPLE);
        hash_numbers(&h, &ticks, 1);
    }
    crypto_generichash_final(&h, hash, sizeof hash);
    sodium_bin2hex(key, KEY_SIZE, hash, sizeof hash);
}

static bool write_piece(struct sound_voice *v, int fd, int64_t frames, struct err *e)
{
    float block[2 * PIECE_BLOCK];
    for (int64_t at = 0; at < frames; at += PIECE_BLOCK) {
        int n = frames - at < PIECE_BLOCK ? (int)(frames - at) : PIECE_BLOCK;
        if (cancel_fired(v->tape.pool->cancel))
            return err_set(e, ERR_CANCELED, "canceled");
        if (!stretch_read(v->stretch, block, n, tape_pull, &v->tape, e))
            return false;
        size_t size = (size_t)(n * FRAME_BYTES), done = 0;
        while (done < size) {
            ssize_t k = pwrite(fd, (const char *)block + done, size - done,
                               (off_t)(at * FRAME_BYTES + (int64_t)done));
            if (k < 0 && errno == EINTR)
                continue;
            if (k < 0)
                return err_errno(e, errno, "keep stretched sound");
            done += (size_t)k;
        }
    }
    return true;
}

/* Opens the piece, making it if need be. It is fine to end without one: *made stays false when
 * somebody else is just making it. */
static bool open_piece(struct sound_voice *v, int64_t frames, struct err *e)
{
    const struct render_store *store = v->tape.pool->store;
    struct err why = {0};
    char key[KEY_SIZE];
    piece_key(v, frames, key);
    v->piece_fd = store->open(store->user, key, &why);
    if (v->piece_fd >= 0)
        return true;
    if (why.code == ERR_NOT_FOUND) {
        why.code = ERR_NONE;
        v->piece_fd = store->create(store->user, key, &why);
    }
    if (v->piece_fd < 0 && why.code == ERR_CONFLICT)
        return start_stretch(v, e);
    if (v->piece_fd < 0) {
        if (e)
            *e = why;
        return false;
    }
    bool ok = start_stretch(v, e) && write_piece(v, v->piece_fd, frames, e) &&
              store->commit(store->user, key, e);
    stretch_destroy(v->stretch);
    v->stretch = NULL;
    return ok;
}

static bool read_piece(struct sound_voice *v, float *out, int n, struct err *e)
{
    size_t size = (size_t)(n * FRAME_BYTES), done = 0;
    while (done < size) {
        ssize_t k = pread(v->piece_fd, (char *)out + done, size - done,
                          (off_t)(v->piece_pos * FRAME_BYTES + (int64_t)done));
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k < 0 ? err_errno(e, errno, "read stretched sound")
                         : err_set(e, ERR_INTERNAL, "a piece of stretched sound is too short");
        done += (size_t)k;
    }
    v->piece_pos += n;
    return true;
}

/* --- The voice ----------------------------------------------------------------------------------
 */

/* The source instant of a film instant; constant speed is reckoned from the segment's own ends. */
static int64_t source_ticks(const struct plan_segment *s, int64_t film_ticks)
{
    int64_t into = film_ticks - s->out_start;
    if (s->ramped)
        return plan_source_at(s, film_ticks);
    into = ticks_scale(into, s->rate.num, s->rate.den);
    return s->rate.backwards ? s->src_end - into : s->src_start + into;
}

struct sound_voice *sound_voice_create(struct sound_pool *pool, const struct plan_segment *s,
                                       int64_t from, int64_t to, struct err *e)
{
    const struct plan_source *source = &pool->plan->sources[s->source];
    e->code = ERR_NONE;
    if (!source->has_audio || pool->fds[s->source] < 0)
        return NULL;
    struct sound_voice *v = calloc(1, sizeof *v);
    if (!v) {
        err_set(e, ERR_NO_MEMORY, "no memory for the sound");
        return NULL;
    }
    *v = (struct sound_voice){.segment = s, .from = from, .piece_fd = -1};
    v->start_ticks = source_ticks(s, from * TICKS_PER_SAMPLE);
    bool ok = tape_open(&v->tape, pool, s, v->start_ticks, e);
    if (ok && (s->ramped || s->rate.num != s->rate.den))
        ok = pool->store && source->hash && to - from <= MAX_PIECE ? open_piece(v, to - from, e)
                                                                   : start_stretch(v, e);
    else if (ok)
        ok = take_reader(pool, s->source, v->tape.pos, &v->tape.from, e);
    if (ok)
        return v;
    sound_voice_destroy(v);
    return NULL;
}

bool sound_voice_read(struct sound_voice *v, float *out, int n, struct err *e)
{
    if (v->piece_fd >= 0)
        return read_piece(v, out, n, e);
    return v->stretch ? stretch_read(v->stretch, out, n, tape_pull, &v->tape, e)
                      : tape_pull(&v->tape, out, n, e);
}

void sound_voice_destroy(struct sound_voice *v)
{
    if (!v)
        return;
    stretch_destroy(v->stretch);
    tape_close(&v->tape);
    if (v->piece_fd >= 0)
        close(v->piece_fd);
    free(v);
}
