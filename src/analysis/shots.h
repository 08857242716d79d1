/* SPDX-License-Identifier: GPL-3.0-or-later
 * shots.h - where one camera shot ends and the next begins.
 *
 * Push small pictures (80 to 320 pixels wide are plenty) in order of time; read the cuts
 * afterwards.
 *
 *     struct shots *s = shots_create(SHOTS_DEFAULTS, &e);
 *     while (... next picture ...)
 *         shots_push(s, &frame, time_s, &e);
 *     shots_finish(s, &list, &e);   shots_destroy(s);   ...   shot_list_finish(&list);
 *
 * A cut is a change of content (mean change of hue, saturation and brightness, the measure of
 * PySceneDetect) that is large in itself and against its neighbours in time, and that lasts: a
 * flash comes back, a pan changes as much all along. Memory: six small pictures. One thread at a
 * time.
 */
#ifndef AIVE_ANALYSIS_SHOTS_H
#define AIVE_ANALYSIS_SHOTS_H

#include "analysis/small.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shots_options {
    double content;     /* a change of at least this counts without doubt, 0..255 */
    double min_content; /* one of at least this counts when it is `ratio` times its neighbours */
    double ratio;
    double min_shot_s; /* no two cuts are closer */
};
#define SHOTS_DEFAULTS ((struct shots_options){27.0, 15.0, 3.0, 0.6})

struct shot_list {
    double *cuts_s; /* time of the first picture of each shot but the first; ascending */
    size_t count;
};

struct shots;
struct shots *shots_create(struct shots_options opt, struct err *e);
bool shots_push(struct shots *s, const struct small_picture *f, double time_s, struct err *e);
bool shots_finish(struct shots *s, struct shot_list *out, struct err *e); /* once */
void shots_destroy(struct shots *s);
void shot_list_finish(struct shot_list *l); /* accepts a zeroed list */

#endif
