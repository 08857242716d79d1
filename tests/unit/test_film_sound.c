/* SPDX-License-Identifier: GPL-3.0-or-later
 * A film's sound from the plan to the AAC that is decoded again: loudness, true peak, what is kept
 * in the store; and the proof that it lies where the plan put it. */
#include "noise.h"
#include "sound_plans.h"

#include "render/proof.h"
#include "render/render.h"
#include "render/sound.h"
#include "synth.h"

#define SECONDS 12

/* --- A store in memory --------------------------------------------------------------------------- */

struct store {
    struct {
        char key[65];
        int fd;
        bool committed;
    } pieces[32];
    int count, opened;
};

static int store_open(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    for (int i = 0; i < s->count; i++)
        if (s->pieces[i].committed && strcmp(s->pieces[i].key, key) == 0) {
            s->opened++;
            return dup(s->pieces[i].fd);
        }
    err_set(e, ERR_NOT_FOUND, "no such piece");
    return -1;
}

static int store_create(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    (void)e;
    strcpy(s->pieces[s->count].key, key);
    s->pieces[s->count].fd = synth_fd();
    return dup(s->pieces[s->count++].fd);
}

static bool store_commit(void *user, const char *key, struct err *e)
{
    struct store *s = user;
    int i = s->count - 1; /* the one that was created last */
    while (i >= 0 && strcmp(s->pieces[i].key, key) != 0)
        i--;
    if (i < 0)
        return err_set(e, ERR_NOT_FOUND, "never created");
    s->pieces[i].committed = true;
    return true;
}

static void store_empty(struct store *s)
{
    for (int i = 0; i < s->count; i++)
        close(s->pieces[i].fd);
    *s = (struct store){0};
}

static struct render_store callbacks(struct store *s)
{
    return (struct render_store){
        .open = store_open, .create = store_create, .commit = store_commit, .user = s};
}

/* --- Sources ------------------------------------------------------------------------------------- */

static float tone(long n, int channel)
{
    (void)channel;
    return 0.05f * (float)sin(2 * M_PI * 440 * (double)n / RATE);
}

static float loud(long n, int channel)
{
    return (float)(0.9 * sin(2 * M_PI * (60 + channel) * (double)n / RATE) + 0.5 * hash_noise(n));
}

/* Noise in bursts: every moment is unlike all others. */
static float bursts(long n, int channel)
{
    double t = fmod((double)n / RATE, 0.4);
    return (float)((channel ? 0.2 : 0.3) * hash_noise(n / 6) * exp(-t * 12));
}

/* Needs limiting: seldom high, mostly low. */
static float spiky(long n, int channel)
{
    double t = fmod((double)n / RATE, 0.25);
    (void)channel;
    return (float)(0.05 * hash_noise(n / 3) + 0.5 * exp(-t * 40) * sin(2 * M_PI * 150 * t));
}

static float nothing(long n, int channel)
{
    (void)n, (void)channel;
    return 0;
}

enum { TONE, LOUD, BURSTS, SPIKY, NOTHING, SOURCES };
static float (*const fill[SOURCES])(long, int) = {tone, loud, bursts, spiky, nothing};
static const char *const names[SOURCES] = {"tone", "loud", "bursts", "spiky", "nothing"};
static int fds[SOURCES];
static struct plan_source sources[SOURCES];

static void make_sources(void)
{
    for (int i = 0; i < SOURCES; i++) {
        fds[i] = wav_of(fill[i], SECONDS * RATE);
        sources[i] = (struct plan_source){
            .duration_ticks = SECONDS * S, .has_audio = true, .hash = names[i]};
    }
}

static struct plan whole(const struct cut *cuts, size_t n, struct plan_segment *seg)
{
    struct plan p = plan_of(cuts, n, seg, sources, SOURCES);
    p.fps_num = 30;
    p.fps_den = 1;
    p.frame_count = ticks_scale(p.duration_ticks, 30, S);
    p.loudness = -14;
    return p;
}

static const char key[] = "00000000000000000000000000000000000000000000000000000000000000aa";

static bool make(const struct plan *p, struct store *s, struct sound_notes *notes, bool *reused)
{
    struct err e = {0};
    struct render_store store = callbacks(s);
    struct sound_job job = {.plan = p, .source_fds = fds, .store = &store, .bit_rate = 192000};
    bool ok = CHECK(sound_make(&job, key, notes, reused, &e));
    if (!ok)
        fprintf(stderr, "   %s\n", e.msg);
    return ok;
}

/* A film of this sound and a made-up picture of `frames`. */
static int film_of(const struct store *s, int sound_fd, int frames)
{
    struct err e = {0};
    struct synth_film f = {.fps_num = 30, .fps_den = 1, .lengths = &frames, .chunks = 1};
    f.settings = synth_settings(30, 1);
    int fd = synth_fd();
    struct film_source src = {1, synth_open_chunk, &f, sound_fd};
    (void)s;
    CHECK(film_mux(&src, fd, NULL, 0, NULL, NULL, NULL, &e));
    return fd;
}

static int sound_of(struct store *s)
{
    struct err e;
    return store_open(s, key, &e);
}

/* --- Tests --------------------------------------------------------------------------------------- */

static void test_levels(void)
{
    static const struct {
        int source;
        double target, lufs; /* wanted; NAN: any */
    } cases[] = {{TONE, -14, -14}, {LOUD, -14, -14},  {BURSTS, -14, -14},
                 {SPIKY, -14, -14}, {TONE, -24, -24}, {SPIKY, 0, NAN}, {LOUD, 0, NAN}};
    static struct sound_notes notes;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cut cut = {cases[i].source, 0, 8 * S, 1, 1};
        struct plan_segment seg[1];
        struct plan p = whole(&cut, 1, seg);
        struct store s = {0};
        bool reused;
        CHECK_CASE(names[cases[i].source]);
        p.loudness = cases[i].target;
        if (make(&p, &s, &notes, &reused)) {
            const struct sound_report *r = &notes.report;
            CHECK(!reused && r->true_peak_db <= SOUND_TRUE_PEAK_DB);
            if (isfinite(cases[i].lufs))
                CHECK_NEAR(r->lufs, cases[i].lufs, 0.3);
            else
                CHECK(r->gain_db == 0);
        }
        store_empty(&s);
    }
}

static void test_silent_and_short(void)
{
    static const struct {
        const char *name;
        int source;
        int64_t ticks;
    } cases[] = {{"silence", NOTHING, 2 * S}, {"a sample", TONE, S / RATE},
                 {"0.2 s", TONE, S / 5},      {"0.5 s", TONE, S / 2}};
    static struct sound_notes notes;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cut cut = {cases[i].source, 0, cases[i].ticks, 1, 1};
        struct plan_segment seg[1];
        struct plan p = whole(&cut, 1, seg);
        struct store s = {0};
        bool reused, has_loudness = cases[i].ticks > S * 2 / 5 && cases[i].source != NOTHING;
        CHECK_CASE(cases[i].name);
        if (make(&p, &s, &notes, &reused)) {
            CHECK(isfinite(notes.report.lufs) == has_loudness);
            CHECK((notes.report.gain_db != 0) == has_loudness);
        }
        store_empty(&s);
    }
}

static void check_same_sound(struct store *one, struct store *other)
{
    char a[4096], b[4096];
    int x = sound_of(one), y = sound_of(other);
    ssize_t n;
    off_t at = 0;
    while ((n = pread(x, a, sizeof a, at)) > 0) {
        CHECK(pread(y, b, sizeof b, at) == n && memcmp(a, b, (size_t)n) == 0);
        at += n;
    }
    CHECK(at > 10000);
    close(x);
    close(y);
}

static void test_kept(void)
{
    static const struct cut cuts[] = {{BURSTS, 0, S, 1, 1}, {BURSTS, 2 * S, 3 * S, 1, 2}};
    static struct sound_notes notes, again;
    struct plan_segment seg[2];
    struct plan p = whole(cuts, 2, seg);
    struct store s = {0}, other = {0};
    bool reused;
    CHECK_CASE("kept");
    CHECK(make(&p, &s, &notes, &reused) && !reused);
    CHECK(s.count == 4); /* the sound, the stretched segment, one encoded piece, the notes */
    CHECK(make(&p, &s, &again, &reused) && reused);
    CHECK(memcmp(&notes, &again, sizeof notes) == 0);

    CHECK_CASE("another volume: what was stretched is used again");
    seg[0].gain = 0.5;
    s.pieces[0].committed = false;
    int opened = s.opened;
    CHECK(make(&p, &s, &again, &reused) && !reused);
    CHECK(s.count == 7 && s.opened >= opened + 2);

    CHECK_CASE("with and without pieces, the same bytes");
    CHECK(make(&p, &other, &notes, &reused));
    check_same_sound(&s, &other);
    store_empty(&s);
    store_empty(&other);
}

/* A sound effect elsewhere: only what lies around both places is encoded anew. */
static void test_moved_effect(void)
{
    static const struct cut cuts[] = {{BURSTS, 0, 12 * S, 1, 1}, {SPIKY, 0, 12 * S, 1, 1}};
    static struct sound_notes notes, again;
    struct plan_segment seg[2];
    struct plan p = whole(cuts, 2, seg);
    struct plan_sfx pop = {.name = "pop", .source = -1, .first_sample = 2 * RATE, .gain_db = -12,
                           .max_samples = INT64_MAX};
    struct store s = {0}, other = {0};
    bool reused;
    p.sfx = &pop;
    p.sfx_count = 1;
    CHECK_CASE("a sound effect elsewhere");
    CHECK(make(&p, &s, &notes, &reused));
    CHECK(s.count == 8); /* the sound, six pieces of at most 4.1 s, the notes */
    pop.first_sample = 14 * RATE;
    s.pieces[0].committed = false;
    CHECK(make(&p, &s, &again, &reused) && !reused);
    CHECK(again.report.gain_db == notes.report.gain_db);
    CHECK(s.count == 8 + 4); /* the sound, the first piece, the fourth, the notes */
    CHECK(make(&p, &other, &notes, &reused));
    check_same_sound(&s, &other);
    CHECK(again.report.lufs == notes.report.lufs);
    CHECK(again.report.true_peak_db == notes.report.true_peak_db);
    store_empty(&s);
    store_empty(&other);
}

static void test_proof(void)
{
    static const struct cut cuts[] = {{BURSTS, 0, 2 * S, 1, 1},
                                      {TONE, 0, S, 1, 1},
                                      {BURSTS, 5 * S, 8 * S, 1, 1}};
    static struct sound_notes notes;
    struct plan_segment seg[3];
    struct plan p = whole(cuts, 3, seg);
    struct store s = {0};
    struct proof_report proof;
    struct err e = {0};
    bool reused;
    CHECK_CASE("in step");
    CHECK(make(&p, &s, &notes, &reused));
    int sound = sound_of(&s), film = film_of(&s, sound, (int)p.frame_count);
    CHECK(proof_film(&p, film, &notes, NULL, &proof, &e));
    CHECK(proof.first_known && proof.last_known && proof.frames == p.frame_count);
    CHECK_NEAR(proof.first_offset_ms, 0, 0.05);
    CHECK_NEAR(proof.last_offset_ms, 0, 0.05);
    CHECK(proof.first_match > 0.9 && proof.last_match > 0.9);
    CHECK_NEAR(proof.picture_s, 6, 1e-6);
    CHECK_NEAR(proof.sound_s, 6, 0.03);

    CHECK_CASE("out of step");
    static const struct {
        int samples;
        bool bad;
    } shifts[] = {{480, false}, {-1000, false}, {2000, true}, {-4800, true}, {9000, true}};
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        struct sound_notes moved = notes;
        for (int w = 0; w < SOUND_WINDOWS; w++)
            moved.windows[w].at += shifts[i].samples;
        CHECK(proof_film(&p, film, &moved, NULL, &proof, &e) == !shifts[i].bad);
        CHECK(proof.first_known && proof.last_known);
        CHECK_NEAR(proof.last_offset_ms, -shifts[i].samples / 48.0, 0.05);
    }

    CHECK_CASE("frames are missing");
    close(film);
    film = film_of(&s, sound, (int)p.frame_count - 1);
    CHECK(!proof_film(&p, film, &notes, NULL, &proof, &e) && e.code == ERR_INTERNAL);
    close(film);
    close(sound);
    store_empty(&s);
}

static void test_not_measurable(void)
{
    static const int unclear[] = {NOTHING, TONE}; /* silent; the same every 2.3 ms */
    static struct sound_notes notes;
    for (int i = 0; i < 2; i++) {
        struct cut cut = {unclear[i], 0, 3 * S, 1, 1};
        struct plan_segment seg[1];
        struct plan p = whole(&cut, 1, seg);
        struct store s = {0};
        struct proof_report proof;
        struct err e = {0};
        bool reused;
        CHECK_CASE(names[unclear[i]]);
        CHECK(make(&p, &s, &notes, &reused));
        /* The start and the end of a tone can be told; its middle cannot. */
        for (int w = 0; w < SOUND_WINDOWS; w++)
            notes.windows[w] = notes.windows[SOUND_FIRST_CUT],
            notes.windows[w].at = RATE;
        for (int k = 0; k < SOUND_WINDOW && unclear[i] == TONE; k++)
            for (int w = 0; w < SOUND_WINDOWS; w++)
                notes.windows[w].mono[k] = (int16_t)(8000 * sin(2 * M_PI * 440 * k / RATE));
        int sound = sound_of(&s), film = film_of(&s, sound, (int)p.frame_count);
        CHECK(proof_film(&p, film, &notes, NULL, &proof, &e));
        CHECK(!proof.first_known && !proof.last_known);
        close(film);
        close(sound);
        store_empty(&s);
    }
}

int main(void)
{
    media_init();
    make_sources();
    test_levels();
    test_silent_and_short();
    test_kept();
    test_moved_effect();
    test_proof();
    test_not_measurable();
    for (int i = 0; i < SOURCES; i++)
        close(fds[i]);
    return check_done();
}
