/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the types of a timeline cannot say: times against the asset, effects, names, sums. Every
 * broken rule becomes one error with its exact place, in the words of pydantic 2. */
#include "core/json.h"
#include "core/timebase.h"
#include "effects/effect.h"
#include "timeline/timeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct check {
    const struct timeline_refs *refs;
    struct arena *arena;
    struct wire_errors *errs;
    int64_t duration_ticks, last_ticks; /* last: where an end may lie at most */
    size_t captions;                    /* seen so far */
    bool ok;
};

static struct wire_loc at_key(const struct wire_loc *up, const char *key)
{
    return (struct wire_loc){.up = up, .key = key};
}

static struct wire_loc at_index(const struct wire_loc *up, size_t i)
{
    return (struct wire_loc){.up = up, .index = i};
}

/* A number that breaks a bound: `word` is "greater_than" and the like, `sign` its ctx key. */
static void bound_error(struct check *c, const struct wire_loc *loc, double got, const char *type,
                        const char *words, const char *sign, double bound, const char *what)
{
    struct buf text;
    buf_init(&text, 200);
    json_write_number(&text, got);
    size_t input_len = text.len;
    buf_printf(&text, "{\"%s\":", sign);
    size_t bound_at = text.len;
    json_write_number(&text, bound);
    int bound_len = (int)(text.len - bound_at);
    buf_addc(&text, '}');
    if (!text.failed)
        wire_error(c->errs, loc, type, text.data, input_len, text.data + input_len,
                   "Input should be %s %.*s (%s)", words, bound_len, text.data + bound_at, what);
    buf_finish(&text);
    c->ok = false;
}

static void check_span(struct check *c, const struct wire_loc *up, double start, double end)
{
    struct wire_loc at_start = at_key(up, "start"), at_end = at_key(up, "end");
    double duration = ticks_to_seconds(c->duration_ticks);
    bool start_ok = start >= 0 && start <= TIMELINE_MAX_SECONDS;
    bool end_ok = end >= 0 && end <= TIMELINE_MAX_SECONDS;

    if (!(start >= 0))
        bound_error(c, &at_start, start, "greater_than_equal", "greater than or equal to", "ge", 0,
                    "the beginning");
    else if (!start_ok || ticks_from_seconds(start) >= c->duration_ticks)
        bound_error(c, &at_start, start, "less_than", "less than", "lt", duration,
                    "the duration of the asset");
    if (!end_ok || ticks_from_seconds(end) > c->last_ticks)
        bound_error(c, &at_end, end, "less_than_equal", "less than or equal to", "le", duration,
                    "the duration of the asset");
    else if (start_ok && ticks_from_seconds(end) <= ticks_from_seconds(start))
        bound_error(c, &at_end, end, "greater_than", "greater than", "gt", start, "its start");
}

static void check_words(struct check *c, const struct wire_loc *up, const struct caption *cap)
{
    const struct caption_word *words = cap->words.items;
    struct wire_loc at_words = at_key(up, "words");
    for (size_t i = 0; i < cap->words.count; i++) {
        struct wire_loc at = at_index(&at_words, i);
        check_span(c, &at, words[i].start, words[i].end);
    }
}

static void check_captions(struct check *c, const struct wire_loc *up, const struct wire_list *list)
{
    const struct caption *caps = list->items;
    struct wire_loc at_captions = at_key(up, "captions");

    bool fitted = c->captions <= TIMELINE_MAX_CAPTIONS;
    c->captions += list->count;
    if (c->captions > TIMELINE_MAX_CAPTIONS) {
        if (fitted) /* said once, at the list that made it too many */
            wire_error(c->errs, &at_captions, "too_long", NULL, 0, "{\"max_length\":100000}",
                       "A timeline should have at most %d captions in all", TIMELINE_MAX_CAPTIONS);
        c->ok = false;
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct wire_loc at = at_index(&at_captions, i);
        check_span(c, &at, caps[i].start, caps[i].end);
        check_words(c, &at, &caps[i]);
    }
}

static void effect_error(struct check *c, const struct wire_loc *at, const struct wire_raw *input,
                         const struct err *e)
{
    wire_error(c->errs, at, "value_error", input->text, input->len, "{\"error\":{}}",
               "Value error, %s", e->msg);
    c->ok = false;
}

static void check_effects(struct check *c, const struct wire_loc *up, const struct wire_list *list)
{
    const struct wire_raw *json = list->items;
    struct wire_loc at_effects = at_key(up, "effects");
    struct effect_use uses[TIMELINE_MAX_EFFECTS];
    struct effect_rate rate;
    struct err e = {0};
    size_t good = 0;
    for (size_t i = 0; i < list->count && good < TIMELINE_MAX_EFFECTS; i++) {
        struct wire_loc at = at_index(&at_effects, i);
        if (effect_parse(json[i].text, json[i].len, c->arena, &uses[good], &e))
            good++;
        else
            effect_error(c, &at, &json[i], &e);
    }
    if (good && good == list->count && !effect_total_rate(uses, good, &rate, &e))
        effect_error(c, &at_effects, &(struct wire_raw){0}, &e);
}

static bool ref_known(const struct check *c, enum timeline_ref what, const char *name)
{
    if (!c->refs)
        return what == TIMELINE_REF_SFX;
    return c->refs->known(c->refs->user, what, name);
}

static void check_ref(struct check *c, const struct wire_loc *up, const char *key,
                      enum timeline_ref what, const char *name)
{
    static const char *const words[] = {
        [TIMELINE_REF_ASSET] = "Not this project's asset; leave it out, the server fills it in",
        [TIMELINE_REF_SOUND] = "No such file among your assets; use its stored path or media URL",
        [TIMELINE_REF_SFX] = "No such sound effect",
    };
    if (!name || ref_known(c, what, name))
        return;
    struct wire_loc at = at_key(up, key);
    struct buf input;
    buf_init(&input, 8192);
    json_write_string(&input, name);
    wire_error(c->errs, &at, "not_found", input.data, input.len, NULL, "%s", words[what]);
    buf_finish(&input);
    c->ok = false;
}

static void check_segment(struct check *c, const struct wire_loc *at,
                          const struct timeline_segment *seg)
{
    check_span(c, at, seg->start, seg->end);
    check_effects(c, at, &seg->effects);
    check_captions(c, at, &seg->captions);
    if (seg->sfx) {
        struct wire_loc at_sfx = at_key(at, "sfx");
        if (seg->sfx->path)
            check_ref(c, &at_sfx, "path", TIMELINE_REF_SOUND, seg->sfx->path);
        else
            check_ref(c, &at_sfx, "name", TIMELINE_REF_SFX, seg->sfx->name);
    }
}

bool timeline_check(const struct timeline *tl, const struct timeline_facts *facts,
                    const struct timeline_refs *refs, const struct wire_loc *root, struct arena *a,
                    struct wire_errors *errs)
{
    static const struct wire_loc body = {.key = "body"};
    const struct wire_loc *up = root ? root : &body;
    /* Without a picture the slack is a frame of the film: JSON durations are rounded. */
    int64_t slack = facts->frame_ticks ? facts->frame_ticks : TICKS_PER_SECOND / 30;
    struct check c = {
        .refs = refs, .arena = a, .errs = errs, .ok = true,
        .duration_ticks = facts->duration_ticks,
        .last_ticks = facts->duration_ticks + slack,
    };

    if (tl->asset) {
        struct wire_loc at_asset = at_key(up, "asset");
        check_ref(&c, &at_asset, "path", TIMELINE_REF_ASSET, tl->asset->path);
        check_ref(&c, &at_asset, "url", TIMELINE_REF_ASSET, tl->asset->url);
    }
    check_captions(&c, up, &tl->captions);

    struct wire_loc at_segments = at_key(up, "segments");
    const struct timeline_segment *segs = timeline_segments(tl);
    for (size_t i = 0; i < tl->segments.count; i++) {
        struct wire_loc at = at_index(&at_segments, i);
        check_segment(&c, &at, &segs[i]);
    }
    return c.ok;
}
