/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_reverse.c - picture and sound run backwards.
 */
#include "effects/effect.h"
#include "effects/rows.h"

/* No parameters at all, but a struct may not be empty. */
struct reverse {
    char none;
};

static void reverse_rate(const void *self, struct effect_rate *r)
{
    (void)self;
    r->backwards = true;
}

static const struct param reverse_params[] = {{0}};

const struct effect fx_reverse = {
    .name = "reverse",
    .title = "Reverse",
    .help = "Picture and sound run backwards.",
    .params = reverse_params,
    .self_size = sizeof(struct reverse),
    .rate = reverse_rate,
};
