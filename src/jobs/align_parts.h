/* SPDX-License-Identifier: GPL-3.0-or-later
 * align_parts.h - what caller and work-horse of an alignment say to each other. Private to
 * jobs/align*.c.
 */
#ifndef AIVE_JOBS_ALIGN_PARTS_H
#define AIVE_JOBS_ALIGN_PARTS_H

#include "core/wire.h"

struct align_spec {
    const char *script, *captions; /* one of them; none for a draft */
};

extern const struct wire_type wire_align_spec;

#endif
