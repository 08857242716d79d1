/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/sound_effects.h"

#include "core/timebase.h"
#include "media/media.h"
#include "render/sfx.h"
#include "render/sound_film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VOICES 32 /* effects heard at once; one more ends the oldest */

/* An effect that plays or will soon. Its sample x is heard at sample begin + x of the film. */
struct effect_voice {
    const struct sfx *builtin;   /* or */
    struct audio_reader *reader; /* of a source, standing at the next sample it gives */
    int64_t begin;
    int64_t from, end;      /* samples of the film: heard from .. to */
    bool fade_in, fade_out; /* where it is cut */
    float gain;
};

struct sound_effects {
    const struct plan *p;
    const int *fds;
    const struct cancel *cancel;
    struct effect_voice voices[VOICES];
    int voice_count;
    size_t next_sfx;
    int64_t max_lead;
    float block[2 * SOUND_EFFECTS_BLOCK];
};

bool sound_effects_check(const struct plan *p, struct err *e)
{
    for (size_t i = 0; i < p->sfx_count; i++) {
        const struct plan_sfx *s = &p->sfx[i];
        char known[512];
        if (s->source >= 0 || sfx_find(s->name))
            continue;
        sfx_names(known, sizeof known);
        return err_set(e, ERR_INVALID, "segment %zu \"%s\": no sound effect \"%s\"; there are: %s",
                       p->segments[s->segment].index + 1, p->segments[s->segment].name, s->name,
                       known);
    }
    return true;
}

/* Where the effect lies in the film, given how long its sound is. */
static void place(struct effect_voice *v, const struct plan_sfx *s, int64_t lead, int64_t length)
{
    v->begin = s->first_sample - s->skip_samples - lead;
    if (s->skip_samples == 0 && v->begin < 0)
        v->begin = 0; /* no room for its lead: it starts with the film */
    v->from = v->begin > 0 ? v->begin : 0;
    v->end = v->begin + length;
    v->fade_in = v->begin < 0;
    if (s->max_samples < length - s->skip_samples) {
        v->end = v->begin + s->skip_samples + s->max_samples;
        v->fade_out = true;
    }
}

static bool add_effect(struct sound_effects *m, const struct plan_sfx *s, struct err *e)
{
    struct effect_voice v = {0};
    double gain_db = s->gain_db;
    if (s->source < 0) {
        v.builtin = sfx_find(s->name);
        gain_db += v.builtin->gain_db;
        place(&v, s, v.builtin->lead_samples, v.builtin->sample_count);
    } else {
        const struct plan_source *src = &m->p->sources[s->source];
        if (!src->has_audio || m->fds[s->source] < 0)
            return true;
        place(&v, s, 0, ticks_scale(src->duration_ticks, PLAN_SAMPLE_RATE, TICKS_PER_SECOND));
        v.reader = audio_reader_create(m->fds[s->source], PLAN_SAMPLE_RATE, 2, m->cancel, e);
        if (!v.reader)
            return err_wrap(e, "sound effect \"%s\"", s->name ? s->name : "");
        if (v.from > v.begin && !audio_reader_seek(v.reader, v.from - v.begin, e)) {
            audio_reader_destroy(v.reader);
            return false;
        }
    }
    v.gain = (float)pow(10.0, gain_db / 20.0);
    if (m->voice_count == VOICES) {
        audio_reader_destroy(m->voices[0].reader);
        memmove(m->voices, m->voices + 1, (VOICES - 1) * sizeof *m->voices);
        m->voice_count--;
    }
    m->voices[m->voice_count++] = v;
    return true;
}

/* Frames [at, at + n) of the film, all of them inside the effect, as they are in its sound. */
static bool read_effect(struct effect_voice *v, float *out, int64_t at, int n, struct err *e)
{
    if (v->builtin) {
        const int16_t *in = v->builtin->samples + (at - v->begin);
        for (int i = 0; i < n; i++)
            out[2 * i] = out[2 * i + 1] = (float)in[i] / 32768.0f;
        return true;
    }
    int done = 0;
    while (done < n) {
        int k = audio_reader_read(v->reader, out + 2 * done, n - done, e);
        if (k < 0)
            return false;
        if (k == 0) {
            memset(out + 2 * done, 0, 2 * sizeof *out * (size_t)(n - done));
            break;
        }
        done += k;
    }
    return true;
}

/* 0..1 within SOUND_FADE of an end that cuts the sound, else 1. */
static float fade_at(const struct effect_voice *v, int64_t at)
{
    double g = 1;
    if (v->fade_in && at - v->from < SOUND_FADE)
        g = sin(M_PI / 2 * ((double)(at - v->from) + 0.5) / SOUND_FADE);
    if (v->fade_out && v->end - at <= SOUND_FADE)
        g *= sin(M_PI / 2 * ((double)(v->end - at) - 0.5) / SOUND_FADE);
    return (float)g;
}

static bool mix_effect(struct sound_effects *m, struct effect_voice *v, float *film, int64_t pos,
                       int n, struct err *e)
{
    int64_t from = v->from > pos ? v->from : pos;
    int64_t to = v->end < pos + n ? v->end : pos + n;
    if (from >= to)
        return true;
    int count = (int)(to - from);
    if (!read_effect(v, m->block, from, count, e))
        return false;
    float *out = film + 2 * (from - pos);
    for (int i = 0; i < count; i++) {
        float gain = v->gain * fade_at(v, from + i);
        out[2 * i] += gain * m->block[2 * i];
        out[2 * i + 1] += gain * m->block[2 * i + 1];
    }
    return true;
}

bool sound_effects_add(struct sound_effects *m, float *out, int64_t pos, int n, struct err *e)
{
    const struct plan *p = m->p;
    while (m->next_sfx < p->sfx_count && p->sfx[m->next_sfx].first_sample - m->max_lead < pos + n)
        if (!add_effect(m, &p->sfx[m->next_sfx++], e))
            return false;
    for (int i = 0; i < m->voice_count; i++)
        if (!mix_effect(m, &m->voices[i], out, pos, n, e))
            return false;
    int kept = 0;
    for (int i = 0; i < m->voice_count; i++) {
        if (m->voices[i].end <= pos + n)
            audio_reader_destroy(m->voices[i].reader);
        else
            m->voices[kept++] = m->voices[i];
    }
    m->voice_count = kept;
    return true;
}

struct sound_effects *sound_effects_create(const struct plan *p, const int *source_fds,
                                           const struct cancel *cancel, struct err *e)
{
    struct sound_effects *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "no memory for the sound effects");
        return NULL;
    }
    m->p = p;
    m->fds = source_fds;
    m->cancel = cancel;
    for (const struct sfx *s = sfx_table; s->name; s++)
        if (s->lead_samples > m->max_lead)
            m->max_lead = s->lead_samples;
    return m;
}

void sound_effects_destroy(struct sound_effects *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->voice_count; i++)
        audio_reader_destroy(m->voices[i].reader);
    free(m);
}
