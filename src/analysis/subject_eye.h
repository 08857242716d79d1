/* SPDX-License-Identifier: GPL-3.0-or-later
 * subject_eye.h - where a window over the picture sees most, from moment to moment, when it does
 * not like to move. A pure function.
 */
#ifndef AIVE_ANALYSIS_SUBJECT_EYE_H
#define AIVE_ANALYSIS_SUBJECT_EYE_H

#include "analysis/saliency.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

/* How much lies in each part of the picture's width (or height) at each moment: `bins` are
 * SALIENCY_BINS long and `step` bytes apart. centre[count] becomes where the middle of a window of
 * that share of the width is best, 0..1. */
bool subject_eye(const uint8_t *bins, size_t step, size_t count, double window, double *centre,
                 struct err *e);

#endif
