/* SPDX-License-Identifier: GPL-3.0-or-later
 * report.h - everything that is known about a source after one look and listen: the JSON that is
 * kept, sent to front ends, and laid out by templates.
 *
 * Times are seconds of the source, places shares of the upright picture (0..1 from the left and the
 * top). What a source does not have (a picture, sound, music) has empty lists and NAN. Lists are
 * ascending in time. Ownership: the arena of whoever read or filled it.
 */
#ifndef AIVE_ANALYSIS_REPORT_H
#define AIVE_ANALYSIS_REPORT_H

#include "core/wire.h"

/* Part of what results are kept under: raised whenever any analyser would find something else. */
#define ANALYSIS_VERSION 4

struct report_span {
    double start, end;
};

struct report_peak { /* a moment that stands out */
    double time, score; /* about 0..1 */
};

struct report_tempo { /* a tempo it could be */
    double bpm, score; /* 0..1 */
};

struct report_drop { /* where the music sets in */
    double time, rise; /* dB louder than before */
};

struct report_section { /* a part of even loudness */
    double start, end;
    double level; /* dBFS, mean */
};

struct report_loudness { /* ITU-R BS.1770 */
    double integrated; /* LUFS; NAN: too quiet or too short to say */
    double true_peak;  /* dBTP */
};

struct report_shot {
    double start, end;
    const char *begins;   /* "start" (of the file), "cut", "fade", "dissolve" */
    double transition;    /* s that the fade or dissolve takes, centred on start; 0: a cut */
    const char *camera;   /* how the crop moves: "still", "pan", "track" */
};

struct report_crop { /* a keyframe of the crop, as in a timeline */
    double time, x, y, scale;
};

struct report_face {
    double time, x, y, width, height; /* centre and size */
};

struct report_quality { /* one second of picture */
    double time;      /* its middle */
    double sharpness; /* 0 blurred .. 1 crisp */
    double exposure;  /* 0 black or burnt out .. 1 well lit */
    double shake;     /* pixels a frame at 1080p that the camera jumps */
    double motion;    /* 0 still .. 1 everything moves */
};

struct report_highlight { /* a stretch worth showing */
    double start, end, score; /* 0..1 */
    struct wire_list reasons; /* const char * */
};

struct analysis_report {
    int64_t version;
    double duration; /* s: the longer of picture and sound */

    /* Sound */
    double tempo;             /* BPM; NAN: no beat */
    double confidence;        /* 0..1; NAN without beats */
    int8_t steady;            /* one tempo throughout; -1 without beats */
    struct wire_list tempo_candidates; /* struct report_tempo: the tempo, its half and double */
    struct wire_list beats;       /* double */
    struct wire_list tempo_curve; /* double, BPM around each beat */
    struct wire_list downbeats;   /* double, some of the beats */
    int64_t beats_per_bar;        /* 3, 4; INT64_MIN: not known */
    struct wire_list energy;      /* struct report_peak */
    struct wire_list drops;       /* struct report_drop, the largest first; drop is its first */
    double drop;                  /* NAN: none */
    struct wire_list sections;    /* struct report_section */
    struct wire_list pauses;      /* struct report_span: what a jump cut may take out */
    struct wire_list speech;      /* struct report_span: where somebody speaks */
    double level_step;            /* s between levels */
    struct wire_list levels;      /* double, dBFS */
    struct report_loudness *loudness; /* NULL without sound */

    /* Picture */
    struct wire_list shots;    /* struct report_shot, without gaps */
    struct wire_list crop;     /* struct report_crop; two at one time are a jump */
    struct wire_list faces;    /* struct report_face, a few a second */
    struct wire_list quality;  /* struct report_quality */
    double thumbnail;          /* the moment to show; NAN: no picture */

    /* Both */
    struct wire_list highlights; /* struct report_highlight, best first */
    struct wire_list warnings; /* const char *: what could not be seen or heard, and why */
};

/* Nothing known yet: what lists and numbers are not there say so. */
extern const struct analysis_report report_empty;

/* wire_beats: the same struct, but only what the beats and their sound's duration say. */
extern const struct wire_type wire_analysis, wire_beats;

#endif
