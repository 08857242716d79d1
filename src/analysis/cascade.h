/* SPDX-License-Identifier: GPL-3.0-or-later
 * cascade.h - does a small window of a picture look like a face? A boosted cascade of Haar-like
 * features (Viola and Jones, "Rapid object detection using a boosted cascade of simple features",
 * CVPR 2001), as OpenCV trains and stores them.
 *
 * The tables are made at build time by cascade_table.py from the cascades of Debian's opencv-data.
 * Prepare one for an integral image's row length, fill that image from a picture, and ask about any
 * window of cascade->width x height in it:
 *
 *     struct cascade_ready *c = cascade_prepare(&cascade_frontal, false, stride, &e);
 *     integral_fill(&sums, pixels, ...);
 *     if (cascade_matches(c, &sums, x, y)) ...
 *     cascade_release(c);
 *
 * Larger faces are found in smaller pictures. Threads: a prepared cascade is only read.
 */
#ifndef AIVE_ANALYSIS_CASCADE_H
#define AIVE_ANALYSIS_CASCADE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Tables --------------------------------------------------------------------------------- */

struct cascade_rect {
    int8_t x, y, w, h; /* w 0: not used */
    float weight;
};

/* Weighted sums of up to three rectangles against a threshold, in units of the window's contrast.
 */
struct cascade_node {
    struct cascade_rect rect[3];
    float threshold;
    int16_t below, above; /* > 0: that many nodes on from the tree's first; else leaf -n */
};

struct cascade_tree {
    uint16_t node, leaf; /* its first ones */
};

struct cascade_stage {
    uint16_t tree_count;
    float threshold; /* the leaves' sum must reach it */
};

struct cascade {
    int width, height;
    int stage_count, tree_count, node_count;
    const struct cascade_stage *stages;
    const struct cascade_tree *trees; /* of all stages, one after the other */
    const struct cascade_node *nodes;
    const float *leaves;
};

/* Faces seen from the front, and from the side: they look to the left; mirrored, to the right. */
extern const struct cascade cascade_frontal, cascade_profile;

/* --- Integral images ------------------------------------------------------------------------ */

/* sum[y * stride + x] is the sum of all samples above and left of (x, y). Sums are modulo 2^32:
 * differences over a window are right as long as they themselves fit. */
struct integral {
    int stride;             /* entries a row: at least the widest picture + 1 */
    uint32_t *sum, *square; /* stride * (height + 1), the caller's */
};

/* width < s->stride. */
void integral_fill(struct integral *s, const uint8_t *px, int px_stride, int width, int height);

/* --- Windows -------------------------------------------------------------------------------- */

struct cascade_ready;

/* `mirrored`: left and right exchanged. NULL: no memory. */
struct cascade_ready *cascade_prepare(const struct cascade *c, bool mirrored, int stride,
                                      struct err *e);
void cascade_release(struct cascade_ready *c);

/* The window at x, y must lie inside of the picture that `s` was filled from; s->stride as
 * prepared. Windows without contrast match nothing. */
bool cascade_matches(const struct cascade_ready *c, const struct integral *s, int x, int y);

#define CASCADE_LANES 8

/* The same of `count` <= CASCADE_LANES windows side by side: bit i is that at x + i. Faster; reads
 * up to CASCADE_LANES sums behind the last window, so the rows need as many more at their end. The
 * last `slack` stages need not be passed: what lies a little beside a face comes that far. */
unsigned cascade_matches_row(const struct cascade_ready *c, const struct integral *s, int x, int y,
                             int count, int slack);

#endif
