/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_horse.c - inside the work-horse: films, single frames, and looking for trouble.
 *
 * All three prepare alike before the cage closes: the plan, and the captions with their fonts. */
#include "jobs/film.h"

#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/film_report.h"
#include "jobs/film_spec.h"
#include "jobs/film_warn.h"
#include "jobs/pieces.h"
#include "media/media.h"
#include "render/compose.h"
#include "render/render.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILM_MAX_BYTES ((uint64_t)64 << 30)
#define STILL_MAX_BYTES ((uint64_t)64 << 20)

struct film_work {
    struct arena arena;
    struct film_spec *spec;
    struct plan plan;
    struct captions *captions;
    int status_fd;  /* /proc/self/status, opened while that was possible; -1 */
    double begun_s; /* CLOCK_MONOTONIC */
    struct wire_list warnings; /* struct film_finding */
    struct err planned;        /* why there is no plan, for horse_validate */
};

static double seconds_on(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

/* --- Preparing -------------------------------------------------------------------------------- */

static struct plan_source *plan_sources(const struct film_spec *spec, struct arena *a)
{
    const struct spec_source *from = spec->sources.items;
    struct plan_source *sources = arena_array(a, spec->sources.count, sizeof *sources);
    for (size_t i = 0; sources && i < spec->sources.count; i++)
        sources[i] = (struct plan_source){
            .path = from[i].name,
            .asset_id = from[i].asset_id,
            .duration_ticks = from[i].duration_ticks,
            .frame_ticks = from[i].frame_ticks,
            .has_video = from[i].has_video == 1,
            .has_audio = from[i].has_audio == 1,
            .width = (int)from[i].width,
            .height = (int)from[i].height,
            .hash = from[i].hash,
            .picture_hash = from[i].has_proxy == 1
                                ? arena_printf(a, "%s/" PROXY_FILE, from[i].hash)
                                : NULL,
        };
    return sources;
}

static bool plan_and_captions(struct film_work *w, struct err *e)
{
    struct plan_source *sources = plan_sources(w->spec, &w->arena);
    if (!sources)
        return err_set(e, ERR_NO_MEMORY, "no memory for the film");
    if (!film_plan(w->spec->order, sources, w->spec->sources.count, &w->arena, &w->plan, e))
        return false;
    w->captions = captions_create(&w->plan, e);
    return w->captions != NULL;
}

static struct film_work *begin_work(struct horse *h, struct err *e)
{
    media_init();
    struct film_work *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NO_MEMORY, "no memory for the film");
        return NULL;
    }
    arena_init(&w->arena, (size_t)256 << 20);
    w->begun_s = seconds_on(CLOCK_MONOTONIC);
    w->status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    horse_set_user(h, w);

    unsigned long len;
    const char *text = horse_spec(h, &len);
    w->spec = wire_read_trusted(&wire_film_spec, text, len, &w->arena, e);
    return w->spec ? w : (err_wrap(e, "job"), NULL);
}

static bool frame_prepare(struct horse *h, struct err *e)
{
    struct film_work *w = begin_work(h, e);
    return w && plan_and_captions(w, e);
}

static bool find_warnings(struct film_work *w, struct err *e)
{
    return film_warn(w->spec, &w->plan, &w->warnings, &w->arena, e);
}

static bool film_prepare(struct horse *h, struct err *e)
{
    return frame_prepare(h, e) && find_warnings(horse_user(h), e);
}

/* A timeline that cannot be planned is what this one is to tell of. */
static bool validate_prepare(struct horse *h, struct err *e)
{
    struct film_work *w = begin_work(h, e);
    if (!w)
        return false;
    if (plan_and_captions(w, &w->planned))
        return find_warnings(w, e);
    if (w->planned.code == ERR_INVALID || w->planned.code == ERR_TOO_LARGE ||
        w->planned.code == ERR_NOT_FOUND)
        return true;
    *e = w->planned;
    return false;
}

/* Descriptors in the plan's order: of the sources, and of what their pictures are read from. */
struct source_fds {
    int source[FILM_MAX_SOURCES], picture[FILM_MAX_SOURCES];
};

static bool find_fd(struct horse *h, const char *what, size_t i, int *fd, struct err *e)
{
    char name[32];
    snprintf(name, sizeof name, "%s:%zu", what, i);
    *fd = horse_fd(h, name);
    return *fd >= 0 || err_set(e, ERR_INTERNAL, "%s was not handed over", name);
}

static bool find_fds(struct horse *h, const struct film_work *w, struct source_fds *fds,
                     struct err *e)
{
    const struct spec_source *s = w->spec->sources.items;
    for (size_t i = 0; i < w->spec->sources.count; i++) {
        if (!find_fd(h, FILM_SOURCE_NAME, i, &fds->source[i], e))
            return false;
        fds->picture[i] = fds->source[i];
        if (s[i].has_proxy == 1 && !find_fd(h, FILM_PROXY_NAME, i, &fds->picture[i], e))
            return false;
    }
    return true;
}

/* --- The chunk store, seen from inside: every file is asked for ------------------------------- */

#define CHUNK_NAME_SIZE (sizeof FILM_CHUNK_PREFIX - 1 + CHUNK_KEY_SIZE)

static const char *chunk_name(const char *key, char name[CHUNK_NAME_SIZE])
{
    snprintf(name, CHUNK_NAME_SIZE, FILM_CHUNK_PREFIX "%.64s", key);
    return name;
}

static int store_open_chunk(void *user, const char *key, struct err *e)
{
    char name[CHUNK_NAME_SIZE];
    return horse_open(user, chunk_name(key, name), e);
}

static int store_create_chunk(void *user, const char *key, struct err *e)
{
    char name[CHUNK_NAME_SIZE];
    return horse_create(user, chunk_name(key, name), e);
}

static bool store_commit_chunk(void *user, const char *key, struct err *e)
{
    char name[CHUNK_NAME_SIZE];
    return horse_commit(user, chunk_name(key, name), e);
}

static bool announce(void *user, const struct render_pieces *pieces, struct err *e)
{
    const struct plan *p = pieces->plan;
    struct arena a;
    struct buf text;
    arena_init(&a, (size_t)64 << 20);
    buf_init(&text, (size_t)64 << 20);
    const char **keys = arena_array(&a, p->chunk_count, sizeof *keys);
    int64_t *frames = arena_array(&a, p->chunk_count, sizeof *frames);
    bool ok = keys && frames;
    for (size_t i = 0; ok && i < p->chunk_count; i++) {
        keys[i] = pieces->keys[i];
        frames[i] = p->chunks[i].end_frame - p->chunks[i].first_frame;
    }
    const struct film_pieces list = {p->fps_num, p->fps_den, pieces->sound_key,
                                     {keys, p->chunk_count}, {frames, p->chunk_count}};
    if (ok)
        wire_write(&wire_film_pieces, &list, &text);
    int fd = ok && !text.failed ? horse_create(user, FILM_PIECES_NAME, e) : -1;
    if (!ok || text.failed)
        err_set(e, ERR_NO_MEMORY, "no memory for the film's pieces");
    ok = fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len &&
         horse_commit(user, FILM_PIECES_NAME, e);
    if (fd >= 0)
        close(fd);
    buf_finish(&text);
    arena_finish(&a);
    return ok;
}

/* --- A film ----------------------------------------------------------------------------------- */

static void child_progress(void *user, double percent, const char *stage)
{
    horse_progress(user, percent, stage);
}

static void child_log(void *user, const char *line)
{
    horse_log(user, "%s", line);
}

/* VmHWM; getrusage() would tell of the server's memory, which is inherited when it is spawned. */
static int64_t peak_memory(const struct film_work *w)
{
    char text[4096];
    ssize_t n = w->status_fd >= 0 ? pread(w->status_fd, text, sizeof text - 1, 0) : -1;
    text[n > 0 ? n : 0] = '\0';
    const char *line = strstr(text, "VmHWM:");
    return line ? strtoll(line + 6, NULL, 10) * 1024 : INT64_MIN;
}

static double rounded(double seconds)
{
    return round(seconds * 1e3) / 1e3;
}

/* Levels that do not exist are -INFINITY there. */
static double level(double db)
{
    return isfinite(db) ? round(db * 100) / 100 : NAN;
}

static double offset_s(bool known, double ms)
{
    return known ? round(ms * 100) / 1e5 + 0.0 : NAN; /* no -0 */
}

/* Sound that is too quiet, or too spiky, to be lifted all the way. */
#define QUIET_LU 2

/* The plan's warnings, and what only the finished sound could tell. */
static struct wire_list all_warnings(struct film_work *w, const struct sound_report *loud)
{
    double target = w->plan.loudness;
    struct wire_list list = w->warnings;
    if (target == 0 || !isfinite(loud->lufs) || loud->lufs > target - QUIET_LU)
        return list;
    struct film_finding *all = arena_array(&w->arena, list.count + 1, sizeof *all);
    const char *words =
        arena_printf(&w->arena,
                     "The sound stays at %.0f LUFS instead of %.0f: it is too quiet or too uneven "
                     "to be lifted further",
                     loud->lufs, target);
    if (!all || !words)
        return list;
    if (list.count)
        memcpy(all, list.items, list.count * sizeof *all);
    all[list.count] = (struct film_finding){"quiet_sound", words, INT64_MIN, NULL, NAN};
    return (struct wire_list){all, list.count + 1};
}

static void write_report(struct film_work *w, const struct render_report *r, struct buf *result)
{
    double wall = seconds_on(CLOCK_MONOTONIC) - w->begun_s;
    struct film_chunks chunks = {(int64_t)r->chunks, (int64_t)(r->chunks - r->chunks_reused),
                                 (int64_t)r->chunks_reused};
    struct film_stage stages[STAGE_COUNT];
    for (int i = 0; i < STAGE_COUNT; i++)
        stages[i] = (struct film_stage){render_stage_names[i], rounded(r->cost[i].wall_s),
                                        rounded(r->cost[i].cpu_s)};
    const struct sound_report *loud = &r->sound;
    struct film_sound sound = {level(loud->lufs),       level(loud->true_peak_db),
                               level(loud->gain_db),    level(loud->limited_db),
                               level(loud->lufs_in),    level(loud->true_peak_in_db)};
    struct film_offset offset = {offset_s(r->proof.first_known, r->proof.first_offset_ms),
                                 offset_s(r->proof.last_known, r->proof.last_offset_ms)};
    const struct film_report report = {
        .frames = r->frames,
        .duration = rounded(ticks_to_seconds(w->plan.duration_ticks)),
        .wall = rounded(wall),
        .cpu = rounded(seconds_on(CLOCK_PROCESS_CPUTIME_ID)),
        .frames_per_second = wall > 0 ? rounded((double)r->frames / wall) : 0,
        .peak_memory_bytes = peak_memory(w),
        .chunks = &chunks,
        .sound_reused = r->sound_reused,
        .sound = &sound,
        .audio_offset = &offset,
        .stages = {stages, STAGE_COUNT},
        .warnings = all_warnings(w, loud),
    };
    wire_write(&wire_film_report, &report, result);
}

static bool film_child(struct horse *h, struct buf *result, struct err *e)
{
    struct film_work *w = horse_user(h);
    const struct film_order *order = w->spec->order;
    struct source_fds fds;
    char project[32];
    snprintf(project, sizeof project, "%lld", (long long)w->spec->project_id);
    const struct film_tag tags[] = {
        {"title", order->title ? order->title : "Untitled"},
        {"creation_time", w->spec->created ? w->spec->created : ""},
        {"comment", "edited with AI assistance"},
        {"project_id", project},
        {"encoder", "aive " AIVE_VERSION},
    };
    const struct render_preset *preset = /* known: film_plan() has looked it up */
        render_preset_find(order->preset ? order->preset : RENDER_DEFAULT_PRESET);
    if (!find_fds(h, w, &fds, e))
        return false;
    if (*captions_left_out(w->captions))
        horse_log(h, "No font draws these characters, they are left out: %s",
                  captions_left_out(w->captions));
    struct render_job job = {
        .plan = &w->plan,
        .captions = w->captions,
        .source_fds = fds.source,
        .picture_fds = fds.picture,
        .preset = preset,
        .store = {store_open_chunk, store_create_chunk, store_commit_chunk, h, announce},
        .output_fd = horse_fd(h, "output"),
        .threads = (int)w->spec->threads,
        .tags = tags,
        .tag_count = sizeof tags / sizeof *tags,
        .progress = child_progress,
        .log = child_log,
        .user = h,
    };
    struct render_report report = {0};
    struct render_cost setup = {seconds_on(CLOCK_MONOTONIC) - w->begun_s,
                                seconds_on(CLOCK_PROCESS_CPUTIME_ID)};
    bool ok = render_run(&job, &report, e);
    report.cost[STAGE_SETUP] = setup;
    if (ok)
        write_report(w, &report, result);
    captions_destroy(w->captions);
    arena_finish(&w->arena);
    free(w);
    return ok;
}

/* Limits of memory and time come from the settings, see film.c. */
const struct horse_kind horse_render = {
    .name = "render",
    .help = "Renders a film.",
    .limits = {.memory_bytes = UINT64_C(3) << 30, .cpu_seconds = 4 * 3600, .wall_seconds = 4 * 3600,
               .silence_seconds = 300, .file_bytes = FILM_MAX_BYTES},
    .prepare = film_prepare,
    .run = film_child,
};

/* --- A frame ---------------------------------------------------------------------------------- */

/* The way to a frame from the key frame before it is all that takes time. */
#define FRAME_THREADS 4

/* The frame that is on screen at a time of the film; its last one for what lies behind. */
static int64_t frame_on_screen(const struct plan *p, double time_s)
{
    int64_t frame = (int64_t)floor(time_s * p->fps_num / p->fps_den + 1e-6);
    return frame < 0 ? 0 : frame < p->frame_count ? frame : p->frame_count - 1;
}

static bool frame_child(struct horse *h, struct buf *result, struct err *e)
{
    struct film_work *w = horse_user(h);
    struct source_fds fds;
    if (!find_fds(h, w, &fds, e))
        return false;
    struct composer *c = composer_create(&w->plan, w->captions, fds.picture, NULL, e);
    if (c)
        composer_use_threads(c, FRAME_THREADS);
    struct picture *p = c ? compose_frame(c, frame_on_screen(&w->plan, w->spec->time_s), e) : NULL;
    int width = w->spec->width > 0 ? (int)w->spec->width : 0;
    bool ok = p && media_write_still(p, w->spec->kind ? w->spec->kind : "jpeg", width,
                                     horse_fd(h, "output"), e);
    picture_unref(&p);
    composer_destroy(c);
    buf_adds(result, "{}");
    return ok;
}

const struct horse_kind horse_frame = {
    .name = "frame",
    .help = "Draws one frame of a film.",
    .limits = {.memory_bytes = UINT64_C(2) << 30, .cpu_seconds = 60, .wall_seconds = 60,
               .silence_seconds = 60, .file_bytes = STILL_MAX_BYTES},
    .prepare = frame_prepare,
    .run = frame_child,
};

/* --- Looking for trouble ---------------------------------------------------------------------- */

static bool validate_child(struct horse *h, struct buf *result, struct err *e)
{
    struct film_work *w = horse_user(h);
    (void)e;
    struct film_findings f = {.ok = w->planned.code == ERR_NONE, .warnings = w->warnings};
    struct film_finding why = {"cannot_be_rendered", w->planned.msg, INT64_MIN, NULL, NAN};
    if (!f.ok)
        f.errors = (struct wire_list){&why, 1};
    wire_write(&wire_film_findings, &f, result);
    return true;
}

const struct horse_kind horse_validate = {
    .name = "validate",
    .help = "Says what is wrong with a timeline.",
    .limits = {.memory_bytes = UINT64_C(1) << 30, .cpu_seconds = 60, .wall_seconds = 60,
               .silence_seconds = 60, .file_bytes = 0},
    .prepare = validate_prepare,
    .run = validate_child,
};
