/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/shortened.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX ((size_t)(SHORTENED_MAX_S * SPEECH_RATE))
#define PEAK 20000.0F
#define GAIN_MAX 30.0F /* noise stays noise */

bool shortened_init(struct shortened *s, const struct speech_sound *sound,
                    const struct speech_span *spans, size_t span_count, struct arena *a,
                    struct err *e)
{
    *s = (struct shortened){.sound = sound};
    s->pcm = malloc(SAMPLES_MAX * sizeof *s->pcm);
    s->loud = malloc(SAMPLES_MAX * sizeof *s->loud);
    if (!s->pcm || !s->loud)
        return err_set(e, ERR_NO_MEMORY, "no memory for the sound");
    return gate_make(spans, span_count, (double)sound->samples / SPEECH_RATE, a, &s->gate, e);
}

void shortened_finish(struct shortened *s)
{
    free(s->pcm);
    free(s->loud);
    *s = (struct shortened){0};
}

static bool append_piece(struct shortened *s, const struct gate_piece *p, int64_t from, int64_t to,
                         struct err *e)
{
    int64_t begin = llround(p->at_s * SPEECH_RATE), source = llround(p->start_s * SPEECH_RATE);
    int64_t end = begin + llround((p->end_s - p->start_s) * SPEECH_RATE);
    int64_t a = from > begin ? from : begin, b = to < end ? to : end;
    int64_t rest = s->sound->samples - (source + a - begin);
    int64_t n = b - a < rest ? b - a : rest, room = (int64_t)(SAMPLES_MAX - s->samples);
    n = n < room ? n : room;
    if (n <= 0)
        return true;
    if (!s->sound->read(s->sound->user, source + a - begin, s->pcm + s->samples, (int)n, e))
        return false;
    s->samples += (size_t)n;
    return true;
}

bool shortened_read(struct shortened *s, double from_s, double to_s, struct err *e)
{
    int64_t from = llround(from_s * SPEECH_RATE), to = llround(to_s * SPEECH_RATE);
    s->samples = 0;
    for (size_t i = 0; i < s->gate.count; i++)
        if (!append_piece(s, &s->gate.pieces[i], from, to, e))
            return false;
    float peak = 1e-6F;
    for (size_t i = 0; i < s->samples; i++)
        peak = fmaxf(peak, fabsf(s->pcm[i]));
    float gain = fminf(PEAK / peak, GAIN_MAX * 32767);
    for (size_t i = 0; i < s->samples; i++)
        s->loud[i] = (int16_t)lrintf(s->pcm[i] * gain);
    return true;
}
