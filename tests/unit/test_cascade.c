/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cascade.h"
#include "check.h"
#include "drawn_face.h"

#include <limits.h>

/* One question: is the right half of an 8 x 8 window much brighter than the left? */
static const struct cascade_stage edge_stages[] = {{1, 0.5f}};
static const struct cascade_tree edge_trees[] = {{0, 0}};
static const struct cascade_node edge_nodes[] = {
    {{{0, 0, 8, 8, -1}, {4, 0, 4, 8, 2}}, 1.3f, 0, -1}};
static const float edge_leaves[] = {0, 1};
static const struct cascade edge = {8,           8,          1,          1,          1,
                                    edge_stages, edge_trees, edge_nodes, edge_leaves};

/* The same as a tree: bright on the right, and not brighter below than above. */
static const struct cascade_node corner_nodes[] = {
    {{{0, 0, 8, 8, -1}, {4, 0, 4, 8, 2}}, 1.3f, 0, 1},
    {{{0, 0, 8, 8, -1}, {0, 4, 8, 4, 2}}, 0.2f, -1, -2}};
static const float corner_leaves[] = {0, 1, 0};
static const struct cascade corner = {
    8, 8, 1, 1, 2, edge_stages, edge_trees, corner_nodes, corner_leaves};

static struct integral sums_of(const uint8_t *px, int width, int height)
{
    size_t entries = (size_t)(width + 1) * (size_t)(height + 1) + CASCADE_LANES;
    struct integral s = {width + 1, calloc(entries, sizeof(uint32_t)),
                         calloc(entries, sizeof(uint32_t))};
    integral_fill(&s, px, width, width, height);
    return s;
}

static void release_sums(struct integral *s)
{
    free(s->sum);
    free(s->square);
}

static void test_sums(void)
{
    uint8_t px[6 * 5];
    uint32_t sum = 0, square = 0;
    for (int i = 0; i < 30; i++)
        px[i] = (uint8_t)(i * 7 + 3);
    struct integral s = sums_of(px, 6, 5);
    for (int y = 1; y < 4; y++)
        for (int x = 2; x < 5; x++) {
            sum += px[y * 6 + x];
            square += (uint32_t)px[y * 6 + x] * px[y * 6 + x];
        }
    CHECK(s.sum[4 * 7 + 5] - s.sum[4 * 7 + 2] - s.sum[1 * 7 + 5] + s.sum[1 * 7 + 2] == sum);
    CHECK(s.square[4 * 7 + 5] - s.square[4 * 7 + 2] - s.square[1 * 7 + 5] + s.square[1 * 7 + 2] ==
          square);
    release_sums(&s);
}

/* An edge between dark and bright at x = 12 of 24: only windows about it match. */
static void test_edge(void)
{
    static const struct {
        const char *name;
        const struct cascade *cascade;
        bool mirrored, bright_left, bright_below;
        int first, last; /* matches of the row at y = 8; none: 1, 0 */
    } rows[] = {
        {"edge", &edge, false, false, false, 7, 9},
        {"other way", &edge, false, true, false, 1, 0},
        {"mirrored", &edge, true, true, false, 7, 9},
        {"mirrored, other way", &edge, true, false, false, 1, 0},
        {"tree", &corner, false, false, false, 7, 9},
        {"tree, second question", &corner, false, false, true, 1, 0},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        CHECK_CASE(rows[r].name);
        struct err e = {0};
        uint8_t px[24 * 24];
        int first = INT_MAX, last = -1;
        for (int i = 0; i < 24 * 24; i++) {
            bool left = i % 24 < 12, below = i / 24 >= 12;
            px[i] = left == rows[r].bright_left ? 200 : 40;
            px[i] = (uint8_t)(rows[r].bright_below && !below ? px[i] * 3 / 4 : px[i]);
        }
        struct integral s = sums_of(px, 24, 24);
        struct cascade_ready *c = cascade_prepare(rows[r].cascade, rows[r].mirrored, 25, &e);
        for (int x = 0; x + 8 <= 24; x++)
            if (cascade_matches(c, &s, x, 8)) {
                first = x < first ? x : first;
                last = x;
            }
        CHECK(first == rows[r].first || (rows[r].last == 0 && first == INT_MAX));
        CHECK(last == rows[r].last || (rows[r].last == 0 && last == -1));
        cascade_release(c);
        release_sums(&s);
    }
}

static void test_flat(void)
{
    uint8_t px[40 * 40];
    struct err e = {0};
    memset(px, 100, sizeof px);
    struct integral s = sums_of(px, 40, 40);
    struct cascade_ready *c = cascade_prepare(&cascade_frontal, false, 41, &e);
    for (int x = 0; x + 20 <= 40; x++)
        CHECK(!cascade_matches(c, &s, x, 10));
    cascade_release(c);
    release_sums(&s);
}

/* Side by side nothing is found that is not found one by one, and of two neighbours one stays.
 * With fewer stages more is. */
static void test_row(void)
{
    struct drawn d = drawn_create(120, 60);
    struct err e = {0};
    uint32_t seed = 1;
    int alone = 0, together = 0, loosely = 0;
    drawn_add_face(&d, 40, 30, 18);
    drawn_add_noise(&d, 12, &seed);
    struct integral s = sums_of(d.px, 120, 60);
    struct cascade_ready *c = cascade_prepare(&cascade_frontal, false, 121, &e);
    for (int y = 0; y + 20 <= 60; y++)
        for (int x = 0; x + 20 <= 120; x += CASCADE_LANES) {
            int count = 101 - x < CASCADE_LANES ? 101 - x : CASCADE_LANES;
            unsigned row = cascade_matches_row(c, &s, x, y, count, 0), each = 0;
            unsigned lenient = cascade_matches_row(c, &s, x, y, count, 4);
            for (int i = 0; i < count; i++)
                each |= cascade_matches(c, &s, x + i, y) ? 1u << i : 0;
            CHECK((row & ~each) == 0);
            CHECK(!each == !row);
            CHECK(!row || lenient);
            alone += __builtin_popcount(each);
            together += __builtin_popcount(row);
            loosely += __builtin_popcount(lenient);
        }
    CHECK(alone > 3 && together > 1 && loosely > together);
    cascade_release(c);
    release_sums(&s);
    drawn_destroy(&d);
}

/* What comes out of the build is whole: trees and leaves are where stages expect them. */
static void test_tables(void)
{
    static const struct cascade *const all[] = {&cascade_frontal, &cascade_profile};
    for (size_t k = 0; k < 2; k++) {
        const struct cascade *c = all[k];
        int trees = 0;
        for (int i = 0; i < c->stage_count; i++)
            trees += c->stages[i].tree_count;
        CHECK(trees == c->tree_count && c->width == 20 && c->height == 20);
        for (int i = 0; i < c->tree_count; i++)
            CHECK(c->trees[i].node < c->node_count);
        for (int i = 0; i < c->node_count; i++)
            for (int n = 0; n < 3; n++) {
                const struct cascade_rect *r = &c->nodes[i].rect[n];
                CHECK(r->x >= 0 && r->y >= 0 && r->x + r->w <= c->width &&
                      r->y + r->h <= c->height && (n == 2 || r->w > 0));
            }
    }
}

int main(void)
{
    test_sums();
    test_edge();
    test_flat();
    test_row();
    test_tables();
    return check_done();
}
