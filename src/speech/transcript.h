/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcript.h - what was said in a sound, and what was heard but is not believed.
 *
 * Units: seconds of the sound. Ownership: whoever made it; by transcribe() all is in its arena.
 */
#ifndef AIVE_SPEECH_TRANSCRIPT_H
#define AIVE_SPEECH_TRANSCRIPT_H

#include "core/wire.h"

struct transcript_word {
    double start, end;
    const char *word;
    double probability; /* NAN: not known */
};

struct transcript_segment {
    int64_t id; /* 0, 1, ... */
    double start, end;
    const char *text;
    double avg_logprob, no_speech_prob, compression_ratio, temperature; /* NAN: not known */
    struct wire_list words; /* struct transcript_word */
};

struct transcript_dropped {
    double start, end;
    const char *text;
    const char *reason;
};

struct transcript {
    const char *engine;  /* "whisper", "pocketsphinx", "alignment", "remote"; NULL: nothing listened */
    const char *model;   /* as it was asked for */
    const char *quality; /* "draft": not good enough for captions; else NULL */
    const char *reason;  /* why there is no transcript; else NULL */
    const char *task;    /* "transcribe", "translate" */
    const char *language;       /* ISO code; NULL: not known */
    double language_probability; /* NAN: it was given */
    double duration;
    const char *text;
    struct wire_list segments; /* struct transcript_segment */
    struct wire_list dropped;  /* struct transcript_dropped */
};

extern const struct wire_type wire_transcript_word, wire_transcript_segment, wire_full_transcript;

#endif
