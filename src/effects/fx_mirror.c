/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_mirror.c - left and right change places.
 */
#include "effects/effect.h"
#include "effects/rows.h"

/* No parameters at all, but a struct may not be empty. */
struct mirror {
    char none;
};

static void mirror_view(const void *self, const struct effect_moment *m, struct effect_view *v)
{
    (void)self;
    (void)m;
    v->mirrored = !v->mirrored;
}

static const struct param mirror_params[] = {{0}};

const struct effect fx_mirror = {
    .name = "mirror",
    .title = "Mirror",
    .help = "Left and right change places.",
    .params = mirror_params,
    .self_size = sizeof(struct mirror),
    .view = mirror_view,
};
