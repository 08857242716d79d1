/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/config.h"

#include "core/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(member) .offset = offsetof(struct config, member)

static const char *const presets[] = {"draft", "standard", "high", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const chats[] = {"stub", "hf", "openai", NULL};
static const char *const formats[] = {"auto", "text", "json", NULL};

/* clang-format off */
const struct option config_options[] = {
    {.name = "host", .kind = OPT_TEXT, AT(host), .def = "127.0.0.1", .value = "ADDRESS", .group = "Server",
     .help = "Address to listen on. Any but a loopback address needs --allow-anonymous until users exist."},
    {.name = "port", .kind = OPT_INT, AT(port), .def = "8000", .min = 0, .max = 65535, .value = "PORT",
     .help = "Port to listen on; 0 takes a free one and prints it."},
    {.name = "allow-anonymous", .kind = OPT_BOOL, AT(allow_anonymous), .def = "false",
     .help = "Serve everybody who can reach the address, without authentication."},
    {.name = "cors-origins", .kind = OPT_TEXT, AT(cors_origins), .def = "*", .value = "LIST",
     .help = "Web origins that may call the API from a browser, comma-separated; * for all."},
    {.name = "max-upload-bytes", .kind = OPT_BYTES, AT(max_upload_bytes), .def = "8GiB", .min = 1, .max = 9e15,
     .value = "SIZE", .help = "Largest upload; more is answered 413."},
    {.name = "http-threads", .kind = OPT_INT, AT(http_threads), .def = "0", .min = 0, .max = 256, .value = "N",
     .help = "Event threads; 0 is one for each core."},
    {.name = "shutdown-seconds", .kind = OPT_INT, AT(shutdown_seconds), .def = "30", .min = 0, .max = 3600,
     .value = "S", .help = "How long SIGTERM lets running requests and jobs finish."},

    {.name = "data-dir", .kind = OPT_TEXT, AT(data_dir), .def = "./aive-data", .value = "FOLDER", .group = "Folders",
     .help = "Everything aive stores, unless a setting below moves a part elsewhere."},
    {.name = "media-root", .kind = OPT_TEXT, AT(media_root), .value = "FOLDER", .help = "Media; media/ in the data folder."},
    {.name = "ingest-dir", .kind = OPT_TEXT, AT(ingest_dir), .value = "FOLDER", .help = "Uploads; ingest/ in the media folder."},
    {.name = "thumbnails-dir", .kind = OPT_TEXT, AT(thumbnails_dir), .value = "FOLDER", .help = "Thumbnails; thumbnails/ in the media folder."},
    {.name = "final-dir", .kind = OPT_TEXT, AT(final_dir), .value = "FOLDER", .help = "Films; final/ in the media folder."},
    {.name = "consent-dir", .kind = OPT_TEXT, AT(consent_dir), .value = "FOLDER", .help = "Signed documents; consent/ in the media folder."},
    {.name = "derived-dir", .kind = OPT_TEXT, AT(derived_dir), .value = "FOLDER", .help = "What is made from uploads, such as their analysis; derived/ in the media folder."},
    {.name = "cache-dir", .kind = OPT_TEXT, AT(cache_dir), .value = "FOLDER", .help = "Rendered chunks; cache/ in the media folder."},
    {.name = "tmp-dir", .kind = OPT_TEXT, AT(tmp_dir), .value = "FOLDER", .help = "Work in progress; tmp/ in the media folder."},
    {.name = "models-dir", .kind = OPT_TEXT, AT(models_dir), .value = "FOLDER", .help = "Models; models/ in the data folder."},
    {.name = "share-dir", .kind = OPT_TEXT, AT(share_dir), .value = "FOLDER", .help = "Templates and the web page that come with aive; found beside the program."},

    {.name = "database-url", .kind = OPT_TEXT, AT(database_url), .value = "URL", .group = "Database and queue",
     .help = "sqlite:///relative.db or sqlite:////absolute.db; aive.db in the data folder."},
    {.name = "redis-url", .kind = OPT_TEXT, AT(redis_url), .value = "URL", .help = "Redis queue; unset uses the embedded queue."},

    {.name = "workers", .kind = OPT_INT, AT(workers), .def = "-1", .min = -1, .max = 256, .value = "N", .group = "Jobs",
     .help = "Jobs that `aive serve` runs at once; 0 leaves them to `aive worker`; -1 chooses by cores."},
    {.name = "render-threads", .kind = OPT_INT, AT(render_threads), .def = "0", .min = 0, .max = 64, .value = "N",
     .help = "Chunks of one film encoded at once; 0 is one for each core."},
    {.name = "cache-bytes", .kind = OPT_BYTES, AT(cache_bytes), .def = "10GiB", .min = 0, .max = 9e15, .value = "SIZE",
     .help = "Rendered chunks that are kept; the least recently used go first, never those of a running render."},
    {.name = "job-memory-bytes", .kind = OPT_BYTES, AT(job_memory_bytes), .def = "3GiB", .min = 268435456, .max = 1e13,
     .value = "SIZE", .help = "Address space of one work-horse."},
    {.name = "job-seconds", .kind = OPT_INT, AT(job_seconds), .def = "14400", .min = 10, .max = 604800, .value = "S",
     .help = "Longest time one job may take."},
    {.name = "require-cage", .kind = OPT_BOOL, AT(require_cage), .def = "true",
     .help = "Refuse to start where the kernel cannot cage the work-horse."},

    {.name = "template", .kind = OPT_TEXT, AT(template_name), .def = "realistic_chaos", .value = "NAME", .group = "Editing",
     .help = "Template that lays out a new timeline."},
    {.name = "templates-dir", .kind = OPT_TEXT, AT(templates_dir), .value = "FOLDER",
     .help = "Templates of your own, NAME.json each; one that is called like a shipped one comes before it."},
    {.name = "watermark-enabled", .kind = OPT_BOOL, AT(watermark_enabled), .def = "true",
     .help = "Default of the render request's watermark field."},
    {.name = "watermark-text", .kind = OPT_TEXT, AT(watermark_text), .def = "ai-video-editor", .value = "TEXT",
     .help = "What the watermark says."},
    {.name = "render-preset", .kind = OPT_TEXT, AT(render_preset), .def = "standard", .choices = presets, .value = "NAME",
     .help = "Default quality: draft, standard or high."},
    {.name = "consent-require-document", .kind = OPT_BOOL, AT(consent_require_document), .def = "false",
     .help = "Consent needs a signed document besides the checkbox."},

    {.name = "whisper-model", .kind = OPT_TEXT, AT(whisper_model), .def = "small.en", .value = "NAME", .group = "Models",
     .help = "Speech model in the models folder."},
    {.name = "chat-backend", .kind = OPT_TEXT, AT(chat_backend), .def = "stub", .choices = chats, .value = "NAME",
     .help = "Chat backend of a session that names none: stub, hf or openai."},
    {.name = "chat-seconds", .kind = OPT_INT, AT(chat_seconds), .def = "120", .min = 1, .max = 3600, .value = "S",
     .help = "Longest time a model may write at an answer."},
    {.name = "hf-text-model", .kind = OPT_TEXT, AT(hf_text_model), .def = "distilgpt2", .value = "NAME",
     .help = "Text model of the hf chat backend: a name in the models folder, or the path of a folder."},
    {.name = "openai-base-url", .kind = OPT_TEXT, AT(openai_base_url), .value = "URL",
     .help = "Server of the openai chat backend, such as http://127.0.0.1:8080/v1."},
    {.name = "openai-api-key", .kind = OPT_TEXT, AT(openai_api_key), .value = "KEY", .secret = true,
     .help = "Key of that server."},
    {.name = "openai-model", .kind = OPT_TEXT, AT(openai_model), .def = "default", .value = "NAME",
     .help = "Model that it is asked for."},
    {.name = "video-model-url", .kind = OPT_TEXT, AT(video_model_url), .value = "URL",
     .help = "Model server of /api/tools/generate_video (not built into this version yet)."},
    {.name = "image-model-url", .kind = OPT_TEXT, AT(image_model_url), .value = "URL",
     .help = "Model server of /api/tools/edit_image (not built into this version yet)."},
    {.name = "speech-url", .kind = OPT_TEXT, AT(speech_url), .value = "URL",
     .help = "Server that listens in place of the speech model: any with OpenAI's /v1/audio/transcriptions, e.g. https://api.openai.com/v1."},
    {.name = "speech-key", .kind = OPT_TEXT, AT(speech_key), .value = "KEY", .secret = true,
     .help = "Key for that server."},
    {.name = "speech-model", .kind = OPT_TEXT, AT(speech_model), .def = "whisper-1", .value = "NAME",
     .help = "Model that it is asked for."},
    {.name = "hub-url", .kind = OPT_TEXT, AT(hub_url), .def = "https://huggingface.co", .value = "URL",
     .help = "Where models are fetched from: a server with Hugging Face's protocol."},
    {.name = "hub-token", .kind = OPT_TEXT, AT(hub_token), .value = "TOKEN", .secret = true,
     .help = "Account for models that are not for everybody."},
    {.name = "offline", .kind = OPT_BOOL, AT(offline), .def = "false", .help = "Never fetch a model."},

    {.name = "log-level", .kind = OPT_TEXT, AT(log_level), .def = "info", .choices = levels, .value = "LEVEL", .group = "Log",
     .help = "debug, info, warn or error."},
    {.name = "log-format", .kind = OPT_TEXT, AT(log_format), .def = "auto", .choices = formats, .value = "FORMAT",
     .help = "text, json, or auto: text on a terminal, JSON lines otherwise."},
    {0},
};
/* clang-format on */

static bool derive(const char **field, struct arena *a, const char *parent, const char *name)
{
    if (**field)
        return true;
    *field = arena_printf(a, "%s/%s", parent, name);
    return *field != NULL;
}

/* share/aive beside the program: in the build folder (build/share/aive) or installed
 * (bin/../share/aive). */
static bool find_share(struct config *c, struct arena *a)
{
    if (*c->share_dir)
        return true;
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    c->share_dir = arena_printf(a, "%s/share/aive", path);
    if (c->share_dir && access(c->share_dir, F_OK) < 0)
        c->share_dir = arena_printf(a, "%s/../share/aive", path);
    return c->share_dir != NULL;
}

bool config_finish(struct config *c, struct arena *a, struct err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1)
        cores = 1;
    if (c->http_threads == 0)
        c->http_threads = cores;
    if (c->render_threads == 0)
        c->render_threads = cores;
    if (c->workers < 0)
        c->workers = cores > 1 ? cores / 2 + 1 : 1;

    c->cache_dir_named = *c->cache_dir;
    bool ok = derive(&c->media_root, a, c->data_dir, "media") &&
              derive(&c->ingest_dir, a, c->media_root, "ingest") &&
              derive(&c->thumbnails_dir, a, c->media_root, "thumbnails") &&
              derive(&c->final_dir, a, c->media_root, "final") &&
              derive(&c->consent_dir, a, c->media_root, "consent") &&
              derive(&c->derived_dir, a, c->media_root, "derived") &&
              derive(&c->cache_dir, a, c->media_root, "cache") &&
              derive(&c->tmp_dir, a, c->media_root, "tmp") &&
              derive(&c->models_dir, a, c->data_dir, "models") && find_share(c, a);
    if (ok && !*c->database_url)
        ok = (c->database_url = arena_printf(a, "sqlite:///%s/aive.db", c->data_dir)) != NULL;
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory for the settings");
}

bool config_make_folders(const struct config *c, struct err *e)
{
    const char *const folders[] = {c->data_dir,  c->media_root,  c->ingest_dir, c->thumbnails_dir,
                                   c->final_dir, c->consent_dir, c->derived_dir, c->cache_dir,
                                   c->tmp_dir,   c->models_dir};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (!dir_ensure(folders[i], e))
            return err_wrap(e, "data folders");
    return true;
}
