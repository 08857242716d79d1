/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_timeline.c - reading, replacing, laying out anew, undoing. Every stored change is a revision;
 * its ETag on GET is what If-Match on the changing routes means. */
#include "api/app.h"
#include "core/log.h"
#include "jobs/film_assets.h"
#include "render/sfx.h"
#include "timeline/timeline.h"

#include <string.h>

bool timeline_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *p = req->params;
    return reply_project(reply, app_workspace(req), p->id, req->arena, e);
}

/* --- If-Match --------------------------------------------------------------------------------- */

/* The revision that If-Match allows to be changed: -1 without the header or with "*". A tag is
 * "REVISION.REST" (see reply_project); only the revision counts, since a project that was rendered
 * in the meantime still has the timeline that the client has seen. */
static bool expected_revision(const struct request *req, const struct timeline_doc *head,
                              int64_t *expected, struct err *e)
{
    const char *match = request_header(req, "If-Match");
    *expected = -1;
    if (!match || strcmp(match, "*") == 0)
        return true;
    const char *begin = arena_printf(req->arena, "\"%s", head->etag);
    if (!begin)
        return err_set(e, ERR_NO_MEMORY, "no memory for a header");
    for (const char *at = strstr(match, begin); at; at = strstr(at + 1, begin)) {
        bool weak = at - match >= 2 && strncmp(at - 2, "W/", 2) == 0;
        char end = at[strlen(begin)];
        if (!weak && head->revision > 0 && (end == '.' || end == '"')) {
            *expected = head->revision;
            return true;
        }
    }
    return err_set(e, ERR_STALE,
                   "The timeline was changed in the meantime: GET it again, then repeat the change");
}

/* --- Checking --------------------------------------------------------------------------------- */

struct owner {
    struct workspace *ws;
    const struct asset *asset;
    struct arena *arena;
};

static bool is_own(const struct asset *asset, const char *name)
{
    return asset->path && (strcmp(name, asset->path) == 0 ||
                           (strncmp(name, "/media/", 7) == 0 && strcmp(name + 7, asset->path) == 0));
}

static bool known_name(void *user, enum timeline_ref what, const char *name)
{
    const struct owner *o = user;
    struct asset found;
    struct err ignored;
    switch (what) {
    case TIMELINE_REF_ASSET:
        return is_own(o->asset, name);
    case TIMELINE_REF_SOUND:
        return find_asset(o->ws, name, 0, &found, o->arena, &ignored) && found.has_audio;
    case TIMELINE_REF_SFX:
        return sfx_find(name) != NULL;
    case TIMELINE_REF_MEDIA:
        return film_asset_find(o->ws->store, name, &found, o->arena, &ignored);
    }
    return false;
}

/* As long as the film takes them to be: an image lasts as long as it is shown. */
static struct timeline_facts facts_of(const struct asset *asset)
{
    struct film_source_file f = film_source_of(asset, NULL, -1);
    return (struct timeline_facts){f.duration_ticks, f.frame_ticks};
}

static bool facts_by_name(void *user, const char *name, struct timeline_facts *out)
{
    const struct owner *o = user;
    struct asset found;
    struct err ignored;
    if (!film_asset_find(o->ws->store, name, &found, o->arena, &ignored))
        return false;
    *out = facts_of(&found);
    return true;
}

bool check_timeline(struct workspace *ws, const struct asset *own, const struct timeline *tl,
                    const struct wire_loc *loc, struct arena *a, struct wire_errors *errs)
{
    struct owner owner = {ws, own, a};
    struct timeline_facts facts = facts_of(own);
    struct timeline_refs refs = {known_name, facts_by_name, &owner};
    return timeline_check(tl, &facts, &refs, loc, a, errs);
}

/* --- Replacing -------------------------------------------------------------------------------- */

/* What is stored, changed, as canonical text. */
static bool changed_text(struct request *req, const struct project_detail *d,
                         timeline_change_fn *change, void *user, struct buf *text, struct err *e)
{
    struct arena *a = req->arena;
    struct timeline *tl = film_timeline(&d->timeline, a, e);
    if (!tl || !change(req, d, tl, user, e))
        return false;
    if (d->asset.id && !timeline_set_asset(tl, d->asset.path, workspace_url(d->asset.path, a), a))
        return err_set(e, ERR_NO_MEMORY, "no memory for the timeline");
    return timeline_write(tl, text, e);
}

bool change_timeline(struct request *req, int64_t id, timeline_change_fn *change, void *user,
                     struct err *e)
{
    struct workspace *ws = app_workspace(req);
    struct project_detail d;
    struct buf text;
    int64_t expected;
    if (!store_begin(ws->store, e))
        return false;
    buf_init(&text, timeline_limits.max_bytes);
    bool ok = find_project(ws, id, &d, req->arena, e) &&
              expected_revision(req, &d.timeline, &expected, e) &&
              changed_text(req, &d, change, user, &text, e) &&
              timeline_doc_put(ws->store, id, expected, "user", text.data, text.len, NULL, e);
    buf_finish(&text);
    return store_end(ws->store, ok, e);
}

static bool merge_update(struct request *req, const struct project_detail *d, struct timeline *tl,
                         void *user, struct err *e)
{
    const struct timeline *update = user;
    struct timeline *next = timeline_merge(d->timeline.text ? tl : NULL, update, req->arena);
    if (!next)
        return err_set(e, ERR_NO_MEMORY, "no memory for the timeline");
    *tl = *next;
    return true;
}

bool timeline_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    const struct timeline_update *body = req->body;
    struct project_detail d;
    int64_t expected;
    if (!find_project(ws, p->id, &d, req->arena, e) ||
        !expected_revision(req, &d.timeline, &expected, e))
        return false;

    struct wire_errors errs = {0};
    struct wire_loc root = {.key = "body"}, loc = {.up = &root, .key = "timeline"};
    bool fine = check_timeline(ws, &d.asset, body->timeline, &loc, req->arena, &errs);
    if (!fine)
        reply_validation(reply, &errs);
    wire_errors_finish(&errs);
    if (!fine)
        return true;
    return change_timeline(req, p->id, merge_update, body->timeline, e) &&
           reply_project(reply, ws, p->id, req->arena, e);
}

/* --- Laying out anew -------------------------------------------------------------------------- */

/* Whether a job that is under way does what is asked for. */
static bool does_the_same(struct workspace *ws, const struct job *row, const char *spec,
                          struct arena *a, struct err *e)
{
    struct job job;
    if (!job_get(&ws->jobs, row->id, &job, a, e))
        return false;
    return strcmp(job.spec, spec) == 0 ||
           err_set(e, ERR_CONFLICT,
                   "The project is being laid out in another way; job %s tells how far it is",
                   row->id);
}

/* The project's analysis: the one that is under way, or a new one. */
static bool start_analysis(struct workspace *ws, const struct project_detail *d, const char *spec,
                           char id[JOB_ID_SIZE], struct arena *a, struct err *e)
{
    struct job *rows;
    size_t count;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = job_active_of_project(&ws->jobs, d->project.id, "analyze", &rows, &count, a, e);
    if (ok && count > 0) {
        ok = does_the_same(ws, &rows[0], spec, a, e);
        memcpy(id, rows[0].id, JOB_ID_SIZE);
    } else if (ok) {
        struct job_order order = {.kind = "analyze", .project_id = d->project.id,
                                  .asset_id = d->asset.id, .spec = spec};
        ok = job_create(&ws->jobs, &order, id, e) &&
             project_set_status(ws->store, d->project.id, PROJECT_ANALYZING, e);
    }
    ok = store_end(ws->store, ok, e);
    jobs_wake(&ws->jobs);
    return ok;
}

bool timeline_analyze(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    struct project_detail d;
    char id[JOB_ID_SIZE];
    if (!find_project(ws, p->id, &d, req->arena, e))
        return false;
    if (d.asset.id == 0)
        return err_set(e, ERR_CONFLICT, "This project has no asset to analyse");
    struct layout_order order;
    bool fine, answered;
    if (!layout_order_of_request(req, &order, e) ||
        !check_layout_order(req, &order, reply, &fine, e))
        return false;
    if (!fine)
        return true;
    const char *spec = layout_spec(&order, req->arena);
    if (!spec)
        return err_set(e, ERR_NO_MEMORY, "no memory for the layout's order");
    if (!start_analysis(ws, &d, spec, id, req->arena, e))
        return false;
    if (!await_analysis(req, reply, id, &answered, e))
        return false;
    return answered || reply_project(reply, ws, p->id, req->arena, e);
}

/* --- Revisions -------------------------------------------------------------------------------- */

bool timeline_revisions_get(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    const struct page_query *page = req->query;
    struct project project;
    struct timeline_revision *rows;
    size_t count;
    if (!project_find(ws->store, p->id, &project, req->arena, e))
        return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Project not found") : false;
    if (!timeline_revisions(ws->store, p->id, page->skip, page->limit, &rows, &count, req->arena,
                            e))
        return false;
    struct revision_model *lines = arena_array(req->arena, count + 1, sizeof *lines);
    if (!lines)
        return err_set(e, ERR_NO_MEMORY, "no memory for the revisions");
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct revision_model){
            .revision = rows[i].revision,
            .parent = rows[i].parent ? rows[i].parent : INT64_MIN,
            .source = rows[i].who,
            .created_at = show_time(rows[i].created_us, req->arena),
            .current = rows[i].is_head,
        };
    return reply_json_list(reply, &wire_revision, lines, count);
}

typedef bool step_fn(struct store *s, int64_t project_id, int64_t expected,
                     struct timeline_doc *out, struct arena *a, struct err *e);

static bool move_head(struct request *req, struct reply *reply, step_fn *step, const char *nothing,
                      struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    struct project_detail d;
    struct timeline_doc now;
    int64_t expected;
    if (!find_project(ws, p->id, &d, req->arena, e) ||
        !expected_revision(req, &d.timeline, &expected, e))
        return false;
    if (!step(ws->store, p->id, expected, &now, req->arena, e))
        return e->code == ERR_CONFLICT ? err_set(e, ERR_CONFLICT, "%s", nothing) : false;
    return reply_project(reply, ws, p->id, req->arena, e);
}

bool timeline_undo_post(struct request *req, struct reply *reply, struct err *e)
{
    return move_head(req, reply, timeline_undo, "Nothing to undo: this is the first revision", e);
}

bool timeline_redo_post(struct request *req, struct reply *reply, struct err *e)
{
    return move_head(req, reply, timeline_redo, "Nothing to redo: this is the newest revision", e);
}
