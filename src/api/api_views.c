/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_views.c - an asset for the eye: its waveform, its storyboard, and the page of all that was
 * found. All of it follows from what the analysis keeps under the asset's content. */
#include "api/app.h"
#include "jobs/analyze.h"
#include "jobs/derived.h"
#include "plot/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kept file that is not there: before the analysis (of this version), or because it could not be
 * made. */
static bool refuse_missing(struct request *req, const struct asset *asset, unsigned make,
                           const char *what, struct err *e)
{
    const struct analyze_order order = {
        .asset = asset, .derived_fd = app_workspace(req)->derived_fd, .make = make};
    struct analysis known;
    if (e->code != ERR_NOT_FOUND)
        return false;
    if (analyze_is_done(&order, req->arena, &known))
        return err_set(e, ERR_NOT_FOUND, "There is no %s of this asset", what);
    return refuse_unanalysed(req, asset, e);
}

/* What is sent again only when it has changed. */
static void set_etag(struct reply *reply, const char *etag)
{
    reply_header(reply, "ETag", etag);
    reply_header(reply, "Cache-Control", "no-cache");
}

/* --- Waveform --------------------------------------------------------------------------------- */

static bool load_waveform(struct request *req, const struct asset *asset, struct waveform *w,
                          struct err *e)
{
    struct arena a;
    size_t len = 0;
    arena_init(&a, WAVEFORM_MAX_BYTES + 4096);
    const char *dat = derived_read(app_workspace(req)->derived_fd, asset->content_hash,
                                   WAVEFORM_FILE, WAVEFORM_MAX_BYTES, &a, &len, e);
    struct err damage = {0};
    bool ok = dat && waveform_read_dat(dat, len, w, &damage);
    if (dat && !ok && damage.code == ERR_NO_MEMORY) {
        *e = damage;
    } else if (dat && !ok) { /* made again, like the report */
        derived_remove(app_workspace(req)->derived_fd, asset->content_hash, WAVEFORM_FILE);
        err_set(e, ERR_NOT_FOUND, "asset %lld: %s", (long long)asset->id, damage.msg);
    }
    arena_finish(&a);
    return ok;
}

typedef bool write_waveform_fn(const struct waveform *w, int bits, struct buf *out);

static bool reply_waveform(struct request *req, struct reply *reply, const char *type,
                           write_waveform_fn *write, struct err *e)
{
    const struct waveform_query *q = req->query;
    const struct wire_loc in = {.key = "query"}, at = {.up = &in, .key = "bits"};
    struct asset asset;
    struct waveform w = {0}, zoomed = {0};
    if (q->bits != 8 && q->bits != 16)
        return reply_invalid(reply, &at, "a waveform has 8 or 16 bits");
    if (!find_media(req, &asset, e))
        return false;
    if (!load_waveform(req, &asset, &w, e))
        return refuse_missing(req, &asset, ANALYZE_WAVEFORM, "waveform", e);
    bool ok = waveform_zoom(&w, (int)q->samples_per_pixel, &zoomed, e);
    if (ok) {
        write(&zoomed, (int)q->bits, &reply->body);
        reply->content_type = type;
        set_etag(reply, arena_printf(req->arena, "\"%.32s-%d-%d-%lld\"", asset.content_hash,
                                          WAVEFORM_VERSION, zoomed.samples_per_pixel,
                                          (long long)q->bits));
    }
    waveform_free(&zoomed);
    waveform_free(&w);
    return ok;
}

bool waveform_json_get(struct request *req, struct reply *reply, struct err *e)
{
    return reply_waveform(req, reply, REPLY_JSON, waveform_write_json, e);
}

bool waveform_dat_get(struct request *req, struct reply *reply, struct err *e)
{
    return reply_waveform(req, reply, "application/octet-stream", waveform_write_dat, e);
}

/* --- Storyboard ------------------------------------------------------------------------------- */

static bool reply_kept(struct request *req, struct reply *reply, const struct asset *asset,
                       const char *name, const char *type, struct err *e)
{
    int fd = derived_open(app_workspace(req)->derived_fd, asset->content_hash, name, e);
    if (fd < 0)
        return refuse_missing(req, asset, ANALYZE_STORYBOARD, "storyboard", e);
    reply_header(reply, "Cache-Control", "no-cache");
    return reply_file(reply, fd, type, NULL, NULL, e);
}

bool storyboard_get(struct request *req, struct reply *reply, struct err *e)
{
    struct asset asset;
    return find_media(req, &asset, e) &&
           reply_kept(req, reply, &asset, STORYBOARD_FILE, "text/vtt", e);
}

bool storyboard_sheet_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct sheet_param *p = req->params;
    struct asset asset;
    char number[16], name[80];
    for (int i = 0; i < STORYBOARD_MAX_SHEETS; i++) {
        snprintf(number, sizeof number, "%d", i);
        if (strcmp(p->sheet, number) != 0)
            continue;
        snprintf(name, sizeof name, STORYBOARD_SHEET, i);
        return find_asset(app_workspace(req), NULL, p->asset_id, &asset, req->arena, e) &&
               reply_kept(req, reply, &asset, name, "image/jpeg", e);
    }
    return err_set(e, ERR_NOT_FOUND, "Not Found");
}

/* --- The page --------------------------------------------------------------------------------- */

/* Title and timeline of a project of that asset, if one is asked for. */
static bool add_project(struct request *req, const struct asset *asset, int64_t project_id,
                        struct plot *plot, struct err *e)
{
    struct project_detail d;
    struct timeline_doc doc;
    if (project_id == INT64_MIN)
        return true;
    if (!find_project(app_workspace(req), project_id, &d, req->arena, e))
        return false;
    if (d.asset.id != asset->id)
        return err_set(e, ERR_NOT_FOUND, "Project not found among those of this asset");
    if (!timeline_doc_get(app_workspace(req)->store, project_id, &doc, req->arena, e))
        return e->code == ERR_NOT_FOUND;
    plot->name = d.project.title;
    plot->timeline = film_timeline(&doc, req->arena, e);
    return plot->timeline != NULL;
}

/* Without one, the page has no small pictures. */
static bool load_strip(struct request *req, const struct asset *asset, struct strip *strip)
{
    struct err ignored;
    size_t len;
    const char *data = derived_read(app_workspace(req)->derived_fd, asset->content_hash, STRIP_FILE,
                                    STRIP_MAX_BYTES, req->arena, &len, &ignored);
    return data && strip_read(data, len, strip);
}

static bool reply_plot(struct request *req, struct reply *reply, enum plot_format format,
                       const char *type, struct err *e)
{
    const struct plot_query *q = req->query;
    struct asset asset;
    struct analysis found;
    struct waveform w = {0};
    struct strip strip;
    struct err ignored = {0};
    struct plot plot = {.waveform = &w, .width = (int)q->width};
    if (!find_media(req, &asset, e))
        return false;
    plot.name = asset.path;
    if (!add_project(req, &asset, q->project_id, &plot, e))
        return false;
    if (!analysis_load(app_workspace(req)->derived_fd, asset.content_hash, req->arena, &found, e))
        return e->code == ERR_NOT_FOUND ? refuse_unanalysed(req, &asset, e) : false;
    if (!load_waveform(req, &asset, &w, &ignored))
        plot.waveform = NULL;
    plot.report = found.report;
    plot.strip = load_strip(req, &asset, &strip) ? &strip : NULL;
    bool ok = plot_draw(&plot, format, &reply->body, e);
    waveform_free(&w);
    reply->content_type = type;
    reply_header(reply, "Cache-Control", "no-cache");
    return ok;
}

bool plot_png_get(struct request *req, struct reply *reply, struct err *e)
{
    return reply_plot(req, reply, PLOT_PNG, "image/png", e);
}

bool plot_svg_get(struct request *req, struct reply *reply, struct err *e)
{
    return reply_plot(req, reply, PLOT_SVG, "image/svg+xml", e);
}
