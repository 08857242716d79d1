/* SPDX-License-Identifier: GPL-3.0-or-later
 * highlight_parts.h - between highlight.c, which searches, and its parts: what a film holds at each
 * moment (highlight_cells.c), and the words for why a stretch stands out (highlight_reasons.c).
 */
#ifndef AIVE_ANALYSIS_HIGHLIGHT_PARTS_H
#define AIVE_ANALYSIS_HIGHLIGHT_PARTS_H

#include "analysis/report.h"

#include <stdbool.h>

enum highlight_feature {
    HL_DROP,    /* the music sets in */
    HL_PEAK,    /* a moment of energy */
    HL_LOUD,    /* louder than the film's median */
    HL_SPEECH,  /* somebody speaks */
    HL_FACE,    /* somebody is seen */
    HL_MOTION,  /* the picture moves */
    HL_CUTS,    /* shots follow each other quickly */
    HL_PICTURE, /* sharp, well lit, steady */
    HL_PAUSE,   /* nothing is heard: speaks against a stretch */
    HL_COUNT
};

/* The film in equal steps. */
struct highlight_cells {
    double step_s;
    size_t count;
    float *part[HL_COUNT]; /* 0..1 each; NULL: the film has nothing of the kind */
    double *sum;           /* [count + 1]: value of all steps before, in seconds */
    double mean;           /* value of the whole film, 0..1 */
};

/* In the arena. */
bool highlight_fill(const struct analysis_report *r, struct arena *a, struct highlight_cells *c,
                    struct err *e);

/* The mean of one feature, and of the value of everything, from start to end. */
double highlight_part(const struct highlight_cells *c, enum highlight_feature f, double start,
                      double end);
double highlight_value(const struct highlight_cells *c, double start, double end);

/* Fills h->reasons, the weightiest first, from what is inside of h->start..h->end. */
bool highlight_reasons(const struct analysis_report *r, const struct highlight_cells *c,
                       struct arena *a, struct report_highlight *h, struct err *e);

#endif
