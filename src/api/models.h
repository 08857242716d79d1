/* SPDX-License-Identifier: GPL-3.0-or-later
 * models.h - the bodies that the API takes and gives, as the guide names them.
 *
 * One C struct and one wire type each; OpenAPI's components derive from these tables. Fields beyond
 * the guide's are optional and come last.
 */
#ifndef AIVE_API_MODELS_H
#define AIVE_API_MODELS_H

#include "core/wire.h"
#include "jobs/lay_out.h"

#include <stdint.h>

/* --- Parameters --- */
struct id_param {
    int64_t id;
};
extern const struct wire_type params_project, params_asset, params_session;

struct job_param {
    const char *job_id;
};
extern const struct wire_type params_job;

struct segment_param {
    const char *job_id, *name;
};
extern const struct wire_type params_segment;

struct sheet_param {
    int64_t asset_id;
    const char *sheet;
};
extern const struct wire_type params_sheet;

struct page_query {
    int64_t skip, limit;
};
extern const struct wire_type query_page;

/* --- Health --- */
struct health {
    const char *status;
    int8_t redis;
    const char *queue;
    const char *timestamp;
    const char *version;
};
extern const struct wire_type wire_health;

/* --- Assets and projects --- */
struct asset_model {
    int64_t id;
    const char *path, *ingest_url, *thumbnail_url;
    double duration;
    const char *resolution; /* "1920x1080"; NULL for sound */
    double fps;
    int8_t has_audio, has_video;
    int64_t size_bytes;
    const char *kind, *created_at;
};
extern const struct wire_type wire_asset;

struct consent_model {
    int64_t asset_id;
    int8_t has_checkbox;
    const char *document_url;
};
extern const struct wire_type wire_consent;

struct project_model {
    int64_t id;
    const char *title, *status;
    struct asset_model *asset;
    struct wire_raw timeline; /* the stored text, spliced in */
    struct consent_model *consent;
    int64_t revision; /* INT64_MIN: no timeline yet */
    const char *created_at, *updated_at;
};
extern const struct wire_type wire_project;

struct project_line {
    int64_t id;
    const char *title, *status, *thumbnail_url, *created_at, *updated_at;
};
extern const struct wire_type wire_project_line;

struct ingest_form {
    const char *title;
    int8_t auto_analyze;
    struct layout_order layout;
};
extern const struct wire_type form_ingest;

struct analyze_request {
    const char *template_name;
    struct wire_raw target_length; /* a text, or a number of seconds */
    int64_t seed;
};
extern const struct wire_type wire_analyze_request;

struct ingest_model {
    struct asset_model *asset;
    struct project_model *project;
    const char *status_url, *job_id;
};
extern const struct wire_type wire_ingest;

struct revision_model {
    int64_t revision, parent;
    const char *source, *created_at;
    int8_t current;
};
extern const struct wire_type wire_revision;

/* --- Looking before rendering --- */
struct timeline; /* timeline/timeline.h */
struct validate_request {
    struct timeline *timeline; /* NULL: the stored one */
    const char *format, *preset;
};
extern const struct wire_type wire_validate_request;

struct frame_query {
    double t;
    const char *format, *shape; /* "jpeg"; "vertical" */
    int64_t width, revision;    /* INT64_MIN: the film's; the current one */
    int8_t watermark;           /* -1: as AIVE_WATERMARK_ENABLED says */
};
extern const struct wire_type query_frame;

/* --- What an asset looks like --- */
struct waveform_query {
    int64_t samples_per_pixel, bits;
};
struct plot_query {
    int64_t width, project_id; /* INT64_MIN: none */
};
extern const struct wire_type query_waveform, query_plot;

/* --- Render --- */
struct render_range {
    double start, end;
};

struct render_request {
    int8_t watermark; /* -1: as AIVE_WATERMARK_ENABLED says */
    const char *preset, *format;
    struct render_range *range;
};
extern const struct wire_type wire_render_request;

struct render_started {
    const char *job_id, *status_url;
};
extern const struct wire_type wire_render_started;

struct job_status {
    const char *id, *status;
    double progress;
    struct wire_list logs; /* const char * */
    const char *result, *output_url, *error;
    const char *kind, *stage;
    int64_t project_id, attempt;
    const char *created_at, *updated_at, *started_at, *ended_at;
    struct wire_raw report; /* of a finished render, spliced in */
    const char *playlist_url;
};
extern const struct wire_type wire_job_status;

/* --- Consent --- */
struct consent_checkbox {
    int8_t accepted;
};
extern const struct wire_type wire_consent_checkbox;

/* --- Tools --- */
struct tool_request {
    const char *tool;
    struct wire_raw args;
};
struct tool_answer {
    const char *tool;
    struct wire_raw result;
};
extern const struct wire_type wire_tool_request, wire_tool_answer;

struct generate_video_request {
    const char *prompt, *model;
    double duration;
    int64_t seed;
};
struct edit_image_request {
    const char *prompt, *path, *model;
};
struct generated_file {
    const char *path, *url;
};
extern const struct wire_type wire_generate_video, wire_edit_image, wire_generated_file;

#endif
