/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/face_tracks.h"

#include "analysis/faces.h"

#include <math.h>
#include <stdlib.h>

#define CUT_CHANGE 8.0   /* mean change at which nothing is expected to be where it was, ... */
#define CUT_RATIO 2.0    /* ... if it is so many times that of the picture before */
#define LOOKS 16         /* samples of a face's looks, each way */
#define LOOKS_REACH 6    /* steps of a face's size / LOOKS that it is searched around */
#define LOOKS_ALIKE 0.7f /* correlation that still counts as the same */
#define MAX_FOLLOWED 10  /* pictures without a word of the detector */
#define MIN_KNOWN 3  /* pictures that it was detected in, for it to be sought further away, ... */
#define MAX_SOUGHT 4 /* ... in as many pictures */
#define SEEK_REACH 1.5f /* of its size, from where it was */
#define MAX_LOST 3      /* pictures without looks either */
#define SCAN_MAX 8
#define SURE 0.25f /* strength of a detector that has no doubt */
#define THOROUGH 2 /* pictures of a new shot that are searched for everything */

/* Zero mean, unit length. */
struct looks {
    float v[LOOKS * LOOKS];
};

struct track {
    uint32_t id;
    enum faces_view view; /* that it was seen in last */
    struct face_box box;
    struct looks looks;
    int hits;           /* pictures that it was detected in */
    int followed, lost; /* pictures since then, and since it was seen at all */
};

struct face_tracks {
    int width, height;
    struct faces *faces;
    struct track tracks[FACE_TRACKS_MAX];
    int track_count;
    uint32_t next_id, pushed;
    int thorough; /* pictures left that are searched for everything */
    double last_change;
    struct face_seen *seen;
    size_t seen_count, seen_room;
};

struct face_tracks *face_tracks_create(int width, int height, struct err *e)
{
    struct face_tracks *t = calloc(1, sizeof *t);
    if (!t) {
        err_set(e, ERR_NO_MEMORY, "no memory to follow faces");
        return NULL;
    }
    t->width = width;
    t->height = height;
    t->faces = faces_create(width, height, e);
    if (!t->faces) {
        face_tracks_destroy(t);
        return NULL;
    }
    return t;
}

void face_tracks_destroy(struct face_tracks *t)
{
    if (!t)
        return;
    faces_destroy(t->faces);
    free(t->seen);
    free(t);
}

const struct face_seen *face_tracks_seen(const struct face_tracks *t, size_t *count)
{
    *count = t->seen_count;
    return t->seen;
}

uint32_t face_tracks_count(const struct face_tracks *t)
{
    return t->next_id;
}

/* --- Looks ---------------------------------------------------------------------------------- */

static void take_looks(const struct small_picture *p, double x, double y, double size,
                       struct looks *out)
{
    double mean = 0, square = 0;
    for (int j = 0; j < LOOKS; j++)
        for (int i = 0; i < LOOKS; i++) {
            int u = (int)(x + ((i + 0.5) / LOOKS - 0.5) * size);
            int v = (int)(y + ((j + 0.5) / LOOKS - 0.5) * size);
            u = u < 0 ? 0 : u < p->width ? u : p->width - 1;
            v = v < 0 ? 0 : v < p->height ? v : p->height - 1;
            out->v[j * LOOKS + i] = p->plane[0][(ptrdiff_t)v * p->stride[0] + u];
            mean += out->v[j * LOOKS + i];
        }
    mean /= LOOKS * LOOKS;
    for (int k = 0; k < LOOKS * LOOKS; k++) {
        out->v[k] -= (float)mean;
        square += out->v[k] * out->v[k];
    }
    float scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
    for (int k = 0; k < LOOKS * LOOKS; k++)
        out->v[k] *= scale;
}

static float compare_looks(const struct looks *a, const struct looks *b)
{
    float sum = 0;
    for (int k = 0; k < LOOKS * LOOKS; k++)
        sum += a->v[k] * b->v[k];
    return sum;
}

/* Where the track's looks are found again; how much alike they are. */
static float search_looks(const struct track *t, const struct small_picture *p,
                          struct face_box *out)
{
    float best = -1;
    double step = t->box.size / LOOKS;
    *out = t->box;
    for (int j = -LOOKS_REACH; j <= LOOKS_REACH; j++)
        for (int i = -LOOKS_REACH; i <= LOOKS_REACH; i++) {
            struct looks here;
            double x = t->box.x + i * step, y = t->box.y + j * step;
            take_looks(p, x, y, t->box.size, &here);
            float alike = compare_looks(&here, &t->looks);
            if (alike <= best)
                continue;
            best = alike;
            out->x = (float)x;
            out->y = (float)y;
        }
    return best;
}

/* --- Tracks --------------------------------------------------------------------------------- */

static bool inside(const struct face_tracks *t, const struct face_box *b)
{
    return b->x > 0 && b->y > 0 && b->x < (float)t->width && b->y < (float)t->height;
}

static void meet(struct track *t, const struct small_picture *p, const struct face_box *found,
                 enum faces_view view)
{
    t->box = *found;
    t->view = view;
    t->followed = t->lost = 0;
    t->hits++;
    take_looks(p, found->x, found->y, found->size, &t->looks);
}

/* The view that it had is tried first. */
static bool look_again(struct face_tracks *t, struct track *k, const struct small_picture *p,
                       const struct face_box *there)
{
    struct face_box found;
    for (int i = 0; i < FACES_VIEWS; i++) {
        enum faces_view view = (enum faces_view)((k->view + i) % FACES_VIEWS);
        if (!faces_look(t->faces, view, there, &found))
            continue;
        meet(k, p, &found, view);
        return true;
    }
    return false;
}

/* Further away: a head turns quickly. What other tracks have is not taken from them. */
static bool is_taken(const struct face_tracks *t, const struct track *k, const struct face_box *b)
{
    for (int i = 0; i < t->track_count; i++)
        if (&t->tracks[i] != k && faces_same(&t->tracks[i].box, b))
            return true;
    return false;
}

static bool seek_again(struct face_tracks *t, struct track *k, const struct small_picture *p)
{
    struct face_box found[SCAN_MAX], best = {0};
    enum faces_view best_view = FACES_FRONTAL;
    float nearest = SEEK_REACH * k->box.size;
    for (int view = 0; view < FACES_VIEWS; view++) {
        size_t count =
            faces_seek(t->faces, (enum faces_view)view, &k->box, nearest, found, SCAN_MAX);
        for (size_t i = 0; i < count; i++) {
            float d = hypotf(found[i].x - k->box.x, found[i].y - k->box.y);
            if (d >= nearest || is_taken(t, k, &found[i]))
                continue;
            nearest = d;
            best = found[i];
            best_view = (enum faces_view)view;
        }
    }
    if (best.size > 0)
        meet(k, p, &best, best_view);
    return best.size > 0;
}

static void follow(struct face_tracks *t, struct track *k, const struct small_picture *p)
{
    struct face_box there;
    float alike = search_looks(k, p, &there);
    struct face_box near_to = alike >= LOOKS_ALIKE ? there : k->box;
    bool known = k->hits >= MIN_KNOWN && k->followed < MAX_SOUGHT;
    if (look_again(t, k, p, &near_to) || (known && seek_again(t, k, p)))
        return;
    k->followed++;
    k->lost++;
    if (alike >= LOOKS_ALIKE && inside(t, &there)) {
        k->box = there;
        k->lost = 0;
    }
    k->box.strength = 0;
}

static void drop_lost(struct face_tracks *t)
{
    int kept = 0;
    for (int i = 0; i < t->track_count; i++)
        if (t->tracks[i].followed <= MAX_FOLLOWED && t->tracks[i].lost <= MAX_LOST)
            t->tracks[kept++] = t->tracks[i];
    t->track_count = kept;
}

/* One that is known already is met again; a new one begins a track where there is room. */
static void welcome(struct face_tracks *t, const struct small_picture *p,
                    const struct face_box *found, enum faces_view view)
{
    for (int i = 0; i < t->track_count; i++) {
        struct track *k = &t->tracks[i];
        if (!faces_same(&k->box, found))
            continue;
        if (found->strength > k->box.strength)
            meet(k, p, found, view);
        return;
    }
    if (t->track_count == FACE_TRACKS_MAX)
        return;
    struct track *k = &t->tracks[t->track_count++];
    *k = (struct track){.id = t->next_id++};
    meet(k, p, found, view);
}

static void scan(struct face_tracks *t, const struct small_picture *p, enum faces_view view,
                 enum faces_sizes sizes)
{
    struct face_box found[SCAN_MAX];
    size_t count = faces_scan(t->faces, view, sizes, found, SCAN_MAX);
    for (size_t i = 0; i < count; i++)
        welcome(t, p, &found[i], view);
}

static bool make_room(struct face_tracks *t, struct err *e)
{
    if (t->seen_count + FACE_TRACKS_MAX <= t->seen_room)
        return true;
    size_t room = t->seen_room ? 2 * t->seen_room : 256;
    struct face_seen *more = realloc(t->seen, room * sizeof *more);
    if (!more)
        return err_set(e, ERR_NO_MEMORY, "no memory to follow faces");
    t->seen = more;
    t->seen_room = room;
    return true;
}

static void record(struct face_tracks *t, const struct track *k, const struct small_picture *p,
                   const struct motion *m, const struct detail *d, double time_s)
{
    double half = k->box.size * 0.5, x = k->box.x, y = k->box.y;
    t->seen[t->seen_count++] = (struct face_seen){
        .time = time_s,
        .track = k->id,
        .x = k->box.x / (float)t->width,
        .y = k->box.y / (float)t->height,
        .size = k->box.size / (float)t->height,
        .strength = k->box.strength,
        .sharp = (float)detail_within(d, p, x - half, y - half, x + half, y + half),
        .moved = (float)motion_within(m, x - half, y - half, x + half, y + half),
    };
}

static void scan_all(struct face_tracks *t, const struct small_picture *p)
{
    for (int view = 0; view < FACES_VIEWS; view++)
        scan(t, p, (enum faces_view)view, FACES_ALL);
}

/* A known face is seen without doubt: others are less urgent. */
static bool is_sure(const struct face_tracks *t)
{
    for (int i = 0; i < t->track_count; i++)
        if (t->tracks[i].hits >= MIN_KNOWN && t->tracks[i].box.strength >= SURE)
            return true;
    return false;
}

/* What is new is looked for a part at a time: all views and sizes once in eight scans. */
static void scan_part(struct face_tracks *t, const struct small_picture *p, size_t turn)
{
    static const struct {
        enum faces_view view;
        enum faces_sizes sizes;
    } turns[] = {
        {FACES_FRONTAL, FACES_SOME},   {FACES_LEFT, FACES_SOME},    {FACES_FRONTAL, FACES_OTHERS},
        {FACES_RIGHT, FACES_SOME},     {FACES_FRONTAL, FACES_SOME}, {FACES_LEFT, FACES_OTHERS},
        {FACES_FRONTAL, FACES_OTHERS}, {FACES_RIGHT, FACES_OTHERS},
    };
    turn %= sizeof turns / sizeof turns[0];
    scan(t, p, turns[turn].view, turns[turn].sizes);
}

bool face_tracks_push(struct face_tracks *t, const struct small_picture *p, const struct motion *m,
                      const struct detail *d, double time_s, struct err *e)
{
    if (!make_room(t, e))
        return false;
    double change = motion_change(m);
    bool cut = change > CUT_CHANGE && change > CUT_RATIO * t->last_change;
    t->last_change = change;
    if (cut) {
        t->track_count = 0;
        t->thorough = THOROUGH;
    }
    faces_show(t->faces, p);
    for (int i = 0; i < t->track_count; i++)
        follow(t, &t->tracks[i], p);
    drop_lost(t);
    if (t->thorough > 0)
        scan_all(t, p);
    else if (!is_sure(t))
        scan_part(t, p, t->pushed);
    else if (t->pushed % 2 == 0)
        scan_part(t, p, t->pushed / 2);
    t->thorough -= t->thorough > 0;
    t->pushed++;
    for (int i = 0; i < t->track_count; i++)
        if (t->tracks[i].lost == 0)
            record(t, &t->tracks[i], p, m, d, time_s);
    return true;
}
