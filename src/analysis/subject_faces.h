/* SPDX-License-Identifier: GPL-3.0-or-later
 * subject_faces.h - which of the faces that were seen in a shot are faces, and which of them it is
 * about.
 */
#ifndef AIVE_ANALYSIS_SUBJECT_FACES_H
#define AIVE_ANALYSIS_SUBJECT_FACES_H

#include "analysis/face_tracks.h"

/* What is known of one track within one shot. */
struct face_role {
    uint32_t track;
    double first, last; /* s: seen between them */
    double hits, seen;  /* pictures that it was detected in, and seen in at all */
    double evidence;    /* sum of the detector's strength, as far as it is more than chance */
    double size;        /* sum of shares of the height */
    double moved;       /* sum of how much it moved */
    double prominence;  /* sum of 0..1: how large, in the middle, in focus */
    double worth;       /* how much the shot is about it; 0: not believed to be a face */
};

struct face_roles {
    struct face_role *role; /* heap; believed ones first, by worth */
    size_t count;
    size_t believed;
};

/* seen[count] are of one shot, ascending in time. `restless` is how much its whole picture moves,
 * as a face's moved is. */
bool face_roles_find(const struct face_seen *seen, size_t count, double restless,
                     struct face_roles *out, struct err *e);
void face_roles_finish(struct face_roles *r);

/* The face that the shot is about at a moment, NULL: none then. It stays the same for as long as
 * that face is there: the one that is worth most goes before all others. */
const struct face_role *face_roles_at(const struct face_roles *r, double time_s);

#endif
