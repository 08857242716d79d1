/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_warn.c - predicting what is hard to read.
 */
#include "render/caption_warn.h"

#include "core/timebase.h"
#include "core/utf8.h"
#include "render/caption_items.h"
#include "render/caption_text.h"

#include <math.h>
#include <string.h>

/* Letters so large that a single one may be wider than a line. */
#define HUGE_EM 0.25 /* of the zone's width */

struct watch {
    const struct captions *c;
    void (*see)(void *user, const struct caption_warning *w);
    void *user;
};

static bool counts_twice(uint32_t cp)
{
    return (cp >= 0x3041 && cp <= 0x30ff) || (cp >= 0x3400 && cp <= 0x9fff) ||
           (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0x20000 && cp <= 0x3ffff);
}

double caption_speed(const char *text, int64_t start_ticks, int64_t end_ticks)
{
    size_t len = strlen(text), count = 0;
    for (size_t at = 0; at < len;) {
        uint32_t cp = 0;
        size_t n = text_cluster(text + at, len - at);
        utf8_decode(text + at, n, &cp);
        count += counts_twice(cp) ? 2 : 1;
        at += n;
    }
    double seconds = ticks_to_seconds(end_ticks - start_ticks);
    return (double)count / fmax(seconds, 0.001);
}

static bool is_title(const struct watch *w, const struct caption_item *it)
{
    return it >= w->c->titles && it < w->c->titles + w->c->plan->text_count;
}

static void say(const struct watch *w, const struct caption_item *it, enum caption_trouble what,
                double value, const char *characters)
{
    bool title = is_title(w, it);
    const struct caption_warning warning = {
        .what = what,
        .title = title,
        .index = (size_t)(title ? it - w->c->titles : it - w->c->items),
        .value = value,
        .characters = characters};
    w->see(w->user, &warning);
}

/* By how many pixels something reaches out of the zone; a pixel of smoothing is let through. */
static double beyond(const struct safe_zone *z, const struct letters_box *b)
{
    if (b->right < b->left)
        return 0;
    double x = fmax(z->left - b->left, b->right - z->right);
    double y = fmax(z->top - b->top, b->bottom - z->bottom);
    double most = fmax(x, y);
    return most > 1.5 ? most : 0;
}

static bool check_place(const struct watch *w, const struct caption_item *it, struct err *e)
{
    struct arena a;
    struct sheet sheet;
    double worst = 0;
    if (!it->free && it->em < HUGE_EM * (w->c->zone.right - w->c->zone.left))
        return true; /* it was laid out to fit */
    arena_init(&a, CAPTION_ARENA_BYTES);
    bool ok = caption_lay_out(w->c, it, &a, &sheet, e);
    for (size_t i = 0; ok && i < sheet.page_count; i++) {
        struct art *art = caption_draw(w->c, it, &sheet.pages[i], e);
        ok = art;
        if (art) {
            struct letters_box box = art_box(art);
            worst = fmax(worst, beyond(&w->c->zone, &box));
        }
        art_destroy(art);
    }
    arena_finish(&a);
    if (ok && worst > 0)
        say(w, it, CAPTION_OUTSIDE, worst, NULL);
    return ok;
}

static bool check_item(const struct watch *w, const struct caption_item *it, struct err *e)
{
    char missing[CAPTION_MISSING_BYTES] = "";
    const struct plan *p = w->c->plan;
    double speed = is_title(w, it) ? caption_speed(it->text, p->texts[it - w->c->titles].out_start,
                                                   p->texts[it - w->c->titles].out_end)
                                   : caption_speed(it->text, it->whole_start, it->whole_end);
    if (!caption_missing(w->c, it, missing))
        return err_set(e, ERR_NO_MEMORY, "no memory for captions");
    if (*missing)
        say(w, it, CAPTION_NO_FONT, 0, missing);
    if (speed > CAPTION_FAST_FROM)
        say(w, it, CAPTION_FAST, speed, NULL);
    if (it->crowded)
        say(w, it, CAPTION_CROWDED, 0, NULL);
    return check_place(w, it, e);
}

bool caption_warn(const struct plan *plan, const struct cancel *cancel,
                  void (*see)(void *user, const struct caption_warning *w), void *user,
                  struct err *e)
{
    struct captions *c = captions_create(plan, e);
    if (!c)
        return false;
    const struct watch w = {c, see, user};
    bool ok = true;
    for (size_t i = 0; i < plan->text_count && ok; i++)
        ok = check_item(&w, &c->titles[i], e);
    for (size_t i = 0; i < plan->caption_count && ok; i++) {
        const struct caption_item *it = &c->items[i];
        if (cancel && cancel_fired(cancel))
            ok = err_set(e, ERR_CANCELED, "canceled");
        else if (i == 0 || it->text != it[-1].text || it->whole_start != it[-1].whole_start)
            ok = check_item(&w, it, e);
    }
    captions_destroy(c);
    return ok;
}
