/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/highlight_parts.h"

#include <math.h>

#define MAX_REASONS 6
#define BEHIND_DROP_S 2.0 /* what begins so soon behind a drop is what it leads to */

struct reasons {
    const struct analysis_report *r;
    const struct highlight_cells *c;
    struct arena *a;
    const char **items;
    size_t count;
    double start, end; /* of the stretch */
};

static bool inside(const struct reasons *q, double time)
{
    return time >= q->start && time < q->end;
}

#define ADD(q, ...)                                                                                \
    do {                                                                                           \
        if ((q)->count < MAX_REASONS)                                                              \
            (q)->items[(q)->count++] = arena_printf((q)->a, __VA_ARGS__);                          \
    } while (0)

/* How much of a feature the stretch has, and the whole film. */
static double here(const struct reasons *q, enum highlight_feature f)
{
    return highlight_part(q->c, f, q->start, q->end);
}

static double film(const struct reasons *q, enum highlight_feature f)
{
    return highlight_part(q->c, f, 0, q->r->duration);
}

static void say_drops(struct reasons *q)
{
    const struct report_drop *d = q->r->drops.items, *best = NULL;
    for (size_t i = 0; i < q->r->drops.count; i++)
        if (d[i].time >= q->start - BEHIND_DROP_S && d[i].time < q->end &&
            (!best || d[i].rise > best->rise))
            best = &d[i];
    if (best)
        ADD(q, "drop +%.0f dB at %.1f s", best->rise, best->time);
}

static void say_peaks(struct reasons *q)
{
    const struct report_peak *p = q->r->energy.items, *best = NULL;
    size_t n = 0;
    for (size_t i = 0; i < q->r->energy.count; i++) {
        if (!inside(q, p[i].time))
            continue;
        n++;
        if (!best || p[i].score > best->score)
            best = &p[i];
    }
    if (n == 1)
        ADD(q, "energy peak at %.1f s", best->time);
    else if (n > 1)
        ADD(q, "%zu energy peaks, the highest at %.1f s", n, best->time);
}

static void say_speech(struct reasons *q)
{
    double share = here(q, HL_SPEECH);
    if (share >= 0.5)
        ADD(q, "somebody speaks %.0f %% of it", share * 100);
}

static void say_lines(struct reasons *q)
{
    q->count += highlight_told(q->c, q->start, q->end, q->a, q->items + q->count,
                               MAX_REASONS - q->count);
    double quick = here(q, HL_QUICK);
    if (quick >= 0.2)
        ADD(q, "speaks %.1f times as fast as usually", 1 + quick);
}

static void say_faces(struct reasons *q)
{
    double share = here(q, HL_FACE);
    if (share >= 0.4)
        ADD(q, "a face is seen %.0f %% of it", share * 100);
}

static double mean_level(const struct analysis_report *r, double start, double end)
{
    const double *db = r->levels.items;
    double power = 0;
    size_t n = 0;
    for (size_t i = (size_t)(start / r->level_step); i < r->levels.count; i++) {
        if ((double)i * r->level_step >= end)
            break;
        power += pow(10, db[i] / 10);
        n++;
    }
    return n > 0 && power > 0 ? 10 * log10(power / (double)n) : NAN;
}

static void say_loudness(struct reasons *q)
{
    if (q->r->levels.count == 0 || !(q->r->level_step > 0))
        return;
    double more = mean_level(q->r, q->start, q->end) - mean_level(q->r, 0, q->r->duration);
    if (more >= 2)
        ADD(q, "%.0f dB louder than the whole", more);
}

static void say_motion(struct reasons *q)
{
    double much = here(q, HL_MOTION), usual = film(q, HL_MOTION);
    if (usual > 0 && much >= 0.1 && much >= 1.3 * usual)
        ADD(q, "%.1f times the motion of the whole", much / usual);
}

static void say_cuts(struct reasons *q)
{
    const struct report_shot *s = q->r->shots.items;
    double length = q->end - q->start;
    size_t n = 0;
    for (size_t i = 1; i < q->r->shots.count; i++)
        n += inside(q, s[i].start);
    if (n >= 2 && (double)n / length >= 1.3 * (double)q->r->shots.count / q->r->duration)
        ADD(q, "%zu new shots in %.1f s", n, length);
}

static void say_picture(struct reasons *q)
{
    double good = here(q, HL_PICTURE), usual = film(q, HL_PICTURE);
    if (good >= 0.3 && good >= 1.1 * usual)
        ADD(q, "sharp, steady and well lit");
}

static void say_pauses(struct reasons *q)
{
    if (film(q, HL_PAUSE) >= 0.05 && here(q, HL_PAUSE) < 0.01)
        ADD(q, "no pause");
}

bool highlight_reasons(const struct analysis_report *r, const struct highlight_cells *c,
                       struct arena *a, struct report_highlight *h, struct err *e)
{
    static void (*const say[])(struct reasons *) = {say_drops,  say_lines,   say_peaks,   say_speech,
                                                    say_faces,  say_loudness, say_motion,
                                                    say_cuts,   say_picture, say_pauses};
    struct reasons q = {.r = r, .c = c, .a = a, .start = h->start, .end = h->end};
    q.items = arena_array(a, MAX_REASONS, sizeof *q.items);
    if (!q.items)
        return err_set(e, ERR_NO_MEMORY, "no memory for the highlights");
    for (size_t i = 0; i < sizeof say / sizeof *say; i++)
        say[i](&q);
    h->reasons = (struct wire_list){q.items, q.count};
    return a->failed ? err_set(e, ERR_NO_MEMORY, "no memory for the highlights") : true;
}
