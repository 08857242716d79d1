/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze.c - what looking at a film and listening to it costs, part by part.
 *
 *     analyze [FILE]        CPU of each part, on 20 s of synthetic 1080p30 or on a file
 *     analyze --lengths     10 and 60 minutes of a small film: is the cost linear, memory flat?
 *
 * One thread does everything here, so the parts add up; aive itself gives sound and pictures a
 * thread each.
 */
#include "film.h"

#include "analysis/small.h"
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/analyze_parts.h"
#include "media/picture_stream.h"
#include "media/shrink.h"
#include "media/sound_thinner.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PARTS_MAX (ANALYSERS_MAX + 2)

struct part {
    const char *name;
    double cpu; /* s */
};

struct split {
    struct part parts[PARTS_MAX];
    int count;
    int64_t units; /* pictures, or frames of sound */
    double seconds;
};

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Adds the time since *at to a part and begins the next one. */
static void charge(struct part *p, double *at)
{
    double now = cpu_now();
    p->cpu += now - *at;
    *at = now;
}

static void add_part(struct split *s, const char *name)
{
    s->parts[s->count++].name = name;
}

/* --- Pictures ----------------------------------------------------------------------------------- */

struct look {
    struct analyze_pass pass;
    struct analyze_side side;
    void *self[ANALYSERS_MAX];
    struct split split;
};

static void begin_look(struct look *l)
{
    struct err e = {0};
    add_part(&l->split, "decoding");
    add_part(&l->split, "making small");
    for (int i = 0; picture_analysers[i]; i++) {
        add_part(&l->split, picture_analysers[i]->name);
        if (picture_analysers[i]->makes & ANALYZE_REPORT &&
            !(l->self[i] = picture_analysers[i]->create(&l->pass, &e)))
            die(picture_analysers[i]->name, &e);
    }
}

/* The whole clip once more, as if it came `from` later. */
static void look_at(struct look *l, int fd, int64_t from, bool analyse)
{
    struct err e = {0};
    struct picture_stream *stream = picture_stream_create_rough(fd, 2 * SMALL_EDGE, NULL, &e);
    struct shrinker *shrinker = stream ? shrinker_create(&e) : NULL;
    struct picture *full;
    int width = 0, height = 0;
    if (!shrinker)
        die("open the pictures", &e);
    double at = cpu_now();
    while ((full = picture_stream_next(stream, &e))) {
        charge(&l->split.parts[0], &at);
        if (width == 0)
            shrink_size(full, SMALL_EDGE, &width, &height);
        struct picture *small = analyse ? shrink(shrinker, full, width, height, &e) : NULL;
        charge(&l->split.parts[1], &at);
        struct skimmed seen = {small, full, from + full->pts_ticks};
        for (int i = 0; small && picture_analysers[i]; i++) {
            if (l->self[i] && !picture_analysers[i]->push(l->self[i], &seen, &e))
                die(picture_analysers[i]->name, &e);
            charge(&l->split.parts[2 + i], &at);
        }
        picture_unref(&small);
        picture_unref(&full);
        l->split.units++;
        at = cpu_now();
    }
    shrinker_destroy(shrinker);
    picture_stream_destroy(stream);
}

static void end_look(struct look *l)
{
    struct err e = {0};
    for (int i = 0; picture_analysers[i]; i++) {
        double at = cpu_now();
        if (l->self[i] && !picture_analysers[i]->finish(l->self[i], &l->side, &e))
            die(picture_analysers[i]->name, &e);
        picture_analysers[i]->destroy(l->self[i]);
        charge(&l->split.parts[2 + i], &at);
    }
}

/* --- Sound -------------------------------------------------------------------------------------- */

struct hearing {
    struct analyze_pass pass;
    struct analyze_side side;
    void *self[ANALYSERS_MAX];
    struct split split;
};

static void begin_hearing(struct hearing *l)
{
    struct err e = {0};
    add_part(&l->split, "decoding");
    add_part(&l->split, "making thin");
    for (int i = 0; sound_analysers[i]; i++) {
        add_part(&l->split, sound_analysers[i]->name);
        if (sound_analysers[i]->makes & ANALYZE_REPORT &&
            !(l->self[i] = sound_analysers[i]->create(&l->pass, &e)))
            die(sound_analysers[i]->name, &e);
    }
}

static void hear(struct hearing *l, int fd, bool analyse)
{
    static float stereo[2 * THINNER_BLOCK], mono[THINNER_BLOCK];
    struct err e = {0};
    struct audio_reader *reader = audio_reader_create(fd, THINNER_IN_RATE, 2, NULL, &e);
    struct sound_thinner *thinner = reader ? sound_thinner_create(&e) : NULL;
    int frames;
    if (!thinner)
        die("open the sound", &e);
    double at = cpu_now();
    while ((frames = audio_reader_read(reader, stereo, THINNER_BLOCK, &e)) > 0) {
        charge(&l->split.parts[0], &at);
        int n = analyse ? sound_thinner_push(thinner, stereo, frames, mono, &e) : 0;
        charge(&l->split.parts[1], &at);
        struct sound_block b = {mono, (size_t)n, stereo, frames};
        for (int i = 0; analyse && sound_analysers[i]; i++) {
            if (l->self[i] && !sound_analysers[i]->push(l->self[i], &b, &e))
                die(sound_analysers[i]->name, &e);
            charge(&l->split.parts[2 + i], &at);
        }
        l->split.units += frames;
    }
    sound_thinner_destroy(thinner);
    audio_reader_destroy(reader);
}

static void end_hearing(struct hearing *l)
{
    struct err e = {0};
    for (int i = 0; sound_analysers[i]; i++) {
        double at = cpu_now();
        if (l->self[i] && !sound_analysers[i]->finish(l->self[i], &l->side, &e))
            die(sound_analysers[i]->name, &e);
        sound_analysers[i]->destroy(l->self[i]);
        charge(&l->split.parts[2 + i], &at);
    }
}

/* --- Numbers ------------------------------------------------------------------------------------ */

static void print_split(const char *title, const struct split *s, double per, const char *unit)
{
    double beyond = 0;
    printf("%s\n", title);
    for (int i = 0; i < s->count; i++) {
        beyond += i > 0 ? s->parts[i].cpu : 0;
        if (s->parts[i].cpu > 1e-4)
            printf("  %-14s %8.3f %s\n", s->parts[i].name, s->parts[i].cpu * per, unit);
    }
    printf("  %-14s %8.3f %s, %.1f x real time\n", "beyond decoding", beyond * per, unit,
           s->seconds / beyond);
}

static long peak_kib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

struct passes {
    struct look look;
    struct hearing hearing;
    struct analysis_report report;
    struct arena arenas[ANALYZE_SIDES];
};

static void begin(struct passes *p, const struct clip *clip)
{
    struct err e = {0};
    *p = (struct passes){0};
    for (int i = 0; i < ANALYZE_SIDES; i++)
        arena_init(&p->arenas[i], 64 << 20);
    if (!media_probe(clip->fd, &p->look.pass.info, NULL, &e))
        die("probe", &e);
    p->hearing.pass.info = p->look.pass.info;
    p->look.pass.make = p->hearing.pass.make = ANALYZE_REPORT;
    p->look.side = (struct analyze_side){.pass = &p->look.pass, .report = &p->report,
                                         .arena = &p->arenas[ANALYZE_PICTURES]};
    p->hearing.side = (struct analyze_side){.pass = &p->hearing.pass, .report = &p->report,
                                            .arena = &p->arenas[ANALYZE_SOUND]};
    begin_look(&p->look);
    begin_hearing(&p->hearing);
}

static void run(struct passes *p, const struct clip *clip, int times, bool analyse)
{
    for (int i = 0; i < times; i++) {
        if (p->look.pass.info.has_video)
            look_at(&p->look, clip->fd, (int64_t)(i * clip->seconds * TICKS_PER_SECOND), analyse);
        if (p->look.pass.info.has_audio)
            hear(&p->hearing, clip->fd, analyse);
    }
    p->look.split.seconds = p->hearing.split.seconds = times * clip->seconds;
}

static void end(struct passes *p)
{
    end_look(&p->look);
    end_hearing(&p->hearing);
    quality_list_finish(&p->look.side.quality);
    for (int i = 0; i < ANALYZE_SIDES; i++)
        arena_finish(&p->arenas[i]);
}

static void one_clip(const struct clip *clip)
{
    struct passes p;
    begin(&p, clip);
    run(&p, clip, 1, true);
    end(&p);
    printf("%dx%d, %.1f s, %lld pictures\n", p.look.pass.info.width, p.look.pass.info.height,
           clip->seconds, (long long)p.look.split.units);
    if (p.look.split.units > 0)
        print_split("pictures", &p.look.split, 1e3 / (double)p.look.split.units, "ms a picture");
    if (p.hearing.split.units > 0)
        print_split("sound", &p.hearing.split, 60 / clip->seconds, "s CPU a minute");
    printf("peak memory %.1f MiB\n", (double)peak_kib() / 1024);
}

/* In a process of its own, so that its peak is its own. */
static void in_child(const struct clip *clip, int minutes, bool analyse)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        struct passes p;
        begin(&p, clip);
        run(&p, clip, (int)(minutes * 60 / clip->seconds), analyse);
        end(&p);
        double cpu = 0;
        for (int i = 1; i < p.look.split.count; i++)
            cpu += p.look.split.parts[i].cpu;
        for (int i = 1; i < p.hearing.split.count; i++)
            cpu += p.hearing.split.parts[i].cpu;
        printf("%2d minutes, %s: %.3f s CPU a minute beyond decoding, peak memory %.1f MiB\n",
               minutes, analyse ? "analysed" : "decoded only", cpu / minutes,
               (double)peak_kib() / 1024);
        fflush(stdout);
        _exit(0);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
        die("a child", NULL);
}

int main(int argc, char **argv)
{
    struct clip clip;
    bool lengths = argc == 2 && strcmp(argv[1], "--lengths") == 0;
    media_init();
    if (argc == 2 && !lengths)
        clip_open(&clip, argv[1]);
    else
        clip_make(&clip, lengths ? 320 : 1920, lengths ? 180 : 1080, 20);
    if (lengths) {
        in_child(&clip, 1, false);
        in_child(&clip, 10, true);
        in_child(&clip, 60, true);
    } else {
        one_clip(&clip);
    }
    clip_close(&clip);
    return 0;
}
