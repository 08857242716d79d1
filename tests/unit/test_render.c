/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/timebase.h"
#include "media/media.h"
#include "render/render.h"
#include "timeline/timeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define S TICKS_PER_SECOND
#define MAX_PIECES 64

/* --- A store in memory --------------------------------------------------------------------------
 */

struct piece {
    char key[65];
    int fd;
    bool committed;
};

struct store {
    pthread_mutex_t lock;
    struct piece pieces[MAX_PIECES];
    int count, created, fail_after; /* creates that still work; -1: all */
};

static struct piece *find(struct store *s, const char *key, bool committed)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->pieces[i].key, key) == 0 && s->pieces[i].committed == committed)
            return &s->pieces[i];
    return NULL;
}

static int store_open(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    pthread_mutex_lock(&s->lock);
    struct piece *p = find(s, key, true);
    int fd = p ? dup(p->fd) : -1;
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
    if (s->fail_after != 0 && s->count < MAX_PIECES) {
        struct piece *left = find(s, key, false); /* by a render that was stopped */
        struct piece *p = left ? left : &s->pieces[s->count++];
        if (left)
            close(left->fd);
        s->fail_after -= s->fail_after > 0;
        s->created++;
        p->fd = memfd_create("piece", 0);
        p->committed = false;
        memcpy(p->key, key, sizeof p->key);
        fd = dup(p->fd);
    } else {
        err_set(e, ERR_NO_SPACE, "the store is full");
    }
    pthread_mutex_unlock(&s->lock);
    return fd;
}

static bool store_commit(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    pthread_mutex_lock(&s->lock);
    struct piece *p = find(s, key, false);
    if (p)
        p->committed = true;
    pthread_mutex_unlock(&s->lock);
    return p ? true : err_set(e, ERR_NOT_FOUND, "never created");
}

static struct store *store_new(void)
{
    struct store *s = calloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->fail_after = -1;
    return s;
}

static void store_free(struct store *s)
{
    for (int i = 0; i < s->count; i++)
        close(s->pieces[i].fd);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void store_lose(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->count; i++)
        close(s->pieces[i].fd);
    s->count = 0;
    pthread_mutex_unlock(&s->lock);
}

/* --- A source: 5 s, a brightness that tells the frame, a tone with a click each second -----------
 */

#define SOURCE_SECONDS 5

static int one_chunk(void *user, int i, struct err *e)
{
    (void)i, (void)e;
    return dup(*(const int *)user);
}

static bool encode_picture(int fd, struct err *e)
{
    struct h264_settings s = {.width = 96,
                              .height = 64,
                              .fps_num = 30,
                              .fps_den = 1,
                              .preset = "ultrafast",
                              .crf = 10,
                              .lookahead = 0};
    struct picture_pool *pool = picture_pool_create(96, 64, e);
    struct chunk_writer *w = chunk_writer_create(&s, fd, e);
    bool ok = pool && w;
    for (int i = 0; ok && i < SOURCE_SECONDS * 30; i++) {
        struct picture *p = picture_pool_take(pool, e);
        for (int k = 0; k < 3; k++)
            for (int y = 0; y < (k ? 32 : 64); y++)
                memset(p->data[k] + (ptrdiff_t)y * p->stride[k], k ? 128 : 30 + i, k ? 48 : 96);
        ok = chunk_writer_add(w, p, e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, e);
    chunk_writer_destroy(w);
    picture_pool_destroy(pool);
    return ok;
}

static bool encode_tone(int fd, struct err *e)
{
    struct sound_writer *w = sound_writer_create(128000, fd, e);
    bool ok = w;
    static float block[2 * 4800];
    for (int i = 0; ok && i < SOURCE_SECONDS * 10; i++) {
        for (int k = 0; k < 4800; k++) {
            double t = (i * 4800 + k) / 48000.0, v = 0.1 * sin(2 * 3.14159265358979 * 300 * t);
            v += (i * 4800 + k) % 48000 < 96 ? 0.8 : 0;
            block[2 * k] = block[2 * k + 1] = (float)v;
        }
        ok = sound_writer_add(w, block, 4800, e);
    }
    ok = ok && sound_writer_finish(w, e);
    sound_writer_destroy(w);
    return ok;
}

static int make_source(void)
{
    struct err e = {0};
    int chunk = memfd_create("chunk", 0), sound = memfd_create("sound", 0),
        film = memfd_create("film", 0);
    struct film_source src = {
        .chunk_count = 1, .open_chunk = one_chunk, .user = &chunk, .sound_fd = sound};
    bool ok = encode_picture(chunk, &e) && encode_tone(sound, &e) &&
              film_mux(&src, film, NULL, 0, NULL, NULL, NULL, &e);
    close(chunk);
    close(sound);
    if (!CHECK(ok))
        fprintf(stderr, "  %s\n", e.msg);
    return film;
}

/* --- Rendering ----------------------------------------------------------------------------------
 */

struct watch {
    double percent;
    bool backwards;
    char log[4096];
    struct cancel *cancel_at_half; /* fired when half is composed */
    struct store *lose;            /* loses all it has once, when the film is to be joined */
};

static void on_progress(void *user, double percent, const char *stage)
{
    struct watch *w = user;
    (void)stage;
    w->backwards = w->backwards || percent < w->percent;
    w->percent = percent;
    if (w->cancel_at_half && percent > 45)
        cancel_fire(w->cancel_at_half);
}

static void on_log(void *user, const char *line)
{
    struct watch *w = user;
    strncat(w->log, line, sizeof w->log - strlen(w->log) - 2);
    strcat(w->log, "\n");
    if (w->lose && strcmp(line, "Writing video stream") == 0) {
        store_lose(w->lose);
        w->lose = NULL;
    }
}

struct film {
    int fd;
    struct render_report report;
    struct watch watch;
    struct err err;
    bool ok;
};

static const struct plan_format tiny = {"tiny", 72, 128};

static struct film render_watched(int source_fd, struct store *store, const char *json, int threads,
                                  struct cancel *cancel, struct store *lose)
{
    struct film f = {.fd = memfd_create("film", 0),
                     .watch = {.cancel_at_half = cancel, .lose = lose}};
    struct arena a;
    arena_init(&a, 64 << 20);
    struct plan_source source = {.duration_ticks = SOURCE_SECONDS * S,
                                 .has_video = true,
                                 .has_audio = true,
                                 .hash = "source"};
    struct plan_options opt = {.format = &tiny, .fps_num = 30, .fps_den = 1};
    struct plan plan;
    struct timeline *t = timeline_parse_trusted(json, strlen(json), &a, &f.err);
    if (CHECK(t) && CHECK(plan_build(t, &source, 1, &opt, &a, &plan, &f.err))) {
        struct captions *captions = captions_create(&plan, &f.err);
        struct film_tag tag = {"title", "test"};
        struct render_job job = {.plan = &plan,
                                 .captions = captions,
                                 .source_fds = &source_fd,
                                 .preset = render_preset_find("draft"),
                                 .store = {store_open, store_create, store_commit, store, NULL},
                                 .output_fd = f.fd,
                                 .threads = threads,
                                 .tags = &tag,
                                 .tag_count = 1,
                                 .cancel = cancel,
                                 .progress = on_progress,
                                 .log = on_log,
                                 .user = &f.watch};
        f.ok = captions && render_run(&job, &f.report, &f.err);
        captions_destroy(captions);
    }
    arena_finish(&a);
    return f;
}

static struct film render(int source_fd, struct store *store, const char *json, int threads,
                          struct cancel *cancel)
{
    return render_watched(source_fd, store, json, threads, cancel, NULL);
}

static bool same_bytes(int a, int b)
{
    off_t n = lseek(a, 0, SEEK_END);
    if (n <= 0 || n != lseek(b, 0, SEEK_END))
        return false;
    char *x = malloc((size_t)n), *y = malloc((size_t)n);
    bool same = pread(a, x, (size_t)n, 0) == n && pread(b, y, (size_t)n, 0) == n &&
                memcmp(x, y, (size_t)n) == 0;
    free(x);
    free(y);
    return same;
}

static const char plain_film[] =
    "{\"segments\":[{\"name\":\"intro\",\"start\":0,\"end\":2.5,\"effects\":[\"zoom\"]},"
    "{\"name\":\"slow\",\"start\":1,\"end\":2,\"effects\":[\"slowmo\"]},"
    "{\"name\":\"\",\"start\":3.02,\"end\":4.5}]}";

static void makes_a_film(int source)
{
    struct store *store = store_new();
    struct film f = render(source, store, plain_film, 2, NULL);
    struct media_info info;
    struct err e = {0};
    CHECK_CASE("a film");
    CHECK(f.ok && f.report.frames == 179 && f.report.chunks == 4 && f.report.chunks_reused == 0);
    if (CHECK(media_probe(f.fd, &info, NULL, &e))) {
        CHECK(info.width == 72 && info.height == 128 && !info.is_vfr);
        CHECK_NEAR(info.fps, 30, 1e-9);
        CHECK_NEAR(info.duration, 5.98, 1 / 30.0);
        CHECK(info.has_audio && info.sample_rate == 48000 && info.channels == 2);
        CHECK(info.video_start_ticks == 0 && info.audio_start_ticks == 0);
    }
    CHECK_STR(f.watch.log, "Processed segment intro\nProcessed segment slow\nProcessed segment 3\n"
                           "Writing video stream\nApplying watermark & metadata\n");
    CHECK(!f.watch.backwards);
    CHECK_NEAR(f.watch.percent, 99, 0);

    /* Every frame, at its time, shows the source's frame of that moment. */
    struct video_reader *r = video_reader_create(f.fd, NULL, &e);
    int wrong = 0, n = 0;
    struct picture *p;
    while (r && (p = video_reader_next(r, &e))) {
        double t = n / 30.0, src = t < 2.5 ? t : t < 4.5 ? 1 + (t - 2.5) / 2 : 3.02 + t - 4.5;
        int shown = p->data[0][64 * p->stride[0] + 36] - 30, want = (int)floor(src * 30 + 0.04);
        if (abs(shown - want) > 1 && wrong++ < 5)
            fprintf(stderr, "  frame %d: %d, not %d\n", n, shown, want);
        wrong += p->pts_ticks != (int64_t)n * (S / 30);
        picture_unref(&p);
        n++;
    }
    CHECK(n == 179 && wrong == 0);
    video_reader_destroy(r);
    close(f.fd);
    store_free(store);
}

/* The source clicks at every whole second; the loudest sample near each of those must be where the
 * plan puts it. */
static void keeps_sound_in_sync(int source)
{
    enum { RATE = 48000, ALL = 6 * RATE };
    static const double clicks[] = {1, 2, 4.5 + (4 - 3.02)}; /* s of the film */
    static float samples[ALL];
    struct store *store = store_new();
    struct film f = render(source, store, plain_film, 2, NULL);
    struct err e = {0};
    CHECK_CASE("sync");
    struct audio_reader *r = audio_reader_create(f.fd, RATE, 1, NULL, &e);
    int n = 0, got;
    while (r && n < ALL && (got = audio_reader_read(r, samples + n, ALL - n, &e)) > 0)
        n += got;
    CHECK_NEAR(n, 5.98 * RATE, RATE / 30.0);
    for (size_t i = 0; i < sizeof clicks / sizeof clicks[0]; i++) {
        int at = (int)lround(clicks[i] * RATE), loudest = at - RATE / 4;
        for (int k = loudest; k < at + RATE / 4 && k < n; k++)
            loudest = fabsf(samples[k]) > fabsf(samples[loudest]) ? k : loudest;
        CHECK(fabsf(samples[loudest]) > 0.4f);
        CHECK_NEAR(loudest, at + 48, 60); /* the click is 96 samples long */
    }
    audio_reader_destroy(r);
    close(f.fd);
    store_free(store);
}

static void reuses_what_did_not_change(int source)
{
    struct store *store = store_new();
    struct film a = render(source, store, plain_film, 2, NULL);
    struct film b = render(source, store, plain_film, 1, NULL);
    CHECK_CASE("the same again");
    CHECK(a.ok && b.ok && b.report.chunks_reused == b.report.chunks && b.report.sound_reused);
    CHECK(same_bytes(a.fd, b.fd));

    static const struct {
        const char *name, *from, *to;
        size_t reused; /* of 4 chunks: two of the first segment, one each of the others */
        bool sound;
    } cases[] = {
        {"another name", "\"intro\"", "\"opening\"", 4, true},
        {"the last segment's end", "4.5", "4.4", 3, false},
        {"the slow segment's source", "\"start\":1,", "\"start\":1.1,", 3, false},
        {"a default written out", "[\"slowmo\"]", "[{\"name\":\"slowmo\",\"factor\":0.5}]", 4,
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[1000];
        const char *at = strstr(plain_film, cases[i].from);
        snprintf(json, sizeof json, "%.*s%s%s", (int)(at - plain_film), plain_film, cases[i].to,
                 at + strlen(cases[i].from));
        struct film c = render(source, store, json, 2, NULL);
        CHECK_CASE(cases[i].name);
        CHECK(c.ok && c.report.sound_reused == cases[i].sound);
        CHECK_NEAR((double)c.report.chunks_reused, (double)cases[i].reused, 0);
        close(c.fd);
    }
    close(a.fd);
    close(b.fd);
    store_free(store);
}

static void gives_the_same_bytes_on_any_number_of_threads(int source)
{
    struct store *one = store_new(), *three = store_new();
    struct film a = render(source, one, plain_film, 1, NULL);
    struct film b = render(source, three, plain_film, 3, NULL);
    CHECK_CASE("threads");
    CHECK(a.ok && b.ok && b.report.chunks_reused == 0 && same_bytes(a.fd, b.fd));
    close(a.fd);
    close(b.fd);
    store_free(one);
    store_free(three);
}

static void makes_what_is_shown_twice_once(int source)
{
    static const char film[] = "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":2},"
                               "{\"name\":\"b\",\"start\":0,\"end\":2},{\"name\":\"c\",\"start\":0,\"end\":2},"
                               "{\"name\":\"d\",\"start\":0,\"end\":2}]}";
    struct store *store = store_new();
    struct film f = render(source, store, film, 4, NULL);
    CHECK_CASE("shown twice");
    CHECK(f.ok && f.report.chunks == 4 && f.report.chunks_reused == 3);
    CHECK(store->created == 5); /* one chunk, the sound, its two pieces, what was measured of it */
    close(f.fd);
    store_free(store);
}

static void stops_when_told(int source)
{
    struct store *store = store_new();
    struct cancel cancel = {.fd = -1};
    struct film f = render(source, store, plain_film, 2, &cancel);
    CHECK_CASE("cancel");
    CHECK(!f.ok && f.err.code == ERR_CANCELED);
    CHECK(f.watch.percent < 70);
    close(f.fd);

    /* What was finished is found again. */
    struct film again = render(source, store, plain_film, 2, NULL);
    CHECK(again.ok);
    close(again.fd);
    store_free(store);
}

static void reports_the_first_failure(int source)
{
    CHECK_CASE("a full store");
    for (int n = 0; n < 4; n++) {
        struct store *store = store_new();
        store->fail_after = n;
        struct film f = render(source, store, plain_film, 2, NULL);
        CHECK(!f.ok && f.err.code == ERR_NO_SPACE);
        close(f.fd);
        store_free(store);
    }
    CHECK_CASE("a source that is none");
    int junk = memfd_create("junk", 0);
    CHECK(write(junk, "this is no film", 15) == 15);
    struct store *store = store_new();
    struct film f = render(junk, store, plain_film, 2, NULL);
    CHECK(!f.ok && (f.err.code == ERR_UNSUPPORTED || f.err.code == ERR_INVALID));
    close(f.fd);
    close(junk);
    store_free(store);
}

static void presets_are_sound(void)
{
    CHECK_CASE("presets");
    for (const struct render_preset *p = render_presets; p->name; p++) {
        CHECK(render_preset_find(p->name) == p);
        CHECK(p->help && p->x264 && p->crf > 0 && p->max_bitrate > 0 && p->sound_bitrate > 0);
    }
    CHECK(render_preset_find(RENDER_DEFAULT_PRESET) && !render_preset_find("ultra"));
}

/* Somebody empties the folder of chunks under a render: all of them are made once more. */
static void makes_again_what_was_lost(int source)
{
    struct store *store = store_new();
    struct film a = render(source, store, plain_film, 2, NULL);
    store_lose(store);
    struct film b = render_watched(source, store, plain_film, 2, NULL, store);
    CHECK_CASE("lost");
    if (!CHECK(a.ok && b.ok))
        fprintf(stderr, "  %s\n", b.err.msg);
    CHECK(same_bytes(a.fd, b.fd));
    close(a.fd);
    close(b.fd);
    store_free(store);
}

int main(void)
{
    media_init();
    presets_are_sound();
    int source = make_source();
    makes_a_film(source);
    keeps_sound_in_sync(source);
    reuses_what_did_not_change(source);
    gives_the_same_bytes_on_any_number_of_threads(source);
    makes_what_is_shown_twice_once(source);
    makes_again_what_was_lost(source);
    stops_when_told(source);
    reports_the_first_failure(source);
    close(source);
    return check_done();
}
