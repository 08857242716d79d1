/* SPDX-License-Identifier: GPL-3.0-or-later
 * highlight_parts.h - between highlight.c, which searches, and its parts: what a film holds at each
 * moment (highlight_cells.c), and the words for why a stretch stands out (highlight_reasons.c).
 */
#ifndef AIVE_ANALYSIS_HIGHLIGHT_PARTS_H
#define AIVE_ANALYSIS_HIGHLIGHT_PARTS_H

#include "analysis/highlight.h"

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
    HL_TOLD,    /* what is said tells: a question, laughter, a number */
    HL_QUICK,   /* somebody speaks faster than usually */
    HL_PAUSE,   /* nothing is heard: speaks against a stretch */
    HL_COUNT
};

/* The film in equal steps. */
struct highlight_cells {
    double step_s;
    size_t count;
    const struct highlight_line *lines; /* ascending, inside the film */
    size_t line_count;
    double usual_rate;     /* median of the lines', letters a second */
    float *part[HL_COUNT]; /* 0..1 each; NULL: the film has nothing of the kind */
    double *sum;           /* [count + 1]: value of all steps before, in seconds */
    double mean;           /* value of the whole film, 0..1 */
};

/* highlight_said.c: the lines that can be used, sorted, and how fast they usually are said. */
bool highlight_lines(const struct analysis_report *r, const struct highlight_line *lines,
                     size_t count, struct arena *a, struct highlight_cells *c);
void highlight_fill_told(const struct highlight_cells *c, float *x);
void highlight_fill_quick(const struct highlight_cells *c, float *x);
/* Adds `amount` to the cells between two moments, in parts where a cell is covered in part; what is
 * in a cell never passes 1. */
void highlight_paint(const struct highlight_cells *c, float *x, double start, double end,
                     double amount);
/* Why the lines inside of a stretch tell, weightiest first, at most `most`. Returns how many. */
size_t highlight_told(const struct highlight_cells *c, double start, double end, struct arena *a,
                      const char **out, size_t most);

/* In the arena; c->lines are there already. */
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
