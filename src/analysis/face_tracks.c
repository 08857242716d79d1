/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/face_tracks.h"

#include "analysis/faces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CUT_CHANGE 8.0   /* mean change at which nothing is expected to be where it was, ... */
#define CUT_RATIO 2.0    /* ... if it is so many times that of the picture before */
#define LOOKS 16         /* samples of a face's looks, each way */
#define LOOKS_REACH 6    /* steps of a face's size / LOOKS that it is searched around */
#define LOOKS_ALIKE 0.7f /* correlation that still counts as the same */
#define LOOKS_SURE 0.85f /* ... and are how it looks now */
#define MAX_FOLLOWED 15  /* pictures without a word of the detector */
#define MIN_KNOWN 3  /* pictures that it was detected in, for it to be sought further away, ... */
#define MAX_SOUGHT 4 /* ... in as many pictures */
#define SEEK_REACH 1.5f /* of its size, from where it was */
#define MAX_LOST 3      /* pictures without looks either */
#define SCAN_MAX 8
#define SURE 0.25f /* strength of a detector that has no doubt */
#define THOROUGH 2 /* pictures of a new shot that are searched for everything */

#define CORE 0.6 /* of a face, that hair and background are not in */
#define PAST 25  /* pictures that are kept, for faces that were there before they were found */

/* Zero mean, unit length. */
struct looks {
    float v[LOOKS * LOOKS];
};

struct track {
    uint32_t id;
    enum faces_view view; /* that it was seen in last */
    struct face_box box;
    struct looks looks;
    struct face_box first_box; /* as it was when it was found, ... */
    struct looks first_looks;
    uint32_t first;     /* ... in that picture */
    bool traced;        /* to where it was before */
    int hits;           /* pictures that it was detected in */
    int followed, lost; /* pictures since then, and since it was seen at all */
};

/* A picture that was, without its colours. */
struct past {
    double time;
    uint8_t *luma; /* rows of the picture's width */
};

struct face_tracks {
    int width, height;
    struct past past[PAST]; /* picture n is kept at n % PAST */
    uint32_t shot;          /* the shot's first picture */
    struct faces *faces;
    struct track tracks[FACE_TRACKS_MAX];
    int track_count;
    uint32_t next_id, pushed;
    int thorough; /* pictures left that are searched for everything */
    double last_change;
    float red; /* mean Cr of this picture */
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
    for (int i = 0; i < PAST; i++)
        free(t->past[i].luma);
    free(t->seen);
    free(t);
}

static int by_time(const void *a, const void *b)
{
    const struct face_seen *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->track < y->track ? -1 : x->track > y->track;
}

const struct face_seen *face_tracks_seen(struct face_tracks *t, size_t *count)
{
    if (t->seen_count)
        qsort(t->seen, t->seen_count, sizeof *t->seen, by_time);
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

/* The place among those `step` apart around *out that looks most like it; how much alike. */
static float search_around(const struct track *t, const struct small_picture *p, double step,
                           int reach, struct face_box *out)
{
    const struct face_box from = *out;
    float best = -1;
    for (int j = -reach; j <= reach; j++)
        for (int i = -reach; i <= reach; i++) {
            struct looks here;
            double x = from.x + i * step, y = from.y + j * step;
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

/* Where the track's looks are found again; how much alike they are. */
static float search_looks(const struct track *t, const struct small_picture *p,
                          struct face_box *out)
{
    double step = t->box.size / LOOKS;
    *out = t->box;
    search_around(t, p, 2 * step, LOOKS_REACH / 2, out);
    return search_around(t, p, step, 1, out);
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
        enum faces_view view = (enum faces_view)(((int)k->view + i) % FACES_VIEWS);
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
    *k = (struct track){.id = t->next_id++, .first_box = *found, .first = t->pushed};
    meet(k, p, found, view);
    k->first_looks = k->looks;
}

static void scan(struct face_tracks *t, const struct small_picture *p, enum faces_view view,
                 enum faces_sizes sizes)
{
    struct face_box found[SCAN_MAX];
    size_t count = faces_scan(t->faces, view, sizes, found, SCAN_MAX);
    for (size_t i = 0; i < count; i++)
        welcome(t, p, &found[i], view);
}

/* For what one picture may add. */
static bool make_room(struct face_tracks *t, struct err *e)
{
    if (t->seen_count + FACE_TRACKS_MAX * (PAST + 1) <= t->seen_room)
        return true;
    size_t room = t->seen_room ? 2 * t->seen_room : 512;
    struct face_seen *more = realloc(t->seen, room * sizeof *more);
    if (!more)
        return err_set(e, ERR_NO_MEMORY, "no memory to follow faces");
    t->seen = more;
    t->seen_room = room;
    return true;
}

/* Of a part of the picture, in samples of it. */
static float mean_red(const struct small_picture *p, double x0, double y0, double x1, double y1)
{
    int right = (p->width + 1) / 2, bottom = (p->height + 1) / 2;
    int from = (int)fmax(x0 / 2, 0), to = (int)fmin(x1 / 2 + 1, right);
    int top = (int)fmax(y0 / 2, 0), low = (int)fmin(y1 / 2 + 1, bottom);
    int64_t sum = 0, count = 0;
    for (int y = top; y < low; y++)
        for (int x = from; x < to; x++, count++)
            sum += p->plane[2][(ptrdiff_t)y * p->stride[2] + x];
    return count ? (float)sum / (float)count : 128;
}

static void record(struct face_tracks *t, const struct track *k, const struct small_picture *p,
                   const struct motion *m, const struct detail *d, double time_s)
{
    double half = k->box.size * 0.5, core = half * CORE, x = k->box.x, y = k->box.y;
    t->seen[t->seen_count++] = (struct face_seen){
        .time = time_s,
        .track = k->id,
        .x = k->box.x / (float)t->width,
        .y = k->box.y / (float)t->height,
        .size = k->box.size / (float)t->height,
        .strength = k->box.strength,
        .sharp = (float)detail_within(d, p, x - half, y - half, x + half, y + half),
        .red = mean_red(p, x - core, y - core, x + core, y + core) - t->red,
        .moved = (float)motion_within(m, x - half, y - half, x + half, y + half),
    };
}

/* --- Before it was found -------------------------------------------------------------------- */

static bool keep_past(struct face_tracks *t, const struct small_picture *p, double time_s,
                      struct err *e)
{
    struct past *to = &t->past[t->pushed % PAST];
    if (!to->luma)
        to->luma = malloc((size_t)p->width * (size_t)p->height);
    if (!to->luma)
        return err_set(e, ERR_NO_MEMORY, "no memory to follow faces");
    to->time = time_s;
    for (int y = 0; y < p->height; y++)
        memcpy(to->luma + (ptrdiff_t)y * p->width, p->plane[0] + (ptrdiff_t)y * p->stride[0],
               (size_t)p->width);
    return true;
}

/* Once it is known, a face is followed by its looks to where it was before it was found. */
static void trace_back(struct face_tracks *t, const struct track *k, struct face_seen like)
{
    struct track was = {.box = k->first_box, .looks = k->first_looks};
    uint32_t oldest = t->pushed >= PAST ? t->pushed - PAST + 1 : 0;
    oldest = oldest > t->shot ? oldest : t->shot;
    like.strength = 0;
    for (uint32_t i = k->first; i > oldest; i--) {
        const struct past *then = &t->past[(i - 1) % PAST];
        const struct small_picture p = {
            .width = t->width, .height = t->height, .plane = {then->luma}, .stride = {t->width}};
        struct face_box there;
        float alike = search_looks(&was, &p, &there);
        if (alike < LOOKS_ALIKE || !inside(t, &there))
            return;
        was.box = there;
        if (alike >= LOOKS_SURE)
            take_looks(&p, there.x, there.y, there.size, &was.looks);
        like.time = then->time;
        like.x = there.x / (float)t->width;
        like.y = there.y / (float)t->height;
        t->seen[t->seen_count++] = like;
    }
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

static bool is_known(const struct face_tracks *t)
{
    for (int i = 0; i < t->track_count; i++)
        if (t->tracks[i].hits >= MIN_KNOWN && t->tracks[i].followed == 0)
            return true;
    return false;
}

/* What is new is looked for a part at a time: faces from the front every other time. Half of the
 * sizes are enough where a face is known. */
static void scan_part(struct face_tracks *t, const struct small_picture *p, size_t turn, bool half)
{
    static const enum faces_view views[] = {FACES_FRONTAL, FACES_LEFT, FACES_FRONTAL, FACES_RIGHT};
    enum faces_sizes sizes = (turn + turn / 4) % 2 ? FACES_OTHERS : FACES_SOME;
    scan(t, p, views[turn % 4], half ? sizes : FACES_ALL);
}

bool face_tracks_push(struct face_tracks *t, const struct small_picture *p, const struct motion *m,
                      const struct detail *d, double time_s, struct err *e)
{
    if (!make_room(t, e) || !keep_past(t, p, time_s, e))
        return false;
    double change = motion_change(m);
    bool cut = change > CUT_CHANGE && change > CUT_RATIO * t->last_change;
    t->last_change = change;
    if (cut) {
        t->shot = t->pushed;
        t->track_count = 0;
        t->thorough = THOROUGH;
    }
    t->red = mean_red(p, 0, 0, p->width, p->height);
    faces_show(t->faces, p);
    for (int i = 0; i < t->track_count; i++)
        follow(t, &t->tracks[i], p);
    drop_lost(t);
    if (t->thorough > 0)
        scan_all(t, p);
    else if (!is_sure(t))
        scan_part(t, p, t->pushed, is_known(t));
    else if (t->pushed % 2 == 0)
        scan_part(t, p, t->pushed / 2, true);
    t->thorough -= t->thorough > 0;
    for (int i = 0; i < t->track_count; i++) {
        struct track *k = &t->tracks[i];
        if (k->lost > 0)
            continue;
        record(t, k, p, m, d, time_s);
        if (k->hits == MIN_KNOWN && !k->traced) {
            k->traced = true;
            trace_back(t, k, t->seen[t->seen_count - 1]);
        }
    }
    t->pushed++;
    return true;
}
