/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze_pictures.c - the side of the work-horse that looks. */
#include "jobs/analyze_parts.h"

#include "analysis/shots.h"
#include "analysis/small.h"
#include "analysis/storyboard.h"
#include "analysis/subject.h"
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "media/proxy_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_A_SECOND 30.0
#define SHEET_EDGE (STORYBOARD_COLUMNS * STORYBOARD_HEIGHT)

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "no memory for the analysis");
}

static struct small_picture small_of(const struct skimmed *seen)
{
    const struct picture *p = seen->small;
    return (struct small_picture){
        p->width, p->height, {p->data[0], p->data[1], p->data[2]},
        {p->stride[0], p->stride[1], p->stride[2]}};
}

/* --- Shots -------------------------------------------------------------------------------------- */

static void *create_shots(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return shots_create(SHOTS_DEFAULTS, e);
}

static bool push_shots(void *self, const struct skimmed *seen, struct err *e)
{
    struct small_picture p = small_of(seen);
    return shots_push(self, &p, ticks_to_seconds(seen->time_ticks), e);
}

static bool finish_shots(void *self, struct analyze_side *s, struct err *e)
{
    struct shot_list found = {0};
    if (!shots_finish(self, &found, e))
        return false;
    struct report_shot *shots = arena_array(s->arena, found.count + 1, sizeof *shots);
    for (size_t i = 0; shots && i < found.count; i++)
        shots[i] = (struct report_shot){
            .start = ANALYZE_MS(found.shots[i].start_s),
            .end = ANALYZE_MS(found.shots[i].end_s),
            .begins = shot_begin_name(found.shots[i].begins),
            .transition = ANALYZE_MS(found.shots[i].transition_s),
        };
    s->report->shots = (struct wire_list){shots, found.count};
    shot_list_finish(&found);
    return shots ? true : no_memory(e);
}

static void destroy_shots(void *self)
{
    shots_destroy(self);
}

static const struct picture_analyser shots_analyser = {
    .name = "shots",
    .makes = ANALYZE_REPORT,
    .create = create_shots,
    .push = push_shots,
    .finish = finish_shots,
    .destroy = destroy_shots,
};

/* --- Subject ------------------------------------------------------------------------------------ */

static void *create_subject(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return subject_create(SUBJECT_DEFAULTS, e);
}

static bool push_subject(void *self, const struct skimmed *seen, struct err *e)
{
    struct small_picture p = small_of(seen);
    return subject_push(self, &p, ticks_to_seconds(seen->time_ticks), e);
}

static void *keep(struct arena *a, const void *items, size_t count, size_t size)
{
    void *kept = arena_array(a, count + 1, size);
    if (kept && count)
        memcpy(kept, items, count * size);
    return kept;
}

/* The crop is kept to the last digit: rounded, it would shake. */
static bool finish_subject(void *self, struct analyze_side *s, struct err *e)
{
    struct subject_path path;
    struct analysis_report *r = s->report;
    if (!subject_finish(self, r->shots.items, r->shots.count, &path, e))
        return false;
    for (size_t i = 0; i < path.face_count; i++) {
        struct report_face *f = &path.faces[i];
        *f = (struct report_face){ANALYZE_MS(f->time), ANALYZE_MS(f->x), ANALYZE_MS(f->y),
                                  ANALYZE_MS(f->width), ANALYZE_MS(f->height)};
    }
    r->crop.items = keep(s->arena, path.crop, path.crop_count, sizeof *path.crop);
    r->crop.count = path.crop_count;
    r->faces.items = keep(s->arena, path.faces, path.face_count, sizeof *path.faces);
    r->faces.count = path.face_count;
    subject_path_finish(&path);
    return (r->crop.items && r->faces.items) || no_memory(e);
}

static void destroy_subject(void *self)
{
    subject_destroy(self);
}

static const struct picture_analyser subject_analyser = {
    .name = "subject",
    .makes = ANALYZE_REPORT,
    .create = create_subject,
    .push = push_subject,
    .finish = finish_subject,
    .destroy = destroy_subject,
};

/* --- Quality ------------------------------------------------------------------------------------ */

static void *create_quality(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return quality_create(e);
}

static bool push_quality(void *self, const struct skimmed *seen, struct err *e)
{
    struct small_picture p = small_of(seen);
    return quality_push(self, &p, ticks_to_seconds(seen->time_ticks), e);
}

static bool finish_quality(void *self, struct analyze_side *s, struct err *e)
{
    struct quality_list *found = &s->quality;
    if (!quality_finish(self, found, e))
        return false;
    struct report_quality *rows = arena_array(s->arena, found->count + 1, sizeof *rows);
    for (size_t i = 0; rows && i < found->count; i++)
        rows[i] = (struct report_quality){
            .time = ANALYZE_MS(found->seconds[i].time_s),
            .sharpness = analyze_rounded(found->seconds[i].sharpness, 1000),
            .exposure = analyze_rounded(found->seconds[i].exposure, 1000),
            .shake = analyze_rounded(found->seconds[i].shake, 100),
            .motion = analyze_rounded(found->seconds[i].motion, 1000),
        };
    s->report->quality = (struct wire_list){rows, rows ? found->count : 0};
    return rows ? true : no_memory(e);
}

static void destroy_quality(void *self)
{
    quality_destroy(self);
}

static const struct picture_analyser quality_analyser = {
    .name = "quality",
    .makes = ANALYZE_REPORT,
    .create = create_quality,
    .push = push_quality,
    .finish = finish_quality,
    .destroy = destroy_quality,
};

/* --- Storyboard --------------------------------------------------------------------------------- */

struct board {
    struct analyze_pass *pass;
    struct storyboard *storyboard;
};

static bool put_sheet(void *user, const struct storyboard_sheet *sheet, struct err *e)
{
    struct horse *h = ((struct board *)user)->pass->h;
    char name[64];
    struct picture p = {
        .width = sheet->width,
        .height = sheet->height,
        .data = {sheet->plane[0], sheet->plane[1], sheet->plane[2]},
        .stride = {sheet->stride[0], sheet->stride[1], sheet->stride[2]},
        .chroma_shift_x = 1,
        .chroma_shift_y = 1,
        .depth = 8,
        .colour_matrix = 1,
        .sar_num = 1,
        .sar_den = 1,
    };
    snprintf(name, sizeof name, STORYBOARD_SHEET, sheet->number);
    int fd = horse_create(h, name, e);
    bool ok = fd >= 0 && media_write_jpeg(&p, SHEET_EDGE, fd, e) && horse_commit(h, name, e);
    if (fd >= 0)
        close(fd);
    return ok;
}

static void destroy_board(void *self)
{
    struct board *b = self;
    if (!b)
        return;
    storyboard_destroy(b->storyboard);
    free(b);
}

static void *create_board(struct analyze_pass *p, struct err *e)
{
    struct board *b = calloc(1, sizeof *b);
    if (!b) {
        no_memory(e);
        return NULL;
    }
    b->pass = p;
    b->storyboard = storyboard_create(p->info.duration, put_sheet, b, e);
    if (b->storyboard)
        return b;
    destroy_board(b);
    return NULL;
}

static bool push_board(void *self, const struct skimmed *seen, struct err *e)
{
    struct small_picture p = small_of(seen);
    return storyboard_push(((struct board *)self)->storyboard, &p,
                           ticks_to_seconds(seen->time_ticks), e);
}

static bool finish_board(void *self, struct analyze_side *s, struct err *e)
{
    const struct board *b = self;
    struct storyboard_info info;
    struct buf vtt, strip;
    buf_init(&vtt, 1 << 20);
    buf_init(&strip, STRIP_MAX_BYTES);
    bool ok = storyboard_finish(b->storyboard, &info, e);
    if (ok && !(storyboard_vtt(&info, s->pass->info.duration, &vtt) &&
                storyboard_strip(b->storyboard, &strip)))
        ok = no_memory(e);
    ok = ok && analyze_put(s->pass->h, STRIP_FILE, strip.data, strip.len, e) &&
         analyze_put(s->pass->h, STORYBOARD_FILE, vtt.data, vtt.len, e);
    buf_finish(&strip);
    buf_finish(&vtt);
    return ok;
}

static const struct picture_analyser storyboard_analyser = {
    .name = "storyboard",
    .makes = ANALYZE_STORYBOARD,
    .create = create_board,
    .push = push_board,
    .finish = finish_board,
    .destroy = destroy_board,
};

/* --- Proxy -------------------------------------------------------------------------------------- */

struct proxy {
    struct proxy_writer *writer;
    int fd;
};

static void destroy_proxy(void *self)
{
    struct proxy *x = self;
    if (!x)
        return;
    proxy_writer_destroy(x->writer);
    if (x->fd >= 0)
        close(x->fd);
    free(x);
}

static void *create_proxy(struct analyze_pass *p, struct err *e)
{
    struct proxy *x = calloc(1, sizeof *x);
    if (!x) {
        no_memory(e);
        return NULL;
    }
    x->fd = horse_create(p->h, PROXY_FILE, e);
    x->writer = x->fd >= 0 ? proxy_writer_create(&p->info, x->fd, e) : NULL;
    if (x->writer)
        return x;
    destroy_proxy(x);
    return NULL;
}

static bool push_proxy(void *self, const struct skimmed *seen, struct err *e)
{
    return proxy_writer_add(((struct proxy *)self)->writer, seen->full, e);
}

static bool finish_proxy(void *self, struct analyze_side *s, struct err *e)
{
    return proxy_writer_finish(((struct proxy *)self)->writer, e) &&
           horse_commit(s->pass->h, PROXY_FILE, e);
}

static const struct picture_analyser proxy_analyser = {
    .name = "proxy",
    .makes = ANALYZE_PROXY,
    .create = create_proxy,
    .push = push_proxy,
    .finish = finish_proxy,
    .destroy = destroy_proxy,
};

const struct picture_analyser *const picture_analysers[] = {
    &shots_analyser,   &subject_analyser, /* behind the shots it goes by */
    &quality_analyser, &storyboard_analyser, &proxy_analyser, NULL,
};

/* --- Looking ------------------------------------------------------------------------------------ */

struct eyes {
    struct analyze_side *side;
    void *self[ANALYSERS_MAX]; /* NULL: nobody wants it */
    struct skim *skim;
};

/* Analyser i cannot go on. True: the others can. */
static bool drop(struct eyes *x, int i, const struct err *why, struct err *e)
{
    const struct picture_analyser *k = picture_analysers[i];
    k->destroy(x->self[i]);
    x->self[i] = NULL;
    return analyze_forgive(x->side->pass, k->name, k->makes, why, e);
}

static bool see(struct eyes *x, const struct skimmed *seen, struct err *e)
{
    struct err why = {0};
    for (int i = 0; picture_analysers[i]; i++)
        if (x->self[i] && !picture_analysers[i]->push(x->self[i], seen, &why) &&
            !drop(x, i, &why, e))
            return false;
    return true;
}

static bool open_eyes(struct eyes *x, struct err *e)
{
    struct analyze_pass *p = x->side->pass;
    struct err why = {0};
    for (int i = 0; picture_analysers[i]; i++)
        if (picture_analysers[i]->makes & p->make &&
            !(x->self[i] = picture_analysers[i]->create(p, &why)) && !drop(x, i, &why, e))
            return false;
    return true;
}

/* The longer side that a proxy's pictures need, when one is made. */
static int proxy_edge(const struct analyze_pass *p)
{
    int w = p->info.width, h = p->info.height;
    if (!(p->make & ANALYZE_PROXY) || w < 1 || h < 1)
        return 0;
    return (int)((int64_t)PROXY_EDGE * (w > h ? w : h) / (w > h ? h : w));
}

static struct skim *open_skim(const struct analyze_pass *p, struct err *e)
{
    struct skim_options opt = {.edge = SMALL_EDGE,
                               .full_edge = proxy_edge(p),
                               .step_ticks = skim_step(&p->info, MOST_A_SECOND)};
    return skim_create(p->fd, &opt, NULL, e);
}

/* All pictures. False with *broken set when no more of them could be read. */
static bool look(struct eyes *x, bool *broken, struct err *e)
{
    struct skimmed seen;
    while (skim_next(x->skim, &seen, e)) {
        if (!see(x, &seen, e))
            return false;
        x->side->end_s = ticks_to_seconds(seen.time_ticks);
        analyze_progress(x->side->pass, ANALYZE_PICTURES, x->side->end_s);
    }
    *broken = e->code != ERR_NONE;
    return !*broken;
}

static bool finish_eyes(struct eyes *x, struct err *e)
{
    struct err why = {0};
    for (int i = 0; picture_analysers[i]; i++)
        if (x->self[i] && !picture_analysers[i]->finish(x->self[i], x->side, &why) &&
            !drop(x, i, &why, e))
            return false;
    return true;
}

static void close_eyes(struct eyes *x)
{
    for (int i = 0; picture_analysers[i]; i++)
        picture_analysers[i]->destroy(x->self[i]);
    skim_destroy(x->skim);
    free(x);
}

bool analyze_pictures(struct analyze_side *s, struct err *e)
{
    struct eyes *x = calloc(1, sizeof *x);
    if (!x)
        return no_memory(e);
    x->side = s;
    struct err why = {0};
    bool broken = false, ok = open_eyes(x, e);
    if (ok) {
        x->skim = open_skim(s->pass, &why);
        broken = !x->skim;
    }
    if (ok && !broken && !look(x, &broken, &why) && !broken) {
        *e = why;
        ok = false;
    }
    if (broken)
        analyze_warn(s, "pictures", &why);
    ok = ok && finish_eyes(x, e);
    close_eyes(x);
    return ok;
}
