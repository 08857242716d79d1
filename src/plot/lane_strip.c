/* SPDX-License-Identifier: GPL-3.0-or-later
 * lane_strip.c - what is to be seen when: the film in small pictures. */
#include "plot/page.h"

#include <math.h>
#include <string.h>

static bool strip_shown(const struct page *p)
{
    return p->plot->strip && p->plot->strip->count > 0;
}

/* Picture i of the strip; NULL: no memory. The caller's. */
static cairo_surface_t *picture_of(const struct strip *s, int i)
{
    cairo_surface_t *to = cairo_image_surface_create(CAIRO_FORMAT_RGB24, s->width, s->height);
    const uint8_t *from = s->rgb + (size_t)i * (size_t)s->width * (size_t)s->height * 3;
    if (cairo_surface_status(to) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(to);
        return NULL;
    }
    for (int y = 0; y < s->height; y++) {
        unsigned char *row = cairo_image_surface_get_data(to) +
                             (ptrdiff_t)y * cairo_image_surface_get_stride(to);
        for (int x = 0; x < s->width; x++, from += 3) {
            uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(row + (size_t)x * sizeof pixel, &pixel, sizeof pixel);
        }
    }
    cairo_surface_mark_dirty(to);
    return to;
}

static void draw_picture(struct page *p, const struct strip *s, int i, const struct box *place)
{
    cairo_surface_t *picture = picture_of(s, i);
    if (!picture)
        return;
    cairo_save(p->cr);
    cairo_rectangle(p->cr, place->x, place->y, place->width, place->height);
    cairo_clip(p->cr);
    cairo_translate(p->cr, place->x, place->y);
    cairo_scale(p->cr, place->width / s->width, place->height / s->height);
    cairo_set_source_surface(p->cr, picture, 0, 0);
    cairo_paint(p->cr);
    cairo_restore(p->cr);
    cairo_surface_destroy(picture);
}

/* As many as fit beside each other, each at the moment that it is of. */
static void strip_draw(struct page *p, const struct box *b)
{
    const struct strip *s = p->plot->strip;
    double width = fmin(b->height * s->width / s->height, b->width);
    int slots = (int)fmax(floor(b->width / width), 1);
    double step = b->width / slots;
    for (int k = 0; k < slots; k++) {
        double time = (k + 0.5) / slots * p->duration;
        int i = (int)fmin(floor(time / s->interval_s), s->count - 1);
        struct box place = {b->x + k * step + (step - width) / 2, b->y, width, b->height};
        draw_picture(p, s, i, &place);
    }
}

const struct lane lane_strip = {
    .title = "Film",
    .height = STRIP_HEIGHT,
    .shown = strip_shown,
    .draw = strip_draw,
};
