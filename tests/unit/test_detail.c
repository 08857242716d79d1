/* SPDX-License-Identifier: GPL-3.0-or-later
 * How sharp parts of a picture are. */
#include "analysis/detail.h"
#include "check.h"

#include <string.h>

#define WIDTH 320
#define HEIGHT 180

struct part {
    int x0, x1, period; /* columns; light and dark change every so many samples, */
    int soft;           /* over so many */
};

static void draw(uint8_t *px, const struct part *parts, size_t count)
{
    memset(px, 60, WIDTH * HEIGHT);
    for (size_t k = 0; k < count; k++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = parts[k].x0; x < parts[k].x1; x++) {
                int at = x % (2 * parts[k].period), soft = parts[k].soft;
                int up = at < parts[k].period ? at : 2 * parts[k].period - at;
                px[y * WIDTH + x] = (uint8_t)(60 + 120 * (up < soft ? up : soft) / soft);
            }
}

static void test_parts(void)
{
    static const struct part parts[] = {{0, 100, 4, 1}, {100, 200, 16, 16}};
    static uint8_t px[WIDTH * HEIGHT];
    struct small_picture p = {WIDTH, HEIGHT, {px, px, px}, {WIDTH, WIDTH / 2, WIDTH / 2}};
    struct detail d;
    draw(px, parts, 2);
    detail_find(&p, &d);
    CHECK_NEAR(detail_within(&d, &p, 10, 20, 90, 160), 1, 0.01);
    CHECK(detail_within(&d, &p, 110, 20, 190, 160) < 0.15);
    CHECK_NEAR(detail_within(&d, &p, 210, 20, 310, 160), 0, 0);
    CHECK(d.cell[16][4] > 1.5F * d.cell[16][14] && d.cell[16][28] <= 0);
}

/* Nothing to see, and hardly a picture: no division by nothing, nothing outside is read. */
static void test_nothing(void)
{
    static const struct {
        int width, height;
    } sizes[] = {{320, 180}, {22, 22}, {2, 320}, {2, 2}};
    static uint8_t px[WIDTH * HEIGHT];
    memset(px, 16, sizeof px);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int w = sizes[i].width, h = sizes[i].height;
        struct small_picture p = {w, h, {px, px, px}, {w, w, w}};
        struct detail d;
        detail_find(&p, &d);
        CHECK_NEAR(d.sharpest, 1, 0);
        CHECK_NEAR(detail_within(&d, &p, -50, -50, 1000, 1000), 0, 0);
        CHECK_NEAR(detail_within(&d, &p, 500, 500, 600, 600), 0, 0);
    }
}

int main(void)
{
    test_parts();
    test_nothing();
    return check_done();
}
