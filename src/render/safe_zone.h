/* SPDX-License-Identifier: GPL-3.0-or-later
 * safe_zone.h - the part of the frame that a platform's own buttons and texts leave free.
 *
 * The platforms publish different numbers in different places, so this is a table and no constant.
 * Their players cover upright films only; on other shapes every zone but "none" is the title-safe
 * area of EBU R 95, 5 % in from each edge.
 * Threads: pure functions.
 */
#ifndef AIVE_RENDER_SAFE_ZONE_H
#define AIVE_RENDER_SAFE_ZONE_H

#include "render/plan.h"

#define SAFE_ZONE_DEFAULT "universal"

/* Pixels of the frame; right and bottom are the first that are covered. */
struct safe_zone {
    double left, top, right, bottom;
};

const char *safe_zone_name(size_t i); /* NULL ends */

/* NULL or an unknown name: the default. */
struct safe_zone safe_zone_find(const char *name, const struct plan_format *format);

#endif
