/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plot/page.h"

#include <math.h>

#define TICK_PX 90 /* between labels, at least */

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
    long long s = (long long)(time_s + (step < 1 ? 0 : 0.5));
    const char *words;
    if (time_s < 60)
        words = arena_printf(p->arena, step < 1 ? "%.1f s" : "%.0f s", time_s);
    else if (s < 3600)
        words = step < 1 ? arena_printf(p->arena, "%lld:%04.1f", s / 60,
                                        time_s - (double)(s / 60 * 60))
                         : arena_printf(p->arena, "%lld:%02lld", s / 60, s % 60);
    else
        words = arena_printf(p->arena, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    return words ? words : "";
}

void page_grid(struct page *p, double top, double bottom)
{
    double step = page_axis_step(p);
    page_ink(p, INK_GRID, 1);
    for (double t = 0; t <= p->duration; t += step) {
        double x = floor(page_x(p, t)) + 0.5;
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
