/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_tools.c - POST /api/tools: a table of tools, each with a wire type for its arguments. */
#include "api/app.h"
#include "core/files.h"
#include "core/json.h"
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/probe.h"
#include "jobs/transcribe.h"
#include "models/model_names.h"
#include "timeline/timeline.h"
#include "timeline/tools.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const struct wire_loc body_loc = {.key = "body"};
static const struct wire_loc args_loc = {.up = &body_loc, .key = "args"};
static const struct wire_loc tool_loc = {.up = &body_loc, .key = "tool"};

/* One call of a tool. A tool fails with *e, or answers 422 by adding to errs. */
struct tool_call {
    struct request *req;
    const void *args; /* struct that the row's type describes */
    struct wire_errors errs;
    struct buf result; /* JSON text */
};

struct tool {
    const char *name, *help;
    const struct wire_type *args;
    bool (*run)(struct tool_call *call, struct err *e);
};

/* --- Arguments that name media ---------------------------------------------------------------- */

struct media_args {
    const char *path;
    int64_t asset_id;
    const char *model, *language, *prompt;
    int8_t translate;
    double time;
};

/* clang-format off */
#define PATH_ROW  {.name = "path", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct media_args, path), .max = 500, \
                   .help = "The asset's stored path or media URL."}
#define ASSET_ROW {.name = "asset_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct media_args, asset_id), \
                   .help = "The asset's id, instead of its path."}
static const struct wire_field transcribe_fields[] = {
    PATH_ROW, ASSET_ROW,
    {.name = "model", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct media_args, model), .min = 1, .max = 200,
     .help = "Name of a speech model; AIVE_WHISPER_MODEL without it."},
    {.name = "language", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct media_args, language), .min = 1, .max = 40,
     .help = "Of what is said: en, de, ja, ...; detected without it."},
    {.name = "prompt", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct media_args, prompt), .max = 1000,
     .help = "Names and terms that may come."},
    {.name = "translate", .kind = WIRE_BOOL, .offset = offsetof(struct media_args, translate), .def = "false",
     .help = "Into English."},
    {0},
};
static const struct wire_field beats_fields[] = {PATH_ROW, ASSET_ROW, {0}};
static const struct wire_field thumbnail_fields[] = {
    PATH_ROW, ASSET_ROW,
    {.name = "time", .kind = WIRE_NUMBER, .offset = offsetof(struct media_args, time), .def = "0.0", .min = 0, .max = 1e9,
     .help = "Seconds; beyond the end gives the last picture."},
    {0},
};
static const struct wire_type transcribe_args = {.name = "TranscribeArgs", .fields = transcribe_fields, .size = sizeof(struct media_args)};
static const struct wire_type beats_args = {.name = "BeatsArgs", .fields = beats_fields, .size = sizeof(struct media_args)};
static const struct wire_type thumbnail_args = {.name = "ThumbnailArgs", .fields = thumbnail_fields, .size = sizeof(struct media_args)};
/* clang-format on */

/* The asset that path or asset_id names; neither given is a 422 about path. */
static bool asset_of(struct tool_call *call, struct asset *asset, struct err *e)
{
    const struct media_args *m = call->args;
    struct wire_loc loc = {.up = &args_loc, .key = "path"};
    if (!m->path && m->asset_id == INT64_MIN) {
        wire_error(&call->errs, &loc, "missing", NULL, 0, NULL, "Field required");
        return false;
    }
    return find_asset(app_workspace(call->req), m->path, m->asset_id, asset, call->req->arena, e);
}

/* --- transcribe ------------------------------------------------------------------------------- */

static bool run_transcribe(struct tool_call *call, struct err *e)
{
    struct workspace *ws = app_workspace(call->req);
    const struct media_args *m = call->args;
    struct wire_loc loc = {.up = &args_loc, .key = "model"};
    struct asset asset;
    struct heard heard;
    if (m->model && !model_name_ok(m->model))
        return wire_error(&call->errs, &loc, "value_error", NULL, 0, "{\"error\":{}}",
                          "Value error, not a model's name");
    if (!asset_of(call, &asset, e))
        return false;
    int fd = workspace_open_media(ws, asset.path, e);
    if (fd < 0)
        return err_set(e, ERR_NOT_FOUND, "Asset not found");
    const struct transcribe_order order = {
        .asset = &asset, .fd = fd, .derived_fd = ws->derived_fd, .config = ws->config,
        .model = m->model, .language = m->language, .prompt = m->prompt,
        .translate = m->translate == 1, .cancel = call->req->cancel,
    };
    bool ok = transcribe_run(&order, call->req->arena, &heard, e);
    close(fd);
    if (ok)
        buf_add(&call->result, heard.json, heard.json_len);
    return ok;
}

/* --- beats ------------------------------------------------------------------------------------ */

static bool run_beats(struct tool_call *call, struct err *e)
{
    struct workspace *ws = app_workspace(call->req);
    struct asset asset;
    struct analysis found;
    if (!asset_of(call, &asset, e))
        return false;
    int fd = workspace_open_media(ws, asset.path, e);
    if (fd < 0)
        return err_set(e, ERR_NOT_FOUND, "Asset not found");
    struct analyze_order order = {.asset = &asset, .fd = fd, .derived_fd = ws->derived_fd,
                                  .make = ANALYZE_ALL, .cancel = call->req->cancel};
    bool ok = analyze_run(&order, call->req->arena, &found, e);
    close(fd);
    if (ok)
        buf_add(&call->result, found.json, found.json_len);
    return ok;
}

/* --- thumbnail -------------------------------------------------------------------------------- */

/* The same still again is the same file: its name says asset and millisecond. */
static bool make_still(struct tool_call *call, const struct asset *asset, double time_s,
                       const char *name, struct err *e)
{
    struct workspace *ws = app_workspace(call->req);
    struct err why = {0};
    int folder = ws->media_fd[MEDIA_THUMBNAILS];
    int there = file_open_beneath(folder, name, &why);
    if (there >= 0) {
        close(there);
        return true;
    }
    int source = workspace_open_media(ws, asset->path, e);
    if (source < 0)
        return err_set(e, ERR_NOT_FOUND, "Asset not found");
    int jpeg = file_temp(folder, e);
    bool ok = jpeg >= 0 && still_run(source, time_s, jpeg, call->req->cancel, e);
    if (ok && !file_publish(jpeg, folder, name, e))
        ok = e->code == ERR_CONFLICT; /* somebody made the same one meanwhile */
    if (jpeg >= 0)
        close(jpeg);
    close(source);
    return ok;
}

static bool run_thumbnail(struct tool_call *call, struct err *e)
{
    const struct media_args *m = call->args;
    struct arena *a = call->req->arena;
    struct asset asset;
    if (!asset_of(call, &asset, e))
        return false;
    if (!asset.has_video)
        return err_set(e, ERR_INVALID, "The asset has no picture to take a thumbnail of");
    double length = ticks_to_seconds(asset.duration_ticks);
    double time_s = m->time < length ? m->time : length;
    const char *name = arena_printf(a, "still_%.16s_%lld.jpg", asset.content_hash,
                                    (long long)llround(time_s * 1000));
    if (!name || !make_still(call, &asset, time_s, name, e))
        return false;
    struct generated_file file = {.path = arena_printf(a, "thumbnails/%s", name),
                                  .url = arena_printf(a, "/media/thumbnails/%s", name)};
    wire_write(&wire_generated_file, &file, &call->result);
    return true;
}

/* --- Pure tools ------------------------------------------------------------------------------- */

static bool run_caption_srt(struct tool_call *call, struct err *e)
{
    struct caption_srt_result out;
    (void)e;
    if (!tool_caption_srt(call->args, &out, &args_loc, call->req->arena, &call->errs))
        return false;
    wire_write(&wire_caption_srt_result, &out, &call->result);
    return true;
}

static bool run_suggest(struct tool_call *call, struct err *e)
{
    struct suggest_result out;
    (void)e;
    if (!tool_suggest_effects(call->args, &out, &args_loc, call->req->arena, &call->errs))
        return false;
    wire_write(&wire_suggest_result, &out, &call->result);
    return true;
}

/* --- The table -------------------------------------------------------------------------------- */

static const struct tool tools[] = {
    {"transcribe", "What is said, with times.", &transcribe_args, run_transcribe},
    {"beats", "Beats, tempo and moments of energy.", &beats_args, run_beats},
    {"thumbnail", "A still at a time.", &thumbnail_args, run_thumbnail},
    {"caption_srt", "Captions as SubRip text.", &wire_caption_srt_args, run_caption_srt},
    {"suggest_effects", "Effects that fit words and beats.", &wire_suggest_args, run_suggest},
};
#define TOOL_COUNT (sizeof tools / sizeof *tools)

static bool unknown_tool(const struct tool_request *body, struct reply *reply)
{
    struct wire_errors errs = {0};
    struct buf names, ctx, input;
    buf_init(&names, 1024);
    buf_init(&ctx, 2048);
    buf_init(&input, 1 << 25);
    for (size_t i = 0; i < TOOL_COUNT; i++)
        buf_printf(&names, "%s'%s'", i == 0 ? "" : i + 1 == TOOL_COUNT ? " or " : ", ",
                   tools[i].name);
    buf_printf(&ctx, "{\"expected\":\"%s\"}", names.data);
    json_write_string(&input, body->tool);
    wire_error(&errs, &tool_loc, "literal_error", input.data, input.len, ctx.data,
               "Input should be %s", names.data);
    reply_validation(reply, &errs);
    wire_errors_finish(&errs);
    buf_finish(&input);
    buf_finish(&ctx);
    buf_finish(&names);
    return true;
}

static bool run_tool(const struct tool *tool, struct request *req, struct reply *reply,
                     struct err *e)
{
    const struct tool_request *body = req->body;
    struct tool_call call = {.req = req};
    buf_init(&call.result, (size_t)32 << 20);
    call.args = wire_read(tool->args, body->args.text, body->args.len, &wire_default_limits, &args_loc,
                          req->arena, &call.errs);
    bool ok = call.args && tool->run(&call, e);
    if (ok) {
        struct tool_answer m = {.tool = tool->name,
                                .result = {call.result.data, call.result.len}};
        ok = call.result.failed ? err_set(e, ERR_NO_MEMORY, "the tool's result is too large")
                                : reply_json(reply, &wire_tool_answer, &m);
    } else if (call.errs.count > 0) {
        ok = reply_validation(reply, &call.errs);
    }
    wire_errors_finish(&call.errs);
    buf_finish(&call.result);
    return ok;
}

bool tools_post(struct request *req, struct reply *reply, struct err *e)
{
    const struct tool_request *body = req->body;
    for (size_t i = 0; i < TOOL_COUNT; i++)
        if (strcmp(tools[i].name, body->tool) == 0)
            return run_tool(&tools[i], req, reply, e);
    return unknown_tool(body, reply);
}

/* --- Models that make pictures ---------------------------------------------------------------- */

static bool needs_model(const char *what, const char *variable, const char *url, struct err *e)
{
    if (!*url)
        return err_set(e, ERR_UNAVAILABLE, "%s needs a model server: %s is not set", what, variable);
    return err_set(e, ERR_UNAVAILABLE,
                   "%s is not built into this version of aive yet, so %s has no effect", what,
                   variable);
}

bool generate_video_post(struct request *req, struct reply *reply, struct err *e)
{
    (void)reply;
    return needs_model("generate_video", "AIVE_VIDEO_MODEL_URL",
                       app_workspace(req)->config->video_model_url, e);
}

bool edit_image_post(struct request *req, struct reply *reply, struct err *e)
{
    (void)reply;
    return needs_model("edit_image", "AIVE_IMAGE_MODEL_URL",
                       app_workspace(req)->config->image_model_url, e);
}
