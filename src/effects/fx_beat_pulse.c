/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_beat_pulse.c - the picture jumps towards the viewer at each beat and settles again.
 */
#include "effects/effect.h"
#include "effects/rows.h"
#include "effects/trigger.h"
#include "effects/view.h"

struct beat_pulse {
    double amount, decay;
    int on;
};

static void beat_pulse_view(const void *self, const struct effect_moment *m, struct effect_view *v)
{
    const struct beat_pulse *p = self;
    double k = trigger_strength(p->on, p->decay, m);
    view_enlarge(v, 1 + (p->amount - 1) * k, 0.5, 0.5, 0, 0);
}

static const struct param beat_pulse_params[] = {
    ROW_NUMBER(struct beat_pulse, amount, 1, 1.5, 1.06, "x",
               "How much larger, at the beat itself."),
    ROW_NUMBER(struct beat_pulse, decay, 0.05, 2, 0.3, "s", "How long it takes to settle."),
    ROW_CHOICE(struct beat_pulse, on, ON_BEATS, trigger_event_names, TRIGGER_EVENT_HELP),
    {0},
};

const struct effect fx_beat_pulse = {
    .name = "beat_pulse",
    .title = "Beat pulse",
    .help = "The picture jumps towards the viewer at each beat and settles again.",
    .params = beat_pulse_params,
    .self_size = sizeof(struct beat_pulse),
    .view = beat_pulse_view,
};
