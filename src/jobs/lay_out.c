/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/lay_out.h"

#include "analysis/highlight.h"
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/hear.h"
#include "jobs/workspace.h"
#include "render/sfx.h"
#include "store/store.h"
#include "timeline/layout.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const struct wire_field order_fields[] = {
    {.name = "template", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 60,
     .offset = offsetof(struct layout_order, template_name),
     .help = "Template that lays out the film; GET /api/templates lists them. Without it the "
             "server's."},
    {.name = "target_length", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 30,
     .offset = offsetof(struct layout_order, target_length), .example = "\"30\"",
     .help = "How long the film may be: full, or seconds (15, 30, 60). Without it as long as the "
             "template says."},
    {.name = "seed", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .min = 0,
     .max = 9007199254740991.0, .offset = offsetof(struct layout_order, seed),
     .help = "Another number, another cut; without it the same one every time."},
    {.name = "script", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .offset = offsetof(struct layout_order, script), .help = "What is said, word for word."},
    {.name = "captions", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_OMIT,
     .offset = offsetof(struct layout_order, captions), .help = "A caption file's text."},
    {0},
};
const struct wire_type wire_layout_order = {.name = "LayoutOrder", .fields = order_fields,
    .help = "How a film is to be laid out.", .size = sizeof(struct layout_order)};

static bool is_sound(const char *name)
{
    return sfx_find(name) != NULL;
}

struct template_shelf template_shelf_of(const struct config *c, struct arena *a)
{
    const char *shipped = arena_printf(a, "%s/templates", c->share_dir);
    return (struct template_shelf){shipped ? shipped : "", c->templates_dir, is_sound};
}

struct template *layout_order_template(const struct layout_order *o, const struct config *c,
                                       struct arena *a, const char **key, struct err *e)
{
    const struct template_shelf shelf = template_shelf_of(c, a);
    *key = "target_length";
    double seconds = 0;
    if (o->target_length && !template_length(o->target_length, &seconds, e))
        return NULL;
    *key = "template";
    struct template *tpl =
        template_load(&shelf, o->template_name ? o->template_name : c->template_name, a, e);
    if (tpl && o->target_length)
        tpl->film_seconds = seconds;
    return tpl;
}

/* --- Facts ------------------------------------------------------------------------------------ */

static struct layout_span *spans_from_report(const struct wire_list *list, struct arena *a)
{
    const struct report_span *in = list->items;
    struct layout_span *out = arena_array(a, list->count + 1, sizeof *out);
    for (size_t i = 0; out && i < list->count; i++)
        out[i] = (struct layout_span){in[i].start, in[i].end};
    return out;
}

/* "drop +9 dB, many beats" */
static const char *reasons_text(const struct wire_list *reasons, struct arena *a)
{
    const char *const *words = reasons->items, *text = NULL;
    for (size_t i = 0; i < reasons->count; i++)
        text = text ? arena_printf(a, "%s, %s", text, words[i]) : words[i];
    return text;
}

static bool sound_facts(const struct analysis_report *r, struct arena *a, struct layout_facts *f)
{
    const struct report_peak *marks = r->energy.items;
    const struct report_drop *falls = r->drops.items;
    const struct report_section *parts = r->sections.items;
    const double *level = r->levels.items;
    struct layout_peak *peaks = arena_array(a, r->energy.count + 1, sizeof *peaks);
    struct layout_drop *drops = arena_array(a, r->drops.count + 1, sizeof *drops);
    double *sections = arena_array(a, r->sections.count + 1, sizeof *sections);
    float *levels = arena_array(a, r->levels.count + 1, sizeof *levels);
    f->pauses = spans_from_report(&r->pauses, a);
    f->speech = spans_from_report(&r->speech, a);
    if (!peaks || !drops || !sections || !levels || !f->pauses || !f->speech)
        return false;
    for (size_t i = 0; i < r->energy.count; i++)
        peaks[i] = (struct layout_peak){marks[i].time, marks[i].score};
    for (size_t i = 0; i < r->drops.count; i++)
        drops[i] = (struct layout_drop){falls[i].time, falls[i].rise};
    for (size_t i = 0; i < r->sections.count; i++)
        sections[i] = parts[i].start;
    for (size_t i = 0; i < r->levels.count; i++)
        levels[i] = (float)level[i];
    f->peaks = peaks;
    f->peak_count = r->energy.count;
    f->drops = drops;
    f->drop_count = r->drops.count;
    f->sections = sections;
    f->section_count = r->sections.count;
    f->levels = levels;
    f->level_count = r->levels.count;
    f->level_step = r->level_step;
    f->pause_count = r->pauses.count;
    f->speech_count = r->speech.count;
    return true;
}

/* The analysis did not know the words: where they are known, they have a say in what stands out. */
static bool highlights_of(const struct analysis_report *r, struct arena *a,
                          const struct layout_facts *f, struct wire_list *out)
{
    struct err ignored;
    struct highlight_line *lines = arena_array(a, f->caption_count + 1, sizeof *lines);
    *out = r->highlights;
    for (size_t i = 0; lines && i < f->caption_count; i++)
        lines[i] = (struct highlight_line){f->captions[i].text, f->captions[i].start,
                                           f->captions[i].end};
    return lines && (!f->caption_count ||
                     highlights_find_said(r, lines, f->caption_count, a, out, &ignored));
}

static bool picture_facts(const struct analysis_report *r, struct arena *a, struct layout_facts *f)
{
    struct wire_list best;
    if (!highlights_of(r, a, f, &best))
        return false;
    const struct report_shot *shot = r->shots.items;
    const struct report_highlight *high = best.items;
    struct layout_shot *shots = arena_array(a, r->shots.count + 1, sizeof *shots);
    struct layout_highlight *highlights = arena_array(a, best.count + 1, sizeof *highlights);
    const struct report_quality *seen = r->quality.items;
    struct layout_look *looks = arena_array(a, r->quality.count + 1, sizeof *looks);
    if (!shots || !highlights || !looks)
        return false;
    for (size_t i = 0; i < r->quality.count; i++)
        looks[i] = (struct layout_look){seen[i].time, seen[i].sharpness * seen[i].exposure};
    for (size_t i = 0; i < r->shots.count; i++)
        shots[i] = (struct layout_shot){shot[i].start, shot[i].transition};
    for (size_t i = 0; i < best.count; i++)
        highlights[i] = (struct layout_highlight){high[i].start, high[i].end, high[i].score,
                                                  reasons_text(&high[i].reasons, a)};
    f->looks = looks;
    f->look_count = r->quality.count;
    f->shots = shots;
    f->shot_count = r->shots.count;
    f->highlights = highlights;
    f->highlight_count = best.count;
    return true;
}

static bool facts_from(const struct layout_order *order, const struct asset *asset,
                       const struct analysis_report *r, const struct transcript *said,
                       const struct timeline *before, struct arena *a, struct layout_facts *f,
                       struct err *e)
{
    *f = (struct layout_facts){
        .duration = ticks_to_seconds(asset->duration_ticks),
        .has_video = asset->has_video,
        .beats = r->beats.items,
        .beat_count = r->beats.count,
        .tempo = r->tempo,
        .beat_confidence = r->confidence,
        .downbeats = r->downbeats.items,
        .downbeat_count = r->downbeats.count,
    };
    bool keeps = before && before->captions.count && !order->script && !order->captions;
    struct wire_list captions = {0};
    if (keeps)
        captions = before->captions;
    else if (!captions_from_transcript(said, a, &captions))
        return err_set(e, ERR_NO_MEMORY, "no memory for the captions");
    f->captions = captions.items;
    f->caption_count = captions.count;
    return (sound_facts(r, a, f) && picture_facts(r, a, f)) ||
           err_set(e, ERR_NO_MEMORY, "no memory for the layout");
}

/* --- What the document gets besides ----------------------------------------------------------- */

/* What a timeline tells of the transcript that its captions come from. */
struct told {
    const char *engine, *model, *language, *quality, *reason;
};

#define TOLD(member, omit, words) {.name = #member, .kind = WIRE_STRING, .flags = WIRE_NULLABLE | (omit), \
                                   .offset = offsetof(struct told, member), .help = words}
static const struct wire_field told_fields[] = {
    TOLD(engine, 0, "What listened; null: nothing did."),
    TOLD(model, 0, "The model it used."),
    TOLD(language, WIRE_OMIT, "Of what is said."),
    TOLD(quality, WIRE_OMIT, "\"draft\": not good enough for captions."),
    TOLD(reason, WIRE_OMIT, "Why there is no transcript."),
    {0},
};
static const struct wire_type told_type = {.name = "TranscriptNote", .fields = told_fields, .size = sizeof(struct told)};

/* Adds `"transcript":{...}` to the keys that the document keeps for others: whoever reads the
 * timeline sees what listened, or why nothing did. */
static bool add_transcript(struct timeline *tl, const struct transcript *t, struct arena *a)
{
    const struct told told = {t->engine, t->model, t->language, t->quality, t->reason};
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_adds(&b, "\"transcript\":");
    wire_write(&told_type, &told, &b);
    char *text = b.failed ? NULL : arena_strndup(a, b.data, b.len);
    if (text)
        tl->extra = (struct wire_raw){text, b.len};
    buf_finish(&b);
    return text != NULL;
}

static bool add_crop(struct timeline *tl, const struct wire_list *path, struct arena *a)
{
    const struct report_crop *in = path->items;
    struct timeline_crop *out = arena_array(a, path->count + 1, sizeof *out);
    if (!out)
        return false;
    for (size_t i = 0; i < path->count; i++)
        out[i] = (struct timeline_crop){.time = in[i].time, .x = in[i].x, .y = in[i].y,
                                        .scale = in[i].scale};
    if (path->count)
        tl->crop = (struct wire_list){out, path->count};
    return true;
}

/* The film's own music stays, mixed as the template says. */
static bool keep_music(struct timeline *tl, const struct timeline *before,
                       const struct template_music *mix, struct arena *a)
{
    if (!before || !before->music)
        return true;
    tl->music = arena_alloc(a, sizeof *tl->music);
    if (!tl->music)
        return false;
    *tl->music = *before->music;
    if (mix) {
        tl->music->gain_db = mix->gain_db;
        tl->music->duck_db = mix->duck_db;
    }
    return true;
}

struct timeline *layout_from_report(const struct config *c, const struct layout_order *order,
                                    const struct asset *asset,
                                    const struct analysis_report *report,
                                    const struct transcript *said,
                                    const struct timeline *before, struct arena *a,
                                    struct err *e)
{
    struct layout_facts facts;
    const char *key;
    uint64_t seed = order->seed == INT64_MIN ? timeline_seed(asset->content_hash)
                                             : (uint64_t)order->seed;
    struct template *tpl = layout_order_template(order, c, a, &key, e);
    if (!tpl || !facts_from(order, asset, report, said, before, a, &facts, e))
        return NULL;
    struct timeline *tl = timeline_generate(tpl, &facts, seed, a, e);
    if (!tl)
        return NULL;
    tl->target_length = order->target_length;
    bool ok = add_transcript(tl, said, a) && add_crop(tl, &report->crop, a) &&
              keep_music(tl, before, tpl->music, a) &&
              (!asset->path ||
               timeline_set_asset(tl, asset->path, workspace_url(asset->path, a), a));
    if (!ok)
        err_set(e, ERR_NO_MEMORY, "no memory for the timeline");
    return ok ? tl : NULL;
}
