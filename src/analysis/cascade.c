/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Nearly all windows leave in the first stages, so what counts is that a feature is cheap:
 * its rectangles are turned into four offsets each, once for a row length, and smaller pictures of
 * the pyramid use the front of the same rows. Thresholds are scaled by the window's contrast
 * rather than features divided by it.
 */
#include "analysis/cascade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Windows whose standard deviation is lower hold nothing to be seen (OpenCV's figure). */
#define MIN_CONTRAST 10.0

/* OpenCV's allowance for the rounding of what was trained in higher precision. */
#define STAGE_TOLERANCE 1e-5f

/* Windows side by side go through as many stages together, before those that are left are few. */
#define EARLY_STAGES 8

struct ready_rect {
    int32_t at[4]; /* corners: top left, top right, bottom left, bottom right */
    float weight;
};

struct ready_node {
    struct ready_rect rect[3];
    float threshold;
    int16_t
        branch[2]; /* above and below the threshold; indexed, for a jump would be guessed wrong */
    bool third;    /* has a third rectangle */
};

struct cascade_ready {
    const struct cascade *cascade;
    int stride;
    int32_t inside[4]; /* what contrast is measured in: the window without its border */
    struct ready_node nodes[];
};

/* --- Integral images ------------------------------------------------------------------------ */

void integral_fill(struct integral *s, const uint8_t *px, int px_stride, int width, int height)
{
    for (int x = 0; x <= width; x++)
        s->sum[x] = s->square[x] = 0;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = px + (ptrdiff_t)y * px_stride;
        const uint32_t *sum_above = s->sum + (ptrdiff_t)y * s->stride;
        const uint32_t *square_above = s->square + (ptrdiff_t)y * s->stride;
        uint32_t *sum = s->sum + (ptrdiff_t)(y + 1) * s->stride;
        uint32_t *square = s->square + (ptrdiff_t)(y + 1) * s->stride;
        uint32_t row_sum = 0, row_square = 0;
        sum[0] = square[0] = 0;
        for (int x = 0; x < width; x++) {
            row_sum += row[x];
            row_square += (uint32_t)row[x] * row[x];
            sum[x + 1] = sum_above[x + 1] + row_sum;
            square[x + 1] = square_above[x + 1] + row_square;
        }
    }
}

static inline int32_t total(const uint32_t *sum, const int32_t at[4])
{
    return (int32_t)(sum[at[3]] - sum[at[2]] - sum[at[1]] + sum[at[0]]);
}

/* --- Preparing ------------------------------------------------------------------------------ */

static void find_corners(int x, int y, int w, int h, int stride, int32_t at[4])
{
    at[0] = y * stride + x;
    at[1] = at[0] + w;
    at[2] = at[0] + h * stride;
    at[3] = at[2] + w;
}

static void ready_node(const struct cascade *c, const struct cascade_node *n, bool mirrored,
                       int stride, struct ready_node *out)
{
    *out = (struct ready_node){
        .threshold = n->threshold,
        .branch = {n->above, n->below},
        .third = n->rect[2].w > 0,
    };
    for (int i = 0; i < 3; i++) {
        const struct cascade_rect *r = &n->rect[i];
        int x = mirrored ? c->width - r->x - r->w : r->x;
        find_corners(x, r->y, r->w, r->h, stride, out->rect[i].at);
        out->rect[i].weight = r->weight;
    }
}

struct cascade_ready *cascade_prepare(const struct cascade *c, bool mirrored, int stride,
                                      struct err *e)
{
    struct cascade_ready *r = malloc(sizeof *r + (size_t)c->node_count * sizeof r->nodes[0]);
    if (!r) {
        err_set(e, ERR_NO_MEMORY, "no memory for the face detector");
        return NULL;
    }
    r->cascade = c;
    r->stride = stride;
    find_corners(1, 1, c->width - 2, c->height - 2, stride, r->inside);
    for (int i = 0; i < c->node_count; i++)
        ready_node(c, &c->nodes[i], mirrored, stride, &r->nodes[i]);
    return r;
}

void cascade_release(struct cascade_ready *c)
{
    free(c);
}

/* --- One window ----------------------------------------------------------------------------- */

/* Standard deviation times area of the window at `origin`; 0: too little. */
static float find_contrast(const struct cascade_ready *c, const struct integral *s,
                           ptrdiff_t origin)
{
    double area = (c->cascade->width - 2) * (c->cascade->height - 2);
    double sum = total(s->sum + origin, c->inside);
    double square = (uint32_t)total(s->square + origin, c->inside);
    double spread = area * square - sum * sum;
    double least = MIN_CONTRAST * area;
    return spread > least * least ? (float)sqrt(spread) : 0;
}

static float walk_tree(const struct ready_node *first, const float *leaves, const uint32_t *sum,
                       float contrast)
{
    const struct ready_node *n = first;
    for (;;) {
        float v = (float)total(sum, n->rect[0].at) * n->rect[0].weight +
                  (float)total(sum, n->rect[1].at) * n->rect[1].weight;
        if (n->third)
            v += (float)total(sum, n->rect[2].at) * n->rect[2].weight;
        int next = n->branch[v < n->threshold * contrast];
        if (next <= 0)
            return leaves[-next];
        n = first + next;
    }
}

/* From a stage on, whose first tree is `tree`, to the one before `end`. */
static bool pass_stages(const struct cascade_ready *c, int stage, int end,
                        const struct cascade_tree *tree, const uint32_t *sum, float contrast)
{
    const struct cascade *k = c->cascade;
    for (; stage < end; stage++) {
        float votes = 0;
        for (int n = k->stages[stage].tree_count; n > 0; n--, tree++)
            votes += walk_tree(c->nodes + tree->node, k->leaves + tree->leaf, sum, contrast);
        if (votes < k->stages[stage].threshold - STAGE_TOLERANCE)
            return false;
    }
    return true;
}

bool cascade_matches(const struct cascade_ready *c, const struct integral *s, int x, int y)
{
    ptrdiff_t origin = (ptrdiff_t)y * c->stride + x;
    float contrast = find_contrast(c, s, origin);
    return contrast > 0 &&
           pass_stages(c, 0, c->cascade->stage_count, c->cascade->trees, s->sum + origin, contrast);
}

/* --- Windows side by side ------------------------------------------------------------------- */

/* Part of each function that it is called from, made for the processor which that one is for. */
#define WITHIN static inline __attribute__((always_inline))

/* What the processor does at once. Arithmetic on them is lane by lane; a comparison gives all ones
 * (true) or zeros. */
typedef uint32_t lanes_int __attribute__((vector_size(4 * CASCADE_LANES)));
typedef float lanes __attribute__((vector_size(4 * CASCADE_LANES)));

WITHIN void add_rect(const struct ready_rect *r, const uint32_t *sum, lanes *value)
{
    lanes_int a, b, c, d;
    memcpy(&a, sum + r->at[0], sizeof a);
    memcpy(&b, sum + r->at[1], sizeof b);
    memcpy(&c, sum + r->at[2], sizeof c);
    memcpy(&d, sum + r->at[3], sizeof d);
    d += a - b - c;
    int32_t __attribute__((vector_size(sizeof d))) area;
    memcpy(&area, &d, sizeof area);
    *value += __builtin_convertvector(area, lanes) * r->weight;
}

/* All ones where the node's value lies below its threshold. */
WITHIN void ask_node(const struct ready_node *n, const uint32_t *sum, const lanes *contrast,
                     lanes_int *below)
{
    lanes value = {0};
    add_rect(&n->rect[0], sum, &value);
    add_rect(&n->rect[1], sum, &value);
    if (n->third)
        add_rect(&n->rect[2], sum, &value);
    *below = (lanes_int)(value < *contrast * n->threshold);
}

WITHIN void choose(const lanes_int *mask, const lanes *yes, const lanes *no, lanes *out)
{
    *out = (lanes)(((lanes_int)*yes & *mask) | ((lanes_int)*no & ~*mask));
}

/* What a branch comes to: a leaf, or what the tree's next node chooses. Trees have two at most. */
WITHIN void take_branch(int branch, const float *leaves, const lanes *deeper, lanes *out)
{
    if (branch > 0)
        *out = *deeper;
    else
        *out = (lanes){0} + leaves[-branch];
}

WITHIN void add_vote(const struct ready_node *n, const float *leaves, const uint32_t *sum,
                     const lanes *contrast, lanes *votes)
{
    lanes yes, no, deeper = {0};
    lanes_int below;
    if (n->branch[0] > 0 || n->branch[1] > 0) {
        ask_node(n + 1, sum, contrast, &below);
        yes = (lanes){0} + leaves[-n[1].branch[1]];
        no = (lanes){0} + leaves[-n[1].branch[0]];
        choose(&below, &yes, &no, &deeper);
    }
    ask_node(n, sum, contrast, &below);
    take_branch(n->branch[1], leaves, &deeper, &yes);
    take_branch(n->branch[0], leaves, &deeper, &no);
    choose(&below, &yes, &no, &deeper);
    *votes += deeper;
}

/* Those of `alive` that one by one pass the stages that are left. */
static unsigned pass_alone(const struct cascade_ready *c, int stage, int end,
                           const struct cascade_tree *tree, const uint32_t *sum,
                           const lanes *contrast, unsigned alive)
{
    for (int i = 0; i < CASCADE_LANES; i++)
        if (alive & 1u << i && !pass_stages(c, stage, end, tree, sum + i, (*contrast)[i]))
            alive &= ~(1u << i);
    return alive;
}

/* Neighbours look alike: of two that begin at an even place one is enough. */
static unsigned thin_out(unsigned alive)
{
    return alive & ~((alive & 0x55) << 1);
}

/* As find_contrast(), of all. */
WITHIN void find_contrasts(const struct cascade_ready *c, const struct integral *s,
                           ptrdiff_t origin, lanes *contrast)
{
    typedef double lanes_wide __attribute__((vector_size(8 * CASCADE_LANES)));
    double area = (c->cascade->width - 2) * (c->cascade->height - 2);
    double least = MIN_CONTRAST * area * MIN_CONTRAST * area;
    lanes_int part[8];
    for (int i = 0; i < 4; i++) {
        memcpy(&part[i], s->sum + origin + c->inside[i], sizeof part[i]);
        memcpy(&part[i + 4], s->square + origin + c->inside[i], sizeof part[i]);
    }
    lanes_int sums = part[3] - part[2] - part[1] + part[0];
    lanes_int squares = part[7] - part[6] - part[5] + part[4];
    lanes_wide sum = __builtin_convertvector(sums, lanes_wide);
    lanes_wide spread = __builtin_convertvector(squares, lanes_wide) * area - sum * sum;
    for (int i = 0; i < CASCADE_LANES; i++)
        (*contrast)[i] = spread[i] > least ? (float)sqrt(spread[i]) : 0;
}

/* Bit i: votes[i] do not reach the threshold. */
WITHIN unsigned find_below(const lanes *votes, float threshold)
{
    unsigned bits = 0;
    for (int i = 0; i < CASCADE_LANES; i++)
        bits |= (*votes)[i] < threshold ? 1u << i : 0;
    return bits;
}

WITHIN unsigned match_row(const struct cascade_ready *c, const struct integral *s, int x, int y,
                          int count, int slack)
{
    const struct cascade *k = c->cascade;
    ptrdiff_t origin = (ptrdiff_t)y * c->stride + x;
    lanes contrast = {0};
    unsigned alive = 0;
    find_contrasts(c, s, origin, &contrast);
    for (int i = 0; i < count; i++)
        alive |= contrast[i] > 0 ? 1u << i : 0;
    const struct cascade_tree *tree = k->trees;
    int end = k->stage_count - slack;
    for (int stage = 0; stage < end && alive; stage++) {
        if (stage == EARLY_STAGES || !(alive & (alive - 1)))
            return pass_alone(c, stage, end, tree, s->sum + origin, &contrast, thin_out(alive));
        lanes votes = {0};
        for (int n = k->stages[stage].tree_count; n > 0; n--, tree++)
            add_vote(c->nodes + tree->node, k->leaves + tree->leaf, s->sum + origin, &contrast,
                     &votes);
        alive &= ~find_below(&votes, k->stages[stage].threshold - STAGE_TOLERANCE);
    }
    return alive;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static unsigned match_row_wide(const struct cascade_ready *c,
                                                               const struct integral *s, int x,
                                                               int y, int count, int slack)
{
    return match_row(c, s, x, y, count, slack);
}
#endif

unsigned cascade_matches_row(const struct cascade_ready *c, const struct integral *s, int x, int y,
                             int count, int slack)
{
#ifdef __x86_64__ /* twice as wide registers */
    if (__builtin_cpu_supports("avx2"))
        return match_row_wide(c, s, x, y, count, slack);
#endif
    return match_row(c, s, x, y, count, slack);
}
