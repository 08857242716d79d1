/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_stills.c - writes docs/effects.md and the pictures in it.
 *
 *     effect_stills DOCS            DOCS/effects.md, DOCS/effects/NAME.jpg
 *     effect_stills --check DOCS    is DOCS/effects.md what would be written? for the tests
 *
 * The text comes from the tables of effects and transitions, the pictures from their hooks on a
 * scene drawn here; a row below only says which moments show an effect best.
 */
#include "effect_docs.h"
#include "effects/desk.h"
#include "effects/planes.h"
#include "media/media.h"
#include "scene.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A strip of moments; or, where one moment says all, the picture without and with the effect. */
enum { STRIP_WIDTH = 216, PAIR_WIDTH = 324, GAP = 6 };
#define JPEG_MAX_BYTES 40000

static const struct effect_view whole = {0.5, 0.5, 1, false};
static const double beats[] = {0.5, 1, 1.5, 2, 2.5};

struct studio {
    struct effect_desk *desk;
    struct arena arena;
    struct picture_pool *panels;
    int width; /* of a panel; 9:16 */
    const char *docs;
};

/* --- Panels --------------------------------------------------------------------------------- */

/* What a .cube file might say: shadows to teal, lights to orange, a little more contrast. */
static bool read_cube(void *user, int source, struct buf *out, struct err *e)
{
    enum { N = 17 };
    (void)user;
    (void)source;
    (void)e;
    buf_printf(out, "TITLE \"teal and orange\"\nLUT_3D_SIZE %d\n", N);
    for (int i = 0; i < N * N * N; i++) {
        int at[3] = {i % N, i / N % N, i / N / N};
        double c[3] = {at[0] / (N - 1.0), at[1] / (N - 1.0), at[2] / (N - 1.0)};
        double light = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2], k = 2 * light - 1;
        static const double shift[3] = {0.13, 0.0, -0.14};
        for (int n = 0; n < 3; n++) {
            double v = c[n] * c[n] * (3 - 2 * c[n]) * 0.5 + c[n] * 0.5 + shift[n] * k;
            buf_printf(out, "%.5f%c", fmin(fmax(v, 0), 1), n < 2 ? ' ' : '\n');
        }
    }
    return true;
}

static bool draw_effect(struct studio *s, const char *json, double at, double length,
                        struct picture *panel, struct err *e)
{
    struct effect_use use;
    struct effect_rate rate;
    struct effect_view view;
    struct effect_look look = {.file = 0};
    if (!effect_parse(json, strlen(json), &s->arena, &use, e) ||
        !effect_total_rate(&use, 1, &rate, e))
        return false;
    struct effect_moment m = {.t = at,
                              .length = length,
                              .u = at / length,
                              .beats = beats,
                              .beat_count = 5,
                              .frame = (int64_t)(at * 30)};
    double source_length = length * (double)rate.num / (double)rate.den;
    double t = effect_total_ramp(&use, 1, effect_total_picture_time(&use, 1, &m) / length);
    effect_total_view(&use, 1, &m, &view);
    scene_draw(SCENE_SUNSET, source_length * (rate.backwards ? 1 - t : t), &view, panel);
    if (!use.effect->look || !use.effect->look(use.self, &m, &look))
        return true;
    return use.effect->paint(&look, panel, s->desk, e);
}

static bool draw_transition(struct studio *s, const char *json, double u, struct picture *panel,
                            struct err *e)
{
    struct transition_use use;
    bool ok = false;
    struct picture *from = picture_pool_take(s->panels, e), *to = picture_pool_take(s->panels, e);
    if (from && to && transition_parse(json, strlen(json), &s->arena, &use, e)) {
        scene_draw(SCENE_SUNSET, 1.5, &whole, from);
        scene_draw(SCENE_CITY, 0, &whole, to);
        ok = use.kind->mix(use.self, u, from, to, panel, s->desk, e);
    }
    picture_unref(&from);
    picture_unref(&to);
    return ok;
}

/* --- Strips --------------------------------------------------------------------------------- */

static void place(const struct picture *panel, int x, struct picture *strip)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < plane_height(panel, i); y++)
            memcpy(plane_row(strip, i, y) + (i ? x / 2 : x), plane_row(panel, i, y),
                   (size_t)plane_width(panel, i));
}

static int panel_count(const struct doc_still *d)
{
    return d->count > 1 ? d->count : 2;
}

static bool draw_panel(struct studio *s, const struct doc_still *d, int i, struct picture *panel,
                       struct err *e)
{
    if (d->is_transition)
        return draw_transition(s, d->json, d->at[i], panel, e);
    if (d->count > 1)
        return draw_effect(s, d->json, d->at[i], d->length, panel, e);
    if (i == 1)
        return draw_effect(s, d->json, d->at[0], d->length, panel, e);
    scene_draw(SCENE_SUNSET, d->at[0], &whole, panel);
    return true;
}

static bool draw_strip(struct studio *s, const struct doc_still *d, struct picture *strip,
                       struct err *e)
{
    planes_toward(strip, (const uint8_t[3]){PLANE_WHITE, PLANE_GREY, PLANE_GREY}, 256);
    for (int i = 0; i < panel_count(d); i++) {
        struct picture *panel = picture_pool_take(s->panels, e);
        bool ok = panel && draw_panel(s, d, i, panel, e);
        if (ok)
            place(panel, i * (s->width + GAP), strip);
        picture_unref(&panel);
        if (!ok)
            return err_wrap(e, "%s", d->json);
    }
    return true;
}

/* The next smaller width for which width and height are even, so that no chroma sample lies half
 * outside of the picture. */
static int smaller(const struct picture *p, int width)
{
    width = (width * 15 / 16 + 1) & ~1;
    while (lround((double)p->height * width / p->width) % 2)
        width -= 2;
    return width;
}

/* As large as JPEG_MAX_BYTES allow. */
static bool write_jpeg(const struct picture *p, const char *path, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    struct stat st;
    bool ok = fd >= 0 || err_errno(e, errno, "%s", path);
    for (int edge = p->width; ok; edge = smaller(p, edge)) {
        ok = ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
             media_write_jpeg(p, edge, fd, e) && fstat(fd, &st) == 0;
        if (ok && st.st_size <= JPEG_MAX_BYTES)
            break;
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool make_still(struct studio *s, const struct doc_still *d, struct err *e)
{
    char path[4096];
    s->width = d->count > 1 ? STRIP_WIDTH : PAIR_WIDTH;
    int height = s->width * 16 / 9, width = panel_count(d) * (s->width + GAP) - GAP;
    struct picture_pool *pool = picture_pool_create(width, height, e);
    struct picture *strip = pool ? picture_pool_take(pool, e) : NULL;
    s->panels = picture_pool_create(s->width, height, e);
    snprintf(path, sizeof path, "%s/effects/%s%s.jpg", s->docs,
             d->is_transition ? "transition_" : "", d->name);
    bool ok = strip && s->panels && draw_strip(s, d, strip, e) && write_jpeg(strip, path, e);
    picture_unref(&strip);
    picture_pool_destroy(s->panels);
    picture_pool_destroy(pool);
    return ok;
}

static bool make_stills(const char *docs, const char *only, struct err *e)
{
    struct studio s = {.docs = docs};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/effects", docs);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return err_errno(e, errno, "%s", folder);
    arena_init(&s.arena, 1 << 20);
    s.desk = effect_desk_create(read_cube, NULL, e);
    bool ok = s.desk != NULL;
    for (const struct doc_still *d = doc_stills; ok && d->name; d++)
        ok = (only && strcmp(only, d->name) != 0) || make_still(&s, d, e);
    effect_desk_destroy(s.desk);
    arena_finish(&s.arena);
    return ok;
}

/* --- The page ------------------------------------------------------------------------------- */

static bool write_page(const char *path, const struct buf *page, struct err *e)
{
    FILE *f = fopen(path, "w");
    bool ok = f && fwrite(page->data, 1, page->len, f) == page->len;
    ok = (f && fclose(f) == 0) && ok;
    return ok || err_errno(e, errno, "%s", path);
}

static bool check_page(const char *path, const struct buf *page, struct err *e)
{
    FILE *f = fopen(path, "r");
    char *text = malloc(page->len + 1);
    size_t n = f && text ? fread(text, 1, page->len + 1, f) : 0;
    bool same = text && n == page->len && memcmp(text, page->data, n) == 0;
    if (f)
        fclose(f);
    free(text);
    return same || err_set(e, ERR_INVALID, "%s is out of date; make effect-stills writes it", path);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct buf page;
    char path[4096];
    media_init();
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: effect_stills [--check] DOCS | effect_stills DOCS NAME\n");
        return 2;
    }
    const char *docs = argv[check ? 2 : 1];
    snprintf(path, sizeof path, "%s/effects.md", docs);
    buf_init(&page, 1 << 20);
    bool ok = doc_page(&page, &e);
    if (check)
        ok = ok && check_page(path, &page, &e);
    else
        ok = ok && write_page(path, &page, &e) && make_stills(docs, argc == 3 ? argv[2] : NULL, &e);
    if (!ok)
        fprintf(stderr, "effect_stills: %s\n", e.msg);
    buf_finish(&page);
    return !ok;
}
