/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plot/plot.h"

#include "plot/page.h"

#include <cairo-svg.h>

#include <math.h>

#define MARGIN_LEFT 128.0
#define MARGIN_RIGHT 24.0
#define LANE_GAP 10.0
#define BOTTOM 14.0
#define ARENA_BYTES ((size_t)64 << 20)

static const struct lane *const lanes[] = {
    &lane_strip,   &lane_waveform, &lane_energy,     &lane_tempo,    &lane_speech,
    &lane_shots,   &lane_subject,  &lane_quality,    &lane_highlights, &lane_segments,
};
#define LANES (sizeof lanes / sizeof *lanes)

/* --- The page --------------------------------------------------------------------------------- */

static double lanes_height(const struct page *p)
{
    double height = 0;
    for (size_t i = 0; i < LANES; i++)
        if (lanes[i]->shown(p))
            height += lanes[i]->height + LANE_GAP;
    return height;
}

static double page_height(struct page *p)
{
    return PAGE_TITLE_HEIGHT + 2 * PAGE_AXIS_HEIGHT + lanes_height(p) + page_lists_height(p) +
           BOTTOM;
}

static void draw_keys(struct page *p, const struct lane *lane, double y)
{
    page_text(p, 20, y + 12, FONT_BOLD, INK_TEXT, MARGIN_LEFT - 26, lane->title);
    for (size_t i = 0; i < sizeof lane->keys / sizeof *lane->keys && lane->keys[i].words; i++) {
        double line = y + 26 + 13 * (double)i;
        page_ink(p, lane->keys[i].ink, 1);
        page_bar(p, 20, 28, line - 7, 8);
        page_text(p, 32, line, FONT_SMALL, INK_SOFT, MARGIN_LEFT - 38, lane->keys[i].words);
    }
}

static void draw_lanes(struct page *p, double y)
{
    double bottom = y + lanes_height(p) - LANE_GAP, top = y;
    for (size_t i = 0; i < LANES; i++) {
        if (!lanes[i]->shown(p))
            continue;
        page_ink(p, INK_LANE, 1);
        page_bar(p, p->left, p->right, y, lanes[i]->height);
        y += lanes[i]->height + LANE_GAP;
    }
    page_grid(p, top, bottom);
    y = top;
    for (size_t i = 0; i < LANES; i++) {
        struct box b = {p->left, y, p->right - p->left, lanes[i]->height};
        if (!lanes[i]->shown(p))
            continue;
        draw_keys(p, lanes[i], y);
        cairo_save(p->cr);
        cairo_rectangle(p->cr, b.x - 1, b.y, b.width + 2, b.height);
        cairo_clip(p->cr);
        lanes[i]->draw(p, &b);
        cairo_restore(p->cr);
        y += lanes[i]->height + LANE_GAP;
    }
}

static void draw_page(struct page *p)
{
    double y = PAGE_TITLE_HEIGHT + PAGE_AXIS_HEIGHT, height = lanes_height(p);
    page_ink(p, 0xffffff, 1);
    cairo_paint(p->cr);
    page_title(p, 0);
    if (height > 0) {
        page_axis(p, y - 6);
        draw_lanes(p, y);
        page_axis(p, y + height + 4);
    }
    page_lists(p, y + height + PAGE_AXIS_HEIGHT);
}

/* --- Surfaces --------------------------------------------------------------------------------- */

static cairo_status_t add_bytes(void *closure, const unsigned char *data, unsigned int n)
{
    return buf_add(closure, data, n) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *make_surface(enum plot_format format, double width, double height,
                                     struct buf *out)
{
    if (format == PLOT_SVG)
        return cairo_svg_surface_create_for_stream(add_bytes, out, width, height);
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
}

/* A PNG is written at the end, an SVG as it is drawn. */
static cairo_status_t finish_surface(cairo_surface_t *s, enum plot_format format, struct buf *out)
{
    if (format == PLOT_PNG && cairo_surface_status(s) == CAIRO_STATUS_SUCCESS)
        return cairo_surface_write_to_png_stream(s, add_bytes, out);
    cairo_surface_finish(s);
    return cairo_surface_status(s);
}

static int page_width(int asked)
{
    int width = asked > 0 ? asked : PLOT_WIDTH;
    return width < PLOT_MIN_WIDTH ? PLOT_MIN_WIDTH : width > PLOT_MAX_WIDTH ? PLOT_MAX_WIDTH : width;
}

bool plot_draw(const struct plot *plot, enum plot_format format, struct buf *out, struct err *e)
{
    struct arena a;
    double duration = plot->report->duration;
    arena_init(&a, ARENA_BYTES);
    struct page p = {.plot = plot, .arena = &a, .width = page_width(plot->width),
                     .left = MARGIN_LEFT, .duration = duration > 0 ? duration : 1};
    p.right = p.width - MARGIN_RIGHT;
    cairo_surface_t *s = make_surface(format, p.width, ceil(page_height(&p)), out);
    p.cr = cairo_create(s);
    draw_page(&p);
    cairo_status_t status = cairo_status(p.cr);
    page_fonts_finish(&p);
    cairo_destroy(p.cr);
    if (status == CAIRO_STATUS_SUCCESS)
        status = finish_surface(s, format, out);
    cairo_surface_destroy(s);
    bool ok = status == CAIRO_STATUS_SUCCESS && !a.failed && !out->failed;
    arena_finish(&a);
    if (ok)
        return true;
    return out->failed ? buf_err(out, ERR_TOO_LARGE, "the plot is larger than a page may be", e)
                       : err_set(e, ERR_INTERNAL, "the plot cannot be drawn: %s",
                                 status ? cairo_status_to_string(status) : "out of memory");
}
