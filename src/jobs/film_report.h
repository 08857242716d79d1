/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_report.h - what is told of a film: how it was made, and what may look or sound wrong in it.
 */
#ifndef AIVE_JOBS_FILM_REPORT_H
#define AIVE_JOBS_FILM_REPORT_H

#include "core/wire.h"

#include <stdint.h>

/* One thing that is wrong, or will look wrong. */
struct film_finding {
    const char *code;    /* stable: "cut_inside_word" */
    const char *message; /* for people */
    int64_t segment;     /* index in the timeline; INT64_MIN: not about one */
    const char *caption; /* its text; NULL: not about one */
    double time;         /* s of the film; NAN: everywhere */
};

struct film_findings {
    int8_t ok;             /* it can be rendered */
    struct wire_list errors, warnings; /* struct film_finding */
};

struct film_stage {
    const char *name;
    double wall, cpu; /* s */
};

/* How far the film's sound lies behind its plan; NAN: it cannot be told there. */
struct film_offset {
    double first_cut, last_cut; /* s */
};

struct film_sound {
    double loudness;                  /* LUFS; NAN: silence */
    double true_peak;                 /* dBTP */
    double gain, limited;             /* dB */
    double source_loudness, source_true_peak; /* of the mix, before */
};

struct film_chunks {
    int64_t total, encoded, reused;
};

struct film_report {
    int64_t frames;
    double duration;          /* s of the film */
    double wall, cpu;         /* s, all of it */
    double frames_per_second; /* of film, by wall time */
    int64_t peak_memory_bytes;
    struct film_chunks *chunks;
    int8_t sound_reused;
    struct film_sound *sound;
    struct film_offset *audio_offset;
    struct wire_list stages;   /* struct film_stage */
    struct wire_list warnings; /* struct film_finding */
};

extern const struct wire_type wire_film_finding, wire_film_findings, wire_film_report;

#endif
