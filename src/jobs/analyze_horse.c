/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze_horse.c - the work-horse that looks and listens: one thread for each, one report. */
#include "jobs/analyze_parts.h"

#include "analysis/highlight.h"
#include "analysis/thumbnail.h"
#include "core/files.h"
#include "jobs/analyze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_MAX_BYTES (64u << 20) /* of memory for the report's lists */

/* --- What both sides share ---------------------------------------------------------------------- */

double analyze_rounded(double x, double steps)
{
    return round(x * steps) / steps;
}

/* The report goes last: at 100 everything is there. */
void analyze_progress(struct analyze_pass *p, int side, double time_s)
{
    double share = p->info.duration > 0 ? time_s / p->info.duration : 1;
    atomic_store(&p->done[side], (int)(1000 * fmin(share, 1)));
    int sound = atomic_load(&p->done[ANALYZE_SOUND]);
    int pictures = atomic_load(&p->done[ANALYZE_PICTURES]);
    bool slower_is_sound = sound < pictures;
    horse_progress(p->h, 0.098 * (slower_is_sound ? sound : pictures),
                   slower_is_sound ? "listening" : "looking");
}

void analyze_warn(struct analyze_side *s, const char *what, const struct err *why)
{
    s->warning = arena_printf(s->arena, "The %s cannot be read beyond %.1f s: %s", what, s->end_s,
                              why->msg);
}

bool analyze_forgive(struct analyze_pass *p, const char *name, unsigned makes,
                     const struct err *why, struct err *e)
{
    bool machine = why->code == ERR_NO_SPACE || why->code == ERR_IO;
    if (!(makes & ANALYZE_REPORT) && !machine) {
        horse_log(p->h, "There is no %s: %s", name, why->msg);
        return true;
    }
    *e = *why;
    return err_wrap(e, "%s", name);
}

bool analyze_put(struct horse *h, const char *name, const void *data, size_t n, struct err *e)
{
    int fd = horse_create(h, name, e);
    bool ok = fd >= 0 && file_write_all(fd, data, n, e) && horse_commit(h, name, e);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* --- One pass ----------------------------------------------------------------------------------- */

/* Is there a stream that one side could read, and anybody who wants to know? */
static bool is_wanted(const struct analyze_pass *p, int side)
{
    unsigned makes = 0;
    if (side == p->without)
        return false;
    if (side == ANALYZE_SOUND)
        for (int i = 0; sound_analysers[i]; i++)
            makes |= sound_analysers[i]->makes;
    else
        for (int i = 0; picture_analysers[i]; i++)
            makes |= picture_analysers[i]->makes;
    return (makes & p->make) != 0 &&
           (side == ANALYZE_SOUND ? p->info.has_audio : p->info.has_video);
}

struct listener {
    struct analyze_side *side;
    struct err err;
    bool ok;
};

static void *run_listener(void *arg)
{
    struct listener *l = arg;
    l->ok = analyze_sound(l->side, &l->err);
    atomic_store(&l->side->pass->done[ANALYZE_SOUND], 1000);
    return NULL;
}

/* The sound in a thread of its own, the pictures in this one. */
static bool run_sides(struct analyze_pass *p, struct analyze_side sides[ANALYZE_SIDES],
                      struct err *e)
{
    struct listener listener = {.side = &sides[ANALYZE_SOUND], .ok = true};
    pthread_t thread;
    bool sound = is_wanted(p, ANALYZE_SOUND), pictures = is_wanted(p, ANALYZE_PICTURES), ok = true;
    atomic_init(&p->done[ANALYZE_SOUND], sound ? 0 : 1000);
    atomic_init(&p->done[ANALYZE_PICTURES], pictures ? 0 : 1000);
    bool apart = sound && pictures && pthread_create(&thread, NULL, run_listener, &listener) == 0;
    if (sound && !apart)
        run_listener(&listener);
    if (pictures)
        ok = analyze_pictures(&sides[ANALYZE_PICTURES], e);
    atomic_store(&p->done[ANALYZE_PICTURES], 1000);
    if (apart)
        pthread_join(thread, NULL);
    if (ok && !listener.ok)
        *e = listener.err;
    return ok && listener.ok;
}

static const char *const side_names[ANALYZE_SIDES] = {
    [ANALYZE_SOUND] = "sound", [ANALYZE_PICTURES] = "pictures"};

static bool collect_warnings(struct analyze_side sides[ANALYZE_SIDES], struct analysis_report *r,
                             struct err *e)
{
    const char **list = arena_array(sides->arena, ANALYZE_SIDES, sizeof *list);
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "no memory for warnings");
    r->warnings = (struct wire_list){list, 0};
    for (int i = 0; i < ANALYZE_SIDES; i++) {
        if (i == sides->pass->without)
            sides[i].warning = arena_printf(sides[i].arena, "The %s could not be analysed: the "
                                            "decoder crashed", side_names[i]);
        if (sides[i].warning)
            list[r->warnings.count++] = sides[i].warning;
    }
    return true;
}

/* What needs both sides. */
static bool conclude(struct analyze_side sides[ANALYZE_SIDES], struct err *e)
{
    struct analyze_side *s = &sides[ANALYZE_PICTURES];
    struct analysis_report *r = s->report;
    double seen = fmax(sides[ANALYZE_SOUND].end_s, s->end_s);
    r->duration = ANALYZE_MS(fmax(s->pass->info.duration, seen));
    r->thumbnail = ANALYZE_MS(thumbnail_choose(&s->quality, r));
    return collect_warnings(sides, r, e) &&
           highlights_find(r, s->arena, &r->highlights, e);
}

static bool write_report(const struct analysis_report *r, struct buf *result, struct err *e)
{
    wire_write(&wire_analysis, r, result);
    return result->failed ? err_set(e, ERR_TOO_LARGE, "the analysis is too long to be kept") : true;
}

/* --- The kind ----------------------------------------------------------------------------------- */

struct analyze_spec {
    int64_t make;
    const char *without; /* NULL: nothing is left out */
};
static const struct wire_field spec_fields[] = {
    {.name = "make", .kind = WIRE_INT, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct analyze_spec, make), .help = "Bits: what is asked for."},
    {.name = "without", .kind = WIRE_STRING, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct analyze_spec, without), .help = "Left out: sound or pictures."},
    {0},
};
static const struct wire_type wire_spec = {
    .name = "AnalyzeSpec", .fields = spec_fields, .size = sizeof(struct analyze_spec)};

static bool read_spec(struct analyze_pass *p, struct arena *a, struct err *e)
{
    unsigned long n;
    const char *text = horse_spec(p->h, &n);
    const struct analyze_spec *spec = wire_read_trusted(&wire_spec, text, n, a, e);
    if (!spec)
        return false;
    p->make = (unsigned)spec->make;
    for (int i = 0; i < ANALYZE_SIDES; i++)
        if (spec->without && strcmp(spec->without, side_names[i]) == 0)
            p->without = i;
    return true;
}

static bool analyze_child(struct horse *h, struct buf *result, struct err *e)
{
    struct arena arenas[ANALYZE_SIDES];
    struct analysis_report report = report_empty;
    struct analyze_pass pass = {.h = h, .fd = horse_fd(h, "source"), .without = -1};
    struct analyze_side sides[ANALYZE_SIDES];
    for (int i = 0; i < ANALYZE_SIDES; i++) {
        arena_init(&arenas[i], REPORT_MAX_BYTES);
        sides[i] = (struct analyze_side){.pass = &pass, .report = &report, .arena = &arenas[i]};
    }
    bool ok = read_spec(&pass, &arenas[0], e) && media_probe(pass.fd, &pass.info, NULL, e) &&
              run_sides(&pass, sides, e) && conclude(sides, e) && write_report(&report, result, e);
    if (ok)
        horse_progress(h, 100, "analysed");
    quality_list_finish(&sides[ANALYZE_PICTURES].quality);
    for (int i = 0; i < ANALYZE_SIDES; i++)
        arena_finish(&arenas[i]);
    return ok;
}

static bool analyze_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

const struct horse_kind horse_analyze = {
    .name = "analyze",
    .help = "Looks at a file and listens to it.",
    .limits = {.memory_bytes = UINT64_C(2) << 30, .cpu_seconds = 4 * 3600,
               .wall_seconds = 4 * 3600, .silence_seconds = 300, .file_bytes = UINT64_C(8) << 30},
    .prepare = analyze_prepare,
    .run = analyze_child,
};
