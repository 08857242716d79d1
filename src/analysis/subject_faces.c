/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/subject_faces.h"

#include <math.h>
#include <stdlib.h>

#define MIN_HITS 2        /* one may be chance */
#define EVIDENCE 0.2      /* of strength that is to be trusted, in all */
#define MIN_HIT_SHARE 0.1 /* of the pictures it was followed through */
#define MIN_STAY 1.5      /* s: what is there for less does not take the picture from another */
#define NEAR 4.0          /* s: so long a face that is not seen is still waited for, ... */
#define RIVAL 0.5         /* ... unless another is worth so much of it */
#define STILL_LIFE 0.35   /* mean change below which something painted may be seen, ... */
#define RESTLESS 0.15     /* ... if the rest of the picture moves at least as much */
#define IN_FOCUS 0.7      /* sharpness of what the lens is focused on, at least */
#define WELL_SEEN 0.12    /* size of a face that needs not be larger, of the picture's height */
#define BEHIND 0.45       /* prominence of someone in the background, at most */
#define LIVELY 4.0        /* mean change at which a face counts for half as much again */

static double centredness(const struct face_seen *s)
{
    double d = fabs(s->x - 0.5) * 2;
    return 1 - 0.5 * d * d;
}

/* Someone out of focus, or far away and at the edge, is not what a shot is about. */
static double prominence(const struct face_seen *s)
{
    return fmin(s->size / WELL_SEEN, 1) * fmin(s->sharp / IN_FOCUS, 1) * centredness(s);
}

/* What a picture adds to how much the shot is about a face: the larger, the nearer to the middle,
 * the sharper, the livelier (who speaks moves), the surer. */
static double worth_of(const struct face_seen *s)
{
    double lively = s->moved / (s->moved + LIVELY);
    double focus = fmin(s->sharp / IN_FOCUS, 1);
    return s->size * s->size * focus * centredness(s) * (0.5 + lively) * (0.3 + s->strength);
}

/* How much a detector's word is worth: faces are redder than what is around them, and never quite
 * still. (Pictures without colour are as red everywhere.) */
static double trust_in(const struct face_seen *s)
{
    double red = 0.5 + s->red / (s->red > 0 ? 10 : 5), moves = (s->moved - 1) / 3;
    return fmin(fmax(red, 0.1), 2) * fmin(fmax(moves, 0.1), 1);
}

static void add_seen(struct face_role *r, const struct face_seen *s)
{
    if (r->seen == 0)
        r->first = s->time;
    r->last = s->time;
    r->seen++;
    r->size += s->size;
    r->hits += s->strength > 0;
    r->moved += s->moved;
    r->evidence += s->strength * trust_in(s);
    r->worth += worth_of(s);
    r->prominence += prominence(s);
}

/* Something that looks like a face, but never moves while other things do, hangs on the wall. */
static bool is_believed(const struct face_role *r, double restless)
{
    bool painted = restless > RESTLESS && r->moved < STILL_LIFE * r->seen;
    return r->hits >= MIN_HITS && r->hits >= MIN_HIT_SHARE * r->seen && r->evidence >= EVIDENCE &&
           !painted;
}

static int by_worth(const void *a, const void *b)
{
    const struct face_role *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    return x->track < y->track ? -1 : x->track > y->track;
}

bool face_roles_find(const struct face_seen *seen, size_t count, double restless,
                     struct face_roles *out, struct err *e)
{
    *out = (struct face_roles){0};
    if (count == 0)
        return true;
    uint32_t low = UINT32_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        low = seen[i].track < low ? seen[i].track : low;
        high = seen[i].track > high ? seen[i].track : high;
    }
    out->count = (size_t)(high - low) + 1;
    out->role = calloc(out->count, sizeof *out->role);
    if (!out->role)
        return err_set(e, ERR_NO_MEMORY, "no memory to tell faces apart");
    for (size_t i = 0; i < count; i++) {
        struct face_role *r = &out->role[seen[i].track - low];
        r->track = seen[i].track;
        add_seen(r, &seen[i]);
    }
    for (size_t i = 0; i < out->count; i++)
        if (!is_believed(&out->role[i], restless))
            out->role[i].worth = 0;
    qsort(out->role, out->count, sizeof *out->role, by_worth);
    while (out->believed < out->count && out->role[out->believed].worth > 0)
        out->believed++;
    return true;
}

void face_roles_finish(struct face_roles *r)
{
    free(r->role);
    *r = (struct face_roles){0};
}

const struct face_role *face_roles_at(const struct face_roles *r, double time_s)
{
    double least = 0;
    for (size_t i = 0; i < r->believed; i++) {
        const struct face_role *k = &r->role[i];
        bool stays = i == 0 || k->last - k->first >= MIN_STAY;
        if (!stays || k->prominence <= BEHIND * k->seen || k->worth < least)
            continue;
        if (k->first <= time_s && time_s <= k->last)
            return k;
        if (k->first - NEAR <= time_s && time_s <= k->last + NEAR)
            least = fmax(least, RIVAL * k->worth);
    }
    return NULL;
}
