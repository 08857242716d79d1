/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plot/page.h"

#include "effects/effect.h"

#include <math.h>

static double inside(double share)
{
    return share > 0 ? fmin(share, 1) : 0; /* NAN: 0 */
}

double page_x(const struct page *p, double time_s)
{
    return p->left + (p->right - p->left) * inside(time_s / p->duration);
}

double page_y(const struct box *b, double share)
{
    return b->y + b->height * (1 - inside(share));
}

void page_ink(const struct page *p, unsigned rgb, double alpha)
{
    cairo_set_source_rgba(p->cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
                          (rgb & 255) / 255.0, alpha);
}

void page_line(const struct page *p, double x0, double y0, double x1, double y1, double width)
{
    cairo_set_line_width(p->cr, width);
    cairo_move_to(p->cr, x0, y0);
    cairo_line_to(p->cr, x1, y1);
    cairo_stroke(p->cr);
}

void page_bar(const struct page *p, double x0, double x1, double y, double height)
{
    cairo_rectangle(p->cr, x0, y, fmax(x1 - x0, 1), height);
    cairo_fill(p->cr);
}

void page_triangle(const struct page *p, double x, double y, double size, bool down)
{
    double tip = down ? size : -size;
    cairo_move_to(p->cr, x - size * 0.6, y);
    cairo_line_to(p->cr, x + size * 0.6, y);
    cairo_line_to(p->cr, x, y + tip);
    cairo_close_path(p->cr);
    cairo_fill(p->cr);
}

/* --- Curves ----------------------------------------------------------------------------------- */

void curve_begin(struct curve *c, const struct page *p, const struct box *b)
{
    *c = (struct curve){.page = p, .box = b, .x = -1};
    cairo_new_path(p->cr);
}

static void curve_point(struct curve *c)
{
    if (c->count == 0)
        return;
    double y = page_y(c->box, c->sum / c->count);
    if (c->open)
        cairo_line_to(c->page->cr, c->x, y);
    else
        cairo_move_to(c->page->cr, c->x, y);
    c->open = true;
    c->count = 0;
    c->sum = 0;
}

void curve_add(struct curve *c, double time_s, double share)
{
    double x = floor(page_x(c->page, time_s)) + 0.5;
    if (x != c->x || isnan(share))
        curve_point(c);
    c->x = x;
    if (isnan(share)) {
        c->open = false;
        return;
    }
    c->sum += share;
    c->count++;
}

void curve_end(struct curve *c)
{
    curve_point(c);
}

/* --- A timeline's words ----------------------------------------------------------------------- */

const char *page_effect_name(struct page *p, const struct wire_raw *effect)
{
    struct effect_use use;
    return effect_parse(effect->text, effect->len, p->arena, &use, NULL) ? use.effect->name : NULL;
}

const char *page_effects(struct page *p, const struct timeline_segment *s)
{
    const struct wire_raw *effects_of = s->effects.items;
    const char *words = "";
    for (size_t i = 0; i < s->effects.count && words; i++) {
        const char *name = page_effect_name(p, &effects_of[i]);
        if (name)
            words = arena_printf(p->arena, "%s%s%s", words, *words ? ", " : "", name);
    }
    return words ? words : "";
}
