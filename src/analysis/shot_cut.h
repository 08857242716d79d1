/* SPDX-License-Identifier: GPL-3.0-or-later
 * shot_cut.h - is a picture the first of another shot? Needs some pictures after it.
 */
#ifndef AIVE_ANALYSIS_SHOT_CUT_H
#define AIVE_ANALYSIS_SHOT_CUT_H

#include "analysis/shot_ring.h"

#include <stdbool.h>

#define CUT_LOOK_S 0.5 /* what comes back within that was a flash; look this far ahead and back */

bool shot_is_cut(const struct shot_ring *r, int64_t k);

#endif
