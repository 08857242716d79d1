/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_flash.c - a flash of light at the start or at beats.
 */
#include "effects/rows.h"
#include "effects/tint.h"
#include "effects/trigger.h"

struct flash {
    double amount, decay;
    uint32_t color;
    int on;
};

static bool flash_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct flash *f = self;
    return tint_look(f->amount * trigger_strength(f->on, f->decay, m), f->color, out);
}

static const struct param flash_params[] = {
    ROW_NUMBER(struct flash, amount, 0, 1, 0.6, "0..1", "How bright, at first."),
    ROW_NUMBER(struct flash, decay, 0.02, 2, 0.12, "s", "How long it takes to go."),
    ROW_COLOUR(struct flash, color, 0xffffff, "The light's colour."),
    ROW_CHOICE(struct flash, on, ON_START, trigger_event_names, TRIGGER_EVENT_HELP),
    {0},
};

const struct effect fx_flash = {
    .name = "flash",
    .title = "Flash",
    .help = "A flash of light at the start, at beats or at words.",
    .params = flash_params,
    .self_size = sizeof(struct flash),
    .look = flash_look,
    .paint = tint_paint,
};
