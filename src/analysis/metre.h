/* SPDX-License-Identifier: GPL-3.0-or-later
 * metre.h - which of the pulses of a piece of music is the beat.
 *
 * The decoder follows one even pulse; a foot may well tap half, twice or a third as fast, or between
 * its beats. Every such grid is a reading. What each makes of the music is measured (is the beat
 * where the kick is? does every second one count for less? is the bar like a bar we know?), weighed,
 * and the best one taken, minute by minute, with a price on changing one's mind.
 * The weights come from music made for the purpose: bench/beat_songs.py, bench/fit_metre.py.
 */
#ifndef AIVE_ANALYSIS_METRE_H
#define AIVE_ANALYSIS_METRE_H

#include "analysis/bar.h"
#include "analysis/tempo.h"

struct metre_reading {
    double step;  /* beats of the decoder to one of ours */
    double shift; /* which of its beats (or between which) the first of ours is */
};

enum metre_fact { /* all about 0..1 unless said */
    FACT_TEMPO,     /* squared distance from 115 BPM, in half octaves */
    FACT_FAST,      /* octaves above 180 BPM */
    FACT_SLOW,      /* octaves below 62 BPM */
    FACT_DECODED,   /* 1: the decoder's own reading */
    FACT_PERIODIC,  /* how periodic the activation is at this interval */
    FACT_PATTERN,   /* how much the bar is like one we know */
    FACT_ON,        /* the beat, relative to the strongest place within beats */
    FACT_LOW_ON,    /* low: on the beat less halfway, -1..1 */
    FACT_HIGH_ON,   /* the same of the middle and high range */
    FACT_UNEVEN,    /* how much one of every two beats is the stronger */
    FACT_HEARD,     /* beats on which something begins */
    FACT_DIVIDED,   /* halves or thirds of the beat, relative to it */
    FACT_QUARTERS,  /* its quarters */
    FACT_THIRDS,    /* thirds less halves */
    FACT_BACKBEAT,  /* low and high take turns from beat to beat */
    FACT_HALF_TIME, /* low and high take turns every two beats */
    FACT_THREES,    /* how much one of every three beats is the stronger */
    FACT_BAR,       /* likeness of a beat with the one three or four on */
    FACT_LONG_BAR,  /* how much more alike those eight on are */
    FACT_BAR_OF_3,  /* how much more alike three on than two or four on */
    METRE_FACTS
};

/* Where the music is looked at, and what the decoder found there. */
struct metre_view {
    const struct bar_sound *sound;
    const struct bar_patterns *patterns;
    const struct tempo_map *map;
    const double *beats; /* hops, the decoder's */
    size_t count;
};

#define METRE_READINGS 15
extern const struct metre_reading metre_readings[METRE_READINGS];

/* The beats of a reading within [from, to) of the decoder's, at most `cap`. */
size_t metre_beats(const struct metre_view *v, const struct metre_reading *r, size_t from,
                   size_t to, double *out, size_t cap);

/* False: the reading is none here (too slow, too fast, too few beats). `cells` is scratch for as
 * many beats as there are. */
bool metre_facts(const struct metre_view *v, const struct metre_reading *r, const double *beats,
                 size_t n, struct bar_cell *cells, float facts[METRE_FACTS]);

/* Of n >= 2 beats (hops), on average. */
double metre_bpm(const double *beats, size_t n);

/* How much speaks for a reading with these facts at this tempo; only differences mean anything. */
double metre_weigh(const float facts[METRE_FACTS], double bpm);

struct metre_beat {
    double hop;
    bool decoded; /* one of the decoder's; else it lies between two */
};

/* The beats of the best readings (malloc'd, ascending). False: no memory. */
bool metre_choose(const struct metre_view *v, struct metre_beat **beats, size_t *count,
                  struct err *e);

#endif
