/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.c - the whole job: workers that make chunks, the sound beside them, the film at the end.
 *
 * DESIGN. Every worker owns a contiguous range of chunks, so that its decoder goes forward, and takes
 * the next such range when it is through, so that the film grows from its beginning and can be
 * watched; when none is left, it takes the later half of the longest one. Each chunk is made by an
 * encoder of its own with one thread, which is as fast as frame threads as long as there are chunks,
 * and makes the bytes independent of the number of cores. Where memory would not do, fewer workers
 * have decoders with more threads (workers.h). The calling thread only waits and watches for cancel.
 * The first failure stops everybody at their next frame and is the one reported.
 */
#include "render/render.h"

#include "render/compose.h"
#include "render/key.h"
#include "render/sound.h"
#include "render/workers.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64
#define WATCH_MS 50
#define MAX_SEGMENT_LINES 200 /* in the log; 10,000 segments are not worth as many lines */
#define FRAMES_A_PROGRESS 8
/* Chunks that a worker takes at once: between two ranges its decoder has to find its place again. */
#define RANGE_CHUNKS 16
#define SOUND_TOLD_SAMPLES (10 * PLAN_SAMPLE_RATE) /* between two words about the sound */
#define SOUND_SHARE 0.1                            /* of the composition's progress */

/* The guide's figures. */
#define PERCENT_COMPOSE 25.0
#define PERCENT_COMPOSED 65.0
#define PERCENT_EXPORT 70.0
#define PERCENT_POST 85.0
#define PERCENT_END 99.0 /* the last one is the publisher's */

struct range {
    size_t next, end; /* chunks still to be made */
};

struct crew {
    const struct render_job *job;
    char (*keys)[KEY_SIZE]; /* of the chunks */
    char sound_key[KEY_SIZE];
    struct cancel stop; /* what readers and the sound poll */

    pthread_mutex_t lock; /* guards all below, and the job's callbacks */
    pthread_cond_t changed;
    struct range ranges[MAX_THREADS];
    size_t shared_out; /* chunks that are in a range */
    int threads, running;
    int decoder_threads; /* in each worker's decoders */
    struct err err; /* the first failure */
    bool *done;     /* chunks */
    const char *making[MAX_THREADS]; /* key of the chunk that a worker makes, NULL: none */
    size_t chunks_in_a_row, segments_logged;
    int64_t frames_done, samples_done;
    int64_t sound_told; /* samples; the sound's thread alone */
    struct sound_notes notes;
    double composed_s; /* when the last chunk was there, CLOCK_MONOTONIC */
    bool post_logged;
    struct render_report *report;
};

struct worker {
    struct crew *crew;
    int index; /* MAX_THREADS: the sound */
    pthread_t thread;
};

const char *const render_stage_names[STAGE_COUNT] = {
    [STAGE_SETUP] = "setup",   [STAGE_COMPOSE] = "composition", [STAGE_ENCODE] = "encoding",
    [STAGE_SOUND] = "sound",   [STAGE_EXPORT] = "export",      [STAGE_PROOF] = "proof",
};

static double seconds_on(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

/* --- Telling -------------------------------------------------------------------------------- */

static void fail(struct crew *c, const struct err *e)
{
    pthread_mutex_lock(&c->lock);
    if (c->err.code == ERR_NONE)
        c->err = *e;
    pthread_mutex_unlock(&c->lock);
    cancel_fire(&c->stop);
}

static void tell_log(const struct crew *c, const char *line)
{
    if (c->job->log)
        c->job->log(c->job->user, line);
}

static void tell_progress(const struct crew *c, double percent, const char *stage)
{
    if (c->job->progress)
        c->job->progress(c->job->user, percent, stage);
}

/* Where pictures come out of the store, a film's sound is what is waited for: each moves on. */
static void tell_composed(struct crew *c, int64_t frames, int64_t samples)
{
    const struct plan *p = c->job->plan;
    pthread_mutex_lock(&c->lock);
    c->frames_done += frames;
    c->samples_done += samples;
    double part = (1 - SOUND_SHARE) * (double)c->frames_done / (double)p->frame_count +
                  SOUND_SHARE * (double)c->samples_done / (double)p->sample_count;
    tell_progress(c, PERCENT_COMPOSE + part * (PERCENT_COMPOSED - PERCENT_COMPOSE), "composition");
    pthread_mutex_unlock(&c->lock);
}

/* Says of each segment, in play order, when its last frame is there. */
static void log_segments(struct crew *c)
{
    const struct plan *p = c->job->plan;
    int64_t ready = c->chunks_in_a_row ? p->chunks[c->chunks_in_a_row - 1].end_frame : 0;
    while (c->segments_logged < p->segment_count &&
           p->segments[c->segments_logged].end_frame <= ready) {
        const struct plan_segment *s = &p->segments[c->segments_logged++];
        char line[256];
        if (s->name && s->name[0])
            snprintf(line, sizeof line, "Processed segment %.200s", s->name);
        else
            snprintf(line, sizeof line, "Processed segment %zu", s->index + 1);
        if (c->segments_logged <= MAX_SEGMENT_LINES)
            tell_log(c, line);
    }
}

static void chunk_done(struct crew *c, size_t i, bool reused)
{
    const struct plan *p = c->job->plan;
    pthread_mutex_lock(&c->lock);
    c->done[i] = true;
    c->report->chunks_reused += reused;
    c->composed_s = seconds_on(CLOCK_MONOTONIC);
    while (c->chunks_in_a_row < p->chunk_count && c->done[c->chunks_in_a_row])
        c->chunks_in_a_row++;
    log_segments(c);
    pthread_mutex_unlock(&c->lock);
}

/* --- Chunks --------------------------------------------------------------------------------- */

/* The first chunks that are in no range yet. */
static struct range next_range(struct crew *c)
{
    size_t chunks = c->job->plan->chunk_count, threads = (size_t)c->threads;
    size_t share = (chunks + threads - 1) / threads, left = chunks - c->shared_out;
    size_t n = share < RANGE_CHUNKS ? share : RANGE_CHUNKS;
    struct range r = {c->shared_out, c->shared_out + (n < left ? n : left)};
    c->shared_out = r.end;
    return r;
}

/* The next chunk for a worker; false when all are given out. */
static bool take_chunk(struct crew *c, int worker, size_t *chunk)
{
    pthread_mutex_lock(&c->lock);
    struct range *own = &c->ranges[worker];
    if (own->next == own->end && c->shared_out < c->job->plan->chunk_count) {
        *own = next_range(c);
    } else if (own->next == own->end) {
        struct range *most = own;
        for (int i = 0; i < c->threads; i++)
            if (c->ranges[i].end - c->ranges[i].next > most->end - most->next)
                most = &c->ranges[i];
        size_t left = most->end - most->next;
        own->end = most->end;
        own->next = most->end - (left + 1) / 2;
        most->end = most == own ? most->end : own->next;
    }
    bool got = own->next < own->end;
    if (got)
        *chunk = own->next++;
    pthread_mutex_unlock(&c->lock);
    return got;
}

static bool encode_frames(struct crew *c, struct composer *composer, struct chunk_writer *w,
                          const struct plan_chunk *chunk, struct err *e)
{
    int64_t told = chunk->first_frame;
    double composed_s = 0, begin_s = seconds_on(CLOCK_THREAD_CPUTIME_ID), now_s = begin_s;
    for (int64_t f = chunk->first_frame; f < chunk->end_frame; f++) {
        struct picture *p = compose_frame(composer, f, e);
        composed_s += seconds_on(CLOCK_THREAD_CPUTIME_ID) - now_s;
        bool ok = p && chunk_writer_add(w, p, e);
        picture_unref(&p);
        if (!ok)
            return false;
        now_s = seconds_on(CLOCK_THREAD_CPUTIME_ID);
        if (f + 1 - told >= FRAMES_A_PROGRESS || f + 1 == chunk->end_frame) {
            tell_composed(c, f + 1 - told, 0);
            told = f + 1;
        }
    }
    bool ok = chunk_writer_finish(w, e);
    double all_s = seconds_on(CLOCK_THREAD_CPUTIME_ID) - begin_s;
    pthread_mutex_lock(&c->lock);
    c->report->frames_encoded += chunk->end_frame - chunk->first_frame;
    c->report->cost[STAGE_COMPOSE].cpu_s += composed_s;
    c->report->cost[STAGE_ENCODE].cpu_s += all_s - composed_s;
    pthread_mutex_unlock(&c->lock);
    return ok;
}

static bool encode_chunk(struct crew *c, struct composer *composer, const struct plan_chunk *chunk,
                         int fd, struct err *e)
{
    const struct h264_settings s = render_preset_h264(c->job->preset, c->job->plan);
    struct chunk_writer *w = chunk_writer_create(&s, fd, e);
    bool ok = w && encode_frames(c, composer, w, chunk, e);
    chunk_writer_destroy(w);
    return ok;
}

/* Is there a finished piece of that name? *found false without an error: it is to be made. */
static bool look_up(const struct render_store *s, const char *key, bool *found, struct err *e)
{
    struct err why = {0};
    int fd = s->open(s->user, key, &why);
    *found = fd >= 0;
    if (fd >= 0)
        close(fd);
    else if (why.code != ERR_NOT_FOUND) {
        if (e)
            *e = why;
        return false;
    }
    return true;
}

static bool key_in_work(const struct crew *c, const char *key)
{
    for (int i = 0; i < c->threads; i++)
        if (c->making[i] && memcmp(c->making[i], key, KEY_SIZE) == 0)
            return true;
    return false;
}

/* A film that shows the same twice has chunks of one key. Whoever comes second waits till the first
 * is done, and then finds the chunk in the store. */
static void claim_key(struct crew *c, int worker, const char *key)
{
    pthread_mutex_lock(&c->lock);
    while (key_in_work(c, key))
        pthread_cond_wait(&c->changed, &c->lock);
    c->making[worker] = key;
    pthread_mutex_unlock(&c->lock);
}

static void release_key(struct crew *c, int worker)
{
    pthread_mutex_lock(&c->lock);
    c->making[worker] = NULL;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static bool make_missing(struct crew *c, struct composer *composer, const struct plan_chunk *chunk,
                         const char *key, bool *found, struct err *e)
{
    const struct render_store *store = &c->job->store;
    if (!look_up(store, key, found, e))
        return false;
    if (*found) {
        tell_composed(c, chunk->end_frame - chunk->first_frame, 0);
        return true;
    }
    int fd = store->create(store->user, key, e);
    if (fd < 0)
        return false;
    bool ok = encode_chunk(c, composer, chunk, fd, e) && store->commit(store->user, key, e);
    close(fd);
    return ok;
}

static bool make_chunk(struct crew *c, int worker, struct composer *composer, size_t i,
                       struct err *e)
{
    const struct plan_chunk *chunk = &c->job->plan->chunks[i];
    bool found = false;
    claim_key(c, worker, c->keys[i]);
    bool ok = make_missing(c, composer, chunk, c->keys[i], &found, e);
    release_key(c, worker);
    if (ok)
        chunk_done(c, i, found);
    return ok;
}

static void work_on_chunks(struct crew *c, int worker)
{
    const struct render_job *job = c->job;
    struct err e = {0};
    size_t i;
    const int *fds = job->picture_fds ? job->picture_fds : job->source_fds;
    struct composer *composer = composer_create(job->plan, job->captions, fds, &c->stop, &e);
    bool ok = composer;
    if (ok)
        composer_use_threads(composer, c->decoder_threads);
    while (ok && !cancel_fired(&c->stop) && take_chunk(c, worker, &i))
        ok = make_chunk(c, worker, composer, i, &e);
    if (!ok)
        fail(c, &e);
    composer_destroy(composer);
}

/* --- Sound ---------------------------------------------------------------------------------- */

static void sound_progress(void *user, double fraction)
{
    struct crew *c = user;
    int64_t done = (int64_t)(fraction * (double)c->job->plan->sample_count);
    if (done - c->sound_told < SOUND_TOLD_SAMPLES && fraction < 1)
        return;
    tell_composed(c, 0, done - c->sound_told);
    c->sound_told = done;
}

static bool make_sound(struct crew *c, struct err *e)
{
    const struct render_job *job = c->job;
    const struct sound_job sound = {.plan = job->plan,
                                    .source_fds = job->source_fds,
                                    .store = &job->store,
                                    .bit_rate = job->preset->sound_bitrate,
                                    .cancel = &c->stop,
                                    .progress = sound_progress,
                                    .user = c};
    c->sound_told = 0;
    return sound_make(&sound, c->sound_key, &c->notes, &c->report->sound_reused, e);
}

/* --- Threads -------------------------------------------------------------------------------- */

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct crew *c = w->crew;
    if (w->index < MAX_THREADS) {
        work_on_chunks(c, w->index);
    } else {
        struct err e = {0};
        struct render_cost *cost = &c->report->cost[STAGE_SOUND];
        double begin_s = seconds_on(CLOCK_MONOTONIC);
        if (!make_sound(c, &e))
            fail(c, &e);
        cost->wall_s = seconds_on(CLOCK_MONOTONIC) - begin_s;
        cost->cpu_s = seconds_on(CLOCK_THREAD_CPUTIME_ID);
    }
    pthread_mutex_lock(&c->lock);
    c->running--;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static bool start(struct worker *w, struct crew *c, int index)
{
    *w = (struct worker){.crew = c, .index = index};
    pthread_mutex_lock(&c->lock);
    c->running++;
    pthread_mutex_unlock(&c->lock);
    if (pthread_create(&w->thread, NULL, worker_main, w) == 0)
        return true;
    pthread_mutex_lock(&c->lock);
    c->running--;
    pthread_mutex_unlock(&c->lock);
    struct err e;
    err_set(&e, ERR_NO_MEMORY, "cannot start a thread to render with");
    fail(c, &e);
    return false;
}

/* Waits for all threads; hands a cancel on to them. */
static void watch(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->running > 0) {
        struct timespec at;
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_nsec += WATCH_MS * 1000000L;
        at.tv_sec += at.tv_nsec / 1000000000L;
        at.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&c->changed, &c->lock, &at);
        if (cancel_fired(c->job->cancel))
            cancel_fire(&c->stop);
    }
    pthread_mutex_unlock(&c->lock);
}

static int count_cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? n : 1;
}

/* Cores that get no worker, because memory would not do, help the others' decoders. */
static void share_out(struct crew *c)
{
    const struct plan *p = c->job->plan;
    int n = c->job->threads > 0 ? c->job->threads : count_cores();
    n = n > MAX_THREADS ? MAX_THREADS : n;
    c->threads = workers_that_fit(p, n);
    c->decoder_threads = n / c->threads;
    if ((size_t)c->threads > p->chunk_count)
        c->threads = (int)p->chunk_count;
    c->shared_out = 0;
    for (int i = 0; i < c->threads; i++)
        c->ranges[i] = next_range(c);
}

static bool make_pieces(struct crew *c, struct err *e)
{
    struct worker workers[MAX_THREADS + 1];
    int started = 0;
    share_out(c);
    bool ok = start(&workers[started], c, MAX_THREADS);
    started += ok;
    for (int i = 0; ok && i < c->threads; i++) {
        ok = start(&workers[started], c, i);
        started += ok;
    }
    watch(c);
    for (int i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    if (cancel_fired(c->job->cancel))
        return err_set(e, ERR_CANCELED, "the render was canceled");
    if (c->err.code == ERR_NONE)
        return true;
    if (e)
        *e = c->err;
    return false;
}

/* --- The film ------------------------------------------------------------------------------- */

static int open_chunk(void *user, int i, struct err *e)
{
    const struct crew *c = user;
    return c->job->store.open(c->job->store.user, c->keys[i], e);
}

static void mux_progress(void *user, double part)
{
    struct crew *c = user;
    double percent = PERCENT_EXPORT + part * (PERCENT_END - PERCENT_EXPORT);
    if (percent >= PERCENT_POST && !c->post_logged) {
        c->post_logged = true;
        tell_log(c, "Applying watermark & metadata");
    }
    tell_progress(c, percent, percent < PERCENT_POST ? "export" : "post-processing");
}

/* Is what was written in step with the plan? */
static bool prove_film(struct crew *c, struct err *e)
{
    const struct render_job *job = c->job;
    struct render_cost *cost = &c->report->cost[STAGE_PROOF];
    double begin_s = seconds_on(CLOCK_MONOTONIC), cpu_s = seconds_on(CLOCK_THREAD_CPUTIME_ID);
    bool ok = proof_film(job->plan, job->output_fd, &c->notes, job->cancel, &c->report->proof, e);
    cost->wall_s += seconds_on(CLOCK_MONOTONIC) - begin_s;
    cost->cpu_s += seconds_on(CLOCK_THREAD_CPUTIME_ID) - cpu_s;
    return ok;
}

static bool join_film(struct crew *c, struct err *e)
{
    const struct render_job *job = c->job;
    struct film_source src = {.chunk_count = (int)job->plan->chunk_count,
                              .open_chunk = open_chunk,
                              .user = c,
                              .sound_fd = -1};
    src.sound_fd = job->store.open(job->store.user, c->sound_key, e);
    if (src.sound_fd < 0)
        return false;
    tell_progress(c, PERCENT_EXPORT, "export");
    tell_log(c, "Writing video stream");
    bool ok =
        film_mux(&src, job->output_fd, job->tags, job->tag_count, job->cancel, mux_progress, c, e);
    close(src.sound_fd);
    if (ok)
        mux_progress(c, 1);
    return ok;
}

/* Names are made before anything else: whoever keeps the pieces learns what must not go away, and
 * who watches the film what to wait for. */
static bool name_pieces(struct crew *c, struct err *e)
{
    const struct render_job *job = c->job;
    const struct plan *p = job->plan;
    c->keys = calloc(p->chunk_count, sizeof *c->keys);
    c->done = calloc(p->chunk_count, sizeof *c->done);
    if (!c->keys || !c->done)
        return err_set(e, ERR_NO_MEMORY, "no memory to render");
    for (size_t i = 0; i < p->chunk_count; i++)
        if (!key_of_chunk(p, job->captions, job->preset, &p->chunks[i], c->keys[i], e))
            return false;
    if (!key_of_sound(p, job->preset, c->sound_key, e))
        return false;
    const struct render_pieces pieces = {p, (const char (*)[KEY_SIZE])c->keys, c->sound_key};
    return !job->store.announce || job->store.announce(job->store.user, &pieces, e);
}

/* Makes what is missing and joins it. Pieces that somebody removes in between (a person empties the
 * folder) are made once more. */
static bool make_film(struct crew *c, struct err *e)
{
    for (int tries = 0;; tries++) {
        double begin_s = seconds_on(CLOCK_MONOTONIC);
        if (!make_pieces(c, e))
            return false;
        double made_s = seconds_on(CLOCK_MONOTONIC), cpu_s = seconds_on(CLOCK_THREAD_CPUTIME_ID);
        c->report->cost[STAGE_COMPOSE].wall_s += c->composed_s - begin_s;
        struct err why = {0};
        bool ok = join_film(c, &why);
        c->report->cost[STAGE_EXPORT].wall_s += seconds_on(CLOCK_MONOTONIC) - made_s;
        c->report->cost[STAGE_EXPORT].cpu_s += seconds_on(CLOCK_THREAD_CPUTIME_ID) - cpu_s;
        if (ok)
            return true;
        if (why.code != ERR_NOT_FOUND || tries > 0 || ftruncate(c->job->output_fd, 0) < 0) {
            if (e)
                *e = why;
            return false;
        }
        c->frames_done = c->samples_done = 0;
    }
}

bool render_run(const struct render_job *job, struct render_report *report, struct err *e)
{
    /* Each chunk's encoder takes and gives back some 100 MB in large pieces. Left alone, glibc
     * moves such pieces into its heaps after the first time, where they stay: a third more memory.
     */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    const struct plan *p = job->plan;
    struct crew c = {.job = job, .report = report, .stop = {.fd = -1}};
    *report = (struct render_report){.frames = p->frame_count, .chunks = p->chunk_count};
    pthread_mutex_init(&c.lock, NULL);
    pthread_cond_init(&c.changed, NULL);
    tell_progress(&c, PERCENT_COMPOSE, "composition");
    bool ok = name_pieces(&c, e) && make_film(&c, e) && prove_film(&c, e);
    report->sound = c.notes.report;
    report->cost[STAGE_ENCODE].wall_s = report->cost[STAGE_COMPOSE].wall_s;
    free(c.keys);
    free(c.done);
    pthread_cond_destroy(&c.changed);
    pthread_mutex_destroy(&c.lock);
    return ok;
}

bool render_chunk_key(const struct render_job *job, const struct plan_chunk *chunk, char *key,
                      struct err *e)
{
    return key_of_chunk(job->plan, job->captions, job->preset, chunk, key, e);
}
