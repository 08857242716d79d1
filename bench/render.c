/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.c - what a film costs beyond its encoding, what an edit costs, and how much memory it
 * takes.
 *
 *     bench_render [-c CLIP] [-n ROUNDS] [-p PRESET]... [SECTION]...
 *
 * Sections (default: all): cost edits draft threads memory. Without a clip: the talking host of
 * AIVE_TEST_MEDIA if that is set, else a synthetic one of 1920x1080. Presets (default: x264's own
 * veryfast and medium at crf 21, and standard) are for `cost` and `threads`; the others use
 * standard.
 *
 * The job: 24 s of eight segments (plain, zoom, half speed, ...) with 12 captions, three sounds and
 * a watermark. Its composed frames are written to a temporary file once; then, by turns, the film
 * is rendered and the frames alone are encoded with the same settings, by one encoder with as many
 * threads as x264 chooses, and as chunks. What reading the file costs is taken off. Medians, and
 * ratios within one run. Needs 2.5 GB in TMPDIR.
 */
#include "film.h"

#include "media/media.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SSIM_STEP 4

struct bench {
    struct clip clip;
    int rounds;
    const struct render_preset *presets[4]; /* ended by NULL */
    struct bench_store *store;
};

/* A preset's name, or an x264 word for what x264 itself makes of it at the standard quality. */
static const struct render_preset *find_preset(const char *name)
{
    static struct render_preset plain[4];
    static int count;
    const struct render_preset *p = render_preset_find(name);
    if (p || count == 4)
        return p;
    plain[count] = (struct render_preset){.name = name,
                                          .x264 = name,
                                          .crf = 21,
                                          .lookahead = 10,
                                          .max_bitrate = 12000000,
                                          .sound_bitrate = 192000,
                                          .size_divisor = 1};
    return &plain[count++];
}

static const struct render_preset *standard(void)
{
    return render_preset_find(RENDER_DEFAULT_PRESET);
}

static void print_cost(const char *name, struct cost c, struct cost base, int64_t frames)
{
    printf("  %-28s wall %6.2f s (%.2fx)   cpu %6.2f s (%.2fx)   %5.1f ms a frame\n", name, c.wall,
           c.wall / base.wall, c.cpu, c.cpu / base.cpu, 1000 * c.cpu / (double)frames);
}

/* --- cost ----------------------------------------------------------------------------------- */

/* Ways to get the film, by turns in every round. */
struct way {
    const char *name;
    bool renders, chunks;
    int workers, threads;
};

struct result {
    struct cost cost[MAX_ROUNDS];
    off_t bytes;
    double ssim;
};

static int go(struct bench *b, struct film *f, int frames, const struct render_preset *preset,
              const struct way *way)
{
    if (!way->renders)
        return frames_encode(f, frames, preset, way->chunks, way->workers, way->threads);
    bench_store_clear(b->store);
    return film_render(f, preset, 0, b->store, NULL);
}

/* What everybody who reads the frames from the file pays for that, a thread. */
static struct cost reading_cost(const struct film *f, int frames)
{
    struct cost c[3];
    for (int i = 0; i < 3; i++) {
        struct cost start = cost_now();
        frames_read(f, frames);
        c[i] = cost_since(start);
    }
    return cost_median(c, 3);
}

static void compare(struct bench *b, const struct film_job *job, const struct render_preset *preset,
                    const struct way *ways, int n)
{
    struct film f;
    struct result r[8] = {0};
    film_plan(&f, &b->clip, job, preset);
    int frames = frames_write(&f), cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct cost reading = reading_cost(&f, frames);
    printf("\n%s (%s %s, crf %g, look-ahead %d): %lld frames, %zu chunks, medians of %d\n",
           preset->name, preset->x264, preset->x264_params ? preset->x264_params : "", preset->crf,
           preset->lookahead, (long long)f.plan.frame_count, f.plan.chunk_count, b->rounds);
    for (int i = 0; i < b->rounds; i++) {
        for (int k = 0; k < n; k++) {
            struct cost start = cost_now();
            int film = go(b, &f, frames, preset, &ways[k]);
            r[k].cost[i] = cost_since(start);
            if (!ways[k].renders) {
                r[k].cost[i].cpu -= reading.cpu;
                r[k].cost[i].wall -= ways[k].chunks ? reading.wall / cores : reading.wall;
            }
            if (i == 0) {
                r[k].bytes = size_of(film);
                r[k].ssim = frames_ssim(&f, frames, film, SSIM_STEP);
            }
            close(film);
        }
    }
    struct cost base = cost_median(r[0].cost, b->rounds);
    for (int k = 0; k < n; k++) {
        print_cost(ways[k].name, cost_median(r[k].cost, b->rounds), base, f.plan.frame_count);
        printf("  %-28s %.2f MB   SSIM-Y %.5f\n", "", (double)r[k].bytes / 1e6, r[k].ssim);
    }
    close(frames);
    film_forget(&f);
}

static void measure_cost(struct bench *b)
{
    static const struct way ways[] = {{.name = "frames alone, one encoder"},
                                      {.name = "frames alone, chunks", .chunks = true},
                                      {.name = "the film, with sound", .renders = true}};
    for (int i = 0; b->presets[i]; i++)
        compare(b, &job_24s, b->presets[i], ways, 3);
}

static void measure_threads(struct bench *b)
{
    static const struct way ways[] = {
        {.name = "one encoder, 1 thread", .threads = 1},
        {.name = "one encoder, 2 threads", .threads = 2},
        {.name = "one encoder, 3 threads", .threads = 3},
        {.name = "1 chunk at once, 1 thread", .chunks = true, .workers = 1, .threads = 1},
        {.name = "1 chunk at once, 2 threads", .chunks = true, .workers = 1, .threads = 2},
        {.name = "2 chunks at once, 1 thread", .chunks = true, .workers = 2, .threads = 1},
        {.name = "2 chunks at once, 2 threads", .chunks = true, .workers = 2, .threads = 2}};
    for (int i = 0; b->presets[i]; i++)
        compare(b, &job_24s, b->presets[i], ways, 7);
}

/* --- edits ---------------------------------------------------------------------------------- */

static struct cost render_once(struct bench *b, const struct film_job *job,
                               struct render_report *report)
{
    struct film f;
    struct cost start = cost_now();
    film_plan(&f, &b->clip, job, standard());
    close(film_render(&f, standard(), 0, b->store, report));
    film_forget(&f);
    return cost_since(start);
}

static void print_edit(const char *what, struct cost c, struct cost full,
                       const struct render_report *r)
{
    printf("  %-28s wall %6.2f s   cpu %6.2f s = %5.2f %%   %zu of %zu chunks made, sound %s\n",
           what, c.wall, c.cpu, 100 * c.cpu / full.cpu, r->chunks - r->chunks_reused, r->chunks,
           r->sound_reused ? "kept" : "made");
}

static void measure_edits(struct bench *b)
{
    struct render_report r;
    struct film_job caption = job_60s, sound = job_60s;
    double percent = 0;
    caption.edited_caption = 0;
    sound.moved_sound = true;
    bench_store_clear(b->store);
    struct cost full = render_once(b, &job_60s, &r);
    printf("\nedits of a film of 60 s, standard\n");
    print_edit("in full", full, full, &r);
    for (; caption.edited_caption < 30; caption.edited_caption += 6) {
        struct cost c = render_once(b, &caption, &r);
        percent += 100 * c.cpu / full.cpu / 5;
        print_edit("one caption's text", c, full, &r);
    }
    printf("  %-28s %.2f %%\n", "mean of those", percent);
    print_edit("one sound elsewhere", render_once(b, &sound, &r), full, &r);
    print_edit("nothing", render_once(b, &job_60s, &r), full, &r);
}

/* --- draft ---------------------------------------------------------------------------------- */

/* What decoding alone takes, and decoding with writing a proxy. */
static struct cost decoding_cost(const struct clip *c, int64_t *pictures)
{
    struct err e = {0};
    struct cost start = cost_now();
    struct video_reader *r = video_reader_create(c->fd, NULL, &e);
    struct picture *p;
    for (*pictures = 0; r && (p = video_reader_next(r, &e)); ++*pictures)
        picture_unref(&p);
    video_reader_destroy(r);
    return cost_since(start);
}

static void write_proxy(struct clip *c)
{
    int64_t pictures;
    struct cost decoding = decoding_cost(c, &pictures), start = cost_now();
    clip_add_proxy(c);
    struct cost all = cost_since(start);
    if (c->proxy_fd < 0)
        printf("\nthe clip is too small to have a proxy\n");
    else
        printf("\nproxy: %.2f ms of CPU a picture on top of %.2f ms to decode it; %.2f MB, %.2f "
               "Mbit/s\n",
               1000 * (all.cpu - decoding.cpu) / (double)pictures,
               1000 * decoding.cpu / (double)pictures, (double)size_of(c->proxy_fd) / 1e6,
               (double)size_of(c->proxy_fd) * 8e-6 / c->seconds);
}

static void print_stages(const struct render_report *r)
{
    printf("  a draft's cpu:");
    for (int i = 0; i < STAGE_COUNT; i++)
        printf("  %s %.2f s", render_stage_names[i], r->cost[i].cpu_s);
    printf("\n");
}

static void measure_draft(struct bench *b)
{
    const struct render_preset *draft = render_preset_find("draft");
    struct clip with = b->clip;
    const struct {
        const char *name;
        const struct clip *clip;
        const struct render_preset *preset;
    } ways[] = {{"standard", &with, standard()},
                {"draft, from the source", &b->clip, draft},
                {"draft, from a proxy", &with, draft}};
    struct cost c[3][MAX_ROUNDS];
    struct render_report report;
    write_proxy(&with);
    for (int i = 0; i < b->rounds; i++) {
        for (int k = 0; k < 3; k++) {
            struct film f;
            bench_store_clear(b->store);
            struct cost start = cost_now();
            film_plan(&f, ways[k].clip, &job_24s, ways[k].preset);
            close(film_render(&f, ways[k].preset, 0, b->store, &report));
            film_forget(&f);
            c[k][i] = cost_since(start);
        }
    }
    struct cost slow = cost_median(c[0], b->rounds);
    for (int k = 0; k < 3; k++) {
        struct cost fast = cost_median(c[k], b->rounds);
        printf("  %-24s wall %6.2f s (%.2f times as fast)   cpu %6.2f s (%.2f times less)\n",
               ways[k].name, fast.wall, slow.wall / fast.wall, fast.cpu, slow.cpu / fast.cpu);
    }
    print_stages(&report);
    if (with.proxy_fd >= 0)
        close(with.proxy_fd);
}

/* --- memory --------------------------------------------------------------------------------- */

/* The limits are the design's: 400 MB, and 120 more where a source is 4K. */
#define MEMORY_LIMIT_MB 400
#define MEMORY_LARGE_MB 120

/* Peak of a film that is rendered in a child, in MB. */
static double peak_memory(struct bench *b, const struct clip *clip, const struct film_job *job)
{
    struct rusage usage;
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct film f;
        film_plan(&f, clip, job, standard());
        close(film_render(&f, standard(), 0, b->store, NULL));
        _exit(0);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
        die("memory", NULL);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

static void measure_memory(struct bench *b)
{
    struct clip large;
    const char *fade = "{\"name\":\"crossfade\",\"duration\":0.4}";
    clip_make(&large, 3840, 2160, 5);
    const struct {
        const char *name;
        const struct clip *clip, *broll;
        int segments;
        const char *effect, *transition;
    } films[] = {{"2 segments", &b->clip, NULL, 2, NULL, NULL},
                 {"16 segments", &b->clip, NULL, 16, NULL, NULL},
                 {"6, crossfades", &b->clip, NULL, 6, NULL, fade},
                 {"16, crossfades", &b->clip, NULL, 16, NULL, fade},
                 {"6, in reverse", &b->clip, NULL, 6, "\"reverse\"", NULL},
                 {"6, blurred", &b->clip, NULL, 6, "\"blur\"", NULL},
                 {"6, 4K", &large, NULL, 6, NULL, NULL},
                 {"6, 4K, crossfades", &large, NULL, 6, NULL, fade},
                 {"6, 4K, in reverse", &large, NULL, 6, "\"reverse\"", NULL},
                 {"6, a 4K b-roll", &b->clip, &large, 6, NULL, NULL}};
    malloc_trim(0); /* a child's peak begins with what its parent has */
    printf("\npeak memory, standard\n");
    for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
        struct film_job job = {.segments = films[i].segments,
                               .segment_s = 3,
                               .edited_caption = -1,
                               .effect = films[i].effect,
                               .transition = films[i].transition,
                               .broll = films[i].broll};
        bool is_large = films[i].clip == &large || films[i].broll;
        bench_store_clear(b->store);
        printf("  %-28s %4.0f MB of %d\n", films[i].name, peak_memory(b, films[i].clip, &job),
               MEMORY_LIMIT_MB + (is_large ? MEMORY_LARGE_MB : 0));
    }
    clip_close(&large);
}

/* --- Which ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(struct bench *b);
} sections[] = {
    {"memory", measure_memory}, /* first: a child's peak begins with its parent's size */
    {"cost", measure_cost},
    {"edits", measure_edits},
    {"draft", measure_draft},
    {"threads", measure_threads}};

static void open_clip(struct bench *b, const char *path)
{
    const char *media = getenv("AIVE_TEST_MEDIA");
    char host[4096];
    if (!path && media && *media) {
        snprintf(host, sizeof host, "%s/media/video/portrait_talking_host.mp4", media);
        path = host;
    }
    if (path)
        clip_open(&b->clip, path);
    else
        clip_make(&b->clip, 1920, 1080, 10);
    printf("clip: %s, %.1f s\n", path ? path : "synthetic 1920x1080", b->clip.seconds);
}

static bool chosen(char **names, const char *name)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "bench_render [-c CLIP] [-n ROUNDS] [-p PRESET]... [cost|edits|draft|"
        "threads|memory]...";
    struct bench b = {.rounds = 3};
    const char *path = NULL;
    int presets = 0, option;
    while ((option = getopt(argc, argv, "c:n:p:")) != -1) {
        if (option == 'c')
            path = optarg;
        else if (option == 'n')
            b.rounds = (int)strtol(optarg, NULL, 10);
        else if (option != 'p' || presets == 3 || !(b.presets[presets++] = find_preset(optarg)))
            die(usage, NULL);
    }
    if (b.rounds < 1 || b.rounds > MAX_ROUNDS)
        die(usage, NULL);
    static const char *const usual[] = {"veryfast", "medium", RENDER_DEFAULT_PRESET};
    for (int i = 0; presets == 0 && i < 3; i++)
        b.presets[i] = find_preset(usual[i]);
    media_init();
    setvbuf(stdout, NULL, _IOLBF, 0);
    b.store = bench_store_create();
    open_clip(&b, path);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (chosen(argv + optind, sections[i].name))
            sections[i].run(&b);
    clip_close(&b.clip);
    free(b.store);
    return 0;
}
