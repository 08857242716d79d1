/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plot/page.h"

#include <math.h>
#include <string.h>

static void add(struct buf *out, const char *words)
{
    buf_printf(out, "%s%s", out->len > 0 ? "   \xc2\xb7   " : "", words);
}

#define ADD(out, p, ...)                                                                           \
    do {                                                                                           \
        const char *words_ = arena_printf((p)->arena, __VA_ARGS__);                                \
        if (words_)                                                                                \
            add(out, words_);                                                                      \
    } while (0)

static void say_music(struct page *p, const struct analysis_report *r, struct buf *out)
{
    if (isnan(r->tempo)) {
        add(out, "no beat");
        return;
    }
    const char *steady = r->steady == 1 ? ", steady" : r->steady == 0 ? ", changing" : "";
    ADD(out, p, "%.1f BPM%s", r->tempo, steady);
    if (!isnan(r->confidence))
        ADD(out, p, "confidence %.2f", r->confidence);
    ADD(out, p, "%zu beats", r->beats.count);
    if (r->beats_per_bar > 0)
        ADD(out, p, "%lld/4", (long long)r->beats_per_bar);
}

static void say_sound(struct page *p, const struct analysis_report *r, struct buf *out)
{
    if (r->levels.count == 0 && r->beats.count == 0) {
        add(out, "no sound");
        return;
    }
    say_music(p, r, out);
    if (r->loudness && !isnan(r->loudness->integrated))
        ADD(out, p, "%.1f LUFS", r->loudness->integrated);
    if (r->loudness && !isnan(r->loudness->true_peak))
        ADD(out, p, "peak %.1f dBTP", r->loudness->true_peak);
}

static void say_facts(struct page *p, struct buf *out)
{
    const struct analysis_report *r = p->plot->report;
    const struct timeline *tl = p->plot->timeline;
    add(out, page_time(p, r->duration, r->duration < 60 ? 0.1 : 1));
    say_sound(p, r, out);
    if (r->shots.count > 0)
        ADD(out, p, "%zu shot%s", r->shots.count, r->shots.count == 1 ? "" : "s");
    else
        add(out, "no picture");
    if (tl && tl->segments.count > 0)
        ADD(out, p, "laid out in %zu segment%s%s%s", tl->segments.count,
            tl->segments.count == 1 ? "" : "s", tl->template_name ? " by " : "", tl->template_name ? tl->template_name : "");
}

/* Without the folders in front. */
static const char *shown_name(const struct page *p)
{
    const char *name = p->plot->name ? p->plot->name : "";
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    return *name ? name : "Analysis";
}

void page_title(struct page *p, double y)
{
    struct buf facts;
    buf_init(&facts, 1 << 16);
    say_facts(p, &facts);
    page_text(p, 20, y + 28, FONT_TITLE, INK_TEXT, p->width - 40, shown_name(p));
    if (!facts.failed)
        page_text(p, 20, y + 50, FONT_PLAIN, INK_SOFT, p->width - 40, facts.data);
    buf_finish(&facts);
}
