/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plot/page.h"

#include <math.h>

#define TICK_PX 90 /* between labels, at least */
#define LONGEST_S 1e9

double page_axis_step(const struct page *p)
{
    static const double steps[] = {0.1, 0.2, 0.5, 1,   2,   5,    10,   15,   30,
                                   60,  120, 300, 600, 900, 1800, 3600, 7200, 14400};
    double least = p->duration * TICK_PX / (p->right - p->left);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] >= least)
            return steps[i];
    return ceil(least / 86400) * 86400;
}

const char *page_time(struct page *p, double time_s, double step)
{
    bool fine = step < 1;
    double shown = fmin(fmax(time_s, 0), LONGEST_S);
    long long tenths = fine ? llround(shown * 10) : llround(shown) * 10, s = tenths / 10;
    const char *words = arena_printf(p->arena, fine ? "%lld.%lld s" : "%lld s", s, tenths % 10);
    if (s >= 3600)
        words = arena_printf(p->arena, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else if (s >= 60)
        words = arena_printf(p->arena, fine ? "%lld:%02lld.%lld" : "%lld:%02lld", s / 60, s % 60,
                             tenths % 10);
    return words ? words : "";
}

void page_grid(struct page *p, double top, double bottom)
{
    double step = page_axis_step(p);
    page_ink(p, INK_GRID, 1);
    for (int i = 0; i * step <= p->duration; i++) {
        double x = floor(page_x(p, i * step)) + 0.5;
        page_line(p, x, top, x, bottom, 1);
    }
}

void page_axis(struct page *p, double baseline)
{
    double step = page_axis_step(p);
    for (int i = 0; i * step <= p->duration; i++) {
        double x = page_x(p, i * step);
        const char *words = page_time(p, i * step, step);
        double width = page_text_width(p, FONT_SMALL, words);
        double at = fmin(x - width / 2, p->width - width - 2);
        page_text(p, at, baseline, FONT_SMALL, INK_SOFT, width + 1, words);
    }
}
