/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the types of a timeline cannot say: times against the asset, effects, names, sums. Every
 * broken rule becomes one error with its exact place, in the words of pydantic 2. */
#include "core/json.h"
#include "core/timebase.h"
#include "effects/caption_style.h"
#include "effects/effect.h"
#include "effects/transition.h"
#include "timeline/timeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct check {
    const struct timeline_refs *refs;
    struct arena *arena;
    struct wire_errors *errs;
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

/* The clock that times are on: of an asset, or of the film. */
struct clock_limits {
    int64_t duration_ticks, last_ticks; /* last: where an end may lie at most */
    const char *what;
};

static struct clock_limits limits_of(const struct timeline_facts *facts)
{
    /* Without a picture the slack is a frame of the film: JSON durations are rounded. */
    int64_t slack = facts->frame_ticks ? facts->frame_ticks : TICKS_PER_SECOND / 30;
    return (struct clock_limits){facts->duration_ticks, facts->duration_ticks + slack,
                                 "the duration of the asset"};
}

/* A film is as long as its segments make it; what lies behind its end is not shown. */
static struct clock_limits film_limits(void)
{
    int64_t most = ticks_from_seconds(TIMELINE_MAX_SECONDS);
    return (struct clock_limits){most, most, "any time"};
}

static void check_span(struct check *c, const struct wire_loc *up, const struct clock_limits *lim,
                       double start, double end)
{
    struct wire_loc at_start = at_key(up, "start"), at_end = at_key(up, "end");
    double duration = ticks_to_seconds(lim->duration_ticks);
    bool start_ok = start >= 0 && start <= TIMELINE_MAX_SECONDS;
    bool end_ok = end >= 0 && end <= TIMELINE_MAX_SECONDS;

    if (!(start >= 0))
        bound_error(c, &at_start, start, "greater_than_equal", "greater than or equal to", "ge", 0,
                    "the beginning");
    else if (!start_ok || ticks_from_seconds(start) >= lim->duration_ticks)
        bound_error(c, &at_start, start, "less_than", "less than", "lt", duration, lim->what);
    if (!end_ok || ticks_from_seconds(end) > lim->last_ticks)
        bound_error(c, &at_end, end, "less_than_equal", "less than or equal to", "le", duration,
                    lim->what);
    else if (start_ok && ticks_from_seconds(end) <= ticks_from_seconds(start))
        bound_error(c, &at_end, end, "greater_than", "greater than", "gt", start, "its start");
}

static void value_error(struct check *c, const struct wire_loc *at, const struct wire_raw *input,
                         const struct err *e)
{
    c->ok = false;
    if (e->code == ERR_NO_MEMORY)
        c->errs->no_memory = true;
    else
        wire_error(c->errs, at, "value_error", input->text, input->len, "{\"error\":{}}",
                   "Value error, %s", e->msg);
}

static void check_style(struct check *c, const struct wire_loc *up, const char *key,
                        const struct wire_raw *json)
{
    struct caption_style style;
    struct err e = {0};
    struct wire_loc at = at_key(up, key);
    if (json->text && !caption_style_parse(json->text, json->len, c->arena, &style, &e))
        value_error(c, &at, json, &e);
}

static void check_words(struct check *c, const struct wire_loc *up, const struct clock_limits *lim,
                        const struct caption *cap)
{
    const struct caption_word *words = cap->words.items;
    struct wire_loc at_words = at_key(up, "words");
    for (size_t i = 0; i < cap->words.count; i++) {
        struct wire_loc at = at_index(&at_words, i);
        check_span(c, &at, lim, words[i].start, words[i].end);
    }
}

static void check_captions(struct check *c, const struct wire_loc *up,
                           const struct clock_limits *lim, const struct wire_list *list)
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
        check_span(c, &at, lim, caps[i].start, caps[i].end);
        check_words(c, &at, lim, &caps[i]);
        check_style(c, &at, "style", &caps[i].style);
    }
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
            value_error(c, &at, &json[i], &e);
    }
    if (good && good == list->count && !effect_total_rate(uses, good, &rate, &e))
        value_error(c, &at_effects, &(struct wire_raw){0}, &e);
}

static void check_transition(struct check *c, const struct wire_loc *up, const struct wire_raw *json)
{
    struct transition_use use;
    struct err e = {0};
    struct wire_loc at = at_key(up, "transition");
    if (json->text && !transition_parse(json->text, json->len, c->arena, &use, &e))
        value_error(c, &at, json, &e);
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
        [TIMELINE_REF_MEDIA] = "No such file among your assets; use its id or its stored path",
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

/* A file named by id or path. `needed`: one of the two has to be there. */
static void check_file(struct check *c, const struct wire_loc *up, int64_t asset_id,
                       const char *path, bool needed)
{
    struct wire_loc at_id = at_key(up, "asset_id");
    if (asset_id > 0 && path) {
        wire_error(c->errs, &at_id, "value_error", NULL, 0, "{\"error\":{}}",
                   "Value error, give asset_id or path, not both");
        c->ok = false;
    } else if (asset_id > 0) {
        check_ref(c, up, "asset_id", TIMELINE_REF_MEDIA,
                  timeline_source_name(asset_id, NULL, c->arena));
    } else if (path) {
        check_ref(c, up, "path", TIMELINE_REF_MEDIA, path);
    } else if (needed) {
        wire_error(c->errs, &at_id, "missing", NULL, 0, NULL, "Field required (or path)");
        c->ok = false;
    }
}

/* Keyframes rise in time. */
static void check_crop(struct check *c, const struct wire_loc *up, const struct wire_list *list)
{
    const struct timeline_crop *keys = list->items;
    struct wire_loc at_crop = at_key(up, "crop");
    for (size_t i = 1; i < list->count; i++) {
        struct wire_loc at = at_index(&at_crop, i), at_time = at_key(&at, "time");
        if (keys[i].time < keys[i - 1].time) {
            bound_error(c, &at_time, keys[i].time, "greater_than_equal", "greater than or equal to",
                        "ge", keys[i - 1].time, "the time of the keyframe before");
            return;
        }
    }
}

/* The clock of a segment's source. One that is not known is said elsewhere to be so. */
static struct clock_limits segment_limits(const struct check *c, const struct timeline_segment *seg,
                                          const struct clock_limits *own)
{
    struct timeline_facts facts;
    if (seg->asset_id <= 0)
        return *own;
    const char *name = timeline_source_name(seg->asset_id, NULL, c->arena);
    if (!name || !c->refs || !c->refs->facts || !c->refs->facts(c->refs->user, name, &facts))
        return film_limits();
    return limits_of(&facts);
}

static void check_segment(struct check *c, const struct wire_loc *at,
                          const struct timeline_segment *seg, const struct clock_limits *own)
{
    const struct clock_limits lim = segment_limits(c, seg, own);
    check_file(c, at, seg->asset_id, NULL, false);
    check_span(c, at, &lim, seg->start, seg->end);
    check_effects(c, at, &seg->effects);
    check_transition(c, at, &seg->transition);
    check_crop(c, at, &seg->crop);
    check_captions(c, at, &lim, &seg->captions);
    if (seg->sfx) {
        struct wire_loc at_sfx = at_key(at, "sfx");
        if (seg->sfx->asset_id > 0)
            check_file(c, &at_sfx, seg->sfx->asset_id, seg->sfx->path, false);
        else if (seg->sfx->path)
            check_ref(c, &at_sfx, "path", TIMELINE_REF_SOUND, seg->sfx->path);
        else
            check_ref(c, &at_sfx, "name", TIMELINE_REF_SFX, seg->sfx->name);
    }
}

static void check_overlays(struct check *c, const struct wire_loc *up, const struct wire_list *list)
{
    const struct timeline_overlay *o = list->items;
    const struct clock_limits film = film_limits();
    struct wire_loc at_list = at_key(up, "overlays");
    for (size_t i = 0; i < list->count; i++) {
        struct wire_loc at = at_index(&at_list, i), at_text = at_key(&at, "text");
        check_span(c, &at, &film, o[i].start, o[i].end);
        if (o[i].text && (o[i].asset_id > 0 || o[i].path)) {
            wire_error(c->errs, &at_text, "value_error", NULL, 0, "{\"error\":{}}",
                       "Value error, give a text or an image, not both");
            c->ok = false;
        }
        check_file(c, &at, o[i].asset_id, o[i].path, !o[i].text);
        check_style(c, &at, "style", &o[i].style);
    }
}

static void check_broll(struct check *c, const struct wire_loc *up, const struct wire_list *list)
{
    const struct timeline_broll *b = list->items;
    const struct clock_limits film = film_limits();
    struct wire_loc at_list = at_key(up, "broll");
    for (size_t i = 0; i < list->count; i++) {
        struct wire_loc at = at_index(&at_list, i);
        check_span(c, &at, &film, b[i].start, b[i].end);
        check_file(c, &at, b[i].asset_id, b[i].path, true);
        check_effects(c, &at, &b[i].effects);
    }
}

static void check_film(struct check *c, const struct wire_loc *up, const struct timeline *tl)
{
    if (tl->music) {
        struct wire_loc at_music = at_key(up, "music");
        check_file(c, &at_music, tl->music->asset_id, tl->music->path, true);
    }
    check_style(c, up, "caption_style", &tl->caption_style);
    check_crop(c, up, &tl->crop);
    check_overlays(c, up, &tl->overlays);
    check_broll(c, up, &tl->broll);
}

bool timeline_check(const struct timeline *tl, const struct timeline_facts *facts,
                    const struct timeline_refs *refs, const struct wire_loc *root, struct arena *a,
                    struct wire_errors *errs)
{
    static const struct wire_loc body = {.key = "body"};
    const struct wire_loc *up = root ? root : &body;
    const struct clock_limits own = limits_of(facts);
    struct check c = {.refs = refs, .arena = a, .errs = errs, .ok = true};

    if (tl->asset) {
        struct wire_loc at_asset = at_key(up, "asset");
        check_ref(&c, &at_asset, "path", TIMELINE_REF_ASSET, tl->asset->path);
        check_ref(&c, &at_asset, "url", TIMELINE_REF_ASSET, tl->asset->url);
    }
    check_captions(&c, up, &own, &tl->captions);

    struct wire_loc at_segments = at_key(up, "segments");
    const struct timeline_segment *segs = timeline_segments(tl);
    for (size_t i = 0; i < tl->segments.count; i++) {
        struct wire_loc at = at_index(&at_segments, i);
        check_segment(&c, &at, &segs[i], &own);
    }
    check_film(&c, up, tl);
    return c.ok;
}
