/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_glitch.c - bands of the picture jump sideways, their colours beside them.
 *
 * Time is cut into slots; in each slot some bands are drawn by lot, the same ones every time for
 * one seed. Lines that leave on one side come in on the other.
 */
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/noise.h"
#include "effects/planes.h"
#include "effects/rows.h"
#include "effects/trigger.h"

#include <math.h>
#include <string.h>

struct glitch {
    double amount, decay, speed, seed;
    int on;
};

/* v: strength, slot, seed. */
static bool glitch_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct glitch *g = self;
    out->v[0] = g->amount * trigger_strength(g->on, g->decay, m);
    out->v[1] = m->t > 0 ? (double)(int64_t)(m->t * g->speed) : 0;
    out->v[2] = (double)(int64_t)g->seed;
    return out->v[0] > 0;
}

#define BANDS_MAX 9

/* What a band does, in shares of the frame. */
struct band {
    double top, height, move, colour;
};

static struct band band_of(uint32_t lot, int i, double strength)
{
    uint32_t n = 4 * (uint32_t)i;
    double size = noise_value(lot, n + 1), move = noise_value(lot, n + 2);
    return (struct band){
        .top = (noise_value(lot, n) + 1) / 2,
        .height = 0.008 + 0.13 * size * size * strength,
        .move = 0.3 * move * fabs(move) * strength,
        .colour = 0.06 * noise_value(lot, n + 3) * strength,
    };
}

static void turn_row(uint8_t *row, int n, int by, uint8_t *copy)
{
    by %= n;
    by = by < 0 ? by + n : by;
    if (by == 0)
        return;
    memcpy(copy, row, (size_t)n);
    memcpy(row + by, copy, (size_t)(n - by));
    memcpy(row, copy + n - by, (size_t)by);
}

/* Rows and moves are whole chroma samples, so that a band keeps its colours where they belong but
 * for what `colour` takes apart. */
static void tear(struct picture *p, const struct band *b, uint8_t *copy)
{
    int rows = plane_height(p, 1), n = plane_width(p, 1);
    int first = (int)(b->top * rows), last = (int)((b->top + b->height) * rows) + 1;
    int move = (int)(b->move * n), colour = (int)(b->colour * n);
    for (int y = first; y < last && y < rows; y++) {
        turn_row(plane_row(p, 1, y), n, move + colour, copy);
        turn_row(plane_row(p, 2, y), n, move - colour, copy);
        for (int i = 2 * y; i < 2 * y + 2 && i < p->height; i++)
            turn_row(plane_row(p, 0, i), p->width, 2 * move, copy);
    }
}

static bool glitch_paint(const struct effect_look *look, struct picture *frame,
                         struct effect_desk *desk, struct err *e)
{
    struct {
        char word[8];
        int32_t width;
    } key = {"glitch", frame->width};
    bool fresh;
    uint8_t *copy = effect_desk_table(desk, &key, sizeof key, (size_t)frame->width, &fresh, e);
    if (!copy)
        return false;
    uint32_t lot = noise_hash((uint32_t)look->v[2], (uint32_t)look->v[1]);
    int bands = 3 + (int)(lot % (BANDS_MAX - 2));
    struct band all = {.height = 1, .colour = 0.012 * look->v[0] * noise_value(lot, 1000)};
    tear(frame, &all, copy);
    for (int i = 0; i < bands; i++) {
        struct band b = band_of(lot, i, look->v[0]);
        tear(frame, &b, copy);
    }
    return true;
}

static const struct param glitch_params[] = {
    ROW_NUMBER(struct glitch, amount, 0, 1, 0.6, "0..1",
               "How far and how much of the picture jumps."),
    ROW_CHOICE(struct glitch, on, ON_ALWAYS, trigger_names, TRIGGER_HELP),
    ROW_NUMBER(struct glitch, decay, 0.05, 5, 0.4, "s", "How long it takes to calm down."),
    ROW_NUMBER(struct glitch, speed, 1, 60, 12, "/s", "How often the bands change."),
    ROW_NUMBER(struct glitch, seed, 0, 1000, 1, "", "Another number, other bands."),
    {0},
};

const struct effect fx_glitch = {
    .name = "glitch",
    .title = "Glitch",
    .help = "Bands of the picture jump sideways, all the time or at beats.",
    .params = glitch_params,
    .self_size = sizeof(struct glitch),
    .look = glitch_look,
    .paint = glitch_paint,
};
