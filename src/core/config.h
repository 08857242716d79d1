/* SPDX-License-Identifier: GPL-3.0-or-later
 * config.h - the settings of aive. config.c holds their one table.
 */
#ifndef AIVE_CORE_CONFIG_H
#define AIVE_CORE_CONFIG_H

#include "core/arena.h"
#include "core/err.h"
#include "core/options.h"

#include <stdbool.h>
#include <stdint.h>

struct config {
    /* server */
    const char *host;
    int64_t port;
    bool allow_anonymous;
    const char *cors_origins;
    int64_t max_upload_bytes;
    int64_t http_threads;
    int64_t shutdown_seconds;

    /* folders: empty ones are derived from data_dir by config_finish() */
    const char *data_dir, *media_root;
    const char *ingest_dir, *thumbnails_dir, *final_dir, *consent_dir, *derived_dir, *cache_dir,
        *tmp_dir;
    const char *models_dir, *share_dir;
    bool cache_dir_named; /* by the user, not derived */

    /* database and queue */
    const char *database_url, *redis_url;

    /* jobs */
    int64_t workers;
    int64_t render_threads;
    int64_t cache_bytes;
    int64_t job_memory_bytes;
    int64_t job_seconds;
    bool require_cage;

    /* editing */
    const char *template_name;
    const char *templates_dir; /* "": none */
    bool watermark_enabled;
    const char *watermark_text;
    const char *render_preset;
    bool consent_require_document;

    /* models */
    const char *whisper_model, *chat_backend, *hf_text_model;
    const char *openai_base_url, *openai_api_key, *openai_model;
    int64_t chat_seconds;
    const char *video_model_url, *image_model_url;
    const char *speech_url, *speech_key, *speech_model;
    const char *hub_url, *hub_token;
    bool offline;

    /* log */
    const char *log_level, *log_format;
};

extern const struct option config_options[]; /* ended by a row without a name */

/* Fills what depends on other settings: folders under data_dir, worker and thread counts by
 * cores, the share folder beside the binary. */
bool config_finish(struct config *c, struct arena *a, struct err *e);

/* Makes every data folder that is missing. */
bool config_make_folders(const struct config *c, struct err *e);

#endif
