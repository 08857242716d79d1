/* SPDX-License-Identifier: GPL-3.0-or-later
 * film.c - both sides of the work-horse that renders. run_render.c is the job on top. */
#include "jobs/film.h"

#include "core/clock.h"
#include "core/config.h"
#include "core/files.h"
#include "jobs/probe.h"
#include "jobs/workspace.h"
#include "media/media.h"
#include "render/render.h"
#include "store/store.h"
#include "timeline/timeline.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PENDING_MAX 64 /* chunks being written at once */
#define FILM_MAX_BYTES ((uint64_t)64 << 30)
#define SPEC_MAX_BYTES ((size_t)48 << 20)

/* clang-format off */
#define F(type, member, k, words) {.name = #member, .kind = k, .flags = WIRE_NULLABLE, .offset = offsetof(type, member), .help = words}
static const struct wire_field order_fields[] = {
    F(struct film_order, title, WIRE_STRING, "Title in the film's metadata."),
    F(struct film_order, watermark, WIRE_STRING, "What the watermark says."),
    F(struct film_order, preset, WIRE_STRING, "Quality."),
    F(struct film_order, format, WIRE_STRING, "Shape of the film."),
    F(struct film_order, range_start, WIRE_NUMBER, "Part of the film: from, seconds."),
    F(struct film_order, range_end, WIRE_NUMBER, "Part of the film: to, seconds."),
    F(struct film_order, timeline, WIRE_JSON, "The timeline."),
    {0},
};
const struct wire_type wire_film_order = {.name = "FilmOrder", .fields = order_fields, .size = sizeof(struct film_order)};

/* The same for the work-horse, with what it cannot look up. */
struct spec_source {
    const char *path;
    int64_t duration_ticks, frame_ticks;
    int8_t has_video, has_audio;
    const char *hash;
};
static const struct wire_field source_fields[] = {
    F(struct spec_source, path, WIRE_STRING, "What the timeline calls it."),
    F(struct spec_source, duration_ticks, WIRE_INT, "Its length."),
    F(struct spec_source, frame_ticks, WIRE_INT, "One frame of it."),
    F(struct spec_source, has_video, WIRE_BOOL, "Has a picture."),
    F(struct spec_source, has_audio, WIRE_BOOL, "Has sound."),
    F(struct spec_source, hash, WIRE_STRING, "Hash of its content."),
    {0},
};
static const struct wire_type wire_spec_source = {.name = "FilmSource", .fields = source_fields, .size = sizeof(struct spec_source)};

struct film_spec {
    struct film_order *order;
    int64_t project_id, threads;
    const char *created;
    struct wire_list sources;
};
static const struct wire_field spec_fields[] = {
    {.name = "order", .kind = WIRE_OBJECT, .type = &wire_film_order, .flags = WIRE_REQUIRED, .offset = offsetof(struct film_spec, order), .help = "What to render."},
    F(struct film_spec, project_id, WIRE_INT, "For the metadata."),
    F(struct film_spec, threads, WIRE_INT, "Chunks at once."),
    F(struct film_spec, created, WIRE_STRING, "Time of creation, ISO 8601."),
    {.name = "sources", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_spec_source, .offset = offsetof(struct film_spec, sources), .help = "Files, as source:0 ..."},
    {0},
};
static const struct wire_type wire_film_spec = {.name = "FilmSpec", .fields = spec_fields, .size = sizeof(struct film_spec)};
#undef F
/* clang-format on */

/* --- From an order to a plan ------------------------------------------------------------------ */

static bool plan_order(const struct film_order *o, const struct plan_source *sources,
                       size_t source_count, struct arena *a, struct plan *plan, struct err *e)
{
    struct timeline *tl = timeline_parse_trusted(o->timeline.text, o->timeline.len, a, e);
    if (!tl)
        return err_wrap(e, "timeline");
    struct plan_options opt = {
        .format = plan_format_find(o->format ? o->format : "vertical"),
        .fps_num = 30,
        .fps_den = 1,
        .watermark = o->watermark,
        .range_start_s = isnan(o->range_start) ? 0 : o->range_start,
        .range_end_s = isnan(o->range_end) ? 0 : o->range_end,
    };
    if (!opt.format)
        return err_set(e, ERR_INVALID, "unknown format \"%.40s\"", o->format);
    return plan_build(tl, sources, source_count, &opt, a, plan, e);
}

/* --- Inside the work-horse -------------------------------------------------------------------- */

/* Made before the cage closes: the plan, and the captions with their fonts. */
struct film_work {
    struct arena arena;
    struct film_spec *spec;
    struct plan plan;
    struct captions *captions;
};

static bool film_prepare(struct horse *h, struct err *e)
{
    media_init();
    struct film_work *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(e, ERR_NO_MEMORY, "no memory for the film");
    arena_init(&w->arena, (size_t)256 << 20);
    horse_set_user(h, w);

    unsigned long len;
    const char *text = horse_spec(h, &len);
    w->spec = wire_read_trusted(&wire_film_spec, text, len, &w->arena, e);
    if (!w->spec)
        return err_wrap(e, "job");
    const struct spec_source *from = w->spec->sources.items;
    struct plan_source *sources = arena_array(&w->arena, w->spec->sources.count, sizeof *sources);
    for (size_t i = 0; sources && i < w->spec->sources.count; i++)
        sources[i] = (struct plan_source){
            .path = from[i].path,
            .duration_ticks = from[i].duration_ticks,
            .frame_ticks = from[i].frame_ticks,
            .has_video = from[i].has_video == 1,
            .has_audio = from[i].has_audio == 1,
            .hash = from[i].hash,
        };
    if (!sources)
        return err_set(e, ERR_NO_MEMORY, "no memory for the film");
    if (!plan_order(w->spec->order, sources, w->spec->sources.count, &w->arena, &w->plan, e))
        return false;
    w->captions = captions_create(&w->plan, e);
    return w->captions != NULL;
}

static void child_progress(void *user, double percent, const char *stage)
{
    horse_progress(user, percent, stage);
}

static void child_log(void *user, const char *line)
{
    horse_log(user, "%s", line);
}

/* The chunk store, seen from inside: every file is asked for. */
static void chunk_name(const char *key, char name[80])
{
    snprintf(name, 80, "chunk/%.64s", key);
}

static int store_open_chunk(void *user, const char *key, struct err *e)
{
    char name[80];
    chunk_name(key, name);
    return horse_open(user, name, e);
}

static int store_create_chunk(void *user, const char *key, struct err *e)
{
    char name[80];
    chunk_name(key, name);
    return horse_create(user, name, e);
}

static bool store_commit_chunk(void *user, const char *key, struct err *e)
{
    char name[80];
    chunk_name(key, name);
    return horse_commit(user, name, e);
}

/* Descriptors of the sources in the plan's order. */
static bool source_fds(struct horse *h, const struct film_work *w, int *fds, struct err *e)
{
    for (size_t i = 0; i < w->plan.source_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "source:%zu", i);
        fds[i] = horse_fd(h, name);
        if (fds[i] < 0)
            return err_set(e, ERR_INTERNAL, "%s was not handed over", name);
    }
    return true;
}

static bool film_child(struct horse *h, struct buf *result, struct err *e)
{
    struct film_work *w = horse_user(h);
    const struct film_order *order = w->spec->order;
    int fds[FILM_MAX_SOURCES];
    char project[32];
    snprintf(project, sizeof project, "%lld", (long long)w->spec->project_id);
    const struct film_tag tags[] = {
        {"title", order->title ? order->title : "Untitled"},
        {"creation_time", w->spec->created ? w->spec->created : ""},
        {"comment", "edited with AI assistance"},
        {"project_id", project},
        {"encoder", "aive " AIVE_VERSION},
    };
    const struct render_preset *preset =
        render_preset_find(order->preset ? order->preset : RENDER_DEFAULT_PRESET);
    if (!preset)
        return err_set(e, ERR_INVALID, "unknown preset \"%.40s\"", order->preset);
    if (*captions_left_out(w->captions))
        horse_log(h, "No font draws these characters, they are left out: %s",
                  captions_left_out(w->captions));
    struct render_job job = {
        .plan = &w->plan,
        .captions = w->captions,
        .source_fds = fds,
        .preset = preset,
        .store = {store_open_chunk, store_create_chunk, store_commit_chunk, h},
        .output_fd = horse_fd(h, "output"),
        .threads = (int)w->spec->threads,
        .tags = tags,
        .tag_count = sizeof tags / sizeof *tags,
        .progress = child_progress,
        .log = child_log,
        .user = h,
    };
    struct render_report report = {0};
    if (!source_fds(h, w, fds, e) || !render_run(&job, &report, e))
        return false;
    buf_printf(result, "{\"frames\":%lld,\"chunks\":%zu,\"chunks_reused\":%zu}",
               (long long)report.frames, report.chunks, report.chunks_reused);
    captions_destroy(w->captions);
    arena_finish(&w->arena);
    free(w);
    return true;
}

/* Limits of memory and time come from the settings, see film_render(). */
const struct horse_kind horse_render = {
    .name = "render",
    .help = "Renders a film.",
    .limits = {.memory_bytes = UINT64_C(3) << 30, .cpu_seconds = 4 * 3600, .wall_seconds = 4 * 3600,
               .silence_seconds = 300, .file_bytes = FILM_MAX_BYTES},
    .prepare = film_prepare,
    .run = film_child,
};

/* --- The caller's side: the broker that hands out chunk files --------------------------------- */

/* Chunks that the work-horse is writing: nameless files until it commits them. */
struct broker {
    int cache_fd;
    const struct film_callbacks *on;
    struct {
        char name[80];
        int fd; /* -1: free */
    } pending[PENDING_MAX];
};

/* "chunk/<64 hex>" -> the hex digits, which are the name in the cache folder. */
static const char *chunk_key(const char *name, struct err *e)
{
    const char *key = strncmp(name, "chunk/", 6) == 0 ? name + 6 : "";
    if (strlen(key) == 64 && strspn(key, "0123456789abcdef") == 64)
        return key;
    err_set(e, ERR_INVALID, "the work-horse asked for \"%.80s\"", name);
    return NULL;
}

static int broker_open(struct broker *b, const char *key, struct err *e)
{
    int fd = file_open_beneath(b->cache_fd, key, e);
    if (fd >= 0)
        futimens(fd, NULL); /* used now: what is not used for long is swept away */
    return fd;
}

static int broker_create(struct broker *b, const char *key, struct err *e)
{
    for (int i = 0; i < PENDING_MAX; i++)
        if (b->pending[i].fd >= 0 && strcmp(b->pending[i].name, key) == 0)
            return err_set(e, ERR_CONFLICT, "that chunk is being written already"), -1;
    for (int i = 0; i < PENDING_MAX; i++) {
        if (b->pending[i].fd >= 0)
            continue;
        int fd = file_temp(b->cache_fd, e);
        int copy = fd >= 0 ? dup(fd) : -1;
        if (copy < 0) {
            if (fd >= 0)
                close(fd);
            return fd < 0 ? -1 : (err_errno(e, errno, "dup"), -1);
        }
        b->pending[i].fd = fd;
        snprintf(b->pending[i].name, sizeof b->pending[i].name, "%s", key);
        return copy;
    }
    return err_set(e, ERR_INVALID, "the work-horse writes too many files at once"), -1;
}

static int broker_commit(struct broker *b, const char *key, struct err *e)
{
    for (int i = 0; i < PENDING_MAX; i++) {
        if (b->pending[i].fd < 0 || strcmp(b->pending[i].name, key) != 0)
            continue;
        bool ok = file_publish(b->pending[i].fd, b->cache_fd, key, e) || e->code == ERR_CONFLICT;
        close(b->pending[i].fd);
        b->pending[i].fd = -1;
        return ok ? 0 : -1;
    }
    return err_set(e, ERR_INVALID, "the work-horse commits what it did not create"), -1;
}

static int on_ask(void *user, const char *op, const char *name, struct err *e)
{
    struct broker *b = user;
    const char *key = chunk_key(name, e);
    if (!key)
        return -1;
    if (strcmp(op, "open") == 0)
        return broker_open(b, key, e);
    if (strcmp(op, "create") == 0)
        return broker_create(b, key, e);
    return broker_commit(b, key, e);
}

static void on_progress(void *user, double percent, const char *stage)
{
    const struct film_callbacks *on = ((struct broker *)user)->on;
    if (on && on->progress)
        on->progress(on->user, percent, stage);
}

static void on_log(void *user, const char *line)
{
    const struct film_callbacks *on = ((struct broker *)user)->on;
    if (on && on->log)
        on->log(on->user, line);
}

struct film_source_file film_source_of(const struct asset *asset, const char *called, int fd)
{
    return (struct film_source_file){
        .path = called,
        .duration_ticks = asset->duration_ticks,
        .frame_ticks = asset_frame_ticks(asset),
        .has_video = asset->has_video,
        .has_audio = asset->has_audio,
        .hash = asset->content_hash,
        .fd = fd,
    };
}

static bool spec_text(const struct config *config, const struct film_order *order,
                      int64_t project_id, const struct film_source_file *files, int count,
                      struct buf *out, struct err *e)
{
    struct spec_source sources[FILM_MAX_SOURCES];
    char created[CLOCK_ISO_SIZE];
    clock_iso(clock_now_us() / 1000000 * 1000000, created);
    for (int i = 0; i < count; i++)
        sources[i] = (struct spec_source){
            .path = files[i].path,
            .duration_ticks = files[i].duration_ticks,
            .frame_ticks = files[i].frame_ticks,
            .has_video = files[i].has_video,
            .has_audio = files[i].has_audio,
            .hash = files[i].hash,
        };
    struct film_order copy = *order;
    struct film_spec spec = {
        .order = &copy,
        .project_id = project_id,
        .threads = config->render_threads,
        .created = created,
        .sources = {sources, (size_t)count},
    };
    wire_write(&wire_film_spec, &spec, out);
    return out->failed ? err_set(e, ERR_TOO_LARGE, "the timeline is too large to render") : true;
}

bool film_render(const struct config *config, const struct film_order *order, int64_t project_id,
                 const struct film_source_file *sources, int source_count, int cache_fd,
                 int output_fd, const struct film_callbacks *on, const struct cancel *cancel,
                 struct err *e)
{
    struct broker broker = {.cache_fd = cache_fd, .on = on};
    struct horse_fd fds[FILM_MAX_SOURCES + 1];
    char names[FILM_MAX_SOURCES][16];
    struct buf spec;
    char *result = NULL;
    for (int i = 0; i < PENDING_MAX; i++)
        broker.pending[i].fd = -1;
    buf_init(&spec, SPEC_MAX_BYTES);
    if (source_count > FILM_MAX_SOURCES) {
        err_set(e, ERR_INVALID, "a film of %d files: at most %d", source_count, FILM_MAX_SOURCES);
        goto out;
    }
    if (!spec_text(config, order, project_id, sources, source_count, &spec, e))
        goto out;
    for (int i = 0; i < source_count; i++) {
        snprintf(names[i], sizeof names[i], "source:%d", i);
        fds[i] = (struct horse_fd){names[i], sources[i].fd};
    }
    fds[source_count] = (struct horse_fd){"output", output_fd};

    struct horse_limits limits = horse_render.limits;
    limits.memory_bytes = (uint64_t)config->job_memory_bytes;
    limits.wall_seconds = (int)config->job_seconds;
    limits.cpu_seconds = (int)(config->job_seconds * config->render_threads);
    struct horse_job job = {.kind = "render", .spec = spec.data, .fds = fds,
                            .fd_count = source_count + 1, .limits = &limits, .cancel = cancel,
                            .on_progress = on_progress, .on_log = on_log, .on_ask = on_ask,
                            .user = &broker};
    result = horse_run(&job, e);
out:
    for (int i = 0; i < PENDING_MAX; i++)
        if (broker.pending[i].fd >= 0)
            close(broker.pending[i].fd);
    buf_finish(&spec);
    bool ok = result != NULL;
    free(result);
    return ok;
}

/* --- Before it is queued ---------------------------------------------------------------------- */

/* What is known of an asset, as a source of the plan. */
static struct plan_source source_of(const struct asset *asset, const char *called)
{
    return (struct plan_source){
        .path = called,
        .duration_ticks = asset->duration_ticks,
        .frame_ticks = asset_frame_ticks(asset),
        .has_video = asset->has_video,
        .has_audio = asset->has_audio,
        .hash = asset->content_hash,
    };
}

static bool is_listed(const struct plan_source *sources, size_t count, const char *called)
{
    for (size_t i = 0; i < count; i++)
        if (sources[i].path && strcmp(sources[i].path, called) == 0)
            return true;
    return false;
}

bool film_check(struct workspace *ws, const struct project_detail *d, const char *order_text,
                struct arena *a, struct err *e)
{
    const struct film_order *o =
        wire_read_trusted(&wire_film_order, order_text, strlen(order_text), a, e);
    if (!o)
        return false;
    struct timeline *tl = o->timeline.text
                              ? timeline_parse_trusted(o->timeline.text, o->timeline.len, a, e)
                              : timeline_empty(a);
    if (!tl)
        return err_wrap(e, "timeline");
    if (tl->segments.count == 0)
        return true;

    struct plan_source sources[FILM_MAX_SOURCES] = {source_of(&d->asset, d->asset.path)};
    size_t count = 1;
    const struct timeline_segment *seg = timeline_segments(tl);
    for (size_t i = 0; i < tl->segments.count; i++) {
        const char *path = seg[i].sfx ? seg[i].sfx->path : NULL;
        struct asset asset;
        if (!path || is_listed(sources, count, path))
            continue;
        if (count == FILM_MAX_SOURCES)
            return err_set(e, ERR_INVALID, "the timeline uses more than %d files", FILM_MAX_SOURCES);
        if (!asset_by_path(ws->store, strncmp(path, "/media/", 7) == 0 ? path + 7 : path, &asset, a,
                           e))
            return err_wrap(e, "sound of segment %zu", i);
        sources[count++] = source_of(&asset, path);
    }
    struct plan plan;
    return plan_order(o, sources, count, a, &plan, e);
}
