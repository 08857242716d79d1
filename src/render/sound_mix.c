/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Works hop by hop of 10 ms in blocks of HOPS. The film's own sound is read DUCK_AHEAD hops
 * ahead, for the music to go down before a word and not after it.
 */
#include "render/sound_mix.h"

#include "core/timebase.h"
#include "render/music.h"
#include "render/sound_duck.h"
#include "render/sound_effects.h"
#include "render/sound_film.h"

#include <stdlib.h>
#include <string.h>

#define HOPS 8
#define BLOCK (HOPS * DUCK_HOP)
#define AHEAD (DUCK_AHEAD * DUCK_HOP)

struct sound_mix {
    const struct plan *p;
    const struct cancel *cancel;
    struct sound_film *film;
    struct sound_effects *effects;
    struct music *music; /* NULL: none */
    struct duck duck;
    bool ducks;
    size_t next_caption;
    int64_t caption_end; /* the latest of those that have begun, samples */

    int64_t pos;                           /* sample of the film that `mixed` begins with */
    float film_sound[2 * (BLOCK + AHEAD)]; /* from pos on */
    float mixed[2 * BLOCK], music_sound[2 * BLOCK];
    int given, ready; /* frames of `mixed` */
};

/* Is a caption seen at a sample of the film? Asked in order. */
static bool captioned(struct sound_mix *m, int64_t at)
{
    const struct plan *p = m->p;
    int64_t ticks = at * (TICKS_PER_SECOND / PLAN_SAMPLE_RATE);
    for (; m->next_caption < p->caption_count && p->captions[m->next_caption].out_start <= ticks;
         m->next_caption++)
        if (p->captions[m->next_caption].out_end > m->caption_end)
            m->caption_end = p->captions[m->next_caption].out_end;
    return ticks < m->caption_end;
}

static bool add_music(struct sound_mix *m, struct err *e)
{
    if (!music_read(m->music, m->music_sound, BLOCK, e))
        return false;
    for (int h = 0; h < HOPS; h++) {
        float from = 1, to = 1;
        int at = h * DUCK_HOP;
        if (m->ducks)
            duck_hop(&m->duck, m->film_sound + 2 * (at + AHEAD), captioned(m, m->pos + at + AHEAD),
                     &from, &to);
        for (int i = 0; i < DUCK_HOP; i++) {
            float gain = from + (to - from) * ((float)i + 0.5f) / DUCK_HOP;
            m->mixed[2 * (at + i)] += gain * m->music_sound[2 * (at + i)];
            m->mixed[2 * (at + i) + 1] += gain * m->music_sound[2 * (at + i) + 1];
        }
    }
    return true;
}

static bool mix_block(struct sound_mix *m, struct err *e)
{
    if (cancel_fired(m->cancel))
        return err_set(e, ERR_CANCELED, "canceled");
    memmove(m->film_sound, m->film_sound + 2 * BLOCK, 2 * AHEAD * sizeof *m->film_sound);
    if (!sound_film_read(m->film, m->film_sound + 2 * AHEAD, BLOCK, e))
        return false;
    memcpy(m->mixed, m->film_sound, sizeof m->mixed);
    if (!sound_effects_add(m->effects, m->mixed, m->pos, BLOCK, e))
        return false;
    return !m->music || add_music(m, e);
}

int sound_mix_read(struct sound_mix *m, float *out, int n, struct err *e)
{
    if (m->given == m->ready) {
        m->pos += m->ready;
        int64_t left = m->p->sample_count - m->pos;
        m->given = 0;
        m->ready = left < BLOCK ? (int)left : BLOCK;
        if (m->ready > 0 && !mix_block(m, e))
            return -1;
    }
    n = n < m->ready - m->given ? n : m->ready - m->given;
    memcpy(out, m->mixed + 2 * m->given, 2 * sizeof *out * (size_t)n);
    m->given += n;
    return n;
}

/* Reads the film's first AHEAD frames, and lets the detector hear them. */
static bool look_ahead(struct sound_mix *m, struct err *e)
{
    float from, to, *first = m->film_sound + 2 * BLOCK; /* where mix_block() takes them from */
    if (!sound_film_read(m->film, first, AHEAD, e))
        return false;
    for (int h = 0; m->ducks && h < DUCK_AHEAD; h++)
        duck_hop(&m->duck, first + 2 * h * DUCK_HOP, captioned(m, h * DUCK_HOP), &from, &to);
    return true;
}

static bool start_music(struct sound_mix *m, const int *fds, const struct render_store *store,
                        struct err *e)
{
    m->music = music_create(m->p, fds, store, m->cancel, e);
    if (!m->music)
        return e->code == ERR_NONE;
    m->ducks = m->p->music->duck_db < 0;
    duck_init(&m->duck, m->p->music->duck_db);
    return true;
}

struct sound_mix *sound_mix_create(const struct plan *p, const int *source_fds,
                                   const struct render_store *store, const struct cancel *cancel,
                                   struct err *e)
{
    if (!sound_effects_check(p, e))
        return NULL;
    struct sound_mix *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "no memory for the sound");
        return NULL;
    }
    m->p = p;
    m->cancel = cancel;
    m->film = sound_film_create(p, source_fds, store, cancel, e);
    m->effects = m->film ? sound_effects_create(p, source_fds, cancel, e) : NULL;
    if (m->effects && start_music(m, source_fds, store, e) && look_ahead(m, e))
        return m;
    sound_mix_destroy(m);
    return NULL;
}

void sound_mix_destroy(struct sound_mix *m)
{
    if (!m)
        return;
    music_destroy(m->music);
    sound_effects_destroy(m->effects);
    sound_film_destroy(m->film);
    free(m);
}
