/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/film_warn.h"

#include "core/timebase.h"
#include "effects/trigger.h"
#include "jobs/film_report.h"
#include "render/caption_warn.h"
#include "timeline/timeline.h"

#include <math.h>
#include <string.h>

#define ENLARGED_AT_LEAST 1.05 /* below, nobody sees it */
#define WORD_SLACK_S 0.02      /* a cut so near a word's edge is not in it */
#define FILM_SHORTEST_S 1.0

/* What the platforms take at most, in seconds (November 2026). */
static const struct {
    const char *zone, *platform;
    double longest_s;
} platforms[] = {
    {"universal", "YouTube Shorts and Reels", 180},
    {"shorts", "YouTube Shorts", 180},
    {"reels", "Reels", 180},
    {"tiktok", "TikTok", 600},
};

struct warner {
    const struct film_spec *spec;
    const struct plan *plan;
    const struct timeline *tl;
    struct film_finding *list;
    size_t count;
    struct arena *arena;
};

/* NULL: enough were found, or there is no memory. */
static struct film_finding *warn(struct warner *w, const char *code, const char *message)
{
    if (w->count == FILM_MAX_WARNINGS || !message)
        return NULL;
    struct film_finding *f = &w->list[w->count++];
    *f = (struct film_finding){code, message, INT64_MIN, NULL, NAN};
    return f;
}

/* --- Length ----------------------------------------------------------------------------------- */

static void warn_of_length(struct warner *w)
{
    double s = ticks_to_seconds(w->plan->duration_ticks);
    const char *zone = w->tl->safe_zone ? w->tl->safe_zone : "universal";
    if (s < FILM_SHORTEST_S)
        warn(w, "film_too_short",
             arena_printf(w->arena, "The film lasts %.2f s; platforms refuse less than %g s", s,
                          FILM_SHORTEST_S));
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (strcmp(zone, platforms[i].zone) == 0 && s > platforms[i].longest_s)
            warn(w, "film_too_long",
                 arena_printf(w->arena, "The film lasts %.1f s; %s take at most %g s", s,
                              platforms[i].platform, platforms[i].longest_s));
}

/* --- Small sources ---------------------------------------------------------------------------- */

/* How much a source is enlarged to fill the frame. */
static double enlargement(const struct warner *w, const struct plan_segment *s)
{
    const struct spec_source *src = (const struct spec_source *)w->spec->sources.items + s->source;
    if (src->has_video != 1 || src->width < 1 || src->height < 1)
        return 0;
    double x = (double)w->plan->format.width / (double)src->width;
    double y = (double)w->plan->format.height / (double)src->height;
    return s->fit == FIT_CROP ? fmax(x, y) : fmin(x, y);
}

static void warn_of_small_sources(struct warner *w)
{
    bool told[FILM_MAX_SOURCES] = {false};
    for (size_t i = 0; i < w->plan->segment_count; i++) {
        const struct plan_segment *s = &w->plan->segments[i];
        const struct spec_source *src =
            (const struct spec_source *)w->spec->sources.items + s->source;
        double times = enlargement(w, s);
        if (times < ENLARGED_AT_LEAST || told[s->source])
            continue;
        told[s->source] = true;
        struct film_finding *f =
            warn(w, "source_too_small",
                 arena_printf(w->arena,
                              "The picture of %lldx%lld is enlarged %.2f times to fill %dx%d; it "
                              "will look soft",
                              (long long)src->width, (long long)src->height, times,
                              w->plan->format.width, w->plan->format.height));
        if (f) {
            f->segment = (int64_t)s->index;
            f->time = ticks_to_seconds(s->out_start);
        }
    }
}

/* --- Cuts ------------------------------------------------------------------------------------- */

/* A segment's start or end that lies in a word of its captions. */
static void warn_of_cut(struct warner *w, const struct plan_segment *s, const struct caption *c,
                        double cut_s, int64_t film_ticks)
{
    const struct caption_word *word = c->words.items;
    for (size_t i = 0; i < c->words.count; i++) {
        if (cut_s <= word[i].start + WORD_SLACK_S || cut_s >= word[i].end - WORD_SLACK_S)
            continue;
        struct film_finding *f =
            warn(w, "cut_inside_word",
                 arena_printf(w->arena, "The cut at %.2f s of the source lies inside \"%.60s\" "
                              "(%.2f to %.2f s)", cut_s, word[i].text, word[i].start, word[i].end));
        if (f) {
            f->segment = (int64_t)s->index;
            f->caption = c->text;
            f->time = ticks_to_seconds(film_ticks);
        }
        return;
    }
}

static void warn_of_cuts(struct warner *w)
{
    const struct timeline_segment *segments = timeline_segments(w->tl);
    for (size_t i = 0; i < w->plan->segment_count && w->count < FILM_MAX_WARNINGS; i++) {
        const struct plan_segment *s = &w->plan->segments[i];
        const struct wire_list *list = timeline_captions_of(w->tl, &segments[s->index]);
        const struct caption *c = list->items;
        double start = segments[s->index].start, end = segments[s->index].end;
        for (size_t k = 0; k < list->count; k++) {
            if (c[k].start < start && start < c[k].end)
                warn_of_cut(w, s, &c[k], start, s->out_start);
            if (c[k].start < end && end < c[k].end)
                warn_of_cut(w, s, &c[k], end, s->out_end);
        }
    }
}

/* --- Effects that wait ------------------------------------------------------------------------ */

static const struct {
    int on;
    const char *code, *what, *mend;
} waits[] = {
    {ON_BEATS, "effect_without_beats", "beats", "add \"beats\", their times, to the timeline"},
    {ON_WORDS, "effect_without_words", "words", "add captions that have \"words\" with times"},
};

static size_t events_of(const struct plan_segment *s, int on)
{
    return on == ON_BEATS ? s->beat_count : s->word_count;
}

/* The first effect that an event sets off, in a film that has no such event. */
static void warn_of_waiting(struct warner *w, int on, const char *code, const char *what,
                            const char *mend)
{
    const struct plan_segment *waiting = NULL;
    const char *name = NULL;
    for (size_t i = 0; i < w->plan->segment_count; i++) {
        const struct plan_segment *s = &w->plan->segments[i];
        if (events_of(s, on) > 0)
            return;
        for (size_t k = 0; !waiting && k < s->effect_count; k++)
            if (trigger_of(&s->effects[k]) == on) {
                waiting = s;
                name = s->effects[k].effect->name;
            }
    }
    if (!waiting)
        return;
    struct film_finding *f =
        warn(w, code,
             arena_printf(w->arena, "\"%s\" waits for %s, and none are known where it plays: %s, or "
                          "set the effect's \"on\"", name, what, mend));
    if (f) {
        f->segment = (int64_t)waiting->index;
        f->time = ticks_to_seconds(waiting->out_start);
    }
}

/* --- Letters ---------------------------------------------------------------------------------- */

static const char *trouble_words(struct arena *a, const struct caption_warning *c)
{
    switch (c->what) {
    case CAPTION_OUTSIDE:
        return arena_printf(a, "It reaches %.0f pixels beyond the safe zone, where a platform's own "
                            "buttons lie", c->value);
    case CAPTION_FAST:
        return arena_printf(a, "It asks for %.1f characters a second; %g are as fast as people read",
                            c->value, CAPTION_FAST_FROM);
    case CAPTION_NO_FONT:
        return arena_printf(a, "No font draws these characters, they are left out: %.200s",
                            c->characters);
    case CAPTION_CROWDED:
        return arena_strdup(a, "More are on screen at once than there is room for");
    }
    return NULL;
}

static void see_caption(void *user, const struct caption_warning *c)
{
    static const char *const codes[] = {
        [CAPTION_OUTSIDE] = "caption_outside_safe_zone",
        [CAPTION_FAST] = "caption_too_fast",
        [CAPTION_NO_FONT] = "no_font",
        [CAPTION_CROWDED] = "captions_crowded",
    };
    struct warner *w = user;
    const struct plan *p = w->plan;
    int64_t at = c->title ? p->texts[c->index].out_start : p->captions[c->index].out_start;
    struct film_finding *f = warn(w, codes[c->what], trouble_words(w->arena, c));
    if (!f)
        return;
    f->caption = c->title ? p->texts[c->index].text : p->captions[c->index].text;
    f->time = ticks_to_seconds(at);
    for (size_t i = 0; !c->title && i < p->segment_count; i++)
        if (p->segments[i].out_start <= at && at < p->segments[i].out_end)
            f->segment = (int64_t)p->segments[i].index;
}

bool film_warn(const struct film_spec *spec, const struct plan *plan, struct wire_list *out,
               struct arena *a, struct err *e)
{
    const struct wire_raw *text = &spec->order->timeline;
    struct warner w = {.spec = spec, .plan = plan, .arena = a};
    w.list = arena_array(a, FILM_MAX_WARNINGS, sizeof *w.list);
    w.tl = w.list ? timeline_parse_trusted(text->text, text->len, a, e) : NULL;
    if (!w.list)
        return err_set(e, ERR_NO_MEMORY, "no memory for warnings");
    if (!w.tl)
        return false;
    warn_of_length(&w);
    warn_of_small_sources(&w);
    warn_of_cuts(&w);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        warn_of_waiting(&w, waits[i].on, waits[i].code, waits[i].what, waits[i].mend);
    if (!caption_warn(plan, NULL, see_caption, &w, e))
        return false;
    *out = (struct wire_list){w.list, w.count};
    return !a->failed || err_set(e, ERR_NO_MEMORY, "no memory for warnings");
}
