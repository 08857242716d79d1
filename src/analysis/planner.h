/* SPDX-License-Identifier: GPL-3.0-or-later
 * planner.h - FFTW's planner is the one part of it that is not safe to call from several threads:
 * plans are made and destroyed between these two calls.
 */
#ifndef AIVE_ANALYSIS_PLANNER_H
#define AIVE_ANALYSIS_PLANNER_H

void planner_begin(void);
void planner_end(void);

#endif
