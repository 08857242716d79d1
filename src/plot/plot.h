/* SPDX-License-Identifier: GPL-3.0-or-later
 * plot.h - everything that is known about a film on one page that a person can read: the film in small pictures, waveform with
 * beats and bars, energy, speech and pauses, shots, subject and crop, picture quality, highlights,
 * and the timeline that was laid out, all above one axis of time.
 *
 * Lanes without anything to show are left out; hours of film show as much as there are pixels for.
 * PNG and SVG are drawn by the same code. Text is set in the sans-serif font of fontconfig,
 * characters that it lacks in one that has them.
 * Threads: any number of pages at a time. Blocking: no files but fonts.
 */
#ifndef AIVE_PLOT_PLOT_H
#define AIVE_PLOT_PLOT_H

#include "analysis/report.h"
#include "analysis/strip.h"
#include "analysis/waveform.h"
#include "core/buf.h"
#include "core/err.h"
#include "timeline/timeline.h"

#include <stdbool.h>

enum plot_format { PLOT_PNG, PLOT_SVG };

struct plot {
    const char *name;                     /* or path of the file, for the title; may be NULL */
    const struct analysis_report *report;
    const struct waveform *waveform;      /* NULL: loudness in its place */
    const struct strip *strip;            /* the film in small pictures; NULL: not shown */
    const struct timeline *timeline;      /* NULL: none */
    int width;                            /* pixels, PLOT_MIN_WIDTH..PLOT_MAX_WIDTH; 0: PLOT_WIDTH */
};

#define PLOT_WIDTH 1600
#define PLOT_MIN_WIDTH 600
#define PLOT_MAX_WIDTH 4096
#define PLOT_MAX_BYTES ((size_t)32 << 20) /* of a page */

/* Adds the file to `out`. */
bool plot_draw(const struct plot *p, enum plot_format format, struct buf *out, struct err *e);

#endif
