/* SPDX-License-Identifier: GPL-3.0-or-later
 * captions.c - which letters are on screen when, and where.
 *
 * DESIGN. The plan says when a caption is seen. Its pages are laid out only when a painter comes to
 * it, because that measures; a chunk's key needs no layout, since pages follow from the text, the
 * times, the style and the fonts, which are what captions_describe() writes.
 */
#include "render/captions.h"

#include "core/arena.h"
#include "core/timebase.h"
#include "core/utf8.h"
#include "render/caption_layout.h"
#include "render/caption_text.h"
#include "render/letters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAYOUT_BYTES (8u << 20)
#define LEFT_OUT_BYTES 200

/* Where letters may stand, in pixels of one frame of that shape; others are scaled to it. Vertical:
 * inside what the apps' own buttons and texts leave free on every platform (top 270, bottom 480,
 * left 65, right 170). */
struct place {
    double width, height;           /* of the frame */
    double em, centre_y, max_width; /* captions */
    double mark_em, mark_x, mark_y; /* watermark */
};
static const struct place places[] = {
    {.width = 1080,
     .height = 1920,
     .em = 80,
     .centre_y = 1250,
     .max_width = 800,
     .mark_em = 34,
     .mark_x = 65,
     .mark_y = 290},
    {.width = 1080,
     .height = 1080,
     .em = 68,
     .centre_y = 850,
     .max_width = 880,
     .mark_em = 30,
     .mark_x = 50,
     .mark_y = 45},
    {.width = 1920,
     .height = 1080,
     .em = 68,
     .centre_y = 880,
     .max_width = 1300,
     .mark_em = 30,
     .mark_x = 70,
     .mark_y = 50},
};
#define OUTLINE_EM 0.085
#define SHADOW_EM 0.03
#define MARK_ALPHA 150

/* The plan's caption on the frame grid. `reach` is the latest end of it and those before it. */
struct shown {
    int64_t first, end, reach;
};

struct captions {
    const struct plan *plan;
    struct place place;    /* of this film's frame */
    struct shown *shown;   /* [plan->caption_count] */
    char *watermark;       /* cleaned, malloc'd; NULL: none */
    struct fontset *fonts; /* NULL: nothing is written anywhere */
    struct letters *letters;
    char left_out[LEFT_OUT_BYTES];
};

static struct place place_of(const struct plan_format *f)
{
    const struct place *best = &places[0];
    for (size_t i = 1; i < sizeof places / sizeof places[0]; i++)
        if (fabs(places[i].width / places[i].height - (double)f->width / f->height) <
            fabs(best->width / best->height - (double)f->width / f->height))
            best = &places[i];
    double k = f->width / best->width;
    return (struct place){.width = f->width,
                          .height = f->height,
                          .em = best->em * k,
                          .centre_y = best->centre_y * k,
                          .max_width = best->max_width * k,
                          .mark_em = best->mark_em * k,
                          .mark_x = best->mark_x * k,
                          .mark_y = best->mark_y * k};
}

static int64_t to_frame(const struct plan *p, int64_t ticks)
{
    return ticks_scale(ticks, p->fps_num, TICKS_PER_SECOND * p->fps_den);
}

/* --- Making --------------------------------------------------------------------------------- */

static bool note_left_out(void *user, uint32_t cp)
{
    struct captions *c = user;
    char ch[5] = "";
    if (fontset_pick(c->fonts, cp, -1) >= 0)
        return true;
    size_t n = utf8_encode(cp, ch), used = strlen(c->left_out);
    if (n && used + n + 2 < sizeof c->left_out && !strstr(c->left_out, ch))
        memcpy(c->left_out + used, ch, n + 1);
    return false;
}

static bool drawable(void *user, uint32_t cp)
{
    const struct captions *c = user;
    return fontset_pick(c->fonts, cp, -1) >= 0;
}

/* Calls `see` for each different text; neighbours that share one are seen once. */
static bool each_text(struct captions *c, bool (*see)(struct captions *, const char *, void *),
                      void *user)
{
    const struct plan *p = c->plan;
    if (p->watermark && !see(c, p->watermark, user))
        return false;
    for (size_t i = 0; i < p->caption_count; i++)
        if (i == 0 || p->captions[i].text != p->captions[i - 1].text)
            if (!see(c, p->captions[i].text, user))
                return false;
    return true;
}

static bool see_needs(struct captions *c, const char *text, void *needs)
{
    (void)c;
    struct arena a;
    arena_init(&a, LAYOUT_BYTES);
    char *clean = text_clean(text, NULL, NULL, &a);
    if (clean)
        fontset_needs_text(needs, clean);
    arena_finish(&a);
    return clean;
}

static bool see_left_out(struct captions *c, const char *text, void *unused)
{
    (void)unused;
    struct arena a;
    arena_init(&a, LAYOUT_BYTES);
    char *clean = text_clean(text, note_left_out, c, &a);
    arena_finish(&a);
    return clean;
}

static bool load_fonts(struct captions *c, struct err *e)
{
    bool ok = false;
    struct fontset_needs *needs = fontset_needs_create(e);
    if (!needs)
        return false;
    if (!each_text(c, see_needs, needs)) {
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
        goto out;
    }
    c->fonts = fontset_create(needs, e);
    if (!c->fonts)
        goto out;
    each_text(c, see_left_out, NULL);
    c->letters = letters_create(c->fonts, c->plan->format.width, c->plan->format.height, e);
    fontset_drop_files(c->fonts);
    ok = c->letters;

out:
    fontset_needs_destroy(needs);
    return ok;
}

static bool place_on_frames(struct captions *c, struct err *e)
{
    const struct plan *p = c->plan;
    c->shown = calloc(p->caption_count ? p->caption_count : 1, sizeof *c->shown);
    if (!c->shown)
        return err_set(e, ERR_NO_MEMORY, "no memory for captions");
    int64_t reach = 0;
    for (size_t i = 0; i < p->caption_count; i++) {
        struct shown *s = &c->shown[i];
        s->first = to_frame(p, p->captions[i].out_start);
        s->end = to_frame(p, p->captions[i].out_end);
        s->reach = reach = s->end > reach ? s->end : reach;
    }
    return true;
}

static bool clean_watermark(struct captions *c, struct err *e)
{
    struct arena a;
    arena_init(&a, LAYOUT_BYTES);
    char *clean = text_clean(c->plan->watermark, drawable, c, &a);
    c->watermark = clean ? strdup(clean) : NULL;
    arena_finish(&a);
    return c->watermark ? true : err_set(e, ERR_NO_MEMORY, "no memory for the watermark");
}

struct captions *captions_create(const struct plan *plan, struct err *e)
{
    struct captions *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
        return NULL;
    }
    c->plan = plan;
    c->place = place_of(&plan->format);
    if (!place_on_frames(c, e))
        goto fail;
    if ((plan->caption_count || plan->watermark) && !load_fonts(c, e))
        goto fail;
    if (plan->watermark && !clean_watermark(c, e))
        goto fail;
    return c;

fail:
    captions_destroy(c);
    return NULL;
}

void captions_destroy(struct captions *c)
{
    if (!c)
        return;
    letters_destroy(c->letters);
    fontset_destroy(c->fonts);
    free(c->watermark);
    free(c->shown);
    free(c);
}

const char *captions_left_out(const struct captions *c)
{
    return c->left_out;
}

/* --- Finding -------------------------------------------------------------------------------- */

/* The first caption that begins behind the frame. */
static size_t first_after(const struct captions *c, int64_t frame)
{
    size_t lo = 0, hi = c->plan->caption_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->shown[mid].first <= frame)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The caption on screen at a frame: the latest begun that has not ended. SIZE_MAX: none. */
static size_t caption_at(const struct captions *c, int64_t frame)
{
    for (size_t i = first_after(c, frame); i-- > 0 && c->shown[i].reach > frame;)
        if (c->shown[i].end > frame)
            return i;
    return SIZE_MAX;
}

static void describe_fonts(const struct captions *c, const char *text, struct buf *out)
{
    int current = -1;
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t n = utf8_decode(text + at, len - at, &cp);
        int font = n ? fontset_pick(c->fonts, cp, current) : current;
        if (font >= 0 && font != current)
            buf_printf(out, " %s", fontset_font(c->fonts, font)->hash);
        current = font;
        at += n ? n : 1;
    }
}

static void describe_text(const struct captions *c, const char *text, struct buf *out)
{
    struct arena a;
    arena_init(&a, LAYOUT_BYTES);
    char *clean = text_clean(text, drawable, (void *)c, &a);
    if (clean) {
        buf_printf(out, " text %zu:%s fonts", strlen(clean), clean);
        describe_fonts(c, clean, out);
    } else {
        out->failed = true;
    }
    arena_finish(&a);
    buf_adds(out, "\n");
}

void captions_describe(const struct captions *c, int64_t first, int64_t end, struct buf *out)
{
    const struct plan *p = c->plan;
    if (c->letters)
        buf_printf(out, "letters clean 1 libass %x\n", (unsigned)letters_version());
    if (c->watermark) {
        buf_adds(out, "watermark");
        describe_text(c, c->watermark, out);
    }
    int64_t zero = plan_frame_ticks(p, first);
    size_t from = first_after(c, first);
    while (from > 0 && c->shown[from - 1].reach > first)
        from--;
    for (size_t i = from; i < p->caption_count && c->shown[i].first < end; i++) {
        const struct shown *s = &c->shown[i];
        if (s->end <= first || s->end <= s->first)
            continue;
        buf_printf(out, "caption %lld %lld %lld %lld", (long long)(s->first - first),
                   (long long)(s->end - first), (long long)(p->captions[i].whole_start - zero),
                   (long long)(p->captions[i].whole_end - zero));
        describe_text(c, p->captions[i].text, out);
    }
}

/* --- Painting ------------------------------------------------------------------------------- */

struct page {
    const char *text;
    int64_t end; /* frame where the next one begins */
};

struct caption_painter {
    struct captions *c;
    size_t caption; /* whose pages are laid out; SIZE_MAX: none */
    struct arena layout;
    struct page *pages;
    size_t page_count;
    size_t drawn_caption, drawn_page; /* that `overlay` shows; SIZE_MAX: none */
    struct overlay *overlay;          /* NULL: nothing to see */
    struct overlay *watermark;
};

static bool draw_watermark(struct caption_painter *p, struct err *e)
{
    const struct place *at = &p->c->place;
    struct letters_style style = {.em = at->mark_em,
                                  .outline = at->mark_em * OUTLINE_EM / 2,
                                  .alpha = MARK_ALPHA,
                                  .anchor = ANCHOR_TOP_LEFT,
                                  .x = at->mark_x,
                                  .y = at->mark_y};
    return letters_draw(p->c->letters, &style, p->c->watermark, &p->watermark, e);
}

struct caption_painter *caption_painter_create(struct captions *c, struct err *e)
{
    struct caption_painter *p = calloc(1, sizeof *p);
    if (!p) {
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
        return NULL;
    }
    p->c = c;
    p->caption = p->drawn_caption = SIZE_MAX;
    arena_init(&p->layout, LAYOUT_BYTES);
    if (c->watermark && !draw_watermark(p, e)) {
        caption_painter_destroy(p);
        return NULL;
    }
    return p;
}

void caption_painter_destroy(struct caption_painter *p)
{
    if (!p)
        return;
    overlay_destroy(p->overlay);
    overlay_destroy(p->watermark);
    arena_finish(&p->layout);
    free(p);
}

static struct letters_style caption_style(const struct captions *c)
{
    const struct place *at = &c->place;
    return (struct letters_style){.em = at->em,
                                  .outline = at->em * OUTLINE_EM,
                                  .shadow = at->em * SHADOW_EM,
                                  .alpha = 255,
                                  .anchor = ANCHOR_CENTRE,
                                  .x = at->width / 2.0,
                                  .y = at->centre_y};
}

struct ruler_use {
    struct letters *letters;
    struct letters_style style;
};

static double ruler_width(void *user, const char *text, size_t len)
{
    struct ruler_use *r = user;
    return letters_width(r->letters, &r->style, text, len);
}

/* Shares the caption's whole time out to its pages by their letters. */
static void time_pages(struct caption_painter *p, const struct caption_page *in,
                       const struct plan_caption *cap)
{
    size_t total = 0, so_far = 0;
    for (size_t i = 0; i < p->page_count; i++)
        total += in[i].chars;
    int64_t length = cap->whole_end - cap->whole_start;
    for (size_t i = 0; i < p->page_count; i++) {
        so_far += in[i].chars;
        int64_t end =
            cap->whole_start + ticks_scale(length, (int64_t)so_far, total ? (int64_t)total : 1);
        p->pages[i] = (struct page){.text = in[i].text, .end = to_frame(p->c->plan, end)};
    }
}

static bool lay_out(struct caption_painter *p, size_t caption, struct err *e)
{
    struct captions *c = p->c;
    const struct plan_caption *cap = &c->plan->captions[caption];
    arena_finish(&p->layout);
    arena_init(&p->layout, LAYOUT_BYTES);
    p->caption = SIZE_MAX;

    struct ruler_use use = {.letters = c->letters, .style = caption_style(c)};
    double both = ruler_width(&use, "n n", 3), alone = ruler_width(&use, "nn", 2);
    struct caption_ruler ruler = {.max_width = c->place.max_width,
                                  .space_width = both > alone ? both - alone : 0,
                                  .width = ruler_width,
                                  .user = &use};
    struct caption_page *in = NULL;
    char *clean = text_clean(cap->text, drawable, c, &p->layout);
    if (!clean)
        return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    if (!caption_layout(clean, &ruler, &p->layout, &in, &p->page_count, e))
        return false;
    p->pages = arena_array(&p->layout, p->page_count + 1, sizeof *p->pages);
    if (!p->pages)
        return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    time_pages(p, in, cap);
    p->caption = caption;
    return true;
}

/* Which page of which caption is on screen. *caption SIZE_MAX: none. */
static bool page_at(struct caption_painter *p, int64_t frame, size_t *caption, size_t *page,
                    struct err *e)
{
    *page = 0;
    *caption = caption_at(p->c, frame);
    if (*caption == SIZE_MAX)
        return true;
    if (p->caption != *caption && !lay_out(p, *caption, e))
        return false;
    while (*page + 1 < p->page_count && p->pages[*page].end <= frame)
        ++*page;
    if (p->page_count == 0)
        *caption = SIZE_MAX;
    return true;
}

bool caption_state(struct caption_painter *p, int64_t frame, int64_t *state, struct err *e)
{
    size_t caption, page;
    if (!page_at(p, frame, &caption, &page, e))
        return false;
    *state = caption == SIZE_MAX ? -1 : (int64_t)(caption << 20 | page);
    return true;
}

static bool draw_page(struct caption_painter *p, size_t caption, size_t page, struct err *e)
{
    struct letters_style style = caption_style(p->c);
    overlay_destroy(p->overlay);
    p->overlay = NULL;
    p->drawn_caption = SIZE_MAX;
    if (!letters_draw(p->c->letters, &style, p->pages[page].text, &p->overlay, e))
        return false;
    p->drawn_caption = caption;
    p->drawn_page = page;
    return true;
}

bool caption_paint(struct caption_painter *p, int64_t frame, struct picture *picture, struct err *e)
{
    size_t caption, page;
    if (!page_at(p, frame, &caption, &page, e))
        return false;
    if (p->watermark)
        overlay_blend(p->watermark, picture);
    if (caption == SIZE_MAX)
        return true;
    if ((p->drawn_caption != caption || p->drawn_page != page) && !draw_page(p, caption, page, e))
        return false;
    if (p->overlay)
        overlay_blend(p->overlay, picture);
    return true;
}
