/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/music.h"

#include "core/timebase.h"
#include "media/media.h"
#include "render/key.h"
#include "render/music_loop.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 1024

struct music {
    const struct plan_music *plan;
    struct audio_reader *reader, *again; /* the second plays into a seam */
    struct music_loop loop;
    bool loops, in_seam;
    int64_t pos;  /* sample of the music that comes next */
    int64_t film; /* sample of the whole film that comes next */
    float gain;
    float block[2 * BLOCK];
};

/* --- Where it starts over -----------------------------------------------------------------------
 */

static void loop_key(const char *source, int64_t start, char key[KEY_SIZE])
{
    static const char kind[] = "aive music loop";
    const int64_t what[] = {RENDER_VERSION, start};
    crypto_generichash_state h;
    unsigned char hash[32];
    crypto_generichash_init(&h, NULL, 0, sizeof hash);
    crypto_generichash_update(&h, (const unsigned char *)kind, sizeof kind);
    crypto_generichash_update(&h, (const unsigned char *)source, strlen(source) + 1);
    crypto_generichash_update(&h, (const unsigned char *)what, sizeof what);
    crypto_generichash_final(&h, hash, sizeof hash);
    sodium_bin2hex(key, KEY_SIZE, hash, sizeof hash);
}

static bool loop_ok(const struct music_loop *l)
{
    return l->fade >= 0 && l->fade <= l->from && l->from < l->to - l->fade && l->likeness >= 0 &&
           l->likeness <= 1.001;
}

/* From the store if it is there. */
static bool recall(const struct render_store *store, const char *key, struct music_loop *out)
{
    struct err why = {0};
    int fd = store->open(store->user, key, &why);
    bool ok = fd >= 0 && pread(fd, out, sizeof *out, 0) == (ssize_t)sizeof *out && loop_ok(out);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* A loop that cannot be kept is found anew next time. */
static void keep(const struct render_store *store, const char *key, const struct music_loop *loop)
{
    struct err why = {0};
    int fd = store->create(store->user, key, &why);
    if (fd < 0)
        return;
    if (pwrite(fd, loop, sizeof *loop, 0) == (ssize_t)sizeof *loop)
        store->commit(store->user, key, &why);
    close(fd);
}

static bool find_loop(struct music *m, const struct plan_source *source, int fd,
                      const struct render_store *store, const struct cancel *cancel, struct err *e)
{
    char key[KEY_SIZE] = "";
    int64_t length = ticks_scale(source->duration_ticks, PLAN_SAMPLE_RATE, TICKS_PER_SECOND);
    if (store && source->hash) {
        loop_key(source->hash, m->plan->start_samples, key);
        if (recall(store, key, &m->loop))
            return true;
    }
    if (!music_find_loop(fd, m->plan->start_samples, length, &m->loop, cancel, e))
        return false;
    if (key[0] && loop_ok(&m->loop))
        keep(store, key, &m->loop);
    return true;
}

/* --- Playing ------------------------------------------------------------------------------------
 */

static bool read_all(struct audio_reader *r, float *out, int n, struct err *e)
{
    int done = 0;
    while (done < n) {
        int k = audio_reader_read(r, out + 2 * done, n - done, e);
        if (k < 0)
            return false;
        if (k == 0)
            break;
        done += k;
    }
    if (done < n)
        memset(out + 2 * done, 0, 2 * sizeof *out * (size_t)(n - done));
    return true;
}

/* Both sounds overlap. Equal power, less what they have in common: two waves that are the same add
 * up by their amplitudes. */
static bool play_seam(struct music *m, float *out, int n, struct err *e)
{
    if (!read_all(m->reader, out, n, e) || !read_all(m->again, m->block, n, e))
        return false;
    for (int i = 0; i < n; i++) {
        double u =
            ((double)(m->pos + i - (m->loop.to - m->loop.fade)) + 0.5) / (double)m->loop.fade;
        double a = cos(M_PI / 2 * u), b = sin(M_PI / 2 * u);
        double sum = sqrt(1 + 2 * m->loop.likeness * a * b);
        for (int c = 0; c < 2; c++)
            out[2 * i + c] =
                (float)((a * (double)out[2 * i + c] + b * (double)m->block[2 * i + c]) / sum);
    }
    return true;
}

static bool next_stretch(struct music *m, int n, int *k, struct err *e)
{
    int64_t seam = m->loop.to - m->loop.fade;
    *k = n < BLOCK ? n : BLOCK;
    if (!m->loops)
        return true;
    if (m->pos >= m->loop.to) { /* the second reader goes on */
        struct audio_reader *old = m->reader;
        m->reader = m->again;
        m->again = old;
        m->pos = m->loop.from;
        m->in_seam = false;
        if (m->loop.fade == 0 && !audio_reader_seek(m->reader, m->pos, e))
            return false;
    }
    if (m->pos >= seam && !m->in_seam) {
        m->in_seam = true;
        if (!audio_reader_seek(m->again, m->loop.from - (m->loop.to - m->pos), e))
            return false;
    }
    int64_t left = (m->in_seam ? m->loop.to : seam) - m->pos;
    *k = left < *k ? (int)left : *k;
    return true;
}

/* The film's fades, in amplitude. */
static double fade_at(const struct plan_music *p, int64_t at)
{
    double g = 1;
    if (at < p->fade_in_samples)
        g = sin(M_PI / 2 * ((double)at + 0.5) / (double)p->fade_in_samples);
    if (p->whole_samples - at <= p->fade_out_samples)
        g *= sin(M_PI / 2 * fmax(0, (double)(p->whole_samples - at) - 0.5) /
                 (double)p->fade_out_samples);
    return g;
}

static void shape(struct music *m, float *x, int n)
{
    const struct plan_music *p = m->plan;
    bool fades =
        m->film < p->fade_in_samples || m->film + n > p->whole_samples - p->fade_out_samples;
    for (int i = 0; i < n; i++) {
        float g = fades ? m->gain * (float)fade_at(p, m->film + i) : m->gain;
        x[2 * i] *= g;
        x[2 * i + 1] *= g;
    }
}

bool music_read(struct music *m, float *out, int n, struct err *e)
{
    while (n > 0) {
        int k;
        if (!next_stretch(m, n, &k, e))
            return false;
        if (k == 0)
            continue;
        if (m->in_seam ? !play_seam(m, out, k, e) : !read_all(m->reader, out, k, e))
            return false;
        shape(m, out, k);
        m->pos += k;
        m->film += k;
        out += 2 * k;
        n -= k;
    }
    return true;
}

/* Where the film's first sample lies in the music. */
static bool set_out(struct music *m, int64_t length, struct err *e)
{
    int64_t start = m->plan->start_samples;
    if (start >= length && length > 0)
        start %= length;
    m->pos = start + m->plan->skip_samples;
    if (m->loops && m->pos >= m->loop.to)
        m->pos = m->loop.from + (m->pos - m->loop.to) % (m->loop.to - m->loop.from);
    return audio_reader_seek(m->reader, m->pos, e);
}

struct music *music_create(const struct plan *p, const int *source_fds,
                           const struct render_store *store, const struct cancel *cancel,
                           struct err *e)
{
    e->code = ERR_NONE;
    if (!p->music || !p->sources[p->music->source].has_audio || source_fds[p->music->source] < 0)
        return NULL;
    const struct plan_source *source = &p->sources[p->music->source];
    int fd = source_fds[p->music->source];
    struct music *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "no memory for the music");
        return NULL;
    }
    m->plan = p->music;
    m->film = p->music->skip_samples;
    m->gain = (float)pow(10, p->music->gain_db / 20);
    int64_t length = ticks_scale(source->duration_ticks, PLAN_SAMPLE_RATE, TICKS_PER_SECOND);
    bool ok = true;
    if (p->music->loop &&
        p->music->start_samples + p->music->skip_samples + p->sample_count > length) {
        ok = find_loop(m, source, fd, store, cancel, e);
        m->loops = ok && loop_ok(&m->loop);
    }
    ok = ok && (m->reader = audio_reader_create(fd, PLAN_SAMPLE_RATE, 2, cancel, e)) != NULL;
    if (ok && m->loops)
        ok = (m->again = audio_reader_create(fd, PLAN_SAMPLE_RATE, 2, cancel, e)) != NULL;
    if (ok && set_out(m, length, e))
        return m;
    music_destroy(m);
    return NULL;
}

void music_destroy(struct music *m)
{
    if (!m)
        return;
    audio_reader_destroy(m->reader);
    audio_reader_destroy(m->again);
    free(m);
}
