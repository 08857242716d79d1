/* SPDX-License-Identifier: GPL-3.0-or-later
 * align.h - when a known text is spoken: each of its words in the sound.
 *
 *     struct sphinx *s = sphinx_open(false, &e);
 *     struct transcript *said = align(s, &sound, &script, &options, arena, &e);
 *
 * The sound is heard in windows of half a minute. What may be said in one is the part of the script
 * that is due: its words in their order, with dear jumps to any of them and dear single sounds for
 * what is not in it. Of all that is heard so, only runs of words stay that follow each other as in
 * the script; the gaps between two runs are heard once more, with nothing but the words that are
 * missing there. So nothing is forced: a word of the script that nobody says, and speech that is not
 * in the script, are told in `dropped` (ALIGN_NOT_HEARD, ALIGN_NOT_IN_SCRIPT).
 *
 * English only. Memory: a window, and some 500 bytes a word. Threads: one at a time for one sphinx,
 * which serves for one script. Blocking: about a tenth of the sound's length.
 */
#ifndef AIVE_SPEECH_ALIGN_H
#define AIVE_SPEECH_ALIGN_H

#include "speech/script.h"
#include "speech/sphinx.h"
#include "speech/transcribe.h"

#define ALIGN_NOT_HEARD "in the script, but not heard"
#define ALIGN_NOT_IN_SCRIPT "heard, but not in the script"

struct align_options {
    /* Where somebody speaks; NULL: anywhere. */
    const struct speech_span *spans;
    size_t span_count;
    const struct cancel *cancel;
    void (*on_progress)(void *user, double done /* 0..1 */); /* optional */
    void *user;
};

/* Engine "alignment"; a segment for each sentence or cue of which something is heard. A word's
 * probability is a rough one; NAN where its time is only what its neighbours leave. ERR_INVALID:
 * the script is not English, or does not fit the sound. */
struct transcript *align(struct sphinx *s, const struct speech_sound *sound,
                         const struct script *script, const struct align_options *o,
                         struct arena *a, struct err *e);

/* What pocketsphinx itself makes of the sound: engine "pocketsphinx", quality "draft". The sphinx
 * was opened for drafts. */
struct transcript *sphinx_transcribe(struct sphinx *s, const struct speech_sound *sound,
                                     const struct align_options *o, struct arena *a, struct err *e);

#endif
