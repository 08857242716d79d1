/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.c - what a film costs beyond its encoding, and how much memory it takes.
 *
 *     render [CLIP [PRESET [ROUNDS]]]     default: a synthetic 1280x720 clip, standard, 3
 *
 * The job: 9 s from three segments (plain, zoom, half speed) with captions and a watermark. Its
 * composed frames are written to a temporary file once; then, by turns, the film is rendered, and
 * the frames alone are encoded with the same settings, chunks and threads. Medians and their ratio.
 * Memory: films of 3, 10 and 30 segments, each in a process of its own. Needs about 1 GB in TMPDIR.
 */
#include "render/render.h"
#include "core/files.h"
#include "core/timebase.h"
#include "media/media.h"
#include "render/compose.h"
#include "timeline/timeline.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 15
#define MAX_PIECES 4096

static const char *const captions_json =
    "\"captions\":[{\"text\":\"Hello and welcome\",\"start\":0.2,\"end\":1.6},"
    "{\"text\":\"to a film about nothing\",\"start\":1.7,\"end\":3.1},"
    "{\"text\":\"that moves a little,\",\"start\":3.2,\"end\":4.6},"
    "{\"text\":\"in three different ways.\",\"start\":4.8,\"end\":7}]";

static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "bench: %s: %s\n", what, e ? e->msg : "failed");
    exit(1);
}

static int temp_file(void)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR, 0600);
    if (fd < 0)
        die("no temporary file", NULL);
    return fd;
}

/* --- A store of temporary files, forgotten after each film -------------------------------------
 */

struct store {
    pthread_mutex_t lock;
    struct {
        char key[65];
        int fd;
        bool committed;
    } pieces[MAX_PIECES];
    int count;
};

static int store_find(const struct store *s, const char *key)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->pieces[i].key, key) == 0)
            return i;
    return -1;
}

static int store_open(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    pthread_mutex_lock(&s->lock);
    int i = store_find(s, key), fd = i >= 0 && s->pieces[i].committed ? dup(s->pieces[i].fd) : -1;
    pthread_mutex_unlock(&s->lock);
    if (fd < 0)
        err_set(e, ERR_NOT_FOUND, "no such piece");
    return fd;
}

static int store_create(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    int fd = -1;
    pthread_mutex_lock(&s->lock);
    if (s->count < MAX_PIECES) {
        s->pieces[s->count].fd = temp_file();
        s->pieces[s->count].committed = false;
        snprintf(s->pieces[s->count].key, 65, "%s", key);
        fd = dup(s->pieces[s->count++].fd);
    }
    pthread_mutex_unlock(&s->lock);
    if (fd < 0)
        err_set(e, ERR_NO_SPACE, "too many pieces");
    return fd;
}

static bool store_commit(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    (void)e;
    pthread_mutex_lock(&s->lock);
    s->pieces[store_find(s, key)].committed = true;
    pthread_mutex_unlock(&s->lock);
    return true;
}

static void store_clear(struct store *s)
{
    for (int i = 0; i < s->count; i++)
        close(s->pieces[i].fd);
    s->count = 0;
}

/* --- The clip ------------------------------------------------------------------------------------
 */

#define CLIP_WIDTH 1280
#define CLIP_HEIGHT 720
#define CLIP_SECONDS 8

/* Soft moving stripes under grain that stays where it is: not easy for the encoder, not hard. */
static void draw_clip(struct picture *p, int frame)
{
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            unsigned grain = (unsigned)(x * 7919 + y * 104729) * 2654435761u >> 28;
            double v = 110 + 60 * sin((x + 3 * frame) * 0.02) * sin((y - frame) * 0.017);
            p->data[0][(ptrdiff_t)y * p->stride[0] + x] = (uint8_t)(v + grain);
        }
    }
    for (int k = 1; k < 3; k++)
        for (int y = 0; y < p->height / 2; y++)
            for (int x = 0; x < p->width / 2; x++)
                p->data[k][(ptrdiff_t)y * p->stride[k] + x] =
                    (uint8_t)(128 + 20 * sin((k == 1 ? x : y) * 0.01 + frame * 0.02));
}

static int one_chunk(void *user, int i, struct err *e)
{
    (void)i, (void)e;
    return dup(*(const int *)user);
}

static bool encode_clip(int chunk, int sound, struct err *e)
{
    struct h264_settings s = {.width = CLIP_WIDTH,
                              .height = CLIP_HEIGHT,
                              .fps_num = 30,
                              .fps_den = 1,
                              .preset = "veryfast",
                              .crf = 18,
                              .lookahead = 10};
    struct picture_pool *pool = picture_pool_create(CLIP_WIDTH, CLIP_HEIGHT, e);
    struct chunk_writer *w = chunk_writer_create(&s, chunk, e);
    struct sound_writer *tone = sound_writer_create(128000, sound, e);
    static float second[2 * 48000];
    bool ok = pool && w && tone;
    for (int i = 0; i < 48000; i++)
        second[2 * i] = second[2 * i + 1] = (float)(0.2 * sin(i * 2 * M_PI * 440 / 48000));
    for (int i = 0; ok && i < CLIP_SECONDS * 30; i++) {
        struct picture *p = picture_pool_take(pool, e);
        draw_clip(p, i);
        ok = chunk_writer_add(w, p, e) && (i % 30 || sound_writer_add(tone, second, 48000, e));
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, e) && sound_writer_finish(tone, e);
    chunk_writer_destroy(w);
    sound_writer_destroy(tone);
    picture_pool_destroy(pool);
    return ok;
}

static int make_clip(void)
{
    struct err e = {0};
    int chunk = temp_file(), sound = temp_file(), clip = temp_file();
    struct film_source src = {
        .chunk_count = 1, .open_chunk = one_chunk, .user = &chunk, .sound_fd = sound};
    if (!encode_clip(chunk, sound, &e) || !film_mux(&src, clip, NULL, 0, NULL, NULL, NULL, &e))
        die("clip", &e);
    close(chunk);
    close(sound);
    return clip;
}

/* --- Films
 * ---------------------------------------------------------------------------------------- */

struct bench {
    int clip;
    struct plan_source source;
    const struct render_preset *preset;
    struct store store;
    struct arena arena;
    struct plan plan;
    struct captions *captions;
};

static void plan_film(struct bench *b, const char *json)
{
    struct err e = {0};
    arena_init(&b->arena, 64 << 20);
    struct plan_options opt = {
        .format = &plan_formats[0], .fps_num = 30, .fps_den = 1, .watermark = "ai-video-editor"};
    struct timeline *t = timeline_parse_trusted(json, strlen(json), &b->arena, &e);
    if (!t || !plan_build(t, &b->source, 1, &opt, &b->arena, &b->plan, &e) ||
        !(b->captions = captions_create(&b->plan, &e)))
        die("plan", &e);
}

static void forget_film(struct bench *b)
{
    captions_destroy(b->captions);
    arena_finish(&b->arena);
}

static off_t render_film(struct bench *b)
{
    struct err e = {0};
    int out = temp_file();
    struct render_report report;
    struct render_job job = {.plan = &b->plan,
                             .captions = b->captions,
                             .source_fds = &b->clip,
                             .preset = b->preset,
                             .output_fd = out,
                             .store = {store_open, store_create, store_commit, &b->store}};
    if (!render_run(&job, &report, &e))
        die("render", &e);
    off_t size = lseek(out, 0, SEEK_END);
    close(out);
    store_clear(&b->store);
    return size;
}

/* --- The frames alone
 * ----------------------------------------------------------------------------- */

/* One frame after the other, each plane with its stride as the pool lays it out. */
static size_t plane_bytes(const struct picture *p, int plane)
{
    return (size_t)p->stride[plane] * (size_t)(plane ? p->height / 2 : p->height);
}

static int write_frames(struct bench *b)
{
    struct err e = {0};
    int fd = temp_file();
    struct composer *c = composer_create(&b->plan, b->captions, &b->clip, NULL, &e);
    for (int64_t f = 0; c && f < b->plan.frame_count; f++) {
        struct picture *p = compose_frame(c, f, &e);
        if (!p)
            break;
        for (int k = 0; k < 3; k++)
            if (!file_write_all(fd, p->data[k], plane_bytes(p, k), &e))
                die("write frames", &e);
        picture_unref(&p);
    }
    if (e.code != ERR_NONE)
        die("compose", &e);
    composer_destroy(c);
    return fd;
}

struct encode_job {
    const struct bench *b;
    int frames_fd;
    size_t first, end; /* chunks */
};

static void encode_one(const struct encode_job *j, struct picture_pool *pool,
                       const struct plan_chunk *chunk)
{
    struct err e = {0};
    const struct plan *p = &j->b->plan;
    struct h264_settings s = {.width = p->format.width,
                              .height = p->format.height,
                              .fps_num = p->fps_num,
                              .fps_den = p->fps_den,
                              .preset = j->b->preset->x264,
                              .crf = j->b->preset->crf,
                              .max_bitrate = j->b->preset->max_bitrate,
                              .lookahead = j->b->preset->lookahead};
    int out = temp_file();
    struct chunk_writer *w = chunk_writer_create(&s, out, &e);
    for (int64_t f = chunk->first_frame; w && f < chunk->end_frame; f++) {
        struct picture *pic = picture_pool_take(pool, &e);
        off_t at =
            (off_t)f * (off_t)(plane_bytes(pic, 0) + plane_bytes(pic, 1) + plane_bytes(pic, 2));
        for (int k = 0; k < 3; k++) {
            ssize_t n = pread(j->frames_fd, pic->data[k], plane_bytes(pic, k), at);
            if (n != (ssize_t)plane_bytes(pic, k))
                die("read frames", NULL);
            at += (off_t)n;
        }
        if (!chunk_writer_add(w, pic, &e))
            die("encode", &e);
        picture_unref(&pic);
    }
    if (!w || !chunk_writer_finish(w, &e))
        die("encode", &e);
    chunk_writer_destroy(w);
    close(out);
}

static void *encode_range(void *user)
{
    const struct encode_job *j = user;
    struct err e = {0};
    struct picture_pool *pool =
        picture_pool_create(j->b->plan.format.width, j->b->plan.format.height, &e);
    for (size_t i = j->first; pool && i < j->end; i++)
        encode_one(j, pool, &j->b->plan.chunks[i]);
    picture_pool_destroy(pool);
    return NULL;
}

static void encode_frames(const struct bench *b, int frames_fd)
{
    size_t n = (size_t)sysconf(_SC_NPROCESSORS_ONLN), chunks = b->plan.chunk_count;
    pthread_t threads[64];
    struct encode_job jobs[64];
    n = n > 64 ? 64 : n > chunks ? chunks : n;
    for (size_t i = 0; i < n; i++) {
        jobs[i] = (struct encode_job){b, frames_fd, chunks * i / n, chunks * (i + 1) / n};
        pthread_create(&threads[i], NULL, encode_range, &jobs[i]);
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* --- Measuring
 * ------------------------------------------------------------------------------------ */

struct cost {
    double wall, cpu; /* s */
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct cost now(void)
{
    return (struct cost){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct cost since(struct cost start)
{
    struct cost end = now();
    return (struct cost){end.wall - start.wall, end.cpu - start.cpu};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const struct cost *c, int n, bool wall)
{
    double v[MAX_ROUNDS];
    for (int i = 0; i < n; i++)
        v[i] = wall ? c[i].wall : c[i].cpu;
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void measure_cost(struct bench *b, int rounds)
{
    char json[2000];
    struct cost film[MAX_ROUNDS], alone[MAX_ROUNDS];
    off_t size = 0;
    snprintf(json, sizeof json,
             "{%s,\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":3,\"effects\":[]},"
             "{\"name\":\"b\",\"start\":3,\"end\":6,\"effects\":[\"zoom\"]},"
             "{\"name\":\"c\",\"start\":4.5,\"end\":6,\"effects\":[\"slowmo\"]}]}",
             captions_json);
    plan_film(b, json);
    int frames = write_frames(b);
    for (int i = 0; i < rounds; i++) {
        struct cost start = now();
        size = render_film(b);
        film[i] = since(start);
        start = now();
        encode_frames(b, frames);
        alone[i] = since(start);
    }
    close(frames);
    double w = median(film, rounds, true), c = median(film, rounds, false);
    double w0 = median(alone, rounds, true), c0 = median(alone, rounds, false);
    printf("preset %s (%s, crf %g), %lld frames, %zu chunks, %d rounds, medians\n", b->preset->name,
           b->preset->x264, b->preset->crf, (long long)b->plan.frame_count, b->plan.chunk_count,
           rounds);
    printf("  render       wall %6.2f s   cpu %6.2f s   %.1f ms a frame   %.2f MB\n", w, c,
           1000 * c / (double)b->plan.frame_count, (double)size / 1e6);
    printf("  encode only  wall %6.2f s   cpu %6.2f s   %.1f ms a frame\n", w0, c0,
           1000 * c0 / (double)b->plan.frame_count);
    printf("  ratio        wall %6.2f     cpu %6.2f\n", w / w0, c / c0);
    forget_film(b);
}

/* Renders n segments of half a second in a child; its peak memory in MB. */
static double memory_of(struct bench *b, int segments)
{
    char *json = malloc((size_t)segments * 100 + 2000), *at = json;
    at += sprintf(at, "{%s,\"segments\":[", captions_json);
    for (int i = 0; i < segments; i++)
        at += sprintf(at, "%s{\"name\":\"s\",\"start\":%.2f,\"end\":%.2f,\"effects\":[%s]}",
                      i ? "," : "", i % 10 * 0.5, i % 10 * 0.5 + 0.5, i % 3 == 1 ? "\"zoom\"" : "");
    sprintf(at, "]}");
    struct rusage usage;
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        plan_film(b, json);
        render_film(b);
        _exit(0);
    }
    free(json);
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
        die("memory", NULL);
    return (double)usage.ru_maxrss / 1024;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct media_info info;
    static struct bench b;
    char hash[65];
    media_init();
    pthread_mutex_init(&b.store.lock, NULL);
    b.clip = argc > 1 && argv[1][0] ? open(argv[1], O_RDONLY) : make_clip();
    b.preset = render_preset_find(argc > 2 ? argv[2] : RENDER_DEFAULT_PRESET);
    int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 3;
    if (b.clip < 0 || !b.preset || rounds < 1 || rounds > MAX_ROUNDS)
        die("usage: render [CLIP [draft|standard|high [ROUNDS]]]", NULL);
    if (!media_probe(b.clip, &info, NULL, &e) || !file_hash(b.clip, hash, &e))
        die("probe", &e);
    if (info.duration < 7)
        die("the clip must be 7 s long", NULL);
    b.source = (struct plan_source){.duration_ticks = info.duration_ticks,
                                    .has_audio = info.has_audio,
                                    .has_video = info.has_video,
                                    .hash = hash};
    static const int counts[] = {3, 10, 30};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        printf("peak memory of %2d segments: %.0f MB\n", counts[i], memory_of(&b, counts[i]));
    measure_cost(&b, rounds);
    close(b.clip);
    return 0;
}
