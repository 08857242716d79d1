/* SPDX-License-Identifier: GPL-3.0-or-later
 * app.h - what every handler finds behind request.app, and how rows become bodies.
 */
#ifndef AIVE_API_APP_H
#define AIVE_API_APP_H

#include "api/models.h"
#include "effects/effect_list.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/route.h"
#include "jobs/workspace.h"
#include "store/store.h"
#include "timeline/timeline.h"

struct app {
    struct workspace *ws;
    int64_t started_us;
};

static inline struct workspace *app_workspace(const struct request *req)
{
    return ((const struct app *)req->app)->ws;
}

/* The whole table of routes; main() of the server and the tests use it. */
extern const struct route api_routes[];
extern const size_t api_route_count;

/* --- Rows -> bodies: filled structs in the arena; false: no memory --------------------------- */

bool show_asset(const struct asset *asset, struct asset_model *out, struct arena *a);
void show_consent(const struct consent *consent, struct consent_model *out, struct arena *a);
bool show_project(const struct project_detail *d, struct project_model *out, struct arena *a);
bool show_job(const struct workspace *ws, const char *id, struct job_status *out, struct arena *a,
              struct err *e);
const char *show_time(int64_t us, struct arena *a); /* NULL for 0 */

/* Answers with the project as it now is, ETag included. */
bool reply_project(struct reply *reply, struct workspace *ws, int64_t id, struct arena *a,
                   struct err *e);

/* 202 with job_id, status_url and a Location header, for work that goes on. */
bool reply_job(struct reply *reply, int status, const char *job_id, struct arena *a);

/* --- Shared by several handlers -------------------------------------------------------------- */

/* project_get() with the words of the API; ERR_NOT_FOUND "Project not found". */
bool find_project(struct workspace *ws, int64_t id, struct project_detail *out, struct arena *a,
                  struct err *e);

/* An asset by what a client calls it: its stored path, its media URL, or its id (path NULL).
 * ERR_NOT_FOUND "Asset not found" whatever the reason. */
bool find_asset(struct workspace *ws, const char *path, int64_t id, struct asset *out,
                struct arena *a, struct err *e);

/* A stored timeline, the empty one where nothing was laid out yet. NULL: e says why. */
struct timeline *film_timeline(const struct timeline_doc *doc, struct arena *a, struct err *e);

/* Checks a timeline against its project's asset and all others; the words of POST. */
bool check_timeline(struct workspace *ws, const struct asset *own, const struct timeline *tl,
                    const struct wire_loc *loc, struct arena *a, struct wire_errors *errs);

/* Changes the stored timeline as one new revision: reading it, If-Match, `change` and storing are one
 * transaction, so that nobody's change is lost in between. `change` may work on `tl` in place. */
typedef bool timeline_change_fn(struct request *req, const struct project_detail *d,
                                struct timeline *tl, void *user, struct err *e);
bool change_timeline(struct request *req, int64_t id, timeline_change_fn *change, void *user,
                     struct err *e);

/* A temporary file where uploads of that kind are published. */
int open_ingest_upload(void *app, const char *field, struct err *e);
int open_consent_upload(void *app, const char *field, struct err *e);

/* The asset of a route with `params_asset`, if it has picture or sound. */
bool find_media(struct request *req, struct asset *asset, struct err *e);

/* Says why nothing is known about an asset yet, and what to do: ERR_CONFLICT. Always false. */
bool refuse_unanalysed(struct request *req, const struct asset *asset, struct err *e);

/* Waits for an analysis. *answered: the client was told that it goes on (202), because it would not
 * wait or it took too long. */
bool await_analysis(struct request *req, struct reply *reply, const char *job_id, bool *answered,
                    struct err *e);

/* What the query or the body of a request says about laying out; the body first. */
bool layout_order_of_request(struct request *req, struct layout_order *out, struct err *e);

/* Can the film be laid out so? *fine: it can. Otherwise the answer is a 422 with the place, or false
 * with *e. */
bool check_layout_order(struct request *req, const struct layout_order *order,
                        struct reply *reply, bool *fine, struct err *e);

/* The order as the spec of a job "analyze". NULL: no memory. */
const char *layout_spec(const struct layout_order *order, struct arena *a);

/* Captions as files (api_captions.c). */
extern const struct wire_type params_captions, query_captions_get, query_captions_put,
    wire_caption_list;

/* --- Handlers, one file for each resource ---------------------------------------------------- */

route_fn home_get, health_get;
route_fn ingest_post;
route_fn effects_get, templates_get;
route_fn assets_post, assets_get, asset_get_one;
route_fn asset_analysis_get, asset_analyze_post;
route_fn waveform_json_get, waveform_dat_get, storyboard_get, storyboard_sheet_get;
route_fn plot_png_get, plot_svg_get;
route_fn timeline_get, timeline_post, timeline_analyze, timeline_validate, timeline_frame;
route_fn timeline_revisions_get, timeline_undo_post, timeline_redo_post;
route_fn captions_get, captions_put, captions_file_put;
route_fn projects_get;
route_fn consent_status_get, consent_checkbox_post, consent_upload_post;
route_fn render_start_post, render_status_get, render_cancel_post;
route_fn playlist_get, init_get, segment_get;
route_fn transcriptions_post, translations_post, openai_models_get;
route_fn tools_post, generate_video_post, edit_image_post;
route_fn chat_sessions_get, chat_sessions_post, chat_session_get_one, chat_messages_post;

#endif
