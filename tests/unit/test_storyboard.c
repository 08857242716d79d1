/* SPDX-License-Identifier: GPL-3.0-or-later
 * Storyboards: how often a tile, which picture becomes which tile, what a sheet holds, the text. */
#include "check.h"
#include "analysis/storyboard.h"

#include <stdlib.h>

#define SHEETS 16

struct seen { /* what came out: the luma in the middle of each tile */
    int sheets, width[SHEETS], height[SHEETS];
    int tile_width, tile_height;
    uint8_t middle[SHEETS][STORYBOARD_TILES];
    int chroma_wrong;
};

static bool on_sheet(void *user, const struct storyboard_sheet *s, struct err *e)
{
    struct seen *seen = user;
    (void)e;
    CHECK(s->number == seen->sheets && s->number < SHEETS);
    seen->width[s->number] = s->width;
    seen->height[s->number] = s->height;
    for (int y = 0; y < s->height / seen->tile_height; y++)
        for (int x = 0; x < s->width / seen->tile_width; x++)
            seen->middle[s->number][y * STORYBOARD_COLUMNS + x] =
                s->plane[0][(y * seen->tile_height + seen->tile_height / 2) * s->stride[0] +
                            x * seen->tile_width + seen->tile_width / 2];
    for (int y = 0; y < s->height / 2; y++)
        for (int x = 0; x < s->width / 2; x++)
            seen->chroma_wrong += s->plane[1][y * s->stride[1] + x] != 128;
    seen->sheets++;
    return true;
}

static void push(struct storyboard *s, int width, int height, double time, int luma)
{
    static uint8_t grey[320 * 320], chroma[160 * 160];
    struct err e = {0};
    struct small_picture p = {width, height, {grey, chroma, chroma}, {width, (width + 1) / 2, (width + 1) / 2}};
    memset(grey, luma, sizeof grey);
    memset(chroma, 128, sizeof chroma);
    CHECK(storyboard_push(s, &p, time, &e));
}

static void test_interval(void)
{
    static const struct {
        double duration, interval;
    } cases[] = {{0.04, 1},   {2, 1},       {400, 1},   {401, 2},    {1200, 3},  {3600, 10},
                 {4000, 10},  {7200, 20},   {12000, 30}, {86400, 240}, {0, 10},   {-1, 10},
                 {NAN, 10},   {INFINITY, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_NEAR(storyboard_interval(cases[i].duration), cases[i].interval, 0);
    for (double d = 1; d < 1e6; d *= 1.01)
        CHECK(d / storyboard_interval(d) <= 4 * STORYBOARD_TILES);
}

static void test_sizes(void)
{
    static const struct {
        int width, height, tile_width, tile_height;
    } cases[] = {{320, 180, 160, 90}, {180, 320, 108, 192}, {320, 320, 160, 160},
                 {320, 133, 160, 66}, {64, 36, 64, 36},     {2, 2, 2, 2},
                 {320, 2, 160, 2},    {2, 320, 2, 192},     {319, 241, 160, 120}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = {.tile_width = cases[i].tile_width, .tile_height = cases[i].tile_height};
        struct storyboard_info info;
        struct err e = {0};
        struct storyboard *s = storyboard_create(3, on_sheet, &seen, &e);
        for (int t = 0; t < 3; t++)
            push(s, cases[i].width, cases[i].height, t, 40 + 50 * t);
        CHECK(storyboard_finish(s, &info, &e));
        CHECK(info.tile_width == cases[i].tile_width && info.tile_height == cases[i].tile_height);
        CHECK(info.tiles == 3 && info.sheets == 1 && seen.sheets == 1);
        CHECK(seen.width[0] == 3 * info.tile_width && seen.height[0] == info.tile_height);
        for (int t = 0; t < 3; t++)
            CHECK(seen.middle[0][t] == 40 + 50 * t);
        CHECK(seen.chroma_wrong == 0);
        storyboard_destroy(s);
    }
}

/* A gradient halved: every sample is the mean of four. */
static bool keep_row(void *user, const struct storyboard_sheet *s, struct err *e)
{
    (void)e;
    memcpy(user, s->plane[0], (size_t)s->width);
    return true;
}

static void test_scaling(void)
{
    static uint8_t luma[180][320], chroma[90][160], row[160];
    struct small_picture p = {320, 180, {luma[0], chroma[0], chroma[0]}, {320, 160, 160}};
    struct storyboard_info info;
    struct err e = {0};
    for (int y = 0; y < 180; y++)
        for (int x = 0; x < 320; x++)
            luma[y][x] = (uint8_t)((x * 7 + y * 3) % 200);
    struct storyboard *s = storyboard_create(1, keep_row, row, &e);
    CHECK(s && storyboard_push(s, &p, 0, &e) && storyboard_finish(s, &info, &e));
    for (int x = 0; x < 160; x++)
        CHECK(row[x] == (luma[0][2 * x] + luma[0][2 * x + 1] + luma[1][2 * x] +
                         luma[1][2 * x + 1] + 2) / 4);
    storyboard_destroy(s);
}

/* 25 pictures a second, none for a while, several sheets. */
static void test_time(void)
{
    struct seen seen = {.tile_width = 16, .tile_height = 10};
    struct storyboard_info info;
    struct err e = {0};
    struct storyboard *s = storyboard_create(250, on_sheet, &seen, &e);
    for (int f = 8; f < 250 * 25; f++) { /* begins late */
        double t = f / 25.0;
        if (t <= 120 || t >= 131.5)
            push(s, 16, 10, t, 16 + (int)t % 200);
    }
    CHECK(storyboard_finish(s, &info, &e));
    CHECK(info.tiles == 250 && info.sheets == 3);
    CHECK(seen.height[0] == 100 && seen.height[2] == 50 && seen.width[2] == 160);
    for (int i = 0; i < 250; i++) {
        int shown = i > 120 && i <= 130 ? 120 : i; /* the last one before the gap, again */
        CHECK(seen.middle[i / 100][i % 100] == 16 + shown % 200);
    }
    storyboard_destroy(s);
}

static void test_bounds(void)
{
    struct seen seen = {.tile_width = 2, .tile_height = 2};
    struct storyboard_info info;
    struct err e = {0};
    struct storyboard *s = storyboard_create(10, on_sheet, &seen, &e); /* a lie */
    push(s, 2, 2, 0, 50);
    push(s, 2, 2, 1e12, 60);
    push(s, 2, 2, 1e13, 60);
    CHECK(storyboard_finish(s, &info, &e));
    CHECK(info.tiles == STORYBOARD_TILES * STORYBOARD_MAX_SHEETS &&
          info.sheets == STORYBOARD_MAX_SHEETS && seen.sheets == STORYBOARD_MAX_SHEETS);
    storyboard_destroy(s);

    s = storyboard_create(10, on_sheet, &seen, &e); /* no picture */
    CHECK(storyboard_finish(s, &info, &e) && info.tiles == 0 && info.sheets == 0);
    storyboard_destroy(s);
}

static void test_text(void)
{
    struct storyboard_info info = {2, 160, 90, 112, 2};
    struct buf b;
    buf_init(&b, 1 << 16);
    CHECK(storyboard_vtt(&info, 223.5, &b));
    const char *first = "WEBVTT\n\n"
                        "00:00:00.000 --> 00:00:02.000\nstoryboard-0.jpg#xywh=0,0,160,90\n\n"
                        "00:00:02.000 --> 00:00:04.000\nstoryboard-0.jpg#xywh=160,0,160,90\n\n";
    CHECK(strncmp(b.data, first, strlen(first)) == 0);
    CHECK(strstr(b.data, "00:00:38.000 --> 00:00:40.000\nstoryboard-0.jpg#xywh=1440,90,160,90\n"));
    CHECK(strstr(b.data, "00:03:22.000 --> 00:03:24.000\nstoryboard-1.jpg#xywh=160,0,160,90\n"));
    const char *last = "00:03:42.000 --> 00:03:43.500\nstoryboard-1.jpg#xywh=160,90,160,90\n";
    CHECK_STR(b.data + b.len - strlen(last), last);
    buf_clear(&b);
    info.tiles = 0;
    CHECK(storyboard_vtt(&info, 5, &b));
    CHECK_STR(b.data, "WEBVTT\n");
    buf_finish(&b);
}

int main(void)
{
    test_interval();
    test_sizes();
    test_scaling();
    test_time();
    test_bounds();
    test_text();
    return check_done();
}
