/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_art.c - letters into overlays.
 *
 * DESIGN. From bottom to top: box and shadow (one overlay, with all the letters too where nothing
 * moves); the pill; the outlines of all cells; their faces. Outlines are below all faces, so that
 * none covers its neighbour. A word that grows is shaped a second time at its full size and made
 * smaller from there, and stands on top.
 */
#include "render/caption_art.h"

#include "render/overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In em. Weights above bold add up to FAT_MAX at 900. */
#define FAT_MAX 0.022
#define SHADOW_DOWN 0.05
#define SHADOW_BLUR 0.035
#define SHADOW_SPREAD (SHADOW_DOWN + 4 * SHADOW_BLUR)
#define BOX_PAD_X 0.36
#define BOX_PAD_Y 0.2
#define PILL_PAD_X 0.16
#define PILL_PAD_Y 0.1
#define LINE_EM 1.4     /* about what a line takes */
#define WORD_GAP 0.12   /* em that stay between the outlines of a grown word and its neighbours */
#define MIN_GROWTH 1.06 /* of the spoken word, however near its neighbours are */
#define SHADOW_COLOUR 0x000000

struct cell_art {
    struct letters_box box;   /* of its face at rest */
    struct overlay *edge;     /* at rest */
    struct overlay *faces[2]; /* at rest, and in the active colour */
    bool edge_made, face_made[2];
};

struct art {
    struct art_spec spec;
    struct letters_set set;  /* at rest */
    struct letters_set full; /* CAPTION_POP: fully grown */
    double dy;               /* by which all was moved into the zone */
    struct overlay *base;    /* NULL: none */
    struct cell_art *cells;
    size_t cell_count;
    /* The one cell in motion. */
    struct sheet_look moving_look;
    bool moving_made;
    struct overlay *pill, *moving_edge, *moving_face;
};

struct letters_style art_letters(const struct caption_style *style, double em)
{
    double heavy = (style->weight - 700) / 200;
    return (struct letters_style){.em = em,
                                  .outline = style->outline * em,
                                  .fat = heavy > 0 ? heavy * FAT_MAX * em : 0,
                                  .space = style->space * em};
}

double art_padding(const struct caption_style *style)
{
    double box = style->box > 0 ? BOX_PAD_X : 0;
    double pill = style->animation == CAPTION_PILL && style->pill > 0 ? PILL_PAD_X : 0;
    return fmax(style->outline, fmax(box, pill));
}

double art_bleed(const struct caption_style *style)
{
    if (style->animation != CAPTION_POP)
        return 0;
    return (fmin(MIN_GROWTH, style->active_scale) - 1) / 2;
}

double art_block_height(const struct caption_style *style)
{
    return style->lines * LINE_EM + 0.3;
}

static enum caption_motion motion(const struct art *a)
{
    return (enum caption_motion)a->spec.style->animation;
}

/* --- Boxes ---------------------------------------------------------------------------------- */

static const struct letters_box empty_box = {INFINITY, INFINITY, -INFINITY, -INFINITY};

static bool is_empty(const struct letters_box *b)
{
    return b->right < b->left || b->bottom < b->top;
}

static void box_add(struct letters_box *b, double left, double top, double right, double bottom)
{
    b->left = fmin(b->left, left);
    b->top = fmin(b->top, top);
    b->right = fmax(b->right, right);
    b->bottom = fmax(b->bottom, bottom);
}

static void box_add_raster(struct letters_box *b, const struct raster *r)
{
    if (r->width > 0 && r->height > 0)
        box_add(b, r->x, r->y, r->x + r->width, r->y + r->height);
}

static void box_grow(struct letters_box *b, double x, double y)
{
    b->left -= x;
    b->right += x;
    b->top -= y;
    b->bottom += y;
}

/* Of parts of some kinds (a set of bits) of a cell, SIZE_MAX: of all cells. */
static struct letters_box parts_box(const struct letters_set *set, size_t cell, unsigned kinds)
{
    struct letters_box b = empty_box;
    for (size_t i = 0; i < set->count; i++)
        if ((cell == SIZE_MAX || set->parts[i].cell == cell) && kinds >> set->parts[i].kind & 1)
            box_add_raster(&b, &set->parts[i].raster);
    return b;
}
#define EDGES (1u << LETTERS_EDGE)
#define FACES (1u << LETTERS_FACE | 1u << LETTERS_PICTURE)

/* The line a box stands in. NULL: there are none. */
static const struct letters_box *line_of(const struct art *a, const struct letters_box *b)
{
    const struct letters_box *line = NULL;
    for (size_t i = 0; i < a->set.line_count; i++)
        if (!line || (b->top + b->bottom) / 2 > a->set.lines[i].top)
            line = &a->set.lines[i];
    return line;
}

/* The box behind all lines. */
static struct letters_box block_box(const struct art *a)
{
    struct letters_box b = empty_box;
    for (size_t i = 0; i < a->set.line_count; i++)
        if (a->set.lines[i].right >= a->set.lines[i].left)
            box_add(&b, a->set.lines[i].left, a->set.lines[i].top, a->set.lines[i].right,
                    a->set.lines[i].bottom);
    box_grow(&b, BOX_PAD_X * a->spec.em, BOX_PAD_Y * a->spec.em);
    return b;
}

static struct letters_box pill_box(const struct art *a, size_t cell)
{
    struct letters_box b = a->cells[cell].box;
    const struct letters_box *line = line_of(a, &b);
    if (line) {
        b.top = line->top;
        b.bottom = line->bottom;
    }
    box_grow(&b, PILL_PAD_X * a->spec.em, PILL_PAD_Y * a->spec.em);
    return b;
}

struct letters_box art_box(const struct art *a)
{
    struct letters_box b = parts_box(&a->set, SIZE_MAX, EDGES | FACES);
    if (a->spec.style->box > 0 && !is_empty(&b)) {
        struct letters_box block = block_box(a);
        box_add(&b, block.left, block.top, block.right, block.bottom);
    }
    for (size_t i = 0; i < a->cell_count && motion(a) == CAPTION_PILL; i++) {
        struct letters_box pill = pill_box(a, i);
        if (!is_empty(&a->cells[i].box))
            box_add(&b, pill.left, pill.top, pill.right, pill.bottom);
    }
    return b;
}

/* --- Overlays ------------------------------------------------------------------------------- */

/* An empty overlay for a box. */
static struct overlay *overlay_for(const struct letters_box *b, struct err *e)
{
    int left = (int)floor(b->left), top = (int)floor(b->top);
    return overlay_create(left, top, (int)ceil(b->right) - left, (int)ceil(b->bottom) - top, e);
}

static void paint_mask(struct overlay *o, const struct raster *r, uint32_t rgb, int alpha)
{
    overlay_paint(o, r->pixels, r->width, r->x, r->y, r->width, r->height, rgb, alpha);
}

/* Parts of some kinds of a cell or of all (SIZE_MAX), letters in a colour. */
static void paint_parts(struct overlay *o, const struct letters_set *set, size_t cell,
                        unsigned kinds, uint32_t rgb)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct letters_part *p = &set->parts[i];
        const struct raster *r = &p->raster;
        if ((cell != SIZE_MAX && p->cell != cell) || !(kinds >> p->kind & 1))
            continue;
        if (p->kind == LETTERS_PICTURE)
            overlay_paint_rgba(o, r->pixels, r->width * 4, r->x, r->y, r->width, r->height, 255);
        else
            paint_mask(o, r, rgb, 255);
    }
}

static bool paint_round_box(struct overlay *o, const struct letters_box *b, double radius,
                            uint32_t rgb, double solid, struct err *e)
{
    struct raster mask;
    int left = (int)floor(b->left), top = (int)floor(b->top);
    if (!raster_create(&mask, left, top, (int)ceil(b->right) - left + 1,
                       (int)ceil(b->bottom) - top + 1, 1))
        return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    raster_round_box(&mask, b->left, b->top, b->right, b->bottom, radius);
    paint_mask(o, &mask, rgb, (int)lrint(solid * 255));
    raster_finish(&mask);
    return true;
}

/* The soft shadow of a cell or of all. */
static bool paint_shadow(struct overlay *o, const struct art *a, size_t cell, struct err *e)
{
    const struct caption_style *st = a->spec.style;
    double em = a->spec.em;
    struct letters_box b = parts_box(&a->set, cell, EDGES | FACES);
    if (st->shadow <= 0 || is_empty(&b))
        return true;
    int margin = (int)ceil(4 * SHADOW_BLUR * em);
    struct raster mask;
    if (!raster_create(&mask, (int)b.left - margin, (int)b.top - margin,
                       (int)(b.right - b.left) + 2 * margin, (int)(b.bottom - b.top) + 2 * margin,
                       1))
        return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    for (size_t i = 0; i < a->set.count; i++)
        if (cell == SIZE_MAX || a->set.parts[i].cell == cell)
            raster_merge(&mask, &a->set.parts[i].raster);
    bool ok = raster_blur(&mask, (int)lrint(SHADOW_BLUR * em));
    mask.y += (int)lrint(SHADOW_DOWN * em);
    paint_mask(o, &mask, SHADOW_COLOUR, (int)lrint(st->shadow * 255));
    raster_finish(&mask);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory for a caption");
}

/* Room for letters with their shadow. */
static struct letters_box with_shadow(const struct art *a, struct letters_box b)
{
    double spread = a->spec.style->shadow > 0 ? SHADOW_SPREAD * a->spec.em + 2 : 0;
    box_grow(&b, spread, spread);
    return b;
}

static bool make_base(struct art *a, struct err *e)
{
    const struct caption_style *st = a->spec.style;
    struct letters_box b = parts_box(&a->set, SIZE_MAX, EDGES | FACES), block = block_box(a);
    if (is_empty(&b))
        return true;
    b = with_shadow(a, b);
    if (st->box > 0)
        box_add(&b, block.left, block.top, block.right + 1, block.bottom + 1);
    if (!(a->base = overlay_for(&b, e)))
        return false;
    if (st->box > 0 &&
        !paint_round_box(a->base, &block, st->radius * a->spec.em, st->box_color, st->box, e))
        return false;
    if (motion(a) != CAPTION_TYPE && !paint_shadow(a->base, a, SIZE_MAX, e))
        return false;
    if (motion(a) == CAPTION_STILL) {
        paint_parts(a->base, &a->set, SIZE_MAX, EDGES, st->outline_color);
        paint_parts(a->base, &a->set, SIZE_MAX, FACES, st->color);
    }
    overlay_finish(a->base, 255);
    return true;
}

/* --- Making --------------------------------------------------------------------------------- */

static bool draw_set(struct art *a, double scale, struct letters_set *set, struct err *e)
{
    const struct art_spec *s = &a->spec;
    struct letters_style style = art_letters(s->style, s->em * scale);
    style.anchor = s->anchor;
    style.x = s->x;
    style.y = s->y;
    struct letters_text text = {
        .text = s->page->text, .cells = s->page->at, .cell_count = s->page->cell_count};
    return letters_draw(s->letters, &style, &text, set, e);
}

static void move_set(struct letters_set *set, int dy)
{
    for (size_t i = 0; i < set->count; i++)
        set->parts[i].raster.y += dy;
    for (size_t i = 0; i < set->line_count; i++) {
        set->lines[i].top += dy;
        set->lines[i].bottom += dy;
    }
}

/* Up or down into the zone; what is higher than the zone ends at its bottom. */
static void keep_inside(struct art *a)
{
    const struct safe_zone *z = a->spec.keep;
    struct letters_box b = art_box(a);
    if (!z || is_empty(&b))
        return;
    double dy = fmax(0, z->top - b.top);
    if (b.bottom + dy > z->bottom)
        dy = z->bottom - b.bottom;
    move_set(&a->set, (int)floor(dy));
    for (size_t i = 0; i < a->cell_count; i++)
        a->cells[i].box = parts_box(&a->set, i, FACES);
}

struct art *art_create(const struct art_spec *spec, struct err *e)
{
    struct art *a = calloc(1, sizeof *a);
    if (!a || !(a->cells = calloc(spec->page->cell_count, sizeof *a->cells))) {
        free(a);
        err_set(e, ERR_NO_MEMORY, "no memory for a caption");
        return NULL;
    }
    a->spec = *spec;
    a->cell_count = spec->page->cell_count;
    if (!draw_set(a, 1, &a->set, e))
        goto fail;
    for (size_t i = 0; i < a->cell_count; i++)
        a->cells[i].box = parts_box(&a->set, i, FACES);
    keep_inside(a);
    if (motion(a) == CAPTION_POP && !draw_set(a, spec->style->active_scale, &a->full, e))
        goto fail;
    if (!make_base(a, e))
        goto fail;
    return a;

fail:
    art_destroy(a);
    return NULL;
}

static void drop_moving(struct art *a)
{
    overlay_destroy(a->pill);
    overlay_destroy(a->moving_edge);
    overlay_destroy(a->moving_face);
    a->pill = a->moving_edge = a->moving_face = NULL;
    a->moving_made = false;
}

void art_destroy(struct art *a)
{
    if (!a)
        return;
    drop_moving(a);
    for (size_t i = 0; i < a->cell_count; i++) {
        overlay_destroy(a->cells[i].edge);
        overlay_destroy(a->cells[i].faces[0]);
        overlay_destroy(a->cells[i].faces[1]);
    }
    overlay_destroy(a->base);
    letters_set_finish(&a->set);
    letters_set_finish(&a->full);
    free(a->cells);
    free(a);
}

/* --- Cells at rest -------------------------------------------------------------------------- */

static bool make_edge(struct art *a, size_t cell, struct err *e)
{
    struct cell_art *c = &a->cells[cell];
    struct letters_box b = parts_box(&a->set, cell, EDGES | FACES);
    bool shadow = motion(a) == CAPTION_TYPE; /* elsewhere it is below all letters from the start */
    if (c->edge_made || is_empty(&b) || (!shadow && a->spec.style->outline <= 0))
        return true;
    if (shadow)
        b = with_shadow(a, b);
    if (!(c->edge = overlay_for(&b, e)) || (shadow && !paint_shadow(c->edge, a, cell, e)))
        return false;
    paint_parts(c->edge, &a->set, cell, EDGES, a->spec.style->outline_color);
    overlay_finish(c->edge, 255);
    c->edge_made = true;
    return true;
}

static bool make_face(struct art *a, size_t cell, bool active, struct err *e)
{
    struct cell_art *c = &a->cells[cell];
    const struct caption_style *st = a->spec.style;
    if (c->face_made[active] || is_empty(&c->box))
        return true;
    if (!(c->faces[active] = overlay_for(&c->box, e)))
        return false;
    paint_parts(c->faces[active], &a->set, cell, FACES, active ? st->active_color : st->color);
    overlay_finish(c->faces[active], 255);
    c->face_made[active] = true;
    return true;
}

/* --- The cell in motion --------------------------------------------------------------------- */

static double ease_out(double u)
{
    return 1 - (1 - u) * (1 - u) * (1 - u);
}

static struct letters_box mix(const struct letters_box *a, const struct letters_box *b, double u)
{
    return (struct letters_box){.left = a->left + (b->left - a->left) * u,
                                .top = a->top + (b->top - a->top) * u,
                                .right = a->right + (b->right - a->right) * u,
                                .bottom = a->bottom + (b->bottom - a->bottom) * u};
}

/* The pill comes from the word before when that is in the same line. */
static bool make_pill(struct art *a, size_t cell, int step, struct err *e)
{
    const struct caption_style *st = a->spec.style;
    if (st->pill <= 0 || is_empty(&a->cells[cell].box))
        return true;
    struct letters_box b = pill_box(a, cell);
    if (step < SHEET_STEPS && cell > 0 && !is_empty(&a->cells[cell - 1].box)) {
        struct letters_box from = pill_box(a, cell - 1);
        if (from.top == b.top)
            b = mix(&from, &b, ease_out((double)step / SHEET_STEPS));
    }
    struct letters_box room = b;
    box_grow(&room, 1, 1);
    if (!(a->pill = overlay_for(&room, e)) ||
        !paint_round_box(a->pill, &b, st->radius * a->spec.em, st->pill_color, st->pill, e))
        return false;
    overlay_finish(a->pill, 255);
    return true;
}

/* How large a cell may grow before it touches those beside it, or leaves the room of its line. */
static double growth(const struct art *a, size_t cell)
{
    const struct letters_box *b = &a->cells[cell].box, *line = line_of(a, b);
    double outline = a->spec.style->outline * a->spec.em, width = b->right - b->left;
    double left = a->spec.x - a->spec.max_width / 2, right = a->spec.x + a->spec.max_width / 2;
    double gap = fmin(b->left - left, right - b->right) - outline;
    for (size_t i = 0; i < a->cell_count; i++) {
        const struct letters_box *o = &a->cells[i].box;
        if (i == cell || is_empty(o) || line_of(a, o) != line)
            continue;
        double apart = fmax(o->left - b->right, b->left - o->right);
        gap = fmin(gap, apart - outline - WORD_GAP * a->spec.em);
    }
    double most = fmax(MIN_GROWTH, 1 + 2 * gap / fmax(width, 1));
    return fmin(a->spec.style->active_scale, most);
}

/* A cell's parts, grown around its middle. */
static bool grow_parts(const struct art *a, size_t cell, double scale, struct letters_set *out,
                       struct err *e)
{
    struct letters_box rest = a->cells[cell].box, full = parts_box(&a->full, cell, FACES);
    double k = scale / a->spec.style->active_scale;
    double fx = (full.left + full.right) / 2, fy = (full.top + full.bottom) / 2;
    double x = (rest.left + rest.right) / 2, y = (rest.top + rest.bottom) / 2;
    if (k > 0.9999) { /* pixel by pixel */
        x = fx + round(x - fx);
        y = fy + round(y - fy);
    }
    *out = (struct letters_set){.parts = calloc(a->full.count + 1, sizeof *out->parts)};
    for (size_t i = 0; out->parts && i < a->full.count; i++) {
        const struct letters_part *p = &a->full.parts[i];
        if (p->cell != cell || p->raster.width == 0)
            continue;
        struct letters_part *q = &out->parts[out->count++];
        *q = (struct letters_part){.cell = cell, .kind = p->kind};
        if (!raster_scale(&q->raster, &p->raster, k, fx, fy, x, y))
            return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    }
    return out->parts ? true : err_set(e, ERR_NO_MEMORY, "no memory for a caption");
}

static bool make_grown(struct art *a, size_t cell, int step, struct err *e)
{
    const struct caption_style *st = a->spec.style;
    struct letters_set set = {0};
    double scale = 1 + (growth(a, cell) - 1) * ease_out((double)step / SHEET_STEPS);
    bool ok = is_empty(&a->cells[cell].box) || grow_parts(a, cell, scale, &set, e);
    struct letters_box b = parts_box(&set, cell, EDGES | FACES);
    if (ok && !is_empty(&b)) {
        a->moving_edge = overlay_for(&b, e);
        a->moving_face = a->moving_edge ? overlay_for(&b, e) : NULL;
        ok = a->moving_face;
    }
    if (ok && a->moving_face) {
        paint_parts(a->moving_edge, &set, cell, EDGES, st->outline_color);
        paint_parts(a->moving_face, &set, cell, FACES, st->active_color);
        overlay_finish(a->moving_edge, 255);
        overlay_finish(a->moving_face, 255);
    }
    letters_set_finish(&set);
    return ok;
}

/* Columns [left, right) of a mask. */
static void paint_columns(struct overlay *o, const struct raster *r, int left, int right,
                          uint32_t rgb)
{
    left = left < r->x ? r->x : left;
    right = right > r->x + r->width ? r->x + r->width : right;
    if (left < right)
        overlay_paint(o, r->pixels + (left - r->x), r->width, left, r->y, right - left, r->height,
                      rgb, 255);
}

static bool make_swept(struct art *a, size_t cell, int step, struct err *e)
{
    const struct caption_style *st = a->spec.style;
    const struct letters_box *b = &a->cells[cell].box;
    double u = (double)step / SHEET_SWEEP_STEPS;
    bool rtl = a->spec.page->cells[cell].rtl;
    if (is_empty(b))
        return true;
    if (!(a->moving_face = overlay_for(b, e)))
        return false;
    int split = (int)lrint(b->left + (b->right - b->left) * (rtl ? 1 - u : u));
    for (size_t i = 0; i < a->set.count; i++) {
        const struct letters_part *p = &a->set.parts[i];
        if (p->cell != cell || p->kind != LETTERS_FACE)
            continue;
        paint_columns(a->moving_face, &p->raster, (int)b->left, split,
                      rtl ? st->color : st->active_color);
        paint_columns(a->moving_face, &p->raster, split, (int)b->right,
                      rtl ? st->active_color : st->color);
    }
    paint_parts(a->moving_face, &a->set, cell, 1u << LETTERS_PICTURE, 0);
    overlay_finish(a->moving_face, 255);
    return true;
}

static bool make_moving(struct art *a, const struct sheet_look *look, struct err *e)
{
    if (a->moving_made && a->moving_look.cell == look->cell && a->moving_look.step == look->step)
        return true;
    drop_moving(a);
    bool ok = true;
    size_t cell = (size_t)look->cell;
    if (look->cell >= 0 && motion(a) == CAPTION_POP)
        ok = make_grown(a, cell, look->step, e);
    else if (look->cell >= 0 && motion(a) == CAPTION_SWEEP && look->step < SHEET_SWEEP_STEPS)
        ok = make_swept(a, cell, look->step, e);
    else if (look->cell >= 0 && motion(a) == CAPTION_PILL)
        ok = make_pill(a, cell, look->step, e);
    a->moving_look = *look;
    a->moving_made = ok;
    return ok;
}

/* --- Painting ------------------------------------------------------------------------------- */

static void blend(const struct overlay *o, struct picture *p, int alpha)
{
    if (o)
        overlay_blend_faded(o, p, alpha);
}

/* Whether a cell is shown at rest, and in which colour. */
static bool at_rest(const struct art *a, const struct sheet_look *look, size_t cell, bool *active)
{
    bool here = look->cell == (int)cell;
    *active = false;
    switch (motion(a)) {
    case CAPTION_POP:
        return !here;
    case CAPTION_SWEEP:
        *active = (int)cell <= look->cell;
        return !here || look->step == SHEET_SWEEP_STEPS;
    case CAPTION_PILL:
        *active = here;
        return true;
    case CAPTION_TYPE:
        return (int)cell <= look->cell;
    case CAPTION_STILL:
        break;
    }
    return false;
}

bool art_paint(struct art *a, const struct sheet_look *look, int alpha, struct picture *picture,
               struct err *e)
{
    bool active;
    if (a->base)
        blend(a->base, picture, alpha);
    if (motion(a) == CAPTION_STILL)
        return true;
    if (!make_moving(a, look, e))
        return false;
    blend(a->pill, picture, alpha);
    for (size_t i = 0; i < a->cell_count; i++) {
        bool swept = motion(a) == CAPTION_SWEEP; /* its outline stays where it is */
        if (!swept && !at_rest(a, look, i, &active))
            continue;
        if (!make_edge(a, i, e))
            return false;
        blend(a->cells[i].edge, picture, alpha);
    }
    for (size_t i = 0; i < a->cell_count; i++) {
        if (!at_rest(a, look, i, &active))
            continue;
        if (!make_face(a, i, active, e))
            return false;
        blend(a->cells[i].faces[active], picture, alpha);
    }
    blend(a->moving_edge, picture, alpha);
    blend(a->moving_face, picture, alpha);
    return true;
}
