/* SPDX-License-Identifier: GPL-3.0-or-later
 * routes.c - every endpoint, one row each. /media, /docs and /openapi.json are the layer's own. */
#include "analysis/report.h"
#include "api/app.h"
#include "api/openai.h"
#include "chat/chat.h"
#include "jobs/film_report.h"
#include "timeline/timeline.h"

#define CONSENT_DOCUMENT_MAX ((uint64_t)20 << 20)
/* Room for the form around the largest document. */
#define CONSENT_BODY_MAX (CONSENT_DOCUMENT_MAX + 65536)

#define CAPTIONS_BODY_MAX ((uint64_t)16 << 20)
#define CAPTION_TYPES "application/x-subrip, text/vtt, text/x-ssa, application/json"

static const struct route_file ingest_files[] = {
    {.name = "file", .required = true, .help = "The video or sound: MP4, MOV, MKV, WebM, AVI, MPEG-TS, FLV, MP3, WAV, FLAC, Ogg, AAC."},
    {.name = "captions", .or_text = true, .help = "An SRT, WebVTT or ASS file of what is said, at most 4 MiB."},
    {.name = "script", .or_text = true, .help = "A text of what is said, word for word, at most 4 MiB."},
    {0},
};
static const struct route_file asset_files[] = {
    {.name = "file", .required = true, .help = "Video or sound as for /api/ingest, an image (PNG, JPEG, WebP), or a .cube table of colours."},
    {0},
};
static const struct route_file audio_files[] = {
    {.name = "file", .required = true, .help = "The sound or film: MP3, WAV, M4A, FLAC, Ogg, WebM, MP4, MOV, MKV, ..."},
    {0},
};
static const struct route_file consent_files[] = {
    {.name = "file", .required = true, .help = "The signed document: PDF, PNG or JPEG, at most 20 MiB."},
    {0},
};

/* clang-format off */
#define NOT_FOUND    {404, "Not Found", NULL}
#define FORBIDDEN    {403, "Creator consent is missing", NULL}
#define CONFLICT     {409, "Not in this state", NULL}
#define GONE         {410, "It was here and is not any more", NULL}
#define STALE        {412, "The timeline was changed in the meantime", NULL}
#define TOO_LARGE    {413, "Over a limit", NULL}
#define UNSUPPORTED  {415, "Not a kind of file that is taken", NULL}
#define UNAVAILABLE  {503, "Something is missing or busy; the answer names it", NULL}
#define NO_SPACE     {507, "The disk is full", NULL}
#define ACCEPTED(t)  {202, "Accepted; the work goes on", t}

static const struct route_response not_found[] = {NOT_FOUND, {0}};
static const struct route_response stored_answers[] = {NOT_FOUND, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response ingest_answers[] = {ACCEPTED(&wire_ingest), TOO_LARGE, UNSUPPORTED, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response asset_answers[] = {TOO_LARGE, UNSUPPORTED, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response update_answers[] = {NOT_FOUND, STALE, TOO_LARGE, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response caption_answers[] = {NOT_FOUND, CONFLICT, UNAVAILABLE, {0}};
static const struct route_response caption_put_answers[] = {NOT_FOUND, CONFLICT, STALE, TOO_LARGE, UNSUPPORTED, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response validate_answers[] = {NOT_FOUND, CONFLICT, TOO_LARGE, UNAVAILABLE, {0}};
static const struct route_response frame_answers[] = {NOT_FOUND, CONFLICT, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response analyze_answers[] = {ACCEPTED(&wire_render_started), NOT_FOUND, CONFLICT, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response analysis_answers[] = {NOT_FOUND, CONFLICT, {0}};
static const struct route_response step_answers[] = {NOT_FOUND, CONFLICT, STALE, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response upload_answers[] = {NOT_FOUND, TOO_LARGE, UNSUPPORTED, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response render_answers[] = {FORBIDDEN, NOT_FOUND, CONFLICT, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response playlist_answers[] = {NOT_FOUND, GONE, UNAVAILABLE, {0}};
static const struct route_response cancel_answers[] = {NOT_FOUND, CONFLICT, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response tool_answers[] = {NOT_FOUND, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response audio_answers[] = {TOO_LARGE, UNAVAILABLE, NO_SPACE, {0}};
static const struct route_response model_answers[] = {UNAVAILABLE, {0}};
static const struct route_response chat_answers[] = {NOT_FOUND, UNAVAILABLE, NO_SPACE, {0}};

const struct route api_routes[] = {
    {.method = "GET", .path = "/", .name = "home", .access = ACCESS_PUBLIC, .run = RUN_INLINE, .handler = home_get, .hidden = true,
     .help = "To the documentation."},
    {.method = "GET", .path = "/api/healthz", .name = "healthz", .tag = "health", .access = ACCESS_PUBLIC, .run = RUN_INLINE,
     .handler = health_get, .response = &wire_health, .help = "Is the server up, and does its queue answer?"},

    {.method = "POST", .path = "/api/ingest", .name = "ingest", .tag = "ingest", .run = RUN_LONG, .handler = ingest_post,
     .body = BODY_MULTIPART, .files = ingest_files, .form = &form_ingest, .open_upload = open_ingest_upload,
     .response = &wire_ingest, .responses = ingest_answers,
     .help = "Upload a video. Waits for the analysis, or answers 202 at once with Prefer: respond-async."},

    {.method = "POST", .path = "/api/assets", .name = "create_asset", .tag = "assets", .run = RUN_LONG, .handler = assets_post,
     .body = BODY_MULTIPART, .files = asset_files, .open_upload = open_ingest_upload, .response = &wire_asset, .responses = asset_answers,
     .help = "Upload a file for films of any project: b-roll, music, sounds, logos, LUTs."},
    {.method = "GET", .path = "/api/assets", .name = "list_assets", .tag = "assets", .run = RUN_INLINE, .handler = assets_get,
     .query = &query_page, .response = &wire_asset, .response_list = true,
     .help = "All uploaded files, newest first; their number is in X-Total-Count."},
    {.method = "GET", .path = "/api/assets/{asset_id}", .name = "get_asset", .tag = "assets", .run = RUN_INLINE, .handler = asset_get_one,
     .params = &params_asset, .response = &wire_asset, .responses = not_found, .help = "One uploaded file."},
    {.method = "GET", .path = "/api/assets/{asset_id}/analysis", .name = "get_analysis", .tag = "assets", .run = RUN_POOL, .handler = asset_analysis_get,
     .params = &params_asset, .response = &wire_analysis, .responses = analysis_answers,
     .help = "All that was found in a file: beats, shots, speech, subject, highlights. 409 while it has not been analysed."},
    {.method = "POST", .path = "/api/assets/{asset_id}/analyze", .name = "analyze_asset", .tag = "assets", .run = RUN_LONG, .handler = asset_analyze_post,
     .params = &params_asset, .response = &wire_analysis, .responses = analyze_answers,
     .help = "Analyse a file unless that was done before. Waits, or answers 202 at once with Prefer: respond-async."},
    {.method = "GET", .path = "/api/assets/{asset_id}/waveform.json", .name = "get_waveform", .tag = "assets", .run = RUN_POOL, .handler = waveform_json_get,
     .params = &params_asset, .query = &query_waveform, .responses = analysis_answers,
     .help = "The outline of its sound in the JSON of BBC's audiowaveform (version 2), for peaks.js and others."},
    {.method = "GET", .path = "/api/assets/{asset_id}/waveform.dat", .name = "get_waveform_data", .tag = "assets", .run = RUN_POOL, .handler = waveform_dat_get,
     .params = &params_asset, .query = &query_waveform, .produces = "application/octet-stream", .responses = analysis_answers,
     .help = "The same in audiowaveform's binary format."},
    {.method = "GET", .path = "/api/assets/{asset_id}/storyboard.vtt", .name = "get_storyboard", .tag = "assets", .run = RUN_POOL, .handler = storyboard_get,
     .params = &params_asset, .produces = "text/vtt", .responses = analysis_answers,
     .help = "Small pictures every few seconds, for a player's time line: which part of which sheet belongs to which moment."},
    {.method = "GET", .path = "/api/assets/{asset_id}/storyboard-{sheet}.jpg", .name = "get_storyboard_sheet", .tag = "assets", .run = RUN_POOL, .handler = storyboard_sheet_get,
     .params = &params_sheet, .produces = "image/jpeg", .responses = analysis_answers, .help = "A sheet of the storyboard."},
    {.method = "GET", .path = "/api/assets/{asset_id}/plot.png", .name = "get_plot", .tag = "assets", .run = RUN_POOL, .handler = plot_png_get,
     .params = &params_asset, .query = &query_plot, .produces = "image/png", .responses = analysis_answers,
     .help = "Everything that was found, on one page for people."},
    {.method = "GET", .path = "/api/assets/{asset_id}/plot.svg", .name = "get_plot_svg", .tag = "assets", .run = RUN_POOL, .handler = plot_svg_get,
     .params = &params_asset, .query = &query_plot, .produces = "image/svg+xml", .responses = analysis_answers, .help = "The same as SVG."},

    {.method = "GET", .path = "/api/projects", .name = "list_projects", .tag = "timeline", .run = RUN_INLINE, .handler = projects_get,
     .query = &query_page, .response = &wire_project_line, .response_list = true,
     .help = "All projects, newest first; their number is in X-Total-Count."},

    {.method = "GET", .path = "/api/timeline/{project_id}", .name = "get_timeline", .tag = "timeline", .run = RUN_INLINE,
     .handler = timeline_get, .params = &params_project, .response = &wire_project, .responses = not_found,
     .help = "A project with its timeline; ETag names the revision."},
    {.method = "POST", .path = "/api/timeline/{project_id}", .name = "update_timeline", .tag = "timeline", .run = RUN_POOL,
     .handler = timeline_post, .params = &params_project, .body = BODY_JSON, .body_limit = (uint64_t)16 << 20,
     .request = &wire_timeline_update, .response = &wire_project, .responses = update_answers,
     .help = "Replace the timeline's segments, and what else is given. If-Match guards against lost changes."},
    {.method = "POST", .path = "/api/timeline/{project_id}/analyze", .name = "analyze_timeline", .tag = "timeline", .run = RUN_LONG,
     .handler = timeline_analyze, .params = &params_project, .query = &wire_layout_order, .body = BODY_JSON, .body_limit = 65536,
     .request = &wire_analyze_request, .request_optional = true, .response = &wire_project, .responses = analyze_answers,
     .help = "Lay out a new timeline, from what was found in the asset when that was analysed before. Template, length and seed in the query or the body."},
    {.method = "POST", .path = "/api/timeline/{project_id}/validate", .name = "validate_timeline", .tag = "timeline", .run = RUN_LONG,
     .handler = timeline_validate, .params = &params_project, .body = BODY_JSON, .body_limit = (uint64_t)16 << 20, .request = &wire_validate_request,
     .request_optional = true, .response = &wire_film_findings, .responses = validate_answers,
     .help = "What is wrong with a timeline, and what will look wrong in its film, without rendering."},
    {.method = "GET", .path = "/api/timeline/{project_id}/frame", .name = "get_frame", .tag = "timeline", .run = RUN_LONG,
     .handler = timeline_frame, .params = &params_project, .query = &query_frame, .produces = "image/jpeg", .responses = frame_answers,
     .help = "One frame of the film, composed as a render would; JPEG, WebP or PNG."},
    {.method = "GET", .path = "/api/timeline/{project_id}/captions.{format}", .name = "get_captions", .tag = "timeline", .run = RUN_POOL,
     .handler = captions_get, .params = &params_captions, .query = &query_captions_get, .produces = CAPTION_TYPES,
     .response = &wire_caption_list, .responses = caption_answers,
     .help = "The film's captions as SubRip, WebVTT (with times of words), ASS (karaoke) or JSON, in the film's time or the source's."},
    {.method = "PUT", .path = "/api/timeline/{project_id}/captions.{format}", .name = "replace_captions", .tag = "timeline", .run = RUN_POOL,
     .handler = captions_file_put, .params = &params_captions, .query = &query_captions_put, .body = BODY_TEXT, .body_limit = CAPTIONS_BODY_MAX,
     .consumes = CAPTION_TYPES, .request = &wire_caption_list, .response = &wire_project, .responses = caption_put_answers,
     .help = "Replace the film's captions by a file of that kind, as one new revision. If-Match guards against lost changes."},
    {.method = "PUT", .path = "/api/timeline/{project_id}/captions", .name = "replace_captions", .tag = "timeline", .run = RUN_POOL,
     .handler = captions_put, .params = &params_project, .query = &query_captions_put, .body = BODY_TEXT, .body_limit = CAPTIONS_BODY_MAX,
     .consumes = CAPTION_TYPES, .request = &wire_caption_list, .response = &wire_project, .responses = caption_put_answers,
     .help = "The same by Content-Type, or by what the text looks like."},
    {.method = "GET", .path = "/api/timeline/{project_id}/revisions", .name = "list_revisions", .tag = "timeline", .run = RUN_INLINE,
     .handler = timeline_revisions_get, .params = &params_project, .query = &query_page, .response = &wire_revision, .response_list = true,
     .responses = not_found, .help = "Every stored change, newest first."},
    {.method = "POST", .path = "/api/timeline/{project_id}/undo", .name = "undo_timeline", .tag = "timeline", .run = RUN_POOL,
     .handler = timeline_undo_post, .params = &params_project, .response = &wire_project, .responses = step_answers,
     .help = "Go back to the revision before."},
    {.method = "POST", .path = "/api/timeline/{project_id}/redo", .name = "redo_timeline", .tag = "timeline", .run = RUN_POOL,
     .handler = timeline_redo_post, .params = &params_project, .response = &wire_project, .responses = step_answers,
     .help = "Go forward again after an undo."},

    {.method = "GET", .path = "/api/consent/{asset_id}", .name = "get_consent", .tag = "consent", .run = RUN_INLINE,
     .handler = consent_status_get, .params = &params_asset, .response = &wire_consent, .responses = not_found,
     .help = "Has the creator of this asset agreed?"},
    {.method = "POST", .path = "/api/consent/{asset_id}/checkbox", .name = "checkbox", .tag = "consent", .run = RUN_POOL,
     .handler = consent_checkbox_post, .params = &params_asset, .body = BODY_JSON, .request = &wire_consent_checkbox,
     .response = &wire_consent, .responses = stored_answers, .help = "Record or withdraw consent; withdrawing cancels renders."},
    {.method = "POST", .path = "/api/consent/{asset_id}/upload", .name = "upload_consent", .tag = "consent", .run = RUN_POOL,
     .handler = consent_upload_post, .params = &params_asset, .body = BODY_MULTIPART, .body_limit = CONSENT_BODY_MAX,
     .files = consent_files, .open_upload = open_consent_upload, .response = &wire_consent, .responses = upload_answers,
     .help = "Store the signed document."},

    {.method = "GET", .path = "/api/effects", .name = "list_effects", .tag = "timeline", .run = RUN_INLINE, .handler = effects_get,
     .response = &wire_effect_list, .help = "Effects, transitions, caption styles and sounds, with their parameters."},

    {.method = "GET", .path = "/api/templates", .name = "list_templates", .tag = "timeline", .run = RUN_POOL, .handler = templates_get,
     .response = &wire_template_catalog, .help = "The templates that lay out films: the shipped ones and your own."},

    {.method = "POST", .path = "/api/render/{project_id}", .name = "start_render", .tag = "render", .run = RUN_POOL,
     .handler = render_start_post, .params = &params_project, .body = BODY_JSON, .request = &wire_render_request, .request_optional = true,
     .body_limit = 65536, .response = &wire_render_started, .responses = render_answers, .help = "Queue the film. Needs the creator's consent."},
    {.method = "GET", .path = "/api/render/status/{job_id}", .name = "render_status", .tag = "render", .run = RUN_INLINE,
     .handler = render_status_get, .params = &params_job, .response = &wire_job_status, .responses = not_found,
     .help = "How a job stands."},
    {.method = "POST", .path = "/api/render/{job_id}/cancel", .name = "cancel_render", .tag = "render", .run = RUN_LONG,
     .handler = render_cancel_post, .params = &params_job, .response = &wire_job_status, .responses = cancel_answers,
     .help = "Stop a job."},

    {.method = "GET", .path = "/api/render/{job_id}/playlist.m3u8", .name = "render_playlist", .tag = "render", .run = RUN_LONG,
     .handler = playlist_get, .params = &params_job, .produces = "application/vnd.apple.mpegurl", .responses = playlist_answers,
     .help = "The film as HLS, also while it is rendered: the list grows chunk by chunk and ends with the film. Waits a few seconds for the first one."},
    {.method = "GET", .path = "/api/render/{job_id}/init.mp4", .name = "render_init", .tag = "render", .run = RUN_POOL,
     .handler = init_get, .params = &params_job, .produces = "video/mp4", .responses = not_found, .help = "What the segments of a film's playlist have in common."},
    {.method = "GET", .path = "/api/render/{job_id}/segment/{name}", .name = "render_segment", .tag = "render", .run = RUN_POOL,
     .handler = segment_get, .params = &params_segment, .produces = "video/iso.segment", .responses = not_found, .help = "One segment of a film's playlist, as fragmented MP4."},

    {.method = "POST", .path = "/api/tools", .name = "run_tool", .tag = "tools", .run = RUN_LONG, .handler = tools_post,
     .body = BODY_JSON, .request = &wire_tool_request, .response = &wire_tool_answer, .responses = tool_answers,
     .help = "Run one tool: transcribe, beats, thumbnail, caption_srt, suggest_effects."},
    {.method = "POST", .path = "/api/tools/generate_video", .name = "generate_video", .tag = "tools", .run = RUN_POOL,
     .handler = generate_video_post, .body = BODY_JSON, .body_limit = 65536, .request = &wire_generate_video,
     .response = &wire_generated_file, .responses = model_answers, .help = "A video from words; needs a model server."},
    {.method = "POST", .path = "/api/tools/edit_image", .name = "edit_image", .tag = "tools", .run = RUN_POOL,
     .handler = edit_image_post, .body = BODY_JSON, .body_limit = 65536, .request = &wire_edit_image,
     .response = &wire_generated_file, .responses = model_answers, .help = "An image from words; needs a model server."},

    {.method = "POST", .path = "/v1/audio/transcriptions", .name = "create_transcription", .tag = "openai", .run = RUN_LONG, .handler = transcriptions_post,
     .body = BODY_MULTIPART, .files = audio_files, .form = &form_transcription, .open_upload = open_ingest_upload,
     .response = &wire_openai_transcription, .responses = audio_answers, .errors = &openai_errors,
     .help = "What is said in a sound, in OpenAI's protocol. The upload is not kept."},
    {.method = "POST", .path = "/v1/audio/translations", .name = "create_translation", .tag = "openai", .run = RUN_LONG, .handler = translations_post,
     .body = BODY_MULTIPART, .files = audio_files, .form = &form_translation, .open_upload = open_ingest_upload,
     .response = &wire_openai_transcription, .responses = audio_answers, .errors = &openai_errors,
     .help = "The same in English, whatever language is spoken."},
    {.method = "GET", .path = "/v1/models", .name = "list_models", .tag = "openai", .run = RUN_POOL, .handler = openai_models_get,
     .response = &wire_openai_models, .errors = &openai_errors, .help = "The models that are here, in OpenAI's protocol."},

    {.method = "GET", .path = "/api/chat/sessions", .name = "list_sessions", .tag = "chat", .run = RUN_INLINE, .handler = chat_sessions_get,
     .response = &wire_chat_session_list, .help = "All chat sessions, newest first."},
    {.method = "POST", .path = "/api/chat/sessions", .name = "create_session", .tag = "chat", .run = RUN_POOL, .handler = chat_sessions_post,
     .body = BODY_JSON, .body_limit = 65536, .request = &wire_chat_session_create, .response = &wire_chat_session, .responses = chat_answers,
     .help = "Begin a chat."},
    {.method = "GET", .path = "/api/chat/sessions/{session_id}", .name = "get_session", .tag = "chat", .run = RUN_INLINE,
     .handler = chat_session_get_one, .params = &params_session, .response = &wire_chat_session, .responses = not_found,
     .help = "A chat with all its messages."},
    {.method = "POST", .path = "/api/chat/sessions/{session_id}/messages", .name = "send_message", .tag = "chat", .run = RUN_LONG,
     .handler = chat_messages_post, .params = &params_session, .body = BODY_JSON, .body_limit = 262144,
     .request = &wire_chat_send_request, .response = &wire_chat_send_response, .responses = chat_answers,
     .help = "Say something and get the reply. With Accept: text/event-stream the reply comes while it is written: events "
             "\"delta\" ({\"text\": ...}), then \"done\" (this answer), or \"error\" ({\"status\": ..., \"detail\": ...})."},
};
/* clang-format on */

const size_t api_route_count = sizeof api_routes / sizeof *api_routes;
