/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_punch_in.c - a quick zoom at a beat or a word that holds; the next one, or the cut, ends it.
 */
#include "effects/ease.h"
#include "effects/effect.h"
#include "effects/rows.h"
#include "effects/trigger.h"
#include "effects/view.h"

struct punch_in {
    double amount, x, y, rise, every;
    int on;
};

/* Of the events only each `every`th counts; they punch in and fall back in turn. */
static void punch_in_view(const void *self, const struct effect_moment *m, struct effect_view *v)
{
    const struct punch_in *p = self;
    size_t every = (size_t)(p->every + 0.5), n = trigger_count(p->on, m);
    if (n == 0)
        return;
    size_t turn = (n - 1) / every;
    if (turn % 2)
        return;
    double age = m->t - trigger_time(p->on, m, turn * every);
    double k = p->rise > 0 ? ease_at(EASE_OUT, age / p->rise) : 1;
    view_enlarge(v, 1 + (p->amount - 1) * k, p->x, p->y, 0, 0);
}

static const struct param punch_in_params[] = {
    ROW_NUMBER(struct punch_in, amount, 1, 3, 1.12, "x", "How much larger the picture becomes."),
    ROW_CHOICE(struct punch_in, on, ON_START, trigger_event_names, TRIGGER_EVENT_HELP),
    ROW_NUMBER(struct punch_in, every, 1, 64, 4, "events",
               "It changes at the first beat or word and then at every so many."),
    ROW_NUMBER(struct punch_in, rise, 0, 1, 0.13, "s",
               "How long the push takes; 0.13 is 4 frames."),
    ROW_NUMBER(struct punch_in, x, 0, 1, 0.5, "0..1", "The point it pushes to, from the left."),
    ROW_NUMBER(struct punch_in, y, 0, 1, 0.4, "0..1", "The point it pushes to, from the top."),
    {0},
};

const struct effect fx_punch_in = {
    .name = "punch_in",
    .title = "Punch-in",
    .help = "A quick push towards the subject that holds; the next one falls back hard.",
    .params = punch_in_params,
    .self_size = sizeof(struct punch_in),
    .view = punch_in_view,
};
