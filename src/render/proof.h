/* SPDX-License-Identifier: GPL-3.0-or-later
 * proof.h - is the finished film in step with its plan? Measured on the film itself.
 *
 * The film's own sound is decoded around its first and its last cut (where these are silent: at its
 * start and end) and held against what the plan put there (sound.h keeps these moments); the
 * picture's frames and length are counted. Costs about 10 ms of CPU.
 * Threads: blocking, one thread. The descriptor stays the caller's.
 */
#ifndef AIVE_RENDER_PROOF_H
#define AIVE_RENDER_PROOF_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"
#include "render/sound.h"

#include <stdbool.h>
#include <stdint.h>

struct proof_report {
    /* False: silent there, or so regular (a held tone) that no offset can be told. */
    bool first_known, last_known;
    double first_offset_ms, last_offset_ms; /* > 0: the film's sound comes late */
    double first_match, last_match;         /* correlation there, 0..1 */
    int64_t frames;                         /* of the film's picture, by its length and rate */
    double picture_s, sound_s;              /* lengths of both */
};

/* `notes` NULL: a film without sound. False with ERR_INTERNAL: sound further off than one frame, or
 * a picture of another length than the plan's; *out is filled in also then. */
bool proof_film(const struct plan *p, int film_fd, const struct sound_notes *notes,
                const struct cancel *cancel, struct proof_report *out, struct err *e);

#endif
