/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_captions.c - a film's captions as files: SubRip, WebVTT, ASS and JSON, out and in.
 *
 * Times are the film's unless ?time=source says otherwise, in both directions: what was downloaded
 * can be uploaded again. */
#include "api/app.h"
#include "api/params.h"
#include "core/timebase.h"
#include "jobs/film_assets.h"
#include "jobs/film_captions.h"
#include "speech/caption_file.h"
#include "speech/caption_lines.h"

#include <math.h>
#include <string.h>

/* --- The JSON form ---------------------------------------------------------------------------- */

static const char *const clocks[] = {"film", "source", NULL};

struct caption_list {
    struct wire_list captions; /* struct caption */
};
static const struct wire_field caption_list_fields[] = {
    {.name = "captions", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_caption,
     .flags = WIRE_REQUIRED, .max = TIMELINE_MAX_CAPTIONS,
     .offset = offsetof(struct caption_list, captions), .help = "By their start."},
    {0},
};
const struct wire_type wire_caption_list = {.name = "CaptionList", .fields = caption_list_fields,
    .help = "The captions of a film.", .size = sizeof(struct caption_list)};

/* --- What the requests say -------------------------------------------------------------------- */

struct captions_param {
    int64_t id;
    const char *format;
};
static const char *const suffixes[] = {"srt", "vtt", "ass", "json", NULL};
static const struct wire_field params_fields[] = {
    {.name = "project_id", .kind = WIRE_INT, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct captions_param, id), .help = "The project's id."},
    {.name = "format", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .choices = suffixes,
     .offset = offsetof(struct captions_param, format), .help = "The kind of file."},
    {0},
};
const struct wire_type params_captions = {.name = "captions", .fields = params_fields,
    .help = "A film's captions.", .size = sizeof(struct captions_param)};

static const char *const profiles[] = {"subtitle", "social", NULL};

struct captions_query {
    const char *time, *lines, *language;
};
#define TIME_ROW                                                                                   \
    {.name = "time", .kind = WIRE_STRING, .def = "\"film\"", .choices = clocks,                    \
     .offset = offsetof(struct captions_query, time),                                              \
     .help = "Whose time: the film's, after cuts and changes of speed, or the source's."}
static const struct wire_field put_fields[] = {TIME_ROW, {0}};
static const struct wire_field get_fields[] = {
    TIME_ROW,
    {.name = "lines", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .choices = profiles,
     .offset = offsetof(struct captions_query, lines),
     .help = "Lay them out anew from their words: subtitle (two lines of 42), social (few words)."},
    {.name = "language", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .max = 40,
     .offset = offsetof(struct captions_query, language),
     .help = "For lines: the language's code; told from the words without it."},
    {0},
};
const struct wire_type query_captions_put = {.name = "captions_put", .fields = put_fields,
    .help = "How captions are meant.", .size = sizeof(struct captions_query)};
const struct wire_type query_captions_get = {.name = "captions_get", .fields = get_fields,
    .help = "How captions are given.", .size = sizeof(struct captions_query)};

static bool in_source_time(const struct captions_query *q)
{
    return strcmp(q->time, "source") == 0;
}

/* --- The film's plan -------------------------------------------------------------------------- */

/* Of a timeline with segments. What cannot be a film has no time of its own. */
static bool plan_film(struct request *req, const struct project_detail *d,
                      const struct timeline *tl, struct plan *plan, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    struct film_assets *assets = arena_alloc(req->arena, sizeof *assets);
    struct film_source_file *files = arena_array(req->arena, FILM_MAX_SOURCES, sizeof *files);
    if (!assets || !files)
        return err_set(e, ERR_NO_MEMORY, "no memory for a plan");
    if (d->asset.id == 0 || tl->segments.count == 0)
        return err_set(e, ERR_CONFLICT,
                       "The timeline has no segments, so there is no film whose time captions could "
                       "have; ?time=source takes them as the source's");
    struct film_order order = {.range_start = NAN, .range_end = NAN,
                               .timeline = {d->timeline.text, d->timeline.text_len}};
    if (film_assets_find(ws->store, &d->asset, tl, assets, req->arena, e)) {
        film_assets_describe(assets, files);
        struct film_job job = {.config = ws->config, .order = &order, .sources = files,
                               .source_count = assets->count};
        if (film_check(&job, req->arena, plan, e))
            return true;
    }
    if (e->code == ERR_INVALID)
        e->code = ERR_CONFLICT; /* it is not the request that is wrong */
    return err_wrap(e, "the film cannot be laid out");
}

/* --- GET -------------------------------------------------------------------------------------- */

static bool find_cues(struct request *req, const struct project_detail *d, struct cues *cues,
                      struct err *e)
{
    const struct captions_query *q = req->query;
    struct plan plan;
    struct timeline *tl = film_timeline(&d->timeline, req->arena, e);
    if (!tl)
        return false;
    if (in_source_time(q))
        return captions_to_cues(&tl->captions, req->arena, cues, e);
    if (tl->segments.count == 0)
        return true;
    return plan_film(req, d, tl, &plan, e) && film_captions_get(&plan, req->arena, cues, e);
}

static bool reply_cues(struct request *req, struct reply *reply, const char *suffix,
                       const struct cues *cues, struct err *e)
{
    const struct caption_format *format = caption_format_find(suffix);
    if (!format) {
        struct caption_list list = {0};
        return captions_from_cues(cues, req->arena, &list.captions, e) &&
               reply_json(reply, &wire_caption_list, &list);
    }
    struct buf text;
    buf_init(&text, REPLY_MAX_BODY);
    const char *type = arena_printf(req->arena, "%s; charset=utf-8", format->media_type);
    bool ok = format->write(cues->items, cues->count, &text) && type &&
              reply_text(reply, type, text.len ? text.data : "");
    buf_finish(&text);
    return ok || err_set(e, ERR_NO_MEMORY, "no memory for the captions");
}

bool captions_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct captions_param *p = req->params;
    const struct captions_query *q = req->query;
    struct project_detail d;
    struct cues cues = {0};
    if (!find_project(app_workspace(req), p->id, &d, req->arena, e) ||
        !find_cues(req, &d, &cues, e))
        return false;
    if (q->lines && !caption_lines_again(&cues, caption_profile_find(q->lines), q->language,
                                         req->arena, &cues, e))
        return false;
    if (d.timeline.revision > 0 && !q->language) { /* good for If-Match: the revision is in front */
        const char *etag = arena_printf(req->arena, "\"%s.%s-%s-%s\"", d.timeline.etag, p->format,
                                        q->time, q->lines ? q->lines : "");
        reply_header(reply, "ETag", etag ? etag : "");
    }
    return reply_cues(req, reply, p->format, &cues, e);
}

/* --- PUT -------------------------------------------------------------------------------------- */

/* What is taken for "no idea, look inside". */
static bool says_nothing(const char *type)
{
    return !type || !*type || params_is(type, "application/octet-stream") ||
           params_is(type, "text/plain") || params_is(type, "application/x-www-form-urlencoded");
}

/* A file's kind by its suffix or type; the text itself has the last word. *json: it is JSON. */
static bool choose_format(struct request *req, const char *suffix,
                          const struct caption_format **format, bool *json, struct err *e)
{
    const char *type = request_header(req, "Content-Type");
    size_t blank = 0;
    while (blank < req->text_len && strchr(" \t\r\n", req->text[blank]))
        blank++;
    *format = suffix ? caption_format_find(suffix) : NULL;
    *json = suffix && !*format;
    if (suffix || says_nothing(type)) {
        *json = *json || (!*format && blank < req->text_len && req->text[blank] == '{');
        return true;
    }
    *json = params_is(type, "application/json");
    *format = *json ? NULL : caption_format_of_type(type);
    return *json || *format ||
           err_set(e, ERR_UNSUPPORTED,
                   "%.100s is no kind of captions that is taken: send SubRip (application/x-subrip), "
                   "WebVTT (text/vtt), ASS (text/x-ssa) or JSON as the whole body", type);
}

static void check_span(double start, double end, const char *what, const struct wire_loc *item,
                       struct wire_errors *errs)
{
    struct wire_loc at = {.up = item, .key = "end"};
    bool known = fabs(start) <= TIMELINE_MAX_SECONDS && fabs(end) <= TIMELINE_MAX_SECONDS;
    if (!known || ticks_from_seconds(end) <= ticks_from_seconds(start))
        wire_error(errs, &at, "value_error", NULL, 0, "{\"error\":{}}",
                   "Value error, %s should end after its start", what);
}

/* The cues of a JSON body; *fine false: the answer is a 422 with the places. */
static bool read_json(struct request *req, struct reply *reply, struct cues *cues, bool *fine,
                      struct err *e)
{
    static const struct wire_loc body = {.key = "body"}, list_loc = {.up = &body, .key = "captions"};
    struct wire_errors errs = {0};
    struct wire_limits limits = timeline_limits;
    const struct caption_list *list = wire_read(&wire_caption_list, req->text, req->text_len,
                                                &limits, &body, req->arena, &errs);
    const struct caption *captions = list ? list->captions.items : NULL;
    for (size_t i = 0; list && i < list->captions.count; i++) {
        const struct caption_word *words = captions[i].words.items;
        struct wire_loc item = {.up = &list_loc, .index = i}, inner = {.up = &item, .key = "words"};
        check_span(captions[i].start, captions[i].end, "a caption", &item, &errs);
        for (size_t k = 0; k < captions[i].words.count; k++) {
            struct wire_loc word = {.up = &inner, .index = k};
            check_span(words[k].start, words[k].end, "a word", &word, &errs);
        }
    }
    *fine = errs.count == 0;
    bool ok = *fine ? captions_to_cues(&list->captions, req->arena, cues, e)
                    : reply_validation(reply, &errs);
    wire_errors_finish(&errs);
    return ok;
}

static bool read_body(struct request *req, struct reply *reply, const char *suffix,
                      struct cues *cues, bool *fine, struct err *e)
{
    const struct caption_format *format;
    bool json;
    *fine = true;
    if (!choose_format(req, suffix, &format, &json, e))
        return false;
    return json ? read_json(req, reply, cues, fine, e)
                : caption_file_read(format, req->text, req->text_len, req->arena, cues, e);
}

/* A change of the stored timeline (see change_timeline). */
static bool put_cues(struct request *req, const struct project_detail *d, struct timeline *tl,
                     void *user, struct err *e)
{
    const struct captions_query *q = req->query;
    const struct cues *cues = user;
    struct plan plan;
    if (d->asset.id == 0)
        return err_set(e, ERR_CONFLICT, "This project has no asset that captions could belong to");
    if (in_source_time(q)) {
        int64_t duration = film_source_of(&d->asset, NULL, -1).duration_ticks;
        return film_captions_put_source(tl, cues, duration, req->arena, e);
    }
    return plan_film(req, d, tl, &plan, e) &&
           film_captions_put(tl, &plan, cues, req->arena, e);
}

static bool put(struct request *req, struct reply *reply, int64_t id, const char *suffix,
                struct err *e)
{
    struct project_detail d;
    struct cues cues;
    bool fine;
    if (!find_project(app_workspace(req), id, &d, req->arena, e) ||
        !read_body(req, reply, suffix, &cues, &fine, e))
        return false;
    if (!fine)
        return true;
    return change_timeline(req, id, put_cues, &cues, e) &&
           reply_project(reply, app_workspace(req), id, req->arena, e);
}

bool captions_put(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *p = req->params;
    return put(req, reply, p->id, NULL, e);
}

bool captions_file_put(struct request *req, struct reply *reply, struct err *e)
{
    const struct captions_param *p = req->params;
    return put(req, reply, p->id, p->format, e);
}
