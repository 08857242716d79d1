/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_items.c - texts, fonts and places.
 */
#include "render/caption_items.h"

#include "core/timebase.h"
#include "core/utf8.h"
#include "core/wire.h"
#include "render/caption_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where letters stand, in pixels of one frame of that shape; others are scaled to it. */
struct place {
    double width, height;       /* of the frame */
    double scale;               /* of a style's size, which is meant for 1080x1920 */
    double centre_y, max_width; /* of captions, as far as the safe zone lets them */
    double mark_em, mark_x, mark_y;
};
static const struct place places[] = {
    {.width = 1080,
     .height = 1920,
     .scale = 1,
     .centre_y = 1250,
     .max_width = 900,
     .mark_em = 34,
     .mark_x = 65,
     .mark_y = 290},
    {.width = 1080,
     .height = 1080,
     .scale = 0.85,
     .centre_y = 850,
     .max_width = 880,
     .mark_em = 30,
     .mark_x = 55,
     .mark_y = 55},
    {.width = 1920,
     .height = 1080,
     .scale = 0.85,
     .centre_y = 880,
     .max_width = 1300,
     .mark_em = 30,
     .mark_x = 97,
     .mark_y = 55},
};
#define MARK_ALPHA 150
#define TITLE_MARGIN 0.03 /* of the frame's width */
#define TITLE_LEAST 0.35  /* of the frame's width, for those near its sides */
#define TITLE_LINES 6
#define TYPED_S 20  /* characters of a title a second, where it is typed */
#define TURNS_S 0.3 /* captions that overlap for less than this take turns */
#define TURNS_AHEAD 16

static const struct caption_style mark_style = {.size = 34,
                                                .weight = 700,
                                                .color = 0xffffff,
                                                .outline = 0.0425,
                                                .outline_color = 0x141414,
                                                .active_scale = 1,
                                                .lines = 1};

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
                          .scale = best->scale * k,
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

/* --- Styles --------------------------------------------------------------------------------- */

/* The film's style, or the item's own, parsed into the arena. NULL: e says why. */
static const struct caption_style *style_of(struct captions *c, const struct wire_raw *json,
                                            struct err *e)
{
    if (!json)
        return &c->film_style;
    struct caption_style *s = arena_alloc(&c->arena, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
        return NULL;
    }
    return caption_style_parse(json->text, json->len, &c->arena, s, e) ? s : NULL;
}

/* --- Placing -------------------------------------------------------------------------------- */

/* Captions stand in the middle of the frame, as wide as the safe zone is on its narrower side. */
static bool place_caption(struct captions *c, const struct plan_caption *in,
                          struct caption_item *out, struct err *e)
{
    const struct plan *p = c->plan;
    const struct place at = place_of(&p->format);
    const struct caption_style *s = style_of(c, in->style, e);
    if (!s)
        return false;
    double x = at.width / 2, side = fmin(x - c->zone.left, c->zone.right - x);
    *out = (struct caption_item){.text = in->text,
                                 .style = s,
                                 .words = in->words,
                                 .word_count = in->word_count,
                                 .whole_start = in->whole_start,
                                 .whole_end = in->whole_end,
                                 .first = to_frame(p, in->out_start),
                                 .end = to_frame(p, in->out_end),
                                 .em = s->size * at.scale,
                                 .x = x,
                                 .y = s->y > 0 ? s->y * at.height : at.centre_y,
                                 .max_width = fmin(at.max_width, 2 * side),
                                 .lines = (int)s->lines,
                                 .alpha = 255,
                                 .free = s->y > 0};
    return true;
}

/* Nobody speaks a title's words: it stands still, or is typed at its start. */
static const struct caption_style *title_style(struct captions *c, const struct plan_text *in,
                                               struct err *e)
{
    const struct caption_style *s = style_of(c, in->style, e);
    if (!s || s->animation == CAPTION_STILL || s->animation == CAPTION_TYPE)
        return s;
    struct caption_style *still = arena_alloc(&c->arena, sizeof *still);
    if (!still) {
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
        return NULL;
    }
    *still = *s;
    still->animation = CAPTION_STILL;
    return still;
}

static bool place_title(struct captions *c, const struct plan_text *in, struct caption_item *out,
                        struct err *e)
{
    const struct plan *p = c->plan;
    const struct caption_style *s = title_style(c, in, e);
    if (!s)
        return false;
    int64_t typed = (int64_t)utf8_length(in->text, strlen(in->text)) * TICKS_PER_SECOND / TYPED_S;
    int64_t length = in->out_end - in->out_start;
    if (s->animation == CAPTION_TYPE && typed < length)
        length = typed;
    double width = p->format.width, height = p->format.height, x = in->x * width;
    double room = 2 * (fmin(x, width - x) - TITLE_MARGIN * width);
    *out = (struct caption_item){.text = in->text,
                                 .style = s,
                                 .whole_start = in->out_start,
                                 .whole_end = in->out_start + length,
                                 .first = to_frame(p, in->out_start),
                                 .end = to_frame(p, in->out_end),
                                 .fade_in = to_frame(p, in->fade_in),
                                 .fade_out = to_frame(p, in->fade_out),
                                 .em = in->size * height,
                                 .x = x,
                                 .y = in->y * height,
                                 .max_width = fmax(room, TITLE_LEAST * width),
                                 .lines = TITLE_LINES,
                                 .alpha = (int)lrint(in->opacity * 255),
                                 .free = true};
    return true;
}

static void place_mark(struct captions *c)
{
    const struct place at = place_of(&c->plan->format);
    c->mark = (struct caption_item){.text = c->plan->watermark,
                                    .style = &mark_style,
                                    .end = INT64_MAX,
                                    .em = at.mark_em,
                                    .x = at.mark_x,
                                    .y = at.mark_y,
                                    .max_width = at.width - 2 * at.mark_x,
                                    .lines = CAPTION_MAX_LINES,
                                    .alpha = MARK_ALPHA,
                                    .free = true};
}

static bool takes_turn(const struct caption_item *a, const struct caption_item *b, int64_t most)
{
    int64_t overlap = a->end - b->first;
    return b->first > a->first && overlap > 0 && overlap <= most &&
           overlap * 2 <= a->end - a->first && overlap * 2 <= b->end - b->first;
}

/* A caption that is over almost when another begins ends there. */
static void take_turns(struct captions *c)
{
    const struct plan *p = c->plan;
    int64_t most = to_frame(p, (int64_t)(TURNS_S * (double)TICKS_PER_SECOND));
    for (size_t i = 0; i < p->caption_count; i++) {
        struct caption_item *a = &c->items[i];
        for (size_t k = i + 1; k < p->caption_count && k < i + TURNS_AHEAD; k++)
            if (takes_turn(a, &c->items[k], most))
                a->end = c->items[k].first;
    }
}

/* Captions that are on screen together stand above each other, each at one height from its first
 * frame to its last. Who finds no room stands where the one does that will be gone first. */
static void choose_slots(struct captions *c)
{
    int64_t busy[CAPTION_SLOTS] = {0}, reach = INT64_MIN;
    for (size_t i = 0; i < c->plan->caption_count; i++) {
        struct caption_item *it = &c->items[i];
        int slot = 0;
        for (int k = 1; k < CAPTION_SLOTS && busy[slot] > it->first; k++)
            slot = busy[k] <= it->first || busy[k] < busy[slot] ? k : slot;
        it->crowded = busy[slot] > it->first;
        busy[slot] = it->end > busy[slot] ? it->end : busy[slot];
        it->slot = slot;
        it->y -= slot * art_block_height(it->style) * it->em;
        it->reach = reach = it->end > reach ? it->end : reach;
    }
}

static bool place_all(struct captions *c, struct err *e)
{
    const struct plan *p = c->plan;
    c->titles = calloc(p->text_count + 1, sizeof *c->titles);
    c->items = calloc(p->caption_count + 1, sizeof *c->items);
    if (!c->titles || !c->items)
        return err_set(e, ERR_NO_MEMORY, "no memory for captions");
    const struct wire_raw *film = p->caption_style;
    c->zone = safe_zone_find(p->safe_zone, &p->format);
    if (!caption_style_parse(film ? film->text : NULL, film ? film->len : 0, &c->arena,
                             &c->film_style, e))
        return err_wrap(e, "caption_style");
    for (size_t i = 0; i < p->text_count; i++)
        if (!place_title(c, &p->texts[i], &c->titles[i], e))
            return err_wrap(e, "title %zu", i + 1);
    for (size_t i = 0; i < p->caption_count; i++)
        if (!place_caption(c, &p->captions[i], &c->items[i], e))
            return err_wrap(e, "caption \"%.40s\"", p->captions[i].text);
    take_turns(c);
    choose_slots(c);
    if (p->watermark)
        place_mark(c);
    return true;
}

/* --- Fonts ---------------------------------------------------------------------------------- */

static bool is_bold(const struct caption_style *s)
{
    return s->weight >= 600;
}

struct fontset *caption_fonts(const struct captions *c, const struct caption_style *style)
{
    return c->fonts[is_bold(style)];
}

struct letters *caption_letters(const struct captions *c, const struct caption_style *style)
{
    return c->letters[is_bold(style)];
}

/* Calls `see` for each different text; neighbours that share one are seen once. */
static bool each_item(struct captions *c,
                      bool (*see)(struct captions *, const struct caption_item *, void *),
                      void *user)
{
    const struct plan *p = c->plan;
    if (c->mark.text && !see(c, &c->mark, user))
        return false;
    for (size_t i = 0; i < p->text_count; i++)
        if (!see(c, &c->titles[i], user))
            return false;
    for (size_t i = 0; i < p->caption_count; i++)
        if (i == 0 || c->items[i].text != c->items[i - 1].text ||
            c->items[i].style != c->items[i - 1].style)
            if (!see(c, &c->items[i], user))
                return false;
    return true;
}

static bool any_glyph(void *user, uint32_t cp)
{
    (void)user, (void)cp;
    return true;
}

static bool in_colour(void *user, const char *cluster, size_t len)
{
    const struct captions *c = user;
    return emoji_is(c->emoji, cluster, len, NULL);
}

/* In capitals, where the style wants those. */
static char *as_styled(const struct caption_item *item, char *clean, struct arena *a)
{
    return clean && item->style->uppercase ? text_uppercase(clean, a) : clean;
}

static bool see_needs(struct captions *c, const struct caption_item *item, void *user)
{
    struct fontset_needs **needs = user;
    const struct text_glyphs glyphs = {any_glyph, in_colour, c};
    struct arena a;
    arena_init(&a, CAPTION_ARENA_BYTES);
    char *clean = as_styled(item, text_clean(item->text, &glyphs, &a), &a);
    size_t len = clean ? strlen(clean) : 0;
    for (size_t at = 0, n; at < len; at += n) {
        n = text_cluster(clean + at, len - at);
        if (!emoji_is(c->emoji, clean + at, n, NULL))
            fontset_needs_text(needs[is_bold(item->style)], clean + at, n);
    }
    if (clean && !c->segmenter && segment_wanted_in(clean, len))
        c->segmenter = segmenter_create();
    arena_finish(&a);
    return clean;
}

static bool see_emoji(struct captions *c, const struct caption_item *item, void *user)
{
    (void)c;
    *(bool *)user = *(bool *)user || emoji_wanted(item->text);
    return true;
}

static bool see_weights(struct captions *c, const struct caption_item *item, void *user)
{
    (void)c;
    ((bool *)user)[is_bold(item->style)] = true;
    return true;
}

/* For those who gather what no font draws. */
struct missing {
    const struct captions *c;
    const struct fontset *fonts;
    char *out;
};

static bool note_missing(void *user, uint32_t cp)
{
    struct missing *m = user;
    char ch[5] = "";
    if (fontset_pick(m->fonts, cp, -1) >= 0)
        return true;
    size_t n = utf8_encode(cp, ch), used = strlen(m->out);
    if (n && used + n + 1 < CAPTION_MISSING_BYTES && !strstr(m->out, ch))
        memcpy(m->out + used, ch, n + 1);
    return false;
}

static bool note_emoji(void *user, const char *cluster, size_t len)
{
    return in_colour((void *)((struct missing *)user)->c, cluster, len);
}

bool caption_missing(const struct captions *c, const struct caption_item *item, char *out)
{
    struct missing m = {c, caption_fonts(c, item->style), out};
    const struct text_glyphs glyphs = {note_missing, note_emoji, &m};
    struct arena a;
    arena_init(&a, CAPTION_ARENA_BYTES);
    bool ok = as_styled(item, text_clean(item->text, &glyphs, &a), &a);
    arena_finish(&a);
    return ok;
}

static bool see_missing(struct captions *c, const struct caption_item *item, void *unused)
{
    (void)unused;
    return caption_missing(c, item, c->left_out);
}

static bool load_weight(struct captions *c, int weight, const struct fontset_needs *needs,
                        struct err *e)
{
    const struct plan_format *f = &c->plan->format;
    c->fonts[weight] = fontset_create(needs, weight == 1, e);
    if (!c->fonts[weight])
        return false;
    c->letters[weight] =
        letters_create(c->fonts[weight], c->emoji, weight == 1, f->width, f->height, e);
    fontset_drop_files(c->fonts[weight]);
    return c->letters[weight];
}

static bool load_fonts(struct captions *c, struct err *e)
{
    struct fontset_needs *needs[2] = {NULL, NULL};
    bool emoji = false, weights[2] = {false, false}, ok = true;
    each_item(c, see_emoji, &emoji);
    each_item(c, see_weights, weights);
    if (emoji && !emoji_font_create(&c->emoji, e))
        return false;
    for (int i = 0; i < 2; i++)
        ok = (needs[i] = fontset_needs_create(e)) && ok;
    if (ok && !each_item(c, see_needs, needs))
        ok = err_set(e, ERR_NO_MEMORY, "no memory for captions");
    for (int i = 0; i < 2; i++)
        ok = ok && (!weights[i] || load_weight(c, i, needs[i], e));
    if (ok && !each_item(c, see_missing, NULL))
        ok = err_set(e, ERR_NO_MEMORY, "no memory for captions");
    fontset_needs_destroy(needs[0]);
    fontset_needs_destroy(needs[1]);
    return ok;
}

/* --- Making --------------------------------------------------------------------------------- */

struct captions *captions_create(const struct plan *plan, struct err *e)
{
    struct captions *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
        return NULL;
    }
    c->plan = plan;
    arena_init(&c->arena, (size_t)256 << 20);
    bool any = plan->caption_count || plan->text_count || plan->watermark;
    if (place_all(c, e) && (!any || load_fonts(c, e)))
        return c;
    captions_destroy(c);
    return NULL;
}

void captions_destroy(struct captions *c)
{
    if (!c)
        return;
    for (int i = 0; i < 2; i++) {
        letters_destroy(c->letters[i]);
        fontset_destroy(c->fonts[i]);
    }
    emoji_font_destroy(c->emoji);
    segmenter_destroy(c->segmenter);
    arena_finish(&c->arena);
    free(c->titles);
    free(c->items);
    free(c);
}

const char *captions_left_out(const struct captions *c)
{
    return c->left_out;
}

/* --- Laying out ----------------------------------------------------------------------------- */

struct drawing {
    const struct captions *c;
    const struct fontset *fonts;
};

static bool can_draw(void *user, uint32_t cp)
{
    return fontset_pick(((struct drawing *)user)->fonts, cp, -1) >= 0;
}

static bool can_draw_emoji(void *user, const char *cluster, size_t len)
{
    return emoji_is(((struct drawing *)user)->c->emoji, cluster, len, NULL);
}

char *caption_clean(const struct captions *c, const struct caption_item *item, struct arena *a)
{
    struct drawing d = {c, caption_fonts(c, item->style)};
    const struct text_glyphs glyphs = {can_draw, can_draw_emoji, &d};
    return as_styled(item, text_clean(item->text, &glyphs, a), a);
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

bool caption_lay_out(const struct captions *c, const struct caption_item *item, struct arena *a,
                     struct sheet *out, struct err *e)
{
    const struct caption_style *s = item->style;
    struct ruler_use use = {caption_letters(c, s), art_letters(s, item->em)};
    struct caption_ruler ruler = {.max_width = item->max_width - 2 * art_padding(s) * item->em,
                                  .space_width = ruler_width(&use, " ", 1),
                                  .bleed = art_bleed(s),
                                  .lines = item->lines,
                                  .segmenter = c->segmenter,
                                  .width = ruler_width,
                                  .user = &use};
    ruler.max_width = fmax(ruler.max_width, item->em);
    struct sheet_source from = {.text = caption_clean(c, item, a),
                                .words = item->words,
                                .word_count = item->word_count,
                                .whole_start = item->whole_start,
                                .whole_end = item->whole_end,
                                .fps_num = c->plan->fps_num,
                                .fps_den = c->plan->fps_den};
    if (!from.text)
        return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    return sheet_make(&from, s, &ruler, a, out, e);
}

struct art *caption_draw(const struct captions *c, const struct caption_item *item,
                         const struct sheet_page *page, struct err *e)
{
    struct art_spec spec = {.letters = caption_letters(c, item->style),
                            .style = item->style,
                            .page = page,
                            .anchor = item == &c->mark ? ANCHOR_TOP_LEFT : ANCHOR_CENTRE,
                            .em = item->em,
                            .x = item->x,
                            .y = item->y,
                            .max_width = item->max_width,
                            .keep = item->free ? NULL : &c->zone};
    return art_create(&spec, e);
}

/* --- When ----------------------------------------------------------------------------------- */

int caption_alpha(const struct caption_item *it, int64_t frame)
{
    double a = it->alpha, in = (double)(frame - it->first + 1) / (double)(it->fade_in + 1);
    double out = (double)(it->end - frame) / (double)(it->fade_out + 1);
    return (int)lrint(a * fmin(1, fmin(in, out)));
}

size_t captions_from(const struct captions *c, int64_t frame)
{
    size_t lo = 0, hi = c->plan->caption_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->items[mid].first < frame)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

size_t captions_at(const struct captions *c, int64_t frame, const struct caption_item **out,
                   size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < c->plan->text_count && n < max; i++)
        if (c->titles[i].first <= frame && frame < c->titles[i].end)
            out[n++] = &c->titles[i];
    /* The latest first, then turned round. */
    size_t titles = n;
    for (size_t i = captions_from(c, frame + 1); i-- > 0 && c->items[i].reach > frame;)
        if (c->items[i].end > frame && n < max)
            out[n++] = &c->items[i];
    for (size_t i = titles, k = n; i + 1 < k; i++) {
        const struct caption_item *swap = out[i];
        out[i] = out[--k];
        out[k] = swap;
    }
    return n;
}
