/* SPDX-License-Identifier: GPL-3.0-or-later
 * lane_picture.c - what is seen: shots, the subject and its crop, quality. */
#include "plot/page.h"

#include <math.h>
#include <string.h>

/* --- Shots ------------------------------------------------------------------------------------ */

static bool shots_shown(const struct page *p)
{
    return p->plot->report->shots.count > 0;
}

/* A wedge that opens: out of nothing. */
static void draw_fade(struct page *p, const struct box *b, double x, double width)
{
    cairo_move_to(p->cr, x - width / 2, b->y + b->height / 2);
    cairo_line_to(p->cr, x + width / 2, b->y);
    cairo_line_to(p->cr, x + width / 2, b->y + b->height);
    cairo_close_path(p->cr);
    cairo_fill(p->cr);
}

/* Two wedges, tip to tip: one shot into another. */
static void draw_dissolve(struct page *p, const struct box *b, double x, double width)
{
    draw_fade(p, b, x + width / 4, width / 2);
    cairo_move_to(p->cr, x, b->y + b->height / 2);
    cairo_line_to(p->cr, x - width / 2, b->y);
    cairo_line_to(p->cr, x - width / 2, b->y + b->height);
    cairo_close_path(p->cr);
    cairo_fill(p->cr);
}

/* How wide its fade or dissolve is drawn: seen also where it is short, but not beyond the shot. */
static double transition_px(const struct page *p, const struct report_shot *s)
{
    double x = page_x(p, s->start), room = page_x(p, s->end) - x;
    return s->transition > 0 ? fmin(fmax(page_x(p, s->start + s->transition) - x, 9), room) : 0;
}

static void draw_begin(struct page *p, const struct box *b, const struct report_shot *s)
{
    double x = page_x(p, s->start), width = transition_px(p, s);
    if (s->begins && strcmp(s->begins, "fade") == 0) {
        page_ink(p, INK_PINK, 1);
        draw_fade(p, b, x, width);
    } else if (s->begins && strcmp(s->begins, "dissolve") == 0) {
        page_ink(p, INK_ORANGE, 1);
        draw_dissolve(p, b, x, width);
    } else {
        page_ink(p, INK_BLACK, 1);
        page_line(p, x, b->y, x, b->y + b->height, fmin(1.4, (page_x(p, s->end) - x) / 4));
    }
}

static void draw_shot_words(struct page *p, const struct box *b, size_t i,
                            const struct report_shot *s)
{
    double x = page_x(p, s->start) + fmax(5, transition_px(p, s) / 2 + 3);
    double room = page_x(p, s->end) - x - 3;
    const char *number = arena_printf(p->arena, "%zu", i + 1);
    const char *words = s->camera ? arena_printf(p->arena, "%zu %s", i + 1, s->camera) : number;
    if (!words || !number)
        return;
    if (page_text_width(p, FONT_SMALL, words) > room)
        words = number;
    if (page_text_width(p, FONT_SMALL, words) <= room)
        page_text(p, x, b->y + b->height / 2 + 4, FONT_SMALL, INK_TEXT, room, words);
}

static void shots_draw(struct page *p, const struct box *b)
{
    const struct report_shot *s = p->plot->report->shots.items;
    size_t count = p->plot->report->shots.count;
    for (size_t i = 0; i < count; i++) {
        page_ink(p, INK_SKY, i % 2 ? 0.45 : 0.22);
        page_bar(p, page_x(p, s[i].start), page_x(p, s[i].end), b->y, b->height);
    }
    for (size_t i = 0; i < count; i++) {
        draw_begin(p, b, &s[i]);
        draw_shot_words(p, b, i, &s[i]);
    }
}

const struct lane lane_shots = {
    .title = "Shots",
    .keys = {{"cut", INK_BLACK}, {"fade", INK_PINK}, {"dissolve", INK_ORANGE}},
    .height = 52,
    .shown = shots_shown,
    .draw = shots_draw,
};

/* --- Subject ---------------------------------------------------------------------------------- */

static bool subject_shown(const struct page *p)
{
    return p->plot->report->crop.count > 0 || p->plot->report->faces.count > 0;
}

/* The left edge of the picture is at the top. */
static double side_y(const struct box *b, double x)
{
    return page_y(b, 1 - x);
}

static void draw_faces(struct page *p, const struct box *b)
{
    const struct report_face *f = p->plot->report->faces.items;
    double last_x = -INFINITY, last_time = NAN;
    page_ink(p, INK_BLUE, 0.55);
    for (size_t i = 0; i < p->plot->report->faces.count; i++) {
        double x = page_x(p, f[i].time);
        if (f[i].time != last_time && x - last_x < 2)
            continue; /* more moments than pixels */
        cairo_move_to(p->cr, x, side_y(b, f[i].x));
        cairo_close_path(p->cr); /* nothing but its round ends: a dot */
        last_x = x;
        last_time = f[i].time;
    }
    cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(p->cr, 4.5);
    cairo_stroke(p->cr);
    cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_BUTT);
}

static void draw_crop(struct page *p, const struct box *b)
{
    const struct report_crop *c = p->plot->report->crop.items;
    size_t count = p->plot->report->crop.count;
    if (count == 0)
        return;
    cairo_move_to(p->cr, p->left, side_y(b, c[0].x));
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && c[i].time <= c[i - 1].time) /* a jump */
            cairo_move_to(p->cr, page_x(p, c[i].time), side_y(b, c[i].x));
        else
            cairo_line_to(p->cr, page_x(p, c[i].time), side_y(b, c[i].x));
    }
    cairo_line_to(p->cr, p->right, side_y(b, c[count - 1].x));
    page_ink(p, INK_RED, 1);
    cairo_set_line_width(p->cr, 2);
    cairo_stroke(p->cr);
}

static void subject_draw(struct page *p, const struct box *b)
{
    page_ink(p, INK_GREY, 0.5);
    page_line(p, b->x, b->y + b->height / 2, b->x + b->width, b->y + b->height / 2, 1);
    draw_faces(p, b);
    draw_crop(p, b);
    page_text(p, b->x + 4, b->y + 11, FONT_SMALL, INK_SOFT, 100, "left edge");
    page_text(p, b->x + 4, b->y + b->height - 4, FONT_SMALL, INK_SOFT, 100, "right edge");
}

const struct lane lane_subject = {
    .title = "Subject",
    .keys = {{"crop's centre", INK_RED}, {"face", INK_BLUE}},
    .height = 78,
    .shown = subject_shown,
    .draw = subject_draw,
};

/* --- Quality ---------------------------------------------------------------------------------- */

static bool quality_shown(const struct page *p)
{
    return p->plot->report->quality.count > 0;
}

static const struct quality_line {
    size_t offset;
    unsigned ink;
    double dash; /* pixels; 0: solid */
} quality_lines[] = {
    {offsetof(struct report_quality, sharpness), INK_BLUE, 0},
    {offsetof(struct report_quality, exposure), INK_ORANGE, 7},
    {offsetof(struct report_quality, motion), INK_GREEN, 2.5},
};

static void draw_quality(struct page *p, const struct box *b, const struct quality_line *line)
{
    const struct report_quality *q = p->plot->report->quality.items;
    struct curve c;
    curve_begin(&c, p, b);
    for (size_t i = 0; i < p->plot->report->quality.count; i++)
        curve_add(&c, q[i].time, *(const double *)(const void *)((const char *)&q[i] + line->offset));
    curve_end(&c);
    page_ink(p, line->ink, 1);
    cairo_set_line_width(p->cr, 1.6);
    cairo_set_dash(p->cr, &line->dash, line->dash > 0 ? 1 : 0, 0);
    cairo_stroke(p->cr);
    cairo_set_dash(p->cr, NULL, 0, 0);
}

static void quality_draw(struct page *p, const struct box *b)
{
    double best = p->plot->report->thumbnail;
    for (size_t i = 0; i < sizeof quality_lines / sizeof *quality_lines; i++)
        draw_quality(p, b, &quality_lines[i]);
    if (isnan(best))
        return;
    double x = page_x(p, best), beside = x + 70 < p->right ? x + 7 : x - 62;
    page_ink(p, INK_BLACK, 1);
    page_line(p, x, b->y, x, b->y + b->height, 1);
    page_triangle(p, x, b->y, 6, true);
    page_text(p, beside, b->y + 10, FONT_SMALL, INK_TEXT, 70, "thumbnail");
}

const struct lane lane_quality = {
    .title = "Picture",
    .keys = {{"sharpness", INK_BLUE}, {"exposure", INK_ORANGE}, {"motion", INK_GREEN}},
    .height = 60,
    .shown = quality_shown,
    .draw = quality_draw,
};
