/* SPDX-License-Identifier: GPL-3.0-or-later
 * thumbnail.h - which picture stands for a film.
 */
#ifndef AIVE_ANALYSIS_THUMBNAIL_H
#define AIVE_ANALYSIS_THUMBNAIL_H

#include "analysis/quality.h"
#include "analysis/report.h"

/* The time of the picture to show, NAN when `q` is empty. Of the report, its shots, faces and
 * energy peaks are looked at, and its duration; each of them may be missing. Never a picture of a
 * transition, a black or a blurred one while there is another; of about equal ones the earlier. */
double thumbnail_choose(const struct quality_list *q, const struct analysis_report *r);

#endif
