/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_shake.c - the camera shakes, and the picture is enlarged just as much as that takes.
 */
#include "effects/effect.h"
#include "effects/noise.h"
#include "effects/rows.h"
#include "effects/trigger.h"
#include "effects/view.h"

struct shake {
    double amount, decay, speed, seed;
    int on;
};

/* Pixels are those of the full 1080 x 1920, so that a draft shakes as the film does. */
#define WIDTH 1080.0
#define HEIGHT 1920.0

static void shake_view(const void *self, const struct effect_moment *m, struct effect_view *v)
{
    const struct shake *s = self;
    double px = s->amount * trigger_strength(s->on, s->decay, m), t = m->t * s->speed;
    uint32_t seed = (uint32_t)s->seed;
    view_enlarge(v, 1 + 2 * px / WIDTH, 0.5, 0.5, noise_smooth(2 * seed, t) * px / WIDTH,
                 noise_smooth(2 * seed + 1, t) * px / HEIGHT);
}

static const struct param shake_params[] = {
    ROW_NUMBER(struct shake, amount, 0, 60, 8, "px",
               "How far it goes, where the frame is 1080 wide."),
    ROW_NUMBER(struct shake, decay, 0.05, 5, 0.25, "s", "How long it takes to calm down."),
    ROW_NUMBER(struct shake, speed, 1, 30, 14, "/s", "How often it changes its direction."),
    ROW_CHOICE(struct shake, on, ON_START, trigger_names, TRIGGER_HELP),
    ROW_NUMBER(struct shake, seed, 0, 1000, 1, "", "Another number, another movement."),
    {0},
};

const struct effect fx_shake = {
    .name = "shake",
    .title = "Shake",
    .help = "The camera shakes at the start, at beats, or all the time.",
    .params = shake_params,
    .self_size = sizeof(struct shake),
    .view = shake_view,
};
