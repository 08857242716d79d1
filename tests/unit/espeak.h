/* SPDX-License-Identifier: GPL-3.0-or-later
 * espeak.h - spoken text whose words have known times, from libespeak-ng's events.
 *
 * The library is loaded, not linked, and declared here: its header is in a package of its own that
 * nothing else needs. Sound is 16 kHz mono. Tests skip what needs it where it is not installed.
 */
#ifndef AIVE_TESTS_ESPEAK_H
#define AIVE_TESTS_ESPEAK_H

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPOKEN_RATE 16000

struct spoken_word {
    char text[32];
    double start_s, end_s;
};

struct spoken {
    float *pcm;
    int samples;
    struct spoken_word *words;
    int count;
};

struct espeak_event { /* speak_lib.h's espeak_EVENT */
    int type;
    unsigned unique;
    int text_position, length; /* of the word: first character counted from 1 */
    int audio_position;        /* ms */
    int sample;
    void *user;
    union {
        int number;
        const char *name;
        char string[8];
    } id;
};

enum { ESPEAK_WORD = 1, ESPEAK_PHONEME = 7 };

struct espeak {
    void *library;
    int rate;
    int (*set_voice)(const char *);
    int (*set_parameter)(int, int, int);
    int (*synth)(const void *, size_t, unsigned, int, unsigned, unsigned, unsigned *, void *);
};

static struct {
    int16_t *pcm;
    size_t samples;
    struct espeak_event *events;
    size_t count;
} espeak_said; /* the library's callback gets no pointer of ours that holds for phonemes */

static inline int espeak_take(short *pcm, int n, struct espeak_event *events)
{
    if (pcm && n > 0) {
        espeak_said.pcm = realloc(espeak_said.pcm, (espeak_said.samples + (size_t)n) * 2);
        memcpy(espeak_said.pcm + espeak_said.samples, pcm, (size_t)n * 2);
        espeak_said.samples += (size_t)n;
    }
    for (; events->type != 0; events++) {
        espeak_said.events = realloc(espeak_said.events,
                                     (espeak_said.count + 1) * sizeof *espeak_said.events);
        espeak_said.events[espeak_said.count++] = *events;
    }
    return 0;
}

static inline bool espeak_open(struct espeak *k)
{
    *k = (struct espeak){.library = dlopen("libespeak-ng.so.1", RTLD_NOW | RTLD_LOCAL)};
    if (!k->library)
        return false;
    int (*init)(int, int, const char *, int);
    void (*set_callback)(int (*)(short *, int, struct espeak_event *));
    *(void **)&init = dlsym(k->library, "espeak_Initialize");
    *(void **)&set_callback = dlsym(k->library, "espeak_SetSynthCallback");
    *(void **)&k->set_voice = dlsym(k->library, "espeak_SetVoiceByName");
    *(void **)&k->set_parameter = dlsym(k->library, "espeak_SetParameter");
    *(void **)&k->synth = dlsym(k->library, "espeak_Synth");
    if (!init || !set_callback || !k->set_voice || !k->set_parameter || !k->synth)
        return false;
    k->rate = init(2 /* synchronous */, 0, NULL, 1 /* with events of phonemes */);
    set_callback(espeak_take);
    return k->rate > 0;
}

/* A band-limited change of rate: 32 taps of a windowed sinc. */
static inline float *espeak_resample(const int16_t *in, size_t n, int rate, int *out_n)
{
    double step = (double)rate / SPOKEN_RATE, pi = acos(-1.0);
    *out_n = (int)((double)n / step);
    float *out = calloc((size_t)*out_n + 1, sizeof *out);
    for (int i = 0; i < *out_n; i++) {
        double at = i * step, sum = 0;
        for (int k = (int)at - 23; k <= (int)at + 24; k++) {
            double x = (k - at) / step;
            double w = fabs(x) < 16 ? 0.5 + 0.5 * cos(pi * x / 16) : 0;
            double s = fabs(x) < 1e-9 ? 1 : sin(pi * x) / (pi * x);
            if (k >= 0 && (size_t)k < n)
                sum += in[k] * w * s;
        }
        out[i] = (float)(sum / step / 32768);
    }
    return out;
}

/* A word as it is written, from blank to blank, lasts to the next or to the pause before it. */
static inline void espeak_words(struct spoken *s, const char *text)
{
    const char *last_at = NULL;
    s->words = calloc(espeak_said.count + 1, sizeof *s->words);
    for (size_t i = 0; i < espeak_said.count; i++) {
        const struct espeak_event *v = &espeak_said.events[i];
        double at_s = v->audio_position / 1000.0;
        struct spoken_word *last = s->count ? &s->words[s->count - 1] : NULL;
        bool word = v->type == ESPEAK_WORD && v->length > 0;
        bool pause = v->type == ESPEAK_PHONEME && v->id.string[0] == '_';
        if (last && !(last->end_s > 0) && at_s > last->start_s && (pause || word))
            last->end_s = at_s;
        if (!word)
            continue;
        const char *at = text + v->text_position - 1;
        while (at > text && at[-1] != ' ')
            at--;
        if (at == last_at) { /* "42" is two words when spoken */
            last->end_s = 0;
            continue;
        }
        last_at = at;
        struct spoken_word *w = &s->words[s->count++];
        w->start_s = at_s;
        snprintf(w->text, sizeof w->text, "%.*s", (int)strcspn(at, " "), at);
    }
    if (s->count && !(s->words[s->count - 1].end_s > 0))
        s->words[s->count - 1].end_s = (double)s->samples / SPOKEN_RATE;
}

/* Plain ASCII text; words a minute: 80 to 400. */
static inline struct spoken espeak_say(const struct espeak *k, const char *text, const char *voice,
                                       int words_a_minute)
{
    struct spoken s = {0};
    free(espeak_said.pcm);
    free(espeak_said.events);
    memset(&espeak_said, 0, sizeof espeak_said);
    k->set_voice(voice);
    k->set_parameter(1, words_a_minute, 0);
    k->synth(text, strlen(text) + 1, 0, 0, 0, 1 /* UTF-8 */, NULL, NULL);
    s.pcm = espeak_resample(espeak_said.pcm, espeak_said.samples, k->rate, &s.samples);
    espeak_words(&s, text);
    return s;
}

static inline void spoken_finish(struct spoken *s)
{
    free(s->pcm);
    free(s->words);
    *s = (struct spoken){0};
}

#endif
