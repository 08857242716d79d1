/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_freeze.c - the picture stands still for a while; sound and length stay as they are.
 */
#include "effects/effect.h"
#include "effects/rows.h"

struct freeze {
    double at, hold;
};

static double freeze_picture_time(const void *self, const struct effect_moment *m)
{
    const struct freeze *f = self;
    bool frozen = m->t >= f->at && (f->hold == 0 || m->t < f->at + f->hold);
    return frozen ? f->at : m->t;
}

static const struct param freeze_params[] = {
    ROW_NUMBER(struct freeze, at, 0, 3600, 0, "s",
               "The instant that is held, from the segment's start."),
    ROW_NUMBER(struct freeze, hold, 0, 3600, 0.5, "s", "How long it is held; 0: to the cut."),
    {0},
};

const struct effect fx_freeze = {
    .name = "freeze",
    .title = "Freeze",
    .help = "The picture stands still for a while, then goes on where the sound is.",
    .params = freeze_params,
    .self_size = sizeof(struct freeze),
    .picture_time = freeze_picture_time,
};
