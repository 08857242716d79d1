/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. A few times a second a picture is looked at, and what was seen is kept in little room.
 * At the end each shot is gone through on its own: what it wishes of the crop at each of these
 * moments, for x and for y; then crop_path finds how to move, crop_keys says it in keyframes.
 */
#include "analysis/subject.h"

#include "analysis/crop_keys.h"
#include "analysis/crop_path.h"
#include "analysis/face_tracks.h"
#include "analysis/motion.h"
#include "analysis/saliency.h"
#include "analysis/subject_eye.h"
#include "analysis/subject_faces.h"

#include <math.h>
#include <stdlib.h>

#define SAMPLE_S CROP_STEP_S
#define MAX_KEYS 20000  /* in all: above, everything moves more slowly until they suffice */
#define MAX_FACES 20000 /* in all: above, they are told less often */

#define EDGE_1080P 1920.0 /* pixels of the longer side */
#define ACCELERATION 0.25 /* pixels a picture squared at 1080p, at most */
#define KINK 0.27         /* the same where two keyframes' lines meet */
#define SPEED 800.0       /* pixels a second at 1080p, at most */
#define MIN_FPS 24.0
#define MAX_FPS 30.0

#define FACE_MARGIN 0.3  /* of a face's size that is kept free on both sides of it */
#define FACE_HEIGHT 0.42 /* where a face is best in a lower crop, from its top */
#define MIN_SLACK 0.02
#define FOLLOWED_WEIGHT 0.6 /* a face seen only by its looks */
#define HELD_WEIGHT 0.3     /* where one was just seen, or will be */
#define HELD_S 1.0          /* after so long it counts half, ... */
#define HELD_MAX_S 2.0      /* ... and after so long what stands out counts instead */
#define EYE_WEIGHT 0.2      /* what only stands out */
#define EYE_SLACK 0.3       /* of the window */
#define COMPANY 0.35        /* of the main face's worth, for another to be kept in view too */

struct sample {
    double time;
    float restless; /* how much the whole picture moves */
    struct saliency eye;
};

struct subject {
    struct subject_options opt;
    int width, height; /* 0 before the first picture */
    struct motion *motion;
    struct face_tracks *faces;
    struct sample *samples;
    size_t count, room;
    double first_s, last_s;
    int64_t pushed;
};

struct subject *subject_create(struct subject_options opt, struct err *e)
{
    struct subject *s = calloc(1, sizeof *s);
    if (s)
        s->opt = opt;
    else
        err_set(e, ERR_NO_MEMORY, "no memory to find the subject");
    return s;
}

void subject_destroy(struct subject *s)
{
    if (!s)
        return;
    motion_destroy(s->motion);
    face_tracks_destroy(s->faces);
    free(s->samples);
    free(s);
}

void subject_path_finish(struct subject_path *p)
{
    free(p->crop);
    free(p->faces);
    *p = (struct subject_path){0};
}

/* --- Looking -------------------------------------------------------------------------------- */

static bool begin(struct subject *s, const struct small_picture *p, double time_s, struct err *e)
{
    s->width = p->width;
    s->height = p->height;
    s->first_s = time_s;
    s->motion = motion_create(p->width, p->height, e);
    s->faces = s->motion ? face_tracks_create(p->width, p->height, e) : NULL;
    return s->faces != NULL;
}

static bool make_room(struct subject *s, struct err *e)
{
    if (s->count < s->room)
        return true;
    size_t room = s->room ? 2 * s->room : 256;
    struct sample *more = realloc(s->samples, room * sizeof *more);
    if (!more)
        return err_set(e, ERR_NO_MEMORY, "no memory to find the subject");
    s->samples = more;
    s->room = room;
    return true;
}

bool subject_push(struct subject *s, const struct small_picture *p, double time_s, struct err *e)
{
    if (!s->faces && !begin(s, p, time_s, e))
        return false;
    s->pushed++;
    s->last_s = time_s;
    if (s->count && time_s < s->samples[s->count - 1].time + SAMPLE_S - 0.001)
        return true;
    if (!make_room(s, e))
        return false;
    motion_push(s->motion, p);
    struct motion_blocks moved = motion_blocks(s->motion);
    struct detail detail;
    detail_find(p, &detail);
    struct sample *new = &s->samples[s->count++];
    new->time = time_s;
    new->restless = (float)motion_within(s->motion, 0, 0, s->width, s->height);
    saliency_find(p, &moved, &detail, &new->eye);
    return face_tracks_push(s->faces, p, s->motion, &detail, time_s, e);
}

/* --- A shot --------------------------------------------------------------------------------- */

/* One shot's part of everything that was seen. */
struct scene {
    double start, end;
    const struct sample *samples;
    size_t count;
    const struct face_seen *seen;
    size_t seen_count;
    struct face_roles roles;
};

/* One of the two axes. */
struct axis {
    bool vertical;
    double window; /* share of it that is seen */
    double aspect; /* of a face's size (a share of the height), times this: a share of this axis */
    double pixel;  /* share that is a pixel at 1080p */
};

static void find_axes(const struct subject *s, struct axis *x, struct axis *y)
{
    double shape = (double)s->width / s->height, longer = fmax(s->width, s->height);
    *x = (struct axis){
        .window = fmin(1, s->opt.narrowest / shape),
        .aspect = 1 / shape,
        .pixel = longer / s->width / EDGE_1080P,
    };
    *y = (struct axis){
        .vertical = true,
        .window = fmin(1, shape / s->opt.widest),
        .aspect = 1,
        .pixel = longer / s->height / EDGE_1080P,
    };
}

static double fit_inside(double at, const struct axis *a)
{
    return fmin(fmax(at, a->window / 2), 1 - a->window / 2);
}

/* Where a crop's centre sees a face best, and how far from there it sees it still. */
static struct crop_wish wish_face(const struct face_seen *f, const struct axis *a)
{
    double reach = a->window / 2 - f->size * a->aspect * (0.5 + FACE_MARGIN);
    double at = a->vertical ? f->y + (0.5 - FACE_HEIGHT) * a->window : f->x;
    return (struct crop_wish){
        .time = f->time,
        .at = fit_inside(at, a),
        .slack = fmax(reach - fabs(at - (a->vertical ? f->y : f->x)), MIN_SLACK),
        .weight = f->strength > 0 ? 1 : FOLLOWED_WEIGHT,
    };
}

/* If both can be seen at once, they are. */
static void wish_too(struct crop_wish *w, const struct crop_wish *other)
{
    double low = fmax(w->at - w->slack, other->at - other->slack);
    double high = fmin(w->at + w->slack, other->at + other->slack);
    if (high - low < 2 * MIN_SLACK)
        return;
    w->at = (low + high) / 2;
    w->slack = (high - low) / 2;
}

static const struct face_role *find_role(const struct face_roles *r, uint32_t track)
{
    for (size_t i = 0; i < r->believed; i++)
        if (r->role[i].track == track)
            return &r->role[i];
    return NULL;
}

/* What the faces seen at one moment wish: the main one, and company that fits in. False: it is not
 * seen then. */
static bool wish_faces(const struct scene *s, size_t from, size_t to, const struct axis *a,
                       struct crop_wish *out)
{
    const struct face_role *main_role = face_roles_at(&s->roles, s->seen[from].time);
    bool found = false;
    for (size_t i = from; main_role && i < to; i++)
        if (s->seen[i].track == main_role->track) {
            *out = wish_face(&s->seen[i], a);
            found = true;
        }
    for (size_t i = from; found && i < to; i++) {
        const struct face_role *role = find_role(&s->roles, s->seen[i].track);
        if (!role || role == main_role || role->worth < COMPANY * main_role->worth)
            continue;
        struct crop_wish other = wish_face(&s->seen[i], a);
        wish_too(out, &other);
    }
    return found;
}

/* Faces first: moments without one are marked by no weight. */
static size_t fill_faces(const struct scene *s, const struct axis *a, struct crop_wish *wish)
{
    size_t found = 0, k = 0;
    for (size_t i = 0; i < s->count; i++) {
        size_t from = k;
        while (k < s->seen_count && s->seen[k].time <= s->samples[i].time)
            k++;
        wish[i] = (struct crop_wish){.time = s->samples[i].time};
        found += from < k && wish_faces(s, from, k, a, &wish[i]);
    }
    return found;
}

/* Between faces the nearest one in time is kept in view, ever less surely. Those seen long before
 * or after leave no wish. */
static void fill_gaps(struct crop_wish *wish, size_t count)
{
    size_t before = count, behind = 0;
    for (size_t i = 0; i < count; i++) {
        if (wish[i].weight >= FOLLOWED_WEIGHT) {
            before = i;
            continue;
        }
        if (behind < i)
            behind = i;
        while (behind < count && wish[behind].weight < FOLLOWED_WEIGHT)
            behind++;
        double since = before < count ? wish[i].time - wish[before].time : INFINITY;
        double until = behind < count ? wish[behind].time - wish[i].time : INFINITY;
        if (fmin(since, until) > HELD_MAX_S)
            continue;
        const struct crop_wish *held = &wish[since <= until ? before : behind];
        double time = wish[i].time;
        wish[i] = *held;
        wish[i].time = time;
        wish[i].weight = HELD_WEIGHT * HELD_S / (HELD_S + fmin(since, until));
    }
}

/* Where nothing is wished yet: what stands out. */
static bool fill_eye(const struct scene *s, const struct axis *a, struct crop_wish *wish,
                     struct err *e)
{
    double *at = calloc(s->count, sizeof *at);
    if (!at)
        return err_set(e, ERR_NO_MEMORY, "no memory to find the subject");
    const uint8_t *bins = a->vertical ? s->samples->eye.y : s->samples->eye.x;
    bool ok = subject_eye(bins, sizeof *s->samples, s->count, a->window, at, e);
    for (size_t i = 0; ok && i < s->count; i++)
        if (wish[i].weight <= 0)
            wish[i] =
                (struct crop_wish){s->samples[i].time, at[i], EYE_SLACK * a->window, EYE_WEIGHT};
    free(at);
    return ok;
}

/* `calm` >= 1 slows everything down. */
static bool solve_axis(const struct scene *s, const struct axis *a, double fps, double calm,
                       struct crop_curve *out, struct err *e)
{
    struct crop_wish *wish = calloc(s->count + 1, sizeof *wish);
    if (!wish)
        return err_set(e, ERR_NO_MEMORY, "no memory to find the subject");
    const struct crop_frame frame = {
        .start = s->start,
        .end = s->end,
        .window = a->window,
        .speed = SPEED * a->pixel / calm,
        .acceleration = ACCELERATION * fps * fps * a->pixel / calm,
    };
    if (fill_faces(s, a, wish))
        fill_gaps(wish, s->count);
    bool ok =
        (s->count == 0 || fill_eye(s, a, wish, e)) && crop_solve(wish, s->count, &frame, out, e);
    free(wish);
    return ok;
}

/* --- All shots ------------------------------------------------------------------------------ */

struct whole {
    const struct subject *subject;
    const struct face_seen *seen; /* of the whole file, as are the next */
    size_t seen_count;
    size_t sample_at, seen_at; /* where the next shot begins */
    struct axis x, y;
    double fps, calm;
    struct crop_keys keys;
    struct report_face *faces; /* room for all that were seen */
    size_t face_count;
};

static double find_fps(const struct subject *s)
{
    if (s->pushed < 2 || s->last_s <= s->first_s)
        return MAX_FPS;
    return fmin(fmax((double)(s->pushed - 1) / (s->last_s - s->first_s), MIN_FPS), MAX_FPS);
}

static bool open_scene(struct whole *w, double start, double end, bool last, struct scene *out,
                       struct err *e)
{
    const struct subject *s = w->subject;
    *out = (struct scene){.start = start,
                          .end = end,
                          .samples = s->samples + w->sample_at,
                          .seen = w->seen + w->seen_at};
    double restless = 0;
    for (; w->sample_at < s->count && (last || s->samples[w->sample_at].time < end);
         w->sample_at++) {
        restless += s->samples[w->sample_at].restless;
        out->count++;
    }
    for (; w->seen_at < w->seen_count && (last || w->seen[w->seen_at].time < end); w->seen_at++)
        out->seen_count++;
    restless = out->count ? restless / (double)out->count : 0;
    return face_roles_find(out->seen, out->seen_count, restless, &out->roles, e);
}

static void tell_faces(struct whole *w, const struct scene *s)
{
    for (size_t i = 0; i < s->seen_count; i++) {
        const struct face_seen *f = &s->seen[i];
        if (find_role(&s->roles, f->track))
            w->faces[w->face_count++] =
                (struct report_face){f->time, f->x, f->y, f->size * w->x.aspect, f->size};
    }
}

static bool add_shot(struct whole *w, double start, double end, bool last, const char **camera,
                     struct err *e)
{
    struct scene scene;
    struct crop_curve x = {0}, y = {0};
    if (!open_scene(w, start, end, last, &scene, e))
        return false;
    bool ok = solve_axis(&scene, &w->x, w->fps, w->calm, &x, e) &&
              solve_axis(&scene, &w->y, w->fps, w->calm, &y, e);
    if (ok) {
        const struct crop_shot shot = {start, end, w->fps, &x, &y, w->x.pixel, w->y.pixel, KINK};
        *camera = crop_camera_name(w->x.window < 1 ? x.camera : y.camera);
        tell_faces(w, &scene);
        ok = crop_keys_add(&w->keys, &shot, e);
    }
    crop_curve_finish(&x);
    crop_curve_finish(&y);
    face_roles_finish(&scene.roles);
    return ok;
}

static bool add_shots(struct whole *w, struct report_shot *shots, size_t count, struct err *e)
{
    crop_keys_finish(&w->keys);
    w->sample_at = w->seen_at = w->face_count = 0;
    for (size_t i = 0; i < count; i++)
        if (shots[i].end > shots[i].start &&
            !add_shot(w, shots[i].start, shots[i].end, i + 1 == count, &shots[i].camera, e))
            return false;
    return true;
}

/* Every so many moments only, once there are too many. */
static void thin_faces(struct whole *w)
{
    size_t step = w->face_count / MAX_FACES + 1, kept = 0, moment = 0;
    for (size_t i = 0; i < w->face_count; i++) {
        moment += i > 0 && w->faces[i].time > w->faces[i - 1].time;
        if (moment % step == 0)
            w->faces[kept++] = w->faces[i];
    }
    w->face_count = kept;
}

bool subject_finish(struct subject *s, struct report_shot *shots, size_t count,
                    struct subject_path *out, struct err *e)
{
    *out = (struct subject_path){0};
    if (s->count == 0)
        return true;
    struct whole w = {.subject = s, .fps = find_fps(s), .calm = 1};
    struct report_shot all = {.start = s->first_s, .end = s->last_s + 1 / w.fps};
    w.seen = face_tracks_seen(s->faces, &w.seen_count);
    w.faces = calloc(w.seen_count + 1, sizeof *w.faces);
    if (!w.faces)
        return err_set(e, ERR_NO_MEMORY, "no memory to find the subject");
    find_axes(s, &w.x, &w.y);
    bool ok = add_shots(&w, count ? shots : &all, count ? count : 1, e);
    while (ok && w.keys.count > MAX_KEYS + 2 * count && w.calm < 64) {
        w.calm *= 2;
        ok = add_shots(&w, count ? shots : &all, count ? count : 1, e);
    }
    if (ok) {
        thin_faces(&w);
        *out = (struct subject_path){w.keys.key, w.keys.count, w.faces, w.face_count};
        return true;
    }
    crop_keys_finish(&w.keys);
    free(w.faces);
    return false;
}
