/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/models.h"

#include "jobs/film_report.h"
#include "timeline/timeline.h"

/* clang-format off */
#define TYPE(var, c_type, wire_name, words, rows) \
    const struct wire_type var = {.name = wire_name, .help = words, .fields = rows, .size = sizeof(c_type)}

/* --- Parameters --- */
#define ID_PARAM(var, field_name, words)                                                      \
    static const struct wire_field var##_fields[] = {                                         \
        {.name = field_name, .kind = WIRE_INT, .flags = WIRE_REQUIRED,                        \
         .offset = offsetof(struct id_param, id), .help = words},                             \
        {0},                                                                                  \
    };                                                                                        \
    TYPE(var, struct id_param, field_name, words, var##_fields)

ID_PARAM(params_project, "project_id", "The project's id.");
ID_PARAM(params_asset, "asset_id", "The asset's id.");
ID_PARAM(params_session, "session_id", "The chat session's id.");

static const struct wire_field params_job_fields[] = {
    {.name = "job_id", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct job_param, job_id),
     .help = "The job's id, as POST /api/render gave it."},
    {0},
};
TYPE(params_job, struct job_param, "job_id", "The job's id.", params_job_fields);

static const struct wire_field params_segment_fields[] = {
    {.name = "job_id", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct segment_param, job_id), .help = "The job's id."},
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct segment_param, name), .help = "As the playlist says: 0.m4s, 1.m4s, ..."},
    {0},
};
TYPE(params_segment, struct segment_param, "segment", "A segment of a film.", params_segment_fields);

static const struct wire_field params_sheet_fields[] = {
    {.name = "asset_id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct sheet_param, asset_id), .help = "The asset's id."},
    {.name = "sheet", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct sheet_param, sheet),
     .help = "As the storyboard says: 0, 1, ..."},
    {0},
};
TYPE(params_sheet, struct sheet_param, "sheet", "A sheet of a storyboard.", params_sheet_fields);

static const struct wire_field query_page_fields[] = {
    {.name = "skip", .kind = WIRE_INT, .offset = offsetof(struct page_query, skip), .def = "0", .min = 0, .max = 1e15,
     .help = "How many of the newest to pass over."},
    {.name = "limit", .kind = WIRE_INT, .offset = offsetof(struct page_query, limit), .def = "100", .min = 1, .max = 1000,
     .help = "How many to give."},
    {0},
};
TYPE(query_page, struct page_query, "page", "A part of a long list.", query_page_fields);

/* --- Health --- */
static const struct wire_field health_fields[] = {
    {.name = "status", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct health, status), .help = "\"ok\"."},
    {.name = "redis", .kind = WIRE_BOOL, .flags = WIRE_REQUIRED, .offset = offsetof(struct health, redis),
     .help = "Whether Redis answers; false with the embedded queue."},
    {.name = "timestamp", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME, .offset = offsetof(struct health, timestamp), .help = "Now."},
    {.name = "queue", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct health, queue), .help = "\"embedded\" or \"redis\"."},
    {.name = "version", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct health, version), .help = "Version of aive."},
    {0},
};
TYPE(wire_health, struct health, "Health", "How the server is.", health_fields);

/* --- Assets and projects --- */
static const struct wire_field asset_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct asset_model, id), .help = "The asset's id."},
    {.name = "path", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct asset_model, path),
     .help = "Where it is stored, below the media folder; names the asset in tools and timelines."},
    {.name = "ingest_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct asset_model, ingest_url), .help = "The file itself."},
    {.name = "thumbnail_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct asset_model, thumbnail_url), .help = "A still; null for sound."},
    {.name = "duration", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct asset_model, duration), .help = "Seconds."},
    {.name = "resolution", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct asset_model, resolution),
     .help = "Upright, with square pixels: \"1920x1080\"; null for sound."},
    {.name = "fps", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct asset_model, fps), .help = "Pictures a second, on average."},
    {.name = "has_video", .kind = WIRE_BOOL, .flags = WIRE_REQUIRED, .offset = offsetof(struct asset_model, has_video), .help = "Has a picture."},
    {.name = "has_audio", .kind = WIRE_BOOL, .flags = WIRE_REQUIRED, .offset = offsetof(struct asset_model, has_audio), .help = "Has sound."},
    {.name = "size_bytes", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct asset_model, size_bytes), .help = "Size of the file."},
    {.name = "kind", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct asset_model, kind), .help = "video, audio, image or lut."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct asset_model, created_at), .help = "When it was uploaded."},
    {0},
};
TYPE(wire_asset, struct asset_model, "AssetSchema", "An uploaded file.", asset_fields);

static const struct wire_field consent_fields[] = {
    {.name = "asset_id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct consent_model, asset_id), .help = "The asset's id."},
    {.name = "has_checkbox", .kind = WIRE_BOOL, .offset = offsetof(struct consent_model, has_checkbox), .def = "false",
     .help = "The creator has agreed."},
    {.name = "document_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct consent_model, document_url),
     .help = "The signed document."},
    {0},
};
TYPE(wire_consent, struct consent_model, "ConsentSchema", "The creator's consent.", consent_fields);

static const struct wire_field project_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct project_model, id), .help = "The project's id."},
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct project_model, title), .help = "Its name."},
    {.name = "status", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct project_model, status),
     .help = "new, ingested, analyzing, analyzed, rendering, rendered or failed."},
    {.name = "asset", .kind = WIRE_OBJECT, .type = &wire_asset, .flags = WIRE_NULLABLE, .offset = offsetof(struct project_model, asset), .help = "What it is cut from."},
    {.name = "timeline", .kind = WIRE_JSON, .type = &wire_timeline, .flags = WIRE_NULLABLE, .offset = offsetof(struct project_model, timeline), .help = "How it is cut."},
    {.name = "consent", .kind = WIRE_OBJECT, .type = &wire_consent, .flags = WIRE_NULLABLE, .offset = offsetof(struct project_model, consent), .help = "The creator's consent."},
    {.name = "revision", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct project_model, revision), .help = "Number of the timeline's revision."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct project_model, created_at), .help = "When it was made."},
    {.name = "updated_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct project_model, updated_at), .help = "When it last changed."},
    {0},
};
TYPE(wire_project, struct project_model, "ProjectDetail", "A project with its timeline.", project_fields);

static const struct wire_field project_line_fields[] = {
    {.name = "id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct project_line, id), .help = "The project's id."},
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct project_line, title), .help = "Its name."},
    {.name = "status", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct project_line, status), .help = "As in ProjectDetail."},
    {.name = "thumbnail_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct project_line, thumbnail_url), .help = "A still of its asset."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME, .offset = offsetof(struct project_line, created_at), .help = "When it was made."},
    {.name = "updated_at", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME, .offset = offsetof(struct project_line, updated_at), .help = "When it last changed."},
    {0},
};
TYPE(wire_project_line, struct project_line, "ProjectListItem", "A line of the list of projects.", project_line_fields);

static const struct wire_field form_ingest_fields[] = {
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_form, title), .max = 500,
     .help = "The project's name; the file's name without it."},
    {.name = "auto_analyze", .kind = WIRE_BOOL, .offset = offsetof(struct ingest_form, auto_analyze), .def = "true",
     .help = "Analyse and lay out a timeline at once."},
    {.name = "template", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_form, layout.template_name), .max = 60,
     .help = "Template that lays out the film; GET /api/templates lists them. Without it the server's."},
    {.name = "target_length", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_form, layout.target_length), .max = 30,
     .help = "How long the film may be: full, or seconds (15, 30, 60). Without it as long as the template says."},
    {.name = "seed", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_form, layout.seed), .min = 0, .max = 9007199254740991.0,
     .help = "Another number, another cut; without it the same one every time."},
    {.name = "script", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_form, layout.script), .max = 65536,
     .help = "What is said, word for word: the words are found in the sound (English), and captions follow from them without any model. Longer ones as a file of up to 4 MiB."},
    {.name = "captions", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_form, layout.captions), .max = 65536,
     .help = "Captions that there are already, as the text of an SRT, WebVTT or ASS file. Longer ones as a file of up to 4 MiB."},
    {0},
};
TYPE(form_ingest, struct ingest_form, "IngestForm", "What goes with an upload.", form_ingest_fields);

static const struct wire_field analyze_request_fields[] = {
    {.name = "template", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct analyze_request, template_name), .max = 60,
     .help = "Template that lays out the film; GET /api/templates lists them. Without it the server's."},
    {.name = "target_length", .kind = WIRE_JSON, .flags = WIRE_NULLABLE, .offset = offsetof(struct analyze_request, target_length), .example = "30",
     .help = "How long the film may be: \"full\", or seconds (15, 30, 60). Without it as long as the template says."},
    {.name = "seed", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct analyze_request, seed), .min = 0, .max = 9007199254740991.0,
     .help = "Another number, another cut; without it the same one every time."},
    {0},
};
TYPE(wire_analyze_request, struct analyze_request, "AnalyzeRequest", "How the film is to be laid out anew; what is left out of it may stand in the query.", analyze_request_fields);

static const struct wire_field ingest_fields[] = {
    {.name = "asset", .kind = WIRE_OBJECT, .type = &wire_asset, .flags = WIRE_REQUIRED, .offset = offsetof(struct ingest_model, asset), .help = "The stored file."},
    {.name = "project", .kind = WIRE_OBJECT, .type = &wire_project, .flags = WIRE_REQUIRED, .offset = offsetof(struct ingest_model, project), .help = "The project made for it."},
    {.name = "status_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_model, status_url), .help = "Where the analysis can be watched."},
    {.name = "job_id", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct ingest_model, job_id), .help = "The job that analyses."},
    {0},
};
TYPE(wire_ingest, struct ingest_model, "IngestResponse", "What an upload became.", ingest_fields);

static const struct wire_field revision_fields[] = {
    {.name = "revision", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = offsetof(struct revision_model, revision), .help = "Its number, from 1."},
    {.name = "parent", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct revision_model, parent), .help = "The revision it was made from."},
    {.name = "source", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct revision_model, source), .help = "Who made it: user, template, chat."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_REQUIRED | WIRE_DATETIME, .offset = offsetof(struct revision_model, created_at), .help = "When."},
    {.name = "current", .kind = WIRE_BOOL, .flags = WIRE_REQUIRED, .offset = offsetof(struct revision_model, current), .help = "The one that GET gives."},
    {0},
};
TYPE(wire_revision, struct revision_model, "TimelineRevision", "One stored change of a timeline.", revision_fields);

/* --- Render --- */
static const char *const presets[] = {"draft", "standard", "high", NULL};
static const char *const formats[] = {"vertical", "square", "landscape", NULL};

static const char *const still_kinds[] = {"jpeg", "webp", "png", NULL};

static const struct wire_field validate_request_fields[] = {
    {.name = "timeline", .kind = WIRE_OBJECT, .type = &wire_timeline, .flags = WIRE_NULLABLE, .offset = offsetof(struct validate_request, timeline), .help = "What to look at; the stored timeline without it."},
    {.name = "format", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .choices = formats, .offset = offsetof(struct validate_request, format), .help = "As for a render."},
    {.name = "preset", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .choices = presets, .offset = offsetof(struct validate_request, preset), .help = "As for a render."},
    {0},
};
TYPE(wire_validate_request, struct validate_request, "ValidateRequest", "A timeline to be looked at.", validate_request_fields);

static const struct wire_field query_frame_fields[] = {
    {.name = "t", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, .offset = offsetof(struct frame_query, t), .min = 0, .max = 1e6, .help = "When, in seconds of the film."},
    {.name = "format", .kind = WIRE_STRING, .choices = still_kinds, .def = "\"jpeg\"", .offset = offsetof(struct frame_query, format), .help = "Kind of picture."},
    {.name = "width", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct frame_query, width), .min = 16, .max = 4096, .help = "At most so wide. Without it: as wide as the film, but drawn from small copies of the sources where there are any, which is quick. Said: as sharp as the film at that width."},
    {.name = "shape", .kind = WIRE_STRING, .choices = formats, .def = "\"vertical\"", .offset = offsetof(struct frame_query, shape), .help = "A render's format."},
    {.name = "revision", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct frame_query, revision), .min = 1, .max = 1e15, .help = "Of the timeline; the current one without it."},
    {.name = "watermark", .kind = WIRE_BOOL, .flags = WIRE_NULLABLE, .offset = offsetof(struct frame_query, watermark), .help = "As for a render."},
    {0},
};
TYPE(query_frame, struct frame_query, "frame", "Which frame, and how.", query_frame_fields);

static const struct wire_field query_waveform_fields[] = {
    {.name = "samples_per_pixel", .kind = WIRE_INT, .offset = offsetof(struct waveform_query, samples_per_pixel), .def = "256", .min = 1, .max = 1 << 24,
     .help = "Of 22,050 a second; rounded up to a multiple of 128 (256 beyond 3.3 hours, and so on)."},
    {.name = "bits", .kind = WIRE_INT, .offset = offsetof(struct waveform_query, bits), .def = "8", .min = 8, .max = 16, .help = "8 or 16."},
    {0},
};
TYPE(query_waveform, struct waveform_query, "waveform", "How fine a waveform.", query_waveform_fields);

static const struct wire_field query_plot_fields[] = {
    {.name = "width", .kind = WIRE_INT, .offset = offsetof(struct plot_query, width), .def = "1600", .min = 600, .max = 4096, .help = "Of the page, pixels."},
    {.name = "project_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct plot_query, project_id), .min = 1, .max = 1e15,
     .help = "A project of this asset, whose timeline is drawn, too."},
    {0},
};
TYPE(query_plot, struct plot_query, "plot", "What is drawn.", query_plot_fields);

static const struct wire_field range_fields[] = {
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, .offset = offsetof(struct render_range, start), .min = 0, .max = 1e6, .help = "Seconds of the film."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, .offset = offsetof(struct render_range, end), .min = 0, .max = 1e6, .help = "Seconds of the film."},
    {0},
};
static TYPE(wire_render_range, struct render_range, "RenderRange", "A part of the film.", range_fields);

static const struct wire_field render_request_fields[] = {
    {.name = "watermark", .kind = WIRE_BOOL, .flags = WIRE_NULLABLE, .offset = offsetof(struct render_request, watermark),
     .help = "Burn in AIVE_WATERMARK_TEXT; as AIVE_WATERMARK_ENABLED says when absent."},
    {.name = "preset", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .choices = presets, .offset = offsetof(struct render_request, preset), .help = "Quality."},
    {.name = "format", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .choices = formats, .offset = offsetof(struct render_request, format),
     .help = "vertical 1080x1920 (default), square 1080x1080, landscape 1920x1080."},
    {.name = "range", .kind = WIRE_OBJECT, .type = &wire_render_range, .flags = WIRE_NULLABLE, .offset = offsetof(struct render_request, range), .help = "Only this part of the film."},
    {0},
};
TYPE(wire_render_request, struct render_request, "RenderRequest", "How to render.", render_request_fields);

static const struct wire_field render_started_fields[] = {
    {.name = "job_id", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct render_started, job_id), .help = "The job's id."},
    {.name = "status_url", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct render_started, status_url), .help = "Where to watch it."},
    {0},
};
TYPE(wire_render_started, struct render_started, "RenderResponse", "A render that is queued.", render_started_fields);

static const struct wire_field job_status_fields[] = {
    {.name = "id", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct job_status, id), .help = "The job's id."},
    {.name = "status", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct job_status, status),
     .help = "queued, started, rendering, finished, failed or canceled."},
    {.name = "progress", .kind = WIRE_NUMBER, .offset = offsetof(struct job_status, progress), .def = "0.0", .help = "Percent; never goes back."},
    {.name = "logs", .kind = WIRE_LIST, .item = WIRE_STRING, .offset = offsetof(struct job_status, logs), .help = "What happened so far."},
    {.name = "result", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, result), .help = "The film, once finished."},
    {.name = "output_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, output_url), .help = "The film, once finished."},
    {.name = "error", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, error), .help = "Why it failed."},
    {.name = "kind", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, kind), .help = "render or analyze."},
    {.name = "stage", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, stage), .help = "What it is doing."},
    {.name = "project_id", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, project_id), .help = "Whose job it is."},
    {.name = "attempt", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, attempt), .help = "How often it was started."},
    {.name = "created_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct job_status, created_at), .help = "When it was queued."},
    {.name = "updated_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct job_status, updated_at), .help = "Its last sign of life."},
    {.name = "started_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct job_status, started_at), .help = "When it started."},
    {.name = "ended_at", .kind = WIRE_STRING, .flags = WIRE_NULLABLE | WIRE_DATETIME, .offset = offsetof(struct job_status, ended_at), .help = "When it ended."},
    {.name = "report", .kind = WIRE_JSON, .type = &wire_film_report, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, report),
     .help = "How the film was made; null until it is finished."},
    {.name = "playlist_url", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct job_status, playlist_url),
     .help = "The film as HLS, also while it is rendered."},
    {0},
};
TYPE(wire_job_status, struct job_status, "RenderStatus", "How a job stands.", job_status_fields);

/* --- Consent --- */
static const struct wire_field consent_checkbox_fields[] = {
    {.name = "accepted", .kind = WIRE_BOOL, .flags = WIRE_REQUIRED, .offset = offsetof(struct consent_checkbox, accepted),
     .help = "false withdraws and cancels running renders."},
    {0},
};
TYPE(wire_consent_checkbox, struct consent_checkbox, "ConsentCheckboxRequest", "The creator's answer.", consent_checkbox_fields);

/* --- Tools --- */
static const struct wire_field tool_request_fields[] = {
    {.name = "tool", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct tool_request, tool),
     .help = "transcribe, beats, thumbnail, caption_srt or suggest_effects."},
    {.name = "args", .kind = WIRE_JSON, .offset = offsetof(struct tool_request, args), .def = "{}", .help = "What the tool needs, see its description."},
    {0},
};
TYPE(wire_tool_request, struct tool_request, "ToolRequest", "A tool and its arguments.", tool_request_fields);

static const struct wire_field tool_answer_fields[] = {
    {.name = "tool", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct tool_answer, tool), .help = "The tool that ran."},
    {.name = "result", .kind = WIRE_JSON, .offset = offsetof(struct tool_answer, result), .help = "What it found."},
    {0},
};
TYPE(wire_tool_answer, struct tool_answer, "ToolResponse", "What a tool found.", tool_answer_fields);

static const struct wire_field generate_video_fields[] = {
    {.name = "prompt", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct generate_video_request, prompt), .min = 1, .max = 4000, .help = "What to show."},
    {.name = "model", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct generate_video_request, model), .max = 200, .help = "Which model."},
    {.name = "duration", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct generate_video_request, duration), .min = 0.1, .max = 600, .help = "Seconds."},
    {.name = "seed", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct generate_video_request, seed), .help = "Same seed, same video."},
    {0},
};
TYPE(wire_generate_video, struct generate_video_request, "GenerateVideoRequest", "A video from words.", generate_video_fields);

static const struct wire_field edit_image_fields[] = {
    {.name = "prompt", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct edit_image_request, prompt), .min = 1, .max = 4000, .help = "What to change."},
    {.name = "path", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct edit_image_request, path), .max = 500, .help = "The image; without it a new one is made."},
    {.name = "model", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct edit_image_request, model), .max = 200, .help = "Which model."},
    {0},
};
TYPE(wire_edit_image, struct edit_image_request, "EditImageRequest", "An image from words.", edit_image_fields);

static const struct wire_field generated_file_fields[] = {
    {.name = "path", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct generated_file, path), .help = "Where it is stored."},
    {.name = "url", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct generated_file, url), .help = "Where it can be fetched."},
    {0},
};
TYPE(wire_generated_file, struct generated_file, "GeneratedFile", "A file that a model made.", generated_file_fields);
/* clang-format on */
