/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Each second offers its best picture. It is worth what the picture is worth as a poster,
 * plus a little for what is going on in it; a shake takes off, and so does every part of the film
 * that has gone by, so that of equal ones the first is taken.
 */
#include "analysis/thumbnail.h"

#include <math.h>
#include <string.h>

#define FACE 0.15     /* for a face in the picture */
#define PEAK 0.08     /* for being where the sound stands out */
#define LIVELY 0.08   /* for motion in all of the picture */
#define SHAKE_PX 40.0 /* at 1080p: a camera that shakes by so much is worth SHAKE less */
#define SHAKE 0.15
#define LATE 0.05      /* the last picture is worth that much less than the first */
#define NEAR_S 1.0     /* a face or peak no farther away belongs to the picture */
#define BESIDE_S 0.15  /* of a border of shots: codecs and shutters blur there */
#define TRANSITION 0.5 /* what a picture in a transition is worth less */

/* Is time_s in a transition, or next to a border? */
static bool is_in_transition(const struct wire_list *shots, double time_s)
{
    const struct report_shot *shot = shots->items;
    for (size_t i = 0; i < shots->count; i++) {
        double half = shot[i].transition / 2 + BESIDE_S;
        bool border = strcmp(shot[i].begins, "start") != 0;
        if (border && fabs(time_s - shot[i].start) < half)
            return true;
    }
    return false;
}

static bool has_face(const struct wire_list *faces, double time_s)
{
    const struct report_face *face = faces->items;
    for (size_t i = 0; i < faces->count; i++)
        if (fabs(face[i].time - time_s) <= NEAR_S)
            return true;
    return false;
}

static double peak_near(const struct wire_list *peaks, double time_s)
{
    const struct report_peak *peak = peaks->items;
    double most = 0;
    for (size_t i = 0; i < peaks->count; i++)
        if (fabs(peak[i].time - time_s) <= NEAR_S)
            most = fmax(most, fmin(peak[i].score, 1));
    return most;
}

static double worth(const struct quality_second *s, const struct analysis_report *r, double end_s)
{
    double w = s->poster + LIVELY * s->motion - SHAKE * fmin(s->shake / SHAKE_PX, 1) -
               LATE * s->poster_s / end_s;
    if (is_in_transition(&r->shots, s->poster_s))
        w -= TRANSITION;
    if (has_face(&r->faces, s->poster_s))
        w += FACE;
    return w + PEAK * peak_near(&r->energy, s->poster_s);
}

double thumbnail_choose(const struct quality_list *q, const struct analysis_report *r)
{
    double best_s = NAN, most = -HUGE_VAL;
    double end_s = q->count ? fmax(q->seconds[q->count - 1].time_s + 0.5, r->duration) : 0;
    for (size_t i = 0; i < q->count; i++) {
        double w = worth(&q->seconds[i], r, end_s);
        if (w > most) {
            most = w;
            best_s = q->seconds[i].poster_s;
        }
    }
    return best_s;
}
