/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe.h - sound to words with a Whisper model, for as long a sound as there is.
 *
 *     struct transcriber *t = transcriber_open(&files, 0, &e);
 *     struct transcript *said = transcribe(t, &sound, &options, arena, &e);
 *
 * Window by window of 30 s, and each begins where the times of the last one end. Silence is cut out
 * first (gate.h). A text that runs in circles or is improbable is tried again at higher
 * temperatures, as often as the sound's length allows; what stays doubtful is dropped, and the
 * transcript says so. The last words of one window are told to the network with the next.
 *
 * Memory: the model's pages, a window's worth, and the text. Threads: one call at a time for one
 * transcriber, which works with a team of threads. Blocking: minutes.
 */
#ifndef AIVE_SPEECH_TRANSCRIBE_H
#define AIVE_SPEECH_TRANSCRIBE_H

#include "core/arena.h"
#include "core/cancel.h"
#include "nn/model_dir.h"
#include "speech/transcript.h"

#include <stdbool.h>
#include <stdint.h>

#define SPEECH_RATE 16000

/* Mono sound at 16 kHz, -1..1. It is read once from its start to its end, but for what is skipped:
 * `from` never goes back. What is not there any more is silence. */
struct speech_sound {
    int64_t samples;
    bool (*read)(void *user, int64_t from, float *pcm, int n, struct err *e);
    void *user;
};

struct speech_span;

struct transcribe_options {
    const char *model;    /* for the transcript */
    const char *language; /* code or name; NULL: it is detected */
    bool translate;       /* into English */
    const char *prompt;   /* words that may come: names, terms; NULL: none */
    int beams;            /* 0: 5 */
    bool no_words;        /* no times of words */
    /* Where somebody speaks; NULL: anywhere. */
    const struct speech_span *spans;
    size_t span_count;
    const struct cancel *cancel;
    /* Optional, on the thread that called. */
    void (*on_progress)(void *user, double done /* 0..1 */);
    void (*on_segment)(void *user, const struct transcript_segment *s);
    void *user;
};

struct transcriber;

/* threads: 0 is one for each core. The files may be closed afterwards. */
struct transcriber *transcriber_open(const struct model_files *files, int threads, struct err *e);
void transcriber_destroy(struct transcriber *t); /* accepts NULL */

/* ERR_INVALID: a language nobody knows. NULL on failure. */
struct transcript *transcribe(struct transcriber *t, const struct speech_sound *sound,
                              const struct transcribe_options *o, struct arena *a, struct err *e);

#endif
