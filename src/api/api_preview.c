/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_preview.c - looking before rendering: what is wrong with a timeline, and single frames. */
#include "api/app.h"
#include "api/range.h"
#include "core/files.h"
#include "jobs/analyze.h"
#include "jobs/chunk_store.h"
#include "jobs/film.h"
#include "jobs/film_assets.h"
#include "jobs/film_report.h"
#include "media/encode.h"
#include "render/render.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_A_SECOND 30 /* of every film */

/* A project's timeline and all it is made of. */
struct preview {
    struct project_detail project;
    struct timeline_doc doc;
    struct film_assets assets;
    struct film_source_file files[FILM_MAX_SOURCES];
    struct film_order order;
    struct film_job job;
};

static struct preview *new_preview(struct request *req, int64_t project_id, struct err *e)
{
    struct preview *p = arena_alloc(req->arena, sizeof *p);
    if (!p) {
        err_set(e, ERR_NO_MEMORY, "no memory for a preview");
        return NULL;
    }
    if (!find_project(app_workspace(req), project_id, &p->project, req->arena, e))
        return NULL;
    if (p->project.asset.id == 0) {
        err_set(e, ERR_CONFLICT, "This project has no asset to render");
        return NULL;
    }
    p->doc = p->project.timeline;
    return p;
}

static void set_order(struct preview *p, struct request *req, const char *shape,
                      const char *preset, int8_t watermark)
{
    const struct workspace *ws = app_workspace(req);
    bool mark = watermark == -1 ? ws->config->watermark_enabled : watermark == 1;
    p->order = (struct film_order){
        .title = p->project.project.title,
        .watermark = mark ? ws->config->watermark_text : NULL,
        .preset = preset ? preset : ws->config->render_preset,
        .format = shape ? shape : "vertical",
        .range_start = NAN,
        .range_end = NAN,
        .timeline = {p->doc.text, p->doc.text_len},
    };
    p->job = (struct film_job){.config = ws->config, .order = &p->order,
                               .project_id = p->project.project.id, .sources = p->files,
                               .source_count = p->assets.count, .cache_fd = ws->cache_fd,
                               .cancel = req->cancel};
}

/* --- Findings --------------------------------------------------------------------------------- */

#define FINDINGS_MAX 512

struct findings {
    struct film_finding errors[FINDINGS_MAX], warnings[FINDINGS_MAX];
    size_t error_count, warning_count;
};

static void add_finding(struct film_finding *list, size_t *count, const char *code,
                        const char *message, int64_t segment)
{
    if (*count < FINDINGS_MAX && message)
        list[(*count)++] = (struct film_finding){code, message, segment, NULL, NAN};
}

/* What timeline_check() says, which is a 422 elsewhere. */
struct check_error {
    struct wire_raw loc;
    const char *type, *msg;
};
static const struct wire_field check_error_fields[] = {
    {.name = "loc", .kind = WIRE_JSON, .offset = offsetof(struct check_error, loc), .help = "Where."},
    {.name = "type", .kind = WIRE_STRING, .offset = offsetof(struct check_error, type), .help = "Kind."},
    {.name = "msg", .kind = WIRE_STRING, .offset = offsetof(struct check_error, msg), .help = "Words."},
    {0},
};
static const struct wire_type wire_check_error = {
    .name = "CheckError", .fields = check_error_fields, .size = sizeof(struct check_error)};

struct check_errors {
    struct wire_list detail;
};
static const struct wire_field check_errors_fields[] = {
    {.name = "detail", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_check_error,
     .offset = offsetof(struct check_errors, detail), .help = "All of them."},
    {0},
};
static const struct wire_type wire_check_errors = {
    .name = "CheckErrors", .fields = check_errors_fields, .size = sizeof(struct check_errors)};

/* The index behind "segments" in a place. */
static int64_t segment_of(const char *place)
{
    const char *at = strstr(place, "segments[");
    return at ? strtoll(at + strlen("segments["), NULL, 10) : INT64_MIN;
}

static bool take_check_errors(struct findings *f, const struct wire_errors *errs, struct arena *a,
                              struct err *e)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    struct check_errors *list = wire_errors_json(errs, &text)
                                    ? wire_read_trusted(&wire_check_errors, text.data, text.len, a, e)
                                    : NULL;
    buf_finish(&text);
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "no memory for the errors");
    const struct check_error *c = list->detail.items;
    for (size_t i = 0; i < list->detail.count; i++) {
        char place[256] = "";
        if (c[i].loc.text)
            wire_place_words(&c[i].loc, place, sizeof place);
        add_finding(f->errors, &f->error_count, "invalid",
                    arena_printf(a, "%s: %s", place, c[i].msg ? c[i].msg : ""),
                    segment_of(place));
    }
    return true;
}

/* The work-horse plans the film and looks at its letters. */
static bool take_horse_findings(struct findings *f, const struct film_job *job, struct arena *a,
                                struct err *e)
{
    const char *text;
    struct film_findings *found =
        film_validate(job, a, &text, e)
            ? wire_read_trusted(&wire_film_findings, text, strlen(text), a, e)
            : NULL;
    if (!found)
        return false;
    const struct film_finding *list = found->errors.items;
    for (size_t i = 0; i < found->errors.count && f->error_count < FINDINGS_MAX; i++)
        f->errors[f->error_count++] = list[i];
    list = found->warnings.items;
    for (size_t i = 0; i < found->warnings.count && f->warning_count < FINDINGS_MAX; i++)
        f->warnings[f->warning_count++] = list[i];
    return true;
}

static bool look(struct request *req, struct preview *p, const struct timeline *tl,
                 struct findings *f, struct err *e)
{
    static const struct wire_loc body = {.key = "body"}, loc = {.up = &body, .key = "timeline"};
    struct workspace *ws = app_workspace(req);
    struct wire_errors errs = {0};
    struct err why = {0};
    bool fine = check_timeline(ws, &p->project.asset, tl, &loc, req->arena, &errs);
    bool ok = fine || take_check_errors(f, &errs, req->arena, e);
    wire_errors_finish(&errs);
    if (!ok || !fine)
        return ok;
    if (tl->segments.count == 0) {
        add_finding(f->warnings, &f->warning_count, "no_segments",
                    "There are no segments: a render lays some out first", INT64_MIN);
        return true;
    }
    if (!film_assets_find(ws->store, &p->project.asset, tl, &p->assets, req->arena, &why)) {
        if (why.code != ERR_INVALID) {
            *e = why;
            return false;
        }
        add_finding(f->errors, &f->error_count, "missing_asset",
                    arena_strdup(req->arena, why.msg), INT64_MIN);
        return true;
    }
    if (!film_assets_consent(ws, &p->assets, req->arena, &why))
        add_finding(f->warnings, &f->warning_count, "consent_missing",
                    arena_strdup(req->arena, why.msg), INT64_MIN);
    p->job.source_count = p->assets.count;
    film_assets_describe(&p->assets, p->files);
    ok = film_assets_open(ws, &p->assets, p->files, e) &&
         take_horse_findings(f, &p->job, req->arena, e);
    film_assets_close(p->files, p->assets.count);
    return ok;
}

bool timeline_validate(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *id = req->params;
    const struct validate_request *body = req->body;
    struct preview *p = new_preview(req, id->id, e);
    struct findings *f = p ? arena_alloc(req->arena, sizeof *f) : NULL;
    struct buf text;
    if (!f)
        return p ? err_set(e, ERR_NO_MEMORY, "no memory for the findings") : false;
    f->error_count = f->warning_count = 0;
    const struct timeline *tl =
        body->timeline ? body->timeline : film_timeline(&p->doc, req->arena, e);
    if (!tl)
        return false;
    buf_init(&text, timeline_limits.max_bytes);
    bool ok = timeline_write(tl, &text, e);
    p->doc.text = text.data;
    p->doc.text_len = text.len;
    set_order(p, req, body->format, body->preset, -1);
    ok = ok && look(req, p, tl, f, e);
    buf_finish(&text);
    struct film_findings found = {.ok = f->error_count == 0,
                                  .errors = {f->errors, f->error_count},
                                  .warnings = {f->warnings, f->warning_count}};
    return ok && reply_json(reply, &wire_film_findings, &found);
}

/* --- A frame ---------------------------------------------------------------------------------- */

/* How it is drawn. Decoding the way to a frame is most of the work, so small copies of the sources
 * stand in for them wherever they hold enough, and where nobody said what is enough. A small frame
 * is drawn small. */
static void choose_quality(struct request *req, struct preview *p, const struct frame_query *q)
{
    const struct render_preset *draft = render_preset_find("draft");
    const struct plan_format *format = plan_format_find(q->shape);
    bool small = q->width > 0 && q->width <= render_preset_format(draft, format).width;
    p->order.preset = small ? draft->name : RENDER_DEFAULT_PRESET;
    film_assets_describe(&p->assets, p->files);
    if (small || q->width <= 0)
        film_assets_add_proxies(app_workspace(req), p->files, p->assets.count, false);
}

/* Everything that can change it. Times inside one frame are the same. */
static bool frame_key(const struct preview *p, const struct frame_query *q,
                      char key[CHUNK_KEY_SIZE], struct err *e)
{
    unsigned char hash[32];
    struct buf text;
    buf_init(&text, timeline_limits.max_bytes + (1 << 20));
    buf_printf(&text, "aive frame %s %d %s\n%lld %s %s %lld %s %s\n", AIVE_VERSION,
               RENDER_VERSION, encode_versions(), (long long)floor(q->t * FRAMES_A_SECOND + 1e-6),
               q->format, q->shape, (long long)q->width, p->order.preset,
               p->order.watermark ? p->order.watermark : "");
    for (int i = 0; i < p->assets.count; i++)
        buf_printf(&text, "%s %s\n", p->files[i].hash, p->files[i].proxy_fd >= 0 ? PROXY_FILE : "");
    buf_add(&text, p->doc.text, p->doc.text_len);
    bool ok = !text.failed && crypto_generichash(hash, sizeof hash, (unsigned char *)text.data,
                                                 text.len, NULL, 0) == 0;
    buf_finish(&text);
    sodium_bin2hex(key, CHUNK_KEY_SIZE, hash, sizeof hash);
    return ok || err_set(e, ERR_NO_MEMORY, "no memory for a frame");
}

/* Draws it into the chunk store, unless it is there. A descriptor of it. */
static int find_frame(struct request *req, struct preview *p, const struct film_still *still,
                      const char *key, int64_t *size, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    int fd = chunk_file_open(ws->cache_fd, key, size, e);
    if (fd >= 0)
        return fd;
    struct chunk_store *store = chunk_store_open(ws->cache_fd, ws->config->cache_bytes, e);
    int out = store ? chunk_store_create(store, key, e) : -1;
    if (out >= 0) {
        bool ok = film_assets_open(ws, &p->assets, p->files, e) &&
                  film_frame(&p->job, still, out, e);
        *size = file_size(out);
        ok = ok && chunk_store_commit(store, key, e);
        close(out);
        fd = ok ? chunk_store_read(store, key, e) : -1;
    }
    chunk_store_close(store);
    return fd;
}

/* Of a preview whose files are described and stay so. */
static bool answer_frame(struct request *req, struct reply *reply, struct preview *p,
                         const struct frame_query *q, struct err *e)
{
    char key[CHUNK_KEY_SIZE];
    if (!frame_key(p, q, key, e))
        return false;
    const char *etag = arena_printf(req->arena, "\"%.32s\"", key);
    const char *known = request_header(req, "If-None-Match");
    reply_header(reply, "Cache-Control", "no-cache");
    if (etag && known && etag_listed(known, etag, true)) {
        reply_header(reply, "ETag", etag);
        reply->status = 304;
        return true;
    }
    const struct film_still still = {q->t, q->format, q->width > 0 ? q->width : 0};
    const char *type = arena_printf(req->arena, "image/%s", q->format);
    int64_t size = 0;
    int fd = find_frame(req, p, &still, key, &size, e);
    if (fd < 0 || !reply_file(reply, fd, type, NULL, etag, e))
        return false;
    reply->file.size = reply->file.len = (uint64_t)size; /* behind it lies the store's seal */
    reply_header(reply, "Cache-Control", "no-cache");
    return true;
}

bool timeline_frame(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *id = req->params;
    const struct frame_query *q = req->query;
    struct workspace *ws = app_workspace(req);
    struct preview *p = new_preview(req, id->id, e);
    if (!p || (q->revision > 0 &&
               !timeline_doc_at(ws->store, id->id, q->revision, &p->doc, req->arena, e)))
        return false;
    struct timeline *tl = film_timeline(&p->doc, req->arena, e);
    if (!tl)
        return false;
    if (tl->segments.count == 0)
        return err_set(e, ERR_CONFLICT, "The timeline has no segments yet: there is nothing to see");
    if (!film_assets_find(ws->store, &p->project.asset, tl, &p->assets, req->arena, e))
        return false;
    set_order(p, req, q->shape, NULL, q->watermark);
    choose_quality(req, p, q);
    bool ok = answer_frame(req, reply, p, q, e);
    film_assets_close(p->files, p->assets.count);
    return ok;
}
