/* SPDX-License-Identifier: GPL-3.0-or-later
 * subject.h - where to look: the faces, or else what moves and stands out; and how an upright film
 * is cut from a wide picture so that this stays in view (or a wide film from an upright picture).
 *
 * Push every small picture in order of time. Once the shots are known, finish:
 *
 *     struct subject *s = subject_create(SUBJECT_DEFAULTS, &e);
 *     while (... next picture ...)
 *         subject_push(s, &picture, time_s, &e);
 *     subject_finish(s, shots, shot_count, &path, &e);
 *     subject_destroy(s);   ...   subject_path_finish(&path);
 *
 * Memory: about 20 small pictures, and up to 300 bytes a fifth of a second (10 MB for two hours).
 * One thread at a time.
 */
#ifndef AIVE_ANALYSIS_SUBJECT_H
#define AIVE_ANALYSIS_SUBJECT_H

#include "analysis/report.h"
#include "analysis/small.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

/* One path serves every film: x as the narrowest one needs it, y as the widest. Films between them
 * see more, and are kept inside of the picture by whoever cuts them out. */
struct subject_options {
    double narrowest, widest; /* width / height of a film */
};
#define SUBJECT_DEFAULTS ((struct subject_options){9.0 / 16, 16.0 / 9})

/* What was found. Zeroed: nothing. */
struct subject_path {
    /* Ascending; two at one time are a jump; between two it moves evenly. To be kept as they are:
     * times rounded to milliseconds would make the crop shake. */
    struct report_crop *crop;
    size_t crop_count;         /* 0: no picture was pushed */
    struct report_face *faces; /* ascending in time; up to 5 times a second */
    size_t face_count;
};

struct subject;
struct subject *subject_create(struct subject_options opt, struct err *e);
bool subject_push(struct subject *s, const struct small_picture *p, double time_s, struct err *e);

/* Once. `shots` are without gaps and ascending; their start and end are read, their `camera` is
 * set to "still", "pan" or "track" (static texts). None: everything is one shot. */
bool subject_finish(struct subject *s, struct report_shot *shots, size_t count,
                    struct subject_path *out, struct err *e);
void subject_destroy(struct subject *s);
void subject_path_finish(struct subject_path *p); /* accepts a zeroed one */

#endif
